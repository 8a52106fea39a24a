"""A share is written `62 %` wherever a person reads it: in pages, cards, sentences, examples and documents."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
ROOMS = ("data", "features", "models", "policies", "serving", "training", "benchmarks", "docs", "examples")
FILES = [
    file
    for room in ROOMS
    for kind in ("py", "md", "yaml", "json", "html")
    for file in sorted((ROOT / room).rglob(f"*.{kind}"))
] + sorted(ROOT.glob("*.md"))
ATTRIBUTE = re.compile(r'[\w-]+="[^"]*%"')
"""An attribute of a drawing, such as a width."""
GLUED = re.compile(r"\d%|[.:]\d*%\}")


@pytest.mark.parametrize("file", FILES, ids=lambda file: str(file.relative_to(ROOT)))
def test_a_space_stands_before_the_sign(file: Path) -> None:
    text = ATTRIBUTE.sub("", file.read_text(encoding="utf-8"))
    assert GLUED.findall(text) == []
