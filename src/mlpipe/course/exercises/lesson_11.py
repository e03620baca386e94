"""Exercises of lesson 11: inverse propensities, a click rate as of now, clicks over examined impressions."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake


def draw_policies(rng: np.random.Generator, number: int) -> tuple:
    n_rows = (8, 60, 900)[number]
    largest = float(rng.integers(4, 8) / 2)
    while True:
        logged = rng.beta(1, 4, n_rows).clip(0.02, 0.9).round(3)
        target = rng.beta(1, 4, n_rows).clip(0.02, 0.9).round(3)
        clicked = (rng.random(n_rows) < 0.4).astype(int)
        cut = target / logged > largest
        # Clicks and non-clicks on both sides of the cut, so that each way of cutting shows.
        if all(((clicked == y) & (cut == c)).any() for y in (0, 1) for c in (False, True)):
            return clicked, logged, target, largest


POLICY = """
import numpy as np


def other_policy(clicked, logged, target, largest):
    w = {w}
    estimate = {estimate}
    effective = {effective}
    return estimate, effective
"""
WEIGHT = "np.minimum(target / logged, largest)"


def policy(
    w: str = WEIGHT, estimate: str = "(w * clicked).sum() / w.sum()", effective: str = "w.sum() ** 2 / (w**2).sum()"
) -> str:
    return POLICY.format(w=w, estimate=estimate, effective=effective)


OTHER_POLICY = Definition(
    id="11.other_policy",
    title="What would another policy get?",
    core=True,
    stub="""
def other_policy(clicked, logged, target, largest):
    ...
""",
    hints=(
        "Take a row that the other policy would show twice as often as ours. For how many rows should it speak?",
        "The weight of a row is one probability over the other. Cut it first. Everything after that, the estimate and the "
        "effective sample size, uses the cut weights.",
        "`np.minimum` cuts an array from above. The estimate is a weighted mean of the clicks: its divisor is what the weights "
        "add up to. For the effective sample size you need the sum of the weights and the sum of their squares.",
    ),
    solution=policy(),
    another="""
import numpy as np


def other_policy(clicked, logged, target, largest):
    weights = [min(t / p, largest) for t, p in zip(target, logged)]
    share = np.array(weights) / sum(weights)  # these add up to 1
    return float(np.average(clicked, weights=weights)), 1 / float(share @ share)
""",
    mistakes=(
        Mistake(
            "divides_by_rows",
            "You divide by the number of rows: plain IPS. It is right on average only with uncut weights. Self-normalised means: divide by the sum of the weights.",
            policy(estimate="(w * clicked).mean()"),
        ),
        Mistake(
            "weights_upside_down",
            "Your weight is logged over target. A row that the other policy would show more often than ours must count for more, not for less.",
            policy(w="np.minimum(logged / target, largest)"),
        ),
        Mistake(
            "forgets_the_target",
            "You weight by one over the logged probability. That answers for a policy that shows all ads evenly; this one shows each ad with probability `target`.",
            policy(w="np.minimum(1 / logged, largest)"),
        ),
        Mistake(
            "multiplies_by_the_propensity",
            "You weight each row with the probability that we chose it. What our policy shows often is in the log often already: divide by it.",
            policy(w="np.minimum(target * logged, largest)"),
        ),
        Mistake(
            "weights_by_logged",
            "Your weight is the logged propensity itself. That counts what our policy likes twice. It has to be in the denominator, below the target.",
            policy(w="np.minimum(logged, largest)"),
        ),
        Mistake(
            "weights_by_target",
            "Your weight is the target probability alone. Rows that our policy shows often come often in the log: divide by the logged probability.",
            policy(w="np.minimum(target, largest)"),
        ),
        Mistake(
            "ignores_the_weights",
            "This is the plain click rate of the log: what our own policy got. The question is about another policy.",
            policy(w="np.ones(len(clicked))"),
        ),
        Mistake(
            "never_cuts",
            "The weights are right but uncut. A single rare row may then decide the result: cut them at `largest`.",
            policy(w="target / logged"),
        ),
        Mistake(
            "drops_large_weights",
            "You drop the rows whose weight is above `largest`. They are the rare ads, the ones that we know least about: keep them, with a smaller weight.",
            policy(w="np.where(target / logged > largest, 0.0, target / logged)"),
        ),
        Mistake(
            "large_weights_become_one",
            "Weights above `largest` become 1 in your code. Cutting means that they become `largest`.",
            policy(w="np.where(target / logged > largest, 1.0, target / logged)"),
        ),
        Mistake(
            "cuts_from_below",
            "You raise small weights to `largest`. Cut from above: no weight may be larger.",
            policy(w="np.maximum(target / logged, largest)"),
        ),
        Mistake(
            "cuts_the_propensity",
            "You cut the logged probability at one over `largest`. The weight is a ratio of two probabilities: divide first, then cut the ratio.",
            policy(w="target / np.maximum(logged, 1 / largest)"),
        ),
        Mistake(
            "cuts_the_normalised_weights",
            "You divide the weights by their mean before you cut. Cut the ratio itself; the normalisation comes last, in the divisor.",
            policy(w="np.minimum(target / logged / (target / logged).mean(), largest)"),
        ),
        Mistake(
            "divides_by_uncut_weights",
            "You cut the weights above the fraction line and not below it, so the estimate is too low. Both sums use the same weights.",
            policy(estimate="(w * clicked).sum() / (target / logged).sum()"),
        ),
        Mistake(
            "divides_by_clicks",
            "You divide by the number of clicks: that is the mean weight of a click. A rate is divided by all rows, each with its weight.",
            policy(estimate="(w * clicked).sum() / clicked.sum()"),
        ),
        Mistake(
            "returns_clicks",
            "You return a weighted number of clicks. Divide it by the sum of the weights to get a rate.",
            policy(estimate="(w * clicked).sum()"),
        ),
        Mistake(
            "counts_rows_as_effective",
            "You return the number of rows as the effective sample size. Unequal weights make it smaller.",
            policy(effective="len(w)"),
        ),
        Mistake(
            "effective_of_uncut_weights",
            "The estimate uses cut weights, your effective sample size the uncut ones. It must describe the weights that you used.",
            policy(effective="(target / logged).sum() ** 2 / ((target / logged) ** 2).sum()"),
        ),
        Mistake(
            "effective_upside_down",
            "Your effective sample size is below 1: the fraction is upside down. With equal weights it must give the number of rows.",
            policy(effective="(w**2).sum() / w.sum() ** 2"),
        ),
        Mistake(
            "sum_of_weights_as_effective",
            "The sum of the weights says how large they are, not how unequal. Doubling all weights must not change the effective sample size.",
            policy(effective="w.sum()"),
        ),
        Mistake(
            "effective_share",
            "This is the effective *share* of the rows. The effective sample size is a number of rows: do not divide by n.",
            policy(effective="w.sum() ** 2 / (w**2).sum() / len(w)"),
        ),
        Mistake(
            "square_forgotten",
            "You divide the sum of the weights by the sum of their squares. Square the sum, too: the result must not depend on the unit of the weights.",
            policy(effective="w.sum() / (w**2).sum()"),
        ),
        Mistake(
            "variance_not_relative",
            "You divide n by one plus the variance of the weights. That holds for weights of mean 1 only: divide the weights by their mean, or use the two sums.",
            policy(effective="len(w) / (1 + w.var())"),
        ),
        Mistake(
            "plain_and_uncut",
            "This is plain IPS without a cut. Cut the weights at `largest`, then divide by the sum of what is left.",
            policy(w="target / logged", estimate="(w * clicked).mean()"),
        ),
        Mistake(
            "effective_of_clicks_only",
            "You take the effective sample size over clicked rows. Rows without a click tell as much about the rate: use all.",
            policy(effective="(w * clicked).sum() ** 2 / ((w * clicked) ** 2).sum()"),
        ),
        Mistake(
            "order_of_results",
            "Both numbers are right, but the order is not: first the estimate, then the effective sample size.",
            policy().replace("return estimate, effective", "return effective, estimate"),
        ),
    ),
    draw=draw_policies,
    takeaway="One line repairs the selection, and the second number says whether to believe it.",
)


def draw_reports(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_delays = ((8, 6), (60, 30), (800, 300))[number]
    now = float(rng.integers(60, 80) / 2)  # half hours, so that events fall exactly on now and on a delay

    def draw_delays(n: int) -> np.ndarray:
        slow = rng.random(n) < 0.5
        return np.floor(2 * rng.exponential(np.where(slow, 9.0, 1.0))) / 2 + 0.5

    delays = draw_delays(n_delays)
    delays[:4] = (0.0, 20.0, 5.0, 2.0)  # one click came at once: an impression of just now counts a little
    shown_at = np.floor(2 * rng.uniform(now - 30, now + 8, n_rows)) / 2
    reported_at = np.where(rng.random(n_rows) < 0.5, shown_at + draw_delays(n_rows), np.nan)
    # Reported just now; an impression of just now; a report to come; an impression to come; a fresh one; one without a click.
    shown_at[:6] = now - np.array([2.0, 0.0, 3.0, -1.0, 5.0, 7.0])
    reported_at[:6] = now + np.array([0.0, np.nan, 4.0, 2.0, -4.5, np.nan])
    rows = rng.permutation(n_rows)
    return shown_at[rows], reported_at[rows], rng.permutation(delays), now


RATE = """
import numpy as np


def rate_now(shown_at, reported_at, delays, now):
    shown = shown_at <= now
    age = now - shown_at[shown]
    known = reported_at[shown] <= now
    F = np.array([(delays <= a).mean() for a in age])
    return {result}
"""


def rate(result: str = "known.sum() / F.sum()") -> str:
    return RATE.format(result=result)


RATE_NOW = Definition(
    id="11.rate_now",
    title="A click rate as of now",
    stub="""
def rate_now(shown_at, reported_at, delays, now):
    ...
""",
    hints=(
        "An impression of this very minute has hardly had a chance to be reported. How much of a full impression is it?",
        "Above the line: the clicks reported by now. Below it: for each impression up to now, the share of `delays` that is not longer than its age. Sum them.",
        "A comparison with NaN is False, so `reported_at <= now` is safe. For one age `a`, `(delays <= a).mean()` is F(a); for many, "
        "`np.searchsorted` on the sorted delays with `side='right'`, over their number.",
    ),
    solution=rate(),
    another="""
import numpy as np


def rate_now(shown_at, reported_at, delays, now):
    share = np.searchsorted(np.sort(delays), now - shown_at, side="right") / len(delays)
    return np.count_nonzero(reported_at <= now) / share.sum()  # an impression to come has a negative age, so F is 0
""",
    mistakes=(
        Mistake(
            "no_repair",
            "This is the rate as the log shows it: each young impression counts in full although its click may be on its way. Count it as F of its age.",
            rate("known.mean()"),
        ),
        Mistake(
            "knows_the_future",
            "You count clicks that will be reported after now. In this table you see them; at `now` nobody does.",
            rate("(~np.isnan(reported_at[shown])).sum() / F.sum()"),
        ),
        Mistake(
            "final_labels",
            "You take all clicks, reported or not, over all impressions. That is the truth, and at `now` it is not known.",
            rate("(~np.isnan(reported_at[shown])).mean()"),
        ),
        Mistake(
            "multiplies_by_the_share",
            "You multiply the rate by the share reported, which makes it lower still. Clicks are missing: divide.",
            rate("known.mean() * F.mean()"),
        ),
        Mistake(
            "divides_each_click",
            "You count each known click 1/F times, over all impressions. That is right on average, too, but a click of a minute ago would count as hundreds. Divide the sums.",
            rate("(known[known] / F[known]).sum() / len(known)"),
        ),
        Mistake(
            "share_of_the_mean_age",
            "You take F at the mean age. F is far from a straight line: take it at each age, then sum.",
            rate("known.mean() / (delays <= age.mean()).mean()"),
        ),
        Mistake(
            "delays_of_the_known_clicks",
            "You take F from the clicks that are known by now. They were the fast ones, so F is too high and the rate too low. Use the old, complete `delays`.",
            rate(
                "known.sum() / sum(((reported_at - shown_at)[shown][known] <= a).mean() for a in age)",
            ),
        ),
        Mistake(
            "waits_instead",
            "You use only impressions that are older than the longest delay. That is waiting: right, but it throws away what is fresh.",
            rate("known[age >= delays.max()].sum() / max((age >= delays.max()).sum(), 1)"),
        ),
        Mistake(
            "share_still_missing",
            "You divide by the share that is still on its way. An old impression would count as nothing: it must count in full.",
            rate("known.sum() / (1 - F).sum()"),
        ),
        Mistake(
            "adds_the_missing_share",
            "You raise the rate by the share that is missing. If a fifth is missing, what you see is four fifths: divide by .8, do not multiply by 1.2.",
            rate("known.mean() * (1 + (1 - F).mean())"),
        ),
        Mistake(
            "clicked_rows_below",
            "Your denominator sums F over the clicked impressions. Those without a click were shown as well: sum over all up to now.",
            rate("known.sum() / F[known].sum()"),
        ),
        Mistake(
            "rows_to_come_count",
            "You divide by the mean share, and by all rows, also those that are shown only after now. At `now` they do not exist.",
            rate("known.sum() / (F.mean() * len(shown_at))"),
        ),
        Mistake(
            "all_rows_unrepaired",
            "You divide the known clicks by all rows, also by impressions that are still to come, and repair nothing.",
            rate("known.sum() / len(shown_at)"),
        ),
        Mistake(
            "returns_clicks",
            "You return the repaired number of clicks. Asked for is the rate: known clicks over the sum of F.",
            rate("known.sum() / F.mean()"),
        ),
        Mistake(
            "now_is_too_late_for_delays",
            "You leave out delays that are exactly as long as the age. Such a click is reported at `now`, and that is known: use <=.",
            rate().replace("delays <= a", "delays < a"),
        ),
        Mistake(
            "now_is_too_late_for_reports",
            "You leave out clicks that are reported exactly at `now`. They are known: use <=.",
            rate().replace("reported_at[shown] <= now", "reported_at[shown] < now"),
        ),
        Mistake(
            "now_is_too_late",
            "You treat what happens exactly at `now` as unknown, in the reports and in the delays. It is known: use <= in both.",
            rate()
            .replace("delays <= a", "delays < a")
            .replace("reported_at[shown] <= now", "reported_at[shown] < now"),
        ),
        Mistake(
            "delays_not_sorted",
            "`np.searchsorted` needs a sorted array and does not check. Sort the delays first.",
            rate("known.sum() / (np.searchsorted(delays, age, side='right') / len(delays)).sum()"),
        ),
        Mistake(
            "delay_compared_with_now",
            "You compare the delays with the clock. A delay begins at the impression: compare it with the age, now minus shown.",
            rate("known.sum() / np.array([(delays <= t).mean() for t in shown_at[shown]]).sum()"),
        ),
    ),
    draw=draw_reports,
    takeaway="The same line repairs counters: a feature that counts young impressions in full falls every hour, and rises again when nobody looks.",
)


def draw_slots(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_ads, n_slots = ((9, 2, 3), (90, 7, 4), (900, 30, 5))[number]
    examined = np.sort(rng.uniform(0.1, 0.95, n_slots))[::-1].round(2)
    while True:
        ad = rng.permutation(np.append(np.arange(n_ads), rng.integers(0, n_ads, n_rows - n_ads)))
        slot = rng.integers(1, n_slots + 1, n_rows)
        clicked = (rng.random(n_rows) < 0.2 + 0.6 * examined[slot - 1]).astype(int)
        if clicked[slot == 1].any() and clicked[slot > 1].any() and not clicked.all() and len(set(slot[ad == 0])) > 1:
            return ad, slot, clicked, examined, n_ads


RELEVANCE = """
import numpy as np


def ad_relevance(ad, slot, clicked, examined, n_ads):
    looked_at = {looked_at}
    clicks = np.bincount(ad, clicked, minlength=n_ads)
    return {result}
"""
EXPECTED = "np.bincount(ad, looked_at, minlength=n_ads)"
SHOWN = "np.bincount(ad, minlength=n_ads)"


def relevance(result: str = f"clicks / {EXPECTED}", looked_at: str = "examined[slot - 1]") -> str:
    return RELEVANCE.format(result=result, looked_at=looked_at)


AD_RELEVANCE = Definition(
    id="11.ad_relevance",
    title="Clicks over examined impressions",
    stub="""
def ad_relevance(ad, slot, clicked, examined, n_ads):
    ...
""",
    hints=(
        "Two ads have ten clicks and a hundred impressions each, one on top of the page, one at the bottom. Which is better, and what would make them comparable?",
        "For each row, look up the chance that its slot was looked at. Then sum twice for each ad: its clicks, and these chances.",
        "`np.bincount(ad, weights, minlength=n_ads)` sums weights by ad. Slots count from 1, positions in `examined` from 0.",
    ),
    solution=relevance(),
    another="""
import pandas as pd


def ad_relevance(ad, slot, clicked, examined, n_ads):
    chance = dict(enumerate(examined, start=1))
    rows = pd.DataFrame({"ad": ad, "clicks": clicked, "examined": [chance[k] for k in slot]})
    sums = rows.groupby("ad").sum().reindex(range(n_ads))
    return (sums["clicks"] / sums["examined"]).to_numpy()
""",
    mistakes=(
        Mistake(
            "plain_click_rate",
            "This is the click rate of each ad. An ad that sits in low slots looks bad although nobody saw it: divide by examined impressions.",
            relevance(f"clicks / {SHOWN}"),
        ),
        Mistake(
            "averages_the_ratios",
            "You count each click 1/e times and take the mean. That is right on average, but a click in a low slot counts as many. The formula divides the sums.",
            relevance(f"np.bincount(ad, clicked / looked_at, minlength=n_ads) / {SHOWN}"),
        ),
        Mistake(
            "multiplies_by_examination",
            "You multiply each click by the chance that its slot is looked at. Low slots are then punished twice: divide.",
            relevance(f"np.bincount(ad, clicked * looked_at, minlength=n_ads) / {SHOWN}"),
        ),
        Mistake(
            "weighted_mean_of_clicks",
            "You average the clicks with the examination as weight. The clicks are filtered already: weight only the impressions, below the line.",
            relevance(f"np.bincount(ad, clicked * looked_at, minlength=n_ads) / {EXPECTED}"),
        ),
        Mistake(
            "examination_squared",
            "You divide each click by the examination, and then by the examined impressions as well. Once is enough.",
            relevance(f"np.bincount(ad, clicked / looked_at, minlength=n_ads) / {EXPECTED}"),
        ),
        Mistake(
            "same_slots_for_all",
            "You divide every ad's click rate by one mean examination. Ads sit in different slots: sum the examination of each ad's own rows.",
            relevance(f"clicks / ({SHOWN} * looked_at.mean())"),
        ),
        Mistake(
            "mean_over_slots",
            "You divide by the plain mean of `examined`, as if each ad were in each slot equally often. Use the slots in which the ad was.",
            relevance(f"clicks / ({SHOWN} * examined.mean())"),
        ),
        Mistake(
            "clicked_rows_below",
            "Your denominator sums the examination over the clicked rows. The impressions without a click count as well.",
            relevance("clicks / np.bincount(ad, looked_at * clicked, minlength=n_ads).clip(1e-12)"),
        ),
        Mistake(
            "slot_off_by_one",
            "You look up the slot above each row's own: slots count from 1, positions in an array from 0. Slot 1 is `examined[0]`.",
            relevance(looked_at="examined[slot - 2]"),
        ),
        Mistake(
            "slot_wraps_around",
            "You look up the slot below each row's own: slots count from 1, positions in an array from 0. Slot 1 is `examined[0]`.",
            relevance(looked_at="examined[slot % len(examined)]"),
        ),
        Mistake(
            "relative_to_slot_one",
            "You divide `examined` by its value in slot 1. Here the probabilities themselves are known, so no scale is free: use them as they are.",
            relevance(looked_at="(examined / examined[0])[slot - 1]"),
        ),
        Mistake(
            "examination_adds_to_one",
            "You turn `examined` into shares that add up to 1. It is not a distribution over slots: each slot has its own chance to be looked at.",
            relevance(looked_at="(examined / examined.sum())[slot - 1]"),
        ),
        Mistake(
            "relevance_adds_to_one",
            "You rescale the relevances so that they add up to 1. Each is a click rate of its own: return it as it is.",
            relevance(f"(clicks / {EXPECTED}) / (clicks / {EXPECTED}).sum()"),
        ),
        Mistake(
            "one_over_slot",
            "You assume that slot k is looked at with probability 1/k. The probabilities were given: `examined`.",
            relevance(looked_at="1 / slot"),
        ),
        Mistake(
            "chance_not_examined",
            "You sum the chance that the slot is *not* looked at. Take `examined` itself.",
            relevance(looked_at="1 - examined[slot - 1]"),
        ),
        Mistake(
            "top_slot_only",
            "You use the rows of slot 1 only, where nearly all is seen. That is not biased, but it throws most rows away, and some ads were never there.",
            relevance(
                "np.bincount(ad, clicked * (slot == 1), minlength=n_ads) / np.bincount(ad, looked_at * (slot == 1), minlength=n_ads).clip(1e-12)"
            ),
        ),
        Mistake(
            "forgets_the_ad",
            "You return the same number for all ads: clicks over examined impressions of the whole log. Sum them for each ad.",
            relevance("np.full(n_ads, clicks.sum() / looked_at.sum())"),
        ),
        Mistake(
            "relative_to_the_average",
            "You divide by the average relevance. That tells which ads are better than the mean; the formula gives each ad's own click rate.",
            relevance(f"(clicks / {EXPECTED}) / (clicks.sum() / looked_at.sum())"),
        ),
        Mistake(
            "returns_clicks",
            "You return the clicks of each ad. An ad that is shown more gets more: divide by its examined impressions.",
            relevance("clicks"),
        ),
        Mistake(
            "returns_examined_impressions",
            "You return the examined impressions. Clicks over them are asked for.",
            relevance(EXPECTED),
        ),
        Mistake(
            "adds_one",
            "You smooth by adding 1 below. A good idea for rare ads, but the formula here has no prior.",
            relevance(f"clicks / ({EXPECTED} + 1)"),
        ),
        Mistake(
            "prior_of_one_click",
            "You add 1 above and 2 below the line. A good idea for rare ads, but the formula here has no prior.",
            relevance(f"(clicks + 1) / ({EXPECTED} + 2)"),
        ),
    ),
    draw=draw_slots,
    takeaway="An ad is as good as its clicks over what was seen of it. The examination model does this line and its mirror image in turn.",
)

EXERCISES = (OTHER_POLICY, RATE_NOW, AD_RELEVANCE)
