"""The service without its HTTP: budgets, fallbacks, admission, and one version a request."""

from __future__ import annotations

import asyncio
import contextlib
import datetime
import logging
import math
import os
import time
import uuid
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np

from mlpipe import arguments
from mlpipe.serving import store
from mlpipe.serving.artifact import ArtifactError
from mlpipe.serving.log import RequestLog
from mlpipe.serving.metrics import Metrics
from mlpipe.serving.pipeline import Version, explore
from mlpipe.serving.threads import Threads

LOGGER = logging.getLogger(__name__)
STAGES = ("features", "retrieve", "rank", "rerank")
LOG = "requests.jsonl"
K_MOST = 50
USER_MOST = 2**63 - 1  # what SQLite can look for


class Refused(Exception):
    """The queue is full, or a request has waited for `patience`, or the service ends: better than a late answer."""


@dataclass(frozen=True)
class Settings:
    """How a service behaves.

    Attributes
    ----------
    budgets : seconds a stage may take
    total : seconds for all of them, waiting not counted
    candidates : that the retriever hands on
    exploration : probability that a place shows another candidate than the next one
    at_a_time : requests that are worked on
    waiting : requests that may wait for that: the limit of a burst, while so many lists take less than `patience`
    patience : seconds that they may wait: the limit where lists take longer
    hedge_after : seconds after which a second read of the history is sent, if a reader is idle; None: never
    hedge_share : of the reads, so many have a second one at most: a store that is slow throughout gets no second load
    slow_store : (seconds, share of the reads) that are so much later; to try what that does
    readers : threads that read histories
    random_state : of the exploration

    Raises
    ------
    ValueError
        For a number out of its range.
    """

    budgets: dict[str, float] = field(
        default_factory=lambda: {"features": 0.05, "retrieve": 0.05, "rank": 0.05, "rerank": 0.05}
    )
    total: float = 0.15
    candidates: int = 200
    exploration: float = 0.02
    at_a_time: int = 8
    waiting: int = 64
    patience: float = 1.0
    hedge_after: float | None = None
    hedge_share: float = 0.05
    slow_store: tuple[float, float] = (0.0, 0.0)
    readers: int = 16
    random_state: int | None = None

    def __post_init__(self) -> None:
        if set(self.budgets) != set(STAGES):
            raise ValueError(f"budgets is {self.budgets}; expected seconds for each of {', '.join(STAGES)}")
        for name, value in {**self.budgets, "total": self.total, "patience": self.patience}.items():
            arguments.positive(name, value)
        for name in ("candidates", "at_a_time", "readers"):
            arguments.whole_number(name, getattr(self, name))
        arguments.whole_number("waiting", self.waiting, 0)
        arguments.fraction("exploration", self.exploration, ends="[]", example="0.02")
        if self.hedge_after is not None:
            arguments.positive("hedge_after", self.hedge_after)
        arguments.fraction("hedge_share", self.hedge_share, ends="[]", example="0.05")
        arguments.positive("seconds of slow_store", self.slow_store[0], zero=True)
        arguments.fraction("share of slow_store", self.slow_store[1], ends="[]")


@dataclass
class _Request:
    """What one request holds from its first stage to its last."""

    user: int
    k: int
    version: Version
    store: store.Store
    ends: float  # on the clock of time.monotonic
    id: str = field(default_factory=lambda: uuid.uuid4().hex)
    fallbacks: list[dict[str, str]] = field(default_factory=list)


class Service:
    """Lists for users, in time or refused, never in part.

    `recommend` runs features (the history), retrieve, rank, re-rank; each has a budget. What a late or failing stage is
    replaced by is counted, and said in the answer:

    | stage | reasons | instead |
    |---|---|---|
    | features | late, locked, gone, error | the most liked items, for everybody |
    | features | unknown_user, no_history, no_known_item | the same: nothing is known to start from |
    | retrieve | late, error | the most liked items that are not in the history |
    | retrieve | no_index | all items are read: no candidate is missed, more work |
    | retrieve | few | too few candidates: the most liked ones behind them |
    | rank | late, error | the retriever's order |
    | rerank | late, error | the ranker's order |

    Parameters
    ----------
    folder : with a published version and the store
    settings : how it behaves

    Raises
    ------
    ArtifactError
        When there is no whole version in the folder.
    ValueError
        For a number out of its range.
    """

    def __init__(self, folder: str | os.PathLike[str], settings: Settings | None = None) -> None:
        self.folder = Path(folder)
        self.settings = settings or Settings()
        self.metrics = Metrics()
        self.version = Version(self.folder)
        self.metrics.version.labels(self.version.name).set(1)
        self.store = self._store(self.version)
        self.log = RequestLog(self.folder / LOG, lambda outcome: self.metrics.logged.labels(outcome).inc())
        self._readers, self._workers = Threads(self.settings.readers, "reader"), Threads(2, "worker")
        self._reads = self._hedges = 0
        self._rng = np.random.default_rng(self.settings.random_state)
        self._busy = 0
        self._queue: deque[asyncio.Future[None]] = deque()
        self._reloading = self._closing = False
        self._told: set[tuple[str, type[Exception]]] = set()

    async def recommend(self, user: int, k: int = 10) -> dict[str, Any]:
        """A list for one user.

        Parameters
        ----------
        user : id, 0 or more
        k : places, 1 to 50

        Returns
        -------
        dict
            `request_id`, `user`, `version`, `outcome` ("full" or "fallback"), `policy` (what ordered the list),
            `fallbacks` (stage and reason), `items`: for each position item_id, source, propensity.

        Raises
        ------
        ValueError
            For a user or k out of range.
        Refused
            When too many wait, or it ends.
        """
        user = arguments.whole_number("user", user, 0, USER_MOST)
        k = arguments.whole_number("k", k, 1, K_MOST)
        started = time.perf_counter()
        try:
            async with self._admitted():
                request = _Request(user, k, self.version, self.store, time.monotonic() + self.settings.total)
                answer = await self._answer(request)
        except Refused:
            self.metrics.requests.labels("refused").inc()
            self.log.add(self._line(uuid.uuid4().hex, user, self.version.name, "refused"))
            raise
        except Exception:
            self.metrics.requests.labels("failed").inc()
            self.log.add(self._line(uuid.uuid4().hex, user, self.version.name, "failed"))
            raise
        self.metrics.requests.labels(answer["outcome"]).inc()
        self.metrics.seconds.observe(time.perf_counter() - started)
        self.log.add({**self._line(answer["request_id"], user, answer["version"], answer["outcome"]), **answer})
        return answer

    async def reload(self) -> dict[str, str]:
        """Serve the version and the histories that are current now; where the version is not whole, the old one stays.

        Returns
        -------
        dict
            `version` that is served from now on, `before`.

        Raises
        ------
        ArtifactError
            When the current version is not whole, and while another reload runs.
        """
        if self._reloading:
            raise ArtifactError("another reload is running; try again when it has ended")
        self._reloading, before = True, self.version.name
        try:
            found = await asyncio.to_thread(Version, self.folder)  # the workers go on
        except ArtifactError:
            self.metrics.reloads.labels("refused").inc()
            raise
        finally:
            self._reloading = False
        self.version, self.store = found, self._store(found)  # requests under way keep theirs
        self.metrics.reloads.labels("done").inc()
        self.metrics.version.clear()
        self.metrics.version.labels(found.name).set(1)
        return {"version": found.name, "before": before}

    async def close(self, seconds: float = 5.0) -> None:
        """Refuse new requests, let the others end for some seconds at most, then write the rest of the log.

        Parameters
        ----------
        seconds : to wait
        """
        self._closing, ends = True, time.monotonic() + seconds
        while (self._busy or self._queue) and time.monotonic() < ends:
            await asyncio.sleep(0.01)
        for pool in (self._readers, self._workers):
            pool.close()
        await asyncio.to_thread(self.log.close, max(0.1, ends - time.monotonic()))

    def _store(self, version: Version) -> store.Store:
        patience = self.settings.budgets["features"] / 2  # "locked" is told from "late"
        return store.Store(self.folder / version.histories, patience, self.settings.slow_store)

    async def _answer(self, request: _Request) -> dict[str, Any]:
        version, settings = request.version, self.settings
        wanted = max(settings.candidates, request.k)
        history = await self._features(request)
        known = np.array([], dtype=np.int64) if history is None else history
        policy, order, n_retrieved = "popular", None, 0
        candidates = None
        if history is not None:
            if version.index is None:
                self._replace(request, "retrieve", "no_index")
            candidates = await self._stage(request, "retrieve", version.retrieve, history, wanted)
        if history is not None and candidates is not None:
            policy, order = await self._ordered(request, history, candidates)
            n_retrieved = len(order)
            if n_retrieved < request.k:
                self._replace(request, "retrieve", "few")
                order = np.concatenate([order, version.popular(np.union1d(known, order), wanted)])
        if order is None:
            order = version.popular(known, wanted)
        retrieved = set(order[:n_retrieved].tolist())
        places, propensities = explore(order, request.k, settings.exploration, self._rng)
        whole = min(request.k, len(version.item_ids) - len(known))
        if len(places) != whole or len(set(places.tolist())) != whole:
            raise RuntimeError(f"a list of {len(places)} where {whole} were possible; it is not shown")
        items = [
            {
                "position": position,
                "item_id": int(version.item_ids[place]),
                "source": "factors" if place in retrieved else "popular",
                "propensity": float(propensity),
            }
            for position, (place, propensity) in enumerate(zip(places.tolist(), propensities, strict=True), start=1)
        ]
        return {
            **{"request_id": request.id, "user": request.user, "version": version.name, "policy": policy},
            **{"outcome": "fallback" if request.fallbacks else "full", "fallbacks": request.fallbacks, "items": items},
        }

    async def _ordered(self, request: _Request, history: np.ndarray, candidates: np.ndarray) -> tuple[str, np.ndarray]:
        """What ordered the candidates, and the order."""
        version = request.version
        ranked = await self._stage(request, "rank", version.rank, history, candidates)
        if ranked is None:
            return "retrieve", candidates
        reranked = await self._stage(request, "rerank", version.rerank, *ranked, request.k)
        return ("rank", ranked[0]) if reranked is None else ("rerank", reranked)

    async def _features(self, request: _Request) -> np.ndarray | None:
        """The positions of what the user likes; None where nothing is known, and why is noted."""
        read = await self._stage(request, "features", request.store.history, request.user)
        if any(one["stage"] == "features" for one in request.fallbacks):
            return None
        if read is None:
            self._replace(request, "features", "unknown_user")
            return None
        history = request.version.places(read)
        if not len(history):
            self._replace(request, "features", "no_known_item" if len(read) else "no_history")
            return None
        return history

    async def _stage(self, request: _Request, stage: str, call: Callable[..., Any], *given: Any) -> Any:
        """What the call returns, or None when it is late or fails; then the reason is noted and counted."""
        began, left = time.perf_counter(), min(self.settings.budgets[stage], request.ends - time.monotonic())
        try:
            hedge_after = self.settings.hedge_after if stage == "features" else None
            return await self._first(
                self._readers if stage == "features" else self._workers, left, hedge_after, call, *given
            )
        except TimeoutError:
            self._replace(request, stage, "late")
        except store.StoreLocked:
            self._replace(request, stage, "locked")
        except store.StoreGone:
            self._replace(request, stage, "gone")
        except Exception as error:  # whatever a stage does, there is a list
            if (stage, type(error)) not in self._told:  # once: a terminal is slow, and all requests wait for it
                self._told.add((stage, type(error)))
                LOGGER.warning("stage %s has failed, and is replaced; from now on only counted", stage, exc_info=True)
            self._replace(request, stage, "error")
        finally:
            self.metrics.stages.labels(stage).observe(time.perf_counter() - began)
        return None

    async def _first(
        self, pool: Threads, left: float, hedge_after: float | None, call: Callable[..., Any], *given: Any
    ) -> Any:
        """The first result of one call, or of two where the first one is late; an error when none has one."""
        if left <= 0 or pool.is_stuck():
            raise TimeoutError  # without a call: who waits for a thread that hangs waits in vain
        ends = time.monotonic() + left
        hedge_at = math.inf if hedge_after is None else ends - left + hedge_after
        self._reads += hedge_after is not None
        calls = [pool.send(call, *given)]
        waiting = {asyncio.wrap_future(calls[0])}
        try:
            while True:
                timeout = max(0.0, min(hedge_at, ends) - time.monotonic())
                done, waiting = await asyncio.wait(waiting, timeout=timeout, return_when=asyncio.FIRST_COMPLETED)
                for one in sorted(done, key=lambda one: one.exception() is not None):
                    if one.exception() is None or not waiting:
                        return one.result()
                if not done and hedge_at >= ends:
                    raise TimeoutError
                if not done:
                    hedge_at = math.inf
                    if pool.is_idle() and self._hedges < self.settings.hedge_share * self._reads:
                        self._hedges += 1
                        self.metrics.hedges.inc()
                        calls.append(pool.send(call, *given))
                        waiting.add(asyncio.wrap_future(calls[-1]))
        finally:
            for one in waiting:
                one.cancel()
            for sent in calls:
                pool.give_up(sent)

    @contextlib.asynccontextmanager
    async def _admitted(self) -> AsyncIterator[None]:
        """A place among those that are worked on, in order of arrival, or `Refused`."""
        if self._closing:
            raise Refused("the service ends")
        if self._busy >= self.settings.at_a_time:
            await self._wait()
        else:
            self._busy += 1
        self.metrics.in_flight.set(self._busy)
        try:
            yield
        finally:
            self._leave()
            self.metrics.in_flight.set(self._busy)

    def _leave(self) -> None:
        """Hand the place on to the next one that waits."""
        while self._queue:
            place = self._queue.popleft()
            if not place.done():
                place.set_result(None)
                return
        self._busy -= 1

    async def _wait(self) -> None:
        if len(self._queue) >= self.settings.waiting:
            raise Refused(f"{len(self._queue)} requests wait already")
        place: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._queue.append(place)
        self.metrics.waiting.set(len(self._queue))
        try:
            await asyncio.wait([place], timeout=self.settings.patience)
        except asyncio.CancelledError:
            if place.done():  # it was given to somebody who has left
                self._leave()
            raise
        finally:
            given = not place.cancel()
            with contextlib.suppress(ValueError):
                self._queue.remove(place)
            self.metrics.waiting.set(len(self._queue))
        if not given:
            raise Refused(f"no place within {self.settings.patience} s")

    def _replace(self, request: _Request, stage: str, reason: str) -> None:
        request.fallbacks.append({"stage": stage, "reason": reason})
        self.metrics.fallbacks.labels(stage, reason).inc()

    def _line(self, request_id: str, user: int, version: str, outcome: str) -> dict[str, Any]:
        now = datetime.datetime.now(datetime.UTC).isoformat(timespec="milliseconds")
        return {"time": now, "request_id": request_id, "user": user, "version": version, "outcome": outcome}
