"""Commands as CloudEvents: what SDKs write is obeyed, what cannot be obeyed is refused with words."""

import base64
import json
from collections.abc import Iterable
from typing import Any
from uuid import UUID

import pytest
from cloudevents.core.bindings import kafka
from cloudevents.core.v1.event import CloudEvent
from cloudevents.v1.http import CloudEvent as OlderCloudEvent
from cloudevents.v1.kafka import to_binary, to_structured
from hypothesis import given
from hypothesis import strategies as st

from contracts.commands import RetryRender, command_id, parse_command
from contracts.errors import ErrorCode, PermanentError

TYPE = "lectern.render.retry.v1"
ATTRIBUTES = {"type": TYPE, "source": "/backend", "id": "order 7/2", "specversion": "1.0"}
FIELDS = {"job_id": "job-1"}
STRUCTURED = [("content-type", b"application/cloudevents+json; charset=utf-8")]

Headers = list[tuple[str, bytes | None]]


def envelope(**changes: object) -> bytes:
    """Return an envelope; a change to ``None`` leaves the attribute out."""
    whole = {**ATTRIBUTES, "data": FIELDS, **changes}
    return json.dumps({name: value for name, value in whole.items() if value is not None}).encode()


def headers(**changes: str | None) -> Headers:
    whole: dict[str, str | None] = {**ATTRIBUTES, **changes}
    return [(f"ce_{name}", text.encode()) for name, text in whole.items() if text is not None]


def of_type(content_type: str) -> Headers:
    return [("content-type", f"application/{content_type}".encode())]


def refused(value: bytes | None, given_headers: Iterable[tuple[str, bytes | None]] = ()) -> PermanentError:
    with pytest.raises(PermanentError) as caught:
        parse_command(value, given_headers)
    assert len(caught.value.message) < 500
    return caught.value


def as_list(given_headers: Any) -> Headers:
    return [
        (name, value if isinstance(value, bytes) else value.encode()) for name, value in given_headers.items()
    ]


def as_bytes(value: Any) -> bytes:
    return value if isinstance(value, bytes) else value.encode()


@pytest.mark.parametrize(
    ("data", "content_type"),
    [
        (FIELDS, {"datacontenttype": "application/json"}),
        (json.dumps(FIELDS), {"datacontenttype": "application/json"}),
        (json.dumps(FIELDS), {}),
        (json.dumps(FIELDS).encode(), {}),
    ],
)
def test_what_the_sdk_writes_in_either_mode_is_one_command(data: Any, content_type: dict[str, str]) -> None:
    event = CloudEvent({**ATTRIBUTES, **content_type}, data)
    commands = [
        parse_command(as_bytes(message.value), as_list(message.headers))
        for message in (kafka.to_binary_event(event), kafka.to_structured_event(event))
    ]
    assert commands[0] == commands[1]
    assert isinstance(commands[0], RetryRender)
    assert (commands[0].job_id, commands[0].command_id is not None) == ("job-1", True)


@pytest.mark.parametrize("data", [FIELDS, json.dumps(FIELDS)])
def test_an_sdk_that_does_not_announce_its_envelope_is_understood(data: Any) -> None:
    event = OlderCloudEvent({**ATTRIBUTES, "datacontenttype": "application/json"}, data)
    for write in (to_binary, to_structured):
        message = write(event, key_mapper=lambda _: "job-1")
        command = parse_command(as_bytes(message.value), as_list(message.headers))
        assert isinstance(command, RetryRender)
        assert command.job_id == "job-1"


@pytest.mark.parametrize("name", ["content-type", "Content-Type", "CONTENT-TYPE"])
@pytest.mark.parametrize(
    "content_type",
    [
        "application/cloudevents+json", "application/cloudevents+json; charset=utf-8",
        'Application/CloudEvents+JSON;charset="UTF-8"', "application/cloudevents", "application/json", "",
    ],
)  # fmt: skip
def test_however_the_content_type_is_written_an_envelope_is_opened(name: str, content_type: str) -> None:
    command = parse_command(envelope(), [(name, content_type.encode())])
    assert isinstance(command, RetryRender)


def test_header_names_may_be_in_any_case_and_the_body_may_have_a_byte_order_mark() -> None:
    shouted: Headers = [(name.upper(), value) for name, value in headers()]
    plain = parse_command(json.dumps(FIELDS).encode(), headers())
    assert parse_command(b"\xef\xbb\xbf" + json.dumps(FIELDS).encode(), shouted) == plain
    assert parse_command(b"\xef\xbb\xbf" + json.dumps({**FIELDS, "type": TYPE}).encode()) == RetryRender(
        job_id="job-1"
    )


def test_the_job_may_stand_in_the_subject_only_and_the_body_outranks_it() -> None:
    for command in (
        parse_command(b"{}", headers(subject="job-2")),
        parse_command(envelope(data={}, subject="job-2"), STRUCTURED),
    ):
        assert isinstance(command, RetryRender)
        assert command.job_id == "job-2"
    named = parse_command(json.dumps(FIELDS).encode(), headers(subject="anything else"))
    assert isinstance(named, RetryRender)
    assert named.job_id == "job-1"


def test_source_and_id_together_name_a_command_whatever_the_mode() -> None:
    first = command_id(parse_command(envelope(), STRUCTURED))
    body = json.dumps(FIELDS).encode()
    assert command_id(parse_command(body, headers(time="2026-01-01T00:00:00Z"))) == first
    others = [
        headers(source="/other"), headers(id="order 7/3"), headers(source="/backendorder", id=" 7/2"),
        headers(id="6f1f6d0e-3f0c-5b7a-9a44-0d3b4a1c2e5f"), headers(id=None), headers(source=None),
    ]  # fmt: skip
    ids = {command_id(parse_command(body, other)) for other in others}
    assert first not in ids
    assert len(ids) == 5  # without one of them there is no CloudEvent to name: the body does


def test_a_command_id_of_its_own_outranks_the_cloud_event() -> None:
    own = "6f1f6d0e-3f0c-5b7a-9a44-0d3b4a1c2e5f"
    command = parse_command(envelope(data={**FIELDS, "command_id": own}), STRUCTURED)
    assert command.command_id == UUID(own)


@pytest.mark.parametrize(
    ("value", "given_headers", "code", "words"),
    [
        (b"[]", of_type("cloudevents-batch+json"), "COMMAND_INVALID", "record of its own"),
        (envelope(), of_type("cloudevents+avro"), "COMMAND_INVALID", "cloudevents+json"),
        (envelope(), of_type("cloudevents+json; charset=utf-16"), "COMMAND_INVALID", "UTF-8"),
        (envelope(specversion="0.3"), STRUCTURED, "COMMAND_INVALID", "specversion 1.0"),
        (b'{"job_id":"j"}', headers(specversion="0.3"), "COMMAND_INVALID", "specversion 1.0"),
        (envelope(id=None), STRUCTURED, "COMMAND_INVALID", "lacks id"),
        (envelope(source="", type=None), STRUCTURED, "COMMAND_INVALID", "lacks source, type"),
        (envelope(id=7), STRUCTURED, "COMMAND_INVALID", "lacks id"),
        (envelope(data=None), STRUCTURED, "COMMAND_INVALID", "either data"),
        (envelope(data_base64="e30="), STRUCTURED, "COMMAND_INVALID", "not both"),
        (envelope(data=[FIELDS]), STRUCTURED, "EVENT_MALFORMED", "JSON object"),
        (envelope(data="job-1"), STRUCTURED, "EVENT_MALFORMED", "JSON object"),
        (envelope(data=None, data_base64="%%%"), STRUCTURED, "COMMAND_INVALID", "Base64"),
        (envelope(data=None, data_base64="가"), STRUCTURED, "COMMAND_INVALID", "Base64"),
        (envelope(data=None, data_base64="/w=="), STRUCTURED, "EVENT_MALFORMED", "UTF-8"),
        (envelope(data={**FIELDS, "type": "lectern.x.v1"}), STRUCTURED, "COMMAND_INVALID", "ce_type"),
        (b'{"type":"lectern.render.cancel.v1","job_id":"j"}', headers(), "COMMAND_INVALID", "ce_type"),
        (b'{"job_id":"j"}', headers(type="lectern.x.v1"), "EVENT_TYPE_UNKNOWN", TYPE),
        (b'{"job_id":"j"}', [], "EVENT_TYPE_UNKNOWN", "ce_type"),
        (b"{}", headers(), "COMMAND_INVALID", "job_id"),
        (b"{}", headers(subject="no id!"), "COMMAND_INVALID", "job_id"),
        (None, headers(), "EVENT_MALFORMED", "JSON object"),
        (b"{", STRUCTURED, "EVENT_MALFORMED", "CloudEvent"),
    ],
)  # fmt: skip
def test_what_cannot_be_obeyed_is_refused_with_words(
    value: bytes | None, given_headers: Headers, code: str, words: str
) -> None:
    error = refused(value, given_headers)
    assert error.code.value == code
    assert words in error.message


def test_a_bare_command_is_obeyed_whatever_else_its_headers_say() -> None:
    body = json.dumps({**FIELDS, "type": TYPE, "specversion": "9", "source": "/x", "id": "1"}).encode()
    other: Headers = [("content-type", b"text/plain"), ("ce_type", None), ("ce_id", b"\xff"), ("x", b"\0")]
    assert parse_command(body, other) == RetryRender(job_id="job-1")


texts = st.none() | st.text(max_size=8) | st.sampled_from([TYPE, "1.0", "application/json", "job-1"])


@given(
    attributes=st.dictionaries(
        st.sampled_from(["specversion", "id", "source", "type", "data", "data_base64", "subject"]),
        texts | st.just(FIELDS) | st.just(base64.b64encode(b'{"job_id":"j"}').decode()) | st.lists(texts),
    ),
    given_headers=st.lists(
        st.tuples(
            st.sampled_from(["content-type", "ce_type", "ce_id", "ce_source", "ce_specversion", "x"]),
            st.none() | st.binary(max_size=8) | st.sampled_from([TYPE.encode(), b"1.0", STRUCTURED[0][1]]),
        ),
        max_size=5,
    ),
)  # fmt: skip
def test_any_envelope_is_a_command_or_a_permanent_error(
    attributes: dict[str, Any], given_headers: Headers
) -> None:
    try:
        assert isinstance(command_id(parse_command(json.dumps(attributes).encode(), given_headers)), UUID)
    except PermanentError as error:
        assert error.code in {  # noqa: PT017 - either outcome is right
            ErrorCode.EVENT_MALFORMED, ErrorCode.EVENT_TYPE_UNKNOWN, ErrorCode.COMMAND_INVALID,
        }  # fmt: skip
