"""Limits from a few healthy days."""

import numpy as np
from scipy.stats import norm, t  # noqa: F401 (a mistake takes norm)

from mlpipe.course.definition import edit

hints = (
    "Two things are uncertain: where the next day falls, and where the mean of all days lies. And the standard deviation "
    "comes from the same few days.",
    "The next day less the mean of n days has the variance s^2 (1 + 1/n). Because s is estimated, the quantile is that "
    "of Student's t with n - 1 degrees of freedom, half of `chance` on each side.",
    "`t.isf(chance / 2, n - 1)` times `values.std(ddof=1)` times `np.sqrt(1 + 1 / n)`, to both sides of the mean. "
    "Healthy days that are nan were not measured.",
)
takeaway = (
    "Limits of few days must be wide, or they ring for nothing. More healthy days make them narrower: keep the numbers "
    "of the alarm from the first day on."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n, chance = ((5, 0.05), (9, 0.01), (30, 0.003))[number]
    values = rng.normal(rng.uniform(-2, 2), rng.uniform(0.5, 3), n).round(2)
    values[rng.integers(n)] = np.nan  # a day without measurement
    return values, chance


def control_limit(healthy, chance):
    values = healthy[~np.isnan(healthy)]
    n = len(values)
    reach = t.isf(chance / 2, n - 1) * values.std(ddof=1) * np.sqrt(1 + 1 / n)
    return values.mean() - reach, values.mean() + reach


def another(healthy, chance):
    n = np.sum(~np.isnan(healthy))
    middle = np.nanmean(healthy)
    variance = np.nansum((healthy - middle) ** 2) / (n - 1)
    return t.ppf([chance / 2, 1 - chance / 2], df=n - 1, loc=middle, scale=np.sqrt(variance * (n + 1) / n))


mistakes = [
    edit(
        "t.isf(chance / 2, n - 1)",
        "norm.isf(chance / 2)",
        "normal_quantile",
        "You take the quantile of the normal law, as if the standard deviation were known. It comes from a few days: "
        "take Student's t with n - 1 degrees of freedom.",
    ),
    edit(
        "t.isf(chance / 2, n - 1)",
        "3",
        "three_standard_deviations",
        "Three standard deviations, whatever the chance and the number of days. Of seven days they ring eleven times as "
        "often as one thinks. Use `chance` and Student's t.",
    ),
    edit(
        "chance / 2",
        "chance",
        "one_side_only",
        "Both limits together are to ring with the probability `chance`: half of it on each side.",
    ),
    edit(
        " * np.sqrt(1 + 1 / n)",
        "",
        "mean_taken_for_known",
        "You take the mean of these days for the true one. It is off by itself: the variance of the difference is "
        "s^2 (1 + 1/n).",
    ),
    edit(
        "np.sqrt(1 + 1 / n)",
        "np.sqrt(1 / n)",
        "limits_of_the_mean",
        "These are limits for the mean of all days. Asked is where *one* more day falls: s^2 (1 + 1/n).",
    ),
    edit(
        "ddof=1",
        "ddof=0",
        "divides_by_n",
        "You divide the sum of squares by n. Student's t needs the one with n - 1: ddof=1.",
    ),
    edit(
        "n = len(values)",
        "n = len(healthy)",
        "counts_days_without_measurement",
        "You count the days that were not measured. They tell nothing: n is the number of values that are there.",
    ),
    edit(
        "healthy[~np.isnan(healthy)]",
        "np.nan_to_num(healthy)",
        "missing_day_as_zero",
        "A day that was not measured becomes 0, and widens the limits. Leave it out.",
    ),
]
