"""The room of the interview without a browser: messages in, traits and files out."""

import json
import os
import re
import threading
import time
from pathlib import Path

import pytest

from mlpipe.interview import content, room, store
from mlpipe.interview.room import Room
from mlpipe.interview.widgets import Scoring


class Clock:
    """A clock that stands still until a test moves it."""

    now = 0.0

    def __call__(self):
        return self.now


class Page:
    """What the browser does: sends messages, and keeps what comes back."""

    def __init__(self, room, view="view"):
        self.room, self.view, self.n, self.got = room, view, 0, []
        room.stage.send = lambda message, buffers=None: self.got.append((message, buffers))

    def send(self, kind, *buffers, **more):
        """Send a message and return whether it was done, None where there was no answer."""
        self.n += 1
        return self.repeat(kind, *buffers, **more)

    def repeat(self, kind, *buffers, **more):
        before = len(self.got)
        self.room.receive(None, {"kind": kind, "n": self.n, "view": self.view} | more, list(buffers))
        acks = [one for one, _ in self.got[before:] if one["kind"] == "ack" and one["n"] == self.n]
        return acks[0]["done"] if acks else None

    def __getattr__(self, trait):
        return getattr(self.room.stage, trait)


@pytest.fixture(autouse=True)
def home(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))
    monkeypatch.setattr(room, "_rooms", {})
    return tmp_path


@pytest.fixture
def clock():
    return Clock()


def a_room(clock, **options):
    return Room("recommender", options.pop("seed", 0), options.pop("target", "mid"), sheet, clock=clock, **options)


def sheet(room):
    return Scoring(room).view


def begun(clock, **options):
    page = Page(a_room(clock, **options))
    assert page.send("start")
    return page


def on_disk(home):
    (path,) = home.glob("interviews/recommender/*.json")
    return json.loads(path.read_text())


def notes(home):
    return {one["phase"]: one["text"] for one in on_disk(home)["events"] if one["kind"] == "note"}


def test_before_the_start_there_are_the_task_and_the_plan(clock, home):
    page = Page(a_room(clock))
    assert page.possible == ["start"]
    assert page.about["prompt"] == content.scenarios("recommender")[0].prompt
    assert [one["id"] for one in page.plan] == [one.id for one in content.question("recommender").phases]
    assert page.clock["state"] == "ready"
    assert page.send("note", box="frame", text="too early", rev=1) is None
    assert "has not begun" in page.status["error"]
    assert list(home.glob("interviews/*/*")) == []


def test_the_interview_from_start_to_finish(clock, home):
    page = begun(clock)
    assert [one["id"] for one in page.boxes] == ["frame"]
    assert page.send("note", box="frame", text="The goal is <b>watch time</b>.", rev=10)
    assert notes(home) == {"frame": "The goal is <b>watch time</b>."}
    assert page.send("ask", text="How many users do we have?")
    assert page.lines[-1]["kind"] == "fact"
    assert page.send("hint", phase="frame")
    assert page.lines[-1]["kind"] == "hint"
    for phase in ("frame", "data", "features", "model", "evaluation", "operations"):
        assert page.covers == {}
        clock.now += 60
        page.room.tick()
        assert page.send("next", phase=phase)
    assert page.phase == "questions"
    followup = page.room.interview.dealt[-1]
    assert page.boxes[-1]["id"] == followup  # the questions have a box each, and no other
    assert page.send("note", box=followup, text="I would cut in time, at the same second for all users.", rev=11)
    assert page.send("next", phase="questions")
    assert page.lines[-1]["kind"] == "card"
    assert page.send("finish")
    assert page.clock["state"] == "finished"
    assert page.covers["frame"] == content.question("recommender").phases[0].covers
    assert page.room.below.children
    assert on_disk(home)["events"][-1]["kind"] == "finish"


def test_a_button_that_was_pressed_twice_acts_once(clock):
    page = begun(clock)
    page.send("next", phase="frame")
    page.send("next", phase="frame")
    assert page.phase == "data"
    page.send("pause")
    page.send("pause")
    assert page.status["error"] == ""
    assert page.possible[0] == "resume"
    page.send("start")
    assert page.clock["state"] == "paused"


def test_a_repeat_of_a_message_is_answered_and_changes_nothing(clock):
    page = begun(clock)
    page.send("question")
    dealt = list(page.room.interview.dealt)
    assert page.repeat("question")
    assert page.room.interview.dealt == dealt
    other = Page(page.room, "another view")
    assert other.send("hello")  # its first message, too


def test_the_highest_rev_of_a_note_wins(clock, home):
    page = begun(clock)
    page.send("note", box="frame", text="second", rev=2)
    assert page.send("note", box="frame", text="first", rev=1)  # an answer, so that it is not sent again
    assert notes(home) == {"frame": "second"}
    assert page.notes == {"frame": {"text": "second", "rev": 2}}
    page.send("note", box="frame", text="", rev=3)
    assert notes(home) == {"frame": ""}


@pytest.mark.parametrize(
    ("message", "told"),
    [
        ({"kind": "note", "box": "../../x", "text": "", "rev": 1}, "no place"),
        ({"kind": "note", "box": ["frame"], "text": "", "rev": 1}, "box is"),
        ({"kind": "note", "box": "frame", "text": None, "rev": 1}, "text is a NoneType"),
        ({"kind": "note", "box": "frame", "text": "x" * 1_000_001, "rev": 1}, "1,000,001 characters"),
        ({"kind": "note", "box": "frame", "text": "x", "rev": "9"}, "rev is '9'"),
        ({"kind": "note", "box": "frame", "text": "x", "rev": 2**60}, "rev is"),
        ({"kind": "audio", "take": "../x", "part": 0}, "take is '../x'"),
        ({"kind": "audio", "take": 7, "part": 0}, "take is 7"),
        ({"kind": "record", "take": "../x"}, "record"),
        ({"kind": "play", "take": "../x"}, "not there"),
        ({"kind": "forget", "take": {}}, "not there"),
        ({"kind": "apply", "event": {}}, "kind is 'apply'"),
        ({"kind": "<b>", "n": -1}, "kind is '<b>'"),
        ({"kind": "pause", "n": "1"}, "n is '1'"),
        ({"kind": "pause", "view": None}, "view is None"),
        (["pause"], "found a list"),
        ({}, "kind is None"),
    ],
)
def test_what_a_page_never_sends_is_named_and_changes_nothing(clock, home, message, told):
    page = begun(clock)
    before = on_disk(home)["events"]
    if isinstance(message, dict):
        message = {"n": 99, "view": "other"} | message
    page.room.receive(None, message, [b"sound"])
    assert told in page.status["error"]
    assert on_disk(home)["events"] == before
    assert not list(home.rglob("*.webm"))
    assert page.send("note", box="frame", text="it goes on", rev=5)
    assert page.status["error"] == ""


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("<script>alert(1)</script> & “quotes”", "<script>alert(1)</script> & “quotes”"),
        ("\x1b[31mred\x1b[0m\x07 and \x00nothing", "[31mred[0m and nothing"),
        ("half a sign: \ud83d, and a whole one: 😀", "half a sign: ?, and a whole one: 😀"),
        ("строка\nзаписи\t推荐系统", "строка\nзаписи\t推荐系统"),
        ("word " * 20_000, "word " * 20_000),
    ],
    ids=["html", "ansi", "surrogate", "languages", "100,000"],
)
def test_any_text_is_kept_as_text(clock, home, text, kept):
    page = begun(clock)
    assert page.send("note", box="frame", text=text, rev=1)
    assert notes(home) == {"frame": kept}
    assert store.load("recommender", page.attempt).notes == {"frame": kept}
    json.dumps(page.notes, ensure_ascii=False).encode("utf-8")  # as it goes to the browser
    assert page.send("ask", text=text[:1000])
    assert page.send("finish")


def test_the_clock_is_told_when_it_stands_wrong_and_every_ten_seconds(clock):
    page = begun(clock)
    told = page.clock["n"]
    for second in range(25):
        clock.now = float(second)
        page.room.tick()
    assert page.clock == {"state": "running", "elapsed": 20.0, "n": told + 2}
    page.send("hello")  # a new view
    assert page.clock["elapsed"] == 24
    page.room.interview.catch_up(100)
    page.room.tick()
    assert page.clock["elapsed"] == 100


def test_the_clock_is_in_the_file_every_ten_seconds(clock, home):
    page = begun(clock)
    clock.now = 9.0
    page.room.tick()
    assert on_disk(home)["elapsed"] == 0
    clock.now = 10.0
    page.room.tick()
    assert on_disk(home)["elapsed"] == 10


def test_the_end_leaves_a_minute_for_the_sentence(clock, home):
    page = begun(clock)
    clock.now = 18 * 60.0
    assert page.room.tick()
    assert page.lines[-1]["kind"] == "over"
    assert page.covers == {}
    assert "note" in page.possible
    page.send("note", box="frame", text="the end of a sentence", rev=1)
    assert page.room.interview.said == "the end of a sentence"
    clock.now += 61
    assert not page.room.tick()
    assert page.covers
    assert page.send("note", box="frame", text="the end of a sentence, and more", rev=2)  # kept, and does not count
    assert page.room.interview.said == "the end of a sentence"
    assert notes(home)["frame"].endswith("and more")


def test_an_attempt_that_was_left_goes_on_with_its_words_and_the_later_clock(clock):
    page = begun(clock)
    page.send("note", box="frame", text="the goal", rev=1_800_000_000_000)
    room._rooms.clear()  # the kernel died
    again = Page(a_room(clock))
    assert again.possible == ["continue", "again"]
    assert again.offer["attempt"] == page.attempt
    assert again.send("continue", attempt=page.attempt, elapsed=16.5)
    assert again.clock["state"] == "running"
    assert again.clock["elapsed"] == 16.5
    assert again.notes == {"frame": {"text": "the goal", "rev": 1_800_000_000_000}}
    assert again.send("note", box="frame", text="older than the file", rev=1_700_000_000_000)
    assert again.notes["frame"]["text"] == "the goal"


@pytest.mark.parametrize("more", [{"attempt": "../x", "elapsed": 1}, {"attempt": ["x"], "elapsed": 1}])
def test_another_attempt_than_the_one_offered_is_refused(clock, more):
    begun(clock)
    room._rooms.clear()
    again = Page(a_room(clock))
    assert again.send("continue", **more) is False
    assert "is not the attempt" in again.status["error"]
    assert again.possible == ["continue", "again"]


@pytest.mark.parametrize("elapsed", [None, "9", -1, 1e9, float("nan"), float("inf"), True])
def test_a_clock_that_cannot_be_is_refused(clock, elapsed):
    page = begun(clock)
    room._rooms.clear()
    again = Page(a_room(clock))
    assert again.send("continue", attempt=page.attempt, elapsed=elapsed) is False
    assert "elapsed is" in again.status["error"]
    assert again.send("continue", attempt=page.attempt, elapsed=0)


def test_words_of_the_terminal_are_as_old_as_the_file(clock):
    page = begun(clock)
    other = store.load("recommender", page.attempt, clock)
    other.resume()
    other.note("frame", "written in the terminal")
    path = store.save(other)
    os.utime(path, (1000, 1000))
    room._rooms.clear()
    again = Page(a_room(clock))
    again.send("continue", attempt=page.attempt, elapsed=0)
    assert again.notes["frame"] == {"text": "written in the terminal", "rev": 1_000_000}


def test_the_cell_run_again_shows_the_same_room_while_the_attempt_goes_on(clock):
    page = begun(clock)
    assert room.find("recommender") is page.room
    assert room.find("ctr") is None
    page.send("finish")
    assert room.find("recommender") is None


def test_a_second_room_of_this_kernel_takes_the_attempt_over(clock):
    page = begun(clock)
    page.send("note", box="frame", text="the goal", rev=3)
    again = Page(a_room(clock))
    assert again.send("continue", attempt=page.attempt, elapsed=0)
    assert again.room.interview is page.room.interview
    assert again.room.tick()
    assert not page.room.tick()  # one clock, and one writer
    assert room.find("recommender") is again.room
    assert again.notes["frame"]["text"] == "the goal"


def test_an_attempt_that_was_not_scored_is_offered_for_it(clock):
    page = begun(clock)
    page.send("finish")
    again = Page(a_room(clock))
    assert again.send("continue", attempt=page.attempt, elapsed=0)
    assert again.room.below.children
    assert again.covers


def test_a_file_that_another_kernel_changed_is_told_and_kept(clock, home):
    page = begun(clock)
    (path,) = home.glob("interviews/recommender/*.json")
    path.write_text("{}")
    page.send("note", box="frame", text="mine", rev=1)
    assert "changed by another window" in page.status["error"]
    assert not page.status["ok"]
    assert path.read_text() == "{}"
    assert page.notes["frame"]["text"] == "mine"
    assert not page.room.tick()


def test_what_could_not_be_saved_is_saved_as_soon_as_it_can_be(clock, home, monkeypatch):
    page = begun(clock)
    with monkeypatch.context() as broken:

        def full(interview):
            raise OSError(28, "the disk is full")

        broken.setattr(store, "save", full)
        assert page.send("note", box="frame", text="mine", rev=1)
        assert "disk is full" in page.status["error"]
        assert page.room.tick()
    page.room.tick()
    assert page.status == {"ok": True, "saved": page.status["saved"], "error": ""}
    assert notes(home) == {"frame": "mine"}


def test_a_damaged_attempt_is_told_and_kept(clock, home):
    path = home / "interviews" / "recommender" / "old.json"
    path.parent.mkdir(parents=True)
    path.write_text("{ not json")
    page = Page(a_room(clock))
    assert "cannot be read as an attempt" in page.status["error"]
    assert page.possible == ["start"]
    assert path.read_text() == "{ not json"


def test_one_thread_at_a_time_has_the_attempt(clock, home, monkeypatch):
    """Messages come in one thread and the clock in another: a save of both at once would lose one of them."""
    page, save, inside, most = begun(clock), store.save, [], []

    def slow(interview):
        inside.append(interview)
        most.append(len(inside))
        time.sleep(0.002)
        path = save(interview)
        inside.pop()
        return path

    monkeypatch.setattr(store, "save", slow)
    stop = threading.Event()

    def tick():
        while not stop.is_set():
            clock.now += 10
            page.room.tick()

    other = threading.Thread(target=tick)
    other.start()
    try:
        for rev in range(1, 50):
            assert page.send("note", box="frame", text="x" * rev, rev=rev)
    finally:
        stop.set()
        other.join()
    assert page.status["ok"], page.status
    assert max(most) == 1
    assert notes(home) == {"frame": "x" * 49}


def test_the_room_ticks_by_itself_until_it_is_closed():
    page = Page(Room("recommender", 0, "mid", sheet))
    before = set(threading.enumerate())
    page.send("start")
    (watcher,) = set(threading.enumerate()) - before
    page.room.interview.catch_up(18 * 60)
    for _ in range(100):
        if page.lines[-1]["kind"] == "over":
            break
        time.sleep(0.05)
    assert page.lines[-1]["kind"] == "over"
    page.room.close()
    watcher.join(3)
    assert not watcher.is_alive()


def test_a_recording_is_kept_part_by_part_played_and_deleted(clock, home):
    page = begun(clock)
    clock.now = 30.0
    assert page.send("audio", b"no", take="abc", part=0) is False  # it was not begun
    assert page.send("record", take="abc")
    assert page.send("audio", b"one", take="abc", part=0)
    assert page.send("audio", b"three", take="abc", part=2) is None  # part 1 is on its way
    assert page.send("audio", b"two", take="abc", part=1)
    assert page.send("audio", b"two", take="abc", part=1)  # sent twice
    assert page.send("audio", b"three", take="abc", part=2)
    (path,) = home.rglob("*.webm")
    assert path.name == f"{page.attempt}.abc.webm"
    assert path.read_bytes() == b"onetwothree"
    assert os.name == "nt" or path.stat().st_mode & 0o777 == 0o600
    assert store.recordings(page.room.interview) == [store.Recording("abc", path, 30.0)]
    assert page.takes == [{"take": "abc", "start": 30.0}]
    page.send("finish")
    assert page.send("play", take="abc")
    assert ({"kind": "voice", "take": "abc", "view": "view"}, [b"onetwothree"]) in page.got
    assert page.send("forget", take="abc")
    assert not path.exists()
    assert page.takes == []
    assert page.send("play", take="abc") is False


def test_a_kernel_that_was_restarted_takes_the_rest_of_a_recording(clock, home):
    page = begun(clock)
    page.send("record", take="abc")
    page.send("audio", b"one", take="abc", part=0)
    room._rooms.clear()
    again = Page(a_room(clock))
    again.send("continue", attempt=page.attempt, elapsed=0)
    assert again.send("audio", b"one", take="abc", part=0)  # it came, and its answer was lost
    assert again.send("audio", b"three", take="abc", part=1)
    (path,) = home.rglob("*.webm")
    assert path.read_bytes() == b"onethree"


def test_a_closed_lid_is_no_time_of_the_interview():
    clock = Clock()
    awake = room.Awake(clock)
    clock.now = 80.0
    assert awake() == 80
    clock.now = 5000.0
    assert awake() == 80
    clock.now = 5010.0
    assert awake() == 90


def test_a_recording_that_is_there_is_not_overwritten(clock, home):
    page = begun(clock)
    page.send("record", take="abc")
    path = store.add_recording(page.room.interview, "abc", b"mine", new=True)
    with pytest.raises(ValueError, match="kept as it is"):
        store.add_recording(page.room.interview, "abc", b"other", new=True)
    assert path.read_bytes() == b"mine"


def test_where_no_page_answers_the_terminal_is_named_until_one_does(clock):
    page = Page(a_room(clock))
    page.room.say_where()
    assert "interview" in page.room.hint.value
    page.send("hello")
    assert page.room.hint.value == ""
    page.room.say_where()
    assert page.room.hint.value == ""


@pytest.mark.parametrize(
    ("environment", "lab"),
    [({}, True), ({"VSCODE_PID": "1"}, False), ({"VSCODE_CWD": "/", "JPY_SESSION_NAME": "/a.ipynb"}, True)],
)
def test_visual_studio_code_is_told_from_a_lab_that_was_started_in_its_terminal(monkeypatch, environment, lab):
    for name in [*(name for name in os.environ if name.startswith("VSCODE_")), "JPY_SESSION_NAME"]:
        monkeypatch.delenv(name, raising=False)
    for name, value in environment.items():
        monkeypatch.setenv(name, value)
    assert room.is_lab() == lab


@pytest.mark.parametrize("options", [{"target": "boss"}, {"scenario": "ads"}])
def test_an_unknown_level_or_product_is_refused(clock, options):
    with pytest.raises(ValueError, match="expected"):
        a_room(clock, **options)
    assert store.attempts("recommender")[0] == []


def test_the_next_attempt_is_about_another_product(clock):
    first = begun(clock)
    room._rooms.clear()
    second = Page(a_room(clock))
    second.send("start")
    assert second.room.interview.scenario != first.room.interview.scenario
    assert second.about["prompt"] == second.room.interview.scene.prompt


def test_the_page_has_its_words_from_the_content_and_makes_no_markup_of_text(clock):
    script = Path(room.__file__).with_name("stage.js").read_text(encoding="utf-8")
    assert set(re.findall(r"\bwords\.(\w+)", script)) <= set(a_room(clock).stage.words)
    assert "innerHTML" not in script
