"""Deletes what the ledger knew for a while and nobody asks for any more."""

import asyncio
from collections.abc import Callable
from datetime import datetime

import structlog

from contracts.errors import TransientError
from services.gateway.ledger import commands, idempotency
from services.gateway.ledger.db.sqlite import Ledger

EVERY_SECONDS = 3_600.0
"""Between two times. Shorter: the ledger is asked for nothing. Longer: there is more to delete at once, and
whoever writes waits for it."""

log = structlog.get_logger(__name__)


async def keep_house(ledger: Ledger, now: Callable[[], datetime]) -> None:
    """Forget old commands and old answers, at once and every hour, until cancelled."""
    while True:
        try:
            await ledger.write(commands.forget, before=now() - commands.KEPT)
            await ledger.write(idempotency.forget, before=now() - idempotency.KEPT)
        except TransientError as error:
            log.info("housekeeping.put_off", error=str(error))
        except Exception:  # a bug here is nobody's trouble for a while
            log.exception("housekeeping.failed")
        await asyncio.sleep(EVERY_SECONDS)
