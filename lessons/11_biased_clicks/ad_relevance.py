"""Clicks over examined impressions."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit

hints = (
    "Two ads have ten clicks and a hundred impressions each, one on top of the page, one at the bottom. "
    "Which is better, and what would make them comparable?",
    "For each row, look up the chance that its slot was looked at. "
    "Then sum twice for each ad: its clicks, and these chances.",
    "`np.bincount(ad, weights)` sums weights by ad. Slots count from 1, positions in `examined` from 0.",
)
takeaway = (
    "An ad is as good as its clicks over what was seen of it. "
    "The examination model does this line and its mirror image in turn."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_ads, n_slots = ((9, 2, 3), (90, 7, 4), (900, 30, 5))[number]
    examined = np.sort(rng.uniform(0.1, 0.95, n_slots))[::-1].round(2)
    while True:
        ad = rng.permutation(np.append(np.arange(n_ads), rng.integers(0, n_ads, n_rows - n_ads)))
        slot = rng.integers(1, n_slots + 1, n_rows)
        clicked = (rng.random(n_rows) < 0.2 + 0.6 * examined[slot - 1]).astype(int)
        if clicked[slot == 1].any() and clicked[slot > 1].any() and not clicked.all() and len(set(slot[ad == 0])) > 1:
            return ad, slot, clicked, examined, n_ads


def ad_relevance(ad, slot, clicked, examined, n_ads):
    looked_at = examined[slot - 1]
    clicks = np.bincount(ad, clicked)
    seen = np.bincount(ad, looked_at)
    return clicks / seen


def another(ad, slot, clicked, examined, n_ads):
    chance = dict(enumerate(examined, start=1))
    rows = pd.DataFrame({"ad": ad, "clicks": clicked, "examined": [chance[k] for k in slot]})
    sums = rows.groupby("ad").sum()
    return (sums["clicks"] / sums["examined"]).to_numpy()


equivalent = {"sums = rows.groupby('ad').mean()": "both means are of the same rows, so their ratio is that of the sums"}
mistakes = [
    edit(
        "np.bincount(ad, looked_at)",
        "np.bincount(ad)",
        "plain_click_rate",
        "This is the click rate of each ad. "
        "An ad that sits in low slots looks bad although nobody saw it: divide by examined impressions.",
    ),
    edit(
        "np.bincount(ad, clicked)",
        "np.bincount(ad, clicked / looked_at)",
        "averages_the_ratios",
        "You count each click 1/e times and take the mean. "
        "That is right on average, but a click in a low slot counts as many. The formula divides the sums.",
        also=(("np.bincount(ad, looked_at)", "np.bincount(ad)"),),
    ),
    edit(
        "np.bincount(ad, clicked)",
        "np.bincount(ad, clicked * looked_at)",
        "multiplies_by_examination",
        "You multiply each click by the chance that its slot is looked at. Low slots are then punished twice: divide.",
        also=(("np.bincount(ad, looked_at)", "np.bincount(ad)"),),
    ),
    edit(
        "np.bincount(ad, clicked)",
        "np.bincount(ad, clicked / looked_at)",
        "examination_squared",
        "You divide each click by the examination, and then by the examined impressions as well. Once is enough.",
    ),
    edit(
        "np.bincount(ad, looked_at)",
        "np.bincount(ad) * looked_at.mean()",
        "same_slots_for_all",
        "You divide every ad's click rate by one mean examination. "
        "Ads sit in different slots: sum the examination of each ad's own rows.",
    ),
    edit(
        "examined[slot - 1]",
        "1 / slot",
        "one_over_slot",
        "You assume that slot k is looked at with probability 1/k. The probabilities were given: `examined`.",
    ),
    edit(
        "clicks / seen",
        "np.full(n_ads, clicks.sum() / seen.sum())",
        "forgets_the_ad",
        "You return the same number for all ads: "
        "clicks over examined impressions of the whole log. Sum them for each ad.",
    ),
    edit(
        "clicks / seen",
        "(clicks + 1) / (seen + 2)",
        "prior_of_one_click",
        "You add 1 above and 2 below the line. A good idea for rare ads, but the formula here has no prior.",
    ),
]
