"""What answering takes with either bundle: time to predict and explain one case, and the size of the files."""

from __future__ import annotations

import time
from collections.abc import Sequence
from contextlib import suppress
from pathlib import Path
from statistics import median

from data.case import Case
from data.prediction import PredictionFailed
from data.promotion import Check, CheckName, Cost, Finding
from data.standing import Standing
from data.thresholds import too_large, too_slow
from data.vocabulary import Task
from models.bundle import Bundle
from models.predictors import ModelPredictor

ASKED = 40
"""Cases that each is asked, in turns, so that what slows the processor slows both."""


def milliseconds(
    champion: ModelPredictor, challenger: ModelPredictor, known: Sequence[tuple[Case, Standing]]
) -> tuple[float, float]:
    """The median time to predict and explain a case, of champion and challenger.

    What this thread computes is counted, not what it waits: on a busy machine the one that is asked second may wait.
    """
    times: tuple[list[float], list[float]] = ([], [])
    for case, standing in known:
        for side, predictor in enumerate((champion, challenger)):
            started = time.thread_time()
            with suppress(PredictionFailed):
                predictor.predict(case, standing)
            times[side].append(1_000 * (time.thread_time() - started))
    return median(times[0]), median(times[1])


def latency_check(task: Task, champion: float, challenger: float) -> Check:
    """Whether the challenger keeps an answer waiting."""
    says = f"predicting and explaining a case takes {challenger:.1f} ms against {champion:.1f} ms"
    finding = Finding.REFUSED if too_slow(champion, challenger) else Finding.PASSED
    return Check(name=CheckName.LATENCY, task=task, finding=finding, says=says)


def size_check(cost: Cost) -> Check:
    """Whether the challenger is out of proportion."""
    one, other = cost.champion_bytes, cost.challenger_bytes
    says = f"its files take {other / 1e6:.2f} MB against {one / 1e6:.2f} MB"
    return Check(name=CheckName.SIZE, finding=Finding.REFUSED if too_large(cost) else Finding.PASSED, says=says)


def size_of(bundle: Bundle) -> int:
    """Bytes of the files that a bundle names."""
    return sum(_file(bundle.folder, digest).stat().st_size for digest in set(bundle.named.values()))


def _file(folder: Path, digest: str) -> Path:
    return folder / "files" / digest.removeprefix("sha256:")
