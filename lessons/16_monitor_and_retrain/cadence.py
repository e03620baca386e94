"""How often to retrain."""

import numpy as np

from mlpipe.course.definition import edit, wrong

hints = (
    "If you retrain every third day, how old is the model on each of the three days? What do they lose, and what does "
    "the training cost, for one day on average?",
    "With a period of k days the ages 0 to k - 1 come in turn. The cost of a day is the sum of their losses and one fit, "
    "over k.",
    "`np.cumsum(lost)` has the sum for each period; add `price` and divide by 1, 2, 3, ... days. The best period is one "
    "more than the place of the smallest.",
)
takeaway = (
    "Daily retraining pays if a fit costs less than what it saves, in the same money. Where fits are cheap, the limit is "
    "something else: the checks that each new model needs."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n, price = ((4, 6.0), (10, 400.0), (40, 0.5))[number]  # then the longest period is best, then the shortest
    lost = (1 + np.cumsum(rng.gamma(2.0, size=n))).round(2)
    if number == 0:  # by luck the second day is the best one
        lost = lost[[1, 0, 2, 3]] + [1, 0, 0, 0]
    if number == 2:
        lost[0] = 0.2
    return lost, price


def cadence(lost, price):
    days = np.arange(1, len(lost) + 1)
    costs = (np.cumsum(lost) + price) / days
    best = np.argmin(costs)
    return days[best], costs[best]


def another(lost, price):
    costs = {days: np.mean(lost[:days]) + price / days for days in range(1, len(lost) + 1)}
    best = min(costs, key=lambda days: costs[days])
    return best, costs[best]


def mean_over_all(lost, price):
    costs = np.mean(lost) + price / np.arange(1, len(lost) + 1)
    return int(np.argmin(costs)) + 1, costs.min()


mistakes = [
    edit(
        "np.cumsum(lost) + price) / days",
        "lost * days + price) / days",
        "oldest_day_for_all",
        "You take every day of the period for as old as its last one. The ages 0 to k - 1 come in turn: add up what each "
        "of them loses.",
    ),
    edit(
        "(np.cumsum(lost) + price) / days",
        "np.cumsum(lost) + price",
        "cost_of_a_period",
        "That is the cost of a whole period. Periods of different length are compared by their cost for a day.",
    ),
    edit(
        "np.cumsum(lost) + price) / days",
        "np.cumsum(lost)) / days + price",
        "a_fit_every_day",
        "You pay for a fit every day, whatever the period. One fit is made in a period: share its price among the days.",
    ),
    edit(
        "days[best], costs[best]",
        "best, costs[best]",
        "age_instead_of_period",
        "You return the place in the list, which is the greatest age. A period of k days has the ages 0 to k - 1: it is "
        "one more.",
    ),
    edit(
        "np.cumsum(lost) + price) / days",
        "np.cumsum(lost) - lost + price) / days",
        "last_day_left_out",
        "You leave out the loss of the period's last day. With a period of k days the ages are 0 to k - 1.",
    ),
    wrong(
        mean_over_all,
        "You take the mean of the whole curve for every period. A shorter period never reaches the greater ages: average "
        "over its own days.",
    ),
]
