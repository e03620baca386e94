"""A factor for each slice."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit

hints = (
    "Take one slice. How many clicks did the model promise in it, and how many came? "
    "What is its factor without `strength`, and what does `strength` do to a slice with very few rows?",
    "Clicks promised are the sum of `p` over the rows of the slice. "
    "Add `strength` to the clicks that came *and* to those promised, then divide. A slice without rows would get 1.",
    "Loop over `np.unique(slices)` with a mask `rows = slices == name`, "
    "and fill an array of results for these rows. Sums, not means: `strength` is in clicks.",
)
takeaway = (
    "Large slices get their own factor, small ones stay near 1: "
    "the same idea as a smoothed click rate, with the model as the prior."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_slices = ((12, 2), (60, 4), (400, 8))[number]
    names = rng.choice(
        ["banner", "native", "text", "video", "north", "south", "desktop", "mobile"], n_slices, replace=False
    )
    while True:
        p = rng.uniform(0.05, 0.5, n_rows).round(3)
        slices = rng.integers(0, n_slices, n_rows)
        slices[:n_slices] = np.arange(n_slices)
        clicked = (rng.random(n_rows) < p * rng.uniform(0.5, 1.6, n_slices)[slices]).astype(int)
        rows, clicks = np.bincount(slices), np.bincount(slices, clicked)
        if rows.min() >= 4 and len(set(rows)) > 1 and clicks.max() >= 2 and clicks.sum() != rows.max():
            return names[slices], p, clicked, round(float(rng.uniform(2, 15)), 1)


def correct_slices(slices, p, clicked, strength):
    result = np.empty(len(p))
    for name in np.unique(slices):
        rows = slices == name
        observed, predicted = clicked[rows].sum(), p[rows].sum()
        result[rows] = p[rows] * (observed + strength) / (predicted + strength)
    return result


def another(slices, p, clicked, strength):
    table = pd.DataFrame({"p": p, "clicked": clicked})
    sums = table.groupby(slices).transform("sum")
    return (p * (sums["clicked"] + strength) / (sums["p"] + strength)).to_numpy()


equivalent = {"for name in slices:": "each slice is computed more than once, with the same result"}
mistakes = [
    edit(
        "(observed + strength) / (predicted + strength)",
        "(predicted + strength) / (observed + strength)",
        "upside_down",
        "Your factor is upside down: predicted over observed. "
        "Where too much was promised, the factor has to be below 1.",
    ),
    edit(
        "(observed + strength) / (predicted + strength)",
        "observed / predicted",
        "not_shrunk",
        "You leave `strength` out. A slice with few rows then gets a wild factor: 0 where by chance nobody clicked.",
    ),
    edit(
        "(observed + strength) / (predicted + strength)",
        "(observed + strength) / predicted",
        "strength_in_the_numerator_only",
        "You add `strength` only to the clicks observed, so all factors rise. Added to both, it pulls them towards 1.",
    ),
    edit(
        "clicked[rows].sum(), p[rows].sum()",
        "clicked[rows].mean(), p[rows].mean()",
        "strength_added_to_means",
        "You add `strength` to rates. It is a number of clicks: "
        "added to rates it drowns them, and all factors become nearly 1. Use sums.",
    ),
    edit(
        "clicked[rows].sum(), p[rows].sum()",
        "clicked.sum(), p.sum()",
        "one_factor_for_all",
        "You use one factor for all rows. The total is then right, and the slices are as wrong as before.",
    ),
    edit(
        "p[rows] * (observed + strength) / (predicted + strength)",
        "(observed + strength) / (predicted + strength)",
        "returns_the_factor",
        "You return the factors. Asked are the corrected probabilities: p times the factor.",
    ),
    edit(
        "p[rows] * (observed + strength) / (predicted + strength)",
        "(observed + strength * clicked.mean()) / (rows.sum() + strength)",
        "smoothed_rate_of_the_slice",
        "You give each row the smoothed click rate of its slice, as in lesson 08. "
        "The model still knows which rows of a slice are better: keep p, times one factor.",
    ),
    edit(
        "(observed + strength) / (predicted + strength)",
        "(observed / predicted * rows.sum() + strength) / (rows.sum() + strength)",
        "strength_in_rows",
        "You weigh `strength` against the rows of the slice. "
        "It is a number of clicks: add it to the clicks observed and to those predicted.",
    ),
]
