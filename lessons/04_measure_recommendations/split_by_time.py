"""A split that respects the clock."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit

hints = (
    "Which rows does the model learn from? That needs only `time` and `cut`. What is left is halved, user by user.",
    "For one user, pick the rows from the cut on and put them in order of time: the file is in "
    "no order. With five of them, the first two are known when the user is served.",
    "Start from `np.zeros(len(user), dtype=int)`. In a loop over `np.unique(user)`, `np.flatnonzero` of two "
    "conditions gives row numbers; `np.argsort` of their times orders them; an integer division finds the middle.",
)
takeaway = "Nobody's future is in the training set, and a user who came yesterday can be judged today."


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_users, n_rows = ((4, 12), (9, 60), (40, 400))[number]
    names = rng.choice(1_000, size=n_users, replace=False)
    cut = int(rng.integers(40, 50)) * n_rows // 10
    while True:
        user = rng.integers(0, n_users, size=n_rows)
        time = rng.choice(10 * n_rows, size=n_rows, replace=False)
        if cut not in time:
            time[0] = cut  # a row at the very moment
        later = time >= cut
        # User 0 has left before the cut, user 2 has one row after it, the last user comes after it.
        user[later & (user == 0)] = 1
        user[np.flatnonzero(later & (user == 2))[1:]] = 1
        user[~later & (user == n_users - 1)] = 0
        n_before, n_later = (np.bincount(user[rows], minlength=n_users) for rows in (~later, later))
        out_of_order = any((np.diff(time[later & (user == one)]) < 0).any() for one in range(1, n_users))
        if (
            min(n_before[:2]) >= 2
            and min(n_later[1], n_later[-1]) >= 3
            and n_later[2] == 1
            and n_later[user[time == cut][0]] >= 2
            and out_of_order
        ):
            return names[user], time, cut


def fold_in_split(user, time, cut):
    part = np.zeros(len(user), dtype=int)
    for one in np.unique(user):
        later = np.flatnonzero((user == one) & (time >= cut))
        in_order = later[np.argsort(time[later])]
        known = np.arange(len(later)) < len(later) // 2
        part[in_order] = np.where(known, 1, 2)
    return part


def another(user, time, cut):
    later = pd.Series(time)[time >= cut]
    groups = later.groupby(user[time >= cut])
    after_the_middle = 2 * groups.rank() > groups.transform("size")
    part = np.zeros(len(user))
    part[later.index] = 1 + after_the_middle
    return part


equivalent = {"for one in user:": "a user's rows are split again, in the same way"}


mistakes = [
    edit(
        "time >= cut",
        "time > cut",
        "row_at_the_cut_is_trained_on",
        "A row at the very moment of the cut lands in your training set. "
        "The model goes live at `cut`: such a row comes after.",
    ),
    edit(
        "len(later) // 2",
        "(len(later) + 1) // 2",
        "half_rounded_up",
        "With an odd number of later rows you put the middle one into the history. "
        "Round down: a user with one later row is then judged on it.",
    ),
    edit(
        "later[np.argsort(time[later])]",
        "later",
        "order_of_the_file",
        "You halve the later rows in the order of the file. Then the history holds "
        "rows that come after those to be predicted. Sort by time first.",
    ),
    edit(
        "np.argsort(time[later])",
        "np.argsort(-time[later])",
        "latest_first",
        "You sort by time, latest first, so the history comes after what is to be predicted. Turn the order round.",
    ),
    edit(
        "(user == one) & (time >= cut)",
        "time >= cut",
        "one_half_for_everybody",
        "You halve all later rows together, at one moment. Then some users have "
        "no history and others nothing to predict. Halve user by user.",
    ),
    edit(
        "(user == one) & (time >= cut)",
        "user == one",
        "no_global_cut",
        "You halve each user's rows and do not use the cut. One user's past is "
        "then another one's future: leak. Cut at one moment for all.",
    ),
    edit(
        "np.unique(user)",
        "np.unique(user[time < cut])",
        "new_users_are_left_out",
        "You leave users without a row before the cut in part 0, though their rows "
        "come after it: the model would be trained on its own future.",
    ),
]
