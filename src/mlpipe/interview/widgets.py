"""The interview in JupyterLab: buttons, a clock and notes around the engine, saved at each key."""

from __future__ import annotations

import asyncio
import contextlib
import os
import time
from collections.abc import Callable
from functools import partial

import ipywidgets as w

from mlpipe.course.boxes import BAD, GOOD, NEUTRAL, box, prose, shell, show
from mlpipe.course.measured import HIDE
from mlpipe.interview import content, score, store
from mlpipe.interview.content import RULES, minutes, sentence
from mlpipe.interview.engine import Interview, clock_line
from mlpipe.interview.evidence import Quote, collect_evidence, grade_quote
from mlpipe.interview.scorecard import write_scorecard
from mlpipe.interview.sheets import Note, Rating, Sheet, button, cold_sheet, heading
from mlpipe.interview.views import render, titled
from mlpipe.paths import call

STATIC = "TQDM_DISABLE"  # set wherever outputs are kept: nothing that lives in a kernel is shown there
WIDE = {"width": "98%"}  # no Layout: that would be a widget, and kept in each notebook that imports this


def practise(question: str, *, seed: int | None = None, target: str = "senior") -> None:
    """Sit the interview: controls in JupyterLab, and where there are none, the plan and how to start in a terminal.

    An attempt that was left is offered again.

    Parameters
    ----------
    question : "recommender" or "ctr"
    seed : int, optional
        Decides which follow-ups and cards come; by default each attempt gets its own.
    target : "junior", "mid", "senior" or "staff"
        The level that you sit for.

    Raises
    ------
    ValueError
        For an unknown question or target.
    """
    if _shown(lambda: Practice(question, seed, target).view):
        return
    asked = content.question(question)
    ways = sentence("notebook.ways", call=call("interview", question=question))
    lines = [f"  {one.span:<14} {one.title}" for one in asked.phases]
    shown = titled(asked.title, prose(asked.prompt), render("plan.html", phases=asked.phases), prose(ways))
    show(shown, "\n".join([asked.title, asked.prompt, *lines, ways]), {})


def rate_transcripts() -> None:
    """Score the transcripts of known level, then see how you agree with them: in JupyterLab, else what to do."""
    if not _shown(lambda: Rating().view):
        text = sentence("notebook.transcripts")
        show(box(NEUTRAL, prose(text)), text, {})


def _shown(make: Callable[[], w.Widget]) -> bool:
    """Show a widget where it can live; False where there is no kernel, or outputs are kept."""
    if shell() is None or os.environ.get(STATIC):
        return False
    from IPython.display import display

    display(make())
    return True


def deal(question: str, *, seed: int = 0, n: int = 10, target: str = "senior") -> None:
    """Show follow-ups, each with its model answer folded; on your weakest dimension first.

    Works on a page, too. In a terminal `--drill` asks, waits for your answer and keeps your marks.

    Parameters
    ----------
    question : "recommender" or "ctr"
    seed : int
        Another seed deals others.
    n : int
        How many.
    target : "junior", "mid", "senior" or "staff"
        The highest level of them.

    Raises
    ------
    ValueError
        For an unknown question or level.
    """
    weak = None if os.environ.get(HIDE) else store.weakest(question)  # a page that is stored shows the same to all
    folded, lines = [], ["Answer aloud, then unfold"]
    for number, one in enumerate(content.draw_followups(question, seed, weakest=weak, level=target, n=n), start=1):
        answer = one.answer + (f" Prove it: claim {one.prove}." if one.prove else "")
        head = f"{number}. {one.ask} ({one.phase}, {one.level})"
        folded.append(render("folded.html", head=head, text=answer))
        lines += [head, f"   {answer}"]
    show(titled(lines[0], *folded), "\n".join(lines), {})


class Practice:
    """One attempt on the screen; `view` is the widget. The engine decides what is possible, `store` keeps it."""

    interview: Interview  # once it was started or taken up again

    def __init__(
        self, question: str, seed: int | None, target: str, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.question, self.seed, self.target, self.clock = question, seed, target, clock
        self.asked = content.question(question)
        content.known("target", target, content.LEVELS)  # told at once, not at the start
        self.view, self.message = w.VBox(), Note()
        earlier, damaged = store.attempts(question, clock)
        self.n_earlier = len(earlier)
        self._elsewhere = False  # whether the attempt was taken up in another tab
        self._offer([one for one in earlier if not one.scores], damaged)

    # Before the start

    def _offer(self, earlier: list[Interview], damaged: list[str]) -> None:
        plan = render("plan_bar.html", phases=self.asked.phases, now=None, at=0)
        begin = button("Start", self._begin, "primary", "the clock starts at once")
        rows = [w.HTML(render("heading.html", title=self.asked.title, text="") + plan)]
        rows += [Note(text, BAD) for text in damaged]
        total = minutes(self.asked.phases[-1].end)
        if not earlier:
            rows += [w.HTML(prose(sentence("notebook.ready", total=total, target=self.target))), begin]
        else:
            left = earlier[-1]
            go_on = button("Continue it", lambda: self._continue(left), "primary", "the clock goes on where it stood")
            begin.button_style, begin.description = "", "Start a new one"
            left_at = sentence("both.left", at=minutes(left.elapsed()), total=total)
            rows += [Note(left_at), w.HBox([go_on, begin])]
        self.view.children = [*rows, self.message]

    def _begin(self) -> None:
        seed = self.n_earlier if self.seed is None else self.seed
        self._open(Interview(self.question, seed, self.clock, self.target, store.new_attempt_id()))

    def _continue(self, left: Interview) -> None:
        """Take an attempt up as it is now: a view of a closed tab may have saved since this one was drawn."""
        self.message.tried(lambda: self._open(store.load(self.question, left.attempt_id, self.clock)))

    # The interview

    def _open(self, interview: Interview) -> None:
        self.interview = interview
        self.clock_bar, self.stage = w.HTML(), w.VBox()
        self.buttons = {
            kind: button(text, act if kind == "hint" else partial(self._do, act), *more)
            for kind, text, act, *more in (
                ("reveal", "Next phase", interview.reveal, "primary"),
                ("pause", "Pause", interview.pause),
                ("resume", "Go on", interview.resume, "success"),
                ("interrupt", "Question, please", self._interrupt, "", "the interviewer asks"),
                ("card", "Constraint card", interview.card),
                ("hint", "Hint", self._hint, "", "what a strong answer has here; costs a level in this dimension"),
                ("finish", "Finish", interview.finish, "warning"),
            )
        }
        self._drawn: set[str] = set()
        self.view.children = [self.clock_bar, w.HBox(list(self.buttons.values())), self.message, self.stage]
        if first := {"ready": interview.start, "paused": interview.resume}.get(interview.state):
            self._do(first)
        self._draw()
        self._watch()

    def _do(self, event: Callable[[], object]) -> None:
        """Let an event happen, save, and draw what is new."""
        if self.message.tried(event):
            self._save()
        self._draw()

    def _interrupt(self) -> None:
        self.interview.interrupt(weakest=store.weakest(self.question))

    def _save(self) -> None:
        try:
            path = store.save(self.interview)
            self._saved_at = self.interview.elapsed()
        except (OSError, ValueError) as error:
            self._elsewhere = isinstance(error, ValueError)
            self.message.tell(str(error), BAD)
        else:
            self.message.tell(f"Saved in {path.parent}", GOOD)

    def _hint(self) -> None:
        phase = self.interview.phase
        self._do(self.interview.hint)
        text = "\n".join(f"• {point}" for point in phase.covers) or sentence("notebook.waits")
        self._add(f"hint {phase.id}", sentence("both.hint").rstrip(":"), text)

    def _add(self, key: str, title: str, text: str, area: w.Textarea | None = None) -> None:
        """Put a card on top of the stage, once."""
        if key not in self._drawn:
            self._drawn.add(key)
            parts = [w.HTML(titled(title, prose(text))), *([area] if area else [])]
            self.stage.children = [w.VBox(parts), *self.stage.children]

    def _area(self, text: str, hint: str, keep: Callable[[str], None]) -> w.Textarea:
        area = w.Textarea(value=text, placeholder=hint, rows=6, layout=WIDE, continuous_update=True)

        def changed(change: dict[str, str]) -> None:
            if self.message.tried(lambda: keep(change["new"])):  # not after the score: the words stay on the screen
                self._save()

        area.observe(changed, "value")
        return area

    def _draw(self) -> None:
        interview = self.interview
        for phase in self.asked.phases[: self.asked.phases.index(interview.phase) + 1]:
            area = self._area(interview.notes.get(phase.id, ""), "Your notes", partial(interview.note, phase.id))
            self._add(phase.id, f"{phase.title} · {phase.span}", phase.prompt, area)
        for one in interview.dealt_followups:
            area = self._area(interview.answers.get(one.id, ""), "Your answer", partial(interview.answer, one.id))
            self._add(one.id, "The interviewer asks", one.ask, area)
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
        line = clock_line(interview) + ("" if interview.state == "running" else f" · {interview.state}")
        at = 100 * interview.elapsed() / interview.total
        self.clock_bar.value = render("clock.html", line=line, phases=self.asked.phases, now=interview.phase, at=at)

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
        self._do(partial(interview.advance, store.weakest(self.question)))
        self._show_clock()
        if interview.elapsed() - self._saved_at >= 10:  # a crash costs seconds of the clock, and no word
            self._save()
        return True

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
        hoped = w.HTML(render("hoped.html", interview=interview, titled=titled))
        rows: list[w.Widget] = [hoped, *self._quoting(), *cold_sheet(self.question)]
        rows.append(heading("Which level did you see?", "Tick what a recording would show, not what you know."))
        self.live = w.Checkbox(description=f"live: only {', '.join(score.LIVE)}", indent=False)
        self.peer = w.Checkbox(description="I am the observer, not the candidate", indent=False)
        self.sheet, self.page = Sheet(self.asked, interview.helped), w.HTML()
        self.live.observe(lambda change: self.sheet.show(score.LIVE if change["new"] else score.DIMENSIONS), "value")
        rows += [w.HBox([self.live, self.peer]), self.sheet.view]
        rows += [button("Make the scorecard", self._score, "primary"), self.message, self.page]
        self.stage.children = [*rows, heading("What you wrote"), *self.stage.children]

    def _quoting(self) -> list[w.Widget]:
        evidence = collect_evidence()
        names = [(f"{id}: {one.sentence}"[:110], id) for id, one in evidence.items()]
        self.quote: dict[str, w.Widget] = {
            "claim": w.Dropdown(options=[("which claim of the course?", ""), *names], layout=WIDE)
        }
        self.quote |= {name: w.Text(placeholder=part["ask"], layout=WIDE) for name, part in RULES["quote"].items()}
        verdicts = w.VBox([Note(str(grade_quote(Quote(**said), evidence))) for said in self.interview.quotes])

        def check() -> None:
            said = {name: field.value.strip() for name, field in self.quote.items()}
            if self.message.tried(lambda: self.interview.quote(**said)):
                self._save()
                verdicts.children = [*verdicts.children, Note(str(grade_quote(Quote(**said), evidence)))]

        head = heading("Which numbers did you quote?", "A number counts with its data, split, interval and limits.")
        return [head, *self.quote.values(), button("Check it", check), verdicts]

    def _score(self) -> None:
        def keep() -> None:
            given = self.sheet.score()
            self.interview.score(given.levels, given.unprompted, given.gates, peer=self.peer.value)

        if not self.message.tried(keep):
            return
        self._save()
        try:
            page, _, paths = write_scorecard(self.interview, base="")
        except OSError as error:
            self.message.tell(sentence("notebook.not_written", error=error), BAD)
            return
        # links within the page stay in it: alone, "#x" is JupyterLab's
        self.page.value = render("frame.html", page=page.replace('href="#', 'href="about:srcdoc#'))
        self.message.tell(sentence("notebook.written", page=paths[0], text=paths[1]), GOOD)
