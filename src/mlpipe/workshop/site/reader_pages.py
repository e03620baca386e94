"""The pages that are no lessons, as MyST Markdown: start, exercises, glossary, interview, results, how to teach.

What they show stands once, elsewhere: in the notebooks, the glossary, the interview's content, INSTRUCTING.md and
docs/results.md. Each function returns the text of one page, for a folder in which all pages lie side by side.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from itertools import groupby
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined

from mlpipe import paths
from mlpipe.course import system_map
from mlpipe.course.definition import Definition, find
from mlpipe.interview import content, printed
from mlpipe.workshop.lessons import TRAPS, Lesson, exercise_id, read, title_and_goal
from mlpipe.workshop.site.references import anchor, doc, linked, terms

TEMPLATES = Path(__file__).with_name("templates")
PROMISE = (  # word for word what the tests of the notebooks hold
    "One seed gives the same text and conclusions on any CPU, and the same numbers up to one unit of the last digit "
    "shown"
)
OTHERS = ("exercises", "glossary", "interview", "results", "api/index")  # pages of every site, beside the lessons
_ROW = re.compile(
    r"^\| \[([^\]]+)\]\([^)]*?([^/)]+)\.ipynb\) \|((?:\\\||[^|])*)\|(.*)\|$", re.MULTILINE
)  # of docs/results.md
_TITLE = re.compile(r"^### Exercise(?: \(core\))?: (.+)$|^## Exercise(?: \(core\))?: (.+)$", re.MULTILINE)


@dataclass(frozen=True)
class Exercise:
    """An exercise as the lesson's text asks for it; `asks` is one sentence, or empty where none says it alone."""

    definition: Definition
    title: str
    asks: str


@dataclass(frozen=True)
class Entry:
    """What the pages tell of a lesson; `minutes` is None where the notebook does not say."""

    lesson: Lesson
    title: str
    goal: str
    minutes: int | None
    exercises: tuple[Exercise, ...]

    @property
    def trap(self) -> bool:
        """Whether it is a trap."""
        return self.lesson.part == TRAPS

    @property
    def name(self) -> str:
        """How lists name it: "05 Matrix factorization"."""
        return f"{self.lesson.number} {self.title}"


def entries(course: Iterable[Lesson]) -> list[Entry]:
    """The lessons as their stored notebooks describe them, in the same order."""
    found = []
    for lesson in course:
        notebook = read(lesson.notebook)
        title, goal = title_and_goal(notebook)
        asked, text = list[Exercise](), ""
        for cell in notebook.cells:
            if cell.cell_type == "markdown":
                text = cell.source
            elif id := exercise_id(cell):
                asked.append(_exercise(find(id), text))
        minutes = notebook.metadata.get("mlpipe", {}).get("minutes")
        found.append(Entry(lesson, title or lesson.name, goal, minutes, tuple(asked)))
    return found


def _exercise(definition: Definition, text: str) -> Exercise:
    """An exercise from the text above its answer's cell: the heading, and the sentence that says what to return."""
    heads = list(_TITLE.finditer(text))
    title = next((one for one in heads[-1].groups() if one), "") if heads else definition.title
    body = " ".join((text[heads[-1].end() :] if heads else text).split())
    sentences = re.split(r"(?<=[.?!])\s+(?=[A-Z`*$])", body)
    asks = next((one for one in sentences if re.search(r"\b[Rr]eturn\b", one) and "$$" not in one), "")
    title = re.sub(r"^[a-z](?![A-Z])", lambda letter: letter[0].upper(), title)  # nDCG stays
    return Exercise(definition, title, re.sub(r",? by the formula above", "", asks))


def index(course: Sequence[Entry], rows: Mapping[str, dict[str, Any]], others: Iterable[str] = OTHERS) -> str:
    """The start page: where to begin, the map of the course by part, and the table of contents of the site.

    `rows` are the report's rows by lesson name, `others` names of further pages.
    """
    ran = [row for entry in course if (row := rows.get(entry.lesson.name))]
    parts = [(part, list(group)) for part, group in groupby(course, lambda entry: entry.lesson.part)]
    facts = {entry.lesson.name: _facts(entry, rows.get(entry.lesson.name)) for entry in course}
    known = {entry.lesson.number: entry for entry in course}
    values = {"ran": ran, "known": known, "others": others, "promise": PROMISE, "picture": _picture()}
    return _render("index.md", parts=parts, facts=facts, **values)


def _picture() -> str:
    """The system as HTML, with links to pages. No line is empty, as Markdown would end the HTML there."""
    drawn = re.sub(r'(href="[^"]+)\.ipynb', r"\1.html", str(system_map.drawn()))
    return re.sub(r"\n\s*(?=\n)", "", drawn)


def _facts(entry: Entry, row: dict[str, Any] | None) -> str:
    """What a card of the map says at its foot."""
    facts = [f"{entry.minutes} min"] if entry.minutes else []
    if row:
        facts.append("✓ ran" if row["result"] == "ok" else f"✗ {row['result']}")
        facts.append(f"{row['seconds']:.0f} s")
        facts += [f"{row['megabytes']} MB"] if row["megabytes"] else []
        facts += [f"{row['held']} of {row['claims']} claims hold"] if row["claims"] else []
    return " · ".join(facts)


def exercises(course: Sequence[Entry]) -> str:
    """All exercises by lesson: what each asks, which is the core one, and how many mistakes are told by name."""
    return _render("exercises.md", course=[entry for entry in course if entry.exercises], anchor=anchor)


def glossary(course: Sequence[Entry]) -> str:
    """The terms by letter, each with its definition and the lesson that introduces it."""
    names = {entry.lesson.number: entry for entry in course}
    letters = [(letter, list(group)) for letter, group in groupby(terms(), lambda term: term.term[0].upper())]
    return _render("glossary.md", letters=letters, names=names, defined=lambda one: linked(one.definition, {one.term}))


def interview(course: Sequence[Entry], sheets: str = "") -> str:
    """The two questions, how a sitting goes, what is scored, how to practise; `sheets` is where the sheets are."""
    questions = [content.question(name) for name in content.QUESTIONS]
    gates = dict[str, list[str]]()  # what it says -> the questions that have it
    for one in questions:
        for gate in one.gates:
            gates.setdefault(gate.text, []).append(one.title)
    return _render(
        "interview.md",
        content=content,
        questions=questions,
        rules=content.RULES,
        gates=gates,
        at={one: entry for entry in course for one in content.QUESTIONS if entry.lesson.name.endswith(f"_mock_{one}")},
        known={entry.lesson.number: entry.lesson.name for entry in course},
        call=paths.call,
        calibrate=content.transcripts(),
        friday=_friday(course),
        sheets=sheets,
        kinds=printed.KINDS,
    )


def _friday(course: Sequence[Entry]) -> str:
    """The table of lesson 00 with the hours before an interview, with links; empty where there is none."""
    cells = [cell for entry in course[:1] for cell in read(entry.lesson.notebook).cells if cell.cell_type == "markdown"]
    text = "\n".join(cell.source for cell in cells) + "\n"
    table = re.search(r"before Friday[^\n]*\n\n((?:\|[^\n]*\n)+)", text)
    names = {entry.lesson.number: entry.lesson.name for entry in course}
    rows = re.findall(r"^(\|[^|]*\|)(.*)$", table[1] if table else "", re.MULTILINE)
    return "\n".join(
        minutes + re.sub(r"\b[0-9]{2}\b", lambda one: doc(one[0], one[0], names), what) for minutes, what in rows
    )


def results(course: Sequence[Entry], root: Path = paths.FILES) -> str:
    """All claims of the lessons by lesson, each with a link to the place that makes it."""
    found = _ROW.findall(_text(root, "docs/results.md"))
    names = {entry.lesson.name: entry for entry in course}
    groups = [
        (names[page], [(id, sentence, cells) for id, _, sentence, cells in group])
        for page, group in groupby(found, lambda row: row[1])
        if page in names
    ]
    return _render("results.md", groups=groups, number=len(found), anchor=anchor, promise=PROMISE)


def instructors(course: Sequence[Entry], slides: Collection[str] = (), root: Path = paths.FILES) -> str:
    """INSTRUCTING.md, and a table of the lessons; `slides` are the names of those that have a deck, in ../slides."""
    head, _, body = _text(root, "INSTRUCTING.md").partition("\n## ")
    body = re.sub(r"\]\(notebooks/traps\)", "](index.md)", f"## {body}")
    taught = [entry for entry in course if not entry.trap]
    table = _render("taught.md", course=taught, slides=slides, anchor=anchor)
    first, _, rest = body.partition("\n## ")
    return "\n".join([head, linked(first, every := {one.term for one in terms()}), table, linked(f"## {rest}", every)])


def pages(
    course: Iterable[Lesson],
    rows: Mapping[str, dict[str, Any]],
    slides: Collection[str] = (),
    sheets: str = "",
    teaching: bool = True,
) -> dict[str, str]:
    """All pages by name, without `teaching` those for a class. See the functions for what they take."""
    known = entries(course)
    written = {
        "index": index(known, rows, ("instructors", *OTHERS) if teaching else OTHERS),
        "exercises": exercises(known),
        "glossary": glossary(known),
        "interview": interview(known, sheets),
        "results": results(known),
    }
    return written | ({"instructors": instructors(known, slides)} if teaching else {})


def _text(root: Path, name: str) -> str:
    """A document of the project. Raises FileNotFoundError with what brings it back."""
    path = root / name
    if not path.exists():
        raise FileNotFoundError(f"{path} is missing: {paths.restore(name)} brings it back")
    return path.read_text(encoding="utf-8")


def _render(name: str, **values: Any) -> str:
    """A page from its template. Markdown: nothing is escaped, as all texts are the project's own."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES), undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
    )
    return environment.get_template(name).render(values)
