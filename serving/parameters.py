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
IfMatch = Annotated[
    str | None,
    Header(alias="If-Match", description="the ETag that was looked at: refused with 412 where it is another by now"),
]
IfNoneMatch = Annotated[
    str | None, Header(alias="If-None-Match", description="the ETag that is known: 304 as long as it is the same")
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


def version_to_match(tag: str | None) -> int | None:
    """The version of an `If-Match`, which no weak tag matches (RFC 9110, section 13.1.1); None where any will do."""
    return NO_VERSION if tag is not None and tag.strip().startswith("W/") else version_known(tag)


def version_known(tag: str | None) -> int | None:
    """The version of an `If-None-Match`; None where any will do."""
    if tag is None or tag.strip() == "*":
        return None
    found = _TAG.match(tag.strip())
    return int(found[1]) if found else NO_VERSION
