"""What a process takes, measured from within."""

import numpy as np
import pytest

from mlpipe.scale import cost


def test_memory_is_that_of_the_task_not_of_the_parent():
    held = np.ones(2**25)  # 256 MB
    idle = cost("os:getcwd")
    assert 5 < idle.megabytes < held.nbytes / 2**20 / 2


def test_what_a_task_fills_is_seen():
    idle = cost("os:getcwd")
    used = cost("numpy:ones", 2**24)  # 128 MB, and of its text only the ends
    assert 128 < used.megabytes - idle.megabytes < 250


def test_seconds_are_those_of_the_processor():
    waited, worked = cost("time:sleep", 0.5), cost("timeit:timeit", "sum(range(100))", number=300_000)
    assert waited.seconds < 0.4
    assert worked.seconds == pytest.approx(worked.result, rel=0.5, abs=0.3)


def test_a_result_comes_back():
    assert cost("math:hypot", 3, 4).result == 5
    assert cost("builtins:dict", a=[1, None]).result == {"a": [1, None]}


def test_a_task_that_fails_says_why():
    with pytest.raises(RuntimeError, match="math:sqrt failed in its process: ValueError"):
        cost("math:sqrt", -1)


def test_a_task_that_is_killed_says_so():
    with pytest.raises(RuntimeError, match=r"os:abort failed in its process: "):
        cost("os:abort")
