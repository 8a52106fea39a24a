"""The keys a fresh installation needs, each in a file that only its owner can read."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from pathlib import Path

from data.vocabulary import Role
from serving.identifiers import Clock
from serving.security import GRANTS, REVIEW_ROLES, Permission, Principal, key_digest, new_key
from serving.store.audit import OPERATOR, SERVICE
from serving.store.principals import Principals

DEFAULT_PRINCIPALS: dict[str, frozenset[Role]] = {
    "orchestrator": frozenset({Role.ORCHESTRATOR}),
    "reviewer-1": frozenset({Role.STORE_OPERATIONS, Role.RETURNS_DESK, Role.SUPPLY_PLANNING}),
    "reviewer-2": frozenset({Role.STORE_FINANCE, Role.PRICING_DESK}),
    "scientist": frozenset({Role.DATA_SCIENTIST}),
    "model-owner": frozenset({Role.MODEL_OWNER}),
    "auditor": frozenset({Role.AUDITOR}),
}
"""Who can work with a fresh installation: work and money are agreed to by different people."""

DOES = {
    Permission.SUBMIT: "posts exceptions",
    Permission.REPORT: "reports outcomes",
    Permission.ASK: "asks about shelves",
    Permission.READ: "reads cases",
    Permission.PROPOSE: "asks for promotions and withdraws them",
    Permission.APPROVE: "agrees to promotions",
    Permission.ROLL_BACK: "rolls back",
    Permission.VERIFY: "gets the files of bundles",
}
"""What each permission lets one do; `review` is told with the roles that agree, `decide` with asking and agreeing."""


NOBODYS = frozenset({OPERATOR, SERVICE})
"""Names under which the audit chain tells of what no principal did."""
KEY_LETTERS = 43
"""At least: 32 random bytes take so many."""
_KEY = re.compile(rf"[A-Za-z0-9_-]{{{KEY_LETTERS},200}}")
_NAME = re.compile(r"[a-z0-9][a-z0-9_.-]{0,63}")


def does(roles: frozenset[Role]) -> str:
    """What a principal with these roles may do, in words."""
    agrees = [role.value.replace("_", " ") for role in Role if role in roles & REVIEW_ROLES]
    granted = {permission for role in roles for permission in GRANTS[role]}
    told = [f"agrees for {', '.join(agrees)}"] if agrees else []
    return "; ".join((*told, *(words for permission, words in DOES.items() if permission in granted)))


def ensure_keys(folder: Path, principals: Principals, clock: Clock) -> dict[str, Path]:
    """Give every default principal a key file, keeping those there are; returns the files by name.

    A start does so by itself: the audit chain names the service, not whoever started it.
    """
    principals.keep_found(clock())
    files = {}
    for name, roles in DEFAULT_PRINCIPALS.items():
        known = principals.by_name(name)
        files[name] = ensure_key(folder, name, known.roles if known else roles, principals, clock, by=SERVICE)
    return files


def ensure_key(
    folder: Path,
    name: str,
    roles: frozenset[Role],
    principals: Principals,
    clock: Clock,
    replace: bool = False,
    by: str = OPERATOR,
) -> Path:
    """Give one principal these roles and a key file, keeping the key there is.

    Raises ValueError for an odd name, for other roles than it has unless they may be replaced, and for a file that
    holds no key; OSError where one cannot be written.
    """
    _refuse_odd(name)
    known = principals.by_name(name)
    if known is not None and known.roles != roles and not replace:
        has, gets = (", ".join(sorted(each)) or "no role" for each in (known.roles, roles))
        raise ValueError(f"{name} is there already and holds {has}: add --replace-roles to give it {gets} instead")
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    file = folder / name
    if not file.exists():
        write_private(file, new_key())
    key = read_key(file)
    found = principals.by_key(key)
    if replace or found is None or (found.name, found.roles) != (name, roles):
        principals.put(name, roles, key, clock(), by)
    return file


def roles_asked(name: str, words: Iterable[str], known: Principal | None, replace: bool) -> frozenset[Role]:
    """The roles that are named for a principal; those it has where none are named and none are to be replaced.

    Raises ValueError for a word that is no role, and where nobody says what it may do.
    """
    there, told = {role.value: role for role in Role}, tuple(words)
    if odd := [word for word in told if word not in there]:
        raise ValueError(f"{odd[0]!r} is no role; the roles are {', '.join(sorted(there))}")
    if told:
        return frozenset(there[word] for word in told)
    if known is None or replace:
        raise ValueError(f"say by --role what {name} may do, once for each of {', '.join(sorted(there))}")
    return known.roles


def _refuse_odd(name: str) -> None:
    if not _NAME.fullmatch(name):
        raise ValueError("a principal is named with lower-case letters, digits, '.', '_' and '-', 64 at most")
    if name in NOBODYS:
        raise ValueError(f"{name} stands in the audit chain for who is no principal: choose another name")


def key_found(folder: Path, principal: Principal) -> str:
    """Whether a principal's key lies in this folder: one may have been handed on, or made elsewhere."""
    try:
        same = key_digest(read_key(folder / principal.name)) == principal.key_digest
    except FileNotFoundError:
        return "not here"
    except ValueError:
        same = False
    return "here" if same else "not here: another lies in its file"


def read_key(file: Path) -> str:
    """The key in a file. Raises ValueError for what nobody's key is: a file that was cut, emptied or edited."""
    try:
        key = file.read_text(encoding="ascii").strip()
    except UnicodeDecodeError:
        key = ""
    if not _KEY.fullmatch(key):
        raise ValueError(f"{file} holds no key: {KEY_LETTERS} letters, digits, '-' and '_' are expected; delete it")
    return key


def write_private(file: Path, content: str) -> None:
    """Whole or not at all: a key that is cut short would be another key."""
    passing = file.with_name(f".{file.name}.{os.getpid()}")
    descriptor = os.open(passing, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        with os.fdopen(descriptor, "w", encoding="ascii") as stream:
            stream.write(content + "\n")
            stream.flush()
            os.fsync(stream.fileno())
        passing.replace(file)
    finally:
        passing.unlink(missing_ok=True)
