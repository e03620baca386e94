"""The inverted-file index against exact search and usearch (HNSW), with the same queries at equal recall, in one run.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/bench_retrieval.py [--seeds 0 1 2] [--items 100000]

The item vectors are ALS factors (32 numbers and a bias of 0) of a made set of interactions, and, because an index
lives on how vectors lie, normal ones around tastes and normal ones without any order. Queries are one by one, one
thread; of several runs the fastest counts. recall@200: share of the exact best 200 that are found.
"""

import argparse
import time

import numpy as np
from common import power_law

from mlpipe.recommenders import ALS
from mlpipe.recommenders.base import top_k
from mlpipe.retrieval import InvertedFile

K, QUERIES = 200, 300


def learned(rng, n, seed):
    """ALS factors of two million interactions of 30,000 users with 20 tastes."""
    model = ALS(factors=32, iterations=8, random_state=seed).fit(power_law(30_000, n, 20 * n, seed=seed))
    return model.item_factors, np.zeros(n), model.user_factors[rng.permutation(30_000)[:QUERIES]]


def tastes(rng, n, seed):
    """Normal vectors around 50 tastes, half as wide as the tastes lie apart, and a normal bias."""
    centres = rng.normal(size=(50, 32))
    vectors, queries = (centres[rng.integers(0, 50, m)] + 0.5 * rng.normal(size=(m, 32)) for m in (n, QUERIES))
    return vectors, rng.normal(size=n), queries


def no_order(rng, n, seed):
    """Independent normal numbers."""
    return rng.normal(size=(n, 32)), rng.normal(size=n), rng.normal(size=(QUERIES, 32))


def timed(call, repeats=3):
    """What it gives, and the least CPU seconds of some runs."""
    spent = []
    for _ in range(repeats):
        start = time.process_time()
        result = call()
        spent.append(time.process_time() - start)
    return result, min(spent)


def rows(vectors, bias, queries, seed):
    """Name, build seconds, milliseconds a query, recall, share read."""
    table = np.column_stack([vectors, bias]).astype(np.float32)
    asked = np.column_stack([queries, np.ones(len(queries))]).astype(np.float32)
    exact = top_k(asked @ table.T, K)[0]

    def recall(found):
        return np.mean([np.isin(e, f).mean() for e, f in zip(exact, found, strict=True)])

    def brute():
        return [top_k((table @ one)[None], K)[0][0] for one in asked]

    found, spent = timed(brute)
    yield "exact, NumPy", 0.0, spent, recall(found), 1.0
    index, build = timed(lambda: InvertedFile(random_state=seed).fit(vectors, bias), 1)
    for probes in (2, 4, 8, 16, 32, 64):
        found, spent = timed(lambda p=probes: index.search(queries, K, p)[0])
        yield f"inverted file, {probes} cells", build, spent, recall(found), index.share_read(queries, probes).mean()
    drawn = np.random.default_rng(seed).permuted(np.tile(np.arange(len(index.sizes)), (QUERIES, 1)), axis=1)[:, :8]
    cell = np.repeat(np.arange(len(index.sizes)), index.sizes)
    of_item = cell[np.argsort(index._items)]
    found = [e[np.isin(of_item[e], d)] for e, d in zip(exact, drawn, strict=True)]
    yield "8 cells at random", build, np.nan, recall(found), index.sizes[drawn].sum(axis=1).mean() / len(vectors)
    try:
        from usearch.index import Index
    except ImportError:
        print("usearch is not installed here: no peer")
        return

    # Its graph is made for distances. With one more number, |v|^2 completed to the largest, the nearest are the best.
    missing = (table**2).sum(axis=1)
    longer = np.column_stack([table, np.sqrt(np.maximum(missing.max() - missing, 0))]).astype(np.float32)
    forms = {"ip": (table, asked), "l2sq": (longer, np.column_stack([asked, np.zeros(len(asked), np.float32)]))}

    def hnsw(metric, vectors):
        graph = Index(ndim=vectors.shape[1], metric=metric, dtype="f32")
        graph.add(np.arange(len(vectors)), vectors, threads=1)
        return graph

    for metric, (vectors, queries) in forms.items():
        graph, build = timed(lambda m=metric, v=vectors: hnsw(m, v), 1)
        for width in (200, 400, 800):
            graph.expansion_search = width
            found, spent = timed(lambda g=graph, q=queries: [g.search(one, K, threads=1).keys for one in q])
            yield f"usearch {metric}, width {width}", build, spent, recall(found), np.nan


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--seeds", type=int, nargs="+", default=[0])
    parser.add_argument("--items", type=int, default=100_000)
    options = parser.parse_args()
    for world in (learned, tastes, no_order):
        for seed in options.seeds:
            print(f"\n{world.__name__}, {options.items:,} items, seed {seed}: {world.__doc__}")
            print(f"{'':26}{'build s':>9}{'ms a query':>12}{'recall@200':>12}{'read':>8}")
            data = world(np.random.default_rng(seed), options.items, seed)
            for name, build, spent, recall, read in rows(*data, seed):
                print(f"{name:26}{build:9.2f}{1e3 * spent / QUERIES:12.3f}{recall:12.3f}{read:8.3f}", flush=True)


if __name__ == "__main__":
    main()
