"""The id of a pair."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import wrong

hints = (
    "Try the pairs (1, 2), (2, 1) and (3, 0) on paper: three different pairs, three different numbers.",
    "You can make a tuple of the two ids. Remember which tuples you have met, and what number each one got.",
    "Keep a dictionary `seen` from pair to number and walk through `zip(a, b)`. `len(seen)` is the next free number.",
)
takeaway = "A cross is a new id: the model then learns one weight for each pair."


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_ids = ((15, 9), (60, 50), (400, 1_000_000))[number]
    largest = (1_100, 2_000, 1_000_000)[number] + int(rng.integers(1, 100))
    first, second, third = rng.permutation(np.arange(1, 10))[:3]
    # Mirrored pairs, a product of zero, digits that run together.
    planted = [(first, second), (second, first), (0, third)]
    planted += [(first, 10 * second + third), (10 * first + second, third)]
    # For each factor m, a * m + b is one number for (k, largest) and (k + 1, largest - m); m = 1 is the sum.
    k = int(rng.integers(10, 30))
    factors = [1, 100, 1_000, n_rows, largest] + [10_000, 100_000, 1_000_000] * (number == 2)
    planted += [(k, largest)] + [(k + 1, largest - m) for m in factors]
    if number == 2:  # and the same with the second id multiplied
        planted += [(largest, k)] + [(largest - m, k + 1) for m in factors]
    others = rng.integers(0, n_ids, size=(n_rows - 3 - len(planted), 2))
    rows = rng.permutation(np.concatenate([planted, others]))
    # Pairs that come back, at once and later.
    rows = np.concatenate([rows, rows[-1:], rows[rng.integers(0, len(rows) - 1, size=2)]])
    return rows[:, 0], rows[:, 1]


def cross(a, b):
    seen = {}
    numbers = []
    for first, second in zip(a.tolist(), b.tolist()):
        numbers.append(seen.setdefault((first, second), len(seen)))
    return np.array(numbers)


def another(a, b):
    return pd.factorize(a.astype("int64") * (b.max() + 1) + b)[0]


def adds_the_ids(a, b):
    return pd.factorize(a + b)[0]


def factor_too_small(a, b):
    return pd.factorize(a * 100 + b)[0]


def factor_of_a_thousand(a, b):
    return pd.factorize(a * 1000 + b)[0]


def factor_is_number_of_rows(a, b):
    return pd.factorize(a * len(b) + b)[0]


def factor_is_largest_id(a, b):
    return pd.factorize(a * b.max() + b)[0]


def multiplies_the_ids(a, b):
    return pd.factorize(a * b)[0]


def forgets_the_order(a, b):
    low, high = np.minimum(a, b), np.maximum(a, b)
    return pd.factorize(low * (high.max() + 1) + high)[0]


def texts_run_together(a, b):
    return pd.factorize(pd.Series(a).astype(str) + pd.Series(b).astype(str))[0]


def numbered_by_size(a, b):
    return np.unique(a * (b.max() + 1) + b, return_inverse=True)[1]


def numbers_from_one(a, b):
    return pd.factorize(a * (b.max() + 1) + b)[0] + 1


def numbers_the_changes(a, b):
    return np.cumsum(np.append(False, (a[1:] != a[:-1]) | (b[1:] != b[:-1])))


def a_new_number_each_row(a, b):
    return np.arange(len(a))


mistakes = [
    wrong(
        adds_the_ids,
        "You add the two ids, so 1 + 2 and 2 + 1 and 0 + 3 all meet. Different pairs need different numbers.",
    ),
    wrong(
        factor_too_small,
        (
            "You multiply the first id by 100 and add the second. As soon as a second id reaches the factor, two "
            "pairs meet: (3, 105) and (4, 5). No fixed factor is safe for all ids."
        ),
    ),
    wrong(
        factor_of_a_thousand,
        (
            "You multiply the first id by 1000 and add the second. That only moves the limit: (3, 1005) and (4, 5) "
            "meet. Use a factor larger than every second id, or no factor."
        ),
    ),
    wrong(
        factor_is_number_of_rows,
        (
            "Your factor is the number of rows. That says nothing about the ids: a second id may be larger, and "
            "then two pairs meet. It must exceed the largest second id."
        ),
    ),
    wrong(
        factor_is_largest_id,
        (
            "Nearly: with the largest second id m as the factor, (0, m) and (1, 0) meet. The factor must be larger "
            "than every second id, so one more."
        ),
    ),
    wrong(multiplies_the_ids, "You multiply the two ids: every pair with a zero meets, and so do 2 x 6 and 3 x 4."),
    wrong(
        forgets_the_order,
        (
            "The pairs (1, 12) and (12, 1) get one number. The first id is a user, say, and the second an ad: "
            "order counts."
        ),
    ),
    wrong(
        texts_run_together,
        "You glue the digits together, so 1 with 12 and 11 with 2 both give 112. Put a separator between them.",
    ),
    wrong(
        numbered_by_size,
        "The pairs are told apart, but numbered in sorted order. Number them in order of first appearance.",
    ),
    wrong(
        numbers_from_one,
        "The pairs are told apart and in the right order, but you begin at 1. The first pair gets the number 0.",
    ),
    wrong(
        numbers_the_changes,
        (
            "You count how often the pair differs from the row before. A pair that comes back later then gets a "
            "second number: remember what it had."
        ),
    ),
    wrong(
        a_new_number_each_row,
        "You give every row a number of its own. A pair that comes back must get the number that it had before.",
    ),
]
