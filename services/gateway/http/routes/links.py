"""Links to a job's finished files, for whoever may read the job."""

from datetime import datetime
from typing import Literal

from fastapi import APIRouter
from pydantic import Field

from contracts.base import Id, Model
from services.gateway.auth.signed_links import Linking
from services.gateway.service import Service
from services.gateway.web.problems import responses


class LinkResponse(Model):
    """Where a finished file is to be had."""

    kind: Literal["video", "srt", "vtt", "thumbnail", "report"]
    url: str = Field(description="a path of this gateway, or a whole URL")
    content_type: str
    size_bytes: int
    expires_at: datetime | None = Field(description="until when the link opens the file; null: for good")


class LinksResponse(Model):
    """The files of a job; none as long as it is not completed."""

    job_id: str
    links: tuple[LinkResponse, ...]


def router(service: Service, linking: Linking) -> APIRouter:
    """Return the route.

    Args:
        service: knows the jobs.
        linking: makes links.
    """
    routes = APIRouter(tags=["render jobs"])

    @routes.get(
        "/render-jobs/{job_id}/links",
        summary="Links to a job's finished files",
        description="Where files are signed (`STORAGE_ASSETS=signed`), a link opens one file for some hours,"
        " and the addresses in jobs and events need a token. Elsewhere links are those addresses.",
        responses=responses(404, 422),
    )
    async def links(job_id: Id) -> LinksResponse:
        told = []
        for asset in (await service.get_job(job_id)).assets:
            link = await linking.link(asset)
            told.append(
                LinkResponse(
                    kind=asset.kind,
                    url=link.url,
                    content_type=asset.content_type,
                    size_bytes=asset.size_bytes,
                    expires_at=link.expires_at,
                )
            )
        return LinksResponse(job_id=job_id, links=tuple(told))

    return routes
