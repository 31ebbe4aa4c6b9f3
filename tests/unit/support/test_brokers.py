import re
from pathlib import Path

import pytest

from services.runtime.embedded_broker import EmbeddedBroker
from services.runtime.kafka.probe import free_port
from tests.support.brokers import Kind, UnavailableError, open_broker


@pytest.fixture
def bare_machine(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """A machine with neither Docker nor Java nor Maven."""
    monkeypatch.setenv("PATH", str(tmp_path))


@pytest.mark.usefixtures("bare_machine")
def test_the_embedded_broker_is_the_last_choice_and_says_why() -> None:
    with open_broker({}) as broker:
        assert broker.kind is Kind.EMBEDDED
        assert broker.embedded
        assert not broker.apache_kafka
        assert [reason.partition(":")[0] for reason in broker.passed_over] == [
            Kind.EXTERNAL,
            Kind.DOCKER,
            Kind.MAVEN,
        ]
        assert "java and mvn not on the PATH" in broker.passed_over[2]


@pytest.mark.usefixtures("bare_machine")
def test_without_apache_kafka_a_session_that_requires_it_fails() -> None:
    with (
        pytest.raises(UnavailableError, match="java and mvn not on the PATH"),
        open_broker({"LECTERN_REQUIRE_KAFKA": "1"}),
    ):
        pass


def test_a_compatible_broker_does_not_pass_for_apache_kafka() -> None:
    other = EmbeddedBroker()
    try:
        servers = other.start()
        with open_broker({"KAFKA_BOOTSTRAP_SERVERS": servers}) as broker:
            assert (broker.kind, broker.apache_kafka) == (Kind.EXTERNAL, False)
        required = {"KAFKA_BOOTSTRAP_SERVERS": servers, "LECTERN_REQUIRE_KAFKA": "1"}
        with pytest.raises(UnavailableError, match="is not Apache Kafka"), open_broker(required):
            pass
    finally:
        other.stop()


@pytest.mark.parametrize("form", ["nonsense", "127.0.0.1:{unused}"])
def test_a_broker_asked_for_by_name_is_never_replaced_by_another(form: str) -> None:
    servers = form.format(unused=free_port())
    with (
        pytest.raises(UnavailableError, match=re.escape(servers)),
        open_broker({"KAFKA_BOOTSTRAP_SERVERS": servers}),
    ):
        pass
