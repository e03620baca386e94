"""Users and items without history: attributes of the items beside the interactions, popularity for who is new."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import ArrayLike
from sklearn.base import clone

from mlpipe.arguments import added_up, numbers, positive
from mlpipe.recommenders.als import ALS
from mlpipe.recommenders.base import Recommender


class Hybrid(Recommender):
    """A recommender that also learns from attributes of the items and that falls back on popularity.

    Each attribute becomes one more user, who "has" all items with it: `model` is fitted on the history X (n_users,
    n_items) stacked on feature_weight * F^T (n_features, n_items). So an item without interactions is near those that
    share its attributes, and people get recommendations of it.

    score(u, .) = (1 - g_u) s_u / max|s_u| + g_u popularity / max(popularity),   g_u = prior / (prior + n_u)

    with s_u the scores of `model`, n_u the number of items that user u has, popularity (n_items,) the number of users
    who have an item, and prior the `popularity_prior`. Without history popularity alone decides,
    also with a prior of 0.

    An item without interactions can be recommended, but it has to compete: few users have any one new item, so its
    scores are low, as they should be. To give new items a place of their own, take them from a longer list.

    Cost: that of `model` with n_features more users, who may each have most of the items.

    Parameters
    ----------
    item_features : F (n_items, n_features), sparse, array or DataFrame, 0 or more (1 = has the attribute)
        Rows in the order of the columns of the matrix.
    model : a recommender that can fold users in, which is cloned; None: ALS()
    feature_weight : of an attribute against that of an interaction, 0 or more
    popularity_prior : in interactions, 0 or more: for a user with that many, popularity and taste count the same

    References
    ----------
    Stacking: Jeunen, Van Balen and Goethals 2020, doi:10.1145/3383313.3418480 (for EASE).

    Examples
    --------
    >>> likes = sp.csr_matrix([[1, 1, 0, 0], [1, 1, 0, 0], [1, 0, 0, 0], [0, 0, 0, 1]])
    >>> comedy_or_drama = [[1, 0], [1, 0], [0, 1], [0, 1]]  # nobody has seen item 2, a drama
    >>> Hybrid(comedy_or_drama, popularity_prior=0).fit(likes).recommend([3], k=1)[0]
    array([[2]])
    """

    def __init__(
        self,
        item_features: Any,
        model: Recommender | None = None,
        feature_weight: float = 0.1,
        popularity_prior: float = 3.0,
    ) -> None:
        self.item_features = item_features
        self.model = model
        self.feature_weight = feature_weight
        self.popularity_prior = popularity_prior

    def _fit(self, matrix: sp.csr_matrix) -> None:
        positive("feature_weight", self.feature_weight, zero=True)
        positive("popularity_prior", self.popularity_prior, zero=True)
        if not (self.model is None or isinstance(self.model, Recommender)):
            raise ValueError(f"model is {self.model!r}; expected a recommender, such as ALS(), or None")
        features = checked_features(self.item_features, matrix.shape[1])
        stacked = sp.vstack([matrix, self.feature_weight * features.T], format="csr")
        model = ALS() if self.model is None else clone(self.model)
        self._served = model.fit(stacked).fold_in(matrix)
        counts = np.bincount(matrix.indices, minlength=matrix.shape[1])
        self._popularity = (counts / counts.max()).astype(np.float32)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        n_had = np.diff(self._history.indptr)[rows]
        scores = np.array(self._served._scores(rows), dtype=np.float32)
        largest = np.abs(scores).max(axis=1)
        share = np.where(n_had, self.popularity_prior / np.maximum(self.popularity_prior + n_had, 1), 1)
        scores *= np.divide(1 - share, largest, out=np.zeros_like(share), where=largest > 0)[:, None]
        scores += share[:, None] * self._popularity
        return scores

    def _fold_in(self, matrix: sp.csr_matrix) -> None:
        self._served = self._served.fold_in(matrix)


def item_features(items: pd.DataFrame, item_ids: ArrayLike) -> pd.DataFrame:
    """Genres and decade of films as columns of 0 and 1.

    Parameters
    ----------
    items : a table like that of `datasets.movielens()`, with `item_id`, `genres` ("Action|Comedy") and `year`
    item_ids : (n,) such as those of `datasets.to_matrix`

    Returns
    -------
    DataFrame
        (n, genres + decades) float32, a row each of `item_ids` in their order; no column for "(no genres listed)", all
        decades 0 where the year is missing.

    Raises
    ------
    ValueError
        When a column or an item is not in the table, or an item twice.

    Examples
    --------
    >>> films = pd.DataFrame({"item_id": [5, 9], "genres": ["Comedy|Drama", "Drama"], "year": [1994, 2003]})
    >>> item_features(films, [9, 5]).loc[9].to_dict()
    {'Comedy': 0.0, 'Drama': 1.0, '1990s': 0.0, '2000s': 1.0}
    """
    missing = [column for column in ("item_id", "genres", "year") if column not in items.columns]
    if missing:
        raise ValueError(f"items has no column {missing}, only {list(items.columns)}; expected the table of the films")
    table = items.set_index("item_id")
    wanted = pd.Index(np.asarray(item_ids), name="item_id")
    if not table.index.is_unique:
        raise ValueError(f"items holds item {table.index[table.index.duplicated()][0]} twice; expected one row an item")
    unknown = wanted[~wanted.isin(table.index)]
    if len(unknown):
        raise ValueError(
            f"{len(unknown):,} of item_ids (first: {unknown[0]}) are not in items; expected a row for each"
        )
    table = table.loc[wanted]
    genres = table["genres"].str.get_dummies("|").drop(columns="(no genres listed)", errors="ignore")
    year = pd.to_numeric(table["year"]).astype("Float64")
    decades = pd.get_dummies((year // 10 * 10).astype("Int64").astype("string") + "s")
    return pd.concat([genres, decades], axis=1).astype(np.float32)


def checked_features(item_features: Any, n_items: int) -> sp.csr_matrix:
    """Attributes of items in the form to compute with.

    Parameters
    ----------
    item_features : (n_items, n_features), sparse, array or DataFrame, 0 or more
    n_items : rows that it must have

    Returns
    -------
    (n_items, n_features) CSR float32, a copy

    Raises
    ------
    ValueError
        On another number of rows, on text, and on NaN, infinite or negative values.

    Examples
    --------
    >>> checked_features([[0, 1], [1, 1]], 2).nnz
    3
    """
    given = item_features if sp.issparse(item_features) else sp.csr_matrix(numbers("item_features", item_features))
    features = added_up("item_features", given).astype(np.float32, copy=False)
    if features.shape[0] != n_items:
        raise ValueError(
            f"item_features has shape {features.shape} and the matrix {n_items:,} items; expected a row for each item, "
            "in the order of the columns"
        )
    if not np.isfinite(features.data).all() or (features.data < 0).any():
        raise ValueError("item_features holds NaN, infinite or negative values; expected 0 or more")
    return features
