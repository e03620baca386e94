import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import binomtest
from sklearn.calibration import calibration_curve
from sklearn.metrics import average_precision_score, log_loss, roc_auc_score

from mlpipe.click_metrics import (
    calibration_by,
    calibration_ratio,
    expected_calibration_error,
    normalized_entropy,
    reliability_curve,
    share_of_oracle,
)


def world(n=20_000, seed=0):
    rng = np.random.default_rng(seed)
    truth = rng.beta(0.6, 12, n).clip(1e-6, 1 - 1e-6)
    return (rng.random(n) < truth).astype(int), truth


@pytest.mark.parametrize(("rate", "entropy"), [(0.01, 0.0560), (0.05, 0.1985)])
def test_the_divisor_is_the_entropy_of_the_base_rate_in_nats(rate, entropy):
    y = np.arange(1000) < 1000 * rate
    p = np.where(y, 0.5, 0.02)
    assert log_loss(y, p) / normalized_entropy(y, p) == pytest.approx(entropy, abs=5e-5)


def test_normalized_entropy_is_log_loss_over_that_of_the_constant():
    y, truth = world()
    for rate in (None, 0.02, 0.3):
        constant = np.full(len(y), y.mean() if rate is None else rate)
        expected = log_loss(y, truth) / log_loss(y, constant)
        assert normalized_entropy(y, truth, rate) == pytest.approx(expected, rel=1e-12)
        assert normalized_entropy(y, constant, rate) == pytest.approx(1, rel=1e-12)
    assert normalized_entropy(y, truth) < 0.95


def test_certain_and_right_costs_nothing_and_certain_and_wrong_is_refused():
    assert normalized_entropy([0, 1], [0.0, 1.0]) == 0
    with pytest.raises(ValueError, match=r"p is certain and wrong in 2 of 3 rows.*smooth"):
        normalized_entropy([0, 1, 1], [1.0, 0.0, 0.5])
    with pytest.raises(ValueError, match="true_ctr is certain and wrong in 1 of 2"):
        share_of_oracle([0, 1], [0.5, 0.5], [0.0, 0.0], 0.5)


def test_calibration_ratio_counts_predicted_over_observed_clicks():
    assert calibration_ratio([0, 1, 1, 0], [0.5, 0.5, 0.5, 0.0]) == 0.75
    y, truth = world()
    assert calibration_ratio(y, np.minimum(3 * truth, 1)) > 2.5
    with pytest.raises(ValueError, match="no click in 3 rows"):
        calibration_ratio([0, 0, 0], [0.1, 0.1, 0.1])


def test_calibration_error_by_hand():
    y = [0, 1, 0, 1, 1, 1]
    p = [0.1, 0.3, 0.4, 0.6, 0.8, 0.9]
    # bins of two: predicted .2 / .5 / .85, observed .5 / .5 / 1
    assert expected_calibration_error(y, p, n_bins=3) == pytest.approx((0.3 + 0 + 0.15) / 3)
    assert expected_calibration_error(y, p, n_bins=1) == pytest.approx(abs(np.mean(p) - np.mean(y)))
    assert expected_calibration_error(y, p, n_bins=6) == pytest.approx(np.mean(np.abs(np.subtract(p, y))))


def test_tied_rows_go_where_the_middle_of_their_group_belongs():
    # two bins of four rows: the middle of the three .5 is in the second; errors 1 - .1 below, 1.5 - 1 above
    assert expected_calibration_error([1, 0, 0, 1], [0.1, 0.5, 0.5, 0.5], n_bins=2) == pytest.approx((0.9 + 0.5) / 4)


def test_calibration_error_bins_have_equal_counts():
    y, truth = world(1000)
    order = np.argsort(truth)
    expected = np.mean([abs((truth - y)[part].mean()) for part in np.array_split(order, 10)])
    assert expected_calibration_error(y, truth, n_bins=10) == pytest.approx(expected)


@given(st.integers(0, 10_000), st.integers(1, 12))
def test_calibration_error_does_not_depend_on_the_order_of_tied_rows(seed, n_bins):
    rng = np.random.default_rng(seed)
    y, p = rng.integers(0, 2, 40), rng.integers(1, 5, 40) / 5
    order = rng.permutation(40)
    assert expected_calibration_error(y[order], p[order], n_bins) == pytest.approx(
        expected_calibration_error(y, p, n_bins)
    )


def test_a_constant_is_one_bin_and_sees_only_the_overall_error():
    y = np.repeat([0, 1], 50)
    assert expected_calibration_error(y, np.full(100, 0.5)) == 0
    assert expected_calibration_error(y, np.full(100, 0.7)) == pytest.approx(0.2)


def test_calibration_error_tells_the_truth_from_a_distorted_one():
    y, truth = world(100_000)
    assert expected_calibration_error(y, truth) < 0.004 < 0.01 < expected_calibration_error(y, np.sqrt(truth) / 4)


def test_n_bins_must_fit():
    for n_bins in (0, 3):
        for binned in (expected_calibration_error, reliability_curve):
            with pytest.raises(ValueError, match="n_bins is"):
                binned([0, 1], [0.1, 0.2], n_bins)


def test_share_of_oracle_runs_from_the_base_rate_to_the_truth():
    y, truth = world()
    assert share_of_oracle(y, truth, truth, 0.05) == 1
    assert share_of_oracle(y, np.full(len(y), 0.05), truth, 0.05) == pytest.approx(0)
    half_way = share_of_oracle(y, (truth + 0.05) / 2, truth, 0.05)
    base, oracle = (log_loss(y, p) for p in (np.full(len(y), 0.05), truth))
    assert half_way == pytest.approx((base - log_loss(y, (truth + 0.05) / 2)) / (base - oracle))
    assert 0.5 < half_way < 1
    assert share_of_oracle(y, 1 - truth, truth, 0.05) < -1


def test_share_of_oracle_refuses_a_truth_of_other_rows():
    y, truth = world()
    with pytest.raises(ValueError, match="belongs to these rows"):
        share_of_oracle(y, truth, np.random.default_rng(1).permutation(truth), 0.05)


samples = st.lists(st.tuples(st.booleans(), st.floats(0.001, 0.999)), min_size=2, max_size=60).filter(
    lambda rows: len({label for label, _ in rows}) == 2
)


@settings(max_examples=30)
@given(samples, st.floats(0.01, 0.99))
def test_metrics_agree_with_scikit_learn_and_with_each_other(rows, rate):
    y, p = map(np.array, zip(*rows, strict=True))
    constant = np.full(len(y), rate)
    assert normalized_entropy(y, p, rate) * log_loss(y, constant) == pytest.approx(log_loss(y, p), rel=1e-12)
    assert share_of_oracle(y, p, np.where(y, 0.9999, 0.0001), rate) <= 1 + 1e-3
    gap = abs(calibration_ratio(y, p) - 1) * y.sum() / len(y)
    assert gap == pytest.approx(expected_calibration_error(y, p, n_bins=1), abs=1e-12)
    for n_bins in (2, len(y)):  # errors that cancel overall are seen in bins, never the other way round
        assert expected_calibration_error(y, p, n_bins) >= gap - 1e-12


@settings(max_examples=30)
@given(samples)
def test_a_monotone_change_leaves_the_order_and_ruins_the_probability(rows):
    """Which is why lessons measure both: AUC and average precision see the order only."""
    y, p = map(np.array, zip(*rows, strict=True))
    p = np.round(p, 3)
    for metric in (roc_auc_score, average_precision_score):
        assert metric(y, p) == pytest.approx(metric(y, p / 10), rel=1e-12)
    assert calibration_ratio(y, p / 10) == pytest.approx(calibration_ratio(y, p) / 10, rel=1e-12)


@settings(max_examples=30)
@given(samples, st.integers(0, 1000))
def test_metrics_do_not_depend_on_the_order_of_rows_and_doubled_rows_change_no_mean(rows, seed):
    y, p = map(np.array, zip(*rows, strict=True))
    order = np.random.default_rng(seed).permutation(np.tile(np.arange(len(y)), 2))
    for metric in (normalized_entropy, calibration_ratio, lambda y, p: expected_calibration_error(y, p, 2)):
        assert metric(y[order], p[order]) == pytest.approx(metric(y, p), rel=1e-9)


# --- Bins and slices -------------------------------------------------------------------------------------


def test_reliability_curve_by_hand():
    curve = reliability_curve([0, 1, 0, 1, 1, 1], [0.1, 0.3, 0.4, 0.6, 0.8, 0.9], n_bins=3)
    assert list(curve.columns) == ["rows", "clicks", "predicted", "observed", "low", "high"]
    assert curve["rows"].tolist() == [2, 2, 2]
    assert curve["clicks"].tolist() == [1, 1, 2]
    np.testing.assert_allclose(curve["predicted"], [0.2, 0.5, 0.85])
    np.testing.assert_allclose(curve["observed"], [0.5, 0.5, 1.0])


@pytest.mark.parametrize("level", [0.8, 0.95])
def test_intervals_are_those_of_wilson(level):
    y, truth = world(3000)
    for table in (reliability_curve(y, truth, 7, level), calibration_by(y, truth, np.arange(3000) % 5, level)):
        for row in table.itertuples():
            low, high = binomtest(row.clicks, row.rows).proportion_ci(level, method="wilson")
            if "ratio" in table:
                low, high = row.predicted / row.rows / high, row.predicted / row.rows / low
            assert (row.low, row.high) == pytest.approx((low, high), rel=1e-9)


def test_the_ends_of_an_interval_stay_in_their_range():
    for n in range(1, 200, 7):
        curve = reliability_curve([0] * n + [1] * n, np.repeat([0.2, 0.8], n), n_bins=2)
        assert curve["low"][0] == 0  # so that a slice without a click has an infinite ratio, not a huge one
        assert 0 < curve["high"][0] < 1
        assert curve["high"][1] == pytest.approx(1, abs=1e-12)


def test_reliability_curve_has_the_bins_of_scikit_learn_where_nothing_is_tied():
    y, truth = world(5000)
    observed, predicted = calibration_curve(y, truth, n_bins=10, strategy="quantile")
    curve = reliability_curve(y, truth, n_bins=10)
    np.testing.assert_allclose(curve["observed"], observed, rtol=1e-12)
    np.testing.assert_allclose(curve["predicted"], predicted, rtol=1e-12)


@settings(max_examples=30)
@given(samples, st.integers(1, 12), st.booleans())
def test_reliability_curve_holds_every_row_and_adds_up_to_the_calibration_error(rows, n_bins, tied):
    y, p = map(np.array, zip(*rows, strict=True))
    p, n_bins = np.round(p, 1) if tied else p, min(n_bins, len(y))
    curve = reliability_curve(y, p, n_bins)
    assert 1 <= len(curve) <= n_bins
    assert curve["rows"].sum() == len(y)
    assert curve["clicks"].sum() == y.sum()
    assert (curve["predicted"].diff().dropna() > -1e-12).all()
    assert ((curve["low"] <= curve["observed"] + 1e-12) & (curve["observed"] <= curve["high"] + 1e-12)).all()
    error = (curve["rows"] * (curve["predicted"] - curve["observed"]).abs()).sum() / len(y)
    assert error == pytest.approx(expected_calibration_error(y, p, n_bins), abs=1e-12)


def test_intervals_cover_the_truth_as_often_as_they_say():
    inside = []
    for seed in range(30):
        y, truth = world(5000, seed)
        curve = reliability_curve(y, truth, n_bins=5)
        slices = calibration_by(y, truth, np.random.default_rng(seed).integers(0, 5, 5000))
        inside += [
            curve["predicted"].between(curve["low"], curve["high"]),
            (slices["low"] <= 1) & (slices["high"] >= 1),
        ]
    assert 0.92 < np.mean(inside) < 0.99


def test_calibration_by_finds_slices_that_cancel():
    y = np.tile([0, 0, 0, 0, 0, 0, 0, 1], 1000)
    device = np.repeat(["phone", "desktop"], 4000)
    p = np.where(device == "phone", 0.15, 0.10)
    assert calibration_ratio(y, p) == pytest.approx(1)
    table = calibration_by(y, p, device)
    assert table.index.tolist() == ["desktop", "phone"]
    assert list(table.columns) == ["rows", "clicks", "predicted", "ratio", "low", "high"]
    assert table["rows"].tolist() == [4000, 4000]
    assert table["clicks"].tolist() == [500, 500]
    np.testing.assert_allclose(table["predicted"], [400, 600])
    np.testing.assert_allclose(table["ratio"], [0.8, 1.2])
    assert table.loc["desktop", "high"] < 1 < table.loc["phone", "low"]


@settings(max_examples=30)
@given(samples, st.integers(0, 1000))
def test_slices_add_up_to_the_whole(rows, seed):
    y, p = map(np.array, zip(*rows, strict=True))
    table = calibration_by(y, p, np.random.default_rng(seed).integers(0, 4, len(y)))
    assert table[["rows", "clicks"]].sum().tolist() == [len(y), y.sum()]
    assert table["predicted"].sum() / table["clicks"].sum() == pytest.approx(calibration_ratio(y, p))
    assert ((table["low"] <= table["ratio"] * (1 + 1e-12)) & (table["ratio"] <= table["high"] * (1 + 1e-12))).all()


def test_slices_of_any_kind_and_none_is_dropped():
    y, p = [0, 1, 1, 0], [0.2, 0.5, 0.6, 0.3]
    ages = pd.Series(
        pd.Categorical(["18-24", None, "65+", "18-24"], categories=["18-24", "35-44", "65+"]), index=[9, 3, 5, 1]
    )
    table = calibration_by(y, p, ages)
    assert table["rows"].tolist() == [2, 1, 1]
    assert table.index[:2].tolist() == ["18-24", "65+"]
    assert table.index.isna().tolist() == [False, False, True]
    np.testing.assert_allclose(table["ratio"], [np.inf, 0.6, 0.5])
    assert np.isfinite(table["low"]).all()
    assert table["high"].tolist()[0] == np.inf
    users = calibration_by(y, p, pd.Series([7, pd.NA, 7, 2], dtype="Int32"))
    assert users["rows"].tolist() == [1, 2, 1]
    assert calibration_by(y, p, [True, False, True, False]).index.tolist() == [False, True]


@pytest.mark.parametrize("groups", [["a"], "phone", np.ones((4, 2)), None])
def test_groups_must_fit(groups):
    with pytest.raises(ValueError, match=r"groups has shape .* and y has \(4,\)"):
        calibration_by([0, 1, 0, 1], [0.1, 0.2, 0.3, 0.4], groups)


@pytest.mark.parametrize("level", [0, 1, 95, np.nan])
def test_level_must_be_a_chance(level):
    for table in (
        lambda: reliability_curve([0, 1], [0.1, 0.2], 1, level),
        lambda: calibration_by([0, 1], [0.1, 0.2], [1, 1], level),
    ):
        with pytest.raises(ValueError, match="level is"):
            table()


METRICS = {
    "normalized_entropy": normalized_entropy,
    "calibration_ratio": calibration_ratio,
    "expected_calibration_error": lambda y, p: expected_calibration_error(y, p, n_bins=1),
    "share_of_oracle": lambda y, p: share_of_oracle(y, p, p, 0.4),
}


TABLES = {
    "reliability_curve": lambda y, p: reliability_curve(y, p, n_bins=1),
    "calibration_by": lambda y, p: calibration_by(y, p, np.zeros(len(y))),
}


@pytest.mark.parametrize("metric", [*METRICS.values(), *TABLES.values()], ids=[*METRICS, *TABLES])
@pytest.mark.parametrize(
    ("y", "p", "message"),
    [
        ([0, 2], [0.1, 0.2], "y holds 2.0"),
        ([0, np.nan], [0.1, 0.2], "y holds nan"),
        ([0, 1], [0.1, np.nan], "p holds nan .first of 1 such"),
        ([0, 1], [0.1, 1.2], "p holds 1.2"),
        ([0, 1], [-0.1, 0.2], "p holds -0.1"),
        ([0, 1], [[0.9, 0.1], [0.8, 0.2]], "predict_proba"),
        ([0, 1, 1], [0.1, 0.2], "p has 2 values and y 3; expected as many"),
        ([], [], "at least one"),
    ],
)
def test_bad_input_is_named(metric, y, p, message):
    with pytest.raises(ValueError, match=message):
        metric(y, p)


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_booleans_series_and_float32_are_accepted(metric):
    y, p = [False, True, False], [0.2, 0.7, 0.4]
    expected = metric(np.array([0, 1, 0]), np.array(p))
    assert metric(y, p) == expected
    assert metric(pd.Series(y, index=[5, 3, 1], dtype="boolean"), pd.Series(p)) == expected
    assert metric(np.array(y), np.array(p, np.float32)) == pytest.approx(expected, rel=1e-6)
    assert type(metric(y, p)) is float


@pytest.mark.parametrize("rate", [0, 1, 1.5, np.nan])
def test_base_rate_must_leave_room(rate):
    for metric in (
        lambda: normalized_entropy([0, 1], [0.2, 0.7], rate),
        lambda: share_of_oracle([0, 1], [0.2, 0.7], [0.2, 0.7], rate),
    ):
        with pytest.raises(ValueError, match="base rate is"):
            metric()
    with pytest.raises(ValueError, match="clicks and non-clicks"):
        normalized_entropy([1, 1], [0.9, 0.9])


@pytest.mark.parametrize("dtype", [np.uint8, np.int8, bool, np.float16, "UInt8", "boolean", object])
def test_labels_of_every_dtype_give_the_same_numbers(dtype):
    rng = np.random.default_rng(0)
    y, p = rng.random(600) < 0.7, rng.uniform(0.05, 0.95, 600)
    same = pd.Series(y).astype(dtype)
    for metric in (normalized_entropy, calibration_ratio, expected_calibration_error):
        assert metric(same, p) == metric(y.astype(float), p)
    assert reliability_curve(same, p)["clicks"].sum() == y.sum()


@pytest.mark.parametrize("metric", [*METRICS.values(), *TABLES.values()], ids=[*METRICS, *TABLES])
@pytest.mark.parametrize(
    ("y", "p", "message"),
    [
        (pd.array([True, None], "boolean"), [0.1, 0.2], r"y holds nan \(first of 1"),
        (["0", "1"], [0.1, 0.2], "y holds <U1 values such as .*'0'"),
        ([[0], [0, 1]], [0.1, 0.2], "y holds lists of different lengths"),
        ([0, 1], ["0.1", "0.2"], "p holds <U3 values"),
        ([0, 1], pd.array([0.1, None], "Float64"), r"p holds nan \(first of 1"),
    ],
)
def test_text_and_missing_labels_are_named(metric, y, p, message):
    with pytest.raises(ValueError, match=f"{message}.*expected"):
        metric(y, p)


def test_settings_and_groups_of_another_kind_are_named():
    y, p = [0, 1, 0, 1], [0.1, 0.2, 0.7, 0.8]
    for n_bins in (2.0, True, "2", None):
        with pytest.raises(ValueError, match=r"n_bins is .*; expected a whole number, 1 to 4"):
            expected_calibration_error(y, p, n_bins=n_bins)
    for base_rate in ("0.2", True):
        with pytest.raises(ValueError, match=r"the base rate is .*; expected a number between 0 and 1"):
            normalized_entropy(y, p, base_rate)
    for groups in (pd.Series([[1], [2], [3], [4]]), pd.Series([{}] * 4)):
        with pytest.raises(ValueError, match=r"groups holds values such as .*; expected ids or text"):
            calibration_by(y, p, groups)
