import csv
import gzip
import json
import os
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from training.errors import HistoryError, MappingError
from training.histories.history import open_history
from training.tables.mapping import load_mapping, parse_mapping

CSV = """number,at,due,value,waited,channel,prio,vip,broke,closed
1,2026-01-02 08:00,2026-01-02 09:30,240,1.5,pickup,1,yes,true,2026-01-03 08:00
1,2026-01-02 08:00,2026-01-02 09:30,250,2.5,pickup,1,yes,true,2026-01-03 08:00
2,2026-01-01 23:30,,12.345,,home,2,,false,2026-01-01 23:45
3,2026-01-04 10:00,,,,home,,no,,
"""
MAPPING: dict[str, Any] = {
    "schema": "fairlead/mapping/1",
    "view": {"rows": "at_opening", "key": "number"},
    "facts": {
        "event.source": {"constant": "desk"},
        "event.id": {"join": ["number", "prio"]},
        "event.time": {"column": "at", "zone": "Europe/Berlin", "format": "%Y-%m-%d %H:%M"},
        "exception_id": "number",
        "order.order_id": "number",
        "order.value": "value",
        "workflow.queue_minutes": {"column": "waited", "unit": "h"},
        "channel": {"column": "channel", "values": {"pickup": "bopis", "home": "ship_to_home"}},
        "promise.due_at": {"column": "at", "zone": "Europe/Berlin", "plus": "P1DT2H"},
        "stock.0.sku": {"constant": "a"},
        "stock.0.node": {"constant": "n"},
        "stock.1.sku": {"constant": "b"},
        "stock.1.node": {"constant": "n"},
    },
    "attributes": {
        "prio": "prio",
        "vip": {"column": "vip", "kind": "flag"},
        "waited": {"column": "waited", "kind": "number"},
    },
    "outcome": {"sla_breached": "broke", "recorded_at": {"column": "closed", "zone": "UTC"}},
}  # fmt: skip


def changed(**facts: Any) -> Any:
    return parse_mapping({**MAPPING, "facts": {**MAPPING["facts"], **facts}})


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "log.csv"
    path.write_text(CSV.replace("3,2026-01-04 10:00,,,,home,,no", "3,2026-01-04 10:00,,,,home,3,no"))
    return path


def test_a_table_becomes_cases_in_time_order_one_per_key(table: Path) -> None:
    lines = list(open_history(table, parse_mapping(MAPPING)).lines())
    assert [line.case.exception_id for line in lines] == ["2", "1", "3"]
    assert [line.case.event.id for line in lines] == ["2-2", "1-1", "3-3"]


def test_facts_arrive_in_their_units_and_in_utc(table: Path) -> None:
    case = list(open_history(table, parse_mapping(MAPPING)).lines())[1].case
    assert case.promise
    assert case.workflow
    assert case.order
    assert case.event.time == datetime(2026, 1, 2, 7, tzinfo=UTC)
    assert case.promise.due_at == datetime(2026, 1, 3, 9, tzinfo=UTC)
    assert case.workflow.queue_minutes == 90
    assert case.order.value == Decimal(240)
    assert case.channel == "bopis"
    assert [position.sku for position in case.stock] == ["a", "b"]
    assert case.attributes == {"prio": "1", "vip": True, "waited": 1.5}


def test_an_empty_cell_is_an_absent_fact_and_an_outcome_without_its_moment_is_unknown(table: Path) -> None:
    first, _, last = open_history(table, parse_mapping(MAPPING)).lines()
    assert first.case.workflow is None
    assert "vip" not in first.case.attributes
    assert first.outcome
    assert first.outcome.sla_breached is False
    assert last.outcome is None


def test_every_update_keeps_every_row(table: Path) -> None:
    mapping = parse_mapping({**MAPPING, "view": {"rows": "every_update"}})
    assert len(list(open_history(table, mapping).lines())) == 4


@pytest.mark.parametrize(
    ("facts", "says"),
    [
        (
            {"order.value": "channel"},
            "row 1 of the data (the header is not counted), mapping key 'facts.order.value': expected a number, got "
            "'pickup'; where it",
        ),
        ({"promise.due_at": "at"}, "declare the column's zone"),
        (
            {"promise.due_at": "channel"},
            "expected an instant as ISO 8601, got 'pickup'; where it means that nothing is known, say missing",
        ),
        ({"channel": "channel"}, "mapping key 'facts.channel': expected 'bopis'"),
    ],
)
def test_a_cell_that_does_not_fit_says_the_key_what_was_expected_and_what_came(
    table: Path, facts: Any, says: Any
) -> None:
    with pytest.raises(HistoryError) as caught:
        list(open_history(table, changed(**facts)).lines())
    assert says in str(caught.value)


def test_an_unknown_column_is_named_beside_those_there_are(table: Path) -> None:
    with pytest.raises(MappingError, match="names column 'colour'; the file has at, broke, channel"):
        open_history(table, changed(region="colour"))


ODD = """id,iso,day,seconds,price,state,late,promised,note,reason,known_at
a,2026-01-02T23:59,03.01.2026 10:00,1767434400,"1.234,5",open,N,04.01.2026 10:00,wet,rain,05.01.2026 10:00
a,2026-01-03T00:00,03.01.2026 12:00,1767434400,?,open,J,03.01.2026 10:00,,rain,03.01.2026 11:00
b,2026-01-04,04.01.2026 10:00,1767520800,7,void,N,,dry,,
"""


def odd(tmp_path: Path, **changes: Any) -> Any:
    path = tmp_path / "odd.csv"
    path.write_text(ODD)
    german = "%d.%m.%Y %H:%M"
    mapping: dict[str, Any] = {
        "schema": "fairlead/mapping/1",
        "missing": ["?"],
        "zone": "Europe/Berlin",
        "decimal": ",",
        "thousands": ".",
        "facts": {
            "event.source": {"constant": "s"},
            "event.id": {"row": True},
            "event.time": {"column": "day", "format": german},
            "exception_id": "id",
            "order.order_id": "id",
            "order.placed_at": {"column": "seconds", "format": "epoch_seconds"},
            "order.value": "price",
            "message": {"text": ["note", "reason"]},
        },
        "attributes": {
            "late": {"column": "late", "kind": "flag", "values": {"J": True, "N": False}},
            "promised": {"column": "promised", "kind": "instant", "format": german},
            "reason": {"column": "reason", "known": {"column": "known_at", "format": german}},
            "state": {"column": "state", "known": "later"},
        },
        "outcome": {
            "sla_breached": {
                "later": {"column": "known_at", "format": german},
                "than": {"column": "promised", "format": german, "plus": "PT23H"},
            },
            "recorded_at": {"constant": "2026-02-01"},
        },
    }
    return list(open_history(path, parse_mapping({**mapping, **changes})).lines())


def test_what_holds_for_all_columns_is_said_once(tmp_path: Path) -> None:
    first, second, _ = (line.case for line in odd(tmp_path))
    assert first.order
    assert second.order
    assert first.order.value == Decimal("1234.5")
    assert second.order.value is None
    assert first.event.time == datetime(2026, 1, 3, 9, tzinfo=UTC)
    assert first.order.placed_at == datetime(2026, 1, 3, 10, tzinfo=UTC)


def test_cents_become_money_and_per_cent_a_share(table: Path) -> None:
    scaled = {
        "order.value": {"column": "value", "scale": 0.01},
        "carrier.address_score": {"column": "waited", "scale": 0.01},
    }
    cents = changed(**{**scaled, "carrier.id": {"constant": "c"}})
    second, first, _ = (line.case for line in open_history(table, cents).lines())
    assert first.order
    assert first.order.value == Decimal("2.4")
    assert first.carrier
    assert first.carrier.address_score == 0.015
    assert second.order
    assert second.order.value == Decimal("0.1234")


def test_every_update_is_an_event_of_its_own_by_the_number_of_its_row(tmp_path: Path) -> None:
    cases = [line.case for line in odd(tmp_path)]
    assert [(case.event.id, case.exception_id) for case in cases] == [("1", "a"), ("2", "a"), ("3", "b")]


def test_an_instant_becomes_the_hours_to_it_and_its_local_hour_and_weekday(tmp_path: Path) -> None:
    first, _, last = (line.case for line in odd(tmp_path))
    assert first.attributes["promised_hours"] == 24.0
    assert first.attributes["promised_hour"] == 10
    assert first.attributes["promised_weekday"] == 6
    assert "promised_hours" not in last.attributes


def test_what_is_known_later_is_absent_until_then(tmp_path: Path) -> None:
    first, second, last = (line.case for line in odd(tmp_path))
    assert "reason" not in first.attributes
    assert second.attributes["reason"] == "rain"
    assert "reason" not in last.attributes
    assert all("state" not in line.case.attributes for line in odd(tmp_path))


def test_rows_from_the_end_of_a_case_on_are_no_cases(tmp_path: Path) -> None:
    until = {"column": "known_at", "format": "%d.%m.%Y %H:%M"}
    assert [line.case.event.id for line in odd(tmp_path, view={"until": until})] == ["1", "3"]


def test_columns_of_text_become_the_message(tmp_path: Path) -> None:
    assert [line.case.message for line in odd(tmp_path)] == ["wet\nrain", "rain", "dry"]


def test_two_instants_compared_tell_the_outcome(tmp_path: Path) -> None:
    told = [line.outcome.sla_breached for line in odd(tmp_path) if line.outcome]
    assert told == [True, False, None]


@pytest.mark.parametrize(
    ("where", "kept"),
    [
        ({"state": "open"}, ["1", "2"]),
        ({"state": {"none_of": ["open"]}}, ["3"]),
        ({"price": {"filled": True}}, ["1", "3"]),
        ({"price": {"filled": False}}, ["2"]),
        ({"seconds": {"at_least": 1767520800}}, ["3"]),
        ({"seconds": {"below": 1767520800}, "late": "J"}, ["2"]),
        ({"iso": {"at_least": date(2026, 1, 3), "below": "2026-01-04"}}, ["2"]),
    ],
)
def test_only_the_rows_that_pass_every_condition_are_read(tmp_path: Path, where: Any, kept: list[str]) -> None:
    assert [line.case.event.id for line in odd(tmp_path, where=where)] == kept


def test_conditions_that_leave_no_row_name_the_column(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match=r"where\.state.*no row is left"):
        odd(tmp_path, where={"state": "opne"})


def native(time: Any, **case: Any) -> Any:
    event = {"source": "s", "id": time, "time": time}
    return json.dumps({"case": {"event": event, "exception_id": "e", **case}})


def test_a_native_history_is_read_line_by_line_also_compressed(tmp_path: Path) -> None:
    path = tmp_path / "history.jsonl.gz"
    path.write_bytes(gzip.compress("\n".join(map(native, ("2026-01-01T00:00:00Z", "2026-01-02T00:00:00Z"))).encode()))
    history = open_history(path)
    assert [line.case.event.time.day for line in history.lines()] == [1, 2]
    assert len(list(history.lines())) == 2


def test_a_file_that_was_not_copied_whole_is_said(tmp_path: Path) -> None:
    whole = gzip.compress("\n".join(map(native, (f"2026-01-{day:02}T00:00:00Z" for day in range(1, 29)))).encode())
    path = tmp_path / "history.jsonl.gz"
    path.write_bytes(whole[:-20])
    with pytest.raises(HistoryError, match="not copied whole"):
        list(open_history(path).lines())
    with pytest.raises(HistoryError, match="not copied whole"):
        open_history(path, parse_mapping(MAPPING))


@pytest.mark.parametrize("separator", [";", "\t", "|"])
def test_cells_may_be_separated_as_spreadsheets_do(tmp_path: Path, table: Path, separator: str) -> None:
    other = tmp_path / "other.csv"
    other.write_text("\ufeff" + table.read_text().replace(",", separator), encoding="utf-8")
    mapping = parse_mapping(MAPPING)
    assert list(open_history(other, mapping).lines()) == list(open_history(table, mapping).lines())


GERMAN = {**MAPPING, "facts": {**MAPPING["facts"], "channel": {"constant": "bopis"}}, "attributes": {"how": "channel"}}


def test_letters_of_another_encoding_are_said_with_what_to_do(tmp_path: Path) -> None:
    path = tmp_path / "latin.csv"
    path.write_bytes(CSV.replace("home", "häuser").encode("latin-1"))
    with pytest.raises(HistoryError, match="is not UTF-8") as refused:
        open_history(path, parse_mapping(MAPPING))
    assert "encoding: cp1252" in str(refused.value)
    assert "iconv -f CP1252 -t UTF-8 latin.csv > utf8-latin.csv" in str(refused.value)
    with pytest.raises(HistoryError, match="is not ascii, as encoding in the mapping says"):
        open_history(path, parse_mapping({**MAPPING, "encoding": "ascii"}))


@pytest.mark.parametrize("encoding", ["latin-1", "cp1252", "utf-16", "UTF-8"])
@pytest.mark.parametrize("suffix", ["csv", "csv.gz", "jsonl"])
def test_a_mapping_says_how_letters_are_written(tmp_path: Path, encoding: str, suffix: str) -> None:
    words = CSV.replace("home", "häuser").replace("häuser,,no", "häuser,3,no")
    rows = list(csv.DictReader(words.splitlines()))
    told = "\n".join(json.dumps(each, ensure_ascii=False) for each in rows) if suffix == "jsonl" else words
    path = tmp_path / f"german.{suffix}"
    path.write_bytes((gzip.compress if suffix.endswith("gz") else bytes)(told.encode(encoding)))
    lines = open_history(path, parse_mapping({**GERMAN, "encoding": encoding})).lines()
    assert {each.case.attributes.get("how") for each in lines} == {"pickup", "häuser"}


def test_of_rows_with_one_fault_the_first_of_the_file_is_named(tmp_path: Path) -> None:
    path = tmp_path / "log.csv"
    path.write_text("number,at\n7,2026-01-01T00:00:00Z\n8x,2026-01-03T00:00:00Z\n9x,2026-01-02T00:00:00Z\n")
    facts = {"event.source": {"constant": "s"}, "event.id": "number", "event.time": "at", "exception_id": "number"}
    mapping = {
        "schema": "fairlead/mapping/1",
        "facts": facts,
        "attributes": {"number": {"column": "number", "kind": "number"}},
    }
    with pytest.raises(HistoryError, match=r"^row 2 of the data .*attributes.number.*got '8x'"):
        list(open_history(path, parse_mapping(mapping)).lines())


@pytest.mark.parametrize(
    ("lines", "says"),
    [
        (["2026-01-02T00:00:00Z", "2026-01-01T00:00:00Z"], "earlier than the one before"),
        (["2026-01-02T00:00:00"], "line 1: case.event.time"),
    ],
)
def test_a_native_history_that_is_wrong_says_where(tmp_path: Path, lines: Any, says: Any) -> None:
    path = tmp_path / "history.jsonl"
    path.write_text("\n".join(map(native, lines)))
    with pytest.raises(HistoryError, match=says):
        list(open_history(path).lines())


def test_a_table_without_a_mapping_asks_for_one(table: Path) -> None:
    with pytest.raises(HistoryError, match="give --mapping"):
        open_history(table)


def test_the_incident_log_opens_with_its_mapping() -> None:
    folder = os.environ.get("FAIRLEAD_DATA")
    if not folder:
        pytest.skip("FAIRLEAD_DATA does not name the folder of real histories")
    mapping = load_mapping(Path("examples/mappings/incident_log.yaml"))
    line = next(open_history(Path(folder) / "uci_incident_event_log.parquet", mapping).lines())
    assert line.case.attributes["priority"] == "3"
    assert line.outcome
    assert line.outcome.resolved_at
    assert line.outcome.recorded_at > line.outcome.resolved_at


def test_every_update_of_the_incident_log_is_an_event_that_knows_nothing_later() -> None:
    folder = os.environ.get("FAIRLEAD_DATA")
    if not folder:
        pytest.skip("FAIRLEAD_DATA does not name the folder of real histories")
    mapping = load_mapping(Path("examples/mappings/incident_updates.yaml"))
    events, cases = set(), set()
    for line in open_history(Path(folder) / "uci_incident_event_log.parquet", mapping).lines():
        case, outcome = line.case, line.outcome
        events.add(case.event.id)
        cases.add(case.exception_id)
        assert outcome
        resolved = outcome.resolved_at is not None and outcome.resolved_at <= case.event.time
        assert resolved or "resolved_by" not in case.attributes
    assert (len(events), len(cases)) == (101_045, 17_136)
