"""How the product tells what it does: one JSON line an event on standard error, identifiers only, never personal values."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

PERSONAL = frozenset(
    {"name", "email", "phone", "address", "street", "city", "region", "postcode", "body", "measures", "inseam", "reach", "engraving"}
)
"""Keys that are never logged, whoever passes them."""


def configure(level: str = "info", stream: TextIO | None = None) -> None:
    """Set up logging of this process; once, at its start. ``stream``: default standard error."""
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            withhold_personal,
            structlog.processors.format_exc_info,
            structlog.processors.JSONRenderer(ensure_ascii=False, default=str),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(logging.getLevelNamesMapping()[level.upper()]),
        logger_factory=structlog.WriteLoggerFactory(stream or sys.stderr),
        cache_logger_on_first_use=False,
    )


def logger(room: str) -> structlog.typing.FilteringBoundLogger:
    """The room's logger: ``logger("scheduler").info("plan.published", plant=…, version=…)``."""
    return cast(structlog.typing.FilteringBoundLogger, structlog.get_logger(room=room))


def bind(**identifiers: str) -> None:
    """Put identifiers (request, principal, order) on every following line of this thread or task."""
    structlog.contextvars.bind_contextvars(**identifiers)


def unbind() -> None:
    """Forget the bound identifiers (at a request's end)."""
    structlog.contextvars.clear_contextvars()


def withhold_personal(_logger: Any, _method: str, line: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    """Replace the values of personal keys."""
    for key in PERSONAL & line.keys():
        line[key] = "[withheld]"
    return line
