"""Job creates over HTTP: a rate and latencies per concurrency, and proof that every job and event exists."""

import asyncio
import copy
import json
import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa
from aiokafka import AIOKafkaConsumer, TopicPartition

from contracts.base import canonical_json
from contracts.renderspec import normalise_render_spec, spec_bytes
from contracts.states import ScriptState
from contracts.topics import RENDER_REQUESTED, UPDATES, Topic
from ops.bench.gateway_calls import names_of
from ops.bench.gateway_rig import Gateway, run_generator, running_gateway
from services.gateway.ledger import outbox
from services.gateway.ledger.db.schema import jobs, script_versions, scripts
from services.gateway.ledger.db.sqlite import Ledger, opened_ledger
from services.gateway.ledger.jobs import create_approved
from services.gateway.ledger.jobs.create_approved import StoredSpec
from services.runtime.artifacts import Blob
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from tests.support.eventually import eventually

CONNECTIONS = (1, 16, 64, 128, 256)
KEYED = 64
"""Connections of the run with an ``Idempotency-Key`` on every call."""

SCENES = 10
"""Scenes of each script: a lesson of three minutes, about 4 kB of JSON."""

CHUNK = 500
DRAIN_SECONDS = 300


@dataclass(frozen=True)
class Run:
    """Creates at one concurrency.

    Attributes:
        name: connections, and ``+key`` where calls carried one.
        rate: creates a second.
        cpu_ms: processor time of the gateway per create, its outbox relay included.
        drained: seconds from the last answer until Kafka had every event.
    """

    name: str
    rate: float
    p50_ms: float
    p99_ms: float
    cpu_ms: float
    drained: float


def script_body(number: int) -> str:
    """Return a lesson like a person's, different from every other one."""
    scene = {
        "narration": "피싱 메일은 급한 말로 사람을 서두르게 만듭니다. 보낸 사람의 주소를 먼저 확인하고,"
        " 링크는 누르기 전에 어디로 가는지 보십시오. 의심스러우면 보안 담당자에게 바로 알리십시오.",
        "on_screen_text": "서두르게 하는 메일을 의심하기",
        "duration_sec": 14.5,
    }
    chapters = [
        {
            "chapter_id": chapter,
            "title": f"{chapter + 1}장. 피싱 메일을 알아보는 법",
            "scenes": [{"scene_id": n, **copy.copy(scene)} for n in range(chapter * 5, chapter * 5 + 5)],
        }
        for chapter in range(SCENES // 5)
    ]
    body = {"title": f"보안 교육 {number}", "language": "ko", "chapters": chapters}
    return canonical_json(body).decode()


def approve(conn: sa.Connection, numbers: Sequence[int], now: datetime) -> None:
    """Leave approved scripts in the ledger, as editors would have."""
    stamps = {"created_at": now, "updated_at": now}
    rows, versions = [], []
    for number in numbers:
        video, script = names_of(number)
        standing = {"state": ScriptState.APPROVED, "version": 1, "language": "ko", "request": {}}
        rows.append({"script_id": script, "video_id": video, **standing, **stamps})
        version = {"version": 1, "origin": "generated", "created_at": now}
        versions.append({"script_id": script, "body": script_body(number), **version})
    conn.execute(sa.insert(scripts), rows)
    conn.execute(sa.insert(script_versions), versions)


async def store(home: Path, ledger: Ledger, numbers: Sequence[int]) -> None:
    """Store ahead what the scripts' jobs will render, as approving them does."""

    async def put(number: int) -> tuple[str, StoredSpec]:
        spec = normalise_render_spec(json.loads(script_body(number)))
        data = spec_bytes(spec)
        claim = await artifacts.put(Blob(data, "application/json"))
        return names_of(number)[1], StoredSpec(claim, data.decode(), spec.language, len(spec.scenes))

    def keep(conn: sa.Connection, specs: Sequence[tuple[str, StoredSpec]]) -> None:
        for script, spec in specs:
            create_approved.keep(conn, script, 1, spec)

    async with open_artifacts(ArtifactSettings(lectern_home=home)) as artifacts:
        for start in range(0, len(numbers), 16):
            specs = await asyncio.gather(*(put(number) for number in numbers[start : start + 16]))
            await ledger.write(keep, specs)


async def ends(bootstrap: str, topic: Topic) -> int:
    """Return how many records a topic has ever had."""
    consumer = AIOKafkaConsumer(bootstrap_servers=bootstrap, group_id=None)
    await consumer.start()
    try:
        places = [TopicPartition(topic.name, number) for number in range(topic.partitions)]
        return sum((await consumer.end_offsets(places)).values())
    finally:
        await consumer.stop()


async def measure(
    gateway: Gateway, ledger: Ledger, first: int, creates: int, connections: int, *, keys: bool
) -> Run:
    """Create jobs ``first`` and on, and wait until the outbox is empty."""
    gateway.reset()
    told = await run_generator(
        "ops.bench.gateway_calls",
        "--port", str(gateway.port), "--connections", str(connections),
        "--first", str(first), "--count", str(creates), *(["--keys"] if keys else []),
    )  # fmt: skip
    ended = time.perf_counter()
    if told["answers"] != {"201": creates}:
        raise RuntimeError(f"{creates} creates were answered {told['answers']}")

    async def drained() -> bool:
        return await ledger.read(outbox.depth) == 0

    await eventually(drained, DRAIN_SECONDS, message="the outbox is empty")
    name = f"{connections}{'+key' if keys else ''}"
    return Run(
        name,
        creates / told["seconds"],
        told["p50_ms"],
        told["p99_ms"],
        gateway.cpu * 1000 / creates,
        time.perf_counter() - ended,
    )


async def creates(
    bootstrap: str, folder: Path, database: str, count: int, connections: Sequence[int]
) -> list[Run]:
    """Measure ``count`` creates at each concurrency; afterwards exactly they must exist.

    Raises:
        RuntimeError: a job or an event is missing, or there is one too many.
    """
    plan = [(number, False) for number in connections] + [(KEYED, True)]
    total = count * len(plan)
    before = {topic: await ends(bootstrap, topic) for topic in (RENDER_REQUESTED, UPDATES)}
    async with opened_ledger(database) as ledger:
        for start in range(0, total, CHUNK):
            numbers = range(start, min(start + CHUNK, total))
            await ledger.write(approve, numbers, datetime.now(UTC))
            await store(folder, ledger, numbers)
        runs = []
        with running_gateway(bootstrap, folder, database) as gateway:
            for place, (number, keys) in enumerate(plan):
                runs.append(await measure(gateway, ledger, place * count, count, number, keys=keys))
        made: Any = await ledger.read(
            lambda conn: conn.execute(
                sa.select(sa.func.count(), sa.func.count(sa.distinct(jobs.c.video_id)))
            ).one()
        )
    there = {topic.name: await ends(bootstrap, topic) - start for topic, start in before.items()}
    if tuple(made) != (total, total) or set(there.values()) != {total}:
        raise RuntimeError(f"{total} creates made {made[0]} jobs of {made[1]} videos and {json.dumps(there)}")
    return runs
