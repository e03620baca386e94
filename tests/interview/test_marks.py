"""Transcripts whose concepts were marked by hand: are the marks in order, so that a reader can be measured by them?"""

import tomllib
from collections import Counter
from pathlib import Path

import pytest

from mlpipe.interview import content

HERE = Path(__file__).parent / "transcripts"
STATES = ("reasoned", "said", "named", "denied")
CONCEPTS = tomllib.loads((content.FOLDER / "concepts.toml").read_text(encoding="utf-8"))["concepts"]
OF = {name: {one["id"] for one in CONCEPTS if name in one["questions"]} for name in content.QUESTIONS}
MARKED = {path.stem: tomllib.loads(path.read_text(encoding="utf-8")) for path in sorted(HERE.glob("*.toml"))}
SHIPPED = MARKED.pop("shipped_marks", {})
TEXTS = {one.id: one for one in (*content.transcripts(), *content.transcripts(bad=True))}


def flat(text):
    return " ".join(text.split())


def by_candidate(text):
    """The text without the interviewer's paragraphs."""
    return flat("\n".join(line for line in text.splitlines() if not line.startswith("Interviewer:")))


def reasoned(one):
    return Counter(mark["state"] for mark in one["marks"])["reasoned"]


CASES = [(name, one["question"], one["text"], one) for name, one in MARKED.items()]
CASES += [(name, TEXTS[name].question, TEXTS[name].text, one) for name, one in SHIPPED.items()]


@pytest.mark.parametrize(("name", "question", "text", "one"), CASES, ids=[case[0] for case in CASES])
def test_marks_quote_the_candidate_once_for_each_concept(name, question, text, one):
    spoken, marks = by_candidate(text), one.get("marks", [])
    assert [mark["words"] for mark in marks if flat(mark["words"]) not in spoken] == []
    assert [mark["concept"] for mark in marks if mark["concept"] not in OF[question]] == []
    assert [id for id, n in Counter(mark["concept"] for mark in marks).items() if n > 1] == []
    assert {mark["state"] for mark in marks} <= set(STATES)
    assert [fault["words"] for fault in one.get("faults", []) if flat(fault["words"]) not in spoken] == []


@pytest.mark.parametrize("name", MARKED)
def test_a_file_is_named_for_what_it_holds(name):
    one = MARKED[name]
    assert one["id"] == name
    parts = [one["question"], one["level"], one["voice"]]
    assert name == "_".join(parts if one["level"] in content.LEVELS else parts[:2])
