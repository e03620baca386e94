"""Attempts as files: whole or not at all, and never over somebody else's."""

import json
import os
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from mlpipe.course.record import write
from mlpipe.interview import content, store
from mlpipe.interview.engine import Interview
from mlpipe.interview.score import LIVE


@pytest.fixture(autouse=True)
def own_home(monkeypatch, tmp_path):
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))


class Clock:
    now = 0.0

    def __call__(self):
        return self.now


@pytest.fixture
def clock():
    return Clock()


def begun(clock, attempt_id="one", question="ctr"):
    interview = Interview(question, 1, clock, attempt_id=attempt_id)
    interview.start()
    return interview


def test_an_attempt_comes_back_paused_with_all_notes(clock, tmp_path):
    interview = begun(clock)
    clock.now = 100.0
    interview.note("frame", "größer · <b>\n\u2028 \udcff line")
    path = store.save(interview)
    assert path == tmp_path / "interviews/ctr/one.json"
    clock.now = 5000.0  # another day
    again = store.load("ctr", "one", clock)
    assert (again.state, again.elapsed(), again.notes) == ("paused", 100.0, interview.notes)
    again.resume()
    store.save(again)
    clock.now += 7
    assert again.elapsed() == 107
    assert sorted(path.parent.iterdir()) == [path.parent / ".lock", path]  # nothing temporary stays
    assert os.name != "posix" or path.stat().st_mode & 0o077 == 0  # what a reader wrote is not for others to read


DAMAGED = [
    (lambda data: b"", "Expecting value"),
    (lambda data: b"\xff\xfe{", "codec can't decode"),
    (lambda data: json.dumps(data).encode()[:-20], "cannot be read"),
    (lambda data: b"[]", "found a list"),
    (
        lambda data: json.dumps(data | {"schema_version": 7}).encode(),
        "schema_version is 7; this version of mlpipe reads 1 to 2",
    ),
    (lambda data: json.dumps(data | {"question": "recommender", "scenario": "video"}).encode(), "wrong folder"),
    (lambda data: json.dumps(data | {"attempt_id": "two"}).encode(), "attempt_id is 'two'; expected 'one'"),
]


@pytest.mark.parametrize(("damage", "told"), DAMAGED)
def test_a_damaged_file_is_named_and_kept(clock, damage, told):
    path = store.save(begun(clock))
    damaged = damage(json.loads(path.read_text()))
    path.write_bytes(damaged)
    with pytest.raises(ValueError, match=told) as refused:
        store.load("ctr", "one", clock)
    assert str(path) in str(refused.value)
    assert "kept as it is" in str(refused.value)
    assert path.read_bytes() == damaged


@pytest.mark.parametrize(("damage", "told"), DAMAGED)
def test_a_running_attempt_does_not_write_over_a_damaged_file(clock, damage, told):
    interview = begun(clock)
    path = store.save(interview)
    damaged = damage(json.loads(path.read_text()))
    path.write_bytes(damaged)
    interview.note("frame", "more")
    with pytest.raises(ValueError, match="kept as it is"):
        store.save(interview)
    assert path.read_bytes() == damaged


def test_listing_goes_on_beside_damaged_files(clock):
    for name in ("a", "b", "c"):
        interview = begun(clock, name)
        if name == "a":
            interview.finish()
        path = store.save(interview)
        if name == "b":
            path.write_text("{")
    read, damaged = store.attempts("ctr")
    assert [interview.attempt_id for interview in read] == ["a", "c"]
    assert len(damaged) == 1
    assert "b.json" in damaged[0]
    assert [interview.attempt_id for interview in read if interview.state != "finished"] == ["c"]
    assert store.attempts("recommender") == ([], [])


def scored(clock, attempt_id, weakest):
    interview = begun(clock, attempt_id)
    interview.note("frame", next(one.text for one in content.transcripts("ctr") if one.id == "ctr_senior"))
    interview.finish()
    interview.score(dict.fromkeys(LIVE, 3) | {weakest: 1}, {}, ())
    return interview


def test_the_last_attempt_is_the_one_saved_last_whatever_the_clock_said(clock):
    for attempt_id, weakest in (("20300101-000000-000-aaaa", "D1"), ("20200101-000000-000-bbbb", "D5")):
        store.save(scored(clock, attempt_id, weakest))
    assert [one.attempt_id[:4] for one in store.attempts("ctr")[0]] == ["2030", "2020"]
    assert store.weakest("ctr") == "D5"
    equal = scored(clock, "20300101-000000-000-cccc", "D1")
    equal.apply({"kind": "score", "levels": dict.fromkeys(LIVE, 3), "unprompted": {}, "gates": [], "peer": False})
    store.save(equal)
    assert store.weakest("ctr") is None  # none is weaker than another, whatever an earlier attempt says
    store.folder("ctr").joinpath(f"{equal.attempt_id}.json").unlink()
    first = store.load("ctr", "20300101-000000-000-aaaa", clock)
    first.score(dict.fromkeys(LIVE, 3) | {"D9": 0}, {}, ())
    store.save(first)
    assert store.weakest("ctr") == "D9"


def test_attempts_of_earlier_versions_come_first_in_the_order_of_their_names(clock):
    for name in ("c", "b", "a"):
        path = store.save(begun(clock, name))
        if name != "c":
            data = json.loads(path.read_text())
            del data[store.SAVED]
            path.write_text(json.dumps(data))
    assert [one.attempt_id for one in store.attempts("ctr")[0]] == ["a", "b", "c"]


def test_of_two_windows_that_save_one_attempt_at_once_one_is_refused(clock, monkeypatch):
    store.save(begun(clock))
    windows = [store.load("ctr", "one", clock) for _ in range(2)]
    for number, interview in enumerate(windows):
        interview.note("frame", f"from window {number}")

    def slowly(*arguments):
        time.sleep(0.2)
        return write(*arguments)

    monkeypatch.setattr(store, "write", slowly)

    def save(interview):
        try:
            store.save(interview)
        except ValueError as error:
            return str(error)
        return ""

    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(save, windows))
    assert sorted("another window" in text for text in told) == [False, True]
    kept = store.load("ctr", "one", clock).notes["frame"]
    assert kept == f"from window {told.index('')}"


def test_a_missing_attempt_says_what_is_there(clock):
    store.save(begun(clock))
    with pytest.raises(FileNotFoundError, match="attempts there: one"):
        store.load("ctr", "two")


def test_two_windows_on_one_attempt_do_not_write_over_each_other(clock):
    first = begun(clock)
    store.save(first)
    second = store.load("ctr", "one", clock)
    second.note("frame", "from the second window")
    path = store.save(second)
    first.note("frame", "from the first window")
    with pytest.raises(ValueError, match="another window"):
        store.save(first)
    assert store.load("ctr", "one", clock).notes == {"frame": "from the second window"}
    first.attempt_id = "one-b"  # the way out that the message names
    store.save(first)
    assert store.load("ctr", "one-b", clock).notes == {"frame": "from the first window"}
    assert path.exists()


def test_two_starts_with_one_id_do_not_share_a_file(clock):
    store.save(begun(clock))
    with pytest.raises(ValueError, match="attempt_id"):
        store.save(begun(clock))
    assert len({store.new_attempt_id() for _ in range(20)}) > 18  # within one second
    begun(clock, store.new_attempt_id())  # is a name that the engine takes


def test_a_deleted_file_is_written_again(clock):
    interview = begun(clock)
    store.save(interview).unlink()
    interview.note("frame", "more")
    store.save(interview)
    assert store.load("ctr", "one", clock).notes == {"frame": "more"}


def test_a_folder_that_cannot_be_written_is_told_and_saving_works_again_later(clock, tmp_path):
    (tmp_path / "interviews").write_text("a file in the way")
    interview = begun(clock)
    interview.note("frame", "kept in memory")
    with pytest.raises(OSError, match=r"not saved: .*one\.json cannot be written .* MLPIPE_HOME"):
        store.save(interview)
    (tmp_path / "interviews").unlink()
    store.save(interview)
    assert store.load("ctr", "one", clock).notes == {"frame": "kept in memory"}


def test_a_write_that_fails_half_way_leaves_the_old_file_and_no_rest(clock, monkeypatch):
    interview = begun(clock)
    path = store.save(interview)
    before = path.read_bytes()
    interview.note("frame", "more")

    def full(*_):
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "replace", full)
        with pytest.raises(OSError, match="No space left"):
            store.save(interview)
    assert path.read_bytes() == before
    assert sorted(path.parent.iterdir()) == [path.parent / ".lock", path]
    store.save(interview)
    assert store.load("ctr", "one", clock).notes == {"frame": "more"}
