"""Each rule of compatibility, in both directions."""

from typing import Any

import pytest
from pydantic import BaseModel, Field

from contracts.compat import incompatibilities

OLD: dict[str, Any] = {
    "type": "object",
    "properties": {
        "id": {"type": "string", "minLength": 1, "maxLength": 10, "pattern": "^a", "format": "uuid"},
        "count": {"type": "integer", "minimum": 0, "maximum": 9, "multipleOf": 2},
        "style": {"type": "string", "enum": ["basic", "animated"]},
        "note": {"anyOf": [{"type": "string"}, {"type": "null"}], "default": None},
        "lines": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2},
        "free": {"type": "object", "additionalProperties": {"type": "integer"}},
        "claim": {"$ref": "#/$defs/Claim"},
        "kind": {"const": "a"},
    },
    "required": ["id", "count"],
    "$defs": {"Claim": {"type": "object", "title": "Claim", "properties": {"uri": {"type": "string"}}}},
}


def changed(field: str, **keywords: Any) -> dict[str, Any]:
    properties = {**OLD["properties"], field: {**OLD["properties"].get(field, {}), **keywords}}
    return {**OLD, "properties": properties}


def without(field: str, *keywords: str) -> dict[str, Any]:
    kept = {name: value for name, value in OLD["properties"][field].items() if name not in keywords}
    return {**OLD, "properties": {**OLD["properties"], field: kept}}


COMPATIBLE = {
    "nothing": OLD,
    "new optional field": changed("voice", type="string"),
    "description": changed("id", description="other", title="Id", examples=["a1"]),
    "order of values": changed("style", enum=["animated", "basic"]),
    "order of required": {**OLD, "required": ["count", "id"]},
    "renamed definition": {
        **OLD,
        "properties": {**OLD["properties"], "claim": {"$ref": "#/$defs/ClaimCheck"}},
        "$defs": {"ClaimCheck": {**OLD["$defs"]["Claim"], "title": "ClaimCheck"}},
    },
}

INCOMPATIBLE = {
    "count: the field was removed": {
        **OLD,
        "properties": {name: node for name, node in OLD["properties"].items() if name != "count"},
        "required": ["id"],
    },
    "voice: the field is new and required": {
        **changed("voice", type="string"), "required": [*OLD["required"], "voice"],
    },
    "style: the field is required now": {**OLD, "required": [*OLD["required"], "style"]},
    "count: the field is optional now": {**OLD, "required": ["id"]},
    "count: integer is no longer accepted": changed("count", type="string"),
    "count: number is new": changed("count", type=["integer", "number"]),
    "note: null is no longer accepted": changed("note", anyOf=[{"type": "string"}]),
    "id: null is new": {
        **OLD,
        "properties": {**OLD["properties"], "id": {"anyOf": [OLD["properties"]["id"], {"type": "null"}]}},
    },
    "style: the values no longer include 'animated'": changed("style", enum=["basic"]),
    "style: the values now include 'cinema'": changed("style", enum=["basic", "animated", "cinema"]),
    "style: the values now include others": without("style", "enum"),
    "kind: the values no longer include 'a'": changed("kind", const="b"),
    "id: the values no longer include others": changed("id", enum=["a"]),
    "id: minLength is tighter": changed("id", minLength=2),
    "id: minLength is looser": changed("id", minLength=0),
    "id: maxLength is tighter": changed("id", maxLength=9),
    "id: maxLength is looser": without("id", "maxLength"),
    "count: minimum is tighter": changed("count", minimum=1),
    "count: minimum is looser": without("count", "minimum"),
    "count: maximum is tighter": changed("count", maximum=8),
    "count: maximum is looser": changed("count", maximum=10),
    "count: exclusiveMinimum is tighter": changed("count", exclusiveMinimum=-1),
    "count: multipleOf changed": changed("count", multipleOf=4),
    "lines: minItems is looser": changed("lines", minItems=0),
    "lines: maxItems is tighter": changed("lines", maxItems=1),
    "lines: uniqueItems changed": changed("lines", uniqueItems=True),
    "lines[]: string is no longer accepted": changed("lines", items={"type": "integer"}),
    "lines: the type of the list's items": without("lines", "items"),
    "id: pattern changed": changed("id", pattern="^b"),
    "id: format changed": without("id", "format"),
    "note: the default changed": changed("note", default="-"),
    "free{}: integer is no longer accepted": changed("free", additionalProperties={"type": "string"}),
    "the record: additionalProperties changed": {**OLD, "additionalProperties": False},
    "claim.uri: maxLength is tighter": {
        **OLD,
        "$defs": {
            "Claim": {
                "type": "object", "title": "Claim",
                "properties": {"uri": {"type": "string", "maxLength": 5}},
            },
        },
    },
}  # fmt: skip


@pytest.mark.parametrize("new", COMPATIBLE.values(), ids=COMPATIBLE.keys())
def test_what_breaks_nobody_is_allowed(new: dict[str, Any]) -> None:
    assert incompatibilities(OLD, new) == []


@pytest.mark.parametrize(("problem", "new"), INCOMPATIBLE.items(), ids=INCOMPATIBLE.keys())
def test_what_breaks_somebody_is_said_with_its_place(problem: str, new: dict[str, Any]) -> None:
    assert any(each.startswith(problem) for each in incompatibilities(OLD, new)), incompatibilities(OLD, new)


@pytest.mark.parametrize("new", INCOMPATIBLE.values(), ids=INCOMPATIBLE.keys())
def test_no_breaking_change_can_be_taken_back_quietly(new: dict[str, Any]) -> None:
    assert incompatibilities(new, OLD)


class Leaf(BaseModel):
    name: str


class Tree(BaseModel):
    leaf: Leaf
    branches: list["Tree"] = Field(default_factory=list)


def test_a_schema_that_contains_itself_is_compared_to_an_end() -> None:
    old, new = Tree.model_json_schema(), Tree.model_json_schema()
    assert incompatibilities(old, new) == []
    new["$defs"]["Leaf"]["required"] = []
    assert [each.split(":")[0] for each in incompatibilities(old, new)] == ["leaf.name"]


def test_alternatives_of_one_type_are_told_apart() -> None:
    def union(*titles: str) -> dict[str, Any]:
        return {"anyOf": [{"type": "object", "title": title, "properties": {}} for title in titles]}

    assert incompatibilities(union("A", "B"), union("B", "A")) == []
    assert incompatibilities(union("A", "B"), union("A", "C")) == [
        "the record: object B is no longer accepted: new readers refuse old records",
        "the record: object C is new: old readers refuse new records",
    ]
