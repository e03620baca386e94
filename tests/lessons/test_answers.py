"""Right and wrong answers as people write them, beside those in the exercises' modules."""

import importlib
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from helpers import EXERCISES
from scipy.stats import norm

from mlpipe.course.checking import judge, solved

SEEDS = range(20)
BY_ID = {definition.id: definition for definition in EXERCISES}
MODULES = [importlib.import_module(path.stem) for path in sorted(Path(__file__).parent.glob("answers_*.py"))]


def written(kind):
    """One parameter an answer: the exercise, and the code."""
    return [
        pytest.param(name, code, id=f"{name}: {what}")
        for module in MODULES
        for name, answers in getattr(module, kind).items()
        for what, code in answers.items()
    ]


def states(name, code):
    """What the checks say of an answer, one a seed."""
    definition, names = BY_ID[name], {"np": np, "pd": pd, "norm": norm}
    exec(code, names)
    return [judge(definition, names[definition.name], *solved(definition, seed), known=()).state for seed in SEEDS]


@pytest.mark.parametrize(("name", "code"), written("RIGHT"))
def test_a_right_answer_passes_every_check(name, code):
    assert states(name, code) == ["correct"] * len(SEEDS)


@pytest.mark.parametrize(("name", "code"), written("WRONG"))
def test_a_wrong_answer_is_refused_by_every_check(name, code):
    assert states(name, code) == ["incorrect"] * len(SEEDS)
