"""FTRL-proximal: logistic regression that learns from each impression once, with weights that are exactly zero."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from scipy.special import expit

from mlpipe.ctr.base import OnlineClickModel, check_positive
from mlpipe.ctr.fields import Crosses, Fields, design_matrix
from mlpipe.ctr.logistic import choose_C

DENSE_UP_TO = 64  # buckets an entry of the batch, above which only the batch's own buckets are visited
FEATURES_IN_A_BATCH = 2**15  # at most: within a batch weights stand still, so what all rows share overshoots
ROWS_TO_SHOW = 400_000  # at most, by passing over a small table several times


class FTRLProximal(OnlineClickModel):
    """Online logistic regression on hashed columns: per-coordinate learning rates, L1 for sparsity, one pass.

    For each weight it keeps z (the gradients so far, corrected) and n (their squares). The weight is 0 where
    abs(z) <= l1, else -(z - sign(z) l1) / ((beta + sqrt(n)) / alpha + l2). Rows come in mini-batches that grow with the
    number of rows seen, up to `batch_size`: within a batch the weights stand still. With `batch_size=1` it is the
    algorithm of the paper, row by row.

    `fit` takes the rows in random order, unless `shuffle` is off. In time order, values that come in stretches, such as
    the day of the week, go wrong: the weight of Monday also absorbs what all other weights got wrong on Monday, and is
    not corrected for a week. `partial_fit` takes rows as they come and goes on where it stopped. Cut the stream at
    multiples of `batch_size` and the result is that of one `fit` without shuffling; cut it elsewhere and it differs a
    little. The kinds of the columns, and the knots of numbers, are those of the first call. How columns become
    features: `mlpipe.ctr.fields.Fields`.

    Parameters
    ----------
    alpha : learning rate, above 0
    beta : smooths the learning rate of the first occurrences, 0 or more
    l1 : weights whose evidence stays below are exactly zero, 0 or more
    l2 : shrinks weights, as 1 / C of a logistic regression does, 0 or more
        It counts once, however many the passes. None: 2 in a single pass; in several, their number / C, which is chosen
        as `HashedLogisticRegression` chooses it.
    n_buckets : buckets that all values share by hashing, best a power of two
    crosses : tuples of column names; each combination of values becomes a feature
    epochs : passes over the table in `fit`; None: as many as fit into 400,000 rows, 1 to 100
    batch_size : rows in a mini-batch, at most; a power of two
        None: as many as hold 32,768 features together. Steps of larger batches overshoot: with 30 columns of numbers,
        batches of 2,048 rows diverge.
    shuffle : whether `fit` takes the rows in random order
    random_state : seed of that order

    Attributes
    ----------
    coef_ : (1, n_buckets) weights
    intercept_ : (1,)

    References
    ----------
    McMahan et al. 2013, Ad click prediction: a view from the trenches, doi:10.1145/2487575.2488200, algorithm 1.

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [1, 1, 2, 2] * 500, "site": ["a", "b"] * 1000})
    >>> FTRLProximal(n_buckets=2**10).fit(log, [1, 1, 0, 0] * 500).predict(log)[:4].tolist()
    [1, 1, 0, 0]
    """

    def __init__(
        self,
        alpha: float = 0.15,
        beta: float = 1.0,
        l1: float = 0.2,
        l2: float | None = None,
        n_buckets: int = 2**18,
        crosses: Crosses = (),
        epochs: int | None = None,
        batch_size: int | None = None,
        shuffle: bool = True,
        random_state: int | None = 0,
    ):
        self.alpha = alpha
        self.beta = beta
        self.l1 = l1
        self.l2 = l2
        self.n_buckets = n_buckets
        self.crosses = crosses
        self.epochs = epochs
        self.batch_size = batch_size
        self.shuffle = shuffle
        self.random_state = random_state

    def _fit(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        self._begin(frame, y)
        buckets, values, _ = self._fields.transform(frame)
        rng = np.random.default_rng(self.random_state)
        n_passes = self.epochs or int(np.clip(ROWS_TO_SHOW / len(y), 1, 100))
        if self.l2 is None and n_passes > 1:
            # The gradients of all passes are summed and the penalty counts once: so it must be as many times larger
            self._l2 = n_passes / choose_C(design_matrix(buckets, values, self.n_buckets, np.float32), y)
        for _ in range(n_passes):
            if self.shuffle:
                order = rng.permutation(len(y))
                values = None if values is None else values[order]
                buckets, y = buckets[order], y[order]
            self._pass(buckets, values, y)

    def _learn_more(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        buckets, values, _ = self._fields.transform(frame)
        self._pass(buckets, values, y)

    def _begin(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        check_positive(self, "alpha")
        check_positive(self, "beta", "l1", optional=["l2"], zero=True)
        check_positive(self, "n_buckets", optional=["epochs", "batch_size"], whole=True)
        check_positive(self, optional=["random_state"], whole=True, zero=True)
        self._fields = Fields(self.n_buckets, self.crosses).fit(frame)
        n_features = len(self._fields.slots) + len(self._fields.crosses)
        most = max(1, FEATURES_IN_A_BATCH // n_features)
        self._batch_size = int(self.batch_size or 1 << most.bit_length() - 1)
        self._l2 = 2.0 if self.l2 is None else float(self.l2)
        self._z, self._n = np.zeros(self.n_buckets), np.zeros(self.n_buckets)
        self._n_seen, self._bias_z, self._bias_n = 0, 0.0, 0.0
        self.coef_, self.intercept_ = np.zeros((1, self.n_buckets)), np.zeros(1)

    def _log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        buckets, values, _ = self._fields.transform(frame)
        weights = self.coef_[0][buckets]
        return (weights if values is None else weights * values).sum(axis=1) + self.intercept_[0]

    def _pass(self, buckets: np.ndarray, values: np.ndarray | None, y: np.ndarray) -> None:
        start = 0
        while start < len(y):
            # Early weights move fast, so batches are small then: a power of two, a 48th of what was seen at most
            full = min(self._batch_size, 1 << max(0, (self._n_seen // 48).bit_length() - 1))
            size = full - self._n_seen % full
            rows = slice(start, start + size)
            self._learn(buckets[rows], None if values is None else values[rows], y[rows])
            start += len(y[rows])
            self._n_seen += len(y[rows])

    def _learn(self, buckets: np.ndarray, values: np.ndarray | None, y: np.ndarray) -> None:
        """One mini-batch: the gradient of each row at the weights before it, added up by coordinate."""
        touched, places = None, buckets
        if self.n_buckets > DENSE_UP_TO * buckets.size:  # a small batch: work on its own few buckets
            touched, places = np.unique(buckets, return_inverse=True)
            places = places.reshape(buckets.shape)
        n_places = self.n_buckets if touched is None else len(touched)
        X = design_matrix(places, values, n_places, np.float64)
        error = expit(X @ (self.coef_[0] if touched is None else self.coef_[0][touched]) + self.intercept_[0]) - y
        total = X.T @ error
        if values is not None:
            X = design_matrix(places, values**2, n_places, np.float64)
        squares = X.T @ error**2
        if touched is None:
            touched = np.flatnonzero(squares > 0)
            total, squares = total[touched], squares[touched]
        w, n, z = self.coef_[0], self._n[touched], self._z[touched]
        root = np.sqrt(n + squares)
        z += total - (root - np.sqrt(n)) / self.alpha * w[touched]
        self._n[touched] = n + squares
        self._z[touched] = z
        w[touched] = _weight(z, root, self.alpha, self.beta, self.l1, self._l2)

        root, before = np.sqrt(self._bias_n + error @ error), np.sqrt(self._bias_n)
        self._bias_z += error.sum() - (root - before) / self.alpha * self.intercept_[0]
        self._bias_n += error @ error
        self.intercept_[0] = _weight(np.array([self._bias_z]), root, self.alpha, self.beta, 0, 0)[0]


def _weight(z: np.ndarray, root_n: Any, alpha: float, beta: float, l1: float, l2: float) -> np.ndarray:
    shrunk = np.sign(z) * np.maximum(np.abs(z) - l1, 0)
    return -shrunk / ((beta + root_n) / alpha + l2)
