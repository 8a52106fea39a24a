"""Where the commands speak: as wide as the terminal is, and wide enough for their tables where there is none."""

from __future__ import annotations

import os
import sys

from rich.console import Console

WIDTH = 120
"""Columns where no terminal says how many it has: a file, a pipe, a log."""


def console(stderr: bool = False) -> Console:
    """One of the two streams."""
    stream = sys.stderr if stderr else sys.stdout
    return Console(stderr=stderr, width=None if stream.isatty() or os.environ.get("COLUMNS") else WIDTH)
