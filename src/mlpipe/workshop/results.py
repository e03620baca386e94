"""What documents quote from the stored notebooks: the map of the lessons, ten results, and the table of all of them."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path

from mlpipe.workshop import lessons

LESSONS, RESULTS = "lessons", "results"  # the marks of the README: <!-- lessons -->, <!-- /lessons -->
HEAD = "# Results\n\nEach claim of the lessons, as `make refresh` stored it. Seed 0, full scale.\n\n"


def documents(root: Path) -> dict[Path, str]:
    """README.md and docs/results.md as they should be by the stored notebooks.

    The README's first mark of the results names the claims that it shows: `<!-- results: 05.als, 09.crosses -->`.
    Raises ValueError for a mark that is missing, and for a claim that no lesson makes.
    """
    path = Path(root) / "README.md"
    course = [lesson for lesson in lessons.find(root) if lesson.notebook.exists() and lesson.part != lessons.TRAPS]
    rows, every, links = [("", "lesson", "goal"), ("---", "---", "---")], dict[str, tuple[str, ...]](), dict[str, str]()
    part = ""
    for lesson in course:
        notebook = lessons.read(lesson.notebook)
        title, goal = lessons.title_and_goal(notebook)
        rows += [("", f"**{lesson.part}**", "")] * (lesson.part != part)
        part = lesson.part
        rows.append((lesson.number, f"[{title}](notebooks/{lesson.notebook.name})", goal))
        for claim in lessons.records(notebook, "claim"):  # those of traps state symptoms and are no results
            every[claim["id"]] = claim["sentence"], claim["shown"], claim["bound"], claim["shown_baseline"]
            links[claim["id"]] = f"notebooks/{lesson.notebook.name}"
    readme = path.read_text(encoding="utf-8")
    names = [name.strip() for name in _marks(readme, RESULTS)[1].split(",") if name.strip()]
    if unknown := [name for name in names if name not in every]:
        raise ValueError(f"README.md names claims that no lesson has: {', '.join(unknown)}; known: {', '.join(every)}")
    shown = _claims_table((f"[{name}]({links[name]})", *every[name]) for name in names)
    shown += f"\n\nAll {len(every)} claims stand in [docs/results.md](docs/results.md)."
    table = _claims_table((f"[{name}](../{links[name]})", *claim) for name, claim in every.items())
    readme = _filled(_filled(readme, LESSONS, _table_of(rows)), RESULTS, shown)
    return {path: readme, path.parent / "docs" / "results.md": f"{HEAD}{table}\n"}


def _claims_table(rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table of claims."""
    heads = ("Claim", "What holds", "Value", "Bound", "Trivial model")
    return _table_of([heads, ("---", "---", "---:", "---", "---:"), *rows])


def _table_of(rows: Iterable[tuple[str, ...]]) -> str:
    """A Markdown table; a bar within a cell stays one."""
    return "\n".join("| " + " | ".join(cell.replace("|", "\\|") for cell in row) + " |" for row in rows)


def _filled(text: str, mark: str, content: str) -> str:
    """The text with this content between two marks."""
    begin, _, end = _marks(text, mark)
    return f"{text[:begin]}\n{content}\n{text[end:]}"


def _marks(text: str, mark: str) -> tuple[int, str, int]:
    """Where the first mark ends, what it names, and where the second one begins."""
    found = re.search(rf"<!-- {mark}:?([^>]*) -->(?=\n).*?(?=<!-- /{mark} -->)", text, re.DOTALL)
    if found is None:
        raise ValueError(f"README.md has no place for the {mark}: add the lines <!-- {mark} --> and <!-- /{mark} -->")
    return text.index("-->", found.start()) + 3, found[1], found.end()


def update(root: Path) -> None:
    """Write the documents anew."""
    for path, content in documents(root).items():
        lessons.write(path, content)
