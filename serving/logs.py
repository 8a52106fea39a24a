"""JSON lines to stderr, with the fields that are allowed and no others: nothing a sender wrote, no key, ever."""

from __future__ import annotations

import sys
from typing import Final

import structlog
from structlog.typing import EventDict, WrappedLogger

ALLOWED: Final = frozenset(
    {
        "timestamp",
        "level",
        "event",
        "method",
        "route",
        "status",
        "milliseconds",
        "principal",
        "problem",
        "error",
        "where",
    }
)
"""A field that is not listed is dropped, whoever logs it."""


def configure() -> None:
    """Set up logging for the whole process."""
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            keep_allowed,
            structlog.processors.JSONRenderer(sort_keys=True),
        ],
        logger_factory=structlog.WriteLoggerFactory(file=sys.stderr),
        cache_logger_on_first_use=True,
    )


def keep_allowed(_: WrappedLogger, __: str, fields: EventDict) -> EventDict:
    """Drop every field that is not allowed, and every absent one."""
    return {name: value for name, value in fields.items() if name in ALLOWED and value is not None}
