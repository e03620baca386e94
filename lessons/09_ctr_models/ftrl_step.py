"""One step of FTRL."""

import math

import numpy as np

from mlpipe.course.definition import edit

hints = (
    (
        "Start from the class of the lesson. With values of 1 some factors were invisible: where does the value of "
        "a feature enter the log-odds, and where the gradient?"
    ),
    (
        "The order is: weights, probability, gradient, sigma, then the new `z` and the new `n`. The gradient of a "
        "weight is the error of the probability times the value of its feature."
    ),
    (
        "Copy the lines of `weights` and `learn`, without the index `i`. Replace `w.sum()` by the sum of weight "
        "times value, and let `g` be an array: one gradient a feature. Return new arrays instead of adding in "
        "place."
    ),
)
takeaway = (
    "A weight need not be stored: z and n hold it. Where a feature is absent, its gradient is 0 and nothing moves."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    size = (4, 8, 40)[number]
    l1, l2 = float(rng.uniform(0.3, 0.8)), float(rng.uniform(0.5, 2))
    above = rng.permutation(np.arange(size) % 2 == 0)  # half of the weights are zero
    z = np.where(above, rng.uniform(1.5 * l1, 4, size), rng.uniform(0.1 * l1, 0.8 * l1, size))
    z *= rng.choice([-1, 1], size)
    n = rng.uniform(0.2, 5, size)
    x = rng.uniform(0.3, 2, size) * rng.choice([-1, 1], size)
    x[np.flatnonzero(above)[0]] = 0.0  # a feature that this impression lacks
    clicked = int(number != 1)
    return (
        x.round(2),
        clicked,
        z.round(2),
        n.round(2),
        float(rng.uniform(0.1, 0.3)),
        float(rng.uniform(0.5, 1.5)),
        l1,
        l2,
    )


def ftrl_step(x, clicked, z, n, alpha, beta, l1, l2):
    w = np.where(np.abs(z) <= l1, 0, -(z - np.sign(z) * l1) / ((beta + np.sqrt(n)) / alpha + l2))
    p = 1 / (1 + np.exp(-(w @ x)))
    g = (p - clicked) * x
    sigma = (np.sqrt(n + g**2) - np.sqrt(n)) / alpha
    return z + g - sigma * w, n + g**2


def another(x, clicked, z, n, alpha, beta, l1, l2):
    weights = []
    for zi, ni in zip(z, n):
        rest = max(abs(zi) - l1, 0.0)
        weights.append(-math.copysign(rest, zi) / ((beta + math.sqrt(ni)) / alpha + l2))
    score = sum(wi * xi for wi, xi in zip(weights, x))
    error = 1 / (1 + math.exp(-score)) - clicked
    new_z, new_n = [], []
    for wi, xi, zi, ni in zip(weights, x, z, n):
        gi = error * xi
        new_n.append(ni + gi * gi)
        new_z.append(zi + gi - (math.sqrt(new_n[-1]) - math.sqrt(ni)) / alpha * wi)
    return np.array(new_z), np.array(new_n)


mistakes = [
    edit(
        "x\n    ",
        "np.ones_like(x)\n    ",
        "gradient_without_the_value",
        (
            "Your gradient is the error of the probability alone. A feature with value 2 moves the log-odds twice "
            "as far: its gradient is the error times its value."
        ),
    ),
    edit(
        "x\n    ",
        "(x != 0)\n    ",
        "gradient_only_where_present",
        (
            "You give each feature that is present the whole error, whatever its value. The gradient is the error "
            "times the value."
        ),
    ),
    edit(
        "(w @ x",
        "w.sum(",
        "score_without_the_values",
        "Your log-odds add up the weights. Each weight counts as often as the value of its feature says.",
    ),
    edit(
        "(w @ x",
        "w.sum(",
        "no_values_at_all",
        "This is the step for features that are all 1. The values enter twice: in the log-odds and in the gradient.",
        also=(("x\n    ", "np.ones_like(x)\n    "),),
    ),
    edit(
        "p - clicked",
        "clicked - p",
        "wrong_sign_of_the_gradient",
        "Your gradient has the wrong sign: label minus probability. The weights would run away from the labels.",
    ),
    edit(
        " - sigma * w",
        "",
        "no_correction",
        (
            "The term with sigma and the weight is missing from z, or your sigma is 0: one root is of the old n, "
            "the other of the new one."
        ),
    ),
    edit(" - sigma", " + sigma", "correction_added", "You add sigma times the weight to z. The sign there is minus."),
    edit(
        "g**2) - np.sqrt(n",
        "2 * g**2) - np.sqrt(n + g**2",
        "evidence_updated_first",
        (
            "You add to n before you compute sigma, so sigma is measured from the new n. It is the growth of the "
            "root from the old to the new n."
        ),
    ),
    edit(
        " (np",
        " np",
        "sigma_without_learning_rate",
        "The learning rate is missing from sigma: divide by alpha.",
        also=((") / alpha\n    ", "\n    "),),
    ),
    edit(
        ") / alpha\n    ",
        ") * alpha\n    ",
        "sigma_times_learning_rate",
        "You multiply by alpha in sigma. It is the change of an inverse learning rate: divide.",
    ),
    edit(
        "(np.sqrt(n + g**2) - np.sqrt(n))",
        "g**2",
        "sigma_without_roots",
        "Your sigma is the growth of n. It is the growth of the *root* of n, over alpha.",
    ),
    edit(
        "np.where(np.abs(z) <= l1, 0, -(z - np.sign(z) * l1)",
        "-z",
        "no_l1",
        "Your weights ignore L1: those with little evidence should be exactly zero, the others be pulled by l1.",
        also=(("l2))", "l2)"),),
    ),
    edit(
        "(z - np.sign(z) * l1)",
        "z",
        "threshold_without_shrinking",
        "You set small weights to zero, but leave the others as they were. L1 also takes l1 off the size of their z.",
    ),
    edit(
        " np.where(np.abs(z) <= l1, 0,",
        "",
        "shrinking_without_threshold",
        "You take l1 off everywhere. Where z is smaller than l1, that turns its sign round: those weights are zero.",
        also=(("l2))", "l2)"),),
    ),
    edit(
        " np.sign(z) *",
        "",
        "sign_of_l1",
        (
            "You subtract l1 from a negative z, too, which makes it larger. L1 pulls towards zero from both sides: "
            "use the sign of z."
        ),
    ),
    edit(
        "np.abs(z)",
        "z",
        "only_positive_z",
        "You compare z with l1 without its absolute value, so every weight with negative z becomes zero.",
    ),
    edit(
        " -(",
        " (",
        "weight_with_the_sign_of_z",
        "The minus before the weight is missing. z adds up gradients, and a weight moves against its gradient.",
    ),
    edit(" + l2", "", "no_l2", "L2 is missing from the denominator of the weight."),
    edit(
        "(beta + np.sqrt(n)",
        "np.sqrt(n",
        "no_beta",
        "Beta is missing from the denominator of the weight: the first steps would be far too large.",
    ),
    edit(
        ") / alpha + l2",
        " + l2) / alpha",
        "divides_l2_by_alpha",
        "You divide L2 by alpha, too. Only beta plus the root of n is divided.",
    ),
    edit(
        "+ np.sqrt(n)) ",
        "+ n) ",
        "n_without_root",
        "Your weight uses n itself. The learning rate falls with the root of n.",
    ),
    edit(
        " g**2\n",
        " (p - clicked) ** 2\n",
        "evidence_without_the_value",
        (
            "Your n grows by the squared error of the probability, for every feature alike. It adds up the squared "
            "*gradients*: error times value."
        ),
    ),
    edit(
        "**2\n",
        "\n",
        "adds_the_gradient_to_n",
        "You add the gradient itself to n. It adds up squares, so it never falls.",
    ),
    edit(
        " n + g",
        " g",
        "forgets_the_old_n",
        "Your new n holds only this step. Evidence adds up: the old n plus the squared gradient.",
    ),
    edit(
        "z + ",
        "",
        "forgets_the_old_z",
        "Your new z holds only this step. It adds up: the old z, plus gradient, minus correction.",
    ),
    edit(
        " x\n    ",
        " p * (1 - p) * x\n    ",
        "gradient_of_squared_error",
        (
            "Your gradient has the factor p (1 - p), which belongs to squared error. For log loss it cancels: "
            "error times value."
        ),
    ),
    edit(
        "z - np",
        "z + np",
        "pushes_outwards",
        "You move z away from zero by l1. L1 pulls towards zero: subtract the sign of z times l1.",
    ),
    edit(
        "<=",
        ">",
        "threshold_turned_round",
        "You set the weights with *much* evidence to zero. Those with abs(z) of at most l1 are zero.",
    ),
    edit(
        "(beta + np.sqrt(n)",
        "beta + np.sqrt(n",
        "beta_not_divided",
        "You divide only the root of n by alpha. Beta is divided, too: mind the brackets.",
    ),
    edit(
        "-(w @ x)",
        "w @ x",
        "sigmoid_turned_round",
        "Your probability is that of no click: the sign in the exponent is wrong.",
    ),
    edit(
        "(w ",
        "(z ",
        "score_from_z",
        "You use z as if it were the weights. The weights follow from z and n, with the formula.",
    ),
    edit(
        "g**2\n",
        "np.abs(g)\n",
        "sizes_instead_of_squares",
        "You add the size of the gradient to n. It adds up squares.",
    ),
    edit(
        "**2\n",
        " @ g\n",
        "one_rate_for_all",
        (
            "You add the squared length of the whole gradient to each n. Each weight has its own evidence: its own "
            "gradient, squared."
        ),
    ),
    edit(
        "**2",
        " @ g",
        "one_rate_for_all_everywhere",
        (
            "You use the squared length of the whole gradient for each weight, in sigma and in n. Each weight has "
            "its own evidence and learning rate."
        ),
    ),
    edit(
        "1 / (1 + np.exp(-(w @ x)))",
        "w @ x",
        "no_sigmoid",
        "You use the log-odds as if they were a probability: the sigmoid is missing.",
    ),
    edit(
        "z + g - sigma * ",
        "",
        "returns_the_weights",
        (
            "You return weights and n. Asked for are the new z and the new n; the weights follow from them when "
            "they are needed."
        ),
    ),
    edit(" + g**2\n", "\n", "n_unchanged", "You return the old n. It grows by the squared gradient."),
    edit(
        " z ",
        " n + g**2, z ",
        "returned_in_the_wrong_order",
        "You return n before z. The answer is the new z, then the new n.",
        also=((", n + g**2", ""),),
    ),
]
