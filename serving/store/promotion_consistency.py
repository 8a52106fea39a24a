"""Whether promotions still say what the audit chain kept of them: who asked, on what grounds, who agreed, what came."""

from __future__ import annotations

import contextlib
import json
from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Select, func, select

from data.promotion import ComingInForce, Promotion
from data.record import digest_of
from models.bundle_signature import statement
from serving.errors import RecordAltered
from serving.store import coming, documents, promotions
from serving.store.instants import to_number
from serving.store.rows import ODD
from serving.store.tables import audit_leaves
from serving.store.tables import bundles_in_force as in_force
from serving.store.tables import promotion_decisions as decisions
from serving.store.tables import promotions as asked_for

ASKED = ("state", "challenger", "champion", "requested_by", "requested_at", "reason", "dossier")
"""What stands of a promotion once it is asked for, and never changes."""
DECISIONS = ("promotion_decision", "promotion_withdrawal")

LEAF_AT = "leaf_at"
"""Beside what a leaf kept: when it was written."""
A_MOMENT = 60_000
"""Milliseconds between what is done and its leaf in one transaction, at most."""

FINDER = "service"
"""Who records what lay in the folder when it began, or when a promotion replaced it."""

Told = dict[str, Any]


def faults(connection: Connection) -> Iterator[str]:
    """What is wrong, a sentence for each promotion and for each bundle that came in force; nothing where all agree."""
    for promotion in _readable(connection):
        why = fault_of(connection, promotion)
        if why:
            yield f"promotion {promotion.promotion_id} is not as the audit chain tells of it: {why}"
    if count := sum(1 for row in connection.execute(select(in_force)) if not _came_so(connection, row._asdict())):
        yield f"{count} rows of what came in force are not as the audit chain tells of them"
    yield from _gone(connection)
    if why := order_fault(connection):
        yield why


def _readable(connection: Connection) -> Iterator[Promotion]:
    """Without those whose rows cannot be read, which `serving.store.readable` tells of: one of them hides no other."""
    for promotion_id in connection.execute(select(asked_for.c.promotion_id)).scalars().all():
        with contextlib.suppress(RecordAltered):
            if found := promotions.get(connection, promotion_id):
                yield found


def record_fault(connection: Connection) -> str:
    """What shows at once of an altered record of what came in force, and what to do; empty where nothing does."""
    try:
        why = order_fault(connection) or (coming.lost_rollback(connection) and "the last rollback was taken out")
    except RecordAltered as altered:
        return altered.detail
    return f"The record of what came in force was altered ({why}): {RecordAltered.mend}." if why else ""


def order_fault(connection: Connection) -> str:
    """Why a rollback would not lead where it should: what came in force no longer follows upon what was before."""
    last, brought = None, dict[int, coming.Came]()
    for row in coming.in_order(connection):
        if not _follows(row, last, brought):
            return f"row {row.sequence} of what came in force does not follow upon the one before it"
        last = brought[row.sequence] = row
    return ""


def _follows(row: coming.Came, last: coming.Came | None, brought: dict[int, coming.Came]) -> bool:
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
    if count := connection.execute(_of_another()).scalar_one():
        yield f"{count} decisions on promotions name another who asked, or another state, than the promotion"
    agreed = select(decisions.c.promotion_id).where(decisions.c.verdict == "approve")
    brought = select(in_force.c.promotion_id).where(in_force.c.came == ComingInForce.PROMOTION.value)
    if {*connection.execute(agreed).scalars()} != {*connection.execute(brought).scalars()}:
        yield "what was agreed to is not what came in force"
    if Counter(_found_by_service(connection)) - Counter(connection.execute(_rows_found()).scalars()):
        yield "not every bundle that the service found, as the audit chain tells, stands among what came in force"


def _found_by_service(connection: Connection) -> Iterator[str]:
    for leaf in _leaves(connection, (coming.FOUND,), None, FINDER):
        yield leaf["bundle"]


def _rows_found() -> Select[str]:
    found = (in_force.c.came == ComingInForce.FOUND.value) & (in_force.c.principal == FINDER)
    return select(in_force.c.bundle).where(found)


def _of_another() -> Select[int]:
    """Decisions that repeat something else of their promotion than stands there."""
    mine = decisions.c.promotion_id == asked_for.c.promotion_id
    unlike = (decisions.c.requested_by != asked_for.c.requested_by) | (decisions.c.state != asked_for.c.state)
    return select(func.count()).select_from(decisions.join(asked_for, mine)).where(unlike)


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
    except (RecordAltered, *ODD):
        return "a document it rests on was altered or is missing"


def _came_so(connection: Connection, row: Told) -> bool:
    """Whether a leaf tells of what a person brought in force; what was found in the folder has none."""
    with contextlib.suppress(RecordAltered, *ODD):
        return _told(connection, row)
    return False


def _told(connection: Connection, row: Told) -> bool:
    """Whether a leaf tells of this bundle, by this person, for this reason, at this time."""
    if row["came"] == ComingInForce.FOUND:
        return _found_so(connection, row)
    if row["came"] == ComingInForce.PROMOTION:
        found = _leaves(connection, DECISIONS[:1], row["promotion_id"] or "", row["principal"])
        agreed = ("approve", row["reason"], row["at"])
        said = [(leaf["verdict"], leaf["reason"], _number(leaf["at"])) for leaf in found]
        asked = promotions.get(connection, row["promotion_id"] or "")
        return agreed in said and asked is not None and asked.challenger == row["bundle"]
    return any(_rolled_back_so(leaf, row) for leaf in _leaves(connection, ("rollback",), None, row["principal"]))


def _found_so(connection: Connection, row: Told) -> bool:
    """Stores of before have no leaf of what the service found itself, only one of what was signed at that moment."""
    kinds = (coming.FOUND,) if row["principal"] == FINDER else (coming.VOUCHED,)
    told = _leaves(connection, kinds, None, row["principal"])
    mine = [leaf for leaf in told if leaf["bundle"] == row["bundle"]]
    if mine or row["principal"] != FINDER:
        return any(leaf["reason"] == row["reason"] and leaf[LEAF_AT] == row["at"] for leaf in mine)
    return _found_before(connection, row)


def _found_before(connection: Connection, row: Told) -> bool:
    """What stood in the folder as a promotion replaced it was found at that moment, the first one as it was signed."""
    if row["reason"] == coming.REPLACED:
        after = select(in_force.c.at).where(in_force.c.before == row["sequence"])
        return row["at"] in connection.execute(after).scalars().all()
    leaf = (audit_leaves.c.kind == coming.SIGNED) & (
        audit_leaves.c.content == digest_of(statement(row["bundle"]).encode())
    )
    signed = connection.execute(select(audit_leaves.c.at).where(leaf)).scalar()
    return row["reason"] == coming.FIRST and signed in (row["at"], None)


def _rolled_back_so(leaf: Told, row: Told) -> bool:
    """Stores of before kept no moment beside the leaf's own, which is a moment later."""
    if (leaf["to"], leaf["reason"]) != (row["bundle"], row["reason"]):
        return False
    at = int(row["at"])
    return _number(leaf["at"]) == at if "at" in leaf else at <= leaf[LEAF_AT] <= at + A_MOMENT


def _number(instant: str) -> int:
    return to_number(datetime.fromisoformat(instant))


def _is_decided(connection: Connection, promotion_id: str) -> bool:
    leaf = select(audit_leaves.c.sequence).where(audit_leaves.c.kind.in_(DECISIONS))
    return connection.execute(leaf.where(audit_leaves.c.subject == promotion_id).limit(1)).first() is not None


def _leaves(connection: Connection, kinds: tuple[str, ...], subject: str | None, principal: str) -> list[Told]:
    """What the leaves of these kinds, by this principal, kept of a subject, or of any, and when each was written."""
    leaves = audit_leaves.c
    rows = select(leaves.content, leaves.at).where(leaves.kind.in_(kinds), leaves.principal == principal)
    if subject is not None:
        rows = rows.where(leaves.subject == subject)
    return [json.loads(documents.get(connection, row.content)) | {LEAF_AT: row.at} for row in connection.execute(rows)]
