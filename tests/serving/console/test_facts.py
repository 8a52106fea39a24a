"""The panels show what was sent, all of it and nothing else, and mark what tells of a person."""

from collections.abc import Iterator
from typing import Any

from hypothesis import HealthCheck, given, settings

from data.case import Case
from data.record import Record, Unit
from features.wording import Wording
from serving.console.facts import Panel, panels
from tests.fixtures.cases import a_case, cases
from tests.fixtures.recommendations import case, failed_handoff


def titled(facts: Case) -> dict[str, Panel]:
    return {panel.title: panel for panel in panels(facts)}


def told(record: Record) -> Iterator[tuple[str, bool]]:
    """Every scalar fact of the record and of the records in it that stand alone: its sentence, whether personal."""
    for name, field in type(record).model_fields.items():
        value: Any = getattr(record, name)
        if isinstance(value, Record):
            yield from told(value)
        elif value is not None and not isinstance(value, tuple | dict):
            extra: Any = field.json_schema_extra
            yield field.description or "", extra["x-personal"]


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_every_fact_that_was_sent_is_shown_once_and_marked(facts: Case) -> None:
    shown = [(fact.name, fact.personal) for panel in panels(facts) for fact in panel.facts]
    own = [(name, True) for name, value in facts.attributes.items() if value is not None]
    assert sorted(shown) == sorted([*told(facts), *own])


@settings(max_examples=15, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_tables_have_a_row_per_record_and_no_empty_column(facts: Case) -> None:
    for panel in panels(facts):
        assert panel.facts or panel.tables
        for table in panel.tables:
            assert all(len(row) == len(table.columns) for row in table.rows)
            for column in range(len(table.columns)):
                assert any(row[column] != "–" for row in table.rows)


def test_a_case_with_nothing_but_its_event_has_one_panel() -> None:
    assert [panel.title for panel in panels(a_case())] == ["What was reported"]


def test_the_retailer_s_own_attributes_are_shown_as_the_mapping_calls_them() -> None:
    facts = a_case(attributes={"weight": 12.5, "waited": 26, "brand": "acme"})
    wordings = {"weight": Wording(called="gross weight", unit="kg"), "waited": Wording(unit=Unit.HOUR)}
    own = panels(facts, wordings)[-1]
    assert [(fact.name, fact.value) for fact in own.facts] == [
        ("gross weight", "12.5 kg"),
        ("waited", "26 h"),
        ("brand", "acme"),
    ]


def test_values_read_with_their_units_and_on_the_node_s_clock() -> None:
    shown = titled(case())
    work = {fact.name: fact.value for fact in shown["Work in the node"].facts}
    assert work["how long this task has waited"] == "41 min"
    promise = {fact.name: fact.value for fact in shown["Promise"].facts}
    assert promise["the moment the promise breaks"] == "Mon 23 Nov 2026, 08:30 CET"
    order = {fact.name: fact.value for fact in shown["Order"].facts}
    assert order["what the customer pays for the whole order"] == "EUR 240.00"


def test_personal_facts_are_marked() -> None:
    shown = titled(case())
    assert all(fact.personal for fact in shown["Customer"].facts)
    assert not any(fact.personal for fact in shown["Node"].facts)
    message = next(fact for fact in shown["What was reported"].facts if fact.name == "free text")
    assert message.personal


def test_what_could_be_done_instead_is_a_table() -> None:
    supplier = titled(failed_handoff()[0])["Supplier"]
    assert supplier.tables[0].title == "Alternatives"
    assert supplier.tables[0].rows == (("sup-10", "2 days", "EUR 18.00"),)
