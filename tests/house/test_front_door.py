"""One command line whose help teaches, and that loads a room only when it is asked for."""

from __future__ import annotations

import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

import fairlead
from data.case import Case
from fairlead import ROOM_OF

ROOT = Path(__file__).resolve().parents[2]


def run(*arguments: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "fairlead.py", *arguments]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)


def test_help_teaches_every_command() -> None:
    shown = run("--help").stdout
    assert "make run" in shown
    for command in ("up", *ROOM_OF):
        assert re.search(rf"^│ {command} +\w", shown, re.MULTILINE), f"{command} has no help of its own"


@pytest.mark.parametrize("command", ["up", *ROOM_OF])
def test_each_command_explains_itself(command: str) -> None:
    shown = run(command, "--help")
    assert shown.returncode == 0, shown.stderr
    assert "Usage: " in shown.stdout


def test_two_rooms_share_a_group_and_neither_loads_the_other() -> None:
    shown = run("history", "--help").stdout
    assert re.search(r"^│ check +\w", shown, re.MULTILINE)
    assert re.search(r"^│ export +\w", shown, re.MULTILINE)
    assert run("history", "export", "--help").returncode == 0


def test_an_unknown_command_is_refused() -> None:
    refused = run("recomend")
    assert refused.returncode == 2
    assert "No such command" in refused.stderr


def test_asking_for_help_loads_no_learner() -> None:
    script = (
        "import sys, fairlead\ntry:\n fairlead.app(['--help'])\nexcept SystemExit:\n pass\nprint(sorted(sys.modules))"
    )
    done = subprocess.run([sys.executable, "-c", script], cwd=ROOT, capture_output=True, text=True, check=True)
    loaded = done.stdout.rsplit("\n", 2)[-2]
    for heavy in ("lightgbm", "mlflow", "shap", "sklearn", "pandas"):
        assert f"'{heavy}'" not in loaded


def test_the_readme_s_request_is_the_one_that_up_prints() -> None:
    card = fairlead._card("http://127.0.0.1:8080", Path("var"))
    printed = card[card.index(fairlead._command()) : card.index("-d @-")].replace(fairlead._command(), "fairlead")
    readme = (ROOT / "README.md").read_text(encoding="utf-8").replace(".venv/bin/fairlead", "fairlead")
    assert " ".join(printed.split()) in " ".join(readme.split())


def test_what_up_prints_to_move_the_example_runs_as_it_is() -> None:
    first = f"{fairlead._command()} today examples/exception.json"
    done = subprocess.run(first, shell=True, cwd=ROOT, capture_output=True, text=True, check=True)  # noqa: S602
    told = Case.model_validate_json(done.stdout)
    assert told.exception_id.startswith("exc-77120-")
    assert told.promise is not None
    assert told.promise.due_at is not None
    assert told.promise.due_at > datetime.now(UTC)


def test_the_readme_tells_of_every_command() -> None:
    told = re.findall(r"^    fairlead ([\w-]+) {2,}", (ROOT / "README.md").read_text(encoding="utf-8"), re.MULTILINE)
    assert sorted(told) == sorted(["up", *ROOM_OF])
