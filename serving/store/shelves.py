"""What was answered about shelves asked about by themselves: a sample of each day's answers, kept for some days.

A retailer may ask about every shelf every night. Which of a day's answers are kept is decided by lot, not by when they
were asked: the last thousand of a night would be the shelves of the last few stores. The lot follows from the shelf,
the moment and the horizon asked about, so what then happened finds the answer without any name being kept.
"""

from __future__ import annotations

import contextlib
import json
import zlib
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from hashlib import sha256
from typing import Any

from sqlalchemy import Connection, Select, delete, func, select, update
from sqlalchemy.dialects.sqlite import insert

from data.explanation import Seen
from data.vocabulary import Task
from serving.errors import RecordAltered
from serving.store import shadows
from serving.store.instants import to_instant, to_number
from serving.store.rows import AnyRow, as_kept, as_written
from serving.store.tables import shelf_answers as table

MOST_A_DAY = 2_000
"""Answers kept of a day: twice what drift looks at where nobody says how many."""
DAYS_KEPT = 14
DAYS_COMPARED = 7
"""How many days before the latest answer drift looks back: what happened is told with the next day's question."""
AT_ONCE = 10_000
"""Lots named in one statement: SQLite takes 32,766."""
LEVEL = 1
"""Most of it is digits: a slower level saves little."""


@dataclass(frozen=True)
class ShelfAnswer:
    """One answer about one shelf: what the model saw and said, what the challenger said, whether it came true."""

    lot: int
    answered_at: datetime
    bundle: str | None
    """The bundle in force."""
    version: str | None
    """The model that answered; None where the rules did, or the model before."""
    probability: float
    features: Mapping[str, Seen]
    region: str | None
    stake: float | None
    """What hangs on it, in the policy's currency."""
    challenger: str | None = None
    challenger_probability: float | None = None
    happened: bool | None = None


def lot_of(sku: str, node: str, moment: str, horizon: str) -> int:
    """The lot of a question: 63 bits, alike for the same shelf, moment on its own clock and horizon."""
    drawn = sha256("\n".join((sku, node, moment, horizon)).encode()).digest()
    return int.from_bytes(drawn[:8]) >> 1


def keep(connection: Connection, answers: Sequence[ShelfAnswer], today: date) -> None:
    """Insert answers as far as their lots are among the day's lowest, and let go of those of long ago.

    The same question again replaces the answer; what happened stays.
    """
    bar = connection.execute(_bar(today)).scalar()
    rows = [_values(each, today) for each in answers if bar is None or each.lot <= bar]
    if rows:
        row = insert(table)
        anew = {name: row.excluded[name] for name in rows[0] if name not in ("lot", "happened")}
        connection.execute(row.on_conflict_do_update(index_elements=["lot"], set_=anew), rows)
    mine = table.c.answered_on == today.toordinal()
    connection.execute(delete(table).where(mine & (table.c.lot > _bar(today).scalar_subquery())))
    connection.execute(delete(table).where(table.c.answered_on <= today.toordinal() - DAYS_KEPT))


def tell(connection: Connection, happened: Mapping[int, bool]) -> list[ShelfAnswer]:
    """Set down what happened, by lot, for the answers that are kept; what is told last counts.

    Returns the answers of which it was not known, as they are now kept.
    """
    kept = dict(_kept(connection, list(happened)))
    changed = [lot for lot, known in kept.items() if known != happened[lot]]
    for truth in (True, False):
        mine = [lot for lot in changed if happened[lot] is truth]
        for lots in _blocks(mine):
            connection.execute(update(table).where(table.c.lot.in_(lots)).values(happened=int(truth)))
    return list(_of(connection, [lot for lot in changed if kept[lot] is None]))


def sample(connection: Connection, version: str, count: int) -> list[ShelfAnswer]:
    """At most so many answers of this model over the latest days, drawn by lot. Without altered rows."""
    latest = select(func.max(table.c.answered_on)).scalar_subquery()
    mine = (table.c.version == version) & (table.c.answered_on > latest - DAYS_COMPARED)
    return list(_readable(connection.execute(as_kept(table).where(mine).order_by(table.c.lot).limit(count))))


def beside(connection: Connection, champion: str, challenger: str) -> list[shadows.Seen]:
    """The answers of these two bundles, the latest days first, with what then happened. Without altered rows."""
    mine = (
        select(table.c.lot, table.c.answered_at, table.c.probability, table.c.challenger_probability, table.c.happened)
        .where((table.c.bundle == champion) & (table.c.challenger == challenger))
        .order_by(table.c.answered_on.desc(), table.c.lot)
        .limit(shadows.NEWEST)
    )
    found = []
    for row in connection.execute(mine):
        with contextlib.suppress(RecordAltered):
            found.append(_seen(row))
    return found


def _readable(rows: Iterable[AnyRow]) -> Iterator[ShelfAnswer]:
    for row in rows:
        with contextlib.suppress(RecordAltered):
            yield read(row)


def _bar(day: date) -> Select[int]:
    """The highest lot of a day that is kept; no row while there is room."""
    mine = select(table.c.lot).where(table.c.answered_on == day.toordinal())
    return mine.order_by(table.c.lot).offset(MOST_A_DAY - 1).limit(1)


def _kept(connection: Connection, lots: Sequence[int]) -> Iterable[tuple[int, bool | None]]:
    for block in _blocks(lots):
        for row in connection.execute(select(table.c.lot, table.c.happened).where(table.c.lot.in_(block))):
            yield row.lot, _truth(row.happened)


def _of(connection: Connection, lots: Sequence[int]) -> Iterable[ShelfAnswer]:
    for block in _blocks(sorted(lots)):
        yield from _readable(connection.execute(as_kept(table).where(table.c.lot.in_(block)).order_by(table.c.lot)))


def _blocks(lots: Sequence[int]) -> Iterable[Sequence[int]]:
    return (lots[start : start + AT_ONCE] for start in range(0, len(lots), AT_ONCE))


def _values(answer: ShelfAnswer, today: date) -> dict[str, Any]:
    return {
        **vars(answer),
        "answered_on": today.toordinal(),
        "answered_at": to_number(answer.answered_at),
        "features": zlib.compress(json.dumps(dict(answer.features)).encode(), LEVEL),
        "happened": None if answer.happened is None else int(answer.happened),
    }


def read(row: AnyRow) -> ShelfAnswer:
    """The answer of a row. Raises RecordAltered."""
    with as_written(table, row):
        told = dict(row._mapping)
        told.pop("answered_on")
        told["answered_at"] = to_instant(row.answered_at)
        told["features"] = dict(json.loads(zlib.decompress(row.features)))
        told["happened"] = _truth(row.happened)
        return ShelfAnswer(**told)


def _truth(happened: int | None) -> bool | None:
    return None if happened is None else bool(happened)


def _seen(row: AnyRow) -> shadows.Seen:
    with as_written(table, row):
        said = {"champion": {"yes": row.probability}, "challenger": {"yes": row.challenger_probability}}
        truth = {} if row.happened is None else {Task.STOCKOUT.value: bool(row.happened)}
        return shadows.Seen({Task.STOCKOUT.value: said}, truth, to_instant(row.answered_at))
