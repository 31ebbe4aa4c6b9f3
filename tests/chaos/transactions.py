"""Commands in transactions: aborted, never committed, committed. Only the last were ever sent."""

import asyncio
import contextlib
import random
from collections.abc import Mapping
from enum import Enum
from typing import Any

from aiokafka import AIOKafkaProducer
from aiokafka.errors import KafkaError

from contracts.topics import COMMANDS_TOPIC
from tests.chaos.clients import Backend, command_value
from tests.chaos.evidence import Accepted
from tests.chaos.plan import Injection
from tests.chaos.specs import film_options, film_spec

COMMANDS = 3
"""In one transaction."""
TIMEOUT_MS = 5_000
"""After which the broker aborts a transaction that its producer left open. Until it looks, up to ten seconds
later, those who read what is committed wait."""
OBEYED_SECONDS = 300.0
"""From a commit to the end of its jobs: the ledger may be away for three minutes."""


class End(Enum):
    """How a transaction ends."""

    ABORTED = "aborted"
    OPEN = "open"
    COMMITTED = "committed"


class Transactions:
    """A client that sends commands in transactions, and remembers which of them count.

    Args:
        servers: Kafka's address.
        backend: hears how jobs end.
    """

    def __init__(self, servers: str, backend: Backend) -> None:
        self._servers = servers
        self._backend = backend
        self.rolled_back: set[str] = set()
        self.unsure: set[str] = set()
        self.accepted: list[Accepted] = []

    async def run(self, injection: Injection) -> bool:
        """Send one transaction of each kind, and wait for what was committed; tell whether all could be."""
        chance = random.Random(injection.seed)
        done = True
        for end in End:
            wishes = {f"{end.value}-{injection.seed}-{number}": _wish(chance) for number in range(COMMANDS)}
            done &= await self._send(end, wishes, f"chaos-{end.value}-{injection.seed}")
        return done

    async def _send(self, end: End, wishes: Mapping[str, Mapping[str, Any]], transactional_id: str) -> bool:
        producer = AIOKafkaProducer(
            bootstrap_servers=self._servers,
            transactional_id=transactional_id,
            transaction_timeout_ms=TIMEOUT_MS,
            request_timeout_ms=10_000,
        )
        # until it is known how it ended; an open one ends as an aborted one does
        (self.unsure if end is End.COMMITTED else self.rolled_back).update(wishes)
        try:
            async with asyncio.timeout(60):
                await producer.start()
                await producer.begin_transaction()
                for job_id, wish in wishes.items():
                    value = command_value("start", job_id, None, **wish)
                    await producer.send_and_wait(COMMANDS_TOPIC.name, value, key=job_id.encode())
                if end is End.ABORTED:
                    await producer.abort_transaction()
                elif end is End.COMMITTED:
                    await producer.commit_transaction()
        except (KafkaError, TimeoutError):
            return False  # Kafka is away just now
        finally:
            with contextlib.suppress(KafkaError, TimeoutError):
                async with asyncio.timeout(10):
                    await producer.stop()
        if end is End.COMMITTED:
            self.unsure.difference_update(wishes)
            await asyncio.gather(*(self._obeyed(job_id, wish) for job_id, wish in wishes.items()))
        return True

    async def _obeyed(self, job_id: str, wish: Mapping[str, Any]) -> None:
        """Wait for a job's end; that there is none, the checker finds."""
        self.accepted.append(Accepted(job_id, may_be_canceled=False))

        async def again() -> None:
            await self._backend.command("start", job_id, 0, named=False, **wish)

        with contextlib.suppress(TimeoutError):
            async with asyncio.timeout(OBEYED_SECONDS):
                await self._backend.see_through(job_id, again)


def _wish(chance: random.Random) -> dict[str, Any]:
    number = chance.randrange(10**9)
    return {
        "video_id": f"video-tx-{number}",
        "render_spec": film_spec(chance),
        "options": film_options(chance),
    }
