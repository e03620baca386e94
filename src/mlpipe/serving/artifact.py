"""One version of everything that a request needs of the model: published as a whole, checked, and memory-mapped.

    FOLDER/current                       the version that is served, one line
    FOLDER/versions/VERSION/*.npy        one file an array
    FOLDER/versions/VERSION/manifest.json  shapes, dtypes, checksums, settings

A version's name is a digest of its content: equal content has one name, and a file of another version does not fit.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import time
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np

MANIFEST = "manifest.json"
MANIFEST_BYTES = 2**20  # what a manifest takes at most
DIGITS = 12  # of the digest, in the name of a version
KINDS = "biuf"  # of dtypes: numbers only, so that no file can bring code
RETRIES, PAUSE = 50, 0.02  # Windows refuses to replace a file in the moment that another process reads it
FIX = "publish the version again, or name a whole one in `current`"


class ArtifactError(ValueError):
    """A version that is missing, half-written, edited, or mixed with another one: it must not be served."""


@dataclass(frozen=True, eq=False)
class Artifact:
    """A version that was read.

    Attributes
    ----------
    version : its name
    arrays : read-only memory maps by name
    settings : what the manifest holds besides, such as {"regularization": 0.01}
    published_at : seconds since 1970
    """

    version: str
    arrays: Mapping[str, np.ndarray]
    settings: Mapping[str, Any]
    published_at: float


def publish(folder: str | os.PathLike[str], arrays: Mapping[str, np.ndarray], settings: Mapping[str, Any]) -> str:
    """Write a version and make it the current one; a reader sees the old one or the new one, never a part.

    The files are written under another name, forced to the disk, and renamed; then `current` is replaced. A version is
    never written to again, because a service may have it mapped.

    Parameters
    ----------
    folder : made where there is none
    arrays : numbers by name, at least one array
    settings : what JSON can hold

    Returns
    -------
    str
        The name of the version.

    Raises
    ------
    ValueError
        For no array, an array of other things than numbers, or a name that is no plain word.
    """
    if not arrays:
        raise ValueError("arrays is empty; expected at least one array by name")
    for name, values in arrays.items():
        if not name.isidentifier() or np.asarray(values).dtype.kind not in KINDS:
            found = f"{name!r}, an array of {np.asarray(values).dtype}"
            raise ValueError(f"arrays holds {found}; expected names such as 'item_factors', and numbers")
    versions = Path(folder) / "versions"
    partial = versions / f".partial-{uuid.uuid4().hex}"
    partial.mkdir(parents=True)
    try:
        described = {name: _write_array(partial / f"{name}.npy", values) for name, values in sorted(arrays.items())}
        content = {"arrays": described, "settings": dict(settings)}
        version = _digest(content)
        text = json.dumps({"version": version, "published_at": time.time(), **content}, indent=1)
        _write(partial / MANIFEST, lambda file: file.write(text.encode()))
        _place(partial, versions / version, Path(folder), version)
    finally:
        shutil.rmtree(partial, ignore_errors=True)
    point(folder, version)
    return version


def point(folder: str | os.PathLike[str], version: str) -> None:
    """Make a version that is there the current one, also an older one: the way back.

    Parameters
    ----------
    folder : of the versions
    version : its name
    """
    partial = Path(folder) / f".current-{uuid.uuid4().hex}"
    _write(partial, lambda file: file.write(f"{version}\n".encode()))
    for left in reversed(range(RETRIES)):
        try:
            os.replace(partial, Path(folder) / "current")
            return
        except PermissionError:
            if not left:
                partial.unlink(missing_ok=True)
                raise
            time.sleep(PAUSE)


def read(folder: str | os.PathLike[str], version: str | None = None) -> Artifact:
    """A version, checked to the last byte, then mapped: processes that serve it share its memory.

    Parameters
    ----------
    folder : of the versions
    version : its name; None reads the current one

    Returns
    -------
    Artifact

    Raises
    ------
    ArtifactError
        That names the file, what was found, what was expected, and the fix.
    """
    pointer = Path(folder) / "current"
    if version is None:
        try:
            version = pointer.read_text(encoding="ascii").strip()
        except (OSError, UnicodeDecodeError) as error:
            raise _refused(pointer, _of(error), "the name of a version", "publish one into this folder") from error
    if len(version) != DIGITS or set(version) - set("0123456789abcdef"):  # also no path out of the folder
        raise _refused(pointer, f"{version[:40]!r}", f"the name of a version, {DIGITS} digits 0 to f")
    where = Path(folder) / "versions" / version
    manifest = _manifest(where / MANIFEST)
    described, settings = manifest["arrays"], manifest["settings"]
    found = _digest({"arrays": described, "settings": settings})
    if found != version or manifest["version"] != version:
        raise _refused(where / MANIFEST, f"the manifest of version {found}", f"that of {version}: edited or mixed")
    arrays = {name: _map(where / f"{name}.npy", entry) for name, entry in described.items()}
    return Artifact(version, arrays, settings, float(manifest["published_at"]))


def _manifest(path: Path) -> dict[str, Any]:
    try:
        with open(path, "rb") as file:
            found = json.loads(file.read(MANIFEST_BYTES))
        well_formed = isinstance(found["arrays"], dict) and all(name.isidentifier() for name in found["arrays"])
        if not well_formed or not isinstance(found["settings"], dict) or not isinstance(found["version"], str):
            raise TypeError("another form")
        float(found["published_at"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise _refused(path, _of(error), "the manifest of a whole version") from error
    return found


def _map(path: Path, entry: Any) -> np.ndarray:
    """One array, its bytes compared with the manifest's checksum before NumPy reads any of them."""
    try:
        with open(path, "rb") as file:
            size, digest = os.fstat(file.fileno()).st_size, hashlib.file_digest(file, "sha256").hexdigest()
        if size != entry["bytes"]:
            raise _refused(path, f"{size:,} bytes", f"{entry['bytes']:,}: half-written or edited")
        if digest != entry["sha256"]:
            raise _refused(path, f"SHA-256 {digest}", f"{entry['sha256']}: edited, or of another version")
        values = np.load(path, mmap_mode="r", allow_pickle=False)
    except (OSError, KeyError, TypeError) as error:
        raise _refused(path, _of(error), "an array of this version") from error
    if [list(values.shape), values.dtype.str] != [entry.get("shape"), entry.get("dtype")]:
        raise _refused(
            path, f"{values.dtype.str} of shape {values.shape}", f"{entry.get('dtype')} {entry.get('shape')}"
        )
    return np.asarray(values)  # the same map, without what a subclass costs at each slice


def _write_array(path: Path, values: np.ndarray) -> dict[str, Any]:
    """Write an array, and what the manifest says of it."""
    found = np.ascontiguousarray(values)
    found = found.astype(found.dtype.newbyteorder("<"), copy=False)
    _write(path, lambda file: np.save(file, found, allow_pickle=False))
    with open(path, "rb") as file:
        digest = hashlib.file_digest(file, "sha256").hexdigest()
    size = path.stat().st_size
    return {"shape": list(found.shape), "dtype": found.dtype.str, "bytes": size, "sha256": digest}


def _write(path: Path, write: Callable[[Any], Any]) -> None:
    with open(path, "wb") as file:
        write(file)
        file.flush()
        os.fsync(file.fileno())


def _place(partial: Path, final: Path, folder: Path, version: str) -> None:
    """Rename a version that is written into its place, unless a whole one of the same content is there."""
    if final.exists():
        with contextlib.suppress(ArtifactError):
            read(folder, version)
            return
        os.replace(final, final.with_name(f".damaged-{uuid.uuid4().hex}"))  # kept: somebody may want to look
    os.replace(partial, final)


def _digest(content: Mapping[str, Any]) -> str:
    return hashlib.sha256(json.dumps(content, sort_keys=True).encode()).hexdigest()[:DIGITS]


def _of(error: Exception) -> str:
    return "no such file" if isinstance(error, FileNotFoundError) else f"what cannot be read ({error})"


def _refused(path: Path, found: str, expected: str, fix: str = FIX) -> ArtifactError:
    return ArtifactError(f"{path}: found {found}; expected {expected}. Fix: {fix}")
