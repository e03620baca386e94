"""Fit the two stages on likes, and publish them."""

from __future__ import annotations

import os
from collections.abc import Callable
from typing import Any

import numpy as np
import pandas as pd

from mlpipe import arguments
from mlpipe.datasets import to_matrix
from mlpipe.recommenders import ALS, EASE, item_features
from mlpipe.retrieval import InvertedFile
from mlpipe.serving import artifact, store
from mlpipe.serving.pipeline import INDEX

FACTORS = 8  # cheap on purpose: the first stage must not miss, the second one orders
RETRIEVER: dict[str, Any] = {"factors": FACTORS, "regularization": 0.01, "unobserved_weight": 0.3}
REGULARIZATION = 200.0  # of EASE, tuned on MovieLens-small
# Of each item, the weights for so many others are kept, those of the largest magnitude: benchmarks/tune_serving.py.
WEIGHTS = 512
ROWS = 500  # of weights at a time: memory, not speed


def build(
    folder: str | os.PathLike[str],
    likes: pd.DataFrame,
    items: pd.DataFrame,
    random_state: int = 0,
    weights: int = WEIGHTS,
    progress: Callable[[str], None] = lambda step: None,
) -> str:
    """Fit retriever and ranker, write the store, and publish the version.

    Only items with a like are in it: of the others neither stage knows anything.

    Parameters
    ----------
    folder : where the service finds them; made where there is none
    likes : one row a like; `user_id`, `item_id`
    items : a table like that of `datasets.movielens()`, with `item_id`, `genres` and `year`
    random_state : of the retriever
    weights : of the ranker, kept for each item
    progress : called with each step's name

    Returns
    -------
    str
        The name of the version.

    Raises
    ------
    ValueError
        For tables that `to_matrix` or `item_features` refuse.
    """
    width = arguments.whole_number("weights", weights)
    progress(f"{len(likes):,} likes")
    table = to_matrix(likes)
    matrix, item_ids = table.matrix, np.asarray(table.item_ids, dtype=np.int64)
    n_items = len(item_ids)
    progress(f"retriever: factors of {n_items:,} items")
    retriever = ALS(random_state=random_state, **RETRIEVER).fit(matrix)
    progress("ranker: weights between items")
    ranker = EASE(regularization=REGULARIZATION).fit(matrix)
    parts = [_largest(ranker.weights(rows), width) for rows in np.array_split(np.arange(n_items), 1 + n_items // ROWS)]
    columns, values = (np.vstack(part) for part in zip(*parts, strict=True))
    popularity = np.bincount(matrix.indices, minlength=n_items)
    genres = item_features(items, item_ids).filter(regex=r"^(?!\d{4}s$)").to_numpy(np.float32)
    genres = np.column_stack([genres, ~genres.any(axis=1)]).astype(np.float32)  # no genre: like the others of that sort
    index = InvertedFile(random_state=random_state).fit(retriever.item_factors)
    progress("publish")
    histories = store.write(folder, likes).name
    arrays = {
        "item_ids": item_ids,
        "item_factors": retriever.item_factors,
        "ranker_columns": columns,
        "ranker_weights": values,
        "popular": np.argsort(-popularity, kind="stable").astype(np.int32),
        "genres": genres,
        **{f"{INDEX}{name}": values for name, values in index.to_arrays().items() if name != "vectors"},
    }
    settings = {
        "histories": histories,
        "factors": FACTORS,
        "regularization": retriever.regularization,
        "unobserved_weight": float(retriever.unobserved_weight_),
        "frequency_exponent": retriever.frequency_exponent,
    }
    return artifact.publish(folder, arrays, settings)


def _largest(weights: np.ndarray, width: int) -> tuple[np.ndarray, np.ndarray]:
    """Columns and values (n, width) of the weights that are largest in magnitude in each row, by column."""
    last = max(0, weights.shape[1] - width)
    columns = np.sort(np.argpartition(np.abs(weights), last, axis=1)[:, last:], axis=1)
    return columns.astype(np.int32), np.take_along_axis(weights, columns, axis=1).astype(np.float32)
