"""The two-tower model: its loss by the definition, its gradients by finite differences, what each part is there for."""

import os
import subprocess
import sys

import numpy as np
import pytest
import scipy.sparse as sp
from scipy.special import logsumexp

from mlpipe.recommenders import Popularity, TwoTower, two_tower
from mlpipe.recommenders.two_tower import _Batch, _loss_and_gradients

N_USERS, N_ITEMS, N_FEATURES, D = 9, 12, 4, 3


@pytest.fixture
def problem():
    """Tables and a batch in double precision: an item twice, a user twice, one whose history is the target alone."""
    rng = np.random.default_rng(0)
    liked = (rng.random((N_USERS, N_ITEMS)) < 0.4).astype(float)
    liked[0] = np.arange(N_ITEMS) == 2
    liked[1, [2, 3]] = 1
    users, items = np.nonzero(liked)
    drawn = np.concatenate([[0], np.flatnonzero(users == 1)[:2], rng.choice(len(users), 8, replace=False)])
    features = rng.random((N_ITEMS, N_FEATURES)) * (rng.random((N_ITEMS, N_FEATURES)) < 0.6)
    shapes = {"history": (N_ITEMS, D), "item": (N_ITEMS, D), "features": (N_FEATURES, D), "bias": (N_ITEMS,)}
    tables = {name: rng.normal(size=shape) for name, shape in shapes.items()}
    log_q = np.log(liked.sum(axis=0).clip(1) / liked.sum())[items[drawn]]
    weights = rng.uniform(0.2, 1, len(drawn))
    who, row = np.unique(users[drawn], return_inverse=True)
    return tables, _Batch(
        sp.csr_matrix(liked[who]), row, items[drawn], sp.csr_matrix(features[items[drawn]]), log_q, weights
    )


def test_the_loss_is_its_definition(problem):
    tables, batch = problem
    liked, features, n = batch.history.toarray()[batch.row], batch.features.toarray(), len(batch.items)
    loss = 0
    for r in range(n):
        others = liked[r].copy()
        others[batch.items[r]] = 0
        x = others @ tables["history"] / np.sqrt(max(others.sum(), 1))
        logits = []
        for c in range(n):
            if c == r or not liked[r, batch.items[c]]:
                y = tables["item"][batch.items[c]] + features[c] @ tables["features"]
                logits.append(x @ y + tables["bias"][batch.items[c]] - batch.log_q[c])
            if c == r:
                own = logits[-1]
        loss += batch.weights[r] * (logsumexp(logits) - own)
    assert _loss_and_gradients(tables, batch)[0] == pytest.approx(loss, rel=1e-12)


@pytest.mark.parametrize("name", ["history", "item", "features", "bias"])
def test_the_gradients_are_right_by_finite_differences(name, problem):
    tables, batch = problem
    _, gradients = _loss_and_gradients(tables, batch)
    assert gradients[name].shape == tables[name].shape
    step, found = 1e-6, np.empty_like(tables[name])
    for place in np.ndindex(found.shape):
        ends = []
        for sign in (1, -1):
            moved = tables | {name: tables[name].copy()}
            moved[name][place] += sign * step
            ends.append(_loss_and_gradients(moved, batch)[0])
        found[place] = (ends[0] - ends[1]) / (2 * step)
    np.testing.assert_allclose(gradients[name], found, atol=1e-8)
    assert np.abs(found).max() > 0.01


def test_a_step_of_adamw_by_its_formula():
    rng = np.random.default_rng(1)
    tables = {"item": rng.normal(size=(4, 2)), "bias": rng.normal(size=4)}
    expected = {name: table.copy() for name, table in tables.items()}
    optimizer, given = two_tower._AdamW(tables, 0.1, 0.5), []
    for t in range(1, 4):
        given.append({name: rng.normal(size=table.shape) for name, table in tables.items()})
        optimizer.step({name: gradient.copy() for name, gradient in given[-1].items()})
        for name, table in expected.items():
            past = [one[name] for one in given]
            mean = sum(0.1 * 0.9 ** (t - 1 - n) * g for n, g in enumerate(past)) / (1 - 0.9**t)
            square = sum(0.001 * 0.999 ** (t - 1 - n) * g**2 for n, g in enumerate(past)) / (1 - 0.999**t)
            table -= 0.1 * (mean / (np.sqrt(square) + 1e-8) + (0.5 * table if name == "item" else 0))
            np.testing.assert_allclose(tables[name], table, rtol=1e-9)


def world(n_users=400, n_items=60, n_genres=4, seed=0):
    """Users of one genre each; items of a genre are liked by a power law. The matrix and the genres of the items."""
    rng = np.random.default_rng(seed)
    genre = np.arange(n_items) % n_genres
    chance = np.where(rng.integers(0, n_genres, n_users)[:, None] == genre, 0.9, 0.15) / (1 + np.arange(n_items) / 6)
    return sp.csr_matrix((rng.random((n_users, n_items)) < chance).astype(float)), np.eye(n_genres)[genre]


def small(**settings):
    return TwoTower(**{"factors": 8, "epochs": 30, "batch_size": 64, "learning_rate": 0.01, **settings})


def test_without_history_the_items_come_by_popularity_and_only_with_the_correction():
    matrix, _ = world()
    nobody = sp.csr_matrix((1, matrix.shape[1]))
    popularity = Popularity().fit(matrix).popularity_
    orders = {}
    for log_q in (1.0, 0.0, -1.0):
        items, scores = small(log_q=log_q).fit(matrix).fold_in(nobody).recommend([0], k=len(popularity))
        assert (np.diff(scores) <= 0).all()
        orders[log_q] = np.corrcoef(np.log(popularity[items[0]]), -np.arange(len(popularity)))[0, 1]
    assert orders[1] > 0.9
    assert orders[0] < 0.85
    assert orders[-1] < -0.9


def test_scores_move_with_the_weight_of_the_correction_times_log_popularity():
    matrix, _ = world()
    log_popularity = np.log(Popularity().fit(matrix).popularity_)
    slopes = [np.polyfit(log_popularity, small(log_q=log_q).fit(matrix).item_bias, 1)[0] for log_q in (0, 0.5, 1, -1)]
    np.testing.assert_allclose(np.array(slopes[1:]) - slopes[0], [0.5, 1, -1], atol=0.1)


@pytest.mark.parametrize("form", [np.asarray, sp.csr_matrix], ids=["array", "sparse"])
def test_items_without_likes_are_sorted_by_their_attributes(form):
    matrix, genres = world()
    cold = np.arange(matrix.shape[1]) % 5 == 0
    known = matrix.multiply(~cold).tocsr()
    with_them, without = (small(item_features=f).fit(known) for f in (form(genres), None))
    taste = (known @ genres).argmax(axis=1)
    scores = with_them._scores(np.arange(matrix.shape[0]))[:, cold]
    assert (genres[cold].argmax(axis=1)[scores.argmax(axis=1)] == taste).mean() > 0.8  # by chance 0.25
    assert (without.item_factors[cold] == 0).all()
    for model in (with_them, without):
        assert (model.item_bias[cold] == model.item_bias.min()).all()
        assert (model.history_factors[cold] == 0).all()


def test_the_value_of_an_interaction_does_not_count():
    matrix, _ = world()
    weighted = matrix.copy()
    weighted.data = np.random.default_rng(0).uniform(0.1, 5, matrix.nnz)
    models = [small(epochs=2).fit(one) for one in (matrix, weighted)]
    np.testing.assert_array_equal(models[0].item_factors, models[1].item_factors)
    served = [models[0].fold_in(one).recommend(np.arange(9)) for one in (matrix, weighted)]
    np.testing.assert_array_equal(served[0][1], served[1][1])


def test_another_seed_is_another_fit_and_users_with_one_like_are_no_fault():
    matrix, _ = world()
    a, b = (small(epochs=1, random_state=seed).fit(matrix) for seed in (0, 1))
    assert (a.item_factors != b.item_factors).any()
    single = sp.csr_matrix(np.eye(5, 4))
    items, scores = TwoTower(factors=2).fit(single).recommend(np.arange(5), k=2)
    assert np.isfinite(scores).all()
    assert (items >= 0).all()


PROBE = """
import numpy as np, scipy.sparse as sp
from mlpipe.recommenders import TwoTower
matrix = sp.random(300, 200, 0.1, format="csr", random_state=np.random.default_rng(0))
items, _ = TwoTower(epochs=3).fit(matrix).recommend(np.arange(300))
print(items.tolist())
"""


def test_the_number_of_threads_and_the_kernel_change_no_list():
    ways = ({"OPENBLAS_NUM_THREADS": "1"}, {"OPENBLAS_NUM_THREADS": "3"}, {"OPENBLAS_CORETYPE": "Nehalem"})
    run = [sys.executable, "-c", PROBE]
    found = {subprocess.run(run, env=os.environ | way, capture_output=True, check=True).stdout for way in ways}
    assert len(found) == 1
