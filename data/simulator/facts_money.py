"""Goods that came back, prices that disagree and refunds that do not add up."""

from __future__ import annotations

from data.simulator.clock import DAY, HOUR, stamp
from data.simulator.dice import Dice, Wheel
from data.simulator.facts import Facts, amount, known, lose
from data.simulator.markets import REGIONS
from data.simulator.truth import Truth
from data.vocabulary import ExceptionType, ReturnCondition, RootCause

_T, _C, _R = ExceptionType, RootCause, ReturnCondition
_HONEST = Wheel({_R.SEALED: 0.3, _R.OPENED: 0.42, _R.USED: 0.14, _R.DAMAGED: 0.12, _R.EMPTY_BOX: 0.02})
_ABUSIVE = Wheel({_R.SEALED: 0.15, _R.OPENED: 0.3, _R.USED: 0.3, _R.DAMAGED: 0.13, _R.EMPTY_BOX: 0.12})


def paid(truth: Truth) -> float:
    """What the affected units cost the customer."""
    return truth.sku.price * truth.quantity * REGIONS[truth.node.region].price_level


def returned_facts(dice: Dice, truth: Truth, number: int) -> Facts:
    """The return as the desk saw it."""
    abusive = truth.cause is _C.FRAUD_PATTERN
    facts = known(
        return_id=f"ret-{number}",
        condition=dice.spin(_ABUSIVE if abusive else _HONEST).value,
        days_since_purchase=round(dice.spread(19.0 if abusive else 11.0, 0.8), 1),
        receipt_shown=dice.chance(0.58 if abusive else 0.84),
        serial_matches=dice.chance(0.68 if abusive else 0.95) if dice.chance(0.5) else None,
        refund_asked=amount(paid(truth)),
        weight_difference=_weight_difference(dice, abusive) if dice.chance(0.45) else None,
    )
    return lose(dice, facts, 0.1)


def _weight_difference(dice: Dice, abusive: bool) -> float:
    missing = dice.uniform(0.1, 0.9) if abusive and dice.chance(0.3) else 0.0
    return round(missing + dice.normal(0.0, 0.05), 3)


def price_facts(dice: Dice, truth: Truth, number: int) -> Facts:
    """The prices by channel; they may agree, for a mismatch elsewhere made the case."""
    right = truth.sku.price * REGIONS[truth.node.region].price_level
    wrong = right * (1.0 + dice.pick((-1, 1)) * dice.uniform(0.05, 0.35))
    apart = dice.chance(0.9 if truth.type is _T.PRICING_MISMATCH else 0.36)
    stale = 9.0 if truth.cause is _C.PRICE_SYNC_ERROR else 2.6
    facts = known(
        charged=amount(wrong if apart else right),
        shelf=amount(right),
        online=amount(wrong if apart and dice.chance(0.5) else right),
        promotion_id=f"promo-{number % 400}" if dice.chance(0.35) else None,
        synced_at=stamp(truth.at - dice.spread(stale, 0.9) * HOUR),
        units=truth.quantity + (dice.count(6.0) if apart else 0),
    )
    return lose(dice, facts, 0.08)


def refund_facts(dice: Dice, truth: Truth, number: int) -> Facts:
    """The amounts of a refund in three books that should be equal."""
    whole = paid(truth)
    gap = truth.type is _T.REFUND_RECONCILIATION_GAP
    settled = gap or dice.chance(0.45)
    posted = whole * dice.pick((0.0, 0.5, 0.9)) if dice.chance(0.66 if gap else 0.2) else whole
    facts = known(
        refund_id=f"ref-{number}",
        captured=amount(whole),
        refunded=amount(whole if dice.chance(0.85) else whole * 0.8) if settled else None,
        posted=amount(posted) if settled and dice.chance(0.85) else None,
        requested_at=stamp(truth.at - dice.spread(1.3 if gap else 0.5, 0.9) * DAY),
        settled_at=stamp(truth.at - dice.spread(9.0, 0.8) * HOUR) if settled and dice.chance(0.7) else None,
    )
    return lose(dice, facts, 0.08)
