"""`/`: the review desk for a browser, links for a program."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Annotated

from fastapi import APIRouter, Depends, Request
from starlette.responses import JSONResponse, RedirectResponse, Response

from serving.security import Permission, require

LINKS = {
    "desk": "/console",
    "docs": "/docs",
    "openapi": "/openapi.json",
    "recommendations": "/v1/recommendations",
    "stockout_risks": "/v1/stockout-risks",
    "live": "/health/live",
    "ready": "/health/ready",
    "metrics": "/metrics",
}
"""Where to go from here, by what is there."""

router = APIRouter(include_in_schema=False)


@router.get("/")
def front(request: Request, _: Annotated[None, Depends(require(Permission.PUBLIC))]) -> Response:
    """The desk where HTML is preferred to JSON (`Accept`, RFC 9110), as JSON the links."""
    vary = {"Vary": "Accept"}
    if _prefers_html(request.headers.get("accept", "")):
        return RedirectResponse(LINKS["desk"], 303, vary)
    return JSONResponse({"service": "fairlead", "links": LINKS}, headers=vary)


def _prefers_html(accept: str) -> bool:
    """Whether HTML is named and weighs more than JSON; whoever takes anything is a program."""
    weights = dict(_weights(accept))
    return weights.get("text/html", 0.0) > weights.get("application/json", 0.0)


def _weights(accept: str) -> Iterator[tuple[str, float]]:
    for part in accept.split(","):
        media_type, *parameters = (each.strip().lower() for each in part.split(";"))
        told = next((each[2:] for each in parameters if each.startswith("q=")), "1")
        yield media_type, float(told) if told.replace(".", "", 1).isdecimal() and told.isascii() else 0.0
