"""Who may do what: principals hold roles, roles grant permissions, every route declares the permission it needs."""

from __future__ import annotations

import hashlib
import secrets
from dataclasses import dataclass, field
from enum import StrEnum

from starlette.requests import Request

from data.vocabulary import Role
from serving.errors import NotPermitted, Unauthenticated

REVIEW_ROLES = frozenset(
    {Role.STORE_OPERATIONS, Role.STORE_FINANCE, Role.RETURNS_DESK, Role.SUPPLY_PLANNING, Role.PRICING_DESK}
)
"""The roles that may have to agree to a recommendation."""


class Permission(StrEnum):
    """What a route needs. `public` is said, never assumed."""

    PUBLIC = "public"
    SUBMIT = "submit"
    READ = "read"
    REVIEW = "review"
    REPORT = "report"
    ASK = "ask"
    PROPOSE = "propose"
    APPROVE = "approve"
    DECIDE = "decide"
    """On a promotion: to agree or not with `approve`, and to withdraw one's own request."""
    ROLL_BACK = "roll_back"
    VERIFY = "verify"
    """Read the files of bundles: whoever decides, or looks later, makes a dossier again from what the service holds."""


_REVIEWER = frozenset({Permission.READ, Permission.REVIEW, Permission.ASK})
GRANTS: dict[Role, frozenset[Permission]] = {
    Role.ORCHESTRATOR: frozenset({Permission.SUBMIT, Permission.READ, Permission.REPORT, Permission.ASK}),
    Role.DATA_SCIENTIST: frozenset(
        {
            Permission.READ,
            Permission.ASK,
            Permission.PROPOSE,
            Permission.DECIDE,
            Permission.ROLL_BACK,
            Permission.VERIFY,
        }
    ),
    Role.MODEL_OWNER: frozenset(
        {Permission.READ, Permission.APPROVE, Permission.DECIDE, Permission.ROLL_BACK, Permission.VERIFY}
    ),
    Role.AUDITOR: frozenset({Permission.READ, Permission.VERIFY}),
} | dict.fromkeys(REVIEW_ROLES, _REVIEWER)
"""What each role may do. `public` needs no role."""


@dataclass(frozen=True)
class Principal:
    """A person or a program with an identity, holding roles. A key belongs to a principal, never to a role."""

    name: str
    roles: frozenset[Role]
    key_digest: str = field(default="", repr=False, compare=False)
    """Of the key in force: a session opened with an earlier one ends when the key changes."""

    def may(self, permission: Permission) -> bool:
        """Whether one of the roles grants the permission."""
        return permission is Permission.PUBLIC or any(permission in GRANTS[role] for role in self.roles)


def new_key() -> str:
    """A key nobody can guess: 32 random bytes, URL-safe."""
    return secrets.token_urlsafe(32)


def key_digest(key: str) -> str:
    """What the store keeps of a key.

    A plain SHA-256 is enough: a slow, salted hash defends short, reused secrets against guessing, and 256 random bits
    cannot be guessed; a lookup by digest also leaks nothing through its timing.
    """
    return hashlib.sha256(key.encode()).hexdigest()


class Require:
    """A dependency that lets a principal with the permission pass, and names itself to whoever walks the routes."""

    def __init__(self, permission: Permission) -> None:
        self.permission = permission

    def __call__(self, request: Request) -> Principal | None:
        """The principal of the request's key; None on public routes. Raises Unauthenticated or NotPermitted."""
        if self.permission is Permission.PUBLIC:
            return None
        principal = authenticate(request)
        refuse_without(self.permission, principal)
        request.state.principal = principal.name
        return principal


def refuse_without(permission: Permission, principal: Principal) -> None:
    """Raise NotPermitted where none of the principal's roles grants the permission."""
    if not principal.may(permission):
        raise NotPermitted(
            f"The permission '{permission}' is needed; none of the principal's roles grants it. {_who_has(permission)}"
        )


def _who_has(permission: Permission) -> str:
    have = f"Principals with the role {_roles(permission)} have it"
    if permission is Permission.DECIDE:
        agree, own = _roles(Permission.APPROVE), _roles(Permission.DECIDE, Permission.APPROVE)
        have = f"Principals with the role {agree} agree or not; those with {own} may only withdraw their own request"
    return f"{have}: fairlead keys lists who does what."


def _roles(permission: Permission, but: Permission | None = None) -> str:
    """The roles that grant a permission, `but` those that grant another one too."""
    return " or ".join(role.value for role, has in GRANTS.items() if permission in has and but not in has)


def require(permission: Permission) -> Require:
    """The dependency every route declares: `Depends(require(Permission.READ))`."""
    return Require(permission)


def authenticate(request: Request) -> Principal:
    """The principal whose key the request carries. Raises Unauthenticated."""
    scheme, _, key = request.headers.get("authorization", "").partition(" ")
    principal = request.app.state.service.principals.admitted(key.strip()) if scheme.lower() == "bearer" else None
    if not isinstance(principal, Principal):
        raise Unauthenticated
    return principal
