"""Promotions that were asked for, and who decided on them."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from sqlalchemy import ColumnElement, Connection, Row, insert, select

from data.promotion import ComingInForce, Decided, Dossier, Promotion, PromotionState, RolledBack
from data.record import canonical
from serving.errors import RecordAltered
from serving.store import coming, documents
from serving.store.instants import to_instant, to_number
from serving.store.rows import as_written
from serving.store.tables import promotion_decisions as decisions
from serving.store.tables import promotions as table


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


def newest(connection: Connection, limit: int) -> tuple[list[Promotion], int]:
    """The newest promotions first, and how many of them cannot be read, because somebody altered their rows."""
    back, found, unreadable = _rolled_back(connection), list[Promotion](), 0
    for row in _rows(connection, table.c.promotion_id.is_not(None), limit):
        try:
            found.append(_promotion(connection, row, back.get(row.promotion_id)))
        except RecordAltered:
            unreadable += 1
    return found, unreadable


def as_asked(promotion: Promotion) -> Promotion:
    """The promotion as it was when its checks had been read and nobody had decided."""
    refused = promotion.state is PromotionState.REFUSED
    state = PromotionState.REFUSED if refused else PromotionState.PROPOSED
    return promotion.model_copy(update={"state": state, "decided": None, "rolled_back": None})


def champion_of_waiting(connection: Connection, challenger: str) -> str | None:
    """The champion that serves on where a promotion of this bundle waits, whatever else stands of that."""
    joined = select(table.c.champion).join_from(
        table, decisions, table.c.promotion_id == decisions.c.promotion_id, isouter=True
    )
    undecided = decisions.c.promotion_id.is_(None) & (table.c.state == PromotionState.PROPOSED.value)
    waiting = joined.where(undecided & (table.c.challenger == challenger)).order_by(table.c.requested_at.desc())
    found = connection.execute(waiting.limit(1)).scalar()
    return None if found is None else coming.named(found)


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
    return {*map(coming.named, connection.execute(joined.where(undecided & (table.c.champion == champion))).scalars())}


def challengers(connection: Connection) -> set[str]:
    """Every bundle whose promotion was ever asked for."""
    return {*map(coming.named, connection.execute(select(table.c.challenger).distinct()).scalars())}


def dossier_of(connection: Connection, promotion: Promotion) -> bytes:
    """The dossier's canonical bytes."""
    return documents.get(connection, promotion.dossier)


def _found(connection: Connection, condition: ColumnElement[bool], limit: int) -> list[Promotion]:
    back = _rolled_back(connection)
    rows = _rows(connection, condition, limit)
    return [_promotion(connection, row, back.get(row.promotion_id)) for row in rows]


def _rows(connection: Connection, condition: ColumnElement[bool], limit: int) -> Iterable[Row[Any]]:
    ordered = (
        select(
            table, decisions.c.verdict, decisions.c.decided_by, decisions.c.decided_at, decisions.c.reason.label("why")
        )
        .join_from(table, decisions, table.c.promotion_id == decisions.c.promotion_id, isouter=True)
        .where(condition)
        .order_by(table.c.requested_at.desc(), table.c.promotion_id.desc())
        .limit(limit)
    )
    return connection.execute(ordered)


def _rolled_back(connection: Connection) -> dict[str, RolledBack]:
    """Every promotion that was taken back, by its id: each rollback undoes what the row in force then had brought."""
    rows = coming.in_order(connection)
    brought = {row.sequence: row for row in rows}
    found: dict[str, RolledBack] = {}
    serving: coming.Came | None = None
    for row in rows:
        if row.came is not ComingInForce.ROLLBACK or serving is None:
            serving = row
            continue
        if serving.promotion_id:
            found[serving.promotion_id] = RolledBack(by=row.principal, at=row.at, reason=row.reason)
        serving = brought.get(serving.before) if serving.before else None
    return found


def read_asked(row: Row[Any]) -> Promotion:
    """A promotion as its row alone tells of it, whatever was decided. Raises RecordAltered."""
    with as_written(table, row):
        return _asked(row)


def read_decided(row: Row[Any]) -> Decided:
    """The decision of a row. Raises RecordAltered."""
    with as_written(decisions, row):
        return Decided(verdict=row.verdict, by=row.decided_by, at=to_instant(row.decided_at), reason=row.reason)


def _promotion(connection: Connection, row: Row[Any], rolled_back: RolledBack | None) -> Promotion:
    with as_written(table, row):
        return _read(connection, row, rolled_back)


def _read(connection: Connection, row: Row[Any], rolled_back: RolledBack | None) -> Promotion:
    decided, state = None, PromotionState(row.state)
    if row.verdict is not None:
        decided = Decided(verdict=row.verdict, by=row.decided_by, at=to_instant(row.decided_at), reason=row.why)
        state = _decided_state(row.verdict, withdrawn=row.decided_by == row.requested_by)
    refusals: tuple[str, ...] = ()
    if state is PromotionState.REFUSED:
        refusals = _kept_refusals(connection, row.dossier)
    since = {"state": state, "refusals": refusals, "decided": decided, "rolled_back": rolled_back}
    return _asked(row).model_copy(update=since)


def _asked(row: Row[Any]) -> Promotion:
    return Promotion(
        promotion_id=row.promotion_id,
        state=PromotionState(row.state),
        challenger=row.challenger,
        champion=row.champion,
        requested_by=row.requested_by,
        requested_at=to_instant(row.requested_at),
        reason=row.reason,
        dossier=row.dossier,
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
