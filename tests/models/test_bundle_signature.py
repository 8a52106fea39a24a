"""A bundle's signature: it names this bundle, by this key, and nothing else passes for it."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import files
from models.bundle_signature import check_signature, sign, statement
from models.files import BundleError
from models.signed_note import KEY_BYTES, SigningKey

KEY, OTHER = (SigningKey("fairlead", bytes([each] * KEY_BYTES)) for each in (1, 2))


def test_what_is_signed_is_readable_and_holds(tmp_path: Path) -> None:
    digest = files.put_in_force(tmp_path, b"{}")
    sign(tmp_path, digest, KEY)
    check_signature(tmp_path, digest, KEY.public)
    note = (tmp_path / "manifests" / f"{digest.removeprefix('sha256:')}.sig").read_text(encoding="utf-8")
    assert note.startswith(f"fairlead/bundle\n{digest}\n\n— fairlead ")


def test_a_signature_is_no_bundle_of_its_own(tmp_path: Path) -> None:
    digest = files.put_in_force(tmp_path, b"{}")
    assert not files.is_signed(tmp_path)
    sign(tmp_path, digest, KEY)
    assert files.is_signed(tmp_path)
    assert files.published(tmp_path) == [digest]


def test_one_that_is_missing_or_of_another_key_or_bundle_does_not_hold(tmp_path: Path) -> None:
    first, second = files.put_in_force(tmp_path, b"one"), files.put_in_force(tmp_path, b"two")
    with pytest.raises(BundleError, match="carries no signature"):
        check_signature(tmp_path, first, KEY.public)
    files.keep_signature(tmp_path, first, OTHER.signed(statement(first)))
    with pytest.raises(BundleError, match="signed by another key"):
        check_signature(tmp_path, first, KEY.public)
    files.keep_signature(tmp_path, second, KEY.signed(statement(first)))
    with pytest.raises(BundleError, match="signature of something else"):
        check_signature(tmp_path, second, KEY.public)


def test_a_note_of_this_key_about_something_else_is_no_bundle_s(tmp_path: Path) -> None:
    digest = files.put_in_force(tmp_path, b"{}")
    files.keep_signature(tmp_path, digest, KEY.signed(f"fairlead/checkpoint\n{digest}\n"))
    with pytest.raises(BundleError, match="something else"):
        check_signature(tmp_path, digest, KEY.public)


def test_a_folder_or_a_flood_in_its_place_is_no_signature(tmp_path: Path) -> None:
    digest = files.put_in_force(tmp_path, b"{}")
    path = tmp_path / "manifests" / f"{digest.removeprefix('sha256:')}.sig"
    path.mkdir()
    with pytest.raises(BundleError, match="carries no signature"):
        check_signature(tmp_path, digest, KEY.public)
    path.rmdir()
    path.write_bytes(b"\n" * 1_000_000)
    with pytest.raises(BundleError):
        check_signature(tmp_path, digest, KEY.public)
