"""What the days behind the position at stake, and the day ahead, say of its shelf."""

from __future__ import annotations

from data.case import Case
from data.record import Unit
from data.standing import Standing
from features.definition import Value, feature, number, ratio
from features.demand import demand_of
from features.stock import available


@feature(Unit.FLAG, "a promotion {value} ahead", words=("is not", "lies"))
def promotion_ahead(case: Case, standing: Standing) -> Value:
    """Whether a promotion lies ahead."""
    return number(case.at_stake.promotion_ahead) if case.at_stake else None


@feature(Unit.FLAG, "a holiday {value} ahead", words=("is not", "lies"))
def holiday_ahead(case: Case, standing: Standing) -> Value:
    """Whether a holiday lies ahead."""
    return number(case.at_stake.holiday_ahead) if case.at_stake else None


@feature(Unit.EACH, "{value} past [day is|days are] known", known="history")
def days_known(case: Case, standing: Standing) -> Value:
    """The number of past days that are known."""
    demand = demand_of(case)
    return float(demand.days) if demand else None


@feature(Unit.EACH, "{value} [unit is|units are] wanted on a usual day", known="history")
def daily_demand(case: Case, standing: Standing) -> Value:
    """The number of units wanted on a usual day."""
    demand = demand_of(case)
    return demand.daily if demand else None


@feature(Unit.EACH, "{value} [unit is|units are] to be expected on the day ahead", known="history")
def next_day_demand(case: Case, standing: Standing) -> Value:
    """The number of units to be expected on the day ahead."""
    demand, position = demand_of(case), case.at_stake
    if demand is None or position is None or demand.daily is None:
        return None
    uplift = demand.promotion if position.promotion_ahead else None
    return demand.daily * (demand.next_weekday or 1.0) * (uplift or 1.0)


@feature(
    Unit.DAY,
    "the free units last {value} at the demand to be expected",
    below_zero="what is promised exceeds the stock by {value} of demand",
    known="history",
)
def cover_days(case: Case, standing: Standing) -> Value:
    """How long the free units last at the demand to be expected."""
    return ratio(available(case.at_stake), next_day_demand.of(case, standing))


@feature(Unit.RATIO, "a day of this name sells {value} of the usual", known="history")
def weekday_demand(case: Case, standing: Standing) -> Value:
    """The demand of the coming weekday as a share of the usual."""
    demand = demand_of(case)
    return demand.next_weekday if demand else None


@feature(Unit.RATIO, "a promotion sells {value} of the usual", known="history")
def promotion_demand(case: Case, standing: Standing) -> Value:
    """The demand in a promotion as a share of the usual."""
    demand = demand_of(case)
    return demand.promotion if demand else None


@feature(Unit.RATIO, "the last day showed {value} of the usual demand", known="history")
def last_day_demand(case: Case, standing: Standing) -> Value:
    """The demand of the last day as a share of the usual."""
    demand = demand_of(case)
    return demand.last_day if demand else None


@feature(Unit.RATIO, "the last week showed {value} of the usual demand", known="history")
def last_week_demand(case: Case, standing: Standing) -> Value:
    """The demand of the last week as a share of the usual."""
    demand = demand_of(case)
    return demand.last_week if demand else None


@feature(Unit.RATIO, "demand varies by {value} from day to day", known="history")
def demand_variation(case: Case, standing: Standing) -> Value:
    """How much demand varies from day to day."""
    demand = demand_of(case)
    return demand.variation if demand else None


@feature(Unit.RATIO, "nothing is sold on {value} of the days", known="history")
def idle_days(case: Case, standing: Standing) -> Value:
    """The share of days on which nothing is sold."""
    demand = demand_of(case)
    return demand.idle_share if demand else None


@feature(Unit.HOUR, "the shelf was empty for {value} on the last day", known="history")
def empty_last_day(case: Case, standing: Standing) -> Value:
    """How long the shelf was empty on the last day."""
    demand = demand_of(case)
    return demand.empty_last_day if demand else None


@feature(Unit.HOUR, "the shelf was empty for {value} on the day before the last", known="history")
def empty_day_before(case: Case, standing: Standing) -> Value:
    """How long the shelf was empty on the day before the last."""
    demand = demand_of(case)
    return demand.empty_day_before if demand else None


@feature(Unit.HOUR, "the shelf was empty for {value} a day in the last week", known="history")
def empty_last_week(case: Case, standing: Standing) -> Value:
    """How long the shelf was empty a day in the last week."""
    demand = demand_of(case)
    return demand.empty_last_week if demand else None


@feature(Unit.HOUR, "the shelf was empty for {value} a day in four weeks", known="history")
def empty_month(case: Case, standing: Standing) -> Value:
    """How long the shelf was empty a day in four weeks."""
    demand = demand_of(case)
    return demand.empty_month if demand else None


@feature(Unit.HOUR, "the shelf is empty for {value} on a day of this name", known="history")
def empty_same_weekday(case: Case, standing: Standing) -> Value:
    """How long the shelf is empty on the coming weekday."""
    demand = demand_of(case)
    return demand.empty_same_weekday if demand else None


@feature(Unit.RATIO, "the shelf ran empty on {value} of the days", known="history")
def empty_share(case: Case, standing: Standing) -> Value:
    """The share of days on which the shelf ran empty."""
    demand = demand_of(case)
    return demand.empty_share if demand else None


@feature(Unit.DAY, "the shelf has run empty for {value} on end", known="history")
def empty_run(case: Case, standing: Standing) -> Value:
    """For how many days on end the shelf has run empty."""
    demand = demand_of(case)
    return demand.empty_run if demand else None


@feature(Unit.DAY, "the shelf has held for {value} on end", known="history")
def days_since_empty(case: Case, standing: Standing) -> Value:
    """For how many days on end the shelf has held."""
    demand = demand_of(case)
    return demand.days_since_empty if demand else None
