"""The room of the interview in JupyterLab, in a real browser: no key and no word may be lost, and none may leave."""

import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request
from urllib.parse import urlsplit

import nbformat
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
    pytest.mark.xdist_group("browser"),  # one server for all of them
    pytest.mark.skipif(CHROMIUM is None, reason=f"the browser test needs one of {', '.join(BROWSERS)} in the PATH"),
]
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # all cells are there, also those out of sight
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
PATIENCE = 30_000  # milliseconds: a kernel on a busy machine
CELL = """
import os
os.environ["MLPIPE_HOME"] = {home!r}
from mlpipe.interview.widgets import practise
practise("recommender", seed=1)
print("pid", os.getpid())
""".strip()
NOISE = """
import threading, time
from mlpipe.interview import room

def disturb():
    while True:
        time.sleep(1)
        with room.LOCK:
            for one in list(room._rooms.values()):
                one.interview.interrupt()
                one.publish()

threading.Thread(target=disturb, daemon=True).start()
""".strip()
MICROPHONE = ("--use-fake-device-for-media-stream", "--use-fake-ui-for-media-stream")


@pytest.fixture(scope="module")
def lab(tmp_path_factory):
    """One JupyterLab for all tests: its address, and the folder of its notebooks."""
    folder = tmp_path_factory.mktemp("lab")
    for name, values in SETTINGS.items():
        package, plugin = name.split("/")
        path = folder / "settings" / "@jupyterlab" / package / f"{plugin}.jupyterlab-settings"
        lessons.write(path, json.dumps(values))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    hidden = ("TQDM_DISABLE", "MLPIPE_HIDE_TIMES")  # set where outputs are stored: then there is no room
    env = {key: value for key, value in os.environ.items() if key not in hidden}
    env |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTER_CONFIG_DIR": str(folder / "config")}
    env |= {"JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"), "MLPIPE_HOME": str(folder / "home")}
    options = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    if getattr(os, "geteuid", lambda: 1)() == 0:
        options.append("--allow-root")
    address, notebooks, log = f"http://localhost:{port}/lab", folder / "notebooks", folder / "server.log"
    notebooks.mkdir()
    with open(log, "w") as output:
        command = [sys.executable, "-m", "jupyterlab", *options]
        server = subprocess.Popen(command, cwd=notebooks, env=env, stdout=output, stderr=subprocess.STDOUT)
        try:
            wait_for(address, server, log)
            yield address, notebooks
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


@pytest.fixture(scope="module")
def browser():
    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *MICROPHONE])
        yield started
        started.close()


class Lab:
    """JupyterLab with one notebook of this test, in a browser of its own; `home` is the reader's folder."""

    def __init__(self, address, folder, browser, tmp_path):
        self.address, self.tmp_path, self.home = address, tmp_path, tmp_path / "home"
        self.name = f"{tmp_path.name}.ipynb"
        cells = [nbformat.v4.new_code_cell(text) for text in (CELL.format(home=str(self.home)), NOISE, "1 + 1")]
        notebook = nbformat.v4.new_notebook(cells=cells)
        notebook.metadata.kernelspec = {"name": "python3", "display_name": "Python 3 (ipykernel)"}
        nbformat.write(notebook, folder / self.name)
        self.context = browser.new_context(viewport={"width": 1300, "height": 1100})
        self.requests, self.errors = [], []
        self.context.on("request", lambda request: self.requests.append(request.url))
        self.context.on("console", lambda one: one.type == "error" and self.errors.append(one.text))
        self.context.on("weberror", lambda one: self.errors.append(str(one.error)))
        self.page = self.open()

    def open(self, name=None):
        """The notebook in a tab, its kernel ready."""
        page = self.context.new_page()
        page.set_default_timeout(PATIENCE)
        page.goto(f"{self.address}/tree/{name or self.name}")
        page.wait_for_selector("text=| Idle")
        return page

    def run(self, source="practise(", page=None):
        page = page or self.page
        page.locator(".jp-CodeCell").filter(has_text=source).first.locator(".cm-content").click()
        page.keyboard.press("Control+Enter")
        if source == "practise(":
            page.wait_for_selector(".mlpipe-room button:visible")

    def begin(self):
        """The interview has begun, and the cursor is in the first box."""
        self.run()
        self.press("Start")

    def press(self, text, page=None):
        (page or self.page).locator(".mlpipe-room").get_by_role("button", name=text, exact=True).click()

    def box(self, name="frame", page=None):
        return (page or self.page).locator(f'.mlpipe-room [data-box="{name}"] textarea')

    def saved(self):
        (path,) = self.home.glob("interviews/recommender/*.json")
        return json.loads(path.read_text(encoding="utf-8"))

    def notes(self):
        if not list(self.home.glob("interviews/recommender/*.json")):
            return {}
        return {event["phase"]: event["text"] for event in self.saved()["events"] if event["kind"] == "note"}

    def cells(self):
        return self.page.locator(".jp-CodeCell").count()

    def focused(self):
        return self.page.evaluate("document.activeElement.closest('[data-box]')?.dataset.box")

    def picture(self, name):
        self.page.locator(".mlpipe-room").screenshot(path=self.tmp_path / f"{name}.png")


@pytest.fixture
def at(lab, browser, tmp_path):
    made = Lab(*lab, browser, tmp_path)
    yield made
    made.context.close()


def until(condition, what="it did not happen"):
    """Wait for what the kernel does after a key or a click."""
    for _ in range(PATIENCE // 4 // 100):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(what)


def test_600_keys_are_kept_while_the_interviewer_speaks_each_second(at):
    at.run("def disturb")
    at.begin()
    text = ("We ask who uses it, and how often. " * 20)[:600]
    at.page.keyboard.type(text, delay=10)
    assert at.box().input_value() == text
    assert at.focused() == "frame"
    assert at.page.locator(".mlpipe-room .log .question").count() >= 3
    until(lambda: at.notes().get("frame") == text)
