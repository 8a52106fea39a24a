"""How long outcomes take to be known, by what came true: so that known ones stand for those that are not known yet.

Kept promises are known before broken ones. Of answers that can be known since a few days, nearly all that is known came
out well, whatever they all come to; a record that counted each as it comes would say for ever that less comes true than
was said. How long each outcome took is told by the history that taught the model. So a known answer counts for those
of its label and days that are not known yet, as in training (`training.histories.maturity`), and none counts while
that would be a guess.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from itertools import count
from math import isfinite
from typing import Any

LEAST = 0.1
"""While a lower share than this of some label's outcomes is known, no answer counts: one stands for ten at most."""
MOST_DAYS = 1_000
"""Of a step."""
EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_DAY = timedelta(days=1)
_LAST = datetime(9999, 12, 1, tzinfo=UTC)


@dataclass(frozen=True)
class Delays:
    """For each label the share of its outcomes that is known when 0, 1, 2 steps have passed: all, beyond the last.

    They pass since the end of the step in which it could first be known: when it was asked, or when its promise was
    due. So all answers of a step are alike.
    """

    days: int
    """Days of a step."""
    known: Mapping[str, tuple[float, ...]]

    @property
    def horizon(self) -> timedelta:
        """After which all is known."""
        return (max(map(len, self.known.values())) - 1) * self._step

    @property
    def _step(self) -> timedelta:
        return self.days * _DAY

    def end_of_step(self, since: datetime) -> datetime:
        """The end of the step in which something could first be known."""
        step = self._step
        return EPOCH + ((min(since, _LAST - step) - EPOCH) // step + 1) * step

    def stand_for(self, passed: timedelta) -> dict[str, float]:
        """As how many a known answer of each label counts, so long after the end of its step; nothing while too few
        are known.
        """
        steps, stand_for = passed / _DAY / self.days, {}
        for label, known in self.known.items():
            share = _between(known, steps)
            if share < LEAST:
                return {}
            stand_for[label] = 1.0 / share
        return stand_for

    def counts_for(self, label: str, since: datetime, at: datetime) -> float:
        """As how many an answer of this label counts that could be known since then; none while too few are known."""
        return self.stand_for(at - self.end_of_step(since)).get(label, 0.0)

    def counted_by(self, at: datetime) -> datetime:
        """Until when something could be known whose known answers surely stand for others at a moment."""
        enough = next(step for step in count() if self.stand_for(step * self._step))
        return self.end_of_step(at - (enough + 1) * self._step)

    def to_json(self) -> dict[str, Any]:
        """Plain values for a bundle's file."""
        return {"days": self.days, "known": {label: list(shares) for label, shares in self.known.items()}}

    @classmethod
    def from_json(cls, told: object) -> Delays:
        """Raises ValueError for what `to_json` does not write."""
        days, known = (told.get(each) for each in ("days", "known")) if isinstance(told, Mapping) else (None, None)
        if type(days) is not int or not 1 <= days <= MOST_DAYS or not isinstance(known, Mapping) or not known:
            raise ValueError("delays tell no days of a step, or of no label what is known")
        return cls(days, {str(label): _shares(shares) for label, shares in known.items()})


def _shares(told: object) -> tuple[float, ...]:
    shares = tuple(told) if isinstance(told, list) else ()
    if not shares or not all(isinstance(each, float | int) and isfinite(each) and 0 <= each <= 1 for each in shares):
        raise ValueError("delays hold a share that is none from 0 to 1")
    return tuple(map(float, shares))


def _between(shares: tuple[float, ...], steps: float) -> float:
    """On the line between two steps; nothing before the first, all beyond the last."""
    if steps < 0.0 or steps >= len(shares) - 1:
        return 0.0 if steps < 0.0 else 1.0
    low = int(steps)
    return shares[low] + (steps - low) * (shares[low + 1] - shares[low])
