"""Undo the class weights."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "Take 100 impressions with 2 clicks. If each click counts ten times, "
    "how many clicks are there against how many others? Which ratio has become ten times as large?",
    "The odds, p / (1 - p), are `weight` times too high; the probability is not. "
    "Correct the odds, then turn them back into a probability.",
    "Let `odds = p / (1 - p) / weight`. A probability with these odds is the odds over one plus the odds.",
)
takeaway = (
    "Weights, copies and thinned-out negatives all multiply the odds, and are all undone there. "
    "Lesson 10 does it for negatives that were left out."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n = (3, 12, 200)[number]
    weight = float(np.round(rng.uniform(6, 14) if number == 0 else rng.uniform(15, 60), 1))
    return np.round(rng.uniform(0.15, 0.9, n), 3), weight


def undo_weights(p, weight):
    others = weight * (1 - p)
    return p / (p + others)


def another(p, weight):
    log_odds = np.log(p) - np.log1p(-p) - np.log(weight)
    return 1 / (1 + np.exp(-log_odds))


mistakes = [
    edit(
        "p / (p + others)",
        "p / weight",
        "divides_the_probability",
        "You divide the probability by the weight. "
        "That is nearly right for small p only: it is the odds that were multiplied.",
    ),
    edit(
        "weight * (1 - p)",
        "(1 - p) / weight",
        "weights_once_more",
        "You apply the weight a second time instead of taking it away: "
        "your probabilities went up. Divide the odds by it.",
    ),
    edit(
        "p / (p + others)",
        "p / others",
        "leaves_them_as_odds",
        "These are the corrected odds, not yet probabilities. Turn them back: odds over one plus odds.",
    ),
    edit(
        "p / (p + others)",
        "1 / (1 + np.exp(weight - np.log(p / (1 - p))))",
        "subtracts_the_weight",
        "You subtract the weight from the log-odds. "
        "Odds divided by the weight are log-odds minus the *logarithm* of the weight.",
    ),
    edit(
        "p / (p + others)",
        "p / (weight * p + 1 - p)",
        "weight_on_the_wrong_side",
        "In the sum below the line, the weight stands at p. "
        "Clicks are what was counted too often, so the others have to gain: put it at 1 - p.",
    ),
    edit(
        "weight * (1 - p)",
        "(weight - 1) * (1 - p)",
        "weight_minus_one",
        "You use the weight minus one, the *extra* copies. "
        "A click that counts `weight` times has odds that are `weight` times too high.",
    ),
    edit(
        "p / (p + others)",
        "p",
        "left_as_they_are",
        "You leave the probabilities as they are. "
        "Their order is right, and so is the AUC, but each promises far too many clicks.",
    ),
    edit(
        "p / (p + others)",
        "1 / (1 + np.exp(np.log2(weight) - np.log(p / (1 - p))))",
        "logarithm_to_base_two",
        "You subtract the logarithm of the weight to base 2. "
        "Log-odds use the natural logarithm, and so must their correction: `np.log`.",
    ),
]
