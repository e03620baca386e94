"""Settings for MovieLens-small, as chosen on a validation part of the training data.

Likes (4 stars and more), a random fifth of each user's training likes to check on, mean nDCG@10 over three splits,
twelve settings a model. `python benchmarks/tune_recommenders.py` prints the table and these constants. The two-tower
model was given up to eight passes; without its correction ("TwoTower-log_q") it liked more decay, and its twelve
settings have that. `FOR_RECALL_AT_100` are the best of the same settings by another measure, on the same parts.
"""

from typing import Any

from mlpipe.recommenders.ease import EASE

MOVIELENS_SMALL: dict[str, dict[str, Any]] = {
    "ItemKNN": {"neighbours": 100, "shrinkage": 50},
    "PureSVD": {"factors": 20},
    "GraphFilter": {"low_pass_weight": 0.03, "sharpening_time": 1.0, "user_exponent": 0.25},
    "ImplicitBPR": {"factors": 32, "regularization": 0.01, "iterations": 100},
    "ALS": {"factors": 64, "regularization": 0.01, "unobserved_weight": 0.3},
    "EASE": {"regularization": 200},
    "Hybrid": {"model": EASE(regularization=200), "feature_weight": 3.0, "popularity_prior": 1.0},
    "TwoTower": {"epochs": 8, "decay": 1.0},
    "TwoTower+features": {"epochs": 8, "decay": 1.0},
    "TwoTower-log_q": {"epochs": 4, "decay": 16.0},
}
FOR_RECALL_AT_100: dict[str, dict[str, Any]] = {
    "ALS": {"factors": 64, "regularization": 0.03, "unobserved_weight": 0.03},
    "EASE": {"regularization": 200},
    "TwoTower": {"epochs": 8, "decay": 1.0},
}
