"""The state machine of the interview: time, notes and what is dealt, over any order of events."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipe.interview import content
from mlpipe.interview.engine import DIMENSIONS, Interview, clock_line

PHASES = ("frame", "data", "features", "model", "evaluation", "operations", "questions", "constraint")
LEVELS = dict.fromkeys(DIMENSIONS, 2)
UNPROMPTED = dict.fromkeys(DIMENSIONS, True)


class Clock:
    """A clock that is moved by hand."""

    now = 1_000.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def begun(clock, **options):
    interview = Interview("recommender", options.pop("seed", 3), clock, **options)
    interview.start()
    return interview


def reloaded(interview, clock):
    return Interview.from_dict(json.loads(json.dumps(interview.to_dict())), clock)


texts = st.text(max_size=30)
actions = st.one_of(
    st.sampled_from(["start", "pause", "resume", "reveal", "interrupt", "card", "hint", "finish", "crash"]).map(
        lambda kind: (kind,)
    ),
    st.tuples(st.just("note"), st.sampled_from(PHASES), texts),
    st.tuples(st.just("answer"), st.integers(0, 5), texts),
    st.tuples(st.just("score")),
)
seconds = st.integers(-200, 900).map(lambda quarters: quarters / 4)  # a clock that is set back, too; exact in binary
histories = st.lists(st.tuples(seconds, actions), max_size=60)


@given(histories, st.integers(), st.sampled_from(["mid", "senior"]))
def test_any_history_keeps_time_and_notes_and_ends_in_a_score(history, seed, target):
    clock = Clock()
    interview = Interview("ctr", seed, clock, target=target)
    saved = json.dumps(interview.to_dict())
    expected = {"elapsed": 0.0, "notes": {}, "answers": {}}

    def move(seconds):
        if interview.state == "running":
            expected["elapsed"] = min(1080.0, expected["elapsed"] + max(0.0, seconds))
        clock.now += seconds

    for seconds, (kind, *values) in history:
        move(seconds)
        assert interview.elapsed() == expected["elapsed"]
        if kind == "crash":  # the process dies: what is left is what was saved after the last event
            interview = Interview.from_dict(json.loads(saved), clock)
            assert interview.state != "running"
            assert interview.elapsed() == json.loads(saved)["elapsed"] <= expected["elapsed"]
            expected["elapsed"] = interview.elapsed()
        else:
            before = interview.to_dict()
            try:
                if kind == "answer":
                    values[0] = interview.dealt[values[0]] if values[0] < len(interview.dealt) else "never dealt"
                getattr(interview, kind)(*(values or [LEVELS, UNPROMPTED] * (kind == "score")))
            except ValueError:
                assert interview.to_dict() == before  # a refused event changes nothing
            else:
                if kind in ("note", "answer"):
                    expected[f"{kind}s"][values[0]] = values[1]
        saved = json.dumps(interview.to_dict())
        assert interview.notes == expected["notes"]
        assert interview.answers == expected["answers"]
        times = [event["at"] for event in interview.events]
        assert times == sorted(times)
        assert sum(interview.seconds_by_phase().values()) == interview.elapsed() <= 1080
        assert len(set(interview.dealt)) == len(interview.dealt)
        assert len(set(interview.cards)) == len(interview.cards) <= interview.n_cards

    if interview.state == "ready":
        interview.start()
    if interview.state != "finished":
        interview.finish()
    interview.score(LEVELS, UNPROMPTED)
    again = reloaded(interview, clock)
    assert again.to_dict() == interview.to_dict()
    assert again.scores[-1]["levels"] == LEVELS
    assert (again.notes, again.answers) == (expected["notes"], expected["answers"])


@given(histories)
def test_a_file_differs_from_the_reloaded_attempt_by_the_pause_only(history):
    clock = Clock()
    interview = Interview("recommender", 1, clock)
    for seconds, (kind, *values) in history:
        clock.now += seconds
        if kind in interview.possible() and kind not in ("answer", "score"):
            getattr(interview, kind)(*values)
    first = interview.to_dict()
    second = reloaded(interview, clock).to_dict()
    pause = [{"kind": "pause", "at": first["elapsed"]}] * (interview.state == "running")
    assert second == first | {"events": first["events"] + pause}


def test_time_over_ends_the_interview_and_notes_stay_open_until_the_score(clock):
    interview = begun(clock)
    clock.now += 1079.5
    assert interview.state == "running"
    clock.now += 100
    assert interview.state == "finished"
    assert interview.elapsed() == 1080
    interview.note("frame", "a late word")
    interview.score(LEVELS, UNPROMPTED)
    with pytest.raises(ValueError, match="the interview is scored; possible: score"):
        interview.note("frame", "too late")
    assert interview.notes == {"frame": "a late word"}


def test_an_event_after_time_is_over_is_refused_with_what_is_possible(clock):
    interview = begun(clock)
    clock.now += 2000
    with pytest.raises(ValueError, match=r"'reveal' is not possible now: the interview is finished; possible: score"):
        interview.reveal()


def test_a_pause_costs_nothing(clock):
    interview = begun(clock)
    clock.now += 60
    interview.pause()
    clock.now += 5000
    interview.resume()
    clock.now += 5
    assert interview.elapsed() == 65


def test_phases_and_seconds(clock):
    interview = begun(clock)
    clock.now += 120
    assert interview.reveal().id == "data"
    clock.now += 72
    assert clock_line(interview) == "03:12 of 18:00 · data 1:12 of 2:00"
    clock.now += 60
    assert interview.seconds_by_phase() == dict.fromkeys(PHASES, 0.0) | {"frame": 120, "data": 132}
    for _ in range(6):
        interview.reveal()
    assert interview.phase.id == "constraint"
    with pytest.raises(ValueError, match="'reveal' is not possible"):
        interview.reveal()


@pytest.mark.parametrize(("target", "cards"), [("junior", 1), ("mid", 1), ("senior", 2), ("staff", 2)])
def test_cards_by_level(clock, target, cards):
    interview = begun(clock, target=target)
    dealt = [interview.card().id for _ in range(cards)]
    assert interview.cards == dealt
    with pytest.raises(ValueError, match="'card' is not possible"):
        interview.card()


def test_dealing_is_by_seed_on_the_phase_and_survives_a_reload(clock):
    one, two = begun(clock, seed=5), begun(clock, seed=5)
    first = one.interrupt()
    assert first.phase == "frame"
    assert two.interrupt() == first
    two = reloaded(two, clock)
    two.resume()
    assert one.interrupt() == two.interrupt()
    assert len({begun(clock, seed=seed).interrupt().id for seed in range(20)}) > 1
    one.reveal()
    assert one.interrupt(weakest="D9").phase == "data"
    assert begun(clock, seed=5, target="junior").interrupt().level == "junior"
    for _ in range(5):
        one.reveal()
    assert one.interrupt(weakest="D5").dimension == "D5"  # the interviewer's part: any phase


def test_all_follow_ups_can_be_dealt_once_and_no_more(clock):
    interview = begun(clock)
    everything = {followup.id for followup in interview.content.followups}
    dealt = [interview.interrupt().id for _ in everything]
    assert sorted(dealt) == sorted(everything)
    with pytest.raises(ValueError, match="no follow-up is left"):
        interview.interrupt()


def test_help_marks_the_dimensions_of_its_phase(clock):
    interview = begun(clock)
    interview.hint()
    interview.hint("D5")
    assert interview.helped == {"D1", "D5"}
    interview.hint("model")
    assert interview.helped == {"D1", "D4", "D5", "D8"}
    for _ in range(6):
        interview.reveal()
    interview.hint("questions")  # belongs to no dimension
    assert interview.helped == {"D1", "D4", "D5", "D8"}
    with pytest.raises(ValueError, match="phase is 'D10'"):
        interview.hint("D10")


def test_typing_is_one_event_in_the_file(clock):
    interview = begun(clock)
    for n in range(1, 6):
        clock.now += 1
        interview.note("frame", "goals"[:n])
    assert interview.events[1:] == [{"kind": "note", "phase": "frame", "text": "goals", "at": 5.0}]


def test_quotes_are_kept_and_checked(clock):
    interview = begun(clock)
    quote = {"claim": "05.x", "number": 2.5, "data": "d", "split": "s", "interval": "i", "transfer": "t"}
    interview.quote(**quote)
    assert reloaded(interview, clock).quotes == [quote]
    interview.quote(**quote | {"number": "2.5 times"})
    for wrong, told in (
        ({"number": None}, "number is None"),
        ({"number": float("inf")}, "inf"),
        ({"data": 3}, "data is 3"),
    ):
        with pytest.raises(ValueError, match=told):
            interview.quote(**quote | wrong)
    assert len(interview.quotes) == 2


@pytest.mark.parametrize(
    ("score", "told"),
    [
        (({}, {}), "levels is {}"),
        (({"D0": 1}, {}), "no dimension 'D0'"),
        (({"D1": 5}, {}), "D1 is 5"),
        (({"D1": True}, {}), "D1 is True"),
        (({"D1": 2.0}, {}), "D1 is 2.0"),
        (({"D1": 2}, {"D1": 1}), "D1 is 1"),
        (({"D1": 2}, {}, (3,)), "gates is"),
    ],
)
def test_a_wrong_score_is_refused(clock, score, told):
    interview = begun(clock)
    interview.finish()
    with pytest.raises(ValueError, match=told):
        interview.score(*score)
    assert not interview.scores


@pytest.mark.parametrize(
    "wrong",
    [{"question": "ads"}, {"seed": 1.5}, {"seed": True}, {"target": "boss"}, {"attempt_id": "../x"}, {"attempt_id": 3}],
)
def test_wrong_arguments_name_themselves(clock, wrong):
    arguments = {"question": "ctr", "seed": 1, "clock": clock, "target": "mid", "attempt_id": "a"} | wrong
    with pytest.raises(ValueError, match=next(iter(wrong))):
        Interview(**arguments)


start, finish = {"kind": "start", "at": 0}, {"kind": "finish", "at": 9}


@pytest.mark.parametrize(
    ("changes", "told"),
    [
        ({"schema_version": 2}, "schema_version is 2; this version of mlpipe reads 1"),
        ({"events": None}, "events is a NoneType; expected a list"),
        ({"events": [start, "x"]}, r"events\[1\]: found a str"),
        ({"events": [start, {"kind": "dance", "at": 1}]}, r"events\[1\]: 'dance' is not possible"),
        ({"events": [start, finish, finish]}, r"events\[2\]: 'finish' is not possible"),
        ({"events": [start, {"kind": "note", "at": 1, "phase": "frame"}]}, r"events\[1\]: the event .* lacks a field"),
        ({"events": [start, {"kind": "note", "at": 1, "phase": "x", "text": ""}]}, r"events\[1\]: phase is 'x'"),
        ({"events": [start, {"kind": "reveal", "at": 5}, {"kind": "reveal", "at": 4}]}, r"events\[2\]: at is 4"),
        ({"events": [start, {"kind": "reveal", "at": 1081}]}, r"events\[1\]: at is 1081"),
        ({"events": [start, {"kind": "reveal", "at": float("nan")}]}, r"events\[1\]: at is nan; expected seconds"),
        ({"events": [start, {"kind": "pause", "at": 1}, {"kind": "resume", "at": 2}]}, "the clock stood at 1"),
        ({"events": [start, {"kind": "reveal", "at": 5}], "elapsed": 4}, "elapsed is 4"),
        ({"events": [start, finish], "elapsed": 10}, "elapsed is 10"),
        ({"elapsed": "1"}, "elapsed is '1'; expected seconds"),
    ],
)
def test_what_is_no_attempt_is_refused_by_name(clock, changes, told):
    with pytest.raises(ValueError, match=told):
        Interview.from_dict(begun(clock).to_dict() | changes, clock)


@pytest.mark.parametrize("field", ["attempt_id", "question", "seed", "target", "elapsed", "events"])
def test_a_missing_field_is_named(clock, field):
    data = begun(clock).to_dict()
    del data[field]
    with pytest.raises(ValueError, match=f"{field} missing"):
        Interview.from_dict(data, clock)


def test_what_was_dealt_comes_in_its_order_and_without_what_the_content_no_longer_has(clock):
    interview = begun(clock)
    dealt = [interview.interrupt() for _ in range(6)]
    ids = [one.id for one in dealt]
    assert ids != [one.id for one in interview.content.followups if one.id in ids]  # else the order could not be seen
    saved = interview.to_dict()
    saved["events"].append({"kind": "interrupt", "at": 0.0, "followup": "rec.gone"})
    assert Interview.from_dict(saved, clock).dealt_followups == interview.dealt_followups == dealt
    assert interview.card() == interview.dealt_cards[0]


@pytest.mark.parametrize(("id", "which"), [("rec.gone", "followups"), ("gone", "cards")])
def test_an_unknown_id_is_told(id, which, clock):
    with pytest.raises(ValueError, match="expected one of"):
        content.by_id(which, id, getattr(begun(clock).content, which))
