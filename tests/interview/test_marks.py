"""Marks of what was said in written interviews, set by hand to measure a reader by: they are in order.

So that the next ones are marked alike. *reasoned*: said with a because, a consequence, a choice given up, or a number
that carries the thought (computed, measured, or a limit at which something is decided; a mere setting, such as "daily"
or "ten places", is none). *said*: in a sentence or a note of its own. *named*: one of a list, or a bare mention.
*denied*: put aside. Code, and what only the interviewer named, are not marked.
"""

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from mlpipe.interview import content

HERE = Path(__file__).parent / "transcripts"
STATES = ("reasoned", "said", "named", "denied")
FAULTS = ("oversampling", "random_split", "unshown_negative")
PROBES = ("stuffed", "empty", "fluent_empty")
CONCEPTS = tomllib.loads((content.FOLDER / "concepts.toml").read_text(encoding="utf-8"))["concepts"]
OF = {name: {one["id"] for one in CONCEPTS if name in one["questions"]} for name in content.QUESTIONS}
MARKED = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.toml"))}
SHIPPED = MARKED.pop("shipped_marks")
TEXTS = {one.id: one for one in (*content.transcripts(), *content.transcripts(bad=True))}
CASES = [(one["question"], one["text"], one) for one in MARKED.values()]
CASES += [(TEXTS[name].question, TEXTS[name].text, one) for name, one in SHIPPED.items()]


def flat(text):
    return " ".join(text.split())


def by_candidate(text):
    """The text without the interviewer's lines."""
    return flat("\n".join(line for line in text.splitlines() if not line.startswith("Interviewer:")))


@pytest.mark.parametrize(("question", "text", "one"), CASES, ids=[*MARKED, *SHIPPED])
def test_marks_quote_the_candidate_and_name_each_concept_once(question, text, one):
    spoken, marks, faults = by_candidate(text), one.get("marks", []), one.get("faults", [])
    assert [each["words"] for each in (*marks, *faults) if flat(each["words"]) not in spoken] == []
    assert [mark["concept"] for mark in marks if mark["concept"] not in OF[question]] == []
    assert [concept for concept, n in Counter(mark["concept"] for mark in marks).items() if n > 1] == []
    assert {mark["state"] for mark in marks} <= set(STATES)
    assert {fault["fault"] for fault in faults} <= set(FAULTS)


@pytest.mark.parametrize(("name", "one"), MARKED.items(), ids=MARKED)
def test_a_file_is_named_for_what_it_holds(name, one):
    voice = () if one["level"] in PROBES else (one["voice"],)
    assert name == one["id"] == "_".join((one["question"], one["level"], *voice))
    assert one["level"] in (*content.LEVELS, *PROBES)
    assert one["voice"] in ("notes", "fluent")


@pytest.mark.parametrize("question", content.QUESTIONS)
def test_the_higher_level_reasons_about_more(question):
    counts = {level: [] for level in (*content.LEVELS, *PROBES)}
    for one in MARKED.values():
        if one["question"] == question:
            counts[one["level"]].append(sum(mark["state"] == "reasoned" for mark in one.get("marks", [])))
    for lower, higher in zip(content.LEVELS, content.LEVELS[1:], strict=False):
        assert max(counts[lower]) < min(counts[higher])
    assert max(counts["stuffed"]) <= min(counts["mid"])
    assert counts["empty"] == counts["fluent_empty"] == [0]


@pytest.mark.parametrize("question", content.QUESTIONS)
def test_the_probes_name_everything_or_nothing(question):
    stuffed = MARKED[f"{question}_stuffed"]["marks"]
    assert {mark["concept"] for mark in stuffed} == OF[question]
    assert {mark["state"] for mark in stuffed} == {"named"}
    assert not any(MARKED[f"{question}_{probe}"].get("marks") for probe in ("empty", "fluent_empty"))


def test_every_shipped_transcript_is_marked():
    assert set(SHIPPED) == set(TEXTS)
