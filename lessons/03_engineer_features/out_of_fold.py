"""Out of fold."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "For one row, which rows may speak? Not its own fold, and only its own key.",
    "Two conditions on arrays, joined with `&`: another fold, and the same "
    "key. When no row meets both, only the first one is left.",
    "In a loop over the rows, a mask picks the rows that may speak, and `y[mask].mean()` is what they say. "
    "`.any()` tells whether a mask picks any row at all. Which mask is left when it does not?",
)
takeaway = "A row's label must not reach its own feature, not even through a row of the same fold."


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_keys, n_folds = ((10, 3, 2), (45, 6, 3), (110, 15, 5))[number]
    names = rng.choice(100, size=n_keys + 1, replace=False)
    while True:
        fold = rng.permutation(np.arange(n_rows) % n_folds)
        y = (rng.random(n_rows) < 0.4).astype(float)
        # No key has one row only, so leaving out the row alone never needs a fallback; the last key is in one fold only.
        keys = np.append(np.arange(2 * n_keys) % n_keys, rng.integers(0, n_keys, size=n_rows - 2 * n_keys))
        keys = rng.permutation(keys)
        own = fold == rng.integers(n_folds)
        lonely = rng.permutation(np.flatnonzero(own))[:2]
        keys[lonely], y[lonely] = n_keys, (1.0, 0.0)
        # The wrong fallbacks must differ from the right one and from each other, and a key must differ between folds.
        means = [0.0, 0.5, y.mean(), y[own].mean(), y[~own].mean()]
        inside, outside = y[own & (keys == 0)], y[~own & (keys == 0)]
        if (
            np.bincount(keys).min() >= 2
            and np.diff(np.sort(means)).min() > 1e-6
            and min(len(inside), len(outside)) > 0
            and inside.mean() != outside.mean()
        ):
            return names[keys], y, fold


def out_of_fold_mean(keys, y, fold):
    result = np.empty(len(y))
    for row in range(len(y)):
        others = fold != fold[row]
        same_key = others & (keys == keys[row])
        result[row] = y[same_key].mean() if same_key.any() else y[others].mean()
    return result


def another(keys, y, fold):
    means = []
    for key, own in zip(keys, fold):
        others = [(other, label) for other, label, its in zip(keys, y, fold) if its != own]
        same_key = [label for other, label in others if other == key]
        means.append(np.mean(same_key or [label for _, label in others]))
    return means


mistakes = [
    edit(
        "others & (keys == keys[row])",
        "keys == keys[row]",
        "in_sample_mean",
        "Every row of the key speaks, the row itself included: the in-sample mean. Leave out the row's fold.",
    ),
    edit(
        "fold != fold[row]",
        "np.arange(len(y)) != row",
        "leaves_out_only_the_row",
        "You leave out the row, but its fold still speaks. That leaks, "
        "too: rows of one key reveal each other's labels.",
    ),
    edit(
        "y[same_key].mean()",
        "y[same_key].sum() / (keys == keys[row]).sum()",
        "counts_the_own_fold",
        "You add up the labels of other folds, but divide by all rows of the key. Count only the rows that you add up.",
    ),
    edit(
        "fold != fold[row]",
        "fold == fold[row]",
        "own_fold_only",
        "You use the row's own fold and leave out the others. It is the other way round.",
    ),
    edit(
        "y[others].mean()",
        "y.mean()",
        "fallback_sees_own_fold",
        "Where a key has no rows elsewhere, you use the mean of all "
        "rows. The row's own fold is in it: use other folds.",
    ),
    edit(
        "y[others].mean()",
        "0.0",
        "fallback_zero",
        "Where a key has no rows in other folds you return 0, as if nobody "
        "clicked. Use the mean over all rows of other folds.",
    ),
    edit(
        "y[others].mean()",
        "np.nan",
        "no_fallback",
        "Where a key has no rows in other folds you return no number. Use the mean over all rows of other folds.",
    ),
]
