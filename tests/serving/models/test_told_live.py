"""How many of the newest cases tell a column: attributes, facts and messages; none that was altered."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import text

from serving.models.told_live import LATEST, told_live
from tests.fixtures.service import Desk, an_exception, open_desk


@pytest.fixture
def desk(tmp_path: Path) -> Iterator[Desk]:
    opened = open_desk(tmp_path / "var")
    with opened.client:
        yield opened


def told(desk: Desk, *names: str) -> list[tuple[int, int]]:
    with desk.service.database.read() as connection:
        found = told_live(connection, names)
    assert [each.name for each in found] == [*names]
    return [(each.told, each.cases) for each in found]


def test_attributes_facts_and_messages_are_counted_over_the_newest_cases(desk: Desk) -> None:
    assert told(desk, "dock_slot") == [(0, 0)]
    desk.post("/v1/recommendations", an_exception(1, attributes={"dock_slot": "a4"}, message="where is it?"))
    desk.post("/v1/recommendations", an_exception(2, attributes={"dock_slot": "b1"}))
    desk.post("/v1/recommendations", an_exception(3, workflow={"queue_minutes": 12}))
    names = ("dock_slot", "attribute.dock_slot", "closing_code", "queue_minutes", "message")
    assert told(desk, *names) == [(2, 3), (2, 3), (0, 3), (1, 3), (1, 3)]


def test_older_cases_do_not_count(desk: Desk) -> None:
    for number in range(LATEST + 1):
        attributes = {"dock_slot": "a4"} if number == 0 else {}
        desk.post("/v1/recommendations", an_exception(number, attributes=attributes))
        desk.clock.move(seconds=1)
    assert told(desk, "dock_slot") == [(0, LATEST)]


def test_an_altered_case_counts_for_nothing(desk: Desk) -> None:
    desk.post("/v1/recommendations", an_exception(1, attributes={"dock_slot": "a4"}))
    desk.post("/v1/recommendations", an_exception(2, attributes={"dock_slot": "a4"}))
    with desk.service.database.write() as connection:
        connection.execute(
            text(
                "UPDATE documents SET content = x'00' WHERE digest = "
                "(SELECT input FROM recommendations WHERE event_id = 'evt-1')"
            )
        )
    assert told(desk, "dock_slot") == [(1, 1)]
