r"""What a model's answers came to, and how its next answers heed it: the level of a risk, and the width of every set.

Rates drift after a model was trained, and outcomes say so before anybody trains anew. Two numbers follow them, from
decayed sums over the answers whose outcome is known:

- The **level** of a risk: the log-odds move by a Newton step towards what happened, `surplus / (doubt + PRIOR_DOUBT)`,
  of which the model heeds the share that served it best in training (0 where its features follow the level already).
- The **sets**: a label leaves at the error rate `r` of its cell as trained; where sets at one error in ten missed a
  share `m` of the cases of that label and region of late, it leaves at `r ** (log m / log 0.1)` instead, so that one in
  ten is missed again; at every error rate by one exponent, because p-values that are uniform as trained are close to a
  power of a uniform one under a moderate shift. The idea is that of adaptive conformal inference (Gibbs and Candès,
  "Adaptive Conformal Inference Under Distribution Shift", 2021), its guarantee is not: there, what the sets as they
  were shown missed is fed back, so that any sequence is covered in the long run. Here only the sets as trained are
  counted, and a shift that is no power of them is not made good. Nor does a cell tell error rates under half a percent
  apart: where `m` calls for less, which at one error in ten is above 37 %, the label stays in every set.

Both start from what was trained: a prior that weighs as much as some answers. A record is of one version of a model, is
kept in rows like the standing of parties, and is part of the standing, so that a past answer can be made again.
"""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import NamedTuple, Protocol

from data.standing import TrackRecord
from data.vocabulary import Task
from features.decay import counted, fade, sum_left
from features.standing import OUTCOME_HALF_LIFE
from models.calibration import SMALLEST_PROBABILITY
from models.conformal import DECIMALS, NO_AND_YES

PRIOR_DOUBT = 60.0
"""What trained log-odds weigh beside outcomes: some 300 answers of which one in four comes true."""
MOST_SHIFT = 2.0
"""Log-odds beyond which no record moves a risk: it then needs another model."""
AIM = 0.1
"""The error rate at which sets are counted."""
PRIOR_ANSWERS = 50.0
"""What a trained cell weighs beside outcomes."""
EXPONENTS = (0.25, 4.0)
"""How far a record may move the error rate at which a label leaves."""
YES = NO_AND_YES[1]


class RecordKey(NamedTuple):
    """Whose record it is: one version of a task's model, in a region or everywhere."""

    task: Task
    version: str
    region: str | None


class RecordState(NamedTuple):
    """A record's stored row: the sums of `data.standing.TrackRecord` as of the instant they were last changed."""

    task: Task
    version: str
    region: str | None
    at: datetime | None = None
    answers: float = 0.0
    surplus: float = 0.0
    doubt: float = 0.0
    true: Mapping[str, float] = {}
    missed: Mapping[str, float] = {}

    @property
    def key(self) -> RecordKey:
        """What the row is found by."""
        return RecordKey(self.task, self.version, self.region)


class RecordRows(Protocol):
    """Where records are kept."""

    def get(self, keys: Sequence[RecordKey]) -> Mapping[RecordKey, RecordState]:
        """The rows that exist, by key."""
        ...

    def put(self, states: Sequence[RecordState]) -> None:
        """Insert or replace rows."""
        ...


class MemoryRecords:
    """Records in a dict, for evaluating on a history."""

    def __init__(self) -> None:
        self._states: dict[RecordKey, RecordState] = {}

    def get(self, keys: Sequence[RecordKey]) -> Mapping[RecordKey, RecordState]:
        """The rows that exist, by key."""
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


def keys_of(task: Task, version: str, region: str | None) -> tuple[RecordKey, ...]:
    """The records that an answer counts in: that of all regions, and that of its own."""
    everywhere = RecordKey(task, version, None)
    return (everywhere,) if region is None else (everywhere, RecordKey(task, version, region))


def learn(rows: RecordRows, keys: Sequence[RecordKey], proven: Proven) -> None:
    """Count an answer in the records of these keys, once its outcome is known."""
    found = rows.get(keys)
    rows.put([_learned(found.get(key) or RecordState(*key), proven) for key in keys])


def known(rows: RecordRows, keys: Sequence[RecordKey], at: datetime) -> tuple[TrackRecord, ...]:
    """The records of these keys that exist, brought forward to a moment."""
    found = rows.get(keys)
    return tuple(_brought_forward(found[key], at) for key in keys if key in found)


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


def exponent(record: TrackRecord | None, label: str) -> float:
    """The power of the error rate at which a label leaves; 1 where nothing is known of it."""
    if record is None or not record.true.get(label):
        return 1.0
    missed = record.missed.get(label, 0.0) + AIM * PRIOR_ANSWERS
    share = missed / (record.true[label] + PRIOR_ANSWERS)
    return max(EXPONENTS[0], min(EXPONENTS[1], math.log(share) / math.log(AIM)))


def heeded(leaves_at: Mapping[str, float], record: TrackRecord | None) -> dict[str, float]:
    """Where labels leave their sets, by what sets came to of late; as trained where nothing is known."""
    return {label: _moved(rate, exponent(record, label)) for label, rate in leaves_at.items()}


def _moved(rate: float, power: float) -> float:
    return rate if power == 1.0 else round(rate**power, DECIMALS)


def _learned(state: RecordState, proven: Proven) -> RecordState:
    start, at = state.at, proven.known_at
    left, weight = fade(start, at, OUTCOME_HALF_LIFE), 1.0 if start is None else fade(at, start, OUTCOME_HALF_LIFE)
    said, came, left_at = proven.probability, float(proven.truth == YES), proven.left_at
    surplus, doubt = (0.0, 0.0) if said is None else (came - said, said * (1.0 - said))
    return state._replace(
        at=at if start is None else max(start, at),
        answers=state.answers * left + weight,
        surplus=state.surplus * left + weight * surplus,
        doubt=state.doubt * left + weight * doubt,
        true=counted(state.true, left, None if left_at is None else proven.truth, weight),
        missed=counted(state.missed, left, proven.truth if left_at is not None and left_at <= AIM else None, weight),
    )


def _brought_forward(state: RecordState, at: datetime) -> TrackRecord:
    left = fade(state.at, at, OUTCOME_HALF_LIFE)
    return TrackRecord(
        task=state.task,
        version=state.version,
        region=state.region,
        answers=sum_left(state.answers, left),
        surplus=sum_left(state.surplus, left),
        doubt=sum_left(state.doubt, left),
        true={label: sum_left(state.true[label], left) for label in sorted(state.true)},
        missed={label: sum_left(state.missed[label], left) for label in sorted(state.missed)},
    )
