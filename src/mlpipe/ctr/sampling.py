"""Train on all clicks and a share of the rest, and undo what that does to the probabilities."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from sklearn.base import clone

from mlpipe import arguments
from mlpipe.ctr.base import ClickModel, check_positive, log_odds
from mlpipe.ctr.linear import HashedLogisticRegression


def recalibrate(p: ArrayLike, sampling_rate: float) -> np.ndarray:
    """Probabilities of the full log from those of a model that saw all clicks and a share of the non-clicks.

    q = p / (p + (1 - p) / w): keeping the share w of the non-clicks multiplies the odds of a click by 1 / w, this
    multiplies them by w. Exact where the model is exact on the sampled log.

    Parameters
    ----------
    p : probabilities, any shape
    sampling_rate : w, the share of non-clicks kept, above 0 and up to 1

    Returns
    -------
    float64 of that shape

    Raises
    ------
    ValueError
        On p outside 0..1 or missing, and w outside (0, 1].

    References
    ----------
    He et al. 2014, Practical lessons from predicting clicks on ads at Facebook, section 6.3.

    Examples
    --------
    A click rate of 5 % looks like 34.5 % when a tenth of the non-clicks is kept:

    >>> sampled = 0.05 / (0.05 + 0.95 * 0.1)
    >>> round(sampled, 3), float(recalibrate(sampled, 0.1).round(12))
    (0.345, 0.05)
    """
    w = _checked_rate(sampling_rate)
    p = arguments.numbers("p", p)
    arguments.inside("p", p, (p >= 0) & (p <= 1), "probabilities from 0 to 1")
    return p / (p + (1 - p) / w)


def _checked_rate(rate: Any) -> float:
    return arguments.fraction("sampling_rate", rate, "(]", "0.1: the share of the non-clicks to keep")


class NegativeDownsampler(ClickModel):
    """Fits a model on all clicks and a random share of the non-clicks, and recalibrates its probabilities exactly.

    Parameters
    ----------
    estimator : a classifier with `predict_proba`, which is cloned; None is `HashedLogisticRegression()`
    sampling_rate : share of the non-clicks to keep, above 0 and up to 1; each is kept or not on its own
    random_state : seed of the choice

    Attributes
    ----------
    estimator_ : the fitted one, whose probabilities are those of the sampled log (`recalibrate`)
    n_kept_ : rows that it saw

    References
    ----------
    As `recalibrate`.

    Examples
    --------
    >>> log = pd.DataFrame({"ad": np.arange(40_000) % 2})
    >>> clicked = np.random.default_rng(0).random(40_000) < 0.02 + 0.04 * log["ad"]
    >>> model = NegativeDownsampler(sampling_rate=0.1).fit(log, clicked)
    >>> model.predict_proba(log)[:2, 1].round(2).tolist()
    [0.02, 0.06]
    """

    def __init__(self, estimator: Any = None, sampling_rate: float = 0.1, random_state: int | None = 0):
        self.estimator = estimator
        self.sampling_rate = sampling_rate
        self.random_state = random_state

    def _fit(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        rate = _checked_rate(self.sampling_rate)
        check_positive(self, optional=["random_state"], whole=True, zero=True)
        # A stream of its own: labels that were themselves drawn with this seed must not decide who is kept
        rng = np.random.default_rng(None if self.random_state is None else (self.random_state, 0x6B657074))
        kept = (y == 1) | (rng.random(len(y)) < rate)
        if y[kept].all():
            raise ValueError(
                f"sampling_rate={rate} keeps none of {(y == 0).sum():,} non-clicks; expected some to learn "
                "from: raise it"
            )
        self.n_kept_ = int(kept.sum())
        model = HashedLogisticRegression() if self.estimator is None else clone(self.estimator)
        self.estimator_ = model.fit(frame[kept], y[kept].astype(np.int64))

    def _log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        with np.errstate(divide="ignore"):
            return log_odds(self.estimator_.predict_proba(frame)[:, 1]) + np.log(float(self.sampling_rate))
