"""The guide to mappings explains every key there is, and its worked examples are those that are tested."""

from __future__ import annotations

import re
from pathlib import Path
from textwrap import dedent
from typing import get_args

import pytest
import yaml

from data.record import Record
from training.tables.derivation import Derivation
from training.tables.mapping import Mapping, View, parse_mapping
from training.tables.sources import AttributeSource, Condition, Joined, OutcomeSource, Way

GUIDE = Path(__file__).resolve().parents[2] / "docs" / "guides" / "your-own-history.md"
EXAMPLES = GUIDE.parents[2] / "examples" / "mappings"


@pytest.mark.parametrize("record", [Mapping, View, AttributeSource, Derivation, OutcomeSource, Condition, Joined])
def test_every_key_is_explained(record: type[Record]) -> None:
    text = GUIDE.read_text(encoding="utf-8")
    names = [field.alias or name for name, field in record.model_fields.items()]
    assert not [name for name in names if not re.search(rf"`{name}`|\b{name}:", text)]


def test_every_aggregate_and_every_rule_is_named() -> None:
    text = GUIDE.read_text(encoding="utf-8")
    source = (GUIDE.parents[2] / "training" / "check" / "leaks.py").read_text(encoding="utf-8")
    rules = re.findall(r"Suspicion\(\s*\"(\w+)\"", source)
    assert len(rules) == 7
    assert not [name for name in (*get_args(Way), *rules) if f"`{name}`" not in text]


@pytest.mark.parametrize("name", ["late_shipments.yaml", "backorders.yaml"])
def test_the_worked_examples_are_the_tested_ones(name: str) -> None:
    assert (EXAMPLES / name).read_text(encoding="utf-8").strip() in "\n".join(blocks())


KEYS = tuple(f"{field.alias or name}:" for name, field in Mapping.model_fields.items())
BASE = {
    "schema": "fairlead/mapping/1",
    "facts": {"event.source": {"constant": "s"}, "event.id": "id", "event.time": "at", "exception_id": "id"},
}


def blocks() -> list[str]:
    found = re.findall(r"(?:^(?: {4}.*|)\n)+", GUIDE.read_text(encoding="utf-8"), re.MULTILINE)
    return [dedent(block).strip() for block in found]


def test_every_part_of_a_mapping_that_is_shown_is_sound() -> None:
    shown = [block for block in blocks() if block.startswith(KEYS)]
    assert len(shown) >= 7
    for block in shown:
        parse_mapping({**BASE, **yaml.safe_load(block)})
