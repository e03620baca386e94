"""The README's table of results, written from the claims that the stored notebooks hold."""

from __future__ import annotations

from pathlib import Path

from mlpipe.workshop import lessons

BEGIN, END = "<!-- results -->", "<!-- /results -->"


def results_table(course: list[lessons.Lesson]) -> str:
    """A Markdown table: one row a claim, grouped by lesson; the claims of traps state symptoms and are no results."""
    rows = ["| Lesson | What holds | Value | Bound | Trivial model |", "|---|---|---:|---|---:|"]
    for lesson in course:
        if lesson.part == lessons.TRAPS:
            continue
        name = f"[{lesson.name}](notebooks/{lesson.notebook.name})"
        for claim in lessons.records(lessons.read(lesson.notebook), "claim"):
            cells = (name, claim["sentence"], claim["shown"], claim["bound"], claim["shown_baseline"])
            rows.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
            name = ""
    return "\n".join(rows)


def with_table(readme: str, table: str) -> str:
    """The README's text with the table between its marks. Raises ValueError when a mark is missing."""
    before, begin, rest = readme.partition(BEGIN)
    _, end, after = rest.partition(END)
    if not begin or not end:
        raise ValueError(f"README.md has no place for the results: add the lines {BEGIN} and {END}")
    return f"{before}{BEGIN}\n{table}\n{END}{after}"


def update_readme(root: Path) -> None:
    """Write the table of all stored notebooks into README.md."""
    path = Path(root) / "README.md"
    stored = [lesson for lesson in lessons.find(root) if lesson.notebook.exists()]
    lessons.write(path, with_table(path.read_text(encoding="utf-8"), results_table(stored)))
