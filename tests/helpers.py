"""What tests of several folders use."""

from pathlib import Path

from mlpipe.course.definition import definitions, load
from mlpipe.interview.evidence import YOURS, Evidence
from mlpipe.workshop import lessons

ROOT = Path(__file__).parents[1]
EXERCISES = [one for lesson in lessons.find(ROOT) for one in definitions(lesson.number)]
SUM = load(Path(__file__).with_name("total.py"), "99.total")
ALS = Evidence(
    id="05.als",
    value=1.8814,
    shown="1.88",
    sentence="ALS is <better>",
    baseline=1.0,
    shown_baseline="1",
    source=YOURS,
    seed=0,
    scale="full",
    notebook="05_factors.ipynb",
    section='Is "it" right?',
    cell="abc",
)


def in_kernel(*cells: str) -> list:
    """Run cells as a front end does, and return the cells with their outputs."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    return NotebookClient(notebook, timeout=60, allow_errors=True).execute().cells
