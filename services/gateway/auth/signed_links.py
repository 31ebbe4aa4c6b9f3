"""Signed links to finished files: whoever has one may fetch that file for some hours, and nothing else.

Events, the ledger and every answer name a file by its address, which stays. A link is made for whoever asks,
and is kept nowhere: one that was written down would have expired when somebody reads it.
"""

import hmac
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Protocol
from urllib.parse import parse_qsl, urlencode

from contracts.events import Asset
from services.runtime.artifacts import Artifacts
from services.runtime.published_files import AssetAccess, AssetSecret, AssetSettings

EXPIRES, SIGNATURE = "expires", "signature"

LONGEST_QUERY = 256
"""Bytes of a query that are looked at for a link; ours has 90. More: work for whoever sends a long one."""

_LINK = b"lectern asset link\0"


@dataclass(frozen=True, slots=True)
class Link:
    """Where a file is to be had.

    Attributes:
        url: a path of the gateway, or a whole URL.
        expires_at: until when; ``None`` for good.
    """

    url: str
    expires_at: datetime | None


class Bucket(Protocol):
    """Signs its own links, see :class:`services.runtime.artifacts.bucket.Bucket`."""

    async def link(self, key: str, seconds: int) -> str:
        """Return a URL that gives an object for so many seconds."""


class Linking(Protocol):
    """Makes links."""

    async def link(self, asset: Asset) -> Link:
        """Return a link to a finished file.

        Raises:
            LecternError: the secret cannot be read.
        """


class Plain:
    """Where whoever has the address may have the file."""

    async def link(self, asset: Asset) -> Link:
        """See :class:`Linking`."""
        return Link(asset.url, None)


class Presigner:
    """Has S3's own links made, where the files lie in a bucket that gives nothing to strangers.

    Args:
        bucket: where.
        lifetime: of a link.
        now: the clock.
    """

    def __init__(self, bucket: Bucket, lifetime: timedelta, now: Callable[[], datetime]) -> None:
        self._bucket = bucket
        self._lifetime = lifetime
        self._now = now

    async def link(self, asset: Asset) -> Link:
        """See :class:`Linking`."""
        until = self._now() + self._lifetime
        return Link(await self._bucket.link(asset.key, int(self._lifetime.total_seconds())), until)


class Signer:
    """Signs and recognizes links to files that the gateway serves.

    What is signed is the key and the second of expiry, so that a link is good at any gateway, and below
    whatever host and path a proxy shows it.

    Args:
        secret: shared by all gateways.
        artifacts: where it is kept.
        lifetime: of a link.
        now: the clock.
    """

    def __init__(
        self, secret: AssetSecret, artifacts: Artifacts, lifetime: timedelta, now: Callable[[], datetime]
    ) -> None:
        self._secret = secret
        self._artifacts = artifacts
        self._lifetime = lifetime
        self._now = now

    async def link(self, asset: Asset) -> Link:
        """See :class:`Linking`."""
        until = (self._now() + self._lifetime).replace(microsecond=0)
        expires = str(int(until.timestamp()))
        signature = await self._signature(asset.key, expires)
        return Link(f"{asset.url}?{urlencode({EXPIRES: expires, SIGNATURE: signature})}", until)

    async def opens(self, key: str, query: bytes) -> bool | None:
        """Say whether a query opens the file of a key; ``None`` if it does not pretend to.

        Raises:
            LecternError: the secret cannot be read.
        """
        if not 0 < len(query) <= LONGEST_QUERY:
            return None
        said = dict(parse_qsl(query.decode("latin-1")))
        if SIGNATURE not in said:
            return None
        expires, signature = said.get(EXPIRES, ""), said[SIGNATURE]
        if not hmac.compare_digest((await self._signature(key, expires)).encode(), signature.encode()):
            return False
        return int(expires) >= self._now().timestamp()

    async def _signature(self, key: str, expires: str) -> str:
        secret = await self._secret.read(self._artifacts)
        return hmac.new(secret, _LINK + f"{expires}\0{key}".encode(errors="replace"), "sha256").hexdigest()


def signer_of(settings: AssetSettings, artifacts: Artifacts, now: Callable[[], datetime]) -> Signer | None:
    """Return what signs links, ``None`` where files need none."""
    if settings.storage_assets is not AssetAccess.SIGNED:
        return None
    return Signer(AssetSecret(settings), artifacts, timedelta(seconds=settings.storage_link_seconds), now)


def linking_of(
    settings: AssetSettings, signer: Signer | None, bucket: Bucket | None, now: Callable[[], datetime]
) -> Linking:
    """Return what makes links.

    Args:
        settings: how long links last.
        signer: where files need links.
        bucket: where those are S3's own.
        now: the clock.
    """
    if bucket is not None:
        return Presigner(bucket, timedelta(seconds=settings.storage_link_seconds), now)
    return signer or Plain()
