"""What a lesson's text names: claims, exercises, other lessons, terms. Each must exist, and leads there on a page.

A text names a term of the glossary by setting it in bold, where it introduces the term; emphasis is set in italics. So
nothing is written that a notebook would show as markup, and a term that nobody has defined fails with its line.
"""

from __future__ import annotations

import ast
import json
import re
import tomllib
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from difflib import get_close_matches
from functools import cache
from itertools import groupby
from os.path import normpath
from pathlib import Path
from urllib.parse import unquote

from mlpipe import paths
from mlpipe.workshop import lessons
from mlpipe.workshop.lessons import Lesson
from mlpipe.workshop.site.formulas import mathml

GLOSSARY = paths.FILES / "lessons" / "glossary.toml"
FORM = 'a line [[term]], then term, lesson ("05") and definition, and where needed also and common, lists of spellings'

_ID = r"(?:\d\d|t\d+)\.[a-z_]\w*"
_CODE = re.compile(rf"`({_ID})`")
_FIELD = re.compile(rf"\{{({_ID})(?::[^}}]*)?\}}")
_LINK = re.compile(r"\]\((?![a-z]+:)([^)#\s]*)(?:#([^)\s]*))?\)")
_BOLD = re.compile(r"\*\*([^*]+)\*\*")
_HEADING = re.compile(r"^#{1,6} (.+)$", re.MULTILINE)
# "lesson 07"; "lessons 04, 06 and 07"; "(04)", "(05, 07)"; "*Next:* 13"; "in 04", as only lessons have such numbers
_AND = r"(?:,\s*|,?\s+(?:and|or|to)\s+)"
_LESSONS = (
    r"\b(?P<one>[Ll]esson|[Tt]rap)\s+t?\d+\b"
    rf"|\b(?P<many>[Ll]essons|[Tt]raps)\s+t?\d+(?:{_AND}t?\d\d?\b)*"
    r"|\(\d\d(?:, \d\d)*\)"
    r"|(?<=\*Next:\*\s)\d\d\b"
    r"|(?<![\w.,:$=/\"'-])0\d(?![\w\"'-]|[.,:]\d|\s?%)"
)
_SECTIONS = re.compile(
    r"\b(\d\d), (\*[A-Z][^*\n]+\*(?:(?:,| and) \*[A-Z][^*\n]+\*)*)"
)  # 02, *What was shown?* and *Why?*
_NUMBER = re.compile(r"t?\d+")
_NEEDS = re.compile(r"^(\|[^|\n]*▸[^|\n]*\|)([^|\n]*)", re.MULTILINE)  # "you need", in the opening cell
# where no link is set: fenced code, headings, formulas, code, roles of MyST, links, HTML, and the titles of papers
_LEFT_ALONE = (
    r"(?P<fence>^(?P<marks>```+|~~~+|:::+).*?^(?P=marks)[ ]*$)|^\#{1,6}\s[^\n]*"
    r"|\$\$.*?\$\$|\$(?:\\.|[^$\\])+\$|(?P<ticks>`+)(?:(?!`).|(?!(?P=ticks)(?!`))`)*(?P=ticks)(?!`)"
    r"|!?\[(?:[^\[\]]|\[[^\]]*\])*\]\([^)]*\)"
    r"|^\|[^|\n]*▸[^|\n]*|<!--.*?-->|<(?P<element>math|svg|a|code|pre|style|script)\b.*?</(?P=element)>|</?[A-Za-z][^>]*>"
    r"|\*Read\ more:\*.*?(?=\*Next:\*|\Z)"
)


@dataclass(frozen=True)
class Term:
    """A term of the glossary: `also` are other spellings, `lesson` is the one that introduces it.

    `common` are spellings with an everyday sense, too: they are linked only where they are set in bold.
    """

    term: str
    lesson: str
    definition: str
    also: tuple[str, ...] = ()
    common: tuple[str, ...] = ()
    line: int = field(default=0, compare=False)

    @property
    def spellings(self) -> tuple[str, ...]:
        """The term and its other spellings; plurals are not among them."""
        return tuple(dict.fromkeys((self.term, *self.also, *self.common)))


def terms(path: Path = GLOSSARY) -> tuple[Term, ...]:
    """The terms of the glossary, in its order. Raises ValueError for a damaged entry, with its line and the form."""
    text = path.read_text(encoding="utf-8")
    starts = [number for number, line in enumerate(text.splitlines(), 1) if line.strip() == "[[term]]"]
    try:
        entries = tomllib.loads(text)["term"]
    except (tomllib.TOMLDecodeError, KeyError) as error:
        raise ValueError(f"{path} cannot be read ({error}); expected {FORM}") from None
    found = []
    for line, entry in zip(starts, entries, strict=False):
        lists = {key: entry.pop(key, []) for key in ("also", "common")}
        texts = [*entry.values(), *(one for given in lists.values() if isinstance(given, list) for one in given)]
        sound = set(entry) == {"term", "lesson", "definition"} and all(
            isinstance(given, list) for given in lists.values()
        )
        if not sound or not all(isinstance(one, str) and one.strip() for one in texts):
            raise ValueError(f"{path}:{line}: {entry | lists}; expected {FORM}")
        found.append(Term(**entry, also=tuple(lists["also"]), common=tuple(lists["common"]), line=line))
    return tuple(found)


def emphasised(path: Path = GLOSSARY) -> tuple[str, ...]:
    """What lessons set in bold although it is no term."""
    return tuple(tomllib.loads(path.read_text(encoding="utf-8")).get("emphasised", ()))


def anchor(kind: str, id: str) -> str:
    """The id on a page of a claim or an exercise.

    >>> anchor("claim", "05.als_vs_popularity")
    'claim-05-als-vs-popularity'
    """
    return re.sub(r"[^a-z0-9]+", "-", f"{kind}-{id}")


def heading(fragment: str) -> str:
    """The id on a page of a heading, from how a link in a notebook names it.

    >>> heading("Does-it-beat-popularity%2C-and-does-a-library%27s-default%3F")
    'does-it-beat-popularity-and-does-a-library-s-default'
    """
    return re.sub(r"[^a-z0-9]+", "-", unquote(fragment).lower()).strip("-")


def _pattern(spelling: str) -> str:
    """Where a spelling is used: whole words in any case, the last one also in the plural; abbreviations as they are."""
    *words, last = spelling.split()
    plural = f"{_cased(last[:-1])}(?:y|ies)" if re.search(r"[^aeiou]y$", last) else f"{_cased(last)}(?:e?s)?"
    return r"\s+".join([*map(_cased, words), plural])


def _cased(word: str) -> str:
    return re.escape(word) if re.search(r"[A-Z].*[A-Z]|[a-z][A-Z]|^[A-Z]\d", word) else f"(?i:{re.escape(word)})"


def _uses(text: str, term: Term) -> bool:
    """Whether a text uses a term."""
    return bool(re.search(rf"(?<![\w-])(?:{'|'.join(map(_pattern, term.spellings))})(?![\w-])", text))


# ---------------------------------------------------------------- links


@dataclass(frozen=True)
class _Course:
    """What links lead to: lessons and claims by name, and terms by the number of their group in `places`."""

    names: dict[str, str]  # number of a lesson -> its page
    claims: frozenset[str]
    exercises: frozenset[str]
    spelled: tuple[tuple[str, Term], ...]
    places: re.Pattern[str]


@cache
def _course() -> _Course:
    course = lessons.find(paths.FILES)
    texts = [_Text.read(lesson) for lesson in course]
    spelled = [(spelling, term) for term in terms() for spelling in term.spellings]
    spelled.sort(key=lambda one: (one[0][0].lower(), -len(one[0])))  # the longest one that fits
    groups = groupby(spelled, lambda one: one[0][0].lower())  # by first letter, which is fast
    each = "|".join(
        f"(?=(?i:{re.escape(letter)}))(?:{'|'.join(f'({_pattern(spelling)})' for spelling, _ in group)})"
        for letter, group in groups
    )
    return _Course(
        {lesson.number: lesson.name for lesson in course},
        frozenset(id for text in texts for id in text.claims),
        frozenset(id for text in texts for id in text.exercises),
        tuple(spelled),
        re.compile(rf"(?P<lessons>{_LESSONS})|(?<![\w-])(?:{each})(?![\w-])"),
    )


def linked(source: str, seen: set[str]) -> str:
    """The Markdown of a text cell with links, for a page beside `glossary` and the lessons' pages.

    Linked are the first use of each term that is not in `seen` (which takes it up: one set a lesson), each lesson that
    is named, and each claim or exercise in backquotes. Headings, code, formulas and links stay as they are.
    """
    course = _course()
    first = course.places.groupindex["many"] + 1  # the group of the first spelling

    def link(found: re.Match[str]) -> str:
        if found["lessons"]:
            return _link_lessons(found, course.names)
        spelling, term = course.spelled[(found.lastindex or first) - first]
        before, after = found.string[: found.start()], found.string[found.end() :]
        in_bold = before.endswith("**") and after.startswith("**")
        if term.term in seen or (spelling in term.common and not in_bold) or re.match(r"\*+\w", after):  # **term**s
            return found[0]
        seen.add(term.term)
        return f"{{term}}`{found[0]} <{term.term}>`"

    def needs(found: re.Match[str]) -> str:
        return found[1] + re.sub(r"\b\d\d\b", lambda number: doc(number[0], number[0], course.names), found[2])

    source = _NEEDS.sub(needs, source)
    done, parts = 0, list[str]()
    for left in re.finditer(_LEFT_ALONE, source, re.DOTALL | re.MULTILINE | re.VERBOSE):
        parts += [course.places.sub(link, source[done : left.start()]), _link_id(left[0], course)]
        done = left.end()
    return "".join([*parts, course.places.sub(link, source[done:])])


def _link_lessons(found: re.Match[str], names: dict[str, str]) -> str:
    """The text that names one or more lessons, with a link for each."""
    trap = (found["one"] or found["many"] or "").lower().startswith("trap")
    numbers = _NUMBER.findall(found[0])
    if found["one"]:
        return doc(_full(numbers[0], trap), found[0], names)
    return _NUMBER.sub(lambda number: doc(_full(number[0], trap), number[0], names), found[0])


def doc(number: str, shown: str, names: Mapping[str, str]) -> str:
    """A link to a lesson's page; only the text for a number that no lesson has."""
    return f"{{doc}}`{shown} <{names[number]}>`" if number in names else shown


def _full(number: str, trap: bool) -> str:
    """The number of a lesson as it is written, or that of a trap, with its t."""
    return f"t{number.removeprefix('t')}" if trap else number


def _link_id(text: str, course: _Course) -> str:
    """A claim or an exercise in backquotes with its link; any other text as it is."""
    found = _CODE.fullmatch(text)
    kinds = {"claim": course.claims, "exercise": course.exercises}
    kind = next((kind for kind, ids in kinds.items() if found and found[1] in ids), None)
    if not found or not kind:
        return text
    page = course.names[found[1].partition(".")[0]]
    return f'<a class="reference internal" href="{page}.html#{anchor(kind, found[1])}"><code>{found[1]}</code></a>'


# ---------------------------------------------------------------- checks


@dataclass
class _Text:
    """The text of a lesson: Markdown cells, other texts beside it, and what it makes that others can name."""

    lesson: Lesson
    markdown: list[tuple[int, str]] = field(default_factory=list)  # first line of a cell, its text
    others: list[tuple[Path, int, str]] = field(default_factory=list)  # notes, alt texts, slides; exercises' messages
    said: list[tuple[int, str]] = field(default_factory=list)  # templates of `say`, with claims of this lesson
    claims: set[str] = field(default_factory=set)
    guesses: set[str] = field(default_factory=set)
    exercises: set[str] = field(default_factory=set)

    @property
    def headings(self) -> list[str]:
        """The headings of the Markdown cells."""
        return [title.strip() for _, cell in self.markdown for title in _HEADING.findall(cell)]

    @classmethod
    def read(cls, lesson: Lesson) -> _Text:
        """What `lesson.py` and the exercises beside it hold; nothing for a lesson that is only stored."""
        text = cls(lesson)
        if not lesson.text.exists():
            return text
        lines = lesson.text.read_text(encoding="utf-8").splitlines()
        code = text._cells(lines)
        for node in ast.walk(ast.parse(code, str(lesson.text))):
            if isinstance(node, ast.Call):
                text._call(node, lines)
        for path in sorted(lesson.text.parent.glob("*.py")):
            if path != lesson.text:
                text.exercises.add(f"{lesson.number}.{path.stem}")
                module = path.read_text(encoding="utf-8")
                nodes, lines = ast.walk(ast.parse(module, str(path))), module.splitlines()
                text.others += [(path, *found) for node in nodes if (found := _written(node, lines))[1]]
        return text

    def _cells(self, lines: list[str]) -> str:
        """Take up the Markdown cells and what stands in the heads of cells; return the code, each line in its place."""
        in_markdown, code = False, list[str]()
        for number, line in enumerate(lines, 1):
            code.append("" if in_markdown else line)
            if line.startswith("# %%"):
                in_markdown = line.startswith("# %% [markdown]")
                self.markdown += [(number + 1, "")] * in_markdown
                for words in re.findall(r'"(?:[^"\\]|\\.)*"', line):
                    self.others.append((self.lesson.text, number, json.loads(words)))
            elif in_markdown:
                first, words = self.markdown[-1]
                self.markdown[-1] = first, f"{words}{line.removeprefix('#').removeprefix(' ')}\n"
        return "\n".join(code)

    def _call(self, node: ast.Call, lines: list[str]) -> None:
        name, first = node.func.id if isinstance(node.func, ast.Name) else "", node.args[0] if node.args else node
        if name == "say":
            self.said.append(_written(first, lines))
        elif name == "guess":
            self.guesses |= _named(first)
        for keyword in node.keywords:  # of `claim`, or of a dict for it
            self.claims |= _named(keyword.value) if keyword.arg == "id" else set()


def _named(node: ast.AST) -> set[str]:
    """The id that a text in the code is, if it is one."""
    value = node.value if isinstance(node, ast.Constant) else None
    return {value} if isinstance(value, str) and re.fullmatch(_ID, value) else set()


def _written(node: ast.AST, lines: list[str]) -> tuple[int, str]:
    """A text in the code with its first line; one of several lines as it is written there. Empty for other nodes."""
    if not (isinstance(node, ast.Constant) and isinstance(node.value, str) and " " in node.value):
        return 0, ""
    end = node.end_lineno or node.lineno
    return node.lineno, node.value if end == node.lineno else "\n".join(lines[node.lineno - 1 : end])


def check(course: Iterable[Lesson]) -> list[str]:
    """What these lessons and the glossary name that does not exist: sentences with file and line, or none."""
    course = list(course)
    if not course:
        return []
    root = next(folder for folder in course[0].text.parents if folder.name == "lessons").parent
    every = [_Text.read(lesson) for lesson in lessons.find(root)]
    glossary = root / "lessons" / "glossary.toml"
    if not glossary.exists():  # a course of somebody else's, which has none
        return []
    known = _Known(root, every, terms(glossary), emphasised(glossary))
    chosen = {lesson.name for lesson in course}
    found = [problem for text in every if text.lesson.name in chosen for problem in known.problems(text)]
    return found + list(known.in_glossary(glossary))


class _Known:
    """All that can be named in a course, and what is wrong with a text that names other things."""

    def __init__(self, root: Path, texts: list[_Text], glossary: tuple[Term, ...], emphasised: tuple[str, ...]) -> None:
        self.root, self.texts, self.terms, self.emphasised = root, texts, glossary, emphasised
        self.lessons = {text.lesson.number: text for text in texts}
        self.claims = {id for text in texts for id in text.claims}
        self.ids = self.claims | {id for text in texts for id in (*text.exercises, *text.guesses)}
        self.spellings = [spelling for term in glossary for spelling in term.spellings]
        self.bold = re.compile("|".join(map(_pattern, [*self.spellings, *emphasised])))

    def problems(self, text: _Text) -> Iterator[str]:
        """What a lesson names that does not exist."""
        path = text.lesson.text
        for first, words in text.markdown:
            yield from self._in_text(path, first, words)
            yield from self._links(text, first, words)
            yield from self._bold(path, first, words)
            yield from self._formulas(path, first, words)
        for other, first, words in text.others:
            yield from self._in_text(other, first, words)
        for first, words in text.said:
            yield from self._in_text(path, first, words, fields=False)
            for named in re.finditer(r"\{([\w.]+)[:}]", words):
                if named[1] not in text.claims:
                    what = f"no claim `{named[1]}` in this lesson{_near(named[1], text.claims)}"
                    yield self._at(path, _line(first, words, named), what)

    def _in_text(self, path: Path, first: int, words: str, fields: bool = True) -> Iterator[str]:
        for named in _CODE.finditer(words):
            if named[1] not in self.ids:
                what = f"no claim, exercise or guess `{named[1]}`{_near(named[1], self.ids)}"
                yield self._at(path, _line(first, words, named), what)
        for named in _FIELD.finditer(words) if fields else ():
            if named[1] not in self.claims:
                yield self._at(path, _line(first, words, named), f"no claim `{named[1]}`{_near(named[1], self.claims)}")
        for needs in _NEEDS.finditer(words):
            for number in sorted(set(re.findall(r"\b\d\d\b", needs[2])) - set(self.lessons)):
                what = f"no lesson {number}; there are {self._range('lesson')}"
                yield self._at(path, _line(first, words, needs), what)
        for named in re.finditer(_LESSONS, words):
            kind = (named["one"] or named["many"] or "lesson").lower().removesuffix("s")
            for number in _NUMBER.findall(named[0]):
                if _full(number, kind == "trap") not in self.lessons:
                    what = f"no {kind} {number}; there are {self._range(kind)}"
                    yield self._at(path, _line(first, words, named), what)

    def _range(self, kind: str) -> str:
        ends = [number for number in self.lessons if number.startswith("t") == (kind == "trap")]
        return f"{ends[0]} to {ends[-1]}" if ends else "none"

    def _links(self, text: _Text, first: int, words: str) -> Iterator[str]:
        """Links to notebooks, as they stand beside the notebook of this lesson, and their headings."""
        for named in _LINK.finditer(words):
            target, at = named[1], _line(first, words, named)
            if target and not target.endswith(".ipynb"):
                continue
            place = normpath(text.lesson.notebook.parent / target if target else text.lesson.notebook)
            there = next((one for one in self.texts if str(one.lesson.notebook) == place), None)
            if there is None:
                names = [one.lesson.notebook.name for one in self.texts]
                yield self._at(text.lesson.text, at, f"no notebook {target}{_near(Path(target).name, names)}")
            elif named[2]:
                headings = [title.replace(" ", "-") for title in there.headings]
                if unquote(named[2]) not in headings:
                    what = f"no heading #{named[2]} in {there.lesson.name}{_near(unquote(named[2]), headings)}"
                    yield self._at(text.lesson.text, at, what)
        for named in _SECTIONS.finditer(words):
            headings = self.lessons[named[1]].headings if named[1] in self.lessons else []
            for title in re.findall(r"\*([^*]+)\*", named[2]) if headings else ():
                if title not in headings:
                    what = f"no section {title!r} in lesson {named[1]}{_near(title, headings)}"
                    yield self._at(text.lesson.text, _line(first, words, named), what)

    def _bold(self, path: Path, first: int, words: str) -> Iterator[str]:
        """Bold words are terms, unless they end a sentence (a lead-in) or show the place in the pipeline."""
        for named in _BOLD.finditer(words):
            place = words[words.rfind("\n", 0, named.start()) + 1 :].partition("\n")[0]
            if named[1][-1] in ".:?!" or "▸" in place or self.bold.fullmatch(named[1]):
                continue
            what = f"**{named[1]}** is no term of glossary.toml{_near(named[1], self.spellings)} (emphasis is *italic*)"
            yield self._at(path, _line(first, words, named), what)

    def _formulas(self, path: Path, first: int, words: str) -> Iterator[str]:
        """Formulas that cannot be set."""
        for found in re.finditer(_LEFT_ALONE, words, re.DOTALL | re.MULTILINE | re.VERBOSE):
            if found[0].startswith("$"):
                try:
                    mathml(found[0].strip("$"))
                except ValueError as error:
                    yield self._at(path, _line(first, words, found), str(error))

    def in_glossary(self, path: Path) -> Iterator[str]:
        """What is wrong with the glossary itself."""
        taken = dict[str, str]()
        for before, term in zip((None, *self.terms), self.terms, strict=False):
            for spelling in term.spellings:
                if spelling.casefold() in taken:
                    yield self._at(path, term.line, f"{spelling!r} stands for {taken[spelling.casefold()]!r}, too")
                taken[spelling.casefold()] = term.term
            if before and before.term.casefold() > term.term.casefold():
                yield self._at(path, term.line, f"{term.term!r} stands after {before.term!r}: sort by alphabet")
            if term.lesson not in self.lessons:
                yield self._at(
                    path, term.line, f"{term.term}: no lesson {term.lesson!r}; there are {self._range('lesson')}"
                )
            elif not _uses("\n".join(words for _, words in self.lessons[term.lesson].markdown), term):
                yield self._at(path, term.line, f"{term.term}: lesson {term.lesson} does not use it")
            yield from self._in_text(path, term.line, term.definition)
            for short in re.findall(r"\b[A-Z]{2,}\b", re.sub(r"\$[^$]*\$", "", term.definition)):
                if not any(short in spelling.split() for spelling in self.spellings):
                    yield self._at(path, term.line, f"{term.term}: the definition uses {short}, which is no term")
        bold = {one for text in self.texts for _, words in text.markdown for one in _BOLD.findall(words)}
        for unused in sorted(set(self.emphasised) - bold):
            yield self._at(path, 1, f"emphasised: no lesson sets {unused!r} in bold any more: take it out")

    def _at(self, path: Path, line: int, what: str) -> str:
        return f"{path.relative_to(self.root).as_posix()}:{line}: {what}"


def _line(first: int, words: str, found: re.Match[str]) -> int:
    """The line on which a match in a text begins."""
    return first + words.count("\n", 0, found.start())


def _near(name: str, known: Iterable[str]) -> str:
    """A hint at what was meant."""
    near = get_close_matches(name, sorted(known), n=1, cutoff=0.6)
    return f"; did you mean {near[0]}?" if near else ""
