"""Exercises of lesson 03: counters of the past, out-of-fold means, the id of a pair."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake


def draw_log(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_keys = ((7, 2), (40, 5), (300, 40))[number]
    names = rng.choice(100, size=n_keys, replace=False)
    keys = rng.integers(0, n_keys, size=n_rows)
    clicked = (rng.random(n_rows) < 0.3).astype(int)
    # One key that comes back twice, with a click and without, and another one between.
    keys[:4] = (1, 1, 0, 1)
    clicked[:2] = rng.permutation(2)
    return names[keys], clicked, float(rng.uniform(0.02, 0.1)), float(rng.uniform(2, 30))


PAST = """
import numpy as np


def past_click_rate(keys, clicked, prior_rate, prior_strength):
    shown, clicks = {{}}, {{}}
    rates = np.empty(len(keys))
    for row, (key, click) in enumerate(zip(keys, clicked)):
{body}
    return rates
"""


def past(first: str, second: str) -> str:
    lines = {
        "read": """
        n, c = shown.get(key, 0), clicks.get(key, 0)
        rates[row] = (c + prior_strength * prior_rate) / (n + prior_strength)""",
        "write": """
        shown[key] = shown.get(key, 0) + 1
        clicks[key] = clicks.get(key, 0) + click""",
    }
    return PAST.format(body=(lines[first] + lines[second]).strip("\n"))


SHIFTED = """
import pandas as pd


def past_click_rate(keys, clicked, prior_rate, prior_strength):
    groups = pd.Series(clicked).groupby(keys)
    n = {n}
    c = groups.cumsum().shift(1, fill_value=0)
    return ((c + prior_strength * prior_rate) / (n + prior_strength)).to_numpy()
"""


PAST_RATE = Definition(
    id="03.past_rate",
    title="A counter that knows only the past",
    core=True,
    stub="""
def past_click_rate(keys, clicked, prior_rate, prior_strength):
    ...
""",
    hints=(
        "Take one key and write its rows on paper. What did the server know at the first of them? At the second?",
        "Walk through the rows in order and keep two counters for each key: impressions and clicks. At each row there are "
        "two things to do. Their order is the whole point.",
        "Two dictionaries, `shown` and `clicks`, with `.get(key, 0)`. In the loop: first compute the rate of this row from "
        "the counters as they are, then add this row to them. Start with `rates = np.empty(len(keys))`.",
    ),
    solution=past("read", "write"),
    another="""
import pandas as pd


def past_click_rate(keys, clicked, prior_rate, prior_strength):
    rows = pd.DataFrame({"key": keys, "clicked": clicked})
    groups = rows.groupby("key")
    n = groups.cumcount()
    c = groups["clicked"].cumsum() - rows["clicked"]
    return ((c + prior_strength * prior_rate) / (n + prior_strength)).to_numpy()
""",
    mistakes=(
        Mistake(
            "counts_its_own_click",
            "The row's own click is inside its feature: that is the label. Read the counters before you add the row.",
            past("write", "read"),
        ),
        Mistake(
            "as_of_now",
            "This is the rate over all rows of the key, the future included: the as-of-now counter. Use earlier rows only.",
            """
import numpy as np


def past_click_rate(keys, clicked, prior_rate, prior_strength):
    n = np.array([(keys == key).sum() for key in keys])
    c = np.array([clicked[keys == key].sum() for key in keys])
    return (c + prior_strength * prior_rate) / (n + prior_strength)
""",
        ),
        Mistake(
            "all_other_rows",
            "You leave out the row itself, but later rows of its key still count. At that moment they had not happened.",
            """
import numpy as np


def past_click_rate(keys, clicked, prior_rate, prior_strength):
    n = np.array([(keys == key).sum() for key in keys]) - 1
    c = np.array([clicked[keys == key].sum() for key in keys]) - clicked
    return (c + prior_strength * prior_rate) / (n + prior_strength)
""",
        ),
        Mistake(
            "shifted_over_all_rows",
            "You shift the counters by one row of the log, so a row gets those of whatever key stood above it. Shift inside each key.",
            SHIFTED.format(n="(groups.cumcount() + 1).shift(1, fill_value=0)"),
        ),
        Mistake(
            "clicks_shifted_over_all_rows",
            "Your impressions are right, but the clicks are shifted by one row of the log and may belong to another key. Shift them inside each key.",
            SHIFTED.format(n="groups.cumcount()"),
        ),
        Mistake(
            "previous_row_only",
            "You use only the row of the key just before this one. The history is all earlier rows of the key: add them up.",
            past("read", "write").replace("shown.get(key, 0) + 1", "1").replace("clicks.get(key, 0) + click", "click"),
        ),
        Mistake(
            "nothing_for_a_first_row",
            "The first row of a key has no history, and you give it no number. Without history the rate is the prior.",
            past("read", "write").replace(
                "(c + prior_strength * prior_rate) / (n + prior_strength)",
                "(c + prior_strength * prior_rate) / (n + prior_strength) if n else np.nan",
            ),
        ),
        Mistake(
            "ignores_the_key",
            "You count all earlier rows. Each key has a history of its own.",
            """
import numpy as np


def past_click_rate(keys, clicked, prior_rate, prior_strength):
    n = np.arange(len(keys))
    c = np.cumsum(clicked) - clicked
    return (c + prior_strength * prior_rate) / (n + prior_strength)
""",
        ),
        Mistake(
            "not_smoothed",
            "This is the plain rate, with the prior only where there is no history. One click in one impression is not a "
            "rate of 100 %: add the prior to every row, with its strength.",
            past("read", "write").replace(
                "(c + prior_strength * prior_rate) / (n + prior_strength)", "c / n if n else prior_rate"
            ),
        ),
        Mistake(
            "prior_without_strength",
            "In the numerator the prior counts as `prior_strength` impressions, so it gives strength times rate clicks.",
            past("read", "write").replace("c + prior_strength * prior_rate", "c + prior_rate"),
        ),
        Mistake(
            "includes_own_impression",
            "You count the row's own impression but not its click, so every rate is too low. Both belong to the future.",
            past("read", "write").replace("/ (n + prior_strength)", "/ (n + 1 + prior_strength)"),
        ),
    ),
    draw=draw_log,
    takeaway="Read, then write: the order of two lines separates a feature from a leak.",
)


def draw_folds(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_keys, n_folds = ((10, 3, 2), (45, 6, 3), (240, 30, 5))[number]
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


FOLDS = """
import numpy as np


def out_of_fold_mean(keys, y, fold):
    result = np.empty(len(y))
    for row in range(len(y)):
        others = {others}
        same_key = others & (keys == keys[row])
        result[row] = y[same_key].mean() if same_key.any() else {fallback}
    return result
"""


OUT_OF_FOLD = Definition(
    id="03.out_of_fold",
    title="Out of fold",
    stub="""
def out_of_fold_mean(keys, y, fold):
    ...
""",
    hints=(
        "For one row, which rows may speak? Not its own fold, and only its own key.",
        "Two conditions on arrays, joined with `&`: another fold, and the same key. When no row meets both, only the first "
        "one is left.",
        "In a loop over the rows, a mask picks the rows that may speak, and `y[mask].mean()` is what they say. `.any()` "
        "tells whether a mask picks any row at all. Which mask is left when it does not?",
    ),
    solution=FOLDS.format(others="fold != fold[row]", fallback="y[others].mean()"),
    another="""
import pandas as pd


def out_of_fold_mean(keys, y, fold):
    rows = pd.DataFrame({"key": keys, "y": y, "fold": fold})
    by_key = rows.groupby("key")["y"]
    by_both = rows.groupby(["key", "fold"])["y"]
    by_fold = rows.groupby("fold")["y"]
    total = by_key.transform("sum") - by_both.transform("sum")
    count = by_key.transform("count") - by_both.transform("count")
    overall = (rows["y"].sum() - by_fold.transform("sum")) / (len(rows) - by_fold.transform("count"))
    return (total / count.where(count > 0)).fillna(overall).to_numpy()
""",
    mistakes=(
        Mistake(
            "in_sample_mean",
            "Every row of the key speaks, the row itself included: the in-sample mean. Leave out the row's fold.",
            FOLDS.format(others="np.ones(len(y), dtype=bool)", fallback="y.mean()"),
        ),
        Mistake(
            "leaves_out_only_the_row",
            "You leave out the row, but its fold still speaks. That leaks, too: rows of one key reveal each other's labels.",
            FOLDS.format(others="np.arange(len(y)) != row", fallback="y[others].mean()"),
        ),
        Mistake(
            "own_fold_only",
            "You use the row's own fold and leave out the others. It is the other way round.",
            FOLDS.format(others="fold == fold[row]", fallback="y[others].mean()"),
        ),
        Mistake(
            "fallback_sees_own_fold",
            "Where a key has no rows elsewhere, you use the mean of all rows. The row's own fold is in it: use other folds.",
            FOLDS.format(others="fold != fold[row]", fallback="y.mean()"),
        ),
        Mistake(
            "fallback_zero",
            "Where a key has no rows in other folds you return 0, as if nobody clicked. Use the mean over all rows of other folds.",
            FOLDS.format(others="fold != fold[row]", fallback="0.0"),
        ),
        Mistake(
            "fallback_own_fold",
            "Where a key has no rows elsewhere, you use the mean of the row's own fold, with its own label in it. Use the other folds.",
            FOLDS.format(others="fold != fold[row]", fallback="y[~others].mean()"),
        ),
        Mistake(
            "fallback_in_sample",
            "Where a key has no rows elsewhere, you use its rows in the row's own fold, the row itself included. Use all rows of other folds.",
            FOLDS.format(others="fold != fold[row]", fallback="y[keys == keys[row]].mean()"),
        ),
        Mistake(
            "no_fallback",
            "Where a key has no rows in other folds you return no number. Use the mean over all rows of other folds.",
            FOLDS.format(others="fold != fold[row]", fallback="np.nan"),
        ),
    ),
    draw=draw_folds,
    takeaway="A row's label must not reach its own feature, not even through a row of the same fold.",
)


def draw_pairs(rng: np.random.Generator, number: int) -> tuple:
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


CROSS = Definition(
    id="03.cross",
    title="The id of a pair",
    stub="""
def cross(a, b):
    ...
""",
    hints=(
        "Try the pairs (1, 2), (2, 1) and (3, 0) on paper: three different pairs, three different numbers.",
        "You can make a tuple of the two ids. Remember which tuples you have met, and what number each one got.",
        "Keep a dictionary `seen` from pair to number and walk through `zip(a, b)`. `len(seen)` is the next free number.",
    ),
    solution="""
import numpy as np


def cross(a, b):
    seen = {}
    numbers = []
    for first, second in zip(a.tolist(), b.tolist()):
        numbers.append(seen.setdefault((first, second), len(seen)))
    return np.array(numbers)
""",
    another="""
import pandas as pd


def cross(a, b):
    return pd.factorize(a.astype("int64") * (b.max() + 1) + b)[0]
""",
    mistakes=(
        Mistake(
            "adds_the_ids",
            "You add the two ids, so 1 + 2 and 2 + 1 and 0 + 3 all meet. Different pairs need different numbers.",
            "import pandas as pd\n\n\ndef cross(a, b):\n    return pd.factorize(a + b)[0]\n",
        ),
        Mistake(
            "factor_too_small",
            "You multiply the first id by 100 and add the second. As soon as a second id reaches the factor, two pairs meet: (3, 105) and (4, 5). No fixed factor is safe for all ids.",
            "import pandas as pd\n\n\ndef cross(a, b):\n    return pd.factorize(a * 100 + b)[0]\n",
        ),
        Mistake(
            "factor_of_a_thousand",
            "You multiply the first id by 1000 and add the second. That only moves the limit: (3, 1005) and (4, 5) meet. Use a factor larger than every second id, or no factor.",
            "import pandas as pd\n\n\ndef cross(a, b):\n    return pd.factorize(a * 1000 + b)[0]\n",
        ),
        Mistake(
            "factor_is_number_of_rows",
            "Your factor is the number of rows. That says nothing about the ids: a second id may be larger, and then two pairs meet. It must exceed the largest second id.",
            "import pandas as pd\n\n\ndef cross(a, b):\n    return pd.factorize(a * len(b) + b)[0]\n",
        ),
        Mistake(
            "factor_is_largest_id",
            "Nearly: with the largest second id m as the factor, (0, m) and (1, 0) meet. The factor must be larger than every second id, so one more.",
            "import pandas as pd\n\n\ndef cross(a, b):\n    return pd.factorize(a * b.max() + b)[0]\n",
        ),
        Mistake(
            "multiplies_the_ids",
            "You multiply the two ids: every pair with a zero meets, and so do 2 x 6 and 3 x 4.",
            "import pandas as pd\n\n\ndef cross(a, b):\n    return pd.factorize(a * b)[0]\n",
        ),
        Mistake(
            "forgets_the_order",
            "The pairs (1, 12) and (12, 1) get one number. The first id is a user, say, and the second an ad: order counts.",
            """
import numpy as np
import pandas as pd


def cross(a, b):
    low, high = np.minimum(a, b), np.maximum(a, b)
    return pd.factorize(low * (high.max() + 1) + high)[0]
""",
        ),
        Mistake(
            "texts_run_together",
            "You glue the digits together, so 1 with 12 and 11 with 2 both give 112. Put a separator between them.",
            """
import pandas as pd


def cross(a, b):
    return pd.factorize(pd.Series(a).astype(str) + pd.Series(b).astype(str))[0]
""",
        ),
        Mistake(
            "numbered_by_size",
            "The pairs are told apart, but numbered in sorted order. Number them in order of first appearance.",
            """
import numpy as np


def cross(a, b):
    return np.unique(a * (b.max() + 1) + b, return_inverse=True)[1]
""",
        ),
        Mistake(
            "numbers_from_one",
            "The pairs are told apart and in the right order, but you begin at 1. The first pair gets the number 0.",
            "import pandas as pd\n\n\ndef cross(a, b):\n    return pd.factorize(a * (b.max() + 1) + b)[0] + 1\n",
        ),
        Mistake(
            "numbers_the_changes",
            "You count how often the pair differs from the row before. A pair that comes back later then gets a second number: remember what it had.",
            """
import numpy as np


def cross(a, b):
    return np.cumsum(np.append(False, (a[1:] != a[:-1]) | (b[1:] != b[:-1])))
""",
        ),
        Mistake(
            "a_new_number_each_row",
            "You give every row a number of its own. A pair that comes back must get the number that it had before.",
            "import numpy as np\n\n\ndef cross(a, b):\n    return np.arange(len(a))\n",
        ),
    ),
    draw=draw_pairs,
    takeaway="A cross is a new id: the model then learns one weight for each pair.",
)

EXERCISES = (PAST_RATE, OUT_OF_FOLD, CROSS)
