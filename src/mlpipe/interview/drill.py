"""The drill in a terminal: ten follow-ups, your answer, the model answer, your own mark."""

from __future__ import annotations

from datetime import UTC, datetime

from mlpipe.course.record import update_record
from mlpipe.interview import content, store
from mlpipe.interview.content import DIMENSIONS
from mlpipe.interview.screen import Screen
from mlpipe.paths import home

LENGTH = 10
MARKS = {"0": "missed", "1": "in part", "2": "all of it"}


def drill(question: str, seed: int, target: str, screen: Screen) -> None:
    """Deal follow-ups up to the level `target`, on what your last score shows as weakest first, and keep the marks.

    They are kept after each answer in $MLPIPE_HOME/drills/<question>.json. Raises EOFError or KeyboardInterrupt when
    the learner leaves, ValueError for an unknown question or level.
    """
    asked = content.question(question)
    names = {one.id: one.name for one in content.dimensions()}
    weak = store.weakest(question)
    dealt = content.draw_followups(question, seed, weakest=weak, level=target, n=LENGTH)
    path = home() / "drills" / f"{question}.json"
    started = datetime.now(UTC).isoformat(timespec="microseconds")
    done: list[dict[str, str]] = []
    screen.title(f"Drill: {asked.title}")
    first = f", first on your weakest dimension, {weak} {names[weak]}" if weak else ""
    screen.tell(
        f"{len(dealt)} follow-ups up to the level {target}{first}. Answer aloud and in a line or more, as short as you "
        f"can; an empty line shows the model answer. Seed {seed}."
    )
    try:
        for number, one in enumerate(dealt, start=1):
            screen.tell(
                f"\n{number} of {len(dealt)} · {one.phase} · {one.level} · {one.dimension} {names[one.dimension]}"
            )
            screen.tell(f"“{one.ask}”")
            lines = []
            while line := screen.ask("answer").strip():
                lines.append(line)
            screen.tell(f"- {one.answer}", "  ")
            if one.prove:
                screen.tell(f"- Prove it with a number: claim {one.prove}, lesson {one.prove[:2]}.", "  ")
            if one.card:
                card = asked.card(one.card)
                screen.tell(f"- And if this changes? {card.title}: {card.text}", "  ")
            while (mark := screen.ask("Said it? 0 missed, 1 in part, 2 all of it").strip()) not in MARKS:
                screen.tell("Type 0, 1 or 2.")
            done.append({"followup": one.id, "dimension": one.dimension, "mark": mark, "answer": "\n".join(lines)})
            try:
                update_record(path, started, {"seed": seed, "target": target, "marks": done})
            except OSError as error:
                screen.tell(
                    f"Not saved: {path} cannot be written ({error.strerror}). Set MLPIPE_HOME to a folder of yours."
                )
    except (EOFError, KeyboardInterrupt):
        screen.tell(f"\nStopped after {len(done)} of {len(dealt)}. The marks so far are in {path}.")
        raise
    screen.title("The drill is over")
    for dimension in DIMENSIONS:
        marks = [int(one["mark"]) for one in done if one["dimension"] == dimension]
        if marks:
            screen.tell(f"{dimension} {names[dimension]:<32} {sum(marks)} of {2 * len(marks)}", "  ")
    if missed := [one for one, kept in zip(dealt, done, strict=True) if kept["mark"] == "0"]:
        screen.tell("Look at these again:")
    for one in missed:
        screen.tell(f"- {one.ask} {one.answer}", "  ")
    screen.tell(f"Marks kept in {path}. Another ten: --seed {seed + 1}.")
