"""A terminal as the interview needs it: lines in, wrapped text out, a clock, and attempts that are saved."""

from __future__ import annotations

import re
import textwrap
import time
from collections.abc import Callable, Iterable
from pathlib import Path

from mlpipe.interview import store
from mlpipe.interview.content import sentence
from mlpipe.interview.engine import Interview
from mlpipe.interview.views import render

# what would change the screen: a peer's file may hold it, and the bell is the interviewer's own
_CONTROL = re.compile("[\x00-\x06\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")


class Screen:
    """Where text goes and lines come from; all three can be replaced, which is how tests type.

    `ask` shows a prompt and returns a line, or raises EOFError when there are no more, as `input` does; `tell` shows a
    text; `clock` returns seconds. `width` is that of the screen; `speed` lets the clock run faster.
    """

    def __init__(
        self,
        ask: Callable[[str], str] = input,
        tell: Callable[[str], None] = print,
        clock: Callable[[], float] = time.monotonic,
        width: int = 80,
        speed: int = 1,
    ) -> None:
        self._ask, self._tell, self._clock, self.width, self.speed = ask, tell, clock, width, speed
        self.trouble = ""  # what prevented the last save
        self.live = ask is input  # somebody sits there and may be typing while the time runs out

    def clock(self) -> float:
        """Seconds, from any start."""
        return self._clock() * self.speed

    def ask(self, prompt: str) -> str:
        """The line typed after a prompt. Bytes that are no text are replaced, so that the line can be saved."""
        return self._ask(f"{prompt} > ").encode("utf-8", "replace").decode()

    def tell(self, text: str = "") -> None:
        """Show text, its lines broken at the width of the screen; lines of a list and of notes keep their indent."""
        text = _CONTROL.sub("\N{REPLACEMENT CHARACTER}", text)
        wrapped = textwrap.TextWrapper(self.width, break_long_words=False, break_on_hyphens=False)  # a path stays whole
        for line in text.splitlines() or [""]:
            mark = "".join(re.findall(r"^ *(?:\| |- |\d  )?", line))
            wrapped.subsequent_indent = mark if "|" in mark else " " * len(mark)
            self._tell(wrapped.fill(line))

    def page(self, name: str, **values: object) -> None:
        """Show text from a template."""
        self.tell(render(name, **values).rstrip("\n"))

    def say(self, key: str, **values: object) -> None:
        """Show one of the sentences of the content, filled in."""
        self.tell(sentence(key, **values))

    def points(self, texts: Iterable[str]) -> None:
        """Show a list."""
        for text in texts:
            self.tell(f"  - {text}")

    def numbered(self, texts: Iterable[str]) -> None:
        """Show a list to choose from."""
        for number, text in enumerate(texts, start=1):
            self.tell(f"  {number}  {text}")

    def title(self, text: str) -> None:
        """Show a heading after an empty line."""
        self._tell("\n" + f"── {text} ".ljust(self.width, "─"))


def keep(interview: Interview, screen: Screen) -> Path | None:
    """Save the attempt and return its file, or None; what prevents it is told. What was typed stays in memory."""
    try:
        path = store.save(interview)
    except ValueError as error:  # another window has the file: this attempt goes on beside it
        interview.attempt_id = store.new_attempt_id()
        screen.tell(f"{error}. From now on this one is {interview.attempt_id}.")
        return keep(interview, screen)
    except OSError as error:
        if str(error) != screen.trouble:  # not again at each line
            screen.tell(error.strerror or str(error))
        screen.trouble = str(error)
        return None
    if screen.trouble:
        screen.tell("Saved again, with all that you typed.")
        screen.trouble = ""
    return path
