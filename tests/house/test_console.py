"""Every command speaks through the one console that is wide enough where no terminal says how wide it is."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
ROOMS = ("data", "features", "models", "policies", "serving", "training", "benchmarks", "scripts")
THE_ONE = ROOT / "data" / "console.py"
FILES = [path for room in ROOMS for path in sorted((ROOT / room).rglob("*.py"))] + sorted(ROOT.glob("*.py"))


def consoles_in(text: str) -> list[str]:
    """The places that make a console of their own, of whatever kind."""
    calls = (node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.Call))
    return [ast.unparse(each) for each in calls if ast.unparse(each.func).endswith("Console")]


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_one_function_alone_makes_consoles(file: Path) -> None:
    assert len(consoles_in(file.read_text(encoding="utf-8"))) == (file == THE_ONE)


def test_a_console_is_found_by_either_name() -> None:
    assert consoles_in(
        "import rich.console\nrich.console.Console()\nConsole(stderr=True)\nPlainConsole()\nconsole()"
    ) == [
        "rich.console.Console()",
        "Console(stderr=True)",
        "PlainConsole()",
    ]
