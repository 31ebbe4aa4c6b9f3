"""The committed schemas, the AsyncAPI document and the releases say what the models say."""

import json
from pathlib import Path
from typing import Any

import pytest
from jsonschema import Draft202012Validator

from contracts import claimed, export
from contracts.cloudevents import SCENE_HEADER
from contracts.commands import COMMANDS
from contracts.events import EVENTS
from contracts.topics import TOPICS, all_topic_names


def test_the_committed_files_are_what_the_models_generate() -> None:
    stale = [str(path) for path in export.outdated(export.FOLDER)]
    assert stale == [], f"run `python -m contracts.export` and commit the result: {stale}"


def test_a_changed_model_a_missing_and_a_leftover_file_are_noticed(tmp_path: Path) -> None:
    assert len(export.write(tmp_path)) == len(COMMANDS) + len(EVENTS) + 1
    assert export.outdated(tmp_path) == []
    names = ["lectern.scene.spoken.v1.json", "lectern.scene.drawn.v1.json", "lectern.gone.v1.json"]
    changed, missing, leftover = (tmp_path / "schemas" / name for name in names)
    changed.write_bytes(changed.read_bytes().replace(b"speech", b"spech"))
    missing.unlink()
    leftover.write_text("{}")
    assert {path.name for path in export.outdated(tmp_path)} == set(names)
    assert export.main(["--check"], tmp_path) == 1
    assert export.main([], tmp_path) == 0
    assert export.main(["--check"], tmp_path) == 0


def test_generation_repeats_byte_for_byte() -> None:
    assert export.documents() == export.documents()


@pytest.mark.parametrize("name", [*COMMANDS, *EVENTS])
def test_every_type_has_a_valid_schema_that_names_it(name: str) -> None:
    schema = json.loads((export.FOLDER / "schemas" / f"{name}.json").read_bytes())
    Draft202012Validator.check_schema(schema)
    assert schema["$id"] == f"https://lectern.dev/schemas/{name}.json"
    assert schema["properties"]["type"]["const"] == name


def test_nothing_breaks_a_release() -> None:
    assert export.broken(export.FOLDER) == []


def test_a_change_that_breaks_the_release_that_is_out_is_found() -> None:
    """What is frozen is really compared: the fault is planted in each of its types."""
    assert set(export.released(export.FOLDER)) >= {"1.0"}
    types = export.released(export.FOLDER)["1.0"]
    changed = export.schemas()
    for name in types:
        changed[name]["properties"]["video_id_of_somebody"] = {"type": "string"}
        changed[name].setdefault("required", []).append("video_id_of_somebody")
    found = export.broken(export.FOLDER, changed)
    assert {line.split(": ")[0] for line in found} == {f"1.0 {name}" for name in types}


def test_a_release_freezes_the_schemas_and_later_changes_are_held_against_it(tmp_path: Path) -> None:
    export.write(tmp_path)
    assert export.main(["--freeze", "1.0"], tmp_path) == 0
    assert export.broken(tmp_path) == []
    assert set(export.released(tmp_path)["1.0"]) == {*COMMANDS, *EVENTS}
    changed = export.schemas()
    changed["lectern.scene.spoken.v1"]["required"].append("script_id")
    del changed["lectern.scene.drawn.v1"]
    problems = export.broken(tmp_path, changed)
    assert [problem.split(": ")[:2] for problem in problems] == [
        ["1.0 lectern.scene.drawn.v1", "the type is gone"],
        ["1.0 lectern.scene.spoken.v1", "script_id"],
    ]


def test_a_new_type_breaks_no_release(tmp_path: Path) -> None:
    export.freeze(tmp_path, "1.0")
    more = {**export.schemas(), "lectern.scene.dubbed.v1": {"type": "object"}}
    assert export.broken(tmp_path, more) == []


@pytest.mark.parametrize("version", ["../x", "v1", "", "1", "1.0\n"])
def test_a_release_has_a_version(tmp_path: Path, version: str) -> None:
    with pytest.raises(ValueError, match="not a version"):
        export.freeze(tmp_path, version)


def test_a_release_is_frozen_once_and_only_when_it_breaks_none(tmp_path: Path) -> None:
    export.freeze(tmp_path, "1.0")
    with pytest.raises(ValueError, match="already"):
        export.freeze(tmp_path, "1.0")
    released = tmp_path / "schemas/released/1.0/lectern.scene.spoken.v1.json"
    schema = json.loads(released.read_bytes())
    schema["properties"]["pitch"] = {"type": "number"}
    released.write_text(json.dumps(schema))
    assert export.main(["--freeze", "1.1"], tmp_path) == 1
    assert not (tmp_path / "schemas/released/1.1").exists()


def asyncapi() -> dict[str, Any]:
    document: dict[str, Any] = json.loads((export.FOLDER / "asyncapi.json").read_bytes())
    return document


def references(node: object) -> list[str]:
    if isinstance(node, dict):
        own = [node["$ref"]] if isinstance(node.get("$ref"), str) else []
        return own + [each for value in node.values() for each in references(value)]
    return [each for value in node for each in references(value)] if isinstance(node, list) else []


def test_asyncapi_has_every_topic_with_its_partitions_and_retention() -> None:
    channels = asyncapi()["channels"]
    assert set(channels) == set(all_topic_names())
    for topic in TOPICS:
        channel = channels[topic.name]
        assert set(channel["messages"]) == set(topic.types)
        kafka = channel["bindings"]["kafka"]
        assert kafka["partitions"] == topic.partitions
        assert kafka["topicConfiguration"].get("retention.ms") == topic.retention_ms


def test_every_reference_of_asyncapi_leads_somewhere() -> None:
    document = asyncapi()
    found = references(document)
    assert len(found) > len(EVENTS)
    for reference in found:
        if reference.startswith("./"):
            assert (export.FOLDER / reference).is_file(), reference
            continue
        node = document
        for part in reference.removeprefix("#/").split("/"):
            node = node[part]


def test_asyncapi_tells_of_every_header_that_a_scene_has() -> None:
    headers = asyncapi()["components"]["messageTraits"]["cloudEvent"]["headers"]["properties"]
    assert {SCENE_HEADER, claimed.HEADER} <= headers.keys()
    index = Draft202012Validator(headers[SCENE_HEADER])
    assert all(index.is_valid(text) for text in ("0", "7", "120"))
    assert not any(index.is_valid(text) for text in ("", "-1", "07", "1.0", "one", 1))
