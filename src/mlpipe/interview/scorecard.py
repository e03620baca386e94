"""The scorecard: one printed page of HTML, and the same as Markdown. Nothing is loaded, no script runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from mlpipe import paths
from mlpipe.course.record import PRIVATE, write
from mlpipe.interview import content, store
from mlpipe.interview.cold import ColdAnswer, cold_answer
from mlpipe.interview.content import Question
from mlpipe.interview.engine import Interview
from mlpipe.interview.evidence import Graded, Quote, built, collect_evidence, grade_quote
from mlpipe.interview.score import GATED, LEVELS, Score, compare, from_event, level, weighted_mean, weights_for
from mlpipe.interview.views import render

ATTEMPTS = 12  # how many fit on the page
SHOWN = {name: name for name in LEVELS} | {"below": "below junior"}


def write_scorecard(interview: Interview, base: str | None = None) -> tuple[str, str, tuple[Path, Path]]:
    """Make the scorecard of a scored attempt, keep it beside the attempt, and return HTML, Markdown and both paths.

    Numbers are checked against what the learner has measured by now. Files that cannot be read are named in it. With
    `base` the page that is returned, not the one that is kept, has links for another place (see `scorecard`). Raises
    ValueError for an attempt without a score, OSError when the folder cannot be written.
    """
    scores = {event["peer"]: from_event(event) for event in interview.scores}
    if not scores:
        raise ValueError(f"the attempt {interview.attempt_id} has no score yet: score it first")
    evidence = collect_evidence()
    read, problems = store.attempts(interview.question)
    cold = None
    try:
        cold = cold_answer(interview.question)
    except ValueError as error:
        problems = [*problems, str(error)]
    make = partial(
        scorecard,
        interview,
        scores[min(scores)],  # your own before a peer's
        [grade_quote(Quote(**quote), evidence) for quote in interview.quotes],
        [one for one in read if one.scores],
        cold=cold,
        peer=scores.get(True) if False in scores else None,
        problems=problems,
    )
    page, text = make()
    path = store.folder(interview.question) / f"{interview.attempt_id}.html"
    write(path, page, PRIVATE)
    write(path.with_suffix(".md"), text, PRIVATE)
    return page if base is None else make(base=base)[0], text, (path, path.with_suffix(".md"))


def scorecard(
    interview: Interview,
    score: Score,
    quotes: Sequence[Graded] = (),
    history: Sequence[Interview] = (),
    *,
    cold: ColdAnswer | None = None,
    peer: Score | None = None,
    base: str | None = None,
    problems: Sequence[str] = (),
) -> tuple[str, str]:
    """The scorecard as a page of HTML and as Markdown.

    `history` are scored attempts at the same question, oldest first, with or without this one; `base` is put before
    links to lessons, such as "" inside a notebook (by default they lead to the pages or notebooks of this course);
    `problems` are sentences to pass on to the learner.
    """
    asked, this, target = interview.content, interview.attempt_id, interview.target
    means, left_out = _means(history, asked.weights)
    mean, reached = weighted_mean(score, asked.weights), level(score, asked)
    remarks = [f"Attempts that are not on the line, because their scores are incomplete: {left_out}."] * bool(left_out)
    if peer:
        gap = re.sub(r"D\d", lambda found: content.NAMES[found[0]], compare(score, peer))
        remarks.append(f"Your peer's score: {level(peer, asked)}. {gap}")
    notes = [(phase.title, interview.notes.get(phase.id, ""), True) for phase in asked.phases]
    notes += [(one.ask, interview.answers.get(one.id, ""), False) for one in interview.dealt_followups]
    there = LEVELS.index(reached) >= LEVELS.index(target)
    values = {
        "interview": interview,
        "asked": asked,
        "score": score,
        "level": SHOWN[reached],
        "mean": mean,
        "verdict": f"You sat for {target}{', and you are there' if there else ''}.",
        "reached": score.effective(),
        "weights": weights_for(score, asked.weights),
        "goal": LEVELS.index(target),
        "quotes": quotes,
        "notes": [(title, text.strip(), is_phase) for title, text, is_phase in notes if text.strip()],
        "cold": cold,
        "cold_level": SHOWN[level(cold.score, asked)] if cold and cold.score else "not scored",
        "steps": [
            (text, [_link(one, base) for one in lessons]) for text, lessons in _steps(score, asked, quotes, target)
        ],
        "history": ([one for one in means if one[0] != this] + [(this, mean)])[-ATTEMPTS:],
        "remarks": remarks,
        "problems": list(problems),
    }
    return render("scorecard.html", **values), render("scorecard.md", **values).rstrip("\n") + "\n"


def _means(history: Sequence[Interview], weights: Mapping[str, int]) -> tuple[list[tuple[str, float]], int]:
    """The weighted mean of each scored attempt, by its last self-score, and how many scores cannot be read."""
    means, left_out = [], 0
    for attempt in history:
        try:
            means += [(attempt.attempt_id, weighted_mean(from_event(one), weights)) for one in attempt.own_scores[-1:]]
        except ValueError:  # a part of the dimensions only
            left_out += 1
    return means, left_out


def _steps(score: Score, asked: Question, quotes: Sequence[Graded], target: str) -> list[tuple[str, Sequence[str]]]:
    """Three things to do next: clear a gate, back a number, then the dimensions that cost most points to the target."""
    gates = [gate for gate in asked.gates if gate.id in score.gates]
    steps: list[tuple[str, Sequence[str]]] = [
        (f"Clear what caps you at {GATED}. {gate.text}", gate.lessons) for gate in gates[:1]
    ]
    if not any(quote.counts for quote in quotes):
        lessons = (quotes[0].quote.claim[:2],) if quotes and quotes[0].check.evidence else ("01",)
        text = "Back one number: measure it, then say it with its data, split, interval and why it may not transfer."
        steps.append((text, lessons))
    effective, weights, names = score.effective(), weights_for(score, asked.weights), content.POINTS
    for aim in range(LEVELS.index(target), 5):  # who has reached the target aims higher
        below = [one for one in content.dimensions() if effective.get(one.id, aim) < aim]
        below.sort(key=lambda one: -weights[one.id] * (aim - effective[one.id]))
        for one in below:
            now = effective[one.id]
            if not any(known.startswith(f"{one.name}, ") for known, _ in steps):
                text = f"{one.name}, from {names[now]} to {names[now + 1]}: {one.levels[now]}"
                steps.append((text, one.lessons))
    return [*steps, *((text, ()) for text in content.RULES["next"])][:3]


def _link(lesson: str, base: str | None) -> tuple[str, str]:
    """A lesson's name and where it is: its page if there is one, else its notebook, or "" before it is written."""
    notebooks = sorted((paths.FILES / "notebooks").glob(f"{lesson}_*.ipynb"))
    if not notebooks:
        return f"lesson {lesson}", ""
    name = notebooks[0].stem
    page = built() / "html" / f"{name}.html"
    target = page.as_uri() if page.exists() else notebooks[0].as_uri()
    return name.replace("_", " "), target if base is None else f"{base}{notebooks[0].name}"
