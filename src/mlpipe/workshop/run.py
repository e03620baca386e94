"""Run the course: every lesson in a process of its own, two at a time, with progress, pages and a report."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import psutil
from tqdm import tqdm

from mlpipe.paths import home
from mlpipe.workshop import lessons, pages
from mlpipe.workshop.execute import Job, allow_open_files, as_argument, environment

Row = dict[str, Any]
INTERRUPTED = 130
REPORT_FIX = "delete it and call `make run` again"


class Progress:
    """One bar a running lesson on a terminal, one line a started or finished lesson elsewhere."""

    def __init__(self) -> None:
        self.bars: dict[str, Any] = {}
        self.terminal = sys.stderr.isatty()

    def start(self, name: str) -> None:
        """A lesson starts."""
        if self.terminal:
            layout = "{desc:<28} {bar:30} {n_fmt}/{total_fmt} cells  {elapsed}"
            self.bars[name] = tqdm(desc=name, total=1, leave=False, bar_format=layout, disable=False)
        else:
            print(f"{name} started", flush=True)

    def cell(self, name: str, number: int, total: int) -> None:
        """A lesson reaches a cell."""
        if bar := self.bars.get(name):
            bar.total, bar.n = total, number
            bar.refresh()

    def end(self, row: Row) -> None:
        """A lesson has ended."""
        if bar := self.bars.pop(row["lesson"], None):
            bar.close()
        tqdm.write(f"{row['lesson']} {row['result']} after {row['seconds']:.0f} s", file=sys.stdout)
        sys.stdout.flush()

    def close(self) -> None:
        """Take all bars away."""
        for bar in self.bars.values():
            bar.close()


def run_jobs(
    jobs: Iterable[Job], workers: int = 2, finished: Callable[[Row], None] = lambda row: None, **env: str
) -> tuple[list[Row], bool]:
    """Execute notebooks, `workers` at a time; returns one row each and whether a signal stopped the run.

    `finished` sees each row when its notebook is written, and may change it. More keywords go into the environment.
    Raises ValueError when `workers` is below 1, or the system allows too few open files.
    """
    if workers < 1:
        raise ValueError(f"JOBS is {workers}; expected 1 or more lessons at a time, such as JOBS=2")
    allow_open_files()
    waiting, rows = deque(jobs), list[Row]()
    running, started = dict[str, subprocess.Popen](), dict[str, float]()
    progress = Progress()
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch, interruptions() as messages:
        environ = environment(Path(scratch), **env)
        if "MLPIPE_HOME" not in env and environ["MLPIPE_HOME"] != str(home()):
            print(f"{home()} cannot be written, so your record keeps nothing of this run: set MLPIPE_HOME to a folder.")
        try:
            while waiting or running:
                while waiting and len(running) < workers:
                    job = waiting.popleft()
                    started[job.name] = time.perf_counter()
                    try:
                        running[job.name] = start_worker(job, environ, Path(scratch), messages)
                    except OSError as error:  # too many processes or open files, or a full disk
                        rows.append(empty_row(job.name, "died", 0.0) | {"error": {"message": str(error)}})
                        progress.end(rows[-1])
                        continue
                    progress.start(job.name)
                if not running:
                    continue
                message = messages.get()
                if message is None:  # a signal
                    progress.close()
                    lost = [(name, "stopped", time.perf_counter() - started[name]) for name in running]
                    lost += [(job.name, "not run", 0.0) for job in waiting]
                    return rows + [empty_row(*one) for one in lost], True
                name, content = message
                if "cell" in content:
                    progress.cell(name, content["cell"], content["cells"])
                elif "lesson" in content:
                    finished(content)
                    rows.append(content)
                    progress.end(content)
                elif "exit" in content:
                    del running[name]
                    if not any(row["lesson"] == name for row in rows):  # it died before it could tell
                        row = empty_row(name, "died", time.perf_counter() - started[name])
                        noise = (Path(scratch) / f"{name}.stderr").read_text(errors="replace").strip().splitlines()
                        row["error"] = {"message": "\n".join([f"worker ended with {content['exit']}", *noise[-15:]])}
                        rows.append(row)
                        progress.end(row)
        finally:
            kill(running.values())
    return rows, False


def start_worker(job: Job, environ: dict[str, str], scratch: Path, messages: SimpleQueue) -> subprocess.Popen:
    """Start a worker in a session of its own, so that Ctrl-C reaches this process only, and a thread that reads it."""
    with open(scratch / f"{job.name}.stderr", "wb") as noise:
        worker = subprocess.Popen(
            [sys.executable, "-m", "mlpipe.workshop.execute", as_argument(job)],
            stdout=subprocess.PIPE,
            stderr=noise,
            env=environ | {"TMPDIR": str(scratch)},  # what a killed one leaves there goes with the run
            start_new_session=True,
        )

    def listen() -> None:
        assert worker.stdout is not None
        with worker.stdout:
            for line in worker.stdout:
                messages.put((job.name, json.loads(line)))
        messages.put((job.name, {"exit": worker.wait()}))

    threading.Thread(target=listen, daemon=True).start()
    return worker


_messages: SimpleQueue | None = None


@contextmanager
def interruptions() -> Iterator[SimpleQueue]:
    """While this lasts, Ctrl-C and the requests to end arrive in this queue as `None` and stop nothing by themselves.

    Inside another one it is the same queue, so that a second Ctrl-C spoils no table and no page.
    """
    global _messages
    if _messages is not None:
        yield _messages
        return
    queue: SimpleQueue = SimpleQueue()  # its put() is safe inside a signal handler
    _messages = queue
    names = [name for name in ("SIGINT", "SIGTERM", "SIGHUP") if hasattr(signal, name)]
    before = {name: signal.signal(getattr(signal, name), lambda *_: queue.put(None)) for name in names}
    try:
        yield queue
    finally:
        _messages = None
        for name, handler in before.items():
            signal.signal(getattr(signal, name), handler)


def kill(workers: Iterable[subprocess.Popen]) -> None:
    """End workers with all their descendants: kernels live in sessions of their own."""
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


def empty_row(name: str, result: str, seconds: float) -> Row:
    """The row of a lesson that left no notebook."""
    nothing: Row = {"megabytes": None, "claims": 0, "held": 0, "measured": [], "error": None}
    return {"lesson": name, "result": result, "seconds": round(seconds, 1)} | nothing


def run(root: Path, only: str = "", workers: int = 2, seed: int | None = None, scale: str | None = None) -> int:
    """`make run`: notebooks to build/run, pages to build/html, a table; returns the exit status."""
    chosen = lessons.find(root, only)
    for lesson in chosen:
        lessons.read(lesson.notebook)  # before anything starts, an error for a lesson without its notebook
    every = [lesson for lesson in lessons.find(root) if lesson.notebook.exists()]
    build = Path(root).resolve() / "build"
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
    report = build / "run" / "report.json"
    lessons.read_json(report, REPORT_FIX)  # a damaged one is told before anything starts, too

    def finished(row: Row) -> None:
        make_page(row, build / "run" / f"{row['lesson']}.ipynb", every, build / "html", every[0].notebook.parent)

    print(f"Running {len(jobs)} lessons, {workers} at a time. Ctrl-C stops; what is finished is kept.", flush=True)
    with interruptions():
        rows, stopped = run_jobs(jobs, workers, finished)
        print(table(rows))
        try:
            remember(report, rows)
            make_site(report, every, build / "html")
        except (OSError, ValueError) as error:
            print(f"The report and the index are not complete: {error}")
            return status(rows, stopped, "run") or 1
        print(f"Read on: {build / 'html' / 'index.html'}")
        return status(rows, stopped, "run")


def remember(report: Path, rows: list[Row]) -> None:
    """Add rows to the report, which another run may be writing, too. Raises OSError, ValueError for a damaged file."""
    with lessons.locked(report.parent):
        known = {row["lesson"]: row for row in lessons.read_json(report, REPORT_FIX).get("lessons", [])}
        known |= {row["lesson"]: row for row in rows if row["result"] != "not run"}
        lessons.write(report, json.dumps({"lessons": [known[name] for name in sorted(known)]}, indent=1) + "\n")


def make_site(report: Path, every: list[lessons.Lesson], folder: Path) -> None:
    """Write the index of all that is in the report, and the pages that are missing, with their stored outputs."""
    for lesson in every:  # so that every link leads somewhere
        page = folder / f"{lesson.name}.html"
        if not page.exists():
            content = pages.page(lessons.read(lesson.notebook), lesson, every, lesson.notebook.parent)
            with lessons.locked(folder):
                if not page.exists():  # another run may have executed it meanwhile
                    lessons.write(page, content)
    with lessons.locked(folder):  # so that the last index written is the one that knows most
        known = {row["lesson"]: row for row in lessons.read_json(report, REPORT_FIX).get("lessons", [])}
        lessons.write(folder / "index.html", pages.index(every, known))


def make_page(
    row: Row, executed: Path, every: list[lessons.Lesson], folder: Path, images: Path, **options: Any
) -> None:
    """Write the page of an executed lesson; a page that cannot be made fails the lesson."""
    lesson = next(lesson for lesson in every if lesson.name == row["lesson"])
    try:
        content = pages.page(lessons.read(executed), lesson, every, images, error=row["error"], **options)
        with lessons.locked(folder):
            lessons.write(folder / f"{lesson.name}.html", content)
    except (OSError, ValueError) as error:
        row["result"] = "failed"
        row["error"] = row["error"] or {"message": f"the page was not made: {error}"}


def status(rows: list[Row], stopped: bool, target: str) -> int:
    """The exit status of a run; tells how to go on after an interruption."""
    if stopped:
        rest = ",".join(row["lesson"][:2] for row in sorted_rows(rows) if row["result"] in ("stopped", "not run"))
        print(f"Interrupted. Finished lessons are kept; go on with: make {target} ONLY={rest}")
        return INTERRUPTED
    return int(any(row["result"] != "ok" for row in rows))


def sorted_rows(rows: list[Row]) -> list[Row]:
    """Rows in the order of the course."""
    return sorted(rows, key=lambda row: row["lesson"])


def table(rows: list[Row]) -> str:
    """The report for people: a line a lesson, then what failed and where."""
    width = max([len(row["lesson"]) for row in rows] + [len("lesson")])
    lines = [f"{'lesson':<{width}}  {'result':<8}  seconds  peak MB  claims held"]
    for row in sorted_rows(rows):
        held, peak = f"{row['held']}/{row['claims']}", row["megabytes"] or "-"
        lines.append(f"{row['lesson']:<{width}}  {row['result']:<8}  {row['seconds']:>7.1f}  {peak:>7}  {held:>11}")
    for row in sorted_rows(rows):
        for one in row.get("measured", ()):
            values = ", ".join(f"{name} {value:.3g}" for name, value in one["values"].items())
            lines.append(f"{row['lesson']}, {one['title']}, {one['unit']}: {values}")
    for row in sorted_rows(rows):
        if row["error"]:
            where = f", cell {row['error']['cell']} ({row['error']['line']})" if "cell" in row["error"] else ""
            message = "\n    ".join(row["error"]["message"].splitlines()[:20])
            lines.append(f"\n{row['lesson']}{where}:\n    {message}")
    return "\n" + "\n".join(lines) + "\n"
