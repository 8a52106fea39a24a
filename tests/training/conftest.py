"""What tests of pages that training writes share."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

CHROMIUM = Path("/usr/bin/chromium")
MUST_RUN = os.environ.get("CI") == "true"


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    """Debian's chromium, without a screen."""
    if not CHROMIUM.exists() and not MUST_RUN:
        pytest.skip(f"{CHROMIUM} is absent: apt-get install chromium to look at the page in a browser")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=str(CHROMIUM), args=["--no-sandbox"])
        yield opened
        opened.close()
