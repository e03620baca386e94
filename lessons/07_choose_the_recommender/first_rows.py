"""Cold users on equal terms."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit

hints = (
    "The rows are not sorted by time. Which rows did the system know when the user had given only `n`?",
    "Number the rows of each user from the earliest to the latest, then keep "
    "those numbered 1 to n. Users with fewer rows keep all of theirs.",
    '`groupby("user")["time"].rank(method="first")` numbers the rows of each user by time, '
    "in the order of the input. Compare with `n`; return a mask over the rows.",
)
takeaway = (
    "The test items stay the same at each length, so the curve shows what "
    "history is worth and not which users happen to be new."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_users, n = ((8, 3, 2), (60, 9, 5), (500, 40, 8))[number]
    ids = rng.choice(1000, size=n_users, replace=False)
    users = ids[rng.integers(0, n_users, size=n_rows)]
    users[: n + 2] = ids[0]  # one user with more rows than n, and one with fewer, whatever the draw
    users[-1] = ids[1] if n_users < 4 else 1000 + rng.integers(100)
    users = rng.permutation(users)
    times = rng.permutation(n_rows).astype(float)
    mine = np.flatnonzero(users == ids[0])
    times[mine] = np.sort(times[mine])[np.r_[n - 1 : n + 1, : n - 1, n + 1 : len(mine)]]
    times[mine[1]] = times[mine[0]]  # the first rows of the table are the n-th like and one more, at one time
    return users, times, n


def first_rows(users, times, n):
    rows = pd.DataFrame({"user": users, "time": times})
    age = rows.groupby("user")["time"].rank(method="first")
    return (age <= n).to_numpy()


def another(users, times, n):
    order = np.lexsort((times, users))
    _, counts = np.unique(users, return_counts=True)
    place = np.empty(len(users))
    place[order] = np.concatenate([np.arange(count) for count in counts])
    return place < n


mistakes = [
    edit(
        'rank(method="first")',
        'rank(method="first", ascending=False)',
        "keeps_the_last",
        "You keep the latest rows of each user. A new user is one of whom only the first rows are known.",
    ),
    edit(
        'rows.groupby("user")["time"].rank(method="first")',
        'rows.groupby("user").cumcount() + 1',
        "order_of_the_table",
        "You take the first rows of each user in the order of the table. The table is not sorted: use the times.",
    ),
    edit(
        'rows.groupby("user")["time"].rank(method="first")',
        'rows["time"].rank(method="first")',
        "first_rows_of_all",
        "You keep the first n rows of the whole log. Each user has a beginning of their own.",
    ),
    edit(
        'method="first"',
        'method="min"',
        "equal_times_share_a_number",
        "Two likes at one time get the same number, so a user keeps more than n rows. The upper row is the earlier one.",
    ),
    edit(
        "age <= n",
        "age < n",
        "one_too_few",
        "Each user keeps one row too few. Count from one, or compare with `<` when you count from zero.",
    ),
    edit(
        "age <= n",
        "age <= n + 1",
        "one_too_many",
        "Each user keeps one row too many. Count from zero and compare with `<`, or from one with `<=`.",
    ),
    edit(
        "age <= n",
        '(age <= n) & (age.groupby(users).transform("max") >= n)',
        "drops_short_histories",
        "Users with fewer than n rows lose all of them. They keep what they have.",
    ),
    edit(
        "(age <= n).to_numpy()",
        '(age <= n).to_numpy()[np.argsort(times, kind="stable")]',
        "mask_of_the_sorted_table",
        "The right rows, but your mask follows the table after sorting. "
        "Put it back into the order of the input: `sort_index` does it.",
    ),
]
