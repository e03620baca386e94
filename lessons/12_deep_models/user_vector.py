"""A user's vector from the history."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    "While an item is the target, the model must not see it. And a place that is only padding is no item.",
    "First decide which entries of the history count. Then add up their rows of the table and divide by the root of "
    "their number. How many are they, at least?",
    "A mask: not -1 and not the target. Sum of the table's rows under the mask, divided by the square root of the "
    "number of True, or of 1 where there is none.",
)
takeaway = (
    "What is left out in training must be left out everywhere: from the sum and from the count. A history that is "
    "empty without the target gives the zero vector, and such a user is served by the bias of the items."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    """Padded; the first and the last row of the table are items like others; without the target 3, 0 and 1 are left."""
    length, n_items, d = ((6, 7, 2), (3, 5, 4), (12, 60, 8))[number]
    table = rng.normal(size=(n_items, d)).round(2)
    others = rng.permutation(np.arange(1, n_items - 1))
    items = ([0, n_items - 1, others[0], others[1]], others[:1], others[:2])[number]
    history = np.full(length, -1)
    history[rng.permutation(length)[: len(items)]] = items
    return history, table, int(items[-1])


def user_vector(history, table, target):
    counted = history[(history >= 0) & (history != target)]
    return table[counted].sum(axis=0) / np.sqrt(max(len(counted), 1))


def another(history, table, target):
    total, n = np.zeros(table.shape[1]), 0
    for item in history:
        if item != -1 and item != target:
            total, n = total + table[item], n + 1
    return total * n**-0.5 if n else total


def no_likes_no_vector(history, table, target):
    counted = history[(history >= 0) & (history != target)]
    return table[counted].sum(axis=0) / np.sqrt(len(counted) or np.nan)


mistakes = [
    edit(
        " & (history != target)",
        "",
        "target_left_in",
        "The target is part of your vector. In training the model then learns to find what it is shown; when it "
        "serves, the item to find is not there.",
    ),
    edit(
        "max(len(counted), 1)",
        "max((history >= 0).sum(), 1)",
        "target_counted",
        "You take the target out of the sum but count it: n items minus the target are n - 1.",
    ),
    edit(
        "np.sqrt(max(len(counted), 1))",
        "max(len(counted), 1)",
        "mean_instead_of_root",
        "You return the mean. The sum over the *root* of the number is asked: a long history then has a longer vector.",
    ),
    edit(
        "history >= 0",
        "history > 0",
        "first_item_left_out",
        "Item 0 is an item like the others. Only -1 is padding.",
    ),
    edit(
        "(history >= 0) & ",
        "",
        "padding_counted",
        "You count places that are padding: row -1 of the table is its last item, which this user may not have.",
    ),
    edit(
        "max(len(counted), 1)",
        "len(history)",
        "length_with_padding",
        "You divide by the root of the length of the array, padding included. How full a row is must not matter.",
    ),
    wrong(
        no_likes_no_vector,
        "Without any item left you divide 0 by 0, and NaN spreads through the whole batch. Return zeros.",
    ),
]
