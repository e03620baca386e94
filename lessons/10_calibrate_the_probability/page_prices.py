"""The prices of a page."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    (
        "Put three ads with bid and probability on paper and order them. How low may the bid of the first fall "
        "before the second overtakes it?"
    ),
    (
        "Order by score. An ad keeps its place as long as its own bid times its own p is not below the next score, "
        "nor below the reserve. Solve that for the bid."
    ),
    (
        "`order = np.argsort(-bid * p)`. Walk down the first `n_slots` of it and stop at a score below the "
        "reserve. The price is a score divided by the ad's *own* p: which score? The larger of two."
    ),
)
takeaway = (
    "This is the generalized second-price auction. The lower an ad's p, the more it pays for a click: so an "
    "error in p is an error in the bill."
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
        following = order[place + 1] if place + 1 < len(order) else None
        next_score = 0 if following is None else score[following]
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
        "max(next_score, reserve) / p",
        "bid",
        "pays_its_own_bid",
        "Every ad pays its own bid: a first-price auction. Here it pays only what it needs to keep its place.",
    ),
    edit(
        "next_score, reserve) / p[ad]",
        "bid[following] if following is not None else 0, reserve / p[ad])",
        "pays_the_next_bid",
        (
            "You charge the bid of the next ad. Its bid counts with *its* probability: what has to be beaten is "
            "its score."
        ),
    ),
    edit(
        " / p[ad]",
        "",
        "not_divided",
        "You return scores: dollars an impression. The price is paid for a click: divide by the ad's own p.",
    ),
    edit(
        "p[ad]",
        "(p[following] if following is not None else p[ad])",
        "divided_by_the_next_p",
        (
            "You divide by the p of the next ad. It is the bid of *this* ad that may fall until the scores are "
            "equal: divide by its own p."
        ),
    ),
    edit(
        "score)",
        "bid)",
        "sorted_by_bid",
        (
            "You order the ads by bid. An ad that nobody clicks would win with a high bid and pay nothing: order "
            "by bid times p."
        ),
    ),
    edit(
        "score)",
        "p)",
        "sorted_by_probability",
        "You order the ads by p. What counts is the money that an impression is expected to bring: bid times p.",
    ),
    edit("-", "", "lowest_first", "Your first slot goes to the lowest score. `argsort` goes upwards: turn it round."),
    edit(
        "score[ad] < reserve",
        "False",
        "reserve_ignored",
        "You ignore the reserve: ads below it are shown, and prices may lie below it.",
        also=(("max(next_score, reserve)", "next_score"),),
    ),
    edit(
        "max(next_score, reserve)",
        "next_score",
        "reserve_not_in_the_price",
        (
            "Ads below the reserve are left out, but the last ad shown pays too little. The reserve is one more "
            "score that an ad has to beat: in the price it is divided by the ad's own p, too."
        ),
    ),
    edit(
        "score[ad] < reserve",
        "False",
        "reserve_does_not_exclude",
        (
            "You show ads whose score is below the reserve (did you compare it with the bid?). They would pay more "
            "than they bid: leave them out."
        ),
    ),
    edit(
        " score[ad",
        " p[ad",
        "reserve_on_the_probability",
        (
            "You compare the reserve with p. It is a lowest score, in dollars an impression: compare it with bid "
            "times p."
        ),
    ),
    edit(
        "max(next_score, reserve",
        "(next_score if next_score >= reserve else 0",
        "free_without_a_rival",
        "Where the next ad is below the reserve, your price is 0. Then the ad has to beat the reserve.",
    ),
    edit(
        "max(next_score, reserve) / p",
        "next_score / p[ad] if next_score >= reserve else bid",
        "own_bid_without_a_rival",
        "Where the next ad is below the reserve, you charge the ad its own bid. It only has to beat the reserve.",
    ),
    edit(
        "max(next_score,",
        "(next_score +",
        "reserve_added",
        "You add the reserve to the next score. The ad has to beat both, not their sum: take the larger one.",
    ),
    edit(
        "max",
        "min",
        "smaller_of_the_two",
        "You take the smaller of next score and reserve. The ad has to beat both of them: take the larger one.",
    ),
    edit(
        "next_score,",
        "score[order[1]],",
        "all_pay_the_first_price",
        "All ads are charged against the score of the second ad. Each slot has its own next ad.",
    ),
    edit(
        "next_score,",
        "score[order[min(n_slots, len(order) - 1, int((score >= reserve).sum()))]],",
        "all_beat_the_first_ad_left_out",
        (
            "You charge all ads against the first ad that is not shown. That keeps an ad on the page, not in its "
            "place: take the ad just below."
        ),
    ),
    edit(
        "next_score,",
        "next_score if place + 1 < n_slots else 0,",
        "last_slot_pays_the_reserve",
        (
            "The ad in the last slot is charged the reserve, although another ad waits below the page. The next ad "
            "counts, shown or not."
        ),
    ),
    edit(
        "next_score,",
        "score[order[place + 2]] if place + 2 < len(order) else 0,",
        "second_next",
        "You look two places down. What an ad has to beat is the score just below its own.",
    ),
    edit(
        "next_score,",
        "score[order[place - 1]] if place else score[ad],",
        "place_above",
        "You look at the ad above. An ad pays to stay ahead of the one *below* it.",
    ),
    edit(
        "prices)",
        "prices[:1])",
        "no_next_price_only_one",
        "You return the price of the first slot only. Asked are the prices of all slots that are filled.",
    ),
    edit(
        "/",
        "*",
        "expected_payment",
        "You multiply by p: the payment expected for an impression. Asked is the price of one click.",
    ),
    edit(
        "prices)",
        "[price for _, price in sorted(zip(order[: len(prices)].tolist(), prices))])",
        "order_of_the_ads",
        "Your prices stand in the order in which the ads were given. Asked is from the first slot down.",
    ),
    edit(
        "prices)",
        "prices[::-1])",
        "last_slot_first",
        "Your prices come from the last slot up. Asked is from the first slot down.",
    ),
    edit("return np.", "return 1000 * np.", "price_of_a_thousand", "You multiply by 1000. Prices are for one click."),
    edit(
        "n_slots]",
        " n_slots + 1]",
        "one_slot_too_many",
        "You sell one slot too many. The ad below the page is only the one to beat.",
    ),
    edit(
        "n_slots]",
        " n_slots - 1]",
        "one_slot_too_few",
        "You leave the last slot empty. It, too, is sold, against the next ad below the page, or the reserve.",
    ),
    edit(
        "array(prices)",
        "append(prices, np.zeros(n_slots - len(prices)))",
        "zeros_for_empty_slots",
        "You return one price a slot, also for slots that stay empty. Return the prices of the ads that are shown.",
    ),
]
