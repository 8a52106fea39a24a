"""What sets missed, at five error rates where it was one: as many as answers of one power of the rate would have"""

from __future__ import annotations

import json
import math
from itertools import accumulate
from typing import Any

import sqlalchemy as sa
from alembic import op

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None

FORMER, RATES = 0.1, (0.05, 0.1, 0.15, 0.2, 0.3)
PRIOR = 50.0
LEAST, MOST = 0.25, 4.0


ODD = (TypeError, ValueError, LookupError, ArithmeticError, AttributeError, RecursionError)
"""What reading an altered row can end in."""


def upgrade() -> None:
    table = sa.table("track_records", *map(sa.column, ("task", "version", "region", "state")))
    key = (table.c.task, table.c.version, table.c.region)
    connection = op.get_bind()
    # As bytes: text that is no UTF-8 cannot be read as text.
    for *named, state in connection.execute(sa.select(*key, sa.cast(table.c.state, sa.LargeBinary))).all():
        anew = _anew(state)
        if anew is not None:
            mine = sa.and_(*(column == value for column, value in zip(key, named, strict=True)))
            connection.execute(table.update().where(mine).values(state=anew))


def _anew(state: bytes) -> str | None:
    """The state with counts at each rate; None of one that was altered, which stays as it was found."""
    try:
        values = json.loads(state)
        for sums in (values, *values.get("waiting", {}).values()):
            sums["missed"] = {label: _missed(true, sums["missed"].get(label, 0.0)) for label, true in _told(sums)}
        return json.dumps(values)
    except ODD:
        return None


def _told(sums: dict[str, Any]) -> list[tuple[str, float]]:
    return [(label, true) for label, true in sums["true"].items() if true > 0]


def _missed(true: float, missed: float) -> list[float]:
    """Beside what was trained, which weighs fifty answers, a power of each rate; what was counted stays, and no rate
    has fewer than a smaller one.
    """
    share = (missed + FORMER * PRIOR) / (true + PRIOR)
    power = max(LEAST, min(MOST, math.log(share) / math.log(FORMER)))
    told = {rate: min(true, max(0.0, rate**power * (true + PRIOR) - rate * PRIOR)) for rate in RATES}
    told[FORMER] = missed
    fewer = [min(told[rate], missed) for rate in RATES if rate < FORMER]
    return [*fewer, *accumulate((told[rate] for rate in RATES if rate >= FORMER), max)]
