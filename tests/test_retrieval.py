import re

import numpy as np
import pytest
from sklearn.exceptions import NotFittedError

from mlpipe.ranking_metrics import intra_list_diversity
from mlpipe.recommenders.base import top_k
from mlpipe.retrieval import InvertedFile, mmr


@pytest.fixture(scope="module")
def world():
    """Vectors around a few tastes, a bias, some items twice, queries."""
    rng = np.random.default_rng(0)
    tastes = rng.normal(size=(40, 8))
    vectors = tastes[rng.integers(0, 40, 3_000)] + 0.4 * rng.normal(size=(3_000, 8))
    bias = rng.normal(size=3_000)
    vectors[2_000:2_200], bias[2_000:2_200] = vectors[:200], bias[:200]  # ties
    queries = tastes[rng.integers(0, 40, 60)] + 0.4 * rng.normal(size=(60, 8))
    return vectors, bias, queries


def exact(vectors, bias, queries, k):
    return top_k((queries @ vectors.T + bias).astype(np.float32), k)


@pytest.mark.parametrize("n_cells", [1, 7, None, 3_000])
def test_all_cells_give_the_exact_lists_with_ties_by_item(world, n_cells):
    vectors, bias, queries = world
    index = InvertedFile(n_cells).fit(vectors, bias)
    items, scores = index.search(queries, 50, probes=len(index.sizes))
    expected, values = exact(vectors, bias, queries, 50)
    np.testing.assert_array_equal(items, expected)
    np.testing.assert_allclose(scores, values, rtol=1e-6)
    assert scores.dtype == np.float32
    np.testing.assert_array_equal(index.share_read(queries, len(index.sizes)), 1)


def test_few_cells_find_most_of_the_best_and_random_cells_do_not(world):
    vectors, bias, queries = world
    index = InvertedFile().fit(vectors, bias)
    best = exact(vectors, bias, queries, 50)[0]
    recall = [
        np.mean([np.isin(b, f).mean() for b, f in zip(best, index.search(queries, 50, p)[0], strict=True)])
        for p in (2, 8)
    ]
    assert index.share_read(queries, 8).mean() < 0.25
    assert 0.5 < recall[0] < recall[1]
    assert recall[1] > 0.9


def test_cells_are_chosen_by_score_and_not_by_distance():
    vectors = np.r_[np.tile([[1.0, 0.0]], (5, 1)), np.tile([[9.0, 3.0]], (5, 1))]
    index = InvertedFile(2).fit(vectors)
    assert index.search([[1.0, 0.0]], 5, probes=1)[0].tolist() == [[5, 6, 7, 8, 9]]  # the others are nearer


def test_the_bias_decides_among_cells_and_items():
    vectors = [[1.0], [1.0], [-1.0], [-1.0]]
    index = InvertedFile(2).fit(vectors, bias=[0.0, 1.0, 5.0, 6.0])
    assert index.search([[1.0]], 3, probes=1)[0].tolist() == [[3, 2, -1]]
    assert index.search([[1.0]], 4, probes=2)[1].tolist() == [[5, 4, 2, 1]]


def test_where_cells_hold_too_few_the_list_says_so():
    items, scores = InvertedFile(1).fit([[1.0], [2.0]]).search([[1.0], [-1.0]], k=3, probes=1)
    assert items.tolist() == [[1, 0, -1], [0, 1, -1]]
    assert scores.tolist() == [[2, 1, -np.inf], [-1, -2, -np.inf]]


def test_equal_vectors_lie_in_one_cell_and_no_vector_is_lost():
    index = InvertedFile(3).fit(np.ones((9, 2)))
    assert sorted(index.sizes) == [0, 0, 9]
    np.testing.assert_array_equal(index.centres, 1)  # an empty cell stays, and does not draw queries to the origin
    assert index.search([[1.0, 1.0]], 9, probes=1)[0].tolist() == [list(range(9))]


def test_the_index_repeats_by_seed_and_takes_single_precision(world):
    vectors, bias, queries = world
    one, same, other = (InvertedFile(50, seed).fit(vectors, bias) for seed in (0, 0, 1))
    np.testing.assert_array_equal(one.centres, same.centres)
    assert not np.array_equal(one.centres, other.centres)
    single = InvertedFile(50).fit(vectors.astype(np.float32), bias.astype(np.float32))
    np.testing.assert_allclose(single.search(queries, 10, 50)[1], one.search(queries, 10, 50)[1], rtol=1e-4)


def test_k_means_brings_vectors_closer_to_their_centres_than_a_sample_does(world):
    vectors, _, _ = world
    centres = InvertedFile(50).fit(vectors).centres
    sample = vectors[np.random.default_rng(1).permutation(len(vectors))[:50]]
    spread = [np.square(vectors[:, None] - c).sum(axis=2).min(axis=1).mean() for c in (centres, sample)]
    assert spread[0] < 0.75 * spread[1]


GOOD = np.eye(4)


@pytest.mark.parametrize(
    ("call", "message"),
    [
        (lambda: InvertedFile().fit(np.empty((0, 3))), "vectors has shape (0, 3), an empty catalogue"),
        (lambda: InvertedFile().fit([1.0, 2.0]), "vectors has shape (2,); expected (n, d)"),
        (lambda: InvertedFile().fit([[np.nan]]), "vectors holds nan"),
        (lambda: InvertedFile().fit(GOOD, [1.0]), "bias has 1 values; expected 4"),
        (lambda: InvertedFile().fit(GOOD, [0, 0, 0, np.inf]), "bias holds inf"),
        (lambda: InvertedFile(5).fit(GOOD), "n_cells is 5; expected a whole number, 1 to 4"),
        (lambda: InvertedFile(0).fit(GOOD), "n_cells is 0; expected a whole number, 1 to 4"),
        (lambda: InvertedFile(2).fit(GOOD).search(GOOD, probes=3), "probes is 3; expected a whole number, 1 to 2"),
        (lambda: InvertedFile(2).fit(GOOD).search(GOOD, k=0, probes=1), "k is 0; expected a whole number, 1 or more"),
        (
            lambda: InvertedFile(2).fit(GOOD).search([[1.0]], probes=1),
            "queries has shape (1, 1); expected (n_queries, 4)",
        ),
        (lambda: InvertedFile(2).fit(GOOD, [0] * 4).search([[1] * 5], probes=1), "expected (n_queries, 4)"),
        (lambda: InvertedFile(2).fit(GOOD).search(GOOD * np.nan, probes=1), "queries holds nan"),
        (lambda: mmr([[0, 9]], [[1.0, 2.0]], GOOD, 0.5), "candidates runs from -1 to 9"),
        (lambda: mmr([[0, 0]], [[1.0, 2.0]], GOOD, 0.5), "name an item twice"),
        (lambda: mmr([[0, 1]], [[1.0]], GOOD, 0.5), "scores has shape (1, 1); expected (1, 2)"),
        (lambda: mmr([[0, 1]], [[1.0, np.nan]], GOOD, 0.5), "scores holds nan"),
        (lambda: mmr([[0, 1]], [[1.0, 2.0]], GOOD * 0, 0.5), "have the zero vector"),
        (lambda: mmr([[0, 1]], [[1.0, 2.0]], GOOD, 1.5), "weight is 1.5; expected a number from 0 to 1"),
        (lambda: mmr([[0, 1]], [[1.0, 2.0]], GOOD, 0.5, 0), "k is 0"),
    ],
)
def test_bad_input_is_named(call, message):
    with pytest.raises(ValueError, match=re.escape(message)):
        call()


def test_search_before_fit_is_refused():
    with pytest.raises(NotFittedError, match="call fit"):
        InvertedFile().search(GOOD)


# diversity


def one_by_one(candidates, scores, vectors, weight, k):
    """The definition, a user and a pair of items at a time."""
    lists = []
    for items, values in zip(candidates, scores, strict=True):
        items, values = items[items >= 0], values[items >= 0]
        spread = values.max() - values.min() or 1
        chosen = []
        while len(chosen) < min(k, len(items)):
            worth = []
            for item, value in zip(items, values, strict=True):
                cosines = [
                    vectors[item] @ vectors[c] / np.linalg.norm(vectors[[item, c]], axis=1).prod() for c in chosen
                ]
                likeness = max(cosines, default=0)
                worth.append((1 - weight) * (value - values.min()) / spread - weight * likeness)
            worth = [-np.inf if item in chosen else w for item, w in zip(items, worth, strict=True)]
            chosen.append(items[int(np.argmax(np.float32(worth)))])
        lists.append(chosen + [-1] * (k - len(chosen)))
    return np.array(lists)


@pytest.mark.parametrize("weight", [0.0, 0.3, 0.8, 1.0])
def test_mmr_is_its_definition(weight):
    rng = np.random.default_rng(3)
    vectors = rng.normal(size=(60, 4))  # cosines of both signs
    candidates = np.array([rng.permutation(60)[:20] for _ in range(12)])
    candidates[0, 15:], candidates[1, 4:] = -1, -1
    scores = np.where(candidates < 0, np.nan, rng.normal(size=candidates.shape))
    items, values = mmr(candidates, scores, vectors, weight, 6)
    np.testing.assert_array_equal(items, one_by_one(candidates, scores, vectors, weight, 6))
    place = [[list(c).index(i) if i >= 0 else -1 for i in row] for c, row in zip(candidates, items, strict=True)]
    expected = np.where(items < 0, -np.inf, np.take_along_axis(scores, np.array(place), axis=1))
    np.testing.assert_array_equal(values, expected)


def test_mmr_by_score_alone_keeps_the_order_and_more_weight_is_more_diverse():
    rng = np.random.default_rng(4)
    vectors = (rng.random((100, 6)) < 0.3) + np.full(6, 0.01)
    candidates = np.tile(np.arange(100), (20, 1))
    scores = -np.sort(-rng.random(candidates.shape), axis=1)
    lists = [mmr(candidates, scores, vectors, weight)[0] for weight in (0, 0.3, 0.7)]
    np.testing.assert_array_equal(lists[0], candidates[:, :10])
    diversity = [intra_list_diversity(one, vectors).mean() for one in lists]
    assert diversity[0] < diversity[1] < diversity[2]


def test_mmr_does_not_depend_on_the_scale_and_level_of_the_scores():
    rng = np.random.default_rng(5)
    candidates, scores, vectors = np.arange(30)[None], rng.random((1, 30)), rng.random((30, 3))
    one, other = (mmr(candidates, s, vectors, 0.4)[0] for s in (scores, 1e8 + 64 * scores))
    np.testing.assert_array_equal(one, other)


def test_vectors_of_one_direction_tie_whatever_their_lengths():
    rng = np.random.default_rng(6)
    one = rng.random((1, 5))
    vectors = np.r_[rng.random((1, 5)), rng.uniform(0.1, 9, (50, 1)) * one]
    for first in range(1, 40):
        candidates = [[0, *range(first, 51)]]
        scores = [[2.0] + [1.0] * (51 - first)]
        assert mmr(candidates, scores, vectors, 0.5, 2)[0].tolist() == [[0, first]]


def test_ties_go_to_the_first_candidate_and_an_empty_list_stays_empty():
    assert mmr([[3, 1, 2]], [[1.0, 1.0, 1.0]], GOOD, 0.5, 2)[0].tolist() == [[3, 1]]
    items, scores = mmr([[-1, -1]], [[0.0, 0.0]], GOOD, 0.5, 3)
    assert items.tolist() == [[-1, -1, -1]]
    assert np.isneginf(scores).all()


def test_an_index_comes_back_from_its_arrays_without_a_copy(world):
    vectors, bias, queries = world
    for given in (bias, None):
        index = InvertedFile(20).fit(vectors, given)
        arrays = index.to_arrays()
        again = InvertedFile.from_arrays(arrays)
        for found, expected in zip(again.search(queries, 30, 4), index.search(queries, 30, 4), strict=True):
            np.testing.assert_array_equal(found, expected)
        assert np.shares_memory(again.to_arrays()["vectors"], arrays["vectors"])


def test_arrays_of_two_indexes_do_not_mix(world):
    small, large = (InvertedFile(n).fit(world[0][: 10 * n]).to_arrays() for n in (10, 20))
    for name in ("centres", "sizes", "items", "vectors"):
        with pytest.raises(ValueError, match="expected those of one index"):
            InvertedFile.from_arrays({**small, name: large[name]})
    del small["centres"]
    with pytest.raises(ValueError, match="no 'centres'"):
        InvertedFile.from_arrays(small)
    with pytest.raises(NotFittedError):
        InvertedFile().to_arrays()


def test_what_all_vectors_share_changes_no_cell(world):
    vectors, _, _ = world
    cells = InvertedFile().fit(vectors).sizes
    shifted = InvertedFile().fit(vectors + 1e4).sizes
    assert np.abs(shifted - cells).sum() < len(vectors) / 20
