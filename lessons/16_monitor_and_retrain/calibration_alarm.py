"""Calibration of ripe labels, as a z-value."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "Which rows can be judged at the moment `now`? And what is a click that is reported later?",
    "A row is ripe when `wait` hours have passed since it was shown. Its label is whether a click was reported within "
    "`wait` hours. The variance of the clicks is the sum of p (1 - p).",
    "`ripe = shown <= now - wait`, `clicked = reported - shown <= wait` (a comparison with nan is False); then clicks "
    "less promised clicks of the ripe rows, over the root of the sum of their variances.",
)
takeaway = (
    "A ratio of 1.1 is nothing at ten clicks and an alarm at ten thousand: z knows n. And all rows are judged at the "
    "same age, so that the youngest do not look worse."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n, now, wait = ((9, 30.0, 6.0), (150, 100.0, 24.0), (2000, 200.0, 12.0))[number]
    shown = rng.uniform(0, now, n).round(2)
    p = rng.uniform(0.05, 0.6, n).round(3)
    delay = rng.exponential(wait / 2, n).round(2)
    reported = np.where(rng.random(n) < 0.8 * p, (shown + delay).round(2), np.nan)
    # just ripe; too young, and clicked; reported late; in time; just in time
    shown[:5] = now - wait, now - 1.0, 1.0, 2.0, 3.0
    reported[:5] = np.nan, now - 0.5, 1.0 + wait + 1.5, 2.5, 3.0 + wait
    order = rng.permutation(n)
    return p[order], shown[order], reported[order], now, wait


def calibration_alarm(p, shown, reported, now, wait):
    ripe = shown <= now - wait
    clicked = reported - shown <= wait
    gap = clicked[ripe].sum() - p[ripe].sum()
    return gap / np.sqrt((p[ripe] * (1 - p[ripe])).sum())


def another(p, shown, reported, now, wait):
    gap = variance = 0.0
    for row in range(len(p)):
        if now - shown[row] >= wait:
            gap += float(reported[row] <= shown[row] + wait) - p[row]
            variance += p[row] - p[row] ** 2
    return gap / variance**0.5


mistakes = [
    edit(
        "shown <= now - wait",
        "shown <= now",
        "unripe_labels_kept",
        "You judge rows that were shown a moment ago. Their clicks are not reported yet, and the model seems to promise "
        "too much. Leave out what is younger than `wait`.",
    ),
    edit(
        "reported - shown <= wait",
        "reported <= now",
        "labels_of_different_age",
        "You count all clicks that are known now: an old row has had more time for its click than a young one. Count "
        "those that were reported within `wait`, for every row.",
    ),
    edit(
        "gap / np.sqrt((p[ripe] * (1 - p[ripe])).sum())",
        "p[ripe].sum() / clicked[ripe].sum()",
        "ratio_without_n",
        "That is the ratio of promised to real clicks. It does not know how many rows it rests on: 1.1 may be luck or "
        "an alarm. Divide the difference by its standard deviation.",
    ),
    edit(
        "gap / np.sqrt((p[ripe] * (1 - p[ripe])).sum())",
        "gap / np.sqrt(ripe.sum() * p[ripe].mean() * (1 - p[ripe].mean()))",
        "variance_of_the_mean",
        "You take the variance of rows that all have the mean probability. It is too large where probabilities differ: "
        "add up p (1 - p) row by row.",
    ),
    edit(
        "clicked[ripe].sum() - p[ripe].sum()",
        "p[ripe].sum() - clicked[ripe].sum()",
        "sign_the_wrong_way",
        "The sign is the wrong way round: below 0 is to mean that fewer clicks came than promised.",
    ),
    edit(
        "gap / np.sqrt((p[ripe] * (1 - p[ripe])).sum())",
        "gap / (p[ripe] * (1 - p[ripe])).sum()",
        "divides_by_the_variance",
        "You divide by the variance. A z-value is in standard deviations: take the root.",
    ),
    edit(
        "shown <= now - wait",
        "~np.isnan(reported) | (shown <= now - wait)",
        "young_clicks_kept",
        "You leave out young rows without a click, and keep those with one. That choice follows the label: it makes the "
        "model look too low. Leave out all that are young.",
    ),
]
