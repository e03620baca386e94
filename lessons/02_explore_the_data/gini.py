"""The Gini coefficient."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "Which items of the catalogue are missing from `counts`? What is their count?",
    "The formula runs over all items of the catalogue, from the smallest "
    "count to the largest, and $i$ is the place in that order.",
    "Append `n_items - len(counts)` zeros, `np.sort`, make the places with `np.arange` (they "
    "begin at 1), and write the sum of the formula as a product of two arrays.",
)
takeaway = "What was never shown belongs in the sum: a recommender looks fair when its zeros are left out."


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_counted, n_unseen = ((5, 3), (40, 20), (300, 100))[number]
    n_items = n_counted + n_unseen + int(rng.integers(0, n_unseen))
    counts = np.sort(rng.geometric(0.15, size=n_counted))
    counts[-1] += 30
    counts = rng.permutation(counts)
    while counts.argmax() in (0, n_counted - 1):  # then they are neither in order nor in the opposite order
        counts = rng.permutation(counts)
    return counts, n_items


def gini(counts, n_items):
    unseen = np.zeros(n_items - len(counts))
    x = np.sort(np.append(counts, unseen))
    n = len(x)
    i = np.arange(1, n + 1)
    return ((2 * i - n - 1) * x).sum() / (n * x.sum())


def another(counts, n_items):
    held = np.cumsum(np.sort(counts)) / counts.sum()  # the Lorenz curve; where nothing was shown it adds 0
    return (n_items + 1 - 2 * held.sum()) / n_items


equivalent = {"x = np.sort(np.append(unseen, counts))": "sorted, the zeros come first in either case"}


mistakes = [
    edit(
        "np.append(counts, unseen)",
        "counts",
        "forgets_items_never_shown",
        "You leave out the items that were never recommended. They count with 0, and make the spread more unequal.",
    ),
    edit(
        "np.sort(np.append(counts, unseen))",
        "np.append(counts, unseen)",
        "counts_not_sorted",
        "You use the counts in the order given. In the formula, $i$ is the place in the order of the counts.",
    ),
    edit(
        "np.sort(np.append(counts, unseen))",
        "np.append(np.sort(counts), unseen)",
        "zeros_after_sorting",
        "Your smallest counted item has place 1, but that place belongs to an item never shown. "
        "Append the zeros first and sort then, so that they hold the first places.",
    ),
    edit(
        "np.sort(np.append(counts, unseen))",
        "np.sort(np.append(counts, unseen))[::-1]",
        "largest_first",
        "You sort from the largest count. The sign shows it: start with the smallest.",
    ),
    edit(
        "np.arange(1, n + 1)",
        "np.arange(n)",
        "places_start_at_zero",
        "Your places begin at 0, but the formula counts from 1.",
    ),
    edit(
        "n * x.sum()",
        "2 * n * x.sum()",
        "area_not_doubled",
        "You return half of it: the Gini coefficient is twice the area between the curve and the diagonal.",
    ),
    edit(
        "n * x.sum()",
        "(n - 1) * x.sum()",
        "corrected_for_n",
        "You divide by n - 1 in place of n. That is the version "
        "corrected for small catalogues; the formula above is not.",
    ),
    edit(
        "return (",
        "return 1 - (",
        "one_minus_gini",
        "You return 1 minus G. G is 0 where all items are shown alike, and near 1 where one item has it all.",
    ),
]
