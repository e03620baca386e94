"""The interval of a paired difference."""

import numpy as np

from mlpipe.course.definition import edit, wrong

core = True
hints = (
    "One draw of users gives one number. How many numbers do you get, and which two of them are the ends?",
    "In each row of `resamples` the same users answer for both models, so work with one number a user: what the "
    "first model has more than the second. Then one mean for each row, and the percentiles of these means.",
    "`values[resamples]` has the shape of `resamples`, one row a draw: take the mean along a row. "
    "`np.quantile` with 0.025 and 0.975 gives the ends. The estimate itself comes from the users as they are.",
)
takeaway = (
    "Difference first, draw second: what makes a user easy for both models cancels before any spread is measured."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    # 2.5 % of the way through 41, 201 or 401 sorted numbers is one of them: however it is interpolated, the end is the same.
    n_users, n_resamples = ((5, 41), (40, 201), (300, 401))[number]
    easy = rng.beta(0.6, 1.4, size=n_users)  # a user who is easy for one model is easy for the other
    a, b = np.clip(easy + rng.normal(size=(2, n_users)) * 0.15 + [[0.05], [0.0]], 0, 1).round(4)
    return a, b, rng.integers(0, n_users, size=(n_resamples, n_users))


def paired_interval(a, b, resamples):
    gain = a - b
    means = gain[resamples].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return gain.mean(), low, high


def another(a, b, resamples):
    means = [a[users].mean() - b[users].mean() for users in resamples]
    return a.mean() - b.mean(), *np.percentile(means, (2.5, 97.5))


def two_separate_intervals(a, b, resamples):
    low_a, high_a = np.quantile(a[resamples].mean(axis=1), [0.025, 0.975])
    low_b, high_b = np.quantile(b[resamples].mean(axis=1), [0.025, 0.975])
    return a.mean() - b.mean(), low_a - high_b, high_a - low_b


mistakes = [
    wrong(
        two_separate_intervals,
        "You subtract two separate intervals, worst end from best end. That throws the pairing away, so "
        "yours is too wide: draw the users once, and take the difference inside each draw.",
    ),
    edit(
        "gain[resamples].mean(axis=1)",
        "gain",
        "spread_of_users",
        "These are percentiles of the users' own differences: how users differ, "
        "not how sure their mean is. Take the mean of each draw first.",
    ),
    edit(
        "gain[resamples].mean(axis=1)",
        "gain[resamples].mean(axis=0)",
        "wrong_axis",
        "You average over the draws, so you get one number for each "
        "place in them. A row is a draw: average along the row.",
    ),
    edit(
        "a - b",
        "b - a",
        "second_minus_first",
        "Your sign is the wrong way round. A positive number should say that the first model is better: a minus b.",
    ),
    edit(
        "[0.025, 0.975]",
        "[0.05, 0.95]",
        "ninety_percent",
        "You cut 5 % at each end, so the interval covers 90 %. For 95 %, cut 2.5 % at each end.",
    ),
    edit(
        "np.quantile(means, [0.025, 0.975])",
        "np.percentile(means, [0.025, 0.975])",
        "percent_for_share",
        "`np.percentile` counts in percent: 0.025 means a fortieth of one "
        "percent. Use `np.quantile` with 0.025, or `np.percentile` with 2.5.",
    ),
    edit(
        "np.quantile(means, [0.025, 0.975])",
        "gain.mean() + np.array([-1.96, 1.96]) * gain.std(ddof=1) / np.sqrt(len(gain))",
        "standard_error",
        "This is the interval of the normal formula. It is close, but asked are the "
        "percentiles of the draws: they need no formula and are lopsided where the data are.",
    ),
    edit(
        "return gain.mean()",
        "return means.mean()",
        "estimate_from_the_draws",
        "Your ends are right, but the estimate is the mean of the draws. It is the mean "
        "over the users as they are; the draws only say how far it could move.",
    ),
]
