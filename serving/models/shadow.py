"""How the bundle in the shadow does, over HTTP."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from serving.models.shadow_report import ShadowReport
from serving.openapi import answers
from serving.parameters import service_of
from serving.security import Permission, Principal, require

router = APIRouter(prefix="/v1/models", tags=["models"])


@router.get("/shadow", responses=answers(ShadowReport, "shadow.json"))
def shadow(request: Request, _: Annotated[Principal, Depends(require(Permission.READ))]) -> Response:
    """What the bundle in the shadow saw, how far it agrees with the one in force, and the losses of both so far."""
    service = service_of(request)
    report = service.shadow.report(service.in_force.bundle, service.clock())
    return Response(report.model_dump_json(exclude_none=True), media_type="application/json")
