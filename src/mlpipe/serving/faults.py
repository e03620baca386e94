"""What goes wrong in a folder that is served, made on purpose: to try what the service does."""

from __future__ import annotations

import contextlib
import os
import shutil
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

from mlpipe.serving import artifact
from mlpipe.serving.pipeline import INDEX

DAMAGED = "item_factors"  # the array that is cut or exchanged


@contextlib.contextmanager
def locked_store(folder: str | os.PathLike[str]) -> Iterator[None]:
    """Lock the store as a writer does that does not end: while the block runs, nobody can read it.

    Parameters
    ----------
    folder : that is served

    Yields
    ------
    nothing

    Raises
    ------
    ArtifactError
        When there is no whole version to begin with.
    """
    path = Path(folder) / _whole(folder).settings["histories"]
    with closing(sqlite3.connect(path, isolation_level=None)) as connection:
        connection.execute("BEGIN EXCLUSIVE")
        try:
            yield
        finally:
            connection.execute("ROLLBACK")


def half_written(folder: str | os.PathLike[str]) -> str:
    """Make a version current of which an array is cut in the middle, as a copy that was broken off leaves it.

    Parameters
    ----------
    folder : that is served

    Returns
    -------
    str
        The name of the version.

    Raises
    ------
    ArtifactError, ValueError
        When there is no whole version to begin with.
    """
    version, path = _another(folder, "half-written")
    os.truncate(path, path.stat().st_size // 2)
    return version


def mixed(folder: str | os.PathLike[str]) -> str:
    """Make a version current that has an array of another version.

    Parameters
    ----------
    folder : that is served

    Returns
    -------
    str
        The name of the version.

    Raises
    ------
    ArtifactError, ValueError
        When there is no whole version to begin with.
    """
    before = _whole(folder).version
    version, path = _another(folder, "mixed")
    shutil.copyfile(path.parents[1] / before / path.name, path)
    return version


def without_index(folder: str | os.PathLike[str]) -> str:
    """Publish the current version without its index: whole, and slower.

    Parameters
    ----------
    folder : that is served

    Returns
    -------
    str
        The name of the version.

    Raises
    ------
    ArtifactError, ValueError
        When there is no whole version to begin with.
    """
    found = _whole(folder)
    kept = {name: values for name, values in found.arrays.items() if not name.startswith(INDEX)}
    return artifact.publish(folder, kept, found.settings)


def _whole(folder: str | os.PathLike[str]) -> artifact.Artifact:
    """The current version, or the newest one that is whole, where a fault was made before."""
    newest = sorted((Path(folder) / "versions").glob("[0-9a-f]*"), key=lambda path: -path.stat().st_mtime)
    for name in (None, *(path.name for path in newest)):
        with contextlib.suppress(artifact.ArtifactError):
            return artifact.read(folder, name)
    return artifact.read(folder)  # there is none: this says why


def _another(folder: str | os.PathLike[str], note: str) -> tuple[str, Path]:
    """Publish another version, and say where the array lies that is damaged next."""
    found = _whole(folder)
    changed = {**found.arrays, DAMAGED: -found.arrays[DAMAGED]}
    version = artifact.publish(folder, changed, {**found.settings, "note": note})
    return version, Path(folder) / "versions" / version / f"{DAMAGED}.npy"
