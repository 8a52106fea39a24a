"""Which cases taught a model is told by its keys: rightly where all are kept, and by a fair sample where not."""

from __future__ import annotations

import numpy as np
import pytest

from models.taught import KEPT
from tests.fixtures.lessons import BY_ROW, BY_SKU, Table, keys, model
from training.histories.unseen import EVERY, NO_KEYS, Count, Memory, acquaintance, kept_upto, unlike


def test_a_small_training_is_kept_whole_so_every_case_is_known() -> None:
    memory = Memory.of([model(keys(0, 1_000))])
    assert memory.upto == EVERY
    assert memory.count(keys(900, 1_400)) == Count(500, 500, 100)


def test_of_a_large_training_what_can_be_looked_up_is_right_and_speaks_for_all() -> None:
    memory = Memory.of([model(keys(0, 40_000))])
    fresh, half = memory.count(keys(40_000, 60_000)), memory.count(keys(30_000, 50_000))
    assert fresh.taught == 0
    assert fresh.looked_up == pytest.approx(20_000 * KEPT / 40_000, rel=0.1)
    assert half.taught / half.looked_up == pytest.approx(0.5, abs=0.05)
    assert all(key in memory.taught for key in keys(0, 40_000) if memory.knows(key))


def test_two_models_are_looked_up_together_as_far_as_both_keep() -> None:
    one, other = model(keys(0, 40_000)), model(keys(0, 1_000))
    both = Memory.of([one, other])
    assert both.upto == kept_upto(one) < kept_upto(other)
    assert all(both.knows(key) for key in keys(0, 1_000)), "what is kept is known wherever it stands"


def test_what_may_have_been_taught_unseen_is_bounded_as_often_as_is_claimed() -> None:
    rng = np.random.default_rng(3)
    bound = Count(20_000, 150, 0).at_most
    missed = rng.binomial(150, bound, size=4_000) == 0
    assert missed.mean() == pytest.approx(0.05, abs=0.015)
    assert Count(150, 150, 0).at_most == 0.0
    assert Count(150, 0, 0).at_most == 1.0


def test_a_calibrator_fitted_on_what_is_not_kept_leaves_nothing_to_look_up() -> None:
    assert kept_upto(model(keys(0, 500), recalibrated_on={"n": 400})) == NO_KEYS
    assert kept_upto(model(keys(0, 500), recalibrated_on={"n": 400, "kept": True})) == EVERY
    assert kept_upto(model([])) == NO_KEYS


def test_the_same_names_are_the_same_events_whatever_else_the_mapping_says() -> None:
    assert unlike("it", model([]).lineage, Table().history) == ""
    other = {**BY_SKU, "event.id": {"join": ["sku", "plant"]}}
    why = unlike("it", model([]).lineage, Table(other).history)
    assert "event.id column sku" in why
    assert "event.id join sku+plant" in why
    assert "train again" in why


def test_row_numbers_name_events_of_one_file_alone() -> None:
    lineage = model([], naming=BY_ROW).lineage
    assert "nobody can tell which cases were taught" in unlike("it", lineage, Table(BY_ROW).history)
    assert unlike("it", lineage, Table(BY_ROW, digest="sha256:taught").history) == ""


def test_a_bundle_that_did_not_note_its_names_is_known_by_its_mapping() -> None:
    lineage = {key: value for key, value in model([]).lineage.items() if key != "naming"}
    assert unlike("it", {**lineage, "mapping": "sha256:mapping"}, Table().history) == ""
    assert "did not note" in unlike("it", {**lineage, "mapping": "sha256:another"}, Table().history)


def test_an_evaluation_says_how_many_cases_taught_the_model_or_why_nobody_knows() -> None:
    taught = model(keys(0, 1_000))
    told = acquaintance(taught, keys(900, 1_400), Table().history)
    assert (told["cases"], told["looked_up"], told["taught"]) == (500, 500, 100)
    assert "100 of those taught the model" in told["says"]
    assert "none of those taught the model" in acquaintance(taught, keys(1_000, 1_400), Table().history)["says"]
    assert "is not known" in acquaintance(taught, keys(0, 9), Table(BY_ROW).history)["says"]
