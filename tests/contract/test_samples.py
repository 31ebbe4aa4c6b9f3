"""Golden samples: records as they really travel. They are added to, never edited."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator, FormatChecker

from contracts import export
from contracts.base import MAX_RECORD_BYTES
from contracts.cloudevents import parse_event, value_of
from contracts.commands import COMMANDS, command_id, parse_command
from contracts.events import EVENTS
from contracts.topics import TOPIC_OF_TYPE
from contracts.upcasters import UPCASTERS

FOLDER = export.FOLDER / "samples"
SAMPLES = sorted(FOLDER.glob("*/*.json"))
EVENT_SAMPLES = [path for path in SAMPLES if path.parent.name not in COMMANDS]
COMMAND_SAMPLES = [path for path in SAMPLES if path.parent.name in COMMANDS]


def name_of(path: Path) -> str:
    return f"{path.parent.name}-{path.stem}"


def wire(path: Path) -> bytes:
    """The record: the sample without the spaces that make it readable."""
    body = json.loads(path.read_bytes())
    return json.dumps(body, ensure_ascii=False, separators=(",", ":")).encode()


def without_newer_fields(written: Any, sample: Any) -> Any:
    """What was written, less the fields that were added, with a default, after the sample was taken."""
    if isinstance(written, Mapping) and isinstance(sample, Mapping):
        return {
            key: without_newer_fields(value, sample[key]) for key, value in written.items() if key in sample
        }
    if isinstance(written, list) and isinstance(sample, list):
        return [without_newer_fields(*pair) for pair in zip(written, sample, strict=True)]
    return written


@pytest.mark.parametrize("name", [*COMMANDS, *EVENTS, *UPCASTERS])
def test_every_type_has_a_minimal_and_a_full_sample(name: str) -> None:
    assert len(list((FOLDER / name).glob("*.json"))) >= 2


def test_every_sample_is_of_a_known_type() -> None:
    assert {path.parent.name for path in SAMPLES} <= {*COMMANDS, *EVENTS, *UPCASTERS}


@pytest.mark.parametrize("path", SAMPLES, ids=name_of)
def test_a_sample_validates_against_its_schema_and_every_released_one(path: Path) -> None:
    body, name = json.loads(path.read_bytes()), path.parent.name
    schemas = [json.loads((export.FOLDER / "schemas" / f"{name}.json").read_bytes())]
    schemas += [types[name] for types in export.released(export.FOLDER).values() if name in types]
    for schema in schemas:
        Draft202012Validator(schema, format_checker=FormatChecker()).validate(body)


@pytest.mark.parametrize("path", EVENT_SAMPLES, ids=name_of)
def test_an_event_round_trips_byte_for_byte(path: Path) -> None:
    record = wire(path)
    event = parse_event(record)
    assert event.type == path.parent.name
    written = value_of(event)
    if written != record:
        kept = without_newer_fields(json.loads(written), json.loads(record))
        assert json.dumps(kept, ensure_ascii=False, separators=(",", ":")).encode() == record
    assert value_of(parse_event(written)) == written


@pytest.mark.parametrize("name", EVENTS)
def test_the_newest_sample_of_an_event_has_every_field_it_has_now(name: str) -> None:
    newest = max((FOLDER / name).glob("*.json"), key=lambda path: int(path.stem))
    assert value_of(parse_event(wire(newest))) == wire(newest)


@pytest.mark.parametrize("path", EVENT_SAMPLES, ids=name_of)
def test_the_header_and_the_body_name_the_same_type(path: Path) -> None:
    headers = [("ce_type", path.parent.name.encode())]
    body = json.loads(path.read_bytes())
    del body["type"]
    assert parse_event(json.dumps(body).encode(), headers) == parse_event(wire(path))


@pytest.mark.parametrize("path", EVENT_SAMPLES, ids=name_of)
def test_an_event_that_gained_a_field_is_still_understood(path: Path) -> None:
    body = json.loads(path.read_bytes())
    newer = json.dumps({**body, "added_in_1_1": {"any": ["thing"]}}).encode()
    assert parse_event(newer) == parse_event(wire(path))


@pytest.mark.parametrize("path", EVENT_SAMPLES, ids=name_of)
def test_an_event_without_any_one_required_field_is_refused_by_model_and_schema(path: Path) -> None:
    body = json.loads(path.read_bytes())
    schema = json.loads((export.FOLDER / "schemas" / f"{path.parent.name}.json").read_bytes())
    validator = Draft202012Validator(schema)
    for field in schema["required"]:
        less = {name: value for name, value in body.items() if name != field}
        assert not validator.is_valid(less), field
        with pytest.raises(Exception, match="EVENT_MALFORMED"):
            parse_event(json.dumps(less).encode())


@pytest.mark.parametrize("path", COMMAND_SAMPLES, ids=name_of)
def test_a_command_is_understood_and_keeps_its_id(path: Path) -> None:
    command = parse_command(wire(path))
    body = json.loads(path.read_bytes())
    assert command.model_dump(mode="json", exclude_unset=True) == body
    assert command_id(command) == command_id(parse_command(path.read_bytes()))
    assert body.get("command_id") in (None, str(command_id(command)))


@pytest.mark.parametrize("path", SAMPLES, ids=name_of)
def test_a_sample_fits_a_record_and_has_a_topic(path: Path) -> None:
    assert len(wire(path)) <= MAX_RECORD_BYTES
    assert path.parent.name in TOPIC_OF_TYPE
