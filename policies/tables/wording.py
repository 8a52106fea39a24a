"""A region of one fact in words a store manager reads: conditions, sentences and counterexamples all use these."""

from __future__ import annotations

from collections.abc import Mapping
from typing import cast

from policies.tables.columns import Column, ColumnType
from policies.tables.regions import BOTTOM, LOWEST, NUMBERS, TOP, Box, Choice, Cut, Region, Span, Value


def outer_cuts(span: Span, column: Column) -> tuple[Cut, Cut]:
    """The outer cuts, as people say them: up to 5 of a count, not under 6."""
    low, high = span.cuts[0], span.cuts[-1]
    if column.type is ColumnType.COUNT and high != TOP:
        return low, (high[0] - 1, 1)
    return low, high


def region_in_words(region: Region, column: Column) -> str:
    """What a value of the region is: `over 200.00 EUR`, `bopis or marketplace`, `missing`."""
    present = region & ~column.missing
    words = _span_in_words(present, column) if isinstance(present, Span) else _choice_in_words(present, column)
    parts = [*([words] if words else []), *(["missing"] if None in region else [])]
    return " or ".join(parts) or "nothing"


def _span_in_words(span: Span, column: Column) -> str:
    if span == NUMBERS:
        return "known"
    return " or ".join(_piece_in_words(Span(piece), column) for piece in span.pieces())


def _piece_in_words(piece: Span, column: Column) -> str:
    low, high = outer_cuts(piece, column)
    if low[0] == high[0]:
        return f"exactly {column.show_exactly(low[0])}"
    words = []
    if low not in (LOWEST, BOTTOM):
        words.append(f"{'over' if low[1] else 'at least'} {column.show_exactly(low[0])}")
    if high != TOP:
        words.append(f"{'at most' if high[1] else 'under'} {column.show_exactly(high[0])}")
    return " and ".join(words)


def _choice_in_words(region: Region, column: Column) -> str:
    present = column.present
    inside, outside = cast(Choice, region & present), cast(Choice, ~region & present)
    if inside and not outside:
        return "known"
    if inside.negated or len(inside.listed) > max(3, len(outside.listed)):
        names = _names(outside, column)
        return f"not {names[0]}" if len(names) == 1 else f"neither {' nor '.join(names)}"
    return " or ".join(_names(inside, column))


def _names(choice: Choice, column: Column) -> list[str]:
    order: dict[Value, int] = {value: at for at, value in enumerate(column.values)}
    listed = sorted(choice.listed, key=lambda each: (order.get(each, 0), str(each)))
    return [column.show_exactly(each) for each in listed]


def box_in_words(box: Box, columns: Mapping[str, Column]) -> str:
    """A box as people say it, naming only the facts it narrows: `order value over 200.00 EUR; channel bopis`."""
    narrowed = [name for name, region in box.regions.items() if columns[name].whole & ~region]
    parts = [f"{columns[name].says} {region_in_words(box.regions[name], columns[name])}" for name in narrowed]
    return "; ".join(parts) or "any case"
