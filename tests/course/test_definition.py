"""The form of an exercise's module, and what is told of one that is broken."""

import pytest
from helpers import SUM

from mlpipe import paths
from mlpipe.course import exercise
from mlpipe.course.definition import find, load

WHOLE = '''"""Double."""

import math, os as system
import numpy as np

from mlpipe.course.definition import edit, wrong

hints = ("a", "b", "c")
takeaway = "So it is."


def draw(rng, number):
    return (rng.normal(size=number + 2),)


def double(
    values,
):
    """What is asked for."""
    # a remark
    return np.add(values, values)  # another


def another(values):
    return 2 * values


def half(values):
    return values / 2


mistakes = [edit("np.add", "np.subtract", "takes_away", "No."), wrong(half, "You halve.")]
'''


@pytest.fixture
def module(tmp_path, monkeypatch):
    """A course of one lesson with one exercise: write its module."""
    monkeypatch.setattr(paths, "FILES", tmp_path)
    path = tmp_path / "lessons" / "99_last" / "double.py"
    path.parent.mkdir(parents=True)

    def write(text):
        path.write_text(text, encoding="utf-8")
        load.cache_clear()
        return path

    yield write
    load.cache_clear()


def test_stub_solution_and_mistakes_are_made_from_one_function(module):
    module(WHOLE)
    found = find("99.double")
    assert (found.title, found.name, found.core, found.choices) == ("Double", "double", False, ())
    assert found.stub == "def double(\n    values,\n):\n    ...\n"
    assert found.solution.startswith("import numpy as np\n\n\ndef double(\n    values,\n):\n")
    assert found.solution.endswith("    return np.add(values, values)  # another\n")
    assert found.another == "def double(values):\n    return 2 * values\n"
    assert [(one.name, one.message) for one in found.mistakes] == [("takes_away", "No."), ("half", "You halve.")]
    assert [one.answer(3) for one in (*found.mistakes, found)] == [0, 1.5, 6]


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("return 2 *", "return 2 *)", r"SyntaxError: .*line 25"),
        ("np.add(", "np.subtract(", r"takes_away: the solution has no 'np.add'; edit what stands there"),
        ('"np.subtract"', '"np.("', r"takes_away"),
        ("mistakes =", "errors =", "it lacks `mistakes`"),
        ("hints =", "tips =", "it lacks `hints`"),
        ("def draw", "def drawn", "it lacks `draw`"),
        ("def another", "def _another", "it lacks `another`"),
        ("import numpy as np", "import nunpy as np", "ModuleNotFoundError: No module named 'nunpy'"),
        (WHOLE[WHOLE.index("def double") : WHOLE.index("def another")], "", "it lacks the function of the solution"),
        (WHOLE, "", "it lacks .*the function of the solution"),
    ],
)
def test_a_broken_module_is_named_with_the_fix(module, old, new, told):
    path = module(WHOLE.replace(old, new).replace("def half", "def _half").replace("wrong(half", "wrong(_half"))
    with pytest.raises(ValueError, match=told) as caught:
        find("99.double")
    assert str(path) in str(caught.value)
    assert "mlpipe.course.definition" in str(caught.value)


def test_a_module_that_is_not_installed_is_not_taken_for_a_lesson_without_exercises(module):
    module("import nunpy\n" + WHOLE)
    with pytest.raises(ValueError, match="No module named 'nunpy'") as caught:
        exercise("99.double")
    assert "this lesson has none" not in str(caught.value)
    assert isinstance(caught.value.__cause__, ModuleNotFoundError)
    with pytest.raises(ValueError, match=r"known: 99\.double$"):
        exercise("99.triple")


def test_a_definition_runs_other_text_as_its_function():
    assert SUM.function("def total(values, frame):\n    return 7\n")(0, 0) == 7
