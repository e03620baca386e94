"""The worst slice."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit

hints = (
    "Users without a number cannot say anything. Take them out before you count anybody.",
    "For each slice you need two numbers: how many users have a gain, and their mean. Only "
    "slices with enough users may be named; of these, the one with the lowest mean.",
    "`pd.Series(gain).groupby(slice_of)` counts without NaN and averages without NaN. "
    "Keep the rows whose count is `least` or more, then `idxmin` of the mean.",
)
takeaway = "Every slice comes with its support. The worst of many small slices is always bad, if only by chance."


def draw(rng: np.random.Generator, number: int) -> tuple:
    least = (3, 8, 30)[number]
    names = rng.permutation(["comedy", "crime", "drama", "horror", "new users", "old films", "tail films", "war"])
    # Each slice: users with a gain, users without, mean gain, what the first of them gets on top.
    slices = (
        (least - 1, 0, -0.5, 0.1),  # too few users
        (least - 1, 2, -0.4, 0.1),  # enough only with those who have no gain
        (least, 2 + least // 4, -0.3, 0.15),  # exactly enough
        (least + 1, 1, -0.2, 0.0),  # the lowest median
        (4 * least, 1, -0.15, 0.5),  # the lowest sum
        (2 * least, 1, -0.6 if number == 1 else 0.1, -1.5),  # the worst single user
        (6 * least, 1, 0.15, 0.5),  # the largest
        (2 * least, 1, 0.3, 0.5),  # the best
    )
    gains = []
    for i, (defined, undefined, mean, on_top) in enumerate(slices):
        gain = rng.normal(0, 0.02 if i in (2, 3) else 0.15, size=defined)
        gain[0] += on_top
        if i == 3:
            gain += np.where(np.arange(defined) < 0.7 * defined, -0.3, 0.7)
        gains.append(np.append(gain + mean - gain.mean(), np.full(undefined, np.nan)).round(4))
    rows = rng.permutation(sum(map(len, gains)))
    return np.repeat(names, list(map(len, gains)))[rows], np.concatenate(gains)[rows], least


def worst_slice(slice_of, gain, least):
    table = pd.Series(gain).groupby(slice_of).agg(users="count", gain="mean")
    worst = table[table["users"] >= least]["gain"].idxmin()
    return worst, table.loc[worst, "users"], table.loc[worst, "gain"]


def another(slice_of, gain, least):
    gains = {}
    for name, one in zip(slice_of, gain):
        if not np.isnan(one):
            gains.setdefault(name, []).append(one)
    mean, worst = min((np.mean(values), name) for name, values in gains.items() if len(values) >= least)
    return worst, len(gains[worst]), mean


mistakes = [
    edit(
        'table[table["users"] >= least]',
        "table",
        "ignores_the_support",
        "You name the slice with the lowest mean, however few users it has. The smallest slices are "
        "worst, and best, by chance: only those with at least `least` users may be named.",
    ),
    edit(
        ">= least",
        "> least",
        "more_than_least",
        "A slice with exactly `least` users may be named, too: at least means that many or more.",
    ),
    edit(
        '"count"',
        '"size"',
        "undefined_users_count_everywhere",
        "You count users without a number as support, in the test and in the "
        "result. They say nothing: count only those with a gain.",
    ),
    edit(
        "pd.Series(gain)",
        "pd.Series(gain).fillna(0)",
        "undefined_is_zero",
        "You count a missing gain as no gain. A user with nothing relevant is not a "
        "user whom both models serve equally well: leave such users out.",
    ),
    edit(
        "idxmin()",
        "idxmax()",
        "best_slice",
        "This is the slice with the highest mean gain: the best one. Asked is the worst.",
    ),
    edit(
        '"mean"',
        '"sum"',
        "sum_instead_of_mean",
        "You add up the gains of a slice, so a large slice looks worse than a small one. Compare means.",
    ),
    edit(
        '"mean"',
        '"median"',
        "median_of_the_slice",
        "You compare, or return, medians. The metric of a model is its mean over users, so is that of a slice.",
    ),
]
