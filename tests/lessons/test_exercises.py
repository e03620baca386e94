"""Every exercise of the course against its own solution, another right answer, and its mistakes."""

import ast
import contextlib
import re
from functools import cache

import numpy as np
import pytest
from helpers import EXERCISES, ROOT

from mlpipe.course import checking
from mlpipe.course.checking import bank, examine, judge, solved
from mlpipe.course.definition import definitions
from mlpipe.workshop import lessons

LESSONS = [one.number for one in lessons.find(ROOT)]
SEEDS = (0, 1, 2, 3, 4)
each_exercise = pytest.mark.parametrize("definition", EXERCISES, ids=lambda d: d.id)


@cache
def prepared(definition, seed):
    """Draws, results of the solution and of the bank: as `examine` makes them for each check, here once a seed."""
    cases, expected = solved(definition, seed)
    known = []
    for mistake, made in bank(definition, cases):
        with contextlib.suppress(Exception):  # one that fails on its inputs
            known.append((mistake, list(made)))
    return cases, expected, known


def judged(definition, answer, seed):
    """The feedback of `examine`, without a process for each of thousands of checks."""
    cases, expected, known = prepared(definition, seed)
    return judge(definition, answer, cases, expected, known=known)


def test_the_course_has_exercises():
    assert {"00", "t1"} <= set(LESSONS)
    assert len({definition.id for definition in EXERCISES}) == len(EXERCISES)
    for lesson in LESSONS:
        assert sum(d.core for d in definitions(lesson)) == 1, f"lesson {lesson}: one exercise is the core one"
        assert all(d.id.startswith(lesson + ".") for d in definitions(lesson))
        if lesson.startswith("t"):
            assert [d.id for d in definitions(lesson)] == [f"{lesson}.fault", f"{lesson}.fix"]
        elif lesson != "00":
            assert len(definitions(lesson)) >= 3


@each_exercise
def test_the_stub_is_not_attempted(definition):
    assert examine(definition, definition.function(definition.stub)).state == "not attempted"


@each_exercise
def test_the_stub_of_a_cell_is_not_attempted(definition):
    """A notebook compiles a cell statement by statement."""
    namespace = {}
    for statement in ast.parse(definition.stub).body:
        exec(compile(ast.Module([statement], []), "<cell>", "exec"), namespace)
    assert examine(definition, namespace[definition.name]).state == "not attempted"


@each_exercise
def test_right_answers_pass_on_every_draw(definition):
    if not definition.choices:
        assert normal(definition.solution) != normal(definition.another), "the other right answer is the same one"
    for answer in (definition.function(definition.solution), definition.function(definition.another)):
        for seed in SEEDS:
            assert str(judged(definition, answer, seed)).startswith("✓"), answer


@each_exercise
def test_each_wrong_answer_gets_the_message_of_its_own_mistake(definition):
    assert 3 <= len(definition.mistakes) <= 8, "keep those that people make; the draws refuse the rest"
    for mistake in definition.mistakes:
        for seed in SEEDS:
            feedback = judged(definition, mistake.answer, seed)
            assert (feedback.state, feedback.misconception) == ("incorrect", mistake.name), str(feedback)
            assert feedback.message == mistake.message


@each_exercise
def test_the_reader_is_told_the_same(definition):
    """The whole way, with a process of its own for each check."""
    for answer in (definition.answer, definition.mistakes[-1].answer):
        assert examine(definition, answer, seed=0) == judged(definition, answer, seed=0)


@each_exercise
def test_mistakes_have_names_and_messages_of_their_own(definition):
    names = [mistake.name for mistake in definition.mistakes]
    assert len(set(names)) == len(names) == len({mistake.message for mistake in definition.mistakes})
    for mistake in definition.mistakes:
        assert re.fullmatch(r"[a-z]+(_[a-z0-9]+)+", mistake.name)
        assert 30 <= len(mistake.message) <= 400


@each_exercise
def test_draws_differ_in_size_and_by_seed(definition):
    def size(value):
        return np.size(value) if not isinstance(value, dict) else len(value)

    draws = [definition.draw(np.random.default_rng(0), number) for number in range(checking.DRAWS)]
    if definition.choices:
        assert draws == [()] * checking.DRAWS
        return
    assert all(isinstance(draw, tuple) for draw in draws)
    sizes = {tuple(size(argument) for argument in draw) for draw in draws}
    scalars = all(size(argument) == 1 for argument in draws[0])
    assert scalars or len(sizes) >= 2, "the draws have one shape"
    assert not checking._unchanged(draws, [definition.draw(np.random.default_rng(1), n) for n in range(checking.DRAWS)])


@each_exercise
def test_hints_climb_and_do_not_contain_the_answer(definition):
    assert len(definition.hints) == len(set(definition.hints)) == 3
    answers = [body(definition, source) for source in (definition.solution, definition.another)]
    for hint in definition.hints:
        assert len(hint) >= 30
        for lines in answers:
            given = [line for line in lines if len(line) >= 15 and line in normal(hint)]
            assert len(given) <= len(lines) / 2, f"the hint holds the answer: {given}"
            assert not any(line.startswith("return") and line in normal(hint) for line in lines)


@pytest.mark.parametrize("definition", [one for one in EXERCISES if one.choices], ids=lambda d: d.id)
def test_each_wrong_name_is_in_the_bank_and_nothing_but_the_takeaway_tells_the_right_one(definition):
    right = definition.answer()
    assert right in definition.choices
    assert len(set(definition.choices)) == len(definition.choices)
    assert {mistake.name for mistake in definition.mistakes} == set(definition.choices) - {right}
    for mistake in definition.mistakes:
        assert mistake.answer() == mistake.name
    told = [*definition.hints, definition.title, definition.stub, *(mistake.message for mistake in definition.mistakes)]
    unknown = examine(definition, lambda: "a typo")
    assert (unknown.state, unknown.misconception) == ("incorrect", "no_such_name")
    for text in told:
        for form in (right, right.replace("_", " "), right.replace("_", "-")):
            assert form not in text.lower(), text
    assert unknown.message.count(right) == 1
    assert all(name in unknown.message for name in definition.choices), "a list of all names tells nothing"


def normal(text: str) -> str:
    return re.sub(r"\s+", "", text)


def body(definition, source: str) -> list[str]:
    """The statements of the answer's function, without white space."""
    function = next(n for n in ast.parse(source).body if isinstance(n, ast.FunctionDef) and n.name == definition.name)
    return [
        normal(ast.unparse(node)) for node in ast.walk(function) if isinstance(node, ast.stmt) and node is not function
    ]


def single(value):
    if isinstance(value, np.ndarray) and value.dtype.kind == "f":
        return value.astype(np.float32)
    return np.float32(value) if isinstance(value, float) else value


# Counts of users: single precision gives another count.
EXACT = {"01.ab_sample_size", "18.group_size"}


@pytest.mark.parametrize(
    "definition", [one for one in EXERCISES if not one.choices and one.id not in EXACT], ids=lambda d: d.id
)
def test_right_answers_in_single_precision_are_right(definition):
    for seed in range(5):
        cases, expected = solved(definition, seed)
        feedback = judge(definition, lambda *given: definition.answer(*map(single, given)), cases, expected, known=())
        assert feedback.state == "correct", feedback.message
