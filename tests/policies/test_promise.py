"""The promise in force: given, counted by the policy, or none and why."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import HealthCheck, given, settings

from data.case import Case, Node, Promise
from data.vocabulary import Channel, ExceptionType, NodeKind
from policies.policy import load_policy
from policies.promise import due_at, promised, with_promise
from policies.recommend import recommend
from tests.fixtures.cases import a_case, cases
from tests.fixtures.exceptions import NOBODY, NOW, TELLING, late_pickup
from tests.fixtures.fixed_predictors import NONE

POLICY = load_policy()
BERLIN = Node(id="store-1", kind=NodeKind.STORE, zone="Europe/Berlin")


def pickup(at: datetime, zone: str | None = "Europe/Berlin") -> Case:
    return a_case(
        at=at,
        reported_type=ExceptionType.LATE_PICKUP_READINESS,
        channel=Channel.BOPIS,
        node=Node(id="store-1", zone=zone),
    )


def test_the_senders_promise_is_the_promise() -> None:
    given_at = NOW + timedelta(minutes=7)
    found = due_at(late_pickup(promise=Promise(due_at=given_at)), POLICY)
    assert found.due_at == given_at
    assert (found.step.id, found.step.concluded) == ("promise.given", "2026-11-23T10:07:00Z")


@pytest.mark.parametrize(
    ("at", "due"),
    [
        (datetime(2026, 11, 23, 10, 0, tzinfo=UTC), datetime(2026, 11, 23, 12, 0, tzinfo=UTC)),
        (datetime(2026, 11, 23, 18, 0, tzinfo=UTC), datetime(2026, 11, 24, 9, 0, tzinfo=UTC)),
        (datetime(2026, 11, 28, 18, 0, tzinfo=UTC), datetime(2026, 11, 30, 9, 0, tzinfo=UTC)),
    ],
    ids=["by day", "over night", "over Sunday"],
)
def test_the_policys_promise_counts_opening_hours_where_the_store_is(at: datetime, due: datetime) -> None:
    found = due_at(pickup(at), POLICY)
    assert (found.due_at, found.step.id) == (due, "promise.pickup")


def test_the_same_moment_breaks_elsewhere_at_another_time() -> None:
    at = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
    assert due_at(pickup(at, "America/Chicago"), POLICY).due_at == datetime(2026, 11, 23, 17, 0, tzinfo=UTC)


@pytest.mark.parametrize("zone", [None, "Nowhere/City"])
def test_without_a_zone_opening_hours_cannot_be_counted(zone: str | None) -> None:
    found = due_at(pickup(NOW, zone), POLICY)
    assert found.due_at is None
    assert found.step.missing == ("node.zone",)


def test_what_was_not_reported_has_no_promise() -> None:
    found = due_at(a_case(node=BERLIN), POLICY)
    assert (found.due_at, found.step.id, found.step.concluded) == (None, "promise.none", None)
    assert "reported_type" in found.step.missing


def test_every_type_has_a_promise_without_the_senders() -> None:
    for kind, telling in TELLING.items():
        assert due_at(telling(promise=None), POLICY).due_at is not None, kind


def test_the_promise_in_force_is_put_into_a_copy() -> None:
    case = late_pickup(promise=Promise(made_at=NOW - timedelta(hours=1)))
    promised = with_promise(case, due_at(case, POLICY).due_at)
    assert promised.promise is not None
    assert promised.promise.due_at == datetime(2026, 11, 23, 11, 55, tzinfo=UTC)
    assert promised.promise.made_at == NOW - timedelta(hours=1)
    assert case.promise == Promise(made_at=NOW - timedelta(hours=1))
    assert with_promise(promised, NOW) is promised


def test_what_models_predict_on_live_is_what_they_learn_from() -> None:
    for kind, telling in TELLING.items():
        case = telling(promise=None)
        found = recommend(case, NOBODY, NONE, POLICY, NOW, "rec-1")
        assert found.predicted_on == promised(case, POLICY) != case, kind
        assert found.predicted_on.promise == Promise(due_at=found.recommendation.predictions.sla_breach.due_at), kind


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(cases())
def test_any_case_has_a_promise_in_the_future_of_its_event_or_a_reason(case: Case) -> None:
    found = due_at(case, POLICY)
    if case.promise and case.promise.due_at:
        assert found.due_at == case.promise.due_at
    elif found.due_at is not None:
        assert found.due_at > case.event.time
    else:
        assert found.step.concluded is None
