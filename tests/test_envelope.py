import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import norm

from mlpipe import envelope
from mlpipe.envelope import human


@pytest.mark.parametrize(
    ("found", "expected"),
    [
        (envelope.embedding_bytes(100e6, 64), 25.6e9),
        (envelope.embedding_bytes(10e6, 64), 2.56e9),
        (envelope.embedding_bytes(10e6, 64, bytes_per_number=2), 1.28e9),
        (envelope.queries_per_second(100e6, 10), 11_574.07),
        (envelope.queries_per_second(100e6, 10, peak_factor=3), 34_722.22),
        (envelope.log_bytes_per_day(1e9, 500), 0.5e12),
        (envelope.brute_force_seconds(10e6, 64), 0.128),
        (envelope.shuffle_bytes(1e9, 24, 20), 22.8e9),
        (envelope.shuffle_bytes(1e9, 24, 1), 0),
        (envelope.broadcast_bytes(240e3, 20), 4.8e6),
        (envelope.stage_seconds(3600, 20), 180),
        (envelope.stage_seconds(3600, 20, busiest=1.3), 234),
        (envelope.stage_seconds(3600, 20, busiest=20), 3600),
        (envelope.checkpoint_seconds(30, 86_400), 2276.84),
        (envelope.brute_force_seconds(10e6, 64, bytes_per_number=1, bytes_per_second=200e9), 0.0032),
    ],
)
def test_known_sizes_and_loads(found, expected):
    assert found == pytest.approx(expected, rel=1e-6)


def test_small_numpy_integers_do_not_overflow():
    assert envelope.embedding_bytes(np.int32(100_000_000), np.int32(64)) == 25.6e9
    assert envelope.embedding_bytes(np.uint8(200), np.uint8(200), np.uint8(4)) == 160_000
    assert envelope.queries_per_second(np.uint8(200), np.uint8(200), np.uint8(2)) == 200 * 200 * 2 / 86_400


def test_short_floats_are_computed_on_in_double_precision():
    alpha, power = np.float16(0.05), np.float16(0.8)
    found = envelope.ab_sample_size(0.01, 0.02, power, alpha)
    assert found == envelope.ab_sample_size(0.01, 0.02, float(power), float(alpha))


@pytest.mark.parametrize(
    ("base_rate", "relative_lift", "expected"),
    # The last is a worked example of the book that the docstring cites: response 65 % against 85 %.
    [(0.01, 0.02, 3_923_648), (0.01, 0.01, 15_617_694), (0.05, 0.02, 752_700), (0.65, 0.85 / 0.65 - 1, 70)],
)
def test_ab_sample_size_of_known_cases(base_rate, relative_lift, expected):
    found = envelope.ab_sample_size(base_rate, relative_lift)
    assert isinstance(found, int)
    assert found == expected


def rejection_rate(n, base_rate, relative_lift, alpha, n_experiments=40_000, seed=0):
    """Share of simulated A/B tests whose pooled two-proportion z test rejects that the groups are equal."""
    rng = np.random.default_rng(seed)
    control = rng.binomial(n, base_rate, n_experiments) / n
    treated = rng.binomial(n, base_rate * (1 + relative_lift), n_experiments) / n
    pooled = (control + treated) / 2
    z = (treated - control) / np.sqrt(2 * pooled * (1 - pooled) / n)
    return np.mean(np.abs(z) > norm.isf(alpha / 2))


@pytest.mark.parametrize(
    ("base_rate", "relative_lift", "power", "alpha"),
    [(0.01, 0.02, 0.8, 0.05), (0.05, -0.05, 0.8, 0.05), (0.3, 0.03, 0.9, 0.01)],
)
def test_ab_sample_size_has_its_power_in_simulated_experiments(base_rate, relative_lift, power, alpha):
    n = envelope.ab_sample_size(base_rate, relative_lift, power, alpha)
    tolerance = 3 * math.sqrt(power * (1 - power) / 40_000)
    assert rejection_rate(n, base_rate, relative_lift, alpha) == pytest.approx(power, abs=tolerance)
    # The same simulation tells a wrong size: half of it, or one for a one-sided test.
    assert rejection_rate(n // 2, base_rate, relative_lift, alpha) < power - 0.2
    one_sided = envelope.ab_sample_size(base_rate, relative_lift, power, 2 * alpha)
    assert rejection_rate(one_sided, base_rate, relative_lift, alpha) < power - 5 * tolerance
    null = rejection_rate(n, base_rate, 0.0, alpha)
    assert null == pytest.approx(alpha, abs=3 * math.sqrt(alpha * (1 - alpha) / 40_000))


rates = st.floats(0.001, 0.4)
lifts = st.floats(0.01, 1.0)


@given(rates, lifts, st.floats(1.05, 2.0))
def test_a_smaller_lift_a_rarer_event_and_more_power_need_more_units(base_rate, lift, factor):
    n = envelope.ab_sample_size(base_rate, lift)
    assert envelope.ab_sample_size(base_rate, lift / factor) > n
    assert envelope.ab_sample_size(base_rate / factor, lift) > n
    assert envelope.ab_sample_size(base_rate, lift, power=0.9) > n
    assert envelope.ab_sample_size(base_rate, lift, alpha=0.01) > n


@given(rates, lifts)
def test_an_experiment_on_the_opposite_event_needs_the_same_units(base_rate, lift):
    other = 1 - base_rate
    other_lift = (1 - base_rate * (1 + lift)) / other - 1
    assert envelope.ab_sample_size(other, other_lift) == pytest.approx(
        envelope.ab_sample_size(base_rate, lift), rel=1e-6, abs=1
    )


@pytest.mark.parametrize(("bits", "expected"), [(20, 0.6147), (22, 0.2121), (24, 0.0579)])
def test_collision_rate_of_a_million_keys(bits, expected):
    assert envelope.hash_collision_rate(1_000_000, 2**bits) == pytest.approx(expected, abs=5e-5)


@pytest.mark.parametrize(("n_keys", "n_buckets"), [(2_000, 2**12), (2_000, 2**10), (40, 7)])
def test_collision_rate_agrees_with_simulated_hashing(n_keys, n_buckets):
    rng = np.random.default_rng(1)
    rounds = 400
    shared = np.empty(rounds)
    for i in range(rounds):
        bucket = rng.integers(n_buckets, size=n_keys)
        shared[i] = np.mean(np.bincount(bucket, minlength=n_buckets)[bucket] > 1)
    tolerance = 4 * shared.std(ddof=1) / math.sqrt(rounds)
    assert tolerance < 0.005
    assert envelope.hash_collision_rate(n_keys, n_buckets) == pytest.approx(shared.mean(), abs=tolerance)


def test_collision_rate_at_the_edges():
    assert envelope.hash_collision_rate(1, 1) == 0
    assert envelope.hash_collision_rate(1, 10) == 0
    assert envelope.hash_collision_rate(2, 1) == 1
    assert envelope.hash_collision_rate(2, 2) == pytest.approx(0.5, rel=1e-12)
    assert envelope.hash_collision_rate(3, 2) == pytest.approx(0.75, rel=1e-12)
    assert envelope.hash_collision_rate(2, 10**18) == pytest.approx(1e-18, rel=1e-9, abs=0)


@given(st.integers(2, 10**9), st.integers(2, 10**12))
def test_collision_rate_is_a_share_that_grows_with_keys_and_falls_with_buckets(n_keys, n_buckets):
    rate = envelope.hash_collision_rate(n_keys, n_buckets)
    assert 0 < rate <= 1
    assert envelope.hash_collision_rate(2 * n_keys, n_buckets) >= rate
    assert envelope.hash_collision_rate(n_keys, 2 * n_buckets) <= rate
    if rate < 0.999:
        assert envelope.hash_collision_rate(2 * n_keys, n_buckets) > rate > 0
        assert envelope.hash_collision_rate(n_keys, 2 * n_buckets) < rate


@pytest.mark.parametrize(
    ("value", "unit", "expected"),
    [
        (25.6e9, "B", "25.6 GB"),
        (11_574.07, "/s", "11.6 k/s"),
        (34_722.2, "/s", "34.7 k/s"),
        (0.128, "s", "128 ms"),
        (3.2e-6, "s", "3.2 µs"),
        (5e11, "B/day", "500 GB/day"),
        (15_617_694, "", "15.6 M"),
        (999_499, "", "999 k"),
        (999_500, "", "1 M"),
        (1_000, "B", "1 kB"),
        (42, "", "42"),
        (0, "B", "0 B"),
        (-2.56e9, "B", "-2.56 GB"),
    ],
)
def test_human(value, unit, expected):
    assert human(value, unit) == expected


@given(st.floats(1e-12, 1e26))
def test_human_keeps_three_digits(value):
    number, _, prefix = human(value).partition(" ")
    power = {"p": -4, "n": -3, "µ": -2, "m": -1, "": 0, "k": 1, "M": 2, "G": 3, "T": 4, "P": 5, "E": 6, "Z": 7, "Y": 8}
    assert float(number) * 1000.0 ** power[prefix] == pytest.approx(value, rel=0.00501)
    assert 1 <= float(number) < 1000


NOT_POSITIVE = [0, -1, math.nan, math.inf, None, "10", True]
CALLS = [
    (envelope.queries_per_second, {"daily_users": 1e6, "requests_per_user": 10, "peak_factor": 2}),
    (envelope.embedding_bytes, {"n_ids": 1e6, "dimension": 64, "bytes_per_number": 4}),
    (envelope.log_bytes_per_day, {"events_per_day": 1e9, "bytes_per_event": 500}),
    (envelope.brute_force_seconds, {"n_items": 1e6, "dimension": 8, "bytes_per_number": 4, "bytes_per_second": 1e9}),
    (envelope.ab_sample_size, {"base_rate": 0.05, "relative_lift": 0.02, "power": 0.8, "alpha": 0.05}),
    (envelope.hash_collision_rate, {"n_keys": 10, "n_buckets": 10}),
    (envelope.shuffle_bytes, {"n_rows": 1e9, "bytes_per_row": 24, "n_machines": 20}),
    (envelope.broadcast_bytes, {"table_bytes": 1e6, "n_machines": 20}),
    (envelope.stage_seconds, {"work_seconds": 3600, "n_machines": 20}),
    (envelope.checkpoint_seconds, {"write_seconds": 30, "seconds_between_failures": 86_400}),
]
BAD = [
    (function, arguments, name, value) for function, arguments in CALLS for name in arguments for value in NOT_POSITIVE
]
BAD += [
    (envelope.queries_per_second, CALLS[0][1], "peak_factor", 0.5),
    (envelope.ab_sample_size, CALLS[4][1], "base_rate", 1),
    (envelope.ab_sample_size, CALLS[4][1], "base_rate", 5),
    (envelope.ab_sample_size, CALLS[4][1], "relative_lift", 19.0),
    (envelope.ab_sample_size, CALLS[4][1], "relative_lift", 1e-17),
    (envelope.ab_sample_size, CALLS[4][1], "power", 1),
    (envelope.ab_sample_size, CALLS[4][1], "power", 0.05),
    (envelope.ab_sample_size, CALLS[4][1], "alpha", 1.5),
    (envelope.hash_collision_rate, CALLS[5][1], "n_keys", 2.5),
    (envelope.hash_collision_rate, CALLS[5][1], "n_buckets", 0.5),
    (envelope.shuffle_bytes, CALLS[6][1], "n_machines", 2.5),
    *((envelope.stage_seconds, CALLS[8][1] | {"busiest": 2}, "busiest", v) for v in (0.9, 20.1, math.nan)),
]


@pytest.mark.parametrize(("function", "arguments", "name", "value"), BAD)
def test_a_bad_argument_is_named_with_what_was_found(function, arguments, name, value):
    function(**arguments)
    with pytest.raises(ValueError, match=f"^{name} is .*expected.*such as ") as error:
        function(**(arguments | {name: value}))
    assert repr(value) in str(error.value)


@pytest.mark.parametrize("value", [math.nan, math.inf, None, "1"])
def test_human_refuses_what_is_no_number(value):
    with pytest.raises(ValueError, match=r"^value is .*expected a finite number"):
        human(value, "B")


def test_no_other_time_between_checkpoints_loses_less():
    """Work is lost at half of the interval on average for each failure, and each checkpoint costs its writing."""
    write, between = 30.0, 86_400.0
    best = envelope.checkpoint_seconds(write, between)

    def lost(interval):
        return write / interval + interval / 2 / between

    assert all(lost(best) < lost(best * factor) for factor in (0.5, 0.9, 1.1, 2))
