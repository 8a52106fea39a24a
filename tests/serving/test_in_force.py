"""What decides now counts the outcomes that wait in its bundle, and in the bundle that a row began from."""

from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from data.case import Carrier, Case
from data.outcome import Outcome
from data.vocabulary import Task
from features.lessons import Lesson, Pending
from features.party_rows import MemoryRows, PartyKey, PartyState
from features.seeds import snapshot
from features.standing import RETAILER, StandingKeeper
from models.bundle import publish
from policies.policy import load_policy
from serving.in_force import read_basis
from tests.fixtures.cases import NOON, a_case
from tests.fixtures.task_models import task_model

HOUR = timedelta(hours=1)
DHL, EVERYONE = PartyKey("carrier", "dhl"), PartyKey(RETAILER, RETAILER)


def publish_with(folder: Path, *pending: Pending) -> None:
    known = PartyState(*DHL, recorded_at=NOON, outcomes=4.0, breaches=1.0)
    model = {Task.STOCKOUT: task_model(Task.STOCKOUT, 1)}
    publish(folder, model, created_at=NOON, standing=snapshot([known], pending))


def waits(number: int, hours: float) -> Pending:
    at = NOON + hours * HOUR
    return Pending(at, f"event-{number}", number, (DHL, EVERYONE), Lesson(at, breached=True), f"exc-{number}")


def of_dhl(number: int, at: datetime) -> Case:
    return a_case(number, at=at, carrier=Carrier(id="dhl"))


def breaches(keeper: StandingKeeper, hours: float, kind: str = "carrier") -> float | None:
    """Rounded to whole ones: within hours hardly anything fades."""
    at = NOON + hours * HOUR
    party = keeper.of(of_dhl(99, at), at).of(kind)
    return None if party is None else round(party.breaches)


def keeper_of(folder: Path, rows: MemoryRows) -> StandingKeeper:
    return read_basis(folder, load_policy()).keeper(rows)


def test_an_outcome_that_waits_in_the_bundle_counts_from_its_moment_on(tmp_path: Path) -> None:
    publish_with(tmp_path, waits(1, 2.0))
    keeper = keeper_of(tmp_path, MemoryRows())
    assert [breaches(keeper, hours) for hours in (1.9, 2.0)] == [1, 2]
    assert [breaches(keeper, hours, RETAILER) for hours in (1.9, 2.0)] == [None, 1], "unheard of before"


def test_rows_wait_for_the_outcomes_of_the_bundle_that_they_began_from(tmp_path: Path) -> None:
    """A promotion in between loses none, and adds none of its own to rows that learn by themselves."""
    rows = MemoryRows()
    publish_with(tmp_path, waits(1, 1.0), waits(2, 5.0))
    keeper_of(tmp_path, rows).arrive(of_dhl(10, NOON + 2 * HOUR), NOON + 2 * HOUR)
    publish_with(tmp_path, waits(2, 5.0), waits(3, 6.0), waits(4, 7.0))
    assert [breaches(keeper_of(tmp_path, rows), hours) for hours in (4.0, 9.0)] == [2, 3]


def test_an_outcome_that_waits_and_is_told_again_counts_once(tmp_path: Path) -> None:
    publish_with(tmp_path, waits(1, 5.0))
    rows = MemoryRows()

    def tell(number: int, hours: float) -> None:
        outcome = Outcome(recorded_at=NOON + hours * HOUR, sla_breached=True)
        keeper_of(tmp_path, rows).record(of_dhl(number, NOON + HOUR), outcome, None)

    tell(1, 3.0)
    assert [breaches(keeper_of(tmp_path, rows), hours) for hours in (4.0, 5.0)] == [1, 2]
    tell(2, 5.5)
    tell(1, 6.0)
    assert breaches(keeper_of(tmp_path, rows), 9.0) == 3
