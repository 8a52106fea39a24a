"""The page about the interface: its sentences read as sentences."""

from __future__ import annotations

import re

from serving.docs.endpoints import _coded
from tests.fixtures.service import Desk


def test_what_stands_between_backticks_is_code_and_nothing_else_is_markup() -> None:
    assert _coded("a `proposed` one, <b>`x<y`</b>") == (
        "a <code>proposed</code> one, &lt;b&gt;<code>x&lt;y</code>&lt;/b&gt;"
    )
    assert _coded("one ` alone") == "one ` alone"


def test_no_description_shows_backticks(desk: Desk) -> None:
    page = re.sub("<pre.*?</pre>", "", desk.client.get("/docs").text, flags=re.DOTALL)
    assert "<code>proposed</code> waits for another principal" in page
    assert "`" not in page
