"""One interview in JupyterLab, in a real browser: from the start, over a closed tab, to the scorecard."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from mlpipe.interview import content
from mlpipe.paths import FILES
from mlpipe.workshop import lessons

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
sync_api = pytest.importorskip(
    "playwright.sync_api", reason="the browser test needs playwright: pip install the group browser of pyproject.toml"
)
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason=f"the browser test needs one of {', '.join(BROWSERS)} in the PATH"),
]
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # all cells are there, also those out of sight
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
PATIENCE = 120_000  # milliseconds: a kernel on a busy machine


@pytest.fixture
def lab(tmp_path):
    """JupyterLab with a reader's copy of the lesson, all its files in `tmp_path`; its address."""
    folder = tmp_path / "course"
    (lesson,) = lessons.find(FILES, "18")
    lessons.write(
        folder / lesson.notebook.name, lessons.to_bytes(lessons.without_outputs(lessons.read(lesson.notebook)))
    )
    for name, values in SETTINGS.items():
        package, plugin = name.split("/")
        path = tmp_path / "settings" / "@jupyterlab" / package / f"{plugin}.jupyterlab-settings"
        lessons.write(path, json.dumps(values))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    hidden = ("TQDM_DISABLE", "MLPIPE_HIDE_TIMES")  # set where outputs are stored: then there are no controls
    env = {key: value for key, value in os.environ.items() if key not in hidden}
    env |= {"MLPIPE_HOME": str(tmp_path / "home"), "JUPYTERLAB_SETTINGS_DIR": str(tmp_path / "settings")}
    env |= {"JUPYTERLAB_WORKSPACES_DIR": str(tmp_path / "workspaces"), "JUPYTER_CONFIG_DIR": str(tmp_path / "config")}
    options = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    if getattr(os, "geteuid", lambda: 1)() == 0:
        options.append("--allow-root")
    address = f"http://localhost:{port}/lab/tree/{lesson.notebook.name}"
    with open(tmp_path / "server.log", "w") as log:
        command = [sys.executable, "-m", "jupyterlab", *options]
        server = subprocess.Popen(command, cwd=folder, env=env, stdout=log, stderr=subprocess.STDOUT)
        try:
            wait_for(address, server, tmp_path / "server.log")
            yield address
        finally:
            server.terminate()
            server.wait(30)


def wait_for(address, server, log):
    for _ in range(PATIENCE // 1000):
        assert server.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(1)
        else:
            return
    raise AssertionError(log.read_text())


@pytest.fixture
def browser():
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield started
        started.close()


class Tab:
    """A tab with the lesson; `see` leaves a picture of each step beside the test's other files."""

    def __init__(self, browser, address, pictures):
        self.page, self.pictures = browser.new_page(viewport={"width": 1300, "height": 1000}), pictures
        self.page.set_default_timeout(PATIENCE)
        self.page.goto(address)
        self.page.wait_for_selector("text=| Idle")

    def run(self, source):
        """Run the cell that ends with `source`, and return it."""
        cell = self.page.locator(".jp-CodeCell").filter(has_text=source).first
        cell.locator(".cm-content").click()
        self.page.keyboard.press("Control+Enter")
        return cell

    def press(self, text):
        self.page.get_by_role("button", name=text, exact=True).click()

    def see(self, text):
        self.page.get_by_text(text).first.wait_for()
        self.page.screenshot(path=self.pictures / f"{text[:20]}.png")

    def top_area(self):
        """The notes of the phase that came last."""
        return self.page.locator(".jp-OutputArea textarea").first


def saved(tmp_path):
    (path,) = tmp_path.glob("home/interviews/recommender/*.json")
    return json.loads(path.read_text(encoding="utf-8"))


def until(condition):
    """Wait for what the kernel does after a key or a click."""
    for _ in range(PATIENCE // 100):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError("it did not happen")


def notes(attempt):
    return {event["phase"]: event["text"] for event in attempt["events"] if event["kind"] == "note"}


def kinds(attempt):
    return [event["kind"] for event in attempt["events"]]


def test_an_interview_from_start_to_scorecard(lab, browser, tmp_path):
    phases = [phase.id for phase in content.question("recommender").phases]
    words = {name: f"What I say on <b>{name}</b>" + ", at some length" * 10 for name in phases}

    tab = Tab(browser, lab, tmp_path)
    tab.run("rate_transcripts()")
    tab.see(f"Transcript 1 of {len(content.transcripts())}")
    tab.run('practise("recommender")')
    tab.see("Level that you sit for: senior")
    tab.press("Start")
    tab.top_area().fill(words["frame"])
    until(lambda: notes(saved(tmp_path)) == {"frame": words["frame"]})
    tab.press("Pause")
    tab.see("· paused")
    assert kinds(saved(tmp_path))[-1] == "pause"
    tab.press("Go on")
    tab.page.get_by_text("· paused").wait_for(state="hidden")

    tab.page.close()  # in the middle of the interview, without a word
    tab = Tab(browser, lab, tmp_path)
    tab.run('practise("recommender")')
    tab.see("You left at ")
    tab.press("Continue it")
    until(lambda: tab.top_area().input_value() == words["frame"])

    for name in phases[1:]:
        tab.press("Next phase")
        tab.page.get_by_text(f"{title(name)} ·").wait_for()
        area(tab, name).fill(words[name])
        until(lambda name=name: notes(saved(tmp_path)).get(name) == words[name])
    tab.see("Constraint: ")
    assert notes(saved(tmp_path)) == words

    tab.press("Finish")
    tab.see("Which level did you see?")
    for row in tab.page.locator(".widget-toggle-buttons").all()[-9:]:
        row.get_by_role("button", name="3 senior").click()
    tab.press("Make the scorecard")
    card = tab.page.frame_locator(".jp-OutputArea iframe")
    card.get_by_role("heading").first.wait_for()
    tab.see("To open and print")
    shown = card.locator("body").inner_text()
    assert "senior" in shown
    assert words["frame"] in shown  # as text, not as markup
    card.get_by_role("link", name="all of it").last.click()
    sync_api.expect(card.locator("#now")).to_be_in_viewport()  # it leads to a place in the card

    with tab.page.context.expect_page() as opened:  # a lesson opens beside the interview
        card.get_by_role("link").first.click()
    assert opened.value.url.startswith(lab.rsplit("/", 1)[0])
    assert opened.value.url.endswith(".ipynb")
    tab.see("To open and print")  # and the interview is still there

    attempt = saved(tmp_path)
    expected = ["start", "pause", "resume", "card", "finish", "score"]
    assert [kind for kind in kinds(attempt) if kind in expected][:3] == expected[:3]
    assert kinds(attempt)[-1] == "score"
    assert set(expected) <= set(kinds(attempt))
    assert set(attempt["events"][-1]["levels"].values()) == {3}
    pages = list(tmp_path.glob("home/interviews/recommender/*.html"))
    assert len(pages) == 1
    assert pages[0].with_suffix(".md").exists()


def title(name):
    return next(phase.title for phase in content.question("recommender").phases if phase.id == name)


def area(tab, name):
    """The notes of one phase: the box that has its title."""
    boxes = tab.page.locator(".jp-OutputArea .widget-vbox").filter(has_text=f"{title(name)} ·")
    return boxes.last.locator("textarea")  # the innermost box
