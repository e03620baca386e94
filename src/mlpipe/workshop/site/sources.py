"""What Sphinx reads: each notebook once more, its cells made ready for a page."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import nbformat
from nbformat import NotebookNode

from mlpipe.course.boxes import render
from mlpipe.course.definition import find
from mlpipe.workshop import lessons
from mlpipe.workshop.execute import INJECTED
from mlpipe.workshop.lessons import Lesson
from mlpipe.workshop.site.references import anchor, heading, linked

DOWNLOADS = "notebooks"  # the folder of the sources that holds what a reader can download
TEMPLATES = Path(__file__).with_name("templates")
QUESTION = "**Predict before you run.**"
FOLD, UNFOLD = "% fold", "% unfold"  # comments of MyST, which the extension turns into a folded part
_LINK = re.compile(r"\]\((?!\w+:)(?:[^)#]*/)?([^)/#]+\.ipynb)(?=[)#])")
_HREF = re.compile(r'(<a [^>]*href=")(?!\w+:)(?:[^"#]*/)?([^"/#]+)\.ipynb(#[^"]*)?(?=")')
_STRIP = re.compile(r"^\|[^\n]*where we are[^\n]*\|\n\|[-| :]+\|\n(\|[^\n]*\|)\n?", re.MULTILINE)


@dataclass(frozen=True)
class Edition:
    """What stands on the pages besides the lessons: solutions of exercises, speaker's notes."""

    solutions: bool = True  # folded below each exercise; without them a class finds nothing that gives them away
    notes: bool = False
    solved: bool = False  # the notebooks are those with solved exercises


READERS = Edition()


def solved(notebook: NotebookNode) -> NotebookNode:
    """A copy in which each answer cell holds its exercise's solution, and nothing else differs."""
    copy = nbformat.from_dict(notebook)
    for cell in copy.cells:
        if exercise := lessons.exercise_id(cell):
            cell.source = find(exercise).solution.strip()
    return copy


def handed_out(notebook: NotebookNode) -> NotebookNode:
    """What a reader downloads: nothing run, and nothing that is the speaker's."""
    copy = lessons.without_outputs(notebook)
    for cell in copy.cells:
        for key in ("notes", "slide", "slide_code", "slideshow"):
            cell.metadata.pop(key, None)
    return copy


def latest(notebook: NotebookNode, executed: Path) -> tuple[NotebookNode, bool]:
    """The executed notebook where it is one of this text, else the one given; and whether it was executed."""
    if executed.exists():
        try:
            run = lessons.read(executed)
        except ValueError:  # half a file of a run that was killed
            return notebook, False
        if _texts(run) == _texts(notebook):
            return run, True
    return notebook, False


def _texts(notebook: NotebookNode) -> list[str]:
    return [cell.source for cell in notebook.cells if INJECTED not in cell.metadata.get("tags", [])]


def ready(
    notebook: NotebookNode,
    edition: Edition,
    row: dict[str, Any] | None,
    lesson: Lesson,
) -> NotebookNode:
    """The notebook as its page shows it.

    Parameters
    ----------
    notebook : executed, or as it is stored
    edition : whether solutions and notes are shown
    row : of the run's report; an error in it is announced
    lesson : which one it is
    """
    cells, seen = list[NotebookNode](), set[str]()  # terms whose first use is linked
    error = (row or {}).get("error")
    number = 0
    for cell in notebook.cells:
        number += INJECTED not in cell.metadata.get("tags", [])
        if error and error.get("cell") == number:
            cells.append(_text('<a id="failed"></a>'))
        new = list(_cell(cell, lesson, edition, seen))
        if not cells and new:  # the text speaks of lessons by their numbers
            new[0].source = re.sub(r"\A# ", f"# {lesson.number} ", new[0].source)
        cells += new
        if number == 1 and error:
            cells.append(_text(failure(error)))
    _fold(cells)
    page = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": lessons.KERNEL})
    for place, one in enumerate(page.cells):  # the same from build to build: a page that is as it was stays
        one.id = f"cell-{place}"
    return page


def failure(error: dict[str, Any]) -> str:
    """What stands at the top of the page of a lesson whose run failed."""
    where = f'in <a href="#failed">cell {error["cell"]}</a>' if "cell" in error else "before its first cell"
    told = "\n".join(str(error["message"]).splitlines()[:20])
    fence = "`" * max(3, 1 + max(map(len, re.findall(r"`+", told)), default=0))
    head = f"This run failed {where}. What stands below it was not run."
    return f":::{{error}}\n{head}\n\n{fence}text\n{told}\n{fence}\n:::"


def _cell(cell: NotebookNode, lesson: Lesson, edition: Edition, seen: set[str]) -> Iterator[NotebookNode]:
    """One cell of a lesson as one or more of its page."""
    tags, notes = list(cell.metadata.get("tags", [])), cell.metadata.get("notes")
    if cell.cell_type == "markdown":
        yield _text(_strip(_flat(linked(cell.source, seen)), lesson))
    elif cell.source.strip():
        yield from _code(cell, tags, edition)
    if notes and edition.notes:
        yield _text(f":::{{admonition}} Say\n:class: notes\n{notes}\n:::")


def _code(cell: NotebookNode, tags: list[str], edition: Edition) -> Iterator[NotebookNode]:
    """A cell of code with its outputs, and what is folded below an exercise."""
    if asked := next(_records(cell, "guess"), None):
        yield _text(render("guess.html", TEMPLATES, asked=asked), guess=asked["id"])
        return
    exercise = lessons.exercise_id(cell)
    outputs = [_output(output) for output in cell.get("outputs", [])]
    shown: dict[str, Any] = {}
    if alt := cell.metadata.get("alt"):
        shown["image"] = {"alt": alt}
    if "parameters" in tags or INJECTED in tags:
        shown["code_prompt_show"] = shown["code_prompt_hide"] = "Parameters of this run"
        tags = ["hide-input"]
    elif exercise and cell.source.strip() == find(exercise).solution.strip():
        shown["code_prompt_show"] = shown["code_prompt_hide"] = "One solution"
        tags = ["hide-input"]
    else:
        tags = ["remove-input"] if any(True for _ in _records(cell, "guesses")) else []
    metadata: dict[str, Any] = {"tags": tags, "reveals": [record["id"] for record in _records(cell, "reveal")]}
    metadata |= {"mystnb": shown} if shown else {}
    if exercise:
        yield _text(f'<span id="{anchor("exercise", exercise)}"></span>')
    yield nbformat.v4.new_code_cell(cell.source, outputs=outputs, metadata=metadata)
    if exercise:
        yield _text(help_for(exercise, edition))


def help_for(exercise: str, edition: Edition) -> str:
    """Hints and, where the edition has them, solutions of an exercise, each folded."""
    definition = find(exercise)
    hints = definition.hints if edition.solutions else definition.hints[:-1]  # the last one is nearly code
    parts = [
        f"::::{{dropdown}} Hint {number} of {len(hints)}\n{prose(hint)}\n::::" for number, hint in enumerate(hints, 1)
    ]
    if edition.solutions:
        first, second = definition.solution.strip(), definition.another.strip()
        also = f"\n\nAnother one:\n\n```python\n{second}\n```" if second != first else ""
        parts.append(
            f"::::{{dropdown}} Solution\n:class-container: solution\n```python\n{first}\n```{also}\n\n"
            f"{prose(definition.takeaway)}\n::::"
        )
    return "\n\n".join(parts)


def prose(text: str) -> str:
    """A sentence of ours as Markdown: `code` stays code, all other signs are text."""
    parts = re.split(r"(`[^`]+`)", text)
    return "".join(part if part.startswith("`") else re.sub(r"([\\*_$\[\]<>{}#|~])", r"\\\1", part) for part in parts)


def _output(output: NotebookNode) -> NotebookNode:
    """An output with links that lead from page to page, and, for a claim, the place that other pages link to."""
    copy = nbformat.from_dict(output)
    if html := copy.get("data", {}).get("text/html"):
        html = _HREF.sub(lambda link: f"{link[1]}{link[2]}.html{_place(link[3])}", html)
        record = copy.get("metadata", {}).get("mlpipe", {})
        if "claim" in record:
            html = f'<div class="claim" id="{anchor("claim", record["claim"]["id"])}">{html}</div>'
        copy.data["text/html"] = html
    return copy


def _place(anchor: str | None) -> str:
    """The anchor of a section in JupyterLab as it is on a page.

    >>> _place("#What-was-shown%3F"), _place("#Does-a-library%27s-default%3F"), _place(None)
    ('#what-was-shown', '#does-a-library-s-default', '')
    """
    return f"#{heading(anchor[1:])}" if anchor else ""


def _flat(source: str) -> str:
    """Markdown with links that suit the sources, which lie side by side."""
    return _LINK.sub(r"](\1", source)


def _strip(source: str, lesson: Lesson) -> str:
    """The opening cell's table (where we are, what you need, what it takes) as a strip that a phone can show."""
    found = _STRIP.search(source)
    if not found:
        return source
    parts = [part.strip() for part in re.split(r"(?<!\\)\|", found[1].strip().strip("|"))]
    if len(parts) != 3:
        return source
    where, need, takes = parts
    stages = [stage.strip() for stage in where.split("▸")]
    words = " ".join(f"[{stage}]{{.stage{' .here' if stage.startswith('**') else ''}}}" for stage in stages)
    strip = (
        f":::::{{div}} where-we-are\n{words}\n\n**You need** {need} · **It takes** {takes} · "
        f"{{download}}`the notebook <{DOWNLOADS}/{lesson.notebook.name}>`\n:::::\n"
    )
    return source[: found.start()] + strip + source[found.end() :]


def _fold(cells: list[NotebookNode]) -> None:
    """Mark what would give away the answer to a guess: from its box to the first text after the result.

    That text ends at a heading, or where the next question begins.
    """
    for first, cell in enumerate(cells):
        asked = cell.metadata.get("guess")
        later = [place for place, one in enumerate(cells) if place > first and asked in one.metadata.get("reveals", [])]
        if not (asked and later):
            continue
        after = later[0] + 1
        while after < len(cells) and cells[after].cell_type == "code" and "guess" not in cells[after].metadata:
            after += 1  # what is run and drawn before the text shows the result, too
        text = cells[after].source if after < len(cells) and cells[after].cell_type == "markdown" else ""
        stop = re.search(rf"^(?:#{{1,6}} |{re.escape(QUESTION)})", text, re.MULTILINE)
        told, rest = (text[: stop.start()], text[stop.start() :]) if stop else (text, "")
        if told.strip():
            cells[after].source = f"{told.rstrip()}\n\n{UNFOLD}\n\n{rest}".rstrip()
        else:
            cells.insert(after, _text(UNFOLD))
        cells.insert(first + 1, _text(FOLD))


def _records(cell: NotebookNode, kind: str) -> Iterator[dict[str, Any]]:
    """What the course's own displays stored in a cell, such as the guesses that it asks for."""
    for output in cell.get("outputs", []):
        record = output.get("metadata", {}).get("mlpipe", {})
        if kind in record:
            yield record[kind]


def _text(source: str, **metadata: str) -> NotebookNode:
    return nbformat.v4.new_markdown_cell(source, metadata=metadata)


def write_changed(path: Path, content: bytes | str) -> None:
    """Write a source where it differs, so that Sphinx builds anew what has changed."""
    data = content.encode() if isinstance(content, str) else content
    if not path.exists() or path.read_bytes() != data:
        lessons.write(path, data)


def remove_others(folder: Path, written: Iterable[Path]) -> None:
    """Remove sources of an earlier build that this one does not have."""
    kept = set(written)
    for path in folder.rglob("*"):
        if path.is_file() and path not in kept:
            path.unlink()
