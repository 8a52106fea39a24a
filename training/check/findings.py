"""What a check finds beside leaks: what training refuses, and what teaches it nothing or something wrong."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Literal

import numpy as np

from data.amounts import percent
from data.case import Case
from data.record import Unit
from training.check.examined import Examined
from training.check.leaks import FEWEST as FEWEST_TOLD
from training.check.leaks import SETTLED
from training.check.lone_values import lone_value
from training.check.marks import mark_slip
from training.check.pairs_of_parties import is_party, joined_parties, parties_of, telling_pair
from training.check.shares import share_slip
from training.histories.rows import DAY
from training.histories.split import FEWEST, FEWEST_OF_EACH, is_timeless
from training.histories.truth import UNKNOWN
from training.tables.mapping import Mapping
from training.tables.names import columns_there
from training.tables.paths import leaf_unit
from training.tables.sources import Source

Rule = Literal[
    "event_twice",
    "no_outcome",
    "few_outcomes",
    "outcome_before_case",
    "not_known_yet",
    "recorded_at_once",
    "join_finds_little",
    "row_nearly_empty",
    "lone_value",
    "thousands_as_decimals",
    "record_left_out",
    "share_or_per_cent",
    "leak_not_there",
    "derived_unknown",
    "derived_implausible",
    "calendar_in_utc",
    "pair_unsaid",
]

LITTLE = 0.05
"""Share of the rows below which a joined file is more likely keyed otherwise than full of gaps."""
AT_ONCE = 0.2
"""Share of the outcomes from which on one day tells a good part of them."""
LONG = 30 * DAY
"""How long a history's cases are at least apart where a day of its outcomes is told."""


@dataclass(frozen=True)
class Finding:
    """One thing to mend."""

    rule: Rule
    stops: bool
    """Whether training refuses such a history."""
    says: str


def findings(
    seen: Examined,
    mapping: Mapping | None,
    derived: Sequence[tuple[str, dict[str, float]]] = (),
    leaking: Collection[str] = (),
) -> tuple[Finding, ...]:
    """What there is to mend, what stops training first; `derived` tells what each derived number reaches alone.

    No pair is advised of `leaking` columns.
    """
    told = [*_twice(seen), *_without_outcome(seen, mapping), *_few(seen), *_before_their_case(seen), *_joins(seen)]
    told += [*_nearly_empty(seen), *_lone_values(seen, mapping), *_mark_slips(seen, mapping)]
    told += [*_left_out(seen, mapping), *_share_slips(seen, mapping)]
    told += [*_leaks_not_there(seen, mapping), *_derived_unknown(seen), *_derived_implausible(seen, derived)]
    told += [*_not_known_yet(seen)]
    told += [*_recorded_at_once(seen), *_calendar_in_utc(seen, mapping), *_pair_unsaid(seen, mapping, leaking)]
    return tuple(sorted(told, key=lambda each: not each.stops))


def _twice(seen: Examined) -> Iterator[Finding]:
    again = [(event, count) for event, count in Counter(seen.events).items() if count > 1]
    if again:
        (source, name), count = again[0]
        yield Finding(
            "event_twice",
            True,
            f"{len(again):,} of {len(set(seen.events)):,} events are there more than once, such as event {name} of "
            f"{source} with {count} rows: keep one row of each event, or give the mapping a view (rows: at_opening) or "
            "an event.id that tells updates apart (join)",
        )


def _without_outcome(seen: Examined, mapping: Mapping | None) -> Iterator[Finding]:
    if seen.truths:
        return
    if mapping is not None and not mapping.outcome:
        says = "no outcome is mapped: say under outcome what came of a case, and in recorded_at when that was known"
    elif np.isfinite(seen.recorded).any():
        says = "no outcome tells what there is to predict: map sla_breached or resolved_at, stockout, exception_type "
        says += "or root_cause, or see whether their cells are empty; stockout needs stock.0"
    else:
        says = "no outcome is known in any row that was read: see whether the cells of outcome.recorded_at are empty"
    yield Finding("no_outcome", True, says)


def _derived_unknown(seen: Examined) -> Iterator[Finding]:
    for name, column in seen.derived.items():
        if column.missing == 1.0:
            says = (
                f"derived.{name} is known in no row that was read: its two are never told together, or it is divided "
            )
            yield Finding("derived_unknown", False, f"{says}by nothing; see which attributes it is made of")


def _derived_implausible(seen: Examined, alone: Sequence[tuple[str, dict[str, float]]]) -> Iterator[Finding]:
    """The outcome in other words, made of two columns of which neither need tell it alone."""
    enough = [task for task, truth in seen.truths.items() if (truth != UNKNOWN).sum() >= FEWEST_TOLD]
    for name, areas in alone:
        for task in enough:
            if areas.get(task.value, 0.0) >= SETTLED:
                says = (
                    f"derived.{name} tells {task} alone with an AUC of {areas[task.value]:.3f}: one of its two most "
                    "likely holds what came of the case; see when each is known"
                )
                yield Finding("derived_implausible", False, says)


def _leaks_not_there(seen: Examined, mapping: Mapping | None) -> Iterator[Finding]:
    """Names in `leaks` that no file has: most likely misspelt, so that the column may still become a fact."""
    there = {*seen.log, *(column for join in seen.joins for column in join.columns)}
    for column in mapping.leaks if mapping else ():
        if column not in there:
            said = columns_there(column, there, "the table with all that is joined" if seen.joins else "the file")
            yield Finding("leak_not_there", False, f"leaks names column {column!r}, which is not there; {said}")


def _few(seen: Examined) -> Iterator[Finding]:
    """Too few outcomes to learn a task from, unless the rest of the history has more than the rows that were read."""
    for task, truth in seen.truths.items():
        known = truth[truth != UNKNOWN]
        often = sorted(np.bincount(known).tolist(), reverse=True)
        second = often[1] if len(often) > 1 else 0
        if len(known) < FEWEST or second < FEWEST_OF_EACH:
            yield Finding(
                "few_outcomes",
                False,
                f"{task}: {len(known):,} of the rows that were read tell its truth, and {second:,} of them the second "
                f"commonest; training needs {FEWEST} in all, and two outcomes that occur {FEWEST_OF_EACH} times each",
            )


def _before_their_case(seen: Examined) -> Iterator[Finding]:
    early = int((seen.recorded < seen.times).sum())
    if early:
        yield Finding(
            "outcome_before_case",
            False,
            f"outcome.recorded_at lies before event.time in {early:,} of {len(seen.times):,} rows: an outcome cannot "
            "be known before its case, and counts as known from its case on; see whether "
            "column, format and zone of both are right",
        )


def _not_known_yet(seen: Examined) -> Iterator[Finding]:
    """Where a history was written down before the outcomes of its latest cases were known."""
    empty = int(np.isnan(seen.recorded).sum())
    for task, found in seen.maturities.items():
        told, young = [], int(found.young.sum())
        if young:
            since = datetime.fromtimestamp(float(seen.times[found.young].min()), UTC)
            why = "only what ends quickly could be known of them"
            told.append(f"{young:,} of the cases since {since:%Y-%m-%d} teach nothing, because {why}")
        if found.unknown:
            told.append(f"for about {found.unknown:,} not known yet, known ones of their age and outcome count")
        says = f"{task}: {'; '.join(told)}. The later a history is written down, the more of its days teach"
        if empty < (young + found.unknown) * LITTLE:
            says += f"; {empty or 'none'} of the rows that were read {'tell' if empty > 1 else 'tells'} no outcome: "
            says += "keep those of cases that have not ended, with empty cells"
        yield Finding("not_known_yet", False, says)


def _recorded_at_once(seen: Examined) -> Iterator[Finding]:
    """Where one day tells a good part of all outcomes: a backlog's, or the day on which a table was filled."""
    known = np.isfinite(seen.recorded)
    days, counts = np.unique(seen.recorded[known] // DAY, return_counts=True)
    if not len(days) or np.ptp(seen.times[known]) < LONG or counts.max() < AT_ONCE * known.sum():
        return
    day = datetime.fromtimestamp(float(days[counts.argmax()]) * DAY, UTC)
    yield Finding(
        "recorded_at_once",
        False,
        f"outcome.recorded_at is {day:%Y-%m-%d} in {counts.max():,} of {known.sum():,} rows with an outcome: what they "
        "came to counts as known from that day on and not before; if that is when a backlog was entered or the table "
        "filled, map the column that says when each case ended",
    )


def _joins(seen: Examined) -> Iterator[Finding]:
    for join in seen.joins:
        if join.share < LITTLE:
            keys = f"a key of ours is {join.ours!r}, one of {join.file} {join.theirs!r}"
            yield Finding(
                "join_finds_little",
                False,
                f"{join.key} ({join.file}) has a row for {join.share * 100:.1f} % of ours, so its columns are all but "
                f"empty: {keys}; give it the key that both write alike",
            )


def _nearly_empty(seen: Examined) -> Iterator[Finding]:
    thin = seen.thin
    if thin is not None:
        column = thin.column and f"where: {{{thin.column}: {{filled: true}}}}"
        remedy = column or "give where a condition that they do not meet"
        yield Finding(
            "row_nearly_empty",
            False,
            f"{thin.count:,} of {thin.of:,} rows {'is' if thin.count == 1 else 'are'} nearly empty, unlike the others, "
            f"such as {thin.shown}; each becomes a case all the same. To leave such rows out: {remedy}",
        )


def _lone_values(seen: Examined, mapping: Mapping | None) -> Iterator[Finding]:
    """Of the columns that become facts and attributes alone: what is not read needs no word."""
    for key, source in mapping.sources() if mapping else ():
        for name in source.columns if not key.startswith("outcome.") else ():
            lone = lone_value(seen.columns[name])
            if lone is not None:
                yield Finding(
                    "lone_value",
                    False,
                    f"{key}: {name} is {lone.word} in {percent(lone.share)} of its rows, and all else lies between "
                    f"{lone.low:g} and {lone.high:g}; if {lone.word} means that nothing is known, say so beside the "
                    f"column: missing: [{_quoted(lone.word)}]",
                )


def _mark_slips(seen: Examined, mapping: Mapping | None) -> Iterator[Finding]:
    """Of the columns that become numbers: a point that stands between thousands and is read as one of decimals."""
    for key, source in mapping.sources() if mapping else ():
        for name in source.columns:
            word = mark_slip(seen.columns[name])
            if word is not None:
                yield Finding(
                    "thousands_as_decimals",
                    False,
                    f"{key}: every point of {name} stands before three digits, such as in {word}, and numbers below a "
                    "thousand have none: if it is a mark of thousands, say decimal: ',' and thousands: '.' (at the top "
                    "of the mapping or beside this source)",
                )


def _share_slips(seen: Examined, mapping: Mapping | None) -> Iterator[Finding]:
    """Columns that become shares: per cent that are not told to be, or shares that are told to be per cent."""
    for key, source in mapping.sources() if mapping else ():
        for leaf in source.leaves if _is_share(key, source) else ():
            for name in leaf.column:
                says = share_slip(seen.columns[name], leaf.scale, (key, getattr(source, "called", None) or ""))
                if says is not None:
                    yield Finding("share_or_per_cent", False, f"{key}: {says}")


def _is_share(key: str, source: Source) -> bool:
    section, _, path = key.partition(".")
    return source.unit == Unit.RATIO or (section == "facts" and leaf_unit(Case, path) is Unit.RATIO)


def _left_out(seen: Examined, mapping: Mapping | None) -> Iterator[Finding]:
    """Records of a case that some rows cannot tell, for want of a fact without which they mean nothing."""
    for key, source in mapping.sources() if mapping else ():
        count = seen.left_out.get(key, 0)
        if count:
            record = key.removeprefix("facts.").rpartition(".")[0]
            columns = " and ".join(source.columns)
            empty = "is not known yet or empty" if source.known is not None else "is empty"
            yield Finding(
                "record_left_out",
                False,
                f"{key}: {columns} {empty} in {percent(count / len(seen.chosen))} of the cases ({count:,} of "
                f"{len(seen.chosen):,}), where {record} is left out, since nothing of it can be told without; to tell "
                f"it there, name another source to go by (first_of) or make attributes of the others under {record}",
            )


def _quoted(word: str) -> str:
    """A word as YAML takes it in a list: one with a comma needs quotes."""
    return f'"{word}"' if "," in word else word


def _calendar_in_utc(seen: Examined, mapping: Mapping | None) -> Iterator[Finding]:
    """Where the instants are of a zone and no case says so: its Friday is read as a Thursday's last hours."""
    source = mapping.facts.get("event.time") if mapping else None
    zone = (source.zone if source else None) or (mapping.zone if mapping else None)
    if mapping is None or zone in (None, "UTC") or "node.zone" in mapping.facts or len(np.unique(seen.times)) < 2:
        return
    node = "" if "node.id" in mapping.facts else " (and node.id, such as {constant: dispatch})"
    yield Finding(
        "calendar_in_utc",
        False,
        f"event.time is of {zone}, and the hour, weekday and month of a case are read in UTC, because no node.zone is "
        f"mapped: map node.zone: {{constant: {zone}}}{node}, and let the service's cases name it too",
    )


def _pair_unsaid(seen: Examined, mapping: Mapping | None, leaking: Collection[str]) -> Iterator[Finding]:
    """Two columns of words that tell a risk together, which the mapping reads apart alone."""
    if mapping is None or seen.is_log or is_timeless(seen.times):
        return
    said, apart = joined_parties(mapping), parties_of(mapping)
    for task, truth in seen.truths.items() if len(apart) > 1 else ():
        known = truth != UNKNOWN
        words = {
            name: seen.columns[name].codes[known]
            for name in apart
            if name not in leaking and is_party(seen.columns[name])
        }
        found = telling_pair(words, said, truth[known] == 1) if task.is_risk else None
        if found is not None:
            name = f"{apart[found.one]}_{apart[found.other]}"
            yield Finding(
                "pair_unsaid",
                False,
                f"{found.one} and {found.other} tell {task} together beyond what each tells by itself (later cases' "
                f"log loss falls by {found.gain:.3f}, {found.errors:.1f} standard errors): as an attribute, {name}: "
                f'{{join: ["{found.one}", "{found.other}"]}}, they have rates of their own; see by fairlead evaluate '
                "whether the latest days are the better for it",
            )
