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
    n_ads, n_slots = ((4, 2), (7, 4), (30, 6))[number]
    while True:
        p = rng.uniform(0.01, 0.1, n_ads).round(3)
        bid = rng.uniform(0.2, 2.0, n_ads).round(2)
        score = bid * p
        order = np.argsort(-score)
        if number == 1:  # slots stay empty: the last ad shown is followed by one below the reserve
            reserve = float(score[order[2:4]].mean().round(4))
        else:  # all slots are filled, and ads are left over
            reserve = float((score[order[n_slots]] * rng.uniform(0.3, 0.7)).round(4))
        top = order[:n_slots]
        same_order = np.array_equal(np.argsort(-bid)[:n_slots], top) or np.array_equal(np.argsort(-p)[:n_slots], top)
        n_shown = min(n_slots, int((score >= reserve).sum()))
        by_p_alone = number == 1 and p[top[:n_shown]].min() >= reserve  # comparing p with the reserve must show
        in_order = np.array_equal(np.sort(top[:n_shown]), top[:n_shown])
        if not same_order and not in_order and not by_p_alone and np.diff(np.sort(score)).min() > 1e-4 and n_shown > 1:
            return bid, p, n_slots, reserve


def page_prices(bid, p, n_slots, reserve):
    score = bid * p
    order = np.argsort(-score)
    prices = []
    for place, ad in enumerate(order[:n_slots]):
        if score[ad] < reserve:
            break
        next_score = score[order[place + 1]] if place + 1 < len(order) else 0
        prices.append(max(next_score, reserve) / p[ad])
    return np.array(prices)


def another(bid, p, n_slots, reserve):
    score = np.sort(bid * p)[::-1]
    own_p = p[np.argsort(bid * p)[::-1]]
    to_beat = np.maximum(np.append(score[1:], 0.0), reserve)
    shown = score[:n_slots] >= reserve
    return (to_beat / own_p)[:n_slots][shown]


mistakes = [
    edit(
        "max(next_score, reserve) / p[ad]",
        "bid[ad]",
        "pays_its_own_bid",
        "Every ad pays its own bid: a first-price auction. Here it pays only what it needs to keep its place.",
    ),
    edit(
        "max(next_score, reserve) / p[ad]",
        "max(bid[order[place + 1]], reserve / p[ad])",
        "pays_the_next_bid",
        "You charge the bid of the next ad. Its bid counts with *its* probability: what has to be beaten is its score.",
    ),
    edit(
        "max(next_score, reserve) / p[ad]",
        "max(next_score, reserve)",
        "not_divided",
        "You return scores: dollars an impression. The price is paid for a click: divide by the ad's own p.",
    ),
    edit(
        "max(next_score, reserve) / p[ad]",
        "max(next_score, reserve) / p[order[place + 1]]",
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
        "max(next_score, reserve)",
        "next_score",
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
        "place + 1 < len(order)",
        "place + 1 < n_slots",
        "last_slot_pays_the_reserve",
        "The ad in the last slot is charged the reserve, although another ad waits below the page. "
        "The next ad counts, shown or not.",
    ),
]
