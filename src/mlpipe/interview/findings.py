"""What an attempt shows, put together for the score sheet and the scorecard. Nothing here gives a level."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from mlpipe.interview import content, facts, hearing
from mlpipe.interview.content import LEVELS, minutes, sentence
from mlpipe.interview.engine import PATIENCE, Interview, shows
from mlpipe.interview.evidence import Evidence, Graded, Quote, grade_quote
from mlpipe.interview.hearing import Heard
from mlpipe.interview.score import CODE
from mlpipe.interview.views import amount

FOUND = ("reasoned", "said", "named")  # states of what was heard, the best first
STATED = ("reasoned", "said")  # those that bear a high level
HIGH, SHARED = 3, 2  # the level from which it is compared with what was heard; dimensions that one sentence may show
TESTED = re.compile(  # a test in the code, or in the words about it
    r"\bassert|\btest_|\bknown (answer|result|solution)|\bby hand\b|\bmust give\b|\b(snippet|code) (tests|checks)\b",
    re.IGNORECASE,
)
SLACK = 30  # seconds that a phase may take more or less before it is worth a remark


@dataclass(frozen=True)
class Hurt:
    """The follow-up whose answer held least of what it asks about: the answer, why it was asked, what was in it."""

    ask: str
    answer: str
    why: str
    told: str


@dataclass(frozen=True)
class Pace:
    """A phase against its plan: seconds `used` and planned, words written in it, how far `over`, whether left early."""

    title: str
    used: float
    plan: float
    words: int
    over: str
    early: bool

    @property
    def told(self) -> str:
        """The time used and planned."""
        return f"{minutes(self.used)} / {minutes(self.plan)}"

    @property
    def a_minute(self) -> int:
        """Words a minute; 0 where there was no time for any."""
        return round(60 * self.words / self.used) if self.used >= 1 else 0


@dataclass(frozen=True)
class Count:
    """A text in three numbers: words, concepts that were heard, and those with a reason."""

    words: int
    heard: int
    reasoned: int


def count(question: str, text: str) -> Count:
    """How much there is in a text."""
    states = [one.state for one in hearing.heard(question, text)]
    return Count(len(text.split()), sum(one in FOUND for one in states), states.count("reasoned"))


def concept_names(question: str) -> dict[str, str]:
    """What the concepts of a question are called, by id."""
    return {one.id: one.name for one in content.concepts(question)}


@dataclass(frozen=True)
class Shown:
    """A sentence of the candidate's with what was heard in it: the best state, and the concepts by name."""

    state: str
    names: tuple[str, ...]
    sentence: str

    @property
    def label(self) -> str:
        """What was heard, and how."""
        return f"{self.state}: {', '.join(self.names)}"


@dataclass(frozen=True)
class Said:
    """A candidate's words at a question; `spoken` where more was said than was written: a recording, or a listener."""

    question: str
    text: str
    spoken: bool = False

    @cached_property
    def found(self) -> dict[str, tuple[Heard, ...]]:
        """What shows each dimension in the words, the best first; nothing for what was not found."""
        there = hearing.evidence(self.question, self.text)
        return {dimension: tuple(there.get(dimension, ())) for dimension in content.DIMENSIONS}

    @cached_property
    def sentences(self) -> dict[str, tuple[Shown, ...]]:
        """The same by sentence, each once."""
        names, by_dimension = concept_names(self.question), dict[str, tuple[Shown, ...]]()
        for dimension, found in self.found.items():
            together: dict[str, list[Heard]] = {}
            for one in found:
                together.setdefault(one.sentence, []).append(one)
            by_dimension[dimension] = tuple(
                Shown(ones[0].state, tuple(dict.fromkeys(names.get(one.concept, one.concept) for one in ones)), text)
                for text, ones in together.items()
            )
        return by_dimension

    @property
    def problem(self) -> str:
        """Why little can be found in the words, in a sentence, or ""."""
        return hearing.language_problem(self.text)

    @property
    def nothing(self) -> bool:
        """Whether there is nothing that could show a level."""
        return not self.text.strip() and not self.spoken

    def shows(self, dimension: str, text: str) -> str:
        """The sentence that shows a level, in one line, if it may: one that was found, or other words of the candidate.

        Where more was said than was written, any words do that are long enough to be found again. Raises ValueError
        that says why it is none.
        """
        if shows(text, self.text, self.found[dimension], self.spoken):
            return _line(text)
        if self.nothing:
            raise ValueError(sentence("sheet.nothing_said"))
        told = {"dimension": dimension, "name": content.NAMES[dimension], "least": int(PATIENCE["quote"])}
        if self.spoken:
            raise ValueError(sentence("sheet.too_short", **told))
        if len(self.text.split()) >= PATIENCE["words"]:
            raise ValueError(sentence("sheet.not_said", **told))
        here = "; ".join(f"“{one.sentence}”" for one in self.sentences[dimension])
        told |= {"least": int(PATIENCE["words"]), "here": here or sentence("sheet.none_here")}
        raise ValueError(sentence("sheet.few_words", **told))


def said_in(interview: Interview, peer: bool = False) -> Said:
    """What was said in an attempt; with `peer`, as somebody knows it who has listened."""
    return Said(interview.question, interview.said, peer or bool(interview.takes))


def _line(text: str) -> str:
    return " ".join(text.split())


def not_heard(interview: Interview) -> dict[str, list[str]]:
    """The ids of the concepts that the target level expects and that were not heard, or put aside, by dimension."""
    expected = LEVELS[: LEVELS.index(interview.target) + 1]
    states = {one.concept: one.state for one in interview.heard}
    absent: dict[str, list[str]] = {dimension: [] for dimension in content.DIMENSIONS}
    for one in content.concepts(interview.question):
        if one.level in expected and states.get(one.id) not in FOUND:
            absent[one.dimension].append(one.id)
    return absent


def hurt(interview: Interview) -> Hurt | None:
    """The follow-up whose answer held least; None where each answer gave a reason for all that was asked about."""
    asked = {event["followup"]: event for event in interview.events if event["kind"] == "interrupt"}
    worst = None
    for one in interview.dealt_followups:
        answer = interview.answers.get(one.id, "")
        states = {each.concept: each.state for each in hearing.heard(interview.question, answer)}
        of_it = [states.get(concept, "") for concept in one.concepts]
        points = sum((FOUND[::-1].index(state) + 1) / len(FOUND) for state in of_it if state in FOUND)
        share = points / (len(of_it) or 1)
        if share < 1 and (worst is None or share < worst[0]):
            worst = share, one, answer, of_it
    if worst is None:
        return None
    _, one, answer, of_it = worst
    told = sentence(
        "card.hurt",
        heard=sum(state in FOUND for state in of_it),
        count=len(of_it),
        reasoned=of_it.count("reasoned"),
        about=", ".join(concept_names(interview.question).get(concept, concept) for concept in one.concepts),
    )
    return Hurt(one.ask, answer, why(interview, asked[one.id]), told)


def why(interview: Interview, event: Mapping[str, object]) -> str:
    """Why a follow-up was asked, in a sentence; "" for an attempt from before that was kept."""
    id = str(event.get("about") or "")
    names = concept_names(interview.question) | {
        fault: one["name"] for fault, one in _faults(interview.question).items()
    }
    about, target = names.get(id, id), interview.target
    return {
        "fault": sentence("why.fault", about=about),
        "absent": sentence("why.absent", about=about, target=target),
        "named": sentence("why.named", about=about),
        "drawn": sentence("why.drawn"),
    }.get(str(event.get("why")), "")


def _faults(question: str) -> dict[str, dict[str, Any]]:
    """The faults of a question by id."""
    return {one["id"]: one for one in content.faults(question)}


def pace(interview: Interview) -> list[Pace]:
    """Each phase against the plan, with the words that were written in it; answers count where they were asked for."""
    spent, words, phase = interview.seconds_by_phase(), dict[str, int](), ""
    entered = iter(one.id for one in interview.content.phases)
    for name, text in interview.notes.items():
        words[name] = len(text.split())
    for event in interview.events:
        if event["kind"] in ("start", "reveal"):
            phase = next(entered)
        elif event["kind"] == "interrupt":
            words[phase] = words.get(phase, 0) + len(interview.answers.get(event["followup"], "").split())
    made = []
    for one in interview.content.phases:
        used = spent[one.id]
        over = f"+{minutes(used - one.seconds)}" if used > one.seconds + SLACK else ""
        made.append(Pace(one.title, used, one.seconds, words.get(one.id, 0), over, used < one.seconds - SLACK))
    return made


@dataclass(frozen=True)
class Uttered:
    """A number that was uttered with a unit: value, unit, its first sentence, and how often it came."""

    value: float
    unit: str
    sentence: str
    times: int

    @property
    def often(self) -> str:
        """How often it came, where that was more than once."""
        return sentence("rating.times", count=self.times) if self.times > 1 else ""


def numbers(interview: Interview) -> list[Uttered]:
    """The numbers that were uttered with a unit, each as it is shown once; a place in a ranking measures nothing."""
    same: dict[tuple[str, str], list[hearing.Number]] = {}
    for one in hearing.numbers(interview.said):
        if one.unit not in ("", "top"):
            same.setdefault((amount(one.value), one.unit), []).append(one)
    return [Uttered(*ones[0], len(ones)) for ones in same.values()]


def graded(interview: Interview, measured: Mapping[str, Evidence]) -> list[Graded]:
    """The numbers that were put forward, each compared with the record and with what was said.

    What was recorded cannot be read: there a number that the notes lack is not held against the candidate.
    """
    made = [grade_quote(Quote(**one), measured, said=interview.said) for one in interview.quotes]
    if not interview.takes:
        return made
    return [one if one.uttered else grade_quote(one.quote, measured) for one in made]


def above(
    interview: Interview, levels: Mapping[str, int], sentences: Mapping[str, str], peer: bool | None = False
) -> str:
    """Where given levels stand above what was heard, in a sentence, or "". It changes no level.

    Looked at are levels of 3 (senior) and 4 (staff). In D1 to D7 one stands above when fewer than a third of the
    concepts that this level expects in the dimension were heard as reasoned or said; in the code (D8) when there is no
    test, an assert or a known answer; in communication (D9) when no question was asked. Named as well is how many of
    these levels the same sentence shows, where it is more than two. Who has listened knows more than the notes: with a
    recording or a `peer` the sentence says only that it is not in them; None is for a rater who is not known yet.
    """
    states, concepts = {one.concept: one.state for one in interview.heard}, content.concepts(interview.question)
    high = {dimension: level for dimension, level in levels.items() if level >= HIGH}
    shown = Counter(hearing.squeezed(sentences[one]) for one in high if sentences.get(one, "").strip())
    told = [sentence("above.shared", count=count) for _, count in shown.most_common(1) if count > SHARED]
    few = False
    for dimension, level in sorted(high.items()):
        name, expected = content.NAMES[dimension], LEVELS[:level]
        of_it = [one.id for one in concepts if one.dimension == dimension and one.level in expected]
        there = sum(states.get(id) in STATED for id in of_it)
        if 3 * there < len(of_it):
            values = {"name": name, "level": expected[-1], "heard": there, "count": len(of_it)}
            told.append(sentence("above.also" if few else "above.few", **values))
            few = True
        elif dimension == CODE and not TESTED.search(interview.said):
            told.append(sentence("above.no_test", name=name))
        elif dimension == "D9" and not interview.asked:
            told.append(sentence("above.no_question", name=name))
    if not told:
        return ""
    what = ", ".join(told)
    if peer or interview.takes:
        return sentence("above.notes", what=what)
    return sentence("above.sheet", what=what) if peer is None else sentence("above.heard", what=what)


def contradictions(interview: Interview) -> Sequence[facts.Contradiction]:
    """What was said against a fact that the candidate had asked for."""
    return facts.contradictions(interview.scene, interview.told, interview.written)


def topics(interview: Interview) -> list[str]:
    """What the candidate asked about, in words."""
    names = {one.id: one.name for one in content.topics()}
    return [names.get(one, one) for one in interview.told]


def gates(interview: Interview) -> dict[str, str]:
    """For each gate what was heard of it, in a sentence: a proposal, which a person ticks or not."""
    faults = {one.concept: one for one in hearing.faults(interview.question, interview.said)}
    states = {one.concept: one.sentence for one in interview.heard if one.state in FOUND}
    told = {}
    for gate in interview.content.gates:
        of_gate = [id for id, one in _faults(interview.question).items() if one.get("gate") == gate.id and id in faults]
        if of_gate:
            told[gate.id] = sentence("gates.heard", sentence=faults[of_gate[0]].sentence)
        elif gate.id == "no_question":
            asked = len(interview.asked)
            told[gate.id] = sentence("gates.questions", count=asked) if asked else sentence("gates.no_question")
        elif gate.id == "no_number":
            some = numbers(interview)
            told[gate.id] = sentence("gates.numbers", count=len(some)) if some else sentence("gates.no_number")
        elif gate.id == "no_baseline":
            base = states.get("baseline", "")
            told[gate.id] = sentence("gates.heard", sentence=base) if base else sentence("gates.no_baseline")
        else:
            told[gate.id] = sentence("gates.nothing")
    return told


def failed(interview: Interview, peer: bool = False) -> tuple[str, ...]:
    """The gates that failed for certain, to be proposed: a fault that was heard, no question asked, no number uttered.

    Where more was said than was written, what is not in the notes may have been said: there only faults are certain.
    """
    faults = {one.concept for one in hearing.faults(interview.question, interview.said)}
    certain = {one.get("gate") for id, one in _faults(interview.question).items() if id in faults}
    if not said_in(interview, peer).spoken:
        certain |= {"no_question"} if not interview.asked else set()
        certain |= {"no_number"} if not numbers(interview) else set()
    return tuple(gate.id for gate in interview.content.gates if gate.id in certain)
