"""One contract for all recommenders, and each against its formula written out with dense arrays."""

import os
import subprocess
import sys

import kernels
import numpy as np
import pandas as pd
import pytest
import scipy.sparse as sp
from scipy.linalg import expm
from scipy.stats import rankdata, spearmanr
from sklearn.exceptions import NotFittedError

from mlpipe import recommenders
from mlpipe.datasets import movielens, to_matrix
from mlpipe.ranking_metrics import recall_at_k
from mlpipe.recommenders import (
    ALS,
    EASE,
    GraphFilter,
    Hybrid,
    ImplicitALS,
    ImplicitBPR,
    ItemKNN,
    Popularity,
    PureSVD,
    TwoTower,
    base,
    item_features,
)
from mlpipe.recommenders.base import interactions, top_k

N_USERS, N_ITEMS, N_GENRES = 70, 45, 6
EMPTY_USER, EMPTY_ITEM = 3, 5


def planted(seed: int = 0, n_users: int = N_USERS, n_items: int = N_ITEMS, weights: bool = True) -> sp.csr_matrix:
    """Users and items in six groups; weights are no round numbers, so that scores do not tie by chance."""
    rng = np.random.default_rng(seed)
    same = np.arange(n_users)[:, None] % N_GENRES == np.arange(n_items) % N_GENRES
    popularity = 0.5 + np.linspace(0, 1, n_items)
    dense = (rng.random((n_users, n_items)) < np.where(same, 0.5, 0.06) * popularity).astype(float)
    if weights:
        dense *= rng.uniform(0.5, 2, dense.shape)
    dense[EMPTY_USER] = dense[:, EMPTY_ITEM] = 0
    return sp.csr_matrix(dense)


def genres(n_items: int = N_ITEMS) -> np.ndarray:
    return np.eye(N_GENRES)[np.arange(n_items) % N_GENRES]


MODELS = {
    "Popularity": Popularity,
    "ItemKNN": lambda: ItemKNN(neighbours=20, shrinkage=1),
    "PureSVD": lambda: PureSVD(factors=6),
    "GraphFilter": lambda: GraphFilter(factors=6),
    "ALS": lambda: ALS(factors=6),
    "EASE": lambda: EASE(regularization=10),
    "ImplicitALS": lambda: ImplicitALS(factors=6, regularization=1.0),
    "ImplicitBPR": lambda: ImplicitBPR(factors=6, learning_rate=0.05),
    "Hybrid": lambda: Hybrid(genres(), popularity_prior=0.5),
    "TwoTower": lambda: TwoTower(factors=6, epochs=40, batch_size=64, learning_rate=0.02),
}
X = planted()
ALL = np.arange(N_USERS)
each = pytest.mark.parametrize("name", MODELS)


@pytest.fixture(scope="module")
def fitted():
    return {name: make().fit(X) for name, make in MODELS.items()}


def test_every_recommender_is_held_to_the_contract():
    public = {name for name in recommenders.__all__ if isinstance(getattr(recommenders, name), type)}
    assert public - {"Recommender"} == set(MODELS)


# The contract


@each
def test_fit_returns_the_model_and_leaves_the_matrix(name):
    matrix, before = X.copy(), X.toarray()
    model = MODELS[name]()
    assert model.fit(matrix) is model
    np.testing.assert_array_equal(matrix.toarray(), before)


@each
def test_lists_are_best_first_without_seen_items(name, fitted):
    items, scores = fitted[name].recommend(ALL, k=8)
    assert items.shape == scores.shape == (N_USERS, 8)
    assert np.issubdtype(items.dtype, np.integer)
    assert scores.dtype == np.float32
    assert (np.diff(scores, axis=1) <= 0).all()
    assert all(len(set(row)) == 8 for row in items.tolist())
    assert not X.toarray()[ALL[:, None], items].any()


@each
def test_seen_items_are_back_where_they_are_not_excluded(name, fitted):
    everything, scores = fitted[name].recommend(ALL, k=N_ITEMS, exclude_seen=False)
    np.testing.assert_array_equal(np.sort(everything, axis=1), np.broadcast_to(np.arange(N_ITEMS), everything.shape))
    without, without_scores = fitted[name].recommend(ALL, k=N_ITEMS)
    seen = X.toarray() > 0
    for user in ALL:
        unseen = ~seen[user, everything[user]]
        expected = everything[user][unseen]
        np.testing.assert_array_equal(without[user, : len(expected)], expected)
        np.testing.assert_array_equal(without_scores[user, : len(expected)], scores[user][unseen])


@each
def test_a_list_longer_than_what_remains_is_padded(name, fitted):
    items, scores = fitted[name].recommend(ALL, k=N_ITEMS + 7)
    remaining = N_ITEMS - np.diff(X.indptr)
    filled = np.arange(N_ITEMS + 7) < remaining[:, None]
    np.testing.assert_array_equal(items >= 0, filled)
    np.testing.assert_array_equal(np.isfinite(scores), filled)
    assert (items[~filled] == -1).all()
    assert (scores[~filled] == -np.inf).all()


@each
def test_rows_in_any_order_and_repeated(name, fitted):
    items, scores = fitted[name].recommend(ALL)
    rows = np.array([9, 2, 2, 60, 0])
    some, some_scores = fitted[name].recommend(rows)
    np.testing.assert_array_equal(some, items[rows])
    np.testing.assert_allclose(some_scores, scores[rows], rtol=1e-5)
    nothing, _ = fitted[name].recommend([])
    assert nothing.shape == (0, 10)


@each
def test_a_block_of_one_user_equals_one_block(name, fitted, monkeypatch):
    items, scores = fitted[name].recommend(ALL)
    monkeypatch.setattr(base, "BLOCK_BYTES", 1)
    one, one_scores = fitted[name].recommend(ALL)
    np.testing.assert_array_equal(one, items)
    np.testing.assert_allclose(one_scores, scores, rtol=1e-4)


@pytest.mark.parametrize(("name", "module"), [("ItemKNN", "baselines"), ("EASE", "ease"), ("GraphFilter", "spectral")])
@pytest.mark.parametrize("n_users", [30, N_USERS])
def test_small_blocks_equal_one_block(name, module, n_users, monkeypatch):
    expected = MODELS[name]().fit(X[:n_users])._scores(np.arange(n_users))
    monkeypatch.setattr(getattr(recommenders, module), "BLOCK_BYTES", 16 * 7 * N_ITEMS)
    found = MODELS[name]().fit(X[:n_users])._scores(np.arange(n_users))
    np.testing.assert_allclose(found, expected, rtol=1e-6, atol=1e-9)


@each
def test_the_same_fit_gives_the_same_lists(name, fitted):
    again = MODELS[name]().fit(X)
    for first, second in zip(fitted[name].recommend(ALL), again.recommend(ALL), strict=True):
        np.testing.assert_array_equal(first, second)
    twice = again.fit(planted(seed=1)).fit(X)  # nothing is left of an earlier fit
    np.testing.assert_array_equal(twice.recommend(ALL)[0], fitted[name].recommend(ALL)[0])


@each
def test_another_format_and_dtype_make_no_difference(name, fitted):
    stored_zero = X.tocoo()
    stored_zero = sp.coo_matrix(
        (np.append(stored_zero.data, 0), (np.append(stored_zero.row, EMPTY_USER), np.append(stored_zero.col, 0))),
        shape=X.shape,
    )
    for other in (X.tocsc(), X.astype(np.float32), sp.csr_array(X), stored_zero):
        np.testing.assert_array_equal(MODELS[name]().fit(other).recommend(ALL)[0], fitted[name].recommend(ALL)[0])


# Those that end where they end whatever the order and the starting point.
CLOSED_FORM = [name for name in MODELS if name not in ("ImplicitALS", "ImplicitBPR", "ALS", "TwoTower")]


@pytest.mark.parametrize("name", [*CLOSED_FORM, "TwoTower"])
def test_fold_in_of_the_training_matrix_is_fit(name, fitted):
    items, scores = fitted[name].recommend(ALL)
    rows = ALL[::-1][:40]
    folded, folded_scores = fitted[name].fold_in(X[rows]).recommend(np.arange(40))
    np.testing.assert_array_equal(folded, items[rows])
    np.testing.assert_allclose(folded_scores, scores[rows], rtol=1e-4)


@pytest.mark.parametrize("name", [name for name in MODELS if name != "ImplicitBPR"])
def test_fold_in_serves_others_and_leaves_the_model(name, fitted):
    model = fitted[name]
    before = model.recommend(ALL)
    history = sp.csr_matrix(([1.0, 1.0], ([1, 1], [0, 6])), shape=(2, N_ITEMS))  # one new user, one with group 0
    served = model.fold_in(history)
    assert served is not model
    items, _ = served.recommend([1], k=5)
    assert not np.isin([0, 6], items).any()
    if name != "Popularity":
        assert (items[0] % N_GENRES == 0).sum() >= 2  # by chance: less than 1 of 5
    np.testing.assert_array_equal(model.recommend(ALL)[0], before[0])
    with pytest.raises(ValueError, match="44 items and the model was fitted on 45"):
        model.fold_in(history[:, :-1])
    with pytest.raises(ValueError, match="expected 0 to 1"):
        served.recommend([2])


def test_bpr_says_that_it_cannot_fold_in(fitted):
    with pytest.raises(NotImplementedError, match="ImplicitBPR cannot serve users"):
        fitted["ImplicitBPR"].fold_in(X)


@pytest.mark.parametrize("name", CLOSED_FORM)
def test_other_labels_of_items_and_users_change_nothing_else(name):
    rng = np.random.default_rng(1)
    users, items = rng.permutation(N_USERS), rng.permutation(N_ITEMS)
    model = Hybrid(genres()[items], EASE(10)) if name == "Hybrid" else MODELS[name]()
    expected = MODELS[name]() if name != "Hybrid" else Hybrid(genres(), EASE(10))
    expected, scores = expected.fit(X).recommend(users, k=5)
    found, found_scores = model.fit(X[users][:, items]).recommend(ALL, k=5)
    np.testing.assert_allclose(found_scores, scores, rtol=1e-3, atol=1e-5)
    if name != "Popularity":  # counts tie, and ties are ordered by label
        assert (items[found] == expected)[users != EMPTY_USER].all()


@each
def test_a_user_without_history(name, fitted):
    items, scores = fitted[name].recommend([EMPTY_USER], k=N_ITEMS)
    counts = np.bincount(X.indices, minlength=N_ITEMS)
    if name in ("Popularity", "Hybrid"):
        np.testing.assert_array_equal(items[0], np.lexsort((np.arange(N_ITEMS), -counts)))
    elif name == "ImplicitBPR":
        np.testing.assert_allclose(scores[0], fitted[name].item_factors[items[0], -1], rtol=1e-5)  # the item bias
    elif name == "TwoTower":
        np.testing.assert_array_equal(scores[0], fitted[name].item_bias[items[0]])
        assert spearmanr(fitted[name].item_bias, counts).statistic > 0.8
    else:
        np.testing.assert_array_equal(items[0], np.arange(N_ITEMS))
        assert not scores.any()


@each
def test_an_item_without_interactions_is_scored(name, fitted):
    items, scores = fitted[name].recommend(ALL, k=N_ITEMS)
    of_it = scores[items == EMPTY_ITEM]
    assert len(of_it) == N_USERS
    if name == "Hybrid":
        assert np.count_nonzero(of_it) > 0.9 * N_USERS  # not those who have no history
    elif name == "TwoTower":
        np.testing.assert_array_equal(of_it, fitted[name].item_bias.min())
    else:
        np.testing.assert_allclose(of_it, 0, atol=1e-6)


@each
def test_more_factors_than_items(name):
    model = {
        "PureSVD": PureSVD(factors=1000),
        "GraphFilter": GraphFilter(factors=1000),
        "ALS": ALS(factors=100),
        "ImplicitALS": ImplicitALS(factors=100),
        "ImplicitBPR": ImplicitBPR(factors=100),
        "ItemKNN": ItemKNN(neighbours=1000),
        "TwoTower": TwoTower(factors=100),
    }.get(name) or MODELS[name]()
    items, scores = model.fit(X).recommend(ALL)
    assert np.isfinite(scores).all()
    assert (items >= 0).all()


@each
@pytest.mark.parametrize("shape", [(1, 1), (1, 9), (9, 1), (2, 2)])
def test_tiny_matrices(name, shape):
    model = Hybrid(np.ones((shape[1], 1))) if name == "Hybrid" else MODELS[name]()
    items, scores = model.fit(sp.csr_matrix(np.eye(*shape))).recommend(np.arange(shape[0]), k=3)
    assert not np.isnan(scores).any()
    assert items.shape == (shape[0], 3)


@each
def test_better_than_popularity_on_planted_groups(name):
    rng = np.random.default_rng(0)
    matrix = planted(seed=2, n_users=240, n_items=90, weights=False).tocoo()
    held = rng.random(matrix.nnz) < 0.25
    train, test = (
        sp.csr_matrix((matrix.data[side], (matrix.row[side], matrix.col[side])), shape=matrix.shape)
        for side in (~held, held)
    )
    model = Hybrid(genres(90)) if name == "Hybrid" else MODELS[name]()

    def recall(model):
        return np.nanmean(recall_at_k(model.fit(train).recommend(np.arange(240))[0], test))

    popular, own = recall(Popularity()), recall(model)
    assert name == "Popularity" or own > 1.5 * popular, (own, popular)


# Bad input


@each
@pytest.mark.parametrize(
    ("matrix", "message"),
    [
        (sp.csr_matrix((4, N_ITEMS)), "has no interaction"),
        (sp.csr_matrix((0, N_ITEMS)), "has no interaction"),
        (sp.csr_matrix((4, 0)), "has no interaction"),
        (X * np.nan, "matrix holds nan"),
        (X * np.inf, "matrix holds inf"),
        (-X, r"matrix holds -\d"),
        (X.toarray(), "matrix is a ndarray; expected a sparse matrix"),
        (pd.DataFrame({"user_id": [1]}), "matrix is a DataFrame"),
        (None, "matrix is a NoneType"),
    ],
    ids=["empty", "no users", "no items", "nan", "inf", "negative", "dense", "table", "none"],
)
def test_bad_matrices_are_refused(name, matrix, message, fitted):
    model = MODELS[name]()
    with pytest.raises(ValueError, match=message):
        model.fit(matrix)
    with pytest.raises(NotFittedError):
        model.recommend([0])


@each
def test_bad_requests_are_refused(name, fitted):
    for rows in ([N_USERS], [-1], [0.0], [[0]], 0, ["a"], np.ones(N_USERS, bool)):
        with pytest.raises(ValueError, match="user_rows"):
            fitted[name].recommend(rows)
    for k in (0, -1, 2.0, True, None, "3"):
        with pytest.raises(ValueError, match="k is"):
            fitted[name].recommend([0], k=k)
    for call in (lambda model: model.recommend([0]), lambda model: model.fold_in(X)):
        with pytest.raises(NotFittedError, match=r"call fit\(matrix\) first"):
            call(MODELS[name]())


@pytest.mark.parametrize(
    ("model", "name"),
    [
        (ItemKNN(neighbours=0), "neighbours"),
        (ItemKNN(shrinkage=-1), "shrinkage"),
        (PureSVD(factors=0), "factors"),
        (PureSVD(factors=2.5), "factors"),
        (PureSVD(random_state=None), "random_state"),
        (GraphFilter(factors=0), "factors"),
        (GraphFilter(low_pass_weight=-0.1), "low_pass_weight"),
        (GraphFilter(sharpening_time=-1), "sharpening_time is -1; expected a finite number of 0 or more"),
        (GraphFilter(sharpening_time=np.inf), "sharpening_time"),
        (GraphFilter(user_exponent=-0.1), "user_exponent"),
        (GraphFilter(random_state=-1), "random_state"),
        (EASE(regularization=0), "regularization"),
        (EASE(regularization=np.nan), "regularization"),
        (EASE(max_bytes=0), "max_bytes"),
        (ImplicitALS(factors=0), "factors"),
        (ImplicitALS(regularization=-1), "regularization"),
        (ImplicitALS(alpha=0), "alpha"),
        (ImplicitALS(iterations=0), "iterations"),
        (ImplicitALS(random_state=None), "random_state"),
        (ImplicitBPR(factors=0), "factors"),
        (ImplicitBPR(learning_rate=0), "learning_rate"),
        (ImplicitBPR(regularization="a"), "regularization"),
        (ImplicitBPR(iterations=-3), "iterations"),
        (ImplicitBPR(random_state=None), "random_state"),
        (Hybrid(genres(), feature_weight=-1), "feature_weight"),
        (Hybrid(genres(), popularity_prior=np.inf), "popularity_prior"),
        (Hybrid(genres(), model=ALS), "model"),
        (TwoTower(factors=0), "factors"),
        (TwoTower(epochs=0), "epochs"),
        (TwoTower(batch_size=1), "batch_size"),
        (TwoTower(learning_rate=0), "learning_rate"),
        (TwoTower(decay=-1), "decay"),
        (TwoTower(log_q=np.nan), "log_q"),
        (TwoTower(log_q=True), "log_q"),
        (TwoTower(random_state=None), "random_state"),
        (TwoTower(genres()[1:]), "item_features has shape"),
        (TwoTower(genres() * np.nan), "item_features holds NaN"),
        (TwoTower([["drama"]] * N_ITEMS), "item_features holds"),
        (Hybrid(genres()[1:]), "item_features has shape"),
        (Hybrid(genres() * np.nan), "item_features holds NaN"),
        (Hybrid(-genres()), "item_features holds NaN, infinite or negative"),
    ],
)
def test_bad_parameters_are_refused(model, name):
    with pytest.raises(ValueError, match=f"^{name}"):
        model.fit(X)


def test_a_diverged_model_says_so():
    with pytest.raises(ValueError, match=r"diverged|NaN"):
        ImplicitBPR(learning_rate=1e20).fit(X).recommend(ALL)
    with pytest.raises(ValueError, match=r"^TwoTower has diverged.*learning_rate is 1e\+20"):
        TwoTower(learning_rate=1e20).fit(X)


# Ties and padding


def test_equal_scores_are_ordered_by_item():
    """All pairs of users share one item: popularity 2, 2, 2, 1."""
    matrix = sp.csr_matrix([[1, 1, 0, 0], [0, 1, 1, 0], [1, 0, 1, 1]])
    items = Popularity().fit(matrix).recommend([0, 1, 2], k=3)[0]
    assert items.tolist() == [[2, 3, -1], [0, 3, -1], [1, -1, -1]]
    assert Popularity().fit(matrix).recommend([0], k=3, exclude_seen=False)[0].tolist() == [[0, 1, 2]]


def test_top_k_is_a_full_stable_sort():
    rng = np.random.default_rng(0)
    for _ in range(200):
        n_rows, n_items, n_levels = rng.integers(0, 8), rng.integers(1, 400), rng.integers(1, 50)
        k = rng.integers(1, n_items + 1) if rng.random() < 0.5 else 1 + n_items // 10
        scores = rng.integers(-n_levels, n_levels, (n_rows, n_items)).astype(np.float32)
        scores[rng.random(scores.shape) < rng.random()] = -np.inf
        columns, values = top_k(scores.copy(), k)
        order = np.argsort(-scores, axis=1, kind="stable")[:, :k]
        expected = np.take_along_axis(scores, order, axis=1)
        np.testing.assert_array_equal(values, expected)
        np.testing.assert_array_equal(columns, np.where(np.isneginf(expected), -1, order))


def test_a_score_that_is_nan_is_refused_wherever_it_stands():
    for column in range(13):
        scores = np.arange(26.0).reshape(2, 13)
        scores[1, column] = np.nan
        with pytest.raises(ValueError, match="diverged"):
            top_k(scores, 1)


# Each against its formula


def root_of_inverse(sums: np.ndarray) -> np.ndarray:
    return np.where(sums > 0, 1 / np.sqrt(np.where(sums > 0, sums, 1)), 0)


both_shapes = pytest.mark.parametrize("matrix", [X, planted(1, 30, 80)], ids=["more users", "more items"])


def scores_of(model, matrix):
    return np.asarray(model.fit(matrix)._scores(np.arange(matrix.shape[0])))


def test_popularity_counts_users_not_weights():
    matrix = sp.csr_matrix([[9.0, 1.0], [0, 1.0]])
    assert scores_of(Popularity(), matrix).tolist() == [[1, 2], [1, 2]]


@both_shapes
@pytest.mark.parametrize("shrinkage", [0, 10])
def test_item_knn_by_its_formula(matrix, shrinkage):
    x = matrix.toarray().astype(np.float32).astype(float)
    norms = np.sqrt((x**2).sum(axis=0))
    with np.errstate(invalid="ignore"):
        similarity = np.nan_to_num(x.T @ x / (np.outer(norms, norms) + shrinkage))
    np.fill_diagonal(similarity, 0)
    for item in range(x.shape[1]):
        similarity[np.argsort(-similarity[:, item], kind="stable")[7:], item] = 0
    found = scores_of(ItemKNN(neighbours=7, shrinkage=shrinkage), matrix)
    np.testing.assert_allclose(found, x @ similarity, rtol=1e-5, atol=1e-6)


def test_of_equal_neighbours_the_first_items_are_kept():
    matrix = sp.csr_matrix(np.ones((3, 6)))
    model = ItemKNN(neighbours=2, shrinkage=0).fit(matrix)
    kept = [model.similarity_[:, item].nonzero()[0].tolist() for item in range(6)]
    assert kept == [[1, 2], [0, 2], [0, 1], [0, 1], [0, 1], [0, 1]]


@both_shapes
@pytest.mark.parametrize("factors", [4, 25, 1000])
def test_pure_svd_by_its_formula(matrix, factors):
    x = matrix.toarray()
    _, values, vectors = np.linalg.svd(x, full_matrices=False)
    v = vectors[:factors][values[:factors] > 1e-9].T
    np.testing.assert_allclose(scores_of(PureSVD(factors), matrix), x @ v @ v.T, atol=1e-4)
    model = PureSVD(factors).fit(matrix)
    assert model.item_factors.shape == v.shape
    largest = np.abs(model.item_factors).argmax(axis=0)
    assert (model.item_factors[largest, np.arange(v.shape[1])] > 0).all()
    np.testing.assert_allclose(model.item_factors, v * np.sign(v[largest, np.arange(v.shape[1])]), atol=1e-4)


def graph_filter(matrix, factors, weight, exponent):
    """The scores without sharpening, and P, both dense."""
    r = matrix.toarray().astype(np.float32).astype(float)
    users, items = r.sum(axis=1), root_of_inverse(r.sum(axis=0))
    normalised = np.where(users > 0, np.where(users > 0, users, 1) ** -exponent, 0)[:, None] * r * items
    normalised /= np.linalg.norm(normalised, 2)
    _, values, vectors = np.linalg.svd(normalised, full_matrices=False)
    v = vectors[:factors][values[:factors] > 1e-9].T
    walk = normalised.T @ normalised
    return r @ walk + weight * r @ np.diag(items) @ v @ v.T @ np.diag(np.sqrt(r.sum(axis=0))), walk


@both_shapes
@pytest.mark.parametrize(("factors", "weight", "exponent"), [(4, 0.3, 0.5), (25, 1.7, 0.2), (1000, 0.3, 1), (4, 0, 0)])
def test_graph_filter_by_its_formula(matrix, factors, weight, exponent):
    plain, walk = graph_filter(matrix, factors, weight, exponent)
    np.testing.assert_allclose(
        scores_of(GraphFilter(factors, weight, 0, exponent), matrix), plain, rtol=1e-3, atol=1e-5
    )
    for time in (0.4, 2.5):  # the 3/8 rule, stage by stage
        one = -plain @ walk
        two = -(plain + time * one / 3) @ walk
        three = -(plain + time * (two - one / 3)) @ walk
        four = -(plain + time * (one - two + three)) @ walk
        expected = plain + time * (one + 3 * two + 3 * three + four) / 8
        found = scores_of(GraphFilter(factors, weight, time, exponent), matrix)
        np.testing.assert_allclose(found, expected, rtol=1e-3, atol=1e-5)


def test_a_short_sharpening_is_the_exponential():
    plain, walk = graph_filter(X, 6, 0.3, 0.5)
    np.testing.assert_allclose(scores_of(GraphFilter(6, 0.3, 0.5, 0.5), X), plain @ expm(-0.5 * walk), atol=1e-3)
    assert np.abs(plain - plain @ expm(-0.5 * walk)).max() > 0.1


@pytest.mark.parametrize(
    ("shape", "factors"), [((671, 6170), 84), ((943, 1682), 41), ((3, 2), 1), ((90_000, 90_000), 512)]
)
def test_the_number_of_factors_follows_the_size(shape, factors, monkeypatch):
    asked = []
    found = np.full((shape[1], 1), shape[1] ** -0.5)
    monkeypatch.setattr(recommenders.spectral, "right_singular_vectors", lambda _, n, seed: asked.append(n) or found)
    matrix = sp.csr_matrix((np.ones(shape[1]), (np.arange(shape[1]) % shape[0], np.arange(shape[1]))), shape=shape)
    GraphFilter().fit(matrix)
    GraphFilter(factors=7).fit(matrix)
    assert asked == [factors, 7]


LISTS_OF_THE_GRAPH_FILTER = """
import sys
import numpy as np
from mlpipe.datasets import movielens, to_matrix
from mlpipe.recommenders import GraphFilter
lists, _ = GraphFilter().fit(to_matrix(movielens().ratings).matrix).recommend(np.arange(300), k=50)
sys.stdout.write(" ".join(map(str, lists.ravel())))
"""


def test_another_cpu_sharpens_to_the_same_lists():
    command, other = [sys.executable, "-c", LISTS_OF_THE_GRAPH_FILTER], kernels.foreign()
    if not other:
        pytest.skip("this CPU has no other kernel, or one is set")
    own, foreign = (
        subprocess.run(command, env=os.environ | extra, capture_output=True, text=True, check=True).stdout
        for extra in ({}, other)
    )
    assert len(own.split()) == 300 * 50
    assert foreign == own


@pytest.mark.parametrize("shape", [(60, 90), (90, 60)])
def test_no_more_dimensions_than_the_rank(shape):
    """Three groups of users who have the same: the iteration must stop at rank 3, and at the same place again."""
    matrix = sp.csr_matrix((np.arange(shape[0])[:, None] % 3 == np.arange(shape[1]) % 3).astype(float))
    models = [PureSVD(factors=8).fit(matrix) for _ in range(2)]
    assert models[0].item_factors.shape == (shape[1], 3)
    np.testing.assert_allclose(models[0]._scores(np.arange(shape[0])), matrix.toarray(), atol=1e-5)
    np.testing.assert_array_equal(models[0].item_factors, models[1].item_factors)


def test_spectral_models_of_a_large_matrix_run_in_float32():
    """Above 5,000 users and items the iteration is in single precision: the same to what float32 can show."""
    rng = np.random.default_rng(0)
    matrix = sp.random(5200, 5100, density=0.002, random_state=rng, format="csr")
    cluster = np.arange(5200)[:, None] % 8 == np.arange(5100) % 8
    matrix = (matrix + sp.csr_matrix(cluster & (rng.random(cluster.shape) < 0.02))).tocsr()
    v = PureSVD(factors=8).fit(matrix).item_factors.astype(float)
    np.testing.assert_array_equal(v, PureSVD(factors=8).fit(matrix).item_factors)
    np.testing.assert_allclose(v.T @ v, np.eye(8), atol=1e-5)
    gram_v = matrix.T @ (matrix @ v)
    np.testing.assert_allclose(gram_v, v * (v * gram_v).sum(axis=0), atol=1e-3 * np.abs(gram_v).max())


@both_shapes
@pytest.mark.parametrize("regularization", [0.5, 20, 5000])
def test_ease_by_its_formula(matrix, regularization):
    x = matrix.toarray()
    p = np.linalg.inv(x.T @ x + regularization * np.eye(x.shape[1]))
    weights = -p / np.diag(p)
    np.fill_diagonal(weights, 0)
    model = EASE(regularization)
    np.testing.assert_allclose(scores_of(model, matrix), x @ weights, rtol=1e-4, atol=1e-4 * np.abs(x @ weights).max())
    np.testing.assert_allclose(model.weights([5, 2]), weights[[5, 2]], atol=1e-5 * np.abs(weights).max())
    assert model.weights([5])[0, 5] == 0
    name = "_inverse" if x.shape[0] < x.shape[1] else "_weights"
    assert getattr(model, name).shape == (min(x.shape),) * 2
    assert getattr(model, name).dtype == np.float64
    single = EASE(regularization, max_bytes=4 * min(x.shape) ** 2)
    np.testing.assert_allclose(scores_of(single, matrix), x @ weights, atol=1e-3 * np.abs(x @ weights).max())
    assert getattr(single, name).dtype == np.float32
    others = model.fold_in(matrix[5:20])  # in user space by another way than those who were fitted
    np.testing.assert_allclose(
        others._scores(np.arange(15)), (x @ weights)[5:20], rtol=1e-4, atol=1e-4 * np.abs(x @ weights).max()
    )


@pytest.mark.parametrize("items", [[80], [-1], [[1]], [0.5]])
def test_the_weights_of_ease_are_of_items_of_the_matrix(items):
    with pytest.raises(ValueError, match="items"):
        EASE(10).fit(planted(1, 30, 80)).weights(items)


@both_shapes
def test_ease_is_in_single_precision_above_a_size(matrix, monkeypatch):
    n = min(matrix.shape)
    for largest, dtype in ((n, np.float64), (n - 1, np.float32)):
        monkeypatch.setattr("mlpipe.recommenders.ease.DOUBLE_UP_TO", largest)
        assert scores_of(EASE(), matrix).dtype == dtype


def test_ease_in_user_space_knows_whom_it_was_fitted_on():
    matrix = planted(1, 30, 80)
    model = EASE(10).fit(matrix)
    everyone = model._scores(np.arange(30))
    other = matrix[7] * 2
    mixed = model.fold_in(sp.vstack([matrix[:3], other, matrix[4:], matrix[:2]]))
    assert np.flatnonzero(~mixed._is_fitted).tolist() == [3, 30, 31]
    scores = mixed._scores(np.arange(32))
    np.testing.assert_array_equal(scores[[0, 1, 2, *range(4, 30)]], everyone[[0, 1, 2, *range(4, 30)]])
    np.testing.assert_allclose(scores[[3, 30, 31]], [2 * everyone[7], everyone[0], everyone[1]], atol=1e-9)
    np.testing.assert_allclose(mixed._scores(np.array([5, 3])), scores[[5, 3]], atol=1e-9)


@pytest.mark.parametrize("max_bytes", [4 * 30**2, 2**30], ids=["single", "double"])
def test_ease_in_user_space_ties_items_that_the_same_users_have(max_bytes):
    twice = sp.hstack([planted(1, 30, 80)] * 2, format="csr")
    model = EASE(10, max_bytes).fit(twice)
    for served in (model, model.fold_in(twice)):
        scores = served._scores(np.arange(30))
        np.testing.assert_array_equal(scores[:, :80], scores[:, 80:])


@both_shapes
def test_ease_refuses_what_does_not_fit(matrix, monkeypatch):
    n = min(matrix.shape)
    monkeypatch.setattr(np, "empty", lambda *_, **__: pytest.fail("allocated"))
    with pytest.raises(ValueError, match=rf"needs {4 * n**2:,} bytes .* max_bytes is {4 * n**2 - 1:,}; leave out"):
        EASE(max_bytes=4 * n**2 - 1).fit(matrix)


def test_ease_refuses_a_million_items_at_once():
    wide = sp.csr_matrix(([1.0], ([0], [0])), shape=(1_000_000, 1_000_000))
    with pytest.raises(ValueError, match="EASE needs 4,000,000,000,000 bytes"):
        EASE().fit(wide)


@pytest.mark.parametrize("alpha", [1.0, 8.0])
def test_implicit_als_reaches_the_minimum_of_its_objective(alpha):
    """After many iterations each user's factors solve the weighted ridge regression on the items."""
    model = ImplicitALS(factors=5, regularization=2.0, alpha=alpha, iterations=200).fit(X)
    y = model.item_factors.astype(float)
    for user in (0, 1, 50):
        confidence = np.where(X[user].toarray()[0] > 0, alpha * X[user].toarray()[0], 1)
        liked = X[user].toarray()[0] > 0
        solved = np.linalg.solve((y.T * confidence) @ y + 2 * np.eye(5), y.T @ (confidence * liked))
        np.testing.assert_allclose(model.user_factors[user], solved, atol=2e-3)
        np.testing.assert_allclose(model.fold_in(X[[user]]).user_factors[0], solved, atol=2e-3)
    np.testing.assert_allclose(model._scores(ALL), model.user_factors @ y.T, rtol=1e-3, atol=1e-5)


@pytest.mark.parametrize("make", [ImplicitALS, ImplicitBPR])
def test_implicit_recommends_the_same_by_itself(make):
    """Its own lists for users with enough items left, defaults as they are."""
    from implicit.als import AlternatingLeastSquares
    from implicit.bpr import BayesianPersonalizedRanking

    library = {ImplicitALS: AlternatingLeastSquares, ImplicitBPR: BayesianPersonalizedRanking}[make]
    peer = library(random_state=0, num_threads=1, dtype=np.float64 if make is ImplicitALS else np.float32)
    matrix = X.astype(np.float32)
    peer.fit(matrix, show_progress=False)
    expected, scores = peer.recommend(ALL, matrix, N=5)
    found, found_scores = make().fit(X).recommend(ALL, k=5)
    np.testing.assert_allclose(found_scores, scores, rtol=1e-4, atol=1e-5)
    fine = ALL != EMPTY_USER  # ties there
    assert np.mean(found[fine] == expected[fine]) > 0.99


def test_implicit_warns_of_nothing(recwarn, capfd):
    ImplicitALS(factors=4).fit(X)
    ImplicitBPR(factors=4, iterations=3).fit(X)
    assert [str(warning.message) for warning in recwarn] == []
    assert capfd.readouterr() == ("", "")


WITHOUT_IMPLICIT = """
import sys
class Refuse:
    def find_spec(self, name, path=None, target=None):
        if name.partition(".")[0] == "implicit":
            raise {problem}
sys.meta_path.insert(0, Refuse())
import scipy.sparse as sp
from mlpipe.workshop import environment
from mlpipe.recommenders import ALS, ImplicitALS, ImplicitBPR
X = sp.random(20, 10, 0.3, "csr", random_state=0)
ALS(factors=2).fit(X).recommend([0], k=3)
for model in (ImplicitALS(), ImplicitBPR()):
    try:
        model.fit(X)
    except ImportError as error:
        print(error)
environment.check_environment()
"""


@pytest.mark.parametrize(
    ("problem", "fix"),
    [
        ('OSError("libgomp.so.1: cannot open shared object file")', "run `apt install libgomp1` (Debian, Ubuntu)"),
        ('ImportError("No module named implicit")', "run `pip install implicit`"),
    ],
)
def test_without_implicit_only_its_adapters_fail(problem, fix):
    command = [sys.executable, "-c", WITHOUT_IMPLICIT.format(problem=problem)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=120)
    assert done.returncode == 0, done.stderr
    (als, bpr), shown = done.stdout.splitlines()[:2], done.stdout.splitlines()[2:]
    assert als == bpr
    assert als.startswith("ImplicitALS and ImplicitBPR need a library: implicit cannot be imported (")
    assert als.endswith(fix)
    (line,) = [line for line in shown if "implicit cannot be imported" in line]
    assert line.startswith("✗ the course's packages: ")
    assert line.endswith(fix)


# The hybrid


@pytest.mark.parametrize("prior", [0, 0.5, 5])
def test_hybrid_by_its_formula(prior):
    x, features = X.toarray(), genres()
    stacked = np.vstack([x, 2.0 * features.T])
    p = np.linalg.inv(stacked.T @ stacked + 10 * np.eye(N_ITEMS))
    weights = -p / np.diag(p)
    np.fill_diagonal(weights, 0)
    own = x @ weights
    counts, n_had = (x > 0).sum(axis=0), (x > 0).sum(axis=1, keepdims=True)
    scale = np.abs(own).max(axis=1, keepdims=True)
    share = np.where(n_had > 0, prior / np.maximum(prior + n_had, 1e-9), 1)
    expected = (1 - share) * own / np.where(scale > 0, scale, 1) + share * counts / counts.max()
    for given in (features, sp.csc_matrix(features), pd.DataFrame(features), features.astype(bool)):
        model = Hybrid(given, EASE(10), feature_weight=2.0, popularity_prior=prior)
        np.testing.assert_allclose(scores_of(model, X), expected, rtol=1e-4, atol=1e-5)


def test_hybrid_does_not_change_the_model_it_is_given():
    given = EASE(10)
    Hybrid(genres(), given).fit(X)
    with pytest.raises(NotFittedError):
        given.recommend([0])


@pytest.fixture(scope="module")
def films():
    data = movielens()
    likes = data.ratings[data.ratings["rating"] >= 4]
    aligned = to_matrix(likes)
    return aligned, item_features(data.items, aligned.item_ids)


@pytest.mark.parametrize("model", [None, EASE(200)], ids=["default", "EASE"])
def test_cold_films_are_found_by_their_attributes(films, model):
    aligned, features = films
    cold = np.random.default_rng(0).random(len(aligned.item_ids)) < 0.2
    train = (aligned.matrix @ sp.diags((~cold).astype(np.float32))).tocsr()
    fitted = Hybrid(features, model).fit(train)
    users = np.arange(train.shape[0])
    scores = fitted._scores(users)[:, cold]
    liked = aligned.matrix[:, cold].toarray() > 0
    some = liked.any(axis=1)
    ranks = np.apply_along_axis(rankdata, 1, scores)
    n_liked = liked.sum(axis=1)
    auc = ((ranks * liked).sum(axis=1) - n_liked * (n_liked + 1) / 2)[some] / (n_liked * (~liked).sum(axis=1))[some]
    assert auc.mean() > 0.6  # popularity and chance: 0.5
    best = top_k(scores, 10)[0]
    chance = 10 / cold.sum()
    assert np.nanmean(recall_at_k(best, aligned.matrix[:, cold].tocsr())) > 3 * chance
    # They compete with the films that have likes: where held-out likes stand in the list of all films, 1 = best.
    everything, _ = fitted.recommend(users, k=len(cold))
    place = np.empty(everything.shape)
    np.put_along_axis(place, np.where(everything < 0, 0, everything), np.linspace(1, 0, len(cold))[None], axis=1)
    assert place[:, cold][liked].mean() > place[:, cold].mean() + 0.02
    assert place[:, cold].mean() > 0.3


def test_new_users_get_popularity_first_and_their_own_taste_later(films):
    aligned, features = films
    rng = np.random.default_rng(0)
    n_likes = np.diff(aligned.matrix.indptr)
    new = rng.choice(np.flatnonzero(n_likes >= 40), 150, replace=False)
    old = np.setdiff1d(np.arange(len(n_likes)), new)
    order = [rng.permutation(aligned.matrix[user].indices) for user in new]

    def of_likes(start, stop):
        rows = np.concatenate([np.full(len(items[start:stop]), row) for row, items in enumerate(order)])
        columns = np.concatenate([items[start:stop] for items in order])
        return sp.csr_matrix((np.ones(len(rows)), (rows, columns)), shape=(len(new), aligned.matrix.shape[1]))

    test = of_likes(20, None)
    train = aligned.matrix[old]
    hybrid, own, popular = Hybrid(features, EASE(200)).fit(train), EASE(200).fit(train), Popularity().fit(train)
    recall = {}
    for n in (0, 1, 5, 20):
        history = of_likes(0, n)
        for label, model in (("hybrid", hybrid), ("own", own), ("popular", popular)):
            items, _ = model.fold_in(history).recommend(np.arange(len(new)))
            recall[label, n] = np.mean(recall_at_k(items, test))
    assert recall["hybrid", 0] == recall["popular", 0]
    assert recall["hybrid", 1] > 0.9 * recall["popular", 1]
    assert recall["hybrid", 1] > recall["own", 1]
    assert recall["hybrid", 20] > 0.97 * recall["own", 20]
    assert recall["hybrid", 20] > 1.2 * recall["popular", 20]


def test_item_features_of_films(films):
    aligned, features = films
    assert features.index.tolist() == aligned.item_ids.tolist()
    items = movielens().items.set_index("item_id")
    toy_story = features.loc[1]
    assert set(toy_story.index[toy_story == 1]) == {*items.loc[1, "genres"].split("|"), "1990s"}
    assert set(np.unique(features)) == {0, 1}
    decades = features.filter(regex="^[0-9]{4}s$")
    assert (decades.sum(axis=1) == items.loc[aligned.item_ids, "year"].notna().astype(int)).all()
    assert not features.columns.str.contains("no genres").any()
    with pytest.raises(ValueError, match=r"1 of item_ids \(first: 999999\)"):
        item_features(movielens().items, [1, 999999])
    with pytest.raises(ValueError, match="items has no column"):
        item_features(pd.DataFrame({"item_id": [1]}), [1])
    with pytest.raises(ValueError, match="item 1 twice"):
        item_features(pd.concat([movielens().items.head(1)] * 2), [1])


def repeated(n, dtype, shape=(2, 3)):
    """The first user has the first item n times, once an entry."""
    return sp.coo_matrix((np.ones(n, dtype), (np.zeros(n, int), np.zeros(n, int))), shape=shape)


@pytest.mark.parametrize(("n", "dtype"), [(300, np.uint8), (256, np.uint8), (200, np.int8), (40_000, np.int16)])
def test_counts_that_are_small_integers_do_not_wrap(n, dtype):
    assert interactions(repeated(n, dtype)).toarray().tolist() == [[n, 0, 0], [0, 0, 0]]
    assert Popularity().fit(repeated(n, dtype)).recommend([0], k=3)[0].tolist() == [[1, 2, -1]]
    with pytest.raises(ValueError, match="item_features has shape"):
        Hybrid(repeated(n, dtype)).fit(repeated(n, dtype, (2, 4)))


def test_small_integers_as_arguments_do_not_wrap():
    many = sp.random(60, 300, 0.2, random_state=0, format="csr")
    for model, same in (
        (PureSVD(np.uint8(200)), PureSVD(200)),
        (ALS(np.uint8(64), iterations=1), ALS(64, iterations=1)),
    ):
        items, scores = model.fit(many).recommend([0, 1], k=np.uint8(200))
        expected_items, expected_scores = same.fit(many).recommend([0, 1], k=200)
        assert (items == expected_items).all()
        assert (scores == expected_scores).all()


def test_a_matrix_of_complex_numbers_is_refused():
    with pytest.raises(ValueError, match=r"^matrix is a sparse 2-d matrix of complex128; expected real numbers"):
        Popularity().fit(X.astype(complex))


@pytest.mark.parametrize("make", [PureSVD, GraphFilter])
@pytest.mark.parametrize("factors", [3, 20, 60])  # the last: all at once instead of by iteration
def test_items_that_no_walk_over_users_reaches_score_zero_and_stand_in_order(make, factors):
    many = sp.csr_matrix(np.random.default_rng(0).random((90, 70)) < 0.2, dtype=float)
    apart = sp.csr_matrix([[1.0, 1, 0], [1, 1, 1]])  # two users and three items of their own
    matrix = sp.csr_matrix(sp.block_diag([many, apart]))
    items, scores = make(factors=factors).fit(matrix).recommend([90], k=20)
    reached = items[0][scores[0] != 0]
    assert set(reached) <= {72}, "rounding would rank items of the other users above or below zero"
    assert (
        items[0][len(reached) :].tolist() == [i for i in range(73) if i not in (70, 71, *reached)][: 20 - len(reached)]
    )
