"""What git does to the files of a checkout on another machine."""

import shutil
import subprocess
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]


@pytest.mark.skipif(not (ROOT / ".git").exists() or shutil.which("git") is None, reason="not a checkout of git")
@pytest.mark.parametrize("autocrlf", ["true", "input", "false"])
def test_lines_end_the_same_whatever_git_is_told(autocrlf, tmp_path):
    """A shell, the checksums of the data and the tests of stored notebooks read bytes."""
    files = {"run.sh": b"echo 1\n", "x.py": b"x = 1\n", "x.ipynb": b"{\n}\n", "x.csv.gz": b"\x1f\x8b\r\n\x00\n"}

    def git(*arguments):
        own = ("-c", f"core.autocrlf={autocrlf}", "-c", "user.name=x", "-c", "user.email=x@example.org")
        subprocess.run(["git", *own, *arguments], cwd=tmp_path, check=True, capture_output=True)

    git("init", "-q")
    shutil.copy(ROOT / ".gitattributes", tmp_path)
    for name, content in files.items():
        (tmp_path / name).write_bytes(content)
    git("add", "-A")
    git("commit", "-qm", "x")
    for name in files:
        (tmp_path / name).unlink()
    git("checkout", "-q", "--", ".")
    assert {name: (tmp_path / name).read_bytes() for name in files} == files
