"""Who wins the auction?"""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "An ad that bids much but is never clicked earns nothing. What does one impression of an ad earn on average?",
    "The expected value of an impression is money for a click times the probability of a click. The largest one wins.",
    "Multiply the two arrays element by element. Then `argmax` gives the position, and the largest "
    "product, times the number of impressions, the money. Return both, in this order.",
)
takeaway = "The score is multiplied by money, so it must be a probability and not only an order."


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_ads = (6, 12, 40)[number]
    p_click = rng.uniform(0.005, 0.02, size=n_ads)
    bid = rng.uniform(0.2, 0.8, size=n_ads)
    # The winner is neither the highest bid nor the most clicked, nor next to either in both orders.
    bid[:6] = np.array([3.0, 2.6, 2.2, 0.25, 0.3, 1.5]) * rng.uniform(0.97, 1.03, size=6)
    p_click[:6] = np.array([0.004, 0.006, 0.06, 0.09, 0.08, 0.001]) * rng.uniform(0.97, 1.03, size=6)
    order = rng.permutation(n_ads)
    scale = rng.uniform(0.36, 0.42) if number == 0 else rng.uniform(0.5, 2.0)  # at first the winner bids less than 1
    return scale * bid[order], p_click[order]


def winner(bid, p_click):
    value = bid * p_click
    best = value.argmax()
    return best, 1000 * value[best]


def another(bid, p_click):
    best = max(range(len(bid)), key=lambda ad: bid[ad] * p_click[ad])
    return best, 1000 * bid[best] * p_click[best]


mistakes = [
    edit(
        "value.argmax()",
        "bid.argmax()",
        "highest_bid_wins",
        "You choose the highest bid. Who pays only for clicks and is never clicked pays nothing.",
    ),
    edit(
        "value.argmax()",
        "p_click.argmax()",
        "most_clicked_wins",
        "You choose the ad with the highest click probability. It may pay almost nothing for a click.",
    ),
    edit(
        "bid * p_click",
        "bid + p_click",
        "adds_instead_of_multiplying",
        "You add the bid and the probability. Money for a click times the chance of a click is the expected money.",
    ),
    edit(
        "1000 * value[best]",
        "value[best]",
        "value_of_one_impression",
        "The winner is right. The money is that of one impression; eCPM is for a thousand.",
    ),
    edit(
        "1000 * value[best]",
        "1000 * bid[best]",
        "every_impression_is_paid",
        "The winner is right, but you let it pay for each impression. It pays its bid only when it is clicked.",
    ),
    edit(
        "1000 * value[best]",
        "1000 * np.sort(value)[-2]",
        "pays_the_second_price",
        "The winner is right. In many real auctions it pays just enough to "
        "beat the second, as you do; in this one it pays its own bid.",
    ),
    edit(
        "best, 1000 * value[best]",
        "1000 * value[best]",
        "money_without_winner",
        "Return two things, in this order: the position of the winner, then the money.",
    ),
]
