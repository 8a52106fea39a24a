"""The key that signs bundles: made once, for its owner alone, noticed when cut, never replaced unasked."""

from __future__ import annotations

from pathlib import Path

import pytest

from models import files
from models.bundle_signature import sign
from models.signed_note import KEY_BYTES, SigningKey, public_key
from serving.bundle_key import PUBLIC, SECRET, ensure_bundle_key, find_bundle_key, new_bundle_key


@pytest.fixture
def keys(tmp_path: Path) -> Path:
    return tmp_path / "keys"


@pytest.fixture
def bundles(tmp_path: Path) -> Path:
    return tmp_path / "bundle"


def test_is_made_once_and_only_its_owner_reads_it(keys: Path, bundles: Path) -> None:
    made = ensure_bundle_key(keys, bundles)
    assert ensure_bundle_key(keys, bundles) == made
    assert ensure_bundle_key(keys.parent / "other", bundles) != made
    assert {each.name for each in keys.iterdir()} == {SECRET, PUBLIC}
    assert {each.stat().st_mode & 0o777 for each in keys.iterdir()} == {0o600}


def test_the_public_part_lies_beside_it_and_tells_nothing_of_it(keys: Path, bundles: Path) -> None:
    made = ensure_bundle_key(keys, bundles)
    public = (keys / PUBLIC).read_text()
    assert public_key(public.strip()) == made.public
    assert made.secret_text()[-40:] not in public
    (keys / PUBLIC).write_text("another")
    ensure_bundle_key(keys, bundles)
    assert (keys / PUBLIC).read_text() == public


@pytest.mark.parametrize("length", [0, 1, 40, -2])
def test_one_that_was_cut_is_said_and_neither_repeated_nor_replaced(keys: Path, bundles: Path, length: int) -> None:
    secret = ensure_bundle_key(keys, bundles).secret_text()
    (keys / SECRET).write_text(secret[:length])
    with pytest.raises(ValueError, match="bundle-signing holds no key that signs bundles: put it back") as refused:
        ensure_bundle_key(keys, bundles)
    assert secret[-30:-2] not in str(refused.value)
    assert (keys / SECRET).read_text() == secret[:length]


def test_a_lost_one_is_not_replaced_where_bundles_are_signed(keys: Path, bundles: Path) -> None:
    sign(bundles, files.put_in_force(bundles, b"{}"), SigningKey("fairlead", bytes(KEY_BYTES)))
    for look in (ensure_bundle_key, find_bundle_key):
        with pytest.raises(ValueError, match=r"is missing, and bundles in .* are signed: put the key back"):
            look(keys, bundles)
    assert not keys.exists()


def test_whoever_looks_makes_none(keys: Path, bundles: Path) -> None:
    assert find_bundle_key(keys, bundles) is None
    assert not keys.exists()
    made = new_bundle_key(keys)
    assert find_bundle_key(keys, bundles) == made
