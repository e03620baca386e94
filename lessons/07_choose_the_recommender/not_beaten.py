"""The models that nothing beats."""

import numpy as np

from mlpipe.course.definition import edit

core = True
hints = (
    "Take two models. When would nobody ever choose the first, whatever quality and cost are worth to them?",
    "A model is beaten when another one is at least as good in both respects and "
    "really better in one of them. Two equal models do not beat each other.",
    "For each model i make two masks over all models: no worse in both (`>=` for quality, `<=` for cost), and "
    "strictly better in one (`|`). Where both masks are true at once, somebody beats i. Collect the others and return "
    "their positions as an array.",
)
takeaway = (
    "What is left is the list to discuss. Which of them to take is a "
    "question of what quality is worth, and that is not in the table."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n = (7, 12, 40)[number]
    cost = rng.permutation(np.arange(1, n + 1)).astype(float)
    quality = (np.sqrt(cost) + rng.normal(0, 0.6, size=n)).round(2)
    # Twins, one as good that costs more, one that costs the same and is worse, the best, and the most expensive.
    quality[:6] = 9.0, 9.0, 9.0, 8.0, 10.0, 9.5
    cost[:6] = n + 2, n + 2, n + 4, n + 2, n + 6, n + 8
    order = rng.permutation(n)
    if number == 0:  # the worse one of equal cost comes before the twins
        order = np.r_[3, order[order != 3]]
    return quality[order], cost[order]


def not_beaten(quality, cost):
    kept = []
    for i in range(len(quality)):
        no_worse = (quality >= quality[i]) & (cost <= cost[i])
        better = (quality > quality[i]) | (cost < cost[i])
        if not (no_worse & better).any():
            kept.append(i)
    return np.array(kept)


def another(quality, cost):
    order = np.lexsort((-quality, cost))  # cheapest first, the better one first where they cost the same
    best, price, kept = -np.inf, None, []
    for i in order:
        if quality[i] > best:
            best, price = quality[i], cost[i]
            kept.append(i)
        elif quality[i] == best and cost[i] == price:
            kept.append(i)
    return np.sort(kept)


mistakes = [
    edit(
        "no_worse & better",
        "(quality > quality[i]) & (cost < cost[i])",
        "must_be_better_in_both",
        "You drop a model only when another is strictly better in both "
        "respects. One that is as good and cheaper beats it, too.",
    ),
    edit(
        "no_worse & better",
        "no_worse & (np.arange(len(quality)) != i)",
        "drops_twins",
        "Two models with the same quality and the same cost throw each other out. Neither is better, so both stay.",
    ),
    edit(
        "no_worse & better",
        "better",
        "nothing_is_left",
        "Nothing is left. To beat a model, *one* other must be no worse in both respects and strictly better in one. "
        "Without the strict part each model beats itself; without the first part, one better number is enough.",
    ),
    edit(
        "cost <",
        "cost >",
        "cost_is_maximized",
        "You prefer the expensive model: cost should be small, quality large.",
    ),
    edit(
        "np.array(kept)",
        "np.flatnonzero(quality / cost == (quality / cost).max())",
        "quality_for_money",
        "You keep the best ratio of quality to cost. A ratio puts a price on quality, "
        "which nobody gave you: keep every model that no other beats in both.",
    ),
    edit(
        "np.array(kept)",
        "np.isin(np.arange(len(quality)), kept)",
        "a_mask_instead_of_positions",
        "You return a mask. Return the positions of the models that are left, in ascending order.",
    ),
    edit(
        "np.array(kept)",
        "np.array(kept)[np.sort(np.unique(np.c_[quality, cost][kept], axis=0, return_index=True)[1])]",
        "keeps_one_of_two_twins",
        "Of two models with the same quality and the same cost you keep one. Neither beats the other, so both stay.",
    ),
]
