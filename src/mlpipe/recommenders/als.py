"""Matrix factorization for implicit feedback by alternating least squares."""

from __future__ import annotations

import contextlib
import functools
import threading
from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import scipy.sparse as sp
from numpy.typing import ArrayLike
from scipy.linalg import lapack
from threadpoolctl import ThreadpoolController

from mlpipe.arguments import numbers, one_of, positive, whole_number
from mlpipe.recommenders.base import Recommender, interactions, top_k

# Users are solved in blocks whose gathered item factors take about this much: they stay in the cache from one step of
# conjugate gradient to the next. Measured at 64 factors: 2 to 4 MB are equally good, 0.25 and 8 MB cost a quarter more.
GATHER_BYTES = 3 * 2**20
# A block holds users of similar history only, at least this share of its longest: the rest would be padding.
SIMILAR_LENGTH = 0.75
# Of all unobserved cells together, relative to the observed ones. On the likes of two MovieLens sets, on purchases and
# on made sets, of densities from 0.0007 to 0.03, the best of a grid was 5 to 30.
RELATIVE_WEIGHT = 10.0
SOLVERS = ("cg", "cholesky")


class ALS(Recommender):
    """Weighted matrix factorization: two tables of factors that explain who has what, each solved in turn.

    With X (n_users, factors) and Y (n_items, factors), rows x_u and y_i, `fit` lowers

        L = sum over all u, i of w_ui (t_ui - x_u . y_i)^2
            + regularization * (sum over u of s_u |x_u|^2 + sum over i of s_i |y_i|^2)

    where there is an interaction: w_ui = its value in the matrix, t_ui = 1; in all other cells: w_ui =
    `unobserved_weight`, t_ui = 0. The penalty is scaled by how much data a row has: s_u = (n_u + unobserved_weight *
    n_items)^frequency_exponent and s_i = (n_i + unobserved_weight * n_users)^frequency_exponent, with n_u and n_i the
    number of interactions of the user and of the item. With Y fixed, L splits into one ridge regression a user, and
    with X fixed into one an item: an iteration solves all users, then all items, and L never rises.

    score(u, i) = x_u . y_i. A user or item without interactions has factors 0 (that is the minimum), hence scores 0.
    `fold_in` solves for other users exactly, on fixed item factors.

    A grid around the defaults: unobserved_weight 0.3 to 3 times the fitted one, regularization 0.005 to 0.05, more
    factors. The best weight follows the density of the matrix and so differs a hundredfold between data sets, the best
    regularization then hardly. Too much of both, and all factors of a sparse matrix end at 0.

    Equal input gives equal bits on one machine, whatever the number of BLAS threads: `fit` and `fold_in` use one.

    Cost of `fit`: O(iterations * (interactions * factors * cg_steps + (users + items) * factors^2)) time with "cg";
    "cholesky" O(iterations * (interactions * factors^2 + (users + items) * factors^3)). Memory is the factors, a few
    copies of the matrix, and blocks of a few MB.

    `implicit`'s ALS with alpha = a and regularization = l on ones is unobserved_weight = 1 / a, regularization = l / a,
    frequency_exponent = 0 here: its L is a times ours.

    Parameters
    ----------
    factors : length of the rows of X and Y, 1 or more, may exceed the number of items or users
    regularization : 0 or more
    unobserved_weight : 0 or more
        At the weight of an interaction, what a user has counts no more than what the user has never seen. None: 10
        times the mean of all cells of the matrix, so that all unobserved cells together weigh about 10 times what the
        observed ones do, and at most half the mean weight of an interaction.
    frequency_exponent : 0 or more; 0 for the same penalty on all rows
    iterations : of both sides, 1 or more
    solver : "cholesky" solves each row exactly, "cg" by steps of conjugate gradient from the last iteration's factors
        That costs a fraction and ends as well.
    cg_steps : 1 or more
    random_state : seed of the first factors, normal with standard deviation 0.1 / sqrt(factors)
    track_loss : whether to record L after each half-step

    Attributes
    ----------
    user_factors : X (n_users, factors) float32
    item_factors : Y (n_items, factors) float32
    unobserved_weight_ : the weight used
    losses_ : (2 * iterations,) L after each half-step, users first; empty without `track_loss`

    Raises
    ------
    ValueError
        In `fit`, also when the result is not finite or a row has no unique solution.

    References
    ----------
    Hu, Koren and Volinsky 2008, doi:10.1109/ICDM.2008.22; conjugate gradient: Takács, Pilászy and Tikk 2011,
    doi:10.1145/2043932.2043987; s_u and s_i: Rendle, Krichene, Zhang and Koren 2021, arXiv:2110.14037.

    Examples
    --------
    >>> likes = sp.csr_matrix([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0]])
    >>> ALS(factors=2).fit(likes).recommend([3], k=1)[0]
    array([[1]])
    """

    user_factors: np.ndarray
    item_factors: np.ndarray
    unobserved_weight_: float
    losses_: np.ndarray

    def __init__(
        self,
        factors: int = 64,
        regularization: float = 0.02,
        unobserved_weight: float | None = None,
        frequency_exponent: float = 1.0,
        iterations: int = 15,
        solver: str = "cg",
        cg_steps: int = 3,
        random_state: int = 0,
        track_loss: bool = False,
    ) -> None:
        self.factors = factors
        self.regularization = regularization
        self.unobserved_weight = unobserved_weight
        self.frequency_exponent = frequency_exponent
        self.iterations = iterations
        self.solver = solver
        self.cg_steps = cg_steps
        self.random_state = random_state
        self.track_loss = track_loss

    def similar_items(self, item: int, k: int = 10) -> tuple[np.ndarray, np.ndarray]:
        """The k items whose factors point most nearly in the direction of an item's, itself left out, best first.

        Parameters
        ----------
        item : its column in the matrix
        k : places in the list, 1 or more

        Returns
        -------
        items : (k,) columns; equal ones by column
        cosines : (k,) float32
            Where fewer than k items have interactions, items are -1 and cosines -inf.

        Raises
        ------
        NotFittedError
            Before `fit`.
        ValueError
            On a column that the matrix does not have, an item without interactions, and k below 1.
        """
        self._check_fitted()
        k, n_items = whole_number("k", k), len(self.item_factors)
        if isinstance(item, bool) or not isinstance(item, int | np.integer) or not 0 <= item < n_items:
            raise ValueError(f"item is {item!r}; expected a column of the matrix, 0 to {n_items - 1}: not an item id")
        norms = np.linalg.norm(self.item_factors, axis=1)
        if not norms[item]:
            raise ValueError(f"item {item} has no interaction in the matrix, so nothing is known about it")
        scale = np.divide(1, norms, out=np.zeros_like(norms), where=norms > 0)
        cosines = (self.item_factors @ (self.item_factors[item] * scale[item])) * scale
        cosines[norms == 0] = -np.inf
        cosines[item] = -np.inf
        items, values = np.full(k, -1, dtype=np.int64), np.full(k, -np.inf, dtype=np.float32)
        best, found = top_k(cosines[None], min(k, n_items))
        items[: best.shape[1]], values[: best.shape[1]] = best[0], found[0]
        return items, values

    def _fit(self, matrix: sp.csr_matrix) -> None:
        self._check_parameters()
        self.unobserved_weight_ = _default_weight(matrix) if self.unobserved_weight is None else self.unobserved_weight
        rng, factors = np.random.default_rng(self.random_state), int(self.factors)
        users, items = (
            (rng.standard_normal((n, factors), dtype=np.float32) * np.float32(0.1 / np.sqrt(factors)))
            for n in matrix.shape
        )
        by_item = matrix.T.tocsr()
        user_side, item_side = self._side(matrix), self._side(by_item)
        losses = []
        with _one_thread():
            for _ in range(self.iterations):
                users = user_side.solve(items, users, self.solver, self.cg_steps)
                if self.track_loss:
                    losses.append(self._loss(matrix, users, items))
                items = item_side.solve(users, items, self.solver, self.cg_steps)
                if self.track_loss:
                    losses.append(self._loss(matrix, users, items))
        self.user_factors, self.item_factors, self.losses_ = users, items, np.array(losses)

    def _check_parameters(self) -> None:
        positive("factors", self.factors, whole=True)
        weight = 0.0 if self.unobserved_weight is None else self.unobserved_weight
        _check_settings(self.regularization, weight, self.frequency_exponent)
        positive("iterations", self.iterations, whole=True)
        positive("cg_steps", self.cg_steps, whole=True)
        positive("random_state", self.random_state, whole=True, zero=True)
        one_of("solver", self.solver, SOLVERS)

    def _side(self, matrix: sp.csr_matrix) -> _Side:
        return _Side(matrix, int(self.factors), self.regularization, self.unobserved_weight_, self.frequency_exponent)

    def _loss(self, matrix: sp.csr_matrix, users: np.ndarray, items: np.ndarray) -> float:
        return loss(matrix, users, items, self.regularization, self.unobserved_weight_, self.frequency_exponent)

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return self.user_factors[rows] @ self.item_factors.T

    def _fold_in(self, matrix: sp.csr_matrix) -> None:
        with _one_thread():
            self.user_factors = self._side(matrix).solve(self.item_factors)


def solve_side(
    matrix: sp.spmatrix,
    factors: ArrayLike,
    regularization: float,
    unobserved_weight: float,
    frequency_exponent: float = 1.0,
) -> np.ndarray:
    """The factors of all rows of a matrix that minimise the loss of `ALS`, exactly, on fixed factors of its columns.

    Parameters
    ----------
    matrix : (n, m) as in `fit`; users x items for the step of the users, its transpose for that of the items
    factors : (m, f) of the columns
    regularization, unobserved_weight, frequency_exponent : as in `ALS`

    Returns
    -------
    (n, f) float32, zeros for a row without interactions

    Raises
    ------
    ValueError
        On input that `fit` refuses, factors of another number of columns or not finite, and as `fit` on a result that
        is not finite or not unique.

    Examples
    --------
    >>> solve_side(sp.csr_matrix([[1, 0]]), np.array([[1.0], [1.0]]), 0.5, 0.5, frequency_exponent=0).round(3)
    array([[0.5]], dtype=float32)
    """
    _check_settings(regularization, unobserved_weight, frequency_exponent)
    history = interactions(matrix)
    columns = _table("factors", factors, history.shape[1], np.float32)
    side = _Side(history, columns.shape[1], regularization, unobserved_weight, frequency_exponent)
    with _one_thread():
        return side.solve(columns)


def loss(
    matrix: sp.spmatrix,
    user_factors: ArrayLike,
    item_factors: ArrayLike,
    regularization: float,
    unobserved_weight: float,
    frequency_exponent: float = 1.0,
) -> float:
    """The loss L of `ALS` over all users x items, without making that table: O(interactions * f + (n + m) * f^2) time.

    The cells without interaction are the sum over all cells, which is the inner product of the f x f matrices X^T X
    and Y^T Y, less the observed ones.

    Parameters
    ----------
    matrix : (n, m) users x items
    user_factors : (n, f)
    item_factors : (m, f)
    regularization, unobserved_weight, frequency_exponent : as in `ALS`

    Returns
    -------
    float

    Raises
    ------
    ValueError
        On input that `fit` refuses and factors that do not fit or are not finite.

    Examples
    --------
    >>> loss(sp.csr_matrix([[1, 0]]), np.array([[0.5]]), np.array([[1.0], [1.0]]), 0.5, 0.5, frequency_exponent=0)
    1.5
    """
    _check_settings(regularization, unobserved_weight, frequency_exponent)
    history = interactions(matrix)
    users = _table("user_factors", user_factors, history.shape[0], np.float64)
    items = _table("item_factors", item_factors, history.shape[1], np.float64)
    total = unobserved_weight * np.sum((users.T @ users) * (items.T @ items))
    rows = np.repeat(np.arange(history.shape[0]), np.diff(history.indptr))
    step = max(1, GATHER_BYTES // (8 * users.shape[1]))
    for start in range(0, history.nnz, step):
        cells = slice(start, start + step)
        score = np.einsum("ij,ij->i", users[rows[cells]], items[history.indices[cells]])
        total += np.sum(history.data[cells] * (1 - score) ** 2 - unobserved_weight * score**2)
    for side, table in ((history, users), (history.T.tocsr(), items)):
        scale = _scale(side, unobserved_weight, frequency_exponent)
        total += regularization * np.sum(scale * np.einsum("ij,ij->i", table, table))
    return float(total)


_LIMITED = threading.RLock()  # the limit is one of the process: who enters second and leaves last would keep it at one


@contextlib.contextmanager
def _one_thread() -> Iterator[None]:
    """One thread of BLAS, and one thread of Python that solves: others wait."""
    with _LIMITED, _blas().limit(limits=1, user_api="blas"):
        yield


@functools.lru_cache(maxsize=1)
def _blas() -> ThreadpoolController:
    """What sets the threads of NumPy's and SciPy's BLAS: to look for them takes longer than to fold in one user."""
    return ThreadpoolController()


class _Block(NamedTuple):
    """Some rows of a matrix with histories of similar length, padded to the longest with weight 0."""

    rows: np.ndarray  # (n,)
    columns: np.ndarray  # (n, longest)
    weights: np.ndarray  # (n, longest)


class _Side:
    """One side of the factorization, users or items: the ridge regressions of the rows of a matrix."""

    def __init__(
        self,
        matrix: sp.csr_matrix,
        factors: int,
        regularization: float,
        unobserved_weight: float,
        frequency_exponent: float,
    ) -> None:
        self.n_rows = matrix.shape[0]
        self.unobserved_weight = np.float32(unobserved_weight)
        with np.errstate(over="ignore"):  # an overflow ends in factors that are refused below
            scale = _scale(matrix, unobserved_weight, frequency_exponent)
            self.penalty = (regularization * scale).astype(np.float32)
        self.blocks = list(_blocks(matrix, max(1, GATHER_BYTES // (4 * factors))))

    def solve(
        self, columns: np.ndarray, start: np.ndarray | None = None, solver: str = "cholesky", cg_steps: int = 3
    ) -> np.ndarray:
        """Factors (n_rows, f) of the rows on fixed `columns` (m, f); "cg" improves those in `start` (n_rows, f)."""
        solved = np.zeros((self.n_rows, columns.shape[1]), dtype=np.float32)
        with np.errstate(over="ignore", invalid="ignore", divide="ignore"):  # refused below
            everywhere = self.unobserved_weight * (columns.T @ columns)
            for block in self.blocks:
                if solver == "cg" and start is not None:
                    solved[block.rows] = self._improve(block, columns, everywhere, start[block.rows], cg_steps)
                else:
                    self._solve_exactly(block, columns, everywhere, solved)
        if not np.isfinite(solved).all():
            raise ValueError(
                f"ALS has diverged: {np.count_nonzero(~np.isfinite(solved).all(axis=1)):,} of {self.n_rows:,} rows of "
                "factors are not finite; expected weights around 1: scale the matrix down, or raise regularization"
            )
        return solved

    def _improve(
        self, block: _Block, columns: np.ndarray, everywhere: np.ndarray, x: np.ndarray, steps: int
    ) -> np.ndarray:
        """Conjugate gradient for all rows of a block at once, each a system A x = b of its own.

        A = everywhere + sum over the history of (weight - unobserved weight) y y^T + penalty I, never formed.
        """
        gathered = np.take(columns, block.columns, axis=0, mode="clip")  # "clip" spares a copy; none is out of range
        transposed = gathered.transpose(0, 2, 1)
        extra = np.where(block.weights > 0, block.weights - self.unobserved_weight, np.float32(0))
        penalty = self.penalty[block.rows, None]

        def history_part(cells: np.ndarray) -> np.ndarray:
            return np.matmul(transposed, cells[:, :, None])[:, :, 0]

        def scores(p: np.ndarray) -> np.ndarray:
            return np.matmul(gathered, p[:, :, None])[:, :, 0]

        residual = history_part(block.weights - extra * scores(x)) - x @ everywhere - penalty * x
        direction = residual.copy()
        squared = np.einsum("ij,ij->i", residual, residual)
        for _ in range(steps):
            image = history_part(extra * scores(direction)) + direction @ everywhere + penalty * direction
            curvature = np.einsum("ij,ij->i", direction, image)
            length = np.divide(squared, curvature, out=np.zeros_like(squared), where=curvature > 0)[:, None]
            x += length * direction
            residual -= length * image
            last, squared = squared, np.einsum("ij,ij->i", residual, residual)
            direction *= np.divide(squared, last, out=np.zeros_like(last), where=last > 0)[:, None]
            direction += residual
        x[~np.isfinite(residual).all(axis=1)] = np.nan  # an infinite image makes a step of length 0
        return x

    def _solve_exactly(self, block: _Block, columns: np.ndarray, everywhere: np.ndarray, solved: np.ndarray) -> None:
        f = columns.shape[1]
        step = max(1, GATHER_BYTES // (4 * f * f))
        for start in range(0, len(block.rows), step):
            rows, cells, weights = (part[start : start + step] for part in block)
            gathered = np.take(columns, cells, axis=0, mode="clip")
            transposed = gathered.transpose(0, 2, 1)
            right = np.matmul(transposed, weights[:, :, None])[:, :, 0]
            weighted = gathered * np.where(weights > 0, weights - self.unobserved_weight, np.float32(0))[:, :, None]
            left = np.matmul(transposed, weighted)
            left += everywhere
            left[:, np.arange(f), np.arange(f)] += self.penalty[rows, None]
            right[~np.isfinite(left).all(axis=(1, 2))] = np.nan  # LAPACK may give zeros for an infinite matrix
            for row, a, b in zip(rows, left, right, strict=True):
                _, solved[row], failed = lapack.sposv(a.T, b, overwrite_a=True, overwrite_b=True)
                if failed:
                    raise ValueError(
                        f"row {row} has no unique factors: its {f} x {f} matrix is not positive definite; more "
                        "regularization, fewer factors, or weights nearer to 1 help"
                    )


def _blocks(matrix: sp.csr_matrix, size: int) -> Iterator[_Block]:
    """The rows with interactions, longest first, in blocks of about `size` interactions (one row, if it is longer)."""
    lengths = np.diff(matrix.indptr)
    order = np.argsort(-lengths, kind="stable")
    descending = lengths[order]
    start, end = 0, np.count_nonzero(lengths)
    while start < end:
        longest = descending[start]
        similar = np.searchsorted(-descending, -SIMILAR_LENGTH * longest, side="right")
        stop = min(start + max(1, size // longest), similar, end)
        rows = order[start:stop]
        places = np.arange(longest)
        inside = places < lengths[rows, None]
        cells = matrix.indptr[rows, None] + np.where(inside, places, 0)
        yield _Block(rows, matrix.indices[cells], np.where(inside, matrix.data[cells], np.float32(0)))
        start = stop


def _default_weight(matrix: sp.csr_matrix) -> float:
    total = float(matrix.sum(dtype=np.float64))
    return min(RELATIVE_WEIGHT * total / (matrix.shape[0] * matrix.shape[1]), 0.5 * total / matrix.nnz)


def _scale(matrix: sp.csr_matrix, unobserved_weight: float, frequency_exponent: float) -> np.ndarray:
    """How much data each row has, to the power that the penalty takes."""
    return (np.diff(matrix.indptr) + float(unobserved_weight) * matrix.shape[1]) ** float(frequency_exponent)


def _check_settings(regularization: float, unobserved_weight: float, frequency_exponent: float) -> None:
    positive("regularization", regularization, zero=True)
    positive("unobserved_weight", unobserved_weight, zero=True)
    positive("frequency_exponent", frequency_exponent, zero=True)


def _table(name: str, table: ArrayLike, n_rows: int, dtype: type) -> np.ndarray:
    found: np.ndarray = np.ascontiguousarray(numbers(name, table), dtype=dtype)
    if found.ndim != 2 or len(found) != n_rows or not np.isfinite(found).all():
        what = f"of shape {found.shape}" if np.isfinite(found).all() else "not finite"
        raise ValueError(f"{name} are {what}; expected finite numbers ({n_rows}, f), f the number of factors")
    return found
