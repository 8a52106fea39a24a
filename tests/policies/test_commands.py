"""The commands: a sound policy is said to be, a broken one shows every problem and fails."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from typer.testing import CliRunner

from policies.commands import app
from policies.policy import DEFAULT_FOLDER, load_policy

RUN = CliRunner()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A copy of the committed policy."""
    return Path(shutil.copytree(DEFAULT_FOLDER, tmp_path / "policy"))


def test_the_committed_policy_is_sound() -> None:
    result = RUN.invoke(app, ["policy", "check"])
    assert result.exit_code == 0
    assert "no problems" in result.stdout
    assert load_policy().digest in result.stdout.replace("\n", "")


def test_a_broken_policy_fails_with_every_problem(folder: Path) -> None:
    gates = folder / "gates.yaml"
    gates.write_text(gates.read_text().replace('"> 200"', '"about 200"').replace("returns_desk}", "returns_bench}", 1))
    result = RUN.invoke(app, ["policy", "check", str(folder)])
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "row order_value, column order_value" in result.stderr
    assert "'returns_bench'" in result.stderr
    assert len(result.stderr.splitlines()) == 2


def test_a_table_is_shown_as_people_read_it() -> None:
    result = RUN.invoke(app, ["policy", "show", "finance"], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert "order value is over 200.00 EUR" in result.stdout
    assert "role: store finance" in result.stdout


def test_all_tables_are_listed(folder: Path) -> None:
    result = RUN.invoke(app, ["policy", "show", "--folder", str(folder)], env={"COLUMNS": "200"})
    assert result.exit_code == 0
    assert all(name in result.stdout for name in load_policy().tables)


def test_an_unknown_table_is_named_with_those_there_are() -> None:
    result = RUN.invoke(app, ["policy", "show", "weather"])
    assert result.exit_code == 1
    assert "there is no table 'weather'" in result.stderr
    assert "finance" in result.stderr
