"""Where artifacts are kept; read once at the edge."""

from pathlib import Path
from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.runtime.outbound.settings import OutboundSettings

DEFAULT_REGION = "ap-northeast-2"


class ArtifactSettings(BaseSettings):
    """The artifact store's settings.

    S3 credentials are none of them: they come from the usual AWS chain.
    """

    model_config = SettingsConfigDict(
        extra="ignore", populate_by_name=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    artifact_store: Literal["local", "s3"] = "local"
    """``local``: all workers share one machine's disk. ``s3``: any number of machines."""

    lectern_home: Path = Path("data")
    """All local data lies below it; artifacts in ``artifacts``."""

    artifact_s3_bucket: str | None = None
    artifact_s3_prefix: str = "artifacts/"
    s3_endpoint_url: str | None = None
    """An S3 server other than AWS."""

    aws_s3_region: str = DEFAULT_REGION

    s3_max_attempts: int = Field(default=4, ge=1, le=20)
    """Tries of one S3 request inside the SDK. Fewer: a blip costs a whole retry of the record. More: a
    dead server is noticed late."""

    outbound: OutboundSettings = Field(default_factory=OutboundSettings)

    @model_validator(mode="after")
    def _bucket_named(self) -> Self:
        if self.artifact_store == "s3" and not self.artifact_s3_bucket:
            raise ValueError("ARTIFACT_STORE=s3 needs ARTIFACT_S3_BUCKET")
        return self
