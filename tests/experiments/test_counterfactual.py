import numpy as np
import pytest
from hypothesis import given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st

from mlpipe.experiments import effective_rows, off_policy, replay

NAN = np.nan
worlds = st.integers(0, 10_000).map(np.random.default_rng)

N_CONTEXTS, N_ACTIONS = 12, 6
SCORES = np.random.default_rng(99).normal(size=(N_CONTEXTS, N_ACTIONS))
RATES = 1 / (1 + np.exp(2 - 0.8 * SCORES - np.random.default_rng(98).normal(0, 0.4, SCORES.shape)))


def softmax(scores):
    return np.exp(scores) / np.exp(scores).sum(axis=1, keepdims=True)


LOGGING, TARGET = softmax(0.5 * SCORES), softmax(2 * SCORES)
TRUTH = (TARGET * RATES).sum(axis=1).mean()


def log(rng, n, policy=LOGGING):
    """Contexts, actions that the policy draws, clicks."""
    context = rng.integers(0, N_CONTEXTS, n)
    action = np.minimum((rng.random(n)[:, None] > policy.cumsum(axis=1)[context]).sum(axis=1), N_ACTIONS - 1)
    return context, action, (rng.random(n) < RATES[context, action]).astype(float)


def estimate(rng, n, how="snips", model=None, **settings):
    context, action, reward = log(rng, n)
    if model is not None:
        settings |= {"predicted": model[context, action], "expected": (TARGET * model).sum(axis=1)[context]}
    return off_policy(reward, LOGGING[context, action], TARGET[context, action], how=how, **settings)


@hypothesis_settings(max_examples=30, deadline=None)
@given(worlds)
def test_estimates_by_their_definition(rng):
    context, action, r = log(rng, 400)
    logged, target = LOGGING[context, action], TARGET[context, action]
    predicted, expected = rng.random((2, 400))
    w = target / logged
    for how, more, by_hand in (
        ("ips", {}, (w * r).mean()),
        ("snips", {}, (w * r).sum() / w.sum()),
        ("dr", {"predicted": predicted, "expected": expected}, (expected + w * (r - predicted)).mean()),
        ("ips", {"clip": 1.5}, (np.minimum(w, 1.5) * r).mean()),
        ("snips", {"clip": 1.5}, np.average(r, weights=np.minimum(w, 1.5))),
    ):
        found = off_policy(r, logged, target, how=how, level=0.9, min_effective_rows=2, **more)
        assert found.estimate == pytest.approx(by_hand)
        half = (found.high - found.low) / 2
        assert half == pytest.approx(1.6448536 * found.standard_error)
        used = np.minimum(w, more.get("clip", np.inf))
        assert found.effective_rows == pytest.approx(used.sum() ** 2 / (used**2).sum())
        assert (found.mean_weight, found.n) == (pytest.approx(used.mean()), 400)


def test_standard_errors_are_the_spread_of_many_logs_and_intervals_cover():
    rng, n_runs = np.random.default_rng(0), 800
    model = RATES * np.random.default_rng(1).uniform(0.7, 1.2, RATES.shape)
    for how, more in (("ips", {}), ("snips", {}), ("dr", {"model": model})):
        found = [estimate(rng, 1500, how, **more) for _ in range(n_runs)]
        values = np.array([one.estimate for one in found])
        assert values.mean() == pytest.approx(TRUTH, abs=4 * values.std() / np.sqrt(n_runs))
        assert np.mean([one.standard_error for one in found]) == pytest.approx(values.std(), rel=0.08)
        assert np.mean([one.low <= TRUTH <= one.high for one in found]) == pytest.approx(0.95, abs=0.025)


def test_a_model_helps_in_so_far_as_it_predicts():
    context, action, _ = log(np.random.default_rng(2), 5000)
    earned = RATES[context, action]  # rewards without luck of their own
    common = earned, LOGGING[context, action], TARGET[context, action]

    def doubly_robust(model):
        expected = (TARGET * model).sum(axis=1)[context]
        return off_policy(*common, how="dr", predicted=model[context, action], expected=expected)

    plain = off_policy(*common, how="ips")
    assert doubly_robust(RATES).standard_error < 0.5 * plain.standard_error
    silent = doubly_robust(np.zeros_like(RATES))
    assert (silent.estimate, silent.standard_error) == pytest.approx((plain.estimate, plain.standard_error))
    wrong = doubly_robust(1 - RATES)
    assert abs(wrong.estimate - TRUTH) < 4 * wrong.standard_error


def test_rows_of_a_user_are_not_independent():
    rng, n_runs, values, by_user, by_row = np.random.default_rng(3), 400, [], [], []
    for _ in range(n_runs):
        users = np.repeat(np.arange(150), 10)
        taste = rng.beta(1, 3, 150)[users]
        action = rng.integers(0, 2, 1500)
        reward = (rng.random(1500) < taste * (0.5 + action)).astype(float)
        common = reward, np.full(1500, 0.5), np.where(action, 0.8, 0.2)
        one = off_policy(*common, users=users)
        values.append(one.estimate)
        by_user.append(one.standard_error)
        by_row.append(off_policy(*common).standard_error)
    assert np.mean(by_user) == pytest.approx(np.std(values), rel=0.12)
    assert np.mean(by_row) < 0.85 * np.std(values)


def test_a_user_a_row_is_the_default():
    context, action, reward = log(np.random.default_rng(4), 300)
    common = reward, LOGGING[context, action], TARGET[context, action]
    for how in ("ips", "snips"):
        alone = off_policy(*common, how=how)
        named = off_policy(*common, how=how, users=[f"u{one}" for one in range(300)])
        assert named.standard_error == pytest.approx(alone.standard_error)


def test_a_cut_takes_the_estimate_towards_the_log():
    context, action, reward = log(np.random.default_rng(5), 20_000)
    common = reward, LOGGING[context, action], TARGET[context, action]
    free, cut = off_policy(*common), off_policy(*common, clip=0.5)
    assert cut.effective_rows > free.effective_rows
    assert reward.mean() < cut.estimate < free.estimate
    assert off_policy(*common, how="ips", clip=0.5).estimate < free.estimate / 2
    assert cut.mean_weight < 0.5
    assert off_policy(*common, clip=1e9) == free


def test_the_logging_policy_has_the_mean_of_its_log():
    _, _, reward = log(np.random.default_rng(6), 500)
    for how in ("ips", "snips"):
        found = off_policy(reward, np.full(500, 0.3), np.full(500, 0.3), how=how)
        assert (found.estimate, found.effective_rows, found.mean_weight) == pytest.approx((reward.mean(), 500, 1))
        assert found.standard_error == pytest.approx(reward.std(ddof=1) / np.sqrt(500))


def test_replay_of_a_uniform_log_is_the_mean_over_the_rows_that_agree():
    rng = np.random.default_rng(7)
    context, action, reward = log(rng, 6000, np.full((N_CONTEXTS, N_ACTIONS), 1 / N_ACTIONS))
    wanted = SCORES.argmax(axis=1)[context]
    agree = action == wanted
    found = replay(reward, action, wanted, np.full(6000, 1 / N_ACTIONS))
    assert found.estimate == pytest.approx(reward[agree].mean())
    assert found.effective_rows == pytest.approx(agree.sum())
    assert found.standard_error == pytest.approx(reward[agree].std() / np.sqrt(agree.sum()), rel=1e-3)
    names = np.array([f"item {one}" for one in range(N_ACTIONS)])
    assert replay(reward, names[action], names[wanted], np.full(6000, 1 / N_ACTIONS)) == found


def test_replay_of_another_log_weighs_by_propensity():
    rng, n = np.random.default_rng(8), 60_000
    uneven = softmax(6 * RATES)  # the best action is shown most where it is clicked most
    context, action, reward = log(rng, n, uneven)
    wanted = SCORES.argmax(axis=1)[context]
    truth = RATES[np.arange(N_CONTEXTS), SCORES.argmax(axis=1)].mean()
    found = replay(reward, action, wanted, uneven[context, action])
    assert found.low < truth < found.high
    plain = reward[action == wanted].mean()
    assert abs(plain - truth) > 2 * found.standard_error


def test_effective_rows():
    assert effective_rows([2, 2, 2]) == 3
    assert effective_rows([5, 0, 0]) == 1
    assert effective_rows([0, 0]) == effective_rows([]) == 0
    assert effective_rows([1, 3]) == pytest.approx(1.6)
    assert effective_rows(np.uint8([200, 200])) == 2


def test_a_target_that_the_log_never_showed_is_refused():
    rng = np.random.default_rng(9)
    greedy = np.where(np.arange(N_ACTIONS) < 3, 1 / 3, 0.0) * np.ones((N_CONTEXTS, 1))  # half of the actions
    context, action, reward = log(rng, 5000, greedy)
    uniform = np.full(5000, 1 / N_ACTIONS)
    for how in ("ips", "snips"):
        with pytest.raises(
            ValueError, match=r"mean weight is 0.500; .*never showed about 50% .*random slice.* A/B test"
        ):
            off_policy(reward, greedy[context, action], uniform, how=how)
        with pytest.raises(ValueError, match=r"mean weight is 0\.500"):
            off_policy(reward, greedy[context, action], uniform, how=how, clip=1)
    with pytest.raises(ValueError, match=r"mean weight is 0.000; .*never showed about 100%"):
        off_policy(reward, greedy[context, action], np.zeros(5000))
    with pytest.raises(ValueError, match=r"never showed about 100%"):
        replay(reward, action, np.full(5000, 5), greedy[context, action])


def test_a_target_with_support_is_seldom_refused():
    rng, n_runs, refused = np.random.default_rng(10), 400, 0
    for _ in range(n_runs):
        context, action, reward = log(rng, 1500)
        far = softmax(-1.5 * SCORES)[context, action]  # wants what the log shows least
        try:
            off_policy(reward, LOGGING[context, action], far)
        except ValueError:
            refused += 1
    assert refused / n_runs < 0.02


def test_propensities_on_another_scale_are_refused_and_rounded_ones_are_not():
    context, action, reward = log(np.random.default_rng(11), 20_000)
    logged, target = LOGGING[context, action], TARGET[context, action]
    with pytest.raises(ValueError, match=r"mean weight is 1.3\d\d; .*propensities are too small"):
        off_policy(reward, logged / 1.3, target)
    with pytest.raises(ValueError, match=r"mean weight is 0.7\d\d; .*the propensities are too large"):
        off_policy(reward, np.minimum(logged * 1.3, 1), target)
    rounded = off_policy(reward, logged.astype(np.float16), target)
    assert rounded.estimate == pytest.approx(off_policy(reward, logged, target).estimate, rel=1e-3)
    off_policy(reward, np.full(20_000, 0.333), np.full(20_000, 1 / 3))  # each weight is 1.001


def test_too_few_effective_rows_are_refused():
    context, action, reward = log(np.random.default_rng(12), 200)
    common = reward, LOGGING[context, action], softmax(8 * SCORES)[context, action]
    with pytest.raises(ValueError, match=r"leave \d\d\.\d effective rows of 200; expected 100 or more.*nearer"):
        off_policy(*common)
    assert off_policy(*common, min_effective_rows=20).effective_rows < 100


GOOD = {"reward": [0, 1, 0, 1], "logged": [0.5, 0.5, 0.4, 0.6], "target": [0.5, 0.5, 0.4, 0.6], "min_effective_rows": 2}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"logged": [0.5, 0, 0.4, 0.6]}, r"logged holds 0.0 .first of 1.* above 0 and up to 1.*had a chance"),
        ({"logged": [0.5, 1.2, 0.4, 0.6]}, "logged holds 1.2 "),
        ({"logged": [0.5, -0.1, 0.4, 0.6]}, "logged holds -0.1 "),
        ({"logged": [0.5, NAN, 0.4, 0.6]}, "logged holds nan "),
        ({"logged": ["0.5"] * 4}, "logged holds <U3 values"),
        ({"target": [0.5, -0.1, 0.4, 0.6]}, "target holds -0.1 .*probabilities from 0 to 1"),
        ({"target": [0.5, 1.01, 0.4, 0.6]}, "target holds 1.01 "),
        ({"target": [0.5, NAN, 0.4, 0.6]}, "target holds nan "),
        ({"target": [0.5]}, "logged has 4 values and target 1"),
        ({"reward": [0, 1, NAN, 1]}, "reward holds nan"),
        ({"reward": [0, 1]}, "reward has 2 values and logged 4"),
        ({"reward": [[0, 1]]}, r"reward has shape \(1, 2\)"),
        ({"reward": [0] * 4}, "reward is 0 in all rows that count; expected rows that differ"),
        ({"reward": [1] * 4}, "reward is 1 in all rows that count"),
        ({"reward": [], "logged": [], "target": []}, "reward has 0 rows of 0 user"),
        ({"users": ["x"] * 4}, "reward has 4 rows of 1 user"),
        ({"users": ["x", "y", None, "z"]}, "users has 1 missing values"),
        ({"users": ["x"]}, "users has 1 values and reward 4"),
        ({"how": "dm"}, "how is 'dm'; expected one of 'snips', 'ips', 'dr'"),
        ({"how": "dr"}, r'predicted is None with how="dr"; expected \(n,\) rewards'),
        ({"how": "dr", "predicted": [0.1] * 4}, "expected is None"),
        ({"how": "dr", "predicted": [0.1] * 4, "expected": [0.1]}, "reward has 4 values and expected 1"),
        ({"how": "dr", "predicted": [NAN] * 4, "expected": [0.1] * 4}, "predicted holds nan"),
        ({"predicted": [0.1] * 4}, 'predicted is given with how="snips"; expected it with how="dr" only'),
        ({"clip": 0}, "clip is 0; expected .*above 0"),
        ({"clip": NAN}, "clip is nan"),
        ({"level": 1}, "level is 1"),
        ({"min_effective_rows": 1}, "min_effective_rows is 1; expected rows, 2 or more"),
    ],
)
def test_bad_logs_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        off_policy(**{**GOOD, **change})


def test_replay_names_bad_ids():
    with pytest.raises(ValueError, match=r"shown has shape \(2,\) and wanted \(1,\)"):
        replay([0, 1], [1, 2], [1], [0.5, 0.5])
    with pytest.raises(ValueError, match="shown holds int64 and wanted <U1; expected ids of one kind"):
        replay([0, 1], [1, 2], ["1", "2"], [0.5, 0.5])


def test_effective_rows_names_bad_weights():
    for wrong, message in (
        ([1, -1], "weights holds -1.0"),
        ([1, NAN], "weights holds nan"),
        (["a"], "weights holds <U1"),
    ):
        with pytest.raises(ValueError, match=message):
            effective_rows(wrong)


def test_what_is_no_column_of_the_log_is_named():
    r, p = [0, 1] * 500, np.full(1000, 0.5)
    for arguments, message in (
        ((r, None, p), "logged is None; expected propensities of the action shown, one a row: the log must hold"),
        ((r, p, None), "target is None; expected the target policy's probabilities of the action shown, one a row"),
        ((None, p, p), "reward is None; expected rewards of the action shown"),
        ((r, 0.5, p), r"logged is 0.5; .*one a row: np.full\(n, ...\)"),
    ):
        with pytest.raises(ValueError, match=message):
            off_policy(*arguments)


def test_propensities_raised_to_a_floor_are_told_from_cut_weights():
    rng = np.random.default_rng(3)
    rare = rng.random(4000) < 0.04
    logged, target = np.where(rare, 0.04, 0.96), np.where(rare, 0.7, 0.3)
    reward = rng.random(4000) < 0.3
    with pytest.raises(ValueError, match=r"raised to a floor.* by `clip`"):
        off_policy(reward, np.maximum(logged, 0.2), target, min_effective_rows=2)
    assert off_policy(reward, logged, target, clip=5, min_effective_rows=2).mean_weight < 0.7


def test_rows_without_a_user_are_named():
    with pytest.raises(ValueError, match=r"users has 1 missing values; .*an id of its own"):
        off_policy([0, 1] * 500, [0.5] * 1000, [0.5] * 1000, users=[None, *range(999)])
