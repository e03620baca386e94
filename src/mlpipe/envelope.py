"""Back-of-envelope calculators for a design: load, storage, memory, network, size of an A/B test, hash collisions.

Every argument is checked: a negative, missing or impossible one is a ValueError that names it.
"""

import math

from mlpipe.arguments import fraction, number, positive
from mlpipe.experiments import users_needed

SECONDS_PER_DAY = 86_400


def queries_per_second(daily_users: float, requests_per_user: float, peak_factor: float = 1.0) -> float:
    """Requests a second: users a day x requests a user and day, spread over the day, x peak over mean load.

    Parameters
    ----------
    daily_users : users a day, above 0
    requests_per_user : requests a user and day, above 0
    peak_factor : peak load over mean load, 1 or more

    Returns
    -------
    requests a second (1/s)

    Raises
    ------
    ValueError
        For an argument outside its range.

    Examples
    --------
    >>> human(queries_per_second(daily_users=100e6, requests_per_user=10), "/s")
    '11.6 k/s'
    """
    peak = number("peak_factor", peak_factor, 1, so="1 or more: give peak load over mean load, such as 3")
    requests_per_day = positive("daily_users", daily_users) * positive("requests_per_user", requests_per_user)
    return requests_per_day / SECONDS_PER_DAY * peak


def embedding_bytes(n_ids: float, dimension: float, bytes_per_number: float = 4) -> float:
    """Memory of an embedding table: ids x dimension x bytes a number.

    Parameters
    ----------
    n_ids, dimension : rows and columns of the table, above 0
    bytes_per_number : float32 4, float16 2, int8 1; above 0

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        For an argument that is not positive.

    Examples
    --------
    >>> human(embedding_bytes(n_ids=100e6, dimension=64), "B")
    '25.6 GB'
    """
    numbers = positive("n_ids", n_ids) * positive("dimension", dimension)
    return numbers * positive("bytes_per_number", bytes_per_number)


def log_bytes_per_day(events_per_day: float, bytes_per_event: float) -> float:
    """Size of a log before compression and copies: events a day x bytes an event.

    Parameters
    ----------
    events_per_day, bytes_per_event : above 0

    Returns
    -------
    bytes a day

    Raises
    ------
    ValueError
        For an argument that is not positive.

    Examples
    --------
    >>> human(log_bytes_per_day(events_per_day=1e9, bytes_per_event=500), "B/day")
    '500 GB/day'
    """
    return positive("events_per_day", events_per_day) * positive("bytes_per_event", bytes_per_event)


def brute_force_seconds(
    n_items: float, dimension: float, bytes_per_number: float = 4, bytes_per_second: float = 20e9
) -> float:
    """Time to score all items for one request: bytes of the item vectors over bytes a second from memory.

    Reading, not arithmetic, is the limit, because each number is read once and used once.

    Parameters
    ----------
    n_items, dimension, bytes_per_number : as in `embedding_bytes`
    bytes_per_second : read from memory, above 0; 20 GB/s is about one memory channel

    Returns
    -------
    seconds

    Raises
    ------
    ValueError
        For an argument that is not positive.

    Examples
    --------
    >>> human(brute_force_seconds(n_items=10e6, dimension=64), "s")
    '128 ms'
    """
    table = embedding_bytes(positive("n_items", n_items), dimension, bytes_per_number)
    return table / positive("bytes_per_second", bytes_per_second)


def ab_sample_size(base_rate: float, relative_lift: float, power: float = 0.8, alpha: float = 0.05) -> int:
    """Independent units in each of two groups that detect a relative lift of a rate.

    Two-sided test at level alpha, normal approximation, unpooled variances, rounded up; with p1 the base rate and
    p2 = p1 (1 + lift):

        n = (z[1 - alpha/2] + z[power])^2 (p1 (1 - p1) + p2 (1 - p2)) / (p2 - p1)^2

    Units of one user are not independent: then more are needed.

    Parameters
    ----------
    base_rate : rate of the control group, between 0 and 1
    relative_lift : 0.02 is +2 %, negative a drop; not 0, and the lifted rate is between 0 and 1
    power : chance of finding the lift, above `alpha` and below 1
    alpha : chance of a false alarm, between 0 and 1

    Returns
    -------
    units a group

    Raises
    ------
    ValueError
        For an argument outside its range.

    References
    ----------
    Chow, Shao and Wang, Sample Size Calculations in Clinical Research, chapter 4 (two proportions, equality).

    Examples
    --------
    >>> human(ab_sample_size(base_rate=0.01, relative_lift=0.02))
    '3.92 M'
    """
    p1 = fraction("base_rate", base_rate)
    lift = number("relative_lift", relative_lift)
    p2 = p1 * (1 + lift)
    if p2 == p1 or not 0 < p2 < 1:
        raise ValueError(
            f"relative_lift is {relative_lift!r}, which takes base_rate {base_rate} to {p2:g}; expected another rate "
            "between 0 and 1: give the lift as a fraction of the base rate, such as 0.02 for +2 %"
        )
    return users_needed((p1 * (1 - p1) + p2 * (1 - p2)) / 2, p2 - p1, power, alpha)


def hash_collision_rate(n_keys: float, n_buckets: float) -> float:
    """Expected share of keys that share their bucket with another key, when each key gets a random bucket.

    Exact: 1 - (1 - 1/n_buckets)^(n_keys - 1), the chance that one of the other keys falls into the bucket of a key.

    Parameters
    ----------
    n_keys, n_buckets : whole numbers, 1 or more

    Returns
    -------
    share, 0 to 1

    Raises
    ------
    ValueError
        For a count that is not a whole number of at least 1.

    Examples
    --------
    >>> f"{hash_collision_rate(n_keys=1_000_000, n_buckets=2**20):.1%}"
    '61.5%'
    """
    keys, buckets = _count("n_keys", n_keys), _count("n_buckets", n_buckets)
    if keys == 1 or buckets == 1:
        return float(keys > 1)
    # 1 - 1/n_buckets rounds to 1 for many buckets; log1p and expm1 keep the small difference.
    return -math.expm1((keys - 1) * math.log1p(-1 / buckets))


def shuffle_bytes(n_rows: float, bytes_per_row: float, n_machines: float) -> float:
    """Bytes that cross the network when rows go to the machine of their key: rows x bytes x (1 - 1 / machines).

    One row in `n_machines` is where it belongs by luck.

    Parameters
    ----------
    n_rows, bytes_per_row : above 0; only the columns that the step needs
    n_machines : a whole number, 1 or more

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        For an argument outside its range.

    Examples
    --------
    >>> human(shuffle_bytes(n_rows=1e9, bytes_per_row=24, n_machines=20), "B")
    '22.8 GB'
    """
    sent = positive("n_rows", n_rows) * positive("bytes_per_row", bytes_per_row)
    return sent * (1 - 1 / _count("n_machines", n_machines))


def broadcast_bytes(table_bytes: float, n_machines: float) -> float:
    """Bytes that cross the network when each machine gets a copy of a table: bytes x machines.

    Parameters
    ----------
    table_bytes : above 0
    n_machines : a whole number, 1 or more

    Returns
    -------
    bytes

    Raises
    ------
    ValueError
        For an argument outside its range.

    Examples
    --------
    >>> human(broadcast_bytes(table_bytes=240e3, n_machines=20), "B")
    '4.8 MB'
    """
    return positive("table_bytes", table_bytes) * _count("n_machines", n_machines)


def stage_seconds(work_seconds: float, n_machines: float, busiest: float = 1.0) -> float:
    """Time of a step that is cut by key: work / machines x load of the busiest one, which ends last.

    Parameters
    ----------
    work_seconds : on one machine, above 0
    n_machines : a whole number, 1 or more
    busiest : rows of the busiest machine over the fair share, 1 to `n_machines`

    Returns
    -------
    seconds

    Raises
    ------
    ValueError
        For an argument outside its range.

    Examples
    --------
    >>> human(stage_seconds(work_seconds=3600, n_machines=20, busiest=10), "s")
    '1.8 ks'
    """
    machines = _count("n_machines", n_machines)
    load = number("busiest", busiest, 1, machines, so=f"1 (all alike) to {machines:g} (one has all), such as 1.3")
    return positive("work_seconds", work_seconds) / machines * load


def checkpoint_seconds(write_seconds: float, seconds_between_failures: float) -> float:
    """Work between two checkpoints that loses least time: sqrt(2 x writing one x time between failures).

    Parameters
    ----------
    write_seconds : to write a checkpoint, above 0, and much less than the time between failures
    seconds_between_failures : of the whole cluster: that of one machine over the number of machines; above 0

    Returns
    -------
    seconds

    Raises
    ------
    ValueError
        For an argument that is not positive.

    References
    ----------
    Young 1974, A first order approximation to the optimum checkpoint interval, doi:10.1145/361147.361115.

    Examples
    --------
    >>> human(checkpoint_seconds(write_seconds=30, seconds_between_failures=24 * 3600), "s")
    '2.28 ks'
    """
    return math.sqrt(
        2 * positive("write_seconds", write_seconds) * positive("seconds_between_failures", seconds_between_failures)
    )


def human(value: float, unit: str = "") -> str:
    """Three significant digits, an SI prefix (k = 1,000, M = 10^6, G = 10^9, m = 1/1,000) and the unit's symbol.

    Parameters
    ----------
    value : finite number
    unit : its symbol, such as "B"

    Returns
    -------
    such as "25.6 GB"

    Raises
    ------
    ValueError
        For a value that is not a finite number.

    Examples
    --------
    >>> human(25_600_000_000, "B"), human(0.128, "s"), human(3_920_000)
    ('25.6 GB', '128 ms', '3.92 M')
    """
    # Round first: 999,600 is 1 M, not 1,000 k.
    mantissa, exponent = f"{number('value', value):.2e}".split("e")
    thousands = min(max(int(exponent) // 3, -4), 8)
    scaled = float(f"{mantissa}e{int(exponent) - 3 * thousands}")
    prefix = ["p", "n", "µ", "m", "", "k", "M", "G", "T", "P", "E", "Z", "Y"][thousands + 4]
    return f"{scaled:g} {prefix}{unit}".rstrip()


def _count(name: str, value: float) -> float:
    number = positive(name, value)
    if number < 1 or number % 1:
        raise ValueError(f"{name} is {value!r}; expected a whole number of at least 1, such as 2**20")
    return number
