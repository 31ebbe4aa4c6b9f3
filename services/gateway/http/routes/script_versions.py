"""A script's versions and scenes over HTTP: read, compare, edit one scene."""

from typing import Annotated

from fastapi import APIRouter, Path, Query, Response

from contracts.base import Id
from contracts.errors import PermanentError
from services.gateway.http.middleware.body import JsonRequest, JsonRoute
from services.gateway.http.models import (
    DiffResponse,
    ScenePatch,
    ScriptResponse,
    VersionInfo,
    VersionResponse,
)
from services.gateway.http.routes.scripts import IfMatch, precondition, told, version_of
from services.gateway.service import Service
from services.gateway.web.problems import responses

MAX_NUMBER = 2**31 - 1
Number = Annotated[int, Path(ge=0, le=MAX_NUMBER)]


def router(service: Service) -> APIRouter:
    """Return the routes below a script."""
    routes = APIRouter(tags=["scripts"], route_class=JsonRoute)

    @routes.patch(
        "/scripts/{script_id}/chapters/{chapter_id}/scenes/{scene_id}",
        summary="Edit one scene: a new draft, to be approved again",
        response_model=ScriptResponse,
        responses=responses(400, 404, 409, 412, 413, 422),
    )
    async def edit_scene(
        script_id: Id,
        chapter_id: Number,
        scene_id: Number,
        body: ScenePatch,
        request: JsonRequest,
        response: Response,
        if_match: IfMatch = None,
    ) -> object:
        request.forget()
        changes = body.model_dump(exclude_unset=True)
        place, version = (chapter_id, scene_id), version_of(if_match)
        try:
            changed = await service.edit_scene(script_id, place, changes, version=version)
        except PermanentError as error:
            return precondition(error, if_match)
        return told(changed, response)

    @routes.get(
        "/scripts/{script_id}/versions",
        summary="A script's newest 100 versions, oldest first",
        responses=responses(404),
    )
    async def versions(script_id: Id) -> list[VersionInfo]:
        return [VersionInfo.of(item) for item in await service.versions(script_id)]

    @routes.get("/scripts/{script_id}/versions/{version}", summary="Read a version", responses=responses(404))
    async def version(script_id: Id, version: Number) -> VersionResponse:
        return VersionResponse.of_text(await service.version(script_id, version))

    @routes.get(
        "/scripts/{script_id}/diff",
        summary="What changed between two versions, scene by scene",
        responses=responses(404),
    )
    async def changes(
        script_id: Id,
        before: Annotated[int, Query(ge=1, le=MAX_NUMBER)],
        after: Annotated[int, Query(ge=1, le=MAX_NUMBER)],
    ) -> DiffResponse:
        changed = await service.difference(script_id, before, after)
        return DiffResponse(script_id=script_id, before=before, after=after, changes=changed)

    return routes
