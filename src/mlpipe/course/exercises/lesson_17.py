"""Exercises of lesson 17: four statements that circulate about click prediction, put right by running them."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake


def draw_sampled(rng: np.random.Generator, number: int) -> tuple:
    n, low = ((4, 0.1), (30, 0.02), (300, 0.005))[number]
    p, kept = rng.uniform(0.01, 0.95, size=n), float(rng.uniform(low, 3 * low))
    p[0], p[1] = kept * rng.uniform(0.05, 0.4), rng.uniform(0.6, 0.9)  # the printed formula is below 1, above 1
    return p, kept


def corrected(formula: str) -> str:
    return f"""
import numpy as np


def corrected(p, kept):
    return {formula}
"""


CORRECTED = Definition(
    id="17.corrected",
    title="Repair the correction",
    core=True,
    stub="""
def corrected(p, kept):
    return p + (1 - p) * p / kept
""",
    hints=(
        "Try the printed formula on p = 0.5 with a small `kept`. What must hold for every probability? What should come out for kept = 1?",
        "Work with odds, clicks against non-clicks. Sampling kept all clicks and a share of the non-clicks. By which factor did it change the odds?",
        "In the sampled data there are p clicks to 1 - p non-clicks. Give the non-clicks their true number back, with `kept`, and then take clicks over all.",
    ),
    solution=corrected("p / (p + (1 - p) / kept)"),
    another="""
from scipy.special import expit, logit
import numpy as np


def corrected(p, kept):
    return expit(logit(p) + np.log(kept))
""",
    mistakes=(
        Mistake(
            "the_printed_formula",
            "This is the printed formula, written otherwise. It exceeds 1, so it is no probability: p belongs over a sum, not into it.",
            corrected("p * (1 + (1 - p) / kept)"),
        ),
        Mistake(
            "printed_formula_cut_off",
            "You cut the printed formula off at 1. Then it is between 0 and 1, and still wrong: it raises what must become smaller.",
            corrected("np.minimum(p + (1 - p) * p / kept, 1)"),
        ),
        Mistake(
            "sampled_again",
            "You sample once more: non-clicks are multiplied by `kept`, and the result is even larger. Divide, to give them back.",
            corrected("p / (p + (1 - p) * kept)"),
        ),
        Mistake(
            "simply_scaled",
            "You multiply by `kept`. That is right for tiny probabilities only: a p of 1 must stay 1. It is the odds that scale.",
            corrected("p * kept"),
        ),
        Mistake(
            "divided_by_kept",
            "You divide by `kept`, so the prediction grows. Sampling made it too large, and the correction makes it smaller.",
            corrected("p / kept"),
        ),
        Mistake(
            "odds_not_probability",
            "These are the right odds, but not yet a probability: odds o become o / (1 + o).",
            corrected("p / (1 - p) * kept"),
        ),
        Mistake(
            "share_removed",
            "You use the share of non-clicks that was removed. `kept` is the share that stayed.",
            corrected("p / (p + (1 - p) / (1 - kept))"),
        ),
        Mistake(
            "all_rows_given_back",
            "You give back 1 / kept non-clicks for each row. Only the share 1 - p of the rows are non-clicks.",
            corrected("p / (p + 1 / kept)"),
        ),
        Mistake(
            "non_clicks_thinned_again",
            "You thin the non-clicks once more, and the clicks above the line. The non-clicks must be given back: divide them by `kept`.",
            corrected("p * kept / (p + (1 - p) * kept)"),
        ),
        Mistake(
            "shifted_not_divided",
            "You subtract a number from all predictions. Sampling multiplies the odds, so the shift is in the logit, by log(kept).",
            corrected("p - (np.mean(p) - np.mean(p / (p + (1 - p) / kept)))"),
        ),
    ),
    draw=draw_sampled,
    takeaway="Before you trust a formula, test a property: between 0 and 1, unchanged for kept = 1, smaller than before.",
)


def draw_rates(rng: np.random.Generator, number: int) -> tuple:
    rate = rng.uniform(*((0.03, 0.08), (0.05, 0.1), (0.1, 0.2))[number])
    return float(rate), float(rng.uniform(*((0.1, 0.15), (0.02, 0.04), (0.25, 0.45))[number]))


def training_rate(formula: str) -> str:
    return f"""
def training_rate(rate, kept):
    return {formula}
"""


TRAINING_RATE = Definition(
    id="17.training_rate",
    title="The rate in the training data",
    stub="""
def training_rate(rate, kept):
    ...
""",
    hints=(
        "Take 1,000 impressions and count: how many clicks are there, and how many non-clicks stay?",
        "All clicks stay. Of the non-clicks a share stays. The rate is clicks over what is left.",
        "Above the line stands `rate`; below it stand the clicks and the non-clicks that were kept.",
    ),
    solution=training_rate("rate / (rate + (1 - rate) * kept)"),
    another="""
def training_rate(rate, kept):
    odds = rate / (1 - rate) / kept
    return odds / (1 + odds)
""",
    mistakes=(
        Mistake(
            "clicks_over_kept",
            "You divide the rate by the share kept, as the published answer does. The clicks stay in the data, too, so there are more rows than that.",
            training_rate("rate / kept"),
        ),
        Mistake(
            "clicks_over_kept_cut_off",
            "You divide the rate by the share kept and stop at 1. A rate that has to be cut off was no rate: count what is left.",
            training_rate("min(rate / kept, 1.0)"),
        ),
        Mistake(
            "rows_not_non_clicks",
            "Nearly: you keep a share of *all* rows beside the clicks. Only the non-clicks, 1 - rate of them, are sampled.",
            training_rate("rate / (rate + kept)"),
        ),
        Mistake(
            "these_are_odds",
            "These are clicks over non-clicks, the odds. A rate has the clicks below the line, too.",
            training_rate("rate / ((1 - rate) * kept)"),
        ),
        Mistake(
            "the_way_back",
            "This is the way back, from the sampled rate to the true one. Here non-clicks get fewer.",
            training_rate("rate / (rate + (1 - rate) / kept)"),
        ),
        Mistake(
            "nothing_changes",
            "You return the rate of the log. Without most of its non-clicks the training data has more clicks in a hundred rows.",
            training_rate("rate"),
        ),
        Mistake(
            "share_removed",
            "You use the share that was removed. `kept` is the share of the non-clicks that stayed.",
            training_rate("rate / (rate + (1 - rate) * (1 - kept))"),
        ),
        Mistake(
            "rate_of_non_clicks",
            "This is the share of non-clicks. The rate is the other part.",
            training_rate("(1 - rate) * kept / (rate + (1 - rate) * kept)"),
        ),
        Mistake(
            "divided_by_all_rows",
            "Above the line you weigh the clicks against the sampling, but below it stand all rows of the log. Count the rows that are left.",
            training_rate("rate / (1 - kept)"),
        ),
    ),
    draw=draw_rates,
    takeaway="5 % with a tenth of the non-clicks kept is 34.5 %, not 50 %: count what is left, below the line, too.",
)


def draw_truth(rng: np.random.Generator, number: int) -> tuple:
    n, kept = ((4, 0.1), (30, 0.02), (300, 0.3))[number]
    return rng.uniform(0.003, 0.4, size=n), float(kept * rng.uniform(0.8, 1.5))


def overbid(formula: str) -> str:
    return f"""
import numpy as np


def overbid(p, kept):
    return {formula}
"""


OVERBID = Definition(
    id="17.overbid",
    title="How far an uncorrected model overbids",
    stub="""
def overbid(p, kept):
    ...
""",
    hints=(
        "What does a perfect model of the sampled data predict where the truth is p? You have that formula already.",
        "The bid follows the prediction. Divide the uncorrected prediction by the true probability.",
        "The uncorrected prediction is p over the clicks and the kept non-clicks. Divided by p, only the line below is left.",
    ),
    solution=overbid("1 / (p + (1 - p) * kept)"),
    another="""
def overbid(p, kept):
    odds = p / (1 - p) / kept
    predicted = odds / (1 + odds)
    return predicted / p
""",
    mistakes=(
        Mistake(
            "one_over_kept",
            "You return 1 / kept for all. That is the limit for tiny probabilities; likely clicks are overbid by less.",
            overbid("np.full(len(p), 1 / kept)"),
        ),
        Mistake(
            "upside_down",
            "This is truth over prediction. Overbidding is prediction over truth, and above 1.",
            overbid("p + (1 - p) * kept"),
        ),
        Mistake(
            "p_taken_as_prediction",
            "You take `p` for the model's prediction and correct it. Here `p` is the truth, and the model's prediction is to be found.",
            overbid("p + (1 - p) / kept"),
        ),
        Mistake(
            "prediction_not_factor",
            "This is the uncorrected prediction. Divide it by the true probability to get the factor.",
            overbid("p / (p + (1 - p) * kept)"),
        ),
        Mistake(
            "excess_not_factor",
            "This is the excess: 8.2 where the factor is 9.2. Return the factor itself.",
            overbid("1 / (p + (1 - p) * kept) - 1"),
        ),
        Mistake(
            "difference_not_factor",
            "This is prediction less truth. A bid is a multiple of the prediction, so ask for the ratio.",
            overbid("p / (p + (1 - p) * kept) - p"),
        ),
        Mistake(
            "ratio_of_odds",
            "You divide the odds less one step: non-clicks are 1 - p, not 1.",
            overbid("1 / (p + kept)"),
        ),
        Mistake(
            "share_removed",
            "You use the share that was removed. `kept` is the share of the non-clicks that stayed.",
            overbid("1 / (p + (1 - p) * (1 - kept))"),
        ),
        Mistake(
            "mean_of_all",
            "You return one factor, at the mean probability. Each impression has its own; that is what moves the auction.",
            overbid("np.full(len(p), 1 / (np.mean(p) + (1 - np.mean(p)) * kept))"),
        ),
        Mistake(
            "one_number",
            "You return one number, the mean of the factors. Return one for each impression.",
            overbid("np.mean(1 / (p + (1 - p) * kept))"),
        ),
    ),
    draw=draw_truth,
    takeaway="The factor differs from ad to ad, so no single correction of all bids repairs it: rare clicks are overbid most.",
)


def draw_auctions(rng: np.random.Generator, number: int) -> tuple:
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


def lost_revenue(
    shown: str = "(bids * predicted).argmax(axis=1)",
    best: str = "value.max(axis=1)",
    result: str = "1 - got.sum() / best.sum()",
    value: str = "bids * true",
) -> str:
    return f"""
import numpy as np


def lost_revenue(bids, true, predicted):
    value = {value}
    rows = np.arange(len(bids))
    shown = {shown}
    got = value[rows, shown]
    best = {best}
    return {result}
"""


LOST_REVENUE = Definition(
    id="17.lost_revenue",
    title="Each order right, the revenue wrong",
    stub="""
def lost_revenue(bids, true, predicted):
    ...
""",
    hints=(
        "Two ads were shown or could have been shown: the one that the predictions chose, and the one that the truth would choose. What is each worth?",
        "Choose by bid times prediction, but count by bid times truth: clicks do not care what was predicted.",
        "`argmax(axis=1)` finds the ad of each request. `value = bids * true` is what an ad earns. Compare the sum over the chosen ads with the sum of the largest.",
    ),
    solution=lost_revenue(),
    another="""
def lost_revenue(bids, true, predicted):
    earned = possible = 0.0
    for bid, chance, guess in zip(bids, true, predicted):
        chosen = max(range(len(bid)), key=lambda ad: bid[ad] * guess[ad])
        earned += bid[chosen] * chance[chosen]
        possible += max(b * c for b, c in zip(bid, chance))
    return (possible - earned) / possible
""",
    mistakes=(
        Mistake(
            "ranked_by_probability",
            "You show the ad with the highest prediction, as if bids did not matter. That is ranking by clicks; the auction ranks by bid times probability.",
            lost_revenue(shown="predicted.argmax(axis=1)"),
        ),
        Mistake(
            "ranked_by_bid",
            "You show the ad with the highest bid. A bid is paid for a click only: multiply it by the predicted probability.",
            lost_revenue(shown="bids.argmax(axis=1)"),
        ),
        Mistake(
            "chosen_by_the_truth",
            "You choose by the true probabilities, which nobody has. So nothing is lost. Choose by the predictions, count by the truth.",
            lost_revenue(shown="(bids * true).argmax(axis=1)"),
        ),
        Mistake(
            "counts_what_was_predicted",
            "You count the revenue that was predicted. An ad that is overrated then looks like a gain. Clicks come with the true probability.",
            lost_revenue(value="bids * predicted", best="(bids * true).max(axis=1)"),
        ),
        Mistake(
            "best_has_most_clicks",
            "Your best ad is the one with most clicks. The best for revenue has the highest bid times true probability.",
            lost_revenue(best="value[rows, true.argmax(axis=1)]"),
        ),
        Mistake(
            "share_of_wrong_choices",
            "You count the requests with another ad than the best. Most of these cost little; the question is how much revenue is lost.",
            lost_revenue(result="(got < best).mean()"),
        ),
        Mistake(
            "mean_of_ratios",
            "You average the loss of each request. Requests with small stakes then count as much as large ones: add up first, then divide.",
            lost_revenue(result="np.mean(1 - got / best)"),
        ),
        Mistake(
            "share_that_is_kept",
            "This is the share that is earned. The question is the share that is lost.",
            lost_revenue(result="got.sum() / best.sum()"),
        ),
        Mistake(
            "relative_to_the_earned",
            "You divide the loss by what was earned. The share that is lost is of what was possible.",
            lost_revenue(result="best.sum() / got.sum() - 1"),
        ),
        Mistake(
            "money_not_share",
            "This is the money that is lost. Return it as a share of what was possible.",
            lost_revenue(result="(best - got).sum()"),
        ),
        Mistake(
            "clicks_not_revenue",
            "You count clicks. A click on a cheap ad and one on an expensive ad are then worth the same: multiply by the bid.",
            lost_revenue(value="true"),
        ),
        Mistake(
            "one_ad_for_all",
            "You choose one ad for all requests. Each request has its own auction: `argmax` along axis 1.",
            lost_revenue(shown="np.full(len(bids), (bids * predicted).sum(axis=0).argmax())"),
        ),
    ),
    draw=draw_auctions,
    takeaway="An auction compares ads with each other, so the scale of each prediction matters, not only the order within an ad.",
)


EXERCISES = (CORRECTED, TRAINING_RATE, OVERBID, LOST_REVENUE)
