"""The application: routes, the edge around them, and one way to say no."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

from serving import front, logs
from serving.console import pages as console
from serving.docs import endpoints as docs
from serving.edge import Edge
from serving.errors import Fault, InvalidRequest, NotFound, Problem, Refused
from serving.health import endpoints as health
from serving.models import drift_endpoints as drift
from serving.models import promotions, shadow
from serving.outcomes import endpoints as outcomes
from serving.recommendations import endpoints as recommendations
from serving.reviews import endpoints as reviews
from serving.stockouts import endpoints as stockouts
from serving.wiring import Service

MODEL_FILES = "/v1/models/files/"
"""Where files of bundles arrive, which are larger than exceptions; only for whoever may propose."""

ABOUT = (
    "Report a retail exception, get one explained, priced, gated and recorded recommendation, learn the verdict of "
    "the people who had to agree, and report the outcome. Amounts are decimal strings, instants RFC 3339 in UTC."
)


def create_app(service: Service) -> FastAPI:
    """The ASGI application over a wired service; closing it closes the store."""
    logs.configure()
    app = FastAPI(
        title="Fairlead",
        version="1",
        description=ABOUT,
        openapi_url=None,
        docs_url=None,
        redoc_url=None,
        redirect_slashes=False,  # a redirect would repeat the path and the host as they were sent
        lifespan=_lifespan,
    )
    app.state.service = service
    rooms = (recommendations, reviews, outcomes, stockouts, drift, promotions, shadow, health, docs, front)
    for endpoints in rooms:
        app.include_router(endpoints.router)
    console.install(app, service)
    app.add_exception_handler(Problem, _problem)
    app.add_exception_handler(HTTPException, _refused)
    app.add_exception_handler(RequestValidationError, _invalid)
    app.add_middleware(
        Edge,
        metrics=service.metrics,
        max_body_bytes=service.settings.max_body_bytes,
        larger={MODEL_FILES: service.settings.max_model_file_bytes},
    )
    return app


@asynccontextmanager
async def _lifespan(app: FastAPI) -> AsyncIterator[None]:
    yield
    service: Service = app.state.service
    service.close()


async def _problem(_: Request, error: Exception) -> Response:
    assert isinstance(error, Problem)
    return error.response()


async def _refused(_: Request, error: Exception) -> Response:
    """The framework's own refusals, in our words: theirs may repeat the path."""
    assert isinstance(error, HTTPException)
    if error.status_code == NotFound.status:
        return NotFound("No such path: see /docs.").response()
    return Refused(error.status_code, "See /docs for what is accepted.", dict(error.headers or {})).response()


async def _invalid(_: Request, error: Exception) -> Response:
    """A path, query or header parameter that does not fit: which, but not what came."""
    assert isinstance(error, RequestValidationError)
    faults = [Fault("/".join(map(str, each["loc"])), each["msg"]) for each in error.errors()]
    return InvalidRequest("See `errors` for what was expected where.", faults=faults).response()
