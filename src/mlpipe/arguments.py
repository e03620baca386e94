"""What an argument may be: one rule for each sort of input, so that all modules refuse the same in the same words.

Each function returns the argument in the form to compute with, or raises a ValueError that names the argument, what was
found, what was expected, and the fix. `name` is always the argument as the message calls it, `value` or `values` what
the caller gave for it.
"""

from __future__ import annotations

import contextlib
import math
from collections.abc import Hashable, Sequence
from numbers import Real
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import ArrayLike

TIMES = ("datetimes without a time zone", "datetimes with a time zone", "numbers")
NUMBERS = ("integer", "floating", "mixed-integer-float", "decimal", "boolean", "empty")  # names that pandas gives


def whole_number(name: str, value: Any, low: int | None = 1, high: int | None = None) -> int:
    """A whole number from `low` to `high` (None: no limit), as an int: NumPy's small integers overflow.

    >>> whole_number("k", np.uint8(200)) * 4
    800
    """
    is_whole = isinstance(value, int | np.integer) and _is_number(value)
    if not is_whole or (low is not None and value < low) or (high is not None and value > high):
        limits = "" if low is None else f", {low:,} or more" if high is None else f", {low:,} to {high:,}"
        example = max(low or 0, 10 if high is None else min(10, high))
        raise ValueError(f"{name} is {value!r}; expected a whole number{limits}, such as {example}")
    return int(value)


def number(
    name: str, value: Any, low: float = -math.inf, high: float = math.inf, ends: str = "[]", so: str = ""
) -> float:
    """A finite number from `low` to `high`, as a float; `ends` as in mathematics, "(]" leaves the lower one out."""
    fine = _is_number(value) and math.isfinite(value) and low <= value <= high
    if not fine or (value == low and ends[0] == "(") or (value == high and ends[1] == ")"):
        raise ValueError(f"{name} is {value!r}; expected {so or 'a finite number, such as 1'}")
    return float(value)


def _is_number(value: Any) -> bool:
    return isinstance(value, Real) and not isinstance(value, bool | np.timedelta64)  # NumPy calls durations integers


def positive(name: str, value: Any, *, whole: bool = False, zero: bool = False) -> float:
    """A finite number above 0 (or 0 where `zero`), an int where `whole`."""
    if whole:
        return whole_number(name, value, 0 if zero else 1)
    least = "of 0 or more" if zero else "above 0"
    return number(name, value, 0, ends="[]" if zero else "(]", so=f"a finite number {least}, such as 1")


def fraction(name: str, value: Any, ends: str = "()", example: str = "0.2") -> float:
    """A number between 0 and 1; `ends` says whether 0 and 1 themselves are allowed."""
    words = {"()": "between 0 and 1", "[)": "from 0 up to below 1", "(]": "above 0 and up to 1", "[]": "from 0 to 1"}
    return number(name, value, 0, 1, ends, f"a number {words[ends]}, such as {example}")


def array(name: str, values: Any) -> np.ndarray:
    """An array, of lists of one length."""
    try:
        return np.asarray(values)
    except ValueError as error:
        raise ValueError(
            f"{name} holds lists of different lengths; expected rows of one length: pad the short ones (-1 is no item)"
        ) from error


def numbers(name: str, values: Any, expected: str = "", ndim: int | None = None) -> np.ndarray:
    """Floats of any shape, NaN where missing, whatever the dtype; text that looks like a number is none."""
    found = array(name, values)
    if found.dtype.kind == "O" and pd.api.types.infer_dtype(found.ravel(), skipna=True) in NUMBERS:
        found = np.where(pd.isna(found), np.nan, found).astype(np.float64)
    if found.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} holds {found.dtype} values such as {found.flat[0]!r}; expected numbers: convert it with "
            "pd.to_numeric"
        )
    if ndim not in (None, found.ndim):
        raise ValueError(f"{name} has shape {found.shape}; expected {expected}")
    return found.astype(np.float64, copy=False)


def integers(name: str, values: Any, expected: str, ndim: int | None = None) -> np.ndarray:
    """Whole numbers as int64, of any shape unless `ndim` fixes its length; `expected` says what they stand for."""
    found = array(name, values)
    if found.dtype.kind == "O" and pd.api.types.infer_dtype(found.ravel(), skipna=False) == "integer":
        with contextlib.suppress(OverflowError):  # an integer that no int64 holds
            found = found.astype(np.int64)
    too_large = found.dtype == np.uint64 and (found >= 2**63).any()
    if (found.size and found.dtype.kind not in "iu") or too_large or ndim not in (None, found.ndim):
        raise ValueError(f"{name} is {found.dtype} of shape {found.shape}; expected {expected}")
    return found.astype(np.int64)


def labels(y: Any) -> np.ndarray:
    """Labels (n,) as floats 0 and 1."""
    found = numbers("y", y, "(n,) labels, one a row", ndim=1)
    if not len(found):
        raise ValueError("y has no rows; expected at least one label: check the filter")
    inside("y", found, (found == 0) | (found == 1), "labels, each 0 (no click) or 1 (click)")
    return found


def inside(name: str, values: np.ndarray, fine: np.ndarray, expected: str, fix: str = "") -> None:
    """Refuse values that are not all `fine`."""
    if not fine.all():
        found = f"{values[~fine][0]} (first of {(~fine).sum():,} such rows)"
        raise ValueError(f"{name} holds {found}; expected {expected}, none missing{fix and ': '}{fix}")


def none_missing(name: str, missing: Any, expected: str) -> None:
    """Refuse missing values: `missing` (n,) says which are, `expected` what each row should have, and the fix."""
    if missing.any():
        raise ValueError(f"{name} has {missing.sum():,} missing values; expected {expected}")


def amounts(name: str, values: Any) -> np.ndarray:
    """Finite numbers of zero or more as float64, of shape (n,)."""
    found = numbers(name, values, "(n,) finite numbers of zero or more", ndim=1)
    inside(name, found, np.isfinite(found) & (found >= 0), "finite numbers of zero or more")
    return found


def one_of(name: str, value: Any, allowed: Sequence[Any], so: str = "") -> None:
    """Refuse a value that is not among the `allowed` ones; `so` is what the message adds to them."""
    if value not in allowed:
        raise ValueError(f"{name} is {value!r}; expected one of {', '.join(map(repr, allowed))}{so}")


def repeated(rows: np.ndarray) -> np.ndarray:
    """Which rows (n, k) hold a value twice: (n,) bool.

    >>> repeated(np.array([[1, 2, 3], [4, 5, 4]]))
    array([False,  True])
    """
    in_order = np.sort(rows, axis=1)
    twice: np.ndarray = (in_order[:, 1:] == in_order[:, :-1]).any(axis=1)
    return twice


def added_up(name: str, matrix: sp.spmatrix) -> sp.csr_matrix:
    """A float copy of a sparse matrix as CSR, indices sorted, entries of one cell added up: small integers would wrap.

    >>> plays = sp.coo_matrix((np.ones(300, np.uint8), (np.zeros(300, int), np.zeros(300, int))))
    >>> added_up("plays", plays).toarray()
    array([[300.]], dtype=float32)
    """
    if matrix.ndim != 2 or matrix.dtype.kind not in "biuf":
        raise ValueError(
            f"{name} is a sparse {matrix.ndim}-d matrix of {matrix.dtype}; expected real numbers, users x items: "
            "convert it with .astype(float)"
        )
    if matrix.dtype == bool:  # True twice is True
        matrix = sp.csr_matrix(matrix)
    summed = sp.csr_matrix(matrix.astype(np.promote_types(matrix.dtype, np.float32)))
    summed.sum_duplicates()
    return summed


def same_length(name: str, a: Any, other: str, b: Any, fix: str = "take both from one frame") -> None:
    """Refuse two arguments of different lengths."""
    if len(a) != len(b):
        raise ValueError(f"{name} has {len(a):,} values and {other} {len(b):,}; expected as many: {fix}")


def column(frame: pd.DataFrame, name: Hashable) -> pd.Series:
    """The one column of that name."""
    n_columns = list(frame.columns).count(name)
    if n_columns != 1:
        found = f"no column {name!r}, only {list(frame.columns)}" if not n_columns else f"{n_columns} columns {name!r}"
        raise ValueError(f"the frame has {found}; expected one: pass the name of yours, or rename")
    return frame[name]


def column_names(what: str, names: Sequence[str]) -> list[str]:
    """A list of names, at least one; a single string is none."""
    if isinstance(names, str) or not all(isinstance(name, str) for name in names) or not len(names):
        raise ValueError(f'{what} is {names!r}; expected a list of column names, such as ["ad_id", "site_id"]')
    return list(names)


def plain(name: str, values: ArrayLike) -> pd.Series:
    """A Series in one dtype for each sort of values, whether they came as objects, nullable, arrow or sparse ones."""
    try:
        found = values if isinstance(values, pd.Series) else pd.Series(values)  # type: ignore[arg-type]
    except ValueError as error:
        raise ValueError(f"{name} is no column ({error}); expected one value a row: pass (n,) values") from error
    if isinstance(found.dtype, pd.SparseDtype):
        return found.sparse.to_dense()
    if isinstance(found.dtype, pd.Float64Dtype | pd.Float32Dtype) or found.dtype == np.float16:
        return found.astype(np.float64)
    if isinstance(found.dtype, pd.ArrowDtype):
        found = found.astype(object)
    if found.dtype != object:
        return found
    kind = pd.api.types.infer_dtype(found, skipna=True)
    try:
        if kind == "decimal" and (found.dropna() % 1 == 0).all():
            return found.map(int, na_action="ignore").astype("Int64")
        if kind in ("floating", "mixed-integer-float", "decimal"):
            return found.where(found.notna(), np.nan).astype(np.float64)
        if kind in ("integer", "boolean"):
            return found.astype("Int64" if kind == "integer" else "boolean")
        return pd.to_datetime(found) if kind.startswith("datetime") else found.infer_objects()
    except (ArithmeticError, TypeError, ValueError):  # too large, or datetimes of several time zones
        return found


def kind_of(name: str, values: pd.Series) -> str:
    """One of id (whole numbers, text, bools, or nothing at all), number, time."""
    found = plain(name, values)
    dtype = found.dtype
    if found.isna().all():
        return "id"
    if isinstance(dtype, pd.CategoricalDtype):
        if kind_of(name, pd.Series(dtype.categories)) == "id":
            return "id"
        found = pd.Series(dtype.categories)
    elif is_datetime(dtype):
        return "time"
    elif pd.api.types.is_timedelta64_dtype(dtype):
        return "number"
    elif pd.api.types.is_float_dtype(dtype):
        infinite = np.isinf(found).to_numpy()
        if infinite.any():
            raise ValueError(
                f"{name} holds inf, infinity in {infinite.sum():,} rows; expected finite numbers or missing values: "
                "find where it comes from"
            )
        return "id" if (found.isna() | (found == found.round())).all() else "number"
    elif pd.api.types.is_complex_dtype(dtype):
        raise ValueError(f"Complex data not supported: {name}; expected real numbers: pass the parts as two columns")
    elif pd.api.types.infer_dtype(found, skipna=True) in ("integer", "string", "boolean", "empty"):
        return "id"
    raise _no_ids(name, found)


def _no_ids(name: str, found: pd.Series) -> ValueError:
    present = found.dropna()
    first = present[~present.map(type).duplicated()].head(2)
    return ValueError(
        f"{name} holds {found.dtype} values such as {' and '.join(map(repr, first))}; expected integers, whole floats, "
        "bools or strings, all of one kind: put fractions into bins, turn dates into the parts that matter, the rest "
        "into strings"
    )


def id_column(name: str, values: ArrayLike) -> pd.Series:
    """A column of ids, in a plain dtype: integers, whole floats, bools or strings, all of one kind."""
    found = plain(name, values)
    if kind_of(name, found) != "id":
        raise _no_ids(name, found)
    return found


def ids(name: str, values: ArrayLike) -> tuple[np.ndarray, np.ndarray]:
    """Codes (-1 = missing) and the ids they stand for, as uint64 or as strings, whatever the dtype was."""
    found = id_column(name, values)
    if isinstance(found.dtype, pd.CategoricalDtype):
        codes, uniques = found.cat.codes.to_numpy(), plain(name, found.cat.categories)
    else:
        codes, uniques = pd.factorize(found)
        uniques = pd.Series(uniques).infer_objects()
    if pd.api.types.is_float_dtype(uniques.dtype) and (uniques.abs() < 2**63).all():
        uniques = uniques.astype(np.int64)
    if pd.api.types.is_integer_dtype(uniques.dtype) or pd.api.types.is_bool_dtype(uniques.dtype):
        return codes.astype(np.int64), uniques.to_numpy().astype(np.uint64)
    if not len(uniques) or pd.api.types.infer_dtype(uniques) == "string":
        return codes.astype(np.int64), uniques.to_numpy(object)
    raise _no_ids(name, uniques)


def is_datetime(dtype: Any) -> bool:
    """Whether a dtype is one of datetimes, with a time zone or without."""
    return isinstance(dtype, pd.DatetimeTZDtype) or getattr(dtype, "kind", "") == "M"


def times(name: str, values: ArrayLike, like: Any = None, missing: bool = False) -> pd.Series:
    """Datetimes, or numbers, in the form of the dtype `like`; datetimes of another time zone are converted to its zone.

    Without a time zone beside with one, and numbers beside datetimes, are refused: nobody knows which instants are
    meant. `missing` allows missing values.
    """
    found = plain(name, values).reset_index(drop=True)
    if not missing:
        fix = "leave out what never happened, drop the rest, and say how many"
        none_missing(name, found.isna(), f"a time in each row: {fix}")
    if found.isna().all() and (like is not None or found.dtype == object):  # nothing is in it, whatever the dtype
        return pd.Series(np.nan, found.index, dtype=like if is_datetime(like) else np.float64)
    form = _form(found.dtype)
    expected = TIMES if like is None else TIMES[:2] if like == "datetime" else (_form(like),)
    if form not in expected:
        fix = "pd.to_datetime makes datetimes, of seconds since 1970 with unit='s'"
        if expected == TIMES[2:]:
            fix = "give both as datetimes or both as numbers"
        elif form in TIMES[:2]:
            fix = ".dt.tz_localize(zone) adds the time zone, .dt.tz_convert(zone).dt.tz_localize(None) takes it out"
        raise ValueError(
            f"{name} holds {form} such as {found.dropna().iloc[0]!r}; expected {' or '.join(expected)}: {fix}"
        )
    zone = getattr(like, "tz", None)
    return found if zone is None else found.dt.tz_convert(zone)


def _form(dtype: Any) -> str:
    if is_datetime(dtype):
        return TIMES[0] if getattr(dtype, "tz", None) is None else TIMES[1]
    return TIMES[2] if pd.api.types.is_any_real_numeric_dtype(dtype) else f"{dtype} values"


def duration(name: str, value: Any, beside: Any, zero: bool = True) -> Any:
    """A span of time for times of the dtype `beside`: with its unit beside datetimes, a number beside numbers.

    A plain number beside datetimes is refused (of which unit?), except 0, which needs none.

    >>> duration("lag", "1h", np.dtype("datetime64[ns]"))
    Timedelta('0 days 01:00:00')
    """
    least = "of 0 or more" if zero else "above 0"
    if not is_datetime(beside):
        so = f'a number {least}, such as 1, because the times are numbers: "1h" needs datetimes'
        width = number(name, value, 0, ends="[]" if zero else "(]", so=so)
        return int(value) if width.is_integer() and width < 2**62 else width  # whole times stay exact
    plain_number = _is_number(value) or isinstance(value, bool)
    unit_missing = isinstance(value, str) and not any(letter.isalpha() or letter == ":" for letter in value)
    unit_missing |= isinstance(value, np.timedelta64) and np.datetime_data(value.dtype)[0] == "generic"
    width = pd.NaT
    if not unit_missing and (not plain_number or (value == 0 and value is not False)):
        with contextlib.suppress(TypeError, ValueError, OverflowError):
            width = pd.Timedelta(value).as_unit("ns")
    if width is pd.NaT or width < pd.Timedelta(0) or not (zero or width):
        raise ValueError(f'{name} is {value!r}; expected a duration {least} with its unit, such as "1h"')
    return width
