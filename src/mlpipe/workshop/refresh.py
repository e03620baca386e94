"""Make the stored notebooks anew: from the texts, in a fresh kernel, without anything that changes by itself."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from unittest.mock import patch

from nbclient import NotebookClient
from nbclient.exceptions import CellExecutionError, CellTimeoutError, DeadKernelError
from nbformat import NotebookNode

from mlpipe.workshop import lessons, results
from mlpipe.workshop.execute import CLIENT, allow_open_files, environment, failure, stop


def refresh(root: Path, only: str = "") -> int:
    """`make refresh`: execute each lesson's text and store the notebook, then the README's table of results.

    A lesson whose cells do not all run, or whose claims do not all hold, is left as it was. Returns the exit status.
    """
    allow_open_files()
    failed = []
    for lesson in lessons.find(root, only):
        print(f"{lesson.name} ...", flush=True)
        notebook = lessons.from_text(lesson)
        lesson.notebook.parent.mkdir(parents=True, exist_ok=True)
        problem = execute_in_place(notebook, lesson.notebook.parent)
        if problem:
            failed.append(lesson.name)
            print(f"{lesson.name} is left as it was: {problem}")
        else:
            lessons.write(lesson.notebook, lessons.to_bytes(notebook))
    results.update_readme(Path(root))
    return int(bool(failed))


def execute_in_place(notebook: NotebookNode, folder: Path) -> str:
    """Execute with a reader's record that is empty; returns what went wrong, or an empty string."""
    current = notebook.cells[0]

    def cell_started(cell: NotebookNode, cell_index: int) -> None:
        nonlocal current
        current = cell

    with tempfile.TemporaryDirectory() as scratch:
        environ = environment(Path(scratch), MLPIPE_HOME=scratch, MLPIPE_HIDE_TIMES="1")
        client = NotebookClient(
            notebook,
            record_timing=False,
            timeout=None,
            resources={"metadata": {"path": str(folder)}},
            on_cell_start=cell_started,
            **CLIENT,
        )
        with patch.dict(os.environ, environ, clear=True):
            try:
                client.execute()
            except CellExecutionError:
                pass  # the cell's own output says what happened
            except (DeadKernelError, CellTimeoutError) as error:
                stop(current, error)
    if found := failure(notebook):
        return f"cell {found['cell']} ({found['line']}): {found['message']}"
    notebook.metadata["language_info"] = {"name": "python"}  # the kernel's own has the version of this Python
    return ""
