"""Every exercise of the course against its own solution, another right answer, and its mistakes."""

import pytest
from helpers import EXERCISES, ROOT

from mlpipe.course.definition import definitions
from mlpipe.workshop import lessons
from mlpipe.workshop.prove import CHECKS

LESSONS = [one.number for one in lessons.find(ROOT)]


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


@pytest.mark.parametrize("definition", EXERCISES, ids=lambda d: d.id)
@pytest.mark.parametrize("check", CHECKS, ids=lambda check: check.__name__.lstrip("_"))
def test_exercise(definition, check):
    assert list(check(definition)) == []
