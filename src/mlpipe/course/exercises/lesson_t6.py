"""Exercises of trap 6: name the fault, then repair the table of the experiment."""

import numpy as np
import pandas as pd

from mlpipe.course.exercise import Definition, Mistake
from mlpipe.course.exercises._traps import name_the_fault

FAULT = name_the_fault(
    "t6",
    "sample_ratio_mismatch",
    hints=(
        "The interval is narrow, so it is not luck. Are the two groups that are compared still like each other?",
        "A fair coin put each user into an arm. Look at the column `users`: how far from half and half would a coin go, with so "
        "many users?",
        "The coin was fair, yet one arm has thousands of users fewer in the table. Someone was assigned and does not appear. "
        "Which name describes arms that no longer hold what the coin gave them?",
    ),
    messages={
        "delayed_labels": "Clicks that come later are missing in both arms alike, so the difference between them would be smaller, "
        "not turned round.",
        "leaky_counter": "That makes a model look too good in an evaluation on old data. Here people were shown pages, and what "
        "they did was counted: no feature is involved.",
        "mixed_model_versions": "Then the new page would show films or ads at random, and lose clearly in the experiment, too. It won.",
        "sampled_metrics": "That would flatter a ranking metric that is computed offline. Here clicks of people are counted, "
        "against nothing that was drawn.",
        "stale_model": "The world may change between experiment and launch, but not from one week to the next by so much: the old "
        "page does as it always did.",
        "train_serve_mismatch": "Then the page would be as bad in the experiment as after the launch: in both, the same server "
        "answers. The experiment saw a winner.",
        "uncorrected_downsampling": "That makes probabilities too high. No probability is used here: clicks are counted, and users.",
    },
    takeaway="The coin gave both arms the same number of users; the table has thousands fewer in B. On old phones the new page often "
    "takes too long and leaves no row in the log. Those users click least, so B looks better without them. Compare the sizes first.",
)


def draw_experiment(rng: np.random.Generator, number: int) -> tuple:
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


BY_ARM = """
import pandas as pd


def by_arm(assigned, log):
{body}
    return users.groupby("arm")["clicks"].agg(users={count}, clicks_per_user="mean")
"""


def arms(body: str, count: str = '"size"') -> str:
    return BY_ARM.format(body=body.strip("\n"), count=count)


LEFT = '    users = assigned.merge(log, on="user_id", how="left")'
ZERO = '\n    users["clicks"] = users["clicks"].fillna(0)'

FIX = Definition(
    id="t6.fix",
    title="Repair the table of the experiment",
    stub=arms('    users = assigned.merge(log, on="user_id")'),
    hints=(
        "Take a user who was assigned to B and whose page never came. In which row of the result does this user count?",
        "Compare the arms as they were *assigned*: whoever was assigned counts, whatever happened then. A user who saw no page "
        "has a number of clicks, too.",
        "`merge` keeps only users that both tables have, unless `how` says that all of the left one stay. Those without a row in the "
        "log then have a missing value, which a mean leaves out: give it its number first.",
    ),
    solution=arms(LEFT + ZERO),
    another="""
def by_arm(assigned, log):
    clicks = log.set_index("user_id")["clicks"]
    users = assigned.assign(clicks=assigned["user_id"].map(clicks).fillna(0.0))
    return users.groupby("arm").agg(users=("user_id", "count"), clicks_per_user=("clicks", "mean"))
""",
    mistakes=(
        Mistake(
            "still_only_who_saw_a_page",
            "Only users with a row in the log count. The new page itself decides who has one, so the arms are no longer alike.",
            arms('    users = assigned.merge(log, on="user_id", how="right")'),
        ),
        Mistake(
            "missing_clicks_are_left_out",
            "All users are in the table now, but those without a page have a missing value, and the mean leaves them out. They made "
            "no click: that is 0.",
            arms(LEFT),
        ),
        Mistake(
            "fills_in_the_mean",
            "You give users without a page the mean clicks of the others. They made none.",
            arms(LEFT + '\n    users["clicks"] = users["clicks"].fillna(users["clicks"].mean())'),
        ),
        Mistake(
            "cuts_the_arms_to_one_size",
            "You cut the arms to one size. The numbers look right then, but B still lacks those users who fared worst.",
            arms(
                '    users = assigned.merge(log, on="user_id")\n'
                '    size = users.groupby("arm")["clicks"].size().min()\n'
                '    users = users.groupby("arm").head(size)'
            ),
        ),
        Mistake(
            "only_who_clicked",
            "You keep those who clicked. Who clicks is what the experiment wants to know; it cannot decide who counts.",
            arms('    users = assigned.merge(log[log["clicks"] > 0], on="user_id")'),
        ),
        Mistake(
            "half_of_all_users",
            "You divide by half of all users. The coin gives about half, not exactly, and not in each experiment: count who was "
            "assigned to each arm.",
            """
def by_arm(assigned, log):
    users = assigned.merge(log, on="user_id", how="left").fillna({"clicks": 0})
    result = users.groupby("arm")["clicks"].agg(users="size", clicks_per_user="sum")
    return result.assign(users=len(users) / 2, clicks_per_user=result["clicks_per_user"] / (len(users) / 2))
""",
        ),
    ),
    draw=draw_experiment,
    takeaway="Whoever was assigned counts, without a page as well. After the repair, the difference between experiment and launch is "
    "about 0 %, and both say that the new page loses clicks. Now the old phones are worth a look.",
)

EXERCISES = (FAULT, FIX)
