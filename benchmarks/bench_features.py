"""Speed of hashing and of the point-in-time counter against what else one would use, as ratios of one run.

Run: python benchmarks/bench_features.py
"""

import time
from collections.abc import Callable

import numpy as np
import pandas as pd
from sklearn.feature_extraction import FeatureHasher

from mlpipe.features import StreamingCounter, count_before, hash_integers, hashed_design

N, N_KEYS, N_BUCKETS, REPEATS = 1_000_000, 40_000, 2**18, 3


def seconds(run: Callable[[], object], repeats: int = REPEATS) -> float:
    """CPU seconds of the fastest of some runs: the least disturbed one."""
    times = []
    for _ in range(repeats):
        start = time.process_time()
        run()
        times.append(time.process_time() - start)
    return min(times)


def stream(keys: np.ndarray, times: np.ndarray) -> list[int]:
    counter, counts = StreamingCounter(), []
    for key, moment in zip(keys.tolist(), times.tolist(), strict=True):
        counts.append(counter.count(key, moment))
        counter.update(key, moment)
    return counts


def show(title: str, rows: dict[str, float]) -> None:
    print(f"\n{title}\n{'':58}{'CPU s':>8}{'ratio':>8}")
    base = next(iter(rows.values()))
    for name, spent in rows.items():
        print(f"{name:58}{spent:8.3f}{spent / base:8.1f}")


def main() -> None:
    rng = np.random.default_rng(0)
    keys = rng.integers(0, N_KEYS, N)
    strings = [[f"ad={key}"] for key in keys]
    hasher = FeatureHasher(N_BUCKETS, input_type="string", alternate_sign=False, dtype=np.float32)
    one_field = pd.DataFrame({"ad": keys})
    show(
        f"Hash {N:,} integers",
        {
            "hash_integers": seconds(lambda: hash_integers(keys, N_BUCKETS)),
            "pandas.util.hash_array, modulo": seconds(lambda: pd.util.hash_array(keys) % N_BUCKETS),
            "hashed_design, one field, to CSR": seconds(lambda: hashed_design(one_field, ["ad"], N_BUCKETS)),
            "FeatureHasher on ready strings, to CSR": seconds(lambda: hasher.transform(strings)),
        },
    )

    times = np.sort(rng.random(N))
    log = pd.DataFrame({"key": keys, "time": times})
    assert count_before(keys, times, keys, times).tolist() == log.groupby("key").cumcount().tolist()
    show(
        f"Count the past of {N:,} rows ({N_KEYS:,} keys, in time order)",
        {
            "count_before": seconds(lambda: count_before(keys, times, keys, times)),
            "count_before, window": seconds(lambda: count_before(keys, times, keys, times, 0.1)),
            "groupby.cumcount (no ties, no delay, no window)": seconds(lambda: log.groupby("key").cumcount()),
            "groupby.rolling count, window": seconds(lambda: rolling(log), repeats=1),
            "StreamingCounter, row by row": seconds(lambda: stream(keys, times), repeats=1),
        },
    )


def rolling(log: pd.DataFrame) -> pd.Series:
    dated = log.assign(time=pd.Timestamp("2026-01-01") + pd.to_timedelta(log["time"], "D"), one=1.0)
    return dated.groupby("key").rolling("144min", on="time", closed="left")["one"].count()


if __name__ == "__main__":
    main()
