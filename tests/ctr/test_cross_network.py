"""The cross network: its formula, its gradient, and what it finds."""

import numpy as np
import pandas as pd
import pytest
from scipy.special import expit

from mlpipe.click_metrics import normalized_entropy
from mlpipe.ctr import CrossNetwork, FactorizationMachine

SHAPES = {"crosses": (2, ()), "a perceptron": (0, (5, 3)), "both": (1, (4,)), "linear": (0, ())}
each_shape = pytest.mark.parametrize(("layers", "hidden"), SHAPES.values(), ids=SHAPES)


def small_log(n):
    rng = np.random.default_rng(0)
    log = pd.DataFrame({"ad": rng.integers(0, 5, n), "site": rng.integers(0, 4, n), "depth": rng.normal(size=n)})
    return log, rng.integers(0, 2, n)


def fitted(layers, hidden, **given):
    """A model, its rows as it sees them, and its weights in double precision, large enough to matter."""
    log, y = small_log(60)
    model = CrossNetwork(2, layers, hidden, min_clicks=0, n_buckets=2**10, batch_size=1000, **given).fit(log, y)
    machine = model._models[0]
    for name in ("weights", "network"):
        machine[name] = np.random.default_rng(1).normal(0, 0.5, machine[name].shape)
    return model, machine, model._encode(log), y.astype(float)


@each_shape
def test_log_odds_are_those_of_the_formula(layers, hidden):
    model, machine, encoded, _ = fitted(layers, hidden)
    matrices = model._matrices(machine["network"])
    for row, answered in enumerate(model._scores(encoded, np.arange(60))):
        w = machine["weights"][encoded.linear[row]] * encoded.values[row][:, None]
        x = start = np.concatenate([w[0, 1:], w[1, 1:], w[2, 1:] + w[3, 1:]])  # the last column has two knots
        for matrix in matrices[:layers]:
            x = start * (matrix[:, :-1] @ x + matrix[:, -1]) + x
        for matrix in matrices[layers:-1]:
            x = np.maximum(0, matrix[:, :-1] @ x + matrix[:, -1])
        total = matrices[-1][0, :-1] @ x + matrices[-1][0, -1]
        assert answered == pytest.approx(machine["bias"] + w[:, 0].sum() + total, abs=1e-6)


@each_shape
def test_the_gradient_is_that_of_the_penalised_loss(layers, hidden):
    model, machine, encoded, y = fitted(layers, hidden, l2=3, factor_l2=5)
    rows = np.arange(60)
    model._n_occurrences[:] = 0
    model._count(encoded, y, rows)
    known = np.unique(encoded.linear)

    def objective():
        scores, table = model._scores(encoded, rows), machine["weights"][known]
        loss = np.logaddexp(0, np.where(y == 1, -scores, scores)).sum()
        return loss + 1.5 * (table[:, 0] ** 2).sum() + 2.5 * (table[:, 1:] ** 2).sum()

    def measured(array, places):
        found = np.zeros_like(array)
        for place in places:
            kept = array[place]
            array[place] = kept + 1e-5
            above = objective()
            array[place] = kept - 1e-5
            found[place] = (above - objective()) / 2e-5
            array[place] = kept
        return found

    by_network = measured(machine["network"], range(len(machine["network"])))
    by_weights = measured(machine["weights"], [(bucket, i) for bucket in known for i in range(3)])
    taken = {}
    model._adam = lambda _, gradient: taken.update(network=gradient)
    model._descend = lambda _, where, gradient: taken.update({str(where[1]): gradient})
    model._learn(machine, model._batch(encoded, y, rows))
    assert 60 * taken["network"] == pytest.approx(by_network, abs=1e-3 * np.abs(by_network).max())
    assert taken["0"] == pytest.approx(by_weights[known, 0], abs=1e-3 * np.abs(by_weights).max())
    assert taken["slice(1, None, None)"] == pytest.approx(by_weights[known, 1:], abs=1e-3 * np.abs(by_weights).max())


def test_adam_is_that_of_the_paper():
    model = CrossNetwork(network_rate=0.1)
    machine = {"network": np.zeros(2), "moments": np.zeros((2, 2)), "steps": 0}
    m, v, expected = np.zeros(2), np.zeros(2), np.zeros(2)
    for t, gradient in enumerate(np.array([[1.0, -4.0], [0.5, 0.0], [-2.0, 1.0]]), 1):
        model._adam(machine, gradient)
        m, v = 0.9 * m + 0.1 * gradient, 0.999 * v + 0.001 * gradient**2
        expected -= 0.1 * (m / (1 - 0.9**t)) / np.sqrt(v / (1 - 0.999**t))
    assert machine["network"] == pytest.approx(expected, rel=1e-4)


def test_three_columns_that_interact_are_found_where_pairs_hold_nothing():
    rng = np.random.default_rng(0)
    log = pd.DataFrame({name: rng.integers(0, 4, 40_000) for name in "abcd"})
    parity = np.prod([log[name] % 2 * 2 - 1 for name in "abc"], axis=0)
    y = (rng.random(40_000) < expit(-1 + 1.5 * parity)).astype(int)
    train, test = slice(30_000), slice(30_000, None)

    def loss(model):
        return normalized_entropy(y[test], model.fit(log[train], y[train]).predict_proba(log[test])[:, 1])

    assert loss(FactorizationMachine(pairs="all")) > 0.99
    assert loss(CrossNetwork(epochs=10)) < 0.8


def test_without_a_linear_start_the_weights_begin_at_zero(monkeypatch):
    monkeypatch.setattr(CrossNetwork, "_learn", lambda *_: None)
    log, y = small_log(500)
    assert not CrossNetwork(linear_start=False).fit(log, y)._models[0]["weights"][:, 0].any()
    assert CrossNetwork().fit(log, y)._models[0]["weights"][:, 0].any()


def test_ids_beyond_the_range_of_floats_stay_apart():
    rng = np.random.default_rng(0)
    ids = 2**53 + rng.integers(0, 2, 4000)
    log = pd.DataFrame({"ad": ids, "site": rng.integers(0, 2, 4000)})
    y = (log["ad"] % 2 == log["site"]).astype(int)
    assert (CrossNetwork().fit(log, y).predict(log) == y).all()
