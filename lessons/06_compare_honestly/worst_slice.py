"""The worst slice."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit

hints = (
    "Users without a number cannot say anything. Take them out before you count anybody.",
    (
        "For each slice you need two numbers: how many users have a gain, and their mean. Only slices with enough "
        "users may be named; of these, the one with the lowest mean."
    ),
    (
        "`pd.Series(gain).groupby(slice_of)` counts without NaN and averages without NaN. Keep the rows whose "
        "count is `least` or more, then `idxmin` of the mean."
    ),
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
    found = {}
    for name in np.unique(slice_of):
        values = gain[slice_of == name]
        values = values[~np.isnan(values)]
        n = len(values)
        if n >= least:
            found[name] = values.mean()
    worst = min(found, key=found.get)
    values = gain[slice_of == worst]
    return str(worst), int((~np.isnan(values)).sum()), np.nanmean(values)


def another(slice_of, gain, least):
    table = pd.Series(gain).groupby(slice_of).agg(["count", "mean"])
    row = table[table["count"] >= least].sort_values("mean").iloc[0]
    return row.name, int(row["count"]), row["mean"]


mistakes = [
    edit(
        "n >= least",
        "True",
        "ignores_the_support",
        (
            "You name the slice with the lowest mean, however few users it has. The smallest slices are worst, and "
            "best, by chance: only those with at least `least` users may be named."
        ),
    ),
    edit(
        " n >",
        " (slice_of == name).sum() >",
        "undefined_users_count",
        (
            "You count users without a number as support. They have nothing relevant, so they say nothing: count "
            "only those with a gain."
        ),
    ),
    edit(
        " n >",
        " (slice_of == name).sum() >",
        "undefined_users_count_everywhere",
        (
            "You count users without a number as support, in the test and in the result. They say nothing: count "
            "only those with a gain."
        ),
        also=(("int((~np.isnan(values)).sum()", "len(values"),),
    ),
    edit(
        "int((~np.isnan(values)).sum()",
        "len(values",
        "support_with_undefined",
        (
            "You name the right slice, but its support holds users without a number. Say how many users the mean "
            "rests on."
        ),
    ),
    edit(
        ":\n    found",
        ":\n    gain = np.nan_to_num(gain)\n    found",
        "undefined_is_zero",
        (
            "You count a missing gain as no gain. A user with nothing relevant is not a user whom both models "
            "serve equally well: leave such users out."
        ),
        also=(("int((~np.isnan(values)).sum()), np.nanmean(values)", "len(values), values.mean()"),),
    ),
    edit(
        "np.nanmean(values",
        "values.mean(",
        "undefined_spoils_the_mean",
        (
            "The mean of a slice with one missing gain is no number in your answer. Leave out the users without a "
            "gain: `np.nanmean`."
        ),
    ),
    edit(
        ":\n    found",
        ":\n    gain = np.where(np.isnan(gain), np.nanmean(gain), gain)\n    found",
        "filled_with_the_mean",
        (
            "You fill missing gains with the mean of all users, which makes small slices look larger and more "
            "alike. A user without a gain says nothing: leave such users out."
        ),
        also=(("int((~np.isnan(values)).sum()), np.nanmean(values)", "len(values), values.mean()"),),
    ),
    edit(
        ">= ",
        "> ",
        "more_than_least",
        "A slice with exactly `least` users may be named, too: at least means that many or more.",
    ),
    edit(
        ">=", "<", "only_small_slices", "Your condition is the wrong way round: you keep the slices with too few users."
    ),
    edit("min", "max", "best_slice", "This is the slice with the highest mean gain: the best one. Asked is the worst."),
    edit(
        "values.mean(",
        "abs(values.mean()",
        "closest_to_zero",
        (
            "You name the slice whose mean gain is closest to zero. The worst one is the lowest, and it may be "
            "negative: do not take the absolute value."
        ),
    ),
    edit(
        "values.mean()",
        "-n",
        "largest_slice",
        "You name the slice with the most users. Asked is the one with the lowest mean gain.",
    ),
    edit(
        "values.mean()",
        "n",
        "fewest_users",
        "You name the smallest slice that is large enough. Asked is the one with the lowest mean gain.",
    ),
    edit(
        ".mean(",
        ".sum(",
        "sum_instead_of_mean",
        "You add up the gains of a slice, so a large slice looks worse than a small one. Compare means.",
    ),
    edit(
        ".mean(",
        ".min(",
        "worst_single_user",
        "You name the slice of the user with the lowest gain. One user is not a slice: compare means.",
    ),
    edit(
        "values.mean(",
        "np.median(values",
        "median_of_the_slice",
        "You compare, or return, medians. The metric of a model is its mean over users, so is that of a slice.",
        also=(("nanmean", "nanmedian"),),
    ),
    edit(
        "nanmean",
        "nanmedian",
        "returns_the_median",
        "You name the right slice, but the last number is its median gain. Return the mean.",
    ),
    edit(
        "nanmean",
        "nansum",
        "returns_the_sum",
        "You name the right slice, but the last number is the sum of its gains. Return the mean.",
    ),
    edit(
        "nanmean",
        "nansum(values) / len",
        "divides_by_all_users",
        (
            "You divide the sum of the gains by all users of the slice. Those without a number are not in the sum, "
            "so they must not be in the count."
        ),
    ),
    edit(
        "nanmean(values)\n",
        "nanmean(values) - np.nanmean(gain)\n",
        "gap_to_the_others",
        "You return how far the slice is from the mean of all users. Return the slice's own mean gain.",
    ),
    edit(
        "int(",
        "",
        "share_instead_of_count",
        "You return the share of users. Support is a number of users: a share hides how few they are.",
        also=((")),", ") / len(gain),"),),
    ),
    edit(
        "int((~np.isnan(values)).sum()), np.nanmean(values)",
        "np.nanmean(values), int((~np.isnan(values)).sum())",
        "mean_before_support",
        "The numbers are right, but the order is not: name, number of users, mean gain.",
    ),
]
