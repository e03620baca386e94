"""The ranking metrics against two implementations by others: NIST's trec_eval and `implicit.evaluation`."""

import platform

import numpy as np
import pytest
import scipy.sparse as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from implicit.evaluation import ranking_metrics_at_k

from mlpipe.ranking_metrics import (
    average_precision_at_k,
    hit_rate_at_k,
    ndcg_at_k,
    precision_at_k,
    recall_at_k,
    reciprocal_rank_at_k,
)

N_USERS, N_ITEMS = 25, 40
worlds = st.integers(0, 10_000).map(np.random.default_rng)


def random_world(rng, k):
    """Lists of k items, some shorter; users with 0 to 30 relevant items, so some have fewer than k and some more."""
    lists = np.array([rng.permutation(N_ITEMS)[:k] for _ in range(N_USERS)])
    lists[np.arange(k) >= rng.integers(0, 2 * k, N_USERS)[:, None]] = -1
    n_relevant = rng.integers(0, 31, N_USERS)
    liked = np.array([rng.permutation(N_ITEMS) < n for n in n_relevant])
    return lists, sp.csr_matrix(liked.astype(np.float32))


@settings(max_examples=40)
@given(worlds, st.sampled_from([1, 2, 5, 10, 20]))
def test_agrees_with_trec_eval(rng, k):
    if platform.machine() == "aarch64":
        pytest.skip("pytrec-eval-terrier has no wheel for Linux on ARM")
    import pytrec_eval

    lists, relevant = random_world(rng, k)
    truth = {str(user): {str(item): 1 for item in row.indices} for user, row in enumerate(relevant) if row.nnz}
    # It orders by score, and knows no cut for the reciprocal rank: it gets k items, the first with the highest score.
    run = {
        user: {str(item): float(k - place) for place, item in enumerate(lists[int(user)]) if item >= 0}
        for user in truth
    }
    names = {
        ndcg_at_k: f"ndcg_cut.{k}",
        precision_at_k: f"P.{k}",
        recall_at_k: f"recall.{k}",
        hit_rate_at_k: f"success.{k}",
        reciprocal_rank_at_k: "recip_rank",
        average_precision_at_k: f"map_cut.{k}",
    }
    results = pytrec_eval.RelevanceEvaluator(truth, set(names.values())).evaluate(run)
    for metric, name in names.items():
        values = metric(lists, relevant, k)
        for user in range(N_USERS):
            if str(user) not in truth:
                assert np.isnan(values[user])
                continue
            expected = results[str(user)].get(name.replace(".", "_"), 0) if run[str(user)] else 0
            if metric is average_precision_at_k:  # trec_eval divides by all relevant items, also where k is fewer
                expected *= len(truth[str(user)]) / min(k, len(truth[str(user)]))
            assert values[user] == pytest.approx(expected, abs=1e-9)


class Fixed:
    """A "model" that recommends prepared lists, as `implicit` calls one."""

    def __init__(self, lists):
        self.lists = lists

    def recommend(self, userid, user_items, N):
        return self.lists[userid].astype(np.int32), np.zeros((len(userid), N), dtype=np.float32)


@settings(max_examples=40)
@given(worlds, st.sampled_from([1, 2, 5, 10, 20]))
def test_agrees_with_implicit(rng, k):
    lists, relevant = random_world(rng, k)
    seen = sp.csr_matrix(relevant.shape, dtype=np.float32)
    theirs = ranking_metrics_at_k(Fixed(lists), seen, relevant, K=k, show_progress=False, num_threads=1)
    assert np.nanmean(ndcg_at_k(lists, relevant, k)) == pytest.approx(theirs["ndcg"], abs=1e-9)
    assert np.nanmean(average_precision_at_k(lists, relevant, k)) == pytest.approx(theirs["map"], abs=1e-9)
    # Its precision is one number for all users: hits, over the hits that were possible.
    possible = np.minimum(np.diff(relevant.indptr), k).sum()
    hits = np.nansum(precision_at_k(lists, relevant, k)) * k
    assert hits / possible == pytest.approx(theirs["precision"], abs=1e-9)
