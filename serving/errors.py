"""Every way to say no, as problem details (RFC 9457). What the client sent is never repeated.

Problem
├── MalformedBody 400            ├── ReviewClosed 409
├── Unauthenticated 401          ├── OutcomeRecorded 409
├── NotPermitted 403             ├── PromotionClosed 409
├── OwnRequest 403               ├── StaleVersion 412
├── RoleMissing 403              ├── BodyTooLarge 413
├── NotFound 404                 ├── WrongContentType 415
├── BodyTooSlow 408              ├── InvalidRequest 422
├── Refused, any other 4xx       ├── AlreadyUsed 422
├── RecordAltered 500            └── StoreUnavailable 503
└── DocumentAltered 500
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any, ClassVar

from starlette.responses import Response

MEDIA_TYPE = "application/problem+json"


@dataclass(frozen=True)
class Fault:
    """One thing wrong in a body: where (a JSON pointer, RFC 6901) and what was expected there."""

    pointer: str
    expected: str


class Problem(Exception):
    """A refusal with its HTTP status; `detail` says what was expected and what to do, never what came."""

    status: ClassVar[int] = 500
    slug: ClassVar[str] = "internal"
    title: ClassVar[str] = "The service failed"

    def __init__(
        self, detail: str, *, faults: Sequence[Fault] = (), headers: dict[str, str] | None = None, **also: Any
    ) -> None:
        super().__init__(detail)
        self.detail = detail
        self.faults = tuple(faults)
        self.headers = headers or {}
        self.also = also

    def document(self) -> dict[str, Any]:
        """The problem as its JSON members."""
        members: dict[str, Any] = {
            "type": f"urn:fairlead:problem:{self.slug}",
            "title": self.title,
            "status": self.status,
            "detail": self.detail,
        }
        if self.faults:
            members["errors"] = [asdict(fault) for fault in self.faults]
        return members | self.also

    def response(self) -> Response:
        """The problem as an HTTP response."""
        content = json.dumps(self.document(), ensure_ascii=False)
        return Response(content, self.status, self.headers, MEDIA_TYPE)


class MalformedBody(Problem):
    """Not JSON, or not JSON that every reader understands alike."""

    status, slug, title = 400, "malformed-body", "The body is not interoperable JSON"


class Unauthenticated(Problem):
    """No key, or one that nobody holds."""

    status, slug, title = 401, "unauthenticated", "A key is needed"

    def __init__(self, detail: str = "Send 'Authorization: Bearer <key>' with the key of a principal.") -> None:
        super().__init__(detail, headers={"WWW-Authenticate": "Bearer"})


class NotPermitted(Problem):
    """The principal's roles do not grant the permission."""

    status, slug, title = 403, "not-permitted", "This principal may not do that"


class OwnRequest(Problem):
    """Whoever asked may not agree."""

    status, slug, title = 403, "own-request", "Who asked may not decide"


class RoleMissing(Problem):
    """Someone with another role must agree."""

    status, slug, title = 403, "role-missing", "Another role must agree"


class NotFound(Problem):
    """There is no such thing here."""

    status, slug, title = 404, "not-found", "There is no such thing here"


class BodyTooSlow(Problem):
    """The body did not arrive in time."""

    status, slug, title = 408, "body-too-slow", "The body did not arrive in time"


class ReviewClosed(Problem):
    """There is nothing left to decide."""

    status, slug, title = 409, "review-closed", "There is nothing left to decide"


class OutcomeRecorded(Problem):
    """Another outcome of this recommendation is recorded already."""

    status, slug, title = 409, "outcome-recorded", "Another outcome is recorded already"


class PromotionClosed(Problem):
    """The promotion cannot go on: decided, refused by its checks, or compared with another bundle."""

    status, slug, title = 409, "promotion-closed", "The promotion cannot go on"


class StaleVersion(Problem):
    """Somebody decided since the client looked."""

    status, slug, title = 412, "stale-version", "The review has changed since you looked"


class BodyTooLarge(Problem):
    """More bytes than are read."""

    status, slug, title = 413, "body-too-large", "The body is too large"


class WrongContentType(Problem):
    """Not a media type that is read here."""

    status, slug, title = 415, "wrong-content-type", "The content type is not supported"


class InvalidRequest(Problem):
    """JSON, but not what is expected; `faults` say where."""

    status, slug, title = 422, "invalid-request", "The request does not have the expected form"


class AlreadyUsed(Problem):
    """The same event id or idempotency key came with another body."""

    status, slug, title = 422, "already-used", "This identity was used with another body"


class Refused(Problem):
    """A refusal of the framework's, such as an unknown path or method; `status` is the framework's."""

    title = "The request is refused"

    def __init__(self, status: int, detail: str, headers: dict[str, str] | None = None) -> None:
        super().__init__(detail, headers=headers)
        self.status = status  # type: ignore[misc]
        self.slug = f"http-{status}"  # type: ignore[misc]


class RecordAltered(Problem):
    """The database holds what Fairlead never writes: somebody changed it by hand."""

    slug, title = "record-altered", "A stored record was altered"
    mend = "restore the database from a backup; fairlead doctor says what else was altered"


class StoreUnavailable(Problem):
    """Nothing was written; trying again later may work."""

    status, slug, title = 503, "store-unavailable", "The store cannot write now"

    def __init__(self, detail: str = "Nothing was recorded. Send the same request again after the time given.") -> None:
        super().__init__(detail, headers={"Retry-After": "2"})
