"""Which pairs of columns interact? What a weight for each combination of two values gains on rows held out."""

from __future__ import annotations

from itertools import combinations
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.special import expit

from mlpipe import arguments
from mlpipe.ctr.fields import Fields, Keys, design_matrix
from mlpipe.ctr.inputs import as_frame, as_labels
from mlpipe.ctr.logistic import choose_C, fit_logistic

N_FOLDS = 4
STRENGTHS = (3.0, 30.0)  # inverse variances of a combination's weight, of which the better one counts
LEAST_GAIN = 3.0  # in nats: below, a pair is as likely to be luck
MOST_CELLS, CELLS_A_ROW = 2**19, 4  # above, only the combinations that occur are counted
N_BUCKETS = 2**20  # of the additive model

Pair = tuple[str, str]
Columns = tuple[str] | Pair


def screen_pairs(X: Any, y: ArrayLike, *, score: ArrayLike | None = None, random_state: int = 0) -> dict[Pair, float]:
    """The pairs of columns that a model of single columns lacks, with what each would add by itself.

    The additive model leaves g = y - p and h = p (1 - p) in each row. A weight for each combination of two values is
    one Newton step from there: d = sum of g / (sum of h + lambda), over the rows of the combination in the other folds.
    On the rows held out it changes the log likelihood by about sum(d g - d^2 h / 2). A pair that does not interact
    loses there, as its weights are luck. What the additive model missed of single columns is taken out before, by such
    steps of their values, or all pairs of that column would seem to interact.

    Numbers enter by the interval between two knots, times by their hour. A column that determines the other one, such
    as an ad its campaign, is no pair with it; nor are two columns whose combinations never come twice, such as user and
    film where each is rated once: these have to be named.

    Parameters
    ----------
    X : (n_rows, n_columns) raw columns, as the click models take them
    y : (n_rows,) labels, 0 / 1 or bool
    score : (n_rows,) log-odds of a click by a model of the single columns
        None: a logistic regression on them.
    random_state : seed of the four folds, 0 or more

    Returns
    -------
    gain in nats by pair, largest first, each above 3
        Empty where nothing is left over: with one column, or few rows.

    Raises
    ------
    TypeError, ValueError
        As `ClickModel.fit`; on scores that are not finite numbers, one a row.

    References
    ----------
    The gain of a step as in Chen and Guestrin 2016, XGBoost, doi:10.1145/2939672.2939785, equations 5 and 6, here on
    rows that had no part in the step.

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [1, 1, 2, 2] * 50, "site": ["a", "b"] * 100, "slot": [1, 2, 2, 1, 1] * 40})
    >>> list(screen_pairs(log, [1, 0, 0, 1] * 50))
    [('ad', 'site')]
    """
    search = _Search(X, y, score, random_state)
    gains = {pair: search.gain(pair) for pair in combinations(search.codes, 2)}
    return _best(gains)


def choose_pairs(
    X: Any, y: ArrayLike, most: int = 10, *, score: ArrayLike | None = None, random_state: int = 0
) -> list[Pair]:
    """A few pairs of columns that together do for the interactions, best first.

    Of `screen_pairs`, pairs often tell the same: an interaction of site and category shows in site and advertiser, too.
    So the best pair is taken, its steps are added to the score (to each row from the other folds), and the next one is
    that whose gain is then the largest, until none gains 3 nats.

    Parameters
    ----------
    X, y : as in `screen_pairs`
    most : pairs, 1 or more
    score, random_state : as there

    Returns
    -------
    pairs of column names, each in the order of the table

    Raises
    ------
    TypeError, ValueError
        As `screen_pairs`; on `most` below 1.

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [1, 1, 2, 2] * 50, "site": ["a", "b"] * 100, "slot": [1, 2, 2, 1, 1] * 40})
    >>> choose_pairs(log, [1, 0, 0, 1] * 50)
    [('ad', 'site')]
    """
    most = arguments.whole_number("most", most, 1)
    search = _Search(X, y, score, random_state)
    gains = _best({pair: search.gain(pair) for pair in combinations(search.codes, 2)})
    chosen: list[Pair] = []
    while gains and len(chosen) < most:
        # Gains of before the last pair was added are too large, if anything: who leads by today's gain is the best
        best = next(iter(gains))
        del gains[best]
        gain = search.gain(best)
        if gain >= max([LEAST_GAIN, *gains.values()]):
            chosen.append(best)
            search.add(best)
        else:
            gains = _best(gains | {best: gain})
    return chosen


def _best(gains: dict[Pair, float]) -> dict[Pair, float]:
    return dict(sorted(((p, g) for p, g in gains.items() if g > LEAST_GAIN), key=lambda item: -item[1]))


class _Search:
    """The rows of a table with a score: its columns as codes, and what the score leaves over."""

    def __init__(self, X: Any, y: ArrayLike, score: ArrayLike | None, random_state: int):
        frame = as_frame(X)
        labels = as_labels(y, len(frame))
        random_state = arguments.whole_number("random_state", random_state, 0)
        if score is None:
            self.score = additive_score(frame, labels)
        else:
            self.score = arguments.numbers("score", score).astype(np.float64)
            if self.score.shape != labels.shape or not np.isfinite(self.score).all():
                raise ValueError(
                    f"score has shape {self.score.shape} or is not finite; expected log-odds, one a row of X: "
                    f"({len(frame)},)"
                )
        keys = Keys(list(frame.columns)).fit(frame).transform(frame)
        self.codes: dict[str, np.ndarray] = {}
        self.sizes: dict[str, int] = {}
        for i, name in enumerate(frame.columns):
            codes, values = pd.factorize(keys[:, i])
            if len(values) > 1:
                self.codes[name], self.sizes[name] = codes, len(values)
        self.fold = np.random.default_rng(random_state).permutation(len(labels)) % N_FOLDS
        self.y = labels
        self._leave_over()
        for name in self.codes:
            if self.gain((name,)) > LEAST_GAIN:
                self.add((name,))

    def _leave_over(self) -> None:
        p = expit(self.score)
        self.g, self.h = self.y - p, p * (1 - p)

    def _cells(self, columns: Columns) -> tuple[np.ndarray, int]:
        """The number of each row's combination of values, and how many numbers there are."""
        if len(columns) == 1:
            return self.codes[columns[0]], self.sizes[columns[0]]
        left, right = columns
        size = self.sizes[left] * self.sizes[right]
        cell = self.codes[left].astype(np.int64) * self.sizes[right] + self.codes[right]
        if size > min(MOST_CELLS, CELLS_A_ROW * len(cell)):
            cell, values = pd.factorize(cell)
            size = len(values)
        return cell, size

    def _steps(self, columns: Columns) -> tuple[float, np.ndarray, np.ndarray]:
        """The gain, the number of each row's combination and fold, and the step of each such number."""
        cell, size = self._cells(columns)
        place = cell * N_FOLDS + self.fold
        g, h = (np.bincount(place, left, size * N_FOLDS).reshape(size, N_FOLDS) for left in (self.g, self.h))
        all_h = h.sum(axis=1, keepdims=True)
        one_determines_the_other = np.count_nonzero(all_h) == max(self.sizes[name] for name in columns)
        if len(columns) == 2 and one_determines_the_other:
            return 0.0, place, np.zeros(size * N_FOLDS)
        others_g, others_h = g.sum(axis=1, keepdims=True) - g, all_h - h
        steps = [others_g / (others_h + strength) for strength in STRENGTHS]
        gains = [float((d * g - d**2 * h / 2).sum()) for d in steps]
        better = int(np.argmax(gains))
        return gains[better], place, steps[better].ravel()

    def gain(self, columns: Columns) -> float:
        return self._steps(columns)[0]

    def add(self, columns: Columns) -> None:
        """Let the score know of these columns."""
        _, place, steps = self._steps(columns)
        self.score = self.score + steps[place]
        self._leave_over()


def additive_score(frame: pd.DataFrame, y: np.ndarray) -> np.ndarray:
    """Log-odds of a click by a logistic regression on the single columns, of the rows that it was fitted on.

    Parameters
    ----------
    frame : (n_rows, n_columns) with string names
    y : (n_rows,) labels 0 and 1, both there

    Returns
    -------
    (n_rows,) float64
    """
    buckets, values, _ = Fields(N_BUCKETS).fit(frame).transform(frame)
    design = design_matrix(buckets, values, N_BUCKETS, np.float32)
    weights, intercept, _ = fit_logistic(design, y, choose_C(design, y), tol=0.1, max_iter=300)
    return np.asarray(design @ weights.astype(np.float32), np.float64) + intercept
