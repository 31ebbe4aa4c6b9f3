"""Names and error codes are open on the wire: a record may carry what this release has never heard of."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts import export
from contracts.cloudevents import parse_event, value_of
from contracts.commands import COMMANDS, StartRender, parse_command
from contracts.errors import ErrorCode, PermanentError, told_error
from contracts.events import EVENTS
from contracts.rendering import RenderSettings, Theme, TtsProvider, VisualStyle, check_names

NEWER = {"visual_style": "origami", "tts_provider": "studio-9.1", "theme": "dusk_2"}
WITH_SETTINGS = [name for name, event in EVENTS.items() if "settings" in event.model_fields]
CODES = {
    "lectern.script.rejected.v1": "code", "lectern.stage.failed.v1": "code", "lectern.job.failed.v1": "code",
    "lectern.command.rejected.v1": "code", "lectern.command.taken.v1": "code",
    "lectern.job.updated.v1": "error_code", "lectern.job.recorded.v1": "error_code",
    "lectern.script.recorded.v1": "error_code",
}  # fmt: skip


def newest(name: str) -> dict[str, Any]:
    """The newest sample of a type, which has every field."""
    paths = (export.FOLDER / "samples" / name).glob("*.json")
    body: dict[str, Any] = json.loads(max(paths, key=lambda path: int(path.stem)).read_bytes())
    return body


def wire(body: dict[str, Any]) -> bytes:
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def fits_the_schema(name: str, body: dict[str, Any]) -> bool:
    return bool(Draft202012Validator(export.schemas()[name]).is_valid(body))


def test_whatever_has_a_code_is_tried() -> None:
    fields = {(name, field) for name, event in EVENTS.items() for field in event.model_fields}
    assert {(name, field) for name, field in fields if field in {"code", "error_code"}} == set(CODES.items())


@pytest.mark.parametrize("name", WITH_SETTINGS)
def test_names_of_a_newer_release_are_read_and_passed_on_to_the_byte(name: str) -> None:
    body = newest(name)
    body["settings"] = {**RenderSettings().model_dump(), **(body["settings"] or {}), **NEWER}
    assert value_of(parse_event(wire(body))) == wire(body)
    assert fits_the_schema(name, body)


@pytest.mark.parametrize(("name", "field"), CODES.items())
def test_an_error_code_of_a_newer_release_is_read_and_passed_on_to_the_byte(name: str, field: str) -> None:
    body = {**newest(name), field: "GPU_LOST"}
    assert value_of(parse_event(wire(body))) == wire(body)
    assert fits_the_schema(name, body)


@pytest.mark.parametrize("field", NEWER)
@pytest.mark.parametrize("value", ["", "a" * 41, "Big", "two words", "line\n", "../up", "\x00", 7, None])
def test_a_name_is_bounded_and_plain(field: str, value: object) -> None:
    body = newest("lectern.scene.planned.v1")
    body["settings"] = {**body["settings"], field: value}
    if value != "line\n":  # Python's `$`, unlike that of JSON Schema, is before a last line break, too
        assert not fits_the_schema("lectern.scene.planned.v1", body)
    with pytest.raises(PermanentError, match=field) as caught:
        parse_event(wire(body))
    assert caught.value.code is ErrorCode.EVENT_MALFORMED


@pytest.mark.parametrize("value", ["", "A" * 41, "gpu_lost", "GPU LOST", "GPU\n", "7_LOST", 7])
@pytest.mark.parametrize(("name", "field"), CODES.items())
def test_an_error_code_is_bounded_and_plain(name: str, field: str, value: object) -> None:
    with pytest.raises(PermanentError, match=field):
        parse_event(wire({**newest(name), field: value}))


def test_each_code_of_ours_fits_the_wire() -> None:
    for code in ErrorCode:
        parse_event(wire({**newest("lectern.stage.failed.v1"), "code": code}))


def enumerated(node: object) -> Iterator[str]:
    """Every value of every list of values in a schema."""
    if isinstance(node, dict):
        yield from (str(value) for value in node.get("enum", ()))
        yield from (value for child in node.values() for value in enumerated(child))
    elif isinstance(node, list):
        yield from (value for child in node for value in enumerated(child))


@pytest.mark.parametrize("name", [*COMMANDS, *EVENTS])
def test_no_schema_lists_what_there_is(name: str) -> None:
    ours = {each.value for names in (TtsProvider, Theme, VisualStyle, ErrorCode) for each in names}
    assert ours.isdisjoint(enumerated(export.schemas()[name]))


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ({"visual_style": "origami"}, ["visual_style", "origami", "basic, animated"]),
        ({"tts_provider": "nobody"}, ["tts_provider", "nobody", "mock, kokoro"]),
        ({"theme": "neon"}, ["theme", "neon", "auto, harbor-light", "plum-dark"]),
        ({"theme": "Big Name\n" * 40}, ["theme", "harbor-light"]),
    ],
)
def test_what_is_asked_for_and_unknown_is_refused_with_what_there_is(
    asked: dict[str, str], told: list[str]
) -> None:
    names: dict[str, str | None] = {"visual_style": None, "tts_provider": None, "theme": None}
    with pytest.raises(PermanentError) as caught:
        check_names(**{**names, **asked})
    assert caught.value.code is ErrorCode.SETTINGS_INVALID
    assert all(part in caught.value.message for part in told)
    assert len(caught.value.message) < 400


def test_what_there_is_is_taken() -> None:
    for style, provider, theme in zip(VisualStyle, TtsProvider, list(Theme)[:2], strict=True):
        check_names(style, provider, theme)
    check_names(None, None, None)


@pytest.mark.parametrize("field", NEWER)
def test_a_command_may_name_what_nobody_knows_so_that_the_gateway_can_say_what_there_is(field: str) -> None:
    body = {
        "type": "lectern.render.start.v1",
        "job_id": "j",
        "video_id": "v",
        "options": {field: "Neon Nights"},
    }
    command = parse_command(wire(body))
    assert isinstance(command, StartRender)
    assert getattr(command.options, field) == "Neon Nights"


def test_an_error_that_is_told_again_keeps_its_code_or_names_it() -> None:
    known = told_error("TTS_FAILED", "no voice", ErrorCode.INTERNAL_ERROR)
    assert (known.code, known.message) == (ErrorCode.TTS_FAILED, "no voice")
    newer = told_error("GPU_LOST", "it fell out", ErrorCode.INTERNAL_ERROR)
    assert newer.code is ErrorCode.INTERNAL_ERROR
    assert "GPU_LOST" in newer.message
    assert "it fell out" in newer.message
    assert told_error(None, None, ErrorCode.TTS_FAILED).code is ErrorCode.TTS_FAILED
