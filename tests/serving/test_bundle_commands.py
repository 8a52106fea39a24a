"""Signing by hand: for a folder that was put in place by hand and after a lost key, on record and never by accident."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from data.vocabulary import Task
from models.bundle import open_bundle
from models.bundle_signature import check_signature
from serving.bundle_commands import app
from serving.bundle_key import PUBLIC, SECRET, read_bundle_key
from serving.commands import app as commands
from serving.doctor import Finding, examine
from serving.settings import Settings
from serving.store import audit
from serving.wiring import wire
from tests.fixtures.bundles import a_bundle, damage, file_of
from tests.fixtures.dossiers import promoted
from tests.fixtures.service import NOON, open_desk

WHY = "Ada moved it here by hand"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """A service that has begun with one bundle and is started on another folder."""
    open_desk(tmp_path / "var", bundle=a_bundle(tmp_path / "first", seed=1)).service.close()
    return Settings(folder=tmp_path / "var", bundle=a_bundle(tmp_path / "second", seed=2))


def sign(settings: Settings, reason: str = WHY) -> Result:
    where = ["--folder", str(settings.folder), "--bundle", str(settings.bundle_folder)]
    return CliRunner().invoke(app, ["bundle", "sign", *where, "--reason", reason])


def test_what_somebody_vouches_for_serves_and_the_record_says_so(settings: Settings) -> None:
    digest = open_bundle(settings.bundle_folder).digest
    unsigned = wire(settings, lambda: NOON)
    assert unsigned.in_force.predictors.digest is None
    unsigned.close()
    result = sign(settings)
    assert result.exit_code == 0, result.output
    assert f"signed {digest}" in result.stderr
    service = wire(settings, lambda: NOON)
    try:
        now = service.promotions.now()
        assert (now.bundle, now.by, now.reason) == (digest, "operator", WHY)
        assert not service.health.not_trusted()
        with service.database.read() as connection:
            assert audit.tells(connection, "bundle_vouched")
            assert not list(audit.faults(connection))
    finally:
        service.close()


def test_a_bundle_with_a_damaged_file_is_not_signed(settings: Settings) -> None:
    digest = open_bundle(settings.bundle_folder).digest
    damage(file_of(settings.bundle_folder, Task.STOCKOUT))
    result = sign(settings)
    assert result.exit_code == 2
    assert "was altered" in result.stderr
    assert not (settings.bundle_folder / "manifests" / f"{digest.removeprefix('sha256:')}.sig").exists()


@pytest.mark.parametrize("reason", ["", "no", "x" * 501])
def test_a_reason_is_needed(settings: Settings, reason: str) -> None:
    result = sign(settings, reason)
    assert result.exit_code == 2
    assert "3 to 500 characters" in result.stderr


@pytest.mark.parametrize("command", [("serve", "--port", "0"), ("keys",)])
def test_a_lost_key_ends_the_start_with_what_to_do_and_that_helps(settings: Settings, command: tuple[str, ...]) -> None:
    first = settings.model_copy(update={"bundle": settings.folder.parent / "first"})
    old = read_bundle_key(settings.key_folder / SECRET)
    (settings.key_folder / SECRET).unlink()
    result = CliRunner().invoke(
        commands,
        [*command, "--folder", str(settings.folder)],
        env={"FAIRLEAD_BUNDLE": str(first.bundle_folder)},
    )
    assert result.exit_code == 2, result.output
    assert "bundle-signing is missing" in " ".join(result.stderr.split())
    assert "fairlead bundle sign" in " ".join(result.stderr.split())
    assert not (settings.key_folder / SECRET).exists()
    assert sign(first).exit_code == 0
    key = read_bundle_key(settings.key_folder / SECRET)
    assert key != old
    assert (settings.key_folder / PUBLIC).read_text().strip() == str(key.public)
    service = wire(first, lambda: NOON)
    assert service.in_force.predictors.digest == open_bundle(first.bundle_folder).digest
    service.close()
    check_signature(first.bundle_folder, open_bundle(first.bundle_folder).digest, key.public)


def test_two_services_may_serve_one_folder_once_the_second_was_vouched_for(settings: Settings) -> None:
    folder = settings.folder.parent / "first"
    second = Settings(folder=settings.folder.parent / "second-var", bundle=folder)
    with pytest.raises(ValueError, match="was another service's"):
        wire(second, lambda: NOON)
    assert sign(second).exit_code == 0
    for each in (second, settings.model_copy(update={"bundle": folder})):
        service = wire(each, lambda: NOON)
        assert (service.in_force.predictors.digest, service.health.not_trusted()) == (open_bundle(folder).digest, "")
        service.close()


def test_another_key_signs_what_rollbacks_lead_to_as_well(tmp_path: Path) -> None:
    desk = open_desk(tmp_path / "var", bundle=a_bundle(tmp_path / "bundle", seed=1))
    settings, first = desk.service.settings, desk.service.in_force.predictors.digest
    promoted(desk, a_bundle(tmp_path / "challenger", seed=2))
    desk.service.close()
    (settings.key_folder / SECRET).unlink()
    assert sign(settings).exit_code == 0
    again = open_desk(tmp_path / "var", bundle=settings.bundle_folder)
    answer = again.post("/v1/models/rollbacks", {"reason": "complaints"}, "scientist")
    assert (answer.status_code, answer.json()["bundle"]) == (200, first)
    again.service.close()


def test_a_cut_key_ends_the_start_and_is_not_shown(settings: Settings) -> None:
    secret = (settings.key_folder / SECRET).read_text()
    (settings.key_folder / SECRET).write_text(secret[:50])
    for invoked in (
        CliRunner().invoke(commands, ["serve", "--port", "0", "--folder", str(settings.folder)]),
        sign(settings),
    ):
        assert invoked.exit_code == 2, invoked.output
        assert "bundle-signing holds no key that signs bundles" in " ".join(invoked.stderr.split())
        assert secret[30:50] not in invoked.output


class TestAnotherBundleThanTheFolderServes:
    @pytest.fixture
    def served(self, tmp_path: Path) -> Settings:
        """A service that serves from its own folder, where an earlier bundle lies too."""
        desk = open_desk(tmp_path / "var", bundle=a_bundle(tmp_path / "var" / "bundle", seed=1))
        promoted(desk, a_bundle(tmp_path / "challenger", seed=2))
        desk.service.close()
        return Settings(folder=tmp_path / "var")

    @pytest.fixture
    def signed(self, served: Settings, tmp_path: Path) -> Result:
        return sign(served.model_copy(update={"bundle": a_bundle(tmp_path / "other", seed=3)}))

    def test_is_said_with_both_ways_on(self, served: Settings, signed: Result, tmp_path: Path) -> None:
        digest, said = open_bundle(served.bundle_folder).digest, " ".join(signed.stderr.split())
        assert signed.exit_code == 0, signed.output
        assert f"{served.bundle_folder}, which the service serves from" in said
        assert f"has {digest} in force, and that may not answer any more" in said
        assert f"fairlead serve --folder {served.folder} --bundle {tmp_path / 'other'};" in said
        assert f"fairlead bundle sign --folder {served.folder} --reason" in said
        assert "note:" not in sign(served).stderr, "of its own there is nothing to say"

    def test_is_mended_as_the_doctor_says(self, served: Settings, signed: Result, tmp_path: Path) -> None:
        other = tmp_path / "other"
        assert [each.about for each in wrong(served)] == ["bundle"]
        (found,) = wrong(served)
        assert found.mend.startswith(f"{open_bundle(other).digest} came in force last and is not in")
        assert f"fairlead bundle sign --folder {served.folder} --reason" in found.mend
        assert sign(served).exit_code == 0
        (found,) = wrong(served)
        assert found.mend.startswith(f"bring the files and manifests of {open_bundle(other).digest} into")
        for part in ("files", "manifests"):
            shutil.copytree(other / part, served.bundle_folder / part, dirs_exist_ok=True)
        assert not wrong(served)


def wrong(settings: Settings) -> list[Finding]:
    return [
        each for each in examine(settings, NOON) if each.verdict == "wrong" and each.about in ("bundle", "rollback")
    ]
