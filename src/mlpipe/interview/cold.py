"""What a reader says before the course, kept so that it can be scored again at the end."""

from __future__ import annotations

import json
from collections import namedtuple
from dataclasses import asdict
from pathlib import Path

from mlpipe.course.boxes import NEUTRAL, box, prose, show
from mlpipe.course.record import add_record, update_record
from mlpipe.interview.content import QUESTIONS, known, sentence
from mlpipe.interview.score import Score, from_event
from mlpipe.paths import home


def save_cold_answer(question: str, answer: str) -> None:
    """Keep an answer in the reader's own record. Earlier answers stay.

    Parameters
    ----------
    question : "recommender" or "ctr"
    answer : str
        Your words.

    Raises
    ------
    ValueError
        For an unknown question or an answer that is not text.
    """
    known("question", question, QUESTIONS)
    if not isinstance(answer, str):
        raise ValueError(f"answer is a {type(answer).__name__}; expected your words as text, between triple quotes")
    words, path = len(answer.split()), _path(question)
    message = sentence("cold.saved" if words else "cold.nothing", words=words)
    try:
        if words:
            add_record(path, {"answer": answer, "words": words})
    except OSError as error:
        words, message = 0, sentence("cold.not_saved", path=path, why=error.strerror)
    show(box(NEUTRAL, prose(message)), message, {"cold_answer": {"question": question, "words": words}})


# what the learner said before the course, when (UTC), and the score it was given since
ColdAnswer = namedtuple("ColdAnswer", "when text score")


def cold_answer(question: str) -> ColdAnswer | None:
    """The last cold answer to a question from the reader's own record, or None.

    Raises ValueError that names the file when it is damaged; it is kept as it is.
    """
    path = _path(question)
    if not path.exists():
        return None
    try:
        *_, (when, entry) = json.loads(path.read_text(encoding="utf-8")).items()  # in the order of saving
        score = from_event(entry["score"]) if "score" in entry else None
        return ColdAnswer(when, str(entry["answer"]), score)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        why = f"{type(error).__name__}: {error}"
        raise ValueError(sentence("cold.unreadable", path=path, why=why)) from None


def score_cold_answer(question: str, score: Score) -> None:
    """Keep a score with the last cold answer. Raises ValueError when there is none."""
    last = cold_answer(question)
    if last is None:
        raise ValueError(f"there is no cold answer to {question!r}: lesson 00 asks for one; save_cold_answer keeps it")
    entry = {"answer": last.text, "words": len(last.text.split()), "score": asdict(score)}
    update_record(_path(question), last.when, entry)


def _path(question: str) -> Path:
    return home() / "cold_answers" / f"{question}.json"
