"""Whether promotions still say what the audit chain kept of them: who asked, on what grounds, who agreed, what came."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator
from typing import Any

from sqlalchemy import Connection, func, select

from data.promotion import ComingInForce, Promotion
from serving.store import documents, promotions
from serving.store.tables import audit_leaves
from serving.store.tables import bundles_in_force as in_force
from serving.store.tables import promotion_decisions as decisions
from serving.store.tables import promotions as asked_for

ASKED = ("state", "challenger", "champion", "requested_by", "requested_at", "reason", "dossier")
"""What stands of a promotion once it is asked for, and never changes."""
DECISIONS = ("promotion_decision", "promotion_withdrawal")

FINDER = "service"
"""Who records what lay in the folder when it began, or when a promotion replaced it."""

Told = dict[str, Any]


def faults(connection: Connection) -> Iterator[str]:
    """What is wrong, a sentence for each promotion and for each bundle that came in force; nothing where all agree."""
    for promotion in promotions.every(connection):
        why = fault_of(connection, promotion)
        if why:
            yield f"promotion {promotion.promotion_id} is not as the audit chain tells of it: {why}"
    if count := sum(1 for row in connection.execute(select(in_force)) if not _came_so(connection, row._asdict())):
        yield f"{count} rows of what came in force are not as the audit chain tells of them"
    if why := order_fault(connection):
        yield why
    yield from _gone(connection)


def order_fault(connection: Connection) -> str:
    """Why a rollback would not lead where it should: what came in force no longer follows upon what was before."""
    last, brought = None, dict[int, promotions.Came]()
    for row in promotions.in_order(connection):
        if not _follows(row, last, brought):
            return f"row {row.sequence} of what came in force does not follow upon the one before it"
        last = brought[row.sequence] = row
    return ""


def _follows(row: promotions.Came, last: promotions.Came | None, brought: dict[int, promotions.Came]) -> bool:
    """A rollback leads to what was before the last, and on from there; all else comes after the last."""
    if row.came is not ComingInForce.ROLLBACK:
        return row.before == (last.sequence if last else None)
    back = brought.get(last.before) if last and last.before else None
    return back is not None and (row.bundle, row.before) == (back.bundle, back.before)


def _gone(connection: Connection) -> Iterator[str]:
    """What leaves tell of and the tables do not hold any more."""
    kept_in = (("promotions", ("promotion",), asked_for), ("decisions on promotions", DECISIONS, decisions))
    for what, kinds, table in kept_in:
        leaves = select(func.count()).select_from(audit_leaves).where(audit_leaves.c.kind.in_(kinds))
        gone = leaves.where(audit_leaves.c.subject.not_in(select(table.c.promotion_id)))
        if count := connection.execute(gone).scalar_one():
            yield f"{count} {what} of which the audit chain tells are gone"
    told = select(func.count()).select_from(audit_leaves).where(audit_leaves.c.kind == "rollback")
    kept = select(func.count()).select_from(in_force).where(in_force.c.came == ComingInForce.ROLLBACK.value)
    if connection.execute(told).scalar_one() != connection.execute(kept).scalar_one():
        yield "not every rollback of which the audit chain tells stands among what came in force"
    agreed = select(decisions.c.promotion_id).where(decisions.c.verdict == "approve")
    brought = select(in_force.c.promotion_id).where(in_force.c.came == ComingInForce.PROMOTION.value)
    if {*connection.execute(agreed).scalars()} != {*connection.execute(brought).scalars()}:
        yield "what was agreed to is not what came in force"


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
            return "a decision on it is gone" if _is_decided(connection, promotion.promotion_id) else ""
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
        vouched = {"bundle": row["bundle"], "reason": row["reason"]}
        return principal == FINDER or vouched in _leaves(connection, (promotions.VOUCHED,), None, principal)
    if row["came"] == ComingInForce.PROMOTION:
        found = _leaves(connection, DECISIONS[:1], subject, principal)
        agreed = any(told.get("verdict") == "approve" and told.get("reason") == row["reason"] for told in found)
        asked = promotions.get(connection, subject)
        return agreed and asked is not None and asked.challenger == row["bundle"]
    wanted = {"to": row["bundle"], "reason": row["reason"]}
    told = _leaves(connection, ("rollback",), None, principal)
    return any({name: each.get(name) for name in wanted} == wanted for each in told)


def _is_decided(connection: Connection, promotion_id: str) -> bool:
    leaf = select(audit_leaves.c.sequence).where(audit_leaves.c.kind.in_(DECISIONS))
    return connection.execute(leaf.where(audit_leaves.c.subject == promotion_id).limit(1)).first() is not None


def _leaves(connection: Connection, kinds: tuple[str, ...], subject: str | None, principal: str) -> list[Told]:
    """What the leaves of these kinds, by this principal, kept of a subject, or of any."""
    rows = select(audit_leaves.c.content).where(audit_leaves.c.kind.in_(kinds), audit_leaves.c.principal == principal)
    if subject is not None:
        rows = rows.where(audit_leaves.c.subject == subject)
    return [json.loads(documents.get(connection, content)) for content in connection.execute(rows).scalars()]
