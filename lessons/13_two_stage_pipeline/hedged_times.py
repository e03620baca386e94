"""A second call for the late ones."""

import numpy as np

from mlpipe.course.definition import edit

hints = (
    "Which requests are sent a second time? When does the answer to the second call arrive?",
    "The second call starts after `wait`. Its answer arrives at `wait` plus its own time; the earlier answer counts. "
    "A request that is answered by then has one call only.",
    "The smaller of `first` and `wait + second`: a request that is answered by `wait` keeps `first`. The calls for one "
    "request are 1, and 1 more for the share with `first > wait`.",
)
takeaway = (
    "Wait for the p95 and hedging costs 5 % more calls. Wait for nothing and it costs twice the calls. The wait is the "
    "dial, and it works only as long as the machines have room."
)


def draw(rng: np.random.Generator, number: int) -> tuple:
    n = (6, 50, 400)[number]
    first, second = rng.gamma(2.0, 5.0, size=(2, n)).round(2)
    wait = (10.0, 8.0, 15.0)[number]
    first[0], second[0] = wait, 0.5  # answered just at the wait: no second call
    first[1], second[1] = wait + 2, 5.0  # late, and the first answer comes first
    first[2], second[2] = wait + 50, 3.0  # late, and the second comes first
    first[3], second[3] = wait - 1, 0.1  # in time, though a second call would be faster
    order = rng.permutation(n)
    return first[order], second[order], wait


def hedged_times(first, second, wait):
    times = np.minimum(first, wait + second)
    calls = 1 + (first > wait).mean()
    return times, calls


def another(first, second, wait):
    times = list(first)
    late = [row for row in range(len(first)) if first[row] > wait]
    for row in late:
        times[row] = min(first[row], wait + second[row])
    return times, (len(first) + len(late)) / len(first)


mistakes = [
    edit(
        "np.minimum(first, wait + second)",
        "np.minimum(first, second)",
        "both_sent_at_once",
        "You take the faster of two calls that are sent at once. The second one is sent after `wait`, and for late "
        "requests only.",
        also=(("1 + (first > wait).mean()", "2.0"),),
    ),
    edit(
        "wait + second",
        "second",
        "forgets_the_wait",
        "The second call is sent after `wait`: its answer arrives at `wait` plus its own time.",
    ),
    edit(
        "np.minimum(first, wait + second)",
        "np.where(first > wait, wait + second, first)",
        "drops_the_first_call",
        "You wait for the second call even if the first is answered before it. The first call still runs: the earlier "
        "answer counts.",
    ),
    edit(
        "first > wait",
        "first >= wait",
        "calls_again_at_the_wait",
        "A call that is answered just at `wait` is not late: it is not sent again.",
    ),
    edit(
        "1 + (first > wait).mean()",
        "1.0",
        "counts_no_extra_calls",
        "The second calls are work as well. Add the share of requests that have one.",
    ),
    edit(
        "1 + (first > wait).mean()",
        "(first > wait).mean()",
        "only_the_extra_calls",
        "That is the number of second calls for one request. The first call counts, too.",
    ),
    edit(
        "1 + (first > wait).mean()",
        "len(first) + (first > wait).sum()",
        "calls_of_all_requests",
        "That is the number of calls for all requests. Asked is the number for one of them, on average.",
    ),
]
