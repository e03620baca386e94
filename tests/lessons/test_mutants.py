"""Mutants of right answers: what they are; a share of them is refused. `test_exercises.py` tries all."""

import pytest
from helpers import EXERCISES

from mlpipe.course.definition import load
from mlpipe.workshop.mutants import mutants
from mlpipe.workshop.prove import survivors

SHARE = 50
TO_WRITE = [definition for definition in EXERCISES if not definition.choices]
COUNT = '''"""How many values are small."""

import numpy as np

def count(values, limit):
    if limit < 0:
        return 0
    return int(np.sum(values <= limit))

def another(values, limit):
    return sum(value <= limit for value in values.tolist()) if limit >= 0 else 0

def draw(rng, number):
    return np.append(rng.integers(4, 7, size=(5, 9, 30)[number]), 5), LIMIT

mistakes, hints, takeaway = [], ("a", "b", "c"), ""
'''


def made(tmp_path, limit):
    path = tmp_path / f"count_{abs(hash(limit))}.py"
    path.write_text(COUNT.replace("LIMIT", limit))
    return load(path, "99.count")


def test_a_mutant_is_the_function_with_one_change():
    source = "def f(a, b):\n    x = a - 2 * b.sum(axis=0)\n    if x > 1 and a:\n        x = x[1:]\n    return x\n"
    found = dict(mutants(source))
    for line in (
        "x = a + 2 * b.sum(axis=0)",
        "x = 2 * b.sum(axis=0)",
        "x = 2 * b.sum(axis=0) - a",
        "x = a - 3 * b.sum(axis=0)",
        "x = a - 2 * b.mean(axis=0)",
        "x = a - 2 * b.sum()",
        "x = a - 2 * b",
        "x = b - 2 * b.sum(axis=0)",
        "if x >= 1 and a:",
        "if x > 1 or a:",
        "if False:",
        "x = x[:]",
        "x = x",
        "not: x = x[1:]",
    ):
        assert line in found
        compile(found[line], line, "exec")
    assert len(set(found.values())) == len(found)
    assert all(code.startswith("def f(a, b):") for code in found.values())


def test_draws_that_never_meet_the_boundary_let_a_mutant_pass(tmp_path):
    never, always = (survivors(made(tmp_path, limit)) for limit in ("4.5", "(5, 0, -1)[number]"))
    assert "return int(np.sum(values < limit))" in never
    assert "return int(np.sum(values < limit))" not in always
    assert "accepted by 20 of 20 checks, another result on 0" in never["if False:"]


def test_a_mutant_that_never_returns_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr("mlpipe.workshop.prove.SECONDS_OF_A_MUTANT", 0.5)
    path = tmp_path / "sink.py"
    path.write_text(
        COUNT.replace("LIMIT", "5").replace(
            "    if limit < 0:\n        return 0", "    while limit < 0:\n        limit += 1"
        )
    )
    assert "while True:" not in survivors(load(path, "99.sink"))


@pytest.mark.parametrize("definition", TO_WRITE, ids=lambda d: d.id)
def test_some_mutants_are_refused(definition):
    found = survivors(definition, slice(len(definition.id), None, SHARE))
    assert set(found) <= set(definition.equivalent)
