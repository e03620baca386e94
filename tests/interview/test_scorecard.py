"""The scorecard: what it says, and that nothing a learner types becomes markup."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from helpers import printed_pages, prints
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlpipe.interview import content, store
from mlpipe.interview.cold import ColdAnswer
from mlpipe.interview.engine import DIMENSIONS, Interview
from mlpipe.interview.evidence import YOURS, Check, Evidence, Graded, Quote
from mlpipe.interview.score import LIVE, Score
from mlpipe.interview.scorecard import scorecard, write_scorecard

ALL_MID = Score(dict.fromkeys(DIMENSIONS, 2))
WORDS = {"data": "some data", "split": "by user", "interval": "1 to 2", "transfer": "it is all simulated"}
ALS = Evidence("05.als", 1.88, "1.88", "So it is", 1.0, "1", YOURS, 0, "full", "05_x.ipynb", "Is it?", "abc")


@pytest.fixture(autouse=True)
def own_record(monkeypatch, tmp_path):
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))


def attempt(question="ctr", target="senior", name="first", text="my notes", used=60, finish=True):
    now = [0.0]
    interview = Interview(question, 3, lambda: now[0], target, name)
    interview.start()
    for phase in interview.content.phases:
        interview.note(phase.id, text)
        if phase.id == "questions":
            interview.answer(interview.interrupt().id, text)
        now[0] += used
        if phase is not interview.content.phases[-1]:
            interview.reveal()
    if finish:
        interview.finish()
    return interview


def scored(name, level, peer=False):
    interview = attempt(name=name)
    interview.score(dict.fromkeys(DIMENSIONS, level), {}, peer=peer)
    return interview


def quoted(text="1.9", *, holds=True, missing=()):
    return Graded(Quote(text, text, **WORDS), Check(holds, f"because {text}", ALS if holds else None), missing)


def everything(text):
    """A scorecard in which each field that a learner fills says `text`."""
    return scorecard(
        attempt(text=text),
        ALL_MID,
        [quoted(text), quoted(text, holds=False, missing=(f"data ({text})",))],
        cold=ColdAnswer("2026", text, None),
    )


class Tags(HTMLParser):
    """The tags and attributes of a page, without what stands between them."""

    def __init__(self, page):
        super().__init__()
        self.found = []
        self.text = ""
        self.feed(page)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.found.append((tag, attributes))

    def handle_data(self, data):
        self.text += data


def blocks(markdown):
    """The structure of Markdown, GitHub's tables and strikethrough included."""
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    return [(one.type, one.tag) for token in tokens for one in (token, *(token.children or ()))]


def spoken(markdown):
    tokens = MarkdownIt("commonmark").enable(["table", "strikethrough"]).parse(markdown)
    return " ".join(one.content for token in tokens for one in token.children or () if one.type.startswith("text"))


EVIL = [
    "<script>alert(1)</script>",
    "<img src=x onerror=alert(1)>",
    "</pre></section></main><h1>mine</h1>",
    '" onmouseover="alert(1)',
    "a | b | c",
    "[x](javascript:alert(1))",
    "![x](http://example.org/x.png)",
    "**bold** _it_ `code` ~~gone~~ $x$",
    "# heading",
    "- list",
    "+ list",
    "1. list",
    "7) list",
    "> quote",
    "---",
    "===",
    "```",
    "<!-- comment",
    "&lt;b&gt; &amp;",
    "\\",
    "\\| \\<b>",
    "|",
]


@pytest.mark.parametrize("evil", EVIL)
def test_what_is_typed_stays_text(evil):
    page, markdown = everything(evil)
    harmless_page, harmless_markdown = everything("harmless")
    assert Tags(page).found == Tags(harmless_page).found
    assert evil in Tags(page).text
    assert blocks(markdown) == blocks(harmless_markdown)
    assert evil in spoken(markdown)


@pytest.mark.parametrize("line", ["===", "---", "- item", "| a | b |\n|---|---|", "    code", "```"])
def test_no_line_of_notes_makes_a_heading_a_list_or_a_table_of_the_others(line):
    kinds = {kind for kind, _ in blocks(scorecard(attempt(text=f"a title\n{line}\n\n{line}"), ALL_MID)[1])}
    assert not {"hr", "bullet_list_open", "code_block", "fence"} & kinds
    for kind in ("heading_open", "table_open"):
        count = [one for one, _ in blocks(scorecard(attempt(text=f"a title\n{line}"), ALL_MID)[1])].count(kind)
        assert count == [one for one, _ in blocks(scorecard(attempt(), ALL_MID)[1])].count(kind)


@settings(max_examples=60)
@given(st.text(st.sampled_from("<>|*_`[]()#-+=1.~!\\&\"' a\n\r\t{}$:"), min_size=1, max_size=30).filter(str.strip))
def test_no_mix_of_signs_becomes_a_tag_or_breaks_a_table(text):
    page, markdown = everything(text)
    assert Tags(page).found == Tags(everything("harmless")[0]).found
    kinds = [kind for kind, _ in blocks(markdown)]
    usual = [kind for kind, _ in blocks(everything("harmless")[1])]
    for kind in ("tr_open", "td_open", "heading_open", "list_item_open", "link_open"):
        assert kinds.count(kind) == usual.count(kind)
    assert not {"html_block", "html_inline", "image", "em_open", "strong_open", "code_inline", "fence"} & set(kinds)


def test_nothing_is_loaded_and_no_script_runs():
    page, markdown = everything("my notes")
    tags = Tags(page)
    assert not {"script", "img", "link", "iframe", "object", "image", "use"} & {tag for tag, _ in tags.found}
    for tag, attributes in tags.found:
        for name, value in attributes:
            assert not name.startswith("on")
            assert name not in ("src", "srcset", "data", "background")
            assert name != "href" or (tag == "a" and re.match(r"file:///|#", value))
    assert "url(" not in page
    assert "@import" not in page
    assert "default-src 'none'" in page
    assert "png" not in page + markdown


def bars(page):
    """Of each dimension, how many of its four boxes are filled."""
    rows = re.findall(r'aria-label="(\d) of 4">(.*?)</svg>', page)
    return [int(number) for number, _ in rows], [box.count('fill="#0072B2"') for _, box in rows]


def test_each_dimension_has_its_bar_against_the_target():
    levels = dict(zip(DIMENSIONS, (0, 1, 2, 3, 4, 3, 2, 1, 0), strict=True))
    page, markdown = scorecard(attempt(target="mid"), Score(levels, {"D4": False}))
    expected = [0, 1, 2, 2, 4, 3, 2, 1, 0]
    assert bars(page) == (expected, expected)
    assert page.count('<line x1="34" x2="34"') == 9  # the end of the second box
    assert re.findall("[■□]{4}", markdown) == ["■" * n + "□" * (4 - n) for n in expected]
    assert "| Model choice and justification | 10 | ■■□□ | mid (hint) |  |" in markdown
    assert "| Framing and metrics | 15 | □□□□ | missing | -2 |" in markdown


def test_a_live_score_shows_its_five():
    page, markdown = scorecard(attempt(), Score(dict.fromkeys(LIVE, 3)))
    assert len(bars(page)[0]) == 5
    assert "live: five dimensions" in page
    assert "Weighted mean 3.00 of 4. You sat for senior, and you are there." in markdown


def test_failed_gates_cap_and_are_spelled_out():
    gate = content.question("ctr").gates[0]
    page, markdown = scorecard(attempt(), Score(dict.fromkeys(DIMENSIONS, 4), gates=(gate.id,)))
    assert "<strong>mid</strong>" in page
    for text in (Tags(page).text, markdown):
        assert text.count(gate.text) == 2  # in the head, and as the first thing to do
        assert "weighted mean 4.00 of 4" in text.lower()


@pytest.mark.parametrize("question", content.QUESTIONS)
def test_each_gate_has_lessons_that_repair_it(question):
    for gate in content.question(question).gates:
        assert gate.lessons


def test_time_is_shown_against_the_plan():
    page, markdown = scorecard(attempt(used=100), ALL_MID)
    assert "| Frame the problem | 1:40 | 2:00 |  |" in markdown
    assert "| Label, split, features | 1:40 | 1:00 | +0:40 |" in markdown
    assert re.search(r"<td>1:40 of 1:00</td>\s*<td><span class=\"bad\">\+0:40</span>", page)
    assert page.count('class="bad">+') == 2  # and operations
    assert 'class="bad">+' not in scorecard(attempt(used=80), ALL_MID)[0]  # 20 seconds are not worth it


def test_numbers_are_shown_with_whether_they_held():
    graded = [quoted("1.9"), quoted("2.5", holds=False), quoted("1.8", missing=("interval (an interval)",))]
    page, markdown = scorecard(attempt(), ALL_MID, graded)
    assert "| ✓ counts | 1.9 | 1.9 | 1.88 (your run) |" in markdown
    assert "| ✗ does not hold | 2.5 | 2.5 | nothing |" in markdown
    assert "| ✗ holds; missing: interval | 1.8 | 1.8 | 1.88 (your run) |" in markdown
    assert "holds; missing: interval" in page
    page, _ = scorecard(attempt(), ALL_MID, [quoted()] * 3 + [quoted(holds=False)] * 4)
    assert "and 3 more; 3 of all 7 count as evidence" in page
    assert "No number was quoted" in scorecard(attempt(), ALL_MID)[1]


def steps(markdown):
    return re.findall(r"^\d\. (.+)$", markdown, re.MULTILINE)


def test_three_things_to_do_next_are_what_costs_most():
    levels = dict.fromkeys(DIMENSIONS, 3) | {"D6": 0, "D9": 1, "D5": 2}  # of the points: 3 x 10, 2 x 10, 1 x 15
    _, markdown = scorecard(attempt(), Score(levels), [quoted()], base="")
    first, second, third = steps(markdown)
    assert first.startswith("Serving and capacity, from missing to junior: ")
    assert "[01 requirements](<01_requirements.ipynb>)" in first
    assert {second.split(",")[0], third.split(",")[0]} == {"Evaluation", "Communication and time"}


@given(st.fixed_dictionaries({d: st.integers(0, 4) for d in DIMENSIONS}), st.booleans(), st.booleans())
@settings(max_examples=40)
def test_there_are_always_three_different_things_to_do(levels, gate, number):
    score = Score(levels, gates=("no_baseline",) if gate else ())
    _, markdown = scorecard(attempt(), score, [quoted()] if number else [])
    found = steps(markdown)
    assert len(set(found)) == 3
    assert found[0].startswith("Clear what caps you") == gate
    assert any(one.startswith("Back one number") for one in found) != number


def test_links_lead_to_files_that_exist():
    page, _ = scorecard(attempt(), ALL_MID)
    links = re.findall(r'href="file://([^"#]+)', page)
    assert len(links) >= 3
    assert all(Path(link).exists() for link in links)


def test_the_history_is_a_line_that_ends_in_this_attempt():
    history = [scored("a", 1), scored("b", 2), scored("first", 0), scored("p", 4, peer=True)]
    page, markdown = scorecard(attempt(), ALL_MID, history=history)
    assert page.count("<circle") == 3
    (path,) = re.findall(r'polyline points="([^"]+)"', page)
    heights = [float(point.split(",")[1]) for point in path.split()]
    assert heights[0] > heights[1] == heights[2]
    assert re.findall(r"^\| (\w+) \| (\d\.\d\d) \|$", markdown, re.MULTILINE) == [
        ("a", "1.00"),
        ("b", "2.00"),
        ("first", "2.00"),
    ]
    assert "first attempt" in scorecard(attempt(), ALL_MID)[0]


def test_an_incomplete_score_is_left_out_of_the_line_and_told():
    other = attempt(name="other")
    other.score({"D1": 4}, {})
    page, markdown = scorecard(attempt(), ALL_MID, history=[other])
    assert page.count("<circle") == 1
    assert "their scores are incomplete: 1." in markdown


def test_the_cold_answer_stands_beside_the_notes_with_both_levels():
    cold = ColdAnswer("2026", "a net, trained", Score(dict.fromkeys(DIMENSIONS, 1)))
    page, markdown = scorecard(attempt(), ALL_MID, cold=cold)
    text = Tags(page).text
    assert "Cold answer: junior 3 words" in text
    assert "Now: mid 18 words" in text
    assert markdown.index("## Cold answer: junior") < markdown.index("a net, trained") < markdown.index("## Now: mid")
    without = scorecard(attempt(), ALL_MID)
    assert all("None was kept: lesson 00 asks for one." in one for one in without)


def test_a_peer_is_compared_by_name():
    peer = Score(dict.fromkeys(DIMENSIONS, 2) | {"D4": 4})
    page, _ = scorecard(attempt(), ALL_MID, peer=peer)
    assert "Talk about: Model choice and justification (you 2, peer 4)." in page


def test_long_notes_are_shortened_on_the_page_and_whole_below():
    long = "word " * 3000 + "the end"
    page, markdown = everything(long)
    before, full = page.split('<section class="full">')
    assert len(before) < 25_000
    assert "the end" not in before
    assert before.count(' href="#now"') == before.count(' href="#cold"') == 1
    assert full.count("the end") >= 10  # eight phases, one answer, the cold answer
    assert ".scorecard .full" in page
    assert markdown.count("the end") >= 10


def test_the_scorecard_is_kept_beside_the_attempt(tmp_path):
    interview = attempt()
    with pytest.raises(ValueError, match="first has no score yet"):
        write_scorecard(interview)
    interview.score(dict.fromkeys(DIMENSIONS, 4), {}, peer=True)
    interview.score(dict.fromkeys(DIMENSIONS, 3), {})
    store.save(interview)
    page, markdown, (html_path, md_path) = write_scorecard(interview)
    assert html_path == tmp_path / "interviews" / "ctr" / "first.html"
    assert html_path.read_text() == page
    assert md_path.read_text() == markdown
    assert "<strong>senior</strong>" in page
    assert "Your peer's score: staff." in Tags(page).text


def test_links_of_the_returned_page_fit_the_place_where_it_is_shown():
    interview = attempt()
    interview.score(dict.fromkeys(DIMENSIONS, 3), {})
    page, _, (kept, _) = write_scorecard(interview, base="../")
    assert re.search(r'href="\.\./\d\d_\w+\.ipynb"', page)
    assert "file:///" not in page
    assert "file:///" in kept.read_text()


def test_what_cannot_be_read_is_told_and_does_not_prevent_the_scorecard(tmp_path):
    interview = attempt()
    interview.score(dict.fromkeys(DIMENSIONS, 3), {})
    store.save(interview)
    (tmp_path / "interviews" / "ctr" / "broken.json").write_text("{")
    (tmp_path / "cold_answers").mkdir()
    (tmp_path / "cold_answers" / "ctr.json").write_text("[")
    page, markdown, _ = write_scorecard(interview)
    for text in (Tags(page).text, markdown.replace("\\", "")):
        assert re.search(r"broken\.json cannot be read as an attempt", text)
        assert re.search(r"ctr\.json cannot be read as cold answers", text)


@pytest.mark.slow
@prints
def test_it_prints_on_one_page_also_when_full(tmp_path):
    gates = tuple(gate.id for gate in content.question("ctr").gates)
    score = Score(dict.fromkeys(DIMENSIONS, 2), dict.fromkeys(DIMENSIONS, False), gates)
    claims = [quoted("a quite long name of a claim and 1.9 times", missing=("data (d)", "split (s)"))] * 9
    page, _ = scorecard(
        attempt(text="long words " * 900, used=120),
        score,
        claims,
        [scored(f"a{number}", number % 5) for number in range(20)],
        cold=ColdAnswer("2026", "long words " * 900, None),
        peer=Score(dict.fromkeys(DIMENSIONS, 4)),
    )
    (tmp_path / "card.html").write_text(page)
    assert printed_pages(tmp_path / "card.html", tmp_path) == 1
