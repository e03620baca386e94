"""Run the course: every lesson in a process of its own, two at a time, with progress, a report and the site."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict
from functools import partial
from pathlib import Path
from queue import SimpleQueue
from threading import Lock
from typing import Any

import psutil
from tqdm import tqdm

from mlpipe.paths import call, home
from mlpipe.workshop import lessons, site
from mlpipe.workshop.execute import Job, allow_open_files, environment

Row = dict[str, Any]
INTERRUPTED = 130
NOTHING: Row = {"megabytes": None, "claims": 0, "held": 0, "measured": [], "error": None}  # of a lesson not finished


def run_jobs(jobs: Iterable[Job], workers: int = 2, **env: str) -> tuple[list[Row], bool]:
    """Execute notebooks, `workers` at a time; returns one row each and whether a signal stopped the run.

    More keywords go into the environment.
    Raises ValueError when `workers` is below 1, or the system allows too few open files.
    """
    if workers < 1:
        raise ValueError(f"JOBS is {workers}; expected 1 or more lessons at a time, such as JOBS=2")
    allow_open_files()
    jobs, rows = list(jobs), dict[str, Row]()
    layout = "{n_fmt}/{total_fmt} lessons {bar:20} {elapsed}{postfix}"
    with (
        tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch,
        _interruptions() as messages,
        tqdm(total=len(jobs), leave=False, bar_format=layout, disable=None) as bar,  # on a terminal only
    ):
        environ = environment(Path(scratch), **env)
        if "MLPIPE_HOME" not in env and environ["MLPIPE_HOME"] != str(home()):
            print(f"{home()} cannot be written, so your record keeps nothing of this run: set MLPIPE_HOME to a folder.")
        with _Crew(workers, environ, Path(scratch), messages) as crew:
            for job in jobs:
                crew.submit(crew.work, job)
            at: dict[str, str] = {}  # lesson that runs -> where it is
            while len(rows) < len(jobs):
                message = messages.get()
                if message is None:  # a signal
                    left = [job.name for job in jobs if job.name not in rows]
                    lost = [_unfinished(name, "stopped" if name in crew.begun else "not run", crew) for name in left]
                    return [*rows.values(), *lost], True
                name = message["lesson"]
                if "result" in message:
                    rows[name] = message
                    at.pop(name, None)
                    bar.update()
                    tqdm.write(f"{name} {message['result']} after {message['seconds']:.0f} s", file=sys.stdout)
                else:
                    if name not in at:
                        tqdm.write(f"{name} started", file=sys.stdout)
                    at[name] = message["at"]
                sys.stdout.flush()
                bar.set_postfix_str(", ".join(f"{name} {where}" for name, where in at.items()))
    return list(rows.values()), False


class _Crew(ThreadPoolExecutor):
    """Threads that start a worker process for a job and wait for it; who leaves the crew ends all workers."""

    def __init__(self, workers: int, environ: dict[str, str], scratch: Path, messages: SimpleQueue):
        super().__init__(workers)
        self.environ, self.scratch, self.messages = environ | {"TMPDIR": str(scratch)}, scratch, messages
        self.begun: dict[str, float] = {}
        self.running: dict[str, subprocess.Popen] = {}
        self.lock, self.left = Lock(), False

    def work(self, job: Job) -> None:
        """Execute in a process of its own and pass on what it tells; one that dies leaves what it said at last."""
        self.begun[job.name] = time.perf_counter()
        self.messages.put({"lesson": job.name, "at": "starts"})
        noise, row = self.scratch / f"{job.name}.stderr", None
        try:
            with open(noise, "wb") as stderr, self.lock:
                if self.left:
                    return
                worker = self.running[job.name] = subprocess.Popen(
                    [sys.executable, "-P", "-m", "mlpipe.workshop.execute", json.dumps(asdict(job))],
                    stdout=subprocess.PIPE,
                    stderr=stderr,
                    env=self.environ,
                    cwd=job.folder,
                    start_new_session=True,  # so that Ctrl-C reaches this process only
                )
            assert worker.stdout is not None
            with worker.stdout:
                for line in worker.stdout:
                    row = json.loads(line)
                    if "result" not in row:
                        self.messages.put(row)
            said = noise.read_text(errors="replace").strip().splitlines()[-15:]
            died = "\n".join([f"worker ended with {worker.wait()}", *said])
        except (OSError, ValueError) as error:  # too many processes or open files, a full disk, half a message
            died = str(error)
        finally:
            self.running.pop(job.name, None)
        if row is None or "result" not in row:
            with suppress(OSError):
                Path(job.output).unlink()  # of an earlier run, which would speak for this one
            row = _unfinished(job.name, "died", self) | {"error": {"message": died}}
        self.messages.put(row)

    def __exit__(self, *error: Any) -> None:
        """End workers with all their descendants: kernels live in sessions of their own."""
        self.shutdown(wait=False, cancel_futures=True)
        with self.lock:
            self.left = True
            workers = list(self.running.values())
        family: list[psutil.Process] = []
        for worker in workers:
            with suppress(psutil.NoSuchProcess):
                process = psutil.Process(worker.pid)
                process.suspend()  # so that it starts nothing while its children are listed
                family += [*process.children(recursive=True), process]
        for process in family:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        psutil.wait_procs(family, timeout=5)
        self.shutdown()


def _unfinished(name: str, result: str, crew: _Crew) -> Row:
    """The row of a lesson that left no notebook."""
    seconds = time.perf_counter() - crew.begun[name] if name in crew.begun else 0.0
    return {"lesson": name, "result": result, "seconds": round(seconds, 1)} | NOTHING


@contextmanager
def _interruptions() -> Iterator[SimpleQueue]:
    """While this lasts, Ctrl-C and the requests to end arrive in this queue as `None` and stop nothing by themselves.

    The queue of the innermost one is served, so that a second Ctrl-C spoils no table and no page.
    """
    queue: SimpleQueue = SimpleQueue()  # its put() is safe inside a signal handler
    names = [getattr(signal, name) for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(name, lambda *_: queue.put(None)) for name in names}
    try:
        yield queue
    finally:
        for name, handler in before.items():
            signal.signal(name, handler)


def run(
    root: Path,
    only: str = "",
    workers: int = 2,
    seed: int | None = None,
    scale: str | None = None,
    into: Path | None = None,
) -> int:
    """`make run`: the lessons of `root` executed to build/run, the site in build/html; returns the exit status.

    `build` lies in `into`, which is `root` where it is not given.
    """
    chosen = lessons.find(root, only)
    for lesson in chosen:
        lessons.read(lesson.notebook)  # before anything starts, an error for a lesson without its notebook
    build = Path(into or root).resolve() / "build"
    report = build / "run" / "report.json"
    read_report(report)  # a damaged one is told before anything starts, too
    parameters = {key: value for key, value in (("SEED", seed), ("SCALE", scale)) if value is not None}
    jobs = [
        Job(
            name=lesson.name,
            source=str(lesson.notebook),
            output=str(build / "run" / f"{lesson.name}.ipynb"),
            folder=str(lesson.notebook.parent),
            parameters=parameters,
        )
        for lesson in chosen
    ]

    if absent := site.missing():
        print(f"{absent} The lessons run without.")
    print(f"Running {len(jobs)} lessons, {workers} at a time. Ctrl-C stops; what is finished is kept.", flush=True)
    pages = partial(site.site, root, into, workers=workers)
    return publish(jobs, partial(_remember, report), pages, "run", workers)


def publish(
    jobs: list[Job],
    finished: Callable[[list[Row]], None],
    pages: Callable[[], Path],
    target: str,
    workers: int,
) -> int:
    """Execute, print a table, let `finished` keep the rows and `pages` make the site; returns the exit status."""
    with _interruptions():
        rows, stopped = run_jobs(jobs, workers)
        print(table(rows), flush=True)
        code = int(any(row["result"] != "ok" for row in rows))
        try:
            finished(rows)
        except (OSError, ValueError) as error:
            print(f"The report is not complete: {error}")
            code = 1
        if stopped:  # who interrupts does not want to wait for pages
            left = (row["lesson"] for row in rows if row["result"] in ("stopped", "not run"))
            rest = ",".join(sorted(name.partition("_")[0] for name in left))
            print(f"Interrupted. Finished lessons are kept; go on with: {call(target, only=rest)}")
            return INTERRUPTED
    if absent := site.missing():
        print(f"The executed notebooks: {Path(jobs[0].output).parent}. {absent}")
        return code
    try:
        print("Building the site ...", flush=True)
        print(f"Read on: {pages()}")
    except (OSError, ValueError) as error:
        print(f"The pages are not complete: {error}")
        code = 1
    return code


def read_report(report: Path) -> dict[str, Row]:
    """Rows by lesson, of this run and of earlier ones. Raises ValueError for a damaged file."""
    stored = lessons.read_json(report, f"delete it and call `{call('run')}` again")
    return {row["lesson"]: row for row in stored.get("lessons", [])}


def _remember(report: Path, rows: list[Row]) -> None:
    """Add rows to the report, which another run may be writing, too. Raises OSError, ValueError for a damaged file."""
    with lessons.locked(report.parent):
        known = read_report(report) | {row["lesson"]: row for row in rows if row["result"] != "not run"}
        lessons.write(report, json.dumps({"lessons": [known[name] for name in sorted(known)]}, indent=1) + "\n")


def table(rows: list[Row]) -> str:
    """The report for people: a line a lesson, then what was measured, then what failed and where."""
    width = max([len(row["lesson"]) for row in rows] + [len("lesson")])
    lines, measured, failed = [f"{'lesson':<{width}}  {'result':<8}  seconds  peak MB  claims held"], [], []
    for row in sorted(rows, key=lambda row: row["lesson"]):
        name, held, error = row["lesson"], f"{row['held']}/{row['claims']}", row["error"]
        peak = row["megabytes"] or "-"
        lines.append(f"{name:<{width}}  {row['result']:<8}  {row['seconds']:>7.1f}  {peak:>7}  {held:>11}")
        for one in row.get("measured", ()):
            values = ", ".join(f"{what} {value:.3g}" for what, value in one["values"].items())
            measured.append(f"{name}, {one['title']}, {one['unit']}: {values}")
        if error:
            where = f", cell {error['cell']} ({error['line']})" if "cell" in error else ""
            failed.append("\n    ".join([f"\n{name}{where}:", *error["message"].splitlines()[:20]]))
    return "\n".join(["", *lines, *measured, *failed, ""])
