"""Readable pages from executed notebooks: one HTML file each, which loads nothing from anywhere.

Formulas become MathML, pictures are embedded, the style sheet is in the page.
"""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from latex2mathml.converter import convert
from markupsafe import Markup
from nbconvert.filters import ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import Python3Lexer

from mlpipe.course.boxes import render
from mlpipe.course.definition import find
from mlpipe.workshop.execute import INJECTED
from mlpipe.workshop.lessons import Lesson, exercise_id, read, title_and_goal

TEMPLATES = Path(__file__).with_name("page_templates")
PROMISE = (  # word for word what the tests of the notebooks hold
    "One seed gives the same text and conclusions on any CPU, and the same numbers up to one unit of the last digit "
    "shown"
)


def mathml(formula: str, display: str = "inline") -> str:
    r"""A TeX formula as MathML. Raises ValueError for one that cannot be converted.

    >>> "<mfrac>" in mathml(r"\frac{a}{b}")
    True
    """
    tex = re.sub(r"\\(begin|end)\{(?:aligned|gathered)\}", r"\\\1{align*}", formula.strip())
    try:
        converted = convert(tex, display=display)
        shown = "".join(ElementTree.fromstring(converted).itertext())
    except Exception as error:  # the converter's own errors have no common class
        raise ValueError(f"the formula {formula.strip()!r} cannot be converted ({type(error).__name__})") from None
    if command := re.search(r"\\\w*", shown):
        raise ValueError(f"the formula {formula.strip()!r} cannot be converted: unknown {command[0]}")
    return converted


class _Renderer(IPythonRenderer):
    """Markdown to HTML with formulas as MathML and links between lessons that lead from page to page."""

    def block_math(self, body: str) -> str:
        """A displayed formula; a long one scrolls by itself."""
        return render("formula.html", TEMPLATES, formula=Markup(mathml(body, "block")))

    def inline_math(self, body: str) -> str:
        """A formula within a line."""
        return mathml(body)

    def latex_environment(self, name: str, body: str) -> str:
        """A displayed formula between `begin` and `end`."""
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """A link; one to another lesson's notebook leads to its page."""
        return super().link(text, _page_of(url), title)


def _page_of(url: str) -> str:
    """Where a link leads on a page: pages lie side by side, notebooks in folders.

    >>> _page_of("traps/t1_counter.ipynb#Symptoms"), _page_of("https://example.org/a.ipynb")
    ('t1_counter.html#Symptoms', 'https://example.org/a.ipynb')
    """
    return re.sub(r"^(?!\w+:)(?:[^#]*/)?([^/#]+)\.ipynb(?=$|#)", r"\1.html", url)


def _markdown(images: Path) -> Callable[[str], Markup]:
    """What makes HTML of Markdown; pictures are read from the folder `images` and embedded."""
    renderer = _Renderer(escape=False, embed_images=True, path=str(images), anchor_link_text="#")
    return lambda text: Markup(MarkdownWithMath(renderer=renderer).render(text))


def _linked(html: str) -> Markup:
    """The HTML of an output, with links between lessons that lead from page to page."""
    return Markup(re.sub(r'(<a href=")([^"]+)', lambda found: found[1] + _page_of(found[2]), html))


def page(
    notebook: NotebookNode,
    lesson: Lesson,
    course: list[Lesson],
    images: Path,
    error: dict[str, Any] | None = None,
    notes: bool = False,
) -> str:
    """The page of a notebook: `course` gives the neighbours, `notes` shows the speaker's notes, `error` is announced.

    Raises ValueError naming notebook and cell for a formula that cannot be converted.
    """
    cells, number = list[Markup](), 0
    for cell in notebook.cells:
        number += INJECTED not in cell.metadata.get("tags", [])
        try:
            cells.append(_section(cell, number, images, notes))
        except ValueError as problem:
            raise ValueError(f"{lesson.name}, cell {number}: {problem}") from None
    place = course.index(lesson)
    return render(
        "lesson.html",
        TEMPLATES,
        title=title_and_goal(notebook)[0] or lesson.name,
        before=course[place - 1] if place else None,
        after=course[place + 1] if place + 1 < len(course) else None,
        cells=cells,
        error=error,
        notes=notes,
    )


def _section(cell: NotebookNode, number: int, images: Path, notes: bool) -> Markup:
    """One cell: what it says, or its code with outputs."""
    exercise, tags = exercise_id(cell), cell.metadata.get("tags", [])
    return render(
        "cell.html",
        TEMPLATES,
        cell=cell,
        number=number,
        tags=tags,
        injected=INJECTED in tags,
        alt=cell.metadata.get("alt"),
        notes=notes,
        said=notes and cell.metadata.get("notes"),
        exercise=exercise,
        stub=find(exercise).stub.strip() if exercise and notes else None,
        feedback=any("exercise" in output.get("metadata", {}).get("mlpipe", {}) for output in cell.get("outputs", [])),
        ansi=lambda text: Markup(ansi2html(text)),
        coloured=lambda source: Markup(highlight(source, Python3Lexer(), HtmlFormatter(nowrap=True))),
        encoded=lambda svg: b64encode(svg.encode()).decode(),
        linked=_linked,
        markdown=_markdown(images),
    )


def index(course: list[Lesson], rows: dict[str, dict[str, Any]], more: str = "") -> str:
    """The map of the course by part; `rows` are the report's rows by lesson name, `more` is HTML to stand below."""
    entries = list[dict[str, Any]]()
    for lesson in course:
        notebook = read(lesson.notebook)
        title, goal = title_and_goal(notebook)
        facts = {"minutes": notebook.metadata.get("mlpipe", {}).get("minutes"), "row": rows.get(lesson.name)}
        entries.append({"lesson": lesson, "title": title, "goal": re.sub(r"[*_`]", "", goal)} | facts)
    parts = groupby(entries, lambda entry: entry["lesson"].part)
    return render("index.html", TEMPLATES, title="Course", parts=parts, promise=PROMISE, more=Markup(more))
