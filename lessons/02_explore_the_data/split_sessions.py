"""Count the sessions."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

hints = (
    "A user with one event has one session, although there is no pause at all. What begins a session, then?",
    (
        "A row begins a session when it is the first one of its user, or when its pause since the row before is "
        "longer than `gap`. Count such rows for each user."
    ),
    (
        "`np.diff(time) > gap` marks the long pauses and `user[1:] != user[:-1]` the changes of user; both lack "
        "the first row, which always begins a session. Combine them with `|`, then add up for each user."
    ),
)
takeaway = "Whatever orders events inside a session is the order of a page; only sessions are steps in time."


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
    new_user = np.append(True, user[1:] != user[:-1])
    pause = np.append(0, np.diff(time))
    starts = new_user | (pause > gap)
    return np.add.reduceat(starts.astype(int), np.flatnonzero(new_user))


def another(user, time, gap):
    by_user = pd.Series(time).groupby(user)
    return by_user.apply(lambda times: 1 + int((times.diff() > gap).sum())).to_numpy()


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
    edit(
        "new_user |",
        "~new_user &",
        "counts_pauses",
        "You count the long pauses. Two sessions have one pause between them: each user has one session more.",
    ),
    edit(
        "new_user | (pause",
        "np.append(True, np.diff(time)",
        "change_of_user_missed",
        "You look at pauses only. Where the next user begins, time may step back: that row begins a session, too.",
    ),
    edit(
        "new_user | (",
        "",
        "pause_across_users",
        (
            "You also count the pause between the last event of one user and the first event of the next. That is "
            "no pause of anybody."
        ),
        also=(
            ("gap)\n    ", "gap\n    "),
            ("new_user))\n", "new_user)) + 1\n"),
        ),
    ),
    edit(
        "new_user | (pause > gap)",
        "pause > gap",
        "pauses_not_by_user",
        (
            "You count long pauses over the whole log, also those between two users, and nothing for a user's "
            "first event. Take the pauses inside each user, then add one."
        ),
    ),
    edit(
        "new_user | (pause > gap",
        "np.append(True, (np.diff(time) > gap) | (np.diff(time) < 0)",
        "step_back_for_change_of_user",
        (
            "You take a step back in time for the change of user. The next user may also begin later than the one "
            "before ended: compare `user` itself."
        ),
    ),
    edit(
        "new_user))\n",
        "new_user))[np.unique(user, return_counts=True)[1] > 1]\n",
        "single_events_lost",
        "Users with a single event are missing from your result. They have no pause at all, and still one session.",
    ),
    edit(
        "return np.",
        "return (lambda n: n[n > 1])(np.",
        "one_session_users_lost",
        (
            "Users without a long pause are missing from your result. They have one session, also when they have "
            "one event."
        ),
        also=(("new_user))\n", "new_user)))\n"),),
    ),
    edit("> ", ">= ", "pause_of_exactly_gap", "A pause of exactly `gap` does not end a session: it must be longer."),
    wrong(
        gap_since_session_start,
        (
            "You measure from the start of the session. A session may last long, as long as no pause inside it is "
            "too long."
        ),
    ),
    wrong(
        fixed_windows,
        (
            "You cut time into windows of length `gap` and count those with an event. A session that crosses the "
            "border of a window is then counted twice."
        ),
    ),
    edit(
        "np.add.reduceat(starts.astype(int), np.flatnonzero(new_user)",
        "starts.sum(",
        "total_of_all_users",
        "You return the sessions of all users together. Return one number for each user.",
    ),
]
