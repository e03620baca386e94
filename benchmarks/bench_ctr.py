"""Each click model on the simulated log: CPU, memory and share of the oracle, in one run; LightGBM as a peer.

Train on days 1 to 12, test on days 13 and 14. Then how much of the oracle anybody could reach, and what the best model
reaches of that.

Run: python benchmarks/bench_ctr.py [--rows 1000000] [--seeds 0 1 2]
     python benchmarks/bench_ctr.py --buckets OTHER/src     default fits by number of buckets, two checkouts in turns
LightGBM takes part when it is there: pip install --group bench
"""

import argparse
import importlib.util
import json
import time
import tracemalloc
from typing import Any

import numpy as np
import pandas as pd
from ceiling_ctr import Reader, expected_share
from common import in_turns

from mlpipe.click_metrics import calibration_ratio, share_of_oracle
from mlpipe.ctr import (
    Blend,
    CounterTrees,
    CrossNetwork,
    FactorizationMachine,
    FieldAwareFM,
    FTRLProximal,
    HashedLogisticRegression,
    NegativeDownsampler,
    SmoothedRate,
    TreesPlusLR,
    tuned,
)
from mlpipe.ctr.kinds import Kinds
from mlpipe.simulator import AdLog, simulate_ad_log
from mlpipe.splits import by_time

BEST = "field-aware machine"


class LightGBM:
    """LightGBM on the raw columns, ids as categories: what one would run first."""

    def __init__(self, **settings: Any):
        self.settings = settings

    def fit(self, X: pd.DataFrame, y: np.ndarray) -> "LightGBM":
        """Learn from raw columns."""
        from lightgbm import LGBMClassifier

        self.kinds = Kinds(X).of
        self.categories = {
            name: pd.CategoricalDtype(X[name].dropna().unique()) for name, kind in self.kinds.items() if kind == "id"
        }
        self.model = LGBMClassifier(**self.settings, n_jobs=1, verbose=-1).fit(self._encoded(X), y)
        return self

    def _encoded(self, X: pd.DataFrame) -> pd.DataFrame:
        columns = {}
        for name, kind in self.kinds.items():
            column = X[name]
            if kind == "id":  # one that training did not have is missing
                known = column.where(column.isin(self.categories[name].categories))
                columns[name] = pd.Series(pd.Categorical(known, dtype=self.categories[name]), X.index)
            elif kind == "time":
                columns |= {f"{name} hour": column.dt.hour, f"{name} weekday": column.dt.day_of_week}
            else:
                columns[name] = column
        return pd.DataFrame(columns)

    def predict_proba(self, X: pd.DataFrame) -> np.ndarray:
        """Probabilities (n_rows, 2)."""
        return self.model.predict_proba(self._encoded(X))


def models() -> dict[str, tuple[Any, list[str]]]:
    linear = HashedLogisticRegression(crosses="auto", **tuned.LOGISTIC_REGRESSION)
    counters = CounterTrees("timestamp", "reported_at", **tuned.COUNTER_TREES)
    blend = Blend([(FieldAwareFM(l2=10), tuned.RAW), (counters, tuned.COUNTER_COLUMNS)])
    found: dict[str, tuple[Any, list[str]]] = {
        "smoothed rate of the ad": (SmoothedRate("ad_id"), tuned.RAW),
        "logistic regression": (HashedLogisticRegression(**tuned.LOGISTIC_REGRESSION), tuned.RAW),
        "FTRL, one pass": (FTRLProximal(**tuned.FTRL, epochs=1), tuned.RAW),
        "  on 10 % of the non-clicks": (
            NegativeDownsampler(HashedLogisticRegression(**tuned.LOGISTIC_REGRESSION)),
            tuned.RAW,
        ),
        "trees + logistic regression": (TreesPlusLR(), tuned.RAW),
        "trees on past-only counters": (counters, tuned.COUNTER_COLUMNS),
        "logistic regression + crosses": (linear, tuned.RAW),
        "plain factorization machine": (FactorizationMachine(8, pairs="all", l2=10), tuned.RAW),
        "field-weighted machine": (FactorizationMachine(l2=10), tuned.RAW),
        "cross network": (CrossNetwork(l2=10), tuned.RAW),
        BEST: (FieldAwareFM(l2=10), tuned.RAW),
        "  blended with the trees": (blend, tuned.COUNTER_COLUMNS),
    }
    if importlib.util.find_spec("lightgbm"):
        found["LightGBM"] = (LightGBM(min_child_samples=200), tuned.RAW)
    return found


def ladder(log: AdLog) -> tuple[pd.DataFrame, np.ndarray, pd.Index, float]:
    split = by_time(log.impressions, log.impressions["timestamp"].min().normalize() + pd.Timedelta("12D"))
    y, y_test = split.train["clicked"].to_numpy(), split.test["clicked"].to_numpy()
    rows = {}
    for name, (model, columns) in models().items():
        start = time.process_time()
        model.fit(split.train[columns], y)
        cpu = time.process_time() - start
        p = model.predict_proba(split.test[columns])[:, 1]
        share = share_of_oracle(y_test, p, log.true_ctr[split.test.index], y.mean())
        rows[name] = {"share": share, "calibration": calibration_ratio(y_test, p), "CPU s": cpu}
        print(f"  {name:34}{share:8.1%}{rows[name]['calibration']:8.3f}{cpu:8.1f} s", flush=True)
        if name == BEST:
            best = p
    return pd.DataFrame(rows).T, best, split.test.index, y.mean()


def peak_memory(rows: int) -> None:
    log = simulate_ad_log(rows).impressions
    print(f"\nPeak memory of fit beside its input, {rows:,} rows (MB)")
    for name, (model, columns) in models().items():
        tracemalloc.start()
        model.fit(log[columns], log["clicked"].to_numpy())
        print(f"  {name:34}{tracemalloc.get_traced_memory()[1] / 1e6:8.0f}", flush=True)
        tracemalloc.stop()


def by_buckets(n_buckets: int, rows: int) -> dict[str, float]:
    log = simulate_ad_log(rows).impressions
    found = {}
    for model in (FTRLProximal(n_buckets=n_buckets), HashedLogisticRegression(n_buckets=n_buckets)):
        start = time.process_time()
        model.fit(log[tuned.RAW], log["clicked"].to_numpy())
        found[type(model).__name__] = time.process_time() - start
        found[f"sum of |weights|, {type(model).__name__}"] = np.abs(model.coef_).sum()
    return found


def against(other: str) -> None:
    print(f"{'rows':>7}{'buckets':>10}  CPU seconds of a fit: the other code, this one, ratio")
    for rows in (2_000, 60_000):
        for bits in (12, 18, 20):
            before, after = in_turns(__file__, "--measure", str(2**bits), str(rows), other=other, repeats=2)
            for name, spent in after.items():
                print(f"{rows:7,}{2**bits:10,}  {name:44}{before[name]:10.3f}{spent:10.3f}{spent / before[name]:8.3f}")


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--buckets", metavar="SRC", help="the folder src of another checkout")
    parser.add_argument("--measure", type=int, nargs=2, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        print(json.dumps(by_buckets(*options.measure)))
        return
    if options.buckets:
        against(options.buckets)
        return
    for seed in options.seeds:
        log = simulate_ad_log(options.rows, seed=seed)
        print(f"\nSeed {seed}, {options.rows:,} rows: share of the oracle, calibration, CPU of fit")
        table, best, rows, base_rate = ladder(log)
        ratio = table["CPU s"] / table.loc["logistic regression", "CPU s"]
        print("  CPU over that of logistic regression: " + ", ".join(f"{n.strip()} {r:.2f}" for n, r in ratio.items()))
        reached = expected_share(log, best, rows, base_rate)
        ceilings = Reader(options.rows, seed).ceilings()
        print("  Expected shares of readers who know more than any model can (ceiling_ctr.py):")
        for name, share in ceilings.items():
            print(f"    {name:42}{share:8.1%}")
        print(f"  The best model reaches {reached:.1%}, {reached / share:.1%} of the ceiling")
    peak_memory(options.rows // 5)


if __name__ == "__main__":
    main()
