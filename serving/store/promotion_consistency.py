"""Whether promotions still say what the audit chain kept of them: who asked, on what grounds, who agreed, what came."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, select

from data.promotion import ComingInForce, Promotion
from serving.store import documents, promotions
from serving.store.tables import audit_leaves
from serving.store.tables import bundles_in_force as in_force

ASKED = ("state", "challenger", "champion", "requested_by", "requested_at", "reason", "dossier")
"""What stands of a promotion once it is asked for, and never changes."""
DECISIONS = ("promotion_decision", "promotion_withdrawal")

Told = dict[str, Any]


def faults(connection: Connection) -> Iterator[str]:
    """What is wrong, a sentence for each promotion and for each bundle that came in force; nothing where all agree."""
    for promotion in promotions.every(connection):
        why = fault_of(connection, promotion)
        if why:
            yield f"promotion {promotion.promotion_id} is not as the audit chain tells of it: {why}"
    if count := sum(1 for row in connection.execute(select(in_force)) if not _came_so(connection, row._asdict())):
        yield f"{count} rows of what came in force are not as the audit chain tells of them"


def fault_of(connection: Connection, promotion: Promotion) -> str:
    """What of one promotion differs from what its leaves kept; empty where they agree."""
    try:
        asked = _leaves(connection, ("promotion",), promotion.promotion_id, promotion.requested_by)
        documents.get(connection, promotion.dossier)
        stands = promotions.as_asked(promotion).model_dump(mode="json", include={*ASKED})
        if not any({name: told.get(name) for name in ASKED} == stands for told in asked):
            return "who asked, when, why, or for which bundles"
        decided = promotion.decided
        if decided is None:
            return ""
        told = decided.model_dump(mode="json")
        kept = _leaves(connection, DECISIONS, promotion.promotion_id, decided.by)
        agree = any({name: each.get(name) for name in told} == told for each in kept)
        return "" if agree else "who decided, when, why, or how"
    except (documents.DocumentAltered, LookupError):
        return "a document it rests on was altered or is missing"


def _came_so(connection: Connection, row: Told) -> bool:
    """Whether a leaf tells of what a person brought in force; what was found in the folder has none."""
    with contextlib.suppress(documents.DocumentAltered, LookupError):
        return _told(connection, row)
    return False


def _told(connection: Connection, row: Told) -> bool:
    subject, principal = row["promotion_id"] or "", row["principal"]
    if row["came"] == ComingInForce.FOUND:
        return True
    if row["came"] == ComingInForce.PROMOTION:
        found = _leaves(connection, DECISIONS[:1], subject, principal)
        agreed = any(told.get("verdict") == "approve" and told.get("reason") == row["reason"] for told in found)
        asked = promotions.get(connection, subject)
        return agreed and asked is not None and asked.challenger == row["bundle"]
    wanted = {"to": row["bundle"], "reason": row["reason"]}
    told = _leaves(connection, ("rollback",), None, principal)
    return any({name: each.get(name) for name in wanted} == wanted for each in told)


def _leaves(connection: Connection, kinds: tuple[str, ...], subject: str | None, principal: str) -> list[Told]:
    """What the leaves of these kinds, by this principal, kept of a subject, or of any."""
    rows = select(audit_leaves.c.content).where(audit_leaves.c.kind.in_(kinds), audit_leaves.c.principal == principal)
    if subject is not None:
        rows = rows.where(audit_leaves.c.subject == subject)
    return [json.loads(documents.get(connection, content)) for content in connection.execute(rows).scalars()]
