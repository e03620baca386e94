"""The documents: the README lists the lessons that there are, links lead somewhere, no path of one machine is left."""

import re
from pathlib import Path

import pytest

from mlpipe.course import lessons

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"""\]\(([^)\s]+)|(?:src|href)="([^"]+)""")
ELSEWHERE = re.compile(r"\w+:|#")
MACHINE_PATH = re.compile(r"(?<![\w.])(?:/(?:home|root|work|tmp|Users|mnt|opt)/\w|[A-Z]:\\\w)")
TEXTS = {".py", ".md", ".css", ".js", ".html", ".toml", ".yml", ".csv", ".txt"}


def table(readme):
    """The rows of the README's map of the course: number and title."""
    return re.findall(r"^\| (\d\d) \| (.+?) \|", readme, re.MULTILINE)


def broken_links(text, folder):
    targets = [one or other for one, other in LINK.findall(text)]
    return [url for url in targets if not ELSEWHERE.match(url) and not (folder / url.split("#")[0]).exists()]


def test_the_readme_lists_the_lessons_with_their_titles():
    stored = [one for one in lessons.find(ROOT) if one.notebook.exists() and one.part != lessons.TRAPS]
    expected = [(lesson.number, lessons.title_and_goal(lessons.read(lesson.notebook))[0]) for lesson in stored]
    assert table((ROOT / "README.md").read_text(encoding="utf-8")) == expected


def test_links_in_documents_lead_somewhere():
    documents = [ROOT / "README.md", *(ROOT / "docs").rglob("*.md"), *(ROOT / "data").rglob("*.md")]
    assert {path.name: found for path in documents if (found := broken_links(path.read_text(), path.parent))} == {}


def test_links_in_lessons_lead_somewhere():
    for lesson in lessons.find(ROOT):
        cells = lessons.from_text(lesson).cells
        prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        assert (lesson.name, broken_links(prose, lesson.notebook.parent)) == (lesson.name, [])


def test_no_path_of_one_machine_in_the_sources():
    files = [path for folder in ("src", "data", "notebooks/text", "docs", ".ci") for path in (ROOT / folder).rglob("*")]
    files += [path for path in ROOT.iterdir() if path.is_file()]
    texts = {path: path.read_text() for path in files if path.suffix in TEXTS or path.name in ("Makefile", "run")}
    assert len(texts) > 20
    assert {path.name: found[0] for path, text in texts.items() if (found := MACHINE_PATH.search(text))} == {}


@pytest.mark.parametrize(
    "path", ["'/home/ann/x.csv'", "see /root/a", "(/work/main)", "/tmp/a", r"C:\Users\ann", "/Users/ann"]
)
def test_machine_paths_are_found(path):
    assert MACHINE_PATH.search(path)


@pytest.mark.parametrize("text", ["[a](gone.md)", "![a](docs/gone.png)", '<img src="gone.png">', "[a](gone.md#part)"])
def test_broken_links_are_found(text):
    assert len(broken_links(text, ROOT)) == 1


def test_sound_links_and_paths_are_left_alone():
    sound = "[a](README.md#part) [b](https://example.org/home/a) [c](#here) ![d](docs/lesson.png)"
    assert broken_links(sound, ROOT) == []
    assert not MACHINE_PATH.search(sound + " data/home/x users/films build/tmp/x x/work/y")
