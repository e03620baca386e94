"""The instructor's edition: exercises solved, speaker's notes shown, and sheets and cards to print."""

from __future__ import annotations

from pathlib import Path

from mlpipe.interview import printed
from mlpipe.workshop import lessons, run, site
from mlpipe.workshop.execute import Job


def instructor(root: Path, only: str = "", workers: int = 2, into: Path | None = None) -> int:
    """`make instructor`: solved notebooks, executed, the site with notes, what to print; returns the exit status."""
    course = lessons.find(root)
    folder = Path(into or root).resolve() / "build" / "instructor"
    done, jobs = folder / "solved", []
    for lesson in lessons.find(root, only):
        source = folder / ".unexecuted" / f"{lesson.name}.ipynb"
        lessons.write(source, lessons.to_bytes(site.solved(lessons.read(lesson.notebook))))
        jobs.append(Job(lesson.name, str(source), str(done / f"{lesson.name}.ipynb"), str(lesson.notebook.parent)))

    rows = dict[str, run.Row]()

    def pages() -> Path:
        printed.write_printed(folder / "print")
        edition = site.Edition(notes=True, solved=True)
        return site.build(course, done, folder, folder / ".site", rows, edition, workers)

    def finished(new: list[run.Row]) -> None:
        rows.update({row["lesson"]: row for row in new})

    return run.publish(jobs, finished, pages, "instructor", workers)
