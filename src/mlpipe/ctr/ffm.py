"""Field-aware factorization machine: chosen pairs of columns interact, each pair through vectors of its own."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.special import expit

from mlpipe.ctr.fields import Crosses, Keys, design_matrix
from mlpipe.ctr.fm import FactorizationMachine

Side = str | Sequence[str]


class _Batch(NamedTuple):
    linear: sp.csr_matrix  # rows x touched buckets of fields and crosses
    touched: np.ndarray
    share: np.ndarray  # of the occurrences of each touched bucket, the share that is in this batch
    sides: np.ndarray  # (n_rows, 2 n_pairs) places in sides_touched: left and right of each pair
    gather: sp.csr_matrix  # touched buckets of the sides x (rows * 2 n_pairs)
    sides_touched: np.ndarray
    sides_share: np.ndarray
    has_vector: np.ndarray  # 1 or 0 for each touched bucket of the sides, (n, 1)
    y: np.ndarray


class FieldAwareFM(FactorizationMachine):
    """Logistic regression with a low-rank table of interactions for each chosen pair of columns.

    log-odds = b + sum_i w_i x_i + sum over pairs (f, g) of <u_fg(value of f), v_fg(value of g)>. A cross has a weight
    for each combination of values, and learns it from the rows of that combination alone. Here a table of n x m
    combinations has (n + m) * factors numbers, and each value learns from all of its rows. A plain factorization
    machine saves as much, but lets every two fields interact, through one vector a value: vectors that serve all other
    fields at once serve none well, and most of those pairs are noise. So it pays to name the pairs.

    The loss, the penalties, Adagrad, averaging and `partial_fit` are those of `FactorizationMachine`.

    Parameters
    ----------
    pairs : pairs of sides, each side a column or a tuple of columns whose combination counts
        Such as [("site", "category"), (("age", "sex"), "category")]. None: every two columns (slow for many).
    factors, l2 : as in `FactorizationMachine`
    factor_l2 : inverse variance of the entries of the vectors, 0 or more
        None: 10, or the number of pairs if there are more: the more pairs, the less there is in each.
    min_clicks, learning_rate, epochs, n_models, n_buckets, crosses, batch_size, random_state : as there

    References
    ----------
    Juan et al. 2016, Field-aware factorization machines for CTR prediction, doi:10.1145/2959100.2959134.

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [1, 1, 2, 2] * 500, "site": ["a", "b"] * 1000})
    >>> FieldAwareFM([("ad", "site")]).fit(log, [1, 0, 0, 1] * 500).predict(log)[:4].tolist()
    [1, 0, 0, 1]
    """

    def __init__(
        self,
        pairs: Sequence[tuple[Side, Side]] | None = None,
        factors: int = 4,
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
        settings = (factors, l2, factor_l2, min_clicks, learning_rate, epochs, n_models, n_buckets, crosses, batch_size)
        super().__init__(*settings, random_state)
        self.pairs = pairs

    def _begin(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        super()._begin(frame, y)
        pairs = list(combinations(frame.columns, 2)) if self.pairs is None else list(self.pairs)
        if not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):
            raise ValueError(
                f"pairs is {self.pairs!r}; expected pairs of columns, or of tuples of columns: "
                '[("site", "category"), (("age", "sex"), "category")]'
            )
        if self.factor_l2 is None:
            self._factor_l2 = float(max(10, len(pairs)))
        # Another seed for each pair, and for each of its sides: a value has a vector for each
        self._sides = [
            Keys([side], self.n_buckets, seed=1 + number).fit(frame, "pairs")
            for number, side in enumerate(side for pair in pairs for side in pair)
        ]

    def _encode(self, frame: pd.DataFrame) -> tuple[np.ndarray, np.ndarray | None, int]:
        """Buckets of fields and crosses, then of the sides; values of the first alone; how many those are."""
        buckets, values, _ = self._fields.transform(frame)
        sides = [side.transform(frame) for side in self._sides]
        return np.concatenate([buckets, *sides], axis=1), values, buckets.shape[1]

    def _linear_design(self, buckets: np.ndarray, values: np.ndarray | None, n_linear: int) -> sp.csr_matrix:
        return design_matrix(buckets[:, :n_linear], values, self.n_buckets, np.float32)

    def _batch(self, encoded: Any, y: np.ndarray, rows: np.ndarray) -> _Batch:
        buckets, values, n_linear = encoded
        linear, touched, share = self._part(buckets[rows, :n_linear], None if values is None else values[rows])
        flat, sides_touched, sides_share = self._part(buckets[rows, n_linear:], None)
        places = flat.indices
        columns = np.arange(len(places), dtype=np.int32)
        ones = np.ones(len(places), np.float32)
        gather = sp.csr_matrix((ones, (places, columns)), shape=(len(sides_touched), len(places)))
        has_vector = self._has_vector[sides_touched, None].astype(np.float32)
        sides = places.reshape(len(rows), -1)
        labels = y[rows].astype(np.float32)
        return _Batch(linear, touched, share, sides, gather, sides_touched, sides_share, has_vector, labels)

    def _learn(self, model: dict[str, Any], batch: _Batch) -> None:
        weights = model["weights"]
        w = weights[batch.touched, 0]
        known = weights[batch.sides_touched, 1:] * batch.has_vector
        vectors = known[batch.sides]
        scores = model["bias"] + batch.linear @ w + _products(vectors)
        error = (expit(scores) - batch.y).astype(np.float32)

        step = batch.linear.T @ error + np.float32(self._l2) * w * batch.share
        self._descend(model, (batch.touched, 0), step)

        others = np.empty_like(vectors)  # the derivative of a pair by one side is the other side
        others[:, ::2], others[:, 1::2] = vectors[:, 1::2], vectors[:, ::2]
        others *= error[:, None, None]
        step = batch.gather @ others.reshape(-1, self.factors)
        step += np.float32(self._factor_l2) * known * batch.sides_share[:, None]
        step *= batch.has_vector
        self._descend(model, (batch.sides_touched, slice(1, None)), step)
        self._descend_bias(model, error)

    def _scores(self, encoded: Any, rows: np.ndarray) -> np.ndarray:
        buckets, values, n_linear = encoded
        total = np.zeros(len(rows))
        seen = self._n_occurrences > 0
        for model in self._models:
            w, vectors = model["weights"][:, 0] * seen, model["weights"][:, 1:] * (seen & self._has_vector)[:, None]
            for start in range(0, len(rows), 65_536):
                some = rows[start : start + 65_536]
                linear = w[buckets[some, :n_linear]] * (1 if values is None else values[some])
                pairs = _products(vectors[buckets[some, n_linear:]])
                total[start : start + 65_536] += model["bias"] + linear.sum(axis=1) + pairs
        return total / self.n_models


def _products(vectors: np.ndarray) -> np.ndarray:
    """Sum over pairs of the inner product of their sides: (n_rows, 2 n_pairs, factors) -> (n_rows,)."""
    return np.einsum("ijk,ijk->i", vectors[:, ::2], vectors[:, 1::2])
