"""The one way to write a file: whole or not at all, and locked while it is read, changed and written back.

All that is kept of a reader (claims, answers, attempts, drills, scores) goes through here: `update_record` sets one
entry of a JSON file, `add_record` appends one, `change_record` is for all else in one, and `locked` with `write` are
for files of another form.
"""

from __future__ import annotations

import errno
import json
import os
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

PRIVATE = 0o600  # rights of files that hold what a reader wrote


def update_record(path: Path, key: str, entry: dict[str, Any]) -> None:
    """Set one entry of a JSON file. A new key stands last; the file appears whole or not at all."""
    with change_record(path) as entries:
        entries[key] = entry


def add_record(path: Path, entry: dict[str, Any]) -> None:
    """Append an entry to a JSON file under the time in UTC. The one saved last stands last, whatever the clock says."""
    with change_record(path) as entries:
        when = datetime.now(UTC)
        while (key := when.isoformat(timespec="microseconds")) in entries:
            when += timedelta(microseconds=1)
        entries[key] = entry


def read_record(path: Path) -> dict[str, Any]:
    """The entries of a JSON file, none where it is missing or damaged: who writes next sets a damaged one aside."""
    try:
        entries = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return {}
    return entries if isinstance(entries, dict) else {}


@contextmanager
def change_record(path: Path) -> Iterator[dict[str, Any]]:
    """What is in a record, to be changed, then written back; a damaged one is set aside, not overwritten."""
    with locked(path.parent):
        entries: Any = {}
        if path.exists():
            try:
                entries = json.loads(path.read_text(encoding="utf-8"))
            except ValueError:
                entries = None
        if not isinstance(entries, dict):
            path.replace(path.with_suffix(f".unreadable-{time.time_ns()}"))
            entries = {}
        yield entries
        write(path, json.dumps(entries, indent=1), mode=PRIVATE)


@contextmanager
def locked(folder: Path, seconds: float = 20) -> Iterator[None]:
    """While this lasts, no other process or thread is inside `locked` of the same folder; who is killed lets go.

    For what is read, changed and written back. Makes the folder; its file `.lock` stays. Raises OSError when the folder
    cannot be written, or when another one does not let go in time.
    """
    folder.mkdir(parents=True, exist_ok=True)
    path, deadline = folder / ".lock", time.monotonic() + seconds
    with open(path, "ab") as file:
        while not _lock(file.fileno(), take=True):
            if time.monotonic() > deadline:
                raise TimeoutError(errno.ETIMEDOUT, f"another program has held it for {seconds:g} seconds", str(path))
            time.sleep(0.01)
        try:
            yield
        finally:  # closing the file would do it too, but not while a child process has it open
            _lock(file.fileno(), take=False)


def _lock(descriptor: int, take: bool) -> bool:
    """Take the lock of an open file, or let it go: False while another has it."""
    try:
        if sys.platform == "win32":
            msvcrt.locking(descriptor, msvcrt.LK_NBLCK if take else msvcrt.LK_UNLCK, 1)
        else:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB if take else fcntl.LOCK_UN)
    except OSError as error:
        # some network folders know no locks: there, to save without one is better than not to save
        return error.errno not in (errno.EAGAIN, errno.EACCES, errno.EDEADLK)
    return True


def write(path: Path, content: bytes | str, mode: int = 0o644) -> None:
    """Write a file that appears whole or not at all, also when the process is stopped half-way.

    Raises OSError that names the file.
    """
    data = content.encode() if isinstance(content, str) else content
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, temporary = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(data)
            os.chmod(temporary, mode)
            os.replace(temporary, path)
        except BaseException:
            os.unlink(temporary)
            raise
    except OSError as error:  # a full disk names no file, the others name one that nobody knows
        raise OSError(error.errno, error.strerror, str(path)) from error
