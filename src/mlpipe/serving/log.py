"""The request log: what was shown, where it came from, and how probable it was. A disk that fails loses lines only."""

from __future__ import annotations

import json
import os
import queue
import threading
from collections.abc import Callable, Mapping
from typing import Any

WAITING = 10_000  # lines that may wait for the disk


class RequestLog:
    """Lines of JSON, appended by a thread of its own: no request waits for the disk.

    A line that finds no room or cannot be written is lost, and counted.

    Parameters
    ----------
    path : of the file; it is appended to
    count : called with "written" or "lost" for each line
    waiting : lines that may wait for the disk
    """

    def __init__(
        self, path: str | os.PathLike[str], count: Callable[[str], None] = lambda outcome: None, waiting: int = WAITING
    ) -> None:
        self.path = path
        self._count = count
        self._queue: queue.Queue[Mapping[str, Any] | None] = queue.Queue(waiting)
        self._closed = False
        self._thread = threading.Thread(target=self._run, name="request log", daemon=True)
        self._thread.start()

    def add(self, record: Mapping[str, Any]) -> None:
        """Hand over one record; returns at once.

        Parameters
        ----------
        record : what JSON can hold
        """
        try:
            if self._closed:
                raise queue.Full
            self._queue.put_nowait(record)
        except queue.Full:
            self._count("lost")

    def close(self, seconds: float = 5.0) -> None:
        """Write what waits, for some seconds at most; lines that come later are lost, and counted.

        Parameters
        ----------
        seconds : to wait for a slow disk
        """
        self._closed = True
        try:
            self._queue.put(None, timeout=seconds)
        except queue.Full:
            return
        self._thread.join(seconds)

    def _run(self) -> None:
        while (record := self._queue.get()) is not None:
            try:
                self._write(record)
            except (OSError, ValueError, TypeError):
                self._count("lost")
            else:
                self._count("written")

    def _write(self, record: Mapping[str, Any]) -> None:
        line = json.dumps(record, separators=(",", ":"), allow_nan=False).encode() + b"\n"
        with open(self.path, "ab") as file:
            file.write(line)
