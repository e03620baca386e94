"""Recommenders without a training loop: what everyone likes, and what is liked together."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp

from mlpipe.arguments import positive
from mlpipe.recommenders.base import BLOCK_BYTES, FromHistory


class Popularity(FromHistory):
    """The same list for everyone, less what each user has seen: items by the number of users who have them.

    score(u, i) = number of users with an interaction above 0 with item i. Weights do not count: one user cannot make an
    item popular. A user without history gets the plain list. Cost of `fit`: O(interactions) time, O(items) memory.

    Attributes
    ----------
    popularity_ : (n_items,) users who have each item

    Examples
    --------
    >>> likes = sp.csr_matrix([[1, 0, 1], [0, 0, 1], [0, 1, 0]])
    >>> Popularity().fit(likes).recommend([0, 1], k=2)[0]
    array([[ 1, -1],
           [ 0,  1]])
    """

    def _fit(self, matrix: sp.csr_matrix) -> None:
        self.popularity_ = np.bincount(matrix.indices, minlength=matrix.shape[1]).astype(np.float32)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return np.broadcast_to(self.popularity_, (len(rows), len(self.popularity_)))


class ItemKNN(FromHistory):
    """Items that the same users have as the user's own: item-based nearest neighbours, cosine with shrinkage.

    similarity(i, j) = x_i . x_j / (|x_i| |x_j| + shrinkage), with x_i (n_users,) the column of item i. Shrinkage pulls
    pairs that few users have in common towards 0: one common user of two items says little. Only the `neighbours` most
    similar items of an item are kept (of equal ones those with the lowest column), an item is not its own neighbour.
    score(u, i) = sum over the neighbours j of i that user u has of weight(u, j) * similarity(i, j). Without history
    all scores are 0.

    Cost of `fit`: O(sum over users of their interactions squared) time; memory is O(items * neighbours) for the result
    and a few blocks of 64 MB of the items x items product, which is never there as a whole.

    Parameters
    ----------
    neighbours : 1 or more
    shrinkage : 0 or more, in squared weights: for ones, common users

    Attributes
    ----------
    similarity_ : (n_items, n_items) CSR matrix, column i holds the neighbours of item i

    References
    ----------
    Sarwar et al. 2001, doi:10.1145/371920.372071; shrinkage: Bell and Koren 2007, ICDM; this form:
    Ferrari Dacrema et al. 2019, doi:10.1145/3298689.3347058.

    Examples
    --------
    >>> likes = sp.csr_matrix([[1, 1, 0], [1, 1, 0], [0, 1, 1], [1, 0, 0]])
    >>> ItemKNN(shrinkage=0).fit(likes).recommend([3], k=2)[0]
    array([[1, 2]])
    """

    def __init__(self, neighbours: int = 200, shrinkage: float = 10.0) -> None:
        self.neighbours = neighbours
        self.shrinkage = shrinkage

    def _fit(self, matrix: sp.csr_matrix) -> None:
        positive("neighbours", self.neighbours, whole=True)
        positive("shrinkage", self.shrinkage, zero=True)
        by_item = matrix.T.tocsr()
        by_item.sort_indices()
        norms = np.sqrt(by_item.multiply(by_item).sum(axis=1)).A1.astype(np.float32)
        n_items = matrix.shape[1]
        step = max(1, BLOCK_BYTES // (8 * n_items))  # a block is at most this dense: a value and an index a cell
        kept = []
        for start in range(0, n_items, step):
            common = (by_item[start : start + step] @ matrix).tocsr()
            rows = np.repeat(np.arange(start, start + common.shape[0]), np.diff(common.indptr))
            common.data /= norms[rows] * norms[common.indices] + np.float32(self.shrinkage)
            common.data[rows == common.indices] = 0
            kept.append(_largest(common, self.neighbours))
        self.similarity_ = sp.vstack(kept, format="csr").T.tocsr()  # column i: the neighbours of item i

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return (self._history[rows] @ self.similarity_).toarray()


def _largest(matrix: sp.csr_matrix, n: int) -> sp.csr_matrix:
    """Only the n largest entries of each row that are above 0; of equal ones those in the lowest columns."""
    keep = matrix.data > 0
    for row in np.flatnonzero(np.diff(matrix.indptr) > n):
        span = slice(matrix.indptr[row], matrix.indptr[row + 1])
        values = matrix.data[span]
        last = np.partition(values, len(values) - n)[-n]
        chosen = values > last
        level = np.flatnonzero(values == last)
        level = level[np.argsort(matrix.indices[span][level])]
        chosen[level[: n - np.count_nonzero(chosen)]] = True
        keep[span] &= chosen
    indptr = np.concatenate([[0], np.cumsum(keep)])[matrix.indptr]
    return sp.csr_matrix((matrix.data[keep], matrix.indices[keep], indptr), shape=matrix.shape)
