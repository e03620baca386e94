"""What the mock interview asks and expects: questions, follow-ups, cards, rubric, transcripts, model answers.

The texts are TOML and Markdown files in the folder `content` beside this module; tests check that they fit together.
"""

from __future__ import annotations

import random
import tomllib
from collections import namedtuple
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

FOLDER = Path(__file__).with_name("content")


def _read(file: str) -> dict[str, Any]:
    return tomllib.loads((FOLDER / file).read_text(encoding="utf-8"))


RULES = _read("interview.toml")  # what holds for both questions
QUESTIONS = tuple(RULES["questions"])
LEVELS = tuple(RULES["levels"])  # worth 1, 2, 3 and 4 points
POINTS = (str(RULES["missing"]), *LEVELS)  # what 0 to 4 are called
PLAN = {one["id"]: (one["title"], one["start"], one["end"]) for one in RULES["phases"]}
SCORED_IN = {one["id"]: tuple(one["scored"]) for one in RULES["phases"] if one["scored"]}
ASKED = tuple(SCORED_IN)  # the phases of the candidate, which follow-ups belong to
SAY = _read("sentences.toml")  # what is said in the terminal and in the notebook
COMMANDS: dict[str, str] = SAY["commands"]  # of a session in the terminal
NAMES: dict[str, str] = {one["id"]: one["name"] for one in _read("rubric.toml")["dimensions"]}
DIMENSIONS = tuple(NAMES)
ASKING = _read("topics.toml")  # what a candidate asks about, and how such questions sound


@dataclass(frozen=True)
class Phase:
    """A part of the plan: `start` and `end` in seconds, what the interviewer says, what a strong answer covers."""

    id: str
    title: str
    start: int
    end: int
    prompt: str
    covers: list[str]

    @property
    def seconds(self) -> int:
        """How long it is meant to take."""
        return self.end - self.start

    @property
    def span(self) -> str:
        """Where in the plan it stands: "2:00 to 4:00"."""
        return f"{minutes(self.start)} to {minutes(self.end)}"


# entries of the files, as they are there

# a question of the interviewer's about one to three `concepts`; `prove` is the id of the claim that backs the answer,
# `card` what changes it, `fault` the one that it probes
FollowUp = namedtuple(
    "FollowUp", "id phase level dimension concepts ask answer prove card fault", defaults=(None, None, None)
)
# a part of the system: where it stands (column, row), "request", "offline" or "watch", two lines about it
Box = namedtuple("Box", "id at kind title lines")
# the system, drawn: boxes, arrows as pairs of neighbouring boxes, and what it shows in words
Picture = namedtuple("Picture", "alt boxes arrows")
# a new constraint; for each question what a strong answer changes, most important first
Card = namedtuple("Card", "id title text changes")
# what a strong answer speaks of, the level that expects it, where it belongs, and the lessons that teach it
# how it is said: `variants` state it, `weak` ones only name it; lexicon.toml explains how they are written
Concept = namedtuple("Concept", "id name questions level phase dimension lessons variants weak", defaults=((), ()))
# what is scored: one observable behaviour for each of the four levels, and the lessons that train it
Dimension = namedtuple("Dimension", "id name levels lessons")
# a fault that caps the result, whatever the sum says, and the lessons that repair it
Gate = namedtuple("Gate", "id text lessons")


# what a candidate asks about: a fact of the sheet, or one that is left to the candidate (`decide`); patterns find it
Topic = namedtuple("Topic", "id name decide sure asks words", defaults=(False, "", "", ""))
# what the interviewer answers; `values` are pairs of number and unit, `holds` and `lacks` what is there and what is not
Fact = namedtuple("Fact", "topic text values holds lacks")


@dataclass(frozen=True)
class Scenario:
    """A disguise of a question: the same rubric, other facts.

    `prompt` is the task as it is put here, `prompts` what the interviewer says by phase, `facts` the sheet by topic,
    `without` the constraint cards that change nothing here, and the follow-ups that speak of another product.
    """

    id: str
    question: str
    title: str
    prompt: str
    prompts: dict[str, str]
    facts: dict[str, Fact]
    without: Sequence[str] = ()


@dataclass(frozen=True)
class Question:
    """One of the two questions, with all that its mock interview needs. `weights` of the dimensions add up to 100."""

    name: str
    title: str
    prompt: str
    phases: tuple[Phase, ...]
    followups: tuple[FollowUp, ...]
    cards: tuple[Card, ...]
    weights: dict[str, int]
    gates: tuple[Gate, ...]
    picture: Picture


@dataclass(frozen=True)
class Transcript:
    """A written interview of known level.

    `sections` are pairs of phase and text; `levels` and `reasons` have one entry for each dimension, 0 (missing) to 4
    (staff); `gates` are those that it fails. `bad` marks the two weak answers that stand beside the model answers, with
    `annotations`: minutes, a quote, and a note on what to say in its place. They are not among those that raters
    calibrate on.
    """

    id: str
    question: str
    level: str
    sections: tuple[tuple[str, str], ...]
    levels: dict[str, int]
    reasons: dict[str, str]
    bad: bool = False
    gates: Sequence[str] = ()
    annotations: Sequence[dict[str, str]] = ()

    @property
    def text(self) -> str:
        """All that the candidate and the interviewer say."""
        return "\n\n".join(text for _, text in self.sections)


def sentence(key: str, **values: object) -> str:
    """One of the sentences, filled in: `sentence("both.cold", day="Monday")`."""
    part, _, name = key.partition(".")
    return str(SAY[part][name]).format(**values)


def minutes(seconds: float) -> str:
    """Seconds as minutes and seconds.

    >>> minutes(192.9)
    '3:12'
    """
    return f"{int(seconds) // 60}:{int(seconds) % 60:02d}"


def question(name: str) -> Question:
    """One of the questions, by name, with its plan, follow-ups, cards, weights and gates.

    Raises ValueError for an unknown name.
    """
    return _question(known("question", name, QUESTIONS))


@cache
def _question(name: str) -> Question:
    table = _read(f"{name}.toml")
    table["prompt"] = table["prompt"].strip()
    table["phases"] = tuple(Phase(one["id"], *PLAN[one["id"]], one["prompt"], one["covers"]) for one in table["phases"])
    table["followups"] = tuple(FollowUp(**one | {"concepts": tuple(one["concepts"])}) for one in table["followups"])
    table["gates"] = tuple(Gate(**one) for one in table["gates"])
    picture = table["picture"]
    table["picture"] = Picture(picture["alt"], tuple(Box(**one) for one in picture["boxes"]), picture["arrows"])
    table["cards"] = tuple(Card(**one) for one in _read("cards.toml")["cards"])
    return Question(**table)


def scenarios(name: str) -> tuple[Scenario, ...]:
    """The disguises of a question; the first is the default. Raises ValueError for an unknown question."""
    return tuple(_scenario(one, name) for one in RULES["scenarios"][known("question", name, QUESTIONS)])


def scenario(name: str, id: str | None = None) -> Scenario:
    """One disguise of a question, by default the first. Raises ValueError for an unknown question or scenario."""
    there = scenarios(name)
    return by_id("scenario", there[0].id if id is None else id, there)


@cache
def _scenario(id: str, name: str) -> Scenario:
    table, asked = _read(f"scenarios/{id}.toml"), question(name)
    table["prompt"] = table.get("prompt", asked.prompt).strip()
    table["prompts"] = {phase.id: phase.prompt for phase in asked.phases} | table.get("prompts", {})
    facts = table["facts"].items()
    table["facts"] = {
        topic: Fact(
            topic,
            one["text"],
            tuple((value["number"], value["unit"]) for value in one.get("values", ())),
            tuple(one.get("holds", ())),
            tuple(one.get("lacks", ())),
        )
        for topic, one in facts
    }
    return Scenario(id, name, **table)


@cache
def topics() -> tuple[Topic, ...]:
    """What a candidate may ask about, in the order in which patterns are tried."""
    return tuple(Topic(**one) for one in ASKING["topics"])


@cache
def concepts(name: str) -> tuple[Concept, ...]:
    """What a strong answer to a question speaks of. Raises ValueError for an unknown question."""
    known("question", name, QUESTIONS)
    said = _read("lexicon.toml")["said"]
    every = (Concept(**one, **said[one["id"]]) for one in _read("concepts.toml")["concepts"])
    return tuple(one for one in every if name in one.questions)


@cache
def faults(name: str) -> tuple[dict[str, Any], ...]:
    """The faults of a question, as their file has them. Raises ValueError for an unknown question."""
    known("question", name, QUESTIONS)
    return tuple(one for one in _read("faults.toml")["faults"] if name in one["questions"])


@cache
def dimensions() -> tuple[Dimension, ...]:
    """The nine dimensions of the rubric, with their behaviours."""
    return tuple(Dimension(**one) for one in _read("rubric.toml")["dimensions"])


def transcripts(name: str | None = None, *, bad: bool = False) -> tuple[Transcript, ...]:
    """The transcripts of known level, from the lowest to the highest, of one question or of both.

    With `bad` the weak ones that stand beside the model answers, instead of those to calibrate on. Raises ValueError
    for an unknown question.
    """
    if name is not None:
        known("question", name, QUESTIONS)
    return tuple(one for one in _transcripts() if one.bad == bad and name in (None, one.question))


@cache
def _transcripts() -> tuple[Transcript, ...]:
    found = []
    for path in sorted((FOLDER / "transcripts").glob("*.toml")):
        table = _read(f"transcripts/{path.name}")
        scores = table.pop("scores")
        table["sections"] = tuple((one["phase"], one["text"].strip()) for one in table["sections"])
        table["levels"], table["reasons"] = ({d: one[key] for d, one in scores.items()} for key in ("level", "reason"))
        found.append(Transcript(**table))
    return tuple(sorted(found, key=lambda one: (QUESTIONS.index(one.question), one.bad, LEVELS.index(one.level))))


def answer_text(name: str) -> str:
    """The model answer as written: Markdown with fields such as {05.als_vs_popularity:.1f} for the values of claims.

    Raises ValueError for an unknown question.
    """
    return (FOLDER / f"answer_{known('question', name, QUESTIONS)}.md").read_text(encoding="utf-8")


def draw_followups(
    name: str, seed: int, *, phase: str | None = None, weakest: str | None = None, level: str | None = None, n: int = 1
) -> tuple[FollowUp, ...]:
    """Deal `n` different follow-ups, or all that fit when they are fewer. The same arguments deal the same ones, and a
    larger `n` only adds to them.

    `name` is the question's; `phase` keeps those of one phase, `level` those up to one level. With `weakest`, a
    dimension, the first of them and every second one after it train that dimension while it has any.
    Raises ValueError for an unknown question, phase, dimension or level, or an `n` below 1.
    """
    if n < 1:
        raise ValueError(f"n is {n}; expected the number of follow-ups to deal, 1 or more")
    for what, value, names in (("phase", phase, ASKED), ("level", level, LEVELS), ("weakest", weakest, DIMENSIONS)):
        if value is not None:
            known(what, value, names)
    levels = LEVELS[: LEVELS.index(level or LEVELS[-1]) + 1]
    pool = [one for one in question(name).followups if phase in (None, one.phase) and one.level in levels]
    random.Random(f"follow-ups {name} {seed}").shuffle(pool)
    first = [one for one in pool if one.dimension == weakest]
    others = [one for one in pool if one.dimension != weakest]
    dealt: list[FollowUp] = []
    while len(dealt) < min(n, len(pool)):
        take_weakest = first and (len(dealt) % 2 == 0 or not others)
        dealt.append(first.pop(0) if take_weakest else others.pop(0))
    return tuple(dealt)


def draw_cards(name: str, seed: int, n: int = 1, without: Collection[str] = ()) -> tuple[Card, ...]:
    """Deal `n` different constraint cards, the same ones for the same seed; a larger `n` only adds to them.

    `without` leaves out cards by id, such as those of a scenario that change nothing there, or those dealt before.
    Raises ValueError for an unknown question, or when there are fewer than `n` cards.
    """
    pool = list(question(name).cards)
    random.Random(f"cards {name} {seed}").shuffle(pool)
    pool = [card for card in pool if card.id not in without]
    if not 1 <= n <= len(pool):
        raise ValueError(f"n is {n}; expected 1 to {len(pool)} cards")
    return tuple(pool[:n])


def by_id(what: str, id: str, entries: Sequence[Any]) -> Any:
    """The one of several phases, follow-ups, cards ... with this id. Raises ValueError for an unknown id."""
    found = {one.id: one for one in entries}
    return found[known(what, id, found)]


def known(what: str, value: str, names: Collection[str]) -> str:
    """A value that must be one of several names. Raises ValueError that says what it is of and lists them."""
    if value not in names:
        raise ValueError(f"{what} is {value!r}; expected one of {', '.join(map(repr, names))}")
    return value
