"""Why the slowest decides, and what helps: calls in parallel, a second call for a late one, a queue that refuses."""

from __future__ import annotations

import numpy as np
from numpy.typing import ArrayLike

from mlpipe.arguments import amounts, fraction, positive, same_length, whole_number


def needed_quantile(n_calls: int, quantile: float = 0.99) -> float:
    """The quantile that each of n independent calls must reach, so that the slowest of them reaches `quantile`.

    All n are within t with probability F(t)^n, where F is the distribution of one call: F(t) = quantile^(1 / n).

    Parameters
    ----------
    n_calls : made at once, 1 or more
    quantile : of the slowest one, between 0 and 1

    Returns
    -------
    float between 0 and 1

    Raises
    ------
    ValueError
        For an argument out of its range.

    References
    ----------
    Dean and Barroso 2013, The tail at scale, doi:10.1145/2408776.2408794.

    Examples
    --------
    >>> round(needed_quantile(100), 6)
    0.9999
    """
    return fraction("quantile", quantile, example="0.99") ** (1 / whole_number("n_calls", n_calls))


def quantile_of_slowest(times: ArrayLike, n_calls: int, quantile: float = 0.99) -> float:
    """A quantile of the time of the slowest of n independent calls, from the times of single ones.

    Parameters
    ----------
    times : (n,) of single calls, in any unit, 0 or more
        At least n_calls / (1 - quantile) of them: the quantile that is asked of one call is far out.
    n_calls, quantile : as in `needed_quantile`

    Returns
    -------
    time, in the unit of `times`

    Raises
    ------
    ValueError
        On too few times, negative or missing ones, and an argument out of its range.

    References
    ----------
    As `needed_quantile`.

    Examples
    --------
    >>> times = np.r_[np.full(9_900, 5.0), np.full(100, 60.0)]  # one call in a hundred is slow
    >>> quantile_of_slowest(times, n_calls=1, quantile=0.98), quantile_of_slowest(times, n_calls=100, quantile=0.98)
    (5.0, 60.0)
    """
    found, needed = amounts("times", times), needed_quantile(n_calls, quantile)
    least = int(np.ceil(round(n_calls / (1 - quantile), 6)))
    if len(found) < least:
        raise ValueError(
            f"times holds {len(found):,} values; expected {least:,} or more to know their {needed:.6g} quantile: "
            "measure more calls, or ask for fewer calls or a lower quantile"
        )
    return float(np.quantile(found, needed))


def hedged(first: ArrayLike, second: ArrayLike, wait: float) -> tuple[np.ndarray, np.ndarray]:
    """Times of calls that are sent once more, elsewhere, when no answer has come after `wait`; the first answer counts.

    Parameters
    ----------
    first, second : (n,) time of each call, and of its second one from when that is sent; 0 or more, in one unit
    wait : before the second call, in that unit, 0 or more

    Returns
    -------
    times : (n,) from the first call to the first answer
    sent : (n,) whether there was a second call: its mean is the extra load

    Raises
    ------
    ValueError
        On arrays of different lengths, negative or missing times.

    References
    ----------
    Dean and Barroso 2013, The tail at scale, doi:10.1145/2408776.2408794.

    Examples
    --------
    >>> hedged([5, 60], [5, 7], wait=10)
    (array([ 5., 17.]), array([False,  True]))
    """
    one, other = amounts("first", first), amounts("second", second)
    same_length("first", one, "second", other, "draw a second time for each call, sent or not")
    wait = positive("wait", wait, zero=True)
    return np.minimum(one, wait + other), one > wait  # who is answered by `wait` keeps that


def queue_times(arrivals: ArrayLike, services: ArrayLike, limit: float | None = None) -> np.ndarray:
    """Times from arrival to answer at one server that takes requests in order, and refuses those that would wait long.

    A request begins when it has come and the one before it is done. Where the wait until then would be longer than
    `limit` it is refused at once, and costs the server nothing (load shedding).

    Parameters
    ----------
    arrivals : (n,) times, ascending, 0 or more
    services : (n,) how long the server works on each, in the same unit, 0 or more
    limit : longest wait, 0 or more; None: nobody is refused

    Returns
    -------
    (n,) floats, wait and service together; inf for a refused request

    Raises
    ------
    ValueError
        On arrays of different lengths, negative or missing times, and arrivals that are not in order.

    References
    ----------
    Lindley 1952, The theory of queues with a single server: the recursion of waits.

    Examples
    --------
    >>> queue_times([0, 1, 2], [5, 5, 5])
    array([ 5.,  9., 13.])
    >>> queue_times([0, 1, 2], [5, 5, 5], limit=5)
    array([ 5.,  9., inf])
    """
    came, work = amounts("arrivals", arrivals), amounts("services", services)
    same_length("arrivals", came, "services", work, "one service a request")
    if (np.diff(came) < 0).any():
        late = int(np.argmax(np.diff(came) < 0)) + 1
        raise ValueError(
            f"arrivals falls from {came[late - 1]} to {came[late]} at request {late}; expected ascending "
            "times: sort them"
        )
    longest = np.inf if limit is None else positive("limit", limit, zero=True)
    times, free = [], 0.0
    for arrival, service in zip(came.tolist(), work.tolist(), strict=True):
        begin = max(arrival, free)
        if begin - arrival > longest:
            times.append(np.inf)
        else:
            free = begin + service
            times.append(free - arrival)
    return np.array(times)
