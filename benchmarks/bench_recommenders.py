"""Time, memory and quality of every recommender in one run, and our metrics against those of other libraries.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/bench_recommenders.py
     ... bench_recommenders.py --precision 5000 8000           what single precision costs EASE, by number of items
     ... bench_recommenders.py --against OTHER/src --set "more items" --models ALS EASE     two checkouts, in turns

Each model runs in a process of its own, so its peak memory is its own; ratios are to ImplicitALS. EASE is left out of
the large set: its matrix would take 3.6 GB. The metrics of our lists must be those that the other libraries find.
"""

import argparse
import json
import resource
import sys
import time

import numpy as np
import scipy.sparse as sp
from common import hold_out, in_a_process, in_turns, power_law, seconds
from implicit.evaluation import ranking_metrics_at_k
from threadpoolctl import threadpool_limits

from mlpipe import ranking_metrics, splits
from mlpipe.datasets import movielens, to_matrix
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
    Recommender,
    TwoTower,
    ease,
    item_features,
)
from mlpipe.recommenders.tuned import MOVIELENS_SMALL

K = 20
SMALL, LARGE = "MovieLens-small", "power law"
SHAPES = {  # users, items, interactions
    LARGE: (30_000, 40_000, 1_000_000),
    "more items": (6_000, 8_200, 162_000),  # 27 a user, as in the largest
    "more users": (30_000, 6_000, 810_000),
    "largest": (30_000, 41_000, 810_000),
}
NAMES = [
    "ImplicitALS",
    "Popularity",
    "ItemKNN",
    "PureSVD",
    "GraphFilter",
    "ImplicitBPR",
    "ALS",
    "EASE",
    "Hybrid",
    "TwoTower",
]
CLASSES = {
    kind.__name__: kind
    for kind in (ALS, EASE, GraphFilter, ImplicitALS, ImplicitBPR, ItemKNN, Popularity, PureSVD, TwoTower)
}


def load(which: str) -> tuple[sp.csr_matrix, sp.csr_matrix, np.ndarray]:
    """Train, test, attributes of the items."""
    if which in SHAPES:
        matrix = power_law(*SHAPES[which])
        attributes = (np.random.default_rng(0).random((matrix.shape[1], 30)) < 0.1).astype(np.float32)
        return *hold_out(matrix), attributes
    data = movielens()
    likes = data.ratings[data.ratings["rating"] >= 4]
    ids = {"user_ids": np.unique(likes["user_id"]), "item_ids": np.unique(likes["item_id"])}
    split = splits.random_per_user(likes, seed=0)
    train, test = (to_matrix(part, **ids).matrix for part in (split.train, split.test))
    return train, test, item_features(data.items, ids["item_ids"]).to_numpy()


def build(which: str, name: str, attributes: np.ndarray) -> Recommender:
    """With the tuned settings on MovieLens-small where there are any, with the defaults on the large set."""
    arguments = MOVIELENS_SMALL.get(name, {}) if which == SMALL else {}
    return Hybrid(attributes, **arguments) if name == "Hybrid" else CLASSES[name](**arguments)


def peak() -> float:
    """Megabytes; Linux counts in KiB, macOS in bytes."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)


def measure(which: str, name: str, n_users: int | None = None) -> dict[str, float]:
    train, test, attributes = load(which)
    model, before, users = build(which, name, attributes), peak(), np.arange(train.shape[0])[:n_users]
    start = time.process_time()
    model.fit(train)
    fitted, after = time.process_time(), peak()
    recommended, _ = model.recommend(users, k=K)
    done = time.process_time()
    recall = np.nanmean(ranking_metrics.recall_at_k(recommended, test[users], k=K))
    ndcg = np.nanmean(ranking_metrics.ndcg_at_k(recommended, test[users], k=K))
    return {
        "fit": fitted - start,
        "recommend": done - fitted,
        "fit_mb": after - before,
        "peak_mb": peak(),
        "recall": recall,
        "ndcg": ndcg,
    }


def table(which: str, names: list[str]) -> None:
    print(f"\n{which}: fit, then {K} recommendations for every user; CPU seconds, and ratio to ImplicitALS")
    print(f"{'':14}{'fit':>9}{'ratio':>8}{'recommend':>11}{'ratio':>8}{'peak MB':>9}{'recall@20':>11}{'nDCG@20':>9}")
    base = None
    for name in names:
        found = in_a_process(__file__, "--measure", which, name, "0")
        base = base or found
        print(
            f"{name:14}{found['fit']:9.2f}{found['fit'] / base['fit']:8.2f}{found['recommend']:11.2f}"
            f"{found['recommend'] / base['recommend']:8.2f}{found['peak_mb']:9.0f}{found['recall']:11.4f}"
            f"{found['ndcg']:9.4f}",
            flush=True,
        )


def against_other_libraries() -> None:
    train, test, _ = load(SMALL)
    users = np.flatnonzero(np.diff(test.indptr))
    model = ImplicitALS(factors=32, regularization=30, alpha=4).fit(train)
    recommended = model.recommend(np.arange(train.shape[0]))[0]
    ours = {
        "ndcg": np.mean(ranking_metrics.ndcg_at_k(recommended, test)[users]),
        "precision": np.mean(ranking_metrics.precision_at_k(recommended, test)[users]),
        "recall": np.mean(ranking_metrics.recall_at_k(recommended, test)[users]),
    }

    with threadpool_limits(1, "blas"):
        theirs = ranking_metrics_at_k(model._model, train, test, K=10, show_progress=False, num_threads=1)
        spent = seconds(
            lambda: ranking_metrics_at_k(model._model, train, test, K=10, show_progress=False, num_threads=1),
            lambda: ranking_metrics.ndcg_at_k(model.recommend(np.arange(train.shape[0]))[0], test),
        )
    print(f"\nnDCG@10 on {SMALL}: ours {ours['ndcg']:.6f}, implicit.evaluation {theirs['ndcg']:.6f}")
    print(f"recommend and evaluate all users, CPU: ours takes {spent[1] / spent[0]:.2f} of implicit.evaluation")
    try:
        import pytrec_eval
    except ImportError:
        print("pytrec_eval is not installed here: its metrics are not compared")
        return
    wanted = {str(u): {str(i): 1 for i in test[u].indices} for u in users}
    # It orders by score, and equal ones its own way: places instead of scores.
    lists = {str(u): {str(i): float(10 - place) for place, i in enumerate(recommended[u]) if i >= 0} for u in users}
    judge = pytrec_eval.RelevanceEvaluator(wanted, {"ndcg_cut.10", "P.10", "recall.10"})
    found = judge.evaluate(lists)
    for label, key in (("ndcg", "ndcg_cut_10"), ("precision", "P_10"), ("recall", "recall_10")):
        peer = np.mean([found[str(u)][key] for u in users])
        print(f"{label}@10: ours {ours[label]:.6f}, pytrec_eval {peer:.6f}")
        assert abs(peer - ours[label]) < 1e-9
    assert abs(theirs["ndcg"] - ours["ndcg"]) < 1e-3  # it may order equal scores another way


def against(other: str, which: str, names: list[str], n_users: str, repeats: int) -> None:
    """The other checkout's code and this one's take turns; the fastest of each counts."""
    print(f"\n{which} {SHAPES.get(which, '')}: CPU seconds and peak MB of the other code, of this one, and their ratio")
    for name in names:
        before, after = in_turns(__file__, "--measure", which, name, n_users, other=other, repeats=repeats)
        for key in ("fit", "recommend", "peak_mb", "ndcg"):
            shown = f"{before[key]:12.4f}{after[key]:12.4f}{after[key] / before[key]:8.3f}"
            print(f"{name:14}{key:>10}{shown}", flush=True)


def precision(sizes: list[int], seeds: int = 3) -> None:
    """EASE in double and in single precision, in both spaces, on the same worlds."""
    print("\nEASE in single precision against double: CPU s of fit, and for all users nDCG and lists")
    print(f"{'users':>7}{'items':>7}{'seed':>5}{'double':>9}{'single':>9}{'nDCG@20':>10}{'difference':>12}", end="")
    print(f"{'95 %':>9}{'lists of other items':>22}{'or another order':>18}")
    for n_users, n_items in [shape for n in sizes for shape in ((3 * n, n), (n, 3 * n))]:
        for seed in range(seeds):
            train, test = hold_out(power_law(n_users, n_items, 27 * max(n_users, n_items), seed=seed), seed=seed)
            spent, lists, quality = [], [], []
            for largest in (np.inf, 0):
                ease.DOUBLE_UP_TO = largest
                start = time.process_time()
                model = EASE(max_bytes=8 * min(n_users, n_items) ** 2).fit(train)
                spent.append(time.process_time() - start)
                lists.append(model.recommend(np.arange(n_users), k=K)[0])
                quality.append(ranking_metrics.ndcg_at_k(lists[-1], test, k=K))
                del model
            difference = quality[1] - quality[0]
            noise = 2 * np.nanstd(difference) / np.sqrt(np.isfinite(difference).sum())
            others = np.mean((np.sort(lists[0], axis=1) != np.sort(lists[1], axis=1)).any(axis=1))
            order = np.mean((lists[0] != lists[1]).any(axis=1))
            print(
                f"{n_users:7,}{n_items:7,}{seed:5}{spent[0]:9.1f}{spent[1]:9.1f}{np.nanmean(quality[0]):10.4f}"
                f"{np.nanmean(difference):+12.6f}{noise:9.6f}{others:22.4%}{order:18.4%}",
                flush=True,
            )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--precision", type=int, nargs="+", metavar="N")
    parser.add_argument("--against", metavar="SRC", help="the folder src of another checkout")
    parser.add_argument("--set", choices=[SMALL, *SHAPES], default="more items")
    parser.add_argument("--models", choices=NAMES, nargs="+", default=["ALS", "EASE"])
    parser.add_argument("--users", default="0", help="recommend to so many only; 0: to all")
    parser.add_argument("--repeats", type=int, default=2)
    parser.add_argument("--measure", nargs=3, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.measure:
        which, name, n_users = options.measure
        print(json.dumps({key: float(value) for key, value in measure(which, name, int(n_users) or None).items()}))
    elif options.precision:
        precision(options.precision)
    elif options.against:
        against(options.against, options.set, options.models, options.users, options.repeats)
    else:
        against_other_libraries()
        table(SMALL, NAMES)
        table(LARGE, [name for name in NAMES if name != "EASE"])


if __name__ == "__main__":
    main()
