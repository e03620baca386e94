"""Rates for tomorrow's ads."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit

core = True
hints = (
    (
        "Start with one ad on paper: how many impressions and clicks of it are in the training rows, and what "
        "would you answer if there are none?"
    ),
    (
        "The prior is worth `strength` imaginary impressions at the click rate of all rows. How many imaginary "
        "clicks are in them? Add both to what was counted."
    ),
    (
        "Walk through `new_ads`. The mask `ads == ad` picks the rows of one ad: its sum is n, and the sum of "
        "`clicked` under it is c. Then the formula of the lesson, which needs no special case for n = 0."
    ),
)
takeaway = "An ad without data gets the prior, an ad with much data its own rate, and no `if` is needed in between."


def draw(rng: np.random.Generator, number: int) -> tuple:
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


def ad_rates(ads, clicked, new_ads, strength):
    base = clicked.mean()
    rates = []
    for ad in new_ads:
        n = (ads == ad).sum()
        c = clicked[ads == ad].sum()
        rates.append((c + strength * base) / (n + strength))
    return np.array(rates)


def another(ads, clicked, new_ads, strength):
    counts = pd.Series(clicked).groupby(ads).agg(["sum", "count"]).reindex(new_ads, fill_value=0)
    weight = counts["count"] / (counts["count"] + strength)
    plain = (counts["sum"] / counts["count"]).fillna(0.0)
    return (weight * plain + (1 - weight) * clicked.mean()).to_numpy()


mistakes = [
    edit(
        "(n + strength)",
        "n if n else base",
        "prior_only_in_the_numerator",
        (
            "You add the imaginary clicks but not the imaginary impressions they came from, so every rate is too "
            "high. Add `strength` to the impressions, too."
        ),
    ),
    edit(
        "(c + strength * base)",
        "c",
        "prior_only_in_the_denominator",
        (
            "You add the imaginary impressions but none of their clicks, so rates shrink towards 0. The prior "
            "brings clicks as well: `strength` times the click rate."
        ),
    ),
    edit(
        "strength * ",
        "",
        "prior_without_its_strength",
        (
            "You add the click rate itself to the clicks. That is the click of one imaginary impression, and you "
            "count `strength` of them."
        ),
    ),
    edit(
        " * base",
        "",
        "strength_as_clicks",
        (
            "You add `strength` to the clicks, too, as if each imaginary impression had been clicked. Only a share "
            "of them is: the click rate."
        ),
    ),
    edit(
        " * base",
        "",
        "strength_counted_in_clicks",
        (
            "You read `strength` as a number of imaginary clicks. It counts imaginary impressions; their clicks "
            "are `strength` times the click rate."
        ),
        also=(("strength))", "strength / base))"),),
    ),
    edit(
        "strength))",
        "strength * base))",
        "impressions_of_the_prior_are_its_clicks",
        (
            "You add the imaginary clicks to the clicks and to the impressions, as if all imaginary impressions "
            "were clicks. They are `strength` impressions."
        ),
    ),
    edit(
        "(c + strength * base) / (n + strength)",
        "c / n if n else base",
        "plain_rate",
        (
            "These are plain rates: one click in one impression gives 100 %. The prior belongs to every ad, not "
            "only to those without impressions."
        ),
    ),
    edit(
        "(c + strength * base) / (n + strength)",
        "c / n if n else 0.0",
        "plain_rate_zero_for_unseen",
        (
            "Plain rates, and 0 for an ad that was never shown: as if nobody could ever click on it. With a prior, "
            "an ad without data gets the prior."
        ),
    ),
    edit(
        "(c + strength * base) / (n + strength)",
        "c / n if n else np.nan",
        "plain_rate_none_for_unseen",
        (
            "Plain rates, and no number at all for an ad that was never shown. It will be shown tomorrow: with a "
            "prior it gets the prior."
        ),
    ),
    edit(
        "))",
        ") if n else 0.0)",
        "unseen_ads_get_zero",
        (
            "Ads with data are right, but one that was never shown gets 0. Put c = 0 and n = 0 into the formula: "
            "what is left?"
        ),
    ),
    edit(
        "))",
        ") if n else np.nan)",
        "unseen_ads_get_nothing",
        (
            "Ads with data are right, but one that was never shown gets no number. Put c = 0 and n = 0 into the "
            "formula: what is left?"
        ),
    ),
    edit(
        "clicked.mean(",
        "np.mean([clicked[ads == ad].mean() for ad in np.unique(ads)]",
        "mean_of_the_ads_rates",
        (
            "Your prior is the mean of the ads' rates, so an ad with one impression speaks as loudly as one with a "
            "thousand. Take the rate of all impressions."
        ),
    ),
    edit(
        "clicked.",
        "clicked[np.isin(ads, new_ads)].",
        "prior_of_the_asked_ads",
        "Your prior looks only at the rows of the ads that are asked for. All training impressions belong to it.",
    ),
    edit(
        "\n        rates",
        "\n        base = clicked[ads != ad].mean()\n        rates",
        "prior_of_the_other_ads",
        (
            "Your prior for an ad leaves out the ad's own rows. Here it is one number for all: the click rate of "
            "all training impressions."
        ),
    ),
    edit(
        "clicked.mean()",
        "0.5",
        "a_half_as_the_prior",
        (
            "Your prior rate is a half. Half of the impressions being clicked is far from what is seen: use the "
            "click rate of the training rows."
        ),
    ),
    edit(
        "strength * base",
        "1",
        "one_click_and_one_other",
        (
            "You add one click and one impression without a click, Laplace's rule. That is a prior of a half with "
            "strength 2; the question gives another one."
        ),
        also=((" strength))", " 2))"),),
    ),
    edit(
        "c + strength",
        "strength * c / n + n",
        "weights_the_wrong_way_round",
        (
            "You give the prior the weight n and the data the weight `strength`, so the more data an ad has, the "
            "less they count. Swap the two."
        ),
        also=(("))", ") if n else base)"),),
    ),
    edit(
        "+ strength *",
        "/ n +",
        "half_the_data_half_the_prior",
        (
            "You average the ad's rate and the prior, whatever the number of impressions. The more impressions, "
            "the more the data should count."
        ),
        also=(("(n + strength)", "2 if n else base"),),
    ),
    edit(
        "(c + strength * base) / (n + strength)",
        "c / n if n >= strength else base",
        "all_or_nothing",
        (
            "You use the plain rate from `strength` impressions on and the prior below. Smoothing moves from one "
            "to the other step by step."
        ),
    ),
    edit(
        "n + ",
        "n - c + ",
        "clicks_over_the_others",
        "You divide by the impressions *without* a click. A rate is clicks over all impressions: n counts both.",
    ),
    edit(
        "(n ",
        "(len(ads) ",
        "impressions_of_all_ads",
        "You divide by the impressions of all ads. The n of an ad counts its own rows only.",
    ),
    edit(
        "strength))",
        "strength - c - strength * base))",
        "odds_instead_of_rates",
        "These are odds, clicks over the rest. A rate is clicks over all impressions, the imaginary ones included.",
    ),
    edit(
        "+ strength)",
        "+ (new_ads == ad).sum() + strength)",
        "asked_ads_count_as_shown",
        (
            "You count each entry of `new_ads` as one more impression of its ad. They have not been shown yet: n "
            "counts training rows only."
        ),
    ),
    edit(
        "new_ads:",
        "np.sort(new_ads):",
        "in_sorted_order",
        "The numbers are right, but sorted by ad. Return them in the order of `new_ads`, one for each entry.",
    ),
    edit(
        "(c + strength * base) / (n + strength)",
        "base",
        "the_prior_for_everyone",
        "Every ad gets the same rate. Where an ad has impressions of its own, they count, too.",
    ),
]
