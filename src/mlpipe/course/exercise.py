"""Exercises: check, hint, solution, reset.

An exercise is data: a stub, three hints, a solution, another right answer, and a bank of wrong answers. An answer is
right when it agrees with the solution on fresh random inputs. A wrong answer that behaves like one of the bank is told
which mistake it is.
"""

from __future__ import annotations

import ast
import importlib
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from typing import Any

import numpy as np

from mlpipe.course import libraries
from mlpipe.course._show import BAD, GOOD, NEUTRAL, box, code, prose, show, sign

libraries.remember()  # before a reader's code can change them


@dataclass(frozen=True)
class Mistake:
    """A named misconception: a wrong answer that makes it, and what to tell who made it."""

    name: str
    message: str
    code: str


@dataclass(frozen=True)
class Definition:
    """An exercise as its author writes it. All code is source text that runs by itself and defines one function.

    `draw(rng, number)` returns the arguments of check number 0, 1 and 2; the first is small, so that it can be shown,
    and the sizes differ. `takeaway` is told after a right answer. With `choices` the answer is one of these names: the
    function takes no arguments, and `draw` returns none.
    """

    id: str
    title: str
    stub: str
    hints: tuple[str, str, str]  # nudge, idea, nearly code; none contains the answer
    solution: str
    another: str
    mistakes: tuple[Mistake, ...]
    draw: Callable[[np.random.Generator, int], tuple[Any, ...]]
    takeaway: str
    core: bool = False
    tolerance: float = 1e-4  # relative: a right answer may compute in single precision
    choices: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        """The function that the stub defines."""
        return [node.name for node in ast.parse(self.stub).body if isinstance(node, ast.FunctionDef)][-1]

    def function(self, source: str) -> Callable[..., Any]:
        """Run `source` and return the function that the exercise asks for."""
        namespace: dict[str, Any] = {}
        exec(compile(source, f"<{self.id}>", "exec"), namespace)  # our own text, never a reader's
        return namespace[self.name]


@dataclass(frozen=True)
class Feedback:
    """What a check found: `state` is "not attempted", "correct" or "incorrect"; then `misconception` has a name."""

    id: str
    state: str
    message: str
    misconception: str | None = None

    def __str__(self) -> str:
        mark = {"correct": "✓ Correct.", "incorrect": "✗ Not yet.", "not attempted": "○ Not attempted yet."}[self.state]
        label = f" [{self.misconception.replace('_', ' ')}]" if self.misconception else ""
        return f"{mark}{label} {self.message}"

    def _ipython_display_(self) -> None:
        """Nothing: `check` has shown it already, also when it is not the last line of a cell."""


def exercise(id: str) -> Exercise:
    """The exercise with this id, such as "05.user_step". Raises ValueError for an unknown one, naming the known.

    >>> exercise("00.share_of_likes").check(None).state
    ○ Not attempted yet. Write your answer in the cell above, run it, then run this cell again.
    'not attempted'
    """
    return _exercise(id)


@cache
def _exercise(id: str) -> Exercise:
    return Exercise(find(id))


def definitions(lesson: str) -> tuple[Definition, ...]:
    """The exercises of a lesson ("05"), or none."""
    try:
        module = importlib.import_module(f"mlpipe.course.exercises.lesson_{lesson}")
    except ModuleNotFoundError:
        return ()
    return module.EXERCISES


def find(id: str) -> Definition:
    """The definition with this id. Raises ValueError for an unknown one, naming the known."""
    known = {definition.id: definition for definition in definitions(str(id).split(".")[0])}
    if id not in known:
        listed = ", ".join(known) or "this lesson has none"
        raise ValueError(f"no exercise {id!r}; known: {listed}")
    return known[id]


class Exercise:
    """What a reader holds: `check(answer)`, `hint()`, `solution()`, `reset()`."""

    def __init__(self, definition: Definition):
        self._definition = definition
        self._hints_shown = 0

    def __repr__(self) -> str:
        return f"exercise({self._definition.id!r}): .check({self._definition.name}), .hint(), .solution(), .reset()"

    def check(self, answer: Any) -> Feedback:
        """Try the answer on fresh random inputs and show what was found. Never raises, whatever the answer does.

        What the answer prints is shown, too. Other side effects, such as a list of the notebook to which it appends,
        are not to be seen afterwards where the answer is tried in a process of its own (on Linux).
        """
        from mlpipe.course.checking import examine

        feedback = examine(self._definition, answer)
        colour = {"correct": GOOD, "incorrect": BAD}.get(feedback.state, NEUTRAL)
        mark, _, rest = str(feedback).partition(".")
        show(
            box(colour, f"{sign(colour, mark + '.')} {prose(rest.strip())}"),
            str(feedback),
            {"exercise": {"id": feedback.id, "state": feedback.state, "misconception": feedback.misconception}},
        )
        return feedback

    def hint(self) -> None:
        """Show the next of three hints: a nudge, the idea, nearly code."""
        hints = self._definition.hints
        number = min(self._hints_shown, len(hints) - 1)
        self._hints_shown = number + 1
        more = (
            "call .hint() again for more" if number + 1 < len(hints) else "the last hint; .solution() shows an answer"
        )
        title = f"Hint {number + 1} of {len(hints)}"
        self._show(title, prose(hints[number]), hints[number], f"({more})")

    def solution(self) -> None:
        """Show the solution and another right answer."""
        first, second = self._definition.solution.strip(), self._definition.another.strip()
        title = "One solution; below it, another"
        self._show(title, code(first) + code(second), f"{first}\n\n# another\n{second}", self._definition.takeaway)

    def reset(self) -> None:
        """Show the stub again, to be pasted over the answer, and start the hints anew."""
        self._hints_shown = 0
        self._show("Start again from", code(self._definition.stub), self._definition.stub.strip(), "")

    def _show(self, title: str, html_body: str, text: str, after: str) -> None:
        plain = f"{title}\n{text}" + (f"\n{after}" if after else "")
        parts = (
            [f"<strong>{title}</strong>", html_body, prose(after)]
            if after
            else [f"<strong>{title}</strong>", html_body]
        )
        show(box(NEUTRAL, *parts), plain, {"exercise": {"id": self._definition.id, "shown": title}})
