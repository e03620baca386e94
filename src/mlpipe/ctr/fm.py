"""Factorization machine: logistic regression plus all pairwise interactions, each the product of two short vectors."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.special import expit

from mlpipe.ctr.base import OnlineClickModel, check_positive, log_odds
from mlpipe.ctr.fields import Crosses, Fields, design_matrix
from mlpipe.ctr.logistic import choose_C, fit_logistic


class _Batch(NamedTuple):
    fields: sp.csr_matrix  # rows x touched buckets of the fields
    squared: sp.csr_matrix  # the same with squared values
    touched: np.ndarray
    has_vector: np.ndarray  # 1 or 0 for each touched bucket, (n, 1)
    share: np.ndarray  # of the occurrences of each touched bucket, the share that is in this batch
    crosses: sp.csr_matrix | None
    crosses_touched: np.ndarray
    crosses_share: np.ndarray
    y: np.ndarray


class FactorizationMachine(OnlineClickModel):
    """Logistic regression with an interaction <v_i, v_j> between every two features i and j of a row.

    log-odds = b + sum_i w_i x_i + sum_{i<j} <v_i, v_j> x_i x_j, the second sum in linear time: for each factor it is
    half of (the square of the sum - the sum of the squares). A pair that was never seen together has an interaction
    all the same, where its members were seen with others.

    It minimises the sum of log losses + l2 ||w||^2 / 2 + factor_l2 ||V||^2 / 2 by Adagrad in mini-batches: each
    occurrence carries its share of its feature's penalty, so frequent features are not punished more than rare ones,
    and the parameters, which are inverse variances, do not depend on the number of rows. Only values that are frequent
    enough get a vector (a user who was seen five times cannot fill one; it would hold noise). Weights are averaged over
    the second half of the passes, and log-odds over several machines with other seeds, if you ask for more than one.

    `fit` starts from the logistic regression of the linear part: in few rows, rare values would not reach their weight.
    `partial_fit` learns some more rows in one pass. How columns become features: `mlpipe.ctr.fields.Fields`.

    Parameters
    ----------
    factors : length of the vectors
    l2 : inverse variance of the weights, 0 or more
        None: 1 / C of a logistic regression, chosen as it chooses C; 10 if the machine starts by `partial_fit`.
    factor_l2 : inverse variance of the entries of the vectors, 0 or more; None: 60
    min_clicks : a value gets a vector when its rows times the click rate reach this number
    learning_rate : of Adagrad, above 0
    epochs : passes over the table in `fit`
    n_models : machines to average
    n_buckets : buckets that all values share by hashing, best a power of two
    crosses : tuples of column names; each combination of values becomes a feature of the linear part
    batch_size : rows in a mini-batch, at most; of a small table, a fiftieth
    random_state : seed of the start and of the order of rows

    References
    ----------
    Rendle 2010, Factorization machines, doi:10.1109/ICDM.2010.127, equation 5 and lemma 3.1; vectors for frequent
    values only as in Li et al. 2016, DiFacto: distributed factorization machines.

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [1, 1, 2, 2] * 500, "site": ["a", "b"] * 1000})
    >>> FactorizationMachine().fit(log, [1, 0, 0, 1] * 500).predict(log)[:4].tolist()
    [1, 0, 0, 1]
    """

    _models: list[dict[str, Any]]

    def __init__(
        self,
        factors: int = 8,
        l2: float | None = None,
        factor_l2: float | None = None,
        min_clicks: float = 10.0,
        learning_rate: float = 0.1,
        epochs: int = 10,
        n_models: int = 1,
        n_buckets: int = 2**18,
        crosses: Crosses = (),
        batch_size: int = 4096,
        random_state: int | None = 0,
    ):
        self.factors = factors
        self.l2 = l2
        self.factor_l2 = factor_l2
        self.min_clicks = min_clicks
        self.learning_rate = learning_rate
        self.epochs = epochs
        self.n_models = n_models
        self.n_buckets = n_buckets
        self.crosses = crosses
        self.batch_size = batch_size
        self.random_state = random_state

    def _fit(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        self._begin(frame, y)
        encoded = self._encode(frame)
        linear = self._linear_design(*encoded)
        seen = np.flatnonzero(np.bincount(linear.indices, minlength=self.n_buckets))
        linear = linear[:, seen]
        if self.l2 is None:
            self._l2 = 1 / choose_C(linear, y)
        weights, bias, _ = fit_logistic(linear, y, 1 / max(self._l2, 1e-3), tol=0.1, max_iter=300)
        for model in self._models:
            model["weights"][seen, 0], model["bias"] = weights, bias
        rows = self._rng.permutation(len(y))
        self._count(encoded, y, rows)
        batches = self._batches(encoded, y, rows)
        averaged = [{"weights": np.zeros_like(model["weights"]), "bias": 0.0} for model in self._models]
        first_averaged = self.epochs // 2
        for epoch in range(self.epochs):
            for model, mean in zip(self._models, averaged, strict=True):
                for i in self._rng.permutation(len(batches)):
                    self._learn(model, batches[i])
                if epoch >= first_averaged:
                    for name in mean:
                        mean[name] += model[name] / (self.epochs - first_averaged)
        for model, mean in zip(self._models, averaged, strict=True):
            model.update(mean)

    def _learn_more(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        encoded = self._encode(frame)
        rows = np.arange(len(y))
        self._count(encoded, y, rows)
        for batch in self._batches(encoded, y, rows):
            for model in self._models:
                self._learn(model, batch)

    def _begin(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        check_positive(self, "learning_rate")
        check_positive(self, "min_clicks", optional=["l2", "factor_l2"], zero=True)
        check_positive(self, "factors", "epochs", "n_models", "n_buckets", "batch_size", whole=True)
        check_positive(self, optional=["random_state"], whole=True, zero=True)
        self._fields = Fields(self.n_buckets, self.crosses).fit(frame)
        self._l2 = 10.0 if self.l2 is None else float(self.l2)
        self._factor_l2 = 60.0 if self.factor_l2 is None else float(self.factor_l2)
        self._rng = np.random.default_rng(self.random_state)
        self._n_occurrences, self._n_rows, self._n_clicks = np.zeros(self.n_buckets), 0, 0.0
        self._models = [
            {
                "bias": log_odds((y.sum() + 0.5) / (len(y) + 1)),
                # the linear weight of each bucket, then its vector; a small random start lets the factors part
                "weights": self._rng.normal(0, 0.05, (self.n_buckets, 1 + self.factors)).astype(np.float32)
                * (np.arange(1 + self.factors) > 0),
                "squares": np.full((self.n_buckets, 1 + self.factors), 1.0, np.float32),
                "bias_squares": 1.0,
            }
            for _ in range(self.n_models)
        ]

    def _encode(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None, int]:
        return self._fields.transform(frame)

    def _linear_design(self, buckets: np.ndarray, values: np.ndarray | None, n_linear: int) -> sp.csr_matrix:
        return design_matrix(buckets, values, self.n_buckets, np.float32)

    def _count(self, encoded: Any, y: np.ndarray, rows: np.ndarray) -> None:
        self._n_occurrences += np.bincount(encoded[0][rows].ravel(), minlength=self.n_buckets)
        self._n_rows += len(rows)
        self._n_clicks += y[rows].sum()
        rate = (self._n_clicks + 1) / (self._n_rows + 2)
        self._has_vector = self._n_occurrences * min(rate, 1 - rate) >= self.min_clicks

    def _batches(self, encoded: Any, y: np.ndarray, rows: np.ndarray) -> list[Any]:
        size = min(self.batch_size, max(32, len(rows) // 50))  # Adagrad needs a number of steps, however few the rows
        return [self._batch(encoded, y, rows[start : start + size]) for start in range(0, len(rows), size)]

    def _batch(self, encoded: Any, y: np.ndarray, rows: np.ndarray) -> Any:
        buckets, values, n_fields = encoded
        fields, touched, share = self._part(
            buckets[rows, :n_fields], None if values is None else values[rows, :n_fields]
        )
        squared = fields if values is None else fields.multiply(fields).tocsr()
        if n_fields < buckets.shape[1]:
            crosses, crosses_touched, crosses_share = self._part(buckets[rows, n_fields:], None)
        else:
            crosses, crosses_touched, crosses_share = None, touched[:0], share[:0]
        labels = y[rows].astype(np.float32)
        has_vector = self._has_vector[touched, None].astype(np.float32)
        return _Batch(fields, squared, touched, has_vector, share, crosses, crosses_touched, crosses_share, labels)

    def _part(self, buckets: np.ndarray, values: np.ndarray | None) -> tuple[sp.csr_matrix, np.ndarray, np.ndarray]:
        counts = np.bincount(buckets.ravel(), minlength=self.n_buckets)
        touched = np.flatnonzero(counts)
        number = np.empty(self.n_buckets, dtype=np.int32)
        number[touched] = np.arange(len(touched))
        matrix = design_matrix(number[buckets], values, len(touched), np.float32)
        return matrix, touched, (counts[touched] / self._n_occurrences[touched]).astype(np.float32)

    def _learn(self, model: dict[str, Any], batch: Any) -> None:
        weights = model["weights"][batch.touched]
        weights[:, 1:] *= batch.has_vector
        sums = batch.fields @ weights
        scores = model["bias"] + sums[:, 0] + _pairs(sums[:, 1:], batch.squared @ (weights[:, 1:] ** 2).sum(axis=1))
        if batch.crosses is not None:
            scores += batch.crosses @ model["weights"][batch.crosses_touched, 0]
        error = (expit(scores) - batch.y).astype(np.float32)
        sums[:, 0] = 1
        gradient = batch.fields.T @ (error[:, None] * sums)
        gradient[:, 1:] -= weights[:, 1:] * (batch.squared.T @ error)[:, None]
        penalty = np.array([self._l2] + [self._factor_l2] * self.factors, dtype=np.float32)
        gradient += penalty * weights * batch.share[:, None]
        gradient[:, 1:] *= batch.has_vector
        self._descend(model, batch.touched, gradient)
        if batch.crosses is not None:
            w = model["weights"][batch.crosses_touched, 0]
            step = batch.crosses.T @ error + np.float32(self._l2) * w * batch.crosses_share
            self._descend(model, (batch.crosses_touched, 0), step)
        self._descend_bias(model, error)

    def _descend(self, model: dict[str, Any], where: Any, gradient: np.ndarray) -> None:
        """One step of Adagrad on the weights at `where`."""
        squares = model["squares"][where] + gradient**2
        model["squares"][where] = squares
        model["weights"][where] -= np.float32(self.learning_rate) * gradient / np.sqrt(squares)

    def _descend_bias(self, model: dict[str, Any], error: np.ndarray) -> None:
        total = float(error.sum())
        model["bias_squares"] += total**2
        model["bias"] -= self.learning_rate * total / np.sqrt(model["bias_squares"])

    def _log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        encoded = self._encode(frame)
        return self._scores(encoded, np.arange(len(frame)))

    def _scores(self, encoded: Any, rows: np.ndarray) -> np.ndarray:
        buckets, values, n_fields = encoded
        total = np.zeros(len(rows))
        seen = (self._n_occurrences > 0)[:, None]
        tables = [model["weights"] * seen for model in self._models]
        for table in tables:
            table[:, 1:] *= self._has_vector[:, None]
        for start in range(0, len(rows), 65_536):
            part = slice(start, start + 65_536)
            some = rows[part]
            fields = design_matrix(
                buckets[some, :n_fields],
                None if values is None else values[some, :n_fields],
                self.n_buckets,
                np.float32,
            )
            squared = fields if values is None else fields.multiply(fields).tocsr()
            for model, table in zip(self._models, tables, strict=True):
                sums = fields @ table
                total[part] += (
                    model["bias"] + sums[:, 0] + _pairs(sums[:, 1:], squared @ (table[:, 1:] ** 2).sum(axis=1))
                )
                if n_fields < buckets.shape[1]:
                    total[part] += table[buckets[some, n_fields:], 0].sum(axis=1)
        return total / self.n_models


def _pairs(sums: np.ndarray, sums_of_squares: np.ndarray) -> np.ndarray:
    """Sum over i < j of <v_i, v_j> x_i x_j from sums (n, factors) of v x, and the sums (n,) of v^2 x^2."""
    return 0.5 * ((sums**2).sum(axis=1) - sums_of_squares)
