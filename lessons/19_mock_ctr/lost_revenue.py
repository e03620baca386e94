"""Each order right, the revenue wrong."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    (
        "Two ads were shown or could have been shown: the one that the predictions chose, and the one that the "
        "truth would choose. What is each worth?"
    ),
    "Choose by bid times prediction, but count by bid times truth: clicks do not care what was predicted.",
    (
        "`argmax(axis=1)` finds the ad of each request. `value = bids * true` is what an ad earns. Compare the sum "
        "over the chosen ads with the sum of the largest."
    ),
)
takeaway = (
    "An auction compares ads with each other, so the scale of each prediction matters, not only the order within an ad."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n, ads = ((6, 2), (40, 3), (300, 5))[number]
    while True:
        true = rng.uniform(0.01, 0.1, size=(n, ads))
        bids = rng.uniform(0.5, 2, size=(n, ads))
        bids[:, 0] *= 0.5  # bids and probabilities do not agree
        predicted = np.clip(true * rng.choice([0.4, 1.0, 2.5], size=(n, ads)), 0.001, 0.9)
        arguments = bids, true, predicted
        outcomes = [OUTCOME[name](*arguments) for name in OUTCOME]
        if np.diff(np.sort(outcomes)).min() > 1e-4:
            return arguments


def _at(values, columns):
    return values[np.arange(len(values)), columns]


OUTCOME = {  # the numbers that draws must keep apart
    "right": lambda b, t, p: 1 - _at(b * t, (b * p).argmax(1)).sum() / (b * t).max(1).sum(),
    "by_probability": lambda b, t, p: 1 - _at(b * t, p.argmax(1)).sum() / (b * t).max(1).sum(),
    "by_bid": lambda b, t, p: 1 - _at(b * t, b.argmax(1)).sum() / (b * t).max(1).sum(),
    "best_click": lambda b, t, p: 1 - _at(b * t, (b * p).argmax(1)).sum() / _at(b * t, t.argmax(1)).sum(),
    "zero": lambda b, t, p: 0.0,
}


def lost_revenue(bids, true, predicted):
    value = bids * true
    rows = np.arange(len(bids))
    shown = (bids * predicted).argmax(axis=1)
    got = value[rows, shown]
    best = value.max(axis=1)
    return 1 - got.sum() / best.sum()


def another(bids, true, predicted):
    earned = possible = 0.0
    for bid, chance, guess in zip(bids, true, predicted):
        chosen = max(range(len(bid)), key=lambda ad: bid[ad] * guess[ad])
        earned += bid[chosen] * chance[chosen]
        possible += max(b * c for b, c in zip(bid, chance))
    return (possible - earned) / possible


mistakes = [
    edit(
        "(bids * predicted)",
        "predicted",
        "ranked_by_probability",
        (
            "You show the ad with the highest prediction, as if bids did not matter. That is ranking by clicks; "
            "the auction ranks by bid times probability."
        ),
    ),
    edit(
        "(bids * predicted)",
        "bids",
        "ranked_by_bid",
        (
            "You show the ad with the highest bid. A bid is paid for a click only: multiply it by the predicted "
            "probability."
        ),
    ),
    edit(
        " predicted).",
        " true).",
        "chosen_by_the_truth",
        (
            "You choose by the true probabilities, which nobody has. So nothing is lost. Choose by the "
            "predictions, count by the truth."
        ),
    ),
    edit(
        "true\n    ",
        "predicted\n    ",
        "counts_what_was_predicted",
        (
            "You count the revenue that was predicted. An ad that is overrated then looks like a gain. Clicks come "
            "with the true probability."
        ),
        also=(("value.", "(bids * true)."),),
    ),
    edit(
        ".max(axis=1)",
        "[rows, true.argmax(axis=1)]",
        "best_has_most_clicks",
        "Your best ad is the one with most clicks. The best for revenue has the highest bid times true probability.",
    ),
    edit(
        "1 - got.sum() / best.sum",
        "(got < best).mean",
        "share_of_wrong_choices",
        (
            "You count the requests with another ad than the best. Most of these cost little; the question is how "
            "much revenue is lost."
        ),
    ),
    edit(
        "1 - got.sum() / best.sum(",
        "np.mean(1 - got / best",
        "mean_of_ratios",
        (
            "You average the loss of each request. Requests with small stakes then count as much as large ones: "
            "add up first, then divide."
        ),
    ),
    edit("1 - ", "", "share_that_is_kept", "This is the share that is earned. The question is the share that is lost."),
    edit(
        "1 -",
        "best.sum() /",
        "relative_to_the_earned",
        "You divide the loss by what was earned. The share that is lost is of what was possible.",
        also=(("/ best.sum()", "- 1"),),
    ),
    edit(
        "1 - got.sum() / best",
        "(best - got)",
        "money_not_share",
        "This is the money that is lost. Return it as a share of what was possible.",
    ),
    edit(
        " bids *",
        "",
        "clicks_not_revenue",
        (
            "You count clicks. A click on a cheap ad and one on an expensive ad are then worth the same: multiply "
            "by the bid."
        ),
    ),
    edit(
        " (",
        " np.full(len(bids), (",
        "one_ad_for_all",
        "You choose one ad for all requests. Each request has its own auction: `argmax` along axis 1.",
        also=(("argmax(axis=1", "sum(axis=0).argmax()"),),
    ),
]
