"""A promotion: two bundles compared on cases that neither had seen, the dossier of it, and what people decided on it.

Training writes the dossier, the service checks it and keeps it; both read these records. A dossier's verdict is not a
field: it follows from its checks, so nobody can state another one.
"""

from __future__ import annotations

from datetime import datetime
from enum import StrEnum
from math import ceil
from typing import Annotated, Literal

from pydantic import Field, model_validator

from data.plain_text import InLines
from data.record import Count, Digest, Identifier, Instant, Record
from data.vocabulary import Task

Words = Annotated[str, Field(min_length=1, max_length=2_000)]
LONGEST_WHY = 500
PROMOTION_ID = "^[0-9a-f-]{36}$"
"""What the id of a promotion looks like."""
Why = Annotated[str, Field(min_length=3, max_length=LONGEST_WHY)]
"""A reason that a person gave."""
Reason = Annotated[Why, InLines]
"""A reason as it is posted: those of before may hold more, and are shown all the same."""


class Metric(StrEnum):
    """What two bundles are compared by, row by row on the same cases."""

    LOG_LOSS = "log_loss"
    AVERAGE_PRECISION = "average_precision"
    EXPECTED_COST = "expected_cost"


class CheckName(StrEnum):
    """What a challenger must pass, in the order in which a reader wants to know."""

    TASKS = "tasks"
    WINDOW = "window"
    LABELS = "labels"
    COLUMNS = "columns"
    ATTRIBUTION = "attribution"
    LOG_LOSS = "log_loss"
    AVERAGE_PRECISION = "average_precision"
    EXPECTED_COST = "expected_cost"
    SLICES = "slices"
    CALIBRATION = "calibration"
    LATENCY = "latency"
    SIZE = "size"


OF_BUNDLE = frozenset({CheckName.TASKS, CheckName.SIZE})
"""Checks of the bundle as a whole; every other one is made per task."""


class Finding(StrEnum):
    """What a check found, in order of caution."""

    PASSED = "passed"
    NOTED = "noted"
    """Nothing that stops a promotion, but whoever agrees should know."""
    REFUSED = "refused"


class Check(Record):
    """One check with its sentence for people; `task` is absent for checks of the whole bundle."""

    name: CheckName
    task: Task | None = None
    finding: Finding
    says: Words


class Difference(Record):
    """One metric of both on the same rows; `low` and `high` bound 95 % of the resampled differences.

    `difference` is challenger minus champion in the metric's own unit: nats, share, or money of the policy's currency
    per case. `worse` is the share of the resamples in which the challenger is the worse one.
    """

    task: Task
    metric: Metric
    n: Count
    champion: float
    challenger: float
    difference: float
    low: float
    high: float
    worse: Annotated[float, Field(ge=0, le=1)]


class Slice(Record):
    """Log loss of both on some of the rows."""

    task: Task
    by: Identifier
    value: Identifier
    n: Count
    champion: float
    challenger: float
    difference: float
    errors: float
    """The difference in its own standard errors: above 0 the challenger is the worse one."""


class Calibration(Record):
    """Expected calibration error of both, over 15 equally filled bins."""

    task: Task
    champion: float
    challenger: float


class Share(Record):
    """A feature's share of the mean absolute contribution, of both on the same rows; absent where not a feature."""

    task: Task
    feature: Annotated[str, Field(min_length=1, max_length=200)]
    champion: float | None = None
    challenger: float | None = None


OUTCOMES = "outcomes"
"""What an attestation calls the outcomes of the events that taught both."""


class Attestation(Record):
    """What whoever asks answers for: how something that the champion does not know is known before the outcome, or
    why values of a column, or outcomes, are others than it was told.

    `name` is a feature's, an attribute's, that of a group such as `message`, or `outcomes`.
    """

    name: Annotated[str, Field(min_length=1, max_length=200)]
    says: Why


class Cost(Record):
    """What answering takes: milliseconds of predicting and explaining one case, and bytes of the files."""

    champion_milliseconds: float
    challenger_milliseconds: float
    champion_bytes: Annotated[int, Field(ge=0)]
    challenger_bytes: Annotated[int, Field(ge=0)]


FEWEST_EXCEPTIONS = 200
"""Of how many exceptions the cases must be for a comparison to tell anything."""
RESAMPLES = 1_000
"""How often the cases are drawn again for an interval."""
OTHER_CASES = (
    "These are other cases, not later days: the numbers hold for cases like those both learned from, and nobody knows "
    "how either does on later days"
)
"""What a comparison without times is worth."""


class Untaught(Record):
    """How cases of a history without times were told to be new to both, by the events that each keeps of its training.

    `cases` tell what happened. Those `looked_up` are known for certain to have taught either or not; `taught` did, and
    is left out. Where the others cannot be said to be new, they are left out too, and so are more than are needed.
    """

    cases: Count
    looked_up: Count
    taught: Count
    left_out: Count
    at_most: Annotated[float, Field(ge=0, le=1)]
    """The largest share of the compared cases that may have taught either, 95 % sure; 0 where each is known not to."""

    @property
    def says(self) -> str:
        """How it is known, for people."""
        if self.taught:
            others = "" if self.looked_up == self.cases else f", {self.cases - self.looked_up:,} cannot be looked up"
            return f"of {self.cases:,} cases {self.taught:,} taught either{others}; {self.left_out:,} were left out"
        also = f"; {self.left_out:,} were left out, for the others are enough" if self.left_out else ""
        if self.looked_up == self.cases:
            return f"each of {self.cases:,} cases is known to have taught neither{also}"
        return (
            f"of {self.cases:,} cases {self.looked_up:,} can be looked up and none of them taught either, so at most "
            f"{ceil(1_000 * self.at_most) / 10:.1f} % of all did (95 % sure){also}"
        )


class Window(Record):
    """The cases both were compared on; neither has learned from them.

    They are those of later days, from `begins` to `ends`; or, where the bundles learned from cases that all carry one
    moment, others that are `untaught`: then no day is later and none is named.
    """

    history: Annotated[str, Field(min_length=1, max_length=500)]
    data: Digest
    n: Count
    exceptions: Count
    begins: Instant | None = None
    ends: Instant | None = None
    untaught: Untaught | None = None
    drawn_days: Count | None = None
    """How many days a daily table was compared on: all shelves of a day move together, so days are resampled whole."""

    @property
    def resampled(self) -> str:
        """What is resampled whole, in words."""
        return "whole exceptions" if self.drawn_days is None else f"its {self.drawn_days:,} days, each whole"

    @model_validator(mode="after")
    def _days_or_not(self) -> Window:
        if {self.begins is None, self.ends is None, self.untaught is not None} not in ({True}, {False}):
            raise ValueError("cases are those of later days, from begins to ends, or they are untaught: name one")
        return self

    @property
    def days(self) -> tuple[datetime, datetime] | None:
        """The first and the last moment; None where no day is later than what taught the bundles."""
        return (self.begins, self.ends) if self.begins and self.ends else None


class Dossier(Record):
    """Everything a person needs to agree to a promotion, or a service to refuse it."""

    schema_: Annotated[Literal["fairlead/dossier/1"], Field(alias="schema")] = "fairlead/dossier/1"
    challenger: Digest
    champion: Digest
    made_at: Instant
    policy: Digest
    currency: Annotated[str, Field(pattern=r"^[A-Z]{3}$")]
    resamples: Count
    seed: Count
    window: Window
    tasks: Annotated[tuple[Task, ...], Field(min_length=1)]
    """What was compared: every task of the challenger that the champion has too."""
    new_tasks: tuple[Task, ...] = ()
    """Tasks of the challenger that the champion lacks: there is nothing to compare them with."""
    checks: tuple[Check, ...]
    differences: tuple[Difference, ...]
    slices: tuple[Slice, ...] = ()
    calibrations: tuple[Calibration, ...] = ()
    shares: tuple[Share, ...] = ()
    attested: tuple[Attestation, ...] = ()
    cost: Cost

    @property
    def refusals(self) -> tuple[Check, ...]:
        """The checks that stop the promotion; empty where it may be agreed to."""
        return tuple(check for check in self.checks if check.finding is Finding.REFUSED)

    @property
    def unmade(self) -> tuple[str, ...]:
        """The checks that are missing, by name and task: an incomplete dossier proves nothing."""
        made = {(check.name, check.task) for check in self.checks}
        needed: list[tuple[CheckName, Task | None]] = [(name, None) for name in CheckName if name in OF_BUNDLE]
        needed += [(name, task) for task in self.tasks for name in CheckName if name not in OF_BUNDLE]
        return tuple(f"{name} of {task or 'the bundle'}" for name, task in needed if (name, task) not in made)


class PromotionState(StrEnum):
    """Where a promotion stands."""

    PROPOSED = "proposed"
    """It passed its checks and waits for another principal."""
    REFUSED = "refused"
    """Its checks refused it; nobody can agree to it."""
    APPROVED = "approved"
    """Another principal agreed, and the challenger came in force."""
    REJECTED = "rejected"
    """Another principal did not agree."""
    WITHDRAWN = "withdrawn"
    """Whoever asked took it back before anybody decided."""

    @property
    def deed(self) -> str:
        """What whoever decided did, as a sentence about them goes on: `agreed`."""
        return _DEEDS.get(self, "agreed")


class Lapse(StrEnum):
    """Why nobody can agree to a promotion that waits, as things are now."""

    OTHER_CHAMPION = "other_champion"
    """It was compared with another bundle than the one that serves now."""
    FILES_GONE = "files_gone"
    """The challenger's files are not here any more: they go where another bundle comes in force."""

    @property
    def says(self) -> str:
        """What it means, as a sentence about the promotion goes on."""
        return _LAPSES[self]


_LAPSES = {
    Lapse.OTHER_CHAMPION: "compared with another bundle than the one that serves now",
    Lapse.FILES_GONE: "its files are not here any more",
}

_DEEDS = {PromotionState.REJECTED: "did not agree", PromotionState.WITHDRAWN: "withdrew it"}


class PromotionRequest(Record):
    """Ask for a promotion: the dossier, and why the challenger should serve."""

    dossier: Dossier
    reason: Reason


class Approval(Record):
    """What another principal decides on a promotion, and why; whoever asked may `reject` it, which withdraws it."""

    verdict: Literal["approve", "reject"]
    reason: Reason


class Rollback(Record):
    """Return to the bundle that was in force before; why."""

    reason: Reason


class Decided(Record):
    """Who decided on a promotion, when and why; a `reject` by whoever asked withdraws it."""

    verdict: Literal["approve", "reject"]
    by: Identifier
    at: Instant
    reason: Why


class RolledBack(Record):
    """Who took a promotion back that had been agreed to, when and why."""

    by: Identifier
    at: Instant
    reason: Words


class ToldLive(Record):
    """How many of the newest cases that came in tell something new to the champion, which whoever asks answers for."""

    name: Annotated[str, Field(min_length=1, max_length=200)]
    told: Count
    cases: Count

    @property
    def says(self) -> str:
        """In words."""
        return f"{self.name} is told by {self.told:,} of the newest {self.cases:,} cases that came in"


class Promotion(Record):
    """A promotion as it stands: who asked and why, what the checks refused, who decided, who took it back."""

    promotion_id: Identifier
    state: PromotionState
    challenger: Digest
    champion: Digest
    requested_by: Identifier
    requested_at: Instant
    reason: Why
    dossier: Digest
    """Of the dossier's canonical bytes."""
    refusals: tuple[Words, ...] = ()
    decided: Decided | None = None
    rolled_back: RolledBack | None = None
    altered: Words | None = None
    """What stands here that the audit chain kept otherwise: nobody may trust the rest. Absent where both agree."""
    lapsed: Lapse | None = None
    """Only of one that waits."""
    told_live: tuple[ToldLive, ...] | None = None
    """Of each thing that is attested; only where one promotion is asked for, and something is attested."""


class Promotions(Record):
    """Promotions, the newest first."""

    items: tuple[Promotion, ...]
    unreadable: Count = 0
    """Others that cannot be shown: somebody altered what the database holds of them, as `fairlead doctor` tells."""


class ComingInForce(StrEnum):
    """How a bundle came in force."""

    FOUND = "found"
    """It was in the folder when a promotion replaced it for the first time."""
    PROMOTION = "promotion"
    ROLLBACK = "rollback"


class InForceNow(Record):
    """The bundle in force: since when, by whom and why, who asked for it and why, and where a rollback would lead."""

    bundle: Digest | None = None
    models: dict[str, Digest] = {}
    """The version of each task's model, by which MLflow's registry knows it."""
    came: ComingInForce = ComingInForce.FOUND
    since: Instant | None = None
    by: Identifier | None = None
    reason: Words | None = None
    """Of `by`: whoever agreed to the promotion, or rolled back."""
    requested_by: Identifier | None = None
    requested_because: Words | None = None
    promotion_id: Identifier | None = None
    rollback_to: Digest | None = None
    altered: str | None = None
    """What somebody altered of the record of what came in force; what of it cannot be read is left out."""
