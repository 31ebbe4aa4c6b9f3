"""Problem documents (RFC 9457): how a server of ours says no, whichever layer of it does."""

import json
from http import HTTPStatus
from typing import Any

from services.runtime.observability.redaction import redact

MEDIA_TYPE = "application/problem+json"
TYPE_BASE = "https://lectern.dev/problems/"

_TITLES = {
    413: "Content Too Large",
    416: "Range Not Satisfiable",
    422: "Unprocessable Content",
}  # RFC 9110's names; the standard library's differ from version to version


def title_of(status: int) -> str:
    """Return the status's name."""
    return _TITLES.get(status) or HTTPStatus(status).phrase


def problem_of(status: int, code: str, detail: str) -> dict[str, Any]:
    """Return the document's fields."""
    return {
        "type": f"{TYPE_BASE}{code}",
        "title": title_of(status),
        "status": status,
        "detail": redact(detail),
        "code": code,
    }


def problem_bytes(status: int, code: str, detail: str) -> bytes:
    """Return the document as it travels."""
    return json.dumps(problem_of(status, code, detail), separators=(",", ":")).encode()
