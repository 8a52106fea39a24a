"""What the shadow would have said, held against what was said and what then happened."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from data.outcome import known_from
from data.record import Count, Digest, Record
from data.vocabulary import Task
from models.conformal import NO_AND_YES
from models.delays import Delays
from serving.models.drift_schemas import Told
from serving.store.shadows import Seen

SMALLEST = 1e-6
YES = "yes"


class ShadowTask(Record):
    """One task over the answers both gave; the losses over those whose outcome counts.

    Where the model in force tells how long outcomes of each label take, a known one counts for those of its label and
    days that are not known yet, and none while too few are known.
    """

    task: Task
    answers: Count
    mean_difference: float
    """Mean absolute difference of the probability of the event, or of the label that was answered."""
    disagreements: Count
    """Other labels, or other sides of one half."""
    outcomes: Count
    champion_log_loss: float | None = None
    challenger_log_loss: float | None = None


class ShadowReport(Record):
    """How a bundle in the shadow compares with the one in force, over the newest answers."""

    champion: Digest | None = None
    challenger: Digest | None = None
    problem: str | None = None
    """Why there is no shadow, or which of its tasks cannot be read."""
    answers: Count = 0
    """Answers it saw and kept since the service started."""
    shelves: Count = 0
    """Shelves asked about by themselves that it judged too since then."""
    failures: Count = 0
    dropped: Count = 0
    """Answers it did not see because it was behind."""
    tasks: tuple[ShadowTask, ...] = ()


@dataclass
class ShadowCounts:
    """What the shadow did since the service started."""

    answers: int = 0
    shelves: int = 0
    failures: int = 0
    dropped: int = 0


@dataclass(frozen=True)
class Weighing:
    """As how many an answer counts whose outcome is known: once, or by how long outcomes take.

    The delays are those of the model in force; where nearly all that is due is known, none stands for others.
    """

    delays: Mapping[Task, Delays]
    now: datetime

    def of(self, task: Task, rows: Sequence[Seen]) -> list[float]:
        """Of answers whose outcome may be known: nothing where it is not."""
        delays = self.delays.get(task)
        told = [task.value in row.happened for row in rows]
        due = [known_from(task, row.asked_at, row.due_at) <= self.now for row in rows]
        if delays is None or Told(due=sum(due), told=sum(told)).enough:
            return list(map(float, told))
        return [self._counts(delays, task, row) if known else 0.0 for row, known in zip(rows, told, strict=True)]

    def _counts(self, delays: Delays, task: Task, row: Seen) -> float:
        label = NO_AND_YES[row.happened[task.value] is True]
        return delays.counts_for(label, known_from(task, row.asked_at, row.due_at), self.now)


def report(
    champion: str | None,
    challenger: str | None,
    problem: str | None,
    counts: ShadowCounts,
    rows: Sequence[Seen],
    weighing: Weighing,
) -> ShadowReport:
    """The report over rows of the same two bundles."""
    return ShadowReport(
        champion=champion,
        challenger=challenger,
        problem=problem,
        answers=counts.answers,
        shelves=counts.shelves,
        failures=counts.failures,
        dropped=counts.dropped,
        tasks=tasks_of(rows, weighing),
    )


def tasks_of(rows: Sequence[Seen], weighing: Weighing) -> tuple[ShadowTask, ...]:
    """What the rows of two bundles come to, task by task, of those that both answered."""
    return tuple(told for task in Task if (told := _task(task, rows, weighing)) is not None)


def _task(task: Task, rows: Sequence[Seen], weighing: Weighing) -> ShadowTask | None:
    both = [row for row in rows if task.value in row.said]
    if not both:
        return None
    said = [row.said[task.value] for row in both]
    counted = zip(weighing.of(task, both), both, strict=True)
    losses = [(count, *_losses(task, row)) for count, row in counted if count]
    return ShadowTask(
        task=task,
        answers=len(said),
        mean_difference=round(sum(_apart(each) for each in said) / len(said), 6),
        disagreements=sum(first_of(task, each["champion"]) != first_of(task, each["challenger"]) for each in said),
        outcomes=len(losses),
        champion_log_loss=_mean([(count, champion) for count, champion, _ in losses]),
        challenger_log_loss=_mean([(count, challenger) for count, _, challenger in losses]),
    )


def _apart(said: Mapping[str, Mapping[str, float]]) -> float:
    label = _ranked(said["champion"])[0][0]
    return abs(said["champion"][label] - said["challenger"].get(label, 0.0))


def first_of(task: Task, told: Mapping[str, float]) -> str:
    """The likeliest label; for a risk, the side of one half."""
    return str(told[YES] >= 0.5) if task.is_risk else _ranked(told)[0][0]


def _ranked(told: Mapping[str, float]) -> list[tuple[str, float]]:
    """The labels, the likeliest first; in the order of an answer where they are equally likely."""
    return sorted(told.items(), key=lambda each: (-each[1], each[0]))


def _answered(told: Mapping[str, float]) -> dict[str, float]:
    """What an answer would tell: the label, and a runner-up that stands out."""
    ranked = _ranked(told)
    apart = len(ranked) < 3 or ranked[1][1] > ranked[2][1]
    return dict(ranked[:2] if apart else ranked[:1])


def _losses(task: Task, row: Seen) -> tuple[float, float]:
    said, truth = row.said[task.value], row.happened[task.value]
    return _loss(said["champion"], truth, task), _loss(said["challenger"], truth, task)


def _loss(told: Mapping[str, float], truth: str | bool, task: Task) -> float:
    """Negative log-likelihood. An answer tells two labels: for both sides alike the others share the rest evenly."""
    if task.is_risk:
        probability = told[YES] if truth else 1.0 - told[YES]
    else:
        two = _answered(told)
        rest = (1.0 - sum(two.values())) / max(len(task.labels) - len(two), 1)
        probability = two.get(str(truth), rest)
    return -math.log(max(probability, SMALLEST))


def _mean(counted: Sequence[tuple[float, float]]) -> float | None:
    """Of values, each beside what it counts for."""
    return (
        round(sum(count * each for count, each in counted) / sum(count for count, _ in counted), 6) if counted else None
    )
