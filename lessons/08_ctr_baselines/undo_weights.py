"""Undo the class weights."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    (
        "Take 100 impressions with 2 clicks. If each click counts ten times, how many clicks are there against how "
        "many others? Which ratio has become ten times as large?"
    ),
    (
        "The odds, p / (1 - p), are `weight` times too high; the probability is not. Correct the odds, then turn "
        "them back into a probability."
    ),
    "Let `odds = p / (1 - p) / weight`. A probability with these odds is the odds over one plus the odds.",
)
takeaway = (
    "Weights, copies and thinned-out negatives all multiply the odds, and are all undone there. Lesson 10 does "
    "it for negatives that were left out."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n = (3, 12, 200)[number]
    weight = float(np.round(rng.uniform(6, 14) if number == 0 else rng.uniform(15, 60), 1))
    return np.round(rng.uniform(0.15, 0.9, n), 3), weight


def undo_weights(p, weight):
    return p / (p + weight * (1 - p))


def another(p, weight):
    log_odds = np.log(p) - np.log1p(-p) - np.log(weight)
    return 1 / (1 + np.exp(-log_odds))


mistakes = [
    edit(
        "(p + weight * (1 - p))",
        "weight",
        "divides_the_probability",
        (
            "You divide the probability by the weight. That is nearly right for small p only: it is the odds that "
            "were multiplied."
        ),
    ),
    edit(
        "p / (p + weight * (1 - p))",
        "weight * p / (weight * p + 1 - p)",
        "weights_once_more",
        (
            "You apply the weight a second time instead of taking it away: your probabilities went up. Divide the "
            "odds by it."
        ),
    ),
    edit(
        "p + weight * (1 - p))",
        "1 - p) / weight",
        "leaves_them_as_odds",
        "These are the corrected odds, not yet probabilities. Turn them back: odds over one plus odds.",
    ),
    edit(
        "p / (p + weight *",
        "np.log(p /",
        "leaves_them_as_log_odds",
        "These are the corrected log-odds, not yet probabilities. Put them into the logistic function.",
        also=(("))", ") / weight)"),),
    ),
    edit(
        "p / (p + weight *",
        "(p /",
        "one_minus_the_odds",
        "You divide the corrected odds by one *minus* the odds. A probability is odds over one plus the odds.",
        also=(("))", ") / weight) / (1 - p / (1 - p) / weight)"),),
    ),
    edit(
        "p / (p + weight *",
        "1 / (1 +",
        "subtracts_the_weight",
        (
            "You subtract the weight from the log-odds. Odds divided by the weight are log-odds minus the "
            "*logarithm* of the weight."
        ),
        also=(("))", ") / p * np.exp(weight))"),),
    ),
    edit(
        "p / (p + weight *",
        "1 / (1 +",
        "another_logarithm",
        "You subtract the decimal logarithm of the weight. The log-odds are natural logarithms: use `np.log`.",
        also=(("))", ") / p * np.exp(np.log10(weight)))"),),
    ),
    edit(
        "p / (p + weight *",
        "1 / (1 +",
        "binary_logarithm",
        "You subtract the binary logarithm of the weight. The log-odds are natural logarithms: use `np.log`.",
        also=(("))", ") / p * np.exp(np.log2(weight)))"),),
    ),
    edit(
        "p / (p + weight * (1 - p)",
        "1 / (1 + ((1 - p) / p) ** (1 / weight)",
        "divides_the_log_odds",
        "You divide the log-odds by the weight. Dividing the odds means subtracting from the log-odds.",
    ),
    edit(
        "p + weight * (1 - p))",
        "weight * p + 1 - p)",
        "weight_on_the_wrong_side",
        (
            "In the sum below the line, the weight stands at p. Clicks are what was counted too often, so the "
            "others have to gain: put it at 1 - p."
        ),
    ),
    edit(
        "+ weight * (1 - p))",
        "/ weight + 1 - p)",
        "corrects_only_below",
        (
            "You divide p by the weight below the line but not above it. The click's part must be the same in both "
            "places."
        ),
    ),
    edit(
        "weight ",
        "(weight + 1) ",
        "weight_plus_one",
        (
            "You use the weight plus one. A click that counts `weight` times has odds that are `weight` times too "
            "high, no more."
        ),
    ),
    edit(
        "weight ",
        "(weight - 1) ",
        "weight_minus_one",
        (
            "You use the weight minus one, the *extra* copies. A click that counts `weight` times has odds that "
            "are `weight` times too high."
        ),
    ),
    edit(
        "p / (p +",
        "1 -",
        "weights_the_complement",
        (
            "You multiply 1 - p by the weight and subtract from one. That is no probability: divide by the sum of "
            "both parts."
        ),
        also=((")\n", "\n"),),
    ),
    edit(
        "p / (p +",
        "np.clip(1 -",
        "clips_the_complement",
        (
            "You multiply 1 - p by the weight, subtract from one and cut off what is negative. Divide by the sum "
            "of both parts instead."
        ),
        also=(("))", "), 0, 1)"),),
    ),
    edit(
        " / (p + weight * (1 - p))",
        "**weight",
        "weight_as_a_power",
        "You raise p to the power of the weight. The weight multiplied the odds; it was no exponent.",
    ),
    edit(
        "p + weight * (1 - p)",
        "1 + weight",
        "shares_the_weight",
        (
            "You divide by one plus the weight, as if the weight were a share of the rows. It multiplies the odds, "
            "and p / (1 - p) is where to take it away."
        ),
    ),
    edit(
        "weight ",
        "np.sqrt(weight) ",
        "the_root_of_the_weight",
        "You take away only the square root of the weight. The odds are `weight` times too high.",
    ),
    edit(
        " p ",
        " p * (p ",
        "only_the_mean_is_right",
        (
            "You scale all probabilities by one factor, so that their mean is right. Each one has to be corrected "
            "for itself: the large ones shrink less."
        ),
        also=((")\n", ")).mean() / p.mean()\n"),),
    ),
    edit(
        " p ", " weight * (1 - p) ", "returns_the_others", "This is the probability of *no* click. Take one minus it."
    ),
    edit(
        " / (p + weight * (1 - p))",
        "",
        "left_as_they_are",
        (
            "You leave the probabilities as they are. Their order is right, and so is the AUC, but each promises "
            "far too many clicks."
        ),
    ),
]
