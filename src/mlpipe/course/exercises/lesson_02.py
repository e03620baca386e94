"""Exercises of lesson 02: labels that ripen, the Gini coefficient, sessions."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake


def draw_log(rng: np.random.Generator, number: int) -> tuple:
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


TRAINING_SET = """
import numpy as np


def training_set(shown_at, reported_at, now, wait):
    rows = np.flatnonzero({rows})
    return rows, ({label})[rows].astype(int)
"""


def training_set(rows: str = "shown_at <= now - wait", label: str = "reported_at <= now") -> str:
    return TRAINING_SET.format(rows=rows, label=label)


MATURE_LABELS = Definition(
    id="02.mature_labels",
    title="Rows that may be trained on",
    core=True,
    stub="""
def training_set(shown_at, reported_at, now, wait):
    ...
""",
    hints=(
        "Imagine that you stand at `now` with the log in your hands. Which rows are old enough? What do you know of them?",
        "Two questions, kept apart: the age of the impression decides whether the row is used, the time of the report "
        "decides its label. A click that has not been reported by `now` looks like no click, and is labelled so.",
        "Make a mask of the rows from `shown_at`, `now` and `wait`, turn it into positions with `np.flatnonzero`, and "
        "compare `reported_at` with `now` for these positions. A comparison with NaN is False, which is what you need.",
    ),
    solution=training_set(),
    another="""
def training_set(shown_at, reported_at, now, wait):
    rows, labels = [], []
    for row, (shown, reported) in enumerate(zip(shown_at, reported_at)):
        if now - shown >= wait:
            rows.append(row)
            labels.append(1 if reported <= now else 0)
    return rows, labels
""",
    mistakes=(
        Mistake(
            "labels_from_the_future",
            "Your rows are right, but some labels use a report that arrives after `now`. Nobody could have trained on it: "
            "a click not yet reported is a 0.",
            training_set(label="~np.isnan(reported_at)"),
        ),
        Mistake(
            "report_at_now_unknown",
            "Nearly: a click that is reported exactly at `now` is known at `now`.",
            training_set(label="reported_at < now"),
        ),
        Mistake(
            "keeps_young_clicks",
            "You keep young impressions when their click is known already. Then young rows are nearly all clicks, and the rate is far too high: the age decides, not the label.",
            training_set(rows="(shown_at <= now - wait) | ((shown_at <= now) & (reported_at <= now))"),
        ),
        Mistake(
            "keeps_young_rows",
            "You keep impressions younger than `wait`. Many of their clicks are still on the way and would be taught as "
            "non-clicks.",
            training_set(rows="shown_at <= now"),
        ),
        Mistake(
            "keeps_the_young_only",
            "Your comparison is upside down: you keep the impressions younger than `wait` and drop the old ones.",
            training_set(rows="(shown_at > now - wait) & (shown_at <= now)"),
        ),
        Mistake(
            "keeps_clicks_only",
            "You keep only impressions with a reported click. The model needs the non-clicks, too: they are the zeros.",
            training_set(rows="(shown_at <= now - wait) & (reported_at <= now)"),
        ),
        Mistake(
            "drops_clicks_on_their_way",
            "You drop rows whose click is reported after `now`. At `now` nobody knows which rows these are; keep them, as 0.",
            training_set(rows="(shown_at <= now - wait) & ~(reported_at > now)"),
        ),
        Mistake(
            "report_must_be_old_too",
            "You ask for reports that are themselves `wait` hours old. The wait is for the impression; a report counts from "
            "the moment it is there.",
            training_set(label="reported_at <= now - wait"),
        ),
        Mistake(
            "reported_within_the_wait",
            "You count clicks reported within `wait` hours of the impression. That is a sound label too, the same for rows "
            "of any age, but not the one asked for: use all that is known at `now`.",
            training_set(label="reported_at - shown_at <= wait"),
        ),
        Mistake(
            "edge_left_out",
            "Nearly: a row exactly `wait` hours old is old enough. Is your comparison strict?",
            training_set(rows="shown_at < now - wait"),
        ),
        Mistake(
            "labels_of_all_rows",
            "Your positions are right, but you return a label for every row of the log. Return one label for each position, in the same order.",
            training_set().replace("[rows].astype", ".astype"),
        ),
        Mistake(
            "mask_for_positions",
            "The first array should hold the positions of the rows, not True and False for each row.",
            training_set().replace("return rows,", "return shown_at <= now - wait,"),
        ),
    ),
    draw=draw_log,
    takeaway="Age decides which rows are used, what was known by then decides the label; the future decides nothing.",
)


def draw_counts(rng: np.random.Generator, number: int) -> tuple:
    n_counted, n_unseen = ((5, 3), (40, 20), (300, 100))[number]
    n_items = n_counted + n_unseen + int(rng.integers(0, n_unseen))
    counts = np.sort(rng.geometric(0.15, size=n_counted))
    counts[-1] += 30
    counts = rng.permutation(counts)
    while counts.argmax() in (0, n_counted - 1):  # then they are neither in order nor in the opposite order
        counts = rng.permutation(counts)
    return counts, n_items


GINI_OF = """
import numpy as np


def gini(counts, n_items):
    x = {x}
    n = len(x)
    i = np.arange(1, n + 1)
    return {result}
"""


def gini_of(
    x: str = "np.sort(np.append(counts, np.zeros(n_items - len(counts))))",
    result: str = "((2 * i - n - 1) * x).sum() / (n * x.sum())",
) -> str:
    return GINI_OF.format(x=x, result=result)


GINI = Definition(
    id="02.gini",
    title="The Gini coefficient",
    stub="""
def gini(counts, n_items):
    ...
""",
    hints=(
        "Which items of the catalogue are missing from `counts`? What is their count?",
        "The formula runs over all items of the catalogue, from the smallest count to the largest, and $i$ is the place in "
        "that order.",
        "Append `n_items - len(counts)` zeros, `np.sort`, make the places with `np.arange` (they begin at 1), and write "
        "the sum of the formula as a product of two arrays.",
    ),
    solution=gini_of(),
    another="""
import numpy as np


def gini(counts, n_items):
    x = np.zeros(n_items)
    x[: len(counts)] = counts
    return np.abs(x[:, None] - x[None, :]).mean() / (2 * x.mean())
""",
    mistakes=(
        Mistake(
            "forgets_items_never_shown",
            "You leave out the items that were never recommended. They count with 0, and make the spread more unequal.",
            gini_of(x="np.sort(counts)"),
        ),
        Mistake(
            "counts_not_sorted",
            "You use the counts in the order given. In the formula, $i$ is the place in the order of the counts.",
            gini_of(x="np.append(counts, np.zeros(n_items - len(counts)))"),
        ),
        Mistake(
            "zeros_in_front_of_unsorted",
            "You put the zeros in front, but leave the counts behind them in the order given. The whole array must rise: sort it.",
            gini_of(x="np.append(np.zeros(n_items - len(counts)), counts)"),
        ),
        Mistake(
            "zeros_after_sorting",
            "Your smallest counted item has place 1, but that place belongs to an item never shown. Append the zeros first and sort then, so that they hold the first places.",
            gini_of(x="np.append(np.sort(counts), np.zeros(n_items - len(counts)))"),
        ),
        Mistake(
            "n_items_in_the_divisor_only",
            "You divide by `n_items`, but the sum runs over the counted items only. Both must be of the whole catalogue: add the zeros to the array.",
            gini_of(x="np.sort(counts)", result="((2 * i - n - 1) * x).sum() / (n_items * x.sum())"),
        ),
        Mistake(
            "largest_first",
            "You sort from the largest count. The sign shows it: start with the smallest.",
            gini_of(x="np.sort(np.append(counts, np.zeros(n_items - len(counts))))[::-1]"),
        ),
        Mistake(
            "places_start_at_zero",
            "Your places begin at 0, but the formula counts from 1.",
            gini_of().replace("np.arange(1, n + 1)", "np.arange(n)"),
        ),
        Mistake(
            "area_under_the_curve",
            "This is the area under the Lorenz curve. The Gini coefficient is twice the area between curve and diagonal.",
            gini_of(result="0.5 - ((2 * i - n - 1) * x).sum() / (n * x.sum()) / 2"),
        ),
        Mistake(
            "area_not_doubled",
            "You return half of it: the Gini coefficient is twice the area between the curve and the diagonal.",
            gini_of(result="((2 * i - n - 1) * x).sum() / (n * x.sum()) / 2"),
        ),
        Mistake(
            "corrected_for_n",
            "You divide by n - 1 in place of n. That is the version corrected for small catalogues; the formula above is not.",
            gini_of(result="((2 * i - n - 1) * x).sum() / ((n - 1) * x.sum())"),
        ),
    ),
    draw=draw_counts,
    takeaway="What was never shown belongs in the sum: a recommender looks fair when its zeros are left out.",
)


def draw_events(rng: np.random.Generator, number: int) -> tuple:
    n_users, gap = ((4, 10), (12, 30), (60, 45))[number]
    user = np.sort(rng.choice(1_000, size=n_users, replace=False))
    # Each kind of user is there in every draw: with long pauses (and short ones that exceed the gap together, and pauses
    # of exactly the gap), with a single event, with short pauses only.
    kinds = rng.permutation(np.arange(n_users) % 4)
    # Half of the users begin more than the gap after the one before, the others soon after or before.
    begins = rng.permutation(np.arange(n_users - 1) % 4)
    times, end = [], 10 * gap
    for kind, begin in zip(kinds, np.append(3, begins), strict=True):
        start = end + (gap // 3, -5 * gap, 2 * gap, 3 * gap)[begin] + int(rng.integers(0, gap // 2))
        odd = rng.choice([gap // 3, gap, gap + 1, 3 * gap], size=int(rng.integers(1, 6)))
        pauses = np.concatenate([[gap // 2 + 1] * 3, rng.permutation(np.append(odd, [gap, 3 * gap]))])
        pauses = (pauses, pauses[:0], pauses[: int(rng.integers(2, 4))], pauses)[kind]
        times.append(start + np.append(0, np.cumsum(pauses)).astype(int))
        end = int(times[-1][-1])
    return np.repeat(user, [len(t) for t in times]), np.concatenate(times), gap


SESSIONS_OF = """
import numpy as np


def sessions(user, time, gap):
    new_user = np.append(True, user[1:] != user[:-1])
    pause = np.append(0, np.diff(time))
    starts = {starts}
    return {result}
"""


def sessions_of(
    starts: str = "new_user | (pause > gap)",
    result: str = "np.add.reduceat(starts.astype(int), np.flatnonzero(new_user))",
) -> str:
    return SESSIONS_OF.format(starts=starts, result=result)


SPLIT_SESSIONS = Definition(
    id="02.split_sessions",
    title="Count the sessions",
    stub="""
def sessions(user, time, gap):
    ...
""",
    hints=(
        "A user with one event has one session, although there is no pause at all. What begins a session, then?",
        "A row begins a session when it is the first one of its user, or when its pause since the row before is longer than "
        "`gap`. Count such rows for each user.",
        "`np.diff(time) > gap` marks the long pauses and `user[1:] != user[:-1]` the changes of user; both lack the first "
        "row, which always begins a session. Combine them with `|`, then add up for each user.",
    ),
    solution=sessions_of(),
    another="""
import pandas as pd


def sessions(user, time, gap):
    by_user = pd.Series(time).groupby(user)
    return by_user.apply(lambda times: 1 + int((times.diff() > gap).sum())).to_numpy()
""",
    mistakes=(
        Mistake(
            "counts_pauses",
            "You count the long pauses. Two sessions have one pause between them: each user has one session more.",
            sessions_of(starts="~new_user & (pause > gap)"),
        ),
        Mistake(
            "change_of_user_missed",
            "You look at pauses only. Where the next user begins, time may step back: that row begins a session, too.",
            sessions_of(starts="np.append(True, np.diff(time) > gap)"),
        ),
        Mistake(
            "pause_across_users",
            "You also count the pause between the last event of one user and the first event of the next. That is no pause of anybody.",
            sessions_of(
                starts="pause > gap", result="np.add.reduceat(starts.astype(int), np.flatnonzero(new_user)) + 1"
            ),
        ),
        Mistake(
            "pauses_not_by_user",
            "You count long pauses over the whole log, also those between two users, and nothing for a user's first event. Take the pauses inside each user, then add one.",
            sessions_of(starts="pause > gap"),
        ),
        Mistake(
            "step_back_for_change_of_user",
            "You take a step back in time for the change of user. The next user may also begin later than the one before ended: compare `user` itself.",
            sessions_of(starts="np.append(True, (np.diff(time) > gap) | (np.diff(time) < 0))"),
        ),
        Mistake(
            "single_events_lost",
            "Users with a single event are missing from your result. They have no pause at all, and still one session.",
            sessions_of(
                result="np.add.reduceat(starts.astype(int), np.flatnonzero(new_user))[np.unique(user, return_counts=True)[1] > 1]"
            ),
        ),
        Mistake(
            "one_session_users_lost",
            "Users without a long pause are missing from your result. They have one session, also when they have one event.",
            sessions_of(result="(lambda n: n[n > 1])(np.add.reduceat(starts.astype(int), np.flatnonzero(new_user)))"),
        ),
        Mistake(
            "pause_of_exactly_gap",
            "A pause of exactly `gap` does not end a session: it must be longer.",
            sessions_of(starts="new_user | (pause >= gap)"),
        ),
        Mistake(
            "gap_since_session_start",
            "You measure from the start of the session. A session may last long, as long as no pause inside it is too long.",
            """
def sessions(user, time, gap):
    counts, start, last = [], None, None
    for who, when in zip(user, time):
        if who != last:
            counts.append(1)
            start, last = when, who
        elif when - start > gap:
            counts[-1] += 1
            start = when
    return counts
""",
        ),
        Mistake(
            "fixed_windows",
            "You cut time into windows of length `gap` and count those with an event. A session that crosses the border of "
            "a window is then counted twice.",
            """
import numpy as np


def sessions(user, time, gap):
    return [len(np.unique(time[user == name] // gap)) for name in np.unique(user)]
""",
        ),
        Mistake(
            "total_of_all_users",
            "You return the sessions of all users together. Return one number for each user.",
            sessions_of(result="starts.sum()"),
        ),
    ),
    draw=draw_events,
    takeaway="Whatever orders events inside a session is the order of a page; only sessions are steps in time.",
)

EXERCISES = (MATURE_LABELS, GINI, SPLIT_SESSIONS)
