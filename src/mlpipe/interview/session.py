"""One attempt at a terminal: the clock and the interviewer on the screen, notes line by line, saved at each."""

from __future__ import annotations

import textwrap
import threading

from mlpipe.interview import content, store
from mlpipe.interview.content import COMMANDS, LEVELS, SAY, minutes, sentence
from mlpipe.interview.engine import Interview, clock_line
from mlpipe.interview.screen import Screen, keep


class Session:
    """One attempt at a terminal, from the start or a resume until /finish or the end of the input: `sit`."""

    def __init__(self, interview: Interview, screen: Screen) -> None:
        self.interview, self.screen = interview, screen
        self.asked = interview.content
        self.answering: str | None = None  # the follow-up that is being answered
        self.done = False
        self._told: set[str] = set()  # what is said once
        self._clock_at = -60.0
        self._alarm: threading.Timer | None = None

    def sit(self) -> None:
        """Hold the interview. Raises EOFError or KeyboardInterrupt when the learner leaves; all is saved by then."""
        interview = self.interview
        try:
            if interview.state == "ready":
                self._welcome()
                interview.start()
                keep(self.interview, self.screen)
                self._show_phase()
            elif interview.state == "paused":
                self._welcome_back()
            self._set_alarm()
            while not self.done:
                where = "answer" if self.answering else interview.phase.id
                self._line(self.screen.ask(f"{minutes(interview.elapsed()):0>5} {where}"))
        finally:
            self._stop_alarm()
            if interview.state == "running":
                interview.pause()
            if interview.state != "ready":
                keep(self.interview, self.screen)

    def _welcome(self) -> None:
        interview, screen = self.interview, self.screen
        screen.title(f"Mock interview: {self.asked.title}")
        screen.tell(self.asked.prompt)
        questions = content.by_id("phase", "questions", self.asked.phases)
        screen.say(
            "session.welcome",
            interview=interview,
            minutes=[seconds // 60 for seconds in (interview.total, interview.floor, questions.seconds)],
            cards=SAY["session"]["cards"][interview.n_cards - 1],
            folder=store.folder(interview.question),
        )
        self._wait(sentence("session.start"))

    def _welcome_back(self) -> None:
        interview = self.interview
        self.screen.title(f"Back in the interview: {self.asked.title}")
        for event in reversed(interview.events):
            if event["kind"] in ("interrupt", "answer", "note", "reveal", "card"):
                self.answering = event.get("followup")
                break
        self.screen.say("both.left", at=minutes(interview.elapsed()), total=minutes(interview.total))
        self._wait(sentence("session.go_on"))
        interview.resume()
        self._show_phase()
        for card in interview.dealt_cards:
            self.screen.say("session.card", **card._asdict())
        self._do_notes()
        if self.answering:
            followup = content.by_id("follow-up", self.answering, self.asked.followups)
            self.screen.say("session.question", ask=followup.ask)

    def _wait(self, prompt: str) -> str:
        line = self.screen.ask(prompt)
        if line.strip() == "/quit":
            raise EOFError
        return line

    def _line(self, line: str) -> None:
        """One line that was typed: a command, an empty line, or words to keep."""
        try:
            if line.startswith("/"):
                self._command(line.split()[0])
            elif line.strip():
                self._set_lines([*self._lines(), line.rstrip()])
                if "floor" in self._told:
                    self._told.add("closed")
            else:
                self._nothing_more()
            if not self.done:
                keep(self.interview, self.screen)
                self._mind_the_time()
        except ValueError as error:  # the time ran out between two steps
            self.screen.tell(str(error))

    def _command(self, name: str) -> None:
        name = "/finish" if name == "/score" else name
        if name not in COMMANDS:
            self.screen.say("session.no_command", name=name, known=", ".join(COMMANDS))
        elif name in ("/next", "/ask", "/hint", "/pause") and self.interview.state == "finished":
            self.screen.say("session.too_late")
        elif name == "/quit":
            raise EOFError
        else:
            getattr(self, f"_do_{name[1:]}")()

    def _lines(self) -> list[str]:
        kept = self.interview.answers if self.answering else self.interview.notes
        return kept.get(self.answering or self.interview.phase.id, "").splitlines()

    def _set_lines(self, lines: list[str]) -> None:
        text = "\n".join(lines)
        if self.answering:
            self.interview.answer(self.answering, text)
        else:
            self.interview.note(self.interview.phase.id, text)

    def _nothing_more(self) -> None:
        """An empty line: the answer is complete, or the candidate looks at the clock."""
        interview, phase = self.interview, self.interview.phase
        was_answering, self.answering = self.answering, None
        if interview.state == "running" and phase.id == "questions":
            if interview.elapsed() < phase.end:
                self._do_ask()
            else:
                self._do_next()
        elif interview.state == "running" and phase.id == "constraint" and "card" in interview.possible():
            self.screen.say("session.card", **interview.card()._asdict())
        elif was_answering:
            self.screen.say("session.back", title=phase.title)
        else:
            self._show_clock()

    def _do_next(self) -> None:
        if self.answering:
            self._nothing_more()
        elif "reveal" not in self.interview.possible():
            self.screen.say("session.last_part")
        else:
            self.interview.reveal()
            self._enter()

    def _enter(self) -> None:
        """A phase begins; in the last two the interviewer speaks first."""
        self._show_phase()
        if self.interview.phase.id == "questions":
            self._do_ask()
        elif self.interview.phase.id == "constraint":
            self.screen.say("session.card", **self.interview.card()._asdict())

    def _do_ask(self) -> None:
        try:
            followup = self.interview.interrupt(weakest=store.weakest(self.interview.question))
        except ValueError as error:
            self.screen.say("session.no_question", error=error)
            return
        self.answering = followup.id
        self.screen.say("session.question", ask=followup.ask)

    def _do_hint(self) -> None:
        if self.answering:
            about = content.by_id("follow-up", self.answering, self.asked.followups).dimension
            self.interview.hint(about)
            dimension = content.by_id("dimension", about, content.dimensions())
            target = self.interview.target
            self.screen.tell(f"  {dimension.name}, {target}: {dimension.levels[LEVELS.index(target)]}")
            return
        self.interview.hint()
        self.screen.say("both.hint")
        self.screen.points(self.interview.phase.covers)

    def _do_notes(self) -> None:
        self.screen.tell(textwrap.indent("\n".join(self._lines()) or "nothing yet", "  "))

    def _do_undo(self) -> None:
        if lines := self._lines():
            self._set_lines(lines[:-1])
            self.screen.say("session.taken_back", line=lines[-1])
        else:
            self.screen.say("session.nothing_to_take")

    def _do_plan(self) -> None:
        self.screen.page("plan.txt", interview=self.interview, spent=self.interview.seconds_by_phase())

    def _do_pause(self) -> None:
        self.interview.pause()
        self._stop_alarm()
        keep(self.interview, self.screen)
        line = self._wait(sentence("session.paused", at=minutes(self.interview.elapsed())))
        self.interview.resume()
        self._set_alarm()
        if line.strip():
            self._line(line)

    def _do_finish(self) -> None:
        if self.interview.state != "finished":
            self.interview.finish()
        self.done = True

    def _do_help(self) -> None:
        for name, text in COMMANDS.items():
            self.screen.tell(f"  {name:<9}{text}")
        self.screen.tell("  " + sentence("session.help_end"))

    def _show_phase(self) -> None:
        self.screen.title(self.interview.phase.title)
        self.screen.tell(f"“{self.interview.phase.prompt}”")
        self._show_clock()

    def _show_clock(self) -> None:
        self._clock_at = self.interview.elapsed()
        self.screen.tell(clock_line(self.interview))

    def _once(self, name: str) -> bool:
        """Whether this was not said before."""
        first = name not in self._told
        self._told.add(name)
        return first

    def _mind_the_time(self) -> None:
        interview, phase, screen = self.interview, self.interview.phase, self.screen
        if interview.state == "finished":
            if self._once("over"):
                self._stop_alarm()
                screen.say("session.over", total=minutes(interview.total))
        elif interview.overtime is not None and not self.answering:
            if "closed" in self._told:
                interview.take_the_floor()
                screen.say("session.floor")
                self._enter()
                keep(self.interview, self.screen)
            elif self._once("floor"):
                self._show_clock()
                screen.say("both.closing", minutes=interview.floor // 60)
        elif interview.interruption_due():
            screen.say("session.interrupted")
            self._do_ask()
            keep(self.interview, self.screen)
        elif interview.seconds_by_phase()[phase.id] > phase.seconds and self._once(phase.id):
            if interview.elapsed() - self._clock_at >= 1:
                self._show_clock()
            if phase.id in content.ASKED:
                screen.say("session.phase_over")
        elif interview.elapsed() - self._clock_at >= 60:
            self._show_clock()

    def _set_alarm(self) -> None:
        """Tell the end of the time while the learner is typing; a line read later would come too late."""
        if self.screen.live and self.interview.state == "running":
            seconds = (self.interview.total - self.interview.elapsed()) / self.screen.speed
            self._alarm = threading.Timer(seconds, self.screen.say, ["session.alarm"])
            self._alarm.daemon = True
            self._alarm.start()

    def _stop_alarm(self) -> None:
        if self._alarm:
            self._alarm.cancel()
