"""What would another policy get?"""

import numpy as np

from mlpipe.course.definition import edit

core = True
hints = (
    "Take a row that the other policy would show twice as often as ours. For how many rows should it speak?",
    "The weight of a row is one probability over the other. Cut it first. "
    "Everything after that, the estimate and the effective sample size, uses the cut weights.",
    "`np.minimum` cuts an array from above. The estimate is a weighted mean of the clicks: its divisor is what the "
    "weights add up to. For the effective sample size you need the sum of the weights and the sum of their squares.",
)
takeaway = "One line repairs the selection, and the second number says whether to believe it."


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_rows = (8, 60, 900)[number]
    largest = float(rng.integers(4, 8) / 2)
    while True:
        logged = rng.beta(1, 4, n_rows).clip(0.02, 0.9).round(3)
        target = rng.beta(1, 4, n_rows).clip(0.02, 0.9).round(3)
        clicked = (rng.random(n_rows) < 0.4).astype(int)
        cut = target / logged > largest
        # Clicks and non-clicks on both sides of the cut, so that each way of cutting shows.
        if all(((clicked == y) & (cut == c)).any() for y in (0, 1) for c in (False, True)):
            return clicked, logged, target, largest


def other_policy(clicked, logged, target, largest):
    w = np.minimum(target / logged, largest)
    estimate = (w * clicked).sum() / w.sum()
    effective = w.sum() ** 2 / (w**2).sum()
    return estimate, effective


def another(clicked, logged, target, largest):
    weights = [min(t / p, largest) for t, p in zip(target, logged)]
    share = np.array(weights) / sum(weights)  # these add up to 1
    return float(np.average(clicked, weights=weights)), 1 / float(share @ share)


mistakes = [
    edit(
        "(w * clicked).sum() / w.sum()",
        "(w * clicked).mean()",
        "divides_by_rows",
        "You divide by the number of rows: plain IPS. It is right on average only with uncut weights. "
        "Self-normalised means: divide by the sum of the weights.",
    ),
    edit(
        "target / logged",
        "logged / target",
        "weights_upside_down",
        "Your weight is logged over target. "
        "A row that the other policy would show more often than ours must count for more, not for less.",
    ),
    edit(
        "target / logged",
        "1 / logged",
        "forgets_the_target",
        "You weight by one over the logged probability. "
        "That answers for a policy that shows all ads evenly; this one shows each ad with probability `target`.",
    ),
    edit(
        "np.minimum(target / logged, largest)",
        "target / logged",
        "never_cuts",
        "The weights are right but uncut. A single rare row may then decide the result: cut them at `largest`.",
    ),
    edit(
        "np.minimum(target / logged, largest)",
        "np.where(target / logged > largest, 0, target / logged)",
        "drops_large_weights",
        "You drop the rows whose weight is above `largest`. "
        "They are the rare ads, the ones that we know least about: keep them, with a smaller weight.",
    ),
    edit(
        "w.sum() ** 2 / (w**2).sum()",
        "len(w)",
        "counts_rows_as_effective",
        "You return the number of rows as the effective sample size. Unequal weights make it smaller.",
    ),
    edit(
        "w.sum() ** 2",
        "w.sum()",
        "square_forgotten",
        "You divide the sum of the weights by the sum of their squares. "
        "Square the sum, too: the result must not depend on the unit of the weights.",
    ),
    edit(
        "w.sum() ** 2 / (w**2).sum()",
        "(target / logged).sum() ** 2 / ((target / logged) ** 2).sum()",
        "effective_size_of_uncut_weights",
        "The estimate uses the cut weights, your effective sample size the uncut ones. "
        "It must speak of the weights that are used.",
    ),
]
