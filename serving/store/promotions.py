"""Promotions that were asked for, who decided on them, and which bundle came in force when."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from sqlalchemy import ColumnElement, Connection, Row, func, insert, select

from data.promotion import ComingInForce, Decided, Dossier, Promotion, PromotionState, RolledBack
from data.record import canonical
from serving.store import documents
from serving.store.instants import to_instant, to_number
from serving.store.tables import bundles_in_force as in_force
from serving.store.tables import promotion_decisions as decisions
from serving.store.tables import promotions as table

VOUCHED = "bundle_vouched"
"""The audit leaf of a person who had the bundle in force signed by hand, and why."""


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


def add(connection: Connection, promotion: Promotion, dossier: Dossier) -> str:
    """Insert a promotion as its checks left it; returns the digest of the dossier."""
    content = documents.put(connection, canonical(dossier))
    connection.execute(
        insert(table).values(
            promotion_id=promotion.promotion_id,
            state=promotion.state.value,
            challenger=promotion.challenger,
            champion=promotion.champion,
            requested_by=promotion.requested_by,
            requested_at=to_number(promotion.requested_at),
            reason=promotion.reason,
            dossier=content,
        )
    )
    return content


def decide(connection: Connection, promotion: Promotion, decided: Decided) -> None:
    """Insert the decision. The database refuses a second one, and that whoever asked agrees."""
    connection.execute(
        insert(decisions).values(
            promotion_id=promotion.promotion_id,
            requested_by=promotion.requested_by,
            state=promotion.state.value,
            verdict=decided.verdict,
            decided_by=decided.by,
            decided_at=to_number(decided.at),
            reason=decided.reason,
        )
    )


def get(connection: Connection, promotion_id: str) -> Promotion | None:
    """The promotion of this id."""
    found = _found(connection, table.c.promotion_id == promotion_id, 1)
    return found[0] if found else None


def newest(connection: Connection, limit: int) -> list[Promotion]:
    """The newest promotions first."""
    return _found(connection, table.c.promotion_id.is_not(None), limit)


def every(connection: Connection) -> list[Promotion]:
    """All promotions, the newest first."""
    return _found(connection, table.c.promotion_id.is_not(None), None)


def as_asked(promotion: Promotion) -> Promotion:
    """The promotion as it was when its checks had been read and nobody had decided."""
    refused = promotion.state is PromotionState.REFUSED
    state = PromotionState.REFUSED if refused else PromotionState.PROPOSED
    return promotion.model_copy(update={"state": state, "decided": None, "rolled_back": None})


def waiting_for(connection: Connection, challenger: str) -> Promotion | None:
    """The promotion of this bundle that nobody has decided on."""
    found = _found(connection, table.c.challenger == challenger, 100)
    return next((each for each in found if each.state is PromotionState.PROPOSED), None)


def open_against(connection: Connection, champion: str) -> set[str]:
    """The challengers of promotions that somebody can still agree to: undecided, compared with this champion."""
    undecided = decisions.c.verdict.is_(None) & (table.c.state == PromotionState.PROPOSED.value)
    joined = select(table.c.challenger).join_from(
        table, decisions, table.c.promotion_id == decisions.c.promotion_id, isouter=True
    )
    return set(connection.execute(joined.where(undecided & (table.c.champion == champion))).scalars())


def challengers(connection: Connection) -> set[str]:
    """Every bundle whose promotion was ever asked for."""
    return set(connection.execute(select(table.c.challenger).distinct()).scalars())


def dossier_of(connection: Connection, promotion: Promotion) -> bytes:
    """The dossier's canonical bytes."""
    return documents.get(connection, promotion.dossier)


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
    return _came(row) if row else None


def in_order(connection: Connection) -> list[Came]:
    """Every bundle that came in force, the first one first."""
    return [_came(row) for row in connection.execute(select(in_force).order_by(in_force.c.sequence))]


def all_in_force(connection: Connection) -> set[str]:
    """Every bundle that ever came in force."""
    return set(connection.execute(select(in_force.c.bundle).distinct()).scalars())


def lineage(connection: Connection) -> list[str]:
    """The bundle that came in force last, and those that rollbacks would lead to, one after the other."""
    found, row = [], last(connection)
    while row is not None:
        found.append(row.bundle)
        row = at(connection, row.before) if row.before else None
    return found


def at(connection: Connection, sequence: int) -> Came:
    """The row of this place."""
    return _came(connection.execute(select(in_force).where(in_force.c.sequence == sequence)).one())


def _found(connection: Connection, condition: ColumnElement[bool], limit: int | None) -> list[Promotion]:
    ordered = (
        select(
            table, decisions.c.verdict, decisions.c.decided_by, decisions.c.decided_at, decisions.c.reason.label("why")
        )
        .join_from(table, decisions, table.c.promotion_id == decisions.c.promotion_id, isouter=True)
        .where(condition)
        .order_by(table.c.requested_at.desc(), table.c.promotion_id.desc())
        .limit(limit)
    )
    back = _rolled_back(connection)
    return [_promotion(connection, row, back.get(row.promotion_id)) for row in connection.execute(ordered)]


def _rolled_back(connection: Connection) -> dict[str, RolledBack]:
    """Every promotion that was taken back, by its id: each rollback undoes what the row in force then had brought."""
    rows = in_order(connection)
    brought = {row.sequence: row for row in rows}
    found: dict[str, RolledBack] = {}
    serving: Came | None = None
    for row in rows:
        if row.came is not ComingInForce.ROLLBACK or serving is None:
            serving = row
            continue
        if serving.promotion_id:
            found[serving.promotion_id] = RolledBack(by=row.principal, at=row.at, reason=row.reason)
        serving = brought[serving.before] if serving.before else None
    return found


def _promotion(connection: Connection, row: Row[tuple[object, ...]], rolled_back: RolledBack | None) -> Promotion:
    decided, state = None, PromotionState(row.state)
    if row.verdict is not None:
        decided = Decided(verdict=row.verdict, by=row.decided_by, at=to_instant(row.decided_at), reason=row.why)
        state = _decided_state(row.verdict, withdrawn=row.decided_by == row.requested_by)
    refusals: tuple[str, ...] = ()
    if state is PromotionState.REFUSED:
        refusals = _kept_refusals(connection, row.dossier)
    return Promotion(
        promotion_id=row.promotion_id,
        state=state,
        challenger=row.challenger,
        champion=row.champion,
        requested_by=row.requested_by,
        requested_at=to_instant(row.requested_at),
        reason=row.reason,
        dossier=row.dossier,
        refusals=refusals,
        decided=decided,
        rolled_back=rolled_back,
    )


def _decided_state(verdict: str, *, withdrawn: bool) -> PromotionState:
    if verdict == "approve":
        return PromotionState.APPROVED
    return PromotionState.WITHDRAWN if withdrawn else PromotionState.REJECTED


def _kept_refusals(connection: Connection, dossier: str) -> tuple[str, ...]:
    """Why it was refused; a dossier that somebody rewrote must not hide the other promotions of a list."""
    try:
        return refusals_of(Dossier.model_validate_json(documents.get(connection, dossier)))
    except documents.DocumentAltered as altered:
        return (f"What its checks said cannot be read. {altered.detail}",)


def refusals_of(dossier: Dossier) -> tuple[str, ...]:
    """What the checks refused, as sentences."""
    return tuple(f"{check.task or 'bundle'}: {check.says}"[:2_000] for check in dossier.refusals)


def _came(row: Row[tuple[object, ...]]) -> Came:
    values = dict(row._mapping)
    values["came"] = ComingInForce(row.came)
    values["at"] = to_instant(row.at)
    return Came(**values)
