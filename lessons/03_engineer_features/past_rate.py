"""A counter that knows only the past."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

core = True
hints = (
    "Take one key and write its rows on paper. What did the server know at the first of them? At the second?",
    (
        "Walk through the rows in order and keep two counters for each key: impressions and clicks. At each row "
        "there are two things to do. Their order is the whole point."
    ),
    (
        "Two dictionaries, `shown` and `clicks`, with `.get(key, 0)`. In the loop: first compute the rate of this "
        "row from the counters as they are, then add this row to them. Start with `rates = np.empty(len(keys))`."
    ),
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
        shown[key] = shown.get(key, 0) + 1
        clicks[key] = clicks.get(key, 0) + click
    return rates


def another(keys, clicked, prior_rate, prior_strength):
    rows = pd.DataFrame({"key": keys, "clicked": clicked})
    groups = rows.groupby("key")
    n = groups.cumcount()
    c = groups["clicked"].cumsum() - rows["clicked"]
    return ((c + prior_strength * prior_rate) / (n + prior_strength)).to_numpy()


def counts_its_own_click(keys, clicked, prior_rate, prior_strength):
    shown, clicks = {}, {}
    rates = np.empty(len(keys))
    for row, (key, click) in enumerate(zip(keys, clicked)):
        shown[key] = shown.get(key, 0) + 1
        clicks[key] = clicks.get(key, 0) + click
        n, c = shown.get(key, 0), clicks.get(key, 0)
        rates[row] = (c + prior_strength * prior_rate) / (n + prior_strength)
    return rates


def as_of_now(keys, clicked, prior_rate, prior_strength):
    n = np.array([(keys == key).sum() for key in keys])
    c = np.array([clicked[keys == key].sum() for key in keys])
    return (c + prior_strength * prior_rate) / (n + prior_strength)


def all_other_rows(keys, clicked, prior_rate, prior_strength):
    n = np.array([(keys == key).sum() for key in keys]) - 1
    c = np.array([clicked[keys == key].sum() for key in keys]) - clicked
    return (c + prior_strength * prior_rate) / (n + prior_strength)


def shifted_over_all_rows(keys, clicked, prior_rate, prior_strength):
    groups = pd.Series(clicked).groupby(keys)
    n = (groups.cumcount() + 1).shift(1, fill_value=0)
    c = groups.cumsum().shift(1, fill_value=0)
    return ((c + prior_strength * prior_rate) / (n + prior_strength)).to_numpy()


def clicks_shifted_over_all_rows(keys, clicked, prior_rate, prior_strength):
    groups = pd.Series(clicked).groupby(keys)
    n = groups.cumcount()
    c = groups.cumsum().shift(1, fill_value=0)
    return ((c + prior_strength * prior_rate) / (n + prior_strength)).to_numpy()


def ignores_the_key(keys, clicked, prior_rate, prior_strength):
    n = np.arange(len(keys))
    c = np.cumsum(clicked) - clicked
    return (c + prior_strength * prior_rate) / (n + prior_strength)


mistakes = [
    wrong(
        counts_its_own_click,
        "The row's own click is inside its feature: that is the label. Read the counters before you add the row.",
    ),
    wrong(
        as_of_now,
        (
            "This is the rate over all rows of the key, the future included: the as-of-now counter. Use earlier "
            "rows only."
        ),
    ),
    wrong(
        all_other_rows,
        "You leave out the row itself, but later rows of its key still count. At that moment they had not happened.",
    ),
    wrong(
        shifted_over_all_rows,
        (
            "You shift the counters by one row of the log, so a row gets those of whatever key stood above it. "
            "Shift inside each key."
        ),
    ),
    wrong(
        clicks_shifted_over_all_rows,
        (
            "Your impressions are right, but the clicks are shifted by one row of the log and may belong to "
            "another key. Shift them inside each key."
        ),
    ),
    edit(
        "shown.get(key, 0) + ",
        "",
        "previous_row_only",
        (
            "You use only the row of the key just before this one. The history is all earlier rows of the key: add "
            "them up."
        ),
        also=(("clicks.get(key, 0) + ", ""),),
    ),
    edit(
        ")\n        shown",
        ") if n else np.nan\n        shown",
        "nothing_for_a_first_row",
        "The first row of a key has no history, and you give it no number. Without history the rate is the prior.",
    ),
    wrong(ignores_the_key, "You count all earlier rows. Each key has a history of its own."),
    edit(
        "(c + prior_strength * prior_rate) / (n + prior_strength)",
        "c / n if n else prior_rate",
        "not_smoothed",
        (
            "This is the plain rate, with the prior only where there is no history. One click in one impression is "
            "not a rate of 100 %: add the prior to every row, with its strength."
        ),
    ),
    edit(
        "prior_strength * ",
        "",
        "prior_without_strength",
        "In the numerator the prior counts as `prior_strength` impressions, so it gives strength times rate clicks.",
    ),
    edit(
        "+ prior_strength)",
        "+ 1 + prior_strength)",
        "includes_own_impression",
        "You count the row's own impression but not its click, so every rate is too low. Both belong to the future.",
    ),
]
