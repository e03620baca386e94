"""How an answer is examined: on copies of fresh inputs, with a time limit, and never with an exception of its own."""

from __future__ import annotations

import ast
import copy
import ctypes
import inspect
import linecache
import threading
import traceback
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Number
from typing import Any

import numpy as np
import pandas as pd

from mlpipe.course.exercise import Definition, Feedback

SECONDS = 5.0  # for one call on one draw; solutions take milliseconds
DRAWS = 3


class _TimeUp(BaseException):
    """Thrown into an answer that does not return; a BaseException, so `except Exception` does not swallow it."""


@dataclass
class _Outcome:
    value: Any = None
    error: BaseException | None = None
    timed_out: bool = False
    stuck: bool = False


def examine(definition: Definition, answer: Any, seed: int | None = None, seconds: float = SECONDS) -> Feedback:
    """Compare an answer with the solution on fresh draws and name the mistake when it differs.

    `seed=None` draws fresh inputs each time, so constants that pass once do not pass again.
    """

    def incorrect(misconception: str | None, message: str) -> Feedback:
        return Feedback(definition.id, "incorrect", message, misconception)

    if answer is None or answer is ... or _is_stub(definition, answer):
        return _not_attempted(definition)
    if not callable(answer):
        found = f"{type(answer).__name__} {_short(answer)}"
        return incorrect(
            "not_a_function",
            f"Pass the function itself: `.check({definition.name})`, without calling it. Found: {found}.",
        )
    solution = definition.function(definition.solution)
    rng = np.random.default_rng(seed)
    cases = [definition.draw(rng, number) for number in range(DRAWS)]
    results, expected = [], []
    for arguments in cases:
        given = copy.deepcopy(arguments)
        problem = _wrong_call(answer, solution, given)
        if problem:
            return incorrect("wrong_arguments", problem)
        outcome = _call(answer, given, seconds)
        if outcome.timed_out:
            stuck = " It cannot be stopped and still runs: restart the kernel." if outcome.stuck else ""
            return incorrect(
                "never_returns",
                f"Your function did not return within {seconds:g} seconds. Is there a loop that never ends?{stuck}",
            )
        if isinstance(outcome.error, NotImplementedError):
            return _not_attempted(definition)
        if outcome.error is not None:
            return incorrect("raises_an_error", _where(outcome.error, answer))
        if not all(_unchanged(after, before) for after, before in zip(given, arguments, strict=True)):
            return incorrect(
                "changes_its_input",
                "Your function changes its arguments in place; the caller still needs them. Work on a copy.",
            )
        results.append(outcome.value)
        expected.append(solution(*copy.deepcopy(arguments)))
    right = [same(got, want, definition.tolerance) for got, want in zip(results, expected, strict=True)]
    if all(right):
        tried = "" if definition.choices else f" (Tried on {len(cases)} fresh random inputs.)"
        return Feedback(definition.id, "correct", f"{definition.takeaway}{tried}")
    mistake = _recognise(definition, cases, results, expected)
    if mistake is not None:
        return incorrect(mistake.name, mistake.message)
    if definition.choices:  # what was expected is the answer: it must not be shown
        return incorrect("no_such_name", f"Return one of these, as text: {', '.join(definition.choices)}.")
    first = right.index(False)
    names = list(inspect.signature(solution).parameters)
    return incorrect(*_describe(names, cases[first], results[first], expected[first]))


def same(got: Any, want: Any, tolerance: float = 1e-6) -> bool:
    """Whether two results agree: numbers, strings, arrays, pandas objects, and tuples and dicts of them."""
    try:
        if isinstance(want, dict):
            return (
                isinstance(got, dict)
                and got.keys() == want.keys()
                and all(same(got[k], want[k], tolerance) for k in want)
            )
        if isinstance(want, tuple):
            return (
                isinstance(got, tuple | list | np.ndarray)
                and len(got) == len(want)
                and all(same(g, w, tolerance) for g, w in zip(got, want, strict=True))
            )
        if isinstance(want, str | bool | np.bool_):
            return bool(got == want)
        got_array, want_array = np.asarray(got), np.asarray(want)
        if got_array.shape != want_array.shape:
            return False
        if want_array.dtype.kind in "biuf":
            if not all(isinstance(number, Number | np.bool_) for number in got_array.ravel().tolist()):
                return False  # "3" is not 3
            numbers = got_array.astype(float)
            return bool(np.allclose(numbers, want_array.astype(float), rtol=tolerance, atol=1e-12, equal_nan=True))
        return bool(np.array_equal(got_array, want_array))
    except Exception:  # a result that cannot even be compared is not the expected one
        return False


def _not_attempted(definition: Definition) -> Feedback:
    text = "Write your answer in the cell above, run it, then run this cell again."
    return Feedback(definition.id, "not attempted", text)


def _is_stub(definition: Definition, answer: Any) -> bool:
    """Whether the answer is the stub, as a module or as a notebook compiles it: statement by statement.

    A call of what the same compilation imports is compiled in another way, so the two can differ.
    """
    theirs = getattr(answer, "__code__", None)
    by_statement: dict[str, Any] = {}
    for statement in ast.parse(definition.stub).body:
        exec(compile(ast.Module([statement], []), f"<{definition.id}>", "exec"), by_statement)
    stubs = (definition.function(definition.stub), by_statement[definition.name])
    return theirs is not None and any(
        (theirs.co_code, theirs.co_consts, theirs.co_names) == (ours.co_code, ours.co_consts, ours.co_names)
        for ours in (stub.__code__ for stub in stubs)
    )


def _wrong_call(answer: Callable, solution: Callable, arguments: tuple) -> str | None:
    try:
        inspect.signature(answer).bind(*arguments)
    except TypeError:
        wanted, found = inspect.signature(solution), inspect.signature(answer)
        return f"Your function takes {found}; it is called with {wanted}. Keep the stub's arguments."
    except ValueError:  # some built-ins have no signature; the call itself will tell
        return None
    return None


def _call(answer: Callable, arguments: tuple, seconds: float) -> _Outcome:
    """Call the answer in a thread: works on every platform, and returns even when the answer never does."""
    outcome = _Outcome()

    def work() -> None:
        try:
            outcome.value = answer(*arguments)
        except BaseException as error:  # also SystemExit: a learner's exit() must not end the lesson
            outcome.error = error

    thread = threading.Thread(target=work, daemon=True)
    thread.start()
    thread.join(seconds)
    outcome.timed_out = thread.is_alive()
    for _ in range(10):  # an answer that swallows the first one meets the next
        if not thread.is_alive():
            break
        ctypes.pythonapi.PyThreadState_SetAsyncExc(ctypes.c_ulong(thread.ident or 0), ctypes.py_object(_TimeUp))
        thread.join(0.1)
    outcome.stuck = thread.is_alive()
    return outcome


def _where(error: BaseException, answer: Callable) -> str:
    """The error and the learner's own line, without our frames."""
    file = getattr(getattr(answer, "__code__", None), "co_filename", None)
    frames = traceback.extract_tb(error.__traceback__)
    theirs = [f for f in frames if f.filename == file] or [f for f in frames if f.filename != __file__]
    what = f"{type(error).__name__}: {_text(error)}".rstrip(": ")
    if not theirs:
        return f"Your function stops with {what}."
    line = (theirs[-1].line or linecache.getline(theirs[-1].filename, theirs[-1].lineno or 0)).strip()
    return f"Your function stops with {what} at line {theirs[-1].lineno}: `{line}`"


def _recognise(definition: Definition, cases: list, results: list, expected: list):
    """The first mistake of the bank that explains the answer on every draw, and is visible on at least one."""
    for mistake in definition.mistakes:
        function = definition.function(mistake.code)
        try:
            made = [function(*copy.deepcopy(arguments)) for arguments in cases]
        except Exception:  # the mistake itself fails on such an input, so the answer is not this one
            continue
        explains = all(same(g, m, definition.tolerance) for g, m in zip(results, made, strict=True))
        visible = any(not same(m, w, definition.tolerance) for m, w in zip(made, expected, strict=True))
        if explains and visible:
            return mistake
    return None


def _describe(names: list[str], arguments: tuple, got: Any, want: Any) -> tuple[str | None, str]:
    """A mistake that the bank does not know: what was given, what came back, what was expected."""
    if got is None:
        return "returns_nothing", "Your function returns None. Is there a `return` on every path?"
    given = "".join(f"\n  {name} = {_short(argument)}" for name, argument in zip(names, arguments, strict=True))
    shapes = [_shape(part) for part in (got, want)]
    if shapes[0] != shapes[1]:
        return "wrong_shape", f"Your function returns {shapes[0]}, expected {shapes[1]}. Tried with{given}"
    return None, f"With{given}\nyour function returns {_short(got)}, expected {_short(want)}."


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


def _unchanged(after: Any, before: Any) -> bool:
    try:
        if isinstance(before, pd.DataFrame | pd.Series):
            return type(after) is type(before) and after.equals(before)
        if isinstance(before, np.ndarray):
            return after.dtype == before.dtype and same(after, before, 0.0)
        if isinstance(before, dict):
            return after.keys() == before.keys() and all(_unchanged(after[k], before[k]) for k in before)
        if isinstance(before, list | tuple):
            return len(after) == len(before) and all(map(_unchanged, after, before))
        return bool(after == before)
    except Exception:  # what can no longer be compared was changed
        return False


def _text(value: Any) -> str:
    try:
        return str(value)
    except Exception:
        return "?"


def _short(value: Any, limit: int = 160) -> str:
    """A repr that fits a line or two, also of an object whose repr fails."""
    try:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float):
            return f"{value:.6g}"
        if isinstance(value, tuple):
            return f"({', '.join(map(_short, value))})"
        with np.printoptions(precision=4, threshold=12, suppress=True):
            text = str(value) if isinstance(value, pd.DataFrame | pd.Series) else repr(value)
    except Exception:
        return f"an unprintable {type(value).__name__}"
    return text if len(text) <= limit or isinstance(value, pd.DataFrame) else text[: limit - 1] + "…"
