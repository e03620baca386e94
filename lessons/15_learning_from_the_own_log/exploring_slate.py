"""A list that explores, and logs its chances"""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    "Two things can happen at a place. How likely is each, and how many items share the second?",
    "Where the die is below `epsilon`, the next of `outside` is shown. Before the dice fall, each item of `outside` is "
    "as likely there as any other.",
    "`np.flatnonzero(dice < epsilon)` are the places that explore; they get `outside[0]`, `outside[1]`, ... in turn. "
    "Their propensity is `epsilon` over how many items there are outside; at the other places it is what is left.",
)
takeaway = "The probability is known for free when the item is drawn, and cannot be found out afterwards. Log it with the list."


def draw(rng: np.random.Generator, number: int) -> tuple:
    k, n_items, epsilon = ((5, 9, 0.4), (8, 40, 0.25), (10, 300, 0.1))[number]
    items = rng.permutation(n_items)
    dice = rng.uniform(epsilon + 0.01, 1, k).round(3)
    explores = rng.permutation(np.arange(1, k))[: 2 + number]  # two at least, and never all
    dice[explores] = rng.uniform(0, epsilon - 0.01, len(explores)).round(3)
    dice[rng.permutation(np.setdiff1d(np.arange(k), explores))[0]] = epsilon  # just not below
    return items[:k], items[k:], dice, epsilon


def exploring_slate(slate, outside, dice, epsilon):
    explores = dice < epsilon
    shown = slate.copy()
    shown[explores] = outside[: explores.sum()]
    propensity = np.where(explores, epsilon / len(outside), 1 - epsilon)
    return shown, propensity


def another(slate, outside, dice, epsilon):
    shown, propensity, left = [], [], list(outside)
    for item, die in zip(slate, dice):
        shown.append(left.pop(0) if die < epsilon else item)
        propensity.append(epsilon / len(outside) if die < epsilon else 1 - epsilon)
    return shown, propensity


def one_for_all_places(slate, outside, dice, epsilon):
    explores = dice < epsilon
    shown = np.where(explores, outside[0], slate)
    return shown, np.where(explores, epsilon / len(outside), 1 - epsilon)


def replaces_the_whole_list(slate, outside, dice, epsilon):
    shown, propensity = slate.copy(), np.full(len(slate), 1 - epsilon)
    if (dice < epsilon).any():
        n = min(len(slate), len(outside))
        shown[:n], propensity[:n] = outside[:n], epsilon / len(outside)
    return shown, propensity


mistakes = [
    edit(
        "epsilon / len(outside)",
        "epsilon",
        "chance_to_explore",
        "`epsilon` is the chance that the place explores. It is shared by all items of `outside`: each has its part.",
    ),
    edit(
        "epsilon / len(outside)",
        "1 / len(outside)",
        "forgets_that_it_rarely_explores",
        "One over the items outside is the chance of the item *if* the place explores. It does so with `epsilon` only: "
        "multiply.",
    ),
    edit(
        "epsilon / len(outside)",
        "epsilon / (len(outside) + len(slate))",
        "all_items_share",
        "You divide by all items. Those of the list itself are never drawn here: divide by those outside.",
    ),
    edit(
        "1 - epsilon)",
        "1.0)",
        "certain_after_the_fact",
        "You log 1 for the items that stayed. Before the dice fell they could have been replaced: their chance was less.",
    ),
    edit(
        "dice < epsilon",
        "dice <= epsilon",
        "explores_at_epsilon",
        "A place explores where the die is *below* `epsilon`; where it equals it, the item stays.",
    ),
    edit(
        "dice < epsilon",
        "dice > epsilon",
        "explores_the_wrong_places",
        "You replace where the die is above `epsilon`: that is nearly everywhere. Explore where it is below.",
        also=(("outside[: explores.sum()]", "np.resize(outside, explores.sum())"),),
    ),
    wrong(
        one_for_all_places,
        "Each place that explores gets the same item. Take the next one of `outside` each time: no list shows an item "
        "twice.",
    ),
    wrong(
        replaces_the_whole_list,
        "You exchange the whole list as soon as one place explores. Each place has a die of its own.",
    ),
]
