import tracemalloc

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipe import uncertainty
from mlpipe.uncertainty import Interval, bootstrap_mean, detectable_difference, paired_difference, paired_ratio

NAN = np.nan
worlds = st.integers(0, 10_000).map(np.random.default_rng)


def two_models(rng, n, gain=0.02):
    """Metrics of two models on the same users: easy and difficult users are so for both; many zeros, as in nDCG."""
    easy = rng.beta(0.4, 1.2, n)
    a, b = (np.clip(easy + shift + rng.normal(0, 0.1, n), 0, 1) for shift in (gain, 0))
    return a, b


def ends(interval):
    return interval.low, interval.high


def by_definition(values, statistic=lambda rows: rows.mean(axis=0), level=0.95, n_resamples=300, seed=0):
    """The percentile interval as a loop: a resample is as many users as there are, drawn with replacement."""
    rng = np.random.default_rng(seed)
    resampled = [statistic(values[rng.integers(0, len(values), len(values))]) for _ in range(n_resamples)]
    return np.quantile(resampled, [(1 - level) / 2, 1 - (1 - level) / 2])


def test_agrees_with_a_loop_up_to_the_luck_of_the_draws():
    a, b = two_models(np.random.default_rng(1), 200)
    many = {"n_resamples": 20_000}
    mean = bootstrap_mean(a, level=0.9, **many)
    assert mean.estimate == pytest.approx(a.mean())
    sd = a.std() / np.sqrt(200)
    np.testing.assert_allclose(ends(mean), by_definition(a, level=0.9, **many), atol=0.06 * sd)
    gain = paired_difference(a, b, **many)
    assert gain.estimate == pytest.approx(a.mean() - b.mean())
    np.testing.assert_allclose(ends(gain), by_definition(a - b, **many), atol=0.06 * (a - b).std() / np.sqrt(200))
    lift = paired_ratio(a, b, **many)
    assert lift.estimate == pytest.approx(a.mean() / b.mean() - 1)
    expected = by_definition(np.column_stack([a, b]), lambda rows: rows[:, 0].mean() / rows[:, 1].mean() - 1, **many)
    np.testing.assert_allclose(ends(lift), expected, atol=0.03 * (expected[1] - expected[0]))


def test_agrees_with_the_normal_interval_where_that_is_right():
    values = np.random.default_rng(0).normal(3, 2, 10_000)
    low, high = ends(bootstrap_mean(values))
    half = 1.96 * values.std() / 100
    np.testing.assert_allclose((low, high), (values.mean() - half, values.mean() + half), atol=0.1 * half)


@pytest.mark.parametrize(
    ("statistic", "n", "low", "high"),
    [("mean", 150, 0.93, 0.96), ("difference", 150, 0.93, 0.96), ("ratio", 150, 0.93, 0.96), ("mean", 23, 0.9, 0.94)],
)
def test_a_95_percent_interval_covers_the_truth_95_times_in_a_hundred_and_a_little_less_for_few_users(
    statistic, n, low, high
):
    rng = np.random.default_rng(0)
    population = np.column_stack(two_models(rng, 1_000_000))
    mean_a, mean_b = population.mean(axis=0)
    covered, trials = 0, 1200  # a standard error of 0.006
    for seed in range(trials):
        a, b = population[rng.integers(0, len(population), n)].T
        options = {"n_resamples": 400, "random_state": seed}
        if statistic == "mean":
            covered += not bootstrap_mean(a, **options).excludes(mean_a)
        elif statistic == "difference":
            covered += not paired_difference(a, b, **options).excludes(mean_a - mean_b)
        else:
            covered += not paired_ratio(a, b, **options).excludes(mean_a / mean_b - 1)
    assert low <= covered / trials <= high


def test_no_difference_is_called_one_in_twenty_times():
    rng = np.random.default_rng(1)
    found = [paired_difference(*two_models(rng, 100, gain=0), n_resamples=400).excludes(0) for _ in range(600)]
    assert 0.03 <= np.mean(found) <= 0.08


def test_pairing_takes_out_what_makes_a_user_easy():
    a, b = two_models(np.random.default_rng(0), 500)
    paired, one, other = paired_difference(a, b), bootstrap_mean(a), bootstrap_mean(b)
    unpaired = np.hypot(one.high - one.low, other.high - other.low)
    assert paired.high - paired.low < 0.5 * unpaired
    assert one.low < other.high  # the two intervals overlap ...
    assert paired.excludes(0)  # ... and the difference is clear
    assert paired_ratio(a, b).excludes(0)
    # The same users in another order are other pairs.
    mixed = paired_difference(a, np.random.default_rng(1).permutation(b))
    assert mixed.estimate == pytest.approx(paired.estimate)
    assert mixed.high - mixed.low > 0.8 * unpaired


@given(worlds)
def test_estimate_and_interval_are_where_they_must_be(rng):
    values = rng.random(rng.integers(2, 60))
    interval = bootstrap_mean(values, n_resamples=100)
    assert values.min() - 1e-12 <= interval.low <= interval.high <= values.max() + 1e-12
    assert interval.n == len(values)
    wide, narrow = bootstrap_mean(values, level=0.99), bootstrap_mean(values, level=0.5)
    assert wide.low <= narrow.low <= narrow.high <= wide.high
    mirrored = bootstrap_mean(-values, n_resamples=100)
    np.testing.assert_allclose(ends(mirrored), (-interval.high, -interval.low))
    shifted = bootstrap_mean(10 * values + 1, n_resamples=100)
    np.testing.assert_allclose(ends(shifted), np.multiply(10, ends(interval)) + 1)


@given(worlds)
def test_swapping_the_models_turns_the_difference_around(rng):
    a, b = two_models(rng, 50)
    forth, back = paired_difference(a, b, n_resamples=200), paired_difference(b, a, n_resamples=200)
    np.testing.assert_allclose(ends(back), (-forth.high, -forth.low))
    doubled = paired_ratio(2 * b, b, n_resamples=200)
    np.testing.assert_allclose([doubled.estimate, *ends(doubled)], 1)  # +100 %, the same in each resample


@given(worlds)
def test_undefined_users_are_left_out_and_counted_never_taken_as_zero(rng):
    a, b = two_models(rng, 40)
    undefined = rng.random(40) < 0.3
    with_nan = [np.where(undefined, NAN, values) for values in (a, b)]
    for function, columns in ((bootstrap_mean, 1), (paired_difference, 2), (paired_ratio, 2)):
        found = function(*with_nan[:columns], n_resamples=100)
        expected = function(*(values[~undefined] for values in (a, b)[:columns]), n_resamples=100)
        assert found.n_undefined == undefined.sum()
        assert (found.n, found.estimate, ends(found)) == (expected.n, expected.estimate, ends(expected))


@pytest.mark.parametrize("function", [bootstrap_mean, paired_difference, paired_ratio])
def test_the_seed_decides_and_the_blocks_do_not(function, monkeypatch):
    arguments = two_models(np.random.default_rng(0), 300)[: 1 if function is bootstrap_mean else 2]
    found = function(*arguments)
    assert found == function(*arguments)
    other = function(*arguments, random_state=1)
    assert other.estimate == found.estimate
    assert ends(other) != ends(found)
    np.testing.assert_allclose(ends(other), ends(found), atol=0.2 * (found.high - found.low))
    monkeypatch.setattr(uncertainty, "BLOCK_DRAWS", 1000)
    in_blocks = function(*arguments)
    np.testing.assert_allclose(ends(in_blocks), ends(found), rtol=1e-12)


def test_memory_is_bounded():
    """2,000 resamples of 20,000 users are 40 million draws; at once they would take 480 MB."""
    values = np.random.default_rng(0).random(20_000)
    tracemalloc.start()
    bootstrap_mean(values)
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    assert peak < 30e6


def test_a_difference_that_never_changes_has_no_width():
    assert ends(paired_difference([1, 1, 1], [0.5, 0.5, 0.5])) == (0.5, 0.5)
    assert bootstrap_mean([True, False, True, True]).estimate == 0.75


def test_excludes_takes_the_ends_as_inside():
    interval = Interval(0.5, 0.25, 0.75, n=10)
    assert [interval.excludes(value) for value in (0.24, 0.25, 0.5, 0.75, 0.76)] == [True, False, False, False, True]
    assert interval.excludes()


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ([[0.1, 0.2]], r"values has shape \(1, 2\); .* np.nanmean\(runs, axis=0\)"),
        ([0.1, np.inf], "values holds 1 infinite"),
        ([0.1, NAN], "1 of 2 users defined"),
        ([NAN, NAN], "0 of 2 users defined"),
        ([], "0 of 0 users"),
    ],
)
def test_bad_values_are_named(values, message):
    with pytest.raises(ValueError, match=message):
        bootstrap_mean(values)


@pytest.mark.parametrize("function", [paired_difference, paired_ratio])
def test_bad_pairs_are_named(function):
    with pytest.raises(ValueError, match="a has 3 values and b 2; expected as many: the same users"):
        function([1, 2, 3], [1, 2])
    with pytest.raises(ValueError, match=r"2 users .first: row 1. are NaN in only one of a and b"):
        function([1, NAN, 3, 4], [1, 2, NAN, 4])
    with pytest.raises(ValueError, match="b has shape"):
        function([1, 2], [[1, 2]])
    with pytest.raises(ValueError, match="a holds 1 infinite"):
        function([1, np.inf], [1, 2])
    with pytest.raises(ValueError, match="a and b: 1 of 2 users defined"):
        function([1, NAN], [1, NAN])


def test_a_ratio_needs_something_to_divide_by():
    with pytest.raises(ValueError, match=r"b has mean 0.0; expected above 0.* paired_difference"):
        paired_ratio([1, 2, 3], [0, 0, 0])
    with pytest.raises(ValueError, match="b has mean -1"):
        paired_ratio([1, 2], [-1, -1])
    with pytest.raises(ValueError, match=r"0 or below in [\d,]+ of 2,000 resamples.* paired_difference"):
        paired_ratio([1, 2, 3], [0, 0, 3])


@pytest.mark.parametrize("function", [bootstrap_mean, paired_difference, paired_ratio])
def test_bad_settings_are_named(function):
    arguments = [[1.0, 2, 3]] * (1 if function is bootstrap_mean else 2)
    for level in (0, 1, 95, NAN):
        with pytest.raises(ValueError, match=r"level is .* such as 0.95"):
            function(*arguments, level=level)
    with pytest.raises(ValueError, match="n_resamples is 99; expected a whole number, 100 or more"):
        function(*arguments, n_resamples=99)


def test_detectable_difference_by_hand():
    # 1.959964 + 0.841621 standard errors
    assert detectable_difference(1, 100) == pytest.approx(0.2801585, abs=1e-6)
    assert detectable_difference(1, 100, power=0.9, alpha=0.01) == pytest.approx(0.1 * (2.575829 + 1.281552), abs=1e-6)
    # Halving it takes four times the users.
    assert detectable_difference(0.15, 400) == pytest.approx(detectable_difference(0.15, 100) / 2)


def test_a_detectable_difference_is_detected_as_often_as_promised():
    rng, n = np.random.default_rng(0), 100
    effect = detectable_difference(0.15, n)
    found = [
        paired_difference(rng.normal(effect, 0.15, n), np.zeros(n), n_resamples=400).excludes(0) for _ in range(600)
    ]
    assert np.mean(found) == pytest.approx(0.8, abs=0.05)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 10), "sd is 0; expected .* above 0"),
        ((NAN, 10), "sd is nan"),
        ((np.inf, 10), "sd is inf"),
        ((0.15, 1), "n is 1; expected a whole number, 2"),
        ((0.15, 10, 0.04), r"power is 0.04; expected above alpha \(0.05\)"),
        ((0.15, 10, 1), "power is 1"),
        ((0.15, 10, 0.8, 0), "alpha is 0;"),
    ],
)
def test_detectable_difference_names_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        detectable_difference(*arguments)


def test_settings_are_numbers_of_the_right_kind():
    for wrong, message in (
        ({"level": "0.9"}, "level is '0.9'; expected a number between 0 and 1"),
        ({"n_resamples": 200.0}, "n_resamples is 200.0; expected a whole number, 100 or more"),
        ({"random_state": "a"}, "random_state is 'a'; expected a whole number, 0 or more"),
    ):
        with pytest.raises(ValueError, match=message):
            bootstrap_mean([0.1, 0.2, 0.3], **wrong)
    with pytest.raises(ValueError, match="n is '10'; expected a whole number, 2 or more"):
        detectable_difference(0.15, "10")
    with pytest.raises(ValueError, match=r"values holds <U1 values .*expected numbers"):
        bootstrap_mean(["1", "2", "3"])


def test_small_integers_are_averaged_in_double_precision():
    wins = np.uint8([200, 250, 100])
    assert bootstrap_mean(wins).estimate == pytest.approx(550 / 3)
    assert paired_difference(np.uint8([1, 2, 3]), np.uint8([2, 3, 4])).estimate == -1
    assert paired_ratio(wins, np.uint8([100, 125, 50])).estimate == pytest.approx(1)
