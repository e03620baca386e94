"""Users in a group."""

import math

import numpy as np
from scipy.stats import norm

from mlpipe.course.definition import edit
from mlpipe.envelope import ab_sample_size

tolerance = 1e-9
hints = (
    "Three steps: independent impressions, the price for repeating users, users. "
    "In which direction does each one move the number?",
    "`ab_sample_size` of `mlpipe.envelope` does the first step; it takes the lift as a share of the rate, as here. "
    "If all views of a user are alike (correlation 1), a user is worth one impression; check your formula there.",
    "Multiply the impressions by the effect, one plus the correlation times the number of *other* views of the user; "
    "then divide by the views to get users. Round up.",
)
takeaway = "A test is randomised and counted by user: what one user does ten times is not ten users."


def draw(rng: np.random.Generator, number: int) -> tuple:
    z = norm.ppf(0.975) + norm.ppf(0.8)
    while True:
        rate, lift = float(rng.uniform(0.1, 0.3)), float(rng.uniform(0.2, 0.5))
        views, correlation = int(rng.integers(*((3, 6), (6, 9), (9, 15))[number])), float(rng.uniform(0.05, 0.3))
        second, worth = rate * (1 + lift), views / (1 + (views - 1) * correlation)
        impressions = z**2 * (rate * (1 - rate) + second * (1 - second)) / (second - rate) ** 2
        users = math.ceil(impressions / worth)
        # Few enough that one user shows. Rounding to the nearest goes down, and so does a part of an impression dropped
        # in draw 1; rounding the impressions up first changes nothing.
        small_part = 0.05 < impressions / worth % 1 < 0.4
        dropped = math.ceil(math.floor(impressions) / worth) < users
        one_sided = impressions * ((z + norm.ppf(0.95) - norm.ppf(0.975)) / z) ** 2
        amounts = (  # of the answer, and of mistakes
            (impressions, 1 / worth),
            (impressions, 2 / worth),
            (impressions, 1 / views),
            (impressions, (1 + views * correlation) / views),
            (one_sided, 1 / worth),
        )
        whole = all(math.ceil(math.ceil(number_of) * by) == math.ceil(number_of * by) for number_of, by in amounts)
        if small_part and users > 60 and whole and dropped == (number == 1):
            return rate, lift, views, correlation


def group_size(rate, lift, views, correlation):
    second = rate * (1 + lift)
    z = norm.ppf(0.975) + norm.ppf(0.8)
    variances = rate * (1 - rate) + second * (1 - second)
    impressions = z**2 * variances / (second - rate) ** 2
    effect = 1 + (views - 1) * correlation
    return math.ceil(impressions * effect / views)


def another(rate, lift, views, correlation):
    worth = views / (1 + (views - 1) * correlation)  # independent impressions in one user
    return math.ceil(ab_sample_size(rate, lift) / worth)


mistakes = [
    edit(
        "rate * (1 + lift)",
        "rate + lift",
        "lift_read_as_absolute",
        "You add the lift to the rate. A relative lift multiplies it: 1 % with a lift of 5 % becomes 1.05 %, not 6 %.",
    ),
    edit(
        "norm.ppf(0.975)",
        "norm.ppf(0.95)",
        "one_sided_test",
        "This is a one-sided test. A change can go either way, so the 5 % are shared between two tails.",
    ),
    edit(
        "1 + (views - 1) * correlation",
        "1",
        "views_taken_as_independent",
        "You treat the views of one user as independent. "
        "They are not, so a user is worth fewer impressions than `views`: multiply by the effect.",
    ),
    edit(
        "1 + (views - 1) * correlation",
        "1 + views * correlation",
        "effect_counts_itself",
        "Your effect is one plus views times correlation. "
        "A view is correlated with the *other* views of its user: views - 1.",
    ),
    edit(
        "impressions * effect / views",
        "impressions * effect",
        "impressions_not_users",
        "This is the number of impressions. A user gives `views` of them: divide.",
    ),
    edit(
        "impressions * effect / views",
        "impressions",
        "independent_impressions",
        "This is the number of independent impressions, as in the published answer. "
        "Users give several, and theirs are alike.",
    ),
    edit(
        "math.ceil(impressions * effect / views)",
        "2 * math.ceil(impressions * effect / views)",
        "both_groups_together",
        "This is the number for both groups together. Asked are the users in *one* group.",
    ),
    edit(
        "impressions * effect / views",
        "2 * impressions * effect / views",
        "both_groups_rounded_at_the_end",
        "You double the number for one group, and then round up. Asked are the users in *one* group, not in the whole test.",
    ),
]
