"""What an instructor prints on A4 and hands out: the rubric, the observer's sheet and the cards to cut.

Each is one HTML file from the same content as the mock interview. Nothing is loaded, no script runs.
"""

from __future__ import annotations

import html
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import TypeVar

from mlpipe.course.record import write
from mlpipe.interview import content
from mlpipe.interview.content import Card, Dimension, FollowUp, Phase, Question
from mlpipe.interview.evidence import Evidence, shipped
from mlpipe.interview.score import BANDS, GATED, LIVE
from mlpipe.interview.scorecard import POLICY

KINDS = {  # name of a file -> what it is, for the list of what was printed
    "rubric": "rubric sheet: nine dimensions, four levels, gates",
    "observer": "observer's sheet: the minute plan, times and quotes",
    "cards": "cards to cut: constraints and follow-ups with model answers",
}
PER_PAGE = 8  # follow-ups on one page
CARDS_FIRST, CARDS_PER_PAGE = 2, 3  # constraint cards below the rules of the deck, and on each page after it
Entry = TypeVar("Entry", Card, FollowUp)
LINES = 4  # empty lines for what the interviewer asks, and for numbers that are quoted


def write_printed(folder: Path, questions: Iterable[str] = content.QUESTIONS) -> list[Path]:
    """Write the pages of the questions into a folder, which is made when it is missing; return the files.

    Raises ValueError for an unknown question, OSError where nothing can be written.
    """
    asked, evidence = [content.question(name) for name in questions], shipped()
    written = []
    for one in asked:
        for kind, page in {"rubric": rubric(one), "observer": observer(one), "cards": deck(one, evidence)}.items():
            written.append(folder / f"{kind}_{one.name}.html")
            write(written[-1], page)
    return written


def links(folder: str) -> str:
    """A list of the pages of both questions, as HTML, for a page beside the folder of that name."""
    rows = "".join(
        f"<li>{_e(content.question(name).title)}: "
        + ", ".join(f'<a href="{_e(folder)}/{kind}_{name}.html">{_e(about)}</a>' for kind, about in KINDS.items())
        + "</li>"
        for name in content.QUESTIONS
    )
    return f"<h2>To print, for a mock interview in class</h2><ul>{rows}</ul>"


# The rubric


def rubric(asked: Question, dimensions: Sequence[Dimension] | None = None) -> str:
    """The rubric of a question on one page: behaviours to tick, weights, gates, and the sum that gives the level."""
    rows = "".join(_dimension(one, asked.weights[one.id]) for one in dimensions or content.dimensions())
    gates = "".join(f"<li>{_box()} {_e(gate.text)}</li>" for gate in asked.gates)
    bands = " · ".join(f"{least} {name}" for least, name in reversed(BANDS) if least)
    live = sum(asked.weights[name] for name in LIVE)
    heads = "".join(f"<th>{number} {_e(level)}</th>" for number, level in enumerate(content.LEVELS, start=1))
    body = f"""
{_head("Rubric", asked, ("Candidate", "Rater", "Date", "Target"))}
<p>Tick what a recording would show, in each row the highest level that was reached in full; nothing of it counts 0.
<b>No hint</b>: it came unprompted. <b>After a hint</b>: it counts one level lower, never below 0. {_live()} marks the
five dimensions that can be followed live. Score blind: show your sheet only when the others are done.</p>
<table class="rubric"><thead><tr><th>Weight, dimension</th>{heads}<th class="slim">no hint</th>
<th class="slim">after a hint</th><th class="slim">counts 0–4</th></tr></thead><tbody>{rows}</tbody></table>
<div class="two"><section><h2>Gates: one that fails leaves {_e(GATED)} at most</h2>
<ul class="plain">{gates}</ul></section>
<section><h2>Result</h2>
<p>Weight × counts, sum: {_blank(14)} / {sum(asked.weights.values())} (live {live}) = {_blank(11)}</p>
<p>At least {_e(bands)}</p><p>Level, gates minded: {_blank(34)}</p>
<p class="quiet">No code was asked for: leave D8 out, its weight goes to D2.</p></section></div>
<section><h2>Three largest gaps to the other rater</h2>
<p class="gaps">{"".join(_gap(number) for number in (1, 2, 3))}</p></section>"""
    return _page(f"Rubric: {asked.title}", [body])


def _dimension(one: Dimension, weight: int) -> str:
    cells = "".join(f"<td>{_box()} {_e(behaviour)}</td>" for behaviour in one.levels)
    mark = f" {_live()}" if one.id in LIVE else ""
    name = f'<th scope="row"><b class="weight">{weight}</b> {_e(one.id)}{mark}<br>{_e(one.name)}</th>'
    return f'<tr>{name}{cells}<td class="tick">{_box()}</td><td class="tick">{_box()}</td><td></td></tr>'


def _gap(number: int) -> str:
    return f"<span>{number}. D{_blank(9)} mine {_blank(9)} theirs {_blank(9)}</span>"


# The observer's sheet


def observer(asked: Question) -> str:
    """The minute plan on one page: what the interviewer says, what a strong answer covers, room for times, quotes."""
    rows = "".join(_phase(phase) for phase in asked.phases)
    questions = "".join(f"<tr><td></td><td></td><td>{_box()}</td><td>{_box()}</td><td></td></tr>" for _ in range(LINES))
    parts = "".join(f"<td>{_box()}</td>" for _ in range(4))
    numbers = "".join(f"<tr><td></td>{parts}</tr>" for _ in range(LINES))
    minutes = asked.phases[-1].end // 60
    body = f"""
{_head("Observer", asked, ("Candidate", "Observer", "Date", "Clock started"))}
<p>You hold the clock: {minutes} minutes. Call out when the questions begin and when the card is due. Write the time at
which each phase <em>begins</em>, and words in quotation marks rather than judgements. <b>H</b> beside a line: after a
hint.</p>
<table class="plan"><thead><tr><th>Plan</th><th>Began</th><th>Phase, and what the interviewer says</th>
<th>A strong answer covers</th><th>Quotes</th></tr></thead><tbody>{rows}</tbody></table>
<div class="two"><section><h2>What the interviewer asked</h2><table class="lines"><thead><tr><th>time</th>
<th>question, in two words</th><th>full</th><th>part</th><th>note</th></tr></thead><tbody>{questions}</tbody></table>
</section><section><h2>Numbers quoted: evidence has all four</h2><table class="lines"><thead><tr><th>number</th>
<th>data</th><th>split</th><th>inter&shy;val</th><th>limits</th></tr></thead><tbody>{numbers}</tbody></table></section></div>"""
    return _page(f"Observer: {asked.title}", [body])


def _phase(phase: Phase) -> str:
    covers = "".join(f"<li>{_box()} {_e(point)}</li>" for point in phase.covers)
    plan = f"{phase.start // 60}–{phase.end // 60}"
    says = f"<b>{_e(phase.title)}</b><br>“{_e(phase.prompt)}”"
    return (
        f'<tr><td class="time">{plan}</td><td class="began">:</td><td>{says}</td>'
        f'<td><ul class="plain">{covers}</ul></td><td></td></tr>'
    )


# The cards


def deck(asked: Question, evidence: Mapping[str, Evidence]) -> str:
    """The cards of a question: constraints to fold, follow-ups in the order of the plan with the model answer below.

    A follow-up that a claim backs shows its number from `evidence`, or says which lesson measures it.
    """
    titles = {phase.id: phase.title for phase in asked.phases}
    names = {one.id: one.name for one in content.dimensions()}
    order = {name: place for place, name in enumerate(titles)}
    cards, later = asked.cards[:CARDS_FIRST], asked.cards[CARDS_FIRST:]
    sheets = [_rules(asked) + "".join(_constraint(card, asked) for card in cards)]
    sheets += ["".join(_constraint(card, asked) for card in some) for some in _by(later, CARDS_PER_PAGE)]
    in_order = sorted(asked.followups, key=lambda one: (order[one.phase], content.LEVELS.index(one.level)))
    for some in _by(in_order, PER_PAGE):
        dealt = "".join(_followup(one, titles[one.phase], names[one.dimension], asked, evidence) for one in some)
        sheets.append(f'<div class="grid">{dealt}</div>')
    return _page(f"Cards: {asked.title}", sheets)


def _rules(asked: Question) -> str:
    return f"""<section class="rules"><h1>Cards: {_e(asked.title)}</h1>
<p class="prompt">“{_e(asked.prompt)}”</p>
<p>Print on one side and cut along the dashed lines. Fold the {len(asked.cards)} constraint cards in the middle, with
the text outside: the front is for the candidate, the back, most important first, for the interviewer. The
{len(asked.followups)} follow-ups have the question above, the model answer below; only the interviewer sees them.</p>
<p><b>In a mock interview:</b> one follow-up while the candidate holds the floor, of the phase that is on; three or four
in the minutes for questions, from phases that stayed thin; then one constraint card, or two if the candidate sits for
senior or staff. Leave out follow-ups above that level. <b>As a drill:</b> ten follow-ups, one minute each, aloud.</p>
</section>"""


def _constraint(card: Card, asked: Question) -> str:
    changes = "".join(f"<li>{_e(change)}</li>" for change in card.changes[asked.name])
    return (
        f'<article class="constraint"><div><p class="top">One thing has changed</p><h2>{_e(card.title)}</h2>'
        f'<p class="ask">{_e(card.text)}</p></div>'
        f'<div><p class="top">{_e(card.title)}: a strong answer</p><ol>{changes}</ol></div></article>'
    )


def _followup(one: FollowUp, phase: str, dimension: str, asked: Question, evidence: Mapping[str, Evidence]) -> str:
    more = ""
    if one.prove and (measured := evidence.get(one.prove)):
        more += (
            f"<p><b>Prove it with a number.</b> {_e(_plain(measured.sentence))}: <b>{_e(measured.shown)}</b> "
            f"(trivial baseline {_e(measured.shown_baseline)}; lesson {_e(one.prove[:2])})</p>"
        )
    elif one.prove:
        more += f"<p><b>Prove it with a number.</b> Claim {_e(one.prove)}, lesson {_e(one.prove[:2])}</p>"
    if one.card:
        title = asked.card(one.card).title
        more += f"<p><b>And if this changes?</b> {_e(title)}</p>"
    return (
        f'<article class="followup"><p class="top"><b>{_e(phase)}</b><span>{_e(one.level)}</span></p>'
        f'<p class="ask">{_e(one.ask)}</p><p class="answer">{_e(one.answer)}</p><div class="more">{more}</div>'
        f'<p class="foot">{_e(one.dimension)} {_e(dimension)}<span>{_e(one.id)}</span></p></article>'
    )


# The page

STYLE = """
* { box-sizing: border-box; }
body { margin: 0; background: #E8E8E8; color: #111; font: 8.6pt/1.3 "Helvetica Neue", Arial, "Liberation Sans",
  system-ui, sans-serif; }
.sheet { width: 210mm; min-height: 297mm; padding: 9mm 10mm; margin: 6mm auto; background: #FFF; }
h1 { font-size: 14pt; line-height: 1.15; margin: 0; }
h2 { font-size: 9.5pt; margin: 0 0 1mm; }
p { margin: 1mm 0; }
header { border-bottom: 0.6mm solid #0072B2; padding-bottom: 1.5mm; margin-bottom: 1.5mm; }
header p { display: flex; gap: 4mm; margin: 3mm 0 0; }
header p span { flex: 1; border-bottom: 0.2mm solid #777; }
table { border-collapse: collapse; width: 100%; table-layout: fixed; }
th, td { border: 0.2mm solid #999; padding: 0.8mm 1mm; text-align: left; vertical-align: top; font-weight: normal;
  overflow-wrap: break-word; }
thead th { font-weight: bold; border-bottom: 0.5mm solid #333; }
.box { display: inline-block; width: 2.7mm; height: 2.7mm; border: 0.25mm solid #333; border-radius: 0.4mm;
  vertical-align: -0.3mm; }
.live { color: #0072B2; font-weight: bold; }
.blank { display: inline-block; border-bottom: 0.2mm solid #777; }
.two { display: grid; grid-template-columns: 1fr 1fr; gap: 5mm; }
section { margin-top: 2mm; }
ul.plain { list-style: none; margin: 0; padding: 0; }
ul.plain li { padding-left: 4mm; text-indent: -4mm; margin-bottom: 0.4mm; }
.quiet { color: #555; }
.gaps { display: flex; justify-content: space-between; margin-top: 3mm; }

.rubric { margin-top: 1.5mm; font-size: 7.8pt; line-height: 1.21; }
.rubric th:nth-child(1) { width: 25mm; } .rubric th:nth-child(2) { width: 28mm; }
.rubric th:nth-child(3) { width: 31mm; } .rubric th:nth-child(4) { width: 39mm; }
.rubric th:nth-child(5) { width: 38.5mm; }
.rubric .slim { width: 9.5mm; font-size: 7pt; font-weight: normal; padding: 0.8mm 0.4mm; text-align: center; }
.rubric .tick { text-align: center; vertical-align: middle; }
.rubric .weight { float: right; font-size: 9.5pt; line-height: 0.9; }

.plan { font-size: 8pt; line-height: 1.24; margin-top: 1.5mm; }
.plan th:nth-child(1) { width: 14mm; } .plan th:nth-child(2) { width: 14mm; } .plan th:nth-child(3) { width: 38mm; }
.plan th:nth-child(4) { width: 60mm; }
.plan td { height: 16mm; }
.plan .time { font-weight: bold; font-size: 9.5pt; white-space: nowrap; }
.plan .began { text-align: center; font-size: 12pt; color: #777; }
.lines td { height: 6.4mm; } .lines { font-size: 7.5pt; }
.lines td:has(.box) { text-align: center; vertical-align: middle; }
.two section:first-child .lines th:nth-child(1) { width: 11mm; }
.two section:first-child .lines th:nth-child(n+3) { width: 9mm; }
.two section:first-child .lines th:nth-child(5) { width: 22mm; }
.two section:last-child .lines th:nth-child(n+2) { width: 11mm; }

.rules { height: 87mm; font-size: 10.5pt; line-height: 1.4; margin: 0; }
.rules .prompt { font-size: 13pt; margin: 3mm 0; }
.top { display: flex; justify-content: space-between; margin: 0 0 1.5mm; padding-bottom: 0.8mm; font-size: 8.5pt;
  color: #444; border-bottom: 0.5mm solid #0072B2; }
.constraint { display: grid; grid-template-columns: 1fr 1fr; height: 92mm; border: 0.2mm dashed #888; }
.constraint + .constraint { border-top: 0; }
.constraint > div { padding: 4mm; overflow: hidden; }
.constraint > div + div { border-left: 0.2mm dotted #888; }
.constraint h2 { font-size: 19pt; line-height: 1.15; margin: 5mm 0 4mm; }
.constraint .ask { font-size: 14pt; line-height: 1.35; }
.constraint ol { margin: 0; padding-left: 5mm; font-size: 9.8pt; line-height: 1.3; }
.constraint li { margin-bottom: 0.8mm; }
.grid { display: grid; grid-template-columns: 1fr 1fr; grid-auto-rows: 69mm; border: 0.2mm dashed #888;
  border-width: 0.2mm 0 0 0.2mm; }
.followup { display: flex; flex-direction: column; padding: 2.5mm 4mm 1.5mm; border: 0.2mm dashed #888;
  border-width: 0 0.2mm 0.2mm 0; overflow: hidden; }
.followup .ask { font-size: 11.5pt; line-height: 1.2; font-weight: bold; margin: 0 0 1.5mm; }
.followup .answer { font-size: 9.3pt; line-height: 1.27; margin: 0; border-top: 0.2mm solid #BBB; padding-top: 1.5mm; }
.followup .more { font-size: 8.2pt; line-height: 1.24; margin-top: 1mm; flex: 1; }
.followup .more p { margin: 0 0 0.8mm; }
.foot { display: flex; justify-content: space-between; margin: 0; font-size: 7.5pt; color: #555; }
@page { size: A4; margin: 0; }
@media print { body { background: none; } .sheet { margin: 0; min-height: 0; height: 296.5mm; }
  .sheet + .sheet { break-before: page; } }
"""


def _page(title: str, sheets: Sequence[str]) -> str:
    body = "".join(f'<main class="sheet">{sheet}</main>' for sheet in sheets)
    return f"""<!DOCTYPE html>
<html lang="en"><head><meta charset="utf-8"><meta http-equiv="Content-Security-Policy" content="{POLICY}">
<meta name="viewport" content="width=device-width, initial-scale=1"><title>{_e(title)}</title>
<style>{STYLE}</style></head><body>{body}</body></html>
"""


def _head(kind: str, asked: Question, fields: Sequence[str]) -> str:
    lines = "".join(f"<span>{_e(name)}</span>" for name in fields)
    return f"<header><h1>{_e(kind)}: {_e(asked.title)}</h1><p>{lines}</p></header>"


def _by(entries: Sequence[Entry], number: int) -> list[Sequence[Entry]]:
    return [entries[i : i + number] for i in range(0, len(entries), number)]


def _plain(sentence: str) -> str:
    """A claim's sentence without the marks of code, which paper does not need."""
    return sentence.replace("`", "")


def _box() -> str:
    return '<span class="box"></span>'


def _live() -> str:
    return '<span class="live">●</span>'


def _blank(millimetres: int) -> str:
    return f'<span class="blank" style="width:{millimetres}mm">&nbsp;</span>'


def _e(text: object) -> str:
    return html.escape(str(text))
