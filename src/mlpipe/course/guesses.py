"""Guesses: what a reader expects before a result is shown, and beside it how near that was."""

from __future__ import annotations

import math
import os
import re
import threading
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from typing import Any, NamedTuple

import mlpipe
from mlpipe.course.boxes import BAD, GOOD, NEUTRAL, box, lives, prose, render, show, sign
from mlpipe.course.claims import shown
from mlpipe.course.progress import mark_lesson
from mlpipe.course.record import read_record, update_record
from mlpipe.paths import home

RIGHT, NEAR = 1.1, 1.5  # factors between a guess and the result up to which it is called so
MOST = 1000  # a factor above it is only called large
_ID = re.compile(r"(t?\d+)\.[a-z0-9_]+")
_MARKS = {"right": ("✓", GOOD), "near": ("≈", NEUTRAL), "off": ("✗", BAD), "": ("▸", NEUTRAL)}


class Question(NamedTuple):
    """What is asked: one of the choices, or where there are none a number in a unit ("" for a plain number)."""

    id: str
    choices: tuple[str, ...]
    unit: str

    @property
    def lesson(self) -> str:
        """What stands before the name: "05", "t1"."""
        return self.id.partition(".")[0]

    def answer(self, given: Any) -> float | str:
        """A guess in the form that is kept. Raises ValueError that says how to write it."""
        return self._choice(given) if self.choices else self._number(given)

    def say(self, value: float | str, number: str = "") -> str:
        """A guess or a result in words; `number` is the number as people read it."""
        return value if isinstance(value, str) else f"{number or f'{value:,.15g}'} {self.unit}".rstrip()

    def _choice(self, given: Any) -> str:
        for one in self.choices:
            if isinstance(given, str) and " ".join(given.split()).casefold() == one.casefold():
                return one
        raise ValueError(f"the guess is {given!r}; choose one of {_quoted(self.choices)}")

    def _number(self, given: Any) -> float:
        text, how = str(given).strip(), "write a number in digits, such as 1.5"
        if not text:
            raise ValueError(f"no guess yet: {how}")
        if text.endswith("%") and self.unit != "%":
            raise ValueError(f"the guess is {given!r}, but the answer is {self.form}: {how}")
        if self.unit and text.casefold().endswith(self.unit.casefold()):
            text = text[: -len(self.unit)].strip()
        if "," in text:
            raise ValueError(f"the guess is {given!r}: write a point for decimals, and no comma: 1.5 or 1500")
        try:
            number = math.nan if isinstance(given, bool) else float(text.replace("−", "-"))
        except ValueError:
            raise ValueError(f"the guess is {given!r}, but the answer is {self.form}: {how}") from None
        if not math.isfinite(number):
            raise ValueError(f"the guess is {given!r}; any number is better than none: {how}")
        return number

    @property
    def form(self) -> str:
        """What an answer is."""
        return f"a number in {self.unit}" if self.unit else "a plain number"


# Of this kernel. A guess counts when it came before the result.
_lock = threading.RLock()  # JupyterLab hands over what a box takes in a thread of its own
_asked: dict[str, Question] = {}
_given: dict[str, float | str] = {}
_results: dict[str, dict[str, Any]] = {}  # as they are stored with the output
_boxes: dict[str, Any] = {}  # the last one of each question


def guess(id: str, yours: float | str | None = None, *, choices: Sequence[str] | None = None, unit: str = "") -> None:
    """Take the reader's guess; the question itself stands in the text above.

    Parameters
    ----------
    id : the lesson, then a name, such as "05.factors"; `reveal` takes the same
    yours : the guess, for who gives it by code
        A question that was asked before needs no second time its choices or unit.
    choices : what there is to choose from, two to six texts; None asks for a number
    unit : of the number, such as "%"

    Raises
    ------
    ValueError
        For an id, choices or a unit that make no question, and for a guess that is none of the choices or no number.

    Examples
    --------
    >>> guess("99.share", unit="%")
    Your guess: which number in %? Type it in JupyterLab, or call guess("99.share", ...).
    >>> guess("99.share", 40)
    Your guess: 40 %. You may change it until the result is shown.
    """
    with _lock:
        if yours is not None and choices is None and not unit and id in _asked:
            question = _asked[id]
        else:
            question = _asked[id] = _question(id, choices, unit)
        mark_lesson(question.lesson)
        if yours is not None:
            text, written = _take(question, yours)
            if id in _boxes:
                _boxes[id].tell(text, written)
        else:
            _remember(question)
            text = _invitation(question)
            if id not in _results and _boxes_live():
                _ask(question)
                return
        _tell(question, text)


def reveal(id: str, value: float | str, *, fmt: str | None = None) -> None:
    """Show the result beside the guess, and how near the guess was.

    Parameters
    ----------
    id : of the question, as `guess` got it
    value : the result, computed by this run: a number in the unit of the question, or one of its choices
    fmt : format specification for a number, such as ".1f"

    Raises
    ------
    ValueError
        For a question that was not asked in this run, and a value that is no finite number or none of the choices.

    Examples
    --------
    >>> guess("99.half", 12, unit="%")
    Your guess: 12 %. You may change it until the result is shown.
    >>> reveal("99.half", 50, fmt=".1f")
    ✗ The result: 50.0 %. Your guess was 12 %: 4.2 times too low.
    """
    with _lock:
        _reveal(id, value, fmt)


def guesses() -> None:
    """Show how near the guesses of this lesson were: a line a question, and their sum in a sentence.

    Examples
    --------
    >>> guesses()  # doctest: +SKIP
    You guessed at 1 of 2 questions: 1 right.
      question   your guess   the result   how near
      half       50 %         50.0 %       right
      factors    no guess     a tenth
    """
    if not _given and not lives():
        text = "Your guesses: how near they were stands here when you run this lesson."
        show(box(NEUTRAL, prose(text)), text, {"guesses": []})
        return
    rows = [_results.get(id, {"id": id, "shown": "not shown yet", "guess": None, "verdict": ""}) for id in _asked]
    rows = [row | {"guess": _said(row["id"])} for row in rows]
    title = _sum(rows)
    table = [
        (row["id"].partition(".")[2].replace("_", " "), row["guess"], row["shown"], row["verdict"]) for row in rows
    ]
    head = ("question", "your guess", "the result", "how near")
    widths = [max(map(len, column)) for column in zip(head, *table, strict=True)]
    lines = [
        "   ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in (head, *table)
    ]
    page = render("guesses.html", colour=NEUTRAL, title=title, head=head, rows=table)
    show(page, "\n  ".join([title, *lines]), {"guesses": rows})


def _reveal(id: str, value: Any, fmt: str | None) -> None:
    if id not in _asked:
        known = ", ".join(sorted(_asked)) or "none yet"
        raise ValueError(
            f"reveal: {id!r} was not asked in this run (asked: {known}): run its cell with guess(...) first"
        )
    question = _asked[id]
    result, number = _result(question, value, fmt)
    answer = _given.get(id)
    verdict, words = "", ""
    if answer is not None:
        same = answer == result or (not isinstance(answer, str) and _in_form(answer, fmt) == number)
        verdict, words = ("right", "right") if same else judge(answer, result)
    row = {
        "id": id,
        "shown": question.say(result, number),
        "value": result,
        "guess": None if answer is None else question.say(answer),
        "verdict": verdict,
    }
    _results[id] = row
    _close(question)
    mark, colour = _MARKS[verdict]
    said = f"The result: {row['shown']}."
    if answer is not None:
        said += f" Your guess was {row['guess']}: {words}."
        said += _record(question, row)
    elif lives():
        said += " No guess was taken; the next time, guess first."
        if id in _boxes and _boxes[id].is_missed():
            said += f" If there is no box, call `{_call(question)}`."
    show(box(colour, f"{sign(colour, mark)} {prose(said)}"), f"{mark} {said}".replace("`", ""), {"reveal": row})


def _in_form(answer: float, fmt: str | None) -> str:
    """A guess in the form of the result, or nothing where that form takes whole numbers and the guess is none."""
    try:
        return shown(int(answer) if answer.is_integer() else answer, fmt)
    except ValueError:
        return ""


def judge(guess: float | str, result: float | str) -> tuple[str, str]:
    """How near a guess that is not the result is: "right", "near" or "off", and that in words."""
    if isinstance(guess, str) or isinstance(result, str):
        return "off", "not so"
    if guess * result <= 0:  # no factor leads from one to the other
        return "off", "too low" if guess < result else "too high"
    factor = max(guess / result, result / guess)
    if factor <= RIGHT:
        return "right", "right, within a tenth"
    if factor <= NEAR:
        return "near", f"near, within a factor of {NEAR:g}"
    times = (
        f"more than {MOST:,}"
        if factor > MOST
        else f"{factor:.0f}"
        if factor > 9.95
        else f"{factor:.1f}".removesuffix(".0")
    )
    larger, smaller = ("too high", "too low") if result > 0 else ("too far below 0", "too near to 0")
    return "off", f"{times} times {larger if abs(guess) > abs(result) else smaller}"


def _question(id: Any, choices: Any, unit: Any) -> Question:
    """The question that the arguments make. Raises ValueError where they make none."""
    if not isinstance(id, str) or not _ID.fullmatch(id):
        raise ValueError(f'id is {id!r}; expected lesson and name in lower case, such as "05.factors"')
    if not isinstance(unit, str):
        raise ValueError(f'guess {id}: unit is {unit!r}; expected a text such as "%", or "" for a plain number')
    if choices is None:
        return Question(id, (), unit.strip())
    fine = isinstance(choices, list | tuple) and all(isinstance(one, str) and one.strip() for one in choices)
    if not fine or not 2 <= len({one.strip().casefold() for one in choices}) == len(choices) <= 6:
        raise ValueError(f"guess {id}: choices is {choices!r}; expected two to six texts, each another one")
    if unit:
        raise ValueError(f"guess {id}: choices and unit are given; a choice has no unit: leave one of them out")
    return Question(id, tuple(" ".join(one.split()) for one in choices), "")


def _result(question: Question, value: Any, fmt: str | None) -> tuple[float | str, str]:
    """The result in the form that is kept, and a number as people read it. Raises ValueError for what is none."""
    if not question.choices:
        from mlpipe.arguments import number  # not with the first cell's import: it brings SciPy

        result = number(f"reveal {question.id}: value", value, so="one finite number: look where it was computed")
        return result, shown(value, fmt)
    if fmt is not None:
        raise ValueError(f"reveal {question.id}: fmt is {fmt!r}, but the answer is one of the choices: leave it out")
    if value not in question.choices:
        raise ValueError(f"reveal {question.id}: value is {value!r}; expected one of {_quoted(question.choices)}")
    return str(value), ""


def _take(question: Question, given: Any) -> tuple[str, str]:
    """Take a guess, unless its result was shown: what was made of it in words, and the guess as it would be typed.

    Raises ValueError for what is no guess.
    """
    with _lock:
        id, answer = question.id, question.answer(given)
        if id in _results:
            text = _invitation(question) if answer == _given.get(id) else _too_late(id)
        else:
            _given[id] = answer
            text = f"Your guess: {_said(id)}. You may change it until the result is shown."
            text += _record(question, {})
        return text, _written(id)


def _remember(question: Question) -> None:
    """Take up the guess of an earlier run of this reader."""
    if lives() and question.id not in _given and question.id not in _results:
        found = read_record(_path(question)).get(question.id)
        if isinstance(found, dict):
            with suppress(ValueError):  # the question has other choices now
                _given[question.id] = question.answer(found.get("guess"))


def _boxes_live() -> bool:
    """Whether a box would be shown: in JupyterLab and Notebook, which name their session, and not if none ever was."""
    missed = any(box.is_missed() for box in _boxes.values()) and not any(box.answered for box in _boxes.values())
    return lives() and "JPY_SESSION_NAME" in os.environ and not missed


def _ask(question: Question) -> None:
    """Show a box; where it cannot live any more stands how to give the guess by code."""
    from mlpipe.course.guess_box import Box  # brings ipywidgets

    if question.id in _boxes:
        _boxes[question.id].close()
    made = _boxes[question.id] = Box(question.choices, question.unit, lambda given: _take(question, given))
    if question.id in _given:
        made.tell(_invitation(question), _written(question.id))
    _tell(question, _invitation(question), made)


def _tell(question: Question, text: str, live: Any = None, instead: Any = None) -> None:
    """Show a line, where a box is `live` that, or the line `instead` of an earlier box."""
    record = {"id": question.id, "choices": list(question.choices), "unit": question.unit}
    show(box(NEUTRAL, prose(text)), text.replace("`", ""), {"guess": record}, live, instead)


def _close(question: Question) -> None:
    """Put a line in the place of the box: a notebook that is opened again has no kernel to make it live."""
    if (shown_box := _boxes.get(question.id)) and not shown_box.closed:
        text = f"Your guess: {_said(question.id)}." if question.id in _given else "No guess was taken."
        _tell(question, text, instead=shown_box)
        shown_box.close()


def _call(question: Question) -> str:
    """How to give the guess by code."""
    example = f'"{question.choices[0]}"' if question.choices else "..."
    return f'guess("{question.id}", {example})'


def _invitation(question: Question) -> str:
    """What stands in place of the box: the guess that was given, or how to give one."""
    if question.id in _given:
        return f"Your guess: {_said(question.id)}."
    if question.choices:
        what, how = ", ".join(f"“{one}”" for one in question.choices), "Choose"
    else:
        what, how = f"which number{question.unit and ' in '}{question.unit}", "Type it"
    return f"Your guess: {what}? {how} in JupyterLab, or call `{_call(question)}`."


def _too_late(id: str) -> str:
    kept = (
        f"Your guess stays {_said(id)}." if id in _given else "So this guess does not count; guess first the next time."
    )
    return f"The result was shown already: {_results[id]['shown']}. {kept}"


def _said(id: str) -> str:
    """The guess in words."""
    return _asked[id].say(_given[id]) if id in _given else "no guess"


def _sum(rows: list[dict[str, Any]]) -> str:
    """One sentence about all guesses."""
    if not rows:
        return "No question was asked in this run: run the cells above first."
    n_given = sum(row["id"] in _given for row in rows)
    counts = [(word, sum(row["verdict"] == word for row in rows)) for word in ("right", "near", "off")]
    found = ", ".join(f"{count} {word}" for word, count in counts if count)
    asked = f"You guessed at {n_given} of {len(rows)} question{'s' * (len(rows) > 1)}"
    return f"{asked}: {found}." if found else f"{asked}."


def _written(id: str) -> str:
    """The guess as it would be typed or chosen; "" for none."""
    answer = _given.get(id, "")
    return answer if isinstance(answer, str) else f"{answer:.15g}"


def _path(question: Question) -> Path:
    return home() / "guesses" / f"{question.lesson}.json"


def _record(question: Question, row: dict[str, Any]) -> str:
    """Write a guess, and what came of it, into the reader's record; what prevents it, as a sentence to be added."""
    entry = {
        "guess": _given[question.id],
        "said": _said(question.id),
        "result": row.get("shown"),
        "verdict": row.get("verdict", ""),
        "version": mlpipe.__version__,
    }
    try:  # a folder that cannot be written costs the reader's own record, not the lesson
        update_record(_path(question), question.id, entry)
    except OSError as error:
        return f" Your record was not written ({error}); set MLPIPE_HOME to a folder of yours."
    return ""


def _quoted(choices: Sequence[str]) -> str:
    return ", ".join(f'"{one}"' for one in choices)
