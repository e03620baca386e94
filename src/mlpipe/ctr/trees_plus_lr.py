"""Logistic regression on the leaves of boosted trees."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mlpipe.ctr.base import ClickModel, check_positive
from mlpipe.ctr.boosting import TreeColumns, boosted_trees, counter_columns
from mlpipe.ctr.fields import Crosses, Fields, design_matrix
from mlpipe.ctr.logistic import choose_C, fit_logistic
from mlpipe.features import count_before

LEAVES_VARIANCE = 0.03  # of all leaves of a row together


class TreesPlusLR(ClickModel):
    """Logistic regression on the leaves of boosted trees, and on hashed columns beside them.

    Each tree is a learned cross: the leaf that a row falls into is one more id. The trees see numbers, the hour and
    weekday of times, ids of few values as categories (up to 100, with 50 clicks a value on average), wider ids as their
    smoothed click rate and their count in the rows before (`fit`) or in all rows (`predict`): keep rows in time order.
    The linear model sees the leaves and what `HashedLogisticRegression` sees. The trees have seen the labels, so their
    leaves look better than they are: all leaves of a row together get a variance of 0.03.

    Parameters
    ----------
    n_trees, max_leaf_nodes, learning_rate : of the boosting; n_trees * max_leaf_nodes leaves at most
    n_buckets, C, crosses : of the logistic regression
    prior_strength : of the click rates of wide ids, in impressions, above 0
    random_state : seed of the trees

    Attributes
    ----------
    trees_ : HistGradientBoostingClassifier
    coef_ : (1, n_buckets + number of leaves) weights
    intercept_ : (1,)
    C_ : the C used

    References
    ----------
    He et al. 2014, Practical lessons from predicting clicks on ads at Facebook, section 3.1.

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [1, 1, 2, 2] * 500, "site": ["a", "b"] * 1000})
    >>> TreesPlusLR(n_trees=10, n_buckets=2**10).fit(log, [1, 1, 0, 0] * 500).predict(log)[:4].tolist()
    [1, 1, 0, 0]
    """

    def __init__(
        self,
        n_trees: int = 50,
        max_leaf_nodes: int = 8,
        learning_rate: float = 0.1,
        n_buckets: int = 2**18,
        C: float | None = None,
        crosses: Crosses = (),
        prior_strength: float = 100.0,
        random_state: int | None = 0,
    ):
        self.n_trees = n_trees
        self.max_leaf_nodes = max_leaf_nodes
        self.learning_rate = learning_rate
        self.n_buckets = n_buckets
        self.C = C
        self.crosses = crosses
        self.prior_strength = prior_strength
        self.random_state = random_state

    def _fit(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        check_positive(self, "learning_rate", "prior_strength", optional=["C"])
        check_positive(self, "n_trees", "n_buckets", whole=True)
        self._fields = Fields(self.n_buckets, self.crosses).fit(frame)
        self._tree_columns = TreeColumns(frame, y)
        self._known_keys = (frame[self._tree_columns.wide], y)
        trees_see = self._trees_see(frame, in_training=True)
        self.trees_ = boosted_trees(self, trees_see, y, self._tree_columns.is_category, early_stopping=False)
        steps = self._steps(trees_see)
        # A tree adds one value a leaf, so the value names the leaf; rounding in the last digits must not
        self._leaf_values = [np.unique(step.round(9)) for step in steps]
        self._first_leaf = np.concatenate([[0], np.cumsum([len(values) for values in self._leaf_values])])
        # The choice is made without the leaves, which know the labels of the rows held out
        self.C_ = float(
            self.C or choose_C(design_matrix(*self._fields.transform(frame)[:2], self.n_buckets, np.float32), y)
        )
        X = self._design(frame, trees_see)
        seen = np.flatnonzero(np.asarray(X.sum(axis=0)).ravel())
        weights, intercept, _ = fit_logistic(X[:, seen], y, self.C_, tol=0.05, max_iter=300)
        self.coef_ = np.zeros((1, X.shape[1]))
        self.coef_[0, seen] = weights
        self.intercept_ = np.array([intercept])

    def _trees_see(self, frame: pd.DataFrame, in_training: bool = False) -> np.ndarray:
        base = self._tree_columns.transform(frame)
        known, y = self._known_keys
        columns = []
        for name in self._tree_columns.wide:
            asked_for = self._tree_columns.kinds.take(frame, name)
            ids = pd.Series(np.concatenate([known[name].to_numpy(object), asked_for.to_numpy(object)]))
            codes = pd.factorize(ids)[0]
            seen, asked = codes[: len(known)], codes[len(known) :]
            rows = np.arange(len(known))
            at = rows if in_training else np.full(len(frame), len(known))
            shown, clicks = count_before(asked, at, seen, rows), count_before(asked, at, seen[y == 1], rows[y == 1])
            columns += counter_columns(clicks, shown, y.mean(), self.prior_strength, shown)
        return np.column_stack([base, *columns])

    def _steps(self, trees_see: np.ndarray) -> list[np.ndarray]:
        """What each tree adds to the score of each row."""
        before: Any = None
        steps = []
        for score in self.trees_.staged_decision_function(trees_see):
            score = np.ravel(score)
            steps.append(score - (self.trees_._baseline_prediction.item() if before is None else before))
            before = score.copy()
        return steps

    def _design(self, frame: pd.DataFrame, trees_see: np.ndarray) -> sp.csr_matrix:
        buckets, values, _ = self._fields.transform(frame)
        leaves = np.empty((len(frame), len(self._leaf_values)), dtype=np.int32)
        for i, (step, known) in enumerate(zip(self._steps(trees_see), self._leaf_values, strict=True)):
            leaves[:, i] = self._first_leaf[i] + np.searchsorted((known[1:] + known[:-1]) / 2, step)
        X = design_matrix(buckets, values, self.n_buckets, np.float32)
        scale = np.full(leaves.shape, np.sqrt(LEAVES_VARIANCE / self.C_ / leaves.shape[1]), dtype=np.float32)
        return sp.hstack([X, design_matrix(leaves, scale, int(self._first_leaf[-1]), np.float32)], format="csr")

    def _log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        return self._design(frame, self._trees_see(frame)) @ self.coef_[0] + self.intercept_[0]
