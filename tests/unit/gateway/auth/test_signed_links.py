"""Who has a finished file: whoever was told its address, everybody, or whoever has a token or a link."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid5

import httpx
import pytest
from pydantic import SecretStr

from contracts.base import NAMESPACE
from contracts.events import AssetsUploaded, FilmFiles, JobCompleted, VideoComposed
from contracts.rendering import RenderSettings
from services.gateway.auth.access import AccessSettings
from services.gateway.auth.signed_links import LONGEST_QUERY, Signer
from services.gateway.settings import GatewaySettings
from services.runtime.artifacts import Blob
from services.runtime.cancel import CancelToken
from services.runtime.published_files import AssetAccess, AssetSecret, AssetSettings
from services.upload.actor import build
from services.upload.settings import UploadSettings
from tests.support.s3 import S3Server
from tests.unit.gateway.conftest import Harness, running

SECRETS = {"reader": "reader-secret-0123456789", "writer": "writer-secret-0123456789"}
FILM = b"a film" * 1_000


class Hands:
    """The part of the engine's context that the upload stage uses."""

    def __init__(self, event: VideoComposed, harness: Harness) -> None:
        self.event = event
        self.artifacts = harness.artifacts
        self.cancel = CancelToken()
        self.scratch = harness.gateway.settings.home / "scratch"
        self.scratch.mkdir(exist_ok=True)

    def output_id(self, index: int | str = 0) -> UUID:
        return uuid5(NAMESPACE, f"{self.event.event_id}/{index}")

    async def report(self, share: float) -> None: ...


async def uploaded(harness: Harness, job_id: str, access: AssetAccess, **where: Any) -> AssetsUploaded:
    """What the real upload stage tells of a film of a job, told to the gateway as well."""
    media = {
        "video": "video/mp4",
        "srt": "application/x-subrip",
        "vtt": "text/vtt",
        "thumbnail": "image/jpeg",
    }
    claims = {kind: await harness.artifacts.put(Blob(FILM, type_)) for kind, type_ in media.items()}
    claims["report"] = await harness.artifacts.put(Blob(b"{}", "application/json"))
    event = VideoComposed(
        event_id=uuid5(NAMESPACE, job_id), job_id=job_id, attempt=1, video_id="v-1", script_id="s-1",
        settings=RenderSettings(), language="ko", files=FilmFiles(**claims), frames=240, duration_sec=10.0,
    )  # fmt: skip
    settings = UploadSettings(
        storage_assets=access, storage_local_dir=harness.gateway.settings.assets_dir, **where
    )
    actor = build(settings)
    await actor.start()
    try:
        [told] = await actor.subscriptions[0].handle(event, Hands(event, harness))  # type: ignore[arg-type]
    finally:
        await actor.stop()
    assert isinstance(told, AssetsUploaded)
    await harness.tell(told)
    return told


def closed(settings: GatewaySettings, access: AssetAccess) -> GatewaySettings:
    tokens = SecretStr(f"reader=read:{SECRETS['reader']},writer=read+write:{SECRETS['writer']}")
    return settings.model_copy(
        update={
            "access": AccessSettings(api_tokens=tokens),
            "assets": AssetSettings(storage_assets=access),
        }
    )


@pytest.fixture
async def open_to(
    request: pytest.FixtureRequest, settings: GatewaySettings
) -> AsyncIterator[tuple[Harness, str, AssetsUploaded]]:
    """A gateway with one finished job."""
    access: AssetAccess = request.param
    async with running(closed(settings, access)) as harness:
        harness.client.headers["Authorization"] = f"Bearer {SECRETS['writer']}"
        job_id = await harness.job("v-1")
        event = await uploaded(harness, job_id, access)
        del harness.client.headers["Authorization"]
        yield harness, job_id, event


def bearer(name: str = "reader") -> dict[str, str]:
    return {"Authorization": f"Bearer {SECRETS[name]}"}


def with_access(*access: AssetAccess) -> pytest.MarkDecorator:
    return pytest.mark.parametrize("open_to", access, indirect=True)


@with_access(*AssetAccess)
async def test_events_and_answers_name_the_same_addresses(
    open_to: tuple[Harness, str, AssetsUploaded],
) -> None:
    harness, job_id, event = open_to
    told = [asset.model_dump(mode="json") for asset in event.assets]
    assert (await harness.client.get(f"/api/v2/render-jobs/{job_id}", headers=bearer())).json()[
        "assets"
    ] == told
    [completed] = await harness.publishes(JobCompleted, job_id)
    assert [asset.model_dump(mode="json") for asset in completed.assets] == told
    assert len({asset["url"] for asset in told}) == 5


@with_access(AssetAccess.UNGUESSABLE)
async def test_whoever_knows_the_ids_of_a_job_does_not_know_where_its_film_is(
    open_to: tuple[Harness, str, AssetsUploaded],
) -> None:
    harness, job_id, event = open_to
    video = event.assets[0]
    folder, name = f"videos/v-1/s-1/{job_id}", "video.mp4"
    assert video.key.startswith(f"{folder}/")
    part = video.key.removeprefix(f"{folder}/").removesuffix(f"/{name}")
    assert len(bytes.fromhex(part)) * 8 == 128, "bits that nobody can guess"
    for guess in (
        folder,
        f"{folder}/{name}",
        f"{folder}/{'0' * 32}/{name}",
        f"{folder}/{part[:-1]}0x/{name}",
    ):
        assert (await harness.client.get(f"/assets/{guess}")).status_code == 404, guess
    got = await harness.client.get(video.url)
    assert (got.status_code, got.content) == (200, FILM)
    assert got.headers["cache-control"] == "no-cache"


@with_access(AssetAccess.PUBLIC)
async def test_public_films_lie_where_their_ids_say(open_to: tuple[Harness, str, AssetsUploaded]) -> None:
    harness, job_id, event = open_to
    assert event.assets[0].key == f"videos/v-1/s-1/{job_id}/video.mp4"
    assert (await harness.client.get(f"/assets/{event.assets[0].key}")).content == FILM


@with_access(AssetAccess.PUBLIC, AssetAccess.UNGUESSABLE)
async def test_where_files_are_not_signed_links_are_their_addresses(
    open_to: tuple[Harness, str, AssetsUploaded],
) -> None:
    harness, job_id, event = open_to
    answer = (await harness.client.get(f"/api/render-jobs/{job_id}/links", headers=bearer())).json()
    assert [link["url"] for link in answer["links"]] == [asset.url for asset in event.assets]
    assert {link["expires_at"] for link in answer["links"]} == {None}


async def links_of(harness: Harness, job_id: str) -> list[dict[str, str]]:
    answer = await harness.client.get(f"/api/v2/render-jobs/{job_id}/links", headers=bearer())
    assert answer.status_code == 200, answer.text
    links: list[dict[str, str]] = answer.json()["links"]
    return links


@with_access(AssetAccess.SIGNED)
async def test_a_signed_link_opens_its_file_until_it_expires(
    open_to: tuple[Harness, str, AssetsUploaded],
) -> None:
    harness, job_id, event = open_to
    video, subtitles, *_ = await links_of(harness, job_id)
    got = await harness.client.get(video["url"])
    part = await harness.client.get(video["url"], headers={"Range": "bytes=0-5"})
    head = await harness.client.head(video["url"])
    assert (got.status_code, got.content, part.content, head.status_code) == (200, FILM, b"a film", 200)
    assert got.headers["cache-control"] == "private, no-cache"
    lasts = datetime.fromisoformat(video["expires_at"]) - datetime.now(UTC)
    assert timedelta(hours=3.9) < lasts <= timedelta(hours=4)

    path, _, query = video["url"].partition("?")
    other, _, _ = subtitles["url"].partition("?")
    expires, signature = query.split("&")
    later = f"expires={int(expires.removeprefix('expires=')) + 1}"
    for wrong in (
        f"{other}?{query}", f"{path}?{later}&{signature}", f"{path}?{expires}&{signature}0",
        f"{path}?{expires}&signature=", f"{path}?{signature}", f"{path}?{expires}&signature=é",
        f"{path}?{query}&signature=0", f"{path}?signature=0&expires=x",
    ):  # fmt: skip
        refused = await harness.client.get(wrong)
        assert refused.status_code in {401, 403}, wrong
        assert refused.headers["content-type"] == "application/problem+json"
    bare = await harness.client.get(path)
    assert (bare.status_code, bare.json()["code"]) == (401, "UNAUTHENTICATED")
    assert (await harness.client.get(path + "?" + "x" * LONGEST_QUERY)).status_code == 401
    assert (await harness.client.get(event.assets[0].url, headers=bearer())).content == FILM
    assert (await harness.client.get(f"/api/v2/render-jobs/{job_id}/links")).status_code == 401


@with_access(AssetAccess.SIGNED)
async def test_a_link_that_has_expired_is_refused_also_beside_a_token(
    open_to: tuple[Harness, str, AssetsUploaded],
) -> None:
    harness, _, event = open_to
    past = Signer(
        AssetSecret(AssetSettings()), harness.artifacts, timedelta(seconds=-1), lambda: datetime.now(UTC)
    )
    for headers in ({}, bearer()):
        refused = await harness.client.get((await past.link(event.assets[0])).url, headers=headers)
        assert (refused.status_code, refused.json()["code"]) == (403, "LINK_INVALID")


async def test_a_link_of_one_gateway_is_good_at_another(settings: GatewaySettings) -> None:
    signed = closed(settings, AssetAccess.SIGNED)
    async with running(signed) as one, running(signed) as two:
        one.client.headers["Authorization"] = f"Bearer {SECRETS['writer']}"
        job_id = await one.job("v-1")
        await uploaded(one, job_id, AssetAccess.SIGNED)
        url = (await links_of(one, job_id))[0]["url"]
        assert (await two.client.get(url)).content == FILM


async def test_without_tokens_a_wrong_link_is_refused_and_a_page_may_fetch(settings: GatewaySettings) -> None:
    local = settings.model_copy(update={"assets": AssetSettings(storage_assets=AssetAccess.SIGNED)})
    async with running(local) as harness:
        job_id = await harness.job("v-1")
        event = await uploaded(harness, job_id, AssetAccess.SIGNED)
        assert (await harness.client.get(event.assets[0].url)).content == FILM
        wrong = await harness.client.get(f"{event.assets[0].url}?expires=1&signature=0")
        assert (wrong.status_code, wrong.json()["code"]) == (403, "LINK_INVALID")
        foreign = await harness.client.get(event.assets[0].url, headers={"Sec-Fetch-Site": "cross-site"})
        assert foreign.status_code == 403


async def test_a_job_that_is_not_there_has_no_links(harness: Harness) -> None:
    answer = await harness.client.get("/api/v2/render-jobs/none/links")
    assert (answer.status_code, answer.json()["code"]) == (404, "JOB_NOT_FOUND")


@pytest.mark.s3
async def test_links_to_a_bucket_are_its_own(
    settings: GatewaySettings, s3_server: S3Server, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    where: dict[str, Any] = {
        "storage_provider": "s3",
        "aws_s3_bucket": s3_server.bucket,
        "s3_endpoint_url": s3_server.endpoint_url,
    }
    assets = AssetSettings(storage_assets=AssetAccess.SIGNED, storage_link_seconds=60, **where)
    async with running(settings.model_copy(update={"assets": assets})) as harness:
        job_id = await harness.job("v-1")
        event = await uploaded(harness, job_id, AssetAccess.SIGNED, **where)
        video = (await links_of(harness, job_id))[0]
        async with httpx.AsyncClient(trust_env=False) as client:
            assert (await client.get(video["url"])).content == FILM
            assert (await client.get(event.assets[0].url)).status_code == 403
        lasts = datetime.fromisoformat(video["expires_at"]) - datetime.now(UTC)
        assert timedelta(seconds=50) < lasts <= timedelta(seconds=60)
