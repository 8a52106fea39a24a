"""A whole simulated history: what training computes in bulk is what serving computes case by case."""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache

import lightgbm
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
from features.chain import EARLIER
from features.party_rows import MemoryRows
from features.standing import StandingKeeper, replay
from models.link import Link
from models.text import BUCKETS, TextModel
from training.learning.export import export_trees

LINES = tuple(simulate(11, 250, datetime(2026, 11, 1, tzinfo=UTC), weeks=2))
SCHEMA = infer_attributes(line.case for line in LINES)
REPLAYED = tuple(replay(LINES, StandingKeeper(MemoryRows(), SCHEMA)))


@cache
def link(task: Task) -> Link:
    """What a few real trees say of an earlier task, with a text model of its own."""
    rng = np.random.default_rng(2)
    text = text_model(task)
    facts = feature_set(task, SCHEMA, text).matrix((line.case, standing) for line, standing in REPLAYED)
    truth = rng.integers(0, len(task.labels), len(facts))
    classes = {"objective": "multiclass", "num_class": len(task.labels)}
    parameters = {**classes, "num_leaves": 4, "min_data_in_leaf": 5, "verbose": -1, "num_threads": 1}
    return Link(task, export_trees(lightgbm.train(parameters, lightgbm.Dataset(facts, truth), 3)), text)


def text_model(task: Task) -> TextModel | None:
    """A weight per label for every hashed word, which no history gave; the message tells a risk nothing."""
    if task.is_risk:
        return None
    weights = np.random.default_rng(3).normal(size=(BUCKETS, len(task.labels)))
    return TextModel(task.labels, weights, np.zeros(len(task.labels)), frozenset())


@pytest.mark.parametrize("task", Task)
def test_bulk_is_live_on_every_case(task: Task) -> None:
    """The facts, what links of the earlier tasks say of them, and what the message says."""
    features = feature_set(task, SCHEMA, text_model(task), tuple(map(link, EARLIER.get(task, ()))))
    matrix = features.matrix((line.case, standing) for line, standing in REPLAYED)
    # Serving reads both from JSON, and knows neither the cases before nor after.
    vectors = [features.vector(*_served(line, standing)) for line, standing in REPLAYED]
    assert matrix.shape == (len(LINES), len(features.names))
    assert np.array_equal(matrix, np.stack(vectors), equal_nan=True)
    said = {name.split(".")[0] for name in features.names[len(feature_set(task, SCHEMA).names) :]}
    assert said == {*EARLIER.get(task, ()), *(() if task.is_risk else ("message",))}


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
