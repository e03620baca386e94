"""Features of a click log: hashed ids, target means and counters that know only the past."""

from __future__ import annotations

import bisect
import datetime
from collections.abc import Hashable, Sequence
from typing import Any, Literal

import numpy as np
import pandas as pd
import scipy.sparse as sp
from numpy.typing import ArrayLike

from mlpipe import arguments

_MISSING = np.uint64(0x9E3779B97F4A7C15)  # an arbitrary value that no id of a log has


def hash_integers(values: ArrayLike, n_buckets: int, seed: int = 0) -> np.ndarray:
    """Bucket of each integer: near ids land far apart, another seed gives an independent hash.

    With n keys in b buckets, a key shares its bucket with another one with probability 1 - (1 - 1/b)^(n-1).

    Parameters
    ----------
    values : integers of any shape and integer dtype; the same number hashes the same in each
    n_buckets : 1 or more
    seed : any integer

    Returns
    -------
    int64 of the shape of `values`, 0 to n_buckets - 1

    Raises
    ------
    ValueError
        On values that are not integers (a float with NaN was an id once) and on n_buckets below 1.

    References
    ----------
    Steele, Lea and Flood 2014, Fast splittable pseudorandom number generators: the finaliser of splitmix64.

    Examples
    --------
    >>> hash_integers([1, 2, 3, -1], n_buckets=1000).tolist()
    [430, 857, 529, 696]
    """
    array = arguments.array("values", values)
    if not (np.issubdtype(array.dtype, np.integer) or array.dtype == bool):
        raise ValueError(f"values are {array.dtype}; expected integers: for ids with missing values use hash_columns")
    arguments.whole_number("n_buckets", n_buckets, 1, 2**63 - 1)
    return _bucket(_mix(array.astype(np.uint64).ravel() ^ _seed(seed)), n_buckets).reshape(array.shape)


def hash_columns(
    frame: pd.DataFrame,
    columns: Sequence[str],
    n_buckets: int,
    crosses: Sequence[Sequence[str]] = (),
    seed: int = 0,
) -> np.ndarray:
    """Bucket of each field of each row; a cross of columns is one more field.

    The hash depends on the name of the field and on the value, nothing else. So id 7 of two fields gives two buckets,
    and a value hashes the same tomorrow, in another batch, whatever the dtype (int, nullable, whole float, object),
    the order of the rows or the codes of a categorical. The number 7 and the text "7" are different values. A missing
    value is a value of its own.

    Parameters
    ----------
    frame : raw columns of integers, whole floats, bools, strings or categoricals of these
    columns : names, one field each
    n_buckets : 1 or more, shared by all fields
    crosses : tuples of column names, one field each
    seed : any integer

    Returns
    -------
    ints (n_rows, n_columns + n_crosses), 0 to n_buckets - 1, columns first

    Raises
    ------
    ValueError
        On absent or repeated fields and on columns that hold fractions, dates or mixed types.

    References
    ----------
    Weinberger et al. 2009, Feature hashing for large scale multitask learning; here without the random sign: collisions
    are few where buckets outnumber the values.

    Examples
    --------
    >>> log = pd.DataFrame({"ad": [7, 8], "site": [7, 7]})
    >>> hash_columns(log, ["ad", "site"], 1000, crosses=[("ad", "site")]).tolist()
    [[151, 481, 415], [984, 481, 361]]
    """
    fields: list[tuple[str, ...]] = [(name,) for name in arguments.column_names("columns", columns)]
    fields += [tuple(arguments.column_names("a cross", cross)) for cross in crosses]
    if len(set(fields)) < len(fields) or not fields:
        raise ValueError(f"columns and crosses name the fields {fields}; expected at least one, and each only once")
    values: dict[str, np.ndarray] = {}
    for name in dict.fromkeys(name for field in fields for name in field):
        values[name] = _fingerprint(arguments.column(frame, name))
    arguments.whole_number("n_buckets", n_buckets, 1, 2**63 - 1)
    buckets = np.empty((len(frame), len(fields)), dtype=np.int32 if n_buckets <= 2**31 else np.int64)
    for i, field in enumerate(fields):
        hashed = _mix(pd.util.hash_array(np.array(["\x1f".join(field)], dtype=object)) ^ _seed(seed))
        for name in field:
            hashed = _mix(hashed ^ values[name])
        buckets[:, i] = _bucket(hashed, n_buckets)
    return buckets


def hashed_design(
    frame: pd.DataFrame,
    columns: Sequence[str],
    n_buckets: int,
    crosses: Sequence[Sequence[str]] = (),
    seed: int = 0,
) -> sp.csr_matrix:
    """The one-hot design matrix of `hash_columns`, for linear models: row i has a one in the bucket of each field.

    Where two fields of a row meet in a bucket, it holds 2. Nothing is fitted: serving needs only the arguments.

    Parameters
    ----------
    frame, columns, n_buckets, crosses, seed : as in `hash_columns`

    Returns
    -------
    CSR float32 (n_rows, n_buckets), indices sorted

    Raises
    ------
    ValueError
        As `hash_columns`.

    Examples
    --------
    >>> hashed_design(pd.DataFrame({"ad": [7, 8], "site": [7, 7]}), ["ad", "site"], 1000).sum(axis=1).ravel().tolist()
    [[2.0, 2.0]]
    """
    buckets = np.sort(hash_columns(frame, columns, n_buckets, crosses, seed), axis=1)
    n_rows, n_fields = buckets.shape
    starts = np.arange(n_rows + 1, dtype=np.int64) * n_fields
    ones = np.ones(buckets.size, dtype=np.float32)
    design = sp.csr_matrix((ones, buckets.ravel(), starts), shape=(n_rows, n_buckets))
    design.sum_duplicates()
    return design


def smoothed_rate(
    successes: ArrayLike, trials: ArrayLike, prior_rate: ArrayLike, prior_strength: ArrayLike
) -> np.ndarray:
    """Success rate pulled towards a prior.

        rate = (successes + prior_strength prior_rate) / (trials + prior_strength)

    The mean of a Beta distribution that starts as `prior_strength` imaginary trials at `prior_rate`; without trials
    it is the prior.

    Parameters
    ----------
    successes, trials : counts, 0 <= successes <= trials; like the others of one shape or broadcast to one
    prior_rate : 0 to 1
    prior_strength : imaginary trials, 0 or more

    Returns
    -------
    floats of that shape, 0 to 1

    Raises
    ------
    ValueError
        On negative or missing numbers, more successes than trials, and a prior rate outside 0..1.

    References
    ----------
    Gelman et al., Bayesian Data Analysis, section 2.4.

    Examples
    --------
    >>> smoothed_rate(successes=[1, 0], trials=[1, 0], prior_rate=0.03, prior_strength=99)
    array([0.0397, 0.03  ])
    """
    given = {"successes": successes, "trials": trials, "prior_rate": prior_rate, "prior_strength": prior_strength}
    s, n, rate, strength = checked = [arguments.numbers(name, values) for name, values in given.items()]
    try:
        np.broadcast_shapes(*(values.shape for values in checked))
    except ValueError as error:
        shapes = ", ".join(f"{name} {values.shape}" for name, values in zip(given, checked, strict=True))
        raise ValueError(f"shapes are {shapes}; expected one, or single numbers: count over the same rows") from error
    each, fine = np.broadcast_arrays(s, (s >= 0) & (s <= n) & np.isfinite(n))
    arguments.inside("successes", each, fine, "0 <= successes <= trials, finite, both counted over the same rows")
    arguments.inside("prior_rate", rate, (rate >= 0) & (rate <= 1), "rates from 0 to 1")
    arguments.inside("prior_strength", strength, (strength >= 0) & np.isfinite(strength), "trials, 0 or more, finite")
    weight = n + strength
    return np.where(weight > 0, (s + strength * rate) / np.where(weight > 0, weight, 1), rate)


def target_mean(
    keys: ArrayLike, y: ArrayLike, new_keys: ArrayLike | None = None, *, prior_strength: float = 20.0
) -> np.ndarray:
    """Smoothed click rate of each row's key, learned from `keys` and `y`.

    With `new_keys` (later rows) this is sound. Without, each row is encoded with its own label in the sum: the
    in-sample target mean, which a model trusts far too much. To train on, use `out_of_fold_target_mean` or `past_rate`.

    Parameters
    ----------
    keys : (n,) ids, a missing one is a key of its own
    y : (n,) labels, 0 / 1 or bool
    new_keys : (m,) ids to look the rates up for; None for `keys` themselves
    prior_strength : imaginary trials at the mean of `y`, 0 or more

    Returns
    -------
    (m,) floats, 0 to 1; the mean of `y` for a key never seen

    Raises
    ------
    ValueError
        On lengths that differ, other labels, and keys of two kinds.

    References
    ----------
    Micci-Barreca 2001, A preprocessing scheme for high-cardinality categorical attributes.

    Examples
    --------
    >>> target_mean(["a", "a", "b"], [1, 0, 0], ["a", "b", "c"], prior_strength=1).round(3).tolist()
    [0.444, 0.167, 0.333]
    """
    labels = arguments.labels(y)
    arguments.same_length("keys", keys, "y", labels)
    codes, new_codes, n_keys = _codes(keys, keys if new_keys is None else new_keys, "keys", "new_keys")
    trials = np.bincount(codes, minlength=n_keys)
    successes = np.bincount(codes, weights=labels, minlength=n_keys)
    return smoothed_rate(successes, trials, labels.mean(), prior_strength)[new_codes]


def out_of_fold_target_mean(
    keys: ArrayLike, y: ArrayLike, *, n_folds: int = 5, prior_strength: float = 20.0, seed: int = 0
) -> np.ndarray:
    """Smoothed click rate of each row's key, learned from the other folds only: no row sees its own label.

    It still sees later rows; where keys drift or labels come late, prefer `past_rate`.

    Parameters
    ----------
    keys : (n,) ids, a missing one is a key of its own
    y : (n,) labels, 0 / 1 or bool
    n_folds : 2 to n, rows fall into them at random
    prior_strength : imaginary trials at the mean of `y` in the other folds, 0 or more
    seed : of the folds, 0 or more

    Returns
    -------
    (n,) floats, 0 to 1

    Raises
    ------
    ValueError
        As `target_mean`, and on n_folds outside 2..n.

    Examples
    --------
    >>> out_of_fold_target_mean(["a", "b"], [1, 0], n_folds=2).tolist()
    [0.0, 1.0]
    """
    labels = arguments.labels(y)
    arguments.same_length("keys", keys, "y", labels)
    n = len(labels)
    n_folds = arguments.whole_number("n_folds", n_folds, 2, n)
    codes, _, n_keys = _codes(keys, keys, "keys", "keys")
    fold = np.random.default_rng(arguments.whole_number("seed", seed, 0)).permutation(n) % n_folds
    cell = codes * n_folds + fold
    in_cell = np.bincount(cell, minlength=n_keys * n_folds)
    clicks_in_cell = np.bincount(cell, weights=labels, minlength=n_keys * n_folds)
    trials = np.bincount(codes)[codes] - in_cell[cell]
    successes = np.bincount(codes, weights=labels)[codes] - clicks_in_cell[cell]
    prior = (labels.sum() - np.bincount(fold, weights=labels)) / (n - np.bincount(fold))
    return smoothed_rate(successes, trials, prior[fold], prior_strength)


def count_before(
    keys: ArrayLike,
    times: ArrayLike,
    event_keys: ArrayLike,
    event_times: ArrayLike,
    window: Any = None,
    *,
    missing: Literal["raise", "zero", "pool"] = "raise",
) -> np.ndarray:
    """For each row, the events of its key that happened strictly before its time: the point-in-time counter.

    O((n + m) log m).

    Parameters
    ----------
    keys, times : (n,) ids and moments that ask
        Times are datetimes or numbers, here and in the events alike.
    event_keys, event_times : (m,) that are counted, in any order
    window : a duration ("1D") where times are datetimes, else a number, above 0
        Only events of the window before the row count: time - window <= event < time. None counts all before it.
    missing : what a missing key means
        "raise", "zero" (nobody: its rows count 0, its events count for no one) or "pool" (all missing keys are one
        key).

    Returns
    -------
    (n,) int64

    Raises
    ------
    ValueError
        On lengths that differ, missing times (an event that never happened is no event: leave it out), missing keys
        unless `missing` allows them, keys or times of two kinds, and a window that is not above 0.

    Examples
    --------
    >>> count_before(["a", "a", "b"], [1, 3, 3], ["a", "a", "b"], [1, 2, 3]).tolist()
    [0, 2, 0]
    """
    arguments.one_of("missing", missing, ("raise", "zero", "pool"))
    asked, seen, _ = _codes(keys, event_keys, "keys", "event_keys")
    if missing == "raise":
        fix = 'missing="zero" (nobody, count 0) or missing="pool" (all missing keys are one key)'
        for codes, name in ((asked, "keys"), (seen, "event_keys")):
            arguments.none_missing(name, codes == 0, f"an id in each row, or a decision: pass {fix}")
    clock = arguments.times("times", times)
    at, happened = _numbers(clock), _numbers(arguments.times("event_times", event_times, like=clock.dtype))
    if at.dtype != happened.dtype:
        at, happened = at.astype(np.float64), happened.astype(np.float64)
    width = None if window is None else arguments.duration("window", window, clock.dtype, zero=False)
    width = width.value if isinstance(width, pd.Timedelta) else width
    arguments.same_length("keys", asked, "times", at)
    arguments.same_length("event_keys", seen, "event_times", happened)
    if missing == "zero":
        happened, seen = happened[seen > 0], seen[seen > 0]

    # Key and time as one number, so that one sort serves all keys. Time is replaced by its rank: nanoseconds overflow.
    in_time = np.sort(happened)
    span = len(in_time) + 1
    events = np.sort(seen * span + np.searchsorted(in_time, happened))
    start = np.zeros(len(at), dtype=np.int64) if width is None else np.searchsorted(in_time, at - width)
    first, last = asked * span + start, asked * span + np.searchsorted(in_time, at)
    order = np.argsort(last)  # in this order the searches below walk through `events`: three times as fast
    counts = np.empty(len(at), dtype=np.int64)
    counts[order] = np.searchsorted(events, last[order]) - np.searchsorted(events, first[order])
    return counts


def past_rate(
    keys: ArrayLike,
    times: ArrayLike,
    reported_at: ArrayLike,
    *,
    prior_rate: float,
    prior_strength: float = 20.0,
    missing: Literal["raise", "zero", "pool"] = "raise",
    lag: Any = 0,
) -> np.ndarray:
    """Smoothed click rate of each row's key as it was known at the time of the row.

    Impressions before that time, and clicks *reported* before it: a click that was still on its way is not known. So
    the rate runs a little low, in training as in serving.

    Parameters
    ----------
    keys : (n,) ids
    times : (n,) datetimes or numbers of the impressions
    reported_at : (n,) those of the click reports, missing without a click
    prior_rate, prior_strength : as in `smoothed_rate`
        The rate from data before the first row that a model is trained on, or a constant.
    missing : as in `count_before`
    lag : how old the counters are when they are read, 0 or more
        A duration ("1D") or a number, as `window` of `count_before`.

    Returns
    -------
    (n,) floats, 0 to 1

    Raises
    ------
    ValueError
        When a report is earlier than its impression, and on the inputs that `count_before` refuses.

    Examples
    --------
    >>> shown = pd.to_datetime(["2026-01-01", "2026-01-02", "2026-01-05"])
    >>> reported = pd.to_datetime(["2026-01-03", None, None])
    >>> past_rate([7, 7, 7], shown, reported, prior_rate=0.5, prior_strength=2).tolist()
    [0.5, 0.3333333333333333, 0.5]
    """
    shown = arguments.times("times", times)
    reports = arguments.times("reported_at", reported_at, like=shown.dtype, missing=True)
    arguments.same_length("times", shown, "reported_at", reports)
    arguments.same_length("keys", keys, "times", shown)
    clicked = reports.notna()
    early = int((reports[clicked] < shown[clicked]).sum())
    if early:
        raise ValueError(
            f"reported_at is earlier than times in {early:,} rows; expected clicks after their impressions"
        )
    seen = shown - arguments.duration("lag", lag, shown.dtype)
    ids = arguments.plain("keys", keys).reset_index(drop=True)
    impressions = count_before(ids, seen, ids, shown, missing=missing)
    clicks = count_before(ids, seen, ids[clicked], reports[clicked], missing=missing)
    return smoothed_rate(clicks, impressions, prior_rate, prior_strength)


class StreamingCounter:
    """`count_before` as a server would keep it: update on each event, ask on each request.

    It keeps every time, in memory: a counter for production keeps one number a key and interval.

    Examples
    --------
    >>> counter = StreamingCounter()
    >>> counter.update("a", 1)
    >>> counter.count("a", 1), counter.count("a", 3)
    (0, 1)
    """

    def __init__(self) -> None:
        self._times: dict[Hashable, list[Any]] = {}

    def update(self, key: Hashable, time: Any) -> None:
        """Record one event; late arrivals may come in any order.

        Parameters
        ----------
        key : any hashable id
        time : a number or a datetime, all of one form

        Raises
        ------
        ValueError
            On a missing time and times of two forms.
        """
        times = self._times.setdefault(key, [])
        times.insert(_place(times, time), time)

    def count(self, key: Hashable, time: Any, window: Any = None) -> int:
        """Events of the key strictly before `time`, and not before `time - window`.

        Parameters
        ----------
        key, time : as in `update`
        window : as in `count_before`

        Returns
        -------
        events, 0 or more

        Raises
        ------
        ValueError
            As `update`, and on a window that `count_before` refuses.
        """
        times = self._times.get(key, [])
        if window is None:
            return _place(times, time)
        form = np.dtype("M8[ns]" if isinstance(time, datetime.datetime | np.datetime64) else np.float64)
        return _place(times, time) - _place(times, time - arguments.duration("window", window, form, zero=False))


def _place(times: list[Any], time: Any) -> int:
    """Where `time` belongs in the sorted `times`."""
    try:
        if time is not None and time == time:  # NaN and NaT are not
            return bisect.bisect_left(times, time)
    except TypeError:
        pass
    raise ValueError(
        f"time is {time!r}{f' beside {times[0]!r}' if times else ''}; expected datetimes, with a time zone in all or "
        "none, or numbers, none missing: convert them in one place"
    )


def _numbers(times: pd.Series) -> np.ndarray:
    """Times as plain numbers on one scale: nanoseconds of datetimes, whole numbers as they are."""
    if arguments.is_datetime(times.dtype):
        return times.dt.as_unit("ns").astype(np.int64).to_numpy()
    return times.to_numpy(np.int64 if times.dtype.kind in "iu" else np.float64)


def _mix(values: np.ndarray) -> np.ndarray:
    """Spread each 64-bit number over all bits; a bijection, so different numbers stay different."""
    z = values + np.uint64(0x9E3779B97F4A7C15)
    z ^= z >> np.uint64(30)
    z *= np.uint64(0xBF58476D1CE4E5B9)
    z ^= z >> np.uint64(27)
    z *= np.uint64(0x94D049BB133111EB)
    z ^= z >> np.uint64(31)
    return z


def _seed(seed: int) -> np.ndarray:
    return _mix(np.array([arguments.whole_number("seed", seed, None) % 2**64], dtype=np.uint64))


def _bucket(hashed: np.ndarray, n_buckets: int) -> np.ndarray:
    power_of_two = n_buckets & (n_buckets - 1) == 0
    bucket = hashed & np.uint64(n_buckets - 1) if power_of_two else hashed % np.uint64(n_buckets)
    return bucket.astype(np.int64)


def _fingerprint(column: pd.Series) -> np.ndarray:
    """64 bits that depend on nothing but the value."""
    if isinstance(column.dtype, np.dtype) and np.issubdtype(column.dtype, np.integer):
        return column.to_numpy().astype(np.uint64)
    codes, uniques = arguments.ids(f"column {column.name!r}", column)
    bits = pd.util.hash_array(uniques, categorize=False) if uniques.dtype == object else uniques
    return np.append(bits, _MISSING)[codes]


def _codes(keys: ArrayLike, others: ArrayLike, name: str, other_name: str) -> tuple[np.ndarray, np.ndarray, int]:
    """One numbering for two arrays of keys: codes of both, and their number. 0 is the missing key."""
    codes, uniques = arguments.ids(name, keys)
    if others is keys:
        return codes + 1, codes + 1, len(uniques) + 1
    other_codes, other_uniques = arguments.ids(other_name, others)
    if len(uniques) and len(other_uniques) and uniques.dtype != other_uniques.dtype:
        raise ValueError(
            f"{name} and {other_name} are of two kinds ({uniques[0]!r} and {other_uniques[0]!r}), so no key would "
            "match; expected integers in both or strings in both"
        )
    joint, found = pd.factorize(np.concatenate([uniques, other_uniques]))
    # `uniques` comes first and has no duplicates, so it keeps its codes; the 0 at the end is where code -1 looks.
    return codes + 1, np.append(joint[len(uniques) :] + 1, 0)[other_codes], len(found) + 1
