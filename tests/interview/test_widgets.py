"""The controls of the mock interview, pressed without a browser."""

import html
import json

import ipywidgets
import pytest

from mlpipe.interview import content, score, store
from mlpipe.interview.cold import cold_answer, save_cold_answer
from mlpipe.interview.widgets import Practice, Rating, deal, practise, rate_transcripts


class Clock:
    """A clock that stands still until a test moves it."""

    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))
    return tmp_path


@pytest.fixture
def clock():
    return Clock()


def inside(widget, kind):
    found = [widget] if isinstance(widget, kind) else []
    return found + [one for child in getattr(widget, "children", ()) for one in inside(child, kind)]


def button(view, text):
    return next(one for one in inside(view, ipywidgets.Button) if text in one.description)


def areas(practice):
    return inside(practice.stage, ipywidgets.Textarea)


def texts(view):
    return " ".join(one.value for one in inside(view, ipywidgets.HTML))


def started(clock, **options):
    practice = Practice("recommender", options.pop("seed", 0), options.pop("target", "mid"), clock)
    button(practice.view, "Start").click()
    return practice


def on_disk(home):
    (path,) = home.glob("interviews/recommender/*.json")
    return json.loads(path.read_text())


def tick_all(sheet, level):
    for field in sheet.levels.values():
        field.value = level


def test_an_interview_from_start_to_scorecard(clock, home):
    practice = started(clock)
    for phase in content.question("recommender").phases:
        assert practice.interview.phase.id == phase.id
        areas(practice)[0].value = f"what I say on <b>{phase.id}</b>"
        clock.now += 60
        assert practice.tick()
        if phase.id != "constraint":
            practice.buttons["reveal"].click()
    assert len(practice.interview.dealt) >= 1
    assert len(practice.interview.cards) == 1
    practice.buttons["finish"].click()
    tick_all(practice.sheet, 2)
    button(practice.view, "Make the scorecard").click()
    kept = on_disk(home)
    assert kept["events"][-1]["levels"] == dict.fromkeys(score.DIMENSIONS, 2)
    page = html.unescape(practice.page.value)
    assert ">mid<" in page
    assert "<b>frame" not in page
    assert len(list(home.glob("interviews/recommender/*.html"))) == 1


def test_each_key_is_saved(clock, home):
    practice = started(clock)
    for text in ("a", "ab", "abc"):
        areas(practice)[0].value = text
        assert [event["text"] for event in on_disk(home)["events"] if event["kind"] == "note"] == [text]


def test_an_attempt_that_was_left_is_offered_with_its_words_and_its_clock(clock):
    practice = started(clock)
    areas(practice)[0].value = "the goal"
    clock.now += 45
    practice.tick()
    clock.now += 500  # the kernel died; nobody looked
    again = Practice("recommender", 0, "mid", clock)
    assert "0:45 of 18:00" in texts(again.view)
    button(again.view, "Continue").click()
    assert areas(again)[0].value == "the goal"
    assert again.interview.elapsed() == 45
    clock.now += 5
    assert again.interview.elapsed() == 50


def test_an_attempt_goes_on_in_one_tab_only(clock, home):
    first = started(clock)
    areas(first)[0].value = "the goal"
    second = Practice("recommender", 0, "mid", clock)
    areas(first)[0].value = "the goal is"
    clock.now += 11
    assert first.tick()
    button(second.view, "Continue").click()
    assert areas(second)[0].value == "the goal is"
    clock.now += 11
    assert second.tick()
    first.tick()
    assert not first.tick()
    assert "another window" in first.message.value
    areas(second)[0].value = "the goal is clear"
    assert on_disk(home)["events"][-1]["text"] == "the goal is clear"


def test_an_attempt_that_was_not_scored_is_offered_for_it(clock):
    started(clock).buttons["finish"].click()
    again = Practice("recommender", 0, "mid", clock)
    button(again.view, "Continue").click()
    assert "Which level did you see" in texts(again.view)


def test_a_new_attempt_gets_other_cards(clock):
    seeds = set()
    for _ in range(2):
        practice = Practice("recommender", None, "mid", clock)
        button(practice.view, "Start").click()
        seeds.add(practice.interview.seed)
    assert seeds == {0, 1}


def test_the_time_ends_the_interview_and_later_words_are_kept(clock, home):
    practice = started(clock)
    clock.now += 2000
    assert not practice.tick()
    areas(practice)[-1].value = "one more thing"
    assert [event["text"] for event in on_disk(home)["events"] if event["kind"] == "note"] == ["one more thing"]


def test_once_the_interviewer_interrupts_half_way_through_a_phase(clock):
    practice = started(clock)
    while practice.interview.phase.id != practice.interview._interrupted:
        practice.buttons["reveal"].click()
    assert practice.interview.dealt == []
    phase = practice.interview.phase
    clock.now += (phase.end - phase.start) / 2
    practice.tick()
    practice.tick()
    assert len(practice.interview.dealt) == 1


def test_after_twelve_minutes_the_interviewer_takes_the_floor(clock):
    practice = started(clock)
    areas(practice)[0].value = "still framing"
    clock.now += 725
    practice.tick()
    assert practice.interview.phase.id == "frame"
    assert "Close in one line" in practice.message.value
    clock.now += 15
    practice.tick()
    assert practice.interview.phase.id == "questions"
    assert len(practice.interview.dealt) == 1
    assert practice.interview.notes["frame"] == "still framing"


def test_a_hint_is_shown_and_remembered_when_it_is_scored(clock):
    practice = started(clock)
    practice.buttons["hint"].click()
    assert content.question("recommender").phases[0].covers[0] in html.unescape(texts(practice.stage))
    practice.buttons["finish"].click()
    assert not practice.sheet.unprompted["D1"].value
    assert practice.sheet.unprompted["D2"].value


def test_a_score_without_all_levels_names_what_is_missing(clock):
    practice = started(clock)
    practice.buttons["finish"].click()
    tick_all(practice.sheet, 3)
    practice.sheet.levels["D5"].value = None
    button(practice.view, "Make the scorecard").click()
    assert "No level yet for D5" in practice.message.value
    assert practice.interview.scores == []


def test_live_asks_for_five_dimensions(clock):
    practice = started(clock)
    practice.buttons["finish"].click()
    practice.live.value = True
    for name in score.LIVE:
        practice.sheet.levels[name].value = 2
    button(practice.view, "Make the scorecard").click()
    assert set(practice.interview.scores[-1]["levels"]) == set(score.LIVE)


def test_a_failed_gate_reaches_the_score(clock):
    practice = started(clock)
    practice.buttons["finish"].click()
    tick_all(practice.sheet, 4)
    name, gate = next(iter(practice.sheet.gates.items()))
    gate.value = True
    button(practice.view, "Make the scorecard").click()
    assert practice.interview.scores[-1]["gates"] == [name]
    assert ">mid<" in html.unescape(practice.page.value)


def test_a_number_is_checked_and_kept(clock, home):
    practice = started(clock)
    practice.buttons["finish"].click()
    practice.quote["claim"].value = "05.als_vs_popularity"
    practice.quote["number"].value = "17 times <i>"
    button(practice.view, "Check it").click()
    (kept,) = (event for event in on_disk(home)["events"] if event["kind"] == "quote")
    assert kept["number"] == "17 times <i>"
    shown = texts(practice.view)
    assert "does not count yet" in shown
    assert "<i>" not in shown


def test_a_file_that_another_window_changed_is_told_and_kept(clock, home):
    practice = started(clock)
    (path,) = home.glob("interviews/recommender/*.json")
    path.write_text("{}")
    areas(practice)[0].value = "mine"
    assert "changed by another window" in practice.message.value
    assert path.read_text() == "{}"


def test_a_damaged_attempt_is_told_and_kept(clock, home):
    path = home / "interviews" / "recommender" / "old.json"
    path.parent.mkdir(parents=True)
    path.write_text("{ not json")
    assert "cannot be read as an attempt" in texts(Practice("recommender", 0, "mid", clock).view)
    assert path.read_text() == "{ not json"


def test_the_cold_answer_is_scored_beside_it(clock, capsys):
    save_cold_answer("recommender", "I would use <b>a network</b>")
    practice = started(clock)
    practice.buttons["finish"].click()
    assert "I would use &lt;b&gt;a network" in texts(practice.view)
    (folded,) = inside(practice.view, ipywidgets.Accordion)
    for field in inside(folded, ipywidgets.ToggleButtons):
        field.value = 1
    button(folded, "Keep the score").click()
    assert cold_answer("recommender").score.levels["D1"] == 1


def test_a_cold_answer_that_cannot_be_read_is_told_and_does_not_prevent_the_score(clock, home):
    (home / "cold_answers").mkdir()
    (home / "cold_answers" / "recommender.json").write_text("{")
    practice = started(clock)
    practice.buttons["finish"].click()
    assert "cannot be read as cold answers" in texts(practice.view)
    tick_all(practice.sheet, 2)
    button(practice.view, "Make the scorecard").click()
    assert practice.interview.scores


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
def test_an_unknown_question_or_level_is_refused(question, target, clock):
    with pytest.raises(ValueError, match="expected"):
        Practice(question, 0, target, clock)
    assert store.attempts("ctr")[0] == []
