"""`/openapi.json` for programs, `/docs` for people."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup, escape
from starlette.responses import FileResponse, HTMLResponse, JSONResponse, Response

from serving.openapi import document
from serving.security import Permission, require

HERE = Path(__file__).parent
Public = Annotated[None, Depends(require(Permission.PUBLIC))]

router = APIRouter(include_in_schema=False)
_pages = Environment(
    loader=FileSystemLoader(HERE), autoescape=True, undefined=StrictUndefined, trim_blocks=True, lstrip_blocks=True
)

_CODE = re.compile("`([^`]+)`")


def _coded(text: str) -> Markup:
    """The text, escaped, with what stands between backticks as code."""
    return Markup(_CODE.sub(r"<code>\1</code>", str(escape(text))))  # noqa: S704 - escaped first


_pages.filters["coded"] = _coded


@router.get("/openapi.json")
def openapi(request: Request, _: Public) -> Response:
    """The OpenAPI document."""
    return JSONResponse(document(request.app))


@router.get("/docs")
def docs(request: Request, _: Public) -> Response:
    """Every operation with an example of what is sent and what is answered."""
    made = document(request.app)
    page = _pages.get_template("page.html")
    return HTMLResponse(page.render(title=made["info"]["title"], about=made["info"], groups=_groups(made)))


@router.get("/docs/style.css")
def style(_: Public) -> Response:
    """How the page looks."""
    return FileResponse(HERE / "style.css", media_type="text/css")


def _groups(made: dict[str, Any]) -> dict[str, list[dict[str, Any]]]:
    groups: dict[str, list[dict[str, Any]]] = {}
    for operation in _operations(made):
        groups.setdefault(operation["group"], []).append(operation)
    return groups


def _operations(made: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for path, methods in made["paths"].items():
        for method, operation in methods.items():
            yield {
                "group": operation["tags"][0],
                "method": method.upper(),
                "path": path,
                "says": operation["description"],
                "needs_key": "security" in operation,
                "parameters": operation.get("parameters", []),
                "sent": _shown(operation.get("requestBody", {})),
                "answered": _shown(operation["responses"].get("200", {})),
            }


def _shown(body: dict[str, Any]) -> str | None:
    """The example of a body, laid out; None where it has none."""
    example = body.get("content", {}).get("application/json", {}).get("example")
    return None if example is None else json.dumps(example, indent=2, ensure_ascii=False)
