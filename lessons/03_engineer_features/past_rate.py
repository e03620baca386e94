"""A counter that knows only the past."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

core = True
hints = (
    "Take one key and write its rows on paper. What did the server know at the first of them? At the second?",
    "Walk through the rows in order and keep two counters for each key: impressions and "
    "clicks. At each row there are two things to do. Their order is the whole point.",
    "Two dictionaries, `shown` and `clicks`, with `.get(key, 0)`. In the loop: first compute the rate of this row "
    "from the counters as they are, then add this row to them. Start with `rates = np.empty(len(keys))`.",
)
takeaway = "Read, then write: the order of two lines separates a feature from a leak."


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_keys = ((7, 2), (40, 5), (300, 40))[number]
    names = rng.choice(100, size=n_keys, replace=False)
    keys = rng.integers(0, n_keys, size=n_rows)
    clicked = (rng.random(n_rows) < 0.3).astype(int)
    # One key that comes back twice, with a click and without, and another one between.
    keys[:4] = (1, 1, 0, 1)
    clicked[:2] = rng.permutation(2)
    return names[keys], clicked, float(rng.uniform(0.02, 0.1)), float(rng.uniform(2, 30))


def past_click_rate(keys, clicked, prior_rate, prior_strength):
    shown, clicks = {}, {}
    rates = np.empty(len(keys))
    for row, (key, click) in enumerate(zip(keys, clicked)):
        n, c = shown.get(key, 0), clicks.get(key, 0)
        rates[row] = (c + prior_strength * prior_rate) / (n + prior_strength)
        shown[key] = n + 1
        clicks[key] = c + click
    return rates


def another(keys, clicked, prior_rate, prior_strength):
    rows = pd.DataFrame({"key": keys, "clicked": clicked})
    groups = rows.groupby("key")
    n = groups.cumcount()
    c = groups["clicked"].cumsum() - rows["clicked"]
    return ((c + prior_strength * prior_rate) / (n + prior_strength)).to_numpy()


def shifted_over_all_rows(keys, clicked, prior_rate, prior_strength):
    groups = pd.Series(clicked).groupby(keys)
    n = (groups.cumcount() + 1).shift(1, fill_value=0)
    c = groups.cumsum().shift(1, fill_value=0)
    return ((c + prior_strength * prior_rate) / (n + prior_strength)).to_numpy()


mistakes = [
    edit(
        "(c + prior_strength * prior_rate) / (n + prior_strength)",
        "(c + click + prior_strength * prior_rate) / (n + 1 + prior_strength)",
        "counts_its_own_click",
        "The row's own click is inside its feature: that is the label. Read the counters before you add the row.",
    ),
    edit(
        "n + prior_strength",
        "n + 1 + prior_strength",
        "includes_own_impression",
        "You count the row's own impression but not its click, so every rate is too low. Both belong to the future.",
    ),
    edit(
        "n, c = shown.get(key, 0), clicks.get(key, 0)",
        "n, c = (keys == key).sum(), clicked[keys == key].sum()",
        "as_of_now",
        "This is the rate over all rows of the key, the future included: the as-of-now counter. Use earlier rows only.",
    ),
    edit(
        "n, c = shown.get(key, 0), clicks.get(key, 0)",
        "n, c = (keys == key).sum() - 1, clicked[keys == key].sum() - click",
        "all_other_rows",
        "You leave out the row itself, but later rows of its key still count. At that moment they had not happened.",
    ),
    edit(
        "(c + prior_strength * prior_rate) / (n + prior_strength)",
        "c / n if n else prior_rate",
        "not_smoothed",
        "This is the plain rate, with the prior only where there is no history. One click in one "
        "impression is not a rate of 100 %: add the prior to every row, with its strength.",
    ),
    edit(
        "c + prior_strength * prior_rate",
        "c + prior_rate",
        "prior_without_strength",
        "In the numerator the prior counts as `prior_strength` impressions, so it gives strength times rate clicks.",
    ),
    wrong(
        shifted_over_all_rows,
        "You shift the counters by one row of the log, so a row gets those "
        "of whatever key stood above it. Shift inside each key.",
    ),
]
