"""Experiments that tell the truth: two arms, looks at the way, two rankings in one list, and policies judged by a log.

What is random is the user: rows of one user are not independent of each other, so every standard error here is by user.
"""

from mlpipe.experiments.ab import (
    Comparison,
    bootstrap_ratio_test,
    cuped,
    ratio_test,
    sample_ratio_p,
    users_needed,
)
from mlpipe.experiments.counterfactual import OffPolicyEstimate, effective_rows, off_policy, replay
from mlpipe.experiments.interleaving import interleaving_test, team_draft
from mlpipe.experiments.sequential import boundary

__all__ = [
    "Comparison",
    "OffPolicyEstimate",
    "bootstrap_ratio_test",
    "boundary",
    "cuped",
    "effective_rows",
    "interleaving_test",
    "off_policy",
    "ratio_test",
    "replay",
    "sample_ratio_p",
    "team_draft",
    "users_needed",
]
