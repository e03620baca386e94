"""Which models are worth discussing?"""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "Take one model. Which of the others would make you stop talking about it? "
    "Write that as conditions on their gain and cost.",
    "Three conditions on the other model: not less gain, not more cost, and not a twin in both. "
    "If any model meets all three, this one is out.",
    "Loop over the models. For each, compare the whole arrays `gain` and `cost` with "
    "its two numbers, join the conditions with `&` and `|` (mind the brackets), and "
    "ask `.any()`. A model never beats itself, because nothing is strictly better.",
)
takeaway = "Only these models need a discussion; which of them to take depends on what a point of gain is worth."


def draw(rng: np.random.Generator, number: int) -> tuple:
    size = (7, 12, 40)[number]
    while True:
        gain = rng.integers(2, 8 + size // 4, size) / 20
        cost = rng.integers(2, 8 + size // 4, size).astype(float)
        gain[1], cost[1] = gain[0], cost[0]  # twins
        if number == 1:  # one model, and its twin, with the most gain at the least cost
            gain[:2], cost[:2] = gain.max() + 0.05, 1.0
            gain[2], cost[3] = gain[0], cost[0]
        else:  # as much for more, less for as much; and two with the most gain at different costs
            gain[2], cost[2] = gain[0], cost[0] + 2
            gain[3], cost[3] = gain[0] - 0.05, cost[0]
            gain[4] = gain[5] = gain.max() + 0.05
            cost[4] = cost[5] + 1
        order = rng.permutation(size)
        gain, cost = gain[order], cost[order]
        best, ratio = worth_discussing(gain, cost), gain / cost == (gain / cost).max()
        twins = [np.sum((gain == g) & (cost == c)) > 1 for g, c in zip(gain, cost, strict=True)]
        if number == 1 and np.any(best & twins):
            return gain, cost
        # The wrong answers must differ from the right one and from each other.
        least = cost[gain == gain.max()].min()
        cheap = cost == cost.min()
        cheapest, most_for_least = cheap & (gain == gain[cheap].max()), (gain == gain.max()) & (cost == least)
        too_dear = [bool(np.any((gain >= g) & (cost < c))) for g, c in zip(gain, cost, strict=True)]
        apart = (
            np.any(cheapest != ratio)
            and np.any(cheap != ratio)
            and np.any(most_for_least != ratio)
            and np.any((cost <= least) & too_dear)
        )
        if number != 1 and np.any(best & twins) and best.sum() > 2 and apart:
            return gain, cost


def worth_discussing(gain, cost):
    result = []
    for g, c in zip(gain, cost):
        as_good = (gain >= g) & (cost <= c)
        better = (gain > g) | (cost < c)
        result.append(not np.any(as_good & better))
    return np.array(result)


def another(gain, cost):
    keep = np.zeros(len(gain), dtype=bool)
    best = -np.inf
    for c in np.unique(cost):  # from cheap to dear
        at_this_cost = cost == c
        top = gain[at_this_cost].max()
        if top > best:
            keep |= at_this_cost & (gain == top)
            best = top
    return keep


mistakes = [
    edit(
        "as_good & better",
        "(gain > g) & (cost < c)",
        "must_be_better_in_both",
        "You take a model out only if another is strictly better in both. "
        "More gain at the same cost, or the same gain for less, is enough.",
    ),
    edit(
        "as_good & better",
        "as_good",
        "every_model_is_out",
        "You return False for every model. Is each beaten by itself? As good in both is not enough: "
        "another model must also be strictly better in one of the two.",
    ),
    edit(
        "np.any(as_good & better)",
        "as_good.sum() > 1",
        "twins_take_each_other_out",
        "Two models with equal gain and equal cost take each other out. Neither is strictly better, so both stay.",
    ),
    edit(
        "as_good & better",
        "(gain > g) & (cost <= c)",
        "equal_gain_stays",
        "You let a model stay that costs more for the same gain. At no less gain, a lower cost is enough to beat it.",
    ),
    edit(
        "as_good & better",
        "(gain >= g) & (cost < c)",
        "equal_cost_stays",
        "You let a model stay that gains less for the same cost. At no more cost, a higher gain is enough to beat it.",
    ),
    edit(
        "as_good & better",
        "better",
        "better_in_one_is_enough",
        "You take a model out as soon as another is better in one of the two. "
        "It must also be no worse in the other one.",
    ),
    edit(
        "not np.any(as_good & better)",
        "np.any(as_good & better)",
        "marks_those_that_are_out",
        "You mark the models that are out. Asked is True where a model is not out.",
    ),
    edit(
        "np.array(result)",
        "gain / cost == (gain / cost).max()",
        "best_ratio",
        "You keep the best gain for one unit of cost. "
        "That is one point of many: who needs more gain may pay more for each unit.",
    ),
]
