"""The stores that the one specification runs against: a local folder and a real S3 server."""

from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass
from pathlib import Path
from uuid import uuid4

import aioboto3
import pytest

from contracts.base import ClaimCheck
from services.runtime.artifacts.blobs import BlobStore
from services.runtime.artifacts.bucket import S3Location, open_bucket
from services.runtime.artifacts.local import LocalBlobs
from services.runtime.artifacts.s3 import S3Blobs, blob_key
from services.runtime.artifacts.settings import ArtifactSettings
from services.runtime.artifacts.store import ArtifactStore
from tests.support.s3 import S3Server

SESSIONS: dict[S3Server, aioboto3.Session] = {}


@dataclass
class Bench:
    """A store on the bench, and a hand inside it that damages what lies there."""

    store: ArtifactStore
    settings: ArtifactSettings
    blobs: BlobStore
    overwrite: Callable[[str, bytes], Awaitable[None]]
    delete: Callable[[str], Awaitable[None]]
    listing: Callable[[str], Awaitable[list[str]]]

    async def damage(self, claim: ClaimCheck, data: bytes) -> None:
        await self.overwrite(blob_key(claim), data)

    async def lose(self, claim: ClaimCheck) -> None:
        await self.delete(blob_key(claim))


async def local_bench(home: Path, _stack: AsyncExitStack) -> Bench:
    root = home / "artifacts"
    blobs = LocalBlobs(root)
    await blobs.open()

    async def overwrite(name: str, data: bytes) -> None:
        (root / name).write_bytes(data)

    async def delete(name: str) -> None:
        (root / name).unlink()

    async def listing(prefix: str) -> list[str]:
        return sorted(str(p.relative_to(root)) for p in (root / prefix).rglob("*") if p.is_file())

    settings = ArtifactSettings(lectern_home=home)
    return Bench(ArtifactStore(blobs), settings, blobs, overwrite, delete, listing)


async def s3_bench(server: S3Server, stack: AsyncExitStack) -> Bench:
    prefix = f"{uuid4().hex}/"
    settings = ArtifactSettings(
        artifact_store="s3",
        artifact_s3_bucket=server.bucket,
        artifact_s3_prefix=prefix,
        s3_endpoint_url=server.endpoint_url,
        aws_s3_region=server.region,
    )
    location = S3Location(server.bucket, prefix, server.endpoint_url, server.region)
    session = aioboto3.Session(server.access_key, server.secret_key)
    bucket = await stack.enter_async_context(open_bucket(location, SESSIONS.setdefault(server, session)))
    client = bucket._client

    async def overwrite(name: str, data: bytes) -> None:
        await client.put_object(Bucket=server.bucket, Key=prefix + name, Body=data)

    async def delete(name: str) -> None:
        await client.delete_object(Bucket=server.bucket, Key=prefix + name)

    async def listing(start: str) -> list[str]:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=server.bucket, Prefix=prefix + start)
        return [item["Key"].removeprefix(prefix) async for page in pages for item in page.get("Contents", ())]

    blobs = S3Blobs(bucket)
    return Bench(ArtifactStore(blobs), settings, blobs, overwrite, delete, listing)


@pytest.fixture
def aws_environment(s3_server: S3Server, monkeypatch: pytest.MonkeyPatch) -> S3Server:
    for name, value in s3_server.environment.items():
        monkeypatch.setenv(name, value)
    return s3_server


@pytest.fixture(params=["local", pytest.param("s3", marks=pytest.mark.s3)])
def server(request: pytest.FixtureRequest) -> S3Server | None:
    """Started outside the event loop; ``None``: the local folder."""
    if request.param == "local":
        return None
    running: S3Server = request.getfixturevalue("aws_environment")
    return running


@pytest.fixture
async def bench(server: S3Server | None, tmp_path: Path) -> AsyncIterator[Bench]:
    async with AsyncExitStack() as stack:
        yield await (s3_bench(server, stack) if server else local_bench(tmp_path / "home", stack))


@pytest.fixture
def store(bench: Bench) -> ArtifactStore:
    return bench.store
