"""What a model's answers came to, and how its next answers heed it: the level of a risk, and the width of every set.

Rates drift after a model was trained, and outcomes say so before anybody trains anew. Level and sets follow them, from
decayed sums over the answers whose outcome is known:

- The **level** of a risk: the log-odds move by a Newton step towards what happened, `surplus / (doubt + PRIOR_DOUBT)`,
  of which the model heeds its `record_share` (half; 0 where its features follow the level already).
- The **sets**: see `models.heeded_sets`.

Both start from what was trained: a prior that weighs as much as some answers. A record is of one version of a model, is
kept in rows like the standing of parties, and is part of the standing, so that a past answer can be made again.

An answer about a promise counts once the day (of UTC) is over on which the promise falls due, however early its outcome
is known. Kept promises are known before broken ones, so that a record which counted each as it comes would hold too
many kept ones while it is young. What is known and does not count yet waits in the row, by the instant from which it
counts.

Some outcomes take longer than others after that, too. So the level, of a model that was taught how long, counts a known
answer for those of its label and days that are not known yet (`models.delays`): its row keeps what answers came to by
day and label until all of them are known. Sets ask of each label alone what share was missed, and count each answer
once.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from types import MappingProxyType
from typing import NamedTuple, Protocol

from data.standing import TrackRecord
from data.vocabulary import Task
from features.decay import fade, sum_left
from features.standing import OUTCOME_HALF_LIFE
from models.calibration import SMALLEST_PROBABILITY
from models.conformal import DECIMALS, NO_AND_YES
from models.delays import EPOCH, Delays
from models.heeded_sets import missed_at
from models.record_sums import Sums, added

PRIOR_DOUBT = 60.0
"""What trained log-odds weigh beside outcomes: some 300 answers of which one in four comes true."""
MOST_SHIFT = 2.0
"""Log-odds beyond which no record moves a risk: it then needs another model."""
LONGEST_WAIT = timedelta(days=400)
"""How long a known outcome waits for its promise to fall due at most: so many days wait in a row, and no more."""
YES = NO_AND_YES[1]
_DAY = timedelta(days=1)
_LAST_DAY = datetime(9999, 12, 31, tzinfo=UTC)


class RecordKey(NamedTuple):
    """Whose record it is: one version of a task's model, in a region or everywhere."""

    task: Task
    version: str
    region: str | None


class Level(NamedTuple):
    """What some answers of a risk came to, as `Sums` counts it."""

    surplus: float = 0.0
    doubt: float = 0.0


Levels = Mapping[datetime, Mapping[str, Level]]
"""What answers came to by the end of the step in which they could first be known, and by what was true."""


class RecordState(NamedTuple):
    """A record's stored row: what counts, as of the instant it was last changed, what waits, and what stands for others
    as time goes by.
    """

    task: Task
    version: str
    region: str | None
    at: datetime | None = None
    sums: Sums = Sums()
    waiting: Mapping[datetime, Sums] = {}
    """What is known and counts from a later instant on."""
    levels: Levels = {}
    """Not faded: an answer fades from the end of its step on, whenever it is told."""

    @property
    def key(self) -> RecordKey:
        """What the row is found by."""
        return RecordKey(self.task, self.version, self.region)


class RecordRows(Protocol):
    """Where records are kept."""

    def get(self, keys: Sequence[RecordKey], at: datetime | None = None) -> Mapping[RecordKey, RecordState]:
        """The rows that exist, by key; for whoever asks what counts at a moment, what comes later may be left out."""
        ...

    def put(self, states: Sequence[RecordState]) -> None:
        """Insert or replace rows."""
        ...


class MemoryRecords:
    """Records in a dict, for evaluating on a history."""

    def __init__(self) -> None:
        self._states: dict[RecordKey, RecordState] = {}

    def get(self, keys: Sequence[RecordKey], at: datetime | None = None) -> Mapping[RecordKey, RecordState]:
        """The rows that exist, by key, with all that is in them."""
        return {key: self._states[key] for key in keys if key in self._states}

    def put(self, states: Sequence[RecordState]) -> None:
        """Insert or replace rows."""
        self._states.update((state.key, state) for state in states)


class Proven(NamedTuple):
    """An answer whose outcome is known, as a record counts it."""

    truth: str
    """The label that was true; `no` or `yes` of a risk."""
    known_at: datetime
    probability: float | None
    """What the calibrated score of a risk said, before any record was heeded; None for labels."""
    left_at: float | None
    """The error rate at which the truth left its set as trained; None without sets."""
    due_at: datetime | None = None
    """When the promise fell due that the answer was about; None of an answer about something else."""
    asked_at: datetime | None = None
    """When it was asked; None where nobody says, of an answer that was known as soon as it could be."""

    @property
    def since(self) -> datetime:
        """From when on it could be known."""
        waited = [each for each in (self.asked_at, self.due_at) if each is not None]
        return self.known_at + min(max(waited) - self.known_at, LONGEST_WAIT) if waited else self.known_at

    @property
    def counts_at(self) -> datetime:
        """From when it counts."""
        return counted_from(self.known_at, self.due_at)

    @property
    def sums(self) -> Sums:
        """What it adds to a record."""
        said, came = self.probability, float(self.truth == YES)
        surplus, doubt = (0.0, 0.0) if said is None else (came - said, said * (1.0 - said))
        true = {} if self.left_at is None else {self.truth: 1.0}
        missed = {} if self.left_at is None else {self.truth: missed_at(self.left_at)}
        return Sums(1.0, surplus, doubt, true, missed)


def counted_from(known_at: datetime, due_at: datetime | None) -> datetime:
    """From when an answer counts: once its outcome is known and the day is over on which its promise fell due.

    To the end of the day, so that promises of one day wait in one place, broken ones as long as those that were kept.
    """
    if due_at is None:
        return known_at
    waited_for = min(known_at + min(due_at - known_at, LONGEST_WAIT), _LAST_DAY)
    return max(known_at, EPOCH - (EPOCH - waited_for) // _DAY * _DAY)


def keys_of(task: Task, version: str, region: str | None) -> tuple[RecordKey, ...]:
    """The records that an answer counts in: that of all regions, and that of its own."""
    everywhere = RecordKey(task, version, None)
    return (everywhere,) if region is None else (everywhere, RecordKey(task, version, region))


def learn(rows: RecordRows, keys: Sequence[RecordKey], proven: Proven, delays: Delays | None = None) -> None:
    """Count an answer in the records of these keys, once its outcome is known; `delays` are the model's."""
    found = rows.get(keys)
    rows.put([_learned(found.get(key) or RecordState(*key), proven, _of(key, delays)) for key in keys])


def known(
    rows: RecordRows,
    keys: Sequence[RecordKey],
    at: datetime,
    delays: Mapping[Task, Delays | None] = MappingProxyType({}),
) -> tuple[TrackRecord, ...]:
    """The records of these keys in which an answer counts by a moment, brought forward to it; changes nothing.

    `delays` are those of the models whose records they are.
    """
    found = rows.get(keys, at)
    records = (_brought_forward(found[key], at, _of(key, delays.get(key.task))) for key in keys if key in found)
    return tuple(each for each in records if each.answers)


def shift(record: TrackRecord | None, share: float) -> float:
    """By how much the log-odds of a risk move, for a model that heeds this share of its record's level."""
    if record is None or not share:
        return 0.0
    step = record.surplus / (record.doubt + PRIOR_DOUBT)
    return share * max(-MOST_SHIFT, min(MOST_SHIFT, step))


def shifted(probability: float, by: float) -> float:
    """A probability, its log-odds moved, no more certain than any answer; the very same number where they are not."""
    if not by:
        return probability
    log_odds = math.log(probability / (1.0 - probability)) + by
    told = 1.0 / (1.0 + math.exp(-log_odds))
    return round(max(SMALLEST_PROBABILITY, min(1.0 - SMALLEST_PROBABILITY, told)), DECIMALS)


def _of(key: RecordKey, delays: Delays | None) -> Delays | None:
    """Those of the record whose level is heeded: that of all regions. In one of a region each answer counts once."""
    return delays if key.region is None else None


def _learned(state: RecordState, proven: Proven, delays: Delays | None) -> RecordState:
    now = proven.known_at if state.at is None else max(state.at, proven.known_at)
    sums, waiting = _come_due(state, now), {each: of for each, of in state.waiting.items() if each > now}
    counts_at, told, levels = proven.counts_at, proven.sums, dict(state.levels)
    if delays is not None:
        ends = delays.end_of_step(proven.since)
        levels[ends] = _with(levels.get(ends, {}), proven.truth, Level(told.surplus, told.doubt))
        told = told._replace(surplus=0.0, doubt=0.0)
    if counts_at > now:
        waiting[counts_at] = added(waiting.get(counts_at, Sums()), 1.0, told, 1.0)
    else:
        sums = added(sums, 1.0, told, fade(counts_at, now, OUTCOME_HALF_LIFE))
    horizon = timedelta() if delays is None else delays.horizon
    whole = {ends for ends in levels if now - ends >= horizon}
    sums = _with_levels(sums, {ends: levels[ends] for ends in whole}, now, delays)
    left = {ends: levels[ends] for ends in levels if ends not in whole}
    return state._replace(at=now, sums=sums, waiting=waiting, levels=left)


def _with(levels: Mapping[str, Level], label: str, more: Level) -> dict[str, Level]:
    own = levels.get(label, Level())
    return {**levels, label: Level(own.surplus + more.surplus, own.doubt + more.doubt)}


def _with_levels(sums: Sums, levels: Levels, at: datetime, delays: Delays | None) -> Sums:
    """Sums with what answers of some days came to, each counting for those not known yet, faded since their step."""
    surplus, doubt = sums.surplus, sums.doubt
    for ends in sorted(levels):
        stand_for = dict.fromkeys(levels[ends], 1.0) if delays is None else delays.stand_for(at - ends)
        if stand_for:
            left = fade(ends, at, OUTCOME_HALF_LIFE)
            for label, (more, vague) in sorted(levels[ends].items()):
                weight = stand_for.get(label, 0.0) * left
                surplus, doubt = surplus + more * weight, doubt + vague * weight
    return sums._replace(surplus=surplus, doubt=doubt)


def _come_due(state: RecordState, at: datetime) -> Sums:
    """What counts at a moment: what did before, and what waited until then, each faded since it counts."""
    sums = added(state.sums, fade(state.at, at, OUTCOME_HALF_LIFE), Sums(), 0.0)
    for each in sorted(each for each in state.waiting if each <= at):
        sums = added(sums, 1.0, state.waiting[each], fade(each, at, OUTCOME_HALF_LIFE))
    return sums


def _brought_forward(state: RecordState, at: datetime, delays: Delays | None) -> TrackRecord:
    sums = _with_levels(_come_due(state, at), state.levels, at, delays)
    return TrackRecord(
        task=state.task,
        version=state.version,
        region=state.region,
        answers=sum_left(sums.answers, 1.0),
        surplus=sum_left(sums.surplus, 1.0),
        doubt=sum_left(sums.doubt, 1.0),
        true={label: sum_left(sums.true[label], 1.0) for label in sorted(sums.true)},
        missed={label: tuple(sum_left(each, 1.0) for each in sums.missed[label]) for label in sorted(sums.missed)},
    )
