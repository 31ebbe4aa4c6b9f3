"""What a test calls that starts an Apache Kafka of its own, to break it or to change its topics."""

import os

import pytest

from ops.kafka.distribution import missing_tools
from tests.support.brokers import REQUIRE


def need_own_kafka() -> None:
    """Skip the test where Apache Kafka cannot be started; fail it where one is required."""
    missing = missing_tools()
    if missing and os.environ.get(REQUIRE) == "1":
        pytest.fail(f"{REQUIRE}=1, but Apache Kafka cannot be started here: {missing}")
    if missing:
        pytest.skip(f"needs an Apache Kafka of its own, which needs Java and Maven: {missing}")
