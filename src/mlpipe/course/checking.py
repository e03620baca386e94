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
from mlpipe.course.comparison import same
from mlpipe.course.definition import Definition, Mistake
from mlpipe.course.seen import describe, is_constant, short
from mlpipe.course.trial import Tell, attempt, plain, silent

SECONDS = 5.0  # for one call on one draw; solutions take milliseconds
DRAWS = 3
FURTHER = 5  # sets of draws, where three do not tell a mistake from an answer that is always 0
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
        found = f"Found: {type(answer).__name__} {short(answer)}."
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
    for mistake in _recognised(known, results, expected, definition.tolerance):
        if definition.choices or not is_constant(results) or _stays_alike(definition, answer, mistake, tell):
            return incorrect(mistake.message, mistake.name)
    if definition.choices:  # what was expected is the answer: it must not be shown
        return incorrect(f"Return one of these, as text: {', '.join(definition.choices)}.", "no_such_name")
    name, what = describe(definition, cases, results, expected)
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


def _recognised(known: Bank, results: list, expected: list, tolerance: float) -> Iterator[Mistake]:
    """The mistakes of the bank that explain the answer on every draw, and are visible on at least one."""
    for mistake, made in known:
        with contextlib.suppress(Exception):  # the mistake itself fails on such an input, so the answer is not this one
            draws = zip(results, made, expected, strict=True)
            alike = list(itertools.takewhile(lambda draw: same(draw[0], draw[1], tolerance), draws))
            if len(alike) == len(results) and not all(same(one, want, tolerance) for _, one, want in alike):
                yield mistake


def _stays_alike(definition: Definition, answer: Callable, mistake: Mistake, tell: Tell) -> bool:
    """Whether an answer that is 0, or nothing, on all draws is what a mistake leads to: on other draws, too.

    A mistake may come to nothing by accident. Who returns nothing has not made it.
    """
    try:
        for seed in range(FURTHER):
            rng = np.random.default_rng(seed)
            for number in range(DRAWS):
                arguments = definition.draw(rng, number)
                tell("call")
                got, made = (one(*copy.deepcopy(arguments)) for one in (answer, mistake.answer))
                tell("compare")
                if not same(got, made, definition.tolerance):
                    return False
    except Exception:
        return False
    return True
