"""Commands come from anybody: every byte string is a command or a typed error, never another exception."""

import json
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st

from contracts.commands import COMMANDS, GenerateScript, StartRender, command_id, parse_command
from contracts.errors import ErrorCode, PermanentError

START = {"type": "lectern.render.start.v1", "job_id": "job-1", "video_id": "video-1"}


def refused(value: bytes | None) -> ErrorCode:
    with pytest.raises(PermanentError) as caught:
        parse_command(value)
    assert len(caught.value.message) < 2000
    return caught.value.code


def with_spec(spec: bytes) -> bytes:
    return json.dumps({**START, "render_spec": "?"}).encode().replace(b'"?"', spec)


@pytest.mark.parametrize(
    "value",
    [
        None, b"", b" ", b"\xff\xfe", b"{", b"nul", b"null", b"[]", b'"text"', b"1", b"{} {}",
        json.dumps(START).encode("utf-16"),
        b"[" * 100_000,
        b'{"a":' * 100_000,
        with_spec(b'{"a":NaN}'), with_spec(b'{"a":Infinity}'), with_spec(b'{"a":1e999}'),
        with_spec(b'{"a":"\\ud800"}'), with_spec(b'{"\\udfff":1}'),
        with_spec(b'{"a":' + b"[" * 900 + b"]" * 900 + b"}"),
        with_spec(b'{"a":' + b"9" * 5000 + b"}"),
    ],
)  # fmt: skip
def test_what_is_no_json_object_is_malformed(value: bytes | None) -> None:
    assert refused(value) is ErrorCode.EVENT_MALFORMED


@pytest.mark.parametrize(
    "kind", ["", "lectern.render.start", "LECTERN.RENDER.START.V1", None, 1, [], {}, True]
)
def test_an_unknown_type_is_said_to_be_unknown(kind: object) -> None:
    assert refused(json.dumps({**START, "type": kind}).encode()) is ErrorCode.EVENT_TYPE_UNKNOWN


def test_a_command_without_type_is_of_unknown_type() -> None:
    assert refused(b"{}") is ErrorCode.EVENT_TYPE_UNKNOWN


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"job_id": "../../etc"}, "job_id"),
        ({"job_id": ""}, "job_id"),
        ({"job_id": "a\n"}, "job_id"),
        ({"job_id": "x" * 129}, "job_id"),
        ({"job_id": None}, "job_id"),
        ({"video_id": 7}, "video_id"),
        ({"render_spec": []}, "render_spec"),
        ({"options": {"fps": "fast"}}, "options.fps"),
        ({"options": {"voice": "x" * 101}}, "options.voice"),
        ({"command_id": "no-uuid"}, "command_id"),
    ],
)
def test_an_invalid_field_is_named(change: dict[str, object], field: str) -> None:
    with pytest.raises(PermanentError) as caught:
        parse_command(json.dumps({**START, **change}).encode())
    assert caught.value.code is ErrorCode.COMMAND_INVALID
    assert field in caught.value.message


def test_the_message_does_not_repeat_the_input() -> None:
    with pytest.raises(PermanentError) as caught:
        parse_command(json.dumps({**START, "job_id": "top secret!"}).encode())
    assert "secret" not in caught.value.message


def test_of_a_repeated_key_the_last_one_counts() -> None:
    command = parse_command(b'{"type":"lectern.render.retry.v1","job_id":"first","job_id":"second"}')
    assert getattr(command, "job_id", None) == "second"


def test_fields_of_a_newer_client_are_ignored() -> None:
    assert parse_command(json.dumps({**START, "priority": 9}).encode()) == StartRender(
        job_id="job-1", video_id="video-1"
    )


def test_the_defaults_are_those_of_the_specification() -> None:
    body = {"type": "lectern.script.generate.v1", "video_id": "v", "source_text": "글"}
    command = parse_command(json.dumps(body).encode())
    assert isinstance(command, GenerateScript)
    assert (command.language, command.target_minutes, command.max_chapters) == ("ko", 3, 5)
    assert (command.max_scenes_per_chapter, command.style) == (6, "friendly_security_training")


def test_the_same_command_has_the_same_id_and_another_one_another() -> None:
    first = parse_command(json.dumps(START).encode())
    assert command_id(first) == command_id(parse_command(json.dumps(dict(reversed(START.items()))).encode()))
    assert command_id(first) != command_id(parse_command(json.dumps({**START, "job_id": "job-2"}).encode()))
    own = UUID("6f1f6d0e-3f0c-5b7a-9a44-0d3b4a1c2e5f")
    assert command_id(first.model_copy(update={"command_id": own})) == own


json_values = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(st.binary() | st.builds(lambda value: json.dumps(value).encode(), json_values))
def test_any_bytes_are_a_command_or_a_permanent_error(value: bytes) -> None:
    try:
        command_id(parse_command(value))
    except PermanentError as error:
        assert error.code in {  # noqa: PT017 - either outcome is right
            ErrorCode.EVENT_MALFORMED, ErrorCode.EVENT_TYPE_UNKNOWN, ErrorCode.COMMAND_INVALID,
        }  # fmt: skip


@given(kind=st.sampled_from(sorted(COMMANDS)), fields=st.dictionaries(
    st.sampled_from(
        ["job_id", "video_id", "script_id", "command_id", "render_spec", "options", "source_text", "style"]
    ), json_values,
))  # fmt: skip
def test_any_fields_are_a_command_with_an_id_or_a_permanent_error(
    kind: str, fields: dict[str, object]
) -> None:
    value = json.dumps({"job_id": "j", "video_id": "v", "source_text": "글", **fields, "type": kind}).encode()
    try:
        assert isinstance(command_id(parse_command(value)), UUID)
    except PermanentError as error:
        assert error.code in {ErrorCode.EVENT_MALFORMED, ErrorCode.COMMAND_INVALID}  # noqa: PT017


def test_a_command_of_700_000_empty_lists_is_refused_before_it_is_read() -> None:
    value = b'{"type":"lectern.render.cancel.v1","job_id":"j","x":[' + b"[]," * 700_000 + b"[]]}"
    with pytest.raises(PermanentError, match="more than 400,000 values") as caught:
        parse_command(value)
    assert caught.value.code is ErrorCode.EVENT_TOO_LARGE
    assert parse_command(value.replace(b"[],", b"   ")).type == "lectern.render.cancel.v1"
