"""Deletes a topic and makes it again, whatever else happens to Kafka meanwhile."""

import asyncio

from aiokafka.admin import AIOKafkaAdminClient, NewTopic
from aiokafka.errors import KafkaError, TopicAlreadyExistsError, UnknownTopicOrPartitionError, for_code

from contracts.topics import Topic

PAUSE_SECONDS = 0.2


async def recreate(servers: str, topic: Topic) -> None:
    """Delete ``topic`` and make it again; a gateway that starts just then may be the one that makes it."""
    await _until_done(servers, topic, delete=True)
    await _until_done(servers, topic, delete=False)


async def _until_done(servers: str, topic: Topic, *, delete: bool) -> None:
    settled = {0, (UnknownTopicOrPartitionError if delete else TopicAlreadyExistsError).errno}
    while True:
        try:
            admin = AIOKafkaAdminClient(bootstrap_servers=servers)
            await admin.start()
            try:
                if delete:
                    codes = [
                        code for _, code, *_ in (await admin.delete_topics([topic.name])).topic_error_codes
                    ]
                else:
                    wanted = NewTopic(topic.name, topic.partitions, 1, topic_configs=topic.config)
                    codes = [code for _, code, *_ in (await admin.create_topics([wanted])).topic_errors]
            finally:
                await admin.close()
            if not set(codes) - settled:
                return
            raise for_code(next(code for code in codes if code not in settled))
        except KafkaError:
            await asyncio.sleep(PAUSE_SECONDS)
