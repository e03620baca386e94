"""The simulated ad log: schema, exactness of its truth, and the laws that the lessons lean on."""

from functools import cache

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.special import expit, xlogy

from mlpipe import simulator
from mlpipe.simulator import BOT_CLICK_RATE, EXAMINATION, START, AdLog, simulate_ad_log

N = 400_000
DAYS = 14
SEEDS = (0, 1)
RELEVANCE = ["main_relevance", "shared_relevance", "private_relevance", "hidden_relevance"]
IDS = {"ad_id": 2400, "campaign_id": 300, "advertiser_id": 100, "site_id": 300, "user_id": 40_000}
FIXED = {
    "ad_ids": 1227165,
    "clicks": 25,
    "first": "2026-01-05 06:18:31.960000",
    "mean_ctr": 0.032901,
    "intercept": -3.5920,
}


@cache
def world_log(seed: int) -> AdLog:
    return simulate_ad_log(N, days=DAYS, seed=seed)


@pytest.fixture(params=SEEDS)
def log(request: pytest.FixtureRequest) -> AdLog:
    return world_log(request.param)


def day_of(log: AdLog) -> np.ndarray:
    return ((log.impressions["timestamp"] - START) // pd.Timedelta(days=1)).to_numpy()


def is_logged(log: AdLog) -> np.ndarray:
    return (log.impressions["policy"] == "logged").to_numpy()


def cross_entropy(truth: np.ndarray, predicted: np.ndarray) -> float:
    return -float(np.mean(xlogy(truth, predicted) + xlogy(1 - truth, 1 - predicted)))


def best_prediction(true_ctr: np.ndarray, examination: np.ndarray, relevance: np.ndarray) -> np.ndarray:
    """Conditional mean of the truth in cells of examination x relevance: no model of these two can do better."""
    slot = np.unique(examination, return_inverse=True)[1]
    quantiles = np.quantile(relevance, np.linspace(0, 1, 61)[1:-1])
    cell = slot * 60 + np.searchsorted(quantiles, relevance)
    count = np.bincount(cell)
    return (np.bincount(cell, true_ctr) / np.maximum(count, 1))[cell]


def share_of_gain(log: AdLog, predicted: np.ndarray) -> float:
    truth = log.true_ctr
    base = cross_entropy(truth, np.full(len(truth), truth.mean()))
    return (base - cross_entropy(truth, predicted)) / (base - cross_entropy(truth, truth))


# --- Schema ----------------------------------------------------------------------------------------------


def test_columns_and_types():
    impressions = world_log(0).impressions
    categorical = pd.CategoricalDtype
    expected = {
        "timestamp": "datetime64[ms]",
        "user_id": "Int32",
        "age_group": categorical,
        "audience": categorical,
        "region": categorical,
        "device": categorical,
        "site_id": "int32",
        "position": "int32",
        "ad_id": "int32",
        "campaign_id": "int32",
        "advertiser_id": "int32",
        "category": categorical,
        "ad_format": categorical,
        "bid": "float32",
        "policy": categorical,
        "propensity": "float64",
        "clicked": "int8",
        "reported_at": "datetime64[ms]",
    }
    assert list(impressions.columns) == list(expected)
    for name, dtype in expected.items():
        found = impressions[name].dtype
        assert isinstance(found, dtype) if dtype is categorical else found == dtype, (name, found)


def test_values_stay_in_their_domains(log: AdLog):
    impressions = log.impressions
    assert len(impressions) == len(log.truth) == len(log.true_ctr) == N
    assert set(impressions["position"]) == {1, 2, 3, 4, 5}
    assert set(impressions["clicked"]) == {0, 1}
    assert set(impressions["policy"].cat.categories) == {"logged", "random"}
    for name, size in IDS.items():
        assert impressions[name].min() >= 1, name
        assert impressions[name].max() <= size, name
    assert impressions["category"].nunique() == 16
    assert impressions["ad_id"].nunique() > 2300
    always = impressions.drop(columns=["user_id", "age_group", "audience", "reported_at"])
    assert not always.isna().any().any()


def test_attributes_belong_to_their_entity(log: AdLog):
    impressions = log.impressions
    by_ad = impressions.groupby("ad_id")[["campaign_id", "advertiser_id", "category", "ad_format", "bid"]].nunique()
    assert (by_ad == 1).all().all()
    by_campaign = impressions.groupby("campaign_id")[["advertiser_id", "category"]].nunique()
    assert (by_campaign == 1).all().all()
    known = impressions[impressions["user_id"].notna()]
    by_user = known.groupby("user_id")[["age_group", "audience", "region"]].nunique(dropna=False)
    assert (by_user == 1).all().all()


def test_missing_values(log: AdLog):
    impressions = log.impressions
    anonymous = impressions["user_id"].isna()
    assert 0.09 < anonymous.mean() < 0.11
    assert impressions.loc[anonymous, ["age_group", "audience"]].isna().all().all()
    by_user = impressions[~anonymous].drop_duplicates("user_id")
    assert 0.13 < by_user["age_group"].isna().mean() < 0.17
    assert by_user["audience"].notna().all()


def test_time_order_and_span(log: AdLog):
    timestamp = log.impressions["timestamp"]
    assert timestamp.is_monotonic_increasing
    assert timestamp.iloc[0] >= pd.Timestamp("2026-01-05")
    assert timestamp.iloc[-1] < pd.Timestamp("2026-01-05") + pd.Timedelta(days=DAYS)
    per_day = np.bincount(day_of(log), minlength=DAYS)
    assert per_day.min() > 0.7 * N / DAYS
    assert per_day[[5, 6, 12, 13]].max() < per_day[[0, 1, 2, 3, 7, 8, 9, 10]].min()
    per_hour = np.bincount(timestamp.dt.hour)
    assert per_hour[20] > 5 * per_hour[4]


# --- Repeatability ---------------------------------------------------------------------------------------


def test_same_seed_same_log():
    first, second = simulate_ad_log(5000, seed=3), simulate_ad_log(5000, seed=3)
    assert_frame_equal(first.impressions, second.impressions)
    assert_frame_equal(first.truth, second.truth)
    np.testing.assert_array_equal(first.true_ctr, second.true_ctr)


def test_other_seed_other_world():
    first, second = simulate_ad_log(5000, seed=3).impressions, simulate_ad_log(5000, seed=4).impressions
    for name in ("timestamp", "user_id", "ad_id", "propensity", "clicked"):
        assert not first[name].equals(second[name]), name
    bids = [frame.drop_duplicates("ad_id").set_index("ad_id")["bid"] for frame in (first, second)]
    assert (bids[0] == bids[1].reindex(bids[0].index)).mean() < 0.1


def test_default_world_is_fixed():
    """Lessons quote this world: a change of these values changes every stored output and every claim."""
    log = simulate_ad_log(1000)
    first = log.impressions.iloc[0]
    assert log.impressions["ad_id"].sum() == FIXED["ad_ids"]
    assert log.impressions["clicked"].sum() == FIXED["clicks"]
    assert first["timestamp"] == pd.Timestamp(FIXED["first"])
    assert log.true_ctr.mean() == pytest.approx(FIXED["mean_ctr"], rel=1e-4)
    assert log.intercept == pytest.approx(FIXED["intercept"], abs=1e-3)


@pytest.mark.parametrize(("n", "days"), [(1, 2), (10, 2), (1000, 5), (1000, 40)])
def test_small_and_odd_sizes(n: int, days: int):
    log = simulate_ad_log(n, days=days, seed=7)
    assert len(log.impressions) == len(log.truth) == len(log.true_ctr) == n
    assert log.impressions["timestamp"].between(START, START + np.timedelta64(days, "D"), inclusive="left").all()
    assert ((log.true_ctr > 0) & (log.true_ctr < 1)).all()


# --- The truth -------------------------------------------------------------------------------------------


def test_true_ctr_follows_from_its_parts(log: AdLog):
    truth = log.truth
    person = truth["examination"] * expit(log.intercept + truth[RELEVANCE].astype(float).sum(axis=1))
    expected = np.where(truth["is_bot"], BOT_CLICK_RATE, person)
    np.testing.assert_allclose(log.true_ctr, expected, rtol=1e-5)


def test_examination_is_the_curve_of_the_device(log: AdLog):
    impressions = log.impressions
    device = impressions["device"].cat.codes.to_numpy()
    np.testing.assert_array_equal(log.truth["examination"], EXAMINATION[device, impressions["position"] - 1])
    assert (np.diff(EXAMINATION, axis=1) < 0).all()


def test_clicks_follow_true_ctr(log: AdLog):
    # Without the repeats: they are not independent draws.
    fresh = ~log.truth["is_duplicate"].to_numpy()
    clicked, true_ctr = log.impressions["clicked"].to_numpy()[fresh], log.true_ctr[fresh]
    decile = np.searchsorted(np.quantile(true_ctr, np.linspace(0, 1, 11)[1:-1]), true_ctr)

    def surprise(rows: np.ndarray) -> float:
        p = true_ctr[rows]
        return float((clicked[rows].sum() - p.sum()) / np.sqrt((p * (1 - p)).sum()))

    assert abs(surprise(np.ones(len(clicked), bool))) < 3
    z = np.array([surprise(decile == d) for d in range(10)])
    assert np.abs(z).max() < 3.5
    assert true_ctr[decile == 9].mean() > 20 * true_ctr[decile == 0].mean()


def test_base_rate(log: AdLog):
    assert log.true_ctr.mean() == pytest.approx(0.03, abs=0.0015)


def test_the_oracle_is_as_good_as_the_lessons_say(log: AdLog):
    truth = log.true_ctr
    base = cross_entropy(truth, np.full(N, truth.mean()))
    assert 0.81 < cross_entropy(truth, truth) / base < 0.85


def test_interactions_carry_half_of_the_signal(log: AdLog):
    """A model without interactions stays under half of the oracle's gain, whatever its link function."""
    truth = log.truth
    prediction = best_prediction(log.true_ctr, truth["examination"].to_numpy(), truth["main_relevance"].to_numpy())
    assert 0.36 < share_of_gain(log, prediction) < 0.5


def test_private_and_hidden_signal_is_out_of_reach(log: AdLog):
    truth = log.truth
    known = (truth["main_relevance"] + truth["shared_relevance"]).to_numpy()
    assert 0.15 < 1 - share_of_gain(log, best_prediction(log.true_ctr, truth["examination"].to_numpy(), known)) < 0.25


def test_some_test_impressions_are_of_new_ads(log: AdLog):
    ad, is_test = log.impressions["ad_id"].to_numpy(), day_of(log) >= 12
    assert 0.03 < (~np.isin(ad[is_test], ad[~is_test])).mean() < 0.06


def test_ads_wear_out():
    """Within a category, which shares its drift, an ad that was new on day 0 loses more than one that was old."""
    world = simulator._make_world(DAYS, np.random.default_rng(0))
    start, category = world.ads["start_day"], world.ads["category"]
    change = pd.Series(world.effects["ad"][-1] - world.effects["ad"][0])
    was_new = change[(start < 0) & (start >= -3)].groupby(category[(start < 0) & (start >= -3)]).mean()
    was_old = change[start <= -12].groupby(category[start <= -12]).mean()
    assert (was_new - was_old).mean() < -0.2


# --- Who chose the ad ------------------------------------------------------------------------------------


def test_choice_probabilities_sum_to_one_over_live_ads():
    world = simulator._make_world(DAYS, np.random.default_rng(0))
    for day in (0, 13):
        probability = simulator._choice_probabilities(world, day)
        assert probability.shape == (24, 5, 2400)
        np.testing.assert_allclose(probability.sum(axis=-1), 1.0, rtol=1e-12)
        live = world.live_weight[day] > 0
        assert (probability[..., live] > 0).all()
        assert (probability[..., ~live] == 0).all()


def test_random_slice_is_uniform_over_live_ads(log: AdLog):
    impressions = log.impressions[~is_logged(log)]
    assert len(impressions) / N == pytest.approx(0.05, abs=0.003)
    day = day_of(log)[~is_logged(log)]
    for d in range(DAYS):
        today = impressions[day == d]
        n_live = 1 / today["propensity"].iloc[0]
        assert (today["propensity"] == 1 / n_live).all()
        assert n_live == pytest.approx(round(n_live))
        seen = today["ad_id"].nunique()
        expected = n_live * (1 - np.exp(-len(today) / n_live))  # distinct ads among uniform draws
        assert seen == pytest.approx(expected, abs=4 * np.sqrt(expected))


def test_logged_propensity_is_the_frequency_of_the_choice():
    """In one cell of context, day and slot the ads come up as often as their propensity says."""
    world = simulator._make_world(2, np.random.default_rng(5))
    n, region, device, slot = 200_000, 0, 1, 0
    user = np.flatnonzero(world.users["region"] == region)[0]
    events = {
        "time_ms": np.zeros(n, np.int64),
        "user": np.full(n, user),
        "device": np.full(n, device, np.int8),
        "slot": np.full(n, slot, np.int8),
    }
    simulator._choose_ads(world, events, np.random.default_rng(6), simulator.RANDOM_SHARE)
    probability = simulator._choice_probabilities(world, 0)[region * 3 + device, slot]
    logged = ~events["is_random"]
    np.testing.assert_allclose(events["propensity"][logged], probability[events["ad"][logged]], rtol=1e-12)
    expected = probability * logged.sum()
    count = np.bincount(events["ad"][logged], minlength=len(probability))
    big = expected > 5
    chi_square = ((count - expected)[big] ** 2 / expected[big]).sum()
    assert abs(chi_square - big.sum()) < 4 * np.sqrt(2 * big.sum())
    assert count[expected == 0].sum() == 0


def test_inverse_propensity_weights_recover_the_random_slice(log: AdLog):
    impressions, logged, day = log.impressions, is_logged(log), day_of(log)
    uniform = impressions["propensity"][~logged].groupby(day[~logged]).first().reindex(range(DAYS)).to_numpy()
    weight = uniform[day[logged]] / impressions["propensity"].to_numpy()[logged]
    value = weight * log.true_ctr[logged]
    random = log.true_ctr[~logged]
    error = np.hypot(value.std() / np.sqrt(len(value)), random.std() / np.sqrt(len(random)))
    assert weight.mean() == pytest.approx(1, abs=5 * weight.std() / np.sqrt(len(weight)))
    assert abs(value.mean() - random.mean()) < 3 * error
    assert log.true_ctr[logged].mean() > random.mean() + 20 * error  # without the weights the log is far off


def test_position_and_quality_are_confounded_in_the_logged_policy_only(log: AdLog):
    truth, position, logged = log.truth, log.impressions["position"], is_logged(log)
    relevance = truth["main_relevance"] + truth["shared_relevance"]
    by_slot = relevance.groupby([logged, position]).mean()
    assert (by_slot[True].diff().dropna() < 0).all()
    assert by_slot[True][1] - by_slot[True][5] > 0.3
    assert abs(by_slot[False][1] - by_slot[False][5]) < 0.08
    ctr = pd.Series(log.true_ctr).groupby([logged, position]).mean()
    assert ctr[True][1] / ctr[True][5] > 1.25 * ctr[False][1] / ctr[False][5]


# --- What is wrong in the log, as in a real one ----------------------------------------------------------


def test_bots(log: AdLog):
    impressions, is_bot = log.impressions, log.truth["is_bot"]
    assert is_bot.mean() == pytest.approx(0.007, abs=0.0005)
    bots = impressions.loc[is_bot, "user_id"]
    assert bots.notna().all()
    assert not impressions.loc[~is_bot, "user_id"].isin(bots.unique()).any()
    assert bots.nunique() == 16
    clicks = impressions.loc[is_bot, "clicked"]
    assert abs(clicks.mean() - 0.12) < 4 * np.sqrt(0.12 * 0.88 / len(clicks))
    assert (log.true_ctr[is_bot] == 0.12).all()
    first = impressions[impressions["user_id"].notna()].drop_duplicates(["user_id", "timestamp"])
    gap = first.groupby("user_id")["timestamp"].diff().dt.total_seconds().groupby(first["user_id"])
    irregularity = (gap.std() / gap.mean())[gap.count() > 50]
    assert set(irregularity.nsmallest(16).index) == set(bots.unique())
    assert irregularity[irregularity.index.isin(bots)].max() < 0.5


def test_duplicates_repeat_the_row_before_them(log: AdLog):
    is_duplicate = log.truth["is_duplicate"].to_numpy()
    assert is_duplicate.mean() == pytest.approx(0.003, abs=0.0006)
    rows = np.flatnonzero(is_duplicate)
    assert_frame_equal(
        log.impressions.iloc[rows].reset_index(drop=True), log.impressions.iloc[rows - 1].reset_index(drop=True)
    )
    np.testing.assert_array_equal(log.true_ctr[rows], log.true_ctr[rows - 1])
    np.testing.assert_array_equal(log.impressions.duplicated(), is_duplicate)


def test_clicks_are_reported_late(log: AdLog):
    impressions = log.impressions
    clicked = impressions["clicked"] == 1
    assert (impressions["reported_at"].notna() == clicked).all()
    delay = (impressions["reported_at"] - impressions["timestamp"])[clicked] / pd.Timedelta(hours=1)
    assert (delay > 0).all()
    assert 0.45 < (delay < 1 / 6).mean() < 0.65
    assert 0.1 < (delay > 6).mean() < 0.25
    day = day_of(log)[clicked]
    end = pd.Timestamp(START) + pd.Timedelta(days=DAYS)
    reported = (impressions["reported_at"][clicked] < end).groupby(day).mean()
    assert reported[13] < 0.93
    assert reported[10] > 0.99


# --- Bad arguments ---------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "name"),
    [
        ({"n_impressions": 0}, "n_impressions"),
        ({"n_impressions": -5}, "n_impressions"),
        ({"n_impressions": 1e6}, "n_impressions"),
        ({"n_impressions": "1000"}, "n_impressions"),
        ({"n_impressions": True}, "n_impressions"),
        ({"days": 1}, "days"),
        ({"days": 2.5}, "days"),
        ({"seed": -1}, "seed"),
        ({"seed": None}, "seed"),
    ],
)
def test_bad_arguments_are_named(arguments: dict, name: str):
    with pytest.raises(ValueError, match=rf"{name} must be an integer >= \d, found {arguments[name]!r}"):
        simulate_ad_log(**{"n_impressions": 1000, **arguments})


def test_unknown_dial():
    with pytest.raises(TypeError, match="drfit"):
        simulate_ad_log(1000, drfit=2.0)  # type: ignore[call-arg]
