"""Every odd JSON is refused with a sentence that repeats nothing of it; everything else is read."""

from __future__ import annotations

import json
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from data.record import LARGEST_EXACT_INTEGER
from serving.errors import MalformedBody
from serving.strict_json import DEEPEST, read_json

CANARY = "c4n4ry"
ODD = {
    "empty": b"",
    "blank": b" \n\t ",
    "cut off": b'{"c4n4ry": ',
    "two values": b"{} {}",
    "single quotes": b"{'c4n4ry': 1}",
    "trailing comma": b'{"c4n4ry": 1,}',
    "comment": b'{"c4n4ry": 1 /* c4n4ry */}',
    "NaN": b'{"c4n4ry": NaN}',
    "Infinity": b'{"c4n4ry": Infinity}',
    "minus Infinity": b'{"c4n4ry": -Infinity}',
    "1e400": b'{"c4n4ry": 1e400}',
    "-1e400": b'{"c4n4ry": -1e400}',
    "an inexact integer": b'{"c4n4ry": 9007199254740993}',
    "5000 digits": b'{"c4n4ry": ' + b"9" * 5000 + b"}",
    "the same name twice": b'{"c4n4ry": 1, "c4n4ry": 2}',
    "the same name twice, deep": b'{"a": [{"c4n4ry": 1, "c4n4ry": 2}]}',
    "lone high surrogate": rb'{"c4n4ry": "\ud800"}',
    "lone low surrogate": rb'{"c4n4ry": "x\udfffx"}',
    "lone surrogate in a name": rb'{"\ud800": 1}',
    "encoded surrogate": b'{"c4n4ry": "\xed\xa0\x80"}',
    "NUL": rb'{"c4n4ry": "\u0000"}',
    "raw NUL": b'{"c4n4ry": "\x00"}',
    "byte order mark": b"\xef\xbb\xbf{}",
    "UTF-16": '{"c4n4ry": 1}'.encode("utf-16"),
    "latin-1": '{"c4n4ry": "é"}'.encode("latin-1"),
    "too deep": b"[" * (DEEPEST + 1) + b"]" * (DEEPEST + 1),
    "100,000 deep": b"[" * 100_000,
    "100,000 objects deep": b'{"a":' * 100_000,
    "leading zero": b"[007]",
    "plus sign": b"[+1]",
    "hex": b"[0x10]",
}


@pytest.mark.parametrize("content", ODD.values(), ids=ODD.keys())
def test_refuses_what_readers_disagree_on(content: bytes) -> None:
    with pytest.raises(MalformedBody) as refusal:
        read_json(content)
    assert CANARY not in json.dumps(refusal.value.document())


@pytest.mark.parametrize(
    "content",
    [b"[" * DEEPEST + b"]" * DEEPEST, rb'"\ud83d\ude00"', b'{"a": "[[[[[[[[[[[[[[[[[[[[[[[[[[["}', b"-0.0", b"1e300"],
)
def test_reads_what_only_looks_odd(content: bytes) -> None:
    assert read_json(content) == json.loads(content)


@pytest.mark.parametrize("content", [b'"' + rb"\"" * 500_000, b'"' * 999_999, rb"\\" * 500_000, b'["' * 300_000])
def test_a_megabyte_of_quotes_takes_no_time(content: bytes) -> None:
    started = time.perf_counter()
    with pytest.raises(MalformedBody):
        read_json(content)
    assert time.perf_counter() - started < 1.0


values = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-LARGEST_EXACT_INTEGER, LARGEST_EXACT_INTEGER)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\x00")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="ascii", min_codepoint=1)), inner, max_size=4)
    ),
    max_leaves=12,
)


@given(values)
def test_reads_every_other_value_as_json_does(value: object) -> None:
    assert read_json(json.dumps(value).encode()) == value


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(content: bytes) -> None:
    try:
        read_json(content)
    except MalformedBody:
        return
