"""Tests of two arms against tea-tasting: the ratio and its intervals, CUPED, the sample ratio, users needed."""

import numpy as np
import pandas as pd
import pytest
import tea_tasting as tt
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpipe.experiments import cuped, ratio_test, sample_ratio_p, users_needed

worlds = st.integers(0, 10_000).map(np.random.default_rng)


def users(rng, n=300):
    before = rng.poisson(rng.lognormal(2, 0.7, n))
    impressions = 1 + rng.poisson(rng.lognormal(2, 0.7, n) + before)
    clicks = rng.binomial(impressions, rng.beta(2, 8, n))
    return pd.DataFrame(
        {"variant": rng.integers(0, 2, n), "clicks": clicks, "impressions": impressions, "before": before}
    )


def theirs(metric, frame):
    return tt.Experiment({"metric": metric}).analyze(frame)["metric"]


def agree(found, peer):
    assert (found.control, found.treatment) == pytest.approx((peer.control, peer.treatment))
    assert found.difference == pytest.approx(peer.effect_size)
    assert (found.low, found.high) == pytest.approx((peer.effect_size_ci_lower, peer.effect_size_ci_upper))
    assert (found.z, found.p_value) == pytest.approx((peer.statistic, peer.pvalue))
    assert found.lift == pytest.approx(peer.rel_effect_size)
    # Theirs is symmetric on the scale of logarithms, ours on the scale of the lift: the errors are the same.
    ratio = 1 + peer.rel_effect_size
    half = np.log((1 + peer.rel_effect_size_ci_upper) / ratio)
    assert found.lift_high - found.lift == pytest.approx(half * ratio)


@settings(max_examples=10, deadline=None)
@given(worlds, st.sampled_from([0.8, 0.95]))
def test_ratios_agree(rng, level):
    frame = users(rng)
    metric = tt.RatioOfMeans("clicks", "impressions", use_t=False, confidence_level=level)
    found = ratio_test(frame["clicks"], frame["impressions"], frame["variant"], level=level)
    agree(found, theirs(metric, frame))


@settings(max_examples=10, deadline=None)
@given(worlds)
def test_means_agree(rng):
    frame = users(rng)
    agree(ratio_test(frame["clicks"], None, frame["variant"]), theirs(tt.Mean("clicks", use_t=False), frame))


@settings(max_examples=10, deadline=None)
@given(worlds)
def test_cuped_agrees(rng):
    frame = users(rng)
    found = ratio_test(cuped(frame["clicks"], frame["before"]), None, frame["variant"])
    peer = theirs(tt.Mean("clicks", "before", use_t=False), frame)
    agree(found, peer)


@pytest.mark.parametrize(("n_control", "n_treatment", "ratio"), [(5100, 4900, 1), (9000, 1100, 1 / 9), (2000, 4000, 2)])
def test_sample_ratios_agree(n_control, n_treatment, ratio):
    frame = pd.DataFrame({"variant": np.repeat([0, 1], [n_control, n_treatment])})
    peer = theirs(tt.SampleRatio(ratio, method="norm", correction=False), frame)
    assert sample_ratio_p(n_control, n_treatment, share=ratio / (1 + ratio)) == pytest.approx(peer.pvalue)


def test_users_needed_agree():
    frame = users(np.random.default_rng(0), 4000)
    metric = tt.Mean("clicks", use_t=False, effect_size=0.05, power=0.9, alpha=0.01)
    both_arms = metric.solve_power(frame, "n_obs")[0].n_obs
    found = users_needed(frame["clicks"].var(), 0.05, power=0.9, alpha=0.01)
    assert found == pytest.approx(both_arms / 2, abs=1)
