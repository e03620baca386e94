"""The Makefile and the set-up: what a newcomer meets first, also when something is missing."""

import os
import re
import shutil
import stat
import subprocess
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text()
TARGETS = sorted(set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE)))

FAKE_PYTHON = r"""#!/bin/sh
# Stands in for a Python: says which calls came, fails where the test wants it to.
echo "$0 $*" >>"$LOG"
case "$*" in
  --version) echo "Python $FAKE_VERSION" ;;
  -c*) [ "$FAKE_VERSION" != 3.9 ] ;;
  "-m venv"*) [ "$FAIL" != venv ] || exit 1
    for folder; do :; done
    case "$*" in *--clear*) rm -rf "$folder" ;; esac
    mkdir -p "$folder/bin"; cp "$0" "$folder/bin/python" ;;
  *--require-hashes*) [ "$FAIL" != killed ] || kill -9 $PPID
    [ "$FAIL" != pip ] || { echo "ERROR: Could not find a version that satisfies numpy"; exit 1; }
    for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo "Collecting p$n"; done ;;
  *) exit 0 ;;
esac
"""


@pytest.fixture
def clone(tmp_path):
    """A checkout with the set-up's files and a Python that only pretends."""
    root = tmp_path / "clone"
    (root / ".ci").mkdir(parents=True)
    for name in ("Makefile", ".ci/setup", "requirements.lock", "pyproject.toml"):
        shutil.copy2(ROOT / name, root / name)
    fake = tmp_path / "python"
    fake.write_text(FAKE_PYTHON)
    fake.chmod(0o755)
    return root


def make(clone, *arguments, python=None, version="3.12", fail=""):
    fake = clone.parent / "python"
    env = os.environ | {"LOG": str(clone.parent / "log"), "FAKE_VERSION": version, "FAIL": fail}
    line = ["make", *arguments, f"PYTHON={python or fake}"]
    return subprocess.run(line, cwd=clone, env=env, capture_output=True, text=True, timeout=60)


def calls(clone):
    log = clone.parent / "log"
    text = log.read_text() if log.exists() else ""
    log.write_text("")
    return text


def test_set_up_installs_the_lock_with_hashes_then_the_course_once(clone):
    done = make(clone, "setup")
    assert done.returncode == 0, done.stderr
    log = calls(clone)
    assert log.index("-m venv --clear .venv") < log.index("--require-hashes -r requirements.lock")
    assert log.index("--require-hashes") < log.index("--no-deps --no-build-isolation -e .")
    assert re.search(r"Installing the packages.*\n  20 packages found\nThe environment is ready", done.stdout)
    assert make(clone, "setup").returncode == 0
    assert calls(clone) == ""  # the second time there is nothing to do


@pytest.mark.parametrize("changed", ["requirements.lock", "pyproject.toml"])
def test_a_changed_lock_or_package_is_installed_without_starting_afresh(clone, changed):
    make(clone, "setup")
    calls(clone)
    stamp = (clone / ".venv" / ".ready").stat().st_mtime
    os.utime(clone / changed, (stamp + 10, stamp + 10))
    assert make(clone, "setup").returncode == 0
    log = calls(clone)
    assert "--require-hashes" in log
    assert "--clear" not in log


@pytest.mark.parametrize(
    ("options", "sentence"),
    [
        ({"version": "3.9"}, "older than 3.11; install Python 3.11 or newer, or call make with PYTHON="),
        ({"python": "/nowhere/python"}, "/nowhere/python is missing or older than 3.11"),
        ({"fail": "venv"}, "sudo apt install python3-venv"),
        ({"fail": "pip"}, "check the network connection"),
    ],
)
def test_each_failure_is_one_sentence_with_its_fix(clone, options, sentence):
    done = make(clone, "run", **options)
    told = [line for line in done.stderr.splitlines() if not line.startswith("make")]
    assert done.returncode != 0
    assert len(told) == 1, done.stderr
    assert told[0].startswith("Set-up failed: ")
    assert sentence in told[0]
    assert not (clone / ".venv" / ".ready").exists()


def test_what_pip_said_is_told(clone):
    assert "Could not find a version that satisfies numpy" in make(clone, "setup", fail="pip").stderr


def test_an_interrupted_set_up_is_repaired_by_the_next_call(clone):
    assert make(clone, "setup", fail="killed").returncode != 0
    assert (clone / ".venv" / "bin" / "python").exists()
    assert not (clone / ".venv" / ".ready").exists()
    calls(clone)
    assert make(clone, "setup").returncode == 0
    assert "-m venv --clear" in calls(clone)
    assert (clone / ".venv" / ".ready").exists()
    assert not (clone / ".venv" / ".unfinished").exists()


def test_help_lists_every_task():
    shown = subprocess.run(["make"], cwd=ROOT, capture_output=True, text=True, check=True).stdout
    for target in set(TARGETS) - {"lint"}:
        assert re.search(rf"^  make {target} +\S", shown, re.MULTILINE)


@pytest.mark.parametrize("target", TARGETS)
def test_every_task_can_be_planned(target):
    done = subprocess.run(["make", "-n", target], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr


def test_tasks_are_no_files():
    (phony,) = re.findall(r"^\.PHONY: (.+)$", MAKEFILE, re.MULTILINE)
    assert sorted(phony.split()) == TARGETS


def test_clean_keeps_the_readers_work_and_the_environment(clone):
    kept = ["my_course/a.ipynb", ".venv/bin/python", "src/a.py"]
    gone = ["build/html/index.html", "src/__pycache__/a.pyc", ".ruff_cache/x"]
    for name in kept + gone:
        (clone / name).parent.mkdir(parents=True, exist_ok=True)
        (clone / name).touch()
    done = subprocess.run(["make", "clean"], cwd=clone, capture_output=True, text=True, check=False)
    assert "rm -rf .venv" in done.stdout
    assert [name for name in kept if not (clone / name).exists()] == []
    assert [name for name in gone if (clone / name).exists()] == []


def test_ci_runs_what_the_readme_says():
    script = ROOT / ".ci" / "run"
    assert script.stat().st_mode & stat.S_IXUSR
    calls = [line for line in script.read_text().splitlines() if line.startswith(("make ", "exec "))]
    assert calls == ["make setup", "exec make test"]
    done = subprocess.run(["bash", "-n", script], capture_output=True, text=True)
    assert not done.stderr


def test_conda_environment_is_the_same_lock():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["name"] == "mlpipe"
    assert environment["dependencies"] == ["python=3.12", "pip", {"pip": ["-r requirements.lock"]}]


def test_lock_has_hashes_and_no_addresses():
    lock = (ROOT / "requirements.lock").read_text()
    assert "://" not in lock
    assert not re.search(r"^--", lock, re.MULTILINE)
    pins = re.findall(r"^[a-z0-9][^\n]*==[^\n]*(?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+", lock, re.MULTILINE)
    assert len(pins) == len(re.findall("==", re.sub(r";[^\n]*", "", lock))) > 100
