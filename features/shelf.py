"""What the days behind the position at stake, and the day ahead, say of its shelf."""

from __future__ import annotations

import math

from data.case import Case
from data.record import Unit
from data.standing import Standing
from features.definition import Value, difference, feature, number, ratio, since
from features.demand import told
from features.stock import available, unreserved

_DAY_MINUTES = 1440.0


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
    return told(case, "days")


@feature(Unit.EACH, "{value} [unit is|units are] wanted on a usual day", known="history")
def daily_demand(case: Case, standing: Standing) -> Value:
    """The number of units wanted on a usual day."""
    return told(case, "daily")


@feature(Unit.EACH, "{value} [unit is|units are] to be expected on the day ahead", known="history")
def next_day_demand(case: Case, standing: Standing) -> Value:
    """The number of units to be expected on the day ahead."""
    daily, position = told(case, "daily"), case.at_stake
    if daily is None or position is None:
        return None
    uplift = told(case, "promotion") if position.promotion_ahead else None
    return daily * (told(case, "next_weekday") or 1.0) * (uplift or 1.0)


@feature(
    Unit.DAY,
    "the free units last {value} at the demand to be expected",
    below_zero="what is promised or kept back exceeds the stock by {value} of demand",
    known="history",
)
def cover_days(case: Case, standing: Standing) -> Value:
    """How long the free units last at the demand to be expected."""
    return ratio(available(case.at_stake), next_day_demand.of(case, standing))


@feature(
    Unit.DAY,
    "the units not promised last {value} at the demand to be expected",
    below_zero="what is promised exceeds the units on hand by {value} of demand",
    known="history",
)
def stock_days(case: Case, standing: Standing) -> Value:
    """How long the units that are not promised last at the demand to be expected."""
    return ratio(unreserved(case.at_stake), next_day_demand.of(case, standing))


def _due_units(case: Case) -> float:
    """Units that are due within a day, counted by the share of the day they will have been there."""
    position = case.at_stake
    overdue = since(position.inbound_due_at, case) if position else None
    if position is None or position.inbound is None or overdue is None:
        return 0.0
    return position.inbound * min(1.0, max(0.0, 1.0 + overdue / _DAY_MINUTES))


@feature(
    Unit.EACH,
    "{value} [unit|units] should be left after the day ahead",
    below_zero="{value} [unit|units] should be missing on the day ahead",
    known="history",
)
def left_after_day(case: Case, standing: Standing) -> Value:
    """The number of units left after the day ahead, by the record, what is due and the demand to be expected."""
    stock = unreserved(case.at_stake)
    return None if stock is None else difference(stock + _due_units(case), next_day_demand.of(case, standing))


@feature(
    Unit.SCORE,
    "the stock covers {value} times what demand usually strays by",
    below_zero="demand exceeds the stock by {value} times what it usually strays by",
    known="history",
)
def safety_factor(case: Case, standing: Standing) -> Value:
    """How often the stock covers what demand usually strays by.

    The safety factor of Silver, Pyke and Thomas (Inventory and Production Management, 4th ed., chapter 6), with the
    deviation of a Poisson demand; half a unit keeps it finite where nothing is wanted.
    """
    demand = next_day_demand.of(case, standing)
    return None if demand is None else ratio(left_after_day.of(case, standing), math.sqrt(demand + 0.25))


@feature(Unit.RATIO, "a day of this name sells {value} of the usual", known="history")
def weekday_demand(case: Case, standing: Standing) -> Value:
    """The demand of the coming weekday as a share of the usual."""
    return told(case, "next_weekday")


@feature(Unit.RATIO, "a promotion sells {value} of the usual", known="history")
def promotion_demand(case: Case, standing: Standing) -> Value:
    """The demand in a promotion as a share of the usual."""
    return told(case, "promotion")


@feature(Unit.RATIO, "a holiday sells {value} of the usual", known="history")
def holiday_demand(case: Case, standing: Standing) -> Value:
    """The demand on a holiday as a share of the usual."""
    return told(case, "holiday")


@feature(Unit.RATIO, "the last day showed {value} of the usual demand", known="history")
def last_day_demand(case: Case, standing: Standing) -> Value:
    """The demand of the last day as a share of the usual."""
    return told(case, "last_day")


@feature(Unit.RATIO, "the last week showed {value} of the usual demand", known="history")
def last_week_demand(case: Case, standing: Standing) -> Value:
    """The demand of the last week as a share of the usual."""
    return told(case, "last_week")


@feature(Unit.RATIO, "demand varies by {value} from day to day", known="history")
def demand_variation(case: Case, standing: Standing) -> Value:
    """How much demand varies from day to day."""
    return told(case, "variation")


@feature(Unit.RATIO, "nothing is sold on {value} of the days", known="history")
def idle_days(case: Case, standing: Standing) -> Value:
    """The share of days on which nothing is sold."""
    return told(case, "idle_share")


@feature(Unit.HOUR, "the shelf was empty for {value} on the last day", known="history")
def empty_last_day(case: Case, standing: Standing) -> Value:
    """How long the shelf was empty on the last day."""
    return told(case, "empty_last_day")


@feature(Unit.HOUR, "the shelf was empty for {value} on the day before the last", known="history")
def empty_day_before(case: Case, standing: Standing) -> Value:
    """How long the shelf was empty on the day before the last."""
    return told(case, "empty_day_before")


@feature(Unit.HOUR, "the shelf was empty for {value} a day in the last week", known="history")
def empty_last_week(case: Case, standing: Standing) -> Value:
    """How long the shelf was empty a day in the last week."""
    return told(case, "empty_last_week")


@feature(Unit.HOUR, "the shelf was empty for {value} a day in four weeks", known="history")
def empty_month(case: Case, standing: Standing) -> Value:
    """How long the shelf was empty a day in four weeks."""
    return told(case, "empty_month")


@feature(Unit.HOUR, "the shelf is empty for {value} on a day of this name", known="history")
def empty_same_weekday(case: Case, standing: Standing) -> Value:
    """How long the shelf is empty on the coming weekday."""
    return told(case, "empty_same_weekday")


@feature(Unit.RATIO, "the shelf ran empty on {value} of the days", known="history")
def empty_share(case: Case, standing: Standing) -> Value:
    """The share of days on which the shelf ran empty."""
    return told(case, "empty_share")


@feature(Unit.DAY, "the shelf has run empty for {value} on end", known="history")
def empty_run(case: Case, standing: Standing) -> Value:
    """For how many days on end the shelf has run empty."""
    return told(case, "empty_run")


@feature(Unit.DAY, "the shelf has held for {value} on end", known="history")
def days_since_empty(case: Case, standing: Standing) -> Value:
    """For how many days on end the shelf has held."""
    return told(case, "days_since_empty")


@feature(Unit.RATIO, "the day before the last showed {value} of the usual demand", known="history")
def day_before_demand(case: Case, standing: Standing) -> Value:
    """The demand of the day before the last as a share of the usual."""
    return told(case, "day_before")


@feature(Unit.RATIO, "the third last day showed {value} of the usual demand", known="history")
def third_last_day_demand(case: Case, standing: Standing) -> Value:
    """The demand of the third last day as a share of the usual."""
    return told(case, "two_days_before")


@feature(Unit.RATIO, "the last few days showed {value} of the usual demand", known="history")
def demand_lately(case: Case, standing: Standing) -> Value:
    """The demand of the last few days as a share of the usual."""
    return told(case, "lately")


@feature(Unit.EACH, "{value} [unit was|units were] sold on the last day", known="history")
def last_day_units(case: Case, standing: Standing) -> Value:
    """The number of units sold on the last day."""
    return told(case, "last_day_units")


@feature(Unit.EACH, "{value} [unit was|units were] sold in the first part of the last day", known="history")
def first_part_units(case: Case, standing: Standing) -> Value:
    """The number of units sold in the first part of the last day."""
    return told(case, "first_part")


@feature(Unit.EACH, "{value} [unit was|units were] sold in the second part of the last day", known="history")
def middle_part_units(case: Case, standing: Standing) -> Value:
    """The number of units sold in the second part of the last day."""
    return told(case, "middle_part")


@feature(Unit.EACH, "{value} [unit was|units were] sold before the last day closed", known="history")
def last_part_units(case: Case, standing: Standing) -> Value:
    """The number of units sold in the last part of the last day: a shelf that runs low sells little there."""
    return told(case, "last_part")


@feature(Unit.RATIO, "before the last day closed, {value} of a usual day's demand was sold", known="history")
def last_part_share(case: Case, standing: Standing) -> Value:
    """The units sold in the last part of the last day as a share of a usual day's demand."""
    return told(case, "last_part_share")


@feature(Unit.RATIO, "before the last day closed, {value} of what usually sells then was sold", known="history")
def last_part_pace(case: Case, standing: Standing) -> Value:
    """The units sold in the last part of the last day as a share of that part's usual: low where the shelf ran low."""
    return told(case, "last_part_pace")


@feature(Unit.RATIO, "on {value} of the last few days the shelf was empty for hours", known="history")
def unserved_lately(case: Case, standing: Standing) -> Value:
    """The share of the last few days on which the shelf was empty for four hours or more."""
    return told(case, "unserved_lately")


@feature(Unit.RATIO, "on {value} of the last weeks' days the shelf was empty for hours", known="history")
def unserved_month(case: Case, standing: Standing) -> Value:
    """The share of the last weeks' days on which the shelf was empty for four hours or more."""
    return told(case, "unserved_month")


@feature(Unit.HOUR, "after the last day's opening hours the shelf was empty for {value}", known="history")
def late_last_day(case: Case, standing: Standing) -> Value:
    """How long the shelf was empty after the opening hours of the last day."""
    return told(case, "late_last_day")


@feature(Unit.HOUR, "after the opening hours of the day before the last it was empty for {value}", known="history")
def late_day_before(case: Case, standing: Standing) -> Value:
    """How long the shelf was empty after the opening hours of the day before the last."""
    return told(case, "late_day_before")


@feature(Unit.RATIO, "the price ahead is {value} of the list price")
def price_ahead(case: Case, standing: Standing) -> Value:
    """The price ahead as a share of the list price."""
    return case.at_stake.price_share_ahead if case.at_stake else None


@feature(
    Unit.RATIO,
    "the price ahead is {value} of the list price above the last day's",
    below_zero="the price ahead is {value} of the list price below the last day's",
    known="history",
)
def price_change(case: Case, standing: Standing) -> Value:
    """How far the price ahead lies above the last day's."""
    return difference(price_ahead.of(case, standing), told(case, "last_price"))


@feature(
    Unit.RATIO,
    "the price ahead is {value} of the list price above the usual",
    below_zero="the price ahead is {value} of the list price below the usual",
    known="history",
)
def price_over_usual(case: Case, standing: Standing) -> Value:
    """How far the price ahead lies above that of the last weeks."""
    return difference(price_ahead.of(case, standing), told(case, "usual_price"))


@feature(Unit.HOUR, "before the last day closed the shelf was empty for {value}", known="history")
def empty_last_part(case: Case, standing: Standing) -> Value:
    """How long the shelf was empty in the last part of the last day."""
    return told(case, "empty_last_part")


@feature(Unit.HOUR, "before the day before the last closed the shelf was empty for {value}", known="history")
def empty_last_part_before(case: Case, standing: Standing) -> Value:
    """How long the shelf was empty in the last part of the day before the last."""
    return told(case, "empty_last_part_before")


@feature(Unit.HOUR, "as the last day began the shelf was empty for {value}", known="history")
def empty_first_part(case: Case, standing: Standing) -> Value:
    """How long the shelf was empty in the first part of the last day."""
    return told(case, "empty_first_part")


SUMMARY_OF: dict[str, str] = {
    "empty_last_part": "empty_last_part",
    "empty_last_part_before": "empty_last_part_before",
    "empty_first_part": "empty_first_part",
    "days_known": "days",
    "daily_demand": "daily",
    "weekday_demand": "next_weekday",
    "promotion_demand": "promotion",
    "holiday_demand": "holiday",
    "last_day_demand": "last_day",
    "last_week_demand": "last_week",
    "demand_variation": "variation",
    "idle_days": "idle_share",
    "empty_last_day": "empty_last_day",
    "empty_day_before": "empty_day_before",
    "empty_last_week": "empty_last_week",
    "empty_month": "empty_month",
    "empty_same_weekday": "empty_same_weekday",
    "empty_share": "empty_share",
    "empty_run": "empty_run",
    "days_since_empty": "days_since_empty",
    "day_before_demand": "day_before",
    "third_last_day_demand": "two_days_before",
    "demand_lately": "lately",
    "last_day_units": "last_day_units",
    "first_part_units": "first_part",
    "middle_part_units": "middle_part",
    "last_part_units": "last_part",
    "last_part_share": "last_part_share",
    "last_part_pace": "last_part_pace",
    "unserved_lately": "unserved_lately",
    "unserved_month": "unserved_month",
    "late_last_day": "late_last_day",
    "late_day_before": "late_day_before",
}
"""The features that are a summary of the days as it is, by name."""
