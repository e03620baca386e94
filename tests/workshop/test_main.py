"""The command `mlpipe`: which lessons it takes, where it writes, and what it says to who mistyped."""

import json

import pytest

from mlpipe import paths
from mlpipe.interview import terminal
from mlpipe.workshop import environment, instructor, lab, lessons, prove, refresh, run
from mlpipe.workshop.__main__ import main, parser

COMMANDS = ("lab", "run", "interview", "instructor", "check-environment", "serve", "refresh", "author", "exercise")


@pytest.fixture
def calls(monkeypatch):
    """What a command was called with, in place of what it does."""
    seen = []

    def note(module, name):
        monkeypatch.setattr(module, name, lambda *arguments, **options: seen.append((name, arguments, options)) or 0)

    for module, name in (
        (run, "run"),
        (instructor, "instructor"),
        (refresh, "refresh"),
        (prove, "exercise"),
        (lab, "lab"),
        (lab, "author"),
    ):
        note(module, name)
    note(terminal, "main")
    return seen


@pytest.fixture
def clone(tmp_path, monkeypatch):
    """A checkout, whose package this is, with a folder in it."""
    for mark in paths.MARKS:
        (tmp_path / mark).mkdir(parents=True)
    monkeypatch.setattr(paths, "FILES", tmp_path)
    monkeypatch.setattr("mlpipe.workshop.__main__.FILES", tmp_path)
    return tmp_path


def test_any_folder_will_do_and_the_lessons_are_the_packages(calls, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    assert [main([name]) for name in ("run", "instructor", "lab")] == [0, 0, 0]
    assert [(arguments[0], options["into"]) for _, arguments, options in calls] == [(paths.FILES, tmp_path)] * 3


@pytest.mark.parametrize("below", [".", "my_course"])
def test_in_a_checkout_all_is_the_checkouts(below, calls, clone, monkeypatch):
    (clone / below).mkdir(exist_ok=True)
    monkeypatch.chdir(clone / below)
    names = ("run", "instructor", "lab", "refresh", "author", "exercise")
    assert [main([name]) for name in names] == [0] * 6
    assert [(name, arguments[0], options.get("into", clone)) for name, arguments, options in calls] == [
        (name, clone, clone) for name in names
    ]


@pytest.mark.parametrize("name", ["refresh", "author", "exercise"])
def test_the_authors_commands_say_that_they_need_a_checkout(name, calls, clone, monkeypatch, tmp_path_factory, capsys):
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert main([name]) == 2
    told = capsys.readouterr().err
    assert told.startswith(f"mlpipe {name} works on a checkout of the course, and this folder is not in one: ")
    monkeypatch.chdir(clone)  # the exercises of that package may be another version's
    monkeypatch.setattr("mlpipe.workshop.__main__.FILES", clone / "site-packages")
    assert main([name]) == 2
    assert f"this is the `mlpipe` of {clone / 'site-packages'}, not of {clone}: " in capsys.readouterr().err
    assert calls == []


def test_a_command_is_called_as_it_works_there(clone, monkeypatch, tmp_path_factory):
    monkeypatch.chdir(clone / "lessons")  # a kernel runs below the project's folder
    assert paths.call("run", only="05") == "make run ONLY=05"
    assert paths.call("interview", "--resume", question="ctr") == "make interview QUESTION=ctr ARGS=--resume"
    monkeypatch.chdir(tmp_path_factory.mktemp("elsewhere"))
    assert paths.call("run", only="05") == "mlpipe run --only 05"
    assert paths.call("interview", "--resume", question="ctr") == "mlpipe interview ctr --resume"
    assert paths.call("lab") == "mlpipe lab"


@pytest.mark.parametrize(
    ("arguments", "sentence"),
    [
        ([], "mlpipe: the following arguments are required: COMMAND; see `mlpipe --help`"),
        (["rnu"], "mlpipe: argument COMMAND: invalid choice: 'rnu' (choose from "),
        (["run", "--onyl", "05"], "mlpipe: unknown arguments: --onyl 05; see `mlpipe --help`"),
        (["serve", "--slow-store", "2"], "mlpipe serve: argument --slow-store: '2' is not of the form SECONDS:SHARE"),
        (["run", "--jobs", "two"], "mlpipe run: argument --jobs: invalid int value: 'two'; see `mlpipe run --help`"),
    ],
)
def test_a_mistyped_line_is_one_sentence(arguments, sentence, capsys):
    with pytest.raises(SystemExit) as ended:
        main(arguments)
    assert ended.value.code == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(sentence)


def test_the_help_lists_each_command_and_each_has_its_own(capsys):
    top = parser().format_help()
    for name in COMMANDS:
        assert f"    {name}" in top
        with pytest.raises(SystemExit) as ended:
            main([name, "--help"])
        assert ended.value.code == 0
        assert "show this help message" in capsys.readouterr().out


def test_the_interview_gets_its_arguments_untouched(calls):
    assert main(["interview", "ctr", "--seed", "3", "--drill"]) == 0
    assert calls == [("main", (["ctr", "--seed", "3", "--drill"],), {})]


@pytest.mark.parametrize(("free", "status"), [(0, 0), (1e18, 1)])
def test_the_check_of_the_environment_has_an_exit_status(free, status, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))
    monkeypatch.setattr(environment, "FREE_BYTES", free)
    assert main(["check-environment"]) == status
    out = capsys.readouterr().out
    assert out.count("\n") == 6
    assert out.count("✗") == status


def test_what_is_broken_elsewhere_is_not_mended_with_make(monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("MLPIPE_DATA", str(tmp_path))
    monkeypatch.setattr(environment, "PACKAGES", ("no-such-package",))
    monkeypatch.delenv("OPENBLAS_NUM_THREADS")
    told = "\n".join(line for line, _ in environment.report())
    assert "no-such-package is not installed; `pip install no-such-package`" in told
    assert "start with `mlpipe lab`" in told
    assert not [word for word in ("make", ".venv", "the course's folder") if word in told]
    assert paths.restore("data/x") == "git checkout -- data/x"
    monkeypatch.setattr(paths, "FILES", paths._INSTALLED)
    assert paths.restore("data/x").startswith("pip install --force-reinstall")


def test_a_copy_is_laid_out_in_the_folder_that_is_named(clone, monkeypatch, tmp_path_factory):
    empty = {"cells": [], "metadata": {}, "nbformat": 4, "nbformat_minor": 5}
    lessons.write(clone / "notebooks" / "00_start.ipynb", json.dumps(empty))
    elsewhere = tmp_path_factory.mktemp("elsewhere")
    monkeypatch.chdir(elsewhere)
    assert lab.copy_course(clone, elsewhere) == ["00_start.ipynb: added"]
    assert (elsewhere / "my_course" / "00_start.ipynb").exists()
    assert not (clone / "my_course").exists()


def test_serve_builds_a_model_where_there_is_none_and_serves_with_the_settings_that_are_named(
    monkeypatch, tmp_path, capsys
):
    built, served = [], []
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("mlpipe.serving.build.build", lambda folder, *tables, progress: built.append(folder))
    monkeypatch.setattr("mlpipe.serving.app.serve", lambda *given: served.append(given) or 0)
    assert main(["serve", "--port", "0", "--slow-store", "0.2:0.1", "--hedge-after", "0.01", "--waiting", "3"]) == 0
    folder = tmp_path / "build" / "serving"
    ((where, port, settings, until),) = served
    assert (built, where, port, until) == ([folder], folder, 0, None)
    assert (settings.slow_store, settings.hedge_after, settings.waiting) == ((0.2, 0.1), 0.01, 3)
    assert f"no model in {folder}" in capsys.readouterr().out
    (tmp_path / "current").write_text("0")
    assert main(["serve", "--folder", str(tmp_path)]) == 0
    assert len(built) == 1


@pytest.mark.parametrize(
    ("option", "value", "words"),
    [("--port", "70000", "port is 70000; expected"), ("--at-a-time", "0", "at_a_time is 0; expected"),
     ("--slow-store", "1:2", "share of slow_store is 2.0; expected")],
)  # fmt: skip
def test_what_serve_cannot_do_is_one_sentence(option, value, words, monkeypatch, tmp_path, capsys):
    monkeypatch.chdir(tmp_path)
    assert main(["serve", option, value]) == 2
    (told,) = capsys.readouterr().err.splitlines()
    assert told.startswith(words)
    assert list(tmp_path.iterdir()) == []
