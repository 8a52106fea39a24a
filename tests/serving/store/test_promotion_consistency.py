"""A promotion that somebody changed by hand no longer agrees with the audit chain, and nobody can agree to it."""

from __future__ import annotations

import sqlite3
import zlib
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from data.record import plain
from data.vocabulary import Role
from serving.store import promotion_consistency
from serving.store.engine import file_of
from tests.fixtures.bundles import a_bundle
from tests.fixtures.dossiers import a_dossier, passed, refused, send
from tests.fixtures.service import Desk, open_desk

AGREE = {"verdict": "approve", "reason": "the dossier is convincing"}


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    a_bundle(tmp_path / "bundle", seed=1)
    opened = open_desk(tmp_path / "var", bundle=tmp_path / "bundle")
    with opened.client:
        opened.add("eve", Role.DATA_SCIENTIST, Role.MODEL_OWNER)
        yield opened


def ask(desk: Desk, tmp_path: Path, seed: int) -> str:
    challenger, champion = send(desk, a_bundle(tmp_path / f"challenger-{seed}", seed=seed)), desk.get("/v1/models")
    dossier = plain(a_dossier(challenger, champion.json()["bundle"], checks=tuple(passed())))
    told = desk.post("/v1/models/promotions", {"dossier": dossier, "reason": "learned October"}, "eve").json()
    return str(told["promotion_id"])


@pytest.fixture
def asked(desk: Desk, tmp_path: Path) -> str:
    """One was agreed to and rolled back; another waits."""
    first = ask(desk, tmp_path, 2)
    assert desk.post(f"/v1/models/promotions/{first}/approvals", AGREE, "model-owner").is_success
    assert desk.post("/v1/models/rollbacks", {"reason": "complaints since noon"}, "scientist").is_success
    return ask(desk, tmp_path, 3)


def faults(desk: Desk) -> list[str]:
    with desk.service.database.read() as connection:
        return list(promotion_consistency.faults(connection))


def change(desk: Desk, statement: str) -> None:
    """By hand: nothing of ours is in the way, foreign keys neither."""
    with sqlite3.connect(file_of(desk.service.settings.database_url)) as by_hand:
        by_hand.execute(statement)
    by_hand.close()


def rewrite(desk: Desk, digest: str) -> None:
    with desk.service.database.write() as connection:
        other = {"content": zlib.compress(b"{}"), "digest": digest}
        connection.execute(text("UPDATE documents SET content = :content WHERE digest = :digest"), other)


def test_untouched_promotions_agree(desk: Desk, asked: str) -> None:
    assert faults(desk) == []


def test_what_a_store_of_before_tells_of_what_was_found_is_held_against_what_was_signed_then(
    desk: Desk, asked: str
) -> None:
    """It kept no leaf of what was found, and of a rollback no moment but the leaf's."""
    taken = "SELECT content FROM audit_leaves WHERE kind = 'bundle_found'"
    with desk.service.database.read() as connection:
        content = connection.execute(text(taken)).scalar_one()
    change(desk, f"DELETE FROM audit_leaves WHERE content = '{content}'")  # noqa: S608 - a digest of ours
    assert faults(desk) == []
    change(desk, "UPDATE bundles_in_force SET at = at - 1 WHERE came = 'found'")
    assert any("1 rows of what came in force" in fault for fault in faults(desk))


WAITS = "promotion_id NOT IN (SELECT promotion_id FROM promotion_decisions)"
"""Of a promotion that nobody has decided on."""
THIRD = f"SELECT challenger FROM promotions WHERE {WAITS}"  # noqa: S608 - ours
"""A bundle that never came in force."""


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE promotions SET reason = 'another'", "who asked, when, why"),
        ("UPDATE promotions SET requested_at = requested_at + 1", "who asked, when, why"),
        ("UPDATE promotions SET challenger = champion", "or for which bundles"),
        ("UPDATE promotions SET champion = challenger", "or for which bundles"),
        ("UPDATE promotions SET state = 'refused' WHERE WAITS", "who asked, when, why"),
        ("UPDATE promotion_decisions SET decided_by = 'reviewer-1'", "who decided, when, why"),
        ("UPDATE promotion_decisions SET reason = 'another'", "who decided, when, why"),
        ("UPDATE bundles_in_force SET reason = 'another' WHERE came = 'promotion'", "1 rows of what came in force"),
        ("UPDATE bundles_in_force SET bundle = (THIRD) WHERE came = 'promotion'", "1 rows of what came in force"),
        ("UPDATE bundles_in_force SET bundle = (THIRD) WHERE came = 'rollback'", "1 rows of what came in force"),
        (
            "UPDATE bundles_in_force SET bundle = (THIRD) WHERE came = 'rollback'",
            "row 3 of what came in force does not",
        ),
        ("UPDATE bundles_in_force SET reason = 'another' WHERE came = 'rollback'", "1 rows of what came in force"),
        ("UPDATE bundles_in_force SET principal = 'eve' WHERE came = 'rollback'", "1 rows of what came in force"),
        ("UPDATE bundles_in_force SET came = 'found', principal = 'eve' WHERE came = 'rollback'", "not every rollback"),
        ("UPDATE bundles_in_force SET principal = 'eve' WHERE came = 'found'", "1 rows of what came in force"),
        ("UPDATE bundles_in_force SET \"before\" = 2 WHERE came = 'rollback'", "row 3 of what came in force"),
        ("UPDATE bundles_in_force SET reason = 'by the board' WHERE came = 'found'", "1 rows of what came in force"),
        ("UPDATE bundles_in_force SET at = at - 1 WHERE came = 'found'", "1 rows of what came in force"),
        ("UPDATE bundles_in_force SET at = at - 1 WHERE came = 'promotion'", "1 rows of what came in force"),
        ("UPDATE bundles_in_force SET at = at - 1 WHERE came = 'rollback'", "1 rows of what came in force"),
        ("DELETE FROM bundles_in_force WHERE came = 'found'", "not every bundle that the service found"),
        ("UPDATE promotion_decisions SET requested_by = 'auditor'", "1 decisions on promotions name another who asked"),
        ("DELETE FROM promotion_decisions", "1 decisions on promotions"),
        ("DELETE FROM promotion_decisions", "what was agreed to is not what came in force"),
        ("DELETE FROM promotions WHERE WAITS", "1 promotions of which"),
    ],
)
def test_changed_ones_do_not(desk: Desk, asked: str, statement: str, said: str) -> None:
    change(desk, statement.replace("WAITS", WAITS).replace("THIRD", THIRD))
    assert any(said in fault for fault in faults(desk))


def test_whoever_lists_or_reads_promotions_is_told_which_was_altered(desk: Desk, asked: str) -> None:
    path = "/v1/models/promotions"
    assert not any("altered" in each for each in desk.get(path, "scientist").json()["items"])
    change(desk, f"UPDATE promotions SET reason = 'another' WHERE promotion_id = '{asked}'")  # noqa: S608 - ours
    altered = {each["promotion_id"]: each.get("altered", "") for each in desk.get(path, "scientist").json()["items"]}
    assert [each for each in altered if altered[each]] == [asked]
    assert "(who asked, when, why, or for which bundles)" in altered[asked]
    assert desk.get(f"{path}/{asked}", "scientist").json()["altered"] == altered[asked]


def test_who_asked_cannot_be_changed_to_agree_to_ones_own(desk: Desk, asked: str) -> None:
    change(
        desk,
        "UPDATE promotions SET requested_by = 'scientist' WHERE promotion_id NOT IN "
        "(SELECT promotion_id FROM promotion_decisions)",
    )
    answer = desk.post(f"/v1/models/promotions/{asked}/approvals", AGREE, "eve")
    assert answer.status_code == 409
    assert "not what the audit chain kept" in answer.json()["detail"]
    assert any(asked in fault for fault in faults(desk))
    assert desk.post(
        f"/v1/models/promotions/{asked}/approvals", {**AGREE, "verdict": "reject"}, "model-owner"
    ).is_success


def test_a_rejection_that_was_taken_out_cannot_be_agreed_to(desk: Desk, asked: str) -> None:
    path = f"/v1/models/promotions/{asked}/approvals"
    assert desk.post(path, {**AGREE, "verdict": "reject"}, "model-owner").is_success
    change(desk, f"DELETE FROM promotion_decisions WHERE promotion_id = '{asked}'")  # noqa: S608 - an id of ours
    answer = desk.post(path, AGREE, "model-owner")
    assert (answer.status_code, "a decision on it is gone" in answer.json()["detail"]) == (409, True)


def test_a_rollback_leads_nowhere_that_the_record_was_bent_to(desk: Desk, tmp_path: Path) -> None:
    first, second = ask(desk, tmp_path, 5), desk.get("/v1/models").json()["bundle"]
    assert desk.post(f"/v1/models/promotions/{first}/approvals", AGREE, "model-owner").is_success
    change(desk, "UPDATE bundles_in_force SET \"before\" = sequence WHERE came = 'promotion'")
    answer = desk.post("/v1/models/rollbacks", {"reason": "complaints since noon"}, "scientist")
    assert (answer.status_code, "The record was altered" in answer.json()["detail"]) == (409, True)
    assert desk.get("/v1/models").json()["bundle"] != second


def test_a_dossier_that_is_gone_is_told(desk: Desk, asked: str) -> None:
    with sqlite3.connect(file_of(desk.service.settings.database_url)) as by_hand:
        by_hand.execute("DELETE FROM documents WHERE digest IN (SELECT dossier FROM promotions)")
    by_hand.close()
    answer = desk.get(f"/v1/models/promotions/{asked}/dossier", "scientist")
    assert (answer.status_code, "is gone from the database" in answer.json()["detail"]) == (500, True)


def test_a_dossier_that_was_rewritten_is_not_agreed_to(desk: Desk, asked: str) -> None:
    digest = desk.get(f"/v1/models/promotions/{asked}", "scientist").json()["dossier"]
    rewrite(desk, digest)
    answer = desk.post(f"/v1/models/promotions/{asked}/approvals", AGREE, "model-owner")
    assert answer.status_code == 409
    assert "a document it rests on was altered" in answer.json()["detail"]


def test_a_leaf_whose_document_was_rewritten_is_told_and_ends_nothing(desk: Desk, asked: str) -> None:
    with desk.service.database.read() as connection:
        leaves = "SELECT content FROM audit_leaves WHERE kind IN ('promotion_decision', 'rollback')"
        contents = connection.execute(text(leaves)).scalars().all()
    for content in contents:
        rewrite(desk, content)
    told = faults(desk)
    assert any("a document it rests on was altered" in fault for fault in told)
    assert any("2 rows of what came in force" in fault for fault in told)


def test_a_rewritten_dossier_of_a_refused_promotion_hides_no_other(desk: Desk, tmp_path: Path) -> None:
    challenger, champion = send(desk, a_bundle(tmp_path / "bad", seed=4)), desk.get("/v1/models").json()["bundle"]
    dossier = plain(a_dossier(challenger, champion, checks=tuple(refused())))
    asked = desk.post("/v1/models/promotions", {"dossier": dossier, "reason": "learned May"}, "eve").json()
    assert asked["state"] == "refused"
    rewrite(desk, asked["dossier"])
    items = desk.get("/v1/models/promotions", "scientist").json()["items"]
    assert "was altered in the database" in items[0]["refusals"][0]
    answer = desk.get(f"/v1/models/promotions/{asked['promotion_id']}/dossier", "scientist")
    assert (answer.status_code, answer.json()["title"]) == (500, "A stored document was altered")
    assert any(asked["promotion_id"] in fault for fault in faults(desk))
