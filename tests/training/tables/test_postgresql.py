"""A history in a real PostgreSQL, with the types that a file does not have."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
from sqlalchemy import Connection, Date, Numeric, create_engine, text
from sqlalchemy.exc import OperationalError
from sqlalchemy.pool import NullPool

from tests.fixtures.days import MAPPING, daily_table
from training.daily.mapping import DailyMapping
from training.daily.opening import open_daily
from training.errors import HistoryError
from training.histories.history import open_history
from training.tables.mapping import Mapping, parse_mapping

ADDRESS = os.environ.get("FAIRLEAD_TEST_POSTGRESQL", "postgresql+psycopg://postgres@127.0.0.1/test")
TABLE = "fairlead_test_tickets"
ROWS = f"""
create table {TABLE} (
  id uuid, opened timestamptz, due timestamp, day date, weight numeric(10, 3), pieces integer, fragile boolean,
  waited interval, tags text[], told jsonb, late boolean, closed timestamptz
);
insert into {TABLE} values
  ('00000000-0000-0000-0000-000000000001', '2026-01-02 10:00+02', '2026-01-03 12:00', '2026-01-05', 1.250, 3, true,
   '3 hours 30 minutes', '{{a,b}}', '{{"b": 1, "a": 2}}', false, '2026-01-03 09:00+02'),
  ('00000000-0000-0000-0000-000000000002', '2026-01-02 11:00+02', null, null, null, null, null,
   null, null, null, null, null);
"""  # noqa: S608


@pytest.fixture(scope="module")
def connection() -> Iterator[Connection]:
    try:
        opened = create_engine(ADDRESS, poolclass=NullPool).connect()
    except OperationalError as error:
        if os.environ.get("CI"):
            raise
        reason = str(error.orig).splitlines()[0]
        pytest.skip(f"no PostgreSQL answers at {ADDRESS} (FAIRLEAD_TEST_POSTGRESQL names another): {reason}")
    with opened:
        drop = text(f"drop table if exists {TABLE}")
        opened.execute(drop)
        opened.exec_driver_sql(ROWS)
        opened.commit()
        yield opened
        opened.execute(drop)
        opened.commit()


def mapping(query: str = f"select * from {TABLE} order by opened") -> Mapping:  # noqa: S608
    return parse_mapping(
        {
            "schema": "fairlead/mapping/1",
            "query": query,
            "facts": {
                "event.source": {"constant": "shop"},
                "event.id": "id",
                "event.time": "opened",
                "exception_id": "id",
                "promise.due_at": {"column": "due", "zone": "Europe/Berlin"},
                "workflow.queue_minutes": "waited",
            },
            "attributes": {
                "weight": {"column": "weight", "kind": "number"},
                "pieces": {"column": "pieces", "kind": "number"},
                "fragile": {"column": "fragile", "kind": "flag"},
                "day": {"column": "day", "kind": "instant", "zone": "UTC", "parts": ["hours"]},
                "tags": "tags",
                "told": "told",
                "waited": {"column": "waited", "kind": "number"},
                "hours": {"column": "waited", "kind": "number", "unit": "h"},
            },
            "outcome": {"sla_breached": "late", "recorded_at": "closed"},
        }
    )


@pytest.mark.usefixtures("connection")
def test_the_types_of_postgresql_are_facts_and_attributes() -> None:
    first, second = open_history(ADDRESS, mapping()).lines()
    assert first.case.event.time.isoformat() == "2026-01-02T08:00:00+00:00"
    assert first.case.promise is not None
    assert first.case.promise.due_at is not None
    assert first.case.promise.due_at.isoformat() == "2026-01-03T11:00:00+00:00"
    assert first.case.workflow is not None
    assert first.case.workflow.queue_minutes == 210
    assert first.case.attributes == {
        "weight": 1.25,
        "pieces": 3,
        "fragile": True,
        "day_hours": 64,
        "tags": '["a", "b"]',
        "told": '{"a": 2, "b": 1}',
        "waited": 210,
        "hours": 3.5,
    }
    assert first.outcome is not None
    assert first.outcome.sla_breached is False
    assert second.case.attributes == {}
    assert second.case.exception_id == "00000000-0000-0000-0000-000000000002"


def test_days_and_decimals_of_postgresql_are_those_of_a_file(connection: Connection, tmp_path: Path) -> None:
    table = daily_table(shelves=3, days=12, gaps=0.1, seed=3)
    table.to_csv(tmp_path / "days.csv", index=False)
    days = f"{TABLE}_days"
    kinds = {"day": Date(), **{name: Numeric(12, 4) for name in ("sold", "morning", "noon", "evening", "price")}}
    try:
        table.to_sql(days, connection, index=False, dtype=kinds)
        connection.commit()
        whole = {**MAPPING, "query": f"select * from {days}"}  # noqa: S608
        told = open_daily(ADDRESS, DailyMapping.model_validate(whole))
        of_file = open_daily(tmp_path / "days.csv", DailyMapping.model_validate(MAPPING))
        assert list(told.lines()) == list(of_file.lines())
    finally:
        connection.execute(text(f"drop table if exists {days}"))
        connection.commit()


@pytest.mark.usefixtures("connection")
def test_the_same_rows_have_the_same_digest() -> None:
    assert open_history(ADDRESS, mapping()).digest == open_history(ADDRESS, mapping()).digest


@pytest.mark.usefixtures("connection")
@pytest.mark.parametrize(
    ("address", "query", "says"),
    [
        (ADDRESS, "select colour from nothing", 'refused the mapping\'s query: relation "nothing" does not exist'),
        ("postgresql+psycopg://me:secret@127.0.0.1:1/shop", "select 1", "cannot be opened"),
    ],
)
def test_what_is_wrong_is_said_in_a_line_without_the_password(address: str, query: str, says: str) -> None:
    with pytest.raises(HistoryError) as caught:
        open_history(address, mapping(query))
    assert says in str(caught.value)
    assert "secret" not in str(caught.value)
    assert "\n" not in str(caught.value)
