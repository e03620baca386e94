"""What a reader says before the course, kept so that it can be scored again at the end."""

from __future__ import annotations

from mlpipe.course.boxes import NEUTRAL, box, prose, show
from mlpipe.course.record import add_record
from mlpipe.paths import home

QUESTIONS = ("recommender", "ctr")


def save_cold_answer(question: str, answer: str) -> None:
    """Keep an answer to "recommender" or "ctr" in the reader's own record. Earlier answers stay.

    Raises ValueError for an unknown question or an answer that is not text.
    """
    if question not in QUESTIONS:
        raise ValueError(f"question is {question!r}; expected one of {', '.join(map(repr, QUESTIONS))}")
    if not isinstance(answer, str):
        raise ValueError(f"answer is a {type(answer).__name__}; expected your words as text, between triple quotes")
    words = len(answer.split())
    if words == 0:
        message = "Nothing saved yet: write between the triple quotes, then run this cell again."
    else:
        path = home() / "cold_answers" / f"{question}.json"
        message = f"Saved {words} words. The mock interview at the end shows them beside your new answer."
        try:
            add_record(path, {"answer": answer, "words": words})
        except OSError as error:
            words = 0
            message = (
                f"Not saved: {path} cannot be written ({error.strerror}). Your answer is still in this cell: keep it "
                "there, set MLPIPE_HOME to a folder of yours, restart the kernel and run the cell again."
            )
    show(box(NEUTRAL, prose(message)), message, {"cold_answer": {"question": question, "words": words}})
