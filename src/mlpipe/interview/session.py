"""One attempt at a terminal: the clock and the interviewer on the screen, notes line by line, saved at each."""

from __future__ import annotations

import threading

from mlpipe.interview import content, store
from mlpipe.interview.content import LEVELS, SAY, Card, FollowUp, minutes
from mlpipe.interview.engine import Interview, clock_line
from mlpipe.interview.screen import Screen, keep

COMMANDS = {
    "/next": "go on to the next phase (or to the interviewer's next question)",
    "/ask": "let the interviewer ask a question on this phase",
    "/hint": "help with this phase; what it is scored on then counts one level lower",
    "/notes": "show what you wrote in this phase",
    "/undo": "take your last line back",
    "/plan": "the minute plan beside the time that you took",
    "/pause": "stop the clock",
    "/finish": "end the interview and go on to the score",
    "/quit": "leave; everything is kept, and --resume goes on",
    "/help": "this list",
}


class Session:
    """One attempt at a terminal, from the start or a resume until /finish or the end of the input: `sit`."""

    def __init__(self, interview: Interview, screen: Screen) -> None:
        self.interview, self.screen = interview, screen
        self.asked = content.question(interview.question)
        self.answering: str | None = None  # the follow-up that is being answered
        self.done = False
        self._told: set[str] = set()  # what is said once
        self._clock_at = -60.0
        self._alarm: threading.Timer | None = None

    # The interview

    def sit(self) -> None:
        """Hold the interview. Raises EOFError or KeyboardInterrupt when the learner leaves; all is saved by then."""
        interview, screen = self.interview, self.screen
        try:
            if interview.state == "ready":
                self._welcome()
                interview.start()
                self._keep()
                self._show_phase()
            elif interview.state == "paused":
                self._welcome_back()
            self._set_alarm()
            while not self.done:
                self._line(screen.ask(self._prompt()))
        finally:
            self._stop_alarm()
            if interview.state == "running":
                interview.pause()
            if interview.state != "ready":
                self._keep()

    def _welcome(self) -> None:
        interview, screen = self.interview, self.screen
        screen.title(f"Mock interview: {self.asked.title}")
        screen.tell(self.asked.prompt)
        cards = "one constraint" if interview.n_cards == 1 else "two constraints"
        screen.tell(
            f"\n{interview.total / 60:.0f} minutes for the level {interview.target}: 12 are yours, then come 4 of "
            f"questions, then {cards}. Speak aloud, and type notes, one thought a line. Enter saves each line.\n"
            "Commands begin with a slash: /next goes on to the next phase, /help lists the others."
        )
        screen.tell(f"Saved in {store.folder(interview.question)} as {interview.attempt_id}, seed {interview.seed}.")
        self._wait("\nEnter starts the clock")

    def _welcome_back(self) -> None:
        interview, screen = self.interview, self.screen
        screen.title(f"Back in the interview: {self.asked.title}")
        for event in reversed(interview.events):
            if event["kind"] in ("interrupt", "answer", "note", "reveal", "card"):
                self.answering = event.get("followup")
                break
        screen.tell(f"You left at {minutes(interview.elapsed())} of {minutes(interview.total)}. Nothing is lost.")
        self._wait("\nEnter lets the clock go on")
        interview.resume()
        self._show_phase()
        for card in interview.dealt_cards:
            self._show_card(card)
        self._do_notes()
        if self.answering:
            self._show_followup(self.asked.followup(self.answering))

    def _wait(self, prompt: str) -> str:
        line = self.screen.ask(prompt)
        if line.strip() == "/quit":
            raise EOFError
        return line

    def _prompt(self) -> str:
        where = "answer" if self.answering else self.interview.phase.id
        return f"{minutes(self.interview.elapsed()):0>5} {where}"

    def _line(self, line: str) -> None:
        """One line that was typed: a command, an empty line, or words to keep."""
        try:
            if line.startswith("/"):
                self._command(line.split()[0])
            elif line.strip():
                self._write(line.rstrip())
            else:
                self._nothing_more()
            if self.done:
                return
            self._keep()
            self._mind_the_time()
        except ValueError as error:  # the time ran out between two steps
            self.screen.tell(str(error))

    def _command(self, name: str) -> None:
        if name == "/score":
            name = "/finish"
        if name not in COMMANDS:
            self.screen.tell(
                f"There is no command {name}. Commands: {', '.join(COMMANDS)}. "
                "To note a line that starts with a slash, put a space before it."
            )
            return
        if name in ("/next", "/ask", "/hint", "/pause") and self.interview.state == "finished":
            self.screen.tell("The time is over. Notes and answers stay open: type on, or /finish to score.")
            return
        getattr(self, f"_do_{name[1:]}")()

    def _write(self, line: str) -> None:
        self._set_lines([*self._lines(), line])
        if "floor" in self._told:
            self._told.add("closed")

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
            self._show_card(interview.card())
        elif was_answering:
            self.screen.tell(f"Back to you: {phase.title}.")
        else:
            self._show_clock()

    def _do_next(self) -> None:
        if self.answering:
            self._nothing_more()
            return
        if "reveal" not in self.interview.possible():
            self.screen.tell("This is the last part. /finish ends the interview.")
            return
        self.interview.reveal()
        self._show_phase()
        if self.interview.phase.id == "questions":
            self._do_ask()
        elif self.interview.phase.id == "constraint":
            self._show_card(self.interview.card())

    def _do_ask(self) -> None:
        try:
            followup = self.interview.interrupt(weakest=store.weakest(self.interview.question))
        except ValueError as error:
            self.screen.tell(f"The interviewer has no further question ({error}).")
            return
        self.answering = followup.id
        self._show_followup(followup)

    def _do_hint(self) -> None:
        if self.answering:
            about = self.asked.followup(self.answering).dimension
            self.interview.hint(about)
            (dimension,) = (one for one in content.dimensions() if one.id == about)
            wanted = dimension.levels[LEVELS.index(self.interview.target)]
            self.screen.tell(f"{dimension.name}, {self.interview.target}: {wanted}", "  ")
            return
        self.interview.hint()
        self.screen.tell(SAY["hint"])
        for point in self.interview.phase.covers:
            self.screen.tell(f"- {point}", "  ")

    def _do_notes(self) -> None:
        for line in self._lines() or ["nothing yet"]:
            self.screen.tell(line, "  ")

    def _do_undo(self) -> None:
        lines = self._lines()
        if lines:
            self._set_lines(lines[:-1])
            self.screen.tell(f"Taken back: {lines[-1]}")
        else:
            self.screen.tell("There is no line to take back here.")

    def _do_plan(self) -> None:
        spent = self.interview.seconds_by_phase()
        for phase in self.asked.phases:
            mark = "▸" if phase is self.interview.phase else " "
            took = f"you took {minutes(spent[phase.id])}" if spent[phase.id] else ""
            self.screen.tell(f"{mark} {phase.span:<14} {phase.title:<30} {took}".rstrip())

    def _do_pause(self) -> None:
        self.interview.pause()
        self._stop_alarm()
        self._keep()
        line = self._wait(f"Paused at {minutes(self.interview.elapsed())}. Enter goes on")
        self.interview.resume()
        self._set_alarm()
        if line.strip():
            self._line(line)

    def _do_finish(self) -> None:
        if self.interview.state != "finished":
            self.interview.finish()
        self.done = True

    def _do_quit(self) -> None:
        raise EOFError

    def _do_help(self) -> None:
        for name, text in COMMANDS.items():
            self.screen.tell(f"{name:<9}{text}", "  ")
        self.screen.tell("An empty line ends an answer, or shows the clock.", "  ")

    def _show_phase(self) -> None:
        self.screen.title(self.interview.phase.title)
        self.screen.tell(f"“{self.interview.phase.prompt}”")
        self._show_clock()

    def _show_followup(self, followup: FollowUp) -> None:
        self.screen.tell(f"\nThe interviewer asks: “{followup.ask}”")
        self.screen.tell("Answer in a line or more; an empty line ends the answer.")

    def _show_card(self, card: Card) -> None:
        self.screen.tell(f"\nWhat changes: {card.title}. “{card.text}”")

    def _show_clock(self) -> None:
        self._clock_at = self.interview.elapsed()
        self.screen.tell(clock_line(self.interview))

    def _mind_the_time(self) -> None:
        interview, phase = self.interview, self.interview.phase
        if interview.state == "finished":
            if "over" not in self._told:
                self._told.add("over")
                self._stop_alarm()
                self.screen.tell(
                    f"\n{minutes(interview.total)}: the time is over. Your last line is kept. Notes stay open until "
                    "you score: type on if you must, then /finish to score, or /quit to score later."
                )
            return
        if phase.start < interview.floor <= interview.elapsed() and not self.answering:
            if "closed" in self._told:
                self._take_the_floor()
            elif "floor" not in self._told:
                self._told.add("floor")
                self._show_clock()
                self.screen.tell(SAY["closing"])
        elif interview.interruption_due():
            self.screen.tell("\nYou are interrupted.")
            self._do_ask()
            self._keep()
        elif interview.seconds_by_phase()[phase.id] > phase.seconds and phase.id not in self._told:
            self._told.add(phase.id)
            if interview.elapsed() - self._clock_at >= 1:
                self._show_clock()
            if phase.id not in ("questions", "constraint"):
                self.screen.tell("The time planned for this phase is over: say the main point, then /next.")
        elif interview.elapsed() - self._clock_at >= 60:
            self._show_clock()

    def _take_the_floor(self) -> None:
        """The interviewer speaks now, whatever is left of the candidate's phases."""
        while self.interview.planned.start > self.interview.phase.end:
            self.interview.reveal()
        self.screen.tell("\nThank you. The interviewer goes on.")
        self._do_next()
        self._keep()

    def _set_alarm(self) -> None:
        """Tell the end of the time while the learner is typing; a line read later would come too late."""
        if not self.screen.live or self.interview.state != "running":
            return
        text = "\a\n-- The time is over. End your line and press Enter. --"
        self._alarm = threading.Timer(self.interview.remaining() / self.screen.speed, self.screen.tell, [text])
        self._alarm.daemon = True
        self._alarm.start()

    def _stop_alarm(self) -> None:
        if self._alarm:
            self._alarm.cancel()

    def _keep(self) -> None:
        keep(self.interview, self.screen)
