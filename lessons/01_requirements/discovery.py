"""Hits that are not obvious."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "Start with the items to leave out: which are the `head` most popular ones?",
    "Sort item numbers by popularity, largest first, with a stable sort so that ties keep the order of the "
    "numbers. An item counts when it is shown, liked, and not among the first `head` of that order.",
    "`np.argsort(-popularity, kind='stable')` gives the order, and `np.isin(a, b)` tells which items of `a` are in "
    "`b`. You need it twice: once for what was liked, once for the head. What is the share of a list?",
)
takeaway = "A list can be precise and discover nothing: popularity is exactly that."


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_items, n_middle, head = ((20, 2, 6), (80, 9, 20), (400, 14, 100))[number]
    items = rng.permutation(n_items)
    edge = np.sort(items[head - 2 : head + 4])  # six tied items; the two lowest numbers belong to the head
    popularity = np.full(n_items, 3)
    popularity[items[: head - 2]] = rng.integers(8, 12, size=head - 2)
    popularity[items[0]] = 12  # the most popular one is a hit
    popularity[edge] = 6
    popularity[items[-head:]] = 1
    # Each group has another number of hits, so that no mistake hides behind another one.
    top, middle, tail = items[:4], items[head + 4 : head + 4 + n_middle], items[-1:]
    shown = np.concatenate([top, edge, middle, tail])
    liked = np.concatenate([top[:3], edge[:4], middle[::2], tail, items[-5:-2]])
    return rng.permutation(shown), rng.permutation(liked), popularity, head


def discovery(shown, liked, popularity, head):
    order = np.argsort(-popularity, kind="stable")
    obvious = np.isin(shown, order[:head])
    hit = np.isin(shown, liked)
    return hit[~obvious].sum() / len(shown)


def another(shown, liked, popularity, head):
    order = sorted(range(len(popularity)), key=lambda item: (-popularity[item], item))
    return len((set(shown) & set(liked)) - set(order[:head])) / len(shown)


mistakes = [
    edit(
        "hit[~obvious].sum()",
        "hit.sum()",
        "counts_obvious_hits",
        "You count every hit, also those among the most popular items. That is precision; discovery leaves them out.",
    ),
    edit(
        "hit[~obvious].sum()",
        "(~obvious).sum()",
        "ignores_what_was_liked",
        "You count items that are not obvious, liked or not. A discovery must be liked, too.",
    ),
    edit(
        "len(shown)",
        "hit.sum()",
        "share_of_the_hits",
        "You divide by the number of hits. Divide by the length of the list: an empty place in it counts against it.",
    ),
    edit(
        "len(shown)",
        "len(liked)",
        "share_of_the_likes",
        "You divide by the number of items liked: that is a recall. The "
        "question is which share of the list is a discovery.",
    ),
    edit(
        "-popularity",
        "popularity",
        "leaves_out_the_unpopular",
        "Your order is upside down: you leave out the least popular items. Sort by popularity from the largest.",
    ),
    edit(
        'np.argsort(-popularity, kind="stable")',
        'np.argsort(popularity, kind="stable")[::-1]',
        "ties_the_wrong_way",
        "Nearly: of two items that are equally popular, the one with the lower number "
        "counts as more popular. Reversing an ascending order turns the ties around.",
    ),
    edit(
        "np.isin(shown, order[:head])",
        "popularity[shown] >= popularity[order[head - 1]]",
        "all_ties_are_obvious",
        "You leave out all items that are as popular as the last of the head. "
        "Of items that are equally popular, the lower numbers belong to it, until it has `head` items.",
    ),
    edit(
        "order[:head]",
        "order[: head - 1]",
        "head_too_short",
        "Nearly: your head has one item too few. It holds exactly `head` items, numbers 0 to `head - 1` of the order.",
    ),
]
