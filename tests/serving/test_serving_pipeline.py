import collections

import numpy as np
import pytest
from serving_world import N_ITEMS, made

from mlpipe.datasets import to_matrix
from mlpipe.recommenders import ALS, EASE
from mlpipe.serving import artifact, build, pipeline
from mlpipe.serving.artifact import ArtifactError
from mlpipe.serving.pipeline import Version, explore

NOBODY = np.array([], dtype=np.int64)


@pytest.fixture(scope="module")
def stages(published):
    likes, _ = made()
    return to_matrix(likes), Version(published)


def test_candidates_are_those_of_the_retriever_folded_in(stages, monkeypatch):
    table, version = stages
    monkeypatch.setattr(pipeline, "PROBES", 1000)  # all cells: no candidate is missed
    model = ALS(**build.RETRIEVER).fit(table.matrix).fold_in(table.matrix)
    expected, _ = model.recommend(np.arange(20), k=30)
    for user in range(20):
        found = version.retrieve(table.matrix[user].indices, 30)
        assert set(found) == set(expected[user])
        assert not np.isin(found, table.matrix[user].indices).any()


def test_without_an_index_no_candidate_is_missed(stages, monkeypatch):
    table, version = stages
    monkeypatch.setattr(pipeline, "PROBES", 1)
    model = ALS(**build.RETRIEVER).fit(table.matrix).fold_in(table.matrix)
    expected, _ = model.recommend(np.arange(20), k=30)
    with_index = [version.retrieve(table.matrix[user].indices, 30) for user in range(20)]
    monkeypatch.setattr(version, "index", None)
    for user in range(20):
        assert set(version.retrieve(table.matrix[user].indices, 30)) == set(expected[user])
    assert any(set(found) != set(best) for found, best in zip(with_index, expected, strict=True))


def test_the_ranker_orders_as_ease_does(stages):
    table, version = stages
    model = EASE(build.REGULARIZATION).fit(table.matrix)
    items, scores = model.recommend(np.arange(5), k=40)
    for user in range(5):
        shuffled = np.random.default_rng(user).permutation(items[user])
        ranked, found = version.rank(table.matrix[user].indices, shuffled)
        np.testing.assert_allclose(found, scores[user], atol=1e-5)
        assert set(ranked) == set(items[user])
        assert (np.diff(found) <= 0).all()


def test_only_the_weights_of_the_largest_magnitude_are_kept(tmp_path):
    likes, items = made()
    build.build(tmp_path, likes, items, weights=20)
    kept = artifact.read(tmp_path).arrays
    full = EASE(build.REGULARIZATION).fit(to_matrix(likes).matrix).weights(np.arange(len(kept["item_ids"])))
    assert kept["ranker_weights"].shape == (len(full), 20)
    np.testing.assert_allclose(np.take_along_axis(full, kept["ranker_columns"], 1), kept["ranker_weights"], rtol=1e-5)
    left_out = full.copy()
    np.put_along_axis(left_out, kept["ranker_columns"], 0, 1)
    assert (np.abs(left_out).max(axis=1) <= np.abs(kept["ranker_weights"]).min(axis=1) + 1e-6).all()
    assert (kept["ranker_weights"] < 0).any()


def test_the_reranker_moves_k_of_the_pool_to_the_front_and_loses_none(stages):
    table, version = stages
    history = table.matrix[0].indices
    ranked, scores = version.rank(history, version.retrieve(history, 60))
    found = version.rerank(ranked, scores, 10)
    assert sorted(found) == sorted(ranked)
    assert found[0] == ranked[0]
    assert (np.diff([list(ranked).index(place) for place in found[10:]]) > 0).all()
    assert list(found[:10]) != list(ranked[:10])


def test_most_liked_items_come_first_without_those_of_the_history(stages):
    table, version = stages
    likes = table.matrix.sum(axis=0).A1
    found = version.popular(NOBODY, 150)
    assert (np.diff(likes[found]) <= 0).all()
    assert len(found) == len(likes) <= N_ITEMS
    np.testing.assert_array_equal(version.popular(found[:3], 5), found[3:8])


def test_items_that_a_version_does_not_have_have_no_place(stages):
    _, version = stages
    ids = version.item_ids[[7, 2]]
    np.testing.assert_array_equal(version.places(np.concatenate([ids, [1, 10**12]])), [2, 7])
    assert len(version.places(NOBODY)) == 0


@pytest.mark.parametrize(("n", "k", "rate"), [(4, 2, 0.3), (3, 3, 1.0), (3, 5, 0.5), (5, 2, 0.0)])
def test_propensities_are_the_shares_of_the_lists_that_are_shown(n, k, rate):
    rng, order, shown = np.random.default_rng(0), np.arange(n)[::-1] + 10, collections.Counter()
    promised = {}
    for _ in range(20_000):
        items, propensities = explore(order, k, rate, rng)
        shown[tuple(items)] += 1
        promised[tuple(items)] = propensities.prod()
        assert len(set(items)) == min(k, n)
    assert sum(promised.values()) == pytest.approx(1)  # every list that can be shown has been
    for items, share in promised.items():
        assert shown[items] / 20_000 == pytest.approx(share, abs=5 * np.sqrt(share * (1 - share) / 20_000) + 1e-9)


def changed(folder, **arrays):
    found = artifact.read(folder)
    artifact.publish(folder, {**found.arrays, **arrays}, found.settings)


@pytest.mark.parametrize(
    ("name", "change", "words"),
    [
        ("item_ids", lambda ids: ids[::-1], "ascending"),
        ("item_ids", lambda ids: ids[:-1], "rows"),
        ("item_factors", lambda factors: factors * np.nan, "finite"),
        ("item_factors", lambda factors: factors[:, :3], "factors"),
        ("popular", lambda order: order + 1, "one that is none"),
        ("popular", lambda order: np.append(order[:-1], order[0]), "twice"),
        ("ranker_columns", lambda columns: columns - 1, "holds no item"),
        ("genres", lambda genres: genres * 0, "zero"),
        ("index_centres", lambda centres: centres[1:], "one index"),
        ("index_centres", lambda centres: centres * np.nan, "finite"),
        ("index_centres", lambda centres: centres[:, ::-1].copy(), "of another centre"),
        ("index_items", lambda items: np.append(items[:-1], items[0]), "twice"),
        ("index_items", lambda items: items + 1, "out of bounds"),
        ("item_factors", lambda factors: factors[::-1].copy(), "of another centre"),  # an index of another fit
    ],
)
def test_arrays_that_do_not_fit_together_are_refused_before_the_first_request(folder, name, change, words):
    changed(folder, **{name: change(artifact.read(folder).arrays[name])})
    with pytest.raises(ArtifactError, match=rf"(?s)whole, but not of this service.*{words}"):
        Version(folder)


@pytest.mark.parametrize("name", ["histories.sqlite", "../histories-0123456789ab.sqlite", 3])
def test_histories_have_a_name_and_no_path(folder, name):
    found = artifact.read(folder)
    artifact.publish(folder, found.arrays, {**found.settings, "histories": name})
    with pytest.raises(ArtifactError, match="histories is"):
        Version(folder)


def test_a_version_of_another_program_is_refused(tmp_path):
    artifact.publish(tmp_path, {"x": np.arange(3)}, {})
    with pytest.raises(ArtifactError, match="item_ids"):
        Version(tmp_path)


def test_the_same_likes_give_the_same_version(published, tmp_path):
    likes, items = made()
    assert build.build(tmp_path, likes.sample(frac=1, random_state=1), items) == artifact.read(published).version


def test_one_item_and_one_like_can_be_served(tmp_path):
    likes, items = made()
    build.build(tmp_path, likes.head(1), items)
    version = Version(tmp_path)
    assert version.retrieve(np.array([0]), 5).size == 0
