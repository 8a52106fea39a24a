"""Who may do what leaves a trace: a leaf for each principal, and rows that somebody changed by hand are found."""

from __future__ import annotations

import json
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import delete, select, text, update

from data.vocabulary import Role
from serving.keys import DEFAULT_PRINCIPALS, ensure_key, ensure_keys, write_private
from serving.security import key_digest, new_key
from serving.store import audit, documents, principal_consistency, principal_leaves
from serving.store.tables import audit_leaves
from serving.store.tables import documents as table
from tests.fixtures.service import NOON, Desk, open_desk
from tests.serving.console.test_pages import sign_in


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path / "var")
    with opened.client:
        opened.add("eve", Role.DATA_SCIENTIST)
        yield opened


def faults(desk: Desk) -> list[str]:
    with desk.service.database.read() as connection:
        return [*audit.faults(connection), *principal_consistency.faults(connection)]


def leaves(desk: Desk) -> list[tuple[str, dict[str, Any]]]:
    """Who did it and what, of every leaf about a principal."""
    chosen = select(audit_leaves).where(audit_leaves.c.kind == principal_leaves.KIND).order_by(audit_leaves.c.sequence)
    with desk.service.database.read() as connection:
        rows = connection.execute(chosen).all()
        return [(row.principal, json.loads(documents.get(connection, row.content))) for row in rows]


def change(desk: Desk, statement: str) -> None:
    with desk.service.database.write() as connection:
        connection.execute(text("PRAGMA defer_foreign_keys = ON"))
        connection.execute(text(statement))


def of_before(desk: Desk) -> None:
    """A store whose principals were added before the chain told of them."""
    with desk.service.database.write() as connection:
        connection.execute(delete(audit_leaves))


def test_adding_a_principal_is_a_leaf_without_its_key(desk: Desk) -> None:
    who, told = leaves(desk)[-1]
    assert who == "operator"
    key = f"sha256:{key_digest(desk.keys['eve'])}"
    assert told == {"name": "eve", "roles": ["data_scientist"], "roles_before": None, "key": key, "found": False}
    assert not [key for key in desk.keys.values() if key in json.dumps(leaves(desk))]
    assert {told["name"] for _, told in leaves(desk)} == {*DEFAULT_PRINCIPALS, "eve"}


def test_what_a_start_does_by_itself_is_the_service_s(desk: Desk) -> None:
    assert [who for who, told in leaves(desk) if told["name"] == "auditor"] == ["service"]
    change(desk, "UPDATE principals SET key_digest = 'exchanged' WHERE name = 'auditor'")
    ensure_keys(desk.service.settings.key_folder, desk.service.principals, desk.clock)
    assert [who for who, told in leaves(desk) if told["name"] == "auditor"] == ["service", "service"]
    assert faults(desk) == []


def test_other_roles_and_another_key_are_leaves_and_the_same_again_is_none(desk: Desk) -> None:
    principals, before = desk.service.principals, len(leaves(desk))
    principals.put("eve", [Role.MODEL_OWNER], desk.keys["eve"], NOON + timedelta(days=1))
    principals.put("eve", [Role.MODEL_OWNER], new_key(), NOON + timedelta(days=2))
    key = principals.key_digest_of("eve")
    roles, other_key = (told for _, told in leaves(desk)[before:])
    assert (roles["roles_before"], roles["roles"]) == (["data_scientist"], ["model_owner"])
    assert (other_key["roles_before"], other_key["roles"]) == (["model_owner"], ["model_owner"])
    assert roles["key"] != other_key["key"] == f"sha256:{key}"
    ensure_keys(desk.service.settings.key_folder, principals, desk.clock)
    assert len(leaves(desk)) == before + 2
    assert principals.roles_since()["eve"] == NOON + timedelta(days=1)
    assert faults(desk) == []


def test_roles_that_were_given_before_and_are_given_again_are_a_leaf(desk: Desk) -> None:
    principals, key = desk.service.principals, desk.keys["eve"]
    for day, role in enumerate((Role.MODEL_OWNER, Role.DATA_SCIENTIST), start=1):
        before = len(leaves(desk))
        for _ in range(2):
            principals.put("eve", [role], key, NOON + timedelta(days=day))
        assert len(leaves(desk)) == before + 1, "the chain tells it last"
    change(desk, "UPDATE principal_roles SET role = 'auditor' WHERE principal = 'eve'")
    principals.put("eve", [Role.DATA_SCIENTIST], key, NOON + timedelta(days=4))
    assert principals.roles_since()["eve"] == NOON + timedelta(days=4)
    assert faults(desk) == []


def test_a_start_keeps_the_roles_that_somebody_gave(desk: Desk) -> None:
    desk.service.principals.put("scientist", [Role.MODEL_OWNER], desk.keys["scientist"], NOON)
    ensure_keys(desk.service.settings.key_folder, desk.service.principals, desk.clock)
    kept = desk.service.principals.by_name("scientist")
    assert kept is not None
    assert kept.roles == {Role.MODEL_OWNER}


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        (
            "INSERT INTO principal_roles VALUES ('eve', 'model_owner')",
            "eve is not as the audit chain tells of it: it has data_scientist, model_owner in place of data_scientist",
        ),
        ("UPDATE principal_roles SET role = 'model_owner' WHERE principal = 'eve'", "it has model_owner in place of"),
        ("DELETE FROM principal_roles WHERE principal = 'eve'", "it has no role in place of data_scientist"),
        ("UPDATE principals SET key_digest = 'other' WHERE name = 'eve'", "eve is not as the audit chain"),
        ("INSERT INTO principals VALUES ('mallory', 'other', 0)", "mallory is not as the audit chain"),
    ],
)
def test_a_principal_that_was_changed_by_hand_is_found(desk: Desk, statement: str, said: str) -> None:
    assert faults(desk) == []
    change(desk, statement)
    assert any(said in each for each in faults(desk))


def test_one_that_was_taken_out_is_missed(desk: Desk) -> None:
    change(desk, "DELETE FROM principal_roles WHERE principal = 'eve'")
    change(desk, "DELETE FROM principals WHERE name = 'eve'")
    assert faults(desk) == ["principal eve is not as the audit chain tells of it: it is gone"]


def test_a_store_of_before_is_not_called_altered_and_is_told_of_from_its_next_start_on(desk: Desk) -> None:
    of_before(desk)
    assert faults(desk) == []
    ensure_keys(desk.service.settings.key_folder, desk.service.principals, desk.clock)
    assert faults(desk) == []
    assert {(who, told["name"], told["found"]) for who, told in leaves(desk)} == {
        ("service", name, True) for name in (*DEFAULT_PRINCIPALS, "eve")
    }
    assert desk.service.principals.roles_since() == {}
    change(desk, "INSERT INTO principal_roles VALUES ('eve', 'model_owner')")
    assert len(faults(desk)) == 1


def test_whoever_is_added_first_to_a_store_of_before_lets_the_others_be_told_of_too(desk: Desk) -> None:
    of_before(desk)
    desk.add("finance-anna", Role.STORE_FINANCE)
    assert faults(desk) == []
    assert [who for who, told in leaves(desk) if told["name"] == "finance-anna"] == ["operator"]


def test_a_leaf_whose_words_were_rewritten_is_said(desk: Desk) -> None:
    of_eve = select(audit_leaves.c.content).order_by(audit_leaves.c.sequence.desc()).limit(1)
    with desk.service.database.write() as connection:
        rewritten = update(table).where(table.c.digest == of_eve.scalar_subquery())
        connection.execute(rewritten.values(content=b"other"))
    assert faults(desk) == ["what the audit chain tells of a principal was altered or is gone"]


def test_one_whom_an_earlier_fairlead_added_is_vouched_for_by_giving_the_roles_again(
    desk: Desk, tmp_path: Path
) -> None:
    key = new_key()
    change(
        desk,
        "INSERT INTO principals (name, key_digest, created_at) "  # noqa: S608 - a digest of ours
        f"VALUES ('kim', '{key_digest(key)}', 1795000000000)",
    )
    change(desk, "INSERT INTO principal_roles (principal, role) VALUES ('kim', 'auditor')")
    (told,) = faults(desk)
    assert "kim" in told
    assert "fairlead keys --add kim --replace-roles --role ROLE" in told
    write_private(tmp_path / "kim", key)
    ensure_key(tmp_path, "kim", frozenset({Role.AUDITOR}), desk.service.principals, desk.service.clock, replace=True)
    assert faults(desk) == []


def test_what_the_chain_tells_already_it_is_not_told_again(desk: Desk) -> None:
    before = leaves(desk)
    desk.add("eve", Role.DATA_SCIENTIST)
    assert leaves(desk) == before


def refused(desk: Desk, name: str) -> tuple[int, str]:
    answer = desk.get("/v1/models", name)
    return answer.status_code, str(answer.json().get("type", "")).rpartition(":")[2]


BY_HAND = {
    "a role more": "INSERT INTO principal_roles VALUES ('eve', 'model_owner')",
    "another role": "UPDATE principal_roles SET role = 'model_owner' WHERE principal = 'eve'",
    "a role fewer": "DELETE FROM principal_roles WHERE principal = 'eve'",
}


@pytest.mark.parametrize("statement", BY_HAND.values(), ids=BY_HAND)
def test_nobody_works_by_a_role_that_was_given_by_hand_not_even_for_a_moment(desk: Desk, statement: str) -> None:
    assert refused(desk, "eve") == (200, "")
    change(desk, statement)
    assert refused(desk, "eve") == (500, "record-altered")
    assert refused(desk, "auditor") == (200, ""), "the others go on"


def test_nobody_works_by_a_key_that_was_put_in_by_hand(desk: Desk) -> None:
    change(desk, f"UPDATE principals SET key_digest = '{key_digest('mine')}' WHERE name = 'model-owner'")  # noqa: S608
    desk.keys["mallory"] = "mine"
    assert refused(desk, "mallory") == (500, "record-altered")


def test_nobody_works_under_a_name_that_was_added_by_hand(desk: Desk) -> None:
    row = f"('mallory', '{key_digest('mine')}', 1795000000000)"
    change(desk, f"INSERT INTO principals (name, key_digest, created_at) VALUES {row}")  # noqa: S608
    change(desk, "INSERT INTO principal_roles VALUES ('mallory', 'model_owner')")
    desk.keys["mallory"] = "mine"
    assert refused(desk, "mallory") == (500, "record-altered")


def test_a_role_that_was_given_by_hand_opens_no_page_of_the_desk_and_ends_what_a_session_may(desk: Desk) -> None:
    assert sign_in(desk, "eve").status_code == 303
    assert desk.client.get("/console").status_code == 200
    change(desk, BY_HAND["a role more"])
    assert "other than the audit chain tells" in desk.client.get("/console").text
    desk.client.cookies.clear()
    assert "other than the audit chain tells" in sign_in(desk, "eve").text


def test_where_a_leaf_was_rewritten_nobody_is_admitted_by_an_older_one(desk: Desk) -> None:
    of_eve = select(audit_leaves.c.content).order_by(audit_leaves.c.sequence.desc()).limit(1)
    with desk.service.database.write() as connection:
        connection.execute(update(table).where(table.c.digest == of_eve.scalar_subquery()).values(content=b"other"))
    assert refused(desk, "eve") == (500, "document-altered")
    assert refused(desk, "eve") == (500, "document-altered"), "each time"


def test_whoever_gets_roles_while_the_service_runs_works_by_them_at_once(desk: Desk) -> None:
    assert refused(desk, "eve") == (200, "")
    desk.add("finance-anna", Role.STORE_FINANCE, Role.AUDITOR)
    assert refused(desk, "finance-anna") == (200, "")
    change(desk, BY_HAND["another role"])
    ensure_key(
        desk.service.settings.key_folder,
        "eve",
        frozenset({Role.DATA_SCIENTIST}),
        desk.service.principals,
        desk.clock,
        replace=True,
    )
    desk.keys["eve"] = (desk.service.settings.key_folder / "eve").read_text().strip()
    assert refused(desk, "eve") == (200, ""), "it is mended as the doctor says"


def test_in_a_store_of_before_everybody_works_until_its_next_start(desk: Desk) -> None:
    of_before(desk)
    change(desk, BY_HAND["a role more"])
    assert refused(desk, "eve") == (200, "")
