"""Repair one function."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

hints = (
    "Take some reports of a late evening, and look their impressions up by hand. What do the four functions say of them?",
    "Two tables meet in the functions, each in folders by day. Which day is it, in the one and in the other?",
    "Keep each click once, count the clicks by `impression_id` alone, and look up those of `shown`, in its order; 0 for one "
    "without.",
)
takeaway = (
    "An impression and its report have the same number, and not always the same day. After the repair the evenings bring about "
    "1.0 times what was promised. A join by folder is quick, because nothing has to move; it is right only if both tables "
    "are cut by the same day."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    """Clicks reported on the same day, on the next and later; lines that come twice; reports of other impressions."""
    n = (9, 60, 900)[number]
    shown = pd.DataFrame({"impression_id": rng.permutation(3 * n)[:n], "day": rng.integers(1, 6, n)})
    shown["hour"], shown["ad_id"] = rng.integers(0, 24, n), rng.integers(0, 5, n)
    later = rng.choice([0, 0, 1, 3], n)
    later[:5] = 0, 1, 2, 3, 0
    clicked = rng.random(n) < 0.4
    clicked[:4], clicked[4:6] = True, False
    reports = shown.loc[clicked, ["impression_id"]].assign(day=(shown["day"] + later)[clicked])
    strange = pd.DataFrame({"impression_id": [3 * n + 1, 3 * n + 2], "day": [1, 2]})
    reports = pd.concat([reports, strange])
    reports.insert(0, "click_id", rng.permutation(5 * n)[: len(reports)])
    twice = reports[(rng.random(len(reports)) < 0.3) | (np.arange(len(reports)) < 2)]
    reports = pd.concat([reports, twice]).sample(frac=1.0, random_state=int(rng.integers(999)))
    return shown.sample(frac=1.0, random_state=int(rng.integers(999))), reports.reset_index(drop=True)


def repaired(shown, reports):
    once = reports.drop_duplicates("click_id")
    number = once.groupby("impression_id").size()
    return number.reindex(shown["impression_id"], fill_value=0).to_numpy(float)


def another(shown, reports):
    known = set(reports["impression_id"])
    return [float(one in known) for one in shown["impression_id"]]


def stub(shown, reports): ...


def next_day_too(shown, reports):
    once = reports.drop_duplicates("click_id")
    day = once.set_index("impression_id")["day"].reindex(shown["impression_id"]).to_numpy()
    return (day - shown["day"].to_numpy() <= 1).astype(float)


def by_ad(shown, reports):
    once = reports.drop_duplicates("click_id")
    found = shown["impression_id"].isin(once["impression_id"])
    return found.groupby(shown["ad_id"]).transform("mean").to_numpy(float)


mistakes = [
    edit(
        'groupby("impression_id")',
        'groupby(["impression_id", "day"])',
        "as_it_was",
        "This is what the function of the notebook returns. What does it return for an impression of 23:59 whose click "
        "is reported at 0:10?",
        also=(('shown["impression_id"]', 'pd.MultiIndex.from_frame(shown[["impression_id", "day"]])'),),
    ),
    wrong(
        next_day_too,
        "You look into the folder of the next day, too. Some reports take longer than that: they are still lost. Nothing but "
        "the number tells what belongs together.",
    ),
    edit(
        'reports.drop_duplicates("click_id")',
        "reports",
        "counts_all_lines",
        "A report may stand in its table twice. You count it twice.",
    ),
    edit(
        'reports.drop_duplicates("click_id")',
        'reports[~reports["click_id"].duplicated(keep=False)]',
        "drops_what_comes_twice",
        "You drop all lines of a report that came twice. One of them is right: keep it.",
    ),
    edit(
        'shown["impression_id"]',
        'np.sort(shown["impression_id"])',
        "in_another_order",
        "Your numbers are right, but sorted by `impression_id`: they belong to the lines of `shown`.",
    ),
    wrong(
        by_ad,
        "You return the rate of the ad. Asked is one number for each impression, 0 or 1.",
    ),
]
