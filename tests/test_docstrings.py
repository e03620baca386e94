"""The check of docstrings finds what it is there to find, and leaves private functions alone."""

import subprocess
import sys
from pathlib import Path

import pytest

CHECK = Path(__file__).parents[1] / ".ci" / "docstrings.py"
SOUND = '''
"""One module."""

from dataclasses import dataclass


def quotient(a, b, *, digits=None, **options):
    """Divide.

    Parameters
    ----------
    a, b : numbers, b not 0
    digits : to round to
        None does not round.
    **options : of another day

    Returns
    -------
    float

    Raises
    ------
    ZeroDivisionError
        If b is 0.
    """
    return _checked(a, b)


def today():
    """One line says it."""
    return 1


@dataclass
class Point:
    """A point.

    Attributes
    ----------
    x, y : metres
    """

    x: float
    y: float

    def move(self, by):
        """Move it.

        Parameters
        ----------
        by : metres
        """

        def nested(by):
            """Nobody reads this."""
            return by

        self.x = nested(by)


class Place(Point):
    """A point with a name."""

    def move(self, by):
        """Move it and say so."""


def _checked(a, b):
    """Divide, and say so.

    Without a section.
    """
    if not b:
        raise ZeroDivisionError("b is 0")
    return a / b
'''


def check(folder, source):
    package = folder / "small"
    package.mkdir()
    (package / "module.py").write_text(source, encoding="utf-8")
    done = subprocess.run([sys.executable, CHECK, package], capture_output=True, text=True, check=False)
    return done.returncode, done.stdout + done.stderr


def test_sound_docstrings_pass(tmp_path):
    assert check(tmp_path, SOUND) == (0, "")


@pytest.mark.parametrize(
    ("sound", "faulty", "message"),
    [
        ("    digits : to round to\n        None does not round.\n", "", "quotient: digits is not under Parameters"),
        ("    a, b : numbers", "    b, a : numbers", "quotient: Parameters are not in the order of the arguments"),
        ("    **options : of another day\n", "", "quotient: **options is not under Parameters"),
        ("    a, b : numbers", "    a, b, c : numbers", "quotient: c is under Parameters, and no argument"),
        ("        by : metres\n", "", "Point.move: by is not under Parameters"),
        ("    x, y : metres", "    x : metres", "Point: y is not under Attributes"),
        ("    Returns\n    -------\n    float\n", "", "quotient: Returns is missing"),
        ("        self.x = nested(by)", "        yield nested(by)", "Point.move: Returns is missing"),
        ("    return _checked(a, b)", "    _checked(a, b)", "quotient: Returns is there, and nothing returned"),
        ("    Raises\n    ------\n    ZeroDivisionError\n", "", "quotient: ZeroDivisionError is not under Raises"),
        ("        self.x = nested(by)", "        raise KeyError", "Point.move: KeyError is not under Raises"),
        (
            '    def move(self, by):\n        """Move it and',
            '    def move(self, to):\n        """Move it and',
            "Place.move: to is not",
        ),
        ("def _checked", "def checked", "checked: a is not under Parameters"),
    ],
)
def test_a_fault_is_found(tmp_path, sound, faulty, message):
    assert sound in SOUND
    code, output = check(tmp_path, SOUND.replace(sound, faulty))
    assert code == 1
    assert message in output


def test_a_folder_without_functions_is_no_success(tmp_path):
    code, output = check(tmp_path, '"""Nothing."""\n')
    assert code == 1
    assert "holds no public function" in output
