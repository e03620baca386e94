"""CUPED."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    "What of `values` could you have told from `before`, without knowing the arm? That part is to go.",
    "The slope of a line through all users, of both arms, tells how `values` goes with `before`. Subtract from each "
    "value the slope times how far the user's past is from the mean past.",
    "`theta = np.cov(values, before)[0, 1] / np.var(before, ddof=1)`, then subtract `theta * (before - before.mean())`. "
    "The share that is left is a ratio of two variances.",
)
takeaway = (
    "The share that is left is one less the squared correlation with the past. With a correlation of .7 half of the "
    "users are enough; with .1 you may as well leave it."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n, slope = ((8, 1.5), (60, -0.7), (400, 0.4))[number]
    before = rng.gamma(2.0, 3.0, n).round(2)
    treated = rng.permutation(np.arange(n) < round(0.4 * n))
    # The arms differ in their past by luck, and the slope is another one in the treatment.
    before[treated] = (before[treated] + 2.0).round(2)
    values = (3 + slope * before + treated * (1 + 0.5 * before) + rng.normal(0, 2, n)).round(2)
    return values, before, treated


def cuped_difference(values, before, treated):
    past = before - before.mean()
    theta = (past * values).sum() / (past**2).sum()
    adjusted = values - theta * past
    difference = adjusted[treated].mean() - adjusted[~treated].mean()
    return difference, adjusted.var() / values.var()


def another(values, before, treated):
    slope, _ = np.polyfit(before, values, 1)
    arms = [(values[rows].mean(), before[rows].mean()) for rows in (treated, ~treated)]
    gap = arms[0][0] - arms[1][0] - slope * (arms[0][1] - arms[1][1])
    return gap, 1 - np.corrcoef(values, before)[0, 1] ** 2


def theta_by_arm(values, before, treated):
    adjusted = values.astype(float)
    for rows in (treated, ~treated):
        past = before[rows] - before[rows].mean()
        adjusted[rows] = values[rows] - (past * values[rows]).sum() / (past**2).sum() * past
    return adjusted[treated].mean() - adjusted[~treated].mean(), adjusted.var() / values.var()


equivalent = {
    "past = before.mean() - before": "the slope changes its sign as well",
    "return (gap, 1 - np.corrcoef(before, values)[0, 1] ** 2)": "a correlation has no direction",
    "return (gap, 1 - np.corrcoef(values, before)[1, 0] ** 2)": "the matrix is symmetric",
}
mistakes = [
    wrong(
        theta_by_arm,
        "You fit a slope in each arm, around its own mean past. Then what the arms differed in before the test stays "
        "in the difference. Take one slope and one mean over both arms.",
    ),
    edit(
        "(past * values).sum() / (past**2).sum()",
        "(past * values).sum() / ((values - values.mean()) ** 2).sum()",
        "theta_the_wrong_way_round",
        "Your slope predicts the past from the test: you divide by the variance of `values`. Divide by that of `before`.",
    ),
    edit(
        "theta = (past * values).sum() / (past**2).sum()",
        "theta = 1.0",
        "plain_difference_to_the_past",
        "You subtract the past as it is, with a slope of 1. That can add noise. The slope of the regression removes the "
        "most.",
    ),
    edit(
        "past = before - before.mean()",
        "past = before",
        "slope_through_the_origin",
        "You do not centre the past, so your slope is that of a line through the origin. Subtract its mean first.",
    ),
    edit(
        "adjusted[treated].mean() - adjusted[~treated].mean()",
        "values[treated].mean() - values[~treated].mean()",
        "difference_not_adjusted",
        "That is the difference of the values as they were. Take it of the adjusted ones.",
    ),
    edit(
        "adjusted.var() / values.var()",
        "adjusted.std() / values.std()",
        "share_of_the_standard_deviation",
        "That is the share of the standard deviation. The number of users goes with the variance.",
    ),
    edit(
        "(past * values).sum() / (past**2).sum()",
        "np.polyfit(before[~treated], values[~treated], 1)[0]",
        "theta_of_control",
        "You fit the slope on control only. One slope over both arms is asked for: it uses all users.",
    ),
    edit(
        "adjusted.var() / values.var()",
        "1 - adjusted.var() / values.var()",
        "share_that_is_gone",
        "That is the share that CUPED takes away. Asked is what is left.",
    ),
]
