"""What all click models share: checked labels and columns, and the fields that the columns become."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Self

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import ArrayLike
from scipy.special import expit, ndtr
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError
from sklearn.utils import column_or_1d

from mlpipe import arguments
from mlpipe.features import hash_columns

Crosses = Sequence[Sequence[str]]
KEY_SPACE = 2**52  # so many buckets that keys do not meet


class ClickModel(ClassifierMixin, BaseEstimator):
    """A scikit-learn classifier of clicks: labels 0 and 1, any DataFrame of raw columns or a 2-d array.

    Columns are known by name: at predict time they may come in another order, but must be the same ones. The columns
    of an array are called x0, x1, ... A subclass fits in `_fit` and gives log-odds of a click in `_log_odds`.
    """

    classes_: np.ndarray
    n_features_in_: int

    def fit(self, X: Any, y: ArrayLike) -> Self:
        """Learn from `X` (n_rows, n_columns) and labels `y` (n_rows,), 0 / 1 or bool; forget what was learned before.

        Raises ValueError on an empty table, labels other than 0 and 1 or only one of them, missing labels, lengths that
        differ, infinite numbers, and columns whose values are neither ids, strings, numbers nor times.
        """
        frame, labels = self._start(X, y)
        self._fit(frame, labels)
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Log-odds of a click for each row, (n_rows,). Raises as `predict_proba` does."""
        return self._log_odds(self._known(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities (n_rows, 2): no click, click. Values and ids never seen in training are allowed.

        Raises NotFittedError before `fit`, ValueError when the columns are not those of `fit` or hold values of another
        kind: text for numbers, datetimes without a time zone for those with one, values where `fit` saw none.
        """
        click = expit(self.decision_function(X))
        return np.column_stack([1 - click, click])

    def predict(self, X: Any) -> np.ndarray:
        """1 where a click is at least as likely as none, else 0. Rarely useful at click rates of a few percent."""
        clicked = self.predict_proba(X)[:, 1] >= 0.5
        return self.classes_[clicked.astype(np.int64)]

    def _fit(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        raise NotImplementedError

    def _log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        raise NotImplementedError

    def _start(self, X: Any, y: Any, both_classes: bool = True) -> tuple[pd.DataFrame, np.ndarray]:
        """Check the input of a first fit and remember its columns."""
        frame = as_frame(X)
        labels = as_labels(y, len(frame), both_classes)
        self.n_features_in_ = frame.shape[1]
        if isinstance(X, pd.DataFrame) and all(isinstance(name, str) for name in X.columns):
            self.feature_names_in_ = np.array(X.columns, dtype=object)
        elif hasattr(self, "feature_names_in_"):
            del self.feature_names_in_
        self._columns = list(frame.columns)
        self.classes_ = np.array([0, 1])
        return frame, labels

    def _known(self, X: Any) -> pd.DataFrame:
        """The columns of the fitted table, in its order."""
        if not hasattr(self, "_columns"):
            raise NotFittedError(f"this {type(self).__name__} is not fitted: call fit(X, y) first")
        frame = as_frame(X)
        absent = [name for name in self._columns if name not in frame.columns]
        extra = [name for name in frame.columns if name not in self._columns]
        if absent or extra:
            raise ValueError(
                f"X has {frame.shape[1]} features, but {type(self).__name__} is expecting {self.n_features_in_} "
                f"features as input: absent are {absent}, unknown are {extra}; pass the columns of fit: "
                f"X[{self._columns}]"
            )
        return frame[self._columns]

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags


def as_frame(X: Any) -> pd.DataFrame:
    """A DataFrame with a plain index and string names, at least one row and column."""
    if sp.issparse(X):
        raise TypeError(
            "X is a sparse matrix; expected a DataFrame or dense array of raw columns, which the model "
            "hashes itself: pass those"
        )
    if isinstance(X, pd.DataFrame):
        frame = X.set_axis([str(name) for name in X.columns], axis=1)
        if not frame.columns.is_unique:
            raise ValueError(f"X has columns of one name: {list(X.columns)}; expected each only once: rename them")
    else:
        array = arguments.array("X", X)
        if array.ndim != 2:
            raise ValueError(
                f"X has shape {array.shape}; expected a table with rows and columns. Reshape your data with "
                "X.reshape(-1, 1) if it has a single column"
            )
        if np.iscomplexobj(array):
            raise ValueError("Complex data not supported: X holds complex numbers; pass their parts as two columns")
        frame = pd.DataFrame(array, columns=[f"x{i}" for i in range(array.shape[1])])
    for axis, what in enumerate(("sample(s)", "feature(s)")):
        if not frame.shape[axis]:
            raise ValueError(
                f"X: found 0 {what} (shape={frame.shape}) while a minimum of 1 is required.  Check the filter that "
                "made it"
            )
    plain = {name: arguments.plain(f"column {name!r}", column) for name, column in frame.items()}
    return frame.assign(**{name: column for name, column in plain.items() if column is not frame[name]}).reset_index(
        drop=True
    )


def as_labels(y: Any, n_rows: int, both_classes: bool = True) -> np.ndarray:
    """Labels as float64, each 0 or 1."""
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None: pass one label a row, 0 or 1")
    labels = arguments.array("y", y.to_numpy() if isinstance(y, (pd.Series, pd.DataFrame)) else y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = column_or_1d(labels, warn=True)
    if labels.shape != (n_rows,):
        raise ValueError(f"y has shape {labels.shape}; expected one label a row of X: ({n_rows},)")
    odd = pd.isna(labels)
    if not odd.any():
        odd = ~np.isin(labels, (0, 1))
    if odd.any():
        many = len(pd.unique(labels[~pd.isna(labels)])) > 2
        raise ValueError(
            f"{'Only binary classification is supported. ' if many else ''}Unknown label type: y holds "
            f"{labels[odd].tolist()[0]!r} (first of {odd.sum():,} such rows); expected 0 (no click) or 1 (click), none "
            "missing: map your labels to these"
        )
    labels = labels.astype(np.float64)
    if both_classes and labels.min() == labels.max():
        raise ValueError(
            f"y holds only one class: {labels[0]:.0f} in all {n_rows:,} rows; expected clicks (1) and "
            "non-clicks (0): take more rows"
        )
    return labels


class Kinds:
    """The kind of each column (id, number or time), fixed by one table, and later tables in the form of that one."""

    def __init__(self, frame: pd.DataFrame):
        self.of: dict[str, str] = {}
        self.form: dict[str, Any] = {}  # of times the dtype, which knows the time zone
        for name, column in frame.items():
            self.of[name] = arguments.kind_of(f"column {name!r}", column)
            self.form[name] = _form(name, column)

    def take(self, frame: pd.DataFrame, name: str) -> pd.Series:
        """The column; times in the time zone of fit, durations in seconds. ValueError where it is of another kind.

        Missing values are allowed everywhere. A column without any value in fit has no kind: a value is refused.
        """
        column, fitted = frame[name], self.form[name]
        if self.of[name] == "time":
            return arguments.times(f"column {name!r}", column, like=fitted, missing=True)
        found = _form(name, column)
        if found == "nothing":
            return pd.Series(np.nan, column.index)
        if found != fitted and (found, fitted) != ("numbers", "fractions"):
            raise ValueError(
                f"column {name!r} holds {found} (such as {column.dropna().iloc[0]!r}), and {fitted} in fit, so none "
                f"would match; expected {fitted}: convert the column in one place, for both, or fit without it"
            )
        return column.dt.total_seconds() if found == "durations" else column


def _form(name: str, column: pd.Series) -> Any:
    """What tells apart columns of one kind."""
    if column.isna().all():
        return "nothing"
    kind = arguments.kind_of(f"column {name!r}", column)
    if kind == "time":
        return column.dtype
    if kind == "number":
        return "durations" if column.dtype.kind == "m" else "fractions"
    values = column.cat.categories if isinstance(column.dtype, pd.CategoricalDtype) else column
    is_text = not pd.api.types.is_any_real_numeric_dtype(values.dtype) and not pd.api.types.is_bool_dtype(values.dtype)
    return "text" if is_text else "numbers"


class Fields:
    """Turns raw columns into hashed features: which buckets a row lights, and how strongly.

    The kind of each column is fixed by the table it is fitted on:

    - ids: integers, strings, bools, categoricals, and floats that are all whole (ids with missing values arrive so).
      One bucket a value, also for values never seen;
    - numbers: floats with fractions, and durations (in seconds). They are interpolated between up to 16 knots: the
      value lights the knot below and the knot above, in proportion to its nearness, so a linear model can draw any
      piecewise linear curve. The knots are quantiles, denser with more rows; beyond the outer ones the curve is flat;
    - times: datetimes become two ids, the hour of the day and the day of the week, in the time zone of that table.

    A later column of another kind is refused: text for numbers, datetimes without a time zone for those with one. A
    missing value is a value of its own; where a column has no value at all, nothing is learned, and none may follow.

    A cross of columns is one more id; numbers enter it by the interval between two knots, times by their hour.
    """

    def __init__(self, n_buckets: int, crosses: Crosses = (), seed: int = 0):
        self.n_buckets, self.seed = n_buckets, seed
        self.crosses = [tuple(cross) if not isinstance(cross, str) else cross for cross in crosses]

    def fit(self, frame: pd.DataFrame) -> Self:
        """Fix the kind of each column, and the knots of numbers."""
        self.kinds = Kinds(frame)
        numbers = [name for name, kind in self.kinds.of.items() if kind == "number"]
        self.knots = {name: _knots(floats(self.kinds.take(frame, name))) for name in numbers}
        for cross in self.crosses:
            known = not isinstance(cross, str) and len(cross) > 1 and all(part in self.kinds.of for part in cross)
            if not known or len(set(cross)) < len(cross):
                raise ValueError(
                    f"crosses holds {cross!r}; expected a tuple of two or more different columns of X, each one of "
                    f"{list(self.kinds.of)}"
                )
        return self

    def transform(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None, int]:
        """Buckets (n_rows, n_slots), values of that shape (None: all are 1), and how many of the slots are fields.

        The slots of crosses come last.
        """
        plain: dict[str, Any] = {}  # columns that are hashed as they are
        parts: dict[str, Any] = {}  # what stands for a number or a time in a cross
        tables: list[tuple[np.ndarray, np.ndarray]] = []
        for name, kind in self.kinds.of.items():
            column = self.kinds.take(frame, name)
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

    def _interpolate(self, name: str, column: pd.Series) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Two buckets and their values for each number, and the number of the interval (-1: missing)."""
        knots, numbers = self.knots[name], floats(column)
        n = len(knots)
        table = _hash(pd.DataFrame({name: np.arange(-1, n)}), [name], self.n_buckets, (), self.seed)[:, 0]
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
    """

    def __init__(self, keys: Sequence[str | Sequence[str]], n_buckets: int = KEY_SPACE, seed: int = 0):
        self.keys = [(key,) if isinstance(key, str) else tuple(key) for key in keys]
        self.n_buckets, self.seed = n_buckets, seed

    def fit(self, frame: pd.DataFrame, argument: str = "keys") -> Self:
        """Fix the kinds of the columns. `argument` names the keys in errors."""
        absent = [name for key in self.keys for name in key if name not in frame.columns]
        if absent:
            raise ValueError(
                f"{argument} names {absent}, which X does not have; expected some of {list(frame.columns)}"
            )
        self.columns = list(dict.fromkeys(name for key in self.keys for name in key))
        crosses = list(dict.fromkeys(key for key in self.keys if len(key) > 1))
        self.fields = Fields(self.n_buckets, crosses, self.seed).fit(frame[self.columns])
        kinds = self.fields.kinds.of
        place: dict[tuple[str, ...], int] = {}  # slots in the order of `Fields`: ids and times, numbers, crosses
        for name in sorted(self.columns, key=lambda name: kinds[name] == "number"):
            place[name,] = sum(1 if kinds[before] == "id" else 2 for (before,) in place)
        n_fields = sum(1 if kind == "id" else 2 for kind in kinds.values())
        place |= {cross: n_fields + i for i, cross in enumerate(crosses)}
        self.slots = [place[key] for key in self.keys]
        return self

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """Numbers (n_rows, n_keys), below `n_buckets`."""
        return self.fields.transform(frame[self.columns])[0][:, self.slots] if self.keys else np.empty((len(frame), 0))


def _shares(upper: np.ndarray) -> np.ndarray:
    return np.column_stack([1 - upper, upper]).astype(np.float32)


def _hash(frame: pd.DataFrame, columns: list[str], n_buckets: int, crosses: Crosses, seed: int) -> np.ndarray:
    if not columns:  # crosses alone: hash one of their columns along, and drop it
        return hash_columns(frame, [crosses[0][0]], n_buckets, crosses, seed)[:, 1:]
    return hash_columns(frame, columns, n_buckets, crosses, seed)


def floats(column: pd.Series) -> np.ndarray:
    """Floats, NaN where missing."""
    return column.astype(float).to_numpy(np.float64, na_value=np.nan)


def _exact(column: pd.Series) -> pd.Series:
    """Ids; whole floats that are too large to tell neighbours apart by the bits that they have."""
    if column.dtype.kind != "f" or np.nanmax(np.abs(column.to_numpy()), initial=0) < 2**53:
        return column
    return pd.Series(column.to_numpy(np.float64).view(np.int64)).where(column.notna()).astype("Int64")


def _knots(numbers: np.ndarray) -> np.ndarray:
    """Quantiles at evenly spaced normal scores: 4 knots for 1,000 rows, 8 for 30,000, 16 for a million."""
    present = numbers[~np.isnan(numbers)]
    n = int(np.clip(np.ceil(len(numbers) ** 0.2), 3, 16))
    return np.unique(np.quantile(present, ndtr(np.linspace(-2.5, 2.5, n)))) if len(present) else np.zeros(1)


def design_matrix(buckets: np.ndarray, values: np.ndarray | None, n_buckets: int, dtype: type) -> sp.csr_matrix:
    """The sparse matrix of `Fields.transform`: a row holds its values in its buckets (added up where they meet)."""
    n_rows, n_slots = buckets.shape
    data: np.ndarray = np.ones(buckets.size, dtype) if values is None else values.ravel().astype(dtype)
    starts = np.arange(n_rows + 1, dtype=np.int64 if buckets.size > 2**31 - 1 else np.int32) * n_slots
    return sp.csr_matrix((data, buckets.ravel(), starts), shape=(n_rows, n_buckets))


def given(model: BaseEstimator, *names: str) -> list[str]:
    """Those of the parameters that are not None: None leaves the choice to the model."""
    return [name for name in names if getattr(model, name) is not None]


def check_positive(model: BaseEstimator, *names: str, whole: bool = False, zero: bool = False) -> None:
    """Raise ValueError unless these parameters are finite numbers above 0 (or from 0 on), whole ones where `whole`."""
    for name in names:
        arguments.positive(name, getattr(model, name), whole=whole, zero=zero)


def log_odds(p: ArrayLike) -> np.ndarray:
    """Logit of probabilities."""
    p = np.asarray(p, dtype=np.float64)
    return np.log(p) - np.log1p(-p)
