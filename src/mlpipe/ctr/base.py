"""The frame of a click model: what it checks, remembers of its columns, and answers."""

from __future__ import annotations

from typing import Any, Self

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.exceptions import NotFittedError

from mlpipe import arguments
from mlpipe.ctr.inputs import as_frame, as_labels


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
