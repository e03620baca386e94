"""Rows that may be trained on."""

import numpy as np

from mlpipe.course.definition import edit

core = True
hints = (
    "Imagine that you stand at `now` with the log in your hands. Which rows are old enough? What do you know of them?",
    "Two questions, kept apart: the age of the impression decides whether the row is used, the time of the report "
    "decides its label. A click that has not been reported by `now` looks like no click, and is labelled so.",
    "Make a mask of the rows from `shown_at`, `now` and `wait`, turn it into positions with `np.flatnonzero`, and "
    "compare `reported_at` with `now` for these positions. A comparison with NaN is False, which is what you need.",
)
takeaway = "Age decides which rows are used, what was known by then decides the label; the future decides nothing."


def draw(rng: np.random.Generator, number: int) -> tuple:
    n, wait = ((12, 4), (80, 6), (500, 9))[number]
    now = 60 + int(rng.integers(0, 5))
    shown_at = np.sort(rng.uniform(0, now + 10, size=n))  # the log goes on after `now`
    delay = np.where(rng.random(n) < 0.5, np.nan, rng.exponential(8.0, size=n))
    # One row of each kind that a mistake treats differently, also among few rows: shown long ago and reported early,
    # within the wait, after it, exactly now, after now, never; shown exactly `wait` ago; young with a click and
    # without; future.
    ago = np.array([50, 45, 40, 30, 20, 15, wait, wait / 2, wait / 4, -2])
    ago[:6] += rng.integers(0, 5, size=6)
    late = np.array([1, wait / 2, wait + 3, ago[3], ago[4] + 15, np.nan, wait / 2, 0.5, np.nan, 1])
    rows = rng.permutation(n)[: len(ago)]
    shown_at[rows], delay[rows] = now - ago, late
    order = rng.permutation(n)
    return shown_at[order], (shown_at + delay)[order], now, wait


def training_set(shown_at, reported_at, now, wait):
    old_enough = shown_at <= now - wait
    click_is_known = reported_at <= now
    rows = np.flatnonzero(old_enough)
    return rows, click_is_known[rows].astype(int)


def another(shown_at, reported_at, now, wait):
    rows, labels = [], []
    for row, (shown, reported) in enumerate(zip(shown_at, reported_at)):
        if now - shown >= wait:
            rows.append(row)
            labels.append(1 if reported <= now else 0)
    return rows, labels


equivalent = {"return (rows, click_is_known[rows])": "True and False count as 1 and 0"}
mistakes = [
    edit(
        "reported_at <= now",
        "~np.isnan(reported_at)",
        "labels_from_the_future",
        "Your rows are right, but some labels use a report that arrives after `now`. "
        "Nobody could have trained on it: a click not yet reported is a 0.",
    ),
    edit(
        "shown_at <= now - wait",
        "shown_at <= now",
        "keeps_young_rows",
        "You keep impressions younger than `wait`. Many of their clicks "
        "are still on the way and would be taught as non-clicks.",
    ),
    edit(
        "np.flatnonzero(old_enough)",
        "np.flatnonzero(old_enough | click_is_known)",
        "keeps_young_clicks",
        "You keep young impressions when their click is known already. Then young rows are "
        "nearly all clicks, and the rate is far too high: the age decides, not the label.",
    ),
    edit(
        "np.flatnonzero(old_enough)",
        "np.flatnonzero(old_enough & click_is_known)",
        "keeps_clicks_only",
        "You keep only impressions with a reported click. The model needs the non-clicks, too: they are the zeros.",
    ),
    edit(
        "np.flatnonzero(old_enough)",
        "np.flatnonzero(old_enough & ~(reported_at > now))",
        "drops_clicks_on_their_way",
        "You drop rows whose click is reported after `now`. At `now` "
        "nobody knows which rows these are; keep them, as 0.",
    ),
    edit(
        "reported_at <= now",
        "reported_at - shown_at <= wait",
        "reported_within_the_wait",
        "You count clicks reported within `wait` hours of the impression. That is a sound label too, the "
        "same for rows of any age, but not the one asked for: use all that is known at `now`.",
    ),
    edit(
        "shown_at <= now - wait",
        "shown_at < now - wait",
        "edge_left_out",
        "Nearly: a row exactly `wait` hours old is old enough. Is your comparison strict?",
    ),
    edit(
        "reported_at <= now",
        "reported_at < now",
        "report_at_now_left_out",
        "Nearly: what is reported exactly at `now` is known. Your rows are right, but such a click is a 1.",
    ),
]
