"""Which bundle came in force when, by whom and why, and where a rollback leads from there.

Whoever only must know which bundles these are reads no more of the rows: what else of them was altered by hand does not
keep the service from starting.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import Connection, Row, Select, func, insert, select

from data.promotion import ComingInForce
from serving.errors import RecordAltered
from serving.store import documents
from serving.store.instants import to_instant, to_number
from serving.store.rows import ODD, altered, as_written
from serving.store.tables import audit_leaves
from serving.store.tables import bundles_in_force as in_force

VOUCHED = "bundle_vouched"
"""The audit leaf of a person who had the bundle in force signed by hand, and why."""
SIGNED = "bundle_signed"
"""The audit leaf of a bundle that was signed: from then on it never answers without its signature."""
FOUND = "bundle_found"
"""The audit leaf of a bundle that no person put in force here, and that came in force as it lay in the folder."""
FIRST = "in the folder when this service signed its first bundle"
REPLACED = "in the folder when a promotion replaced it"
"""Why such a bundle is in the record."""

ROLLBACK = "rollback"
DECISION = "promotion_decision"
CHANGES = (ROLLBACK, DECISION, VOUCHED, FOUND)
"""The audit leaves of what changes which bundle is in force; a decision does where it agrees."""

NO_BUNDLE = "altered"
"""Stands for what is no name of a bundle."""


@dataclass(frozen=True)
class Came:
    """A bundle that came in force: how, by whom, why; `before` is the sequence of the row a rollback returns to."""

    sequence: int
    bundle: str
    came: ComingInForce
    before: int | None
    promotion_id: str | None
    principal: str
    at: datetime
    reason: str


def come(
    connection: Connection,
    bundle: str,
    came: ComingInForce,
    before: int | None,
    principal: str,
    at: datetime,
    reason: str,
    promotion_id: str | None = None,
) -> int:
    """Record that a bundle came in force; returns its place in the order."""
    last = connection.execute(select(func.max(in_force.c.sequence))).scalar() or 0
    connection.execute(
        insert(in_force).values(
            sequence=last + 1,
            bundle=bundle,
            came=came.value,
            before=before,
            promotion_id=promotion_id,
            principal=principal,
            at=to_number(at),
            reason=reason,
        )
    )
    return last + 1


def last(connection: Connection) -> Came | None:
    """The bundle that came in force last, as far as promotions know."""
    row = connection.execute(select(in_force).order_by(in_force.c.sequence.desc()).limit(1)).first()
    return read(row) if row else None


def in_order(connection: Connection) -> list[Came]:
    """Every bundle that came in force, the first one first."""
    return [read(row) for row in connection.execute(select(in_force).order_by(in_force.c.sequence))]


def all_in_force(connection: Connection) -> set[str]:
    """Every bundle that ever came in force."""
    return {*map(named, connection.execute(select(in_force.c.bundle).distinct()).scalars())}


def last_place(connection: Connection) -> tuple[int, str] | None:
    """The place in the order of what came in force last, and its bundle, whatever else its row holds."""
    row = connection.execute(_places().limit(1)).first()
    return (row.sequence, named(row.bundle)) if row else None


def lineage(connection: Connection) -> list[str]:
    """The bundle that came in force last, and those that rollbacks would lead to, one after the other.

    It ends where a row was altered so that it leads nowhere: what came before is then as if it had been rolled back.
    A rollback that the audit chain tells of last counts, also where its row was taken out.
    """
    rows = connection.execute(_places()).all()
    places = {row.sequence: row for row in rows}
    found, row = [], rows[0] if rows else None
    while row is not None:
        found.append(named(row.bundle))
        row = places.get(row.before) if _leads_back(row.sequence, row.before) else None
    back = _returned_to(connection)
    if back is None:
        return found
    return found[found.index(back) :] if back in found else [named(back)]


def lost_rollback(connection: Connection) -> bool:
    """Whether the row of the rollback that the audit chain tells of last was taken out."""
    place, back = last_place(connection), _returned_to(connection)
    return back is not None and (place is None or place[1] != back)


def _returned_to(connection: Connection) -> str | None:
    """Where the last change that the audit chain tells of led, if it was a rollback; None where it was another."""
    leaves = select(audit_leaves.c.kind, audit_leaves.c.content).where(audit_leaves.c.kind.in_(CHANGES))
    for leaf in connection.execute(leaves.order_by(audit_leaves.c.sequence.desc())):
        try:
            told = json.loads(documents.get(connection, leaf.content))
            if leaf.kind == ROLLBACK:
                return str(told["to"])
            if leaf.kind != DECISION or told["verdict"] == "approve":
                return None
        except (RecordAltered, *ODD):
            return None
    return None


def before(connection: Connection, came: Came) -> Came | None:
    """What a rollback returns to from here; None where it leads nowhere. Raises RecordAltered where that is gone."""
    if came.before is None:
        return None
    row = connection.execute(select(in_force).where(in_force.c.sequence == came.before)).first()
    if row is None or not _leads_back(came.sequence, came.before):
        raise altered(in_force, {"sequence": came.sequence})
    return read(row)


def _leads_back(sequence: int, before: object) -> bool:
    """Whether it is an earlier place: a row that leads to itself or on is a circle."""
    return isinstance(before, int) and before < sequence


def named(bundle: object) -> str:
    """The name of a bundle, or one that no bundle has: files are looked for under it."""
    return bundle if isinstance(bundle, str) and bundle.isprintable() and "/" not in bundle else NO_BUNDLE


def _places() -> Select[Any]:
    return select(in_force.c.sequence, in_force.c.bundle, in_force.c.before).order_by(in_force.c.sequence.desc())


def read(row: Row[Any]) -> Came:
    """What a row says came in force. Raises RecordAltered."""
    with as_written(in_force, row):
        values = dict(row._mapping)
        values["came"] = ComingInForce(row.came)
        values["at"] = to_instant(row.at)
        return Came(**values)
