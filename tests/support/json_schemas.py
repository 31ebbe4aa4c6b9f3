"""What a JSON Schema, or a document full of them, claims about itself: its defaults and its examples."""

from collections.abc import Iterator, Mapping
from typing import Any

from jsonschema import Draft202012Validator, FormatChecker
from referencing import Registry
from referencing.jsonschema import DRAFT202012

SCHEMAS_BY_NAME = ("properties", "patternProperties", "$defs", "definitions", "dependentSchemas")
SCHEMAS_IN_LISTS = ("anyOf", "oneOf", "allOf", "prefixItems")
SCHEMAS = ("items", "additionalProperties", "not", "if", "then", "else", "contains", "propertyNames",
           "unevaluatedProperties", "unevaluatedItems")  # fmt: skip

Claim = tuple[str, Mapping[str, Any], Any]
"""Where it stands, the schema, the value that is claimed to fit."""


def claims_of(schema: Any, place: str) -> Iterator[Claim]:
    """Every default and example of a schema and of all schemas within it."""
    if not isinstance(schema, Mapping):
        return
    bare = {key: value for key, value in schema.items() if key not in {"default", "example", "examples"}}
    for key in ("default", "example"):
        if key in schema:
            yield f"{place}/{key}", bare, schema[key]
    for number, value in enumerate(schema.get("examples", ())):
        yield f"{place}/examples/{number}", bare, value
    for key in SCHEMAS_BY_NAME:
        for name, each in schema.get(key, {}).items():
            yield from claims_of(each, f"{place}/{key}/{name}")
    for key in SCHEMAS_IN_LISTS:
        for number, each in enumerate(schema.get(key, ())):
            yield from claims_of(each, f"{place}/{key}/{number}")
    for key in SCHEMAS:
        yield from claims_of(schema.get(key), f"{place}/{key}")


def claims_within(node: Any, place: str = "#") -> Iterator[Claim]:
    """Every claim of an OpenAPI or AsyncAPI document: of its schemas, and of what carries one."""
    if isinstance(node, list):
        for number, each in enumerate(node):
            yield from claims_within(each, f"{place}/{number}")
    if not isinstance(node, Mapping):
        return
    yield from _examples(node, place)
    for key, each in node.items():
        below = f"{place}/{key}"
        if key in {"schema", "payload"} or (key == "headers" and "type" in each):
            yield from claims_of(each, below)
        elif below == "#/components/schemas":
            for name, schema in each.items():
                yield from claims_of(schema, f"{below}/{name}")
        elif key not in {"example", "examples"}:
            yield from claims_within(each, below)


def _examples(node: Mapping[str, Any], place: str) -> Iterator[Claim]:
    """What a parameter, a header, a media type or a message shows of itself."""
    if "schema" in node and "example" in node:
        yield f"{place}/example", node["schema"], node["example"]
    if "schema" in node:
        for name, example in node.get("examples", {}).items():
            yield f"{place}/examples/{name}", node["schema"], example["value"]
    if "payload" in node:
        for number, example in enumerate(node.get("examples", ())):
            yield f"{place}/examples/{number}", node["payload"], example["payload"]


def broken(claims: Iterator[Claim], document: Mapping[str, Any]) -> list[str]:
    """The claims that do not hold; references lead into ``document``."""
    resource = DRAFT202012.create_resource(document)
    registry: Registry[Any] = Registry().with_resource("urn:document", resource)
    found = []
    for place, schema, value in claims:
        validator = Draft202012Validator(_absolute(schema), registry=registry, format_checker=FormatChecker())
        found += [f"{place}: {error.message}" for error in validator.iter_errors(value)]
    return found


def _absolute(node: Any) -> Any:
    if isinstance(node, list):
        return [_absolute(each) for each in node]
    if not isinstance(node, Mapping):
        return node
    return {
        key: f"urn:document{value}" if key == "$ref" and isinstance(value, str) else _absolute(value)
        for key, value in node.items()
    }
