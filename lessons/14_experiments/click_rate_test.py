"""A click rate by user."""

import numpy as np

from mlpipe.course.definition import edit, wrong

core = True
hints = (
    "What did the coin assign, rows or users? Of that there must be one number each before anything is squared.",
    "For each user: clicks and rows. The rate of an arm is all of its clicks over all of its rows. How far is each "
    "user's number of clicks from what the rate promises for that many rows?",
    "`np.unique(user, return_inverse=True)` numbers the users, `np.bincount` adds up by number. With `d = y - r * n` "
    "an arm's variance is the sum of the squares of `d` over the square of the sum of `n`.",
)
takeaway = (
    "Clicks and rows of a user go up and down together. `y - r n` takes that into account, which is why it is not "
    "enough to know how much each of them varies."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_users, n_rows = ((7, 18), (40, 300), (150, 1500))[number]
    while True:
        busy, rate = rng.lognormal(0, 1, n_users), rng.beta(2, 3, n_users)
        busy[:2] *= 4  # busy users whose rate is unlike the others'
        rate[:2] = rng.permutation([0.15, 0.8])
        names = rng.permutation(900)[:n_users] + 100
        in_treatment = rng.random(n_users) < 0.4
        who = np.r_[np.arange(n_users), rng.choice(n_users, n_rows - n_users, p=busy / busy.sum())]
        who = rng.permutation(who)
        clicked = (rng.random(n_rows) < rate[who]).astype(int)
        clicks = np.bincount(who, clicked)
        arms = [clicks[in_treatment == one] for one in (False, True)]
        treated = in_treatment[who]
        if min(map(len, arms)) > 2 and min(arm.sum() for arm in arms) > 1 and len(arms[0]) != len(arms[1]):
            right = click_rate_test(clicked, names[who], treated)
            answers = [one(clicked, names[who], treated) for one in (_rows, mean_of_rates, without_covariance)]
            if all(abs(one[1] / right[1] - 1) > 0.02 for one in answers):
                return clicked, names[who], treated


def _rows(clicked, user, treated):
    rates = [clicked[treated == one].mean() for one in (False, True)]
    return rates[1] - rates[0], np.sqrt(sum(r * (1 - r) / (treated == a).sum() for a, r in enumerate(rates)))


def click_rate_test(clicked, user, treated):
    rates, variances = [], []
    for arm in (False, True):
        rows = treated == arm
        _, of_row = np.unique(user[rows], return_inverse=True)
        y, n = np.bincount(of_row, clicked[rows]), np.bincount(of_row)
        r = y.sum() / n.sum()
        rates.append(r)
        variances.append(np.sum((y - r * n) ** 2) / n.sum() ** 2)
    return rates[1] - rates[0], np.sqrt(variances[0] + variances[1])


def another(clicked, user, treated):
    totals: dict = {}
    for click, name, arm in zip(clicked, user, treated):
        y, n, _ = totals.get(name, (0, 0, arm))
        totals[name] = (y + click, n + 1, arm)
    found = {}
    for which in (False, True):
        users = [(y, n) for y, n, arm in totals.values() if arm == which]
        shown = sum(n for _, n in users)
        rate = sum(y for y, _ in users) / shown
        found[which] = rate, sum((y - rate * n) ** 2 for y, n in users) / shown**2
    return found[True][0] - found[False][0], (found[True][1] + found[False][1]) ** 0.5


def mean_of_rates(clicked, user, treated):
    means, variances = [], []
    for arm in (False, True):
        rows = treated == arm
        _, of_row = np.unique(user[rows], return_inverse=True)
        rate = np.bincount(of_row, clicked[rows]) / np.bincount(of_row)
        means.append(rate.mean())
        variances.append(rate.var() / len(rate))
    return means[1] - means[0], np.sqrt(sum(variances))


def without_covariance(clicked, user, treated):
    rates, variances = [], []
    for arm in (False, True):
        rows = treated == arm
        _, of_row = np.unique(user[rows], return_inverse=True)
        y, n = np.bincount(of_row, clicked[rows]), np.bincount(of_row)
        r = y.sum() / n.sum()
        rates.append(r)
        variances.append((y.var() + r**2 * n.var()) * len(n) / n.sum() ** 2)
    return rates[1] - rates[0], np.sqrt(sum(variances))


def variance_of_users_rates(clicked, user, treated):
    difference, _ = click_rate_test(clicked, user, treated)
    return difference, mean_of_rates(clicked, user, treated)[1]


equivalent = {"for which in (True, False):": "the order of the arms does not matter"}
mistakes = [
    edit(
        "np.unique(user[rows], return_inverse=True)",
        "None, np.arange(rows.sum())",
        "rows_are_the_units",
        "Your unit is the row. Rows of one user are alike, so there is less news in them than you count, and the error "
        "comes out too small. Add up by user first.",
    ),
    wrong(
        mean_of_rates,
        "You average the rates of users: someone with one row weighs as much as someone with a hundred. That is "
        "another metric. The click rate is all clicks over all rows.",
    ),
    wrong(
        without_covariance,
        "You add the variances of clicks and of rows as if they were independent. Who sees more also clicks more: take "
        "`y - r * n` for each user and square that.",
    ),
    wrong(
        variance_of_users_rates,
        "The difference is right. But your error is that of the mean of the users' rates, another metric.",
    ),
    edit(
        "(y - r * n) ** 2",
        "(y - y.mean()) ** 2",
        "spread_of_the_clicks",
        "You square how far each user's clicks are from the mean clicks. A busy user is far from it at any rate: "
        "compare with `r * n`, the clicks that the rate promises.",
    ),
    edit(
        "n.sum() ** 2",
        "len(n) ** 2",
        "error_of_clicks_a_user",
        "You divide by the number of users: that is the error of clicks a user. The rate's is per row: divide by the "
        "square of all rows of the arm.",
    ),
    edit(
        "np.sum((y - r * n) ** 2)",
        "len(n) / (len(n) - 1) * np.sum((y - r * n) ** 2)",
        "divides_by_one_less",
        "You divide by the number of users less one, as `ratio_test` does. The formula of this lesson is the one for many "
        "users: it divides by their number.",
    ),
    edit(
        "np.sqrt(variances[0] + variances[1])",
        "variances[0] + variances[1]",
        "variance_not_error",
        "That is the variance of the difference. Its square root is asked for.",
    ),
]
