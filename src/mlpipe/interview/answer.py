"""The model answers, written around claims: where a measured number changes, the answer's text changes with it."""

from __future__ import annotations

import html
import re
from collections.abc import Mapping

from mlpipe.course.boxes import NEUTRAL, box, code, prose, show
from mlpipe.interview import content
from mlpipe.interview.evidence import SHIPPED, Evidence, collect_evidence

_TOP = "vertical-align:top;text-align:left"
_FIELD = re.compile(r"\{([^{}:]*)(?::([^{}]*))?\}")


def model_answer(question: str, evidence: Mapping[str, Evidence] | None = None) -> None:
    """Show the model answer to "recommender" or "ctr", in the order of the minute plan, with your own numbers.

    `evidence` is what `collect_evidence` found; by default it is collected now. Each number links to the section that
    measures it. Raises ValueError for an unknown question, and for a claim that the answer names but no lesson makes.
    """
    found = collect_evidence() if evidence is None else evidence
    html_text, text = render(content.answer_text(question), found, f"answer_{question}.md")
    title = f"A model answer: {content.question(question).title}"
    show(
        box(NEUTRAL, f"<strong>{html.escape(title)}</strong>", html_text),
        f"{title}\n\n{text}",
        {"model_answer": {"question": question}},
    )


def weak_answer(question: str) -> None:
    """Show where the weak answer to "recommender" or "ctr" goes wrong: minute, words, fault, and what to say instead.

    Raises ValueError for an unknown question.
    """
    (weak,) = content.transcripts(question, bad=True)
    gates = [gate.text for gate in content.question(question).gates if gate.id in weak.gates]
    title = f"A weak answer, minute by minute: {content.question(question).title}"
    ending = f"The level that it reaches: {weak.level}. Gates that it fails: {' '.join(gates)}"
    rows = "".join(
        f'<tr><td style="{_TOP};white-space:nowrap">{html.escape(one.minutes)}</td>'
        f'<td style="{_TOP};width:32%">“{html.escape(one.quote)}”</td>'
        f'<td style="{_TOP}">{html.escape(one.note)}</td></tr>'
        for one in weak.annotations
    )
    head = "<tr><th>minute</th><th>the candidate says</th><th>what is wrong, and what to say</th></tr>"
    lines = [f"{one.minutes:<6} “{one.quote}”\n       {one.note}" for one in weak.annotations]
    show(
        box(NEUTRAL, f"<strong>{html.escape(title)}</strong>", f"<table>{head}{rows}</table>", prose(ending)),
        "\n\n".join([title, *lines, ending]),
        {"weak_answer": {"question": question}},
    )


def render(source: str, evidence: Mapping[str, Evidence], name: str = "the answer") -> tuple[str, str]:
    """Markdown of headings, paragraphs and code as HTML and as plain text, with fields filled in.

    A field such as `{05.als_vs_popularity:.1f}` becomes the claim's value; without a format, as the lesson shows it.
    Code is left alone. Raises ValueError that names the field and `name`, the file, for a field that cannot be filled.
    """
    parts, lines, used = list[str](), list[str](), dict[str, Evidence]()
    for number, block in enumerate(re.split(r"^```\w*\n(.*?)^```$", source, flags=re.DOTALL | re.MULTILINE)):
        if number % 2:
            parts.append(code(block))
            lines.append("\n".join(f"    {line}".rstrip() for line in block.rstrip().splitlines()))
            continue
        for paragraph in filter(None, map(str.strip, block.split("\n\n"))):
            if paragraph.startswith("#"):
                heading = paragraph.lstrip("#").strip()
                parts.append(f'<h4 style="margin:0.9em 0 0.2em">{html.escape(heading, quote=False)}</h4>')
                lines.append(heading.upper())
                continue
            told: dict[str, Evidence] = {}
            pieces_html, pieces, end = "", "", 0
            for field in _FIELD.finditer(paragraph):
                measured, value = _value(field, evidence, name)
                told[measured.id] = measured
                before, end = paragraph[end : field.start()], field.end()
                pieces_html += f"{prose(before)}{_link(measured, value)}"
                pieces += before + value
            rest = paragraph[end:]
            if "{" in rest or "}" in rest:
                raise ValueError(f"{name}: a brace without its partner in {rest[:60]!r}; write {{lesson.claim}}")
            parts.append(f'<p style="margin:0.4em 0">{pieces_html}{prose(rest)}</p>')
            lines.append(pieces + rest + (f"\n  [{', '.join(told)}]" if told else ""))
            used |= told
    yours = sum(one.source != SHIPPED for one in used.values())
    others = ", the others from the shipped results" if yours < len(used) else ""
    closing = f"{yours} of {len(used)} numbers are from your runs{others}."
    parts.append(f"<small>{closing} Each number leads to the section that measures it.</small>")
    return "\n".join(parts), "\n\n".join([*lines, closing])


def _value(field: re.Match[str], evidence: Mapping[str, Evidence], name: str) -> tuple[Evidence, str]:
    id, spec = field[1], field[2]
    if id not in evidence:
        lesson = id[:2] if id[:2].isdigit() else "NN"
        raise ValueError(
            f"{name}: no result for the claim {id!r} in {field[0]}; expected the id of a claim that a lesson makes. "
            f"If lesson {lesson} makes it, `make run ONLY={lesson}` measures it; otherwise correct the id"
        )
    try:
        return evidence[id], format(evidence[id].value, spec) if spec else evidence[id].shown
    except ValueError:
        raise ValueError(f"{name}: {spec!r} in {field[0]} is no format of a number; expected one such as .1f") from None


def _link(measured: Evidence, value: str) -> str:
    target = measured.link.removeprefix("notebooks/")  # from a notebook, the lessons are neighbours
    title = f"{measured.sentence} ({measured.id}, {measured.source})"
    return f'<a href="{html.escape(target)}" title="{html.escape(title)}">{html.escape(value)}</a>'
