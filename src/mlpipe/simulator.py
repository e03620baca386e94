"""A simulated ad log whose true click probabilities are known.

Each impression is one slot on a page. A person clicks when the slot is looked at *and* the ad is relevant
(the examination hypothesis of Richardson, Dominowska and Ragno 2007), so for people

    true_ctr = examination x sigmoid(intercept + main_relevance + shared_relevance
                                     + private_relevance + hidden_relevance)

and for bots ``true_ctr = BOT_CLICK_RATE`` whatever they are shown. The log in `AdLog.impressions` has the columns of
a real log, with final labels: at time t a real log would know only the clicks with `reported_at` up to t. The truth is
kept apart from it, so that it cannot leak into features.

What a model can learn (sd: standard deviation on the logit scale over the impressions of people):

=================  ====  =============================================================  ===============================
part of the truth  sd    what it is made of                                             can a model learn it?
=================  ====  =============================================================  ===============================
examination              a table, device x position: `EXAMINATION`                      yes, from these two columns
main_relevance     0.62  one effect each of user, segment, region, site, device, hour,  yes, from ids with enough rows;
                         weekday, category, advertiser, campaign, ad, format; drift of  drift and wear only from
                         the category (a random walk by day); wear of the ad with age   recent rows
shared_relevance   0.85  segment x category, region x campaign, site x category,        by crosses, factors or trees;
                         device x format, hour x category                               the segment through `audience`
private_relevance  0.38  the user's vector (4 numbers) times that of the ad             hardly: few rows a user
hidden_relevance   0.38  a new normal number for each impression                        never
=================  ====  =============================================================  ===============================

How the columns are drawn (default world; N: normal, all effects are centred):

============================  =========================================================================================
``timestamp``                 sessions start by weekday and hour (`TRAFFIC_BY_HOUR`); 4 impressions on average
                              (geometric), 40 seconds apart (exponential)
``user_id``                   40,000 users drawn by activity, lognormal(0, 1.2), one a session; 10 % of the sessions
                              without consent: no id, age or audience
``audience``, ``age_group``   eight hidden segments of equal size; audience names the segment, but is a guess for 30 %
                              of the users; age is N(age of the segment, 9), and 3 to 27 % by segment withhold it
``region``, ``device``        by fixed shares a user; 15 % of the sessions are on a device drawn uniformly
``site_id``                   300 sites, share ~ rank^-0.7, independent of the user
``position``                  28, 23, 19, 16 and 14 % for slots 1 to 5, independent of all else
``ad_id`` and what it is of   2,400 ads in 300 campaigns of 100 advertisers, groups uneven; a category an advertiser;
                              55 % of the ads live from the start, the others from a uniform day on; they end after
                              2 + exponential(25) days
``bid``                       exp(N(-0.7, 0.3) of the campaign + N(0, 0.3) of the ad) dollars
``policy``, ``propensity``    95 % logged: ad ~ ramp-up x exp(sharpness of the slot x score), score = log bid + effect
                              of the ad that day + region x campaign + device x format, two of them seen with an error;
                              5 % random: uniform over the ads live that day
``clicked``                   1 with probability `true_ctr`
``reported_at``               exponential delay, mean 4 minutes or, for 20 to 60 % of the clicks by category, 8 hours
rows that should not be       16 bots (0.7 % of the rows, desktop, regular visits, known user ids); 0.3 % of the rows
                              repeat the row before them
============================  =========================================================================================
"""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
import pandas as pd
from numpy.typing import ArrayLike, NDArray
from scipy.optimize import brentq
from scipy.special import expit

from mlpipe import arguments

START = np.datetime64("2026-01-05T00:00:00.000", "ms")  # a Monday
N_USERS, N_ADS, N_CAMPAIGNS, N_ADVERTISERS, N_SITES, N_BOTS = 40_000, 2_400, 300, 100, 300, 16
DEVICES = ("desktop", "mobile", "tablet")
FORMATS = ("banner", "native", "text", "video")
REGIONS = ("capital", "north", "south", "east", "west", "coast", "hills", "islands")
AGE_GROUPS = ("18-24", "25-34", "35-44", "45-54", "55-64", "65+")
AUDIENCES = ("bargain", "business", "culture", "family", "outdoor", "sport", "student", "tech")
CATEGORIES = (
    *("beauty", "books", "cars", "courses", "fashion", "finance", "games", "garden"),
    *("groceries", "health", "jobs", "music", "pets", "phones", "property", "travel"),
)
POLICIES = ("logged", "random")

BASE_RATE = 0.03  # mean of true_ctr
RELEVANCE_SD = {"main": 0.62, "shared": 0.85, "private": 0.38, "hidden": 0.38}  # logit, over the impressions
BOT_SHARE, BOT_CLICK_RATE = 0.007, 0.12
RANDOM_SHARE, DUPLICATE_SHARE, ANONYMOUS_SHARE = 0.05, 0.003, 0.10
TRAFFIC_BY_WEEKDAY = (1.0, 1.02, 1.03, 1.0, 0.97, 0.82, 0.88)
TRAFFIC_BY_HOUR = (
    *(0.45, 0.30, 0.22, 0.18, 0.17, 0.22, 0.40, 0.70, 0.95, 1.10, 1.15, 1.20),
    *(1.30, 1.25, 1.15, 1.10, 1.10, 1.15, 1.25, 1.40, 1.50, 1.40, 1.10, 0.75),
)
SLOT_SHARE = (0.28, 0.23, 0.19, 0.16, 0.14)
SLOT_SHARPNESS = (1.3, 1.0, 0.75, 0.5, 0.3)  # how strongly the logged policy follows its score, by slot
EXAMINATION = np.array(  # device x position: a small screen hides the lower slots
    [[0.95, 0.68, 0.49, 0.37, 0.29], [0.92, 0.50, 0.31, 0.21, 0.15], [0.94, 0.60, 0.41, 0.30, 0.22]], np.float32
)

DIAL_RANGES = {
    "base_rate": (1e-4, 0.5),
    "position_effect": (0, 5),
    "drift": (0, 10),
    "delay": (0, 100),
    "private_taste": (0, 5),
    "user_effect": (0, 10),
    "bot_share": (0, 0.5),
    "random_share": (0, 1),
}

MS_HOUR, MS_DAY = 3_600_000, 86_400_000
N_CONTEXTS, N_SLOTS, N_TASTES = len(REGIONS) * len(DEVICES), len(SLOT_SHARE), 4

IntArray = NDArray[np.integer]
FloatArray = NDArray[np.floating]
Events = dict[str, NDArray]


@dataclass(frozen=True)
class AdLog:
    """A simulated log and, apart from it, its truth; all parts have one row an impression, in the same order.

    Attributes
    ----------
    impressions : what a real log has, in time order
        ``timestamp``; the person: ``user_id`` (missing without consent, and then ``age_group`` and ``audience`` too),
        ``age_group`` (some users never gave it), ``audience`` (interest label bought from a data provider, often
        wrong), ``region``; the place: ``device``, ``site_id``, ``position`` (1 = top slot); the ad: ``ad_id``,
        ``campaign_id``, ``advertiser_id``, ``category``, ``ad_format``, ``bid`` (dollars a click); ``policy`` that
        chose the ad ("logged", or "random": uniform over the ads live that day) and ``propensity``, the exact
        probability that this policy shows this ad given day, region, device and position; ``clicked`` (1 if a click
        ever comes) and ``reported_at`` (when the log learns of the click; missing without one; may lie after the log's
        end).
    true_ctr : probability of an eventual click given everything, position included, before reporting delay
    truth : the parts of `true_ctr`
        ``examination`` (probability that the slot is looked at), ``main_relevance`` (one-factor effects),
        ``shared_relevance`` (interactions that many users share), ``private_relevance`` (a user's own taste),
        ``hidden_relevance`` (a state that no column shows), the last four on the logit scale, then ``is_bot`` and
        ``is_duplicate`` (an exact repeat of the row before it).
    intercept : the constant of the logit
    """

    impressions: pd.DataFrame
    true_ctr: FloatArray
    truth: pd.DataFrame
    intercept: float


@dataclass(frozen=True)
class Auctions:
    """Page views with the ads that compete for the top slot, and apart from them what each would get.

    Attributes
    ----------
    candidates : one row an ad that competes, auction after auction in time order
        ``auction`` (counted from 0), then the columns of `AdLog.impressions` up to ``bid``; ``position`` is 1.
    true_ctr : probability of a click if this ad is shown on top; for people, as there are no bots here
        Competitors of one auction share its examination and its hidden relevance.
    """

    candidates: pd.DataFrame
    true_ctr: FloatArray


@dataclass
class _World:
    """Everything that is fixed before the first impression."""

    days: int
    users: Mapping[str, NDArray]
    ads: Mapping[str, NDArray]
    effects: Mapping[str, FloatArray]
    site_share: FloatArray
    traffic: FloatArray  # (days * 24,) share of sessions that start in each hour
    live_weight: FloatArray  # (days, ads): 0 = not live, grows to 1 while a new ad ramps up
    score: FloatArray  # (days, contexts, ads): what the logged policy believes, sd 1
    examination: FloatArray  # (devices, slots): probability that a slot is looked at
    scale: Mapping[str, float]  # of the four relevances
    intercept: float = 0.0


@dataclass(frozen=True)
class _Dials:
    """What a caller may turn up or down; the defaults are the default world."""

    base_rate: float = BASE_RATE
    position_effect: float = 1.0
    drift: float = 1.0
    delay: float = 1.0
    private_taste: float = 1.0
    bot_share: float = BOT_SHARE
    random_share: float = RANDOM_SHARE
    user_effect: float = 1.0

    def __post_init__(self) -> None:
        for name, (low, high) in DIAL_RANGES.items():
            expected = f"a number from {low:g} to {high:g}: the default world has {getattr(_Dials, name):g}"
            value = arguments.number(name, getattr(self, name), low, high, so=expected)
            object.__setattr__(self, name, value)  # in double precision, whatever it came in


def simulate_ad_log(
    n_impressions: int = 1_000_000,
    days: int = 14,
    seed: int = 0,
    *,
    base_rate: float = BASE_RATE,
    position_effect: float = 1.0,
    drift: float = 1.0,
    delay: float = 1.0,
    private_taste: float = 1.0,
    bot_share: float = BOT_SHARE,
    random_share: float = RANDOM_SHARE,
    user_effect: float = 1.0,
) -> AdLog:
    """Simulate an ad server's log of `n_impressions` rows over `days` days, with the truth behind each click.

    One seed gives the same log on every run; another seed gives another world of the same law. A dial changes what its
    line says; all else is drawn as before, so two logs that differ in a dial can be compared row by row. Except: with
    another `bot_share` other rows arrive, and where the clicks change, their delays are drawn anew.

    Parameters
    ----------
    n_impressions : rows of the log, 1 or more
    days : length of the log in days from Monday 2026-01-05, 2 or more
    seed : 0 or more
    base_rate : mean of `true_ctr`, 0.0001 to 0.5
        It sets the intercept, whatever the other dials; only `random_share` may move the mean, because ads shown at
        random are worse ads: the price of exploring.
    position_effect : power of the fall of examination below the top slot, 0 to 5
        0 = each slot is looked at like the top one, 2 = twice as steep on a logarithmic axis.
    drift : multiplies the daily steps of each category's relevance, 0 to 10; the logged policy follows them
    delay : multiplies the time from a click to its report, 0 to 100; changes ``reported_at`` alone
    private_taste : multiplies the private relevance, which no model can learn from so few rows a user, 0 to 5
    bot_share : share of the rows that are visits of the bots, 0 to 0.5
        More of it needs a base rate above its own clicks.
    random_share : share of the rows whose ad is drawn uniformly, 0 to 1
        Rows that were random stay so with a larger share.
    user_effect : multiplies each user's own part of the main relevance, 0 to 10
        With more of it, users differ more in how much they click, whatever they are shown. An A/A test of the click
        rate that takes rows for independent (a million rows, without bots) is then significant at 5 % in 6 to 10 % of
        the draws of arms, with 3 in 12 to 17 %, with 5 in 20 to 33 % (ten seeds); by user in 4 to 6 % with each.

    Returns
    -------
    AdLog

    Raises
    ------
    ValueError
        If an argument is not a number of its range, or no intercept gives that base rate.

    References
    ----------
    This project; click = examined and relevant as in Richardson, Dominowska and Ragno 2007, Predicting clicks (WWW).

    Examples
    --------
    >>> log = simulate_ad_log(n_impressions=1000, position_effect=0)
    >>> len(log.impressions), bool(log.truth["examination"].min() > 0.9)
    (1000, True)
    """
    n_impressions = arguments.whole_number("n_impressions", n_impressions, 1)
    days = arguments.whole_number("days", days, 2)
    seed = arguments.whole_number("seed", seed, 0)
    dials = _Dials(base_rate, position_effect, drift, delay, private_taste, bot_share, random_share, user_effect)

    world = _calibrated_world(days, seed, dials)
    events = _events(world, n_impressions, seed, dials)
    return AdLog(_impressions(world, events), events["true_ctr"], _truth(events), world.intercept)


def impressions_by_day(
    n_impressions: int = 1_000_000, days: int = 14, seed: int = 0, *, block_rows: int = 500_000, **dials: float
) -> Iterator[pd.DataFrame]:
    """Hand over the impressions of `simulate_ad_log` one day at a time: the same rows, in less memory.

    The truth is computed block by block and not kept, and only one day has the columns of a log. Ten million rows take
    a gigabyte at the peak, most of it to put the sessions in order of time.

    Parameters
    ----------
    n_impressions, days, seed : as in `simulate_ad_log`
    block_rows : rows whose truth is in memory at a time, 1 or more; the rows do not depend on it
    **dials : those of `simulate_ad_log`

    Returns
    -------
    iterator of `days` frames, as `AdLog.impressions`
        A day without rows is a frame without rows.

    Raises
    ------
    ValueError
        If an argument is not a number of its range, or no intercept gives that base rate; at the call.
    TypeError
        If `simulate_ad_log` has no such dial.

    Examples
    --------
    >>> [len(day) for day in impressions_by_day(n_impressions=1000, days=2)]
    [428, 572]
    """
    n_impressions = arguments.whole_number("n_impressions", n_impressions, 1)
    days = arguments.whole_number("days", days, 2)
    seed = arguments.whole_number("seed", seed, 0)
    block_rows = arguments.whole_number("block_rows", block_rows, 1)
    settings = _Dials(**dials)
    world = _calibrated_world(days, seed, settings)
    return _days(world, _events(world, n_impressions, seed, settings, block_rows))


def _days(world: _World, events: Events) -> Iterator[pd.DataFrame]:
    bounds = np.searchsorted(events["time_ms"], np.arange(world.days + 1) * MS_DAY)
    for start, end in pairwise(bounds):
        yield _impressions(world, {name: values[start:end] for name, values in events.items()})


def _events(world: _World, n: int, seed: int, dials: _Dials, block_rows: int | None = None) -> Events:
    """All that happens, in time order; with `block_rows` the relevances are dropped block after block."""
    streams = _streams(seed)
    events = _arrivals(world, n, streams["arrivals"], dials.bot_share)
    _choose_ads(world, events, streams["choices"], dials.random_share)
    true_ctr = np.empty(n)
    for start in range(0, n, block_rows or n):
        block = slice(start, min(start + (block_rows or n), n))
        views = events if block_rows is None else {name: values[block] for name, values in events.items()}
        _relevance(world, views, streams["hidden"].standard_normal(block.stop - start, np.float32))
        true_ctr[block] = _true_ctr(world, views)
    events["true_ctr"] = true_ctr
    events["clicked"] = (streams["clicks"].random(n) < true_ctr).astype(np.int8)
    events["reported_ms"] = _report_times(world, events, streams["delays"], dials.delay)
    _repeat_some_rows(events, streams["duplicates"])
    return events


def simulate_auctions(
    n_auctions: int = 10_000, n_ads: int = 8, days: int = 14, seed: int = 0, *, first_day: int = 0, **dials: float
) -> Auctions:
    """Draw page views whose top slot `n_ads` ads compete for, with what each would get if it were shown.

    The world is that of `simulate_ad_log` with the same `days`, `seed` and dials: the same people, ads and bids, but
    new page views (of people, not of bots). The competitors are drawn uniformly, without repeats, from the ads live on
    that day. So a model that was fitted on the log can rank them, and `true_ctr` tells what its choice is worth.

    Parameters
    ----------
    n_auctions : page views, 1 or more
    n_ads : competitors in each, 1 to 50
    days, seed : as in `simulate_ad_log`
    first_day : first day of the page views, counted from 0: 12 takes them from days 12 and 13 of a log of 14
    **dials : those of `simulate_ad_log`

    Returns
    -------
    Auctions
        Of n_auctions x n_ads rows.

    Raises
    ------
    ValueError
        If an argument is not a number of its range, or no intercept gives that base rate.
    TypeError
        If `simulate_ad_log` has no such dial.

    Examples
    --------
    >>> auctions = simulate_auctions(n_auctions=3, n_ads=2)
    >>> auctions.candidates["auction"].tolist(), auctions.true_ctr.shape
    ([0, 0, 1, 1, 2, 2], (6,))
    """
    n_auctions = arguments.whole_number("n_auctions", n_auctions, 1)
    n_ads = arguments.whole_number("n_ads", n_ads, 1, 50)
    days = arguments.whole_number("days", days, 2)
    seed = arguments.whole_number("seed", seed, 0)
    first_day = arguments.whole_number("first_day", first_day, 0, days - 1)

    world, rng = _calibrated_world(days, seed, _Dials(**dials)), _streams(seed)["auctions"]
    share_of_days = world.traffic[first_day * 24 :].sum()
    views = _arrivals(world, int((n_auctions + 200) * 1.3 / share_of_days), rng, bot_share=0.0)
    wanted = np.flatnonzero(views["time_ms"] >= first_day * MS_DAY)
    wanted = np.sort(rng.choice(wanted, n_auctions, replace=False))
    events = {name: np.repeat(values[wanted], n_ads) for name, values in views.items()}
    events["slot"][:] = 0
    events["ad"] = np.concatenate(
        [
            _different(np.flatnonzero(world.live_weight[day]).astype(np.int16), n_today, n_ads, rng).ravel()
            for day, n_today in enumerate(np.bincount(views["time_ms"][wanted] // MS_DAY, minlength=days).tolist())
        ]
    )
    _relevance(world, events, np.repeat(rng.standard_normal(n_auctions, np.float32), n_ads))
    candidates = _features(world, events)
    candidates.insert(0, "auction", np.repeat(np.arange(n_auctions, dtype=np.int32), n_ads))
    return Auctions(candidates, _true_ctr(world, events))


def choice_context(frame: pd.DataFrame) -> IntArray:
    """Number the contexts that the choice of an ad depends on: region, device and position.

    With the day, it is the row of the tables of `choice_probabilities` and `policy_value`.

    Parameters
    ----------
    frame : with ``region``, ``device`` and ``position``, such as `AdLog.impressions`

    Returns
    -------
    (n,) 0 to 119

    Raises
    ------
    ValueError
        If a column is missing, or holds what the simulated world does not have.

    Examples
    --------
    >>> choice_context(pd.DataFrame({"region": ["north"], "device": ["mobile"], "position": [2]}))
    array([21])
    """
    codes = []
    for name, known in (("region", REGIONS), ("device", DEVICES), ("position", tuple(range(1, N_SLOTS + 1)))):
        column = arguments.column(frame, name)
        code = pd.Index(known).get_indexer(np.asarray(column))
        fix = "choice_context numbers the contexts of a simulated log"
        arguments.inside(name, column.to_numpy(), code >= 0, f"one of {', '.join(map(str, known))}", fix)
        codes.append(code)
    return _context(*codes)


def choice_probabilities(days: int = 14, seed: int = 0, **dials: float) -> FloatArray:
    """Return the logged policy as a table: the probability of each ad, by day and context.

    Its entry for the day, the `choice_context` and the ad of a logged row is the row's ``propensity``. An ad is live on
    a day exactly if its probability is above 0, in one context as in all: what another policy may show is
    ``choice_probabilities(...) > 0``.

    Parameters
    ----------
    days, seed : as in `simulate_ad_log`
    **dials : those of `simulate_ad_log`; only `drift` moves the policy

    Returns
    -------
    (days, 120, 2400) float32, of contexts and ads (``ad_id`` - 1); the last axis sums to 1
        16 MB for 14 days.

    Raises
    ------
    ValueError
        If an argument is not a number of its range.
    TypeError
        If `simulate_ad_log` has no such dial.

    Examples
    --------
    >>> table = choice_probabilities(days=2)
    >>> table.shape, int((table[0, 0] > 0).sum())
    ((2, 120, 2400), 1301)
    """
    days = arguments.whole_number("days", days, 2)
    seed = arguments.whole_number("seed", seed, 0)
    world = _make_world(days, _streams(seed)["world"], _Dials(**dials).drift)
    table = np.empty((days, N_CONTEXTS * N_SLOTS, N_ADS), np.float32)
    for day in range(days):
        table[day] = _choice_probabilities(world, day).reshape(-1, N_ADS)
    return table


def policy_of_scores(scores: ArrayLike, sharpness: float, days: int = 14, seed: int = 0, **dials: float) -> FloatArray:
    """Make a policy of a model's scores: each live ad with a probability in proportion to exp(sharpness x score).

    With a sharpness of 0 all live ads are as likely; with infinity the live ad of the highest score is shown, and those
    that share it as often.

    Parameters
    ----------
    scores : (120, 2400), of `choice_context` and ad (``ad_id`` - 1), such as logits
    sharpness : 0 or more, ``np.inf`` too
    days, seed : as in `simulate_ad_log`
    **dials : those of `simulate_ad_log`

    Returns
    -------
    (days, 120, 2400) float32; the last axis sums to 1
        What `policy_value` takes.

    Raises
    ------
    ValueError
        On scores of another shape, missing or infinite ones, and a sharpness below 0.
    TypeError
        If `simulate_ad_log` has no such dial.

    Examples
    --------
    >>> scores = np.tile(np.arange(2400.0), (120, 1))
    >>> table = policy_of_scores(scores, np.inf, days=2)
    >>> table.shape, float(table[0, 0].max())
    ((2, 120, 2400), 1.0)
    """
    found = arguments.numbers("scores", scores, "(120, 2400) scores, by choice_context and ad", ndim=2)
    if found.shape != (N_CONTEXTS * N_SLOTS, N_ADS) or not np.isfinite(found).all():
        raise ValueError(
            f"scores have shape {found.shape}, {np.sum(~np.isfinite(found)):,} of them not finite; expected "
            f"({N_CONTEXTS * N_SLOTS}, {N_ADS}) finite ones, by choice_context and ad: give ads without a score a low "
            "one"
        )
    if sharpness != np.inf:
        sharpness = arguments.number("sharpness", sharpness, 0, so="0 or more, np.inf for the best ad alone")
    live = choice_probabilities(days, seed, **dials) > 0
    table = np.empty(live.shape, np.float32)
    for day, today in enumerate(live):
        above = found - np.where(today, found, -np.inf).max(axis=1, keepdims=True)
        weight = today * (above == 0 if sharpness == np.inf else np.exp(sharpness * np.minimum(above, 0)))
        table[day] = weight / weight.sum(axis=1, keepdims=True)
    return table


def policy_value(
    probabilities: ArrayLike,
    n_impressions: int = 1_000_000,
    days: int = 14,
    seed: int = 0,
    *,
    first_day: int = 0,
    people_only: bool = False,
    **dials: float,
) -> float:
    """Tell what any policy is worth in the world of `simulate_ad_log`: its true mean click rate.

    The slots to fill are those of the log of the same arguments, bots included: the same users, sites, devices,
    positions and times, and the same hidden relevance. For each of them one ad is drawn from the table, and the mean of
    the true click probabilities is taken, so that nothing of the luck of clicks is left in it. Nothing is shown twice
    for a retried write. With a million impressions over 14 days, the luck of which ads are drawn moves the value by
    about 0.2 % of itself.

    Parameters
    ----------
    probabilities : (days, 120, 2400), by day, `choice_context` and ad (``ad_id`` - 1)
        Each row sums to 1, over ads that are live on that day (`choice_probabilities` tells which). Days before
        `first_day` are not read.
    n_impressions, days, seed : as in `simulate_ad_log`
    first_day : first day of the mean, counted from 0
    people_only : leave out the bots, who click the same whatever they are shown
    **dials : those of `simulate_ad_log`; `random_share` changes nothing, as the table chooses in all rows

    Returns
    -------
    mean of the true click probability

    Raises
    ------
    ValueError
        If an argument is not a number of its range, no row falls on the days, or the table has another shape, negative
        values, rows that do not sum to 1, or shows ads that are not live.
    TypeError
        If `simulate_ad_log` has no such dial.

    Examples
    --------
    >>> logged = choice_probabilities(days=2)
    >>> uniform = (logged > 0) / (logged > 0).sum(axis=2, keepdims=True)
    >>> [round(policy_value(table, 20_000, days=2), 3) for table in (logged, uniform)]
    [0.031, 0.021]
    """
    n_impressions = arguments.whole_number("n_impressions", n_impressions, 1)
    days = arguments.whole_number("days", days, 2)
    seed = arguments.whole_number("seed", seed, 0)
    first_day = arguments.whole_number("first_day", first_day, 0, days - 1)
    settings = _Dials(**dials)

    world, streams = _calibrated_world(days, seed, settings), _streams(seed)
    table = _checked_policy(probabilities, world, first_day)
    events = _arrivals(world, n_impressions, streams["arrivals"], settings.bot_share)
    streams["choices"].random(n_impressions)  # which rows are random in the log; then, as there, the draws of ads
    draw = streams["choices"].random(n_impressions) * (1 - 1e-12)
    hidden = streams["hidden"].standard_normal(n_impressions, np.float32)
    row = _context(world.users["region"][events["user"]], events["device"], events["slot"])
    bounds = np.searchsorted(events["time_ms"], np.arange(days + 1) * MS_DAY)
    total, n_rows = 0.0, 0
    for day in range(first_day, days):
        today = slice(bounds[day], bounds[day + 1])
        views = {name: values[today] for name, values in events.items()}
        views["ad"] = _draw_cells(table[day], row[today], draw[today]) % N_ADS
        _relevance(world, views, hidden[today])
        counted = ~views["is_bot"] if people_only else slice(None)
        true_ctr = _true_ctr(world, views)[counted]
        total, n_rows = total + float(true_ctr.sum()), n_rows + len(true_ctr)
    if not n_rows:
        raise ValueError(
            f"n_impressions is {n_impressions}, and none falls on the days from {first_day}; expected one at least: "
            "take more"
        )
    return total / n_rows


def _checked_policy(probabilities: ArrayLike, world: _World, first_day: int) -> NDArray:
    """Return a policy's table if it is one, from the first day on."""
    table = arguments.array("probabilities", probabilities)
    shape = (world.days, N_CONTEXTS * N_SLOTS, N_ADS)
    if table.shape != shape or table.dtype.kind != "f":
        raise ValueError(
            f"probabilities is {table.dtype} of shape {table.shape}; expected floats of shape {shape}, by day, "
            "choice_context and ad: start from choice_probabilities(days, seed)"
        )
    for day in range(first_day, world.days):
        sums = table[day].sum(axis=1, dtype=np.float64)
        wrong = ~(np.abs(sums - 1) < 1e-5)  # NaN is wrong too
        if wrong.any():
            raise ValueError(
                f"probabilities of day {day}, context {wrong.argmax()} sum to {sums[wrong][0]:.6g}; expected 1: divide "
                "by the sum over the ads"
            )
        if table[day].min() < 0:
            raise ValueError(
                f"probabilities of day {day} hold {table[day].min():.6g}; expected 0 or more: no policy shows an ad "
                "less than never"
            )
        dead = (table[day] > 0).any(axis=0) & (world.live_weight[day] == 0)
        if dead.any():
            raise ValueError(
                f"probabilities of day {day} show ad {dead.argmax()} (ad_id {dead.argmax() + 1}), which is not live "
                "that day; expected live ads only: multiply by choice_probabilities(days, seed) > 0, then divide by "
                "the sum over the ads"
            )
    return table


def _different(pool: IntArray, n: int, k: int, rng: np.random.Generator) -> IntArray:
    """Draw n rows of k different ones of a pool, (n, k), every set and order equally likely."""
    rows = rng.choice(pool, (n, k))
    while (again := arguments.repeated(rows)).any():
        rows[again] = rng.choice(pool, (int(again.sum()), k))
    return rows


def _streams(seed: int) -> dict[str, np.random.Generator]:
    """One stream for each concern: a dial that draws more in one of them leaves the others as they were."""
    names = ("world", "pilot", "arrivals", "choices", "hidden", "clicks", "delays", "duplicates", "auctions")
    return dict(zip(names, map(np.random.default_rng, np.random.SeedSequence(seed).spawn(len(names))), strict=True))


def _make_world(days: int, rng: np.random.Generator, drift: float = 1.0, user_effect: float = 1.0) -> _World:
    users, ads = _make_users(rng), _make_ads(days, rng)
    effects = _make_effects(days, users, ads, rng, drift, user_effect)
    age = np.arange(days)[:, None] - ads["start_day"]
    live = (age >= 0) & (np.arange(days)[:, None] <= ads["end_day"])
    traffic = np.outer(np.array(TRAFFIC_BY_WEEKDAY)[np.arange(days) % 7], TRAFFIC_BY_HOUR).ravel()
    site_share = rng.permutation(np.arange(1, N_SITES + 1) ** -0.7)
    return _World(
        days=days,
        users=users,
        ads=ads,
        effects=effects,
        site_share=site_share / site_share.sum(),
        traffic=traffic / traffic.sum(),
        live_weight=np.where(live, 1 - 0.7 * 0.5 ** np.maximum(age, 0), 0.0),
        score=_policy_score(ads, effects, rng),
        examination=EXAMINATION,
        scale=dict.fromkeys(RELEVANCE_SD, 1.0),
    )


def _make_users(rng: np.random.Generator) -> dict[str, NDArray]:
    segment = rng.integers(len(AUDIENCES), size=N_USERS).astype(np.int8)
    typical_age = rng.permutation(np.linspace(24, 62, len(AUDIENCES)))
    age = typical_age[segment] + rng.normal(0, 9, N_USERS)
    withholds_age = rng.permutation(np.linspace(0.03, 0.27, len(AUDIENCES)))
    age_group = np.digitize(age, [25, 35, 45, 55, 65]).astype(np.int8)
    guessed = rng.random(N_USERS) < 0.3  # the bought audience label is a guess for these users
    activity = rng.lognormal(0.0, 1.2, N_USERS)
    bots = rng.choice(N_USERS, N_BOTS, replace=False)
    activity[bots] = 0
    return {
        "segment": segment,
        "age_group": np.where(rng.random(N_USERS) < withholds_age[segment], np.int8(-1), age_group),
        "audience": np.where(guessed, rng.integers(len(AUDIENCES), size=N_USERS), segment).astype(np.int8),
        "region": rng.choice(len(REGIONS), N_USERS, p=[0.24, 0.18, 0.15, 0.13, 0.11, 0.08, 0.07, 0.04]).astype(np.int8),
        "device": rng.choice(len(DEVICES), N_USERS, p=[0.38, 0.55, 0.07]).astype(np.int8),
        "taste": rng.normal(size=(N_USERS, N_TASTES)).astype(np.float32),
        "activity": activity,
        "bots": bots,
    }


def _make_ads(days: int, rng: np.random.Generator) -> dict[str, NDArray]:
    # Every campaign has at least one ad and every advertiser one campaign; the rest falls unevenly.
    campaign = _uneven_groups(N_ADS, N_CAMPAIGNS, rng)
    advertiser = _uneven_groups(N_CAMPAIGNS, N_ADVERTISERS, rng)
    category = rng.permutation(np.arange(N_ADVERTISERS) % len(CATEGORIES))
    from_start = rng.random(N_ADS) < 0.55
    start_day = np.where(from_start, -rng.integers(1, 15, N_ADS), rng.integers(1, days, N_ADS))
    end_day = np.maximum(start_day, 0) + 2 + rng.exponential(25, N_ADS).astype(int)
    bid = np.exp(rng.normal(-0.7, 0.3, N_CAMPAIGNS)[campaign] + rng.normal(0, 0.3, N_ADS))
    return {
        "campaign": campaign.astype(np.int16),
        "advertiser": advertiser[campaign].astype(np.int16),
        "category": category[advertiser[campaign]].astype(np.int8),
        "format": rng.choice(len(FORMATS), N_ADS, p=[0.4, 0.25, 0.2, 0.15]).astype(np.int8),
        "bid": np.round(bid, 2).astype(np.float32),
        "start_day": start_day,
        "end_day": end_day,
    }


def _uneven_groups(n: int, n_groups: int, rng: np.random.Generator) -> IntArray:
    size = rng.lognormal(0, 0.7, n_groups)
    rest = rng.choice(n_groups, n - n_groups, p=size / size.sum())
    return rng.permutation(np.concatenate([np.arange(n_groups), rest]))


def _spread(values: FloatArray, sd: float) -> FloatArray:
    """Centre and scale to exactly `sd`, so that worlds of different seeds are equally hard."""
    return ((values - values.mean()) * (sd / values.std())).astype(np.float32)


def _interaction(n_rows: int, n_columns: int, rank: int, sd: float, rng: np.random.Generator) -> FloatArray:
    """A table of that rank with no main effects: its rows and columns have mean zero."""
    left, right = rng.normal(size=(n_rows, rank)), rng.normal(size=(n_columns, rank))
    return _spread((left - left.mean(0)) @ (right - right.mean(0)).T, sd)


def _make_effects(
    days: int,
    users: Mapping[str, NDArray],
    ads: Mapping[str, NDArray],
    rng: np.random.Generator,
    drift_dial: float,
    user_dial: float,
) -> dict[str, FloatArray]:
    n_categories, campaign, category = len(CATEGORIES), ads["campaign"], ads["category"]
    hours = np.arange(24)

    def one(n: int, sd: float) -> FloatArray:
        return _spread(rng.normal(size=n), sd)

    quality = one(N_ADVERTISERS, 0.2)[ads["advertiser"]] + one(N_CAMPAIGNS, 0.28)[campaign] + one(N_ADS, 0.35)
    quality = quality + one(n_categories, 0.2)[category] + one(len(FORMATS), 0.15)[ads["format"]]
    drift = np.cumsum(one(days * n_categories, 0.085).reshape(days, -1), axis=0)
    wear = rng.gamma(2.0, 0.27, N_ADS) * (1 - np.exp(-np.maximum(np.arange(days)[:, None] - ads["start_day"], 0) / 5))
    by_user = np.float32(user_dial) * one(N_USERS, 0.2)
    by_user = by_user + one(len(AUDIENCES), 0.15)[users["segment"]] + one(len(REGIONS), 0.1)[users["region"]]
    peak_hour = rng.uniform(0, 24, n_categories)
    ad_taste = one(n_categories * N_TASTES, 0.6).reshape(n_categories, -1)[category]
    ad_taste = ad_taste + one(N_CAMPAIGNS * N_TASTES, 0.5).reshape(N_CAMPAIGNS, -1)[campaign]
    return {
        "user": by_user,
        "site": one(N_SITES, 0.2),
        "device": one(len(DEVICES), 0.1),
        "hour": _spread(np.cos((hours - rng.uniform(0, 24)) * np.pi / 12), 0.12),
        "weekday": one(7, 0.06),
        "ad": (quality + (drift_dial * (drift - drift.mean(1, keepdims=True)))[:, category] - wear).astype(
            np.float32
        ),  # by day
        "segment_category": _interaction(len(AUDIENCES), n_categories, 5, 0.52, rng),
        "region_campaign": _interaction(len(REGIONS), N_CAMPAIGNS, 4, 0.33, rng),
        "site_category": _interaction(N_SITES, n_categories, 4, 0.4, rng),
        "device_format": _interaction(len(DEVICES), len(FORMATS), 2, 0.25, rng),
        "hour_category": _spread(np.cos((hours[:, None] - peak_hour) * np.pi / 12), 0.25),
        "ad_taste": _spread(ad_taste + one(N_ADS * N_TASTES, 0.6).reshape(N_ADS, -1), 1.0),
    }


def _policy_score(
    ads: Mapping[str, NDArray], effects: Mapping[str, FloatArray], rng: np.random.Generator
) -> FloatArray:
    """Value that the logged policy expects: log bid + believed relevance, by day, visible context and ad."""
    in_region = effects["region_campaign"][:, ads["campaign"]] + rng.normal(0, 0.3, (len(REGIONS), N_ADS))
    on_device = effects["device_format"][:, ads["format"]]
    by_context = (in_region[:, None, :] + on_device[None, :, :]).reshape(N_CONTEXTS, N_ADS)
    by_day = np.log(ads["bid"]) + effects["ad"] + rng.normal(0, 0.35, N_ADS)
    return _spread(by_day[:, None, :] + by_context, 1.0)


def _calibrated_world(days: int, seed: int, dials: _Dials) -> _World:
    """Make the world, scaled to `RELEVANCE_SD` and the base rate on a pilot log: all worlds are equally hard.

    The scales come from the default world, so that a dial makes its own part larger and no other part smaller.
    """
    world, pilot = _pilot(days, seed)
    parts = [f"{name}_relevance" for name in RELEVANCE_SD]
    scale = {name: sd / float(pilot[part].std()) for part, (name, sd) in zip(parts, RELEVANCE_SD.items(), strict=True)}
    if (dials.drift, dials.user_effect) != (1, 1):
        world, pilot = _pilot(days, seed, dials.drift, dials.user_effect)
    scale["private"] *= dials.private_taste
    world.scale = scale
    top = EXAMINATION[:, :1].astype(float)
    world.examination = (top * (EXAMINATION / top) ** dials.position_effect).astype(np.float32)

    relevance = sum(scale[name] * pilot[part] for part, name in zip(parts, scale, strict=True))
    examination = world.examination[pilot["device"], pilot["slot"]]

    def rate(intercept: float) -> np.floating:  # in single precision, on which the default world rests
        return np.mean(examination * expit(intercept + relevance))

    target = (dials.base_rate - dials.bot_share * BOT_CLICK_RATE) / (1 - dials.bot_share)
    if not rate(-12) < target < rate(4):
        low, high = ((1 - dials.bot_share) * rate(c) + dials.bot_share * BOT_CLICK_RATE for c in (-12, 4))
        raise ValueError(
            f"base_rate is {dials.base_rate!r}; expected above {low:.2g} and below {high:.2g} with these dials: bots "
            f"click at {BOT_CLICK_RATE}, people at most as often as they look at the slot"
        )
    world.intercept = brentq(lambda c: rate(c) - target, -12, 4, xtol=1e-8)
    return world


def _pilot(days: int, seed: int, drift: float = 1.0, user_effect: float = 1.0) -> tuple[_World, Events]:
    """Make a world and a small log of it, its people only, with the default shares of bots and random rows."""
    streams = _streams(seed)
    world, rng = _make_world(days, streams["world"], drift, user_effect), streams["pilot"]
    events = _arrivals(world, 50_000, rng, BOT_SHARE)
    _choose_ads(world, events, rng, RANDOM_SHARE)
    _relevance(world, events, rng.standard_normal(50_000, np.float32))
    person = ~events["is_bot"]
    return world, {name: values[person] for name, values in events.items()}


# --- The log: who comes, what is shown, what is clicked -----------------------------------------------------------


def _arrivals(world: _World, n: int, rng: np.random.Generator, bot_share: float) -> Events:
    """Slots to fill, in time order: sessions of people (one user, site and device each) and the bots' visits."""
    n_bot = round(bot_share * n)
    n_human = n - n_bot
    horizon = world.days * MS_DAY

    starts = rng.random(n_human) < 0.25  # so sessions have a geometric length, 4 impressions on average
    starts[:1] = True
    session = np.cumsum(starts) - 1
    first = np.flatnonzero(starts)
    n_sessions = len(first)
    knots = np.concatenate([[0.0], np.cumsum(world.traffic)])
    start = np.interp(rng.random(n_sessions), knots / knots[-1], np.arange(len(knots)) * float(MS_HOUR))
    elapsed = np.cumsum(rng.exponential(40_000, n_human))
    time = (start - elapsed[first])[session] + elapsed
    user = _draw(world.users["activity"], n_sessions, rng)
    device = np.where(
        rng.random(n_sessions) < 0.85, world.users["device"][user], rng.integers(len(DEVICES), size=n_sessions)
    )
    anonymous = rng.random(n_sessions) < ANONYMOUS_SHARE
    site = _draw(world.site_share, n_sessions, rng)

    visit = np.arange(n_bot)
    period = horizon / max(1, -(-n_bot // N_BOTS))
    bot_time = (visit // N_BOTS + rng.random(N_BOTS)[visit % N_BOTS]) * period + rng.normal(0, 5_000, n_bot)

    # A session that would run over the end of the log goes on at its start, so no row falls outside.
    time = np.concatenate([time, bot_time]).astype(np.int64) % horizon
    order = np.argsort(time, kind="stable")

    def in_order(people: NDArray, bots: NDArray | int | bool, dtype: type) -> NDArray:
        values: NDArray = np.empty(n, dtype)
        values[:n_human] = people.astype(dtype)[session]
        values[n_human:] = bots
        return values[order]

    return {
        "time_ms": time[order],
        "user": in_order(user, world.users["bots"][visit % N_BOTS], np.int32),
        "site": in_order(site, _draw(world.site_share, n_bot, rng), np.int16),
        "device": in_order(device, 0, np.int8),
        "anonymous": in_order(anonymous, False, np.bool_),
        "is_bot": order >= n_human,
        "slot": _draw(np.array(SLOT_SHARE), n, rng).astype(np.int8),
    }


def _draw(weights: FloatArray, n: int, rng: np.random.Generator) -> IntArray:
    """Draw `n` indices in proportion to `weights`, by inverse CDF."""
    cumulative = np.cumsum(weights)
    return np.searchsorted(cumulative, rng.random(n) * cumulative[-1], side="right")


def _choice_probabilities(world: _World, day: int) -> FloatArray:
    """Probability that the logged policy shows each ad: contexts x slots x ads; the last axis sums to 1."""
    weight = np.exp(np.array(SLOT_SHARPNESS)[:, None] * world.score[day][:, None, :]) * world.live_weight[day]
    return weight / weight.sum(axis=-1, keepdims=True)


def _choose_ads(world: _World, events: Events, rng: np.random.Generator, random_share: float) -> None:
    """Add `ad`, `is_random` and `propensity`: the exact probability of the ad given day, region, device and slot."""
    n = len(events["time_ms"])
    is_random = rng.random(n) < random_share
    draw = rng.random(n) * (1 - 1e-12)  # keeps row + draw below row + 1 after rounding
    row = _context(world.users["region"][events["user"]], events["device"], events["slot"])
    ad, propensity = np.empty(n, np.int16), np.empty(n)
    bounds = np.searchsorted(events["time_ms"], np.arange(world.days + 1) * MS_DAY)
    for day in range(world.days):
        today = slice(bounds[day], bounds[day + 1])
        probability = _choice_probabilities(world, day).reshape(-1, N_ADS)
        cell = _draw_cells(probability, row[today], draw[today])
        live = np.flatnonzero(world.live_weight[day])
        uniform = live[(draw[today] * len(live)).astype(np.int64)]
        ad[today] = np.where(is_random[today], uniform, cell % N_ADS)
        propensity[today] = np.where(is_random[today], 1 / len(live), probability.ravel()[cell])
    events["ad"], events["is_random"], events["propensity"] = ad, is_random, propensity


def _context(region: IntArray, device: IntArray, slot: IntArray) -> IntArray:
    """The row of a day's choice probabilities, of codes that count from 0."""
    return (region.astype(np.int32) * len(DEVICES) + device) * N_SLOTS + slot


def _draw_cells(probability: FloatArray, row: IntArray, draw: FloatArray) -> IntArray:
    """Draw an ad for each `row` of a table contexts x ads, by inverse CDF; the cell of the flat table."""
    cumulative = np.cumsum(probability, axis=1, dtype=np.float64)
    cumulative /= cumulative[:, -1:]
    cumulative += np.arange(len(cumulative))[:, None]  # one sorted array for all contexts and slots
    return np.searchsorted(cumulative.ravel(), row + draw, side="right")


def _relevance(world: _World, events: Events, hidden: FloatArray) -> None:
    """Add the parts of the truth: examination (probability) and four relevances (logit); `hidden` has sd 1."""
    effects, user, ad, site, device = world.effects, events["user"], events["ad"], events["site"], events["device"]
    hour = (events["time_ms"] // MS_HOUR).astype(np.int32)
    day, hour = hour // 24, hour % 24
    campaign, category, segment = world.ads["campaign"][ad], world.ads["category"][ad], world.users["segment"][user]
    events["examination"] = world.examination[device, events["slot"]]
    events["main_relevance"] = (
        effects["user"][user]
        + effects["site"][site]
        + effects["ad"][day, ad]
        + effects["device"][device]
        + effects["hour"][hour]
        + effects["weekday"][day % 7]
    )
    events["shared_relevance"] = (
        effects["segment_category"][segment, category]
        + effects["region_campaign"][world.users["region"][user], campaign]
        + effects["site_category"][site, category]
        + effects["device_format"][device, world.ads["format"][ad]]
        + effects["hour_category"][hour, category]
    )
    events["private_relevance"] = np.einsum("ij,ij->i", world.users["taste"][user], effects["ad_taste"][ad])
    events["hidden_relevance"] = hidden
    for name, scale in world.scale.items():
        events[f"{name}_relevance"] *= np.float32(scale)


def _true_ctr(world: _World, events: Events) -> FloatArray:
    relevance = sum((events[f"{part}_relevance"] for part in RELEVANCE_SD), np.float64(world.intercept))
    return np.where(events["is_bot"], BOT_CLICK_RATE, events["examination"] * expit(relevance))


def _report_times(world: _World, events: Events, rng: np.random.Generator, delay_dial: float) -> IntArray:
    """When each click reaches the log, in ms (NaT without a click): minutes or hours, by category."""
    n_categories = len(CATEGORIES)
    slow_share = rng.permutation(np.linspace(0.2, 0.6, n_categories))
    reported = np.full(len(events["clicked"]), np.iinfo(np.int64).min)
    clicks = np.flatnonzero(events["clicked"])
    is_slow = rng.random(len(clicks)) < slow_share[world.ads["category"][events["ad"][clicks]]]
    mean_hours = delay_dial * np.where(is_slow, 8.0, 4 / 60)
    delay = rng.exponential(size=len(clicks)) * mean_hours * MS_HOUR
    reported[clicks] = events["time_ms"][clicks] + 1 + delay.astype(np.int64)
    return reported


def _repeat_some_rows(events: Events, rng: np.random.Generator) -> None:
    """Overwrite some rows by an exact repeat of the row before them, as a retried write to the log does."""
    n = len(events["clicked"])
    is_duplicate = rng.random(n) < DUPLICATE_SHARE
    is_duplicate[:1] = False
    is_duplicate[1:] &= ~is_duplicate[:-1]
    rows = np.flatnonzero(is_duplicate)
    for name in events:
        events[name][rows] = events[name][rows - 1]
    events["is_duplicate"] = is_duplicate


# --- What is handed over ------------------------------------------------------------------------------------------


def _features(world: _World, events: Events) -> pd.DataFrame:
    """What is known before anything is shown: the columns of a request and of an ad."""
    users, ads, user, ad, anonymous = world.users, world.ads, events["user"], events["ad"], events["anonymous"]
    columns = {
        "timestamp": START + events["time_ms"].astype("timedelta64[ms]"),
        "user_id": pd.arrays.IntegerArray(user + np.int32(1), anonymous.copy()),
        "age_group": _labels(np.where(anonymous, np.int8(-1), users["age_group"][user]), AGE_GROUPS),
        "audience": _labels(np.where(anonymous, np.int8(-1), users["audience"][user]), AUDIENCES),
        "region": _labels(users["region"][user], REGIONS),
        "device": _labels(events["device"], DEVICES),
        "site_id": events["site"] + np.int32(1),
        "position": events["slot"] + np.int32(1),
        "ad_id": ad + np.int32(1),
        "campaign_id": ads["campaign"][ad] + np.int32(1),
        "advertiser_id": ads["advertiser"][ad] + np.int32(1),
        "category": _labels(ads["category"][ad], CATEGORIES),
        "ad_format": _labels(ads["format"][ad], FORMATS),
        "bid": ads["bid"][ad],
    }
    return pd.DataFrame(columns, copy=False)


def _impressions(world: _World, events: Events) -> pd.DataFrame:
    frame = _features(world, events)
    frame["policy"] = _labels(events["is_random"].view(np.int8), POLICIES)
    frame["propensity"] = events["propensity"]
    frame["clicked"] = events["clicked"]
    frame["reported_at"] = START + events["reported_ms"].view("timedelta64[ms]")
    return frame


def _labels(codes: NDArray, names: tuple[str, ...]) -> pd.Categorical:
    return pd.Categorical.from_codes(codes, categories=list(names))


def _truth(events: Events) -> pd.DataFrame:
    names = ("examination", "main_relevance", "shared_relevance", "private_relevance", "hidden_relevance")
    return pd.DataFrame({name: events[name] for name in (*names, "is_bot", "is_duplicate")}, copy=False)
