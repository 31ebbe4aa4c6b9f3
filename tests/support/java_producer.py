"""A producer of another make than ours: Apache Kafka's Java client, in a process that can be killed."""

import asyncio
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest

from ops.kafka import distribution
from tests.support.brokers import REQUIRE

SOURCE = Path(__file__).with_name("TransactionalProducer.java")
ANSWER_SECONDS = 60
"""Java compiles the source at its start: two seconds, or many on a busy machine."""


class JavaProducer:
    """A transactional producer that has a process of its own."""

    def __init__(self, process: asyncio.subprocess.Process) -> None:
        self._process = process

    async def tell(self, *words: str) -> str:
        """Have it ``begin``, ``send TOPIC KEY VALUE``, ``commit`` or ``abort``; return its answer."""
        assert self._process.stdin
        self._process.stdin.write(" ".join(words).encode() + b"\n")
        return await self.answer()

    async def answer(self) -> str:
        """Return its next line."""
        assert self._process.stdout
        line = await asyncio.wait_for(self._process.stdout.readline(), ANSWER_SECONDS)
        assert line, "the Java producer has ended"
        return line.decode().strip()

    async def kill(self) -> None:
        """Kill it, in whatever transaction it is."""
        if self._process.returncode is None:
            self._process.kill()
        await self._process.wait()


@asynccontextmanager
async def java_producer(servers: str, name: str, timeout_ms: int) -> AsyncIterator[JavaProducer]:
    """Run one; ``name`` is its transactional id, ``timeout_ms`` how long a transaction may be open.

    Skips the test, with the reason, where there is no JDK and nobody requires Apache Kafka.
    """
    missing = distribution.missing_tools() or ("" if shutil.which("javac") else "javac not on the PATH")
    if missing:
        if os.environ.get(REQUIRE) == "1":
            pytest.fail(f"{REQUIRE}=1, but Kafka's Java client cannot be run here: {missing}")
        pytest.skip(f"needs Kafka's Java client, which needs a JDK and Maven: {missing}")
    libs = distribution.install()
    process = await asyncio.create_subprocess_exec(
        "java", "-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "-cp", f"{libs}/*",
        "-Dorg.slf4j.simpleLogger.defaultLogLevel=error", str(SOURCE), servers, name, str(timeout_ms),
        stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    producer = JavaProducer(process)
    try:
        assert await producer.answer() == "ready"
        yield producer
    finally:
        await producer.kill()
