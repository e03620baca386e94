"""Execute one notebook in this process, for the runner: progress and result go out as lines of JSON.

`python -m mlpipe.workshop.execute JOB`, JOB being a `Job` as JSON. A process for each lesson: an interrupted or killed
lesson takes nothing with it, and the peak memory of the kernel can be asked for when it has ended.
"""

from __future__ import annotations

import json
import os
import re
import sys
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import platformdirs

from mlpipe.paths import home
from mlpipe.workshop import lessons
from mlpipe.workshop.lessons import NotebookNode, nbformat

try:
    import resource
except ImportError:  # Windows counts neither open files nor what a child process used
    resource = None  # type: ignore[assignment]

ONE_THREAD = dict.fromkeys(("OPENBLAS_NUM_THREADS", "OMP_NUM_THREADS", "MKL_NUM_THREADS"), "1")
OUTPUT_WAIT = 60  # seconds that a cell's output may come after its end
OPEN_FILES = 256
STARTS = 3  # of a kernel: its ports are free when they are chosen, and another program may take one before it does
INJECTED = "injected-parameters"  # papermill's tag of the cell that it adds
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
    if spark := os.environ.get("MLPIPE_SPARK"):  # lesson 17 runs on its cluster, too
        kept["MLPIPE_SPARK"] = spark
    own = {
        "IPYTHONDIR": str(scratch / "ipython"),
        "JUPYTER_CONFIG_DIR": str(scratch / "jupyter"),
        "JUPYTER_PATH": str(kernelspec(scratch)),
        "JUPYTER_RUNTIME_DIR": str(scratch / "runtime"),
        "MATPLOTLIBRC": str(scratch / "matplotlibrc"),
        "MLPIPE_HOME": str(home() if _writable(home()) else scratch / "record"),
        "PYTHONNOUSERSITE": "1",
        "PYTHONUTF8": "1",
        "TQDM_DISABLE": "1",
    }
    (scratch / "ipython").mkdir(exist_ok=True)
    lessons.write(scratch / "matplotlibrc", "")  # all as Matplotlib has it
    fonts = (platformdirs.user_config_path("matplotlib"), platformdirs.user_cache_path("matplotlib"))
    if not all(map(_writable, (*fonts, Path(os.path.expanduser("~"))))):  # else its list of fonts is made for each run
        own["MPLCONFIGDIR"] = str(scratch / "matplotlib")
    return kept | ONE_THREAD | own | more


def kernelspec(folder: Path) -> Path:
    """Make the kernel `python3` of this Python in a folder for JUPYTER_PATH, where it hides all others of that name."""
    from ipykernel.kernelspec import get_kernel_dict

    # a kernel warns on each start that it talks without encryption, which it does to this machine only
    spec = get_kernel_dict(extra_arguments=["--IPKernelApp.log_level=40"])
    lessons.write(folder / "kernels" / "python3" / "kernel.json", json.dumps(spec))
    return folder


def _writable(folder: Path) -> bool:
    """Whether files can be made in a folder, or the folder itself where it is missing."""
    while not folder.exists() and folder != folder.parent:
        folder = folder.parent
    return folder.is_absolute() and folder.is_dir() and os.access(folder, os.W_OK)


def allow_open_files() -> None:
    """Raise the limit of open files where it is too low for a kernel. Raises ValueError where the system forbids it."""
    if resource is None:
        return
    now, most = resource.getrlimit(resource.RLIMIT_NOFILE)  # below 0: no limit
    if 0 <= most < OPEN_FILES:
        raise ValueError(
            f"open files: this session may have {most}, a run needs {OPEN_FILES}: allow more (`ulimit -n {OPEN_FILES}` "
            "in a new terminal, or ask whoever runs this machine), then call this again"
        )
    if 0 <= now < OPEN_FILES:
        resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, most))


def _execute(job: Job, on_cell: Callable[[int, int], None]) -> dict[str, Any]:
    """Execute, leave the notebook at `job.output` whole (also a failed one), return a row of the report.

    Raises ValueError when a parameter is not in the notebook's parameters cell.
    """
    notebook = lessons.without_outputs(_parameterized(job))
    begin = time.perf_counter()
    _run_cells(notebook, job, on_cell)
    seconds = time.perf_counter() - begin
    lessons.write(Path(job.output), lessons.to_bytes(notebook))
    error = _failure(notebook)
    claims = list(lessons.records(notebook, "claim"))
    return {
        "lesson": job.name,
        "result": "failed" if error else "ok",
        "seconds": round(seconds, 1),
        **_used(),
        "claims": len(claims),
        "held": sum(claim["holds"] for claim in claims),
        "measured": list(lessons.records(notebook, "measured")),
        "error": error,
    }


def _parameterized(job: Job) -> NotebookNode:
    """The notebook of a job, with a cell that sets its parameters below the lesson's own."""
    if not job.parameters:
        return lessons.read(Path(job.source))
    import papermill
    from papermill.parameterize import parameterize_notebook

    if unknown := set(job.parameters) - set(papermill.inspect_notebook(job.source)):
        raise ValueError(f"{job.name}: no parameter {', '.join(sorted(unknown))} in the cell tagged parameters")
    notebook = parameterize_notebook(papermill.iorw.load_notebook_node(job.source), job.parameters)
    del notebook.metadata["papermill"]
    return notebook


def _run_cells(notebook: NotebookNode, job: Job, on_cell: Callable[[int, int], None]) -> None:
    """Run all cells in a fresh kernel until one fails; what the client gave up for is written into the cell."""
    from nbclient import NotebookClient
    from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError

    current: NotebookNode | None = None

    def cell_started(cell: NotebookNode, cell_index: int) -> None:
        nonlocal current
        current = cell
        on_cell(cell_index, len(notebook.cells))

    for start in range(1, STARTS + 1):
        client = NotebookClient(
            notebook,
            kernel_name="python3",
            timeout=job.timeout,
            iopub_timeout=OUTPUT_WAIT,
            raise_on_iopub_timeout=True,
            record_timing=False,
            resources={"metadata": {"path": job.folder}},
            on_cell_start=cell_started,
            on_cell_executed=_cell_executed,
        )
        try:
            client.execute()
        except CellExecutionError:
            pass  # the cell's own output says what happened
        except (DeadKernelError, CellTimeoutError) as reason:
            _stop(current or notebook.cells[0], reason, job.timeout)
        except RuntimeError:  # the kernel was gone before it could answer
            if current is not None or start == STARTS:
                raise
            continue
        return


def _cell_executed(cell: NotebookNode, cell_index: int, execute_reply: dict[str, Any]) -> None:
    """What nbclient leaves to do after a cell: join its streams, and keep an error that only the kernel's reply tells.

    A missing magic, an ExceptionGroup, a handler of the cell's own or a message that cannot be sent leaves no output of
    type error, yet the reply always says how the cell ended.
    """
    cell.outputs = _joined(cell.outputs)
    reply = execute_reply["content"]
    if reply["status"] != "ok" and not any(output.output_type == "error" for output in cell.outputs):
        _keep_error(cell, reply.get("ename", reply["status"]), reply.get("evalue", ""))


def _joined(outputs: list[NotebookNode]) -> list[NotebookNode]:
    """Outputs with what went to one stream in one place, without what a carriage return went back over.

    As nbclient's `coalesce_streams`, in a time that grows with the length of a line, not with its square.
    """
    texts: dict[Any, list[str]] = {}
    kept: list[NotebookNode] = []
    for output in outputs:
        stream = output.get("name")
        if stream not in texts:
            kept.append(output)
        if output.output_type == "stream":
            texts.setdefault(stream, []).append(output.text)
    for i, output in enumerate(kept):
        if output.output_type == "stream":
            output.text = _OVERWRITTEN.sub("", "".join(texts[output.name]))
            if output.name == "stdout" and i and kept[i - 1].get("name") == "stderr":  # side by side in any order
                kept[i - 1 : i + 1] = output, kept[i - 1]
    return kept


def _stop(cell: NotebookNode, error: Exception, timeout: int | None) -> None:
    """Write into the cell that ran last why the client gave up: the kernel died, or something took too long."""
    why = f"the cell took more than {timeout} seconds"
    if isinstance(error, RuntimeError):
        why = "the kernel died: killed, or out of memory"
    elif "IOPub" in str(error):
        why = f"the cell's output did not come within {OUTPUT_WAIT} seconds after its end"
    # an error that the cell shows comes from being interrupted: that is not its fault
    cell.outputs = _joined([output for output in cell.outputs if output.output_type != "error"])
    _keep_error(cell, "Stopped", why)


def _keep_error(cell: NotebookNode, name: str, message: str) -> None:
    """Add an output of type error to a cell."""
    output = nbformat.v4.new_output("error", ename=name, evalue=message, traceback=[f"{name}: {message}"])
    cell.outputs.append(output)


def _failure(notebook: NotebookNode) -> dict[str, Any] | None:
    """What is wrong with an executed notebook: cell number (from 1, as authored), the cell's first line, a message.

    It is the first error that no tag allows, or else the first code cell that was not executed.
    """
    number, idle = 0, None
    for cell in notebook.cells:
        tags = set(cell.metadata.get("tags", []))
        number += INJECTED not in tags
        found = {"cell": number, "line": next((line for line in cell.source.splitlines() if line.strip()), "")}
        for output in cell.get("outputs", []):
            if output.output_type == "error" and "raises-exception" not in tags:
                return found | {"message": f"{output.ename}: {output.evalue}"}
        if cell.cell_type == "code" and cell.source.strip() and cell.get("execution_count") is None and idle is None:
            idle = found | {"message": "the run ended before this cell was executed"}
    return idle


def _used() -> dict[str, float | None]:
    """What the kernel used, now that it has ended: None where the system does not keep it (Windows)."""
    if resource is None:
        return {"processor_seconds": None, "megabytes": None}
    usage = resource.getrusage(resource.RUSAGE_CHILDREN)
    peak = usage.ru_maxrss * (1 if sys.platform == "darwin" else 1024)  # bytes there, kilobytes elsewhere
    return {"processor_seconds": round(usage.ru_utime + usage.ru_stime, 1), "megabytes": round(peak / 1e6)}


def main() -> None:
    """Entry point of the worker process."""
    job = Job(**json.loads(sys.argv[1]))
    messages = os.fdopen(os.dup(1), "w", buffering=1)  # not inherited: the pipe closes when this process ends
    os.dup2(2, 1)  # whatever a kernel prints on its own goes where the noise goes

    def send(message: dict[str, Any]) -> None:
        print(json.dumps(message), file=messages, flush=True)

    try:
        send(_execute(job, lambda cell, cells: send({"lesson": job.name, "at": f"{cell}/{cells}"})))
    except (OSError, RuntimeError, ValueError) as error:  # no kernel, no disk, no such parameter
        print(f"{type(error).__name__}: {error}", file=sys.stderr, flush=True)  # below what a kernel said of itself
        os._exit(1)  # and above nothing: nbclient's end of a kernel that never was fails


if __name__ == "__main__":
    main()
