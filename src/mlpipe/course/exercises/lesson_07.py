"""Exercises of lesson 07: models that nothing beats, machines for a load, cold users on equal terms."""

import numpy as np

from mlpipe.course.exercise import Definition, Mistake


def draw_models(rng: np.random.Generator, number: int) -> tuple:
    n = (7, 12, 40)[number]
    cost = rng.permutation(np.arange(1, n + 1)).astype(float)
    quality = (np.sqrt(cost) + rng.normal(0, 0.6, size=n)).round(2)
    # Twins, one as good that costs more, one that costs the same and is worse, the best, and the most expensive.
    quality[:6] = 9.0, 9.0, 9.0, 8.0, 10.0, 9.5
    cost[:6] = n + 2, n + 2, n + 4, n + 2, n + 6, n + 8
    order = rng.permutation(n)
    return quality[order], cost[order]


PARETO = """
import numpy as np


def not_beaten(quality, cost):
    kept = []
    for i in range(len(quality)):
        no_worse = (quality >= quality[i]) & (cost <= cost[i])
        better = (quality > quality[i]) | (cost < cost[i])
        if not ({beaten}).any():
            kept.append(i)
    return np.array(kept)
"""

NOT_BEATEN = Definition(
    id="07.not_beaten",
    title="The models that nothing beats",
    core=True,
    stub="""
def not_beaten(quality, cost):
    ...
""",
    hints=(
        "Take two models. When would nobody ever choose the first, whatever quality and cost are worth to them?",
        "A model is beaten when another one is at least as good in both respects and really better in one of them. Two equal models do not beat each other.",
        "For each model i make two masks over all models: no worse in both (`>=` for quality, `<=` for cost), and strictly better in one (`|`). Where both masks are true at once, "
        "somebody beats i. Collect the others and return their positions as an array.",
    ),
    solution=PARETO.format(beaten="no_worse & better"),
    another="""
import numpy as np


def not_beaten(quality, cost):
    order = np.lexsort((-quality, cost))  # cheapest first, the better one first where they cost the same
    best, price, kept = -np.inf, None, []
    for i in order:
        if quality[i] > best:
            best, price = quality[i], cost[i]
            kept.append(i)
        elif quality[i] == best and cost[i] == price:
            kept.append(i)
    return np.sort(kept)
""",
    mistakes=(
        Mistake(
            "must_be_better_in_both",
            "You drop a model only when another is strictly better in both respects. One that is as good and cheaper beats it, too.",
            PARETO.format(beaten="(quality > quality[i]) & (cost < cost[i])"),
        ),
        Mistake(
            "drops_twins",
            "Two models with the same quality and the same cost throw each other out. Neither is better, so both stay.",
            PARETO.format(beaten="no_worse & (np.arange(len(quality)) != i)"),
        ),
        Mistake(
            "better_in_one_is_enough",
            "You drop a model as soon as another is better in one respect. Then almost nothing is left: the other must also be no worse in the second one.",
            PARETO.format(beaten="better"),
        ),
        Mistake(
            "cost_is_maximized",
            "You prefer the expensive model: cost should be small, quality large.",
            PARETO.format(beaten="no_worse & better")
            .replace("cost <= cost[i]", "cost >= cost[i]")
            .replace("cost < cost[i]", "cost > cost[i]"),
        ),
        Mistake(
            "only_the_best",
            "You keep the model with the highest quality only. A cheaper one that is a little worse may be the right choice elsewhere: keep all that nothing beats.",
            """
import numpy as np


def not_beaten(quality, cost):
    return np.flatnonzero(quality == quality.max())
""",
        ),
        Mistake(
            "quality_for_money",
            "You keep the best ratio of quality to cost. A ratio puts a price on quality, which nobody gave you: keep every model that no other beats in both.",
            """
import numpy as np


def not_beaten(quality, cost):
    ratio = quality / cost
    return np.flatnonzero(ratio == ratio.max())
""",
        ),
        Mistake(
            "a_mask_instead_of_positions",
            "You return a mask. Return the positions of the models that are left, in ascending order.",
            """
import numpy as np


def not_beaten(quality, cost):
    no_worse = (quality[:, None] >= quality) & (cost[:, None] <= cost)
    better = (quality[:, None] > quality) | (cost[:, None] < cost)
    return ~(no_worse & better).any(axis=0)
""",
        ),
        Mistake(
            "twins_once",
            "Of two equal models you keep only the first. Nothing beats the second one either.",
            """
import numpy as np


def not_beaten(quality, cost):
    order = np.lexsort((-quality, cost))
    best, kept = -np.inf, []
    for i in order:
        if quality[i] > best:
            best = quality[i]
            kept.append(i)
    return np.sort(kept)
""",
        ),
    ),
    draw=draw_models,
    takeaway="What is left is the list to discuss. Which of them to take is a question of what quality is worth, and that is not in the table.",
)


def draw_load(rng: np.random.Generator, number: int) -> tuple:
    low, high = ((3, 9), (30, 90), (300, 900))[number]
    milliseconds, cores = round(rng.uniform(7, 40), 1), int(rng.choice([4, 8, 16]))
    utilization, whole = float(rng.choice([0.42, 0.47, 0.53, 0.58, 0.63])), int(rng.integers(low, high))
    if number == 1:  # the last machine has room for a part of a core: rounding up to whole cores would ask for one more
        while (room := whole * cores * utilization % 1) < 0.2 or room > 0.9:
            whole += 1
        busy_cores = whole * cores * utilization - room / 2
    else:  # rounding to the nearest would go down
        busy_cores = (whole + rng.uniform(0.1, 0.4)) * cores * utilization
    return round(busy_cores * 1000 / milliseconds, 1), milliseconds, cores, utilization


MACHINES = """
import math


def machines(requests_per_second, milliseconds, cores, utilization):
    busy_cores = requests_per_second * milliseconds / 1000
    return {result}
"""

MACHINES_FOR_A_LOAD = Definition(
    id="07.machines",
    title="Machines for a load",
    stub="""
def machines(requests_per_second, milliseconds, cores, utilization):
    ...
""",
    hints=(
        "How many seconds of work arrive in one second? That is how many cores are busy all the time.",
        "Requests a second times seconds a request gives the busy cores. One machine offers its cores times the utilization that you allow: above it queues grow.",
        "Divide the busy cores by what one machine offers and round up to a whole machine (`math.ceil`). Mind the unit: milliseconds.",
    ),
    solution=MACHINES.format(result="math.ceil(busy_cores / (cores * utilization))"),
    another="""
import numpy as np


def machines(requests_per_second, milliseconds, cores, utilization):
    requests_per_machine = cores * utilization * 1000 / milliseconds  # a second
    return int(np.ceil(requests_per_second / requests_per_machine))
""",
    mistakes=(
        Mistake(
            "milliseconds_as_seconds",
            "You take milliseconds for seconds, so the fleet is a thousand times too large.",
            MACHINES.replace(" / 1000", "").format(result="math.ceil(busy_cores / (cores * utilization))"),
        ),
        Mistake(
            "runs_at_full_load",
            "You plan with cores that are busy all the time. Then each peak makes a queue: use only the allowed share of them.",
            MACHINES.format(result="math.ceil(busy_cores / cores)"),
        ),
        Mistake(
            "utilization_upside_down",
            "You multiply by the utilization, so a more careful plan gets fewer machines. It makes each machine worth less: divide by it.",
            MACHINES.format(result="math.ceil(busy_cores * utilization / cores)"),
        ),
        Mistake(
            "rounds_down",
            "You round down or to the nearest, so the last part of the load has no machine. Round up.",
            MACHINES.format(result="round(busy_cores / (cores * utilization))"),
        ),
        Mistake(
            "rounds_up_twice",
            "You round up to whole cores first, and then to whole machines. A core may be shared by many requests: round up once, at the end.",
            MACHINES.format(result="math.ceil(math.ceil(busy_cores) / (cores * utilization))"),
        ),
        Mistake(
            "a_part_of_a_machine",
            "The number is right, but nobody rents a part of a machine: round up.",
            MACHINES.format(result="busy_cores / (cores * utilization)"),
        ),
        Mistake(
            "forgets_the_cores",
            "You count cores, not machines: divide by the cores of one machine, too.",
            MACHINES.format(result="math.ceil(busy_cores / utilization)"),
        ),
    ),
    draw=draw_load,
    takeaway="Requests a second times seconds a request is Little's law: the mean number of requests in work. It is the first line of every capacity estimate.",
)


def draw_histories(rng: np.random.Generator, number: int) -> tuple:
    n_rows, n_users, n = ((8, 3, 2), (60, 9, 5), (500, 40, 8))[number]
    ids = rng.choice(1000, size=n_users, replace=False)
    users = ids[rng.integers(0, n_users, size=n_rows)]
    users[: n + 2] = ids[0]  # one user with more rows than n, and one with fewer, whatever the draw
    users[-1] = ids[1] if n_users < 4 else 1000 + rng.integers(100)
    users = rng.permutation(users)
    return users, rng.permutation(n_rows).astype(float), n


FIRST = """
import pandas as pd


def first_rows(users, times, n):
    rows = pd.DataFrame({"user": users, "time": times})
    age = rows.groupby("user")["time"].rank(method="first", ascending=True)
    return (age <= n).to_numpy()
"""

FIRST_ROWS = Definition(
    id="07.first_rows",
    title="Cold users on equal terms",
    stub="""
def first_rows(users, times, n):
    ...
""",
    hints=(
        "The rows are not sorted by time. Which rows did the system know when the user had given only `n`?",
        "Number the rows of each user from the earliest to the latest, then keep those numbered 1 to n. Users with fewer rows keep all of theirs.",
        '`groupby("user")["time"].rank(method="first")` numbers the rows of each user by time, in the order of the input. Compare with `n`; return a mask over the rows.',
    ),
    solution=FIRST,
    another="""
import numpy as np


def first_rows(users, times, n):
    order = np.lexsort((times, users))
    start = np.r_[True, users[order][1:] != users[order][:-1]]
    position = np.arange(len(users)) - np.maximum.accumulate(np.where(start, np.arange(len(users)), 0))
    mask = np.zeros(len(users), dtype=bool)
    mask[order] = position < n
    return mask
""",
    mistakes=(
        Mistake(
            "keeps_the_last",
            "You keep the latest rows of each user. A new user is one of whom only the first rows are known.",
            FIRST.replace("ascending=True", "ascending=False"),
        ),
        Mistake(
            "order_of_the_table",
            "You take the first rows of each user in the order of the table. The table is not sorted: use the times.",
            FIRST.replace(
                'rows.groupby("user")["time"].rank(method="first", ascending=True)',
                'rows.groupby("user").cumcount() + 1',
            ),
        ),
        Mistake(
            "first_rows_of_all",
            "You keep the first n rows of the whole log. Each user has a beginning of their own.",
            FIRST.replace('rows.groupby("user")["time"]', 'rows["time"]'),
        ),
        Mistake(
            "one_too_few",
            "Each user keeps one row too few. Count from one, or compare with `<` when you count from zero.",
            FIRST.replace("age <= n", "age < n"),
        ),
        Mistake(
            "one_too_many",
            "Each user keeps one row too many. Count from zero and compare with `<`, or from one with `<=`.",
            FIRST.replace("age <= n", "age <= n + 1"),
        ),
        Mistake(
            "drops_short_histories",
            "Users with fewer than n rows lose all of them. They keep what they have.",
            FIRST.replace("(age <= n)", '((age <= n) & (rows.groupby("user")["time"].transform("size") >= n))'),
        ),
        Mistake(
            "long_histories_only",
            "You drop whole users who have more than n rows. They stay, with their first n rows: the same users must be judged at each length.",
            FIRST.replace("(age <= n)", '(rows.groupby("user")["time"].transform("size") <= n)'),
        ),
    ),
    draw=draw_histories,
    takeaway="The test items stay the same at each length, so the curve shows what history is worth and not which users happen to be new.",
)

EXERCISES = (NOT_BEATEN, MACHINES_FOR_A_LOAD, FIRST_ROWS)
