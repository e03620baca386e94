"""The pages that are no lessons: they show what stands elsewhere, and every link leads to a page of the site."""

import re

import nbformat
import pytest
from helpers import EXERCISES, ROOT

from mlpipe.course.definition import find
from mlpipe.course.progress import PARTS, TRAPS
from mlpipe.interview import content
from mlpipe.workshop import lessons
from mlpipe.workshop.site import reader_pages
from mlpipe.workshop.site.references import _course, anchor, terms

COURSE = lessons.find(ROOT)
ROW = {"result": "ok", "seconds": 31.4, "megabytes": 410, "claims": 7, "held": 7}


@pytest.fixture(scope="module")
def course():
    return reader_pages.entries(COURSE)


@pytest.fixture(scope="module")
def site():
    return reader_pages.pages(COURSE, {}, slides={"05_matrix_factorization"}, sheets="print")


def test_every_link_leads_to_a_page_and_to_what_it_names(site):
    names = {lesson.name for lesson in COURSE} | set(site)
    ids = {anchor("claim", id) for id in _course().claims} | {anchor("exercise", one.id) for one in EXERCISES}
    for name, page in site.items():
        docs = re.findall(r"\{doc\}`[^<`]*<([^>]*)>`", page)
        links = re.findall(r'href="([^"#]+)\.html(?:#([^"]*))?"', page)
        local = [(target, at) for target, at in links if "/" not in target]
        assert docs or local, name
        assert {*docs, *(target for target, _ in local)} <= names
        assert {at for _, at in local if at} <= ids
        assert ".ipynb" not in page


def test_the_start_page_maps_the_course_by_part_with_results(course):
    page = reader_pages.index(
        course, {"05_matrix_factorization": ROW, "04_measure_recommendations": ROW | {"result": "failed"}}
    )
    assert re.findall(r"^## (.+)$", page, re.MULTILINE) == [*PARTS.values(), TRAPS]
    assert "20 min · ✓ ran · 31 s · 410 MB · 7 of 7 claims hold\n" in page
    assert "20 min · ✗ failed · 31 s" in page
    assert "nothing has been run" not in page
    assert reader_pages.PROMISE in page
    assert all(entry.goal in page for entry in course if not entry.trap)
    tables = re.findall(r"```\{toctree\}\n(.*?)```", page, re.DOTALL)
    assert len(tables) == len(PARTS) + 2
    assert all(f"\n{one.name} <{one.lesson.name}>\n" in "".join(tables) for one in course)
    assert all(f"\n{name}\n" in tables[-1] for name in reader_pages.OTHERS)


def test_the_start_page_says_that_nothing_was_run(course):
    assert "nothing has been run yet" in reader_pages.index(course, {})


def test_html_within_the_start_page_has_no_empty_line(course):
    (drawn,) = re.findall(r"```\{raw\} html\n(.*?)\n```", reader_pages.index(course, {}), re.DOTALL)
    assert "05_matrix_factorization.html" in drawn
    assert "\n\n" not in drawn


def test_exercises_stand_by_lesson_with_what_they_ask(course, site):
    page = site["exercises"]
    assert page.count("mistakes are told") == len([one for one in EXERCISES if not one.id.startswith("t")]) + 12
    assert f"{len(EXERCISES)} exercises" in page
    assert page.count("{bdg-primary}`core`") == 1 + len([entry for entry in course if not entry.trap])
    assert "<strong>nDCG of one list</strong>" in page
    part = page[page.index("## 05 Matrix") : page.index("## 06 ")]
    told = len(find("05.nearest").mistakes)
    assert f'<strong>The nearest films</strong></a> <span class="told">{told} mistakes are told</span>' in part
    assert "Return the user's vector." in part
    assert "formula above" not in page


def test_an_exercise_without_a_heading_is_called_by_its_own_title(tmp_path):
    answer = nbformat.v4.new_code_cell("", metadata={"tags": ["exercise:05.nearest"]})
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_markdown_cell("Do it. Return $$x$$ now."), answer])
    lessons.write(tmp_path / "notebooks" / "05_factors.ipynb", lessons.to_bytes(notebook))
    (entry,) = reader_pages.entries(lessons.find(tmp_path))
    assert (entry.title, entry.goal, entry.minutes) == ("05_factors", "", None)
    assert (entry.exercises[0].title, entry.exercises[0].asks) == (find("05.nearest").title, "")


def test_the_glossary_holds_each_term_once_with_its_lesson(site):
    page = site["glossary"]
    assert re.findall(r"^(?!  |\(|#|`|\[|Each)(\S.*)$", page, re.MULTILINE) == [one.term for one in terms()]
    for letter in re.findall(r"\]\(#(glossary-.)\)", page):
        assert f"\n({letter})=\n" in page
    assert page.count("\n  ") == len(terms())
    assert "{doc}`14 <14_experiments>`" in page


def test_the_interview_is_told_from_its_content(site):
    page = site["interview"]
    for name in content.QUESTIONS:
        asked = content.question(name)
        assert asked.prompt in page
        assert all(gate.text in page for gate in asked.gates)
        assert all(line in page for phase in asked.phases for line in phase.covers)
    assert "**D3 Features and leakage** · 10 / 15 · {doc}`03 <03_engineer_features>`" in page
    assert all(level in page for one in content.dimensions() for level in one.levels)
    assert "print/candidate_ctr.html" in page
    assert "| 35 | {doc}`19 <19_mock_ctr>`: sit the interview" in page


def test_the_interview_does_not_tell_the_levels_of_what_is_to_be_rated(site):
    assert not [one.id for one in content.transcripts() if one.id in site["interview"]]


def test_sheets_are_linked_only_where_they_are(course):
    assert "print" not in reader_pages.interview(course).lower()


def test_results_stand_by_lesson(site):
    stored = re.findall(
        r"^\| \[(\d\d\.\w+)\]", (ROOT / "docs" / "results.md").read_text(encoding="utf-8"), re.MULTILINE
    )
    assert len(stored) > 200
    assert re.findall(r"<code>(.+?)</code>", site["results"]) == stored
    assert f"{len(stored)} claims" in site["results"]


def test_a_bar_within_a_claim_stays_one(course, tmp_path):
    row = "| [05.parity](../notebooks/05_matrix_factorization.ipynb) | Of a \\| b | 1 | at least 0 | 2 |\n"
    lessons.write(tmp_path / "docs" / "results.md", row.replace("05_", "77_") + row)  # one of a lesson that is no more
    page = reader_pages.results(course, tmp_path)
    assert '| Of a \\| b <br><a class="reference internal" href="05_matrix_factorization.html#claim-05-parity">' in page
    assert page.rstrip().endswith("</a> | 1 | at least 0 | 2 |")


def test_instructors_get_the_guide_and_a_table_of_the_lessons(course, site):
    guide = (ROOT / "INSTRUCTING.md").read_text(encoding="utf-8")
    page = site["instructors"]
    heads = re.findall(r"^#+ .+$", guide, re.MULTILINE)
    assert [one for one in re.findall(r"^#+ .+$", page, re.MULTILINE) if one in heads] == heads
    assert page.count("../slides/") == 1
    assert '<a href="../slides/05_matrix_factorization.html">' in page
    assert "| {doc}`05 Matrix factorization <05_matrix_factorization>` | 20 |" in page
    assert "../slides/" not in reader_pages.instructors(course)


def test_a_document_that_is_missing_is_told(course, tmp_path):
    with pytest.raises(
        FileNotFoundError, match=r"results.md is missing: git checkout -- docs/results.md brings it back"
    ):
        reader_pages.results(course, tmp_path)
