"""Choose the settings of the recommenders for MovieLens-small, on a validation part of the training data.

The same budget for each: twelve settings, each fitted on three splits. `python benchmarks/tune_recommenders.py` prints
the table and the constants of `mlpipe.recommenders.tuned`, by nDCG@10 and, for some, by recall@100; `... ALS EASE`
tunes these only, `... TwoTower-log_q TwoTower+features` the two-tower model without its correction and with attributes
of the films. About 20 minutes.
"""

import itertools
import os
import re
import sys

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from mlpipe import recommenders
from mlpipe.datasets import movielens, to_matrix
from mlpipe.ranking_metrics import ndcg_at_k, recall_at_k
from mlpipe.splits import random_per_user

SPLIT_SEEDS = (0, 1, 2)
GRIDS = {
    "ItemKNN": {"neighbours": (20, 50, 100, 200), "shrinkage": (0, 10, 50)},
    "PureSVD": {"factors": (4, 6, 8, 10, 12, 16, 20, 24, 32, 48, 64, 96)},
    "GraphFilter": {"low_pass_weight": (0.03, 0.1), "sharpening_time": (0.0, 1.0, 2.0), "user_exponent": (0.25, 0.5)},
    "ImplicitBPR": {"factors": (16, 32), "regularization": (0.01, 0.03, 0.1), "iterations": (100, 300)},
    "ALS": {"factors": (32, 64), "regularization": (0.01, 0.03), "unobserved_weight": (0.03, 0.1, 0.3)},
    "EASE": {"regularization": (20, 40, 60, 80, 100, 130, 160, 200, 250, 300, 400, 600)},
    "Hybrid": {"feature_weight": (0.1, 0.3, 1.0, 3.0), "popularity_prior": (1.0, 5.0, 20.0)},
}
TOWERS = {"epochs": (2, 4, 8), "decay": (0.5, 1.0, 2.0, 4.0)}
GRIDS |= {"TwoTower": TOWERS, "TwoTower-log_q": TOWERS | {"decay": (2.0, 4.0, 8.0, 16.0)}, "TwoTower+features": TOWERS}
BY_RECALL = ("ALS", "EASE", "TwoTower")
HYBRID_MODEL = recommenders.EASE(regularization=200)  # as tuned alone; it has few users here, so it stays small


def settings(name):
    """The twelve settings of a model."""
    grid = GRIDS[name]
    for values in itertools.product(*grid.values()):
        yield dict(zip(grid, values, strict=True))


def parts():
    """Matrices to fit on and to check on: the last fifth, at random, of each user's training likes."""
    ratings = movielens().ratings
    likes = ratings[ratings["rating"] >= 4]
    ids = {"user_ids": np.unique(likes["user_id"]), "item_ids": np.unique(ratings["item_id"])}
    for seed in SPLIT_SEEDS:
        train = random_per_user(likes, share=0.2, seed=seed).train
        inner = random_per_user(train, share=0.2, seed=seed)
        yield tuple(to_matrix(part, **ids).matrix for part in (inner.train, inner.test))


def main():
    """Print the table and the constants."""
    chosen = sys.argv[1:] or list(GRIDS)
    splits, data = list(parts()), movielens()
    features = recommenders.item_features(data.items, np.unique(data.ratings["item_id"]))
    fixed = {
        "Hybrid": {"item_features": features, "model": HYBRID_MODEL},
        "TwoTower-log_q": {"log_q": 0.0},
        "TwoTower+features": {"item_features": features},
    }
    best: dict[str, dict] = {"MOVIELENS_SMALL": {}, "FOR_RECALL_AT_100": {}}
    for name in chosen:
        kind, rows = getattr(recommenders, re.split(r"[-+]", name)[0]), []
        for setting in settings(name):
            scores = []
            for fit_part, check_part in splits:
                model = kind(**fixed.get(name, {}), **setting).fit(fit_part)
                lists, _ = model.recommend(np.arange(fit_part.shape[0]), k=100)
                found = ndcg_at_k(lists, check_part), recall_at_k(lists, check_part, k=100)
                scores.append([np.nanmean(one) for one in found])
            rows.append((setting, *np.mean(scores, axis=0)))
            print(f"{name:17s} {rows[-1][1]:.4f}  {rows[-1][2]:.4f}  {setting}", flush=True)
        best["MOVIELENS_SMALL"][name] = max(rows, key=lambda row: row[1])[0]
        if name in BY_RECALL:
            best["FOR_RECALL_AT_100"][name] = max(rows, key=lambda row: row[2])[0]
    for constant, found in best.items():
        print(f"\n{constant} = {{")
        for name, setting in found.items():
            print(f"    {name!r}: {setting},")
        print("}")


if __name__ == "__main__":
    main()
