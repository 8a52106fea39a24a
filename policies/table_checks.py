"""What is proved of a table at load: every row can be reached, unique rows never meet, nothing is left out."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import combinations

from policies.columns import Column
from policies.problems import Place, Problems
from policies.regions import Box, TooComplicated, uncovered
from policies.table import HitPolicy, Table
from policies.wording import region_in_words

_SPLIT = "the proof takes too many steps: split the table into smaller ones"


def check_table(table: Table, place: Place, problems: Problems) -> None:
    """Add a problem for each unreachable row, overlap and gap that the hit policy or `complete` forbids."""
    try:
        if table.hit_policy in (HitPolicy.FIRST, HitPolicy.PRIORITY):
            _check_reachable(table, place, problems)
        if table.hit_policy is HitPolicy.UNIQUE:
            _check_overlaps(table, place, problems)
        if table.complete:
            _check_gaps(table, place, problems)
    except TooComplicated:
        problems.add(place, _SPLIT)


def _check_reachable(table: Table, place: Place, problems: Problems) -> None:
    boxes = [row.box for row in table.ranked]
    for at, row in enumerate(table.ranked):
        if uncovered(row.box, boxes[:at]) is None:
            near = [each.id for each, box in zip(table.ranked, boxes[:at], strict=False) if not box.disjoint(row.box)]
            says = f"never reached, {', '.join(near)} take all its cases: move it up, narrow those or remove it"
            problems.add(place.at(line=row.line, row=row.id), says)


def _check_overlaps(table: Table, place: Place, problems: Problems) -> None:
    boxes = [(row, row.box) for row in table.rows]
    for (one, box), (other, other_box) in combinations(boxes, 2):
        if both := box & other_box:
            says = f"overlaps row {one.id} where {in_words(both, table.inputs)}: narrow one, unique rows must not meet"
            problems.add(place.at(line=other.line, row=other.id), says)


def _check_gaps(table: Table, place: Place, problems: Problems) -> None:
    gap = uncovered(table.whole, [row.reach for row in table.rows])
    if gap is not None:
        says = f"complete, but no row covers {in_words(gap, table.inputs)}: add a row or drop complete"
        problems.add(place, says)


def in_words(box: Box, columns: Mapping[str, Column]) -> str:
    """A box as people say it, naming only the facts it narrows: `order value over 200.00 EUR; channel bopis`."""
    narrowed = [name for name, region in box.regions.items() if columns[name].whole & ~region]
    parts = [f"{columns[name].says} {region_in_words(box.regions[name], columns[name])}" for name in narrowed]
    return "; ".join(parts) or "any case"
