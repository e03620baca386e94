"""The scorecard: what it says, and that nothing a learner types becomes markup."""

import re
from html.parser import HTMLParser
from pathlib import Path

import pytest
from helpers import BROWSER, printed_pages, prints
from hypothesis import given, settings
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from mlpipe.interview import content, facts, findings, hearing, store
from mlpipe.interview import scorecard as module
from mlpipe.interview.cold import ColdAnswer
from mlpipe.interview.engine import DIMENSIONS, Interview
from mlpipe.interview.evidence import YOURS, Check, Evidence, Graded, Quote
from mlpipe.interview.rater import Opinion
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
            interview.answer(interview.interrupt().id, "an answer of some five words")  # with one, the card may come
        now[0] += used
        if phase is not interview.content.phases[-1]:
            interview.reveal()
    if finish:
        interview.finish()
    return interview


def scored(name, level, peer=False):
    interview = attempt(name=name)
    give(interview, dict.fromkeys(DIMENSIONS, level), peer)
    return interview


def give(interview, levels, peer=False):
    """Keep a score as a file has it, whatever was said."""
    interview.apply({"kind": "score", "levels": levels, "unprompted": {}, "gates": [], "peer": peer, "sentences": {}})


def quoted(text="1.9", *, holds=True, missing=()):
    return Graded(Quote(text, text, **WORDS), Check(holds, f"because {text}", ALS if holds else None), missing)


def everything(text):
    """A scorecard in which each field that a learner, a peer's file or a second rater fills says `text`."""
    interview = attempt(text=text, finish=False)
    interview.apply({"kind": "ask", "text": text, "topics": ["users"], "reply": text})
    interview.finish()
    with pytest.MonkeyPatch.context() as patch:
        found = dict.fromkeys(DIMENSIONS, (hearing.Heard("surface", "reasoned", text),))
        patch.setattr(hearing, "evidence", lambda *_: found)
        patch.setattr(hearing, "language_problem", lambda _: "")
        patch.setattr(facts, "contradictions", lambda *_: (facts.Contradiction("users", text, text),))
        patch.setattr(findings, "hurt", lambda interview: findings.Hurt(text, text, text, text))
        return scorecard(
            interview,
            Score(ALL_MID.levels, sentences=dict.fromkeys(DIMENSIONS, text)),
            [quoted(text), quoted(text, holds=False, missing=(f"data ({text})",))],
            cold=ColdAnswer("2026", text, None),
            second=Opinion("m", dict.fromkeys(DIMENSIONS, 1), dict.fromkeys(DIMENSIONS, text), 3),
            agreement=text,
            problems=[text],
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
    assert re.search(r"<td>1:40 / 1:00</td><td>\d+</td><td><span class=\"bad\">\+0:40</span>", page)
    assert page.count('class="bad">+') == 2  # and operations
    assert 'class="bad">+' not in scorecard(attempt(used=80), ALL_MID)[0]  # 20 seconds are not worth it
    assert "| Baseline, ladder, choice | 1:40 | 4:00 | left early | 2 | 1 |" in markdown


def test_numbers_are_shown_with_whether_they_held():
    graded = [quoted("1.9"), quoted("2.5", holds=False), quoted("1.8", missing=("interval (an interval)",))]
    page, markdown = scorecard(attempt(), ALL_MID, graded)
    assert "| ✓ counts | 1.9 | 1.9 | 1.88 (your run) |" in markdown
    assert "| ✗ does not hold | 2.5 | 2.5 | nothing |" in markdown
    assert "| ✗ holds; missing: interval | 1.8 | 1.8 | 1.88 (your run) |" in markdown
    assert "holds; missing: interval" in page
    page, _ = scorecard(attempt(), ALL_MID, [quoted()] * 3 + [quoted(holds=False)] * 5)
    assert "and 3 more; 3 of all 8 count as evidence" in page
    assert "None was compared with your own record" in scorecard(attempt(), ALL_MID)[1]


def steps(markdown):
    return re.findall(r"^\d\. (.+)$", markdown, re.MULTILINE)


def test_three_things_to_do_next_are_what_costs_most():
    levels = dict.fromkeys(DIMENSIONS, 3) | {"D6": 0, "D9": 1, "D5": 2}  # of the points: 3 x 10, 2 x 10, 1 x 15
    _, markdown = scorecard(attempt(), Score(levels), [quoted()], base="")
    first, second, third = steps(markdown)
    assert first.startswith("Serving and capacity, from missing to junior. Not heard: ")
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
    give(other, {"D1": 4})
    page, markdown = scorecard(attempt(), ALL_MID, history=[other])
    assert page.count("<circle") == 1
    assert "their scores are incomplete: 1." in markdown


def test_the_cold_answer_stands_beside_the_notes_with_both_levels():
    cold = ColdAnswer("2026", "a net, trained", Score(dict.fromkeys(DIMENSIONS, 1)))
    page, markdown = scorecard(attempt(), ALL_MID, cold=cold)
    assert re.search(r"Cold answer</a></td><td>junior</td><td>3</td>", page)
    assert re.search(r"Now</a></td><td>mid</td><td>\d+</td>", page)
    assert "| Cold answer | junior | 3 |" in markdown
    assert markdown.index("## Cold answer: junior") < markdown.index("a net, trained") < markdown.index("## Now: mid")
    without = scorecard(attempt(), ALL_MID)
    assert all("None was kept: lesson 00 asks for one." in one for one in without)
    words = "I would split at random, because it is the usual way."
    cold = ColdAnswer("2026", words, None)
    assert f"| Cold answer | not scored | 11 | {counted(words)}" in scorecard(attempt(), ALL_MID, cold=cold)[1]


def test_a_peer_is_compared_by_name():
    peer = Score(dict.fromkeys(DIMENSIONS, 2) | {"D4": 4})
    page, _ = scorecard(attempt(), ALL_MID, peer=peer)
    assert "Talk about: Model choice and justification (you 2, peer 4)." in page


def test_long_notes_are_shortened_on_the_page_and_whole_below():
    long = "word " * 3000 + "the end"
    page, markdown = everything(long)
    before, full = page.split('<details class="full">')
    assert len(before) < 30_000
    assert "the end" not in before
    assert full.count("the end") >= 10  # eight phases, one answer, the cold answer
    assert markdown.count("the end") >= 10


def counted(words):
    found = findings.count("ctr", words)
    return f"{found.heard} | {found.reasoned} |"


def heard_by(monkeypatch, states, question="ctr"):
    """Let these be the states of concepts, whatever is said, each with a sentence that names it."""
    heard = tuple(
        hearing.Heard(one.id, states.get(one.id, "not heard"), f"so much on {one.id}" if one.id in states else "")
        for one in content.concepts(question)
    )
    monkeypatch.setattr(hearing, "heard", lambda *_: heard)
    by = {one.id: one.dimension for one in content.concepts(question)}
    found = {d: tuple(one for one in heard if one.state == "reasoned" and by[one.concept] == d) for d in DIMENSIONS}
    monkeypatch.setattr(hearing, "evidence", lambda *_: found)


def test_each_dimension_shows_its_sentence_and_what_was_not_heard(monkeypatch):
    heard_by(monkeypatch, {"surface": "reasoned", "proxy_gap": "named", "guardrails": "denied"})
    page, markdown = scorecard(attempt(target="mid"), ALL_MID)
    (row,) = (line for line in markdown.splitlines() if line.startswith("| Framing and metrics"))
    assert "so much on surface" in row
    assert "Guardrails beside the goal" in row  # put aside, so it was not heard
    assert "Gap between goal and label" not in row  # named at least
    expected = [one.name for one in content.concepts("ctr") if one.dimension == "D7" and one.level in ("junior", "mid")]
    (row,) = (line for line in markdown.splitlines() if line.startswith("| Operations and harm"))
    assert "nothing found" in row
    assert expected[0] in row
    beyond = [one.name for one in content.concepts("ctr") if one.dimension == "D7" and one.level in ("senior", "staff")]
    assert not any(name in row for name in beyond)
    assert "so much on surface" in page.split("<details")[0]


def test_the_sentence_that_was_given_comes_first(monkeypatch):
    heard_by(monkeypatch, {"surface": "reasoned"})
    score = Score(ALL_MID.levels, sentences={"D1": "my own words of it"})
    assert "my own words of it" in scorecard(attempt(), score)[1]


def test_levels_above_what_was_heard_are_named(monkeypatch):
    expected = [one.id for one in content.concepts("ctr") if one.dimension == "D5" and one.level != "staff"]
    levels = dict.fromkeys(DIMENSIONS, 2) | {"D5": 3}
    words = {d: f"words on {d}" for d in DIMENSIONS}
    few = -(-len(expected) // 3) - 1
    for state, count, warned in (("said", few, True), ("reasoned", few + 1, False), ("named", len(expected), True)):
        heard_by(monkeypatch, dict.fromkeys(expected[:count], state))
        told = findings.above(attempt(), levels, words)
        there = 0 if state == "named" else count
        whole = f"Evaluation (senior given; heard: {there} of {len(expected)} concepts that senior expects)"
        assert told == (f"Above what was heard: {whole}." if warned else "")
    assert "Evaluation (senior given" in findings.above(attempt(), {"D5": 3, "D6": 4}, words)
    assert "Serving and capacity (staff; 0 of 7)" in findings.above(attempt(), {"D5": 3, "D6": 4}, words)
    assert findings.above(attempt(), dict.fromkeys(DIMENSIONS, 2), dict.fromkeys(DIMENSIONS, "the same")) == ""


def test_one_sentence_for_many_dimensions_is_named(monkeypatch):
    heard_by(monkeypatch, {one.id: "said" for one in content.concepts("ctr")})
    same = {"D1": "The same  words", "D2": "the same words", "D3": "the same words", "D4": "others"}
    high = dict.fromkeys(same, 3)
    assert findings.above(attempt(), high, same) == "Above what was heard: one sentence stands for 3 dimensions."
    assert findings.above(attempt(), high | {"D3": 2}, same) == ""
    assert findings.above(attempt(), high, {}) == ""  # of an attempt from before sentences were kept


def test_code_without_a_test_and_talk_without_a_question_are_named():
    levels = {"D8": 3, "D9": 3}
    told = findings.above(attempt(), levels, {})
    assert "Code snippet (no test in the code), Communication and time (no question was asked)" in told
    interview = attempt(text="assert rate([1, 0]) == 0.5", finish=False)
    interview.apply({"kind": "ask", "text": "How many?", "topics": ["users"], "reply": "Ten."})
    assert findings.above(interview, levels, {}) == ""
    assert findings.above(attempt(), {"D8": 2, "D9": 2}, {}) == ""


def test_who_was_listened_to_is_not_accused():
    levels, taken = {"D9": 3}, attempt(finish=False)
    taken.apply({"kind": "record", "take": "a"})
    assert findings.above(taken, levels, {}).startswith("Not in the notes: ")
    assert findings.above(attempt(), levels, {}, peer=True).startswith("Not in the notes: ")
    assert "who has listened may know more" in findings.above(attempt(), levels, {}, peer=None)
    high = Score(dict.fromkeys(DIMENSIONS, 4))
    interview = attempt()
    for text in scorecard(interview, high):
        assert text.count("Above what was heard: ") == text.count("no question was asked") > 0
    assert all("Above what" not in text for text in scorecard(interview, high, peer=high))
    give(interview, high.levels, peer=True)
    assert all("Not in the notes: " in text for text in scorecard(interview, high))
    assert all("Not in the notes: " not in text for text in scorecard(interview, ALL_MID))


def test_the_question_that_hurt_is_the_one_whose_answer_held_least(monkeypatch):
    interview = attempt()
    first, second = interview.dealt_followups
    heard_by(monkeypatch, dict.fromkeys(second.concepts, "reasoned") | dict.fromkeys(first.concepts, "named"))
    hurt = findings.hurt(interview)
    assert hurt.ask == first.ask
    assert hurt.told.startswith(f"{len(first.concepts)} of {len(first.concepts)} heard in the answer, 0 with a reason")
    heard_by(monkeypatch, dict.fromkeys(first.concepts, "named"))
    assert findings.hurt(interview).ask == second.ask
    heard_by(monkeypatch, dict.fromkeys(second.concepts + first.concepts, "reasoned"))
    assert findings.hurt(interview) is None
    assert "None: each answer gave a reason" in scorecard(interview, ALL_MID)[1]
    alone = Interview("ctr", 3, lambda: 0.0)
    alone.start()
    alone.finish()
    assert "No question was asked." in scorecard(alone, ALL_MID)[1]


@pytest.mark.parametrize(
    ("reason", "told"),
    [
        (
            {"why": "absent", "about": "surface"},
            "Asked because senior expects it, and it was not heard: Product surface.",
        ),
        ({"why": "named", "about": "surface"}, "Asked because it was only named: Product surface."),
        ({"why": "fault", "about": "no such fault"}, "Asked because of what you said: no such fault."),
        ({"why": "drawn", "about": ""}, "Drawn by lot"),
        ({}, ""),
    ],
)
def test_it_is_told_why_a_question_came(reason, told):
    why = findings.why(attempt(), {"kind": "interrupt", **reason})
    assert why.startswith(told)
    assert bool(why) == bool(told)


def test_facts_that_were_asked_for_stand_beside_what_contradicts_them(monkeypatch):
    now = [0.0]
    interview = Interview("ctr", 3, lambda: now[0])
    interview.start()
    interview.ask("How many users do we have?")
    interview.note("data", "We have five users.")
    interview.finish()
    against = (facts.Contradiction("users", "Ten million <b>people</b>.", "We have five users."),)
    monkeypatch.setattr(facts, "contradictions", lambda scene, topics, said: against if "five" in said else ())
    page, markdown = scorecard(interview, ALL_MID)
    names = {one.id: one.name for one in content.topics()}
    assert interview.told
    for topic in interview.told:
        assert names[topic] in markdown
    for text in (Tags(page).text, markdown.replace("&lt;", "<").replace("&gt;", ">")):
        assert "Ten million <b>people</b>." in text
        assert "We have five users." in text
    assert "None. A design without them rests on guesses." in scorecard(attempt(), ALL_MID)[1]


def test_words_are_counted_in_the_phase_in_which_they_were_written():
    pace = {one.title: one for one in findings.pace(attempt(text="one two three four", used=60))}
    assert pace["Frame the problem"].words == pace["Frame the problem"].a_minute == 4
    questions = pace["The interviewer's questions"]
    assert questions.words == 4 + 4 + 6  # notes and two answers
    assert questions.early
    never = findings.pace(Interview("ctr", 3, lambda: 0.0))
    assert {(one.words, one.a_minute) for one in never} == {(0, 0)}


def test_a_second_opinion_stands_beside_and_changes_nothing():
    alone, _ = scorecard(attempt(), ALL_MID)
    second = Opinion("m", {"D1": 4, "D2": 0}, {"D1": "what <i>you</i> said"}, dropped=7)
    page, markdown = scorecard(attempt(), ALL_MID, second=second, agreement="Agreement: <none> yet")
    assert bars(page) == bars(alone)
    assert "<strong>mid</strong>" in page
    (row,) = (line for line in markdown.splitlines() if line.startswith("| Framing and metrics"))
    assert "| ■■□□ | mid | -1 | 4 |" in row
    (row,) = (line for line in markdown.splitlines() if line.startswith("| Evaluation |"))
    assert "| ■■□□ | mid | -1 |  |" in row
    assert "what <i>you</i> said" in Tags(page).text
    assert "Agreement: <none> yet" in Tags(page).text
    assert "do not occur in your words: 7" in Tags(page).text.replace("does not", "do not")
    failed = scorecard(attempt(), ALL_MID, second=Opinion(problem="No second opinion: it sleeps."))
    assert all("No second opinion: it sleeps." in text for text in failed)
    assert "2nd" not in failed[0]


def test_what_to_do_next_leads_to_lessons_of_what_was_not_heard(monkeypatch):
    everything = {one.id: "reasoned" for one in content.concepts("ctr")}
    left = next(one for one in content.concepts("ctr") if one.dimension == "D4" and one.level == "junior")
    heard_by(monkeypatch, everything | {left.id: "not heard"})
    found = steps(scorecard(attempt(), Score(dict.fromkeys(DIMENSIONS, 3) | {"D4": 0}), [quoted()])[1])
    assert f"Not heard: {left.name}." in found[0]
    fitting = [number for number in left.lessons if number not in content.RULES["elsewhere"]["ctr"]]
    assert 0 < len(fitting) < len(left.lessons)
    assert all(f"{number} " in found[0] for number in fitting)
    assert not any(f"{number} " in found[0] for number in set(left.lessons) - set(fitting))


def test_a_sentence_that_was_only_spoken_is_marked():
    levels = dict.fromkeys(DIMENSIONS, 2)
    interview = attempt()
    written = next(line for line in interview.said.splitlines() if len(line.split()) > 3)
    for sentence, marks in ((written.upper(), 0), ("what nobody has written down", 1)):
        score = Score(levels, sentences={"D1": sentence})
        for shown in scorecard(interview, score):
            assert shown.count("not in the notes") == marks, sentence


def test_the_scorecard_is_kept_beside_the_attempt(tmp_path):
    interview = attempt()
    with pytest.raises(ValueError, match="first has no score yet"):
        write_scorecard(interview)
    give(interview, dict.fromkeys(DIMENSIONS, 4), peer=True)
    give(interview, dict.fromkeys(DIMENSIONS, 3))
    store.save(interview)
    page, markdown, (html_path, md_path) = write_scorecard(interview)
    assert html_path == tmp_path / "interviews" / "ctr" / "first.html"
    assert html_path.read_text() == page
    assert md_path.read_text() == markdown
    assert "<strong>senior</strong>" in page
    assert "Your peer's score: staff." in Tags(page).text


def test_half_a_sign_in_an_attempt_does_not_prevent_the_scorecard():
    interview = attempt(text="caf\ud83d is closed")
    give(interview, dict.fromkeys(DIMENSIONS, 0))
    page, markdown, (kept, _) = write_scorecard(interview)
    assert "caf? is closed" in page
    assert "caf? is closed" in markdown
    assert kept.read_text() == page


def test_the_sentences_of_a_score_come_from_its_event():
    interview = attempt(text="Nobody can click on what nobody saw. " * 8)
    interview.score(dict.fromkeys(DIMENSIONS, 1), {}, sentences=dict.fromkeys(DIMENSIONS, "nobody can click on what"))
    assert write_scorecard(interview)[1].count("| nobody can click on what |") == 9


def test_recordings_lie_beside_and_are_linked(tmp_path):
    interview = attempt(finish=False)
    interview.apply({"kind": "record", "take": "one"})
    interview.finish()
    give(interview, dict.fromkeys(DIMENSIONS, 0))
    assert "Your voice" not in write_scorecard(interview)[0]
    path = store.folder("ctr") / "first.one.webm"
    path.write_bytes(b"sound")
    page, *_ = write_scorecard(interview)
    assert f'href="{path.as_uri()}">Your voice from 8:00 on</a>' in page
    assert "Your voice" not in write_scorecard(interview, base="")[0].split("<details")[0]  # a page of JupyterLab


def test_links_of_the_returned_page_fit_the_place_where_it_is_shown():
    interview = attempt()
    give(interview, dict.fromkeys(DIMENSIONS, 3))
    page, _, (kept, _) = write_scorecard(interview, base="../")
    assert re.search(r'href="\.\./\d\d_\w+\.ipynb"', page)
    assert "file:///" not in page
    assert "file:///" in kept.read_text()


def test_what_cannot_be_read_is_told_and_does_not_prevent_the_scorecard(tmp_path):
    interview = attempt()
    give(interview, dict.fromkeys(DIMENSIONS, 3))
    store.save(interview)
    (tmp_path / "interviews" / "ctr" / "broken.json").write_text("{")
    (tmp_path / "cold_answers").mkdir()
    (tmp_path / "cold_answers" / "ctr.json").write_text("[")
    page, markdown, _ = write_scorecard(interview)
    for text in (Tags(page).text, markdown.replace("\\", "")):
        assert re.search(r"broken\.json cannot be read as an attempt", text)
        assert re.search(r"ctr\.json cannot be read as cold answers", text)


LONG = "long words and 🙂 ﷽ <b>markup</b> \x1b[31m and 12 ms for ten million users " * 40
BLOCKS = ["W" * 400, "🙂" * 400, "﷽" * 60, "<b>" * 100, "\x1b[31m" * 50, "a\u0301\u0302\u0303" * 200, "日本語" * 200]
GREAT = "x" * 100_000


def worst(monkeypatch, text=LONG, gates=2, target="staff"):
    """A scorecard in which everything is there, and long; nine levels stand above what was heard."""
    asked = content.question("ctr")
    concepts = content.concepts("ctr")
    everything = tuple(hearing.Heard(one.id, "reasoned", text) for one in concepts)
    monkeypatch.setattr(hearing, "evidence", lambda question, said: dict.fromkeys(DIMENSIONS, everything[:9]))
    absent = {d: [one.id for one in concepts] for d in DIMENSIONS}
    monkeypatch.setattr(findings, "not_heard", lambda interview: absent)
    against = [facts.Contradiction("users", text, text)] * 3
    monkeypatch.setattr(findings, "contradictions", lambda interview: against)
    monkeypatch.setattr(findings, "topics", lambda interview: ["Requests a second, at the peak of a day"] * 12)
    longest = max(asked.followups, key=lambda one: len(one.ask))
    hurt = findings.Hurt(longest.ask, text, content.sentence("why.absent", about="x" * 60, target=target), text)
    monkeypatch.setattr(findings, "hurt", lambda interview: hurt)
    steps = [
        (f"{one.name}, from mid to senior: {max(one.levels, key=len)} {text}", ("07", "10"))
        for one in content.dimensions()[:3]
    ]
    monkeypatch.setattr(module, "_steps", lambda *_: steps)
    claims = [quoted(text[:90] or "none", missing=("data (d)", "split (s)", "interval (i)"))] * 8
    monkeypatch.setattr(hearing, "heard", lambda *_: tuple(hearing.Heard(one.id, "named", text) for one in concepts))
    failed = sorted((gate.id for gate in asked.gates), key=lambda id: -len(content.by_id("gate", id, asked.gates).text))
    return scorecard(
        attempt(text=text, used=130, target=target),
        Score(
            dict.fromkeys(DIMENSIONS, 4),
            dict.fromkeys(DIMENSIONS, False),
            tuple(failed[:gates]),
            dict.fromkeys(DIMENSIONS, text),
        ),
        claims,
        [scored(f"a{number}", number % 5) for number in range(12)],
        cold=ColdAnswer("2026", text, None),
        peer=Score(dict.fromkeys(DIMENSIONS, 4)),
        second=Opinion("model", dict.fromkeys(DIMENSIONS, 3), dict.fromkeys(DIMENSIONS, text), 4),
        agreement=content.sentence("rater.kappa", kappa=0.5, n=36),
    )


@pytest.mark.slow
@prints
@pytest.mark.parametrize("text", [LONG, *BLOCKS, GREAT, ""], ids=range(10))
def test_the_main_part_fits_one_screen_and_one_page_also_at_its_worst(tmp_path, monkeypatch, text):
    page, _ = worst(monkeypatch, text)
    path = tmp_path / "card.html"
    path.write_text(page)
    assert printed_pages(path, tmp_path) == 1
    assert height(path) <= 800


CUT = """() => [...document.querySelectorAll(".pace td, .pace th, .trend td, .trend th")]
  .filter(one => one.scrollWidth > one.clientWidth + 1).map(one => one.innerText)"""


@pytest.mark.slow
@prints
@pytest.mark.parametrize("width", [700, 800, 900, 1100, 1280])
def test_no_name_is_cut_at_any_width(tmp_path, width):
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the group browser")
    path = tmp_path / "card.html"
    path.write_text(scorecard(attempt(used=130), ALL_MID)[0])
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        tab = browser.new_context(bypass_csp=True, viewport={"width": width, "height": 800}).new_page()
        tab.goto(path.as_uri())
        cut = tab.evaluate(CUT)
        browser.close()
    assert not cut


def height(path, width=1280):
    """Where the main part of a scorecard ends on a screen, in pixels; also checks that nothing is wider than it."""
    sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright, of the group browser")
    with sync_api.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=BROWSER, args=["--no-sandbox"])
        tab = browser.new_page(viewport={"width": width, "height": 800})
        tab.goto(path.as_uri())
        tab.screenshot(path=path.with_suffix(f".{width}.png"))
        tab.emulate_media(media="print")
        wide = tab.locator("html").evaluate("one => one.scrollWidth - one.clientWidth")
        tab.emulate_media(media="screen")
        box = tab.locator(".main").bounding_box()
        browser.close()
    assert wide <= 0
    assert box["x"] + box["width"] <= width
    return box["y"] + box["height"]
