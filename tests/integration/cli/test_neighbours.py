"""Two gateways with two ledgers on one Kafka would each lose half of the news."""

import pytest
from aiokafka import AIOKafkaConsumer

from contracts.errors import ErrorCode, PermanentError, TransientError
from contracts.topics import ASSETS_UPLOADED
from services.cli.gateway_check import GATEWAY_GROUP, refuse_beside_a_gateway
from services.runtime.actor import Actor
from services.runtime.engine.engine import group_of
from services.runtime.kafka.probe import free_port
from services.runtime.kafka.topics_admin import create_topics
from tests.support.brokers import Broker

pytestmark = pytest.mark.kafka


@pytest.mark.real_kafka
async def test_a_gateway_at_work_is_noticed(broker: Broker) -> None:
    await create_topics(broker.bootstrap_servers)
    await refuse_beside_a_gateway(broker.bootstrap_servers)
    consumer = AIOKafkaConsumer(
        ASSETS_UPLOADED.name,
        bootstrap_servers=broker.bootstrap_servers,
        group_id=GATEWAY_GROUP,
        enable_auto_commit=False,
    )
    await consumer.start()
    try:
        with pytest.raises(PermanentError, match="a gateway is at work") as caught:
            await refuse_beside_a_gateway(broker.bootstrap_servers)
    finally:
        await consumer.stop()
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
    await refuse_beside_a_gateway(broker.bootstrap_servers)


def test_the_group_is_the_engines() -> None:
    assert group_of(Actor("gateway", ()), ASSETS_UPLOADED.name) == GATEWAY_GROUP


async def test_a_kafka_that_is_away_is_a_transient_error() -> None:
    with pytest.raises(TransientError, match="does not answer"):
        await refuse_beside_a_gateway(f"127.0.0.1:{free_port()}")
