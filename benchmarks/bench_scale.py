"""CPU and peak memory of the point-in-time counters by rows: in memory, and from files under a cap.

Run: OPENBLAS_NUM_THREADS=1 python benchmarks/bench_scale.py [millions of rows ...]

Each line is a process of its own, its imports included. Lesson 17 quotes the table.
"""

import sys
import tempfile
from pathlib import Path

from mlpipe.scale import cost, read_days, write_days
from mlpipe.simulator import impressions_by_day

CAP = 150  # megabytes of DuckDB's buffers


def main(millions: list[float]) -> None:
    print(f"{'million rows':>12} {'way':<20}{'CPU s':>8}{'peak MB':>9}")
    with tempfile.TemporaryDirectory() as home:
        for size in millions:
            log = write_days(f"{home}/{size}", impressions_by_day(int(size * 1e6)))
            on_disk = sum(path.stat().st_size for path in Path(log.folder).glob("*/*.parquet")) / 2**20
            ways = {
                "in memory": lambda folder: cost("mlpipe.scale:count_in_memory", folder, "ad_id"),
                "DuckDB": lambda folder: cost("mlpipe.scale:write_counters", folder, "ad_id", f"{folder}-free"),
                f"DuckDB, {CAP} MB": lambda folder: cost(
                    "mlpipe.scale:write_counters", folder, "ad_id", f"{folder}-capped", megabytes=CAP
                ),
            }
            for name, way in ways.items():
                found = way(str(log.folder))
                print(f"{size:>12g} {name:<20}{found.seconds:>8.2f}{found.megabytes:>9.0f}", flush=True)
            assert read_days(f"{home}/{size}-free").rows == read_days(f"{home}/{size}-capped").rows == log.rows
            print(f"{size:>12g} {'files':<20}{'':>8}{on_disk:>9.0f}")


if __name__ == "__main__":
    main([float(one) for one in sys.argv[1:]] or [1, 4, 16])
