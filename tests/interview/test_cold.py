"""The cold answer and the environment check."""

import json
import sys

import pytest

from mlpipe import datasets
from mlpipe.interview import save_cold_answer
from mlpipe.workshop import environment


@pytest.fixture(autouse=True)
def own_record(monkeypatch, tmp_path):
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))


def test_answers_are_kept_all_of_them(tmp_path, capsys):
    save_cold_answer("ctr", "first try")
    save_cold_answer("ctr", "second, longer try")
    kept = json.loads((tmp_path / "cold_answers/ctr.json").read_text())
    assert [entry["answer"] for _, entry in sorted(kept.items())] == ["first try", "second, longer try"]
    assert "Saved 3 words" in capsys.readouterr().out


def test_an_empty_answer_is_not_saved(tmp_path, capsys):
    save_cold_answer("recommender", "  \n ")
    assert "Nothing saved" in capsys.readouterr().out
    assert not list(tmp_path.iterdir())


def test_a_record_that_cannot_be_written_loses_nothing_and_is_told(tmp_path, capsys):
    save_cold_answer("ctr", "first try")
    (tmp_path / "cold_answers").rename(tmp_path / "kept")
    (tmp_path / "cold_answers").write_text("a file in the way")
    save_cold_answer("ctr", "second try")
    told = capsys.readouterr().out.splitlines()[-1]
    assert told.startswith(f"Not saved: {tmp_path / 'cold_answers' / 'ctr.json'} cannot be written (")
    assert "still in this cell" in told
    assert "set MLPIPE_HOME" in told
    assert "first try" in (tmp_path / "kept" / "ctr.json").read_text()


@pytest.mark.parametrize("damaged", ["{", "[]"])
def test_a_damaged_record_is_set_aside(tmp_path, damaged):
    path = tmp_path / "cold_answers" / "ctr.json"
    for _ in range(2):
        save_cold_answer("ctr", "one answer")
        path.write_text(damaged)
    save_cold_answer("ctr", "last")
    assert [entry["answer"] for entry in json.loads(path.read_text()).values()] == ["last"]
    assert [one.read_text() for one in path.parent.glob("ctr.unreadable*")] == [damaged] * 2


@pytest.mark.parametrize(("question", "answer"), [("ads", "text"), ("ctr", None)])
def test_bad_input_is_refused(question, answer):
    with pytest.raises(ValueError, match="expected"):
        save_cold_answer(question, answer)


def test_the_environment_of_the_tests_is_ready(monkeypatch, capsys):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    environment.check_environment()
    out = capsys.readouterr().out
    assert "✗" not in out
    assert out.count("✓") == 6


@pytest.mark.parametrize(
    ("break_it", "fix"),
    [
        (lambda m, tmp: m.setattr(environment, "PACKAGES", ("no-such-package",)), "make lab"),
        (lambda m, tmp: m.setitem(sys.modules, "scipy", None), "scipy cannot be imported (import of scipy halted"),
        (lambda m, tmp: m.setitem(sys.modules, "implicit", None), "run `pip install implicit`"),
        (lambda m, tmp: m.setenv("MLPIPE_DATA", str(tmp)), "git checkout"),
        (lambda m, tmp: m.setattr(environment, "FREE_BYTES", 1e18), "close other programs"),
        (lambda m, tmp: ((tmp / "f").write_text(""), m.setenv("MLPIPE_HOME", str(tmp / "f"))), "MLPIPE_HOME"),
        (lambda m, tmp: m.delenv("OPENBLAS_NUM_THREADS"), "OPENBLAS_NUM_THREADS"),
    ],
)
def test_each_failure_comes_with_its_fix(break_it, fix, monkeypatch, tmp_path, capsys):
    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    break_it(monkeypatch, tmp_path)
    environment.check_environment()
    (failed,) = [line for line in capsys.readouterr().out.splitlines() if line.startswith("✗")]
    assert fix in failed


def test_what_the_system_refuses_is_not_blamed_on_the_data(monkeypatch, capsys):
    def refuse(*_, **__):
        raise OSError(24, "Too many open files", "ratings.csv.gz")

    monkeypatch.setenv("OPENBLAS_NUM_THREADS", "1")
    monkeypatch.setattr(datasets, "movielens", refuse)
    environment.check_environment()
    assert "✗ the embedded data: [Errno 24] Too many open files: 'ratings.csv.gz'\n" in capsys.readouterr().out
