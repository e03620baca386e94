"""The model answers, written around claims: where a measured number changes, the answer's text changes with it."""

from __future__ import annotations

import re
import string
import textwrap
from collections.abc import Mapping

from mlpipe.course.boxes import prose, show
from mlpipe.interview import content
from mlpipe.interview.content import sentence
from mlpipe.interview.evidence import SHIPPED, Evidence, collect_evidence
from mlpipe.interview.views import render as template
from mlpipe.interview.views import titled
from mlpipe.paths import call

_CODE = re.compile(r"^```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)


def model_answer(question: str, evidence: Mapping[str, Evidence] | None = None) -> None:
    """Show the model answer in the order of the minute plan, with your own numbers, below the system as a picture.

    Each number links to the section that measures it.

    Parameters
    ----------
    question : "recommender" or "ctr"
    evidence : mapping of str to Evidence, optional
        What `collect_evidence` found; by default it is collected now.

    Raises
    ------
    ValueError
        For an unknown question, and for a claim that the answer names but no lesson makes.
    """
    found = collect_evidence() if evidence is None else evidence
    html, text = render(content.answer_text(question), found, f"answer_{question}.md")
    asked = content.question(question)
    title = f"A model answer: {asked.title}"
    page = titled(title, template("picture.html", picture=asked.picture), html)
    show(page, f"{title}\n\n{asked.picture.alt}\n\n{text}", {"model_answer": {"question": question}})


def weak_answer(question: str) -> None:
    """Show where the weak answer goes wrong: minute, words, fault, and what to say instead.

    Parameters
    ----------
    question : "recommender" or "ctr"

    Raises
    ------
    ValueError
        For an unknown question.
    """
    (weak,) = content.transcripts(question, bad=True)
    asked = content.question(question)
    gates = [gate.text for gate in asked.gates if gate.id in weak.gates]
    title = f"A weak answer, minute by minute: {asked.title}"
    ending = f"The level that it reaches: {weak.level}. Gates that it fails: {' '.join(gates)}"
    lines = [f"{one['minutes']:<6} “{one['quote']}”\n       {one['note']}" for one in weak.annotations]
    page = titled(title, template("weak.html", annotations=weak.annotations), prose(ending))
    show(page, "\n\n".join([title, *lines, ending]), {"weak_answer": {"question": question}})


def render(source: str, evidence: Mapping[str, Evidence], name: str = "the answer") -> tuple[str, str]:
    """Markdown of headings, paragraphs and code as HTML and as plain text, with fields filled in.

    A field such as `{05.als_vs_popularity:.1f}` becomes the claim's value; without a format, as the lesson shows it.
    Code is left alone. Raises ValueError that names the field and `name`, the file, for a claim without a result.
    """
    parts, lines, used = list[tuple[str, object]](), list[str](), dict[str, Evidence]()
    for number, block in enumerate(_CODE.split(source)):
        if number % 2:
            parts.append(("code", block))
            lines.append(textwrap.indent(block.rstrip(), "    "))
            continue
        for paragraph in filter(None, map(str.strip, block.split("\n\n"))):
            if paragraph.startswith("#"):
                parts.append(("heading", paragraph.lstrip("#").strip()))
                lines.append(paragraph.lstrip("#").strip().upper())
                continue
            pieces = _filled(paragraph, evidence, name)
            told = {one.id: one for _, _, one in pieces if one}
            parts.append(("text", pieces))
            ids = f"\n  [{', '.join(told)}]" if told else ""
            lines.append("".join(before + value for before, value, _ in pieces) + ids)
            used |= told
    yours = sum(one.source != SHIPPED for one in used.values())
    others = ", the others from the shipped results" if yours < len(used) else ""
    closing = f"{yours} of {len(used)} numbers are from your runs{others}."
    return template("answer.html", parts=parts, closing=closing), "\n\n".join([*lines, closing])


def _filled(paragraph: str, evidence: Mapping[str, Evidence], name: str) -> list[tuple[str, str, Evidence | None]]:
    """A paragraph in pieces: text, the value that follows it, and what measured that; at the end text alone."""
    pieces = list[tuple[str, str, Evidence | None]]()
    for text, id, spec, _ in string.Formatter().parse(paragraph):
        if id is not None and id not in evidence:
            field = f"{{{id}:{spec}}}" if spec else f"{{{id}}}"
            run = call("run", only=id[:2])
            raise ValueError(sentence("evidence.no_claim", file=name, id=id, field=field, lesson=id[:2], call=run))
        one = None if id is None else evidence[id]
        pieces.append((text, "" if one is None else format(one.value, spec) if spec else one.shown, one))
    return pieces
