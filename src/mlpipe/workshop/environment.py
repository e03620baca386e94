"""Is this machine ready for the course? Each failure comes with its fix."""

from __future__ import annotations

import importlib
import importlib.metadata
import os
import sys
import tempfile
from collections.abc import Callable

import psutil

from mlpipe.course.boxes import BAD, GOOD, box, prose, show, sign
from mlpipe.paths import call, checkout, home, restore

PACKAGES = ("implicit", "jupyterlab", "matplotlib", "numpy", "pandas", "papermill", "scikit-learn", "scipy")
IMPORTED = ("implicit", "matplotlib", "numpy", "pandas", "scipy")  # the rest would cost the first lesson 90 MB
FREE_BYTES = 2e9  # the largest lesson needs 1.5 GB


def check_environment() -> None:
    """Show one line for each check, with the fix where it fails."""
    lines = report()
    all_good = all(good for _, good in lines)
    show(
        box(
            GOOD if all_good else BAD, *(sign(GOOD if good else BAD, line[0]) + prose(line[1:]) for line, good in lines)
        ),
        "\n".join(line for line, _ in lines),
        {"environment": all_good},
    )


def report() -> list[tuple[str, bool]]:
    """One line for each check, with the fix where it fails, and whether it was passed."""
    found = [(name, *_outcome(test, fix)) for name, test, fix in _checks()]
    return [(f"{'✓' if good else '✗'} {name}" + ("" if good else f": {fix}"), good) for name, good, fix in found]


def _outcome(test: Callable[[], bool], fix: str) -> tuple[bool, str]:
    """Whether a test is passed, and the fix; an error says itself what is wrong: not each is a fault of the data."""
    try:
        return test(), fix
    except (OSError, ValueError) as error:
        return False, str(error)


def _checks() -> list[tuple[str, Callable[[], bool], str]]:
    broken = _broken_packages()
    lab = call("lab")
    return [
        ("Python 3.11 or newer", lambda: sys.version_info >= (3, 11), f"install a newer Python, then `{lab}` again"),
        ("the course's packages", lambda: not broken, "; ".join(broken)),
        ("the embedded data", _data, f"restore it: `{restore('data')}`"),
        (
            "two gigabytes of free memory",
            lambda: psutil.virtual_memory().available >= FREE_BYTES,
            "close other programs",
        ),
        ("a folder for your own record", _record, "set MLPIPE_HOME to a folder that you may write"),
        (
            "one thread for linear algebra",
            lambda: os.environ.get("OPENBLAS_NUM_THREADS") == "1",
            f"start with `{lab}`, which sets OPENBLAS_NUM_THREADS=1; without it `implicit` warns and may be slow",
        ),
    ]


def _broken_packages() -> list[str]:
    """A sentence with its fix for each package that is not there or cannot be imported."""
    broken = []
    for name in PACKAGES:
        try:
            importlib.metadata.version(name)
            if name in IMPORTED:
                importlib.import_module(name)
        except importlib.metadata.PackageNotFoundError:
            fix = "run `make lab`, or `make run`, from the course's folder" if checkout() else f"`pip install {name}`"
            broken.append(f"{name} is not installed; {fix}")
        except (ImportError, OSError) as error:
            broken.append(_how_to_mend(name, error))
    return broken


def _how_to_mend(name: str, error: Exception) -> str:
    if name == "implicit":  # the one that needs a library of the system
        from mlpipe.recommenders.peers import how_to_mend

        return how_to_mend(error)
    again = f"`pip install --force-reinstall {name}`"
    fix = "remove `.venv` and run `make lab` from the course's folder" if checkout() else again
    return f"{name} cannot be imported ({error}); {fix}"


def _data() -> bool:
    from mlpipe import datasets

    datasets.movielens()
    return True


def _record() -> bool:
    try:
        home().mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryFile(dir=home()):
            return True
    except OSError:
        return False
