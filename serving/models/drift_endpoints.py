"""GET of drift."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Query, Request
from starlette.responses import Response

from serving.models.drift import MOST, USUAL
from serving.models.drift_schemas import ModelsDrift
from serving.openapi import answers
from serving.parameters import service_of
from serving.security import Permission, Principal, require

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get("/drift", responses=answers(ModelsDrift, "drift.json"))
def drift(
    request: Request,
    _: Annotated[Principal, Depends(require(Permission.READ))],
    last: Annotated[int, Query(ge=1, le=MOST, description="how many of the latest decisions are compared")] = USUAL,
) -> Response:
    """The latest decisions beside what the models in force learned from: features, claims, outcomes and what it costs.

    Per feature PSI and KS with the false discovery rate; per region what the model claims of itself and, as outcomes
    arrive, its base rate and calibration. An alarm is a drift whose expected loss reaches what the policy says.
    Of shelves asked about at `/v1/stockout-risks`, as many of the last seven days are compared too, drawn by lot.
    """
    report = service_of(request).drift.report(last)
    return Response(report.model_dump_json(exclude_none=True), media_type="application/json")
