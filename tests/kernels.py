"""`make kernels`: each lesson under each way in which a CPU may compute, against its stored outputs, as one table.

OpenBLAS chooses a kernel by the CPU, and NumPy its loops; sums then come out in another order. Two variables of the
environment make one machine compute as others do.
"""

import argparse
import os
import subprocess
import sys
import tempfile
from functools import cache
from pathlib import Path

import lesson_checks
import numpy as np
from conftest import offline_environment

from mlpipe.workshop import lessons
from mlpipe.workshop.execute import Job
from mlpipe.workshop.run import run_jobs

ROOT = Path(__file__).parents[1]
KERNEL, FEATURES = "OPENBLAS_CORETYPE", "NPY_DISABLE_CPU_FEATURES"
FINE = (EQUAL := "equal", TELLS := "told")
KERNELS = ("Nehalem", "Haswell", "Zen", "SkylakeX")
COMMON = ("Nehalem", "Haswell")  # every x86-64 CPU that the course meets has at least one of them beside its own
TOLD = {"2 threads": ("00", "05")}  # lesson 00 says how many threads there are; `implicit` warns of them in 05
PROBE = """
import numpy, threadpoolctl
numpy.ones((99, 99)) @ numpy.ones((99, 99))
print(next((one["architecture"] for one in threadpoolctl.threadpool_info() if one["internal_api"] == "openblas"), ""))
"""


@cache
def kernel(asked=None):
    """The kernel that OpenBLAS takes when it is asked for one; empty where this CPU or NumPy does not have it."""
    environment = os.environ | ({KERNEL: asked} if asked else {})
    return subprocess.run([sys.executable, "-c", PROBE], env=environment, capture_output=True, text=True).stdout.strip()


def foreign():
    """What makes a run compute as another CPU would; nothing where the surrounding has chosen or no kernel is left."""
    if KERNEL in os.environ:
        return {}
    others = (name for name in COMMON if kernel(name) == name != kernel())
    return next(({KERNEL: name} for name in others), {})


def ways():
    """Name -> environment of each way to compute that this machine has; a kernel that serves two names stands once."""
    found = {}
    for name in KERNELS:
        found.setdefault(kernel(name), {KERNEL: name})
    found.pop("", None)
    loops = np.show_config(mode="dicts")["SIMD Extensions"].get("found", [])
    for number, first in enumerate(loops[:2]):
        found[f"no {first}"] = {FEATURES: " ".join(loops[number:])}
    return found | {"2 threads": {"OPENBLAS_NUM_THREADS": "2", "OMP_NUM_THREADS": "2"}}


def run(course, environment, home, workers):
    """Lesson -> its first difference or "equal", the largest deviations of a printed and of a raw number."""
    jobs = [Job(one.name, str(one.notebook), str(home / one.notebook.name), str(one.notebook.parent)) for one in course]
    rows, stopped = run_jobs(jobs, workers, **offline_environment(home), **environment)
    if stopped:
        raise KeyboardInterrupt
    results = {}
    errors = {row["lesson"]: row["error"] for row in rows}
    for one in course:
        fresh, stored = home / one.notebook.name, lessons.read(one.notebook)
        if errors[one.name] is not None or not fresh.exists():
            results[one.name] = (f"failed: {errors[one.name]}", 0, 0)
            continue
        executed = lessons.read(fresh)
        deviations = [lesson_checks.largest(executed, stored, kind) for kind in ("digit", "value")]
        results[one.name] = (next(lesson_checks.differences(executed, stored), EQUAL), *deviations)
    return results


def main():
    """Print the table; the exit status is 1 when anything differs."""
    parser = argparse.ArgumentParser(prog="make kernels", description=__doc__)
    parser.add_argument("--only", default="", metavar="02,05", help="these lessons only")
    parser.add_argument("--jobs", type=int, default=2, help="lessons at a time (default: 2)")
    parser.add_argument("--ways", default="", metavar="Nehalem,Haswell", help=f"some of {', '.join(ways())}")
    options = parser.parse_args()
    course = lessons.find(ROOT, options.only)
    chosen = {name: way for name, way in ways().items() if not options.ways or name in options.ways.split(",")}
    results = {}
    for name, environment in chosen.items():
        print(f"\n{name}: {' '.join(f'{key}={value}' for key, value in environment.items())}", flush=True)
        with tempfile.TemporaryDirectory() as home:
            results[name] = run(course, environment, Path(home), options.jobs)
        for one in course:
            found = results[name][one.name]
            if one.number in TOLD.get(name, ()) and found[0].startswith("cell"):  # not one that failed
                results[name][one.name] = (TELLS, *found[1:])
    print("\n" + table(course, results))
    return int(any(result[0] not in FINE for of_way in results.values() for result in of_way.values()))


def table(course, results):
    """One line a lesson, one column a way; then the largest deviations, and the first difference of each lesson."""
    width = max(len(one.name) for one in course)
    lines = [" " * width + "".join(f"  {name:>11}" for name in results)]
    for one in course:
        found = (of_way[one.name][0] for of_way in results.values())
        cells = (f"  {one if one in FINE else 'DIFFERS':>11}" for one in found)
        lines.append(f"{one.name:<{width}}" + "".join(cells))
    for place, what in ((1, "largest, in last digits"), (2, "largest, of a raw value")):
        cells = (f"  {max(result[place] for result in of_way.values()):>11.2g}" for of_way in results.values())
        lines.append(f"{what:<{width}}" + "".join(cells))
    for name, of_way in results.items():
        lines += [f"\n{name}, {one}:\n  {of_way[one][0]}" for one in of_way if of_way[one][0] not in FINE]
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
