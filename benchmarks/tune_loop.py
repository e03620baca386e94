"""Priors for the loops of lesson 15, chosen by the clicks of all rounds in worlds that the lesson does not use.

OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/tune_loop.py [n_worlds]

Each policy gets the same 20 priors: the rate before any click, a / b, and the looks that it is worth, b. The line of
the attributes gets three penalties. Clicks a visit are the mean of the two shops of the lesson, whose own code runs here.
Four worlds take about three minutes.
"""

import sys
from itertools import product

import numpy as np

from mlpipe import paths
from mlpipe.workshop import lessons

RATES, LOOKS = (0.03, 0.1, 0.2, 0.3), (1, 2, 5, 10, 20)
PENALTIES = (0.1, 1, 10)
FIRST_WORLD = 1000  # the lesson takes 0 to 99
NEEDED = ("def by_lot", "def explore", "def loop")  # cells of the lesson


def lesson_code() -> dict:
    """What the cells of the lesson define that make a loop."""
    (lesson,) = lessons.find(paths.FILES, "15")
    names: dict = {"SEED": 0, "SCALE": "small"}
    for cell in lessons.from_text(lesson).cells:
        if cell.cell_type == "code" and any(start in cell.source for start in NEEDED):
            exec(cell.source.split("\nn_worlds, n_rounds")[0], names)
    return names


def main(n_worlds: int = 4) -> None:
    names = lesson_code()

    def clicks() -> np.ndarray:
        runs = [names["loop"](FIRST_WORLD + i, churn) for i in range(n_worlds) for churn in (0, 0.01)]
        return np.mean(runs, axis=0)[:, 1:, 0].mean(axis=1)

    tried = list(names["PRIOR"])
    plans, names["PLANS"] = names["PLANS"], {name: names["PLANS"][name] for name in tried}
    found = {}
    for rate, looks in product(RATES, LOOKS):
        names["PRIOR"] = dict.fromkeys(tried, (rate * looks, looks))
        found[rate, looks] = clicks()
        print(
            f"a / b {rate:.2f}, b {looks:2d}: "
            + ", ".join(f"{n} {v:.3f}" for n, v in zip(tried, found[rate, looks], strict=True))
        )
    for i, name in enumerate(tried):
        (rate, looks), value = max(((key, value[i]) for key, value in found.items()), key=lambda pair: pair[1])
        print(f"best for {name}: a {rate * looks:g}, b {looks:g}: {value:.3f} clicks a visit")
        names["PRIOR"][name] = (rate * looks, looks)
    names["PLANS"] = {name: plan for name, plan in plans.items() if plan[0] == "line"}
    line = names["by_line"]
    for l2 in PENALTIES:
        names["by_line"] = lambda *args, l2=l2: line(*args, l2=l2)
        print(f"l2 {l2:g}: " + ", ".join(f"{n} {v:.3f}" for n, v in zip(names["PLANS"], clicks(), strict=True)))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
