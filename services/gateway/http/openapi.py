"""The OpenAPI document beyond what types say: examples, and what a request must be like to be taken.

Whatever fits the document is taken, or answered with a conflict or "not found"; what a type cannot say, such
as a text that must not be blank, is said here. ``If-Match`` and ``Idempotency-Key`` are told in words: any
value of theirs is well formed, and yet one may be refused for what happened before.
"""

from enum import StrEnum
from typing import Any

from fastapi import FastAPI

from contracts.rendering import RenderSettings, Theme, TtsProvider, VisualStyle
from contracts.timeline import SAMPLE_RATE
from services.gateway.http.examples import EXAMPLES, Example
from services.gateway.http.paths import BASES

Schema = dict[str, Any]

TEXT = r"^[^\u0000]*$"
"""Any text: the one character that a database cannot hold is NUL."""

NOT_BLANK = r"^[^\u0000]*[^\s\u0000][^\u0000]*$"
LANGUAGE = r"^([Kk][Oo]|[Ee][Nn])([-_][A-Za-z0-9]{1,8}){0,3}$"
FRAME_RATES = [rate for rate in range(5, 61) if SAMPLE_RATE % rate == 0]

TIGHTER: dict[str, dict[str, Schema]] = {
    "ScriptGenerateRequest": {
        "source_text": {"pattern": NOT_BLANK},
        "language": {"pattern": LANGUAGE},
        "style": {"pattern": TEXT},
    },
    "ScriptBody": {"title": {"pattern": TEXT}, "language": {"pattern": LANGUAGE}},
    "ChapterBody": {"title": {"pattern": TEXT}},
    "SceneBody": {"narration": {"pattern": NOT_BLANK}, "on_screen_text": {"pattern": TEXT}},
    "ScenePatch": {"narration": {"pattern": NOT_BLANK}, "on_screen_text": {"pattern": TEXT}},
}
"""Of request bodies alone: an answer may hold more than a request."""

_LOCATION = {"Location": ("where it is read", True)}
_WAITED = {**_LOCATION, "Preference-Applied": ("how long the call was ready to wait", False)}
_TAGGED = {"ETag": ("its version, for `If-Match`", True)}

ANSWER_HEADERS: dict[tuple[str, str], dict[str, tuple[str, bool]]] = {
    ("POST", "/videos/{video_id}/scripts/generate"): _WAITED,
    ("POST", "/videos/{video_id}/render-jobs"): _WAITED,
    ("GET", "/scripts/{script_id}"): _TAGGED,
    ("PUT", "/scripts/{script_id}"): _TAGGED,
    ("POST", "/scripts/{script_id}/approve"): _TAGGED,
    ("PATCH", "/scripts/{script_id}/chapters/{chapter_id}/scenes/{scene_id}"): _TAGGED,
}
"""By method and path below the base: headers of good answers, what they tell, whether they always come."""

SERVERS = [{"url": "/", "description": "whichever gateway the document comes from"}]
LICENSE = {"name": "Apache-2.0", "identifier": "Apache-2.0"}
TAGS = [
    {"name": "scripts", "description": "From training text to an approved script"},
    {"name": "render jobs", "description": "From an approved script to a film"},
    {"name": "progress", "description": "How a job goes, as server-sent events"},
    {"name": "backend", "description": "What the customer's backend calls"},
    {"name": "assets", "description": "Finished files"},
    {"name": "operations", "description": "For probes, scrapers and developers"},
]

ABOUT = """Training text to narrated educational video.

Every `POST` takes an `Idempotency-Key` header of 1 to 200 characters: the same request again gets the first
one's answer (of `generate`: the same script, as it stands by then; of `stream-tickets`: another ticket, for
the key says nothing there); another one with that key gets 422.
Edits and approvals take `If-Match` with the `ETag` that was read; 412 tells that it is stale.
Errors are problem documents (RFC 9457) with a `code` for machines.
Wherever `GET` is, `HEAD` tells the same without a body, and `OPTIONS` what else there is."""


def describe(app: FastAPI) -> None:
    """Refine ``app``'s OpenAPI document."""
    generate = app.openapi

    def openapi() -> Schema:
        if app.openapi_schema is None:
            refine(generate())
        assert app.openapi_schema is not None
        return app.openapi_schema

    app.openapi = openapi  # type: ignore[method-assign]


def refine(document: Schema) -> None:
    """Add examples and what types do not say, in place."""
    document["info"]["description"] = ABOUT
    schemas = document["components"]["schemas"]
    for name, fields in TIGHTER.items():
        for field, more in fields.items():
            _string_of(schemas[name]["properties"][field]).update(more)
    schemas["JobOptions"] = _job_options(schemas["RenderOptions"])
    wish = schemas["RenderJobRequest"]["properties"]["options"]
    wish["$ref"] = "#/components/schemas/JobOptions"
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            route = (method.upper(), _below(path))
            headers = {
                header: {"description": about, "required": always, "schema": {"type": "string"}}
                for header, (about, always) in ANSWER_HEADERS.get(route, {}).items()
            }
            if headers:
                for response in (each for status, each in operation["responses"].items() if status < "300"):
                    response["headers"] = headers
            example = EXAMPLES.get(route)
            if example is not None:
                _exemplify(operation, example)


def _job_options(options: Schema) -> Schema:
    """Return the options of a job that is created: what a film can be made with."""
    allowed = RenderSettings.model_json_schema()["properties"]
    properties = {}
    for name, field in options["properties"].items():
        limits = {
            key: value
            for key, value in allowed[name].items()
            if key in {"minimum", "maximum", "multipleOf", "enum"}
        }
        branches = [dict(branch) for branch in field.get("anyOf", [field])]
        for branch in branches:
            if branch.get("type") != "null":
                branch.update(limits)
        properties[name] = {**field, "anyOf": branches}
    names: tuple[tuple[str, type[StrEnum]], ...] = (
        ("visual_style", VisualStyle), ("tts_provider", TtsProvider), ("theme", Theme),
    )  # fmt: skip
    for name, there_are in names:
        _string_of(properties[name])["enum"] = [each.value for each in there_are]
    _string_of(properties["voice"])["pattern"] = TEXT
    next(branch for branch in properties["fps"]["anyOf"] if "type" in branch).update(enum=FRAME_RATES)
    return {**options, "title": "JobOptions", "properties": properties}


def _string_of(field: Schema) -> Schema:
    """Return the part of a field's schema that is about text."""
    if field.get("type") == "string":
        return field
    part: Schema = next(branch for branch in field["anyOf"] if branch.get("type") == "string")
    return part


def _below(path: str) -> str:
    return next((path.removeprefix(base) for base in BASES if path.startswith(f"{base}/")), path)


def _exemplify(operation: Schema, example: Example) -> None:
    for parameter in operation.get("parameters", ()):
        if parameter["name"] in example.parameters:
            parameter["example"] = example.parameters[parameter["name"]]
    if "requestBody" in operation:
        operation["requestBody"]["content"]["application/json"]["example"] = example.request
    for status, body in example.answers.items():
        response = operation["responses"][str(status)]
        for content in response.get("content", {}).values():
            content["example"] = body
