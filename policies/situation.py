"""One case as the policy looks at it: snapshot, standing, a moment and a currency; and quantities read off it."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from decimal import Decimal

from data.case import Case, StockPosition, minutes_between
from data.explanation import Seen
from data.record import Instant
from data.standing import PartyStanding, Standing
from data.vocabulary import RootCause, System
from policies.money import Exchange

RATIO_PLACES, DAY_PLACES, MINUTE_PLACES = 2, 1, 0
"""Decimals of a fact that is a number. It is rounded before any check, so what people read is what was checked."""


CLOCKS_APART = 5.0
"""Minutes by which the clocks of two systems may differ."""


@dataclass(frozen=True, slots=True)
class Situation:
    """What is known before anything is chosen. `now` is the moment ages and remaining minutes are counted from."""

    case: Case
    standing: Standing
    now: datetime
    exchange: Exchange

    def at(self, now: datetime) -> Situation:
        """The same case at another moment."""
        return replace(self, now=now)

    @property
    def due_at(self) -> Instant | None:
        """The promise in force: the sender's, or the policy's where the heart has filled it in."""
        return self.case.promise.due_at if self.case.promise else None

    @property
    def minutes_left(self) -> float | None:
        """Minutes until the promise breaks, negative once it has."""
        return minutes_between(self.now, self.due_at)

    def minutes_since(self, instant: datetime | None) -> float | None:
        """Minutes since an instant, negative for one that is still to come."""
        return minutes_between(instant, self.now)

    def age_of(self, instant: datetime | None) -> float | None:
        """Minutes since a record was made; None for one dated ahead of us, of which nobody knows how old it is."""
        age = self.minutes_since(instant)
        return None if age is None or age < -CLOCKS_APART else age

    def money(self, amount: Decimal | None) -> Decimal | None:
        """An amount of the case in the policy's currency."""
        return self.exchange.to_reference(amount)


def rounded(number: float | None, places: int = RATIO_PLACES) -> float | None:
    """A number as people read it."""
    return None if number is None else round(number, places)


def told(saw: Mapping[str, Seen]) -> dict[str, Seen]:
    """What was there of what was looked at, as a step records it: an absent fact is not written."""
    return {name: value for name, value in saw.items() if value is not None}


def ratio(part: float | None, whole: float | None) -> float | None:
    """part / whole; None where either is unknown, there is no whole, or one so small that no number says how many."""
    if part is None or not whole:
        return None
    share = part / whole
    return share if math.isfinite(share) else None


def days(minutes: float | None) -> float | None:
    """Minutes in days."""
    return None if minutes is None else minutes / 1440


def largest_gap(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """Largest less smallest of the known amounts; None where fewer than two are known."""
    told = [each for each in amounts if each is not None]
    return max(told) - min(told) if len(told) > 1 else None


def lowest(amounts: Iterable[Decimal | None]) -> Decimal | None:
    """The smallest of the known amounts."""
    return min((each for each in amounts if each is not None), default=None)


def available(position: StockPosition | None) -> int | None:
    """Recorded units that may be promised: on hand, less reserved and safety stock as far as told; never below 0."""
    if position is None or position.on_hand is None:
        return None
    return max(0, position.on_hand - (position.reserved or 0) - (position.safety_stock or 0))


def daily_demand(position: StockPosition | None) -> float | None:
    """Mean units sold over the past days that are told of; None where there are none."""
    sold = [day.sold for day in position.history if day.sold is not None] if position else []
    return sum(sold) / len(sold) if sold else None


def lag_minutes(case: Case, systems: Iterable[System]) -> float | None:
    """How far the data of these systems lags: the worst reported; None where nobody told."""
    wanted = frozenset(systems)
    told = (each.latency_minutes for each in case.dependencies if each.system in wanted)
    return max((each for each in told if each is not None), default=None)


def breach_rate(party: PartyStanding | None) -> float | None:
    """The share of a party's past promises that broke; None for a party without outcomes."""
    return ratio(party.breaches, party.outcomes) if party else None


def cause_share(party: PartyStanding | None, cause: RootCause) -> float | None:
    """The share of a cause among a party's confirmed causes; None where none was ever confirmed."""
    return ratio(party.causes.get(cause, 0.0), sum(party.causes.values())) if party else None
