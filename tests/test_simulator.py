"""The simulated ad log: schema, exactness of its truth, and the laws that the lessons lean on."""

import subprocess
import sys
from functools import cache

import numpy as np
import pandas as pd
import pytest
from pandas.testing import assert_frame_equal
from scipy.special import expit, logit, xlogy
from sklearn.metrics import roc_auc_score

from mlpipe import simulator
from mlpipe.simulator import (
    BOT_CLICK_RATE,
    DEVICES,
    EXAMINATION,
    START,
    AdLog,
    choice_context,
    choice_probabilities,
    impressions_by_day,
    policy_of_scores,
    policy_value,
    simulate_ad_log,
    simulate_auctions,
)

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


def test_marginal_rates(log: AdLog):
    impressions = log.impressions

    def shares(name: str) -> np.ndarray:
        return impressions[name].value_counts(normalize=True, sort=False).sort_index().to_numpy()

    np.testing.assert_allclose(shares("position"), [0.28, 0.23, 0.19, 0.16, 0.14], atol=0.004)
    own = 0.85 * np.array([0.38, 0.55, 0.07]) + 0.05
    np.testing.assert_allclose(shares("device"), own, atol=0.02)  # a user has many rows: wider than for coin flips
    np.testing.assert_allclose(shares("region"), [0.24, 0.18, 0.15, 0.13, 0.11, 0.08, 0.07, 0.04], atol=0.025)
    by_rank = np.arange(1, 301) ** -0.7
    np.testing.assert_allclose(np.sort(shares("site_id"))[::-1], by_rank / by_rank.sum(), atol=0.003)
    bid = impressions.drop_duplicates("ad_id")["bid"]
    assert np.log(bid).mean() == pytest.approx(-0.7, abs=0.1)
    assert np.log(bid).std() == pytest.approx(0.42, abs=0.05)


def test_the_log_holds_no_truth(log: AdLog):
    assert not set(log.impressions.columns) & {*log.truth.columns, "true_ctr"}
    known = {name: column.astype(float) for name, column in log.impressions.select_dtypes("number").items()}
    known |= {name: log.impressions[name].cat.codes.astype(float) for name in log.impressions.select_dtypes("category")}
    for part in [*RELEVANCE, "is_bot"]:
        hidden = log.truth[part].astype(float)
        for name, column in known.items():
            assert abs(column.corr(hidden)) < 0.6, (name, part)
    assert max(abs(column.corr(pd.Series(log.true_ctr))) for column in known.values()) < 0.5


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


@pytest.mark.parametrize("block_rows", [1, 997, 2500, 5000, 10**9])
def test_a_log_day_by_day_has_the_same_rows_for_any_block(block_rows: int):
    whole = simulate_ad_log(5000, days=3, seed=3, drift=2).impressions
    frames = list(impressions_by_day(5000, days=3, seed=3, drift=2, block_rows=block_rows))
    assert_frame_equal(pd.concat(frames, ignore_index=True), whole)
    days = [((frame["timestamp"] - START) // pd.Timedelta(days=1)).unique().tolist() for frame in frames]
    assert days == [[0], [1], [2]]


def test_a_day_without_rows_is_a_frame_without_rows():
    frames = list(impressions_by_day(1, days=3))
    assert sorted(map(len, frames)) == [0, 0, 1]
    assert all(list(frame) == list(frames[0]) for frame in frames)


def test_a_log_day_by_day_refuses_at_the_call():
    with pytest.raises(ValueError, match="block_rows is 0; expected a whole number, 1 or more"):
        impressions_by_day(10, block_rows=0)
    with pytest.raises(ValueError, match="drift is -1"):
        impressions_by_day(10, drift=-1)


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


def test_the_oracle_orders_clicks_as_well_as_the_lessons_say(log: AdLog):
    assert 0.79 < roc_auc_score(log.impressions["clicked"], log.true_ctr) < 0.83


def test_the_parts_have_the_spread_that_the_table_of_the_module_states(log: AdLog):
    people = log.truth[~log.truth["is_bot"]]
    for name, sd in simulator.RELEVANCE_SD.items():
        assert people[f"{name}_relevance"].std() == pytest.approx(sd, rel=0.04), name
    correlation = people[RELEVANCE].corr().to_numpy() - np.eye(4)
    assert np.abs(correlation).max() < 0.2


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


# --- What the lessons on biased clicks ask of it ---------------------------------------------------------


def effective_size(weight: np.ndarray) -> float:
    return float(weight.sum() ** 2 / (weight**2).sum())


def uniform_weight(log: AdLog) -> np.ndarray:
    """Weight of each row that turns its policy into the uniform one."""
    random = log.impressions[~is_logged(log)]
    uniform = random["propensity"].groupby(day_of(log)[~is_logged(log)]).first().reindex(range(DAYS)).to_numpy()
    return uniform[day_of(log)] / log.impressions["propensity"].to_numpy()


def test_logged_rows_overlap_enough_to_value_another_policy(log: AdLog):
    """A policy prefers ads by their rate in week one: what clicks of week two say of it meets its true value."""
    impressions, logged, day = log.impressions, is_logged(log), day_of(log)
    assert effective_size(uniform_weight(log)[logged]) > 0.25 * logged.sum()
    ad, clicked = impressions["ad_id"].to_numpy(), impressions["clicked"].to_numpy()
    shown = np.bincount(ad[day < 7], minlength=2401)
    rate = (np.bincount(ad[day < 7], clicked[day < 7], minlength=2401) + 3) / (shown + 100)
    weight = np.zeros(N)
    for d in range(7, DAYS):
        live = np.unique(ad[day == d])
        wish = np.zeros(2401)
        wish[live] = rate[live] ** 2 / (rate[live] ** 2).sum()
        weight[day == d] = wish[ad[day == d]] / impressions["propensity"].to_numpy()[day == d]
    rows = logged & (day >= 7)
    estimate = weight[rows] * clicked[rows]
    value = (weight * log.true_ctr)[~logged & (day >= 7)]  # other rows, other propensities, and no click noise
    error = np.hypot(estimate.std() / np.sqrt(len(estimate)), value.std() / np.sqrt(len(value)))
    assert effective_size(weight[rows]) > 0.15 * rows.sum()
    assert abs(estimate.mean() - value.mean()) < 3.5 * error
    # The logged policy's own click rate answers another question.
    assert clicked[rows].mean() > estimate.mean() + 5 * estimate.std() / np.sqrt(len(estimate))


def test_weights_recover_the_examination_curve_of_each_device(log: AdLog):
    person = is_logged(log) & ~log.truth["is_bot"].to_numpy()
    position, weight = log.impressions["position"].to_numpy(), uniform_weight(log)
    for device in range(2):
        rows = person & (log.impressions["device"].cat.codes == device).to_numpy()
        slots = [rows & (position == slot) for slot in range(1, 6)]
        naive = np.array([log.true_ctr[slot].mean() for slot in slots])
        weighted = np.array([np.average(log.true_ctr[slot], weights=weight[slot]) for slot in slots])
        truth = EXAMINATION[device] / EXAMINATION[device, 0]
        np.testing.assert_allclose(weighted / weighted[0], truth, rtol=0.1)
        assert naive[4] / naive[0] < 0.8 * truth[4]


@pytest.mark.parametrize("delay", [1.0, 6.0])
def test_a_model_of_the_delay_mends_young_labels(delay: float):
    """Clicks known at the end of day 12, over the share that should be known by their age, by category."""
    log = simulate_ad_log(N, days=DAYS, seed=0, delay=delay)
    now = pd.Timestamp(START) + pd.Timedelta(days=12)
    past = log.impressions[log.impressions["timestamp"] < now]
    age, late = (now - past["timestamp"]).to_numpy(), (past["reported_at"] - past["timestamp"]).to_numpy()
    known, young = (past["reported_at"] <= now).to_numpy(), age <= np.timedelta64(1, "D")
    ripe = known & (age > np.timedelta64(8, "D"))  # a week at six times the delay leaves 3 % out at most
    share_known = np.empty(len(past))
    for category in range(16):
        rows = (past["category"].cat.codes == category).to_numpy()
        curve = np.sort(late[ripe & rows])
        share_known[rows] = np.searchsorted(curve, age[rows], side="right") / len(curve)
    final = past["clicked"].to_numpy()[young].sum()
    assert known[young].sum() < 0.9 * final
    corrected = (young & known).sum() * young.sum() / share_known[young].sum()
    assert abs(corrected / final - 1) < 4 / np.sqrt(final)


# --- Dials -----------------------------------------------------------------------------------------------

DIALED = 100_000
OUTCOME = {"clicked", "reported_at"}
HARD = [
    {"base_rate": 0.15},
    {"base_rate": 0.005},
    {"position_effect": 0},
    {"position_effect": 2},
    {"drift": 4},
    {"delay": 5},
    {"private_taste": 3},
    {"bot_share": 0.05},
    {"random_share": 0.5},
    {"user_effect": 4},
]


@cache
def dialed(**dials: float) -> AdLog:
    return simulate_ad_log(DIALED, seed=2, **dials)


def changed(log: AdLog, rows: np.ndarray | slice = slice(None)) -> set[str]:
    """Names of the columns, of the log and of its truth, that differ from the default world in these rows."""
    default = dialed()
    return {
        name
        for frame, other in ((log.impressions, default.impressions), (log.truth, default.truth))
        for name in frame
        if not frame[name][rows].equals(other[name][rows])
    }


def test_defaults_are_the_default_world():
    explicit = dialed(
        base_rate=0.03,
        position_effect=1,
        drift=1,
        delay=1,
        private_taste=1,
        bot_share=0.007,
        random_share=0.05,
        user_effect=1,
    )
    assert changed(explicit) == set()
    np.testing.assert_array_equal(explicit.true_ctr, dialed().true_ctr)


@pytest.mark.parametrize("dials", HARD, ids=str)
def test_clicks_follow_the_truth_and_the_truth_its_formula_in_every_world(dials: dict):
    log = dialed(**dials)
    truth = log.truth
    person = truth["examination"] * expit(log.intercept + truth[RELEVANCE].astype(float).sum(axis=1))
    np.testing.assert_allclose(log.true_ctr, np.where(truth["is_bot"], BOT_CLICK_RATE, person), rtol=1e-5)
    fresh = ~truth["is_duplicate"].to_numpy()
    p, clicked = log.true_ctr[fresh], log.impressions["clicked"].to_numpy()[fresh]
    fifth = np.searchsorted(np.quantile(p, [0.2, 0.4, 0.6, 0.8]), p)
    surprise = (np.bincount(fifth, clicked) - np.bincount(fifth, p)) / np.sqrt(np.bincount(fifth, p * (1 - p)))
    assert np.abs(surprise).max() < 3.7


@pytest.mark.parametrize("dials", [dials for dials in HARD if "random_share" not in dials], ids=str)
def test_the_base_rate_holds_whatever_the_other_dials(dials: dict):
    assert dialed(**dials).true_ctr.mean() == pytest.approx(dials.get("base_rate", 0.03), rel=0.08)


def test_base_rate_moves_the_intercept_alone():
    log = dialed(base_rate=0.15)
    assert changed(log) == OUTCOME
    assert log.intercept > dialed().intercept + 1.5
    assert (log.impressions["clicked"] >= dialed().impressions["clicked"]).all()  # the same draws against more


def test_position_effect_is_a_power_of_the_fall_of_examination():
    default = dialed().truth["examination"].astype(float)
    top = EXAMINATION[dialed().impressions["device"].cat.codes, 0]
    for power in (0, 2):
        log = dialed(position_effect=power)
        assert changed(log) == OUTCOME | {"examination"}
        np.testing.assert_allclose(log.truth["examination"], top * (default / top) ** power, rtol=1e-6)
    flat = dialed(position_effect=0)
    ctr = flat.impressions["clicked"][flat.impressions["policy"] == "random"]
    assert ctr.groupby(flat.impressions["position"]).mean().min() > 0.6 * ctr.mean()


def test_drift_moves_categories_day_by_day_and_nothing_else():
    drawn_alike = ~is_logged(dialed())  # the logged policy follows the drift, the random slice does not
    for factor in (0, 4):
        log = dialed(drift=factor)
        assert changed(log, drawn_alike) == OUTCOME | {"main_relevance"}
        assert changed(log) >= {"ad_id", "propensity", "shared_relevance"}
        assert not changed(log) & {"timestamp", "user_id", "site_id", "device", "position", "policy", "examination"}
        shift = (log.truth["main_relevance"] - dialed().truth["main_relevance"])[drawn_alike].astype(float)
        cell = [day_of(log)[drawn_alike], log.impressions["category"][drawn_alike]]
        assert shift.groupby(cell, observed=True).std().max() < 1e-5
        by_day = shift.groupby(cell, observed=True).mean().groupby(level=0).std()
        assert by_day[13] > 2 * by_day[0]
    worlds = [simulator._make_world(DAYS, np.random.default_rng(0), drift).effects["ad"] for drift in (0, 1, 4)]
    np.testing.assert_allclose(worlds[2] - worlds[0], 4 * (worlds[1] - worlds[0]), atol=1e-5)


def test_drift_makes_old_knowledge_stale():
    def memory(log: AdLog) -> float:
        """Correlation of the categories' mean main relevance in the random rows of days 0-2 and days 11-13."""
        random, day = ~is_logged(log), day_of(log)
        groups = [
            log.truth["main_relevance"][random & rows].groupby(log.impressions["category"], observed=True).mean()
            for rows in (day <= 2, day >= 11)
        ]
        return groups[0].corr(groups[1])

    assert memory(dialed(drift=0)) > memory(dialed(drift=4)) + 0.2


def test_delay_multiplies_the_time_to_the_report_alone():
    default = dialed().impressions
    wait = (default["reported_at"] - default["timestamp"]).dropna() / pd.Timedelta(milliseconds=1) - 1
    for factor in (0, 0.5, 5):
        log = dialed(delay=factor)
        assert changed(log) == {"reported_at"}
        np.testing.assert_array_equal(log.true_ctr, dialed().true_ctr)
        dialed_wait = (log.impressions["reported_at"] - log.impressions["timestamp"]).dropna()
        np.testing.assert_allclose(dialed_wait / pd.Timedelta(milliseconds=1) - 1, factor * wait, atol=factor + 1)


def test_private_taste_multiplies_what_cannot_be_learned():
    for factor in (0, 3):
        log = dialed(private_taste=factor)
        assert changed(log) == OUTCOME | {"private_relevance"}
        private, default = (which.truth["private_relevance"].astype(float) for which in (log, dialed()))
        np.testing.assert_allclose(private, factor * default, rtol=1e-5)
    known = [(log.truth["main_relevance"] + log.truth["shared_relevance"]).to_numpy() for log in (dialed(), log)]
    shares = [
        share_of_gain(which, best_prediction(which.true_ctr, which.truth["examination"].to_numpy(), relevance))
        for which, relevance in zip((dialed(), log), known, strict=True)
    ]
    assert shares[1] < shares[0] - 0.2


def test_bot_share_sets_the_bots_and_leaves_the_people_their_law():
    assert not dialed(bot_share=0).truth["is_bot"].any()
    log = dialed(bot_share=0.05)
    is_bot = log.truth["is_bot"]
    assert is_bot.mean() == pytest.approx(0.05, abs=0.001)
    assert log.impressions.loc[is_bot, "user_id"].nunique() == 16
    for name, sd in simulator.RELEVANCE_SD.items():
        assert log.truth.loc[~is_bot, f"{name}_relevance"].std() == pytest.approx(sd, rel=0.05)
    assert log.true_ctr[~is_bot].mean() < dialed(bot_share=0).true_ctr.mean() - 0.003  # the bots click their part


def test_random_share_explores_more_rows_of_the_same_world():
    default_random = ~is_logged(dialed())
    log = dialed(random_share=0.5)
    is_random = ~is_logged(log)
    assert is_random.mean() == pytest.approx(0.5, abs=0.01)
    assert (is_random | ~default_random).all()
    same = is_random == default_random
    assert changed(log, same) == {"reported_at"}  # delays are drawn click by click
    assert log.intercept == dialed().intercept
    np.testing.assert_array_equal(log.true_ctr[same], dialed().true_ctr[same])
    assert log.true_ctr.mean() < 0.9 * dialed().true_ctr.mean()  # what exploring costs
    assert is_logged(dialed(random_share=0)).all()
    assert not is_logged(dialed(random_share=1)).any()


def test_user_effect_makes_users_differ_in_how_much_they_click():
    shifts = {}
    known = dialed().impressions["user_id"].notna().to_numpy()
    user = dialed().impressions["user_id"][known]
    for factor in (0, 4):
        log = dialed(user_effect=factor)
        assert changed(log) == OUTCOME | {"main_relevance"}
        shift = (log.truth["main_relevance"] - dialed().truth["main_relevance"])[known].astype(float)
        assert shift.groupby(user).std().max() < 1e-5  # one number a user, whatever is shown
        shifts[factor] = shift.groupby(user).mean()
    np.testing.assert_allclose(shifts[4], -3 * shifts[0], atol=1e-5)
    default, none = (simulator._calibrated_world(DAYS, 2, simulator._Dials(user_effect=f)) for f in (1, 0))
    region_and_segment = [default.users["region"], default.users["segment"]]
    assert pd.Series(none.effects["user"]).groupby(region_and_segment).std().max() < 1e-6
    own = default.effects["user"] - none.effects["user"]
    assert own.std() == pytest.approx(0.2)
    np.testing.assert_allclose(-shifts[0], default.scale["main"] * own[shifts[0].index.to_numpy(int) - 1], atol=1e-5)


def test_dials_combine():
    log = dialed(base_rate=0.1, position_effect=2, drift=3, delay=4, private_taste=0.5, bot_share=0.02, random_share=1)
    assert log.truth["is_bot"].mean() == pytest.approx(0.02, abs=0.001)
    assert not is_logged(log).any()
    assert log.truth["private_relevance"].std() == pytest.approx(0.19, rel=0.1)


# --- Auctions --------------------------------------------------------------------------------------------


def revenue(bid: np.ndarray, predicted: np.ndarray, true_ctr: np.ndarray) -> float:
    """Expected revenue of second-price auctions (rows) that rank by bid x prediction and charge by the click."""
    score, row = bid * predicted, np.arange(len(bid))
    second, first = np.argsort(score, axis=1)[:, -2:].T
    return float((true_ctr[row, first] * score[row, second] / predicted[row, first]).mean())


@cache
def auctions_of(n_auctions: int = 4000, n_ads: int = 16, seed: int = 0) -> simulator.Auctions:
    return simulate_auctions(n_auctions, n_ads, seed=seed, first_day=12)


def test_auctions_have_the_columns_of_the_log_and_no_truth():
    candidates, log = auctions_of().candidates, world_log(0).impressions
    assert list(candidates.columns) == ["auction", *log.columns[: log.columns.get_loc("bid") + 1]]
    assert (candidates.dtypes.iloc[1:] == log.dtypes.iloc[: len(candidates.columns) - 1]).all()
    np.testing.assert_array_equal(candidates["auction"], np.repeat(np.arange(4000), 16))
    assert len(auctions_of().true_ctr) == len(candidates)


def test_candidates_are_different_live_ads_for_one_page_view():
    candidates = auctions_of().candidates
    by_auction = candidates.groupby("auction")
    assert (by_auction["ad_id"].nunique() == 16).all()
    view = ["timestamp", "user_id", "age_group", "audience", "region", "device", "site_id"]
    assert (by_auction[view].nunique(dropna=False) == 1).all().all()  # noqa: PD101 (of groups)
    assert (candidates["position"] == 1).all()
    assert candidates["timestamp"].is_monotonic_increasing
    day = (candidates["timestamp"] - START) // pd.Timedelta(days=1)
    assert set(day) == {12, 13}
    assert candidates["user_id"].isna().mean() == pytest.approx(0.1, abs=0.03)
    live = simulator._make_world(DAYS, simulator._streams(0)["world"]).live_weight > 0
    assert live[day, candidates["ad_id"] - 1].all()


def test_every_set_of_competitors_is_equally_likely():
    ads = simulator._different(np.arange(6), 60_000, 3, np.random.default_rng(0))
    count = np.bincount(ads @ [36, 6, 1], minlength=216)
    possible = count[count > 0]
    assert len(possible) == 120  # ordered triples without repeats
    assert abs(((possible - 500) ** 2 / 500).sum() - 119) < 4 * np.sqrt(2 * 119)


def test_auctions_are_of_the_world_of_the_log():
    log = world_log(0)
    candidates, impressions = auctions_of().candidates, log.impressions
    ad = ["campaign_id", "advertiser_id", "category", "ad_format", "bid"]
    both = [frame.drop_duplicates("ad_id").set_index("ad_id")[ad] for frame in (candidates, impressions)]
    shared = both[0].index.intersection(both[1].index)
    assert_frame_equal(both[0].loc[shared], both[1].loc[shared])
    users = [
        frame.dropna(subset="user_id")
        .drop_duplicates("user_id")
        .set_index("user_id")[["age_group", "audience", "region"]]
        for frame in (candidates, impressions)
    ]
    known = users[0].index.intersection(users[1].index)
    assert len(known) > 500
    assert_frame_equal(users[0].loc[known], users[1].loc[known])
    bots = impressions["user_id"][log.truth["is_bot"]]
    assert not candidates["user_id"].isin(bots.unique()).any()


def test_auctions_have_the_truth_of_the_random_slice_on_top():
    log = simulate_ad_log(N, days=DAYS, seed=0, random_share=1)
    top = (log.impressions["position"] == 1) & ~log.truth["is_bot"] & (day_of(log) >= 12)
    candidates, truth = auctions_of().candidates, auctions_of().true_ctr
    for device in DEVICES[:2]:
        here = truth[candidates["device"] == device]
        there = log.true_ctr[top & (log.impressions["device"] == device)]
        assert here.mean() == pytest.approx(there.mean(), rel=0.12)
        assert here.std() == pytest.approx(there.std(), rel=0.2)
    by_ad = [
        pd.Series(values).groupby(np.asarray(ads)).agg(["mean", "size"])
        for values, ads in ((truth, candidates["ad_id"]), (log.true_ctr[top], log.impressions["ad_id"][top]))
    ]
    joined = by_ad[0].merge(by_ad[1], left_index=True, right_index=True, suffixes=("_auction", "_log"))
    joined = joined[(joined["size_auction"] > 25) & (joined["size_log"] > 5)]
    assert len(joined) > 500
    assert joined["mean_auction"].corr(joined["mean_log"]) > 0.4


def test_the_truth_of_a_candidate_follows_from_the_world_and_one_hidden_state_a_view():
    known = auctions_of().candidates["user_id"].notna().to_numpy()
    candidates, truth = auctions_of().candidates[known], auctions_of().true_ctr[known]
    world = simulator._calibrated_world(DAYS, 0, simulator._Dials())
    events = {
        "time_ms": ((candidates["timestamp"] - START) // pd.Timedelta(milliseconds=1)).to_numpy(),
        "user": candidates["user_id"].to_numpy(np.int64) - 1,
        "site": candidates["site_id"].to_numpy() - 1,
        "ad": candidates["ad_id"].to_numpy() - 1,
        "device": candidates["device"].cat.codes.to_numpy(),
        "slot": np.zeros(len(candidates), np.int8),
    }
    simulator._relevance(world, events, np.zeros(len(candidates), np.float32))
    visible = world.intercept + sum(events[part].astype(float) for part in RELEVANCE)
    hidden = (logit(truth / events["examination"]) - visible).reshape(-1, 16)
    assert hidden.std(axis=1).max() < 1e-4
    assert hidden[:, 0].mean() == pytest.approx(0, abs=0.04)
    assert hidden[:, 0].std() == pytest.approx(0.38, rel=0.06)


@pytest.mark.parametrize("seed", SEEDS)
def test_noise_costs_revenue_and_a_common_factor_does_not(seed: int):
    auctions = auctions_of(seed=seed)
    true_ctr = auctions.true_ctr.reshape(-1, 16)
    bid = auctions.candidates["bid"].to_numpy(float).reshape(-1, 16)
    best, noise = revenue(bid, true_ctr, true_ctr), np.random.default_rng(0).normal(size=true_ctr.shape)
    loss = {sd: 1 - revenue(bid, true_ctr * np.exp(sd * noise), true_ctr) / best for sd in (0.1, 0.3)}
    assert 0.003 < loss[0.1] < 0.014
    assert 0.05 < loss[0.3] < 0.085
    assert revenue(bid, 3 * true_ctr, true_ctr) == pytest.approx(best)


def test_auctions_repeat_and_follow_seed_and_dials():
    def mean(**dials: float) -> float:
        return float(simulate_auctions(2000, 4, **dials).true_ctr.mean())

    first, second, other = (simulate_auctions(50, 3, seed=seed) for seed in (3, 3, 4))
    assert_frame_equal(first.candidates, second.candidates)
    np.testing.assert_array_equal(first.true_ctr, second.true_ctr)
    assert not first.candidates["ad_id"].equals(other.candidates["ad_id"])
    assert mean(base_rate=0.1) > 2.5 * mean()
    assert mean(private_taste=0) != mean()
    assert len(simulate_auctions(1, 1, days=2, seed=9).true_ctr) == 1
    assert len(simulate_auctions(3, 50, days=100, seed=9, first_day=99).true_ctr) == 150


# --- What a policy is worth -------------------------------------------------------------------------------


@cache
def logged_policy() -> np.ndarray:
    return choice_probabilities(DAYS)


def only_live(weights: np.ndarray) -> np.ndarray:
    """A policy that shows live ads in proportion to `weights`."""
    table = weights * (logged_policy() > 0)
    return table / table.sum(axis=2, keepdims=True)


def mean_of(log: AdLog, rows: np.ndarray) -> float:
    return float(log.true_ctr[rows & ~log.truth["is_duplicate"].to_numpy()].mean())


def test_the_context_and_the_day_find_the_propensity_of_a_row():
    log, table = world_log(0), logged_policy()
    found = table[day_of(log), choice_context(log.impressions), log.impressions["ad_id"] - 1]
    logged, propensity = is_logged(log), log.impressions["propensity"]
    np.testing.assert_allclose(found[logged], propensity[logged], rtol=1e-6)
    assert (found > 0).all()
    np.testing.assert_allclose((table[:, 0] > 0).sum(axis=1)[day_of(log)[~logged]], 1 / propensity[~logged])
    np.testing.assert_allclose(table.sum(axis=2), 1, rtol=1e-5)


def test_contexts_are_read_by_their_names():
    frame = world_log(0).impressions[:500]
    text = frame.astype({"region": str, "device": object, "position": float})
    text["region"] = text["region"].astype("category")  # in another order of categories
    np.testing.assert_array_equal(choice_context(text), choice_context(frame))
    every = pd.MultiIndex.from_product(
        [simulator.REGIONS, DEVICES, range(1, 6)], names=["region", "device", "position"]
    )
    assert choice_context(every.to_frame(index=False)).tolist() == list(range(120))


def test_the_policy_of_the_log_is_worth_what_the_log_is():
    """Twice: on the page views of the log itself, row by row the same choice, and in another log of that law."""
    value = policy_value(logged_policy(), N)
    same = simulate_ad_log(N, random_share=0)
    assert value == pytest.approx(mean_of(same, np.ones(N, bool)), rel=3e-4)  # repeats stand for other rows
    other = simulate_ad_log(N + 1000)
    rows = is_logged(other)
    error = other.true_ctr[rows].std() / np.sqrt(rows.sum())
    assert abs(value - mean_of(other, rows)) < 6 * error  # sessions share a user: more than independent rows
    assert abs(value - policy_value(only_live(np.ones(1)), N)) > 60 * error


def test_the_uniform_policy_is_worth_what_the_random_world_is():
    random = simulate_ad_log(N, random_share=1)
    uniform = only_live(np.ones(1))
    late, people = day_of(random) >= 9, ~random.truth["is_bot"].to_numpy()
    bots = simulate_ad_log(N, random_share=1, bot_share=0.05)
    assert policy_value(uniform, N, bot_share=0.05) == pytest.approx(mean_of(bots, late | True), rel=3e-4)
    for options, rows in (({}, late | True), ({"first_day": 9}, late), ({"people_only": True}, people)):
        assert policy_value(uniform, N, **options) == pytest.approx(mean_of(random, rows), rel=3e-4), options


def test_a_mixture_of_policies_is_worth_the_mean_of_both():
    logged, uniform = logged_policy(), only_live(np.ones(1))
    values = [policy_value(table, N) for table in (logged, uniform, 0.5 * logged + 0.5 * uniform)]
    assert values[2] == pytest.approx((values[0] + values[1]) / 2, rel=0.006)
    assert values[0] > 1.3 * values[1]


def test_inverse_propensities_estimate_the_value():
    log = world_log(0)
    target = only_live(logged_policy() ** 1.5)
    rows = is_logged(log) & ~log.truth["is_duplicate"].to_numpy()
    cell = day_of(log)[rows], choice_context(log.impressions[rows]), log.impressions["ad_id"][rows] - 1
    weighted = target[cell] / log.impressions["propensity"][rows] * log.impressions["clicked"][rows]
    value = policy_value(target, N)
    assert abs(weighted.mean() - value) < 4 * weighted.std() / np.sqrt(len(weighted))
    assert abs(log.impressions["clicked"][rows].mean() - value) > 4 * weighted.std() / np.sqrt(len(weighted))


def test_the_value_follows_seed_dials_and_the_table_of_each_context():
    logged = logged_policy()
    assert policy_value(logged, 5000) == policy_value(logged, 5000)
    assert policy_value(logged, 5000, base_rate=0.15) > 3 * policy_value(logged, 5000)
    assert policy_value(choice_probabilities(DAYS, 1), 5000, seed=1) != policy_value(logged, 5000)
    turned = logged.reshape(DAYS, 8, 15, -1)[:, ::-1].reshape(logged.shape)  # what is best in another region
    assert policy_value(turned, 100_000) < 0.99 * policy_value(logged, 100_000)
    never = logged.copy()
    never[:5] = 0  # not read
    assert policy_value(never, 5000, first_day=5) == policy_value(logged, 5000, first_day=5)


def test_drift_alone_moves_the_logged_policy():
    table = logged_policy()
    np.testing.assert_array_equal(
        choice_probabilities(DAYS, base_rate=0.1, user_effect=3, bot_share=0.1, random_share=0.3), table
    )
    moved = choice_probabilities(DAYS, drift=3)
    assert np.abs(moved - table).sum(axis=2).min() > 0.05
    np.testing.assert_array_equal(moved > 0, table > 0)
    log = simulate_ad_log(5000, seed=0, drift=3)
    found = moved[day_of(log), choice_context(log.impressions), log.impressions["ad_id"] - 1][is_logged(log)]
    np.testing.assert_allclose(found, log.impressions["propensity"][is_logged(log)], rtol=1e-6)


def spoiled(change: str) -> np.ndarray | list:
    table = choice_probabilities(days=2)
    dead, live = np.flatnonzero(table[0, 0] == 0)[0], np.flatnonzero(table[0, 0])[:2]
    if change == "dead":
        table[0, 7, dead], table[0, 7, live[0]] = table[0, 7, live[0]], 0
    elif change == "negative":
        table[0, 7, live] += [-0.5, 0.5]
    elif change == "missing":
        table[0, 7, live[0]] = np.nan
    elif change == "sum":
        table[1, 7] *= 1.01
    return {"day": table[:1], "live": table > 0, "lists": [[0.5], [0.5, 0.5]]}.get(change, table)


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("dead", r"probabilities of day 0 show ad \d+ \(ad_id \d+\), which is not live that day; expected live ads"),
        ("negative", r"probabilities of day 0 hold -0.\d+; expected 0 or more"),
        ("missing", r"probabilities of day 0, context 7 sum to nan; expected 1"),
        ("sum", r"probabilities of day 1, context 7 sum to 1.01; expected 1: divide by the sum"),
        ("day", r"probabilities is float32 of shape \(1, 120, 2400\); expected floats of shape \(2, 120, 2400"),
        ("live", r"probabilities is bool of shape \(2, 120, 2400\); expected floats"),
        ("lists", r"probabilities holds lists of different lengths"),
    ],
)
def test_a_table_that_is_no_policy_is_refused(change: str, message: str):
    with pytest.raises(ValueError, match=f"^{message}"):
        policy_value(spoiled(change), 1000, days=2)


def test_what_no_policy_can_be_asked_is_refused():
    logged = choice_probabilities(days=2)
    with pytest.raises(ValueError, match=r"^n_impressions is 1, and none falls on the days from 1; expected one"):
        policy_value(logged, 1, days=2, first_day=1, seed=1)
    with pytest.raises(ValueError, match=r"^first_day is 2; expected a whole number, 0 to 1,"):
        policy_value(logged, 1000, days=2, first_day=2)
    with pytest.raises(TypeError, match="drfit"):
        policy_value(logged, 1000, days=2, drfit=2)
    with pytest.raises(TypeError, match="drfit"):
        choice_probabilities(drfit=2)
    with pytest.raises(ValueError, match=r"^drift is -1; expected a number from 0 to 10"):
        choice_probabilities(drift=-1)
    with pytest.raises(ValueError, match=r"^days is 1; expected a whole number, 2 or more"):
        choice_probabilities(days=1)


@pytest.mark.parametrize(
    ("column", "value", "message"),
    [
        ("region", "moon", r"region holds moon \(first of 1 such rows\); expected one of capital, north,"),
        ("device", None, r"device holds .* \(first of 1 such rows\); expected one of desktop, mobile, tablet"),
        ("position", 6, r"position holds 6 \(first of 1 such rows\); expected one of 1, 2, 3, 4, 5"),
        ("position", 1.5, r"position holds 1.5 "),
    ],
)
def test_contexts_that_the_world_does_not_have_are_refused(column: str, value: object, message: str):
    frame = pd.DataFrame({"region": ["north", "south"], "device": ["mobile", "tablet"], "position": [1, 2]})
    frame[column] = pd.Series([frame[column][0], value], dtype=object if isinstance(value, str | None) else None)
    with pytest.raises(ValueError, match=f"^{message}"):
        choice_context(frame)
    with pytest.raises(ValueError, match=f"^the frame has no column '{column}'"):
        choice_context(frame.drop(columns=column))


# --- Size ------------------------------------------------------------------------------------------------


def test_memory_of_a_large_log_is_bounded():
    """Ten million rows must fit in 4 GB; this measures half a million in a process of their own."""
    pytest.importorskip("resource")
    script = (
        "import resource, sys; from mlpipe.simulator import simulate_ad_log\n"
        "unit = 1 if sys.platform == 'darwin' else 1024\n"
        "peak = lambda: resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit\n"
        "simulate_ad_log(1000); before = peak(); simulate_ad_log(500_000); print(peak() - before)"
    )
    used = int(subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout)
    assert used < 500_000 * 350


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
    with pytest.raises(ValueError, match=rf"^{name} is {arguments[name]!r}; expected a whole number, \d or more"):
        simulate_ad_log(**{"n_impressions": 1000, **arguments})


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("base_rate", 0),
        ("base_rate", 0.9),
        ("base_rate", "3%"),
        ("position_effect", -1),
        ("position_effect", 6),
        ("drift", None),
        ("drift", np.nan),
        ("delay", -0.5),
        ("delay", np.inf),
        ("private_taste", True),
        ("private_taste", [1]),
        ("user_effect", 11),
        ("bot_share", 0.6),
        ("bot_share", np.array(0.1)),
        ("random_share", 1.01),
        ("random_share", np.True_),
    ],
)
@pytest.mark.parametrize("simulate", [simulate_ad_log, simulate_auctions])
def test_bad_dials_are_named(simulate, name: str, value: object):
    message = rf"^{name} is .*; expected a number from [\d.e-]+ to [\d.]+: the default world has [\d.]+$"
    with pytest.raises(ValueError, match=message):
        simulate(1000, **{name: value})


def test_dials_may_be_numbers_of_any_kind():
    assert len(simulate_ad_log(10, drift=np.float32(2), random_share=1, base_rate=np.float64(0.1)).true_ctr) == 10
    short = simulate_ad_log(np.uint8(200), delay=np.float16(0.5)).impressions
    assert short.equals(simulate_ad_log(200, delay=0.5).impressions)


@pytest.mark.parametrize(
    "dials", [{"base_rate": 0.005, "bot_share": 0.05}, {"base_rate": 0.5, "position_effect": 2}, {"bot_share": 0.5}]
)
def test_a_base_rate_out_of_reach_says_what_is_in_reach(dials: dict):
    with pytest.raises(ValueError, match=r"^base_rate is 0.*; expected above .* and below .* with these dials: "):
        simulate_ad_log(1000, **dials)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_auctions": 0}, "n_auctions is 0; expected a whole number, 1 or more"),
        ({"n_ads": 0}, "n_ads is 0; expected a whole number, 1 to 50,"),
        ({"n_ads": 51}, "n_ads is 51; expected a whole number, 1 to 50,"),
        ({"days": 1}, "days is .*; expected a whole number, 2 or more"),
        ({"seed": 1.5}, "seed is .*; expected a whole number, 0 or more"),
        ({"first_day": 14}, "first_day is 14; expected a whole number, 0 to 13,"),
        ({"first_day": -1}, "first_day is -1; expected a whole number, 0 to 13,"),
    ],
)
def test_bad_arguments_of_auctions_are_named(arguments: dict, message: str):
    with pytest.raises(ValueError, match=message):
        simulate_auctions(**{"n_auctions": 10, **arguments})


@pytest.mark.parametrize("simulate", [simulate_ad_log, simulate_auctions])
def test_unknown_dial(simulate):
    with pytest.raises(TypeError, match="drfit"):
        simulate(1000, drfit=2.0)


def test_a_policy_of_scores_shows_live_ads_by_their_score():
    scores = np.random.default_rng(0).normal(size=(120, 2400))
    live = logged_policy() > 0
    for sharpness in (0, 1.5, np.inf):
        table = policy_of_scores(scores, sharpness, days=DAYS)
        assert table.dtype == np.float32
        assert not table[~live].any()
        np.testing.assert_allclose(table.sum(axis=2), 1, rtol=1e-5)
        assert policy_value(table, 2000) > 0
    best = np.where(live, scores, -np.inf).argmax(axis=2)
    np.testing.assert_array_equal(table.argmax(axis=2), best)
    np.testing.assert_array_equal((table > 0).sum(axis=2), 1)
    table = policy_of_scores(scores + 1000, 1.5, days=DAYS)  # only differences count
    np.testing.assert_allclose(table, only_live(np.exp(1.5 * scores)), rtol=1e-3, atol=1e-9)
    ties = policy_of_scores(np.zeros((120, 2400)), np.inf, days=DAYS)
    np.testing.assert_allclose(ties, only_live(np.ones(1)), rtol=1e-6)


@pytest.mark.parametrize(
    ("scores", "sharpness", "message"),
    [
        (np.zeros((120, 3)), 1, r"scores have shape \(120, 3\).*\(120, 2400\) finite ones"),
        (np.full((120, 2400), -np.inf), 1, "finite"),
        (np.zeros((120, 2400)), -1, "sharpness is -1; expected 0 or more, np.inf for the best ad alone"),
        (np.zeros((120, 2400)), np.nan, "sharpness is nan"),
    ],
)
def test_a_policy_of_bad_scores_is_refused(scores, sharpness, message):
    with pytest.raises(ValueError, match=message):
        policy_of_scores(scores, sharpness, days=DAYS)
