"""Gradient-boosted trees on click logs: their leaves as features of a linear model, or past-only counters as theirs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.ensemble import HistGradientBoostingClassifier

from mlpipe import arguments
from mlpipe.ctr.base import (
    ClickModel,
    Crosses,
    Fields,
    Keys,
    Kinds,
    as_frame,
    as_labels,
    check_positive,
    design_matrix,
    floats,
    given,
    log_odds,
)
from mlpipe.ctr.linear import choose_C, fit_logistic
from mlpipe.ctr.rates import most_likely_strength
from mlpipe.features import count_before, smoothed_rate

MAX_CATEGORIES = 100  # ids with more values reach the trees as rates, not as categories
CLICKS_A_CATEGORY = 50  # ids with fewer a value too: a split among rare values picks those that were lucky
LEAVES_VARIANCE = 0.03  # of all leaves of a row together


class _TreeColumns:
    """Raw columns as trees take them: numbers as they are, times as hour and weekday, ids of few values as categories.

    Ids of many values, for so many clicks, are listed in `wide`: the models encode them, each in its way.
    """

    def __init__(self, frame: pd.DataFrame, y: np.ndarray):
        most = min(MAX_CATEGORIES, _n_rarer(y) // CLICKS_A_CATEGORY)
        self.kinds = Kinds(frame)
        self.categories: dict[str, pd.Index] = {}
        self.wide: list[str] = []
        for name in [name for name, kind in self.kinds.of.items() if kind == "id"]:
            values = pd.Index(_values(frame[name]).dropna().unique())
            if len(values) <= most:
                self.categories[name] = values
            else:
                self.wide.append(name)
        kinds = [kind for name, kind in self.kinds.of.items() if name not in self.wide]
        self.is_category = [kind == "id" for kind in kinds for _ in range(2 if kind == "time" else 1)]

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """Float columns (n_rows, n); NaN is a missing or unknown value."""
        columns: list[np.ndarray] = []
        for name, kind in self.kinds.of.items():
            if name in self.wide:
                continue
            column = self.kinds.take(frame, name)
            if kind == "number":
                columns.append(floats(column))
            elif kind == "time":
                columns += [column.dt.hour.to_numpy(float), column.dt.day_of_week.to_numpy(float)]
            else:
                codes = self.categories[name].get_indexer(pd.Index(_values(column)))
                columns.append(np.where(codes < 0, np.nan, codes))
        return np.column_stack(columns) if columns else np.empty((len(frame), 0))


def _n_rarer(y: np.ndarray) -> int:
    """Rows of the rarer label: what there is to learn from."""
    return int(min(y.sum(), len(y) - y.sum()))


def _boosting(
    model: Any, y: np.ndarray, is_category: list[bool], early_stopping: bool
) -> HistGradientBoostingClassifier:
    return HistGradientBoostingClassifier(
        learning_rate=model.learning_rate,
        max_iter=model.n_trees,
        max_leaf_nodes=model.max_leaf_nodes or int(np.clip(min(len(y) / 170, _n_rarer(y) / 6.3) ** (1 / 3), 4, 31)),
        min_samples_leaf=int(np.clip(len(y) // 1000, 5, 200)),
        l2_regularization=10.0,
        categorical_features=np.array(is_category),
        early_stopping=early_stopping and len(y) >= 1000,
        random_state=model.random_state,
    )


class TreesPlusLR(ClickModel):
    """Logistic regression on the leaves of boosted trees, and on hashed columns beside them.

    Each tree is a learned cross: the leaf that a row falls into is one more id. The trees see numbers, the hour and
    weekday of times, ids of few values as categories (up to 100, with 50 clicks a value on average), wider ids as their
    smoothed click rate and their count in the rows before (`fit`) or in all rows (`predict`): keep rows in time order.
    The linear model sees the leaves and what `HashedLogisticRegression` sees. The trees have seen the labels, so their
    leaves look better than they are: all leaves of a row together get a variance of 0.03.

    Args:
        n_trees, max_leaf_nodes, learning_rate: of the boosting; n_trees * max_leaf_nodes leaves at most.
        n_buckets, C, crosses: of the logistic regression.
        prior_strength: of the click rates of wide ids, in impressions.
        random_state: seed of the trees.

    Fitted: `trees_`, `coef_` (1, n_buckets + number of leaves), `intercept_` (1,).

    Source: He et al. 2014, Practical lessons from predicting clicks on ads at Facebook, section 3.1.
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
        check_positive(self, "learning_rate", "prior_strength", *given(self, "C"))
        check_positive(self, "n_trees", "n_buckets", whole=True)
        self._fields = Fields(self.n_buckets, self.crosses).fit(frame)
        self._tree_columns = _TreeColumns(frame, y)
        self._known_keys = (frame[self._tree_columns.wide], y)
        trees_see = self._trees_see(frame, in_training=True)
        is_category = self._tree_columns.is_category + [False] * (2 * len(self._tree_columns.wide))
        self.trees_ = _boosting(self, y, is_category, early_stopping=False).fit(trees_see, y)
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
            columns += _counter_columns(clicks, shown, y.mean(), self.prior_strength)
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


class CounterTrees(ClickModel):
    """Boosted trees on counters that know only the past: for each key, its smoothed click rate so far and its count.

    In `fit`, the counters of a row are those of its own moment (less `lag`): earlier impressions, and the clicks that
    had been reported. In `predict_proba`, they are those at the end of the training log, however late the row is: a
    server that loads its counters once. With `history`, a later log and its clicks, they are those of each row's
    moment: a server whose counters go on counting. Beside them the trees see numbers, the hour and weekday of times,
    and ids of few values as categories: up to 100, with 50 clicks a value on average.

    Args:
        time: name of the column of times (datetimes or numbers); None: rows are in time order, equally spaced.
        reported_at: name of the column that says when a click was reported (missing without one); not needed in
            `predict_proba`. None: a click is known at once.
        keys: what to count: column names, or tuples of them for their combination. None: all ids
            of more values than that.
        lag: age of the counters when they are read: a duration such as "1D", or a number where times are numbers.
        prior_strength: of the rates, in impressions at the base rate; None estimates it for each key (`SmoothedRate`).
        warm_up: share of the rows, at the start, that only fill the counters.
        n_trees, max_leaf_nodes, learning_rate: of the boosting. The number of trees is found on a random tenth of the
            rows, n_trees at most. max_leaf_nodes None: 5 for 30,000 rows, 16 for a
            million, fewer if less than 3 % of them are clicks.
        random_state: seed of the trees.

    Fitted: `trees_`, `keys_`, `base_rate_`.

    Source: counters as in He et al. 2014, section 5; only the past as in Prokhorenkova et al. 2018 (CatBoost).
    """

    def __init__(
        self,
        time: str | None = None,
        reported_at: str | None = None,
        keys: Sequence[str | Sequence[str]] | None = None,
        lag: Any = 0,
        prior_strength: float | None = None,
        warm_up: float = 0.1,
        n_trees: int = 300,
        max_leaf_nodes: int | None = None,
        learning_rate: float = 0.06,
        random_state: int | None = 0,
    ):
        self.time = time
        self.reported_at = reported_at
        self.keys = keys
        self.lag = lag
        self.prior_strength = prior_strength
        self.warm_up = warm_up
        self.n_trees = n_trees
        self.max_leaf_nodes = max_leaf_nodes
        self.learning_rate = learning_rate
        self.random_state = random_state

    def _fit(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        check_positive(self, "learning_rate", *given(self, "prior_strength"))
        check_positive(self, "n_trees", whole=True)
        arguments.fraction("warm_up", self.warm_up, "[)", example="0.1")
        for argument in ("time", "reported_at"):
            name = getattr(self, argument)
            if name is not None and name not in frame.columns:
                raise ValueError(
                    f"{argument} is {name!r}, which X does not have; expected one of {list(frame.columns)}"
                )
        self._clock = np.dtype(np.float64) if self.time is None else self._moments("time", frame).dtype
        times, reports = self._times(frame), self._reports(frame)
        self._columns = [name for name in self._columns if name != self.reported_at]
        features = frame[self._columns].drop(
            columns=[self.time] if self.time and not arguments.is_datetime(self._clock) else []
        )
        self._tree_columns = _TreeColumns(features, y)
        self._keys = Keys(self._tree_columns.wide if self.keys is None else self.keys).fit(features)
        self.keys_ = self._keys.keys
        self.base_rate_ = float(y.mean())
        keys = self._keys.transform(frame)
        self._strengths = [self.prior_strength or self._strength(keys[:, i], y) for i in range(keys.shape[1])]
        clicked = (y == 1) & ~pd.isna(reports)
        self._log = (keys, times, keys[clicked], reports[clicked])
        trees_see = self._trees_see(frame, keys, times - self._lag())
        late = np.argsort(times, kind="stable")[int(self.warm_up * len(y)) :]
        if y[late].min() == y[late].max():
            late = np.arange(len(y))
        is_category = self._tree_columns.is_category + [False] * (2 * len(self.keys_))
        self.trees_ = _boosting(self, y[late], is_category, early_stopping=True).fit(trees_see[late], y[late])
        if self.trees_.n_iter_ < self.n_trees:  # now as many trees on all rows, those that decided when to stop too
            self.trees_ = self.trees_.set_params(early_stopping=False, max_iter=self.trees_.n_iter_).fit(
                trees_see[late], y[late]
            )

    def predict_proba(self, X: Any, history: tuple[Any, Any] | None = None) -> np.ndarray:
        """Probabilities (n_rows, 2): no click, click.

        `history`: a table with the columns of `fit` and its labels, of what happened after the training log; counters
        are then read at each row's moment. Without it, they stand still at the end of the training log.
        """
        if history is None:
            return super().predict_proba(X)
        if self.time is None:
            raise ValueError("history needs times; expected time to name their column: CounterTrees(time=...)")
        if not isinstance(history, tuple | list) or len(history) != 2:
            raise ValueError(f"history is a {type(history).__name__}; expected a table and its labels: history=(X, y)")
        frame = self._known(X)
        past = as_frame(history[0])
        labels = as_labels(history[1], len(past), both_classes=False)
        keys, times, reports = self._keys.transform(self._known(past)), self._times(past), self._reports(past)
        clicked = (labels == 1) & ~pd.isna(reports)
        new = (keys, times, keys[clicked], reports[clicked])
        log = tuple(np.concatenate([old, added]) for old, added in zip(self._log, new, strict=True))
        asked = self._times(frame)
        return self.trees_.predict_proba(
            self._trees_see(frame, self._keys.transform(frame), asked - self._lag(), log=log)
        )

    def _strength(self, keys: np.ndarray, y: np.ndarray) -> float:
        codes = pd.factorize(keys)[0]
        return most_likely_strength(np.bincount(codes, y), np.bincount(codes), self.base_rate_)

    def _log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        return self.trees_.decision_function(self._trees_see(frame, self._keys.transform(frame), None))

    def _known(self, X: Any) -> pd.DataFrame:
        if hasattr(self, "_columns") and isinstance(X, pd.DataFrame) and self.reported_at in X.columns:
            X = X.drop(columns=self.reported_at)
        return super()._known(X)

    def _moments(self, argument: str, frame: pd.DataFrame, like: Any = None) -> pd.Series:
        name = getattr(self, argument)
        if name not in frame.columns:
            raise ValueError(f"{argument} is {name!r}, which the table lacks; expected it with its labels")
        return arguments.times(f"{argument}: column {name!r}", frame[name], like, missing=argument == "reported_at")

    def _times(self, frame: pd.DataFrame) -> np.ndarray:
        if self.time is None:
            return np.arange(len(frame))
        return _clock_numbers(self._moments("time", frame, self._clock))

    def _reports(self, frame: pd.DataFrame) -> np.ndarray:
        """When each click was reported; a click without a report is never counted."""
        if self.reported_at is None:
            return self._times(frame)
        return _clock_numbers(self._moments("reported_at", frame, self._clock))

    def _lag(self) -> Any:
        lag = arguments.duration("lag", self.lag, self._clock)
        return lag.to_timedelta64() if isinstance(lag, pd.Timedelta) else lag

    def _trees_see(
        self, frame: pd.DataFrame, keys: np.ndarray, times: np.ndarray | None, log: Any = None
    ) -> np.ndarray:
        """Columns of the trees; counters as of `times`, None: at the end of the training log."""
        shown_keys, shown_at, clicked_keys, clicked_at = self._log if log is None else log
        columns = [self._tree_columns.transform(frame)]
        for i in range(keys.shape[1]):
            if times is None:
                shown = _count_all(shown_keys[:, i], keys[:, i])
                in_time = clicked_at <= shown_at.max()
                clicks = _count_all(clicked_keys[in_time, i], keys[:, i])
            else:
                shown = count_before(keys[:, i], times, shown_keys[:, i], shown_at)
                clicks = count_before(keys[:, i], times, clicked_keys[:, i], clicked_at)
            columns += _counter_columns(clicks, shown, self.base_rate_, self._strengths[i])
        return np.column_stack(columns)


def _counter_columns(clicks: np.ndarray, shown: np.ndarray, rate: float, strength: float) -> list[np.ndarray]:
    """Log-odds of the smoothed click rate, and log of the count."""
    return [log_odds(smoothed_rate(clicks, shown, rate, strength)), np.log1p(shown)]


def _values(column: pd.Series) -> pd.Series:
    """The values of a categorical column; other columns as they are."""
    return column.astype(column.cat.categories.dtype) if isinstance(column.dtype, pd.CategoricalDtype) else column


def _clock_numbers(times: pd.Series) -> np.ndarray:
    """Datetimes as UTC nanoseconds, numbers as they are."""
    if arguments.is_datetime(times.dtype):
        return (times.dt.tz_convert("UTC").dt.tz_localize(None) if times.dt.tz else times).to_numpy("datetime64[ns]")
    return floats(times)


def _count_all(events: np.ndarray, asked: np.ndarray) -> np.ndarray:
    known, counts = np.unique(events, return_counts=True)
    if not len(known):
        return np.zeros(len(asked))
    place = np.minimum(np.searchsorted(known, asked), len(known) - 1)
    return np.where(known[place] == asked, counts[place], 0)
