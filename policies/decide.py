"""Decide: options that are priced and gated become one order, one recommendation and one disposition.

The cheapest option that may be executed stands first, and the recommendation takes its disposition. Two kinds of
option step back, whatever they cost:

- an option on `hold` stands behind every option that can go on, with or without a person's agreement: with the ERP
  down the work that does not need it goes on, with a carrier down another carrier or the carrier's queue comes first;
- `investigate` stands last: it leaves the work unsolved, so it is recommended only when nothing else is there.
  A held option stands before it, and then the recommendation is on hold: what to do is known, only not yet possible.

Unpriced options stand behind the priced ones of their kind, in the order of the policy's table.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from data.actions import ActionId
from data.vocabulary import Disposition
from policies.candidates import Candidate
from policies.costs import Price
from policies.gates import Verdict


@dataclass(frozen=True, slots=True)
class Weighed:
    """One candidate with its price and what the gates say of it; `order` is its place in the policy's table."""

    candidate: Candidate
    price: Price
    verdict: Verdict
    order: int


@dataclass(frozen=True, slots=True)
class Decision:
    """The options in order. There is always one: `investigate` needs nothing."""

    options: tuple[Weighed, ...]

    @property
    def first(self) -> Weighed:
        """The recommended option."""
        return self.options[0]

    @property
    def disposition(self) -> Disposition:
        """The first option's."""
        return self.first.verdict.disposition

    def regret(self, option: Weighed) -> Decimal | None:
        """Expected cost over the cheapest option's; None where the option is unpriced."""
        if option.price.expected is None:
            return None
        return option.price.expected - min(each for each in self._costs)

    @property
    def _costs(self) -> Sequence[Decimal]:
        return [each.price.expected for each in self.options if each.price.expected is not None]


def decide(options: Iterable[Weighed]) -> Decision:
    """Put options in order: see the module's words. The order in which they come does not matter."""
    return Decision(tuple(sorted(options, key=_place)))


def _place(option: Weighed) -> tuple[int, bool, Decimal, int, str, str]:
    cost = option.price.expected
    candidate = option.candidate
    return (
        _standing_back(option),
        cost is None,
        Decimal(0) if cost is None else cost,
        option.order,
        candidate.action.value,
        str(candidate.shown),
    )


def _standing_back(option: Weighed) -> int:
    if option.candidate.action is ActionId.INVESTIGATE:
        return 2
    return 1 if option.verdict.disposition is Disposition.HOLD else 0
