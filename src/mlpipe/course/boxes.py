"""The one way to show a box: HTML in a notebook, plain text everywhere else."""

from __future__ import annotations

import html
import re
import sys
from typing import Any

GOOD, BAD, NEUTRAL = "#009E73", "#D55E00", "#0072B2"  # Okabe-Ito: told apart by colour-blind readers, too


def shell() -> Any | None:
    """The running IPython shell, or None in a plain Python process: where none is imported, none runs."""
    ipython = sys.modules.get("IPython")
    return ipython.get_ipython() if ipython is not None else None


def show(html_text: str, text: str, metadata: dict[str, Any]) -> None:
    """Display both forms; `metadata` is stored with the output, where the runner finds it."""
    if shell() is None:
        print(text)
        return
    from IPython.display import display

    display({"text/html": html_text, "text/plain": text}, raw=True, metadata={"mlpipe": metadata})


def box(colour: str, *paragraphs: str) -> str:
    """An HTML box from paragraphs that are HTML already."""
    style = f"border-left:4px solid {colour};padding:0.4em 0.9em;margin:0.4em 0"
    return f'<div style="{style}">' + "".join(f'<div style="margin:0.15em 0">{p}</div>' for p in paragraphs) + "</div>"


def sign(colour: str, mark: str) -> str:
    """A coloured sign; the sign itself carries the meaning when colour is not seen."""
    return f'<span style="color:{colour};font-weight:bold">{mark}</span>'


def prose(text: str) -> str:
    """Escape text for HTML, with `code` between backticks set as code and line breaks kept."""
    marked = re.sub(r"`([^`]+)`", r"<code>\1</code>", html.escape(text, quote=False))
    return f'<span style="white-space:pre-wrap">{marked}</span>'


def code(text: str) -> str:
    """A block of code as HTML."""
    return f'<pre style="margin:0.3em 0;overflow-x:auto"><code>{html.escape(text.strip(), quote=False)}</code></pre>'
