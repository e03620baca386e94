"""Watch a click model in use: what changed in its inputs, what its promises are worth, and from when on.

An alarm is judged twice: by what it does after a fault, and by how often it rings on healthy days. `plant_fault` makes
the faults, on a log in which everything else stays as it was.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike
from scipy.stats import t as student

from mlpipe import arguments


def psi(reference: ArrayLike, current: ArrayLike, *, n_bins: int = 10) -> float:
    """Population stability index of a column: how far its values of today are from those of the reference.

        PSI = sum over bins b of (c_b - r_b) ln(c_b / r_b),   c_b, r_b the shares of the rows in bin b

    Numbers are cut at the quantiles of the *reference*, into at most `n_bins` bins: the same bins every day. Of ids,
    each value of the reference is a bin, and all values that it does not have are one more. Missing values are a bin of
    their own, if there are any. Counts are smoothed as in `psi_of_counts`. Of one column alone: what happens between
    columns it does not see.

    Parameters
    ----------
    reference, current : (n,) and (m,) values of the column: numbers with fractions, or ids (whole numbers, text, bools)
    n_bins : 2 or more, for numbers with fractions

    Returns
    -------
    0 or more, without a unit; two samples of one law have `psi_bias` on average, not 0

    Raises
    ------
    ValueError
        When one of the two has no rows, and on values that are neither numbers nor ids, or infinite.

    References
    ----------
    Kullback and Leibler 1951, On information and sufficiency: their divergence J of two distributions; Siddiqi 2006,
    Credit risk scorecards (under this name; its limits .1 and .25 are a custom).

    Examples
    --------
    >>> psi(["a", "b"] * 500, ["a", "b"] * 500)
    0.0
    >>> round(psi(["a", "b"] * 500, ["a", "a", "a", "b"] * 250), 2)
    0.27
    """
    n_bins = arguments.whole_number("n_bins", n_bins, 2)
    columns = {"reference": reference, "current": current}
    values = {name: arguments.plain(name, column) for name, column in columns.items()}
    for name, column in values.items():
        if not len(column):
            raise ValueError(f"{name} has no rows; expected at least one value: check the filter and the day")
    kinds = [arguments.kind_of(name, column) for name, column in values.items() if column.notna().any()]
    if "number" in kinds:
        reference_bin, current_bin = _bins_of_numbers(values, n_bins)
    else:
        reference_bin, current_bin = _bins_of_ids(values)
    n = int(max(reference_bin.max(), current_bin.max())) + 1
    counts = [np.bincount(bins, minlength=n) for bins in (reference_bin, current_bin)]
    used = (counts[0] + counts[1]) > 0
    return psi_of_counts(counts[0][used], counts[1][used])


def _bins_of_numbers(values: dict[str, pd.Series], n_bins: int) -> tuple[np.ndarray, np.ndarray]:
    """Bin 0 for missing values, then one a quantile of the reference."""
    numbers = {name: arguments.numbers(name, column, "(n,) numbers", ndim=1) for name, column in values.items()}
    known = numbers["reference"][~np.isnan(numbers["reference"])]
    # The edges are values of the sample itself: interpolation would make them depend on rounding.
    edges = np.unique(np.quantile(known, np.arange(1, n_bins) / n_bins, method="lower")) if len(known) else known
    binned = [
        np.where(np.isnan(column), 0, 1 + np.searchsorted(edges, column, side="left")) for column in numbers.values()
    ]
    return binned[0], binned[1]


def _bins_of_ids(values: dict[str, pd.Series]) -> tuple[np.ndarray, np.ndarray]:
    """Bin 0 for missing values, then one an id of the reference, then one for all others."""
    codes, known = arguments.ids("reference", values["reference"])
    new_codes, found = arguments.ids("current", values["current"])
    if len(known) and len(found) and known.dtype.kind != found.dtype.kind:
        raise ValueError(
            f"reference holds ids such as {known[0]!r} and current {found[0]!r}; expected one kind: convert one of "
            "them with .astype(str)"
        )
    place = {value: number for number, value in enumerate(known.tolist(), start=1)}
    bins = np.array([0, *(place.get(value, len(known) + 1) for value in found.tolist())])
    return codes + 1, bins[new_codes + 1]


def psi_of_counts(reference: ArrayLike, current: ArrayLike) -> float:
    """Population stability index of counts of the same bins; half a row is added to each, so an empty bin stays finite.

        PSI = sum over b of (c_b - r_b) ln(c_b / r_b),   c_b = (C_b + 1/2) / (sum C + B/2), r_b alike, b = 1..B

    Parameters
    ----------
    reference, current : (B,) rows in each bin, B of 2 or more; with a single bin there is nothing to compare: 0

    Returns
    -------
    0 or more, without a unit

    Raises
    ------
    ValueError
        On negative or missing counts, other lengths, and where one of the two has no row at all.

    References
    ----------
    As `psi`; half a row: Jeffreys' prior, as in Gelman et al., Bayesian Data Analysis, section 2.8.

    Examples
    --------
    >>> round(psi_of_counts([50, 30, 20], [20, 30, 50]), 2)
    0.53
    """
    counts = {"reference": reference, "current": current}
    checked = {name: arguments.amounts(name, values) for name, values in counts.items()}
    arguments.same_length(
        "reference", checked["reference"], "current", checked["current"], "count both in the same bins"
    )
    for name, values in checked.items():
        if not values.sum():
            raise ValueError(f"{name} counts no rows in {len(values)} bins; expected at least one: check the day")
    r, c = ((values + 0.5) / (values.sum() + len(values) / 2) for values in checked.values())
    return float(((c - r) * np.log(c / r)).sum())


def psi_bias(n_bins: int, n_reference: int, n_current: int) -> float:
    """What `psi` is on average when nothing has changed: two samples of one law are not alike.

        bias = (B - 1) (1 / n_reference + 1 / n_current),   2 (B - 1) / n for two samples of n

    To first order in 1 / n, for rows that are independent. Rows of one user go together, and so the index of healthy
    days is larger: as many times as a user's rows raise the variance of a share.

    Parameters
    ----------
    n_bins : bins B that hold rows, 1 or more
    n_reference, n_current : rows, 1 or more

    Returns
    -------
    0 or more, in the unit of `psi`

    Raises
    ------
    ValueError
        On other numbers.

    References
    ----------
    Yurdakul and Naranjo 2020, Statistical properties of the population stability index.

    Examples
    --------
    >>> round(psi_bias(10, 200, 200), 3), round(psi_bias(10, 10_000, 10_000), 4)
    (0.09, 0.0018)
    """
    n_bins = arguments.whole_number("n_bins", n_bins, 1)
    n_reference = arguments.whole_number("n_reference", n_reference, 1)
    n_current = arguments.whole_number("n_current", n_current, 1)
    return (n_bins - 1) * (1 / n_reference + 1 / n_current)


@dataclass(frozen=True)
class Limits:
    """Between which values a number of a healthy day lies.

    Attributes
    ----------
    low, high : in the unit of the number
    n : healthy days that they rest on
    """

    low: float
    high: float
    n: int

    def outside(self, values: ArrayLike) -> np.ndarray:
        """Whether each value rings.

        Parameters
        ----------
        values : (n,) numbers; NaN = not measured, which does not ring

        Returns
        -------
        (n,) bool

        Raises
        ------
        ValueError
            On values that are no numbers.

        Examples
        --------
        >>> Limits(0.9, 1.1, n=14).outside([1.0, 1.2, 1.1]).tolist()
        [False, True, False]
        """
        found = arguments.numbers("values", values)
        return (found < self.low) | (found > self.high)


def control_limits(healthy: ArrayLike, *, chance: float = 0.001) -> Limits:
    """Limits that the number of one more healthy day leaves with a probability of `chance`.

        mean -+ t[n - 1, 1 - chance/2] sd sqrt(1 + 1/n),   sd with n - 1 in the divisor

    For n healthy days whose numbers are normal and independent. Both the mean and the sd come from these few days; the
    t distribution and the root pay for that. "Three sd" of seven days would be left eleven times as often as the
    normal law says.

    Parameters
    ----------
    healthy : (n,) one number a day that is known to be healthy, 3 or more
        Of windows that overlap, or hours of one day, take care: they are not independent.
        Of a skewed number, such as `psi`, give the logarithm: its own limits ring too often.
    chance : of a false alarm, both sides together, between 0 and 1

    Returns
    -------
    Limits

    Raises
    ------
    ValueError
        On fewer than three days, missing or infinite numbers, and another chance.

    References
    ----------
    Shewhart 1931, Economic control of quality of manufactured product; Hahn and Meeker 1991, Statistical intervals,
    section 4.7 (one future observation).

    Examples
    --------
    >>> limits = control_limits([0.98, 1.02, 1.00, 0.97, 1.03, 1.01, 0.99])
    >>> round(limits.low, 2), round(limits.high, 2)
    (0.86, 1.14)
    """
    values = arguments.numbers("healthy", healthy, "(n,) one number a healthy day", ndim=1)
    arguments.inside("healthy", values, np.isfinite(values), "finite numbers", "leave days without one out")
    if len(values) < 3:
        raise ValueError(f"healthy has {len(values)} days; expected 3 or more: with fewer nobody knows how days differ")
    chance = arguments.fraction("chance", chance, example="0.001")
    n = len(values)
    reach = student.isf(chance / 2, n - 1) * values.std(ddof=1) * np.sqrt(1 + 1 / n)
    return Limits(float(values.mean() - reach), float(values.mean() + reach), n)


def calibration_alarm(
    y: ArrayLike, p: ArrayLike, slices: ArrayLike | None = None, *, known: Sequence[Hashable] | None = None
) -> pd.DataFrame:
    """Clicks against promised clicks, by slice, as a z-value: how many standard deviations apart they are.

        z = (sum y - sum p) / sqrt(sum p (1 - p))

    Normal with sd 1 where each p is the true probability of its row. Below 0 the model promises too much. Use labels
    that are ripe: a click that is not reported yet counts as none. With k slices, compare with the bound of a
    chance divided by k.

    Parameters
    ----------
    y : (n,) labels, 0 / 1 or bool
    p : (n,) predicted probabilities of a click
    slices : (n,) the slice of each row, such as a device; None = all rows are one, "all"
        A missing one is a slice of its own, "missing".
    known : slices to expect, in the order of the answer; None = those that are there

    Returns
    -------
    one row a slice
        `rows`, `clicks`, `promised` (sum of p), `ratio` (promised over clicks, NaN without a click) and `z`; NaN, too,
        for a known slice without rows.

    Raises
    ------
    ValueError
        On no rows, other labels, p outside 0..1 or missing, lengths that differ, and a slice that is not known.

    References
    ----------
    Cox 1958, Two further applications of a model for binary regression, Biometrika (calibration in the large).

    Examples
    --------
    >>> calibration_alarm([1, 0, 0, 0], [0.5, 0.5, 0.5, 0.5]).round(2).to_dict("records")
    [{'rows': 4, 'clicks': 1, 'promised': 2.0, 'ratio': 2.0, 'z': -1.0}]
    """
    labels = arguments.labels(y)
    promised = arguments.numbers("p", p, "(n,) predicted probabilities, one a row", ndim=1)
    arguments.same_length("p", promised, "y", labels)
    arguments.inside("p", promised, (promised >= 0) & (promised <= 1), "probabilities from 0 to 1")
    named = pd.Series("all", range(len(labels))) if slices is None else arguments.id_column("slices", slices)
    arguments.same_length("slices", named, "y", labels)
    names = named.astype(object).where(named.notna(), "missing").to_numpy()
    if known is not None:
        unknown = sorted(set(names) - set(known), key=str)
        if unknown:
            raise ValueError(f"slices holds {unknown[0]!r}, which is not known; expected one of {list(known)}")
    rows = pd.DataFrame({"clicks": labels, "promised": promised, "variance": promised * (1 - promised)})
    rows.insert(0, "rows", 1)
    table = rows.groupby(names).sum()
    table = table if known is None else table.reindex(list(known)).fillna({"rows": 0, "clicks": 0, "promised": 0})
    table = table.astype({"rows": int, "clicks": int})
    table["ratio"] = table["promised"] / table["clicks"].where(table["clicks"] > 0)
    spread = np.sqrt(table.pop("variance"))
    table["z"] = (table["clicks"] - table["promised"]) / spread.where(spread > 0)
    return table


def first_alarm(rings: ArrayLike, *, since: int = 0, in_a_row: int = 1) -> int | None:
    """How many steps after `since` an alarm is raised.

    Parameters
    ----------
    rings : (n,) bool, whether the alarm's number is outside its limits at each step, such as an hour
    since : step from which on to look, 0 to n - 1
    in_a_row : rings in a row that raise the alarm, 1 or more

    Returns
    -------
    int or None
        0 = at the step `since` itself; None = never. Rings before `since` do not count.

    Raises
    ------
    ValueError
        On anything but bools, no steps, and a `since` that is not one of them.

    Examples
    --------
    >>> first_alarm([True, False, False, True, True], since=1), first_alarm([False, True, False], in_a_row=2)
    (2, None)
    """
    found = arguments.array("rings", rings)
    if found.dtype != bool or found.ndim != 1 or not len(found):
        raise ValueError(
            f"rings is {found.dtype} of shape {found.shape}; expected (n,) bools, one a step: Limits.outside makes them"
        )
    since = arguments.whole_number("since", since, 0, len(found) - 1)
    in_a_row = arguments.whole_number("in_a_row", in_a_row, 1)
    run = 0
    for step, ring in enumerate(found[since:].tolist()):
        run = run + 1 if ring else 0
        if run == in_a_row:
            return step
    return None


def null_rates(frame: pd.DataFrame, by: ArrayLike | None = None) -> pd.DataFrame:
    """Share of missing values of each column, by day, hour or slice.

    Parameters
    ----------
    frame : one row a request
    by : (n,) the group of each row; None = all rows are one, "all"

    Returns
    -------
    one row a group, the columns of `frame`; 0 to 1

    Raises
    ------
    ValueError
        On a frame without rows or columns, and a `by` of another length or with missing values.

    Examples
    --------
    >>> null_rates(pd.DataFrame({"age": [30, None], "device": ["mobile", "tablet"]})).to_dict("records")
    [{'age': 0.5, 'device': 0.0}]
    """
    if not frame.size:
        raise ValueError(f"the frame has shape {frame.shape}; expected rows and columns: check the filter and the day")
    groups = pd.Series("all", range(len(frame))) if by is None else arguments.plain("by", by)
    arguments.same_length("by", groups, "the frame", frame)
    arguments.none_missing("by", groups.isna(), "a group for each row")
    return frame.isna().groupby(groups.to_numpy()).mean()


def mismatches(served: pd.DataFrame, recomputed: pd.DataFrame) -> pd.DataFrame:
    """Replay: where the features that were served differ from those computed anew for the same requests.

    Parameters
    ----------
    served : one row a request, as the server logged its features
    recomputed : the same requests in the same order, from the tables that training reads
        Columns that only one of the two frames has are not compared.

    Returns
    -------
    bool, one row a request with the index of `served`, the columns that both have
        Two missing values do not differ; a missing one and another do. Numbers are compared exactly: round first what
        two programs may compute with different last digits.

    Raises
    ------
    ValueError
        When the frames have no rows, other lengths, or no column in common.

    References
    ----------
    Zinkevich 2017, Rules of machine learning, rule 29 (save the features used at serving time).

    Examples
    --------
    >>> served = pd.DataFrame({"device": ["mobile", None, "tablet"]})
    >>> mismatches(served, pd.DataFrame({"device": ["mobile", None, "desktop"]}))["device"].tolist()
    [False, False, True]
    """
    if not len(served):
        raise ValueError("served has no rows; expected at least one request: check the filter and the day")
    arguments.same_length("served", served, "recomputed", recomputed, "keep one row a request, in the same order")
    both = [name for name in served.columns if name in recomputed.columns]
    if not both:
        raise ValueError(
            f"served has the columns {list(served.columns)} and recomputed {list(recomputed.columns)}; expected one in "
            "common, at least: rename those of one"
        )
    found = {name: _differ(served[name], recomputed[name]) for name in both}
    return pd.DataFrame(found, index=served.index)


def _differ(one: pd.Series, other: pd.Series) -> np.ndarray:
    missing = one.isna().to_numpy(), other.isna().to_numpy()
    if one.dtype != other.dtype:
        one, other = (column.astype(object).where(column.notna(), None) for column in (one, other))
    same = one.reset_index(drop=True) == other.reset_index(drop=True)
    return ~(np.asarray(same.fillna(False), bool) | (missing[0] & missing[1]))


def _slot_constant(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    rows["position"] = rows["position"].to_numpy() * 0 + 1


def _site_constant(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    rows["site_id"] = rows["site_id"].to_numpy() * 0


def _hours_shifted(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    rows["timestamp"] = rows["timestamp"] + pd.Timedelta("8h")


def _audience_missing(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    rows["audience"] = rows["audience"].where(rows["device"] != "mobile")


def _audience_shuffled(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    rows["audience"] = rows["audience"].take(rng.permutation(len(rows))).to_numpy()


def _ads_renumbered(rows: pd.DataFrame, rng: np.random.Generator) -> None:
    codes, ads = pd.factorize(rows["ad_id"], sort=True)
    rows["ad_id"] = ads.to_numpy()[rng.permutation(len(ads))][codes]


_PLANT: dict[str, tuple[Callable[[pd.DataFrame, np.random.Generator], None], tuple[str, ...]]] = {
    "slot constant": (_slot_constant, ("position",)),
    "site constant": (_site_constant, ("site_id",)),
    "hours shifted": (_hours_shifted, ()),
    "audience missing": (_audience_missing, ("audience", "device")),
    "audience shuffled": (_audience_shuffled, ("audience",)),
    "ads renumbered": (_ads_renumbered, ("ad_id",)),
}
FAULTS = tuple(_PLANT)


def plant_fault(frame: pd.DataFrame, fault: str, since: Any = None, *, seed: int = 0) -> pd.DataFrame:
    """The log as a faulty server would see it: the features of its requests from a moment on, all else as it was.

    - "slot constant": each request says position 1
    - "site constant": each request says site 0
    - "hours shifted": the clock is eight hours ahead; `since` is in right time
    - "audience missing": on mobile the audience is not looked up
    - "audience shuffled": each request gets the audience of another one, so that the shares stay exactly as they were
    - "ads renumbered": the ads of these rows exchange their numbers, as after a new catalogue

    Parameters
    ----------
    frame : with ``timestamp`` and the columns of the fault, such as `AdLog.impressions` of `mlpipe.simulator`
    fault : one of `FAULTS`
    since : a moment, from which on (it included) requests are wrong; None = all are
    seed : of the shuffled audience and the numbers of the ads, 0 or more

    Returns
    -------
    a copy, rows and index in their order

    Raises
    ------
    ValueError
        On an unknown fault, a missing column, times that are no datetimes, and a moment after the last row.

    Examples
    --------
    >>> log = pd.DataFrame({"timestamp": pd.date_range("2026-01-05", periods=3, freq="D"), "position": [2, 3, 4]})
    >>> plant_fault(log, "slot constant", "2026-01-06")["position"].tolist()
    [2, 1, 1]
    """
    arguments.one_of("fault", fault, FAULTS)
    seed = arguments.whole_number("seed", seed, 0)
    plant, needed = _PLANT[fault]
    for name in needed:
        arguments.column(frame, name)
    times = arguments.times("timestamp", arguments.column(frame, "timestamp"), like="datetime")
    try:
        moment = times.min() if since is None else pd.Timestamp(since)
        wrong = (times >= moment).to_numpy()
    except (TypeError, ValueError) as error:
        raise ValueError(
            f"since is {since!r}; expected a moment of the kind of timestamp, {times.dtype}, such as "
            f'"{times.max()}": {error}'
        ) from error
    if not wrong.any():
        raise ValueError(
            f"since={moment} leaves no row of the frame wrong: timestamp runs from {times.min()} to {times.max()}; "
            "expected a moment up to the last row"
        )
    served, rows = frame.copy(), frame[wrong].copy()
    plant(rows, np.random.default_rng(seed))
    for name in {*needed, "timestamp"}:
        column = served[name].copy()
        column[wrong] = rows[name].to_numpy()
        served[name] = column
    return served
