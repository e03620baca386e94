"""Undo the sampling of both."""

import numpy as np

from mlpipe.course.definition import edit

core = True
hints = (
    "Count. Of a thousand rows of the sampled log with probability p, how many are clicks? "
    "How many clicks of the full log do they stand for?",
    "Each sampled click stands for more than one click of the full log, each other row for more than one row. "
    "Weigh both, and take the share of the clicks again.",
    "Let `clicks` be `p` divided by its own share kept, and `others` be `1 - p` divided by *its* share kept. "
    "Those are amounts in the full log. What is the share of clicks among them?",
)
takeaway = (
    "Sampling by class multiplies the odds, and nothing else: undo it on the odds, or add a constant to the log-odds."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    size = (3, 12, 200)[number]
    p = rng.uniform(0.05, 0.6, size).round(3)
    return p, round(float(rng.uniform(0.4, 0.8)), 2), round(float(rng.uniform(0.05, 0.25)), 3)


def undo_sampling(p, clicks_kept, others_kept):
    clicks = p / clicks_kept
    others = (1 - p) / others_kept
    return clicks / (clicks + others)


def another(p, clicks_kept, others_kept):
    log_odds = np.log(p / (1 - p)) + np.log(others_kept) - np.log(clicks_kept)
    return 1 / (1 + np.exp(-log_odds))


mistakes = [
    edit(
        "p / clicks_kept",
        "p",
        "forgets_the_clicks",
        "This is the lesson's formula: it takes for granted that all clicks were kept. "
        "A share of the clicks is missing, too; each one that is left stands for more than one.",
    ),
    edit(
        "(1 - p) / others_kept",
        "1 - p",
        "forgets_the_others",
        "You put back the missing clicks only. The rows without a click were thinned, too, and more strongly.",
    ),
    edit(
        "p / clicks_kept",
        "p / others_kept",
        "wrong_direction",
        "Your correction goes the wrong way, so predictions rise: it samples the log once more, "
        "or the two shares have changed places. The odds in the sample are too high: they must fall.",
        also=(("(1 - p) / others_kept", "(1 - p) / clicks_kept"),),
    ),
    edit(
        "p / clicks_kept",
        "p * clicks_kept",
        "both_lower_the_odds",
        "You lower the odds by both shares. Thinning the others raised the odds, "
        "thinning the clicks lowered them: the two corrections go in opposite directions.",
    ),
    edit(
        "clicks / (clicks + others)",
        "clicks / clicks + others",
        "garbled_with_both_rates",
        "Brackets are missing: you divide p by p and then add. "
        "The sum of both classes belongs under the fraction bar, as a whole.",
    ),
    edit(
        "clicks / (clicks + others)",
        "p * others_kept / clicks_kept",
        "multiplies_by_the_ratio",
        "You multiply the probability by the ratio of the shares. "
        "Sampling multiplies the *odds* by it; probability and odds are close only when p is small.",
    ),
    edit(
        "clicks / (clicks + others)",
        "clicks / others",
        "returns_odds",
        "These are the right odds, but asked are probabilities. With odds o, the probability is o / (1 + o).",
    ),
    edit(
        "clicks / (clicks + others)",
        "p",
        "not_corrected",
        "Your result is p itself: the probability in the sampled log. Dividing both classes by the same share changes "
        "nothing: each has its own. Check with an example: half of the clicks and a tenth of the others kept.",
    ),
]
