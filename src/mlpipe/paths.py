"""Where things lie: the course's own files, the reader's record; and how a command is called from there."""

from __future__ import annotations

import os
from pathlib import Path

import platformdirs

_INSTALLED = Path(__file__).with_name("files")  # in a wheel
FILES = _INSTALLED if _INSTALLED.is_dir() else Path(__file__).resolve().parents[2]
"""The folder that holds `lessons`, `notebooks` and `data`: the checkout, or what was installed with the package."""
MARKS = ("Makefile", "lessons", "src/mlpipe")  # a folder that has them all is a checkout


def home() -> Path:
    """The folder of the reader's own record: $MLPIPE_HOME, or the platform's place for user data."""
    named = os.environ.get("MLPIPE_HOME") or platformdirs.user_data_dir("mlpipe", appauthor=False)
    return Path(os.path.abspath(os.path.expanduser(named)))


def restore(part: str) -> str:
    """What brings back a damaged part of FILES.

    Parameters
    ----------
    part
        Such as "data".

    Returns
    -------
    str
        A command of git in a checkout, of pip for an installed package.
    """
    again = "pip install --force-reinstall --no-deps, and the wheel that this package came in"
    return again if FILES == _INSTALLED else f"git checkout -- {part}"


def checkout() -> Path | None:
    """The checkout that the working folder lies in, or None: a package was installed, and is used anywhere."""
    here = Path.cwd()
    return next((one for one in (here, *here.parents) if all((one / mark).exists() for mark in MARKS)), None)


def call(command: str, *arguments: str, only: str = "", question: str = "") -> str:
    """How to call a command of the course from the working folder.

    Parameters
    ----------
    command
        Such as "run", "lab" or "interview".
    *arguments
        Handed on, such as "--resume".
    only, question
        Which lessons, which question of the interview.

    Returns
    -------
    str
        A line for a terminal: with `make` in a checkout, with `mlpipe` elsewhere.

    Examples
    --------
    >>> call("run", only="05")
    'make run ONLY=05'
    >>> call("interview", "--resume", question="ctr")
    'make interview QUESTION=ctr ARGS=--resume'
    """
    words = " ".join(arguments)
    if checkout():
        named = {"ONLY": only, "QUESTION": question, "ARGS": words}
        parts = ["make", command, *(f"{name}={value}" for name, value in named.items() if value)]
    else:
        parts = ["mlpipe", command, only and f"--only {only}", question, words]
    return " ".join(filter(None, parts))
