"""The standing that the service keeps in its store is, bit for bit, the one that a replay of the same history keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path
from typing import Any

from sqlalchemy import select

from data.outcome import HistoryLine
from data.record import canonical
from data.simulator import simulate
from data.standing import Standing
from data.vocabulary import Role
from features.attributes import AttributeSchema
from features.lessons import NO_LESSONS, Lessons, read_lessons
from features.party_rows import NOW, MemoryRows, PartyKey, PartyState
from features.seeds import SeededRows, Seeds, read_snapshot, snapshot
from features.standing import PARTIES, RETAILER, StandingKeeper, going_on, replay
from policies.policy import load_policy
from policies.promise import promised
from serving.security import Principal
from serving.store.parties import StoredRows
from serving.store.tables import parties
from serving.wiring import Service
from tests.fixtures.service import open_desk, without_models

ORCHESTRATOR = Principal("orchestrator", frozenset({Role.ORCHESTRATOR}))
KNOWN_BEFORE = 200
"""The lines that the bundle in force has learned from: its snapshot is where the service starts."""


@cache
def history() -> tuple[HistoryLine, ...]:
    """Two weeks, some exceptions told of twice; with the promise in force, as training reads a history."""
    lines, policy = simulate(11, 280, datetime(2026, 11, 1, tzinfo=UTC), weeks=2), load_policy()
    return tuple(line.model_copy(update={"case": promised(line.case, policy)}) for line in lines)


ATTRIBUTES = AttributeSchema(facts={"code": tuple(sorted({line.case.code for line in history() if line.case.code}))})
"""Source codes of many levels: each is a party, as an attribute of many levels is."""


def rows_after(lines: Sequence[HistoryLine]) -> MemoryRows:
    rows = MemoryRows()
    for _ in replay(lines, StandingKeeper(rows, ATTRIBUTES)):
        pass
    return rows


SEEDS = read_snapshot(snapshot(rows_after(history()[:KNOWN_BEFORE])))


def pending_after(lines: Sequence[HistoryLine]) -> list[dict[str, Any]]:
    """The snapshot that a training of these lines publishes: later outcomes wait in it."""
    rows = MemoryRows()
    keeper = StandingKeeper(rows, ATTRIBUTES)
    for _ in replay(lines, keeper, settle=False):
        pass
    return snapshot(rows, keeper.waiting)


def caught_up(state: PartyState, lessons: Lessons) -> PartyState:
    """A row of the store with every lesson that it still waits for."""
    heard = lessons.heard(state, NOW) if state.lessons == lessons.digest else state
    return heard._replace(lessons=None, heard=0)


def told_again(lines: Sequence[HistoryLine], lessons: Lessons) -> list[HistoryLine]:
    """Updates of the exceptions whose outcomes wait longest, seconds after the last line, with other outcomes."""
    waiting = {each.event_id for each in lessons.pending[-5:]}
    found = [line for line in lines if line.case.event.id in waiting and line.outcome]
    return [_update(line, lines[-1].case.event.time + timedelta(seconds=n)) for n, line in enumerate(found, start=1)]


def _update(line: HistoryLine, at: datetime) -> HistoryLine:
    assert line.outcome
    event = line.case.event.model_copy(update={"id": f"{line.case.event.id}-again", "time": at})
    case = line.case.model_copy(update={"event": event})
    return HistoryLine(case=case, outcome=line.outcome.model_copy(update={"resolved_at": None}))


def opened(folder: Path, seeds: Seeds = SEEDS, lessons: Lessons = NO_LESSONS) -> Service:
    """A service that answers by rules, with the parties and the snapshot that a bundle would bring."""
    service = open_desk(folder).service
    basis = replace(without_models().basis, attributes=ATTRIBUTES, seeds=seeds, lessons=lessons)
    service.in_force.replace(basis)
    return service


Happening = tuple[datetime, int, HistoryLine]


def happenings(lines: Sequence[HistoryLine]) -> list[Happening]:
    """Each case when it happens and each outcome when it is recorded, outcomes of one moment first."""
    told = [(line.case.event.time, 1, line) for line in lines]
    told += [(line.outcome.recorded_at, 0, line) for line in lines if line.outcome]
    return sorted(told, key=lambda each: (*each[:2], each[2].case.event.id))


def live(service: Service, told: Sequence[Happening], answered: dict[str, str]) -> Iterator[Standing]:
    """Submit each case and tell each outcome; the standings that were stored."""
    clock: Any = service.clock
    for clock.now, is_case, line in told:
        if is_case:
            id = service.recommendations.submit(ORCHESTRATOR, line.case).recommendation_id
            answered[line.case.event.id] = id
            yield service.recommendations.case_file(id).standing
        elif line.outcome:
            service.outcomes.report(ORCHESTRATOR, answered[line.case.event.id], line.outcome)


def stored(service: Service) -> list[PartyState]:
    """Every party's row in the store, in the order of their keys."""
    with service.database.read() as connection:
        keys = [PartyKey(row.kind, row.id) for row in connection.execute(select(parties.c.kind, parties.c.id))]
        found = StoredRows(connection).get(keys)
    return [found[key] for key in sorted(found)]


def test_replayed_equals_kept_in_the_store_for_every_party(tmp_path: Path) -> None:
    lines, rows = history()[KNOWN_BEFORE:], MemoryRows()
    replayed = [standing for _, standing in replay(lines, StandingKeeper(SeededRows(rows, SEEDS), ATTRIBUTES))]
    service = opened(tmp_path / "var")
    with closing(service):
        assert list(map(canonical, live(service, happenings(lines), {}))) == list(map(canonical, replayed))
        assert canonical(snapshot(stored(service))) == canonical(snapshot(rows))
    assert len({line.case.exception_id for line in lines}) < len(lines)
    assert {state.kind for state in rows} == {*PARTIES, "fact:code", RETAILER}
    assert sum(any(party.outcomes for party in each.parties[:-1]) for each in replayed) > len(lines) / 2


def test_what_waits_in_a_snapshot_is_counted_live_as_in_a_replay_also_when_the_service_starts_again(
    tmp_path: Path,
) -> None:
    """Once: some exceptions are told of again after the snapshot, and their outcomes too."""
    before = pending_after(history()[:KNOWN_BEFORE])
    rows, lessons = MemoryRows(), read_lessons(before)
    again = told_again(history()[:KNOWN_BEFORE], lessons)
    lines = sorted([*history()[KNOWN_BEFORE:], *again], key=lambda line: line.case.event.time)
    replayed = [standing for _, standing in replay(lines, going_on(rows, before, ATTRIBUTES))]
    kept: list[Standing] = []
    answered: dict[str, str] = {}
    for part in (happenings(lines)[:40], happenings(lines)[40:]):
        service = opened(tmp_path / "var", read_snapshot(before), read_lessons(before))
        with closing(service):
            kept += live(service, part, answered)
            after = {state.key: caught_up(state, lessons) for state in stored(service)}
    assert (len(lessons.pending), len(again)) == (20, 5)
    assert list(map(canonical, kept)) == list(map(canonical, replayed))
    assert after == rows.get([*after])
