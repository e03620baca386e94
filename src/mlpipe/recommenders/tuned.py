"""Hyper-parameters chosen on validation data, so that lessons need not search.

`MOVIELENS_SMALL` is for MovieLens-small, likes (ratings of 4 and more) as ones; keyword arguments by class name. Each
class had 12 configurations, and the best mean nDCG@10 of three validation draws from the training part of the random
split of seed 0 was taken:

    OPENBLAS_NUM_THREADS=1 python benchmarks/tune_recommenders.py

The hybrid is tuned on top of the ALS: `Hybrid(features, ALS(**MOVIELENS_SMALL["ALS"]), **MOVIELENS_SMALL["Hybrid"])`.
"""

from typing import Any

MOVIELENS_SMALL: dict[str, dict[str, Any]] = {
    "Popularity": {},
    "ItemKNN": {"neighbours": 200, "shrinkage": 10.0},
    "PureSVD": {"factors": 32},
    "GraphFilter": {"factors": 128, "low_pass_weight": 0.1},
    "ImplicitBPR": {"factors": 64, "learning_rate": 0.01, "regularization": 0.03},
    "ImplicitALS": {"factors": 64, "regularization": 30.0, "alpha": 4.0},
    "ALS": {"factors": 128, "regularization": 0.02, "unobserved_weight": 0.1},
    "EASE": {"regularization": 150.0},
    "Hybrid": {"feature_weight": 1.0},
}
