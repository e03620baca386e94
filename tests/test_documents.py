"""The documents: what they promise holds, links lead somewhere, no path of one machine is left."""

import re
import shlex
from pathlib import Path

import lesson_checks
import pytest

from mlpipe.interview import terminal
from mlpipe.workshop import __main__ as workshop
from mlpipe.workshop import lessons
from mlpipe.workshop.site import reader_pages

ROOT = Path(__file__).parents[1]
LINK = re.compile(r"""\]\(([^)\s]+)|(?:src|href)="([^"]+)""")
GUIDES = [ROOT / name for name in ("README.md", "INSTRUCTING.md", "CONTRIBUTING.md", "docs/install.md")]
COMMAND = re.compile(
    r"(?:^|`)((?:make|mlpipe(?= [a-z])|(?:\.venv/bin/)?python -m mlpipe[\w.]*)(?: [^`#\n]+)?)", re.MULTILINE
)
ELSEWHERE = re.compile(r"\w+:|#")
MACHINE_PATH = re.compile(r"(?<![\w.])(?:/(?:home|root|work|tmp|Users|mnt|opt)/\w|[A-Z]:\\\w)")
TEXTS = {".py", ".md", ".css", ".js", ".html", ".toml", ".yml", ".csv", ".txt"}


def broken_links(text, folder):
    targets = [one or other for one, other in LINK.findall(text)]
    return [url for url in targets if not ELSEWHERE.match(url) and not (folder / url.split("#")[0]).exists()]


def test_what_is_promised_of_numbers_is_what_the_tests_of_notebooks_hold():
    start = next(one for one in lessons.find(ROOT) if one.number == "00").text.read_text(encoding="utf-8")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"{reader_pages.PROMISE}, and 5 in 100,000 of a claim's raw value." in readme
    assert f"{reader_pages.PROMISE}." in start
    assert reader_pages.PROMISE in reader_pages.index(reader_pages.entries(lessons.find(ROOT)), {})
    assert lesson_checks.AGREE == {"digit": 1, "value": 5 / 100_000, "rest": 0}


def test_links_in_documents_lead_somewhere():
    documents = [*GUIDES, *(ROOT / "docs").rglob("*.md"), *(ROOT / "data").rglob("*.md")]
    assert {path.name: found for path in documents if (found := broken_links(path.read_text(), path.parent))} == {}


def starts(command):
    """Whether a command of a guide is one that there is: a task of the Makefile, or a command line of the course."""
    first, *arguments = shlex.split(command)
    if first == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        known = {*re.findall(r"^([a-z]+):", makefile, re.M), *re.findall(r"^([A-Z]+) *=", makefile, re.M)}
        return {one.partition("=")[0] for one in arguments} <= known
    if first != "mlpipe":
        if arguments[1] != "mlpipe.interview":
            return False
        arguments = ["interview", *arguments[2:]]
    try:
        if arguments[0] == "interview":
            terminal.parser().parse_args(arguments[1:])
        else:
            workshop.parser().parse_args([one for one in arguments if one != "--no-browser"])
    except SystemExit:
        return False
    return True


@pytest.mark.parametrize("guide", GUIDES, ids=lambda path: path.name)
def test_commands_in_the_guides_exist(guide):
    found = [one.strip() for one in COMMAND.findall(guide.read_text(encoding="utf-8"))]
    assert len(found) > 4
    assert [one for one in found if not starts(one)] == []


@pytest.mark.parametrize(
    "command",
    [
        "make tea",
        "python -m mlpipe.tea",
        "python -m mlpipe.interview ctr --tea",
        "mlpipe tea",
        "mlpipe interview --tea",
    ],
)
def test_wrong_commands_are_found(command):
    assert not starts(command)


def test_the_instructors_plans_fill_their_time():
    _, half_day, weeks = re.split(r"^## A (?=half|four)", (ROOT / "INSTRUCTING.md").read_text(), flags=re.MULTILINE)
    assert sum(int(minutes) for minutes in re.findall(r"^\| (\d+) \|", half_day, re.MULTILINE)) == 4 * 60
    meetings = re.findall(r"^\| (\d\w) \| (.+) \|$", weeks, re.MULTILINE)
    spent = {
        name: sum(int(part.split()[0]) for part in parts.split(", ") if part[0].isdigit()) for name, parts in meetings
    }
    assert spent == dict.fromkeys(("1a", "1b", "2a", "2b", "3a", "3b", "4a", "4b", "5a", "5b", "6a", "6b"), 90)


def test_links_in_lessons_lead_somewhere():
    for lesson in lessons.find(ROOT):
        cells = lessons.from_text(lesson).cells
        prose = "\n".join(cell.source for cell in cells if cell.cell_type == "markdown")
        assert (lesson.name, broken_links(prose, lesson.notebook.parent)) == (lesson.name, [])


def test_no_path_of_one_machine_in_the_sources():
    files = [path for folder in ("src", "data", "lessons", "docs", ".ci") for path in (ROOT / folder).rglob("*")]
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


def test_the_way_before_friday_fits_three_hours_and_names_what_there_is():
    known = {one.number: one.text.read_text(encoding="utf-8") for one in lessons.find(ROOT)}
    way = re.findall(r"^# \| (\d+) \| (.*) \|$", known["00"], re.MULTILINE)
    assert len(way) > 5
    assert sum(int(minutes) for minutes, _ in way) <= 180
    for minutes, what in way:
        whole = re.match(r"(\d\d): (read|sit)", what)
        if whole:  # a lesson as long as it says; an interview with its score
            least = int(re.search(r"minutes: (\d+)", known[whole[1]])[1]) + (10 if whole[2] == "sit" else 0)
            assert int(minutes) >= least, what
        for number, titles in re.findall(r"(\d\d), ((?:\*[^*]+\*(?: and )?)+)", what):
            for title in re.findall(r"\*([^*]+)\*", titles):
                assert f"# ## {title}\n" in known[number], title
