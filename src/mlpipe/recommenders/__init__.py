"""Recommenders with one contract: `fit(matrix)`, `recommend(user_rows, k)`, `fold_in(matrix)`."""

from mlpipe.recommenders.base import Recommender

__all__ = ["Recommender"]
