"""Choose the settings in `mlpipe.ctr.tuned` on validation days: train on days 1 to 10, score on days 11 and 12.

Each model gets five values of one setting, on the same rows. Settings that are not tried stay as in `tuned`. Pairs of
columns are those that `choose_pairs` finds in the training rows.

Run: python benchmarks/tune_ctr.py [--rows 1000000] [--seed 0]
The log of lesson 09, for `tuned.SMALL_LOG`: python benchmarks/tune_ctr.py --rows 300000 --withhold
"""

import argparse
import time
from itertools import combinations
from typing import Any

import numpy as np

from mlpipe.click_metrics import calibration_ratio, share_of_oracle
from mlpipe.ctr import (
    CounterTrees,
    FactorizationMachine,
    FieldAwareFM,
    FTRLProximal,
    HashedLogisticRegression,
    SmoothedRate,
    TreesPlusLR,
    choose_pairs,
    tuned,
)
from mlpipe.simulator import simulate_ad_log

VARIANCES, STEPS = [0.01, 0.03, 0.1, 0.3, 1.0], [0.05, 0.1, 0.2, 0.4, 0.8]
COUNTED = ["user_id", "ad_id", "campaign_id", "site_id"]
PLAIN, KNOWN = FactorizationMachine(pairs="all", l2=10), HashedLogisticRegression(crosses=tuned.CROSSES)
COUNTERS = CounterTrees("timestamp", "reported_at", lag="0D", n_trees=150)
GRID: dict[str, tuple[Any, list[str], str, list[Any]]] = {
    "smoothed rate": (SmoothedRate("ad_id"), ["ad_id"], "prior_strength", [10.0, 30.0, 100.0, 300.0, 1000.0]),
    "hashed logistic regression": (HashedLogisticRegression(), tuned.RAW, "C", VARIANCES),
    "logistic regression + crosses": (HashedLogisticRegression(), tuned.RAW, "C", VARIANCES),
    "known crosses": (KNOWN, tuned.RAW, "C", VARIANCES),
    "FTRL-proximal": (FTRLProximal(epochs=1), tuned.RAW, "alpha", [0.04, 0.08, 0.15, 0.3, 0.6]),
    "factorization machine": (PLAIN, tuned.RAW, "factor_l2", [15.0, 30.0, 60.0, 120.0, 240.0]),
    "field-weighted FM": (FactorizationMachine(l2=10), tuned.RAW, "factor_l2", [7.5, 15.0, 30.0, 60.0, 120.0]),
    "field-aware FM": (FieldAwareFM(l2=10), tuned.RAW, "factor_l2", [2.5, 5.0, 10.0, 20.0, 40.0]),
    "trees + LR": (TreesPlusLR(**tuned.LOGISTIC_REGRESSION), tuned.RAW, "learning_rate", STEPS),
    "counter trees": (COUNTERS, tuned.COUNTER_COLUMNS, "learning_rate", STEPS),
}


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--withhold", action="store_true", help="a fifth of the ads, as lesson 09 does")
    parser.add_argument("--only", nargs="+", default=list(GRID), choices=list(GRID), metavar="MODEL")
    options = parser.parse_args()
    log = simulate_ad_log(options.rows, seed=options.seed)
    frame = log.impressions
    day = (frame["timestamp"] - frame["timestamp"].min().normalize()).dt.days.to_numpy()
    train, valid = day < 10, (day >= 10) & (day < 12)
    if options.withhold:
        ads = frame["ad_id"].unique()
        withheld = np.random.default_rng(options.seed).choice(ads, len(ads) // 5, replace=False)
        train &= ~frame["ad_id"].isin(withheld).to_numpy()
        valid &= frame["ad_id"].isin(frame.loc[train, "ad_id"]).to_numpy()
    clicked = frame["clicked"].to_numpy()
    base_rate = clicked[train].mean()

    def predict(model: Any, columns: list[str]) -> np.ndarray:
        return model.fit(frame.loc[train, columns], clicked[train]).predict_proba(frame.loc[valid, columns])[:, 1]

    def share(p: np.ndarray) -> float:
        return share_of_oracle(clicked[valid], p, log.true_ctr[valid], base_rate)

    if "smoothed rate" in options.only:
        keys = [[name] for name in tuned.RAW] + [list(pair) for pair in combinations(tuned.RAW, 2)]
        rates = [share(predict(SmoothedRate(), key)) for key in keys]
        for place in np.argsort(rates)[-5:]:
            print(f"  rate by {', '.join(keys[place])}: share {rates[place]:.2%}")
        print(f"RATE = {keys[int(np.argmax(rates))]}, the best of {len(keys)} keys", flush=True)
    pairs = choose_pairs(frame.loc[train, tuned.RAW], clicked[train])
    print("pairs:", pairs)
    GRID["logistic regression + crosses"][0].set_params(crosses=pairs)
    GRID["field-weighted FM"][0].set_params(pairs=pairs)
    GRID["field-aware FM"][0].set_params(pairs=pairs)
    GRID["counter trees"][0].set_params(keys=[*COUNTED, *pairs])
    for name in options.only:
        model, columns, parameter, values = GRID[name]
        shares = []
        for value in values:
            start = time.process_time()
            p = predict(model.set_params(**{parameter: value}), columns)
            shares.append(share(p))
            ratio, spent = calibration_ratio(clicked[valid], p), time.process_time() - start
            print(f"  {name} {parameter}={value}: share {shares[-1]:.2%}, calibration {ratio:.3f}, {spent:.0f} s CPU")
        print(f'"{name}": {{"{parameter}": {values[int(np.argmax(shares))]!r}}}', flush=True)


if __name__ == "__main__":
    main()
