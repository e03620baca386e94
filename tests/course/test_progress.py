"""The reader's progress: what is noted and for whom, what is shown of it, and that it can be removed."""

import importlib
import io
import json
import subprocess
import sys

import pytest
from helpers import in_kernel

from mlpipe.course import claim, claims, exercise, say
from mlpipe.course.definition import definitions
from mlpipe.course.record import update_record
from mlpipe.interview import store
from mlpipe.interview.engine import Interview
from mlpipe.interview.score import LIVE
from mlpipe.workshop import lessons
from mlpipe.workshop.__main__ import main

progress = importlib.import_module("mlpipe.course.progress")
guesses = importlib.import_module("mlpipe.course.guesses")


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    """A reader who sits at a kernel, with an empty record."""
    for module in (progress, guesses):
        monkeypatch.setattr(module, "lives", lambda: True)
    monkeypatch.setattr(progress, "_noted", set())
    monkeypatch.setattr(claims, "_made", {})
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))
    return tmp_path


def state(number):
    return next(one for one in progress.collect().lessons if one.number == number)


def test_a_lesson_is_begun_with_its_first_claim_and_read_with_its_closing_box():
    assert state("05").state == "not begun"
    claim("s", 2, id="05.a", baseline=0, at_least=1)
    assert state("05").state == "begun"
    say("It is {05.a}.")
    assert state("05").state == "read"
    assert state("04").state == "not begun"


def test_a_guess_and_a_try_begin_a_lesson_too():
    guesses.guess("06.a")
    progress.mark_exercise("08.log_loss", "incorrect", None)
    assert [state(number).state for number in ("06", "08", "09")] == ["begun", "begun", "not begun"]


def test_an_exercise_keeps_tries_misconceptions_and_that_it_was_solved(home):
    right = definitions("05")[0]
    mistake = right.mistakes[0]
    tried = exercise(right.id)
    for answer in (None, mistake.answer, mistake.answer, right.answer, mistake.answer):
        tried.check(answer)
    entry = json.loads((home / "exercises/05.json").read_text())[right.id]
    told = entry["misconceptions"]
    assert (entry["solved"], entry["tries"], told) == (True, 4, {mistake.name: 3})
    assert state("05").exercises[right.id] == "solved"


def test_where_nobody_reads_nothing_is_noted(monkeypatch, home, capsys):
    monkeypatch.setattr(progress, "lives", lambda: False)
    exercise(definitions("05")[0].id).check(definitions("05")[0].answer)
    claim("s", 2, id="05.a", baseline=0, at_least=1)
    say("It is {05.a}.")
    assert sorted(path.name for path in home.iterdir()) == ["claims"]
    capsys.readouterr()
    progress.progress()
    assert capsys.readouterr().out == progress.NOTHING + "\n"


def test_stored_outputs_say_the_same_for_every_reader(monkeypatch, home):
    cells = ("from mlpipe.course import progress", "progress()")
    update_record(home / "lessons/05.json", "read", {})
    (live,) = in_kernel(*cells)[1].outputs
    assert "05 Matrix factorization: read" in live.data["text/html"]
    monkeypatch.setenv("TQDM_DISABLE", "1")
    (stored,) = in_kernel(*cells)[1].outputs
    assert stored.data["text/plain"] == progress.NOTHING
    assert "05" not in stored.data["text/html"]


def test_two_programs_that_try_at_once_lose_no_try(home):
    text = (
        "import importlib; one = importlib.import_module('mlpipe.course.progress'); one.lives = lambda: True\n"
        "for _ in range(30): one.mark_exercise('05.user_step', 'incorrect', 'a')"
    )
    programs = [subprocess.Popen([sys.executable, "-c", text]) for _ in range(2)]
    assert [one.wait(60) for one in programs] == [0, 0]
    entry = json.loads((home / "exercises/05.json").read_text())["05.user_step"]
    assert (entry["tries"], entry["misconceptions"]) == (60, {"a": 60})


@pytest.mark.parametrize("text", ["", "{broken", "[]", '{"05.user_step": 3}', '{"05.user_step": {"tries": "many"}}'])
def test_a_damaged_record_counts_as_not_done_and_can_be_written_again(text, home):
    for folder in ("lessons", "exercises", "guesses", "interviews/ctr"):
        (home / folder).mkdir(parents=True)
        (home / folder / "05.json").write_text(text)
    assert "0 of" in progress.as_text(progress.collect()) or progress.collect().empty
    progress.mark_exercise("05.user_step", "correct", None)
    assert state("05").exercises["05.user_step"] == "solved"


def test_a_record_that_cannot_be_written_costs_nothing_else(monkeypatch, home):
    (home / "file").write_text("")
    monkeypatch.setenv("MLPIPE_HOME", str(home / "file"))
    progress.mark_lesson("05")
    progress.mark_exercise("05.user_step", "correct", None)
    assert progress.collect().empty


def interview(attempt_id, scored=False):
    """An attempt at which nothing was said, so that no level can be shown by a sentence."""
    sat = Interview("ctr", 1, lambda: 0.0, attempt_id=attempt_id)
    sat.start()
    sat.finish()
    if scored:
        sat.score(dict.fromkeys(LIVE, 0), {}, (), peer=False)
    store.save(sat)


def test_the_picture_in_a_terminal(home, capsys):
    for number in ("00", "01"):
        progress.mark_lesson(number)
        progress.mark_lesson(number, "read")
        for one in definitions(number):
            progress.mark_exercise(one.id, "correct", None)
    progress.mark_lesson("05")
    progress.mark_exercise("05.user_step", "incorrect", "mean_instead_of_sum")
    for name, verdict in (("a", "right"), ("b", "off"), ("c", "")):
        update_record(home / "guesses/05.json", f"05.{name}", {"verdict": verdict})
    interview("20260101-a", scored=True)
    interview("20260102-b")
    assert main(["progress"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert "Frame the problem           00-03   ██░░" in lines[1]
    assert "The recommender             04-07   ░▒░░" in lines[2]
    n = sum(len(definitions(number)) for number in ("00", "01"))
    assert f" {n} of " in lines[1]
    after = lines[7:]
    assert after[0].startswith(f"Exercises: {n} of ")
    assert after[0].endswith("solved, 1 tried.")
    assert after[1] == "Came up in what is not solved yet: mean instead of sum (05.user_step)."
    assert after[2] == "Guesses: 3 taken, 1 right, 1 off."
    assert after[3] == "Interviews: 2 sat; the last score: below junior (ctr)."
    assert after[4].startswith("Next: try 05.user_step again in 05 Matrix factorization;")


def read_all(solve="core"):
    for one in lessons.find(progress.FILES):
        progress.mark_lesson(one.number, "read")
        for each in definitions(one.number):
            if solve == "all" or one.number.startswith("t") or each.core:
                progress.mark_exercise(each.id, "correct", None)


def test_what_to_do_next():
    def then():
        return progress.next_step(progress.collect())

    assert then() == "open 00 Start here"
    progress.mark_lesson("00")
    assert then() == "go on with 00 Start here"
    progress.mark_lesson("00", "read")
    (core,) = (one.id for one in definitions("00") if one.core)
    assert then() == f"solve {core}, the core exercise of 00 Start here"
    progress.mark_exercise(core, "incorrect", None)
    assert then().startswith(f"try {core} again")
    progress.mark_exercise(core, "correct", None)
    assert then().startswith("open 01 ")
    read_all()
    assert then().startswith("sit the interview and score it: make interview")
    interview("20260101-a", scored=True)
    assert then().startswith("sit the interview again")


def test_parts_are_those_of_the_course():
    assert list(progress.collect().parts) == [*progress.PARTS.values(), progress.TRAPS]
    assert [one.number for one in progress.collect().lessons] == [one.number for one in lessons.find(progress.FILES)]
    titles = {one.number: lessons.title_and_goal(lessons.read(one.notebook))[0] for one in lessons.find(progress.FILES)}
    assert {one.number: one.title for one in progress.collect().lessons} == titles


def test_a_terminal_that_lacks_the_signs_gets_others(home):
    update_record(home / "lessons/00.json", "read", {})
    done = subprocess.run(
        [sys.executable, "-m", "mlpipe.workshop", "progress"],
        env={"PYTHONIOENCODING": "ascii", "MLPIPE_HOME": str(home)},
        capture_output=True,
        text=True,
        check=True,
    )
    assert "#..." in done.stdout


@pytest.fixture
def record(home):
    progress.mark_exercise("05.user_step", "correct", None)
    claim("s", 2, id="05.a", baseline=0, at_least=1)
    guesses.guess("05.b", 2)
    interview("20260101-a", scored=True)
    (home / "interviews/ctr/20260101-a.one.webm").write_bytes(b"my voice")
    return home


@pytest.mark.parametrize("typed", ["no\n", "\n", ""])
def test_nothing_is_forgotten_without_a_yes(typed, record, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO(typed))
    before = sorted(record.rglob("*"))
    assert main(["progress", "--forget"]) == 0
    assert "Nothing was removed." in capsys.readouterr().out
    assert sorted(record.rglob("*")) == before


@pytest.mark.parametrize("sure", [True, False])
def test_what_is_forgotten_and_what_stays_is_said(sure, record, monkeypatch, capsys):
    monkeypatch.setattr(sys, "stdin", io.StringIO("" if sure else "Yes\n"))
    assert main(["progress", "--forget", *["--yes"] * sure]) == 0
    told = capsys.readouterr().out
    assert str(record) in told
    assert "to be removed: lessons (1 file), exercises (1 file), guesses (1 file), claims (1 file)" in told
    assert "these stay: interviews (2 files), cold_answers (0 files)" in told
    assert "4 files are removed." in told
    left = [path.name for path in record.rglob("*") if path.is_file() and path.name != ".lock"]
    assert sorted(left) == ["20260101-a.json", "20260101-a.one.webm"]
    assert main(["progress", "--forget", "--yes"]) == 0
    assert "There is nothing to remove." in capsys.readouterr().out
    progress.mark_lesson("05")
    assert state("05").state == "begun"
