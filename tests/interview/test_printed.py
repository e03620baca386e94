"""The rubric, the observer's sheet and the cards: all content once, nothing as markup, and what fits on a page."""

import dataclasses
import re
from html.parser import HTMLParser

import pytest
from helpers import BROWSER, printed_pages, prints

from mlpipe.interview import content, printed
from mlpipe.interview.evidence import SHIPPED, Evidence
from mlpipe.interview.printed import candidate, deck, drawn, interviewer, observer, rubric, write_printed
from mlpipe.interview.score import LIVE
from mlpipe.interview.terminal import main
from mlpipe.paths import FILES
from mlpipe.workshop import lessons
from mlpipe.workshop.site import reader_pages

QUESTIONS = [content.question(name) for name in content.QUESTIONS]
EVIL = ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</main><h1>mine</h1>", "&lt;b&gt;", "a < b"]


class Page(HTMLParser):
    """The tags of a page, and the text of each element that has a class, by class."""

    def __init__(self, page):
        super().__init__()
        self.tags, self.text, self.open, self.of = [], "", [], {}
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, attributes))
        if tag not in ("meta", "br"):
            kind = dict(attributes).get("class", "")
            self.open.append(kind)
            self.of.setdefault(kind, []).append("")

    def handle_endtag(self, tag):
        self.open.pop()

    def handle_data(self, data):
        self.text += data
        for kind in set(self.open):
            self.of[kind][-1] += data


def pages(asked, evidence=None, dimensions=None, scenes=None):
    scenes = scenes or content.scenarios(asked.name)
    people = [candidate(asked, scenes), interviewer(asked, scenes), observer(asked)]
    return [*people, rubric(asked, dimensions), deck(asked, evidence or {}), drawn(asked)]


def by_sheet(page):
    """The text of each sheet of a page."""
    return [Page("<main" + one.split("</main>")[0] + "</main>").text for one in page.split("<main")[1:]]


def measured(id="05.als", sentence="`ALS` finds more", shown="1.88"):
    return Evidence(id, 1.88, shown, sentence, 1.0, "1.00", SHIPPED, 0, "full", "05_x.ipynb", "Is it?", "abc")


@pytest.mark.parametrize("asked", QUESTIONS, ids=content.QUESTIONS)
def test_the_rubric_holds_each_behaviour_weight_and_gate_once(asked):
    page = rubric(asked)
    text = Page(page).text
    for one in content.dimensions():
        assert all(text.count(behaviour) == 1 for behaviour in one.levels)
        row = next(part.split("</tr>")[0] for part in page.split("<tr>") if one.levels[0] in part)
        assert f'<b class="weight">{asked.weights[one.id]}</b> {one.id}' in row
        assert row.count('class="box"') == 6  # four levels, unprompted, after a hint
        assert ("●" in row) == (one.id in LIVE)
    assert all(text.count(gate.text) == 1 for gate in asked.gates)
    assert f"/ 100 (live {sum(asked.weights[one] for one in LIVE)})" in text


@pytest.mark.parametrize("asked", QUESTIONS, ids=content.QUESTIONS)
def test_the_observer_has_the_whole_plan_with_room_for_times(asked):
    page = observer(asked)
    text = Page(page).text
    assert re.findall(r'class="time">(\d+)–(\d+)<', page) == [
        (str(phase.start // 60), str(phase.end // 60)) for phase in asked.phases
    ]
    assert page.count('class="began"') == len(asked.phases)
    for phase in asked.phases:
        assert all(text.count(part) == 1 for part in (phase.title, *phase.covers))
        assert len(phase.prompt) < 40 or phase.prompt not in text  # those are one product's
    questions, numbers = re.findall(r'<table class="lines">.*?</table>', page, re.DOTALL)
    assert questions.count("<tr>") == numbers.count("<tr>") == 1 + 8


@pytest.mark.parametrize("asked", QUESTIONS, ids=content.QUESTIONS)
def test_the_candidate_gets_the_task_and_the_plan_and_no_fact(asked):
    scenes = content.scenarios(asked.name)
    page = candidate(asked, scenes)
    sheets = by_sheet(page)
    assert len(sheets) == len(scenes) == 3
    for scene, text in zip(scenes, sheets, strict=True):
        assert text.count(scene.prompt) == 1
        assert not any(fact.text in text for fact in scene.facts.values())
        assert not any(one.ask in text or one.answer in text for one in asked.followups)
        names = {one.id: one.name.lower() for one in content.topics()}
        assert all(names[topic] in text for topic in scene.facts)
        assert all(phase.title in text for phase in asked.phases)
        assert not any(point in text for phase in asked.phases for point in phase.covers)


@pytest.mark.parametrize("asked", QUESTIONS, ids=content.QUESTIONS)
def test_the_interviewer_gets_each_fact_prompt_question_and_card(asked):
    scenes = content.scenarios(asked.name)
    *sheets, rest = by_sheet(interviewer(asked, scenes))
    for scene, text in zip(scenes, sheets, strict=True):
        assert scene.prompt in text
        assert all(text.count(fact.text) == 1 for fact in scene.facts.values())
        assert all(f"“{scene.prompts[phase.id]}”" in text for phase in asked.phases)
        left = text[text.index("You decide") : text.index("To anything else")]
        assert all((one.name.lower() in left) == (one.id not in scene.facts) for one in content.topics() if one.decide)
    for one in asked.followups:
        assert rest.count(one.ask) == 1
        assert rest.count(one.answer) == 1
    names = [one.name for one in content.concepts(asked.name)]
    first = asked.followups[0]
    before = rest[: rest.index(first.ask)]
    assert (
        max(names, key=before.rfind) == content.by_id("concept", first.concepts[0], content.concepts(asked.name)).name
    )
    for card in asked.cards:
        assert all(rest.count(part) == 1 for part in (card.text, *card.changes[asked.name]))


@pytest.mark.parametrize("asked", QUESTIONS, ids=content.QUESTIONS)
def test_each_followup_and_each_card_is_there_once(asked):
    parsed = Page(deck(asked, {}))
    dealt = parsed.of["followup"]
    assert len(dealt) == len(asked.followups)
    titles = {phase.id: phase.title for phase in asked.phases}
    for one in asked.followups:
        (card,) = [text for text in dealt if text.endswith(one.id)]
        assert all(part in card for part in (one.ask, one.answer, one.level, one.dimension, titles[one.phase]))
        assert (one.prove is not None) == ("Prove it with a number" in card)
        assert (one.card is not None) == ("And if this changes?" in card)
    places = [next(i for i, title in enumerate(titles.values()) if card.startswith(title)) for card in dealt]
    assert places == sorted(places)  # in the order of the plan
    constraints = parsed.of["constraint"]
    assert len(constraints) == len(asked.cards)
    for card, text in zip(asked.cards, constraints, strict=True):
        assert all(text.count(part) == 1 for part in (card.text, *card.changes[asked.name]))


def test_a_number_comes_from_the_evidence_and_else_from_its_lesson():
    one = QUESTIONS[0].followups[0]._replace(prove="05.als")
    asked = dataclasses.replace(QUESTIONS[0], followups=(one,))
    assert "ALS finds more: 1.88 (trivial baseline 1.00; lesson 05)" in Page(deck(asked, {"05.als": measured()})).text
    assert "Claim 05.als, lesson 05" in Page(deck(asked, {})).text


def replaced(value, text):
    """A copy in which each text that people read ends with `text`."""
    if isinstance(value, str):
        return value + text
    if isinstance(value, tuple | list) and not hasattr(value, "_asdict"):
        return type(value)(replaced(one, text) for one in value)
    if isinstance(value, dict):
        return {key: replaced(one, text) for key, one in value.items()}
    fields = {
        "title",
        "prompt",
        "covers",
        "ask",
        "answer",
        "text",
        "changes",
        "name",
        "levels",
        "alt",
        "boxes",
        "lines",
    }
    if isinstance(value, content.Scenario):
        fields = {"title", "prompt", "prompts", "facts"}
    if isinstance(value, content.Question):
        fields = {"title", "prompt", "phases", "followups", "cards", "gates", "picture"}
    entry = hasattr(value, "_asdict")
    there = value._asdict() if entry else vars(value)
    changed = {key: replaced(one, text) for key, one in there.items() if key in fields}
    return value._replace(**changed) if entry else dataclasses.replace(value, **changed)


@pytest.mark.parametrize("evil", EVIL)
def test_no_text_of_the_content_becomes_markup(evil):
    def everything(text):
        evidence = {
            one.prove: measured(one.prove, f"So it is{text}", text) for one in QUESTIONS[1].followups if one.prove
        }
        scenes = tuple(replaced(one, text) for one in content.scenarios(QUESTIONS[1].name))
        return pages(replaced(QUESTIONS[1], text), evidence, replaced(content.dimensions(), text), scenes)

    for page, usual in zip(everything(evil), everything("harmless"), strict=True):
        assert Page(page).tags == Page(usual).tags
        assert Page(page).text.count(evil) == Page(usual).text.count("harmless") > 5


@pytest.mark.parametrize("asked", QUESTIONS, ids=content.QUESTIONS)
def test_nothing_is_loaded_and_no_script_runs(asked):
    for page in pages(asked):
        parsed = Page(page)
        assert not {"script", "img", "link", "iframe", "object", "a"} & {tag for tag, _ in parsed.tags}
        names = {name for _, attributes in parsed.tags for name, _ in attributes}
        assert not {"src", "href", "data"} & names
        assert not any(name.startswith("on") for name in names)
        assert "url(" not in page
        assert "@import" not in page
        assert "default-src 'none'" in page


def test_the_files_are_written(tmp_path):
    files = write_printed(tmp_path / "made" / "print")
    assert len(files) == 12
    assert all(path.read_text(encoding="utf-8").startswith("<!DOCTYPE html>") for path in files)
    assert "Prove it with a number.</b> Claim" not in (tmp_path / "made/print/cards_recommender.html").read_text()


def test_the_page_of_the_interview_lists_them(tmp_path):
    write_printed(tmp_path / "print")
    page = reader_pages.interview(reader_pages.entries(lessons.find(FILES)), "print")
    found = re.findall(r'href="(print/[^"]+)"', page)
    assert len(found) == 12
    assert all((tmp_path / path).exists() for path in found)


def test_the_command_prints_one_question_and_says_where(tmp_path, capsys):
    assert main(["ctr", "--print", str(tmp_path / "out")]) == 0
    told = capsys.readouterr().out.split()
    assert told == [str(tmp_path / "out" / f"{kind}_ctr.html") for kind in printed.KINDS]
    (tmp_path / "file").write_text("mine")
    assert main(["ctr", "--print", str(tmp_path / "file")]) == 2
    assert (tmp_path / "file").read_text() == "mine"


@pytest.mark.slow
@prints
@pytest.mark.parametrize("asked", QUESTIONS, ids=content.QUESTIONS)
def test_they_print_on_the_pages_that_are_meant(asked, tmp_path):
    write_printed(tmp_path, [asked.name])
    cards = 1 + -(-(len(asked.cards) - printed.CARDS_FIRST) // printed.CARDS_PER_PAGE)
    expected = {
        "candidate": 3,
        "rubric": 1,
        "observer": 1,
        "picture": 1,
        "cards": cards + -(-len(asked.followups) // printed.PER_PAGE),
    }
    found = {kind: printed_pages(tmp_path / f"{kind}_{asked.name}.html", tmp_path) for kind in expected}
    assert found == expected
    assert printed_pages(tmp_path / f"interviewer_{asked.name}.html", tmp_path) <= 3 + 5  # the products, the questions


CUT = """() => [...document.querySelectorAll(".sheet, .rules, .followup, .constraint > div")]
  .filter(one => one.scrollHeight > one.clientHeight + 8).map(one => one.innerText)"""  # 8: within the padding


@pytest.mark.slow
@prints
def test_no_text_is_cut(tmp_path):
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the group browser")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        tab = browser.new_context(bypass_csp=True, viewport={"width": 794, "height": 1123}).new_page()
        tab.emulate_media(media="print")
        cut = {}
        for path in write_printed(tmp_path):
            tab.goto(path.as_uri())
            cut[path.name] = tab.evaluate(CUT)
        browser.close()
    assert not any(cut.values()), cut
