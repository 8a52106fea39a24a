from __future__ import annotations

import json
import os
import re
from pathlib import Path
from typing import Any

import pytest
import yaml
from rich.console import Console
from typer.testing import CliRunner

from tests.fixtures.histories import small_history
from tests.fixtures.leaky import HONEST, LOG_PLANTED, PLANTED, leaky_log, leaky_table
from tests.fixtures.tables import backorders, shipments
from training.check.examined import examine
from training.check.history_check import Check, check
from training.commands.history import app
from training.tables.mapping import load_mapping, parse_mapping

run = CliRunner()
EVERYTHING = 1_000_000

TABLE: dict[str, Any] = {
    "schema": "fairlead/mapping/1",
    "zone": "UTC",
    "facts": {
        "event.source": {"constant": "shop"},
        "event.id": "id",
        "event.time": "at",
        "exception_id": "id",
        "promise.due_at": "due_at",
    },
    "attributes": {"strong": "strong", "amount": {"column": "amount", "kind": "number"}},
    "outcome": {"sla_breached": "broke", "recorded_at": "closed_at"},
}


GRADE = {"column": "grade", "kind": "number"}


def checked(path: Path, content: Any, sample: int = EVERYTHING) -> Check:
    mapping = parse_mapping(content)
    return check(examine(path, mapping, sample), mapping)


def suspected(report: Check) -> set[str]:
    return {column.name for column in report.columns if column.suspicions}


@pytest.fixture(scope="module")
def table(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return leaky_table(tmp_path_factory.mktemp("leaky") / "table.csv")


@pytest.fixture(scope="module")
def report(table: Path) -> Check:
    return checked(table, TABLE)


def test_every_planted_column_is_suspected_and_no_honest_one(report: Check) -> None:
    assert suspected(report) == {*PLANTED, "closed_at"}
    assert not suspected(report) & set(HONEST)


@pytest.mark.parametrize(
    ("name", "rule"),
    [("done_at", "later"), ("reason", "one_outcome"), ("penalty", "implausible"), ("grade", "implausible")],
)
def test_each_is_suspected_by_the_rule_for_its_kind(report: Check, name: str, rule: str) -> None:
    (column,) = (column for column in report.columns if column.name == name)
    assert rule in {each.rule for each in column.suspicions}


def test_what_is_promised_may_lie_ahead_and_what_happened_may_not(table: Path) -> None:
    facts = {key: source for key, source in TABLE["facts"].items() if key != "promise.due_at"}
    assert "due_at" in suspected(checked(table, {**TABLE, "facts": facts}))


@pytest.mark.parametrize(
    ("attributes", "leaks"),
    [
        ({"grade": {"column": "grade", "kind": "number"}}, ["grade"]),
        ({"grade": {"column": "grade", "kind": "number", "known": "opening"}}, []),
        ({"grade": {"column": "grade", "kind": "number", "known": {"column": "done_at"}}}, []),
        ({"grade": {**GRADE, "known": "opening"}, "again": GRADE}, ["grade"]),
        ({"grade": {**GRADE, "known": "opening"}, "again": {**GRADE, "known": "opening"}}, []),
        ({"strong": "strong"}, []),
    ],
)
def test_only_a_suspected_column_that_is_used_and_undeclared_leaks(
    table: Path, attributes: Any, leaks: list[str]
) -> None:
    report = checked(table, {**TABLE, "attributes": attributes})
    assert [column.name for column in report.leaking] == leaks


SENT_OR_DONE = {"first_of": [{"column": "sent_at"}, {"column": "done_at", "plus": "-P1D"}]}
"""The moment of a row where `sent_at` is empty in every third; `done_at` lies later than `sent_at`."""


def with_sent_at(table: Path, path: Path) -> Path:
    head, *rows = table.read_text().splitlines()
    sent = [f"{row},{row.split(',')[1] if place % 3 else ''}" for place, row in enumerate(rows)]
    path.write_text("\n".join([f"{head},sent_at", *sent]))
    return path


@pytest.mark.parametrize(
    ("more", "leaks"),
    [
        ({}, []),
        ({"facts": {"order.order_id": "id", "order.placed_at": SENT_OR_DONE}}, []),
        ({"attributes": {"done": {"column": "done_at", "kind": "instant"}}}, ["done_at"]),
        ({"attributes": {"done": {"column": "done_at", "kind": "instant", "known": "opening"}}}, []),
    ],
)
def test_a_column_that_is_only_a_row_s_moment_is_not_later_than_its_row(
    table: Path, tmp_path: Path, more: dict[str, Any], leaks: list[str]
) -> None:
    facts = {**TABLE["facts"], "event.time": SENT_OR_DONE, **more.get("facts", {})}
    content = {**TABLE, "facts": facts, "attributes": more.get("attributes", {})}
    report = checked(with_sent_at(table, tmp_path / "sent.csv"), content)
    assert [column.name for column in report.leaking] == leaks


def of_log(**changes: Any) -> dict[str, Any]:
    facts = {**TABLE["facts"], "event.id": "case", "exception_id": "case"}
    del facts["promise.due_at"]
    return {**TABLE, "view": {"rows": "at_opening", "key": "case"}, "facts": facts, "attributes": {}, **changes}


def test_a_log_betrays_who_knows_the_end_and_what_becomes_the_outcome(tmp_path: Path) -> None:
    report = checked(leaky_log(tmp_path / "log.csv"), of_log())
    assert suspected(report) == set(LOG_PLANTED)
    rules = {column.name: {each.rule for each in column.suspicions} for column in report.columns}
    assert rules["solved_by"] == {"knows_the_end"}
    assert rules["late_now"] == {"becomes_the_outcome"}


def test_where_all_cases_begin_alike_nobody_is_blamed_for_telling_of_their_end(tmp_path: Path) -> None:
    report = checked(leaky_log(tmp_path / "log.csv", one_desk=True), of_log())
    assert "asked_by" not in suspected(report)
    assert "late_now" in suspected(report)


def test_a_simulated_history_is_above_suspicion_but_for_its_outcomes() -> None:
    report = check(examine(small_history(), None, EVERYTHING), None)
    assert len(report.columns) > 100
    assert all(name.startswith("outcome.") for name in suspected(report))
    assert not report.leaking


def test_tables_of_other_shapes_are_above_suspicion(tmp_path: Path) -> None:
    for path, name in ((backorders(tmp_path / "b.csv"), "backorders"), (shipments(tmp_path), "late_shipments")):
        mapping = load_mapping(Path(f"examples/mappings/{name}.yaml"))
        report = check(examine(path, mapping, EVERYTHING), mapping)
        assert not report.leaking
        assert report.timeless is (name == "backorders")


def test_a_leak_of_a_table_without_times_is_found_in_any_order_and_nobody_speaks_of_time(tmp_path: Path) -> None:
    """Of a file sorted by what happened the last third ends in one way: measured there, nothing tells anything."""
    path = backorders(tmp_path / "b.csv")
    head, *lines = path.read_text(encoding="utf-8").splitlines()
    ends = [line.endswith("Yes") for line in lines]
    assert ends == sorted(ends)
    assert not any(ends[: len(ends) // 4])
    expedited = [int(each != (number % 50 == 0)) for number, each in enumerate(ends)]
    divider = ";" if ";" in head else ","
    written = [f"{line}{divider}{each}" for line, each in zip(lines, expedited, strict=True)]
    path.write_text("\n".join([f"{head}{divider}expedited", *written]), encoding="utf-8")
    content = yaml.safe_load(Path("examples/mappings/backorders.yaml").read_text())
    (column,) = (each for each in checked(path, content).columns if each.name == "expedited")
    (told,) = [each for each in column.suspicions if each.rule == "implausible"]
    assert told.says.startswith("tells stockout alone, on cases kept apart, with an AUC of 0.9")


def test_the_outcome_itself_is_no_suspect_and_an_instant_after_its_row_is(report: Check) -> None:
    columns = {column.name: column for column in report.columns}
    assert columns["broke"].role == columns["closed_at"].role == "outcome"
    assert columns["broke"].alone["sla_breach"] == 1.0, "it is the outcome"
    assert "broke" not in report.to_json()["suspected"]


def test_what_the_mapping_takes_for_nothing_is_missing(tmp_path: Path) -> None:
    path, content = (
        backorders(tmp_path / "b.csv"),
        yaml.safe_load(Path("examples/mappings/backorders.yaml").read_text()),
    )
    columns = {column.name: column for column in checked(path, content).columns}
    assert 0.05 < columns["perf"].missing < 0.15
    assert columns["national_inv"].missing == 0.0


def test_missing_constant_near_empty_and_drifting_columns_are_told(table: Path, tmp_path: Path) -> None:
    rows = table.read_text().splitlines()
    longer = [
        f"{row},{'one' if place < 3_000 else 'two'},same,{'' if place % 2 else 'x'}" for place, row in enumerate(rows)
    ]
    longer[0] = f"{rows[0]},moved,fixed,half"
    path = tmp_path / "longer.csv"
    path.write_text("\n".join(longer))
    columns = {column.name: column for column in checked(path, TABLE).columns}
    assert columns["moved"].drift > 1.0 > 0.1 > columns["strong"].drift
    assert columns["fixed"].constant
    assert columns["rare"].near_empty
    assert 0.49 < columns["half"].missing < 0.51


def test_base_rates_are_told_by_month(report: Check) -> None:
    months = report.base_rates["sla_breach"]
    assert [each.month for each in months][:2] == ["2026-01", "2026-02"]
    assert sum(each.cases for each in months) == 6_000
    assert all(0.2 < each.rate < 0.6 for each in months)


def test_the_command_tells_the_rate_of_each_month(report: Check, table: Path, tmp_path: Path) -> None:
    told = run.invoke(
        app, ["history", "check", "--history", str(table), "--mapping", written(tmp_path / "m.yaml", TABLE)]
    )
    first = report.base_rates["sla_breach"][0]
    assert f"sla_breach  2026-01 {first.rate * 100:.1f} % of {first.cases:,}  2026-02 " in told.stderr


def test_a_sample_keeps_cases_whole(tmp_path: Path) -> None:
    content = of_log(view={})
    content["facts"]["event.id"] = {"row": True}
    path, mapping = leaky_log(tmp_path / "log.csv"), parse_mapping(content)
    whole, part = examine(path, mapping, EVERYTHING), examine(path, mapping, 3_000)
    assert 2_400 < len(part.of_case) < 3_600
    touches = part.log["touches"]
    assert {touches.words[code] for code in touches.codes[part.first]} == {"0"}
    assert len(part.first) < len(whole.first)


def test_the_rows_that_are_no_cases_are_counted_by_what_left_them_out(tmp_path: Path) -> None:
    path = leaky_log(tmp_path / "log.csv")
    rows = len(path.read_text().splitlines()) - 1
    report = checked(path, of_log(where={"group": {"none_of": ["group 0"]}}))
    assert report.whole == rows
    assert 0 < report.left_by_where == rows - report.rows
    assert 0 < report.left_by_view == report.rows - report.cases
    assert report.to_json()["left_by_where"] == report.left_by_where


def test_the_command_says_how_many_rows_there_are_and_what_left_some_out(tmp_path: Path) -> None:
    path = leaky_log(tmp_path / "log.csv")
    asked = ["history", "check", "--history", str(path), "--sample", "3000", "--mapping"]
    where = {"group": {"none_of": ["group 0"]}}
    told = run.invoke(app, [*asked, written(tmp_path / "m.yaml", of_log(where=where))])
    said = " ".join(told.stderr.split())
    counted = r"log\.csv: [\d,]+ cases of [\d,]+ rows \(where leaves out [\d,]+; [\d,]+ of the [\d,]+ others are read; "
    assert re.match(counted + r"view leaves out [\d,]+ of those\), in time order", said)
    told = run.invoke(app, [*asked, written(tmp_path / "m.yaml", of_log(where={"Group": "group 0"}))])
    assert told.exit_code == 1
    assert "mapping key 'where.Group': names column 'Group'; did you mean 'group'?" in " ".join(told.stderr.split())


def written(path: Path, content: Any) -> str:
    path.write_text(yaml.safe_dump(content))
    return str(path)


def test_the_command_prints_json_alone_and_fails_on_a_leak(table: Path, tmp_path: Path) -> None:
    leaky = {**TABLE, "attributes": {"grade": {"column": "grade", "kind": "number"}}}
    asked = ["history", "check", "--history", str(table), "--json", "--mapping"]
    told = run.invoke(app, [*asked, written(tmp_path / "leaky.yaml", leaky)])
    assert told.exit_code == 1
    content = json.loads(told.stdout)
    assert content["ok"] is False
    assert content["leaking"] == ["grade"]
    assert set(content["unmapped"]) == {"strong", "amount", "weak", "noise", "desk", "rare", *PLANTED} - {"grade"}
    assert run.invoke(app, [*asked, written(tmp_path / "sound.yaml", TABLE)]).exit_code == 0


def test_what_an_attribute_is_called_and_measured_in_stands_beside_its_key(
    table: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    size = {"column": "amount", "kind": "number", "called": "order size", "unit": "kg"}
    named = {**TABLE, "attributes": {"size": size}}
    asked = ["history", "check", "--history", str(table), "--mapping", written(tmp_path / "m.yaml", named)]
    columns = {each["name"]: each for each in json.loads(run.invoke(app, [*asked, "--json"]).stdout)["columns"]}
    assert columns["amount"]["called"] == {"attributes.size": "order size"}
    assert columns["amount"]["units"] == {"attributes.size": "kg"}
    assert columns["strong"]["called"] == columns["strong"]["units"] == {}
    monkeypatch.setattr("training.commands.history._console", Console(stderr=True, width=160))
    assert "attributes.size: order size (kg)" in run.invoke(app, asked).stderr


@pytest.mark.parametrize(
    ("key", "wrong"),
    [
        ("facts.exception_id", {"facts": {**TABLE["facts"], "exception_id": "idd"}}),
        ("facts.exception_id", {"facts": {**TABLE["facts"], "exception_id": {"join": ["id", "idd"]}}}),
        ("where.idd", {"where": {"idd": {"filled": True}}}),
        ("view.key", {"view": {"rows": "at_opening", "key": "idd"}}),
        ("view.until", {"view": {"until": {"column": "idd"}}}),
    ],
)
def test_a_column_that_the_table_lacks_is_named_by_its_key(
    table: Path, tmp_path: Path, key: str, wrong: dict[str, Any]
) -> None:
    mapping = written(tmp_path / "m.yaml", {**TABLE, **wrong})
    told = run.invoke(app, ["history", "check", "--history", str(table), "--mapping", mapping])
    assert told.exit_code == 1
    assert f"mapping key '{key}': names column 'idd'; did you mean 'id'? The file has" in " ".join(told.stderr.split())


def test_the_command_for_people_says_what_to_do(table: Path, tmp_path: Path) -> None:
    leaky = {**TABLE, "attributes": {"reason": "reason"}}
    told = run.invoke(
        app, ["history", "check", "--history", str(table), "--mapping", written(tmp_path / "m.yaml", leaky)]
    )
    said = " ".join(told.stderr.split())
    assert told.exit_code == 1
    assert told.stdout == ""
    assert "Suspected and used: reason." in said
    assert "say known: opening" in said
    assert "not mapped strong, weak, noise" in said


def test_the_incident_log_gives_away_its_leaks_without_being_told() -> None:
    folder = os.environ.get("FAIRLEAD_DATA")
    if not folder:
        pytest.skip("FAIRLEAD_DATA does not name the folder of real histories")
    content = yaml.safe_load(Path("examples/mappings/incident_log.yaml").read_text())
    declared = set(content.pop("leaks"))
    found = suspected(checked(Path(folder) / "uci_incident_event_log.parquet", content))
    assert {"resolved_at", "closed_at", "resolved_by", "closed_code", "made_sla"} <= found
    assert len(found - declared) <= 3
