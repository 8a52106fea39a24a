"""What a mapping can tell can be looked up, and whatever is listed is a key of a mapping."""

from __future__ import annotations

import pytest

from data.case import Case
from data.record import Unit
from data.vocabulary import ExceptionType
from training.errors import MappingError
from training.tables.facts import blocks, facts
from training.tables.mapping import parse_mapping
from training.tables.paths import leaf_unit, paths_of


def test_every_fact_of_a_case_is_listed_with_its_unit_and_what_it_means() -> None:
    told = facts()
    assert [each.path for each in told] == [path for path in paths_of(Case) if leaf_unit(Case, path)]
    assert all(each.unit is leaf_unit(Case, each.path) and each.says for each in told)


def test_those_that_begin_so_are_found_and_given_words_are_told() -> None:
    assert {each.path.partition(".")[0] for each in facts("supplier")} == {"supplier"}
    (kind,) = facts("reported_type")
    assert kind.unit is Unit.LABEL
    assert kind.words == tuple(each.value for each in ExceptionType)
    assert facts("stock.0.on_hand")[0].words == ()
    assert facts("nothing") == ()
    assert {each.path for each in facts() if each.required} == {
        "event.source",
        "event.id",
        "event.time",
        "exception_id",
    }


def test_blocks_are_what_facts_begin_with() -> None:
    assert {each.path.partition(".")[0] for each in facts()} == set(blocks())
    assert {"supplier", "stock", "message"} <= set(blocks())


def test_a_wrong_path_points_to_the_list() -> None:
    content = {"schema": "fairlead/mapping/1", "says": "?", "facts": {"carrier.name": "c"}}
    with pytest.raises(MappingError, match=r"no such fact; the nearest is .*; `fairlead history facts` lists them all"):
        parse_mapping(content)
