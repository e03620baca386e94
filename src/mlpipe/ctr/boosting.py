"""What boosted trees see of a click log, and how they are grown."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier

from mlpipe.ctr.base import log_odds
from mlpipe.ctr.kinds import Kinds, floats
from mlpipe.features import smoothed_rate

MAX_CATEGORIES = 100  # ids with more values reach the trees as rates, not as categories
CLICKS_A_CATEGORY = 50  # ids with fewer a value too: a split among rare values picks those that were lucky


class TreeColumns:
    """Raw columns as trees take them: numbers as they are, times as hour and weekday, ids of few values as categories.

    Ids of many values, for so many clicks, are listed in `wide`: the models encode them, each in its way.

    Parameters
    ----------
    frame : (n_rows, n_columns) with string names
    y : (n_rows,) labels 0 and 1
    ids_as_numbers : whether ids that are numbers are columns of numbers, too

    Attributes
    ----------
    kinds : the `Kinds` of the columns
    categories : values by name of those ids that are categories
    wide : names of the other ids
    numbered : names of the ids that are numbers, too
    is_category : of each column of `transform`, whether it is one

    Raises
    ------
    ValueError
        As `Kinds`.
    """

    def __init__(self, frame: pd.DataFrame, y: np.ndarray, ids_as_numbers: bool = False):
        most = min(MAX_CATEGORIES, _n_rarer(y) // CLICKS_A_CATEGORY)
        self.kinds = Kinds(frame)
        self.numbered = self.kinds.ids_with_an_order() if ids_as_numbers else []
        self.categories: dict[str, pd.Index] = {}
        self.wide: list[str] = []
        for name in [name for name, kind in self.kinds.of.items() if kind == "id"]:
            values = pd.Index(_values(frame[name]).dropna().unique())
            if len(values) <= most:
                self.categories[name] = values
            else:
                self.wide.append(name)
        self.is_category: list[bool] = []
        for name, kind in self.kinds.of.items():
            self.is_category += {"number": [False], "time": [False] * 2}.get(kind, [True] * (name in self.categories))
            self.is_category += [False] * (name in self.numbered)

    def transform(self, frame: pd.DataFrame) -> np.ndarray:
        """The columns for the trees.

        Parameters
        ----------
        frame : (n_rows, ...) with the columns of the first table

        Returns
        -------
        (n_rows, n) float64, NaN is a missing or unknown value

        Raises
        ------
        ValueError
            On columns of another kind than in the first table.
        """
        columns: list[np.ndarray] = []
        for name, kind in self.kinds.of.items():
            if name in self.wide and name not in self.numbered:
                continue
            column = self.kinds.take(frame, name)
            if kind == "time":
                columns += [column.dt.hour.to_numpy(float), column.dt.day_of_week.to_numpy(float)]
            if name in self.categories:
                codes = self.categories[name].get_indexer(pd.Index(_values(column)))
                columns.append(np.where(codes < 0, np.nan, codes))
            if kind == "number" or name in self.numbered:
                columns.append(floats(column))
        return np.column_stack(columns) if columns else np.empty((len(frame), 0))


def _n_rarer(y: np.ndarray) -> int:
    """Rows of the rarer label: what there is to learn from."""
    return int(min(y.sum(), len(y) - y.sum()))


def boosted_trees(
    model: Any,
    seen: np.ndarray,
    y: np.ndarray,
    is_category: list[bool],
    early_stopping: bool,
    max_features: float = 1.0,
) -> HistGradientBoostingClassifier:
    """Trees with the settings of a model, fitted; what it leaves open follows the number of rows.

    Parameters
    ----------
    model : with `learning_rate` (or None), `n_trees`, `max_leaf_nodes` and `random_state`
    seen : (n_rows, n_columns) floats, NaN is missing
    y : (n_rows,) labels 0 and 1
    is_category : of each column; those behind are none
    early_stopping : whether a tenth of 1,000 rows or more says when to stop
    max_features : share of the columns that a split chooses from, above 0 and up to 1

    Returns
    -------
    HistGradientBoostingClassifier
    """
    return HistGradientBoostingClassifier(
        learning_rate=model.learning_rate or (0.05 if len(y) < 100_000 else 0.1),
        max_iter=model.n_trees,
        max_leaf_nodes=model.max_leaf_nodes,
        max_features=max_features,
        min_samples_leaf=int(np.clip(len(y) // 1000, 20, 200)),
        l2_regularization=10.0,
        categorical_features=np.array(is_category + [False] * (seen.shape[1] - len(is_category))),
        early_stopping=early_stopping and len(y) >= 1000,
        random_state=model.random_state,
    ).fit(seen, y)


def counter_columns(
    clicks: np.ndarray, shown: np.ndarray, rate: float, strength: float, count: np.ndarray
) -> list[np.ndarray]:
    """A counter as trees take it: log-odds of the smoothed click rate, and log of the count.

    Parameters
    ----------
    clicks, shown : (n_rows,) counts that the rate is made of
    rate : base rate, between 0 and 1
    strength : of the prior, in impressions
    count : (n_rows,) the count

    Returns
    -------
    two arrays (n_rows,)

    Raises
    ------
    ValueError
        As `features.smoothed_rate`.
    """
    return [log_odds(smoothed_rate(clicks, shown, rate, strength)), np.log1p(count)]


def _values(column: pd.Series) -> pd.Series:
    """The values of a categorical column; other columns as they are."""
    if not isinstance(column.dtype, pd.CategoricalDtype):
        return column
    return column.astype(object if column.isna().any() else column.cat.categories.dtype)
