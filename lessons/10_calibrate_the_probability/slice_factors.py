"""A factor for each slice."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit, wrong

hints = (
    (
        "Take one slice. How many clicks did the model promise in it, and how many came? What is its factor "
        "without `strength`, and what does `strength` do to a slice with very few rows?"
    ),
    (
        "Clicks promised are the sum of `p` over the rows of the slice. Add `strength` to the clicks that came "
        "*and* to those promised, then divide. A slice without rows would get 1."
    ),
    (
        "Loop over `np.unique(slices)` with a mask `rows = slices == name`, and fill an array of results for these "
        "rows. Sums, not means: `strength` is in clicks."
    ),
)
takeaway = (
    "Large slices get their own factor, small ones stay near 1: the same idea as a smoothed click rate, with "
    "the model as the prior."
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
    result = np.zeros(len(p))
    for name in np.unique(slices):
        rows = slices == name
        c, e = clicked[rows].sum(), p[rows].sum()
        result[rows] = p[rows] * (c + strength) / (e + strength)
    return result


def another(slices, p, clicked, strength):
    table = pd.DataFrame({"p": p, "clicked": clicked})
    sums = table.groupby(slices).transform("sum")
    return (p * (sums["clicked"] + strength) / (sums["p"] + strength)).to_numpy()


def factor_for_each_row(slices, p, clicked, strength):
    return p * (clicked + strength) / (p + strength)


def sorted_by_slice(slices, p, clicked, strength):
    parts = []
    for name in np.unique(slices):
        rows = slices == name
        parts.append(p[rows] * (clicked[rows].sum() + strength) / (p[rows].sum() + strength))
    return np.concatenate(parts)


def one_value_a_slice(slices, p, clicked, strength):
    names = np.unique(slices)
    return np.array(
        [(clicked[slices == name].sum() + strength) / (p[slices == name].sum() + strength) for name in names]
    )


mistakes = [
    edit(
        "c + strength) / (e",
        "e + strength) / (c",
        "upside_down",
        (
            "Your factor is upside down: predicted over observed. Where too much was promised, the factor has to "
            "be below 1."
        ),
    ),
    edit(
        "(c + strength) / (e + strength)",
        "c / e",
        "not_shrunk",
        "You leave `strength` out. A slice with few rows then gets a wild factor: 0 where by chance nobody clicked.",
    ),
    edit(
        "(e + strength)",
        "e",
        "strength_in_the_numerator_only",
        (
            "You add `strength` only to the clicks observed, so all factors rise. Added to both, it pulls them "
            "towards 1."
        ),
    ),
    edit(
        "(c + strength)",
        "c",
        "strength_in_the_denominator_only",
        (
            "You add `strength` only to the clicks predicted, so all factors fall. Added to both, it pulls them "
            "towards 1."
        ),
    ),
    edit(
        "sum",
        "mean",
        "strength_added_to_means",
        (
            "You add `strength` to rates. It is a number of clicks: added to rates it drowns them, and all factors "
            "become nearly 1. Use sums."
        ),
    ),
    edit(
        "clicked[rows]",
        "(clicked[rows] + strength)",
        "strength_times_the_rows",
        (
            "You add `strength` once for each row of the slice. It is added once a slice, so that it matters less "
            "the more rows there are."
        ),
        also=(("p[rows].", "(p[rows] + strength)."),),
    ),
    edit(
        "[rows].sum(), p[rows]",
        ".sum(), p",
        "one_factor_for_all",
        "You use one factor for all rows. The total is then right, and the slices are as wrong as before.",
    ),
    edit(
        "clicked[rows].",
        "clicked.",
        "clicks_of_all_slices",
        "You compare the clicks of *all* slices with the predictions of one. Take both from the rows of the slice.",
    ),
    edit(
        "p[rows].",
        "p.",
        "predictions_of_all_slices",
        "You compare the clicks of one slice with the predictions of *all*. Take both from the rows of the slice.",
    ),
    edit(
        "p[rows] * ",
        "",
        "returns_the_factor",
        "You return the factors. Asked are the corrected probabilities: p times the factor.",
    ),
    edit(
        "p[rows] * (c + strength) / (e + strength)",
        "e / c if c else 0",
        "returns_the_ratio",
        (
            "You return the calibration ratio of the slice. Asked are the corrected probabilities: p times "
            "observed over predicted, both with `strength`."
        ),
    ),
    edit(
        "p[rows] * (c + strength) / (e + strength",
        "c / rows.sum(",
        "rate_of_the_slice",
        (
            "You give each row the click rate of its slice. The model still knows which rows of a slice are "
            "better: keep p, times one factor."
        ),
    ),
    edit(
        "p[rows] * ",
        "",
        "smoothed_rate_of_the_slice",
        (
            "You give all rows of a slice one smoothed rate. Keep the differences that the model sees inside a "
            "slice: p times one factor."
        ),
        also=(("(e ", "(rows.sum() "),),
    ),
    edit(
        "(e ",
        "(rows.sum() ",
        "rows_in_the_denominator",
        "You divide clicks by rows. The factor compares clicks with *predicted* clicks, the sum of p.",
    ),
    edit(
        "(c + strength) / (e",
        "c / e * rows.sum() / (rows.sum()",
        "shrunk_to_zero",
        (
            "Your shrinking pulls the factor towards 0: without rows it should be 1. Add `strength` to both, "
            "clicks observed and predicted."
        ),
    ),
    edit(
        "* (c + strength) / (e + strength",
        "+ (c - e) / rows.sum(",
        "difference_added",
        (
            "You add the mean error of the slice to each p. That can leave the range of a probability, and asked "
            "is a factor."
        ),
    ),
    edit(
        "* (c + strength) / (e",
        "+ (c - e) / (rows.sum()",
        "shrunk_difference_added",
        (
            "You add a shrunk error of the slice to each p. Asked is a factor: observed over predicted, both with "
            "`strength`."
        ),
    ),
    edit(
        "c ",
        "rows.sum() * c / e ",
        "shrunk_by_rows",
        (
            "You weigh the factor by the number of rows. `strength` is in clicks: add it to the clicks observed "
            "and to those predicted."
        ),
        also=(("(e ", "(rows.sum() "),),
    ),
    wrong(
        factor_for_each_row,
        "You compare each row with its own click. One row says nothing: add up the rows of its slice first.",
    ),
    edit(
        "p[rows] * (c + strength) / (e + strength",
        "1 / (1 + (1 - p[rows]) / p[rows] * (e + strength) / (c + strength)",
        "odds_instead_of_probabilities",
        (
            "You multiply the odds by the factor. That keeps the result below 1, a good idea, but asked is p times "
            "the factor."
        ),
    ),
    edit(
        "p[rows].",
        "(p[rows] > 0.5).",
        "predictions_rounded",
        (
            "You count the predictions above one half as clicks. A probability promises p clicks: add them up as "
            "they are."
        ),
    ),
    edit(
        ") / (e + strength",
        " * clicked.mean()) / (e + strength * p.mean()",
        "strength_in_rows",
        (
            "You add `strength` rows with the average click rate and prediction. `strength` is in clicks: add it "
            "as it is, to both."
        ),
    ),
    edit(
        "strength) ",
        "strength * clicked.mean()) ",
        "strength_in_rows_observed_only",
        (
            "You add `strength` times the click rate to the clicks observed, but `strength` to those predicted. "
            "Add the same number of clicks to both."
        ),
    ),
    edit(
        "] *",
        "].mean() *",
        "mean_prediction_of_the_slice",
        (
            "You multiply the *mean* prediction of the slice by the factor, so all its rows get one number. "
            "Multiply each p."
        ),
    ),
    edit(
        "clicked[rows].sum(",
        "len(clicked[rows]",
        "rows_counted_as_clicks",
        "You count the rows of the slice as clicks. Clicks are the sum of `clicked`.",
    ),
    edit(
        "+ strength) / (",
        "/ ",
        "strength_added_to_the_factor",
        (
            "You add `strength` to the finished factor. It is a number of clicks: add it to observed and predicted "
            "clicks, before you divide."
        ),
    ),
    edit(
        "strength) / (e + strength",
        "1) / (e + 1",
        "strength_fixed_at_one",
        "You add 1 click to both, whatever `strength` says. Use the argument.",
    ),
    edit(
        " (c",
        " min(1, (c",
        "only_downwards",
        "You never raise a prediction. A slice where too little was promised needs a factor above 1.",
        also=((")\n    return", "))\n    return"),),
    ),
    edit(
        " * (c + strength) / (e + strength)",
        "",
        "never_corrected",
        "You return p as it is. Multiply it by the factor of its slice.",
    ),
    wrong(sorted_by_slice, "Your results come slice by slice. They must stand in the order of the rows."),
    edit(
        "c + strength) / (e",
        "1 + strength * c / e) / (1",
        "strength_as_a_share",
        (
            "You mix p with its corrected value in fixed parts. With `strength` in clicks, slices with many clicks "
            "move nearly the whole way and small ones hardly."
        ),
    ),
    wrong(one_value_a_slice, "You return one number a slice. Asked is one corrected probability a row."),
]
