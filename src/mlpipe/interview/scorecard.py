"""The scorecard: one printed page of HTML, and the same as Markdown. Nothing is loaded, no script runs."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path

from mlpipe import paths
from mlpipe.course.record import PRIVATE, write
from mlpipe.interview import content, findings, hearing, rater, store
from mlpipe.interview.cold import ColdAnswer, cold_answer
from mlpipe.interview.content import Question, minutes, sentence
from mlpipe.interview.engine import Interview
from mlpipe.interview.evidence import Graded, built, collect_evidence
from mlpipe.interview.findings import Shown
from mlpipe.interview.hearing import squeezed
from mlpipe.interview.rater import Opinion
from mlpipe.interview.score import GATED, LEVELS, Score, compare, from_event, level, weighted_mean, weights_for
from mlpipe.interview.views import render

ATTEMPTS = 12  # how many fit on the page
LEFT = 3  # concepts that were not heard in one thing to do
LESSONS = 2  # that train them
SHOWN = {name: name for name in LEVELS} | {"below": "below junior"}


@dataclass(frozen=True)
class Row:
    """A dimension: its levels by three raters, the `sentence` that shows it, all that was found, what was not heard."""

    name: str
    weight: int
    reached: int
    observed: int
    peer: int | None
    second: int | None
    second_quote: str
    sentence: str
    unwritten: bool  # the sentence is not in the notes: it was spoken
    found: Sequence[Shown]
    missing: Sequence[str]


def write_scorecard(interview: Interview, base: str | None = None) -> tuple[str, str, tuple[Path, Path]]:
    """Make the scorecard of a scored attempt, keep it beside the attempt, and return HTML, Markdown and both paths.

    Numbers are checked against what the learner has measured by now. Files that cannot be read are named in it. With
    `base` the page that is returned, not the one that is kept, has links for another place (see `scorecard`). Raises
    ValueError for an attempt without a score, OSError when the folder cannot be written.
    """
    scores = {event["peer"]: from_event(event) for event in interview.scores}
    if not scores:
        raise ValueError(f"the attempt {interview.attempt_id} has no score yet: score it first")
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
        findings.graded(interview, collect_evidence()),
        [one for one in read if one.scores],
        cold=cold,
        peer=scores.get(True) if False in scores else None,
        second=rater.opinion(interview),
        agreement=rater.agreement(),
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
    second: Opinion | None = None,
    agreement: str = "",
    base: str | None = None,
    problems: Sequence[str] = (),
) -> tuple[str, str]:
    """The scorecard as a page of HTML and as Markdown.

    `history` are scored attempts at the same question, oldest first, with or without this one; `second` is the opinion
    of a second rater, `agreement` how often you agree with it; `base` is put before links to lessons, such as "" inside
    a notebook (by default they lead to the pages or notebooks of this course); `problems` are sentences to pass on to
    the learner.
    """
    asked, this, target = interview.content, interview.attempt_id, interview.target
    means, left_out = _means(history, asked.weights)
    mean, reached = weighted_mean(score, asked.weights), level(score, asked)
    remarks = [f"Attempts that are not on the line, because their scores are incomplete: {left_out}."] * bool(left_out)
    if peer:
        gap = re.sub(r"D\d", lambda found: content.NAMES[found[0]], compare(score, peer))
        remarks.append(f"Your peer's score: {level(peer, asked)}. {gap}")
    if second:
        remarks += [second.problem] if second.problem else []
        remarks += [sentence("rater.dropped", count=second.dropped)] if second.levels and second.dropped else []
    remarks += [one for one in (agreement, hearing.language_problem(interview.said)) if one]
    notes = [(phase.title, interview.notes.get(phase.id, "")) for phase in asked.phases]
    notes += [(one.ask, interview.answers.get(one.id, "")) for one in interview.dealt_followups]
    there = LEVELS.index(reached) >= LEVELS.index(target)
    absent, hurt = findings.not_heard(interview), findings.hurt(interview)
    pace = findings.pace(interview)
    values = {
        "interview": interview,
        "asked": asked,
        "score": score,
        "level": SHOWN[reached],
        "mean": mean,
        "above": findings.above(interview, score.levels, score.sentences, bool(peer) or _by_peer(interview)),
        "verdict": f"You sat for {target}{', and you are there' if there else ''}.",
        "rows": _rows(interview, score, peer, second, absent),
        "peer": peer,
        "second": second if second and second.levels else None,
        "goal": LEVELS.index(target),
        "pace": pace,
        "longest": max(max(one.used, one.plan) for one in pace),
        "hurt": hurt,
        "no_hurt": sentence("card.nothing_hurt" if interview.dealt else "card.nothing_asked"),
        "told": findings.topics(interview),
        "asked_facts": [(one["text"], one["reply"]) for one in interview.asked],
        "contradictions": findings.contradictions(interview),
        "quotes": quotes,
        "uttered": findings.numbers(interview),
        "notes": [(title, text.strip()) for title, text in notes if text.strip()],
        "cold": cold,
        "cold_level": SHOWN[level(cold.score, asked)] if cold and cold.score else "not scored",
        "before": findings.count(interview.question, cold.text) if cold else None,
        "now": findings.count(interview.question, interview.said),
        "steps": [
            (text, [_link(one, base) for one in lessons])
            for text, lessons in _steps(score, asked, quotes, target, absent)
        ],
        "history": ([one for one in means if one[0] != this] + [(this, mean)])[-ATTEMPTS:],
        "recordings": _recordings(interview) if base is None else [],  # a page of JupyterLab opens no file
        "remarks": remarks,
        "problems": list(problems),
    }
    page, text = render("scorecard.html", **values), render("scorecard.md", **values).rstrip("\n") + "\n"
    return _writable(page), _writable(text)


def _by_peer(interview: Interview) -> bool:
    """Whether somebody who has listened gave a score."""
    return any(event["peer"] for event in interview.scores)


def _writable(text: str) -> str:
    """Text as a file can hold it: half a sign, which another program may have left, becomes a question mark."""
    return text.encode("utf-8", "replace").decode()


def _rows(
    interview: Interview,
    score: Score,
    peer: Score | None,
    second: Opinion | None,
    absent: Mapping[str, Sequence[str]],
) -> list[Row]:
    """The scored dimensions, in order."""
    names, found = findings.concept_names(interview.question), findings.said_in(interview).sentences
    said = squeezed(interview.said)
    effective, weights = score.effective(), weights_for(score, interview.content.weights)
    theirs = peer.effective() if peer else {}
    made = []
    for one in content.dimensions():
        if one.id in effective:
            there = found[one.id]
            shows = score.sentences.get(one.id) or (there[0].sentence if there else "")
            row = Row(
                name=one.name,
                weight=weights[one.id],
                reached=effective[one.id],
                observed=score.levels[one.id],
                peer=theirs.get(one.id),
                second=second.levels.get(one.id) if second else None,
                second_quote=second.quotes.get(one.id, "") if second else "",
                sentence=shows,
                unwritten=squeezed(shows) not in said,
                found=there,
                missing=[names[id] for id in absent[one.id]],
            )
            made.append(row)
    return made


def _recordings(interview: Interview) -> list[tuple[str, str]]:
    """The recordings that are kept beside the attempt: when each begins, and where it is."""
    return [
        (sentence("card.recording", at=minutes(one.start)), one.path.as_uri()) for one in store.recordings(interview)
    ]


def _means(history: Sequence[Interview], weights: Mapping[str, int]) -> tuple[list[tuple[str, float]], int]:
    """The weighted mean of each scored attempt, by its last self-score, and how many scores cannot be read."""
    means, left_out = [], 0
    for attempt in history:
        try:
            means += [(attempt.attempt_id, weighted_mean(from_event(one), weights)) for one in attempt.own_scores[-1:]]
        except ValueError:  # a part of the dimensions only
            left_out += 1
    return means, left_out


def _steps(
    score: Score, asked: Question, quotes: Sequence[Graded], target: str, absent: Mapping[str, Sequence[str]]
) -> list[tuple[str, Sequence[str]]]:
    """Three things to do next: clear a gate, back a number, then the dimensions that cost most points to the target.

    A dimension's lessons are those of what was not heard in it, else its own, without those of the other question.
    """
    concepts = {one.id: one for one in content.concepts(asked.name)}
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
                left = [concepts[id] for id in absent[one.id]][:LEFT]
                text = f"{one.name}, from {names[now]} to {names[now + 1]}. "
                text += f"Not heard: {', '.join(each.name for each in left)}. " if left else ""
                text += one.levels[now]
                train = list(dict.fromkeys(lesson for each in left for lesson in each.lessons)) or list(one.lessons)
                fitting = [lesson for lesson in train if lesson not in content.RULES["elsewhere"][asked.name]]
                steps.append((text, (fitting or train)[:LESSONS]))
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
