"""An auditor with a copy of the folder and the public key: all good, or what is wrong, and never a traceback."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from data.record import canonical
from data.vocabulary import Task
from models import files
from models.bundle import open_bundle
from models.bundle_signature import sign, statement
from models.commands import app
from models.signed_note import KEY_BYTES, SigningKey
from tests.fixtures.bundles import a_bundle, damage, damage_manifest, file_of

KEY, OTHER = (SigningKey("fairlead", bytes([each] * KEY_BYTES)) for each in (1, 2))


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A signed bundle, and the key's public part beside it."""
    (tmp_path / "bundle-signing.pub").write_text(f"{KEY.public}\n", encoding="utf-8")
    bundle = a_bundle(tmp_path / "bundle")
    sign(bundle, open_bundle(bundle).digest, KEY)
    return bundle


def verify(folder: Path, key: Path | None = None) -> Result:
    key = key or folder.parent / "bundle-signing.pub"
    environment = {"COLUMNS": "400"}
    return CliRunner().invoke(app, ["bundle", "verify", str(folder), "--key", str(key)], env=environment)


def wrong(result: Result) -> list[str]:
    """What the table calls wrong, by name."""
    lines = [line.split() for line in result.stdout.splitlines()]
    return [" ".join(words[1:3]) for words in lines if words[:1] == ["wrong"]]


def test_a_copy_elsewhere_verifies_whole(folder: Path, tmp_path: Path) -> None:
    shutil.copytree(folder, tmp_path / "elsewhere")
    result = verify(tmp_path / "elsewhere", folder.parent / "bundle-signing.pub")
    assert result.exit_code == 0, result.output
    assert wrong(result) == []
    assert KEY.public.key_id.hex() in result.stdout
    for what in ("manifest", "signature", "sla_breach trees", "stockout golden cases", "standing"):
        assert what in result.stdout


def test_another_service_s_key_or_no_signature_is_found(folder: Path) -> None:
    digest = open_bundle(folder).digest
    files.keep_signature(folder, digest, OTHER.signed(statement(digest)))
    result = verify(folder)
    assert (result.exit_code, wrong(result)) == (1, ["signature key"])
    assert "signed by another key" in result.stdout
    files.drop_signature(folder, digest)
    assert "carries no signature" in verify(folder).stdout


def test_an_altered_file_is_found_by_name(folder: Path) -> None:
    damage(file_of(folder, Task.SLA_BREACH))
    result = verify(folder)
    assert (result.exit_code, wrong(result)) == (1, ["sla_breach trees", "sla_breach golden"])


def test_a_bundle_made_to_fit_by_hand_is_found(folder: Path, tmp_path: Path) -> None:
    files.put_in_force(folder, files.manifest_in_force(a_bundle(tmp_path / "theirs", seed=2)))
    shutil.copytree(tmp_path / "theirs", folder, dirs_exist_ok=True)
    assert open_bundle(folder).problems == {}, "every digest fits"
    result = verify(folder)
    assert (result.exit_code, wrong(result)) == (1, ["signature key"])


def test_a_manifest_that_is_broken_missing_or_nonsense_is_found(folder: Path, tmp_path: Path) -> None:
    assert verify(tmp_path / "nowhere").exit_code == 1
    for manifest in (b"[]", b"{", canonical({"schema": "fairlead/bundle/1", "tasks": {"no task": {}}})):
        files.put_in_force(folder, manifest)
        result = verify(folder)
        assert result.exit_code == 1, result.output
        assert result.exception is None or isinstance(result.exception, SystemExit)
    assert verify(damage_manifest(folder)).exit_code == 1


@pytest.mark.parametrize("content", ["", "no key", str(KEY.public)[:-4], "é"])
def test_what_is_no_key_is_said(folder: Path, tmp_path: Path, content: str) -> None:
    (tmp_path / "odd.pub").write_text(content, encoding="utf-8")
    result = verify(folder, tmp_path / "odd.pub")
    assert result.exit_code == 2
    assert "holds no public key" in result.stderr
    assert verify(folder, tmp_path / "absent.pub").exit_code == 2
