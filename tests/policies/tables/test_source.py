"""The strict YAML: exact values, lines for messages, and what is refused."""

from __future__ import annotations

from contextlib import suppress
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from policies.tables.problems import PolicyError
from policies.tables.source import LARGEST_FILE, parse_documents, read_documents


def parsed(text: str) -> Any:
    (document,) = parse_documents(text, "costs.yaml")
    return document


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("true", True),
        ("false", False),
        ("null", None),
        ("~", None),
        ("", None),
        ("12", 12),
        ("-3", -3),
        ("0.1", Decimal("0.1")),
        ("200.00", Decimal("200.00")),
        ("NO", "NO"),
        ("yes", "yes"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("2026-11-23", "2026-11-23"),
        (".inf", ".inf"),
        (".nan", ".nan"),
        ("1e400", "1e400"),
        ("0x10", "0x10"),
        ("'12'", "12"),
        ('"true"', "true"),
        ("9" * 5000, "9" * 5000),
    ],
)
def test_a_scalar_is_what_it_looks_like(text: str, value: object) -> None:
    read = parsed(f"key: {text}")["key"]
    assert read == value
    assert type(read) is type(value)


def test_documents_lists_and_the_lines_of_keys() -> None:
    first, second = parse_documents("a: [1, x]\nb:\n  c: 2\n---\nd: 3\n", "costs.yaml")
    assert (first, second) == ({"a": [1, "x"], "b": {"c": 2}}, {"d": 3})
    assert [first.line_of("b"), first["b"].line_of("c"), second.line, second.line_of("absent")] == [2, 3, 5, 5]


def test_a_file_is_read_and_named_in_messages(tmp_path: Path) -> None:
    path = tmp_path / "costs.yaml"
    path.write_text("a: 1\na: 2\n", encoding="utf-8")
    with pytest.raises(PolicyError, match=r"^costs\.yaml:2: 'a' stands twice"):
        read_documents(path)


LAUGHS = "a: &a [x, x]\nb: &b [*a, *a]\nc: [*b, *b]\n"


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("a: 1\nb: 2\na: 3\n", "costs.yaml:3: 'a' stands twice (first in line 1): keep one"),
        (LAUGHS, "costs.yaml:1: anchors and aliases (&, *) are not allowed: write the value out"),
        ("a: *b\n", "costs.yaml:1: anchors and aliases (&, *) are not allowed: write the value out"),
        ("a: !!python/object/apply:os.system [x]\n", "costs.yaml:1: tags (!) are not allowed: write a plain value"),
        ("a: !!binary aGk=\n", "costs.yaml:1: tags (!) are not allowed: write a plain value"),
        ("a: !mine x\n", "costs.yaml:1: tags (!) are not allowed: write a plain value"),
        ("a: " + "[" * 100_000, "costs.yaml:1: nested deeper than 12 levels: a policy is flatter"),
        ("[1, 2]: x\n", "costs.yaml:1: a key is a list or a mapping: a key is a name"),
        ("a: 1\nb: [x\n", "costs.yaml:3: this is not YAML"),
        ("a: \x07\n", "costs.yaml: this is not YAML: it has unreadable characters"),
        ("a: " + "x" * LARGEST_FILE, f"costs.yaml: the file is over {LARGEST_FILE} bytes: split it into several"),
    ],
    ids=lambda each: each[:30],
)
def test_what_is_refused(text: str, says: str) -> None:
    with pytest.raises(PolicyError) as refused:
        parse_documents(text, "costs.yaml")
    assert str(refused.value).startswith(says)


def test_bytes_that_are_not_utf8_are_refused() -> None:
    with pytest.raises(PolicyError, match="byte 3 is not UTF-8: save the file as UTF-8"):
        parse_documents(b"a: \xff\n", "costs.yaml")


def test_every_duplicate_key_is_told_at_once() -> None:
    with pytest.raises(PolicyError) as refused:
        parse_documents("a: 1\na: 2\nb: {c: 1, c: 2}\n", "costs.yaml")
    assert [problem.place.line for problem in refused.value.problems] == [2, 3]


@given(st.binary(max_size=200) | st.text(max_size=200))
def test_whatever_comes_is_read_or_refused_with_problems(content: bytes | str) -> None:
    with suppress(PolicyError):
        assert isinstance(parse_documents(content, "costs.yaml"), list)


def test_a_file_of_the_largest_size_is_read() -> None:
    text = "a: " + "x" * (LARGEST_FILE - 3)
    assert len(parse_documents(text, "costs.yaml")[0]["a"]) == LARGEST_FILE - 3
