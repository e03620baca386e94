"""After the interview, in a terminal: look back, check the numbers, score the dimensions, write the scorecard."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from mlpipe.interview import cold, content, evidence, findings, rater, score
from mlpipe.interview.content import DIMENSIONS, RULES, sentence
from mlpipe.interview.engine import Interview
from mlpipe.interview.evidence import Evidence
from mlpipe.interview.findings import Said, Shown, Uttered
from mlpipe.interview.score import CODE, GATED, LIVE, Score
from mlpipe.interview.scorecard import write_scorecard
from mlpipe.interview.screen import Screen, keep
from mlpipe.interview.views import amount, clip

SHOWN = 8  # claims that words may mean
SENTENCES = 3  # of those that show a dimension
CLIPPED = 160  # letters of a sentence


def rate(interview: Interview, screen: Screen, live: bool = False, peer: bool = False) -> Score:
    """Ask for a level a dimension with the sentence that shows it, tell which are above what was heard, ask for gates.

    With `live` for the five dimensions that can be followed; with `peer` from somebody who has listened.
    Raises EOFError or KeyboardInterrupt when the rater leaves.
    """
    said = findings.said_in(interview, peer)
    given = _ask_levels(said, screen, LIVE if live else DIMENSIONS, interview.helped)
    if above := findings.above(interview, given.levels, given.sentences, peer):
        screen.tell(f"\n{above}")
    return replace(given, gates=_ask_gates(interview, screen, peer))


def rate_cold_answer(question: str, screen: Screen) -> None:
    """Show the answer from before the course, and ask for its score when it has none yet."""
    try:
        answer = cold.cold_answer(question)
    except ValueError as error:
        screen.tell(str(error))
        return
    if answer is None or answer.score is not None:
        return
    screen.title(sentence("both.cold", day=answer.when[:10]))
    screen.tell(textwrap.indent(answer.text.strip(), "  | "))
    if screen.ask("\nEnter scores it on the five live dimensions, s skips it").strip().lower() != "s":
        cold.score_cold_answer(question, _ask_levels(Said(question, answer.text), screen, LIVE, free=True))


def look_back(interview: Interview, screen: Screen) -> None:
    """Show what was written beside what strong answers have: phases, follow-ups, cards."""
    screen.title("What you said, and what a strong answer has")
    screen.page("said.txt", interview=interview, spent=interview.seconds_by_phase())
    if interview.dealt or interview.cards:
        screen.ask("\nEnter shows the questions that you were asked")
    screen.page("asked.txt", interview=interview)


def ask_quotes(interview: Interview, screen: Screen) -> None:
    """Ask for the numbers that were quoted, check them, and keep them in the attempt."""
    screen.title("The numbers that you quoted")
    uttered = findings.numbers(interview)
    screen.say("rating.uttered" if uttered else "rating.none_uttered")
    screen.numbered(f"{amount(one.value)} {one.unit}{one.often}: “{clip(one.sentence, CLIPPED)}”" for one in uttered)
    screen.tell("Reading the results of the lessons ...")
    measured = evidence.collect_evidence()
    screen.say("rating.quotes")
    for graded in findings.graded(interview, measured):
        screen.tell(str(graded))
    while words := screen.ask("\nClaim").strip():
        if words not in measured:
            _show_claims(words, measured, screen)
            continue
        parts = {name: screen.ask(part["ask"]).strip() for name, part in RULES["quote"].items()}
        parts["number"] = _number(parts["number"], uttered)
        interview.quote(words, **parts)
        keep(interview, screen)
        screen.tell(str(findings.graded(interview, measured)[-1]))


def _number(typed: str, uttered: Sequence[Uttered]) -> str:
    """A number as typed, or the one that "#2" stands for."""
    place = re.fullmatch(r"# ?([1-9]\d{0,3})", typed)
    if not place or int(place[1]) > len(uttered):
        return typed
    one = uttered[int(place[1]) - 1]
    return f"{one.value:.10g} {one.unit}"


def _show_claims(words: str, measured: Mapping[str, Evidence], screen: Screen) -> None:
    """The claims that words may mean, without their values: those you have to know."""
    wanted = words.lower().split()
    found = [one for one in measured.values() if all(word in f"{one.id} {one.sentence}".lower() for word in wanted)]
    if not found:
        screen.say("rating.no_claim", words=words, count=len(measured))
    screen.points(f"{one.id}: {one.sentence}" for one in found[:SHOWN])
    if len(found) > SHOWN:
        screen.tell(f"  and {len(found) - SHOWN} more: add a word")


def _ask_levels(
    said: Said, screen: Screen, dimensions: tuple[str, ...], helped: Collection[str] = (), free: bool = False
) -> Score:
    """A level a dimension; unless `free`, the sentence that shows it."""
    weights = content.question(said.question).weights
    rubric = [one for one in content.dimensions() if one.id in dimensions]
    screen.title("The score")
    screen.say("rating.levels")
    if not free:
        screen.say("rating.shown_by")
    if said.problem:
        screen.tell(said.problem)
    levels, unprompted, sentences = dict[str, int](), dict[str, bool](), dict[str, str]()
    at, shown = 0, -1
    while at < len(rubric):
        one = rubric[at]
        found = said.sentences[one.id][:SENTENCES]
        if at != shown:
            shown = at
            screen.tell(f"\n{one.id} {one.name} (weight {weights[one.id]})")
            screen.numbered(one.levels)
            if one.id in helped:
                screen.say("rating.helped")
            screen.say("sheet.found" if found else "sheet.nothing_found")
            screen.numbered(f"{each.label}. “{clip(each.sentence, CLIPPED)}”" for each in found)
        no_code = ", - no code was asked" if one.id == CODE else ""
        typed = screen.ask(f"{one.id}: 0 to 4{no_code}").strip().lower()
        for kept in (levels, unprompted, sentences):
            kept.pop(one.id, None)
        if typed == "b":
            at = max(0, at - 1)
        elif typed == "-" and no_code:
            at += 1
        elif not (match := re.fullmatch(r"([0-4]) ?(h?)", typed)):
            screen.say("rating.no_level", typed=typed)
        elif match[1] != "0" and said.nothing:
            screen.say("sheet.nothing_said")
        else:
            needed = match[1] != "0" and not free
            if needed and not (shows := _ask_sentence(said, one.id, found, screen)):
                continue
            levels[one.id] = int(match[1])
            unprompted[one.id] = not match[2] and one.id not in helped
            sentences |= {one.id: shows} if needed else {}
            at += 1
    return Score(levels, unprompted, sentences=sentences)


def _ask_sentence(said: Said, dimension: str, found: Sequence[Shown], screen: Screen) -> str:
    """The sentence that shows a level: one of those found, by its place, or typed; "" goes back to the level."""
    while True:
        if found:
            typed = screen.ask(sentence("rating.sentence")).strip() or "1"
        else:
            typed = screen.ask(sentence("rating.own_sentence")).strip()
        if typed.lower() == "b":
            return ""
        if typed in map(str, range(1, len(found) + 1)):
            typed = found[int(typed) - 1].sentence
        try:
            return said.shows(dimension, typed)
        except ValueError as error:
            screen.tell(str(error))


def _ask_gates(interview: Interview, screen: Screen, peer: bool) -> tuple[str, ...]:
    """The gates that failed: those proposed, none, or those whose numbers are typed."""
    gates, heard, failed = interview.content.gates, findings.gates(interview), findings.failed(interview, peer)
    known = {str(number): gate.id for number, gate in enumerate(gates, start=1)}
    screen.tell(f"\n{sentence('both.gates')} {sentence('both.capped', gated=GATED)} {sentence('sheet.gates')}")
    screen.numbered(f"{gate.text} {clip(heard[gate.id], CLIPPED)}" for gate in gates)
    numbers = " ".join(number for number, gate in known.items() if gate in failed)
    asked = sentence("rating.gates_heard" if failed else "rating.gates", numbers=numbers)
    while True:
        typed = screen.ask(asked).replace(",", " ").split() or numbers.split()
        if typed == ["-"]:
            return ()
        if known.keys() >= set(typed):
            return tuple(gate for number, gate in known.items() if number in typed)
        screen.say("rating.no_gates", typed=" ".join(typed), count=len(gates))


def show_result(interview: Interview, given: Score, screen: Screen) -> None:
    """Show the level, and write the scorecard beside the attempt as HTML and Markdown."""
    asked = interview.content
    level, mean = score.level(given, asked), score.weighted_mean(given, asked.weights)
    screen.title("The result")
    screen.say("rating.result", level=level, mean=mean, target=interview.target)
    if given.gates:
        screen.say("rating.capped", gated=GATED, gates=", ".join(given.gates))
    for dimension, reached in given.effective().items():
        screen.tell(f"  {dimension} {content.NAMES[dimension]:<32} {'█' * reached * 4:<16} {reached}")
    ask_second_rater(interview, screen)
    write_card(interview, screen)


def ask_second_rater(interview: Interview, screen: Screen) -> None:
    """Ask the second rater for its opinion, if the reader has named one; Ctrl-C goes on without it."""
    if not rater.wanted():
        return
    screen.say("rater.asks", name=rater.URL)
    try:
        opinion = rater.ask(
            interview, lambda seconds: None if seconds % 5 else screen.say("rater.waits", seconds=seconds)
        )
    except KeyboardInterrupt:
        screen.say("rater.skipped")
    except OSError as error:
        screen.tell(str(error))
    else:
        if opinion:
            screen.tell(opinion.problem or sentence("rater.given", count=len(opinion.levels)))


def write_card(interview: Interview, screen: Screen) -> None:
    """Write the scorecard beside the attempt as HTML and Markdown, and say where."""
    try:
        *_, (page, text) = write_scorecard(interview)
    except (OSError, ValueError) as error:
        screen.say("rating.no_card", error=error)
    else:
        screen.say("rating.card", page=page, text=text)
