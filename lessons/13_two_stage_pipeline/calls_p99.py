"""What each call needs."""

import numpy as np

from mlpipe.course.definition import edit

core = True
hints = (
    "If two calls are each in time with probability 0.99, how often are both? How many calls does the page make?",
    "With n independent calls, all are in time with probability p to the power of n. Solve for p. n counts the "
    "calls of all services.",
    "p is `quantile ** (1 / n)` with n the sum of `n_calls` and np.quantile(times, p, axis=1) gives one a service.",
)
takeaway = (
    "A hundred calls need their quantile 0.9999 for a p99 of the page: one slow call in ten thousand is felt. You need "
    "at least ten thousand measured calls to know it."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n_calls = ([2, 1], [3, 1, 5], [40, 2, 10, 8])[number]
    n = (6, 300, 2_000)[number]
    scale = np.array((4.0, 20.0, 1.0, 7.0))[: len(n_calls), None]
    return (scale * rng.gamma(2.0, size=(len(n_calls), n))).round(3), np.array(n_calls), (0.8, 0.9, 0.95)[number]


def calls_p99(times, n_calls, quantile):
    each = quantile ** (1 / n_calls.sum())
    return np.quantile(times, each, axis=1)


def another(times, n_calls, quantile):
    each = np.exp(np.log(quantile) / sum(n_calls))
    return [np.quantile(one, each) for one in times]


mistakes = [
    edit(
        "quantile ** (1 / n_calls.sum())",
        "quantile",
        "the_quantile_itself",
        "Each call is in time with probability `quantile`; all of them together much less often. The page waits for "
        "the slowest.",
    ),
    edit(
        "quantile ** (1 / n_calls.sum())",
        "quantile ** n_calls.sum()",
        "power_the_wrong_way",
        "`quantile` to the power of n is how often all are in time if each has `quantile`. You want it the other way "
        "round: the p whose n-th power is `quantile`.",
    ),
    edit(
        "quantile ** (1 / n_calls.sum())",
        "1 - (1 - quantile) / n_calls.sum()",
        "shares_the_misses",
        "Dividing the misses by n is Bonferroni's bound: near, but a bit too strict for independent calls. Take the root.",
    ),
    edit(
        "quantile ** (1 / n_calls.sum())",
        "quantile ** (1 / len(n_calls))",
        "counts_services",
        "You count the services. The page waits for every call, and a service is called several times.",
    ),
    edit(
        "np.quantile(times, each, axis=1)",
        "np.array([np.quantile(one, quantile ** (1 / n)) for one, n in zip(times, n_calls, strict=True)])",
        "each_service_alone",
        "Each service's own calls would be in time with probability `quantile`. The page waits for all services "
        "together: the root is of all calls.",
    ),
    edit(
        "np.quantile(times, each, axis=1)",
        "np.array([np.quantile(one, quantile ** (1 / len(times) / n)) for one, n in zip(times, n_calls, strict=True)])",
        "equal_share_a_service",
        "You give each *service* the same share of the misses; each *call* is to have the same.",
    ),
    edit(
        "np.quantile(times, each, axis=1)",
        "np.full(len(times), np.quantile(times, each))",
        "one_deadline_for_all",
        "You pool the times of all services. A fast service and a slow one need deadlines of their own.",
    ),
    edit(
        "np.quantile(times, each, axis=1)",
        "n_calls * np.quantile(times, quantile, axis=1)",
        "adds_the_calls_up",
        "You add the quantiles of the calls up. They run at once: the page takes as long as the slowest, not as "
        "long as their sum.",
    ),
]
