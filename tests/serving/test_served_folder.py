"""A service that serves from a folder elsewhere is found again by every command about its own folder."""

from __future__ import annotations

from pathlib import Path

import pytest

from serving.served_folder import lead_to_bundles
from serving.settings import Settings


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    for name in ("mine", "service"):
        (tmp_path / name).mkdir()
    (tmp_path / "mine" / "manifest.json").write_text("{}", encoding="utf-8")
    return Settings(folder=tmp_path / "service", bundle=tmp_path / "mine")


def test_the_service_s_folder_leads_to_what_it_was_told_to_serve(settings: Settings) -> None:
    assert lead_to_bundles(settings) is None
    assert (Settings(folder=settings.folder).bundle_folder / "manifest.json").is_file()


def test_the_bundles_named_last_are_those_it_leads_to(settings: Settings, tmp_path: Path) -> None:
    lead_to_bundles(settings)
    (tmp_path / "other").mkdir()
    for _ in range(2):
        assert lead_to_bundles(Settings(folder=settings.folder, bundle=tmp_path / "other")) is None
        assert Settings(folder=settings.folder).bundle_folder.resolve() == tmp_path / "other"
    assert [each.name for each in settings.folder.iterdir()] == ["bundle"]


def test_nothing_is_led_anywhere_where_nothing_was_named(settings: Settings) -> None:
    assert lead_to_bundles(Settings(folder=settings.folder)) is None
    assert lead_to_bundles(Settings(folder=settings.folder, bundle=settings.folder / "bundle")) is None
    assert list(settings.folder.iterdir()) == []


def test_bundles_that_lie_there_stay_and_it_is_said(settings: Settings) -> None:
    own = settings.folder / "bundle"
    own.mkdir()
    told = lead_to_bundles(settings)
    assert told == f"{own} holds other bundles than those served from {settings.bundle}: name these by --bundle again"
    assert not own.is_symlink()


def test_a_folder_that_takes_no_link_serves_all_the_same(settings: Settings, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise OSError("no links here")

    monkeypatch.setattr(Path, "symlink_to", refuse)
    assert lead_to_bundles(settings) is None
    assert list(settings.folder.iterdir()) == []
