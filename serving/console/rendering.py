"""From a page's context to its HTML: one strict, auto-escaping Jinja environment, static files by digest."""

from __future__ import annotations

import hashlib
from dataclasses import fields
from functools import cache
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from data.plain_text import visible
from serving.console.context import CasePage, ChangedNotice, ProblemPage, QueuePage, SignInPage
from serving.console.models.context import DriftTable, ModelsPage, PromotionPage

Page = SignInPage | QueuePage | CasePage | ModelsPage | DriftTable | PromotionPage | ChangedNotice | ProblemPage
HERE = Path(__file__).parent
STATIC_FOLDER = HERE / "static"
STATIC_URL = "/console/static"


def render(page: Page) -> str:
    """The page's HTML: the template of its class, given its fields and nothing else."""
    return environment().get_template(page.template).render(given(page))


def given(page: Page) -> dict[str, Any]:
    """What the template receives."""
    return {field.name: getattr(page, field.name) for field in fields(page)}


@cache
def environment() -> Environment:
    """The templates. Everything is escaped and visible; an unknown name is an error, not an empty string."""
    made = Environment(
        loader=FileSystemLoader(HERE / "templates"),
        autoescape=True,
        finalize=_visible,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    made.globals["static"] = static_url
    return made


def _visible(value: Any) -> Any:
    """A text of others turns nothing round that stands beside it; of what is markup already, the parts were."""
    return visible(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@cache
def static_url(name: str) -> str:
    """The address of a static file, with its digest so that a changed file is another address."""
    digest = hashlib.sha256((STATIC_FOLDER / name).read_bytes()).hexdigest()
    return f"{STATIC_URL}/{name}?v={digest[:12]}"
