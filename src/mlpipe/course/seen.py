"""What can be seen of a wrong answer without knowing the mistake behind it: which parts are right, how the rest is off.

A rule must hold for every number on all inputs on which the answer is wrong, so that it does not hold by accident. Its
sentence says what is seen, never why.
"""

from __future__ import annotations

import ast
import contextlib
import inspect
import itertools
import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from mlpipe.course.comparison import REAL, Pair, agreement, differences, is_counted, pairs, same
from mlpipe.course.definition import Definition
from mlpipe.course.trial import plain

ENOUGH = 3  # different values of one input that are off by one number: fewer may be so by accident
EXACT = 1e-6  # relative: numbers that are off by one factor or amount are so within it
PLACES = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth")
TIMES = {2: "twice", 0.5: "half"} | {by: f"{by:g} times" for by in (3, 4, 10, 100, 1000, -2, 0.25, 0.1, 0.01, 0.001)}
BASES = {"e": math.e, "2": 2.0, "10": 10.0}

CHANGES: tuple[tuple[str, Callable, str], ...] = (
    ("one_minus", lambda want: 1 - want, "Each is 1 minus what is expected."),
    ("reversed_sign", np.negative, "Each has the wrong sign."),
    ("upside_down", lambda want: 1 / want, "Each is upside down: 1 divided by what is expected."),
    ("reversed_order", np.flip, "The values are right, but in reversed order."),
    ("transposed", np.transpose, "The values are right, but rows and columns have changed places."),
)

Seen = tuple[str, str]  # a name such as "reversed_sign", and a sentence


class Draw(NamedTuple):
    """One call of an answer."""

    given: dict[str, Any]
    got: Any
    want: Any
    right: bool


class Off(NamedTuple):
    """Numbers that are wrong, what they should be, and the arguments of the call."""

    got: np.ndarray
    want: np.ndarray
    given: dict[str, Any]


def describe(definition: Definition, cases: Sequence[tuple], results: list, expected: list) -> tuple[str | None, str]:
    """The name of what is seen, if it has one, and what to tell: of the smallest input on which the answer is wrong."""
    names, tolerance = list(inspect.signature(definition.answer).parameters), definition.tolerance
    draws = [
        Draw(dict(zip(names, arguments, strict=True)), got, want, same(got, want, tolerance))
        for arguments, got, want in zip(cases, results, expected, strict=True)
    ]
    wrong = [draw for draw in draws if not draw.right]
    if any(draw.got is None for draw in wrong):
        return "returns_nothing", "Your function returns None. Is there a `return` on every path?"
    shown, seen = min(wrong, key=_size), None
    parts = _names(definition, len(shown.want)) if isinstance(shown.want, tuple) else []
    given = "".join(f"\n  {name} = {short(argument)}" for name, argument in shown.given.items())
    with contextlib.suppress(Exception):  # a rule that cannot even look at such a result tells nothing
        seen = _moved(wrong, parts, tolerance)
    got = shown.got
    if isinstance(shown.want, tuple) and isinstance(got, list):  # which is as good
        got = tuple(got)
    forms = [_form(side) for side in (got, shown.want)]
    if not seen and forms[0] != forms[1]:
        what = f"Your function returns {forms[0]}, expected {forms[1]}."
        if isinstance(got, pd.DataFrame) and isinstance(shown.want, pd.DataFrame):
            what += f" Its columns are {short(list(got))}, expected {short(list(shown.want))}."
        return "wrong_shape", f"{what} Tried with{given}"
    try:
        where, *sides = next(differences(got, shown.want, tolerance))
    except Exception:
        where, sides = "", [got, shown.want]
    if labelled := next((side for side in ("index", "columns", "keys") if where.endswith(f".{side}")), None):
        others, asked = (", ".join(map(short, labels)) or "no others" for labels in sides)
        what = f"Your function returns other labels in the {labelled}: {others}, expected {asked}."
        return "other_labels", f"{what} Tried with{given}"
    with contextlib.suppress(Exception):
        seen = seen or _seen(draws, shown, parts, tolerance)
    name, sentence = seen or (None, "")
    texts, place = [short(side) for side in (got, shown.want)], ""
    if texts[0] == texts[1]:  # rounded, or the difference is left out
        texts, place = _apart(sides), f" at {where}" if where else ""
    return name, f"{sentence}With{given}\nyour function returns {texts[0]}{place}, expected {texts[1]}."


def _apart(sides: list) -> list[str]:
    """Two values that differ, as texts that differ."""
    texts = [plain(repr(side.item() if isinstance(side, np.generic) else side), 10**6) for side in sides]
    alike = len(list(itertools.takewhile(lambda pair: pair[0] == pair[1], zip(*texts, strict=False))))
    texts = [plain(f"…{text[alike - 40 :]}" if alike > 400 else text, 500) for text in texts]
    if texts[0] == texts[1]:
        texts = [f"{text} ({type(side).__name__})" for text, side in zip(texts, sides, strict=True)]
    return texts


def is_constant(results: list) -> bool:
    """Whether results of several calls are empty, or hold one value only, such as 0."""
    try:
        values = [
            value for result in results for pair in pairs(result, result) for value in np.ravel(pair.got).tolist()
        ]
        return len(set(map(repr, values))) <= 1
    except Exception:
        return False


def _seen(draws: list[Draw], shown: Draw, names: list[str], tolerance: float) -> Seen | None:
    """All that holds, in one text; it has the name of how the values are off, or else of which of them are."""
    tables = [{pair.where: pair for pair in pairs(draw.got, draw.want)} for draw in draws]
    parts = list(tables[0])
    if any(list(table) != parts or any(pair.apart for pair in table.values()) for table in tables):
        return None
    agree = [
        {part: np.asarray(agreement(table[part].got, table[part].want, tolerance)) for part in parts}
        for table in tables
    ]
    wrong = [part for part in parts if not all(one[part].all() for one in agree)]
    off = [
        Off(table[part].got, table[part].want, draw.given)
        for draw, table, one in zip(draws, tables, agree, strict=True)
        for part in wrong
        if not one[part].all()
    ]
    at = next(number for number, draw in enumerate(draws) if draw is shown)
    first = next(part for part in wrong if not agree[at][part].all())
    with np.errstate(all="ignore"):
        how = _how(off, shown, tolerance)
    labelled = isinstance(shown.want, pd.DataFrame | pd.Series) and not is_counted(shown.want.index)
    if how and labelled and how[0] in ("reversed_order", "other_order"):
        how = ("under_other_labels", "The values are right, but they stand under other labels.")
    which = _right_parts([part for part in parts if part not in wrong], wrong, names)
    told = [one for one in (which, how, _most(tables[at][first], agree[at][first], shown), _right_draws(draws)) if one]
    return ((how or told[0])[0], "".join(f"{sentence} " for _, sentence in told)) if told else None


def _moved(wrong: list[Draw], names: list[str], tolerance: float) -> Seen | None:
    """The parts of a tuple, each right, in another order than expected; a table with its rows as columns."""
    if all(not isinstance(draw.want, tuple) and np.ndim(draw.want) == 2 for draw in wrong):
        turned = all(same(np.transpose(draw.got), draw.want, tolerance) for draw in wrong)
        return ("transposed", "The values are right, but rows and columns have changed places. ") if turned else None
    sizes = {len(draw.want) if isinstance(draw.want, tuple) else 0 for draw in wrong}
    if len(sizes) > 1 or not 2 <= max(sizes) <= 5 or any(len(draw.got) != len(draw.want) for draw in wrong):
        return None
    for order in itertools.permutations(range(*sizes)):
        if all(same(tuple(draw.got[place] for place in order), draw.want, tolerance) for draw in wrong):
            expected = f": return {', '.join(names)}" if all("`" in name for name in names) else ""
            return "other_order", f"The values are right, but in another order{expected}. "
    return None


def _right_parts(right: list[str], wrong: list[str], names: list[str]) -> Seen | None:
    """Of a tuple, a dict, or the columns of a frame."""
    if not right:
        return None
    called = [[_called(part, names) for part in some] for some in (right, wrong)]
    good, bad = (f"{_listed(some)} {'are' if len(some) > 1 else 'is'}" for some in called)
    sentence = f"{good} right, {bad} not."
    return "some_parts_right", sentence[0].upper() + sentence[1:]


def _most(pair: Pair, agree: np.ndarray, shown: Draw) -> Seen | None:
    """Where half or more of an array are right: the first that is not, and what was given there."""
    if agree.size < 4 or agree.mean() < 0.5:
        return None
    index = tuple(np.argwhere(~agree)[0].tolist())
    row, place = index[0], short(list(index))
    if pair.labels is not None:
        place = f"[{short(pair.labels[row])}]"
    beside = []
    for name, value in shown.given.items():
        if isinstance(value, pd.DataFrame) and len(value) == len(agree):
            beside.append(f"{name}.iloc[{row}] = {short(value.iloc[row].to_dict())}")
        elif isinstance(value, np.ndarray | list) and len(value) == len(agree):
            beside.append(f"{name}[{row}] = {short(value[row])}")
    what = (
        f"{agree.sum()} of {agree.size} values are right. The first that is not, {place}, is {short(pair.got[index])}"
    )
    there = f" (there {', '.join(beside)})" if beside else ""
    return "most_values_right", f"{what}, expected {short(pair.want[index])}{there}."


def _right_draws(draws: list[Draw]) -> Seen | None:
    """On which of the inputs the answer is right."""
    right, wrong = ([_size(draw) for draw in draws if draw.right == good] for good in (True, False))
    if not right:
        return None
    which = f"{len(right)} of the {len(draws)} inputs"
    if max(right) < min(wrong) or min(right) > max(wrong):
        size = "small" if max(right) < min(wrong) else "larg"
        which = f"the {size}est input" if len(right) == 1 else f"the {size}er inputs"
    return "some_inputs_right", f"Your function is right for {which}, not for all."


def _how(off: list[Off], shown: Draw, tolerance: float) -> Seen | None:
    """How the values are off, where all are off in one way."""
    if not all(one.want.dtype.kind in "biuf" and _is_real(one.got) for one in off):
        return None
    logical = all(one.want.dtype.kind == "b" for one in off)
    off = [Off(one.got.astype(float), one.want.astype(float), one.given) for one in off]
    each = "Each wrong value" if any(one.got.size > 1 for one in off) else "The value"
    for name, test, text in (("not_a_number", np.isnan, "NaN, which is no number"), ("infinite", np.isinf, "infinite")):
        if all((test(one.got) & ~test(one.want)).any() for one in off):
            every = all(test(one.got).all() for one in off)
            return name, f"{each if every else 'Some of the values'} {'is' if every else 'are'} {text}."
    values = np.unique(np.concatenate([one.got.ravel() for one in off]))
    wanted = np.unique(np.concatenate([one.want.ravel() for one in off]))
    if len(wanted) < 2:  # too few to tell a rule from an accident
        return None
    if len(values) == 1 and (values[0] == 0 or _of_several_calls(off)):
        text = short(bool(values[0]) if logical else values[0])
        return "all_zero" if values[0] == 0 else "always_the_same", f"{each} is {text}, whatever the input."
    if all(one.got.size > 1 and np.ptp(one.got) == 0 for one in off):
        return "all_equal", "All values that your function returns for one input are equal; they should differ."
    for name, change, text in CHANGES:
        if all(same(one.got, change(one.want), tolerance) for one in off):
            return name, text.replace("Each", each).replace("1 minus", "the opposite of" if logical else "1 minus")
    in_order = [(np.sort(one.got), np.sort(one.want)) for one in off if one.got.ndim == 1]
    if len(wanted) > 2 and len(in_order) == len(off) and all(same(*pair, tolerance) for pair in in_order):
        return "other_order", "The values are right, but in another order."
    return _factor(off, each, shown) or _amount(off, each, shown)


def _factor(off: list[Off], each: str, shown: Draw) -> Seen | None:
    """Off by one factor: a usual one, one that is given, or any where enough values tell it."""
    there = [one.want != 0 for one in off]
    if any(one.got[~some].any() for one, some in zip(off, there, strict=True)):
        return None
    factors = np.array([_one(one.got[some] / one.want[some]) for one, some in zip(off, there, strict=True)])
    by = _one(factors)
    for number, text in TIMES.items():
        if math.isclose(by, number, rel_tol=EXACT):
            return "constant_factor", f"{each} is {text} what is expected."
    for (got, base), (want, other) in itertools.permutations(BASES.items(), 2):
        if math.isclose(by, math.log(other) / math.log(base), rel_tol=EXACT):
            what = f"{each} is {by:.4g} times what is expected"
            return "wrong_base", f"{what}, as a logarithm to base {got} is of one to base {want}."
    for text, known in _given_numbers(off):
        for word, numbers in (("times", known), ("divided by", 1 / known)):
            if np.allclose(factors, numbers, rtol=EXACT, atol=0):
                return "constant_factor", f"{each} is what is expected {word} {text}."
    if _told_by_many(factors, off):
        same_for_all = "" if by == by else "one number for each input, here "
        return "constant_factor", f"{each} is what is expected times {same_for_all}{_here(factors, off, shown):.4g}."
    return None


def _amount(off: list[Off], each: str, shown: Draw) -> Seen | None:
    """Off by one amount: 1 for whole numbers, one that is given, or any."""
    amounts = np.array([_one(one.got - one.want, np.abs(one.want).max()) for one in off])
    by, size = _one(amounts), "large" if amounts[0] > 0 else "small"
    if abs(by) == 1 and all((one.want % 1 == 0).all() for one in off):
        return "off_by_one", f"{each} is 1 too {size}."
    for text, known in _given_numbers(off):
        if np.allclose(amounts, known, rtol=EXACT, atol=0) or np.allclose(amounts, -known, rtol=EXACT, atol=0):
            return "constant_difference", f"{each} is too {size} by {text}."
    if by == by:
        return "constant_difference", f"{each} is {abs(by):.4g} too {size}."
    if _told_by_many(amounts, off) and len(set(np.sign(amounts))) == 1:
        here = abs(_here(amounts, off, shown))
        return "constant_difference", f"{each} is too {size} by one number for each input, here {here:.4g}."
    return None


def _one(numbers: np.ndarray, scale: float = 0.0) -> float:
    """The number that all are, or NaN. `scale`: of what they are a difference, which is not exact."""
    if not (numbers.size and np.isfinite(numbers).all()):
        return math.nan
    near = np.ptp(numbers) <= EXACT * np.abs(numbers).max() + 1e-12 * scale
    return float(numbers.flat[0]) if near else math.nan


def _told_by_many(numbers: np.ndarray, off: list[Off]) -> bool:
    """Whether each of them holds for enough values to be no accident."""
    return bool(np.isfinite(numbers).all()) and all(len(np.unique(one.want[one.want != 0])) >= ENOUGH for one in off)


def _here(numbers: np.ndarray, off: list[Off], shown: Draw) -> float:
    """The one that belongs to the input that is shown."""
    return float(next(number for number, one in zip(numbers, off, strict=True) if one.given is shown.given))


def _given_numbers(off: list[Off]) -> Iterator[tuple[str, np.ndarray]]:
    """What is a number for each call: an argument, or its length."""
    for name in off[0].given if _of_several_calls(off) else ():
        values = [one.given[name] for one in off]
        if all(isinstance(value, REAL) and value for value in values):
            yield f"`{name}`", np.array(values, float)
        elif all(np.ndim(value) and len(value) for value in values):
            yield f"the length of `{name}`", np.array([len(value) for value in values], float)


def _of_several_calls(off: list[Off]) -> bool:
    return any(one.given is not off[0].given for one in off)


def _is_real(values: np.ndarray) -> bool:
    kind = values.dtype.kind
    return kind in "biuf" or (kind == "O" and all(isinstance(one, REAL) for one in values.flat))


def _size(draw: Draw) -> int:
    """How many values a call is given."""

    def size(value: Any) -> int:
        if isinstance(value, dict | list | tuple):
            return sum(map(size, value.values() if isinstance(value, dict) else value))
        return int(np.size(value))

    return sum(map(size, draw.given.values()))


def _names(definition: Definition, count: int) -> list[str]:
    """What the solution calls the parts of the tuple that it returns; "the first value" where it has no name."""
    returned = [node.value for node in ast.walk(ast.parse(definition.solution)) if isinstance(node, ast.Return)]
    parts = next((value.elts for value in returned if isinstance(value, ast.Tuple) and len(value.elts) == count), [])
    named = [part.id if isinstance(part, ast.Name) else "" for part in parts] or [""] * count
    return [f"`{name}`" if name else f"the {place} value" for name, place in zip(named, PLACES, strict=False)]


def _called(part: str, names: list[str]) -> str:
    """A part by its name: "[1]" of a tuple by the second name, "['a']" as `a`."""
    found = re.fullmatch(r"\[(\d)\]", part)
    if found and int(found[1]) < len(names):
        return names[int(found[1])]
    return f"`{part.strip('[]').strip(chr(39))}`"


def _listed(words: list[str]) -> str:
    return " and ".join([", ".join(words[:-1]), words[-1]] if len(words) > 1 else words)


def _form(value: Any) -> str:
    """The form of a result in words: one value, an array of shape (3,), a dict, 2 values (...)."""
    if isinstance(value, tuple):
        return f"{len(value)} values ({', '.join(map(_form, value))})"
    try:
        shape = np.shape(value)
    except Exception:  # a ragged list has no shape
        return "one value"
    if shape:
        return f"an array of shape {shape}"
    several = hasattr(value, "__len__") and not isinstance(value, str | np.ndarray)
    return f"a {type(value).__name__}" if several else "one value"


def short(value: Any, limit: int = 160) -> str:
    """A repr that fits a line or two, also of an object whose repr fails."""
    try:
        if isinstance(value, np.generic):
            value = value.item()
        if isinstance(value, float):
            return f"{value:.6g}"
        if isinstance(value, tuple):
            return f"({', '.join(map(short, value))})"
        if isinstance(value, pd.DataFrame):
            return str(value)
        with np.printoptions(precision=4, threshold=12, suppress=True):
            return plain(str(value) if isinstance(value, pd.Series) else repr(value), limit)
    except Exception:
        return f"an unprintable {type(value).__name__}"
