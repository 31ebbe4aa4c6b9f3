"""The topics table becomes topics, on whichever broker there is."""

from dataclasses import replace

import pytest
from aiokafka.admin import AIOKafkaAdminClient, NewPartitions
from aiokafka.admin.config_resource import ConfigResource, ConfigResourceType

from contracts.errors import ErrorCode, PermanentError, TransientError
from contracts.topics import CONTROL, DLQ_CONFIG, SCENE_PLANNED, TOPICS, Topic, all_topic_names
from services.runtime.kafka.probe import free_port
from services.runtime.kafka.topics_admin import TopicState, create_topics, list_topics
from tests.support.brokers import Broker
from tests.support.eventually import eventually

pytestmark = pytest.mark.kafka


def _own(prefix: str) -> list[Topic]:
    return [replace(topic, name=f"{prefix}{topic.name}") for topic in TOPICS]


async def test_creates_all_topics_and_their_dead_letters(broker: Broker, topic_prefix: str) -> None:
    created = await create_topics(broker.bootstrap_servers, topics=_own(topic_prefix))
    assert {status.name for status in created} == {f"{topic_prefix}{name}" for name in all_topic_names()}
    assert {status.state for status in created} == {TopicState.CREATED}
    assert all(status.actual == status.declared for status in created)


async def test_a_second_run_changes_nothing(broker: Broker, topic_prefix: str) -> None:
    await create_topics(broker.bootstrap_servers, topics=_own(topic_prefix))
    again = await create_topics(broker.bootstrap_servers, topics=_own(topic_prefix))
    assert {status.state for status in again} == {TopicState.OK}
    assert await list_topics(broker.bootstrap_servers, topics=_own(topic_prefix)) == again


async def test_listing_reports_what_is_missing_and_creates_nothing(broker: Broker, topic_prefix: str) -> None:
    for _ in range(2):
        listed = await list_topics(broker.bootstrap_servers, topics=_own(topic_prefix))
        assert {status.state for status in listed} == {TopicState.MISSING}
        assert all(status.differs for status in listed)


async def test_other_partition_counts_are_reported_and_left_alone(broker: Broker, topic_prefix: str) -> None:
    few = Topic(f"{topic_prefix}few", (), partitions=2, dead_letters=False)
    many = Topic(f"{topic_prefix}many", (), partitions=5, dead_letters=False)
    await create_topics(broker.bootstrap_servers, topics=[few, many])
    table = [replace(few, partitions=3), replace(many, partitions=3)]
    for _ in range(2):
        first, second = await create_topics(broker.bootstrap_servers, topics=table)
        assert (first.state, first.actual) == (TopicState.FEWER_PARTITIONS, 2)
        assert (second.state, second.actual) == (TopicState.MORE_PARTITIONS, 5)


async def test_topics_get_the_configuration_of_the_table(broker: Broker, topic_prefix: str) -> None:
    own = [replace(topic, name=f"{topic_prefix}{topic.name}") for topic in (CONTROL, SCENE_PLANNED)]
    await create_topics(broker.bootstrap_servers, topics=own)
    configured = await _configurations(broker, own[0].name, own[1].name, own[1].dlq)
    assert configured[own[0].name]["cleanup.policy"] == "compact"
    assert configured[own[1].name]["cleanup.policy"] == "delete"
    assert configured[own[1].name]["retention.ms"] == str(SCENE_PLANNED.retention_ms)
    assert DLQ_CONFIG.items() <= configured[own[1].dlq].items()


@pytest.mark.real_kafka
async def test_a_replication_factor_the_cluster_cannot_give_is_refused(
    broker: Broker, topic_prefix: str
) -> None:
    with pytest.raises(PermanentError, match=r"refused to create .*replicat") as caught:
        await create_topics(
            broker.bootstrap_servers, replication_factor=99, topics=[Topic(f"{topic_prefix}x", ())]
        )
    assert caught.value.code is ErrorCode.SETTINGS_INVALID


async def test_a_broker_that_is_away_is_a_transient_error() -> None:
    nobody = f"127.0.0.1:{free_port()}"
    with pytest.raises(TransientError, match=nobody) as caught:
        await list_topics(nobody)
    assert caught.value.code is ErrorCode.BROKER_UNAVAILABLE


@pytest.mark.real_kafka
async def test_partitions_added_by_hand_are_seen(broker: Broker, topic_prefix: str) -> None:
    topic = Topic(f"{topic_prefix}grown", (), partitions=2, dead_letters=False)
    await create_topics(broker.bootstrap_servers, topics=[topic])
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    await admin.create_partitions({topic.name: NewPartitions(4)})
    await admin.close()

    async def grown() -> bool:
        (status,) = await list_topics(broker.bootstrap_servers, topics=[topic])
        assert (status.state, status.actual) == (TopicState.MORE_PARTITIONS, 4)
        return True

    await eventually(grown)


async def _configurations(broker: Broker, *names: str) -> dict[str, dict[str, str]]:
    admin = AIOKafkaAdminClient(bootstrap_servers=broker.bootstrap_servers)
    await admin.start()
    try:
        answers = await admin.describe_configs(
            [ConfigResource(ConfigResourceType.TOPIC, name) for name in names]
        )
    finally:
        await admin.close()
    return {
        resource[3]: {entry[0]: entry[1] for entry in resource[4]}
        for answer in answers
        for resource in answer.resources
    }
