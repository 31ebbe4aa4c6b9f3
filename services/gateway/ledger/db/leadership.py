"""Who of several gateways on one PostgreSQL publishes the outbox."""

import asyncio
import contextlib
from typing import Any
from uuid import uuid4

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from services.gateway.ledger.db.sessions import MARK, Sessions

RELAY_LOCK = 0x4C43_5231

FAREWELL_SECONDS = 5.0
"""For closing a connection. Shorter: a busy one is left behind. Longer: a silent one is waited for."""

_TAKE = sa.select(sa.func.pg_try_advisory_lock(RELAY_LOCK))
_SIGN = sa.text("SELECT set_config(:setting, :mark, false)").bindparams(setting=MARK)
_HOLDS = sa.text(
    "SELECT NOT pg_is_in_recovery() AND current_setting(:setting, true) = :mark AND EXISTS ("
    " SELECT FROM pg_locks WHERE locktype = 'advisory' AND granted AND pid = pg_backend_pid()"
    " AND database = (SELECT oid FROM pg_database WHERE datname = current_database())"
    " AND classid = 0 AND objid = :lock AND objsubid = 1)"
).bindparams(sa.bindparam("lock", RELAY_LOCK, sa.BigInteger), setting=MARK)
"""The mark tells whether the session is ours: where a pooler lends it, two gateways hold the one lock."""

log = structlog.get_logger(__name__)


class Leadership:
    """A lock of a session of its own.

    Args:
        engine: makes that session's connection.
        sessions: doubted when the session turns out to be another one.
    """

    def __init__(self, engine: AsyncEngine, sessions: Sessions) -> None:
        self._engine = engine
        self._sessions = sessions
        self._mark = uuid4().hex
        self._leader: AsyncConnection | None = None
        self._resigned = False

    async def held(self) -> bool:
        """Say whether this process holds the lock, taking it if nobody does.

        Between losing it and having it again it says no at least once: somebody else may have led meanwhile.

        Raises:
            Exception: whatever the driver raises; the lock is given up then.
        """
        try:
            return await self._held()
        except BaseException:
            await self.resign()
            raise

    async def _held(self) -> bool:
        if self._leader is not None:
            try:
                if await self._leader.scalar(_HOLDS, {"mark": self._mark}):
                    return True
                self._sessions.doubted = True
            except Exception as error:  # noqa: BLE001  # what ended the session; the next call sees what is there
                log.info("leadership.lost", error=type(error).__name__)
                self._sessions.suspect(error)
            await self.resign()
        if self._resigned:
            self._resigned = False
            return False
        await self._sessions.recheck()
        candidate = await self._engine.connect()
        try:
            if not await candidate.scalar(_TAKE):
                return False
            self._leader = candidate
            await candidate.execute(_SIGN, {"mark": self._mark})
            return bool(await candidate.scalar(_HOLDS, {"mark": self._mark}))
        finally:
            if self._leader is None:
                await candidate.close()

    async def resign(self) -> None:
        """Let go of the lock, with its session."""
        leader, self._leader = self._leader, None
        if leader is None:
            return
        self._resigned = True
        with contextlib.suppress(Exception):
            async with asyncio.timeout(FAREWELL_SECONDS):
                raw: Any = (await leader.get_raw_connection()).driver_connection
                raw.terminate()  # a farewell to a silent server would wait for its answer
                await leader.close()
