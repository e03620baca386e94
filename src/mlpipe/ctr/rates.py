"""The click rate of a key: the baseline that every model has to beat."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.optimize import minimize_scalar
from scipy.special import betaln

from mlpipe.ctr.base import ClickModel, check_positive, log_odds
from mlpipe.ctr.fields import Keys
from mlpipe.features import smoothed_rate


class SmoothedRate(ClickModel):
    """The smoothed click rate of one key, such as the ad, or the ad and the position.

    The rate of a key with c clicks in n impressions is (c + s * base rate) / (n + s); s is the prior strength, in
    impressions. A key never seen gets the base rate. Columns that the key does not name are ignored. Numbers with
    fractions enter by the interval they fall in, times by the hour.

    Parameters
    ----------
    columns : the column, or columns, whose combination is the key; None takes all columns of X
    prior_strength : imaginary impressions at the base rate, above 0
        None estimates it from the data: the most likely one if the rates of the keys follow a Beta distribution.

    Attributes
    ----------
    base_rate_ : share of clicks
    prior_strength_ : the one used
    rates_ : Series by hashed key

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [1, 1, 2, 2]})
    >>> SmoothedRate("ad", prior_strength=2).fit(log, [1, 1, 0, 0]).predict_proba(log)[:, 1].round(3).tolist()
    [0.75, 0.75, 0.25, 0.25]
    """

    def __init__(self, columns: str | Sequence[str] | None = None, prior_strength: float | None = None):
        self.columns = columns
        self.prior_strength = prior_strength

    def _fit(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        check_positive(self, optional=["prior_strength"])
        names = [self.columns] if isinstance(self.columns, str) else list(self.columns or frame.columns)
        self._keys = Keys([names]).fit(frame, "columns")
        keys = self._keys.transform(frame)[:, 0]
        table = pd.DataFrame({"clicks": y, "shown": 1.0}).groupby(keys).sum()
        clicks, shown = table["clicks"].to_numpy(), table["shown"].to_numpy()
        self.base_rate_ = float(y.mean())
        self.prior_strength_ = self.prior_strength or most_likely_strength(clicks, shown, self.base_rate_)
        rates = smoothed_rate(clicks, shown, self.base_rate_, self.prior_strength_)
        self.rates_ = pd.Series(rates, index=table.index)

    def _log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        found = self.rates_.index.get_indexer(self._keys.transform(frame)[:, 0])
        return log_odds(np.append(self.rates_.to_numpy(), self.base_rate_)[found])


def most_likely_strength(clicks: np.ndarray, shown: np.ndarray, rate: float) -> float:
    """Strength s that makes these counts most likely when the rates of keys are Beta(s * rate, s * (1 - rate)).

    Parameters
    ----------
    clicks, shown : (n_keys,) counts
    rate : base rate, between 0 and 1

    Returns
    -------
    float, 0.5 to 100,000 impressions
    """

    def loss(log_strength: float) -> float:
        a, b = np.exp(log_strength) * rate, np.exp(log_strength) * (1 - rate)
        return -float((betaln(a + clicks, b + shown - clicks) - betaln(a, b)).sum())

    return float(np.exp(minimize_scalar(loss, bounds=(np.log(0.5), np.log(1e5)), method="bounded").x))
