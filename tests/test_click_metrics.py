import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn.metrics import log_loss

from mlpipe.click_metrics import calibration_ratio, expected_calibration_error, normalized_entropy, share_of_oracle


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
        assert normalized_entropy(y, truth, rate) == pytest.approx(log_loss(y, truth) / log_loss(y, constant))
        assert normalized_entropy(y, constant, rate) == pytest.approx(1)
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
        with pytest.raises(ValueError, match="n_bins is"):
            expected_calibration_error([0, 1], [0.1, 0.2], n_bins)


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


METRICS = {
    "normalized_entropy": normalized_entropy,
    "calibration_ratio": calibration_ratio,
    "expected_calibration_error": lambda y, p: expected_calibration_error(y, p, n_bins=1),
    "share_of_oracle": lambda y, p: share_of_oracle(y, p, p, 0.4),
}


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
@pytest.mark.parametrize(
    ("y", "p", "message"),
    [
        ([0, 2], [0.1, 0.2], "y holds 2.0"),
        ([0, np.nan], [0.1, 0.2], "y holds nan"),
        ([0, 1], [0.1, np.nan], "p holds nan .first of 1 such"),
        ([0, 1], [0.1, 1.2], "p holds 1.2"),
        ([0, 1], [-0.1, 0.2], "p holds -0.1"),
        ([0, 1], [[0.9, 0.1], [0.8, 0.2]], "predict_proba"),
        ([0, 1, 1], [0.1, 0.2], "p has shape"),
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
