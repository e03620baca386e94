"""Settings of GraphFilter on sets of several sizes: quality on validation parts, and what sharpening costs.

Run: python benchmarks/bench_graph_filter.py [interactions.csv ...]

A file has two columns with a header, user and item, one interaction a line; such files were MovieLens-100k, FilmTrust
and Epinions. MovieLens-small (all ratings and likes) and a power-law world are always there. Each set is split in four
fifths and a test part, and these four fifths again; the settings are compared on the inner part, over three seeds: mean
nDCG@20 of each seed, and the mean difference from the published settings with its interval, users as the unit. Only the
chosen defaults and the published settings are then compared on the test parts. About ten minutes.
"""

import os
import sys
from pathlib import Path

os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

import numpy as np
import pandas as pd
import scipy.sparse as sp
from common import hold_out, power_law, seconds

from mlpipe.datasets import movielens
from mlpipe.ranking_metrics import ndcg_at_k, recall_at_k
from mlpipe.recommenders import EASE, GraphFilter
from mlpipe.uncertainty import paired_difference

SEEDS = (0, 1, 2)
K = 20
PUBLISHED = {"factors": 256, "low_pass_weight": 0.3, "sharpening_time": 0.0, "user_exponent": 0.5}
SETTINGS = {
    "published (2021)": PUBLISHED,
    "factors by size": {"low_pass_weight": 0.1, "sharpening_time": 0.0, "user_exponent": 0.5},
    "  sharpened, T = 1": {"low_pass_weight": 0.1, "sharpening_time": 1.0, "user_exponent": 0.5},
    "  sharpened, T = 2": {"low_pass_weight": 0.1, "sharpening_time": 2.0, "user_exponent": 0.5},
    "  exponent 3/8": {"low_pass_weight": 0.1, "sharpening_time": 0.0},
    "  both, T = 1": {"low_pass_weight": 0.1, "sharpening_time": 1.0},
    "  both, T = 2 (default)": {},
}


def sets(paths: list[str]) -> dict[str, sp.csr_matrix]:
    """Users x items, ones."""
    ratings = movielens().ratings
    tables = {"MovieLens-small": ratings, "  its likes": ratings[ratings["rating"] >= 4]}
    tables |= {Path(path).stem: pd.read_csv(path) for path in paths}
    found = {}
    for name, table in tables.items():
        (users, _), (items, _) = (pd.factorize(table.iloc[:, column], sort=True) for column in (0, 1))
        found[name] = sp.csr_matrix((np.ones(len(table), np.float32), (users, items)))
        found[name].data[:] = 1
    return found | {"power law": power_law(6_000, 8_000, 200_000)}


def judged(model, train: sp.csr_matrix, test: sp.csr_matrix) -> tuple[np.ndarray, np.ndarray]:
    """The nDCG and the recall of at most 1,500 users, NaN where there is nothing to find."""
    users = np.sort(np.random.default_rng(0).permutation(train.shape[0])[:1500])
    lists, _ = model.fit(train).recommend(users, k=K)
    return ndcg_at_k(lists, test[users], k=K), recall_at_k(lists, test[users], k=K)


def compare(pairs: list[tuple[sp.csr_matrix, sp.csr_matrix]], models: dict) -> None:
    first = None
    for name, model in models.items():
        ndcg, recall = np.swapaxes([judged(model, *pair) for pair in pairs], 0, 1)  # seeds x users
        somewhere = ~np.isnan(ndcg).all(axis=0)
        of_user = np.nanmean(ndcg[:, somewhere], axis=0)
        first = of_user if first is None else first
        gap = paired_difference(of_user, first)
        values = " ".join(f"{value:.4f}" for value in np.nanmean(ndcg, axis=1))
        print(
            f"{name:24s} nDCG {np.nanmean(ndcg):.4f} ({values})  recall {np.nanmean(recall):.4f}  "
            f"{gap.estimate:+.4f} ({gap.low:+.4f} to {gap.high:+.4f})",
            flush=True,
        )


def quality(name: str, matrix: sp.csr_matrix) -> None:
    factors = GraphFilter().fit(matrix)._into.shape[1]
    print(f"\n{name.strip()}: {matrix.shape[0]:,} x {matrix.shape[1]:,}, {matrix.nnz:,}; {factors} factors by size")
    outer = [hold_out(matrix, seed=seed) for seed in SEEDS]
    inner = [hold_out(train, seed=seed + 100) for seed, (train, _) in zip(SEEDS, outer, strict=True)]
    print("validation:")
    compare(inner, {label: GraphFilter(**setting) for label, setting in SETTINGS.items()})
    print("test:")
    models = {"published (2021)": GraphFilter(**PUBLISHED), "default": GraphFilter()}
    compare(outer, models | {"EASE, default": EASE()})


def cost() -> None:
    matrix = power_law(30_000, 40_000, 1_000_000)
    users = np.arange(800)
    plain, sharpened = (
        GraphFilter(factors=64, sharpening_time=time, user_exponent=0.5).fit(matrix) for time in (0.0, 2.0)
    )
    times = seconds(lambda: plain.recommend(users, k=K), lambda: sharpened.recommend(users, k=K))
    shape = f"{matrix.shape[0]:,} x {matrix.shape[1]:,}"
    print(f"\nrecommend, {shape}: sharpening takes {times[1] / times[0]:.1f} times as long")


if __name__ == "__main__":
    for name, matrix in sets(sys.argv[1:]).items():
        quality(name, matrix)
    cost()
