"""Exercises: the engine against broken answers, and every exercise of the course against its own bank."""

import ast
import contextlib
import re
import time
from functools import cache, partial
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import mlpipe.course.exercises
from mlpipe.course import checking, exercise, trial
from mlpipe.course.checking import bank, examine, judge, same, solved
from mlpipe.course.exercise import Definition, Exercise, Mistake, definitions, find

LESSONS = sorted(path.stem[-2:] for path in Path(mlpipe.course.exercises.__file__).parent.glob("lesson_*.py"))
ALL = [definition for lesson in LESSONS for definition in definitions(lesson)]
SEEDS = (0, 1, 2, 3, 4)
each_exercise = pytest.mark.parametrize("definition", ALL, ids=lambda d: d.id)


# --- every exercise of the course ---------------------------------------------------------------------------------


@cache
def prepared(definition, seed):
    """Draws, results of the solution and of the bank: as `examine` makes them for each check, here once a seed."""
    cases, expected = solved(definition, seed)
    known = []
    for mistake, made in bank(definition, cases):
        with contextlib.suppress(Exception):  # one that fails on its inputs
            known.append((mistake, list(made)))
    return cases, expected, known


def judged(definition, source, seed):
    """The feedback of `examine`, without a process for each of thousands of checks."""
    cases, expected, known = prepared(definition, seed)
    return judge(definition, definition.function(source), cases, expected, known=known)


def test_the_course_has_exercises():
    assert {"00", "t1"} <= set(LESSONS)
    assert len({definition.id for definition in ALL}) == len(ALL)
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
    assert normal(definition.solution) != normal(definition.another), "the other right answer is the same one"
    for seed in SEEDS:
        for source in (definition.solution, definition.another):
            feedback = judged(definition, source, seed)
            assert feedback.state == "correct", f"{source}\n{feedback}"


@each_exercise
def test_each_wrong_answer_gets_the_message_of_its_own_mistake(definition):
    assert len(definition.mistakes) >= 3
    for mistake in definition.mistakes:
        for seed in SEEDS:
            feedback = judged(definition, mistake.code, seed)
            assert (feedback.state, feedback.misconception) == ("incorrect", mistake.name), (
                f"{mistake.code}\n{feedback}"
            )
            assert feedback.message == mistake.message


@each_exercise
def test_the_reader_is_told_the_same(definition):
    """The whole way, with a process of its own for each check."""
    for source in (definition.solution, definition.mistakes[-1].code):
        feedback = examine(definition, definition.function(source), seed=0)
        assert feedback == judged(definition, source, seed=0)


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


@pytest.mark.parametrize("definition", [one for one in ALL if one.choices], ids=lambda d: d.id)
def test_each_wrong_name_is_in_the_bank_and_nothing_but_the_takeaway_tells_the_right_one(definition):
    right = definition.function(definition.solution)()
    assert right in definition.choices
    assert len(set(definition.choices)) == len(definition.choices)
    assert {mistake.name for mistake in definition.mistakes} == set(definition.choices) - {right}
    for mistake in definition.mistakes:
        assert definition.function(mistake.code)() == mistake.name
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


# --- the engine ---------------------------------------------------------------------------------------------------


def draw_sum(rng, number):
    return (rng.normal(size=(4, 30, 200)[number]), pd.DataFrame({"a": rng.normal(size=3 + number)}))


SUM = Definition(
    id="99.total",
    title="Total",
    stub="def total(values, frame):\n    ...\n",
    hints=("a nudge that is long enough to be read", "the idea, said at some length", "nearly code, but only nearly"),
    solution="def total(values, frame):\n    return values.sum()\n",
    another="def total(values, frame):\n    return float(sum(values))\n",
    mistakes=(
        Mistake("mean_not_sum", "You return the mean.", "def total(values, frame):\n    return values.mean()\n"),
        Mistake("first_only", "You return the first.", "def total(values, frame):\n    return values[0]\n"),
        Mistake("fails_itself", "This one cannot run.", "def total(values, frame):\n    return values.nope\n"),
    ),
    draw=draw_sum,
    takeaway="Sums add.",
)


def raises(error):
    def answer(values, frame):
        raise error

    return answer


def mutates_array(values, frame):
    values *= 2
    return values.sum() / 2


def adds_a_column(values, frame):
    frame["b"] = 1
    return values.sum()


def deep_recursion(values, frame):
    return deep_recursion(values, frame)


class Hostile:
    """Everything that a comparison could ask of it fails."""

    def _fail(self, *_):
        raise RuntimeError("hostile")

    __repr__ = __str__ = __eq__ = __array__ = __len__ = __float__ = __iter__ = _fail
    __hash__ = None


@pytest.mark.parametrize(
    ("answer", "misconception"),
    [
        (3.5, "not_a_function"),
        (Hostile(), "not_a_function"),
        (lambda values: 1, "wrong_arguments"),
        (lambda: 1, "wrong_arguments"),
        (raises(ValueError("bad")), "raises_an_error"),
        (raises(SystemExit()), "raises_an_error"),
        (raises(KeyboardInterrupt()), "raises_an_error"),
        (deep_recursion, "raises_an_error"),
        (mutates_array, "changes_its_input"),
        (adds_a_column, "changes_its_input"),
        (lambda values, frame: print(end=""), "returns_nothing"),
        (lambda values, frame: values, "wrong_shape"),
        (lambda values, frame: Hostile(), None),
        (lambda values, frame: str(values.sum()), None),
        (lambda values, frame: float("nan"), None),
        (lambda values, frame: values.sum() + 1e-3, None),
        (lambda values, frame: 0, None),
        (lambda values, frame: [[1], [1, 2]], None),
        (lambda values, frame: values.mean(), "mean_not_sum"),
        (partial(lambda scale, values, frame: values[0] * scale, 1), "first_only"),
    ],
)
@pytest.mark.usefixtures("way")
def test_a_broken_answer_becomes_feedback(answer, misconception):
    feedback = examine(SUM, answer)
    assert feedback.state == "incorrect"
    assert feedback.misconception == misconception
    assert feedback.message
    assert str(feedback)


@pytest.mark.parametrize("answer", [None, ..., raises(NotImplementedError()), SUM.function(SUM.stub)])
def test_what_was_not_attempted(answer):
    assert examine(SUM, answer).state == "not attempted"


def test_any_right_answer_passes_also_one_that_needs_no_numpy():
    assert examine(SUM, lambda values, frame: sum(values.tolist())).state == "correct"
    assert (
        examine(SUM, partial(np.add.reduce if False else lambda values, frame: np.asarray(values).sum())).state
        == "correct"
    )


def test_a_constant_that_passes_one_draw_does_not_pass():
    lucky = draw_sum(np.random.default_rng(0), 0)[0].sum()
    assert examine(SUM, lambda values, frame: lucky, seed=0).state == "incorrect"


def test_checks_are_fresh():
    seen = [total for _ in range(2) for total in solved(SUM, seed=None)[1]]
    assert len(set(seen)) == len(seen) == 2 * checking.DRAWS


def test_an_error_names_the_learners_own_line(tmp_path):
    path = tmp_path / "cell.py"
    path.write_text(
        "import numpy as np\n\ndef total(values, frame):\n    wrong = np.ones(3) @ np.ones(4)\n    return wrong\n"
    )
    namespace = {}
    exec(compile(path.read_text(), str(path), "exec"), namespace)
    message = examine(SUM, namespace["total"]).message
    assert "line 4" in message
    assert "wrong = np.ones(3) @ np.ones(4)" in message


def test_an_answer_that_never_returns_is_stopped(way):
    ticks = []

    def forever(values, frame):
        while True:
            ticks.append(1)
            del ticks[:-1]

    start = time.perf_counter()
    feedback = examine(SUM, forever, seconds=0.3)
    assert time.perf_counter() - start < 3
    assert feedback.misconception == "never_returns"
    assert "restart" not in feedback.message
    ticks.clear()
    time.sleep(0.05)
    assert not ticks, "the answer still runs"


def test_a_thread_that_swallows_everything_is_reported_all_the_same(monkeypatch):
    monkeypatch.setattr(trial, "FORK", False)
    stop = []

    def stubborn(values, frame):
        while not stop:
            try:
                time.sleep(0.01)
            except BaseException:
                continue

    feedback = examine(SUM, stubborn, seconds=0.2)
    stop.append(1)
    assert feedback.misconception == "never_returns"
    assert "restart the kernel" in feedback.message


def test_same_tells_values_apart():
    assert same(1, 1.0)
    assert same([1, 2], np.array([1.0, 2.0]))
    assert same(pd.Series([1.0, np.nan]), np.array([1.0, np.nan]))
    assert same({"a": [1]}, {"a": np.array([1])})
    assert same((1, [2]), (1, np.array([2])))
    assert not same({"a": 1}, {"b": 1})
    assert not same((1,), (1, 2))
    assert not same("1", 1)
    assert not same(np.array(["1"], dtype=object), np.array([1]))
    assert not same(np.ones((2, 1)), np.ones(2))
    assert not same(1.0001, 1.0)
    assert not same("a", "b")


def test_hint_climbs_solution_shows_both_and_reset_starts_again(capsys):
    held = Exercise(SUM)
    for _ in range(4):
        held.hint()
    out = capsys.readouterr().out
    assert [out.count(f"Hint {n} of 3") for n in (1, 2, 3)] == [1, 1, 2]
    held.solution()
    out = capsys.readouterr().out
    assert "values.sum()" in out
    assert "float(sum(values))" in out
    held.reset()
    held.hint()
    out = capsys.readouterr().out
    assert "def total(values, frame):\n    ..." in out
    assert "Hint 1 of 3" in out


def test_check_shows_what_it_returns(capsys):
    feedback = Exercise(SUM).check(lambda values, frame: values.mean())
    assert str(feedback) in capsys.readouterr().out
    assert "✗" in str(feedback)
    assert "mean not sum" in str(feedback)


def test_an_unknown_exercise_names_the_known():
    with pytest.raises(ValueError, match=r"00\.nope.*00\.share_of_likes"):
        exercise("00.nope")
    with pytest.raises(ValueError, match="has none"):
        exercise("77.nope")


def test_the_same_exercise_remembers_its_hints():
    assert exercise("00.share_of_likes") is exercise("00.share_of_likes")
    assert find("00.share_of_likes").name == "share_of_likes"


def test_in_a_notebook_a_check_is_shown_once_with_its_state():
    from test_claims import in_kernel

    cells = in_kernel(
        "from mlpipe.course import exercise\ndef share_of_likes(ratings):\n    return (ratings > 4).mean()",
        "exercise('00.share_of_likes').check(share_of_likes)",
        "def share_of_likes(ratings):\n    x = 1\n    return ratings.nope",
        "exercise('00.share_of_likes').check(share_of_likes)",
    )
    (output,) = cells[1].outputs
    assert output.metadata["mlpipe"]["exercise"] == {
        "id": "00.share_of_likes",
        "state": "incorrect",
        "misconception": "leaves_out_four_stars",
    }
    assert "✗" in output.data["text/html"]
    (output,) = cells[3].outputs
    assert "line 3: `return ratings.nope`" in output.data["text/plain"]
