"""Two rankings in one list: each user compares them, so users who differ cancel."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlpipe import arguments
from mlpipe.experiments.ab import A_FEW_USERS, Comparison, _codes, _comparison, _finite


def team_draft(a: ArrayLike, b: ArrayLike, rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
    """Mix two rankings of each user into one list, as two captains pick their teams in turn.

    In each round a coin says who picks first; then each ranking adds its best item that is not in the list yet, for its
    own team. Team sizes differ by one at most, in the last round of a list of odd length.

    Parameters
    ----------
    a, b : (n, k) whole numbers, items of each list, best first, none twice in a row
    rng : generator of the coins

    Returns
    -------
    slates : (n, k) items to show
    teams : (n, k) 0 where `a` picked the item, 1 where `b` did

    Raises
    ------
    ValueError
        On shapes that differ, an item twice in a list, and an `rng` that is no generator.

    References
    ----------
    Radlinski, Kurup and Joachims 2008, How does clickthrough data reflect retrieval quality? (CIKM).

    Examples
    --------
    >>> slates, teams = team_draft([[1, 2, 3, 4]], [[2, 1, 5, 6]], np.random.default_rng(0))
    >>> slates.tolist(), teams.tolist()
    ([[1, 2, 5, 3]], [[0, 1, 1, 0]])
    """
    a, b = _lists("a", a), _lists("b", b)
    if a.shape != b.shape:
        raise ValueError(f"a has shape {a.shape} and b {b.shape}; expected lists of one length for the same users")
    if not isinstance(rng, np.random.Generator):
        raise ValueError(f"rng is {rng!r}; expected a generator: np.random.default_rng(0)")
    n, k = a.shape
    lists = np.stack([a, b])
    used = np.zeros(lists.shape, bool)
    first = rng.integers(0, 2, (n, (k + 1) // 2), dtype=np.int8)
    teams = np.stack([first, 1 - first], axis=2).reshape(n, -1)[:, :k]
    slates, rows = np.empty_like(a), np.arange(n)
    for slot in range(k):
        best = used[teams[:, slot], rows].argmin(axis=1)
        slates[:, slot] = lists[teams[:, slot], rows, best]
        used |= lists == slates[:, slot, None]
    return slates, teams


def interleaving_test(
    clicks: ArrayLike, teams: ArrayLike, users: ArrayLike | None = None, *, level: float = 0.95
) -> Comparison:
    """Compare the clicks on the two teams of interleaved lists, paired by user.

    The metric is clicks a user on items that each ranking picked; with d[u] the clicks of user u on the team of `b`
    less those on the team of `a`, the standard error is that of the mean of d. The sign says which ranking is
    preferred. The lift is that of clicks within mixed lists, not what the ranking would bring alone.

    Parameters
    ----------
    clicks : (n, k) clicks on each slot of the lists shown
    teams : (n, k) 0 or 1, from `team_draft`
    users : (n,) whose list it is; None = one list a user
    level : chance that an interval covers the truth, between 0 and 1

    Returns
    -------
    Comparison
        `control` is the ranking `a`, `treatment` the ranking `b`.

    Raises
    ------
    ValueError
        On shapes that differ, missing values, teams that are not 0 or 1, fewer than two users, and no clicks at all.

    References
    ----------
    Chapelle, Joachims, Radlinski and Yue 2012, Large-scale validation and analysis of interleaved search evaluation.

    Examples
    --------
    >>> found = interleaving_test([[1, 0], [1, 1], [0, 1], [0, 0]], [[1, 0], [0, 1], [0, 1], [1, 0]])
    >>> found.control, found.treatment, round(found.z, 3)
    (0.25, 0.75, 1.732)
    """
    level = arguments.fraction("level", level, example="0.95")
    clicked = _finite("clicks", clicks, ndim=2)
    team = arguments.numbers("teams", teams, "(n, k), as team_draft returns them", ndim=2)
    if clicked.shape != team.shape:
        raise ValueError(f"clicks has shape {clicked.shape} and teams {team.shape}; expected a team a slot")
    arguments.inside("teams", team, (team == 0) | (team == 1), "0 or 1", "take them from team_draft")
    credit = np.column_stack([(clicked * (team == one)).sum(axis=1) for one in (0, 1)])
    if users is not None:
        codes = _codes(users, "clicks", clicked)
        credit = np.column_stack([np.bincount(codes, one) for one in credit.T])
    if len(credit) < 2:
        raise ValueError(f"clicks come from {len(credit)} user; {A_FEW_USERS}")
    spread = np.cov(credit.T) / len(credit)
    return _comparison(
        list(credit.mean(axis=0)), [spread[0, 0], spread[1, 1]], spread[0, 1], len(credit), len(credit), level
    )


def _lists(name: str, items: ArrayLike) -> np.ndarray:
    found = arguments.integers(name, items, "(n, k) whole numbers: items of each list, best first", ndim=2)
    twice = arguments.repeated(found)
    if twice.any():
        row = int(twice.argmax())
        items, times = np.unique(found[row], return_counts=True)
        item = items[times > 1][0]
        raise ValueError(
            f"{name} holds item {item} twice in row {row} (first of {twice.sum():,} such lists); expected each once: a "
            "list that repeats an item would pick it for nothing"
        )
    return found
