"""Files named by what they hold: verified on the way in, published atomically, kept for good."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from models import files
from models.files import BundleError


def test_what_is_kept_comes_back_and_its_name_is_its_digest(tmp_path: Path) -> None:
    digest = files.keep(tmp_path, b"arrays")
    assert files.fetch(tmp_path, digest, "trees") == b"arrays"
    assert (tmp_path / "files" / digest.removeprefix("sha256:")).is_file()


@pytest.mark.parametrize("damage", ["altered", "missing", "a folder"])
def test_a_damaged_file_is_named_and_refused(tmp_path: Path, damage: str) -> None:
    digest = files.keep(tmp_path, b"arrays")
    path = tmp_path / "files" / digest.removeprefix("sha256:")
    path.unlink()
    if damage == "altered":
        path.write_bytes(b"arrayz")
    elif damage == "a folder":
        path.mkdir()
    with pytest.raises(BundleError, match="sla_breach trees"):
        files.fetch(tmp_path, digest, "sla_breach trees")


def test_keeping_again_mends_an_altered_file(tmp_path: Path) -> None:
    digest = files.keep(tmp_path, b"arrays")
    (tmp_path / "files" / digest.removeprefix("sha256:")).write_bytes(b"?")
    assert files.keep(tmp_path, b"arrays") == digest
    assert files.fetch(tmp_path, digest, "trees") == b"arrays"


def test_every_published_manifest_is_kept_and_the_last_is_in_force(tmp_path: Path) -> None:
    first, second = files.put_in_force(tmp_path, b"one"), files.put_in_force(tmp_path, b"two")
    assert files.manifest_in_force(tmp_path) == b"two"
    assert files.manifest_of(tmp_path, first) == b"one"
    assert files.published(tmp_path) == sorted([first, second])


def test_a_manifest_that_nobody_published_is_refused(tmp_path: Path) -> None:
    files.put_in_force(tmp_path, b"one")
    (tmp_path / files.MANIFEST).write_bytes(b"forged")
    with pytest.raises(BundleError, match="altered"):
        files.manifest_in_force(tmp_path)


def test_an_empty_folder_says_what_to_do(tmp_path: Path) -> None:
    with pytest.raises(BundleError, match="train a task"):
        files.manifest_in_force(tmp_path)


def test_a_write_that_fails_leaves_the_old_file_and_no_rubbish(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    target = tmp_path / "manifest.json"
    files.write_atomically(target, b"old")

    def full(descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(OSError, match="No space"):
        files.write_atomically(target, b"new")
    assert target.read_bytes() == b"old"
    assert list(tmp_path.iterdir()) == [target]
