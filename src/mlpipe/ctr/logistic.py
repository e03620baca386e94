"""The minimum of a logistic regression's loss on a sparse matrix, and the choice of its strength."""

from __future__ import annotations

import warnings
from typing import Any

import numpy as np
from scipy.optimize import minimize
from scipy.special import expit
from sklearn.exceptions import ConvergenceWarning

from mlpipe.ctr.base import log_odds

CHOICES_OF_C = (0.03, 0.1, 0.3, 1.0, 3.0, 10.0)
ROWS_TO_CHOOSE_C = 200_000


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
    seen, n_features = np.flatnonzero(X.getnnz(axis=0)), X.shape[1]
    if len(seen) < n_features:  # the weights of all others stay 0, and L-BFGS would carry them through each iteration
        X = X[:, seen]
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
    weights = np.zeros(n_features)
    weights[seen] = w[:-1]
    return weights, float(w[-1]), int(found.nit)
