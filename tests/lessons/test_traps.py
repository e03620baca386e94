"""The traps: the planted fault moves the symptom, the repair removes it, and a wrong repair does not.

The code of a notebook runs here up to its symptom, with another function in the place of the planted one.
"""

import ast
import re
from copy import deepcopy
from functools import cache
from pathlib import Path
from typing import ClassVar

import matplotlib
import pytest

import mlpipe.course
from mlpipe.course.definition import find
from mlpipe.recommenders import ALS
from mlpipe.workshop import lessons

ROOT = Path(__file__).parents[2]
TRAPS = {one.number: one for one in lessons.find(ROOT) if one.part == lessons.TRAPS}
SEEDS = (0, 3)  # other ones than those of the tests of all notebooks

HEALTHY = {  # where the symptom of a sound pipeline lies
    "t1": (-0.05, 0.05),  # difference of two entropies
    "t2": (0.9, 1.1),  # evaluated over shown
    "t3": (0.85, 1.15),  # paid over earned
    "t4": (1.0, 1.25),  # forecast over clicks, or its inverse, in the worst part of the day
    "t5": (0.75, 1.25),  # hits of the page over hits of the test
    "t6": (-0.04, 0.04),  # change in the experiment less change at launch
}
OTHER_HARM = {  # wrong repairs that end the symptom, and do other harm: they lose or distort, as their messages say
    "t1": {
        "one_day_only",
        "clicks_of_before_impressions_of_today",
        "shifted_over_all_keys",
        "takes_out_one_row_only",
    },
    "t2": {"one_place_too_few"},
    "t3": {"clips_before_it_corrects", "forgets_to_clip"},
    "t4": {"nine_hours_for_all", "one_offset_all_year"},
    "t5": {"oldest_common_night", "first_common_night_found"},
    "t6": {"half_of_all_users"},
}
EACH = pytest.mark.parametrize("trap", TRAPS)


class OneFit:
    """ALS, fitted once for the same settings and matrix: what a function to repair chooses comes after the fit."""

    known: ClassVar = {}

    def __init__(self, **settings):
        self.settings = settings

    def fit(self, matrix):
        key = (id(matrix), *self.settings.items())
        if key not in self.known:
            self.known[key] = matrix, ALS(**self.settings).fit(matrix)  # the matrix is kept: its id stays its own
        return deepcopy(self.known[key][1])


class Notebook:
    """The code of a trap, which runs again and again from where the function to repair is defined."""

    def __init__(self, trap, seed):
        self.definition = find(f"{trap}.fix")
        self.symptoms = []
        cells = [cell for cell in lessons.from_text(TRAPS[trap]).cells if cell.cell_type == "code"]
        first = next(number for number, cell in enumerate(cells) if lessons.exercise_id(cell))
        trees = [ast.parse(cell.source) for cell in cells[:first]]
        (self.at,) = [n for n, tree in enumerate(trees) if self.place(tree) is not None]
        self.trees = trees
        self.namespace = {}
        for tree in trees[: self.at]:
            self.run(tree)
            if "SEED" in self.namespace:
                self.namespace["SEED"] = seed
        if "ALS" in self.namespace:
            self.namespace["ALS"] = OneFit
        self.before = dict(self.namespace)
        self.known = {}  # by the function's source: nothing else changes, so one run tells

    def place(self, tree):
        """Where a cell defines the function to repair, or None."""
        names = [getattr(node, "name", None) for node in tree.body]
        return names.index(self.definition.name) if self.definition.name in names else None

    def run(self, tree):
        exec(compile(tree, "<trap>", "exec"), self.namespace)

    def symptom(self, source=None):
        """The value of the claim, with the planted function or with another one, given as text or as it is."""
        self.namespace.clear()
        self.namespace |= self.before
        for number, tree in enumerate(self.trees[self.at :], self.at):
            body = list(tree.body)
            if number == self.at and source is not None:
                given = f"{self.definition.name} = _given" if callable(source) else source
                self.namespace["_given"] = source
                body[self.place(tree) : self.place(tree) + 1] = ast.parse(given).body
            self.run(ast.Module(body, []))
        return self.symptoms.pop()


@cache
def notebook(trap, seed):
    return Notebook(trap, seed)


@pytest.fixture(autouse=True)
def recorded(monkeypatch):
    """Claims are taken down instead of shown, figures drawn and thrown away."""
    backend = matplotlib.get_backend()
    matplotlib.use("agg")
    import matplotlib.pyplot as plt

    with matplotlib.rc_context():
        yield
    plt.close("all")
    matplotlib.use(backend)


def symptom(trap, seed, monkeypatch, source=None):
    """The value of the symptom and whether it meets the bound of the claim, which stands for "the fault shows"."""
    one = notebook(trap, seed)
    if source in one.known:
        return one.known[source]
    taken = []

    def claim(sentence, value, **more):
        low, high = more.get("between") or (more.get("at_least", float("-inf")), more.get("at_most", float("inf")))
        assert more["id"] == f"{trap}.symptom"
        taken.append((float(value), low <= value <= high))

    monkeypatch.setattr(mlpipe.course, "claim", claim)
    one.before["claim"] = claim
    one.symptoms = taken
    one.known[source] = one.symptom(source)
    return one.known[source]


def healthy(trap, value):
    low, high = HEALTHY[trap]
    return low <= value <= high


def test_there_are_six_traps_whose_names_do_not_tell():
    assert sorted(TRAPS) == sorted(HEALTHY) == sorted(OTHER_HARM)
    for lesson in TRAPS.values():
        told = set(lesson.name.split("_")) | set(title_words(lesson))
        for name in find(f"{lesson.number}.fault").choices:
            assert not set(name.split("_")) <= told


def title_words(lesson):
    return re.findall(r"\w+", lessons.title_and_goal(lessons.from_text(lesson))[0].lower())


@EACH
def test_the_planted_function_is_the_stub_to_repair(trap):
    one = find(f"{trap}.fix")
    cells = [cell for cell in lessons.from_text(TRAPS[trap]).cells if cell.cell_type == "code"]
    planted = [
        ast.dump(node)
        for cell in cells
        for node in ast.parse(cell.source).body
        if getattr(node, "name", None) == one.name
    ]
    assert planted == [ast.dump(ast.parse(one.stub).body[-1])] * 2


@pytest.mark.slow
@EACH
@pytest.mark.parametrize("seed", SEEDS)
def test_the_fault_moves_the_symptom_and_the_repair_removes_it(trap, seed, monkeypatch):
    value, shows = symptom(trap, seed, monkeypatch)
    assert shows
    assert not healthy(trap, value)
    value, shows = symptom(trap, seed, monkeypatch, find(f"{trap}.fix").solution)
    assert not shows
    assert healthy(trap, value), value


@pytest.mark.slow
@EACH
def test_a_wrong_repair_leaves_the_symptom(trap, monkeypatch):
    mistakes = {mistake.name: mistake.answer for mistake in find(f"{trap}.fix").mistakes}
    assert OTHER_HARM[trap] < set(mistakes)
    left = {name: symptom(trap, SEEDS[0], monkeypatch, code)[0] for name, code in mistakes.items()}
    assert {name for name, value in left.items() if healthy(trap, value)} == OTHER_HARM[trap], left


@pytest.mark.slow
@EACH
def test_the_takeaway_tells_the_number_after_the_repair(trap, monkeypatch):
    """It is typed, so it must hold for any seed: as near to the measured one as the healthy band is wide."""
    told = re.search(r"After the repair.*?about (-?[\d.]+)( ?%)?", find(f"{trap}.fix").takeaway)
    number = float(told[1].rstrip(".")) / (100 if told[2] else 1)
    low, high = HEALTHY[trap]
    assert low <= number <= high
    for seed in SEEDS:
        value, _ = symptom(trap, seed, monkeypatch, find(f"{trap}.fix").solution)
        assert abs(value - number) <= (high - low) / 2
