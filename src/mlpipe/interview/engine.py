"""The interview as a state machine: events in, state out. No files, no screen, and a clock that is passed in.

Terminal and notebook hold the same interview: both call `advance` from time to time and show the `lines` that are new.
"""

from __future__ import annotations

import copy
import math
import random
import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any, NamedTuple

from mlpipe.interview import content, facts, hearing
from mlpipe.interview.content import (
    ASKED,
    DIMENSIONS,
    LEVELS,
    PLAN,
    RULES,
    SCORED_IN,
    Card,
    FollowUp,
    Phase,
    minutes,
    sentence,
)
from mlpipe.interview.facts import Reply
from mlpipe.interview.hearing import Heard
from mlpipe.interview.score import check_marks

SCHEMA_VERSION = 2
_TOLD = ("attempt_id", "question", "scenario", "seed", "target")  # what an attempt is told at its start
QUOTE = ("claim", *RULES["quote"])
PATIENCE: dict[str, float] = RULES["patience"]  # of the interviewer, in seconds and words

_WRITING = ("note", "answer", "quote")  # accepted until the score is given: no late word is lost, nor does it count
_POSSIBLE = {
    "ready": ("start",),
    "running": ("pause", "reveal", "interrupt", "card", "hint", "ask", "record", "closing", "finish", *_WRITING),
    "paused": ("resume", "finish", *_WRITING),
    "finished": ("score", *_WRITING),
}

_STATE = {"pause": "paused", "resume": "running", "finish": "finished"}  # after an event


class Line(NamedTuple):
    """Something that the interviewer said `at` a second, or what helps the candidate.

    `kind` is "phase", "question", "card", "fact", "hint", "closing" or "over"; `id` is that of the phase, the follow-up
    or the card, and no other line of the attempt has it.
    """

    id: str
    at: float
    kind: str
    title: str
    text: str


class Interview:
    """One attempt at one question: start, then phases, notes, follow-ups and cards until the time is over.

    `question` is "recommender" or "ctr"; `seed` decides which follow-ups and cards are dealt; `clock` returns seconds
    and need not start at zero; `target` is the level you sit for; `attempt_id` names the attempt (letters, digits, -);
    `scenario` is the product that the question is asked about, by default the question's first.

    The interviewer keeps to rules. Twelve minutes are the candidate's, with one interruption, at the end of a sentence.
    Then come questions: on a fault that was heard, on what the level expects and was not heard, on what was only named.
    At minute 16 comes the constraint card, a minute later the second one for senior level, at minute 18 the end, with
    a minute to finish the sentence: later words are kept, and do not count.

    Each method is one event. It is refused with a ValueError that says what is possible instead. Times of events count
    from the start, without pauses. `events` is the whole interview: replaying it gives the same state.

    >>> now = 0.0
    >>> interview = Interview("ctr", seed=7, clock=lambda: now, attempt_id="example")
    >>> interview.start()
    >>> now = 130.0
    >>> interview.reveal().id
    'data'
    >>> now = 150.0
    >>> interview.note("data", "impressions, positions, delay of clicks")
    >>> clock_line(interview)
    '02:30 of 18:00 · data 0:20 of 2:00'
    """

    def __init__(
        self,
        question: str,
        seed: int,
        clock: Callable[[], float],
        target: str = "senior",
        attempt_id: str = "attempt",
        scenario: str | None = None,
    ) -> None:
        self.content = content.question(question)
        self.scene = content.scenario(question, scenario) if scenario else content.scenarios(question)[0]
        self.scenario = self.scene.id
        if isinstance(seed, bool) or not isinstance(seed, int):
            raise ValueError(f"seed is {seed!r}; expected a whole number")
        content.known("target", target, LEVELS)
        if not isinstance(attempt_id, str) or not re.fullmatch(r"[A-Za-z0-9-]{1,80}", attempt_id):
            raise ValueError(f'attempt_id is {attempt_id!r}; expected letters, digits and "-": it names a file')
        self.question, self.seed, self.target, self.attempt_id = question, seed, target, attempt_id
        self.total = float(self.content.phases[-1].end)
        self.floor = float(PLAN[ASKED[-1]][2])  # the second at which the candidate's minutes end
        self.n_cards = int(RULES["deal"]["cards"][target])
        self._interrupted = random.Random(f"interrupt {seed}").choice(RULES["deal"]["interrupted"])
        self.events: list[dict[str, Any]] = []
        self.notes: dict[str, str] = {}  # phase -> all that is in its notes area
        self.answers: dict[str, str] = {}  # follow-up -> answer
        self.dealt: list[str] = []  # follow-ups, in order
        self.cards: list[str] = []
        self.hints: list[str] = []  # phases and dimensions that help was asked for
        self.asked: list[dict[str, Any]] = []  # what the candidate asked, with topics and reply
        self.takes: dict[str, float] = {}  # recordings of the own voice, and the second at which each begins
        self.quotes: list[dict[str, Any]] = []
        self.scores: list[dict[str, Any]] = []
        self._in_time: dict[tuple[str, str], str] = {}  # what of notes and answers was there a minute after the end
        self._ends = 0  # of sentences, in what was written last
        self._due_at: float | None = None  # since when the interviewer wants to speak
        self._heard: tuple[str, tuple[Heard, ...]] = ("", ())
        self._version = SCHEMA_VERSION  # of the file that is being read
        self._entered: list[tuple[Phase, float]] = []  # phase, when it was revealed
        self._state = "ready"
        self._elapsed = 0.0
        self._clock = clock
        self._read_at = clock()
        self._over_at: float | None = None  # reading of the clock at which the time ran out

    # What is the case now

    @property
    def state(self) -> str:
        """One of "ready", "running", "paused" and "finished"."""
        self._tick()
        return self._state

    @property
    def phase(self) -> Phase:
        """The phase revealed last; the first one before the start."""
        return self._entered[-1][0] if self._entered else self.content.phases[0]

    @property
    def dealt_followups(self) -> list[FollowUp]:
        """The follow-ups dealt so far, in order, as far as the content still has them: an attempt may be older."""
        return [one for name in self.dealt for one in self.content.followups if one.id == name]

    @property
    def dealt_cards(self) -> list[Card]:
        """The constraint cards dealt so far, in order, as far as the content still has them."""
        return [one for name in self.cards for one in self.content.cards if one.id == name]

    @property
    def writable(self) -> bool:
        """Whether what is written now still counts: until the end, and a minute after the time ran out."""
        if self.state != "finished":
            return not self.scores
        return self._over_at is not None and self._clock() - self._over_at < PATIENCE["sentence"] and not self.scores

    @property
    def skipped(self) -> list[Phase]:
        """The phases of the candidate that were left in less than a quarter of their time, without a word."""
        spent, left = self.seconds_by_phase(), [phase for phase, _ in self._entered[:-1]]
        return [
            one for one in left if one.id in ASKED and spent[one.id] < one.seconds / 4 and not self.notes.get(one.id)
        ]

    @property
    def told(self) -> tuple[str, ...]:
        """The topics of the facts that the candidate asked for, each once, in order."""
        return tuple(dict.fromkeys(topic for one in self.asked for topic in one["topics"]))

    @property
    def written(self) -> str:
        """Notes by phase and answers, as far as they were there in time."""
        texts = [self._in_time.get(("note", phase.id), "") for phase in self.content.phases]
        texts += [self._in_time.get(("answer", followup), "") for followup in self.dealt]
        return "\n\n".join(filter(None, texts))

    @property
    def said(self) -> str:
        """All that the candidate said in time: questions, which in a terminal are notes as well, notes, answers."""
        written = self.written
        asked = [one["text"] for one in self.asked if one["text"] not in written]
        return "\n\n".join(filter(None, [*asked, written]))

    @property
    def heard(self) -> tuple[Heard, ...]:
        """The concepts of the question, each with how it was heard in what was said."""
        if (said := self.said) != self._heard[0] or not self._heard[1]:
            self._heard = said, hearing.heard(self.question, said)
        return self._heard[1]

    @property
    def lines(self) -> list[Line]:
        """All that the interviewer said so far, in order."""
        return [line for number, event in enumerate(self.events) for line in self._line(number, event)]

    def prompt(self, phase: Phase) -> str:
        """What the interviewer says at the beginning of a phase."""
        return self.scene.prompts.get(phase.id, phase.prompt)

    @property
    def helped(self) -> set[str]:
        """The dimensions that the candidate asked for help with: their score is capped one level lower."""
        in_phases = {dimension for about in self.hints for dimension in SCORED_IN.get(about, ())}
        return in_phases.union(self.hints).intersection(DIMENSIONS)

    def elapsed(self) -> float:
        """Seconds since the start, without pauses. Never falls, and stops at the end of the plan."""
        self._tick()
        return self._elapsed

    def seconds_by_phase(self) -> dict[str, float]:
        """Seconds that each phase has taken so far, in the order of the plan; 0 for phases not reached."""
        ends = [at for _, at in self._entered[1:]] + [self.elapsed()]
        spent = {phase.id: end - at for (phase, at), end in zip(self._entered, ends, strict=False)}
        return {phase.id: spent.get(phase.id, 0.0) for phase in self.content.phases}

    def possible(self) -> tuple[str, ...]:
        """The kinds of events that are accepted now."""
        self._tick()
        return self._possible()

    @property
    def own_scores(self) -> list[dict[str, Any]]:
        """The scores that are not a peer's."""
        return [event for event in self.scores if not event["peer"]]

    # What can happen

    def start(self) -> None:
        """Start the clock and the first phase."""
        self.apply({"kind": "start"})

    def pause(self) -> None:
        """Stop the clock."""
        self.apply({"kind": "pause"})

    def resume(self) -> None:
        """Let the clock go on after a pause or a reload."""
        self.apply({"kind": "resume"})

    def catch_up(self, seconds: float) -> None:
        """Let a clock that runs stand at `seconds` at least, where it was seen before a crash; it is never set back."""
        self._tick()
        if self._state == "running":
            self._elapsed = max(self._elapsed, min(self.total, seconds))
            self._tick()

    def reveal(self) -> Phase:
        """Go on to the next phase and return it."""
        self.apply({"kind": "reveal"})
        return self.phase

    def advance(self, weakest: str | None = None, at_rest: bool | None = None) -> None:
        """Let all happen that is due by now; both rooms call this again and again, and show the `lines` that are new.

        `weakest` is a dimension to be asked about first; `at_rest` says that the candidate has just ended a sentence,
        by default it is told by what was written last.
        """
        now = self.elapsed()  # ends the interview when the time is over
        if self._state != "running":
            return
        seen, ended = self._at_rest(now), bool(at_rest)
        at_rest = seen if at_rest is None else at_rest
        closing = next((event["at"] for event in self.events if event["kind"] == "closing"), None)
        questions = content.by_id("phase", "questions", self.content.phases)
        if self.phase.id in ASKED and now >= self.floor:
            if closing is None:
                self.apply({"kind": "closing"})
            elif ended or now - closing >= PATIENCE["last_words" if at_rest else "closing"]:
                self._go_on_to("questions")
        if self.phase.id == "questions" and now >= questions.end:
            self._go_on_to("constraint")
        if self.phase.id == "questions":
            silent = self._since("interrupt", now)
            if silent > now - self._entered[-1][1] or (at_rest and silent >= PATIENCE["question"]):  # the first, others
                self._put_question(weakest)
        elif at_rest and self._interruption_due(now):
            self._put_question(weakest)
        if self.phase.id == "constraint" and (not self.cards or self._since("card", now) >= PATIENCE["card"]):
            self._deal_card()

    def moments(self) -> list[float]:
        """The seconds, from now on, at which the interviewer speaks whatever the candidate does."""
        last, now = content.by_id("phase", "constraint", self.content.phases), self.elapsed()
        cards = [last.start + PATIENCE["card"] * number for number in range(self.n_cards)]
        floor = [self.floor] if self.phase.id in ASKED else []
        return [moment for moment in [*floor, *cards, self.total] if moment > now]

    def note(self, phase: str, text: str) -> None:
        """Keep `text` as the whole notes of a phase. Possible until the score is given."""
        self.apply({"kind": "note", "phase": phase, "text": text})

    def ask(self, text: str) -> Reply:
        """Ask the interviewer for facts, in words, and return the reply: the facts asked for, and no other."""
        self._tick()
        self._require("ask")
        reply = facts.reply(self.scene, text, self.told)
        self.apply({"kind": "ask", "text": text, "topics": list(reply.topics), "reply": reply.text})
        return reply

    def interrupt(self, weakest: str | None = None) -> FollowUp:
        """Deal the next follow-up and return it: on the phase of now while it has any left, then on any phase.

        What was heard decides: a fault first, then, when the candidate's minutes are over, what the level expects and
        was not heard, then what was only named. Among equals those on `weakest`, a dimension ("D5"), come first. Raises
        ValueError when all are dealt.
        """
        self._tick()
        self._require("interrupt")
        asked_in = self.phase.id if self.phase.id in SCORED_IN else None
        for phase, level in ((asked_in, self.target), (None, self.target), (None, None)):
            drawn = content.draw_followups(
                self.question, self.seed, phase=phase, weakest=weakest, level=level, n=len(self.content.followups)
            )
            if left := [one for one in drawn if one.id not in (*self.dealt, *self.scene.without)]:
                reasons = self._reasons(floor=asked_in is not None)
                ranked = [(*self._reason(one, reasons), one) for one in left]
                _, why, about, followup = min(ranked, key=lambda one: one[0])  # the first of equals
                self.apply({"kind": "interrupt", "followup": followup.id, "why": why, "about": about})
                return followup
        raise ValueError("no follow-up is left: all have been dealt")

    def answer(self, followup: str, text: str) -> None:
        """Keep `text` as the whole answer to a follow-up that was dealt. Possible until the score is given."""
        self.apply({"kind": "answer", "followup": followup, "text": text})

    def card(self) -> Card:
        """Deal the next constraint card and return it: one, or two at senior and staff level. In the last part only."""
        self._tick()
        self._require("card")
        (dealt,) = content.draw_cards(self.question, self.seed, without={*self.scene.without, *self.cards})
        self.apply({"kind": "card", "card": dealt.id})
        return dealt

    def hint(self, about: str | None = None) -> None:
        """Ask for help with a phase or a dimension ("D5").

        Without an argument it is about the phase of now, in the interviewer's questions about the last one's dimension.
        """
        asked = self.dealt_followups[-1:] if self.phase.id == "questions" else []
        self.apply({"kind": "hint", "about": about or (asked[0].dimension if asked else self.phase.id)})

    def record(self, take: str) -> None:
        """Note that a recording of the own voice begins, named by letters and digits."""
        self.apply({"kind": "record", "take": take})

    def quote(self, claim: str, number: float | str, data: str, split: str, interval: str, transfer: str) -> None:
        """Put forward a number, 1.9 or "1.9 times": its claim, data, split, interval, and why it may not transfer."""
        said = {"claim": claim, "number": number, "data": data, "split": split}
        self.apply({"kind": "quote", **said, "interval": interval, "transfer": transfer})

    def finish(self) -> None:
        """End before the time is over."""
        self.apply({"kind": "finish"})

    def score(
        self,
        levels: Mapping[str, int],
        unprompted: Mapping[str, bool],
        gates: tuple[str, ...] = (),
        peer: bool = False,
        sentences: Mapping[str, str] | None = None,
    ) -> None:
        """Keep a score: a level 0 to 4 a dimension, and whether it came unprompted. Notes are closed from now on.

        `sentences` are what shows the levels, by dimension; without one the first that is found in the words counts.
        Raises ValueError for a level above 0 of your own that no sentence shows; a peer may have heard what was spoken.
        """
        given: dict[str, Any] = {"levels": dict(levels), "unprompted": dict(unprompted), "gates": list(gates)}
        given |= {"kind": "score", "peer": peer, "sentences": dict(sentences or {})}
        checked = _checked_score(given | {"at": self.elapsed()})["sentences"]
        self.apply(given | {"sentences": checked if peer else self._shown(levels, checked)})

    def apply(self, event: dict[str, Any]) -> None:
        """Let an event happen now. All methods end here; raises ValueError for an event that is not possible."""
        self._tick()
        late = {"late": True} if event.get("kind") in ("note", "answer") and not self.writable else {}
        self._replay(event | {"at": self._elapsed} | late)

    # To a file and back

    def to_dict(self) -> dict[str, Any]:
        """The attempt as plain JSON values."""
        told = {"schema_version": SCHEMA_VERSION} | {name: getattr(self, name) for name in _TOLD}
        return told | {"elapsed": self.elapsed(), "events": copy.deepcopy(self.events)}

    @classmethod
    def from_dict(cls, data: Any, clock: Callable[[], float]) -> Interview:
        """The attempt from `to_dict`: as it was, but paused if it was running. Files of version 1 are read, too.

        Raises ValueError that names the field when `data` is not what `to_dict` writes, or has another schema version.
        """
        if not isinstance(data, dict):
            raise ValueError(f"found a {type(data).__name__}; expected an object with schema_version, question, events")
        version: Any = data.get("schema_version")
        if isinstance(version, bool) or version not in range(1, SCHEMA_VERSION + 1):
            raise ValueError(sentence("store.version", found=version, reads=SCHEMA_VERSION))
        if version == 1:  # before there were scenarios
            data = {"scenario": None} | data
        if missing := {*_TOLD, "elapsed", "events"} - data.keys():
            raise ValueError(f"{', '.join(sorted(missing))} missing")
        interview = cls(clock=lambda: 0.0, **{name: data[name] for name in _TOLD})
        interview._version = version
        if not isinstance(data["events"], list):
            raise ValueError(f"events is a {type(data['events']).__name__}; expected a list")
        for number, event in enumerate(data["events"]):
            try:
                interview._replay(event)
            except ValueError as error:
                raise ValueError(f"events[{number}]: {error}") from None
        elapsed = interview._time(data["elapsed"], "elapsed")
        if interview._state == "running":
            interview._elapsed = elapsed
            interview._change({"kind": "pause", "at": elapsed})
        elif elapsed != interview._elapsed:
            raise ValueError(f"elapsed is {elapsed}, but the clock stood at {interview._elapsed} since the last event")
        interview._version = SCHEMA_VERSION
        interview._clock, interview._read_at, interview._over_at = clock, clock(), None
        return interview

    # Inside

    def _tick(self) -> None:
        now = self._clock()
        if self._state == "running":
            passed = self._elapsed + max(0.0, now - self._read_at)  # a clock may be set back
            self._elapsed = min(self.total, passed)
            if self._elapsed == self.total:
                self._over_at = now - (passed - self.total)
                self._change({"kind": "finish", "at": self.total})
        self._read_at = now

    def _possible(self) -> tuple[str, ...]:
        if self.scores:
            return ("score",)
        phases = self.content.phases
        over = {"reveal": self.phase is phases[-1], "card": len(self.cards) >= self.n_cards}
        if self._version > 1:  # a card comes in the last part, which waits for the time of questions or for an answer
            answered = any(len(text.split()) >= PATIENCE["answer"] for text in self.answers.values())
            over["reveal"] |= self.phase.id == "questions" and self._elapsed < self.floor and not answered
            over["card"] |= self.phase is not phases[-1]
        return tuple(kind for kind in _POSSIBLE[self._state] if not over.get(kind))

    def _require(self, kind: Any) -> None:
        possible = self._possible()
        if kind not in possible:
            now = "scored" if self.scores else self._state
            raise ValueError(f"{kind!r} is not possible now: the interview is {now}; possible: {', '.join(possible)}")

    def _replay(self, event: Any) -> None:
        if not isinstance(event, dict):
            raise ValueError(f"found a {type(event).__name__}; expected an object with kind and at")
        at = self._time(event.get("at"), "at")
        if self._state != "running" and at != self._elapsed:
            raise ValueError(f"at is {at}, but the clock stood at {self._elapsed}: the interview was {self._state}")
        self._elapsed = at
        self._require(event.get("kind"))
        self._change(event)

    def _time(self, value: Any, name: str) -> float:
        if isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
            raise ValueError(f"{name} is {value!r}; expected seconds")
        if not self._elapsed <= value <= self.total:
            raise ValueError(f"{name} is {value}; expected {self._elapsed} (what came before) to {self.total} seconds")
        return float(value)

    def _change(self, event: dict[str, Any]) -> None:
        """Change the state by an event that is possible. A wrong field changes nothing."""
        match event:
            case {"kind": "pause" | "resume" | "finish" as kind}:
                self._state = _STATE[kind]
            case {"kind": "start" | "reveal"}:
                self._state = "running"
                self._entered.append((self.content.phases[len(self._entered)], event["at"]))
            case {"kind": "note", "phase": str(phase), "text": str(text)}:
                content.by_id("phase", phase, self.content.phases)
                self.notes[phase] = text
                self._written(event, "phase")
            case {"kind": "answer", "followup": str(followup), "text": str(text)}:
                if followup not in self.dealt:
                    raise ValueError(f"follow-up {followup!r} was not dealt; dealt: {', '.join(self.dealt) or 'none'}")
                self.answers[followup] = text
                self._written(event, "followup")
            case {"kind": "interrupt", "followup": str(followup)}:
                self.dealt.append(followup)
            case {"kind": "card", "card": str(card)}:
                self.cards.append(card)
            case {"kind": "hint", "about": str(about)}:
                if about not in DIMENSIONS:
                    content.by_id("phase", about, self.content.phases)
                self.hints.append(about)
            case {"kind": "ask", "text": str(), "topics": list(topics), "reply": str()} if all(
                isinstance(topic, str) for topic in topics
            ):
                self.asked.append(event)
            case {"kind": "record", "take": str(take)} if re.fullmatch("[A-Za-z0-9]{1,40}", take):
                self.takes.setdefault(take, event["at"])
            case {"kind": "closing"}:
                pass
            case {"kind": "quote"}:
                self.quotes.append(_checked_quote(event))
            case {"kind": "score"}:
                self.scores.append(_checked_score(event))
            case _:
                raise ValueError(f"the event {event!r} lacks a field, or has one that is not text")
        self.events.append(event)

    def _written(self, event: dict[str, Any], key: str) -> None:
        """Keep one event for the writing of one text, not one for each letter, and another for what came too late."""
        last = self.events[-1] if self.events else {}
        if all(last.get(name) == event.get(name) for name in ("kind", key, "late")):
            self.events.pop()
        if not event.get("late"):
            self._in_time[event["kind"], event[key]] = event["text"]

    def _at_rest(self, now: float) -> bool:
        """Whether a sentence has just ended: nothing was written for some seconds, or a full stop came last.

        Who writes without a gap is waited for, and then the end of any sentence since the last look will do.
        """
        last = next((event for event in reversed(self.events) if event["kind"] in ("note", "answer")), None)
        if last is None:
            return True
        ends = len(re.findall(r"[.!?…][\"'”’)]*\s|\n", last["text"]))
        ended, self._ends = ends > self._ends, ends
        due = self._interruption_due(now) or self._since("interrupt", now) >= PATIENCE["question"]
        self._due_at = (now if self._due_at is None else self._due_at) if due else None
        if ended and self._due_at is not None and now - self._due_at >= PATIENCE["wait"]:
            return True
        text, silence = last["text"].rstrip(" "), self._elapsed - last["at"]
        if text.endswith("\n") or not text:
            return True
        return silence >= PATIENCE["breath" if re.search(r"[.!?…:;][\"'”’)]*$", text) else "silence"]

    def _since(self, kind: str, now: float) -> float:
        """The seconds since the last event of a kind."""
        return now - max((event["at"] for event in self.events if event["kind"] == kind), default=-math.inf)

    def _interruption_due(self, now: float) -> bool:
        """Whether the one interruption is due: half-way through a phase that the seed decides, or at once after it.

        Who is still in an earlier phase when it ends by the plan is interrupted there.
        """
        if self.dealt or self.phase.id not in ASKED or now >= self.floor:
            return False
        due = content.by_id("phase", self._interrupted, self.content.phases)
        if self.phase is due:
            return now - self._entered[-1][1] >= due.seconds / 2
        return self.phase.start > due.start or now >= due.end

    def _go_on_to(self, phase: str) -> None:
        """Go on to a later phase; those between are entered and left without a word."""
        phases = [one.id for one in self.content.phases]
        while self.phase.id != phase:
            passed = {"passed": True} if phases.index(self.phase.id) + 1 < phases.index(phase) else {}
            self.apply({"kind": "reveal"} | passed)

    def _put_question(self, weakest: str | None) -> None:
        if any(one.id not in (*self.dealt, *self.scene.without) for one in self.content.followups):
            self.interrupt(weakest)

    def _deal_card(self) -> None:
        if "card" in self._possible():
            self.card()

    def _reasons(self, floor: bool) -> list[tuple[str, set[str]]]:
        """Why a follow-up may come, best reason first, each with the faults or concepts that it may be about."""
        expected = LEVELS[: LEVELS.index(self.target) + 1]
        states = {one.concept: one.state for one in self.heard}
        of_level = {one.id for one in content.concepts(self.question) if one.level in expected}
        absent = {id for id in of_level if states[id] in ("not heard", "denied")}
        reasons = [("fault", {one.concept for one in hearing.faults(self.question, self.said)})]
        if not floor:  # while the candidate holds the floor it may still come
            reasons.append(("absent", absent))
        return [*reasons, ("named", {id for id, state in states.items() if state == "named"})]

    def _reason(self, followup: FollowUp, reasons: list[tuple[str, set[str]]]) -> tuple[int, str, str]:
        """The first reason for a follow-up, its rank, and the fault or concept, about which nothing was asked yet."""
        before = {event.get("about") for event in self.events if event["kind"] == "interrupt"}
        for rank, (why, which) in enumerate(reasons):
            for about in [followup.fault] if why == "fault" else followup.concepts:
                if about in which - before:
                    return rank, why, about
        return len(reasons), "drawn", ""

    def _shown(self, levels: Mapping[str, int], sentences: Mapping[str, str]) -> dict[str, str]:
        """A sentence for each level above 0. Raises ValueError where there is none."""
        said, shown = self.said, dict[str, str]()
        found = hearing.evidence(self.question, said)
        for dimension, level in levels.items():
            given = sentences.get(dimension, "").strip()
            if not level:
                continue
            listed = found.get(dimension, ())
            if not given and listed:
                given = listed[0].sentence
            if not shows(given, said, listed, spoken=bool(self.takes)):
                given = ""
            if not given:
                raise ValueError(sentence("score.nothing", dimension=dimension, name=content.NAMES.get(dimension, "")))
            shown[dimension] = given
        return shown

    def _line(self, number: int, event: dict[str, Any]) -> list[Line]:
        """What the interviewer says at an event; nothing at most of them, or where the content lacks it by now."""
        asked, at = self.content, event["at"]
        match event:
            case {"kind": "start" | "reveal"} if not event.get("passed"):
                before = sum(one["kind"] in ("start", "reveal") for one in self.events[:number])
                phase = self._entered[before][0]
                return [Line(phase.id, at, "phase", phase.title, self.prompt(phase))]
            case {"kind": "interrupt", "followup": id}:
                return [Line(id, at, "question", "", one.ask) for one in asked.followups if one.id == id]
            case {"kind": "card", "card": id}:
                return [Line(id, at, "card", one.title, one.text) for one in asked.cards if one.id == id]
            case {"kind": "ask", "text": text, "reply": reply}:
                return [Line(f"ask {number}", at, "fact", text, reply)]
            case {"kind": "hint", "about": about}:
                return [Line(f"hint {number}", at, "hint", about, self.help_with(about))]
            case {"kind": "closing"}:
                return [Line("closing", at, "closing", "", sentence("both.closing", minutes=self.floor // 60))]
            case {"kind": "finish"}:
                over = sentence("both.over", total=minutes(self.total), seconds=f"{PATIENCE['sentence']:.0f}")
                over = over if at == self.total else sentence("both.finished")
                return [Line("over", at, "over", "", over)]
        return []

    def help_with(self, about: str) -> str:
        """What a strong answer has in a phase, one point a line; or what the target level shows in a dimension."""
        for one in content.dimensions():
            if one.id == about:
                return str(one.levels[LEVELS.index(self.target)])
        return "\n".join(content.by_id("phase", about, self.content.phases).covers)


def clock_line(interview: Interview) -> str:
    """Where the clock stands: of the whole interview, and of the phase against its plan."""
    phase = interview.phase
    spent, clock = minutes(interview.seconds_by_phase()[phase.id]), minutes(interview.elapsed())
    return f"{clock:0>5} of {minutes(interview.total)} · {phase.id} {spent} of {minutes(phase.seconds)}"


def _checked_quote(event: dict[str, Any]) -> dict[str, Any]:
    quote = {name: event.get(name) for name in QUOTE}
    number = quote["number"]
    if isinstance(number, bool) or not isinstance(number, int | float | str):
        raise ValueError(f'number is {number!r}; expected the number that you quote, such as 1.9 or "1.9 times"')
    if isinstance(number, float) and not math.isfinite(number):
        raise ValueError(f"number is {number}; expected a finite number")
    for name in set(QUOTE) - {"number"}:
        if not isinstance(quote[name], str):
            raise ValueError(f"{name} is {quote[name]!r}; expected text")
    return quote


def _checked_score(event: dict[str, Any]) -> dict[str, Any]:
    levels, unprompted, gates, peer = (event.get(name) for name in ("levels", "unprompted", "gates", "peer"))
    if not isinstance(levels, dict) or not levels:
        raise ValueError(f'levels is {levels!r}; expected levels by dimension, such as {{"D1": 2}}')
    if not isinstance(unprompted, dict):
        raise ValueError(f'unprompted is {unprompted!r}; expected True or False by dimension, such as {{"D1": True}}')
    check_marks(levels, unprompted)
    if not isinstance(gates, list) or not all(isinstance(gate, str) for gate in gates):
        raise ValueError(f"gates is {gates!r}; expected a list of gates that failed")
    if not isinstance(peer, bool):
        raise ValueError(f"peer is {peer!r}; expected True or False")
    sentences = event.get("sentences", {})  # version 1 has none
    if not isinstance(sentences, dict) or not all(isinstance(text, str) for text in sentences.values()):
        raise ValueError(f"sentences is {sentences!r}; expected a sentence by dimension")
    check_marks({}, dict.fromkeys(sentences, True))
    kept = {"levels": levels, "unprompted": unprompted, "gates": gates, "peer": peer, "at": event["at"]}
    return kept | {"sentences": sentences}


def shows(text: str, said: str, found: Iterable[Heard], spoken: bool) -> bool:
    """Whether a text may show a level in a dimension.

    It may when it is one of the sentences `found` for it, or some words of one, when it was `said` among enough words,
    or, where more was `spoken` than written, when it has words enough to be found again.
    """
    text, said = hearing.squeezed(text), hearing.squeezed(said)
    there = text in said and len(said.split()) >= PATIENCE["words"]
    long = len(text.split()) >= PATIENCE["quote"]
    sentences = [hearing.squeezed(one.sentence) for one in found]
    listed = text in sentences or (long and any(text in one for one in sentences))
    return bool(text) and (there or listed or (spoken and long))
