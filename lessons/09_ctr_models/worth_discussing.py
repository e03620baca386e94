"""Which models are worth discussing?."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    (
        "Take one model. Which of the others would make you stop talking about it? Write that as conditions on "
        "their gain and cost."
    ),
    (
        "Three conditions on the other model: not less gain, not more cost, and not a twin in both. If any model "
        "meets all three, this one is out."
    ),
    (
        "Loop over the models. For each, compare the whole arrays `gain` and `cost` with its two numbers, join the "
        "conditions with `&` and `|` (mind the brackets), and ask `.any()`. A model never beats itself, because "
        "nothing is strictly better."
    ),
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
        best, ratio = _not_out(gain, cost), gain / cost == (gain / cost).max()
        twins = [np.sum((gain == g) & (cost == c)) > 1 for g, c in zip(gain, cost, strict=True)]
        if number == 1 and np.any(best & twins):
            return gain, cost
        # The wrong answers must differ from the right one and from each other.
        least = cost[gain == gain.max()].min()
        cheapest, most_for_least = cost == cost.min(), (gain == gain.max()) & (cost == least)
        too_dear = [bool(np.any((gain >= g) & (cost < c))) for g, c in zip(gain, cost, strict=True)]
        apart = np.any(cheapest != ratio) and np.any(most_for_least != ratio) and np.any((cost <= least) & too_dear)
        if number != 1 and np.any(best & twins) and best.sum() > 2 and apart:
            return gain, cost


def _not_out(gain: np.ndarray, cost: np.ndarray) -> np.ndarray:
    as_good = (gain >= gain[:, None]) & (cost <= cost[:, None])
    better = (gain > gain[:, None]) | (cost < cost[:, None])
    beaten: np.ndarray = np.any(as_good & better, axis=1)
    return ~beaten


def worth_discussing(gain, cost):
    result = []
    for g, c in zip(gain, cost):
        out = (gain >= g) & (cost <= c) & ((gain > g) | (cost < c))
        result.append(not np.any(out))
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


def only_one_twin(gain, cost):
    keep = np.zeros(len(gain), dtype=bool)
    best = -np.inf
    for row in np.lexsort((-gain, cost)):
        if gain[row] > best:
            keep[row], best = True, gain[row]
    return keep


def up_to_the_cost_of_the_best(gain, cost):
    return cost <= cost[gain == gain.max()].min()


def keeps_all(gain, cost):
    return np.ones(len(gain), dtype=bool)


def best_ratio(gain, cost):
    return gain / cost == (gain / cost).max()


def most_gain_only(gain, cost):
    return gain == gain.max()


def most_gain_at_least_cost(gain, cost):
    return (gain == gain.max()) & (cost == cost[gain == gain.max()].min())


def cheapest_only(gain, cost):
    return cost == cost.min()


def ends_only(gain, cost):
    return (gain == gain.max()) | (cost == cost.min())


def above_the_average(gain, cost):
    return (gain >= gain.mean()) & (cost <= cost.mean())


def neighbour_only(gain, cost):
    order = np.lexsort((-gain, cost))
    keep = np.ones(len(gain), dtype=bool)
    for before, row in zip(order[:-1], order[1:]):
        keep[row] = gain[row] > gain[before] or (gain[row] == gain[before] and cost[row] == cost[before])
    return keep


mistakes = [
    edit(
        ">= ",
        "> ",
        "must_be_better_in_both",
        (
            "You take a model out only if another is strictly better in both. More gain at the same cost, or the "
            "same gain for less, is enough."
        ),
        also=(("= c) & ((gain > g) | (cost < c)", " c"),),
    ),
    edit(
        " & ((gain > g) | (cost < c))",
        "",
        "beaten_by_itself",
        "Without the strict part every model is beaten by itself, so all are out.",
    ),
    edit(
        " (gain ",
        " ((gain ",
        "twins_take_each_other_out",
        "Two models with equal gain and equal cost take each other out. Neither is strictly better, so both stay.",
        also=((" & ((gain > g) | (cost < c))", ").sum() > 1"),),
    ),
    wrong(
        only_one_twin,
        "Of two models with equal gain and equal cost you keep one. Neither is strictly better, so both stay.",
    ),
    edit(
        ">= ",
        "> ",
        "equal_gain_stays",
        "You let a model stay that costs more for the same gain. At no less gain, a lower cost is enough to beat it.",
        also=((") & ((gain > g) | (cost < c)", ""),),
    ),
    edit(
        "= c) & ((gain > g) | (cost < c)",
        " c",
        "equal_cost_stays",
        (
            "You let a model stay that gains less for the same cost. At no more cost, a higher gain is enough to "
            "beat it."
        ),
    ),
    edit(
        "= g) & (cost <= c) & ((gain >",
        "",
        "better_in_one_is_enough",
        (
            "You take a model out as soon as another is better in one of the two. It must also be no worse in the "
            "other one."
        ),
        also=(("c))", "c)"),),
    ),
    edit(
        "|",
        "^",
        "exactly_one_better",
        (
            "You take a model out only if another is better in exactly one of the two. Better in both is a reason, "
            "too: join the strict parts with or."
        ),
    ),
    wrong(
        up_to_the_cost_of_the_best,
        (
            "You keep every model that costs no more than the one with the most gain. Among these, some may be "
            "beaten by others."
        ),
    ),
    wrong(keeps_all, "You keep every model. Some gain no more than another one that costs no more."),
    edit("<", ">", "cost_turned_round", "You treat a high cost as good. A model is beaten by one that costs no more."),
    edit(">", "<", "gain_turned_round", "You treat a low gain as good. A model is beaten by one that gains no less."),
    edit(
        "not ",
        "",
        "marks_those_that_are_out",
        "You mark the models that are out. Asked is True where a model is not out.",
    ),
    wrong(
        best_ratio,
        (
            "You keep the best gain for one unit of cost. That is one point of many: who needs more gain may pay "
            "more for each unit."
        ),
    ),
    wrong(
        most_gain_only,
        (
            "You keep only the models with the most gain. A cheaper model with less gain may be the better choice: "
            "it is beaten by none."
        ),
    ),
    wrong(
        most_gain_at_least_cost,
        (
            "You keep only the models with the most gain of all, at their lowest cost. Cheaper ones with less gain "
            "are not beaten by them."
        ),
    ),
    wrong(cheapest_only, "You keep only the cheapest models. A dearer model with more gain is not beaten by them."),
    wrong(
        ends_only,
        "You keep the most gain and the lowest cost. Between these ends there are models that none beats, too.",
    ),
    edit(
        ">= ",
        "> ",
        "best_of_each_cost",
        (
            "You keep the best model of each cost. A cheaper one may still gain as much or more: compare with "
            "those, too."
        ),
        also=(("<= c) & ((gain > g) | (cost < c)", "== c"),),
    ),
    edit(
        ">=",
        "==",
        "cheapest_of_each_gain",
        "You keep the cheapest model of each gain. A better one may still cost no more: compare with those, too.",
        also=(("= c) & ((gain > g) | (cost < c)", " c"),),
    ),
    wrong(
        above_the_average,
        "You compare with the average of gain and cost. A model is out only if one other model beats it.",
    ),
    edit(
        "array",
        "flatnonzero",
        "positions_instead_of_a_mask",
        "You return the positions of the models. Asked is one truth value a model.",
    ),
    wrong(neighbour_only, "You compare each model with the next cheaper one only. Any cheaper model may beat it."),
]
