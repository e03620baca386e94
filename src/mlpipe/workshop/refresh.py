"""Make the stored notebooks anew: from the texts, in a fresh kernel, without anything that changes by itself."""

from __future__ import annotations

import tempfile
from pathlib import Path

from mlpipe.workshop import lessons, results, run
from mlpipe.workshop.execute import Job


def refresh(root: Path, only: str = "") -> int:
    """`make refresh`: execute each lesson's text and store the notebook, then the documents that quote it.

    A lesson whose cells do not all run, or whose claims do not all hold, is left as it was. Returns the exit status.
    """
    code = 0
    for lesson in lessons.find(root, only):
        lesson.notebook.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as record:  # a reader's record that is empty
            text, output = Path(record) / "text.ipynb", Path(record) / "executed.ipynb"
            lessons.write(text, lessons.to_bytes(lessons.from_text(lesson)))
            job = Job(lesson.name, str(text), str(output), str(lesson.notebook.parent))
            (row,), stopped = run.run_jobs([job], MLPIPE_HOME=record, MLPIPE_HIDE_TIMES="1")
            if stopped:
                print(f"Interrupted. {lesson.name} and what comes after it are left as they were.")
                code = run.INTERRUPTED
                break
            if row["result"] == "ok":
                notebook = lessons.read(output)
                notebook.metadata["language_info"] = {"name": "python"}  # the kernel's own has this Python's version
                lessons.write(lesson.notebook, lessons.to_bytes(notebook))
            else:
                where = "cell {cell} ({line}): ".format_map(row["error"]) if "cell" in row["error"] else ""
                print(f"{lesson.name} is left as it was: {where}{row['error']['message']}")
                code = 1
    results.update(Path(root))
    return code
