"""Repair the table of the experiment."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit

hints = (
    "Take a user who was assigned to B and whose page never came. In which row of the result does this user count?",
    "Compare the arms as they were *assigned*: whoever was assigned counts, whatever happened then. "
    "A user who saw no page has a number of clicks, too.",
    "`merge` keeps only users that both tables have, unless `how` says that all of the left one stay. "
    "Those without a row in the log then have a missing value, which a mean leaves out: give it its number first.",
)
takeaway = (
    "Whoever was assigned counts, without a page as well. After the repair, the difference between experiment "
    "and launch is about 0 %, and both say that the new page loses clicks. Now the old phones are worth a look."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_users = (12, 80, 500)[number]
    arm = np.where(rng.random(n_users) < 0.4, "B", "A")
    arm[:6] = ("A", "A", "A", "B", "B", "B")
    user_ids = rng.choice(10_000, size=n_users, replace=False)
    seen = rng.random(n_users) < np.where(arm == "B", 0.7, 0.9)
    clicks = rng.poisson(2.0, size=n_users)
    seen[:6], clicks[:6] = (True, True, False, True, True, False), (4, 0, 0, 3, 0, 0)
    mixed = rng.permutation(n_users)
    assigned = pd.DataFrame({"user_id": user_ids, "arm": arm}).iloc[mixed].reset_index(drop=True)
    log = pd.DataFrame({"user_id": user_ids[seen], "clicks": clicks[seen]})
    return assigned, log


def by_arm(assigned, log):
    users = assigned.merge(log, on="user_id", how="left")
    users["clicks"] = users["clicks"].fillna(0)
    return users.groupby("arm")["clicks"].agg(users="size", clicks_per_user="mean")


def another(assigned, log):
    clicks = log.set_index("user_id")["clicks"]
    users = assigned.assign(clicks=assigned["user_id"].map(clicks).fillna(0.0))
    return users.groupby("arm").agg(users=("user_id", "count"), clicks_per_user=("clicks", "mean"))


def stub(assigned, log):
    users = assigned.merge(log, on="user_id")
    return users.groupby("arm")["clicks"].agg(users="size", clicks_per_user="mean")


mistakes = [
    edit(
        'how="left"',
        'how="inner"',
        "still_only_who_saw_a_page",
        "Only users with a row in the log count. "
        "The new page itself decides who has one, so the arms are no longer alike.",
    ),
    edit(
        'users["clicks"].fillna(0)',
        'users["clicks"]',
        "missing_clicks_are_left_out",
        "All users are in the table now, but those without a page have a missing value, "
        "and the mean leaves them out. They made no click: that is 0.",
    ),
    edit(
        "fillna(0)",
        'fillna(users["clicks"].mean())',
        "fills_in_the_mean",
        "You give users without a page the mean clicks of the others. They made none.",
    ),
    edit(
        'how="left"',
        'how="inner"',
        "cuts_the_arms_to_one_size",
        "You cut the arms to one size. The numbers look right then, but B still lacks those users who fared worst.",
        also=(
            (
                'users["clicks"] = users["clicks"].fillna(0)',
                'users = users.groupby("arm").head(users["arm"].value_counts().min())',
            ),
        ),
    ),
    edit(
        'assigned.merge(log, on="user_id", how="left")',
        'assigned.merge(log[log["clicks"] > 0], on="user_id")',
        "only_who_clicked",
        "You keep those who clicked. Who clicks is what the experiment wants to know; it cannot decide who counts.",
    ),
    edit(
        'users="size", clicks_per_user="mean"',
        "users=lambda _: len(users) / 2, clicks_per_user=lambda clicks: clicks.sum() / (len(users) / 2)",
        "half_of_all_users",
        "You divide by half of all users. The coin gives about half, not exactly, "
        "and not in each experiment: count who was assigned to each arm.",
    ),
]
