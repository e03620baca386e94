"""What a list costs: CPU milliseconds a request, times at several rates, and memory of `mlpipe serve`.

`python benchmarks/bench_serving.py` builds the model of MovieLens-small in a temporary folder, starts the service in a
process of its own, and sends it requests at random times. CPU time is the server's own; the times to the list include
the client, and say little on a busy machine.
"""

import tempfile
import time
from pathlib import Path

import numpy as np
import pandas as pd
import psutil

from mlpipe.datasets import movielens
from mlpipe.serving import build
from mlpipe.serving.load import open_loop
from mlpipe.serving.running import started

RATES, SECONDS = (25, 50, 100, 200, 400), 6


def main():
    data = movielens()
    likes = data.ratings[data.ratings["rating"] >= 4]
    rng, rows = np.random.default_rng(0), []
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as folder:
        begun = time.process_time()
        build.build(Path(folder), likes, data.items)
        print(f"build: {time.process_time() - begun:.1f} CPU seconds")
        with started(folder) as url:
            (server,) = psutil.Process().children()
            for rate in RATES:
                users = rng.choice(likes["user_id"].unique(), rate * SECONDS)
                before = sum(server.cpu_times()[:2])
                found = open_loop(url, [f"/recommend?user={user}&k=10" for user in users], rate)
                spent = sum(server.cpu_times()[:2]) - before
                sent = found[found["status"] == 200]
                times = sent["seconds"].quantile([0.5, 0.99]) * 1e3
                rows.append(
                    {
                        "requests/s": rate,
                        "CPU ms a request": 1e3 * spent / len(found),
                        "p50 ms": times[0.5],
                        "p99 ms": times[0.99],
                        "full": (found["outcome"] == "full").mean(),
                        "fallback": (found["outcome"] == "fallback").mean(),
                        "refused": (found["outcome"] == "refused").mean(),
                    }
                )
            memory = server.memory_full_info()
    print(pd.DataFrame(rows).round(3).to_string(index=False))
    print(f"memory: {memory.rss / 1e6:.0f} MB resident, {memory.uss / 1e6:.0f} MB its own")


if __name__ == "__main__":
    main()
