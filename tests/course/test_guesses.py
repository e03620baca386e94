"""Guesses: what is taken for one, how near it was, what is kept, and that nothing waits where nobody is."""

import importlib
import json
import math
import os

import lesson_checks
import numpy as np
import pytest
from helpers import ROOT, in_kernel

import mlpipe
from mlpipe.course import guess, guesses, reveal
from mlpipe.course.record import update_record
from mlpipe.workshop import lessons

module = importlib.import_module("mlpipe.course.guesses")
CHOICES = ["a half", "a tenth", "a hundredth"]


@pytest.fixture(autouse=True)
def home(monkeypatch, tmp_path):
    for name in ("_asked", "_given", "_results", "_boxes"):
        monkeypatch.setattr(module, name, {})
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))
    return tmp_path


def stored(lesson):
    """What a lesson's stored outputs keep of each question and of its result, and the format that its code gives."""
    notebook = lessons.read(lesson.notebook)
    asked = {record["id"]: record for record in lessons.records(notebook, "guess")}
    formats = {
        lesson_checks.call_id(call): next((word.value.value for word in call.keywords if word.arg == "fmt"), None)
        for cell in notebook.cells
        for call in lesson_checks.calls(cell, "reveal")
    }
    return [(asked[found["id"]], found, formats[found["id"]]) for found in lessons.records(notebook, "reveal")]


def kept(home, lesson="99"):
    return json.loads((home / "guesses" / f"{lesson}.json").read_text())


def test_without_a_guess_the_question_says_how_to_give_one_and_the_result_stands_alone(capsys, home):
    guess("99.factors", choices=CHOICES)
    guess("99.filled", unit="%")
    reveal("99.factors", "a tenth")
    reveal("99.filled", np.float64(1.7234), fmt=".1f")
    guesses()
    asked, filled, tenth, number, closing = capsys.readouterr().out.splitlines()
    call = 'guess("99.factors", "a half")'
    assert asked == f"Your guess: “a half”, “a tenth”, “a hundredth”? Choose in JupyterLab, or call {call}."
    assert filled == 'Your guess: which number in %? Type it in JupyterLab, or call guess("99.filled", ...).'
    assert (tenth, number) == ("▸ The result: a tenth.", "▸ The result: 1.7 %.")
    assert "stands here when you run" in closing
    assert list(home.iterdir()) == []


def test_a_choice_is_taken_in_any_case_judged_and_kept(capsys, home):
    guess("99.factors", " A  Tenth", choices=CHOICES)
    assert kept(home)["99.factors"]["guess"] == "a tenth"
    reveal("99.factors", np.str_("a tenth"))
    assert "✓ The result: a tenth. Your guess was a tenth: right." in capsys.readouterr().out
    entry = kept(home)["99.factors"]
    assert (entry["said"], entry["result"], entry["verdict"]) == ("a tenth", "a tenth", "right")
    assert entry["version"] == mlpipe.__version__
    mode = (home / "guesses" / "99.json").stat().st_mode
    assert os.name == "nt" or mode & 0o777 == 0o600  # what a reader wrote is not for others to read


def test_a_wrong_choice_is_told(capsys):
    guess("99.factors", "a half", choices=CHOICES)
    reveal("99.factors", "a tenth")
    assert "✗ The result: a tenth. Your guess was a half: not so." in capsys.readouterr().out


@pytest.mark.parametrize(
    ("given", "result", "verdict", "words"),
    [
        (100, 100, "right", "right"),
        (105, 100, "right", "within a tenth"),
        (92, 100, "right", "within a tenth"),
        (110, 100, "right", "within a tenth"),
        (111, 100, "near", "within a factor of 1.5"),
        (150, 100, "near", "within a factor of 1.5"),
        (67, 100, "near", "within a factor of 1.5"),
        (151, 100, "off", "1.5 times too high"),
        (160, 100, "off", "1.6 times too high"),
        (600, 100, "off", "6 times too high"),
        (50, 100, "off", "2 times too low"),
        (1, 30, "off", "30 times too low"),
        (1e9, 1, "off", "more than 1,000 times too high"),
        (-5, -1, "off", "5 times too far below 0"),
        (-1, -5, "off", "5 times too near to 0"),
        (0, 5, "off", "too low"),
        (5, 0, "off", "too high"),
        (5, -5, "off", "too high"),
        (-5, 5, "off", "too low"),
        (1234, 1230, "right", "within a tenth"),
        (0, 0, "right", "right"),
    ],
)
def test_how_near_a_number_is(given, result, verdict, words, capsys):
    guess("99.n", given)
    reveal("99.n", result)
    assert words in capsys.readouterr().out.splitlines()[-1]
    assert module._results["99.n"]["verdict"] == verdict


@pytest.mark.parametrize("lesson", lessons.find(ROOT), ids=lambda lesson: lesson.number)
def test_each_question_of_the_course_takes_right_and_wrong_guesses(lesson):
    for asked, found, fmt in stored(lesson):
        value, typed = found["value"], found["shown"].replace(",", "")
        if asked["choices"]:
            tried = [(one, "right" if one == value else "off") for one in asked["choices"]]
        else:
            value = int(value) if (fmt or "").endswith("d") else value  # the record keeps it as a float
            tried = [(typed, "right"), (value, "right"), (10 * abs(math.ceil(value)) + 7, "off")]
            tried += [(math.floor(value) + fraction, None) for fraction in (0.5, 0.25)]
        for given, verdict in tried:
            for memory in (module._asked, module._given, module._results):
                memory.clear()
            guess(asked["id"], given, choices=asked["choices"] or None, unit=asked["unit"])
            reveal(asked["id"], value, fmt=fmt)
            result = module._results[asked["id"]]
            assert result["shown"] == found["shown"]
            assert verdict in (result["verdict"], None), (asked["id"], given)


def test_a_guess_that_is_the_result_as_shown_is_right(capsys):
    guess("99.n", 0, unit="%")
    reveal("99.n", 0.0004, fmt=".1f")
    assert "The result: 0.0 %. Your guess was 0 %: right." in capsys.readouterr().out


@pytest.mark.parametrize("text", ["2", " 2.0 ", "2%", "2 %", "+2", "2e0"])
def test_a_number_may_be_text_with_its_unit(text):
    guess("99.n", text, unit="%")
    assert module._given["99.n"] == 2


def test_a_minus_as_people_print_it_is_one():
    guess("99.n", "−3")
    assert module._given["99.n"] == -3


@pytest.mark.parametrize(
    ("given", "question", "message"),
    [
        ("ten", {"unit": "%"}, r"the guess is 'ten', but the answer is a number in %: write a number in digits"),
        ("ten", {}, "a plain number: write a number in digits, such as 1.5"),
        ("1,5", {}, r"'1,5': write a point for decimals, and no comma: 1\.5 or 1500"),
        ("2 %", {"unit": "h"}, "'2 %', but the answer is a number in h"),
        ("2%", {}, "'2%', but the answer is a plain number"),
        ("", {}, "no guess yet"),
        ("  ", {}, "no guess yet"),
        ("%", {"unit": "%"}, "the guess is '%'"),
        ("nan", {}, "any number is better than none"),
        (float("inf"), {}, "any number is better than none"),
        (True, {}, "the guess is True"),
        ([2], {}, "the guess is .2."),
        ("a third", {"choices": CHOICES}, 'the guess is \'a third\'; choose one of "a half", "a tenth", "a hundredth"'),
        ("", {"choices": CHOICES}, "choose one of"),
        (1, {"choices": CHOICES}, "the guess is 1; choose one of"),
    ],
)
def test_what_is_no_guess_is_told_and_loses_nothing(given, question, message, home):
    guess("99.n", CHOICES[0] if "choices" in question else 7, **question)
    before = kept(home)
    with pytest.raises(ValueError, match=message):
        guess("99.n", given, **question)
    assert kept(home) == before
    assert module._given["99.n"] == (CHOICES[0] if "choices" in question else 7)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"id": "factors"}, 'expected lesson and name in lower case, such as "05.factors"'),
        ({"id": 5}, "id is 5"),
        ({"choices": ["one"]}, "two to six texts"),
        ({"choices": "ab"}, "two to six texts"),
        ({"choices": [1, 2]}, "two to six texts"),
        ({"choices": ["a", "A "]}, "each another one"),
        ({"choices": list("abcdefg")}, "two to six texts"),
        ({"choices": CHOICES, "unit": "%"}, "leave one of them out"),
        ({"unit": None}, "unit is None"),
    ],
)
def test_what_makes_no_question_is_refused(arguments, message):
    with pytest.raises(ValueError, match=message):
        guess(**{"id": "99.n"} | arguments)
    assert module._asked == {}


def test_reveal_refuses_what_was_not_asked_and_what_is_no_result():
    guess("99.n", unit="%")
    guess("99.c", choices=CHOICES)
    for call, message in (
        (lambda: reveal("99.x", 1), r"'99\.x' was not asked in this run \(asked: 99\.c, 99\.n\): run its cell"),
        (lambda: reveal("99.n", float("nan")), "value is nan; expected one finite number"),
        (lambda: reveal("99.n", "2"), "value is '2'"),
        (lambda: reveal("99.c", "a third"), "value is 'a third'; expected one of \"a half\""),
        (lambda: reveal("99.c", "a half", fmt=".1f"), "leave it out"),
    ):
        with pytest.raises(ValueError, match=message):
            call()
    assert module._results == {}


def test_a_guess_may_be_changed_until_the_result_is_shown(capsys, home):
    guess("99.n", 3, unit="%")
    guess("99.n", 4)  # by code, without the unit
    reveal("99.n", 4)
    assert "Your guess was 4 %: right" in capsys.readouterr().out
    guess("99.n", 5)
    assert capsys.readouterr().out == "The result was shown already: 4 %. Your guess stays 4 %.\n"
    guess("99.n", 4)  # the cell run again
    assert capsys.readouterr().out == "Your guess: 4 %.\n"
    reveal("99.n", 4)
    assert kept(home)["99.n"]["guess"] == 4


def test_a_guess_after_the_result_does_not_count_and_says_so(capsys, home):
    guess("99.n", unit="%")
    reveal("99.n", 4)
    guess("99.n", 4)
    assert "shown already: 4 %. So this guess does not count" in capsys.readouterr().out
    assert list(home.iterdir()) == []
    assert module._given == {}


def test_the_table_has_a_line_a_question(capsys):
    guess("99.click_rate", 3, unit="%")
    reveal("99.click_rate", 3)
    guess("99.factors", "a half", choices=CHOICES)
    reveal("99.factors", "a tenth")
    guess("99.left_out")
    reveal("99.left_out", 7)
    guess("99.open", 1)
    capsys.readouterr()
    guesses()
    lines = capsys.readouterr().out.splitlines()
    assert lines[0] == "You guessed at 3 of 4 questions: 1 right, 1 off."
    rows = [[part.strip() for part in line.split("   ") if part.strip()] for line in lines[2:]]
    assert rows[0] == ["click rate", "3 %", "3 %", "right"]
    assert rows[1] == ["factors", "a half", "a tenth", "off"]
    assert rows[2] == ["left out", "no guess", "7"]
    assert rows[3] == ["open", "1", "not shown yet"]


@pytest.fixture
def reader(monkeypatch, home):
    """A reader who sits at a kernel, where each run may `find` a guess in the record."""
    monkeypatch.setattr(module, "lives", lambda: True)
    monkeypatch.setattr(module, "mark_lesson", lambda number: None)

    def find(entry):
        update_record(home / "guesses" / "99.json", "99.n", entry)

    return find


def test_another_day_the_guess_is_there_again(reader, capsys):
    reader({"guess": 7})
    guess("99.n", unit="%")
    assert capsys.readouterr().out == "Your guess: 7 %.\n"
    reveal("99.n", 7)
    assert "Your guess was 7 %: right." in capsys.readouterr().out


@pytest.mark.parametrize("entry", [{"guess": "a third"}, {"guess": None}, {}, ["a half"], "a half", None])
def test_what_is_no_guess_any_more_is_not_taken_up(entry, reader, capsys):
    reader(entry)
    guess("99.n", choices=CHOICES)
    assert capsys.readouterr().out.startswith("Your guess: “a half”, “a tenth”")
    assert module._given == {}


def test_the_guess_of_this_run_wins_over_the_record(reader, capsys):
    guess("99.n", 5)
    reader({"guess": 3})
    guess("99.n")
    assert capsys.readouterr().out.splitlines()[-1] == "Your guess: 5."


def test_a_guess_found_after_the_result_does_not_count(reader):
    guess("99.n")
    reveal("99.n", 3)
    reader({"guess": 3})
    guess("99.n")
    assert module._given == {}


def test_where_nobody_reads_the_record_is_not_looked_at(monkeypatch, reader):
    monkeypatch.setattr(module, "lives", lambda: False)
    reader({"guess": 3})
    guess("99.n")
    assert module._given == {}


def test_a_question_begins_its_lesson_with_and_without_a_guess(monkeypatch):
    begun = []
    monkeypatch.setattr(module, "mark_lesson", begun.append)
    guess("99.n")
    guess("t1.n", 5)
    assert begun == ["99", "t1"]


def test_a_record_that_cannot_be_written_costs_only_the_record(monkeypatch, home, capsys):
    (home / "file").write_text("")
    monkeypatch.setenv("MLPIPE_HOME", str(home / "file"))
    guess("99.n", 1)
    reveal("99.n", 1)
    taken, result = capsys.readouterr().out.splitlines()
    assert taken.startswith("Your guess: 1.")
    assert result.startswith("✓ The result: 1. Your guess was 1: right.")
    assert "set MLPIPE_HOME" in taken
    assert "set MLPIPE_HOME" in result


CELLS = (
    "from mlpipe.course import guess, guesses, reveal",
    'guess("99.factors", choices=["<b>a half</b>", "a tenth"])',
    'guess("99.filled", unit="%")',
    'reveal("99.factors", "<b>a half</b>")\nreveal("99.filled", 100 / 3, fmt=".1f")',
    "guesses()",
)


def test_where_outputs_are_stored_nothing_waits_and_each_run_is_the_same(monkeypatch, home):
    monkeypatch.setenv("TQDM_DISABLE", "1")
    first, second = ([cell.outputs for cell in in_kernel(*CELLS)] for _ in range(2))
    assert first == second
    factors, filled, results, closing = first[1:]
    assert [set(one.data) for one in (*factors, *filled, *results, *closing)] == [{"text/html", "text/plain"}] * 5
    assert factors[0].metadata["mlpipe"]["guess"]["choices"] == ["<b>a half</b>", "a tenth"]
    assert filled[0].metadata["mlpipe"]["guess"] == {"id": "99.filled", "choices": [], "unit": "%"}
    shown = results[1].metadata["mlpipe"]["reveal"]
    assert shown == {"id": "99.filled", "shown": "33.3 %", "value": 100 / 3, "guess": None, "verdict": ""}
    assert "&lt;b&gt;" in results[0].data["text/html"]
    assert list(home.iterdir()) == []


def test_a_reader_who_did_not_guess_is_told(monkeypatch):
    monkeypatch.delenv("TQDM_DISABLE", raising=False)
    *_, results, closing = in_kernel(*CELLS)
    assert "No guess was taken; the next time, guess first." in results.outputs[0].data["text/plain"]
    assert "You guessed at 0 of 2 questions." in closing.outputs[0].data["text/plain"]
