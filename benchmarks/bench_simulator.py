"""Cost of one simulated ad log, as a ratio to drawing and sorting ten million floats in the same run.

OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/bench_simulator.py
"""

import sys
import time
from collections.abc import Callable

import numpy as np

from mlpipe.simulator import simulate_ad_log


def seconds(task: Callable[[], object], repeats: int = 3) -> float:
    """Process time of the fastest repeat."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        task()
        times.append(time.process_time() - start)
    return min(times)


def main(n_impressions: int = 1_000_000) -> None:
    simulate_ad_log(1000)
    reference = seconds(lambda: np.sort(np.random.default_rng(0).random(10_000_000), kind="stable"))
    world = seconds(lambda: simulate_ad_log(1))
    log = seconds(lambda: simulate_ad_log(n_impressions))
    result = simulate_ad_log(n_impressions)
    size = result.impressions.memory_usage(deep=True).sum() + result.truth.memory_usage().sum() + result.true_ctr.nbytes
    print(f"reference, draw and sort 10,000,000 floats: 1.00 ({reference:.2f} s)")
    print(f"world and pilot only:                       {world / reference:.2f} ({world:.2f} s)")
    print(f"log of {n_impressions:,} impressions:            {log / reference:.2f} ({log:.2f} s, {size / 1e6:.0f} MB)")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
