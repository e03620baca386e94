import json
import mmap
import os

import numpy as np
import pytest

from mlpipe.serving import artifact, faults
from mlpipe.serving.artifact import ArtifactError

ARRAYS = {"b": np.arange(5_000, dtype=np.float32).reshape(100, 50), "a": np.array([3, 1, 2]), "c": np.zeros((0, 4))}
SETTINGS = {"regularization": 0.01, "text": "é"}


@pytest.fixture
def one(tmp_path):
    return tmp_path, artifact.publish(tmp_path, ARRAYS, SETTINGS)


def test_what_is_read_is_what_was_published_and_a_map_of_the_file(one):
    folder, version = one
    found = artifact.read(folder)
    assert (found.version, dict(found.settings)) == (version, SETTINGS)
    assert set(found.arrays) == set(ARRAYS)
    for name, values in ARRAYS.items():
        np.testing.assert_array_equal(found.arrays[name], values)
        assert found.arrays[name].dtype == values.dtype
    base = found.arrays["b"]
    while isinstance(base, np.ndarray):
        base = base.base
    assert isinstance(base, mmap.mmap)
    with pytest.raises(ValueError, match="read-only"):
        found.arrays["b"][0, 0] = 1


def test_the_name_of_a_version_is_its_content(tmp_path):
    names = [
        artifact.publish(tmp_path / "1", ARRAYS, SETTINGS),
        artifact.publish(tmp_path / "2", dict(reversed(ARRAYS.items())), SETTINGS),
        artifact.publish(tmp_path / "3", {**ARRAYS, "a": np.array([3, 1, 1])}, SETTINGS),
        artifact.publish(tmp_path / "4", {**ARRAYS, "a": np.array([3, 1, 2], np.int32)}, SETTINGS),
        artifact.publish(tmp_path / "5", {**ARRAYS, "b": ARRAYS["b"].reshape(50, 100)}, SETTINGS),
        artifact.publish(tmp_path / "6", ARRAYS, {**SETTINGS, "regularization": 0.02}),
    ]
    assert names[0] == names[1]
    assert len(set(names)) == 5


def damaged_manifest(path, change):
    content = json.loads((path / artifact.MANIFEST).read_text())
    change(content)
    (path / artifact.MANIFEST).write_text(json.dumps(content))


def edit(path):
    content = bytearray(path.read_bytes())
    content[-1] ^= 1
    path.write_bytes(content)


DAMAGES = {
    "cut": (lambda p: os.truncate(p / "b.npy", 1_000), "b.npy", "half-written"),
    "empty": (lambda p: os.truncate(p / "b.npy", 0), "b.npy", "0 bytes"),
    "longer": (lambda p: (p / "b.npy").write_bytes((p / "b.npy").read_bytes() + b"x"), "b.npy", "bytes"),
    "one bit": (lambda p: edit(p / "b.npy"), "b.npy", "SHA-256"),
    "missing": (lambda p: (p / "a.npy").unlink(), "a.npy", "no such file"),
    "folder": (lambda p: ((p / "a.npy").unlink(), (p / "a.npy").mkdir()), "a.npy", "cannot be read"),
    "no manifest": (lambda p: (p / artifact.MANIFEST).unlink(), artifact.MANIFEST, "no such file"),
    "half manifest": (lambda p: os.truncate(p / artifact.MANIFEST, 100), artifact.MANIFEST, "cannot be read"),
    "list": (lambda p: (p / artifact.MANIFEST).write_text("[]"), artifact.MANIFEST, "cannot be read"),
    "settings": (
        lambda p: damaged_manifest(p, lambda m: m["settings"].update(regularization=9)), artifact.MANIFEST, "edited"),
    "checksum": (
        lambda p: damaged_manifest(p, lambda m: m["arrays"]["a"].update(sha256="0")), artifact.MANIFEST, "edited"),
    "path": (
        lambda p: damaged_manifest(p, lambda m: m["arrays"].update({"../../a": m["arrays"]["a"]})),
        artifact.MANIFEST, "cannot be read"),
}  # fmt: skip


@pytest.mark.parametrize("name", DAMAGES)
def test_a_version_that_is_not_whole_is_refused_by_the_name_of_its_file(one, name):
    folder, version = one
    damage, file, words = DAMAGES[name]
    damage(folder / "versions" / version)
    with pytest.raises(ArtifactError) as caught:
        artifact.read(folder)
    said = str(caught.value)
    assert str(folder / "versions" / version / file) in said
    assert words in said
    assert "expected" in said
    assert "Fix: publish" in said


def test_a_file_of_another_version_is_refused(one):
    folder, version = one
    other = artifact.publish(folder, {**ARRAYS, "b": ARRAYS["b"] + 1}, SETTINGS)
    where = folder / "versions"
    os.replace(where / version / "b.npy", where / other / "b.npy")
    with pytest.raises(ArtifactError, match=r"b\.npy.*of another version"):
        artifact.read(folder)
    os.replace(where / version / artifact.MANIFEST, where / other / artifact.MANIFEST)
    with pytest.raises(ArtifactError, match=r"manifest\.json.*mixed"):
        artifact.read(folder)


@pytest.mark.parametrize("text", ["", "../../etc", "0" * 11, "..\\..\\x.txt12", "A" * 12, "ü" * 12])
def test_current_names_a_version_and_no_path(one, text):
    (one[0] / "current").write_text(text, encoding="utf-8")
    with pytest.raises(ArtifactError, match="current: found"):
        artifact.read(one[0])


def test_an_empty_folder_and_an_unknown_version_are_refused(tmp_path):
    with pytest.raises(ArtifactError, match="current: found no such file"):
        artifact.read(tmp_path)
    artifact.publish(tmp_path, ARRAYS, SETTINGS)
    with pytest.raises(ArtifactError, match="no such file"):
        artifact.read(tmp_path, "0" * 12)


@pytest.mark.parametrize("broken", ["_write_array", "_place", "point"])
def test_a_publication_that_breaks_off_leaves_what_was_current(one, broken, monkeypatch):
    folder, version = one
    true, calls = getattr(artifact, broken), []

    def breaks(*given):
        calls.append(given)
        if broken != "_write_array" or len(calls) == 2:
            raise OSError("the disk is full")
        return true(*given)

    monkeypatch.setattr(artifact, broken, breaks)
    with pytest.raises(OSError, match="disk is full"):
        artifact.publish(folder, {**ARRAYS, "a": np.array([1])}, SETTINGS)
    assert artifact.read(folder).version == version
    assert [path for path in folder.rglob("*") if path.name.startswith(".")] == []


def test_publishing_again_mends_a_damaged_version_and_keeps_a_whole_one(one):
    folder, version = one
    path = folder / "versions" / version / "b.npy"
    kept = path.stat().st_mtime_ns
    assert artifact.publish(folder, ARRAYS, SETTINGS) == version
    assert path.stat().st_mtime_ns == kept
    os.truncate(path, 10)
    assert artifact.publish(folder, ARRAYS, SETTINGS) == version
    np.testing.assert_array_equal(artifact.read(folder).arrays["b"], ARRAYS["b"])


def test_the_way_back_is_to_name_the_older_version(one):
    folder, version = one
    assert artifact.publish(folder, {"a": np.array([1])}, {}) != version
    artifact.point(folder, version)
    assert artifact.read(folder).version == version


@pytest.mark.parametrize(
    "arrays", [{}, {"a": np.array([{}])}, {"a": np.array(["x"])}, {"../a": np.array([1])}, {"a b": np.array([1])}]
)
def test_only_numbers_with_a_plain_name_are_published(tmp_path, arrays):
    with pytest.raises(ValueError, match="arrays"):
        artifact.publish(tmp_path / "new", arrays, {})
    assert not (tmp_path / "new").exists()


def test_the_faults_are_what_they_say(folder):
    before = artifact.read(folder).version
    for fault, words in ((faults.half_written, "half-written"), (faults.mixed, "of another version")):
        assert fault(folder) != before
        with pytest.raises(ArtifactError, match=rf"item_factors\.npy.*{words}"):
            artifact.read(folder)  # and the next fault starts from the version that is whole
    faults.without_index(folder)
    assert not any(name.startswith("index_") for name in artifact.read(folder).arrays)
