"""The interview as a state machine: events in, state out. No files, no screen, and a clock that is passed in."""

from __future__ import annotations

import copy
import math
import random
import re
from collections.abc import Callable, Mapping
from typing import Any

from mlpipe.interview import content
from mlpipe.interview.content import ASKED, DIMENSIONS, LEVELS, PLAN, RULES, SCORED_IN, Card, FollowUp, Phase, minutes
from mlpipe.interview.score import check_marks

SCHEMA_VERSION = 1
_TOLD = ("attempt_id", "question", "seed", "target")  # what an attempt is told at its start, and its file keeps
QUOTE = ("claim", *RULES["quote"])

_WRITING = ("note", "answer", "quote")  # allowed until the score is given, so that no late word is lost
_POSSIBLE = {
    "ready": ("start",),
    "running": ("pause", "reveal", "interrupt", "card", "hint", "finish", *_WRITING),
    "paused": ("resume", "finish", *_WRITING),
    "finished": ("score", *_WRITING),
}

_STATE = {"pause": "paused", "resume": "running", "finish": "finished"}  # after an event


class Interview:
    """One attempt at one question: start, then phases, notes, follow-ups and cards until the time is over.

    `question` is "recommender" or "ctr"; `seed` decides which follow-ups and cards are dealt; `clock` returns seconds
    and need not start at zero; `target` is the level you sit for; `attempt_id` names the attempt (letters, digits, -).

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
        self, question: str, seed: int, clock: Callable[[], float], target: str = "senior", attempt_id: str = "attempt"
    ) -> None:
        self.content = content.question(question)
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
        self.quotes: list[dict[str, Any]] = []
        self.scores: list[dict[str, Any]] = []
        self._entered: list[tuple[Phase, float]] = []  # phase, when it was revealed
        self._state = "ready"
        self._elapsed = 0.0
        self._clock = clock
        self._read_at = clock()

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
    def overtime(self) -> float | None:
        """The seconds for which a phase of the candidate goes on although those minutes are over, else None."""
        over = self.elapsed() - self.floor
        return over if self.state == "running" and self.phase.start < self.floor and over >= 0 else None

    def interruption_due(self) -> bool:
        """Whether the interviewer should interrupt now: once, half-way through a phase that the seed decides."""
        phase = self.phase
        half_way = self.seconds_by_phase()[phase.id] >= phase.seconds / 2
        return self.state == "running" and phase.id == self._interrupted and half_way and not self.dealt

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

    def reveal(self) -> Phase:
        """Go on to the next phase and return it."""
        self.apply({"kind": "reveal"})
        return self.phase

    def take_the_floor(self) -> None:
        """Go on to the phase in which the plan is, whatever is left of those before it."""
        while self.phase.end <= self.elapsed():
            self.reveal()

    def note(self, phase: str, text: str) -> None:
        """Keep `text` as the whole notes of a phase. Possible until the score is given."""
        self.apply({"kind": "note", "phase": phase, "text": text})

    def interrupt(self, weakest: str | None = None) -> FollowUp:
        """Deal the next follow-up and return it: on the phase of now while it has any left, then on any phase.

        Those on `weakest`, a dimension ("D5"), come first. Raises ValueError when all are dealt.
        """
        self._tick()
        self._require("interrupt")
        asked_in = self.phase.id if self.phase.id in SCORED_IN else None
        for phase, level in ((asked_in, self.target), (None, self.target), (None, None)):
            drawn = content.draw_followups(
                self.question, self.seed, phase=phase, weakest=weakest, level=level, n=len(self.dealt) + 1
            )
            for followup in drawn:
                if followup.id not in self.dealt:
                    self.apply({"kind": "interrupt", "followup": followup.id})
                    return followup
        raise ValueError("no follow-up is left: all have been dealt")

    def answer(self, followup: str, text: str) -> None:
        """Keep `text` as the whole answer to a follow-up that was dealt. Possible until the score is given."""
        self.apply({"kind": "answer", "followup": followup, "text": text})

    def card(self) -> Card:
        """Deal the next constraint card and return it: one, or two at senior and staff level."""
        self._tick()
        self._require("card")
        dealt = content.draw_cards(self.question, self.seed, self.n_cards)[len(self.cards)]
        self.apply({"kind": "card", "card": dealt.id})
        return dealt

    def hint(self, about: str | None = None) -> None:
        """Ask for help with a phase or a dimension ("D5"); without an argument, with the phase of now."""
        self.apply({"kind": "hint", "about": about or self.phase.id})

    def quote(self, claim: str, number: float | str, data: str, split: str, interval: str, transfer: str) -> None:
        """Put forward a number, 1.9 or "1.9 times": its claim, data, split, interval, and why it may not transfer."""
        said = {"claim": claim, "number": number, "data": data, "split": split}
        self.apply({"kind": "quote", **said, "interval": interval, "transfer": transfer})

    def finish(self) -> None:
        """End before the time is over."""
        self.apply({"kind": "finish"})

    def score(
        self, levels: Mapping[str, int], unprompted: Mapping[str, bool], gates: tuple[str, ...] = (), peer: bool = False
    ) -> None:
        """Keep a score: a level 0 to 4 a dimension, and whether it came unprompted. Notes are closed from now on."""
        values = {"levels": dict(levels), "unprompted": dict(unprompted), "gates": list(gates), "peer": peer}
        self.apply({"kind": "score"} | values)

    def apply(self, event: dict[str, Any]) -> None:
        """Let an event happen now. All methods end here; raises ValueError for an event that is not possible."""
        self._tick()
        self._replay(event | {"at": self._elapsed})

    # To a file and back

    def to_dict(self) -> dict[str, Any]:
        """The attempt as plain JSON values."""
        told = {"schema_version": SCHEMA_VERSION} | {name: getattr(self, name) for name in _TOLD}
        return told | {"elapsed": self.elapsed(), "events": copy.deepcopy(self.events)}

    @classmethod
    def from_dict(cls, data: Any, clock: Callable[[], float]) -> Interview:
        """The attempt from `to_dict`: as it was, but paused if it was running.

        Raises ValueError that names the field when `data` is not what `to_dict` writes, or has another schema version.
        """
        if not isinstance(data, dict):
            raise ValueError(f"found a {type(data).__name__}; expected an object with schema_version, question, events")
        if (version := data.get("schema_version")) != SCHEMA_VERSION:
            raise ValueError(content.sentence("store.version", found=version, reads=SCHEMA_VERSION))
        if missing := {*_TOLD, "elapsed", "events"} - data.keys():
            raise ValueError(f"{', '.join(sorted(missing))} missing")
        interview = cls(clock=lambda: 0.0, **{name: data[name] for name in _TOLD})
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
        interview._clock, interview._read_at = clock, clock()
        return interview

    # Inside

    def _tick(self) -> None:
        now = self._clock()
        if self._state == "running":
            self._elapsed = min(self.total, self._elapsed + max(0.0, now - self._read_at))  # a clock may be set back
            if self._elapsed == self.total:
                self._change({"kind": "finish", "at": self.total})
        self._read_at = now

    def _possible(self) -> tuple[str, ...]:
        if self.scores:
            return ("score",)
        over = {"reveal": self.phase is self.content.phases[-1], "card": len(self.cards) >= self.n_cards}
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
                self._forget_draft(event, "phase")
            case {"kind": "answer", "followup": str(followup), "text": str(text)}:
                if followup not in self.dealt:
                    raise ValueError(f"follow-up {followup!r} was not dealt; dealt: {', '.join(self.dealt) or 'none'}")
                self.answers[followup] = text
                self._forget_draft(event, "followup")
            case {"kind": "interrupt", "followup": str(followup)}:
                self.dealt.append(followup)
            case {"kind": "card", "card": str(card)}:
                self.cards.append(card)
            case {"kind": "hint", "about": str(about)}:
                if about not in DIMENSIONS:
                    content.by_id("phase", about, self.content.phases)
                self.hints.append(about)
            case {"kind": "quote"}:
                self.quotes.append(_checked_quote(event))
            case {"kind": "score"}:
                self.scores.append(_checked_score(event))
            case _:
                raise ValueError(f"the event {event!r} lacks a field, or has one that is not text")
        self.events.append(event)

    def _forget_draft(self, event: dict[str, Any], key: str) -> None:
        """Keep one event for the writing of one text, not one for each letter."""
        last = self.events[-1] if self.events else {}
        if last.get("kind") == event["kind"] and last.get(key) == event[key]:
            self.events.pop()


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
    return {"levels": levels, "unprompted": unprompted, "gates": gates, "peer": peer, "at": event["at"]}
