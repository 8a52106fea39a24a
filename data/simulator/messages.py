"""What the reporting side says: source system, code, reported type and free text, each with its own noise.

Somebody, or some rule, believes to know what happened. Code, text and reported type follow that belief, so they are
wrong together: reading one more of them does not repair the others.
"""

from __future__ import annotations

from dataclasses import dataclass

from data.simulator.dice import Dice, Wheel
from data.simulator.markets import REGIONS
from data.simulator.phrases import ANYTHING, CODES, OF_CAUSE, OF_TYPE, SOURCE_OF_CODE
from data.simulator.symptoms import TYPES_OF
from data.simulator.truth import Truth
from data.vocabulary import ExceptionType, RootCause

_T = ExceptionType
_CODES = {kind: Wheel(weights) for kind, weights in CODES.items()}

CONFUSED: dict[ExceptionType, Wheel[ExceptionType]] = {
    _T.SPLIT_SHIPMENT: Wheel(
        {_T.UNAVAILABLE_INVENTORY: 0.6, _T.FAILED_DELIVERY_HANDOFF: 0.2, _T.DELAYED_SUPPLIER_CONFIRMATION: 0.2}
    ),
    _T.UNAVAILABLE_INVENTORY: Wheel(
        {_T.SPLIT_SHIPMENT: 0.4, _T.LATE_PICKUP_READINESS: 0.35, _T.DELAYED_SUPPLIER_CONFIRMATION: 0.25}
    ),
    _T.DELAYED_SUPPLIER_CONFIRMATION: Wheel({_T.UNAVAILABLE_INVENTORY: 0.75, _T.SPLIT_SHIPMENT: 0.25}),
    _T.SUSPICIOUS_RETURN: Wheel({_T.REFUND_RECONCILIATION_GAP: 0.75, _T.PRICING_MISMATCH: 0.25}),
    _T.PRICING_MISMATCH: Wheel({_T.REFUND_RECONCILIATION_GAP: 0.7, _T.SUSPICIOUS_RETURN: 0.3}),
    _T.FAILED_DELIVERY_HANDOFF: Wheel({_T.LATE_PICKUP_READINESS: 0.6, _T.SPLIT_SHIPMENT: 0.4}),
    _T.LATE_PICKUP_READINESS: Wheel({_T.UNAVAILABLE_INVENTORY: 0.55, _T.FAILED_DELIVERY_HANDOFF: 0.45}),
    _T.REFUND_RECONCILIATION_GAP: Wheel({_T.SUSPICIOUS_RETURN: 0.6, _T.PRICING_MISMATCH: 0.4}),
}
"""What a type is mistaken for."""

_MISTAKEN, _UNREPORTED, _UNCODED, _SILENT = 0.17, 0.35, 0.08, 0.1
_SAYS_TYPE, _SAYS_CAUSE, _SAYS_WRONG_CAUSE = 0.64, 0.34, 0.1
_TYPO = 0.25


@dataclass(frozen=True, slots=True)
class Sender:
    """What the reporting side says of an exception, and what it takes it for."""

    belief: ExceptionType
    source: str
    code: str | None
    reported_type: str | None
    message: str | None


def sender_of(dice: Dice, truth: Truth) -> Sender:
    """Who reports this exception, and in which words."""
    belief = dice.spin(CONFUSED[truth.type]) if dice.chance(_MISTAKEN) else truth.type
    code = dice.spin(_CODES[belief])
    region = REGIONS[truth.node.region].id
    return Sender(
        belief=belief,
        source=f"{SOURCE_OF_CODE[code[:3]]}-{region}",
        code=None if dice.chance(_UNCODED) else code,
        reported_type=None if dice.chance(_UNREPORTED) else belief.value,
        message=None if dice.chance(_SILENT) else message_of(dice, truth, belief),
    )


def message_of(dice: Dice, truth: Truth, belief: ExceptionType) -> str:
    """Free text: a phrase for the believed type or none at all, perhaps a word on the cause, perhaps numbers."""
    language = dice.spin(REGIONS[truth.node.region].languages)
    parts = [dice.pick(OF_TYPE[language][belief]) if dice.chance(_SAYS_TYPE) else dice.pick(ANYTHING)]
    parts += _hint(dice, truth)
    if dice.chance(0.3):
        parts.append(f"ref {dice.below(90000) + 10000}")
    text = dice.pick((", ", ". ", " - ", "; ")).join(parts)
    return _mistyped(dice, text) if dice.chance(_TYPO) else text


def _hint(dice: Dice, truth: Truth) -> list[str]:
    drawn = dice.unit()
    if drawn < _SAYS_CAUSE:
        return [dice.pick(OF_CAUSE[truth.cause])]
    if drawn < _SAYS_CAUSE + _SAYS_WRONG_CAUSE:
        return [dice.pick(OF_CAUSE[_plausible(dice, truth.type)])]
    return []


def _plausible(dice: Dice, kind: ExceptionType) -> RootCause:
    return dice.pick([cause for cause, wheel in TYPES_OF.items() if kind in wheel.items])


def _mistyped(dice: Dice, text: str) -> str:
    at = dice.below(len(text) - 1)
    match dice.below(4):
        case 0:
            return text[:at] + text[at + 1 :]
        case 1:
            return text[:at] + text[at + 1] + text[at] + text[at + 2 :]
        case 2:
            return text[: max(8, len(text) * 2 // 3)]
        case _:
            return text.upper()
