"""Average precision."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "Walk down the list. At each hit, stop and ask: which share of the list so far is good?",
    "Precision at place p is the number of hits up to p, over p. Take it at the hits only and add "
    "up. The divisor is not the number of hits: what was not found has to cost something.",
    "`np.cumsum` of the hits counts them on the way down; divide by 1, 2, 3, ... Keep the places where "
    "`hits` is true, and divide their sum by the number of hits that a perfect list of k would have.",
)
takeaway = (
    "The mean of this over users is MAP. Its divisor differs between "
    "libraries, so a MAP without its definition cannot be compared."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_items, length, k, n_relevant, n_hits = ((25, 7, 4, 3, 2), (150, 25, 10, 16, 4), (1_000, 50, 20, 7, 3))[number]
    names = rng.choice(n_items, size=length + n_relevant, replace=False)  # the list, then what it misses
    # Hits among the first k: one at place k, none at the first. Others below, the first of them at k + 1.
    found = [*rng.choice(np.arange(1, k - 1), size=n_hits - 1, replace=False), k - 1, k, k + 2][:n_relevant]
    relevant = names[[*found, *range(length, length + n_relevant - len(found))]]
    return names[:length], rng.permutation(relevant), k


def average_precision(recommended, relevant, k):
    hits = np.isin(recommended[:k], relevant)
    place = np.arange(1, len(hits) + 1)
    precision = np.cumsum(hits) / place
    return (precision * hits).sum() / min(k, len(relevant))


def another(recommended, relevant, k):
    places = [place for place, film in enumerate(recommended[:k], start=1) if film in relevant]
    precisions = [found / place for found, place in enumerate(places, start=1)]
    return sum(precisions) / min(k, len(relevant))


mistakes = [
    edit(
        "min(k, len(relevant))",
        "hits.sum()",
        "divides_by_the_hits",
        "You divide by the number of hits, so what the list misses costs nothing: one "
        "hit on top would be perfect. Divide by min(k, number relevant).",
    ),
    edit(
        "min(k, len(relevant))",
        "k",
        "divides_by_k",
        "You divide by k. A user with fewer relevant films than k could "
        "never reach 1: divide by min(k, number relevant).",
    ),
    edit(
        "min(k, len(relevant))",
        "len(relevant)",
        "divisor_not_capped",
        "You divide by the number relevant, also where it is larger than k. Some libraries do "
        "so, but then a perfect list of k scores below 1. Cap the divisor at k.",
    ),
    edit(
        "(precision * hits).sum()",
        "precision.sum()",
        "adds_up_every_place",
        "Your divisor is right, but you add the precision of every place, hit or not. Take it at the hits only.",
    ),
    edit(
        "np.cumsum(hits) / place",
        "1 / place",
        "one_over_place_at_each_hit",
        "You give each hit 1 / p. Precision at place p counts all hits "
        "up to p: the second hit at place 4 is worth 2/4.",
    ),
    edit(
        "(precision * hits).sum() / min(k, len(relevant))",
        "hits.mean()",
        "precision_at_k_only",
        "This is precision at k. It does not see the order: take the precision at the place of each hit.",
    ),
    edit(
        "recommended[:k]",
        "recommended",
        "hits_beyond_k",
        "You count hits beyond place k. Only the first k places are seen.",
    ),
]
