"""The envelope: headers out, headers in, and everything a header can be."""

import json
from datetime import UTC, datetime
from uuid import UUID, uuid5

import pytest
from cloudevents.core.bindings import kafka
from cloudevents.v1.kafka import KafkaMessage as OlderMessage
from cloudevents.v1.kafka import from_binary
from hypothesis import given
from hypothesis import strategies as st

from contracts.base import NAMESPACE, claim_check, derived_id
from contracts.cloudevents import decoded_headers, headers_of, parse_event, value_from, value_of
from contracts.errors import ErrorCode, PermanentError
from contracts.events import ControlChanged, ScriptGenerated

ID = UUID("6f1f6d0e-3f0c-5b7a-9a44-0d3b4a1c2e5f")
EVENT = ControlChanged(event_id=ID, job_id="job-1", attempt=2, canceled=True)
TIME = datetime(2026, 3, 1, 9, 30, 0, 123_456, tzinfo=UTC)


def refused(value: bytes | None, headers: list[tuple[str, bytes | None]] | None = None) -> ErrorCode:
    with pytest.raises(PermanentError) as caught:
        parse_event(value, headers or ())
    assert len(caught.value.message) < 2000
    return caught.value.code


def test_the_headers_are_cloudevents_in_binary_mode() -> None:
    headers = dict(
        headers_of(EVENT, source="/lectern/gateway", time=TIME, extra={"traceparent": "00-1-2-01"})
    )
    assert headers == {
        "ce_specversion": b"1.0",
        "ce_id": str(ID).encode(),
        "ce_type": b"lectern.control.changed.v1",
        "ce_source": b"/lectern/gateway",
        "ce_subject": b"job-1",
        "ce_time": b"2026-03-01T09:30:00.123+00:00",
        "ce_dataschema": b"https://lectern.dev/schemas/lectern.control.changed.v1.json",
        "content-type": b"application/json; charset=utf-8",
        "traceparent": b"00-1-2-01",
    }


def test_null_and_binary_headers_are_left_out_and_the_last_of_a_name_wins() -> None:
    headers = [("a", None), ("b", b"\xff\xfe"), ("c", b"first"), ("c", "둘째".encode()), ("d", b"")]
    assert decoded_headers(headers) == {"c": "둘째", "d": ""}


@pytest.mark.parametrize("header", [None, b"\xff\xfe", b""])
def test_without_a_readable_type_header_the_body_says_the_type(header: bytes | None) -> None:
    assert parse_event(value_of(EVENT), [("ce_type", header)]) == EVENT


def test_the_header_outranks_the_body() -> None:
    body = json.loads(value_of(EVENT)) | {"type": "lectern.script.rejected.v1"}
    assert parse_event(json.dumps(body).encode(), [("ce_type", EVENT.type.encode())]) == EVENT


@pytest.mark.parametrize(
    "value", [None, b"", b"{", b"[]", b"null", b"\xff", b"[" * 100_000, '{"a":1}'.encode("utf-16")]
)
def test_what_is_no_json_object_is_malformed(value: bytes | None) -> None:
    assert refused(value, [("ce_type", EVENT.type.encode())]) is ErrorCode.EVENT_MALFORMED


@pytest.mark.parametrize("ignored", ["NaN", "Infinity", "-Infinity", '"\\ud800"', "[" * 250 + "]" * 250])
@pytest.mark.parametrize("headers", [[], [("ce_type", EVENT.type.encode())]])
def test_what_cannot_be_written_again_is_malformed_even_in_a_field_that_nobody_reads(
    ignored: str, headers: list[tuple[str, bytes | None]]
) -> None:
    value = value_of(EVENT)[:-1] + f',"later":{ignored}}}'.encode()
    assert refused(value, headers) is ErrorCode.EVENT_MALFORMED


@pytest.mark.parametrize("ignored", ['"NaN"', '"-Infinity"', '"가"', "1e308", "[" * 50 + "]" * 50])
def test_a_field_of_a_newer_producer_is_ignored_whatever_its_text(ignored: str) -> None:
    value = value_of(EVENT)[:-1] + f',"later":{ignored}}}'.encode()
    assert parse_event(value, [("ce_type", EVENT.type.encode())]) == parse_event(value) == EVENT


@pytest.mark.parametrize("type_", ["lectern.unknown.v1", "lectern.render.start.v1", 1, None, [], {}])
def test_an_unknown_type_is_said_to_be_unknown(type_: object) -> None:
    assert refused(json.dumps({"type": type_}).encode()) is ErrorCode.EVENT_TYPE_UNKNOWN


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("job_id", "../etc"), ("job_id", "a\u0000"), ("job_id", 1), ("attempt", 0), ("attempt", 1.5),
        ("attempt", "one"), ("event_id", "x"), ("schema_version", 0), ("canceled", "perhaps"),
    ],
)  # fmt: skip
def test_an_invalid_field_is_malformed(field: str, value: object) -> None:
    body = json.loads(value_of(EVENT)) | {field: value}
    assert refused(json.dumps(body).encode()) is ErrorCode.EVENT_MALFORMED


@pytest.mark.parametrize(
    "uri", ["file:///etc/passwd", "cas:../../etc/passwd", "cas:" + "0" * 63, "cas:" + "0" * 64 + "\n"]
)
def test_a_claim_check_is_never_a_location(uri: str) -> None:
    event = ScriptGenerated(
        event_id=ID, job_id="s", attempt=1, video_id="v",
        script=claim_check(b"{}", "application/json"), chapters=1, scenes=1,
    )  # fmt: skip
    body = json.loads(value_of(event))
    body["script"]["uri"] = uri
    assert refused(json.dumps(body).encode()) is ErrorCode.EVENT_MALFORMED


def test_a_redelivered_record_yields_the_same_ids_and_outputs_differ() -> None:
    assert derived_id(ID, "tts") == derived_id(str(ID), "tts", 0)
    assert len({derived_id(ID, stage, index) for stage in ("tts", "slides") for index in range(50)}) == 100


def test_after_keeps_what_both_events_have() -> None:
    previous = ScriptGenerated(
        event_id=ID, job_id="s", attempt=3, video_id="v",
        script=claim_check(b"{}", "application/json"), chapters=1, scenes=1,
    )  # fmt: skip
    follower = ControlChanged.after(previous, derived_id(ID, "gateway"), canceled=True)
    assert (follower.job_id, follower.attempt, follower.canceled) == ("s", 3, True)
    assert follower.event_id == derived_id(ID, "gateway")


@given(
    value=st.binary() | st.none(),
    headers=st.lists(st.tuples(st.text(), st.none() | st.binary()), max_size=4),
)
def test_any_record_is_an_event_or_a_permanent_error(
    value: bytes | None, headers: list[tuple[str, bytes | None]]
) -> None:
    assert refused(value, headers) in {ErrorCode.EVENT_MALFORMED, ErrorCode.EVENT_TYPE_UNKNOWN}


def test_what_we_publish_is_read_by_the_sdk() -> None:
    headers = headers_of(EVENT, source="lectern/gateway", time=TIME, extra={"traceparent": "00-1-2-01"})
    message = kafka.KafkaMessage(dict(headers), b"job-1", value_of(EVENT))
    event = kafka.from_kafka_event(message)
    assert (event.get_id(), event.get_type(), event.get_source()) == (str(ID), EVENT.type, "lectern/gateway")
    assert (event.get_subject(), event.get_specversion()) == ("job-1", "1.0")
    assert event.get_time() == TIME.replace(microsecond=123_000)
    assert event.get_dataschema() == f"https://lectern.dev/schemas/{EVENT.type}.json"
    assert event.get_data() == json.loads(value_of(EVENT))
    older = from_binary(OlderMessage(headers=dict(headers), key=b"job-1", value=value_of(EVENT)))
    assert (older["id"], older["type"], older.data) == (str(ID), EVENT.type, event.get_data())


def test_an_event_that_the_sdk_writes_again_is_the_same_event() -> None:
    headers = headers_of(EVENT, source="lectern/gateway", time=TIME)
    event = kafka.from_kafka_event(kafka.KafkaMessage(dict(headers), b"job-1", value_of(EVENT)))
    again = kafka.to_binary_event(event)
    assert isinstance(again.value, bytes)
    assert parse_event(again.value, list(again.headers.items())) == EVENT


@given(st.one_of(st.uuids(), st.text()), st.text(), st.one_of(st.integers(), st.text()))
def test_a_derived_id_is_the_name_based_uuid_that_others_derive(
    parent: UUID | str, stage: str, index: int | str
) -> None:
    assert derived_id(parent, stage, index) == uuid5(NAMESPACE, f"{parent}/{stage}/{index}")


@given(st.text(max_size=50))
def test_an_event_is_published_as_it_is_written_down(script_id: str) -> None:
    event = EVENT.model_copy(update={"job_id": script_id})
    assert value_of(event) == value_from(event.type, event.model_dump_json())


def test_headers_tell_each_moment_to_the_millisecond() -> None:
    moments = [TIME.replace(microsecond=microsecond) for microsecond in (123_456, 123_999, 124_000)]
    told = [dict(headers_of(EVENT, source="x", time=each))["ce_time"] for each in moments]
    assert told == [b"2026-03-01T09:30:00.123+00:00"] * 2 + [b"2026-03-01T09:30:00.124+00:00"]
