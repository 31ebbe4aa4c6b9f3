"""Every event of ours is a CloudEvent to the CloudEvents SDK, and what the SDK writes is ours: binary mode.

The encoding is by hand, for it is on the path of every record; the SDK says whether it is right.
"""

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent

from contracts.cloudevents import headers_of, parse_event, value_of
from contracts.events import EVENTS
from tests.contract.test_samples import EVENT_SAMPLES, name_of, wire

TIME = datetime(2026, 3, 1, 9, 30, 0, 123_000, tzinfo=UTC)
SOURCE = "/lectern/gateway"
PATHS = [path for path in EVENT_SAMPLES if path.parent.name in EVENTS]


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_what_we_write_the_sdk_reads_and_writes_again_with_the_same_headers(path: Path) -> None:
    event = parse_event(wire(path), [("ce_type", path.parent.name.encode())])
    ours = dict(headers_of(event, source=SOURCE, time=TIME, extra={"ce_sceneindex": "3"}))
    read = kafka.from_kafka_event(kafka.KafkaMessage(ours, event.job_id.encode(), value_of(event)))
    assert read.get_data() == json.loads(value_of(event))
    assert read.get_attributes() == {
        "specversion": "1.0",
        "id": str(event.event_id),
        "type": event.type,
        "source": SOURCE,
        "subject": event.job_id,
        "time": TIME,
        "dataschema": f"https://lectern.dev/schemas/{event.type}.json",
        "datacontenttype": "application/json; charset=utf-8",
        "sceneindex": "3",
        "partitionkey": event.job_id,  # the record's key, by the Kafka binding's extension
    }
    again = kafka.to_binary_event(read)
    assert isinstance(again.value, bytes)
    key = {"ce_partitionkey": event.job_id.encode()}
    assert {**again.headers, "ce_time": b""} == {**ours, **key, "ce_time": b""}
    assert again.key in {event.job_id, event.job_id.encode()}
    assert datetime.fromisoformat(again.headers["ce_time"].decode()) == TIME
    assert parse_event(again.value, list(again.headers.items())) == event


@pytest.mark.parametrize("path", PATHS, ids=name_of)
def test_what_the_sdk_writes_from_nothing_is_our_event(path: Path) -> None:
    name, body = path.parent.name, json.loads(wire(path))
    body.pop("type", None)  # the header says it
    message = kafka.to_binary_event(
        CloudEvent(
            {"id": "1", "type": name, "source": SOURCE, "specversion": "1.0", "time": TIME, "subject": "s"},
            body,
        )
    )
    assert isinstance(message.value, bytes)
    event = parse_event(message.value, list(message.headers.items()))
    assert event == parse_event(wire(path), [("ce_type", name.encode())])
    assert event.type == name
