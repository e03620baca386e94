"""Slides from marked cells: what a mark shows, and which marks are faults."""

import re

import nbformat
import pytest
import slides_shots
from helpers import ROOT
from marked_lesson import CLAIM, SAID, code, course, everything, markdown, opening, ours, picture, printed

from mlpipe.workshop import lessons, slides
from mlpipe.workshop.__main__ import main

LESSONS = [lesson for lesson in lessons.find(ROOT) if lesson.part != lessons.TRAPS]
SAY = '<blockquote class="say'


def deck(tmp_path, *cells):
    lesson = course(tmp_path, *cells)
    return slides.deck(lessons.read(lesson.notebook), lesson)


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    """The page of a deck that has everything, and its folder."""
    root = tmp_path_factory.mktemp("course")
    course(root, *everything())
    assert slides.slides(root) == 0
    folder = root / "build" / "slides"
    return (folder / "05_factors.html").read_text(encoding="utf-8"), folder


def test_marks_make_slides(tmp_path):
    found = deck(tmp_path, *everything())
    assert [one.heading for one in found] == [
        "# Matrix *factors*",
        *(f"## {one}" for one in ("Factors", "Predict: how much?", "The result", "A picture", "A table", "Exercise")),
        "## Say it in the interview",
    ]
    assert [len(one.blocks) for one in found] == [1, 1, 2, 3, 2, 1, 3, 1]
    assert [one.fragment for one in found[3].blocks] == [False, True, True]
    assert [one.asks for one in found] == [False, False, True, *[False] * 5]
    assert all(one.notes for one in found)
    assert found[2].line.startswith("05_factors/lesson.py:")


def test_a_slide_says_its_own_text(built):
    page, _ = built
    assert "Much more" not in page
    assert "Not on a slide" not in page
    assert "Long." not in page
    assert "<p>Build it.</p>" in page
    assert "<h1>Matrix <em>factors</em></h1>" in page
    assert "05 · The recommender" in page


def test_outputs_stand_on_slides(built):
    page, _ = built
    assert page.count("<pre") == 2  # what was printed, and the stub
    assert "damping 1: &lt;0.9&gt;" in page
    for part in ("ALS is &lt;better&gt;", CLAIM["shown"], CLAIM["bound"], "✓"):
        assert part in page
    assert 'alt="Bars: &#34;ALS&#34; leads"' in page
    assert "“<span" in page
    assert SAID.replace("<", "&lt;").replace(">", "&gt;") in page
    assert re.findall(r"<li>(.*?)</li>", page)[-2:] == ["a half", "a tenth"]
    assert "The result: <strong>a tenth</strong>" in page
    assert "a box" not in page  # each of these has a form of its own, and an exercise's answer none


def test_code_is_only_what_is_marked(built):
    page, _ = built
    (shown,) = re.findall(r'<pre class="code.*?</pre>', page, re.DOTALL)
    plain = re.sub("<[^>]+>", "", shown)
    assert "user_vector" in plain
    assert "rows = liked.indices" in plain
    assert "return" not in plain
    assert "plot()" not in page


def test_formulas_are_mathml(built):
    page, _ = built
    assert page.count("<math") == 4
    assert "$" not in page
    assert "\\top" not in page


def test_notes_are_for_the_speaker(built):
    page, _ = built
    notes = re.findall(r'<aside class="notes">(.*?)</aside>', page, re.DOTALL)
    assert len(notes) == 8
    assert "Plan: goal 2" in notes[0]
    assert "<em>what</em>" in notes[1]


def test_a_deck_loads_nothing_from_elsewhere(built):
    page, folder = built
    asked = re.findall(r'(?:src|href)="(?!data:|#)([^"?]+)', page)
    assert asked
    for name in asked:
        assert (folder / name).is_file(), name
    style = (folder / "_static" / "slides.css").read_text(encoding="utf-8")
    for name in re.findall(r'url\("([^"]+)"\)', style):
        assert (folder / "_static" / name).is_file(), name
    assert "http" not in style
    assert "user-scalable=no" not in page
    assert sum(one.stat().st_size for one in (folder / "_static").rglob("*") if one.is_file()) < 2_500_000


def test_the_index_keeps_the_other_decks(tmp_path):
    course(tmp_path, *everything())
    course(tmp_path, *everything(), name="06_compare")
    folder = tmp_path / "elsewhere"
    assert slides.slides(tmp_path, "05", folder) == 0
    index = folder / "build" / "slides" / "index.html"
    assert "06_compare" not in index.read_text(encoding="utf-8")
    assert slides.slides(tmp_path, "06", folder) == 0
    listed = re.findall(r'href="(0[^"?]+)"', index.read_text(encoding="utf-8"))
    assert listed == ["05_factors.html", "06_compare.html"]


FAULTS = {
    "a type that is none": ([markdown("# A", "subslide")], "slide_type is 'subslide'; expected \"slide\""),
    "text without a mark": ([opening(), markdown("B", slide="## B")], 'slide needs the mark slideshow={"slide_type"'),
    "code without a mark": ([opening(), code("b", slide_code="1")], "slide_code needs the mark"),
    "lines that are not there": ([opening(), code("b", kind="-", slide_code="1-2")], 'such as "1-1"'),
    "lines that are none": ([opening(), code("b", kind="-", slide_code="first")], "slide_code is 'first'; expected"),
    "lines backwards": ([opening(), code("b\nc", kind="-", slide_code="2-1")], "slide_code is '2-1'; expected"),
    "many lines": ([opening(), code("b\n" * 13, kind="-", slide_code="1-13")], "13 lines, more than 12"),
    "long lines": ([opening(), code("b" * 81, kind="-", slide_code="1")], "a line of 81 characters, more than 80"),
    "code in a text": ([opening(), markdown("b", "-", slide_code="1")], "slide_code belongs to a cell with code"),
    "no title": ([markdown("## A", "slide")], 'the text of the first slide begins with "# "'),
    "no heading": ([opening(), markdown("B", "slide")], 'the text of a later slide begins with "## "'),
    "no heading over outputs": ([opening(), code("b", picture(), kind="slide")], "a later slide begins with"),
    "two headings": ([opening(), markdown("## B\n\n### C", "slide")], "a slide has one heading"),
    "nothing to see": ([opening(), code("b = 1", kind="-")], "nothing of this cell can be seen"),
    "a beginning that is none": ([code("b", printed("1"), kind="-")], "a deck begins with the mark"),
}


@pytest.mark.parametrize(("cells", "message"), FAULTS.values(), ids=FAULTS)
def test_wrong_marks_are_named_with_their_line(tmp_path, cells, message):
    with pytest.raises(ValueError, match=re.escape(message)) as fault:
        deck(tmp_path, *cells)
    text = (tmp_path / "lessons" / "05_factors" / "lesson.py").read_text(encoding="utf-8").splitlines()
    (place, line) = re.match(r"([\w/.]+):(\d+): ", str(fault.value)).groups()
    assert place == "05_factors/lesson.py"
    last = max(number for number, one in enumerate(text, 1) if one.startswith("# %%"))
    assert int(line) == last  # of each case, the last cell is the wrong one


def test_all_faults_are_told_at_once(tmp_path):
    wrong = [markdown("B", "slide"), code("b", kind="-", slide_code="9")]
    with pytest.raises(ValueError, match=r"lesson\.py") as fault:
        deck(tmp_path, opening(), *wrong)
    assert len(str(fault.value).splitlines()) == 2


def test_a_text_of_another_version_gives_no_line(tmp_path):
    lesson = course(tmp_path, opening(), markdown("B", "slide"))
    lessons.write(lesson.text, "# %% [markdown]\n# # Another\n")
    with pytest.raises(ValueError, match=r"05_factors\.ipynb, cell 2: "):
        slides.deck(lessons.read(lesson.notebook), lesson)


def test_a_heading_within_code_is_none(tmp_path):
    cells = [opening(), markdown("## B\n\n```python\n# a comment\n```", "slide")]
    assert len(deck(tmp_path, *cells)) == 2


def test_a_lesson_without_marks_says_what_to_do(tmp_path, capsys):
    course(tmp_path, markdown("# A lesson\n\n**Goal.** None."))
    with pytest.raises(ValueError, match="05_factors: no slides; mark its opening cell with slideshow="):
        slides.slides(tmp_path)
    assert not (tmp_path / "build").exists()


@pytest.mark.parametrize("text", [r"$\unheard{x}$", "{unheard}`x`", "[05](05_other.ipynb)"])
def test_what_cannot_be_shown_is_a_fault(tmp_path, text):
    course(tmp_path, opening(), markdown(f"## B\n\n{text}", "slide"))
    with pytest.raises(ValueError, match=r"unheard|05_other") as fault:
        slides.slides(tmp_path)
    assert re.search(r"^05_factors/lesson\.py:15: ", str(fault.value), re.MULTILINE)
    assert "\x1b" not in str(fault.value)


def test_a_figure_takes_the_place_of_its_heading_and_of_much_text():
    usual, flat, text = slides.Block("", (811, 461)), slides.Block("", (811, 361)), slides.Block("A line.")
    bullets = slides.Block("\n".join(f"- point {one}" for one in range(6)))
    result = slides._html('<p class="result">The result: <strong>a tenth</strong></p>')
    cases = (
        ([flat], ["body figure"]),
        ([usual], ["body figure bare"]),
        ([flat, text], ["body figure"]),
        ([result, usual], ["body figure bare"]),
        ([usual, bullets], ["steps", "figure", "texts roomy fragment"]),
        ([bullets, usual], ["steps", "texts roomy", "figure fragment"]),
        ([usual, usual], ["body"]),
    )
    for blocks, wanted in cases:
        names = re.findall(r'<div class="(?!block)(.*?)"', str(slides._arranged(slides.Slide("## B", "", blocks))))
        assert names == wanted, blocks


def test_traps_have_no_slides(tmp_path):
    notebook = nbformat.v4.new_notebook(cells=[opening()])
    lessons.write(tmp_path / "notebooks" / "traps" / "t1_a.ipynb", lessons.to_bytes(notebook))
    with pytest.raises(ValueError, match="traps have no slides"):
        slides.slides(tmp_path, "t1")


def test_the_command_names_an_unknown_lesson(capsys):
    assert main(["slides", "--only", "99"]) == 2
    assert "no lesson 99" in capsys.readouterr().err


def test_a_box_leads_to_no_notebook(tmp_path):
    html = '<p>See <a href="06_compare.ipynb">06</a>, <abbr>AUC</abbr>.</p>'
    cells = [opening(), code("show()", ours("other", 1, html), kind="slide", slide="## B")]
    (block,) = deck(tmp_path, *cells)[1].blocks
    assert "<p>See 06, <abbr>AUC</abbr>.</p>" in block.markdown


def test_a_claim_that_fails_says_so(tmp_path):
    failed = [code("claim()", ours("claim", CLAIM | {"holds": False}), kind="slide", slide="## B")]
    (block,) = deck(tmp_path, opening(), *failed)[1].blocks
    assert "✗" in block.markdown
    assert "fails" in block.markdown


@pytest.mark.parametrize("finished", [True, False])
def test_a_finished_run_of_the_same_text_is_shown(tmp_path, finished):
    lesson = course(tmp_path, *everything())
    run = lessons.read(lesson.notebook)
    run.cells.insert(1, code("SEED = 5", tags=["injected-parameters"]))
    for number, cell in enumerate([one for one in run.cells if one.cell_type == "code"], 1):
        cell.metadata.pop("slide", None)  # an older mark
        cell.execution_count = number
    run.cells[-1].outputs[0].metadata.mlpipe.say = "I would start anew."
    run.cells[-2].execution_count = 9 if finished else None
    executed = tmp_path / "build" / "run" / "05_factors.ipynb"
    lessons.write(executed, lessons.to_bytes(run))
    assert slides.slides(tmp_path) == 0
    page = (tmp_path / "build" / "slides" / "05_factors.html").read_text(encoding="utf-8")
    assert ("I would start anew." in page) is finished
    assert "The result</h2>" in page


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_a_lesson_has_a_deck_for_its_minutes(lesson):
    shown, _ = slides.read(lesson)
    low, high = slides_shots.SLIDES
    assert low <= len(shown) <= high
    assert [one.line for one in shown if not one.notes] == [], "slides without notes"
    asked = len(list(lessons.records(lessons.read(lesson.notebook), "guess")))
    assert sum(one.asks for one in shown) >= min(asked, 1), "no slide asks for a guess"
    assert any(SAY in block.markdown for block in shown[-1].blocks), "the last slide is not what to say"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_the_minutes_of_the_notes_are_those_of_the_plan(lesson):
    notes = [" ".join(slide.notes) for slide in slides.read(lesson)[0]]
    said = [re.findall(r"\((\d+(?:\.\d+)?) min\)", note) for note in notes]
    assert [len(one) for one in said] == [1] * len(notes)
    plan = sum(map(int, re.findall(r"\d+", re.search(r"Plan: ([^.]+)\.", notes[0])[1])))
    spent = [float(minutes) for (minutes,) in said]
    assert spent.count(10) == 1  # the exercise, which is counted apart
    assert sum(spent) - 10 == (15 if lesson.number in ("18", "19") else plan)  # there the plan is the sitting


def test_a_result_stands_before_what_it_rests_on(tmp_path):
    outputs = printed("a table"), ours("claim", CLAIM), ours("reveal", {"shown": "a tenth"})
    shown = deck(tmp_path, opening(), code("b", *outputs, kind="slide", slide="## B\n\nText."))[1].blocks
    found = [re.search("Text|a table|ALS is|a tenth", one.markdown)[0] for one in shown]
    assert found == ["Text", "a tenth", "a table", "ALS is"]


def test_little_text_is_large_and_a_wide_formula_is_not():
    wide = "$$ " + " + ".join(f"a_{{{one}}}" for one in range(30)) + " $$"
    sizes = {
        "A line.": "body roomy",
        "\n".join(["- a line"] * 9): "body airy",
        "\n".join(["- a line"] * 12): "body",
        wide: "body",
        slides._html(f'<blockquote class="say">{"word " * 120}</blockquote>').markdown: "body airy",
    }
    for text, name in sizes.items():
        assert f'class="{name}"' in slides._arranged(slides.Slide("## B", "", [slides.Block(text)]))[0], text
