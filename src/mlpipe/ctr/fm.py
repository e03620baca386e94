"""Factorization machine: logistic regression plus pairwise interactions, each the product of two short vectors."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import scipy.sparse as sp
from scipy.special import expit

from mlpipe.ctr.base import OnlineClickModel, check_positive, log_odds
from mlpipe.ctr.fields import Crosses, Fields, design_matrix
from mlpipe.ctr.logistic import choose_C, fit_logistic
from mlpipe.ctr.pairs import screen_pairs

FIELD_WEIGHT_RATE = 0.02  # of Adagrad, for the weights of pairs of columns
LEAST_PENALTY, MOST_PENALTY = 0.1, 1000.0  # of those that are learned
ROWS_AT_ONCE = 65_536


class _Encoded(NamedTuple):
    """Rows as buckets: those with a weight, and those whose vectors interact."""

    linear: np.ndarray  # (n_rows, n) fields and crosses
    values: np.ndarray | None  # of these
    sides: np.ndarray  # (n_rows, n_sides)
    side_values: np.ndarray | None


class _Batch(NamedTuple):
    linear: sp.csr_matrix  # rows x touched buckets
    touched: np.ndarray
    share: np.ndarray  # of the occurrences of each touched bucket, the share that is in this batch
    sides: np.ndarray  # (n_sides, n_rows) places in sides_touched
    side_values: np.ndarray | None  # (n_sides, n_rows, 1)
    sides_touched: np.ndarray
    sides_share: np.ndarray
    has_vector: np.ndarray  # 1 or 0 for each touched bucket of the sides, (n, 1)
    y: np.ndarray


class FactorizationMachine(OnlineClickModel):
    """Logistic regression with an interaction <v_i, v_j> between features i and j of a row, from chosen columns.

    log-odds = b + sum_i w_i x_i + sum_{i<j} r_fg <v_i, v_j> x_i x_j, where i is of column f and j of column g. Two
    values that were never seen together have an interaction all the same, where they were seen with others.

    The plain machine (`pairs="all"`) has r = 1 for every two features. Its second sum takes linear time: for each
    factor it is half of (the square of the sum - the sum of the squares). By default only the pairs of columns take
    part that `screen_pairs` finds, and each has a weight r_fg of its own, which is learned: most columns do not
    interact, and a vector that has to serve them too is spoiled by their noise. (The screening gives nearly all of the
    gain: benchmarks/bench_pairs.py.)

    It minimises the sum of log losses + l2 ||w||^2 / 2 + factor_l2 ||V||^2 / 2 by Adagrad in mini-batches: each
    occurrence carries its share of its feature's penalty, so frequent features are not punished more than rare ones,
    and the parameters, which are inverse variances, do not depend on the number of rows. Only values that are frequent
    enough get a vector (a user who was seen five times cannot fill one; it would hold noise). Weights are averaged over
    the second half of the passes, and log-odds over several machines with other seeds, if you ask for more than one.

    Inverse variances that are left open are learned in the first half of the passes, one for each column: its values
    share a normal prior, whose variance is the one that best explains them. That takes four passes or more; what comes
    later by `partial_fit` has the variances that the fit began with.

    `fit` starts from the logistic regression of the linear part: in few rows, rare values would not reach their weight.
    `partial_fit` learns some more rows in one pass; a machine that starts by it cannot screen, and takes all pairs of
    columns, each with its weight. How columns become features: `mlpipe.ctr.fields.Fields`.

    Parameters
    ----------
    factors : length of the vectors
    l2 : inverse variance of the weights, 0 or more
        None: learned for each column, from 1 / C of a logistic regression, chosen as it chooses C; 10 if the machine
        starts by `partial_fit`.
    factor_l2 : inverse variance of the entries of the vectors, 0 or more
        None: learned for each column, from 30, or 60 for "all"; just these if the machine starts by `partial_fit`.
    min_clicks : a value gets a vector when its rows times the click rate reach this number
    learning_rate : of Adagrad, above 0
    epochs : passes over the table in `fit`
    n_models : machines to average
    n_buckets : buckets that all values share by hashing, best a power of two
    crosses : tuples of column names; each combination of values becomes a feature of the linear part
    batch_size : rows in a mini-batch, at most; of a small table, a fiftieth
    random_state : seed of the start and of the order of rows
    pairs : pairs of columns that interact, such as [("site", "category")]
        None: those that `screen_pairs` finds; "all": every two features, without weights r. In a pair, a time is its
        hour.

    Attributes
    ----------
    pairs_ : the pairs of columns that interact, None for "all"
    field_weights_ : (n_pairs,) their weights r

    References
    ----------
    Rendle 2010, Factorization machines, doi:10.1109/ICDM.2010.127, equation 5 and lemma 3.1; weights of pairs as in Pan
    et al. 2018, Field-weighted factorization machines, doi:10.1145/3178876.3186040; vectors for frequent values only as
    in Li et al. 2016, DiFacto: distributed factorization machines; variances as in MacKay 1992, Bayesian interpolation,
    doi:10.1162/neco.1992.4.3.415.

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [1, 1, 2, 2] * 500, "site": ["a", "b"] * 1000})
    >>> machine = FactorizationMachine().fit(log, [1, 0, 0, 1] * 500)
    >>> machine.pairs_, machine.predict(log)[:4].tolist()
    ([('ad', 'site')], [1, 0, 0, 1])
    """

    _models: list[dict[str, Any]]
    _field_aware = False  # then the sides have buckets of their own, and pairs no weights
    linear_start = True
    _learned: tuple[str, ...] = ("weights", "bias", "field_weights")
    _first_sd, _first_squares = 0.05, 1.0  # sd of the vectors, and what Adagrad begins with

    def __init__(
        self,
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
        pairs: str | Sequence[tuple[Any, Any]] | None = None,
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
        self.pairs = pairs

    @property
    def field_weights_(self) -> np.ndarray:
        """The weights r of `pairs_`, averaged over the machines."""
        return np.mean([model["field_weights"] for model in self._models], axis=0)

    def _fit(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        self._prepare(frame, y)
        buckets, values, _ = self._fields.transform(frame)
        linear = design_matrix(buckets, values, self.n_buckets, np.float32)
        l2 = 1 / choose_C(linear, y) if self.l2 is None else float(self.l2)
        self._penalty[:, 0] = l2
        if self.linear_start:
            weights, bias, _ = fit_logistic(linear, y, 1 / max(l2, 1e-3), tol=0.1, max_iter=300)
            if self.pairs is None:
                self._use(frame, self._find_pairs(frame, y, linear @ weights.astype(np.float32) + bias))
            for model in self._models:
                model["weights"][:, 0], model["bias"] = weights, bias
        encoded = self._with_sides(frame, buckets, values)
        rows = self._rng.permutation(len(y))
        self._count(encoded, y, rows)
        batches = self._batches(encoded, y, rows)
        averaged = [{name: np.zeros_like(model[name]) for name in self._learned} for model in self._models]
        first_averaged = self.epochs // 2
        groups = self._penalty_groups(encoded)
        for epoch in range(self.epochs):
            squares = self._models[0]["squares"].copy()
            for model, mean in zip(self._models, averaged, strict=True):
                for i in self._rng.permutation(len(batches)):
                    self._learn(model, batches[i])
                if epoch >= first_averaged:
                    for name in mean:
                        mean[name] += model[name] / (self.epochs - first_averaged)
            if 0 < epoch < first_averaged:  # the first pass moves too far to tell, the averaged ones need one loss
                self._learn_penalties(groups, self._models[0]["squares"] - squares)
        for model, mean in zip(self._models, averaged, strict=True):
            model.update(mean)

    def _penalty_groups(self, encoded: _Encoded) -> list[tuple[np.ndarray, slice]]:
        """Buckets and entries whose penalty is learned together: weights of a column or cross, vectors of a side."""
        of_slots: list[Any] = [i if name is None else name for i, name in enumerate(self._fields.slots)]
        of_slots += [("cross", i) for i in range(len(self._fields.crosses))]
        groups = []
        if self.l2 is None:
            groups += [(buckets, slice(1)) for buckets in _by_name(encoded.linear, of_slots)]
        if self.factor_l2 is None:
            of_sides = range(encoded.sides.shape[1]) if self._field_aware else [of_slots[i] for i in self._slots]
            sides = _by_name(encoded.sides, of_sides)
            groups += [(buckets[self._has_vector[buckets]], slice(1, None)) for buckets in sides]
        return groups

    def _learn_penalties(self, groups: list[tuple[np.ndarray, slice]], information: np.ndarray) -> None:
        """MacKay's step: as many parameters as the data determine, over the sum of the squares of all.

        The squared gradients of a pass add up to about the Fisher information of each parameter.
        """
        for buckets, entries in groups:
            known, penalty = information[buckets, entries], self._penalty[buckets, entries]
            determined = (known / (known + penalty)).sum()
            size = (self._models[0]["weights"][buckets, entries] ** 2).sum()
            if size > 0:
                self._penalty[buckets, entries] = np.clip(determined / size, LEAST_PENALTY, MOST_PENALTY)

    def _learn_more(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        encoded = self._encode(frame)
        rows = np.arange(len(y))
        self._count(encoded, y, rows)
        for batch in self._batches(encoded, y, rows):
            for model in self._models:
                self._learn(model, batch)

    def _begin(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        self._prepare(frame, y)
        if self.pairs is None:
            self._use(frame, list(combinations(frame.columns, 2)))

    def _prepare(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        check_positive(self, "learning_rate")
        check_positive(self, "min_clicks", optional=["l2", "factor_l2"], zero=True)
        check_positive(self, "factors", "epochs", "n_models", "n_buckets", "batch_size", whole=True)
        check_positive(self, optional=["random_state"], whole=True, zero=True)
        self._fields = Fields(self.n_buckets, self.crosses).fit(frame)
        # inverse variances of the weight of each bucket, and of the entries of its vector
        self._penalty = np.full((self.n_buckets, 2), 10.0 if self.l2 is None else self.l2, np.float32)
        self._rng = np.random.default_rng(self.random_state)
        self._n_occurrences, self._n_rows, self._n_clicks = np.zeros(self.n_buckets), 0, 0.0
        self._models = [
            {
                "bias": np.float64(log_odds((y.sum() + 0.5) / (len(y) + 1))),
                # the linear weight of each bucket, then its vector; a small random start lets the factors part
                "weights": self._rng.normal(0, self._first_sd, (self.n_buckets, 1 + self.factors)).astype(np.float32)
                * (np.arange(1 + self.factors) > 0),
                "squares": np.full((self.n_buckets, 1 + self.factors), self._first_squares, np.float32),
                "bias_squares": 1.0,
            }
            for _ in range(self.n_models)
        ]
        if self.pairs is not None:
            self._use(frame, self._named_pairs(frame))

    def _find_pairs(self, frame: pd.DataFrame, y: np.ndarray, score: np.ndarray) -> list[Any]:
        return list(screen_pairs(frame, y, score=score))

    def _named_pairs(self, frame: pd.DataFrame) -> list[Any] | None:
        """The pairs that were asked for, None for all features with all."""
        if isinstance(self.pairs, str) and self.pairs == "all":
            return None
        pairs = checked_pairs(self.pairs, "columns", '[("site", "category")]')
        unknown = [name for pair in pairs for name in pair if name not in list(frame.columns)]
        if unknown:
            raise ValueError(f"pairs names {unknown}, which X does not have; expected some of {list(frame.columns)}")
        known = [frozenset(pair) for pair in pairs]
        odd = [pair for pair in pairs if known.count(frozenset(pair)) > 1 or pair[0] == pair[1]]
        if odd:
            raise ValueError(f"pairs holds {odd[0]!r}; expected two different columns in each pair, each pair once")
        return pairs

    def _use(self, frame: pd.DataFrame, pairs: list[Any] | None) -> None:
        """Fix which slots have vectors, and which of them interact."""
        slots = self._fields.slots
        self.pairs_ = pairs
        self._penalty[:, 1] = (60.0 if pairs is None else 30.0) if self.factor_l2 is None else self.factor_l2
        if pairs is None:
            self._slots = np.arange(len(slots))
            self._link([], len(slots))
            return
        self._slots = np.flatnonzero([any(name in pair for pair in pairs) for name in slots])
        of = {name: [i for i, slot in enumerate(self._slots) if slots[slot] == name] for name in set(slots)}
        linked = [(i, j, n) for n, (left, right) in enumerate(pairs) for i in of[left] for j in of[right]]
        self._link(linked, len(self._slots))

    def _link(self, linked: list[tuple[int, int, int]], n_sides: int) -> None:
        """Which sides interact: their places, two by two, and whose pair's weight they have."""
        self._left, self._right, self._pair = np.array(linked, dtype=np.int64).reshape(-1, 3).T
        both = (np.append(self._left, self._right), np.append(self._right, self._left))
        number = np.append(self._pair, self._pair) + 1
        self._links = sp.csr_matrix((number, both), shape=(n_sides, n_sides))
        for model in self._models:
            model["field_weights"] = np.ones(len(self.pairs_ or ()), np.float32)
            model["field_squares"] = np.ones(len(self.pairs_ or ()), np.float32)

    def _encode(self, frame: pd.DataFrame) -> _Encoded:
        buckets, values, _ = self._fields.transform(frame)
        return self._with_sides(frame, buckets, values)

    def _with_sides(self, frame: pd.DataFrame, buckets: np.ndarray, values: np.ndarray | None) -> _Encoded:
        return _Encoded(buckets, values, buckets[:, self._slots], None if values is None else values[:, self._slots])

    def _count(self, encoded: _Encoded, y: np.ndarray, rows: np.ndarray) -> None:
        for buckets in (encoded.linear, encoded.sides) if self._field_aware else (encoded.linear,):
            self._n_occurrences += np.bincount(buckets[rows].ravel(), minlength=self.n_buckets)
        self._n_rows += len(rows)
        self._n_clicks += y[rows].sum()
        rate = (self._n_clicks + 1) / (self._n_rows + 2)
        self._has_vector = self._n_occurrences * min(rate, 1 - rate) >= self.min_clicks

    def _batches(self, encoded: _Encoded, y: np.ndarray, rows: np.ndarray) -> list[_Batch]:
        size = min(self.batch_size, max(32, len(rows) // 50))  # Adagrad needs a number of steps, however few the rows
        return [self._batch(encoded, y, rows[start : start + size]) for start in range(0, len(rows), size)]

    def _batch(self, encoded: _Encoded, y: np.ndarray, rows: np.ndarray) -> _Batch:
        places, touched, share = self._places(encoded.linear[rows])
        values = None if encoded.values is None else encoded.values[rows]
        linear = design_matrix(places, values, len(touched), np.float32)
        sides, sides_touched, sides_share = self._places(encoded.sides[rows].T)
        side_values = None if encoded.side_values is None else encoded.side_values[rows].T[:, :, None]
        has_vector = self._has_vector[sides_touched, None].astype(np.float32)
        labels = y[rows].astype(np.float32)
        return _Batch(linear, touched, share, sides, side_values, sides_touched, sides_share, has_vector, labels)

    def _places(self, buckets: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Places among the touched buckets, these, and the share of their occurrences that is here."""
        counts = np.bincount(buckets.ravel(), minlength=self.n_buckets)
        touched = np.flatnonzero(counts)
        number = np.empty(self.n_buckets, dtype=np.int32)
        number[touched] = np.arange(len(touched))
        return number[buckets], touched, (counts[touched] / self._n_occurrences[touched]).astype(np.float32)

    def _learn(self, model: dict[str, Any], batch: _Batch) -> None:
        w = model["weights"][batch.touched, 0]
        known = model["weights"][batch.sides_touched, 1:] * batch.has_vector
        vectors = known[batch.sides] if batch.side_values is None else known[batch.sides] * batch.side_values
        products, kept = self._interact(model, vectors)
        scores = model["bias"] + batch.linear @ w + products
        error = (expit(scores) - batch.y).astype(np.float32)

        step = batch.linear.T @ error + self._penalty[batch.touched, 0] * w * batch.share
        self._descend(model, (batch.touched, 0), step)
        if len(vectors):
            slopes = self._learn_interactions(model, vectors, kept, error)
            if batch.side_values is not None:
                slopes *= batch.side_values
            step = _add_up(batch.sides, slopes, len(known))
            step += self._penalty[batch.sides_touched, 1:] * known * batch.sides_share[:, None]
            self._descend(model, (batch.sides_touched, slice(1, None)), step * batch.has_vector)
        self._descend_bias(model, error)

    def _interact(self, model: dict[str, Any], vectors: np.ndarray) -> tuple[np.ndarray, Any]:
        """What the vectors (n_sides, n_rows, factors) add to the log-odds (n_rows,), and what the derivative needs."""
        partners = self._partners(vectors, model)
        return _half_products(vectors, partners), partners

    def _learn_interactions(
        self, model: dict[str, Any], vectors: np.ndarray, partners: Any, error: np.ndarray
    ) -> np.ndarray:
        """Learn what pairs of columns share; return the derivative of the loss by the vectors, of their shape."""
        if not self._field_aware:
            self._learn_field_weights(model, vectors, error)
        partners *= error[:, None]  # the derivative by a vector is what it meets
        return partners

    def _partners(self, vectors: np.ndarray, model: dict[str, Any]) -> np.ndarray:
        """For each side the weighted sum of the vectors that it meets: (n_sides, n_rows, factors), as `vectors`."""
        if self.pairs_ is None:
            return vectors.sum(axis=0) - vectors
        if not vectors.size:
            return vectors
        weights = model["field_weights"][self._links.data - 1].astype(vectors.dtype)
        links = sp.csr_matrix((weights, self._links.indices, self._links.indptr), shape=self._links.shape)
        return (links @ vectors.reshape(len(vectors), -1)).reshape(vectors.shape)

    def _learn_field_weights(self, model: dict[str, Any], vectors: np.ndarray, error: np.ndarray) -> None:
        if self.pairs_ is None:
            return
        products = np.einsum("snk,snk->s", vectors[self._left] * error[:, None], vectors[self._right])
        step = np.bincount(self._pair, products, len(model["field_weights"])).astype(np.float32)
        model["field_squares"] += step**2
        model["field_weights"] -= np.float32(FIELD_WEIGHT_RATE) * step / np.sqrt(model["field_squares"])

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
        return self._scores(self._encode(frame), np.arange(len(frame)))

    def _scores(self, encoded: _Encoded, rows: np.ndarray) -> np.ndarray:
        total = np.zeros(len(rows))
        seen = self._n_occurrences > 0
        for model in self._models:
            w, table = model["weights"][:, 0], model["weights"][:, 1:] * (seen & self._has_vector)[:, None]
            for start in range(0, len(rows), ROWS_AT_ONCE):
                some = rows[start : start + ROWS_AT_ONCE]
                linear = w[encoded.linear[some]]
                if encoded.values is not None:
                    linear = linear * encoded.values[some]
                vectors = table[encoded.sides[some].T]
                if encoded.side_values is not None:
                    vectors = vectors * encoded.side_values[some].T[:, :, None]
                total[start : start + ROWS_AT_ONCE] += model["bias"] + linear.sum(axis=1)
                total[start : start + ROWS_AT_ONCE] += self._interact(model, vectors)[0]
        return total / self.n_models


def checked_pairs(pairs: Any, sides: str, example: str) -> list[Any]:
    """Pairs as tuples.

    Parameters
    ----------
    pairs : what was given
    sides, example : what errors call a side, and pairs that would do

    Returns
    -------
    list of tuples

    Raises
    ------
    ValueError
        Where something is no pair.
    """
    some = isinstance(pairs, Sequence) and not isinstance(pairs, str)
    if not some or not all(isinstance(pair, tuple | list) and len(pair) == 2 for pair in pairs):
        raise ValueError(f'pairs is {pairs!r}; expected pairs of {sides}: {example}, None to find them, or "all"')
    return [tuple(pair) for pair in pairs]


def _by_name(buckets: np.ndarray, names: Sequence[Any]) -> list[np.ndarray]:
    """The buckets that occur in the slots (n_rows, n_slots) of each name."""
    return [np.unique(buckets[:, [n == name for n in names]]) for name in dict.fromkeys(names)]


def _half_products(vectors: np.ndarray, partners: np.ndarray) -> np.ndarray:
    """Half of the sum of the products of each side with what it meets, which counts each pair twice: (n_rows,)."""
    return 0.5 * (vectors * partners).sum(axis=0).sum(axis=1)


def _add_up(places: np.ndarray, parts: np.ndarray, n: int) -> np.ndarray:
    """The sum of the `parts` (n_sides, n_rows, factors) of each of the n `places` (n_sides, n_rows): (n, factors)."""
    columns = np.arange(places.size + 1, dtype=np.int32)
    scatter = sp.csc_matrix((np.ones(places.size, parts.dtype), places.ravel(), columns), shape=(n, places.size))
    return scatter @ parts.reshape(places.size, -1)
