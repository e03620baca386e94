import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.stats import ttest_rel

from mlpipe.experiments import interleaving_test, team_draft

worlds = st.integers(0, 10_000).map(np.random.default_rng)


def two_rankings(rng, n, k, n_items):
    return (np.array([rng.permutation(n_items)[:k] for _ in range(n)]) for _ in range(2))


@settings(max_examples=40, deadline=None)
@given(worlds, st.integers(1, 8), st.integers(0, 12))
def test_each_team_adds_its_best_item_that_is_left(rng, k, more):
    a, b = two_rankings(rng, 20, k, k + more)
    slates, teams = team_draft(a, b, rng)
    assert slates.shape == teams.shape == (20, k)
    for row in range(20):
        shown = []
        for slot in range(k):
            ranking = (a, b)[teams[row, slot]][row]
            shown.append(next(item for item in ranking if item not in shown))
        assert slates[row].tolist() == shown
        pairs = teams[row, : k // 2 * 2].reshape(-1, 2)
        assert (pairs[:, 0] != pairs[:, 1]).all()


def test_a_coin_says_who_picks_first_in_each_round():
    lists = np.tile(np.arange(5), (8000, 1))
    slates, teams = team_draft(lists, lists, np.random.default_rng(0))
    assert (slates == lists).all()  # equal rankings are shown as they are
    first = teams[:, [0, 2, 4]]
    assert first.mean(axis=0) == pytest.approx([0.5] * 3, abs=0.02)
    assert np.corrcoef(first.T)[np.triu_indices(3, 1)] == pytest.approx([0] * 3, abs=0.04)


def test_the_same_generator_makes_the_same_lists_and_the_inputs_stay():
    a, b = two_rankings(np.random.default_rng(1), 50, 6, 20)
    kept = a.copy(), b.copy()
    one, two = (team_draft(a, b, np.random.default_rng(5)) for _ in range(2))
    assert all((x == y).all() for x, y in zip(one, two, strict=True))
    assert (a == kept[0]).all()
    assert (b == kept[1]).all()
    third = team_draft(a, b, np.random.default_rng(6))
    assert (one[1] != third[1]).any()


def visits(rng, n, n_users, better=0.0):
    """Clicks on interleaved lists of users who differ; a click on the second team's items is likelier by `better`."""
    users = rng.integers(0, n_users, n)
    lists = np.array([rng.permutation(30)[:6] for _ in range(2 * n)]).reshape(2, n, 6)
    _, teams = team_draft(*lists, rng)
    rate = rng.beta(1, 4, n_users)[users, None] * (1 + better * teams)
    return rng.random((n, 6)) < rate, teams, users


def test_the_test_is_paired_by_user():
    clicks, teams, users = visits(np.random.default_rng(2), 400, 90, better=0.4)
    credit = np.zeros((90, 2))
    for row in range(400):
        for slot in range(6):
            credit[users[row], teams[row, slot]] += clicks[row, slot]
    credit = credit[np.unique(users)]
    found, expected = interleaving_test(clicks, teams, users), ttest_rel(credit[:, 1], credit[:, 0])
    assert (found.control, found.treatment) == pytest.approx(tuple(credit.mean(axis=0)))
    assert found.z == pytest.approx(expected.statistic)
    assert found.n_control == found.n_treatment == len(credit)
    assert found.low == pytest.approx(found.difference - 1.959964 * found.standard_error)
    # The lift's error by a resampling of users that knows no formula.
    rng = np.random.default_rng(3)
    drawn = credit[rng.integers(0, len(credit), (4000, len(credit)))].mean(axis=1)
    assert (found.lift_high - found.lift_low) / 2 / 1.959964 == pytest.approx(
        np.std(drawn[:, 1] / drawn[:, 0]), rel=0.15
    )
    one_list_each = interleaving_test(clicks, teams)
    assert one_list_each.n_control == 400
    assert one_list_each.z != found.z


def test_a_ranking_against_its_equal_is_preferred_in_five_of_a_hundred():
    rng, n_runs = np.random.default_rng(4), 1200
    found = []
    for _ in range(n_runs):
        clicks, teams, users = visits(rng, 60, 40)
        found.append(interleaving_test(clicks, teams, users).p_value < 0.05)
    assert np.mean(found) == pytest.approx(0.05, abs=0.02)
    assert interleaving_test(*visits(rng, 2000, 300, better=0.3)).z > 4


ROWS = {"a": [[1, 2, 3]], "b": [[3, 2, 1]], "rng": np.random.default_rng(0)}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"a": [[1, 2, 1]]}, r"a holds item 1 twice in row 0 .first of 1 such lists.; expected each once"),
        ({"b": [[4, -1, -1]]}, "b holds item -1 twice in row 0"),
        ({"b": [[1, 2]]}, r"a has shape \(1, 3\) and b \(1, 2\); expected lists of one length"),
        ({"a": [1, 2, 3]}, r"a is int64 of shape \(3,\); expected \(n, k\) whole numbers"),
        ({"a": [[1, 2.5, 3]]}, "a is float64"),
        ({"a": [["x", "y", "z"]]}, "a is <U1"),
        ({"rng": 0}, r"rng is 0; expected a generator: np.random.default_rng\(0\)"),
        ({"rng": None}, "rng is None"),
    ],
)
def test_bad_lists_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        team_draft(**{**ROWS, **change})


CLICKS = {"clicks": [[1, 0], [0, 1], [1, 1]], "teams": [[0, 1], [0, 1], [1, 0]]}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"teams": [[0, 1], [0, 1]]}, r"clicks has shape \(3, 2\) and teams \(2, 2\)"),
        ({"teams": [[0, 1], [0, 2], [1, 0]]}, "teams holds 2.0 .*expected 0 or 1.*take them from team_draft"),
        ({"clicks": [[1, 0], [0, np.nan], [1, 1]]}, "clicks holds nan"),
        ({"clicks": [1, 0, 1]}, r"clicks has shape \(3,\)"),
        ({"users": ["x", "x"]}, "users has 2 values and clicks 3"),
        ({"users": ["x", None, "x"]}, "users has 1 missing values"),
        ({"users": ["x", "x", "x"]}, "clicks come from 1 user; expected at least 2"),
        ({"clicks": np.zeros((3, 2))}, r"equal for all users of an arm .0 and 0."),
        ({"level": 0}, "level is 0"),
    ],
)
def test_bad_clicks_are_named(change, message):
    with pytest.raises(ValueError, match=message):
        interleaving_test(**{**CLICKS, **change})
