"""What an instructor prints on A4 and hands out: the rubric, the observer's sheet, the cards to cut, the picture.

Each is one HTML file from the same content as the mock interview. Nothing is loaded, no script runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mlpipe.course.record import write
from mlpipe.interview import content
from mlpipe.interview.content import Dimension, Question
from mlpipe.interview.evidence import Evidence, shipped
from mlpipe.interview.score import LIVE
from mlpipe.interview.views import render

KINDS = {  # name of a file -> what it is
    "rubric": "rubric sheet: nine dimensions, four levels, gates",
    "observer": "observer's sheet: the minute plan, times and quotes",
    "cards": "cards to cut: constraints and follow-ups with model answers",
    "picture": "the system of the model answer as a picture",
}
PER_PAGE = 8  # follow-ups on one page
CARDS_FIRST, CARDS_PER_PAGE = 2, 3  # constraint cards below the rules of the deck, and on each page after it
LINES = 4  # empty lines for what the interviewer asks, and for numbers that are quoted


def write_printed(folder: Path, questions: Iterable[str] = content.QUESTIONS) -> list[Path]:
    """Write the pages of the questions into a folder, which is made when it is missing; return the files.

    Raises ValueError for an unknown question, OSError where nothing can be written.
    """
    asked, evidence = [content.question(name) for name in questions], shipped()
    written = []
    for one in asked:
        for kind, page in zip(KINDS, (rubric(one), observer(one), deck(one, evidence), drawn(one)), strict=True):
            written.append(folder / f"{kind}_{one.name}.html")
            write(written[-1], page)
    return written


def links(folder: str) -> str:
    """A list of the pages of both questions, as HTML, for a page beside the folder of that name."""
    return render("links.html", beside=folder, kinds=KINDS, questions=map(content.question, content.QUESTIONS))


def rubric(asked: Question, dimensions: Sequence[Dimension] | None = None) -> str:
    """The rubric of a question on one page: behaviours to tick, weights, gates, and the sum that gives the level."""
    live = sum(asked.weights[name] for name in LIVE)
    return render("rubric.html", asked=asked, dimensions=dimensions or content.dimensions(), live_weight=live)


def observer(asked: Question) -> str:
    """The minute plan on one page: what the interviewer says, what a strong answer covers, room for times, quotes."""
    return render("observer.html", asked=asked, lines=LINES)


def deck(asked: Question, evidence: Mapping[str, Evidence]) -> str:
    """The cards of a question: constraints to fold, follow-ups in the order of the plan with the model answer below.

    A follow-up that a claim backs shows its number from `evidence`, or says which lesson measures it.
    """
    phases, levels = [phase.id for phase in asked.phases], content.LEVELS
    in_order = sorted(asked.followups, key=lambda one: (phases.index(one.phase), levels.index(one.level)))
    names = content.NAMES | {one.id: one.title for one in asked.phases}
    room = {"first": CARDS_FIRST, "cards": CARDS_PER_PAGE, "followups": PER_PAGE}
    return render("cards.html", asked=asked, in_order=in_order, names=names, evidence=evidence, room=room)


def drawn(asked: Question) -> str:
    """The system of the model answer to a question, drawn: boxes, arrows, and what they show in words."""
    return render("drawn.html", asked=asked)
