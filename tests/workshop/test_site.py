"""The site: what its sources hold of a lesson, editions, and what stops a build."""

import re
import shutil
from html.parser import HTMLParser

import nbformat
import pytest
from helpers import ROOT

from mlpipe.course.definition import find
from mlpipe.workshop import lessons, site
from mlpipe.workshop.site import extension, reference, sources
from mlpipe.workshop.site.sources import FOLD, UNFOLD, Edition

COURSE = lessons.find(ROOT)
LESSON = next(one for one in COURSE if one.number == "05")
STRIP = "| where we are | you need | it takes |\n|---|---|---|\n| data ▸ **model** ▸ serving | {} | 20 minutes |\n"


def markdown(source, **metadata):
    return nbformat.v4.new_markdown_cell(source, metadata=metadata)


def code(source, *outputs, **metadata):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), metadata=metadata)


def shown(html, **record):
    return nbformat.v4.new_output("display_data", {"text/html": html, "text/plain": "x"}, metadata={"mlpipe": record})


def ready(*cells, edition=sources.READERS, row=None):
    return sources.ready(nbformat.v4.new_notebook(cells=list(cells)), edition, row, LESSON).cells


def text(cells):
    return "\n\n".join(cell.source for cell in cells)


def guess(id="05.factors"):
    return code(f"guess({id!r})", shown("<p>…</p>", guess={"id": id, "choices": ["more", "less"], "unit": ""}))


def reveal(id="05.factors"):
    return code(f"reveal({id!r}, 'less')", shown("<p>less</p>", reveal={"id": id, "shown": "less"}))


def folded(cells):
    """What stands between the marks, a text a fold."""
    return re.findall(rf"^{FOLD}$(.*?)^{UNFOLD}$", text(cells), re.DOTALL | re.MULTILINE)


# What is folded


def test_the_answer_to_a_guess_is_folded_up_to_the_text_that_reads_it():
    cells = ready(markdown("**Predict before you run.** More?"), guess(), code("fit()"), reveal(), markdown("Less."))
    (inside,) = folded(cells)
    assert [word in inside for word in ("fit()", "reveal(", "Less.", "More?")] == [True, True, True, False]


@pytest.mark.parametrize("next_part", ["## Next\n\nOther things.", "**Predict before you run.** And now?"])
def test_a_fold_ends_where_something_new_begins(next_part):
    cells = ready(guess(), reveal(), markdown(f"Less.\n\n{next_part}"), guess("05.second"), reveal("05.second"))
    first, second = folded(cells)
    assert "Less." in first
    assert next_part not in first + second
    assert next_part in text(cells)


def test_what_follows_a_result_is_folded_up_to_the_next_text():
    cells = ready(guess(), reveal(), code("draw()"), markdown("## Next"), code("other()"))
    (inside,) = folded(cells)
    assert "draw()" in inside  # a figure shows the result as well
    assert "other()" not in inside
    assert not folded(ready(guess(), code("other()")))  # a guess that nothing answers folds nothing


def test_a_guess_is_a_form_with_its_choices():
    (form, *_) = ready(guess())
    assert 'data-guess="05.factors"' in form.source
    assert re.findall(r'value="(\w+)"', form.source) == ["more", "less"]
    number = code("guess()", shown("", guess={"id": "05.share", "choices": [], "unit": "%"}))
    assert 'aria-label="Your guess, in %"' in text(ready(number))


# Exercises, notes, strip, failures


def answer(source):
    return code(source, tags=["exercise:05.user_step"])


def test_hints_and_solution_are_folded_below_an_exercise_and_a_class_gets_no_solution():
    definition = find("05.user_step")
    page = text(ready(answer(definition.stub)))
    assert page.count("{dropdown} Hint") == 3
    assert definition.solution.strip() in page
    assert definition.another.strip() in page
    class_page = text(ready(answer(definition.stub), edition=Edition(solutions=False)))
    assert class_page.count("{dropdown} Hint") == 2  # the last one is nearly code
    assert definition.solution.strip() not in class_page
    assert definition.another.strip() not in class_page


def test_a_solved_cell_is_folded_itself():
    cells = ready(answer(find("05.user_step").solution.strip()))
    assert [cell.metadata["tags"] for cell in cells if cell.cell_type == "code"] == [["hide-input"]]


def test_signs_of_a_hint_stay_signs():
    assert sources.prose("a * b_1 of `x[u]`, $5 | [3]") == r"a \* b\_1 of `x[u]`, \$5 \| \[3\]"


def test_notes_are_shown_on_request_only():
    cell = markdown("# Title", notes="Say this.")
    assert "Say this." not in text(ready(cell))
    assert "Say this." in text(ready(cell, edition=Edition(notes=True)))


def test_the_strip_names_the_stage_the_needs_and_the_notebook():
    page = text(ready(markdown("# T\n\n" + STRIP.format("a; b"))))
    assert "[data]{.stage}" in page
    assert "[**model**]{.stage .here}" in page
    assert "**You need** a; b" in page
    assert "notebooks/05_matrix_factorization.ipynb" in page
    assert "where we are" not in page


def test_a_lesson_that_failed_says_so_on_top_and_leads_to_its_cell():
    row = {"error": {"cell": 2, "line": "x", "message": "KeyError: 'a'\n```"}}
    cells = ready(markdown("# T"), code("x"), row=row)
    assert "This run failed" in cells[1].source
    assert "KeyError: 'a'\n```\n````" in cells[1].source  # a fence of the message closes nothing
    assert text(cells).index('id="failed"') < text(cells).index("\nx")
    assert "before its first cell" in text(ready(markdown("# T"), row={"error": {"message": "no kernel"}}))


def test_the_parameters_of_a_run_are_folded_and_count_as_no_cell():
    injected = code("SEED = 3", tags=["injected-parameters"])
    row = {"error": {"cell": 2, "line": "x", "message": "no"}}
    cells = ready(markdown("# T"), injected, code("x"), row=row)
    assert [cell.metadata["tags"] for cell in cells if cell.cell_type == "code"] == [["hide-input"], []]
    assert text(cells).count('id="failed"') == 1
    assert text(cells).index("SEED = 3") < text(cells).index('id="failed"') < text(cells).index("\nx")


def test_a_long_message_is_cut():
    row = {"error": {"cell": 1, "line": "x", "message": "\n".join(f"line {number}" for number in range(50))}}
    assert re.findall(r"^line \d+$", text(ready(markdown("# T"), row=row)), re.MULTILINE)[-1] == "line 19"


def test_an_exercise_has_the_place_that_other_pages_link_to():
    assert '<span id="exercise-05-user-step"></span>' in text(ready(answer("def user_vector(): ...")))


def test_the_sum_of_guesses_shows_no_code():
    (cell,) = ready(code("guesses()", shown("<p>none</p>", guesses=[])))
    assert cell.metadata["tags"] == ["remove-input"]


def test_links_to_elsewhere_stay():
    url = "https://example.org/folder/a.ipynb"
    assert f"]({url})" in text(ready(markdown(f"[a]({url})")))
    assert f'href="{url}"' in ready(code("x", shown(f'<a href="{url}">a</a>')))[0].outputs[0].data["text/html"]


def test_claims_have_a_place_and_links_lead_to_pages():
    output = shown('<a href="traps/t1_ahead_then_behind.ipynb#x">t1</a>', claim={"id": "05.als_vs_popularity"})
    html = ready(code("claim()", output))[0].outputs[0].data["text/html"]
    assert 'id="claim-05-als-vs-popularity"' in html
    assert 'href="t1_ahead_then_behind.html#x"' in html
    assert "](t1_ahead_then_behind.ipynb)" in text(ready(markdown("[t1](traps/t1_ahead_then_behind.ipynb)")))


def test_a_figure_has_its_alternative_text():
    (cell,) = ready(code("draw()", alt="It falls."))
    assert cell.metadata["mystnb"]["image"]["alt"] == "It falls."


# Which notebook


def test_an_executed_notebook_is_shown_while_the_text_is_the_same(tmp_path):
    stored = nbformat.v4.new_notebook(cells=[code("1 + 1")])
    executed = nbformat.v4.new_notebook(cells=[code("SEED = 3", tags=["injected-parameters"]), code("1 + 1")])
    path = tmp_path / "run.ipynb"
    assert sources.latest(stored, path) == (stored, False)
    lessons.write(path, lessons.to_bytes(executed))
    assert sources.latest(stored, path)[1]
    stored.cells[0].source = "1 + 2"
    assert not sources.latest(stored, path)[1]
    lessons.write(path, "{")
    assert not sources.latest(stored, path)[1]


def test_names_in_code_are_those_that_it_imports():
    code = ["from mlpipe.splits import last_per_user as last", "import numpy", "half an answer ("]
    assert reference.names(code) == {"last": "mlpipe.splits.last_per_user"}
    found = reference.modules([nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(code[0])])])
    assert "mlpipe.splits" in found
    assert not any("workshop" in name or "paths" in name for name in found)


def test_sources_of_an_earlier_build_are_removed_and_the_same_text_is_not_written_again(tmp_path):
    kept, gone = tmp_path / "a.md", tmp_path / "b.md"
    for path in (kept, gone):
        sources.write_changed(path, "text")
    before = kept.stat().st_mtime_ns
    sources.write_changed(kept, "text")
    sources.remove_others(tmp_path, [kept])
    assert kept.stat().st_mtime_ns == before
    assert not gone.exists()


# A whole build: slow, so one for all that need it


class Page(HTMLParser):
    """Start tags with their attributes."""

    def __init__(self, html):
        super().__init__()
        self.found = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, dict(attributes)))


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The site of a course in which lesson 05 was run, and lesson 01 failed, for a class, with notes."""
    folder = tmp_path_factory.mktemp("site")
    failing = next(one for one in COURSE if one.number == "01")
    notebook = lessons.read(failing.notebook)
    broken = next(place for place, cell in enumerate(notebook.cells) if cell.cell_type == "code" and cell.outputs)
    notebook.cells[broken].outputs = [nbformat.v4.new_output("error", ename="KeyError", evalue="'a'", traceback=["a"])]
    lessons.write(folder / "run" / f"{failing.name}.ipynb", lessons.to_bytes(notebook))
    shutil.copy(LESSON.notebook, folder / "run")
    nothing = {"seconds": 1.0, "megabytes": 99, "claims": 2, "held": 2}
    rows = {
        failing.name: nothing | {"result": "failed", "error": {"cell": broken + 1, "line": "x", "message": "KeyError"}},
        LESSON.name: nothing | {"result": "ok", "error": None},
    }
    edition = Edition(solutions=False, notes=True)
    site.build(COURSE, folder / "run", folder / "html", folder / "work", rows, edition)
    return folder / "html"


@pytest.mark.slow
@pytest.mark.xdist_group("site")
def test_a_failed_lesson_has_its_page_and_the_site_is_whole(built):
    page = (built / "01_requirements.html").read_text()
    assert "This run failed in" in page
    assert 'id="failed"' in page
    assert all((built / f"{lesson.name}.html").exists() for lesson in COURSE)
    start = (built / "index.html").read_text()
    assert "✗ failed" in start
    assert start.count("✓ ran") == 1


@pytest.mark.slow
@pytest.mark.xdist_group("site")
def test_the_edition_is_the_one_asked_for(built):
    page = (built / "05_matrix_factorization.html").read_text()
    assert "notes admonition" in page
    assert page.count("Hint 1 of 2") == 3
    assert not (built / "instructors.html").exists()
    (handed,) = built.rglob("05_matrix_factorization.ipynb")
    assert not {"notes", "slide", "slideshow"} & {key for cell in lessons.read(handed).cells for key in cell.metadata}
    assert find("05.user_step").another.strip().splitlines()[-1].strip() not in re.sub("<[^>]+>", "", page)


@pytest.mark.slow
@pytest.mark.xdist_group("site")
def test_pages_load_nothing_from_elsewhere_and_each_figure_is_described(built):
    for path in built.rglob("*.html"):
        for tag, attributes in Page(path.read_text()).found:
            loaded = attributes.get("src") or (attributes.get("href") if tag == "link" else None) or ""
            assert not re.match(r"\w+:(?!//\Z)|//", loaded) or loaded.startswith("data:"), (path.name, loaded)
            assert tag != "img" or len(attributes.get("alt") or "") > 10, (path.name, attributes)


@pytest.mark.slow
@pytest.mark.xdist_group("site")
def test_answers_are_folded_and_names_lead_to_the_reference(built):
    page = (built / "05_matrix_factorization.html").read_text()
    assert page.count('<details class="answer">') == page.count('<form class="guess"') >= 3
    assert 'href="api/mlpipe.recommenders.html#mlpipe.recommenders.ALS"' in page
    assert (built / "api" / "mlpipe.recommenders.html").exists()


def test_what_does_not_exist_stops_the_build_with_file_and_line(tmp_path):
    for folder in ("lessons", "notebooks"):
        shutil.copytree(ROOT / folder, tmp_path / folder)
    path = tmp_path / "lessons" / LESSON.name / "lesson.py"
    lines = path.read_text().splitlines()
    place = next(number for number, line in enumerate(lines) if line.startswith("# First without vectors"))
    lines[place] = r"# A **wobbly factor**, `05.no_such_claim`, lesson 77 and $\nosuch x$, not `$\nosuch$`."
    path.write_text("\n".join(lines))
    with pytest.raises(ValueError, match="name what does not exist") as refused:
        site.site(tmp_path)
    told = str(refused.value)
    assert told.count(f"lessons/{LESSON.name}/lesson.py:{place + 1}: ") == 4
    assert not (tmp_path / "build" / "html").exists()


@pytest.mark.slow
@pytest.mark.xdist_group("site")
def test_what_sphinx_warns_of_is_told_each_time_and_old_pages_go(built, monkeypatch):
    work, again = built.parent / "work", (COURSE, built.parent / "run", built, built.parent / "work", {})
    (built / "of_long_ago.html").write_text("old")
    pages = site.reader_pages.pages
    wrong = {"results": "# Results\n\n{doc}`nowhere`\n"}
    monkeypatch.setattr(site.reader_pages, "pages", lambda *arguments: pages(*arguments) | wrong)
    for _ in range(2):
        with pytest.raises(ValueError, match=r"results\.md:3: WARNING: unknown document: 'nowhere'") as refused:
            site.build(*again)
    assert str(work) not in str(refused.value)
    monkeypatch.undo()
    site.build(*again)
    assert not (built / "of_long_ago.html").exists()
    assert (built / "search.html").exists()
    assert (built / "api" / "mlpipe.ctr.html").exists()


def test_packages_that_are_missing_are_named_with_the_fix(monkeypatch, tmp_path):
    monkeypatch.setattr(site, "find_spec", lambda name: None if name == "furo" else object())
    with pytest.raises(ValueError, match=r"Pages need furo: `pip install 'mlpipe\[site\]'`"):
        site.site(ROOT, tmp_path)


def test_bars_of_a_docstring_are_no_substitution():
    lines = ["The norm |x| of x.", "", ">>> 1 | 2", "3", "", "|y|"]
    extension._escape(None, "", "", None, None, lines)
    assert lines == [r"The norm \|x\| of x.", "", ">>> 1 | 2", "3", "", r"\|y\|"]
