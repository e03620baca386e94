"""What was heard: which concepts of a question the candidate spoke of, how, and the sentence that shows it."""

from __future__ import annotations

import re
from typing import NamedTuple

from mlpipe.interview import content

STATES = ("reasoned", "said", "named", "denied", "not heard")
_SENTENCE = re.compile(r"[^.!?\n]+[.!?]?")
_REASON = re.compile(r"\b(because|since|so that|otherwise)\b|\d", re.IGNORECASE)


class Heard(NamedTuple):
    """A concept, how it was heard, and the sentence that shows it."""

    concept: str
    state: str
    sentence: str


class Number(NamedTuple):
    """A number as it was uttered, with its unit."""

    value: float
    unit: str
    sentence: str


def heard(question: str, text: str) -> tuple[Heard, ...]:
    """Each concept of the question, with how it was heard."""
    sentences = [one.strip() for one in _SENTENCE.findall(text) if one.strip()]
    return tuple(_heard(one.id, one.name, sentences) for one in content.concepts(question))


def _heard(id: str, name: str, sentences: list[str]) -> Heard:
    words = re.findall(r"[a-z]{5,}", name.lower())
    for one in sentences:
        if any(word in one.lower() for word in words):
            return Heard(id, "reasoned" if _REASON.search(one) else "said", one)
    return Heard(id, "not heard", "")


def faults(question: str, text: str) -> tuple[Heard, ...]:
    """The faults that were heard."""
    return tuple(
        Heard("random_split", "said", one.strip())
        for one in _SENTENCE.findall(text)
        if re.search(r"split.*at random|random split", one)
    )


def numbers(text: str) -> tuple[Number, ...]:
    """The numbers that were uttered."""
    return ()


def evidence(question: str, text: str) -> dict[str, tuple[Heard, ...]]:
    """What was heard by dimension, what was reasoned first."""
    found: dict[str, list[Heard]] = {}
    for concept, one in zip(content.concepts(question), heard(question, text), strict=True):
        if one.state in ("reasoned", "said"):
            found.setdefault(concept.dimension, []).append(one)
    return {d: tuple(sorted(ones, key=lambda one: STATES.index(one.state))) for d, ones in sorted(found.items())}
