"""Whether two results agree, and where they do not: by value, by label where there are labels, within a tolerance.

An object of an answer's own is never asked whether it is equal.
"""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal
from numbers import Real
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

ROUNDING = 1e-6  # of the largest number of an array: what single precision may leave of a sum that cancels
REAL = (Real, Decimal, np.bool_)


class Pair(NamedTuple):
    """A part of a result and what it should be: two arrays of one shape; where `apart`, how their forms differ."""

    where: str  # its place, such as "[1]['clicks']"
    got: Any
    want: Any
    labels: list | None = None  # of the rows
    apart: bool = False


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


def differences(got: Any, want: Any, tolerance: float) -> Iterator[tuple[str, Any, Any]]:
    """The places where two results differ, each with both sides."""
    for pair in pairs(got, want):
        agree = False if pair.apart else agreement(pair.got, pair.want, tolerance)
        if np.ndim(agree):
            for index in np.argwhere(~np.asarray(agree)).tolist():
                place = index if pair.labels is None else [pair.labels[index[0]]]
                yield f"{pair.where}{place}", pair.got[tuple(index)], pair.want[tuple(index)]
        elif not agree:
            got, want = (part[()] if isinstance(part, np.ndarray) else part for part in (pair.got, pair.want))
            yield pair.where, got, want


def pairs(got: Any, want: Any, where: str = "") -> Iterator[Pair]:
    """What is compared with what: the parts of tuples and dicts, the columns of frames, rows by their labels."""
    labels = want.index.tolist() if isinstance(want, pd.Series) else None
    if isinstance(want, dict) and isinstance(got, dict):
        if got.keys() != want.keys():
            yield _other_labels(list(got), list(want), f"{where}.keys")
            return
        for key in want:
            yield from pairs(got[key], want[key], f"{where}[{key!r}]")
        return
    if isinstance(want, tuple) and isinstance(got, tuple | list | np.ndarray) and len(got) == len(want):
        for number, part in enumerate(want):
            yield from pairs(got[number], part, f"{where}[{number}]")
        return
    if isinstance(want, tuple | dict):
        yield Pair(where, got, want, apart=True)
        return
    if isinstance(want, pd.DataFrame):
        yield from _columns(got, want, where)
        return
    if isinstance(want, pd.Series):
        if isinstance(got, dict) and not is_counted(want.index):
            got = pd.Series(list(got.values()), index=list(got))
        if isinstance(got, pd.Series) and len(got) == len(want):
            rows = _places(got.index, want.index)
            if rows is None:
                yield _other_labels(got.index.tolist(), want.index.tolist(), f"{where}.index")
                return
            got = pd.Series(got).iloc[rows]
    got, want = np.asarray(got), np.asarray(want)
    if got.shape == want.shape:
        yield Pair(where, got, want, labels)
    else:
        yield Pair(f"{where}.shape", got.shape, want.shape, apart=True)


def _columns(got: Any, want: pd.DataFrame, where: str) -> Iterator[Pair]:
    """Column by column, so that each has its own kind and its own largest number."""
    if isinstance(got, pd.DataFrame | dict):
        got = pd.DataFrame(got)
    elif np.shape(got) == want.shape:
        got = pd.DataFrame(np.asarray(got), index=want.index, columns=want.columns)
    if np.shape(got) != want.shape:
        yield Pair(f"{where}.shape", np.shape(got), want.shape, apart=True)
        return
    places: list[Any] = []
    for axis in ("index", "columns"):
        there, asked = getattr(got, axis), getattr(want, axis)
        places.append(_places(there, asked))
        if places[-1] is None:
            yield _other_labels(there.tolist(), asked.tolist(), f"{where}.{axis}")
            return
    got, labels = got.iloc[places[0], places[1]], want.index.tolist()
    for number, column in enumerate(want.columns.tolist()):
        values, asked = np.asarray(got.iloc[:, number]), np.asarray(want.iloc[:, number])
        yield Pair(f"{where}[{column!r}]", values, asked, labels)


def is_counted(labels: pd.Index) -> bool:
    """Whether labels are the plain 0, 1, 2, ... that pandas gives where nobody does."""
    return isinstance(labels, pd.RangeIndex) and labels.start == 0 and labels.step == 1


def _places(got: pd.Index, want: pd.Index) -> np.ndarray | None:
    """Where each label of `want` stands in `got`; None when they have other labels."""
    if is_counted(want):
        return np.arange(len(want))
    in_order = not (got.is_unique and want.is_unique)  # else the same label would stand for several
    places = np.arange(len(want)) if in_order else got.get_indexer(want)
    found = bool((places >= 0).all()) and same(np.asarray(got)[places], np.asarray(want), 0.0)
    return places if found else None


def _other_labels(got: list, want: list, where: str) -> Pair:
    """The labels that only one side has, or else those that stand at other places."""
    extra, missing = ([one for one in side if one not in other] for side, other in ((got, want), (want, got)))
    if not (extra or missing):
        moved = [pair for pair in zip(got, want, strict=True) if not same(*pair, 0.0)]
        extra, missing = [pair[0] for pair in moved] or got, [pair[1] for pair in moved] or want
    return Pair(where, extra, missing, apart=True)


def agreement(got: np.ndarray, want: np.ndarray, tolerance: float) -> Any:
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
