"""The id of a pair."""

import numpy as np
import pandas as pd

from mlpipe.course.definition import edit

hints = (
    "Try the pairs (1, 2), (2, 1) and (3, 0) on paper: three different pairs, three different numbers.",
    "You can make a tuple of the two ids. Remember which tuples you have met, and what number each one got.",
    "Keep a dictionary `seen` from pair to number and walk through `zip(a, b)`. `len(seen)` is the next free number.",
)
takeaway = "A cross is a new id: the model then learns one weight for each pair."


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_ids = ((24, 9), (60, 50), (400, 1_000_000))[number]
    largest = (1_100, 2_000, 1_100_000)[number] + int(rng.integers(1, 100))
    first, second, third = rng.permutation(np.arange(1, 10))[:3]
    # Mirrored pairs, a product of zero, digits that run together.
    planted = [(first, second), (second, first), (0, third)]
    planted += [(first, 10 * second + third), (10 * first + second, third)]
    # For each factor m, a * m + b is one number for (k, largest) and (k + 1, largest - m); m = 1 is the sum.
    k = 2 * int(rng.integers(5, 15))  # even, so that adding 1,024 * k and setting its bits are one
    factors = [1, 100, 1_000, 1_024, n_rows, largest - 1, largest]
    if number == 2:  # and the same with the second id multiplied
        factors += [10_000, 2**16, 100_000, 1_000_000, 2**20]
        planted += [(largest, k)] + [(largest - m, k + 1) for m in factors]
    else:  # and for the largest first id, and one more
        planted += [(100 + k, third)]
        factors += [100 + k, 101 + k]
    planted += [(k, largest)] + [(k + 1, largest - m) for m in factors]
    others = rng.integers(0, n_ids, size=(n_rows - 4 - len(planted), 2))
    # And one for the number of different second ids, of which it is one more.
    planted += [(k + 1, largest - len({b for _, b in [*planted, *others.tolist()]}) - 1)]
    rows = rng.permutation(np.concatenate([planted, others]))
    # Pairs that come back, at once and later.
    rows = np.concatenate([rows, rows[-1:], rows[rng.integers(0, len(rows) - 1, size=2)]])
    return rows[:, 0], rows[:, 1]


def cross(a, b):
    seen = {}
    numbers = []
    for pair in zip(a.tolist(), b.tolist()):
        if pair not in seen:
            seen[pair] = len(seen)
        numbers.append(seen[pair])
    return np.array(numbers)


def another(a, b):
    rows = pd.DataFrame({"a": a, "b": b})
    return rows.groupby(list(rows), sort=False).ngroup()


equivalent = {"for pair in zip(b.tolist(), a.tolist()):": "pairs turned round are as different"}


mistakes = [
    edit(
        "zip(a.tolist(), b.tolist())",
        "(a + b).tolist()",
        "adds_the_ids",
        "You add the two ids, so 1 + 2 and 2 + 1 and 0 + 3 all meet. Different pairs need different numbers.",
    ),
    edit(
        "zip(a.tolist(), b.tolist())",
        "(a * 100 + b).tolist()",
        "factor_too_small",
        "You multiply the first id by 100 and add the second. As soon as a second id reaches the "
        "factor, two pairs meet: (3, 105) and (4, 5). No fixed factor is safe for all ids.",
    ),
    edit(
        "zip(a.tolist(), b.tolist())",
        "(a * b.max() + b).tolist()",
        "factor_is_largest_id",
        "Nearly: with the largest second id m as the factor, (0, m) and (1, 0) "
        "meet. The factor must be larger than every second id, so one more.",
    ),
    edit(
        "zip(a.tolist(), b.tolist())",
        "(a * len(np.unique(b)) + b).tolist()",
        "factor_is_number_of_ids",
        "You multiply by how many different second ids there are. Ids have gaps, so some are "
        "larger than that, and two pairs meet. The factor must be larger than every second id.",
    ),
    edit(
        "zip(a.tolist(), b.tolist())",
        "zip(np.minimum(a, b).tolist(), np.maximum(a, b).tolist())",
        "forgets_the_order",
        "The pairs (1, 12) and (12, 1) get one number. The first id is "
        "a user, say, and the second an ad: order counts.",
    ),
    edit(
        "zip(a.tolist(), b.tolist())",
        '[f"{first}{second}" for first, second in zip(a, b)]',
        "texts_run_together",
        "You glue the digits together, so 1 with 12 and 11 with 2 both give 112. Put a separator between them.",
    ),
    edit(
        "np.array(numbers)",
        "np.unique(np.column_stack([a, b]), axis=0, return_inverse=True)[1].ravel()",
        "numbered_by_size",
        "The pairs are told apart, but numbered in sorted order. Number them in order of first appearance.",
    ),
    edit(
        "np.array(numbers)",
        "np.array(numbers) + 1",
        "numbers_from_one",
        "The pairs are told apart and in the right order, but you begin at 1. The first pair gets the number 0.",
    ),
]
