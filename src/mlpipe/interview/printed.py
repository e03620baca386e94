"""What an instructor prints on A4 and hands out: a sheet for each of three people, the rubric, cards, the picture.

Each is one HTML file from the same content as the mock interview. Nothing is loaded, no script runs.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from mlpipe.course.record import write
from mlpipe.interview import content
from mlpipe.interview.content import Dimension, Question, Scenario
from mlpipe.interview.evidence import Evidence, shipped
from mlpipe.interview.score import LIVE
from mlpipe.interview.views import render

KINDS = {  # name of a file -> what it is
    "candidate": "candidate's sheet: the task, the minute plan, room for notes; a page a product",
    "interviewer": "interviewer's sheet: facts and prompts, a page a product; then questions by concept, and cards",
    "observer": "observer's sheet: the minute plan, times and quotes",
    "rubric": "rubric sheet: nine dimensions, four levels, gates",
    "cards": "cards to cut: constraints and follow-ups with model answers",
    "picture": "the system of the model answer as a picture",
}
PER_PAGE = 8  # follow-ups on one page
CARDS_FIRST, CARDS_PER_PAGE = 2, 3  # constraint cards below the rules of the deck, and on each page after it
LINES = 8  # empty lines for what the interviewer asks, and for numbers that are quoted


def write_printed(folder: Path, questions: Iterable[str] = content.QUESTIONS) -> list[Path]:
    """Write the pages of the questions into a folder, which is made when it is missing; return the files.

    Raises ValueError for an unknown question, OSError where nothing can be written.
    """
    asked, evidence = [content.question(name) for name in questions], shipped()
    written = []
    for one in asked:
        scenes = content.scenarios(one.name)
        for_people = (candidate(one, scenes), interviewer(one, scenes), observer(one))
        pages = (*for_people, rubric(one), deck(one, evidence), drawn(one))
        for kind, page in zip(KINDS, pages, strict=True):
            written.append(folder / f"{kind}_{one.name}.html")
            write(written[-1], page)
    return written


def candidate(asked: Question, scenes: Sequence[Scenario]) -> str:
    """What the candidate gets, a page a product: the task, the plan, what may be asked about, room for notes."""
    floor = content.PLAN[content.ASKED[-1]][2]
    return render("candidate.html", asked=asked, scenes=scenes, topics=_topics(), floor=floor)


def interviewer(asked: Question, scenes: Sequence[Scenario]) -> str:
    """What the interviewer gets: a page a product with facts and prompts, then what holds for all of them.

    That is the follow-ups by the concept that they ask about first, with model answers, and the constraint cards.
    """
    concepts = content.concepts(asked.name)
    by_concept = [(one, [each for each in asked.followups if each.concepts[0] == one.id]) for one in concepts]
    values = {
        "floor": content.PLAN[content.ASKED[-1]][2],
        "topics": _topics(),
        "decide": [one for one in content.topics() if one.decide],
    }
    return render("interviewer.html", asked=asked, scenes=scenes, by_concept=by_concept, cards=asked.cards, **values)


def _topics() -> dict[str, str]:
    return {one.id: one.name for one in content.topics()}


def rubric(asked: Question, dimensions: Sequence[Dimension] | None = None) -> str:
    """The rubric of a question on one page: behaviours to tick, weights, gates, and the sum that gives the level."""
    live = sum(asked.weights[name] for name in LIVE)
    return render("rubric.html", asked=asked, dimensions=dimensions or content.dimensions(), live_weight=live)


def observer(asked: Question) -> str:
    """The minute plan on one page, for any product: what a strong answer covers, room for times, questions, quotes."""
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
