"""What a task costs: CPU seconds and peak memory of a process of its own."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import Any, NamedTuple

CHILD = """
import importlib, json, pathlib, resource, sys
module, _, name = sys.argv[1].partition(":")
result = getattr(importlib.import_module(module), name)(*json.loads(sys.argv[2]), **json.loads(sys.argv[3]))
used = resource.getrusage(resource.RUSAGE_SELF)
peak = used.ru_maxrss / (2**20 if sys.platform == "darwin" else 2**10)
status = pathlib.Path("/proc/self/status")
if status.exists():  # there ru_maxrss also counts the parent, up to the moment when this process began
    peak = int(status.read_text().partition("VmHWM:")[2].split()[0]) / 2**10
print("\\n" + json.dumps([used.ru_utime + used.ru_stime, peak, result], default=str))
"""


class Cost(NamedTuple):
    """What a task took, and what it returned.

    Parameters
    ----------
    seconds : of CPU, all threads, imports included
    megabytes : largest resident memory
    result : of the task
    """

    seconds: float
    megabytes: float
    result: Any


def cost(task: str, *given: Any, **named: Any) -> Cost:
    """Run a function in a process of its own and measure it.

    Parameters
    ----------
    task : "module:function"; it is imported there
    *given, **named : its arguments, which must be what JSON can hold; of its result, the rest becomes text

    Returns
    -------
    Cost

    Raises
    ------
    RuntimeError
        If the task fails; with its last line.

    Examples
    --------
    >>> cost("math:factorial", 5).result
    120
    """
    command = [sys.executable, "-c", CHILD, task, json.dumps(given), json.dumps(named)]
    done = subprocess.run(command, capture_output=True, text=True)
    if done.returncode:
        said = done.stderr.strip().splitlines() or [f"it was ended by signal {-done.returncode}"]
        raise RuntimeError(f"{task} failed in its process: {said[-1]}")
    return Cost(*json.loads(done.stdout.splitlines()[-1]))
