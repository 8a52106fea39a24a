"""For load balancers and Prometheus: public by declaration, and telling nothing of cases or people."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import Response

from serving.health.schemas import Live, Ready
from serving.openapi import answers
from serving.parameters import service_of
from serving.security import Permission, require

Public = Annotated[None, Depends(require(Permission.PUBLIC))]

router = APIRouter(tags=["health"])


@router.get("/health/live", responses=answers(Live, "live.json"))
def live(_: Public) -> Response:
    """The process answers."""
    return Response(Live().model_dump_json(), media_type="application/json")


@router.get("/health/ready", responses=answers(Ready, "ready.json"))
def ready(request: Request, _: Public) -> Response:
    """The bundle and policy in force, the step of the ladder that serves each prediction, and files altered since.

    503 where nothing can be recorded. Missing or altered models only lower the ladder: the service answers.
    """
    state = service_of(request).health.ready()
    return Response(
        state.model_dump_json(exclude_none=True), 200 if state.ready else 503, media_type="application/json"
    )


@router.get("/metrics", response_class=Response)
def metrics(request: Request, _: Public) -> Response:
    """Counters for Prometheus, and what drift was measured within the last minutes."""
    service = service_of(request)
    health = service.health
    text = service.metrics.text(health.open_reviews(), service.drift.recent(), bool(health.not_trusted()))
    return Response(text, media_type="text/plain; version=0.0.4; charset=utf-8")
