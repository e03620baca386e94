"""The table and the labels of a click model, checked: any DataFrame of raw columns or 2-d array, and 0 or 1 a row."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import scipy.sparse as sp
from sklearn.utils import column_or_1d

from mlpipe import arguments


def as_frame(X: Any) -> pd.DataFrame:
    """Raw columns as a DataFrame with a plain index and string names.

    Parameters
    ----------
    X : (n_rows, n_columns), 1 or more of each: a DataFrame, or a dense array whose columns become x0, x1, ...

    Returns
    -------
    DataFrame
        A new one where anything had to change, else `X` with another index.

    Raises
    ------
    TypeError
        On a sparse matrix.
    ValueError
        On another shape, complex numbers, two columns of one name.

    Examples
    --------
    >>> as_frame([[1, 2.5]]).columns.tolist()
    ['x0', 'x1']
    """
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
    """Labels as floats.

    Parameters
    ----------
    y : (n_rows,) or (n_rows, 1) of 0 and 1, or bool
    n_rows : rows of the table beside them
    both_classes : whether there must be a click and a row without one

    Returns
    -------
    (n_rows,) float64 array, each 0 or 1

    Raises
    ------
    ValueError
        On another shape, other labels, missing ones, and a single class where both are needed.

    Examples
    --------
    >>> as_labels([True, False], 2)
    array([1., 0.])
    """
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
