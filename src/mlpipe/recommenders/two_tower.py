"""Two towers: one vector computed from a user's history, one from an item, trained against the items of a batch."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from mlpipe.arguments import number, positive, whole_number
from mlpipe.recommenders.base import FromHistory
from mlpipe.recommenders.hybrid import checked_features

START = 0.1  # root mean square of a vector's length at the start
MOMENTS = (0.9, 0.999)  # of Adam: how slowly its mean of the gradients and of their squares forget


class TwoTower(FromHistory):
    """A retrieval model: the score is the product of what a user tower and an item tower compute.

    With t_j (d,) the vector of item j in a user's history, e_i (d,) and b_i the vector and the bias of item i as a
    candidate, F_i (n_features,) its attributes and W (n_features, d),

    score(u, i) = <sum over the history j of u of t_j / sqrt(n_u), e_i + F_i W> + b_i

    with n_u the number of items that user u has. Only that there is an interaction counts, not its value.

    Each interaction (u, i) is to win against the items of the other interactions of its batch: softmax over the batch
    of score(u, j) - log_q * log Q_j, where Q_j, the share of the interactions that are with item j, is how often j is
    drawn into a batch. Without this correction popular items are negatives more often than others, and the scores come
    out higher by about -log Q_j: little for popular items, much for rare ones. The item itself is taken out of the
    history while it is the target, and other items that the user has are no negatives. An interaction weighs 1 /
    sqrt(n_u), so that who has much does not decide alone. Minimised by AdamW, without decay of b.

    A user without history gets the items by b: with the correction, about by popularity. An item without interactions
    has e_i = 0 and the smallest b: its attributes alone say whom it suits. Without attributes it has the smallest b as
    its score, which for most users is in the lower half.

    Cost of `fit`: O(epochs * interactions * (batch_size + n_u + n_items / batch_size) * d) time; memory
    O(n_items * d + batch_size^2 + interactions). A user costs O((n_u + n_items) * d).

    Parameters
    ----------
    item_features : F (n_items, n_features), sparse, array or DataFrame, 0 or more (1 = has the attribute); None: none
        Rows in the order of the columns of the matrix.
    factors : d, 1 or more
    epochs : passes over the interactions, 1 or more
    batch_size : interactions a step, 2 or more
    learning_rate : of AdamW, above 0
    decay : weight decay of AdamW, 0 or more: a step takes learning_rate * decay of each weight
    log_q : weight of the correction: 1 corrects for how often an item is drawn, 0 leaves it out
    random_state : of the start and of the order of the interactions, 0 or more

    Attributes
    ----------
    history_factors : t (n_items, d) float32
    item_factors : e + F W (n_items, d) float32
    item_bias : b (n_items,) float32

    Raises
    ------
    ValueError
        In `fit`, when the weights are not finite any more.

    References
    ----------
    Correction: Bengio and Senecal 2008, doi:10.1109/TNN.2007.912312; Yi et al. 2019, doi:10.1145/3298689.3346996.
    AdamW: Loshchilov and Hutter 2019, Decoupled weight decay regularization.

    Examples
    --------
    >>> likes = sp.csr_matrix([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [0, 0, 1, 1], [1, 0, 0, 0]])
    >>> TwoTower(factors=4, epochs=100, batch_size=4, learning_rate=0.03).fit(likes).recommend([4], k=1)[0]
    array([[1]])
    """

    def __init__(
        self,
        item_features: Any = None,
        factors: int = 64,
        epochs: int = 8,
        batch_size: int = 512,
        learning_rate: float = 0.003,
        decay: float = 1.0,
        log_q: float = 1.0,
        random_state: int = 0,
    ) -> None:
        self.item_features = item_features
        self.factors = factors
        self.epochs = epochs
        self.batch_size = batch_size
        self.learning_rate = learning_rate
        self.decay = decay
        self.log_q = log_q
        self.random_state = random_state

    def _fit(self, matrix: sp.csr_matrix) -> None:
        self._check_parameters()
        n_items, d = matrix.shape[1], int(self.factors)
        features = sp.csr_matrix((n_items, 0), dtype=np.float32)
        if self.item_features is not None:
            features = checked_features(self.item_features, n_items)
        trained = np.unique(matrix.indices)
        rng = np.random.default_rng(self.random_state)
        start = rng.standard_normal((2, len(trained), d), dtype=np.float32) * np.float32(START / np.sqrt(d))
        tables = {
            "history": start[0],
            "item": start[1],
            "features": np.zeros((features.shape[1], d), np.float32),
            "bias": np.zeros(len(trained), np.float32),
        }
        liked = _ones(matrix)[:, trained]
        with threadpool_limits(1, "blas"), np.errstate(over="ignore", invalid="ignore"):  # refused below
            self._train(liked, features[trained], tables, rng)
            self.item_factors = np.asarray(features @ tables["features"])
        self.history_factors = np.zeros((n_items, d), np.float32)
        self.item_bias = np.full(n_items, tables["bias"].min(), np.float32)
        self.history_factors[trained], self.item_bias[trained] = tables["history"], tables["bias"]
        self.item_factors[trained] += tables["item"]
        if not all(np.isfinite(part).all() for part in (self.history_factors, self.item_factors, self.item_bias)):
            raise ValueError(
                f"TwoTower has diverged: its vectors are not finite; expected finite ones: learning_rate is "
                f"{self.learning_rate}, decay {self.decay}: smaller ones help"
            )

    def _check_parameters(self) -> None:
        positive("factors", self.factors, whole=True)
        positive("epochs", self.epochs, whole=True)
        whole_number("batch_size", self.batch_size, 2)
        positive("learning_rate", self.learning_rate)
        positive("decay", self.decay, zero=True)
        number("log_q", self.log_q)
        positive("random_state", self.random_state, whole=True, zero=True)

    def _train(
        self, liked: sp.csr_matrix, features: sp.csr_matrix, tables: dict[str, np.ndarray], rng: np.random.Generator
    ) -> None:
        counts = np.diff(liked.indptr)
        users, items = np.repeat(np.arange(len(counts)), counts), liked.indices
        weights = 1 / np.sqrt(counts[users])
        weights = (weights / weights.mean()).astype(np.float32)
        log_q = (self.log_q * np.log(np.bincount(items) / len(items))).astype(np.float32)
        optimizer = _AdamW(tables, float(self.learning_rate), float(self.decay))
        for _ in range(self.epochs):
            order = rng.permutation(len(users))
            for first in range(0, len(order), self.batch_size):
                drawn = order[first : first + self.batch_size]
                who, row = np.unique(users[drawn], return_inverse=True)
                i = items[drawn]
                share = weights[drawn] / np.float32(len(drawn))
                _, gradients = _loss_and_gradients(tables, _Batch(liked[who], row, i, features[i], log_q[i], share))
                optimizer.step(gradients)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        history = _ones(self._history[rows])
        pooled = (history @ self.history_factors) * _scale(np.diff(history.indptr), np.float32)
        return pooled @ self.item_factors.T + self.item_bias


class _Batch(NamedTuple):
    """B interactions of a step."""

    history: sp.csr_matrix  # (users of the batch, n_items) of ones: all that each has, the items of the batch included
    row: np.ndarray  # (B,) the row of each interaction's user in it
    items: np.ndarray  # (B,) the item of each
    features: sp.csr_matrix  # (B, n_features) of these items
    log_q: np.ndarray  # (B,) what is taken off the score of each item, as a candidate
    weights: np.ndarray  # (B,) of each interaction in the loss


def _loss_and_gradients(tables: dict[str, np.ndarray], batch: _Batch) -> tuple[float, dict[str, np.ndarray]]:
    """The softmax loss of a batch and its gradient in each table.

    loss = - sum over r of weights_r log softmax_c(<x_r, y_c> + b_c - log_q_c) at c = r, over the columns c that are r
    itself or an item that the user of r does not have; x_r is made of the history without the item of r.

    Parameters
    ----------
    tables : "history" (n_items, d), "item" (n_items, d), "features" (n_features, d), "bias" (n_items,)
    batch : its interactions

    Returns
    -------
    loss : in nats
    gradients : an array of the shape of each table, by its name
    """
    n, own = len(batch.items), np.arange(len(batch.items))
    ones = np.ones_like(batch.weights)
    of_item = sp.csr_matrix((ones, (batch.items, own)), (batch.history.shape[1], n))
    of_user = sp.csr_matrix((ones, (batch.row, own)), (batch.history.shape[0], n))
    others = _scale(np.diff(batch.history.indptr) - 1, batch.weights.dtype)[batch.row]
    x = ((batch.history @ tables["history"])[batch.row] - tables["history"][batch.items]) * others
    y = tables["item"][batch.items] + batch.features @ tables["features"]
    slope = x @ y.T  # to begin with the logits; all in place, since a new B x B array costs more than its arithmetic
    slope += tables["bias"][batch.items] - batch.log_q
    positives = slope[own, own]
    slope[(batch.history @ of_item).toarray().astype(bool)[batch.row]] = -np.inf
    slope[own, own] = positives
    largest = slope.max(axis=1)
    slope -= largest[:, None]
    np.exp(slope, out=slope)
    total = slope.sum(axis=1)
    loss = float(batch.weights @ (np.log(total) + largest - positives))
    slope *= (batch.weights / total)[:, None]
    slope[own, own] -= batch.weights
    of_x, of_y = (slope @ y) * others, slope.T @ x
    of_history = batch.history.T @ (of_user @ of_x)
    of_history -= of_item @ of_x
    return loss, {
        "history": of_history,
        "item": of_item @ of_y,
        "features": batch.features.T @ of_y,
        "bias": of_item @ slope.sum(axis=0),
    }


class _AdamW:
    """Steps of AdamW on tables, in place; the bias does not decay."""

    def __init__(self, tables: dict[str, np.ndarray], learning_rate: float, decay: float) -> None:
        self.tables, self.learning_rate, self.decay, self.n_steps = tables, learning_rate, decay, 0
        self.mean, self.square = ({name: np.zeros_like(t) for name, t in tables.items()} for _ in range(2))

    def step(self, gradients: dict[str, np.ndarray]) -> None:
        """Takes a step and overwrites the gradients: a new array as large as a table costs more than its arithmetic."""
        self.n_steps += 1
        first, second = MOMENTS
        # The tables hold sums, sum of first^age * gradient and so on: this makes means of them that add up to 1.
        to_mean = (1 - first) / (1 - first**self.n_steps)
        to_root = np.sqrt((1 - second) / (1 - second**self.n_steps))
        for name, table in self.tables.items():
            gradient, mean, square = gradients[name], self.mean[name], self.square[name]
            mean *= first
            mean += gradient
            square *= second
            gradient *= gradient
            square += gradient
            if name != "bias":
                table *= 1 - self.learning_rate * self.decay
            step = np.sqrt(square, out=gradient)
            step += 1e-8 / to_root
            np.divide(mean, step, out=step)
            step *= self.learning_rate * to_mean / to_root
            table -= step


def _scale(counts: np.ndarray, dtype: Any) -> np.ndarray:
    """1 / sqrt(n) as a column, 0 where n is 0: what a sum over n items of a history is multiplied with."""
    return np.divide(1, np.sqrt(counts), out=np.zeros(len(counts), dtype), where=counts > 0)[:, None]


def _ones(matrix: sp.csr_matrix) -> sp.csr_matrix:
    return sp.csr_matrix((np.ones_like(matrix.data), matrix.indices, matrix.indptr), matrix.shape)
