"""A whole simulated history: what training computes in bulk is what serving computes case by case."""

from __future__ import annotations

from datetime import UTC, datetime

import numpy as np
import pytest

from data.case import Case
from data.outcome import HistoryLine
from data.record import canonical
from data.simulator import simulate
from data.standing import Standing
from data.vocabulary import Task
from features.attributes import infer_attributes
from features.catalogue import feature_set
from features.party_rows import MemoryRows
from features.standing import StandingKeeper, replay

LINES = tuple(simulate(11, 250, datetime(2026, 11, 1, tzinfo=UTC), weeks=2))
SCHEMA = infer_attributes(line.case for line in LINES)
REPLAYED = tuple(replay(LINES, StandingKeeper(MemoryRows(), SCHEMA)))


@pytest.mark.parametrize("task", [Task.SLA_BREACH, Task.STOCKOUT])
def test_bulk_is_live_on_every_case(task: Task) -> None:
    features = feature_set(task, SCHEMA)
    matrix = features.matrix((line.case, standing) for line, standing in REPLAYED)
    # Serving reads both from JSON, and knows neither the cases before nor after.
    vectors = [features.vector(*_served(line, standing)) for line, standing in REPLAYED]
    assert matrix.shape == (len(LINES), len(features.names))
    assert np.array_equal(matrix, np.stack(vectors), equal_nan=True)


def _served(line: HistoryLine, standing: Standing) -> tuple[Case, Standing]:
    case = Case.model_validate_json(canonical(line.case))
    return case, Standing.model_validate_json(canonical(standing))


def test_a_history_fills_the_columns() -> None:
    """A feature that no case of a retailer ever has would be a feature nobody needs."""
    features = feature_set(Task.ROOT_CAUSE, SCHEMA)
    matrix = features.matrix((line.case, standing) for line, standing in REPLAYED)
    filled = dict(zip(features.names, (~np.isnan(matrix)).mean(axis=0), strict=True))
    for name in ("minutes_to_promise", "queue_minutes", "order_value", "carrier_outcomes", "code", "node_breach_rate"):
        assert filled[name] > 0.2, name
    assert np.mean([share > 0 for share in filled.values()]) > 0.9


def test_standing_grows_with_the_history() -> None:
    carriers = [standing.of("carrier") for _, standing in REPLAYED]
    known = [seen.outcomes for seen in carriers if seen is not None]
    assert known[0] == 0.0
    assert max(known) > 0.0
