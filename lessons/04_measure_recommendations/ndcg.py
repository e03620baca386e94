"""nDCG of one list."""

import math

import numpy as np

from mlpipe.course.definition import edit, wrong

core = True
hints = (
    (
        "Two sums: the credit of this list, and the credit of the best list that this user could get. How many "
        "hits has the best list?"
    ),
    (
        "Mark which of the first k places hold a relevant film, and give place p the credit 1 / log2(p + 1). The "
        "best list has its hits on top: one for each relevant film, but not more than k."
    ),
    (
        "`np.isin` marks the hits, `np.arange(2, k + 2)` is what stands in the logarithm. Add up the discounts "
        "where there is a hit, and divide by the sum of the *first few* discounts. How few: see the hint before."
    ),
)
takeaway = (
    "What a user could get at best is part of the metric. When two tools disagree about nDCG, compare their "
    "ideal lists first."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_items, length, k, n_relevant = ((30, 8, 5, 3), (200, 30, 10, 17), (2_000, 60, 20, 6))[number]
    names = rng.choice(n_items, size=length + n_relevant, replace=False)
    recommended = names[:length]
    # Hits among the first k, the last at place k but none at the first; below them one at k + 1: the cut must be exact.
    inside = (2, 4, 3)[number]
    below = min(2, n_relevant - inside)
    while True:
        at = np.sort(rng.choice(k, size=inside, replace=False))
        if at[0] > 0 and at[-1] == k - 1:
            break
    found = np.concatenate([recommended[at], recommended[[k, k + 2][:below]]])
    missed = names[length : length + n_relevant - len(found)]
    return recommended, rng.permutation(np.concatenate([found, missed])), k


def ndcg(recommended, relevant, k):
    hits = np.isin(recommended[:k], relevant)
    discount = 1 / np.log2(np.arange(2, k + 2))
    ideal = discount[: len(relevant)].sum()
    return (hits * discount).sum() / ideal


def another(recommended, relevant, k):
    wanted = set(relevant.tolist())
    gain = 0.0
    for place, film in enumerate(recommended.tolist()[:k], start=1):
        if film in wanted:
            gain += 1 / math.log2(place + 1)
    best = sum(1 / math.log2(place + 1) for place in range(1, min(k, len(wanted)) + 1))
    return gain / best


def hits_beyond_k(recommended, relevant, k):
    hits = np.isin(recommended, relevant)
    discount = 1 / np.log2(np.arange(2, len(recommended) + 2))
    return (hits * discount).sum() / discount[: min(k, len(relevant))].sum()


def order_of_the_relevant(recommended, relevant, k):
    shown = np.isin(relevant, recommended[:k])
    discount = 1 / np.log2(np.arange(2, len(relevant) + 2))
    return (shown * discount).sum() / discount[:k].sum()


mistakes = [
    edit(
        " / ideal",
        "",
        "not_normalised",
        (
            "This is DCG, the credit of the list. Divide by the credit of the ideal list, so that a perfect list "
            "scores 1 for every user."
        ),
    ),
    edit(
        "[: len(relevant)]",
        "",
        "ideal_always_has_k_hits",
        (
            "Your ideal list has a hit at each of the k places. A user with three relevant films cannot have more "
            "than three hits: even a perfect list would score below 1."
        ),
    ),
    edit(
        "len(relevant",
        "hits.sum(",
        "ideal_of_its_own_hits",
        (
            "Your ideal list only sorts the hits that were found to the top. A list that misses most of what is "
            "relevant then looks perfect. Count all relevant films."
        ),
    ),
    edit(
        "discount[:",
        "(1 / np.log2(np.arange(2,",
        "ideal_longer_than_k",
        (
            "Your ideal list has a hit for every relevant film, also beyond place k. Nobody can show more than k: "
            "cap it."
        ),
        also=(("].", " + 2)))."),),
    ),
    edit(
        "arange(2, k +",
        "maximum(np.arange(1, k + 1),",
        "first_two_places_equal",
        (
            "Your discount starts late: places 1 and 2 both count in full. An old definition does so. Here place p "
            "gets 1 / log2(p + 1)."
        ),
    ),
    edit(
        "2, k + 2",
        "3, k + 3",
        "places_counted_one_too_far",
        (
            "Your discount is one place too far: the first place gets 1 / log2(3). It has to get 1 / log2(2), "
            "which is 1."
        ),
    ),
    edit(
        "log2(np.arange(2",
        "arange(1",
        "discount_one_over_place",
        (
            "You discount by 1 / p, as the reciprocal rank does. nDCG discounts more gently, by the logarithm: 1 / "
            "log2(p + 1)."
        ),
        also=(("2)", "1"),),
    ),
    edit(
        "1 / np.log2(np.arange(2, k + 2)",
        "np.ones(k",
        "no_discount",
        (
            "You count the hits, wherever they stand. Then the order does not matter: give place p the credit 1 / "
            "log2(p + 1)."
        ),
    ),
    edit(
        "discount)",
        "discount[::-1])",
        "worst_place_first",
        "Your discount is upside down: the last place counts most. `recommended` has the best first.",
    ),
    edit(
        ":\n    ",
        ":\n    k = len(recommended)\n    ",
        "whole_list_counts",
        "You use the whole list, for the credit and for the ideal. Only the first k places are seen.",
    ),
    wrong(
        hits_beyond_k,
        (
            "You add the credit of hits beyond place k, while your ideal list has k places. Only the first k "
            "places are seen."
        ),
    ),
    edit(
        ").",
        ")[: k - 1].",
        "one_place_short",
        (
            "Your credit stops one place before k: a hit at place k is not counted. In Python, `[:k]` takes the "
            "places 1 to k."
        ),
    ),
    edit(
        "k]",
        " k + 1]",
        "one_place_too_many",
        "Your credit runs to place k + 1. Only the first k places are seen.",
        also=(
            ("2))\n    ideal = discount[: len(relevant)].sum(", "3)"),
            ("ideal\n", "discount[: min(k, len(relevant))].sum()\n"),
        ),
    ),
    edit(
        "discount)",
        "np.cumsum(hits) / np.arange(1, k + 1))",
        "average_precision_instead",
        (
            "This is average precision. nDCG weighs a hit by its own place only, and divides by the credit of the "
            "ideal list."
        ),
        also=(("ideal\n", "min(k, len(relevant))\n"),),
    ),
    edit(
        "discount[: len(relevant)].sum(",
        "len(relevant",
        "divides_by_the_number_relevant",
        (
            "You divide by the number of relevant films. The best possible credit is smaller, because places below "
            "the first count less: divide by the credit of the ideal list."
        ),
    ),
    edit(
        "discount[:",
        "min(k,",
        "divides_by_a_number_of_places",
        (
            "You divide by min(k, number relevant). That is how many hits are possible; divide by their "
            "*discounted* credit."
        ),
        also=(("].sum(", ""),),
    ),
    edit(
        "discount[: len(relevant)]",
        "hits",
        "divides_by_the_hits",
        (
            "You divide by the number of hits. Then a list with one hit on top is perfect, however much it misses. "
            "Divide by the credit of the ideal list."
        ),
    ),
    edit(
        "discount[: len(relevant)].sum()",
        "k",
        "divides_by_k",
        "You divide by k. Divide by the credit of the ideal list: what a perfect list would get for this user.",
    ),
    edit(
        "log2",
        "log",
        "two_different_logarithms",
        (
            "Your two sums use different logarithms. Any base will do, because it cancels, but it must be the same "
            "in both."
        ),
        also=(
            ("discount[:", "(1 / np.log2(np.arange(2, min(k,"),
            ("].", ") + 2)))."),
        ),
    ),
    edit(
        "discount[:",
        "(1 / np.log(np.arange(2, min(k,",
        "ideal_in_natural_logarithms",
        (
            "Your credit is in log2 and your ideal in natural logarithms. Any base will do, because it cancels, "
            "but it must be the same in both."
        ),
        also=(("].", ") + 2)))."),),
    ),
    wrong(
        order_of_the_relevant,
        (
            "You walk through `relevant` and discount by the place there. That order means nothing: what counts is "
            "the place in the list that was shown."
        ),
    ),
    edit(
        "(hits * discount).sum() / ideal",
        "hits.mean()",
        "precision_instead",
        "This is precision: the share of the first k places that are hits. nDCG weighs each hit by its place.",
    ),
    edit(
        "(hits * discount)",
        "hits",
        "recall_instead",
        "This is recall: the share of the relevant films that was found. nDCG weighs each hit by its place.",
        also=(("ideal\n", "len(relevant)\n"),),
    ),
]
