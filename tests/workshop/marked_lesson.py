"""A lesson with all that may stand on slides, for the tests of the slides."""

import json

import nbformat
from helpers import README

from mlpipe.workshop import lessons

PIXEL = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg=="
CLAIM = {"id": "05.als", "sentence": "ALS is <better>", "shown": "1.88", "bound": "at least 1.6", "holds": True}
CLAIM |= {"shown_baseline": "1"}
STUB = "def user_vector(liked):\n    rows = liked.indices\n    return rows"
SAID = "I would start with <implicit> factors."


def markdown(source, kind=None, **marks):
    return nbformat.v4.new_markdown_cell(source, metadata=_marks(kind, marks))


def code(source, *outputs, kind=None, **marks):
    return nbformat.v4.new_code_cell(source, outputs=list(outputs), metadata=_marks(kind, marks))


def _marks(kind, marks):
    return marks | ({"slideshow": {"slide_type": kind}} if kind else {})


def ours(kind, content, html="<p>a box</p>"):
    """An output of the course's own displays."""
    data = {"text/html": html, "text/plain": "a box"}
    return nbformat.v4.new_output("display_data", data=data, metadata={"mlpipe": {kind: content}})


def picture():
    return nbformat.v4.new_output("display_data", data={"image/png": PIXEL})


def printed(text):
    return nbformat.v4.new_output("stream", name="stdout", text=text)


def opening(**marks):
    text = "# Matrix *factors*\n\n**Goal.** Build it.\n\nMuch more."
    given = {"slide": "# Matrix *factors*\n\nBuild it.", "notes": "Plan: goal 2, data 5."} | marks
    return markdown(text, "slide", **given)


def everything():
    """The cells of a deck of eight slides."""
    choices = {"id": "05.factors", "choices": ["a half", "a tenth"], "unit": ""}
    return [
        opening(),
        markdown("Not on a slide."),
        markdown(
            "## Factors\n\n$$ r = p^\\top q $$\n\n- $p$: a user\n- $q$: a film", "slide", notes="Ask *what* $p$ is."
        ),
        markdown(
            "**Predict before you run.** How much?", "slide", slide="## Predict: how much?\n\nIt falls ...", notes="n"
        ),
        code("guess()", ours("guess", choices), kind="-"),
        code("print()", printed("damping 1: <0.9>\n"), kind="slide", slide="## The result", notes="n"),
        code("reveal()", ours("reveal", {"shown": "a tenth"}), kind="fragment"),
        code("claim()", ours("claim", CLAIM), kind="fragment"),
        code("plot()", picture(), kind="slide", slide="## A picture\n\nOne line.", alt='Bars: "ALS" leads', notes="n"),
        markdown("## A table\n\n| model | size |\n|---|---|\n| ALS | small |", "slide", notes="n"),
        markdown("### Exercise (core)\n\nLong.", "slide", slide="## Exercise\n\nWrite it.", notes="n"),
        code(STUB, kind="-", slide_code="1-2", tags=["exercise:05.user_step"]),
        code("check()", ours("exercise", {"state": "not attempted"}), kind="-", slide="`check` it."),
        code("say()", ours("say", SAID), kind="slide", slide="## Say it in the interview", notes="n"),
    ]


def text_of(cells):
    """The cells as the text of a lesson, lines as they stand in a file."""
    lines = ["# ---", "# jupyter:", "#   kernelspec:", "#     display_name: Python", "#     name: python3", "# ---"]
    for cell in cells:
        marks = " ".join(f"{key}={json.dumps(value)}" for key, value in cell.metadata.items())
        kind = " [markdown]" * (cell.cell_type == "markdown")
        source = [f"# {line}" if kind else line for line in cell.source.splitlines()]
        lines += ["", f"# %%{kind} {marks}".rstrip(), *source]
    return "\n".join(lines) + "\n"


def course(root, *cells, name="05_factors"):
    """A course whose only new lesson has these cells; returns the lesson."""
    notebook = nbformat.v4.new_notebook(cells=list(cells))
    lessons.write(root / "notebooks" / f"{name}.ipynb", lessons.to_bytes(notebook))
    lessons.write(root / "lessons" / name / "lesson.py", text_of(cells))
    lessons.write(root / "README.md", README)
    return next(one for one in lessons.find(root) if one.name == name)
