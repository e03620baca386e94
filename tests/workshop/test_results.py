"""The README's table comes from the claims that stored notebooks hold."""

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


def notebook(*claims):
    outputs = [
        nbformat.v4.new_output("display_data", data={"text/plain": "✓"}, metadata={"mlpipe": {"claim": claim}})
        for claim in claims
    ]
    return nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell("claim()", outputs=outputs)])


@pytest.fixture
def root(tmp_path):
    for name, claims in (("02_explore", [CLAIM, CLAIM | {"id": "02.second"}]), ("03_features", [])):
        lessons.write(tmp_path / "notebooks" / f"{name}.ipynb", lessons.to_bytes(notebook(*claims)))
    (tmp_path / "README.md").write_text(f"before\n{results.BEGIN}\nold\n{results.END}\nafter\n")
    return tmp_path


def test_one_row_a_claim_grouped_by_lesson(root):
    rows = results.results_table(lessons.find(root)).splitlines()
    values = "Few films \\| have most ratings | 0.615 | at least 0.5 | 0.1 |"
    assert rows[2:] == [f"| [02_explore](notebooks/02_explore.ipynb) | {values}", f"|  | {values}"]


def test_the_symptom_of_a_trap_is_no_result(root):
    before = results.results_table(lessons.find(root))
    lessons.write(root / "notebooks" / "traps" / "t1_odd.ipynb", lessons.to_bytes(notebook(CLAIM)))
    assert [lesson.name for lesson in lessons.find(root)] == ["02_explore", "03_features", "t1_odd"]
    assert results.results_table(lessons.find(root)) == before


def test_only_the_text_between_the_marks_changes(root):
    results.update_readme(root)
    written = (root / "README.md").read_text()
    assert written.startswith(f"before\n{results.BEGIN}\n| Lesson")
    assert written.endswith(f"0.1 |\n{results.END}\nafter\n")
    assert "\nold\n" not in written
    results.update_readme(root)
    assert (root / "README.md").read_text() == written


@pytest.mark.parametrize("readme", ["no marks", results.BEGIN, f"{results.END} {results.BEGIN}"])
def test_a_readme_without_marks_is_an_error(readme):
    with pytest.raises(ValueError, match="add the lines <!-- results --> and"):
        results.with_table(readme, "table")
