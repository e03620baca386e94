"""One attempt at a terminal: the clock and the interviewer on the screen, notes line by line, saved at each."""

from __future__ import annotations

import textwrap
import threading

from mlpipe.interview import content, store
from mlpipe.interview.content import COMMANDS, SAY, minutes, sentence
from mlpipe.interview.engine import Interview, Line, clock_line
from mlpipe.interview.screen import Screen, keep


class Session:
    """One attempt at a terminal, from the start or a resume until /finish or the end of the input: `sit`."""

    def __init__(self, interview: Interview, screen: Screen) -> None:
        self.interview, self.screen = interview, screen
        self.asked = interview.content
        self.answering: str | None = None  # the follow-up that is being answered
        self.done = False
        self._weakest = store.weakest(interview.question)
        self._told: set[str] = set()  # lines of the interviewer's, and what else is said once
        self._clock_at = -60.0
        self._alarms: list[threading.Timer] = []

    def sit(self) -> None:
        """Hold the interview. Raises EOFError or KeyboardInterrupt when the learner leaves; all is saved by then."""
        interview = self.interview
        try:
            if interview.state == "ready":
                self._welcome()
                interview.start()
                self._follow()
            elif interview.state == "paused":
                self._welcome_back()
            self._set_alarms()
            while not self.done:
                where = "answer" if self.answering else interview.phase.id
                self._line(self.screen.ask(f"{minutes(interview.elapsed()):0>5} {where}"))
        finally:
            self._stop_alarms()
            if interview.state == "running":
                interview.pause()
            if interview.state != "ready":
                keep(self.interview, self.screen)

    def _welcome(self) -> None:
        interview, screen = self.interview, self.screen
        screen.title(f"Mock interview: {interview.scene.title}")
        screen.tell(interview.scene.prompt)
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
        self.screen.title(f"Back in the interview: {interview.scene.title}")
        self.screen.tell(interview.scene.prompt)
        self._told |= {line.id for line in interview.lines}
        self.screen.say("both.left", at=minutes(interview.elapsed()), total=minutes(interview.total))
        self._wait(sentence("session.go_on"))
        interview.resume()
        for line in interview.lines:
            if line.kind == "fact":
                self.screen.tell(f"{line.title}\n  “{line.text}”")
        for line in interview.lines:
            if line.id == interview.phase.id or line.kind == "card":
                self._show(line)
        for event in reversed(interview.events):
            if event["kind"] in ("interrupt", "answer", "note", "reveal", "card"):
                self.answering = event.get("followup")
                break
        self._do_notes()
        if self.answering:
            followup = content.by_id("follow-up", self.answering, self.asked.followups)
            self.screen.say("session.question", ask=followup.ask)

    def _wait(self, prompt: str) -> str:
        while (line := self.screen.ask(prompt)).strip() == "/help":
            self._do_help()
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
                if line.rstrip().endswith("?") and "ask" in self.interview.possible():
                    self.interview.ask(line.strip())
            else:
                self._nothing_more()
            if not self.done:
                self._follow("" if line.startswith("/") else line)
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
        if interview.state == "running" and phase.id == "questions" and interview.elapsed() < phase.end:
            self._do_ask()
        elif "card" in interview.possible():
            interview.card()
        elif was_answering:
            self.screen.say("session.back", title=phase.title)
        else:
            self._show_clock()

    def _do_next(self) -> None:
        if self.answering:
            self._nothing_more()
        elif self.interview.phase is self.asked.phases[-1]:
            self.screen.say("session.last_part")
        elif "reveal" not in self.interview.possible():
            self.screen.say("session.questions_first")
        else:
            self.interview.reveal()

    def _do_ask(self) -> None:
        try:
            self.interview.interrupt(self._weakest)
        except ValueError as error:
            self.screen.say("session.no_question", error=error)

    def _do_hint(self) -> None:
        followup = self.answering and content.by_id("follow-up", self.answering, self.asked.followups)
        self.interview.hint(followup.dimension if followup else None)

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
        self._stop_alarms()
        keep(self.interview, self.screen)
        line = self._wait(sentence("session.paused", at=minutes(self.interview.elapsed())))
        self.interview.resume()
        self._set_alarms()
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

    def _show_clock(self) -> None:
        self._clock_at = self.interview.elapsed()
        self.screen.tell(clock_line(self.interview))

    def _once(self, name: str) -> bool:
        """Whether this was not said before."""
        first = name not in self._told
        self._told.add(name)
        return first

    def _follow(self, line: str = "") -> None:
        """Let happen what is due, say what is new, and save. A `line` of words, once it is typed, has an end."""
        self.interview.advance(self._weakest, at_rest=True if line.strip() else None)
        for one in self.interview.lines:
            if self._once(one.id):
                self._show(one)
        keep(self.interview, self.screen)
        self._mind_the_phase()

    def _show(self, line: Line) -> None:
        screen = self.screen
        match line.kind:
            case "phase":
                self.answering = None
                screen.title(line.title)
                screen.tell(f"“{line.text}”")
                self._show_clock()
            case "question":
                if self.interview.phase.id in content.ASKED:
                    screen.say("session.interrupted")
                self.answering = line.id
                screen.say("session.question", ask=line.text)
            case "card":
                self.answering = None
                screen.say("session.card", title=line.title, text=line.text)
            case "hint":
                screen.say("both.hint")
                screen.points(line.text.splitlines())
            case "closing":
                self._show_clock()
                screen.tell(line.text)
            case "over":
                self._stop_alarms()
                screen.say("session.over", text=line.text)
            case _:
                screen.say("session.fact", text=line.text)

    def _mind_the_phase(self) -> None:
        interview, phase = self.interview, self.interview.phase
        if interview.state == "finished":
            return
        if interview.seconds_by_phase()[phase.id] > phase.seconds and self._once(f"over {phase.id}"):
            if interview.elapsed() - self._clock_at >= 1:
                self._show_clock()
            if phase.id in content.ASKED and interview.elapsed() < interview.floor:
                self.screen.say("session.phase_over")
        elif interview.elapsed() - self._clock_at >= 60:
            self._show_clock()

    def _set_alarms(self) -> None:
        """Ring when the interviewer wants to speak while the learner is typing: a line read later comes too late."""
        if self.screen.live and self.interview.state == "running":
            for moment in self.interview.moments():
                seconds = (moment - self.interview.elapsed()) / self.screen.speed
                self._alarms.append(threading.Timer(seconds, self.screen.say, ["session.alarm"]))
                self._alarms[-1].daemon = True
                self._alarms[-1].start()

    def _stop_alarms(self) -> None:
        for alarm in self._alarms:
            alarm.cancel()
        self._alarms.clear()
