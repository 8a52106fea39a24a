"""What requests carry besides a body: ids, idempotency keys, versions; and the service that answers."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Annotated, Final

from fastapi import Header, Path
from starlette.requests import Request

if TYPE_CHECKING:
    from serving.wiring import Service

RecommendationId = Annotated[str, Path(pattern="^[0-9a-f-]{36}$", description="the recommendation's id")]
IdempotencyKey = Annotated[
    str | None,
    Header(
        alias="Idempotency-Key",
        min_length=1,
        max_length=255,
        pattern=r"^[\x21-\x7e]+$",
        description="a name for this attempt: sent again with the same body, it gets the same bytes",
    ),
]
_TAG: Final = re.compile(r'^(?:W/)?"(\d{1,9})"$')
NO_VERSION: Final = -1
"""What a tag that this service never gave is read as: it matches no version."""


def service_of(request: Request) -> Service:
    """The service this application was created with."""
    service: Service = request.app.state.service
    return service


def etag_of(version: int) -> str:
    """A version as a strong entity tag (RFC 9110, section 8.8.3)."""
    return f'"{version}"'


def version_asked(request: Request, header: str) -> int | None:
    """The version of an `If-Match` or `If-None-Match`; None where any will do."""
    value = request.headers.get(header)
    if value is None or value.strip() == "*":
        return None
    found = _TAG.match(value.strip())
    weak = header == "if-match" and value.strip().startswith("W/")
    return int(found[1]) if found and not weak else NO_VERSION
