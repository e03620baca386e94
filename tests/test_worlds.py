"""The recommender world: its clicks follow its truth, its best slates are the best, and its law is the stated one."""

import os
import subprocess
import sys
from itertools import permutations

import numpy as np
import pytest
from kernels import ways
from scipy.special import logit

from mlpipe.arguments import repeated
from mlpipe.worlds import (
    BASE_LOGIT,
    N_CAMPAIGNS,
    N_SEGMENTS,
    N_SLOTS,
    RecommenderWorld,
    Seen,
    budget_market,
    by_attributes,
    feedback_loop,
    greedy,
    last_slot,
    random_slots,
)

BOTH = pytest.mark.parametrize("cascade", [False, True])


def by_hand(cascade=False):
    """Two users, three items, and slots that are looked at in 1 and in 1/2 of the visits."""
    world = RecommenderWorld(n_users=2, n_items=3, cascade=cascade)
    world.attraction = np.array([[0.5, 0.2, 0.1], [0, 1, 0.4]], np.float32)
    world.examination = np.array([1, 0.5])
    world.activity = np.array([0.25, 0.75])
    return world


def random_slates(world, n, k, rng):
    return rng.random((n, world.n_items)).argsort(axis=1)[:, :k]


# --- What a slate is worth ---------------------------------------------------------------------------------


def test_a_world_that_fits_on_paper():
    world = by_hand()
    np.testing.assert_allclose(world.value([[0, 1], [0, 1]]), [0.5 + 0.5 * 0.2, 0 + 0.5 * 1])
    np.testing.assert_allclose(world.value([1, 2]), [0.2 + 0.05, 1 + 0.2])  # one slate for all
    np.testing.assert_allclose(world.value([[2], [2], [0]], users=[1, 0, 0]), [0.4, 0.1, 0.5])
    assert world.best(2).tolist() == [[0, 1], [1, 2]]
    assert world.activity @ world.value(world.best(2)) == pytest.approx(0.25 * 0.6 + 0.75 * 1.2)


def test_a_cascade_that_fits_on_paper():
    world = by_hand(cascade=True)
    np.testing.assert_allclose(world.value([[0, 1], [0, 1]]), [0.5 + 0.5 * 0.1, 0.5])
    np.testing.assert_allclose(world.value([1, 2]), [0.2 + 0.8 * 0.05, 1])
    clicks = world.show([1] * 100, [1, 2], np.random.default_rng(0))
    assert clicks.tolist() == [[True, False]] * 100


@BOTH
@pytest.mark.parametrize("k", [1, 4, 10])
def test_the_value_is_the_mean_of_many_visits(cascade, k):
    world, rng = RecommenderWorld(n_users=300, n_items=40, seed=k, cascade=cascade), np.random.default_rng(k)
    for slates in (random_slates(world, world.n_users, k, rng), world.best(k)):
        users = world.visits(200_000, rng)
        clicks, value = world.show(users, slates[users], rng).sum(axis=1), world.value(slates)
        assert abs(clicks.mean() - world.activity @ value) < 4 * clicks.std() / len(users) ** 0.5
        busiest = np.argmax(world.activity)
        own = clicks[users == busiest]
        assert abs(own.mean() - value[busiest]) < 4 * own.std() / len(own) ** 0.5


@BOTH
def test_clicks_come_slot_by_slot_as_the_law_says(cascade):
    world, n = RecommenderWorld(n_users=50, n_items=30, seed=2, cascade=cascade), 400_000
    slates = world.best(N_SLOTS)
    clicks = world.show(np.zeros(n, int), slates[0], np.random.default_rng(0))
    chance = world.examination * world.attraction[0, slates[0]].astype(float)
    if cascade:
        assert clicks.sum(axis=1).max() == 1
        chance = chance * np.r_[1, np.cumprod(1 - chance)[:-1]]
    z = (clicks.mean(axis=0) - chance) / np.sqrt(chance * (1 - chance) / n)
    assert np.abs(z).max() < 4


@BOTH
def test_no_slate_is_worth_more_than_the_best(cascade):
    world = RecommenderWorld(n_users=40, n_items=7, seed=1, cascade=cascade)
    best = world.value(world.best(4))
    for slate in permutations(range(7), 4):
        assert (world.value(slate) <= best + 1e-12).all()


@BOTH
def test_the_best_beats_random_slates_and_any_swap_in_a_large_world(cascade):
    world, rng = RecommenderWorld(n_users=20, seed=3, cascade=cascade), np.random.default_rng(0)
    slates = world.best(N_SLOTS)
    best = world.value(slates)
    for _ in range(1000):
        assert (world.value(random_slates(world, 20, N_SLOTS, rng)) < best).all()
    for first in range(N_SLOTS):
        for second in range(first):
            swapped = slates.copy()
            swapped[:, [first, second]] = slates[:, [second, first]]
            assert (world.value(swapped) < best).all()
        replaced = slates.copy()
        replaced[:, first] = np.argsort(-world.attraction, axis=1)[:, 10]
        assert (world.value(replaced) < best).all()


def test_of_equal_items_the_lower_number_is_the_better():
    world = RecommenderWorld(n_users=3, n_items=600)
    world.attraction[:] = 0.25
    world.attraction[:, 500] = 0.5
    assert world.best(4).tolist() == [[500, 0, 1, 2]] * 3


# --- Who comes ---------------------------------------------------------------------------------------------


def test_users_come_as_often_as_they_are_active():
    world = RecommenderWorld(n_users=500, seed=4)
    assert world.activity.sum() == pytest.approx(1)
    expected = 1_000_000 * world.activity
    counts = np.bincount(world.visits(1_000_000, np.random.default_rng(0)), minlength=500)
    assert abs(((counts - expected) ** 2 / expected).sum() - 499) < 4 * np.sqrt(2 * 499)


def test_a_user_who_never_comes_does_not():
    world = by_hand()
    for activity in ([0, 1], [1, 0]):
        world.activity = np.array(activity, float)
        assert set(world.visits(1000, np.random.default_rng(0))) == {np.argmax(activity)}


# --- The law -----------------------------------------------------------------------------------------------


@pytest.mark.parametrize("clicky", [0, 1])
def test_the_parts_have_the_spread_that_the_table_of_the_module_states(clicky):
    world = RecommenderWorld(n_users=4000, n_items=1500, seed=5, clicky=clicky)
    parts = logit(world.attraction.astype(float)) - BASE_LOGIT
    assert parts.mean() + clicky / 2 == pytest.approx(0, abs=0.12)
    by_user = parts.mean(axis=1)
    assert by_user.std() == pytest.approx(clicky, abs=0.04)
    parts -= by_user[:, None]
    by_segment = np.stack([parts[world.segment == s].mean(axis=0) for s in range(N_SEGMENTS)])
    assert by_segment.mean(axis=0).std() == pytest.approx(np.hypot(0.8, 1 / N_SEGMENTS**0.5), rel=0.06)
    assert (by_segment - by_segment.mean(axis=0)).std() == pytest.approx((1 - 1 / N_SEGMENTS) ** 0.5, rel=0.03)
    assert (parts - by_segment[world.segment]).std() == pytest.approx(0.5, rel=0.01)
    assert np.bincount(world.segment, minlength=8) == pytest.approx(500, abs=100)
    assert np.log(world.activity).std() == pytest.approx(1, abs=0.05)


def test_slots_are_looked_at_as_the_table_states():
    np.testing.assert_allclose(RecommenderWorld(n_users=1).examination[[0, 1, 2, 9]], [0.95, 0.627, 0.491, 0.239], 2e-3)


def test_clicky_moves_users_and_leaves_the_mean_odds_and_all_else():
    worlds = [RecommenderWorld(n_users=4000, n_items=50, seed=6, clicky=clicky) for clicky in (0, 0.5, 1)]
    plain, some, much = (logit(world.attraction.astype(float)) for world in worlds)
    assert (some - plain).std(axis=1).max() < 1e-4  # one number a user
    shift = [(other - plain).mean(axis=1) for other in (some, much)]
    np.testing.assert_allclose(shift[1] + 0.5, 2 * (shift[0] + 0.125), atol=1e-4)
    for each in shift:
        assert np.exp(each).mean() == pytest.approx(1, abs=0.08)
    for world in worlds[1:]:
        np.testing.assert_array_equal(world.segment, worlds[0].segment)
        np.testing.assert_array_equal(world.activity, worlds[0].activity)


def test_a_cascade_and_churn_leave_the_world_as_it_is():
    plain, other = RecommenderWorld(100, 30, 7), RecommenderWorld(100, 30, 7, cascade=True, churn=0.5)
    np.testing.assert_array_equal(plain.attraction, other.attraction)
    np.testing.assert_array_equal(plain.best(), other.best())
    users = plain.visits(2000, np.random.default_rng(0))
    clicks, first = (world.show(users, range(10), np.random.default_rng(1)) for world in (plain, other))
    assert clicks.sum() > first.sum() > 0
    np.testing.assert_array_equal(clicks.any(axis=1), first.any(axis=1))
    with_click = clicks.any(axis=1)
    np.testing.assert_array_equal(clicks.argmax(axis=1)[with_click], first.argmax(axis=1)[with_click])


# --- Churn -------------------------------------------------------------------------------------------------


def test_churn_replaces_items_for_all_users_and_leaves_the_others():
    world = RecommenderWorld(n_users=2500, n_items=400, seed=8, churn=0.25, clicky=1)
    before = world.attraction.copy()
    new = world.renew(np.random.default_rng(0))
    assert len(new) == 100
    assert (np.diff(new) > 0).all()
    changed = world.attraction != before
    assert changed[:, new].all()
    assert not np.delete(changed, new, axis=1).any()
    old, fresh = logit(before.astype(float)), logit(world.attraction[:, new].astype(float))
    assert fresh.mean() == pytest.approx(old.mean(), abs=0.3)
    assert fresh.std() == pytest.approx(old.std(), rel=0.1)
    assert np.corrcoef(fresh.mean(axis=1), old.mean(axis=1))[0, 1] > 0.95  # who clicks much goes on
    same_segment = np.corrcoef(fresh[world.segment == 0][:2])[0, 1]
    assert same_segment > np.corrcoef(fresh[[np.argmax(world.segment == 0), np.argmax(world.segment == 1)]])[0, 1]


def test_churn_of_a_part_of_an_item_is_right_on_average():
    world, rng = RecommenderWorld(n_users=1, n_items=50, churn=0.03), np.random.default_rng(0)
    counts = [len(world.renew(rng)) for _ in range(2000)]
    assert set(counts) == {1, 2}
    assert np.mean(counts) == pytest.approx(1.5, abs=4 * 0.5 / 2000**0.5)


def test_no_churn_renews_nothing_and_full_churn_all():
    for churn, n_new in ((0, 0), (1, 30)):
        world = RecommenderWorld(5, 30, churn=churn)
        before = world.attraction.copy()
        assert world.renew(np.random.default_rng(0)).tolist() == list(range(n_new))
        assert (world.attraction != before).all(axis=0).sum() == n_new


def test_the_same_generator_brings_the_same_items():
    first, second = (RecommenderWorld(100, 50, 9, churn=0.1) for _ in range(2))
    rngs = np.random.default_rng(1), np.random.default_rng(1)
    for _ in range(3):
        np.testing.assert_array_equal(first.renew(rngs[0]), second.renew(rngs[1]))
    np.testing.assert_array_equal(first.attraction, second.attraction)


# --- The same everywhere -----------------------------------------------------------------------------------


DIGEST = """
import hashlib
import numpy as np
from mlpipe.worlds import RecommenderWorld

world, rng = RecommenderWorld(400, 90, 3, churn=0.1), np.random.default_rng(3)
users = world.visits(3000, rng)
shown = world.show(users, world.best()[users], rng)
parts = [world.segment, world.activity, world.attraction, users, world.best(), shown, world.value(range(10))]
digest = hashlib.sha256(b"".join(part.tobytes() for part in parts))
digest.update(world.renew(rng).tobytes() + world.attraction.tobytes())
print(digest.hexdigest())
"""


def digest(**environment):
    command = [sys.executable, "-c", DIGEST]
    return subprocess.run(command, env=os.environ | environment, capture_output=True, text=True, check=True).stdout


def test_same_seed_same_world_and_another_seed_another():
    assert digest() == digest()
    first, second = RecommenderWorld(seed=3), RecommenderWorld(seed=4)
    assert (first.attraction != second.attraction).mean() > 0.99
    assert (first.segment != second.segment).any()
    assert (first.activity != second.activity).all()


@pytest.mark.slow
def test_other_kernels_make_the_same_world_byte_by_byte():
    here = digest()
    for name, environment in ways().items():
        assert digest(**environment) == here, name


# --- Bad arguments -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"n_users": 0}, "n_users is 0; expected a whole number, 1 or more"),
        ({"n_items": 2.5}, "n_items is 2.5; expected a whole number, 1 or more"),
        ({"seed": -1}, "seed is -1; expected a whole number, 0 or more"),
        ({"seed": None}, "seed is None; expected a whole number"),
        ({"clicky": -0.1}, "clicky is -0.1; expected a number from 0 to 3"),
        ({"clicky": "0.5"}, "clicky is '0.5'; expected a number from 0 to 3"),
        ({"churn": 1.5}, "churn is 1.5; expected a share from 0 to 1"),
        ({"churn": np.nan}, "churn is nan; expected a share from 0 to 1"),
        ({"cascade": "yes"}, r"cascade is 'yes'; expected True \(one click ends the visit\) or False"),
    ],
)
def test_bad_dials_are_named(arguments, message):
    with pytest.raises(ValueError, match=f"^{message}"):
        RecommenderWorld(**{"n_users": 5, "n_items": 5, **arguments})


@pytest.mark.parametrize(
    ("users", "slates", "message"),
    [
        ([0, 1], [[1, 2, 1], [0, 1, 2]], r"slates holds an item twice, first in row 0: \[1, 2, 1\]; expected"),
        ([0, 1], [[1, 2], [2, 12]], "slates holds 12; expected 0 to 11, as many as the world has"),
        ([0, 1], [[-1, 2], [2, 3]], "slates holds -1; expected 0 to 11"),
        ([0, 5], [[1, 2], [2, 3]], "users holds 5; expected 0 to 4, as many as the world has"),
        ([0, -1], [[1, 2], [2, 3]], "users holds -1; expected 0 to 4"),
        ([0, 1, 2], [[1, 2], [2, 3]], r"slates has shape \(2, 2\); expected \(3, 1 to 10 items\), one a visit of"),
        ([[0, 1]], [[1, 2], [2, 3]], r"users is int64 of shape \(1, 2\); expected \(n,\) users, one a visit"),
        ([0.0, 1.0], [[1, 2], [2, 3]], r"users is float64 of shape \(2,\); expected \(n,\) users"),
        ([0, 1], [[1.5, 2], [2, 3]], r"slates is float64 of shape \(2, 2\); expected \(n, k\) items"),
        ([0, 1], [range(11)] * 2, r"slates has shape \(2, 11\); expected \(2, 1 to 10 items\)"),
        ([0, 1], [[], []], r"slates has shape \(2, 0\); expected \(2, 1 to 10 items\)"),
        ([0, 1], [[[1]], [[2]]], r"slates has shape \(2, 1, 1\); expected \(2, 1 to 10 items\)"),
        ([0, 1], [[1, 2], [3]], "slates holds lists of different lengths"),
        ([0, 1], 3, r"slates has shape \(\); expected"),
        (None, [[1, 2], [2, 3]], r"slates has shape \(2, 2\); expected \(5, 1 to 10 items\), one for each user of"),
    ],
)
def test_slates_that_nobody_can_be_shown_are_refused(users, slates, message):
    world = RecommenderWorld(n_users=5, n_items=12)
    with pytest.raises(ValueError, match=f"^{message}"):
        world.value(slates, users)
    if users is not None:
        with pytest.raises(ValueError, match=f"^{message}"):
            world.show(users, slates, np.random.default_rng(0))


@pytest.mark.parametrize(("n_items", "k", "high"), [(600, 11, 10), (6, 7, 6), (600, 0, 10), (600, 2.0, 10)])
def test_a_best_slate_that_does_not_exist_is_refused(n_items, k, high):
    with pytest.raises(ValueError, match=rf"^k is {k}; expected a whole number, 1 to {high},"):
        RecommenderWorld(n_users=2, n_items=n_items).best(k)


def test_no_visits_are_refused():
    with pytest.raises(ValueError, match=r"^n is 0; expected a whole number, 1 or more"):
        RecommenderWorld(n_users=2).visits(0, np.random.default_rng(0))


def test_slates_may_come_in_any_form():
    world = RecommenderWorld(n_users=3, n_items=12)
    expected = world.value(np.array([[1, 2], [3, 4], [5, 6]]))
    for form in (np.uint8, np.int32, object):
        np.testing.assert_array_equal(world.value(np.array([[1, 2], [3, 4], [5, 6]], form)), expected)
    assert world.value(np.empty((0, 3), int), []).shape == (0,)


# --- A market with budgets ---------------------------------------------------------------------------------


def test_no_campaign_pays_more_than_its_budget():
    assert budget_market(0.5, 20).sum() == 20 * N_CAMPAIGNS
    assert budget_market(0.5, 21, apart=True).tolist() == [10 * N_CAMPAIGNS] * 2  # half of 21 is 10
    assert budget_market(0, 10**6).sum() < budget_market(1, 10**6).sum() < 10**5  # budgets that last


def test_shares_of_none_and_of_all():
    assert budget_market(0, 300)[1] == budget_market(1, 300)[0] == 0


def test_a_user_split_finds_the_truth_only_where_budgets_last():
    for budget, too_much in ((40, 1.3), (10**6, 0.9)):
        old, new = budget_market(0, budget)[0], budget_market(1, budget)[1]
        users = budget_market(0.5, budget)
        apart = budget_market(0.5, budget, apart=True)
        ratio = users[1] / users[0] / (new / old)
        assert too_much < ratio < too_much + 0.4
        assert apart[1] / apart[0] == pytest.approx(new / old, rel=0.08)


def test_one_seed_gives_one_market():
    first, again, other = (budget_market(0.5, 60, seed=seed).tolist() for seed in (1, 1, 2))
    assert first == again != other
    weeks = [budget_market(0, 10**6, seed=1, week=week)[0] for week in range(3)]
    assert len(set(weeks)) == 3  # new requests
    assert max(weeks) / min(weeks) < 1.1  # of the same campaigns


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"share": 1.5}, "share is 1.5"),
        ({"share": None}, "share is None"),
        ({"budget": 1}, "budget is 1"),
        ({"budget": 2.5}, "budget is 2.5"),
        ({"apart": 2}, "apart is 2; expected True"),
        ({"seed": -1}, "seed is -1"),
        ({"week": 0.5}, "week is 0.5"),
    ],
)
def test_bad_markets_are_refused(change, found):
    with pytest.raises(ValueError, match=found):
        budget_market(**{"share": 0.5, "budget": 10} | change)


# --- Loops


def short_loop(policies, **settings):
    return feedback_loop(policies, n_rounds=5, n_visits=300, n_items=60, **settings)


def test_lots_are_even_and_hold_no_item_twice():
    world = RecommenderWorld(n_users=5, n_items=12)
    slates = world.by_lot(20_000, np.random.default_rng(0), k=4)
    assert slates.shape == (20_000, 4)
    assert not repeated(slates).any()
    places = np.array([np.bincount(column, minlength=12) for column in slates.T])
    assert (abs(places / 20_000 - 1 / 12) < 0.01).all()
    assert np.sort(world.by_lot(3, np.random.default_rng(0), k=10), axis=1).max() <= 11
    with pytest.raises(ValueError, match="k is 11"):
        world.by_lot(3, np.random.default_rng(0), k=11)


def test_round_0_is_by_lot_for_every_policy_and_the_next_is_its_own():
    def always(seen, rng):
        lists = np.tile(np.arange(10), (N_SEGMENTS, 1))
        return lists, lists[seen.segment]

    found = short_loop({"always": always, "greedy": greedy}).set_index(["policy", "round"])["coverage"]
    assert found["always", 0] == found["greedy", 0] == 1
    assert found["always", 1] == 10 / 60


def test_a_loop_counts_what_a_policy_showed_and_nothing_else():
    known = []

    def watch(seen, rng):
        known.append((seen.clicks.copy(), seen.looks.copy()))
        return greedy(seen, rng)

    short_loop({"greedy": greedy, "watched": watch})
    looks = [looks.sum() for _, looks in known]
    a_round = 300 * RecommenderWorld(n_users=5).examination.sum()
    np.testing.assert_allclose(looks, a_round * np.arange(5))
    assert known[0][0].sum() == 0
    assert (np.diff([clicks.sum() for clicks, _ in known]) > 0).all()
    assert all((clicks <= 300 * 5).all() and clicks[looks == 0].sum() == 0 for clicks, looks in known)


def test_a_policy_cannot_change_what_the_loop_counts():
    def vandal(seen, rng):
        found = greedy(seen, rng)
        for counts in (seen.clicks, seen.looks, seen.attributes):
            counts[:] = -1
        return found

    runs = short_loop({"vandal": vandal, "greedy": greedy}, churn=0.1).set_index(["policy", "round"])
    np.testing.assert_array_equal(runs.loc["vandal"], runs.loc["greedy"])


def test_the_policies_of_a_loop_do_not_depend_on_their_company():
    alone = short_loop({"random": random_slots}, churn=0.1)
    among = short_loop({"greedy": greedy, "random": random_slots}, churn=0.1)
    among = among[among["policy"] == "random"].reset_index(drop=True)
    np.testing.assert_array_equal(alone.drop(columns="policy"), among.drop(columns="policy"))


def test_a_renewed_item_is_forgotten():
    seen_looks = []

    def watch(seen, rng):
        seen_looks.append(seen.looks)
        return greedy(seen, rng)

    short_loop({"watched": watch}, churn=1.0)
    assert all(looks.sum() == 0 for looks in seen_looks)


def test_exploring_slates_give_away_the_slots_that_they_say():
    rng = np.random.default_rng(0)
    looks = rng.random((N_SEGMENTS, 200)) * 100
    seen = Seen(looks * rng.random(looks.shape), looks, rng.normal(size=(200, 8)), rng.integers(0, 8, 20_000))
    lists, own = greedy(seen, rng)
    for policy, share in ((random_slots, 0.05), (last_slot, 0.05)):
        same, slates = policy(seen, np.random.default_rng(1))
        np.testing.assert_array_equal(same, lists)
        assert not repeated(slates).any()
        assert (slates != own).mean() == pytest.approx(share, rel=0.1)
    changed = (slates != own).any(axis=0)
    assert changed[-1]
    assert not changed[:-1].any()
    for segment in range(N_SEGMENTS):
        given = slates[(seen.segment == segment) & (slates != own).any(axis=1), -1]
        never = np.argsort(looks[segment])[: len(given) // 2]
        assert set(never[:50]) - set(lists[segment]) <= set(given)


def test_a_line_in_the_attributes_rates_items_that_nobody_saw():
    runs = feedback_loop({"counts": greedy, "line": by_attributes}, n_rounds=6, n_visits=1_000, churn=0.2)
    late = runs[runs["round"] > 2].groupby("policy")["own"].mean()
    assert late["line"] > 1.3 * late["counts"]


@pytest.mark.parametrize("policies", [{}, greedy, None])
def test_a_loop_without_policies_is_refused(policies):
    with pytest.raises(ValueError, match=r"policies is .*expected functions by name"):
        feedback_loop(policies)


def test_a_loop_of_no_rounds_is_refused():
    with pytest.raises(ValueError, match="n_rounds is 0"):
        feedback_loop({"greedy": greedy}, n_rounds=0)
    with pytest.raises(ValueError, match="n_items is 9"):
        feedback_loop({"greedy": greedy}, n_items=9)
