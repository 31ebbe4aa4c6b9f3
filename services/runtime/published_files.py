"""Where finished films are found, as the stage that stores them and the gateway that serves them agree on it.

Everybody may choose the id of a job, so an address that follows from ids alone can be guessed. By default it
has a part that follows from a secret as well: the same for a job whenever and wherever it is uploaded, and
for nobody else to know.
"""

import hmac
import secrets
from contextlib import AbstractAsyncContextManager
from enum import StrEnum
from typing import TYPE_CHECKING, Literal, Self

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import SettingsConfigDict

from services.runtime.artifacts import Artifacts
from services.runtime.outbound.settings import OutboundSettings
from services.runtime.shared_settings import S3Settings

if TYPE_CHECKING:
    from services.runtime.artifacts.bucket import Bucket

SHORTEST_SECRET = 32
"""Characters of ``STORAGE_SECRET``. Fewer: whoever has one address can try secrets until one gives it."""

SECRET_BYTES = 32
"""Randomness of a secret that is drawn."""

PART_CHARACTERS = 32
"""Hexadecimal digits of the part that cannot be guessed, 128 bits. Fewer: guesses become thinkable. More:
from 104 on the key of the longest ids exceeds the contract's 512 characters."""

_KEPT_AS = "assets.secret"
_FOLDER = b"lectern asset folder\0"


class AssetAccess(StrEnum):
    """Who may have a finished file."""

    PUBLIC = "public"
    """Everybody: the address follows from the ids of video, script and job."""

    UNGUESSABLE = "unguessable"
    """Whoever was told its address."""

    SIGNED = "signed"
    """Whoever has a token for ``read``, or a link that was signed for some hours."""


class ResourcePolicy(StrEnum):
    """From which pages a browser may embed a finished file without CORS."""

    SAME_ORIGIN = "same-origin"
    SAME_SITE = "same-site"
    CROSS_ORIGIN = "cross-origin"


class AssetSettings(S3Settings):
    """Where finished files lie and how they are addressed; the upload stage and the gateway need the same.

    S3 credentials are none of the settings: they come from the usual AWS chain.
    """

    model_config = SettingsConfigDict(
        extra="ignore", populate_by_name=True, env_ignore_empty=True, hide_input_in_errors=True
    )

    storage_provider: Literal["local", "s3"] = "local"
    """Where finished files go: `local`, the folder `STORAGE_LOCAL_DIR`, or `s3`, the bucket
    `AWS_S3_BUCKET`."""

    aws_s3_bucket: str | None = None
    """Bucket of finished files; needed with `STORAGE_PROVIDER=s3`."""

    outbound: OutboundSettings = Field(default_factory=OutboundSettings)

    storage_assets: AssetAccess = AssetAccess.UNGUESSABLE
    """Who may have a finished file: `unguessable`, whoever was told its address; `public`, whoever knows its
    ids; `signed`, whoever has a token for `read`, or a link that was signed."""

    storage_secret: SecretStr | None = None
    """What addresses and links are made with. Left out, it is drawn once and kept in the artifact store,
    which all processes share. Another one: films to come have other addresses, and links are void."""

    storage_link_seconds: int = Field(default=14_400, ge=60, le=604_800)
    """How long a signed link opens a file; at most a week, as S3 has it. Shorter: a film that is watched with
    breaks stops in the middle. Longer: whoever reads a link in a history or a log can watch for so long."""

    storage_resource_policy: ResourcePolicy = ResourcePolicy.SAME_ORIGIN
    """``cross-origin``: any page may embed films. Pages of ``GATEWAY_CORS_ORIGINS`` may in any case, with
    ``<video crossorigin>``."""

    @field_validator("storage_secret")
    @classmethod
    def _long(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"STORAGE_SECRET has fewer than {SHORTEST_SECRET} characters")
        return value

    @property
    def presigned(self) -> bool:
        """Whether links are S3's own."""
        return self.storage_assets is AssetAccess.SIGNED and self.storage_provider == "s3"

    @model_validator(mode="after")
    def _signed_in_a_bucket(self) -> Self:
        if self.presigned and not self.aws_s3_bucket:
            raise ValueError("STORAGE_ASSETS=signed with STORAGE_PROVIDER=s3 needs AWS_S3_BUCKET")
        return self


class AssetSecret:
    """The secret, from the settings or from the artifact store, read once.

    Args:
        settings: may hold it.
    """

    def __init__(self, settings: AssetSettings) -> None:
        given = settings.storage_secret
        self._secret = given.get_secret_value().encode() if given else None

    async def read(self, artifacts: Artifacts) -> bytes:
        """Return it; whoever asks first draws it.

        Raises:
            PermanentError: ``ARTIFACT_CORRUPT``.
            TransientError: ``STORAGE_FULL`` or ``STORAGE_UNAVAILABLE``.
        """
        if self._secret is None:
            kept = await artifacts.gather(_KEPT_AS, 0, 1, secrets.token_bytes(SECRET_BYTES))
            assert kept is not None, "a set of one part is complete"
            self._secret = kept[0]
        return self._secret


def unguessable_part(secret: bytes, folder: str) -> str:
    """Return the part of an address that only the secret gives, for a job's folder of published files."""
    return hmac.new(secret, _FOLDER + folder.encode(), "sha256").hexdigest()[:PART_CHARACTERS]


def open_asset_bucket(settings: AssetSettings) -> "AbstractAsyncContextManager[Bucket]":
    """Open the bucket that finished files go to."""
    # The S3 client is an optional dependency (extra "s3") and takes half a second to import.
    from services.runtime.artifacts.bucket import S3Location, open_bucket  # noqa: PLC0415

    return open_bucket(
        S3Location(
            bucket=settings.aws_s3_bucket or "",
            endpoint_url=settings.s3_endpoint_url,
            region=settings.aws_s3_region,
            max_attempts=settings.s3_max_attempts,
            proxies=settings.outbound.proxies,
        )
    )
