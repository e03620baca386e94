"""Exercises of lesson 01: the size of an experiment, discovery, the auction."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake


def draw_experiment(rng: np.random.Generator, number: int) -> tuple:
    base_rate = rng.uniform(*((0.008, 0.012), (0.03, 0.08), (0.15, 0.3))[number])
    relative_lift = rng.uniform(*((0.01, 0.03), (0.05, 0.1), (-0.2, -0.1))[number])
    power = rng.choice([0.85, 0.9, 0.95])
    alpha = rng.choice([0.01, 0.02, 0.1])
    return float(base_rate), float(relative_lift), float(power), float(alpha)


AB_GROUP = """
import math

from scipy.stats import norm


def ab_group(base_rate, relative_lift, power, alpha):
    p1, p2 = base_rate, base_rate * (1 + relative_lift)
    z = {z}
    variance = {variance}
    return {result}
"""


def ab_group(
    z: str = "norm.ppf(1 - alpha / 2) + norm.ppf(power)",
    variance: str = "p1 * (1 - p1) + p2 * (1 - p2)",
    result: str = "math.ceil(z**2 * variance / (p2 - p1) ** 2)",
) -> str:
    return AB_GROUP.format(z=z, variance=variance, result=result)


AB_SAMPLE_SIZE = Definition(
    id="01.ab_sample_size",
    title="The size of an A/B test",
    core=True,
    tolerance=1e-9,
    stub="""
def ab_group(base_rate, relative_lift, power, alpha):
    ...
""",
    hints=(
        "Compute the two rates first. A relative lift multiplies: what is the second rate for a base rate of 5 % and a lift of 10 %?",
        "Translate the formula from the inside: the sum of the two variances, the sum of the two quantiles, the difference "
        "of the rates. A two-sided test shares `alpha` between both tails.",
        "You need two calls of `norm.ppf`: one for the tail of the test, `1 - alpha / 2`, one for the power. Square their "
        "sum, multiply by the variances, divide by the squared difference, round up with `math.ceil`.",
    ),
    solution=ab_group(),
    another="""
import numpy as np
import scipy.stats


def ab_group(base_rate, relative_lift, power, alpha):
    rates = base_rate * np.array([1.0, 1.0 + relative_lift])
    quantiles = scipy.stats.norm.isf(np.array([alpha / 2, 1 - power]))
    signal = np.diff(rates)[0] / quantiles.sum()
    return int(np.ceil((rates * (1 - rates)).sum() / signal**2))
""",
    mistakes=(
        Mistake(
            "one_sided_test",
            "This is the size of a one-sided test. A change can go either way, so `alpha` is shared between two tails.",
            ab_group(z="norm.ppf(1 - alpha) + norm.ppf(power)"),
        ),
        Mistake(
            "lift_read_as_absolute",
            "You add the lift to the rate. A relative lift multiplies it: 1 % with a lift of 2 % becomes 1.02 %, not 3 %.",
            ab_group().replace("base_rate * (1 + relative_lift)", "base_rate + relative_lift"),
        ),
        Mistake(
            "one_variance_only",
            "You use the variance of one group. The difference of two groups varies by the sum of both variances.",
            ab_group(variance="p1 * (1 - p1)"),
        ),
        Mistake(
            "forgets_the_power",
            "Without the quantile of the power, the test finds the lift only half of the time. Add both quantiles.",
            ab_group(z="norm.ppf(1 - alpha / 2)"),
        ),
        Mistake(
            "power_and_alpha_swapped",
            "You use the power where the significance level belongs, and the other way round. `alpha` is the small one.",
            ab_group(z="norm.ppf(1 - (1 - power) / 2) + norm.ppf(1 - alpha)"),
        ),
        Mistake(
            "quantiles_squared_apart",
            "You square each quantile and then add. Add first, then square the sum.",
            ab_group(
                result="math.ceil((norm.ppf(1 - alpha / 2) ** 2 + norm.ppf(power) ** 2) * variance / (p2 - p1) ** 2)"
            ),
        ),
        Mistake(
            "always_80_percent_power",
            "You use 1.96 and 0.84, the quantiles of 5 % and 80 %. Compute them from `alpha` and `power`.",
            ab_group(z="norm.ppf(0.975) + norm.ppf(0.8)"),
        ),
        Mistake(
            "quantiles_not_squared",
            "The sum of the quantiles must be squared, as the difference of the rates is.",
            ab_group(result="math.ceil(z * variance / (p2 - p1) ** 2)"),
        ),
        Mistake(
            "not_rounded_up",
            "Nearly: a fraction of a user cannot be tested. Round up.",
            ab_group(result="z**2 * variance / (p2 - p1) ** 2"),
        ),
        Mistake(
            "both_groups_together",
            "This is the number of users in both groups together. Return the size of one group.",
            ab_group(result="2 * math.ceil(z**2 * variance / (p2 - p1) ** 2)"),
        ),
    ),
    draw=draw_experiment,
    takeaway="The difference of the rates stands squared below: half the lift needs four times the users.",
)


def draw_discovery(rng: np.random.Generator, number: int) -> tuple:
    n_items, n_middle, head = ((20, 2, 6), (80, 9, 20), (400, 14, 100))[number]
    items = rng.permutation(n_items)
    edge = np.sort(items[head - 2 : head + 4])  # six tied items; the two lowest numbers belong to the head
    popularity = np.full(n_items, 3)
    popularity[items[: head - 2]] = rng.integers(8, 12, size=head - 2)
    popularity[edge] = 6
    popularity[items[-head:]] = 1
    # Each group has another number of hits, so that no mistake hides behind another one.
    top, middle, tail = items[:4], items[head + 4 : head + 4 + n_middle], items[-1:]
    shown = np.concatenate([top, edge, middle, tail])
    liked = np.concatenate([top[:3], edge[:4], middle[::2], tail, items[-5:-2]])
    return rng.permutation(shown), rng.permutation(liked), popularity, head


DISCOVERY = Definition(
    id="01.discovery",
    title="Hits that are not obvious",
    stub="""
def discovery(shown, liked, popularity, head):
    ...
""",
    hints=(
        "Start with the items to leave out: which are the `head` most popular ones?",
        "Sort item numbers by popularity, largest first, with a stable sort so that ties keep the order of the numbers. An "
        "item counts when it is shown, liked, and not among the first `head` of that order.",
        "`np.argsort(-popularity, kind='stable')` gives the order, and `np.isin(a, b)` tells which items of `a` are in `b`. "
        "You need it twice: once for what was liked, once for the head. What is the share of a list?",
    ),
    solution="""
import numpy as np


def discovery(shown, liked, popularity, head):
    obvious = np.argsort(-popularity, kind="stable")[:head]
    hits = np.isin(shown, liked) & ~np.isin(shown, obvious)
    return hits.mean()
""",
    another="""
def discovery(shown, liked, popularity, head):
    order = sorted(range(len(popularity)), key=lambda item: (-popularity[item], item))
    return len((set(shown) & set(liked)) - set(order[:head])) / len(shown)
""",
    mistakes=(
        Mistake(
            "counts_obvious_hits",
            "You count every hit, also those among the most popular items. That is precision; discovery leaves them out.",
            """
import numpy as np


def discovery(shown, liked, popularity, head):
    return np.isin(shown, liked).mean()
""",
        ),
        Mistake(
            "share_of_the_hits",
            "You divide by the number of hits. Divide by the length of the list: an empty place in it counts against it.",
            """
import numpy as np


def discovery(shown, liked, popularity, head):
    obvious = np.argsort(-popularity, kind="stable")[:head]
    hits = np.isin(shown, liked)
    return (hits & ~np.isin(shown, obvious)).sum() / max(hits.sum(), 1)
""",
        ),
        Mistake(
            "leaves_out_the_unpopular",
            "Your order is upside down: you leave out the least popular items. Sort by popularity from the largest.",
            """
import numpy as np


def discovery(shown, liked, popularity, head):
    obvious = np.argsort(popularity, kind="stable")[:head]
    return (np.isin(shown, liked) & ~np.isin(shown, obvious)).mean()
""",
        ),
        Mistake(
            "ties_the_wrong_way",
            "Nearly: of two items that are equally popular, the one with the lower number counts as more popular. Reversing an ascending order turns the ties around.",
            """
import numpy as np


def discovery(shown, liked, popularity, head):
    obvious = np.argsort(popularity, kind="stable")[::-1][:head]
    return (np.isin(shown, liked) & ~np.isin(shown, obvious)).mean()
""",
        ),
        Mistake(
            "head_too_short",
            "Nearly: your head has one item too few. It holds exactly `head` items, numbers 0 to `head - 1` of the order.",
            """
import numpy as np


def discovery(shown, liked, popularity, head):
    obvious = np.argsort(-popularity, kind="stable")[: head - 1]
    return (np.isin(shown, liked) & ~np.isin(shown, obvious)).mean()
""",
        ),
        Mistake(
            "head_too_long",
            "Nearly: your head has one item too many. It holds exactly `head` items, numbers 0 to `head - 1` of the order.",
            """
import numpy as np


def discovery(shown, liked, popularity, head):
    obvious = np.argsort(-popularity, kind="stable")[: head + 1]
    return (np.isin(shown, liked) & ~np.isin(shown, obvious)).mean()
""",
        ),
        Mistake(
            "all_ties_in_the_head",
            "Nearly: you leave out every item as popular as the last one of the head. The head holds exactly `head` items.",
            """
import numpy as np


def discovery(shown, liked, popularity, head):
    limit = np.sort(popularity)[::-1][head - 1]
    return (np.isin(shown, liked) & (popularity[shown] < limit)).mean()
""",
        ),
        Mistake(
            "ignores_what_was_liked",
            "You count items that are not obvious, liked or not. A discovery must be liked, too.",
            """
import numpy as np


def discovery(shown, liked, popularity, head):
    return (~np.isin(shown, np.argsort(-popularity, kind="stable")[:head])).mean()
""",
        ),
        Mistake(
            "share_of_the_likes",
            "You divide by the number of items liked: that is a recall. The question is which share of the list is a discovery.",
            """
import numpy as np


def discovery(shown, liked, popularity, head):
    obvious = np.argsort(-popularity, kind="stable")[:head]
    return (np.isin(shown, liked) & ~np.isin(shown, obvious)).sum() / len(liked)
""",
        ),
    ),
    draw=draw_discovery,
    takeaway="A list can be precise and discover nothing: popularity is exactly that.",
)


def draw_auction(rng: np.random.Generator, number: int) -> tuple:
    n_ads = (6, 12, 40)[number]
    p_click = rng.uniform(0.005, 0.02, size=n_ads)
    bid = rng.uniform(0.2, 0.8, size=n_ads)
    # The winner is neither the highest bid nor the most clicked, nor next to either in both orders.
    bid[:6] = np.array([3.0, 2.6, 2.2, 0.25, 0.3, 1.5]) * rng.uniform(0.97, 1.03, size=6)
    p_click[:6] = np.array([0.004, 0.006, 0.06, 0.09, 0.08, 0.001]) * rng.uniform(0.97, 1.03, size=6)
    order = rng.permutation(n_ads)
    scale = rng.uniform(0.5, 2.0)
    return scale * bid[order], p_click[order]


WINNER = Definition(
    id="01.winner",
    title="Who wins the auction?",
    stub="""
def winner(bid, p_click):
    ...
""",
    hints=(
        "An ad that bids much but is never clicked earns nothing. What does one impression of an ad earn on average?",
        "The expected value of an impression is money for a click times the probability of a click. The largest one wins.",
        "Multiply the two arrays element by element. Then `argmax` gives the position, and the largest product, times the "
        "number of impressions, the money. Return both, in this order.",
    ),
    solution="""
def winner(bid, p_click):
    value = bid * p_click
    best = value.argmax()
    return best, 1000 * value[best]
""",
    another="""
def winner(bid, p_click):
    best = max(range(len(bid)), key=lambda ad: bid[ad] * p_click[ad])
    return best, 1000 * bid[best] * p_click[best]
""",
    mistakes=(
        Mistake(
            "highest_bid_wins",
            "You choose the highest bid. Who pays only for clicks and is never clicked pays nothing.",
            """
def winner(bid, p_click):
    best = bid.argmax()
    return best, 1000 * bid[best] * p_click[best]
""",
        ),
        Mistake(
            "most_clicked_wins",
            "You choose the ad with the highest click probability. It may pay almost nothing for a click.",
            """
def winner(bid, p_click):
    best = p_click.argmax()
    return best, 1000 * bid[best] * p_click[best]
""",
        ),
        Mistake(
            "pays_the_second_price",
            "The winner is right. In many real auctions it pays just enough to beat the second, as you do; in this one it pays its own bid.",
            """
def winner(bid, p_click):
    value = bid * p_click
    return value.argmax(), 1000 * sorted(value)[-2]
""",
        ),
        Mistake(
            "adds_instead_of_multiplying",
            "You add the bid and the probability. Money for a click times the chance of a click is the expected money.",
            """
def winner(bid, p_click):
    best = (bid + p_click).argmax()
    return best, 1000 * (bid[best] + p_click[best])
""",
        ),
        Mistake(
            "value_of_one_impression",
            "The winner is right. The money is that of one impression; eCPM is for a thousand.",
            """
def winner(bid, p_click):
    value = bid * p_click
    return value.argmax(), value.max()
""",
        ),
        Mistake(
            "every_impression_is_paid",
            "The winner is right, but you let it pay for each impression. It pays its bid only when it is clicked.",
            """
def winner(bid, p_click):
    best = (bid * p_click).argmax()
    return best, 1000 * bid[best]
""",
        ),
        Mistake(
            "money_without_winner",
            "Return two things, in this order: the position of the winner, then the money.",
            """
def winner(bid, p_click):
    return 1000 * (bid * p_click).max()
""",
        ),
    ),
    draw=draw_auction,
    takeaway="The score is multiplied by money, so it must be a probability and not only an order.",
)

EXERCISES = (AB_SAMPLE_SIZE, DISCOVERY, WINNER)
