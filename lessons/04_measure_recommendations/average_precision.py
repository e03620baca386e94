"""Average precision."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    "Walk down the list. At each hit, stop and ask: which share of the list so far is good?",
    (
        "Precision at place p is the number of hits up to p, over p. Take it at the hits only and add up. The "
        "divisor is not the number of hits: what was not found has to cost something."
    ),
    (
        "`np.cumsum` of the hits counts them on the way down; divide by 1, 2, 3, ... Keep the places where `hits` "
        "is true, and divide their sum by the number of hits that a perfect list of k would have."
    ),
)
takeaway = (
    "The mean of this over users is MAP. Its divisor differs between libraries, so a MAP without its "
    "definition cannot be compared."
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


def average_precision(recommended, relevant, k):
    hits = np.isin(recommended[:k], relevant)
    place = np.arange(1, k + 1)
    precision = np.cumsum(hits) / place
    return (precision * hits).sum() / min(k, len(relevant))


def another(recommended, relevant, k):
    wanted = set(relevant.tolist())
    found, total = 0, 0.0
    for place, film in enumerate(recommended.tolist()[:k], start=1):
        if film in wanted:
            found += 1
            total += found / place
    return total / (k if len(wanted) > k else len(wanted))


def whole_list_by_the_hits(recommended, relevant, k):
    hits = np.isin(recommended, relevant)
    precision = np.cumsum(hits) / np.arange(1, len(recommended) + 1)
    return precision[hits].mean()


def order_of_the_relevant(recommended, relevant, k):
    shown = np.isin(relevant, recommended[:k])
    precision = np.cumsum(shown) / np.arange(1, len(relevant) + 1)
    return (precision * shown).sum() / min(k, len(relevant))


def ndcg_instead(recommended, relevant, k):
    hits = np.isin(recommended[:k], relevant)
    discount = 1 / np.log2(np.arange(2, k + 2))
    return (hits * discount).sum() / discount[: len(relevant)].sum()


mistakes = [
    edit(
        "min(k, len(relevant)",
        "hits.sum(",
        "divides_by_the_hits",
        (
            "You divide by the number of hits, so what the list misses costs nothing: one hit on top would be "
            "perfect. Divide by min(k, number relevant)."
        ),
    ),
    edit(
        "min(k, len(relevant))",
        "k",
        "divides_by_k",
        (
            "You divide by k. A user with fewer relevant films than k could never reach 1: divide by min(k, number "
            "relevant)."
        ),
    ),
    edit(
        "min(k, len(relevant))",
        "len(relevant)",
        "divisor_not_capped",
        (
            "You divide by the number relevant, also where it is larger than k. Some libraries do so, but then a "
            "perfect list of k scores below 1. Cap the divisor at k."
        ),
    ),
    edit(
        "min",
        "max",
        "divisor_is_the_larger_one",
        (
            "You divide by the larger of k and the number relevant. A perfect list has as many hits as the "
            "*smaller* of the two."
        ),
    ),
    edit(
        " / min(k, len(relevant))",
        "",
        "not_divided",
        "You add the precisions up and do not divide, so a user with many relevant films can exceed 1.",
    ),
    edit(
        "(precision * hits).sum() / min(k, len(relevant))",
        "precision.mean()",
        "mean_over_every_place",
        (
            "You average the precision over every place. Take it at the hits only: places between them are no "
            "reason to stop."
        ),
    ),
    edit(
        "(precision * hits)",
        "precision",
        "adds_up_every_place",
        "Your divisor is right, but you add the precision of every place, hit or not. Take it at the hits only.",
    ),
    edit(
        "np.cumsum(hits)",
        "1",
        "one_over_place_at_each_hit",
        (
            "You give each hit 1 / p. Precision at place p counts all hits up to p: the second hit at place 4 is "
            "worth 2/4."
        ),
    ),
    edit(
        "np.cumsum(",
        "(np.cumsum(hits) - ",
        "precision_before_the_hit",
        (
            "Your precision at a hit does not count the hit itself. It is the share of good films among the first "
            "p, place p included."
        ),
    ),
    edit(
        "place\n    ",
        "(place + 1)\n    ",
        "places_counted_one_too_far",
        "You divide by p + 1 at place p, so even a perfect list scores below 1. At the first place the divisor is 1.",
    ),
    edit(
        "place\n    ",
        "len(relevant)\n    ",
        "recall_at_each_hit",
        (
            "At each hit you take the share of the relevant films found so far: that is recall. Precision divides "
            "by the place."
        ),
    ),
    edit(
        "(precision * hits).sum() / min(k, len(relevant))",
        "hits.mean()",
        "precision_at_k_only",
        "This is precision at k. It does not see the order: take the precision at the place of each hit.",
    ),
    edit(
        "(precision * hits).sum() / min(k, len(relevant))",
        "1 / place[hits][0]",
        "first_hit_only",
        "This is the reciprocal rank: only the first hit counts. Average precision counts them all.",
    ),
    edit(
        ":\n    ",
        ":\n    k = len(recommended)\n    ",
        "whole_list_counts",
        "You walk down the whole list, with a divisor to match. Only the first k places are seen.",
    ),
    edit(
        "[:k], relevant)\n    place = np.arange(1, k + 1",
        ", relevant",
        "hits_beyond_k",
        "You count hits beyond place k. Only the first k places are seen.",
        also=(("place\n    ", "np.arange(1, len(recommended) + 1)\n    "),),
    ),
    edit(
        ").",
        ")[: k - 1].",
        "one_place_short",
        "You stop one place before k: a hit at place k is not counted. In Python, `[:k]` takes the places 1 to k.",
    ),
    wrong(
        whole_list_by_the_hits,
        (
            "You walk down the whole list and divide by its hits. Cut the list at k, and divide by min(k, number "
            "relevant)."
        ),
    ),
    wrong(
        order_of_the_relevant,
        "You walk through `relevant`. Its order means nothing: walk down the list that was shown.",
    ),
    edit(
        "(precision * hits)",
        "hits",
        "recall_instead",
        (
            "This is recall: the share of the relevant films that was found. It does not see the order: take the "
            "precision at the place of each hit."
        ),
        also=(("min(k, len(relevant))", "len(relevant)"),),
    ),
    wrong(
        ndcg_instead,
        (
            "This is nDCG. Average precision has no logarithm: at each hit, take the number of hits so far over "
            "the place."
        ),
    ),
]
