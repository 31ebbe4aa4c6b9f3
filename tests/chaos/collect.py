"""Gathers the evidence at the end of a run: lags, leaks, raw records, stored bytes, references."""

import asyncio
import hashlib
import json
import time
from collections.abc import Callable, Iterable
from concurrent.futures import ProcessPoolExecutor

from aiokafka import TopicPartition
from aiokafka.admin import AIOKafkaAdminClient

from contracts.topics import all_topic_names
from services.runtime.kafka.record_batches import AIOKafkaConsumer
from tests.chaos.clients import FrontEnd
from tests.chaos.evidence import Evidence
from tests.chaos.readings import requested
from tests.chaos.records import PARTITIONS, read_records
from tests.chaos.reference import Reference, reference_of
from tests.chaos.replica import Replica
from tests.chaos.rig import Rig
from tests.chaos.store import Bucket

LAG_SECONDS = 60.0
"""A record may still be parked for another try; the longest pause between two is 30 s."""
MEMORY_FACTOR = 1.5
MEMORY_SLACK = 64 << 20
"""What a process may have grown by since it was warm: allocators keep some of what a film took."""


async def lags_at_rest(servers: str, seconds: float = LAG_SECONDS) -> dict[tuple[str, str, int], int]:
    """Wait until every group has committed everything; return what is left after so long."""
    deadline = time.monotonic() + seconds
    while True:
        lags = await _lags(servers)
        if not any(lags.values()) or time.monotonic() > deadline:
            return lags
        await asyncio.sleep(0.5)


async def _lags(servers: str) -> dict[tuple[str, str, int], int]:
    admin = AIOKafkaAdminClient(bootstrap_servers=servers)
    consumer = AIOKafkaConsumer(bootstrap_servers=servers, enable_auto_commit=False)
    await admin.start()
    await consumer.start()
    try:
        groups = [name for name, _ in await admin.list_consumer_groups() if name.startswith("lectern.")]
        lags: dict[tuple[str, str, int], int] = {}
        for group in groups:
            topic = group.split(".", 2)[2]
            partitions = [TopicPartition(topic, number) for number in range(PARTITIONS[topic])]
            ends = await consumer.end_offsets(partitions)
            committed = await admin.list_consumer_group_offsets(group)
            for partition in partitions:
                done = committed[partition].offset if partition in committed else 0
                lags[group, topic, partition.partition] = ends[partition] - max(0, done)
        return lags
    finally:
        await consumer.stop()
        await admin.close()


class Memory:
    """The resident memory of each stage: when it was warm, and at the end, whoever runs it then."""

    def __init__(self) -> None:
        self._base: dict[str, int] = {}

    def sample(self, replicas: Iterable[Replica]) -> None:
        """Note the base of each stage; call it when its processes are warm and idle."""
        for replica in replicas:
            self._base[replica.stage] = max(self._base.get(replica.stage, 0), replica.resident())

    def grown(self, replicas: Iterable[Replica]) -> list[str]:
        """Return which processes did not come back to their base."""
        found = []
        for replica in replicas:
            base, now = self._base.get(replica.stage, 0), replica.resident()
            if now > base * MEMORY_FACTOR + MEMORY_SLACK:
                found.append(f"{replica.name} holds {now >> 20} MB, its base was {base >> 20} MB")
        return found


async def leaks_of(rig: Rig, memory: Memory) -> list[str]:
    """Return lanes that hold records at rest, scratch folders left, memory that did not come back."""
    found = memory.grown(rig.everybody)
    for replica in rig.everybody:
        for name in ("lectern_lane_depth", "lectern_lanes"):
            if held := await replica.metric(name):
                found.append(f"{replica.name}: {name} is {held:g} at rest")
        left = [
            path for path in (replica.home / "scratch").glob(f"process-*-{replica.pid}/*") if path.exists()
        ]
        found.extend(f"{replica.name} left {path.name} in its scratch folder" for path in left)
    return found


async def collect(rig: Rig, front_end: FrontEnd, bucket: Bucket, evidence: Evidence) -> None:
    """Fill ``evidence`` with what only the running system can tell."""
    evidence.lags = await lags_at_rest(rig.servers)
    evidence.records = await read_records(rig.servers, all_topic_names(), cluster=rig.clusters)
    evidence.stored = await bucket.listing()


async def histories_of(front_end: FrontEnd, evidence: Evidence) -> None:
    """Fill ``evidence`` with how the ledger says that jobs went: those requested, those that must not be."""
    for job in {job for job, _ in requested(evidence)} | evidence.rolled_back:
        answer = await front_end.call("GET", f"/api/render-jobs/{job}")
        history = answer.json().get("history", ())
        evidence.histories[job] = [(each["attempt"], each["status"]) for each in history]


async def references_of(
    front_end: FrontEnd, evidence: Evidence, workers: int, show: Callable[[str], None]
) -> None:
    """Render every spec that was requested once more, without the system and without faults.

    Args:
        front_end: gives the specs.
        evidence: says which, and is given the references.
        workers: how many processes render.
        show: is told how far it is.
    """
    specs: dict[str, tuple[bytes, str]] = {}
    for (job, _), record in requested(evidence).items():
        answer = await front_end.call("GET", f"/api/render-jobs/{job}/render-spec")
        specs[job] = answer.content, json.dumps(record.body["settings"], sort_keys=True)
    loop = asyncio.get_running_loop()
    with ProcessPoolExecutor(workers) as pool:
        wanted = {
            each: loop.run_in_executor(pool, reference_of, each[0], json.loads(each[1]))
            for each in set(specs.values())
        }
        for number, rendering in enumerate(asyncio.as_completed(wanted.values()), 1):
            await rendering
            show(f"{number}/{len(wanted)} films rendered again")
    made: dict[tuple[bytes, str], Reference] = {each: done.result() for each, done in wanted.items()}
    evidence.references = {job: made[spec] for job, spec in specs.items()}
    evidence.specs = {job: hashlib.sha256(spec[0]).hexdigest() for job, spec in specs.items()}
