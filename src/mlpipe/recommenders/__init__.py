"""Recommenders with one contract: `fit(matrix)`, `recommend(user_rows, k)`, `fold_in(matrix)`."""

from mlpipe.recommenders.als import ALS
from mlpipe.recommenders.base import Recommender
from mlpipe.recommenders.baselines import ItemKNN, Popularity
from mlpipe.recommenders.ease import EASE
from mlpipe.recommenders.hybrid import Hybrid, item_features
from mlpipe.recommenders.peers import ImplicitALS, ImplicitBPR
from mlpipe.recommenders.spectral import GraphFilter, PureSVD
from mlpipe.recommenders.two_tower import TwoTower

__all__ = [
    "ALS",
    "EASE",
    "GraphFilter",
    "Hybrid",
    "ImplicitALS",
    "ImplicitBPR",
    "ItemKNN",
    "Popularity",
    "PureSVD",
    "Recommender",
    "TwoTower",
    "item_features",
]
