"""Exercises of lesson 10: undo the sampling of both classes, a factor for each slice, the prices of a page."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake


def draw_sampled(rng: np.random.Generator, number: int) -> tuple:
    size = (3, 12, 200)[number]
    p = rng.uniform(0.05, 0.6, size).round(3)
    return p, round(float(rng.uniform(0.4, 0.8)), 2), round(float(rng.uniform(0.05, 0.25)), 3)


UNDO = """
def undo_sampling(p, clicks_kept, others_kept):
    return {result}
"""


def undo(result: str) -> str:
    return UNDO.format(result=result)


UNDO_SAMPLING = Definition(
    id="10.undo_sampling",
    title="Undo the sampling of both",
    core=True,
    stub="""
def undo_sampling(p, clicks_kept, others_kept):
    ...
""",
    hints=(
        "Count. Of a thousand rows of the sampled log with probability p, how many are clicks? How many clicks of the full log do they stand for?",
        "Each sampled click stands for more than one click of the full log, each other row for more than one row. Weigh both, and take the share of the clicks again.",
        "Let `clicks` be `p` divided by its own share kept, and `others` be `1 - p` divided by *its* share kept. Those are amounts in the full log. What is the share of clicks among them?",
    ),
    solution="""
def undo_sampling(p, clicks_kept, others_kept):
    clicks = p / clicks_kept
    others = (1 - p) / others_kept
    return clicks / (clicks + others)
""",
    another="""
import numpy as np


def undo_sampling(p, clicks_kept, others_kept):
    log_odds = np.log(p / (1 - p)) + np.log(others_kept) - np.log(clicks_kept)
    return 1 / (1 + np.exp(-log_odds))
""",
    mistakes=(
        Mistake(
            "forgets_the_clicks",
            "This is the lesson's formula: it takes for granted that all clicks were kept. A share of the clicks is missing, too; each one that is left stands for more than one.",
            undo("p / (p + (1 - p) / others_kept)"),
        ),
        Mistake(
            "forgets_the_others",
            "You put back the missing clicks only. The rows without a click were thinned, too, and more strongly.",
            undo("(p / clicks_kept) / (p / clicks_kept + 1 - p)"),
        ),
        Mistake(
            "both_lower_the_odds",
            "You lower the odds by both shares. Thinning the others raised the odds, thinning the clicks lowered them: the two corrections go in opposite directions.",
            undo("p * clicks_kept / (p * clicks_kept + (1 - p) / others_kept)"),
        ),
        Mistake(
            "wrong_direction",
            "Your correction goes the wrong way, so predictions rise: it samples the log once more, or the two shares have changed places. The odds in the sample are too high: they must fall.",
            undo("(p / others_kept) / (p / others_kept + (1 - p) / clicks_kept)"),
        ),
        Mistake(
            "both_raise_the_odds",
            "You raise the odds by both shares. Thinning the clicks lowered the odds, thinning the others raised them: the two corrections go in opposite directions.",
            undo("(p / clicks_kept) / (p / clicks_kept + (1 - p) * others_kept)"),
        ),
        Mistake(
            "samples_the_clicks_once_more",
            "You multiply the odds by the share of clicks kept and stop there. That thins the clicks once more; and the rows without a click are still too few.",
            undo("p * clicks_kept / (p * clicks_kept + 1 - p)"),
        ),
        Mistake(
            "the_garbled_formula",
            "This is a formula from a circulating copy of a paper, with a bracket lost. It gives numbers above 1. The whole p + (1 - p) / w belongs under the fraction bar.",
            undo("p + (1 - p) * p / others_kept"),
        ),
        Mistake(
            "garbled_with_both_rates",
            "Brackets are missing: you divide p by p and then add. The sum of both classes belongs under the fraction bar, as a whole.",
            undo("p / clicks_kept / (p / clicks_kept) + (1 - p) / others_kept"),
        ),
        Mistake(
            "multiplies_the_probability",
            "You multiply the probability by the share of others kept. That is right for small p only: sampling changes the odds, not the probability.",
            undo("p * others_kept"),
        ),
        Mistake(
            "multiplies_by_the_ratio",
            "You multiply the probability by the ratio of the shares. Sampling multiplies the *odds* by it; probability and odds are close only when p is small.",
            undo("p * others_kept / clicks_kept"),
        ),
        Mistake(
            "returns_odds",
            "These are the right odds, but asked are probabilities. With odds o, the probability is o / (1 + o).",
            undo("p / (1 - p) * others_kept / clicks_kept"),
        ),
        Mistake(
            "wrong_direction_without_the_clicks",
            "You multiply 1 - p by the share of others kept, so the predictions rise. Each row without a click stands for 1 / share rows: divide. And some clicks are missing, too.",
            undo("p / (p + (1 - p) * others_kept)"),
        ),
        Mistake(
            "log_odds_returned",
            "These are log-odds. Asked are probabilities: apply the sigmoid.",
            "import numpy as np\n\n" + undo("np.log(p / (1 - p)) + np.log(others_kept / clicks_kept)"),
        ),
        Mistake(
            "ratio_added_to_log_odds",
            "You add the ratio of the shares to the log-odds. A factor of the odds becomes a *logarithm* there.",
            "import numpy as np\n\n" + undo("1 / (1 + np.exp(-(np.log(p / (1 - p)) + others_kept / clicks_kept)))"),
        ),
        Mistake(
            "logarithm_of_p",
            "You add the logarithm of the shares to the logarithm of p. It belongs to the log-odds, the logarithm of p / (1 - p).",
            "import numpy as np\n\n" + undo("1 / (1 + np.exp(-(np.log(p) + np.log(others_kept / clicks_kept))))"),
        ),
        Mistake(
            "scaled_to_the_mean",
            "You scale the probabilities by one factor, so that their mean is right. Each probability needs a factor of its own: only the factor of the odds is common.",
            undo("p * (p / clicks_kept).sum() / (p / clicks_kept + (1 - p) / others_kept).sum() / p.mean()"),
        ),
        Mistake(
            "one_correction_for_all",
            "You return the click rate of the full log for each row. Correct every probability by itself.",
            undo("0 * p + (p / clicks_kept).sum() / (p / clicks_kept + (1 - p) / others_kept).sum()"),
        ),
        Mistake(
            "clicks_over_others",
            "You divide clicks by others: the odds. The probability is clicks over clicks *and* others.",
            undo("(p / clicks_kept) / (1 - p / clicks_kept + (1 - p) / others_kept)"),
        ),
        Mistake(
            "divides_by_the_clicks_share_only",
            "You only divide p by the share of clicks kept. The rows without a click have changed, too, and the share of both has to be taken anew.",
            undo("p / clicks_kept"),
        ),
        Mistake(
            "chance_of_being_kept",
            "You divide by the chance that a row is kept at all. That gives how many rows there were, not how many of them are clicks: weigh the clicks alone in the numerator.",
            undo("p / (p * clicks_kept + (1 - p) * others_kept)"),
        ),
        Mistake(
            "chance_of_no_click",
            "This is the probability of *no* click. The clicks belong in the numerator.",
            undo("((1 - p) / others_kept) / (p / clicks_kept + (1 - p) / others_kept)"),
        ),
        Mistake(
            "shares_dropped",
            "You divide by the shares that were thrown away. A row that is left stands for 1 / share *kept* rows.",
            undo("(p / (1 - clicks_kept)) / (p / (1 - clicks_kept) + (1 - p) / (1 - others_kept))"),
        ),
        Mistake(
            "clicks_put_back_afterwards",
            "You put the others back first and then divide the probability by the share of clicks. Both belong into the same fraction: clicks over clicks and others.",
            undo("p / (p + (1 - p) / others_kept) / clicks_kept"),
        ),
        Mistake(
            "difference_without_logarithm",
            "You add the difference of the shares to the log-odds. It is the difference of their *logarithms*.",
            "import numpy as np\n\n" + undo("1 / (1 + np.exp(-(np.log(p / (1 - p)) + others_kept - clicks_kept)))"),
        ),
        Mistake(
            "logarithm_to_base_ten",
            "You use the logarithm to base 10. Log-odds, and the sigmoid that turns them back, use the natural one.",
            "import numpy as np\n\n"
            + undo("1 / (1 + np.exp(-(np.log(p / (1 - p)) + np.log10(others_kept / clicks_kept))))"),
        ),
        Mistake(
            "shares_of_all_rows",
            "You divide by the sum over all rows. Each row has a probability of its own: clicks over clicks and others of the *same* row.",
            undo("(p / clicks_kept) / (p / clicks_kept + (1 - p) / others_kept).sum()"),
        ),
        Mistake(
            "not_corrected",
            "You return p as it is: the probability in the sampled log. Check with an example: half of the clicks and a tenth of the others kept.",
            undo("p * 1"),
        ),
    ),
    draw=draw_sampled,
    takeaway="Sampling by class multiplies the odds, and nothing else: undo it on the odds, or add a constant to the log-odds.",
)


def draw_slices(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_slices = ((12, 2), (60, 4), (400, 8))[number]
    names = rng.choice(
        ["banner", "native", "text", "video", "north", "south", "desktop", "mobile"], n_slices, replace=False
    )
    while True:
        p = rng.uniform(0.05, 0.5, n_rows).round(3)
        slices = rng.integers(0, n_slices, n_rows)
        slices[:n_slices] = np.arange(n_slices)
        clicked = (rng.random(n_rows) < p * rng.uniform(0.5, 1.6, n_slices)[slices]).astype(int)
        rows, clicks = np.bincount(slices), np.bincount(slices, clicked)
        if rows.min() >= 4 and len(set(rows)) > 1 and clicks.max() >= 2 and clicks.sum() != rows.max():
            return names[slices], p, clicked, round(float(rng.uniform(2, 15)), 1)


SLICES = """
import numpy as np


def correct_slices(slices, p, clicked, strength):
    result = np.zeros(len(p))
    for name in np.unique(slices):
        rows = slices == name
        c, e = {c}, {e}
        result[rows] = {result}
    return result
"""


def slicewise(
    c: str = "clicked[rows].sum()",
    e: str = "p[rows].sum()",
    result: str = "p[rows] * (c + strength) / (e + strength)",
) -> str:
    return SLICES.format(c=c, e=e, result=result)


SLICE_FACTORS = Definition(
    id="10.slice_factors",
    title="A factor for each slice",
    stub="""
def correct_slices(slices, p, clicked, strength):
    ...
""",
    hints=(
        "Take one slice. How many clicks did the model promise in it, and how many came? What is its factor without `strength`, and what does `strength` do to a slice with very few rows?",
        "Clicks promised are the sum of `p` over the rows of the slice. Add `strength` to the clicks that came *and* to those promised, then divide. A slice without rows would get 1.",
        "Loop over `np.unique(slices)` with a mask `rows = slices == name`, and fill an array of results for these rows. Sums, not means: `strength` is in clicks.",
    ),
    solution=slicewise(),
    another="""
import pandas as pd


def correct_slices(slices, p, clicked, strength):
    table = pd.DataFrame({"p": p, "clicked": clicked})
    sums = table.groupby(slices).transform("sum")
    return (p * (sums["clicked"] + strength) / (sums["p"] + strength)).to_numpy()
""",
    mistakes=(
        Mistake(
            "upside_down",
            "Your factor is upside down: predicted over observed. Where too much was promised, the factor has to be below 1.",
            slicewise(result="p[rows] * (e + strength) / (c + strength)"),
        ),
        Mistake(
            "not_shrunk",
            "You leave `strength` out. A slice with few rows then gets a wild factor: 0 where by chance nobody clicked.",
            slicewise(result="p[rows] * c / e"),
        ),
        Mistake(
            "strength_in_the_numerator_only",
            "You add `strength` only to the clicks observed, so all factors rise. Added to both, it pulls them towards 1.",
            slicewise(result="p[rows] * (c + strength) / e"),
        ),
        Mistake(
            "strength_in_the_denominator_only",
            "You add `strength` only to the clicks predicted, so all factors fall. Added to both, it pulls them towards 1.",
            slicewise(result="p[rows] * c / (e + strength)"),
        ),
        Mistake(
            "strength_added_to_means",
            "You add `strength` to rates. It is a number of clicks: added to rates it drowns them, and all factors become nearly 1. Use sums.",
            slicewise(c="clicked[rows].mean()", e="p[rows].mean()"),
        ),
        Mistake(
            "strength_times_the_rows",
            "You add `strength` once for each row of the slice. It is added once a slice, so that it matters less the more rows there are.",
            slicewise(c="(clicked[rows] + strength).sum()", e="(p[rows] + strength).sum()"),
        ),
        Mistake(
            "one_factor_for_all",
            "You use one factor for all rows. The total is then right, and the slices are as wrong as before.",
            slicewise(c="clicked.sum()", e="p.sum()"),
        ),
        Mistake(
            "clicks_of_all_slices",
            "You compare the clicks of *all* slices with the predictions of one. Take both from the rows of the slice.",
            slicewise(c="clicked.sum()"),
        ),
        Mistake(
            "predictions_of_all_slices",
            "You compare the clicks of one slice with the predictions of *all*. Take both from the rows of the slice.",
            slicewise(e="p.sum()"),
        ),
        Mistake(
            "returns_the_factor",
            "You return the factors. Asked are the corrected probabilities: p times the factor.",
            slicewise(result="(c + strength) / (e + strength)"),
        ),
        Mistake(
            "returns_the_ratio",
            "You return the calibration ratio of the slice. Asked are the corrected probabilities: p times observed over predicted, both with `strength`.",
            slicewise(result="e / c if c else 0"),
        ),
        Mistake(
            "rate_of_the_slice",
            "You give each row the click rate of its slice. The model still knows which rows of a slice are better: keep p, times one factor.",
            slicewise(result="c / rows.sum()"),
        ),
        Mistake(
            "smoothed_rate_of_the_slice",
            "You give all rows of a slice one smoothed rate. Keep the differences that the model sees inside a slice: p times one factor.",
            slicewise(result="(c + strength) / (rows.sum() + strength)"),
        ),
        Mistake(
            "rows_in_the_denominator",
            "You divide clicks by rows. The factor compares clicks with *predicted* clicks, the sum of p.",
            slicewise(result="p[rows] * (c + strength) / (rows.sum() + strength)"),
        ),
        Mistake(
            "shrunk_to_zero",
            "Your shrinking pulls the factor towards 0: without rows it should be 1. Add `strength` to both, clicks observed and predicted.",
            slicewise(result="p[rows] * c / e * rows.sum() / (rows.sum() + strength)"),
        ),
        Mistake(
            "difference_added",
            "You add the mean error of the slice to each p. That can leave the range of a probability, and asked is a factor.",
            slicewise(result="p[rows] + (c - e) / rows.sum()"),
        ),
        Mistake(
            "shrunk_difference_added",
            "You add a shrunk error of the slice to each p. Asked is a factor: observed over predicted, both with `strength`.",
            slicewise(result="p[rows] + (c - e) / (rows.sum() + strength)"),
        ),
        Mistake(
            "shrunk_by_rows",
            "You weigh the factor by the number of rows. `strength` is in clicks: add it to the clicks observed and to those predicted.",
            slicewise(
                result="p[rows] * (rows.sum() * c / e + strength) / (rows.sum() + strength)",
            ),
        ),
        Mistake(
            "factor_for_each_row",
            "You compare each row with its own click. One row says nothing: add up the rows of its slice first.",
            "def correct_slices(slices, p, clicked, strength):\n    return p * (clicked + strength) / (p + strength)\n",
        ),
        Mistake(
            "odds_instead_of_probabilities",
            "You multiply the odds by the factor. That keeps the result below 1, a good idea, but asked is p times the factor.",
            slicewise(result="1 / (1 + (1 - p[rows]) / p[rows] * (e + strength) / (c + strength))"),
        ),
        Mistake(
            "predictions_rounded",
            "You count the predictions above one half as clicks. A probability promises p clicks: add them up as they are.",
            slicewise(e="(p[rows] > 0.5).sum()"),
        ),
        Mistake(
            "strength_in_rows",
            "You add `strength` rows with the average click rate and prediction. `strength` is in clicks: add it as it is, to both.",
            slicewise(result="p[rows] * (c + strength * clicked.mean()) / (e + strength * p.mean())"),
        ),
        Mistake(
            "strength_in_rows_observed_only",
            "You add `strength` times the click rate to the clicks observed, but `strength` to those predicted. Add the same number of clicks to both.",
            slicewise(result="p[rows] * (c + strength * clicked.mean()) / (e + strength)"),
        ),
        Mistake(
            "mean_prediction_of_the_slice",
            "You multiply the *mean* prediction of the slice by the factor, so all its rows get one number. Multiply each p.",
            slicewise(result="p[rows].mean() * (c + strength) / (e + strength)"),
        ),
        Mistake(
            "rows_counted_as_clicks",
            "You count the rows of the slice as clicks. Clicks are the sum of `clicked`.",
            slicewise(c="len(clicked[rows])"),
        ),
        Mistake(
            "strength_added_to_the_factor",
            "You add `strength` to the finished factor. It is a number of clicks: add it to observed and predicted clicks, before you divide.",
            slicewise(result="p[rows] * (c / e + strength)"),
        ),
        Mistake(
            "strength_fixed_at_one",
            "You add 1 click to both, whatever `strength` says. Use the argument.",
            slicewise(result="p[rows] * (c + 1) / (e + 1)"),
        ),
        Mistake(
            "only_downwards",
            "You never raise a prediction. A slice where too little was promised needs a factor above 1.",
            slicewise(result="p[rows] * min(1, (c + strength) / (e + strength))"),
        ),
        Mistake(
            "never_corrected",
            "You return p as it is. Multiply it by the factor of its slice.",
            slicewise(result="p[rows]"),
        ),
        Mistake(
            "sorted_by_slice",
            "Your results come slice by slice. They must stand in the order of the rows.",
            """
import numpy as np


def correct_slices(slices, p, clicked, strength):
    parts = []
    for name in np.unique(slices):
        rows = slices == name
        parts.append(p[rows] * (clicked[rows].sum() + strength) / (p[rows].sum() + strength))
    return np.concatenate(parts)
""",
        ),
        Mistake(
            "strength_as_a_share",
            "You mix p with its corrected value in fixed parts. With `strength` in clicks, slices with many clicks move nearly the whole way and small ones hardly.",
            slicewise(result="p[rows] * (1 + strength * c / e) / (1 + strength)"),
        ),
        Mistake(
            "one_value_a_slice",
            "You return one number a slice. Asked is one corrected probability a row.",
            """
import numpy as np


def correct_slices(slices, p, clicked, strength):
    names = np.unique(slices)
    return np.array([(clicked[slices == name].sum() + strength) / (p[slices == name].sum() + strength) for name in names])
""",
        ),
    ),
    draw=draw_slices,
    takeaway="Large slices get their own factor, small ones stay near 1: the same idea as a smoothed click rate, with the model as the prior.",
)


def draw_auction(rng: np.random.Generator, number: int) -> tuple:
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


PAGE = """
import numpy as np


def page_prices(bid, p, n_slots, reserve):
    score = {score}
    order = np.argsort({key})
    prices = []
    for place, ad in enumerate(order[:n_slots]):
        if {hidden}:
            break
        following = order[place + 1] if place + 1 < len(order) else None
        next_score = 0 if following is None else score[following]
        prices.append({price})
    return {result}
"""


def page(
    score: str = "bid * p",
    key: str = "-score",
    hidden: str = "score[ad] < reserve",
    price: str = "max(next_score, reserve) / p[ad]",
    result: str = "np.array(prices)",
) -> str:
    return PAGE.format(score=score, key=key, hidden=hidden, price=price, result=result)


PAGE_PRICES = Definition(
    id="10.page_prices",
    title="The prices of a page",
    stub="""
def page_prices(bid, p, n_slots, reserve):
    ...
""",
    hints=(
        "Put three ads with bid and probability on paper and order them. How low may the bid of the first fall before the second overtakes it?",
        "Order by score. An ad keeps its place as long as its own bid times its own p is not below the next score, nor below the reserve. Solve that for the bid.",
        "`order = np.argsort(-bid * p)`. Walk down the first `n_slots` of it and stop at a score below the reserve. The price is a score divided by the ad's *own* p: which score? The larger of two.",
    ),
    solution=page(),
    another="""
import numpy as np


def page_prices(bid, p, n_slots, reserve):
    score = np.sort(bid * p)[::-1]
    own_p = p[np.argsort(bid * p)[::-1]]
    to_beat = np.maximum(np.append(score[1:], 0.0), reserve)
    shown = score[:n_slots] >= reserve
    return (to_beat / own_p)[:n_slots][shown]
""",
    mistakes=(
        Mistake(
            "pays_its_own_bid",
            "Every ad pays its own bid: a first-price auction. Here it pays only what it needs to keep its place.",
            page(price="bid[ad]"),
        ),
        Mistake(
            "pays_the_next_bid",
            "You charge the bid of the next ad. Its bid counts with *its* probability: what has to be beaten is its score.",
            page(price="max(bid[following] if following is not None else 0, reserve / p[ad])"),
        ),
        Mistake(
            "not_divided",
            "You return scores: dollars an impression. The price is paid for a click: divide by the ad's own p.",
            page(price="max(next_score, reserve)"),
        ),
        Mistake(
            "divided_by_the_next_p",
            "You divide by the p of the next ad. It is the bid of *this* ad that may fall until the scores are equal: divide by its own p.",
            page(price="max(next_score, reserve) / (p[following] if following is not None else p[ad])"),
        ),
        Mistake(
            "sorted_by_bid",
            "You order the ads by bid. An ad that nobody clicks would win with a high bid and pay nothing: order by bid times p.",
            page(key="-bid"),
        ),
        Mistake(
            "sorted_by_probability",
            "You order the ads by p. What counts is the money that an impression is expected to bring: bid times p.",
            page(key="-p"),
        ),
        Mistake(
            "lowest_first",
            "Your first slot goes to the lowest score. `argsort` goes upwards: turn it round.",
            page(key="score"),
        ),
        Mistake(
            "reserve_ignored",
            "You ignore the reserve: ads below it are shown, and prices may lie below it.",
            page(hidden="False", price="next_score / p[ad]"),
        ),
        Mistake(
            "reserve_not_in_the_price",
            "Ads below the reserve are left out, but the last ad shown pays too little. The reserve is one more score that an ad has to beat: in the price it is divided by the ad's own p, too.",
            page(price="next_score / p[ad]"),
        ),
        Mistake(
            "reserve_does_not_exclude",
            "You show ads whose score is below the reserve (did you compare it with the bid?). They would pay more than they bid: leave them out.",
            page(hidden="False"),
        ),
        Mistake(
            "reserve_on_the_probability",
            "You compare the reserve with p. It is a lowest score, in dollars an impression: compare it with bid times p.",
            page(hidden="p[ad] < reserve"),
        ),
        Mistake(
            "free_without_a_rival",
            "Where the next ad is below the reserve, your price is 0. Then the ad has to beat the reserve.",
            page(price="(next_score if next_score >= reserve else 0) / p[ad]"),
        ),
        Mistake(
            "own_bid_without_a_rival",
            "Where the next ad is below the reserve, you charge the ad its own bid. It only has to beat the reserve.",
            page(price="next_score / p[ad] if next_score >= reserve else bid[ad]"),
        ),
        Mistake(
            "reserve_added",
            "You add the reserve to the next score. The ad has to beat both, not their sum: take the larger one.",
            page(price="(next_score + reserve) / p[ad]"),
        ),
        Mistake(
            "smaller_of_the_two",
            "You take the smaller of next score and reserve. The ad has to beat both of them: take the larger one.",
            page(price="min(next_score, reserve) / p[ad]"),
        ),
        Mistake(
            "all_pay_the_first_price",
            "All ads are charged against the score of the second ad. Each slot has its own next ad.",
            page(price="max(score[order[1]], reserve) / p[ad]"),
        ),
        Mistake(
            "all_beat_the_first_ad_left_out",
            "You charge all ads against the first ad that is not shown. That keeps an ad on the page, not in its place: take the ad just below.",
            page(
                price="max(score[order[min(n_slots, len(order) - 1, int((score >= reserve).sum()))]], reserve) / p[ad]"
            ),
        ),
        Mistake(
            "last_slot_pays_the_reserve",
            "The ad in the last slot is charged the reserve, although another ad waits below the page. The next ad counts, shown or not.",
            page(price="max(next_score if place + 1 < n_slots else 0, reserve) / p[ad]"),
        ),
        Mistake(
            "second_next",
            "You look two places down. What an ad has to beat is the score just below its own.",
            page(price="max(score[order[place + 2]] if place + 2 < len(order) else 0, reserve) / p[ad]"),
        ),
        Mistake(
            "place_above",
            "You look at the ad above. An ad pays to stay ahead of the one *below* it.",
            page(price="max(score[order[place - 1]] if place else score[ad], reserve) / p[ad]"),
        ),
        Mistake(
            "no_next_price_only_one",
            "You return the price of the first slot only. Asked are the prices of all slots that are filled.",
            page(result="np.array(prices[:1])"),
        ),
        Mistake(
            "expected_payment",
            "You multiply by p: the payment expected for an impression. Asked is the price of one click.",
            page(price="max(next_score, reserve) * p[ad]"),
        ),
        Mistake(
            "order_of_the_ads",
            "Your prices stand in the order in which the ads were given. Asked is from the first slot down.",
            page(
                result="np.array([price for _, price in sorted(zip(order[: len(prices)].tolist(), prices))])",
            ),
        ),
        Mistake(
            "last_slot_first",
            "Your prices come from the last slot up. Asked is from the first slot down.",
            page(result="np.array(prices[::-1])"),
        ),
        Mistake(
            "price_of_a_thousand",
            "You multiply by 1000. Prices are for one click.",
            page(result="1000 * np.array(prices)"),
        ),
        Mistake(
            "one_slot_too_many",
            "You sell one slot too many. The ad below the page is only the one to beat.",
            page().replace("order[:n_slots]", "order[: n_slots + 1]"),
        ),
        Mistake(
            "one_slot_too_few",
            "You leave the last slot empty. It, too, is sold, against the next ad below the page, or the reserve.",
            page().replace("order[:n_slots]", "order[: n_slots - 1]"),
        ),
        Mistake(
            "zeros_for_empty_slots",
            "You return one price a slot, also for slots that stay empty. Return the prices of the ads that are shown.",
            page(result="np.append(prices, np.zeros(n_slots - len(prices)))"),
        ),
    ),
    draw=draw_auction,
    takeaway="This is the generalized second-price auction. The lower an ad's p, the more it pays for a click: so an error in p is an error in the bill.",
)

EXERCISES = (UNDO_SAMPLING, SLICE_FACTORS, PAGE_PRICES)
