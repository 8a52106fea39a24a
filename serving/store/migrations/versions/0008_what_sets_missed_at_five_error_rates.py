"""What sets missed, at five error rates where it was one: as many as answers of one power of the rate would have"""

from __future__ import annotations

import json
import math
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


def upgrade() -> None:
    table = sa.table("track_records", *map(sa.column, ("task", "version", "region", "state")))
    key = (table.c.task, table.c.version, table.c.region)
    connection = op.get_bind()
    for task, version, region, state in connection.execute(sa.select(table)).all():
        mine = sa.and_(*(column == value for column, value in zip(key, (task, version, region), strict=True)))
        connection.execute(table.update().where(mine).values(state=_anew(state)))


def _anew(state: str) -> str:
    """The state with counts at each rate; one that was altered stays as it was found."""
    try:
        values = json.loads(state)
        for sums in (values, *values.get("waiting", {}).values()):
            sums["missed"] = {label: _missed(true, sums["missed"].get(label, 0.0)) for label, true in _told(sums)}
        return json.dumps(values)
    except (ValueError, TypeError, KeyError, AttributeError):
        return state


def _told(sums: dict[str, Any]) -> list[tuple[str, float]]:
    return [(label, true) for label, true in sums["true"].items() if true > 0]


def _missed(true: float, missed: float) -> list[float]:
    """Beside what was trained, which weighs fifty answers, a power of each rate; what was counted stays."""
    share = (missed + FORMER * PRIOR) / (true + PRIOR)
    power = max(LEAST, min(MOST, math.log(share) / math.log(FORMER)))
    counts = [min(true, max(0.0, rate**power * (true + PRIOR) - rate * PRIOR)) for rate in RATES]
    return [missed if rate == FORMER else count for rate, count in zip(RATES, counts, strict=True)]
