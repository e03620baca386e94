"""Repair one function."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

hints = (
    "Take a user who came and never saw a page. What do the four functions return for this user?",
    "One number is missing that is known: who has no line in the log has done nothing, and that is a number. "
    "Which mean would it change?",
    "`map` gives a missing value to those whom the sums do not know, and a mean leaves missing values out. "
    "Give them their number before the array is made.",
)
takeaway = (
    "Whoever was assigned counts, without a page as well. After the repair, the difference between experiment "
    "and launch is about 3 %: both lose, and the rest is mostly the holiday. Now the old phones are worth a look."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    """Some users have no line, some only lines without a click, some lines come twice, some are of other users."""
    n_users = (8, 60, 400)[number]
    ids = rng.permutation(2 * n_users)
    users = pd.DataFrame({"user_id": ids[:n_users], "old_phone": rng.random(n_users) < 0.3})
    users["arm"] = rng.permutation(np.resize(["A", "B", "B"], n_users))
    come = rng.permutation(n_users)[: int(0.7 * n_users)]  # the others have no line
    owner = np.concatenate([users["user_id"].to_numpy()[come], ids[n_users : n_users + 3]])
    owner = np.concatenate([owner, rng.choice(owner, size=n_users)])
    log = pd.DataFrame({"visit_id": rng.permutation(len(owner)), "user_id": owner})
    log["day"] = rng.integers(1, 8, size=len(log))
    log["seconds"] = rng.exponential(1.0, size=len(log))
    log["clicks"] = 1 + rng.poisson(1.0, size=len(log))
    log.loc[log["user_id"] == owner[0], "clicks"] = 0  # came, and clicked nothing
    twice = log[log["user_id"] != owner[0]].sample(frac=0.4, random_state=int(rng.integers(999)))
    return users, pd.concat([log, twice]).sample(frac=1.0, random_state=int(rng.integers(999)))


def repaired(users, log):
    once = log.drop_duplicates("visit_id")
    total = once.groupby("user_id")["clicks"].sum()
    return users["user_id"].map(total).fillna(0).to_numpy(float)


def another(users, log):
    number = {user: 0 for user in users["user_id"]}
    for user, clicks in log.groupby("visit_id")[["user_id", "clicks"]].first().to_numpy():
        if user in number:
            number[user] += clicks
    return list(number.values())


def stub(users, log): ...


def changes_the_seconds(users, log):
    once = log.drop_duplicates("visit_id")
    mean = once.groupby("user_id")["seconds"].mean()
    return users["user_id"].map(mean).fillna(0).to_numpy()


equivalent = {
    "for user, clicks in log.groupby('visit_id')[['user_id', 'clicks']].last().to_numpy():": "lines of one visit are equal",
}
mistakes = [
    edit(
        ".fillna(0)",
        "",
        "as_it_was",
        "This is what the function of the notebook returns. What does it return for a user who saw no page?",
    ),
    edit(
        ".fillna(0)",
        ".fillna(total.mean())",
        "fills_in_the_mean",
        "You give users without a page the mean of the others. They clicked nothing.",
    ),
    edit(
        ".fillna(0)",
        ".fillna(users['arm'].map(users['user_id'].map(total).groupby(users['arm']).mean()))",
        "fills_in_the_mean_of_the_arm",
        "You give users without a page the mean of their arm, which leaves the means as they were. They clicked nothing.",
    ),
    edit(
        'log.drop_duplicates("visit_id")',
        "log",
        "counts_lines_that_come_twice",
        "Every user has a number now, good, but lines that are in the log twice count twice.",
    ),
    edit(
        'log.drop_duplicates("visit_id")',
        'log.drop_duplicates(["user_id", "day"])',
        "one_visit_a_day",
        "Every user has a number now, good, but you keep one visit of each day, and lose the clicks of the others.",
    ),
    edit(
        '["clicks"].sum()',
        '["clicks"].mean()',
        "clicks_per_visit",
        "You return clicks per visit. Fewer visits are part of what the new page does: they must show.",
    ),
    edit(
        'users["user_id"].map(total).fillna(0)',
        "total.reindex(np.sort(users['user_id']), fill_value=0)",
        "users_in_another_order",
        "Your numbers are right, but sorted by `user_id`: they belong to the lines of `users`.",
    ),
    wrong(
        changes_the_seconds,
        "These are the seconds, with 0 for whom no page came. A mean of nothing is not 0: the notebook says "
        "that it is missing, and nobody compares the arms by it.",
    ),
]
