"""Click models with scikit-learn's interface, from the rate of one key to factorization machines."""

from mlpipe.ctr.blend import Blend
from mlpipe.ctr.counter_trees import CounterTrees
from mlpipe.ctr.cross_network import CrossNetwork
from mlpipe.ctr.ffm import FieldAwareFM
from mlpipe.ctr.fm import FactorizationMachine
from mlpipe.ctr.ftrl import FTRLProximal
from mlpipe.ctr.linear import HashedLogisticRegression
from mlpipe.ctr.pairs import choose_pairs, screen_pairs
from mlpipe.ctr.rates import SmoothedRate
from mlpipe.ctr.sampling import NegativeDownsampler, recalibrate
from mlpipe.ctr.trees_plus_lr import TreesPlusLR

__all__ = [
    "Blend",
    "CounterTrees",
    "CrossNetwork",
    "FTRLProximal",
    "FactorizationMachine",
    "FieldAwareFM",
    "HashedLogisticRegression",
    "NegativeDownsampler",
    "SmoothedRate",
    "TreesPlusLR",
    "choose_pairs",
    "recalibrate",
    "screen_pairs",
]
