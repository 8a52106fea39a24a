"""What is broken off while it is published leaves a folder as it was, and no file of another bundle is touched."""

from __future__ import annotations

import errno
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data.vocabulary import Task
from features.party_rows import PartyState
from features.seeds import snapshot
from features.two_histories import two_snapshots
from models import files
from models.bundle import open_bundle
from models.task_model import TaskModel, files_of
from tests.fixtures.task_models import coded_model
from training.interruption import Interrupted
from training.publishing import publish_whole

AT = datetime(2026, 11, 23, tzinfo=UTC)
LATER = datetime(2026, 11, 24, tzinfo=UTC)
PROMISES = PartyState("retailer", "retailer", recorded_at=AT, outcomes=40.0, breaches=10.0)
SHELVES = PartyState("retailer", "retailer", recorded_at=LATER, shelf_outcomes=9.0, stockouts=1.0)


def other_model() -> TaskModel:
    """Another one of the same task, of which most files are the same."""
    return replace(coded_model(), lineage={"history": "another"}, horizon="P1D")


def content(folder: Path) -> dict[Path, bytes]:
    return {path: path.read_bytes() for path in folder.rglob("*") if path.is_file()}


def full(*_: object, **__: object) -> Any:
    raise OSError(errno.ENOSPC, "No space left on device")


def stopped(*_: object, **__: object) -> Any:
    raise Interrupted(2)


def full_at_the_manifest_in_force(path: Path, written: bytes) -> None:
    """The last thing that is written."""
    if path.name == files.MANIFEST:
        full()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(written)


BREAKS = [("put_in_force", full), ("keep_manifest", stopped), ("write_atomically", full_at_the_manifest_in_force)]


@pytest.mark.parametrize(("place", "breaks"), BREAKS)
def test_a_new_folder_is_gone_again(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, breaks: Callable[..., Any]
) -> None:
    monkeypatch.setattr(files, place, breaks)
    with pytest.raises((OSError, Interrupted)):
        publish_whole(tmp_path / "out", {Task.SLA_BREACH: coded_model()}, [], created_at=AT)
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize(("place", "breaks"), BREAKS)
def test_a_folder_that_held_a_bundle_holds_just_that(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, place: str, breaks: Callable[..., Any]
) -> None:
    publish_whole(tmp_path, {Task.SLA_BREACH: coded_model()}, [], created_at=AT)
    before = content(tmp_path)
    monkeypatch.setattr(files, place, breaks)
    with pytest.raises((OSError, Interrupted)):
        publish_whole(tmp_path, {Task.SLA_BREACH: other_model()}, [], created_at=LATER)
    assert content(tmp_path) == before
    assert open_bundle(tmp_path).altered() == []


def test_the_tasks_that_it_was_to_begin_with_are_gone_too_and_stay_where_they_came_from(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    served, out = tmp_path / "served", tmp_path / "out"
    publish_whole(served, {Task.SLA_BREACH: coded_model()}, [], created_at=AT)
    before = content(tmp_path)
    monkeypatch.setattr("training.publishing.publish", full)
    with pytest.raises(OSError, match="No space left"):
        publish_whole(out, {Task.STOCKOUT: other_model()}, [], created_at=LATER, beside=served)
    assert content(tmp_path) == before
    assert not out.exists()


def test_a_file_that_another_training_published_meanwhile_stays(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def beaten(*_: object, **__: object) -> Any:
        monkeypatch.undo()
        publish_whole(tmp_path, {Task.SLA_BREACH: coded_model()}, [], created_at=AT)
        full()

    monkeypatch.setattr("training.publishing.publish", beaten)
    with pytest.raises(OSError, match="No space left"):
        publish_whole(tmp_path, {Task.SLA_BREACH: coded_model()}, [], created_at=LATER)
    assert open_bundle(tmp_path).altered() == []
    assert open_bundle(tmp_path).problems == {}


def test_what_was_kept_there_before_stays_though_the_bundle_names_it_too(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files.keep(tmp_path, files_of(coded_model())["trees"])
    before = content(tmp_path)
    monkeypatch.setattr(files, "put_in_force", full)
    with pytest.raises(OSError, match="No space left"):
        publish_whole(tmp_path, {Task.SLA_BREACH: coded_model()}, [], created_at=AT)
    assert content(tmp_path) == before


def test_what_a_history_does_not_tell_of_parties_stays_as_the_one_before_told_it(tmp_path: Path) -> None:
    publish_whole(tmp_path, {Task.SLA_BREACH: coded_model()}, snapshot([PROMISES]), created_at=AT)
    publish_whole(tmp_path, {Task.STOCKOUT: other_model()}, snapshot([SHELVES]), created_at=LATER)
    assert open_bundle(tmp_path).standing == two_snapshots(snapshot([PROMISES]), snapshot([SHELVES]))
    assert open_bundle(tmp_path).standing != snapshot([SHELVES])


def test_a_whole_bundle_takes_the_other_tasks_along(tmp_path: Path) -> None:
    served, out = tmp_path / "served", tmp_path / "out"
    publish_whole(served, {Task.SLA_BREACH: coded_model()}, [], created_at=AT)
    told = publish_whole(out, {}, [], created_at=LATER, beside=served)
    assert open_bundle(out, told).models.keys() == {Task.SLA_BREACH}
