"""Cost and course of a greedy loop that learns from its own clicks in the recommender world.

OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/bench_worlds.py [n_seeds]

Budgets: 40 rounds of 2,000 visits in 2 s of one core, the world and its best slates included, and 200 MB at the peak,
imports included. Utility is the share of the way from a random slate to the best one.
"""

import sys
import time

import numpy as np

from mlpipe.worlds import N_SEGMENTS, RecommenderWorld

ROUNDS, VISITS, K = 40, 2_000, 10


def greedy(seed: int, epsilon: float = 0.0) -> tuple[np.ndarray, np.ndarray, float]:
    """Served utility and the model's own by round, and the share of segment x item that was ever shown.

    Beta counts by segment and item; each slot is replaced by an item drawn at random with probability `epsilon`.
    """
    world, rng = RecommenderWorld(seed=seed), np.random.default_rng(seed)
    none = world.activity @ world.attraction.mean(axis=1) * world.examination.sum()
    best = world.activity @ world.value(world.best(K))
    clicks, shown = np.zeros((2, N_SEGMENTS, world.n_items))
    served, own = np.zeros((2, ROUNDS))
    for step in range(ROUNDS):
        rate = (clicks + 0.5) / (shown + 10)
        model = np.argsort(-(rate + 1e-9 * rng.random(rate.shape)), axis=1)[:, :K]
        users = world.visits(VISITS, rng)
        slates = model[world.segment[users]]
        if epsilon:  # the random items are moved to the end of a longer list, whose first of each stay
            explore = rng.random(slates.shape) < epsilon
            drawn = rng.integers(world.n_items, size=slates.shape)
            fine = explore & ~(drawn[:, :, None] == slates[:, None, :]).any(axis=2)
            fine &= (np.sort(drawn, axis=1)[:, 1:] != np.sort(drawn, axis=1)[:, :-1]).all(axis=1)[:, None]
            slates = np.where(fine, drawn, slates)
        cell = (world.segment[users][:, None] * world.n_items + slates).ravel()
        hit = world.show(users, slates, rng).ravel()
        shown += np.bincount(cell, minlength=shown.size).reshape(shown.shape)
        clicks += np.bincount(cell[hit], minlength=shown.size).reshape(shown.shape)
        served[step] = (world.value(slates, users).mean() - none) / (best - none)
        own[step] = (world.activity @ world.value(model[world.segment]) - none) / (best - none)
    return served, own, float((shown > 0).mean())


def peak_megabytes() -> float:
    """Largest resident set of this process; 0 where the platform does not tell."""
    try:
        import resource
    except ImportError:
        return 0.0
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e6 if sys.platform == "darwin" else 1e3)


def main(n_seeds: int = 3) -> None:
    for epsilon in (0.0, 0.05):
        for seed in range(n_seeds):
            start = time.process_time()
            served, own, coverage = greedy(seed, epsilon)
            taken = time.process_time() - start
            print(
                f"epsilon {epsilon:.2f}, seed {seed}: served {served[:5].mean():.2f} -> {served[-5:].mean():.2f}, "
                f"model {own[-5:].mean():.2f}, coverage {coverage:.3f}, {taken:.2f} s"
            )
    print(f"peak memory: {peak_megabytes():.0f} MB")
    start = time.process_time()
    world, rng = RecommenderWorld(n_users=20_000), np.random.default_rng(0)
    users = world.visits(200_000, rng)
    clicks = world.show(users, world.best(K)[users], rng).sum(axis=1)
    np.bincount(users, clicks, world.n_users)
    print(f"world of 20,000 users, 200,000 visits: {time.process_time() - start:.2f} s, {peak_megabytes():.0f} MB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
