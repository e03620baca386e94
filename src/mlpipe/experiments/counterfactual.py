"""What another policy would have earned, from the log of this one and the probabilities with which it chose."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from numpy.typing import ArrayLike
from scipy.stats import norm

from mlpipe import arguments
from mlpipe.experiments.ab import _codes, _finite

SUPPORT_ERRORS = 4  # of the mean weight, between it and 1, beyond the tolerance: then an estimate is refused
SUPPORT_TOLERANCE = 0.01  # propensities are rounded when they are logged


@dataclass(frozen=True)
class OffPolicyEstimate:
    """Estimated value of a policy, with how much of the log speaks about it.

    Attributes
    ----------
    estimate : mean reward a row under the target policy, in the unit of the reward
    low, high : ends of its interval
    standard_error : in the same unit, by user where users were given
    effective_rows : Kish's effective sample size of the weights
    mean_weight : 1 but for luck where the propensities are right and nothing is cut
    n : rows
    """

    estimate: float
    low: float
    high: float
    standard_error: float
    effective_rows: float
    mean_weight: float
    n: int


def effective_rows(weights: ArrayLike) -> float:
    """Rows of equal weight that would tell a mean as exactly: (sum w)^2 / sum w^2, Kish's effective sample size.

    Parameters
    ----------
    weights : (n,) 0 or more

    Returns
    -------
    rows, 0 (all weights are 0) to n (all are equal)

    Raises
    ------
    ValueError
        On weights that are negative, missing or infinite.

    References
    ----------
    Kish 1965, Survey sampling, chapter 11.

    Examples
    --------
    >>> effective_rows([1, 1, 1, 1]), round(effective_rows([10, 1, 1, 0]), 2)
    (4.0, 1.41)
    """
    found = arguments.amounts("weights", weights)
    return float(found.sum() ** 2 / (found @ found)) if found.any() else 0.0


def off_policy(
    reward: ArrayLike,
    logged: ArrayLike,
    target: ArrayLike,
    *,
    how: str = "snips",
    users: ArrayLike | None = None,
    clip: float | None = None,
    predicted: ArrayLike | None = None,
    expected: ArrayLike | None = None,
    level: float = 0.95,
    min_effective_rows: float = 100,
) -> OffPolicyEstimate:
    """Mean reward that a target policy would have earned on the requests of a log.

    Row i shows an action that the logging policy chose with probability `logged[i]`; the target policy would choose the
    same with probability `target[i]`. With weights w = target / logged and rewards r

    - "ips", inverse propensity score: mean(w r). Unbiased, in all its variance;
    - "snips", self-normalised: sum(w r) / sum(w). Within the range of the rewards, right also where all propensities
      are wrong by one factor; a small bias that falls with the rows;
    - "dr", doubly robust: mean(expected + w (r - predicted)), with a model's `predicted` reward of the action shown and
      its `expected` reward under the target, a mean over all actions. Right where the propensities are, whatever the
      model says, and less noisy in so far as the model predicts the rewards.

    Standard errors are by the delta method, over rows or, where `users` is given, over users with their rows added up.

    The log must have shown what the target wants. If it never did, no weight is large: the weights are missing, and
    their mean stays below 1. A mean weight that differs from 1 by more than 0.01 and four standard errors is refused:
    below, the log lacks a part of what the target shows (or the propensities are too large); above, the propensities
    are too small. With m effective rows the mean weight is known to about 1 / sqrt(m), so a lack of less than
    4 / sqrt(m) passes. Fewer than `min_effective_rows` are refused, as a few rows would decide. Both checks can pass
    although the propensities are wrong: a mean weight of 1 is necessary, not sufficient.

    Parameters
    ----------
    reward : (n,) of the action shown, such as clicks
    logged : (n,) propensities, above 0 and up to 1
    target : (n,) probabilities of the same actions under the target policy, 0 to 1
    how : "snips", "ips" or "dr"
    users : (n,) whose row it is
    clip : largest weight; larger ones are cut to it, None = none
        Less variance for a bias that no interval shows: towards 0 with "ips"; with "snips" of either sign, towards the
        rows that the log favours. The check of the mean weight takes the weights before the cut, the effective rows
        those after it.
    predicted, expected : (n,) rewards by a model, only for "dr"
        Fitted on other rows.
    level : chance that the interval covers the truth, between 0 and 1
    min_effective_rows : 2 or more
        For rare rewards take 20 / rate. With fewer than 20 effective rows that have a reward the normal interval is too
        narrow: 95 % intervals covered 92 % with 10 to 20, 89 % with 5 to 10, 57 % with fewer than one
        (benchmarks/coverage_off_policy.py).

    Returns
    -------
    OffPolicyEstimate

    Raises
    ------
    ValueError
        On propensities of 0 or above 1, probabilities outside 0 to 1, missing values, a target that the log does not
        support, and rewards from which no standard error follows.

    References
    ----------
    Horvitz and Thompson 1952, A generalization of sampling without replacement from a finite universe (ips);
    Swaminathan and Joachims 2015, The self-normalized estimator for counterfactual learning (NeurIPS); Dudik, Langford
    and Li 2011, Doubly robust policy evaluation and learning (ICML); Ionides 2008, Truncated importance sampling.

    Examples
    --------
    >>> rng = np.random.default_rng(0)
    >>> shown = rng.integers(0, 2, 10_000)  # two actions, uniformly; the second earns 0.3, the first 0.1
    >>> clicked = rng.random(10_000) < np.where(shown, 0.3, 0.1)
    >>> found = off_policy(clicked, np.full(10_000, 0.5), np.where(shown, 0.9, 0.1))
    >>> round(found.estimate, 2), round(found.standard_error, 3), round(found.effective_rows)
    (0.27, 0.006, 6120)
    """
    arguments.one_of("how", how, ("snips", "ips", "dr"))
    level = arguments.fraction("level", level, example="0.95")
    least = arguments.number("min_effective_rows", min_effective_rows, 2, so="rows, 2 or more, such as 100")
    _one_a_row(reward=reward, logged=logged, target=target)
    r, w = _finite("reward", reward), _weights(logged, target)
    arguments.same_length("reward", r, "logged", w)
    codes = np.arange(len(r)) if users is None else _codes(users, "reward", r)
    _refuse_without_support(w, codes)
    if clip is not None:
        w = np.minimum(w, arguments.positive("clip", clip))
    rows = effective_rows(w)
    if rows < least:
        raise ValueError(
            f"the weights leave {rows:,.1f} effective rows of {len(w):,}; expected {least:g} or more: a few rows would "
            "decide. Log more rows, or more random ones; choose a target nearer to the policy of the log; or run an "
            "A/B test"
        )
    model = _model(how, predicted, expected, r)
    if how == "snips":
        estimate = w @ r / w.sum()
        influence = w * (r - estimate) / w.mean()
    else:
        terms = model[1] + w * (r - model[0])
        estimate = terms.mean()
        influence = terms - estimate
    error = _error_of_mean(influence, codes)
    if error <= 1e-12 * abs(estimate):  # 0 but for rounding
        raise ValueError(
            f"reward is {r[w > 0][0]:g} in all rows that count; expected rows that differ: they give no standard "
            "error, collect more"
        )
    half = float(norm.isf((1 - level) / 2)) * error
    return OffPolicyEstimate(
        float(estimate), float(estimate - half), float(estimate + half), error, rows, float(w.mean()), len(w)
    )


def replay(
    reward: ArrayLike, shown: ArrayLike, wanted: ArrayLike, logged: ArrayLike, users: ArrayLike | None = None
) -> OffPolicyEstimate:
    """Mean reward of a policy that always knows what it wants: over the rows where the log showed that by chance.

    Where all actions had equal chances, it is the plain mean over the rows that agree. Where not, rows that agree would
    be those that the logging policy favours; they are weighted by 1 / propensity. It is `off_policy` with "snips" and a
    target of 1 or 0, and what that refuses is refused.

    Parameters
    ----------
    reward : (n,) of the action shown
    shown, wanted : (n,) ids of the action shown, and of the one that the policy would have shown
    logged : (n,) propensities of the action shown, above 0 and up to 1
    users : (n,) whose row it is

    Returns
    -------
    OffPolicyEstimate

    Raises
    ------
    ValueError
        As `off_policy`.

    References
    ----------
    Li, Chu, Langford and Wang 2011, Unbiased offline evaluation of contextual-bandit-based news article recommendation
    algorithms (WSDM).

    Examples
    --------
    >>> shown = np.random.default_rng(0).integers(0, 4, 4_000)
    >>> replay(shown == 2, shown, np.arange(4_000) % 4, np.full(4_000, 0.25)).effective_rows
    965.0
    """
    actions, choices = arguments.array("shown", shown), arguments.array("wanted", wanted)
    if actions.ndim != 1 or choices.shape != actions.shape:
        raise ValueError(
            f"shown has shape {actions.shape} and wanted {choices.shape}; expected (n,) ids, one a row each"
        )
    if actions.dtype.kind != choices.dtype.kind:
        raise ValueError(
            f"shown holds {actions.dtype} and wanted {choices.dtype}; expected ids of one kind: convert one"
        )
    return off_policy(reward, logged, (actions == choices).astype(np.float64), users=users)


def _one_a_row(**columns: ArrayLike) -> None:
    """Refuse None and single numbers for columns of the log."""
    what = {"reward": "rewards of the action shown", "logged": "propensities of the action shown"}
    for name, column in columns.items():
        if column is None or np.ndim(column) == 0:
            wanted = what.get(name, "the target policy's probabilities of the action shown")
            fix = "the log must hold them" if column is None else "np.full(n, ...) if all rows have the same"
            raise ValueError(f"{name} is {column!r}; expected {wanted}, one a row: {fix}")


def _weights(logged: ArrayLike, target: ArrayLike) -> np.ndarray:
    propensity = arguments.numbers("logged", logged, "(n,) propensities", ndim=1)
    wish = arguments.numbers("target", target, "(n,) probabilities", ndim=1)
    arguments.same_length("logged", propensity, "target", wish)
    arguments.inside(
        "logged",
        propensity,
        (propensity > 0) & (propensity <= 1),
        "propensities above 0 and up to 1",
        "what was shown had a chance; log the probability of the action shown when it is drawn",
    )
    arguments.inside(
        "target",
        wish,
        (wish >= 0) & (wish <= 1),
        "probabilities from 0 to 1",
        "the target policy's probability of the action shown in this row",
    )
    return wish / propensity


def _error_of_mean(influence: np.ndarray, codes: np.ndarray) -> float:
    """Standard error of a mean over rows (n,) whose deviations from it sum to 0, by user."""
    sums = np.bincount(codes, influence)
    return math.sqrt((sums @ sums) * len(sums) / max(1, len(sums) - 1)) / len(influence)


def _refuse_without_support(w: np.ndarray, codes: np.ndarray) -> None:
    if codes.max(initial=-1) < 1:
        raise ValueError(
            f"reward has {len(w):,} rows of {codes.max(initial=-1) + 1} user; expected thousands of rows: collect a log"
        )
    mean = float(w.mean())
    apart = abs(mean - 1) - SUPPORT_TOLERANCE
    if apart <= 0 or apart <= SUPPORT_ERRORS * _error_of_mean(w - mean, codes):
        return
    if mean < 1:
        raise ValueError(
            f"the mean weight is {mean:.3f}; expected 1 but for luck: the log never showed about {1 - mean:.0%} of "
            "what the target policy wants, so nothing in it tells what that earns. Keep the target to actions that the "
            "log shows, or show the others to a random slice of the requests (an A/B test). If it shows all of them, "
            "the propensities are too large (raised to a floor? cut the weights instead, by `clip`), or the target's "
            "probabilities do not add up to 1"
        )
    raise ValueError(
        f"the mean weight is {mean:.3f}; expected 1 but for luck: the logged propensities are too small, or the "
        "target's probabilities add up to more than 1. Take both for the same action, of the same request"
    )


def _model(
    how: str, predicted: ArrayLike | None, expected: ArrayLike | None, r: np.ndarray
) -> tuple[np.ndarray | float, np.ndarray | float]:
    """A model's rewards of the action shown and of the target's actions; 0 and 0 where there is no model."""
    given = {"predicted": predicted, "expected": expected}
    if how == "dr":
        values = []
        for name, column in given.items():
            if column is None:
                raise ValueError(
                    f'{name} is None with how="dr"; expected (n,) rewards by a model fitted on other rows: predicted '
                    "of the action shown, expected over the target's actions"
                )
            values.append(_finite(name, column))
            arguments.same_length("reward", r, name, values[-1])
        return values[0], values[1]
    for name, column in given.items():
        if column is not None:
            raise ValueError(f'{name} is given with how="{how}"; expected it with how="dr" only: leave it out')
    return 0.0, 0.0
