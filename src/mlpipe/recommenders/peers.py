"""The recommenders of the library `implicit` under our contract, with the library's own defaults, to compare with."""

from __future__ import annotations

from importlib import import_module
from types import ModuleType
from typing import Any

import numpy as np
import scipy.sparse as sp
from threadpoolctl import threadpool_limits

from mlpipe.arguments import positive
from mlpipe.recommenders.base import Recommender


def library(name: str = "implicit") -> ModuleType:
    """A module of `implicit`, imported when a model is fitted: all other models work without the library.

    Parameters
    ----------
    name : of the module

    Returns
    -------
    the module

    Raises
    ------
    ImportError
        With the fix, where it is not installed or the OpenMP that it is linked to is not there.
    """
    try:
        return import_module(name)
    except (ImportError, OSError) as error:
        raise ImportError(f"ImplicitALS and ImplicitBPR need a library: {how_to_mend(error)}") from error


def how_to_mend(error: Exception) -> str:
    """Why `implicit` cannot be imported and what helps.

    Parameters
    ----------
    error : what its import raised

    Returns
    -------
    a sentence
    """
    mend = "`apt install libgomp1` (Debian, Ubuntu)" if "libgomp" in str(error) else "`pip install implicit`"
    return f"implicit cannot be imported ({error}); run {mend}"


class _Factors(Recommender):
    """Scores from the factors of a model of `implicit`: its `recommend` fills short lists with seen items."""

    user_factors: np.ndarray
    item_factors: np.ndarray

    def _train(self, model: Any, matrix: sp.csr_matrix) -> None:
        with threadpool_limits(1, "blas"):  # the library runs threads of its own over users
            try:
                model.fit(matrix, show_progress=False)
            except library("implicit.recommender_base").ModelFitError as error:
                raise ValueError(
                    f"{type(self).__name__} has diverged on matrix {matrix.shape} ({error}); more regularization or a "
                    "smaller learning rate helps"
                ) from error
        self.user_factors, self.item_factors = model.user_factors, model.item_factors

    def _scores(self, rows: np.ndarray) -> np.ndarray:
        return self.user_factors[rows] @ self.item_factors.T


class ImplicitALS(_Factors):
    """`implicit.als.AlternatingLeastSquares`: weighted matrix factorization by conjugate gradient.

    Minimises the sum over all users and items of c_ui (p_ui - x_u . y_i)^2 + regularization * (|X|^2 + |Y|^2), with
    p_ui = 1 and c_ui = alpha * weight where there is an interaction, p_ui = 0 and c_ui = 1 elsewhere. Mind the default
    settings: an alpha of 1 counts a like no more than a cell never seen, and a penalty of 0.01 is nearly none.

    score(u, i) = x_u . y_i. Without history all scores are 0. `fold_in` solves for the new users exactly, where `fit`
    takes three steps of conjugate gradient an iteration, so the training matrix folded in gives nearly, not exactly,
    the recommendations of `fit`.

    Defaults are the library's, but for double precision: in single, rounding grows so much under the default penalty
    that nDCG depends on the CPU in its third digit. Cost of `fit`: O(iterations * factors * (interactions + factors *
    (users + items))) time, O(factors * (users + items)) memory. Results repeat whatever the threads.

    Parameters
    ----------
    factors : length of x_u and y_i, 1 or more
    regularization : 0 or more
    alpha : weight of an interaction, above 0
    iterations : 1 or more
    random_state : seed of the first factors, 0 or more

    Attributes
    ----------
    user_factors : (n_users, factors)
    item_factors : (n_items, factors)

    References
    ----------
    Hu, Koren and Volinsky 2008, doi:10.1109/ICDM.2008.22; Takács, Pilászy and Tikk 2011, doi:10.1145/2043932.2043987.

    Examples
    --------
    >>> likes = sp.csr_matrix([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0]])
    >>> ImplicitALS(factors=2).fit(likes).recommend([3], k=1)[0]
    array([[1]])
    """

    def __init__(
        self,
        factors: int = 100,
        regularization: float = 0.01,
        alpha: float = 1.0,
        iterations: int = 15,
        random_state: int = 0,
    ) -> None:
        self.factors = factors
        self.regularization = regularization
        self.alpha = alpha
        self.iterations = iterations
        self.random_state = random_state

    def _fit(self, matrix: sp.csr_matrix) -> None:
        positive("factors", self.factors, whole=True)
        positive("regularization", self.regularization, zero=True)
        positive("alpha", self.alpha)
        positive("iterations", self.iterations, whole=True)
        positive("random_state", self.random_state, whole=True, zero=True)
        with threadpool_limits(1, "blas"):
            self._model = library("implicit.cpu.als").AlternatingLeastSquares(
                factors=self.factors,
                regularization=self.regularization,
                alpha=self.alpha,
                iterations=self.iterations,
                random_state=self.random_state,
                dtype=np.float64,
            )
            self._train(self._model, matrix)
            _ = self._model.YtY  # the library would keep it at the first `fold_in`, which is to change nothing here

    def _fold_in(self, matrix: sp.csr_matrix) -> None:
        with threadpool_limits(1, "blas"):
            self.user_factors = self._model.recalculate_user(np.arange(matrix.shape[0]), matrix)


class ImplicitBPR(_Factors):
    """`implicit.bpr.BayesianPersonalizedRanking`: what a user has is to score above what others have.

    Stochastic gradient steps on log sigmoid(s_ui - s_uj), less regularization, for an interaction (u, i) drawn at
    random and an item j of another one that u does not have. Weights do not count.

    score(u, i) = x_u . y_i + b_i. The library keeps the item bias b_i as a last column of the item factors beside a 1
    in the user factors. A user without history gets the items by bias. An item without interactions scores 0 for all.
    `fold_in` is not possible: the library learns users and items together.

    Defaults are the library's, on one thread: with more, results do not repeat. Cost of `fit`: O(iterations * factors *
    interactions) time, O(factors * (users + items)) memory.

    Parameters
    ----------
    factors : length of x_u and y_i, 1 or more
    learning_rate : above 0
    regularization : 0 or more
    iterations : passes, 1 or more
    random_state : seed of the first factors and of the draws, 0 or more

    Attributes
    ----------
    user_factors : (n_users, factors + 1)
    item_factors : (n_items, factors + 1)

    References
    ----------
    Rendle et al. 2009, arXiv:1205.2618.

    Examples
    --------
    >>> likes = sp.csr_matrix([[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 1, 1], [1, 0, 0, 0]])
    >>> ImplicitBPR(factors=2, learning_rate=0.1).fit(likes).recommend([3], k=1)[0]
    array([[1]])
    """

    def __init__(
        self,
        factors: int = 100,
        learning_rate: float = 0.01,
        regularization: float = 0.01,
        iterations: int = 100,
        random_state: int = 0,
    ) -> None:
        self.factors = factors
        self.learning_rate = learning_rate
        self.regularization = regularization
        self.iterations = iterations
        self.random_state = random_state

    def _fit(self, matrix: sp.csr_matrix) -> None:
        positive("factors", self.factors, whole=True)
        positive("learning_rate", self.learning_rate)
        positive("regularization", self.regularization, zero=True)
        positive("iterations", self.iterations, whole=True)
        positive("random_state", self.random_state, whole=True, zero=True)
        model = library("implicit.cpu.bpr").BayesianPersonalizedRanking(
            factors=self.factors,
            learning_rate=self.learning_rate,
            regularization=self.regularization,
            iterations=self.iterations,
            num_threads=1,
            random_state=self.random_state,
        )
        self._train(model, matrix)
