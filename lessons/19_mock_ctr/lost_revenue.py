"""Each order right, the revenue wrong."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "Two ads were shown or could have been shown: "
    "the one that the predictions chose, and the one that the truth would choose. What is each worth?",
    "Choose by bid times prediction, but count by bid times truth: clicks do not care what was predicted.",
    "`argmax(axis=1)` finds the ad of each request. `value = bids * true` is what an ad earns. "
    "Compare the sum over the chosen ads with the sum of the largest.",
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
        rankings = bids * predicted, predicted, bids, bids * true
        right, likely, dear, best = ((bids * true)[np.arange(n), ranking.argmax(axis=1)].sum() for ranking in rankings)
        earned = [right / best, likely / best, dear / best, 1.0]
        if np.diff(np.sort(earned)).min() > 1e-4:  # the mistakes differ from the answer and from each other
            return bids, true, predicted


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
        possible += (bid * chance).max()
    return (possible - earned) / possible


mistakes = [
    edit(
        "(bids * predicted).argmax(axis=1)",
        "predicted.argmax(axis=1)",
        "ranked_by_probability",
        "You show the ad with the highest prediction, as if bids did not matter. "
        "That is ranking by clicks; the auction ranks by bid times probability.",
    ),
    edit(
        "bids * predicted",
        "bids * true",
        "nothing_is_lost",
        "Your loss is always 0. Who chooses and counts by the same probabilities cannot lose anything: "
        "choose by the predictions, count by the truth.",
    ),
    edit(
        "value[rows, shown]",
        "(bids * predicted)[rows, shown]",
        "counts_what_was_predicted",
        "You count the revenue that was predicted. "
        "An ad that is overrated then looks like a gain. Clicks come with the true probability.",
    ),
    edit(
        "1 - got.sum() / best.sum()",
        "best.sum() - got.sum()",
        "dollars_not_a_share",
        "This is the loss in dollars. Asked is the share: divide it by the revenue of the best ads.",
    ),
    edit(
        "1 - got.sum() / best.sum()",
        "(got < best).mean()",
        "share_of_wrong_choices",
        "You count the requests with another ad than the best. "
        "One costs little, another much; the question is how much revenue is lost.",
    ),
    edit(
        "1 - got.sum() / best.sum()",
        "np.mean(1 - got / best)",
        "mean_of_ratios",
        "You average the loss of each request. "
        "Requests with small stakes then count as much as large ones: add up first, then divide.",
    ),
    edit(
        "1 - got.sum() / best.sum()",
        "best.sum() / got.sum() - 1",
        "relative_to_the_earned",
        "You divide the loss by what was earned. The share that is lost is of what was possible.",
    ),
    edit(
        "1 - got.sum() / best.sum()",
        "got.sum() / best.sum()",
        "share_that_is_kept",
        "This is the share that is earned. The question is the share that is lost.",
    ),
]
