"""How the interview's pages and boxes are made: templates from the folder beside this module, and filters for them."""

from __future__ import annotations

import html
import re
from pathlib import Path
from typing import Any

from markupsafe import Markup

from mlpipe.course import boxes
from mlpipe.interview import content


def render(name: str, **values: Any) -> str:
    """HTML or text from a template, which knows `content`, too; in HTML, text is escaped there and nowhere else."""
    known = {"amount": amount, "clip": clip, "md": md, "code": boxes.code, "content": content}
    return str(boxes.render(name, Path(__file__).with_name("templates"), **known, **values))


def titled(title: str, *paragraphs: str) -> str:
    """A box with a heading, from paragraphs that are HTML already."""
    return boxes.box(boxes.NEUTRAL, render("title.html", title=title), *paragraphs)


def clip(text: str, letters: int) -> str:
    """The beginning of a text in one line, cut between words.

    >>> clip("one two  three four", 12)
    'one two …'
    """
    line = " ".join(text.split())
    return line if len(line) <= letters else line[: letters - 1].rsplit(" ", 1)[0].rstrip() + " …"


def amount(value: float) -> str:
    """A number for people to read.

    >>> amount(100 / 3), amount(5e6), amount(0.135)
    ('33.3', '5,000,000', '0.135')
    """
    return f"{value:,.0f}" if abs(value) >= 1000 else f"{value:.3g}"


def md(text: object) -> Markup:
    r"""Text in one line of Markdown, where nothing in it is markup.

    >>> print(md("a | <b> *c*"))
    a \| &lt;b&gt; \*c\*
    """
    escaped = re.sub(r"([\\`*_\[\]|~$])", r"\\\1", html.escape(" ".join(str(text).split()), quote=False))
    return Markup(re.sub(r"^(\d*)(?=[.)+-](?:\s|$)|--|=|#)", r"\1\\", escaped))  # a list, a line or a heading
