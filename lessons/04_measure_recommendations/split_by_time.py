"""A split that respects the clock."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

hints = (
    "Which rows does the model learn from? That needs only `time` and `cut`. What is left is halved, user by user.",
    (
        "For one user, pick the rows from the cut on and put them in order of time: the file is in no order. With "
        "five of them, the first two are known when the user is served."
    ),
    (
        "Start from `np.zeros(len(user), dtype=int)`. In a loop over `np.unique(user)`, `np.flatnonzero` of two "
        "conditions gives row numbers; `np.argsort` of their times orders them; an integer division finds the "
        "middle."
    ),
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
        later = later[np.argsort(time[later])]
        half = len(later) // 2
        part[later[:half]] = 1
        part[later[half:]] = 2
    return part


def another(user, time, cut):
    rows = pd.DataFrame({"user": user, "time": time, "later": time >= cut})
    groups = rows.groupby(["user", "later"])["time"]
    in_first_half = groups.rank() <= groups.transform("size") // 2
    return np.where(~rows["later"], 0, np.where(in_first_half, 1, 2))


def one_half_for_everybody(user, time, cut):
    part = np.zeros(len(user), dtype=int)
    later = np.flatnonzero(time >= cut)
    later = later[np.argsort(time[later])]
    half = len(later) // 2
    part[later[:half]] = 1
    part[later[half:]] = 2
    return part


def marks_instead_of_parts(user, time, cut):
    return (time >= cut).astype(int)


mistakes = [
    edit(
        ">= ",
        "> ",
        "row_at_the_cut_is_trained_on",
        (
            "A row at the very moment of the cut lands in your training set. The model goes live at `cut`: such a "
            "row comes after."
        ),
    ),
    edit(
        "len(later",
        "(len(later) + 1",
        "half_rounded_up",
        (
            "With an odd number of later rows you put the middle one into the history. Round down: a user with one "
            "later row is then judged on it."
        ),
    ),
    edit(
        "later = later[np.argsort(time[later])]\n        ",
        "",
        "order_of_the_file",
        (
            "You halve the later rows in the order of the file. Then the history holds rows that come after those "
            "to be predicted. Sort by time first."
        ),
    ),
    wrong(
        one_half_for_everybody,
        (
            "You halve all later rows together, at one moment. Then some users have no history and others nothing "
            "to predict. Halve user by user."
        ),
    ),
    edit(
        "len(later) // 2",
        "max(0, (user == one).sum() // 2 - ((user == one) & (time < cut)).sum())",
        "half_of_all_rows",
        "You take half of *all* rows of a user, those before the cut included. Count only the rows from the cut on.",
    ),
    edit(
        "len(later",
        "(user == one).sum(",
        "half_as_long_as_all_rows",
        (
            "The length of your history is half of *all* rows of the user, those before the cut included. Count "
            "only the rows from the cut on."
        ),
    ),
    edit(
        "len(later) // 2",
        "0",
        "nothing_is_folded_in",
        (
            "All later rows are in your test set. Then a user who comes after the cut has no history, and nothing "
            "can be recommended."
        ),
    ),
    edit(
        "1",
        "2",
        "predicts_the_past",
        "Your history is the second half and your test set the first: you predict what came before.",
        also=((" 2\n    return", " 1\n    return"),),
    ),
    edit(
        "(time[",
        "(-time[",
        "latest_first",
        "You sort by time, latest first, so the history comes after what is to be predicted. Turn the order round.",
    ),
    edit(
        "2\n        ",
        "2 if ((user == one) & (time < cut)).any() else 0\n        ",
        "new_users_are_not_folded_in",
        (
            "Users without a row before the cut get no history from you. They are why fold-in exists: half of "
            "their later rows is known when they are served."
        ),
    ),
    edit(
        "2\n        part[",
        "2\n        if not ((user == one) & (time < cut)).any():\n            continue\n        part[",
        "new_users_are_left_out",
        (
            "You leave users without a row before the cut in part 0, though their rows come after it: the model "
            "would be trained on its own future."
        ),
    ),
    edit(
        ") & (time >= cut",
        "",
        "no_global_cut",
        (
            "You halve each user's rows and do not use the cut. One user's past is then another one's future: "
            "leak. Cut at one moment for all."
        ),
    ),
    edit(
        "2\n        part[",
        "2\n        if len(later):\n            part[(user == one) & (time < cut)] = 1\n        part[",
        "history_swallows_the_training_rows",
        (
            "You mark rows before the cut as history, too. They are known when the user is served, but the model "
            "is trained on them: they stay 0."
        ),
    ),
    edit(
        "len(later) // 2",
        "max(min(1, len(later)), len(later) // 2)",
        "single_row_is_folded_in",
        (
            "A user with one later row has it in your history, so there is nothing to predict. Round down: that "
            "row is to be predicted."
        ),
    ),
    edit(
        "later = later[",
        "order = ",
        "argsort_taken_for_ranks",
        (
            "`np.argsort` gives the positions in sorted order, not the rank of each row. Index the row numbers "
            "with it, or call it twice."
        ),
        also=(
            ("]\n        ", "\n        "),
            ("[:half]] = 1\n        part[later[half:]] = 2", "] = np.where(order < half, 1, 2)"),
        ),
    ),
    edit(
        "later[np",
        "np",
        "positions_of_a_part_of_the_rows",
        (
            "Your sorted positions count within the user's later rows, but you use them as row numbers of the "
            "whole file. Keep the row numbers, and sort those."
        ),
        also=(("]\n        ", "\n        "),),
    ),
    edit(
        "np.flatnonzero(",
        "",
        "halved_by_the_clock",
        (
            "You halve the user's time, at the middle between the first and the last later row. Halve the number "
            "of rows."
        ),
        also=(
            (")\n        later = later[np.argsort", "\n        if later.any():\n            middle = "),
            (
                ")]\n        half = len(later) // 2\n        part[later[:half]] = 1\n        part[later[half:]] = 2",
                ".min() + time[later].max()) / 2\n            part[later] = np.where(time[later] < middle, 1, 2)",
            ),
        ),
    ),
    edit(
        ":\n    part",
        ":\n    order = np.argsort(time)\n    user, time = user[order], time[order]\n    part",
        "answers_in_order_of_time",
        "Your parts are right for rows sorted by time, but row i of the answer must be about row i of the input.",
    ),
    edit(
        "1",
        "0",
        "history_is_trained_on",
        (
            "You put the first half of the later rows into the training set. They came after the cut: known when "
            "the user is served, but not fitted. Mark them 1."
        ),
    ),
    edit(
        "len(later) // 2",
        "min(1, len(later) // 2)",
        "one_row_of_history",
        "You fold in the first later row only. Of each user's later rows, the whole first half is known.",
    ),
    edit(
        " len",
        " max(0, len",
        "only_the_last_row_is_tested",
        "You hold out one row a user. Of the later rows, the whole second half is to be predicted.",
        also=(("// 2", "- 1)"),),
    ),
    wrong(
        marks_instead_of_parts,
        (
            "You only tell before from after (0 and 1). The rows from the cut on are in two parts: 1 known when "
            "served, 2 to be predicted."
        ),
    ),
]
