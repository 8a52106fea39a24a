"""Real shelves computed all at once beside the same questions asked one by one: are the features equal to the last bit?

    python -m benchmarks.daily_parity FOLDER

FOLDER holds `freshretailnet50k_daily.parquet` (CC BY 4.0; see docs/data-attribution.md). Evenly spaced shelves are
taken with all their days, enough to ask so many questions and more. Training computes their features in bulk;
then the same history is replayed line by line, each case with its standing turned into one vector by the functions
that serve. Exit code 1 where a question differs. 100,000 questions take about six minutes.
"""

from __future__ import annotations

import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Annotated

import numpy as np
import pandas as pd
import typer
from numpy.typing import NDArray

from benchmarks.store_stock import DAYS, MAPPING
from data.case import Case
from data.console import console
from data.standing import Standing
from data.vocabulary import Task
from features.catalogue import feature_set
from features.party_rows import MemoryRows
from features.standing import StandingKeeper, replay
from policies.policy import load_policy
from training.daily.history import DailyHistory, daily_study, vocabulary
from training.daily.opening import load_daily_mapping, open_daily
from training.histories.known import Known
from training.histories.truth import UNKNOWN, truth_of
from training.progress import Progress
from training.terminal import progress_on

Floats = NDArray[np.float64]
MOST_NAMED = 12


@dataclass(frozen=True)
class Parity:
    """The features in bulk and live, float64[n, k], of the same questions, and how long each took, in seconds."""

    names: tuple[str, ...]
    bulk: Floats
    live: Floats
    bulk_seconds: float
    live_seconds: float

    @property
    def differs(self) -> NDArray[np.bool_]:
        """Where they are not the same number, or not both missing: bool[n, k]."""
        return np.asarray((self.bulk != self.live) & ~(np.isnan(self.bulk) & np.isnan(self.live)))


def main(
    folder: Annotated[Path, typer.Argument(help="Where the daily table lies.")],
    questions: Annotated[int, typer.Option(min=1, help="How many to ask at least.")] = 100_000,
) -> None:
    """Compute both ways, compare, and print how many agree."""
    if not (folder / DAYS).is_file():
        raise typer.BadParameter(f"{folder} holds no {DAYS}")
    with progress_on(console(stderr=True)) as progress:
        progress.step(f"reading {DAYS}")
        found = compared(spaced(open_daily(folder / DAYS, load_daily_mapping(MAPPING)), questions), progress)
    typer.echo(told(found))
    if found.differs.any():
        raise typer.Exit(1)


def spaced(history: DailyHistory, questions: int) -> DailyHistory:
    """The history of evenly spaced shelves that ask so many questions and more, or of all."""
    shelf = history.frame.groupby([history.mapping.node, history.mapping.sku], sort=True).ngroup()
    step = max(1, int(history.grid.answered().sum()) // questions)
    while (some := _every(history, shelf % step == 0)).grid.answered().sum() < questions and step > 1:
        step -= 1
    return some


def _every(history: DailyHistory, which: pd.Series[bool]) -> DailyHistory:
    chosen = history.frame[which.to_numpy()].reset_index(drop=True)
    return DailyHistory(history.name, history.digest, chosen, history.mapping)


def compared(history: DailyHistory, progress: Progress) -> Parity:
    """Both ways on the same history."""
    attributes, policy, grid = vocabulary(history), load_policy(), history.grid
    features = feature_set(Task.STOCKOUT, attributes)
    progress.step("all at once")
    begun = time.perf_counter()
    known = daily_study(grid, grid.exists, history.mapping, attributes, policy, 0)[0].known(Task.STOCKOUT)
    between = time.perf_counter()
    live = np.full_like(known.facts, np.nan)
    asked = _asked(history, StandingKeeper(MemoryRows(), attributes), known)
    for place, (case, standing) in enumerate(progress.count(asked, "one by one", len(known.truth))):
        live[place] = features.vector(case, standing)
    return Parity(features.names, known.facts, live, between - begun, time.perf_counter() - between)


def _asked(history: DailyHistory, keeper: StandingKeeper, known: Known) -> Iterator[tuple[Case, Standing]]:
    """Every question with an answer and what was known as it was asked, in the order of the bulk."""
    place = 0
    for line, standing in replay(history.lines(), keeper, settle=False):
        truth = truth_of(Task.STOCKOUT, line)
        if truth == UNKNOWN:
            continue
        if (line.case.event.time.timestamp(), truth) != (known.times[place], known.truth[place]):
            raise ValueError(f"question {place} is not the same one both ways: {line.case.event.id}")
        yield line.case, standing
        place += 1
    if place != len(known.truth):
        raise ValueError(f"{len(known.truth)} questions all at once, {place} one by one")


def told(found: Parity) -> str:
    """How many agree, and where the others differ, in Markdown."""
    differs, n = found.differs, len(found.live)
    equal = n - int(differs.any(axis=1).sum())
    lines = [
        f"{equal:,} of {n:,} questions have the same {len(found.names)} features, bit for bit "
        f"({differs.size - int(differs.sum()):,} of {differs.size:,} values).",
        f"All at once {found.bulk_seconds:,.1f} s, one by one {found.live_seconds:,.1f} s.",
    ]
    apart = np.abs(found.bulk - found.live)
    often = np.argsort(-differs.sum(axis=0), kind="stable")[:MOST_NAMED]
    lines += [
        f"- {found.names[k]}: {int(differs[:, k].sum()):,} differ, by {np.nanmax(apart[differs[:, k], k]):.3g} at most"
        for k in often
        if differs[:, k].any()
    ]
    return "\n".join(lines)


if __name__ == "__main__":
    typer.run(main)
