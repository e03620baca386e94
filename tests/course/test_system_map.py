"""The map of the system: complete, drawn where it says, and the same each time."""

import itertools
import re

import pytest
from helpers import ROOT

from mlpipe.course import system_map as maps
from mlpipe.course.boxes import render
from mlpipe.workshop import lessons


def page():
    return str(
        render("system_map.html", layouts=maps.LAYOUTS, parts=maps.PARTS, people=maps.PEOPLE, loop_text=maps.LOOP)
    )


def test_each_lesson_but_the_first_and_the_interviews_is_linked_and_exists():
    linked = set(re.findall(r'href="([^"]+)\.ipynb"', page()))
    stored = {lesson.name for lesson in lessons.find(ROOT) if lesson.part != lessons.TRAPS}
    assert linked <= stored
    assert {name[:2] for name in stored - linked} == {"00", "18", "19"}


def test_the_output_repeats_and_carries_no_ids():
    assert page() == page()
    assert not re.search(r"\bid=", page())


def inside(inner, outer):
    (x, y, width, height), (left, top, wide, high) = inner, outer
    return left <= x and top <= y and x + width <= left + wide and y + height <= top + high


def apart(one, other):
    (x, y, width, height), (left, top, wide, high) = one, other
    return x + width <= left or left + wide <= x or y + height <= top or top + high <= y


@pytest.mark.parametrize("layout", maps.LAYOUTS, ids=lambda layout: layout.kind)
def test_each_arrangement_draws_all_parts_apart_and_its_arrows_from_edge_to_edge(layout):
    boxes = layout.boxes
    assert boxes.keys() == maps.PARTS.keys() | maps.PEOPLE.keys()
    assert inside(boxes["retrieval"], boxes["serving"])
    assert inside(boxes["ranking"], boxes["serving"])
    for (one, a), (other, b) in itertools.combinations(boxes.items(), 2):
        assert apart(a, b) or "serving" in (one, other), (one, other)
    for box in boxes.values():
        assert inside(box, (0, 0, layout.width, layout.height))
    edges = {(x, y) for left, top, width, height in boxes.values() for x, y in _edge(left, top, width, height)}
    for points in layout.arrows:
        for end in (points.split()[0], points.split()[-1]):
            x, y = map(int, end.split(","))
            assert min(abs(x - a) + abs(y - b) for a, b in edges) <= 4, (layout.kind, points)


def _edge(left, top, width, height):
    yield from ((x, y) for x in range(left, left + width + 1) for y in (top, top + height))
    yield from ((x, y) for y in range(top, top + height + 1) for x in (left, left + width))
