"""What lessons call in a notebook: to sit the interview, to be dealt follow-ups, to rate transcripts."""

from __future__ import annotations

import os
import threading
from collections.abc import Callable

import ipywidgets as w

from mlpipe.course.boxes import BAD, GOOD, NEUTRAL, box, lives, prose, show
from mlpipe.course.measured import HIDE
from mlpipe.interview import content, findings, rater, score, store
from mlpipe.interview.content import RULES, sentence
from mlpipe.interview.evidence import collect_evidence
from mlpipe.interview.room import LOCK, PATIENCE, Room, elsewhere, find, is_lab
from mlpipe.interview.scorecard import write_scorecard
from mlpipe.interview.sheets import Note, Rating, attempt_sheet, button, cold_sheet, heading
from mlpipe.interview.views import amount, clip, render, titled
from mlpipe.paths import call

WIDE = {"width": "98%"}  # no Layout: that would be a widget, and kept in each notebook that imports this


def practise(question: str, *, seed: int | None = None, target: str = "senior", scenario: str | None = None) -> None:
    """Sit the interview: controls in JupyterLab, and where there are none, the plan and how to start in a terminal.

    An attempt that was left is offered again.

    Parameters
    ----------
    question : "recommender" or "ctr"
    seed : int, optional
        Decides which follow-ups and cards come; by default each attempt gets its own.
    target : "junior", "mid", "senior" or "staff"
        The level that you sit for.
    scenario : str, optional
        The product that it is about; by default another one each time.

    Raises
    ------
    ValueError
        For an unknown question, target or scenario.
    """
    asked = content.question(question)
    content.known("target", target, content.LEVELS)
    scene = content.scenario(question, scenario) if scenario else content.scenarios(question)[0]
    live, lab = lives(), is_lab()
    ways = sentence("notebook.ways", call=call("interview", question=question))
    if live and not lab:
        ways = elsewhere(question)
    lines = [f"  {one.span:<14} {one.title}" for one in asked.phases]
    shown = titled(asked.title, prose(scene.prompt), render("plan.html", phases=asked.phases), prose(ways))
    text = "\n".join([asked.title, scene.prompt, *lines, ways])
    if live and lab:
        _enter(
            lambda: Room(question, seed, target, _sheet, scenario), question, {"text/html": shown, "text/plain": text}
        )
    else:
        show(shown, text, {})


def _enter(make: Callable[[], Room], question: str, plan: dict[str, str]) -> None:
    """Show the room of the attempt that goes on in this kernel, or a new one; `plan` is for who cannot show it."""
    from IPython.display import display

    if (room := find(question)) is None:
        room = make()
    display(room.view._repr_mimebundle_() | plan, raw=True)
    timer = threading.Timer(PATIENCE, room.say_where)
    timer.daemon = True
    timer.start()


def _sheet(room: Room) -> w.Widget:
    return Scoring(room).view


def rate_transcripts() -> None:
    """Score the transcripts of known level, then see how you agree with them: in JupyterLab, else what to do."""
    if not _shown(lambda: Rating().view):
        text = sentence("notebook.transcripts")
        show(box(NEUTRAL, prose(text)), text, {})


def _shown(make: Callable[[], w.Widget]) -> bool:
    """Show a widget where it can live, else return False."""
    if not lives():  # a stored widget is an empty output
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


class Scoring:
    """The sheet under the room when it is over: answers beside model answers, numbers, nine levels, gates."""

    def __init__(self, room: Room) -> None:
        self.room, self.interview, self.message = room, room.interview, Note()
        interview = self.interview
        hoped = w.HTML(render("hoped.html", interview=interview, titled=titled))
        rows: list[w.Widget] = [hoped, *self._quoting(), *cold_sheet(interview.question)]
        rows.append(heading("Which level did you see?", "Tick what a recording would show, not what you know."))
        self.live = w.Checkbox(description=f"live: only {', '.join(score.LIVE)}", indent=False)
        self.peer = w.Checkbox(description="I am the observer, not the candidate", indent=False)
        self.sheet, self.page, self.second = attempt_sheet(interview), w.HTML(), Note()
        self.live.observe(lambda change: self.sheet.show(score.LIVE if change["new"] else score.DIMENSIONS), "value")
        rows += [w.HBox([self.live, self.peer]), self.sheet.view]
        rows += [button("Make the scorecard", self._score, "primary"), self.message, self.second, self.page]
        self.view = w.VBox(rows)

    def _quoting(self) -> list[w.Widget]:
        evidence = collect_evidence()
        names = [(f"{id}: {one.sentence}"[:110], id) for id, one in evidence.items()]
        self.quote: dict[str, w.Widget] = {
            "claim": w.Dropdown(options=[("which claim of the course?", ""), *names], layout=WIDE)
        }
        self.quote |= {name: w.Text(placeholder=part["ask"], layout=WIDE) for name, part in RULES["quote"].items()}
        verdicts = w.VBox([Note(str(one)) for one in findings.graded(self.interview, evidence)])
        numbers = {f"{amount(one.value)} {one.unit}": one for one in findings.numbers(self.interview)}
        self.quote["number"] = w.Combobox(
            placeholder=RULES["quote"]["number"]["ask"], options=list(numbers), layout=WIDE
        )  # to choose from, or to type another one
        uttered = [f"{text}: “{clip(one.sentence, 120)}”" for text, one in numbers.items()]
        told = "\n".join([sentence("rating.uttered" if uttered else "rating.none_uttered"), *uttered])

        def check() -> None:
            said = {name: field.value.strip() for name, field in self.quote.items()}
            if self._tried(lambda: self.interview.quote(**said)):
                self.room.save()
                verdicts.children = [Note(str(one)) for one in findings.graded(self.interview, evidence)]

        head = heading("Which numbers did you quote?", "A number counts with its data, split, interval and limits.")
        return [head, Note(told), *self.quote.values(), button("Check it", check), verdicts]

    def _score(self) -> None:
        def keep() -> None:
            given = self.sheet.score(peer=self.peer.value)
            marks = (given.levels, given.unprompted, given.gates)
            self.interview.score(*marks, peer=self.peer.value, sentences=given.sentences)

        if not self._tried(keep):
            return
        self.room.save()
        self.room.publish()
        self._show_card()
        if rater.wanted():
            self.second.tell(sentence("rater.beside"))
            rater.ask_beside(self.interview, self._second_opinion)

    def _second_opinion(self, opinion: rater.Opinion) -> None:
        """Make the scorecard anew when the second rater has answered."""
        self.second.tell(opinion.problem or sentence("rater.given", count=len(opinion.levels)))
        with LOCK:
            self._show_card()

    def _show_card(self) -> None:
        try:
            page, _, paths = write_scorecard(self.interview, base="")
        except OSError as error:
            self.message.tell(sentence("notebook.not_written", error=error), BAD)
            return
        # links within the page stay in it: alone, "#x" is JupyterLab's
        self.page.value = render("frame.html", page=page.replace('href="#', 'href="about:srcdoc#'))
        self.message.tell(sentence("notebook.written", page=paths[0], text=paths[1]), GOOD)

    def _tried(self, act: Callable[[], object]) -> bool:
        """Do something to the attempt, alone; what prevents it is told."""
        with LOCK:
            return self.message.tried(act)
