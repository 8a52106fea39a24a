"""A pair that tells more together is named with the join to write; a sum of two parties is none."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pytest

from tests.fixtures.tables import write_csv
from training.check.examined import examine
from training.check.history_check import check
from training.check.pairs_of_parties import telling_pair
from training.tables.mapping import parse_mapping

COUNT = 6_000
Codes = np.typing.NDArray[np.int64]


def world(lane: float, seed: int = 4, count: int = COUNT) -> tuple[dict[str, Codes], np.typing.NDArray[np.bool_]]:
    """Vendors and countries that are late each in its own way, and on their lanes as far as `lane` says."""
    dice = np.random.default_rng(seed)
    codes = {
        "vendor": dice.integers(0, 25, count),
        "country": dice.integers(0, 15, count),
        "mode": dice.integers(0, 4, count),
    }
    odds = -2.2 + 0.8 * dice.normal(size=25)[codes["vendor"]] + 0.8 * dice.normal(size=15)[codes["country"]]
    odds = odds + lane * dice.normal(size=(25, 15))[codes["vendor"], codes["country"]]
    return codes, dice.random(count) < 1 / (1 + np.exp(-odds))


def test_the_pair_that_tells_together_is_found_among_others() -> None:
    found = telling_pair(*_asked(world(1.5)))
    assert found is not None
    assert {found.one, found.other} == {"vendor", "country"}
    assert found.gain > 0.01
    assert found.errors > 5


@pytest.mark.parametrize("seed", range(6))
def test_two_that_tell_each_by_itself_are_no_pair(seed: int) -> None:
    assert telling_pair(*_asked(world(0.0, seed))) is None


def test_a_gain_that_chance_may_explain_is_none() -> None:
    """The log loss falls by .005 here, by two of its standard errors."""
    assert telling_pair(*_asked(world(0.4, 2))) is None


def test_a_pair_that_tells_in_the_latest_blocks_alone_is_none_yet() -> None:
    (codes, apart), together = world(0.0), world(2.5)[1]
    late = np.arange(COUNT) >= 0.62 * COUNT
    assert telling_pair(codes, (), np.where(late, together, apart)) is None


def test_a_pair_that_is_said_is_not_named_again() -> None:
    codes, event = world(1.5)
    assert telling_pair(codes, [frozenset({"vendor", "country"})], event) is None


@pytest.mark.parametrize(("count", "columns"), [(1_900, 3), (COUNT, 1)])
def test_of_few_cases_or_one_column_nothing_is_said(count: int, columns: int) -> None:
    codes, event = world(3.0, count=count)
    assert telling_pair(dict(list(codes.items())[:columns]), (), event) is None


def test_what_hardly_ever_happens_tells_of_no_pair() -> None:
    codes, event = world(1.5)
    rare = event & (np.cumsum(event) <= 150)
    assert telling_pair(codes, (), rare) is None


def _asked(made: tuple[dict[str, Codes], Any]) -> tuple[dict[str, Codes], tuple[frozenset[str], ...], Any]:
    return made[0], (), made[1]


def told(folder: Path, more: dict[str, Any], timeless: bool = False, leaks: bool = False) -> list[str]:
    """What the check says of the pairs of a table of shipments, whose vendors' names may tell how it ended."""
    codes, event = world(1.5)
    dice, rows = Random(1), []
    for number in range(COUNT):
        at = datetime(2024, 1, 1) + timedelta(hours=4 * number)  # noqa: DTZ001
        words = [f"{name[0]}{codes[name][number]}" for name in ("vendor", "country", "mode")]
        if leaks:
            words[0] += "late" if event[number] != (dice.random() < 0.02) else ""
        ended = at + timedelta(days=dice.randrange(5, 40))
        rows.append((f"c{number}", f"{at:%Y-%m-%dT%H:%M}", *words, event[number], f"{ended:%Y-%m-%dT%H:%M}"))
    head = ("id", "at", "Vendor", "Country", "Mode", "late", "ended")
    time = {"constant": "2026-01-01T00:00:00Z"} if timeless else "at"
    content = {
        "schema": "fairlead/mapping/1",
        "says": "Will it be late?",
        "zone": "UTC",
        "facts": {"event.source": {"constant": "s"}, "event.id": "id", "event.time": time, "exception_id": "id"},
        "outcome": {"sla_breached": "late", "recorded_at": "ended"},
    }
    content["facts"] |= more.get("facts", {})
    content["attributes"] = more.get("attributes", {})
    mapping = parse_mapping(content)
    report = check(examine(write_csv(folder / "t.csv", head, rows), mapping, COUNT), mapping)
    return [each.says for each in report.findings if each.rule == "pair_unsaid"]


ATTRIBUTES = {"country": "Country", "mode": "Mode"}


def test_the_check_says_which_join_to_write(tmp_path: Path) -> None:
    (says,) = told(tmp_path, {"facts": {"supplier.id": "Vendor"}, "attributes": ATTRIBUTES})
    assert says.startswith("Vendor and Country tell sla_breach together beyond what each tells by itself")
    assert 'supplier_country: {join: ["Vendor", "Country"]}' in says


@pytest.mark.parametrize(
    ("more", "timeless"),
    [
        ({"attributes": {**ATTRIBUTES, "v": "Vendor", "both": {"join": ["Country", "Vendor"]}}}, False),
        ({"attributes": {**ATTRIBUTES, "v": "Vendor"}}, True),
        ({"attributes": ATTRIBUTES}, False),
        ({"attributes": {**ATTRIBUTES, "v": {"column": "Vendor", "known": "later"}}}, False),
        ({"attributes": {**ATTRIBUTES, "v": {"column": "Vendor", "known": {"column": "ended"}}}}, False),
    ],
    ids=["said already", "without times", "not read", "not known in time", "known from then on"],
)
def test_what_is_said_or_not_read_or_of_no_time_is_not_asked_for(
    tmp_path: Path, more: dict[str, Any], timeless: bool
) -> None:
    assert told(tmp_path, more, timeless) == []


def test_no_pair_is_made_of_a_column_that_may_be_a_leak_until_somebody_says_that_it_is_none(tmp_path: Path) -> None:
    vendor = {"column": "Vendor"}
    assert told(tmp_path, {"attributes": {**ATTRIBUTES, "v": vendor}}, leaks=True) == []
    assert told(tmp_path, {"attributes": {**ATTRIBUTES, "v": {**vendor, "known": "opening"}}}, leaks=True)


def test_where_the_first_cases_all_ended_alike_nothing_is_said() -> None:
    codes, event = world(2.5)
    assert telling_pair(codes, (), event & (np.arange(COUNT) > COUNT // 2)) is None
