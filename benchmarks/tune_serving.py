"""Which of the ranker's weights the service keeps for a film: nDCG@10 of two stages against keeping them all.

`python benchmarks/tune_serving.py` prints, for ten random splits of MovieLens-small, the paired difference in nDCG@10
(mean, lowest, highest over the splits) and the megabytes that the weights take.
"""

import numpy as np
import scipy.sparse as sp

from mlpipe.datasets import movielens, to_matrix
from mlpipe.ranking_metrics import ndcg_at_k
from mlpipe.recommenders import ALS, EASE
from mlpipe.recommenders.base import top_k
from mlpipe.serving.build import REGULARIZATION, RETRIEVER
from mlpipe.splits import random_per_user

CANDIDATES, SPLITS = 200, 10
WIDTHS = (64, 128, 256, 512, 1024, 2048)


def two_stage(history, weights, candidates):
    """The best ten of the candidates by their weights from the history."""
    scores = np.asarray((history @ weights).todense() if sp.issparse(weights) else history @ weights)
    kept = np.full(scores.shape, -np.inf)
    rows = np.arange(len(scores))[:, None]
    kept[rows, candidates] = scores[rows, candidates]
    return top_k(kept, 10)[0]


def main():
    data = movielens()
    likes = data.ratings[data.ratings["rating"] >= 4]
    lost = {(rule, width): [] for rule in ("largest", "largest in magnitude") for width in WIDTHS}
    for seed in range(SPLITS):
        split = random_per_user(likes, 0.2, seed)
        known = to_matrix(split.train)
        users, items = known.user_ids, known.item_ids
        placed = split.test[split.test["item_id"].isin(items) & split.test["user_id"].isin(users)]
        history, hidden = known.matrix, to_matrix(placed, user_ids=users, item_ids=items).matrix
        everyone, n_items = np.arange(len(users)), len(items)
        candidates = ALS(random_state=seed, **RETRIEVER).fit(history).recommend(everyone, k=CANDIDATES)[0]
        ranker = EASE(regularization=REGULARIZATION).fit(history).fold_in(sp.identity(n_items, format="csr"))
        columns, values = ranker.recommend(np.arange(n_items), k=n_items - 1)  # all but the item itself
        rows = np.arange(n_items)[:, None]

        full = np.zeros((n_items, n_items), np.float32)
        full[rows, columns] = values
        best = ndcg_at_k(two_stage(history, full, candidates), hidden)
        by_size = np.argsort(-np.abs(values), axis=1, kind="stable")
        orders = {"largest": np.broadcast_to(np.arange(n_items - 1), values.shape), "largest in magnitude": by_size}
        for rule, width in lost:
            kept = orders[rule][:, :width]
            where = (np.repeat(np.arange(n_items), width), np.take_along_axis(columns, kept, 1).ravel())
            weights = sp.csr_matrix((np.take_along_axis(values, kept, 1).ravel(), where), shape=(n_items, n_items))
            lost[rule, width].append(np.nanmean(ndcg_at_k(two_stage(history, weights, candidates), hidden) - best))
        print(
            f"split {seed}: all {np.nanmean(best):.4f}", *(f"{found[-1]:+.4f}" for found in lost.values()), flush=True
        )
    print(f"all weights: {4 * n_items**2 / 1e6:.0f} MB")
    for (rule, width), found in lost.items():
        size = 8 * width * n_items / 1e6
        print(f"{rule}, {width} a film, {size:4.0f} MB: {np.mean(found):+.4f} ({min(found):+.4f} to {max(found):+.4f})")


if __name__ == "__main__":
    main()
