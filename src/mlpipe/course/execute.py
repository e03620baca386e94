"""Execute one notebook in this process, for the runner: progress and result go out as lines of JSON.

`python -m mlpipe.course.execute JOB`, JOB being a `Job` as JSON. A process for each lesson: an interrupted or killed
lesson takes nothing with it, and the peak memory of the kernel can be asked for when it has ended.
"""

from __future__ import annotations

import json
import os
import sys
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import nbformat

from mlpipe.course import lessons

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
ADDED_TAGS = {"injected-parameters", "papermill-error-cell-tag"}


@dataclass(frozen=True)
class Job:
    """One notebook to execute: where from, where to, in which folder, with which parameters."""

    name: str
    source: str
    output: str
    folder: str
    parameters: dict[str, Any] = field(default_factory=dict)
    timeout: int | None = None  # seconds a cell may take


def environment(scratch: Path, **more: str) -> dict[str, str]:
    """The environment of a run that repeats: one thread, no progress bars in outputs, no settings of this user.

    `scratch` is an existing folder, which outlasts the run; `more` wins over everything else.
    """
    profile = scratch / "ipython" / "profile_default"
    profile.mkdir(parents=True, exist_ok=True)
    # a kernel warns on each start that it talks without encryption, which it does to this machine only
    (profile / "ipython_kernel_config.py").write_text("get_config().IPKernelApp.log_level = 40\n")
    kept = {key: value for key, value in os.environ.items() if key != "MPLBACKEND"}  # it would hide the figures
    return kept | ONE_THREAD | {"TQDM_DISABLE": "1", "IPYTHONDIR": str(scratch / "ipython")} | more


def execute(job: Job, on_cell: Callable[[int, int], None]) -> dict[str, Any]:
    """Execute, leave the notebook at `job.output` whole (also a failed one), return a row of the report.

    Raises ValueError when a parameter is not in the notebook's parameters cell: papermill only warns.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    unknown = set(job.parameters) - set(papermill.inspect_notebook(job.source))
    if unknown:
        raise ValueError(f"{job.name}: no parameter {', '.join(sorted(unknown))} in the cell tagged parameters")
    current = 0

    def cell_started(cell, cell_index):
        nonlocal current
        current = cell_index
        on_cell(cell_index, total)

    total = len(lessons.read(Path(job.source)).cells) + bool(job.parameters)
    output = Path(job.output)
    output.parent.mkdir(parents=True, exist_ok=True)
    partial = output.with_name(f".{output.name}.partial")
    begin, stopped = time.perf_counter(), ""
    try:
        papermill.execute_notebook(
            job.source,
            str(partial),
            job.parameters,
            kernel_name="python3",
            progress_bar=False,
            autosave_cell_every=0,
            coalesce_streams=True,
            execution_timeout=job.timeout,
            cwd=job.folder,
            on_cell_start=cell_started,
        )
    except papermill.PapermillExecutionError:
        pass  # the cell's own output says what happened
    except DeadKernelError:
        stopped = "the kernel died: killed, or out of memory"
    except CellTimeoutError:
        stopped = f"the cell took more than {job.timeout} seconds"
    seconds = time.perf_counter() - begin
    notebook = nbformat.read(partial, as_version=4)
    if stopped:
        message = nbformat.v4.new_output("error", ename="Stopped", evalue=stopped, traceback=[f"Stopped: {stopped}"])
        cell = notebook.cells[current]  # a cell that ran out of time has been interrupted: that is not its fault
        cell.outputs = [*(output for output in cell.outputs if output.output_type != "error"), message]
    notebook.cells = [c for c in notebook.cells if "papermill-error-cell-tag" not in c.metadata.get("tags", [])]
    notebook.metadata.pop("papermill", None)
    lessons.write(output, lessons.to_bytes(notebook))
    partial.unlink()
    error = failure(notebook)
    claims = list(lessons.records(notebook, "claim"))
    return {
        "lesson": job.name,
        "result": "failed" if error else "ok",
        "seconds": round(seconds, 1),
        "processor_seconds": processor_seconds(),
        "megabytes": peak_megabytes(),
        "claims": len(claims),
        "held": sum(claim["holds"] for claim in claims),
        "measured": list(lessons.records(notebook, "measured")),
        "error": error,
    }


def failure(notebook: nbformat.NotebookNode) -> dict[str, Any] | None:
    """The first error that no tag allows: cell number (from 1, as authored), the cell's first line, the error."""
    number = 0
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        number += not tags & ADDED_TAGS
        for output in cell.get("outputs", []):
            if output.output_type == "error" and "raises-exception" not in tags:
                line = next((line for line in cell.source.splitlines() if line.strip()), "")
                return {"cell": number, "line": line, "message": f"{output.ename}: {output.evalue}"}
    return None


def processor_seconds() -> float | None:
    """What the kernel computed, whatever else the machine had to do meanwhile; None where it is not kept (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return round(used.ru_utime + used.ru_stime, 1)


def peak_megabytes() -> int | None:
    """The largest memory that the kernel held; None where the system does not keep it (Windows)."""
    try:
        import resource
    except ImportError:
        return None
    peak = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
    return round(peak * (1 if sys.platform == "darwin" else 1024) / 1e6)  # bytes there, kilobytes elsewhere


def as_argument(job: Job) -> str:
    """The job as the command line takes it."""
    return json.dumps(asdict(job))


def main() -> None:
    """Entry point of the worker process."""
    job = Job(**json.loads(sys.argv[1]))
    messages = os.fdopen(os.dup(1), "w", buffering=1)  # not inherited: the pipe closes when this process ends
    os.dup2(2, 1)  # whatever a kernel prints on its own goes where the noise goes

    def send(message: dict[str, Any]) -> None:
        print(json.dumps(message), file=messages, flush=True)

    send(execute(job, lambda cell, cells: send({"cell": cell, "cells": cells})))


if __name__ == "__main__":
    main()
