"""Which route a folder that is served without a token would open: asked of the router itself."""

from collections.abc import Iterator

from fastapi import FastAPI
from fastapi.routing import iter_route_contexts

from contracts.errors import ErrorCode, PermanentError


def refuse_overlap(app: FastAPI, base: str) -> None:
    """Return if no route is equal to ``base``, above it or below it; there is none where it is empty.

    The pages that the framework would serve of itself count as well, for somebody may turn them on.

    Args:
        app: with all routes but the folder's own.
        base: path of the folder.

    Raises:
        PermanentError: ``SETTINGS_INVALID``: one is.
    """
    if not base:  # a whole host of its own
        return
    for path in (*_paths(app), *_paths(FastAPI())):
        if _meet(_segments(path), _segments(base)):
            raise PermanentError(
                ErrorCode.SETTINGS_INVALID,
                f"STORAGE_PUBLIC_BASE_URL: what lies below {base} is served without a token, and the route"
                f" {path} is there: name a folder of its own, such as /assets",
            )


def _paths(app: FastAPI) -> Iterator[str]:
    for route in iter_route_contexts(app.routes):
        if route.path is not None:
            yield route.path


def _segments(path: str) -> list[str]:
    # proxies and file systems in front may take "API" and "api" for one name
    return [segment.lower() for segment in path.split("/") if segment]


def _meet(route: list[str], base: list[str]) -> bool:
    """Whether one of two paths is the other, or lies below it; nothing lies below the index page."""
    if not route:
        return not base
    return all(mine == theirs or mine.startswith("{") for mine, theirs in zip(route, base, strict=False))
