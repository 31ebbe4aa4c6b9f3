"""Where finished films go; read once at the edge."""

from typing import Self

from pydantic import model_validator

from services.runtime.public_base import DEFAULT_BASE, public_base
from services.runtime.published_files import AssetSettings
from services.runtime.shared_settings import PublishedSettings


class UploadSettings(AssetSettings, PublishedSettings):
    """The upload stage's settings."""

    @property
    def base_url(self) -> str:
        """What a key is appended to, without a slash at its end."""
        if self.storage_public_base_url:
            return self.storage_public_base_url
        if self.storage_provider == "local":
            return DEFAULT_BASE
        if self.s3_endpoint_url:
            return f"{self.s3_endpoint_url.rstrip('/')}/{self.aws_s3_bucket}"
        return f"https://{self.aws_s3_bucket}.s3.{self.aws_s3_region}.amazonaws.com"

    @model_validator(mode="after")
    def _addressed(self) -> Self:
        if self.storage_provider == "s3" and not self.aws_s3_bucket:
            raise ValueError("STORAGE_PROVIDER=s3 needs AWS_S3_BUCKET")
        _ = public_base(self.base_url)  # S3_ENDPOINT_URL may hold what must not stand in every event
        return self
