"""Where finished films go; read once at the edge."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.runtime.outbound.settings import OutboundSettings

DEFAULT_BASE_URL = "/assets"


class UploadSettings(BaseSettings):
    """The upload stage's settings. S3 credentials are none of them: they come from the usual AWS chain."""

    model_config = SettingsConfigDict(
        extra="ignore", populate_by_name=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    storage_provider: Literal["local", "s3"] = "local"

    storage_local_dir: Path | None = None
    """Files are stored below it; ``<LECTERN_HOME>/assets`` when left out, so ``./data/assets``."""

    lectern_home: Path = Path("data")

    storage_public_base_url: str | None = Field(default=None, pattern=r"^(/|https?://[^\s/])[^\s?#]*$")
    """What a key is appended to: a path of the gateway or the address of a CDN. Left out: ``/assets`` for
    local files, the bucket's own address for S3."""

    aws_s3_bucket: str | None = None
    aws_s3_region: str = "ap-northeast-2"
    s3_endpoint_url: str | None = None
    """An S3 server other than AWS."""

    s3_max_attempts: int = Field(default=4, ge=1, le=20)
    """Tries of one S3 request inside the SDK. Fewer: a blip costs a whole retry of the record. More: a
    dead server is noticed late."""

    outbound: OutboundSettings = Field(default_factory=OutboundSettings)

    @property
    def local_dir(self) -> Path:
        """The folder that local files are stored below."""
        return self.storage_local_dir or self.lectern_home / "assets"

    @property
    def base_url(self) -> str:
        """What a key is appended to, without a slash at its end."""
        if self.storage_public_base_url:
            return self.storage_public_base_url.rstrip("/")
        if self.storage_provider == "local":
            return DEFAULT_BASE_URL
        if self.s3_endpoint_url:
            return f"{self.s3_endpoint_url.rstrip('/')}/{self.aws_s3_bucket}"
        return f"https://{self.aws_s3_bucket}.s3.{self.aws_s3_region}.amazonaws.com"

    @model_validator(mode="after")
    def _bucket_named(self) -> Self:
        if self.storage_provider == "s3" and not self.aws_s3_bucket:
            raise ValueError("STORAGE_PROVIDER=s3 needs AWS_S3_BUCKET")
        return self
