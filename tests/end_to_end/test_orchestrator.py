"""The example orchestrator against a real server: lost answers, waiting for people, one outcome."""

from __future__ import annotations

import json
import threading
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any
from urllib.request import Request

import pytest
import uvicorn

from data.vocabulary import Task
from examples import orchestrator
from examples.orchestrator import Answer, Fairlead, Journal, as_if_now, handle
from serving.app import create_app
from serving.keys import ensure_keys
from serving.openapi import EXAMPLES
from serving.settings import Settings
from serving.wiring import Service, wire
from tests.fixtures.service import an_exception, costly, without_models


class Running:
    """A service behind a real socket, with the keys of its principals."""

    def __init__(self, service: Service, url: str, keys: dict[str, str]) -> None:
        self.service, self.url, self.keys = service, url, keys

    def client(self, send: Callable[[Request, float], Answer] = orchestrator.send) -> Fairlead:
        return Fairlead(self.url, self.keys["orchestrator"], send=send, sleep=lambda _: None)

    def reviewer(self) -> Fairlead:
        return Fairlead(self.url, self.keys["reviewer-2"])

    def decide(self, body: dict[str, Any]) -> threading.Thread:
        """Decide on the first recommendation that waits, as soon as there is one."""

        def look_and_decide() -> None:
            reviewer = self.reviewer()
            for _ in range(200):
                items = reviewer.call("GET", "/v1/recommendations?state=open").body["items"]
                if items:
                    path = f"/v1/recommendations/{items[0]['recommendation_id']}/reviews"
                    reviewer.call("POST", path, body, If_Match=f'"{items[0]["version"]}"')
                    return
                time.sleep(0.05)

        thread = threading.Thread(target=look_and_decide)
        thread.start()
        return thread


@pytest.fixture
def running(tmp_path: Path) -> Iterator[Running]:
    settings = Settings(folder=tmp_path)
    service = wire(settings, in_force=without_models())
    files = ensure_keys(settings.key_folder, service.principals, service.clock)
    config = uvicorn.Config(create_app(service), port=0, log_config=None, access_log=False)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run)
    thread.start()
    while not server.started:
        time.sleep(0.01)
    port = server.servers[0].sockets[0].getsockname()[1]
    yield Running(service, f"http://127.0.0.1:{port}", {name: file.read_text().strip() for name, file in files.items()})
    server.should_exit = True
    thread.join()


@pytest.fixture
def journal(tmp_path: Path) -> Journal:
    return Journal(tmp_path / "journal.jsonl")


def fresh(exception: dict[str, Any]) -> dict[str, Any]:
    return as_if_now(exception, datetime.now(UTC))


def executed(calls: list[str]) -> orchestrator.Execute:
    def execute(action: str, parameters: dict[str, Any], key: str) -> dict[str, Any]:
        calls.append(action)
        return {"resolved_at": orchestrator._now(), "granted": parameters.get("amount", "0.00")}

    return execute


def test_waits_for_approval_executes_and_reports(running: Running, journal: Journal) -> None:
    calls: list[str] = []
    decider = running.decide({"verdict": "approve"})
    told = handle(running.client(), fresh(costly()), executed(calls), journal, patience=20)
    decider.join()
    assert told["verdict"]["state"] == "approved"
    assert calls == ["post_refund_adjustment"]
    file = running.service.recommendations.case_file(told["recommendation"]["recommendation_id"])
    assert file.outcome is not None
    assert str(file.outcome.granted) == "640.00"


def test_executes_what_a_person_chose_instead(running: Running, journal: Journal) -> None:
    calls: list[str] = []
    decider = running.decide({"verdict": "override", "reason": "policy_exception", "action": "reconcile_ledger"})
    handle(running.client(), fresh(costly()), executed(calls), journal, patience=20)
    decider.join()
    assert calls == ["reconcile_ledger"]


def test_executes_nothing_that_was_rejected(running: Running, journal: Journal) -> None:
    calls: list[str] = []
    decider = running.decide({"verdict": "reject", "reason": "already_resolved"})
    told = handle(running.client(), fresh(costly()), executed(calls), journal, patience=20)
    decider.join()
    assert (calls, told["outcome"], told["verdict"]["state"]) == ([], None, "rejected")


def test_executes_nothing_that_a_newer_event_has_overtaken(running: Running, journal: Journal) -> None:
    """Somebody agreed, but before the orchestrator came back to it the exception went on."""
    calls: list[str] = []
    first = as_if_now(costly(1, exception="exc"), datetime.now(UTC) - timedelta(minutes=1))
    handle(running.client(), first, executed(calls), journal, patience=0)
    decider = running.decide({"verdict": "approve"})
    decider.join()
    later = fresh(costly(2, exception="exc")) | {"exception_id": first["exception_id"]}
    handle(running.client(), later, executed(calls), journal, patience=0)
    told = handle(running.client(), first, executed(calls), journal, patience=20)
    assert (told["verdict"]["state"], calls, told["outcome"]) == ("approved", [], None)
    assert told["verdict"]["superseded_by"]


def test_executes_nothing_while_nobody_has_decided(running: Running, journal: Journal) -> None:
    calls: list[str] = []
    told = handle(running.client(), fresh(costly()), executed(calls), journal, patience=0)
    assert (calls, told["verdict"]["state"]) == ([], "open")


def test_lost_answers_are_asked_for_again_and_nothing_happens_twice(running: Running, journal: Journal) -> None:
    """Every request arrives and is committed, but its first answer is lost on the way."""
    seen: set[tuple[str, str]] = set()

    def lossy(request: Request, timeout: float) -> Answer:
        answer = orchestrator.send(request, timeout)
        if (first := (request.get_method(), request.full_url)) not in seen:
            seen.add(first)
            raise ConnectionResetError
        return answer

    calls: list[str] = []
    decider = running.decide({"verdict": "approve"})
    told = handle(running.client(lossy), fresh(costly()), executed(calls), journal, patience=20)
    decider.join()
    assert calls == ["post_refund_adjustment"]
    assert running.service.recommendations.queue().total == 1
    again = handle(running.client(), told_exception(running, told), executed(calls), journal, patience=0)
    assert (again["recommendation"], again["outcome"]) == (told["recommendation"], told["outcome"])
    assert "execute" not in again["verdict"]
    assert calls == ["post_refund_adjustment"]


def test_executes_nothing_once_somebody_told_the_outcome(running: Running, journal: Journal) -> None:
    """Another system, or another run of this one, tells what happened while this one holds the line."""
    calls: list[str] = []
    exception, client = fresh(costly()), running.client()
    answer = client.call("POST", "/v1/recommendations", exception, Idempotency_Key=orchestrator._key(exception)).body
    outcome = {"recorded_at": orchestrator._now()}
    path = f"/v1/recommendations/{answer['recommendation_id']}/outcomes"
    teller = threading.Timer(0.5, lambda: running.client().call("POST", path, outcome))
    teller.start()
    started = time.monotonic()
    told = handle(client, exception, executed(calls), journal, patience=20)
    teller.join()
    assert time.monotonic() - started < 10
    assert (calls, told["verdict"]["state"], told["outcome"]) == ([], "closed", None)
    assert handle(client, exception, executed(calls), journal, patience=0) == told
    assert calls == []


def test_what_was_executed_before_a_crash_is_told_whatever_the_verdict_is_now(
    running: Running, journal: Journal
) -> None:
    calls: list[str] = []
    exception, now = fresh(costly()), datetime.now(UTC)
    decider = running.decide({"verdict": "approve"})
    untold = Lossy("/outcomes")
    with pytest.raises(RuntimeError, match="no answer"):
        handle(running.client(untold), exception, executed(calls), journal, patience=20)
    decider.join()
    newer = as_if_now({**exception, "event": {**exception["event"], "time": now.isoformat()}}, now)
    running.client().call("POST", "/v1/recommendations", {**newer, "exception_id": exception["exception_id"]})
    told = handle(running.client(), exception, executed(calls), journal, patience=0)
    assert (calls, told["outcome"]["action"]) == (["post_refund_adjustment"], "post_refund_adjustment")


class Lossy:
    """No request to a path that ends so arrives."""

    def __init__(self, ending: str) -> None:
        self.ending = ending

    def __call__(self, request: Request, timeout: float) -> Answer:
        if request.full_url.endswith(self.ending):
            raise ConnectionResetError
        return orchestrator.send(request, timeout)


def told_exception(running: Running, told: dict[str, Any]) -> dict[str, Any]:
    """The exception as the service kept it: what an orchestrator would send again after a crash."""
    case = running.service.recommendations.case_file(told["recommendation"]["recommendation_id"]).case
    body: dict[str, Any] = json.loads(case.model_dump_json(exclude_none=True))
    return body


def test_waits_out_a_service_that_is_busy(running: Running) -> None:
    answers = [Answer(503, {"retry-after": "2"}, {}), Answer(429, {}, {})]
    paused: list[float] = []

    def busy(request: Request, timeout: float) -> Answer:
        return answers.pop() if answers else orchestrator.send(request, timeout)

    client = Fairlead(running.url, running.keys["orchestrator"], send=busy, sleep=paused.append)
    assert client.call("GET", "/health/live").status == 200
    assert len(paused) == 2
    assert max(paused) >= 2


def test_gives_up_on_a_refusal_at_once(running: Running, journal: Journal) -> None:
    with pytest.raises(RuntimeError, match="refused with 422"):
        handle(running.client(), {**fresh(costly()), "unknown": 1}, executed([]), journal)


def test_the_example_exception_is_answered_as_if_it_had_just_happened(running: Running) -> None:
    exception = fresh(json.loads((EXAMPLES / "exception.json").read_text()))
    answer = running.client().call("POST", "/v1/recommendations", exception).body
    assert 0 < answer["urgency"]["minutes_to_promise"] <= 50
    assert set(answer["predictions"]) == set(Task)


def test_what_needs_nobody_is_executed_at_once(running: Running, journal: Journal) -> None:
    calls: list[str] = []
    exception = an_exception(1, reported_type="late_pickup_readiness", channel="bopis", region="emea")
    told = handle(running.client(), fresh(exception), executed(calls), journal, patience=0)
    assert (told["recommendation"]["disposition"] == "proceed") == bool(calls)
