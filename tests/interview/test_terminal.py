"""The interview in a terminal, typed by a script against a clock that is moved by hand."""

import json
import subprocess
import sys

import pytest

from mlpipe.interview import content, evidence, save_cold_answer, scorecard, store
from mlpipe.interview.cold import cold_answer
from mlpipe.interview.content import COMMANDS
from mlpipe.interview.evidence import Evidence
from mlpipe.interview.screen import Screen
from mlpipe.interview.terminal import main

MEASURED = Evidence(
    id="05.als_vs_popularity",
    value=1.88,
    shown="1.88 times",
    sentence="ALS finds more than popularity",
    baseline=1.0,
    shown_baseline="1.00 times",
    source="your run",
    seed=0,
    scale="full",
    notebook="05_matrix_factorization.ipynb",
    section="Does it pay",
    cell="a1",
)
LEVELS = ["3", "2", "1h", "2", "2", "1", "1", "-", "3"]  # D1 to D9, D8 without code
QUOTE = "what was shown and where"
SPOKEN = f"I ask {QUOTE}, " + "since nobody can like what nobody saw, " * 6  # enough words to quote from


def shown(*levels, quote=QUOTE):
    """The lines that give levels, each above 0 with the sentence that shows it."""
    return [line for level in levels for line in ([level, quote] if level[:1] in tuple("1234") else [level])]


@pytest.fixture(autouse=True)
def own_record(monkeypatch, tmp_path):
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))
    for module in (evidence, scorecard):
        monkeypatch.setattr(module, "collect_evidence", lambda: {MEASURED.id: MEASURED})


class Terminal:
    """Types a script: a line, or a pair of seconds and a line. When it ends, so does the input."""

    def __init__(self):
        self.now = 0.0
        self.shown = []

    def __call__(self, *arguments, script=(), drift_after=None):
        lines = iter(script)

        def ask(prompt):
            self.shown.append(prompt)
            match next(lines, EOFError):
                case (seconds, line):
                    self.now += seconds
                case line:
                    pass
            if not isinstance(line, str):
                raise line
            return line

        def clock():
            if drift_after is not None and self.now >= drift_after:
                self.now += 1  # a second at each look at the clock
            return self.now

        status = main(list(arguments), Screen(ask, self.shown.append, clock))
        assert next(lines, "all was typed") == "all was typed"
        return status

    @property
    def text(self):
        return "\n".join(self.shown)


@pytest.fixture
def terminal():
    return Terminal()


def saved(question="recommender"):
    (interview,) = store.attempts(question)[0]
    return interview


def test_a_whole_interview_from_the_start_to_the_scorecard(terminal, tmp_path):
    script = [
        (5, ""),  # the clock starts
        (20, "Which surface, and who <b>uses</b> it?"),
        (40, "goal: films finished"),
        (60, "/next"),
        (72, SPOKEN),
        (10, "/next"),
        (30, "/next"),
        (130, "popularity, then ALS finds 1.9 times as much"),
        (20, "interrupted, I answer"),
        "",
        "/next",
        (100, "recall over the whole catalogue"),
        "/next",
        "/next",
        (60, "I would look at the interval"),
        "",
        (450, "second answer"),
        "",  # the time of the questions is over: the constraint
        (20, "what stays"),
        "",  # the second card
        (20, "what goes"),
        (500, "a late word"),  # the time is over meanwhile
        "/finish",
        "",  # the questions that were asked
        "popularity",  # looks for a claim
        MEASURED.id,
        *(
            "1.9 times",
            "MovieLens, 100 thousand",
            "a cut in time",
            "1.7 to 2.1",
            "other films are less skewed, perhaps",
        ),
        "",
        *shown(*LEVELS),
        "2",  # a gate
        *("", "1", "0", "1", "1", "1"),  # the cold answer
    ]
    save_cold_answer("recommender", "Use a <i>neural</i> network.")
    assert terminal("recommender", "--seed", "5", script=script) == 0
    text = terminal.text
    assert "02:00 of 18:00 · frame 2:00 of 2:00" not in text  # on time: no reminder
    assert "03:12 data > " in text
    assert "18:00: the time is over" in text
    assert "05.als_vs_popularity: ALS finds more" in text
    assert "counts as evidence" in text
    interview = saved()
    assert interview.elapsed() == 1080
    assert interview.notes["frame"] == "Which surface, and who <b>uses</b> it?\ngoal: films finished"
    assert interview.notes["constraint"] == "what stays\nwhat goes\na late word"
    assert list(interview.answers.values()) == [
        "interrupted, I answer",
        "I would look at the interval",
        "second answer",
    ]
    assert len(interview.cards) == 2
    (given,) = interview.scores
    assert given["levels"] == {"D1": 3, "D2": 2, "D3": 1, "D4": 2, "D5": 2, "D6": 1, "D7": 1, "D9": 3}
    assert [d for d, alone in given["unprompted"].items() if not alone] == ["D3"]
    assert given["gates"] == ["split_unsaid"]
    assert "Level: mid" in text
    assert "  | Use a <i>neural</i> network." in text
    assert cold_answer("recommender").score.levels == {"D1": 1, "D2": 0, "D4": 1, "D5": 1, "D9": 1}
    for kind in ("html", "md"):
        path = tmp_path / f"interviews/recommender/{interview.attempt_id}.{kind}"
        assert str(path) in text.splitlines()
        card = path.read_text()
        assert "films finished" in card
        assert "1.9 times" in card
        assert "<b>uses" not in card
        assert "<i>neural" not in card
    assert all(len(line) <= 80 or str(tmp_path) in line for line in text.splitlines())


def test_the_end_of_input_keeps_everything_and_resume_goes_on(terminal):
    script = [(1, ""), (50, SPOKEN), (30, "/next"), (20, "second"), "/ask", (10, "half an answer")]
    assert terminal("ctr", "--target", "mid", script=script) == 0
    assert "Go on: make interview QUESTION=ctr ARGS=--resume" in terminal.text.replace("\n", " ")
    left = saved("ctr")
    assert (left.state, left.elapsed()) == ("paused", 110)
    (path,) = store.folder("ctr").glob("*.json")
    assert json.loads(path.read_text())["events"][-1] == {"kind": "pause", "at": 110}

    terminal.now += 10_000
    terminal.shown.clear()
    script = [(7, ""), (5, "the other half"), "", (5, "third"), KeyboardInterrupt]
    assert terminal("ctr", "--resume", script=script) == 130
    assert "You left at 1:50 of 18:00." in terminal.text
    assert "half an answer" in terminal.text
    after = saved("ctr")
    assert after.attempt_id == left.attempt_id
    assert after.elapsed() == 120  # the time away, and until Enter, costs nothing
    assert after.notes == {"frame": SPOKEN.rstrip(), "data": "second\nthird"}
    assert list(after.answers.values()) == ["half an answer\nthe other half"]

    script = ["", "/finish", ""]  # leaves in the middle of the score
    assert terminal("ctr", "--resume", script=script) == 0
    assert saved("ctr").state == "finished"
    assert "QUESTION=ctr ARGS=--score" in terminal.text.replace("\n", " ")
    assert terminal("ctr", "--score", "--live", script=["", "", *shown(*"33333"), "-"]) == 0
    assert saved("ctr").scores[-1]["levels"] == dict.fromkeys(["D1", "D2", "D4", "D5", "D9"], 3)
    assert "Level: senior" in terminal.text


def test_leaving_before_the_start_keeps_nothing(terminal, tmp_path):
    assert terminal("ctr", script=["/quit"]) == 0
    assert "nothing is kept" in terminal.text
    assert not (tmp_path / "interviews").exists()


@pytest.mark.parametrize("what", ["--resume", "--score"])
def test_nothing_to_go_on_with_is_one_sentence(terminal, capsys, what):
    assert terminal("ctr", what) == 2
    assert "make interview QUESTION=ctr" in capsys.readouterr().err


def test_commands(terminal):
    script = ["", "/dance", "one", "two", "/undo", "/notes", " /path is a note", "/hint", "/plan", "/help", "/pause"]
    script += [(900, "typed while paused"), (10, ""), "/undo", "/next", "/undo", "/quit"]
    terminal("recommender", script=script)
    text = terminal.text
    assert "There is no command /dance. Commands: /next, " in text
    assert "Taken back: two" in text
    assert "Taken back: typed while paused" in text
    assert "There is no line to take back here." in text
    assert content.question("recommender").phases[0].covers[-1] in text
    assert "▸ 0:00 to 2:00   Frame the problem" in text
    assert all(name in text for name in COMMANDS)
    assert "00:10 of 18:00 · frame 0:10 of 2:00" in text  # the pause cost nothing
    assert saved().notes == {"frame": "one\n /path is a note", "data": ""} or saved().notes == {
        "frame": "one\n /path is a note"
    }
    assert saved().helped == {"D1"}


def test_each_command_is_harmless_at_any_time(terminal):
    names = [name for name in COMMANDS if name not in ("/quit", "/finish", "/pause")]
    script = ["", *names * 12, (2000, "over"), *names, "/pause", "over again", "/quit"]
    assert terminal("ctr", script=script) == 0
    interview = saved("ctr")
    assert interview.state == "finished"
    assert "over again" in "".join([*interview.notes.values(), *interview.answers.values()])
    assert len(set(interview.dealt)) == len(interview.dealt)


@pytest.mark.parametrize("line", ["", "/next", "/ask", "/hint", "/pause"])
@pytest.mark.parametrize("phases", [0, 6])  # the first phase; the interviewer's questions
def test_the_time_may_run_out_between_any_two_steps(terminal, phases, line):
    for left in range(3, 25):
        terminal.now = 0.0
        script = ["", *["/next"] * phases, "", (1080 - left, ""), line, "a late word", "/quit"]
        assert terminal("ctr", script=script, drift_after=1080 - left) == 0
    for interview in store.attempts("ctr")[0]:
        assert "a late word" in [*interview.notes.values(), *interview.answers.values()]


def test_a_phase_over_its_time_is_told_once_and_one_phase_is_interrupted(terminal):
    script = ["", (70, "a"), (61, "b"), (30, "c"), "/next", (50, "d"), (30, "e"), "", "/next", "/next"]
    script += [(130, "f"), (10, "g"), "", "/next", (70, "h"), (10, "i"), "", "/quit"]
    for seed in range(3):
        terminal("recommender", "--seed", str(seed), script=script)
    assert terminal.text.count("The time planned for this phase is over") == 3
    assert terminal.text.count("You are interrupted.") == 3
    assert all(len(interview.dealt) == 1 for interview in store.attempts("recommender")[0])


def test_after_twelve_minutes_the_interviewer_takes_the_floor(terminal):
    script = ["", "/next", "/next", (30, "a"), "", (710, "b"), "", "my recap", (5, "an answer"), "/quit"]
    terminal("recommender", "--seed", "1", script=script)
    text = terminal.text
    assert text.count("Your 12 minutes are over.") == 1
    assert text.index("Your 12 minutes are over.") < text.index("I have some questions.")
    interview = saved()
    assert interview.notes == {"features": "a\nb\nmy recap"}
    assert interview.phase.id == "questions"
    assert list(interview.answers.values()) == ["an answer"]
    assert {name for name, spent in interview.seconds_by_phase().items() if spent} == {"features", "questions"}


def test_who_talks_until_the_last_part_gets_the_constraint_at_once(terminal):
    terminal("ctr", script=["", "/next", "/next", (970, "a"), "my recap", "/quit"])
    assert saved("ctr").phase.id == "constraint"
    assert len(saved("ctr").cards) == 1
    assert not saved("ctr").dealt


def test_a_wrong_level_is_asked_for_again_and_b_goes_back(terminal):
    first = ["3", QUOTE, "b", "2", "not a word of mine", "b", "3", "b", "2", QUOTE]  # D1
    rest = ["5", "x", "-", *shown(*LEVELS[1:7]), "2", QUOTE, "b", "-", *shown("3")]
    script = ["", SPOKEN, "/finish", "", *first, *rest, "9", "1 1"]
    assert terminal("recommender", script=script) == 0
    assert "'5' is no level" in terminal.text
    assert "D1, Framing and metrics: this sentence does not occur in your words" in terminal.text.replace("\n", " ")
    assert "'9' is no list of numbers" in terminal.text
    assert saved().scores[-1]["levels"]["D1"] == 2
    assert "D8" not in saved().scores[-1]["levels"]
    assert saved().scores[-1]["gates"] == ["no_question"]


def test_help_lowers_the_dimensions_of_its_phase(terminal):
    terminal("recommender", script=["", SPOKEN, "/hint", "/finish", "", *shown(*"222222222"), ""])
    assert "You asked for help here, so it counts one level lower." in terminal.text
    assert "D1 Framing and metrics              ████             1" in terminal.text
    assert [d for d, alone in saved().scores[-1]["unprompted"].items() if not alone] == ["D1"]


def test_an_unwritable_folder_loses_nothing_that_is_on_the_screen(terminal, tmp_path):
    (tmp_path / "interviews").write_text("a file in the way")
    assert terminal("ctr", script=["", "precious", "words", "/quit"]) == 0
    assert " ".join(terminal.text.split()).count("not saved: ") == 1
    assert "Copy what you want to keep:\nframe:\nprecious\nwords" in terminal.text


def test_a_folder_that_can_be_written_again_gets_everything(terminal, tmp_path):
    (tmp_path / "interviews").write_text("a file in the way")
    lines = iter(["", "one", "two", "/quit"])

    def ask(prompt):
        line = next(lines)
        if line == "two":
            (tmp_path / "interviews").unlink()
        return line

    main(["ctr"], Screen(ask, terminal.shown.append, lambda: terminal.now))
    assert "Saved again, with all that you typed." in terminal.text
    assert saved("ctr").notes == {"frame": "one\ntwo"}


def test_an_attempt_open_in_another_window_goes_on_beside_it(terminal):
    def elsewhere():
        other = saved("ctr")
        other.note("data", "from the other window")
        store.save(other)
        return True

    lines = iter(["", "here", elsewhere, "here again", "/quit"])

    def ask(prompt):
        line = next(lines)
        return ask(prompt) if callable(line) and line() else line

    main(["ctr"], Screen(ask, terminal.shown.append, lambda: terminal.now))
    assert "From now on this one is" in terminal.text
    notes = [interview.notes for interview in store.attempts("ctr")[0]]
    assert {"frame": "here", "data": "from the other window"} in notes
    assert {"frame": "here\nhere again"} in notes


def test_bytes_that_are_no_text_are_replaced(terminal):
    terminal("ctr", script=["", "caf\udce9", "/quit"])
    assert saved("ctr").notes == {"frame": "caf?"}


def test_list_shows_attempts_and_damaged_files(terminal, tmp_path):
    terminal("ctr", "--list")
    assert "No attempt at ctr yet" in terminal.text
    terminal("ctr", "--target", "mid", script=["", (65, "one"), "/quit"])
    terminal("ctr", script=["", (65, SPOKEN), "/finish", "", *shown(*LEVELS), ""])
    damaged = tmp_path / "interviews/ctr/broken.json"
    damaged.write_text("{")
    terminal.shown.clear()
    assert terminal("ctr", "--list") == 0
    first, second, third = terminal.text.split("\n", 2)
    assert " 1:05  ads   mid     paused" in first
    assert " 1:05  news  senior  scored: mid" in second
    assert third.startswith(str(damaged))
    assert damaged.read_text() == "{"


def test_a_drill_deals_ten_keeps_the_marks_and_shows_the_model_answers(terminal, tmp_path):
    script = [line for mark in "2101222002" for line in ("my answer", "", mark)]
    script.insert(2, "3")  # no mark
    assert terminal("recommender", "--drill", "--seed", "4", script=script) == 0
    dealt = content.draw_followups("recommender", 4, level="senior", n=10)
    shown = " ".join(terminal.text.split())
    assert all(one.ask in shown and one.answer in shown for one in dealt)
    assert "Type 0, 1 or 2." in terminal.text
    (kept,) = json.loads((tmp_path / "drills/recommender.json").read_text()).values()
    assert [mark["followup"] for mark in kept["marks"]] == [one.id for one in dealt]
    assert "".join(mark["mark"] for mark in kept["marks"]) == "2101222002"
    again = shown.split("Look at these again:")[1]
    assert [one.ask in again for one in dealt] == [mark == "0" for mark in "2101222002"]


def test_a_drill_that_is_left_keeps_what_was_marked(terminal, tmp_path):
    assert terminal("ctr", "--drill", script=["a", "", "2", "b"]) == 0
    assert "Stopped after 1 of 10." in terminal.text
    (kept,) = json.loads((tmp_path / "drills/ctr.json").read_text()).values()
    assert [mark["answer"] for mark in kept["marks"]] == ["a"]


def test_drill_and_questions_begin_with_the_weakest_dimension(terminal):
    terminal("recommender", script=["", SPOKEN, "/finish", "", *shown(*"3303333-3"), ""])
    terminal.shown.clear()
    terminal("recommender", "--drill")
    assert "first on your weakest dimension, D3" in terminal.text.replace("\n", " ")
    assert "\n1 of 10 · " in terminal.text
    assert " · D3 " in terminal.text


def test_a_peer_scores_a_file_and_both_compare(terminal, tmp_path, capsys):
    terminal("recommender", script=["", SPOKEN, "/finish", "", *shown(*LEVELS), ""])
    sent = tmp_path / "sent.json"
    sent.write_text((tmp_path / "interviews/recommender" / f"{saved().attempt_id}.json").read_text())
    before = sent.read_text()
    assert terminal("recommender", "--peer", str(sent), script=shown("1", *LEVELS[1:], "", quote="as I heard it")) == 0
    assert sent.read_text() == before
    (score,) = (tmp_path / "peer_scores").iterdir()
    assert str(score) in terminal.text
    assert terminal("recommender", "--compare", str(score)) == 0
    assert "D1 (you 3, peer 1)" in terminal.text
    assert terminal("recommender", "--compare", str(score)) == 0
    assert [event["peer"] for event in saved().scores] == [False, True]  # kept once
    assert "peer" in (tmp_path / f"interviews/recommender/{saved().attempt_id}.md").read_text()
    sent.write_text("{")
    assert terminal("recommender", "--peer", str(sent)) == 2
    assert f"{sent} cannot be read as an attempt" in capsys.readouterr().err


def test_fast_runs_the_clock_faster_and_marks_the_attempt(terminal):
    terminal("ctr", "--fast", script=["", (6, "a minute"), "/quit"])
    assert saved("ctr").elapsed() == 60
    assert saved("ctr").attempt_id.endswith("-fast")


def test_a_fast_attempt_stays_fast_when_it_is_resumed(terminal):
    terminal("ctr", "--fast", script=["", (6, "a minute"), "/quit"])
    terminal("ctr", "--resume", script=["", (6, "another one"), "/quit"])
    assert saved("ctr").elapsed() == 120


def test_help_before_the_start_starts_no_clock_and_facts_come_back(terminal):
    terminal("ctr", script=["/help", (50, "/help"), "", (5, "How many users are there?"), "/quit"])
    assert saved("ctr").elapsed() == 5
    assert terminal.text.count("/finish  end the interview") == 2
    fact = next(line.text for line in saved("ctr").lines if line.kind == "fact")
    terminal.shown.clear()
    terminal("ctr", "--resume", script=["", "/quit"])
    assert fact[:40] in terminal.text.replace("\n  ", " ")


def test_the_command_line_by_itself(tmp_path):
    call = [sys.executable, "-m", "mlpipe.interview"]
    helped = subprocess.run([*call, "--help"], capture_output=True, text=True, check=True)
    assert all(option in helped.stdout for option in ("--resume", "--drill", "--list", "--target", "--seed"))
    left = subprocess.run([*call, "ctr"], input="\nmy notes\n", capture_output=True, text=True, check=True)
    assert "The clock was not started" not in left.stdout
    assert saved("ctr").notes == {"frame": "my notes"}
    wrong = subprocess.run([*call, "ads"], capture_output=True, text=True)
    assert wrong.returncode == 2
    assert "choose from" in wrong.stderr
