"""Boosted trees on counters that no row's own label is part of: of the past only, or of the other folds."""

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
from mlpipe.ctr.pairs import choose_pairs
from mlpipe.ctr.rates import most_likely_strength
from mlpipe.features import count_before

N_FOLDS = 5
MOST_PAIRS = 10  # that are counted by default
SPLIT_AMONG = 0.3  # share of the columns that a split chooses from: counters of many keys tell nearly the same

Log = tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]  # keys and times of impressions, those of clicks
Counters = list[tuple[np.ndarray, np.ndarray, np.ndarray]]  # of each key, by row: clicks, impressions, and the count


class CounterTrees(ClickModel):
    """Boosted trees on counters: the smoothed click rate of each key, and how often it was seen.

    A rate that a row's own label is part of would be trusted far too much. There are two ways to leave it out:

    - With `time`, the counters of a row in `fit` are those of its own moment (less `lag`): earlier impressions, and the
      clicks that had been reported. They stay calibrated while rates drift and new ids appear, and need many rows: the
      first ones know little. In `predict_proba`, counters are those at the end of the training log, however late the
      row is: a server that loads its counters once. With `history`, a later log and its clicks, they are those of each
      row's moment: a server whose counters go on counting.
    - Without, nothing is known of what came first, and the order of rows means nothing. The rate of a row in `fit` is
      that of the rows of its key in the other four of five random folds; the count is that of all other rows of its
      key, so that training and later rows see the same distribution. In `predict_proba`, both are those of all training
      rows. Where time matters and is not given, this looks into the future: the rates are better than they will be.

    Beside the counters the trees see numbers, the hour and weekday of times, and ids of few values as categories: up to
    100, with 50 clicks a value on average.

    Some ids are numbered by frequency or age, so that near numbers are alike: ids of a catalogue, of accounts. Then
    `ids_as_numbers` helps, most for ids too rare to be counted. It is legitimate if the numbers were given before the
    rows that are predicted: an id that is a rank by frequency, made of the whole log, tells about the test rows. Where
    numbers are random it costs a little. Ids of text stay as they are.

    Parameters
    ----------
    time : column of times (datetimes or numbers); None: the order is not known
    reported_at : column that says when a click was reported (missing without one), not needed in `predict_proba`
        None: a click is known at once. It needs `time`.
    keys : what to count: column names, or tuples of them for their combination
        None: all ids, and up to ten pairs of columns that interact (`pairs.choose_pairs`).
    lag : age of the counters when they are read: a duration such as "1D", or a number where times are numbers
        It needs `time`.
    prior_strength : of the rates, in impressions at the base rate, above 0; None: as `SmoothedRate`, for each key
    warm_up : share of the rows, at the start, that only fill the counters; from 0 up to below 1; without `time` none do
    n_trees : at most; the number is found on a random tenth of the rows, if there are 1,000 or more
    max_leaf_nodes : of a tree, 2 or more
    learning_rate : of the boosting, above 0; None: 0.05 below 100,000 rows that the trees see, else 0.1
    ids_as_numbers : whether ids that are numbers are numbers for the trees, too; above 2**53 neighbours are then alike
    random_state : seed of the folds and the trees, 0 or more

    Attributes
    ----------
    trees_ : HistGradientBoostingClassifier
    keys_ : what is counted, tuples of column names
    numbered_ : names of the ids that are numbers for the trees, too
    base_rate_ : share of clicks

    References
    ----------
    Counters as in He et al. 2014, Practical lessons from predicting clicks on ads at Facebook, section 5; only the past
    as in Prokhorenkova et al. 2018 (CatBoost), arXiv:1706.09516; the other folds as in Micci-Barreca 2001, A
    preprocessing scheme for high-cardinality categorical attributes, cross-fitted.

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [1, 1, 2, 2] * 500})
    >>> CounterTrees(n_trees=20).fit(log, [1, 1, 0, 0] * 500).predict(log)[:4].tolist()
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
        max_leaf_nodes: int = 15,
        learning_rate: float | None = None,
        ids_as_numbers: bool = False,
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
        self.ids_as_numbers = ids_as_numbers
        self.random_state = random_state

    def _fit(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        features = self._features(frame)
        self._tree_columns = TreeColumns(features, y, self.ids_as_numbers)
        self.numbered_ = self._tree_columns.numbered
        self._keys = Keys(self._default_keys(features, y) if self.keys is None else self.keys).fit(features)
        self.keys_ = self._keys.keys
        self.base_rate_ = float(y.mean())
        keys = self._keys.transform(features)
        self._strengths = [self.prior_strength or self._strength(keys[:, i], y) for i in range(keys.shape[1])]
        rows = np.arange(len(y))
        if self.time is None:
            counters = self._of_other_folds(keys, y)
            self._known_counts = [_Counts(key, key[y == 1]) for key in keys.T]
        else:
            times, reports = self._times(frame), self._reports(frame)
            clicked = (y == 1) & ~pd.isna(reports)
            self._log = (keys, times, keys[clicked], reports[clicked])
            counters = _before(keys, times - self._lag(), self._log)
            in_time = clicked & (reports <= times.max())
            self._known_counts = [_Counts(key, key[in_time]) for key in keys.T]
            late = np.argsort(times, kind="stable")[int(self.warm_up * len(y)) :]
            rows = late if y[late].min() < y[late].max() else rows
        seen, y = self._trees_see(features, counters)[rows], y[rows]
        self.trees_ = boosted_trees(self, seen, y, self._tree_columns.is_category, True, SPLIT_AMONG)
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
        log: Any = tuple(np.concatenate([old, added]) for old, added in zip(self._log, new, strict=True))
        counters = _before(self._keys.transform(frame), self._times(frame) - self._lag(), log)
        return self.trees_.predict_proba(self._trees_see(frame, counters))

    def _features(self, frame: pd.DataFrame) -> pd.DataFrame:
        """The columns that trees and keys may take; checks the parameters."""
        check_positive(self, optional=["prior_strength", "learning_rate"])
        check_positive(self, "n_trees", whole=True)
        check_positive(self, optional=["random_state"], whole=True, zero=True)
        arguments.whole_number("max_leaf_nodes", self.max_leaf_nodes, 2)
        arguments.fraction("warm_up", self.warm_up, "[)", example="0.1")
        for argument in ("time", "reported_at"):
            name = getattr(self, argument)
            if name is not None and name not in frame.columns:
                raise ValueError(
                    f"{argument} is {name!r}, which X does not have; expected one of {list(frame.columns)}"
                )
        dropped = [self.reported_at]
        if self.time is None:
            for argument, idle in (("reported_at", None), ("lag", 0)):
                if getattr(self, argument) != idle:
                    raise ValueError(
                        f"{argument} is {getattr(self, argument)!r} without a time; expected time to name the column "
                        f"of times, or {argument} left out"
                    )
        else:
            self._clock = self._moments("time", frame).dtype
            dropped += [self.time] * (not arguments.is_datetime(self._clock))
        self._columns = [name for name in self._columns if name != self.reported_at]
        features = frame.drop(columns=[name for name in dropped if name is not None])
        if not features.shape[1]:
            raise ValueError(f"X has no columns beside {list(frame.columns)}; expected at least one to learn from")
        return features

    def _default_keys(self, features: pd.DataFrame, y: np.ndarray) -> list[str | tuple[str, str]]:
        ids = [name for name, kind in self._tree_columns.kinds.of.items() if kind == "id"]
        return [*ids, *choose_pairs(features, y, MOST_PAIRS, random_state=self.random_state or 0)]

    def _strength(self, keys: np.ndarray, y: np.ndarray) -> float:
        codes = pd.factorize(keys)[0]
        return most_likely_strength(np.bincount(codes, y), np.bincount(codes), self.base_rate_)

    def _log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        return self.trees_.decision_function(self._trees_see(frame, self._at_the_end(frame)))

    def _at_the_end(self, frame: pd.DataFrame) -> Counters:
        """The counters of the whole training log."""
        keys = self._keys.transform(frame)
        return [counts.of(key) for counts, key in zip(self._known_counts, keys.T, strict=True)]

    def _known(self, X: Any) -> pd.DataFrame:
        if hasattr(self, "_columns") and isinstance(X, pd.DataFrame) and self.reported_at is not None:
            X = X.drop(columns=self.reported_at, errors="ignore")
        return super()._known(X)

    def _moments(self, argument: str, frame: pd.DataFrame, like: Any = None) -> pd.Series:
        name = getattr(self, argument)
        if name not in frame.columns:
            raise ValueError(f"{argument} is {name!r}, which the table lacks; expected it with its labels")
        return arguments.times(f"{argument}: column {name!r}", frame[name], like, missing=argument == "reported_at")

    def _times(self, frame: pd.DataFrame) -> np.ndarray:
        return _clock_numbers(self._moments("time", frame, self._clock))

    def _reports(self, frame: pd.DataFrame) -> np.ndarray:
        """When each click was reported; a click without a report is never counted."""
        times = self._times(frame)
        if self.reported_at is None:
            return times
        reports = _clock_numbers(self._moments("reported_at", frame, self._clock))
        early = np.flatnonzero(reports < times)
        if len(early):
            raise ValueError(
                f"reported_at: column {self.reported_at!r} is before {self.time!r} in {len(early):,} rows (first: row "
                f"{early[0]}); expected reports at or after their impression: check which column is which, and clocks"
            )
        return reports

    def _lag(self) -> Any:
        lag = arguments.duration("lag", self.lag, self._clock)
        return lag.to_timedelta64() if isinstance(lag, pd.Timedelta) else lag

    def _of_other_folds(self, keys: np.ndarray, y: np.ndarray) -> Counters:
        """Clicks and impressions in the other folds; the count of all other rows, which needs no labels."""
        # A stream of its own: labels that were themselves drawn with this seed must not decide who is in which fold
        rng = np.random.default_rng(None if self.random_state is None else (self.random_state, 0x666F6C64))
        n_folds = min(N_FOLDS, len(y))
        fold = rng.permutation(len(y)) % n_folds
        counters = []
        for key in keys.T:
            codes, values = pd.factorize(key)
            in_fold, shape = codes * n_folds + fold, (len(values), n_folds)
            shown = np.bincount(in_fold, minlength=len(values) * n_folds).reshape(shape)
            clicks = np.bincount(in_fold, y, len(values) * n_folds).reshape(shape)
            of_others = [
                (all_folds.sum(axis=1, keepdims=True) - all_folds)[codes, fold] for all_folds in (clicks, shown)
            ]
            counters.append((*of_others, shown.sum(axis=1)[codes] - 1))
        return counters

    def _trees_see(self, frame: pd.DataFrame, counters: Counters) -> np.ndarray:
        columns = [self._tree_columns.transform(frame)]
        for (clicks, shown, count), strength in zip(counters, self._strengths, strict=True):
            columns += counter_columns(clicks, shown, self.base_rate_, strength, count)
        return np.column_stack(columns)


def _before(keys: np.ndarray, times: np.ndarray, log: Log) -> Counters:
    """The counters of a log as they were at those times."""
    shown_keys, shown_at, clicked_keys, clicked_at = log
    counters = []
    for i in range(keys.shape[1]):
        shown = count_before(keys[:, i], times, shown_keys[:, i], shown_at)
        clicks = count_before(keys[:, i], times, clicked_keys[:, i], clicked_at)
        counters.append((clicks, shown, shown))
    return counters


class _Counts:
    """Clicks and impressions of each value of a key."""

    def __init__(self, shown: np.ndarray, clicked: np.ndarray):
        self.known, self.shown = np.unique(shown, return_counts=True)
        self.clicks = np.bincount(np.searchsorted(self.known, clicked), minlength=len(self.known))

    def of(self, asked: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        place = np.minimum(np.searchsorted(self.known, asked), len(self.known) - 1)
        is_known = self.known[place] == asked
        clicks, shown = (np.where(is_known, counts[place], 0) for counts in (self.clicks, self.shown))
        return clicks, shown, shown


def _clock_numbers(times: pd.Series) -> np.ndarray:
    """Datetimes as UTC nanoseconds, numbers as they are."""
    if arguments.is_datetime(times.dtype):
        return (times.dt.tz_convert("UTC").dt.tz_localize(None) if times.dt.tz else times).to_numpy("datetime64[ns]")
    return floats(times)
