"""The cross network against machines on screened pairs, crosses and a perceptron: the ranker's half of lesson 12.

Each model gets six settings, chosen on days 11 and 12 after training on days 1 to 10 (`--tune`); then it trains on
days 1 to 12 and is tested on 13 and 14, over seeds, in pairs. `--passes` asks what a second pass over the log does to a
network without the cures, with each of them alone, and with all. `--three` asks who finds three columns that interact
where no two do: six settings of each network on two draws of that world, the best one on others.

Run: python benchmarks/bench_deep.py --tune [--rows 300000] [--seeds 0]
     python benchmarks/bench_deep.py [--rows 1000000] [--seeds 0 1 2]
     python benchmarks/bench_deep.py --three [--seeds 0 1 2 3 4 5 6 7 8 9]
     python benchmarks/bench_deep.py --passes [--rows 300000] [--seeds 0 1 2 3 4 5 6 7 8 9]
"""

import argparse
import time
from typing import Any

import numpy as np
import pandas as pd
from ceiling_ctr import expected_share
from scipy.stats import t as student
from sklearn.base import clone
from sklearn.model_selection import ParameterGrid

from mlpipe.click_metrics import share_of_oracle
from mlpipe.ctr import CrossNetwork, FactorizationMachine, FieldAwareFM, HashedLogisticRegression, tuned
from mlpipe.simulator import AdLog, simulate_ad_log

VARIANCES = {"C": [0.02, 0.05, 0.1, 0.2, 0.4, 0.8]}
LENGTHS = {"factors": [4, 8]}
NETWORK = {"factor_l2": [20.0, 40.0, 80.0], "network_rate": [0.003, 0.006]}
GRID: dict[str, tuple[Any, dict[str, list[Any]]]] = {
    "cross network": (CrossNetwork(l2=10), NETWORK),
    "perceptron": (CrossNetwork(layers=0, hidden=(64, 32), l2=10), {**NETWORK, "factor_l2": [0.3, 1.0, 3.0]}),
    "plain FM": (FactorizationMachine(l2=10, pairs="all"), {"factor_l2": [30.0, 60.0, 120.0], **LENGTHS}),
    "screened FM": (FactorizationMachine(l2=10), {"factor_l2": [15.0, 30.0, 60.0], **LENGTHS}),
    "field-aware FM": (FieldAwareFM(l2=10), {"factor_l2": [5.0, 10.0, 20.0], **LENGTHS}),
    "crosses found": (HashedLogisticRegression(crosses="auto"), VARIANCES),
    "crosses known": (HashedLogisticRegression(crosses=tuned.CROSSES), VARIANCES),
}
CHOSEN: dict[str, dict[str, Any]] = {  # with 300,000 rows, seed 0
    "cross network": {"factor_l2": 40.0, "network_rate": 0.003},  # 20 is .2 points better, and worse in a million rows
    "perceptron": {"factor_l2": 1.0, "network_rate": 0.003},
    "plain FM": {"factor_l2": 30.0, "factors": 4},
    "screened FM": {"factor_l2": 30.0, "factors": 8},
    "field-aware FM": {"factor_l2": 10.0, "factors": 8},
    "crosses found": {"C": 0.1},
    "crosses known": {"C": 0.1},
}
CURES: dict[str, dict[str, Any]] = {  # each changes one thing
    "linear start": {"linear_start": True, "l2": 10.0},
    "frequent ids": {"min_clicks": 10.0},
    "penalised vectors": {"factor_l2": 40.0},
}
UNCURED = {"linear_start": False, "l2": 0.0, "min_clicks": 0.0, "factor_l2": 0.0}


class Days:
    """The rows of some days to train on and of the next two to score."""

    def __init__(self, log: AdLog, days: int):
        self.log, frame = log, log.impressions
        day = (frame["timestamp"] - frame["timestamp"].min().normalize()).dt.days.to_numpy()
        self.train, self.test = day < days, (day >= days) & (day < days + 2)
        self.X, self.y = frame.loc[self.train, tuned.RAW], frame["clicked"].to_numpy()[self.train]
        self.X_test, self.y_test = frame.loc[self.test, tuned.RAW], frame["clicked"].to_numpy()[self.test]

    def score(self, model: Any) -> dict[str, float]:
        """Fit and score: shares of the oracle in %, with the luck of the clicks and without, and CPU seconds of fit."""
        start = time.process_time()
        model.fit(self.X, self.y)
        spent = time.process_time() - start
        p, rate = model.predict_proba(self.X_test)[:, 1], self.y.mean()
        share = share_of_oracle(self.y_test, p, self.log.true_ctr[self.test], rate)
        expected = expected_share(self.log, p, np.flatnonzero(self.test), rate)
        return {"share": 100 * share, "expected": 100 * expected, "CPU s": spent}


def tune(days: Days, names: list[str]) -> None:
    for name in names:
        model, grid = GRID[name]
        if {"pairs", "crosses"} & set(model.get_params()) and not isinstance(model, CrossNetwork):
            model = found_once(clone(model), days)
        tried = []
        for setting in ParameterGrid(grid):
            score = days.score(clone(model).set_params(**setting))
            tried.append((score, setting))
            print(f"  {name:16}{score['share']:7.2f}{score['CPU s']:7.1f} s  {setting}", flush=True)
        best = max(tried, key=lambda one: one[0]["share"])[1]
        print(f'    "{name}": {best},', flush=True)


def found_once(model: Any, days: Days) -> Any:
    """The model with the pairs that it finds in these rows, so that a grid does not look for them again."""
    if isinstance(model, HashedLogisticRegression):
        return model.fit(days.X, days.y).set_params(crosses=model.crosses_) if model.crosses == "auto" else model
    return model if model.pairs == "all" else model.fit(days.X, days.y).set_params(pairs=model.pairs_)


def passes(days: Days) -> dict[str, dict[str, float]]:
    """Shares after one pass and after two."""
    found = {}
    together = {name: value for cure in CURES.values() for name, value in cure.items()}
    for name, cure in {"none": {}, **CURES, "all": together}.items():
        settings = {**UNCURED, **cure}
        scores = [days.score(CrossNetwork(**settings, epochs=epochs))["share"] for epochs in (1, 2, 3)]
        found[name] = dict(zip(("pass 1", "pass 2", "pass 3"), scores, strict=True))
    return found


def three_columns(seed: int) -> tuple[pd.DataFrame, np.ndarray, np.ndarray]:
    """Six columns, three of which interact in a table whose means over each of them are 0: rows, clicks, chances."""
    rng, n = np.random.default_rng(seed), 60_000
    rows = pd.DataFrame(rng.integers(0, 8, (n, 6)), columns=list("abcdef"))
    effect = rng.normal(size=(8, 8, 8))
    for axis in range(3):
        effect -= effect.mean(axis=axis, keepdims=True)
    chance = 1 / (1 + np.exp(2 - 1.5 * effect[rows["a"], rows["b"], rows["c"]]))
    return rows, rng.random(n) < chance, chance


def share_of_three(model: Any, seed: int) -> float:
    """Share of the oracle on the last third, in %."""
    rows, clicked, chance = three_columns(seed)
    p = clone(model).fit(rows[:40_000], clicked[:40_000]).predict_proba(rows[40_000:])[:, 1]
    return 100 * share_of_oracle(clicked[40_000:], p, chance[40_000:], clicked[:40_000].mean())


def three(seeds: list[int]) -> None:
    models = {
        "screened FM": FactorizationMachine(),
        "crosses found": HashedLogisticRegression(crosses="auto"),
        "told the three": HashedLogisticRegression(crosses=[("a", "b", "c")]),
    }
    for name, network, rates in (
        ("cross network", CrossNetwork(epochs=10), [0.01, 0.03, 0.1]),
        ("perceptron", CrossNetwork(layers=0, hidden=(64, 32), epochs=10), [0.003, 0.01, 0.03]),
    ):
        tried = []
        for setting in ParameterGrid({"network_rate": rates, "factor_l2": [1.0, 10.0]}):
            model = clone(network).set_params(**setting)
            tried.append((np.mean([share_of_three(model, 100), share_of_three(model, 101)]), model))
            print(f"  {name:16}{tried[-1][0]:7.1f}  {setting}", flush=True)
        models[name] = max(tried, key=lambda one: one[0])[1]
    for name, model in models.items():
        shares = [share_of_three(model, seed) for seed in seeds]
        print(f"{name:16}{np.mean(shares):7.1f}  {min(shares):.1f} to {max(shares):.1f}", flush=True)


def interval(differences: pd.Series) -> str:
    """Mean, 95 % interval over seeds, and range."""
    mean, n = differences.mean(), len(differences)
    half = student.ppf(0.975, n - 1) * differences.std() / np.sqrt(n) if n > 1 else np.nan
    least, most = differences.min(), differences.max()
    return f"{mean:+6.2f} ({mean - half:+.2f}, {mean + half:+.2f}), {least:+.2f} to {most:+.2f}"


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--tune", action="store_true")
    parser.add_argument("--passes", action="store_true")
    parser.add_argument("--three", action="store_true")
    parser.add_argument("--only", nargs="+", default=list(GRID), choices=list(GRID))
    options = parser.parse_args()
    if options.three:
        three(options.seeds)
        return
    rows = []
    for seed in options.seeds:
        days = Days(simulate_ad_log(options.rows, seed=seed), 10 if options.tune else 12)
        if options.tune:
            tune(days, options.only)
            continue
        if options.passes:
            table = pd.DataFrame(passes(days)).T
            print(f"\nseed {seed}\n{table.round(1).to_string()}", flush=True)
            rows += [{"seed": seed, "cure": name, **row} for name, row in table.iterrows()]
            continue
        for name in options.only:
            score = days.score(clone(GRID[name][0]).set_params(**CHOSEN.get(name, {})))
            rows.append({"seed": seed, "model": name, **score})
            print(f"{seed:3}  {name:16}" + "".join(f"{value:8.2f}" for value in score.values()), flush=True)
    if options.tune:
        return
    if options.passes:
        print(
            pd.DataFrame(rows)
            .groupby("cure", sort=False)[["pass 1", "pass 2", "pass 3"]]
            .agg(["mean", "min", "max"])
            .round(1)
            .to_string()
        )
        return
    for measure in ("share", "expected"):
        table = pd.DataFrame(rows).pivot_table(measure, "seed", "model")
        print(f"\nCross network minus ..., {measure}, points: mean, 95 % interval over seeds, range")
        for name in options.only:
            if name != "cross network" and "cross network" in table:
                print(f"  {name:16}{interval(table['cross network'] - table[name])}")


if __name__ == "__main__":
    main()
