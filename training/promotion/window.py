"""The later days: cases that neither bundle has learned from, with what was known of their parties then."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import numpy as np
from numpy.typing import NDArray

from data.case import Case
from data.outcome import HistoryLine
from data.standing import Standing
from data.vocabulary import Task
from features.attributes import AttributeSchema
from features.party_rows import MemoryRows, SeededRows, read_snapshot
from features.standing import StandingKeeper
from models.bundle import Bundle
from models.taught import event_key
from policies.policy import Policy
from training.dataset import Read, study
from training.errors import HistoryError
from training.history import History
from training.progress import Progress
from training.split import without_times
from training.truth import truth_of

TAUGHT = ("fitted_on", "tested_on", "recalibrated_on")
"""Of the lineage, the windows a model has learned from or was chosen by."""

Known = Sequence[tuple[Case, Standing]]


@dataclass(frozen=True)
class Later:
    """The cases of the later days in time order, as the models of one attribute schema see them."""

    known: Known
    lines: Sequence[HistoryLine]
    """The same cases under the promise in force, with their outcomes."""
    groups: NDArray[np.int64]
    """A number for each case's exception: cases of one exception are resampled together."""

    def truth(self, task: Task) -> NDArray[np.int64]:
        """The label's index, 0 or 1 for a risk; -1 where the outcome does not tell."""
        return np.array([truth_of(task, line) for line in self.lines], np.int64)


@dataclass(frozen=True)
class Reading:
    """What was read of a history: the later days by attribute schema, and the answers of its earlier events."""

    later: Later
    answers: Mapping[Task, Mapping[str, int]]
    """By task and event, what the earlier events came to: what a bundle was taught can be laid beside it."""


def taught_until(*bundles: Bundle) -> datetime:
    """The moment after which no case taught or tested any of the bundles' models.

    Raises:
        HistoryError: a model of cases that all carry one moment.
    """
    latest = 0.0
    for bundle in bundles:
        for task, predictor in bundle.models.items():
            lineage = predictor.model.lineage
            if "fitted_on" not in lineage or without_times(lineage):
                raise HistoryError(
                    f"{bundle.folder}: its {task} model does not say until when it learned, so no day is later: "
                    "train it on a history with times"
                )
            latest = max(latest, *(lineage[told]["to"] for told in TAUGHT if told in lineage))
    return datetime.fromtimestamp(latest, UTC)


def read_later(
    history: History,
    after: datetime,
    schema: AttributeSchema,
    standing: list[dict[str, Any]],
    policy: Policy,
    progress: Progress,
) -> Reading:
    """Replay a history; its cases after a moment are those to compare on, the earlier ones tell of the parties.

    A history that begins later starts from the bundle's own snapshot of the parties.
    """
    scored: list[HistoryLine] = []
    answers: dict[Task, dict[str, int]] = {task: {} for task in Task}
    begins_later = next((line.case.event.time > after for line in history.lines()), False)
    seeds = read_snapshot(standing if begins_later else [])
    keeper = StandingKeeper(SeededRows(MemoryRows(), seeds), schema)

    def lines() -> Iterator[Read]:
        for line in progress.count(history.lines(), f"reading {history.name}"):
            later = line.case.event.time > after
            if later:
                scored.append(line)
            else:
                _note(answers, line)
            yield line, later

    samples = study(lines(), (), schema, policy, keeper, _Every()).samples
    promised = [line.model_copy(update={"case": sample.case}) for line, sample in zip(scored, samples, strict=True)]
    exceptions = [line.case.exception_id for line in promised]
    groups = np.unique(exceptions, return_inverse=True)[1] if exceptions else np.empty(0)
    known = [(sample.case, sample.standing) for sample in samples]
    return Reading(Later(known, promised, groups.astype(np.int64)), answers)


class _Every:
    """Holds every position: all cases are kept whole."""

    def __contains__(self, position: object) -> bool:
        return True


def _note(answers: Mapping[Task, dict[str, int]], line: HistoryLine) -> None:
    key = event_key(line.case.event.source, line.case.event.id)
    for task, told in answers.items():
        truth = truth_of(task, line)
        if truth >= 0:
            told[key] = truth
