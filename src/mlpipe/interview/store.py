"""Attempts as files: $MLPIPE_HOME/interviews/<question>/<attempt_id>.json, each whole or not there at all."""

from __future__ import annotations

import json
import os
import secrets
import time
from collections.abc import Callable
from dataclasses import asdict
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple
from weakref import WeakKeyDictionary

from mlpipe.course.record import PRIVATE, locked, write
from mlpipe.interview import content
from mlpipe.interview.content import sentence
from mlpipe.interview.engine import Interview
from mlpipe.interview.score import Score, from_event, level
from mlpipe.paths import home

_known: WeakKeyDictionary[Interview, str] = WeakKeyDictionary()  # what is in the file, as far as we wrote or read it
SAVED = "saved"  # in each file: a number that is larger than in all that were saved before, whatever the clock says


def new_attempt_id() -> str:
    """A name for a new attempt: the time in UTC to the millisecond, and four characters that no other start has."""
    return datetime.now(UTC).strftime("%Y%m%d-%H%M%S-%f")[:-3] + "-" + secrets.token_hex(2)


def folder(question: str) -> Path:
    """Where the attempts at a question are."""
    return home() / "interviews" / question


def save(interview: Interview) -> Path:
    """Write the attempt to its file and return the path.

    Raises OSError when the folder cannot be written, and ValueError when the file on disk is not the one that this
    attempt was read from or written to: it belongs to another attempt, was continued elsewhere, or is damaged. The file
    is left as it is.
    """
    path = folder(interview.question) / f"{interview.attempt_id}.json"
    try:
        with locked(path.parent):
            found = path.read_text(encoding="utf-8", errors="replace") if path.exists() else None  # or deleted since
            if found is not None and found != _known.get(interview):
                raise ValueError(sentence("store.changed", path=path))
            number = 1 + max((_saved(one) for one in _files(interview.question) if one != path), default=0)
            text = json.dumps({SAVED: number, "summary": _summary(interview)} | interview.to_dict(), indent=1)
            write(path, text, PRIVATE)
    except OSError as error:
        raise OSError(error.errno, sentence("store.not_saved", path=path, why=error.strerror)) from error
    _known[interview] = text
    return path


def _summary(interview: Interview) -> dict[str, str]:
    """What the reader's progress tells of an attempt; nothing here reads it back."""
    scored = interview.own_scores[-1:]
    return {"state": interview.state, "level": level(from_event(scored[0]), interview.content) if scored else ""}


def _files(question: str) -> list[Path]:
    """The files of attempts; what is kept beside one has a dot in its name before the ending."""
    return [one for one in folder(question).glob("*.json") if "." not in one.stem]


def _saved(path: Path) -> int:
    """The number under which a file was saved; 0 for one of an earlier version, or that cannot be read."""
    try:
        number = json.loads(path.read_text(encoding="utf-8")).get(SAVED)
    except (OSError, ValueError, AttributeError):
        return 0
    return number if isinstance(number, int) else 0


def load(question: str, attempt_id: str, clock: Callable[[], float] = time.monotonic) -> Interview:
    """The attempt from its file, paused if it was running when it was saved.

    Raises FileNotFoundError for an attempt that is not there, and ValueError for a file that is damaged, of another
    schema version, or of another attempt. The file stays as it is.
    """
    path = folder(question) / f"{attempt_id}.json"
    if not path.exists():
        known = ", ".join(sorted(one.stem for one in _files(question))) or "none yet"
        raise FileNotFoundError(f"no attempt {attempt_id!r} at {question} in {path.parent}; attempts there: {known}")
    interview = read(path, clock)
    if interview.question != question:
        raise _unreadable(path, f"question is {interview.question!r}; expected {question!r}: it is in the wrong folder")
    if interview.attempt_id != attempt_id:
        raise _unreadable(path, f"attempt_id is {interview.attempt_id!r}; expected {attempt_id!r}: it was renamed")
    return interview


def read(path: Path, clock: Callable[[], float] = time.monotonic) -> Interview:
    """The attempt in any file, for example one that a peer sent. Raises ValueError for a file that is none."""
    try:
        text = path.read_text(encoding="utf-8")
        interview = Interview.from_dict(json.loads(text), clock)
    except ValueError as error:  # a JSONDecodeError and a UnicodeDecodeError are ValueErrors
        raise _unreadable(path, str(error)) from None
    _known[interview] = text
    return interview


def attempts(question: str, clock: Callable[[], float] = time.monotonic) -> tuple[list[Interview], list[str]]:
    """All attempts at a question, the one saved last at the end, and a sentence for each file that cannot be read."""
    read, damaged = [], []
    for path in sorted(_files(question), key=lambda path: (_saved(path), path.name)):
        try:
            read.append(load(question, path.stem, clock))
        except ValueError as error:
            damaged.append(str(error))
        except OSError as error:
            damaged.append(f"{path} cannot be read ({error.strerror})")
    return read, damaged


def next_scenario(question: str) -> str:
    """The product that the next attempt is about: the one that the fewest attempts were about, the first of equals."""
    names = [one.id for one in content.scenarios(question)]
    sat = [one.scenario for one in attempts(question)[0]]
    return min(names, key=sat.count)


class Recording(NamedTuple):
    """A recording of one's own voice: its name, its file, and the second of the attempt at which it begins."""

    take: str
    path: Path
    start: float


def recordings(interview: Interview) -> list[Recording]:
    """The recordings of an attempt that are still there: files <attempt_id>.<take>.webm beside its own."""
    where = folder(interview.question)
    found = (
        Recording(take, where / f"{interview.attempt_id}.{take}.webm", start) for take, start in interview.takes.items()
    )
    return [one for one in found if one.path.exists()]


def add_recording(interview: Interview, take: str, part: bytes, *, new: bool) -> Path:
    """Append a part to a recording, or begin its file, and return that.

    Raises ValueError for a recording that was not begun, or is there already, and OSError when it cannot be written.
    """
    path = folder(interview.question) / f"{interview.attempt_id}.{content.known('take', take, interview.takes)}.webm"
    flags = os.O_WRONLY | os.O_APPEND | getattr(os, "O_BINARY", 0) | (os.O_CREAT | os.O_EXCL if new else 0)
    try:
        with open(path, "ab", opener=lambda name, _: os.open(name, flags, PRIVATE)) as file:
            file.write(part)
    except FileExistsError:
        raise ValueError(sentence("store.recorded", path=path)) from None
    except OSError as error:
        raise OSError(error.errno, sentence("store.not_recorded", path=path, why=error.strerror)) from error
    return path


def weakest(question: str) -> str | None:
    """The dimension with the lowest level in your last score of this question; None without a score, or if all tie."""
    for interview in reversed(attempts(question)[0]):
        if interview.own_scores:
            levels = from_event(interview.own_scores[-1]).effective()
            return min(levels, key=lambda dimension: levels[dimension]) if len(set(levels.values())) > 1 else None
    return None


def read_score(path: Path) -> Score:
    """The last score in a file: a saved attempt, or a score alone as `write_score` keeps it.

    Raises ValueError that names the file when it is damaged or holds no score.
    """
    try:
        data = json.loads(path.read_text(encoding="utf-8"))
        scores = [data] if "levels" in data else [one for one in data["events"] if one["kind"] == "score"]
    except (ValueError, TypeError, KeyError):
        raise ValueError(sentence("store.no_file", path=path)) from None
    if not scores:
        raise ValueError(f"{path} holds no score; expected an attempt that was scored: score it first")
    try:
        return from_event(scores[-1])
    except (TypeError, AttributeError, ValueError) as error:
        raise ValueError(f"{path}: {error}") from None


def write_score(path: Path, score: Score, *, peer: bool) -> None:
    """Keep a score in a file of its own, for example to send it to the candidate."""
    write(path, json.dumps(asdict(score) | {"peer": peer}, indent=1) + "\n")


def _unreadable(path: Path, why: str) -> ValueError:
    return ValueError(sentence("store.unreadable", path=path, why=why))
