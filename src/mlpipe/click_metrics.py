"""How good is a predicted click probability: information gained over the base rate, and calibration."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import norm

from mlpipe import arguments


def normalized_entropy(y: ArrayLike, p: ArrayLike, base_rate: float | None = None) -> float:
    """Log loss of the predictions over the log loss of always answering the base rate. Lower is better.

        NE = - mean(y ln p + (1 - y) ln(1 - p)) / H,  H = - (mean(y) ln r + (1 - mean(y)) ln(1 - r)),  r the base rate

    1 is a model that knows nothing but the base rate, 0 a perfect one. Dividing takes out most, not all, of what
    the base rate does to log loss.

    Parameters
    ----------
    y : (n,) labels, 0 / 1 or bool
    p : (n,) predicted probabilities of a click
    base_rate : the constant to compare with, between 0 and 1
        None takes the rate of `y`, which makes the divisor the entropy of `y`; the rate of the training set is what a
        model without features could have answered.

    Returns
    -------
    0 or more, without a unit

    Raises
    ------
    ValueError
        On other labels, NaN, p outside [0, 1], shapes that differ, a base rate of 0 or 1, and on a prediction that was
        certain and wrong (its log loss is infinite).

    References
    ----------
    He et al. 2014, Practical lessons from predicting clicks on ads at Facebook, section 2.

    Examples
    --------
    >>> normalized_entropy([0, 0, 0, 1], [0.25, 0.25, 0.25, 0.25])
    1.0
    >>> round(normalized_entropy([0, 0, 0, 1], [0.1, 0.1, 0.1, 0.7]), 2)
    0.3
    """
    y, p = _checked(y, p=p)
    rate = y.mean() if base_rate is None else base_rate
    return _log_loss(y, p, "p") / _log_loss_of_constant(y, rate)


def calibration_ratio(y: ArrayLike, p: ArrayLike) -> float:
    """Clicks predicted over clicks observed: sum of `p` over sum of `y`. Above 1 the model promises too much.

    A ratio of 1 is necessary, not sufficient: errors of slices cancel.

    Parameters
    ----------
    y : (n,) labels, 0 / 1 or bool
    p : (n,) predicted probabilities of a click

    Returns
    -------
    0 or more, without a unit

    Raises
    ------
    ValueError
        When there is no click at all, and on the inputs that `normalized_entropy` refuses.

    References
    ----------
    He et al. 2014, Practical lessons from predicting clicks on ads at Facebook, section 2.

    Examples
    --------
    >>> calibration_ratio([0, 0, 0, 1], [0.5, 0.5, 0.5, 0.5])
    2.0
    """
    y, p = _checked(y, p=p)
    if not y.any():
        raise ValueError(f"y has no click in {len(y):,} rows; the ratio divides by the clicks: take a larger slice")
    return float(p.sum() / y.sum())


def expected_calibration_error(y: ArrayLike, p: ArrayLike, n_bins: int = 10) -> float:
    """Mean distance between predicted and observed click rate over bins of equal count, weighted by rows.

        ECE = sum over bins b of (n_b / n) |mean(p in b) - mean(y in b)|

    Rows with the same prediction are never parted (they go where the middle of their group belongs), so the order of
    the rows does not matter. The value grows with `n_bins` by noise alone: compare models at one `n_bins` and `n`.

    Parameters
    ----------
    y : (n,) labels, 0 / 1 or bool
    p : (n,) predicted probabilities of a click
    n_bins : 1 to n

    Returns
    -------
    a difference of probabilities, 0 to 1

    Raises
    ------
    ValueError
        On `n_bins` outside 1..n and on the inputs that `normalized_entropy` refuses.

    References
    ----------
    Naeini et al. 2015, Obtaining well calibrated probabilities using Bayesian binning; here with bins of equal count.

    Examples
    --------
    >>> round(expected_calibration_error([0, 0, 1, 1], [0.1, 0.2, 0.7, 0.8], n_bins=2), 2)
    0.2
    """
    y, p = _checked(y, p=p)
    return float(np.abs(np.bincount(_equal_count_bins(p, n_bins), weights=p - y)).sum() / len(p))


def reliability_curve(y: ArrayLike, p: ArrayLike, n_bins: int = 10, level: float = 0.95) -> pd.DataFrame:
    """Predicted against observed click rate in bins of equal count: the numbers behind a reliability diagram.

    The bins are those of `expected_calibration_error`. The interval is of the observed rate (Wilson), for rows that are
    independent: clicks of one user are not quite, so it is a little too narrow. A point off the diagonal whose interval
    reaches it shows nothing.

    Parameters
    ----------
    y : (n,) labels, 0 / 1 or bool
    p : (n,) predicted probabilities of a click
    n_bins : 1 to n
    level : chance that an interval covers the rate, between 0 and 1

    Returns
    -------
    one row a bin, from the lowest predictions up
        `rows`, `clicks`, `predicted` (mean of p), `observed` (click rate), `low`, `high`. Fewer bins than `n_bins`
        where ties leave some empty.

    Raises
    ------
    ValueError
        On `level` outside (0, 1) and on the inputs that `expected_calibration_error` refuses.

    References
    ----------
    DeGroot and Fienberg 1983 (diagram); Wilson 1927 (interval).

    Examples
    --------
    >>> reliability_curve([0, 0, 0, 1], [0.1, 0.3, 0.3, 0.9], n_bins=2)[["rows", "predicted", "observed"]]
       rows  predicted  observed
    0     1        0.1  0.000000
    1     3        0.5  0.333333
    """
    y, p = _checked(y, p=p)
    totals = _totals(y, p, _equal_count_bins(p, n_bins)).reset_index(drop=True)
    low, high = _wilson(totals["clicks"], totals["rows"], level)
    return pd.DataFrame(
        {
            "rows": totals["rows"],
            "clicks": totals["clicks"],
            "predicted": totals["promised"] / totals["rows"],
            "observed": totals["clicks"] / totals["rows"],
            "low": low,
            "high": high,
        }
    )


def calibration_by(y: ArrayLike, p: ArrayLike, groups: ArrayLike, level: float = 0.95) -> pd.DataFrame:
    """Calibration ratio of each slice of the rows, with an interval: an overall ratio of 1 hides slices that cancel.

    The interval is the predicted clicks over each end of Wilson's interval for the observed ones, rows taken as
    independent. The more slices, the more of them miss 1 by chance: at 95 %, one in twenty.

    Parameters
    ----------
    y : (n,) labels, 0 / 1 or bool
    p : (n,) predicted probabilities of a click
    groups : (n,) slice of each row, such as `impressions["device"]`; missing is a slice of its own
    level : chance that an interval covers the ratio, between 0 and 1

    Returns
    -------
    one row a slice, which is the index, in order
        `rows`, `clicks`, `predicted` (sum of p), `ratio` (predicted over clicks), `low`, `high`. Of a slice without a
        click, ratio and high are infinite and only `low` speaks.

    Raises
    ------
    ValueError
        On `groups` of another shape and on the inputs that `reliability_curve` refuses.

    References
    ----------
    He et al. 2014, section 2 (ratio); Wilson 1927 (interval).

    Examples
    --------
    >>> calibration_by([0, 1, 0, 1], [0.2, 0.3, 0.7, 0.8], ["a", "a", "b", "b"])[["rows", "clicks", "ratio"]]
       rows  clicks  ratio
    a     2       1    0.5
    b     2       1    1.5
    """
    y, p = _checked(y, p=p)
    found = arguments.array("groups", groups)
    if found.shape != y.shape:
        raise ValueError(
            f"groups has shape {found.shape} and y has {y.shape}; expected one slice a row: join several columns "
            "into one first"
        )
    try:
        totals = _totals(y, p, pd.Series(groups).reset_index(drop=True))
    except TypeError as error:
        raise ValueError(f"groups holds values such as {found[0]!r}; expected ids or text: convert them") from error
    low, high = _wilson(totals["clicks"], totals["rows"], level)
    with np.errstate(divide="ignore", invalid="ignore"):  # 0 clicks: infinite; nothing promised either: NaN
        ratios = {"ratio": totals["clicks"], "low": high * totals["rows"], "high": low * totals["rows"]}
        ratios = {name: totals["promised"] / clicks for name, clicks in ratios.items()}
    return totals.rename(columns={"promised": "predicted"}).assign(**ratios)


def share_of_oracle(y: ArrayLike, p: ArrayLike, true_ctr: ArrayLike, base_rate: float) -> float:
    """How much of the log loss that can be saved at all the model saves: 0 is the base rate, 1 the true probabilities.

        share = (loss of base rate - loss of p) / (loss of base rate - loss of true_ctr)

    Negative when the model is worse than the constant. Needs a simulated log: nobody knows `true_ctr` of a real one.
    The definition is ours: a skill score with the oracle as its ideal.

    Parameters
    ----------
    y : (n,) labels, 0 / 1 or bool
    p : (n,) predicted probabilities of a click
    true_ctr : (n,) true ones
    base_rate : click rate of the training set, between 0 and 1

    Returns
    -------
    1 or less but for luck, without a unit

    Raises
    ------
    ValueError
        When the truth saves nothing over the base rate, and on the inputs that `normalized_entropy` refuses.

    Examples
    --------
    >>> y, truth = [0, 0, 0, 1], [0.1, 0.1, 0.1, 0.7]
    >>> share_of_oracle(y, truth, truth, 0.25), share_of_oracle(y, [0.25] * 4, truth, 0.25)
    (1.0, 0.0)
    """
    y, p, truth = _checked(y, p=p, true_ctr=true_ctr)
    base = _log_loss_of_constant(y, base_rate)
    possible = base - _log_loss(y, truth, "true_ctr")
    if possible <= 0:
        raise ValueError(
            f"true_ctr saves {possible:.2g} nats a row over the base rate {base_rate}; expected more than 0: check "
            "that true_ctr belongs to these rows, or take more rows"
        )
    return (base - _log_loss(y, p, "p")) / possible


def _equal_count_bins(p: np.ndarray, n_bins: int) -> np.ndarray:
    """Bin of each row. Equal predictions share the bin in which the middle of their group falls."""
    n_bins = arguments.whole_number("n_bins", n_bins, 1, len(p))
    _, group, size = np.unique(p, return_inverse=True, return_counts=True)
    middle = np.cumsum(size) - size / 2
    return (middle * n_bins / len(p)).astype(np.int64)[group]


def _totals(y: np.ndarray, p: np.ndarray, slices: pd.Series | np.ndarray) -> pd.DataFrame:
    """Rows, clicks and the sum of `p` in each slice that has rows."""
    by_slice = pd.DataFrame({"clicks": y, "promised": p}).groupby(slices, dropna=False, observed=True)
    totals = by_slice.sum()
    totals.insert(0, "rows", by_slice.size())
    return totals.astype({"clicks": np.int64}).rename_axis(None)


def _wilson(clicks: pd.Series, rows: pd.Series, level: float) -> tuple[pd.Series, pd.Series]:
    """Wilson's interval of a rate: clicks out of rows that are independent."""
    level = arguments.fraction("level", level, example="0.95")
    z2 = norm.isf((1 - level) / 2) ** 2
    middle = (clicks + z2 / 2) / (rows + z2)
    half = np.sqrt(z2 * (clicks * (1 - clicks / rows) + z2 / 4)) / (rows + z2)
    return middle - half, middle + half  # without a click, low is exactly 0


def _log_loss(y: np.ndarray, p: np.ndarray, name: str) -> float:
    """Mean log loss in nats. Not clipped: a clipped infinity is a number that depends on the clip."""
    chance = np.where(y == 1, p, 1 - p)  # of what happened
    if not chance.all():
        raise ValueError(
            f"{name} is certain and wrong in {(chance == 0).sum():,} of {len(y):,} rows (0 where y is 1, or 1 where "
            "y is 0), so its log loss is infinite; expected probabilities short of certainty: smooth the model, for "
            "example with smoothed_rate"
        )
    return float(-np.log(chance).mean())


def _log_loss_of_constant(y: np.ndarray, rate: float) -> float:
    rate = arguments.fraction("the base rate", rate, example="0.02: y needs clicks and non-clicks")
    return float(-(y.mean() * np.log(rate) + (1 - y.mean()) * np.log1p(-rate)))


def _checked(y: ArrayLike, **probabilities: ArrayLike) -> list[np.ndarray]:
    """Labels and probabilities as float arrays of one length, or an error that names the culprit."""
    labels = arguments.labels(y)
    checked = [labels]
    for name, values in probabilities.items():
        p = arguments.numbers(name, values, "(n,) probabilities: of predict_proba's two columns take [:, 1]", ndim=1)
        arguments.same_length(name, p, "y", labels)
        arguments.inside(name, p, (p >= 0) & (p <= 1), "probabilities from 0 to 1")
        checked.append(p)
    return checked
