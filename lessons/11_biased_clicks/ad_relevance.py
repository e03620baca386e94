"""Clicks over examined impressions."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit

hints = (
    (
        "Two ads have ten clicks and a hundred impressions each, one on top of the page, one at the bottom. Which "
        "is better, and what would make them comparable?"
    ),
    (
        "For each row, look up the chance that its slot was looked at. Then sum twice for each ad: its clicks, and "
        "these chances."
    ),
    (
        "`np.bincount(ad, weights, minlength=n_ads)` sums weights by ad. Slots count from 1, positions in "
        "`examined` from 0."
    ),
)
takeaway = (
    "An ad is as good as its clicks over what was seen of it. The examination model does this line and its "
    "mirror image in turn."
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
    clicks = np.bincount(ad, clicked, minlength=n_ads)
    return clicks / np.bincount(ad, looked_at, minlength=n_ads)


def another(ad, slot, clicked, examined, n_ads):
    chance = dict(enumerate(examined, start=1))
    rows = pd.DataFrame({"ad": ad, "clicks": clicked, "examined": [chance[k] for k in slot]})
    sums = rows.groupby("ad").sum().reindex(range(n_ads))
    return (sums["clicks"] / sums["examined"]).to_numpy()


mistakes = [
    edit(
        "looked_at, ",
        "",
        "plain_click_rate",
        (
            "This is the click rate of each ad. An ad that sits in low slots looks bad although nobody saw it: "
            "divide by examined impressions."
        ),
    ),
    edit(
        "clicks / np.bincount(ad, looked_at, ",
        "np.bincount(ad, clicked / looked_at, minlength=n_ads) / np.bincount(ad, ",
        "averages_the_ratios",
        (
            "You count each click 1/e times and take the mean. That is right on average, but a click in a low slot "
            "counts as many. The formula divides the sums."
        ),
    ),
    edit(
        "clicks / np.bincount(ad, looked_at, ",
        "np.bincount(ad, clicked * looked_at, minlength=n_ads) / np.bincount(ad, ",
        "multiplies_by_examination",
        (
            "You multiply each click by the chance that its slot is looked at. Low slots are then punished twice: "
            "divide."
        ),
    ),
    edit(
        " clicks /",
        " np.bincount(ad, clicked * looked_at, minlength=n_ads) /",
        "weighted_mean_of_clicks",
        (
            "You average the clicks with the examination as weight. The clicks are filtered already: weight only "
            "the impressions, below the line."
        ),
    ),
    edit(
        " clicks /",
        " np.bincount(ad, clicked / looked_at, minlength=n_ads) /",
        "examination_squared",
        "You divide each click by the examination, and then by the examined impressions as well. Once is enough.",
    ),
    edit(
        "/ np.",
        "/ (np.",
        "same_slots_for_all",
        (
            "You divide every ad's click rate by one mean examination. Ads sit in different slots: sum the "
            "examination of each ad's own rows."
        ),
        also=(("looked_at, minlength=n_ads)", "minlength=n_ads) * looked_at.mean())"),),
    ),
    edit(
        "/ np.",
        "/ (np.",
        "mean_over_slots",
        (
            "You divide by the plain mean of `examined`, as if each ad were in each slot equally often. Use the "
            "slots in which the ad was."
        ),
        also=(("looked_at, minlength=n_ads)", "minlength=n_ads) * examined.mean())"),),
    ),
    edit(
        "looked_at, minlength=n_ads)\n",
        "looked_at * clicked, minlength=n_ads).clip(1e-12)\n",
        "clicked_rows_below",
        "Your denominator sums the examination over the clicked rows. The impressions without a click count as well.",
    ),
    edit(
        "1",
        "2",
        "slot_off_by_one",
        (
            "You look up the slot above each row's own: slots count from 1, positions in an array from 0. Slot 1 "
            "is `examined[0]`."
        ),
    ),
    edit(
        "- 1",
        "% len(examined)",
        "slot_wraps_around",
        (
            "You look up the slot below each row's own: slots count from 1, positions in an array from 0. Slot 1 "
            "is `examined[0]`."
        ),
    ),
    edit(
        "examined[",
        "(examined / examined[0])[",
        "relative_to_slot_one",
        (
            "You divide `examined` by its value in slot 1. Here the probabilities themselves are known, so no "
            "scale is free: use them as they are."
        ),
    ),
    edit(
        "examined[",
        "(examined / examined.sum())[",
        "examination_adds_to_one",
        (
            "You turn `examined` into shares that add up to 1. It is not a distribution over slots: each slot has "
            "its own chance to be looked at."
        ),
    ),
    edit(
        "return clicks ",
        "return (clicks ",
        "relevance_adds_to_one",
        "You rescale the relevances so that they add up to 1. Each is a click rate of its own: return it as it is.",
        also=(
            (
                "looked_at, minlength=n_ads)\n",
                "looked_at, minlength=n_ads)) / (\n        clicks / np.bincount(ad, looked_at, minlength=n_ads)\n    ).sum()\n",
            ),
        ),
    ),
    edit(
        "examined[slot - 1]",
        "1 / slot",
        "one_over_slot",
        "You assume that slot k is looked at with probability 1/k. The probabilities were given: `examined`.",
    ),
    edit(
        "= examined",
        "= 1 - examined",
        "chance_not_examined",
        "You sum the chance that the slot is *not* looked at. Take `examined` itself.",
    ),
    edit(
        "clicks / np.bincount(ad, looked_at, minlength=n_ads",
        "np.bincount(ad, clicked * (slot == 1), minlength=n_ads) / np.bincount(\n        ad, looked_at * (slot == 1), minlength=n_ads\n    ).clip(1e-12",
        "top_slot_only",
        (
            "You use the rows of slot 1 only, where nearly all is seen. That is not biased, but it throws most "
            "rows away, and some ads were never there."
        ),
    ),
    edit(
        "clicks / np.bincount(ad, looked_at, minlength=n_ads",
        "np.full(n_ads, clicks.sum() / looked_at.sum()",
        "forgets_the_ad",
        (
            "You return the same number for all ads: clicks over examined impressions of the whole log. Sum them "
            "for each ad."
        ),
    ),
    edit(
        "return clicks ",
        "return (clicks ",
        "relative_to_the_average",
        (
            "You divide by the average relevance. That tells which ads are better than the mean; the formula gives "
            "each ad's own click rate."
        ),
        also=(("looked_at, minlength=n_ads)\n", "looked_at, minlength=n_ads)) / (clicks.sum() / looked_at.sum())\n"),),
    ),
    edit(
        " / np.bincount(ad, looked_at, minlength=n_ads)",
        "",
        "returns_clicks",
        "You return the clicks of each ad. An ad that is shown more gets more: divide by its examined impressions.",
    ),
    edit(
        "clicks / ",
        "",
        "returns_examined_impressions",
        "You return the examined impressions. Clicks over them are asked for.",
    ),
    edit(
        "/ np.",
        "/ (np.",
        "adds_one",
        "You smooth by adding 1 below. A good idea for rare ads, but the formula here has no prior.",
        also=(("looked_at, minlength=n_ads)\n", "looked_at, minlength=n_ads) + 1)\n"),),
    ),
    edit(
        "clicks / ",
        "(clicks + 1) / (",
        "prior_of_one_click",
        "You add 1 above and 2 below the line. A good idea for rare ads, but the formula here has no prior.",
        also=(("looked_at, minlength=n_ads)\n", "looked_at, minlength=n_ads) + 2)\n"),),
    ),
]
