"""What is sent for a promotion is kept while somebody may agree to it, verified on arrival, and goes afterwards."""

from __future__ import annotations

import errno
import os
from pathlib import Path
from typing import Any

import pytest

from data.record import digest_of
from models import files
from models.bundle import files_named_by, open_bundle
from serving.errors import InvalidRequest, StoreUnavailable
from serving.models.staging import Staging
from tests.fixtures.bundles import a_bundle


@pytest.fixture
def staging(tmp_path: Path) -> Staging:
    return Staging(tmp_path / "bundle")


def sent(staging: Staging, folder: Path, *, but: str = "") -> str:
    """A bundle's files, without the one of this name, then its manifest; returns its digest."""
    bundle = open_bundle(folder)
    for what, digest in bundle.named.items():
        if what != but:
            staging.receive(digest, files.fetch(folder, digest, what))
    staging.receive(bundle.digest, files.manifest_in_force(folder))
    return bundle.digest


def made_of(folder: Path) -> set[str]:
    manifest = files.manifest_in_force(folder)
    return {digest_of(manifest), *files_named_by(manifest)}


def held(staging: Staging) -> set[str]:
    return files.held(staging.folder)


def test_what_is_not_what_its_name_says_is_not_kept(staging: Staging) -> None:
    with pytest.raises(InvalidRequest, match="not what its name says"):
        staging.receive(digest_of(b"told"), b"another")
    assert held(staging) == set()


def test_a_whole_bundle_is_taken_and_one_that_lacks_a_file_is_not(staging: Staging, tmp_path: Path) -> None:
    folder = a_bundle(tmp_path / "one", seed=2)
    digest = sent(staging, folder, but="stockout trees")
    for _ in range(2):
        with pytest.raises(InvalidRequest, match="cannot be loaded here") as refused:
            staging.bundle(digest)
        assert refused.value.faults[0].pointer == "/dossier/challenger"
    trees = open_bundle(folder).named["stockout trees"]
    staging.receive(trees, files.fetch(folder, trees, "trees"))
    assert staging.bundle(digest).digest == digest


def test_a_manifest_that_names_no_model_is_not_taken(staging: Staging) -> None:
    for manifest in (b"[]", b"{", b'{"schema":"fairlead/bundle/1","tasks":{}}'):
        staging.receive(digest_of(manifest), manifest)
        with pytest.raises(InvalidRequest, match="cannot be loaded here"):
            staging.bundle(digest_of(manifest))


def test_files_that_a_waiting_bundle_shares_stay_and_so_does_what_was_sent_for_neither(
    staging: Staging, tmp_path: Path
) -> None:
    one, other, third = (a_bundle(tmp_path / str(seed), seed=seed) for seed in (2, 3, 4))
    done, waiting, about_to = (sent(staging, each) for each in (one, other, third))
    for digest in (done, waiting, about_to):
        staging.bundle(digest)
    assert made_of(one) & made_of(other), "or this would show nothing"
    staging.dismiss([done], [waiting])
    assert held(staging) == made_of(other) | made_of(third)


def test_what_nobody_waits_for_goes_at_a_start_and_a_manifest_that_is_gone_takes_no_other_along(
    staging: Staging, tmp_path: Path
) -> None:
    one, other = (a_bundle(tmp_path / str(seed), seed=seed) for seed in (2, 3))
    sent(staging, one)
    waiting = sent(staging, other)
    staging.bundle(waiting)
    staging.keep_only([digest_of(b"gone"), waiting])
    assert held(staging) == made_of(other)
    staging.keep_only([])
    assert held(staging) == set()


def test_a_folder_that_cannot_be_written_is_said_with_the_reason(
    staging: Staging, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr(files, "keep", full)
    with pytest.raises(StoreUnavailable, match="No space left on device"):
        staging.receive(digest_of(b"told"), b"told")
