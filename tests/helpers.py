"""What tests of several folders use."""

import re
import shutil
import subprocess
from pathlib import Path

import pytest

from mlpipe.course.definition import definitions, load
from mlpipe.interview.evidence import YOURS, Evidence
from mlpipe.workshop import lessons

ROOT = Path(__file__).parents[1]
EXERCISES = [one for lesson in lessons.find(ROOT) for one in definitions(lesson.number)]
SUM = load(Path(__file__).with_name("total.py"), "99.total")
README = "# A course\n<!-- lessons -->\n<!-- /lessons -->\n<!-- results -->\n<!-- /results -->\n"
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


BROWSER = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
prints = pytest.mark.skipif(BROWSER is None, reason="no Chromium to print with")


def printed_pages(page: Path, folder: Path) -> int:
    """How many sheets of paper a page of HTML takes."""
    options = ["--headless", "--no-sandbox", "--disable-gpu", "--no-pdf-header-footer"]
    pdf = folder / "printed.pdf"
    command = [BROWSER, *options, f"--user-data-dir={folder / 'profile'}", f"--print-to-pdf={pdf}", page.as_uri()]
    subprocess.run(command, check=True, capture_output=True, timeout=120)
    return len(re.findall(rb"/Type /Page\b(?!s)", pdf.read_bytes()))


def in_kernel(*cells: str) -> list:
    """Run cells as a front end does, and return the cells with their outputs."""
    import nbformat
    from nbclient import NotebookClient

    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(cell) for cell in cells])
    return NotebookClient(notebook, timeout=60, allow_errors=True).execute().cells
