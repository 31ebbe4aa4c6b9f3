"""Where artifacts are kept; read once at the edge."""

from typing import Literal, Self

from pydantic import Field, model_validator
from pydantic_settings import SettingsConfigDict

from services.runtime.outbound.settings import OutboundSettings
from services.runtime.shared_settings import HomeSettings, S3Settings


class ArtifactSettings(HomeSettings, S3Settings):
    """The artifact store's settings.

    S3 credentials are none of them: they come from the usual AWS chain.
    """

    model_config = SettingsConfigDict(
        extra="ignore", populate_by_name=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    artifact_store: Literal["local", "s3"] = "local"
    """``local``: all workers share one machine's disk. ``s3``: any number of machines."""

    artifact_s3_bucket: str | None = None
    """Bucket of the artifacts; needed with `ARTIFACT_STORE=s3`, and the same for all processes."""

    artifact_s3_prefix: str = "artifacts/"
    """What each artifact's key begins with. Changed: what was made before is made again, and jobs under way
    do not find what they need."""

    outbound: OutboundSettings = Field(default_factory=OutboundSettings)

    @model_validator(mode="after")
    def _bucket_named(self) -> Self:
        if self.artifact_store == "s3" and not self.artifact_s3_bucket:
            raise ValueError("ARTIFACT_STORE=s3 needs ARTIFACT_S3_BUCKET")
        return self
