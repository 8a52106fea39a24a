"""A case is strict at the edge and says the unit and the personal mark of every fact."""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

import pytest
from pydantic import ValidationError

from data.case import Case, minutes_between
from data.record import canonical, digest_of
from data.vocabulary import System, SystemState

SMALLEST: dict[str, Any] = {
    "event": {"source": "oms", "id": "e-1", "time": "2026-03-01T10:00:00+01:00"},
    "exception_id": "x-1",
}


def parse(**changes: Any) -> Case:
    return Case.model_validate_json(json.dumps(SMALLEST | changes))


def leaves(schema: dict[str, Any], at: str = "Case") -> Iterator[tuple[str, dict[str, Any]]]:
    for name, definition in {"Case": schema, **schema["$defs"]}.items():
        for field, described in definition.get("properties", {}).items():
            if "$ref" in described or any("$ref" in each for each in described.get("anyOf", [])):
                if "x-unit" in described:
                    yield f"{name}.{field}", described
                continue
            yield f"{name}.{field}", described


def test_every_fact_says_its_unit_its_meaning_and_whether_it_is_personal() -> None:
    found = dict(leaves(Case.model_json_schema()))
    assert len(found) > 90
    silent = [n for n, d in found.items() if not {"x-unit", "x-personal", "description"} <= d.keys()]
    assert not silent


def test_the_smallest_case_is_an_event_and_its_exception() -> None:
    case = parse()
    assert case.event.time.isoformat() == "2026-03-01T09:00:00+00:00"
    assert case.at_stake is None
    assert case.affected_lines == ()
    assert case.state_of(System.ERP) is None


@pytest.mark.parametrize(
    "changes",
    [
        {"surprise": 1},
        {"order": {"order_id": "o", "value": "NaN"}},
        {"order": {"order_id": "o", "value": "-1.00"}},
        {"workflow": {"queue_minutes": -1}},
        {"workflow": {"queue_minutes": "12"}},
        {"currency": "euro"},
        {"event": {"source": "oms", "id": "e", "time": "2026-03-01T10:00:00"}},
        {"event": {"source": "oms", "id": "a\u0000b", "time": "2026-03-01T10:00:00Z"}},
        {"attributes": {"a": [1]}},
        {"attributes": {"a": 2**60}},
        {"attributes": {"bad name": 1}},
        {"stock": [{"sku": "s", "node": "n", "on_hand": 1.5}]},
    ],
)
def test_what_is_not_a_case_is_refused(changes: dict[str, Any]) -> None:
    with pytest.raises(ValidationError):
        parse(**changes)


@pytest.mark.parametrize("text", ["NaN", "Infinity", "1e400"])
def test_numbers_that_are_not_numbers_are_refused(text: str) -> None:
    body = json.dumps(SMALLEST)[:-1] + ', "workflow": {"queue_minutes": ' + text + "}}"
    with pytest.raises(ValidationError):
        Case.model_validate_json(body)


def test_lines_marked_as_affected_are_the_affected_ones_else_all_are() -> None:
    lines = [{"line_id": "1", "sku": "a", "quantity": 1}, {"line_id": "2", "sku": "b", "quantity": 1}]
    assert len(parse(order={"order_id": "o", "lines": lines}).affected_lines) == 2
    lines[1]["affected"] = True
    assert [each.line_id for each in parse(order={"order_id": "o", "lines": lines}).affected_lines] == ["2"]


def test_canonical_bytes_do_not_depend_on_the_order_or_the_offset_of_what_came() -> None:
    other = {"exception_id": "x-1", "event": {"time": "2026-03-01T09:00:00Z", "id": "e-1", "source": "oms"}}
    assert canonical(Case.model_validate_json(json.dumps(other))) == canonical(parse())
    assert digest_of(parse()) == digest_of(canonical(parse()))


def test_money_is_written_with_two_decimals_at_least_and_never_as_a_float() -> None:
    case = parse(order={"order_id": "o", "value": "240"}, dependencies=[{"system": "erp", "state": "down"}])
    assert json.loads(canonical(case))["order"]["value"] == "240.00"
    assert case.state_of(System.ERP) is SystemState.DOWN


def test_minutes_between_two_moments() -> None:
    case = parse(promise={"due_at": "2026-03-01T10:30:00Z"})
    assert case.promise is not None
    assert minutes_between(case.event.time, case.promise.due_at) == 90
    assert minutes_between(None, case.event.time) is None
