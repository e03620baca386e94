"""The prices of a page."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "Put three ads with bid and probability on paper and order them. "
    "How low may the bid of the first fall before the second overtakes it?",
    "Order by score. An ad keeps its place as long as its own bid times its own "
    "p is not below the next score, nor below the reserve. Solve that for the bid.",
    "`order = np.argsort(-bid * p)`. Walk down the first `n_slots` of it and stop at a score below the reserve. "
    "The price is a score divided by the ad's *own* p: which score? The larger of two.",
)
takeaway = (
    "This is the generalized second-price auction. "
    "The lower an ad's p, the more it pays for a click: so an error in p is an error in the bill."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    # 0: all slots are filled, and ads are left over. 1: the last ad shown has exactly the reserve, which is shown, and the
    # next one less. 2: more slots than ads, so that nobody follows the last one.
    n_ads, n_slots = ((4, 2), (7, 5), (12, 14))[number]
    while True:
        p = rng.choice(np.arange(2, 26), n_ads, replace=False) / 256  # products are exact, in single precision, too
        bid = rng.choice(np.arange(4, 40), n_ads, replace=False) / 16
        score = bid * p
        order = np.argsort(-score)
        below = score[order[min(n_slots, n_ads - 1)]] * rng.uniform(0.3, 0.7)
        reserve = float(score[order[2]]) if number == 1 else float(below.round(4))
        top = order[: 3 if number == 1 else n_slots]
        by_bid, by_p = np.argsort(-bid)[: len(top)], np.argsort(-p)[: len(top)]
        other_orders = not np.array_equal(by_bid, top) and not np.array_equal(by_p, top) and np.any(np.diff(top) < 0)
        if other_orders and np.diff(np.sort(score)).min() > 1e-4 and (number != 1 or bid.min() >= reserve):
            return bid, p, n_slots, reserve


def page_prices(bid, p, n_slots, reserve):
    score = bid * p
    order = np.argsort(-score)
    to_beat = np.maximum(np.append(score[order[1:]], reserve), reserve)
    prices = []
    for place, ad in enumerate(order[:n_slots]):
        if score[ad] < reserve:
            break
        prices.append(to_beat[place] / p[ad])
    return np.array(prices)


def another(bid, p, n_slots, reserve):
    ads = sorted((b * q, q) for b, q in zip(bid, p))[::-1]
    shown = [(score, q) for score, q in ads if score >= reserve]
    below = [score for score, _ in ads[1:]] + [reserve]
    return [max(following, reserve) / q for (_, q), following in zip(shown, below)][:n_slots]


mistakes = [
    edit(
        "to_beat[place] / p[ad]",
        "bid[ad]",
        "pays_its_own_bid",
        "Every ad pays its own bid: a first-price auction. "
        "Here it pays only what it needs to keep its place: the *next* score counts, not its own.",
    ),
    edit(
        "to_beat[place] / p[ad]",
        "max(np.append(bid[order[1:]], 0)[place], reserve / p[ad])",
        "pays_the_next_bid",
        "You charge the bid of the next ad. Its bid counts with *its* probability: what has to be beaten is its score.",
    ),
    edit(
        "to_beat[place] / p[ad]",
        "to_beat[place]",
        "not_divided",
        "You return scores: dollars an impression. The price is paid for a click: divide by the ad's own p.",
    ),
    edit(
        "to_beat[place] / p[ad]",
        "to_beat[place] / np.append(p[order[1:]], 1)[place]",
        "divided_by_the_next_p",
        "You divide by the p of the next ad. "
        "It is the bid of *this* ad that may fall until the scores are equal: divide by its own p.",
    ),
    edit(
        "np.argsort(-score)",
        "np.argsort(-bid)",
        "sorted_by_bid",
        "You order the ads by bid. "
        "An ad that nobody clicks would win with a high bid and pay nothing: order by bid times p.",
    ),
    edit(
        "np.maximum(np.append(score[order[1:]], reserve), reserve)",
        "np.append(score[order[1:]], 0)",
        "reserve_not_in_the_price",
        "Ads below the reserve are left out, but the last ad shown pays too little. "
        "The reserve is one more score that an ad has to beat: in the price it is divided by the ad's own p, too.",
    ),
    edit(
        "score[ad] < reserve",
        "bid[ad] < reserve",
        "reserve_does_not_exclude",
        "You show ads whose score is below the reserve (did you compare it with the bid?). "
        "They would pay more than they bid: leave them out.",
    ),
    edit(
        "np.append(score[order[1:]], reserve)",
        "np.append(score[order[1:n_slots]], [reserve] * len(bid))",
        "last_slot_pays_the_reserve",
        "The ad in the last slot is charged the reserve, although another ad waits below the page. "
        "The next ad counts, shown or not.",
    ),
]
