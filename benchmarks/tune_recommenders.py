"""Choose the hyper-parameters of every recommender for MovieLens-small, each from the same number of configurations.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/tune_recommenders.py

Likes are ratings of 4 and more. The random split of seed 0 holds out a fifth of each user's likes for the test; of the
training part, a fifth of each user's likes is held out three times at random for validation, and the configuration
with the best mean nDCG@10 there wins. The test part of seed 0 is not looked at. The constants are committed in
src/mlpipe/recommenders/tuned.py, and the test tables that end this script use what has just been chosen.
"""

import time
from collections.abc import Callable
from itertools import product
from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mlpipe import splits
from mlpipe.datasets import movielens, to_matrix
from mlpipe.ranking_metrics import ndcg_at_k
from mlpipe.recommenders import (
    ALS,
    EASE,
    GraphFilter,
    Hybrid,
    ImplicitALS,
    ImplicitBPR,
    ItemKNN,
    Popularity,
    PureSVD,
    Recommender,
    item_features,
)

BUDGET = 12
SEEDS = range(5)

Matrices = tuple[sp.csr_matrix, sp.csr_matrix]


def grid(**values: tuple[Any, ...]) -> list[dict[str, Any]]:
    """All combinations, as keyword arguments."""
    return [dict(zip(values, combination, strict=True)) for combination in product(*values.values())]


GRIDS: dict[str, list[dict[str, Any]]] = {
    "ItemKNN": grid(neighbours=(50, 100, 200, 500), shrinkage=(3.0, 10.0, 30.0)),
    "PureSVD": grid(factors=(4, 8, 12, 16, 20, 24, 28, 32, 40, 48, 64, 96)),
    "GraphFilter": grid(factors=(32, 64, 128, 256), low_pass_weight=(0.1, 0.3, 1.0)),
    "ImplicitBPR": grid(factors=(16, 64), learning_rate=(0.01, 0.03), regularization=(0.01, 0.03, 0.1)),
    "ImplicitALS": grid(factors=(32, 64), regularization=(10.0, 30.0, 60.0), alpha=(4.0, 8.0)),
    "ALS": grid(factors=(32, 64, 128), regularization=(0.01, 0.02), unobserved_weight=(0.1, 0.2)),
    "EASE": grid(regularization=(10.0, 25.0, 50.0, 75.0, 100.0, 150.0, 200.0, 300.0, 400.0, 600.0, 800.0, 1200.0)),
    # On the ALS that was chosen before: its budget comes on top. Every user here has a history, so these data cannot say
    # how much popularity a new user needs: the prior stays at its default.
    "Hybrid": grid(feature_weight=(0.03, 0.05, 0.1, 0.2, 0.3, 0.5, 0.7, 1.0, 1.5, 2.0, 3.0, 5.0)),
}


def makers(features: pd.DataFrame, chosen: dict[str, dict[str, Any]]) -> dict[str, Callable[..., Recommender]]:
    def hybrid(**arguments: Any) -> Recommender:
        return Hybrid(features, ALS(**chosen.get("ALS", {})), **arguments)

    classes = (ItemKNN, PureSVD, GraphFilter, ImplicitBPR, ImplicitALS, ALS, EASE)
    return {kind.__name__: kind for kind in classes} | {"Hybrid": hybrid}


def ndcg(model: Recommender, data: Matrices) -> float:
    train, test = data
    recommended, _ = model.fit(train).recommend(np.arange(train.shape[0]), k=10)
    return float(np.nanmean(ndcg_at_k(recommended, test, k=10)))


def main() -> None:
    data = movielens()
    likes = data.ratings[data.ratings["rating"] >= 4]
    ids = {"user_ids": np.unique(likes["user_id"]), "item_ids": np.unique(likes["item_id"])}
    features = item_features(data.items, ids["item_ids"])

    def matrices(split: splits.Split) -> Matrices:
        return to_matrix(split.train, **ids).matrix, to_matrix(split.test, **ids).matrix

    train = splits.random_per_user(likes, seed=0).train
    validation = [matrices(splits.random_per_user(train, seed=seed)) for seed in (101, 102, 103)]

    print(f"Validation, {BUDGET} configurations each: mean nDCG@10 of {len(validation)} draws")
    print(f"{'':14}{'best':>8}{'median':>8}{'worst':>8}{'seconds':>9}  chosen")
    popularity = np.mean([ndcg(Popularity(), part) for part in validation])
    print(f"{'Popularity':14}{popularity:8.4f}")
    chosen: dict[str, dict[str, Any]] = {}
    for name, configurations in GRIDS.items():
        if len(configurations) != BUDGET:
            raise ValueError(f"{name} has {len(configurations)} configurations; expected {BUDGET}, the same for all")
        make, start = makers(features, chosen)[name], time.process_time()
        found = [np.mean([ndcg(make(**arguments), part) for part in validation]) for arguments in configurations]
        chosen[name] = configurations[int(np.argmax(found))]
        numbers = "".join(f"{value:8.4f}" for value in (max(found), np.median(found), min(found)))
        print(f"{name:14}{numbers}{time.process_time() - start:9.1f}  {chosen[name]}", flush=True)

    ladder: dict[str, Callable[[], Recommender]] = {"Popularity": Popularity, "ImplicitALS, defaults": ImplicitALS}
    for name, make in makers(features, chosen).items():
        ladder[name] = lambda make=make, name=name: make(**chosen[name])
    for title, split in (
        ("Test, random fifth of each user", splits.random_per_user),
        ("Test, last fifth of each user", splits.last_share_per_user),
    ):
        print(f"\n{title}: nDCG@10, mean of {len(SEEDS)} seeds\n{'':24}{'nDCG':>8}{'sd':>8}{'over popularity':>17}")
        parts = [matrices(split(likes, seed=seed)) for seed in SEEDS]
        base = np.mean([ndcg(Popularity(), part) for part in parts])
        for name, make in ladder.items():
            found = [ndcg(make(), part) for part in parts]
            print(f"{name:24}{np.mean(found):8.4f}{np.std(found):8.4f}{np.mean(found) / base - 1:+16.0%}", flush=True)


if __name__ == "__main__":
    main()
