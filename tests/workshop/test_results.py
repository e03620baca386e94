"""README and docs/results.md quote the lessons and claims of the stored notebooks."""

import re

import nbformat
import pytest

from mlpipe.workshop import lessons, results

CLAIM = {
    "id": "02.long_tail",
    "sentence": "Few films | have most ratings",
    "value": 0.61523,
    "baseline": 0.1,
    "bound": "at least 0.5",
    "shown": "0.615",
    "shown_baseline": "0.1",
    "holds": True,
}


def notebook(title, *claims):
    outputs = [
        nbformat.v4.new_output("display_data", data={"text/plain": "✓"}, metadata={"mlpipe": {"claim": claim}})
        for claim in claims
    ]
    opening = nbformat.v4.new_markdown_cell(f"# {title}\n\n**Goal.** Look | and\nsee.")
    return nbformat.v4.new_notebook(cells=[opening, nbformat.v4.new_code_cell("claim()", outputs=outputs)])


README = """before
<!-- lessons -->
old
<!-- /lessons -->
between
<!-- results: 02.second -->
old
<!-- /results -->
after
"""
VALUES = "Few films \\| have most ratings | 0.615 | at least 0.5 | 0.1 |"


@pytest.fixture
def root(tmp_path):
    for name, claims in (("02_explore", [CLAIM, CLAIM | {"id": "02.second"}]), ("04_measure", [])):
        lessons.write(tmp_path / "notebooks" / f"{name}.ipynb", lessons.to_bytes(notebook(f"The {name}", *claims)))
    (tmp_path / "README.md").write_text(README)
    results.update(tmp_path)
    return tmp_path


def test_the_readme_maps_the_lessons_by_part(root):
    assert (root / "README.md").read_text().splitlines()[2:8] == [
        "|  | lesson | goal |",
        "| --- | --- | --- |",
        "|  | **Frame the problem** |  |",
        "| 02 | [The 02_explore](notebooks/02_explore.ipynb) | Look \\| and see. |",
        "|  | **The recommender** |  |",
        "| 04 | [The 04_measure](notebooks/04_measure.ipynb) | Look \\| and see. |",
    ]


def test_the_readme_shows_the_claims_that_it_names_and_the_table_all(root):
    shown = (root / "README.md").read_text().partition("<!-- results: 02.second -->\n")[2].splitlines()
    assert shown[2] == f"| [02.second](notebooks/02_explore.ipynb) | {VALUES}"
    assert shown[3:] == ["", "All 2 claims stand in [docs/results.md](docs/results.md).", "<!-- /results -->", "after"]
    rows = (root / "docs/results.md").read_text().splitlines()[6:]
    assert rows == [f"| [02.{name}](../notebooks/02_explore.ipynb) | {VALUES}" for name in ("long_tail", "second")]


def test_only_the_text_between_the_marks_changes(root):
    written = (root / "README.md").read_text()
    kept = re.sub(r"(<!-- (\w+).*? -->\n).*?(<!-- /\2)", r"\1old\n\3", written, flags=re.DOTALL)
    assert kept == README
    results.update(root)
    assert (root / "README.md").read_text() == written


def test_the_symptom_of_a_trap_is_no_result(root):
    before = results.documents(root)
    lessons.write(root / "notebooks" / "traps" / "t1_odd.ipynb", lessons.to_bytes(notebook("Odd", CLAIM)))
    assert [lesson.name for lesson in lessons.find(root)] == ["02_explore", "04_measure", "t1_odd"]
    assert results.documents(root) == before


def test_traps_stand_by_their_number_and_are_named_by_it(root):
    for number in (10, 2, 1, 9):
        path = root / "notebooks" / "traps" / f"t{number}_odd.ipynb"
        lessons.write(path, lessons.to_bytes(notebook("Odd", CLAIM)))
    assert [lesson.number for lesson in lessons.find(root)] == ["02", "04", "t1", "t2", "t9", "t10"]
    assert [lesson.name for lesson in lessons.find(root, "t1,02")] == ["02_explore", "t1_odd"]
    assert [lesson.name for lesson in lessons.find(root, "t10_odd")] == ["t10_odd"]
    with pytest.raises(
        ValueError, match=r"no lesson t3; known: 02_explore, 04_measure, t1_odd, t2_odd, t9_odd, t10_odd"
    ):
        lessons.find(root, "t3")


@pytest.mark.parametrize(
    "mark", ["<!-- lessons -->", "<!-- /lessons -->", "<!-- results: 02.second -->", "<!-- /results -->"]
)
def test_a_readme_without_a_mark_is_told(mark, root):
    (root / "README.md").write_text(README.replace(mark, ""))
    what = mark.strip("<!-/> ").split(":")[0]
    with pytest.raises(
        ValueError, match=f"no place for the {what}: add the lines <!-- {what} --> and <!-- /{what} -->"
    ):
        results.update(root)


def test_a_claim_that_no_lesson_has_is_told(root):
    (root / "README.md").write_text(README.replace("02.second", "02.second, 02.gone"))
    with pytest.raises(ValueError, match=r"no lesson has: 02.gone; known: 02.long_tail, 02.second$"):
        results.update(root)
