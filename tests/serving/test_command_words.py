from __future__ import annotations

import shlex
from pathlib import Path

import pytest
from typer.testing import CliRunner

from serving.bundle_commands import app as bundles
from serving.bundle_key import SECRET
from serving.command_words import DOCTOR, keys_again, sign_again, typed, with_options
from serving.commands import app
from serving.doctor import Finding, examine
from serving.settings import Settings
from tests.fixtures.bundles import a_bundle
from tests.fixtures.service import NOON, open_desk


def test_what_is_where_a_command_looks_by_itself_is_not_said(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in ("FOLDER", "BUNDLE", "DB"):
        monkeypatch.delenv(f"FAIRLEAD_{name}", raising=False)
    assert sign_again(Settings()) == "fairlead bundle sign --reason WHY"
    assert keys_again(Settings()) == "fairlead keys"


def test_folders_that_were_named_are_named_again_as_a_shell_reads_them() -> None:
    settings = Settings(folder=Path("my folder"), bundle=Path("b"), db="sqlite:///x.db")
    assert typed(DOCTOR, settings) == "fairlead doctor --folder 'my folder' --bundle b --db sqlite:///x.db"
    assert keys_again(settings) == "fairlead keys --folder 'my folder' --db sqlite:///x.db"
    assert with_options(f"{DOCTOR} says how.", Settings(folder=Path("f"))) == "fairlead doctor --folder f says how."


def wrong(settings: Settings, about: str) -> Finding:
    (found,) = [each for each in examine(settings, NOON) if each.about == about and each.verdict != "good"]
    return found


def test_what_the_doctor_advises_mends_the_folders_that_it_looked_at(tmp_path: Path) -> None:
    """Another service has begun with this bundle, so that its signature does not fit here."""
    settings = Settings(folder=tmp_path / "svc 2", bundle=a_bundle(tmp_path / "b"))
    open_desk(tmp_path / "others", bundle=tmp_path / "b").service.close()
    assert shlex.split(wrong(settings, "keys").mend) == ["fairlead", "keys", "--folder", str(settings.folder)]
    advised = shlex.split(wrong(settings, "bundle").mend.split("; then")[0].partition("vouch for it, ")[2])
    assert advised[:3] == ["fairlead", "bundle", "sign"]
    assert CliRunner().invoke(bundles, advised[1:]).exit_code == 0
    assert (settings.folder / "keys" / SECRET).is_file()
    assert not [each for each in examine(settings, NOON) if (each.verdict, each.about) == ("wrong", "bundle")]


def test_serving_a_bundle_of_another_service_says_the_whole_command(tmp_path: Path) -> None:
    open_desk(tmp_path / "others", bundle=a_bundle(tmp_path / "b")).service.close()
    told = CliRunner().invoke(
        app, ["serve", "--folder", str(tmp_path / "svc2"), "--bundle", str(tmp_path / "b"), "--port", "0"]
    )
    assert told.exit_code == 2
    command = f"fairlead bundle sign --folder {tmp_path / 'svc2'} --bundle {tmp_path / 'b'} --reason WHY"
    assert command in told.stderr
