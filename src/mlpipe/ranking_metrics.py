"""Judge lists of recommendations: accuracy one float a user, and what accuracy does not see.

`recommended` is always an int array (n_users, k or more), best first, -1 where there is no recommendation. No list
may name an item twice. An item is its column in the matrix of interactions.
"""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike
from scipy.stats import hypergeom

from mlpipe import arguments


def precision_at_k(recommended: ArrayLike, relevant: sp.csr_matrix, k: int = 10) -> np.ndarray:
    """Relevant items among the first k, over k.

    The divisor is k for everyone, also where the list is shorter or the user has fewer than k relevant items, so a
    user with one relevant item cannot exceed 1 / k. (Some libraries divide by min(k, number of relevant items).)

    Parameters
    ----------
    recommended : (n_users, >= k) item columns, -1 = none
    relevant : CSR (n_users, n_items), a nonzero entry is a relevant item
    k : places that count, 1 or more

    Returns
    -------
    (n_users,) floats, 0 to 1, NaN for a user with nothing relevant

    Raises
    ------
    ValueError
        On shapes that do not fit, items outside the catalogue, and an item twice in a list.

    Examples
    --------
    >>> precision_at_k([[0, 2]], sp.csr_matrix([[1, 1, 0]]), k=2)
    array([0.5])
    """
    hits, n_relevant = _hits(recommended, relevant, k)
    return np.where(n_relevant > 0, hits.sum(axis=1) / hits.shape[1], np.nan)


def recall_at_k(recommended: ArrayLike, relevant: sp.csr_matrix, k: int = 10) -> np.ndarray:
    """Relevant items among the first k, over all relevant items of the user.

    The divisor is not capped at k: a user with 30 relevant items cannot exceed k / 30.

    Parameters
    ----------
    recommended, relevant, k : as in `precision_at_k`

    Returns
    -------
    (n_users,) floats, 0 to 1, NaN for a user with nothing relevant

    Raises
    ------
    ValueError
        As `precision_at_k`.

    Examples
    --------
    >>> recall_at_k([[0, 2]], sp.csr_matrix([[1, 1, 0]]), k=2)
    array([0.5])
    """
    hits, n_relevant = _hits(recommended, relevant, k)
    return np.where(n_relevant > 0, hits.sum(axis=1) / np.maximum(n_relevant, 1), np.nan)


def hit_rate_at_k(recommended: ArrayLike, relevant: sp.csr_matrix, k: int = 10) -> np.ndarray:
    """1 where at least one of the first k items is relevant, else 0.

    Parameters
    ----------
    recommended, relevant, k : as in `precision_at_k`

    Returns
    -------
    (n_users,) floats, 0 or 1, NaN for a user with nothing relevant

    Raises
    ------
    ValueError
        As `precision_at_k`.

    Examples
    --------
    >>> hit_rate_at_k([[0, 2], [2, -1]], sp.csr_matrix([[1, 1, 0], [1, 0, 0]]), k=2)
    array([1., 0.])
    """
    hits, n_relevant = _hits(recommended, relevant, k)
    return np.where(n_relevant > 0, hits.any(axis=1).astype(np.float64), np.nan)


def ndcg_at_k(recommended: ArrayLike, relevant: sp.csr_matrix, k: int = 10) -> np.ndarray:
    """Normalised discounted cumulative gain: hits count, and count more the higher they stand.

        nDCG@k = sum over places p <= k of hit_p / log2(p + 1)  /  sum over p <= min(k, n_relevant) of 1 / log2(p + 1)

    Gain is binary: hit_p is 1 or 0, whatever the value stored in `relevant`. The divisor is the ideal list, which has
    hits at its first min(k, n_relevant) places, so a perfect list scores 1 for every user. (Elsewhere the gain is
    2^rating - 1, or the ideal list is made of the recommended items alone; compare numbers only where the definition is
    the same.)

    Parameters
    ----------
    recommended, relevant, k : as in `precision_at_k`

    Returns
    -------
    (n_users,) floats, 0 to 1, NaN for a user with nothing relevant

    Raises
    ------
    ValueError
        As `precision_at_k`.

    References
    ----------
    Järvelin and Kekäläinen 2002, Cumulated gain-based evaluation of IR techniques; with the discount that is usual
    today.

    Examples
    --------
    >>> ndcg_at_k([[0, 2], [2, 0], [2, -1]], sp.csr_matrix([[1, 0, 0], [1, 0, 0], [1, 0, 0]]), k=2).round(3)
    array([1.   , 0.631, 0.   ])
    """
    hits, n_relevant = _hits(recommended, relevant, k)
    k = hits.shape[1]
    discount = 1 / np.log2(np.arange(k) + 2)
    # Both sums run from the first place to the last, so that rounding cannot push a perfect list off 1.
    ideal = np.cumsum(discount)[np.clip(n_relevant, 1, k) - 1]
    return np.where(n_relevant > 0, np.cumsum(hits * discount, axis=1)[:, -1] / ideal, np.nan)


def average_precision_at_k(recommended: ArrayLike, relevant: sp.csr_matrix, k: int = 10) -> np.ndarray:
    """Mean of the precision at the place of each hit; a relevant item that is not found counts with 0.

        AP@k = sum over places p <= k of hit_p precision@p / min(k, n_relevant)

    So a perfect list scores 1 for every user: as in `implicit`, RecBole and the usual MAP@k of recommender contests.
    (trec_eval, ranx and Microsoft Recommenders divide by n_relevant, so that a user with 30 relevant items cannot
    exceed k / 30; others divide by the number of hits, which rewards finding less.) The mean over users is MAP@k.

    Parameters
    ----------
    recommended, relevant, k : as in `precision_at_k`

    Returns
    -------
    (n_users,) floats, 0 to 1, NaN for a user with nothing relevant

    Raises
    ------
    ValueError
        As `precision_at_k`.

    Examples
    --------
    >>> average_precision_at_k([[0, 2, 1]], sp.csr_matrix([[1, 1, 0]]), k=3).round(3)  # (1/1 + 2/3) / 2
    array([0.833])
    """
    hits, n_relevant = _hits(recommended, relevant, k)
    k = hits.shape[1]
    precision = np.cumsum(hits, axis=1) / (np.arange(k) + 1)
    return np.where(n_relevant > 0, (precision * hits).sum(axis=1) / np.clip(n_relevant, 1, k), np.nan)


def reciprocal_rank_at_k(recommended: ArrayLike, relevant: sp.csr_matrix, k: int = 10) -> np.ndarray:
    """1 over the place of the first relevant item, 0 where there is none among the first k.

    The mean over users is MRR@k.

    Parameters
    ----------
    recommended, relevant, k : as in `precision_at_k`

    Returns
    -------
    (n_users,) floats, 0 to 1, NaN for a user with nothing relevant

    Raises
    ------
    ValueError
        As `precision_at_k`.

    References
    ----------
    Voorhees 1999, The TREC-8 question answering track report (there without the cut at k).

    Examples
    --------
    >>> reciprocal_rank_at_k([[0, 2], [2, 1]], sp.csr_matrix([[1, 1, 0], [1, 1, 0]]), k=2)
    array([1. , 0.5])
    """
    hits, n_relevant = _hits(recommended, relevant, k)
    return np.where(n_relevant > 0, np.where(hits.any(axis=1), 1 / (hits.argmax(axis=1) + 1), 0.0), np.nan)


def sampled_hit_rate(rank: ArrayLike, n_items: int, n_negatives: int, k: int = 10) -> np.ndarray:
    """Chance that an item is among the first k when it is ranked against a random sample only.

    Many papers rank the held-out item against, say, 100 random others instead of the whole catalogue. Of the
    rank - 1 items that beat it, a sample without replacement holds a hypergeometric number, and the item is a hit when
    fewer than k of them are drawn. An item deep in the catalogue so becomes a near-certain hit, and models can change
    places.

    Parameters
    ----------
    rank : one or many places in the ranking of the whole catalogue, from 1
    n_items : items in that ranking, the item itself included
    n_negatives : other items drawn, 1 to n_items - 1
    k : places that count, 1 or more

    Returns
    -------
    floats of the shape of `rank`, 0 to 1
        Exact, nothing is drawn. With all n_items - 1 others it is the full hit rate, 0 or 1.

    Raises
    ------
    ValueError
        On a rank, n_negatives or k outside its range.

    References
    ----------
    Krichene and Rendle 2020, On sampled metrics for item recommendation.

    Examples
    --------
    >>> sampled_hit_rate([1, 500, 5000], n_items=10_000, n_negatives=100, k=10).round(2)
    array([1.  , 0.97, 0.  ])
    """
    n_items = arguments.whole_number("n_items", n_items, 2)
    n_negatives = arguments.whole_number("n_negatives", n_negatives, 1, n_items - 1)
    k = arguments.whole_number("k", k)
    place = arguments.integers("rank", rank, "whole numbers, 1 is the best")
    arguments.inside("rank", place, (place >= 1) & (place <= n_items), f"1 (the best) to n_items = {n_items:,}")
    return hypergeom.cdf(k - 1, n_items - 1, place - 1, n_negatives)


def catalogue_coverage(recommended: ArrayLike, n_items: int) -> float:
    """Share of the catalogue that is recommended to at least one user.

    Parameters
    ----------
    recommended : (n_users, k) item columns, -1 = none
    n_items : items in the catalogue, 1 or more

    Returns
    -------
    share, 0 to 1

    Raises
    ------
    ValueError
        On items outside the catalogue and an item twice in a list.

    References
    ----------
    Ge et al. 2010, Beyond accuracy: evaluating recommender systems by coverage and serendipity.

    Examples
    --------
    >>> catalogue_coverage([[0, 1], [1, -1]], n_items=4)
    0.5
    """
    n_items = arguments.whole_number("n_items", n_items)
    items = _lists(recommended, n_items)
    return len(np.unique(items[items >= 0])) / n_items


def gini(recommended: ArrayLike, n_items: int) -> float:
    """How unequally recommendations are spread over the catalogue: `gini_of_counts` of the places each item gets.

    Items that are never recommended count with 0.

    Parameters
    ----------
    recommended, n_items : as in `catalogue_coverage`

    Returns
    -------
    0 to 1, without a unit

    Raises
    ------
    ValueError
        When nothing is recommended at all, on items outside the catalogue and an item twice in a list.

    Examples
    --------
    >>> gini([[0, 1], [0, 1]], n_items=4)
    0.5
    """
    n_items = arguments.whole_number("n_items", n_items)
    items = _lists(recommended, n_items)
    return gini_of_counts(np.bincount(items[items >= 0], minlength=n_items))


def gini_of_counts(counts: ArrayLike) -> float:
    """Gini coefficient: 0 when all counts are equal, 1 - 1/n when one of n items has everything.

        G = sum over i of (2 i - n - 1) x_i / (n sum of x),  x the counts in ascending order, i from 1 to n

    Twice the area between the Lorenz curve and the diagonal, not corrected for n.

    Parameters
    ----------
    counts : (n_items,) zero or more, items with 0 included

    Returns
    -------
    0 to 1, without a unit

    Raises
    ------
    ValueError
        On negative or missing counts, and when all are 0.

    Examples
    --------
    >>> gini_of_counts([5, 5, 5, 5]), gini_of_counts([0, 0, 0, 20])
    (0.0, 0.75)
    """
    values = np.sort(arguments.amounts("counts", counts))
    n = len(values)
    if not values.any():
        raise ValueError(f"counts are {n:,} zeros; expected one above 0: is there any recommendation at all?")
    return float((2 * np.arange(1, n + 1) - n - 1) @ values / (n * values.sum()))


def novelty(recommended: ArrayLike, popularity: ArrayLike) -> np.ndarray:
    """Mean surprise of a user's list in bits: -log2 of the share of users who have the item already.

    An item that half of the users have is worth 1 bit, one in a thousand about 10.

    Parameters
    ----------
    recommended : (n_users, k) item columns, -1 = none
    popularity : (n_items,) share of the training users who interacted with the item, 0 to 1
        Its count over the number of users.

    Returns
    -------
    (n_users,) bits, NaN for an empty list

    Raises
    ------
    ValueError
        When popularity holds counts, when a recommended item has popularity 0 (infinite surprise), and on the lists
        that the other metrics refuse.

    References
    ----------
    Zhou et al. 2010, Solving the apparent diversity-accuracy dilemma of recommender systems (self-information).

    Examples
    --------
    >>> novelty([[0, 1], [1, -1], [-1, -1]], [0.5, 0.125])
    array([ 2.,  3., nan])
    """
    share = arguments.amounts("popularity", popularity)
    fix = "divide the counts by the number of users"
    arguments.inside("popularity", share, share <= 1, "shares of the users, 0 to 1", fix)
    items = _lists(recommended, len(share))
    there = items >= 0
    unknown = np.unique(items[there & (share[items] == 0)])
    if len(unknown):
        raise ValueError(
            f"{len(unknown):,} recommended items (first: {unknown[0]}) have popularity 0, which is infinitely novel; "
            "expected items that a training user has: leave them out, or pass (count + 1) / (n_users + 1)"
        )
    bits = -np.log2(share, out=np.zeros_like(share), where=share > 0)
    n_there = there.sum(axis=1)
    return np.where(n_there > 0, np.where(there, bits[items], 0.0).sum(axis=1) / np.maximum(n_there, 1), np.nan)


def intra_list_diversity(recommended: ArrayLike, item_vectors: ArrayLike) -> np.ndarray:
    """Mean of 1 - cosine over the pairs of items in a user's list: 0 all alike, 1 nothing in common.

    It says as much about the vectors as about the list: genres, factors and text each give another diversity.

    Parameters
    ----------
    recommended : (n_users, k) item columns, -1 = none
    item_vectors : (n_items, d), dense

    Returns
    -------
    (n_users,) floats, NaN for a list of fewer than two items
        Above 1 only where vectors have negative cosines.

    Raises
    ------
    ValueError
        When a recommended item has the zero vector (its cosine is undefined), on vectors that are not finite or not
        2-D, and on the lists that the other metrics refuse.

    References
    ----------
    Ziegler et al. 2005, Improving recommendation lists through topic diversification.

    Examples
    --------
    >>> genres = [[1, 0], [1, 0], [0, 1]]
    >>> intra_list_diversity([[0, 1, -1], [0, 2, -1], [0, -1, -1]], genres)
    array([ 0.,  1., nan])
    """
    items = _lists(recommended)
    unit = unit_vectors(item_vectors, items)
    # The cosines of all pairs of m unit vectors sum to (|sum of the vectors|^2 - m) / 2: no k x k matrix a user.
    block = max(1, 4_000_000 // max(1, items.shape[1] * unit.shape[1]))
    squared = [(unit[items[i : i + block]].sum(axis=1) ** 2).sum(axis=1) for i in range(0, len(items), block)]
    m = (items >= 0).sum(axis=1)
    cosines = (np.concatenate([*squared, []]) - m) / np.maximum(m * (m - 1), 1)
    return np.where(m > 1, 1 - cosines, np.nan)


def unit_vectors(item_vectors: ArrayLike, items: ArrayLike, name: str = "recommended") -> np.ndarray:
    """Item vectors of length 1, and the zero vector behind them, which item -1 gets: cosines are their products.

    Parameters
    ----------
    item_vectors : (n_items, d), dense
    items : (n_users, k) item columns, the lists that need them; -1 = none
    name : of the lists, for messages

    Returns
    -------
    (n_items + 1, d) floats

    Raises
    ------
    ValueError
        When an item of the lists comes twice in one, is not among the vectors or has the zero vector, and on vectors
        that are not finite or not 2-D.
    """
    if sp.issparse(item_vectors):
        raise ValueError("item_vectors is sparse; expected a dense array (n_items, d): pass item_vectors.toarray()")
    vectors = arguments.numbers("item_vectors", item_vectors, "(n_items, d)", ndim=2)
    arguments.inside("item_vectors", vectors, np.isfinite(vectors), "finite numbers")
    columns = _lists(items, len(vectors), name)
    length = np.linalg.norm(vectors, axis=1, keepdims=True)
    zero = np.unique(columns[(columns >= 0) & (length[columns, 0] == 0)])
    if len(zero):
        raise ValueError(
            f"{len(zero):,} recommended items (first: {zero[0]}) have the zero vector, whose cosine is undefined; give "
            "items without any property a column of their own"
        )
    return np.vstack([vectors / np.where(length > 0, length, 1), np.zeros(vectors.shape[1])])


def non_obvious_hit_rate(
    recommended: ArrayLike, relevant: sp.csr_matrix, popularity: ArrayLike, head: int = 100
) -> np.ndarray:
    """Relevant recommendations outside the `head` most popular items, over k (the columns of `recommended`).

    A proxy for discovery: the user liked it, and a chart would not have shown it. An item as popular as the last of the
    head belongs to the head. With head=0 this is precision.

    Parameters
    ----------
    recommended : (n_users, k) item columns, -1 = none
    relevant : CSR (n_users, n_items), a nonzero entry is a relevant item
    popularity : (n_items,) counts or shares of the training set
    head : number of items, 0 to n_items

    Returns
    -------
    (n_users,) floats, 0 to 1, NaN for a user with nothing relevant

    Raises
    ------
    ValueError
        On a head outside that range, a popularity of another length, and on the inputs that `precision_at_k` refuses.

    References
    ----------
    Ours, in the spirit of unexpectedness: Adamopoulos and Tuzhilin 2014, On unexpectedness in recommender systems.

    Examples
    --------
    >>> non_obvious_hit_rate([[0, 1]], sp.csr_matrix([[1, 1, 0]]), popularity=[9, 2, 1], head=1)
    array([0.5])
    """
    share = arguments.amounts("popularity", popularity)
    items = _lists(recommended)
    hits, n_relevant = _hits(items, relevant, items.shape[1])
    arguments.same_length("popularity", share, "a row of relevant", range(relevant.shape[1]), "count over all items")
    head = arguments.whole_number("head", head, 0, len(share))
    obvious = share >= np.sort(share)[-head] if head else np.zeros(len(share), dtype=bool)
    return np.where(n_relevant > 0, (hits & ~obvious[items]).sum(axis=1) / items.shape[1], np.nan)


def _hits(recommended: ArrayLike, relevant: sp.csr_matrix, k: int) -> tuple[np.ndarray, np.ndarray]:
    """Whether each of the first k items is relevant (n_users, k), and the number of relevant items (n_users,)."""
    if not sp.issparse(relevant):
        raise ValueError(f"relevant is {type(relevant).__name__}; expected a SciPy CSR matrix (n_users, n_items)")
    truth = arguments.added_up("relevant", relevant)  # a copy: the caller's matrix stays as it is
    truth.eliminate_zeros()
    n_users, n_items = truth.shape
    items = _lists(recommended, n_items)
    if len(items) != n_users:
        raise ValueError(
            f"recommended has {len(items):,} rows and relevant {n_users:,}; expected one row a user in both"
        )
    k = arguments.whole_number("k", k)
    if k > items.shape[1]:
        raise ValueError(
            f"k is {k} and recommended has {items.shape[1]} columns; expected k from 1 to that: lower k, or pad short "
            "lists with -1"
        )
    n_relevant = np.diff(truth.indptr)
    # One sorted list of (user, item) pairs written as numbers; the sentinel keeps the search inside the array.
    pairs = np.append(np.repeat(np.arange(n_users), n_relevant) * n_items + truth.indices, -1 + 2**63)
    asked = np.arange(n_users)[:, None] * n_items + items[:, :k]
    return (pairs[np.searchsorted(pairs, asked)] == asked) & (items[:, :k] >= 0), n_relevant


def _lists(recommended: ArrayLike, n_items: int | None = None, name: str = "recommended") -> np.ndarray:
    expected = "integers (n_users, k): item columns, -1 = none"
    items = arguments.integers(name, recommended, expected, ndim=2)
    top = items.max(initial=-1)
    if items.min(initial=-1) < -1 or (n_items is not None and top >= n_items):
        raise ValueError(
            f"{name} runs from {items.min(initial=-1)} to {top}; expected -1 (none) to n_items - 1 = "
            f"{'...' if n_items is None else n_items - 1}: item columns, not item ids"
        )
    ordered = np.sort(items, axis=1)
    twice = ((ordered[:, 1:] == ordered[:, :-1]) & (ordered[:, 1:] >= 0)).any(axis=1)
    if twice.any():
        raise ValueError(
            f"{twice.sum():,} of {len(items):,} lists name an item twice (first: row {twice.argmax()}); expected each "
            "item once: a second showing must not count as a second hit"
        )
    return items
