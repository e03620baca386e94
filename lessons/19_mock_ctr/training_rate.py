"""The rate in the training data."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "Take 1,000 impressions and count: how many clicks are there, and how many non-clicks stay?",
    "All clicks stay. Of the non-clicks a share stays. The rate is clicks over what is left.",
    "Above the line stands `rate`; below it stand the clicks and the non-clicks that were kept.",
)
takeaway = "Count what is left: below the line stand the clicks, all of them, and the non-clicks that were kept."


def draw(rng: np.random.Generator, number: int) -> tuple:
    rate = rng.uniform(*((0.03, 0.08), (0.05, 0.1), (0.1, 0.2))[number])
    return float(rate), float(rng.uniform(*((0.1, 0.15), (0.02, 0.04), (0.25, 0.45))[number]))


def training_rate(rate, kept):
    others = (1 - rate) * kept
    return rate / (rate + others)


def another(rate, kept):
    odds = rate / (1 - rate) / kept
    return odds / (1 + odds)


mistakes = [
    edit(
        "rate / (rate + others)",
        "rate / kept",
        "clicks_over_kept",
        "You divide the rate by the share kept, as the published answer does. "
        "The clicks stay in the data, too, so there are more rows than that.",
    ),
    edit(
        "(1 - rate) * kept",
        "kept",
        "rows_not_non_clicks",
        "Nearly: you keep a share of *all* rows beside the clicks. Only the non-clicks, 1 - rate of them, are sampled.",
    ),
    edit(
        "rate / (rate + others)",
        "rate / others",
        "these_are_odds",
        "These are clicks over non-clicks, the odds. A rate has the clicks below the line, too.",
    ),
    edit(
        "(1 - rate) * kept",
        "(1 - rate) / kept",
        "the_way_back",
        "This is the way back, from the sampled rate to the true one. Here non-clicks get fewer.",
    ),
    edit(
        "(1 - rate) * kept",
        "(1 - rate) * (1 - kept)",
        "share_removed",
        "You use the share that was removed. `kept` is the share of the non-clicks that stayed.",
    ),
    edit(
        "rate / (rate + others)",
        "rate",
        "nothing_changes",
        "This is still the rate of the log. "
        "Without most of its non-clicks the training data has more clicks in a hundred rows.",
    ),
]
