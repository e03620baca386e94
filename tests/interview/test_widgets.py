"""What lessons call in a notebook, and the score sheet under the room, without a browser."""

import html
import json

import ipywidgets
import pytest

from mlpipe.interview import content, hearing, score, store, widgets
from mlpipe.interview import room as rooms
from mlpipe.interview.cold import cold_answer, save_cold_answer
from mlpipe.interview.room import Room
from mlpipe.interview.widgets import Rating, Scoring, deal, practise, rate_transcripts


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))
    monkeypatch.setattr(rooms, "_rooms", {})
    return tmp_path


def inside(widget, kind):
    found = [widget] if isinstance(widget, kind) else []
    return found + [one for child in getattr(widget, "children", ()) for one in inside(child, kind)]


def button(view, text):
    return next(one for one in inside(view, ipywidgets.Button) if text in one.description)


def texts(view):
    return " ".join(one.value for one in inside(view, ipywidgets.HTML))


def finished():
    """The score sheet of an attempt in which a strong answer was given."""
    made = Room("recommender", 0, "mid", lambda room: Scoring(room).view)
    strong = next(one for one in content.transcripts("recommender") if one.level == "staff")
    messages = [("start", {}), ("note", {"box": "frame", "text": strong.text, "rev": 1}), ("finish", {})]
    for n, (kind, more) in enumerate(messages):
        made.receive(None, {"kind": kind, "n": n, "view": "view"} | more, [])
    made.close()
    return Scoring(made)


def on_disk(home):
    (path,) = home.glob("interviews/recommender/*.json")
    return json.loads(path.read_text())


def tick_all(sheet, level):
    for dimension, field in sheet.levels.items():
        field.value = level
        if not sheet.said.found[dimension]:
            sheet.own[dimension].value = "what is clicked tonight may not renew"


def test_a_score_without_all_levels_names_what_is_missing():
    scoring = finished()
    tick_all(scoring.sheet, 3)
    scoring.sheet.levels["D5"].value = None
    button(scoring.view, "Make the scorecard").click()
    assert "No level yet for D5" in scoring.message.value
    assert scoring.interview.scores == []


def test_live_asks_for_five_dimensions():
    scoring = finished()
    scoring.live.value = True
    for name in score.LIVE:
        scoring.sheet.levels[name].value = 2
    button(scoring.view, "Make the scorecard").click()
    assert set(scoring.interview.scores[-1]["levels"]) == set(score.LIVE)


def test_a_failed_gate_reaches_the_score():
    scoring = finished()
    tick_all(scoring.sheet, 4)
    name, gate = next(iter(scoring.sheet.gates.items()))
    gate.value = True
    button(scoring.view, "Make the scorecard").click()
    assert scoring.interview.scores[-1]["gates"] == [name]
    assert ">mid<" in html.unescape(scoring.page.value)


def test_a_number_is_checked_and_kept(home):
    scoring = finished()
    scoring.quote["claim"].value = "05.als_vs_popularity"
    scoring.quote["number"].value = "17 times <i>"
    button(scoring.view, "Check it").click()
    (kept,) = (event for event in on_disk(home)["events"] if event["kind"] == "quote")
    assert kept["number"] == "17 times <i>"
    shown = texts(scoring.view)
    assert "does not count yet" in shown
    assert "<i>" not in shown


def test_the_numbers_that_were_said_are_listed_to_choose_from(monkeypatch):
    said = (hearing.Number(1420.0, "impressions", "It takes <b>1420</b>."), hearing.Number(10, "top", "recall at 10"))
    monkeypatch.setattr(hearing, "numbers", lambda text: said)
    scoring = finished()
    assert scoring.quote["number"].options == ("1,420 impressions",)
    assert "1,420 impressions: “It takes <b>1420</b>.”" in html.unescape(texts(scoring.view))
    monkeypatch.setattr(hearing, "numbers", lambda text: ())
    assert "none can count" in texts(finished().view)


def test_the_cold_answer_is_scored_beside_it():
    save_cold_answer("recommender", "I would use <b>a network</b>")
    scoring = finished()
    assert "I would use &lt;b&gt;a network" in texts(scoring.view)
    (folded,) = inside(scoring.view, ipywidgets.Accordion)
    for field in inside(folded, ipywidgets.ToggleButtons):
        field.value = 1
    button(folded, "Keep the score").click()
    assert cold_answer("recommender").score.levels["D1"] == 1


def test_a_cold_answer_that_cannot_be_read_is_told_and_does_not_prevent_the_score(home):
    (home / "cold_answers").mkdir()
    (home / "cold_answers" / "recommender.json").write_text("{")
    scoring = finished()
    assert "cannot be read as cold answers" in texts(scoring.view)
    tick_all(scoring.sheet, 2)
    button(scoring.view, "Make the scorecard").click()
    assert scoring.interview.scores


def rate_next(rating):
    transcript = rating.rated
    for name, level in transcript.levels.items():
        rating.sheet.levels[name].value = level
    button(rating.view, "Compare").click()
    return transcript


def test_the_transcripts_are_rated_and_the_agreement_is_told():
    rating, rated = Rating(), []
    for _ in content.transcripts():
        rated.append(rate_next(rating))
        assert rated[-1].level in rating.message.value
    assert "kappa 1.00 over 72 scores" in texts(rating.view)
    assert {one.id for one in rated} == {one.id for one in content.transcripts()}
    assert [one.level for one in rated[:3]] != ["mid", "senior", "staff"]
    assert Rating().ratings == {}


def test_ratings_that_were_left_go_on():
    rating = Rating()
    first = rate_next(rating)
    again = Rating()
    assert again.ratings == {first.id: first.levels}
    assert again.rated.id == rating.rated.id != first.id


def test_a_transcript_without_a_level_is_not_taken():
    rating = Rating()
    button(rating.view, "Compare").click()
    assert "No level yet for D1" in rating.message.value
    assert rating.ratings == {}


def test_ten_follow_ups_are_dealt_with_their_answers(capsys):
    deal("ctr", seed=3)
    shown = capsys.readouterr().out
    dealt = content.draw_followups("ctr", 3, level="senior", n=10)
    assert all(one.ask in shown and one.answer in shown for one in dealt)
    assert "10. " in shown


def test_where_nothing_lives_the_plan_and_the_ways_to_start_are_shown(capsys):
    practise("ctr")
    rate_transcripts()
    shown = capsys.readouterr().out
    assert "make interview QUESTION=ctr" in shown
    assert "12:00 to 16:00" in shown
    assert "transcripts of known level" in shown


@pytest.mark.parametrize(("question", "target"), [("ads", "mid"), ("ctr", "boss")])
def test_an_unknown_question_or_level_is_refused(question, target):
    with pytest.raises(ValueError, match="expected"):
        practise(question, target=target)
    assert store.attempts("ctr")[0] == []


@pytest.fixture
def shown(monkeypatch):
    """What a notebook shows, as in a kernel of JupyterLab."""
    outputs = []
    monkeypatch.setattr(widgets, "lives", lambda: True)
    monkeypatch.setattr(widgets, "is_lab", lambda: True)
    monkeypatch.setattr("IPython.display.display", lambda data, raw: outputs.append(data))
    yield outputs
    for room in list(rooms._rooms.values()):
        room.close()


def test_in_a_lab_the_room_is_shown_with_the_plan_for_who_cannot_show_it(shown):
    practise("ctr")
    practise("ctr")
    first, second = (one["application/vnd.jupyter.widget-view+json"]["model_id"] for one in shown)
    assert first != second  # nothing goes on yet
    for form in ("text/html", "text/plain"):
        assert "12:00 to 16:00" in shown[0][form]
        assert "make interview QUESTION=ctr" in shown[0][form]


def test_while_an_attempt_goes_on_the_cell_shows_the_same_room_again(shown, monkeypatch):
    made = []
    monkeypatch.setattr(widgets, "Room", lambda *given: made.append(Room(*given)) or made[-1])
    practise("ctr", seed=3, target="mid", scenario="maps")
    (room,) = made
    room.receive(None, {"kind": "start", "n": 1, "view": "view"}, [])
    assert (room.interview.seed, room.interview.target, room.interview.scenario) == (3, "mid", "maps")
    practise("ctr", target="staff")
    assert made == [room]
    first, second = (one["application/vnd.jupyter.widget-view+json"] for one in shown)
    assert first == second


def test_elsewhere_the_terminal_is_offered_in_a_sentence(shown, monkeypatch, capsys):
    monkeypatch.setattr(widgets, "is_lab", lambda: False)
    practise("ctr")
    assert shown == []
    assert "needs JupyterLab" in capsys.readouterr().out
