"""Keys belong to principals, roles grant permissions, and nothing about a key can be read back."""

from __future__ import annotations

import stat

import pytest

from data.vocabulary import Role
from serving.keys import ensure_keys
from serving.security import GRANTS, REVIEW_ROLES, Permission, Principal, new_key
from tests.fixtures.service import Desk


def test_every_role_is_granted_something() -> None:
    assert set(GRANTS) == set(Role)


@pytest.mark.parametrize("role", sorted(REVIEW_ROLES))
def test_reviewers_cannot_post_and_the_orchestrator_cannot_review(role: Role) -> None:
    assert not Principal("r", frozenset({role})).may(Permission.SUBMIT)
    assert not Principal("o", frozenset({Role.ORCHESTRATOR})).may(Permission.REVIEW)


def test_a_principal_without_roles_may_only_what_is_public() -> None:
    nobody = Principal("nobody", frozenset())
    assert [each for each in Permission if nobody.may(each)] == [Permission.PUBLIC]


def test_keys_are_files_for_their_owner_alone(desk: Desk) -> None:
    folder = desk.service.settings.key_folder
    assert {file.name for file in folder.iterdir()} == {
        "orchestrator",
        "reviewer-1",
        "reviewer-2",
        "scientist",
        "model-owner",
        "auditor",
        "bundle-signing",
        "bundle-signing.pub",
    }
    assert all(stat.S_IMODE(file.stat().st_mode) == 0o600 for file in folder.iterdir())
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700


def test_keys_stay_when_the_service_starts_again(desk: Desk) -> None:
    files = ensure_keys(desk.service.settings.key_folder, desk.service.principals, desk.clock)
    assert {name: file.read_text().strip() for name, file in files.items()} == desk.keys


def test_the_store_never_holds_a_key(desk: Desk) -> None:
    database = desk.service.settings.folder
    kept = b"".join(file.read_bytes() for file in database.glob("fairlead.db*"))
    assert all(key.encode() not in kept for key in desk.keys.values())
    assert all(key not in repr(desk.service.principals.by_key(key)) for key in desk.keys.values())


def test_a_key_replaced_is_a_key_withdrawn(desk: Desk) -> None:
    old = desk.keys["scientist"]
    desk.service.principals.put("scientist", [Role.DATA_SCIENTIST], new_key(), desk.clock())
    assert desk.service.principals.by_key(old) is None
    named = desk.service.principals.by_name("scientist")
    assert named is not None
    assert named.roles == frozenset({Role.DATA_SCIENTIST})


@pytest.mark.parametrize(
    "header", ["", "Bearer", "Bearer ", "Bearer wrong", "Basic b3JjaGVzdHJhdG9yOg==", "bearer\u00e9", "Bearer \xff\xfe"]
)
def test_refuses_what_is_no_key(desk: Desk, header: str) -> None:
    response = desk.client.get("/v1/recommendations", headers={"Authorization": header.encode("latin-1")})
    assert response.status_code == 401
    assert response.headers["www-authenticate"] == "Bearer"
    assert response.headers["content-type"] == "application/problem+json"


@pytest.mark.parametrize(
    ("name", "method", "path", "status"),
    [
        ("scientist", "POST", "/v1/recommendations", 403),
        ("reviewer-1", "POST", "/v1/recommendations", 403),
        ("auditor", "GET", "/v1/recommendations", 200),
        ("orchestrator", "POST", "/v1/recommendations/0193582a-6f3a-7c41-9e02-6a1be4a7d001/reviews", 403),
        ("reviewer-1", "POST", "/v1/recommendations/0193582a-6f3a-7c41-9e02-6a1be4a7d001/outcomes", 403),
        ("auditor", "POST", "/v1/recommendations/0193582a-6f3a-7c41-9e02-6a1be4a7d001/reviews", 403),
    ],
)
def test_roles_decide_what_a_principal_may(desk: Desk, name: str, method: str, path: str, status: int) -> None:
    assert desk.client.request(method, path, headers=desk.as_(name)).status_code == status
