"""The scorecard: one printed page of HTML, and the same as Markdown. Nothing is loaded, no script runs."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

from mlpipe.course.boxes import BAD, NEUTRAL
from mlpipe.course.record import PRIVATE, write
from mlpipe.interview import content, store
from mlpipe.interview.content import Question
from mlpipe.interview.engine import Interview, minutes
from mlpipe.interview.evidence import ROOT, Graded, Quote, collect_evidence, grade_quote
from mlpipe.interview.score import (
    BANDS,
    GATED,
    LEVELS,
    ColdAnswer,
    Score,
    cold_answer,
    compare,
    from_event,
    level,
    weighted_mean,
    weights_for,
)

MISSING = "missing"  # a level of 0 in one dimension
GATE_LESSONS = {  # which lessons repair a failed gate
    "no_question": ("00", "01"),
    "split_unsaid": ("04",),
    "no_baseline": ("01", "05"),
    "unshown_negative": ("02", "05"),
    "no_number": ("01", "04"),
    "reweighted_probability": ("09", "10"),
}
CLIP = {"cold": 300, "notes": 110, "short": 50, "cell": 44}  # letters; the whole text follows on the screen
QUOTES, ATTEMPTS = 4, 12  # how many fit on the page
LATE = 30  # seconds over the plan that are worth a remark

Link = tuple[str, str]  # what it says, where it leads ("" for nowhere yet)


@dataclass(frozen=True)
class Card:
    """All that a scorecard says, before it becomes HTML or Markdown."""

    title: str
    attempt: str
    target: str
    level: str
    mean: float
    mode: str
    gates: tuple[str, ...]
    dimensions: tuple[tuple[str, int, int, bool], ...]  # name, weight, level that counts, whether a hint lowered it
    phases: tuple[tuple[str, float, float], ...]  # title, seconds used, seconds planned
    quotes: tuple[Graded, ...]
    notes: tuple[tuple[str, str], ...]  # title of the phase or question, what was written
    cold: ColdAnswer | None
    cold_level: str
    steps: tuple[tuple[str, tuple[Link, ...]], ...]
    history: tuple[tuple[str, float], ...]  # attempt, weighted mean
    remarks: tuple[str, ...]
    problems: tuple[str, ...]


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
        interview.to_dict(),
        scores[min(scores)],  # your own before a peer's
        [grade_quote(Quote(**quote), evidence) for quote in interview.quotes],
        [one.to_dict() for one in read if one.scores],
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
    attempt: Mapping[str, Any],
    score: Score,
    quotes: Sequence[Graded] = (),
    history: Sequence[Mapping[str, Any]] = (),
    *,
    cold: ColdAnswer | None = None,
    peer: Score | None = None,
    base: str | None = None,
    problems: Sequence[str] = (),
) -> tuple[str, str]:
    """The scorecard as a page of HTML and as Markdown.

    `attempt` is an interview's `to_dict()`; `score` is what it was given; `quotes` are graded; `history` are scored
    attempts at the same question, oldest first, with or without this one; `cold` is the answer from before the course;
    `peer` is a second score to compare with; `base` is put before links to lessons, such as "" inside a notebook (by
    default they lead to the pages or notebooks of this checkout); `problems` are sentences to pass on to the learner.

    Raises ValueError for an attempt that is none.
    """
    card = _card(attempt, score, quotes, history, cold, peer, base, problems)
    return _html(card), _markdown(card)


# What it says


def _card(
    attempt: Mapping[str, Any],
    score: Score,
    quotes: Sequence[Graded],
    history: Sequence[Mapping[str, Any]],
    cold: ColdAnswer | None,
    peer: Score | None,
    base: str | None,
    problems: Sequence[str],
) -> Card:
    interview = Interview.from_dict(dict(attempt), clock=lambda: 0.0)
    asked = content.question(interview.question)
    effective, weights = score.effective(), weights_for(score, asked.weights)
    spent = interview.seconds_by_phase()
    questions = {one.id: one.ask for one in asked.followups}
    notes = [(phase.title, interview.notes.get(phase.id, "")) for phase in asked.phases]
    notes += [(questions[id], interview.answers.get(id, "")) for id in interview.dealt]
    means, left_out = _means(history, asked.weights)
    this = interview.attempt_id
    means = [one for one in means if one[0] != this] + [(this, weighted_mean(score, asked.weights))]
    remarks = (
        [f"Attempts that are not on the line, because their scores are incomplete: {left_out}."] if left_out else []
    )
    if peer:
        names = {one.id: one.name for one in content.dimensions()}
        gap = re.sub(r"D\d", lambda found: names[found[0]], str(compare(score, peer)))
        remarks.append(f"Your peer's score: {level(peer, asked)}. {gap}")
    cold_level = _shown(level(cold.score, asked)) if cold and cold.score else ""
    return Card(
        title=asked.title,
        attempt=this,
        target=interview.target,
        level=level(score, asked),
        mean=means[-1][1],
        mode="live: five dimensions" if len(effective) == 5 else f"{len(effective)} dimensions",
        gates=tuple(gate.text for gate in asked.gates if gate.id in score.gates),
        dimensions=tuple(
            (one.name, weights[one.id], effective[one.id], effective[one.id] < score.levels[one.id])
            for one in content.dimensions()
            if one.id in effective
        ),
        phases=tuple((phase.title, spent[phase.id], float(phase.end - phase.start)) for phase in asked.phases),
        quotes=tuple(quotes),
        notes=tuple((title, text.strip()) for title, text in notes if text.strip()),
        cold=cold,
        cold_level=cold_level,
        steps=tuple(
            (text, tuple(_link(lesson, base) for lesson in lessons))
            for text, lessons in _steps(score, asked, quotes, interview.target)
        ),
        history=tuple(means[-ATTEMPTS:]),
        remarks=tuple(remarks),
        problems=tuple(problems),
    )


def _means(history: Sequence[Mapping[str, Any]], weights: Mapping[str, int]) -> tuple[list[tuple[str, float]], int]:
    """The weighted mean of each scored attempt, by its last self-score, and how many scores cannot be read."""
    means, left_out = [], 0
    for attempt in history:
        scores = [event for event in attempt["events"] if event["kind"] == "score" and not event["peer"]]
        try:
            means += [(str(attempt["attempt_id"]), weighted_mean(from_event(one), weights)) for one in scores[-1:]]
        except ValueError:  # a part of the dimensions only
            left_out += 1
    return means, left_out


def _steps(score: Score, asked: Question, quotes: Sequence[Graded], target: str) -> list[tuple[str, tuple[str, ...]]]:
    """Three things to do next: clear a gate, back a number, then the dimensions that cost most points to the target."""
    gates = [gate for gate in asked.gates if gate.id in score.gates]
    steps = [(f"Clear what caps you at {GATED}. {gate.text}", GATE_LESSONS[gate.id]) for gate in gates[:1]]
    if not any(quote.counts for quote in quotes):
        lessons = (quotes[0].quote.claim[:2],) if quotes and quotes[0].check.evidence else ("01",)
        text = "Back one number: measure it, then say it with its data, split, interval and why it may not transfer."
        steps.append((text, lessons))
    effective, weights, goal = score.effective(), weights_for(score, asked.weights), LEVELS.index(target)
    for aim in range(goal, 5):  # who has reached the target aims higher
        below = [one for one in content.dimensions() if effective.get(one.id, aim) < aim]
        below.sort(key=lambda one: -weights[one.id] * (aim - effective[one.id]))
        for one in below:
            next_level = effective[one.id] + 1
            text = (
                f"{one.name}, from {_level_name(next_level - 1)} to {LEVELS[next_level]}: {one.levels[next_level - 1]}"
            )
            if not any(known.startswith(f"{one.name}, ") for known, _ in steps):
                steps.append((text, one.lessons))
    steps += [
        ("Let a peer score this attempt blind, and talk about the three largest gaps.", ()),
        ("Sit the other question.", ()),
        ("Score the same recording again in two days.", ()),
    ]
    return steps[:3]


def _level_name(number: int, lowered: bool = False) -> str:
    return (LEVELS[number] if number else MISSING) + (" (hint)" if lowered else "")


def _link(lesson: str, base: str | None) -> Link:
    """A lesson's name and where it is: its page if there is one, else its notebook, or "" before it is written."""
    notebooks = sorted((ROOT / "notebooks").glob(f"{lesson}_*.ipynb"))
    if not notebooks:
        return f"lesson {lesson}", ""
    name = notebooks[0].stem
    page = ROOT / "build" / "html" / f"{name}.html"
    target = page.as_uri() if page.exists() else notebooks[0].as_uri()
    return name.replace("_", " "), target if base is None else f"{base}{notebooks[0].name}"


def _shown(level: str) -> str:
    return "below junior" if level == "below" else level


def _verdict(card: Card) -> str:
    if LEVELS.index(card.level) >= LEVELS.index(card.target):
        return f"You sat for {card.target}, and you are there."
    return f"You sat for {card.target}."


def _clip(text: str, letters: int) -> str:
    """The beginning of a text in one line, cut between words.

    >>> _clip("one two  three four", 12)
    'one two …'
    """
    line = " ".join(text.split())
    return line if len(line) <= letters else line[: letters - 1].rsplit(" ", 1)[0].rstrip() + " …"


def _quote_row(graded: Graded) -> tuple[str, str, str, str, str]:
    """Claim, what was said, what was measured, sign and verdict of a quote."""
    measured = graded.check.evidence
    missing = ", ".join(part.split(" (")[0] for part in graded.missing)
    verdict = "counts" if graded.counts else "holds" if graded.check.holds else "does not hold"
    if missing:
        verdict += f"; missing: {missing}"
    if not measured:
        return graded.quote.claim, str(graded.quote.number), "nothing", "✗", verdict
    return (
        graded.quote.claim,
        str(graded.quote.number),
        f"{measured.shown} ({measured.source})",
        "✓" if graded.counts else "✗",
        verdict,
    )


# HTML

STYLE = f"""
.scorecard {{ font: 13px/1.35 system-ui, sans-serif; color: #222; background: #fff; max-width: 190mm; margin: 0 auto;
  padding: 0.5em; overflow-wrap: anywhere; }}
.scorecard h1 {{ font-size: 20px; margin: 0; }}
.scorecard h2 {{ font-size: 13px; margin: 0 0 0.3em; padding-bottom: 0.1em; border-bottom: 1px solid #bbb; }}
.scorecard p {{ margin: 0.2em 0; }}
.scorecard header {{ display: flex; gap: 1.5em; align-items: center; border-bottom: 3px solid {NEUTRAL};
  padding-bottom: 0.5em; }}
.scorecard header > div:first-child {{ flex: 1; }}
.scorecard .level {{ text-align: right; }}
.scorecard .level strong {{ display: block; font-size: 30px; line-height: 1.1; }}
.scorecard section {{ margin-top: 0.8em; min-width: 0; }}
.scorecard .two {{ display: grid; grid-template-columns: minmax(0, 1fr) minmax(0, 1fr); column-gap: 1.6em; }}
.scorecard .two.left {{ grid-template-columns: minmax(0, 1.6fr) minmax(0, 1fr); }}
.scorecard .two.right {{ grid-template-columns: minmax(0, 1fr) minmax(0, 2fr); }}
.scorecard table {{ border-collapse: collapse; width: 100%; font-size: 12px; }}
.scorecard td, .scorecard th {{ padding: 1px 6px 1px 0; text-align: left; vertical-align: top; }}
.scorecard .grid td {{ white-space: nowrap; font-size: 11.5px; }}
.scorecard .quotes th:nth-child(-n+3) {{ width: 21%; }}
.scorecard svg {{ display: block; }}
.scorecard small, .scorecard .quiet {{ color: #595959; font-size: 11px; }}
.scorecard ol {{ margin: 0; padding-left: 1.4em; }}
.scorecard .good {{ color: #00694D; }} .scorecard .bad {{ color: #A84300; }}
.scorecard .good, .scorecard .bad {{ font-weight: bold; }}
.scorecard pre {{ white-space: pre-wrap; font: inherit; margin: 0.2em 0 0.8em; }}
.scorecard a {{ color: #00518A; }}
@page {{ size: A4; margin: 11mm 12mm; }}
@media print {{ .scorecard {{ font-size: 11.5px; line-height: 1.28; padding: 0; }}
  .scorecard .full, .scorecard .more {{ display: none; }}
  .scorecard section {{ break-inside: avoid; }} }}
@media screen and (max-width: 600px) {{ .scorecard .two[class] {{ grid-template-columns: minmax(0, 1fr); }} }}
"""
POLICY = "default-src 'none'; style-src 'unsafe-inline'"  # the browser itself refuses scripts and loading


def _e(text: object) -> str:
    return html.escape(str(text))


def _html(card: Card) -> str:
    gates = "".join(f'<p><span class="bad">✗</span> {_e(gate)}</p>' for gate in card.gates)
    capped = f"<p>A failed gate leaves {GATED} at most:</p>{gates}" if gates else ""
    remarks = "".join(f"<p>{_e(remark)}</p>" for remark in card.remarks)
    dimensions = "".join(_dimension(*one, target=card.target) for one in card.dimensions)
    longest = max(max(used, planned) for _, used, planned in card.phases)
    phases = "".join(_phase(*one, longest=longest) for one in card.phases)
    steps = "".join(f"<li>{_e(text)} {_anchors(links)}</li>" for text, links in card.steps)
    body = f"""
<header><div><h1>{_e(card.title)}</h1>
<p class="quiet">Mock interview {_e(_clip(card.attempt, 40))} · {_e(card.mode)}</p>
{capped}</div><div class="level"><strong>{_e(_shown(card.level))}</strong>
<span>weighted mean {card.mean:.2f} of 4</span><br><span>{_e(_verdict(card))}</span></div></header>
<div class="two"><section><h2>Dimensions <small>and weight · line: {_e(card.target)}, your target</small></h2>
<table class="grid">{dimensions}</table></section>
<section><h2>Time <small>bar: used · frame: plan</small></h2><table class="grid">{phases}</table></section></div>
<section><h2>Numbers quoted</h2>{_quotes(card)}</section>
<div class="two left"><section><h2>Next, three things</h2><ol>{steps}</ol></section>
<section><h2>Attempts at this question</h2>{_line(card)}</section></div>
<div class="two right">{_answers(card)}</div>
{f"<section>{remarks}</section>" if remarks else ""}
{_full(card)}"""
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>Scorecard: {_e(card.title)}</title>
<style>{STYLE}</style></head><body><main class="scorecard">{body}</main></body></html>
"""


def _dimension(name: str, weight: int, reached: int, lowered: bool, target: str) -> str:
    boxes = "".join(
        f'<rect x="{1 + 17 * i}" y="3" width="15" height="10" fill="{NEUTRAL if i < reached else "#E6E6E6"}"/>'
        for i in range(4)
    )
    at = 17 * LEVELS.index(target)
    return (
        f'<tr><td>{_e(name)} <span class="quiet">{weight}</span></td>'
        f'<td><svg width="70" height="16" viewBox="0 0 70 16" role="img" aria-label="{reached} of 4">{boxes}'
        f'<line x1="{at}" x2="{at}" y1="0" y2="16" stroke="#222" stroke-width="2"/></svg></td>'
        f"<td>{_level_name(reached, lowered)}</td></tr>"
    )


def _phase(title: str, used: float, planned: float, longest: float) -> str:
    scale, over = 44 / longest, used - planned > LATE
    told = f"{minutes(used)} of {minutes(planned)}"
    late = f'<span class="bad">+{minutes(used - planned)}</span>' if over else ""
    return (
        f"<tr><td>{_e(title)}</td>"
        f'<td><svg width="46" height="16" viewBox="0 0 46 16" role="img" aria-label="{told}">'
        f'<rect x="1" y="4" width="{used * scale:.1f}" height="8" fill="{BAD if over else NEUTRAL}"/>'
        f'<rect x="1" y="2" width="{planned * scale:.1f}" height="12" fill="none" stroke="#555"/></svg></td>'
        f"<td>{told}</td><td>{late}</td></tr>"
    )


def _quotes(card: Card) -> str:
    if not card.quotes:
        return "<p>No number was quoted. A strong answer has one a phase, with where it comes from.</p>"
    rows = ""
    for graded in card.quotes[:QUOTES]:
        *cells, mark, verdict = _quote_row(graded)
        told = "".join(f"<td>{_e(_clip(cell, CLIP['cell']))}</td>" for cell in cells)
        sign = f'<span class="{"good" if graded.counts else "bad"}">{mark}</span>'
        rows += f"<tr>{told}<td>{sign} {verdict}</td></tr>"
    more, counted = len(card.quotes) - QUOTES, sum(one.counts for one in card.quotes)
    tail = f"<p>and {more} more; {counted} of all {len(card.quotes)} count as evidence</p>" if more > 0 else ""
    head = "<tr><th>claim</th><th>said</th><th>measured</th><th>verdict</th></tr>"
    return f'<table class="quotes">{head}{rows}</table>{tail}'


def _line(card: Card) -> str:
    """Weighted means over the attempts as a line, with the level that begins at each height."""
    means = [mean for _, mean in card.history]
    step = 190 / max(1, len(means) - 1)
    points = [(12 + step * i, _height(mean)) for i, mean in enumerate(means)]
    bands = ""
    for least, name in BANDS:
        line = 'stroke="#222" stroke-dasharray="4 3"' if name == card.target else 'stroke="#CCC"'
        bands += f'<line x1="4" x2="212" y1="{_height(least)}" y2="{_height(least)}" {line}/>'
        bands += f'<text x="216" y="{_height(least) + 3:.1f}" font-size="9" fill="#444">{name}</text>'
    path = " ".join(f"{x:.1f},{y}" for x, y in points)
    dots = "".join(f'<circle cx="{x:.1f}" cy="{y}" r="3" fill="{NEUTRAL}"/>' for x, y in points)
    label = "first attempt" if len(means) == 1 else f"{means[0]:.2f} to {means[-1]:.2f} over {len(means)} attempts"
    return (
        f'<svg width="252" height="86" viewBox="0 0 252 86" role="img" aria-label="weighted mean, {label}">{bands}'
        f'<polyline points="{path}" fill="none" stroke="{NEUTRAL}" stroke-width="2"/>{dots}</svg>'
        f'<p class="quiet">Weighted mean, {label}. Dashed: where {_e(card.target)} begins.</p>'
    )


def _height(mean: float) -> float:
    return round(80 - 18 * mean, 1)


def _anchors(links: tuple[Link, ...]) -> str:
    new = 'target="_blank"'  # in JupyterLab the card is a frame, too small for a lesson
    return " · ".join(f'<a href="{_e(to)}" {new}>{_e(name)}</a>' if to else _e(name) for name, to in links)


def _answers(card: Card) -> str:
    """The cold answer beside the notes, both shortened."""
    room = "notes" if len(card.gates) < 2 else "short"  # failed gates take theirs
    phases = [(title, text) for title, text in card.notes if title in [name for name, _, _ in card.phases]]
    now = "".join(f"<p><b>{_e(title)}</b> {_e(_clip(text, CLIP[room]))}</p>" for title, text in phases)
    words = sum(len(text.split()) for _, text in card.notes)
    cold = card.cold.text if card.cold else ""
    before = f"{_e(_clip(cold, CLIP['cold']))}" if cold else "None was kept: lesson 00 asks for one."
    scored = f": {card.cold_level or 'not scored'} <small>{len(cold.split())} words</small>" if cold else ""
    all_of_it = _more("cold") if before.endswith("…") else ""
    return (
        f"<section><h2>Cold answer{scored}</h2><p>{before} {all_of_it}</p></section>"
        f"<section><h2>Now: {_shown(card.level)} <small>{words} words</small></h2>"
        f"{now or '<p>No notes were written.</p>'} {_more('now') if '…' in now else ''}</section>"
    )


def _more(name: str) -> str:
    return f'<a class="more" href="#{name}">all of it</a>'


def _full(card: Card) -> str:
    """All that was written, for the screen only."""
    notes = "".join(f"<h3>{_e(title)}</h3><pre>{_e(text)}</pre>" for title, text in card.notes)
    quotes = "".join(f"<p>{_e(graded)}</p>" for graded in card.quotes)
    problems = "".join(f"<p>{_e(problem)}</p>" for problem in card.problems)
    cold = f'<h2 id="cold">Cold answer</h2><pre>{_e(card.cold.text)}</pre>' if card.cold else ""
    return (
        f'<section class="full">{problems}<h2 id="now">All notes and answers</h2>{notes or "<p>none</p>"}'
        f"{'<h2>All numbers quoted</h2>' if quotes else ''}{quotes}{cold}</section>"
    )


# Markdown


def _m(text: object) -> str:
    """Text in one line of Markdown, where nothing in it is markup.

    >>> _m("a | <b> *c*")
    'a \\\\| &lt;b&gt; \\\\*c\\\\*'
    """
    escaped = re.sub(r"([\\`*_\[\]|~$])", r"\\\1", html.escape(" ".join(str(text).split()), quote=False))
    return re.sub(r"^(\d*)(?=[.)+-](?:\s|$)|--|=|#)", r"\1\\", escaped)  # a list, a line or a heading


def _block(text: str) -> str:
    """Text of several lines as a quotation in which nothing is markup."""
    return "\n".join(f"> {_m(line)}  " if line.strip() else ">" for line in text.splitlines())


def _table(head: str, rows: Sequence[Sequence[object]]) -> str:
    names = head.split("|")
    lines = [f"| {' | '.join(names)} |", "|" + "---|" * len(names)]
    return "\n".join(lines + [f"| {' | '.join(map(str, row))} |" for row in rows])


def _markdown(card: Card) -> str:
    parts = [
        f"# {_m(card.title)}: {_shown(card.level)}",
        f"Mock interview, attempt {_m(card.attempt)}, {card.mode}. Weighted mean {card.mean:.2f} of 4. "
        f"{_verdict(card)}",
    ]
    if card.gates:
        gates = "\n".join(f"- {_m(gate)}" for gate in card.gates)
        parts.append(f"A failed gate leaves {GATED} at most:\n\n{gates}")
    goal = LEVELS.index(card.target)
    bars = [
        (_m(name), weight, "■" * reached + "□" * (4 - reached), _level_name(reached, low), min(0, reached - goal) or "")
        for name, weight, reached, low in card.dimensions
    ]
    parts += ["## Dimensions", _table(f"dimension|weight|level|as|to {card.target}", bars)]
    times = [
        (_m(title), minutes(used), minutes(planned), f"+{minutes(used - planned)}" if used - planned > LATE else "")
        for title, used, planned in card.phases
    ]
    parts += ["## Time", _table("phase|used|plan|over", times)]
    quotes = [
        (f"{mark} {_m(verdict)}", _m(claim), _m(said), _m(measured))
        for claim, said, measured, mark, verdict in map(_quote_row, card.quotes)
    ]
    parts += ["## Numbers quoted", _table("verdict|claim|said|measured", quotes) if quotes else "No number was quoted."]
    steps = [
        f"{number}. {_m(text)} "
        + ", ".join(f"[{_m(name)}](<{target}>)" if target else _m(name) for name, target in links)
        for number, (text, links) in enumerate(card.steps, start=1)
    ]
    parts += ["## Next, three things", "\n".join(step.rstrip() for step in steps)]
    means = [(_m(attempt), f"{mean:.2f}") for attempt, mean in card.history]
    parts += ["## Attempts at this question", _table("attempt|weighted mean", means)]
    parts += [_m(remark) for remark in card.remarks + card.problems]
    parts.append(f"## Cold answer: {card.cold_level or 'not scored'}" if card.cold else "## Cold answer")
    parts.append(_block(card.cold.text) if card.cold else "None was kept: lesson 00 asks for one.")
    parts.append(f"## Now: {_shown(card.level)}")
    for title, text in card.notes:
        parts += [f"### {_m(title)}", _block(text)]
    return "\n\n".join(parts) + "\n"
