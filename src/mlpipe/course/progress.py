"""How far a reader has come: what the record keeps of lessons, exercises, guesses and interviews, in one picture.

`mark_lesson` and `mark_exercise` write their part of it, for a reader only: not where outputs are stored. It stays on
this machine; `forget` removes it.
"""

from __future__ import annotations

import re
from collections import Counter
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import mlpipe
from mlpipe.course.boxes import NEUTRAL, box, lives, prose, render, show
from mlpipe.course.definition import definitions
from mlpipe.course.record import change_record, locked, read_record, update_record
from mlpipe.paths import FILES, call, home

PARTS = {  # number of a part's first lesson -> its name
    0: "Frame the problem",
    4: "The recommender",
    8: "Click-through rate",
    12: "Deep models and the system",
    18: "The interview",
}
TRAPS = "Traps"  # the part of those whose number begins with t, after all lessons
KEPT = ("lessons", "exercises", "guesses", "claims")  # folders of the record that `forget` empties
OTHERS = ("interviews", "cold_answers", "drills", "peer_scores")  # and those that it leaves
NOTHING = "Your progress stands here when you have run a lesson. It is kept on this machine only."
VERDICTS = ("right", "near", "off")
_noted: set[tuple[str, str]] = set()  # (lesson, what) that this kernel has written


def part_of(number: str) -> str:
    """The part of the course that a lesson belongs to: by "05", "t1"."""
    return TRAPS if number.startswith("t") else PARTS[max(first for first in PARTS if first <= int(number))]


def mark_lesson(number: str, what: str = "begun") -> None:
    """Note that the reader has "begun" a lesson, or "read" it to its end."""
    if lives() and (number, what) not in _noted:
        _noted.add((number, what))
        try:
            update_record(home() / "lessons" / f"{number}.json", what, {"when": _now(), "version": mlpipe.__version__})
        except OSError:  # a claim or a guess tells it
            return


def mark_exercise(id: str, state: str, misconception: str | None) -> None:
    """Note what a check found: how often it was tried, which misconceptions came up, and whether it was ever solved."""
    if not lives() or state == "not attempted":
        return
    number = id.partition(".")[0]
    mark_lesson(number)
    try:
        with change_record(home() / "exercises" / f"{number}.json") as entries:
            entry = _entry(entries.get(id))
            entry["tries"] += 1
            entry["solved"] |= state == "correct"
            if misconception:
                entry["misconceptions"][misconception] = entry["misconceptions"].get(misconception, 0) + 1
            entries[id] = entry | {"when": _now(), "version": mlpipe.__version__}
    except OSError:  # the check itself is what the reader asked for
        return


def _entry(found: Any) -> dict[str, Any]:
    """The entry of an exercise, whole also where the record is damaged."""
    found = found if isinstance(found, dict) else {}
    names = found.get("misconceptions")
    names = {name: n for name, n in names.items() if isinstance(n, int)} if isinstance(names, dict) else {}
    tries = found.get("tries")
    return {
        "tries": tries if isinstance(tries, int) else 0,
        "solved": found.get("solved") is True,
        "misconceptions": names,
    }


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="seconds")


@dataclass
class Lesson:
    """What is known of one lesson: `state` is "read", "begun" or "not begun"; exercises are "solved", "tried" or ""."""

    number: str
    name: str  # of its folder and notebook
    title: str
    state: str = "not begun"
    exercises: dict[str, str] = field(default_factory=dict)

    @property
    def solved(self) -> int:
        """How many of its exercises are solved."""
        return list(self.exercises.values()).count("solved")

    @property
    def words(self) -> str:
        """All of it in a line."""
        found = f"{self.number} {self.title}: {self.state}"
        n = len(self.exercises)
        return found + (f", {self.solved} of {n} exercise{'s' * (n > 1)} solved" if n else "")


@dataclass
class Progress:
    """What the reader's record says: lessons by part, misconceptions of what is not solved, guesses, interviews."""

    parts: dict[str, list[Lesson]]
    misconceptions: list[tuple[str, str]]  # (exercise, name in words)
    guesses: Counter[str]  # of VERDICTS, and "open"
    interviews: list[dict[str, Any]]  # question, state, level: the last at the end

    @property
    def lessons(self) -> list[Lesson]:
        """All lessons and traps in their order."""
        return [one for lessons in self.parts.values() for one in lessons]

    @property
    def empty(self) -> bool:
        """Whether nothing was done yet."""
        begun = any(one.state != "not begun" or any(one.exercises.values()) for one in self.lessons)
        return not (begun or self.guesses or self.interviews)


def collect() -> Progress:
    """Read the record; what is damaged or missing there counts as not done."""
    parts: dict[str, list[Lesson]] = {}
    misconceptions = []
    guesses: Counter[str] = Counter()
    for name, title in _titles().items():
        number = name.partition("_")[0]
        one = Lesson(number, name, title)
        noted = read_record(home() / "lessons" / f"{number}.json")
        one.state = next((what for what in ("read", "begun") if what in noted), one.state)
        tried = read_record(home() / "exercises" / f"{number}.json")
        for id in (each.id for each in definitions(number)):
            entry = _entry(tried.get(id))
            one.exercises[id] = "solved" if entry["solved"] else "tried" if entry["tries"] else ""
            if one.exercises[id] == "tried":
                misconceptions += [(id, wrong.replace("_", " ")) for wrong in entry["misconceptions"]]
        for entry in read_record(home() / "guesses" / f"{number}.json").values():
            verdict = entry.get("verdict") if isinstance(entry, dict) else None
            guesses[verdict if verdict in VERDICTS else "open"] += 1
        parts.setdefault(part_of(number), []).append(one)
    return Progress(parts, misconceptions, guesses, _interviews())


def _titles() -> dict[str, str]:
    """The titles of all lessons and traps by the names of their folders, in their order."""
    found = {}
    for pattern in ("[0-9][0-9]_*/lesson.py", "traps/t[0-9]*_*/lesson.py"):
        for path in sorted(
            (FILES / "lessons").glob(pattern), key=lambda one: (len(one.parent.name.partition("_")[0]), one)
        ):
            title = re.search(r"^# # (.+)$", path.read_text(encoding="utf-8"), re.MULTILINE)
            found[path.parent.name] = title[1].strip() if title else path.parent.name
    return found


def _interviews() -> list[dict[str, Any]]:
    """What the interview says of each attempt in its file; of older files only that they are there."""
    paths = sorted((home() / "interviews").glob("*/*.json"), key=lambda path: path.name)  # by their time
    found = [(path, read_record(path)) for path in paths if "." not in path.stem]
    summaries = [(path, data.get("summary")) for path, data in found if data]
    known = [(path, summary if isinstance(summary, dict) else {}) for path, summary in summaries]
    return [
        {"question": path.parent.name, "level": str(summary.get("level") or "").replace("below", "below junior")}
        for path, summary in known
    ]


def next_step(known: Progress) -> str:
    """What to do next: what was begun first, then the exercises of what was read, the next lesson, the interview."""
    lessons = known.lessons
    for one in lessons:
        tried = [id for id, state in one.exercises.items() if state == "tried"]
        if one.state != "not begun" and tried:
            return f"try {tried[0]} again in {one.number} {one.title}; its .hint() says more each time"
    for one in lessons:
        if one.state == "begun" and part_of(one.number) != TRAPS:
            return f"go on with {one.number} {one.title}"
    for one in lessons:
        core = [each.id for each in definitions(one.number) if each.core and not one.exercises[each.id]]
        if one.state == "read" and core:
            return f"solve {core[0]}, the core exercise of {one.number} {one.title}"
    for one in lessons:
        done = one.state == "read" or (part_of(one.number) == TRAPS and one.solved == len(one.exercises))
        if not done:
            return f"open {one.number} {one.title}"
    if not any(each["level"] for each in known.interviews):
        return f"sit the interview and score it: {call('interview')}"
    return f"sit the interview again, on another product: {call('interview')}"


def summary(known: Progress) -> list[str]:
    """What the picture does not show, in sentences."""
    states = Counter(state for one in known.lessons for state in one.exercises.values())
    told = [f"Exercises: {states['solved']} of {states.total()} solved, {states['tried']} tried."]
    if known.misconceptions:
        names = "; ".join(f"{name} ({id})" for id, name in known.misconceptions[:5])
        told.append(f"Came up in what is not solved yet: {names}.")
    if known.guesses:
        counts = [f"{known.guesses[word]} {word}" for word in VERDICTS if known.guesses[word]]
        told.append(f"Guesses: {', '.join([f'{known.guesses.total()} taken', *counts])}.")
    if known.interviews:
        n, scored = len(known.interviews), [one for one in known.interviews if one["level"]]
        last = f"; the last score: {scored[-1]['level']} ({scored[-1]['question']})" if scored else "; none scored yet"
        told.append(f"Interviews: {n} sat{last}.")
    return [*told, f"Next: {next_step(known)}."]


def as_text(known: Progress, signs: str = "█▒░") -> str:
    """The picture for a terminal: a sign a lesson, read, begun or not begun."""
    if known.empty:
        return NOTHING
    width = max(map(len, known.parts))
    most = max(map(len, known.parts.values()))
    lines = [f"Your progress ({signs[0]} read, {signs[1]} begun, {signs[2]} not begun)"]
    for part, lessons in known.parts.items():
        bar = "".join(signs[("read", "begun", "not begun").index(one.state)] for one in lessons)
        solved, n = sum(one.solved for one in lessons), sum(len(one.exercises) for one in lessons)
        span = f"{lessons[0].number}-{lessons[-1].number}"
        lines.append(f"  {part:<{width}}  {span:<6}  {bar:<{most}}  {solved:>2} of {n:>2} exercises solved")
    return "\n".join([*lines, *summary(known)])


def progress() -> None:
    """Show how far you have come: lessons, exercises, guesses, interviews, and what to do next.

    It is read from your own record on this machine; `mlpipe progress` shows it in a terminal.

    Examples
    --------
    >>> progress()
    Your progress stands here when you have run a lesson. It is kept on this machine only.
    """
    known = collect() if lives() else None
    if known is None or known.empty:  # where outputs are stored every runner's is the same
        show(box(NEUTRAL, prose(NOTHING)), NOTHING, {})
        return
    marks = {"solved": "●", "tried": "◐", "": "○"}
    show(render("progress.html", colour=NEUTRAL, known=known, marks=marks, lines=summary(known)), as_text(known), {})


def forget() -> list[Path]:
    """Remove what the record keeps of lessons, exercises, guesses and claims: the files that are gone.

    Interviews, with their recordings and scorecards, cold answers and drills stay. Raises OSError for a file that
    cannot be removed.
    """
    removed = []
    for path in kept_files():
        with locked(path.parent):
            path.unlink(missing_ok=True)
            removed.append(path)
    _noted.clear()
    return removed


def kept_files(folders: tuple[str, ...] = KEPT) -> list[Path]:
    """The files of the record in these folders."""
    found = [path for name in folders for path in (home() / name).rglob("*") if path.is_file() and path.name != ".lock"]
    return sorted(found)
