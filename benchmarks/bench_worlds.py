"""Cost and course of a greedy loop that learns from its own clicks in the recommender world.

OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/bench_worlds.py [n_seeds]

Budgets: 40 rounds of 2,000 visits in 0.5 s of one core, the world and its best slates included, and 200 MB at the peak,
imports included. Utility is the share of the way from a random slate to the best one.
"""

import sys
import time

import numpy as np

from mlpipe.worlds import N_SEGMENTS, RecommenderWorld

ROUNDS, VISITS, K = 40, 2_000, 10


def greedy(seed: int) -> np.ndarray:
    """Utility of what is served, by round: Beta counts by segment and item, after one round of random slates."""
    world, rng = RecommenderWorld(seed=seed), np.random.default_rng(seed)
    none = world.activity @ world.attraction.mean(axis=1) * world.examination.sum()
    best = world.activity @ world.value(world.best(K))
    clicks, shown = np.zeros((2, N_SEGMENTS * world.n_items))
    served = np.zeros(ROUNDS)
    for step in range(-1, ROUNDS):
        users = world.visits(VISITS, rng)
        rate = ((clicks + 0.3) / (shown + 10)).reshape(N_SEGMENTS, -1)
        slates = np.argsort(-rate, axis=1, kind="stable")[:, :K][world.segment[users]]
        if step < 0:
            slates = np.argpartition(rng.random((VISITS, world.n_items)), K, axis=1)[:, :K]
        cell = world.segment[users][:, None] * world.n_items + slates
        shown += np.bincount(cell.ravel(), minlength=len(shown))
        clicks += np.bincount(cell[world.show(users, slates, rng)], minlength=len(shown))
        if step >= 0:
            served[step] = (world.value(slates, users).mean() - none) / (best - none)
    return served


def peak_megabytes() -> float:
    """Largest resident set of this process; 0 where the platform does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main(n_seeds: int = 10) -> None:
    for seed in range(n_seeds):
        start = time.process_time()
        served = greedy(seed)
        taken = time.process_time() - start
        print(f"seed {seed}: served {served[:5].mean():.2f} -> {served[-5:].mean():.2f}, {taken:.2f} s")
    print(f"peak memory: {peak_megabytes():.0f} MB")
    start = time.process_time()
    world, rng = RecommenderWorld(n_users=20_000), np.random.default_rng(0)
    users = world.visits(200_000, rng)
    clicks = world.show(users, world.best(K)[users], rng).sum(axis=1)
    np.bincount(users, clicks, world.n_users)
    print(f"world of 20,000 users, 200,000 visits: {time.process_time() - start:.2f} s, {peak_megabytes():.0f} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
