"""What holds for every test: examples that are the same on every machine, and no deadline on a busy one."""

from __future__ import annotations

import pytest
from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

LONGEST = ("training", "end_to_end")
"""Rooms whose files take minutes: a worker runs whole files, so these come first, and none is waited for at the end."""


@pytest.hookimpl(trylast=True)
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    items.sort(key=lambda item: not set(LONGEST) & set(item.path.parts))
