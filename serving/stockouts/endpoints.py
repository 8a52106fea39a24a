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
    _: Annotated[Principal, Depends(require(Permission.ASK))],
    question: Annotated[StockoutQuestion, Depends(JsonBody(StockoutQuestion))],
) -> Response:
    """How likely each shelf runs empty within the horizon, why, and what to bring.

    No answer is kept as a decision. Afterwards the bundle in the shadow judges each shelf too, and of a day's shelves a
    sample is kept for two weeks, for drift: what the model saw and said, without names. Where a past day of `history`
    tells `ran_empty`, it is held against what was answered as that day began (`as_of` at midnight by the node's clock).
    """
    answer = service_of(request).stockouts.risks(question)
    return Response(answer.model_dump_json(by_alias=True, exclude_none=True), media_type="application/json")
