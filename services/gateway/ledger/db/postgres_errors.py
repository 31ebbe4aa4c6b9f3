"""What PostgreSQL, its driver and SQLAlchemy raise, as the ledger's callers are to understand it."""

from typing import Any

import asyncpg
import sqlalchemy as sa

from contracts.errors import ErrorCode, LecternError, PermanentError
from services.gateway.ledger.db.availability import away

READ_ONLY = "25006"
RACES = {"40001", "40P01"}

AWAY = ("08", "28", "40", "53", "55", "57", "58", "F0", "XX")
"""Classes of SQLSTATE that say nothing of the statement, all of the server: connections, log-in, rollbacks,
resources, locks, operators, disks, configuration, damage (PostgreSQL, appendix A). Not among them are a
value's fault (22), a broken constraint (23) and bugs of ours (most of 42)."""

ELSEWHERE = {"25P03", "25P04", "26000", "3D000", "3F000", "42501", "42P01", "42P05"}
"""Of other classes: a session that was ended, a database that is not there or not ours (yet)."""


def database_error(error: Exception, *, reading: bool = False) -> Exception:
    """Return what a failure means to a caller; a bug stays what it is.

    Args:
        error: what was raised.
        reading: the transaction was to write nothing.
    """
    if isinstance(error, LecternError):
        return error
    state = sqlstate_of(error)
    if isinstance(error, CutOffError):
        return away(f"its connection was cut ({error})")
    if state == READ_ONLY and not reading:
        return away("it is read-only: a standby, or was the primary before a failover")
    if state == "53100":
        return away("its disk is full; free some")
    if state in {"22021", "22P05"}:
        return PermanentError(ErrorCode.COMMAND_INVALID, "text must not hold the NUL character")
    if isinstance(error, TimeoutError | sa.exc.TimeoutError):
        busy = isinstance(error, sa.exc.TimeoutError)
        return away("all its connections are busy" if busy else "it does not answer in time")
    gone = isinstance(error, NOT_ANSWERED)
    if (gone and not state) or cut_off(error) or state.startswith(AWAY) or state in ELSEWHERE:
        return away(state or type(error).__name__)
    return error


NOT_ANSWERED = (
    sa.exc.OperationalError,
    sa.exc.InterfaceError,
    OSError,
    asyncpg.InterfaceError,
    asyncpg.InternalClientError,
)


class CutOffError(OSError):
    """The connection is closed, whatever the driver said of it."""


def ledgers_own(error: Exception) -> LecternError:
    """Return the error of work that is nobody's record: whatever went wrong with it is the ledger's."""
    return error if isinstance(error, LecternError) else away(type(error).__name__)


def cut_off(error: Exception) -> bool:
    """Say whether an error ended its connection."""
    return isinstance(error, CutOffError) or (
        isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated
    )


def sqlstate_of(error: BaseException) -> str:
    """Return the SQLSTATE of an error, empty if it has none."""
    origin: Any = error.orig if isinstance(error, sa.exc.DBAPIError) else error
    return str(getattr(origin, "sqlstate", None) or "")
