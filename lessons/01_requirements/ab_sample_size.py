"""The size of an A/B test."""

import math

import numpy as np
from scipy.stats import norm

from mlpipe.course.definition import edit

core = True
tolerance = 1e-9
hints = (
    "Compute the two rates first. A relative lift multiplies: what is the "
    "second rate for a base rate of 5 % and a lift of 10 %?",
    "Translate the formula from the inside: the sum of the two variances, the sum of the two "
    "quantiles, the difference of the rates. A two-sided test shares `alpha` between both tails.",
    "You need two calls of `norm.ppf`: one for the tail of the test, `1 - alpha / 2`, one for the power. Square "
    "their sum, multiply by the variances, divide by the squared difference, round up with `math.ceil`.",
)
takeaway = "The difference of the rates stands squared below: half the lift needs four times the users."


def draw(rng: np.random.Generator, number: int) -> tuple:
    low, high = ((0.1, 0.3), (0.35, 0.45), (0.55, 0.7))[number]  # of what is rounded up: the nearest would be less
    while True:
        base_rate = float(rng.uniform(*((0.008, 0.012), (0.03, 0.08), (0.15, 0.3))[number]))
        relative_lift = float(rng.uniform(*((0.01, 0.03), (0.05, 0.1), (-0.2, -0.1))[number]))
        power = float(rng.choice([0.85, 0.9, 0.95]))
        alpha = float(rng.choice([0.01, 0.02, 0.1]))
        p = np.array([base_rate, base_rate * (1 + relative_lift)])
        z = norm.ppf(1 - alpha / 2) + norm.ppf(power)
        if low < (z / np.ptp(p)) ** 2 * (p * (1 - p)).sum() % 1 < high:
            return base_rate, relative_lift, power, alpha


def ab_group(base_rate, relative_lift, power, alpha):
    p1 = base_rate
    p2 = base_rate * (1 + relative_lift)
    z = norm.ppf(1 - alpha / 2) + norm.ppf(power)
    variance = p1 * (1 - p1) + p2 * (1 - p2)
    users = z**2 * variance / (p2 - p1) ** 2
    return math.ceil(users)


def another(base_rate, relative_lift, power, alpha):
    difference = base_rate * relative_lift
    new_rate = base_rate + difference
    error = difference / (norm.isf(alpha / 2) + norm.isf(1 - power))  # the standard error that the test needs
    return np.ceil((base_rate * (1 - base_rate) + new_rate * (1 - new_rate)) / error**2)


mistakes = [
    edit(
        "1 - alpha / 2",
        "1 - alpha",
        "one_sided_test",
        "This is the size of a one-sided test. A change can go either way, so `alpha` is shared between two tails.",
    ),
    edit(
        "base_rate * (1 + relative_lift)",
        "base_rate + relative_lift",
        "lift_read_as_absolute",
        "You add the lift to the rate. A relative lift multiplies it: 1 % with a lift of 2 % becomes 1.02 %, not 3 %.",
    ),
    edit(
        "p1 * (1 - p1) + p2 * (1 - p2)",
        "p1 * (1 - p1)",
        "one_variance_only",
        "You use the variance of one group. The difference of two groups varies by the sum of both variances.",
    ),
    edit(
        "norm.ppf(1 - alpha / 2) + norm.ppf(power)",
        "norm.ppf(1 - alpha / 2)",
        "forgets_the_power",
        "Without the quantile of the power, the test finds the lift only half of the time. Add both quantiles.",
    ),
    edit(
        "z**2",
        "(norm.ppf(1 - alpha / 2) ** 2 + norm.ppf(power) ** 2)",
        "quantiles_squared_apart",
        "You square each quantile and then add. Add first, then square the sum.",
    ),
    edit("math.ceil(users)", "users", "not_rounded_up", "Nearly: a fraction of a user cannot be tested. Round up."),
    edit(
        "math.ceil(users)",
        "2 * math.ceil(users)",
        "both_groups_together",
        "This is the number of users in both groups together. Return the size of one group.",
    ),
    edit(
        "math.ceil(users)",
        "math.ceil(2 * users)",
        "both_groups_rounded_once",
        "You double before you round up: that is both groups together. Return the size of one group.",
    ),
]
