"""The drill in a terminal: ten follow-ups, your answer, the model answer, your own mark."""

from __future__ import annotations

from datetime import UTC, datetime

from mlpipe.course.record import update_record
from mlpipe.interview import content, store
from mlpipe.interview.content import DIMENSIONS, NAMES, sentence
from mlpipe.interview.screen import Screen
from mlpipe.paths import home

LENGTH = 10
MARKS = ("0", "1", "2")  # missed, in part, all of it


def drill(question: str, seed: int, target: str, screen: Screen) -> None:
    """Deal follow-ups up to the level `target`, on what your last score shows as weakest first, and keep the marks.

    They are kept after each answer in $MLPIPE_HOME/drills/<question>.json. Raises EOFError or KeyboardInterrupt when
    the learner leaves, ValueError for an unknown question or level.
    """
    asked, weak = content.question(question), store.weakest(question)
    dealt = content.draw_followups(question, seed, weakest=weak, level=target, n=LENGTH)
    path = home() / "drills" / f"{question}.json"
    started = datetime.now(UTC).isoformat(timespec="microseconds")
    done: list[dict[str, str]] = []
    screen.title(f"Drill: {asked.title}")
    first = sentence("drill.first", dimension=weak, name=NAMES[weak]) if weak else ""
    screen.say("drill.welcome", count=len(dealt), target=target, first=first, seed=seed)
    try:
        for number, one in enumerate(dealt, start=1):
            about = f"{one.phase} · {one.level} · {one.dimension} {NAMES[one.dimension]}"
            screen.tell(f"\n{number} of {len(dealt)} · {about}")
            screen.tell(f"“{one.ask}”")
            lines = []
            while line := screen.ask("answer").strip():
                lines.append(line)
            shown = [one.answer]
            if one.prove:
                shown.append(sentence("drill.number", claim=one.prove, lesson=one.prove[:2]))
            if one.card:
                shown.append(sentence("drill.card", **content.by_id("card", one.card, asked.cards)._asdict()))
            screen.points(shown)
            while (mark := screen.ask("Said it? 0 missed, 1 in part, 2 all of it").strip()) not in MARKS:
                screen.tell("Type 0, 1 or 2.")
            done.append({"followup": one.id, "dimension": one.dimension, "mark": mark, "answer": "\n".join(lines)})
            try:
                update_record(path, started, {"seed": seed, "target": target, "marks": done})
            except OSError as error:
                screen.say("drill.not_saved", path=path, why=error.strerror)
    except (EOFError, KeyboardInterrupt):
        screen.say("drill.stopped", done=len(done), count=len(dealt), path=path)
        raise
    screen.title("The drill is over")
    for dimension in DIMENSIONS:
        if marks := [int(one["mark"]) for one in done if one["dimension"] == dimension]:
            screen.tell(f"  {dimension} {NAMES[dimension]:<32} {sum(marks)} of {2 * len(marks)}")
    if missed := [one for one, kept in zip(dealt, done, strict=True) if kept["mark"] == "0"]:
        screen.tell("Look at these again:")
        screen.points(f"{one.ask} {one.answer}" for one in missed)
    screen.say("drill.end", path=path, seed=seed + 1)
