"""Exercises: the engine against broken answers, and what a reader holds."""

import time
from functools import partial

import numpy as np
import pandas as pd
import pytest
from helpers import SUM, in_kernel

from mlpipe.course import checking, exercise, trial
from mlpipe.course.checking import examine, same, solved
from mlpipe.course.definition import find
from mlpipe.course.exercise import Exercise


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
        (lambda values, frame: float("nan"), "not_a_number"),
        (lambda values, frame: values.sum() + 1e-2, "constant_difference"),
        (lambda values, frame: 0, "all_zero"),
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
    lucky = SUM.draw(np.random.default_rng(0), 0)[0].sum()
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
