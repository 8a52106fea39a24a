"""How values read to people: money, probabilities, durations, moments and the words of the vocabulary.

Pure: the moment "now" and the zone are arguments. Nothing here escapes markup; the templates do.
"""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from data import amounts
from data.actions import CATALOGUE, ActionId
from data.explanation import Contribution, Seen
from data.record import Unit, money_text
from data.units import Measure, own_word
from features.definition import NEW

UNKNOWN = "not known"
MINUS = "−"
"""The minus sign, as wide as a plus."""

_HOUR, _DAY = 60, 24 * 60
_AMOUNT = re.compile(r"\((\d+(?:\.\d+)?)\)")
_DECIMALS = dict.fromkeys(("BHD", "IQD", "JOD", "KWD", "LYD", "OMR", "TND"), 3)
"""Of the currencies with more than two (ISO 4217); those with none are shown with two, as answers write them."""
_SPELLED = {
    "oms": "OMS",
    "wms": "WMS",
    "erp": "ERP",
    "pos": "POS",
    "bopis": "pick up in store",
    "sla_breach": "promise breaks",
    "stockout": "shelf runs empty",
    "sku": "SKU",
    "skus": "SKUs",
    "id": "id",
    "365d": "in 365 days",
    "7d": "in 7 days",
}


def words(label: str) -> str:
    """A label of the vocabulary in words: `late_pickup_readiness` is "late pickup readiness"."""
    label = label.removeprefix("standing.").removeprefix("fact.").removeprefix("attribute.")
    whole = _SPELLED.get(label)
    return whole or " ".join(_SPELLED.get(part, part) for part in label.replace("_", " ").replace(".", " ").split())


def heading(text: str) -> str:
    """The text with a large first letter; untouched where it starts with a name such as `sku-4711`."""
    return text[:1].upper() + text[1:] if text.partition(" ")[0].isalpha() else text


def action_words(action: ActionId) -> str:
    """What the catalogue says of an action, as a heading."""
    return heading(CATALOGUE[action].says)


def money(amount: Decimal, currency: str | None = None) -> str:
    """An amount with its currency before it, thousands apart: `EUR 1,240.00`.

    With the currency's usual decimals, whatever zeros the sender wrote behind them; what is not zero stays.
    """
    given = money_text(amount).partition(".")[2].rstrip("0")
    digits = max(_DECIMALS.get(currency or "", 2), len(given))
    sign = MINUS if amount < 0 else ""
    figure = f"{sign}{abs(amount):,.{digits}f}"
    return f"{currency} {figure}" if currency else figure


def sentence(says: str, action: ActionId | None, currency: str | None) -> str:
    """A sentence of an answer as a heading: an amount that the action moves gets its currency before it.

    Answers name it without, and stay as they were sent: `Post the refund (13.54)` is `Post the refund (EUR 13.54)`.
    """
    if currency and action and "amount" in CATALOGUE[action].parameters.model_fields:
        says = _AMOUNT.sub(lambda found: f"({money(Decimal(found[1]), currency)})", says)
    return heading(says)


def percent(share: float) -> str:
    """A share in whole percent; near the ends it says so, because 0 % and 100 % would claim certainty."""
    return f"{MINUS if share < 0 else ''}{amounts.percent(abs(share))}"


def number(value: float) -> str:
    """A plain number with at most two decimals, thousands apart."""
    text = f"{abs(value):,.2f}".rstrip("0").rstrip(".")
    return f"{MINUS if value < 0 and text != '0' else ''}{text}"


def signed(value: float) -> str:
    """A number that shows its direction: `+0.93`, `−0.41`."""
    return f"{'+' if value >= 0 else MINUS}{abs(value):.2f}"


def duration(minutes: float) -> str:
    """How long, in the unit a person would choose: `42 min`, `3 h 20 min`, `5 days`."""
    whole = round(abs(minutes))
    if whole < 1:
        return "under a minute"
    if whole < 2 * _HOUR:
        return f"{whole} min"
    if whole < 2 * _DAY:
        hours, rest = divmod(whole, _HOUR)
        return f"{hours} h {rest} min" if rest and hours < 10 else f"{round(whole / _HOUR)} h"
    return f"{round(whole / _DAY)} days"


def to_promise(minutes: float | None) -> str:
    """When the promise is due, which is no word on whether it breaks: `due in 42 min`, `due 3 h ago`, `no promise`."""
    if minutes is None:
        return "no promise"
    return f"due in {duration(minutes)}" if minutes > 0 else f"due {duration(minutes)} ago"


def ago(then: datetime, now: datetime) -> str:
    """How long ago a moment was."""
    minutes = (now - then).total_seconds() / 60
    return "just now" if minutes < 1 else f"{duration(minutes)} ago"


def moment(at: datetime, zone: str | None = None) -> str:
    """A moment on the clock of its place: `Mon 23 Nov 2026, 08:30 CET`; in UTC where the zone is not known."""
    local = _on_the_clock(at, _zone(zone))
    return f"{local:%a} {local.day} {local:%b %Y, %H:%M} {local.tzname()}"


def day(at: datetime) -> str:
    """A day, in UTC: `23 Nov 2026`."""
    local = at.astimezone(UTC)
    return f"{local.day} {local:%b %Y}"


def seen(value: Seen, unit: Measure, currency: str | None = None) -> str:
    """A fact with its unit, as the waterfall and the panels show it."""
    if value is None:
        return UNKNOWN
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, str):
        return _seen_text(value, unit, currency)
    return _seen_number(value, unit, currency)


def moved_by(each: Contribution, currency: str | None = None) -> str:
    """The fact a contribution is of; what no history told of is new, not unknown."""
    return "new" if each.value is None and NEW in each.says else seen(each.value, each.unit, currency)


def saw(value: Seen) -> str:
    """What a check saw, where only the value tells what it is."""
    if isinstance(value, str):
        return words(value) if value.replace("_", "").isalpha() and value.islower() else value
    return seen(value, Unit.SCORE)


def _seen_text(value: str, unit: Measure, currency: str | None) -> str:
    match unit:
        case Unit.MONEY:
            return f"{currency} {value}" if currency else value
        case Unit.LABEL:
            return words(value)
        case _:
            return value


def _seen_number(value: float, unit: Measure, currency: str | None) -> str:
    sign = MINUS if value < 0 else ""
    match unit:
        case Unit.MINUTE:
            return sign + duration(value)
        case Unit.HOUR:
            return sign + duration(value * _HOUR)
        case Unit.DAY:
            return f"{number(value)} {'day' if value == 1 else 'days'}"
        case Unit.RATIO:
            return percent(value)
        case Unit.MONEY:
            return money(Decimal(repr(round(value, 2))), currency)
        case Unit.FLAG:
            return "yes" if value else "no"
        case _:
            return number(value) + own_word(unit)


def _on_the_clock(at: datetime, zone: ZoneInfo) -> datetime:
    try:
        return at.astimezone(zone)
    except OverflowError:  # the first or last day that a calendar has
        return at.astimezone(UTC)


def _zone(name: str | None) -> ZoneInfo:
    try:
        return ZoneInfo(name or "UTC")
    except (
        ZoneInfoNotFoundError,
        ValueError,
        OSError,
    ):  # a zone is the sender's word: an unknown one must not lose the page
        return ZoneInfo("UTC")


def utc(at: datetime) -> str:
    """The moment for the `datetime` attribute of a `<time>` element."""
    return at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
