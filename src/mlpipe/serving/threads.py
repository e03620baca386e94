"""Threads for calls that may hang: they hold no process up that ends, and are not asked again while all of them do."""

from __future__ import annotations

import queue
import threading
from collections.abc import Callable
from concurrent.futures import Future
from typing import Any


class Threads:
    """Some threads that run calls in the order in which they are sent.

    A `ThreadPoolExecutor` is joined when the interpreter ends, however long its calls take; these are daemons.

    Parameters
    ----------
    n : threads
    name : what they are called
    """

    def __init__(self, n: int, name: str) -> None:
        self.n = n
        self._waiting: queue.SimpleQueue[tuple[Future[Any], Callable[..., Any], tuple[Any, ...]] | None]
        self._waiting = queue.SimpleQueue()
        self._sent: set[Future[Any]] = set()
        self._given_up: set[Future[Any]] = set()
        for number in range(n):
            threading.Thread(target=self._run, name=f"{name} {number}", daemon=True).start()

    def send(self, call: Callable[..., Any], *given: Any) -> Future[Any]:
        """Run a call when a thread is free.

        Parameters
        ----------
        call : what to run
        *given : its arguments

        Returns
        -------
        Future
            Of its result.
        """
        future: Future[Any] = Future()
        self._sent.add(future)
        future.add_done_callback(self._sent.discard)
        self._waiting.put((future, call, given))
        return future

    def give_up(self, future: Future[Any]) -> None:
        """Wait no longer for a call: it never begins, or its thread is counted as stuck until it ends.

        Parameters
        ----------
        future : what `send` returned
        """
        if not future.cancel():
            self._given_up.add(future)
            future.add_done_callback(self._given_up.discard)

    def is_stuck(self) -> bool:
        """Whether all threads run calls for which nobody waits any more."""
        return len(self._given_up) >= self.n

    def is_idle(self) -> bool:
        """Whether a call would begin at once."""
        return len(self._sent) < self.n

    def close(self) -> None:
        """Let the threads end when the calls that were sent have."""
        for _ in range(self.n):
            self._waiting.put(None)

    def _run(self) -> None:
        while (work := self._waiting.get()) is not None:
            future, call, given = work
            if not future.set_running_or_notify_cancel():
                continue
            try:
                result = call(*given)
            except BaseException as error:  # whoever waits for it gets it
                future.set_exception(error)
            else:
                future.set_result(result)
