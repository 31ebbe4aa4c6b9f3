"""The bucket, past the proxy: read as evidence, damaged as a fault."""

import hashlib
import random
from typing import Any

import aioboto3
from botocore.exceptions import ClientError

from tests.chaos.evidence import Stored
from tests.support.s3 import S3Server

DAMAGED_AT_ONCE = 3
NEWEST = 30
"""Damage hits what is in use: one of the objects written last."""
PREFIXES = ("artifacts/blobs/", "artifacts/actions/")
"""What the action cache can make again. Published films are out of the system's hands."""


class Bucket:
    """All objects of the run's bucket."""

    def __init__(self, server: S3Server) -> None:
        self._server = server
        self._session = aioboto3.Session(server.access_key, server.secret_key, region_name=server.region)
        self.damaged: set[str] = set()

    async def damage(self, chance: random.Random, *, delete: bool) -> bool:
        """Delete a few artifacts, or change some of their bytes; tell whether there were any."""
        async with self._client() as client:
            prefix = chance.choice(PREFIXES)
            objects = [each async for each in self._objects(client, prefix)]
            objects.sort(key=lambda each: (each["LastModified"], each["Key"]))
            victims = chance.sample(objects[-NEWEST:], min(DAMAGED_AT_ONCE, len(objects)))
            for victim in victims:
                where = {"Bucket": self._server.bucket, "Key": victim["Key"]}
                if delete:
                    await client.delete_object(**where)
                    self.damaged.add(victim["Key"])
                    continue
                try:
                    got = await client.get_object(**where)
                except ClientError:
                    continue
                data = bytearray(await got["Body"].read())
                if data:
                    data[chance.randrange(len(data))] ^= 0xFF
                    cut = data if chance.random() < 0.5 else data[: len(data) // 2]
                    await client.put_object(**where, Body=bytes(cut))
                    self.damaged.add(victim["Key"])
            return bool(victims)

    async def listing(self) -> dict[str, Stored]:
        """Return every object with the time it was last written, and the hash of the published ones."""
        async with self._client() as client:
            found: dict[str, Stored] = {}
            async for each in self._objects(client, ""):
                key = each["Key"]
                digest = await self._hash(client, key) if key.startswith("videos/") else None
                found[key] = Stored(digest, each["LastModified"].timestamp())
            return found

    async def _hash(self, client: Any, key: str) -> str:
        got = await client.get_object(Bucket=self._server.bucket, Key=key)
        return hashlib.sha256(await got["Body"].read()).hexdigest()

    async def _objects(self, client: Any, prefix: str) -> Any:
        pages = client.get_paginator("list_objects_v2").paginate(Bucket=self._server.bucket, Prefix=prefix)
        async for page in pages:
            for each in page.get("Contents", ()):
                yield each

    def _client(self) -> Any:
        return self._session.client("s3", endpoint_url=self._server.endpoint_url)
