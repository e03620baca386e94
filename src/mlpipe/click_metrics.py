"""How good is a predicted click probability: information gained over the base rate, and calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike


def normalized_entropy(y: ArrayLike, p: ArrayLike, base_rate: float | None = None) -> float:
    """Log loss of the predictions over the log loss of always answering the base rate. Lower is better.

    1 is a model that knows nothing but the base rate, 0 a perfect one. Dividing takes out most, not all, of what
    the base rate does to log loss.

    Parameters: `y` (n,) labels, 0 / 1 or bool; `p` (n,) predicted probabilities of a click; `base_rate`, the constant
    to compare with: None takes the rate of `y`, which makes the divisor the entropy of `y`; the rate of
    the training set is what a model without features could have answered. Returns a float without a unit.

    Raises ValueError on other labels, NaN, p outside [0, 1], shapes that differ, a base rate of 0 or 1, and on a
    prediction that was certain and wrong (its log loss is infinite). Source: He et al. 2014, section 2.

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

    Parameters: `y` (n,) labels, 0 / 1 or bool; `p` (n,) predicted probabilities. Returns a float without a unit.
    A ratio of 1 is necessary, not sufficient: errors of slices cancel. Definition: He et al. 2014, section 2.

    Raises ValueError when there is no click at all, and on the inputs that `normalized_entropy` refuses.

    >>> calibration_ratio([0, 0, 0, 1], [0.5, 0.5, 0.5, 0.5])
    2.0
    """
    y, p = _checked(y, p=p)
    if not y.any():
        raise ValueError(f"y has no click in {len(y):,} rows; the ratio divides by the clicks: take a larger slice")
    return float(p.sum() / y.sum())


def expected_calibration_error(y: ArrayLike, p: ArrayLike, n_bins: int = 10) -> float:
    """Mean distance between predicted and observed click rate over bins of equal count, weighted by rows.

    Rows with the same prediction are never parted (they go where the middle of their group belongs), so the order of
    the rows does not matter. The value grows with `n_bins` by noise alone: compare models at one `n_bins` and `n`.

    Parameters: `y` (n,) labels, 0 / 1 or bool; `p` (n,) predicted probabilities; `n_bins`, from 1 to n.
    Returns a float, a difference of probabilities. Definition: Naeini et al. 2015, here with bins of equal count.

    Raises ValueError on `n_bins` outside 1..n and on the inputs that `normalized_entropy` refuses.

    >>> round(expected_calibration_error([0, 0, 1, 1], [0.1, 0.2, 0.7, 0.8], n_bins=2), 2)
    0.2
    """
    y, p = _checked(y, p=p)
    if not 1 <= n_bins <= len(y):
        raise ValueError(f"n_bins is {n_bins}; expected 1 to {len(y):,}, the number of rows")
    _, group, size = np.unique(p, return_inverse=True, return_counts=True)
    middle = np.cumsum(size) - size / 2
    bins = (middle * n_bins / len(p)).astype(np.int64)[group]
    return float(np.abs(np.bincount(bins, weights=p - y)).sum() / len(p))


def share_of_oracle(y: ArrayLike, p: ArrayLike, true_ctr: ArrayLike, base_rate: float) -> float:
    """How much of the log loss that can be saved at all the model saves: 0 is the base rate, 1 the true probabilities.

    Written out: (loss of base rate - loss of p) / (loss of base rate - loss of true_ctr). Negative when the model
    is worse than the constant. Needs a simulated log: nobody knows `true_ctr` of a real one.

    Parameters: `y` (n,) labels, 0 / 1 or bool; `p` (n,) predictions; `true_ctr` (n,) true click probabilities;
    `base_rate`, the click rate of the training set. Returns a float without a unit.

    Raises ValueError when the truth saves nothing over the base rate, and on the inputs that `normalized_entropy`
    refuses. Definition: ours (a skill score with the oracle as its ideal).

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
    if not 0 < rate < 1:
        raise ValueError(
            f"the base rate is {rate}; expected more than 0 and less than 1: y needs clicks and non-clicks"
        )
    return float(-(y.mean() * np.log(rate) + (1 - y.mean()) * np.log1p(-rate)))


def _checked(y: ArrayLike, **probabilities: ArrayLike) -> list[np.ndarray]:
    """Labels and probabilities as float arrays of one length, or an error that names the culprit."""
    labels = np.asarray(y, dtype=np.float64)
    if labels.ndim != 1 or not len(labels):
        raise ValueError(f"y has shape {labels.shape}; expected one label a row, at least one: (n,)")
    if not np.isin(labels, (0, 1)).all():
        raise ValueError(f"y holds {_first_odd(labels, np.isin(labels, (0, 1)))}; expected 0 (no click) or 1 (click)")
    checked = [labels]
    for name, values in probabilities.items():
        p = np.asarray(values, dtype=np.float64)
        if p.shape != labels.shape:
            raise ValueError(
                f"{name} has shape {p.shape} and y has {labels.shape}; expected the same: of predict_proba's two "
                "columns take [:, 1]"
            )
        inside = (p >= 0) & (p <= 1)
        if not inside.all():
            raise ValueError(f"{name} holds {_first_odd(p, inside)}; expected probabilities from 0 to 1, none missing")
        checked.append(p)
    return checked


def _first_odd(values: np.ndarray, fine: np.ndarray) -> str:
    return f"{values[~fine][0]} (first of {(~fine).sum():,} such rows)"
