"""The cases that tell a task's truth, as they teach and test: rows of numbers, truths, and what each counts for."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from itertools import compress

import numpy as np
from numpy.typing import NDArray

from training.histories.left_out import (
    NO_OUTCOME,
    NOT_KNOWN_YET,
    PROMISE_OPEN,
    PROMISE_PASSED,
    TAUGHT,
    TOO_YOUNG,
    counted,
)
from training.histories.maturity import Maturity
from training.histories.truth import UNKNOWN

Floats = NDArray[np.float64]
Truth = NDArray[np.int64]


@dataclass(frozen=True)
class Lessons:
    """Which events teach, and which do not although their truth is told, by why."""

    events: Sequence[str] = ()
    kinds: Mapping[str, NDArray[np.bool_]] = field(default_factory=dict)
    """Of each event whether that became of it; no event is of two kinds."""

    def named(self) -> Iterator[tuple[str, str]]:
        """Each event and its kind, made as they are asked for: a table of days has millions."""
        for kind, which in self.kinds.items():
            yield from ((event, kind) for event in compress(self.events, which.tolist()))


@dataclass(frozen=True)
class Known:
    """The cases whose outcome tells a task's truth, in time order.

    `times` are seconds since 1970; `truth` is the label's index, 0 or 1 for a risk; `fired` names the fallback's row;
    `facts` are the features without those of the message. Cases that all carry one moment stand in the order that
    `training.histories.split` splits; `exceptions` numbers their exceptions.
    """

    times: Floats
    truth: Truth
    fired: list[str]
    messages: list[str | None]
    facts: Floats
    exceptions: Truth
    """A number for each case's exception."""
    regions: list[str | None]
    stakes: Floats
    """What hangs on each prediction by the policy's cost table, in its currency; NaN where it does not tell."""
    promise_passed: int = 0
    """Cases left out because their promise had passed: see `promise_passed`."""
    no_outcome: int = 0
    """Cases of the history, of this task or another, of which no outcome is told."""
    selection: Floats | None = None
    """What each case counts for because of why its outcome is known; None where no line says."""
    events: Sequence[str] = ()
    """What stands for each case's event: see `models.taught`."""
    counts_at: Floats = field(default_factory=lambda: np.empty(0))
    """From when each truth counts in a track record, in seconds since 1970: see `models.track_record.counted_from`.

    It is known by then, and never before the case; NaN where nothing says.
    """
    since: Floats = field(default_factory=lambda: np.empty(0))
    """From when on each truth could be known, in seconds since 1970: see `training.histories.truth.counts_from`; empty
    where nobody asked."""
    open: NDArray[np.bool_] = field(default_factory=lambda: np.empty(0, np.bool_))
    """Whether the promise was not due yet when the history ended: see `maturity.end_of`; empty for none."""
    maturity: Maturity | None = None
    """Which known outcomes stand for those that are not known yet; None where all that matter are known."""

    @property
    def promise_open(self) -> int:
        """How many of those an outcome is known of."""
        return int((self._open & (self.truth != UNKNOWN)).sum())

    @property
    def too_young(self) -> int:
        """How many are due, but so young that only what ends quickly could be known of them."""
        return int((self._silent & ~self._open).sum())

    @property
    def not_known_yet(self) -> int:
        """How many cases whose outcome is not known yet the others stand for, about."""
        return 0 if self.maturity is None else self.maturity.unknown

    @property
    def left_out(self) -> dict[str, int]:
        """How many cases do not teach, by why, and for how many that are not known yet the others stand."""
        return counted(
            {
                NO_OUTCOME: self.no_outcome,
                PROMISE_PASSED: self.promise_passed,
                PROMISE_OPEN: self.promise_open,
                TOO_YOUNG: self.too_young,
                NOT_KNOWN_YET: self.not_known_yet,
            }
        )

    @property
    def lessons(self) -> Lessons:
        """What became of each event."""
        kinds = {TAUGHT: ~self._silent, PROMISE_OPEN: self._open, TOO_YOUNG: self._silent & ~self._open}
        return Lessons(self.events, kinds)

    def telling(self) -> Known:
        """The cases that teach and test, each counting for those like it whose outcome is not known yet: without
        those whose promise was open when the history ended, of which only kept ones can be known, and the too young.

        They are what a history tells of its latest days: nearly all that ended well, whatever they all come to.
        """
        return self.unsure().at(np.flatnonzero(~self._silent)) if self._silent.any() else self.unsure()

    def unsure(self) -> Known:
        """With an unknown truth of those cases, the others counting as they teach."""
        known = replace(self, truth=np.where(self._silent, UNKNOWN, self.truth)) if self._silent.any() else self
        if known.maturity is None:
            return known
        counts = 1.0 if known.selection is None else known.selection
        return replace(known, selection=counts * known.maturity.stands_for, maturity=None)

    @property
    def _open(self) -> NDArray[np.bool_]:
        return self.open if len(self.open) else np.zeros(len(self.truth), np.bool_)

    @property
    def _silent(self) -> NDArray[np.bool_]:
        return self._open if self.maturity is None else self._open | self.maturity.young

    def at(self, which: NDArray[np.intp]) -> Known:
        """The cases at some positions."""
        places = which.tolist()
        return replace(
            self,
            times=self.times[which],
            truth=self.truth[which],
            fired=[self.fired[each] for each in places],
            messages=[self.messages[each] for each in places],
            facts=self.facts[which],
            exceptions=self.exceptions[which],
            regions=[self.regions[each] for each in places],
            stakes=self.stakes[which],
            selection=None if self.selection is None else self.selection[which],
            events=[self.events[each] for each in places] if self.events else (),
            counts_at=self.counts_at[which] if len(self.counts_at) else self.counts_at,
            since=self.since[which] if len(self.since) else self.since,
            open=self.open[which] if len(self.open) else self.open,
            maturity=self.maturity and self.maturity.at(which),
        )
