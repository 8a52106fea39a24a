"""What the lock file names is installed in two steps: what Fairlead runs with, and what only its tests need."""

from __future__ import annotations

import importlib.util
import re
from pathlib import Path

ROOT = Path(__file__).parent.parent.parent


def _requirements(lock: str) -> tuple[list[str], list[str]]:
    spec = importlib.util.spec_from_file_location("bootstrap", ROOT / "scripts" / "bootstrap.py")
    assert spec is not None
    assert spec.loader is not None
    bootstrap = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(bootstrap)
    to_run, to_test = bootstrap.requirements(lock)
    return list(to_run), list(to_test)


def _names(requirements: list[str]) -> set[str]:
    return {each.split("==")[0] for each in requirements}


def test_what_needs_another_is_never_without_it() -> None:
    lock = """one==1 \\
    --hash=sha256:1
    # via fairlead (pyproject.toml)
two==2 \\
    --hash=sha256:2
    # via
    #   four
    #   one
three==3 \\
    --hash=sha256:3
    # via two[extra]
four==4 \\
    --hash=sha256:4
    # via fairlead (pyproject.toml:dev)
"""
    to_run, to_test = _requirements(lock)
    assert _names(to_run) == {"one", "two", "three"}
    assert to_test == ["four==4 \\\n    --hash=sha256:4\n    # via fairlead (pyproject.toml:dev)\n"]


def test_every_requirement_is_installed_once_with_its_hashes() -> None:
    lock = (ROOT / "requirements.lock").read_text(encoding="utf-8")
    to_run, to_test = _requirements(lock)
    assert sorted([*to_run, *to_test]) == sorted(re.split(r"(?m)^(?=[a-z])", lock)[1:])
    assert {"lightgbm", "mlflow", "fastapi", "hatchling", "numpy"} <= _names(to_run)
    assert {"pytest", "playwright", "mypy"} <= _names(to_test)


def test_what_serves_is_among_what_runs() -> None:
    serving, _ = _requirements((ROOT / "requirements-serving.lock").read_text(encoding="utf-8"))
    to_run, _ = _requirements((ROOT / "requirements.lock").read_text(encoding="utf-8"))
    assert _names(serving) <= _names(to_run)
