"""Repair one function."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

hints = (
    "Take one user of A and one of B who both came once on some day. What do the four functions return for each?",
    "The first line of a function says what it counts. Which of them counts other lines than it says, and in which arm "
    "does it matter?",
    "A visit has one request or two, and a request one line or two. Keep one line of each visit, count them by user "
    "and day, and take the largest of each user.",
)
takeaway = (
    "A visit to the old page has two requests, most times, so its busy users came over the limit for robots, and those of "
    "the new page did not. After the repair the difference of the two lifts is about 0 %. What is left of the lead is "
    "the curiosity of the first day."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    """Visits of one request or two, lines that come twice, users without a line, lines of other users."""
    n_users, n_visits, n_days = ((4, 14, 2), (30, 200, 4), (200, 2500, 7))[number]
    ids = rng.permutation(2 * n_users)
    users = pd.DataFrame({"user_id": ids[:n_users], "visits_before": rng.poisson(4, n_users)})
    users["arm"] = rng.permutation(np.resize(["A", "B"], n_users))
    some = ids[: n_users + 2][1:]  # the first user has no line, and two are not in the table
    log = pd.DataFrame({"visit_id": rng.permutation(5 * n_visits)[:n_visits]})
    log["user_id"] = np.concatenate([some, rng.choice(some, n_visits - len(some))])
    log["day"] = rng.integers(1, n_days + 1, n_visits)
    log["halves"] = rng.integers(1, 3, n_visits)
    log = log.loc[log.index.repeat(log.pop("halves"))]
    log.insert(0, "request_id", rng.permutation(3 * n_visits)[: len(log)])
    log["clicks"] = rng.poisson(0.8, len(log))
    twice = log[rng.random(len(log)) < 0.3]
    return users, pd.concat([log, twice]).sample(frac=1.0, random_state=int(rng.integers(999)))


def repaired(users, log):
    once = log.drop_duplicates("visit_id")
    number = once.groupby(["user_id", "day"]).size().groupby("user_id").max()
    return number.reindex(users["user_id"], fill_value=0).to_numpy(float)


def another(users, log):
    visits = {}
    for visit, user, day in zip(log["visit_id"], log["user_id"], log["day"]):
        visits.setdefault((user, day), set()).add(visit)
    most = {user: 0 for user in users["user_id"]}
    for (user, _), some in visits.items():
        if user in most:
            most[user] = max(most[user], len(some))
    return list(most.values())


def stub(users, log): ...


def limit_by_arm(users, log):
    once = log.drop_duplicates("request_id")
    number = once.groupby(["user_id", "day"]).size().groupby("user_id").max()
    found = number.reindex(users["user_id"], fill_value=0).to_numpy(float)
    return found / np.where(users["arm"] == "A", 2, 1)


equivalent = {
    "number = once.groupby(['day', 'user_id']).size().groupby('user_id').max()": "the order of the keys is not the result's",
}
mistakes = [
    edit(
        '"visit_id"',
        '"request_id"',
        "as_it_was",
        "This is what the function of the notebook returns. What does it return for a user who came once, to the old "
        "page?",
    ),
    edit(
        'log.drop_duplicates("visit_id")',
        "log",
        "counts_all_lines",
        "You count lines. A request may be in the log twice, and a visit may have two requests.",
    ),
    edit(
        'log.drop_duplicates("visit_id")',
        'log.drop_duplicates(["user_id", "day"])',
        "one_visit_a_day",
        "You keep one line of each day, so nobody comes more than once a day, and no robot is found.",
    ),
    edit(
        'groupby("user_id").max()',
        'groupby("user_id").mean()',
        "mean_of_the_days",
        "You count visits now, good, but you return their mean over the days on which the user came. Asked is the day "
        "with most.",
    ),
    edit(
        'log.drop_duplicates("visit_id")',
        'log[log["clicks"] > 0].drop_duplicates("visit_id")',
        "only_visits_with_a_click",
        "You count visits with a click. Robots never click: each of them would stay in the analysis.",
    ),
    edit(
        'users["user_id"]',
        "np.sort(users['user_id'])",
        "users_in_another_order",
        "Your numbers are right, but sorted by `user_id`: they belong to the lines of `users`.",
    ),
    edit(
        '"visit_id"',
        '["visit_id", "clicks"]',
        "lines_that_look_alike",
        "You keep two lines of a visit whose requests have different numbers of clicks: such a visit still counts twice.",
    ),
    wrong(
        limit_by_arm,
        "You count requests and halve them in A. Not each visit to the old page has two: the arms are still measured "
        "by two rules. Count what means the same in both.",
    ),
]
