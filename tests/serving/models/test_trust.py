"""Which bundles may answer: what this service put in force, and nothing that somebody wrote into the folder."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import text
from typer.testing import CliRunner

from data.prediction import Predictors
from data.record import canonical, digest_of
from data.vocabulary import ServedBy, Task
from models import files
from models.bundle import open_bundle
from models.bundle_signature import check_signature, sign, statement
from models.signed_note import KEY_BYTES, SigningKey
from serving.bundle_key import PUBLIC, SECRET, read_bundle_key
from serving.commands import app
from serving.doctor import examine
from serving.replay import replay_exactly
from serving.settings import Settings
from serving.wiring import wire
from tests.fixtures.bundles import PUBLISHED, a_bundle, republish
from tests.fixtures.dossiers import promoted
from tests.fixtures.service import NOON, Desk, an_exception, open_desk

STRANGER = SigningKey("fairlead", bytes(KEY_BYTES))
LATER = PUBLISHED + timedelta(days=3)


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    """A service that has begun with a bundle."""
    a_bundle(tmp_path / "bundle", seed=1)
    opened = open_desk(tmp_path / "var", bundle=tmp_path / "bundle")
    with opened.client:
        yield opened


@pytest.fixture
def first(desk: Desk) -> str:
    """The bundle it has begun with."""
    return open_bundle(desk.service.settings.bundle_folder).digest


@pytest.fixture
def folder(desk: Desk) -> Path:
    return desk.service.settings.bundle_folder


@pytest.fixture
def settings(desk: Desk) -> Settings:
    return desk.service.settings


class Started:
    """What another start of the service says and answers by; `looking` changes nothing."""

    def __init__(self, settings: Settings, looking: bool = False) -> None:
        service = wire(settings, lambda: NOON, looking=looking)
        try:
            if not looking:
                service.trust.begin(NOON)
            self.ready = service.health.ready()
            self.predictors: Predictors = service.in_force.predictors
            self.digest = self.predictors.digest
            self.begun = service.trust.begun
            self.seeds_of = service.in_force.basis.answering
        finally:
            service.close()

    @property
    def served_by(self) -> set[ServedBy]:
        return {step.served_by for step in self.ready.ladder}

    @property
    def says(self) -> str:
        return " ".join(each for each in self.ready.warnings if "bundle" in each)


def key_of(settings: Settings) -> SigningKey:
    return read_bundle_key(settings.key_folder / SECRET)


def signature(folder: Path, digest: str) -> Path:
    return folder / "manifests" / f"{digest.removeprefix('sha256:')}.sig"


def swapped(folder: Path, tmp_path: Path, seed: int = 3) -> str:
    """A bundle of a stranger's own in force, every digest consistent. Returns its digest."""
    theirs = a_bundle(tmp_path / f"theirs-{seed}", seed=seed)
    shutil.copytree(theirs, folder, dirs_exist_ok=True)
    digest = open_bundle(folder).digest
    assert open_bundle(folder).problems == {}
    return digest


class TestWhatItBeginsWith:
    def test_is_signed_and_recorded_and_told(self, desk: Desk, first: str, folder: Path) -> None:
        check_signature(folder, first, key_of(desk.service.settings).public)
        now = desk.get("/v1/models").json()
        assert (now["bundle"], now["came"], now["by"]) == (first, "found", "service")
        assert "signed its first bundle" in now["reason"]
        assert [each.split()[1] for each in desk.service.trust.begun] == [first]

    def test_an_earlier_one_of_the_same_folder_is_still_the_step_below(self, tmp_path: Path) -> None:
        folder = a_bundle(tmp_path / "bundle", seed=1)
        earlier = open_bundle(folder).models[Task.STOCKOUT].version
        republish(folder, seed=2, at=LATER)
        for _ in range(2):
            rungs = Started(Settings(folder=tmp_path / "var", bundle=folder)).predictors.ladder(Task.STOCKOUT)
            assert [rung.served_by for rung in rungs] == [ServedBy.MODEL, ServedBy.PREVIOUS_MODEL]
            assert rungs[1].predictor
            assert rungs[1].predictor.version == earlier

    def test_may_come_after_a_time_of_rules_alone(self, tmp_path: Path) -> None:
        settings = Settings(folder=tmp_path / "var", bundle=tmp_path / "bundle")
        assert Started(settings).served_by == {ServedBy.RULES}
        digest = open_bundle(a_bundle(tmp_path / "bundle")).digest
        assert Started(settings).digest == digest

    def test_is_what_is_there_when_it_serves_not_when_keys_are_made(self, tmp_path: Path) -> None:
        settings = Settings(folder=tmp_path / "var", bundle=a_bundle(tmp_path / "bundle"))
        made = CliRunner().invoke(
            app, ["keys", "--folder", str(settings.folder)], env={"FAIRLEAD_BUNDLE": str(settings.bundle_folder)}
        )
        assert made.exit_code == 0, made.output
        digest = republish(tmp_path / "bundle", seed=2, at=LATER)
        assert Started(settings).digest == digest

    def test_signs_nothing_a_second_time(self, settings: Settings, first: str) -> None:
        again = Started(settings)
        assert (again.digest, again.begun, again.says) == (first, [], "")

    def test_answers_where_the_folder_cannot_be_written_and_is_signed_once_it_can(
        self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        settings = Settings(folder=tmp_path / "var", bundle=a_bundle(tmp_path / "bundle"))
        digest = open_bundle(tmp_path / "bundle").digest

        def read_only(folder: Path, digest: str, note: bytes) -> None:
            raise OSError(30, "Read-only file system")

        with monkeypatch.context() as patched:
            patched.setattr(files, "keep_signature", read_only)
            for _ in range(2):
                told = Started(settings)
                assert (told.digest, told.says) == (digest, "")
                assert "cannot be signed (Read-only file system)" in told.begun[0]
        assert "is signed from now on" in Started(settings).begun[0]
        check_signature(tmp_path / "bundle", digest, key_of(settings).public)

    def test_of_a_folder_that_another_service_signed_is_not_taken(
        self, desk: Desk, folder: Path, tmp_path: Path
    ) -> None:
        settings = Settings(folder=tmp_path / "another", bundle=tmp_path / "empty")
        Started(settings)
        settings = settings.model_copy(update={"bundle": folder})
        told = Started(settings)
        assert told.served_by == {ServedBy.RULES}
        assert "is signed by another key" in told.says


class TestABundleOfAStrangerSOwn:
    def test_is_not_served_and_the_last_good_one_answers(
        self, settings: Settings, first: str, folder: Path, tmp_path: Path
    ) -> None:
        version = open_bundle(folder).models[Task.SLA_BREACH].version
        theirs = swapped(folder, tmp_path)
        told = Started(settings)
        assert told.digest is None
        assert told.served_by == {ServedBy.PREVIOUS_MODEL}
        assert {step.version for step in told.ready.ladder if step.task is Task.SLA_BREACH} == {version}
        assert told.seeds_of is not None
        assert told.seeds_of.digest == first, "the standing's seeds are of what answers, not of theirs"
        assert theirs in told.says
        assert "vouch" in told.says
        assert str(tmp_path) not in told.ready.model_dump_json()

    def test_leaves_the_answers_to_what_people_put_in_force_last_whenever_that_was_made(
        self, desk: Desk, settings: Settings, folder: Path, tmp_path: Path
    ) -> None:
        older = tmp_path / "older"
        republish(older, seed=2, at=PUBLISHED - timedelta(days=1))
        second = promoted(desk, older)
        swapped(folder, tmp_path)
        told = Started(settings)
        assert told.served_by == {ServedBy.PREVIOUS_MODEL}
        assert told.seeds_of is not None
        assert told.seeds_of.digest == second

    def test_may_be_looked_at_and_whoever_looks_is_told(self, settings: Settings, folder: Path, tmp_path: Path) -> None:
        theirs = swapped(folder, tmp_path)
        told = Started(settings, looking=True)
        assert told.digest == theirs
        assert f"{theirs} is not the one that came in force last" in told.says
        (settings.key_folder / SECRET).unlink()
        assert Started(settings, looking=True).digest == theirs

    def test_is_not_served_where_nothing_else_is_left(self, settings: Settings, folder: Path, tmp_path: Path) -> None:
        shutil.rmtree(folder)
        theirs = open_bundle(a_bundle(folder, seed=3)).digest
        told = Started(settings)
        assert told.served_by == {ServedBy.RULES}
        assert f"The bundle {theirs} is not the one that came in force last" in told.says

    def test_is_not_served_by_a_signature_of_their_own_nor_by_a_borrowed_one(
        self, settings: Settings, first: str, folder: Path, tmp_path: Path
    ) -> None:
        theirs = swapped(folder, tmp_path)
        for note in (STRANGER.signed(statement(theirs)), signature(folder, first).read_bytes()):
            signature(folder, theirs).write_bytes(note)
            assert Started(settings).served_by == {ServedBy.PREVIOUS_MODEL}

    def test_is_no_step_below_either(self, settings: Settings, first: str, folder: Path) -> None:
        good = files.manifest_in_force(folder)
        republish(folder, seed=3, at=PUBLISHED - timedelta(days=1))
        files.put_in_force(folder, good)
        told = Started(settings)
        assert told.digest == first
        assert [rung.served_by for rung in told.predictors.ladder(Task.STOCKOUT)] == [ServedBy.MODEL]

    @pytest.mark.parametrize("manifest", [b"[]", b"{", canonical({"schema": "fairlead/bundle/1", "tasks": {"no": {}}})])
    def test_is_never_read(self, settings: Settings, folder: Path, manifest: bytes) -> None:
        files.put_in_force(folder, manifest)
        assert Started(settings).served_by == {ServedBy.PREVIOUS_MODEL}

    def test_shows_while_the_service_runs_and_changes_no_answer(
        self, desk: Desk, first: str, folder: Path, tmp_path: Path
    ) -> None:
        assert not [each for each in desk.client.get("/health/ready").json()["warnings"] if "bundle" in each]
        assert "fairlead_bundle_not_trusted 0.0" in desk.client.get("/metrics").text
        theirs = swapped(folder, tmp_path)
        ready = desk.client.get("/health/ready").json()
        assert (ready["bundle"], ready["altered"]) == (first, ["manifest"])
        assert any(theirs in each for each in ready["warnings"])
        assert "fairlead_bundle_not_trusted 1.0" in desk.client.get("/metrics").text
        assert desk.recommend(an_exception(1))["receipt"]["bundle"] == first

    def test_is_told_by_the_doctor_with_what_to_do_and_that_helps(
        self, settings: Settings, first: str, folder: Path, tmp_path: Path
    ) -> None:
        swapped(folder, tmp_path)
        (found,) = [each for each in examine(settings, NOON) if (each.verdict, each.about) == ("wrong", "bundle")]
        assert "is not the one that came in force last" in found.says
        copied = found.mend.split(";")[0].split()
        assert copied[0] == "cp"
        shutil.copy(*copied[1:])
        assert (Started(settings).digest, Started(settings).says) == (first, "")
        assert not [each for each in examine(settings, NOON) if (each.verdict, each.about) == ("wrong", "bundle")]


class TestTheSignature:
    @pytest.mark.parametrize("how", ["altered", "missing", "another key"])
    def test_of_what_serves_is_needed_even_where_nothing_else_changed(
        self, desk: Desk, first: str, folder: Path, tmp_path: Path, how: str
    ) -> None:
        settings = desk.service.settings
        second = promoted(desk, a_bundle(tmp_path / "challenger", seed=2))
        if how == "missing":
            signature(folder, second).unlink()
        elif how == "altered":
            note = signature(folder, second).read_bytes()
            signature(folder, second).write_bytes(note.replace(b"sha256:", b"sha256;"))
        else:
            signature(folder, second).write_bytes(STRANGER.signed(statement(second)))
        told = Started(settings)
        assert (told.digest, told.served_by) == (None, {ServedBy.PREVIOUS_MODEL})
        assert told.seeds_of is not None
        assert told.seeds_of.digest == first
        assert second in told.says
        assert any(second in each for each in desk.client.get("/health/ready").json()["warnings"])

    def test_is_made_when_a_promotion_brings_a_bundle_and_not_before(
        self, desk: Desk, folder: Path, tmp_path: Path
    ) -> None:
        challenger = a_bundle(tmp_path / "challenger", seed=2)
        digest = open_bundle(challenger).digest
        assert not signature(folder, digest).exists()
        assert promoted(desk, challenger) == digest
        check_signature(folder, digest, key_of(desk.service.settings).public)
        assert Started(desk.service.settings).digest == digest

    def test_goes_again_where_the_promotion_fails(
        self, desk: Desk, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        challenger = a_bundle(tmp_path / "challenger", seed=2)
        whole = files.put_in_force

        def full(where: Path, manifest: bytes) -> str:
            if digest_of(manifest) == open_bundle(challenger).digest:
                raise OSError(28, "No space left on device")
            return whole(where, manifest)

        monkeypatch.setattr(files, "put_in_force", full)
        with pytest.raises(AssertionError, match="No space left"):
            promoted(desk, challenger)
        assert not signature(folder, open_bundle(challenger).digest).exists()

    def test_of_a_bundle_that_was_replaced_does_not_bring_it_back(
        self, desk: Desk, first: str, folder: Path, tmp_path: Path
    ) -> None:
        second = promoted(desk, a_bundle(tmp_path / "challenger", seed=2))
        files.put_in_force(folder, files.manifest_of(folder, first))
        told = Started(desk.service.settings)
        assert told.digest is None
        assert told.seeds_of is not None
        assert told.seeds_of.digest == second
        assert f"{first} is not the one that came in force last" in told.says

    def test_of_a_bundle_that_was_rolled_back_lets_it_answer_nowhere(
        self, desk: Desk, first: str, folder: Path, tmp_path: Path
    ) -> None:
        promoted(desk, a_bundle(tmp_path / "challenger", seed=2))
        desk.post("/v1/models/rollbacks", {"reason": "complaints"}, "scientist")
        signature(folder, first).unlink()
        assert Started(desk.service.settings).served_by == {ServedBy.RULES}

    def test_is_needed_to_roll_back_to_a_bundle(self, desk: Desk, first: str, folder: Path, tmp_path: Path) -> None:
        second = promoted(desk, a_bundle(tmp_path / "challenger", seed=2))
        signature(folder, first).unlink()
        answer = desk.post("/v1/models/rollbacks", {"reason": "complaints"}, "scientist")
        assert answer.status_code == 409
        assert desk.get("/v1/models").json()["bundle"] == second

    def test_is_not_needed_to_replay(self, desk: Desk, first: str, folder: Path, tmp_path: Path) -> None:
        answered = desk.recommend(an_exception(1))["recommendation_id"]
        promoted(desk, a_bundle(tmp_path / "challenger", seed=2))
        signature(folder, first).unlink()
        with desk.service.database.read() as connection:
            assert replay_exactly(connection, folder, answered).same

    def test_is_not_needed_to_begin_with_a_copy_for_training(self, desk: Desk, folder: Path, tmp_path: Path) -> None:
        from models.bundle import bring

        bring(folder, open_bundle(folder).digest, tmp_path / "copy")
        assert not files.is_signed(tmp_path / "copy")


class TestAServiceThatServedBeforeBundlesWereSigned:
    @pytest.fixture
    def before(self, desk: Desk, folder: Path, tmp_path: Path) -> Any:
        """Make the folder and the store what an earlier version left, with or without a promotion."""

        def forget(answers: int, rows: bool) -> Settings:
            for number in range(answers):
                desk.recommend(an_exception(number))
            for each in (folder / "manifests").glob("*.sig"):
                each.unlink()
            for name in (SECRET, PUBLIC):
                (desk.service.settings.key_folder / name).unlink()
            (folder / "served").touch()
            with desk.service.database.write() as connection:
                connection.execute(text("DELETE FROM audit_leaves WHERE kind = 'bundle_signed'"))
                if not rows:
                    connection.execute(text("DELETE FROM bundles_in_force"))
            return desk.service.settings

        return forget

    def test_goes_on_with_what_its_answers_name(self, before: Any, first: str, folder: Path) -> None:
        settings = before(answers=1, rows=False)
        assert Started(settings, looking=True).digest == first, "whoever looks first sees the same"
        told = Started(settings)
        assert (told.digest, told.says) == (first, "")
        check_signature(folder, first, key_of(settings).public)
        signature(folder, first).unlink()
        assert Started(settings).served_by == {ServedBy.RULES}, "from then on the signature is needed"

    def test_does_not_go_on_with_what_its_answers_do_not_name(self, before: Any, folder: Path, tmp_path: Path) -> None:
        settings = before(answers=1, rows=False)
        swapped(folder, tmp_path)
        told = Started(settings)
        assert told.digest is None
        assert "carries no signature" in told.says

    def test_goes_on_with_what_was_promoted_and_can_roll_back(
        self, before: Any, desk: Desk, first: str, folder: Path, tmp_path: Path
    ) -> None:
        second = promoted(desk, a_bundle(tmp_path / "challenger", seed=2))
        settings = before(answers=0, rows=True)
        told = Started(settings)
        assert (told.digest, told.says) == (second, "")
        for digest in (first, second):
            check_signature(folder, digest, key_of(settings).public)

    def test_does_not_go_on_with_another_than_was_promoted(
        self, before: Any, desk: Desk, first: str, folder: Path, tmp_path: Path
    ) -> None:
        second = promoted(desk, a_bundle(tmp_path / "challenger", seed=2))
        settings = before(answers=0, rows=True)
        swapped(folder, tmp_path)
        told = Started(settings)
        assert told.digest is None
        assert told.seeds_of is not None
        assert told.seeds_of.digest == second


def test_a_store_that_is_gone_is_no_loss_where_the_signature_holds(
    settings: Settings, first: str, folder: Path
) -> None:
    fresh = settings.model_copy(update={"db": f"sqlite:///{settings.folder / 'fresh.db'}"})
    assert Started(fresh).digest == first


def test_the_first_of_a_fresh_store_is_not_taken_where_another_signed(
    settings: Settings, folder: Path, tmp_path: Path
) -> None:
    swapped(folder, tmp_path)
    fresh = settings.model_copy(update={"db": f"sqlite:///{settings.folder / 'fresh.db'}"})
    assert Started(fresh).digest is None


def test_a_signature_that_a_killed_service_left_is_taken_back(desk: Desk, tmp_path: Path) -> None:
    """Signed, killed, never recorded: the next start leaves no signature of what nobody put in force."""
    folder, settings = tmp_path / "bundle", desk.service.settings
    key = read_bundle_key(settings.key_folder / SECRET, "")
    in_force = desk.service.in_force.predictors.digest
    left = republish(a_bundle(tmp_path / "other", seed=3), 3, LATER)
    manifest = files.manifest_of(tmp_path / "other", left)
    files.keep_manifest(folder, manifest)
    sign(folder, left, key)
    desk.service.trust.begin(LATER)
    assert files.signature_of(folder, left) is None
    assert in_force is not None
    assert files.signature_of(folder, in_force) is not None
    assert any(left in each for each in desk.service.trust.begun)


def test_a_signature_of_another_service_is_left_where_it_is(desk: Desk, tmp_path: Path) -> None:
    """It is not ours to take back: whoever made it may serve the bundle from the same folder."""
    folder = tmp_path / "bundle"
    left = republish(a_bundle(tmp_path / "other", seed=3), 3, LATER)
    files.keep_manifest(folder, files.manifest_of(tmp_path / "other", left))
    sign(folder, left, STRANGER)
    desk.service.trust.begin(LATER)
    check_signature(folder, left, STRANGER.public)
    assert not any(left in each for each in desk.service.trust.begun)


def test_a_bundle_that_was_signed_before_is_so_again_where_what_must_follow_fails(
    desk: Desk, first: str, folder: Path
) -> None:
    note = STRANGER.signed(statement(first))
    signature(folder, first).write_bytes(note)

    def follow() -> None:
        check_signature(folder, first, key_of(desk.service.settings).public)
        raise OSError(28, "No space left on device")

    with pytest.raises(OSError, match="No space left"), desk.service.trust.signing(first):
        follow()
    assert signature(folder, first).read_bytes() == note
