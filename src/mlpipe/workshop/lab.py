"""JupyterLab for readers, on a copy of the course that is theirs, and for authors, on the lessons themselves."""

from __future__ import annotations

import hashlib
import json
import os
import subprocess
import sys
import tempfile
from pathlib import Path

from mlpipe.paths import call, home
from mlpipe.workshop import lessons
from mlpipe.workshop.execute import kernelspec

CONTENTS = "@jupyterlab/toc:plugin"  # JupyterLab's name for the panel with a notebook's headings


def copy_course(root: Path, into: Path | None = None) -> list[str]:
    """Bring `my_course/` in `into` (default: `root`) up to date with the lessons of `root`; what to tell the reader.

    Adds lessons that are new there, updates copies that the reader has not changed, and overwrites nothing else.
    Outputs are left out: a lesson asks for a guess before it shows an answer.
    """
    mine = Path(into or root).resolve() / "my_course"
    if mine.exists() and not mine.is_dir():
        raise ValueError(
            f"{mine} is a file, but your copy needs this name for a folder: rename it, then call `{call('lab')}` again"
        )
    with lessons.locked(mine):
        return _update(root, mine)


def _update(root: Path, mine: Path) -> list[str]:
    manifest = mine / ".copied.json"
    copied = lessons.read_json(manifest, f"delete it and call `{call('lab')}` again; your lessons stay as they are")
    news = []
    for lesson in lessons.find(root):
        name = lesson.notebook.relative_to(Path(root).resolve() / "notebooks").as_posix()  # traps keep their folder
        fresh = lessons.to_bytes(lessons.without_outputs(lessons.read(lesson.notebook)))
        path = mine / name
        found = digest(path.read_bytes()) if path.exists() else None
        if found == digest(fresh):
            copied[name] = found
        elif found is None or found == copied.get(name):
            lessons.write(path, fresh)
            copied[name] = digest(fresh)
            news.append(f"{name}: {'added' if found is None else 'updated'}")
        elif copied.get(name) != digest(fresh):
            news.append(
                f"{name}: you changed your copy and the course has a newer version; yours is kept. "
                f"To get the new one, rename my_course/{name} and call `{call('lab')}` again."
            )
        lessons.write(manifest, json.dumps(copied, indent=1) + "\n")
    return news


def digest(content: bytes) -> str:
    """A fingerprint of a file's content."""
    return hashlib.sha256(content).hexdigest()


def lab(root: Path, arguments: list[str], into: Path | None = None) -> int:
    """`make lab`: update the reader's copy of the lessons of `root`, then open it."""
    for line in copy_course(root, into):
        print(line)
    mine = Path(into or root).resolve() / "my_course"
    layouts = _layouts(mine, lessons.find(root)[0].notebook.name)
    return launch(mine, "/lab", [f"--LabApp.workspaces_dir={layouts}", *arguments])


def _layouts(mine: Path, first: str) -> Path:
    """The folder of the layouts of this copy of the course, apart from those of the reader's other work.

    At the first start the lesson `first` is open, with its contents on the left; then JupyterLab keeps what the reader
    makes of it.
    """
    from jupyterlab_server.workspaces_handler import WORKSPACE_EXTENSION, slugify  # takes as long as all else here

    folder = mine / ".layouts"
    path = folder / f"{slugify('default')}{WORKSPACE_EXTENSION}"
    if not path.exists():
        tab = f"notebook:{first}"
        area = {"dock": {"type": "tab-area", "currentIndex": 0, "widgets": [tab]}, "current": tab}
        left = {"collapsed": False, "visible": True, "current": CONTENTS, "widgets": [CONTENTS]}
        layout = {
            "layout-restorer:data": {"main": area, "left": left, "relativeSizes": [0.2, 0.8, 0]},
            tab: {"data": {"path": first, "factory": "Notebook"}},
        }
        lessons.write(path, json.dumps({"data": layout, "metadata": {"id": "default"}}))
    return folder


def author(root: Path, arguments: list[str]) -> int:
    """`make author`: open the lessons' texts, which jupytext reads and saves as notebooks."""
    print("A lesson as a notebook: right click on lesson.py, Open With, Notebook. A double click opens the code.")
    print("Saving changes the text; then `make refresh ONLY=NN` makes the stored notebook from it.")
    return launch(Path(root).resolve(), "/lab/tree/lessons", arguments)


def launch(folder: Path, url: str, arguments: list[str]) -> int:
    """JupyterLab in a folder, with this Python's kernel; returns its exit status. Other settings are the reader's."""
    settings = [f"--ServerApp.root_dir={folder}", f"--LabApp.default_url={url}"]
    command = [sys.executable, "-P", "-m", "jupyterlab", *settings, *arguments]
    with tempfile.TemporaryDirectory(ignore_cleanup_errors=True) as scratch:
        found = [str(kernelspec(Path(scratch))), os.environ.get("JUPYTER_PATH", "")]
        env = os.environ | {"JUPYTER_PATH": os.pathsep.join(filter(None, found)), "MLPIPE_HOME": str(home())}
        env.pop("PYTHONHOME", None)  # it names another Python's library
        try:
            return subprocess.call(command, cwd=folder, env=env)
        except KeyboardInterrupt:  # JupyterLab got it, too, and has ended
            return 0
