"""Splits: what a model may learn from, what it is judged on, and how many rows are on neither side."""

from __future__ import annotations

from collections.abc import Hashable
from dataclasses import dataclass, field
from typing import Any

import numpy as np
import pandas as pd


@dataclass(frozen=True)
class Split:
    """Two disjoint parts of one frame; rows keep their order and their index.

    `dropped` counts the rows on neither side, by reason. `train_only_users` counts the users with too few rows to hold
    one out: all their rows are in `train`.
    """

    train: pd.DataFrame
    test: pd.DataFrame
    dropped: dict[str, int] = field(default_factory=dict)
    train_only_users: int = 0


def by_time(frame: pd.DataFrame, cut: Any, *, column: str = "timestamp", gap: Any = None) -> Split:
    """Train before one moment, test from it on: the model goes live at `cut` and has to predict the future.

    Parameters: `frame`, one row an event; `cut`, a time stamp; `column`, the name of the datetime column; `gap`, a
    duration ("6h"): the last rows before the cut, whose labels may still be on their way, are left out of the training
    set. The test set is the same for every gap.

    Returns a Split: train is time < cut - gap, test is time >= cut, `dropped` counts the rows between the two.

    Raises ValueError when the column is absent, is not datetime or has missing values, when `cut` or `gap` is no time,
    and when a side would be empty. Source: Hidasi and Czapp 2023 (the flaws of splits that ignore a global timeline).

    >>> log = pd.DataFrame({"timestamp": pd.date_range("2026-01-01", periods=10, freq="D")})
    >>> split = by_time(log, "2026-01-09", gap="1D")
    >>> len(split.train), len(split.test), split.dropped
    (7, 2, {'in the gap before the cut': 1})
    """
    times = _times(frame, column)
    moment = _moment(cut, times)
    width = _duration(gap)
    in_train, in_test = (times < moment - width).to_numpy(), (times >= moment).to_numpy()
    for side, rows in (("train", in_train), ("test", in_test)):
        if not rows.any():
            raise ValueError(
                f"cut={moment} with gap={width} leaves no row in {side}: {column} runs from {times.min()} to "
                f"{times.max()}; expected a cut (less the gap) inside that range: move cut or shorten gap"
            )
    dropped = int((~in_train & ~in_test).sum())
    return Split(frame[in_train], frame[in_test], {"in the gap before the cut": dropped} if dropped else {})


def last_share_per_user(
    frame: pd.DataFrame, share: float = 0.2, seed: int = 0, *, user: str = "user_id", column: str = "timestamp"
) -> Split:
    """Hold out the last rows of each user by time.

    It orders rows within a user, not across users: another user's future stays in the training set. Rows of a user with
    the same time stamp are ordered at random, by `seed`: the order of the file would hold out, say, the highest ids.

    Parameters: `frame`, one row an interaction; `share` of each user's rows that goes to the test set, rounded down,
    between 0 and 1; `seed` for ties; `user` and `column`, the names of the user column and of the datetime column.

    Returns a Split; users with fewer than 1 / share rows stay in train whole and are counted in `train_only_users`.

    Raises ValueError on a share outside (0, 1), absent columns, missing values, and when no user has enough rows.

    >>> log = pd.DataFrame({"user_id": 7, "timestamp": pd.date_range("2026-01-01", periods=5)})
    >>> last_share_per_user(log, share=0.4).test.index.tolist()
    [3, 4]
    """
    times = _times(frame, column).to_numpy()
    return _per_user(frame, share, seed, user, times)


def random_per_user(frame: pd.DataFrame, share: float = 0.2, seed: int = 0, *, user: str = "user_id") -> Split:
    """Hold out a random share of the rows of each user, whatever their time.

    The easiest split to score well on: the model has seen what the user, and everybody else, did afterwards.

    Parameters, result and errors as in `last_share_per_user`, without the time; `seed` chooses the rows.

    >>> split = random_per_user(pd.DataFrame({"user_id": [1] * 10 + [2] * 3}), share=0.2)
    >>> split.test["user_id"].tolist(), split.train_only_users
    ([1, 1], 1)
    """
    return _per_user(frame, share, seed, user, np.zeros(len(frame)))


def _per_user(frame: pd.DataFrame, share: float, seed: int, user: str, sort_by: np.ndarray) -> Split:
    """Hold out the last `share` of each user's rows in the order of `sort_by`, ties at random."""
    if not 0 < share < 1:
        raise ValueError(f"share is {share}; expected a number between 0 and 1, such as 0.2 for one row in five")
    codes, users = pd.factorize(_column(frame, user))
    if (codes < 0).any():
        raise ValueError(
            f"column {user!r} has {(codes < 0).sum():,} missing values; expected a user in each row: drop those rows, "
            "and say how many"
        )
    n_rows = np.bincount(codes, minlength=len(users))
    # 0.29 * 100 is 28.999999999999996 in floating point
    n_test = np.floor(share * n_rows + 1e-9).astype(np.int64)
    if not n_test.any():
        raise ValueError(
            f"share={share} holds out no row: the most active of {len(users):,} users has {n_rows.max(initial=0):,} "
            "rows; expected a user with at least 1 / share of them: raise share"
        )
    order = np.lexsort((np.random.default_rng(seed).random(len(frame)), sort_by, codes))
    rows_after = np.cumsum(n_rows)[codes[order]] - 1 - np.arange(len(frame))  # of the same user
    in_test = np.zeros(len(frame), dtype=bool)
    in_test[order] = rows_after < n_test[codes[order]]
    return Split(frame[~in_test], frame[in_test], train_only_users=int((n_test == 0).sum()))


def _column(frame: pd.DataFrame, name: Hashable) -> pd.Series:
    if name not in frame.columns:
        raise ValueError(f"the frame has no column {name!r}, only {list(frame.columns)}; pass the name of yours")
    return frame[name]


def _times(frame: pd.DataFrame, column: str) -> pd.Series:
    times = _column(frame, column)
    if not pd.api.types.is_datetime64_any_dtype(times.dtype):
        raise ValueError(
            f"column {column!r} is {times.dtype}; expected datetime: convert it with pd.to_datetime "
            "(unit='s' for seconds since 1970)"
        )
    if times.isna().any():
        raise ValueError(
            f"column {column!r} has {times.isna().sum():,} missing time stamps; a row without a time is on neither "
            "side of a cut: drop those rows, and say how many"
        )
    return times


def _moment(cut: Any, times: pd.Series) -> pd.Timestamp:
    fix = (
        f"pass a time stamp, or frame[{times.name!r}].quantile(0.8) for the moment when 80 % of the rows have happened"
    )
    if isinstance(cut, (bool, int, float, np.number)):
        raise ValueError(f"cut is {cut!r}, a number; expected a moment: {fix}")
    try:
        moment = pd.Timestamp(cut)
    except (ValueError, TypeError) as error:
        raise ValueError(f"cut is {cut!r}; expected a moment: {fix}") from error
    if moment is pd.NaT or (moment.tzinfo is None) != (times.dt.tz is None):
        raise ValueError(f"cut is {cut!r} but {times.name!r} is {times.dtype}; both or neither need a time zone: {fix}")
    return moment


def _duration(gap: Any) -> pd.Timedelta:
    try:
        width = pd.Timedelta(0 if gap is None else gap)
    except (ValueError, TypeError) as error:
        raise ValueError(f'gap is {gap!r}; expected a duration such as "6h" or None') from error
    if width is pd.NaT or width < pd.Timedelta(0):
        raise ValueError(f'gap is {gap!r}; expected a duration of zero or more, such as "6h"')
    return width
