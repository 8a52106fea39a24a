"""Answers about shelves are kept by lot, a bounded number of a day, for a bounded number of days."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select

from serving.store import shelves
from serving.store.engine import Database
from serving.store.shelves import ShelfAnswer, lot_of
from serving.store.tables import shelf_answers

NOON = datetime(2026, 11, 23, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    opened = Database(f"sqlite:///{tmp_path / 'fairlead.db'}")
    opened.migrate()
    yield opened
    opened.close()


def an_answer(number: int, at: datetime = NOON, **also: Any) -> ShelfAnswer:
    lot = lot_of(f"sku-{number}", "store-12", at.replace(tzinfo=None).isoformat(), "P1D")
    made = ShelfAnswer(lot, at, "sha256:b", "sha256:v", 0.25, {"stock_on_hand": float(number)}, "emea", 30.0)
    return replace(made, **also)


def keep(database: Database, *answers: ShelfAnswer, at: datetime = NOON) -> None:
    with database.write() as connection:
        shelves.keep(connection, answers, at.date())


def sampled(database: Database, count: int = 5_000, version: str = "sha256:v") -> list[ShelfAnswer]:
    with database.read() as connection:
        return shelves.sample(connection, version, count)


def test_what_was_kept_is_read_again(database: Database) -> None:
    told = an_answer(1, features={"a": None, "b": True, "c": "Monday", "d": 0.25}, happened=True)
    keep(database, told)
    assert sampled(database) == [told]
    assert sampled(database, version="sha256:another") == []


@pytest.mark.parametrize("at_once", [1, 7, 40])
def test_of_a_day_the_lowest_lots_are_kept_in_whatever_order_they_come(
    database: Database, monkeypatch: pytest.MonkeyPatch, at_once: int
) -> None:
    monkeypatch.setattr(shelves, "MOST_A_DAY", 10)
    asked = [an_answer(number) for number in range(40)]
    for start in range(0, 40, at_once):
        keep(database, *asked[start : start + at_once])
    lowest = sorted(each.lot for each in asked)[:10]
    assert [each.lot for each in sampled(database)] == lowest
    assert [each.lot for each in sampled(database, 3)] == lowest[:3]


def test_each_day_has_room_of_its_own(database: Database, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shelves, "MOST_A_DAY", 10)
    for days in range(3):
        at = NOON + days * DAY
        keep(database, *(an_answer(number, at) for number in range(20)), at=at)
    assert len(sampled(database)) == 30


def test_after_two_weeks_an_answer_is_gone_and_after_one_it_is_compared_no_longer(database: Database) -> None:
    for days in range(20):
        keep(database, an_answer(1, NOON + days * DAY), at=NOON + days * DAY)
    assert {each.answered_at for each in sampled(database)} == {NOON + days * DAY for days in range(13, 20)}
    with database.read() as connection:
        kept = connection.execute(select(func.count()).select_from(shelf_answers)).scalar_one()
    assert kept == shelves.DAYS_KEPT == 14


def test_what_happened_finds_its_answer_by_the_lot_and_what_is_told_last_counts(database: Database) -> None:
    first, second = an_answer(1), an_answer(2)
    keep(database, first, second)
    for truth in (True, False):
        with database.write() as connection:
            shelves.tell(connection, {first.lot: truth, an_answer(3).lot: True})
        assert {each.lot: each.happened for each in sampled(database)} == {first.lot: truth, second.lot: None}


def test_the_same_question_again_replaces_the_answer_and_keeps_what_happened(database: Database) -> None:
    keep(database, an_answer(1))
    with database.write() as connection:
        shelves.tell(connection, {an_answer(1).lot: True})
    keep(database, an_answer(1, probability=0.75))
    (found,) = sampled(database)
    assert (found.probability, found.happened) == (0.75, True)


def test_more_days_are_told_at_once_than_a_statement_takes(database: Database) -> None:
    keep(database, an_answer(1))
    told = {**dict.fromkeys(range(40_000), False), an_answer(1).lot: True}
    with database.write() as connection:
        shelves.tell(connection, told)
    assert sampled(database)[0].happened is True


def test_only_answers_of_both_bundles_are_compared(database: Database) -> None:
    both: dict[str, Any] = {"challenger": "sha256:c", "challenger_probability": 0.5}
    keep(database, an_answer(1, happened=True, **both), an_answer(2), an_answer(3, bundle="sha256:older", **both))
    with database.read() as connection:
        (seen,) = shelves.beside(connection, "sha256:b", "sha256:c")
    assert seen.said == {"stockout": {"champion": {"yes": 0.25}, "challenger": {"yes": 0.5}}}
    assert seen.happened == {"stockout": True}


def test_another_shelf_moment_or_horizon_draws_another_lot_that_a_column_can_hold() -> None:
    asked = ("s", "n", "2026-11-23T00:00:00", "P1D")
    others = [
        ("t", *asked[1:]),
        ("s", "m", *asked[2:]),
        (*asked[:2], "2026-11-24T00:00:00", "P1D"),
        (*asked[:3], "P2D"),
    ]
    lots = {lot_of(*each) for each in (asked, *others)}
    assert len(lots) == 5
    assert all(0 <= lot < 2**63 for lot in lots)
