"""How an answer is examined: on copies of fresh inputs, with limits, and never with an exception of its own.

The answer is called, and what it returns is compared, where it can do no harm: see `trial`. The usual check takes some
ten milliseconds more than the calls themselves.
"""

from __future__ import annotations

import ast
import contextlib
import copy
import dis
import inspect
import itertools
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import partial
from operator import attrgetter
from types import CodeType, FunctionType
from typing import Any

import numpy as np
import pandas as pd

from mlpipe.course import libraries
from mlpipe.course.comparison import differences, same
from mlpipe.course.definition import Definition, Mistake
from mlpipe.course.trial import Tell, attempt, plain, silent

SECONDS = 5.0  # for one call on one draw; solutions take milliseconds
DRAWS = 3
MESSAGE = 5_000  # characters of a message: an error's text can be as long as its input
NOT_ATTEMPTED = ("not attempted", "Write your answer in the cell above, run it, then run this cell again.")

Cases = list[tuple[Any, ...]]
Bank = Iterable[tuple[Mistake, Iterable[Any]]]


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


def examine(definition: Definition, answer: Any, seed: int | None = None, seconds: float = SECONDS) -> Feedback:
    """Compare an answer with the solution on fresh draws and name the mistake when it differs.

    `seed=None` draws fresh inputs each time, so constants that pass once do not pass again. What the answer prints is
    shown; what else it changes in the notebook is lost where it is tried in a process of its own (`trial`).
    """
    if answer is None or answer is ... or _is_stub(definition, answer):
        return Feedback(definition.id, *NOT_ATTEMPTED)
    incorrect = partial(Feedback, definition.id, "incorrect")
    changed = libraries.replaced()
    try:
        cases, expected = ([], []) if changed else solved(definition, seed)
    except Exception as error:
        changed = f"the solution itself stops with {type(error).__name__}"
    if changed:
        what = f"No answer can be checked in this kernel, since something that the check uses was changed: {changed}."
        return incorrect(f"{what} Give your own things other names, and restart the kernel.", "library_was_changed")

    def work(tell: Tell) -> tuple[str, str, str | None]:
        try:
            found = judge(definition, answer, cases, expected, tell)
        except BaseException as error:
            what = f"What you pass, or what it returns, cannot be looked at: {type(error).__name__}."
            found = incorrect(what, "cannot_be_examined")
        return found.state, plain(found.message, MESSAGE), found.misconception

    report = attempt(work, seconds)
    if report.result is not None:
        return Feedback(definition.id, *report.result)
    if report.ended:
        what = f"Your function ended the process in which it was tried ({report.ended})."
        why = "Does it end Python, call itself without end, or fill the memory? Return a value instead."
        return incorrect(f"{what} {why}", "ends_the_process")
    what, why, name = "What your function returns could not be compared", "", "cannot_be_examined"
    if report.stage == "call":
        what, why, name = "Your function did not return", " Is there a loop that never ends?", "never_returns"
    stuck = " It cannot be stopped and still runs: restart the kernel." if report.stuck else ""
    return incorrect(f"{what} within {seconds:g} seconds.{why}{stuck}", name)


def solved(definition: Definition, seed: int | None) -> tuple[Cases, list]:
    """The arguments of each draw, and what the solution makes of them."""
    rng = np.random.default_rng(seed)
    cases = [definition.draw(rng, number) for number in range(DRAWS)]
    return cases, [definition.answer(*copy.deepcopy(arguments)) for arguments in cases]


def bank(definition: Definition, cases: Cases, tell: Tell = silent) -> Bank:
    """Each mistake with what it makes of the draws, one by one: the first, small one tells most of them apart."""

    def made(function: Callable) -> Iterator[Any]:
        for arguments in cases:
            tell("compare")
            yield function(*copy.deepcopy(arguments))

    return ((mistake, made(mistake.answer)) for mistake in definition.mistakes)


def judge(
    definition: Definition, answer: Any, cases: Cases, expected: list, tell: Tell = silent, known: Bank | None = None
) -> Feedback:
    """Call the answer on each draw, here and without limits, and say what was found. `known`: the bank, if at hand."""
    incorrect = partial(Feedback, definition.id, "incorrect")
    tell("look")
    if not callable(answer):
        found = f"Found: {type(answer).__name__} {_short(answer)}."
        what = f"Pass the function itself: `.check({definition.name})`, without calling it. {found}"
        return incorrect(what, "not_a_function")
    results, wanted = [], inspect.signature(definition.answer)
    for arguments in cases:
        given = copy.deepcopy(arguments)
        with contextlib.suppress(ValueError):  # some built-ins have no signature; the call itself will tell
            taken = inspect.signature(answer)
            try:
                taken.bind(*given)
            except TypeError:
                what = f"Your function takes {taken}; it is called with {wanted}. Keep the stub's arguments."
                return incorrect(what, "wrong_arguments")
        depth, stopped = sys.getrecursionlimit(), None
        tell("call")
        try:
            results.append(answer(*given))
        except BaseException as error:  # also SystemExit: a learner's exit() must not end the lesson
            stopped = error
        sys.setrecursionlimit(depth)
        tell("compare")
        if stopped is not None:
            where = _where(stopped)
            return incorrect(where, "raises_an_error") if where else Feedback(definition.id, *NOT_ATTEMPTED)
        if changed := libraries.replaced():
            what = f"Your function changes what others use: {changed}. Use a name of your own."
            return incorrect(what, "changes_a_library")
        if not _unchanged(given, arguments):
            what = "Your function changes its arguments in place; the caller still needs them. Work on a copy."
            return incorrect(what, "changes_its_input")
    right = [same(got, want, definition.tolerance) for got, want in zip(results, expected, strict=True)]
    if all(right):
        tried = "" if definition.choices else f" (Tried on {len(cases)} fresh random inputs.)"
        return Feedback(definition.id, "correct", f"{definition.takeaway}{tried}")
    known = bank(definition, cases, tell) if known is None else known
    if mistake := _recognise(known, results, expected, definition.tolerance):
        return incorrect(mistake.message, mistake.name)
    if definition.choices:  # what was expected is the answer: it must not be shown
        return incorrect(f"Return one of these, as text: {', '.join(definition.choices)}.", "no_such_name")
    first, names = right.index(False), list(wanted.parameters)
    name, what = _describe(names, cases[first], results[first], expected[first], definition.tolerance)
    return incorrect(what, name)


def _unchanged(after: Any, before: Any) -> bool:
    try:
        if isinstance(before, dict):
            return after.keys() == before.keys() and all(_unchanged(after[k], before[k]) for k in before)
        if isinstance(before, list | tuple):
            return len(after) == len(before) and all(map(_unchanged, after, before))
        if isinstance(before, np.ndarray):
            return after.dtype == before.dtype and same(after, before, 0.0)
        if isinstance(before, pd.DataFrame | pd.Series):
            return type(after) is type(before) and after.equals(before)
        return bool(after == before)
    except Exception:  # what can no longer be compared was changed
        return False


def _is_stub(definition: Definition, answer: Any) -> bool:
    """Whether the answer is the stub, as a module or as a notebook compiles it: statement by statement.

    A call of what the same compilation imports is compiled in another way, so the two can differ.
    """
    module = ast.parse(definition.stub)
    compiled = (compile(part, "", "exec").co_consts for part in (module, ast.Module(module.body[-1:], [])))
    does = attrgetter("co_code", "co_consts", "co_names")
    stubs = [does(code) for code in itertools.chain(*compiled) if isinstance(code, CodeType)]
    return isinstance(answer, FunctionType) and does(answer.__code__) in stubs


def _where(error: BaseException) -> str | None:
    """The error and the learner's own line, without our frames; None where the answer says that it is unwritten.

    That is `raise NotImplementedError` in the answer itself; one that a library raises is an error as others.
    """
    frame = error.__traceback__.tb_next if error.__traceback__ else None  # below ours; none if not written in Python
    what = f"{type(error).__name__}: {plain(error, 500)}".rstrip(": ")
    if frame is None:
        return f"Your function stops with {what}."
    raises = frame.tb_frame.f_code.co_code[frame.tb_lasti] == dis.opmap["RAISE_VARARGS"]
    if isinstance(error, NotImplementedError) and raises:
        return None
    frames = traceback.extract_tb(frame)
    last = [frame for frame in frames if frame.filename == frames[0].filename][-1]
    return f"Your function stops with {what} at line {last.lineno}: `{(last.line or '').strip()}`"


def _recognise(known: Bank, results: list, expected: list, tolerance: float) -> Mistake | None:
    """The first mistake of the bank that explains the answer on every draw, and is visible on at least one."""
    for mistake, made in known:
        with contextlib.suppress(Exception):  # the mistake itself fails on such an input, so the answer is not this one
            draws = zip(results, made, expected, strict=True)
            alike = list(itertools.takewhile(lambda draw: same(draw[0], draw[1], tolerance), draws))
            if len(alike) == len(results) and not all(same(one, want, tolerance) for _, one, want in alike):
                return mistake
    return None


def _describe(names: list[str], arguments: tuple, got: Any, want: Any, tolerance: float) -> tuple[str | None, str]:
    """A mistake that the bank does not know: what was given, what came back, what was expected."""
    if got is None:
        return "returns_nothing", "Your function returns None. Is there a `return` on every path?"
    given = "".join(f"\n  {name} = {_short(argument)}" for name, argument in zip(names, arguments, strict=True))
    shapes = [_shape(part) for part in (got, want)]
    if shapes[0] != shapes[1]:
        return "wrong_shape", f"Your function returns {shapes[0]}, expected {shapes[1]}. Tried with{given}"
    texts, place = [_short(part) for part in (got, want)], ""
    try:
        where, *parts = next(differences(got, want, tolerance))
    except Exception:  # it cannot even be compared
        where, parts = "", [got, want]
    if labelled := next((side for side in ("index", "columns", "keys") if where.endswith(f".{side}")), None):
        others, asked = (", ".join(map(_short, labels)) or "no others" for labels in parts)
        what = f"Your function returns other labels in the {labelled}: {others}, expected {asked}. Tried with{given}"
        return "other_labels", what
    if texts[0] == texts[1]:  # rounded, or the difference is left out
        texts = [plain(repr(part.item() if isinstance(part, np.generic) else part), 10**6) for part in parts]
        alike = len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False))))
        texts = [plain(f"…{text[alike - 40 :]}" if alike > 400 else text, 500) for text in texts]
        place = f" at {where}" if where else ""
    if texts[0] == texts[1]:
        texts = [f"{text} ({type(part).__name__})" for text, part in zip(texts, parts, strict=True)]
    return None, f"With{given}\nyour function returns {texts[0]}{place}, expected {texts[1]}."


def _shape(value: Any) -> str:
    """The form of a result in words: one value, an array of shape (3,), a dict, 2 values (...)."""
    if isinstance(value, tuple):
        return f"{len(value)} values ({', '.join(map(_shape, value))})"
    try:
        shape = np.shape(value)
    except Exception:  # a ragged list has no shape
        return "one value"
    if shape:
        return f"an array of shape {shape}"
    several = hasattr(value, "__len__") and not isinstance(value, str | np.ndarray)
    return f"a {type(value).__name__}" if several else "one value"


def _short(value: Any, limit: int = 160) -> str:
    """A repr that fits a line or two, also of an object whose repr fails."""
    try:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float):
            return f"{value:.6g}"
        if isinstance(value, tuple):
            return f"({', '.join(map(_short, value))})"
        if isinstance(value, pd.DataFrame):
            return str(value)
        with np.printoptions(precision=4, threshold=12, suppress=True):
            return plain(str(value) if isinstance(value, pd.Series) else repr(value), limit)
    except Exception:
        return f"an unprintable {type(value).__name__}"
