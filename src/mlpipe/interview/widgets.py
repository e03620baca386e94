"""The interview in JupyterLab: buttons, a clock and notes around the engine, saved at each key."""

from __future__ import annotations

import asyncio
import contextlib
import html
import os
import time
from collections.abc import Callable
from functools import partial

import ipywidgets as w

from mlpipe.course.boxes import BAD, GOOD, NEUTRAL, box, prose, shell, show
from mlpipe.course.measured import HIDE
from mlpipe.interview import content, score, store
from mlpipe.interview.content import Phase, minutes
from mlpipe.interview.engine import Interview, clock_line
from mlpipe.interview.evidence import Quote, collect_evidence, grade_quote
from mlpipe.interview.scorecard import write_scorecard
from mlpipe.interview.sheets import Rating, Sheet, button, cold_sheet

STATIC = "TQDM_DISABLE"  # set wherever outputs are kept: nothing that lives in a kernel is shown there
CLOSING = 20  # seconds for the last word before the interviewer takes the floor
WIDE = {"width": "98%"}  # no Layout: that would be a widget, and kept in each notebook that imports this


def practise(question: str, *, seed: int | None = None, target: str = "senior") -> None:
    """Sit the interview: controls in JupyterLab, and where there are none, the plan and how to start in a terminal.

    `question` is "recommender" or "ctr", `target` the level that you sit for. `seed` decides which follow-ups and cards
    come; by default each attempt gets its own. An attempt that was left is offered again. Raises ValueError for an
    unknown question or target.
    """
    if shell() is None or os.environ.get(STATIC):
        show_plan(question)
        return
    from IPython.display import display

    display(Practice(question, seed, target).view)


def show_plan(question: str) -> None:
    """The minute plan and the ways to start, for a page or a terminal."""
    asked = content.question(question)
    ways = f"Run this cell in JupyterLab, or in a terminal, in the project's folder: {content.make_call(question)}"
    plan = [(f"{minutes(p.start)} to {minutes(p.end)}", p.title) for p in asked.phases]
    left = 'style="text-align:left"'
    rows = "".join(f"<tr><td>{span}</td><td {left}>{html.escape(title)}</td></tr>" for span, title in plan)
    lines = [f"  {span:<14} {title}" for span, title in plan]
    show(
        box(
            NEUTRAL,
            f"<strong>{html.escape(asked.title)}</strong>",
            prose(asked.prompt),
            f"<table>{rows}</table>",
            prose(ways),
        ),
        "\n".join([asked.title, asked.prompt, *lines, ways]),
        {},
    )


def rate_transcripts() -> None:
    """Score the six transcripts of known level, then see how you agree with them: in JupyterLab, else what to do."""
    if shell() is None or os.environ.get(STATIC):
        text = "Run this cell in JupyterLab to score the six transcripts and to see how strict you are."
        show(box(NEUTRAL, prose(text)), text, {})
        return
    from IPython.display import display

    display(Rating().view)


def deal(question: str, *, seed: int = 0, n: int = 10, target: str = "senior") -> None:
    """Show `n` follow-ups up to the level `target`, each with its model answer folded; on your weakest dimension first.

    Works on a page, too. In a terminal `--drill` asks, waits for your answer and keeps your marks. Raises ValueError
    for an unknown question or level.
    """
    weak = None if os.environ.get(HIDE) else store.weakest(question)  # a page that is stored shows the same to all
    dealt = content.draw_followups(question, seed, weakest=weak, level=target, n=n)
    folded, lines = [], []
    for number, one in enumerate(dealt, start=1):
        proof = f" Prove it: claim {one.prove}." if one.prove else ""
        head = f"{number}. {one.ask} ({one.phase}, {one.level})"
        folded.append(f"<details><summary>{html.escape(head)}</summary>{prose(one.answer + proof)}</details>")
        lines += [head, f"   {one.answer}{proof}"]
    title = "Answer aloud, then unfold"
    show(box(NEUTRAL, f"<strong>{title}</strong>", *folded), "\n".join([title, *lines]), {})


class Practice:
    """One attempt on the screen; `view` is the widget. The engine decides what is possible, `store` keeps it."""

    interview: Interview  # once it was started or taken up again

    def __init__(
        self, question: str, seed: int | None, target: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.question, self.seed, self.target, self.clock = question, seed, target, clock
        self.asked = content.question(question)
        self.view = w.VBox()
        self.message = w.HTML()
        earlier, damaged = store.attempts(question, clock)
        self.n_earlier = len(earlier)
        self._elsewhere = False  # whether the attempt was taken up in another tab
        Interview(question, 0, clock, target)  # a wrong target is told at once
        open_ones = [one for one in earlier if not one.scores]
        self._offer(open_ones[-1] if open_ones else None, damaged)

    # Before the start

    def _offer(self, left: Interview | None, damaged: list[str]) -> None:
        begin = button("Start", self._begin, "primary", "the clock starts at once")
        rows: list[w.Widget] = [w.HTML(f"<h3>{html.escape(self.asked.title)}</h3>{_plan(self.asked.phases, None)}")]
        rows += [w.HTML(box(BAD, prose(sentence))) for sentence in damaged]
        if left is not None:
            text = f"You left an attempt at {minutes(left.elapsed())} of {minutes(left.total)}. Its notes are kept."
            rows.append(w.HTML(box(NEUTRAL, prose(text))))
            go_on = button("Continue it", lambda: self._continue(left), "primary", "the clock goes on where it stood")
            begin.button_style, begin.description = "", "Start a new one"
            rows.append(w.HBox([go_on, begin]))
        else:
            ready = f"{minutes(float(self.asked.phases[-1].end))} minutes. Level that you sit for: {self.target}. "
            rows.append(w.HTML(prose(ready + "Your words are saved as you type.")))
            rows.append(begin)
        self.view.children = [*rows, self.message]

    def _begin(self) -> None:
        seed = self.n_earlier if self.seed is None else self.seed
        attempt = Interview(self.question, seed, self.clock, self.target, store.new_attempt_id())
        self._open(attempt)

    def _continue(self, left: Interview) -> None:
        """Take an attempt up as it is now: a view of a closed tab may have saved since this one was drawn."""
        try:
            self._open(store.load(self.question, left.attempt_id, self.clock))
        except (OSError, ValueError) as error:
            self._tell(str(error), BAD)

    # The interview

    def _open(self, interview: Interview) -> None:
        self.interview = interview
        self.clock_bar, self.stage = w.HTML(), w.VBox()
        self.buttons = {
            "reveal": button("Next phase", lambda: self._do(interview.reveal), "primary"),
            "pause": button("Pause", lambda: self._do(interview.pause)),
            "resume": button("Go on", lambda: self._do(interview.resume), "success"),
            "interrupt": button("Question, please", lambda: self._do(self._interrupt), "", "the interviewer asks"),
            "card": button("Constraint card", lambda: self._do(interview.card)),
            "hint": button("Hint", self._hint, "", "what a strong answer has here; costs a level in this dimension"),
            "finish": button("Finish", lambda: self._do(interview.finish), "warning"),
        }
        self._drawn: set[str] = set()
        self.view.children = [self.clock_bar, w.HBox(list(self.buttons.values())), self.message, self.stage]
        first = {"ready": interview.start, "paused": interview.resume}.get(interview.state)
        if first:
            self._do(first)
        self._draw()
        self._watch()

    def _do(self, event: Callable[[], object]) -> None:
        """Let an event happen, save, and draw what is new."""
        try:
            event()
            self._follow()
        except ValueError as error:
            self._tell(str(error), BAD)
        else:
            self._save()
        self._draw()

    def _interrupt(self) -> None:
        self.interview.interrupt(weakest=store.weakest(self.question))

    def _follow(self) -> None:
        """In the last two phases the interviewer speaks first."""
        interview = self.interview
        if interview.state == "running" and interview.phase.id == "questions" and "questions" not in self._drawn:
            self._interrupt()
        if interview.state == "running" and interview.phase.id == "constraint" and not interview.cards:
            interview.card()

    def _save(self) -> None:
        try:
            path = store.save(self.interview)
            self._saved_at = self.interview.elapsed()
        except (OSError, ValueError) as error:
            self._elsewhere = isinstance(error, ValueError)
            self._tell(str(error), BAD)
        else:
            self._tell(f"Saved in {path.parent}", GOOD)

    def _tell(self, text: str, colour: str) -> None:
        self.message.value = f'<small style="color:{colour}">{prose(text)}</small>'

    def _hint(self) -> None:
        phase = self.interview.phase
        self._do(self.interview.hint)
        text = "\n".join(f"• {point}" for point in phase.covers) or "The interviewer waits for your answer."
        self._add(f"hint {phase.id}", "A strong answer has here", text)

    def _add(self, key: str, title: str, text: str, area: w.Textarea | None = None) -> None:
        """Put a card on top of the stage, once."""
        if key in self._drawn:
            return
        self._drawn.add(key)
        parts: list[w.Widget] = [w.HTML(box(NEUTRAL, f"<strong>{html.escape(title)}</strong>", prose(text)))]
        self.stage.children = [w.VBox(parts + ([area] if area else [])), *self.stage.children]

    def _area(self, text: str, hint: str, keep: Callable[[str], None]) -> w.Textarea:
        area = w.Textarea(value=text, placeholder=hint, rows=6, layout=WIDE, continuous_update=True)

        def changed(change: dict[str, str]) -> None:
            try:
                keep(change["new"])
            except ValueError as error:  # after the score: the words stay on the screen
                self._tell(str(error), BAD)
            else:
                self._save()

        area.observe(changed, "value")
        return area

    def _draw(self) -> None:
        interview = self.interview
        for phase in self.asked.phases[: self.asked.phases.index(interview.phase) + 1]:
            area = self._area(interview.notes.get(phase.id, ""), "Your notes", partial(interview.note, phase.id))
            span = f"{phase.title} · {minutes(phase.start)} to {minutes(phase.end)}"
            self._add(phase.id, span, phase.prompt, area)
        for followup in interview.dealt_followups:
            area = self._area(
                interview.answers.get(followup.id, ""),
                "Your answer",
                partial(interview.answer, followup.id),
            )
            self._add(followup.id, "The interviewer asks", followup.ask, area)
        for card in interview.dealt_cards:
            self._add(card.id, f"Constraint: {card.title}", card.text)
        possible = interview.possible()
        for kind, one in self.buttons.items():
            one.layout.display = "" if kind in possible else "none"
        self._show_clock()
        if interview.state == "finished" and "score" not in self._drawn:
            self._drawn.add("score")
            self._ask_for_score()

    def _show_clock(self) -> None:
        interview = self.interview
        state = "" if interview.state == "running" else f" · {interview.state}"
        line = f'<div style="font-size:1.3em">{html.escape(clock_line(interview) + state)}</div>'
        self.clock_bar.value = line + _plan(self.asked.phases, interview)

    # The clock

    def tick(self) -> bool:
        """Show the time; False when the time is over, or the interview was finished or goes on in another tab."""
        interview = self.interview
        if self._elsewhere:
            return False
        if interview.state == "finished":
            self._save()
            self._draw()
            return False
        if interview.interruption_due():
            self._do(self._interrupt)
        self._show_clock()
        if self.interview.elapsed() - self._saved_at >= 10:  # a crash costs seconds of the clock, and no word
            self._save()
        self._mind_the_floor()
        return True

    def _mind_the_floor(self) -> None:
        """After the candidate's minutes: a word to close, then the interviewer goes on."""
        interview = self.interview
        over = interview.elapsed() - interview.floor
        if interview.state != "running" or interview.phase.start >= interview.floor or over < 0:
            return
        if over < CLOSING:
            self._tell("Your 12 minutes are over. Close in one line: choice, main risk, next step.", BAD)
            return
        while interview.phase.start < interview.floor:
            interview.reveal()
        self._do(lambda: None)

    def _watch(self) -> None:
        async def every_second() -> None:
            while self.tick():
                await asyncio.sleep(1)

        with contextlib.suppress(RuntimeError):  # no event loop: a test, or a plain interpreter
            self._task = asyncio.get_running_loop().create_task(every_second())

    # After it

    def _ask_for_score(self) -> None:
        """Replace the clock by the scoring sheet: answers beside model answers, numbers, nine levels, gates."""
        interview = self.interview
        rows: list[w.Widget] = [w.HTML("<h3>What the interviewer hoped to hear</h3>")]
        for followup in interview.dealt_followups:
            yours = interview.answers.get(followup.id) or "(nothing written)"
            parts = (f"<strong>{html.escape(followup.ask)}</strong>", prose(f"You: {yours}"), prose(followup.answer))
            rows.append(w.HTML(box(NEUTRAL, *parts)))
        for card in interview.dealt_cards:
            changes = "\n".join(f"• {change}" for change in card.changes[self.question])
            rows.append(w.HTML(box(NEUTRAL, f"<strong>{html.escape(card.title)}</strong>", prose(changes))))
        rows += self._quoting()
        cold = cold_sheet(self.question)
        rows += cold.children if cold else ()
        rows.append(w.HTML("<h3>Which level did you see?</h3>Tick what a recording would show, not what you know."))
        self.live = w.Checkbox(description=f"live: only {', '.join(score.LIVE)}", indent=False)
        self.peer = w.Checkbox(description="I am the observer, not the candidate", indent=False)
        self.sheet = Sheet(self.asked, interview.helped)
        self.live.observe(lambda change: self.sheet.show(score.LIVE if change["new"] else score.DIMENSIONS), "value")
        self.page = w.HTML()
        rows += [w.HBox([self.live, self.peer]), self.sheet.view]
        rows += [button("Make the scorecard", self._score, "primary"), self.message, self.page]
        self.stage.children = [*rows, w.HTML("<h3>What you wrote</h3>"), *self.stage.children]

    def _quoting(self) -> list[w.Widget]:
        evidence = collect_evidence()
        names = [(f"{id}: {one.sentence}"[:110], id) for id, one in evidence.items()]
        self.quote = {
            "claim": w.Dropdown(options=[("which claim of the course?", ""), *names], layout=WIDE),
            "number": w.Text(placeholder="the number as you said it: 1.9 times"),
            "data": w.Text(placeholder="on which data"),
            "split": w.Text(placeholder="on which split"),
            "interval": w.Text(placeholder="how sure: the interval"),
            "transfer": w.Text(placeholder="why it may be different elsewhere", layout=WIDE),
        }
        verdicts = w.HTML(
            "<br>".join(html.escape(str(grade_quote(Quote(**q), evidence))) for q in self.interview.quotes)
        )

        def check() -> None:
            said = {name: field.value.strip() for name, field in self.quote.items()}
            try:
                self.interview.quote(**said)
            except ValueError as error:
                self._tell(str(error), BAD)
                return
            self._save()
            verdicts.value = f"{verdicts.value}{box(NEUTRAL, prose(str(grade_quote(Quote(**said), evidence))))}"

        head = "<h3>Which numbers did you quote?</h3>A number counts with its data, split, interval and limits."
        return [w.HTML(head), *self.quote.values(), button("Check it", check), verdicts]

    def _score(self) -> None:
        interview = self.interview
        try:
            given = self.sheet.score()
            interview.score(given.levels, given.unprompted, given.gates, peer=self.peer.value)
        except ValueError as error:
            self._tell(str(error), BAD)
            return
        self._save()
        try:
            page, _, paths = write_scorecard(interview, base="")
        except OSError as error:
            self._tell(f"The scorecard is not written: {error}. Set MLPIPE_HOME to a folder of yours", BAD)
            return
        self.page.value = _framed(page)
        self._tell("To open and print: " + " and ".join(map(str, paths)), GOOD)


def _framed(page: str) -> str:
    """A page inside a page: its styles stay its own, and links within it stay in it (alone, "#x" is JupyterLab's)."""
    page = page.replace('href="#', 'href="about:srcdoc#')
    return f'<iframe srcdoc="{html.escape(page)}" style="width:100%;height:1150px;border:1px solid #ccc"></iframe>'


def _plan(phases: tuple[Phase, ...], interview: Interview | None) -> str:
    """The minute plan as a bar: the phase of now is dark, and a line stands where the clock is."""
    total = phases[-1].end
    parts = []
    for phase in phases:
        now = interview is not None and interview.phase is phase
        colours = f"background:{NEUTRAL};color:white" if now else "background:#e6eef5;color:#222"
        parts.append(
            f'<div title="{html.escape(phase.title)}" style="flex:{phase.end - phase.start};{colours};padding:2px 4px;'
            f'border-right:2px solid white;overflow:hidden;white-space:nowrap">{html.escape(phase.id)}</div>'
        )
    at = 100 * interview.elapsed() / total if interview else 0
    hand = f'<div style="position:absolute;left:{at:.1f}%;top:-3px;bottom:-3px;border-left:3px solid {BAD}"></div>'
    bar = f'<div style="display:flex;font-size:0.8em">{"".join(parts)}</div>'
    return f'<div style="position:relative;max-width:900px">{bar}{hand}</div>'
