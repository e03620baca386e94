"""Exercises of lesson 06: the interval of a paired difference, the worst slice, a list that does not repeat itself."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake


def draw_models(rng: np.random.Generator, number: int) -> tuple:
    # 2.5 % of the way through 41, 201 or 401 sorted numbers is one of them: however it is interpolated, the end is the same.
    n_users, n_resamples = ((5, 41), (40, 201), (300, 401))[number]
    easy = rng.beta(0.6, 1.4, size=n_users)  # a user who is easy for one model is easy for the other
    a, b = np.clip(easy + rng.normal(size=(2, n_users)) * 0.15 + [[0.05], [0.0]], 0, 1).round(4)
    return a, b, rng.integers(0, n_users, size=(n_resamples, n_users))


PAIRED = """
import numpy as np


def paired_interval(a, b, resamples):
    gain = a - b
    means = gain[resamples].mean(axis=1)
    low, high = np.quantile(means, [0.025, 0.975])
    return gain.mean(), low, high
"""
ENDS = "    low, high = np.quantile(means, [0.025, 0.975])\n"
SEPARATE = """
import numpy as np


def paired_interval(a, b, resamples):
    low_a, high_a = np.quantile(a[resamples].mean(axis=1), [0.025, 0.975])
    low_b, high_b = np.quantile(b[resamples].mean(axis=1), [0.025, 0.975])
    return a.mean() - b.mean(), {ends}
"""


def paired(old: str, new: str) -> str:
    assert old in PAIRED
    return PAIRED.replace(old, new)


PAIRED_INTERVAL = Definition(
    id="06.paired_interval",
    title="The interval of a paired difference",
    core=True,
    stub="""
def paired_interval(a, b, resamples):
    ...
""",
    hints=(
        "One draw of users gives one number. How many numbers do you get, and which two of them are the ends?",
        "In each row of `resamples` the same users answer for both models, so work with one number a user: what the first "
        "model has more than the second. Then one mean for each row, and the percentiles of these means.",
        "`values[resamples]` has the shape of `resamples`, one row a draw: take the mean along a row. `np.quantile` with 0.025 "
        "and 0.975 gives the ends. The estimate itself comes from the users as they are.",
    ),
    solution=PAIRED,
    another="""
def paired_interval(a, b, resamples):
    means = sorted(a[users].mean() - b[users].mean() for users in resamples)
    cut = round(0.025 * (len(means) - 1))
    return a.mean() - b.mean(), means[cut], means[-1 - cut]
""",
    mistakes=(
        Mistake(
            "two_separate_intervals",
            "You subtract two separate intervals, worst end from best end. That throws the pairing away, so yours is too wide: draw the users once, and take the difference inside each draw.",
            SEPARATE.format(ends="low_a - high_b, high_a - low_b"),
        ),
        Mistake(
            "low_minus_low",
            "You subtract low from low and high from high. The draw that gives one model its low end is not the draw of the other: take the difference inside each draw, then its percentiles.",
            SEPARATE.format(ends="low_a - low_b, high_a - high_b"),
        ),
        Mistake(
            "separate_standard_errors",
            "You add the spreads of the two models as if other users had judged each. They are the same users: difference first, spread second.",
            """
import numpy as np


def paired_interval(a, b, resamples):
    spread = np.hypot(a[resamples].mean(axis=1).std(), b[resamples].mean(axis=1).std())
    gain = a.mean() - b.mean()
    return gain, gain - 1.96 * spread, gain + 1.96 * spread
""",
        ),
        Mistake(
            "draws_only_the_second",
            "You draw users for the second model only and compare with the fixed mean of the first. Both change with the users: draw them for both.",
            paired("gain[resamples].mean(axis=1)", "a.mean() - b[resamples].mean(axis=1)"),
        ),
        Mistake(
            "draws_only_one_model",
            "You draw users for the first model only and compare with the fixed mean of the second. Both change with the users: draw them for both.",
            paired("gain[resamples].mean(axis=1)", "a[resamples].mean(axis=1) - b.mean()"),
        ),
        Mistake(
            "other_users_for_the_second",
            "The two models are judged on different draws. In one draw, the same users answer for both.",
            paired("gain[resamples].mean(axis=1)", "a[resamples].mean(axis=1) - b[resamples[::-1]].mean(axis=1)"),
        ),
        Mistake(
            "spread_of_users",
            "These are percentiles of the users' own differences: how users differ, not how sure their mean is. Take the mean of each draw first.",
            paired("gain[resamples].mean(axis=1)", "gain"),
        ),
        Mistake(
            "forgets_the_mean",
            "You pool the drawn differences and never average. Each draw gives one mean; the interval is the spread of these means.",
            paired("gain[resamples].mean(axis=1)", "gain[resamples].ravel()"),
        ),
        Mistake(
            "wrong_axis",
            "You average over the draws, so you get one number for each place in them. A row is a draw: average along the row.",
            paired("mean(axis=1)", "mean(axis=0)"),
        ),
        Mistake(
            "second_minus_first",
            "Your sign is the wrong way round. A positive number should say that the first model is better: a minus b.",
            paired("a - b", "b - a"),
        ),
        Mistake(
            "absolute_differences",
            "You take the absolute value of each difference, so users for whom the first model is worse count as gains. Keep the sign.",
            paired("a - b", "np.abs(a - b)"),
        ),
        Mistake(
            "sum_of_gains",
            "You add up the differences of the users. Models are compared by the mean: a sum grows with the number of users.",
            paired("gain[resamples].mean(axis=1)", "gain[resamples].sum(axis=1)").replace("gain.mean()", "gain.sum()"),
        ),
        Mistake(
            "ratio_of_the_means",
            "You divide the mean of the first model by that of the second. That is the relative lift; asked is the difference, in the unit of the metric.",
            """
import numpy as np


def paired_interval(a, b, resamples):
    total_a, total_b = a[resamples].sum(axis=1), b[resamples].sum(axis=1)
    lift = np.divide(total_a, total_b, out=np.full(len(total_a), np.nan), where=total_b > 0) - 1
    low, high = np.quantile(lift, [0.025, 0.975])
    return a.mean() / b.mean() - 1, low, high
""",
        ),
        Mistake(
            "counts_who_gains",
            "You count for how many users the first model is better. How much better is lost: use the differences, not their signs.",
            paired("a - b", "np.sign(a - b)"),
        ),
        Mistake(
            "relative_gain",
            "You divide by the second model. That is the relative lift; asked is the difference, in the unit of the metric.",
            paired("a - b", "(a - b) / b.mean()"),
        ),
        Mistake(
            "estimate_from_the_draws",
            "Your ends are right, but the estimate is the mean of the draws. It is the mean over the users as they are; the draws only say how far it could move.",
            paired("return gain.mean()", "return means.mean()"),
        ),
        Mistake(
            "median_of_the_draws",
            "Your ends are right, but the estimate is the median of the draws. It is the mean over the users as they are.",
            paired("return gain.mean()", "return np.median(means)"),
        ),
        Mistake(
            "ninety_nine_percent",
            "You cut half a percent at each end, so the interval covers 99 %. For 95 %, cut 2.5 % at each end.",
            paired("[0.025, 0.975]", "[0.005, 0.995]"),
        ),
        Mistake(
            "ninety_percent",
            "You cut 5 % at each end, so the interval covers 90 %. For 95 %, cut 2.5 % at each end.",
            paired("[0.025, 0.975]", "[0.05, 0.95]"),
        ),
        Mistake(
            "one_end_only",
            "You cut 5 % at one end and nothing at the other, or less: cut 2.5 % at each end.",
            paired("[0.025, 0.975]", "[0.05, 1.0]"),
        ),
        Mistake(
            "percent_for_share",
            "`np.percentile` counts in percent: 0.025 means a fortieth of one percent. Use `np.quantile` with 0.025, or `np.percentile` with 2.5.",
            paired("np.quantile(means, [0.025, 0.975])", "np.percentile(means, [0.025, 0.975])"),
        ),
        Mistake(
            "smallest_and_largest",
            "You take the smallest and the largest draw. They move out with every draw you add: cut 2.5 % at each end.",
            paired("np.quantile(means, [0.025, 0.975])", "means.min(), means.max()"),
        ),
        Mistake(
            "one_standard_deviation",
            "You go one standard deviation of the draws to each side, which covers about 68 %. Take the percentiles.",
            paired(ENDS, "    low, high = gain.mean() - means.std(), gain.mean() + means.std()\n"),
        ),
        Mistake(
            "normal_formula_for_users",
            "You go 1.96 standard deviations of the users to each side. That is the spread of users; the spread of a mean is smaller by the root of their number. Take the percentiles of the draws.",
            paired(ENDS, "    low, high = gain.mean() - 1.96 * gain.std(), gain.mean() + 1.96 * gain.std()\n"),
        ),
        Mistake(
            "standard_error",
            "This is the interval of the normal formula. It is close, but asked are the percentiles of the draws: they need no formula and are lopsided where the data are.",
            paired(
                ENDS,
                "    half = 1.96 * gain.std(ddof=1) / np.sqrt(len(gain))\n    low, high = gain.mean() - half, gain.mean() + half\n",
            ),
        ),
        Mistake(
            "spread_of_the_draws",
            "You use 1.96 times the spread of the draws. It is close, but asked are their percentiles: they are lopsided where the data are.",
            paired(ENDS, "    half = 1.96 * means.std()\n    low, high = gain.mean() - half, gain.mean() + half\n"),
        ),
        Mistake(
            "mirrored_ends",
            "You mirror the percentiles around the estimate. That is another kind of interval (the basic bootstrap); asked are the percentiles themselves.",
            paired(
                ENDS,
                "    high, low = np.quantile(means, [0.025, 0.975])\n    low, high = 2 * gain.mean() - low, 2 * gain.mean() - high\n",
            ),
        ),
        Mistake(
            "median_user",
            "You take the median of each draw. Models are compared by the mean over users.",
            paired("gain[resamples].mean(axis=1)", "np.median(gain[resamples], axis=1)"),
        ),
        Mistake(
            "each_user_once",
            "You use each drawn user once. A user who is drawn twice counts twice: that is what the draw is for.",
            paired("gain[resamples].mean(axis=1)", "np.array([gain[np.unique(users)].mean() for users in resamples])"),
        ),
        Mistake(
            "ends_swapped",
            "The numbers are right, but the order is not: estimate, low end, high end.",
            paired("return gain.mean(), low, high", "return gain.mean(), high, low"),
        ),
        Mistake(
            "ends_before_the_estimate",
            "The numbers are right, but the order is not: first the estimate, then the two ends.",
            paired("return gain.mean(), low, high", "return low, gain.mean(), high"),
        ),
        Mistake(
            "distance_from_the_estimate",
            "You return how far the ends are from the estimate. Return the ends themselves.",
            paired("return gain.mean(), low, high", "return gain.mean(), gain.mean() - low, high - gain.mean()"),
        ),
    ),
    draw=draw_models,
    takeaway="Difference first, draw second: what makes a user easy for both models cancels before any spread is measured.",
)


def draw_slices(rng: np.random.Generator, number: int) -> tuple:
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


SLICES = """
import numpy as np


def worst_slice(slice_of, gain, least):
    found = {{}}
    for name in np.unique(slice_of):
        values = gain[slice_of == name]
        values = values[~np.isnan(values)]
        n = len(values)
        if {enough}:
            found[name] = {measure}
    worst = {pick}(found, key=found.get)
    values = gain[slice_of == worst]
    return str(worst), {support}, {mean}
"""


def slices(
    enough: str = "n >= least",
    measure: str = "values.mean()",
    pick: str = "min",
    support: str = "int((~np.isnan(values)).sum())",
    mean: str = "np.nanmean(values)",
) -> str:
    return SLICES.format(enough=enough, measure=measure, pick=pick, support=support, mean=mean)


WORST_SLICE = Definition(
    id="06.worst_slice",
    title="The worst slice",
    stub="""
def worst_slice(slice_of, gain, least):
    ...
""",
    hints=(
        "Users without a number cannot say anything. Take them out before you count anybody.",
        "For each slice you need two numbers: how many users have a gain, and their mean. Only slices with enough users may be "
        "named; of these, the one with the lowest mean.",
        "`pd.Series(gain).groupby(slice_of)` counts without NaN and averages without NaN. Keep the rows whose count is `least` or "
        "more, then `idxmin` of the mean.",
    ),
    solution=slices(),
    another="""
import pandas as pd


def worst_slice(slice_of, gain, least):
    table = pd.Series(gain).groupby(slice_of).agg(["count", "mean"])
    row = table[table["count"] >= least].sort_values("mean").iloc[0]
    return row.name, int(row["count"]), row["mean"]
""",
    mistakes=(
        Mistake(
            "ignores_the_support",
            "You name the slice with the lowest mean, however few users it has. The smallest slices are worst, and best, by chance: only those with at least `least` users may be named.",
            slices(enough="True"),
        ),
        Mistake(
            "undefined_users_count",
            "You count users without a number as support. They have nothing relevant, so they say nothing: count only those with a gain.",
            slices(enough="(slice_of == name).sum() >= least"),
        ),
        Mistake(
            "undefined_users_count_everywhere",
            "You count users without a number as support, in the test and in the result. They say nothing: count only those with a gain.",
            slices(enough="(slice_of == name).sum() >= least", support="len(values)"),
        ),
        Mistake(
            "support_with_undefined",
            "You name the right slice, but its support holds users without a number. Say how many users the mean rests on.",
            slices(support="len(values)"),
        ),
        Mistake(
            "undefined_is_zero",
            "You count a missing gain as no gain. A user with nothing relevant is not a user whom both models serve equally well: leave such users out.",
            SLICES.replace("    found", "    gain = np.nan_to_num(gain)\n    found", 1).format(
                enough="n >= least", measure="values.mean()", pick="min", support="len(values)", mean="values.mean()"
            ),
        ),
        Mistake(
            "undefined_spoils_the_mean",
            "The mean of a slice with one missing gain is no number in your answer. Leave out the users without a gain: `np.nanmean`.",
            slices(mean="values.mean()"),
        ),
        Mistake(
            "filled_with_the_mean",
            "You fill missing gains with the mean of all users, which makes small slices look larger and more alike. A user without a gain says nothing: leave such users out.",
            SLICES.replace(
                "    found", "    gain = np.where(np.isnan(gain), np.nanmean(gain), gain)\n    found", 1
            ).format(
                enough="n >= least", measure="values.mean()", pick="min", support="len(values)", mean="values.mean()"
            ),
        ),
        Mistake(
            "more_than_least",
            "A slice with exactly `least` users may be named, too: at least means that many or more.",
            slices(enough="n > least"),
        ),
        Mistake(
            "only_small_slices",
            "Your condition is the wrong way round: you keep the slices with too few users.",
            slices(enough="n < least"),
        ),
        Mistake(
            "best_slice",
            "This is the slice with the highest mean gain: the best one. Asked is the worst.",
            slices(pick="max"),
        ),
        Mistake(
            "closest_to_zero",
            "You name the slice whose mean gain is closest to zero. The worst one is the lowest, and it may be negative: do not take the absolute value.",
            slices(measure="abs(values.mean())"),
        ),
        Mistake(
            "largest_slice",
            "You name the slice with the most users. Asked is the one with the lowest mean gain.",
            slices(measure="-n"),
        ),
        Mistake(
            "fewest_users",
            "You name the smallest slice that is large enough. Asked is the one with the lowest mean gain.",
            slices(measure="n"),
        ),
        Mistake(
            "sum_instead_of_mean",
            "You add up the gains of a slice, so a large slice looks worse than a small one. Compare means.",
            slices(measure="values.sum()"),
        ),
        Mistake(
            "worst_single_user",
            "You name the slice of the user with the lowest gain. One user is not a slice: compare means.",
            slices(measure="values.min()"),
        ),
        Mistake(
            "median_of_the_slice",
            "You compare, or return, medians. The metric of a model is its mean over users, so is that of a slice.",
            slices(measure="np.median(values)", mean="np.nanmedian(values)"),
        ),
        Mistake(
            "returns_the_median",
            "You name the right slice, but the last number is its median gain. Return the mean.",
            slices(mean="np.nanmedian(values)"),
        ),
        Mistake(
            "returns_the_sum",
            "You name the right slice, but the last number is the sum of its gains. Return the mean.",
            slices(mean="np.nansum(values)"),
        ),
        Mistake(
            "divides_by_all_users",
            "You divide the sum of the gains by all users of the slice. Those without a number are not in the sum, so they must not be in the count.",
            slices(mean="np.nansum(values) / len(values)"),
        ),
        Mistake(
            "gap_to_the_others",
            "You return how far the slice is from the mean of all users. Return the slice's own mean gain.",
            slices(mean="np.nanmean(values) - np.nanmean(gain)"),
        ),
        Mistake(
            "share_instead_of_count",
            "You return the share of users. Support is a number of users: a share hides how few they are.",
            slices(support="(~np.isnan(values)).sum() / len(gain)"),
        ),
        Mistake(
            "mean_before_support",
            "The numbers are right, but the order is not: name, number of users, mean gain.",
            slices(support="np.nanmean(values)", mean="int((~np.isnan(values)).sum())"),
        ),
    ),
    draw=draw_slices,
    takeaway="Every slice comes with its support. The worst of many small slices is always bad, if only by chance.",
)


def draw_list(rng: np.random.Generator, number: int) -> tuple:
    n_items, n_genres, k = ((8, 3, 3), (40, 6, 8), (120, 10, 20))[number]
    low = (-0.5, 0.5, 0.3)[number]  # scores need not be positive, nor end at 1
    scores = rng.uniform(low, low + 0.4, size=n_items).round(4)
    if number == 1:
        scores[rng.integers(n_items)] = 1.6  # so good that it wins again and again, unless it is taken out
    genres = (rng.random((n_items, n_genres)) < 0.3) * rng.uniform(0.3, 2.0, size=(n_items, n_genres)).round(2)
    genres[np.arange(n_items), rng.integers(n_genres, size=n_items)] += 0.7  # no film without a genre
    if number == 2:  # the film with the middle score is like no other, so it enters the list
        genres = np.column_stack([genres, np.zeros(n_items)])
        genres[np.argsort(scores)[n_items // 2]] = np.eye(n_genres + 1)[-1]
    return scores, genres, round(rng.uniform((0.2, 0.15, 0.3)[number], (0.4, 0.25, 0.36)[number]), 3), k


RERANK = """
import numpy as np


def diverse_list(scores, vectors, dial, k):
    unit = {unit}
    closest = np.zeros(len(scores))
    chosen = []
    for place in range(k):
        value = {value}
        {taken}
        best = int(value.argmax())
        chosen.append(best)
        similarity = unit @ unit[best]
        closest = {closest}
    return {result}
"""


def rerank(
    unit: str = "vectors / np.linalg.norm(vectors, axis=1, keepdims=True)",
    value: str = "(1 - dial) * scores - dial * closest",
    taken: str = "value[chosen] = -np.inf",
    closest: str = "np.maximum(closest, similarity)",
    result: str = "np.array(chosen)",
) -> str:
    return RERANK.format(unit=unit, value=value, taken=taken, closest=closest, result=result)


DIVERSE_LIST = Definition(
    id="06.rerank",
    title="A list that does not repeat itself",
    stub="""
def diverse_list(scores, vectors, dial, k):
    ...
""",
    hints=(
        "The value of a film depends on what is in the list already, so it changes after each choice. Which part of the formula is it?",
        "Choose one film at a time. Keep, for each film, the largest cosine to any chosen film: zero at first, and after each choice the larger of "
        "what you have and the cosine to the new one.",
        "Divide each vector by its length once; then `unit @ unit[best]` gives the cosines of all films to film `best`. Update with `np.maximum`. Chosen "
        "films get the value minus infinity, so that `argmax` passes them by.",
    ),
    solution=rerank(),
    another="""
import numpy as np


def diverse_list(scores, vectors, dial, k):
    def cosine(i, j):
        return vectors[i] @ vectors[j] / np.sqrt((vectors[i] @ vectors[i]) * (vectors[j] @ vectors[j]))

    chosen = []
    left = set(range(len(scores)))
    while len(chosen) < k:
        new = {i: min((1 - cosine(i, j) for j in chosen), default=1.0) for i in left}  # how new film i is to the list
        best = max(left, key=lambda i: (1 - dial) * scores[i] + dial * new[i])
        chosen.append(best)
        left.remove(best)
    return chosen
""",
    mistakes=(
        Mistake(
            "best_scores_only",
            "These are the best scores: the dial does nothing. Subtract the dial times the similarity to what is chosen.",
            rerank(value="1.0 * scores"),
        ),
        Mistake(
            "looks_for_the_same",
            "You add the similarity, so each film is chosen because it is like the others. Subtract it.",
            rerank(value="(1 - dial) * scores + dial * closest"),
        ),
        Mistake(
            "only_the_last_film",
            "You compare with the film chosen last and forget the others, so the third film may repeat the first. Keep the largest cosine to *any* chosen film.",
            rerank(closest="similarity"),
        ),
        Mistake(
            "only_the_first_film",
            "You compare with the first film only. A film must differ from all that are chosen: update the similarity after each choice.",
            rerank(closest="similarity if place == 0 else closest"),
        ),
        Mistake(
            "mean_similarity",
            "You use the mean cosine to the chosen films. Asked is the largest: one near copy in the list is enough.",
            rerank(closest="(closest * place + similarity) / (place + 1)"),
        ),
        Mistake(
            "sum_of_similarities",
            "You add up the cosines, so the penalty grows with the length of the list. Asked is the largest one.",
            rerank(closest="closest + similarity"),
        ),
        Mistake(
            "smallest_similarity",
            "You use the smallest cosine to the chosen films. A film that differs from one of them may still be a copy of another: use the largest.",
            rerank(closest="similarity if place == 0 else np.minimum(closest, similarity)"),
        ),
        Mistake(
            "dial_the_wrong_way_round",
            "Your dial works the wrong way round: at 0 the scores do not count. They are weighted by 1 minus the dial, the similarity by the dial.",
            rerank(value="dial * scores - (1 - dial) * closest"),
        ),
        Mistake(
            "full_score",
            "The score keeps its full weight in your answer. The two weights sum to 1: give the score 1 minus the dial.",
            rerank(value="scores - dial * closest"),
        ),
        Mistake(
            "full_similarity",
            "The similarity has its full weight in your answer. Multiply it by the dial.",
            rerank(value="(1 - dial) * scores - closest"),
        ),
        Mistake(
            "ignores_the_dial",
            "You do not use the dial: score and similarity have the same weight. Weight them by 1 minus the dial and by the dial.",
            rerank(value="scores - closest"),
        ),
        Mistake(
            "scores_scaled_to_one",
            "You divide the scores by the largest one. In a real system that may be wise; here the formula uses the scores as they are.",
            rerank(value="(1 - dial) * scores / scores.max() - dial * closest"),
        ),
        Mistake(
            "scores_scaled_from_zero_to_one",
            "You stretch the scores to run from 0 to 1. In a real system that may be wise; here the formula uses the scores as they are.",
            rerank(value="(1 - dial) * (scores - scores.min()) / np.ptp(scores) - dial * closest"),
        ),
        Mistake(
            "penalty_multiplied",
            "You multiply the score by one minus the penalty. The formula subtracts: (1 - dial) times the score, minus the dial times the cosine.",
            rerank(value="scores * (1 - dial * closest)"),
        ),
        Mistake(
            "distance_for_cosine",
            "You use the distance between the vectors. It depends on their lengths; asked is the cosine, which does not.",
            """
import numpy as np


def diverse_list(scores, vectors, dial, k):
    chosen = [int(scores.argmax())]
    while len(chosen) < k:
        apart = np.linalg.norm(vectors[:, None] - vectors[chosen], axis=2).min(axis=1)
        value = (1 - dial) * scores + dial * apart
        value[chosen] = -np.inf
        chosen.append(int(value.argmax()))
    return np.array(chosen)
""",
        ),
        Mistake(
            "similarity_to_the_average",
            "You compare with the average of the chosen films. A film can be far from the average and still be a copy of one of them: use the largest cosine.",
            """
import numpy as np


def diverse_list(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    chosen = [int(scores.argmax())]
    while len(chosen) < k:
        centre = unit[chosen].mean(axis=0)
        value = (1 - dial) * scores - dial * (unit @ centre) / np.linalg.norm(centre)
        value[chosen] = -np.inf
        chosen.append(int(value.argmax()))
    return np.array(chosen)
""",
        ),
        Mistake(
            "starts_with_film_zero",
            "Your list starts with film 0. The first choice has nothing to be compared with, so it is the film with the best score.",
            rerank(value="(1 - dial) * scores - dial * closest if place else -np.arange(len(scores), dtype=float)"),
        ),
        Mistake(
            "inner_product",
            "You use the inner product. Films with long vectors (many genres) then look close to everything: divide by the lengths to get the cosine.",
            rerank(unit="vectors"),
        ),
        Mistake(
            "divides_by_one_length",
            "You divide by the length of one of the two vectors only. The cosine divides by both.",
            rerank(unit="vectors / np.sqrt(np.linalg.norm(vectors, axis=1, keepdims=True))"),
        ),
        Mistake(
            "may_choose_a_film_again",
            "A film comes twice in your list. The penalty alone does not keep a chosen film out: exclude it.",
            rerank(taken="pass"),
        ),
        Mistake(
            "taken_out_with_zero",
            "You give chosen films the value 0. Where all other values are negative, 0 is the largest, and they are chosen again: use minus infinity.",
            rerank(taken="value[chosen] = 0"),
        ),
        Mistake(
            "not_one_at_a_time",
            "You compute all values once, against the best film, and sort. After each choice the list is another one, so the values change: choose one at a time.",
            """
import numpy as np


def diverse_list(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    value = (1 - dial) * scores - dial * (unit @ unit[scores.argmax()])
    return np.argsort(-value)[:k]
""",
        ),
        Mistake(
            "compares_with_all_films",
            "You compare each film with all films, chosen or not. What is not in the list cannot be repeated: compare with the chosen ones.",
            """
import numpy as np


def diverse_list(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    similarity = unit @ unit.T
    np.fill_diagonal(similarity, 0)
    return np.argsort(-((1 - dial) * scores - dial * similarity.max(axis=1)))[:k]
""",
        ),
        Mistake(
            "mean_over_all_films",
            "You use the mean cosine to all films, once. The penalty is about what is in the list already: one film at a time, against the chosen ones.",
            """
import numpy as np


def diverse_list(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    return np.argsort(-((1 - dial) * scores - dial * (unit @ unit.T).mean(axis=1)))[:k]
""",
        ),
        Mistake(
            "only_among_the_best",
            "You reorder the films with the k best scores. A film from below may enter the list: choose among all of them.",
            """
import numpy as np


def diverse_list(scores, vectors, dial, k):
    unit = vectors / np.linalg.norm(vectors, axis=1, keepdims=True)
    closest = np.where(scores >= np.sort(scores)[-k], 0.0, np.inf)
    chosen = []
    for place in range(k):
        value = (1 - dial) * scores - dial * closest
        value[chosen] = -np.inf
        best = int(value.argmax())
        chosen.append(best)
        closest = np.maximum(closest, unit @ unit[best])
    return np.array(chosen)
""",
        ),
        Mistake(
            "sorted_by_number",
            "The films are right, but not their order: return them as they were chosen, the best first.",
            rerank(result="np.sort(chosen)"),
        ),
        Mistake(
            "sorted_by_score",
            "The films are right, but you sort them by score. Return them in the order in which they were chosen.",
            rerank(result="np.array(sorted(chosen, key=lambda i: -scores[i]))"),
        ),
        Mistake(
            "last_first",
            "The films are right, but the last choice stands first. Return them in the order in which they were chosen.",
            rerank(result="np.array(chosen)[::-1]"),
        ),
        Mistake(
            "scores_instead_of_films",
            "You return the scores of the chosen films. Return which films they are: their numbers.",
            rerank(result="scores[chosen]"),
        ),
    ),
    draw=draw_list,
    takeaway="One choice at a time is what makes it cheap: each new film needs its cosines to the candidates once, not a search over all lists.",
)

EXERCISES = (PAIRED_INTERVAL, WORST_SLICE, DIVERSE_LIST)
