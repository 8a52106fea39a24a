"""Looking up facts on the command line."""

from __future__ import annotations

import json

from typer.testing import CliRunner

from training.commands.history import app

run = CliRunner()


def test_facts_are_listed_for_people_and_for_programs() -> None:
    told = run.invoke(app, ["history", "facts", "carrier"])
    assert told.exit_code == 0
    assert "carrier.id" in told.stdout
    assert "supplier.id" not in told.stdout
    listed = json.loads(run.invoke(app, ["history", "facts", "carrier", "--json"]).stdout)
    assert {"path", "unit", "says", "words", "required"} == set(listed[0])
    assert all(each["path"].startswith("carrier") for each in listed)


def test_a_beginning_that_none_has_is_an_error_with_those_that_there_are() -> None:
    told = run.invoke(app, ["history", "facts", "ship"])
    assert told.exit_code == 1
    assert told.stdout == ""
    assert "no fact begins with 'ship'" in told.stderr
    as_json = run.invoke(app, ["history", "facts", "ship", "--json"])
    assert (as_json.exit_code, as_json.stdout.strip()) == (1, "[]")
    assert "no fact begins with 'ship'" in as_json.stderr
    assert "carrier" in told.stderr
