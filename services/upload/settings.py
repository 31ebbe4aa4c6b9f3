"""Where finished films go; read once at the edge."""

from pathlib import Path
from typing import Self

from pydantic import field_validator, model_validator

from services.runtime.assets import AssetSettings
from services.runtime.public_base import public_base

DEFAULT_BASE_URL = "/assets"


class UploadSettings(AssetSettings):
    """The upload stage's settings."""

    storage_local_dir: Path | None = None
    """Files are stored below it; ``<LECTERN_HOME>/assets`` when left out, so ``./data/assets``."""

    lectern_home: Path = Path("data")

    storage_public_base_url: str | None = None
    """What a key is appended to: a path of the gateway or the address of a CDN. Left out: ``/assets`` for
    local files, the bucket's own address for S3."""

    @property
    def local_dir(self) -> Path:
        """The folder that local files are stored below."""
        return self.storage_local_dir or self.lectern_home / "assets"

    @property
    def base_url(self) -> str:
        """What a key is appended to, without a slash at its end."""
        if self.storage_public_base_url:
            return self.storage_public_base_url
        if self.storage_provider == "local":
            return DEFAULT_BASE_URL
        if self.s3_endpoint_url:
            return f"{self.s3_endpoint_url.rstrip('/')}/{self.aws_s3_bucket}"
        return f"https://{self.aws_s3_bucket}.s3.{self.aws_s3_region}.amazonaws.com"

    @field_validator("storage_public_base_url")
    @classmethod
    def _plain(cls, value: str | None) -> str | None:
        return public_base(value) if value is not None else None

    @model_validator(mode="after")
    def _addressed(self) -> Self:
        if self.storage_provider == "s3" and not self.aws_s3_bucket:
            raise ValueError("STORAGE_PROVIDER=s3 needs AWS_S3_BUCKET")
        _ = public_base(self.base_url)  # S3_ENDPOINT_URL may hold what must not stand in every event
        return self
