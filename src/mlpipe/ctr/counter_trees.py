"""Boosted trees on counters that know only the past."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pandas as pd

from mlpipe import arguments
from mlpipe.ctr.base import ClickModel, check_positive
from mlpipe.ctr.boosting import TreeColumns, boosted_trees, counter_columns
from mlpipe.ctr.fields import Keys
from mlpipe.ctr.inputs import as_frame, as_labels
from mlpipe.ctr.kinds import floats
from mlpipe.ctr.rates import most_likely_strength
from mlpipe.features import count_before


class CounterTrees(ClickModel):
    """Boosted trees on counters that know only the past: for each key, its smoothed click rate so far and its count.

    In `fit`, the counters of a row are those of its own moment (less `lag`): earlier impressions, and the clicks that
    had been reported. In `predict_proba`, they are those at the end of the training log, however late the row is: a
    server that loads its counters once. With `history`, a later log and its clicks, they are those of each row's
    moment: a server whose counters go on counting. Beside them the trees see numbers, the hour and weekday of times,
    and ids of few values as categories: up to 100, with 50 clicks a value on average.

    Parameters
    ----------
    time : column of times (datetimes or numbers); None: rows are in time order, equally spaced
    reported_at : column that says when a click was reported (missing without one), not needed in `predict_proba`
        None: a click is known at once.
    keys : what to count: column names, or tuples of them for their combination
        None: all ids of more values than the trees take as categories.
    lag : age of the counters when they are read: a duration such as "1D", or a number where times are numbers
    prior_strength : of the rates, in impressions at the base rate, above 0; None: as `SmoothedRate`, for each key
    warm_up : share of the rows, at the start, that only fill the counters; from 0 up to below 1
    n_trees : at most; the number is found on a random tenth of the rows
    max_leaf_nodes : None: 5 for 30,000 rows, 16 for a million, fewer if less than 3 % of them are clicks
    learning_rate : of the boosting, above 0
    random_state : seed of the trees

    Attributes
    ----------
    trees_ : HistGradientBoostingClassifier
    keys_ : what is counted, tuples of column names
    base_rate_ : share of clicks

    References
    ----------
    Counters as in He et al. 2014, Practical lessons from predicting clicks on ads at Facebook, section 5; only the past
    as in Prokhorenkova et al. 2018 (CatBoost), arXiv:1706.09516.

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [1, 1, 2, 2] * 500})
    >>> CounterTrees(keys=["ad"], n_trees=20).fit(log, [1, 1, 0, 0] * 500).predict(log)[:4].tolist()
    [1, 1, 0, 0]
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
        check_positive(self, "learning_rate", optional=["prior_strength"])
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
        self._tree_columns = TreeColumns(features, y)
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
        seen, y = trees_see[late], y[late]
        self.trees_ = boosted_trees(self, seen, y, self._tree_columns.is_category, early_stopping=True)
        if self.trees_.n_iter_ < self.n_trees:  # now as many trees on all rows, those that decided when to stop too
            self.trees_.set_params(early_stopping=False, max_iter=self.trees_.n_iter_).fit(seen, y)

    def predict_proba(self, X: Any, history: tuple[Any, Any] | None = None) -> np.ndarray:
        """Probabilities of no click and of a click.

        Parameters
        ----------
        X : (n_rows, n_columns) with the columns of `fit`, `reported_at` or not
        history : a table with the columns of `fit` and its labels, of what happened after the training log
            Counters are then read at each row's moment. None: they stand still at the end of the training log.

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
            As `ClickModel.predict_proba`; on a history without a `time`, that is no pair, or whose columns or times
            have another form than in `fit`.
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
            columns += counter_columns(clicks, shown, self.base_rate_, self._strengths[i])
        return np.column_stack(columns)


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
