"""The score sheet of both rooms: what was found stands beside each dimension, and a level needs a sentence."""

import html

import ipywidgets
import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from mlpipe.interview import content, facts, findings, hearing
from mlpipe.interview.content import DIMENSIONS
from mlpipe.interview.engine import Interview
from mlpipe.interview.findings import Said
from mlpipe.interview.rating import _number, look_back, rate
from mlpipe.interview.score import LIVE, Score
from mlpipe.interview.scorecard import scorecard
from mlpipe.interview.screen import Screen
from mlpipe.interview.sheets import Sheet, attempt_sheet

ASKED = content.question("ctr")
MINE = "nobody can click on what nobody saw"
TEXT = f"I say that {MINE}. " * 8
FOUND = hearing.Heard("surface", "reasoned", "It is a list because <b>phones</b> are small.")


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))
    found = {"D1": (FOUND, FOUND._replace(concept="users", state="said", sentence="Ten million people."))}
    monkeypatch.setattr(hearing, "evidence", lambda question, text: found if text.strip() else {})


def attempt(text=TEXT, take=False):
    interview = Interview("ctr", 3, lambda: 0.0)
    interview.start()
    if take:
        interview.apply({"kind": "record", "take": "a"})
    interview.note("frame", text)
    interview.finish()
    return interview


def texts(view):
    found = [view.value] if isinstance(view, ipywidgets.HTML) else []
    return html.unescape(" ".join([*found, *(texts(one) for one in getattr(view, "children", ()))]))


def typed(interview, *lines, peer=False):
    """What a terminal shows and the score that comes of these lines."""
    shown, lines = [], iter(lines)

    def ask(prompt):
        shown.append(prompt)
        return next(lines)

    given = rate(interview, Screen(ask, shown.append), live=True, peer=peer)
    assert next(lines, None) is None
    return given, " ".join(" ".join(shown).split())


def ticked(sheet, level=2, own=MINE):
    sheet.show(LIVE)
    for name in LIVE:
        sheet.levels[name].value = level
        if own:
            sheet.own[name].value = own
    return sheet


def test_a_sentence_must_be_the_candidates():
    said = Said("ctr", TEXT)
    assert said.shows("D5", f"  {MINE.upper()} ") == MINE.upper()  # whatever case and spaces
    assert said.shows("D1", FOUND.sentence) == FOUND.sentence
    for text in ("", "  ", "everybody clicks on everything", f"{MINE} x"):
        with pytest.raises(ValueError, match="D5, Evaluation: this sentence does not occur in your words"):
            said.shows("D5", text)


def test_of_nearly_nothing_only_what_is_found_shows_a_level():
    said = Said("ctr", "It is a list, and so on.")
    assert said.shows("D1", FOUND.sentence)
    for dimension, here in (("D5", "nothing, so give 0"), ("D1", "“It is a list because .*”; “Ten million people.”")):
        with pytest.raises(ValueError, match=f"{dimension}, .*: with fewer than 40 words .* Found here: {here}.$"):
            said.shows(dimension, "list, and so on")
    assert said.shows("D1", "it is a LIST") == "it is a LIST"  # some words of what was found
    enough = Said("ctr", "word " * 40)
    assert enough.shows("D5", "word word") == "word word"
    with pytest.raises(ValueError, match="does not occur"):
        enough.shows("D5", "another")


def test_of_nothing_no_level_comes():
    for text in ("", " \n\t"):
        assert Said("ctr", text).nothing
        with pytest.raises(ValueError, match="0 is the only level"):
            Said("ctr", text).shows("D1", "word for word")


def test_who_has_listened_writes_down_what_was_heard():
    said = Said("ctr", "", spoken=True)
    assert said.shows("D5", "as I  heard it") == "as I heard it"
    with pytest.raises(ValueError, match="fewer than 4 words"):
        said.shows("D5", "I heard it")
    assert findings.said_in(attempt("", take=True)).spoken
    assert findings.said_in(attempt(""), peer=True).spoken
    assert not findings.said_in(attempt("")).spoken


@pytest.mark.parametrize("text", ["\x1b[31m", "<b>", "🙂" * 10, "\ud800", "x" * 100_000, "\0"])
def test_any_words_are_borne(text):
    said = Said("ctr", text * 3)
    with pytest.raises(ValueError, match=r"does not occur|fewer than 40 words"):
        said.shows("D5", "something else")


@settings(max_examples=150, deadline=None)
@given(
    st.lists(st.sampled_from(["straße", "STRASSE", "İ", "i", "a", "B", "it is so.", "\n", "ǅ"]), max_size=4),
    st.lists(st.sampled_from(["straße", "strasse", "İ", "i", "A", "b", "it is so.", " ", "ǆ"]), max_size=4),
    st.booleans(),
)
@example(["straße"] * 3, ["strasse"], False)
def test_the_engine_takes_just_what_the_sheet_takes(words, quote, take):
    interview, text = attempt(" ".join(words * 15), take), " ".join(quote)
    try:
        shown = findings.said_in(interview).shows("D5", text)
    except ValueError:
        shown = ""
    try:
        interview.score(dict.fromkeys(LIVE, 0) | {"D5": 1}, {}, sentences={"D5": shown or text or "?"})
    except ValueError:
        assert not shown
    else:
        assert shown


def test_a_sheet_goes_into_the_engine():
    interview = attempt()
    given = ticked(attempt_sheet(interview)).score()
    assert given.sentences == dict.fromkeys(LIVE, MINE)
    interview.score(given.levels, given.unprompted, given.gates, sentences=given.sentences)
    assert interview.scores[-1]["sentences"]["D5"] == MINE


def test_both_rooms_say_before_a_score_is_kept_which_levels_are_above_what_was_heard():
    sheet = attempt_sheet(attempt())
    assert sheet.warning.value == ""
    ticked(sheet, 3)
    assert "Above what was heard in the notes" in texts(sheet.warning)
    assert "one sentence stands for 5 dimensions" in texts(sheet.warning)
    assert "Evaluation (senior" in texts(sheet.warning)
    sheet.levels["D5"].value = 2
    assert "Evaluation" not in texts(sheet.warning)
    assert "4 dimensions" in texts(sheet.warning)
    sheet.show(["D5"])
    assert texts(sheet.warning) == ""
    sheet.show(LIVE)
    assert "4 dimensions" in texts(sheet.warning)
    ticked(sheet, 2)
    assert texts(sheet.warning) == ""
    lines = ["2", "1", *["3", MINE] * 3, "0", ""]
    shown = typed(attempt(), *lines)[1]
    assert "Above what was heard: one sentence stands for 3 dimensions, Data and labels (senior given" in shown
    assert shown.index("Above what") < shown.index("Enter for 1 5 as heard")
    assert "Not in the notes: one" in typed(attempt(), *lines, peer=True)[1]
    assert "Above" not in typed(attempt(), *["2", MINE] * 5, "")[1]


def test_a_sheet_shows_what_was_found_and_takes_the_first():
    sheet = ticked(attempt_sheet(attempt()), own="")
    assert "Nothing found for this in your words." in texts(sheet.view)
    assert FOUND.sentence in [value for _, value in sheet.found["D1"].options]
    assert sheet.found["D1"].options[0][0] == f"{FOUND.sentence} (reasoned: Product surface)"
    with pytest.raises(ValueError, match="D2, Data and labels: this sentence"):
        sheet.score()
    for name in LIVE[1:]:
        sheet.own[name].value = MINE
    assert sheet.score().sentences == {"D1": FOUND.sentence} | dict.fromkeys(LIVE[1:], MINE)
    sheet.found["D1"].value = "Ten million people."
    assert sheet.score().sentences["D1"] == "Ten million people."


def test_a_sentence_is_shown_once_with_all_that_was_heard_in_it(monkeypatch):
    also = FOUND._replace(concept="guardrails", state="said")
    monkeypatch.setattr(
        hearing, "evidence", lambda *_: {"D1": (FOUND, also), "D9": (also._replace(concept="steering"),)}
    )
    said = Said("ctr", TEXT)
    (one,) = said.sentences["D1"]
    assert one.label == "reasoned: Product surface, Guardrails beside the goal"
    assert said.sentences["D9"][0].label == "said: steering"
    assert len(attempt_sheet(attempt()).found["D1"].options) == 1


def test_a_zero_needs_no_sentence_and_nothing_said_leaves_nothing_else():
    sheet = ticked(attempt_sheet(attempt("")), 0, own="")
    assert "0 is the only level" in texts(sheet.view)
    assert sheet.score() == Score(dict.fromkeys(LIVE, 0), dict.fromkeys(LIVE, True), ("no_question", "no_number"))
    sheet.levels["D1"].value = 1
    with pytest.raises(ValueError, match="0 is the only level"):
        sheet.score()
    sheet.own["D1"].value = "as I heard it"
    assert sheet.score(peer=True).levels["D1"] == 1


def test_a_sheet_without_words_is_as_it_was():
    sheet = Sheet(ASKED)
    for field in sheet.levels.values():
        field.value = 3
    assert sheet.score().levels == dict.fromkeys(DIMENSIONS, 3)
    assert sheet.own == {}


def test_a_terminal_takes_one_of_those_found_or_another_and_refuses_the_rest():
    lines = ["2", "", "2", "not mine", MINE, "1", "b", "0", "3h", MINE, "2", MINE, ""]
    given, shown = typed(attempt(), *lines)
    assert given.levels == {"D1": 2, "D2": 2, "D4": 0, "D5": 3, "D9": 2}
    assert given.sentences == {"D1": FOUND.sentence, "D2": MINE, "D5": MINE, "D9": MINE}
    assert not given.unprompted["D5"]
    assert "1 reasoned: Product surface. “It is a list because" in shown
    assert "D2, Data and labels: this sentence does not occur" in shown
    second, _ = typed(attempt(), "2", "2", *["0"] * 4, "")
    assert second.sentences == {"D1": "Ten million people."}


def test_in_a_terminal_nothing_said_leaves_zero():
    given, shown = typed(attempt(""), "3", *["0"] * 5, "")
    assert given.levels == dict.fromkeys(LIVE, 0)
    assert "0 is the only level" in shown
    given, _ = typed(attempt(""), "3", "as I heard it", *["0"] * 4, "", peer=True)
    assert given.sentences == {"D1": "as I heard it"}


def test_words_that_are_no_english_are_told_in_both_rooms():
    german = "Ich würde zuerst fragen, wer die Liste sieht und wozu sie dienen soll, bevor ich ein Modell wähle. " * 3
    sheet = attempt_sheet(attempt(german))
    assert "only English is heard" in texts(sheet.view)
    assert "only English is heard" in typed(attempt(german), *["0"] * 5, "")[1]
    assert "only English is heard" in scorecard(attempt(german), Score(dict.fromkeys(LIVE, 0)))[1]
    assert "only English is heard" not in texts(attempt_sheet(attempt()).view)


def test_one_looks_back_at_the_parts_without_notes_that_were_the_candidates():
    interview, shown = attempt(), []
    look_back(interview, Screen(lambda _: "", shown.append))
    assert "Data and what was shown (" in "".join(shown)
    assert "no notes" in "".join(shown)
    assert "The interviewer's questions" not in "".join(shown)
    interview.note("questions", "they asked much")
    look_back(interview, Screen(lambda _: "", shown.append))
    assert "The interviewer's questions (" in "".join(shown)
    assert "  | they asked much" in "".join(shown)


def test_signs_that_would_steer_a_terminal_are_shown_as_what_they_are():
    told = []
    Screen(tell=told.append).tell("\x1b[31mred\x07\x9b2J\x00 and\r\nmore")
    assert told == ["\ufffd[31mred\x07\ufffd2J\ufffd and", "more"]


def test_a_number_of_the_list_stands_for_itself():
    uttered = [findings.Uttered(100 / 3, "%", "a third", 1), findings.Uttered(5e6, "users", "five million", 2)]
    assert _number("#1", uttered) == "33.33333333 %"
    assert _number("# 2", uttered) == "5000000 users"
    for typed in ("#3", "#0", "2", "1.9 times", "#", "#x"):
        assert _number(typed, uttered) == typed


def test_a_number_that_is_repeated_is_listed_once_with_how_often():
    interview = attempt("We see 3 % of them, and 40 ms. So 3 percent it is, and 3 % it stays, because of the 40 %.")
    found = [(one.value, one.unit, one.often) for one in findings.numbers(interview)]
    assert found == [(3, "%", " (3 times)"), (40, "ms", ""), (40, "%", "")]
    assert findings.numbers(interview)[0].sentence.startswith("We see 3 %")
    assert "3 % (3 times), 40 ms, 40 %" in scorecard(interview, Score(dict.fromkeys(LIVE, 0)))[0]


def test_where_there_is_a_recording_a_number_that_the_notes_lack_may_have_been_spoken():
    parts = {"data": "films", "split": "by time", "interval": "1 to 2", "transfer": "other films are less skewed"}
    made = []
    for take in (False, True):
        interview = attempt(take=take)
        interview.quote("05.x", "1.9 times", **parts)
        made += findings.graded(interview, {})
    assert [one.uttered for one in made] == [False, None]


def test_what_was_heard_is_told_for_each_gate_and_what_is_certain_is_proposed(monkeypatch):
    monkeypatch.setattr(hearing, "faults", lambda *_: (hearing.Heard("random_split", "said", "I split at random."),))
    monkeypatch.setattr(findings, "_faults", lambda _: {"random_split": {"name": "x", "gate": "split_unsaid"}})
    told = findings.gates(attempt())
    assert told["split_unsaid"] == "Heard: “I split at random.”"
    assert told["no_question"] == "No question was asked."
    assert told["no_number"] == "No number with a unit was heard."
    assert told["no_baseline"] == "No baseline was heard."
    assert told["unshown_negative"] == "Nothing was heard that fails it."
    sheet = attempt_sheet(attempt())
    assert "I split at random." in texts(sheet.view)
    certain = ("no_question", "split_unsaid", "no_number")
    assert tuple(id for id, one in sheet.gates.items() if one.value) == certain
    given, shown = typed(attempt(), *["0"] * 5, "")
    assert "I split at random." in shown
    assert "Enter for 1 2 5 as heard, - for none, or their numbers" in shown
    assert given.gates == certain
    assert typed(attempt(), *["0"] * 5, "-")[0].gates == ()
    assert typed(attempt(), *["0"] * 5, "- 1", "9", "3, 1")[0].gates == ("no_question", "no_baseline")
    for interview, peer in ((attempt(take=True), False), (attempt(), True)):  # may have been spoken
        assert findings.failed(interview, peer) == ("split_unsaid",)
    monkeypatch.setattr(hearing, "faults", lambda *_: ())
    given, shown = typed(attempt(take=True), *["0"] * 5, "")
    assert "Their numbers (1 3), or Enter for none" in shown
    assert given.gates == ()


def test_what_passes_a_gate_is_told(monkeypatch):
    monkeypatch.setattr(facts, "reply", lambda scene, text, told: facts.Reply(("users",), "Ten million."))
    numbers = (hearing.Number(3.0, "ms", "3 ms"), hearing.Number(3.0, "ms", "3 ms again"), hearing.Number(5, "", "5"))
    monkeypatch.setattr(hearing, "numbers", lambda text: numbers)
    monkeypatch.setattr(hearing, "heard", lambda *_: (hearing.Heard("baseline", "named", "popularity"),))
    interview = Interview("ctr", 3, lambda: 0.0)
    interview.start()
    interview.ask("How many users?")
    interview.finish()
    told = findings.gates(interview)
    assert told["no_question"] == "Questions asked: 1."
    assert told["no_number"] == "Numbers heard with a unit: 1."
    assert told["no_baseline"] == "Heard: “popularity”"
