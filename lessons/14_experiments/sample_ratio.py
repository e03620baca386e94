"""Who is missing?"""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "The coin assigned users. How often does each of them stand in the log?",
    "Count each user once, in the arm where they are; an arm that nobody is in has 0. All users together, times the "
    "planned share, is what each arm should have.",
    "`np.unique(user, return_index=True)` finds one row a user, `np.bincount(..., minlength=len(shares))` counts the "
    "arms. Sum `(found - planned) ** 2 / planned`.",
)
takeaway = (
    "Above 10.8 with two arms, p is below .001: stop and look for the users before you read any metric. Below it, all "
    "you know is that the numbers fit."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_users, n_arms = ((7, 2), (60, 4), (500, 3))[number]
    shares = rng.permutation((np.array([0.3, 0.7]), np.array([0.4, 0.3, 0.2, 0.1]), np.array([0.5, 0.3, 0.2]))[number])
    names = rng.permutation(5000)[:n_users]
    arms = rng.choice(n_arms, n_users, p=shares)
    if number == 1:
        arms[arms == 3] = 0  # an arm without rows
    if number == 0:
        arms[:3] = (0, 1, 1)
    rows = np.r_[np.arange(n_users), rng.choice(n_users, 2 * n_users, p=rng.dirichlet(np.full(n_users, 0.4)))]
    rows = rng.permutation(rows)
    return names[rows], arms[rows], shares


def sample_ratio(user, arm, shares):
    _, first = np.unique(user, return_index=True)
    found = np.bincount(arm[first], minlength=len(shares))
    planned = found.sum() * shares
    return ((found - planned) ** 2 / planned).sum()


def another(user, arm, shares):
    arms = dict(zip(user, arm))
    total = 0.0
    for which, share in enumerate(shares):
        expected = len(arms) * share
        total += (sum(one == which for one in arms.values()) - expected) ** 2 / expected
    return total


mistakes = [
    edit(
        "arm[first]",
        "arm",
        "counts_rows",
        "You count rows. A busy user stands in the log many times, but the coin was thrown once: count each user once.",
    ),
    edit(
        "found.sum() * shares",
        "found.sum() / len(shares) * np.ones(len(shares))",
        "equal_arms",
        "You expect arms of equal size. The plan says otherwise: take `shares`.",
    ),
    edit(
        "(found - planned) ** 2 / planned",
        "(found - planned) ** 2 / np.maximum(found, 1)",
        "over_the_found",
        "You divide by what was found. The variance is that of the plan: divide by `planned`.",
    ),
    edit(
        "(found - planned) ** 2 / planned",
        "((found - planned) / planned) ** 2",
        "relative_gaps",
        "You add up squared relative gaps. Then a hundred users and a million give the same number, though only the "
        "million would prove anything: divide the squared gap by `planned` once.",
    ),
    edit(
        "((found - planned) ** 2 / planned).sum()",
        "((found / found.sum() - shares) ** 2 / shares).sum()",
        "shares_not_numbers",
        "You compare shares, so the number of users is lost. The test is on numbers of users.",
    ),
    edit(
        "(found - planned) ** 2 / planned",
        "np.abs(found - planned) / planned",
        "gaps_not_squared",
        "You add up the gaps as they are. The chi-squared statistic squares them.",
    ),
]
