"""Two arms: a mean or a ratio compared, with its standard error by user, and whether the arms are as planned."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import chi2, norm

from mlpipe import arguments
from mlpipe.uncertainty import Interval, _interval, _resampled_means

A_FEW_USERS = "expected at least 2, and hundreds for an interval to trust"


@dataclass(frozen=True)
class Comparison:
    """Two arms side by side, with the interval of their difference and of the relative lift.

    Attributes
    ----------
    control, treatment : the metric of each arm, in its unit
    difference : treatment - control
    low, high : ends of the interval of the difference
    lift : treatment / control - 1, without a unit; NaN where the control is 0
    lift_low, lift_high : ends of its interval
    standard_error : of the difference
    z : difference / standard error
    p_value : two-sided, of no difference
    n_control, n_treatment : users
    """

    control: float
    treatment: float
    difference: float
    low: float
    high: float
    lift: float
    lift_low: float
    lift_high: float
    standard_error: float
    z: float
    p_value: float
    n_control: int
    n_treatment: int


def ratio_test(
    numerator: ArrayLike,
    denominator: ArrayLike | None,
    arm: ArrayLike,
    users: ArrayLike | None = None,
    *,
    level: float = 0.95,
) -> Comparison:
    """Compare a ratio of totals between two arms, such as clicks over impressions, with its standard error by user.

    Users are what is assigned, so users are what is random; a test that takes rows for independent finds too much. With
    y[u] and n[u] the totals of user u in an arm of m users, r = sum(y) / sum(n) and the delta method

        var(r) = sum((y[u] - r n[u])^2) / (m (m - 1) mean(n)^2)

    A busy user weighs as much as all of their impressions. The variances of the arms add up to that of the difference.
    The interval of the lift is by the delta method too.

    Parameters
    ----------
    numerator : (n,) totals of each user, or rows if `users` is given; any sign
    denominator : (n,) such as impressions, 0 or more
        None = 1 a user: the metric is a mean a user. Then each user who was assigned needs an entry, also the silent.
    arm : (n,) two values: False and True, 0 and 1, or two labels, of which the first in order is the control
    users : (n,) whose row it is; rows are added up by user
    level : chance that an interval covers the truth, between 0 and 1

    Returns
    -------
    Comparison

    Raises
    ------
    ValueError
        On a user in both arms, an arm without users or with one, an arm without any denominator, missing values, and a
        metric that is equal for all users, which has no standard error.

    References
    ----------
    Deng, Knoblich and Lu 2018, Applying the delta method in metric analytics: a practical guide with novel ideas (KDD).

    Examples
    --------
    >>> clicks, impressions = [1, 0, 4, 2, 3, 5], [10, 5, 30, 10, 20, 20]
    >>> found = ratio_test(clicks, impressions, [0, 0, 0, 1, 1, 1])
    >>> round(found.control, 3), round(found.treatment, 3), round(found.standard_error, 4)
    (0.111, 0.2, 0.042)
    """
    level = arguments.fraction("level", level, example="0.95")
    y, n, treated = _totals(numerator, denominator, arm, users)
    ratios, variances = [], []
    for rows in (~treated, treated):
        numerators, denominators = y[rows], n[rows]
        ratios.append(numerators.mean() / denominators.mean())
        spread = (numerators - ratios[-1] * denominators).var(ddof=1)
        variances.append(spread / (len(numerators) * denominators.mean() ** 2))
    return _comparison(ratios, variances, 0.0, int((~treated).sum()), int(treated.sum()), level)


def bootstrap_ratio_test(
    numerator: ArrayLike,
    denominator: ArrayLike | None,
    arm: ArrayLike,
    users: ArrayLike | None = None,
    *,
    level: float = 0.95,
    n_resamples: int = 2000,
    random_state: int = 0,
) -> Interval:
    """Difference of a ratio between two arms, with a bootstrap interval over users: the second opinion.

    Draws users with replacement, each with all of their rows and in their arm, and computes the ratios anew. It needs
    no formula for the variance; it takes about a thousand times as long as `ratio_test`.

    Parameters
    ----------
    numerator, denominator, arm, users, level : as in `ratio_test`
    n_resamples : 100 or more
    random_state : seed of the draws, 0 or more

    Returns
    -------
    Interval
        Of treatment - control, in the unit of the metric.

    Raises
    ------
    ValueError
        As `ratio_test`, and when an arm has no denominator in a resample.

    References
    ----------
    Efron and Tibshirani 1993, An introduction to the bootstrap, chapter 8 (more complicated data structures).

    Examples
    --------
    >>> clicks, impressions = [1, 0, 4, 1, 2, 3, 5, 6] * 4, [10, 5, 30, 10, 10, 20, 20, 30] * 4
    >>> found = bootstrap_ratio_test(clicks, impressions, list("aaaabbbb") * 4)
    >>> round(found.estimate, 3), found.excludes(0)
    (0.091, True)
    """
    y, n, treated = _totals(numerator, denominator, arm, users)
    columns = np.column_stack([y * ~treated, n * ~treated, y * treated, n * treated])
    means = _resampled_means(columns, level, n_resamples, random_state)
    empty = int((means[:, [1, 3]] <= 0).any(axis=1).sum())
    if empty:
        raise ValueError(
            f"an arm has a denominator of 0 in {empty:,} of {n_resamples:,} resamples; expected some in each: too few "
            "users for a bootstrap, use ratio_test and collect more"
        )
    both = np.vstack([columns.mean(axis=0), means])
    difference = both[:, 2] / both[:, 3] - both[:, 0] / both[:, 1]
    return _interval(difference[0], difference[1:], level, len(y), 0)


def cuped(values: ArrayLike, before: ArrayLike) -> np.ndarray:
    """Values less what the time before the experiment already explains of them: same mean, smaller variance.

        adjusted = values - (before - mean(before)) theta,    theta = cov(before, before)^-1 cov(before, values)

    with one theta over both arms. The share of the variance that is left is 1 - R^2 of that regression. Covariates must
    come from before the assignment: what the treatment can move takes a part of its effect away. Test the adjusted
    values as a mean a user, `ratio_test(adjusted, None, arm)`. A covariate that is equal for all users changes nothing.

    Parameters
    ----------
    values : (n_users,) the metric of each user in the experiment, users of both arms
    before : (n_users,) or (n_users, n_covariates) of the same users before it

    Returns
    -------
    (n_users,) adjusted values, in the unit of `values`

    Raises
    ------
    ValueError
        On missing values, other shapes and fewer users than covariates + 2.

    References
    ----------
    Deng, Xu, Kohavi and Walker 2013, Improving the sensitivity of online controlled experiments by utilizing
    pre-experiment data (WSDM).

    Examples
    --------
    >>> cuped([3, 5, 9, 11], [1, 2, 4, 5]).round(3).tolist()
    [7.0, 7.0, 7.0, 7.0]
    """
    y = _finite("values", values)
    fix = "a user who is new has no past: pass 0 for counts, and a column that says so"
    x = arguments.numbers("before", before, "(n_users,) or (n_users, n_covariates)")
    x = x[:, None] if x.ndim == 1 else x
    if x.ndim != 2:
        raise ValueError(f"before has shape {x.shape}; expected (n_users,) or (n_users, n_covariates)")
    arguments.same_length("values", y, "before", x, "the same users in the same order, take both from one frame")
    arguments.inside("before", x, np.isfinite(x), "finite numbers", fix)
    if len(y) < x.shape[1] + 2:
        raise ValueError(f"values has {len(y):,} users for {x.shape[1]} covariates; expected hundreds: collect more")
    x = x - x.mean(axis=0)
    return y - x @ np.linalg.lstsq(x, y, rcond=None)[0]


def sample_ratio_p(n_control: int, n_treatment: int, share: float = 0.5) -> float:
    """How likely such a split of users, or a more lopsided one, is under the planned shares.

    Pearson's chi-squared test with one degree of freedom. A small p-value, below 0.001 is usual, says that users were
    lost or doubled in one arm: then no metric of the experiment means anything until it is known which. A large one
    does not say that none were: it sees numbers of users, not who they are.

    Parameters
    ----------
    n_control, n_treatment : users that were counted in each arm, whole numbers of 0 or more
    share : planned share of the users in the treatment, between 0 and 1

    Returns
    -------
    p-value, 0 to 1

    Raises
    ------
    ValueError
        On counts that are negative or no whole numbers, no users at all, and a share outside (0, 1).

    References
    ----------
    Fabijan, Gupchup, Gupta, Omhover, Qin, Vermeer and Dmitriev 2019, Diagnosing sample ratio mismatch in online
    controlled experiments: a taxonomy and rules of thumb for practitioners (KDD).

    Examples
    --------
    >>> round(sample_ratio_p(50_500, 49_500), 4), round(sample_ratio_p(9_000, 1_000, share=0.1), 4)
    (0.0016, 1.0)
    """
    counts = np.array(
        [arguments.whole_number("n_control", n_control, 0), arguments.whole_number("n_treatment", n_treatment, 0)]
    )
    share = arguments.fraction("share", share, example="0.5")
    if not counts.sum():
        raise ValueError("n_control and n_treatment are 0; expected users in an arm: check the filter and the dates")
    planned = counts.sum() * np.array([1 - share, share])
    return float(chi2.sf(((counts - planned) ** 2 / planned).sum(), df=1))


def users_needed(variance: float, difference: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """Users in each of two arms of equal size that detect a difference.

        n = 2 (z[1 - alpha/2] + z[power])^2 variance / difference^2

    Two-sided test, normal approximation, rounded up. Half the difference takes four times as many.

    Parameters
    ----------
    variance : of one user's metric, the mean of both arms', above 0
        Of a ratio: m standard_error^2 / 2, from a `ratio_test` of two arms of m users each.
    difference : of the metric, in its unit; not 0
    power : chance of finding it, above `alpha` and below 1
    alpha : chance of a false alarm, between 0 and 1

    Returns
    -------
    users an arm

    Raises
    ------
    ValueError
        For an argument outside its range.

    References
    ----------
    Chow, Shao and Wang, Sample Size Calculations in Clinical Research, chapter 3 (parallel design, equality).

    Examples
    --------
    >>> users_needed(variance=1, difference=0.05)
    6280
    """
    variance = arguments.positive("variance", variance)
    difference = arguments.number("difference", difference)
    if difference**2 == 0:
        raise ValueError(f"difference is {difference:g}; expected the smallest one that would matter, such as 0.01")
    alpha = arguments.fraction("alpha", alpha, example="0.05")
    power = arguments.number("power", power, alpha, 1, "()", f"above alpha ({alpha}) and below 1, such as 0.8")
    z = norm.isf(alpha / 2) + norm.ppf(power)
    return math.ceil(z**2 * (2 * variance) / difference**2)


def _finite(name: str, values: Any, ndim: int = 1) -> np.ndarray:
    shape = "(n,) numbers, one a user or row" if ndim == 1 else "(n, k) numbers"
    found = arguments.numbers(name, values, shape, ndim=ndim)
    arguments.inside(name, found, np.isfinite(found), "finite numbers", "0 is what a user without events has")
    return found


def _codes(users: ArrayLike, other: str, like: np.ndarray) -> np.ndarray:
    """Users as 0, 1, ... in the order in which they come."""
    codes = arguments.ids("users", users)[0]
    arguments.same_length("users", codes, other, like)
    so = "one user a row: find out whose it is, or give each such row an id of its own, as a user who came once"
    arguments.none_missing("users", codes < 0, so)
    return codes


def _totals(
    numerator: ArrayLike, denominator: ArrayLike | None, arm: ArrayLike, users: ArrayLike | None
) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Each user's numerator, denominator and whether in the treatment (n_users,); each arm can be computed with."""
    y = _finite("numerator", numerator)
    n = np.ones(len(y)) if denominator is None else arguments.amounts("denominator", denominator)
    arguments.same_length("numerator", y, "denominator", n)
    treated, labels = _treated(arm)
    arguments.same_length("numerator", y, "arm", treated)
    if users is not None:
        codes = _codes(users, "numerator", y)
        rows, rows_treated = np.bincount(codes), np.bincount(codes, treated)
        both = (rows_treated > 0) & (rows_treated < rows)
        if both.any():
            user = np.asarray(users)[codes == both.argmax()].tolist()[0]
            raise ValueError(
                f"users: {user!r} (first of {both.sum():,}) is in both arms; expected each in one: who saw both "
                "versions says nothing about either, assign by user, and find out how they came into both"
            )
        y, treated = np.bincount(codes, y), rows_treated > 0
        n = np.ones(len(y)) if denominator is None else np.bincount(codes, n)
    for label, rows in zip(labels, (~treated, treated), strict=True):
        if rows.sum() < 2:
            raise ValueError(f"arm {label!r} has {rows.sum()} user; {A_FEW_USERS}")
        if not n[rows].any():
            raise ValueError(
                f"denominator is 0 for all {rows.sum():,} users of arm {label!r}; expected some above 0: nothing was "
                "shown in this arm, or its log is missing: find out before any test"
            )
    return y, n, treated


def _treated(arm: ArrayLike) -> tuple[np.ndarray, list[Any]]:
    """Whether an entry is in the treatment (n,), and the labels of control and treatment."""
    found = arguments.id_column("arm", arm)
    arguments.none_missing("arm", found.isna(), "an arm each: analyse who was assigned, not who was seen")
    codes, labels = pd.factorize(found, sort=True)
    if len(labels) != 2:
        words = ", ".join(map(repr, labels.tolist()[:5])) or "nothing"
        one = "an empty arm compares with nothing: check the assignment, and the join that brought it"
        fix = one if len(labels) < 2 else "compare two at a time, and correct for how many pairs"
        raise ValueError(f"arm holds {words}; expected two values, control and treatment: {fix}")
    return codes == 1, labels.tolist()


def _comparison(
    ratios: list[float], variances: list[float], covariance: float, n_control: int, n_treatment: int, level: float
) -> Comparison:
    control, treatment = map(float, ratios)
    standard_error = math.sqrt(max(0.0, sum(variances) - 2 * covariance))
    if standard_error <= 1e-12 * max(abs(control), abs(treatment)):  # 0 but for rounding
        raise ValueError(
            f"the metric is equal for all users of an arm ({control:g} and {treatment:g}); expected users who differ: "
            "there is no standard error to test with, check the column or collect more"
        )
    difference, lift, lift_error = treatment - control, math.nan, math.nan
    if control:
        relative = treatment / control
        lift = relative - 1
        lift_error = math.sqrt(variances[1] + relative**2 * variances[0] - 2 * relative * covariance) / abs(control)
    half = float(norm.isf((1 - level) / 2))
    z = difference / standard_error
    return Comparison(
        control,
        treatment,
        difference,
        difference - half * standard_error,
        difference + half * standard_error,
        lift,
        lift - half * lift_error,
        lift + half * lift_error,
        standard_error,
        z,
        float(2 * norm.sf(abs(z))),
        n_control,
        n_treatment,
    )
