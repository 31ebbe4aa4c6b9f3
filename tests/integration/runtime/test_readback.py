"""What stands in the log already, asked of a real broker."""

import uuid
from datetime import UTC, datetime

import pytest

from contracts.cloudevents import headers_of, value_of
from contracts.errors import ErrorCode, TransientError
from contracts.events import ControlChanged, Event, JobFailed
from contracts.topics import JOBS
from services.runtime.kafka.publisher import Publisher
from services.runtime.kafka.topics_admin import create_topics
from services.runtime.settings import RuntimeSettings
from tests.support.brokers import Broker
from tests.support.engines import producing

pytestmark = [pytest.mark.kafka, pytest.mark.real_kafka]


def ended(job_id: str) -> Event:
    return JobFailed(
        event_id=uuid.uuid4(), job_id=job_id, attempt=1, video_id="v", code=ErrorCode.CANCELED, message="why"
    )


async def test_what_was_published_is_found_and_nothing_else(broker: Broker, unique_name: str) -> None:
    settings = RuntimeSettings(kafka_bootstrap_servers=broker.bootstrap_servers)
    await create_topics(broker.bootstrap_servers)
    publisher = Publisher(settings, "lectern/test", lambda: datetime(2026, 1, 1, tzinfo=UTC))
    await publisher.start()
    try:
        published = [ended(f"{unique_name}-{number}"[-100:]) for number in range(20)]
        published.append(
            ControlChanged(event_id=uuid.uuid4(), job_id=published[0].job_id, attempt=1, canceled=True)
        )
        waiting = [ended(f"{unique_name}-{number}"[-100:]) for number in range(20)]
        await publisher.publish(published)
        assert await publisher.already([*waiting, *published]) == {event.event_id for event in published}
        assert await publisher.already([]) == set()
    finally:
        await publisher.stop()


async def test_what_was_rolled_back_is_not_found_and_ours_is_behind_what_is_open(
    broker: Broker, unique_name: str
) -> None:
    settings = RuntimeSettings(kafka_bootstrap_servers=broker.bootstrap_servers)
    await create_topics(broker.bootstrap_servers)
    publisher = Publisher(settings, "lectern/test", lambda: datetime(2026, 1, 1, tzinfo=UTC))
    await publisher.start()
    aborted, ours = ended(unique_name[-100:]), ended(unique_name[-100:])  # on one partition
    headers = headers_of(aborted, source="test", time=datetime(2026, 1, 1, tzinfo=UTC))
    key = aborted.job_id.encode()
    try:
        async with producing(broker.bootstrap_servers, transactional_id=unique_name) as producer:
            await producer.begin_transaction()
            await producer.send_and_wait(JOBS.name, value_of(aborted), key=key, headers=headers)
            await producer.abort_transaction()
            await producer.begin_transaction()
            await producer.send_and_wait(JOBS.name, b"{}", key=key)
            await publisher.publish([ours])
            assert await publisher.already([aborted, ours]) == {ours.event_id}
            await producer.abort_transaction()
    finally:
        await publisher.stop()


async def test_a_broker_that_is_away_is_worth_another_try() -> None:
    publisher = Publisher(RuntimeSettings(kafka_bootstrap_servers="127.0.0.1:1"), "lectern/test")
    with pytest.raises(TransientError) as raised:
        await publisher.already([ended("j")])
    assert raised.value.code is ErrorCode.BROKER_UNAVAILABLE
