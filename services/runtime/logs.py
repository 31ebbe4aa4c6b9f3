"""Structured logs: JSON for machines, colours for a terminal; secrets are redacted."""

import logging
import sys
from collections.abc import MutableMapping
from typing import Any, TextIO, cast

import structlog

from services.runtime.redaction import redact
from services.runtime.settings import RuntimeSettings


def _redacted(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in fields.items():
        if isinstance(value, str):
            fields[name] = redact(value)
    return fields


class _Redacting(logging.Formatter):
    """What libraries say is theirs to word; URLs and exceptions in it may hold secrets of ours."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class _StandardError:
    """Standard error as it is when something is written: a host may exchange it under a running process."""

    def write(self, text: str) -> int:
        return sys.stderr.write(text)

    def flush(self) -> None:
        sys.stderr.flush()


def configure_logs(settings: RuntimeSettings) -> None:
    """Set up structlog and the standard library's logging; everything goes to standard error."""
    machine = settings.log_format == "json" or (settings.log_format == "auto" and not sys.stderr.isatty())
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.processors.format_exc_info,
            _redacted,
            structlog.processors.JSONRenderer(ensure_ascii=False)
            if machine
            else structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(
            logging.getLevelNamesMapping()[settings.log_level.upper()]
        ),
        logger_factory=structlog.PrintLoggerFactory(cast("TextIO", _StandardError())),
        cache_logger_on_first_use=False,
    )
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(_Redacting("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # a broker that is away is told once by the health page, not twice a second by the client
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
