"""What an instructor prints on A4 and hands out: the rubric, the observer's sheet and the cards to cut.

Each is one HTML file from the same content as the mock interview. Nothing is loaded, no script runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

from mlpipe.course.record import write
from mlpipe.interview import content
from mlpipe.interview.content import Dimension, Question
from mlpipe.interview.evidence import Evidence, shipped
from mlpipe.interview.score import BANDS, GATED, LIVE
from mlpipe.interview.views import render

KINDS = {  # name of a file -> what it is, for the list of what was printed
    "rubric": "rubric sheet: nine dimensions, four levels, gates",
    "observer": "observer's sheet: the minute plan, times and quotes",
    "cards": "cards to cut: constraints and follow-ups with model answers",
}
PER_PAGE = 8  # follow-ups on one page
CARDS_FIRST, CARDS_PER_PAGE = 2, 3  # constraint cards below the rules of the deck, and on each page after it
LINES = 4  # empty lines for what the interviewer asks, and for numbers that are quoted


def write_printed(folder: Path, questions: Iterable[str] = content.QUESTIONS) -> list[Path]:
    """Write the pages of the questions into a folder, which is made when it is missing.

    Parameters
    ----------
    folder : path
    questions : names of questions

    Returns
    -------
    list of paths
        The files, three a question.

    Raises
    ------
    ValueError
        For an unknown question.
    OSError
        Where nothing can be written.
    """
    asked, evidence = [content.question(name) for name in questions], shipped()
    written = []
    for one in asked:
        for kind, page in zip(KINDS, (rubric(one), observer(one), deck(one, evidence)), strict=True):
            written.append(folder / f"{kind}_{one.name}.html")
            write(written[-1], page)
    return written


def links(folder: str) -> str:
    """A list of the pages of both questions, as HTML, for a page beside the folder of that name."""
    return render("links.html", beside=folder, kinds=KINDS, questions=map(content.question, content.QUESTIONS))


def rubric(asked: Question, dimensions: Sequence[Dimension] | None = None) -> str:
    """The rubric of a question on one page: behaviours to tick, weights, gates, and the sum that gives the level."""
    bands = " · ".join(f"{least} {name}" for name, least in reversed(BANDS.items()) if least)
    return render(
        "rubric.html",
        asked=asked,
        dimensions=dimensions or content.dimensions(),
        levels=content.LEVELS,
        live=LIVE,
        live_weight=sum(asked.weights[name] for name in LIVE),
        gated=GATED,
        bands=bands,
    )


def observer(asked: Question) -> str:
    """The minute plan on one page: what the interviewer says, what a strong answer covers, room for times, quotes."""
    return render("observer.html", asked=asked, lines=LINES)


def deck(asked: Question, evidence: Mapping[str, Evidence]) -> str:
    """The cards of a question: constraints to fold, follow-ups in the order of the plan with the model answer below.

    A follow-up that a claim backs shows its number from `evidence`, or says which lesson measures it.
    """
    phases = {phase.id: phase.title for phase in asked.phases}
    order = list(phases)
    in_order = sorted(asked.followups, key=lambda one: (order.index(one.phase), content.LEVELS.index(one.level)))
    return render(
        "cards.html",
        asked=asked,
        evidence=evidence,
        phases=phases,
        dimensions={one.id: one.name for one in content.dimensions()},
        first_cards=asked.cards[:CARDS_FIRST],
        later_cards=_by(asked.cards[CARDS_FIRST:], CARDS_PER_PAGE),
        sheets=_by(in_order, PER_PAGE),
    )


def _by(entries: Sequence[Any], number: int) -> list[Sequence[Any]]:
    return [entries[i : i + number] for i in range(0, len(entries), number)]
