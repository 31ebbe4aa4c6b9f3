"""Settings that several processes read, each declared once: they must agree on where things lie."""

from pathlib import Path

from pydantic import Field, field_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.runtime.public_base import public_base

_CONFIG = SettingsConfigDict(
    extra="ignore", populate_by_name=True, hide_input_in_errors=True, env_ignore_empty=True
)
"""Of a class with several of these as bases the last one's counts, so all have the same."""


class HomeSettings(BaseSettings):
    """Where local data lies."""

    model_config = _CONFIG

    lectern_home: Path = Field(default=Path("data"), validation_alias="LECTERN_HOME")
    """All local data lies below it: ledger, artifacts, finished files, the voice's model, scratch. The
    processes of one machine name the same, or one does not find what another made."""

    @property
    def home(self) -> Path:
        """See ``lectern_home``."""
        return self.lectern_home


class S3Settings(BaseSettings):
    """Which S3 server; of artifacts and of finished files. Credentials come from the usual AWS chain."""

    model_config = _CONFIG

    s3_endpoint_url: str | None = Field(default=None, validation_alias="S3_ENDPOINT_URL")
    """An S3 server other than AWS."""

    aws_s3_region: str = Field(default="ap-northeast-2", validation_alias="AWS_S3_REGION")
    """Where the buckets are. Another one than theirs: AWS refuses the signature of each request."""

    s3_max_attempts: int = Field(default=4, ge=1, le=20, validation_alias="S3_MAX_ATTEMPTS")
    """Tries of one S3 request inside the SDK. Fewer: a blip costs a whole retry of the record. More: a
    dead server is noticed late."""


class PublishedSettings(HomeSettings):
    """Where finished files lie and are found; the upload stage writes them, the gateway serves them."""

    storage_local_dir: Path | None = Field(default=None, validation_alias="STORAGE_LOCAL_DIR")
    """Folder of finished files, served below ``/assets``; ``assets`` below ``LECTERN_HOME`` when left out."""

    storage_public_base_url: str | None = Field(default=None, validation_alias="STORAGE_PUBLIC_BASE_URL")
    """What a file's key is appended to: a path of the gateway or the address of a CDN. Below a path finished
    files are served without a token; no route may lie there. Left out: ``/assets`` for local files, the
    bucket's own address for S3."""

    @field_validator("storage_public_base_url")
    @classmethod
    def _plain(cls, value: str | None) -> str | None:
        return public_base(value) if value is not None else None

    @property
    def local_dir(self) -> Path:
        """The folder of finished files."""
        return self.storage_local_dir or self.home / "assets"
