"""Logistic regression on hashed columns, minimised to the end."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning

from mlpipe.ctr.base import ClickModel, check_positive, log_odds
from mlpipe.ctr.fields import Crosses, Fields, design_matrix

CHOICES_OF_C = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
ROWS_TO_CHOOSE_C = 200_000
SINGLE_PRECISION_FROM = 2_000_000  # entries of the design matrix


class HashedLogisticRegression(ClickModel):
    """Logistic regression on hashed raw columns: the log-odds of a click are a sum of one weight a field.

    It minimises the *sum* of log losses + ||w||^2 / (2 C), intercept free of penalty: what scikit-learn's C means.
    Read C as the variance that you expect of a weight, in log-odds. It does not depend on the number of rows, so it can
    be chosen on a few of them. Where rare ids differ little, 1, scikit-learn's default, lets them run wild.

    Minimised by L-BFGS in variables that are scaled by the curvature of each weight (rare and frequent ids get equally
    long steps), until no scaled gradient exceeds `tol`: weights are then within about `tol` standard errors of the
    minimum. Large designs use single precision. How columns become features: `mlpipe.ctr.fields.Fields`.

    Parameters
    ----------
    n_buckets : buckets that all values share by hashing, best a power of two
    C : variance of the weights, above 0; more means less regularisation
        None: whichever of 0.03 to 10 predicts rows held out best (`choose_C`).
    crosses : tuples of column names; each combination of values becomes a feature
    tol : when to stop, above 0
    max_iter : iterations at most; a ConvergenceWarning tells if they did not suffice

    Attributes
    ----------
    coef_ : (1, n_buckets) weights
    intercept_ : (1,)
    C_ : the C used
    n_iter_ : iterations

    References
    ----------
    Liu and Nocedal 1989, On the limited memory BFGS method for large scale optimization, doi:10.1007/BF01589116.

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [1, 1, 2, 2] * 50, "site": ["a", "b"] * 100})
    >>> HashedLogisticRegression(C=0.1).fit(log, [1, 1, 0, 0] * 50).predict_proba(log)[:3, 1].round(1).tolist()
    [0.8, 0.8, 0.2]
    """

    def __init__(
        self,
        n_buckets: int = 2**18,
        C: float | None = None,
        crosses: Crosses = (),
        tol: float = 0.1,
        max_iter: int = 300,
    ):
        self.n_buckets = n_buckets
        self.C = C
        self.crosses = crosses
        self.tol = tol
        self.max_iter = max_iter

    def _fit(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        check_positive(self, "tol", optional=["C"])
        check_positive(self, "n_buckets", "max_iter", whole=True)
        self._fields = Fields(self.n_buckets, self.crosses).fit(frame)
        buckets, values, _ = self._fields.transform(frame)
        seen = np.flatnonzero(np.bincount(buckets.ravel(), minlength=self.n_buckets))
        number = np.zeros(self.n_buckets, dtype=np.int32)
        number[seen] = np.arange(len(seen))
        dtype = np.float32 if buckets.size >= SINGLE_PRECISION_FROM else np.float64
        X = design_matrix(number[buckets], values, len(seen), dtype)
        self.C_ = choose_C(X, y) if self.C is None else float(self.C)
        weights, intercept, self.n_iter_ = fit_logistic(X, y, self.C_, self.tol, self.max_iter)
        self.coef_ = np.zeros((1, self.n_buckets))
        self.coef_[0, seen] = weights
        self.intercept_ = np.array([intercept])

    def _log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        buckets, values, _ = self._fields.transform(frame)
        weights = self.coef_[0][buckets]
        return (weights if values is None else weights * values).sum(axis=1) + self.intercept_[0]


def choose_C(X: Any, y: np.ndarray) -> float:
    """The C of `CHOICES_OF_C` with the least log loss on random rows held out; of a large log, on a part of it.

    Parameters
    ----------
    X : (n_rows, n_features) CSR matrix
    y : (n_rows,) labels 0 and 1

    Returns
    -------
    float
    """
    rng = np.random.default_rng(0x63)
    rows = rng.permutation(len(y))[:ROWS_TO_CHOOSE_C]
    n_folds = 1 if len(rows) == ROWS_TO_CHOOSE_C else 3
    losses = np.zeros(len(CHOICES_OF_C))
    for fold in range(n_folds):
        held_out = np.arange(len(rows)) % 4 == fold
        fitted, asked = rows[~held_out], rows[held_out]
        if not 0 < y[fitted].mean() < 1:
            continue
        train, test = X[fitted], X[asked]
        for i, C in enumerate(CHOICES_OF_C):
            weights, intercept, _ = fit_logistic(train, y[fitted], C, tol=0.3, max_iter=100)
            losses[i] += np.logaddexp(0, np.where(y[asked] == 1, -1, 1) * (test @ weights + intercept)).sum()
    return CHOICES_OF_C[int(np.argmin(losses))] if losses.any() else 0.1


def fit_logistic(X: Any, y: np.ndarray, C: float, tol: float, max_iter: int) -> tuple[np.ndarray, float, int]:
    """The minimum of the sum of log losses + ||w||^2 / (2 C).

    Parameters
    ----------
    X : (n_rows, n_features) sparse matrix; its precision is that of the products
    y : (n_rows,) labels 0 and 1, both there
    C : variance of the weights, above 0
    tol : scaled gradient at which to stop
    max_iter : iterations at most; a ConvergenceWarning tells if they did not suffice

    Returns
    -------
    weights : (n_features,) float64
    intercept : float
    n_iter : iterations

    Examples
    --------
    >>> from scipy.sparse import csr_matrix
    >>> fit_logistic(csr_matrix([[1.0], [0], [0]]), np.array([1, 0, 1]), 1.0, 1e-6, 100)[0].round(2)
    array([0.29])
    """
    rate = y.mean()
    dtype, transposed = X.dtype, X.T.tocsr() if X.shape[1] < 64 else X.T
    curvature = np.asarray(X.multiply(X).sum(axis=0), dtype=np.float64).ravel() * rate * (1 - rate) + 1 / C
    scale = np.append(1 / np.sqrt(curvature), 1 / np.sqrt(len(y) * rate * (1 - rate)))
    sign = np.where(y == 1, -1.0, 1.0)

    def objective(scaled: np.ndarray) -> tuple[float, np.ndarray]:
        w = scaled * scale
        margin = (X @ w[:-1].astype(dtype)).astype(np.float64) + w[-1]
        loss = np.logaddexp(0, sign * margin).sum() + w[:-1] @ w[:-1] / (2 * C)
        residual = expit(margin) - y
        gradient = np.append((transposed @ residual.astype(dtype)).astype(np.float64) + w[:-1] / C, residual.sum())
        return loss, gradient * scale

    start = np.zeros(X.shape[1] + 1)
    start[-1] = log_odds(rate) / scale[-1]
    # ftol is relative to the loss: the least that the precision of X allows
    options = {"maxiter": max_iter, "maxcor": 10, "gtol": tol, "ftol": 1e-14 if dtype == np.float64 else 1e-9}
    found = minimize(objective, start, jac=True, method="L-BFGS-B", options=options)
    if found.nit >= max_iter:
        warnings.warn(
            f"L-BFGS stopped after max_iter={max_iter} iterations before it converged; raise max_iter or tol",
            ConvergenceWarning,
            stacklevel=3,
        )
    w = found.x * scale
    return w[:-1], float(w[-1]), int(found.nit)
