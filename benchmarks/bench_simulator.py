"""Cost of one simulated ad log, as a ratio to drawing and sorting ten million floats in the same run.

OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1 python benchmarks/bench_simulator.py [n_impressions]

Budgets: a million impressions in 1.5 s of one core; ten million in 2 GB at the peak, imports included; day by day in
10 s and 1.2 GB.
"""

import subprocess
import sys
import time
from collections.abc import Callable

import numpy as np

from mlpipe.simulator import choice_probabilities, impressions_by_day, policy_value, simulate_ad_log, simulate_auctions


def seconds(task: Callable[[], object], repeats: int = 3) -> float:
    """Process time of the fastest repeat."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        task()
        times.append(time.process_time() - start)
    return min(times)


def day_by_day(n_impressions: int) -> int:
    return sum(map(len, impressions_by_day(n_impressions)))


def peak_gigabytes(n_impressions: int, task: str = "simulate_ad_log(n)") -> float:
    """Largest resident set of a process of its own that makes one log."""
    script = (
        "import resource, sys; from mlpipe.simulator import impressions_by_day, simulate_ad_log;"
        f"n = int(sys.argv[1]); {task};"
        "print(resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1e9 if sys.platform == 'darwin' else 1e6))"
    )
    command = [sys.executable, "-c", script, str(n_impressions)]
    return float(subprocess.run(command, capture_output=True, text=True, check=True).stdout)


def main(n_impressions: int = 1_000_000) -> None:
    simulate_ad_log(1000)
    reference = seconds(lambda: np.sort(np.random.default_rng(0).random(10_000_000), kind="stable"))
    world = seconds(lambda: simulate_ad_log(1))
    log = seconds(lambda: simulate_ad_log(n_impressions))
    days = seconds(lambda: day_by_day(10 * n_impressions), repeats=1)
    auctions = seconds(lambda: simulate_auctions(n_impressions // 50, 16, first_day=12))
    table = choice_probabilities()
    value = seconds(lambda: policy_value(table, n_impressions))
    result = simulate_ad_log(n_impressions)
    size = result.impressions.memory_usage(deep=True).sum() + result.truth.memory_usage().sum() + result.true_ctr.nbytes
    print(f"reference, draw and sort 10,000,000 floats: 1.00 ({reference:.2f} s)")
    print(f"world and pilot only:                       {world / reference:.2f} ({world:.2f} s)")
    print(f"log of {n_impressions:,} impressions:            {log / reference:.2f} ({log:.2f} s, {size / 1e6:.0f} MB)")
    print(f"log of {10 * n_impressions:,} day by day:           {days / reference:.2f} ({days:.2f} s)")
    print(f"{n_impressions // 50:,} auctions of 16 ads:                {auctions / reference:.2f} ({auctions:.2f} s)")
    print(f"value of a policy on them:                  {value / reference:.2f} ({value:.2f} s)")
    for rows in (n_impressions, 10 * n_impressions):
        print(f"peak memory of {rows:,} impressions: {peak_gigabytes(rows):.2f} GB")
    gigabytes = peak_gigabytes(10 * n_impressions, "sum(map(len, impressions_by_day(n)))")
    print(f"peak memory of {10 * n_impressions:,} impressions day by day: {gigabytes:.2f} GB")


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
