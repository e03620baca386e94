"""Recommenders from a truncated singular value decomposition: PureSVD and the graph filter."""

from __future__ import annotations

import numpy as np
import scipy.sparse as sp
from scipy.sparse.linalg import LinearOperator, eigsh

from mlpipe.arguments import positive
from mlpipe.recommenders.base import BLOCK_BYTES, FromHistory


class PureSVD(FromHistory):
    """The history projected on its strongest directions: missing entries count as 0, no iteration over users.

    X (n_users, n_items) is approximated by U S V^T with `factors` dimensions; score(u, .) = x_u V V^T, so
    users who were not fitted are served alike. V (n_items, factors) has orthonormal columns. Without history all scores
    are 0.

    Cost of `fit`: O(factors * interactions + factors^2 * the smaller of users and items) a pass, some passes; memory
    O((users + items) * factors). A user costs O((interactions + n_items) * factors).

    Parameters
    ----------
    factors : 1 or more (published: 50 and 150, more on larger data)
        A matrix of lower rank has only that many dimensions: all are used.
    random_state : starts the iteration, which ends at the same V but for rounding; 0 or more

    Attributes
    ----------
    item_factors : V (n_items, factors)

    References
    ----------
    Cremonesi, Koren and Turrin 2010, doi:10.1145/1864708.1864721.

    Examples
    --------
    >>> likes = sp.csr_matrix([[1, 1, 0], [1, 1, 0], [0, 1, 1], [1, 0, 0]])
    >>> PureSVD(factors=1).fit(likes).recommend([3], k=2)[0]
    array([[1, 2]])
    """

    def __init__(self, factors: int = 50, random_state: int = 0) -> None:
        self.factors = factors
        self.random_state = random_state

    def _fit(self, matrix: sp.csr_matrix) -> None:
        positive("factors", self.factors, whole=True)
        positive("random_state", self.random_state, whole=True, zero=True)
        self.item_factors = right_singular_vectors(matrix, self.factors, self.random_state)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        history = self._history[rows]
        return _without_rounding((history @ self.item_factors) @ self.item_factors.T, history)


class GraphFilter(FromHistory):
    """GF-CF: one step over the graph of users and items, plus a low-pass filter on it. Nothing is trained.

    R~ = D_u^-user_exponent R D_i^-1/2 (n_users, n_items) is the history R with each entry divided by a power of the sum
    of its row and by the root of that of its column, then by its largest singular value, 1 anyway where the exponent is
    1/2; P = R~^T R~ (n_items, n_items); V (n_items, factors) are the right singular vectors of R~ with the largest
    singular values.

    s_u = r_u P + low_pass_weight * r_u D_i^-1/2 V V^T D_i^1/2

    with r_u (n_items,) the user's row of R as it is, so users who were not fitted are served alike. The first term
    walks to the users who share an item and on to their items; the second keeps what the `factors` smoothest signals on
    the graph explain. Both blur the history. Sharpening takes back some of it: s_u is where ds/dt = -s P starts, and
    one Runge-Kutta step of order 4 follows it up to T = `sharpening_time`. As P is linear, that step is

    score(u, .) = s_u (I - T P + T^2 P^2 / 2 - T^3 P^3 / 6 + T^4 P^4 / 24)

    a factor for each singular value of R~: 1 at 0; at 1 it falls to .27 at T = 1.6 and is above 1 from T = 2.79 on.
    Without history all scores are 0; so is the score of an item without interactions.

    Cost of `fit`: as `PureSVD`. A user costs O(factors * n_items + all interactions): the walk is over the whole graph,
    for a block of users at a time; sharpening walks it four times more. No items x items matrix is made.

    Parameters
    ----------
    factors : 1 or more; None: (n_users + n_items)^(3/4) / 9, from 1 to 512
        A matrix of lower rank has only that many dimensions: all are used.
    low_pass_weight : 0 or more (0: the walk alone)
    sharpening_time : T, 0 or more (0: no sharpening)
    user_exponent : 0 or more, below 1/2 (published) where users with a long history are to count for more
    random_state : starts the iteration, which ends at the same V but for rounding; 0 or more

    Notes
    -----
    The defaults are from validation parts of four sets, 671 to 4,718 users (`benchmarks/bench_graph_filter.py`). In a
    simulated world of 20 tastes sharpening harms: there, and on data that differ as much, compare with T = 0.

    References
    ----------
    Shen et al. 2021, doi:10.1145/3459637.3482264 (there 256 and 0.3; 0 for Amazon-Book); sharpening: Choi et al. 2023,
    doi:10.1145/3539618.3591645 (for Gowalla 448, 0.2 and T = 2.5).

    Examples
    --------
    >>> likes = sp.csr_matrix([[1, 1, 0], [1, 1, 0], [0, 1, 1], [1, 0, 0]])
    >>> GraphFilter(factors=1).fit(likes).recommend([3], k=2)[0]
    array([[1, 2]])
    """

    def __init__(
        self,
        factors: int | None = None,
        low_pass_weight: float = 0.1,
        sharpening_time: float = 2.0,
        user_exponent: float = 0.375,
        random_state: int = 0,
    ) -> None:
        self.factors = factors
        self.low_pass_weight = low_pass_weight
        self.sharpening_time = sharpening_time
        self.user_exponent = user_exponent
        self.random_state = random_state

    def _fit(self, matrix: sp.csr_matrix) -> None:
        if self.factors is not None:
            positive("factors", self.factors, whole=True)
        for name in ("low_pass_weight", "sharpening_time", "user_exponent"):
            positive(name, getattr(self, name), zero=True)
        positive("random_state", self.random_state, whole=True, zero=True)
        users, items = (matrix.sum(axis=axis, dtype=np.float64).A1 for axis in (1, 0))
        by_user = np.power(users, -self.user_exponent, out=np.zeros_like(users), where=users > 0)
        by_user = by_user.astype(np.float32).astype(np.float64)  # CPUs differ in the last digits of a power
        normalised = (sp.diags(by_user) @ matrix @ sp.diags(_root_of_inverse(items))).tocsr()
        factors = self.factors or max(1, min(round(sum(matrix.shape) ** 0.75 / 9), 512))
        vectors = right_singular_vectors(normalised, factors if self.low_pass_weight else 1, self.random_state)
        first = vectors[:, 0]
        normalised /= np.float32(np.linalg.norm(normalised @ first) / np.linalg.norm(first))
        self._into = vectors * _root_of_inverse(items)[:, None]
        self._out_of = vectors * np.sqrt(items)[:, None] * self.low_pass_weight
        self._normalised = normalised.astype(np.float32)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        history = self._history[rows]
        scores = (history @ self._into) @ self._out_of.T
        # Sparse times dense with the users of a block side by side is several times as fast as sparse times sparse.
        step = max(1, BLOCK_BYTES // (4 * self._normalised.shape[0]))
        for start in range(0, len(rows), step):
            met = (self._normalised @ history[start : start + step].T).toarray()  # fitted users x users of the block
            scores[start : start + step] += (self._normalised.T @ met).T
        if self.sharpening_time:
            for start in range(0, len(rows), 32):  # of more users at a time the signals leave the cache: 1.5 x as long
                scores[start : start + 32] = self._sharpened(scores[start : start + 32].T).T
        return _without_rounding(scores, history)

    def _sharpened(self, signals: np.ndarray) -> np.ndarray:
        """The polynomial of the class on signals (n_items, n), by Horner's rule."""
        start = np.ascontiguousarray(signals, dtype=self._normalised.dtype)
        sharpened = start
        for order in (4, 3, 2, 1):
            walked = self._normalised.T @ (self._normalised @ sharpened)
            sharpened = start - self.sharpening_time / order * walked
        return sharpened


def right_singular_vectors(matrix: sp.csr_matrix, factors: int, random_state: int) -> np.ndarray:
    """The right singular vectors of a matrix with the largest singular values, largest first.

    Parameters
    ----------
    matrix : (n_users, n_items) CSR
    factors : 1 or more
    random_state : starts the iteration

    Returns
    -------
    (n_items, <= factors), fewer where the rank is lower
        Each is signed so that its entry of largest magnitude is positive.

    Examples
    --------
    >>> right_singular_vectors(sp.csr_matrix([[3.0, 0.0], [0.0, 4.0]]), 1, 0).round(3)
    array([[0.],
           [1.]])
    """
    smaller, factors = min(matrix.shape), int(factors)
    exact = matrix.astype(np.float64 if smaller < 5_000 else np.float32)  # half the time; same vectors to six digits
    by_user = matrix.shape[0] < matrix.shape[1]
    across, down = (exact, exact.T.tocsr()) if by_user else (exact.T.tocsr(), exact)
    if 2 * factors < smaller:
        squared = LinearOperator((smaller, smaller), matvec=lambda v: across @ (down @ v), dtype=exact.dtype)
        rng = np.random.default_rng(random_state)  # also starts anew where the rank is below `factors`
        start = rng.standard_normal(smaller).astype(exact.dtype)
        squares, vectors = eigsh(squared, k=factors, v0=start, rng=rng)
    else:  # most dimensions are wanted: all at once is faster
        squares, vectors = np.linalg.eigh((across @ down).toarray())
    if by_user:
        vectors, values, _ = np.linalg.svd(down @ vectors[:, -factors:], full_matrices=False)
    else:
        values = np.sqrt(np.maximum(squares, 0))
    order = np.argsort(-values, kind="stable")[:factors]
    order = order[values[order] > (1e-6 if exact.dtype == np.float64 else 1e-3) * values.max()]  # below: rounding
    vectors = vectors[:, order]
    return vectors * np.sign(vectors[np.abs(vectors).argmax(axis=0), np.arange(len(order))])


def _without_rounding(scores: np.ndarray, history: sp.csr_matrix) -> np.ndarray:
    """Scores that are rounding beside the history that they come from become 0.

    An item that no walk over users leads to, and every item for a user whom the vectors do not reach, scores 0.
    Rounding makes it a little more or less, as the CPU will have it, and would then fill the list.
    """
    length = np.sqrt(history.multiply(history).sum(axis=1)).A1
    scores[np.abs(scores) < np.finfo(scores.dtype).eps ** 0.75 * length[:, None]] = 0
    return scores


def _root_of_inverse(sums: np.ndarray) -> np.ndarray:
    return np.divide(1, np.sqrt(sums), out=np.zeros_like(sums), where=sums > 0)
