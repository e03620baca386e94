"""The rubric to tick in JupyterLab: for an attempt, for the cold answer, and for the transcripts of known level."""

from __future__ import annotations

import contextlib
import json
import random
from collections.abc import Callable, Collection, Mapping
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial

import ipywidgets as w

from mlpipe.course.boxes import BAD, GOOD, NEUTRAL, box, prose
from mlpipe.course.record import update_record
from mlpipe.interview import cold, content, findings, score
from mlpipe.interview.content import LEVELS, POINTS, sentence
from mlpipe.interview.engine import Interview
from mlpipe.interview.findings import Said
from mlpipe.interview.score import Score
from mlpipe.interview.views import clip, render
from mlpipe.paths import home

CLIPPED = 120  # letters of a sentence that was found


def button(text: str, act: Callable[[], object], style: str = "", tooltip: str = "") -> w.Button:
    """A button as wide as its text that calls `act`."""
    made = w.Button(description=text, button_style=style, tooltip=tooltip, layout=w.Layout(width="auto"))
    made.on_click(lambda _: act())
    return made


def heading(title: str, text: str = "") -> w.HTML:
    """A heading, and a sentence below it."""
    return w.HTML(render("heading.html", title=title, text=text))


class Note(w.HTML):
    """A box of text; an empty one is filled when there is something to tell."""

    def __init__(self, text: str = "", colour: str = NEUTRAL) -> None:
        super().__init__()
        if text:
            self.tell(text, colour)

    def tell(self, text: str, colour: str = NEUTRAL) -> None:
        """Say this instead."""
        self.value = box(colour, prose(text))

    def clear(self) -> None:
        """Say nothing."""
        self.value = ""

    def tried(self, act: Callable[[], object]) -> bool:
        """Do something; what prevents it is told."""
        try:
            act()
        except (OSError, ValueError) as error:
            self.tell(str(error), BAD)
            return False
        return True


class Sheet:
    """The rubric to tick: a level a dimension, whether it came unprompted, and gates. `view` is the widget.

    With `said`, what was found in those words stands beside each dimension; unless `free`, a level above 0 needs the
    sentence that shows it, found or typed. `heard` says for each gate what was heard; those of `failed` are ticked at
    the beginning, to be unticked by who knows better. `above` says of levels and their sentences, as they are now,
    where they stand above what was heard.
    """

    def __init__(
        self,
        asked: content.Question,
        helped: Collection[str] = (),
        said: Said | None = None,
        heard: Mapping[str, str] | None = None,
        failed: Collection[str] = (),
        free: bool = False,
        above: Callable[[Mapping[str, int], Mapping[str, str]], str] | None = None,
    ) -> None:
        self.said = None if free else said
        options = [(f"{number} {name}", number) for number, name in enumerate(POINTS)]
        style = {"button_width": "auto"}
        self.levels, self.unprompted, self._parts = {}, {}, {}
        self.found: dict[str, w.Dropdown] = {}
        self.own: dict[str, w.Text] = {}
        for one in content.dimensions():
            self.levels[one.id] = w.ToggleButtons(options=options, value=None, style=style)
            alone = one.id not in helped
            self.unprompted[one.id] = w.Checkbox(description="before anybody asked", value=alone, indent=False)
            about = w.HTML(render("behaviours.html", one=one, weight=asked.weights[one.id], names=LEVELS))
            shows = self._evidence(one.id, said) if said else []
            self._parts[one.id] = w.VBox([about, *shows, self.levels[one.id], self.unprompted[one.id]])
        small = w.Layout(width="1.5em")
        self.gates = {g.id: w.Checkbox(value=g.id in failed, indent=False, layout=small) for g in asked.gates}
        about_gates = {g.id: f"{g.text} {clip((heard or {}).get(g.id, ''), CLIPPED)}" for g in asked.gates}
        gates = [w.HBox([self.gates[id], w.HTML(render("text.html", text=text))]) for id, text in about_gates.items()]
        rule = sentence("both.capped", gated=score.GATED) + (f" {sentence('sheet.gates')}" if heard else "")
        told = [sentence("sheet.nothing_said")] if said and said.nothing else []
        told += [said.problem] if said and said.problem else []
        self._above, self.warning = above, Note()
        rows = [*self._parts.values(), heading(sentence("both.gates"), rule), *gates, self.warning]
        self.view = w.VBox([*map(Note, told), *rows])
        for field in (*self.levels.values(), *self.found.values(), *self.own.values()):
            field.observe(lambda _: self._warn(), "value")

    def _warn(self) -> None:
        """Say where the levels that are asked for stand above what was heard, as long as they do."""
        if self._above:
            levels = {d: self.levels[d].value for d in self._asked() if self.levels[d].value is not None}
            told = self._above(levels, {d: self._sentence(d) for d in levels})
            self.warning.tell(told, BAD) if told else self.warning.clear()

    def _asked(self) -> list[str]:
        """The dimensions that are asked for."""
        return [d for d, part in self._parts.items() if part.layout.display != "none"]

    def _sentence(self, dimension: str) -> str:
        """The sentence that is to show a dimension: typed, else the one chosen of those found."""
        return str((self.own[dimension].value.strip() or self.found[dimension].value or "") if self.said else "")

    def _evidence(self, dimension: str, said: Said) -> list[w.Widget]:
        """What was found for a dimension, to choose from, and a field for another sentence."""
        found = said.sentences[dimension]
        options = [(f"{clip(one.sentence, CLIPPED)} ({one.label})", one.sentence) for one in found]
        self.found[dimension] = w.Dropdown(options=options, layout={"width": "98%"})
        self.own[dimension] = w.Text(placeholder=sentence("sheet.own"), layout={"width": "98%"})
        head = w.HTML(render("text.html", text=sentence("sheet.found" if found else "sheet.nothing_found")))
        return [head, *([self.found[dimension]] if found else []), *([self.own[dimension]] if self.said else [])]

    def show(self, dimensions: Collection[str]) -> None:
        """Ask for these dimensions only."""
        for name, part in self._parts.items():
            part.layout.display = "" if name in dimensions else "none"
        self._warn()

    def score(self, peer: bool = False) -> Score:
        """What was ticked; with `peer` by somebody who has listened.

        Raises ValueError that names the dimensions without a level, or the one whose sentence does not show it.
        """
        asked = self._asked()
        if missing := [d for d in asked if self.levels[d].value is None]:
            raise ValueError(sentence("notebook.no_level", missing=", ".join(missing)))
        levels = {d: self.levels[d].value for d in asked}
        shown = dict[str, str]()
        if self.said:
            said = replace(self.said, spoken=self.said.spoken or peer)
            for d in filter(levels.get, asked):
                shown[d] = said.shows(d, self._sentence(d))
        gates = tuple(id for id, ticked in self.gates.items() if ticked.value)
        return Score(levels, {d: self.unprompted[d].value for d in asked}, gates, shown)


def attempt_sheet(interview: Interview) -> Sheet:
    """The sheet of an attempt: with what was heard in it."""
    said, heard = findings.said_in(interview), findings.gates(interview)
    above = partial(findings.above, interview, peer=None)
    return Sheet(interview.content, interview.helped, said, heard, findings.failed(interview), above=above)


def cold_sheet(question: str) -> list[w.Widget]:
    """The cold answer of lesson 00 and a sheet to score it, once."""
    try:
        answer = cold.cold_answer(question)
    except ValueError as error:
        return [Note(str(error), BAD)]
    if answer is None or answer.score is not None:
        return []
    sheet, told = Sheet(content.question(question), said=Said(question, answer.text), free=True), Note()

    def keep() -> None:
        if told.tried(lambda: cold.score_cold_answer(question, sheet.score())):
            told.tell(sentence("notebook.cold_kept"), GOOD)

    head = heading(sentence("both.cold", day=answer.when[:10]), prose(answer.text))
    folded = w.Accordion([w.VBox([sheet.view, button("Keep the score of the cold answer", keep), told])])
    folded.set_title(0, "Score it as strictly as this one")
    return [head, folded]


class Rating:
    """The transcripts to rate, one after the other, each with a sheet; at the end the agreement. `view` is the widget.

    Ratings are kept in $MLPIPE_HOME/ratings.json; a call after one that was left goes on with the rest.
    """

    def __init__(self) -> None:
        self.transcripts = list(content.transcripts())
        random.Random(3).shuffle(self.transcripts)  # not in the order of their levels
        self.path = home() / "ratings.json"
        self.ratings: dict[str, dict[str, int]] = self._kept()
        self.view, self.message = w.VBox(), Note()
        self._next()

    def _kept(self) -> dict[str, dict[str, int]]:
        """Ratings of an earlier call that was left."""
        try:
            found = json.loads(self.path.read_text(encoding="utf-8"))
            return {one.id: dict(Score(found[one.id]).levels) for one in self.transcripts if one.id in found}
        except (OSError, ValueError, TypeError, AttributeError):  # none yet, or damaged: `update_record` sets it aside
            return {}

    def _next(self) -> None:
        left = [one for one in self.transcripts if one.id not in self.ratings]
        if not left:
            self.view.children = [Note(str(score.calibrate(self.ratings)), GOOD), self.message]
            with contextlib.suppress(OSError):  # the next call starts afresh
                self.path.rename(self.path.with_stem(f"ratings-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"))
            return
        text = self.rated = left[0]
        self.sheet = Sheet(content.question(text.question))
        title = f"Transcript {len(self.ratings) + 1} of {len(self.transcripts)}: {text.question}"
        said = w.HTML(render("transcript.html", title=title, sections=text.sections))
        keep = button("Compare with the known levels", self._keep, "primary")
        self.view.children = [self.message, said, self.sheet.view, keep]

    def _keep(self) -> None:
        text, levels = self.rated, dict[str, int]()
        if not self.message.tried(lambda: levels.update(self.sheet.score().levels)):
            self.view.children = [*self.view.children[1:], self.message]
            return
        self.ratings[text.id] = levels
        with contextlib.suppress(OSError):  # a folder that cannot be written costs the record, not the exercise
            update_record(self.path, text.id, levels)
        lines = [f"{d}: you {levels[d]}, known {known}. {text.reasons[d]}" for d, known in text.levels.items()]
        self.message.tell("\n".join([f"{text.id} is {text.level}.", *lines]))
        self._next()
