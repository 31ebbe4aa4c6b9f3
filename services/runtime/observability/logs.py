"""Structured logs: JSON for machines, colours for a terminal; secrets are redacted."""

import logging
import sys
import threading
import traceback
from collections.abc import Mapping, MutableMapping
from itertools import islice
from types import TracebackType
from typing import Any, TextIO, cast

import structlog

from services.runtime.observability.redaction import learn_settings, redact
from services.runtime.settings import RuntimeSettings

MAX_DEPTH = 8
"""Lists within lists that are told. Fewer: what libraries nest is cut. More: what holds itself never ends."""

MAX_ITEMS = 1_000
"""Items of a list or mapping that are told. Fewer: a list of a job's scenes is cut. More: a line of log takes
the event loop for longer than a few milliseconds."""


def _redacted(_logger: object, _method: str, fields: MutableMapping[str, Any]) -> MutableMapping[str, Any]:
    for name, value in fields.items():
        fields[name] = _clean(value, MAX_DEPTH)
    return fields


def _clean(value: object, depth: int) -> object:
    """Return a value as text and plain containers: a renderer would write anything else its own way."""
    match value:
        case None | bool() | int() | float():
            return value
        case str():
            return redact(value)
        case Mapping() if depth:
            items = islice(value.items(), MAX_ITEMS)
            return {redact(str(name)): _clean(each, depth - 1) for name, each in items}
        case list() | tuple() | set() | frozenset() if depth:
            return [_clean(each, depth - 1) for each in islice(value, MAX_ITEMS)]
        case _:
            return redact(repr(value))


class _Redacting(logging.Formatter):
    """What libraries say is theirs to word; URLs and exceptions in it may hold secrets of ours."""

    def format(self, record: logging.LogRecord) -> str:
        return redact(super().format(record))


class _Handler(logging.StreamHandler[TextIO]):
    """What cannot be formatted is told without its arguments, which the library's own way would print."""

    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - the library's name
        sys.stderr.write(f"{record.levelname} {record.name} a line of log could not be written\n")


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
    handler = _Handler(sys.stderr)
    handler.setFormatter(_Redacting("%(levelname)s %(name)s %(message)s"))
    logging.basicConfig(level=logging.WARNING, handlers=[handler])
    # a broker that is away is told once by the health page, not twice a second by the client
    logging.getLogger("aiokafka").setLevel(logging.CRITICAL)
    learn_settings(settings)
    if sys.excepthook is sys.__excepthook__:  # a host may have hooks of its own
        sys.excepthook = _uncaught
    if threading.excepthook is threading.__excepthook__:
        threading.excepthook = lambda told: _uncaught(told.exc_type, told.exc_value, told.exc_traceback)


def _uncaught(kind: type[BaseException], error: BaseException | None, trace: TracebackType | None) -> None:
    """Tell of what ends a process or a thread, as the interpreter would, without secrets."""
    if not issubclass(kind, SystemExit):
        sys.stderr.write(redact("".join(traceback.format_exception(kind, error, trace))))
