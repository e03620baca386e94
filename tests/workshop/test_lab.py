"""The reader's copy of the course: complete, without outputs, and never overwritten once it was changed."""

import json
import os
import shutil
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import jupytext
import labs
import nbformat
import pytest

from mlpipe.course import record
from mlpipe.paths import MARKS
from mlpipe.workshop import lab, lessons

ROOT = Path(__file__).parents[2]


def course_lesson(source):
    output = nbformat.v4.new_output("stream", name="stdout", text="the answer")
    cells = [nbformat.v4.new_code_cell(source, outputs=[output], execution_count=1, id="a")]
    return lessons.to_bytes(nbformat.v4.new_notebook(cells=cells))


@pytest.fixture
def root(tmp_path):
    for mark in MARKS:
        (tmp_path / mark).mkdir(parents=True)
    for name in ("00_start", "01_next"):
        lessons.write(tmp_path / "notebooks" / f"{name}.ipynb", course_lesson("x = 1"))
    return tmp_path


def mine(root, name="00_start"):
    return root / "my_course" / f"{name}.ipynb"


def test_copies_have_the_sources_and_no_outputs(root):
    assert lab.copy_course(root) == ["00_start.ipynb: added", "01_next.ipynb: added"]
    notebook = lessons.read(mine(root))
    assert notebook.cells[0].source == "x = 1"
    assert (notebook.cells[0].outputs, notebook.cells[0].execution_count) == ([], None)
    assert b"the answer" in (root / "notebooks" / "00_start.ipynb").read_bytes()


def test_a_trap_keeps_its_folder_and_its_links(root):
    lessons.write(root / "notebooks" / "traps" / "t1_odd.ipynb", course_lesson("x = 1"))
    assert lab.copy_course(root)[-1] == "traps/t1_odd.ipynb: added"
    assert lab.copy_course(root) == []
    copy = root / "my_course" / "traps" / "t1_odd.ipynb"
    assert (copy.parent / "../00_start.ipynb").exists()
    copy.write_bytes(b"my own work")
    lessons.write(root / "notebooks" / "traps" / "t1_odd.ipynb", course_lesson("x = 2"))
    (told,) = lab.copy_course(root)
    assert "rename my_course/traps/t1_odd.ipynb" in told
    assert copy.read_bytes() == b"my own work"


def test_nothing_happens_the_second_time(root):
    lab.copy_course(root)
    before = mine(root).stat().st_mtime_ns
    assert lab.copy_course(root) == []
    assert mine(root).stat().st_mtime_ns == before


def test_an_unchanged_copy_is_updated_and_a_new_lesson_added(root):
    lab.copy_course(root)
    lessons.write(root / "notebooks" / "00_start.ipynb", course_lesson("x = 2"))
    lessons.write(root / "notebooks" / "02_new.ipynb", course_lesson("y = 1"))
    assert lab.copy_course(root) == ["00_start.ipynb: updated", "02_new.ipynb: added"]
    assert "x = 2" in mine(root).read_text()


def test_a_changed_copy_is_kept_and_the_reader_told_how_to_get_the_new_one(root):
    lab.copy_course(root)
    mine(root).write_bytes(b"my own work")
    assert lab.copy_course(root) == []  # nothing new to tell
    lessons.write(root / "notebooks" / "00_start.ipynb", course_lesson("x = 2"))
    for _ in range(2):
        (told,) = lab.copy_course(root)
        assert "yours is kept" in told
        assert "rename my_course/00_start.ipynb" in told
        assert mine(root).read_bytes() == b"my own work"
    mine(root).rename(root / "my_course" / "00_mine.ipynb")
    assert lab.copy_course(root) == ["00_start.ipynb: added"]
    assert "x = 2" in mine(root).read_text()
    assert (root / "my_course" / "00_mine.ipynb").read_bytes() == b"my own work"


@pytest.mark.parametrize("manifest", [None, "{}"])
def test_a_lost_manifest_costs_nobody_their_work(root, manifest):
    lab.copy_course(root)
    mine(root).write_bytes(b"my own work")
    path = root / "my_course" / ".copied.json"
    path.unlink() if manifest is None else path.write_text(manifest)
    (told,) = lab.copy_course(root)
    assert told.startswith("00_start.ipynb: you changed")
    assert mine(root).read_bytes() == b"my own work"
    assert set(json.loads(path.read_text())) == {"01_next.ipynb"}


@pytest.mark.parametrize("manifest", ["", "{", "[]"])
def test_a_damaged_manifest_is_told_with_its_fix(root, manifest):
    lab.copy_course(root)
    mine(root).write_bytes(b"my own work")
    path = root / "my_course" / ".copied.json"
    path.write_text(manifest)
    with pytest.raises(ValueError, match=r"my_course/\.copied\.json is damaged: delete it"):
        lab.copy_course(root)
    path.unlink()
    lab.copy_course(root)
    assert mine(root).read_bytes() == b"my own work"


def test_a_file_in_place_of_the_copy_is_told_with_its_fix(root):
    (root / "my_course").write_text("a shopping list")
    with pytest.raises(ValueError, match=r"my_course is a file, .* rename it, then call `make lab` again"):
        lab.copy_course(root)
    assert (root / "my_course").read_text() == "a shopping list"


def test_a_copy_that_cannot_be_written_is_one_sentence(root, monkeypatch, capsys):
    from mlpipe.workshop.__main__ import main

    monkeypatch.chdir(root)
    monkeypatch.setattr(record.tempfile, "mkstemp", failing(OSError(28, "No space left on device")))
    assert main(["lab"]) == 2
    assert capsys.readouterr().err == f"[Errno 28] No space left on device: '{mine(root)}'\n"


def failing(error):
    def fail(*_, **__):
        raise error

    return fail


def test_stored_outputs_alone_do_not_make_a_new_version(root):
    lab.copy_course(root)
    other = course_lesson("x = 1").replace(b"the answer", b"another answer")
    lessons.write(root / "notebooks" / "00_start.ipynb", other)
    assert lab.copy_course(root) == []


@pytest.mark.parametrize(
    ("start", "folder", "url"),
    [(lab.lab, "my_course", "/lab"), (lab.author, ".", "/lab/tree/lessons")],
)
def test_jupyterlab_starts_with_this_python_in_the_right_folder(start, folder, url, root, monkeypatch):
    calls = []

    def call(command, cwd, env):
        first = env["JUPYTER_PATH"].split(os.pathsep)[0]
        calls.append((command, cwd, json.loads((Path(first) / "kernels/python3/kernel.json").read_text()), env))
        return 0

    monkeypatch.chdir(root)
    monkeypatch.setenv("MLPIPE_HOME", "mine")
    monkeypatch.setenv("JUPYTER_PATH", "another's")
    monkeypatch.setenv("PYTHONHOME", "another's")
    monkeypatch.setattr(lab.subprocess, "call", call)
    assert start(root, ["--no-browser"]) == 0
    where = (root / folder).resolve()
    ((command, cwd, spec, env),) = calls
    own = [
        f"--ServerApp.root_dir={where}",
        f"--LabApp.default_url={url}",
    ]  # a user's configuration may have another root
    if start == lab.lab:  # and other layouts
        own.append(f"--LabApp.workspaces_dir={where / '.layouts'}")
    assert (command, cwd) == ([sys.executable, "-P", "-m", "jupyterlab", *own, "--no-browser"], where)
    assert spec["argv"][0] == sys.executable  # whatever else is called python3 on this machine
    assert env["JUPYTER_PATH"].endswith(os.pathsep + "another's")
    assert env["MLPIPE_HOME"] == str(root / "mine")
    assert "PYTHONHOME" not in env


def test_a_lesson_that_is_saved_as_a_notebook_is_the_text_that_it_was(tmp_path):
    shutil.copytree(ROOT / "lessons", tmp_path / "lessons")
    shutil.copy(ROOT / "pyproject.toml", tmp_path)  # what jupytext keeps of the metadata
    server = jupytext.TextFileContentsManager(root_dir=str(tmp_path))
    texts = {text: text.read_bytes() for text in tmp_path.glob("lessons/**/lesson.py")}
    assert len(texts) > 10
    for text in texts:
        name = text.relative_to(tmp_path).as_posix()
        server.save(server.get(name, type="notebook"), name)
    assert [text.parent.name for text, before in texts.items() if text.read_bytes() != before] == []


def test_two_that_open_the_course_at_once_both_find_it_whole(root):
    with ThreadPoolExecutor(2) as pool:
        told = list(pool.map(lab.copy_course, [root, root]))
    assert sorted(map(len, told)) == [0, 2]  # one copies, the other finds it there
    assert set(json.loads((root / "my_course/.copied.json").read_text())) == {"00_start.ipynb", "01_next.ipynb"}


def test_arguments_reach_jupyterlab(root, monkeypatch):
    from mlpipe.workshop.__main__ import main

    handed_on = []
    monkeypatch.chdir(root)
    monkeypatch.setattr(lab, "launch", lambda folder, url, arguments: handed_on.append(arguments) or 0)
    assert main(["lab", "--no-browser", "--port", "9999"]) == 0
    assert handed_on == [[f"--LabApp.workspaces_dir={root / 'my_course/.layouts'}", "--no-browser", "--port", "9999"]]


@pytest.fixture
def course(tmp_path):
    """A course with one lesson that has headings, in the folder in which tests start JupyterLab."""
    folder = tmp_path / "notebooks"
    for mark in MARKS:
        (folder / mark).mkdir(parents=True)
    for name, second in (("00_start", "A question"), ("01_next", "Another question")):
        cells = [nbformat.v4.new_markdown_cell(text) for text in (f"# {name}", f"## {second}", "text")]
        notebook = nbformat.v4.new_notebook(cells=cells, metadata={"kernelspec": lessons.KERNEL})
        lessons.write(folder / f"notebooks/{name}.ipynb", lessons.to_bytes(notebook))
    return tmp_path


@pytest.mark.slow
@pytest.mark.skipif(labs.CHROMIUM is None, reason="no browser")
@pytest.mark.xdist_group("lab in a browser")
def test_the_course_opens_at_its_first_lesson_with_the_contents_beside_it_and_then_as_it_was_left(course):
    pytest.importorskip("playwright.sync_api", reason="the group browser of pyproject.toml has it")
    contents = "#table-of-contents:visible"
    for start in ("first", "second"):
        with labs.server(course, "-m", "mlpipe.workshop", "lab") as address, labs.chromium() as browser:
            page = browser.new_context(viewport={"width": 1300, "height": 900}).new_page()
            page.set_default_timeout(labs.PATIENCE)
            page.goto(f"{address}/")  # as the browser that the server opens
            page.locator(".jp-Notebook:visible").get_by_role("heading", name="question").wait_for()
            if start == "first":
                page.locator(contents).get_by_text("A question").wait_for()
                page.screenshot(path=course / "first.png")
                page.get_by_role("tab", name="File Browser").click()
                page.locator("#filebrowser").get_by_text("01_next.ipynb").dblclick()
                page.locator(".jp-Notebook:visible").get_by_role("heading", name="Another question").wait_for()
                layout = course / "notebooks/my_course/.layouts"
                labs.until(lambda layout=layout: any("01_next" in path.read_text() for path in layout.iterdir()))
                labs.until(lambda layout=layout: '"current":"filebrowser"' in next(layout.iterdir()).read_text())
            else:
                page.locator(".jp-Notebook:visible").get_by_role("heading", name="Another question").wait_for()
                assert page.locator("#filebrowser").is_visible()
                assert not page.locator(contents).count()
                page.screenshot(path=course / "second.png")
    assert not (course / "workspaces").exists()  # where the reader's other layouts would be
    kept = [path.read_text() for path in (course / "settings").rglob("*") if path.is_file()]
    assert sorted(kept) == sorted(map(json.dumps, labs.SETTINGS.values()))  # the reader's settings are as they were
