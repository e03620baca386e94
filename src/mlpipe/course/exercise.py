"""Exercises as a reader holds them: check, hint, solution, reset. What one is made of: `definition`."""

from __future__ import annotations

from functools import cache
from typing import Any

from mlpipe.course.boxes import BAD, GOOD, NEUTRAL, code, prose, render, show
from mlpipe.course.checking import Feedback, examine
from mlpipe.course.definition import Definition, find
from mlpipe.course.progress import mark_exercise


@cache
def exercise(id: str) -> Exercise:
    """Give the exercise with this id.

    Parameters
    ----------
    id : the lesson, then a name, such as "05.user_step"

    Returns
    -------
    Exercise
        The same one each time: it knows which hints were shown.

    Raises
    ------
    ValueError
        For an unknown id, naming the known.

    Examples
    --------
    >>> exercise("00.share_of_likes").check(None).state
    ○ Not attempted yet. Write your answer in the cell above, run it, then run this cell again.
    'not attempted'
    """
    return Exercise(find(id))


class Exercise:
    """What a reader holds: `check(answer)`, `hint()`, `solution()`, `reset()`.

    Parameters
    ----------
    definition : what it asks, and how answers are told apart
    """

    def __init__(self, definition: Definition):
        self._definition = definition
        self._hints_shown = 0

    def __repr__(self) -> str:
        return f"exercise({self._definition.id!r}): .check({self._definition.name}), .hint(), .solution(), .reset()"

    def check(self, answer: Any) -> Feedback:
        """Try an answer on fresh random inputs and show what was found. Never raises, whatever the answer does.

        What the answer prints is shown, too. Other side effects, such as a list of the notebook to which it appends,
        are not to be seen afterwards where the answer is tried in a process of its own (on Linux).

        Parameters
        ----------
        answer : the function itself, not what it returns

        Returns
        -------
        Feedback
            With `state`, `message` and the name of the `misconception`.
        """
        feedback = examine(self._definition, answer)
        colour = {"correct": GOOD, "incorrect": BAD}.get(feedback.state, NEUTRAL)
        mark, _, rest = str(feedback).partition(".")
        page = render("feedback.html", colour=colour, mark=f"{mark}.", message=rest.strip())
        kept = {"id": feedback.id, "state": feedback.state, "misconception": feedback.misconception}
        show(page, str(feedback), {"exercise": kept})
        mark_exercise(feedback.id, feedback.state, feedback.misconception)
        return feedback

    def hint(self) -> None:
        """Show the next of three hints: a nudge, the idea, nearly code."""
        hints = self._definition.hints
        number = self._hints_shown = min(self._hints_shown + 1, len(hints))
        more = "call .hint() again for more" if number < len(hints) else "the last hint; .solution() shows an answer"
        text = hints[number - 1]
        self._show(f"Hint {number} of {len(hints)}", prose(text), text, f"({more})")

    def solution(self) -> None:
        """Show the solution and another right answer."""
        first, second = self._definition.solution.strip(), self._definition.another.strip()
        title = "One solution; below it, another"
        self._show(title, code(first) + code(second), f"{first}\n\n# another\n{second}", self._definition.takeaway)

    def reset(self) -> None:
        """Show the stub again, to be pasted over the answer, and start the hints anew."""
        self._hints_shown = 0
        self._show("Start again from", code(self._definition.stub), self._definition.stub.strip(), "")

    def _show(self, title: str, page: str, text: str, after: str) -> None:
        page = render("titled.html", colour=NEUTRAL, title=title, body=page, after=after)
        plain = f"{title}\n{text}" + (f"\n{after}" if after else "")
        show(page, plain, {"exercise": {"id": self._definition.id, "shown": title}})
