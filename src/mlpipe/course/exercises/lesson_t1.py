"""Exercises of trap 1: name the fault, then repair the click rates that the model is fed with."""

import numpy as np
import pandas as pd

from mlpipe.course.exercise import Definition, Mistake
from mlpipe.course.exercises._traps import name_the_fault

FAULT = name_the_fault(
    "t1",
    "leaky_counter",
    hints=(
        "Do not look for a bad model. Ask what the features of a Tuesday row know that those of a Wednesday row cannot know.",
        "Read the second printed line. Before launch, users whose rate is low never clicked that day. Nobody can predict "
        "that well. So what must be inside their rate?",
        "`rate_so_far` joins a row with the totals of the days up to its own day. In the evening the whole log is there; at "
        "midnight, when the server asks, it is not. Which name describes a feature that has seen the answer?",
    ),
    messages={
        "delayed_labels": "Clicks that arrive late lower the measured click rate of the last days by a few percent. They do "
        "not make a model look far better than any other before launch.",
        "mixed_model_versions": "Vectors of two models give scores without meaning. Here one logistic regression is used "
        "throughout, and it ranks Tuesday's rows better than anything should.",
        "sample_ratio_mismatch": "That is a fault of an experiment with two arms, seen in the number of users of each arm. "
        "Nothing is assigned here.",
        "sampled_metrics": "That would show a ranking metric that is far higher than what the page shows. The normalised "
        "entropy is computed over all rows, before and after launch.",
        "stale_model": "A model that ages gets worse slowly, day by day. Here everything changes between two days, and then "
        "stays as bad as it is.",
        "train_serve_mismatch": "Close, but training and serving call the same function here. The server's values are sound; "
        "those before launch are the impossible ones. (Two programs for one feature would also not look too good before launch.)",
        "uncorrected_downsampling": "Then all probabilities would be too high by the same factor, before launch too, and the "
        "entropy would be bad on Tuesday as well. The training data hold all rows.",
    },
    takeaway="The rate of a day already holds the clicks of that day, so the answer is inside the feature. It can be seen "
    "by two signs together: too good wherever the whole log is at hand, and worse than the average rate where it is not.",
)


def draw_days(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_keys, n_days = ((8, 2, 3), (60, 5, 6), (400, 30, 9))[number]
    days = np.sort(rng.integers(0, n_days, size=n_rows))
    keys = rng.integers(0, n_keys, size=n_rows)
    days[:3], keys[:3] = 0, (0, 0, 1)  # a key twice on one day, then again on a later one
    days[-3:], keys[-3:] = n_days - 1, (0, 1, 1)
    clicked = (rng.random(n_rows) < 0.4).astype(int)
    clicked[:2], clicked[-2:] = rng.permutation(2), rng.permutation(2)
    log = pd.DataFrame({"day": pd.Timestamp("2026-01-05") + pd.to_timedelta(days, unit="D")})
    log = log.assign(user_id=rng.choice(1000, size=n_keys, replace=False)[keys], clicked=clicked)
    return log, log, "user_id", float(rng.uniform(0.02, 0.2)), float(rng.uniform(2, 30))


HEAD = """
import numpy as np
import pandas as pd


def rate_so_far(rows, log, key, prior_rate, prior_strength):
"""
RETURN = """
    clicks, shown = found["clicks"].fillna(0), found["shown"].fillna(0)
    return ((clicks + prior_strength * prior_rate) / (shown + prior_strength)).to_numpy()
"""
DAILY = """
    daily = log.groupby([key, "day"])["clicked"].agg(clicks="sum", shown="count")
    totals = {totals}.reset_index().sort_values("day")
    found = pd.merge_asof(rows[["day", key]], totals, on="day", by=key{how})
"""


def rate(how: str = "", totals: str = "daily.groupby(key).cumsum()", then: str = "") -> str:
    """The function with another way to join; `then` are lines between the join and the rate."""
    return HEAD + DAILY.format(how=how, totals=totals).strip("\n") + then + RETURN


OWN_OUT = """
    found["clicks"] -= rows["clicked"].to_numpy()
    found["shown"] = (found["shown"] - 1).clip(lower=0)
    found["clicks"] = found["clicks"].clip(lower=0)"""

FIX = Definition(
    id="t1.fix",
    title="Repair the click rates",
    stub=rate(),
    hints=(
        "For one user, write down three days with a click on the second. Which days may the rate of the second day use?",
        "The server reads its table at midnight, so a row may use the days *before* its own, all of them, and nothing of its "
        "own day. One step of the function breaks this.",
        "`merge_asof` takes the last row of `totals` whose day is not later than that of the row; equal days count as found. "
        "It has an argument that says whether equal ones may.",
    ),
    solution=rate(", allow_exact_matches=False"),
    another=HEAD
    + """
    rates = np.empty(len(rows))
    for number, (day, name) in enumerate(zip(rows["day"], rows[key])):
        past = log[(log[key] == name) & (log["day"] < day)]
        rates[number] = (past["clicked"].sum() + prior_strength * prior_rate) / (len(past) + prior_strength)
    return rates
""".strip("\n"),
    mistakes=(
        Mistake(
            "still_uses_its_own_day",
            "The rate of a day still holds that day's clicks. When the server reads it, at midnight, they have not happened.",
            rate(", allow_exact_matches=True"),
        ),
        Mistake(
            "takes_out_one_row_only",
            "You take the row's own click out, but the other clicks of its day remain, and they are not known at midnight "
            "either. A table that is made at midnight holds nothing of the day that begins.",
            rate(then=OWN_OUT),
        ),
        Mistake(
            "whole_log",
            "This is the rate over the whole log, later days included: more of the future, not less.",
            HEAD
            + """
    totals = log.groupby(key)["clicked"].agg(clicks="sum", shown="count")
    found = totals.reindex(rows[key]).reset_index()
""".strip("\n")
            + RETURN,
        ),
        Mistake(
            "one_day_only",
            "Nothing of its own day, good, but you use only the last day on which the key was seen. Use all earlier days.",
            rate(", allow_exact_matches=False", totals="daily"),
        ),
        Mistake(
            "clicks_of_before_impressions_of_today",
            "The clicks are those of earlier days, but the impressions of the own day still count: the rate is too low for "
            "whoever is seen often that day. Take both from the same days.",
            rate(
                then="""
    found["clicks"] = pd.merge_asof(
        rows[["day", key]], totals, on="day", by=key, allow_exact_matches=False
    )["clicks"]"""
            ),
        ),
        Mistake(
            "shifted_over_all_keys",
            "You shift the table by one line, but the line above may belong to another key. Look for the day before within "
            "the key.",
            rate(totals="daily.groupby(key).cumsum().shift(1)"),
        ),
    ),
    draw=draw_days,
    takeaway="Only days before its own count now. After the repair, the entropy of Wednesday and that of Tuesday differ by "
    "about 0.01, and both are near 0.95: less than was promised, and true.",
)

EXERCISES = (FAULT, FIX)
