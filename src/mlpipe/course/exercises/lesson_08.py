"""Exercises of lesson 08: smoothed rates for ads to come, normalised entropy of a report, class weights undone."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake


def draw_ads(rng: np.random.Generator, number: int) -> tuple:
    n_ads, n_rows, n_new = ((3, 12, 4), (8, 60, 10), (40, 600, 55))[number]
    ids = rng.permutation(np.arange(10, 10 + 5 * n_ads))
    weight = np.arange(1.0, n_ads + 1) ** 2
    while True:
        codes = np.concatenate([np.arange(n_ads), rng.choice(n_ads, n_rows - n_ads, p=weight / weight.sum())])
        clicked = (rng.random(n_rows) < np.linspace(0.5, 0.15, n_ads)[codes]).astype(int)
        shown = np.bincount(codes)
        clicks = np.bincount(codes, weights=clicked)
        rate, mean_of_rates = clicked.mean(), (clicks / shown).mean()
        # The mistakes must differ: unequal rates and counts, an ad with clicks, the rate far from a half and from the
        # mean over ads; ads that are asked for must not be all of those shown.
        if 0.05 < rate < 0.4 and abs(rate - mean_of_rates) > 0.02 and clicks[-1] > 0 and len(np.unique(shown)) > 1:
            break
    order = rng.permutation(n_rows)
    asked = [ids[n_ads - 1], ids[n_ads], ids[n_ads + 1]]  # the busiest, and two that were never shown
    asked += list(rng.choice(ids[1:n_ads], n_new - 3))  # the first is never asked for
    new_ads = rng.permutation(asked)
    while (np.diff(new_ads) >= 0).all():
        new_ads = rng.permutation(asked)
    strength = float(np.round(rng.uniform(3.2, 3.8) if number == 0 else rng.uniform(4, 20), 1))
    return ids[codes][order], clicked[order], new_ads, strength


RATES = """
import numpy as np


def ad_rates(ads, clicked, new_ads, strength):
    base = clicked.mean()
    rates = []
    for ad in new_ads:
        n = (ads == ad).sum()
        c = clicked[ads == ad].sum()
        rates.append({rate})
    return np.array(rates)
"""
SMOOTHED = "(c + strength * base) / (n + strength)"


def rates(rate: str = SMOOTHED, base: str = "clicked.mean()") -> str:
    return RATES.format(rate=rate).replace("clicked.mean()", base)


AD_RATES = Definition(
    id="08.ad_rates",
    title="Rates for tomorrow's ads",
    core=True,
    stub="""
def ad_rates(ads, clicked, new_ads, strength):
    ...
""",
    hints=(
        "Start with one ad on paper: how many impressions and clicks of it are in the training rows, and what would you answer if there are none?",
        "The prior is worth `strength` imaginary impressions at the click rate of all rows. How many imaginary clicks are in them? Add both to what was counted.",
        "Walk through `new_ads`. The mask `ads == ad` picks the rows of one ad: its sum is n, and the sum of `clicked` under it is c. Then the formula of the lesson, which needs no special case for n = 0.",
    ),
    solution=rates(),
    another="""
import pandas as pd


def ad_rates(ads, clicked, new_ads, strength):
    counts = pd.Series(clicked).groupby(ads).agg(["sum", "count"]).reindex(new_ads, fill_value=0)
    weight = counts["count"] / (counts["count"] + strength)
    plain = (counts["sum"] / counts["count"]).fillna(0.0)
    return (weight * plain + (1 - weight) * clicked.mean()).to_numpy()
""",
    mistakes=(
        Mistake(
            "prior_only_in_the_numerator",
            "You add the imaginary clicks but not the imaginary impressions they came from, so every rate is too high. Add `strength` to the impressions, too.",
            rates("(c + strength * base) / n if n else base"),
        ),
        Mistake(
            "prior_only_in_the_denominator",
            "You add the imaginary impressions but none of their clicks, so rates shrink towards 0. The prior brings clicks as well: `strength` times the click rate.",
            rates("c / (n + strength)"),
        ),
        Mistake(
            "prior_without_its_strength",
            "You add the click rate itself to the clicks. That is the click of one imaginary impression, and you count `strength` of them.",
            rates("(c + base) / (n + strength)"),
        ),
        Mistake(
            "strength_as_clicks",
            "You add `strength` to the clicks, too, as if each imaginary impression had been clicked. Only a share of them is: the click rate.",
            rates("(c + strength) / (n + strength)"),
        ),
        Mistake(
            "strength_counted_in_clicks",
            "You read `strength` as a number of imaginary clicks. It counts imaginary impressions; their clicks are `strength` times the click rate.",
            rates("(c + strength) / (n + strength / base)"),
        ),
        Mistake(
            "impressions_of_the_prior_are_its_clicks",
            "You add the imaginary clicks to the clicks and to the impressions, as if all imaginary impressions were clicks. They are `strength` impressions.",
            rates("(c + strength * base) / (n + strength * base)"),
        ),
        Mistake(
            "plain_rate",
            "These are plain rates: one click in one impression gives 100 %. The prior belongs to every ad, not only to those without impressions.",
            rates("c / n if n else base"),
        ),
        Mistake(
            "plain_rate_zero_for_unseen",
            "Plain rates, and 0 for an ad that was never shown: as if nobody could ever click on it. With a prior, an ad without data gets the prior.",
            rates("c / n if n else 0.0"),
        ),
        Mistake(
            "plain_rate_none_for_unseen",
            "Plain rates, and no number at all for an ad that was never shown. It will be shown tomorrow: with a prior it gets the prior.",
            rates("c / n if n else np.nan"),
        ),
        Mistake(
            "unseen_ads_get_zero",
            "Ads with data are right, but one that was never shown gets 0. Put c = 0 and n = 0 into the formula: what is left?",
            rates(f"{SMOOTHED} if n else 0.0"),
        ),
        Mistake(
            "unseen_ads_get_nothing",
            "Ads with data are right, but one that was never shown gets no number. Put c = 0 and n = 0 into the formula: what is left?",
            rates(f"{SMOOTHED} if n else np.nan"),
        ),
        Mistake(
            "mean_of_the_ads_rates",
            "Your prior is the mean of the ads' rates, so an ad with one impression speaks as loudly as one with a thousand. Take the rate of all impressions.",
            rates(base="np.mean([clicked[ads == ad].mean() for ad in np.unique(ads)])"),
        ),
        Mistake(
            "prior_of_the_asked_ads",
            "Your prior looks only at the rows of the ads that are asked for. All training impressions belong to it.",
            rates(base="clicked[np.isin(ads, new_ads)].mean()"),
        ),
        Mistake(
            "prior_of_the_other_ads",
            "Your prior for an ad leaves out the ad's own rows. Here it is one number for all: the click rate of all training impressions.",
            rates().replace("        rates.append", "        base = clicked[ads != ad].mean()\n        rates.append"),
        ),
        Mistake(
            "a_half_as_the_prior",
            "Your prior rate is a half. Half of the impressions being clicked is far from what is seen: use the click rate of the training rows.",
            rates(base="0.5"),
        ),
        Mistake(
            "one_click_and_one_other",
            "You add one click and one impression without a click, Laplace's rule. That is a prior of a half with strength 2; the question gives another one.",
            rates("(c + 1) / (n + 2)"),
        ),
        Mistake(
            "weights_the_wrong_way_round",
            "You give the prior the weight n and the data the weight `strength`, so the more data an ad has, the less they count. Swap the two.",
            rates("(strength * c / n + n * base) / (n + strength) if n else base"),
        ),
        Mistake(
            "half_the_data_half_the_prior",
            "You average the ad's rate and the prior, whatever the number of impressions. The more impressions, the more the data should count.",
            rates("(c / n + base) / 2 if n else base"),
        ),
        Mistake(
            "all_or_nothing",
            "You use the plain rate from `strength` impressions on and the prior below. Smoothing moves from one to the other step by step.",
            rates("c / n if n >= strength else base"),
        ),
        Mistake(
            "clicks_over_the_others",
            "You divide by the impressions *without* a click. A rate is clicks over all impressions: n counts both.",
            rates("(c + strength * base) / (n - c + strength)"),
        ),
        Mistake(
            "impressions_of_all_ads",
            "You divide by the impressions of all ads. The n of an ad counts its own rows only.",
            rates("(c + strength * base) / (len(ads) + strength)"),
        ),
        Mistake(
            "odds_instead_of_rates",
            "These are odds, clicks over the rest. A rate is clicks over all impressions, the imaginary ones included.",
            rates("(c + strength * base) / (n + strength - c - strength * base)"),
        ),
        Mistake(
            "asked_ads_count_as_shown",
            "You count each entry of `new_ads` as one more impression of its ad. They have not been shown yet: n counts training rows only.",
            rates("(c + strength * base) / (n + (new_ads == ad).sum() + strength)"),
        ),
        Mistake(
            "in_sorted_order",
            "The numbers are right, but sorted by ad. Return them in the order of `new_ads`, one for each entry.",
            rates().replace("for ad in new_ads", "for ad in np.sort(new_ads)"),
        ),
        Mistake(
            "the_prior_for_everyone",
            "Every ad gets the same rate. Where an ad has impressions of its own, they count, too.",
            rates("base"),
        ),
    ),
    draw=draw_ads,
    takeaway="An ad without data gets the prior, an ad with much data its own rate, and no `if` is needed in between.",
)


def draw_report(rng: np.random.Generator, number: int) -> tuple:
    n_slots = (2, 5, 30)[number]
    shown = np.round(rng.uniform(40, 100, n_slots) * 10 ** rng.uniform(0, 2, n_slots)).astype(int)
    shown[0] = 5 * shown[1]  # slots of unequal size
    rate = rng.uniform(0.05, 0.3, n_slots)
    rate[0] = rate[1] / 2
    clicks = np.clip(np.round(shown * rate), 1, None).astype(int)
    p = np.round(np.clip(rate * rng.uniform(0.75, 1.3, n_slots), 0.02, 0.6), 3)
    background = float(np.round(clicks.sum() / shown.sum() * rng.uniform(1.3, 1.6), 3))
    return shown, clicks, p, background


REPORT = """
import numpy as np


def entropy_of_report(shown, clicks, p, background):
    others = shown - clicks
    model = -(clicks * np.log(p) + others * np.log(1 - p)).sum()
    constant = -(clicks * np.log(background) + others * np.log(1 - background)).sum()
    return model / constant
"""


def report(**changes: str) -> str:
    """The solution with other lines: `model`, `constant` or `result` replaced."""
    text = REPORT
    for name, value in changes.items():
        head = "    return " if name == "result" else f"    {name} = "
        old = next(line for line in text.splitlines() if line.startswith(head))
        text = text.replace(old, head + value)
    return text


ENTROPY_OF_REPORT = Definition(
    id="08.report",
    title="Normalised entropy of a report",
    stub="""
def entropy_of_report(shown, clicks, p, background):
    ...
""",
    hints=(
        "Imagine the report written out, one line an impression: how many lines does a slot have, and how many of them have label 1?",
        "In a slot, every clicked impression loses -log p and every other one -log(1 - p). Multiply each by how many there are, add up over the slots; then the same for the background.",
        "Two sums: one with `np.log(p)` and `np.log(1 - p)`, one with the same counts and the logs of the background and of one minus it. The counts are `clicks` and `shown - clicks`. Divide the first sum by the second.",
    ),
    solution=REPORT,
    another="""
import numpy as np


def entropy_of_report(shown, clicks, p, background):
    labels = np.concatenate([np.repeat([1, 0], [c, n - c]) for n, c in zip(shown, clicks)])
    predicted = np.repeat(p, shown)

    def log_loss(q):
        return -np.log(np.where(labels == 1, q, 1 - q)).mean()

    return log_loss(predicted) / log_loss(background)
""",
    mistakes=(
        Mistake(
            "clicks_only",
            "You count the loss of the clicked impressions only. The others have a loss, too: -log(1 - p), and there are many more of them.",
            report(model="-(clicks * np.log(p)).sum()", constant="-(clicks * np.log(background)).sum()"),
        ),
        Mistake(
            "clicks_counted_twice",
            "You take all impressions of a slot as not clicked and its clicks once more. Not clicked are `shown` minus `clicks`.",
            report(others="shown"),
        ),
        Mistake(
            "slots_count_the_same",
            "You average the slots as if they were of one size. NE is over impressions: a slot with more of them weighs more.",
            report(others="1 - clicks / shown").replace("clicks *", "clicks / shown *"),
        ),
        Mistake(
            "background_of_the_report",
            "You divide by what the click rate of the report itself would score. The background is given: the click rate of the training days.",
            REPORT.replace("    constant", "    background = clicks.sum() / shown.sum()\n    constant"),
        ),
        Mistake(
            "background_is_the_mean_of_the_rates",
            "You divide by what the mean of the slots' click rates would score. The background is given: the click rate of the training days.",
            REPORT.replace("    constant", "    background = (clicks / shown).mean()\n    constant"),
        ),
        Mistake(
            "background_is_the_mean_prediction",
            "You divide by what the model's mean prediction would score. The background is given: the click rate of the training days.",
            REPORT.replace("    constant", "    background = np.average(p, weights=shown)\n    constant"),
        ),
        Mistake(
            "entropy_of_the_background",
            "You divide by the entropy of the background rate. That is its log loss only if just this share is clicked; here, score it on the clicks of the report.",
            report(
                constant="-shown.sum() * (background * np.log(background) + (1 - background) * np.log(1 - background))"
            ),
        ),
        Mistake(
            "not_divided",
            "This is the log loss an impression. Divide it by the log loss of the background to make it normalised.",
            report(result="model / shown.sum()"),
        ),
        Mistake(
            "sum_of_losses",
            "This is the sum of the log losses. Divide it by the same sum for the background to make it normalised.",
            report(result="model"),
        ),
        Mistake(
            "upside_down",
            "Your ratio is upside down: a better model must give a lower number. The model's loss goes on top.",
            report(result="constant / model"),
        ),
        Mistake(
            "gain_instead_of_entropy",
            "This is one minus the normalised entropy, the gain over the background. Both are in use; the question asks for the ratio.",
            report(result="1 - model / constant"),
        ),
        Mistake(
            "difference_instead_of_ratio",
            "You subtract the loss of the background. Normalised means divided by it.",
            report(result="(model - constant) / shown.sum()"),
        ),
        Mistake(
            "mean_over_sum",
            "One of your two losses is a sum and the other a mean. Take both as sums or both as means.",
            report(result="model / (constant / shown.sum())"),
        ),
        Mistake(
            "sum_under_mean",
            "Your upper loss is a mean an impression and the lower one a sum. Take both as sums or both as means.",
            report(result="model / shown.sum() / constant"),
        ),
        Mistake(
            "mean_of_ratios",
            "You compute a ratio for each slot and average these. The two losses are added up over all impressions first, then divided once.",
            report(
                model="-(clicks * np.log(p) + others * np.log(1 - p))",
                constant="-(clicks * np.log(background) + others * np.log(1 - background))",
                result="(model / constant).mean()",
            ),
        ),
        Mistake(
            "weighted_mean_of_ratios",
            "You compute a ratio for each slot and average these by size. The two losses are added up over all impressions first, then divided once.",
            report(
                model="-(clicks * np.log(p) + others * np.log(1 - p))",
                constant="-(clicks * np.log(background) + others * np.log(1 - background))",
                result="np.average(model / constant, weights=shown)",
            ),
        ),
        Mistake(
            "squared_error",
            "You compare squared errors. Log loss punishes a confident mistake far more: use -log of the probability of what happened.",
            report(
                model="(clicks * (1 - p) ** 2 + others * p**2).sum()",
                constant="(clicks * (1 - background) ** 2 + others * background**2).sum()",
            ),
        ),
        Mistake(
            "logarithms_swapped",
            "You give a clicked impression the logarithm of 1 - p and the others that of p. Each takes the probability of what happened to it.",
            report(
                model="-(others * np.log(p) + clicks * np.log(1 - p)).sum()",
                constant="-(others * np.log(background) + clicks * np.log(1 - background)).sum()",
            ),
        ),
        Mistake(
            "one_prediction_for_all",
            "You average the predictions first and score that one number. Each slot keeps its own prediction: a loss of a mean is not the mean of the losses.",
            REPORT.replace("    model", "    p = np.average(p, weights=shown)\n    model"),
        ),
        Mistake(
            "two_kinds_of_logarithm",
            "One of your two losses is in bits and the other in nats. Any logarithm will do, if it is the same one above and below.",
            report(model="-(clicks * np.log2(p) + others * np.log2(1 - p)).sum()"),
        ),
        Mistake(
            "sign_lost",
            "Your value has the wrong sign. A log loss has a minus in front: above and below, or in neither of the two.",
            report(result="-model / constant"),
        ),
        Mistake(
            "label_and_prediction_swapped",
            "You take the logarithm of the observed rates, weighted by the predictions. The logarithm is of the prediction, the count is of what happened.",
            report(model="-(shown * (p * np.log(clicks / shown) + (1 - p) * np.log(others / shown))).sum()"),
        ),
        Mistake(
            "everything_was_clicked",
            "You give the impressions without a click the loss -log p, too. What happened there is *no click*, predicted with probability 1 - p.",
            report(model="-(shown * np.log(p)).sum()", constant="-(shown * np.log(background)).sum()"),
        ),
    ),
    draw=draw_report,
    takeaway="Log loss needs only counts, so it can be computed from a report as well as from a log. Say which background it is over.",
)


def draw_weighted(rng: np.random.Generator, number: int) -> tuple:
    n = (3, 12, 200)[number]
    weight = float(np.round(rng.uniform(6, 14) if number == 0 else rng.uniform(15, 60), 1))
    return np.round(rng.uniform(0.15, 0.9, n), 3), weight


UNDO = """
import numpy as np


def undo_weights(p, weight):
    return {answer}
"""


def undo(answer: str = "p / (p + weight * (1 - p))") -> str:
    return UNDO.format(answer=answer)


UNDO_WEIGHTS = Definition(
    id="08.undo_weights",
    title="Undo the class weights",
    stub="""
def undo_weights(p, weight):
    ...
""",
    hints=(
        "Take 100 impressions with 2 clicks. If each click counts ten times, how many clicks are there against how many others? Which ratio has become ten times as large?",
        "The odds, p / (1 - p), are `weight` times too high; the probability is not. Correct the odds, then turn them back into a probability.",
        "Let `odds = p / (1 - p) / weight`. A probability with these odds is the odds over one plus the odds.",
    ),
    solution=undo(),
    another="""
import numpy as np


def undo_weights(p, weight):
    log_odds = np.log(p) - np.log1p(-p) - np.log(weight)
    return 1 / (1 + np.exp(-log_odds))
""",
    mistakes=(
        Mistake(
            "divides_the_probability",
            "You divide the probability by the weight. That is nearly right for small p only: it is the odds that were multiplied.",
            undo("p / weight"),
        ),
        Mistake(
            "weights_once_more",
            "You apply the weight a second time instead of taking it away: your probabilities went up. Divide the odds by it.",
            undo("weight * p / (weight * p + 1 - p)"),
        ),
        Mistake(
            "leaves_them_as_odds",
            "These are the corrected odds, not yet probabilities. Turn them back: odds over one plus odds.",
            undo("p / (1 - p) / weight"),
        ),
        Mistake(
            "leaves_them_as_log_odds",
            "These are the corrected log-odds, not yet probabilities. Put them into the logistic function.",
            undo("np.log(p / (1 - p) / weight)"),
        ),
        Mistake(
            "one_minus_the_odds",
            "You divide the corrected odds by one *minus* the odds. A probability is odds over one plus the odds.",
            undo("(p / (1 - p) / weight) / (1 - p / (1 - p) / weight)"),
        ),
        Mistake(
            "subtracts_the_weight",
            "You subtract the weight from the log-odds. Odds divided by the weight are log-odds minus the *logarithm* of the weight.",
            undo("1 / (1 + (1 - p) / p * np.exp(weight))"),
        ),
        Mistake(
            "another_logarithm",
            "You subtract the decimal logarithm of the weight. The log-odds are natural logarithms: use `np.log`.",
            undo("1 / (1 + (1 - p) / p * np.exp(np.log10(weight)))"),
        ),
        Mistake(
            "binary_logarithm",
            "You subtract the binary logarithm of the weight. The log-odds are natural logarithms: use `np.log`.",
            undo("1 / (1 + (1 - p) / p * np.exp(np.log2(weight)))"),
        ),
        Mistake(
            "divides_the_log_odds",
            "You divide the log-odds by the weight. Dividing the odds means subtracting from the log-odds.",
            undo("1 / (1 + ((1 - p) / p) ** (1 / weight))"),
        ),
        Mistake(
            "weight_on_the_wrong_side",
            "In the sum below the line, the weight stands at p. Clicks are what was counted too often, so the others have to gain: put it at 1 - p.",
            undo("p / (weight * p + 1 - p)"),
        ),
        Mistake(
            "corrects_only_below",
            "You divide p by the weight below the line but not above it. The click's part must be the same in both places.",
            undo("p / (p / weight + 1 - p)"),
        ),
        Mistake(
            "weight_plus_one",
            "You use the weight plus one. A click that counts `weight` times has odds that are `weight` times too high, no more.",
            undo("p / (p + (weight + 1) * (1 - p))"),
        ),
        Mistake(
            "weight_minus_one",
            "You use the weight minus one, the *extra* copies. A click that counts `weight` times has odds that are `weight` times too high.",
            undo("p / (p + (weight - 1) * (1 - p))"),
        ),
        Mistake(
            "weights_the_complement",
            "You multiply 1 - p by the weight and subtract from one. That is no probability: divide by the sum of both parts.",
            undo("1 - weight * (1 - p)"),
        ),
        Mistake(
            "clips_the_complement",
            "You multiply 1 - p by the weight, subtract from one and cut off what is negative. Divide by the sum of both parts instead.",
            undo("np.clip(1 - weight * (1 - p), 0, 1)"),
        ),
        Mistake(
            "weight_as_a_power",
            "You raise p to the power of the weight. The weight multiplied the odds; it was no exponent.",
            undo("p**weight"),
        ),
        Mistake(
            "shares_the_weight",
            "You divide by one plus the weight, as if the weight were a share of the rows. It multiplies the odds, and p / (1 - p) is where to take it away.",
            undo("p / (1 + weight)"),
        ),
        Mistake(
            "the_root_of_the_weight",
            "You take away only the square root of the weight. The odds are `weight` times too high.",
            undo("p / (p + np.sqrt(weight) * (1 - p))"),
        ),
        Mistake(
            "only_the_mean_is_right",
            "You scale all probabilities by one factor, so that their mean is right. Each one has to be corrected for itself: the large ones shrink less.",
            undo("p * (p / (p + weight * (1 - p))).mean() / p.mean()"),
        ),
        Mistake(
            "returns_the_others",
            "This is the probability of *no* click. Take one minus it.",
            undo("weight * (1 - p) / (p + weight * (1 - p))"),
        ),
        Mistake(
            "left_as_they_are",
            "You leave the probabilities as they are. Their order is right, and so is the AUC, but each promises far too many clicks.",
            undo("p"),
        ),
    ),
    draw=draw_weighted,
    takeaway="Weights, copies and thinned-out negatives all multiply the odds, and are all undone there. Lesson 10 does it for negatives that were left out.",
)

EXERCISES = (AD_RATES, ENTROPY_OF_REPORT, UNDO_WEIGHTS)
