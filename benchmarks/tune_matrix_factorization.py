"""The searches behind lesson 05 on a validation part of the training data: damped ratings, and `implicit`'s ALS.

Ratings: damping x penalty x passes of sixteen factors, root mean squared error and nDCG@10 of the lists against
popularity's. `implicit`: its two settings on one grid, so that each can be tuned with the other one left at its
default, or together. `python benchmarks/tune_matrix_factorization.py` prints both; about ten minutes.
"""

import os

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np

from mlpipe.datasets import movielens, to_matrix
from mlpipe.ranking_metrics import ndcg_at_k
from mlpipe.recommenders import ImplicitALS, Popularity
from mlpipe.splits import random_per_user

RATINGS = movielens().ratings
IDS = {"user_ids": np.unique(RATINGS["user_id"]), "item_ids": np.unique(RATINGS["item_id"])}
INNER = random_per_user(random_per_user(RATINGS, share=0.2, seed=0).train, share=0.2, seed=0)
LIKES, CHECK = (to_matrix(part[part["rating"] >= 4], **IDS).matrix for part in (INNER.train, INNER.test))


def columns(part):
    """Rows and columns of the matrix, and stars, of a table of ratings."""
    u = np.searchsorted(IDS["user_ids"], part["user_id"])
    return u, np.searchsorted(IDS["item_ids"], part["item_id"]), part["rating"].to_numpy()


def damped_biases(u, i, r, damping):
    """Mean, biases of the users and of the films."""
    b_user = np.zeros(LIKES.shape[0])
    n_u, n_i = np.bincount(u, minlength=LIKES.shape[0]), np.bincount(i, minlength=LIKES.shape[1])
    for _ in range(5):
        b_item = np.bincount(i, r - r.mean() - b_user[u], len(n_i)) / np.maximum(n_i + damping, 1)
        b_user = np.bincount(u, r - r.mean() - b_item[i], len(n_u)) / np.maximum(n_u + damping, 1)
    return r.mean(), b_user, b_item


def factors(u, i, rest, regularization, passes, rate=0.02):
    """Factors of users and films after each pass."""
    rng = np.random.default_rng(0)
    P, Q = (rng.normal(0, 0.03, size=(n, 16)) for n in LIKES.shape)
    for _ in range(passes):
        for rows in np.array_split(rng.permutation(len(rest)), len(rest) // 1_000):
            n, m = u[rows], i[rows]
            error = (rest[rows] - (P[n] * Q[m]).sum(axis=1))[:, None]
            step_P, step_Q = error * Q[m] - regularization * P[n], error * P[n] - regularization * Q[m]
            np.add.at(P, n, rate * step_P)
            np.add.at(Q, m, rate * step_Q)
        yield P, Q


def quality(lists):
    """Mean nDCG@10 on the likes to check on."""
    return np.nanmean(ndcg_at_k(lists, CHECK, k=10))


def served(scores):
    """nDCG@10 of the lists by some scores, without the known likes."""
    scores = np.where(LIKES.toarray() > 0, -np.inf, scores)
    return quality(np.argsort(-scores, axis=1, kind="stable")[:, :10])


def main():
    """Print both tables."""
    everyone = np.arange(LIKES.shape[0])
    popular = quality(Popularity().fit(LIKES).recommend(everyone)[0])
    u, i, r = columns(INNER.train)
    u_check, i_check, r_check = columns(INNER.test)
    for damping in (0, 1, 3, 10, 30, 100, 300, 1_000):
        mean, b_user, b_item = damped_biases(u, i, r, damping)
        rest = r_check - mean - b_user[u_check] - b_item[i_check]
        rmse, lists = np.sqrt(np.mean(rest**2)), served(np.tile(b_item, (len(everyone), 1))) / popular
        print(f"damping {damping:5}: RMSE {rmse:.4f}, lists {lists:.2f} of popularity", flush=True)
        if damping not in (3, 10, 1_000):
            continue
        for regularization in (0.03, 0.1, 0.2):
            fitted = r - mean - b_user[u] - b_item[i]
            for n, (P, Q) in enumerate(factors(u, i, fitted, regularization, passes=40), 1):
                if n in (10, 25, 40):
                    off = rest - (P[u_check] * Q[i_check]).sum(axis=1)
                    rmse, lists = np.sqrt(np.mean(off**2)), served(b_item + P @ Q.T) / popular
                    print(f"  penalty {regularization}, pass {n}: RMSE {rmse:.4f}, lists {lists:.2f}", flush=True)
    for alpha in (1, 1 / 0.3, 10, 30):
        for regularization in (0.01, 0.1, 1, 3, 10, 30, 100):
            model = ImplicitALS(alpha=alpha, regularization=regularization).fit(LIKES)
            lists = quality(model.recommend(everyone)[0])
            print(f"alpha {alpha:4.1f}, regularization {regularization:6}: nDCG@10 {lists:.4f}", flush=True)


if __name__ == "__main__":
    main()
