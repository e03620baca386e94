import dataclasses

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_ind

from mlpipe.envelope import ab_sample_size
from mlpipe.experiments import (
    bootstrap_ratio_test,
    cuped,
    ratio_test,
    sample_ratio_p,
    users_needed,
)

NAN = np.nan
Z90 = 1.6448536269514722  # a normal variable stays within in 90 of 100
worlds = st.integers(0, 10_000).map(np.random.default_rng)


def clicky_users(rng, n, lift=0.0):
    """Clicks, impressions and arms of users who differ in how busy they are, and in how much they click."""
    impressions = 1 + rng.poisson(rng.lognormal(2, 0.7, n))
    arm = rng.integers(0, 2, n)
    rate = 0.1 * rng.lognormal(0, 0.5, n) * (1 + lift * arm)
    return rng.binomial(impressions, np.minimum(rate, 1)), impressions, arm


def rows_of(rng, totals, impressions):
    """One row an impression, in any order: user, clicked."""
    users = np.repeat(np.arange(len(totals)), impressions)
    clicked = np.concatenate([np.arange(n) < y for y, n in zip(totals, impressions, strict=True)])
    order = rng.permutation(len(users))
    return users[order], clicked[order]


def same(a, b, **tolerance):
    np.testing.assert_allclose(dataclasses.astuple(a), dataclasses.astuple(b), **{"rtol": 1e-9, **tolerance})


@settings(max_examples=30, deadline=None)
@given(worlds)
def test_a_ratio_and_its_error_by_their_definition(rng):
    y, n, arm = clicky_users(rng, 60)
    found = ratio_test(y, n, arm, level=0.9)
    ratios, variances = [], []
    for one in (0, 1):
        a, b = y[arm == one], n[arm == one]
        r, (c, _) = a.sum() / b.sum(), np.cov(a, b)
        d = np.cov(a, b)
        ratios.append(r)  # the delta method as the paper writes it
        variances.append((d[0, 0] - 2 * r * c[1] + r**2 * d[1, 1]) / b.mean() ** 2 / len(a))
    error = np.sqrt(sum(variances))
    assert (found.control, found.treatment) == pytest.approx(ratios)
    assert found.standard_error == pytest.approx(error)
    assert found.difference == pytest.approx(ratios[1] - ratios[0])
    assert (found.low, found.high) == pytest.approx((found.difference - Z90 * error, found.difference + Z90 * error))
    assert found.z == pytest.approx(found.difference / error)
    assert (found.n_control, found.n_treatment) == (sum(arm == 0), sum(arm == 1))
    assert found.lift == pytest.approx(ratios[1] / ratios[0] - 1)
    # A small step of each ratio moves the lift by its derivative.
    slopes = np.array([-ratios[1] / ratios[0] ** 2, 1 / ratios[0]])
    assert (found.lift_high - found.lift_low) / 2 / Z90 == pytest.approx(np.sqrt(slopes**2 @ variances), rel=1e-5)


@settings(max_examples=20, deadline=None)
@given(worlds)
def test_rows_are_added_up_by_user(rng):
    y, n, arm = clicky_users(rng, 40)
    users, clicked = rows_of(rng, y, n)
    names = np.array([f"u{one}" for one in range(40)])
    same(ratio_test(clicked, np.ones(len(users)), arm[users], users), ratio_test(y, n, arm))
    same(ratio_test(clicked, np.ones(len(users)), arm[users], names[users]), ratio_test(y, n, arm))
    same(ratio_test(clicked, None, arm[users], users), ratio_test(y, None, arm))


def test_a_mean_a_user_is_welchs_test():
    rng = np.random.default_rng(0)
    y, arm = rng.normal(5, 2, 300) - 4, rng.random(300) < 0.3
    found, expected = ratio_test(y, None, arm), ttest_ind(y[arm], y[~arm], equal_var=False)
    assert found.z == pytest.approx(expected.statistic)
    assert found.p_value == pytest.approx(expected.pvalue, rel=0.1)  # the t distribution is a little wider
    assert (found.n_control, found.n_treatment) == (sum(~arm), sum(arm))


def test_arms_come_in_any_form():
    y, n, arm = clicky_users(np.random.default_rng(1), 50)
    expected = ratio_test(y, n, arm)
    words = np.where(arm, "new", "current")  # in the order of the alphabet
    for form in (
        arm == 1,
        arm.astype(float),
        arm.tolist(),
        2 * arm - 1,
        words,
        pd.Series(words, dtype="category"),
        pd.Series(arm, index=np.arange(50)[::-1], dtype="Int8"),
    ):
        assert ratio_test(pd.Series(y), n.astype(np.float32), form) == expected


def test_it_does_not_matter_how_the_metric_is_scaled():
    y, n, arm = clicky_users(np.random.default_rng(2), 80)
    one, many = ratio_test(y, n, arm), ratio_test(y * 1e9, n, arm)
    assert (many.z, many.lift, many.p_value) == pytest.approx((one.z, one.lift, one.p_value))
    assert many.standard_error == pytest.approx(one.standard_error * 1e9)
    swapped = ratio_test(y, n, 1 - arm)
    assert (swapped.z, swapped.p_value, swapped.standard_error) == pytest.approx(
        (-one.z, one.p_value, one.standard_error)
    )


def test_a_control_of_zero_has_no_lift():
    found = ratio_test([0, 0, 1, 3], [1, 2, 3, 4], [0, 0, 1, 1])
    assert found.difference > 0
    assert np.isnan([found.lift, found.lift_low, found.lift_high]).all()


def test_users_without_impressions_change_nothing_but_their_number():
    y, n, arm = clicky_users(np.random.default_rng(3), 2000)
    found = ratio_test(np.r_[y, np.zeros(2000)], np.r_[n, np.zeros(2000)], np.r_[arm, arm])
    expected = ratio_test(y, n, arm)
    assert found.difference == pytest.approx(expected.difference)
    assert found.standard_error == pytest.approx(expected.standard_error, rel=1e-3)
    assert found.n_control == 2 * expected.n_control


def test_false_alarms_by_user_are_five_in_a_hundred_and_by_row_many_more():
    rng, n_runs = np.random.default_rng(4), 1500
    by_user = by_row = 0
    for _ in range(n_runs):
        y, n, arm = clicky_users(rng, 400)
        by_user += ratio_test(y, n, arm).p_value < 0.05
        rates = [y[arm == one].sum() / n[arm == one].sum() for one in (0, 1)]
        pooled = y.sum() / n.sum()
        error = np.sqrt(pooled * (1 - pooled) * sum(1 / n[arm == one].sum() for one in (0, 1)))
        by_row += abs(rates[1] - rates[0]) > 1.96 * error
    assert by_user / n_runs == pytest.approx(0.05, abs=0.017)  # three standard errors
    assert by_row / n_runs > 0.09


def test_intervals_cover_the_difference_and_the_lift():
    rng, lift, n_runs = np.random.default_rng(5), 0.2, 800
    truth = 0.1 * np.exp(0.5**2 / 2)  # the mean of the users' rates: impressions do not depend on them
    covered = np.zeros(2)
    for _ in range(n_runs):
        found = ratio_test(*clicky_users(rng, 1500, lift))
        covered += found.low <= truth * lift <= found.high, found.lift_low <= lift <= found.lift_high
    assert covered / n_runs == pytest.approx([0.95, 0.95], abs=0.025)


def test_the_bootstrap_agrees_with_the_delta_method():
    y, n, arm = clicky_users(np.random.default_rng(6), 2000, 0.2)
    delta, resampled = ratio_test(y, n, arm, level=0.9), bootstrap_ratio_test(y, n, arm, level=0.9, n_resamples=4000)
    assert (resampled.estimate, resampled.n) == (pytest.approx(delta.difference), 2000)
    assert (resampled.low, resampled.high) == pytest.approx((delta.low, delta.high), abs=0.1 * delta.standard_error)
    users, clicked = rows_of(np.random.default_rng(7), y, n)
    of_rows = bootstrap_ratio_test(clicked, np.ones(len(users)), arm[users], users, n_resamples=400)
    assert of_rows.high - of_rows.low == pytest.approx(delta.standard_error * 2 * 1.96, rel=0.15)
    assert bootstrap_ratio_test(y, n, arm, n_resamples=200) != bootstrap_ratio_test(
        y, n, arm, n_resamples=200, random_state=1
    )


@settings(max_examples=30, deadline=None)
@given(worlds, st.integers(1, 3))
def test_cuped_leaves_the_residual_of_a_regression(rng, n_covariates):
    before = rng.normal(size=(50, n_covariates)) * [1, 100, 1e-3][:n_covariates] + 7
    values = before @ rng.normal(size=n_covariates) + rng.normal(size=50)
    adjusted = cuped(values, before)
    assert adjusted.mean() == pytest.approx(values.mean())
    design = np.column_stack([np.ones(50), before])
    residual = values - design @ np.linalg.solve(design.T @ design, design.T @ values)
    assert adjusted - values.mean() == pytest.approx(residual, abs=1e-6)


def test_cuped_with_one_covariate_by_hand():
    # theta = cov / var = 10 / 10 = 1; before has mean 3
    assert cuped([3, 1, 4, 7], [2, 1, 4, 5]) == pytest.approx(
        np.array([3, 1, 4, 7]) - 1.3 * (np.array([2, 1, 4, 5]) - 3)
    )
    assert cuped([3, 1, 4, 7], [5, 5, 5, 5]) == pytest.approx([3, 1, 4, 7])


def test_cuped_finds_what_is_too_small_without_it_and_keeps_the_effect():
    rng, n, lift, n_runs = np.random.default_rng(8), 2000, 0.05, 300
    found, plain, effects = 0, 0, []
    for _ in range(n_runs):
        busy, arm = rng.gamma(4, 1, n), rng.integers(0, 2, n)
        before, y = rng.poisson(5 * busy), rng.poisson(5 * busy * (1 + lift * arm))
        one = ratio_test(cuped(y, before), None, arm)
        found, plain = found + (one.p_value < 0.05), plain + (ratio_test(y, None, arm).p_value < 0.05)
        effects.append(one.difference)
    assert found / n_runs > 0.85
    assert plain / n_runs < 0.75
    assert np.mean(effects) == pytest.approx(5 * 4 * lift, abs=4 * np.std(effects) / np.sqrt(n_runs))


def test_sample_ratios_by_hand():
    # chi2 = 2 * 10^2 / 100 = 2 with one degree of freedom
    assert sample_ratio_p(110, 90) == pytest.approx(0.157299, abs=1e-6)
    assert sample_ratio_p(90, 110) == sample_ratio_p(110, 90)
    assert sample_ratio_p(900, 100, share=0.1) == pytest.approx(1)
    assert sample_ratio_p(100, 900, share=0.1) < 1e-100
    assert sample_ratio_p(np.uint8(200), np.uint8(200)) == 1


def test_healthy_splits_are_flagged_as_often_as_said():
    rng = np.random.default_rng(9)
    treated = rng.binomial(10_000, 0.3, 4000)
    p = np.array([sample_ratio_p(10_000 - one, one, share=0.3) for one in treated.tolist()])
    assert (p < 0.05).mean() == pytest.approx(0.05, abs=0.011)
    assert (p < 0.5).mean() == pytest.approx(0.5, abs=0.025)


def test_users_needed_by_hand():
    # 2 (1.959964 + 0.841621)^2 / 0.1^2
    assert users_needed(1, 0.1) == 1570
    assert users_needed(1, -0.1) == 1570
    assert users_needed(2, 0.1, power=0.9, alpha=0.01) == 5952
    assert users_needed((0.1 * 0.9 + 0.11 * 0.89) / 2, 0.01) == ab_sample_size(0.1, 0.1)


def test_users_needed_have_their_power_in_ratio_tests():
    rng, lift = np.random.default_rng(10), 0.15
    pilot = ratio_test(*clicky_users(rng, 200_000, lift))
    m = pilot.n_control * pilot.n_treatment / (pilot.n_control + pilot.n_treatment) * 2
    n = users_needed(m * pilot.standard_error**2 / 2, pilot.control * lift)
    found = [ratio_test(*clicky_users(rng, 2 * n, lift)).p_value < 0.05 for _ in range(800)]
    assert np.mean(found) == pytest.approx(0.8, abs=0.045)


GOOD = {"numerator": [1, 0, 2, 1], "denominator": [3, 4, 5, 6], "arm": ["a", "a", "b", "b"]}


@pytest.mark.parametrize("test", [ratio_test, bootstrap_ratio_test])
@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"arm": ["a"] * 4}, "arm holds 'a'; expected two values.* an empty arm compares with nothing"),
        ({"arm": list("abca")}, "arm holds 'a', 'b', 'c'; expected two.* two at a time"),
        ({"arm": ["a", "a", "a", "b"]}, "arm 'b' has 1 user; expected at least 2"),
        ({"arm": [0, 1, NAN, 1]}, "arm has 1 missing values; expected an arm each"),
        ({"arm": [0.5, 1.5, 0.5, 1.5]}, "arm holds float64 values such as 0.5"),
        ({"arm": [0, 1]}, "numerator has 4 values and arm 2"),
        ({"numerator": [1, NAN, 2, 1]}, "numerator holds nan .first of 1.* 0 is what a user without events has"),
        ({"numerator": [1, np.inf, 2, 1]}, "numerator holds inf"),
        ({"numerator": list("1021")}, "numerator holds <U1 values such as .*'1'.*expected numbers"),
        ({"numerator": [[1, 0, 2, 1]]}, r"numerator has shape \(1, 4\)"),
        ({"denominator": [3, 4, 5]}, "numerator has 4 values and denominator 3"),
        ({"denominator": [3, 4, -5, 6]}, "denominator holds -5.0 .*zero or more"),
        ({"denominator": [3, 4, 0, 0]}, "denominator is 0 for all 2 users of arm 'b'.*nothing was shown"),
        ({"users": ["x", "y", "y", "z"]}, "users: 'y' .first of 1. is in both arms.*assign by user"),
        ({"users": [1, 2, 3, None]}, "users has 1 missing values; expected one user a row"),
        ({"users": [1, 2, 3]}, "users has 3 values and numerator 4"),
        ({"users": [1, 2, 3, 3]}, "arm 'b' has 1 user"),
        ({"numerator": [3, 4, 5, 6]}, r"equal for all users of an arm .1 and 1.; expected users who differ"),
        ({"numerator": [0, 0, 0, 0]}, "equal for all users of an arm .0 and 0."),
        ({"numerator": [0.1, 0.1, 0.3, 0.3], "denominator": None}, "equal for all users of an arm"),
        (
            {"numerator": [0.3, 0.7, 0.9, 1.1], "denominator": [3, 7, 9, 11]},
            "equal for all users of an arm .0.1 and 0.1.",
        ),  # but for rounding
        ({"level": 95}, "level is 95; expected a number between 0 and 1"),
    ],
)
def test_bad_experiments_are_named(test, change, message):
    if test is bootstrap_ratio_test and "equal for all" in message:
        return
    with pytest.raises(ValueError, match=message):
        test(**{**GOOD, **change})


def test_a_resample_without_any_impression_is_named():
    with pytest.raises(ValueError, match=r"an arm has a denominator of 0 in \d+ of 2,000 resamples.*use ratio_test"):
        bootstrap_ratio_test(*GOOD.values())
    with pytest.raises(ValueError, match="n_resamples is 5; expected a whole number, 100 or more"):
        bootstrap_ratio_test(*GOOD.values(), n_resamples=5)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (([1, 2, 3], [1, NAN, 3]), "before holds nan .*a user who is new has no past: pass 0"),
        (([1, NAN, 3], [1, 2, 3]), "values holds nan"),
        (([1, 2, 3], [1, 2]), "values has 3 values and before 2; expected as many: the same users"),
        (([1, 2, 3], [[[1]], [[2]], [[3]]]), r"before has shape \(3, 1, 1\)"),
        (([1, 2], [1, 2]), "values has 2 users for 1 covariates; expected hundreds"),
        (([1, 2, 3], ["a", "b", "c"]), "before holds <U1"),
    ],
)
def test_cuped_names_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        cuped(*arguments)


@pytest.mark.parametrize(
    ("function", "arguments", "message"),
    [
        (sample_ratio_p, (-1, 10), "n_control is -1; expected a whole number, 0 or more"),
        (sample_ratio_p, (10, 2.5), "n_treatment is 2.5"),
        (sample_ratio_p, (0, 0), "n_control and n_treatment are 0; expected users"),
        (sample_ratio_p, (10, 10, 1), "share is 1; expected a number between 0 and 1"),
        (sample_ratio_p, (10, 10, NAN), "share is nan"),
        (users_needed, (0, 1), "variance is 0; expected .*above 0"),
        (users_needed, (NAN, 1), "variance is nan"),
        (users_needed, (1, 0), "difference is 0; expected the smallest one that would matter"),
        (users_needed, (1, np.inf), "difference is inf"),
        (users_needed, (1, 1e-200), "difference is 1e-200; expected the smallest"),
        (users_needed, (1, "0.1"), "difference is '0.1'"),
        (users_needed, (1, 1, 0.05), r"power is 0.05; expected above alpha \(0.05\)"),
        (users_needed, (1, 1, 1), "power is 1;"),
        (users_needed, (1, 1, 0.8, 0), "alpha is 0;"),
    ],
)
def test_bad_plans_are_named(function, arguments, message):
    with pytest.raises(ValueError, match=message):
        function(*arguments)
