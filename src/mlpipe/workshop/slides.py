"""Decks of slides from marked cells: one deck a lesson, in reveal.js, with a speaker's view; they load nothing."""

from __future__ import annotations

import re
import struct
import tempfile
import textwrap
from base64 import b64decode
from dataclasses import dataclass, field
from itertools import groupby
from pathlib import Path
from typing import Any

from markupsafe import Markup
from nbformat import NotebookNode
from pygments import highlight
from pygments.formatters import HtmlFormatter
from pygments.lexers import PythonLexer

from mlpipe.course.boxes import render
from mlpipe.workshop import lessons
from mlpipe.workshop.execute import INJECTED
from mlpipe.workshop.lessons import Lesson
from mlpipe.workshop.site import THEME as SITE
from mlpipe.workshop.site import missing, sphinx
from mlpipe.workshop.site.sources import QUESTION, latest

THEME = Path(__file__).with_name("slides_theme")
WIDTH, HEIGHT = 1280, 720  # pixels of a slide
ROOM = 550  # pixels of its height between heading and strip
LARGE, HEADING = (1256, 672), 62  # pixels that a slide has for a figure, and those of its height for a heading
LETTERS = 24  # pixels wanted of a figure's text of 12 points
TYPES = ("slide", "-", "fragment")
LINES_OF_CODE, CHARACTERS = 12, 80
QUIET = ("exercise", "guesses", "cold_answer")  # outputs that talk to the one who runs the notebook
NEEDED = (  # of all that Sphinx and reveal.js bring
    *("slides.css", "formulas.css", "fonts/formulas.woff2", "fonts/OFL.txt"),
    *(f"revealjs/{name}" for name in ("LICENSE", "dist/reveal.css", "dist/reveal.js", "plugin/notes/notes.js")),
    "revealjs/dist/theme/fonts/source-sans-pro/*",  # the same font everywhere, so that what fits here fits there
)
REVEAL = {  # settings of reveal.js
    "width": WIDTH,
    "height": HEIGHT,
    "margin": 0,
    "center": False,
    "display": "flex",
    "controls": False,
    "hash": True,
    "transition": "none",
    "backgroundTransition": "none",
    "slideNumber": "c/t",
    "pdfSeparateFragments": False,
}

SETTINGS: dict[str, Any] = {  # of Sphinx
    "project": "mlpipe",
    "language": "en",
    "extensions": ["myst_parser", "sphinx_revealjs", "mlpipe.workshop.site.formulas"],
    "source_suffix": {".md": "markdown"},
    "myst_enable_extensions": ["dollarmath"],
    "html_math_renderer": "mathml",
    "html_copy_source": False,
    "templates_path": [str(THEME)],
    "revealjs_use_section_ids": True,
    "revealjs_static_path": [str(THEME / "slides.css"), str(SITE)],
    "revealjs_style_theme": "slides.css",
    "revealjs_script_conf": REVEAL,
    "revealjs_script_plugins": [{"src": "revealjs/plugin/notes/notes.js", "name": "RevealNotes"}],
}


@dataclass
class Block:
    """A part of a slide, as MyST Markdown; `pixels` is width and height of a picture, (0, 0) for all else."""

    markdown: str
    pixels: tuple[int, int] = (0, 0)
    fragment: bool = False


@dataclass
class Slide:
    """A slide: its heading with the marks of its level, what it shows, what the speaker says."""

    heading: str
    line: str  # where its first cell stands
    blocks: list[Block] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    asks: bool = False  # for a guess


def deck(notebook: NotebookNode, lesson: Lesson) -> list[Slide]:
    """The slides that the marks of a notebook's cells describe.

    Raises ValueError, a line for each wrong mark, with file and line of its cell; and for a notebook without slides.
    """
    slides, faults = list[Slide](), list[str]()
    for cell, place in zip(notebook.cells, _places(notebook, lesson), strict=True):
        marks = cell.metadata
        kind = marks.get("slideshow", {}).get("slide_type")
        if kind is None:
            unused = [key for key in ("slide", "slide_code") if key in marks]
            faults += [f'{place}: {key} needs the mark slideshow={{"slide_type": "slide"}}' for key in unused]
            continue
        if kind not in TYPES:
            faults.append(f'{place}: slide_type is {kind!r}; expected "slide", "-" or "fragment"')
            continue
        try:
            heading, blocks = _cell(cell, kind, first=not slides)
        except ValueError as problem:
            faults.append(f"{place}: {problem}")
            heading, blocks = "", []
        if kind == "slide":
            slides.append(Slide(heading, place))
        elif not slides:
            faults.append(f'{place}: a deck begins with the mark slideshow={{"slide_type": "slide"}}, not {kind!r}')
            continue
        slides[-1].blocks += blocks
        slides[-1].asks |= QUESTION in cell.source
        slides[-1].notes += [marks["notes"]] if marks.get("notes") else []
    if not slides and not faults:
        faults.append(f'{lesson.name}: no slides; mark its opening cell with slideshow={{"slide_type": "slide"}}')
    if faults:
        raise ValueError("\n".join(faults))
    return slides


def _places(notebook: NotebookNode, lesson: Lesson) -> list[str]:
    """Where each cell stands: file and line of the lesson's text, or number in the notebook if the text is another."""
    text = lesson.text.read_text(encoding="utf-8").splitlines() if lesson.text.exists() else []
    found = [number for number, line in enumerate(text, 1) if line.startswith("# %%")]
    if len(found) == len(notebook.cells):
        return [f"{lesson.text.parent.name}/{lesson.text.name}:{number}" for number in found]
    return [f"{lesson.notebook.name}, cell {number}" for number in range(1, len(notebook.cells) + 1)]


def _cell(cell: NotebookNode, kind: str, first: bool) -> tuple[str, list[Block]]:
    """The heading, empty but for a cell that begins a slide, and the blocks of a cell. Raises ValueError."""
    text = cell.metadata.get("slide", cell.source if cell.cell_type == "markdown" else "").strip()
    heading = ""
    if kind == "slide":
        heading, _, text = text.partition("\n")
        marks = "#" if first else "##"
        if not re.match(f"{marks} .", heading):
            raise ValueError(f'the text of {"the first" if first else "a later"} slide begins with "{marks} "')
    if re.search(r"^#{1,6} ", re.sub(r"^```.*?^```", "", text, flags=re.M | re.S), re.M):
        raise ValueError("a slide has one heading, at its top; mark the cell with slide=... to say less")
    blocks = [Block(text.strip())] if text.strip() else []
    if cell.cell_type == "code":
        shown = [*_code(cell), *_outputs(cell)]
        if not shown and not text.strip():
            raise ValueError("nothing of this cell can be seen on a slide: it has no outputs, slide_code or slide")
        blocks += shown
    elif "slide_code" in cell.metadata:
        raise ValueError("slide_code belongs to a cell with code")
    for block in blocks:
        block.fragment = kind == "fragment"
    return heading, blocks


def _code(cell: NotebookNode) -> list[Block]:
    """The lines of code that the cell's `slide_code` names."""
    wanted = cell.metadata.get("slide_code")
    if wanted is None:
        return []
    found, source = re.fullmatch(r"(\d+)(?:-(\d+))?", str(wanted)), cell.source.splitlines()
    low, high = (int(found[1]), int(found[2] or found[1])) if found else (0, 0)
    if not 1 <= low <= high <= len(source):
        raise ValueError(f'slide_code is {wanted!r}; expected lines of the cell, such as "1-{len(source)}"')
    lines = textwrap.dedent("\n".join(source[low - 1 : high])).splitlines()
    if len(lines) > LINES_OF_CODE:
        raise ValueError(f"slide_code is {wanted!r}: {len(lines)} lines, more than {LINES_OF_CODE}")
    if (longest := max(map(len, lines))) > CHARACTERS:
        raise ValueError(f"slide_code is {wanted!r}: a line of {longest} characters, more than {CHARACTERS}")
    coloured = Markup(highlight("\n".join(lines), PythonLexer(), HtmlFormatter(nowrap=True)))
    return [_html(Markup('<pre class="code{}"><code>{}</code></pre>').format(_size(lines), coloured))]


def _outputs(cell: NotebookNode) -> list[Block]:
    """What the outputs of a cell show on a slide."""
    blocks = []
    answers_first = sorted(cell.outputs, key=lambda one: "reveal" not in one.get("metadata", {}).get("mlpipe", {}))
    for output in answers_first:
        data, record = output.get("data", {}), output.get("metadata", {}).get("mlpipe", {})
        if any(kind in record for kind in QUIET):
            continue
        if claim := record.get("claim"):
            blocks.append(_html(render("claim.html", THEME, claim=claim)))
        elif asked := record.get("guess"):
            blocks.append(_html(render("guess.html", THEME, guess=asked)))
        elif result := record.get("reveal"):
            blocks.append(_html(render("reveal.html", THEME, result=result)))
        elif "say" in record:
            blocks.append(_html(render("say.html", THEME, said=record["say"])))
        elif "image/png" in data:
            source, alt = data["image/png"].replace("\n", ""), cell.metadata.get("alt", "")
            pixels = struct.unpack(">II", b64decode(source)[16:24])
            picture = Markup('<img src="data:image/png;base64,{}" alt="{}">').format(source, alt)
            blocks.append(_html(picture, pixels))
        elif "text/markdown" in data:
            blocks.append(Block(data["text/markdown"].strip()))
        elif "text/html" in data:
            box = Markup(
                re.sub(r"</?a\b[^>]*>", "", data["text/html"])
            )  # notebooks are not there, and decks may not be
            blocks.append(_html(Markup('<div class="box">{}</div>').format(box)))
        elif text := (output.get("text") or data.get("text/plain", "")).rstrip():
            blocks.append(_html(Markup('<pre class="printed{}">{}</pre>').format(_size(text.splitlines()), text)))
    return blocks


def _size(lines: list[str]) -> str:
    """The class of lines that leave room for larger letters."""
    longest = max(map(len, lines), default=0)
    return " short" if longest <= 58 else " middle" if longest <= 66 else ""


def _html(content: str, pixels: tuple[int, int] = (0, 0)) -> Block:
    """HTML in MyST; the fence is longer than any that stands in it."""
    return Block(f"``````````{{raw}} html\n{content.strip()}\n``````````", pixels)


def read(lesson: Lesson, executed: Path | None = None) -> tuple[list[Slide], str]:
    """The slides of a lesson, and its deck as MyST Markdown; `executed` is a run of it, where there is one.

    Raises ValueError for wrong marks.
    """
    notebook = lessons.read(lesson.notebook)
    if executed:
        _take_outputs(notebook, executed)
    shown = deck(notebook, lesson)
    return shown, _source(shown, lessons.title_and_goal(notebook)[0], lesson)


def _take_outputs(notebook: NotebookNode, executed: Path) -> None:
    """Put the outputs of a finished run of the same text in the place of those that are stored."""
    run, _ = latest(notebook, executed)
    cells = [cell for cell in run.cells if INJECTED not in cell.metadata.get("tags", [])]
    if all(cell.execution_count for cell in cells if cell.cell_type == "code" and cell.source.strip()):
        for cell, own in zip(notebook.cells, cells, strict=True):
            cell.update({"outputs": own.outputs} if cell.cell_type == "code" else {})


def _source(slides: list[Slide], title: str, lesson: Lesson) -> str:
    """The MyST Markdown of a deck."""
    parts = ["---\norphan: true\n---"]
    for place, slide in enumerate(slides):
        parts += [f"% {slide.line}", slide.heading]  # the first is a comment
        if not place:
            parts.append(_html(Markup('<p class="part">{} · {}</p>').format(lesson.number, lesson.part)).markdown)
        parts += _arranged(slide)
        if slide.notes:
            parts += [_html('<aside class="notes">').markdown, *slide.notes, _html("</aside>").markdown]
        parts.append(_html(Markup('<p class="strip">{} {}</p>').format(lesson.number, title)).markdown)
    return "\n\n".join(parts) + "\n"


def _arranged(slide: Slide) -> list[str]:
    """Blocks below each other; where that makes the letters of the one figure small, figure and text in turn.

    Where a figure needs the place of the heading, that is only heard: the figure's own title states the finding.
    """
    kind = " asks" * slide.asks
    figures, others = list[Block](), list[Block]()
    for block in slide.blocks:
        (figures if any(block.pixels) else others).append(block)
    if len(figures) != 1:
        size = "" if figures else _roominess(others)
        return _within(f"body{kind}{size}", _each(slide.blocks))
    pixels, height = figures[0].pixels, sum(_height(one) + 10 for one in others)
    wanted = min(LETTERS, _letters(pixels, 0))
    if _letters(pixels, HEADING + height) >= wanted:
        return _within(f"body figure{kind}", _each(slide.blocks))
    if _letters(pixels, height) >= 0.9 * wanted:
        return _within(f"body figure bare{kind}", _each(slide.blocks))
    turns = [("figure", figures), (f"texts{_roominess(others)}", others)]
    (now, shown), (later, hidden) = turns if slide.blocks[0] is figures[0] else reversed(turns)
    return _within(f"steps{kind}", [*_within(now, _each(shown)), *_within(f"{later} fragment", _each(hidden))])


def _letters(pixels: tuple[int, int], taken: int) -> float:
    """How many pixels high 12 points of a figure at 100 dots an inch are if other things take so much height."""
    width, height = LARGE
    return 100 / 72 * 12 * min(width / pixels[0], (height - taken) / pixels[1])


def _roominess(blocks: list[Block]) -> str:
    """The class of texts that leave room for larger letters."""
    height = sum(map(_height, blocks))
    if any(map(_wide, blocks)):
        return ""
    return " roomy" if 1.45 * height < ROOM else " airy" if 1.2 * height < ROOM else ""


def _height(block: Block) -> int:
    """About how many pixels high a text is."""
    if 'class="claim' in block.markdown:
        return 150 if len(block.markdown) > 295 else 112  # a sentence in two lines or in one
    if 'class="say' in block.markdown:
        return 48 * (1 + len(block.markdown) // 78)
    if 'class="result' in block.markdown:
        return 52
    if 'class="choices' in block.markdown:
        return 100
    if "{raw}" in block.markdown:
        return 34 * (block.markdown.count("\n") - 1) + 38
    pieces = block.markdown.split("$$")  # text and formulas in turn
    lines = [line for piece in pieces[::2] for line in piece.splitlines() if line.strip()]
    return 110 * len(pieces[1::2]) + sum(42 * (1 + len(line) // 80) for line in lines) + 16


def _wide(block: Block) -> bool:
    """Whether a displayed formula of the text leaves no room for larger letters."""
    formulas = block.markdown.split("$$")[1::2]
    return any(len(re.sub(r"\\[a-zA-Z]+|[\s{}^_\\]", "", formula)) > 34 for formula in formulas)


def _each(blocks: list[Block]) -> list[str]:
    names = [f"block{' picture' * any(one.pixels)}{' fragment' * one.fragment}" for one in blocks]
    return [part for one, name in zip(blocks, names, strict=True) for part in _within(name, [one.markdown])]


def _within(name: str, parts: list[str]) -> list[str]:
    return [_html(f'<div class="{name}">').markdown, *parts, _html("</div>").markdown]


def slides(root: Path, only: str = "", into: Path | None = None) -> int:
    """`make slides`: the decks of lessons, and a page that lists them, in build/slides; returns the exit status.

    Raises ValueError for wrong marks, and for what Sphinx warns about.
    """
    if absent := missing():
        raise ValueError(absent)
    chosen = [lesson for lesson in lessons.find(root, only) if lesson.part != lessons.TRAPS]
    if not chosen:
        raise ValueError(f"{only}: traps have no slides; choose lessons, such as 05")
    folder, decks, faults = Path(into or root).resolve() / "build" / "slides", {}, []
    for lesson in chosen:
        try:
            _, decks[lesson.name] = read(lesson, folder.parent / "run" / f"{lesson.name}.ipynb")
        except ValueError as problem:
            faults.append(str(problem))
    if faults:
        raise ValueError("\n".join(faults))
    build(decks, folder)
    listed = [one for one in lessons.find(root) if (folder / f"{one.name}.html").exists()]
    titled = [(one, lessons.title_and_goal(lessons.read(one.notebook))[0]) for one in listed]
    parts = [(part, list(some)) for part, some in groupby(titled, lambda entry: entry[0].part)]
    lessons.write(folder / "index.html", render("index.html", THEME, parts=parts))
    print(f"{len(chosen)} deck{'s' * (len(chosen) > 1)}: open {folder / 'index.html'}")
    return 0


def build(decks: dict[str, str], folder: Path) -> None:
    """Write decks, MyST Markdown by name, as HTML. Raises ValueError with all that Sphinx warns about."""
    from sphinx.errors import SphinxError

    settings = SETTINGS | {"root_doc": next(iter(decks))}
    with tempfile.TemporaryDirectory() as scratch:
        for name, text in decks.items():
            lessons.write(Path(scratch, "sources", f"{name}.md"), text)
        try:
            problems = sphinx(Path(scratch), folder, settings, "revealjs", 1)
        except SphinxError as error:
            problems = [str(error)]
    if problems:
        place = re.compile(r"\S*?(\w+)\.md:(\d+): (?:WARNING: |ERROR: )?")
        told = [place.sub(lambda found: _place(decks, found), one) for one in problems]
        raise ValueError("\n".join(["the slides have faults, on the slide that begins at", *told]))
    kept = {path for pattern in NEEDED for path in (folder / "_static").glob(pattern)}
    for path in sorted((folder / "_static").rglob("*"), reverse=True):  # what lies in a folder, then the folder
        if path.is_file() and path not in kept:
            path.unlink()
        elif path.is_dir() and not any(path.iterdir()):
            path.rmdir()


def _place(decks: dict[str, str], found: re.Match[str]) -> str:
    """Where the slide begins that a line of a deck's Markdown belongs to."""
    before = decks[found[1]].splitlines()[: int(found[2])]
    return next((line[2:] for line in reversed(before) if line.startswith("% ")), found[1]) + ": "
