"""How the service is, as a program and a person want to know it."""

from __future__ import annotations

from typing import Literal

from data.record import Count, Digest, Record
from data.vocabulary import ServedBy, Task


class Live(Record):
    """The process answers."""

    status: Literal["live"] = "live"


class Step(Record):
    """The highest step of one task's ladder that can serve, and why no higher one."""

    task: Task
    served_by: ServedBy
    version: Digest | None = None
    reason: str | None = None


class Ready(Record):
    """What is in force. `ready` is false where nothing can be recorded; missing models only lower the ladder."""

    ready: bool
    store: Literal["writable", "unavailable"]
    bundle: Digest | None = None
    policy: Digest
    policy_version: str
    ladder: tuple[Step, ...]
    altered: tuple[str, ...] = ()
    """Files of the bundle that are no longer as they were verified; the service keeps serving what it verified.

    `manifest` is among them where it was altered or deleted, or names another bundle than the one that serves.
    """
    warnings: tuple[str, ...] = ()
    audit_leaves: Count
