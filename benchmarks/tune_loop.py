"""Priors for the loops of lesson 15, chosen by the clicks of all rounds in worlds that the lesson does not use.

OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/tune_loop.py [n_worlds]

Each policy gets the same 20 priors: the rate before any click, a / b, and the looks that it is worth, b. The line of
the attributes gets three penalties. Clicks a visit are the mean of the lesson's two shops. Four worlds take about five
minutes.
"""

import sys
from functools import partial
from itertools import product

import pandas as pd

from mlpipe import paths
from mlpipe.workshop import lessons
from mlpipe.worlds import by_attributes, feedback_loop, greedy, last_slot, random_slots

RATES, LOOKS = (0.03, 0.1, 0.2, 0.3), (1, 2, 5, 10, 20)
PENALTIES = (0.1, 1, 10)
FIRST_WORLD = 1000  # the lesson takes 0 to 99


def thompson():
    """The lesson's own."""
    (lesson,) = lessons.find(paths.FILES, "15")
    (cell,) = (cell for cell in lessons.from_text(lesson).cells if "\ndef thompson" in cell.source)
    names = {"np": __import__("numpy"), "n_items": 600}
    exec(cell.source.split("\nPOLICIES")[0], names)
    return names["thompson"]


def clicks(policies, n_worlds: int) -> pd.Series:
    """Clicks a visit over all rounds but the first, by policy."""
    runs = pd.concat(
        feedback_loop(policies, FIRST_WORLD + i, churn=churn) for i in range(n_worlds) for churn in (0, 0.01)
    )
    return runs[runs["round"] > 0].groupby("policy")["served"].mean()[list(policies)]


def main(n_worlds: int = 4) -> None:
    drawn, found = thompson(), {}
    for rate, looks in product(RATES, LOOKS):
        prior = {"a": rate * looks, "b": looks}
        own = partial(greedy, **prior)
        policies = {
            "greedy": own,
            "random 5 %": partial(random_slots, own=own),
            "last slot": partial(last_slot, own=own),
            "Thompson": partial(drawn, **prior),
        }
        found[f"a {rate * looks:g}, b {looks}"] = clicks(policies, n_worlds)
        print(
            f"a {rate * looks:g}, b {looks}: {found[f'a {rate * looks:g}, b {looks}'].round(3).to_dict()}", flush=True
        )
    table = pd.DataFrame(found).T
    for name in table:
        print(f"best for {name}: {table[name].idxmax()}: {table[name].max():.3f} clicks a visit")
    for l2 in PENALTIES:
        line = partial(by_attributes, l2=l2)
        policies = {"attributes": line, "attributes + 5 %": partial(random_slots, own=line)}
        print(f"l2 {l2:g}: {clicks(policies, n_worlds).round(3).to_dict()}")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:2]))
