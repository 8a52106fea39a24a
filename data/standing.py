"""What was known of a case's parties, and of the models that answer, at its moment; stored with the decision."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from data.record import Identifier, Instant, Record
from data.vocabulary import RootCause, Task

Decayed = Annotated[float, Field(ge=0.0)]
"""A sum of events in which an event loses half its weight every half-life."""
Later = Annotated[Decayed, Field(exclude_if=lambda value: value == 0.0)]
"""A sum that stored standings of an earlier day do not have: it is written where it says something."""


class PartyStanding(Record):
    """Decayed sums over one party's past exceptions, brought forward to the standing's moment.

    `arrivals` count exceptions when they arrive; the other sums count outcomes when they are recorded.
    """

    kind: Identifier
    id: Identifier
    arrivals: Decayed = 0.0
    """Exceptions, half-life six hours: a storm shows here first."""
    open: Later = 0.0
    """Exceptions whose outcome is not known yet, half-life thirty days from when they arrived."""
    shelves: Decayed = 0.0
    """Cases that told how long a shelf was empty on its last day, half-life six hours.

    Those of the standing's own moment count: a shelf tells of its day before it is asked about the next.
    """
    empty: Decayed = 0.0
    """The shares of the opening hours those shelves were empty."""
    closing: Later = 0.0
    """The hours those shelves were empty in the last part of the day, as far as it is told."""
    late: Later = 0.0
    """The hours those shelves were empty after the opening hours, as far as it is told."""
    wanted: Later = 0.0
    """Units wanted of those shelves on their last day, as far as it is known."""
    usual: Later = 0.0
    """Units wanted of the same shelves on a usual day."""
    outcomes: Decayed = 0.0
    """Outcomes with a known verdict on the promise, half-life thirty days."""
    breaches: Decayed = 0.0
    resolved: Later = 0.0
    """Outcomes that tell when the exception was resolved, half-life thirty days."""
    resolution: Later = 0.0
    """The sum over those of log(1 + hours from the exception to its resolution)."""
    outcomes_long: Later = 0.0
    """Outcomes with a known verdict on the promise, half-life one year."""
    breaches_long: Later = 0.0
    """Those of them where it broke."""
    resolved_long: Later = 0.0
    """Outcomes that tell when the exception was resolved, half-life one year."""
    resolution_long: Later = 0.0
    """The sum over those of log(1 + hours from the exception to its resolution)."""
    resolution_squares: Later = 0.0
    """The sum over those of its square."""
    outcomes_short: Later = 0.0
    """Outcomes with a known verdict on the promise, half-life six hours."""
    breaches_short: Later = 0.0
    """Those of them where it broke."""
    causes: dict[RootCause, Decayed] = {}
    """Confirmed root causes, half-life thirty days."""
    shelf_outcomes: Decayed = 0.0
    """Outcomes with a known verdict on the shelf, half-life thirty days."""
    stockouts: Decayed = 0.0
    """Those of them where the shelf ran empty."""
    shelf_outcomes_lately: Later = 0.0
    """Outcomes with a known verdict on the shelf, half-life three days."""
    stockouts_lately: Later = 0.0
    """Those of them where the shelf ran empty."""
    granted: Decayed = 0.0
    """Refunds and goodwill granted, in the amounts' own currency, half-life thirty days."""


class TrackRecord(Record):
    """What one model said of cases whose outcome is known by now, beside what happened: sums, half-life thirty days.

    Of a promise it tells once the day is over on which the promise falls due: kept ones are known before broken ones.

    It is of one version of a task's model, of the cases of one region or of all: another version has its own.
    """

    task: Task
    version: Identifier
    region: Identifier | None = None
    """Absent for the cases of all regions."""
    answers: Decayed = 0.0
    surplus: float = 0.0
    """For a risk: how many more came true than its calibrated scores said. Of the cases of all regions, where the model
    was taught how long outcomes take to be known, a known one counts here and in `doubt` for those of its label and
    days that are not known yet."""
    doubt: Decayed = 0.0
    """For a risk: how far chance alone lets the surplus vary, the sum of p (1 - p)."""
    true: dict[str, Decayed] = {}
    """How often each answer (`no` and `yes` of a risk) was the truth, where the model has conformal sets."""
    missed: dict[str, tuple[Decayed, ...] | Decayed] = {}
    """How often of those the sets, as they were trained, did not hold it: at error rates of 5, 10, 15, 20 and 30 %.

    A single number, as earlier versions kept it, is of 10 %."""


class Standing(Record):
    """The parties of one case at one moment, what the models' answers came to, and whether the case still counts.

    An unseen party is absent: a cold start is a valid standing.
    """

    as_of: Instant
    parties: tuple[PartyStanding, ...] = ()
    records: tuple[TrackRecord, ...] = Field(default=(), exclude_if=lambda value: value == ())
    """The track records of the models that answer; absent where no outcome of their answers is known."""
    superseded: Literal[True] | None = None
    """That a newer event of the exception had been answered already; absent where not, as in standings kept before."""

    def of(self, kind: str) -> PartyStanding | None:
        """The standing of the case's party of this kind, None for one never seen."""
        for each in self.parties:
            if each.kind == kind:
                return each
        return None

    def record(self, task: Task, version: str, region: str | None) -> TrackRecord | None:
        """What the answers of this version of a task's model came to in a region, or everywhere for None."""
        for each in self.records:
            if (each.task, each.version, each.region) == (task, version, region):
                return each
        return None
