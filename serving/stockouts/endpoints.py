"""POST stock positions, get risks."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from serving.bodies import JsonBody
from serving.openapi import accepts, answers
from serving.parameters import service_of
from serving.security import Permission, Principal, require
from serving.stockouts.schemas import StockoutAnswer, StockoutQuestion

router = APIRouter(prefix="/v1/stockout-risks", tags=["stock-out risks"])


@router.post(
    "", openapi_extra=accepts(StockoutQuestion, "stockouts.json"), responses=answers(StockoutAnswer, "risks.json")
)
def risks(
    request: Request,
    principal: Annotated[Principal, Depends(require(Permission.ASK))],
    question: Annotated[StockoutQuestion, Depends(JsonBody(StockoutQuestion))],
) -> Response:
    """How likely each shelf runs empty within the horizon, why, and what to bring.

    No answer is kept as a decision. Where the principal may report outcomes too, the bundle in the shadow then judges
    each shelf, and of a day's shelves a sample is kept for two weeks: what the model saw and said, without names. Where
    a past day of `history` tells `ran_empty`, it is held against what was answered as that day began (`as_of` at
    midnight by the node's clock), for drift and for what the next answers heed. What others ask leaves nothing behind.
    """
    answer = service_of(request).stockouts.risks(principal, question)
    return Response(answer.model_dump_json(by_alias=True, exclude_none=True), media_type="application/json")
