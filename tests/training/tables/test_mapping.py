from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from data.record import Unit
from data.vocabulary import Task
from features.derived import Derived
from features.wording import Wording
from training.daily.opening import is_daily, load_daily_mapping
from training.errors import MappingError
from training.tables.mapped import RowMapper
from training.tables.mapping import load_mapping, parse_mapping, require_task

FACTS = {"event.source": {"constant": "desk"}, "event.id": "id", "event.time": "at", "exception_id": "id"}


def mapping(**changes: Any) -> Any:
    return {"schema": "fairlead/mapping/1", "facts": FACTS, **changes}


def test_a_bare_name_is_a_column_and_a_list_is_the_first_filled() -> None:
    parsed = parse_mapping(mapping(outcome={"recorded_at": ["closed", "resolved"]}))
    assert parsed.facts["exception_id"].column == ("id",)
    assert parsed.outcome["recorded_at"].column == ("closed", "resolved")


@pytest.mark.parametrize(
    ("change", "key", "says"),
    [
        ({"facts": {**FACTS, "event.tim": "at"}}, "facts.event.tim", "the nearest is 'event.time'"),
        ({"facts": {**FACTS, "promise": "due"}}, "facts.promise", "no such fact"),
        ({"facts": {"event.id": "id"}}, "facts.event.source", "missing"),
        ({"facts": {**FACTS, "channel": {}}}, "facts.channel", "exactly one of column, join, text, row and constant"),
        ({"facts": {**FACTS, "channel": {"column": "c", "zone": "UTC"}}}, "facts.channel", "are for instants"),
        ({"facts": {**FACTS, "order.value": {"column": "v", "unit": "h"}}}, "facts.order.value", "cannot turn h"),
        ({"facts": {**FACTS, "order.value": "v"}}, "facts.order.order_id", "facts.order.value cannot be told without"),
        ({"facts": {**FACTS, "stock.0.sku": "s"}}, "facts.stock.0.node", "facts.stock.0.sku cannot be told without"),
        ({"outcome": {"sla_breached": "broke"}}, "outcome.recorded_at", "missing"),
        ({"attributes": {"late": "made_sla"}, "leaks": {"made_sla": "it is the target"}}, "attributes.late", "a leak"),
        ({"attributes": {"late": "broke"}, "outcome": {"recorded_at": "broke"}}, "attributes.late", "tells the out"),
        ({"view": {"rows": "at_opening"}}, "view", "needs key"),
        ({"colour": "red"}, "colour", "no such key; the keys here are schema, says"),
        ({"leak": {"a": "late"}}, "leak", "no such key; did you mean 'leaks'?"),
        ({"Attribute": {"a": "a"}}, "Attribute", "did you mean 'attributes'?"),
        ({"attributes": {"dest": {"colum": "dest"}}}, "attributes.dest.colum", "did you mean 'column'?"),
        ({"attributes": {"a": {"column": "a", "known": {"colum": "b"}}}}, "attributes.a.known.colum", "mean 'column'?"),
        ({"where": {"a": {"one": "b"}}}, "where.a.one", "no such key; did you mean 'one_of'?"),
        ({"view": {"row": "at_opening"}}, "view.row", "did you mean 'rows'?"),
        ({"files": {"x": {"file": "x.csv", "keys": "a"}}}, "files.x.keys", "did you mean 'key'?"),
        ({"files": {"x": {"key": "a"}}}, "files.x.file", "missing; it cannot be left out"),
        ({"attributes": {"my dest": "d"}}, "attributes.my dest", "begins with a letter or _ and goes on with letters"),
        ({"attributes": {"a": {"constant": [1]}}}, "attributes.a.constant", "one text, one number, or true or false"),
        ({"attributes": {"a": {"column": "a", "kind": "no"}}}, "attributes.a.kind", "expected 'number', 'category'"),
        ({"leaks": ["a"]}, "leaks", "expected a table of keys, got ['a']"),
        ({"facts": {**FACTS, "promise.due_at": {"column": "d", "plus": "45m"}}}, "facts.promise.due_at.plus", "PT45M"),
        ({"facts": {**FACTS, "channel": {"join": "a", "text": "b"}}}, "facts.channel", "keep one of join and text"),
        ({"outcome": {"recorded_at": "at"}}, "outcome.recorded_at", "'at' is facts.event.time, known when the case"),
        ({"facts": {**FACTS, "message": {"row": True, "column": "c"}}}, "facts.message", "exactly one of"),
        ({"facts": {**FACTS, "order.value": {"row": True}}}, "facts.order.value", "makes an identifier"),
        ({"facts": {**FACTS, "channel": {"text": "c"}}}, "facts.channel", "text makes a text"),
        ({"facts": {**FACTS, "channel": {"column": "c", "decimal": ","}}}, "facts.channel", "are for numbers"),
        ({"facts": {**FACTS, "channel": {"column": "c", "scale": 0.01}}}, "facts.channel", "scale is for numbers"),
        ({"facts": {**FACTS, "order.value": {"column": "c", "scale": 0}}}, "facts.order.value.scale", "greater than 0"),
        ({"facts": {**FACTS, "event.id": {"column": "id", "known": "later"}}}, "facts.event.id.known", "may be absent"),
        (
            {"attributes": {"due": {"column": "d", "kind": "instant"}, "due_hours": "h"}},
            "attributes.due",
            "makes due_hours",
        ),
        (
            {"attributes": {"due": {"column": "d", "kind": "instant", "parts": "month"}, "due_month": "h"}},
            "attributes.due",
            "makes due_month",
        ),
        ({"attributes": {"a": {"column": "d", "parts": "month"}}}, "attributes.a", "are those of an instant"),
        ({"attributes": {"a": {"column": "d", "unit": "each"}}}, "attributes.a", "beside kind: number; this"),
        (
            {"attributes": {"a": {"column": "d", "kind": "number", "unit": "label"}}},
            "attributes.a",
            "unit is one of min, h, d, each, ratio, money, score, or a short word of your own such as kg",
        ),
        ({"attributes": {"a": {"column": "d", "unit": "kg"}}}, "attributes.a", "beside kind: number; this"),
        (
            {"attributes": {"a": {"column": "d", "kind": "number", "unit": "hours"}}},
            "attributes.a.unit",
            "write h: that is a unit we know",
        ),
        (
            {"attributes": {"a": {"column": "d", "kind": "number", "unit": "kg {value}"}}},
            "attributes.a.unit",
            "a word of your own such as kg in 1 to 12 printable characters",
        ),
        (
            {"facts": {**FACTS, "workflow.queue_minutes": {"column": "v", "unit": "kg"}}},
            "facts.workflow.queue_minutes",
            "cannot turn kg into min",
        ),
        (
            {"facts": {**FACTS, "workflow.queue_minutes": {"column": "v", "unit": "hours"}}},
            "facts.workflow.queue_minutes.unit",
            "write h",
        ),
        (
            {"attributes": {"a": {"kind": "number", "first_of": ["a", {"column": "b", "unit": "h"}]}}},
            "attributes.a",
            "say it beside first_of",
        ),
        (
            {"attributes": {"a": {"column": "d", "called": "the stock"}}},
            "attributes.a.called",
            "leave the article out",
        ),
        ({"attributes": {"a": {"column": "d", "kind": "instant", "parts": []}}}, "attributes.a", "parts: [] says"),
        (
            {"facts": {**FACTS, "event.time": {"column": "at", "format": []}}},
            "facts.event.time",
            "format: [] says nothing: expected one or more in the list, or no format at all",
        ),
        ({"facts": {**FACTS, "channel": {"column": "c", "join": []}}}, "facts.channel", "join: [] says nothing"),
        ({"attributes": {"a": {"column": "d", "missing": []}}}, "attributes.a", "missing: [] says nothing"),
        (
            {"attributes": {"a": {"column": "d", "kind": "number", "plus": "P1D"}}},
            "attributes.a",
            "plus can only stand beside kind: instant; this is kind: number. Change the kind, or leave plus out",
        ),
        (
            {"attributes": {"a": {"column": "d", "zone": "UTC", "format": "%Y"}}},
            "attributes.a",
            "zone and format can only stand beside kind: instant; this is kind: category",
        ),
        (
            {"attributes": {"a": ["c", {"column": "d", "scale": 0.01}]}},
            "attributes.a",
            "scale can only stand beside kind: number; this is kind: category",
        ),
        ({"attributes": {"a": {"column": "d", "called": "{value}"}}}, "attributes.a.called", "without { } [ ] and |"),
        ({"facts": {**FACTS, "channel": {"column": "c", "called": "way"}}}, "facts.channel.called", "no such key"),
        ({"missing": [False]}, "missing.0", "quote it"),
        ({"missing": "<not a number>"}, "missing", "beside the source of one number, not here"),
        (
            {"facts": {**FACTS, "channel": {"column": "c", "missing": "<not a number>"}}},
            "facts.channel.missing",
            "is for numbers",
        ),
        (
            {"attributes": {"a": {"column": "a", "missing": ["?", "<not a number>"]}}},
            "attributes.a.missing",
            "is for numbers, so say kind: number",
        ),
        ({"attributes": {"a": {"column": "a", "without": "kg"}}}, "attributes.a.without", "so say kind: number"),
        ({"outcome": {"stockout": "a", "recorded_at": "b", "horizon": "P3M"}}, "outcome.horizon", "got 'P3M'"),
        ({"outcome": {"stockout": "a", "recorded_at": "b", "horizon": 90}}, "outcome.horizon", "expected a duration"),
        ({"outcome": {"stockout": "a", "recorded_at": "b", "horizon": "P0D"}}, "outcome.horizon", "longer than none"),
        ({"outcome": {"stockout": "a", "recorded_at": "b", "horizon": "-P1D"}}, "outcome.horizon", "longer than none"),
        ({"outcome": {"stockout": "a", "recorded_at": "b", "horizon": "P1DT"}}, "outcome.horizon", "got 'P1DT'"),
        (
            {"outcome": {"stockout": "a", "recorded_at": "b", "horizon": "P99999999999D"}},
            "outcome.horizon",
            "expected a duration",
        ),
        ({"outcome": {"sla_breached": "a", "recorded_at": "b", "horizon": "P1D"}}, "outcome.horizon", "is missing"),
        ({"horizon": "P1D"}, "horizon", "no such key"),
        ({"outcome": {"sla_breached": {"later": "a"}, "recorded_at": "b"}}, "outcome.sla_breached", "later with than"),
        ({"facts": {**FACTS, "channel": ["a", {"colum": "b"}]}}, "facts.channel.1.colum", "did you mean 'column'?"),
        (
            {"facts": {**FACTS, "channel": {"first_of": ["a"], "column": "b"}}},
            "facts.channel",
            "keep one of column and first_of",
        ),
        (
            {"facts": {**FACTS, "event.time": {"first_of": ["at"], "zone": "UTC", "plus": "P1D"}}},
            "facts.event.time",
            "plus and zone cannot stand beside first_of: say it in each of its sources",
        ),
        (
            {"attributes": {"a": {"first_of": [{"column": "a", "known": "later"}]}}},
            "attributes.a",
            "say it beside first_of",
        ),
        (
            {"facts": {**FACTS, "channel": {"first_of": ["a", {"column": "b", "zone": "UTC"}]}}},
            "facts.channel.first_of.1",
            "are for instants",
        ),
        (
            {"attributes": {"a": {"first_of": ["a", "broke"]}}, "leaks": {"broke": "it is the target"}},
            "attributes.a",
            "a leak",
        ),
    ],
)  # fmt: skip
def test_a_wrong_key_is_named_with_what_was_expected(change: Any, key: Any, says: Any) -> None:
    with pytest.raises(MappingError) as caught:
        parse_mapping(mapping(**change))
    assert caught.value.key == key
    assert says in str(caught.value)
    assert not [word for word in ("Value error", "Input should", "^", "\n") if word in str(caught.value)]


def test_a_key_that_is_none_is_blamed_before_the_one_that_is_missing_for_it() -> None:
    with pytest.raises(MappingError, match="mapping key 'fact': no such key; did you mean 'facts'") as caught:
        parse_mapping({"schema": "fairlead/mapping/1", "fact": FACTS})
    assert caught.value.key == "fact"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("schema: a\nfacts: {event.id: id\n", "not YAML at line 3, column 1: "),
        ("schema: a\n\tfacts: b\n", "not YAML at line 2, column 1: "),
        ("says: \x00", "not YAML: "),
        ("", "expected keys, from schema: fairlead/mapping/1 on, got nothing"),
        ("[a, b]", "got ['a', 'b']"),
    ],
)
def test_a_file_that_is_no_mapping_is_said_in_one_line_that_blames_no_key(text: str, says: str, tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(text)
    with pytest.raises(MappingError) as caught:
        load_mapping(path)
    assert says in str(caught.value)
    assert str(caught.value).startswith(f"mapping file {path}: ")
    assert "\n" not in str(caught.value)


def test_what_a_mapping_can_say_since_leaves_the_digest_of_one_that_does_not_say_it() -> None:
    told = parse_mapping(mapping(outcome={"recorded_at": {"column": "end", "format": "%Y"}})).model_dump(mode="json")
    assert told["outcome"]["recorded_at"]["format"] == "%Y"
    assert told["facts"]["event.id"]["format"] is None
    assert "first_of" not in told["facts"]["event.id"]
    due = parse_mapping(mapping(attributes={"due": {"column": "d", "kind": "instant"}})).model_dump(mode="json")
    assert "parts" not in due["attributes"]["due"]
    several = {"first_of": [{"column": "end", "format": ["%Y", "%y"]}]}
    assert parse_mapping(mapping(outcome={"recorded_at": several})).model_dump(mode="json")["outcome"]["recorded_at"][
        "first_of"
    ][0]["format"] == ["%Y", "%y"]


def test_comments_and_order_do_not_change_the_digest() -> None:
    turned = {"facts": dict(reversed(FACTS.items())), "schema": "fairlead/mapping/1"}
    assert parse_mapping(turned).digest == parse_mapping(mapping()).digest


@pytest.mark.parametrize("path", sorted(Path("examples/mappings").glob("*.yaml")), ids=lambda path: path.name)
def test_every_example_mapping_is_sound(path: Path) -> None:
    assert (load_daily_mapping(path) if is_daily(path) else load_mapping(path)).columns


def test_a_file_that_is_not_there_is_said_plainly(tmp_path: Path) -> None:
    with pytest.raises(MappingError, match="cannot be read"):
        load_mapping(tmp_path / "none.yaml")


def test_an_outcome_that_is_known_at_once_in_a_table_without_times_is_refused() -> None:
    moment = {"constant": "2026-01-01T00:00:00Z"}
    parsed = parse_mapping(mapping(facts={**FACTS, "event.time": moment}, outcome={"recorded_at": moment}))
    with pytest.raises(MappingError, match=r"outcome\.recorded_at.*must be later"):
        RowMapper(parsed)


def test_yes_and_no_are_the_words_of_a_table(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_text(
        "schema: fairlead/mapping/1\nmissing: [No, -99]\n"
        "facts: {event.source: {constant: s}, event.id: id, event.time: at, exception_id: id}\n"
        "attributes: {late: {column: on, kind: flag, values: {Off: false, yes: true}}}\n"
    )
    parsed = load_mapping(path)
    assert parsed.missing == ("No", "-99")
    assert parsed.attributes["late"].values == {"Off": False, "yes": True}
    assert parsed.attributes["late"].column == ("on",)


@pytest.mark.parametrize(
    ("outcome", "task", "key"),
    [
        ("stockout", Task.STOCKOUT, "facts.stock.0.sku"),
        ("stockout", Task.ROOT_CAUSE, "outcome.root_cause"),
        ("root_cause", Task.SLA_BREACH, "outcome.sla_breached"),
        ("root_cause", Task.ROOT_CAUSE, None),
        ("resolved_at", Task.SLA_BREACH, None),
    ],
)
def test_a_task_needs_an_outcome_that_tells_its_truth(outcome: str, task: Task, key: str | None) -> None:
    parsed = parse_mapping(mapping(outcome={outcome: "a", "recorded_at": "b"}))
    if key is None:
        require_task(parsed, task)
        return
    with pytest.raises(MappingError) as caught:
        require_task(parsed, task)
    assert caught.value.key == key


def test_a_day_and_a_time_in_two_columns_make_an_instant() -> None:
    source = {"join": ["day", "clock"], "format": "%Y%m%d-%H:%M", "zone": "UTC"}
    mapper = RowMapper(parse_mapping(mapping(facts={**FACTS, "event.time": source})))
    assert mapper.event_time({"day": "20260102", "clock": "10:30"}, 1) == datetime(2026, 1, 2, 10, 30, tzinfo=UTC)


def test_a_mapping_of_another_encoding_is_said_plainly(tmp_path: Path) -> None:
    path = tmp_path / "mapping.yaml"
    path.write_bytes("says: Häuser".encode("latin-1"))
    with pytest.raises(MappingError, match="not YAML"):
        load_mapping(path)
    assert not is_daily(path)


def test_what_names_an_event_is_told_apart_from_what_a_case_holds() -> None:
    plain = parse_mapping(mapping())
    assert plain.naming == {"event.source": {"constant": "desk"}, "event.id": {"column": ["id"]}}
    assert parse_mapping(mapping(attributes={"more": "m"}, missing=["-99"])).naming == plain.naming
    assert parse_mapping(mapping(facts={**FACTS, "event.id": {"row": True}})).naming["event.id"] == {"row": True}
    joined = parse_mapping(mapping(facts={**FACTS, "event.id": {"join": ["id", "line"]}}))
    assert joined.naming["event.id"] == {"join": ["id", "line"]}
    either = parse_mapping(mapping(facts={**FACTS, "event.id": [{"column": "id"}, {"join": ["po", "line"]}]}))
    assert [each["column"] for each in either.naming["event.id"]["first_of"]] == [["id"], []]


def test_what_attributes_are_called_is_told_by_the_names_of_the_cases() -> None:
    attributes = {
        "inv": {"column": "a", "kind": "number", "called": "stock on hand", "unit": "each"},
        "due": {"column": "b", "kind": "instant", "called": "delivery", "parts": ["hours", "month"]},
        "sent": {"column": "b", "kind": "instant", "parts": "hours"},
        "plain": "c",
        "heavy": {"column": "w", "kind": "number", "unit": "kg"},
    }
    assert parse_mapping(mapping(attributes=attributes)).wordings == {
        "heavy": Wording(unit="kg"),
        "inv": Wording(called="stock on hand", unit=Unit.EACH),
        "due_hours": Wording(called="delivery", unit=Unit.HOUR, part="hours", zone="UTC"),
        "due_month": Wording(called="delivery", part="month", zone="UTC"),
        "sent_hours": Wording(part="hours", zone="UTC"),
    }


def test_the_clock_of_an_instant_is_its_zone_else_the_mapping_s_and_none_where_sources_differ() -> None:
    sources: dict[str, dict[str, Any]] = {
        "own": {"column": "a", "zone": "Asia/Tokyo"},
        "its": {"column": "a"},
        "two": {"first_of": ["a", {"column": "b", "zone": "Asia/Tokyo"}]},
    }
    attributes = {name: {**source, "kind": "instant", "parts": "hour"} for name, source in sources.items()}
    told = parse_mapping(mapping(attributes=attributes, zone="Europe/Berlin")).wordings
    assert {name: each.zone for name, each in told.items()} == {
        "own_hour": "Asia/Tokyo",
        "its_hour": "Europe/Berlin",
        "two_hour": None,
    }


def test_a_mapping_that_calls_nothing_has_the_digest_it_always_had() -> None:
    plain = parse_mapping(mapping(attributes={"inv": {"column": "a", "kind": "number"}}))
    named = parse_mapping(mapping(attributes={"inv": {"column": "a", "kind": "number", "called": "stock"}}))
    assert "called" not in plain.model_dump(mode="json")["attributes"]["inv"]
    assert plain.digest != named.digest


def test_an_encoding_is_one_of_text_and_leaves_the_digest_of_a_mapping_without_one() -> None:
    assert parse_mapping({**mapping(), "encoding": "latin1"}).encoding == "iso8859-1"
    assert "encoding" not in parse_mapping(mapping()).model_dump()
    for wrong in ("klingon", "base64"):
        with pytest.raises(MappingError, match=r"encoding.*such as cp1252, latin-1 or utf-16"):
            parse_mapping({**mapping(), "encoding": wrong})
    with pytest.raises(MappingError, match="a database says itself"):
        parse_mapping({**mapping(), "encoding": "cp1252", "query": "select 1"})


NUMBERS = {each: {"column": each, "kind": "number"} for each in ("stock", "coming", "forecast")}


def test_a_number_is_derived_of_two_and_of_what_was_derived_above() -> None:
    derived = {
        "supply": {"sum": ["stock", "coming"], "called": "supply", "unit": "each"},
        "cover": {"ratio": ["supply", "forecast"]},
    }
    parsed = parse_mapping(mapping(attributes=NUMBERS, derived=derived))
    assert parsed.wordings == {
        "supply": Wording(called="supply", unit=Unit.EACH, derived=Derived(way="sum", one="stock", other="coming")),
        "cover": Wording(derived=Derived(way="ratio", one="supply", other="forecast")),
    }
    assert set(parsed.told_attributes()) == NUMBERS.keys()
    assert parsed.columns == ("at", "coming", "forecast", "id", "stock")


def test_what_an_instant_becomes_can_be_one_of_the_two() -> None:
    attributes = {**NUMBERS, "due": {"column": "d", "kind": "instant"}}
    parsed = parse_mapping(mapping(attributes=attributes, derived={"pace": {"ratio": ["stock", "due_hours"]}}))
    assert parsed.wordings["pace"].derived == Derived(way="ratio", one="stock", other="due_hours")


@pytest.mark.parametrize(
    ("derived", "key", "says"),
    [
        (
            {"a": {"ratio": ["stock"]}},
            "derived.a",
            "exactly one of sum, difference, product, ratio, share, of two attributes",
        ),
        ({"a": {"ratio": ["stock", "coming"], "sum": ["stock", "coming"]}}, "derived.a", "exactly one of"),
        ({"a": {"sum": ["stock", "coming", "forecast"]}}, "derived.a", "of two attributes"),
        ({"a": {}}, "derived.a", "exactly one of"),
        ({"a": {"ratio": []}}, "derived.a", "says nothing"),
        ({"a": {"ratio": ["stock", 24]}}, "derived.a.ratio", "names of two attributes: a number by itself is none"),
        ({"a": {"ration": ["stock", "coming"]}}, "derived.a.ration", "did you mean 'ratio'?"),
        ({"a": {"ratio": ["stok", "coming"]}}, "derived.a.ratio", "'stok' is neither a number.*nearest is 'stock'"),
        ({"a": {"ratio": ["word", "coming"]}}, "derived.a.ratio", "'word' is neither a number"),
        ({"a": {"ratio": ["a", "coming"]}}, "derived.a.ratio", "'a' is neither a number"),
        ({"a": {"sum": ["b", "stock"]}, "b": {"sum": ["coming", "stock"]}}, "derived.a.sum", "nor derived above"),
        ({"stock": {"sum": ["coming", "forecast"]}}, "derived.stock", "attributes.stock is there too"),
        ({"a": {"sum": ["stock", "coming"], "unit": "label"}}, "derived.a", "unit is one of"),
        ({"a": {"sum": ["stock", "coming"], "unit": "hours"}}, "derived.a.unit", "h"),
    ],
)
def test_what_cannot_be_derived_is_answered_with_its_key(derived: Any, key: str, says: str) -> None:
    with pytest.raises(MappingError, match=rf"{key}'?: .*{says}"):
        parse_mapping(mapping(attributes={**NUMBERS, "word": "w"}, derived=derived))


def test_a_mapping_that_derives_nothing_has_the_digest_it_always_had() -> None:
    assert "derived" not in parse_mapping(mapping(attributes=NUMBERS)).model_dump()


def test_a_missing_key_that_has_one_value_is_answered_with_it() -> None:
    with pytest.raises(MappingError, match=r"^mapping key 'schema': missing; write schema: fairlead/mapping/1$"):
        parse_mapping({"facts": FACTS})
    with pytest.raises(MappingError, match=r"^mapping key 'facts': missing; it cannot be left out here$"):
        parse_mapping({"schema": "fairlead/mapping/1"})
