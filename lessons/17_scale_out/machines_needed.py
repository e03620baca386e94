"""How many machines."""

import math

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "Do three times the rows take three times the seconds? The measured sizes tell how the cost grows.",
    "On logarithmic axes seconds ~ rows^a is a line: fit it, and read it at the target.",
    "`np.polyfit(np.log(rows), np.log(seconds), 1)` gives slope and height. Machines: the seconds over what one machine "
    "does in the window, `window * efficiency`, rounded up.",
)
takeaway = (
    "A line through three sizes is a guess beyond them. A fixed start bends it: subtract it first. So do data that no "
    "longer fit (the disk works), a hot key, and machines that wait. Measure one size near the target before you buy."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n = (3, 4, 6)[number]
    rows = 1e6 * np.sort(rng.choice(np.arange(1, 30), n, replace=False))
    power = (1.25, 0.9, 1.1)[number] + rng.uniform(-0.05, 0.05)
    seconds = 2e-6 * 1e6 * (rows / 1e6) ** power * np.exp(rng.normal(0, 0.06, n))
    target = rows.max() * float(rng.integers(80, 120))
    efficiency = (0.6, 0.7, 0.8)[number]
    whole = np.exp(np.polyval(np.polyfit(np.log(rows), np.log(seconds), 1), np.log(target)))
    window = whole / efficiency / ((6, 15, 40)[number] + rng.uniform(0.2, 0.4))  # well between two numbers
    order = rng.permutation(n)
    return rows[order], seconds[order], target, window, efficiency


def machines_needed(rows, seconds, target, window, efficiency):
    power, height = np.polyfit(np.log(rows), np.log(seconds), 1)
    whole = np.exp(height) * target**power
    return math.ceil(whole / (window * efficiency))


def another(rows, seconds, target, window, efficiency):
    line = np.polynomial.Polynomial.fit(np.log2(rows), np.log2(seconds), 1)
    return math.ceil(2 ** line(np.log2(target)) / (efficiency * window))


equivalent = {
    "power, height = np.polyfit(np.log1p(rows), np.log(seconds), 1)": "one row more of a million changes nothing"
}
mistakes = [
    edit(
        "np.exp(height) * target**power",
        "seconds[rows.argmax()] / rows.max() * target",
        "in_proportion",
        "You extend the largest size in proportion. The sizes show that the cost does not grow so: fit the power.",
    ),
    edit(
        "math.ceil",
        "math.floor",
        "rounded_down",
        "Rounded down, the work is not done in the window. Machines come whole: round up.",
    ),
    edit(
        "(window * efficiency)",
        "window",
        "all_of_each_machine",
        "You count all of each machine. Some of its time goes into moving rows and waiting: `efficiency` is what is left.",
    ),
    edit(
        "(window * efficiency)",
        "window * efficiency",
        "efficiency_on_the_wrong_side",
        "You multiply the work by the efficiency, as if less efficient machines had less to do. It belongs to the window.",
    ),
]
