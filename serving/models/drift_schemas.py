"""What the service tells of drift."""

from __future__ import annotations

from typing import Literal

from data.record import Count, Digest, Instant, Record
from data.standing import TrackRecord
from data.vocabulary import Task
from models.drift import FEW_TOLD
from models.drift_records import DriftReport

Why = Literal["no_model", "no_profile", "too_few_decisions"]


ENOUGH = 0.9
"""The share of outcomes from which those that are missing hardly matter."""


class Told(Record):
    """How much is known of what answers came to: what is told late is of another kind than what is told soon."""

    due: Count = 0
    """Answers whose promise is due, in the time of those with an outcome that are looked at."""
    told: Count = 0
    """How many of them an outcome tells of."""

    @property
    def enough(self) -> bool:
        """Whether so many tell that the missing ones hardly matter."""
        return self.told >= ENOUGH * self.due

    @property
    def hardly_any(self) -> bool:
        """Whether what outcomes feed has faded for want of any."""
        return self.told < FEW_TOLD * self.due


class TaskDrift(Record):
    """One task's report; where there is none, why: no model serves, its bundle keeps no profile, or it is too early."""

    task: Task
    version: Digest | None = None
    """The model that it is of: the one in force; absent where none is."""
    decisions: Count
    """Of the latest decisions, those this model served."""
    shelves: Count = 0
    """Of the shelves asked about by themselves in the last days, those of this model that were drawn."""
    records: tuple[TrackRecord, ...] = ()
    """What this model's answers came to, and its next ones heed: of all regions first, then of each."""
    report: DriftReport | None = None
    reason: Why | None = None


class ModelsDrift(Record):
    """The latest decisions beside what the models in force learned from."""

    bundle: Digest | None = None
    """The bundle in force, whose models these are; absent where none can be read."""
    decisions: Count
    shelves: Count = 0
    """Shelves asked about by themselves that are compared too."""
    since: Instant | None = None
    """When the earliest of them was answered."""
    until: Instant | None = None
    """When the latest of them was. Of hours that are alike, what tells the hour, the day or the season has moved."""
    outcomes: Told = Told()
    """Of the latest decisions whose promise is due, how many have told what happened."""
    tasks: tuple[TaskDrift, ...]
