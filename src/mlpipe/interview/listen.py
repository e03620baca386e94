"""What is heard in a file, for the command line: concepts by state with their sentences, faults, numbers. No level."""

from __future__ import annotations

import sys
import tomllib
from collections.abc import Callable
from pathlib import Path

from mlpipe.interview import content, store
from mlpipe.interview.content import QUESTIONS, sentence
from mlpipe.interview.hearing import STATES, Heard, fault_names, faults, heard, language_problem, numbers
from mlpipe.interview.screen import Screen

MOST = 20_000_000  # bytes: more than anybody says


def listen(file: Path, question: str | None, screen: Screen) -> None:
    """Show what is heard in a file of plain text, a transcript (.toml) or an attempt (.json); "-" is the input.

    Without a question it is that of the transcript or attempt, or the one of which more is heard, and it is said which.
    Raises OSError for a file that cannot be read, and ValueError for one that holds no text.
    """
    text, own = _read(file, screen.clock)
    if question is None and own is None:
        question = max(QUESTIONS, key=lambda name: _found(name, text))
        screen.say("hearing.assumed", question=question, other=next(name for name in QUESTIONS if name != question))
    question = question or own or QUESTIONS[0]
    if problem := language_problem(text):
        screen.tell(problem)
    found, names = heard(question, text), {one.id: one.name for one in content.concepts(question)}
    for state in STATES:
        ones = [one for one in found if one.state == state]
        screen.title(f"{state}: {len(ones)}")
        if state == "not heard":
            screen.tell(", ".join(names[one.concept] for one in ones))
            continue
        for one in ones:
            screen.tell(_row(names[one.concept], one, screen.width))
    screen.title(sentence("hearing.faults"))
    for one in faults(question, text):
        screen.tell(_row(fault_names(question)[one.concept], one, screen.width))
    screen.title(sentence("hearing.numbers"))
    screen.tell(", ".join(f"{float(f'{one.value:.4g}'):,.12g} {one.unit}".strip() for one in numbers(text)))
    screen.tell()
    screen.say("hearing.no_level")


def _found(question: str, text: str) -> int:
    """How many concepts are heard that belong to this question only."""
    own = {one.id for one in content.concepts(question) if len(one.questions) == 1}
    return sum(one.concept in own and one.state != "not heard" for one in heard(question, text))


def _row(name: str, one: Heard, width: int) -> str:
    """Name and sentence in one line, without what could steer a terminal."""
    said = " ".join("".join(sign if sign.isprintable() else " " for sign in one.sentence).split())
    return f"{_clipped(name, width // 3):<{width // 3}}  {_clipped(said, width - width // 3 - 2)}"


def _clipped(text: str, room: int) -> str:
    return text if len(text) <= room else text[: room - 1].rstrip() + "…"


def _read(file: Path, clock: Callable[[], float]) -> tuple[str, str | None]:
    """The words in a file and its question, None if it has none."""
    name = "the input" if str(file) == "-" else str(file)
    try:
        raw = sys.stdin.buffer.read(MOST + 1) if str(file) == "-" else _bytes(file)
    except OSError as error:
        raise OSError(sentence("hearing.not_read", file=name, why=error.strerror or error)) from None
    if len(raw) > MOST:
        raise ValueError(sentence("hearing.too_long", file=name, most=MOST // 1_000_000))
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        raise ValueError(sentence("hearing.no_text", file=name)) from None
    if "\0" in text:
        raise ValueError(sentence("hearing.no_text", file=name))
    if file.suffix == ".json":
        interview = store.read(file, clock)
        return interview.said, interview.question
    if file.suffix == ".toml":
        return _transcript(text, name)
    return text, None


def _bytes(file: Path) -> bytes:
    with file.open("rb") as opened:
        return opened.read(MOST + 1)


def _transcript(text: str, name: str) -> tuple[str, str]:
    try:
        table = tomllib.loads(text)
        spoken = table["text"] if "text" in table else "\n\n".join(one["text"] for one in table["sections"])
        return str(spoken), content.known("question", table["question"], QUESTIONS)
    except (ValueError, KeyError, TypeError) as error:  # a TOMLDecodeError is a ValueError
        raise ValueError(sentence("hearing.no_transcript", file=name, why=error)) from None
