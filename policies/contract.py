"""Which tables a policy must have, what each gives, within which bounds: checked at load, relied upon afterwards."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Final

from data.actions import ActionId
from data.record import Unit
from data.vocabulary import UNRECOGNISED, Disposition, Role
from policies.facts import FACTS, columns_of
from policies.option_facts import option_columns, prediction_columns, system_columns
from policies.settings import Settings
from policies.tables.columns import Column, ColumnType
from policies.tables.problems import Place, Problems
from policies.tables.rows import Row
from policies.tables.table import HitPolicy, Table

DISPOSITION: Final = "disposition"
"""The output that makes a table a gate, whatever its name."""

REQUIRED: Final[Mapping[str, tuple[str, ...]]] = {
    "promise": ("promise_minutes", "calendar"),
    "exception_type": ("exception_type", "probability"),
    "root_cause": ("root_cause", "probability"),
    "sla_breach": ("probability",),
    "stockout": ("probability",),
    "candidates": ("action",),
    "effects": ("remains",),
    "action_costs": ("labour", "labour_minutes", "minutes", "travel_minutes", "outlay", "amount_lost", "goodwill"),
    "breach_costs": ("penalty", "margin_lost", "unsolved"),
    "replenishment": ("target_days", "disposition", "role"),
}
"""The outputs the heart reads of each table, by name."""

CONTROLS: Final = ("finance", "systems", "confidence")
"""Gates that no policy may be without: money, systems that are down, predictions nobody should act upon."""

_OF_THE_CASE: Final = frozenset(fact.name for fact in FACTS)
_OF_PREDICTIONS: Final = frozenset(column.name for column in prediction_columns())

READABLE: Final[Mapping[str, frozenset[str]]] = {
    "promise": _OF_THE_CASE - {"minutes_left"},
    "exception_type": _OF_THE_CASE,
    "root_cause": _OF_THE_CASE | {"exception_type"},
    "sla_breach": _OF_THE_CASE | {"exception_type"},
    "stockout": _OF_THE_CASE | {"exception_type"},
    "candidates": _OF_THE_CASE | _OF_PREDICTIONS,
    "effects": frozenset({"action", "exception_type", "root_cause"}),
    "action_costs": frozenset({"action", "root_cause", "customer_tier"}),
    "breach_costs": _OF_THE_CASE | _OF_PREDICTIONS,
    "replenishment": frozenset({"stockout_probability", "stock_age", "available"}),
}
"""The facts that exist when a table is asked; a gate may read every column."""

BOUNDS: Final[Mapping[str, tuple[Decimal, Decimal]]] = {
    "probability": (Decimal(0), Decimal(1)),
    "remains": (Decimal(0), Decimal(2)),
    "amount_lost": (Decimal(0), Decimal(1)),
    "margin_lost": (Decimal(0), Decimal(5)),
    "promise_minutes": (Decimal(1), Decimal(100_000)),
    "labour_minutes": (Decimal(0), Decimal(100_000)),
    "minutes": (Decimal(0), Decimal(1_000_000)),
    "travel_minutes": (Decimal(0), Decimal(1_000_000)),
    "outlay": (Decimal(0), Decimal(1_000_000)),
    "goodwill": (Decimal(0), Decimal(1_000_000)),
    "penalty": (Decimal(0), Decimal(1_000_000)),
    "unsolved": (Decimal(0), Decimal(1_000_000)),
    "target_days": (Decimal(0), Decimal(1000)),
}
"""Least and largest sensible value of an output."""


def shared_columns(reference: str) -> dict[str, Column]:
    """Every column a table of this policy may name, with money in the reference currency."""
    facts = columns_of(FACTS, reference)
    rest = (*prediction_columns(), *option_columns(reference), *system_columns(), *_output_columns(reference))
    return facts | {column.name: column for column in rest}


def _output_columns(reference: str) -> tuple[Column, ...]:
    number, money, label = ColumnType.NUMBER, ColumnType.MONEY, ColumnType.LABEL
    minutes, days, share = Unit.MINUTE.value, Unit.DAY.value, Unit.RATIO.value
    return (
        Column("promise_minutes", number, "open minutes until the promise breaks", minutes),
        Column("calendar", label, "calendar that counts the minutes"),
        Column("probability", number, "probability", share),
        Column("remains", number, "share of the risk that remains", share),
        Column("labour", label, "kind of labour"),
        Column("labour_minutes", number, "minutes of work", minutes),
        Column("minutes", number, "minutes until it is done", minutes),
        Column("travel_minutes", number, "minutes on the way where the snapshot does not say", minutes, optional=True),
        Column("outlay", money, "cash cost where the snapshot does not say", reference, optional=True),
        Column("amount_lost", number, "share of the moved amount that is lost", share, optional=True),
        Column("goodwill", money, "what it costs in the customer's trust", reference, optional=True),
        Column("penalty", money, "cost of a broken promise", reference),
        Column("margin_lost", number, "share of the margin lost with a broken promise", share),
        Column("unsolved", money, "cost of work that stays unsolved", reference),
        Column("target_days", number, "days the shelf should last", days),
        Column(DISPOSITION, label, "what may happen", None, tuple(each.value for each in Disposition)),
        Column("role", label, "who must agree", None, tuple(each.value for each in Role), optional=True),
        Column("until", ColumnType.TEXT, "what must clear first", optional=True),
    )


def check_table_alone(table: Table, file: str, settings: Settings, problems: Problems) -> None:
    """Add a problem for each column, output or value of one table that the heart could not use."""
    place = Place(file, table=table.name)
    _check_columns(table, shared_columns(settings.currency.reference), place, problems)
    _check_outputs(table, REQUIRED.get(table.name, ()), place, problems)
    for row in table.rows:
        _check_row(row, settings, place.at(line=row.line, row=row.id), problems)


def check_together(tables: Mapping[str, Table], files: Mapping[str, str], problems: Problems) -> None:
    """Add a problem for each table that is missing, and for each action that is proposed without price or effect."""
    for name, outputs in REQUIRED.items():
        if name not in tables:
            problems.add(Place("policy", table=name), f"the table is missing: add it with outputs {', '.join(outputs)}")
    for name in CONTROLS:
        if name not in tables or DISPOSITION not in tables[name].outputs:
            problems.add(Place("policy", table=name), f"the gate is missing: add a table {name} with a {DISPOSITION}")
    if not problems.found:
        _check_actions(tables, files, problems)


def _check_columns(table: Table, shared: Mapping[str, Column], place: Place, problems: Problems) -> None:
    for column in (*table.inputs.values(), *table.outputs.values()):
        if shared.get(column.name) != column:
            says = "not a column of the policy: name shared ones in a list, as in inputs: [channel, order_value]"
            problems.add(place.at(column=column.name), says)
    known = READABLE.get(table.name)
    for name in table.inputs:
        if known is not None and name not in known:
            says = f"not known when {table.name} is asked: its rows would never match; leave it out"
            problems.add(place.at(column=name), says)


def _check_outputs(table: Table, required: Iterable[str], place: Place, problems: Problems) -> None:
    absent = [each for each in required if each not in table.outputs]
    if absent:
        problems.add(place, f"outputs lack {', '.join(absent)}: add them")
    if not required and DISPOSITION not in table.outputs:
        known = ", ".join(REQUIRED)
        problems.add(place, f"nothing reads this table: give it the output disposition, or one of the names {known}")
    if DISPOSITION in table.outputs and table.hit_policy not in (HitPolicy.FIRST, HitPolicy.COLLECT):
        # `unique` leaves out rows that lack facts, `priority` would take `proceed` before `hold`.
        problems.add(place, f"a gate is first or collect, got {table.hit_policy}: write one of these")


def _check_row(row: Row, settings: Settings, place: Place, problems: Problems) -> None:
    for name, value in row.outputs.items():
        low, high = BOUNDS.get(name, (None, None))
        if isinstance(value, float | Decimal) and low is not None and high is not None and not low <= value <= high:
            problems.add(place.at(column=name), f"expected {low} to {high}, got {value}: correct it")
    _check_word(row, "calendar", settings.calendars, place, problems)
    _check_word(row, "labour", settings.labour, place, problems)
    if row.outputs.get("exception_type") == UNRECOGNISED:
        problems.add(place.at(column="exception_type"), "a rule names a type, or leaves the case to the next row")
    outcome = row.outputs.get(DISPOSITION)
    if outcome == Disposition.REVIEW and row.outputs.get("role") is None:
        problems.add(place.at(column="role"), "review without a role asks nobody: name who must agree")
    if outcome == Disposition.HOLD and row.outputs.get("until") is None:
        problems.add(place.at(column="until"), "hold without until never clears: name what must clear")


def _check_word(row: Row, name: str, known: Mapping[str, object], place: Place, problems: Problems) -> None:
    value = row.outputs.get(name)
    if value is not None and value not in known:
        problems.add(place.at(column=name), f"policy.yaml knows {', '.join(known)}, got {value}: correct it")


def _check_actions(tables: Mapping[str, Table], files: Mapping[str, str], problems: Problems) -> None:
    """Every action that may be proposed has a price and an effect."""
    proposed = {str(row.outputs["action"]) for row in tables["candidates"].rows} | {ActionId.INVESTIGATE.value}
    for name in ("action_costs", "effects"):
        for action in sorted(proposed):
            if tables[name].evaluate({"action": action}).hit is None:
                says = f"no row for {action} whatever the cause, and candidates propose it: add one"
                problems.add(Place(files[name], table=name, column="action"), says)
