"""The rubric to tick in JupyterLab: for an attempt, for the cold answer, and for the transcripts of known level."""

from __future__ import annotations

import contextlib
import html
import json
import random
from collections.abc import Callable, Collection
from datetime import UTC, datetime

import ipywidgets as w

from mlpipe.course.boxes import BAD, GOOD, NEUTRAL, box, prose
from mlpipe.course.record import update_record
from mlpipe.interview import cold as before
from mlpipe.interview import content, score
from mlpipe.interview.content import Dimension
from mlpipe.interview.score import Score
from mlpipe.paths import home


class Sheet:
    """The rubric to tick: a level a dimension, whether it came unprompted, and gates. `view` is the widget."""

    def __init__(self, asked: content.Question, helped: Collection[str] = ()) -> None:
        self.levels = {d.id: _levels() for d in content.dimensions()}
        self.unprompted = {
            d: w.Checkbox(description="before anybody asked", value=d not in helped, indent=False) for d in self.levels
        }
        self._parts = {
            d.id: w.VBox([_behaviours(d, asked.weights[d.id]), self.levels[d.id], self.unprompted[d.id]])
            for d in content.dimensions()
        }
        self.gates = {g.id: w.Checkbox(indent=False, layout=w.Layout(width="1.5em")) for g in asked.gates}
        gates = [w.HBox([self.gates[g.id], w.HTML(html.escape(g.text))]) for g in asked.gates]
        ask = w.HTML(f"<h3>Did one of these happen?</h3>Each of them leaves “{score.GATED}” at most.")
        self.view = w.VBox([*self._parts.values(), ask, *gates])

    def show(self, dimensions: Collection[str]) -> None:
        """Ask for these dimensions only."""
        for name, part in self._parts.items():
            part.layout.display = "" if name in dimensions else "none"

    def score(self) -> score.Score:
        """What was ticked. Raises ValueError that names the dimensions without a level."""
        asked = [d for d, part in self._parts.items() if part.layout.display != "none"]
        if missing := [d for d in asked if self.levels[d].value is None]:
            raise ValueError(f"No level yet for {', '.join(missing)}: choose one, also where it is “missing”.")
        gates = tuple(id for id, ticked in self.gates.items() if ticked.value)
        levels = {d: self.levels[d].value for d in asked}
        return score.Score(levels, {d: self.unprompted[d].value for d in asked}, gates)


def _levels() -> w.ToggleButtons:
    options = [(f"{number} {name}", number) for number, name in enumerate(("missing", *content.LEVELS))]
    return w.ToggleButtons(options=options, value=None, style={"button_width": "auto"})


def _behaviours(dimension: Dimension, weight: int) -> w.HTML:
    rows = "".join(
        f'<tr><td style="vertical-align:top;text-align:left"><strong>{name}</strong></td>'
        f'<td style="text-align:left;white-space:normal">{html.escape(behaviour)}</td></tr>'
        for name, behaviour in zip(content.LEVELS, dimension.levels, strict=True)
    )
    title = f"<h4>{dimension.id} {html.escape(dimension.name)} · weight {weight}</h4>"
    return w.HTML(f'{title}<table style="line-height:1.4">{rows}</table>')


def cold_sheet(question: str) -> w.VBox | None:
    """The cold answer of lesson 00 and a sheet to score it, once."""
    cold = before.cold_answer(question)
    if cold is None or cold.score is not None:
        return None
    sheet, said = Sheet(content.question(question)), w.HTML()

    def keep() -> None:
        try:
            before.score_cold_answer(question, sheet.score())
            said.value = box(GOOD, prose("Kept: the scorecard shows it beside this attempt."))
        except (OSError, ValueError) as error:
            said.value = box(BAD, prose(str(error)))

    head = w.HTML(f"<h3>What you said before the course, on {cold.when[:10]}</h3>{prose(cold.text)}")
    folded = w.Accordion([w.VBox([sheet.view, button("Keep the score of the cold answer", keep), said])])
    folded.set_title(0, "Score it as strictly as this one")
    return w.VBox([head, folded])


class Rating:
    """The six transcripts, one after the other, each with a sheet; at the end the agreement. `view` is the widget.

    Ratings are kept in $MLPIPE_HOME/ratings.json; a call after one that was left goes on with the rest.
    """

    def __init__(self) -> None:
        self.transcripts = list(content.transcripts())
        random.Random(3).shuffle(self.transcripts)  # not in the order of their levels
        self.path = home() / "ratings.json"
        self.ratings: dict[str, dict[str, int]] = self._kept()
        self.view, self.message = w.VBox(), w.HTML()
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
            self.view.children = [w.HTML(box(GOOD, prose(str(score.calibrate(self.ratings))))), self.message]
            with contextlib.suppress(OSError):  # the next call starts afresh
                self.path.rename(self.path.with_stem(f"ratings-{datetime.now(UTC):%Y%m%d-%H%M%S-%f}"))
            return
        text = self.rated = left[0]
        self.sheet = Sheet(content.question(text.question))
        title = f"Transcript {len(self.ratings) + 1} of {len(self.transcripts)}: {text.question}"
        said = "".join(f"<h4>{html.escape(phase)}</h4>{prose(words)}" for phase, words in text.sections)
        keep = button("Compare with the known levels", self._keep, "primary")
        self.view.children = [self.message, w.HTML(f"<h3>{title}</h3>{said}"), self.sheet.view, keep]

    def _keep(self) -> None:
        text = self.rated
        try:
            levels = dict(self.sheet.score().levels)
        except ValueError as error:
            self.message.value = box(BAD, prose(str(error)))
            self.view.children = [*self.view.children[1:], self.message]
            return
        self.ratings[text.id] = levels
        with contextlib.suppress(OSError):  # a folder that cannot be written costs the record, not the exercise
            update_record(self.path, text.id, levels)
        lines = [f"{d}: you {levels[d]}, known {known}. {text.reasons[d]}" for d, known in text.levels.items()]
        self.message.value = box(NEUTRAL, prose(f"{text.id} is {text.level}.\n" + "\n".join(lines)))
        self._next()


def button(text: str, act: Callable[[], object], style: str = "", tooltip: str = "") -> w.Button:
    """A button as wide as its text that calls `act`."""
    made = w.Button(description=text, button_style=style, tooltip=tooltip, layout=w.Layout(width="auto"))
    made.on_click(lambda _: act())
    return made
