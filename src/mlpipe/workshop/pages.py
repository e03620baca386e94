"""Readable pages from executed notebooks: one HTML file each, which loads nothing from anywhere.

Formulas become MathML, pictures are embedded, the style sheet is in the page.
"""

from __future__ import annotations

import re
from html import escape
from itertools import pairwise
from pathlib import Path
from string import Template
from typing import Any
from xml.etree import ElementTree

from latex2mathml.converter import convert
from nbconvert.filters import ansi2html
from nbconvert.filters.markdown_mistune import IPythonRenderer, MarkdownWithMath
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import Python3Lexer

from mlpipe.course.definition import find
from mlpipe.workshop.execute import ADDED_TAGS
from mlpipe.workshop.lessons import Lesson, exercise_id, read, title_and_goal

HERE = Path(__file__).parent
IMAGES = ("image/png", "image/jpeg", "image/svg+xml")
PROMISE = (  # word for word what the tests of the notebooks hold
    "One seed gives the same text, the same conclusions and the same digits on any CPU, up to one unit of the last "
    "digit shown"
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


class Renderer(IPythonRenderer):
    """Markdown to HTML with formulas as MathML and links between lessons that lead from page to page."""

    def block_math(self, body: str) -> str:
        """A displayed formula; a long one scrolls by itself."""
        return f'<span class="formula" tabindex="0">{mathml(body, "block")}</span>'

    def inline_math(self, body: str) -> str:
        """A formula within a line."""
        return mathml(body)

    def latex_environment(self, name: str, body: str) -> str:
        """A displayed formula between `begin` and `end`."""
        return self.block_math(f"\\begin{{{name}}}{body}\\end{{{name}}}")

    def link(self, text: str, url: str, title: str | None = None) -> str:
        """A link; one to another lesson's notebook leads to its page."""
        return super().link(text, page_of(url), title)


def page_of(url: str) -> str:
    """Where a link leads on a page: pages lie side by side, notebooks in folders.

    >>> page_of("traps/t1_counter.ipynb#Symptoms"), page_of("https://example.org/a.ipynb")
    ('t1_counter.html#Symptoms', 'https://example.org/a.ipynb')
    """
    return re.sub(r"^(?!\w+:)(?:[^#]*/)?([^/#]+)\.ipynb(?=$|#)", r"\1.html", url)


def markdown(text: str, images: Path) -> str:
    """Markdown as HTML; pictures are read from the folder `images` and embedded."""
    renderer = Renderer(escape=False, embed_images=True, path=str(images), anchor_link_text="#")
    return MarkdownWithMath(renderer=renderer).render(text).replace("<table>", '<table class="prose">')


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
    parts, number = [], 0
    if error:
        where = f'<a href="#cell-{error["cell"]}">cell {error["cell"]}</a>' if "cell" in error else "the run"
        parts.append(f'<p class="failed" role="alert">This run failed in {where}: {escape(error["message"])}</p>')
    for cell in notebook.cells:
        number += not set(cell.metadata.get("tags", [])) & ADDED_TAGS
        try:
            parts.append(cell_html(cell, number, images, notes))
        except ValueError as problem:
            raise ValueError(f"{lesson.name}, cell {number}: {problem}") from None
    title = title_and_goal(notebook)[0] or lesson.name
    body = "\n".join([tools(notes), *parts])
    return frame(f"{title} · mlpipe", body, neighbours(lesson, course), (HERE / "page.js").read_text(encoding="utf-8"))


def tools(notes: bool) -> str:
    """What stands above a lesson: the way to present it and, for the instructor, to hide what is not for the class."""
    hide = '<label><input type="checkbox" id="hide"> hide notes and solutions (n)</label>' if notes else ""
    keys = "arrow keys turn, Escape ends"
    return f'<div class="tools">{hide}<button id="present" title="{keys}">Present (p)</button></div><p id="place"></p>'


def cell_html(cell: NotebookNode, number: int, images: Path, notes: bool) -> str:
    """One cell as a section: what it says, or its code with outputs."""
    tags = set(cell.metadata.get("tags", []))
    aside = ""
    if notes and cell.metadata.get("notes"):
        aside = f'<aside class="notes"><strong>Say:</strong> {markdown(cell.metadata.notes, images)}</aside>'
    if cell.cell_type == "markdown":
        return f'<section id="cell-{number}">{markdown(cell.source, images)}{aside}</section>'
    if not cell.source.strip():
        return aside
    block, kind = code_html(cell.source), "run"
    if tags & {"parameters", "injected-parameters"}:
        block, kind = f"<details><summary>Parameters of this run</summary>{block}</details>", "parameters"
    outputs = "".join(output_html(output, cell.metadata.get("alt", ""), images) for output in cell.outputs)
    if name := exercise_id(cell):
        kind = "exercise"
        if notes:
            block = f'<div class="solution">{block}</div><div class="stub">{code_html(find(name).stub.strip())}</div>'
    elif notes and any("exercise" in output.get("metadata", {}).get("mlpipe", {}) for output in cell.outputs):
        outputs = f'<div class="solution">{outputs}</div>'
    anchor = "" if "injected-parameters" in tags else f' id="cell-{number}"'
    return f'<section{anchor} class="{kind}">{block}{outputs}{aside}</section>'


def code_html(source: str) -> str:
    """Code, highlighted."""
    coloured = highlight(source, Python3Lexer(), HtmlFormatter(nowrap=True))
    return f'<pre class="code" tabindex="0"><code>{coloured}</code></pre>'


def output_html(output: NotebookNode, alt: str, images: Path) -> str:
    """One output, in the richest form that a page can show."""
    if output.output_type == "stream":
        return f'<pre class="output {output.name}" tabindex="0">{ansi2html(output.text)}</pre>'
    if output.output_type == "error":
        trace = "\n".join(output.traceback) or f"{output.ename}: {output.evalue}"
        return f'<pre class="output error" tabindex="0">{ansi2html(trace)}</pre>'
    data = output.data
    for kind in IMAGES:
        if kind in data:
            return picture(kind, data[kind], alt)
    if "text/html" in data:
        shown = re.sub(r'(<a href=")([^"]+)', lambda found: found[1] + page_of(found[2]), data["text/html"])
        return f'<div class="output scroll" tabindex="0">{shown}</div>'
    if "text/markdown" in data:
        return f'<div class="output">{markdown(data["text/markdown"], images)}</div>'
    if "text/latex" in data:
        return f'<div class="output">{markdown(data["text/latex"], images)}</div>'
    return f'<pre class="output" tabindex="0">{ansi2html(data.get("text/plain", ""))}</pre>'


def picture(kind: str, content: str, alt: str) -> str:
    """An embedded picture; without an alternative text it says that there is none."""
    if kind == "image/svg+xml":
        from base64 import b64encode

        content = b64encode(content.encode()).decode()
    alt = alt or "A figure without a description"
    return f'<figure><img src="data:{kind};base64,{content.strip()}" alt="{escape(alt)}"></figure>'


def neighbours(lesson: Lesson, course: list[Lesson]) -> str:
    """Links to the lesson before, the course map and the lesson after."""
    before = {b.name: a.name for a, b in pairwise(course)}.get(lesson.name)
    after = {a.name: b.name for a, b in pairwise(course)}.get(lesson.name)
    previous = f'<a rel="prev" href="{before}.html">← {words(before)}</a>' if before else "<span></span>"
    following = f'<a rel="next" href="{after}.html">{words(after)} →</a>' if after else "<span></span>"
    return f'{previous}<a href="index.html">Course</a>{following}'


def words(name: str) -> str:
    """A lesson's name as people read it.

    >>> words("05_matrix_factorization")
    '05 matrix factorization'
    """
    return name.replace("_", " ")


def frame(title: str, body: str, links: str, script: str = "") -> str:
    """A whole page around its content."""
    template = Template((HERE / "page.html").read_text(encoding="utf-8"))
    style = (HERE / "page.css").read_text(encoding="utf-8")
    return template.substitute(
        title=escape(title), style=style, body=body, links=links, script=script and f"<script>\n{script}</script>"
    )


def index(course: list[Lesson], rows: dict[str, dict[str, Any]], more: str = "") -> str:
    """The map of the course by part; `rows` are the report's rows by lesson name, `more` is HTML to stand below."""
    parts = ["<h1>The machine-learning pipeline interview, executed</h1>"]
    part = ""
    for lesson in course:
        if lesson.part != part:
            parts += ["</ol>"] * bool(part) + [f'<h2>{lesson.part}</h2><ol class="map">']
            part = lesson.part
        parts.append(entry(lesson, rows.get(lesson.name)))
    return frame("Course · mlpipe", "\n".join([*parts, "</ol>", f'<p class="facts">{PROMISE}.</p>', more]), "")


def entry(lesson: Lesson, row: dict[str, Any] | None) -> str:
    """One lesson on the map: title, goal, minutes, and how its last run went."""
    notebook = read(lesson.notebook)
    title, goal = title_and_goal(notebook)
    facts = [f"{minutes} min to read"] if (minutes := notebook.metadata.get("mlpipe", {}).get("minutes")) else []
    if row:
        sign = {"ok": "✓ ran"}.get(row["result"], f"✗ {row['result']}")
        facts += [f'<span class="{escape(row["result"])}">{escape(sign)}</span>', f"{row['seconds']:.0f} s"]
        facts += [f"{row['megabytes']} MB"] if row["megabytes"] else []
        facts += [f"{row['held']} of {row['claims']} claims hold"] if row["claims"] else []
    else:
        facts.append("not run yet: stored outputs")
    link = f'<a href="{lesson.name}.html">{escape(title or lesson.name)}</a>'
    text = f'{link}<p>{escape(re.sub(r"[*_`]", "", goal))}</p><p class="facts">{" · ".join(facts)}</p>'
    return f'<li><span class="number">{lesson.number}</span><div>{text}</div></li>'
