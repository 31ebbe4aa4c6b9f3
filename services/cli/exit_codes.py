"""Runs a command to its exit code: 0 done, 1 failed, 2 wrong use, 130 interrupted; an error is one line."""

import asyncio
import signal
import sys
import traceback
from collections.abc import Callable, Coroutine
from enum import IntEnum
from typing import Any, Final

from pydantic import ValidationError

from contracts.errors import ErrorCode, LecternError
from contracts.renderspec import explain
from services.runtime.observability.redaction import redact


class Exit(IntEnum):
    """The command's exit codes."""

    DONE = 0
    FAILED = 1
    USAGE = 2
    INTERRUPTED = 130


WRONG_USE: Final = frozenset(
    {
        ErrorCode.SETTINGS_INVALID,
        ErrorCode.SOURCE_TEXT_EMPTY,
        ErrorCode.SOURCE_TEXT_TOO_LONG,
        ErrorCode.LANGUAGE_UNSUPPORTED,
    }
)
"""Errors that whoever typed the command can mend by typing another."""


def run(main: Callable[[], Coroutine[Any, Any, Exit | None]], *, debug: bool = False) -> int:
    """Run ``main`` and return the exit code.

    The first Ctrl-C or SIGTERM cancels it, so that everything it opened is closed in order; a second Ctrl-C
    does not wait for that.

    Args:
        main: makes the coroutine, which may return an exit code of its own.
        debug: let a traceback follow the line that tells of an error.
    """
    _hear_interrupts()
    try:
        return asyncio.run(_terminable(main())) or Exit.DONE
    except (KeyboardInterrupt, asyncio.CancelledError):
        _tell("interrupted", debug=False)
        return Exit.INTERRUPTED
    except LecternError as error:
        _tell(str(error), debug=debug)
        return Exit.USAGE if error.code in WRONG_USE else Exit.FAILED
    except ValidationError as error:
        _tell(f"invalid settings: {explain_settings(error)}", debug=debug)
        return Exit.USAGE
    except OSError as error:
        where = f"{error.filename}: " if error.filename else ""
        _tell(f"{where}{error.strerror or error}", debug=debug)
        return Exit.FAILED
    except Exception as error:  # noqa: BLE001 - a person at a terminal gets a line, whatever it is
        _tell(f"{ErrorCode.INTERNAL_ERROR}: {_one_line(error)} (--debug shows where)", debug=debug)
        return Exit.FAILED


def explain_settings(error: ValidationError) -> str:
    """Say which environment variable is wrong and why."""
    names = {str(item["loc"][0]) for item in error.errors() if item["loc"]}
    hint = " (set in the environment)" if names and all(name.isupper() for name in names) else ""
    return f"{explain(error)}{hint}"


def _hear_interrupts() -> None:
    """Have SIGINT heard also by a process that was started with it ignored.

    So shells without job control start what they put in the background, and with it all that it starts: CI
    runners, scripts. asyncio leaves an ignored signal ignored, and a command that was interrupted would go on
    to its end and report success, while ``lectern up``, gateways and workers, which bring handlers of their
    own, stop.
    """
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)


async def _terminable(main: Coroutine[Any, Any, Exit | None]) -> Exit | None:
    """Let SIGTERM do what Ctrl-C does: cancel."""
    task = asyncio.current_task()
    assert task is not None
    if sys.platform != "win32":
        asyncio.get_running_loop().add_signal_handler(signal.SIGTERM, task.cancel)
    return await main


def _tell(message: str, *, debug: bool) -> None:
    if debug:
        sys.stderr.write(redact(traceback.format_exc()))
    print(f"lectern: {redact(message)}", file=sys.stderr)


def _one_line(error: Exception) -> str:
    """Say what kind of error it is and how it begins; the first of a group stands for the group."""
    while isinstance(error, ExceptionGroup):
        error = error.exceptions[0]
    return f"{type(error).__name__}: {' '.join(str(error).split())[:300]}"
