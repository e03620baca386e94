import re
import time

import numpy as np
import pytest

from mlpipe.serving.tail import hedged, needed_quantile, quantile_of_slowest, queue_times


@pytest.fixture
def rng():
    return np.random.default_rng(0)


def arrivals(rng, n, load=1.0):
    return np.cumsum(rng.exponential(1 / load, n))


# the slowest of many calls


@pytest.mark.parametrize("n_calls", [1, 3, 100])
@pytest.mark.parametrize("quantile", [0.5, 0.99])
def test_a_quantile_of_the_slowest_is_the_formula_for_exponential_times(rng, n_calls, quantile):
    found = quantile_of_slowest(rng.exponential(1.0, 2_000_000), n_calls, quantile)
    assert found == pytest.approx(-np.log(1 - quantile ** (1 / n_calls)), rel=0.03)


def test_a_quantile_of_the_slowest_is_what_simulation_finds(rng):
    calls = rng.exponential(5.0, (40_000, 20)) + np.where(rng.random((40_000, 20)) < 0.01, 60.0, 0.0)
    assert quantile_of_slowest(calls.ravel(), 20, 0.9) == pytest.approx(np.quantile(calls.max(axis=1), 0.9), rel=0.02)


def test_one_call_needs_the_quantile_itself():
    assert needed_quantile(1, 0.95) == 0.95
    assert needed_quantile(2, 0.81) == pytest.approx(0.9)


def test_too_few_times_for_a_far_quantile_are_refused():
    assert quantile_of_slowest(np.ones(10_000), 100) == 1
    with pytest.raises(ValueError, match=re.escape("times holds 9,999 values; expected 10,000 or more")):
        quantile_of_slowest(np.ones(9_999), 100)


# a second call


def test_hedging_never_makes_a_call_slower_and_sends_only_for_late_ones(rng):
    first, second = rng.exponential(5.0, (2, 10_000))
    times, sent = hedged(first, second, 8.0)
    assert (times <= first).all()
    assert (times[sent] > 8).all()
    np.testing.assert_array_equal(times[~sent], first[~sent])
    np.testing.assert_array_equal(times[sent], np.minimum(first, 8 + second)[sent])
    assert sent.mean() == pytest.approx(np.exp(-8 / 5), abs=0.01)


def test_a_call_that_is_done_at_the_wait_is_not_sent_again():
    assert hedged([10.0], [0.0], 10)[1].tolist() == [False]


# a queue


@pytest.mark.parametrize("load", [0.5, 0.8])
def test_a_queue_takes_the_mean_time_of_theory(rng, load):
    n = 200_000
    times = queue_times(arrivals(rng, n, load), rng.exponential(1.0, n))
    assert times.mean() == pytest.approx(1 / (1 - load), rel=0.06)
    assert np.quantile(times, 0.99) == pytest.approx(np.log(100) / (1 - load), rel=0.1)  # exponential, too


def test_without_a_limit_it_is_lindleys_recursion_in_closed_form(rng):
    came, work = arrivals(rng, 5_000, 1.1), rng.exponential(1.0, 5_000)
    before = np.cumsum(work) - work
    done = np.maximum.accumulate(came - before) + before + work
    np.testing.assert_allclose(queue_times(came, work), done - came, rtol=1e-9)


def test_shedding_answers_most_in_time_where_a_queue_without_it_answers_none(rng):
    came, work = arrivals(rng, 100_000, 1.1), rng.exponential(1.0, 100_000)
    plain, shed = queue_times(came, work), queue_times(came, work, limit=5)
    assert (plain <= 10).mean() < 0.05
    assert (shed <= 10).mean() > 0.8
    answered = np.isfinite(shed)
    assert (shed[answered] - work[answered]).max() <= 5 + 1e-6
    assert answered.mean() == pytest.approx((1 - 0.1 / 1.1), abs=0.1)


def test_a_wait_of_just_the_limit_is_accepted():
    assert queue_times([0, 1], [5, 5], limit=4).tolist() == [5, 9]
    assert queue_times([0, 0], [5, 5], limit=0).tolist() == [5, np.inf]
    assert queue_times([], []).shape == (0,)


def test_two_hundred_thousand_requests_take_less_than_a_second(rng):
    came, work = arrivals(rng, 200_000), rng.exponential(1.0, 200_000)
    start = time.process_time()
    queue_times(came, work, limit=5)
    assert time.process_time() - start < 1


# bad input


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: needed_quantile(0), "n_calls is 0; expected a whole number, 1 or more"),
        (lambda: needed_quantile(2, 1.0), "quantile is 1.0; expected a number between 0 and 1"),
        (lambda: quantile_of_slowest([1.0, np.nan], 1, 0.1), "times holds nan"),
        (lambda: hedged([1.0], [1.0, 2.0], 1), "first has 1 values and second 2"),
        (lambda: hedged([1.0], [-1.0], 1), "second holds -1.0"),
        (lambda: hedged([1.0], [1.0], -1), "wait is -1; expected a finite number of 0 or more"),
        (lambda: queue_times([0, 2, 1], [1, 1, 1]), "arrivals falls from 2.0 to 1.0 at request 2"),
        (lambda: queue_times([0, 1], [1]), "arrivals has 2 values and services 1"),
        (lambda: queue_times([0], [np.inf]), "services holds inf"),
        (lambda: queue_times([0], [1], limit=np.nan), "limit is nan; expected a finite number of 0 or more"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()
