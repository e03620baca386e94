"""The stages around a ranker: an index that finds candidates without reading all items, a re-ranker for diversity."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Self

import numpy as np
from numpy.typing import ArrayLike
from sklearn.exceptions import NotFittedError

from mlpipe.arguments import fraction, inside, integers, numbers, whole_number
from mlpipe.ranking_metrics import unit_vectors
from mlpipe.recommenders.base import top_k

# k-means sees at most this many vectors a cell. At 100,000 vectors, 316 cells and 8 probes, all of them take 3.5 times
# as long and change recall@200 by -.010 to +.006, or by +.05 where vectors have no order (.20 to .26).
SAMPLE_PER_CELL = 64
ROUNDS = 10  # of k-means; 25 change recall@200 by less than .004
BLOCK = 4096  # vectors compared with all cells at a time
ELSEWHERE = 0.01  # of stored vectors, so many may be nearer to another centre: another CPU rounds otherwise


class InvertedFile:
    """An index for the largest inner products: vectors lie in cells, and a query reads the few cells that fit it best.

    The score of item i for a query q is q . v_i + b_i. `fit` groups the vectors, with their bias as one more
    coordinate, by k-means; the centre of a cell then has a score as an item has one, and a query reads the `probes`
    cells whose centres score highest: highest, not nearest, because an inner product is what is looked for. Scores are
    computed in float64 and rounded to float32, so that a tie is a tie on every CPU.

    With n vectors of d numbers and c cells, `fit` takes O((SAMPLE_PER_CELL * ROUNDS * c + n) * c * d) time and a query
    O((c + n * probes / c) * d): least where c is about the root of n * probes.

    Parameters
    ----------
    n_cells : 1 to the number of vectors; None: the root of that number, rounded
    random_state : seed of the first centres and of the sample that k-means sees

    Attributes
    ----------
    centres : (n_cells, d) float64, with the bias as last column where one was given
    sizes : (n_cells,) vectors in each cell

    References
    ----------
    Sivic and Zisserman 2003, Video Google, doi:10.1109/ICCV.2003.1238663; Jégou, Douze and Schmid 2011, Product
    quantization for nearest neighbor search (IVFADC, here without the quantization), doi:10.1109/TPAMI.2010.57.

    Examples
    --------
    >>> index = InvertedFile(n_cells=2).fit([[1, 0], [0.9, 0.1], [0, 1], [0.1, 0.8]])
    >>> index.search([[1, 0]], k=2, probes=1)
    (array([[0, 1]]), array([[1. , 0.9]], dtype=float32))
    """

    centres: np.ndarray
    sizes: np.ndarray

    def __init__(self, n_cells: int | None = None, random_state: int = 0) -> None:
        self.n_cells = n_cells
        self.random_state = random_state

    def fit(self, vectors: ArrayLike, bias: ArrayLike | None = None) -> Self:
        """Put the vectors into cells.

        Parameters
        ----------
        vectors : (n, d) of the items, at least one; the row is the item in what `search` returns
        bias : (n,) what an item scores whatever the query is; None: nothing

        Returns
        -------
        the index itself

        Raises
        ------
        ValueError
            On an empty catalogue, values that are not finite, other shapes, and more cells than vectors.
        """
        found = _finite("vectors", vectors, "(n, d), a vector an item")
        if not found.size:
            raise ValueError(
                f"vectors has shape {found.shape}, an empty catalogue; expected one item or more: check the filter"
            )
        root = round(len(found) ** 0.5)
        n_cells = whole_number("n_cells", root if self.n_cells is None else self.n_cells, 1, len(found))
        self._has_bias = bias is not None
        if bias is not None:
            column = _finite("bias", bias, f"({len(found)},), one number an item", ndim=1)
            if len(column) != len(found):
                raise ValueError(f"bias has {len(column):,} values; expected {len(found):,}, one an item")
            found = np.column_stack([found, column])
        rng = np.random.default_rng(self.random_state)
        sample = found[np.sort(rng.permutation(len(found))[: SAMPLE_PER_CELL * n_cells])]
        centres = sample[np.sort(rng.permutation(len(sample))[:n_cells])]
        for _ in range(ROUNDS):
            cell = _nearest(sample, centres)
            sizes = np.bincount(cell, minlength=n_cells)[:, None]
            sums = np.stack([np.bincount(cell, column, n_cells) for column in sample.T], axis=1)
            centres = np.where(sizes > 0, sums / np.maximum(sizes, 1), centres)  # an empty cell stays where it is
        cell = _nearest(found, centres)
        self._items = np.argsort(cell, kind="stable")  # a cell is a slice
        self._vectors = found[self._items]
        self.centres, self.sizes = centres, np.bincount(cell, minlength=n_cells)
        self._ends = np.cumsum(self.sizes)
        return self

    def search(self, queries: ArrayLike, k: int = 10, probes: int = 8) -> tuple[np.ndarray, np.ndarray]:
        """The k items of highest score among those in the cells that fit each query best.

        With `probes` = `n_cells` all vectors are read, and the answer is exact.

        Parameters
        ----------
        queries : (n_queries, d)
        k : places in a list, 1 or more
        probes : cells that a query reads, 1 to `n_cells`

        Returns
        -------
        items : (n_queries, k) rows of the vectors, best first, int64
        scores : (n_queries, k) float32
            Equal scores are ordered by item. Where the cells hold fewer than k items, items are -1 and scores -inf.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            On queries of another width or not finite, on k below 1 and on more probes than cells.
        """
        asked, cells = self._cells(queries, probes)
        k = whole_number("k", k)
        items = np.full((len(asked), k), -1, dtype=np.int64)
        scores = np.full((len(asked), k), -np.inf, dtype=np.float32)
        starts = self._ends - self.sizes
        for row, (query, read) in enumerate(zip(asked, cells, strict=True)):
            slices = [slice(starts[one], self._ends[one]) for one in read]
            value = np.concatenate([self._vectors[one] @ query for one in slices]).astype(np.float32)
            item = np.concatenate([self._items[one] for one in slices])
            if len(value) > k:  # the k-th best is a floor, and few are level with it
                best = value >= np.partition(value, len(value) - k)[len(value) - k]
                value, item = value[best], item[best]
            order = np.lexsort((item, -value))[:k]
            items[row, : len(order)], scores[row, : len(order)] = item[order], value[order]
        return items, scores

    def share_read(self, queries: ArrayLike, probes: int = 8) -> np.ndarray:
        """The share of all vectors that a search reads, for each query.

        Parameters
        ----------
        queries : (n_queries, d)
        probes : as in `search`

        Returns
        -------
        (n_queries,) floats, 0 to 1

        Raises
        ------
        NotFittedError, ValueError
            As in `search`.
        """
        return self.sizes[self._cells(queries, probes)[1]].sum(axis=1) / len(self._items)

    def to_arrays(self) -> dict[str, np.ndarray]:
        """What `from_arrays` needs to make the same index again, in another process and without a fit.

        Returns
        -------
        dict of arrays
            `centres` and `sizes` as above; `items` (n,) row of each vector, cell after cell; `vectors` (n, d) in that
            order, with the bias as last column where there is one; `has_bias` (1,).
        """
        self._check_fitted()
        has_bias = np.array([self._has_bias])
        return {
            **{"centres": self.centres, "sizes": self.sizes, "items": self._items, "vectors": self._vectors},
            "has_bias": has_bias,
        }

    @classmethod
    def from_arrays(cls, arrays: Mapping[str, np.ndarray]) -> Self:
        """The index of which `to_arrays` gave these arrays; they are used as they are, also where they are mapped.

        Parameters
        ----------
        arrays : those of `to_arrays`, by name

        Returns
        -------
        a fitted index

        Raises
        ------
        ValueError
            When one is missing or does not fit the others, as those of another fit.
        """
        missing = [name for name in ("centres", "sizes", "items", "vectors", "has_bias") if name not in arrays]
        if missing:
            raise ValueError(f"arrays has no {missing[0]!r}, only {sorted(arrays)}; expected those of to_arrays()")
        centres, sizes, items, vectors = (arrays[name] for name in ("centres", "sizes", "items", "vectors"))
        if centres.shape != (len(sizes), vectors.shape[1]) or not len(items) == len(vectors) == sizes.sum():
            found = f"{len(sizes)} cells of {sizes.sum():,} vectors, centres {centres.shape}, vectors {vectors.shape}"
            raise ValueError(f"arrays holds {found}, and {len(items):,} items; expected those of one index")
        if not np.array_equal(np.sort(items), np.arange(len(items))):
            raise ValueError(f"items of the index has one twice, or none; expected each of 0 to {len(items) - 1} once")
        for name in ("centres", "vectors"):
            inside(name, arrays[name], np.isfinite(arrays[name]), "finite numbers")
        elsewhere = (_nearest(vectors, centres) != np.repeat(np.arange(len(sizes)), sizes)).mean()
        if elsewhere > ELSEWHERE:
            raise ValueError(f"{elsewhere:.0%} of the vectors lie in the cell of another centre; expected one fit")
        index = cls(n_cells=len(centres))
        index.centres, index.sizes, index._items, index._vectors = centres, sizes, items, vectors
        index._ends, index._has_bias = np.cumsum(sizes), bool(arrays["has_bias"][0])
        return index

    def _check_fitted(self) -> None:
        if not hasattr(self, "centres"):
            raise NotFittedError("this InvertedFile holds no vectors yet: call fit(vectors) first")

    def _cells(self, queries: ArrayLike, probes: int) -> tuple[np.ndarray, np.ndarray]:
        """Queries as they are multiplied, and the cells (n_queries, probes) that each reads."""
        self._check_fitted()
        width = self.centres.shape[1] - self._has_bias
        asked = _finite("queries", queries, f"(n_queries, {width}), as wide as the vectors")
        if asked.shape[1] != width:
            raise ValueError(
                f"queries has shape {asked.shape}; expected (n_queries, {width}): queries and vectors come from one fit"
            )
        probes = whole_number("probes", probes, 1, len(self.centres))
        if self._has_bias:
            asked = np.column_stack([asked, np.ones(len(asked))])
        return asked, top_k((asked @ self.centres.T).astype(np.float32), probes)[0]


def mmr(
    candidates: ArrayLike, scores: ArrayLike, item_vectors: ArrayLike, weight: float, k: int = 10
) -> tuple[np.ndarray, np.ndarray]:
    """Maximal marginal relevance: lists of which no item is much like those above it.

    Each place goes to the candidate with the highest (1 - weight) * s - weight * c, where s is its score, scaled in
    each list from 0 (the worst candidate) to 1 (the best), and c its largest cosine to an item chosen before (0 at the
    first place).

    Parameters
    ----------
    candidates : (n_users, n) items, each once, in the order that decides ties; -1 = none
    scores : (n_users, n), finite where there is a candidate; more is better
    item_vectors : (n_items, d), dense, what likeness is judged by
    weight : 0 the best k by score, 1 likeness alone
    k : places, 1 or more

    Returns
    -------
    items : (n_users, k) int64
    scores : (n_users, k), those that came in
        Where fewer than k candidates remain, items are -1 and scores -inf.

    Raises
    ------
    ValueError
        On candidates that the vectors do not have, come twice or have the zero vector, scores of another shape or not
        finite, and a weight or k out of range.

    References
    ----------
    Carbonell and Goldstein 1998, doi:10.1145/290941.291025.

    Examples
    --------
    >>> genres = [[1, 0], [1, 0], [0, 1]]
    >>> mmr([[0, 1, 2]], [[3.0, 2.9, 2.5]], genres, weight=0.5, k=2)[0]
    array([[0, 2]])
    """
    items = integers("candidates", candidates, "integers (n_users, n): items, -1 = none", ndim=2)
    unit = unit_vectors(item_vectors, items, "candidates")
    found = numbers("scores", scores, "(n_users, n), one a candidate", ndim=2)
    if found.shape != items.shape:
        raise ValueError(f"scores has shape {found.shape}; expected {items.shape}, as the candidates have")
    is_item = items >= 0
    inside("scores", found, np.isfinite(found) | ~is_item, "a finite number for each candidate")
    weight, k = fraction("weight", weight, ends="[]"), whole_number("k", k)
    low = np.where(is_item, found, np.inf).min(axis=1, initial=np.inf, keepdims=True)
    high = np.where(is_item, found, -np.inf).max(axis=1, initial=-np.inf, keepdims=True)
    spread = np.where(high > low, high - low, 1.0)
    left = np.where(is_item, (1 - weight) * (found - np.where(is_item, low, 0)) / spread, -np.inf)
    chosen = np.full((len(items), k), -1, dtype=np.int64)
    values = np.full((len(items), k), -np.inf)
    closest, row = np.zeros(items.shape), np.arange(len(items))
    for place in range(min(k, items.shape[1])):
        best = (left - weight * closest).astype(np.float32).argmax(axis=1)  # rounded: a tie is a tie on every CPU
        one = np.where(np.isneginf(left[row, best]), -1, items[row, best])
        chosen[:, place], values[:, place] = one, np.where(one < 0, -np.inf, found[row, best])
        left[row, best] = -np.inf
        for user in np.flatnonzero(one >= 0):
            cosine = unit[items[user]] @ unit[one[user]]
            closest[user] = np.maximum(closest[user], cosine) if place else cosine
    return chosen, values


def _nearest(vectors: np.ndarray, centres: np.ndarray) -> np.ndarray:
    """The nearest centre of each vector: |v - c|^2 is least where v . c - |c|^2 / 2 is largest."""
    middle = centres.mean(axis=0)  # what all vectors share would take the digits in which they differ
    vectors, centres = vectors - middle, centres - middle
    half = (centres**2).sum(axis=1) / 2
    blocks = range(0, len(vectors), BLOCK)
    return np.concatenate(
        [(vectors[i : i + BLOCK] @ centres.T - half).astype(np.float32).argmax(axis=1) for i in blocks]
    )


def _finite(name: str, values: ArrayLike, expected: str, ndim: int = 2) -> np.ndarray:
    found = numbers(name, values, expected, ndim=ndim)
    inside(name, found, np.isfinite(found), "finite numbers")
    return found
