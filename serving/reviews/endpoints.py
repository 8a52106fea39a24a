"""POST a decision; GET the verdict, at once or when somebody decides."""

from __future__ import annotations

import asyncio
from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from data.review import ReviewRequestBody, ReviewState, ReviewStatus
from serving.bodies import JsonBody
from serving.openapi import accepts, answers
from serving.parameters import (
    IdempotencyKey,
    IfMatch,
    IfNoneMatch,
    RecommendationId,
    etag_of,
    service_of,
    version_known,
    version_to_match,
)
from serving.security import Permission, Principal, require
from serving.wiring import Service

router = APIRouter(prefix="/v1/recommendations/{recommendation_id}/reviews", tags=["reviews"])


@router.post(
    "", openapi_extra=accepts(ReviewRequestBody, "review.json"), responses=answers(ReviewStatus, "verdict.json")
)
def decide(
    request: Request,
    recommendation_id: RecommendationId,
    principal: Annotated[Principal, Depends(require(Permission.REVIEW))],
    body: Annotated[ReviewRequestBody, Depends(JsonBody(ReviewRequestBody))],
    key: IdempotencyKey = None,
    if_match: IfMatch = None,
) -> Response:
    """Approve, reject with a reason, or override with another action, which passes the gates of its own.

    `If-Match` with the version that was looked at: 412 where somebody decided since. 409 where nothing is left to
    decide: it is decided, superseded by a newer event, or closed because its outcome was told. Whoever posted the
    exception cannot decide. Where several roles must agree, each does.
    """
    seen = version_to_match(if_match)
    return _answer(service_of(request).reviews.decide(principal, recommendation_id, body, seen, key))


@router.get("", responses=answers(ReviewStatus, "verdict.json"))
async def verdict(
    request: Request,
    recommendation_id: RecommendationId,
    _: Annotated[Principal, Depends(require(Permission.READ))],
    wait: Annotated[float, Query(ge=0, le=600, description="seconds to hold the line until somebody decides")] = 0,
    if_none_match: IfNoneMatch = None,
) -> Response:
    """What may be executed now, or who still must agree. The ETag is the verdict's version.

    The state is `closed` where the outcome was told before people had decided. `execute` is absent once it is told, and
    once a newer event of the exception is answered: `superseded_by` then names the recommendation that counts.

    With `If-None-Match` and that version, 304 until it changes. With `wait`, the line is held: until the version
    changes where `If-None-Match` names one, until nobody needs to agree any more where it does not.
    """
    service = service_of(request)
    known = version_known(if_none_match)
    seconds = min(wait, service.settings.longest_wait_seconds)
    status = await _awaited(service, recommendation_id, known, seconds)
    if status.version == known:
        return Response(status_code=304, headers={"ETag": etag_of(status.version)})
    return _answer(status)


async def _awaited(service: Service, recommendation_id: str, known: int | None, seconds: float) -> ReviewStatus:
    """The first status that differs from what is known, or the last one when the time is over.

    Only looking takes a thread and a transaction, and both are given back before the wait.
    """
    deadline = asyncio.get_running_loop().time() + seconds
    async with service.bell.listen(recommendation_id) as heard:
        while True:
            heard.clear()
            status = await run_in_threadpool(service.reviews.status, recommendation_id)
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0 or _is_news(status, known):
                return status
            try:
                await asyncio.wait_for(heard.wait(), left)
            except TimeoutError:
                continue


def _is_news(status: ReviewStatus, known: int | None) -> bool:
    return status.state is not ReviewState.OPEN if known is None else status.version != known


def _answer(status: ReviewStatus) -> Response:
    headers = {"ETag": etag_of(status.version)}
    return Response(status.model_dump_json(exclude_none=True), 200, headers, "application/json")
