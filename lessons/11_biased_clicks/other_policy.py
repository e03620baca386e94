"""What would another policy get?."""

import numpy as np

from mlpipe.course.definition import edit

core = True
hints = (
    "Take a row that the other policy would show twice as often as ours. For how many rows should it speak?",
    (
        "The weight of a row is one probability over the other. Cut it first. Everything after that, the estimate "
        "and the effective sample size, uses the cut weights."
    ),
    (
        "`np.minimum` cuts an array from above. The estimate is a weighted mean of the clicks: its divisor is what "
        "the weights add up to. For the effective sample size you need the sum of the weights and the sum of their "
        "squares."
    ),
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
        "sum() / w.sum",
        "mean",
        "divides_by_rows",
        (
            "You divide by the number of rows: plain IPS. It is right on average only with uncut weights. "
            "Self-normalised means: divide by the sum of the weights."
        ),
    ),
    edit(
        "target / logged",
        "logged / target",
        "weights_upside_down",
        (
            "Your weight is logged over target. A row that the other policy would show more often than ours must "
            "count for more, not for less."
        ),
    ),
    edit(
        "target ",
        "1 ",
        "forgets_the_target",
        (
            "You weight by one over the logged probability. That answers for a policy that shows all ads evenly; "
            "this one shows each ad with probability `target`."
        ),
    ),
    edit(
        " / logged",
        " * logged",
        "multiplies_by_the_propensity",
        (
            "You weight each row with the probability that we chose it. What our policy shows often is in the log "
            "often already: divide by it."
        ),
    ),
    edit(
        "target / ",
        "",
        "weights_by_logged",
        (
            "Your weight is the logged propensity itself. That counts what our policy likes twice. It has to be in "
            "the denominator, below the target."
        ),
    ),
    edit(
        " / logged",
        "",
        "weights_by_target",
        (
            "Your weight is the target probability alone. Rows that our policy shows often come often in the log: "
            "divide by the logged probability."
        ),
    ),
    edit(
        "minimum(target / logged, largest",
        "ones(len(clicked)",
        "ignores_the_weights",
        "This is the plain click rate of the log: what our own policy got. The question is about another policy.",
    ),
    edit(
        "np.minimum(",
        "",
        "never_cuts",
        "The weights are right but uncut. A single rare row may then decide the result: cut them at `largest`.",
        also=((", largest)\n    ", "\n    "),),
    ),
    edit(
        "minimum",
        "where",
        "drops_large_weights",
        (
            "You drop the rows whose weight is above `largest`. They are the rare ads, the ones that we know least "
            "about: keep them, with a smaller weight."
        ),
        also=(("logged, largest)", "logged > largest, 0.0, target / logged)"),),
    ),
    edit(
        "minimum",
        "where",
        "large_weights_become_one",
        "Weights above `largest` become 1 in your code. Cutting means that they become `largest`.",
        also=(("logged, largest)", "logged > largest, 1.0, target / logged)"),),
    ),
    edit(
        "minimum",
        "maximum",
        "cuts_from_below",
        "You raise small weights to `largest`. Cut from above: no weight may be larger.",
    ),
    edit(
        "np.minimum(target / logged,",
        "target / np.maximum(logged, 1 /",
        "cuts_the_propensity",
        (
            "You cut the logged probability at one over `largest`. The weight is a ratio of two probabilities: "
            "divide first, then cut the ratio."
        ),
    ),
    edit(
        " logged, largest",
        " logged / (target / logged).mean(), largest",
        "cuts_the_normalised_weights",
        (
            "You divide the weights by their mean before you cut. Cut the ratio itself; the normalisation comes "
            "last, in the divisor."
        ),
    ),
    edit(
        "/ w.sum",
        "/ (target / logged).sum",
        "divides_by_uncut_weights",
        (
            "You cut the weights above the fraction line and not below it, so the estimate is too low. Both sums "
            "use the same weights."
        ),
    ),
    edit(
        "/ w.sum",
        "/ clicked.sum",
        "divides_by_clicks",
        (
            "You divide by the number of clicks: that is the mean weight of a click. A rate is divided by all "
            "rows, each with its weight."
        ),
    ),
    edit(
        " / w.sum()",
        "",
        "returns_clicks",
        "You return a weighted number of clicks. Divide it by the sum of the weights to get a rate.",
    ),
    edit(
        "w.sum() ** 2 / (w**2).sum(",
        "len(w",
        "counts_rows_as_effective",
        "You return the number of rows as the effective sample size. Unequal weights make it smaller.",
    ),
    edit(
        "= w.sum",
        "= (target / logged).sum",
        "effective_of_uncut_weights",
        (
            "The estimate uses cut weights, your effective sample size the uncut ones. It must describe the "
            "weights that you used."
        ),
        also=(("w**", "(target / logged) ** "),),
    ),
    edit(
        "= w.",
        "= (w**2).sum() / w.",
        "effective_upside_down",
        (
            "Your effective sample size is below 1: the fraction is upside down. With equal weights it must give "
            "the number of rows."
        ),
        also=((" / (w**2).sum()", ""),),
    ),
    edit(
        " ** 2 / (w**2).sum()",
        "",
        "sum_of_weights_as_effective",
        (
            "The sum of the weights says how large they are, not how unequal. Doubling all weights must not change "
            "the effective sample size."
        ),
    ),
    edit(
        ")\n    return",
        ") / len(w)\n    return",
        "effective_share",
        (
            "This is the effective *share* of the rows. The effective sample size is a number of rows: do not "
            "divide by n."
        ),
    ),
    edit(
        "** 2 ",
        "",
        "square_forgotten",
        (
            "You divide the sum of the weights by the sum of their squares. Square the sum, too: the result must "
            "not depend on the unit of the weights."
        ),
    ),
    edit(
        "w.sum() ** 2 / (w**2).sum(",
        "len(w) / (1 + w.var()",
        "variance_not_relative",
        (
            "You divide n by one plus the variance of the weights. That holds for weights of mean 1 only: divide "
            "the weights by their mean, or use the two sums."
        ),
    ),
    edit(
        "np.minimum(",
        "",
        "plain_and_uncut",
        "This is plain IPS without a cut. Cut the weights at `largest`, then divide by the sum of what is left.",
        also=(
            (", largest)\n    ", "\n    "),
            ("sum() / w.sum", "mean"),
        ),
    ),
    edit(
        "= w.sum",
        "= (w * clicked).sum",
        "effective_of_clicks_only",
        (
            "You take the effective sample size over clicked rows. Rows without a click tell as much about the "
            "rate: use all."
        ),
        also=(("w**", "(w * clicked) ** "),),
    ),
    edit(
        "estimate, effective",
        "effective, estimate",
        "order_of_results",
        "Both numbers are right, but the order is not: first the estimate, then the effective sample size.",
    ),
]
