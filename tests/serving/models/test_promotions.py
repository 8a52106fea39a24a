"""A promotion from the asking to the next answer, and every way it is stopped: what serves is never half changed."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from httpx import Response
from sqlalchemy import select

from data.promotion import Check
from data.record import digest_of, plain
from data.vocabulary import Role, Task
from models import files
from models.files import MANIFEST
from serving.in_force import Basis, read_basis
from serving.replay import replay_exactly
from serving.settings import Settings
from serving.store import audit, principal_leaves
from serving.store.tables import audit_leaves
from serving.wiring import Service, wire
from tests.fixtures.bundles import PUBLISHED, a_bundle, damage, damage_manifest, republish
from tests.fixtures.dossiers import a_dossier, passed, refused, send
from tests.fixtures.service import NOON, Desk, an_exception, open_desk

AGREE = {"verdict": "approve", "reason": "the dossier is convincing"}
BACK = {"reason": "complaints since noon"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    a_bundle(tmp_path / "bundle", seed=1)
    opened = open_desk(tmp_path / "var", bundle=tmp_path / "bundle")
    with opened.client:
        yield opened


@pytest.fixture
def challenger(desk: Desk, tmp_path: Path) -> str:
    return send(desk, a_bundle(tmp_path / "challenger", seed=2))


def started(settings: Settings) -> None:
    """What `serve` does at its start, and closes again."""
    service = wire(settings, lambda: NOON)
    service.trust.begin(NOON)
    service.promotions.clear_staging()
    service.close()


def in_force(desk: Desk) -> str:
    """What serves, in memory and in the folder alike."""
    told: str = desk.get("/v1/models").json()["bundle"]
    assert digest_of(files.manifest_in_force(desk.service.settings.bundle_folder)) == told
    return told


def ask(desk: Desk, challenger: str, checks: list[Check] | None = None, **changes: Any) -> Response:
    dossier = a_dossier(challenger, in_force(desk), checks=tuple(checks or passed()))
    dossier = dossier.model_copy(update=changes)
    return desk.post("/v1/models/promotions", {"dossier": plain(dossier), "reason": "learned October"}, "scientist")


def promoted(desk: Desk, challenger: str) -> dict[str, Any]:
    asked = ask(desk, challenger).json()
    answer = desk.post(f"/v1/models/promotions/{asked['promotion_id']}/approvals", AGREE, "model-owner")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


def test_the_next_answer_is_the_challengers_once_another_principal_agreed(desk: Desk, challenger: str) -> None:
    champion = in_force(desk)
    assert desk.recommend(an_exception(1))["receipt"]["bundle"] == champion
    asked = ask(desk, challenger).json()
    assert asked["state"] == "proposed"
    assert desk.recommend(an_exception(2))["receipt"]["bundle"] == champion
    agreed = desk.post(f"/v1/models/promotions/{asked['promotion_id']}/approvals", AGREE, "model-owner").json()
    assert agreed["state"] == "approved"
    assert agreed["decided"]["by"] == "model-owner"
    assert in_force(desk) == challenger
    assert desk.recommend(an_exception(3))["receipt"]["bundle"] == challenger
    assert desk.client.get("/health/ready").json()["bundle"] == challenger


def test_answers_of_before_and_after_are_replayed_byte_for_byte(desk: Desk, challenger: str) -> None:
    before = desk.recommend(an_exception(1))["recommendation_id"]
    promoted(desk, challenger)
    after = desk.recommend(an_exception(2))["recommendation_id"]
    with desk.service.database.read() as connection:
        for each in (before, after):
            assert replay_exactly(connection, desk.service.settings.bundle_folder, each).same


def test_what_is_in_force_says_who_and_why_and_where_back_leads(desk: Desk, challenger: str) -> None:
    champion = in_force(desk)
    told = promoted(desk, challenger)
    now = desk.get("/v1/models").json()
    assert now["by"] == "model-owner"
    assert now["reason"] == AGREE["reason"]
    assert (now["requested_by"], now["requested_because"]) == ("scientist", "learned October")
    assert now["promotion_id"] == told["promotion_id"]
    assert now["rollback_to"] == champion
    assert set(now["models"]) == {task.value for task in Task}


def test_every_step_leaves_a_leaf_and_the_chain_holds(desk: Desk, challenger: str) -> None:
    promoted(desk, challenger)
    desk.post("/v1/models/rollbacks", BACK, "scientist")
    with desk.service.database.read() as connection:
        assert not list(audit.faults(connection))
        leaves = connection.execute(select(audit_leaves.c.kind).order_by(audit_leaves.c.sequence)).scalars()
        kinds = [kind for kind in leaves if kind != principal_leaves.KIND]
    asked = ["promotion", "promotion_decision", "bundle_signed", "rollback"]
    begun = ["bundle_found", "bundle_signed"]
    assert kinds == [*begun, *asked], (
        "the first bundle was found and signed at the start; when it returns, it is signed"
    )


def test_whoever_asked_cannot_agree_whatever_roles_are_held(desk: Desk, challenger: str) -> None:
    champion = in_force(desk)
    desk.add("both", Role.DATA_SCIENTIST, Role.MODEL_OWNER)
    dossier = plain(a_dossier(challenger, champion))
    asked = desk.post("/v1/models/promotions", {"dossier": dossier, "reason": "mine"}, "both").json()
    answer = desk.post(f"/v1/models/promotions/{asked['promotion_id']}/approvals", AGREE, "both")
    assert answer.status_code == 403
    assert answer.json()["type"].endswith("own-request")
    assert in_force(desk) == champion


def test_the_database_itself_refuses_whoever_asked_and_a_second_decision(desk: Desk, challenger: str) -> None:
    asked = ask(desk, challenger).json()["promotion_id"]
    row = "INSERT INTO promotion_decisions VALUES (?, 'scientist', 'proposed', 'approve', ?, 0, 'because')"
    with sqlite3.connect(desk.service.settings.folder / "fairlead.db") as database:
        database.execute("PRAGMA foreign_keys = ON")
        with pytest.raises(sqlite3.IntegrityError, match="who_asked_does_not_agree"):
            database.execute(row, (asked, "scientist"))
        with pytest.raises(sqlite3.IntegrityError, match="FOREIGN KEY"):
            database.execute(row.replace("'scientist', 'proposed'", "'auditor', 'proposed'"), (asked, "scientist"))
        database.execute(row, (asked, "model-owner"))
        with pytest.raises(sqlite3.IntegrityError, match="UNIQUE"):
            database.execute(row, (asked, "auditor"))
        database.rollback()
    database.close()


@pytest.mark.parametrize("name", ["scientist", "auditor", "reviewer-1", "orchestrator"])
def test_only_who_owns_models_may_agree(desk: Desk, challenger: str, name: str) -> None:
    asked = ask(desk, challenger).json()["promotion_id"]
    assert desk.post(f"/v1/models/promotions/{asked}/approvals", AGREE, name).status_code == 403


def test_what_the_checks_refused_is_recorded_with_the_reason_and_cannot_be_agreed_to(
    desk: Desk, challenger: str
) -> None:
    champion = in_force(desk)
    asked = ask(desk, challenger, refused()).json()
    assert asked["state"] == "refused"
    assert "closing_code carries 81%" in asked["refusals"][0]
    answer = desk.post(f"/v1/models/promotions/{asked['promotion_id']}/approvals", AGREE, "model-owner")
    assert answer.status_code == 409
    assert in_force(desk) == champion
    assert desk.get(f"/v1/models/promotions/{asked['promotion_id']}").json() == asked


def test_a_dossier_without_all_checks_is_not_taken(desk: Desk, challenger: str) -> None:
    answer = ask(desk, challenger, passed()[:-1])
    assert answer.status_code == 422
    assert "size" in answer.text or "of" in answer.json()["errors"][0]["expected"]


def test_a_dossier_on_another_champion_is_not_taken(desk: Desk, challenger: str) -> None:
    answer = ask(desk, challenger, champion=digest_of(b"another"))
    assert answer.status_code == 409
    assert "compare again" in answer.json()["detail"]


def test_what_is_in_force_is_not_promoted_again(desk: Desk) -> None:
    """A rollback of it would lead to itself."""
    answer = ask(desk, in_force(desk))
    assert answer.status_code == 409
    assert "nothing to promote" in answer.json()["detail"]


def test_files_that_never_came_or_are_not_what_they_say_stop_the_asking(desk: Desk, tmp_path: Path) -> None:
    assert ask(desk, digest_of(b"never sent")).status_code == 422
    headers = {**desk.as_("scientist"), "Content-Type": "application/octet-stream"}
    answer = desk.client.put(f"/v1/models/files/{digest_of(b'one')}", content=b"other", headers=headers)
    assert answer.status_code == 422


def test_a_file_may_be_larger_than_an_exception_and_not_than_its_own_limit(tmp_path: Path) -> None:
    a_bundle(tmp_path / "bundle")
    bundle = tmp_path / "bundle"
    desk = open_desk(tmp_path / "var", bundle=bundle, max_body_bytes=1_000, max_model_file_bytes=5_000)
    with desk.client:
        headers = {**desk.as_("scientist"), "Content-Type": "application/octet-stream"}
        sent = [
            desk.client.put(f"/v1/models/files/{digest_of(each)}", content=each, headers=headers).status_code
            for each in (b"x" * 4_000, b"x" * 6_000)
        ]
    assert sent == [204, 413]


def test_files_altered_between_asking_and_agreeing_stop_it(desk: Desk, challenger: str) -> None:
    champion = in_force(desk)
    asked = ask(desk, challenger).json()["promotion_id"]
    staged = desk.service.promotions.staging.folder / "files"
    largest = max((each for each in staged.iterdir()), key=lambda each: each.stat().st_size)
    damage(largest)
    answer = desk.post(f"/v1/models/promotions/{asked}/approvals", AGREE, "model-owner")
    assert answer.status_code == 422
    assert in_force(desk) == champion
    assert desk.get(f"/v1/models/promotions/{asked}").json()["state"] == "proposed"


def test_a_rejection_ends_it_and_changes_nothing(desk: Desk, challenger: str) -> None:
    champion = in_force(desk)
    asked = ask(desk, challenger).json()["promotion_id"]
    body = {"verdict": "reject", "reason": "wait until after the sales"}
    assert desk.post(f"/v1/models/promotions/{asked}/approvals", body, "model-owner").json()["state"] == "rejected"
    assert desk.post(f"/v1/models/promotions/{asked}/approvals", AGREE, "model-owner").status_code == 409
    assert in_force(desk) == champion


def test_one_promotion_of_a_bundle_waits_at_a_time(desk: Desk, challenger: str) -> None:
    waiting = ask(desk, challenger).json()
    assert waiting["state"] == "proposed"
    again = ask(desk, challenger)
    assert again.status_code == 409
    assert again.json()["promotion_id"] == waiting["promotion_id"]
    assert waiting["promotion_id"] in again.json()["detail"]


@pytest.mark.parametrize("verdict", ["approve", "reject"])
def test_only_what_waits_can_have_lapsed(desk: Desk, challenger: str, tmp_path: Path, verdict: str) -> None:
    asked, other = (ask(desk, each).json() for each in (challenger, send(desk, a_bundle(tmp_path / "other", seed=3))))
    assert "lapsed" not in {**asked, **other}
    told = decided(desk, asked["promotion_id"], verdict).json()
    listed = {each["promotion_id"]: each for each in desk.get("/v1/models/promotions").json()["items"]}
    assert "lapsed" not in {**told, **listed[asked["promotion_id"]]}, "it served, or its files went, as was decided"
    assert listed[other["promotion_id"]].get("lapsed") == ("other_champion" if verdict == "approve" else None)


WITHDRAW = {"verdict": "reject", "reason": "the wrong folder"}


def test_whoever_asked_withdraws_it_and_may_ask_anew(desk: Desk, challenger: str, tmp_path: Path) -> None:
    champion, asked = in_force(desk), ask(desk, challenger).json()["promotion_id"]
    told = desk.post(f"/v1/models/promotions/{asked}/approvals", WITHDRAW, "scientist")
    assert told.status_code == 200, told.text
    assert told.json()["state"] == "withdrawn"
    assert told.json()["decided"]["by"] == "scientist"
    assert in_force(desk) == champion
    assert desk.post(f"/v1/models/promotions/{asked}/approvals", AGREE, "model-owner").status_code == 409
    with desk.service.database.read() as connection:
        assert not list(audit.faults(connection))
        leaves = connection.execute(select(audit_leaves.c.kind, audit_leaves.c.principal)).all()
    assert ("promotion_withdrawal", "scientist") in [tuple(each) for each in leaves]
    send(desk, tmp_path / "challenger")
    assert ask(desk, challenger).json()["state"] == "proposed"


def test_nobody_withdraws_what_another_asked_for(desk: Desk, challenger: str) -> None:
    desk.add("colleague", Role.DATA_SCIENTIST)
    asked = ask(desk, challenger).json()["promotion_id"]
    answer = desk.post(f"/v1/models/promotions/{asked}/approvals", WITHDRAW, "colleague")
    assert (answer.status_code, answer.json()["type"].rpartition(":")[2]) == (403, "not-permitted")
    assert "model_owner" in answer.json()["detail"], "who may"
    assert desk.get(f"/v1/models/promotions/{asked}").json()["state"] == "proposed"


def staged(desk: Desk) -> set[str]:
    return files.held(desk.service.promotions.staging.folder)


def decided(desk: Desk, promotion: str, verdict: str) -> Response:
    body = {"verdict": verdict, "reason": "because"}
    return desk.post(f"/v1/models/promotions/{promotion}/approvals", body, "model-owner")


class TestWhatWasSent:
    @pytest.mark.parametrize("verdict", ["approve", "reject"])
    def test_goes_once_it_is_decided_on_and_the_dossier_stays(self, desk: Desk, challenger: str, verdict: str) -> None:
        asked = ask(desk, challenger).json()
        assert challenger in staged(desk)
        assert decided(desk, asked["promotion_id"], verdict).status_code == 200
        assert not staged(desk)
        dossier = desk.get(f"/v1/models/promotions/{asked['promotion_id']}/dossier").content
        assert digest_of(dossier) == asked["dossier"]
        assert desk.recommend(an_exception(1))["receipt"]["bundle"] == in_force(desk)

    def test_goes_where_the_checks_refuse_it_and_comes_again_with_a_better_dossier(
        self, desk: Desk, challenger: str, tmp_path: Path
    ) -> None:
        assert ask(desk, challenger, refused()).json()["state"] == "refused"
        assert not staged(desk)
        assert ask(desk, challenger).status_code == 422
        send(desk, tmp_path / "challenger")
        assert promoted(desk, challenger)["state"] == "approved"

    def test_stays_while_another_promotion_needs_it(self, desk: Desk, challenger: str, tmp_path: Path) -> None:
        other = send(desk, a_bundle(tmp_path / "other", seed=3))
        first, second = (ask(desk, each).json()["promotion_id"] for each in (challenger, other))
        decided(desk, first, "reject")
        assert challenger not in staged(desk)
        assert decided(desk, second, "approve").status_code == 200
        assert in_force(desk) == other

    def test_goes_where_another_champion_supersedes_it_and_may_be_sent_again(
        self, desk: Desk, challenger: str, tmp_path: Path
    ) -> None:
        waiting = ask(desk, send(desk, a_bundle(tmp_path / "other", seed=3))).json()["promotion_id"]
        promoted(desk, challenger)
        assert not staged(desk)
        desk.post("/v1/models/rollbacks", BACK, "scientist")
        gone = decided(desk, waiting, "approve")
        assert gone.status_code == 409
        assert "scientist sends them again (fairlead promote)" in gone.json()["detail"]
        send(desk, tmp_path / "other")
        assert decided(desk, waiting, "approve").status_code == 200

    def test_is_not_taken_from_somebody_who_is_about_to_ask_until_the_next_start(
        self, desk: Desk, challenger: str, tmp_path: Path
    ) -> None:
        asked = ask(desk, challenger).json()["promotion_id"]
        other = send(desk, a_bundle(tmp_path / "other", seed=3))
        before = staged(desk)
        settings = Settings(folder=tmp_path / "var", bundle=desk.service.settings.bundle_folder)
        decided(desk, asked, "reject")
        assert other in staged(desk) < before
        wire(settings, lambda: NOON, looking=True).close()
        assert staged(desk), "a command that looks beside the service, such as replay, removes nothing"
        started(settings)
        assert not staged(desk)

    def test_is_kept_over_a_restart_while_a_promotion_waits(self, desk: Desk, challenger: str, tmp_path: Path) -> None:
        asked = ask(desk, challenger).json()["promotion_id"]
        started(Settings(folder=tmp_path / "var", bundle=desk.service.settings.bundle_folder))
        assert decided(desk, asked, "approve").status_code == 200

    def test_that_cannot_be_removed_undoes_no_decision(
        self, desk: Desk, challenger: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        def stuck(folder: Path, digest: str) -> None:
            raise OSError(30, "Read-only file system")

        monkeypatch.setattr(files, "discard", stuck)
        assert promoted(desk, challenger)["state"] == "approved"
        assert in_force(desk) == challenger


class TestRollback:
    def test_returns_in_one_call_and_says_who_and_why(self, desk: Desk, challenger: str) -> None:
        champion = in_force(desk)
        promoted(desk, challenger)
        now = desk.post("/v1/models/rollbacks", BACK, "scientist").json()
        assert now["bundle"] == champion == in_force(desk)
        assert now["by"] == "scientist"
        assert now["reason"] == "complaints since noon"
        assert "requested_by" not in now
        assert desk.recommend(an_exception(1))["receipt"]["bundle"] == champion

    def test_is_told_with_the_promotion_that_it_took_back_until_another_one(
        self, desk: Desk, challenger: str, tmp_path: Path
    ) -> None:
        first = promoted(desk, challenger)["promotion_id"]
        assert "rolled_back" not in desk.get(f"/v1/models/promotions/{first}").json()
        desk.post("/v1/models/rollbacks", BACK, "scientist")
        again = promoted(desk, send(desk, tmp_path / "challenger"))["promotion_id"]
        told = {each["promotion_id"]: each for each in desk.get("/v1/models/promotions").json()["items"]}
        assert (told[first]["state"], told[first]["rolled_back"]["by"]) == ("approved", "scientist")
        assert told[first]["rolled_back"]["reason"] == BACK["reason"]
        assert "rolled_back" not in told[again]

    def test_goes_back_one_more_each_time_and_then_says_that_nothing_is_left(
        self, desk: Desk, challenger: str, tmp_path: Path
    ) -> None:
        first = in_force(desk)
        promoted(desk, challenger)
        promoted(desk, send(desk, a_bundle(tmp_path / "third", seed=3)))
        gone_to, taken_back = [], []
        for _ in range(2):
            gone_to.append(desk.post("/v1/models/rollbacks", BACK, "scientist").json()["bundle"])
            listed = desk.get("/v1/models/promotions").json()["items"]
            taken_back.append({each["challenger"] for each in listed if "rolled_back" in each})
        third = next(each["challenger"] for each in listed if each["challenger"] != challenger)
        assert gone_to == [challenger, first]
        assert taken_back == [{third}, {third, challenger}]
        assert desk.post("/v1/models/rollbacks", BACK, "scientist").status_code == 409

    def test_what_was_rolled_back_is_never_the_step_below(self, desk: Desk, challenger: str, tmp_path: Path) -> None:
        def below(service: Service) -> str | None:
            rungs = service.in_force.predictors.ladder(Task.SLA_BREACH)
            return rungs[1].predictor.version if len(rungs) > 1 and rungs[1].predictor else None

        first = desk.get("/v1/models").json()["models"]["sla_breach"]
        promoted(desk, challenger)
        assert below(desk.service) == first
        desk.post("/v1/models/rollbacks", BACK, "scientist")
        promoted(desk, send(desk, a_bundle(tmp_path / "third", seed=3)))
        assert below(desk.service) == first
        again = wire(Settings(folder=tmp_path / "var", bundle=desk.service.settings.bundle_folder), lambda: NOON)
        try:
            assert below(again) == first
        finally:
            again.close()

    def test_the_step_below_is_what_was_replaced_whenever_that_was_made(self, desk: Desk, tmp_path: Path) -> None:
        """Neither what served first nor the newest of those that served."""
        older = tmp_path / "older"
        republish(older, seed=2, at=PUBLISHED - timedelta(days=1))
        promoted(desk, send(desk, older))
        replaced = desk.get("/v1/models").json()["models"]["sla_breach"]
        promoted(desk, send(desk, a_bundle(tmp_path / "third", seed=3)))
        settings = Settings(folder=tmp_path / "var", bundle=desk.service.settings.bundle_folder)
        steps = [desk.service.in_force.predictors.ladder(Task.SLA_BREACH)[1]]
        for looking in (True, False):
            again = wire(settings, lambda: NOON, looking=looking)
            steps.append(again.in_force.predictors.ladder(Task.SLA_BREACH)[1])
            again.close()
        assert [step.predictor.version for step in steps if step.predictor] == [replaced] * 3

    def test_what_was_rolled_back_does_not_serve_where_the_manifest_is_broken(
        self, desk: Desk, challenger: str, tmp_path: Path
    ) -> None:
        first = desk.get("/v1/models").json()["models"]["sla_breach"]
        promoted(desk, challenger)
        desk.post("/v1/models/rollbacks", BACK, "scientist")
        folder = damage_manifest(desk.service.settings.bundle_folder)
        again = wire(Settings(folder=tmp_path / "var", bundle=folder), lambda: NOON)
        try:
            served = {step.task: step.version for step in again.health.ready().ladder}
            assert served[Task.SLA_BREACH] == first
        finally:
            again.close()

    def test_needs_a_promotion_to_undo(self, desk: Desk) -> None:
        assert desk.post("/v1/models/rollbacks", BACK, "scientist").status_code == 409

    def test_a_bundle_before_that_was_altered_is_not_returned_to(self, desk: Desk, challenger: str) -> None:
        champion = desk.service.in_force.bundle
        assert champion is not None
        promoted(desk, challenger)
        damage(champion.folder / "files" / champion.named["sla_breach trees"].removeprefix("sha256:"))
        assert desk.post("/v1/models/rollbacks", BACK, "scientist").status_code == 409
        assert in_force(desk) == challenger


class TestWhatFails:
    def test_a_full_disk_leaves_everything_as_it_was_and_says_so(
        self, desk: Desk, challenger: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        champion = in_force(desk)
        asked = ask(desk, challenger).json()["promotion_id"]
        whole = files.write_atomically

        def full(path: Path, content: bytes) -> None:
            if path.name == MANIFEST:
                raise OSError(28, "No space left on device")
            whole(path, content)

        monkeypatch.setattr(files, "write_atomically", full)
        answer = desk.post(f"/v1/models/promotions/{asked}/approvals", AGREE, "model-owner")
        assert answer.status_code == 503
        assert "No space left on device" in answer.json()["detail"]
        assert in_force(desk) == champion
        assert desk.get(f"/v1/models/promotions/{asked}").json()["state"] == "proposed"
        assert desk.recommend(an_exception(1))["receipt"]["bundle"] == champion
        monkeypatch.undo()
        assert desk.post(f"/v1/models/promotions/{asked}/approvals", AGREE, "model-owner").status_code == 200
        assert in_force(desk) == challenger

    def test_a_record_that_cannot_be_kept_puts_the_champion_back(
        self, desk: Desk, challenger: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        champion = in_force(desk)
        asked = ask(desk, challenger).json()["promotion_id"]
        switched = files.put_in_force

        def then_fail(folder: Path, manifest: bytes) -> str:
            digest = switched(folder, manifest)
            if digest == challenger:
                raise RuntimeError("the commit fails")
            return digest

        monkeypatch.setattr(files, "put_in_force", then_fail)
        assert desk.post(f"/v1/models/promotions/{asked}/approvals", AGREE, "model-owner").status_code == 500
        assert in_force(desk) == champion

    def test_a_manifest_is_not_called_altered_while_a_promotion_changes_it(
        self, desk: Desk, challenger: str, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        told: list[list[str]] = []

        def looked_at(*given: Any, **also: Any) -> Basis:
            ready = desk.client.get("/health/ready").json()
            told.append([*ready["altered"], *(each for each in ready["warnings"] if "bundle" in each)])
            return read_basis(*given, **also)

        monkeypatch.setattr("serving.models.promoting.read_basis", looked_at)
        promoted(desk, challenger)
        told.append(desk.client.get("/health/ready").json()["altered"])
        assert told == [[], []]

    def test_a_crash_between_switch_and_record_is_undone_at_the_next_start(
        self, desk: Desk, challenger: str, tmp_path: Path
    ) -> None:
        champion, folder = in_force(desk), desk.service.settings.bundle_folder
        ask(desk, challenger)
        files.put_in_force(folder, files.manifest_of(desk.service.promotions.staging.folder, challenger))
        again = wire(Settings(folder=tmp_path / "var", bundle=folder), lambda: NOON)
        try:
            assert again.in_force.predictors.digest == champion
        finally:
            again.close()

    def test_a_crash_after_which_the_champion_is_gone_too_lets_nobody_answer_unagreed(
        self, desk: Desk, challenger: str, tmp_path: Path
    ) -> None:
        champion, folder = in_force(desk), desk.service.settings.bundle_folder
        ask(desk, challenger)
        files.put_in_force(folder, files.manifest_of(desk.service.promotions.staging.folder, challenger))
        (folder / "manifests" / f"{champion.removeprefix('sha256:')}.json").unlink()
        again = wire(Settings(folder=tmp_path / "var", bundle=folder), lambda: NOON)
        try:
            assert again.in_force.predictors.digest is None
        finally:
            again.close()

    @pytest.mark.parametrize("looking", [True, False])
    def test_between_switch_and_record_the_step_below_is_that_of_the_champion(
        self, desk: Desk, challenger: str, tmp_path: Path, looking: bool
    ) -> None:
        first = desk.get("/v1/models").json()["models"]["sla_breach"]
        promoted(desk, challenger)
        third = send(desk, a_bundle(tmp_path / "third", seed=3))
        ask(desk, third)
        folder = desk.service.settings.bundle_folder
        files.put_in_force(folder, files.manifest_of(desk.service.promotions.staging.folder, third))
        again = wire(Settings(folder=tmp_path / "var", bundle=folder), lambda: NOON, looking=looking)
        try:
            rungs = again.in_force.predictors.ladder(Task.SLA_BREACH)
            assert again.in_force.predictors.digest == challenger
            assert [rung.predictor.version for rung in rungs[1:] if rung.predictor] == [first]
        finally:
            again.close()

    def test_whoever_looks_between_switch_and_record_sees_the_champion_and_changes_nothing(
        self, desk: Desk, challenger: str, tmp_path: Path
    ) -> None:
        champion, folder = in_force(desk), desk.service.settings.bundle_folder
        ask(desk, challenger)
        files.put_in_force(folder, files.manifest_of(desk.service.promotions.staging.folder, challenger))
        looking = wire(Settings(folder=tmp_path / "var", bundle=folder), lambda: NOON, looking=True)
        try:
            assert looking.in_force.predictors.digest == champion
            assert digest_of(files.manifest_in_force(folder)) == challenger
        finally:
            looking.close()

    def test_a_folder_that_somebody_trained_into_meanwhile_stops_the_promotion(
        self, desk: Desk, challenger: str, tmp_path: Path
    ) -> None:
        dossier = plain(a_dossier(challenger, in_force(desk)))
        folder = desk.service.settings.bundle_folder
        files.put_in_force(folder, files.manifest_in_force(a_bundle(tmp_path / "other", seed=3)))
        answer = desk.post("/v1/models/promotions", {"dossier": dossier, "reason": "mine"}, "scientist")
        assert answer.status_code == 409
        assert "fairlead doctor" in answer.json()["detail"]
