"""The lessons as files: which there are, how text becomes a notebook, what a notebook holds."""

from __future__ import annotations

import hashlib
import json
import re
import sys
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

# nbformat imports jsonschema, and that a parser of international addresses, which takes a second to make and which no
# notebook needs. Here jsonschema finds it missing and goes on.
_missing = sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]
import nbformat
from nbformat import NotebookNode

if _missing is None:
    del sys.modules["rfc3987_syntax"]

from mlpipe.course.definition import find as find_exercise
from mlpipe.course.progress import TRAPS as TRAPS
from mlpipe.course.progress import part_of
from mlpipe.course.record import locked as locked
from mlpipe.course.record import write as write

KERNEL = {"display_name": "Python 3 (ipykernel)", "language": "python", "name": "python3"}


@dataclass(frozen=True)
class Lesson:
    """One lesson: `NN_name`, or trap: `tN_name`; its executed notebook, and the text that authors edit."""

    name: str
    notebook: Path
    text: Path

    @property
    def number(self) -> str:
        """What stands in front, as claims and exercises use it: two digits, or "t" and the number of a trap."""
        return self.name.partition("_")[0]

    @property
    def part(self) -> str:
        """The part of the course that the lesson belongs to."""
        return part_of(self.number)


def find(root: Path, only: str = "") -> list[Lesson]:
    """The lessons of a checkout in order, then its traps; `only` keeps some: "02", "02,t1" or full names.

    Raises FileNotFoundError without lessons, ValueError for an unknown name, listing the known ones.
    """
    folder, texts = Path(root).resolve() / "notebooks", Path(root).resolve() / "lessons"
    within: dict[str, Path] = {}  # name -> the folder below notebooks and below lessons
    for place, pattern in ((Path(), "[0-9][0-9]_*"), (Path("traps"), "t[0-9]*_*")):
        stored = [path.stem for path in (folder / place).glob(pattern + ".ipynb")]
        written = [path.parent.name for path in (texts / place).glob(pattern + "/lesson.py")]
        within |= dict.fromkeys(stored + written, place)
    names = sorted(within, key=lambda name: (name.startswith("t"), len(name.partition("_")[0]), name))  # t9 before t10
    if not names:
        raise FileNotFoundError(f"no lessons in {folder}: call this from the project's own folder")
    wanted = [word.strip().removesuffix(".ipynb") for word in only.split(",") if word.strip()]
    chosen = {word: [name for name in names if _means(word, name)] for word in wanted}
    unknown = [word for word, found in chosen.items() if not found]
    if unknown:
        raise ValueError(f"no lesson {', '.join(unknown)}; known: {', '.join(names)}")
    return [
        Lesson(name, folder / within[name] / f"{name}.ipynb", texts / within[name] / name / "lesson.py")
        for name in names
        if not wanted or any(name in found for found in chosen.values())
    ]


def _means(word: str, name: str) -> bool:
    """Whether a word names a lesson: by its beginning, a trap by its whole number, as t1 is not t10."""
    return name.startswith(f"{word}_" if re.fullmatch(r"t\d+", word) else word)


def read(path: Path) -> NotebookNode:
    """A notebook file. Raises FileNotFoundError, ValueError for what is no notebook, with the command that makes it."""
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: `make refresh ONLY={path.stem}` makes it from its text")
    try:
        return nbformat.read(path, as_version=4)
    except Exception as error:  # no JSON, or JSON that is no notebook: nbformat has a class of error for each
        raise ValueError(
            f"{path} cannot be read as a notebook ({type(error).__name__}; are there marks of a git merge in it?): "
            f"`git checkout -- {path}` restores it"
        ) from None


def read_json(path: Path, fix: str) -> dict[str, Any]:
    """A JSON file of ours, empty when it is missing. Raises ValueError, with the fix, for one that is damaged."""
    try:
        content = json.loads(path.read_text(encoding="utf-8")) if path.exists() else {}
    except ValueError:
        content = None
    if not isinstance(content, dict):
        raise ValueError(f"{path} is damaged: {fix}")
    return content


def from_text(lesson: Lesson) -> NotebookNode:
    """The notebook that the text describes: no outputs, and cell ids that depend on nothing but lesson and source.

    The cell that takes the answer of an exercise is empty in the text, and holds the exercise's stub in the notebook.
    """
    import jupytext  # takes as long as all else here, and only authors need it

    parsed = jupytext.read(lesson.text)
    cells, seen = [], Counter[str]()
    for cell in parsed.cells:
        if name := exercise_id(cell):
            cell.source = find_exercise(name).stub.strip()
        cell.metadata.pop("lines_to_next_cell", None)  # of the text, not of the notebook
        new = {"code": nbformat.v4.new_code_cell, "markdown": nbformat.v4.new_markdown_cell}[cell.cell_type]
        repeat = seen[cell.source]
        seen[cell.source] += 1
        name = hashlib.sha256(f"{lesson.name}\n{repeat}\n{cell.source}".encode()).hexdigest()[:12]
        cells.append(new(cell.source, id=name, metadata=cell.metadata))
    metadata = {"kernelspec": KERNEL, "language_info": {"name": "python"}, "mlpipe": parsed.metadata.get("mlpipe", {})}
    return nbformat.v4.new_notebook(cells=cells, metadata=metadata)


def without_outputs(notebook: NotebookNode) -> NotebookNode:
    """A copy with outputs and execution counts removed."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        if cell.cell_type == "code":
            cell.outputs, cell.execution_count = [], None
    return copy


def to_bytes(notebook: NotebookNode) -> bytes:
    """The notebook as a file's content."""
    return (nbformat.writes(notebook) + "\n").encode()


def records(notebook: NotebookNode, kind: str) -> Iterator[dict[str, Any]]:
    """What the course's own displays stored in a notebook: kind "claim", "exercise", "measured" or "say"."""
    for cell in notebook.cells:
        for output in cell.get("outputs", []):
            record = output.get("metadata", {}).get("mlpipe", {})
            if kind in record:
                yield record[kind]


def title_and_goal(notebook: NotebookNode) -> tuple[str, str]:
    """The H1 and the sentence after "Goal." of the opening cell; empty strings where they are missing."""
    opening = notebook.cells[0].source if notebook.cells else ""
    title = re.search(r"^# (.+)$", opening, re.MULTILINE)
    goal = re.search(r"\*\*Goal\.\*\*\s*(.+?)(?:\n\s*\n|\Z)", opening, re.DOTALL)
    return title[1].strip() if title else "", " ".join(goal[1].split()) if goal else ""


def exercise_id(cell: NotebookNode) -> str | None:
    """The id of the exercise whose answer this cell takes, or None."""
    tags = [tag for tag in cell.metadata.get("tags", []) if tag.startswith("exercise:")]
    return tags[0].removeprefix("exercise:") if tags else None
