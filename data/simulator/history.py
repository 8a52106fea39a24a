"""Native histories, and live cases from the same world."""

from __future__ import annotations

import gzip
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from multiprocessing import get_context
from pathlib import Path
from typing import BinaryIO, cast

from data.outcome import HistoryLine
from data.simulator.blocks import Block, block_lines, plan
from data.simulator.clock import DAY, seconds

WEEKS = 26
NEWCOMER_DAYS = 49
"""How long before the end the new carrier and the new supplier join."""

Progress = Callable[[int], None]
"""Told how many lines were written since it was last called."""


def simulate(seed: int, count: int, until: datetime, weeks: int = WEEKS) -> Iterator[HistoryLine]:
    """A history of exactly `count` lines over the `weeks` before `until`, in time order.

    Raises ValueError where `until` has no offset, or count or weeks are not positive.
    """
    for block in _blocks(seed, count, until, weeks):
        for line in block_lines(block):
            yield HistoryLine.model_validate_json(line)


def write_history(
    path: Path,
    *,
    seed: int,
    count: int,
    until: datetime,
    weeks: int = WEEKS,
    workers: int = 1,
    progress: Progress | None = None,
) -> None:
    """Write the history as JSON lines, gzipped where the name ends in `.gz`; the file appears when it is whole.

    The bytes do not depend on `workers`. Raises ValueError as `simulate` does, OSError where the file cannot be
    written.
    """
    blocks = _blocks(seed, count, until, weeks)
    with _appearing_whole(path) as file:
        for lines in _drawn(blocks, workers):
            file.writelines(lines)
            if progress:
                progress(len(lines))


def _blocks(seed: int, count: int, until: datetime, weeks: int) -> list[Block]:
    if count < 1 or weeks < 1:
        raise ValueError(f"a history needs at least one line and one week; got {count} lines over {weeks} weeks")
    end = seconds(until)
    return plan(seed, int(end // DAY) - NEWCOMER_DAYS, count, end - weeks * 7 * DAY, end)


def _drawn(blocks: list[Block], workers: int) -> Iterator[list[bytes]]:
    if workers <= 1:
        yield from map(block_lines, blocks)
        return
    # Spawned, not forked: the same on every platform, and safe where the caller has threads.
    with get_context("spawn").Pool(workers) as pool:
        yield from pool.imap(block_lines, blocks, chunksize=4)
        pool.close()
        pool.join()


@contextmanager
def _appearing_whole(path: Path) -> Iterator[BinaryIO]:
    part = path.with_name(path.name + ".part")
    try:
        with part.open("wb") as plain:
            if path.suffix == ".gz":
                # No name and no time in the header: the same history gives the same bytes.
                with gzip.GzipFile(filename="", mode="wb", fileobj=plain, compresslevel=6, mtime=0) as packed:
                    yield cast(BinaryIO, packed)
            else:
                yield plain
            plain.flush()
            os.fsync(plain.fileno())
        part.replace(path)
    finally:
        part.unlink(missing_ok=True)
