import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import norm

from mlpipe.experiments import boundary

# Jennison and Turnbull 2000, Group sequential methods, tables 2.1 and 2.3, alpha = 0.05: the bound at the last look.
POCOCK = {1: 1.960, 2: 2.178, 3: 2.289, 4: 2.361, 5: 2.413, 8: 2.512, 10: 2.555, 12: 2.588, 15: 2.626, 20: 2.672}
OBRIEN_FLEMING = {
    1: 1.960,
    2: 1.977,
    3: 2.004,
    4: 2.024,
    5: 2.040,
    8: 2.072,
    10: 2.087,
    12: 2.098,
    15: 2.110,
    20: 2.126,
}


def random_walks(looks, n_runs, seed=0, drift=0.0):
    """Z at each look (n_runs, looks)."""
    steps = np.random.default_rng(seed).normal(drift, 1, (n_runs, looks))
    return steps.cumsum(axis=1) / np.sqrt(np.arange(1, looks + 1))


def crossed(z, bound):
    return (np.abs(z) >= bound).any(axis=1).mean()


@pytest.mark.parametrize(("kind", "table"), [("pocock", POCOCK), ("obrien-fleming", OBRIEN_FLEMING)])
def test_bounds_are_the_published_ones(kind, table):
    assert {looks: round(boundary(looks, kind)[-1], 3) for looks in table} == table


def test_other_levels_are_the_published_ones():
    assert [round(boundary(5, "pocock", alpha)[0], 3) for alpha in (0.1, 0.01)] == [2.122, 2.986]


def test_small_levels_are_not_lost_in_rounding():
    for kind in ("pocock", "obrien-fleming"):
        bound = boundary(10, kind, 1e-14)
        assert norm.isf(0.5e-14) < bound[-1] < norm.isf(0.5e-15)


def test_shapes():
    assert len(set(boundary(7, "pocock"))) == 1
    steep = boundary(7, "obrien-fleming")
    assert steep * np.sqrt(np.arange(1, 8)) == pytest.approx(np.full(7, steep[0]))
    assert boundary(4, "bonferroni") == pytest.approx(np.full(4, norm.isf(0.05 / 8)))


@pytest.mark.parametrize("kind", ["pocock", "obrien-fleming"])
@pytest.mark.parametrize(("looks", "alpha"), [(2, 0.3), (14, 0.05), (60, 0.05)])
def test_false_alarms_over_all_looks_are_alpha(kind, looks, alpha):
    found = crossed(random_walks(looks, 20_000), boundary(looks, kind, alpha))
    assert found == pytest.approx(alpha, abs=3.5 * np.sqrt(alpha / 20_000))


def test_fourteen_looks_without_a_bound_are_not_five_in_a_hundred():
    z = random_walks(14, 20_000)
    assert 0.19 < crossed(z, np.full(14, 1.96)) < 0.25
    assert crossed(z, boundary(14, "bonferroni")) < 0.03
    assert crossed(z, boundary(14, "mixture")) < 0.05


def test_obrien_fleming_keeps_more_power_than_pocock():
    drift = (norm.isf(0.025) + norm.ppf(0.8)) / np.sqrt(14)  # the single test at the end finds it in 80 of 100
    z = random_walks(14, 20_000, drift=drift)
    power = {kind: crossed(z, boundary(14, kind)) for kind in ("pocock", "obrien-fleming", "mixture")}
    assert power["obrien-fleming"] > 0.76
    assert 0.6 < power["pocock"] < 0.72
    assert power["mixture"] < power["pocock"]


def test_the_mixtures_likelihood_ratio_at_its_bound_is_one_over_alpha():
    alpha, looks, tuned_for = 0.1, 9, 4.0
    bound = boundary(looks, "mixture", alpha, tuned_for=tuned_for)

    # 1 / rho is the variance of the normal mixture over the drift. Solve rho from the first bound, test the others.
    def ratio(look, rho):
        s = bound[look - 1] * np.sqrt(look)
        density = lambda drift: np.exp(drift * s - drift**2 * look / 2) * norm.pdf(drift, scale=rho**-0.5)  # noqa: E731
        return quad(density, -12, 12)[0]

    grid = np.geomspace(0.05, 5, 4001)
    rho = grid[
        np.argmin([abs(np.log(np.sqrt(g / (g + 1)) * np.exp(bound[0] ** 2 / 2 / (1 + g)) * alpha)) for g in grid])
    ]
    assert [ratio(look, rho) * alpha for look in (1, 4, 9)] == pytest.approx([1, 1, 1], rel=0.01)


def test_the_mixture_is_tightest_where_it_is_tuned_for():
    bounds = {tuned: boundary(30, "mixture", tuned_for=tuned) for tuned in (5, 9, 10, 11, 20)}
    assert min(bounds, key=lambda tuned: bounds[tuned][9]) == 10
    assert min(bounds, key=lambda tuned: bounds[tuned][4]) == 5
    assert (boundary(30, "mixture") == boundary(30, "mixture", tuned_for=30)).all()


def test_the_mixture_does_not_depend_on_how_many_looks_follow():
    assert (boundary(10, "mixture", tuned_for=5) == boundary(200, "mixture", tuned_for=5)[:10]).all()
    assert crossed(random_walks(200, 5000), boundary(200, "mixture", tuned_for=5)) < 0.05


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"looks": 0}, "looks is 0; expected a whole number, 1 to 200"),
        ({"looks": -3}, "looks is -3"),
        ({"looks": 201}, "looks is 201"),
        ({"looks": 2.5}, "looks is 2.5"),
        ({"looks": "5"}, "looks is '5'"),
        ({"kind": "wald"}, "kind is 'wald'; expected one of 'pocock', 'obrien-fleming'"),
        ({"alpha": 0}, "alpha is 0; expected a number between 0 and 1"),
        ({"alpha": 1}, "alpha is 1"),
        ({"alpha": np.nan}, "alpha is nan"),
        ({"kind": "mixture", "tuned_for": 0}, "tuned_for is 0; expected .*above 0"),
        ({"tuned_for": 5}, "tuned_for is 5 with kind 'pocock'; expected None"),
    ],
)
def test_bad_plans_of_looks_are_named(arguments, message):
    with pytest.raises(ValueError, match=message):
        boundary(**{"looks": 5, "kind": "pocock", **arguments})
