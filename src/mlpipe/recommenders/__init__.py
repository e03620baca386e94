"""Recommenders with one contract: `fit(matrix)`, `recommend(user_rows, k)`, `fold_in(matrix)`."""

from mlpipe.recommenders.base import Recommender
from mlpipe.recommenders.baselines import ItemKNN, Popularity
from mlpipe.recommenders.ease import EASE
from mlpipe.recommenders.peers import ImplicitALS, ImplicitBPR
from mlpipe.recommenders.spectral import GraphFilter, PureSVD

__all__ = ["EASE", "GraphFilter", "ImplicitALS", "ImplicitBPR", "ItemKNN", "Popularity", "PureSVD", "Recommender"]
