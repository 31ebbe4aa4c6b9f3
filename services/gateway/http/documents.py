"""Documents that are the same for everybody until the next release: built once, told with a validator."""

import hashlib
import json
from collections.abc import Callable, Mapping
from functools import cache
from typing import Any

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FRESH_SECONDS = 300
"""How long a browser or a proxy need not ask again. Longer: what a release changed is read late."""


def document_route(path: str, build: Callable[[], Mapping[str, Any]]) -> Route:
    """Return the route of a JSON document.

    Args:
        path: where it is read.
        build: makes it, when somebody first asks: that takes a tenth of a second or two.
    """

    @cache
    def built() -> tuple[bytes, str]:
        body = json.dumps(build(), ensure_ascii=False, separators=(",", ":")).encode()
        return body, f'"{hashlib.sha256(body).hexdigest()[:32]}"'

    async def read(request: Request) -> Response:
        body, tag = built()
        headers = {"ETag": tag, "Cache-Control": f"public, max-age={FRESH_SECONDS}"}
        known = request.headers.get("if-none-match", "")
        if known.strip() == "*" or tag in [each.strip().removeprefix("W/") for each in known.split(",")]:
            return Response(status_code=304, headers=headers)
        return Response(body, headers=headers, media_type="application/json")

    return Route(path, read, include_in_schema=False)
