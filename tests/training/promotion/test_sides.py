"""Sides share the facts they both read, and never those counted over another history."""

from __future__ import annotations

from dataclasses import replace

import numpy as np

from data.vocabulary import Task
from features.attributes import LEAST_SEEN, AttributeSchema, infer_attributes
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.task_models import cases, task_model
from training.promotion.sides import Matrices
from training.promotion.window import Replayed


def schema(times: int) -> AttributeSchema:
    words = ["north"] * LEAST_SEEN * times + ["south"] * LEAST_SEEN
    return infer_attributes(a_case(number, attributes={"group": word}) for number, word in enumerate(words))


def test_counts_of_another_history_are_not_shared() -> None:
    known = [(case.model_copy(update={"attributes": {"group": "north"}}), standing) for case, standing in cases()[:4]]
    later, rows = Replayed(known=known, lines=[], groups=np.arange(4), until=NOON), np.arange(4)
    few, many = (replace(task_model(Task.SLA_BREACH), attributes=schema(times)) for times in (1, 3))
    assert few.features().fingerprint == many.features().fingerprint
    column = few.features().names.index("common.group")
    made = Matrices()
    assert set(made.of(few, later, rows)[:, column]) == {LEAST_SEEN}
    assert set(made.of(many, later, rows)[:, column]) == {3 * LEAST_SEEN}
