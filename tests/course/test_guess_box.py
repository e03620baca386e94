"""The box for a guess in JupyterLab, in a real browser: by keyboard, in dark, and without the notebook's shortcuts."""

import json
import time

import labs
import nbformat
import pytest
from labs import until

pytest.importorskip("playwright.sync_api", reason="the browser test needs playwright: the group browser has it")
pytestmark = [*labs.MARKS, pytest.mark.xdist_group("guess box")]
CELLS = (
    "from mlpipe.course import guess, guesses, reveal",
    'guess("99.factors", choices=["a <b>half</b>", "a tenth", "a hundredth"])',
    'guess("99.filled", unit="%")',
    'reveal("99.factors", "a tenth")\nreveal("99.filled", 100 / 60, fmt=".1f")',
    "guesses()",
    "import time; time.sleep(8)",
)
IMPORT, FACTORS, FILLED, REVEAL, GUESSES, SLEEP = range(6)
FOCUSED = "() => [...document.querySelectorAll('.jp-Cell')].indexOf(document.activeElement)"  # a cell, -1 for none
SHORTCUTS = ["Escape", *"ddabmyxz0", "Control+b", "Control+m", "Control+s"]
CONTRAST = """node => {
    const parts = (text) => text.match(/[\\d.]+/g).map(Number);
    const light = (colour) => parts(colour).slice(0, 3).map((one) => one / 255)
        .map((one) => one <= 0.03928 ? one / 12.92 : ((one + 0.055) / 1.055) ** 2.4)
        .reduce((sum, one, i) => sum + one * [0.2126, 0.7152, 0.0722][i], 0);
    let under = node;
    while ((parts(getComputedStyle(under).backgroundColor)[3] ?? 1) === 0) under = under.parentElement;
    const [a, b] = [light(getComputedStyle(node).color), light(getComputedStyle(under).backgroundColor)];
    return (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05);
}"""


class Page:
    """A notebook of CELLS in a tab; `home` is the reader's folder."""

    def __init__(self, address, folder, context):
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(text) for text in CELLS])
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
        self.path = folder / "notebooks" / "guess.ipynb"
        self.address, self.home = address, folder / "home"
        nbformat.write(notebook, self.path)
        self.page = context.new_page()
        self.page.set_default_timeout(labs.PATIENCE)
        self.open()

    def open(self):
        self.page.goto(f"{self.address}/lab/workspaces/guess/tree/{self.path.name}")
        self.page.wait_for_selector("text=| Idle")

    def run(self, *numbers):
        for number in numbers:
            self.page.locator(".jp-CodeCell").nth(number).locator(".cm-content").click()
            self.page.keyboard.press("Control+Enter")

    def ask(self):
        self.run(IMPORT, FACTORS, FILLED)
        self.boxes.nth(1).wait_for()

    @property
    def boxes(self):
        return self.page.locator(".mlpipe-guess")

    def number(self):
        return self.page.get_by_label("Your guess in %")

    def kept(self):
        path = self.home / "guesses" / "99.json"
        return json.loads(path.read_text()) if path.exists() else {}

    def told(self, number):
        return self.boxes.nth(number).get_by_role("status").inner_text()


@pytest.fixture(params=["JupyterLab Light", "JupyterLab Dark"])
def at(request, tmp_path):
    theme = {"apputils-extension/themes": {"theme": request.param}}
    with labs.server(tmp_path, "-m", "jupyterlab", **theme) as address, labs.chromium() as browser:
        context = browser.new_context(viewport={"width": 1200, "height": 1000})
        made = Page(address, tmp_path, context)
        yield made
        made.page.screenshot(path=tmp_path / "end.png")  # for who looks why it failed
        context.close()


def test_a_guess_is_typed_chosen_changed_kept_and_judged_by_keyboard_alone(at, tmp_path):
    at.ask()
    at.number().focus()
    at.page.keyboard.type("1,5")
    at.page.keyboard.press("Enter")
    until(lambda: "write a point for decimals" in at.told(1))
    assert at.number().input_value() == "1,5"  # to be mended
    assert at.boxes.nth(1).locator(".told").evaluate(CONTRAST) >= 4.5
    at.page.keyboard.press("Control+a")
    at.page.keyboard.type("12 %")
    at.page.keyboard.press("Shift+Enter")
    until(lambda: at.kept().get("99.filled", {}).get("said") == "12 %")
    at.boxes.nth(0).get_by_label("a <b>half</b>").focus()
    at.page.keyboard.press("Space")
    at.page.keyboard.press("ArrowDown")
    at.page.keyboard.press("Tab")
    at.page.keyboard.press("Enter")
    until(lambda: at.kept().get("99.factors", {}).get("said") == "a tenth")
    until(lambda: "You may change it" in at.told(0))
    for words in ("legend", "label >> nth=0", "button", ".told"):
        assert at.boxes.nth(0).locator(words).evaluate(CONTRAST) >= 4.5, words
    at.page.screenshot(path=tmp_path / "asked.png")
    numbers = at.page.locator(".jp-InputPrompt").all_inner_texts()
    radio, button = at.boxes.nth(0).get_by_label("a tenth"), at.boxes.nth(0).get_by_role("button")
    for place in (at.number(), button, radio):
        place.focus()
        for key in SHORTCUTS:
            at.page.keyboard.press(key)
            assert place.evaluate("node => node === document.activeElement"), key
    at.page.keyboard.press("Alt+Enter")  # a guess, and no new cell
    until(lambda: at.page.evaluate(FOCUSED) == FILLED)
    assert at.page.locator(".jp-InputPrompt").all_inner_texts() == numbers
    assert at.page.locator(".jp-CodeCell").count() == len(CELLS)
    bare = at.page.locator(":is(.mlpipe-guess, .mlpipe-guess *):not([data-lm-suppress-shortcuts])")
    assert bare.count() == 0  # what Notebook looks at, which listens before the page does
    at.run(REVEAL, GUESSES)
    at.page.get_by_text("Your guess was 12 %: 7.2 times too high.").wait_for()
    at.page.get_by_text("You guessed at 2 of 2 questions: 1 right, 1 off.").wait_for()
    for mark in "✓✗":
        assert at.page.locator(f"span:text-is('{mark}')").evaluate(CONTRAST) >= 4.5, mark
    until(lambda: at.boxes.count() == 0)  # a line stands in the place of each
    assert at.page.get_by_text("Your guess: 12 %.", exact=True).count() == 1
    assert at.kept()["99.factors"]["verdict"] == "right"
    at.page.screenshot(path=tmp_path / "shown.png")
    at.page.locator(".jp-CodeCell").nth(GUESSES).locator(".cm-content").click()
    at.page.keyboard.press("Control+s")
    until(lambda: "7.2 times" in at.path.read_text())
    assert "widget-view" not in at.path.read_text()
    # another day: the guess is there again, and may be another one
    at.page.get_by_role("menuitem", name="Kernel", exact=True).click()
    at.page.get_by_text("Restart Kernel…", exact=True).click()
    at.page.locator(".jp-Dialog .jp-mod-accept").click()
    at.page.wait_for_selector("text=| Idle")
    at.ask()
    until(lambda: at.number().input_value() == "12")
    at.run(REVEAL)
    at.page.get_by_text("Your guess was 12 %").wait_for()


@pytest.mark.parametrize("at", ["JupyterLab Light"], indirect=True)
def test_after_a_guess_the_cell_below_has_the_focus_and_shift_enter_runs_it(at):
    at.page.locator(".jp-CodeCell").first.locator(".cm-content").click()
    for _ in (IMPORT, FACTORS, FILLED):
        at.page.keyboard.press("Shift+Enter")
    at.boxes.nth(1).wait_for()
    until(lambda: at.page.evaluate(FOCUSED) == REVEAL)
    at.page.keyboard.press("ArrowUp")
    until(lambda: at.page.evaluate(FOCUSED) == FILLED)
    for _ in range(20):  # past the toolbar of the cell, if it is there already
        at.page.keyboard.press("Tab")
        if at.number().evaluate("node => node === document.activeElement"):
            break
    at.page.keyboard.type("1,5")
    at.page.keyboard.press("Enter")
    until(lambda: "write a point for decimals" in at.told(1))
    assert at.number().evaluate("node => node === document.activeElement")  # a refused guess is to be mended there
    at.page.keyboard.press("Backspace")
    at.page.keyboard.press("Backspace")
    at.page.keyboard.press("Enter")
    until(lambda: at.page.evaluate(FOCUSED) == REVEAL)
    until(lambda: at.told(1) == "Your guess: 1 %. You may change it until the result is shown.")
    for _ in (REVEAL, GUESSES):
        at.page.keyboard.press("Shift+Enter")
    at.page.get_by_text("Your guess was 1 %: 1.7 times too low.").wait_for()
    at.page.get_by_text("You guessed at 1 of 2 questions").wait_for()
    assert at.page.locator(".jp-InputPrompt").nth(FILLED).inner_text() == "[3]:"  # the question was not run again


@pytest.mark.parametrize("at", ["JupyterLab Light"], indirect=True)
def test_run_all_does_not_wait_and_a_late_guess_does_not_count(at):
    at.page.get_by_role("menuitem", name="Run", exact=True).click()
    at.page.get_by_text("Run All Cells", exact=True).click()
    at.page.get_by_text("You guessed at 0 of 2 questions.").wait_for()
    at.run(FILLED)
    at.page.get_by_text("No guess was taken").first.wait_for()
    until(lambda: at.boxes.count() == 0)
    assert at.kept() == {}


@pytest.mark.parametrize("at", ["JupyterLab Light"], indirect=True)
def test_a_busy_kernel_takes_the_guess_in_the_end_and_a_dead_one_is_told(at):
    at.ask()
    at.run(SLEEP)
    at.number().fill("3")
    at.page.keyboard.press("Enter")
    at.boxes.nth(0).get_by_role("button").focus()  # the reader has gone elsewhere, and stays there
    until(lambda: at.kept().get("99.filled", {}).get("said") == "3 %")
    until(lambda: "You may change it" in at.told(1))
    assert at.boxes.nth(0).get_by_role("button").evaluate("node => node === document.activeElement")
    at.page.get_by_role("menuitem", name="Kernel", exact=True).click()
    at.page.get_by_text("Restart Kernel…", exact=True).click()
    at.page.locator(".jp-Dialog .jp-mod-accept").click()
    at.page.wait_for_selector("text=| Idle")
    time.sleep(1)
    if at.boxes.count():  # the page of a kernel that is no more
        at.number().fill("4")
        at.page.keyboard.press("Enter")
        until(lambda: "was restarted, then run this cell again" in at.told(1))
        assert at.number().input_value() == "4"
