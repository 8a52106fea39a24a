"""Ids are UUIDs of version 7: they sort by the moment they were given, and collide with nothing."""

from __future__ import annotations

import uuid
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from serving.identifiers import uuid7

NOON = datetime(2026, 11, 23, 12, 0, tzinfo=UTC)


def test_matches_the_layout_of_the_standard() -> None:
    # RFC 9562, appendix A.6: 2022-02-22T19:22:22Z is the millisecond 0x017F22E279B0.
    given_at = datetime(2022, 2, 22, 19, 22, 22, tzinfo=UTC)
    assert uuid7(given_at, lambda n: b"\xff" * n) == "017f22e2-79b0-7fff-bfff-ffffffffffff"


@given(st.binary(min_size=10, max_size=10), st.binary(min_size=10, max_size=10), st.integers(1, 10**9))
def test_later_sorts_after(one: bytes, other: bytes, milliseconds: int) -> None:
    first = uuid7(NOON, lambda n: one)
    later = uuid7(NOON + timedelta(milliseconds=milliseconds), lambda n: other)
    assert first < later
    assert uuid.UUID(first).version == 7
    assert uuid.UUID(first).variant == uuid.RFC_4122
