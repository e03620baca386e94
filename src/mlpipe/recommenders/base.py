"""What all recommenders share: checked input, users in blocks, the best k with ties broken by item index."""

from __future__ import annotations

import copy
from abc import ABC, abstractmethod
from typing import Any, Self

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike
from sklearn.base import BaseEstimator
from sklearn.exceptions import NotFittedError
from sklearn.utils.metadata_routing import UNUSED

from mlpipe.arguments import added_up, integers, whole_number

# Scores are made for a block of users at a time: as many as fit in this many bytes of float32, at least one.
BLOCK_BYTES = 64 * 2**20


class Recommender(BaseEstimator, ABC):
    """A model that is fitted on a users x items matrix and recommends items to its users.

    A subclass says how it learns (`_fit`) and how it scores all items for some users (`_scores`); a model that can
    serve users whom it has not seen also says what to compute for them (`_fold_in`).

    Attributes
    ----------
    n_features_in_ : number of items, in the words of scikit-learn
    """

    __metadata_request__fit = {"matrix": UNUSED}  # noqa: RUF012 (it is the data, nothing to route)
    n_features_in_: int  # scikit-learn's name for the number of items
    _history: sp.csr_matrix  # what each user that can be served has interacted with

    def fit(self, matrix: sp.spmatrix) -> Self:
        """Learn from what users have.

        Parameters
        ----------
        matrix : (n_users, n_items) sparse; an entry above 0 is an interaction, its value the weight
            Stored zeros count as no interaction. Users and items without any interaction are allowed.

        Returns
        -------
        the model itself

        Raises
        ------
        ValueError
            On a matrix that is not sparse and two-dimensional, has no interaction at all, or holds NaN, infinite or
            negative values; on parameters out of range.
        """
        history = interactions(matrix)
        if not history.nnz:
            raise ValueError(
                f"matrix of shape {history.shape} has no interaction; expected at least one entry above 0: check the "
                "filter that made it"
            )
        self.__dict__.pop("_history", None)  # a fit that fails leaves half a model, and that is none
        self._fit(history)
        self._history, self.n_features_in_ = history, history.shape[1]
        return self

    def fold_in(self, matrix: sp.spmatrix) -> Self:
        """The same model for other users.

        Nothing that was learned about items changes; the model itself stays as it is.

        Parameters
        ----------
        matrix : (n_users, n_items) sparse; row i is the history of the user whom the result knows as row i
            The items of the fitted matrix in the same columns; a row without interactions is allowed.

        Returns
        -------
        a fitted model of the same class

        Raises
        ------
        NotFittedError
            Before `fit`.
        NotImplementedError
            Where the model cannot serve users whom it has not seen.
        ValueError
            On input that `fit` refuses and on another number of items.
        """
        self._check_fitted()
        history = interactions(matrix)
        if history.shape[1] != self._history.shape[1]:
            raise ValueError(
                f"matrix has {history.shape[1]:,} items and the model was fitted on {self._history.shape[1]:,}; "
                "expected the same items in the same columns: to_matrix(..., item_ids=...) aligns them"
            )
        served = copy.copy(self)  # shallow: what was learned about items is shared
        served._fold_in(history)
        served._history = history
        return served

    def recommend(self, user_rows: ArrayLike, k: int = 10, exclude_seen: bool = True) -> tuple[np.ndarray, np.ndarray]:
        """The k best items for some users, best first.

        Memory beside the result: a block of users x items at a time, a few times 64 MB (one user's row, if that is
        larger), whatever the number of users.

        Parameters
        ----------
        user_rows : (n,) row numbers of the matrix, in any order
        k : places in a list, 1 or more
        exclude_seen : whether to leave out what a user has interacted with

        Returns
        -------
        items : (n, k) item columns, int64
        scores : (n, k) float32
            Equal scores are ordered by item column. Where fewer than k items remain, items are -1 and scores -inf.
            Scores of two models, or of two users, do not compare.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            On rows that the matrix does not have and on k below 1.
        """
        self._check_fitted()
        rows = self._rows(user_rows)
        k = whole_number("k", k)
        n_items = self._history.shape[1]
        items = np.full((len(rows), k), -1, dtype=np.int64)
        scores = np.full((len(rows), k), -np.inf, dtype=np.float32)
        step = max(1, BLOCK_BYTES // (4 * n_items))
        for start in range(0, len(rows), step):
            block = rows[start : start + step]
            found = np.require(self._scores(block), np.float32, ["C", "W"])  # seen items are struck out in place
            if exclude_seen:
                seen = self._history[block]
                found[np.repeat(np.arange(len(block)), np.diff(seen.indptr)), seen.indices] = -np.inf
            best, values = top_k(found, min(k, n_items))
            items[start : start + step, : best.shape[1]] = best
            scores[start : start + step, : best.shape[1]] = values
        return items, scores

    @abstractmethod
    def _fit(self, matrix: sp.csr_matrix) -> None:
        """Check the parameters, then learn from a checked matrix: CSR, float32, sorted, no stored zero."""

    @abstractmethod
    def _scores(self, rows: np.ndarray) -> np.ndarray:
        """Scores (len(rows), n_items) for these rows of the history: a new array, or one that cannot be written to."""

    def _fold_in(self, matrix: sp.csr_matrix) -> None:
        """Compute what `_scores` needs for other users; `self` is a copy already."""
        raise NotImplementedError(
            f"{type(self).__name__} cannot serve users whom it was not fitted on: fit it again with them"
        )

    def __sklearn_is_fitted__(self) -> bool:
        return hasattr(self, "_history")

    def __sklearn_tags__(self) -> Any:
        tags = super().__sklearn_tags__()
        tags.input_tags.two_d_array = False
        tags.input_tags.sparse = tags.input_tags.positive_only = True
        return tags

    def _check_fitted(self) -> None:
        if not self.__sklearn_is_fitted__():
            raise NotFittedError(f"this {type(self).__name__} has learned nothing yet: call fit(matrix) first")

    def _rows(self, user_rows: ArrayLike) -> np.ndarray:
        expected = "whole numbers (n,): rows of the matrix, not user ids and not a mask"
        rows, n_users = integers("user_rows", user_rows, expected, ndim=1), self._history.shape[0]
        outside = (rows < 0) | (rows >= n_users)
        if outside.any():
            raise ValueError(
                f"user_rows holds {rows[outside][0]} (first of {outside.sum():,}); expected 0 to {n_users - 1}, the "
                "rows of the matrix: fold_in serves users who are not among them"
            )
        return rows


class FromHistory(Recommender):
    """A recommender whose scores follow from a user's history, so that it serves others as those whom it has seen."""

    def _fold_in(self, matrix: sp.csr_matrix) -> None:
        pass


def interactions(matrix: sp.spmatrix) -> sp.csr_matrix:
    """A checked copy of a matrix: CSR, float32, indices sorted, without stored zeros.

    Parameters
    ----------
    matrix : (n_users, n_items) sparse, 0 or more

    Returns
    -------
    (n_users, n_items) CSR matrix

    Raises
    ------
    ValueError
        On a matrix that is not sparse and two-dimensional or holds NaN, infinite or negative values.

    Examples
    --------
    >>> interactions(sp.coo_matrix([[0, 2], [0, 0]])).nnz
    1
    """
    if not sp.issparse(matrix) or matrix.ndim != 2:
        raise ValueError(
            f"matrix is a {type(matrix).__name__}; expected a sparse matrix users x items: datasets.to_matrix makes "
            "one of a table, scipy.sparse.csr_matrix of an array"
        )
    copied = added_up("matrix", matrix).astype(np.float32, copy=False)
    if not np.isfinite(copied.data).all() or (copied.data < 0).any():
        bad = copied.data[~np.isfinite(copied.data) | (copied.data < 0)]
        raise ValueError(
            f"matrix holds {bad[0]} (first of {len(bad):,} such entries); expected finite weights of 0 or more: for "
            "ratings, keep the likes"
        )
    copied.eliminate_zeros()
    return copied


def top_k(scores: np.ndarray, k: int) -> tuple[np.ndarray, np.ndarray]:
    """The columns of the k largest scores of each row, best first, and these scores; ties by column.

    Parameters
    ----------
    scores : (n, n_items) floats, -inf for what must not be chosen
    k : 1 to n_items

    Returns
    -------
    columns : (n, k), -1 where the score is -inf
    values : (n, k) scores

    Raises
    ------
    ValueError
        On NaN.

    Examples
    --------
    >>> top_k(np.array([[1.0, 3.0, 3.0, -np.inf]]), 4)[0]
    array([[ 1,  2,  0, -1]])
    """
    n_rows, n_items = scores.shape
    # The k-th largest of the maxima of groups is a floor: k items reach it, and few others do. Finding it takes one
    # pass; to partition whole rows takes several times as long, most where many scores are equal. A group is every
    # (n_items / width)-th item, because NumPy takes maxima fastest across rows.
    width = min(64, max(1, n_items // (4 * k)))
    whole = n_items // width * width
    maxima = scores[:, :whole].reshape(n_rows, width, whole // width).max(axis=1)
    if whole < n_items:
        maxima = np.column_stack([maxima, scores[:, whole:].max(axis=1)])
    if np.isnan(maxima).any():
        raise ValueError("a score is NaN: the model has diverged; more regularization or a smaller learning rate helps")
    floor = np.partition(maxima, maxima.shape[1] - k, axis=1)[:, [-k]]
    reached = scores >= floor
    n_reached = np.fromiter(map(np.count_nonzero, reached), np.int64, n_rows)  # along an axis it is 20 times slower
    for row in np.flatnonzero(n_reached > k * width):  # many are level with the floor: the first k columns will do
        reached[row, np.flatnonzero(scores[row] == floor[row])[k:]] = False
        n_reached[row] = np.count_nonzero(reached[row])
    rows, places = np.repeat(np.arange(n_rows), n_reached), np.flatnonzero(reached)
    columns, values = places - rows * n_items, scores.ravel()[places]
    order = np.lexsort((-values, rows))  # stable, and columns ascend: ties by column
    first = order[(np.cumsum(n_reached) - n_reached)[:, None] + np.arange(k)]
    columns, values = columns[first], values[first]
    return np.where(np.isneginf(values), -1, columns), values
