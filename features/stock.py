"""The stock position at stake, as recorded: units, the record's age, and what other nodes could give."""

from __future__ import annotations

from data.case import Case, StockPosition
from data.record import Unit
from data.standing import Standing
from features.definition import Value, difference, feature, number, ratio, since


def available(position: StockPosition | None) -> Value:
    """Recorded units that are free: on hand less reserved and safety stock; None where nothing is recorded."""
    if position is None or position.on_hand is None:
        return None
    return float(position.on_hand - (position.reserved or 0) - (position.safety_stock or 0))


def unreserved(position: StockPosition | None) -> Value:
    """Recorded units that the coming demand can take: safety stock is there to be sold, promised units are not."""
    if position is None or position.on_hand is None:
        return None
    return float(position.on_hand - (position.reserved or 0))


def _wanted(case: Case) -> Value:
    """Units of the article at stake that the exception concerns."""
    sku = case.at_stake.sku if case.at_stake else None
    wanted = [line.quantity for line in case.affected_lines if line.sku == sku]
    return float(sum(wanted)) if wanted else None


@feature(Unit.EACH, "{value} [unit is|units are] on the shelf by the record", lever=True)
def stock_on_hand(case: Case, standing: Standing) -> Value:
    """The number of units on the shelf by the record."""
    return number(case.at_stake.on_hand) if case.at_stake else None


@feature(
    Unit.EACH,
    "{value} recorded [unit is|units are] free",
    below_zero="{value} [unit|units] more than there are should be kept back",
)
def stock_available(case: Case, standing: Standing) -> Value:
    """The number of recorded units that are free."""
    return available(case.at_stake)


@feature(Unit.RATIO, "{value} of the units on hand are promised to other orders")
def stock_reserved_share(case: Case, standing: Standing) -> Value:
    """The share of the units on hand promised to other orders."""
    return ratio(case.at_stake.reserved, case.at_stake.on_hand) if case.at_stake else None


@feature(Unit.EACH, "{value} [unit is|units are] to be kept back")
def safety_stock(case: Case, standing: Standing) -> Value:
    """The number of units to be kept back, which tells what its planner expects of demand."""
    return number(case.at_stake.safety_stock) if case.at_stake else None


@feature(
    Unit.RATIO,
    "the units not promised are {value} of what is to be kept back",
    below_zero="the units promised beyond the stock are {value} of what is to be kept back",
)
def safety_share(case: Case, standing: Standing) -> Value:
    """The units that are not promised, as a share of those to be kept back."""
    position = case.at_stake
    return ratio(unreserved(position), position.safety_stock) if position else None


@feature(
    Unit.EACH,
    "{value} recorded [unit|units] would be left after this order",
    below_zero="{value} [unit is|units are] missing for this order by the record",
)
def stock_after_order(case: Case, standing: Standing) -> Value:
    """The number of recorded units left after this order."""
    return difference(available(case.at_stake), _wanted(case))


@feature(Unit.MINUTE, "the stock record is {value} old", lever=True)
def stock_record_age(case: Case, standing: Standing) -> Value:
    """The age of the stock record."""
    return since(case.at_stake.as_of, case) if case.at_stake else None


@feature(Unit.MINUTE, "the shelf was last counted {value} ago", lever=True)
def minutes_since_count(case: Case, standing: Standing) -> Value:
    """When the shelf was last counted."""
    return since(case.at_stake.counted_at, case) if case.at_stake else None


@feature(Unit.EACH, "{value} [unit is|units are] on the way", lever=True)
def stock_inbound(case: Case, standing: Standing) -> Value:
    """The number of units on the way."""
    return number(case.at_stake.inbound) if case.at_stake else None


@feature(Unit.MINUTE, "what is on the way is due in {value}", below_zero="what is on the way was due {value} ago")
def inbound_minutes(case: Case, standing: Standing) -> Value:
    """When what is on the way is due."""
    late = since(case.at_stake.inbound_due_at, case) if case.at_stake else None
    return None if late is None else -late


@feature(Unit.MONEY, "a unit sold earns {value}", below_zero="a unit sold loses {value}")
def unit_margin(case: Case, standing: Standing) -> Value:
    """The margin of a unit sold."""
    return number(case.at_stake.unit_margin) if case.at_stake else None


@feature(
    Unit.EACH, "other nodes have {value} free [unit|units]", below_zero="other nodes are {value} [unit|units] short"
)
def stock_elsewhere(case: Case, standing: Standing) -> Value:
    """The number of free units in other nodes."""
    free = [units for units in map(available, case.stock[1:]) if units is not None]
    return sum(free) if free else None


@feature(Unit.MINUTE, "the nearest free unit is {value} away")
def nearest_unit(case: Case, standing: Standing) -> Value:
    """The way to the nearest free unit."""
    reachable = (each for each in case.stock[1:] if (available(each) or 0) > 0)
    return min((each.transfer_minutes for each in reachable if each.transfer_minutes is not None), default=None)
