"""The principals of a fresh installation: separate duties that together cover every gate, and words that say so."""

from __future__ import annotations

from pathlib import Path

import pytest

from data.vocabulary import Role
from policies.policy import load_policy
from serving.keys import DEFAULT_PRINCIPALS, DOES, does, ensure_key, roles_asked
from serving.security import REVIEW_ROLES, Permission, Principal
from tests.fixtures.service import NOON, open_desk

REVIEWERS = [name for name in DEFAULT_PRINCIPALS if name.startswith("reviewer")]


def test_every_permission_is_told_in_words() -> None:
    assert DOES.keys() | {Permission.REVIEW, Permission.DECIDE} == {*Permission} - {Permission.PUBLIC}


def test_reviewers_share_no_role() -> None:
    first, second = (DEFAULT_PRINCIPALS[name] for name in REVIEWERS)
    assert first
    assert second
    assert not first & second


def test_every_role_a_gate_of_the_committed_policy_asks_for_is_somebody_s() -> None:
    asked = {
        Role(str(row.outputs["role"]))
        for table in load_policy().tables.values()
        for row in table.rows
        if row.outputs.get("role")
    }
    assert len(asked) > 2
    held: frozenset[Role] = frozenset().union(*(DEFAULT_PRINCIPALS[name] for name in REVIEWERS))
    assert asked | REVIEW_ROLES <= held


def test_only_reviewers_may_agree_and_only_the_orchestrator_may_ask() -> None:
    may = {name: Principal(name, roles).may for name, roles in DEFAULT_PRINCIPALS.items()}
    assert [name for name in may if may[name](Permission.REVIEW)] == REVIEWERS
    assert [name for name in may if may[name](Permission.SUBMIT)] == ["orchestrator"]


@pytest.mark.parametrize(
    ("roles", "said"),
    [
        ({Role.STORE_FINANCE, Role.PRICING_DESK}, "agrees for store finance, pricing desk; asks about shelves; reads"),
        ({Role.ORCHESTRATOR}, "posts exceptions; reports outcomes; asks about shelves; reads cases"),
        ({Role.AUDITOR}, "reads cases; gets the files of bundles"),
        (set(), ""),
    ],
)
def test_what_a_principal_may_do_is_said_in_words(roles: set[Role], said: str) -> None:
    assert does(frozenset(roles)).startswith(said)


@pytest.mark.parametrize("name", ["operator", "service"])
def test_nobody_is_named_as_the_audit_chain_names_who_is_no_principal(tmp_path: Path, name: str) -> None:
    principals = open_desk(tmp_path).service.principals
    with pytest.raises(ValueError, match="choose another name"):
        ensure_key(tmp_path / "keys", name, frozenset({Role.AUDITOR}), principals, lambda: NOON)
    assert not (tmp_path / "keys" / name).exists()


def test_roles_are_named_or_stay_as_they_are_and_nobody_ends_without_any() -> None:
    known = Principal("kim", frozenset({Role.AUDITOR}), "digest")
    assert roles_asked("kim", ["auditor", "model_owner"], None, False) == {Role.AUDITOR, Role.MODEL_OWNER}
    assert roles_asked("kim", [], known, False) == known.roles
    for there, replace in ((None, False), (known, True)):
        with pytest.raises(ValueError, match="say by --role what kim may do, once for each of auditor, data_scientist"):
            roles_asked("kim", [], there, replace)
    with pytest.raises(ValueError, match="'boss' is no role; the roles are auditor, data_scientist"):
        roles_asked("kim", ["boss"], None, False)
