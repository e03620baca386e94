"""Every formula of the course as the browser draws it, beside the same TeX drawn by matplotlib: for the eye.

    .venv/bin/python tests/formula_sheet.py OUTDIR [font.woff2]

writes OUTDIR/displayed_01.png ... and inline_01.png ...: in each row where the formula stands, ours, and matplotlib's.
"""

from __future__ import annotations

import base64
import io
import re
import sys
from collections.abc import Iterator
from html import escape
from pathlib import Path

from mlpipe.course.definition import find as find_exercise
from mlpipe.workshop.lessons import exercise_id, find, from_text
from mlpipe.workshop.site.formulas import mathml

ROOT = Path(__file__).parents[1]
FORMULA = re.compile(r"\$\$(.+?)\$\$|(?<![\\$\w])\$(?![\s$])([^$\n]*?[^$\s\\])\$(?![\d$])", re.DOTALL)
UNKNOWN = {  # what matplotlib does not know -> what it draws instead
    r"\\[lr]Vert": r"\\Vert ",
    r"\\le\b": r"\\leq ",
    r"\\frac12": r"\\frac{1}{2}",
    r"\\sqrt (\w)": r"\\sqrt{\1}",
    r"\\text\{": r"\\mathrm{",
    r"\\Longleft": r"\\Left",
    r"\\max": r"\\mathrm{max}",
    r"\\[Bb]igg?[lr]?\s*(?=[()/\[\]])": "",
    r"\\underbrace\{(.*?)\}_\{.*?\}\}?": r"\1",
    r"\\math(bf|bb|cal|tt|rm) (\w)": r"\\math\1{\2}",
    r"\\boldsymbol\\gamma": r"\\gamma",
    "&": r"\\quad ",
}
STYLE = (
    "body{margin:16px;font:17px/1.5 DejaVu Sans,sans-serif;color:#111}td{border-bottom:1px solid #ccc;padding:8px}"
    "td:nth-child(2){width:520px}img{max-width:560px}p{margin:0}"
)


def formulas(only: str = "") -> Iterator[tuple[str, str, str]]:
    """Where, "block" or "inline", and the TeX of each formula in lessons and traps, their exercises and slides."""
    for lesson in find(ROOT, only):
        for cell in from_text(lesson).cells:
            if cell.cell_type == "markdown":
                yield from in_text(lesson.number, cell.source)
            for words in ("slide", "notes"):
                yield from in_text(lesson.number, cell.metadata.get(words, ""))
            if name := exercise_id(cell):
                exercise = find_exercise(name)
                for text in (exercise.title, *exercise.hints):
                    yield from in_text(name, text)


def in_text(where: str, markdown: str) -> Iterator[tuple[str, str, str]]:
    """The formulas of a Markdown text; code holds none."""
    text = re.sub(r"```.*?```|`[^`\n]*`", "", markdown, flags=re.DOTALL)
    for found in FORMULA.finditer(text):
        yield where, "block" if found[1] else "inline", (found[1] or found[2]).strip()


def drawn(tex: str) -> str:
    """The formula as matplotlib draws it, as an <img>; what it cannot draw, it names."""
    from matplotlib import mathtext

    lines = []
    for line in re.split(r"\\\\(?!\w)", re.sub(r"\\(begin|end)\{\w+\*?\}", "", tex)):
        for ours, theirs in UNKNOWN.items():
            line = re.sub(ours, theirs, line)
        image = io.BytesIO()
        try:
            mathtext.math_to_image(f"${line.strip()}$", image, dpi=110, format="png")
        except ValueError as problem:
            lines.append(f"<p>{escape(str(problem).splitlines()[-1])}<br><code>{escape(line)}</code></p>")
            continue
        lines.append(f'<p><img src="data:image/png;base64,{base64.b64encode(image.getvalue()).decode()}"></p>')
    return "".join(lines)


def main(outdir: Path, font: Path | None) -> None:
    """Write the sheets."""
    from playwright.sync_api import sync_playwright

    style = STYLE
    if font:
        data = base64.b64encode(font.read_bytes()).decode()
        style += f"@font-face{{font-family:M;src:url(data:font/woff2;base64,{data})}}math{{font-family:M,math}}"
    outdir.mkdir(parents=True, exist_ok=True)
    found = list(dict.fromkeys(formulas()))
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path="/usr/bin/chromium", args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1320, "height": 400})
        for display, size in (("block", 9), ("inline", 40)):
            rows = [
                f"<tr><td>{where}<td>{'so ' * (display == 'inline')}{mathml(tex, display)}<td>{drawn(tex)}"
                for where, kind, tex in found
                if kind == display
            ]
            for place in range(0, len(rows), size):
                page.set_content(f"<style>{style}</style><table>{''.join(rows[place : place + size])}</table>")
                page.wait_for_timeout(100)
                page.screenshot(path=outdir / f"{display}_{place // size + 1:02}.png", full_page=True)
        browser.close()


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]) if len(sys.argv) > 2 else None)
