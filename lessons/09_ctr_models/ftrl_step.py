"""One step of FTRL."""

import math

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "Start from the class of the lesson. With values of 1 some factors were invisible: "
    "where does the value of a feature enter the log-odds, and where the gradient?",
    "The order is: weights, probability, gradient, sigma, then the new `z` and the new `n`. "
    "The gradient of a weight is the error of the probability times the value of its feature.",
    "Copy the lines of `weights` and `learn`, without the index `i`. Replace `w.sum()` by the sum of weight "
    "times value, and let `g` be an array: one gradient a feature. Return new arrays instead of adding in place.",
)
takeaway = (
    "A weight need not be stored: z and n hold it. Where a feature is absent, its gradient is 0 and nothing moves."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    size = (4, 8, 40)[number]
    l1, l2 = float(rng.uniform(0.3, 0.8)), float(rng.uniform(1, 2))
    above = rng.permutation(np.arange(size) % 2 == 0)  # half of the weights are zero
    z = np.where(above, rng.uniform(1.5 * l1, 4, size), rng.uniform(0.1 * l1, 0.8 * l1, size))
    z *= rng.choice([-1, 1], size)
    n = rng.uniform(0.2, 5, size)
    x = rng.uniform(0.3, 2, size) * rng.choice([-1, 1], size)
    x[np.flatnonzero(above)[0]] = 0.0  # a feature that this impression lacks
    z[np.flatnonzero(above)[1]] = rng.choice([-1, 1]) * rng.uniform(0.85, 0.95)  # above l1, below l2 and beta
    clicked = int(number != 1)
    alpha, beta = float(rng.uniform(0.1, 0.3)), float(rng.uniform(1, 1.5))
    return x.round(2), clicked, z.round(2), n.round(2), alpha, beta, l1, l2


def ftrl_step(x, clicked, z, n, alpha, beta, l1, l2):
    steepness = (beta + np.sqrt(n)) / alpha + l2
    w = np.where(np.abs(z) <= l1, 0, -(z - np.sign(z) * l1) / steepness)
    p = 1 / (1 + np.exp(-(w @ x)))
    g = (p - clicked) * x
    sigma = (np.sqrt(n + g**2) - np.sqrt(n)) / alpha
    return z + g - sigma * w, n + g**2


def another(x, clicked, z, n, alpha, beta, l1, l2):
    weights = np.empty(len(z))
    for i, (zi, ni) in enumerate(zip(z, n)):
        rest = max(abs(zi) - l1, 0.0)
        weights[i] = -math.copysign(rest, zi) / ((beta + math.sqrt(ni)) / alpha + l2)
    error = 1 / (1 + math.exp(-(weights * x).sum())) - clicked
    new_z, new_n = [], []
    for wi, xi, zi, ni in zip(weights, x, z, n):
        gi = error * xi
        new_n.append(ni + gi * gi)
        new_z.append(zi + gi - (math.sqrt(new_n[-1]) - math.sqrt(ni)) / alpha * wi)
    return np.array(new_z), np.array(new_n)


equivalent = {
    "w = np.where(np.abs(z) < l1, 0, -(z - np.sign(z) * l1) / steepness)": "at the border the other branch is 0, too",
    "p = 1 / (1 + np.exp(-(x @ w)))": "a product of two vectors commutes",
}
mistakes = [
    edit(
        "(p - clicked) * x",
        "(p - clicked) * np.ones_like(x)",
        "gradient_without_the_value",
        "Your gradient is the error of the probability alone. "
        "A feature with value 2 moves the log-odds twice as far: its gradient is the error times its value.",
    ),
    edit(
        "w @ x",
        "w.sum()",
        "score_without_the_values",
        "Your log-odds add up the weights. Each weight counts as often as the value of its feature says.",
    ),
    edit(
        "p - clicked",
        "clicked - p",
        "wrong_sign_of_the_gradient",
        "The gradient has the wrong sign in z: yours is label minus probability, or you subtract it. "
        "It is probability minus label, and z adds it; the minus comes with the weight.",
    ),
    edit(
        "g - sigma * w",
        "g",
        "no_correction",
        "The term with sigma and the weight is missing from z, or your sigma is 0: "
        "one root is of the old n, the other of the new one.",
    ),
    edit(
        "np.sqrt(n + g**2) - np.sqrt(n)",
        "np.sqrt(n + 2 * g**2) - np.sqrt(n + g**2)",
        "evidence_updated_first",
        "You add to n before you compute sigma, so sigma is measured from the new n. "
        "It is the growth of the root from the old to the new n.",
    ),
    edit(
        "z - np.sign(z) * l1",
        "z",
        "threshold_without_shrinking",
        "You set small weights to zero, but leave the others as they were. L1 also takes l1 off the size of their z.",
    ),
    edit(
        "np.sign(z) * l1",
        "l1",
        "sign_of_l1",
        "You subtract l1 from a negative z, too, which makes it larger. "
        "L1 pulls towards zero from both sides: use the sign of z.",
    ),
    edit(
        "0, -(z",
        "0, (z",
        "weight_without_the_minus",
        "Your weight has the sign of z. z adds up gradients, and a weight goes against its gradients: put a "
        "minus before it.",
    ),
]
