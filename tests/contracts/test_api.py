"""What every route keeps: a declared permission, a described answer, an example that holds, security headers."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from fastapi.dependencies.models import Dependant
from fastapi.routing import RouteContext, iter_route_contexts
from pydantic.json_schema import models_json_schema

from data.case import Case
from data.outcome import Outcome
from data.promotion import Approval, PromotionRequest, Rollback
from data.recommendation import Recommendation, answer_digest
from data.record import Record, digest_of
from data.review import ReviewRequestBody
from serving.errors import Problem
from serving.openapi import EXAMPLES, READ, document
from serving.security import GRANTS, Permission, Require
from serving.stockouts.schemas import StockoutAnswer, StockoutQuestion
from tests.fixtures.service import Desk, open_desk

PUBLIC = {
    "/",
    "/health/live",
    "/health/ready",
    "/metrics",
    "/openapi.json",
    "/docs",
    "/docs/style.css",
}
"""What may be read without a key, besides the desk's own sign-in page and files."""


@pytest.fixture(scope="module")
def desk(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Desk]:
    opened = open_desk(tmp_path_factory.mktemp("api") / "var")
    with opened.client:
        yield opened


@pytest.fixture(scope="module")
def made(desk: Desk) -> dict[str, Any]:
    """The OpenAPI document."""
    document: dict[str, Any] = desk.client.get("/openapi.json").json()
    return document


def routes(desk: Desk) -> list[RouteContext]:
    return list(iter_route_contexts(desk.client.app.routes))  # type: ignore[attr-defined]


def requirements(dependant: Dependant) -> Iterator[Require]:
    if isinstance(dependant.call, Require):
        yield dependant.call
    for each in dependant.dependencies:
        yield from requirements(each)


def permission(route: RouteContext) -> Permission:
    declared = [each.permission for each in requirements(route.dependant)]
    assert len(declared) == 1, f"{route.path} declares {declared}: every route declares one permission"
    return declared[0]


def test_every_route_declares_one_permission(desk: Desk) -> None:
    found = routes(desk)
    assert len(found) > 10
    for route in found:
        permission(route)


def test_only_what_is_listed_is_public(desk: Desk) -> None:
    public = {route.path for route in routes(desk) if permission(route) is Permission.PUBLIC}
    assert {path for path in public if path is not None and not path.startswith("/console")} == PUBLIC


def test_every_other_route_of_the_api_refuses_who_brings_no_key(desk: Desk) -> None:
    for route in routes(desk):
        path, methods = str(route.path), route.methods or set()
        if path in PUBLIC or path.startswith("/console"):
            continue
        concrete = re.sub(r"{[^}]+}", "0193582a-6f3a-7c41-9e02-6a1be4a7d001", path)
        for method in methods:
            assert desk.client.request(method, concrete).status_code == 401, (method, path)


def test_every_permission_is_granted_to_a_role_and_needed_by_a_route(desk: Desk) -> None:
    needed = {permission(route) for route in routes(desk)}
    granted = {each for grants in GRANTS.values() for each in grants} | {Permission.PUBLIC}
    assert needed == granted == set(Permission)


@pytest.mark.parametrize("path", [*sorted(PUBLIC), "/v1/recommendations", "/nowhere"])
def test_every_answer_carries_security_headers(desk: Desk, path: str) -> None:
    headers = desk.client.get(path).headers
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]
    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    assert "access-control-allow-origin" not in headers


class TestDocument:
    def test_describes_every_route_of_the_api(self, desk: Desk, made: dict[str, Any]) -> None:
        described = {(method.upper(), path) for path, methods in made["paths"].items() for method in methods}
        served = {
            (method, str(route.path))
            for route in routes(desk)
            if str(route.path) != "/" and not str(route.path).startswith(("/console", "/docs", "/openapi"))
            for method in route.methods or ()
        }
        assert described == served

    def test_every_reference_leads_somewhere(self, made: dict[str, Any]) -> None:
        names = set(made["components"]["schemas"])
        used = set(re.findall(r'"#/components/schemas/([^"]+)"', json.dumps(made)))
        assert used <= names
        assert "HTTPValidationError" not in names

    def test_a_body_is_described_by_the_record_that_reads_it(self, made: dict[str, Any]) -> None:
        template = "#/components/schemas/{model}"
        _, schemas = models_json_schema([(model, "validation") for model in READ], ref_template=template)
        for name, schema in schemas["$defs"].items():
            assert made["components"]["schemas"][name] == schema, f"{name} is described twice, differently"

    def test_every_body_has_an_example(self, made: dict[str, Any]) -> None:
        for path, methods in made["paths"].items():
            for method, operation in methods.items():
                assert operation["description"], path
                if method == "post":
                    assert operation["requestBody"]["content"]["application/json"]["example"], path

    def test_every_answer_that_is_a_record_has_an_example_which_is_one(self, desk: Desk, made: dict[str, Any]) -> None:
        found = 0
        for route in routes(desk):
            model = (route.responses or {}).get(200, {}).get("model")
            assert route.response_model is None, f"{route.path} says what it answers with `answers`, with an example"
            if model is None:
                continue
            (method,) = (each.lower() for each in route.methods or ())
            answered = made["paths"][route.path][method]["responses"]["200"]["content"]["application/json"]
            assert answered["schema"] == {"$ref": f"#/components/schemas/{model.__name__}"}, route.path
            model.model_validate_json(json.dumps(answered["example"]))
            found += 1
        assert found > 15

    def test_no_answer_with_a_schema_lacks_an_example(self, made: dict[str, Any]) -> None:
        for path, methods in made["paths"].items():
            for operation in methods.values():
                answered = operation["responses"].get("200", {}).get("content", {}).get("application/json", {})
                assert not answered.get("schema") or answered["example"], path

    @pytest.mark.parametrize(
        ("method", "header"), [("post", "If-Match"), ("post", "Idempotency-Key"), ("get", "If-None-Match")]
    )
    def test_headers_that_are_read_are_told(self, desk: Desk, made: dict[str, Any], method: str, header: str) -> None:
        reviews = made["paths"]["/v1/recommendations/{recommendation_id}/reviews"][method]
        (told,) = (each for each in reviews["parameters"] if each["name"] == header)
        assert (told["in"], told["required"], bool(told["description"])) == ("header", False, True)
        assert f"<code>{header}</code>" in desk.client.get("/docs").text

    def test_says_what_needs_a_key_and_how_a_refusal_looks(self, made: dict[str, Any]) -> None:
        for path, methods in made["paths"].items():
            for operation in methods.values():
                assert ("security" in operation) == (path not in PUBLIC)
                assert "application/problem+json" in operation["responses"]["default"]["content"]

    def test_is_made_once(self, desk: Desk) -> None:
        app = desk.client.app
        assert document(app) is document(app)  # type: ignore[arg-type]


class TestPage:
    def test_names_no_other_host_and_runs_no_script(self, desk: Desk) -> None:
        page = desk.client.get("/docs")
        assert page.headers["content-type"].startswith("text/html")
        assert "<script" not in page.text
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', page.text)
        assert desk.client.get("/docs/style.css").headers["content-type"].startswith("text/css")

    def test_shows_every_operation(self, desk: Desk) -> None:
        page = desk.client.get("/docs").text
        for path, methods in desk.client.get("/openapi.json").json()["paths"].items():
            for method in methods:
                assert f'id="{method.upper()}-{path}"' in page


EXAMPLE_RECORDS: dict[str, type[Record]] = {
    "exception.json": Case,
    "review.json": ReviewRequestBody,
    "promotion.json": PromotionRequest,
    "approval.json": Approval,
    "rollback.json": Rollback,
    "outcome.json": Outcome,
    "stockouts.json": StockoutQuestion,
    "recommendation.json": Recommendation,
    "risks.json": StockoutAnswer,
}


@pytest.mark.parametrize(("name", "record"), EXAMPLE_RECORDS.items())
def test_examples_are_what_they_say(name: str, record: type[Record]) -> None:
    record.model_validate_json((EXAMPLES / name).read_bytes())


def test_the_example_answer_answers_the_example_exception() -> None:
    case = Case.model_validate_json((EXAMPLES / "exception.json").read_bytes())
    answer = Recommendation.model_validate_json((EXAMPLES / "recommendation.json").read_bytes())
    assert (answer.event.source, answer.event.id) == (case.event.source, case.event.id)
    assert answer.receipt.input == digest_of(case)
    assert answer.receipt.answer == answer_digest(answer)


def test_the_examples_are_accepted_as_they_are(desk: Desk) -> None:
    def example(name: str) -> bytes:
        return (EXAMPLES / name).read_bytes()

    answered = desk.post("/v1/recommendations", example("exception.json"))
    assert answered.status_code == 200
    path = answered.headers["location"]
    reviewed = desk.post(f"{path}/reviews", example("review.json"), "reviewer-1")
    assert reviewed.status_code == (200 if answered.json()["disposition"] == "review" else 409)
    assert desk.post(f"{path}/outcomes", example("outcome.json")).status_code == 200
    assert desk.post("/v1/stockout-risks", example("stockouts.json")).status_code == 200


def test_every_problem_has_a_name_and_a_status_of_its_own() -> None:
    def below(kind: type[Problem]) -> Iterator[type[Problem]]:
        for each in kind.__subclasses__():
            yield each
            yield from below(each)

    slugs = [each.slug for each in below(Problem) if each.__name__ != "Refused"]
    assert len(slugs) == len(set(slugs))
    assert "internal" not in slugs


def test_no_word_of_the_service_leads_to_another_host() -> None:
    for file in Path("serving").rglob("*.html"):
        assert not re.findall(r'(?:src|href)="(?:https?:)?//', file.read_text(encoding="utf-8")), file
