"""Rates for tomorrow's ads."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit

core = True
hints = (
    "Start with one ad on paper: how many impressions and clicks of it "
    "are in the training rows, and what would you answer if there are none?",
    "The prior is worth `strength` imaginary impressions at the click rate of all rows. "
    "How many imaginary clicks are in them? Add both to what was counted.",
    "Walk through `new_ads`. The mask `ads == ad` picks the rows of one ad: its sum is n, "
    "and the sum of `clicked` under it is c. Then the formula of the lesson, which needs no special case for n = 0.",
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
    of_ad = pd.Series(clicked).groupby(ads)
    n, c = (counts.reindex(new_ads, fill_value=0) for counts in (of_ad.size(), of_ad.sum()))
    return ((c + strength * clicked.mean()) / (n + strength)).to_numpy()


mistakes = [
    edit(
        "(c + strength * base) / (n + strength)",
        "c / n if n else base",
        "plain_rate",
        "These are plain rates: one click in one impression gives 100 %. "
        "The prior belongs to every ad, not only to those without impressions.",
    ),
    edit(
        "(c + strength * base) / (n + strength)",
        "c / n if n else 0.0",
        "plain_rate_zero_for_unseen",
        "Plain rates, and 0 for an ad that was never shown: as if nobody could ever click on it. "
        "With a prior, an ad without data gets the prior.",
    ),
    edit(
        "(c + strength * base) / (n + strength)",
        "c / (n + strength)",
        "prior_only_in_the_denominator",
        "You add the imaginary impressions but none of their clicks, so rates shrink towards 0. "
        "The prior brings clicks as well: `strength` times the click rate.",
    ),
    edit(
        "strength * base",
        "strength",
        "strength_as_clicks",
        "You add `strength` to the clicks, too, as if each imaginary impression had been clicked. "
        "Only a share of them is: the click rate.",
    ),
    edit(
        "clicked.mean()",
        "np.mean([clicked[ads == ad].mean() for ad in np.unique(ads)])",
        "mean_of_the_ads_rates",
        "Your prior is the mean of the ads' rates, so an ad with one impression "
        "speaks as loudly as one with a thousand. Take the rate of all impressions.",
    ),
    edit(
        "clicked.mean()",
        "0.5",
        "a_half_as_the_prior",
        "Your prior rate is a half. Half of the impressions being clicked is far from what is seen: "
        "use the click rate of the training rows.",
    ),
    edit(
        "for ad in new_ads",
        "for ad in np.sort(new_ads)",
        "in_sorted_order",
        "The numbers are right, but sorted by ad. Return them in the order of `new_ads`, one for each entry.",
    ),
    edit(
        "(c + strength * base) / (n + strength)",
        "(c + 1) / (n + 2)",
        "one_click_and_two_impressions",
        "You add one click and two impressions: a prior of a half, worth two. "
        "Here it is the click rate, worth `strength` impressions.",
    ),
]
