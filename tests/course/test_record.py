"""The reader's own record as files: nothing lost when two write, and in the order of saving."""

import json
import os
import signal
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

import pytest

from mlpipe import paths
from mlpipe.course import record
from mlpipe.interview import save_cold_answer
from mlpipe.interview.cold import cold_answer

WRITER = """
import sys
from pathlib import Path
from mlpipe.course.record import add_record, update_record

name, path = sys.argv[1], Path(sys.argv[2])
print("ready", flush=True)
sys.stdin.readline()
for number in range(50):
    add_record(path, {"answer": f"{name} {number}"})
    update_record(path, f"{name} {number}", {"answer": ""})
"""
HOLDER = """
import sys, time
from pathlib import Path
from mlpipe.course.record import locked

with locked(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(600)
"""


def program(text, *arguments):
    """A Python that has said its first line."""
    command = [sys.executable, "-c", text, *map(str, arguments)]
    started = subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
    started.stdout.readline()
    return started


def test_two_programs_that_save_at_once_lose_nothing(tmp_path):
    path = tmp_path / "record.json"
    programs = [program(WRITER, name, path) for name in "AB"]
    for one in programs:
        one.stdin.write("go\n")
        one.stdin.flush()
    for one in programs:
        one.communicate(timeout=60)
        assert one.returncode == 0
    kept = json.loads(path.read_text())
    added = [entry["answer"] for entry in kept.values() if entry["answer"]]
    assert len(kept) == 200
    assert sorted(added) == sorted(f"{name} {number}" for name in "AB" for number in range(50))


def test_two_threads_that_save_at_once_lose_nothing(tmp_path):
    path = tmp_path / "record.json"
    with ThreadPoolExecutor(4) as pool:
        list(pool.map(lambda number: record.update_record(path, str(number), {}), range(100)))
    assert len(json.loads(path.read_text())) == 100


def test_a_program_that_hangs_is_told_and_one_that_is_killed_lets_go(tmp_path):
    holder = program(HOLDER, tmp_path)
    with pytest.raises(TimeoutError, match=r"another program has held it for 0\.1 seconds: '.*\.lock'"):  # noqa: SIM117
        with record.locked(tmp_path, seconds=0.1):
            pass
    holder.send_signal(signal.SIGKILL if os.name == "posix" else signal.SIGTERM)
    holder.communicate(timeout=30)
    with record.locked(tmp_path, seconds=5):
        pass


def test_a_file_system_without_locks_is_written_all_the_same(tmp_path, monkeypatch):
    def refuse(*_):
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(record, "fcntl", type("fcntl", (), {"LOCK_EX": 2, "LOCK_NB": 4, "LOCK_UN": 8, "flock": refuse}))
    record.update_record(tmp_path / "record.json", "a", {})
    assert json.loads((tmp_path / "record.json").read_text()) == {"a": {}}


@pytest.fixture
def clock(monkeypatch):
    """A clock of the record that stands where it is put."""

    class Clock(datetime):
        year_now = 2030

        @classmethod
        def now(cls, tz=None):
            return datetime(cls.year_now, 1, 1, tzinfo=UTC)

    monkeypatch.setattr(record, "datetime", Clock)
    return Clock


def test_the_last_answer_is_the_one_saved_last_also_when_the_clock_was_set_back(tmp_path, monkeypatch, clock):
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))
    save_cold_answer("ctr", "first")
    clock.year_now = 2020
    save_cold_answer("ctr", "second")
    last = cold_answer("ctr")
    assert (last.text, last.when[:4]) == ("second", "2020")


def test_answers_of_one_microsecond_are_all_kept(tmp_path, monkeypatch, clock):
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))
    for number in range(3):
        save_cold_answer("ctr", f"answer {number}")
    kept = json.loads((tmp_path / "cold_answers/ctr.json").read_text())
    assert [entry["answer"] for entry in kept.values()] == ["answer 0", "answer 1", "answer 2"]
    assert cold_answer("ctr").text == "answer 2"


@pytest.mark.skipif(os.name != "posix", reason="HOME")
def test_the_record_may_be_named_relative_or_with_a_tilde(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", "/somewhere")
    for named, expected in (("rec", tmp_path / "rec"), ("~/rec", Path("/somewhere/rec")), ("/a/../b", Path("/b"))):
        monkeypatch.setenv("MLPIPE_HOME", named)
        assert paths.home() == expected


def test_a_full_disk_is_told_with_the_file_and_leaves_the_old_one(tmp_path, monkeypatch):
    path = tmp_path / "record.json"
    record.update_record(path, "a", {})

    def full(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(record.os, "chmod", full)
    with pytest.raises(OSError, match=r"No space left on device: '.*/record\.json'"):
        record.update_record(path, "b", {})
    assert json.loads(path.read_text()) == {"a": {}}
    assert sorted(one.name for one in tmp_path.iterdir()) == [".lock", "record.json"]


def test_the_examples_in_docstrings_leave_the_record_of_who_runs_them_alone(tmp_path):
    home = tmp_path / "record"
    claims = Path(record.__file__).with_name("claims.py")
    command = [sys.executable, "-m", "pytest", "-q", "-n", "0", "--doctest-modules", str(claims), "-k", "claims.claim"]
    done = subprocess.run(command, env={**os.environ, "MLPIPE_HOME": str(home)}, capture_output=True, text=True)
    assert "1 passed" in done.stdout, done.stdout + done.stderr
    assert not home.exists()
