import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpipe.ranking_metrics import (
    average_precision_at_k,
    catalogue_coverage,
    gini,
    gini_of_counts,
    hit_rate_at_k,
    intra_list_diversity,
    ndcg_at_k,
    non_obvious_hit_rate,
    novelty,
    precision_at_k,
    recall_at_k,
    reciprocal_rank_at_k,
    sampled_hit_rate,
)

NAN = np.nan
D = 1 / np.log2(np.arange(2, 12))  # the discount of places 1 to 10

# Six items, five users. By hand, at k = 4:
RECOMMENDED = np.array(
    [
        [0, 1, 2, 3],  # 0 and 3 are relevant: 2 of 4 places, 2 of 3 relevant items
        [5, 4, -1, -1],  # 4 is relevant, the only one
        [0, 1, 2, 3],  # none of the two relevant ones
        [0, 1, 2, 3],  # nothing relevant
        [-1, -1, -1, -1],  # one relevant item, nothing recommended
    ]
)
RELEVANT = sp.csr_matrix(
    [[1, 0, 0, 1, 1, 0], [0, 0, 0, 0, 1, 0], [0, 0, 0, 0, 1, 1], [0, 0, 0, 0, 0, 0], [0, 0, 0, 0, 0, 1]]
)
BY_HAND = {
    precision_at_k: [2 / 4, 1 / 4, 0, NAN, 0],
    recall_at_k: [2 / 3, 1, 0, NAN, 0],
    hit_rate_at_k: [1, 1, 0, NAN, 0],
    ndcg_at_k: [(1 + 1 / np.log2(5)) / (1 + 1 / np.log2(3) + 1 / 2), 1 / np.log2(3), 0, NAN, 0],
    average_precision_at_k: [(1 / 1 + 2 / 4) / 3, 1 / 2, 0, NAN, 0],
    reciprocal_rank_at_k: [1, 1 / 2, 0, NAN, 0],
}


@pytest.mark.parametrize("metric", BY_HAND)
def test_by_hand(metric):
    np.testing.assert_allclose(metric(RECOMMENDED, RELEVANT, k=4), BY_HAND[metric])


def test_only_the_first_k_places_count():
    np.testing.assert_allclose(precision_at_k(RECOMMENDED, RELEVANT, k=1), [1, 0, 0, NAN, 0])
    np.testing.assert_allclose(recall_at_k(RECOMMENDED, RELEVANT, k=2), [1 / 3, 1, 0, NAN, 0])
    np.testing.assert_allclose(reciprocal_rank_at_k(RECOMMENDED, RELEVANT, k=1), [1, 0, 0, NAN, 0])
    # The first user has three relevant items, of which two could be shown: the ideal list has two.
    np.testing.assert_allclose(ndcg_at_k(RECOMMENDED, RELEVANT, k=2), [D[0] / (D[0] + D[1]), D[1], 0, NAN, 0])
    np.testing.assert_allclose(average_precision_at_k(RECOMMENDED, RELEVANT, k=2), [1 / 2, 1 / 2, 0, NAN, 0])


def test_a_catalogue_smaller_than_k_is_padded():
    """Three items, ten places: the perfect list of a user with three relevant items has precision 3/10, not 1."""
    lists = np.full((1, 10), -1)
    lists[0, :3] = [2, 0, 1]
    everything = sp.csr_matrix(np.ones((1, 3)))
    assert precision_at_k(lists, everything) == pytest.approx(0.3)
    for metric in (recall_at_k, ndcg_at_k, average_precision_at_k, reciprocal_rank_at_k):
        assert metric(lists, everything) == 1


worlds = st.integers(0, 10_000).map(np.random.default_rng)


def random_world(rng, n_users=7, n_items=9, k=5):
    lists = np.array([rng.permutation(n_items)[:k] for _ in range(n_users)])
    lists[rng.random(lists.shape) < 0.2] = -1
    return lists, sp.csr_matrix((rng.random((n_users, n_items)) < 0.3).astype(np.float32))


def by_definition(items, liked):
    """All metrics of one list of k items, from a loop over its places."""
    k, n = len(items), len(liked)
    hits = [place for place, item in enumerate(items, start=1) if item in liked]
    dcg, ideal = (sum(1 / np.log2(place + 1) for place in places) for places in (hits, range(1, min(k, n) + 1)))
    precisions = [sum(hit <= place for hit in hits) / place for place in hits]
    return {
        precision_at_k: len(hits) / k,
        recall_at_k: len(hits) / n if n else NAN,
        hit_rate_at_k: float(len(hits) > 0),
        ndcg_at_k: dcg / ideal if n else NAN,
        average_precision_at_k: sum(precisions) / min(k, n) if n else NAN,
        reciprocal_rank_at_k: 1 / hits[0] if hits else 0,
    }


@given(worlds)
def test_agrees_with_the_definition_written_as_a_loop(rng):
    lists, relevant = random_world(rng)
    liked = [set(row.indices) for row in relevant]
    for metric in BY_HAND:
        values = metric(lists, relevant, k=5)
        expected = [
            by_definition(items, mine)[metric] if mine else NAN for items, mine in zip(lists, liked, strict=True)
        ]
        np.testing.assert_allclose(values, expected, rtol=1e-12)
        assert ((values >= 0) & (values <= 1))[[bool(mine) for mine in liked]].all()  # exactly, not about


@given(worlds)
def test_a_perfect_list_scores_exactly_one(rng):
    """At every k and number of relevant items, and no other order of the same items scores more."""
    n_relevant, k = rng.integers(1, 30), int(rng.integers(1, 31))
    relevant = sp.csr_matrix((np.arange(30) < n_relevant)[None].astype(float))
    perfect, shuffled = np.arange(30)[None], rng.permutation(30)[None]
    for metric in (ndcg_at_k, average_precision_at_k, reciprocal_rank_at_k, hit_rate_at_k):
        assert metric(perfect, relevant, k) == 1
        assert metric(shuffled, relevant, k) <= 1


@given(worlds)
def test_a_hit_that_moves_up_never_costs_and_where_the_order_counts_it_pays(rng):
    n_items, k = 12, 8
    items = rng.permutation(n_items)
    liked = rng.random(n_items) < 0.4
    place = rng.integers(0, k - 1)
    if liked[items[place]] or not liked[items[place + 1]]:
        return
    better = items.copy()
    better[[place, place + 1]] = items[[place + 1, place]]
    relevant = sp.csr_matrix(liked[None].astype(float))
    gains = {metric: metric(better[None], relevant, k) - metric(items[None], relevant, k) for metric in BY_HAND}
    for blind in (precision_at_k, recall_at_k, hit_rate_at_k):
        assert gains[blind] == 0
    for sighted in (ndcg_at_k, average_precision_at_k):
        assert gains[sighted] > 1e-6
    assert (gains[reciprocal_rank_at_k] > 0) == (not liked[items[:place]].any())


@given(worlds)
def test_none_is_the_same_as_an_item_that_nobody_likes(rng):
    lists, relevant = random_world(rng)
    relevant = sp.hstack([relevant, sp.csr_matrix((7, 5))]).tocsr()
    filled = np.where(lists < 0, 9 + np.arange(5), lists)
    for metric in BY_HAND:
        np.testing.assert_array_equal(metric(lists, relevant, 5), metric(filled, relevant, 5))


@pytest.mark.parametrize("metric", BY_HAND)
def test_the_stored_value_of_a_relevant_item_does_not_matter(metric):
    np.testing.assert_array_equal(metric(RECOMMENDED, RELEVANT * 4.5, k=4), metric(RECOMMENDED, RELEVANT, k=4))


@pytest.mark.parametrize("metric", BY_HAND)
def test_no_users_give_no_values(metric):
    assert metric(np.empty((0, 4), dtype=int), sp.csr_matrix((0, 6)), k=4).shape == (0,)


@given(worlds)
def test_new_names_for_the_items_change_nothing(rng):
    lists, relevant = random_world(rng)
    popularity, vectors = rng.integers(1, 6, 9) / 6, rng.normal(size=(9, 3))
    new_name = rng.permutation(9)
    renamed = np.where(lists >= 0, new_name[lists], -1)
    old_name = np.argsort(new_name)
    for metric in BY_HAND:
        np.testing.assert_allclose(metric(renamed, relevant[:, old_name], 5), metric(lists, relevant, 5))
    np.testing.assert_allclose(
        non_obvious_hit_rate(renamed, relevant[:, old_name], popularity[old_name], head=3),
        non_obvious_hit_rate(lists, relevant, popularity, head=3),
    )
    np.testing.assert_allclose(novelty(renamed, popularity[old_name]), novelty(lists, popularity))
    np.testing.assert_allclose(intra_list_diversity(renamed, vectors[old_name]), intra_list_diversity(lists, vectors))
    assert catalogue_coverage(renamed, 9) == catalogue_coverage(lists, 9)
    assert gini(renamed, 9) == pytest.approx(gini(lists, 9))


def test_relevant_may_be_unsorted_hold_zeros_and_duplicates_and_is_left_alone():
    messy = sp.csr_matrix((np.array([1.0, 1, 0, 2, 2]), np.array([3, 1, 0, 2, 2]), np.array([0, 5])), shape=(1, 4))
    before = messy.data.copy(), messy.indices.copy()
    assert recall_at_k([[0, 1, 2]], messy, k=3) == pytest.approx(2 / 3)
    assert (messy.data == before[0]).all()
    assert (messy.indices == before[1]).all()


def test_a_hit_of_one_user_is_not_a_hit_of_the_next():
    relevant = sp.csr_matrix([[0, 0, 1], [1, 0, 0]])
    assert precision_at_k([[0], [2]], relevant, k=1).tolist() == [0, 0]
    assert precision_at_k([[2], [-1]], relevant, k=1).tolist() == [1, 0]


@pytest.mark.parametrize(
    "metric", [*BY_HAND, lambda lists, relevant, k=1: non_obvious_hit_rate(lists, relevant, [1] * 3)]
)
@pytest.mark.parametrize(
    ("lists", "message"),
    [
        ([[0, 3]], "not item ids"),
        ([[0, -2]], "expected -1"),
        ([[0, 0]], "item twice .first: row 0"),
        ([0, 1], "of shape"),
        ([[0.0, 1.0]], "expected integers"),
        ([[0, 1], [1, 2]], "2 rows and relevant 1"),
    ],
)
def test_bad_lists_are_named(metric, lists, message):
    with pytest.raises(ValueError, match=message):
        metric(np.array(lists), sp.csr_matrix([[1, 0, 0]]), k=1)


def test_bad_k_and_relevant_are_named():
    with pytest.raises(ValueError, match="k is 10 and recommended has 2 columns"):
        precision_at_k([[0, 1]], sp.csr_matrix([[1, 0, 0]]))
    with pytest.raises(ValueError, match="k is 0"):
        precision_at_k([[0, 1]], sp.csr_matrix([[1, 0, 0]]), k=0)
    with pytest.raises(ValueError, match="expected a SciPy CSR"):
        precision_at_k([[0, 1]], np.array([[1, 0, 0]]), k=1)


RAGGED = [[0, 1], [2]]


@pytest.mark.parametrize("k", [2.0, True, "2", None, 0, np.float32(1)])
def test_k_is_a_whole_number(k):
    relevant = sp.csr_matrix([[1, 0, 0]])
    for metric in (precision_at_k, recall_at_k, hit_rate_at_k, ndcg_at_k, average_precision_at_k, reciprocal_rank_at_k):
        with pytest.raises(ValueError, match=r"^k is .*; expected a whole number, 1 or more"):
            metric([[0, 1]], relevant, k=k)
    with pytest.raises(ValueError, match=r"^k is .*; expected a whole number, 1 or more"):
        sampled_hit_rate([1], n_items=10, n_negatives=3, k=k)
    with pytest.raises(ValueError, match=r"^n_items is .*; expected a whole number, 1 or more"):
        catalogue_coverage([[0]], n_items=k)


def test_small_integers_do_not_wrap_in_a_metric():
    times = (np.zeros(256, int), np.zeros(256, int))
    relevant = sp.coo_matrix((np.ones(256, np.uint8), times), shape=(1, 300))  # one item, stored 256 times
    lists = np.arange(255)[None]
    for metric in (recall_at_k, ndcg_at_k, average_precision_at_k, reciprocal_rank_at_k, hit_rate_at_k):
        assert metric(lists, relevant, k=np.uint8(255)).tolist() == [1]
    late = np.roll(lists, -1)  # the relevant item stands at place 255
    assert ndcg_at_k(late, relevant, k=np.uint8(255)) == pytest.approx(1 / np.log2(256))
    assert average_precision_at_k(late, relevant, k=np.uint8(255)) == pytest.approx(1 / 255)
    assert gini_of_counts(np.uint8([200, 200])) == 0


@pytest.mark.parametrize(
    ("lists", "message"),
    [
        (RAGGED, "recommended holds lists of different lengths; expected .*-1 is no item"),
        ([["0", "1"]], "recommended is <U1 of shape"),
        (np.uint64([[2**64 - 1, 0]]), "recommended is uint64"),  # as int64 it would be -1, no item
    ],
)
def test_lists_that_are_no_table_of_items_are_named(lists, message):
    with pytest.raises(ValueError, match=message):
        catalogue_coverage(lists, 3)


def test_coverage_counts_each_item_once_and_padding_never():
    assert catalogue_coverage(RECOMMENDED, 6) == 1
    assert catalogue_coverage(RECOMMENDED[2:], 6) == pytest.approx(4 / 6)
    assert catalogue_coverage(RECOMMENDED[4:], 6) == 0
    with pytest.raises(ValueError, match="n_items - 1 = 4"):
        catalogue_coverage(RECOMMENDED, 5)


def test_gini_by_hand():
    # exposure 3, 3, 3, 3, 1, 1 and a seventh item with 0; mean absolute difference over twice the mean
    counts = np.array([3, 3, 3, 3, 1, 1, 0])
    expected = np.abs(np.subtract.outer(counts, counts)).mean() / (2 * counts.mean())
    assert gini(RECOMMENDED, 7) == pytest.approx(expected)
    assert gini_of_counts(counts) == pytest.approx(expected)


@given(st.lists(st.integers(0, 50), min_size=1, max_size=20).filter(any), st.integers(2, 5))
def test_gini_is_the_mean_difference_and_ignores_scale(counts, factor):
    values = np.array(counts, dtype=float)
    expected = np.abs(np.subtract.outer(values, values)).mean() / (2 * values.mean())
    assert gini_of_counts(counts) == pytest.approx(expected)
    assert gini_of_counts(values * factor) == pytest.approx(expected)


@pytest.mark.parametrize("counts", [[0, 0], [1, -1, 3], [1, NAN], [], [[1, 2]]])
def test_gini_refuses_counts_that_have_none(counts):
    with pytest.raises(ValueError, match=r"^counts (are \d zeros|holds .*|has shape .*); expected"):
        gini_of_counts(counts)


def test_gini_of_empty_lists_is_refused():
    with pytest.raises(ValueError, match="any recommendation at all"):
        gini(RECOMMENDED[4:], 6)


def test_novelty_by_hand():
    popularity = [1, 1 / 2, 1 / 4, 1 / 8, 1 / 16, 1 / 32]
    np.testing.assert_allclose(novelty(RECOMMENDED, popularity), [1.5, 4.5, 1.5, 1.5, NAN])


def test_novelty_refuses_counts_and_unknown_items():
    with pytest.raises(ValueError, match="divide the counts"):
        novelty(RECOMMENDED, [60, 30, 20, 10, 5, 1])
    with pytest.raises(ValueError, match=r"1 recommended items .first: 5. have popularity 0"):
        novelty(RECOMMENDED, [1, 1, 1, 1, 1, 0])
    assert novelty([[0, -1]], [0.5, 0]).tolist() == [
        1
    ]  # an unknown item that nobody gets does no harm, padding neither
    for bad in ([0.5, NAN], [0.5, -0.1], [[0.5]]):
        with pytest.raises(ValueError, match=r"^popularity (holds|has shape) .*; expected"):
            novelty([[0]], bad)


def naive_diversity(items, vectors):
    there = [vectors[i] / np.linalg.norm(vectors[i]) for i in items if i >= 0]
    pairs = [1 - a @ b for i, a in enumerate(there) for b in there[:i]]
    return np.mean(pairs) if pairs else NAN


@given(worlds)
def test_diversity_agrees_with_a_loop_over_pairs(rng):
    lists, _ = random_world(rng)
    vectors = rng.normal(size=(9, 4)) * 100
    expected = [naive_diversity(items, vectors) for items in lists]
    np.testing.assert_allclose(intra_list_diversity(lists, vectors), expected, atol=1e-12)


def test_diversity_in_blocks_is_the_same_as_in_one():
    """So many users that they do not fit one block, with a different list each."""
    rng = np.random.default_rng(0)
    vectors = rng.normal(size=(50, 4000))
    lists = np.array([rng.permutation(50)[:10] for _ in range(250)])
    expected = [naive_diversity(items, vectors) for items in lists]
    np.testing.assert_allclose(intra_list_diversity(lists, vectors), expected, atol=1e-12)


def test_diversity_refuses_vectors_without_a_direction():
    with pytest.raises(ValueError, match=r"1 recommended items .first: 2. have the zero vector"):
        intra_list_diversity([[0, 2]], [[1, 0], [0, 1], [0, 0]])
    assert intra_list_diversity([[0, 1, -1]], [[1, 0], [0, 1], [0, 0]]).tolist() == [1]
    with pytest.raises(ValueError, match="toarray"):
        intra_list_diversity([[0, 1]], sp.csr_matrix(np.eye(2)))
    for bad in ([1, 2], [[1, NAN]]):
        with pytest.raises(ValueError, match=r"^item_vectors (holds|has shape) .*; expected"):
            intra_list_diversity([[0, -1]], bad)


def test_non_obvious_hits_are_hits_outside_the_head():
    popularity = [9, 5, 5, 5, 2, 1]
    # head of 1: item 0; of 2: the three items with 5 are as popular as the second, so all are in the head
    np.testing.assert_allclose(
        non_obvious_hit_rate(RECOMMENDED, RELEVANT, popularity, head=1), [1 / 4, 1 / 4, 0, NAN, 0]
    )
    np.testing.assert_allclose(non_obvious_hit_rate(RECOMMENDED, RELEVANT, popularity, head=2), [0, 1 / 4, 0, NAN, 0])
    np.testing.assert_allclose(non_obvious_hit_rate(RECOMMENDED, RELEVANT, popularity, head=6), [0, 0, 0, NAN, 0])
    np.testing.assert_allclose(
        non_obvious_hit_rate(RECOMMENDED, RELEVANT, popularity, head=0), precision_at_k(RECOMMENDED, RELEVANT, k=4)
    )


def test_non_obvious_refuses_a_head_or_popularity_of_another_catalogue():
    with pytest.raises(ValueError, match="head is 100; expected a whole number, 0 to 6"):
        non_obvious_hit_rate(RECOMMENDED, RELEVANT, [1] * 6)
    with pytest.raises(ValueError, match="popularity has 5 values and a row of relevant 6; expected as many"):
        non_obvious_hit_rate(RECOMMENDED, RELEVANT, [1] * 5, head=1)


def test_sampled_hit_rate_by_hand():
    # Five others, of whom two are better; draws of two pairs of ten hold both better ones once, none of them thrice.
    assert sampled_hit_rate(3, n_items=6, n_negatives=2, k=1) == pytest.approx(3 / 10)
    assert sampled_hit_rate(3, n_items=6, n_negatives=2, k=2) == pytest.approx(9 / 10)
    assert sampled_hit_rate(3, n_items=6, n_negatives=2, k=3) == 1
    # An item at rank 500 of 10,000 is all but a certain hit among 100 random others.
    assert sampled_hit_rate(500, 10_000, 100, k=10) == pytest.approx(0.97, abs=0.005)


@settings(max_examples=40)
@given(st.integers(2, 60), st.integers(1, 12))
def test_sampled_hit_rate_with_all_others_is_the_full_one_and_falls_with_the_rank(n_items, k):
    ranks = np.arange(1, n_items + 1)
    np.testing.assert_allclose(sampled_hit_rate(ranks, n_items, n_items - 1, k), ranks <= k, atol=1e-9)
    for n_negatives in range(1, n_items):
        chance = sampled_hit_rate(ranks, n_items, n_negatives, k)
        assert chance[0] == pytest.approx(1)
        assert (np.diff(chance) < 1e-9).all()
        assert (chance >= (ranks <= k) - 1e-9).all()  # a sample never makes it harder


def test_sampled_hit_rate_agrees_with_draws():
    rng = np.random.default_rng(0)
    drawn = np.array([rng.choice(199, 20, replace=False) for _ in range(4000)])  # 0 to 198: the others, best first
    for rank in (10, 60, 120):
        seen = ((drawn < rank - 1).sum(axis=1) < 5).mean()
        assert sampled_hit_rate(rank, 200, 20, k=5) == pytest.approx(seen, abs=0.025)  # three standard errors


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ((0, 10, 5, 1), "rank holds 0 .*; expected 1 .the best. to"),
        (([3, 11], 10, 5, 1), "rank holds 11 .*; expected .* n_items = 10"),
        ((2.5, 10, 5, 1), "rank is float64"),
        ((1, 10, 10, 1), "n_negatives is 10; expected a whole number, 1 to 9"),
        ((1, 10, 0, 1), "n_negatives is 0"),
        ((1, 10, 5, 0), "k is 0"),
    ],
)
def test_sampled_hit_rate_names_bad_input(arguments, message):
    with pytest.raises(ValueError, match=message):
        sampled_hit_rate(*arguments)
