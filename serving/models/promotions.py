"""Promotions over HTTP: send files, ask, look, decide, roll back."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Depends, Path, Request
from starlette.concurrency import run_in_threadpool
from starlette.responses import Response

from data.promotion import (
    PROMOTION_ID,
    Approval,
    Dossier,
    InForceNow,
    Promotion,
    PromotionRequest,
    Promotions,
    Rollback,
)
from data.record import Record
from serving.bodies import JsonBody
from serving.openapi import accepts, answers
from serving.parameters import service_of
from serving.security import Permission, Principal, require

router = APIRouter(prefix="/v1/models", tags=["models"])

PromotionId = Annotated[str, Path(pattern=PROMOTION_ID, description="the promotion's id")]
FileDigest = Annotated[str, Path(pattern="^sha256:[0-9a-f]{64}$", description="the SHA-256 of the file's bytes")]
BINARY = {
    "requestBody": {
        "required": True,
        "content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}},
    }
}
BYTES: dict[int | str, dict[str, Any]] = {
    200: {"content": {"application/octet-stream": {"schema": {"type": "string", "format": "binary"}}}}
}


@router.get("", responses=answers(InForceNow, "in-force.json"))
def in_force(request: Request, _: Annotated[Principal, Depends(require(Permission.READ))]) -> Response:
    """The bundle in force: its models' versions, since when, by whom and why, and where a rollback would lead."""
    return _answer(service_of(request).promotions.now())


@router.put("/files/{digest}", status_code=204, response_class=Response, openapi_extra=BINARY)
async def receive(
    request: Request, digest: FileDigest, _: Annotated[Principal, Depends(require(Permission.PROPOSE))]
) -> Response:
    """Send one file of a challenger under its digest, the manifest too. Sent again, nothing changes."""
    content = await request.body()
    await run_in_threadpool(service_of(request).promotions.staging.receive, digest, content)
    return Response(status_code=204)


@router.get("/files/{digest}", response_class=Response, responses=BYTES)
def file(
    request: Request, digest: FileDigest, _: Annotated[Principal, Depends(require(Permission.VERIFY))]
) -> Response:
    """A file of a bundle that serves, served or waits, by its digest; a bundle's digest is that of its manifest."""
    return Response(service_of(request).promotions.file(digest), media_type="application/octet-stream")


@router.post(
    "/promotions",
    openapi_extra=accepts(PromotionRequest, "promotion.json"),
    responses=answers(Promotion, "promotions.json", "items", 0),
)
def propose(
    request: Request,
    principal: Annotated[Principal, Depends(require(Permission.PROPOSE))],
    body: Annotated[PromotionRequest, Depends(JsonBody(PromotionRequest))],
) -> Response:
    """Ask for a promotion with its dossier, once the challenger's files were sent.

    The service verifies the files, holds the dossier against the bundle in force (409 where that is another one) and
    reads the verdict from the checks: `proposed` waits for another principal, `refused` says why and ends here.
    """
    return _answer(service_of(request).promotions.propose(principal, body))


@router.get("/promotions", responses=answers(Promotions, "promotions.json"))
def promotions(request: Request, _: Annotated[Principal, Depends(require(Permission.READ))]) -> Response:
    """The newest promotions first."""
    return _answer(service_of(request).promotions.listing())


@router.get("/promotions/{promotion_id}", responses=answers(Promotion, "promotions.json", "items", 1))
def promotion(
    request: Request, promotion_id: PromotionId, _: Annotated[Principal, Depends(require(Permission.READ))]
) -> Response:
    """Where a promotion stands: who asked and why, what was refused, who decided and why."""
    return _answer(service_of(request).promotions.shown(promotion_id))


@router.get("/promotions/{promotion_id}/dossier", responses=answers(Dossier, "promotion.json", "dossier"))
def dossier(
    request: Request, promotion_id: PromotionId, _: Annotated[Principal, Depends(require(Permission.READ))]
) -> Response:
    """The dossier as it was sent, in canonical JSON: its SHA-256 is the promotion's `dossier`."""
    return Response(service_of(request).promotions.dossier(promotion_id), media_type="application/json")


@router.post(
    "/promotions/{promotion_id}/approvals",
    openapi_extra=accepts(Approval, "approval.json"),
    responses=answers(Promotion, "promotions.json", "items", 1),
)
def approve(
    request: Request,
    promotion_id: PromotionId,
    principal: Annotated[Principal, Depends(require(Permission.DECIDE))],
    body: Annotated[Approval, Depends(JsonBody(Approval))],
) -> Response:
    """Agree to a promotion or not. Agreeing publishes the challenger at once.

    Whoever asked cannot agree (403), but may reject it: that withdraws the request.
    """
    return _answer(service_of(request).promotions.decide(principal, promotion_id, body))


@router.post(
    "/rollbacks",
    openapi_extra=accepts(Rollback, "rollback.json"),
    responses=answers(InForceNow, "rolled-back.json"),
)
def roll_back(
    request: Request,
    principal: Annotated[Principal, Depends(require(Permission.ROLL_BACK))],
    body: Annotated[Rollback, Depends(JsonBody(Rollback))],
) -> Response:
    """Return to the bundle that was in force before the last promotion; another call goes back one more."""
    return _answer(service_of(request).promotions.roll_back(principal, body))


def _answer(record: Record) -> Response:
    return Response(record.model_dump_json(by_alias=True, exclude_none=True), media_type="application/json")
