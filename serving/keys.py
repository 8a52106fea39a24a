"""The keys a fresh installation needs, each in a file that only its owner can read."""

from __future__ import annotations

import os
from pathlib import Path

from data.vocabulary import Role
from serving.identifiers import Clock
from serving.security import REVIEW_ROLES, new_key
from serving.store.principals import Principals

DEFAULT_PRINCIPALS: dict[str, frozenset[Role]] = {
    "orchestrator": frozenset({Role.ORCHESTRATOR}),
    "reviewer-1": REVIEW_ROLES,
    "reviewer-2": REVIEW_ROLES,
    "scientist": frozenset({Role.DATA_SCIENTIST}),
    "auditor": frozenset({Role.AUDITOR}),
}
"""Who can work with a fresh installation."""


def ensure_keys(folder: Path, principals: Principals, clock: Clock) -> dict[str, Path]:
    """Give every default principal a key file, keeping those there are; returns the files by name."""
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    return {name: _ensure(folder / name, name, roles, principals, clock) for name, roles in DEFAULT_PRINCIPALS.items()}


def _ensure(file: Path, name: str, roles: frozenset[Role], principals: Principals, clock: Clock) -> Path:
    if not file.exists():
        _write_private(file, new_key())
    key = file.read_text(encoding="ascii").strip()
    found = principals.by_key(key)
    if found is None or (found.name, found.roles) != (name, roles):
        principals.put(name, roles, key, clock())
    return file


def _write_private(file: Path, content: str) -> None:
    descriptor = os.open(file, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="ascii") as stream:
        stream.write(content + "\n")
