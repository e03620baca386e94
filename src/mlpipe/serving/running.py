"""A service in a process of its own, for as long as a block runs."""

from __future__ import annotations

import contextlib
import os
import queue
import re
import subprocess
import sys
import threading
import time
import warnings
from collections.abc import Iterator
from pathlib import Path
from typing import IO

START_SECONDS, END_SECONDS = 60.0, 15.0
URL = re.compile(r"http://127\.0\.0\.1:\d+")


@contextlib.contextmanager
def started(folder: str | os.PathLike[str], *options: str, seconds: float = START_SECONDS) -> Iterator[str]:
    """Start `mlpipe serve` on a free port, and end it in any case: also when this process dies.

    Parameters
    ----------
    folder : with a published version and the store
    *options : of `mlpipe serve`, such as "--slow-store", "0.2:0.1"
    seconds : that it may take to start

    Yields
    ------
    str
        Its address, such as "http://127.0.0.1:51234".

    Raises
    ------
    RuntimeError
        When it does not start; with what it said.
    """
    command = [sys.executable, "-P", "-m", "mlpipe.workshop", "serve", "--folder", os.fspath(Path(folder).resolve())]
    env = os.environ | {"PYTHONUNBUFFERED": "1", "PYTHONIOENCODING": "utf-8"}
    process = subprocess.Popen(
        [*command, "--port", "0", "--until-closed", *options],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env=env,
        encoding="utf-8",
        errors="replace",
    )
    assert process.stdin and process.stdout  # noqa: PT018 (they are pipes)
    said: queue.Queue[str | None] = queue.Queue()
    reader = threading.Thread(target=_read, args=(process.stdout, said), daemon=True)
    reader.start()
    try:
        yield _address(said, seconds)
    finally:
        with contextlib.suppress(OSError):
            process.stdin.close()  # it ends by itself, and its requests with it
        try:
            process.wait(END_SECONDS)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
            late = True
        else:
            late = False
        reader.join(END_SECONDS)
        process.stdout.close()
        if late:
            warnings.warn(f"the service did not end within {END_SECONDS} s, and was stopped", stacklevel=3)


def _address(said: queue.Queue[str | None], seconds: float) -> str:
    lines: list[str] = []
    ends = time.monotonic() + seconds
    while True:
        try:
            line = said.get(timeout=max(0.0, ends - time.monotonic()))
        except queue.Empty:
            raise RuntimeError(f"the service has not started within {seconds} s; it said: {''.join(lines)!r}") from None
        if line is None:
            raise RuntimeError(f"the service has not started; it said: {''.join(lines).strip()}")
        lines.append(line)
        if found := URL.search(line):
            return found[0]


def _read(output: IO[str], said: queue.Queue[str | None]) -> None:
    with contextlib.suppress(ValueError, OSError):  # closed while it is read
        for line in output:
            said.put(line)
    said.put(None)
