"""After the interview, in a terminal: look back, check the numbers, score the dimensions, write the scorecard."""

from __future__ import annotations

import re
import textwrap
from collections.abc import Collection, Mapping

from mlpipe.interview import cold, content, evidence, score
from mlpipe.interview.content import DIMENSIONS, RULES, sentence
from mlpipe.interview.engine import Interview
from mlpipe.interview.evidence import Evidence, Quote, grade_quote
from mlpipe.interview.score import CODE, GATED, LIVE, Score
from mlpipe.interview.scorecard import write_scorecard
from mlpipe.interview.screen import Screen, keep

SHOWN = 8  # claims that words may mean


def rate(interview: Interview, screen: Screen, live: bool = False) -> Score:
    """Ask for a level a dimension, with `live` of the five that can be followed, and for failed gates.

    Raises EOFError or KeyboardInterrupt when the rater leaves.
    """
    levels, unprompted = _ask_levels(interview.question, screen, LIVE if live else DIMENSIONS, interview.helped)
    return Score(levels, unprompted, _ask_gates(interview, screen))


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
        cold.score_cold_answer(question, Score(*_ask_levels(question, screen, LIVE)))


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
    screen.tell("Reading the results of the lessons ...")
    measured = evidence.collect_evidence()
    screen.say("rating.quotes")
    for kept in interview.quotes:
        screen.tell(str(grade_quote(Quote(**kept), measured)))
    while words := screen.ask("\nClaim").strip():
        if words not in measured:
            _show_claims(words, measured, screen)
            continue
        parts = {name: screen.ask(part["ask"]).strip() for name, part in RULES["quote"].items()}
        interview.quote(words, **parts)
        keep(interview, screen)
        screen.tell(str(grade_quote(Quote(words, **parts), measured)))


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
    question: str, screen: Screen, dimensions: tuple[str, ...], helped: Collection[str] = ()
) -> tuple[dict[str, int], dict[str, bool]]:
    weights = content.question(question).weights
    rubric = [one for one in content.dimensions() if one.id in dimensions]
    screen.title("The score")
    screen.say("rating.levels")
    levels, unprompted, at, shown = dict[str, int](), dict[str, bool](), 0, -1
    while at < len(rubric):
        one = rubric[at]
        if at != shown:
            shown = at
            screen.tell(f"\n{one.id} {one.name} (weight {weights[one.id]})")
            screen.numbered(one.levels)
            if one.id in helped:
                screen.say("rating.helped")
        no_code = ", - no code was asked" if one.id == CODE else ""
        typed = screen.ask(f"{one.id}: 0 to 4{no_code}").strip().lower()
        levels.pop(one.id, None), unprompted.pop(one.id, None)
        if typed == "b":
            at = max(0, at - 1)
        elif typed == "-" and no_code:
            at += 1
        elif found := re.fullmatch(r"([0-4]) ?(h?)", typed):
            levels[one.id] = int(found[1])
            unprompted[one.id] = not found[2] and one.id not in helped
            at += 1
        else:
            screen.say("rating.no_level", typed=typed)
    return levels, unprompted


def _ask_gates(interview: Interview, screen: Screen) -> tuple[str, ...]:
    gates = interview.content.gates
    known = {str(number): gate.id for number, gate in enumerate(gates, start=1)}
    screen.tell(f"\n{sentence('both.gates')} {sentence('both.capped', gated=GATED)}")
    screen.numbered(gate.text for gate in gates)
    while True:
        typed = screen.ask("Their numbers (1 3), or Enter for none").replace(",", " ").split()
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
    write_card(interview, screen)


def write_card(interview: Interview, screen: Screen) -> None:
    """Write the scorecard beside the attempt as HTML and Markdown, and say where."""
    try:
        *_, (page, text) = write_scorecard(interview)
    except (OSError, ValueError) as error:
        screen.say("rating.no_card", error=error)
    else:
        screen.say("rating.card", page=page, text=text)
