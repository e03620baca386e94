"""Exercises of lesson 03: counters of the past, out-of-fold means, the id of a pair."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake


def draw_log(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_keys = ((6, 2), (40, 5), (300, 40))[number]
    keys = rng.integers(0, n_keys, size=n_rows)
    keys[:3] = (1, 1, 0)  # a key that comes back, and one that is new later
    clicked = (rng.random(n_rows) < 0.3).astype(int)
    clicked[:3] = (1, 0, 1)
    return keys, clicked, float(rng.uniform(0.02, 0.1)), float(rng.uniform(2, 30))


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
    n_rows, n_keys, n_folds = ((8, 3, 2), (45, 6, 3), (240, 30, 5))[number]
    keys = rng.integers(0, n_keys, size=n_rows)
    y = (rng.random(n_rows) < 0.4).astype(float)
    fold = rng.permutation(np.arange(n_rows) % n_folds)
    # one key in one fold only, and two rows of a key and a fold with different labels
    first, second = np.flatnonzero(fold == 0)[:2]
    keys[first] = keys[second] = n_keys
    y[first], y[second] = 1.0, 0.0
    third, fourth = np.flatnonzero(fold == 1)[:2]
    keys[third] = keys[fourth] = 0
    y[third], y[fourth] = 0.0, 1.0
    fifth, sixth = np.flatnonzero(fold == 0)[2:4]
    keys[fifth], y[fifth] = 0, 1.0
    if np.isclose(y[fold != 0].mean(), y.mean()):  # then the mean of all rows would pass for that of other folds
        y[sixth] = 1 - y[sixth]
    return keys, y, fold


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
        "Loop over the rows and build two masks: one for the rows of other folds, one for those among them with the same "
        "key. Ask `.any()` of the second mask to decide which of the two gives the mean.",
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
            "no_fallback",
            "Where a key has no rows in other folds you return no number. Use the mean over all rows of other folds.",
            FOLDS.format(others="fold != fold[row]", fallback="np.nan"),
        ),
    ),
    draw=draw_folds,
    takeaway="A row's label must not reach its own feature, not even through another row of its fold.",
)


def draw_pairs(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_ids = ((9, 3), (50, 6), (400, 1_000_000))[number]
    # mirrored pairs, equal sums, equal products, texts that run together, a small factor for the first id
    planted = np.array([(12, 1), (1, 12), (2, 12), (1, 13), (0, 5), (0, 6), (11, 2), (3, 105), (4, 5)])
    rows = np.concatenate([planted, rng.integers(0, n_ids, size=(n_rows - len(planted), 2))])
    if number == 2:  # factors that depend on the data, or look large
        rows[9:15] = [(7, 1003), (8, 3), (20, n_rows + 3), (21, 1), (30, n_ids), (31, 0)]
    rows = rng.permutation(rows)
    rows = np.concatenate([rows, rows[-1:], rows[:1]])  # pairs that come back, at once and later
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
        "Keep a dictionary from tuple to number. When a pair is new, `len(seen)` is the next free number; when it is not, the "
        "dictionary knows. Collect one number for each pair of `zip(a, b)`.",
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
            "You multiply the first id by a fixed number and add the second. As soon as a second id reaches that number, two pairs meet: (3, 105) and (4, 5), for a hundred.",
            "import pandas as pd\n\n\ndef cross(a, b):\n    return pd.factorize(a * 100 + b)[0]\n",
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
            "a_new_number_each_row",
            "A pair that comes back must get the number that it had before.",
            "import numpy as np\n\n\ndef cross(a, b):\n    return np.arange(len(a))\n",
        ),
    ),
    draw=draw_pairs,
    takeaway="A cross is a new id: the model then learns one weight for each pair.",
)

EXERCISES = (PAST_RATE, OUT_OF_FOLD, CROSS)
