"""A link says the same of one case as of many, and reads facts and message alone."""

from __future__ import annotations

from functools import cache

import lightgbm
import numpy as np
import pytest

from data.vocabulary import Task
from models.link import InvalidLinkError, Link
from models.text import BUCKETS, TextModel
from training.learning.export import export_trees

LABELS = Task.EXCEPTION_TYPE.labels
FACTS = 5
MESSAGES = ["van late", None, "shelf empty", ""]


@cache
def _link(told: bool) -> Link:
    rng = np.random.default_rng(1)
    rows = rng.normal(size=(400, FACTS + (len(LABELS) if told else 0)))
    parameters = {"objective": "multiclass", "num_class": len(LABELS), "num_leaves": 4, "verbose": -1, "num_threads": 1}
    truth = rng.integers(0, len(LABELS), 400)
    booster = lightgbm.train(parameters, lightgbm.Dataset(rows, truth), num_boost_round=5)
    text = TextModel(LABELS, rng.normal(size=(BUCKETS, len(LABELS))), np.zeros(len(LABELS)), frozenset())
    return Link(Task.EXCEPTION_TYPE, export_trees(booster), text if told else None)


@pytest.mark.parametrize("told", [True, False])
def test_one_case_is_told_of_as_among_many_bit_for_bit(told: bool) -> None:
    facts = np.random.default_rng(2).normal(size=(len(MESSAGES), FACTS))
    facts[2, 1] = np.nan
    together = _link(told).probabilities_batch(facts, MESSAGES)
    assert together.sum(axis=1) == pytest.approx(1.0)
    for row, message, expected in zip(facts, MESSAGES, together, strict=True):
        assert np.array_equal(_link(told).probabilities(row, message), expected)


def test_the_message_counts_where_there_is_a_text_model() -> None:
    row = np.zeros(FACTS)
    assert not np.array_equal(_link(True).probabilities(row, "van"), _link(True).probabilities(row, "shelf"))
    assert np.array_equal(_link(False).probabilities(row, "van"), _link(False).probabilities(row, "shelf"))


def test_it_knows_how_many_facts_it_reads() -> None:
    assert (_link(True).n_facts, _link(False).n_facts) == (FACTS, FACTS)


def test_trees_of_another_task_are_refused() -> None:
    with pytest.raises(InvalidLinkError, match="8 scores for 10 labels"):
        Link(Task.ROOT_CAUSE, _link(True).trees, None)
