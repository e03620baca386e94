"""The runner: results, failures, dying kernels, interruption, on tiny lessons in a checkout of their own."""

import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import nbformat
import psutil
import pytest
from helpers import README

from mlpipe.paths import MARKS
from mlpipe.workshop import lessons
from mlpipe.workshop.execute import Job, _failure, _joined, environment
from mlpipe.workshop.refresh import refresh
from mlpipe.workshop.run import _remember, run_jobs, table

PARAMETERS = 'SEED = 0\nSCALE = "full"'
CLAIM = """
from mlpipe.course import claim

claim("Three beats two", 3 + SEED, id="{0}.three", baseline=2, between=(2.5, 3.5))
"""
BODIES = {
    "00_good": "print('seen', SEED, SCALE)",
    "01_fails": "x = 1\n\nraise KeyError('planted')",
    "02_dies": "import os\nos.kill(os.getpid(), 9)",
    "03_good": "pass",
    "04_sleeps": "import subprocess, time\nsubprocess.Popen(['sleep', '600'])\ntime.sleep(600)",
}


def lesson(name, body):
    cells = [
        nbformat.v4.new_markdown_cell(f"# Lesson {name}\n\n**Goal.** Run."),
        nbformat.v4.new_code_cell(PARAMETERS, metadata={"tags": ["parameters"]}),
        nbformat.v4.new_code_cell(CLAIM.format(name[:2])),
        nbformat.v4.new_code_cell(body),
        nbformat.v4.new_code_cell("after = 1"),
    ]
    return nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": lessons.KERNEL, "mlpipe": {"minutes": 1}})


def checkout(root, *names):
    for mark in MARKS:
        (root / mark).mkdir(parents=True, exist_ok=True)
    for name in names:
        lessons.write(root / "notebooks" / f"{name}.ipynb", lessons.to_bytes(lesson(name, BODIES[name])))
    return root


# The command without its last step, the site, which has tests of its own and wants the whole course.
WITHOUT_SITE = """
import sys
from pathlib import Path
from mlpipe.workshop import __main__, site

site.site = lambda root, *_, **__: Path("build/html/index.html")
sys.exit(__main__.main())
"""


def command(root, *arguments, **options):
    env = os.environ | {"MLPIPE_HOME": str(root / "record")}
    line = [sys.executable, "-c", WITHOUT_SITE, *arguments]
    return subprocess.Popen(
        line, cwd=root, env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE, **options
    )


@pytest.fixture(scope="module")
def ran(tmp_path_factory):
    """A run of four lessons, two of which fail."""
    root = checkout(tmp_path_factory.mktemp("run"), "00_good", "01_fails", "02_dies", "03_good")
    process = command(root, "run")
    out, err = process.communicate(timeout=120)
    report = {row["lesson"]: row for row in json.loads((root / "build/run/report.json").read_text())["lessons"]}
    return root, process.returncode, out, err, report


def test_one_failure_is_exit_status_one_and_the_others_go_on(ran):
    _, code, _, _, report = ran
    assert code == 1
    assert [report[name]["result"] for name in sorted(report)] == ["ok", "failed", "failed", "ok"]


def test_failed_lesson_names_notebook_cell_and_error(ran):
    _, _, out, _, report = ran
    assert report["01_fails"]["error"] == {"cell": 4, "line": "x = 1", "message": "KeyError: 'planted'"}
    assert "01_fails, cell 4 (x = 1):\n    KeyError: 'planted'" in out


def test_a_killed_kernel_is_told_with_its_cell(ran):
    error = ran[4]["02_dies"]["error"]
    assert (error["cell"], error["line"]) == (4, "import os")
    assert "the kernel died" in error["message"]


def test_failed_notebook_shows_the_failure(ran):
    root = ran[0]
    for name in ("01_fails", "02_dies"):
        notebook = nbformat.read(root / "build" / "run" / f"{name}.ipynb", as_version=4)
        assert len(notebook.cells) == 5  # the authored ones, none of papermill's
        assert notebook.cells[3].outputs[-1].output_type == "error"


def test_report_counts_claims_seconds_and_memory(ran):
    for row in ran[4].values():
        assert (row["claims"], row["held"]) == (1, 1)
        assert 0.3 < row["seconds"] < 60
        assert 40 < row["megabytes"] < 1000  # a kernel with NumPy; not 0, not a unit off by a thousand


def test_terminal_shows_progress_and_no_noise(ran):
    _, _, out, err, _ = ran
    assert "00_good started" in out
    assert "00_good ok after" in out
    assert err == ""


def test_files_appear_whole_or_not_at_all(ran):
    root = ran[0]
    left = [path.name for path in (root / "build").rglob(".*")]
    assert left == [".lock"]


def test_sources_are_not_touched(ran):
    for name in ("00_good", "01_fails"):
        stored = (ran[0] / "notebooks" / f"{name}.ipynb").read_bytes()
        assert stored == lessons.to_bytes(nbformat.reads(stored.decode(), as_version=4))
        assert b"planted'\\n" not in stored
        assert b'"outputs": []' in stored


def test_only_runs_the_chosen_and_keeps_the_report_of_the_others(tmp_path):
    checkout(tmp_path, "00_good", "03_good")
    out, _ = command(tmp_path, "run", "--only", "03").communicate(timeout=60)
    assert "00_good" not in out
    process = command(tmp_path, "run", "--only", "00_good", "--seed", "0", "--scale", "small")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    rows = json.loads((tmp_path / "build/run/report.json").read_text())["lessons"]
    assert [row["lesson"] for row in rows] == ["00_good", "03_good"]
    executed = nbformat.read(tmp_path / "build/run/00_good.ipynb", as_version=4)
    assert executed.cells[-2].outputs[0].text == "seen 0 small\n"


def test_traps_run_in_their_folder_after_the_lessons(tmp_path):
    checkout(tmp_path, "00_good")
    trap = lesson("t1_odd", "import os\nprint(os.path.basename(os.getcwd()), SEED)")
    lessons.write(tmp_path / "notebooks" / "traps" / "t1_odd.ipynb", lessons.to_bytes(trap))
    process = command(tmp_path, "run", "--only", "t1", "--seed", "0")
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0, out
    executed = nbformat.read(tmp_path / "build/run/t1_odd.ipynb", as_version=4)
    assert executed.cells[-2].outputs[0].text == "traps 0\n"


def test_an_unknown_name_lists_the_known(tmp_path):
    checkout(tmp_path, "00_good", "03_good")
    process = command(tmp_path, "run", "--only", "02,00")
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (2, "no lesson 02; known: 00_good, 03_good\n")


@pytest.mark.parametrize(
    ("file", "content", "sentence"),
    [
        (
            "notebooks/00_good.ipynb",
            "<<<<<<< HEAD\n{}\n=======",
            "cannot be read as a notebook (NotJSONError; are there",
        ),
        ("notebooks/00_good.ipynb", '{"cells": 1}', "cannot be read as a notebook ("),
        ("build/run/report.json", "{", "is damaged: delete it and call `make run` again"),
    ],
)
def test_a_damaged_file_is_one_sentence_before_anything_runs(file, content, sentence, tmp_path):
    checkout(tmp_path, "00_good")
    lessons.write(tmp_path / file, content)
    process = command(tmp_path, "run")
    out, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert (out, len(err.splitlines())) == ("", 1)
    assert err.startswith(str(tmp_path / file))
    assert sentence in err


def test_a_checkout_without_lessons_is_told(tmp_path):
    process = command(checkout(tmp_path), "run")
    _, err = process.communicate(timeout=60)
    assert process.returncode == 2
    assert "no lessons in" in err


def test_a_misspelled_parameter_is_an_error(tmp_path):
    checkout(tmp_path, "00_good")
    source = tmp_path / "notebooks" / "00_good.ipynb"
    job = Job("00_good", str(source), str(tmp_path / "out.ipynb"), str(tmp_path), {"SED": 1})
    (row,), stopped = run_jobs([job])
    assert (row["result"], stopped) == ("died", False)
    assert "no parameter SED in the cell tagged parameters" in row["error"]["message"]
    assert not (tmp_path / "out.ipynb").exists()


@pytest.mark.skipif(os.name != "posix", reason="a script as a program")
def test_a_worker_that_ends_in_the_middle_of_a_message_has_died(tmp_path, monkeypatch):
    half = tmp_path / "half"
    half.write_text("""#!/bin/sh\necho '{"lesson": '\n""")
    half.chmod(0o755)
    monkeypatch.setattr(sys, "executable", str(half))
    (row,), stopped = run_jobs([Job("00_good", "", "", str(tmp_path))])
    assert (row["lesson"], row["result"], stopped) == ("00_good", "died", False)


def test_a_cell_that_takes_too_long_fails(tmp_path):
    checkout(tmp_path, "04_sleeps")
    source = tmp_path / "notebooks" / "04_sleeps.ipynb"
    source.write_text(source.read_text().replace("subprocess.Popen", "repr"))
    job = Job("04_sleeps", str(source), str(tmp_path / "out.ipynb"), str(tmp_path), timeout=2)
    (row,), _ = run_jobs([job])
    assert row["error"]["cell"] == 4
    assert "more than 2 seconds" in row["error"]["message"]


# A run that stopped

STOPPED = {  # a cell after which IPython shows no output of type error: name -> source, what is told of it
    "10_magic": ("%autoreload 2", "UsageError: Line magic function `%autoreload` not found."),
    "11_cell_magic": ("%%nothing\nx = 1", "UsageError: Cell magic `%%nothing` not found."),
    "12_group": ("raise ExceptionGroup('both', [ValueError(1)])", "ExceptionGroup: both (1 sub-exception)"),
    "13_handler": (
        "get_ipython().set_custom_exc((Exception,), lambda *a, **k: None)\n1/0",
        "ZeroDivisionError: division by zero",
    ),
    "14_surrogate": ("raise ValueError('a\\ud800b')", "UnicodeEncodeError: 'utf-8' codec can't encode"),
}


@pytest.fixture(scope="module")
def stopped(tmp_path_factory):
    """The rows of lessons that stop in their fourth cell, and of one that is allowed to."""
    folder = tmp_path_factory.mktemp("stopped")
    jobs = []
    for name, source in [(name, source) for name, (source, _) in STOPPED.items()] + [("20_allowed", "%nothing")]:
        notebook = lesson(name, source)
        if name == "20_allowed":
            notebook.cells[3].metadata["tags"] = ["raises-exception"]
        lessons.write(folder / f"{name}.ipynb", lessons.to_bytes(notebook))
        jobs.append(Job(name, str(folder / f"{name}.ipynb"), str(folder / "out" / f"{name}.ipynb"), str(folder)))
    rows, _ = run_jobs(jobs, MLPIPE_HOME=str(folder))
    return folder, {row["lesson"]: row for row in rows}


@pytest.mark.parametrize("name", STOPPED)
def test_a_run_that_stopped_without_an_error_output_is_not_ok(name, stopped):
    folder, rows = stopped
    source, told = STOPPED[name]
    error = rows[name]["error"]
    assert rows[name]["result"] == "failed"
    assert (error["cell"], error["line"]) == (4, source.splitlines()[0])
    assert error["message"].startswith(told)
    notebook = lessons.read(folder / "out" / f"{name}.ipynb")
    assert notebook.cells[3].outputs[-1].output_type == "error"  # so that the page shows it, too
    assert notebook.cells[4].execution_count is None


def test_an_error_that_a_tag_allows_stops_nothing(stopped):
    folder, rows = stopped
    assert (rows["20_allowed"]["result"], rows["20_allowed"]["error"]) == ("ok", None)
    assert lessons.read(folder / "out/20_allowed.ipynb").cells[4].execution_count is not None


def test_a_cell_that_was_not_executed_is_a_failure_also_when_nothing_else_tells():
    notebook = lesson("00_x", "x = 1")
    for count, cell in enumerate(notebook.cells[1:4], start=1):
        cell.execution_count = count
    assert _failure(notebook) == {
        "cell": 5,
        "line": "after = 1",
        "message": "the run ended before this cell was executed",
    }
    notebook.cells[4].execution_count = 4
    notebook.cells.append(nbformat.v4.new_code_cell("  \n"))  # nothing to execute
    assert _failure(notebook) is None


@pytest.mark.parametrize(
    ("cell", "told"),
    [
        ("# %autoreload 2", "cell 1 (%autoreload 2): UsageError: Line magic function"),
        ("import os\nos._exit(1)", "cell 1 (import os): Stopped: the kernel died"),
    ],
)
def test_refresh_tells_where_a_run_stopped(cell, told, tmp_path, capsys):
    lessons.write(tmp_path / "lessons/00_x/lesson.py", f"# %%\n{cell}\n\n# %%\nafter = 1\n")
    lessons.write(tmp_path / "README.md", README)
    assert refresh(tmp_path) == 1
    assert f"00_x is left as it was: {told}" in capsys.readouterr().out
    assert not (tmp_path / "notebooks/00_x.ipynb").exists()


@pytest.mark.skipif(os.name != "posix", reason="signals")
def test_an_interrupted_refresh_keeps_what_is_stored_and_leaves_no_kernel(tmp_path, request):
    for name, body in (("00_quick", "x = 1"), ("01_sleeps", BODIES["04_sleeps"])):
        lessons.write(tmp_path / f"lessons/{name}/lesson.py", f"# %% [markdown]\n# # {name}\n\n# %%\n{body}\n")
    lessons.write(tmp_path / "README.md", README)
    call = "import pathlib, sys; from mlpipe.workshop.refresh import refresh; sys.exit(refresh(pathlib.Path()))"
    pipes = dict.fromkeys(("stdout", "stderr"), subprocess.PIPE)
    process = subprocess.Popen([sys.executable, "-c", call], cwd=tmp_path, text=True, start_new_session=True, **pipes)
    request.addfinalizer(process.kill)
    folder, deadline = (tmp_path / "notebooks").resolve(), time.monotonic() + 60
    while time.monotonic() < deadline and not any(one.name() == "sleep" for one in processes_in(folder)):
        time.sleep(0.1)
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "")
    assert processes_in(folder) == []
    assert "Interrupted. 01_sleeps and what comes after it are left as they were." in out
    assert [path.name for path in folder.iterdir()] == ["00_quick.ipynb"]
    assert "00_quick](notebooks/00_quick.ipynb)" in (tmp_path / "README.md").read_text()


FEW_FILES = """
import resource, sys
from mlpipe.workshop.execute import allow_open_files

files = resource.RLIMIT_NOFILE
most = 60 if sys.argv[1] == "forbidden" else resource.getrlimit(files)[1]
resource.setrlimit(files, (60, most))
allow_open_files()
print(resource.getrlimit(files)[0])
"""


@pytest.mark.skipif(os.name != "posix", reason="limits of a process")
def test_too_few_open_files_are_allowed_more_or_told_with_the_fix():
    done = {
        how: subprocess.run([sys.executable, "-c", FEW_FILES, how], capture_output=True, text=True)
        for how in ("allowed", "forbidden")
    }
    assert done["allowed"].stdout == "256\n"
    assert "open files: this session may have 60, a run needs 256" in done["forbidden"].stderr
    assert "`ulimit -n 256`" in done["forbidden"].stderr


# Long outputs


@pytest.mark.parametrize("texts", [["x" * 600_000], ["x" * 100_000 + "\r"] * 6, ["x" * 15] * 40_000], ids=len)
def test_a_long_line_takes_a_time_that_grows_with_its_length(texts):
    outputs = [nbformat.v4.new_output("stream", name="stdout", text=text) for text in texts]
    begin = time.process_time()
    (output,) = _joined(outputs)
    assert time.process_time() - begin < 2  # a time that grows with the square takes minutes
    assert output.text == ("x" * 100_000 + "\r" if "\r" in texts[0] else "".join(texts))


def stream(name, text):
    return nbformat.v4.new_output("stream", name=name, text=text)


def test_streams_are_joined_as_a_terminal_shows_them():
    result = nbformat.v4.new_output("display_data", {"text/plain": "x"})
    outputs = [
        stream("stderr", "warned\n"),
        stream("stdout", "10%\r50"),
        stream("stderr", "again\n"),
        stream("stdout", "%\r100%\nkept\r\n"),
        result,
        stream("stdout", "end"),
    ]
    found = [(one.get("name"), one.get("text")) for one in _joined(outputs)]
    assert found == [("stdout", "100%\nkept\r\nend"), ("stderr", "warned\nagain\n"), (None, None)]


def processes_in(folder):
    """Processes that work in this folder: kernels do, and their workers."""
    found = []
    for process in psutil.process_iter():
        try:
            if process.cwd() == str(folder) and process.status() != psutil.STATUS_ZOMBIE:
                found.append(process)
        except (psutil.NoSuchProcess, psutil.AccessDenied):
            continue
    return found


@pytest.mark.skipif(os.name != "posix", reason="signals")
@pytest.mark.parametrize("request_to_end", [signal.SIGINT, signal.SIGTERM], ids=lambda s: s.name)
def test_an_interrupted_run_leaves_no_kernel_and_tells_how_to_go_on(request_to_end, tmp_path, request):
    checkout(tmp_path, "00_good", "03_good", "04_sleeps")
    lessons.write(tmp_path / "notebooks/05_sleeps.ipynb", lessons.to_bytes(lesson("05_sleeps", BODIES["04_sleeps"])))
    lessons.write(tmp_path / "notebooks/06_good.ipynb", lessons.to_bytes(lesson("06_good", BODIES["00_good"])))
    process = command(tmp_path, "run", start_new_session=True)
    folder = (tmp_path / "notebooks").resolve()
    request.addfinalizer(process.kill)
    deadline = time.monotonic() + 60
    finished = [tmp_path / "build" / "run" / f"{name}.ipynb" for name in ("00_good", "03_good")]
    while time.monotonic() < deadline and not (all(p.exists() for p in finished) and len(processes_in(folder)) == 6):
        time.sleep(0.1)
    if len(processes_in(folder)) != 6:
        process.send_signal(signal.SIGTERM)
        pytest.fail(f"two workers, two kernels and what these started should run now:\n{process.communicate()}")
    descendants = psutil.Process(process.pid).children(recursive=True)
    os.killpg(process.pid, request_to_end)  # what a terminal does: the whole group gets the signal
    for pause in (0.05, 0.3):  # and people do not wait
        time.sleep(pause)
        process.send_signal(request_to_end)
    out, err = process.communicate(timeout=30)
    assert (process.returncode, err) == (130, "")
    assert processes_in(folder) == []
    assert not any(p.is_running() and p.status() != psutil.STATUS_ZOMBIE for p in descendants)
    assert "make run ONLY=04,05,06" in out
    assert "04_sleeps  stopped" in out
    assert "06_good    not run" in out
    assert all(path.exists() for path in finished)
    report = json.loads((tmp_path / "build/run/report.json").read_text())["lessons"]
    results = {row["lesson"]: row["result"] for row in report}
    assert results == {"00_good": "ok", "03_good": "ok", "04_sleeps": "stopped", "05_sleeps": "stopped"}


FRAGILE = """
import os, sys
from pathlib import Path

starts = Path(sys.argv[1])
starts.write_text(starts.read_text() + "x" if starts.exists() else "x")
if len(starts.read_text()) <= int(sys.argv[2]):
    sys.exit("Address already in use")
os.execv(sys.executable, [sys.executable, "-m", "ipykernel_launcher", *sys.argv[3:]])
"""


@pytest.mark.parametrize(("deaths", "result", "starts"), [(2, "ok", "xxx"), (3, "died", "xxx")])
def test_a_kernel_that_dies_before_it_answers_is_started_again(deaths, result, starts, tmp_path):
    script, counted = tmp_path / "fragile.py", tmp_path / "starts"
    script.write_text(FRAGILE)
    argv = [sys.executable, str(script), str(counted), str(deaths), "-f", "{connection_file}"]
    spec = {"argv": argv, "display_name": "fragile", "language": "python"}
    lessons.write(tmp_path / "jupyter/kernels/python3/kernel.json", json.dumps(spec))
    row, _ = run_one(tmp_path, "pass", JUPYTER_PATH=str(tmp_path / "jupyter"), MLPIPE_HOME=str(tmp_path))
    assert (row["result"], counted.read_text()) == (result, starts)
    if result == "died":
        assert "Address already in use" in row["error"]["message"]


# Whose run it is

STATE = """
import json, os, sys
import matplotlib.pyplot as plt
import pandas as pd
from mlpipe.paths import home
print(json.dumps({
    "python": sys.executable, "usetex": plt.rcParams["text.usetex"], "face": plt.rcParams["axes.facecolor"],
    "backend": plt.get_backend(), "started": "started" in globals(), "foreign": "foreign" in sys.modules,
    "warnings": sys.warnoptions, "text": str(pd.Series(["a"]).dtype),
    "hidden": "MLPIPE_HIDE_TIMES" in os.environ, "home": str(home()), "core": os.environ["OPENBLAS_CORETYPE"],
}))
"""


def run_one(folder, body, **env):
    """Execute a lesson with this body: its row, and the outputs of the body."""
    lessons.write(folder / "in.ipynb", lessons.to_bytes(lesson("90_x", body)))
    (row,), _ = run_jobs([Job("90_x", str(folder / "in.ipynb"), str(folder / "out.ipynb"), str(folder))], **env)
    return row, lessons.read(folder / "out.ipynb").cells[3].outputs if (folder / "out.ipynb").exists() else None


@pytest.mark.skipif(os.name != "posix", reason="HOME")
def test_a_run_is_the_courses_own_whatever_the_user_has_set(tmp_path, monkeypatch):
    home, spec = tmp_path / "home", json.dumps({"argv": ["false"], "display_name": "x", "language": "python"})
    files = {
        "jupyter/kernels/python3/kernel.json": spec,
        "home/.local/share/jupyter/kernels/python3/kernel.json": spec,
        "home/.ipython/profile_default/startup/own.py": "started = 1",
        "home/.config/matplotlib/matplotlibrc": "axes.facecolor: black",
        "matplotlibrc/matplotlibrc": "text.usetex: True",
        "path/sitecustomize.py": "import foreign",
        "path/foreign.py": "",
        "path/pandas.py": "raise ImportError('not this one')",
    }
    for name, content in files.items():
        lessons.write(tmp_path / name, content)
    users = {
        "HOME": str(home),
        "JUPYTER_PATH": str(tmp_path / "jupyter"),
        "JUPYTER_PREFER_ENV_PATH": "0",
        "MATPLOTLIBRC": str(tmp_path / "matplotlibrc"),
        "MLPIPE_HIDE_TIMES": "1",
        "MLPIPE_HOME": "~/record",
        "MPLBACKEND": "svg",
        "OPENBLAS_CORETYPE": "Haswell",
        "PANDAS_FUTURE_INFER_STRING": "0",
        "PYTHONHOME": "/nowhere",
        "PYTHONPATH": str(tmp_path / "path"),
        "PYTHONSTARTUP": str(tmp_path / "path/pandas.py"),
        "PYTHONWARNINGS": "error",
    }
    for name, value in users.items():
        monkeypatch.setenv(name, value)
    row, outputs = run_one(tmp_path, STATE)
    assert row["error"] is None
    assert json.loads(outputs[0].text) == {
        "python": sys.executable,
        "usetex": False,
        "face": "white",
        "backend": "module://matplotlib_inline.backend_inline",
        "started": False,
        "foreign": False,
        "warnings": [],
        "text": "str",
        "hidden": False,
        "home": str(home / "record"),
        "core": "Haswell",  # this machine's choice stays
    }
    assert "90.three" in json.loads((home / "record/claims/90.json").read_text())


@pytest.mark.skipif(os.name != "posix", reason="HOME")
def test_a_home_that_cannot_be_written_changes_no_page_and_is_told_with_its_fix(tmp_path, monkeypatch, capsys):
    for name in ("MLPIPE_HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "XDG_DATA_HOME", "MPLCONFIGDIR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("HOME", "/dev/null/home")
    row, outputs = run_one(tmp_path, "import matplotlib.pyplot as plt\nprint(plt.figure().number)")
    assert (row["error"], row["held"]) == (None, 1)
    assert [(one.name, one.text) for one in outputs if one.output_type == "stream"] == [("stdout", "1\n")]
    claimed = lessons.read(tmp_path / "out.ipynb").cells[2].outputs
    assert [one.output_type for one in claimed] == ["display_data"]  # and no warning of the record
    told = capsys.readouterr().out
    assert "/dev/null/home" in told
    assert "your record keeps nothing of this run: set MLPIPE_HOME to a folder" in told


def test_what_the_caller_asks_for_wins_over_the_runs_own(tmp_path, monkeypatch):
    monkeypatch.setenv("MPLBACKEND", "agg")
    monkeypatch.setenv("OMP_NUM_THREADS", "8")
    monkeypatch.setenv("MLPIPE_DATA", "data")
    monkeypatch.setenv("MLPIPE_SPARK", "1")
    env = environment(tmp_path, MLPIPE_HOME="x", PYTHONPATH="y")
    assert "MPLBACKEND" not in env
    assert (env["OMP_NUM_THREADS"], env["TQDM_DISABLE"], env["MLPIPE_HOME"], env["PYTHONPATH"]) == ("1", "1", "x", "y")
    assert Path(env["IPYTHONDIR"]).is_dir()
    spec = json.loads((Path(env["JUPYTER_PATH"]) / "kernels/python3/kernel.json").read_text())
    assert spec["argv"][0] == sys.executable  # also where no folder of this Python has a kernel
    assert env["MLPIPE_DATA"] == str(Path.cwd() / "data")  # a kernel works in another folder
    assert env["MLPIPE_SPARK"] == "1"


def test_papermill_does_not_complain_of_the_runs_own_files(tmp_path):
    row, outputs = run_one(tmp_path, "print('done')", PYTHONWARNINGS="error::UserWarning")
    assert (row["result"], outputs[0].text) == ("ok", "done\n")


# Two at once, and a disk that is full


def test_two_runs_at_once_are_both_in_the_report(tmp_path):
    checkout(tmp_path, "00_good", "03_good")
    lessons.write(tmp_path / "notebooks/05_good.ipynb", lessons.to_bytes(lesson("05_good", "pass")))
    runs = [command(tmp_path, "run", "--only", name) for name in ("00", "03")]
    for process in runs:
        process.communicate(timeout=120)
    rows = json.loads((tmp_path / "build/run/report.json").read_text())["lessons"]
    assert [(row["lesson"], row["result"]) for row in rows] == [("00_good", "ok"), ("03_good", "ok")]


def test_a_report_keeps_what_another_run_wrote_meanwhile(tmp_path):
    row = {"result": "ok", "seconds": 1.0}
    report = tmp_path / "report.json"
    with ThreadPoolExecutor(8) as pool:
        list(pool.map(lambda number: _remember(report, [row | {"lesson": f"{number:02}"}]), range(32)))
    assert len(json.loads(report.read_text())["lessons"]) == 32
    _remember(report, [row | {"lesson": "00", "result": "not run"}, row | {"lesson": "01", "result": "failed"}])
    results = {one["lesson"]: one["result"] for one in json.loads(report.read_text())["lessons"]}
    assert (results["00"], results["01"], len(results)) == ("ok", "failed", 32)


def test_a_file_that_cannot_be_written_costs_neither_table_nor_the_other_lessons(tmp_path):
    checkout(tmp_path, "00_good", "03_good")
    (tmp_path / "build/run/00_good.ipynb").mkdir(parents=True)  # as good as a full disk
    process = command(tmp_path, "run")
    out, err = process.communicate(timeout=120)
    assert (process.returncode, err) == (1, "")
    results = [line.split()[:2] for line in out.splitlines() if line.startswith("0") and "claims" not in line]
    assert ["03_good", "ok"] in results
    assert ["00_good", "ok"] not in results
    assert f"{tmp_path}/build/run/00_good.ipynb" in out
    assert len(json.loads((tmp_path / "build/run/report.json").read_text())["lessons"]) == 2


def test_a_report_that_cannot_be_read_is_told_before_anything_runs(tmp_path):
    checkout(tmp_path, "00_good")
    (tmp_path / "build/run").mkdir(parents=True)
    (tmp_path / "build/run/report.json").mkdir()
    process = command(tmp_path, "run")
    out, err = process.communicate(timeout=120)
    assert (process.returncode, out) == (2, "")
    assert f"{tmp_path}/build/run/report.json" in err


def test_table_is_in_the_order_of_the_course():
    row = {"result": "ok", "seconds": 1.0, "megabytes": 150, "claims": 3, "held": 2, "error": None}
    lines = table([row | {"lesson": "02_b"}, row | {"lesson": "01_a"}]).strip().splitlines()
    assert [line.split()[0] for line in lines] == ["lesson", "01_a", "02_b"]
    assert lines[1].split() == ["01_a", "ok", "1.0", "150", "2/3"]


@pytest.mark.parametrize("workers", [0, -1])
def test_no_workers_is_refused_and_does_not_wait_for_ever(workers):
    with pytest.raises(ValueError, match="JOBS"):
        run_jobs([], workers)
