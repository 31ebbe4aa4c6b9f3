"""The documents that are served and committed are valid, and so is all that they claim about themselves."""

import json
from pathlib import Path
from typing import Any, cast

import pytest
from openapi_spec_validator import OpenAPIV31SpecValidator

from contracts import export
from contracts.rendering import RenderSettings
from services.gateway.app import create_app
from services.gateway.live.hub import Hub
from services.gateway.realtime.asyncapi import asyncapi_document
from services.gateway.service import Service
from services.gateway.settings import GatewaySettings
from tests.support.json_schemas import broken, claims_of, claims_within

SCHEMAS = sorted((export.FOLDER / "schemas").glob("*.json"))


@pytest.fixture(scope="module")
def openapi() -> dict[str, Any]:
    service = Service(
        cast("Any", None), cast("Any", None), Hub(), defaults=RenderSettings(), now=cast("Any", None)
    )
    return create_app(service, GatewaySettings(), [], new_id=lambda: "x").openapi()


def test_the_openapi_document_is_valid(openapi: dict[str, Any]) -> None:
    document = json.loads(json.dumps(openapi))
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    assert document["servers"]
    assert document["info"]["license"]["identifier"] == "Apache-2.0"
    known = {tag["name"] for tag in document["tags"]}
    used = {
        tag for path in document["paths"].values() for operation in path.values() for tag in operation["tags"]
    }
    assert used == known


def test_every_default_and_example_of_the_openapi_document_fits_its_schema(openapi: dict[str, Any]) -> None:
    claims = list(claims_within(openapi))
    assert any(place.endswith("/default") for place, _, _ in claims)
    assert any("/components/schemas/" in place and "/examples/" in place for place, _, _ in claims)
    assert any(place.startswith("#/paths/") and place.endswith("/example") for place, _, _ in claims)
    assert broken(iter(claims), openapi) == []


def test_a_default_that_its_own_schema_forbids_is_found() -> None:
    document = {"components": {"schemas": {"Patch": {"properties": {"a": {"minLength": 1, "default": ""}}}}}}
    assert broken(claims_within(document), document) == [
        "#/components/schemas/Patch/properties/a/default: '' should be non-empty"
    ]


def test_every_default_and_example_of_the_sockets_document_fits_its_schema() -> None:
    document = asyncapi_document()
    claims = list(claims_within(document))
    assert len(claims) > len(document["components"]["messages"])
    assert broken(iter(claims), document) == []


@pytest.mark.parametrize("path", SCHEMAS, ids=lambda path: path.stem)
def test_every_default_and_example_of_a_records_schema_fits(path: Path) -> None:
    schema = json.loads(path.read_bytes())
    assert broken(claims_of(schema, "#"), {key: schema[key] for key in schema if key != "$id"}) == []


def test_every_claim_of_the_topics_document_fits() -> None:
    document = json.loads((export.FOLDER / "asyncapi.json").read_bytes())
    assert broken(claims_within(document), document) == []
