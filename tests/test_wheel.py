"""What `pip install` brings: the wheel and the source distribution hold the course, and nothing else."""

import json
import os
import re
import shutil
import subprocess
import sys
import tarfile
import threading
import urllib.request
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
SHIPPED = ("data", "docs", "lessons", "notebooks", "INSTRUCTING.md")
pytestmark = [
    pytest.mark.slow,
    pytest.mark.skipif(not (ROOT / ".git").exists() or shutil.which("git") is None, reason="not a checkout of git"),
]


@pytest.fixture(scope="module")
def tracked():
    """The files of this checkout that git knows or would take in."""
    listed = ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"]
    names = subprocess.run(listed, cwd=ROOT, capture_output=True, text=True, check=True).stdout.split("\0")
    return {name for name in names if name and (ROOT / name).exists()}


@pytest.fixture(scope="module")
def clone(tmp_path_factory, tracked):
    """A copy of the checkout, with what running and building leave there."""
    root = tmp_path_factory.mktemp("clone")
    left = (
        "lessons/00_start_here/__pycache__/x.pyc",
        "notebooks/.ipynb_checkpoints/x.ipynb",
        "build/lib/mlpipe/old.py",
    )
    for name in (*tracked, *left):
        (root / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy2(ROOT / name, root / name) if name in tracked else (root / name).touch()
    return root


@pytest.fixture(scope="module")
def wheel(clone, tmp_path_factory):
    """The wheel, built without a network."""
    folder = tmp_path_factory.mktemp("wheel")
    build = [sys.executable, "-m", "pip", "wheel", "-q", "--no-deps", "--no-build-isolation", "-w", folder, clone]
    subprocess.run(build, check=True, timeout=300)
    (path,) = folder.iterdir()
    return path


def test_the_wheel_holds_the_package_and_the_course_and_nothing_else(wheel, tracked):
    package = {name.removeprefix("src/") for name in tracked if name.startswith("src/")}
    course = {f"mlpipe/files/{name}" for name in tracked if name.startswith(SHIPPED)}
    with zipfile.ZipFile(wheel) as file:
        held = {name for name in file.namelist() if ".dist-info/" not in name}
    assert sorted(held ^ (package | course)) == []


def test_the_wheel_stays_small_and_runs_on_any_machine(wheel):
    assert wheel.name.endswith("-py3-none-any.whl")
    assert wheel.stat().st_size < 8e6  # notebooks with their figures, and the data


def test_the_source_distribution_is_the_checkout(clone, tracked, tmp_path):
    build = "import sys; from setuptools.build_meta import build_sdist; build_sdist(sys.argv[1])"
    subprocess.run([sys.executable, "-c", build, tmp_path], cwd=clone, check=True, capture_output=True, timeout=300)
    (path,) = tmp_path.iterdir()
    with tarfile.open(path) as file:
        held = {one.name.partition("/")[2] for one in file.getmembers() if one.isfile()}
    made = {name for name in held if ".egg-info/" in name} | {"PKG-INFO", "setup.cfg"}
    assert sorted((held - made) ^ tracked) == []


@pytest.fixture(scope="module")
def installed(wheel, tmp_path_factory):
    """An environment with the package installed, whose dependencies are those of this Python; any folder to work in."""
    venv = tmp_path_factory.mktemp("venv")
    subprocess.run([sys.executable, "-m", "venv", "--without-pip", venv], check=True, timeout=120)
    (site,) = venv.glob("lib/python*/site-packages")
    install = [sys.executable, "-m", "pip", "--python", venv / "bin/python", "install", "-q", "--no-deps", "--no-index"]
    env = {name: value for name, value in os.environ.items() if not name.startswith("PYTHON")}
    subprocess.run([*install, wheel], env=env, check=True, timeout=300)
    others = [path for path in sys.path if path.endswith("site-packages")]
    (site / "others.pth").write_text("\n".join(others))  # behind the site-packages of the environment
    return venv / "bin" / "mlpipe"


def mlpipe(script, folder, *arguments):
    """Call the installed command in a folder with a bare environment, as from a terminal."""
    env = {"HOME": str(folder), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    return subprocess.run([script, *arguments], cwd=folder, env=env, capture_output=True, text=True, timeout=300)


def test_the_command_works_in_any_folder(installed, tmp_path):
    (tmp_path / "random.py").write_text("raise SystemExit('the wrong module')")  # the reader's own
    done = mlpipe(installed, tmp_path, "run", "--only", "00", "--scale", "small")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "00_start_here  ok" in done.stdout
    assert (tmp_path / "build" / "html" / "index.html").exists()
    assert {path.name for path in tmp_path.glob("build/run/*.ipynb")} == {"00_start_here.ipynb"}
    done = mlpipe(installed, tmp_path, "refresh")
    assert (done.returncode, done.stdout) == (2, "")
    assert "this folder is not in one" in done.stderr


def test_what_the_command_runs_is_what_was_installed(installed, tmp_path):
    done = mlpipe(installed, tmp_path, "check-environment")
    assert done.returncode == 0, done.stdout + done.stderr
    probe = "import mlpipe.paths as paths; print(paths.FILES)"
    shown = subprocess.run([installed.with_name("python"), "-I", "-c", probe], capture_output=True, text=True).stdout
    assert shown.strip().startswith(str(installed.parents[1]))
    assert shown.strip().endswith("mlpipe/files")


def test_the_service_builds_its_model_from_the_data_that_came_along_and_serves_it(installed, tmp_path):
    env = {"HOME": str(tmp_path), "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"}
    pipes = dict.fromkeys(("stdin", "stdout", "stderr"), subprocess.PIPE)
    serve = [installed, "serve", "--port", "0", "--until-closed"]
    with subprocess.Popen(serve, cwd=tmp_path, env=env, text=True, **pipes) as process:
        killer = threading.Timer(120, process.kill)
        killer.start()
        lines = iter(process.stdout.readline, "")
        url = next((found[0] for line in lines if (found := re.search(r"http://127\.0\.0\.1:\d+", line))), None)
        assert url, process.stderr.read()
        with urllib.request.urlopen(f"{url}/recommend?user=42&k=7", timeout=60) as answer:
            assert len(json.load(answer)["items"]) == 7
        process.stdin.close()
        assert process.wait(60) == 0
        killer.cancel()
    assert (tmp_path / "build" / "serving" / "current").exists()


def test_the_interview_is_there(installed, tmp_path):
    done = mlpipe(installed, tmp_path, "interview", "--help")
    assert done.returncode == 0, done.stderr
    assert "--drill" in done.stdout
    done = mlpipe(installed, tmp_path, "interview", "ctr", "--print", "pages")
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "pages" / "rubric_ctr.html").exists()
