"""How far an uncorrected model overbids."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "What does a perfect model of the sampled data predict where the truth is p? You have that formula already.",
    "The bid follows the prediction. Divide the uncorrected prediction by the true probability.",
    "The uncorrected prediction is p over the clicks and the kept non-clicks. "
    "Divided by p, only the line below is left.",
)
takeaway = (
    "The factor differs from ad to ad, so no single correction of all bids repairs it: rare clicks are overbid most."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n, kept = ((4, 0.1), (30, 0.02), (300, 0.3))[number]
    return rng.uniform(0.003, 0.4, size=n), float(kept * rng.uniform(0.8, 1.5))


def overbid(p, kept):
    others = (1 - p) * kept
    return 1 / (p + others)


def another(p, kept):
    odds = p / (1 - p) / kept
    predicted = odds / (1 + odds)
    return predicted / p


mistakes = [
    edit(
        "1 / (p + others)",
        "np.full(len(p), 1 / kept)",
        "one_over_kept",
        "You return 1 / kept for all. That is the limit for tiny probabilities; likely clicks are overbid by less.",
    ),
    edit(
        "1 / (p + others)",
        "p + others",
        "upside_down",
        "This is truth over prediction. Overbidding is prediction over truth, and above 1.",
    ),
    edit(
        "1 / (p + others)",
        "p + (1 - p) / kept",
        "p_taken_as_prediction",
        "You take `p` for the model's prediction and correct it. "
        "Here `p` is the truth, and the model's prediction is to be found.",
    ),
    edit(
        "1 / (p + others)",
        "p / (p + others)",
        "prediction_not_factor",
        "This is the uncorrected prediction. Divide it by the true probability to get the factor.",
    ),
    edit(
        "1 / (p + others)",
        "1 / (p + others) - 1",
        "excess_not_factor",
        "This is the excess: the factor less one. Return the factor itself.",
    ),
    edit(
        "(1 - p) * kept",
        "kept",
        "rows_not_non_clicks",
        "Below the line you keep a share of *all* rows beside the clicks. Only the non-clicks, 1 - p of them, are sampled.",
    ),
    edit(
        "1 / (p + others)",
        "np.mean(1 / (p + others))",
        "one_number",
        "You return one number, the mean of the factors. Return one for each impression.",
    ),
    edit(
        "(1 - p) * kept",
        "(1 - p) * (1 - kept)",
        "share_removed",
        "You use the share of the non-clicks that was removed. `kept` is the share that stayed.",
    ),
]
