"""The standing that the service keeps in its store is, bit for bit, the one that a replay of the same history keeps."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime
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
from features.party_rows import MemoryRows, PartyKey, PartyState, SeededRows, read_snapshot, snapshot
from features.standing import PARTIES, RETAILER, StandingKeeper, replay
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


def opened(folder: Path) -> Service:
    """A service that answers by rules, with the parties and the snapshot that a bundle would bring."""
    service = open_desk(folder).service
    basis = replace(without_models().basis, attributes=ATTRIBUTES, seeds=SEEDS)
    service.in_force.replace(basis)
    return service


def live(service: Service, lines: Sequence[HistoryLine]) -> Iterator[Standing]:
    """Submit each case when it happens and tell each outcome when it is recorded; the standings that were stored."""
    clock: Any = service.clock
    happenings = [(line.case.event.time, 1, line) for line in lines]
    happenings += [(line.outcome.recorded_at, 0, line) for line in lines if line.outcome]
    answered: dict[str, str] = {}
    for clock.now, is_case, line in sorted(happenings, key=lambda each: (*each[:2], each[2].case.event.id)):
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
        assert list(map(canonical, live(service, lines))) == list(map(canonical, replayed))
        assert canonical(snapshot(stored(service))) == canonical(snapshot(rows))
    assert len({line.case.exception_id for line in lines}) < len(lines)
    assert {state.kind for state in rows} == {*PARTIES, "fact:code", RETAILER}
    assert sum(any(party.outcomes for party in each.parties[:-1]) for each in replayed) > len(lines) / 2
