"""JupyterLab in a real browser, for tests that need one: a server on a port of its own, pages, and patience."""

import json
import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.request
from contextlib import contextmanager, suppress

import psutil
import pytest

from mlpipe.workshop import lessons

BROWSERS = ("chromium", "chromium-browser", "google-chrome")
CHROMIUM = next(filter(None, map(shutil.which, BROWSERS)), None)
MARKS = [
    pytest.mark.slow,
    pytest.mark.skipif(CHROMIUM is None, reason=f"the browser test needs one of {', '.join(BROWSERS)} in the PATH"),
]
SETTINGS = {
    "notebook-extension/tracker": {"windowingMode": "none"},  # all cells are there, also those out of sight
    "apputils-extension/notification": {"fetchNews": "false", "checkForUpdates": False},
}
PATIENCE = 60_000  # milliseconds: a kernel on a busy machine
STORED = ("TQDM_DISABLE", "MLPIPE_HIDE_TIMES")  # set where outputs are stored: nothing lives there


@contextmanager
def server(folder, *command, **settings):
    """JupyterLab, started by arguments of this Python, on notebooks in folder / "notebooks": the address of its server.

    `settings` beside those of SETTINGS; all that it keeps of a reader is in `folder`.
    """
    for name, values in (SETTINGS | settings).items():
        package, plugin = name.split("/")
        path = folder / "settings" / "@jupyterlab" / package / f"{plugin}.jupyterlab-settings"
        lessons.write(path, json.dumps(values))
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    env = {key: value for key, value in os.environ.items() if key not in STORED}
    env |= {"JUPYTERLAB_SETTINGS_DIR": str(folder / "settings"), "JUPYTER_CONFIG_DIR": str(folder / "config")}
    env |= {"JUPYTERLAB_WORKSPACES_DIR": str(folder / "workspaces"), "MLPIPE_HOME": str(folder / "home")}
    options = ["--no-browser", f"--port={port}", "--ServerApp.port_retries=0", "--IdentityProvider.token="]
    if getattr(os, "geteuid", lambda: 1)() == 0:
        options.append("--allow-root")
    address, log = f"http://localhost:{port}", folder / "server.log"
    (folder / "notebooks").mkdir(exist_ok=True)
    with open(log, "w") as output:
        line = [sys.executable, *command, *options]
        started = subprocess.Popen(line, cwd=folder / "notebooks", env=env, stdout=output, stderr=subprocess.STDOUT)
        try:
            _wait_for(f"{address}/lab", started, log)
            yield address
        finally:
            family = [*psutil.Process(started.pid).children(recursive=True), started]  # `mlpipe lab` has a child
            for process in family:
                with suppress(psutil.NoSuchProcess):
                    process.terminate()
            psutil.wait_procs(family[:-1], timeout=30)
            started.wait(30)


def _wait_for(address, started, log):
    for _ in range(PATIENCE // 1000):
        assert started.poll() is None, log.read_text()
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except OSError:
            time.sleep(1)
        else:
            return
    raise AssertionError(log.read_text())


@contextmanager
def chromium(*arguments):
    """A browser without a window."""
    from playwright import sync_api

    with sync_api.sync_playwright() as playwright:
        started = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox", *arguments])
        yield started
        started.close()


def until(condition, what="it did not happen"):
    """Wait for what the kernel does after a key or a click."""
    for _ in range(PATIENCE // 300):
        if condition():
            return
        time.sleep(0.1)
    raise AssertionError(what)
