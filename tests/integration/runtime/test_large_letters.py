"""Records that a broker took once and does not take again: they must not hold up what comes after them."""

import base64
import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from contracts import topics
from contracts.base import ClaimCheck
from contracts.cloudevents import value_of
from services.runtime.artifacts import Artifacts
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import open_artifacts
from services.runtime.kafka.topics_admin import create_topics
from tests.support.brokers import Broker
from tests.support.engines import letters, producing, working
from tests.support.eventually import eventually
from tests.support.records import planned

pytestmark = [pytest.mark.kafka, pytest.mark.real_kafka]

AT_THE_LIMIT = b"\xff" * 1_048_400
"""With its key and the batch around it just below what a broker takes by default."""

BLANKS = b" " * 10_000_000
"""Compressed, ten kilobytes."""


async def kept(artifacts: Artifacts, headers: dict[str, bytes]) -> dict[str, Any]:
    uri = headers["dlq.record.uri"].decode()
    size = int(headers["dlq.record.bytes"])
    claim = ClaimCheck(uri=uri, sha256=uri.removeprefix("cas:"), bytes=size, media_type="application/json")
    found: dict[str, Any] = json.loads(await artifacts.get(claim))
    return found


async def test_records_too_large_for_their_dead_letters_held_their_partition_for_ever(
    broker: Broker, topic_prefix: str, tmp_path: Path
) -> None:
    topic = replace(topics.SCENE_PLANNED, name=f"{topic_prefix}scenes", partitions=1)
    servers = broker.bootstrap_servers
    await create_topics(servers)
    await create_topics(servers, topics=[topic])
    room = {"max_request_size": 2 * len(BLANKS)}
    async with (
        producing(servers, **room) as plain,
        producing(servers, compression_type="gzip", **room) as compressing,
    ):
        await plain.send_and_wait(topic.name, AT_THE_LIMIT, key=b"k")
        await compressing.send_and_wait(topic.name, BLANKS, key=b"k", headers=[("x", b"\xff")])
        await plain.send_and_wait(topic.name, value_of(planned()), key=b"k")
    async with working(servers, topic, tmp_path) as seen:
        await eventually(lambda: seen == ["job-1"], 30)
    found = {
        dict(letter.headers)["dlq.original.offset"]: letter for letter in await letters(servers, topic.dlq, 2)
    }
    assert found[b"0"].value == AT_THE_LIMIT
    assert found[b"1"].value is None
    async with open_artifacts(ArtifactSettings(lectern_home=tmp_path)) as artifacts:
        record = await kept(artifacts, dict(found[b"1"].headers))
    assert base64.b64decode(record["value"]) == BLANKS
    assert record["headers"] == [["x", base64.b64encode(b"\xff").decode()]]
