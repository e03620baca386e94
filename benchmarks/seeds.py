"""`make seeds`: the claims of lessons under ten seeds, against their bounds, as one table.

A bound is set on what ten seeds show. A claim that fails stops its lesson, so those after it have fewer values.
"""

import argparse
import sys
import tempfile
from pathlib import Path

import numpy as np

from mlpipe.workshop import lessons
from mlpipe.workshop.execute import Job
from mlpipe.workshop.run import run_jobs

ROOT = Path(__file__).parents[1]


def run(lesson: lessons.Lesson, seeds: range, workers: int) -> list[dict]:
    """The claims of a lesson under each seed, as they are stored with the outputs."""
    with tempfile.TemporaryDirectory() as home:
        paths = [Path(home) / f"{seed}.ipynb" for seed in seeds]
        jobs = [
            Job(
                f"{lesson.name}, SEED={seed}",
                str(lesson.notebook),
                str(path),
                str(lesson.notebook.parent),
                {"SEED": seed},
            )
            for seed, path in zip(seeds, paths, strict=True)
        ]
        run_jobs(jobs, workers, MLPIPE_HOME=home)
        return [claim for path in paths if path.exists() for claim in lessons.records(lessons.read(path), "claim")]


def table(claims: list[dict]) -> str:
    """One line a claim: its bound, the smallest, middle and largest value, and how often it holds."""
    found: dict[str, list[dict]] = {}
    for claim in claims:
        found.setdefault(claim["id"], []).append(claim)
    lines = [f"{'claim':<28}{'bound':>28}{'least':>10}{'median':>10}{'most':>10}   holds"]
    for name, made in found.items():
        values = [claim["value"] for claim in made]
        numbers = "".join(f"{value:>10.4g}" for value in (min(values), np.median(values), max(values)))
        lines.append(f"{name:<28}{made[0]['bound']:>28}{numbers}   {sum(c['holds'] for c in made)} of {len(made)}")
    return "\n".join(lines)


def main() -> int:
    """Print a table a lesson; the exit status is 1 when a claim fails under any seed."""
    parser = argparse.ArgumentParser(prog="make seeds", description=__doc__)
    parser.add_argument("--only", default="", metavar="02,05", help="these lessons only")
    parser.add_argument("--jobs", type=int, default=2, help="runs at a time (default: 2)")
    parser.add_argument("--seeds", type=int, default=10, help="0 to this, exclusive (default: 10)")
    options = parser.parse_args()
    failed = False
    for lesson in lessons.find(ROOT, options.only):
        claims = run(lesson, range(options.seeds), options.jobs)
        failed |= not all(claim["holds"] for claim in claims)
        print(f"\n{lesson.name}\n{table(claims)}", flush=True)
    return int(failed)


if __name__ == "__main__":
    sys.exit(main())
