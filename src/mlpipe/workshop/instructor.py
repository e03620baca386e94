"""The instructor's edition: exercises solved, speaker's notes shown, and sheets and cards to print."""

from __future__ import annotations

from pathlib import Path

import nbformat
from nbformat import NotebookNode

from mlpipe.course.definition import find
from mlpipe.interview import printed
from mlpipe.workshop import lessons, pages, run
from mlpipe.workshop.execute import Job


def solved(notebook: NotebookNode) -> NotebookNode:
    """A copy in which each answer cell holds its exercise's solution, and nothing else differs."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        if exercise := lessons.exercise_id(cell):
            cell.source = find(exercise).solution.strip()
    return copy


def instructor(root: Path, only: str = "", workers: int = 2, into: Path | None = None) -> int:
    """`make instructor`: solved notebooks, executed, pages with notes, and what to print; returns the exit status."""
    chosen = lessons.find(root, only)
    folder = Path(into or root).resolve() / "build" / "instructor"
    # with the pages of earlier calls, and no link to a page that is not there
    every = [one for one in lessons.find(root) if one in chosen or (folder / f"{one.name}.html").exists()]
    jobs = []
    for lesson in chosen:
        source = folder / ".unexecuted" / f"{lesson.name}.ipynb"
        lessons.write(source, lessons.to_bytes(solved(lessons.read(lesson.notebook))))
        output = folder / f"{lesson.name}.solved.ipynb"
        jobs.append(Job(lesson.name, str(source), str(output), str(lesson.notebook.parent)))

    def site(rows: list[run.Row]) -> None:
        printed.write_printed(folder / "print")
        table = pages.index(every, {row["lesson"]: row for row in rows}, printed.links("print"))
        lessons.write(folder / "index.html", table)

    return run.publish(jobs, every, folder, site, "instructor", workers, notes=True)
