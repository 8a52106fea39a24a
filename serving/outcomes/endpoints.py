"""POST what then happened."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from data.outcome import Outcome
from serving.bodies import JsonBody
from serving.openapi import accepts, answers
from serving.parameters import IdempotencyKey, RecommendationId, service_of
from serving.security import Permission, Principal, require

router = APIRouter(prefix="/v1/recommendations/{recommendation_id}/outcomes", tags=["outcomes"])


@router.post("", openapi_extra=accepts(Outcome, "outcome.json"), responses=answers(Outcome, "outcome.json"))
def report(
    request: Request,
    recommendation_id: RecommendationId,
    principal: Annotated[Principal, Depends(require(Permission.REPORT))],
    outcome: Annotated[Outcome, Depends(JsonBody(Outcome))],
    key: IdempotencyKey = None,
) -> Response:
    """Report what happened after the exception: the parties' standing learns from it, training later.

    `recorded_at` and `resolved_at` lie between the case's event and now (clocks may differ by five minutes), and
    `recorded_at` is no earlier than `resolved_at`: 422 otherwise.

    Told once: the same outcome again is answered alike, another one is refused with 409. A review that is still open
    ends with it, without a decision, in the state `closed`; nothing of the recommendation may be executed any more.
    The same holds for the recommendation of the exception's newest event, where `resolved_at` is no earlier than it.
    """
    reply = service_of(request).outcomes.report(principal, recommendation_id, outcome, key)
    return Response(reply.content, media_type="application/json")
