"""From the bytes of a request to a strict record, or a problem that says where and what was expected."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, Generic, TypeVar

from fastapi import Depends
from pydantic import ValidationError
from pydantic_core import ErrorDetails
from starlette.requests import Request

from data.record import Record
from serving.errors import BodyTooSlow, Fault, InvalidRequest, WrongContentType
from serving.members import expected_at, members_at
from serving.strict_json import read_json

SECONDS_TO_ARRIVE = 15
"""A body that takes longer is given up: a slow drip must not hold a connection for ever."""

MOST_FAULTS = 20
"""How many faults a problem lists."""

R = TypeVar("R", bound=Record)


async def json_bytes(request: Request) -> bytes:
    """The body of a JSON request. Raises WrongContentType or BodyTooSlow; the size was capped before."""
    media_type = request.headers.get("content-type", "").partition(";")[0].strip().lower()
    if media_type != "application/json" and not media_type.endswith("+json"):
        raise WrongContentType("Send JSON with 'Content-Type: application/json'.")
    if request.headers.get("content-encoding", "identity").lower() != "identity":
        raise WrongContentType("Send the body as it is, without a Content-Encoding.")
    try:
        async with asyncio.timeout(SECONDS_TO_ARRIVE):
            return await request.body()
    except TimeoutError:
        raise BodyTooSlow(f"The whole body must arrive within {SECONDS_TO_ARRIVE} seconds.") from None


class JsonBody(Generic[R]):
    """A dependency that reads the request's JSON as one record."""

    def __init__(self, model: type[R]) -> None:
        self.model = model

    def __call__(self, content: Annotated[bytes, Depends(json_bytes)]) -> R:
        """The record. Raises MalformedBody or InvalidRequest."""
        return read_record(self.model, content)


def read_record(model: type[R], content: bytes) -> R:
    """The record of these bytes, read strictly. Raises MalformedBody or InvalidRequest."""
    read_json(content)
    try:
        return model.model_validate_json(content)
    except ValidationError as error:
        raise invalid(model, error.errors(include_url=False, include_input=False)) from None


def invalid(model: type[Record], errors: Iterable[ErrorDetails]) -> InvalidRequest:
    """The problem that tells each fault: where, and what was expected there.

    A pointer names only members that the schema names: a name that the sender invented is not repeated.
    """
    known = _known(model)
    expected: dict[str, list[str]] = {}
    for error in _true(list(errors)):
        sentences = expected.setdefault(_pointer(error["loc"], known), [])
        if (sentence := _expectation(model, error)) not in sentences:
            sentences.append(sentence)
    faults = [Fault(pointer, "; or ".join(sentences)) for pointer, sentences in expected.items()]
    return InvalidRequest("See `errors` for what was expected where.", faults=faults[:MOST_FAULTS])


def _true(errors: list[ErrorDetails]) -> list[ErrorDetails]:
    """Without lists that are called too short because what stands in them is wrong: only what is right is counted."""
    places = [error["loc"] for error in errors]

    def holds_another(place: tuple[int | str, ...]) -> bool:
        return any(len(each) > len(place) and each[: len(place)] == place for each in places)

    return [error for error in errors if error["type"] != "too_short" or not holds_another(error["loc"])]


def _pointer(location: tuple[int | str, ...], known: frozenset[str]) -> str:
    told: list[str] = []
    for part in location:
        if isinstance(part, str) and part not in known:
            break
        told.append(str(part))
    return "".join(f"/{part}" for part in told)


_OWN_WORDS = {
    "union_tag_invalid": "one of the kinds the schema names",
    "json_invalid": "JSON without ambiguity",
}
"""What pydantic says too shortly, or in a way that would repeat the input."""


def _expectation(model: type[Record], error: ErrorDetails) -> str:
    if error["type"] == "extra_forbidden":
        return _only(members_at(model, error["loc"][:-1]))
    if error["type"] == "missing":
        kind = expected_at(model, error["loc"])
        return f"this member: {kind}" if kind else "this member"
    said = error["msg"].removeprefix("Value error, ")
    return _OWN_WORDS.get(error["type"], said[:1].lower() + said[1:])


def _only(members: tuple[str, ...]) -> str:
    if not members:
        return "no members"
    own = "; facts of your own go under attributes" if "attributes" in members else ""
    return f"only members that the schema names here: {', '.join(members)}{own}"


@cache
def _known(model: type[Record]) -> frozenset[str]:
    return frozenset(_names(model.model_json_schema()))


def _names(schema: Any) -> Iterator[str]:
    """Every member name that a JSON schema declares."""
    if isinstance(schema, Mapping):
        yield from schema.get("properties", {})
        for each in schema.values():
            yield from _names(each)
    elif isinstance(schema, list):
        for each in schema:
            yield from _names(each)
