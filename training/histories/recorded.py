"""What became of the cases that a service has recorded, where they are a part of what was learned from.

They are mixed with earlier cases, and where none of them teaches, what was learned is the earlier cases alone: whoever
asked for a model that has learned from use must not take it for one.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping

from data.outcome import HistoryLine
from data.vocabulary import Task
from models.taught import event_key
from training.histories.known import Lessons
from training.histories.left_out import NO_OUTCOME, PROMISE_PASSED, TAUGHT, TELLS_NOTHING, reasons
from training.histories.truth import promise_passed

FROM_EARLIER = "what the challenger predicts it has learned from --history alone"


def lessons(recorded: Iterable[HistoryLine], of_tasks: Mapping[Task, Lessons]) -> dict[Task, Counter[str]]:
    """Per task how many of the recorded cases taught it, and how many did not, by why."""
    became: dict[Task, dict[str, str]] = {task: {} for task in of_tasks}
    for line in recorded:
        key = event_key(line.case.event.source, line.case.event.id)
        for task, found in became.items():
            found[key] = _untold(task, line)
    for task, told in of_tasks.items():
        became[task].update((key, kind) for key, kind in told.named() if key in became[task])
    return {task: Counter(found.values()) for task, found in became.items()}


def untaught(counted: Mapping[Task, Counter[str]]) -> dict[Task, Counter[str]]:
    """The tasks that none of the recorded cases taught."""
    return {task: found for task, found in counted.items() if not found[TAUGHT]}


def untaught_words(counted: Mapping[Task, Counter[str]]) -> str:
    """Which tasks none of the recorded cases taught, and why; empty where each task was taught by some."""
    none = untaught(counted)
    if not none:
        return ""
    if not (recorded := max(found.total() for found in none.values())):
        return f"no case was recorded, so {FROM_EARLIER}"
    of_each = " and ".join(f"{task} ({reasons(dict(found.most_common()))})" for task, found in none.items())
    says = f"none of the {recorded:,} recorded cases taught {of_each}"
    return f"nothing was learned from use: {says}; {FROM_EARLIER}" if len(none) == len(counted) else says


def _untold(task: Task, line: HistoryLine) -> str:
    """Why a case is not among those whose truth is told, should it not be.

    A promise that the policy makes is due after the case, so that only one that was sent can have passed.
    """
    if line.outcome is None:
        return NO_OUTCOME
    return PROMISE_PASSED if task is Task.SLA_BREACH and promise_passed(line) else TELLS_NOTHING
