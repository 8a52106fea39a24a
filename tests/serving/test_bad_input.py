"""Whatever comes in: a clear 4xx or a degraded answer, never a 5xx, never an echo, nothing half-written."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from data.record import plain
from data.vocabulary import Disposition
from serving.store.tables import audit_leaves, documents, recommendations
from tests.fixtures.cases import cases
from tests.fixtures.service import Desk, an_exception, open_desk
from tests.serving.test_strict_json import ODD

PATH = "/v1/recommendations"
CANARY = "c4n4ry"


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    opened = open_desk(tmp_path_factory.mktemp("bad") / "var")
    with opened.client:
        yield opened


def kept(desk: Desk) -> list[int]:
    with desk.service.database.read() as connection:
        tables = (recommendations, audit_leaves, documents)
        return [connection.execute(select(func.count()).select_from(table)).scalar_one() for table in tables]


def refused(desk: Desk, content: bytes, *statuses: int, **headers: str) -> dict[str, Any]:
    before = kept(desk)
    response = desk.post(PATH, content, **headers)
    assert response.status_code in statuses, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert CANARY not in response.text
    assert CANARY not in str(response.headers)
    assert kept(desk) == before
    problem: dict[str, Any] = response.json()
    assert problem["status"] == response.status_code
    return problem


@pytest.mark.parametrize("content", ODD.values(), ids=ODD.keys())
def test_odd_json_is_400(desk: Desk, content: bytes) -> None:
    refused(desk, content, 400)


@pytest.mark.parametrize("content", [b"null", b"[]", b"1", b'"c4n4ry"', b"true", b"{}", b'{"c4n4ry": 1}'])
def test_json_that_is_no_case_is_422(desk: Desk, content: bytes) -> None:
    refused(desk, content, 422)


def with_(path: str, value: Any) -> bytes:
    """The plain exception with one value put at a dotted path."""
    body: dict[str, Any] = an_exception(1)
    *parents, last = path.split(".")
    inner = body
    for name in parents:
        inner = inner.setdefault(name, {})
    inner[last] = value
    return json.dumps(body).encode()


WRONG: dict[str, list[Any]] = {
    "event.id": [1, None, "", " lead", CANARY * 40, [CANARY], {"c4n4ry": 1}, True, "new\nline"],
    "event.time": [CANARY, 0, 1e9, "20261123", "2026-11-23", "2026-11-23T12:00:00", "9999-12-31T23:59:59-23:59", None],
    "exception_id": [None, 7, "", CANARY * 40],
    "reported_type": [CANARY, 3, ["split_shipment"], ""],
    "currency": ["euro", "eur", "€", 978],
    "message": [CANARY * 1000, 5, {}],
    "channel": [CANARY, True],
    "order": [CANARY, [], {"order_id": "o", "value": CANARY}, {"order_id": "o", "value": "-1"}, {"c4n4ry": 1}],
    "order.value": ["1e20", "NaN", "Infinity", 1.123456],
    "customer.tenure_days": [-1, 1.5, "3", 10**9],
    "carrier.id": [None],
    "stock": [{}, [{"sku": "s"}], [{"sku": "s", "node": "n", "on_hand": -1}], [{"sku": "s", "node": "n"}] * 51],
    "workflow.queue_minutes": [-1, "41", 1e7, True],
    "attributes": [[], {"": 1}, {"9c4n4ry": 1}, {"a": [CANARY]}, {"a": {"c4n4ry": 1}}, {"a": CANARY * 100}],
    "dependencies": [[{"system": CANARY, "state": "up"}], [{}] * 31],
    "c4n4ry": [1],
}


@pytest.mark.parametrize(("path", "value"), [(path, value) for path, values in WRONG.items() for value in values])
def test_wrong_values_are_422_with_a_pointer(desk: Desk, path: str, value: Any) -> None:
    problem = refused(desk, with_(path, value), 422)
    known = path.split(".")[0] if path != CANARY else ""
    assert any(
        error["pointer"].startswith(f"/{known}".rstrip("/")) and error["expected"] for error in problem["errors"]
    )


def test_twenty_megabytes_are_413(desk: Desk) -> None:
    refused(desk, b'{"message": "' + b"c4n4ry" * 3_500_000 + b'"}', 413)


def test_twenty_megabytes_without_a_length_are_413(desk: Desk) -> None:
    def chunks() -> Iterator[bytes]:
        for _ in range(320):
            yield b" " * 65_536

    headers = desk.as_("orchestrator", **{"Content-Type": "application/json"})
    response = desk.client.post(PATH, content=chunks(), headers=headers)
    assert (response.status_code, response.headers["content-type"]) == (413, "application/problem+json")


@pytest.mark.parametrize(
    "headers",
    [
        {"Content-Type": "text/plain"},
        {"Content-Type": "application/xml"},
        {"Content-Type": "application/x-www-form-urlencoded"},
        {"Content-Type": "multipart/form-data; boundary=c4n4ry"},
        {"Content-Type": ""},
        {"Content-Type": "application/json", "Content-Encoding": "gzip"},
    ],
)
def test_another_content_type_is_415(desk: Desk, headers: dict[str, str]) -> None:
    refused(desk, json.dumps(an_exception(1)).encode(), 415, **headers)


@pytest.mark.parametrize("media_type", ["application/json; charset=utf-8", "application/cloudevents+json"])
def test_json_by_another_name_is_read(desk: Desk, media_type: str) -> None:
    number = {"application/json; charset=utf-8": 501}.get(media_type, 502)
    assert desk.post(PATH, an_exception(number), **{"Content-Type": media_type}).status_code == 200


@pytest.mark.parametrize("method", ["PUT", "DELETE", "PATCH", "TRACE", "C4N4RY"])
def test_another_method_is_405(desk: Desk, method: str) -> None:
    response = desk.client.request(method, PATH, headers=desk.as_("orchestrator"))
    assert (response.status_code, response.headers["content-type"]) == (405, "application/problem+json")


@pytest.mark.parametrize(
    "path", ["/c4n4ry", "/v1/c4n4ry", f"{PATH}/c4n4ry", f"{PATH}/%00", f"{PATH}/..%2f..%2fc4n4ry", f"{PATH}/c4n4ry/"]
)
def test_another_path_says_nothing_of_itself(desk: Desk, path: str) -> None:
    response = desk.get(path)
    assert response.status_code in (404, 422)
    assert CANARY not in response.text + str(response.headers)


def test_absent_blocks_and_unseen_words_get_a_degraded_answer(desk: Desk) -> None:
    strange = an_exception(
        600,
        code="NEVER_SEEN",
        region="atlantis",
        node={"id": "store-unknown", "zone": "Nowhere/City"},
        carrier={"id": "unheard-of"},
        attributes={"never_declared": "x", "flag": True, "number": 1.5, "nothing": None},
    )
    answer = desk.recommend(strange)
    assert answer["unused_attributes"] == ["flag", "never_declared", "nothing", "number"]
    assert answer["disposition"] in (Disposition.REVIEW, Disposition.HOLD)


numbers = iter(range(10_000, 10**9))


@settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
@given(case=cases())
def test_every_valid_case_is_answered(desk: Desk, case: Any) -> None:
    body = plain(case)
    body["event"] = an_exception(next(numbers))["event"]
    response = desk.post(PATH, body)
    assert response.status_code == 200, response.text
    again = desk.get(response.headers["location"])
    assert again.content == response.content
    desk.service.recommendations.case_file(response.json()["recommendation_id"])


junk = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**60), 2**60) | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=8), inner, max_size=3),
    max_leaves=8,
)
WHERE = st.sampled_from(
    ["event", "event.time", "exception_id", "order", "order.lines", "stock", "attributes", "promise", "price.charged"]
)


@settings(max_examples=80, deadline=None, suppress_health_check=list(HealthCheck))
@given(WHERE, junk)
def test_junk_in_any_place_is_never_a_5xx(desk: Desk, path: str, value: Any) -> None:
    body = with_(path, value)
    assert desk.post(PATH, body).status_code in (200, 400, 422)


def test_nothing_of_a_case_reaches_the_log_or_the_metrics(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    desk = open_desk(tmp_path / "var")
    secret = an_exception(1, message=CANARY, customer={"id": CANARY}, attributes={CANARY: CANARY}, code=CANARY)
    with desk.client:
        desk.recommend(secret)
        desk.post(PATH, {"c4n4ry": CANARY})
        desk.get(f"/{CANARY}?{CANARY}={CANARY}")
        desk.client.get(PATH, headers={"Authorization": f"Bearer {CANARY}"})
        said = capsys.readouterr()
        assert said.err.count('"event": "request"') == 4
        metrics = desk.client.get("/metrics").text
    for text in (said.err, said.out, metrics):
        assert CANARY not in text
        assert not any(key in text for key in desk.keys.values())
