"""POST and GET of recommendations."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from data.case import Case
from data.recommendation import Recommendation
from data.review import ReviewState
from data.vocabulary import Role
from serving.bodies import JsonBody
from serving.openapi import accepts, answers
from serving.parameters import IdempotencyKey, RecommendationId, service_of
from serving.recommendations.schemas import QueuePage
from serving.security import Permission, Principal, require

router = APIRouter(prefix="/v1/recommendations", tags=["recommendations"])


@router.post(
    "", openapi_extra=accepts(Case, "exception.json"), responses=answers(Recommendation, "recommendation.json")
)
def recommend(
    request: Request,
    principal: Annotated[Principal, Depends(require(Permission.SUBMIT))],
    case: Annotated[Case, Depends(JsonBody(Case))],
    key: IdempotencyKey = None,
) -> Response:
    """Report an exception; the answer says what it is, what is at stake, what to do, why, and who must agree.

    The same event (source and id) or the same Idempotency-Key gets the same bytes again; with another body, 422.
    A newer event of the same exception supersedes its earlier recommendation; an event that comes after a newer one was
    answered gets `hold`, and is superseded from the start. Missing models are no error: each prediction says who served
    it.
    """
    reply = service_of(request).recommendations.submit(principal, case, key)
    location = f"/v1/recommendations/{reply.recommendation_id}"
    return Response(reply.content, 200, {"Location": location}, "application/json")


@router.get("", responses=answers(QueuePage, "queue.json"))
def recommendations(
    request: Request,
    _: Annotated[Principal, Depends(require(Permission.READ))],
    state: ReviewState | None = None,
    role: Role | None = None,
    limit: Annotated[int, Query(ge=1, le=200)] = 50,
    offset: Annotated[int, Query(ge=0, le=1_000_000)] = 0,
) -> Response:
    """A page of recommendations: those that are open by what a minute of delay costs, all others newest first.

    Amounts are told in the case's own currency and compared in the policy's, by its rates; what is in a currency
    without a rate comes first.
    """
    page = service_of(request).recommendations.queue(state, limit, offset, (role,) if role else ())
    return Response(page.model_dump_json(exclude_none=True), media_type="application/json")


@router.get("/{recommendation_id}", responses=answers(Recommendation, "recommendation.json"))
def recommendation(
    request: Request,
    recommendation_id: RecommendationId,
    _: Annotated[Principal, Depends(require(Permission.READ))],
) -> Response:
    """The answer as it was given, byte for byte."""
    return Response(service_of(request).recommendations.content(recommendation_id), media_type="application/json")
