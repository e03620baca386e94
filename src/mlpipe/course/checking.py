"""How an answer is examined: on copies of fresh inputs, with limits, and never with an exception of its own.

The answer is called, and what it returns is compared, where it can do no harm: see `trial`. The usual check takes some
ten milliseconds more than the calls themselves.
"""

from __future__ import annotations

import ast
import copy
import dis
import inspect
import json
import linecache
import sys
import traceback
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from numbers import Number
from types import FunctionType, TracebackType
from typing import Any

import numpy as np
import pandas as pd

from mlpipe.course import libraries
from mlpipe.course.definition import Definition, Mistake
from mlpipe.course.trial import Tell, TimeUp, attempt, plain

SECONDS = 5.0  # for one call on one draw; solutions take milliseconds
DRAWS = 3
MESSAGE = 5_000  # characters of a message: an error's text can be as long as its input
ROUNDING = 1e-6  # of the largest number of an array: what single precision may leave of a sum that cancels
COMPLEX = (complex, np.complexfloating)

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
        return _not_attempted(definition)
    changed = libraries.replaced()
    if changed:
        return _library_was_changed(definition, changed)
    try:
        cases, expected = solved(definition, seed)
    except Exception as error:
        return _library_was_changed(definition, f"the solution itself stops with {type(error).__name__}")

    def work(tell: Tell) -> str:
        try:
            found = judge(definition, answer, cases, expected, tell)
        except TimeUp:
            raise
        except BaseException as error:
            what = f"What you pass, or what it returns, cannot be looked at: {type(error).__name__}."
            found = _incorrect(definition, "cannot_be_examined", what)
        return json.dumps([found.state, plain(found.message, MESSAGE), found.misconception])

    report = attempt(work, seconds)
    if report.result is not None:
        return Feedback(definition.id, *json.loads(report.result))
    if report.ended:
        what = f"Your function ended the process in which it was tried ({report.ended})."
        why = "Does it end Python, call itself without end, or fill the memory? Return a value instead."
        return _incorrect(definition, "ends_the_process", f"{what} {why}")
    stuck = " It cannot be stopped and still runs: restart the kernel." if report.stuck else ""
    if report.stage != "call":
        what = f"What your function returns could not be compared within {seconds:g} seconds.{stuck}"
        return _incorrect(definition, "cannot_be_examined", what)
    what = f"Your function did not return within {seconds:g} seconds. Is there a loop that never ends?{stuck}"
    return _incorrect(definition, "never_returns", what)


def solved(definition: Definition, seed: int | None) -> tuple[list[tuple[Any, ...]], list[Any]]:
    """The arguments of each draw, and what the solution makes of them."""
    rng = np.random.default_rng(seed)
    cases = [definition.draw(rng, number) for number in range(DRAWS)]
    return cases, [definition.answer(*copy.deepcopy(arguments)) for arguments in cases]


def bank(definition: Definition, cases: list[tuple[Any, ...]], tell: Tell = lambda *_: None) -> Bank:
    """Each mistake with what it makes of the draws, one by one: the first, small one tells most of them apart."""

    def made(function: Callable) -> Iterator[Any]:
        for arguments in cases:
            tell("compare")
            yield function(*copy.deepcopy(arguments))

    for mistake in definition.mistakes:
        yield mistake, made(mistake.answer)


def judge(
    definition: Definition,
    answer: Any,
    cases: list[tuple[Any, ...]],
    expected: list[Any],
    tell: Tell = lambda *_: None,
    known: Bank | None = None,
) -> Feedback:
    """Call the answer on each draw, here and without limits, and say what was found. `known`: the bank, if at hand."""

    def incorrect(misconception: str | None, message: str) -> Feedback:
        return _incorrect(definition, misconception, message)

    tell("look")
    if not callable(answer):
        found = f"{type(answer).__name__} {_short(answer)}"
        return incorrect(
            "not_a_function",
            f"Pass the function itself: `.check({definition.name})`, without calling it. Found: {found}.",
        )
    solution = definition.answer
    results = []
    for arguments in cases:
        given = copy.deepcopy(arguments)
        problem = _wrong_call(answer, solution, given)
        if problem:
            return incorrect("wrong_arguments", problem)
        depth = sys.getrecursionlimit()
        tell("call")
        try:
            results.append(answer(*given))
        except TimeUp:
            raise
        except BaseException as error:  # also SystemExit: a learner's exit() must not end the lesson
            sys.setrecursionlimit(depth)
            tell("compare")
            return _not_attempted(definition) if _says_unwritten(error) else incorrect("raises_an_error", _where(error))
        sys.setrecursionlimit(depth)
        tell("compare")
        changed = libraries.replaced()
        if changed:
            return incorrect(
                "changes_a_library", f"Your function changes what others use: {changed}. Use a name of your own."
            )
        if not all(_unchanged(after, before) for after, before in zip(given, arguments, strict=True)):
            return incorrect(
                "changes_its_input",
                "Your function changes its arguments in place; the caller still needs them. Work on a copy.",
            )
    right = [same(got, want, definition.tolerance) for got, want in zip(results, expected, strict=True)]
    if all(right):
        tried = "" if definition.choices else f" (Tried on {len(cases)} fresh random inputs.)"
        return Feedback(definition.id, "correct", f"{definition.takeaway}{tried}")
    known = bank(definition, cases, tell) if known is None else known
    mistake = _recognise(known, results, expected, definition.tolerance)
    if mistake is not None:
        return incorrect(mistake.name, mistake.message)
    if definition.choices:  # what was expected is the answer: it must not be shown
        return incorrect("no_such_name", f"Return one of these, as text: {', '.join(definition.choices)}.")
    first = right.index(False)
    names = list(inspect.signature(solution).parameters)
    return incorrect(*_describe(names, cases[first], results[first], expected[first], definition.tolerance))


def same(got: Any, want: Any, tolerance: float = 1e-6) -> bool:
    """Whether two results agree: numbers, strings, arrays, pandas objects, and tuples and dicts of them.

    What is compared is the value: an object of the answer's own is never asked whether it is equal. True and False
    count as 1 and 0. `tolerance` is relative; in an array, `ROUNDING` of its largest number is allowed besides.
    """
    try:
        return bool(np.all(_agreement(got, want, tolerance)))
    except Exception:  # a result that cannot even be compared is not the expected one
        return False


def _agreement(got: Any, want: Any, tolerance: float) -> Any:
    """True or False, or an array of them: where two results agree."""
    if isinstance(want, dict):
        keys = isinstance(got, dict) and got.keys() == want.keys()
        return keys and all(same(got[k], want[k], tolerance) for k in want)
    if isinstance(want, tuple):
        several = isinstance(got, tuple | list | np.ndarray) and len(got) == len(want)
        return several and all(same(g, w, tolerance) for g, w in zip(got, want, strict=True))
    if isinstance(want, str):
        return isinstance(got, str) and str.__eq__(got, want)
    got_array, want_array = np.asarray(got), np.asarray(want)
    if got_array.shape != want_array.shape:
        return False
    kind = want_array.dtype.kind
    if kind in "biuf":
        if not _are_real(got_array):
            return False
        numbers, wanted = got_array.astype(float), want_array.astype(float)
        largest = np.max(np.abs(wanted), initial=0.0, where=np.isfinite(wanted)) if kind == "f" else 0.0
        small = max(1e-12, min(tolerance, ROUNDING) * largest)
        return np.isclose(numbers, wanted, rtol=tolerance, atol=small, equal_nan=True)
    if kind in "mM":
        return got_array.dtype.kind == kind and np.array_equal(got_array, want_array, equal_nan=True)
    pairs = zip(got_array.ravel().tolist(), want_array.ravel().tolist(), strict=True)
    return np.array([_same_entry(g, w, tolerance) for g, w in pairs], bool).reshape(want_array.shape)


def _are_real(values: np.ndarray) -> bool:
    """Whether all are real numbers: "3" is not 3, and a complex number is none even when its imaginary part is 0."""
    if values.dtype.kind != "O":
        return values.dtype.kind in "biuf"
    return all(isinstance(one, Number | np.bool_) and not isinstance(one, COMPLEX) for one in values.flat)


def _same_entry(got: Any, want: Any, tolerance: float) -> bool:
    """The same for one entry of an array of objects."""
    if isinstance(want, str | Number | tuple | dict | list | np.ndarray):
        return same(got, want, tolerance)
    return type(got) is type(want) and (bool(got == want) or bool(pd.isna(got) and pd.isna(want)))


def _incorrect(definition: Definition, misconception: str | None, message: str) -> Feedback:
    return Feedback(definition.id, "incorrect", message, misconception)


def _library_was_changed(definition: Definition, what: str) -> Feedback:
    text = f"No answer can be checked in this kernel, since something that the check uses was changed: {what}."
    return _incorrect(
        definition, "library_was_changed", f"{text} Give your own things other names, and restart the kernel."
    )


def _not_attempted(definition: Definition) -> Feedback:
    text = "Write your answer in the cell above, run it, then run this cell again."
    return Feedback(definition.id, "not attempted", text)


def _is_stub(definition: Definition, answer: Any) -> bool:
    """Whether the answer is the stub, as a module or as a notebook compiles it: statement by statement.

    A call of what the same compilation imports is compiled in another way, so the two can differ.
    """
    if not isinstance(answer, FunctionType):
        return False
    theirs = answer.__code__
    by_statement: dict[str, Any] = {}
    for statement in ast.parse(definition.stub).body:
        exec(compile(ast.Module([statement], []), f"<{definition.id}>", "exec"), by_statement)
    stubs = (definition.function(definition.stub), by_statement[definition.name])
    return any(
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


def _says_unwritten(error: BaseException) -> bool:
    """Whether the answer itself says `raise NotImplementedError`; one that a library raises is an error as others."""
    frame = _answers_frame(error)
    if not isinstance(error, NotImplementedError) or frame is None:
        return False
    return frame.tb_frame.f_code.co_code[frame.tb_lasti] == dis.opmap["RAISE_VARARGS"]


def _answers_frame(error: BaseException) -> TracebackType | None:
    """The first frame below ours: the answer's, if it is written in Python."""
    return error.__traceback__.tb_next if error.__traceback__ else None


def _where(error: BaseException) -> str:
    """The error and the learner's own line, without our frames."""
    frames = traceback.extract_tb(_answers_frame(error))
    what = f"{type(error).__name__}: {_text(error)}".rstrip(": ")
    if not frames:
        return f"Your function stops with {what}."
    last = [frame for frame in frames if frame.filename == frames[0].filename][-1]
    line = (last.line or linecache.getline(last.filename, last.lineno or 0)).strip()
    return f"Your function stops with {what} at line {last.lineno}: `{line}`"


def _recognise(known: Bank, results: list, expected: list, tolerance: float) -> Mistake | None:
    """The first mistake of the bank that explains the answer on every draw, and is visible on at least one."""
    for mistake, made in known:
        visible = False
        try:
            for got, one, want in zip(results, made, expected, strict=True):
                if not same(got, one, tolerance):
                    break
                visible = visible or not same(one, want, tolerance)
            else:
                if visible:
                    return mistake
        except Exception:  # the mistake itself fails on such an input, so the answer is not this one
            continue
    return None


def _describe(names: list[str], arguments: tuple, got: Any, want: Any, tolerance: float) -> tuple[str | None, str]:
    """A mistake that the bank does not know: what was given, what came back, what was expected."""
    if got is None:
        return "returns_nothing", "Your function returns None. Is there a `return` on every path?"
    given = "".join(f"\n  {name} = {_short(argument)}" for name, argument in zip(names, arguments, strict=True))
    shapes = [_shape(part) for part in (got, want)]
    if shapes[0] != shapes[1]:
        return "wrong_shape", f"Your function returns {shapes[0]}, expected {shapes[1]}. Tried with{given}"
    texts, where = [_short(part) for part in (got, want)], ""
    if texts[0] == texts[1]:  # rounded, or the difference is left out
        where, *parts = _first_difference(got, want, tolerance)
        texts = [_text(repr(part.item() if isinstance(part, np.generic) else part)) for part in parts]
    place = f" at {where}" if where else ""
    return None, f"With{given}\nyour function returns {texts[0]}{place}, expected {texts[1]}."


def _first_difference(got: Any, want: Any, tolerance: float, where: str = "") -> tuple[str, Any, Any]:
    """The place of the first part that differs, and both sides of it."""
    if isinstance(want, tuple | dict):
        for key in want if isinstance(want, dict) else range(len(want)):
            if not same(got[key], want[key], tolerance):
                return _first_difference(got[key], want[key], tolerance, f"{where}[{key!r}]")
    elif np.ndim(want):
        agreement = np.asarray(_agreement(got, want, tolerance))
        if agreement.shape == np.shape(want):
            index = tuple(int(i) for i in np.argwhere(~agreement)[0])
            return f"{where}{list(index)}", np.asarray(got)[index], np.asarray(want)[index]
    return where, got, want


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


def _text(value: Any, limit: int = 500) -> str:
    try:
        return plain(str(value), limit)
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
