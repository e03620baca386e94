"""Pictures of a deck's slides, and what runs over or is too small: `python tests/slides_shots.py 05 FOLDER`.

The marks come from the lesson's text as it is now, the outputs from the stored notebook: no need to refresh first.
"""

import sys
import tempfile
from dataclasses import replace
from pathlib import Path

import labs
import nbformat

from mlpipe.workshop import lessons, slides

ROOT = Path(__file__).parents[1]
SMALLEST = (24, 17, 18)  # pixels of a letter, of one in the index of an index, and of 12 points in the widest figure
FAULTS = Path(__file__).with_suffix(".js").read_text(encoding="utf-8")
SLIDES = (8, 14)  # in a deck
LOCAL = ("file:", "data:", "blob:")


def opened(browser, page, said):
    """A deck in a browser at its own size; `said` takes what the console says and what leaves this machine."""
    tab = browser.new_page(viewport={"width": slides.WIDTH, "height": slides.HEIGHT})
    tab.on("console", lambda message: said.append(message.text) if message.type in ("error", "warning") else None)
    tab.on("pageerror", lambda error: said.append(str(error)))
    tab.on("request", lambda asked: None if asked.url.startswith(LOCAL) else said.append(asked.url))
    tab.goto(page.as_uri())
    tab.wait_for_function("window.Reveal && Reveal.isReady() && document.fonts.status === 'loaded'")
    return tab


def turned(tab):
    """Each slide in turn, once for each of its steps: its number, counted from 1, and its faults."""
    while True:
        tab.evaluate("document.fonts.ready.then(() => null)")
        yield tab.evaluate("Reveal.getSlidePastCount() + 1"), tab.evaluate(FAULTS, SMALLEST)
        if tab.evaluate("Reveal.nextFragment()"):
            continue
        if tab.evaluate("Reveal.isLastSlide()"):
            return
        tab.evaluate("Reveal.next()")


def draft(lesson, folder):
    """The lesson with the marks of its text and the stored outputs of the cells that are still the same."""
    stored = {cell.id: cell for cell in lessons.read(lesson.notebook).cells}
    notebook = lessons.from_text(lesson)
    for cell in notebook.cells:
        if cell.id not in stored and cell.cell_type == "code":
            text = "changed since `make refresh`: no outputs"
            cell.outputs = [nbformat.v4.new_output("stream", name="stdout", text=text)]
        elif cell.cell_type == "code":
            cell.outputs = stored[cell.id].outputs
    lessons.write(folder / f"{lesson.name}.ipynb", lessons.to_bytes(notebook))
    return replace(lesson, notebook=folder / f"{lesson.name}.ipynb")


def main(number, folder):
    folder, faults, said = Path(folder), 0, []
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as scratch, labs.chromium() as started:
        (lesson,) = lessons.find(ROOT, number)
        shown, text = slides.read(draft(lesson, Path(scratch)))
        slides.build({lesson.name: text}, Path(scratch, "slides"))
        tab = opened(started, Path(scratch, "slides", f"{lesson.name}.html"), said)
        for place, found in turned(tab):
            step = tab.evaluate("Reveal.getIndices().f ?? -1") + 1
            tab.screenshot(path=folder / f"{number}_{place:02d}{f'_{step}' if step else ''}.png")
            one = shown[place - 1]
            found += [] if one.notes else ["has no notes"]
            print(f"{place:2d} {one.heading} ({one.line})", *found, sep="\n     - ")
            faults += len(found)
    low, high = SLIDES
    print(f"{len(shown)} slides ({low} to {high} wanted), {faults} faults; pictures in {folder}", *said, sep="\n")
    return int(bool(faults or said) or not low <= len(shown) <= high)


if __name__ == "__main__":
    try:
        sys.exit(main(*sys.argv[1:3]))
    except ValueError as error:
        sys.exit(str(error))
