"""The one way to show a box: HTML in a notebook, plain text everywhere else."""

from __future__ import annotations

import html
import os
import re
import sys
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

TEMPLATES = Path(__file__).with_name("box_templates")
# Hues of Okabe and Ito, which colour-blind readers tell apart, dark enough for text on white; a page may set its own.
GOOD, BAD, NEUTRAL = "var(--mlpipe-good,#007857)", "var(--mlpipe-bad,#b34700)", "var(--mlpipe-neutral,#0072b2)"

VIEW = "application/vnd.jupyter.widget-view+json"


def shell() -> Any | None:
    """The running IPython shell, or None in a plain Python process: where none is imported, none runs."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def lives() -> bool:
    """Whether a reader sits at this kernel: False in a plain process, and where outputs are kept (TQDM_DISABLE)."""
    return shell() is not None and not os.environ.get("TQDM_DISABLE")


def show(html_text: str, text: str, metadata: dict[str, Any], live: Any = None, instead: Any = None) -> None:
    """Display both forms; `metadata` is stored with the output, where the runner finds it.

    `live` is a widget that is shown where it can be; with `instead` they take the place of that earlier widget.
    """
    if shell() is None:
        print(text)
        return
    from IPython.display import display

    bundle: dict[str, Any] = {"text/html": html_text, "text/plain": text}
    if live is not None:
        bundle[VIEW] = {"version_major": 2, "version_minor": 0, "model_id": live.model_id}
    name = getattr(live or instead, "model_id", None)
    display(bundle, raw=True, metadata={"mlpipe": metadata}, display_id=name, update=instead is not None)


@cache
def _environment(folder: Path) -> Environment:
    environment = Environment(
        loader=FileSystemLoader([folder, TEMPLATES]), autoescape=True, undefined=StrictUndefined, trim_blocks=True
    )
    environment.filters["prose"] = prose
    return environment


def render(name: str, folder: Path = TEMPLATES, **values: Any) -> Markup:
    """HTML from a template file; text is escaped there, and nowhere else. `folder` is looked into first."""
    return Markup(_environment(folder).get_template(name).render(values))


def box(colour: str, *paragraphs: str) -> str:
    """An HTML box from paragraphs that are HTML already."""
    return render("box.html", colour=colour, paragraphs=map(Markup, paragraphs))


def sign(colour: str, mark: str) -> str:
    """A coloured sign; the sign itself carries the meaning when colour is not seen."""
    return render("sign.html", colour=colour, mark=mark)


def prose(text: str) -> Markup:
    """Escape text for HTML, with `code` between backticks set as code and line breaks kept."""
    return render("prose.html", parts=map(_escaped, re.split(r"`([^`]+)`", text)))


def code(text: str) -> str:
    """A block of code as HTML."""
    return render("code.html", text=_escaped(text.strip()))


def _escaped(text: str) -> Markup:
    """Text that stands between tags, where quotation marks stay as they are."""
    return Markup(html.escape(text, quote=False))
