"""The table and the labels of a click model, checked: any DataFrame of raw columns or 2-d array, and 0 or 1 a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils import column_or_1d

from mlpipe import arguments


def as_frame(X: Any) -> pd.DataFrame:
    """A DataFrame with a plain index and string names, at least one row and column."""
    if sp.issparse(X):
        raise TypeError(
            "X is a sparse matrix; expected a DataFrame or dense array of raw columns, which the model "
            "hashes itself: pass those"
        )
    if isinstance(X, pd.DataFrame):
        frame = X.set_axis([str(name) for name in X.columns], axis=1)
        if not frame.columns.is_unique:
            raise ValueError(f"X has columns of one name: {list(X.columns)}; expected each only once: rename them")
    else:
        array = arguments.array("X", X)
        if array.ndim != 2:
            raise ValueError(
                f"X has shape {array.shape}; expected a table with rows and columns. Reshape your data with "
                "X.reshape(-1, 1) if it has a single column"
            )
        if np.iscomplexobj(array):
            raise ValueError("Complex data not supported: X holds complex numbers; pass their parts as two columns")
        frame = pd.DataFrame(array, columns=[f"x{i}" for i in range(array.shape[1])])
    for axis, what in enumerate(("sample(s)", "feature(s)")):
        if not frame.shape[axis]:
            raise ValueError(
                f"X: found 0 {what} (shape={frame.shape}) while a minimum of 1 is required.  Check the filter that "
                "made it"
            )
    plain = {name: arguments.plain(f"column {name!r}", column) for name, column in frame.items()}
    return frame.assign(**{name: column for name, column in plain.items() if column is not frame[name]}).reset_index(
        drop=True
    )


def as_labels(y: Any, n_rows: int, both_classes: bool = True) -> np.ndarray:
    """Labels as float64, each 0 or 1."""
    if y is None:
        raise ValueError("requires y to be passed, but the target y is None: pass one label a row, 0 or 1")
    labels = arguments.array("y", y.to_numpy() if isinstance(y, (pd.Series, pd.DataFrame)) else y)
    if labels.ndim == 2 and labels.shape[1] == 1:
        labels = column_or_1d(labels, warn=True)
    if labels.shape != (n_rows,):
        raise ValueError(f"y has shape {labels.shape}; expected one label a row of X: ({n_rows},)")
    odd = pd.isna(labels)
    if not odd.any():
        odd = ~np.isin(labels, (0, 1))
    if odd.any():
        many = len(pd.unique(labels[~pd.isna(labels)])) > 2
        raise ValueError(
            f"{'Only binary classification is supported. ' if many else ''}Unknown label type: y holds "
            f"{labels[odd].tolist()[0]!r} (first of {odd.sum():,} such rows); expected 0 (no click) or 1 (click), none "
            "missing: map your labels to these"
        )
    labels = labels.astype(np.float64)
    if both_classes and labels.min() == labels.max():
        raise ValueError(
            f"y holds only one class: {labels[0]:.0f} in all {n_rows:,} rows; expected clicks (1) and "
            "non-clicks (0): take more rows"
        )
    return labels
