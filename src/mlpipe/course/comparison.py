"""Whether two results agree, and where they do not: by value, by label where there are labels, within a tolerance.

An object of an answer's own is never asked whether it is equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd

ROUNDING = 1e-6  # of the largest number of an array: what single precision may leave of a sum that cancels
REAL = (Real, Decimal, np.bool_)

Differences = Iterator[tuple[str, Any, Any]]  # the place, and both sides


def same(got: Any, want: Any, tolerance: float = 1e-6) -> bool:
    """Whether two results agree: numbers, strings, arrays, pandas objects, and tuples and dicts of them.

    True and False count as 1 and 0. `tolerance` is relative; in an array, `ROUNDING` of its largest number is allowed
    besides. A frame or Series agrees by its labels, in any order; rows that are merely counted in `want` (0, 1, 2, ...)
    have an order instead. What has no labels, such as an array, may stand for one, in the order of `want`.
    """
    try:
        return next(differences(got, want, tolerance), None) is None
    except Exception:  # a result that cannot even be compared is not the expected one
        return False


def differences(got: Any, want: Any, tolerance: float, where: str = "") -> Differences:
    """The places where two results differ, each with both sides."""
    if isinstance(want, dict) and isinstance(got, dict):
        if got.keys() != want.keys():
            yield from _other_labels(list(got), list(want), f"{where}.keys")
            return
        for key in want:
            yield from differences(got[key], want[key], tolerance, f"{where}[{key!r}]")
    elif isinstance(want, tuple) and isinstance(got, tuple | list | np.ndarray) and len(got) == len(want):
        for number, part in enumerate(want):
            yield from differences(got[number], part, tolerance, f"{where}[{number}]")
    elif isinstance(want, tuple | dict):
        yield where, got, want
    elif isinstance(want, str):
        if not (isinstance(got, str) and str.__eq__(got, want)):
            yield where, got, want
    elif isinstance(want, pd.DataFrame):
        yield from _of_frames(got, want, tolerance, where)
    elif isinstance(want, pd.Series):
        if isinstance(got, dict) and not _is_counted(want.index):
            got = pd.Series(list(got.values()), index=list(got))
        if isinstance(got, pd.Series) and len(got) == len(want):
            rows = _places(got.index, want.index)
            if rows is None:
                yield from _other_labels(got.index.tolist(), want.index.tolist(), f"{where}.index")
                return
            got = pd.Series(got).iloc[rows]
        yield from _of_arrays(np.asarray(got), np.asarray(want), tolerance, where, want.index.tolist())
    else:
        yield from _of_arrays(np.asarray(got), np.asarray(want), tolerance, where)


def _of_frames(got: Any, want: pd.DataFrame, tolerance: float, where: str) -> Differences:
    """Column by column, so that each has its own kind and its own largest number."""
    if isinstance(got, pd.DataFrame | dict):
        got = pd.DataFrame(got)
    else:
        array = np.asarray(got)
        named = {"index": want.index, "columns": want.columns} if array.shape == want.shape else {}
        got = pd.DataFrame(array, **named).infer_objects() if array.ndim == 2 else array
    if np.shape(got) != want.shape:
        yield f"{where}.shape", np.shape(got), want.shape
        return
    places: list[Any] = []
    for axis in ("index", "columns"):
        there, asked = getattr(got, axis), getattr(want, axis)
        places.append(_places(there, asked))
        if places[-1] is None:
            yield from _other_labels(there.tolist(), asked.tolist(), f"{where}.{axis}")
            return
    got, labels = got.iloc[places[0], places[1]], want.index.tolist()
    for number, column in enumerate(want.columns.tolist()):
        values, asked = np.asarray(got.iloc[:, number]), np.asarray(want.iloc[:, number])
        yield from _of_arrays(values, asked, tolerance, f"{where}[{column!r}]", labels)


def _of_arrays(
    got: np.ndarray, want: np.ndarray, tolerance: float, where: str, labels: list | None = None
) -> Differences:
    """Entry by entry; `labels` are of the rows."""
    if got.shape != want.shape:
        yield f"{where}.shape", got.shape, want.shape
        return
    agree = _agreement(got, want, tolerance)
    if np.ndim(agree):
        for index in np.argwhere(~agree).tolist():
            place = index if labels is None else [labels[index[0]]]
            yield f"{where}{place}", got[tuple(index)], want[tuple(index)]
    elif not agree:
        yield where, got[()], want[()]


def _is_counted(labels: pd.Index) -> bool:
    """Whether labels are the plain 0, 1, 2, ... that pandas gives where nobody does."""
    return isinstance(labels, pd.RangeIndex) and labels.start == 0 and labels.step == 1


def _places(got: pd.Index, want: pd.Index) -> np.ndarray | None:
    """Where each label of `want` stands in `got`; None when they have other labels."""
    if _is_counted(want):
        return np.arange(len(want))
    in_order = not (got.is_unique and want.is_unique)  # else the same label would stand for several
    places = np.arange(len(want)) if in_order else got.get_indexer(want)
    found = bool((places >= 0).all()) and same(np.asarray(got)[places], np.asarray(want), 0.0)
    return places if found else None


def _other_labels(got: list, want: list, where: str) -> Differences:
    """The labels that only one side has, or else those that stand at other places."""
    extra, missing = ([one for one in side if one not in other] for side, other in ((got, want), (want, got)))
    if extra or missing:
        yield where, extra, missing
    else:
        moved = [pair for pair in zip(got, want, strict=True) if not same(*pair, 0.0)]
        yield where, [pair[0] for pair in moved] or got, [pair[1] for pair in moved] or want


def _agreement(got: np.ndarray, want: np.ndarray, tolerance: float) -> Any:
    """Where two arrays of one shape agree; just False when they hold things of another kind."""
    kind = want.dtype.kind
    if kind in "biuf":
        real: Any = True
        if got.dtype.kind == "O":  # "3" is not 3, and a complex number is none even when its imaginary part is 0
            real = np.array([isinstance(one, REAL) for one in got.flat], bool).reshape(got.shape)
            got = np.where(real, got, 0)
        elif got.dtype.kind not in "biuf":
            return False
        numbers, wanted = got.astype(float), want.astype(float)
        largest = np.max(np.abs(wanted), initial=0.0, where=np.isfinite(wanted)) if kind == "f" else 0.0
        small = max(1e-12, min(tolerance, ROUNDING) * largest)
        return np.isclose(numbers, wanted, rtol=tolerance, atol=small, equal_nan=True) & real
    if kind in "mM":
        return got.dtype.kind == kind and ((got == want) | (np.isnat(got) & np.isnat(want)))
    if want.ndim:
        pairs = zip(got.ravel().tolist(), want.ravel().tolist(), strict=True)
        return np.array([same(g, w, tolerance) for g, w in pairs], bool).reshape(want.shape)
    one, other = got.item(), want.item()
    return type(one) is type(other) and (bool(one == other) or bool(pd.isna(one) and pd.isna(other)))
