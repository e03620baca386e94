"""Splits: what a model may learn from, what it is judged on, and how many rows are on neither side."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd

from mlpipe import arguments


@dataclass(frozen=True)
class Split:
    """What a model is fitted on, what it is judged on, what it knows when it serves. Rows keep their order and index.

    One way of using it fits every split of users (`items` are the ids of the whole catalogue):

        model.fit(to_matrix(split.train, item_ids=items).matrix)
        served = model.fold_in(to_matrix(split.history, item_ids=items).matrix)
        relevant = to_matrix(split.test, item_ids=items).matrix  # its rows are the users of `served`, in that order

    Attributes
    ----------
    train, test : disjoint parts of the frame
    dropped : rows that are in none of the three tables, by reason
    train_only_users : users whose rows are all in `train`
    history : all that is known of the users in `test` when they are served, and of nobody else
        Every user in `test` has a row in it. It is part of `train` except under `global_time` with fold-in, which adds
        rows that came after the fitting; None under `by_time`, which knows no users.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    dropped: dict[str, int] = field(default_factory=dict)
    train_only_users: int = 0
    history: pd.DataFrame | None = None


def by_time(frame: pd.DataFrame, cut: Any, *, column: str = "timestamp", gap: Any = None) -> Split:
    """Train before one moment, test from it on: the model goes live at `cut` and has to predict the future.

    Parameters
    ----------
    frame : one row an event
    cut : a time stamp
    column : name of the datetime column
    gap : a duration ("6h"), 0 or more
        The last rows before the cut, whose labels may still be on their way, are left out of the training set. The test
        set is the same for every gap.

    Returns
    -------
    Split
        `train` is time < cut - gap, `test` is time >= cut, `dropped` counts the rows between the two.

    Raises
    ------
    ValueError
        When the column is absent, is not datetime or has missing values, when `cut` or `gap` is no time, and when a
        side would be empty.

    References
    ----------
    Hidasi and Czapp 2023, Widespread flaws in offline evaluation of recommender systems (splits that ignore a global
    timeline).

    Examples
    --------
    >>> log = pd.DataFrame({"timestamp": pd.date_range("2026-01-01", periods=10, freq="D")})
    >>> split = by_time(log, "2026-01-09", gap="1D")
    >>> len(split.train), len(split.test), split.dropped
    (7, 2, {'in the gap before the cut': 1})
    """
    times = _times(frame, column)
    moment = _moment(cut, column, times)
    width = arguments.duration("gap", 0 if gap is None else gap, times.dtype)
    in_train, in_test = (times < moment - width).to_numpy(), (times >= moment).to_numpy()
    for side, rows in (("train", in_train), ("test", in_test)):
        if not rows.any():
            raise ValueError(
                f"cut={moment} with gap={width} leaves no row in {side}: {column} runs from {times.min()} to "
                f"{times.max()}; expected a cut (less the gap) inside that range: move cut or shorten gap"
            )
    dropped = int((~in_train & ~in_test).sum())
    return Split(frame[in_train], frame[in_test], {"in the gap before the cut": dropped} if dropped else {})


def global_time(
    frame: pd.DataFrame,
    cut: Any,
    seed: int = 0,
    *,
    fold_in: bool = True,
    user: str = "user_id",
    column: str = "timestamp",
) -> Split:
    """Fit on everything before one moment for all users, then serve the users who are active from it on.

    The honest timeline of a recommender: nobody's future is in the training set. With `fold_in`, the first half of each
    user's rows from the cut on (rounded down) is known when the user is served, and the second half is to be predicted;
    the model is not fitted again. So users who arrive after the cut can be judged too: `Recommender.fold_in` serves
    them from `history`. Without it only users with rows before the cut can be judged.

    A user with rows on both sides of the cut has them all in `history` but the second half of the later ones. One with
    a single row from the cut on is judged on that row, if there are rows before the cut to serve from; otherwise the
    row is dropped, and counted.

    Parameters
    ----------
    frame : one row an interaction
        Only likes should be predicted: keep only likes before the split, and say whether `cut` is a quantile of all
        rows or of the likes.
    cut : a time stamp
    seed : 0 or more; it orders the rows of a user with the same time stamp
    fold_in : whether the first half of the later rows is known when the user is served
    user, column : names of the user column and of the datetime column

    Returns
    -------
    Split
        `train_only_users` counts the users who are not active after the cut. Items that appear only after the cut are
        in it: a model cannot recommend them, and that is part of what the split measures.

    Raises
    ------
    ValueError
        On the inputs that `by_time` and `last_share_per_user` refuse, and when no user can be judged.

    References
    ----------
    Meng et al. 2020, Exploring data splitting strategies for the evaluation of recommendation models (splits decide the
    ranking of models); fold-in is the strong generalisation of Marlin 2004.

    Examples
    --------
    >>> log = pd.DataFrame({"user_id": [1, 1, 2, 2, 2], "timestamp": pd.date_range("2026-01-01", periods=5)})
    >>> split = global_time(log, "2026-01-02")
    >>> split.train.index.tolist(), split.history.index.tolist(), split.test.index.tolist()
    ([0], [0, 2], [1, 3, 4])
    """
    parts = by_time(frame, cut, column=column)
    times = _times(frame, column)
    later = (times >= _moment(cut, column, times)).to_numpy()
    codes, n_users = _user_codes(frame, user)
    n_before, n_later = (np.bincount(codes[rows], minlength=n_users) for rows in (~later, later))
    n_test = n_later - n_later // 2 if fold_in else n_later
    judged = (n_before + n_later - n_test > 0) & (n_later > 0)
    if not judged.any():
        raise ValueError(
            f"cut={cut} leaves no user to judge: none of the {(n_later > 0).sum():,} users who are active from it on "
            f"has a row to be served from; expected users with rows on both sides: move cut"
            + ("" if fold_in else ", or set fold_in=True")
        )
    in_test = np.zeros(len(frame), dtype=bool)
    in_test[later] = _last_of_each(codes[later], n_test, times.to_numpy()[later], seed)
    in_test &= judged[codes]
    dropped = int((~judged[codes] & later).sum())
    return Split(
        parts.train,
        frame[in_test],
        {"of users without history": dropped} if dropped else {},
        int((n_later == 0).sum()),
        frame[judged[codes] & ~in_test],
    )


def leave_last_out(frame: pd.DataFrame, seed: int = 0, *, user: str = "user_id", column: str = "timestamp") -> Split:
    """Hold out each user's last row: the next item, given all the earlier ones.

    As in `last_share_per_user`, another user's future stays in the training set, and rows with the same time stamp are
    ordered at random, by `seed`. One relevant item a user makes a noisy metric: its interval says how noisy.

    Parameters
    ----------
    frame, seed, user, column : as in `last_share_per_user`

    Returns
    -------
    Split
        Users with a single row stay in `train` and are counted in `train_only_users`.

    Raises
    ------
    ValueError
        On absent columns, missing values, and when no user has two rows.

    Examples
    --------
    >>> log = pd.DataFrame({"user_id": [7, 7, 7, 9], "timestamp": pd.date_range("2026-01-01", periods=4)})
    >>> split = leave_last_out(log)
    >>> split.test.index.tolist(), split.train_only_users
    ([2], 1)
    """
    times = _times(frame, column).to_numpy()
    codes, n_users = _user_codes(frame, user)
    n_rows = np.bincount(codes, minlength=n_users)
    if n_rows.max(initial=0) < 2:
        raise ValueError(
            f"none of {n_users:,} users has two rows; expected a user with one to hold out and one to learn from: "
            f"check that {user!r} is the column of users, or use global_time"
        )
    return _split_users(frame, codes, np.where(n_rows > 1, 1, 0), times, seed)


def last_share_per_user(
    frame: pd.DataFrame, share: float = 0.2, seed: int = 0, *, user: str = "user_id", column: str = "timestamp"
) -> Split:
    """Hold out the last rows of each user by time.

    It orders rows within a user, not across users: another user's future stays in the training set. Rows of a user with
    the same time stamp are ordered at random, by `seed`: the order of the file would hold out, say, the highest ids.

    Parameters
    ----------
    frame : one row an interaction
    share : of each user's rows that goes to the test set, rounded down, between 0 and 1
    seed : 0 or more, for ties
    user, column : names of the user column and of the datetime column

    Returns
    -------
    Split
        Users with fewer than 1 / share rows stay in `train` whole and are counted in `train_only_users`.

    Raises
    ------
    ValueError
        On a share outside (0, 1), absent columns, missing values, and when no user has enough rows.

    Examples
    --------
    >>> log = pd.DataFrame({"user_id": 7, "timestamp": pd.date_range("2026-01-01", periods=5)})
    >>> last_share_per_user(log, share=0.4).test.index.tolist()
    [3, 4]
    """
    times = _times(frame, column).to_numpy()
    return _per_user(frame, share, seed, user, times)


def random_per_user(frame: pd.DataFrame, share: float = 0.2, seed: int = 0, *, user: str = "user_id") -> Split:
    """Hold out a random share of the rows of each user, whatever their time.

    The easiest split to score well on: the model has seen what the user, and everybody else, did afterwards.

    Parameters
    ----------
    frame, share : as in `last_share_per_user`
    seed : 0 or more, it chooses the rows
    user : name of the user column

    Returns
    -------
    Split
        As `last_share_per_user`.

    Raises
    ------
    ValueError
        As `last_share_per_user`, without the time.

    Examples
    --------
    >>> split = random_per_user(pd.DataFrame({"user_id": [1] * 10 + [2] * 3}), share=0.2)
    >>> split.test["user_id"].tolist(), split.train_only_users
    ([1, 1], 1)
    """
    return _per_user(frame, share, seed, user, np.zeros(len(frame)))


def _per_user(frame: pd.DataFrame, share: float, seed: int, user: str, sort_by: np.ndarray) -> Split:
    """Hold out the last `share` of each user's rows in the order of `sort_by`, ties at random."""
    share = arguments.fraction("share", share)
    codes, n_users = _user_codes(frame, user)
    n_rows = np.bincount(codes, minlength=n_users)
    # 0.29 * 100 is 28.999999999999996 in floating point
    n_test = np.floor(share * n_rows + 1e-9).astype(np.int64)
    if not n_test.any():
        raise ValueError(
            f"share={share} holds out no row: the most active of {n_users:,} users has {n_rows.max(initial=0):,} "
            "rows; expected a user with at least 1 / share of them: raise share"
        )
    return _split_users(frame, codes, n_test, sort_by, seed)


def _split_users(frame: pd.DataFrame, codes: np.ndarray, n_test: np.ndarray, sort_by: np.ndarray, seed: int) -> Split:
    """Hold out the last `n_test[user]` rows of each user; what is left of them is their history."""
    in_test = _last_of_each(codes, n_test, sort_by, seed)
    known = ~in_test & (n_test > 0)[codes]
    return Split(frame[~in_test], frame[in_test], {}, int((n_test == 0).sum()), frame[known])


def _last_of_each(codes: np.ndarray, n_last: np.ndarray, sort_by: np.ndarray, seed: int) -> np.ndarray:
    """Mark the last `n_last[user]` rows of each user in the order of `sort_by`, ties at random."""
    order = np.lexsort(
        (np.random.default_rng(arguments.whole_number("seed", seed, 0)).random(len(codes)), sort_by, codes)
    )
    ends = np.cumsum(np.bincount(codes, minlength=len(n_last)))
    rows_after = ends[codes[order]] - 1 - np.arange(len(codes))  # of the same user
    marked = np.zeros(len(codes), dtype=bool)
    marked[order] = rows_after < n_last[codes[order]]
    return marked


def _user_codes(frame: pd.DataFrame, user: str) -> tuple[np.ndarray, int]:
    """The user of each row as a number from 0, and how many users there are."""
    name = f"column {user!r}"
    codes, _ = arguments.ids(name, arguments.column(frame, user))
    arguments.none_missing(name, codes < 0, "a user in each row: drop those rows, and say how many")
    codes, users = pd.factorize(codes)  # the categories of a categorical may include users without rows
    return codes, len(users)


def _times(frame: pd.DataFrame, column: str) -> pd.Series:
    return arguments.times(f"column {column!r}", arguments.column(frame, column), like="datetime")


def _moment(cut: Any, column: str, times: pd.Series) -> pd.Timestamp:
    fix = f"pass a time stamp, or frame[{column!r}].quantile(0.8) for the moment when 80 % of the rows have happened"
    if isinstance(cut, (bool, int, float, np.number)):
        raise ValueError(f"cut is {cut!r}, a number; expected a moment: {fix}")
    try:
        moment = pd.Timestamp(cut)
    except (ValueError, TypeError) as error:
        raise ValueError(f"cut is {cut!r}; expected a moment: {fix}") from error
    if moment is pd.NaT or (moment.tzinfo is None) != (times.dt.tz is None):
        raise ValueError(f"cut is {cut!r} but {column!r} is {times.dtype}; both or neither need a time zone: {fix}")
    return moment
