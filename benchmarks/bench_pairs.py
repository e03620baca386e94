"""What the search for pairs finds on the simulated log, what it costs, and what each part of the machines adds.

Train on days 1 to 12, test on days 13 and 14; shares of the oracle. Each line of a machine changes one thing of the
line above it. The references are told the crosses that the simulator's documentation names.

Run: python benchmarks/bench_pairs.py [--rows 300000] [--seeds 0 1 2]
     python benchmarks/bench_pairs.py --ratings     MovieLens as in lesson 09: is it the vectors, or the penalties?
"""

import argparse
import time
from itertools import combinations
from unittest.mock import patch

import numpy as np
import pandas as pd

from mlpipe.click_metrics import share_of_oracle
from mlpipe.ctr import FactorizationMachine, FieldAwareFM, HashedLogisticRegression, choose_pairs, screen_pairs, tuned
from mlpipe.datasets import movielens
from mlpipe.simulator import simulate_ad_log
from mlpipe.uncertainty import bootstrap_mean

EVERY_TWO = list(combinations(tuned.RAW, 2))
TOLD = [(("audience", "age_group"), "category")] + [cross for cross in tuned.CROSSES if len(cross) == 2]
MODELS = {
    "regression": HashedLogisticRegression(),
    "  crosses found": HashedLogisticRegression(crosses="auto"),
    "  crosses told": HashedLogisticRegression(crosses=tuned.CROSSES),
    "machine, 8 factors, all pairs": FactorizationMachine(8, pairs="all"),
    "  4 factors": FactorizationMachine(pairs="all"),
    "  penalty 30": FactorizationMachine(pairs="all", factor_l2=30),
    "  a weight a pair of columns": FactorizationMachine(pairs=EVERY_TWO),
    "  screened pairs, no weights": FactorizationMachine(),
    "  screened pairs, a weight each": FactorizationMachine(),
    "field-aware machine, every two columns": FieldAwareFM("all"),
    "  pairs found": FieldAwareFM(),
    "  pairs told": FieldAwareFM(TOLD),
}


def ratings(seeds: list[int]) -> None:
    """The penalty of each column is learned in all but the first two: only the last one has vectors."""
    films = movielens()
    table = films.ratings.merge(films.items, on="item_id").eval("clicked = rating >= 4")
    columns = ["user_id", "item_id", "genres", "year"]
    for seed in seeds:
        held = np.random.default_rng(seed).random(len(table)) < 0.2
        train, test = table[~held], table[held]
        y, losses = test["clicked"].to_numpy(), {}
        found = choose_pairs(train[columns], train["clicked"])
        models = {
            "regression": HashedLogisticRegression(),
            "crosses": HashedLogisticRegression(crosses=found),
            "no vectors": FactorizationMachine(pairs=[]),
            "no vectors, crosses": FactorizationMachine(pairs=[], crosses=found),
            "vectors": FieldAwareFM(found),
        }
        for name, model in models.items():
            p = model.fit(train[columns], train["clicked"]).predict_proba(test[columns])[:, 1]
            losses[name] = -np.log(np.where(y, p, 1 - p))
        rate = train["clicked"].mean()
        base = -np.log(np.where(y, rate, 1 - rate)).sum()
        print(f"\nSeed {seed}, {found}: of the base rate's log loss, one saves more than the other (users drawn anew)")
        for better, other in combinations(reversed(models), 2):
            by_user = pd.Series(losses[other] - losses[better]).groupby(test["user_id"].to_numpy()).sum()
            x = bootstrap_mean(by_user * len(by_user) / base)
            print(f"  {better:20} over {other:20}{x.estimate:8.2%}  ({x.low:.2%} to {x.high:.2%})", flush=True)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=300_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    parser.add_argument("--ratings", action="store_true")
    options = parser.parse_args()
    if options.ratings:
        ratings(options.seeds)
        return
    shares = {name: [] for name in MODELS}
    spent = {name: [] for name in MODELS}
    for seed in options.seeds:
        log = simulate_ad_log(options.rows, seed=seed)
        late = (log.impressions["timestamp"] >= "2026-01-17").to_numpy()
        train, test = log.impressions[~late], log.impressions[late]
        y, y_test = train["clicked"].to_numpy(), test["clicked"].to_numpy()
        start = time.process_time()
        chosen = choose_pairs(train[tuned.RAW], y)
        taken = time.process_time() - start
        print(f"\nSeed {seed}: {len(screen_pairs(train[tuned.RAW], y))} pairs screened; chosen in {taken:.1f} s CPU:")
        print("  " + ", ".join(" x ".join(pair) for pair in chosen), flush=True)
        for name, model in MODELS.items():
            start = time.process_time()
            with patch("mlpipe.ctr.fm.FIELD_WEIGHT_RATE", 0.0 if "no weights" in name else 0.02):
                model.fit(train[tuned.RAW], y)
            spent[name].append(time.process_time() - start)
            p = model.predict_proba(test[tuned.RAW])[:, 1]
            shares[name].append(share_of_oracle(y_test, p, log.true_ctr[late], y.mean()))
            print(f"  {name:40}{shares[name][-1]:7.1%}{spent[name][-1]:8.1f} s", flush=True)
    print("\nMean and range of the shares, CPU over that of the regression")
    for name, found in shares.items():
        ratio = np.mean(spent[name]) / np.mean(spent["regression"])
        print(f"  {name:40}{np.mean(found):7.1%}  {min(found):.1%} to {max(found):.1%}{ratio:8.1f}")


if __name__ == "__main__":
    main()
