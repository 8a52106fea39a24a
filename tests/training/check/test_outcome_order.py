"""A number that grows as cases end tells when they ended, whatever it is called and however little it predicts."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path
from random import Random
from typing import Any

import numpy as np
import pandas as pd
import pytest

from tests.fixtures.tables import write_csv
from training.check.columns import Column, read_column
from training.check.examined import examine
from training.check.history_check import Check, check
from training.check.outcome_order import lies_in_order_of
from training.tables.mapping import parse_mapping

COUNT, DAY = 1_500, timedelta(days=1)
TIMES = np.arange(float(COUNT))
CHANCE = np.random.default_rng(3)
ENDS = TIMES + CHANCE.integers(1, 400, COUNT)


def column(values: Any) -> Column:
    return read_column(pd.Series(values), None)


def lies(values: Any) -> bool:
    return lies_in_order_of(column(values), [np.full(COUNT, np.nan), ENDS], TIMES)


@pytest.mark.parametrize("sign", [1, -1])
def test_what_grows_or_shrinks_as_cases_end_does(sign: int) -> None:
    assert lies(sign * (ENDS // 7))


def test_a_slip_here_and_there_does_not_hide_it() -> None:
    slips = np.where(np.arange(COUNT) % 300 == 7, ENDS + 100, ENDS)
    assert lies(slips)


@pytest.mark.parametrize(
    "values",
    [
        TIMES,
        TIMES // 5,
        CHANCE.integers(0, 500, COUNT),
        ENDS - TIMES,
        ENDS // 300,
        ENDS + CHANCE.integers(-60, 60, COUNT),
    ],
    ids=["a row's number", "its page", "by chance", "how long it took", "of few values", "about when"],
)
def test_what_lies_in_the_order_of_the_cases_or_in_none_does_not(values: Any) -> None:
    assert not lies(values)


@pytest.mark.parametrize("share", [0.005, 0.009, 0.012])
def test_a_number_that_is_nearly_always_nothing_lies_in_no_order(share: float) -> None:
    """Cases are noticed by the day and end by the minute, weeks later: it stays where it is at nearly every step."""
    dice = np.random.default_rng(7)
    days = np.repeat(np.arange(300.0), 30)
    ends = days + 20.0 * dice.random(9_000)
    surcharge = np.where(dice.random(9_000) < share, dice.integers(1, 900, 9_000), 0)
    assert not lies_in_order_of(column(surcharge), [ends], days)


def test_where_cases_end_as_they_begin_a_ticket_number_tells_no_more_than_a_clock() -> None:
    """At work by day: numbers are given minutes after the case, all end the same day, and only the day is known."""
    dice = np.random.default_rng(7)
    times = np.sort(np.repeat(np.arange(100.0), 60) * 86_400.0 + dice.uniform(32_400, 61_200, 6_000))
    ticket = np.argsort(np.argsort(times + dice.uniform(0, 3_000, 6_000))).astype(float)
    assert not lies_in_order_of(column(ticket), [times // 86_400.0], times)


def test_the_number_of_a_batch_that_ends_before_the_next_begins_is_its_own() -> None:
    """Within a batch cases end in any order; from batch to batch its number rises with both."""
    batches, dice = np.repeat(np.arange(60.0), 25), np.random.default_rng(7)
    ends = np.concatenate([25.0 * batch + dice.permutation(25) for batch in range(60)])
    assert not lies_in_order_of(column(batches), [ends], TIMES)


def test_words_and_instants_are_no_numbers() -> None:
    assert not lies([f"w{each:.0f}" for each in ENDS])
    assert not lies([f"{datetime(2026, 1, 1) + DAY * int(each):%Y-%m-%d}" for each in ENDS])  # noqa: DTZ001


def shipments(folder: Path, **derived: Any) -> Check:
    """Deliveries, late one in five, with the day of the delivery as a number and as an instant under another name."""
    dice, rows = Random(5), []
    for number in range(COUNT):
        at = datetime(2024, 1, 1) + timedelta(hours=8 * number)  # noqa: DTZ001
        due = at + DAY * dice.randrange(10, 90)
        came = due + DAY * (dice.randrange(1, 20) if dice.random() < 0.2 else -dice.randrange(3))
        day = (came - datetime(2000, 1, 1)).days  # noqa: DTZ001
        rows.append((f"c{number}", *(f"{each:%Y-%m-%dT%H:%M}" for each in (at, due, came, came)), day, number))
    content = {
        "schema": "fairlead/mapping/1",
        "says": "Will it be late?",
        "zone": "UTC",
        "facts": {
            "event.source": {"constant": "scm"},
            "event.id": "id",
            "event.time": "at",
            "exception_id": "id",
            "promise.due_at": "due",
        },
        "attributes": {
            "doc": {"column": "doc", "kind": "number"},
            "line": {"column": "line", "kind": "number"},
            "due": {"column": "due", "kind": "instant"},
            "handed": {"column": "copy", "kind": "instant", "known": "opening"},
        },
        "outcome": {"sla_breached": {"later": "came", "than": "due"}, "recorded_at": "came"},
    }
    table = write_csv(folder / "t.csv", ("id", "at", "due", "came", "copy", "doc", "line"), rows)
    mapping = parse_mapping({**content, **derived})
    return check(examine(table, mapping, COUNT), mapping)


def test_the_day_of_the_delivery_as_a_number_is_a_leak_and_the_number_of_a_line_is_none(tmp_path: Path) -> None:
    report = shipments(tmp_path)
    assert [each.name for each in report.leaking] == ["doc"]
    assert [one.rule for each in report.leaking for one in each.suspicions] == ["as_the_outcome"]


def test_what_names_the_case_alone_is_no_leak_whatever_its_order(tmp_path: Path) -> None:
    """No model reads it, and nobody could say when it was known."""
    facts = {
        "event.source": {"constant": "scm"},
        "event.id": "id",
        "event.time": "at",
        "exception_id": "doc",
        "promise.due_at": "due",
    }
    report = shipments(tmp_path, facts=facts, attributes={"line": {"column": "line", "kind": "number"}})
    assert report.leaking == ()


def test_without_times_nothing_lies_in_their_order(tmp_path: Path) -> None:
    facts = {
        "event.source": {"constant": "scm"},
        "event.id": "id",
        "event.time": {"constant": "2026-01-01T00:00:00Z"},
        "exception_id": "id",
        "promise.due_at": "due",
    }
    assert shipments(tmp_path, facts=facts).leaking == ()


def test_of_few_cases_a_derived_number_may_tell_all_by_chance(tmp_path: Path) -> None:
    gap = {"difference": ["handed_hours", "due_hours"]}
    report = shipments(tmp_path, derived={"gap": gap}, where={"line": {"below": 95}})
    assert "derived_implausible" not in {each.rule for each in report.findings}


def test_a_derived_number_that_is_the_outcome_in_other_words_is_said(tmp_path: Path) -> None:
    gap, slack = {"difference": ["handed_hours", "due_hours"]}, {"product": ["line", "due_hours"]}
    report = shipments(tmp_path, derived={"gap": gap, "slack": slack})
    told = [each.says for each in report.findings if each.rule == "derived_implausible"]
    assert told == [
        "derived.gap tells sla_breach alone with an AUC of 1.000: one of its two most likely holds what came of the "
        "case; see when each is known"
    ]
