"""What an answer may do to a check: hang, end its process, break a library, return what equals everything."""

import ast
import ctypes
import itertools
import multiprocessing
import os
import pdb
import re
import signal
import subprocess
import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from decimal import Decimal
from fractions import Fraction

import numpy as np
import pandas as pd
import pytest
import scipy.sparse
from helpers import EXERCISES, SUM, in_kernel
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from sklearn.ensemble import HistGradientBoostingClassifier
from threadpoolctl import threadpool_limits

from mlpipe.course import checking, exercise, libraries, seen, trial
from mlpipe.course.checking import examine, same, solved
from mlpipe.course.definition import Mistake, find, load
from mlpipe.course.exercise import Exercise

linux = pytest.mark.skipif(not trial.FORK, reason="needs a process of its own for the check")


ARMS = '''"""Users and clicks of each arm."""

import numpy as np
import pandas as pd

def arms(users):
    return users.groupby("arm")["clicks"].agg(["size", "mean"])

def another(users):
    return users.groupby("arm")["clicks"].agg(["size", "mean"])

def draw(rng, number):
    n = (5, 9, 30)[number]
    arm = np.append(["A", "A", "B"], rng.choice(["A", "B"], size=n))
    return (pd.DataFrame({"arm": arm, "clicks": rng.normal(size=n + 3)}),)

mistakes, hints, takeaway = [], ("a", "b", "c"), ""
'''


def right(values, frame):
    return values.sum()


def found(answer, **limits):
    feedback = examine(SUM, answer, **limits)
    return feedback.state, feedback.misconception


# --- answers that do not return -----------------------------------------------------------------------------------


@linux
@pytest.mark.parametrize(
    "holds_the_lock",
    [
        lambda values, frame: 1 in itertools.count(2),
        lambda values, frame: 9**9**9,
        lambda values, frame: re.match(r"(a+)+b", "a" * 40),
        lambda values, frame: sum(iter(int, 1)),
    ],
)
def test_an_answer_that_holds_the_interpreters_lock_is_stopped(holds_the_lock):
    start = time.perf_counter()
    assert found(holds_the_lock, seconds=0.5) == ("incorrect", "never_returns")
    assert time.perf_counter() - start < 5


@linux
def test_what_an_answer_has_started_ends_with_it(tmp_path):
    def starts_another(values, frame):
        child = subprocess.Popen(["sleep", "60"])
        (tmp_path / "pid").write_text(str(child.pid))
        while True:
            pass

    assert found(starts_another, seconds=1) == ("incorrect", "never_returns")
    pid = int((tmp_path / "pid").read_text())
    for _ in range(100):
        if not is_running(pid):
            return
        time.sleep(0.05)
    os.kill(pid, signal.SIGKILL)
    pytest.fail("it still runs")


def is_running(pid):
    try:
        with open(f"/proc/{pid}/stat") as file:
            return file.read().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


@linux
def test_an_answer_that_needs_a_thread_of_the_kernel_is_tried_there():
    """A forked process has no other threads: it waits, and a right answer must not be told that it never returns."""
    with ThreadPoolExecutor(1) as pool:
        pool.submit(int).result()
        assert found(lambda values, frame: pool.submit(values.sum).result(), seconds=1)[0] == "correct"


@linux
def test_threads_of_openmp_from_before_the_fork_are_not_waited_for():
    rng = np.random.default_rng(0)
    x, y = rng.normal(size=(5_000, 5)), rng.integers(0, 2, 5_000)

    def fit():
        return HistGradientBoostingClassifier(max_iter=2, early_stopping=False).fit(x, y).n_iter_

    def work(tell):
        tell("call")
        return f"{fit()} rounds"

    with threadpool_limits(2):
        fit()
        report = trial._in_a_process(work, seconds=20)
    assert report.result == "2 rounds"


def test_a_result_that_cannot_be_compared_in_time_is_named(way):
    class Endless:
        def __array__(self, *_, **__):
            while True:
                time.sleep(0.01)

    assert found(lambda values, frame: Endless(), seconds=0.5) == ("incorrect", "cannot_be_examined")


def test_an_interrupt_by_the_reader_ends_the_check_and_is_raised(way):
    alive = []

    def forever(values, frame):
        while True:
            alive[:] = [1]
            time.sleep(0.01)

    timer = threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT))
    timer.start()
    start = time.perf_counter()
    with pytest.raises(KeyboardInterrupt):
        examine(SUM, forever, seconds=20)
    assert time.perf_counter() - start < 10
    alive.clear()
    time.sleep(0.1)
    assert not alive, "the answer still runs"
    assert found(right)[0] == "correct"


# --- answers that end what they run in ----------------------------------------------------------------------------


@linux
@pytest.mark.parametrize(
    ("ends", "how"),
    [
        (lambda values, frame: os._exit(0), "exit status 0"),
        (lambda values, frame: os._exit(3), "exit status 3"),
        (lambda values, frame: ctypes.string_at(0), "signal 11"),
        (lambda values, frame: os.abort(), "signal 6"),
    ],
)
def test_an_answer_that_ends_its_process_is_named(ends, how):
    feedback = examine(SUM, ends)
    assert (feedback.state, feedback.misconception) == ("incorrect", "ends_the_process")
    assert how in feedback.message


@linux
def test_an_answer_that_writes_into_the_pipe_becomes_feedback(monkeypatch):
    def pipe(duplex):
        ends[:] = multiprocessing.Pipe(duplex)
        return ends

    def scribbles(values, frame):
        os.write(ends[1].fileno(), b"\0\0\0\4none")
        return values.sum()

    ends = []
    monkeypatch.setattr(trial, "Pipe", pipe)
    assert found(scribbles) == ("incorrect", "ends_the_process")


@linux
def test_memory_is_limited(monkeypatch):
    monkeypatch.setattr(trial, "MEMORY", 200 << 20)

    def fills_it(values, frame):
        return sum(np.ones(10_000_000).sum() for _ in [np.ones(10_000_000) for _ in range(10)])

    feedback = examine(SUM, fills_it)
    assert feedback.misconception == "raises_an_error"
    assert "MemoryError" in feedback.message
    assert np.ones(50_000_000).sum() == 5e7, "the kernel itself has no limit"


@pytest.mark.parametrize("ask", [lambda: input("?"), breakpoint, lambda: pdb.Pdb().set_trace()])
def test_an_answer_that_asks_is_not_waited_for(way, ask):
    def asks(values, frame):
        ask()
        return values.sum()  # where a debugger stops

    feedback = examine(SUM, asks)
    assert (feedback.state, feedback.misconception) == ("incorrect", "raises_an_error")
    assert "a check cannot wait for your input" in feedback.message


# --- answers that print -------------------------------------------------------------------------------------------


def test_what_an_answer_prints_is_shown(way, capsys):
    def prints(values, frame):
        print("so many:", len(values))
        print("and a warning", file=sys.stderr)
        return values.sum()

    assert found(prints)[0] == "correct"
    out = capsys.readouterr().out
    assert "so many: 4\nand a warning\nso many: 30\n" in out


def test_ten_megabytes_are_cut_with_a_message(way, capsys):
    def prints(values, frame):
        print("x" * 10_000_000)
        return values.sum()

    assert found(prints)[0] == "correct"
    out = capsys.readouterr().out
    assert out.count("x") == trial.PRINTED
    assert "the first 20,000 characters" in out


def test_a_loop_that_prints_and_never_ends_shows_its_beginning(way, capsys):
    def loops(values, frame):
        for number in itertools.count():
            print("number", number)

    assert found(loops, seconds=0.5) == ("incorrect", "never_returns")
    assert capsys.readouterr().out.startswith("number 0\nnumber 1\n")


def test_text_that_no_stream_can_encode_is_shown_with_escapes(way, capsys):
    def prints(values, frame):
        print("\ud800")
        raise ValueError("\udfff")

    feedback = Exercise(SUM).check(prints)
    assert r"ValueError: \udfff" in feedback.message
    assert r"\ud800" in capsys.readouterr().out


def test_a_message_is_not_as_long_as_the_error(way):
    def long(values, frame):
        raise ValueError("x" * 10_000_000)

    assert len(examine(SUM, long).message) < checking.MESSAGE


# --- libraries that were changed ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("owner", "name", "value"),
    [
        (np, "isin", "oops"),
        (np, "isin", lambda a, b: np.zeros(len(a), bool)),
        (np.linalg, "solve", None),
        (np.random, "default_rng", 3),
        (np, "pi", 3.0),
        (pd, "DataFrame", dict),
        (pd.DataFrame, "groupby", None),
    ],
)
def test_a_library_that_was_changed_is_named_and_never_the_truth(monkeypatch, owner, name, value):
    ndcg = find("04.ndcg")
    with monkeypatch.context() as broken:
        broken.setattr(owner, name, value)
        feedback = examine(ndcg, lambda recommended, relevant, k: 0.0)
        changed = libraries.replaced()
    assert (feedback.state, feedback.misconception) == ("incorrect", "library_was_changed")
    assert f".{name}`" in changed
    assert changed in feedback.message
    assert "restart the kernel" in feedback.message
    assert examine(ndcg, ndcg.function(ndcg.solution)).state == "correct"


def test_a_name_that_was_deleted_is_missed(monkeypatch):
    monkeypatch.delattr(np, "isin")
    assert libraries.replaced() == "`numpy.isin` was deleted"


def test_a_solution_that_fails_is_not_raised():
    """What it uses was changed before anyone saw it as it was."""
    definition = find("04.ndcg")

    def fails(*_):
        raise TypeError("'str' object is not callable")

    feedback = examine(replace(definition, answer=fails), lambda recommended, relevant, k: 0.0)
    assert (feedback.state, feedback.misconception) == ("incorrect", "library_was_changed")
    assert "TypeError" in feedback.message


def test_an_answer_that_changes_a_library_is_named(monkeypatch, way):
    monkeypatch.setattr(np, "isclose", np.isclose)  # a thread's change stays: put it back afterwards

    def changes(values, frame):
        np.isclose = lambda a, *_, **__: np.ones(np.shape(a), bool)
        return 0.0

    feedback = examine(SUM, changes)
    assert (feedback.state, feedback.misconception) == ("incorrect", "changes_a_library")
    assert "`numpy.isclose`" in feedback.message
    if way == "process":
        assert libraries.replaced() is None, "the kernel's own library is as it was"


def test_every_library_of_a_solution_is_watched():
    used = set()
    for definition in EXERCISES:
        for node in ast.walk(ast.parse(definition.solution)):
            if isinstance(node, ast.Import):
                used |= {name.name for name in node.names}
            elif isinstance(node, ast.ImportFrom):
                used.add(node.module)
    assert {"numpy", "math"} <= used
    assert used <= {*libraries.MODULES, "collections", "collections.abc"}


# --- results that are not what they seem --------------------------------------------------------------------------


def always(self, other):
    return True


class EqualsEverything:
    __hash__ = None
    __eq__ = __lt__ = __ge__ = always


class TextThatEquals(str):
    __hash__ = None
    __eq__ = always


class ArrayThatEquals(np.ndarray):
    def __eq__(self, other):
        return np.ones(self.shape, bool)

    def __array_function__(self, *_, **__):
        return True


class ExitsWhenShown:
    def __repr__(self):
        raise SystemExit

    __str__ = __repr__


class ErrorWithoutText(Exception):
    def __str__(self):
        raise RuntimeError("no text either")

    __repr__ = __str__


ANYTHING = EqualsEverything()


@pytest.mark.parametrize(
    "want", [1, 0.5, True, np.True_, "a", None, np.ones(3), np.array(["a"], object), {"a": 1}, (1, 2)]
)
@pytest.mark.parametrize(
    "got",
    [
        *(ANYTHING, [ANYTHING], {"a": ANYTHING}, (ANYTHING, ANYTHING), np.array([ANYTHING], object), [ANYTHING] * 3),
        *(TextThatEquals("b"), np.zeros(3).view(ArrayThatEquals), np.zeros(()).view(ArrayThatEquals)),
    ],
)
def test_what_equals_everything_is_not_the_same(got, want):
    assert not same(got, want)


@pytest.mark.parametrize("got", [3 + 0j, np.complex128(3), np.array(3, complex), "3", np.str_("3"), b"3", None, [3]])
def test_what_is_no_real_number_is_not_a_number(got):
    assert not same(got, 3)
    assert not same(np.array([got], object), np.array([3]))


def test_dates_and_spans_are_not_numbers():
    assert not same(np.datetime64(3, "ns"), 3)
    assert not same(np.array([3], "m8[ns]"), np.array([3]))
    assert same(np.array([3], "M8[ns]"), np.array([3], "M8[ns]"))
    assert not same(np.array([4], "M8[ns]"), np.array([3], "M8[ns]"))


@pytest.mark.parametrize(
    "got", [3, 3.0, np.float32(3), np.uint8(3), Fraction(3), Decimal(3), np.array(3), pd.Series([3])[0]]
)
def test_every_kind_of_real_number_is_one(got):
    assert same(got, 3)
    assert same([got], np.array([3]))
    assert not same(got, 4)


def test_a_mask_may_be_of_ones_and_zeros():
    assert same(np.array([True, False]), np.array([1, 0]))
    assert same([1, 0], np.array([True, False]))
    assert not same([True, True], np.array([1, 0]))


def test_objects_are_compared_entry_by_entry():
    frame = pd.DataFrame({"name": ["a", None], "value": [0.1 + 0.2, np.nan]})
    assert same(frame, pd.DataFrame({"name": ["a", None], "value": [0.3, np.nan]}))
    assert not same(frame, pd.DataFrame({"name": ["b", None], "value": [0.3, np.nan]}))
    assert not same(frame, pd.DataFrame({"name": ["a", None], "value": [0.3, 0.0]}))


@pytest.mark.parametrize(
    "result", [ANYTHING, ExitsWhenShown(), [ExitsWhenShown()], TextThatEquals(), 1j, np.zeros(()).view(ArrayThatEquals)]
)
def test_a_strange_result_becomes_feedback(way, result):
    assert examine(SUM, lambda values, frame: result).state == "incorrect"


def test_the_right_number_as_a_complex_one_is_refused(way):
    assert examine(SUM, lambda values, frame: values.sum() + 0j).state == "incorrect"


@pytest.mark.parametrize("error", [ErrorWithoutText(), ErrorWithoutText])
def test_an_error_without_text_is_named(way, error):
    def answer(values, frame):
        raise error

    feedback = examine(SUM, answer)
    assert feedback.misconception == "raises_an_error"
    assert "ErrorWithoutText" in feedback.message


def test_a_strange_thing_instead_of_a_function_becomes_feedback(way):
    assert found(ExitsWhenShown()) == ("incorrect", "cannot_be_examined")
    assert found(EqualsEverything()) == ("incorrect", "not_a_function")


# --- not attempted ------------------------------------------------------------------------------------------------


def unwritten():
    raise NotImplementedError


@pytest.mark.parametrize(
    "raises",
    [
        lambda values, frame: scipy.sparse.csr_matrix(np.eye(3)) + 1,
        lambda values, frame: memoryview(np.eye(3))[0],  # raised in C
        lambda values, frame: unwritten(),
    ],
)
def test_a_librarys_not_implemented_error_is_an_error(way, raises):
    feedback = examine(SUM, raises)
    assert (feedback.state, feedback.misconception) == ("incorrect", "raises_an_error")
    assert "NotImplementedError" in feedback.message


def test_a_stub_that_says_so_is_not_attempted(way):
    def stub(values, frame):
        """Total of the values."""
        raise NotImplementedError("your turn")

    assert examine(SUM, stub).state == "not attempted"


# --- single precision ---------------------------------------------------------------------------------------------


def test_a_part_that_cancels_is_measured_by_the_whole():
    want = np.array([1000.0, 1e-9])
    assert same(np.array([1000.0, 3e-5]), want, 1e-4)
    assert not same(np.array([1000.0, 3e-2]), want, 1e-4)
    assert not same(1e-5, 1e-9, 1e-4), "one number is its own measure"
    assert not same(np.array([10**8, 1]), np.array([10**8, 0]), 1e-4), "a count does not cancel"


def describe_one(got, want, tolerance):
    return seen.describe(replace(SUM, answer=lambda: None, tolerance=tolerance), [()], [got], [want])


def test_numbers_that_look_the_same_are_shown_until_they_differ():
    got, want = np.arange(40.0) + 0.5, np.arange(40.0) + 0.5
    got[20] += 1e-3
    _, message = describe_one((1, got), (1, want), 1e-6)
    assert message.endswith("your function returns 20.501 at [1][20], expected 20.5.")
    _, message = describe_one(0.06099951, 0.06099949, 1e-9)
    assert message.endswith("your function returns 0.06099951, expected 0.06099949.")


SIDES = re.compile(r"your function returns (.*), expected (.*)\.", re.DOTALL)
TABLE = pd.DataFrame({"rate": [0.123456]}, index=["A"])


@pytest.mark.parametrize(
    ("got", "want"),
    [
        (0.1234567, 0.1234568),
        (np.float32(0.1234567), 0.1234568),
        (np.array(0.1234567), 0.1234568),
        (np.array([1, 0.1234567]), np.array([1, 0.1234568])),
        ([1, 0.1234567], (1, 0.1234568)),
        ((1, [0.1234567]), (1, np.array([0.1234568]))),
        ({"a": 0.1234567}, {"a": 0.1234568}),
        ({"a": np.arange(3)}, {"a": np.arange(2)}),
        (TABLE, TABLE + 1e-7),
        (TABLE.reset_index(drop=True), TABLE),
        (TABLE["rate"], TABLE["rate"] + 1e-7),
        (pd.concat([TABLE] * 100).set_axis(range(1, 101)), pd.concat([TABLE] * 100).set_axis(range(101, 201))),
        (np.where(np.arange(900) == 450, 1e-5, np.ones(900)), np.ones(900)),
        (np.append(np.arange(2_000), ["x"]).astype(object), np.arange(2_001)),
        ("3", 3),
        (np.array([3], complex), np.array([3])),
        (3 + 0j, np.array(3)),
        (Decimal("3.0001"), 3),
        ("x" * 1_000 + "a", "x" * 1_000 + "b"),
        ([ANYTHING], np.array([1])),
        (np.array([3], "M8[ns]"), np.array([3])),
        (np.array(["a"], object), np.array([None], object)),
    ],
)
def test_a_message_never_shows_two_equal_sides(got, want):
    _, message = describe_one(got, want, 1e-9)
    if sides := SIDES.search(message):
        assert sides[1] != sides[2], message
    else:
        assert re.search(r"Your function returns (.+), expected (?!\1)", message), message


FORMS = {
    "array": lambda array: array,
    "number": lambda array: array[0],
    "tuple": lambda array: (array[0], array),
    "dict": lambda array: {"a": {"b": array}},
    "series": lambda array: pd.Series(array, index=[f"row {number}" for number in range(len(array))]),
    "frame": lambda array: pd.DataFrame({"x": array, "y": 1}),
    "objects": lambda array: array.astype(object),
}


@given(
    form=st.sampled_from(sorted(FORMS)),
    array=arrays(float, st.integers(1, 300), elements=st.floats(-1e6, 1e6) | st.just(np.nan)),
    place=st.integers(0, 299),
    by=st.sampled_from([1e-12, 1e-10, 1e-7, 1e-3, 1.0, np.nan, np.inf]),
    precise=st.booleans(),
)
def test_whatever_differs_the_two_sides_of_a_message_differ(form, array, place, by, precise):
    off = array if precise else array.astype(np.float32)
    with np.errstate(invalid="ignore"):
        off = np.where(np.arange(len(array)) == place % len(array), off * (1 + by) + by, off)
    got, want = FORMS[form](off), FORMS[form](array)
    if not same(got, want, 1e-12):
        sides = SIDES.search(describe_one(got, want, 1e-12)[1])
        assert sides
        assert sides[1].split(" at [")[0] != sides[2]


def test_the_numbers_of_one_label_under_another_are_wrong(tmp_path):
    """Labels count, the order does not: one row each arm."""
    path = tmp_path / "arms.py"
    path.write_text(ARMS)
    arms = load(path, "99.arms")
    assert examine(arms, lambda users: arms.answer(users).iloc[::-1, ::-1]).state == "correct"
    assert examine(arms, lambda users: arms.answer(users).to_numpy()).state == "correct"
    feedback = examine(arms, lambda users: arms.answer(users).set_axis(["B", "A"]))
    assert (feedback.state, feedback.misconception) == ("incorrect", "under_other_labels")
    feedback = examine(arms, lambda users: arms.answer(users).reset_index(drop=True))
    assert (feedback.state, feedback.misconception) == ("incorrect", "other_labels")
    assert "other labels in the index: 0, 1, expected 'A', 'B'" in feedback.message


# --- a mistake that comes to nothing ------------------------------------------------------------------------------


def test_who_returns_nothing_is_not_told_of_a_mistake_that_came_to_nothing_by_accident(way):
    """It is 0 on the draws of this check, as the answer is; on others it is not."""

    def draw(rng, number):
        return (rng.uniform(0, 1, size=(3, 5, 9)[number]),)

    rare = Mistake("only_the_large", "Only the large ones count.", lambda values: values[values > 0.97].sum())
    never = Mistake("only_the_huge", "Nothing is left of the huge ones.", lambda values: values[values > 1].sum())
    small = replace(SUM, draw=draw, answer=lambda values: values.sum(), mistakes=(rare,))
    seed = next(seed for seed in range(100) if all(case[0].max() <= 0.97 for case in solved(small, seed)[0]))
    for answer, misconception in ((rare.answer, "only_the_large"), (lambda values: 0.0, "all_zero")):
        assert examine(small, answer, seed).misconception == misconception
    always = replace(small, mistakes=(never,))
    assert examine(always, lambda values: 0.0, seed).misconception == "only_the_huge", "nothing tells them apart"


# --- in a notebook ------------------------------------------------------------------------------------------------


@linux
def test_a_kernel_lives_through_everything_and_a_usual_check_is_quick():
    cells = in_kernel(
        "import os, time, numpy as np, pandas as pd\n"
        "from sklearn.ensemble import HistGradientBoostingClassifier\n"
        "from mlpipe.course import exercise\n"
        "x = np.random.default_rng(0).normal(size=(20_000, 10)); y = x[:, 0] > 0\n"
        "def fit(): return HistGradientBoostingClassifier(max_iter=3).fit(x, y), np.cov(x.T) @ np.cov(x.T)\n"
        "held = fit()\n"
        "check = exercise('00.share_of_likes').check",
        "def share(ratings):\n    fit()\n    return (ratings >= 4).mean()\nprint(check(share).state)",
        "def share(ratings):\n    exit()\nprint(check(share).misconception)",
        "def share(ratings):\n    os._exit(0)\nprint(check(share).misconception)",
        "def share(ratings):\n    return float(input('share?'))\nprint(check(share).misconception)",
        "def share(ratings):\n    display(pd.DataFrame({'seen': [1]}))\n    return (ratings >= 4).mean()\n"
        "print(check(share).state)",
        "took = []\n"
        "for _ in range(5):\n    start = time.perf_counter()\n    check(lambda ratings: (ratings >= 4).mean())\n"
        "    took.append(time.perf_counter() - start)",
        "print(min(took) < 0.3, min(took))",
    )
    said = [
        "".join(o.get("text") or o.get("data", {}).get("text/plain", "") or o.get("evalue", "") for o in cell.outputs)
        for cell in cells
    ]
    for text, end in zip(
        said[1:6], ("correct", "raises_an_error", "ends_the_process", "raises_an_error", "correct"), strict=True
    ):
        assert text.strip().endswith(end), said
    assert "seen\n0     1" in said[5]
    assert said[7].startswith("True"), said[7]


def test_the_usual_way_is_the_same(capsys):
    assert exercise("00.share_of_likes").check(lambda ratings: (ratings >= 4).mean()).state == "correct"
    assert "✓" in capsys.readouterr().out
