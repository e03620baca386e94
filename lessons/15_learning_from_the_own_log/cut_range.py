"""What cutting can hide"""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "How much weight is cut away? What is the most that it could have brought, if a click is worth 1 at most?",
    "The low end is the mean of cut weight times click. The high end is the low end and, beside it, the mean of all the "
    "weight that was cut off, as if each of those rows had a click.",
    "`cut = np.minimum(w, largest)`; low is the mean of `cut * clicked`, over all rows; high adds the mean of `w - cut`.",
)
takeaway = "The uncut estimate lies between the two. Where they are far apart, the calm of cut weights is a choice, not knowledge."


def draw(rng: np.random.Generator, number: int) -> tuple:
    n, largest = ((7, 2.0), (60, 3.0), (800, 5.0))[number]
    while True:
        logged = rng.uniform(0.02, 0.9, n).round(3)
        target = rng.uniform(0.0, 0.9, n).round(3)
        target[rng.integers(n)] = 0.0  # never wanted
        clicked = (rng.random(n) < 0.4).astype(int)
        large = target / logged > largest
        if all(((clicked == y) & (large == one)).sum() > 1 - (n < 10) for y in (0, 1) for one in (False, True)):
            return clicked, logged, target, largest


def cut_range(clicked, logged, target, largest):
    w = target / logged
    cut = np.minimum(w, largest)
    low = (cut * clicked).mean()
    return low, low + (w - cut).mean()


def another(clicked, logged, target, largest):
    kept = lost = 0.0
    for y, p, wish in zip(clicked, logged, target):
        weight = wish / p
        kept += min(weight, largest) * y
        lost += max(weight - largest, 0)
    return kept / len(clicked), (kept + lost) / len(clicked)


mistakes = [
    edit(
        "(cut * clicked).mean()",
        "(cut * clicked).sum() / cut.sum()",
        "self_normalised",
        "You divide by the sum of the cut weights. That may be above or below the uncut estimate, so it is no end of a "
        "range: divide by the number of rows.",
    ),
    edit(
        "np.minimum(w, largest)",
        "target / np.maximum(logged, 1 / largest)",
        "cuts_the_propensities",
        "You raise small propensities. Then a row with a small propensity and a small wish is changed, whose weight was "
        "not large. Cut the weights.",
    ),
    edit(
        "np.minimum(w, largest)",
        "np.where(w > largest, 0, w)",
        "drops_large_weights",
        "You drop the rows with large weights. They stay, with the weight `largest`; what is above it is cut off.",
    ),
    edit(
        "(w - cut).mean()",
        "((w - cut) * clicked).mean()",
        "the_uncut_estimate",
        "You add what the cut weight did bring: that is the uncut estimate, with all its noise. The range must not "
        "depend on which of the heavy rows were clicked: count each as if it had been.",
    ),
    edit(
        "low + (w - cut).mean()",
        "(w - cut).mean()",
        "only_what_was_cut",
        "That is the weight that was cut off. The high end has it on top of the low end.",
    ),
    edit(
        "(w - cut).mean()",
        "(w > largest).mean()",
        "counts_the_cut_rows",
        "You add the share of rows that were cut. What matters is how much weight they lost: w - largest each.",
    ),
]
