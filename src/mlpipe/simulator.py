"""A simulated ad log whose true click probabilities are known.

Each impression is one slot on a page. A person clicks when the slot is looked at *and* the ad is relevant
(the examination hypothesis of Richardson, Dominowska and Ragno 2007), so for people

    true_ctr = examination x sigmoid(intercept + main_relevance + shared_relevance
                                     + private_relevance + hidden_relevance)

and for bots ``true_ctr = BOT_CLICK_RATE`` whatever they are shown. The log in `AdLog.impressions` has the columns of
a real log, with final labels: at time t a real log would know only the clicks with `reported_at` up to t. The truth is
kept apart from it, so that it cannot leak into features.
"""

from collections.abc import Mapping
from dataclasses import dataclass, field
from operator import index

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from scipy.optimize import brentq
from scipy.special import expit

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

BASE_RATE = 0.03
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

MS_HOUR, MS_DAY = 3_600_000, 86_400_000
N_CONTEXTS, N_SLOTS, N_TASTES = len(REGIONS) * len(DEVICES), len(SLOT_SHARE), 4

IntArray = NDArray[np.integer]
FloatArray = NDArray[np.floating]
Events = dict[str, NDArray]


@dataclass(frozen=True)
class AdLog:
    """A simulated log and, apart from it, its truth; all parts have one row an impression, in the same order.

    Columns of `impressions`: ``timestamp``; the person: ``user_id`` (missing without consent, and then ``age_group``
    and ``audience`` too), ``age_group`` (some users never gave it), ``audience`` (interest label bought from a data
    provider, often wrong), ``region``; the place: ``device``, ``site_id``, ``position`` (1 = top slot); the ad:
    ``ad_id``, ``campaign_id``, ``advertiser_id``, ``category``, ``ad_format``, ``bid`` (dollars a click); ``policy``
    that chose the ad ("logged", or "random": uniform over the ads live that day) and ``propensity``, the exact
    probability that this policy shows this ad given day, region, device and position; ``clicked`` (1 if a click ever
    comes) and ``reported_at`` (when the log learns of the click; missing without one; may lie after the log's end).

    Attributes:
        impressions: what a real log has, in time order.
        true_ctr: probability of an eventual click given everything, position included, before reporting delay.
        truth: the parts of `true_ctr`: ``examination`` (probability that the slot is looked at), ``main_relevance``
            (one-factor effects), ``shared_relevance`` (interactions that many users share), ``private_relevance``
            (a user's own taste), ``hidden_relevance`` (a state that no column shows), the last four on the logit
            scale, then ``is_bot`` and ``is_duplicate`` (an exact repeat of the row before it).
        intercept: the constant of the logit.

    """

    impressions: pd.DataFrame
    true_ctr: FloatArray
    truth: pd.DataFrame
    intercept: float


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
    scale: Mapping[str, float] = field(default_factory=lambda: dict.fromkeys(RELEVANCE_SD, 1.0))
    intercept: float = 0.0


def simulate_ad_log(n_impressions: int = 1_000_000, days: int = 14, seed: int = 0) -> AdLog:
    """Simulate an ad server's log of `n_impressions` rows over `days` days, with the truth behind each click.

    One seed gives the same log on every run; another seed gives another world of the same law. A position effect,
    a logged policy that is confounded with ad quality, a uniformly random slice, delayed clicks, bots and duplicates
    are built in.

    Args:
        n_impressions: rows of the log, at least 1.
        days: length of the log in days from Monday 2026-01-05, at least 2.
        seed: non-negative integer.

    Returns:
        An `AdLog`: `impressions` (DataFrame), `true_ctr` (array), `truth` (DataFrame), aligned row by row.

    Raises:
        ValueError: an argument is not an integer or is out of range.

    Source: this project; click = examined and relevant as in Richardson, Dominowska and Ragno 2007 (WWW).

    >>> log = simulate_ad_log(n_impressions=1000)
    >>> len(log.impressions), bool((log.true_ctr <= log.truth["examination"]).all())
    (1000, True)

    """
    n_impressions = _integer("n_impressions", n_impressions, at_least=1)
    days = _integer("days", days, at_least=2)
    seed = _integer("seed", seed, at_least=0)
    # One stream for each concern: a later dial that draws more in one of them leaves the others as they were.
    names = ("world", "pilot", "arrivals", "choices", "hidden", "clicks", "delays", "duplicates")
    streams = dict(zip(names, map(np.random.default_rng, np.random.SeedSequence(seed).spawn(len(names))), strict=True))

    world = _make_world(days, streams["world"])
    _calibrate(world, streams["pilot"])
    events = _arrivals(world, n_impressions, streams["arrivals"])
    _choose_ads(world, events, streams["choices"])
    _relevance(world, events, streams["hidden"])
    relevance = sum((events[f"{part}_relevance"] for part in RELEVANCE_SD), np.float64(world.intercept))
    events["true_ctr"] = np.where(events["is_bot"], BOT_CLICK_RATE, events["examination"] * expit(relevance))
    events["clicked"] = (streams["clicks"].random(n_impressions) < events["true_ctr"]).astype(np.int8)
    events["reported_ms"] = _report_times(world, events, streams["delays"])
    _repeat_some_rows(events, streams["duplicates"])
    return AdLog(_impressions(world, events), events["true_ctr"], _truth(events), world.intercept)


def _integer(name: str, value: object, at_least: int) -> int:
    try:
        number = index(value)  # type: ignore[arg-type]
    except TypeError:
        number = None
    if number is None or isinstance(value, bool | np.bool_) or number < at_least:
        raise ValueError(
            f"{name} must be an integer >= {at_least}, found {value!r}: pass a whole number such as {max(at_least, 7)}."
        )
    return number


# --- The world: people, ads, sites and how they fit together -----------------------------------------------------


def _make_world(days: int, rng: np.random.Generator) -> _World:
    users, ads = _make_users(rng), _make_ads(days, rng)
    effects = _make_effects(days, users, ads, rng)
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
    days: int, users: Mapping[str, NDArray], ads: Mapping[str, NDArray], rng: np.random.Generator
) -> dict[str, FloatArray]:
    n_categories, campaign, category = len(CATEGORIES), ads["campaign"], ads["category"]
    hours = np.arange(24)

    def one(n: int, sd: float) -> FloatArray:
        return _spread(rng.normal(size=n), sd)

    quality = one(N_ADVERTISERS, 0.2)[ads["advertiser"]] + one(N_CAMPAIGNS, 0.28)[campaign] + one(N_ADS, 0.35)
    quality = quality + one(n_categories, 0.2)[category] + one(len(FORMATS), 0.15)[ads["format"]]
    drift = np.cumsum(one(days * n_categories, 0.085).reshape(days, -1), axis=0)
    wear = rng.gamma(2.0, 0.27, N_ADS) * (1 - np.exp(-np.maximum(np.arange(days)[:, None] - ads["start_day"], 0) / 5))
    by_user = one(N_USERS, 0.2) + one(len(AUDIENCES), 0.15)[users["segment"]] + one(len(REGIONS), 0.1)[users["region"]]
    peak_hour = rng.uniform(0, 24, n_categories)
    ad_taste = one(n_categories * N_TASTES, 0.6).reshape(n_categories, -1)[category]
    ad_taste = ad_taste + one(N_CAMPAIGNS * N_TASTES, 0.5).reshape(N_CAMPAIGNS, -1)[campaign]
    return {
        "user": by_user,
        "site": one(N_SITES, 0.2),
        "device": one(len(DEVICES), 0.1),
        "hour": _spread(np.cos((hours - rng.uniform(0, 24)) * np.pi / 12), 0.12),
        "weekday": one(7, 0.06),
        "ad": (quality + (drift - drift.mean(1, keepdims=True))[:, category] - wear).astype(np.float32),  # by day
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


def _calibrate(world: _World, rng: np.random.Generator) -> None:
    """Set scale and intercept to `RELEVANCE_SD` and `BASE_RATE` on a pilot log: all worlds are equally hard."""
    pilot = _arrivals(world, 50_000, rng)
    _choose_ads(world, pilot, rng)
    _relevance(world, pilot, rng)
    person = ~pilot["is_bot"]
    parts = {name: pilot[f"{name}_relevance"][person] for name in RELEVANCE_SD}
    world.scale = {name: sd / float(parts[name].std()) for name, sd in RELEVANCE_SD.items()}
    relevance = sum(world.scale[name] * part for name, part in parts.items())
    target = (BASE_RATE - BOT_SHARE * BOT_CLICK_RATE) / (1 - BOT_SHARE)
    examination = pilot["examination"][person]
    world.intercept = brentq(lambda c: np.mean(examination * expit(c + relevance)) - target, -12, 4, xtol=1e-8)


# --- The log: who comes, what is shown, what is clicked -----------------------------------------------------------


def _arrivals(world: _World, n: int, rng: np.random.Generator) -> Events:
    """Slots to fill, in time order: sessions of people (one user, site and device each) and the bots' visits."""
    n_bot = round(BOT_SHARE * n)
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


def _choose_ads(world: _World, events: Events, rng: np.random.Generator) -> None:
    """Add `ad`, `is_random` and `propensity`: the exact probability of the ad given day, region, device and slot."""
    n = len(events["time_ms"])
    is_random = rng.random(n) < RANDOM_SHARE
    draw = rng.random(n) * (1 - 1e-12)  # keeps row + draw below row + 1 after rounding
    context = world.users["region"][events["user"]].astype(np.int32) * len(DEVICES) + events["device"]
    row = context * N_SLOTS + events["slot"]
    ad, propensity = np.empty(n, np.int16), np.empty(n)
    bounds = np.searchsorted(events["time_ms"], np.arange(world.days + 1) * MS_DAY)
    for day in range(world.days):
        today = slice(bounds[day], bounds[day + 1])
        probability = _choice_probabilities(world, day).reshape(-1, N_ADS)
        cumulative = np.cumsum(probability, axis=1)
        cumulative /= cumulative[:, -1:]
        cumulative += np.arange(len(cumulative))[:, None]  # one sorted array for all contexts and slots
        cell = np.searchsorted(cumulative.ravel(), row[today] + draw[today], side="right")
        live = np.flatnonzero(world.live_weight[day])
        uniform = live[(draw[today] * len(live)).astype(np.int64)]
        ad[today] = np.where(is_random[today], uniform, cell % N_ADS)
        propensity[today] = np.where(is_random[today], 1 / len(live), probability.ravel()[cell])
    events["ad"], events["is_random"], events["propensity"] = ad, is_random, propensity


def _relevance(world: _World, events: Events, rng: np.random.Generator) -> None:
    """Add the parts of the truth: examination (probability) and four relevances (logit)."""
    effects, user, ad, site, device = world.effects, events["user"], events["ad"], events["site"], events["device"]
    hour = (events["time_ms"] // MS_HOUR).astype(np.int32)
    day, hour = hour // 24, hour % 24
    campaign, category, segment = world.ads["campaign"][ad], world.ads["category"][ad], world.users["segment"][user]
    events["examination"] = EXAMINATION[device, events["slot"]]
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
    events["hidden_relevance"] = rng.standard_normal(len(user), np.float32)
    for name, scale in world.scale.items():
        events[f"{name}_relevance"] *= np.float32(scale)


def _report_times(world: _World, events: Events, rng: np.random.Generator) -> IntArray:
    """When each click reaches the log, in ms (NaT without a click): minutes or hours, by category."""
    n_categories = len(CATEGORIES)
    slow_share = rng.permutation(np.linspace(0.2, 0.6, n_categories))
    reported = np.full(len(events["clicked"]), np.iinfo(np.int64).min)
    clicks = np.flatnonzero(events["clicked"])
    is_slow = rng.random(len(clicks)) < slow_share[world.ads["category"][events["ad"][clicks]]]
    mean_hours = np.where(is_slow, 8.0, 4 / 60)
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


def _impressions(world: _World, events: Events) -> pd.DataFrame:
    users, ads, user, ad, anonymous = world.users, world.ads, events["user"], events["ad"], events["anonymous"]

    def labels(codes: NDArray, names: tuple[str, ...]) -> pd.Categorical:
        return pd.Categorical.from_codes(codes, categories=list(names))

    columns = {
        "timestamp": START + events["time_ms"].astype("timedelta64[ms]"),
        "user_id": pd.arrays.IntegerArray(user + np.int32(1), anonymous.copy()),
        "age_group": labels(np.where(anonymous, np.int8(-1), users["age_group"][user]), AGE_GROUPS),
        "audience": labels(np.where(anonymous, np.int8(-1), users["audience"][user]), AUDIENCES),
        "region": labels(users["region"][user], REGIONS),
        "device": labels(events["device"], DEVICES),
        "site_id": events["site"] + np.int32(1),
        "position": events["slot"] + np.int32(1),
        "ad_id": ad + np.int32(1),
        "campaign_id": ads["campaign"][ad] + np.int32(1),
        "advertiser_id": ads["advertiser"][ad] + np.int32(1),
        "category": labels(ads["category"][ad], CATEGORIES),
        "ad_format": labels(ads["format"][ad], FORMATS),
        "bid": ads["bid"][ad],
        "policy": labels(events["is_random"].view(np.int8), POLICIES),
        "propensity": events["propensity"],
        "clicked": events["clicked"],
        "reported_at": START + events["reported_ms"].view("timedelta64[ms]"),
    }
    return pd.DataFrame(columns, copy=False)


def _truth(events: Events) -> pd.DataFrame:
    names = ("examination", "main_relevance", "shared_relevance", "private_relevance", "hidden_relevance")
    return pd.DataFrame({name: events[name] for name in (*names, "is_bot", "is_duplicate")}, copy=False)
