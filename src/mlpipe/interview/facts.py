"""The interviewer's fact sheet: answers what is asked in words, volunteers nothing, and notices what contradicts it.

The words that find a topic stand in `content/topics.toml`, the facts in `content/scenarios`.
"""

from __future__ import annotations

import difflib
import re
import zlib
from collections.abc import Collection, Iterator
from functools import cache
from typing import Any, NamedTuple

from mlpipe.interview import content, hearing
from mlpipe.interview.content import ASKING, Fact, Scenario

MOST = 3  # facts in one reply
FACTOR = 1.5  # numbers within it are taken for the same
PIECE = 400  # characters: a longer clause is no question, and is read in pieces


class Reply(NamedTuple):
    """What the interviewer answers: the topics that were asked about, in order, and the words."""

    topics: tuple[str, ...]
    text: str


class Contradiction(NamedTuple):
    """A sentence that does not go with a fact that the candidate was told."""

    topic: str
    fact: str
    sentence: str


def reply(scenario: Scenario, text: str, told: Collection[str] = ()) -> Reply:
    """What the interviewer answers to a question, or to an assumption that is put as a statement.

    Each topic gets its fact, at most three of them, and one that is in `told`, the topics of before, is marked as
    said already. What is the candidate's to decide, unknown or not understood gets a sentence that says so. Any text
    gets a reply.
    """
    asked, loose = _asked(scenario, text)
    if not asked:
        return Reply((), _say("unclear", text))
    now = list(asked)[:MOST]
    if len(asked) == 1:
        asked[now[0]] = text  # its number may stand in another clause
    again, parts = iter(ASKING["say"]["again"]), []
    for id in now:
        if id in scenario.facts:
            opening = _verdict(scenario.facts[id], asked[id]), next(again) if id in told else ""
            parts += [*filter(None, opening if any(opening) or not loose else [ASKING["say"]["loose"]])]
            parts.append(scenario.facts[id].text)
    there = {one.id: (one.name, one.decide) for one in content.topics()}
    rest = [there.get(id, (id, False)) for id in now if id not in scenario.facts]
    for key, decided in (("decide", True), ("unknown", False)):
        names = [name for name, decide in rest if decide == decided]
        if names:
            parts.append(_say(key, text, ", ".join(names)))
    if len(asked) > MOST:
        parts.append(_say("enough", text))
    return Reply(tuple(now), " ".join(parts))


def contradictions(scenario: Scenario, topics: Collection[str], text: str) -> tuple[Contradiction, ...]:
    """Sentences of the candidate's that do not go with a fact that was told, in their order.

    `topics` are those asked for so far. Counted are a number with the unit of the fact, in a sentence that speaks of
    it, off by more than a factor of 1.5 from each value of the fact, and a claim that something is there that is not,
    or the reverse. What is said of another case (if, would, at least, a stage, a group ...) counts never.
    """
    told = [scenario.facts[topic] for topic in dict.fromkeys(topics) if topic in scenario.facts]
    found = []
    for sentence in _sentences(text):
        said = _plain(sentence)
        if _pattern(ASKING["claims"]["unless"]).search(said):
            continue
        for fact in told:
            if _denied(fact, said) or _off(fact, said):
                found.append(Contradiction(fact.topic, fact.text, sentence))
    return tuple(found)


# A question


def _asked(scenario: Scenario, text: str) -> tuple[dict[str, str], bool]:
    """The topics that are asked about, at most one more than fit into a reply, each with its clause.

    True comes with one that only a noun in passing has found: it may have been another question. Among them are the
    names of details that the sheet does not have. A bare noun counts beside other topics only as an item of a list:
    "users, latency", not "in the log, which ...".
    """
    sure: dict[str, str] = {}
    nouns: dict[str, str] = {}
    for clause in re.split(ASKING["cut"], re.sub(r"(?<=\d)(?=[a-z])", " ", _plain(text))):  # 100ms
        for number, piece in enumerate(_pieces(clause)):
            topic, tier = _topic(scenario, piece)
            if tier == "words" and (number or _is_aside(piece)):
                nouns.setdefault(topic, piece)
            elif topic:
                sure.setdefault(topic, piece)
        if len(sure) > MOST:
            break
    return (sure, False) if sure else (dict(list(nouns.items())[:1]), True)


def _is_aside(piece: str) -> bool:
    says = _pattern(ASKING["filler"]).sub(" ", piece)
    return len(re.findall(r"\w+", says)) > 3 or bool(_pattern(ASKING["aside"]).match(piece))


def _pieces(clause: str) -> Iterator[str]:
    for part in re.split(ASKING["within"], clause):
        for start in range(0, len(part), PIECE):
            if piece := part[start : start + PIECE].strip():
                yield piece


def _topic(scenario: Scenario, clause: str) -> tuple[str, str]:
    """The topic of a clause, as it stands or else with its words as they are spelled, and what it was found by."""
    for said in dict.fromkeys((clause, _spelled(clause))):
        for detail in ASKING["details"]:
            if _pattern(detail["asks"]).search(said):
                return _known(scenario, detail) or detail["name"], "detail"
        for tier in ("sure", "asks", "words"):
            for topic in content.topics():
                if getattr(topic, tier) and _pattern(getattr(topic, tier)).search(said):
                    return topic.id, tier
    return "", ""


def _known(scenario: Scenario, detail: dict[str, Any]) -> str | None:
    """The topic whose fact holds a detail, if the sheet has it."""
    there = [one for one in detail.get("of", ()) if one in scenario.facts]
    return next((one for one in there if _pattern(detail["said"]).search(scenario.facts[one].text)), None)


def _spelled(clause: str) -> str:
    def nearest(word: re.Match[str]) -> str:
        return (difflib.get_close_matches(word[0], ASKING["spelled"], 1, 0.8) or [word[0]])[0]

    return re.sub(r"\b[a-z]{4,14}\b", nearest, clause)


def _verdict(fact: Fact, clause: str) -> str:
    """A yes or no where the clause holds a number to compare, or asserts what the fact denies, else nothing."""
    said = _plain(clause)
    judged = [one for one in (_near(fact, *number) for number in _numbers(said)) if one is not None]
    if "?" not in said and _denied(fact, said):
        judged.append(False)
    return str(ASKING["say"]["right" if all(judged) else "wrong"]) if judged else ""


def _say(key: str, text: str, names: str = "") -> str:
    """A sentence, or one of several: the same text gets the same one."""
    said = ASKING["say"][key]
    chosen = said if isinstance(said, str) else said[zlib.crc32(text.encode(errors="replace")) % len(said)]
    return str(chosen).format(names=names)


# A contradiction


def _denied(fact: Fact, said: str) -> bool:
    for state in ASKING["states"]:
        wrong = "absent" if state["id"] in fact.holds else "there" if state["id"] in fact.lacks else None
        if wrong and state["topic"] == fact.topic and _pattern(state[wrong]).search(said):
            return True
    return False


def _off(fact: Fact, said: str) -> bool:
    claim = ASKING["claims"].get(fact.topic)
    if claim is None or not _pattern(claim["says"]).search(said):
        return False
    if _pattern(claim["unless"]).search(said) or _pattern(ASKING["claims"]["number"]).search(said):
        return False
    return any(value >= claim.get("least", 0) and _near(fact, value, unit) is False for value, unit in _numbers(said))


def _near(fact: Fact, value: float, unit: str) -> bool | None:
    """Whether a number is one of those of the fact; None where the fact has none with this unit."""
    same = [number for number, one in fact.values if one == unit]
    return any(number / FACTOR <= value <= number * FACTOR for number in same) if same else None


# Words and numbers


def _plain(text: str) -> str:
    return text.replace("’", "'").replace("‘", "'").replace("\u00a0", " ").lower()


def _sentences(text: str) -> Iterator[str]:
    """The candidate's sentences: those of the interviewer are left out."""
    for line in text.splitlines():
        if not line.startswith("Interviewer:"):
            for sentence in re.split(r"(?<=[.?!;])\s+", line.removeprefix("Candidate:")):
                if sentence.strip():
                    yield sentence.strip()


@cache
def _pattern(pattern: str) -> re.Pattern[str]:
    for name, words in ASKING["names"].items():
        pattern = pattern.replace(f"<{name}>", words)
    return re.compile(rf"\b(?:{pattern})", re.IGNORECASE)


def _numbers(said: str) -> Iterator[tuple[float, str]]:
    """Pairs of number and unit, of those that have a unit of the sheets."""
    found, names = hearing.numbers(said), ASKING["names"]
    for one in found:
        known = [unit for unit, ways in ASKING["units"].items() if one.unit in ways]
        if known:
            yield one.value, known[0]
        elif one.unit == "s":
            yield 1000 * one.value, "ms"
        elif one.unit in ("requests", "queries", "impressions", "calls") and _pattern(names["daily"]).search(said):
            yield one.value, "requests a day"
        elif not one.unit and len(found) == 1:  # "40,000 open jobs"
            yield from ((one.value, unit) for unit in ("users", "items") if _pattern(names[unit]).search(said))
