"""Slides in a real browser: all of each can be seen and read from the last row, and no request leaves the machine."""

import re
from base64 import b64encode
from io import BytesIO

import labs
import nbformat
import pytest
import slides_shots
from helpers import ROOT
from marked_lesson import CLAIM, code, course, everything, markdown, opening, ours, printed
from PIL import Image

from mlpipe.workshop import lessons, slides

sync_api = pytest.importorskip(
    "playwright.sync_api", reason="the browser test needs playwright: pip install the group browser of pyproject.toml"
)
LESSONS = [lesson for lesson in lessons.find(ROOT) if lesson.part != lessons.TRAPS]
BROWSERS = labs.BROWSERS
pytestmark = [
    pytest.mark.slow,
    pytest.mark.xdist_group("browser"),
    pytest.mark.skipif(
        labs.CHROMIUM is None, reason=f"the browser test needs one of {', '.join(BROWSERS)} in the PATH"
    ),
]


@pytest.fixture(scope="module")
def browser():
    with labs.chromium() as started:
        yield started


@pytest.fixture(scope="module")
def deck(tmp_path_factory):
    """The page of a deck that has everything."""
    root = tmp_path_factory.mktemp("course")
    course(root, *everything())
    slides.slides(root)
    return root / "build" / "slides" / "05_factors.html"


def faults(browser, root, *cells):
    """What is wrong on the slides of these cells."""
    course(root, opening(), *cells)
    slides.slides(root)
    said = []
    tab = slides_shots.opened(browser, root / "build" / "slides" / "05_factors.html", said)
    found = [one for _, some in slides_shots.turned(tab) for one in some]
    tab.close()
    assert said == []
    return found


def test_a_deck_turns_to_its_last_slide(browser, deck):
    said = []
    tab = slides_shots.opened(browser, deck, said)
    seen = list(slides_shots.turned(tab))
    assert sorted({place for place, _ in seen}) == list(range(1, 9))
    assert not tab.locator(".fragment:not(.visible)").count()
    # the picture of the test is one pixel, its stub no name of a file
    assert [fault for _, found in seen for fault in found] == []
    assert said == []
    tab.close()


def test_the_keys_that_the_index_names_work(browser, deck):
    tab = slides_shots.opened(browser, deck, [])
    for key, place in (("ArrowRight", 2), (" ", 3), ("ArrowLeft", 2)):
        tab.keyboard.press(key)
        assert tab.evaluate("Reveal.getSlidePastCount() + 1") == place
    tab.keyboard.press("o")
    assert tab.evaluate("Reveal.isOverview()")
    tab.keyboard.press("Escape")
    assert not tab.evaluate("Reveal.isOverview()")
    tab.keyboard.press("b")
    assert tab.evaluate("Reveal.isPaused()")
    tab.close()


def test_the_speaker_sees_notes_and_clock(browser, deck):
    said = []
    tab = slides_shots.opened(browser, deck, said)
    with tab.expect_popup() as popup:
        tab.keyboard.press("s")
    speaker = popup.value
    notes = speaker.locator(".speaker-controls-notes .value")
    sync_api.expect(notes).to_contain_text("Plan: goal 2, data 5.")
    tab.keyboard.press("ArrowRight")
    sync_api.expect(notes).to_contain_text("Ask what")
    sync_api.expect(speaker.locator(".clock-value")).not_to_be_empty()
    assert said == []
    speaker.close()
    tab.close()


def test_a_deck_prints_a_page_a_slide(browser, deck, tmp_path):
    tab = browser.new_page()
    tab.goto(f"{deck.as_uri()}?print-pdf")
    tab.wait_for_selector(".pdf-page")
    tab.wait_for_function("document.querySelectorAll('.pdf-page').length == 8")
    printed = tab.pdf(prefer_css_page_size=True, print_background=True)
    assert len(re.findall(rb"/Type /Page\b(?!s)", printed)) == 8
    assert tab.evaluate("getComputedStyle(document.querySelector('.pdf-page > section')).display") == "flex"
    tab.close()


def test_nothing_moves_by_itself(browser, deck):
    tab = slides_shots.opened(browser, deck, [])
    assert tab.evaluate("Reveal.getConfig().transition") == "none"
    tab.emulate_media(reduced_motion="reduce")
    moving = "[...document.querySelectorAll('.slides *')].filter((one) => one.getAnimations().length)"
    tab.keyboard.press("ArrowRight")
    assert tab.evaluate(f"{moving}.length") == 0
    tab.close()


def figure(width, height):
    """An output with a grey picture of so many pixels."""
    file = BytesIO()
    Image.new("L", (width, height), 200).save(file, "PNG")
    data = {"image/png": b64encode(file.getvalue()).decode()}
    return nbformat.v4.new_output("display_data", data=data)


def test_a_figure_and_its_text_come_in_turn_and_together_on_paper(browser, tmp_path):
    points = markdown("\n".join(f"- point {one}" for one in range(6)), "-")
    course(tmp_path, opening(), code("b", figure(811, 461), kind="slide", slide="## B"), points)
    slides.slides(tmp_path)
    page = tmp_path / "build" / "slides" / "05_factors.html"
    tab = slides_shots.opened(browser, page, [])
    state = """() => ['.figure img', '.texts ul', 'h2'].map((part) => {
      const one = document.querySelector(part);
      return one.checkVisibility({ visibilityProperty: true }) && one.getBoundingClientRect().width > 1;
    })"""
    seen = []
    for key in ("ArrowRight", "ArrowRight", "ArrowLeft", "o"):
        tab.keyboard.press(key)
        seen.append(tab.evaluate(state))
    assert seen == [[True, False, False], [False, True, True], [True, False, False], [True, True, True]]
    tab.goto(f"{page.as_uri()}?print-pdf")
    tab.wait_for_function("document.querySelectorAll('.pdf-page').length == 2")
    assert tab.evaluate(state) == [True, True, True]
    tab.close()


LONG = "\n".join(f"- a point of the long list, number {one}" for one in range(16))
WIDE = "$$ " + " + ".join(f"\\frac{{a_{{{one}}}}}{{b_{{{one}}}}}" for one in range(40)) + " $$"
SMALL = "<p style='font-size:12px'>small print</p>"
WRONG = {
    "a long list": ([markdown(f"## B\n\n{LONG}", "slide")], r"runs over the slide by \d+ px: <div.block>"),
    "a wide formula": ([markdown(f"## B\n\n{WIDE}", "slide")], r"letters run over by \d+ px: <m"),
    "much printed": ([code("b", printed("a line\n" * 30), kind="slide", slide="## B")], r"<pre.printed.short>"),
    "small letters": ([code("b", ours("other", 1, SMALL), kind="slide", slide="## B")], r"letters of 12\.0 px"),
    "many figures": ([code("b", *[figure(811, 461)] * 2, kind="slide", slide="## B")], r"12 points .* less than 22\.1"),
    "a wide figure": ([code("b", figure(1300, 500), kind="slide", slide="## B")], r"12 points .* less than 18\.0"),
}


@pytest.mark.parametrize(("cells", "message"), WRONG.values(), ids=WRONG)
def test_what_cannot_be_read_is_found(browser, tmp_path, cells, message):
    found = faults(browser, tmp_path, *cells)
    assert any(re.search(message, one) for one in found), found


def test_as_much_as_may_stand_on_a_slide_fits(browser, tmp_path):
    stub = "\n".join(f"line_{one:02d} = " + "x" * 70 for one in range(12))
    claims = [ours("claim", CLAIM | {"sentence": "A sentence of a claim, as long as claims are here (ratio)"})] * 4
    words = " ".join(["forty-five"] * 44)
    found = faults(
        browser,
        tmp_path,
        code(stub, kind="slide", slide="## Twelve lines of eighty characters", slide_code="1-12"),
        code("c", *claims, kind="slide", slide="## Four claims"),
        code("p", printed(("x" * 80 + "\n") * 12), kind="slide", slide="## Twelve printed lines"),
        markdown(f"## Seventy words\n\n{words} {words[:250]}", "slide"),
    )
    assert found == []


def test_the_authors_tool_takes_marks_from_the_text(tmp_path):
    lesson = course(tmp_path, *everything())
    changed = lesson.text.read_text(encoding="utf-8").replace("## A table", "## Another table")
    lessons.write(lesson.text, changed.replace("plot()", "plot(1)"))
    shown, _ = slides.read(slides_shots.draft(lesson, tmp_path / "draft"))
    assert shown[5].heading == "## Another table"
    assert "changed since" in shown[4].blocks[1].markdown


@pytest.fixture(scope="module")
def decks(tmp_path_factory):
    """The folder of all decks of the course."""
    folder = tmp_path_factory.mktemp("decks")
    slides.slides(ROOT, into=folder)
    return folder / "build" / "slides"


@pytest.mark.parametrize("lesson", LESSONS, ids=lambda lesson: lesson.name)
def test_each_slide_of_the_course_can_be_read(browser, decks, lesson):
    said = []
    tab = slides_shots.opened(browser, decks / f"{lesson.name}.html", said)
    found = [f"slide {place} {fault}" for place, some in slides_shots.turned(tab) for fault in some]
    tab.close()
    assert found + said == []
