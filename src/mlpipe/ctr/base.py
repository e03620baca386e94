"""The frame of a click model: what it checks, remembers of its columns, and answers."""

from __future__ import annotations

from collections.abc import Callable, Sequence
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

    Attributes
    ----------
    classes_ : 0 and 1
    n_features_in_ : number of columns
    feature_names_in_ : their names, where all are strings
    """

    classes_: np.ndarray
    n_features_in_: int

    def fit(self, X: Any, y: ArrayLike) -> Self:
        """Learn from a log; forget what was learned before.

        Parameters
        ----------
        X : (n_rows, n_columns) raw columns
        y : (n_rows,) labels, 0 / 1 or bool

        Returns
        -------
        the model itself

        Raises
        ------
        TypeError
            On a sparse matrix.
        ValueError
            On an empty table, labels other than 0 and 1 or only one of them, missing labels, lengths that differ,
            infinite numbers, columns whose values are neither ids, strings, numbers nor times, and parameters out of
            range.
        """
        frame, labels = self._start(X, y)
        self._forget_if_fails(self._fit, frame, labels)
        return self

    def decision_function(self, X: Any) -> np.ndarray:
        """Log-odds of a click; raises as `predict_proba`.

        Parameters
        ----------
        X : (n_rows, n_columns) with the columns of `fit`

        Returns
        -------
        (n_rows,) float64
        """
        return self._log_odds(self._known(X))

    def predict_proba(self, X: Any) -> np.ndarray:
        """Probabilities of no click and of a click. Values and ids never seen in training are allowed.

        Parameters
        ----------
        X : (n_rows, n_columns) with the columns of `fit`, in any order

        Returns
        -------
        (n_rows, 2) float64, each row adds up to 1

        Raises
        ------
        NotFittedError
            Before `fit`.
        TypeError
            On a sparse matrix.
        ValueError
            When the columns are not those of `fit` or hold values of another kind: text for numbers, datetimes without
            a time zone for those with one, values where `fit` saw none.
        """
        click = expit(self.decision_function(X))
        return np.column_stack([1 - click, click])

    def predict(self, X: Any) -> np.ndarray:
        """1 where a click is at least as likely as none, else 0: rarely useful at click rates of a few percent.

        Parameters
        ----------
        X : (n_rows, n_columns) with the columns of `fit`; raises as `predict_proba`

        Returns
        -------
        (n_rows,) int64
        """
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

    def _forget_if_fails(self, step: Callable[..., None], *given: Any) -> None:
        try:
            step(*given)
        except BaseException:
            del self._columns  # half a model is none
            raise

    def _known(self, X: Any) -> pd.DataFrame:
        """The columns of the fitted table, in its order."""
        if not self.__sklearn_is_fitted__():
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

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_columns")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.classifier_tags.multi_class = False
        tags.input_tags.allow_nan = tags.input_tags.string = tags.input_tags.categorical = True
        return tags


class OnlineClickModel(ClickModel):
    """A click model that also learns in pieces: a subclass starts in `_begin` and goes on in `_learn_more`."""

    def partial_fit(self, X: Any, y: ArrayLike, classes: ArrayLike | None = None) -> Self:
        """Learn from some more rows, once.

        Parameters
        ----------
        X : (n_rows, n_columns) with the columns of the first call
        y : (n_rows,) labels, 0 / 1 or bool; one class only is allowed
        classes : ignored, always 0 and 1

        Returns
        -------
        the model itself

        Raises
        ------
        TypeError, ValueError
            As `fit`, and in later calls as `predict_proba`.
        """
        if self.__sklearn_is_fitted__():
            frame = self._known(X)
            labels = as_labels(y, len(frame), both_classes=False)
        else:
            frame, labels = self._start(X, y, both_classes=False)
            self._forget_if_fails(self._begin, frame, labels)
        self._learn_more(frame, labels)
        return self

    def _begin(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        raise NotImplementedError

    def _learn_more(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        raise NotImplementedError


def check_positive(
    model: BaseEstimator, *names: str, optional: Sequence[str] = (), whole: bool = False, zero: bool = False
) -> None:
    """Refuse parameters that are no finite numbers above 0.

    Parameters
    ----------
    model : an estimator
    *names : of its parameters
    optional : names of more, which may be None: that leaves the choice to the model
    whole : whole numbers only
    zero : 0 is allowed, too

    Raises
    ------
    ValueError
        Naming the parameter, what was found and what was expected.
    """
    for name in (*names, *(name for name in optional if getattr(model, name) is not None)):
        arguments.positive(name, getattr(model, name), whole=whole, zero=zero)


def log_odds(p: ArrayLike) -> np.ndarray:
    """Logit of probabilities.

    Parameters
    ----------
    p : probabilities from 0 to 1, any shape

    Returns
    -------
    float64 of that shape, infinite at 0 and 1

    Examples
    --------
    >>> log_odds([0.5, 0.9]).round(3).tolist()
    [0.0, 2.197]
    """
    p = np.asarray(p, dtype=np.float64)
    return np.log(p) - np.log1p(-p)
