"""The service on HTTP: Tornado, the server that Jupyter itself brings, on this machine only."""

from __future__ import annotations

import asyncio
import contextlib
import errno
import json
import os
import re
import signal
import sys
import threading
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from prometheus_client import CONTENT_TYPE_LATEST
from tornado.httpserver import HTTPServer
from tornado.log import access_log
from tornado.netutil import bind_sockets
from tornado.web import Application, HTTPError, RequestHandler

from mlpipe.serving.artifact import ArtifactError
from mlpipe.serving.service import K_MOST, USER_MOST, Refused, Service, Settings

ADDRESS = "127.0.0.1"
NAMES = (ADDRESS, "localhost")  # in the Host header: a page of another site that resolves to this machine has its own
QUERY_MOST = 200  # characters
HEADER_BYTES, BODY_BYTES, IDLE_SECONDS = 8192, 1024, 30
RETRY_AFTER = 1  # seconds
SWITCH_SECONDS = 0.0005  # a thread that has a result gets its turn ten times sooner than by default
NUMBER = re.compile(r"[0-9]{1,19}", re.ASCII)
EXAMPLE = "/recommend?user=42&k=10"


class _Handler(RequestHandler):
    """What all addresses share: JSON, one sentence for a mistake, and no caller from a web page."""

    service: Service

    def initialize(self, service: Service) -> None:
        """Tornado hands over what the application was made with."""
        self.service = service

    def set_default_headers(self) -> None:
        """Nothing is kept by a cache, and nothing is guessed about the content."""
        self.set_header("Server", "mlpipe")
        self.set_header("Cache-Control", "no-store")
        self.set_header("X-Content-Type-Options", "nosniff")

    def prepare(self) -> None:
        """Refuse what no honest caller sends."""
        try:
            host = urlsplit(f"//{self.request.host}").hostname
        except ValueError:  # such as "["
            host = None
        if host not in NAMES:
            raise HTTPError(403, f"the host is {self.request.host[:60]!r}; expected {ADDRESS}: callers on this machine")
        if "Origin" in self.request.headers:
            raise HTTPError(403, "a web page has sent this (it has an Origin); expected a program, such as curl")
        if len(self.request.query) > QUERY_MOST:
            raise HTTPError(400, f"the query has {len(self.request.query):,} characters; expected {QUERY_MOST} at most")

    def answer(self, content: dict[str, Any], status: int = 200) -> None:
        """Send JSON."""
        self.set_status(status)
        self.set_header("Content-Type", "application/json; charset=utf-8")
        self.finish(json.dumps(content, allow_nan=False) + "\n")

    def write_error(self, status_code: int, **kwargs: Any) -> None:
        """One JSON sentence, never a traceback."""
        error = kwargs.get("exc_info", (None, None))[1]
        said = error.log_message if isinstance(error, HTTPError) else None
        if status_code == 405:
            said = f"{self.request.method} is not for this address; expected GET, and POST for /reload"
        if status_code == 400:
            self.service.metrics.requests.labels("bad").inc()
        self.answer({"error": said or "the list could not be made; the terminal says why"}, status_code)

    def log_exception(self, typ: Any, value: Any, tb: Any) -> None:
        """A mistake of the caller is no trouble of ours: a flood of them would fill the terminal."""
        if not isinstance(value, HTTPError):
            super().log_exception(typ, value, tb)


class _Recommend(_Handler):
    async def get(self) -> None:
        """A list."""
        user, k = self._number("user", None, USER_MOST), self._number("k", 10, K_MOST, 1)
        unknown = sorted(set(self.request.query_arguments) - {"user", "k"})
        if unknown:
            raise HTTPError(400, f"the query has {unknown[0][:40]!r}; expected user and k only, such as {EXAMPLE}")
        try:
            self.answer(await self.service.recommend(user, k))
        except Refused as error:
            self.set_header("Retry-After", str(RETRY_AFTER))
            self.answer({"error": f"too busy: {error}; try again in {RETRY_AFTER} s"}, 503)

    def _number(self, name: str, default: int | None, high: int, low: int = 0) -> int:
        given = self.request.query_arguments.get(name, [])
        if not given and default is not None:
            return default
        text = given[0].decode("utf-8", "replace") if given else ""
        if len(given) != 1 or not NUMBER.fullmatch(text) or not low <= int(text) <= high:
            found = f"is {text[:40]!r}" if len(given) == 1 else f"comes {len(given)} times"
            raise HTTPError(400, f"{name} {found}; expected one whole number, {low} to {high}, such as {EXAMPLE}")
        return int(text)


class _Health(_Handler):
    def get(self) -> None:
        """Whether it is ready, and how old its model is."""
        version = self.service.version
        age = round(time.time() - version.published_at, 1)
        self.answer({"ready": True, "version": version.name, "age_seconds": age, "index": version.index is not None})


class _Metrics(_Handler):
    def get(self) -> None:
        """What was counted."""
        self.set_header("Content-Type", CONTENT_TYPE_LATEST)
        self.finish(self.service.metrics.text())


class _Reload(_Handler):
    async def post(self) -> None:
        """Serve the version that is current now."""
        try:
            self.answer(await self.service.reload())
        except ArtifactError as error:
            self.answer({"error": str(error), "version": self.service.version.name}, 409)


class _Unknown(_Handler):
    def prepare(self) -> None:
        """No such address."""
        super().prepare()
        raise HTTPError(404, f"there is nothing here; expected {EXAMPLE}, /health, /metrics, or POST /reload")


def application(service: Service) -> Application:
    """The addresses of a service.

    Parameters
    ----------
    service : that answers

    Returns
    -------
    Application
        Of Tornado.
    """
    shared = {"service": service}
    addresses = [("/recommend", _Recommend), ("/health", _Health), ("/metrics", _Metrics), ("/reload", _Reload)]
    return Application(
        [(path, handler, shared) for path, handler in addresses],
        default_handler_class=_Unknown,
        default_handler_args=shared,
        log_function=lambda handler: None,
    )


@dataclass(frozen=True)
class Listening:
    """A service that listens.

    Attributes
    ----------
    url : its address, such as "http://127.0.0.1:51234"
    service : what answers there
    """

    url: str
    service: Service


@contextlib.asynccontextmanager
async def listening(
    folder: str | os.PathLike[str], port: int = 0, settings: Settings | None = None
) -> AsyncIterator[Listening]:
    """Listen while the block runs; then take no more requests, end those under way, and write the log.

    Parameters
    ----------
    folder : with a published version and the store
    port : 0 for one that is free
    settings : of the service

    Yields
    ------
    Listening

    Raises
    ------
    ArtifactError
        When there is no whole version in the folder.
    ValueError
        When the port is taken.
    """
    try:
        sockets = bind_sockets(port, ADDRESS)
    except OSError as error:
        if error.errno in (errno.EADDRINUSE, errno.EACCES, getattr(errno, "WSAEADDRINUSE", None)):
            raise ValueError(
                f"port {port} is taken, or not yours to take; name another one with --port, 0 for any"
            ) from error
        raise
    try:
        service = Service(folder, settings)
    except BaseException:
        for one in sockets:
            one.close()
        raise
    limits = {"max_header_size": HEADER_BYTES, "max_body_size": BODY_BYTES, "idle_connection_timeout": IDLE_SECONDS}
    server = HTTPServer(application(service), **limits)
    server.add_sockets(sockets)
    try:
        yield Listening(f"http://{ADDRESS}:{sockets[0].getsockname()[1]}", service)
    finally:
        server.stop()
        await service.close()
        await server.close_all_connections()


def serve(
    folder: str | os.PathLike[str], port: int = 8000, settings: Settings | None = None, until_closed: int | None = None
) -> int:
    """Listen until Ctrl-C, a signal to end, or until a pipe is closed.

    Parameters
    ----------
    folder, port, settings : as in `listening`
    until_closed : file descriptor of a pipe; it ends when the other side closes it, also by dying

    Returns
    -------
    int
        Exit status.

    Raises
    ------
    ArtifactError, ValueError
        As `listening`.
    """
    access_log.disabled = True
    sys.setswitchinterval(SWITCH_SECONDS)
    with contextlib.suppress(KeyboardInterrupt):  # told by then
        asyncio.run(_serve(folder, port, settings, until_closed))
    return 0


async def _serve(folder: Any, port: int, settings: Settings | None, until_closed: int | None) -> None:
    loop, ended = asyncio.get_running_loop(), asyncio.Event()
    with contextlib.suppress(NotImplementedError):  # on Windows there is no such signal to be sent
        loop.add_signal_handler(signal.SIGTERM, ended.set)
    if until_closed is not None:
        threading.Thread(target=_watch, args=(until_closed, loop, ended), daemon=True).start()
    async with listening(folder, port, settings) as found:
        print(f"version {found.service.version.name} is served on {found.url}", flush=True)
        print(f'try: curl "{found.url}{EXAMPLE}"   (Ctrl-C ends it)', flush=True)
        try:
            await ended.wait()
        finally:
            print("ending: no new requests, those under way get their lists", flush=True)


def _watch(pipe: int, loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
    with contextlib.suppress(OSError):
        while os.read(pipe, 1024):
            pass
    with contextlib.suppress(RuntimeError):  # the loop has ended before
        loop.call_soon_threadsafe(ended.set)
