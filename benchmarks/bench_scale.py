"""CPU and peak memory by rows of the point-in-time counters, and CPU by cells of ALS, on one machine and on a cluster.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/bench_scale.py [millions of rows ...]

Counters are made in memory, from files under a cap, and by Spark, if `make spark` has installed it; each line is a
process of its own, its imports included. Spark is a master, two workers and a driver: all their CPU from the start on,
and the sum of their peaks. ALS (16 factors, ten iterations) is Spark's, implicit's and ours, on cells drawn by lot; the
second fit of each, which has nothing left to compile. Lesson 17 quotes both tables.
"""

import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psutil
import scipy.sparse as sp
from implicit.als import AlternatingLeastSquares

from mlpipe.recommenders import ALS
from mlpipe.scale import cost, counters_sql, jobs, read_days, write_days
from mlpipe.scale.cluster import Cluster, unavailable
from mlpipe.simulator import impressions_by_day

CAP = 150  # megabytes of DuckDB's buffers
CELLS = (0.1, 1, 4)  # millions


def by_spark(folder: str) -> tuple[float, float]:
    """CPU seconds and megabytes of the counters from files to files, by the processes of a cluster."""
    with Cluster() as spark:
        spark.session.read.parquet(folder).createOrReplaceTempView("log")
        spark.session.sql(counters_sql("log", "ad_id")).write.parquet(f"{folder}-spark")
        peaks = [peak_megabytes(one) for one in psutil.Process().children(recursive=True)]
        return spark.cpu_seconds(), sum(peaks)


def peak_megabytes(process: psutil.Process) -> float:
    status = Path(f"/proc/{process.pid}/status")  # Linux; elsewhere what it has now
    if status.exists() and "VmHWM:" in (text := status.read_text()):
        return int(text.partition("VmHWM:")[2].split()[0]) / 2**10
    return process.memory_info().rss / 2**20


def ways_to_count(folder: str) -> dict[str, Callable[[], tuple[float, ...]]]:
    ways = {
        "in memory": lambda: cost("mlpipe.scale:count_in_memory", folder, "ad_id"),
        "DuckDB": lambda: cost("mlpipe.scale:write_counters", folder, "ad_id", f"{folder}-free"),
        f"DuckDB, {CAP} MB": lambda: cost(
            "mlpipe.scale:write_counters", folder, "ad_id", f"{folder}-capped", megabytes=CAP
        ),
    }
    return ways if unavailable() else ways | {"Spark, 2 workers": lambda: by_spark(folder)}


def counters(millions: list[float]) -> None:
    print(f"{'million rows':>12} {'way':<20}{'CPU s':>8}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as home:
        for size in millions:
            log = write_days(f"{home}/{size:g}", impressions_by_day(int(size * 1e6)))
            folder = str(log.folder)
            for name, way in ways_to_count(folder).items():
                seconds, megabytes, *_ = way()
                print(f"{size:>12g} {name:<20}{seconds:>8.2f}{megabytes:>9.0f}", flush=True)
            assert read_days(f"{folder}-free").rows == read_days(f"{folder}-capped").rows == log.rows
            on_disk = sum(path.stat().st_size for path in Path(folder).glob("*/*.parquet")) / 2**20
            print(f"{size:>12g} {'files':<20}{'':>8}{on_disk:>9.0f}")


def second_fit(fit: Callable[[], object], clock: Callable[[], float]) -> float:
    fit()
    begun = clock()
    fit()
    return clock() - begun


def fits(cells: sp.csr_matrix) -> dict[str, float]:
    """CPU seconds of a fit, by library."""
    settings = {"factors": 16, "regularization": 0.01, "iterations": 10, "random_state": 0}
    implicit = AlternatingLeastSquares(**settings, num_threads=1)
    found = {
        "implicit": second_fit(lambda: implicit.fit(cells, show_progress=False), time.process_time),
        "ours": second_fit(lambda: ALS(unobserved_weight=0.25, **settings).fit(cells), time.process_time),
    }
    if not unavailable():
        spec = {"rank": 16, "alpha": 3.0, "regParam": 0.1, "maxIter": 10, "seed": 0}
        with Cluster(memory=1500) as spark:
            found["Spark"] = second_fit(lambda: jobs.als(spark.session, cells, **spec), spark.cpu_seconds)
    return found


def als(millions: tuple[float, ...]) -> None:
    rng = np.random.default_rng(0)
    for size in millions:
        n, shape = int(size * 1e6), (int(size * 40_000), int(size * 10_000))
        cells = sp.csr_matrix((np.ones(n, np.float32), [rng.integers(side, size=n) for side in shape]), shape)
        cells.data[:] = 1
        found = ", ".join(f"{name} {seconds:.2f}" for name, seconds in fits(cells).items())
        print(f"ALS, {size:g} million cells, CPU seconds: {found}", flush=True)


if __name__ == "__main__":
    if reason := unavailable():
        print(f"Without the cluster: {reason}")
    counters([float(one) for one in sys.argv[1:]] or [1, 4, 16])
    als(CELLS)
