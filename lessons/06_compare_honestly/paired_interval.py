"""The interval of a paired difference."""

import numpy as np

from mlpipe.course.definition import edit, wrong

core = True
hints = (
    "One draw of users gives one number. How many numbers do you get, and which two of them are the ends?",
    (
        "In each row of `resamples` the same users answer for both models, so work with one number a user: what "
        "the first model has more than the second. Then one mean for each row, and the percentiles of these means."
    ),
    (
        "`values[resamples]` has the shape of `resamples`, one row a draw: take the mean along a row. "
        "`np.quantile` with 0.025 and 0.975 gives the ends. The estimate itself comes from the users as they are."
    ),
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
    means = sorted(a[users].mean() - b[users].mean() for users in resamples)
    cut = round(0.025 * (len(means) - 1))
    return a.mean() - b.mean(), means[cut], means[-1 - cut]


def two_separate_intervals(a, b, resamples):
    low_a, high_a = np.quantile(a[resamples].mean(axis=1), [0.025, 0.975])
    low_b, high_b = np.quantile(b[resamples].mean(axis=1), [0.025, 0.975])
    return a.mean() - b.mean(), low_a - high_b, high_a - low_b


def low_minus_low(a, b, resamples):
    low_a, high_a = np.quantile(a[resamples].mean(axis=1), [0.025, 0.975])
    low_b, high_b = np.quantile(b[resamples].mean(axis=1), [0.025, 0.975])
    return a.mean() - b.mean(), low_a - low_b, high_a - high_b


def separate_standard_errors(a, b, resamples):
    spread = np.hypot(a[resamples].mean(axis=1).std(), b[resamples].mean(axis=1).std())
    gain = a.mean() - b.mean()
    return gain, gain - 1.96 * spread, gain + 1.96 * spread


def ratio_of_the_means(a, b, resamples):
    total_a, total_b = a[resamples].sum(axis=1), b[resamples].sum(axis=1)
    lift = np.divide(total_a, total_b, out=np.full(len(total_a), np.nan), where=total_b > 0) - 1
    low, high = np.quantile(lift, [0.025, 0.975])
    return a.mean() / b.mean() - 1, low, high


mistakes = [
    wrong(
        two_separate_intervals,
        (
            "You subtract two separate intervals, worst end from best end. That throws the pairing away, so yours "
            "is too wide: draw the users once, and take the difference inside each draw."
        ),
    ),
    wrong(
        low_minus_low,
        (
            "You subtract low from low and high from high. The draw that gives one model its low end is not the "
            "draw of the other: take the difference inside each draw, then its percentiles."
        ),
    ),
    wrong(
        separate_standard_errors,
        (
            "You add the spreads of the two models as if other users had judged each. They are the same users: "
            "difference first, spread second."
        ),
    ),
    edit(
        "gain[",
        "a.mean() - b[",
        "draws_only_the_second",
        (
            "You draw users for the second model only and compare with the fixed mean of the first. Both change "
            "with the users: draw them for both."
        ),
    ),
    edit(
        "gain[",
        "a[",
        "draws_only_one_model",
        (
            "You draw users for the first model only and compare with the fixed mean of the second. Both change "
            "with the users: draw them for both."
        ),
        also=(("1)", "1) - b.mean()"),),
    ),
    edit(
        "gain[resamples",
        "a[resamples].mean(axis=1) - b[resamples[::-1]",
        "other_users_for_the_second",
        "The two models are judged on different draws. In one draw, the same users answer for both.",
    ),
    edit(
        "[resamples].mean(axis=1)",
        "",
        "spread_of_users",
        (
            "These are percentiles of the users' own differences: how users differ, not how sure their mean is. "
            "Take the mean of each draw first."
        ),
    ),
    edit(
        "mean(axis=1",
        "ravel(",
        "forgets_the_mean",
        (
            "You pool the drawn differences and never average. Each draw gives one mean; the interval is the "
            "spread of these means."
        ),
    ),
    edit(
        "1",
        "0",
        "wrong_axis",
        (
            "You average over the draws, so you get one number for each place in them. A row is a draw: average "
            "along the row."
        ),
    ),
    edit(
        "a - b",
        "b - a",
        "second_minus_first",
        "Your sign is the wrong way round. A positive number should say that the first model is better: a minus b.",
    ),
    edit(
        "a - b",
        "np.abs(a - b)",
        "absolute_differences",
        (
            "You take the absolute value of each difference, so users for whom the first model is worse count as "
            "gains. Keep the sign."
        ),
    ),
    edit(
        ".mean(axis",
        ".sum(axis",
        "sum_of_gains",
        (
            "You add up the differences of the users. Models are compared by the mean: a sum grows with the number "
            "of users."
        ),
        also=((".mean()", ".sum()"),),
    ),
    wrong(
        ratio_of_the_means,
        (
            "You divide the mean of the first model by that of the second. That is the relative lift; asked is the "
            "difference, in the unit of the metric."
        ),
    ),
    edit(
        "a - b",
        "np.sign(a - b)",
        "counts_who_gains",
        (
            "You count for how many users the first model is better. How much better is lost: use the differences, "
            "not their signs."
        ),
    ),
    edit(
        "a - b",
        "(a - b) / b.mean()",
        "relative_gain",
        (
            "You divide by the second model. That is the relative lift; asked is the difference, in the unit of "
            "the metric."
        ),
    ),
    edit(
        "gain.",
        "means.",
        "estimate_from_the_draws",
        (
            "Your ends are right, but the estimate is the mean of the draws. It is the mean over the users as they "
            "are; the draws only say how far it could move."
        ),
    ),
    edit(
        "gain.mean(",
        "np.median(means",
        "median_of_the_draws",
        (
            "Your ends are right, but the estimate is the median of the draws. It is the mean over the users as "
            "they are."
        ),
    ),
    edit(
        "025, 0.975",
        "005, 0.995",
        "ninety_nine_percent",
        "You cut half a percent at each end, so the interval covers 99 %. For 95 %, cut 2.5 % at each end.",
    ),
    edit(
        "025, 0.975",
        "05, 0.95",
        "ninety_percent",
        "You cut 5 % at each end, so the interval covers 90 %. For 95 %, cut 2.5 % at each end.",
    ),
    edit(
        "025, 0.975",
        "05, 1.0",
        "one_end_only",
        "You cut 5 % at one end and nothing at the other, or less: cut 2.5 % at each end.",
    ),
    edit(
        "quantile",
        "percentile",
        "percent_for_share",
        (
            "`np.percentile` counts in percent: 0.025 means a fortieth of one percent. Use `np.quantile` with "
            "0.025, or `np.percentile` with 2.5."
        ),
    ),
    edit(
        "np.quantile(means, [0.025, 0.975]",
        "means.min(), means.max(",
        "smallest_and_largest",
        "You take the smallest and the largest draw. They move out with every draw you add: cut 2.5 % at each end.",
    ),
    edit(
        "np.quantile(means, [0.025, 0.975]",
        "gain.mean() - means.std(), gain.mean() + means.std(",
        "one_standard_deviation",
        "You go one standard deviation of the draws to each side, which covers about 68 %. Take the percentiles.",
    ),
    edit(
        "np.quantile(means, [0.025, 0.975]",
        "gain.mean() - 1.96 * gain.std(), gain.mean() + 1.96 * gain.std(",
        "normal_formula_for_users",
        (
            "You go 1.96 standard deviations of the users to each side. That is the spread of users; the spread of "
            "a mean is smaller by the root of their number. Take the percentiles of the draws."
        ),
    ),
    edit(
        "low, high = np.quantile(means, [0.025, 0.975])",
        "half = 1.96 * gain.std(ddof=1) / np.sqrt(len(gain))\n    low, high = gain.mean() - half, gain.mean() + half",
        "standard_error",
        (
            "This is the interval of the normal formula. It is close, but asked are the percentiles of the draws: "
            "they need no formula and are lopsided where the data are."
        ),
    ),
    edit(
        "low, high = np.quantile(means, [0.025, 0.975])",
        "half = 1.96 * means.std()\n    low, high = gain.mean() - half, gain.mean() + half",
        "spread_of_the_draws",
        (
            "You use 1.96 times the spread of the draws. It is close, but asked are their percentiles: they are "
            "lopsided where the data are."
        ),
    ),
    edit(
        "low, high ",
        "high, low ",
        "mirrored_ends",
        (
            "You mirror the percentiles around the estimate. That is another kind of interval (the basic "
            "bootstrap); asked are the percentiles themselves."
        ),
        also=(("return", "low, high = 2 * gain.mean() - low, 2 * gain.mean() - high\n    return"),),
    ),
    edit(
        "gain[resamples].mean(",
        "np.median(gain[resamples], ",
        "median_user",
        "You take the median of each draw. Models are compared by the mean over users.",
    ),
    edit(
        "gain[resamples].mean(axis=1",
        "np.array([gain[np.unique(users)].mean() for users in resamples]",
        "each_user_once",
        "You use each drawn user once. A user who is drawn twice counts twice: that is what the draw is for.",
    ),
    edit(
        "low, high\n",
        "high, low\n",
        "ends_swapped",
        "The numbers are right, but the order is not: estimate, low end, high end.",
    ),
    edit(
        "gain.mean(), low, ",
        "low, gain.mean(), ",
        "ends_before_the_estimate",
        "The numbers are right, but the order is not: first the estimate, then the two ends.",
    ),
    edit(
        "low, high\n",
        "gain.mean() - low, high - gain.mean()\n",
        "distance_from_the_estimate",
        "You return how far the ends are from the estimate. Return the ends themselves.",
    ),
]
