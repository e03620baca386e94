"""What breaking tied time stamps by the order of the file does to a metric, against breaking them at random.

Each user's last rating of MovieLens is held out, where the last time stamp is tied once as the file has it (the highest
film id) and once at random, over ten seeds. Popularity and "liked together" then rank what is left. Printed: nDCG at 20
with random ties, and the paired difference of the file's order to it (its interval over users, from the mean of ten
draws), over all users and over those with a tied end.

Run: python benchmarks/bench_ties.py
"""

import numpy as np
import pandas as pd
import scipy.sparse as sp

from mlpipe.datasets import movielens, to_matrix
from mlpipe.ranking_metrics import ndcg_at_k
from mlpipe.splits import leave_last_out
from mlpipe.uncertainty import bootstrap_mean

SEEDS, K = range(10), 20


def ndcg(ratings: pd.DataFrame, held_out: pd.Index) -> dict[str, np.ndarray]:
    """One value a user and model, in the order of the user ids."""
    ids = {"user_ids": np.unique(ratings["user_id"]), "item_ids": np.unique(ratings["item_id"])}
    train = ratings.drop(held_out)
    rated = to_matrix(train, **ids).matrix.toarray() > 0
    likes = to_matrix(train[train["rating"] >= 4], **ids).matrix
    hidden = to_matrix(ratings.loc[held_out], **ids).matrix
    n_likes = np.asarray(likes.sum(axis=0)).ravel()
    scaled = likes @ sp.diags(1 / np.sqrt(n_likes.clip(1)))
    together = scaled.T @ scaled
    together.setdiag(0)
    scores = {"popularity": np.broadcast_to(n_likes, rated.shape), "liked together": (likes @ together).toarray()}
    values = {}
    for name, score in scores.items():
        top = np.argsort(-np.where(rated, -np.inf, score), axis=1, kind="stable")[:, :K]
        values[name] = ndcg_at_k(top, hidden, k=K)
    return values


def main() -> None:
    ratings = movielens().ratings
    in_order = ratings.sort_values(["user_id", "timestamp"], kind="stable")
    is_shared = in_order.duplicated(["user_id", "timestamp"], keep=False)
    last = in_order.assign(tied=is_shared).drop_duplicates("user_id", keep="last")
    tied = last["tied"].to_numpy()
    by_file = ndcg(ratings, last.index)
    at_random = [ndcg(ratings, leave_last_out(ratings, seed=seed).test.index) for seed in SEEDS]
    for name, file_values in by_file.items():
        draws = np.array([values[name] for values in at_random])
        for who, users in {"all": np.full(len(tied), True), "tied end": tied}.items():
            difference = bootstrap_mean((file_values - draws.mean(axis=0))[users])
            print(
                f"{name:14s} {who:8s} {users.sum():3d} users: {draws[:, users].mean():.4f}, by file "
                f"{difference.estimate:+.4f} ({difference.low:+.4f} to {difference.high:+.4f})"
            )


if __name__ == "__main__":
    main()
