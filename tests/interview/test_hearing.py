"""What the interviewer hears: cases by hand, properties of any text, and the quality against a person's marks."""

import json
import re
import subprocess
import sys
import time
import tomllib
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from mlpipe.interview import content, hearing, store
from mlpipe.interview.engine import Interview
from mlpipe.interview.hearing import STATES, evidence, faults, heard, language_problem, numbers
from mlpipe.interview.screen import Screen
from mlpipe.interview.terminal import main

HERE = Path(__file__).parent
CASES = tomllib.loads((HERE / "hearing_cases.toml").read_text(encoding="utf-8"))
QUESTION = {"r": "recommender", "c": "ctr"}
SPOKEN = [(group, *case) for group in ("paraphrases", "lists", "denied", "spared", "voices") for case in CASES[group]]
FOUND = ("reasoned", "said", "named")
REPORTED = ("reasoned", "said")


def states(question, text):
    return {one.concept: one.state for one in heard(question, text)}


# Cases


@pytest.mark.parametrize(("group", "question", "text", "expected"), SPOKEN)
def test_a_careful_listener_hears(group, question, text, expected):
    found = states(QUESTION[question], text)
    for each in filter(None, expected.split(", ")):
        concept, _, state = each.partition(" ")
        assert (concept, found[concept]) == (concept, state)


@pytest.mark.parametrize(("question", "text", "_"), CASES["absent"])
def test_nothing_is_heard_where_nothing_is_said(question, text, _):
    assert set(states(QUESTION[question], text).values()) == {"not heard"}


def test_thoughts_in_plain_words_are_found():
    found = [states(QUESTION[question], text)[concept] in FOUND for question, concept, text in CASES["plain"]]
    assert sum(found) >= 0.95 * len(found)


def test_the_cases_are_many_and_speak_of_every_concept():
    assert sum(len(cases) for cases in CASES.values()) >= 250
    spoken = {each.split()[0] for _, _, _, expected in SPOKEN for each in filter(None, expected.split(", "))}
    every = {one.id for name in content.QUESTIONS for one in content.concepts(name)}
    assert spoken == every


@pytest.mark.parametrize(("question", "text", "expected"), CASES["faults"])
def test_a_fault_is_heard_if_it_is_asserted(question, text, expected):
    assert [one.concept for one in faults(QUESTION[question], text)] == expected.split()
    assert all(one.sentence in text for one in faults(QUESTION[question], text))


@pytest.mark.parametrize(("text", "expected"), CASES["numbers"])
def test_numbers_and_their_units(text, expected):
    found = [(f"{one.value:.4g}" if one.value < 1000 else f"{one.value:.0f}", one.unit) for one in numbers(text)]
    assert ", ".join(" ".join(one) for one in found) == expected
    assert all(one.sentence == text for one in numbers(text))


@pytest.mark.parametrize("folder", ["transcripts", "held_out"])
def test_the_faults_that_a_person_marked_are_heard_and_none_in_a_strong_answer(folder):
    marks = [
        one for path in (HERE / folder).glob("*.toml") if "text" in (one := tomllib.loads(path.read_text("utf-8")))
    ]
    marked_faults = [(one["id"], each["fault"]) for one in marks for each in one.get("faults", [])]
    texts = {one["id"]: (one["question"], one["text"], one["level"]) for one in marks}
    found = {id: {each.concept for each in faults(question, text)} for id, (question, text, _) in texts.items()}
    assert sum(fault in found[id] for id, fault in marked_faults) >= 0.75 * len(marked_faults)
    assert [id for id in found if texts[id][2] in ("senior", "staff", "empty", "fluent_empty") and found[id]] == []
    for name in content.QUESTIONS:
        assert [one for each in content.question(name).followups for one in faults(name, each.answer)] == []


# Rules


def test_the_records_are_in_the_order_of_the_file_one_a_concept():
    for name in content.QUESTIONS:
        assert [one.concept for one in heard(name, "nDCG, calibration")] == [one.id for one in content.concepts(name)]
    with pytest.raises(ValueError, match="question is 'ads'"):
        heard("ads", "")
    with pytest.raises(ValueError, match="question is 'ads'"):
        faults("ads", "")


def test_of_several_mentions_the_best_counts():
    parts = {
        "named": "Drift, AUC, bots.",
        "denied": "Calibration is not important.",
        "said": "I check the calibration by slot.",
        "reasoned": "We recalibrate, because the auction spends the score.",
    }
    text = ""
    for state in ("denied", "said", "reasoned"):
        text += parts[state] + " "
        assert states("ctr", text)["calibration"] == state
    assert states("ctr", parts["reasoned"] + " " + parts["denied"])["calibration"] == "reasoned"


def test_of_several_sentences_the_clearest_is_the_evidence():
    weaker = "The bids, the budgets, the office and the AUC are things that I leave to the others, if they have time."
    clear = "Predicted over observed clicks by slot shows the calibration, because it must be near one."
    for text in (f"We recalibrate, because it pays. {clear}", f"{clear} We recalibrate, because it pays. {weaker}"):
        (one,) = (one for one in heard("ctr", text) if one.concept == "calibration")
        assert one.sentence == clear
    alike = "We recalibrate by slot. We recalibrate by site."
    assert next(one for one in heard("ctr", alike) if one.concept == "calibration").sentence == alike[:23]


def test_of_a_paragraph_the_words_around_are_the_evidence():
    before, after = "we talk about the office " * 12, "that is where my desk has been " * 12
    for words in ("i check the calibration by slot ", "i ran SMOTE on the rows "):
        text = f"{before}{words}{after}"
        shown = [one.sentence for one in (*heard("ctr", text), *faults("ctr", text)) if one.sentence]
        assert shown
        for sentence in shown:
            assert words.strip() in sentence
            assert sentence in text
            assert len(sentence.split()) == 25


@pytest.mark.parametrize("question", content.QUESTIONS)
def test_who_recites_all_names_is_taken_for_nothing_said(question):
    names = [one.name for one in content.concepts(question)]
    found = Counter(states(question, ", ".join(names)).values())
    assert found["named"] > len(names) / 2
    assert found["said"] == 0


def test_a_reason_belongs_to_the_clause_beside_it():
    text = "I report the AUC on later days, then we talk about the office, and cake is served, because it is Friday."
    assert states("ctr", text)["auc"] == "said"
    text = "I report the AUC on later days, because only the order counts there."
    assert states("ctr", text)["auc"] == "reasoned"


def test_each_follow_up_sentence_must_refer_back():
    assert (
        states("ctr", "I check the calibration by slot. So one slot cannot win too often.")["calibration"] == "reasoned"
    )
    assert states("ctr", "I check the calibration by slot. Because it is nice.")["calibration"] == "said"
    assert states("ctr", "I check the calibration by slot. My dog is two years old.")["calibration"] == "said"


def test_what_the_interviewer_says_and_code_is_not_heard():
    text = "Interviewer: Is calibration the same as drift?\n\nCandidate: I do not know.\n\n    def calibration(p):\n"
    assert set(states("ctr", text).values()) == {"not heard"}
    assert [one.sentence for one in evidence("ctr", text)["D8"]] == ["def calibration(p):"]


@pytest.mark.parametrize(
    "code",
    [
        "def f(p):\n    auc = rank(p)\n    return auc",
        "for u in users:\n    s = score(u)\n    rank.append(s)",
        "model.fit(train)\nauc = roc(y, p)",
        "calibration = p.sum() / y.sum()",
        "x = f(y)",
        "train = log[log.day < 20]",
        "from mlpipe import calibration\nimport calibration\n@cached\nclass Calibration:",
        "rows = read(path, sep=',')",
    ],
)
def test_code_is_evidence_and_not_heard(code):
    assert [one.sentence for one in evidence("ctr", code)["D8"]] == [line.strip() for line in code.split("\n")]
    assert numbers(code) == ()
    assert set(states("ctr", code).values()) == {"not heard"}


def test_a_formula_is_heard_and_is_code_where_it_calls_a_function():
    assert not evidence("ctr", "eCPM = bid × p(click)\nRIG = 1 - NE\nclass imbalance: none (2%)")["D8"]
    ratio = "calibration = sum(p) / sum(y)"
    assert states("ctr", ratio)["calibration"] == "said"
    assert [one.sentence for one in evidence("ctr", ratio)["D8"]] == [ratio]
    assert states("ctr", f"p = model.score(x)\n{ratio}")["calibration"] == "not heard"
    assert states("ctr", f"p = model.score(x)\n\n{ratio}")["calibration"] == "said"


def test_lines_that_were_wrapped_and_a_fence_that_nobody_closes():
    asked = "Interviewer: What would you say of the many things that can go wrong, such as\ncalibration, drift?\n"
    assert set(states("ctr", asked).values()) == {"not heard"}
    said = "I look at many things when the model is live, and the first is whether the\ncalibration holds by slot.\n"
    (one,) = (one for one in heard("ctr", asked + said) if one.concept == "calibration")
    assert one.sentence == said.strip()
    assert states("ctr", "```\nI check the calibration by slot.")["calibration"] == "said"
    assert states("ctr", "```\nx\n```\nI check the calibration by slot.")["calibration"] == "said"
    assert states("ctr", "```\nI check the calibration by slot.\n```\n")["calibration"] == "not heard"


def test_evidence_by_dimension_has_what_is_reasoned_first():
    text = (
        "I report nDCG at ten. The split is one cut in time, because later likes must stay unseen. Shall I go on?\n\n"
        "```\nmodel.fit(train)\n```\nTo sum up: popularity first."
    )
    found = evidence("recommender", text)
    assert tuple(found) == content.DIMENSIONS
    assert [one.state for one in found["D5"]] == sorted((one.state for one in found["D5"]), key=STATES.index)
    assert found["D5"][0].concept == "split"
    assert [one.sentence for one in found["D8"]] == ["model.fit(train)"]
    assert {one.sentence for one in found["D9"]} >= {"Shall I go on?", "To sum up: popularity first."}
    assert not found["D3"]


def test_a_language_that_is_not_heard_is_told():
    german = (
        "Das Modell wird jede Nacht neu berechnet, und wir teilen die Daten nach der Zeit, damit nichts verraten wird."
    )
    assert "English" in language_problem(german)
    assert "English" in language_problem(
        "我们先按时间划分数据，然后训练模型，因为未来的信息不能泄露到训练集里面，这一点非常重要。"
    )
    for fine in (
        "",
        "Hm.",
        "I would split by time, because a random split hides what will happen next week, and we want to know that.",
        "split: time, last wk test, b/c future; base: pop; then ALS; metric: recall@100 + ndcg@10; A/B 2wk",
    ):
        assert language_problem(fine) == ""
    for one in (*content.transcripts(), *content.transcripts(bad=True)):
        assert language_problem(one.text) == ""


def test_the_lexicon_can_be_read_and_is_complete():
    for name in content.QUESTIONS:
        assert all(one.variants for one in content.concepts(name))
        written = [each for one in content.concepts(name) for each in (*one.variants, *one.weak)]
        assert [each for each in written if "?" in each] == []  # no sign of the notation, so it would never be found
        for file in ("lexicon.toml", "faults.toml"):
            for variants in hearing._lexicon(file, name).variants.values():
                assert all(one.pattern for one in variants)
        gates = {gate.id for gate in content.question(name).gates}
        own = {one.id for one in content.concepts(name)}
        assert {one["gate"] for one in content.faults(name) if "gate" in one} <= gates
        assert {id for one in content.faults(name) for id in one.get("unless", ())} <= own
        asked = {one.fault for one in content.question(name).followups if one.fault}
        assert asked <= set(hearing.fault_names(name))


@pytest.mark.parametrize("wrong", ["(a|b", "a) b", "[a]", ".. a", "[a"])
def test_a_variant_that_cannot_be_read_is_told(wrong):
    with pytest.raises(ValueError, match="cannot be read"):
        _ = hearing._Variant(wrong, "split", False).parsed


# Any text

WORDS = st.sampled_from(
    [
        *(
            "calibration",
            "drift",
            "split",
            "time",
            "because",
            "so",
            "not",
            "no",
            "skip",
            "if",
            ",",
            ".",
            ";",
            "\n",
            "two",
        ),
        *(
            "->",
            "%",
            "10",
            "ms",
            "Interviewer:",
            "Candidate:",
            "```",
            "    x = f(",
            "- ",
            "# ",
            "AUC",
            "and",
            "we",
            "a",
        ),
        *("\x1b[31m", "<b>", "\0", "🙂", "\ud800", "é", "İ", "(", ")", "|", "=", "1/3", "a tenth", "users", "\r\n"),
    ]
)
TEXTS = st.one_of(st.text(), st.lists(WORDS, max_size=60).map(" ".join), st.lists(WORDS, max_size=60).map("".join))


@given(TEXTS, st.sampled_from(content.QUESTIONS))
@settings(deadline=None, max_examples=200)
def test_any_text_is_heard_without_a_fault(text, question):
    found = heard(question, text)
    assert [one.concept for one in found] == [one.id for one in content.concepts(question)]
    assert all(one.state in STATES and (one.state == "not heard") == (one.sentence == "") for one in found)
    assert all(one.sentence in text for one in (*found, *faults(question, text), *numbers(text)))
    assert all(one.sentence in text for ones in evidence(question, text).values() for one in ones)
    assert isinstance(language_problem(text), str)


@given(st.lists(st.sampled_from([case[1] for case in CASES["paraphrases"] if case[0] == "c"]), min_size=1, max_size=6))
@settings(deadline=None, max_examples=60)
def test_a_sentence_about_something_else_changes_no_state(sentences):
    text = "\n".join(sentences)
    assert heard("ctr", text + "\n\nMy sister plays the violin.") == heard("ctr", text)


def test_saying_more_takes_nothing_away():
    text, before = "", dict.fromkeys(states("ctr", ""), "not heard")
    order = ("not heard", "named", "denied", "said", "reasoned")
    for _, said, _ in (case for case in CASES["paraphrases"] if case[0] == "c"):
        text += said + "\n"
        now = states("ctr", text)
        assert all(order.index(now[id]) >= order.index(before[id]) for id in now)
        before = now


@pytest.mark.parametrize(
    "piece",
    [
        "because ",
        "I split by time and ",
        "predicted over the observed, ",
        "(((((",
        "a b ",
        "calibration, ",
        "if the store does not answer ",
        "1/2/3 x 4 x ",
        "not not ",
        "<b ",
        "\x1b[",
        "word",
        "two hundred ",
        "y = f(x, calibration)\n",
        "x = (",
        "e.g. ",
        "Candidate: so we log what was shown, because otherwise nothing helps. And a tenth of the negatives is kept.\n",
    ],
)
def test_a_hundred_thousand_characters_take_less_than_a_second(piece):
    text = (piece * 100_000)[:100_000]
    heard("ctr", "calibration"), faults("ctr", "smote"), evidence("ctr", "smote")  # the lexicon is read once
    start = time.perf_counter()
    heard("ctr", text)
    took = time.perf_counter() - start
    faults("ctr", text), numbers(text), evidence("ctr", text), language_problem(text)
    assert took < 1
    assert time.perf_counter() - start < 4


# The command line


def test_what_is_heard_in_a_file(tmp_path, capsys):
    file = tmp_path / "answer.txt"
    file.write_text("I retrieve 500 films by vectors, then rank them.\n\x1b[31mI split at random.\n", encoding="utf-8")
    lines = []
    assert main(["--heard", str(file)], Screen(tell=lines.append)) == 0
    shown = "\n".join(lines)
    assert "taken for recommender" in shown
    assert "Retrieve, then rank" in shown
    assert "Random split" in shown
    assert "500 films" in shown
    assert "it is no level" in shown
    assert "\x1b" not in shown
    assert all(len(line) <= 80 for line in shown.splitlines())
    lines.clear()
    assert main(["ctr", "--heard", str(file)], Screen(tell=lines.append)) == 0
    assert "taken for" not in "\n".join(lines)


def test_a_transcript_and_an_attempt_bring_their_question(tmp_path, monkeypatch):
    monkeypatch.setenv("MLPIPE_HOME", str(tmp_path))
    interview = Interview("ctr", 1, time.monotonic)
    interview.start()
    interview.note("frame", "I check the calibration by slot.")
    for file in (store.save(interview), content.FOLDER / "transcripts" / "ctr_mid.toml"):
        lines = []
        assert main(["--heard", str(file)], Screen(tell=lines.append)) == 0
        shown = "\n".join(lines)
        assert "taken for" not in shown
        assert "Calibration " in shown


@pytest.mark.parametrize(
    ("name", "raw", "message"),
    [
        ("absent.txt", None, "cannot be read"),
        ("binary.txt", b"\x7fELF\xff\xfe", "no text in UTF-8"),
        ("zero.txt", b"a\0b", "no text in UTF-8"),
        ("half.toml", b"id = 'x", "cannot be read as a transcript"),
        ("other.toml", b"a = 1", "cannot be read as a transcript"),
        ("wrong.toml", b"question = 'ads'\ntext = 'x'", "expected one of 'recommender', 'ctr'"),
        ("half.json", b'{"schema_version": 2', "cannot be read as an attempt"),
        ("list.json", json.dumps([1]).encode(), "cannot be read as an attempt"),
    ],
)
def test_a_file_that_cannot_be_heard_is_one_sentence(tmp_path, capsys, name, raw, message):
    file = tmp_path / name
    if raw is not None:
        file.write_bytes(raw)
    assert main(["--heard", str(file)], Screen(tell=lambda line: None)) == 2
    error = capsys.readouterr().err
    assert message in error
    assert error.count("\n") == 1


def test_the_input_is_read_and_the_question_is_asked_for():
    command = [sys.executable, "-m", "mlpipe.interview"]
    said = subprocess.run([*command, "--heard", "-"], input="I bid with the score.", capture_output=True, text=True)
    assert said.returncode == 0
    assert "taken for ctr" in said.stdout
    none = subprocess.run(command, capture_output=True, text=True)
    assert none.returncode == 2
    assert "which question?" in none.stderr


# Quality, against what a person marked


def marked(folder):
    """Name, question, level, text, marks and faults of each transcript that a person marked."""
    shipped = {one.id: one for one in (*content.transcripts(), *content.transcripts(bad=True))}
    for path in sorted((HERE / folder).glob("*.toml")):
        table = tomllib.loads(path.read_text(encoding="utf-8"))
        if "text" in table:
            yield table["id"], table["question"], table["level"], table["text"], table.get("marks", [])
            continue
        for id, one in table.items():
            yield id, shipped[id].question, shipped[id].level, shipped[id].text, one["marks"]


def by_name(question, text):
    """The trivial reader: a concept is said if any long word of its name occurs."""
    words = set(re.findall(r"[a-z]{4,}", text.lower()))
    return {
        one.id: "said" if words & set(re.findall(r"[a-z]{4,}", one.name.lower())) else "not heard"
        for one in content.concepts(question)
    }


def quality(folder, reader):
    """Recall of what was marked as said, and precision of what is reported as such, over a folder; a row a level."""
    counts = Counter()
    for _, question, level, text, marks in marked(folder):
        said = {mark["concept"] for mark in marks if mark["state"] in REPORTED}
        any_state = {mark["concept"] for mark in marks if mark["state"] in FOUND}
        found = reader(question, text)
        for key in (level, "all"):
            counts[key, "said"] += len(said)
            counts[key, "found"] += sum(found[id] in FOUND for id in said)
            reported = {id for id, state in found.items() if state in REPORTED}
            counts[key, "reported"] += len(reported)
            counts[key, "right"] += len(reported & said)
            counts[key, "spoken of"] += len(reported & any_state)
    return counts


def show(folder, counts):
    print(f"\n{folder:<14} said  found        reported  spoken of     said or reasoned")
    for key in dict.fromkeys(key for key, _ in counts):
        said, found, reported, spoken, right = (
            counts[key, what] for what in ("said", "found", "reported", "spoken of", "right")
        )
        shares = found / max(said, 1), spoken / max(reported, 1), right / max(reported, 1)
        print(
            f"{key:<14} {said:4}  {found:5} {shares[0]:.2f}   {reported:8}  {spoken:6} {shares[1]:.2f}"
            f"  {right:8} {shares[2]:.2f}"
        )


@pytest.mark.parametrize(("folder", "least"), [("transcripts", 0.72), ("tuning", 0.8), ("held_out", 0.75)])
def test_the_evidence_is_what_a_person_pointed_at(folder, least):
    same = every = 0
    for _, question, _, text, marks in marked(folder):
        shown = {one.concept: one for one in heard(question, text)}
        for mark in marks:
            one, at = shown[mark["concept"]], text.find(mark.get("words", "\0"))
            if mark["state"] in REPORTED and one.state in REPORTED and at >= 0:
                begin = text.find(one.sentence)
                same += at < begin + len(one.sentence) and begin < at + len(mark["words"])
                every += 1
    print(f"\n{folder:<14} {same} of {every} sentences {same / every:.2f}")
    assert same >= least * every


# The lexicon was widened with the first set and pruned with the second; nothing was fitted to the third, so its numbers
# are those to expect of a new candidate. A report is right when the person marked the concept as spoken of; that it was
# also more than named holds less often.
@pytest.mark.parametrize("folder", ["transcripts", "tuning", "held_out"])
def test_what_a_person_marked_is_heard(folder):
    counts = quality(folder, states)
    show(folder, counts)
    assert counts["all", "found"] >= 0.85 * counts["all", "said"]
    assert counts["all", "spoken of"] >= 0.9 * counts["all", "reported"]
    assert counts["all", "right"] >= 0.85 * counts["all", "reported"]
    trivial = quality(folder, by_name)
    assert trivial["all", "found"] < 0.85 * trivial["all", "said"]
    assert trivial["all", "right"] < 0.85 * trivial["all", "reported"]


@pytest.mark.parametrize("question", content.QUESTIONS)
@pytest.mark.parametrize("folder", ["transcripts", "held_out"])
def test_the_higher_level_is_heard_to_reason_about_more(folder, question):
    reasoned, reported = {}, {"empty": [0]}
    for _, about, level, text, _ in marked(folder):
        if about == question:
            found = Counter(states(question, text).values())
            reasoned.setdefault(level, []).append(found["reasoned"])
            reported.setdefault(level, []).append(found["reasoned"] + found["said"])
    # in terse notes fewer reasons are heard than a person marks: unseen, a staff answer is not told from a senior one
    levels = content.LEVELS if folder == "transcripts" else content.LEVELS[:3]
    means = [sum(reasoned[level]) / len(reasoned[level]) for level in levels]
    assert means == sorted(means)
    assert len(set(means)) == len(means)
    assert max(reasoned["stuffed"]) <= min(reasoned["mid"])
    assert max(reported["fluent_empty"]) < 5
    assert set(reported["empty"]) == {0}
