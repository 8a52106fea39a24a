"""The check says of a history what training would refuse, or learn nothing from."""

from __future__ import annotations

import json
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from data.record import canonical
from tests.fixtures.histories import as_of_monday
from tests.fixtures.tables import backorders, write_csv
from training.check.examined import examine
from training.check.findings import findings
from training.commands.history import app
from training.tables.mapping import load_mapping, parse_mapping

run = CliRunner()
COLUMNS = ("id", "at", "broke", "known_at", "place")
MAPPING: dict[str, Any] = {
    "schema": "fairlead/mapping/1",
    "zone": "UTC",
    "facts": {"event.source": {"constant": "shop"}, "event.id": "id", "event.time": "at", "exception_id": "id"},
    "outcome": {"sla_breached": "broke", "recorded_at": "known_at"},
}


def rows() -> list[tuple[str, ...]]:
    """A case an hour, known two days later."""
    made: list[tuple[str, ...]] = []
    for number in range(240):
        day = f"2026-01-{1 + number // 24:02d}T{number % 24:02d}:00:00"
        later = f"2026-01-{3 + number // 24:02d}T{number % 24:02d}:00:00"
        made.append((f"c{number}", day, str(number % 2), later, f"p{number % 3}"))
    return made


def table(path: Path, made: list[tuple[str, ...]]) -> Path:
    return write_csv(path, COLUMNS, made)


def found(path: Path, **changes: Any) -> dict[str, tuple[bool, str]]:
    mapping = parse_mapping({**MAPPING, **changes})
    return {each.rule: (each.stops, each.says) for each in findings(examine(path, mapping, 10_000), mapping)}


def test_a_sound_history_has_nothing_to_mend(tmp_path: Path) -> None:
    assert found(table(tmp_path / "t.csv", rows())) == {}


def test_an_event_that_is_there_twice_stops_training(tmp_path: Path) -> None:
    made = rows()
    stops, says = found(table(tmp_path / "t.csv", [*made, made[6], made[6], made[9]]))["event_twice"]
    assert stops
    assert says.startswith("2 of 240 events are there more than once, such as event c6 of shop with 3 rows: keep one")


def test_a_history_without_outcomes_stops_training(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", rows())
    assert found(path, outcome={})["no_outcome"] == (
        True,
        "no outcome is mapped: say under outcome what came of a case, and in recorded_at when that was known",
    )
    empty = table(tmp_path / "e.csv", [(name, at, broke, "", place) for name, at, broke, _, place in rows()])
    assert "cells of outcome.recorded_at are empty" in found(empty)["no_outcome"][1]
    alone = {"recorded_at": "known_at"}
    assert "no outcome tells what there is to predict" in found(path, outcome=alone)["no_outcome"][1]


def test_an_outcome_before_its_case_is_told_and_stops_nothing(tmp_path: Path) -> None:
    made = rows()
    made[5] = (*made[5][:3], "2025-12-31T00:00:00", "p1")
    stops, says = found(table(tmp_path / "t.csv", made))["outcome_before_case"]
    assert not stops
    assert "in 1 of 240 rows: an outcome cannot be known before its case" in says


def test_an_outcome_at_the_moment_of_its_case_is_not_before_it(tmp_path: Path) -> None:
    made = rows()
    made[5] = (*made[5][:3], made[5][1], "p1")
    assert found(table(tmp_path / "t.csv", made)) == {}


@pytest.mark.parametrize(("matched", "told"), [(11, True), (13, False)])
def test_a_joined_file_is_told_of_where_it_has_rows_for_hardly_any(tmp_path: Path, matched: int, told: bool) -> None:
    path = table(tmp_path / "t.csv", rows())
    write_csv(tmp_path / "few.csv", ("id", "size"), [(f"c{number}", "1") for number in range(matched)])
    assert ("join_finds_little" in found(path, files={"few": {"file": "few.csv", "key": "id"}})) is told


def test_a_joined_file_that_is_keyed_otherwise_is_told_with_a_key_of_either_side(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", rows())
    write_csv(tmp_path / "places.csv", ("place", "size"), [("P0", "1"), ("P1", "2")])
    write_csv(tmp_path / "some.csv", ("place", "size"), [("p0", "1")])
    told = found(path, files={"places": {"file": "places.csv", "key": "place"}})["join_finds_little"]
    assert told[0] is False
    assert "files.places (places.csv) has a row for 0.0 % of ours" in told[1]
    assert "a key of ours is 'p0', one of places.csv 'P0'" in told[1]
    assert found(path, files={"some": {"file": "some.csv", "key": "place"}}) == {}


def asked(tmp_path: Path, made: list[tuple[str, ...]], **changes: Any) -> list[str]:
    mapping = tmp_path / "mapping.yaml"
    mapping.write_text(yaml.safe_dump({**MAPPING, **changes}), encoding="utf-8")
    history = table(tmp_path / "t.csv", made)
    return ["history", "check", "--history", str(history), "--mapping", str(mapping)]


def test_the_command_fails_where_training_would_and_says_why(tmp_path: Path) -> None:
    again = asked(tmp_path, [*rows(), rows()[6]])
    told = run.invoke(app, again)
    assert told.exit_code == 1
    assert "Training would refuse this: 1 of 240 events" in " ".join(told.stderr.split())
    content = json.loads(run.invoke(app, [*again, "--json"]).stdout)
    assert content["ok"] is False
    assert [(each["rule"], each["stops"]) for each in content["findings"]] == [("event_twice", True)]


def test_the_command_tells_of_every_join_and_fails_for_none(tmp_path: Path) -> None:
    write_csv(tmp_path / "places.csv", ("place", "size"), [("P0", "1")])
    joining = asked(tmp_path, rows(), files={"places": {"file": "places.csv", "key": "place"}})
    told = run.invoke(app, joining)
    said = " ".join(told.stderr.split())
    assert told.exit_code == 0, told.stderr
    assert "files.places places.csv has a row for 0.0 % of the table's" in said
    assert "Look at this: files.places" in said
    (join,) = json.loads(run.invoke(app, [*joining, "--json"]).stdout)["joins"]
    assert join == {"key": "files.places", "file": "places.csv", "share": 0.0, "ours": "p0", "theirs": "P0"}


def test_outcomes_too_few_to_learn_from_are_foreseen(tmp_path: Path) -> None:
    """What the rows that were read do not hold, the others may: it is told, and stops nothing."""
    few = found(table(tmp_path / "few.csv", rows()[:60]))["few_outcomes"]
    assert few[0] is False
    assert few[1].startswith("sla_breach: 60 of the rows that were read tell its truth, and 30 of them the second")
    rare: list[tuple[str, ...]] = [
        (id, at, str(int(number < 19)), known, place) for number, (id, at, _, known, place) in enumerate(rows())
    ]
    assert "and 19 of them the second" in found(table(tmp_path / "rare.csv", rare))["few_outcomes"][1]


BACKORDERS = Path("examples/mappings/backorders.yaml")


def found_of(path: Path, mapping: Path = BACKORDERS) -> dict[str, tuple[bool, str]]:
    read = load_mapping(mapping)
    return {each.rule: (each.stops, each.says) for each in findings(examine(path, read, 300), read)}


def test_a_footer_is_told_though_the_sample_does_not_hold_it(tmp_path: Path) -> None:
    path = backorders(tmp_path / "b.csv")
    assert found_of(path) == {}
    path.write_text(path.read_text(encoding="utf-8") + "(1200 rows)\n", encoding="utf-8")
    stops, says = found_of(path)["row_nearly_empty"]
    assert not stops
    assert says.startswith("1 of 1,201 rows is nearly empty, unlike the others, such as row 1201 of the data")
    assert "holds '(1200 rows)' as sku; each becomes a case" in says
    assert says.endswith("where: {national_inv: {filled: true}}")
    heeding = tmp_path / "heeding.yaml"
    heeding.write_text(f"{BACKORDERS.read_text(encoding='utf-8')}\nwhere: {{national_inv: {{filled: true}}}}\n")
    assert "row_nearly_empty" not in found_of(path, heeding)


def test_a_number_that_means_nothing_known_is_told_until_the_mapping_says_so(tmp_path: Path) -> None:
    path, silent = backorders(tmp_path / "b.csv"), tmp_path / "silent.yaml"
    silent.write_text(BACKORDERS.read_text(encoding="utf-8").replace(", missing: [-99]", ""), encoding="utf-8")
    stops, says = found_of(path, silent)["lone_value"]
    assert not stops
    assert says.startswith("attributes.performance: perf is -99 in")
    assert says.endswith("missing: [-99]")
    assert "lone_value" not in found_of(path)


def test_a_number_far_outside_is_told_of_what_is_read_as_a_fact_alone_and_as_yaml_takes_it(tmp_path: Path) -> None:
    made = [
        (*row[:4], "-99,5" if number % 4 == 0 else f"{number % 5},{number % 7}") for number, row in enumerate(rows())
    ]
    path, cost = table(tmp_path / "t.csv", made), {"column": "place", "decimal": ","}
    told = found(path, attributes={"cost": {**cost, "kind": "number"}})
    assert told["lone_value"][1].endswith('missing: ["-99,5"]')
    assert found(path, outcome={**MAPPING["outcome"], "cost": cost}) == {}


def test_a_leak_that_no_file_has_is_answered_with_the_nearest_column(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", rows())
    assert found(path, leaks={"place": "no"}) == {}
    stops, says = found(path, leaks={"Plase": "no"})["leak_not_there"]
    assert not stops
    assert "leaks names column 'Plase', which is not there; did you mean 'place'? The file has at, broke" in says


def test_a_leak_may_be_any_column_of_a_joined_file(tmp_path: Path) -> None:
    path = table(tmp_path / "t.csv", rows())
    write_csv(tmp_path / "items.csv", ("id", "price", "refund"), [(f"c{number}", "2", "1") for number in range(240)])
    files = {"items": {"file": "items.csv", "key": "id", "each": {"value": {"sum": "price"}}}}
    known = {"items.value": "no", "items.refund": "no", "place": "no"}
    assert found(path, files=files, leaks=known) == {}
    _, says = found(path, files=files, leaks={"items.refunds": "no"})["leak_not_there"]
    assert "did you mean 'items.refund'? The table with all that is joined has" in says


def test_the_command_tells_a_leak_that_no_file_has_in_words_and_in_json(tmp_path: Path) -> None:
    path, mapping = table(tmp_path / "t.csv", rows()), tmp_path / "m.yaml"
    mapping.write_text(yaml.safe_dump({**MAPPING, "leaks": {"Plase": "no"}}))
    asked = ["history", "check", "--history", str(path), "--mapping", str(mapping)]
    assert "leaks names column 'Plase'" in " ".join(run.invoke(app, asked).stderr.split())
    (finding,) = json.loads(run.invoke(app, [*asked, "--json"]).stdout)["findings"]
    assert finding["rule"] == "leak_not_there"


def test_a_record_that_is_left_out_is_told_with_its_column_and_how_often(tmp_path: Path) -> None:
    made = [(*row[:4], "" if number % 10 == 0 else row[4]) for number, row in enumerate(rows())]
    path = table(tmp_path / "t.csv", made)
    facts = {**MAPPING["facts"], "node.id": "place", "node.zone": {"constant": "Europe/Paris"}}
    stops, says = found(path, facts=facts)["record_left_out"]
    assert not stops
    assert says.startswith("facts.node.id: place is empty in 10 % of the cases (24 of 240), where node is left out")
    assert "first_of" in says
    assert "record_left_out" not in found(path, facts={**MAPPING["facts"], "node.id": "place"})
    assert "record_left_out" not in found(table(tmp_path / "full.csv", rows()), facts=facts)


def test_a_history_with_a_record_left_out_keeps_its_rows(tmp_path: Path) -> None:
    made = [(*row[:4], "") if number == 7 else row for number, row in enumerate(rows())]
    facts = {**MAPPING["facts"], "node.id": "place", "node.zone": {"constant": "Europe/Paris"}}
    told = run.invoke(app, asked(tmp_path, made, facts=facts))
    assert told.exit_code == 0, told.stderr
    said = " ".join(told.stderr.split())
    assert "240 cases of 240 rows" in said
    assert "Look at this: facts.node.id: place is empty in under 1 % of the cases (1 of 240)" in said


@pytest.mark.parametrize(
    ("more", "key"),
    [
        ({"attributes": {"off": {"column": "place", "kind": "number", "unit": "ratio"}}}, "attributes.off"),
        (
            {"attributes": {"off": {"kind": "number", "unit": "ratio", "first_of": [{"column": "place"}]}}},
            "attributes.off",
        ),
        ({"facts": {**MAPPING["facts"], "returned.weight_difference": "place"}}, "facts.returned.weight_difference"),
        ({"attributes": {"off": {"column": "place", "kind": "number", "unit": "score"}}}, None),
        ({"attributes": {"off": {"column": "place", "kind": "number"}}}, None),
    ],
)
def test_per_cent_are_told_where_the_mapping_reads_a_share(tmp_path: Path, more: Any, key: str | None) -> None:
    made = [(*row[:4], str(number % 9 + 1)) for number, row in enumerate(rows())]
    path = table(tmp_path / "t.csv", made)
    told = found(path, **more)
    assert ("share_or_per_cent" in told) is (key is not None)
    if key is not None:
        stops, says = told["share_or_per_cent"]
        assert not stops
        assert says.startswith(f"{key}: place is read as a share and lies between 1 and 9")


def test_what_an_attribute_is_called_may_say_per_cent(tmp_path: Path) -> None:
    made = [(*row[:4], str(number % 9 * 40 + 3)) for number, row in enumerate(rows())]
    path, load = table(tmp_path / "t.csv", made), {"column": "place", "kind": "number", "unit": "ratio"}
    assert "share_or_per_cent" not in found(path, attributes={"load": load})
    assert "share_or_per_cent" in found(path, attributes={"load_pct": load})
    assert "share_or_per_cent" in found(path, attributes={"load": {**load, "called": "load in per cent"}})


def test_shares_are_told_where_the_mapping_reads_per_cent(tmp_path: Path) -> None:
    made = [(*row[:4], f"0.{number % 9 + 1}") for number, row in enumerate(rows())]
    off = {"column": "place", "kind": "number", "unit": "ratio", "scale": 0.01}
    _, says = found(table(tmp_path / "t.csv", made), attributes={"off": off})["share_or_per_cent"]
    assert says.startswith("attributes.off: place is read as per cent (scale: 0.01) and lies between 0.1 and 0.9")
    assert "perhaps" in says


def test_a_history_that_was_written_down_before_its_outcomes_were_known_is_told(tmp_path: Path) -> None:
    file = tmp_path / "monday.jsonl"
    file.write_bytes(b"".join(canonical(line) + b"\n" for line in as_of_monday()))
    (told,) = [each for each in findings(examine(file, None, 10_000), None) if each.rule == "not_known_yet"]
    assert not told.stops
    assert re.match(
        r"sla_breach: 1\d\d of the cases since 2027-01-1[23] teach nothing, because only what ends quickly could be "
        r"known of them; "
        r"for about \d+ not known yet, known ones of their age and outcome count\. The later a history is written",
        told.says,
    ), told.says


def test_rows_that_were_left_out_because_they_had_not_ended_are_asked_for(tmp_path: Path) -> None:
    ended = [line for line in as_of_monday() if line.outcome is not None]
    file = tmp_path / "ended.jsonl"
    file.write_bytes(b"".join(canonical(line) + b"\n" for line in ended))
    (told,) = [each for each in findings(examine(file, None, 10_000), None) if each.rule == "not_known_yet"]
    assert told.says.endswith(
        "none of the rows that were read tells no outcome: keep those of cases that have not ended, with empty cells"
    )
    file.write_bytes(b"".join(canonical(line) + b"\n" for line in as_of_monday()))
    (told,) = [each for each in findings(examine(file, None, 10_000), None) if each.rule == "not_known_yet"]
    assert told.says.endswith("teach")


@pytest.mark.parametrize(("share", "said"), [(0.0, False), (0.18, False), (0.25, True), (1.0, True)])
def test_a_day_that_tells_many_outcomes_is_told(tmp_path: Path, share: float, said: bool) -> None:
    lines = [line for line in as_of_monday() if line.outcome is not None]
    last = max(line.outcome.recorded_at for line in lines if line.outcome)
    file = tmp_path / "filled.jsonl"
    with file.open("wb") as out:
        for number, line in enumerate(lines):
            at = last if number % 100 < share * 100 else None
            update = {"outcome": line.outcome.model_copy(update={"recorded_at": at})} if at and line.outcome else {}
            out.write(canonical(line.model_copy(update=update)) + b"\n")
    told = [each for each in findings(examine(file, None, 10_000), None) if each.rule == "recorded_at_once"]
    assert bool(told) is said
    assert all(f"outcome.recorded_at is {last:%Y-%m-%d} in " in each.says and not each.stops for each in told)


PARIS = {"constant": "Europe/Paris"}


@pytest.mark.parametrize(
    ("zone", "facts", "said"),
    [
        ("Europe/Paris", {}, "map node.zone: {constant: Europe/Paris} (and node.id, such as {constant: dispatch}),"),
        ("Europe/Paris", {"node.id": "place"}, "map node.zone: {constant: Europe/Paris}, and let"),
        (
            "UTC",
            {"event.time": {"column": "at", "zone": "Europe/Paris"}},
            "event.time is of Europe/Paris, and the hour",
        ),
        ("Europe/Paris", {"event.time": {"column": "at", "zone": "UTC"}}, None),
        ("Europe/Paris", {"node.id": "place", "node.zone": PARIS}, None),
        ("UTC", {"node.id": "place"}, None),
        ("Europe/Paris", {"event.time": {"constant": "2026-01-01T00:00:00"}}, None),
    ],
)
def test_hours_and_weekdays_that_are_read_in_utc_are_told(
    tmp_path: Path, zone: str, facts: dict[str, Any], said: str | None
) -> None:
    told = found(table(tmp_path / "t.csv", rows()), zone=zone, facts={**MAPPING["facts"], **facts})
    assert ("calendar_in_utc" in told) is (said is not None)
    if said is not None:
        stops, says = told["calendar_in_utc"]
        assert not stops
        assert said in says
