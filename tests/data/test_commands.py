from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner

from data.commands import app
from data.outcome import HistoryLine


def run(*arguments: str) -> tuple[int, str]:
    result = CliRunner().invoke(app, ["simulate", *arguments])
    return result.exit_code, " ".join(result.stderr.split())


def test_simulate_writes_a_history_and_says_what_it_is(tmp_path: Path) -> None:
    out = tmp_path / "h.jsonl"
    code, said = run("--out", str(out), "--cases", "60", "--until", "2026-05-11", "--weeks", "1", "--workers", "1")

    assert code == 0
    assert said.startswith("simulating 60 cases 60 cases of the 1 weeks")
    assert "2026-05-11T00:00:00Z" in said
    lines = out.read_bytes().splitlines()
    assert len(lines) == 60
    assert all(HistoryLine.model_validate_json(line) for line in lines)
    assert json.loads(lines[-1])["case"]["event"]["time"] < "2026-05-11"


@pytest.mark.parametrize(
    ("arguments", "advice"),
    [
        (("--until", "yesterday"), "ISO 8601"),
        (("--cases", "0"), "equal to 1"),
        (("--seed", "-1"), "equal to 0"),
    ],
)
def test_a_wrong_option_says_what_to_give(tmp_path: Path, arguments: tuple[str, ...], advice: str) -> None:
    code, said = run("--out", str(tmp_path / "h"), *arguments)

    assert code == 2
    assert advice in said
    assert list(tmp_path.iterdir()) == []


def test_a_missing_folder_is_named(tmp_path: Path) -> None:
    code, said = run("--out", str(tmp_path / "nowhere" / "h.jsonl"))

    assert code == 2
    assert "nowhere does not exist" in said


def test_a_folder_is_no_file(tmp_path: Path) -> None:
    code, said = run("--out", str(tmp_path))

    assert code == 2
    assert "is a folder" in said
