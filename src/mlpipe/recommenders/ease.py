"""EASE: a linear model in closed form, one weight for each pair of items."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike
from scipy.linalg import lapack

from mlpipe.arguments import integers, positive
from mlpipe.recommenders.base import BLOCK_BYTES, FromHistory

# In user space, users are served as many at a time as have their numbers in the cache. Measured at 30,000 users and
# 41,000 items: 4 to 12 MB are equally good, 48 MB take half as long again.
CACHE_BYTES = 8 * 2**20
# Users or items up to which the matrix is in double precision. On made sets of 5,000 and 8,000, single left nDCG as it
# is, took half the time, and ordered up to 4 lists of 10,000 another way: above, minutes are worth more than these.
DOUBLE_UP_TO = 10_000


class EASE(FromHistory):
    """Each item predicted from all others by ridge regression: an "embarrassingly shallow autoencoder".

    With X (n_users, n_items) the history, B (n_items, n_items) minimises |X - X B|^2 + regularization * |B|^2 under
    diag(B) = 0 (an item must not predict itself). Solution: P = (X^T X + regularization * I)^-1, B_ij = -P_ij / P_jj
    off the diagonal. score(u, .) = x_u B. Without history all scores are 0.

    The matrix to invert is items x items or, when there are fewer users than items, users x users, which gives the same
    scores: with M = (X X^T + regularization * I)^-1, P = (I - X^T M X) / regularization, and x_u P = m_u X for a fitted
    user. With n the smaller of the two, `fit` takes O(n^3) time and one n x n matrix of memory, which stays for
    `recommend`: in float64 for n up to 10,000, above that, or where only that fits in `max_bytes`, in float32.
    `recommend` takes, for a user, O(interactions * n_items) time in item space and O(all interactions) in user space;
    there another O(n_users^2) for a user who was not fitted in the same row.

    Parameters
    ----------
    regularization : above 0, larger where there are more interactions
        Published: 100 to 1000 for thousands of users and more.
    max_bytes : what the matrix may take, 1 or more (4 GiB: 32,000 users or items)

    Raises
    ------
    ValueError
        In `fit`, before it allocates anything, when the matrix would not fit.

    References
    ----------
    Steck 2019, doi:10.1145/3308558.3313710; users x users: the Woodbury identity.

    Examples
    --------
    >>> likes = sp.csr_matrix([[1, 1, 0], [1, 1, 0], [0, 1, 1], [1, 0, 0]])
    >>> EASE(regularization=1).fit(likes).recommend([3], k=2)[0]
    array([[1, 2]])
    """

    def __init__(self, regularization: float = 250.0, max_bytes: int = 4 * 2**30) -> None:
        self.regularization = regularization
        self.max_bytes = max_bytes

    def weights(self, items: ArrayLike) -> np.ndarray:
        """Rows of B: what each item of a history adds to the scores of all items.

        Parameters
        ----------
        items : (n,) columns of the matrix

        Returns
        -------
        (n, n_items) floats, 0 for the item itself

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            On columns that the matrix does not have.

        Examples
        --------
        >>> likes = sp.csr_matrix([[1, 1, 0], [1, 1, 0], [0, 1, 1], [1, 0, 0]])
        >>> EASE(regularization=1).fit(likes).weights([2]).round(2)
        array([[-0.29,  0.5 ,  0.  ]])
        """
        self._check_fitted()
        n_items = self.n_features_in_
        columns = integers("items", items, "columns of the matrix (n,)", ndim=1)
        if ((columns < 0) | (columns >= n_items)).any():
            raise ValueError(f"items holds no column of the matrix; expected 0 to {n_items - 1}: not ids of items")
        single = self.fold_in(sp.identity(n_items, np.float32, "csr")[columns])  # a user who has that one item
        found = np.array(single._scores(np.arange(len(columns))))
        found[np.arange(len(columns)), columns] = 0  # but for rounding it is
        return found

    def _fit(self, matrix: sp.csr_matrix) -> None:
        positive("regularization", self.regularization)
        positive("max_bytes", self.max_bytes, whole=True)
        n_users, n_items = matrix.shape
        self._in_user_space = n_users < n_items
        n = min(n_users, n_items)
        dtype = np.float64 if n <= DOUBLE_UP_TO and 8 * n**2 <= self.max_bytes else np.float32
        if 4 * n**2 > self.max_bytes:
            raise ValueError(
                f"EASE needs {4 * n**2:,} bytes for a matrix of {n:,} x {n:,} "
                f"{'users' if self._in_user_space else 'items'} and max_bytes is {self.max_bytes:,}; leave out the "
                "rarest items (or users), raise max_bytes, or use a model that scales: ALS, GraphFilter, PureSVD"
            )
        # Without a copy: LAPACK works in place on Fortran order, and these matrices are symmetric.
        across = matrix if self._in_user_space else matrix.T.tocsr()
        inverse = _inverse(across.astype(dtype), float(self.regularization))
        if self._in_user_space:
            self._training, self._inverse, by_item = matrix, inverse, matrix.T.tocsr().astype(dtype)
            self._diagonal = self._diagonal_of_p(by_item)
            self._by_item = sp.diags(-1 / self._diagonal, dtype=dtype) @ by_item
            self._fold_in(matrix)
        else:  # B in the place of P
            inverse /= -np.diag(inverse)
            np.fill_diagonal(inverse, 0)
            self._weights = inverse

    def _fold_in(self, matrix: sp.csr_matrix) -> None:
        if self._in_user_space:
            n = min(matrix.shape[0], self._training.shape[0])
            self._is_fitted = np.zeros(matrix.shape[0], dtype=bool)  # rows with the history of the fitted one
            self._is_fitted[:n] = (matrix[:n] != self._training[:n]).getnnz(axis=1) == 0

    def _diagonal_of_p(self, by_item: sp.csr_matrix) -> np.ndarray:
        explained = np.empty(by_item.shape[0])
        step = max(1, BLOCK_BYTES // (self._inverse.itemsize * by_item.shape[1]))
        for start in range(0, len(explained), step):
            block = by_item[start : start + step]
            explained[start : start + step] = block.multiply(block @ self._inverse).sum(axis=1).A1
        return (1 - explained) / self.regularization

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        if not self._in_user_space:
            return self._history[rows] @ self._weights
        # x_u - x_u P / diag(P), and no difference of numbers that are nearly equal where x_u is 0
        history = self._history[rows].astype(self._inverse.dtype)
        fitted = self._is_fitted[rows]
        of_users = self._inverse[np.where(fitted, rows, 0)]
        if not fitted.all():
            shared = (history[~fitted] @ self._training.T).toarray()
            of_users[~fitted] = shared @ self._inverse / -self.regularization
        scores = np.empty((len(rows), len(self._diagonal)), self._inverse.dtype)
        step = max(1, CACHE_BYTES // (of_users.itemsize * of_users.shape[1]))
        for start in range(0, len(rows), step):
            scores[start : start + step] = (self._by_item @ of_users[start : start + step].T).T
        place, item = np.repeat(np.arange(len(rows)), np.diff(history.indptr)), history.indices
        explained = np.where(fitted[place], 0, 1 / (self.regularization * self._diagonal[item]))
        scores[place, item] += history.data * (1 - explained)
        return scores


def _inverse(x: sp.csr_matrix, ridge: float) -> np.ndarray:
    """(x x^T + ridge * I)^-1 for x (n, m) sparse: one n x n matrix, made, factorised and inverted in place."""
    n = x.shape[0]
    across = x.T.tocsr()
    matrix = np.empty((n, n), dtype=x.dtype)
    step = max(1, BLOCK_BYTES // (16 * n))
    for start in range(0, n, step):
        matrix[start : start + step] = (x[start : start + step] @ across).toarray()
    matrix[np.diag_indices(n)] += ridge
    factorize, invert = lapack.get_lapack_funcs(("potrf", "potri"), (matrix,))
    _, failed = factorize(matrix.T, lower=False, overwrite_a=True, clean=False)
    if not failed:
        _, failed = invert(matrix.T, lower=False, overwrite_c=True)
    if failed:
        raise ValueError(
            f"regularization is {ridge}, too small for the {n:,} x {n:,} matrix in {x.dtype}: it is not positive "
            "definite after rounding; a larger regularization helps"
        )
    for start in range(0, n, step):  # LAPACK leaves one triangle: here, in rows, the lower one
        end = start + step
        matrix[:start, start:end] = matrix[start:end, :start].T
        square = matrix[start:end, start:end]
        matrix[start:end, start:end] = np.tril(square) + np.tril(square, -1).T
    return matrix
