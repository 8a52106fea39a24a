"""What a line's outcome tells of each task, and what a model would be asked."""

from __future__ import annotations

from datetime import datetime

from data.outcome import HistoryLine
from data.vocabulary import Task

UNKNOWN = -1


def truth_of(task: Task, line: HistoryLine) -> int:
    """The label's index, 0 or 1 for a risk; `UNKNOWN` where the outcome does not tell or nothing is predicted.

    Nothing is predicted of a shelf that is not named, nor of a promise that had passed.
    """
    if line.outcome is None or (task is Task.STOCKOUT and line.case.at_stake is None):
        return UNKNOWN
    if task is Task.SLA_BREACH and promise_passed(line):
        return UNKNOWN
    truth = line.outcome.truth(task, line.case.promise.due_at if line.case.promise else None)
    if truth is None:
        return UNKNOWN
    return int(truth) if isinstance(truth, bool) else task.labels.index(truth)


def is_asked(task: Task, line: HistoryLine) -> bool:
    """Whether the service would ask a model: of a shelf that is named, of a promise that has not passed."""
    if task is Task.STOCKOUT:
        return line.case.at_stake is not None
    due = line.case.promise.due_at if line.case.promise else None
    return task is not Task.SLA_BREACH or (due is not None and due > line.case.event.time)


def promise_passed(line: HistoryLine) -> bool:
    """Whether the breach was a fact when the case was noticed, which the service tells without asking a model.

    Only where the promise in force decides what a breach is: an outcome that tells `sla_breached` itself may mean
    another promise than `due_at`, such as one a mapping assumes, and such a case is taught and scored like any other.
    """
    due = line.case.promise.due_at if line.case.promise else None
    told = line.outcome is not None and line.outcome.sla_breached is None
    return told and due is not None and due <= line.case.event.time


def told_at(line: HistoryLine) -> datetime:
    """The last moment that a line tells of: when its outcome was known, else the case's."""
    time = line.case.event.time
    return max(line.outcome.recorded_at, time) if line.outcome else time


def counts_from(task: Task, line: HistoryLine) -> datetime:
    """From when on the truth of a case can be known: when it came, or when its promise was due."""
    time = line.case.event.time
    due = line.case.promise.due_at if line.case.promise and task is Task.SLA_BREACH else None
    return max(time, due) if due else time
