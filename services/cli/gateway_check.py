"""Is a gateway at work on this Kafka? A second one with another ledger would take half of its events."""

from aiokafka.admin import AIOKafkaAdminClient
from aiokafka.errors import GroupCoordinatorNotAvailableError, KafkaError

from contracts.errors import ErrorCode, PermanentError, TransientError
from contracts.topics import ASSETS_UPLOADED

GATEWAY_GROUP = f"lectern.gateway.{ASSETS_UPLOADED.name}"
"""The consumer group that learns of finished films."""


async def refuse_beside_a_gateway(bootstrap_servers: str) -> None:
    """Return if no gateway is at work there.

    Raises:
        PermanentError: ``SETTINGS_INVALID``: one is; says what to do instead.
        TransientError: ``BROKER_UNAVAILABLE``.
    """
    admin = AIOKafkaAdminClient(bootstrap_servers=bootstrap_servers, client_id="lectern-render")
    try:
        await admin.start()
        answers = await admin.describe_consumer_groups([GATEWAY_GROUP])
    except GroupCoordinatorNotAvailableError:
        return  # a new Kafka: nobody has ever joined a group
    except (KafkaError, OSError) as error:
        raise TransientError(
            ErrorCode.BROKER_UNAVAILABLE, f"Kafka at {bootstrap_servers} does not answer: {error}"
        ) from None
    finally:
        await admin.close()
    # One group was asked for: (error, id, state, protocol type, protocol, members, ...).
    if any(members for answer in answers for _, _, _, _, _, members, *_ in answer.groups):
        raise PermanentError(
            ErrorCode.SETTINGS_INVALID,
            f"a gateway is at work on {bootstrap_servers}: send it the lesson over HTTP,"
            " or unset KAFKA_BOOTSTRAP_SERVERS to render here",
        )
