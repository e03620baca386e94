"""The box that takes a guess in JupyterLab: choices or a number, and what was made of it.

As in the interview's room, traits go to the browser only, and what the reader does comes as a message.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import anywidget
import traitlets as t

LONGEST = 1000  # characters of a guess
PATIENCE = 10  # seconds that a page may take to show a box


class Box(anywidget.AnyWidget):
    """Asks, and hands what the reader gives to `take`: it says what was made of it and what is kept now.

    A ValueError of `take` is told as it is, and what the reader typed stays to be mended.
    """

    _esm = Path(__file__).with_name("box.js")
    _css = Path(__file__).with_name("box.css")

    choices = t.List(t.Unicode()).tag(sync=True)  # none: a number
    unit = t.Unicode().tag(sync=True)
    kept = t.Unicode().tag(sync=True)  # the guess as it is written or chosen, "" for none
    told = t.Dict().tag(sync=True)  # text, bad, n: grows with each answer

    def __init__(self, choices: tuple[str, ...], unit: str, take: Callable[[str], tuple[str, str]]) -> None:
        super().__init__(choices=list(choices), unit=unit, told={"text": "", "bad": False, "n": 0})
        self.answered = self.closed = False  # answered: by a page that shows it
        self._made = time.monotonic()
        self._take = take
        self.on_msg(self._receive)

    def tell(self, text: str, kept: str | None = None) -> None:
        """Show a sentence and the guess that is kept now, or where there is none, what is wrong."""
        with self.hold_sync():
            self.kept = self.kept if kept is None else kept
            self.told = {"text": text, "bad": kept is None, "n": self.told["n"] + 1}

    def is_missed(self) -> bool:
        """Whether no page has answered in good time: anywidget is not where this JupyterLab looks for it."""
        return not self.answered and time.monotonic() - self._made > PATIENCE

    def close(self) -> None:
        """Take nothing any more."""
        self.closed = True
        super().close()

    def _receive(self, _: Any, message: Any, buffers: list[Any]) -> None:
        self.answered = True
        given = message.get("guess") if isinstance(message, dict) else None
        if isinstance(given, str):
            try:
                self.tell(*self._take(given[:LONGEST]))
            except ValueError as error:
                text = str(error)
                self.tell(text[:1].upper() + text[1:])
