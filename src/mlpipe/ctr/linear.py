"""Logistic regression on hashed columns, minimised to the end."""

from __future__ import annotations

import numpy as np
import pandas as pd

from mlpipe.ctr.base import ClickModel, check_positive
from mlpipe.ctr.fields import Crosses, Fields, design_matrix
from mlpipe.ctr.logistic import choose_C, fit_logistic
from mlpipe.ctr.pairs import choose_pairs

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
        "auto": the pairs of columns that `choose_pairs` finds, ten at most.
    tol : when to stop, above 0
    max_iter : iterations at most; a ConvergenceWarning tells if they did not suffice
    ids_as_numbers : whether ids that are numbers also enter as numbers: when that is legitimate says `CounterTrees`

    Attributes
    ----------
    coef_ : (1, n_buckets) weights
    intercept_ : (1,)
    C_ : the C used
    crosses_ : the crosses used
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
        crosses: Crosses | str = (),
        tol: float = 0.1,
        max_iter: int = 300,
        ids_as_numbers: bool = False,
    ):
        self.n_buckets = n_buckets
        self.C = C
        self.crosses = crosses
        self.tol = tol
        self.max_iter = max_iter
        self.ids_as_numbers = ids_as_numbers

    def _fit(self, frame: pd.DataFrame, y: np.ndarray) -> None:
        check_positive(self, "tol", optional=["C"])
        check_positive(self, "n_buckets", "max_iter", whole=True)
        if isinstance(self.crosses, str):
            if self.crosses != "auto":
                raise ValueError(f'crosses is {self.crosses!r}; expected tuples of columns, or "auto" to choose them')
            self._minimise(frame, y, [])
            if found := choose_pairs(frame, y, score=self._log_odds(frame)):
                self._minimise(frame, y, found)
        else:
            self._minimise(frame, y, self.crosses)

    def _minimise(self, frame: pd.DataFrame, y: np.ndarray, crosses: Crosses) -> None:
        self._fields = Fields(self.n_buckets, crosses, ids_as_numbers=self.ids_as_numbers).fit(frame)
        self.crosses_ = self._fields.crosses
        buckets, values, _ = self._fields.transform(frame)
        dtype = np.float32 if buckets.size >= SINGLE_PRECISION_FROM else np.float64
        X = design_matrix(buckets, values, self.n_buckets, dtype)
        self.C_ = choose_C(X, y) if self.C is None else float(self.C)
        weights, intercept, self.n_iter_ = fit_logistic(X, y, self.C_, self.tol, self.max_iter)
        self.coef_ = weights[None]
        self.intercept_ = np.array([intercept])

    def _log_odds(self, frame: pd.DataFrame) -> np.ndarray:
        buckets, values, _ = self._fields.transform(frame)
        weights = self.coef_[0][buckets]
        return (weights if values is None else weights * values).sum(axis=1) + self.intercept_[0]
