"""What several benchmarks need: a set of interactions of any size, and times that compare."""

import json
import os
import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np
import scipy.sparse as sp


def power_law(
    n_users: int, n_items: int, n_interactions: int, *, tastes: int = 20, exponent: float = 0.8, seed: int = 0
) -> sp.csr_matrix:
    """Users x items CSR of ones: activity and popularity follow power laws, choices follow latent tastes.

    The item of rank r is drawn in proportion to r^-exponent, times its fit to the user's taste; half of the draws of a
    user come from the items of the user's two tastes. Pairs that are drawn twice count once, so the number of
    interactions is met within a few per cent.
    """
    rng = np.random.default_rng(seed)
    activity = rng.lognormal(0, 1, n_users)
    popularity = (np.arange(n_items) + 10.0) ** -exponent
    home = rng.integers(0, tastes, n_items)
    ranked = [np.flatnonzero(home == taste) for taste in range(tastes)]
    favourite = rng.integers(0, tastes, (n_users, 2))
    pairs = np.empty(0, dtype=np.int64)
    while len(pairs) < n_interactions:
        n = int((n_interactions - len(pairs)) * 1.2) + 100
        users = np.repeat(np.arange(n_users), rng.multinomial(n, activity / activity.sum()))
        taste = favourite[users, rng.integers(0, 2, len(users))]
        taste[rng.random(len(users)) < 0.3] = -1  # anything
        items = rng.choice(n_items, len(users), p=popularity / popularity.sum())
        for t, members in enumerate(ranked):
            mine = np.flatnonzero(taste == t)
            weight = popularity[members]
            items[mine] = rng.choice(members, len(mine), p=weight / weight.sum())
        pairs = np.union1d(pairs, users * n_items + items)
    pairs = rng.choice(pairs, n_interactions, replace=False)
    users, items = np.divmod(pairs, n_items)
    shuffled = rng.permutation(n_items)  # a column number must not give the popularity away
    ones = np.ones(len(pairs), dtype=np.float32)
    return sp.csr_matrix((ones, (users, shuffled[items])), shape=(n_users, n_items))


def hold_out(matrix: sp.csr_matrix, share: float = 0.2, seed: int = 0) -> tuple[sp.csr_matrix, sp.csr_matrix]:
    """Train and test: each interaction goes to the test part with probability `share`."""
    held = np.random.default_rng(seed).random(matrix.nnz) < share
    parts = []
    for mask in (~held, held):
        part = matrix.copy()
        part.data = np.where(mask, part.data, 0).astype(np.float32)
        part.eliminate_zeros()
        parts.append(part)
    return parts[0], parts[1]


def seconds(*tasks: Callable[[], object], repeats: int = 3) -> list[float]:
    """CPU seconds of each task, the fastest of some rounds: the tasks take turns, so a disturbance meets all."""
    times = [[] for _ in tasks]
    for _ in range(repeats):
        for task, taken in zip(tasks, times, strict=True):
            start = time.process_time()
            task()
            taken.append(time.process_time() - start)
    return [min(taken) for taken in times]


def in_a_process(script: str, *arguments: str, source: str = "") -> dict[str, float]:
    """The numbers that a script prints as JSON, of the package in the folder `source`: that of another checkout."""
    environment = os.environ | ({"PYTHONPATH": source} if source else {})
    command = [sys.executable, script, *arguments]
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True, env=environment).stdout)


def in_turns(script: str, *arguments: str, other: str, repeats: int) -> list[dict[str, float]]:
    """The least of each number, of the other checkout and of this one, which take turns."""
    runs = [[in_a_process(script, *arguments, source=path) for path in (other, "")] for _ in range(repeats)]
    return [{key: min(run[key] for run in side) for key in side[0]} for side in zip(*runs, strict=True)]
