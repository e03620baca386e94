"""Raw columns as hashed features: the buckets that a row lights, the keys that it has, and their sparse matrix."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.special import ndtr

from mlpipe.ctr.kinds import Kinds, floats
from mlpipe.features import hash_columns

Crosses = Sequence[Sequence[str]]
KEY_SPACE = 2**52  # so many buckets that keys do not meet


class Fields:
    """Turns raw columns into hashed features: which buckets a row lights, and how strongly.

    The kind of each column is fixed by the table that it is fitted on:

    - ids: integers, strings, bools, categoricals, and floats that are all whole (ids with missing values arrive so).
      One bucket a value, also for values never seen;
    - numbers: floats with fractions, and durations (in seconds). They are interpolated between up to 16 knots: the
      value lights the knot below and the knot above, in proportion to its nearness, so a linear model can draw any
      piecewise linear curve. The knots are quantiles, denser with more rows; beyond the outer ones the curve is flat;
    - times: datetimes become two ids, the hour of the day and the day of the week, in the time zone of that table.

    A later column of another kind is refused: text for numbers, datetimes without a time zone for those with one. A
    missing value is a value of its own; where a column has no value at all, nothing is learned, and none may follow.

    A cross of columns is one more id; numbers enter it by the interval between two knots, times by their hour.

    Parameters
    ----------
    n_buckets : buckets that all values share, 1 or more
    crosses : tuples of two or more columns
    seed : of the hash
    ids_as_numbers : whether ids that are numbers are interpolated, too, beside the bucket of their own

    Attributes
    ----------
    kinds : the `Kinds` of the columns
    numbered : names of the ids that are interpolated, too
    knots : increasing numbers by column of numbers
    slots : of each slot before those of crosses its column, None for weekdays, which enter no cross

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [7, 8], "site": ["news", "mail"]})
    >>> Fields(2**20, [("ad", "site")]).fit(log).transform(log)[0].shape
    (2, 3)
    """

    def __init__(self, n_buckets: int, crosses: Crosses = (), seed: int = 0, ids_as_numbers: bool = False):
        self.n_buckets, self.seed, self.ids_as_numbers = n_buckets, seed, ids_as_numbers
        self.crosses = [tuple(cross) if not isinstance(cross, str) else cross for cross in crosses]

    def fit(self, frame: pd.DataFrame) -> Self:
        """Fix the kind of each column, and the knots of numbers.

        Parameters
        ----------
        frame : (n_rows, n_columns) with string names

        Returns
        -------
        itself

        Raises
        ------
        ValueError
            As `Kinds`; on crosses that are not two or more different columns of the table; on a column whose name is
            that of another and ": hour", ": weekday" or ": number".
        """
        self.kinds = Kinds(frame)
        numbers = [name for name, kind in self.kinds.of.items() if kind == "number"]
        self.numbered = self.kinds.ids_with_an_order() if self.ids_as_numbers else []
        self.knots = {name: _knots(floats(self.kinds.take(frame, name))) for name in numbers + self.numbered}
        ids = [(name, None) if kind == "time" else (name,) for name, kind in self.kinds.of.items() if kind != "number"]
        interpolated = [name for name in self.kinds.of if name in self.knots]
        self.slots: list[str | None] = [s for column in ids for s in column] + [n for n in interpolated for _ in "01"]
        made = [f"{name}: {part}" for name in self.kinds.of for part in ("hour", "weekday", "number")]
        taken = [name for name in made if name in self.kinds.of]
        if taken:
            raise ValueError(
                f"X has a column {taken[0]!r}, which is what a part of {taken[0].rpartition(':')[0]!r} is called here; "
                "expected another name: rename one of the two"
            )
        for cross in self.crosses:
            known = not isinstance(cross, str) and len(cross) > 1 and all(part in self.kinds.of for part in cross)
            if not known or len(set(cross)) < len(cross):
                raise ValueError(
                    f"crosses holds {cross!r}; expected a tuple of two or more different columns of X, each one of "
                    f"{list(self.kinds.of)}"
                )
        return self

    def transform(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None, int]:
        """The buckets of each row.

        Parameters
        ----------
        frame : (n_rows, ...) with the columns of `fit`

        Returns
        -------
        buckets : (n_rows, n_slots) below `n_buckets`; the slots of crosses come last
        values : (n_rows, n_slots) float32, None where all are 1
        n_fields : how many of the slots are not crosses

        Raises
        ------
        ValueError
            On columns of another kind than in `fit`.
        """
        frame = frame.reset_index(drop=True)  # what becomes of the columns is put together by row, not by label
        plain: dict[str, Any] = {}  # columns that are hashed as they are
        parts: dict[str, Any] = {}  # what stands for a number or a time in a cross
        tables: list[tuple[np.ndarray, np.ndarray]] = []
        for name, kind in self.kinds.of.items():
            column = self.kinds.take(frame, name)
            if name in self.numbered:
                tables.append(self._interpolate(name, column, ": number")[:2])  # not the buckets of small ids
            if kind == "number":
                buckets, values, parts[name] = self._interpolate(name, column)
                tables.append((buckets, values))
            elif kind == "time":
                parts[name] = plain[f"{name}: hour"] = column.dt.hour.astype("Int64")
                plain[f"{name}: weekday"] = column.dt.day_of_week.astype("Int64")
            else:
                plain[name] = _exact(column)
        hashed = pd.DataFrame({**plain, **parts}, copy=False)
        columns: list[np.ndarray] = []
        n_ids = len(plain)
        if plain or self.crosses:
            ids = _hash(hashed, list(plain), self.n_buckets, self.crosses, self.seed)
            columns = [ids[:, :n_ids], *(buckets for buckets, _ in tables), ids[:, n_ids:]]
        else:
            columns = [buckets for buckets, _ in tables]
        n_fields = n_ids + 2 * len(tables)
        together = np.concatenate(columns, axis=1)
        if not tables:
            return together, None, n_fields
        values = np.ones(together.shape, dtype=np.float32)
        values[:, n_ids:n_fields] = np.concatenate([v for _, v in tables], axis=1)
        return together, values, n_fields

    def _interpolate(self, name: str, column: pd.Series, suffix: str = "") -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Two buckets and their values for each number, and the number of the interval (-1: missing)."""
        knots, numbers = self.knots[name], floats(column)
        n = len(knots)
        field = name + suffix
        table = _hash(pd.DataFrame({field: np.arange(-1, n)}), [field], self.n_buckets, (), self.seed)[:, 0]
        missing = np.isnan(numbers)
        if n < 2:
            interval = np.where(missing, -1, 0)
            upper_share = np.zeros(len(numbers))
            return np.column_stack([table[interval + 1]] * 2), _shares(upper_share), interval
        position = np.interp(np.where(missing, knots[0], numbers), knots, np.arange(n))
        interval = np.minimum(position.astype(np.int64), n - 2)
        upper_share = np.where(missing, 0, position - interval)
        interval[missing] = -1
        buckets = np.column_stack([table[interval + 1], table[interval + 2]])
        return buckets, _shares(upper_share), interval


class Keys:
    """One number for each key of each row: a key is a column, or several whose combination counts.

    Columns enter as in the crosses of `Fields`: numbers by the interval between two knots, times by their hour.

    Parameters
    ----------
    keys : column names, or tuples of them
    n_buckets : numbers to hash to; by default so many that keys do not meet
    seed : of the hash

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [7, 7, 7], "site": ["news", "mail", "news"]})
    >>> pd.factorize(Keys([("ad", "site")]).fit(log).transform(log)[:, 0])[0]
    array([0, 1, 0])
    """

    def __init__(self, keys: Sequence[str | Sequence[str]], n_buckets: int = KEY_SPACE, seed: int = 0):
        keys = [keys] if isinstance(keys, str) else keys
        self.keys = [(key,) if isinstance(key, str) else tuple(key) for key in keys]
        self.n_buckets, self.seed = n_buckets, seed

    def fit(self, frame: pd.DataFrame, argument: str = "keys") -> Self:
        """Fix the kinds of the columns.

        Parameters
        ----------
        frame : (n_rows, n_columns) with string names
        argument : what errors call the keys

        Returns
        -------
        itself

        Raises
        ------
        ValueError
            On keys that name no column, or one twice, and as `Fields.fit`.
        """
        odd = [key for key in self.keys if not key or len(set(key)) < len(key)]
        if odd:
            raise ValueError(f"{argument} holds {odd[0]!r}; expected names of columns, or tuples of different ones")
        absent = [name for key in self.keys for name in key if name not in frame.columns]
        if absent:
            raise ValueError(
                f"{argument} names {absent}, which X does not have; expected some of {list(frame.columns)}"
            )
        self.columns = list(dict.fromkeys(name for key in self.keys for name in key))
        crosses = list(dict.fromkeys(key for key in self.keys if len(key) > 1))
        self.fields = Fields(self.n_buckets, crosses, self.seed).fit(frame[self.columns])
        slots = self.fields.slots
        place: dict[tuple[str, ...], int] = {(name,): slots.index(name) for name in self.columns}
        place |= {cross: len(slots) + i for i, cross in enumerate(crosses)}
        self.slots = [place[key] for key in self.keys]
        return self

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """The number of each key.

        Parameters
        ----------
        frame : (n_rows, ...) with the columns of the keys

        Returns
        -------
        (n_rows, n_keys) below `n_buckets`

        Raises
        ------
        ValueError
            On columns of another kind than in `fit`.
        """
        return self.fields.transform(frame[self.columns])[0][:, self.slots] if self.keys else np.empty((len(frame), 0))


def _shares(upper: np.ndarray) -> np.ndarray:
    return np.column_stack([1 - upper, upper]).astype(np.float32)


def _hash(frame: pd.DataFrame, columns: list[str], n_buckets: int, crosses: Crosses, seed: int) -> np.ndarray:
    if not columns:  # crosses alone: hash one of their columns along, and drop it
        return hash_columns(frame, [crosses[0][0]], n_buckets, crosses, seed)[:, 1:]
    return hash_columns(frame, columns, n_buckets, crosses, seed)


def _exact(column: pd.Series) -> pd.Series:
    """Ids; whole floats that are too large to tell neighbours apart by the bits that they have."""
    if column.dtype.kind != "f" or np.nanmax(np.abs(column.to_numpy()), initial=0) < 2**53:
        return column
    bits = column.to_numpy(np.float64).view(np.int64)
    return pd.Series(pd.arrays.IntegerArray(bits, column.isna().to_numpy()), column.index)


def _knots(numbers: np.ndarray) -> np.ndarray:
    """Quantiles at evenly spaced normal scores: 4 knots for 1,000 rows, 8 for 30,000, 16 for a million."""
    present = numbers[~np.isnan(numbers)]
    n = int(np.clip(np.ceil(len(numbers) ** 0.2), 3, 16))
    return np.unique(np.quantile(present, ndtr(np.linspace(-2.5, 2.5, n)))) if len(present) else np.zeros(1)


def design_matrix(buckets: np.ndarray, values: np.ndarray | None, n_buckets: int, dtype: type) -> sp.csr_matrix:
    """The sparse matrix of `Fields.transform`: a row holds its values in its buckets, added up where they meet.

    Parameters
    ----------
    buckets : (n_rows, n_slots) below `n_buckets`
    values : (n_rows, n_slots), None for ones
    n_buckets : columns
    dtype : of the result

    Returns
    -------
    (n_rows, n_buckets) CSR matrix

    Examples
    --------
    >>> design_matrix(np.array([[0, 2]]), None, 3, float).toarray()
    array([[1., 0., 1.]])
    """
    n_rows, n_slots = buckets.shape
    data: np.ndarray = np.ones(buckets.size, dtype) if values is None else values.ravel().astype(dtype)
    starts = np.arange(n_rows + 1, dtype=np.int64 if buckets.size > 2**31 - 1 else np.int32) * n_slots
    return sp.csr_matrix((data, buckets.ravel(), starts), shape=(n_rows, n_buckets))
