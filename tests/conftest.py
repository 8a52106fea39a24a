"""What holds for every test: examples that are the same on every machine, and no deadline on a busy one."""

from __future__ import annotations

from hypothesis import settings

settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")
