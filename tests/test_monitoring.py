"""Monitoring against SciPy, against simulation, and on bad input."""

import numpy as np
import pandas as pd
import pytest
from scipy.stats import entropy, norm
from scipy.stats import t as student

from mlpipe.monitoring import (
    FAULTS,
    Limits,
    calibration_alarm,
    control_limits,
    first_alarm,
    mismatches,
    null_rates,
    plant_fault,
    psi,
    psi_bias,
    psi_of_counts,
)
from mlpipe.simulator import simulate_ad_log


@pytest.fixture(scope="module")
def log():
    return simulate_ad_log(20_000, days=4, seed=3).impressions


def test_psi_is_the_divergence_of_both_ways_by_scipy():
    rng = np.random.default_rng(0)
    for n_bins in (2, 7, 40):
        r, c = rng.integers(0, 50, (2, n_bins)) + np.arange(n_bins) % 2  # some bins are empty
        smooth_r, smooth_c = r + 0.5, c + 0.5
        expected = entropy(smooth_c, smooth_r) + entropy(smooth_r, smooth_c)
        assert psi_of_counts(r, c) == pytest.approx(expected, rel=1e-12)
        assert psi_of_counts(c, r) == pytest.approx(expected, rel=1e-12)


def test_psi_of_numbers_cuts_at_quantiles_of_the_reference():
    rng = np.random.default_rng(1)
    reference, current = rng.lognormal(size=999), rng.lognormal(0.5, size=777)
    edges = np.quantile(reference, np.arange(1, 5) / 5, method="lower")
    counts = [np.bincount(np.searchsorted(edges, x), minlength=5) for x in (reference, current)]
    assert psi(reference, current, n_bins=5) == pytest.approx(psi_of_counts(*counts))
    assert counts[0].max() - counts[0].min() <= 1
    assert psi(current, reference, n_bins=5) != pytest.approx(psi_of_counts(*counts), rel=1e-3)


def test_psi_of_ids_counts_new_and_missing_ones():
    reference = ["a"] * 30 + ["b"] * 20 + [None] * 10
    current = ["b"] * 5 + ["new", "newer"] * 10 + [None] * 5
    assert psi(reference, current) == pytest.approx(psi_of_counts([10, 30, 20, 0], [5, 0, 5, 20]))
    numbers = pd.Series([7] * 30 + [8] * 20 + [None] * 10, dtype="Int32")
    now = pd.Series([8.0] * 5 + [9.0, 10.0] * 10 + [np.nan] * 5)
    assert psi(numbers, now) == psi(reference, current)
    assert psi(pd.Series(reference).astype("category"), pd.Series(current).astype("category")) == psi(
        reference, current
    )


def test_missing_numbers_are_a_bin():
    reference = np.append(np.linspace(0, 1, 99) + 0.001, np.nan)
    now = np.append(np.linspace(0, 1, 50) + 0.001, np.full(50, np.nan))
    assert psi(reference, now) > 1
    assert psi(reference, reference) == 0
    assert psi(reference[-1:], reference[-1:]) == 0


def test_many_equal_numbers_make_fewer_bins():
    reference = np.append(np.full(900, 0.5), np.linspace(1.5, 2.5, 100))
    assert psi(reference, reference) == 0
    assert psi(reference, reference[:900]) > 0.1


@pytest.mark.parametrize(("n_bins", "n_reference", "n_current"), [(5, 200, 200), (10, 1000, 300), (20, 5000, 2000)])
def test_bias_of_psi_is_what_two_samples_of_one_law_have(n_bins, n_reference, n_current):
    rng = np.random.default_rng(n_bins)
    law = rng.dirichlet(np.full(n_bins, 20.0))
    found = [psi_of_counts(rng.multinomial(n_reference, law), rng.multinomial(n_current, law)) for _ in range(4000)]
    assert np.mean(found) == pytest.approx(psi_bias(n_bins, n_reference, n_current), rel=0.07)


@pytest.mark.parametrize("n", [3, 7, 30])
def test_limits_of_few_days_ring_as_often_as_they_say(n):
    rng = np.random.default_rng(n)
    healthy, day = rng.normal(5, 2, (20_000, n)), rng.normal(5, 2, 20_000)
    rings = [control_limits(row, chance=0.05).outside(x) for row, x in zip(healthy, day, strict=True)]
    assert np.mean(rings) == pytest.approx(0.05, abs=0.006)


def test_three_sd_of_seven_days_ring_eleven_times_as_often_as_the_normal_law_says():
    rng = np.random.default_rng(0)
    healthy, day = rng.normal(size=(200_000, 7)), rng.normal(size=200_000)
    rings = (np.abs(day - healthy.mean(axis=1)) > 3 * healthy.std(axis=1, ddof=1)).mean()
    assert rings == pytest.approx(2 * student.sf(3 / np.sqrt(8 / 7), 6), rel=0.05)
    assert rings / (2 * norm.sf(3)) == pytest.approx(11.5, abs=0.7)


def test_limits_of_many_days_are_those_of_the_normal_law():
    values = np.random.default_rng(0).normal(10, 1, 50_000)
    limits = control_limits(values, chance=0.0027)
    assert (limits.low, limits.high) == pytest.approx((7, 13), abs=0.04)
    assert limits.n == 50_000


def test_outside():
    assert Limits(0, 1, 5).outside([-0.1, 0, 1, 1.1, np.nan]).tolist() == [True, False, False, True, False]


def test_calibration_is_standard_normal_where_the_model_is_right():
    rng = np.random.default_rng(0)
    p, slices = rng.beta(1, 20, 4000), np.arange(4000) % 2
    z = np.array([calibration_alarm(rng.random(4000) < p, p, slices)["z"] for _ in range(2000)])
    assert z.mean(axis=0) == pytest.approx([0, 0], abs=0.08)
    assert z.std(axis=0) == pytest.approx([1, 1], abs=0.06)


def test_calibration_by_slice():
    y, p = [1, 0, 1, 0, 0, 1], [0.5, 0.5, 0.2, 0.1, 0.3, 0.4]
    table = calibration_alarm(y, p, ["b", "b", "a", "a", "a", None])
    assert table.index.tolist() == ["a", "b", "missing"]
    assert table["rows"].tolist() == [3, 2, 1]
    assert table["clicks"].tolist() == [1, 1, 1]
    assert table["promised"].tolist() == pytest.approx([0.6, 1.0, 0.4])
    assert table["ratio"].tolist() == pytest.approx([0.6, 1.0, 0.4])
    spread = np.sqrt([0.16 + 0.09 + 0.21, 0.5, 0.24])
    assert table["z"].tolist() == pytest.approx(np.array([0.4, 0, 0.6]) / spread)


def test_known_slices_keep_their_order_and_may_be_empty():
    table = calibration_alarm([0, 1], [0.2, 0.3], ["tablet", "tablet"], known=["tablet", "mobile"])
    assert table.index.tolist() == ["tablet", "mobile"]
    assert table.loc["mobile", ["rows", "clicks", "promised"]].tolist() == [0, 0, 0]
    assert np.isnan(table.loc["mobile", ["ratio", "z"]].to_numpy(float)).all()


def test_a_model_that_promises_too_much_has_negative_z_and_a_ratio_above_one():
    table = calibration_alarm(np.arange(1000) % 50 == 0, np.full(1000, 0.04))
    assert table.loc["all", "ratio"] == pytest.approx(2)
    assert table.loc["all", "z"] < -3


def test_calibration_where_no_click_can_be_had():
    table = calibration_alarm([0, 0], [0, 0])
    assert np.isnan(table.loc["all", ["ratio", "z"]].to_numpy(float)).all()


@pytest.mark.parametrize(
    ("rings", "more", "step"),
    [
        ([0, 1, 0], {}, 1),
        ([1, 0, 0], {"since": 1}, None),
        ([1, 1, 0, 1, 1, 1], {"in_a_row": 3}, 5),
        ([1, 1, 0], {"since": 1, "in_a_row": 2}, None),  # a ring from before does not count
        ([0, 1], {"since": 1}, 0),
        ([0, 0], {}, None),
    ],
)
def test_first_alarm(rings, more, step):
    assert first_alarm(np.array(rings, bool), **more) == step


def test_null_rates(log):
    by_device = null_rates(log[["audience", "region"]], log["device"])
    assert sorted(by_device.index) == ["desktop", "mobile", "tablet"]
    assert by_device.loc["mobile", "audience"] == log.loc[log["device"] == "mobile", "audience"].isna().mean()
    assert (by_device["region"] == 0).all()
    assert null_rates(log).loc["all", "user_id"] == log["user_id"].isna().mean()


CHANGED = {  # the column that a fault changes
    "slot constant": "position",
    "site constant": "site_id",
    "hours shifted": "timestamp",
    "audience missing": "audience",
    "audience shuffled": "audience",
    "ads renumbered": "ad_id",
}


@pytest.mark.parametrize("fault", FAULTS)
def test_a_fault_changes_its_column_from_its_moment_on_and_nothing_else(log, fault):
    moment, before = pd.Timestamp("2026-01-07 06:00"), log.copy()
    served = plant_fault(log, fault, moment, seed=1)
    pd.testing.assert_frame_equal(log, before)  # the log itself stays
    wrong = (log["timestamp"] >= moment).to_numpy()
    assert served.dtypes.equals(log.dtypes)
    for name in log:
        assert served[name][~wrong].equals(log[name][~wrong])
        assert served[name][wrong].equals(log[name][wrong]) == (name != CHANGED[fault])


@pytest.mark.parametrize("fault", FAULTS)
def test_replay_finds_the_column_of_each_fault_and_no_other(log, fault):
    found = mismatches(plant_fault(log, fault, "2026-01-07 06:00"), log).any()
    assert found[found].index.tolist() == [CHANGED[fault]]
    assert not mismatches(log, log.copy()).to_numpy().any()


def test_mismatches_in_missing_values_and_kinds_of_columns():
    one = pd.DataFrame({"a": [1, None, 3, None], "b": ["x", None, "y", "z"], "only": 0}, index=[7, 7, 8, 9])
    other = pd.DataFrame({"b": pd.Categorical(["x", None, None, "y"]), "a": pd.array([1, 2, 3, None], "Int32")})
    found = mismatches(one, other)
    assert found.columns.tolist() == ["a", "b"]
    assert found.index.tolist() == [7, 7, 8, 9]
    assert found["a"].tolist() == [False, True, False, False]
    assert found["b"].tolist() == [False, False, True, True]


def test_what_the_faults_do(log):
    served = {fault: plant_fault(log, fault, seed=2) for fault in FAULTS}
    assert set(served["slot constant"]["position"]) == {1}
    assert set(served["site constant"]["site_id"]) == {0}
    assert (served["hours shifted"]["timestamp"] - log["timestamp"] == pd.Timedelta("8h")).all()
    mobile = log["device"] == "mobile"
    missing = served["audience missing"]["audience"].isna()
    assert missing[mobile].all()
    assert (missing == log["audience"].isna())[~mobile].all()
    shuffled = served["audience shuffled"]["audience"]
    assert shuffled.value_counts(dropna=False).to_dict() == log["audience"].value_counts(dropna=False).to_dict()
    assert psi(log["audience"], shuffled) == 0
    pairs = pd.DataFrame({"old": log["ad_id"], "new": served["ads renumbered"]["ad_id"]}).drop_duplicates()
    assert sorted(pairs["old"]) == sorted(pairs["new"]) == sorted(log["ad_id"].unique())
    assert (pairs["old"] != pairs["new"]).mean() > 0.99
    assert served["audience shuffled"].equals(plant_fault(log, "audience shuffled", seed=2))
    assert not served["audience shuffled"].equals(plant_fault(log, "audience shuffled", seed=3))


def test_faults_on_a_log_with_repeated_index_and_times_in_a_zone(log):
    part = log.iloc[:2000].assign(timestamp=log["timestamp"].iloc[:2000].dt.tz_localize("UTC"))
    part.index = np.arange(2000) // 2
    moment = part["timestamp"].iloc[1000]
    for fault in FAULTS:
        served = plant_fault(part, fault, moment)
        assert served.index.equals(part.index)
        assert served[CHANGED[fault]].iloc[:1000].equals(part[CHANGED[fault]].iloc[:1000])


@pytest.mark.parametrize(
    ("call", "told"),
    [
        (lambda log: psi([], [1, 2]), "reference has no rows; expected at least one value"),
        (lambda log: psi([1, 2], []), "current has no rows; expected at least one value"),
        (lambda log: psi([0.5, np.inf], [0.5, 1]), "reference holds inf, .* expected finite numbers"),
        (lambda log: psi(["a", "b"], [1, 2]), "expected one kind"),
        (lambda log: psi([0.5], [0.5], n_bins=1), "n_bins is 1; expected a whole number, 2 or more"),
        (lambda log: psi_of_counts([1, -2], [1, 2]), "reference holds -2.0 .* expected finite numbers of zero or more"),
        (lambda log: psi_of_counts([1, 2], [0, 0]), "current counts no rows in 2 bins"),
        (lambda log: psi_of_counts([1, 2], [1, 2, 3]), "reference has 2 values and current 3"),
        (lambda log: psi_bias(10, 0, 5), "n_reference is 0; expected a whole number, 1 or more"),
        (lambda log: control_limits([1.0, 2.0]), "healthy has 2 days; expected 3 or more"),
        (lambda log: control_limits([1.0, 2.0, np.nan]), "healthy holds nan .* leave days without one out"),
        (lambda log: control_limits([1, 2, 3], chance=1), "chance is 1; expected a number between 0 and 1"),
        (lambda log: calibration_alarm([], []), "y has no rows"),
        (lambda log: calibration_alarm([0, 2], [0.1, 0.1]), "y holds 2.0"),
        (lambda log: calibration_alarm([0, 1], [0.1, 1.1]), "p holds 1.1 .* expected probabilities from 0 to 1"),
        (lambda log: calibration_alarm([0, 1], [0.1, np.nan]), "p holds nan"),
        (lambda log: calibration_alarm([0, 1], [0.1]), "p has 1 values and y 2"),
        (lambda log: calibration_alarm([0], [0.1], ["a", "b"]), "slices has 2 values and y 1"),
        (lambda log: calibration_alarm([0], [0.1], ["tv"], known=["mobile"]), "slices holds 'tv', which is not known"),
        (lambda log: first_alarm([0.1, 0.2]), "expected .n,. bools, one a step"),
        (lambda log: first_alarm([]), "expected .n,. bools, one a step"),
        (lambda log: first_alarm([True], since=1), "since is 1; expected a whole number, 0 to 0"),
        (lambda log: null_rates(log.iloc[:0]), "the frame has shape .0, 18.; expected rows and columns"),
        (lambda log: null_rates(log, [1, 2]), "by has 2 values and the frame 20,000"),
        (lambda log: null_rates(log.iloc[:2], ["a", None]), "by has 1 missing values"),
        (lambda log: mismatches(log.iloc[:0], log.iloc[:0]), "served has no rows"),
        (lambda log: mismatches(log, log.iloc[:5]), "served has 20,000 values and recomputed 5"),
        (lambda log: mismatches(log[["bid"]], log[["region"]]), "expected one in common"),
        (lambda log: plant_fault(log, "gremlins"), "fault is 'gremlins'; expected one of 'slot constant'"),
        (lambda log: plant_fault(log.drop(columns="device"), "audience missing"), "no column 'device'"),
        (lambda log: plant_fault(log, FAULTS[0], "2027-01-01"), "leaves no row of the frame wrong"),
        (lambda log: plant_fault(log, FAULTS[0], "some day"), "since is 'some day'; expected a moment"),
        (
            lambda log: plant_fault(log, FAULTS[0], "2026-01-06 00:00+01:00"),
            "expected a moment of the kind of timestamp",
        ),
        (lambda log: plant_fault(log.assign(timestamp=1), FAULTS[0]), "timestamp holds plain numbers|timestamp holds"),
    ],
)
def test_bad_input_is_named(log, call, told):
    with pytest.raises(ValueError, match=told):
        call(log)
