"""Count the sessions."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

hints = (
    "A user with one event has one session, although there is no pause at all. What begins a session, then?",
    "A row begins a session when it is the first one of its user, or when its pause "
    "since the row before is longer than `gap`. Count such rows for each user.",
    "`np.diff(time) > gap` marks the long pauses and `user[1:] != user[:-1]` the changes of user; both lack "
    "the first row, which always begins a session. Combine them with `|`, then add up for each user.",
)
takeaway = "Inside a session, events may come in the order of a page; from session to session, time has passed."


def draw(rng: np.random.Generator, number: int) -> tuple:
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


def sessions(user, time, gap):
    new_user = user[1:] != user[:-1]
    long_pause = np.diff(time) > gap
    starts = np.append(True, new_user | long_pause)
    _, n_sessions = np.unique(user[starts], return_counts=True)
    return n_sessions


def another(user, time, gap):
    by_user = pd.Series(time).groupby(user)
    return by_user.apply(lambda times: 1 + (times.diff() > gap).sum()).to_numpy()


equivalent = {"starts = np.append(new_user | long_pause, True)": "counts where sessions end: as many as begin"}


def counts_pauses(user, time, gap):
    return sessions(user, time, gap) - 1


def change_of_user_missed(user, time, gap):
    return pd.Series(np.append(True, np.diff(time) > gap)).groupby(user).sum()


def pauses_not_by_user(user, time, gap):
    return (pd.Series(time).diff() > gap).groupby(user).sum()


def gap_since_session_start(user, time, gap):
    counts, start, last = [], None, None
    for who, when in zip(user, time):
        if who != last:
            counts.append(1)
            start, last = when, who
        elif when - start > gap:
            counts[-1] += 1
            start = when
    return counts


def fixed_windows(user, time, gap):
    return [len(np.unique(time[user == name] // gap)) for name in np.unique(user)]


mistakes = [
    wrong(
        counts_pauses,
        "You count the long pauses. Two sessions have one pause between them: each user has one session more.",
    ),
    wrong(
        change_of_user_missed,
        "You look at pauses only. Where the next user begins, time may step back: that row begins a session, too.",
    ),
    wrong(
        pauses_not_by_user,
        "You count long pauses over the whole log, also those between two users, and nothing "
        "for a user's first event. Take the pauses inside each user, then add one.",
    ),
    edit(
        "return n_sessions",
        "return n_sessions[n_sessions > 1]",
        "one_session_users_lost",
        "Users without a long pause are missing from your result. They "
        "have one session, also when they have one event.",
    ),
    edit(
        "np.diff(time) > gap",
        "np.diff(time) >= gap",
        "pause_of_exactly_gap",
        "A pause of exactly `gap` does not end a session: it must be longer.",
    ),
    wrong(
        gap_since_session_start,
        "You measure from the start of the session. A session may last "
        "long, as long as no pause inside it is too long.",
    ),
    wrong(
        fixed_windows,
        "You cut time into windows of length `gap` and count those with an event. A "
        "session that crosses the border of a window is then counted twice.",
    ),
]
