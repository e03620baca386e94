"""Choose the settings in `mlpipe.ctr.tuned` on validation days: train on days 1 to 10, score on days 11 and 12.

Run: python benchmarks/tune_ctr.py [--rows 1000000] [--seed 0]
"""

import argparse
import time
from typing import Any

import numpy as np

from mlpipe.click_metrics import calibration_ratio, share_of_oracle
from mlpipe.ctr import CounterTrees, FactorizationMachine, FTRLProximal, HashedLogisticRegression, tuned
from mlpipe.simulator import simulate_ad_log

CROSSED = {"crosses": tuned.CROSSES}
GRID: dict[str, tuple[Any, list[str], dict[str, list[Any]]]] = {
    "LOGISTIC_REGRESSION": (HashedLogisticRegression(**CROSSED), tuned.RAW, {"C": [0.05, 0.1, 0.2]}),
    "FTRL": (FTRLProximal(epochs=1), tuned.RAW, {"alpha": [0.08, 0.15, 0.3]}),
    "FACTORIZATION_MACHINE": (FactorizationMachine(**CROSSED, l2=10), tuned.RAW, {"factor_l2": [40.0, 80.0, 160.0]}),
    "FIELD_AWARE_FM": (tuned.field_aware_fm(), tuned.RAW, {"factor_l2": [10.0, 20.0, 40.0]}),
    "COUNTER_TREES": (
        CounterTrees("timestamp", "reported_at", tuned.COUNTED, n_trees=150, learning_rate=0.1),
        tuned.COUNTER_COLUMNS,
        {"lag": ["0D", "1D"]},
    ),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    options = parser.parse_args()
    log = simulate_ad_log(options.rows, seed=options.seed)
    day = (log.impressions["timestamp"] - log.impressions["timestamp"].min().normalize()).dt.days.to_numpy()
    train, valid = day < 10, (day >= 10) & (day < 12)
    clicked = log.impressions["clicked"].to_numpy()
    base_rate = clicked[train].mean()
    for name, (model, columns, grid) in GRID.items():
        (parameter, values), shares = next(iter(grid.items())), []
        for value in values:
            start = time.process_time()
            model.set_params(**{parameter: value}).fit(log.impressions.loc[train, columns], clicked[train])
            p = model.predict_proba(log.impressions.loc[valid, columns])[:, 1]
            shares.append(share_of_oracle(clicked[valid], p, log.true_ctr[valid], base_rate))
            ratio, spent = calibration_ratio(clicked[valid], p), time.process_time() - start
            print(f"  {name} {parameter}={value}: share {shares[-1]:.2%}, calibration {ratio:.3f}, {spent:.0f} s CPU")
        print(f'{name} = {{"{parameter}": {values[int(np.argmax(shares))]!r}}}', flush=True)


if __name__ == "__main__":
    main()
