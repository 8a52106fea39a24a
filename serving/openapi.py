"""The OpenAPI document: request bodies as strict records, examples that live in `examples/`, problems everywhere."""

from __future__ import annotations

import json
from functools import reduce
from operator import getitem
from pathlib import Path
from typing import Any

from fastapi import FastAPI
from fastapi.openapi.utils import get_openapi
from pydantic.json_schema import models_json_schema

from data.case import Case
from data.outcome import Outcome
from data.promotion import Approval, PromotionRequest, Rollback
from data.record import Record
from data.review import ReviewRequestBody
from serving.errors import MEDIA_TYPE
from serving.stockouts.schemas import StockoutQuestion

EXAMPLES = Path(__file__).parent.parent / "examples"
READ: tuple[type[Record], ...] = (
    Case,
    ReviewRequestBody,
    Outcome,
    StockoutQuestion,
    PromotionRequest,
    Approval,
    Rollback,
)
"""The records that requests carry."""

_REF = "#/components/schemas/"
_TEXT = {"type": "string"}
PROBLEM = {
    "type": "object",
    "description": "Problem details (RFC 9457). What was sent is never repeated.",
    "required": ["type", "title", "status", "detail"],
    "properties": {
        "type": _TEXT,
        "title": _TEXT,
        "status": {"type": "integer"},
        "detail": _TEXT,
        "errors": {
            "type": "array",
            "items": {"type": "object", "properties": {"pointer": _TEXT, "expected": _TEXT}},
        },
    },
}


def accepts(model: type[Record], example: str) -> dict[str, Any]:
    """A route's request body: the record, and a file of `examples/` that is one."""
    content = {"schema": {"$ref": _REF + model.__name__}, **_example(example)}
    return {"requestBody": {"required": True, "content": {"application/json": content}}}


def answers(model: type[Record], example: str, *part: str | int) -> dict[int | str, dict[str, Any]]:
    """A route's answer: the record, and a file of `examples/` that is one, or has one under the keys of `part`."""
    return {200: {"model": model, "content": {"application/json": _example(example, *part)}}}


def document(app: FastAPI) -> dict[str, Any]:
    """The document of this application, made once."""
    if app.openapi_schema is None:
        made = get_openapi(title=app.title, version=app.version, description=app.description, routes=app.routes)
        schemas = made.setdefault("components", {}).setdefault("schemas", {})
        for name in ("HTTPValidationError", "ValidationError"):
            schemas.pop(name, None)
        schemas.update(_read_schemas() | {"Problem": PROBLEM})
        made["components"]["securitySchemes"] = {"key": {"type": "http", "scheme": "bearer"}}
        for operations in made["paths"].values():
            for operation in operations.values():
                _finish(operation)
        app.openapi_schema = made
    return app.openapi_schema


def _finish(operation: dict[str, Any]) -> None:
    """Every operation may answer with a problem; what needs a key says so."""
    problem = {"schema": {"$ref": _REF + "Problem"}}
    operation["responses"].pop("422", None)
    operation["responses"]["default"] = {"description": "A problem", "content": {MEDIA_TYPE: problem}}
    if "health" not in operation.get("tags", ()):
        operation["security"] = [{"key": []}]


def _read_schemas() -> dict[str, Any]:
    _, made = models_json_schema([(model, "validation") for model in READ], ref_template=_REF + "{model}")
    schemas: dict[str, Any] = made["$defs"]
    return schemas


def _example(name: str, *part: str | int) -> dict[str, Any]:
    file = EXAMPLES / name
    if not file.is_file():
        return {}
    told = json.loads(file.read_text(encoding="utf-8"))
    return {"example": reduce(getitem, part, told)}
