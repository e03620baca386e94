"""Repair the click rates."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit

hints = (
    "For one user, write down three days with a click on the second. Which days may the rate of the second day use?",
    "The server reads its table at midnight, so a row may use the days *before* its own, "
    "all of them, and nothing of its own day. One step of the function breaks this.",
    "`merge_asof` takes the last row of `totals` whose day is not later than that of the row; "
    "equal days count as found. It has an argument that says whether equal ones may.",
)
takeaway = (
    "Only days before its own count now. After the repair, the entropy of Wednesday and that "
    "of Tuesday differ by about 0.01, and both are near 0.95: less than was promised, and true."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
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


def rate_so_far(rows, log, key, prior_rate, prior_strength):
    daily = log.groupby([key, "day"])["clicked"].agg(clicks="sum", shown="count")
    totals = daily.groupby(key).cumsum().reset_index().sort_values("day")
    found = pd.merge_asof(rows[["day", key]], totals, on="day", by=key, allow_exact_matches=False)
    clicks, shown = found["clicks"].fillna(0), found["shown"].fillna(0)
    return ((clicks + prior_strength * prior_rate) / (shown + prior_strength)).to_numpy()


def another(rows, log, key, prior_rate, prior_strength):
    rates = np.empty(len(rows))
    for number, (day, name) in enumerate(zip(rows["day"], rows[key])):
        past = log[(log[key] == name) & (log["day"] < day)]
        rates[number] = (past["clicked"].sum() + prior_strength * prior_rate) / (len(past) + prior_strength)
    return rates


def stub(rows, log, key, prior_rate, prior_strength):
    daily = log.groupby([key, "day"])["clicked"].agg(clicks="sum", shown="count")
    totals = daily.groupby(key).cumsum().reset_index().sort_values("day")
    found = pd.merge_asof(rows[["day", key]], totals, on="day", by=key)
    clicks, shown = found["clicks"].fillna(0), found["shown"].fillna(0)
    return ((clicks + prior_strength * prior_rate) / (shown + prior_strength)).to_numpy()


mistakes = [
    edit(
        "allow_exact_matches=False",
        "allow_exact_matches=True",
        "still_uses_its_own_day",
        "The rate of a day still holds that day's clicks. "
        "When the server reads it, at midnight, they have not happened.",
    ),
    edit(
        "allow_exact_matches=False",
        "allow_exact_matches=True",
        "takes_out_one_row_only",
        "You take the row's own click out, but the other clicks of its day remain, and they are not "
        "known at midnight either. A table that is made at midnight holds nothing of the day that begins.",
        also=(
            ('found["clicks"].fillna(0)', '(found["clicks"].fillna(0) - rows["clicked"].to_numpy()).clip(lower=0)'),
            ('found["shown"].fillna(0)', '(found["shown"].fillna(0) - 1).clip(lower=0)'),
        ),
    ),
    edit(
        "daily.groupby(key).cumsum()",
        'daily.groupby(key).transform("sum")',
        "whole_log",
        "This is the rate over the whole log, later days included: more of the future, not less.",
        also=(("allow_exact_matches=False", "allow_exact_matches=True"),),
    ),
    edit(
        "daily.groupby(key).cumsum()",
        "daily",
        "one_day_only",
        "Nothing of its own day, good, but you use only the last day on which the key was seen. Use all earlier days.",
    ),
    edit(
        'found["shown"]',
        'pd.merge_asof(rows[["day", key]], totals, on="day", by=key)["shown"]',
        "clicks_of_before_impressions_of_today",
        "The clicks are those of earlier days, but the impressions of the own day still count: "
        "the rate is too low for whoever is seen often that day. Take both from the same days.",
    ),
    edit(
        "daily.groupby(key).cumsum()",
        "daily.groupby(key).cumsum().shift(1)",
        "shifted_over_all_keys",
        "You shift the table by one line, but the line above may belong to another key. "
        "Look for the day before within the key.",
        also=(("allow_exact_matches=False", "allow_exact_matches=True"),),
    ),
]
