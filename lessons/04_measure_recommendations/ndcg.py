"""nDCG of one list."""

import math

import numpy as np

from mlpipe.course.definition import edit

core = True
hints = (
    "Two sums: the credit of this list, and the credit of the best list "
    "that this user could get. How many hits has the best list?",
    "Mark which of the first k places hold a relevant film, and give place p the credit 1 / log2(p + "
    "1). The best list has its hits on top: one for each relevant film, but not more than k.",
    "`np.isin` marks the hits, `np.arange(2, k + 2)` is what stands in the logarithm. Add up the discounts where "
    "there is a hit, and divide by the sum of the *first few* discounts. How few: see the hint before.",
)
takeaway = (
    "What a user could get at best is part of the metric. When two tools "
    "disagree about nDCG, compare their ideal lists first."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_items, length, k, n_relevant, n_hits = ((30, 8, 5, 3, 2), (200, 30, 10, 17, 4), (2_000, 60, 20, 6, 3))[number]
    names = rng.choice(n_items, size=length + n_relevant, replace=False)  # the list, then what it misses
    # Hits among the first k: one at place k, none at the first. Others below, the first of them at k + 1.
    found = [*rng.choice(np.arange(1, k - 1), size=n_hits - 1, replace=False), k - 1, k, k + 2][:n_relevant]
    relevant = names[[*found, *range(length, length + n_relevant - len(found))]]
    return names[:length], rng.permutation(relevant), k


def ndcg(recommended, relevant, k):
    hits = np.isin(recommended[:k], relevant)
    discount = 1 / np.log2(np.arange(2, k + 2))
    ideal = discount[: len(relevant)].sum()
    return (hits * discount).sum() / ideal


def another(recommended, relevant, k):
    gain = sum(1 / math.log2(place + 1) for place, film in enumerate(recommended[:k], start=1) if film in relevant)
    best = sum(1 / math.log2(place + 1) for place in range(1, min(k, len(relevant)) + 1))
    return gain / best


equivalent = {
    "discount = 2 / np.log2(np.arange(2, k + 2))": "a ratio: both sums are doubled",
    "discount = 1 / np.log(np.arange(2, k + 2))": "a ratio: the base of the logarithm cancels",
    "discount = 1 / np.log10(np.arange(2, k + 2))": "a ratio: the base of the logarithm cancels",
}


mistakes = [
    edit(
        "(hits * discount).sum() / ideal",
        "(hits * discount).sum()",
        "not_normalised",
        "This is DCG, the credit of the list. Divide by the credit of the "
        "ideal list, so that a perfect list scores 1 for every user.",
    ),
    edit(
        "discount[: len(relevant)].sum()",
        "discount.sum()",
        "ideal_always_has_k_hits",
        "Your ideal list has a hit at each of the k places. A user with three relevant films "
        "cannot have more than three hits: even a perfect list would score below 1.",
    ),
    edit(
        "discount[: len(relevant)].sum()",
        "discount[: hits.sum()].sum()",
        "ideal_of_its_own_hits",
        "Your ideal list only sorts the hits that were found to the top. A list that misses "
        "most of what is relevant then looks perfect. Count all relevant films.",
    ),
    edit(
        "discount[: len(relevant)].sum()",
        "(1 / np.log2(np.arange(2, len(relevant) + 2))).sum()",
        "ideal_longer_than_k",
        "Your ideal list has a hit for every relevant film, also beyond place k. Nobody can show more than k: cap it.",
    ),
    edit(
        "discount[: len(relevant)].sum()",
        "len(relevant)",
        "divides_by_the_number_relevant",
        "You divide by the number of relevant films. The best possible credit is smaller, because "
        "places below the first count less: divide by the credit of the ideal list.",
    ),
    edit(
        "np.arange(2, k + 2)",
        "np.arange(3, k + 3)",
        "places_counted_one_too_far",
        "Your discount is one place too far: the first place gets 1 / log2(3). It has to get 1 / log2(2), which is 1.",
    ),
    edit(
        "np.arange(2, k + 2)",
        "np.maximum(np.arange(1, k + 1), 2)",
        "first_two_places_equal",
        "Your discount starts late: places 1 and 2 both count in full. An old "
        "definition does so. Here place p gets 1 / log2(p + 1).",
    ),
    edit(
        "1 / np.log2(np.arange(2, k + 2))",
        "1 / np.arange(1, k + 1)",
        "discount_one_over_place",
        "You discount by 1 / p, as the reciprocal rank does. nDCG "
        "discounts more gently, by the logarithm: 1 / log2(p + 1).",
    ),
]
