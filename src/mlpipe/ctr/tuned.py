"""Settings of the click models for the simulated ad log, chosen on its days 11 and 12, after training on 1 to 10.

SMALL_LOG is what `python benchmarks/tune_ctr.py --rows 300000 --withhold` prints: five values of one setting for each
model, on the same rows. RATE and the other settings were chosen by it on a million impressions (seed 0), the settings
from three values each, the learning rate of COUNTER_TREES from five. `l2` is 1 / C of the logistic regression; the
number of trees was chosen by hand. The defaults of the models are not these: they are meant for any log. Days 13 and 14
had no say in them.
"""

from typing import Any

RAW = [
    *("user_id", "age_group", "audience", "region", "ad_id", "campaign_id", "advertiser_id", "category", "ad_format"),
    *("site_id", "device", "position", "timestamp"),
]
CROSSES = [  # they stand for what interacts in the simulated world, by its documentation: a model need not be told
    ("audience", "age_group", "category"),
    ("audience", "category"),
    ("age_group", "category"),
    ("region", "campaign_id"),
    ("site_id", "category"),
    ("device", "ad_format"),
    ("timestamp", "category"),  # a time enters a cross by its hour
    ("device", "position"),
]
RATE = ["advertiser_id", "position"]  # the best key of one or two columns for SmoothedRate
COUNTER_COLUMNS = [*RAW, "bid", "reported_at"]

LOGISTIC_REGRESSION: dict[str, Any] = {"C": 0.1}
FTRL: dict[str, Any] = {"alpha": 0.15}
COUNTER_TREES: dict[str, Any] = {"lag": "0D", "n_trees": 150, "learning_rate": 0.1}
SMALL_LOG: dict[str, dict[str, Any]] = {  # of lesson 09: 300,000 rows, a fifth of the ads withheld
    "smoothed rate": {"prior_strength": 100.0},
    "hashed logistic regression": {"C": 0.1},
    "logistic regression + crosses": {"C": 0.1},
    "known crosses": {"C": 0.1},
    "FTRL-proximal": {"alpha": 0.08, "epochs": 1},
    "factorization machine": {"l2": 10.0, "factor_l2": 60.0},
    "field-weighted FM": {"l2": 10.0, "factor_l2": 15.0},
    "field-aware FM": {"l2": 10.0, "factor_l2": 5.0},
    "trees + LR": {"learning_rate": 0.8},
    "counter trees": {"lag": "0D", "n_trees": 150, "learning_rate": 0.05},
}
