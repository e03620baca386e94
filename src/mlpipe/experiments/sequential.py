"""Looks at a running experiment: bounds that keep the chance of a false alarm over all looks together."""

from __future__ import annotations

import numpy as np
from scipy.optimize import brentq
from scipy.special import lambertw
from scipy.stats import norm

from mlpipe import arguments

KINDS = ("pocock", "obrien-fleming", "bonferroni", "mixture")


def boundary(looks: int, kind: str, alpha: float = 0.05, *, tuned_for: float | None = None) -> np.ndarray:
    """Bound on |z| at each of equally spaced looks, so that the chance of ever crossing it by luck is `alpha`.

    With K looks, look k after k equal portions of users, and z[k] the test on all users so far:

    - "pocock": one constant at all looks;
    - "obrien-fleming": constant times sqrt(K / k), strict early, near the single test's bound at the end;
    - "bonferroni": the single test's bound at alpha / K, as if the looks had nothing in common;
    - "mixture": sqrt((1 + rho / k) (log(1 + k / rho) - 2 log(alpha))), valid at all looks together however many they
      are, so also for who stops when they like; alpha is an upper limit.

    The first two constants solve P(any |z[k]| >= bound[k]) = alpha, by numerical integration over the looks: s[k] =
    sqrt(k) z[k] is a sum of k standard normal steps, and the density of those still inside passes from look to look.

    Parameters
    ----------
    looks : planned looks K, 1 to 200
    kind : "pocock", "obrien-fleming", "bonferroni" or "mixture"
    alpha : chance of a false alarm over all looks together, between 0 and 1
    tuned_for : look at which the mixture is tightest, above 0; None = the last one
        rho = tuned_for / (-W(-alpha^2 / e) - 1), with W the lower branch of Lambert's function. Only for the mixture.

    Returns
    -------
    (looks,) bounds: stop at look k if abs(z) >= bound[k - 1]

    Raises
    ------
    ValueError
        For an argument outside its range, and `tuned_for` with another kind.

    References
    ----------
    Armitage, McPherson and Rowe 1969, Repeated significance tests on accumulating data; Pocock 1977, Group sequential
    methods in the design and analysis of clinical trials; O'Brien and Fleming 1979, A multiple testing procedure for
    clinical trials; Robbins 1970, Statistical methods related to the law of the iterated logarithm (mixture); Johari,
    Koomen, Pekelis and Walsh 2022, Always valid inference: continuous monitoring of A/B tests; Howard, Ramdas,
    McAuliffe and Sekhon 2021, Time-uniform, nonparametric, nonasymptotic confidence sequences (tuning).

    Examples
    --------
    >>> boundary(5, "pocock").round(3).tolist()
    [2.413, 2.413, 2.413, 2.413, 2.413]
    >>> boundary(5, "obrien-fleming").round(3).tolist()
    [4.562, 3.226, 2.634, 2.281, 2.04]
    """
    looks = arguments.whole_number("looks", looks, 1, 200)
    arguments.one_of("kind", kind, KINDS)
    alpha = arguments.fraction("alpha", alpha, example="0.05")
    k = np.arange(1, looks + 1)
    if kind == "mixture":
        tuned_for = looks if tuned_for is None else arguments.positive("tuned_for", tuned_for)
        rho = tuned_for / (-lambertw(-(alpha**2) / np.e, -1).real - 1)
        return np.sqrt((1 + rho / k) * (np.log1p(k / rho) - 2 * np.log(alpha)))
    if tuned_for is not None:
        raise ValueError(f"tuned_for is {tuned_for!r} with kind {kind!r}; expected None: leave it out")
    single, widest = norm.isf(alpha / 2), norm.isf(alpha / 2 / looks)  # the other constants lie between these
    if kind == "bonferroni" or looks == 1:
        return np.full(looks, widest)
    shape = np.ones(looks) if kind == "pocock" else np.sqrt(looks / k)
    return shape * brentq(lambda c: _crossing(c * shape) - alpha, single, widest, xtol=1e-10)


def _crossing(bound: np.ndarray) -> float:
    """Chance that |z| reaches its bound (looks,) at any look if there is no effect."""
    ends = bound * np.sqrt(np.arange(1, len(bound) + 1))
    # Gauss-Legendre nodes for the widest look: several to each standard deviation of a step.
    points, weights = np.polynomial.legendre.leggauss(32 + int(8 * ends.max()))
    inside = ends[0] * points
    mass = ends[0] * weights * norm.pdf(inside)
    crossed = 2 * norm.sf(ends[0])
    for end in ends[1:]:
        crossed += 2 * mass @ norm.sf(end - inside)  # both ends alike; as 1 - sum(mass), a small alpha would be lost
        following = end * points
        steps = np.exp(-((following[:, None] - inside) ** 2) / 2) / np.sqrt(2 * np.pi)
        inside, mass = following, end * weights * (steps @ mass)
    return crossed
