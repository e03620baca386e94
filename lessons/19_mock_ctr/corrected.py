"""Repair the correction."""

import numpy as np
from scipy.special import expit, logit

from mlpipe.course.definition import edit

core = True
hints = (
    "Try the printed formula on p = 0.5 with a small `kept`. "
    "What must hold for every probability? What should come out for kept = 1?",
    "Work with odds, clicks against non-clicks. "
    "Sampling kept all clicks and a share of the non-clicks. By which factor did it change the odds?",
    "In the sampled data there are p clicks to 1 - p non-clicks. "
    "Give the non-clicks their true number back, with `kept`, and then take clicks over all.",
)
takeaway = "Before you trust a formula, test a property: between 0 and 1, unchanged for kept = 1, smaller than before."


def draw(rng: np.random.Generator, number: int) -> tuple:
    n, low = ((4, 0.1), (30, 0.02), (300, 0.005))[number]
    p, kept = rng.uniform(0.01, 0.95, size=n), float(rng.uniform(low, 3 * low))
    p[0], p[1] = kept * rng.uniform(0.05, 0.4), rng.uniform(0.6, 0.9)  # the printed formula is below 1, above 1
    return p, kept


def corrected(p, kept):
    others = (1 - p) / kept
    return p / (p + others)


def another(p, kept):
    return expit(logit(p) + np.log(kept))


def stub(p, kept):
    return p + (1 - p) * p / kept


mistakes = [
    edit(
        "p / (p + others)",
        "p * (1 + others)",
        "the_printed_formula",
        "This is the printed formula, written otherwise. "
        "Above 1 wherever p is above `kept`, it is no probability: p belongs over a sum, not into it.",
    ),
    edit(
        "p / (p + others)",
        "np.minimum(p * (1 + others), 1)",
        "printed_formula_cut_off",
        "You cut the printed formula off at 1. "
        "Then it is between 0 and 1, and still wrong: it raises what must become smaller.",
    ),
    edit(
        "(1 - p) / kept",
        "(1 - p) * kept",
        "sampled_again",
        "You sample once more: non-clicks are multiplied by `kept`, "
        "and the result is even larger. Divide, to give them back.",
    ),
    edit(
        "p / (p + others)",
        "p * kept",
        "simply_scaled",
        "You multiply by `kept`. That is right for tiny probabilities only: "
        "a p of 1 must stay 1. It is the odds that scale.",
    ),
    edit(
        "p / (p + others)",
        "p / others",
        "odds_not_probability",
        "These are the right odds, but not yet a probability: odds o become o / (1 + o).",
    ),
    edit(
        "(1 - p) / kept",
        "(1 - p) / (1 - kept)",
        "share_removed",
        "You use the share of non-clicks that was removed. `kept` is the share that stayed.",
    ),
    edit(
        "(1 - p) / kept",
        "1 / kept",
        "all_rows_given_back",
        "You give back 1 / kept non-clicks for each row. Only the share 1 - p of the rows are non-clicks.",
    ),
]
