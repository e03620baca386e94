"""A click rate as of now."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "An impression of this very minute has hardly had a chance to be reported. How much of a full impression is it?",
    (
        "Above the line: the clicks reported by now. Below it: for each impression up to now, the share of "
        "`delays` that is not longer than its age. Sum them."
    ),
    (
        "A comparison with NaN is False, so `reported_at <= now` is safe. For one age `a`, `(delays <= a).mean()` "
        "is F(a); for many, `np.searchsorted` on the sorted delays with `side='right'`, over their number."
    ),
)
takeaway = (
    "The same line repairs counters: a feature that counts young impressions in full falls every hour, and "
    "rises again when nobody looks."
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


mistakes = [
    edit(
        "sum() / F.sum",
        "mean",
        "no_repair",
        (
            "This is the rate as the log shows it: each young impression counts in full although its click may be "
            "on its way. Count it as F of its age."
        ),
    ),
    edit(
        "known.",
        "(~np.isnan(reported_at[shown])).",
        "knows_the_future",
        "You count clicks that will be reported after now. In this table you see them; at `now` nobody does.",
    ),
    edit(
        "known.sum() / F.sum",
        "(~np.isnan(reported_at[shown])).mean",
        "final_labels",
        (
            "You take all clicks, reported or not, over all impressions. That is the truth, and at `now` it is not "
            "known."
        ),
    ),
    edit(
        "sum() / F.sum",
        "mean() * F.mean",
        "multiplies_by_the_share",
        "You multiply the rate by the share reported, which makes it lower still. Clicks are missing: divide.",
    ),
    edit(
        "known.",
        "(known[known] / F[known]).",
        "divides_each_click",
        (
            "You count each known click 1/F times, over all impressions. That is right on average, too, but a "
            "click of a minute ago would count as hundreds. Divide the sums."
        ),
        also=(("F.sum(", "len(known"),),
    ),
    edit(
        "sum() / F.sum",
        "mean() / (delays <= age.mean()).mean",
        "share_of_the_mean_age",
        "You take F at the mean age. F is far from a straight line: take it at each age, then sum.",
    ),
    edit(
        "F.sum(",
        "sum(((reported_at - shown_at)[shown][known] <= a).mean() for a in age",
        "delays_of_the_known_clicks",
        (
            "You take F from the clicks that are known by now. They were the fast ones, so F is too high and the "
            "rate too low. Use the old, complete `delays`."
        ),
    ),
    edit(
        ".sum() / F.sum()",
        "[age >= delays.max()].sum() / max((age >= delays.max()).sum(), 1)",
        "waits_instead",
        (
            "You use only impressions that are older than the longest delay. That is waiting: right, but it throws "
            "away what is fresh."
        ),
    ),
    edit(
        "F.",
        "(1 - F).",
        "share_still_missing",
        (
            "You divide by the share that is still on its way. An old impression would count as nothing: it must "
            "count in full."
        ),
    ),
    edit(
        "sum() / F.sum()",
        "mean() * (1 + (1 - F).mean())",
        "adds_the_missing_share",
        (
            "You raise the rate by the share that is missing. If a fifth is missing, what you see is four fifths: "
            "divide by .8, do not multiply by 1.2."
        ),
    ),
    edit(
        "F.",
        "F[known].",
        "clicked_rows_below",
        (
            "Your denominator sums F over the clicked impressions. Those without a click were shown as well: sum "
            "over all up to now."
        ),
    ),
    edit(
        "F.sum()",
        "(F.mean() * len(shown_at))",
        "rows_to_come_count",
        (
            "You divide by the mean share, and by all rows, also those that are shown only after now. At `now` "
            "they do not exist."
        ),
    ),
    edit(
        "F.sum(",
        "len(shown_at",
        "all_rows_unrepaired",
        "You divide the known clicks by all rows, also by impressions that are still to come, and repair nothing.",
    ),
    edit(
        "F.sum()",
        "F.mean()",
        "returns_clicks",
        "You return the repaired number of clicks. Asked for is the rate: known clicks over the sum of F.",
    ),
    edit(
        "<= a",
        "< a",
        "now_is_too_late_for_delays",
        (
            "You leave out delays that are exactly as long as the age. Such a click is reported at `now`, and that "
            "is known: use <=."
        ),
    ),
    edit(
        "] <= now\n    ",
        "] < now\n    ",
        "now_is_too_late_for_reports",
        "You leave out clicks that are reported exactly at `now`. They are known: use <=.",
    ),
    edit(
        "] <= now\n    ",
        "] < now\n    ",
        "now_is_too_late",
        (
            "You treat what happens exactly at `now` as unknown, in the reports and in the delays. It is known: "
            "use <= in both."
        ),
        also=(("<= a", "< a"),),
    ),
    edit(
        "F.",
        '(np.searchsorted(delays, age, side="right") / len(delays)).',
        "delays_not_sorted",
        "`np.searchsorted` needs a sorted array and does not check. Sort the delays first.",
    ),
    edit(
        "F.",
        "np.array([(delays <= t).mean() for t in shown_at[shown]]).",
        "delay_compared_with_now",
        (
            "You compare the delays with the clock. A delay begins at the impression: compare it with the age, now "
            "minus shown."
        ),
    ),
]
