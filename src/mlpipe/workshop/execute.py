"""Execute one notebook in this process, for the runner: progress and result go out as lines of JSON.

`python -m mlpipe.workshop.execute JOB`, JOB being a `Job` as JSON. A process for each lesson: an interrupted or killed
lesson takes nothing with it, and the peak memory of the kernel can be asked for when it has ended.
"""

from __future__ import annotations

import json
import os
import re
import sys
import tempfile
import time
from collections.abc import Callable
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from mlpipe.paths import home
from mlpipe.workshop import lessons
from mlpipe.workshop.lessons import NotebookNode, nbformat

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
OUTPUT_WAIT = 60  # seconds that a cell's output may come after its end
OPEN_FILES = 256
STARTS = 3  # of a kernel: its ports are free when they are chosen, and another program may take one before it does
ADDED_TAGS = {"injected-parameters", "papermill-error-cell-tag"}
# what a user sets for programs of his own; the course's data are verified, wherever MLPIPE_DATA says that they are
USERS = ("IPY", "JPY_", "JUPYTER", "MATPLOTLIB", "MLPIPE_", "MPL", "PANDAS_", "PYTHON", "TQDM_", "COLUMNS", "LINES")
_OVERWRITTEN = re.compile(r"^.*\r(?=[^\n])", re.MULTILINE)  # what a carriage return goes back over


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

    `scratch` is an existing folder, which outlasts the run; `more` wins over everything else. The reader's record is
    where it is for this process; where that cannot be written it is in `scratch`. OPENBLAS_CORETYPE and
    NPY_DISABLE_CPU_FEATURES stay: they are this machine's choice. What stays, too, is the system's own configuration of
    IPython (/etc/ipython): remove it there, should it change a result.
    """
    kept = {key: value for key, value in os.environ.items() if not key.startswith(USERS)}
    if data := os.environ.get("MLPIPE_DATA"):
        kept["MLPIPE_DATA"] = os.path.abspath(data)
    record = home() if writable(home()) else scratch / "record"
    own = {
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_CONFIG_DIR": str(scratch / "jupyter"),
        "JUPYTER_PATH": str(kernelspec(scratch)),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "MATPLOTLIBRC": str(scratch / "matplotlibrc"),
        "MLPIPE_HOME": str(record),
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        "TQDM_DISABLE": "1",
    }
    Path(own["IPYTHONDIR"]).mkdir(exist_ok=True)
    lessons.write(Path(own["MATPLOTLIBRC"]), "")  # all as Matplotlib has it
    home_folder = Path(os.path.expanduser("~"))
    fonts = (platformdirs.user_config_path("matplotlib"), platformdirs.user_cache_path("matplotlib"), home_folder)
    if not all(map(writable, fonts)):  # else its list of fonts would be made anew for each run
        own["MPLCONFIGDIR"] = str(scratch / "matplotlib")
    return kept | ONE_THREAD | own | more


def kernelspec(folder: Path) -> Path:
    """Make the kernel `python3` of this Python in a folder for JUPYTER_PATH, where it hides all others of that name."""
    from ipykernel.kernelspec import get_kernel_dict

    # a kernel warns on each start that it talks without encryption, which it does to this machine only
    spec = get_kernel_dict(extra_arguments=["--IPKernelApp.log_level=40"])
    lessons.write(folder / "kernels" / "python3" / "kernel.json", json.dumps(spec))
    return folder


def writable(folder: Path) -> bool:
    """Whether files can be made in a folder, or the folder itself where it is missing."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_absolute() and folder.is_dir() and os.access(folder, os.W_OK)


def allow_open_files() -> None:
    """Raise the limit of open files where it is too low for a kernel. Raises ValueError where the system forbids it."""
    try:
        import resource
    except ImportError:  # Windows has no such limit
        return
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if now == resource.RLIM_INFINITY or now >= OPEN_FILES:
        return
    if most != resource.RLIM_INFINITY and most < OPEN_FILES:
        raise ValueError(
            f"open files: this session may have {most}, a run needs {OPEN_FILES}: allow more (`ulimit -n {OPEN_FILES}` "
            "in a new terminal, or ask whoever runs this machine), then call this again"
        )
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, most))


def execute(job: Job, on_cell: Callable[[int, int], None]) -> dict[str, Any]:
    """Execute, leave the notebook at `job.output` whole (also a failed one), return a row of the report.

    Raises ValueError when a parameter is not in the notebook's parameters cell: papermill only warns.
    """
    import papermill
    from nbclient.exceptions import CellTimeoutError, DeadKernelError

    unknown = set(job.parameters) - set(papermill.inspect_notebook(job.source))
    if unknown:
        raise ValueError(f"{job.name}: no parameter {', '.join(sorted(unknown))} in the cell tagged parameters")
    current: int | None = None

    def cell_started(cell, cell_index):
        nonlocal current
        current = cell_index
        on_cell(cell_index, total)

    total = len(lessons.read(Path(job.source)).cells) + bool(job.parameters)
    begin = time.perf_counter()
    stopped: Exception | None = None
    with tempfile.TemporaryDirectory() as scratch:
        partial = Path(scratch) / Path(job.output).name
        for start in range(1, STARTS + 1):
            try:
                papermill.execute_notebook(
                    job.source,
                    str(partial),
                    job.parameters,
                    progress_bar=False,
                    autosave_cell_every=0,
                    execution_timeout=job.timeout,
                    cwd=job.folder,
                    on_cell_start=cell_started,
                    **CLIENT,
                )
            except papermill.PapermillExecutionError:
                pass  # the cell's own output says what happened
            except (DeadKernelError, CellTimeoutError) as reason:
                stopped = reason
            except RuntimeError:  # the kernel was gone before it could answer
                if current is not None or start == STARTS:
                    raise
                continue
            break
        seconds = time.perf_counter() - begin
        notebook = nbformat.read(partial, as_version=4)
    if stopped:
        stop(notebook.cells[current or 0], stopped, job.timeout)
    notebook.cells = [c for c in notebook.cells if "papermill-error-cell-tag" not in c.metadata.get("tags", [])]
    notebook.metadata.pop("papermill", None)
    lessons.write(Path(job.output), lessons.to_bytes(notebook))
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


def cell_executed(cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
    """What nbclient leaves to do after a cell: join its streams, and keep an error that only the kernel's reply tells.

    A missing magic, an ExceptionGroup, a handler of the cell's own or a message that cannot be sent leaves no output of
    type error, yet the reply always says how the cell ended.
    """
    cell.outputs = joined(cell.outputs)
    reply = execute_reply["content"]
    if reply["status"] != "ok" and not any(output.output_type == "error" for output in cell.outputs):
        keep_error(cell, reply.get("ename", reply["status"]), reply.get("evalue", ""))


CLIENT: dict[str, Any] = {  # how each notebook is executed
    "kernel_name": "python3",
    "iopub_timeout": OUTPUT_WAIT,
    "raise_on_iopub_timeout": True,
    "on_cell_executed": cell_executed,
}


def joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Outputs with what went to one stream in one place, without what a carriage return went back over.

    As nbclient's `coalesce_streams`, in a time that grows with the length of a line, not with its square.
    """
    texts: dict[str, list[str]] = {}
    kept = []
    for output in outputs:
        if output.output_type == "stream":
            if output.name in texts:
                texts[output.name].append(output.text)
                continue
            texts[output.name] = [output.text]
        kept.append(output)
    names = [output.get("name") for output in kept]
    for name, parts in texts.items():
        kept[names.index(name)].text = _OVERWRITTEN.sub("", "".join(parts))
    for i in range(len(kept) - 1):  # two streams side by side come in any order
        if names[i : i + 2] == ["stderr", "stdout"]:
            kept[i : i + 2] = kept[i + 1], kept[i]
    return kept


def stop(cell: NotebookNode, error: Exception, timeout: int | None = None) -> None:
    """Write into the cell that ran last why the client gave up: the kernel died, or something took too long."""
    from nbclient.exceptions import DeadKernelError

    # an error that the cell shows comes from being interrupted: that is not its fault
    cell.outputs = joined([output for output in cell.outputs if output.output_type != "error"])
    if isinstance(error, DeadKernelError):
        keep_error(cell, "Stopped", "the kernel died: killed, or out of memory")
    elif "IOPub" in str(error):
        keep_error(cell, "Stopped", f"the cell's output did not come within {OUTPUT_WAIT} seconds after its end")
    else:
        keep_error(cell, "Stopped", f"the cell took more than {timeout} seconds")


def keep_error(cell: NotebookNode, name: str, message: str) -> None:
    """Add an output of type error to a cell."""
    output = nbformat.v4.new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
    cell.outputs.append(output)


def failure(notebook: NotebookNode) -> dict[str, Any] | None:
    """What is wrong with an executed notebook: cell number (from 1, as authored), the cell's first line, a message.

    It is the first error that no tag allows, or else the first code cell that was not executed.
    """
    number, idle = 0, None
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        number += not tags & ADDED_TAGS
        found = {"cell": number, "line": next((line for line in cell.source.splitlines() if line.strip()), "")}
        for output in cell.get("outputs", []):
            if output.output_type == "error" and "raises-exception" not in tags:
                return found | {"message": f"{output.ename}: {output.evalue}"}
        if cell.cell_type == "code" and cell.source.strip() and cell.get("execution_count") is None and idle is None:
            idle = found | {"message": "the run ended before this cell was executed"}
    return idle


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

    try:
        send(execute(job, lambda cell, cells: send({"cell": cell, "cells": cells})))
    except (OSError, RuntimeError, ValueError) as error:  # no kernel, no disk, no such parameter
        sys.exit(f"{type(error).__name__}: {error}")  # what a kernel said of itself stands above it


if __name__ == "__main__":
    main()
