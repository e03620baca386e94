"""After the interview, in a terminal: look back, check the numbers, score the dimensions, write the scorecard."""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from typing import TYPE_CHECKING

from mlpipe.interview import cold as before
from mlpipe.interview import content, score
from mlpipe.interview.content import DIMENSIONS, RULES, SAY, minutes
from mlpipe.interview.engine import Interview
from mlpipe.interview.score import LIVE, Score
from mlpipe.interview.screen import Screen, keep

if TYPE_CHECKING:
    from mlpipe.interview.evidence import Evidence


def rate(interview: Interview, screen: Screen, live: bool = False) -> Score:
    """Ask for a level a dimension, and for failed gates.

    All nine dimensions, or with `live` the five that can be followed while the candidate talks. Raises EOFError or
    KeyboardInterrupt when the rater leaves.
    """
    levels, unprompted = _ask_levels(interview.question, screen, LIVE if live else DIMENSIONS, interview.helped)
    return Score(levels, unprompted, _ask_gates(interview, screen))


def rate_cold_answer(question: str, screen: Screen) -> None:
    """Show the answer from before the course, and ask for its score when it has none yet."""
    try:
        cold = before.cold_answer(question)
    except ValueError as error:
        screen.tell(str(error))
        return
    if cold is None or cold.score is not None:
        return
    screen.title(SAY["cold"].format(day=cold.when[:10]))
    for line in cold.text.strip().splitlines():
        screen.tell(line, "  | ")
    if screen.ask("\nEnter scores it on the five live dimensions, s skips it").strip().lower() != "s":
        levels, unprompted = _ask_levels(question, screen, LIVE)
        before.score_cold_answer(question, Score(levels, unprompted))


def look_back(interview: Interview, screen: Screen) -> None:
    """Show what was written beside what strong answers have: phases, follow-ups, cards."""
    asked = content.question(interview.question)
    spent = interview.seconds_by_phase()
    screen.title("What you said, and what a strong answer has")
    for phase in asked.phases:
        took = f"{minutes(spent[phase.id])} of {minutes(phase.seconds)}"
        screen.tell(f"\n{phase.title} ({took})")
        for line in interview.notes.get(phase.id, "").splitlines() or ["no notes"]:
            screen.tell(line, "  | ")
        for point in phase.covers:
            screen.tell(f"- {point}", "  ")
    if interview.dealt or interview.cards:
        screen.ask("\nEnter shows the questions that you were asked")
    for followup in interview.dealt_followups:
        screen.tell(f"\n“{followup.ask}”")
        for line in interview.answers.get(followup.id, "").splitlines() or ["no answer"]:
            screen.tell(line, "  | ")
        screen.tell(f"- {followup.answer}", "  ")
        if followup.prove:
            screen.tell(f"- Prove it with a number: claim {followup.prove}.", "  ")
    for card in interview.dealt_cards:
        screen.tell(f"\n{card.title}: “{card.text}”")
        for change in card.changes[interview.question]:
            screen.tell(f"- {change}", "  ")


def ask_quotes(interview: Interview, screen: Screen) -> None:
    """Ask for the numbers that were quoted, check them, and keep them in the attempt."""
    from mlpipe.interview.evidence import Quote, collect_evidence, grade_quote  # takes seconds: not at the start

    screen.title("The numbers that you quoted")
    screen.tell("Reading the results of the lessons ...")
    evidence = collect_evidence()
    screen.tell(
        "Which numbers did you give? Type the id of a claim (05.name), or words to look for one. Each is compared with "
        "what was measured. An empty line goes on."
    )
    for kept in interview.quotes:
        screen.tell(str(grade_quote(Quote(**kept), evidence)))
    while words := screen.ask("\nClaim").strip():
        if words not in evidence:
            _show_claims(words, evidence, screen)
            continue
        parts = {name: screen.ask(part["ask"]).strip() for name, part in RULES["quote"].items()}
        interview.quote(words, **parts)
        keep(interview, screen)
        screen.tell(str(grade_quote(Quote(words, **parts), evidence)))


def _show_claims(words: str, evidence: Mapping[str, Evidence], screen: Screen) -> None:
    """The claims that words may mean, without their values: those you have to know."""
    wanted = words.lower().split()
    found = [one for one in evidence.values() if all(word in f"{one.id} {one.sentence}".lower() for word in wanted)]
    if not found:
        screen.tell(
            f"No claim with {words!r} among {len(evidence)}. Try one word, such as popularity, or a lesson: 05."
        )
    for one in found[:8]:
        screen.tell(f"- {one.id}: {one.sentence}", "  ")
    if len(found) > 8:
        screen.tell(f"and {len(found) - 8} more: add a word", "  ")


def _ask_levels(
    question: str, screen: Screen, dimensions: tuple[str, ...], helped: Collection[str] = ()
) -> tuple[dict[str, int], dict[str, bool]]:
    weights = content.question(question).weights
    rubric = [one for one in content.dimensions() if one.id in dimensions]
    screen.title("The score")
    screen.tell(
        "For each dimension the highest level that you showed: 0 when it was missing, to 4. Add h (2h) when it came "
        "after a hint only: it then counts one level lower. b goes back."
    )
    levels: dict[str, int] = {}
    unprompted: dict[str, bool] = {}
    at, shown = 0, -1
    while at < len(rubric):
        one = rubric[at]
        if at != shown:
            shown = at
            screen.tell(f"\n{one.id} {one.name} (weight {weights[one.id]})")
            for number, behaviour in enumerate(one.levels, start=1):
                screen.tell(f"{number}  {behaviour}", "  ")
            if one.id in helped:
                screen.tell(SAY["helped"])
        no_code = ", - no code was asked" if one.id == "D8" else ""
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
            screen.tell(f"{typed!r} is no level: type 0, 1, 2, 3 or 4, with h after a hint, or b to go back.")
    return levels, unprompted


def _ask_gates(interview: Interview, screen: Screen) -> tuple[str, ...]:
    gates = content.question(interview.question).gates
    screen.tell("\n" + SAY["gates"].format(gated=score.GATED))
    for number, gate in enumerate(gates, start=1):
        screen.tell(f"{number}  {gate.text}", "  ")
    while True:
        typed = screen.ask("Their numbers (1 3), or Enter for none").replace(",", " ").split()
        known = {str(number): gate.id for number, gate in enumerate(gates, start=1)}
        if known.keys() >= set(typed):
            return tuple(gate for number, gate in known.items() if number in typed)
        screen.tell(f"{' '.join(typed)!r} is no list of numbers from 1 to {len(gates)}.")


def show_result(interview: Interview, given: Score, screen: Screen) -> None:
    """Show the level, and write the scorecard beside the attempt as HTML and Markdown."""
    asked = content.question(interview.question)
    mean, effective = score.weighted_mean(given, asked.weights), given.effective()
    names = {one.id: one.name for one in content.dimensions()}
    screen.title("The result")
    screen.tell(f"Level: {score.level(given, asked)} (weighted mean {mean:.1f} of 4). You sat for: {interview.target}.")
    if given.gates:
        screen.tell(f"Capped at mid by: {', '.join(given.gates)}.")
    for dimension, reached in effective.items():
        screen.tell(f"{dimension} {names[dimension]:<32} {'█' * reached * 4:<16} {reached}", "  ")
    write_card(interview, screen)


def write_card(interview: Interview, screen: Screen) -> None:
    """Write the scorecard beside the attempt as HTML and Markdown, and say where."""
    from mlpipe.interview.scorecard import write_scorecard  # reads results: not at the start

    try:
        *_, (page, text) = write_scorecard(interview)
    except (OSError, ValueError) as error:
        screen.tell(f"\nThe scorecard could not be made: {error}")
    else:
        screen.tell(f"\nScorecard, to open in a browser and to print:\n{page}\nThe same as text:\n{text}")
