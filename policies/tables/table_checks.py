"""What is proved of a table at load: every row can be reached, unique rows never meet, nothing is left out."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import combinations

from policies.tables.problems import Place, Problems
from policies.tables.regions import MOST_STEPS, Box, TooComplicated, uncovered
from policies.tables.table import HitPolicy, Table
from policies.tables.wording import box_in_words


def check_table(table: Table, place: Place, problems: Problems, most_steps: int = MOST_STEPS) -> None:
    """Add a problem for each unreachable row, overlap and gap that the hit policy or `complete` forbids."""
    steps = iter(range(most_steps))
    try:
        if table.hit_policy in (HitPolicy.FIRST, HitPolicy.PRIORITY):
            _check_reachable(table, place, problems, steps)
        if table.hit_policy is HitPolicy.UNIQUE:
            _check_overlaps(table, place, problems)
        if table.complete:
            _check_gaps(table, place, problems, steps)
    except TooComplicated as error:
        problems.add(place, str(error))


def _check_reachable(table: Table, place: Place, problems: Problems, steps: Iterable[int]) -> None:
    boxes = {row.id: row.box for row in table.ranked}
    for at, row in enumerate(table.ranked):
        earlier = {each.id: boxes[each.id] for each in table.ranked[:at]}
        if uncovered(row.box, earlier.values(), steps) is None:
            says = (
                f"never reached, {_takers(row.box, earlier)} takes all its cases: move it up, narrow that or remove it"
            )
            problems.add(place.at(line=row.line, row=row.id), says)


def _takers(box: Box, earlier: Mapping[str, Box]) -> str:
    """The one row that takes a box whole, else all that take of it."""
    whole = [name for name, other in earlier.items() if box.within(other)]
    return ", ".join(whole[:1] or [name for name, other in earlier.items() if not box.disjoint(other)])


def _check_overlaps(table: Table, place: Place, problems: Problems) -> None:
    boxes = [(row, row.box) for row in table.rows]
    for (one, box), (other, other_box) in combinations(boxes, 2):
        if both := box & other_box:
            says = (
                f"overlaps row {one.id} where {box_in_words(both, table.inputs)}: narrow one, unique rows must not meet"
            )
            problems.add(place.at(line=other.line, row=other.id), says)


def _check_gaps(table: Table, place: Place, problems: Problems, steps: Iterable[int]) -> None:
    gap = uncovered(table.whole, [row.reach for row in table.rows], steps)
    if gap is not None:
        says = f"complete, but no row covers {box_in_words(gap, table.inputs)}: add a row or drop complete"
        problems.add(place, says)
