"""A click rate as of now."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "An impression of this very minute has hardly had a chance to be reported. How much of a full impression is it?",
    "Above the line: the clicks reported by now. "
    "Below it: for each impression up to now, the share of `delays` that is not longer than its age. Sum them.",
    "A comparison with NaN is False, so `reported_at <= now` is safe. For one age `a`, `(delays <= a).mean()` "
    "is F(a); for many, `np.searchsorted` on the sorted delays with `side='right'`, over their number.",
)
takeaway = (
    "The same line repairs counters: "
    "a feature that counts young impressions in full falls every hour, and rises again when nobody looks."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
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


def rate_now(shown_at, reported_at, delays, now):
    shown = shown_at <= now
    age = now - shown_at[shown]
    known = reported_at[shown] <= now
    F = np.array([(delays <= a).mean() for a in age])
    return known.sum() / F.sum()


def another(shown_at, reported_at, delays, now):
    share = np.searchsorted(np.sort(delays), now - shown_at, side="right") / len(delays)
    return np.count_nonzero(reported_at <= now) / share.sum()  # an impression to come has a negative age, so F is 0


equivalent = {  # an impression to come has an age below 0, so its F is 0, and its report is to come, too
    "shown = shown_at <= shown_at": "impressions to come count 0 above and below the line",
    "age = now - shown_at": "impressions to come add 0 to the sum of F",
    "known = reported_at <= now": "impressions to come are not known",
}
mistakes = [
    edit(
        "F.sum()",
        "len(known)",
        "no_repair",
        "This is the rate as the log shows it: "
        "each young impression counts in full although its click may be on its way. Count it as F of its age.",
    ),
    edit(
        "reported_at[shown] <= now",
        "~np.isnan(reported_at[shown])",
        "knows_the_future",
        "You count clicks that will be reported after now. In this table you see them; at `now` nobody does.",
    ),
    edit(
        "known.sum() / F.sum()",
        "(known / F).mean()",
        "divides_each_click",
        "You count each known click 1/F times, over all impressions. "
        "That is right on average, too, but a click of a minute ago would count many times. Divide the sums.",
    ),
    edit(
        "known.sum() / F.sum()",
        "known.mean() / (delays <= age.mean()).mean()",
        "share_of_the_mean_age",
        "You take F at the mean age. F is far from a straight line: take it at each age, then sum.",
    ),
    edit(
        "delays <= a",
        "(reported_at - shown_at)[shown][known] <= a",
        "delays_of_the_known_clicks",
        "You take F from the clicks that are known by now. "
        "They were the fast ones, so F is too high and the rate too low. Use the old, complete `delays`.",
    ),
    edit(
        "reported_at[shown] <= now",
        "reported_at[shown] < now",
        "now_is_too_late_for_reports",
        "You leave out clicks that are reported exactly at `now`. They are known: use <=.",
    ),
    edit(
        "np.array([(delays <= a).mean() for a in age])",
        'np.searchsorted(delays, age, side="right") / len(delays)',
        "delays_not_sorted",
        "`np.searchsorted` needs a sorted array and does not check. Sort the delays first.",
    ),
    edit(
        "delays <= a",
        "delays < a",
        "a_delay_of_just_the_age",
        "Your F leaves out delays that are exactly as long as the age. "
        "Such a click is reported at `now`, so it is known: use <=.",
    ),
]
