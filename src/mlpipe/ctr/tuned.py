"""Settings of the click models for the simulated ad log, chosen on its days 11 and 12, after training on 1 to 10.

SMALL_LOG is what `python benchmarks/tune_ctr.py --rows 300000 --withhold` prints: five values of one setting for each
model, on the same rows. RATE and the other settings were chosen by it on a million impressions (seed 0), the settings
from three values each. `l2` is 1 / C of the logistic regression; the number of trees, the learning rate of
COUNTER_TREES, pairs and crosses were chosen by hand. With CROSSES, a `factor_l2` above 160 changes nothing: the vectors
are zero, a logistic regression is left. The defaults of the models are not these: they are meant for any log. Days 13
and 14 had no say in them.
"""

from typing import Any

from mlpipe.ctr.ffm import FieldAwareFM

RAW = [
    *("user_id", "age_group", "audience", "region", "ad_id", "campaign_id", "advertiser_id", "category", "ad_format"),
    *("site_id", "device", "position", "timestamp"),
]
CROSSES = [
    ("audience", "age_group", "category"),
    ("audience", "category"),
    ("age_group", "category"),
    ("region", "campaign_id"),
    ("site_id", "category"),
    ("device", "ad_format"),
    ("timestamp", "category"),  # a time enters a cross by its hour
    ("device", "position"),
]
PAIRS: list[tuple[Any, Any]] = [  # of FieldAwareFM; one side may be a combination
    (("audience", "age_group"), "category"),
    ("region", "campaign_id"),
    ("site_id", "category"),
    ("timestamp", "category"),
]
CONTEXT_CROSSES = [("device", "ad_format"), ("device", "position")]  # small enough for a weight a combination
RATE = ["advertiser_id", "position"]  # the best key of one or two columns for SmoothedRate
COUNTED = ["user_id", "ad_id", "campaign_id", "site_id", *CROSSES]  # keys of CounterTrees
COUNTER_COLUMNS = [*RAW, "bid", "reported_at"]

LOGISTIC_REGRESSION: dict[str, Any] = {"C": 0.1}
FTRL: dict[str, Any] = {"alpha": 0.15}
FACTORIZATION_MACHINE: dict[str, Any] = {"l2": 10.0, "factor_l2": 160.0}
FIELD_AWARE_FM: dict[str, Any] = {"l2": 10.0, "factor_l2": 20.0}
COUNTER_TREES: dict[str, Any] = {"lag": "0D", "n_trees": 150, "learning_rate": 0.1}
SMALL_LOG: dict[str, dict[str, Any]] = {  # of lesson 09: 300,000 rows, a fifth of the ads withheld
    "smoothed rate": {"prior_strength": 100.0},
    "hashed logistic regression": {"C": 0.1},
    "logistic regression + crosses": {"C": 0.1},
    "FTRL-proximal": {"alpha": 0.08, "epochs": 1},
    "factorization machine": {"l2": 10.0, "factor_l2": 60.0},
    "field-aware FM": {"l2": 10.0, "factor_l2": 10.0},
    "trees + LR": {"learning_rate": 0.8},
    "counter trees": {"lag": "0D", "n_trees": 150, "learning_rate": 0.2},
}


def field_aware_fm(random_state: int = 0) -> FieldAwareFM:
    """The best single model of the simulated log.

    Parameters
    ----------
    random_state : seed of the start and of the order of rows

    Returns
    -------
    FieldAwareFM, not fitted

    Examples
    --------
    >>> len(field_aware_fm().pairs)
    4
    """
    return FieldAwareFM(PAIRS, crosses=CONTEXT_CROSSES, **FIELD_AWARE_FM, random_state=random_state)
