"""Repair one function."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

hints = (
    "Give the log to each function alone, and compare the weighted mean of `clicked` with the plain one. "
    "Which function moves it without being meant to?",
    "Rows may be joined when nobody could tell them apart. Can you tell a row with a click from one without?",
    "Two rows are equal if they agree in the inputs *and* in `clicked`: both the choice of the last one and "
    "the number of equal rows must go by that. Then the order of the clicks no longer matters, only time does.",
)
takeaway = (
    "A row with a click and one without are no copies of each other now, and each kind keeps its number. After the "
    "repair, what we pay is about 1.1 times what the recorded clicks are worth."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_rows = (10, 60, 400)[number]
    start = pd.Timestamp("2026-01-05")
    seconds = np.sort(rng.choice(6 * 86_400, size=n_rows, replace=False))
    rows = pd.DataFrame({"timestamp": start + pd.to_timedelta(seconds, unit="s")})
    rows["device"] = rng.choice(["mobile", "desktop"], size=n_rows)
    rows["position"] = rng.integers(1, 6, size=n_rows)
    rows["region"] = rng.choice(["north", "south", None], size=n_rows)
    rows["clicked"] = (rng.random(n_rows) < 0.4).astype(int)
    for first in (0, 1):  # some rows in each draw agree in all inputs; the clicks are neither first nor last
        same = np.arange(first, n_rows, 2 if n_rows == 10 else 7)
        rows.loc[same, ["device", "region"]] = ["mobile", ("north", "south")[first]]
        rows.loc[same, "position"] = first + 1
        rows.loc[same, "clicked"] = np.resize([0, 1, 1, 0, 0], len(same))
    rows = rows.iloc[rng.permutation(n_rows)].set_index(100 + rng.permutation(n_rows))
    settings = {"inputs": ["device", "position", "region"], "places": 4, "share": 0.5, "seed": int(rng.integers(99))}
    return rows, settings


def repaired(rows, settings):
    columns = [*settings["inputs"], "clicked"]
    ordered = rows.sort_values("timestamp")
    last = ~ordered.duplicated(columns, keep="last")
    equal = rows.groupby(columns, dropna=False)
    return last.reindex(rows.index).to_numpy() * equal["clicked"].transform("size").to_numpy(float)


def another(rows, settings):
    kinds = {}
    lines = rows[[*settings["inputs"], "clicked"]].itertuples(index=False)
    for place, line in enumerate(lines):
        kinds.setdefault(line, []).append(place)
    weights, times = np.zeros(len(rows)), rows["timestamp"].to_numpy()
    for places in kinds.values():
        weights[max(places, key=lambda place: times[place])] = len(places)
    return weights


def stub(rows, settings): ...


def changes_the_thinning(rows, settings):
    rng = np.random.default_rng(settings["seed"])
    return (rng.random(len(rows)) < settings["share"]) / settings["share"]


equivalent = {  # equal in all columns, in whatever order these are
    "columns = ['clicked', *settings['inputs']]": "the same groups",
    "lines = rows[['clicked', *settings['inputs']]].itertuples(index=False)": "the same groups",
}
mistakes = [
    edit(
        '[*settings["inputs"], "clicked"]',
        'settings["inputs"]',
        "as_it_was",
        "This is what the function of the notebook returns. Compute the weighted mean of `clicked` with it.",
        also=(
            (
                'rows.sort_values("timestamp")',
                'rows.iloc[np.lexsort((rows["timestamp"], rows["clicked"]))]',
            ),
        ),
    ),
    edit(
        '[*settings["inputs"], "clicked"]',
        'settings["inputs"]',
        "outcome_of_the_last_row",
        "You keep the last row by time, whatever came of it. The click rate is about right now, but which clicks "
        "count is a matter of luck: one outcome stands for rows that had another.",
    ),
    edit(
        "equal = rows.groupby(columns",
        'equal = rows.groupby(settings["inputs"]',
        "number_of_the_other_outcome_too",
        "You keep a row of each outcome, good, but each gets the number of rows of both. So clicks count for "
        "the rows without one as well.",
    ),
    edit(
        'equal["clicked"].transform("size").to_numpy(float)',
        "np.ones(len(rows))",
        "each_kind_counts_once",
        "The row that stays stands for all its equals: without their number, what happens often counts "
        "as little as what happens once.",
    ),
    edit(
        'last.reindex(rows.index).to_numpy() * equal["clicked"].transform("size").to_numpy(float)',
        "np.ones(len(rows))",
        "keeps_all_rows",
        "Sound, but then nothing is saved: equal rows must be learned from once.",
    ),
    edit(
        '.duplicated(columns, keep="last")',
        '.duplicated(columns, keep="first")',
        "first_instead_of_last",
        "You keep the first of the equal rows. Asked is the last one, by time.",
    ),
    edit(
        "last.reindex(rows.index)",
        "last",
        "lines_in_another_order",
        "Your weights are in the order of time, the rows are not. Bring them back into the order of the rows.",
    ),
    wrong(
        changes_the_thinning,
        "Here clicks are thinned like all other rows. The function of the notebook keeps them all, and gives the "
        "others a weight that makes up for it: its weighted click rate is that of the log.",
    ),
]
