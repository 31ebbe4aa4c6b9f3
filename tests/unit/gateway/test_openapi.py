"""The OpenAPI document as such: a valid example for each operation, and limits where there are any."""

from collections.abc import Iterator
from typing import Any, cast

import pytest
from jsonschema import Draft202012Validator

from contracts.errors import ErrorCode, TransientError
from contracts.rendering import RenderSettings
from services.gateway.app import create_app
from services.gateway.http.openapi import FRAME_RATES
from services.gateway.live.hub import Hub
from services.gateway.service import Service
from services.gateway.settings import GatewaySettings
from tests.unit.gateway.conftest import SCRIPT, Harness

Operation = tuple[str, str, dict[str, Any]]


@pytest.fixture(scope="module")
def document() -> dict[str, Any]:
    service = Service(
        cast("Any", None), cast("Any", None), Hub(), defaults=RenderSettings(), now=cast("Any", None)
    )
    app = create_app(service, GatewaySettings(), [], new_id=lambda: "x")
    assert app.openapi() is app.openapi()
    return app.openapi()


def operations(document: dict[str, Any]) -> Iterator[Operation]:
    for path, methods in document["paths"].items():
        for method, operation in methods.items():
            yield method.upper(), path, operation


def check(document: dict[str, Any], schema: dict[str, Any], value: object) -> None:
    validator(document, schema).validate(value)


def validator(document: dict[str, Any], schema: dict[str, Any]) -> Draft202012Validator:
    return Draft202012Validator({**schema, "components": document["components"]})


def test_every_operation_has_examples_that_are_valid(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        name = f"{method} {path}"
        for parameter in operation.get("parameters", ()):
            if parameter["required"]:
                check(document, parameter["schema"], parameter["example"])
        if "requestBody" in operation:
            content = operation["requestBody"]["content"]["application/json"]
            assert content["example"] is not None, name
            check(document, content["schema"], content["example"])
        answers = {
            s: r["content"] for s, r in operation["responses"].items() if s[0] == "2" and "content" in r
        }
        assert answers or path.startswith("/assets"), name
        for contents in answers.values():
            for content in contents.values():
                check(document, content.get("schema", {}), content["example"])


def test_every_operation_says_how_it_fails(document: dict[str, Any]) -> None:
    for method, path, operation in operations(document):
        failures = {status for status in operation["responses"] if status >= "400"}
        assert "403" in failures, (method, path)
        if method != "GET":
            assert {"413", "503", "507"} <= failures, (method, path)
            assert "requestBody" not in operation or {"400", "422"} <= failures, (method, path)
        assert ("503" in failures) is not (
            path in {"/", "/livez", "/metrics"} or path.startswith("/assets")
        ), path


async def test_headers_that_are_said_to_come_come(harness: Harness) -> None:
    document = (await harness.client.get("/openapi.json")).json()
    script_id = await harness.script("v-1")

    def promised(method: str, path: str, status: int) -> set[str]:
        headers = document["paths"][f"/api/v2{path}"][method]["responses"][str(status)]["headers"]
        return {name.lower() for name, header in headers.items() if header["required"]}

    read = await harness.client.get(f"/api/v2/scripts/{script_id}")
    assert promised("get", "/scripts/{script_id}", 200) == {"etag"} <= set(read.headers)
    made = await harness.client.post("/api/v2/videos/v-1/render-jobs", json={"script_id": script_id})
    create = "/videos/{video_id}/render-jobs"
    assert promised("post", create, made.status_code) == {"location"} <= set(made.headers)


async def test_a_ledger_that_is_away_is_told_as_the_document_says(
    harness: Harness, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def away(*_: object, **__: object) -> None:
        raise TransientError(ErrorCode.LEDGER_UNAVAILABLE, "the database is locked")

    document = (await harness.client.get("/openapi.json")).json()
    monkeypatch.setattr(harness.gateway.ledger, "read", away)
    monkeypatch.setattr(harness.gateway.ledger, "write", away)
    answer = await harness.client.get("/api/v2/render-jobs")
    assert (answer.status_code, answer.json()["code"]) == (503, "LEDGER_UNAVAILABLE")
    assert "503" in document["paths"]["/api/v2/render-jobs"]["get"]["responses"]
    metrics = await harness.client.get("/metrics")  # wanted most just now
    assert (metrics.status_code, "lectern_ledger_away_seconds" in metrics.text) == (200, True)


def test_what_a_film_can_be_made_with_is_said(document: dict[str, Any]) -> None:
    for rate in range(1, 70):
        taken = rate in FRAME_RATES
        wish = {"script_id": "s", "options": {"fps": rate}}
        schema = {"$ref": "#/components/schemas/RenderJobRequest"}
        assert validator(document, schema).is_valid(wish) is taken
        if taken:
            RenderSettings(fps=rate)
        else:
            with pytest.raises(ValueError, match="fps"):
                RenderSettings(fps=rate)


@pytest.mark.parametrize(
    ("path", "value"),
    [
        (("chapters", 0, "chapter_id"), "1"),
        (("chapters", 0, "scenes", 0, "scene_id"), "1"),
        (("chapters", 0, "scenes", 0, "scene_id"), True),
        (("chapters", 0, "scenes", 0, "duration_sec"), "3.5"),
        (("chapters", 0, "scenes", 0, "duration_sec"), False),
        (("chapters", 0, "scenes", 0, "narration"), "a\0b"),
        (("title",), "\0"),
    ],
)
async def test_what_is_no_number_or_no_text_is_told(
    harness: Harness, path: tuple[str | int, ...], value: object
) -> None:
    script_id = await harness.script("v")
    body: Any = {
        **SCRIPT,
        "chapters": [{**SCRIPT["chapters"][0], "scenes": [dict(SCRIPT["chapters"][0]["scenes"][0])]}],
    }
    target = body
    for step in path[:-1]:
        target = target[step]
    target[path[-1]] = value
    answer = await harness.client.put(f"/api/scripts/{script_id}", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "COMMAND_INVALID")
    assert str(path[-1]) in answer.json()["detail"]


@pytest.mark.parametrize("field", ["target_minutes", "max_chapters", "max_scenes_per_chapter"])
async def test_a_wish_in_words_is_told(harness: Harness, field: str) -> None:
    body = {"source_text": "x", field: "3"}
    answer = await harness.client.post("/api/videos/v/scripts/generate", json=body)
    assert (answer.status_code, answer.json()["code"]) == (422, "COMMAND_INVALID")


async def test_a_whole_number_may_be_written_with_a_point(harness: Harness) -> None:
    script_id = await harness.script("v")
    wish = {"script_id": script_id, "options": {"width": 1920.0, "fps": 24.0}}
    answer = await harness.client.post("/api/v2/videos/v/render-jobs", json=wish)
    assert answer.status_code == 201, answer.text
    job = await harness.read(answer.json()["job_id"])
    assert (job["settings"]["width"], job["settings"]["fps"]) == (1920, 24)
