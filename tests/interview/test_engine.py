"""The state machine of the interview: time, notes and what is dealt, over any order of events."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from mlpipe.interview import content
from mlpipe.interview.engine import DIMENSIONS, Interview, clock_line

PHASES = ("frame", "data", "features", "model", "evaluation", "operations", "questions", "constraint")
NOTHING = dict.fromkeys(DIMENSIONS, 0)
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


def skip_to(interview, phase):
    """Go on to a phase at once; the last one waits for an answer."""
    while interview.phase.id != phase:
        if interview.phase.id == "questions":
            interview.answer(interview.interrupt().id, "I would measure it on later days")
        interview.reveal()


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
                getattr(interview, kind)(*(values or [NOTHING, UNPROMPTED] * (kind == "score")))
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
    interview.score(NOTHING, UNPROMPTED)
    again = reloaded(interview, clock)
    assert again.to_dict() == interview.to_dict()
    assert again.scores[-1]["levels"] == NOTHING
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


def test_a_minute_after_the_end_counts_and_later_words_are_kept_until_the_score(clock):
    interview = begun(clock)
    clock.now += 1079.5
    assert interview.state == "running"
    clock.now += 60.4
    assert interview.state == "finished"
    assert interview.elapsed() == 1080
    assert interview.writable
    interview.note("frame", "the end of a sentence")
    clock.now += 0.2
    assert not interview.writable
    interview.note("frame", "the end of a sentence, and a late word")
    interview.note("data", "late, too")
    assert interview.notes == {"frame": "the end of a sentence, and a late word", "data": "late, too"}
    assert interview.said == "the end of a sentence" == reloaded(interview, clock).said
    interview.score(NOTHING, UNPROMPTED)
    with pytest.raises(ValueError, match="the interview is scored; possible: score"):
        interview.note("frame", "too late")


def test_who_finishes_has_said_the_last_word(clock):
    interview = begun(clock)
    interview.note("frame", "before")
    interview.finish()
    interview.note("frame", "after")
    assert (interview.said, interview.writable) == ("before", False)
    assert interview.notes == {"frame": "after"}


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
    skip_to(interview, "constraint")
    with pytest.raises(ValueError, match="'reveal' is not possible"):
        interview.reveal()


@pytest.mark.parametrize(("target", "cards"), [("junior", 1), ("mid", 1), ("senior", 2), ("staff", 2)])
def test_cards_by_level(clock, target, cards):
    interview = begun(clock, target=target)
    skip_to(interview, "constraint")
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
    everything = {followup.id for followup in interview.content.followups} - set(interview.scene.without)
    dealt = [interview.interrupt().id for _ in everything]
    assert sorted(dealt) == sorted(everything)
    with pytest.raises(ValueError, match="no follow-up is left"):
        interview.interrupt()


def test_what_does_not_fit_a_product_is_not_dealt_and_no_card_twice(clock):
    for seed in range(30):
        interview = begun(clock, seed=seed, scenario="jobs")
        skip_to(interview, "constraint")
        dealt = [interview.card().id, interview.card().id]
        assert len(set(dealt)) == 2
        assert not {*dealt, *interview.dealt} & set(interview.scene.without)
    interview = begun(clock, scenario="jobs")
    dealt = [interview.interrupt().id for one in interview.content.followups if one.id not in interview.scene.without]
    assert not set(dealt) & set(interview.scene.without)
    assert interview.scene.without


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
        ({"schema_version": 3}, "schema_version is 3; this version of mlpipe reads 1 to 2"),
        ({"schema_version": True}, "schema_version is True"),
        ({"scenario": "zoo"}, "scenario is 'zoo'; expected one of 'video'"),
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


@pytest.mark.parametrize("field", ["attempt_id", "question", "scenario", "seed", "target", "elapsed", "events"])
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
    skip_to(interview, "constraint")
    assert interview.card() == interview.dealt_cards[0]


@pytest.mark.parametrize(("id", "which"), [("rec.gone", "followups"), ("gone", "cards")])
def test_an_unknown_id_is_told(id, which, clock):
    with pytest.raises(ValueError, match="expected one of"):
        content.by_id(which, id, getattr(begun(clock).content, which))


# The interviewer's rules


def pass_time(interview, clock, seconds, text=None):
    """Let seconds pass as a room does, which looks once a second; `text` is typed on, letter by letter."""
    for second in range(seconds):
        clock.now += 1
        if text is not None and interview.writable:
            interview.note(interview.phase.id, text + "x" * (second % 7 + 1))
        interview.advance()


def moments(interview):
    return [(line.kind, line.at) for line in interview.lines if line.kind in ("question", "card", "closing", "over")]


def interrupted_in(clock, phase):
    """An attempt of which the seed decides that this phase is interrupted, in that phase."""
    for seed in range(50):
        interview = begun(clock, seed=seed)
        if interview._interrupted == phase:
            while interview.phase.id != phase:
                clock.now += interview.phase.seconds
                interview.reveal()
            return interview
    raise AssertionError


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("popularity first, then", 6),  # within a sentence: after a silence
        ("popularity first.", 2),  # after a full stop: after a breath
        ("He said “popularity first.”", 2),
        ("popularity first,", 6),
        ("popularity first\n", 0),  # after a paragraph: at once
        ("", 0),
    ],
)
def test_the_interruption_waits_for_the_end_of_a_sentence(clock, text, seconds):
    interview = interrupted_in(clock, "data")
    clock.now += 59
    interview.advance()
    assert not interview.dealt
    clock.now += 10
    interview.note("data", text)
    for passed in range(seconds + 1):
        interview.advance()
        assert bool(interview.dealt) == (passed == seconds)
        clock.now += 1


def test_who_never_ends_a_sentence_is_not_interrupted_before_twelve_minutes(clock):
    interview = interrupted_in(clock, "data")
    pass_time(interview, clock, 500, "on and on ")
    assert not interview.dealt
    pass_time(interview, clock, 720 - int(interview.elapsed()) + 21, "on and on ")
    assert moments(interview) == [("closing", 720), ("question", 740)]


def test_who_writes_without_a_gap_is_interrupted_at_the_end_of_a_sentence(clock):
    interview = interrupted_in(clock, "data")
    clock.now += 60  # half-way
    words = ("on and on. " * 60).split(" ")
    for n in range(1, 80):
        clock.now += 1  # a word a second
        interview.note("data", " ".join(words[:n]) + (" " if n % 3 == 0 else ""))
        interview.advance()
        if interview.dealt:
            break
    assert n >= 30
    assert interview.notes["data"].endswith("on. ")


def test_there_is_one_interruption_and_none_for_who_has_asked_for_a_question(clock):
    interview = interrupted_in(clock, "model")
    pass_time(interview, clock, 720 - int(interview.elapsed()) - 1)
    assert len(interview.dealt) == 1
    interview = interrupted_in(clock, "model")
    interview.interrupt()
    pass_time(interview, clock, 720 - int(interview.elapsed()) - 1)
    assert len(interview.dealt) == 1


def test_whose_phase_was_skipped_is_interrupted_in_the_next_one(clock):
    interview = interrupted_in(clock, "data")
    interview.reveal()
    interview.advance()
    assert [one.phase for one in interview.dealt_followups] == ["features"]


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ("mid", [("card", 960), ("over", 1080)]),
        ("senior", [("card", 960), ("card", 1020), ("over", 1080)]),
    ],
)
def test_the_interviewer_keeps_the_time_by_itself(clock, target, expected):
    interview = begun(clock, target=target, seed=1)
    pass_time(interview, clock, 1200, "in the middle of")  # never at rest
    assert [one for one in moments(interview) if one[0] != "question"] == [("closing", 720), *expected]
    assert [at for kind, at in moments(interview) if kind == "question"] == [740]
    assert interview.seconds_by_phase()["constraint"] == 120
    assert [line.id for line in interview.lines if line.kind == "phase"] == ["frame", "questions", "constraint"]
    silent = begun(clock, target=target, seed=1)
    pass_time(silent, clock, 1200)
    assert [one for one in moments(silent) if one[0] != "question"] == [("closing", 720), *expected]
    assert [at for kind, at in moments(silent) if kind == "question"][1:] == [730, 810, 890]  # never went on
    assert silent.moments() == []
    assert begun(clock, target=target).moments() == [720, *(at for _, at in expected)]


def test_a_card_comes_in_the_last_part_only_and_that_not_before_an_answer(clock):
    interview = begun(clock)
    clock.now += 3
    with pytest.raises(ValueError, match="'card' is not possible"):
        interview.card()
    while "reveal" in interview.possible():
        interview.reveal()
    assert interview.phase.id == "questions"
    assert [phase.id for phase in interview.skipped] == list(PHASES[:6])
    interview.advance()
    interview.answer(interview.dealt[-1], "no idea")
    assert "reveal" not in interview.possible()
    interview.answer(interview.dealt[-1], "I would look at the interval")
    interview.reveal()
    interview.advance()
    assert len(interview.cards) == 1
    pass_time(interview, clock, 61)
    assert len(interview.cards) == 2


def test_a_phase_with_words_or_time_is_not_skipped(clock):
    interview = begun(clock)
    clock.now += 30
    interview.reveal()
    interview.note("data", "what was shown")
    interview.reveal()
    interview.reveal()
    assert [phase.id for phase in interview.skipped] == ["features"]


def test_advance_does_nothing_before_the_start_in_a_pause_or_after_the_end(clock):
    interview = Interview("ctr", 1, clock)
    interview.advance()
    assert not interview.events
    interview.start()
    clock.now += 700
    interview.pause()
    clock.now += 700
    interview.advance()
    interview.finish()
    interview.advance()
    assert [event["kind"] for event in interview.events] == ["start", "pause", "finish"]


def test_facts_are_asked_for_and_told(clock):
    interview = begun(clock)
    reply = interview.ask("How many users are there?")
    assert "users" in reply.topics
    again = interview.ask("How many users are there?")
    assert again.text == f"As I said: {reply.text}"
    assert interview.told == reply.topics
    assert [line.text for line in interview.lines if line.kind == "fact"] == [reply.text, again.text]
    assert interview.said == "How many users are there?\n\nHow many users are there?"
    interview.note("frame", "How many users are there?\nTen million.")
    assert interview.said == "How many users are there?\nTen million."
    assert reloaded(interview, clock).told == interview.told
    interview.pause()
    with pytest.raises(ValueError, match="'ask' is not possible"):
        interview.ask("And items?")


def asked_about(interview):
    interview.interrupt()
    event = interview.events[-1]
    return event["why"], event["about"]


def test_what_was_heard_decides_what_is_asked(clock):
    interview = begun(clock)
    interview.note("frame", "I split the rows at random.")
    assert asked_about(interview)[0] != "fault"  # of another phase
    skip_to(interview, "features")
    assert asked_about(interview) == ("fault", "random_split")
    assert asked_about(interview)[0] != "fault"  # once
    skip_to(interview, "questions")
    heard = {one.concept for one in interview.heard if one.state != "not heard"}
    concepts = {one.id: one for one in content.concepts("recommender")}
    for _ in range(8):
        why, about = asked_about(interview)
        assert why == "absent"
        assert about not in heard
        assert concepts[about].level != "staff"  # the attempt is for senior
        heard.add(about)


def test_what_was_only_named_is_asked_about(clock):
    interview = begun(clock)
    skip_to(interview, "evaluation")
    interview.note("evaluation", "nDCG, CUPED, interleaving, recall, SRM, diversity, A/B test, calibration.")
    why, about = asked_about(interview)
    assert why == "named"
    assert {one.concept: one.state for one in interview.heard}[about] == "named"


# A score stands on sentences

STRONG = """Popularity first, because it is free and hard to beat. Which surface is it, and how many users are there?
The guardrail is the share of hidden items, since clicks can be bought with bait. We need to log what was shown and in
which position, otherwise an empty cell says nothing. Counters are computed as of the event, so that no future leaks in.
Recall over the whole catalogue after a cut in time, with intervals by user. The index takes 2.6 GB of memory.
When the alarm rings we roll back to the old model. To sum up: matrix factorization, the main risk is the loop."""


def test_an_empty_attempt_gets_no_level(clock):
    interview = begun(clock)
    interview.finish()
    with pytest.raises(ValueError, match="Nothing found for D1, Framing and metrics: give 0"):
        interview.score(dict.fromkeys(DIMENSIONS, 4), UNPROMPTED)
    with pytest.raises(ValueError, match="Nothing found for D3"):
        interview.score(NOTHING | {"D3": 1}, UNPROMPTED, sentences={"D3": "I join counters as of the event"})
    assert not interview.scores
    interview.score(NOTHING, UNPROMPTED)
    interview.score(dict.fromkeys(DIMENSIONS, 2), UNPROMPTED, peer=True)  # who has heard it spoken


def test_a_nearly_empty_answer_shows_only_what_is_found_in_it(clock):
    interview = begun(clock)
    interview.note("frame", "I start with popularity, because it is free.")
    interview.finish()
    levels = NOTHING | {"D4": 1}
    with pytest.raises(ValueError, match="Nothing found for D5"):
        interview.score(levels | {"D5": 1}, UNPROMPTED, sentences={"D5": "I start with popularity"})
    interview.score(levels, UNPROMPTED)
    assert interview.scores[-1]["sentences"] == {"D4": "I start with popularity, because it is free."}


def test_a_sentence_that_shows_a_level_must_have_been_said(clock):
    interview = begun(clock)
    interview.note("frame", STRONG)
    interview.finish()
    levels = dict.fromkeys(DIMENSIONS, 2) | {"D8": 0}
    with pytest.raises(ValueError, match="Nothing found for D2"):
        interview.score(levels, UNPROMPTED, sentences={"D2": "We log propensities"})
    interview.score(levels, UNPROMPTED, sentences={"D7": "  the main risk\nis the LOOP. "})
    shown = interview.scores[-1]["sentences"]
    assert set(shown) == set(DIMENSIONS) - {"D8"}
    assert shown["D7"] == "the main risk\nis the LOOP."
    assert all(" ".join(one.lower().split()) in " ".join(STRONG.lower().split()) for one in shown.values())


def test_a_recording_may_hold_what_was_not_written(clock):
    interview = begun(clock)
    interview.record("a1")
    clock.now += 30
    interview.record("a2")
    assert reloaded(interview, clock).takes == interview.takes == {"a1": 0.0, "a2": 30.0}
    for wrong in ("../a", "", "ä", "x" * 41):
        with pytest.raises(ValueError, match="lacks a field"):
            interview.record(wrong)
    interview.finish()
    with pytest.raises(ValueError, match="Nothing found for D3"):
        interview.score(NOTHING | {"D3": 2}, UNPROMPTED, sentences={"D3": "as of event"})
    interview.score(NOTHING | {"D3": 2}, UNPROMPTED, sentences={"D3": "counters as of the event"})


# Files of version 1


def test_an_attempt_of_version_1_goes_on(clock):
    events = [
        {"kind": "start", "at": 0},
        {"kind": "card", "card": "traffic_x10", "at": 3},  # then a card could come at any time
        {"kind": "note", "phase": "frame", "text": "as it was", "at": 20},
        {"kind": "interrupt", "followup": "rec.f01", "at": 30},
        {"kind": "pause", "at": 60},
    ]
    old = {"schema_version": 1, "attempt_id": "old", "question": "recommender", "seed": 4, "target": "mid"}
    interview = Interview.from_dict(old | {"elapsed": 60, "events": events}, clock)
    assert (interview.scenario, interview.cards, interview.said) == ("video", ["traffic_x10"], "as it was")
    assert [line.kind for line in interview.lines] == ["phase", "card", "question"]
    interview.resume()
    clock.now += 5
    interview.note("frame", "as it was, and more")
    assert interview.to_dict()["schema_version"] == 2
    scored = [
        *events,
        {"kind": "finish", "at": 60},
        {"kind": "score", "levels": {"D1": 4}, "unprompted": {}, "gates": [], "peer": False, "at": 60},
    ]
    assert Interview.from_dict(old | {"elapsed": 60, "events": scored}, clock).scores[-1]["levels"] == {"D1": 4}
