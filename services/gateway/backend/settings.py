"""Where the backend is and how the two know each other, read once at the edge."""

from enum import StrEnum
from typing import Self
from urllib.parse import urlsplit

from pydantic import Field, SecretStr, field_validator, model_validator
from pydantic_settings import BaseSettings, SettingsConfigDict

from services.gateway.auth.tokens import SHORTEST_SECRET
from services.gateway.backend.signatures import signing_keys
from services.runtime.outbound.settings import OutboundSettings


class StartedBy(StrEnum):
    """Who starts a job that a front end created."""

    AUTO = "auto"
    """The backend where there is one that can (base URL and internal token are set), else the creation."""

    CREATE = "create"
    BACKEND = "backend"


class BackendSettings(BaseSettings):
    """The backend; without ``BACKEND_BASE_URL`` there is none, and nobody is called."""

    model_config = SettingsConfigDict(
        env_prefix="LECTERN_BACKEND_",
        extra="ignore",
        populate_by_name=True,
        hide_input_in_errors=True,
        env_ignore_empty=True,
    )

    base_url: str | None = Field(default=None, validation_alias="BACKEND_BASE_URL")
    """Scheme, host and path of the backend that is told of scripts and jobs; left out, nobody is told."""

    api_token: SecretStr | None = Field(default=None, validation_alias="BACKEND_API_TOKEN")
    """Carried by our callbacks."""

    internal_token: SecretStr | None = Field(default=None, validation_alias="BACKEND_INTERNAL_TOKEN")
    """Carried by our calls to ``/internal/*`` and by the backend's calls to ``/video/job/*``."""

    timeout_sec: float = Field(default=30, gt=0, le=300, validation_alias="BACKEND_TIMEOUT_SEC")
    """For a whole call, connection and answer included. Shorter: a busy backend looks dead. Longer: a dead
    one holds callers up."""

    webhook_secrets: SecretStr | None = Field(default=None, validation_alias="BACKEND_WEBHOOK_SECRETS")
    """Standard Webhooks keys (``whsec_…``), separated by commas: callbacks are signed with each, so that a
    key can be changed without a gap. Without any, callbacks carry no signature."""

    job_start: StartedBy = Field(default=StartedBy.AUTO, validation_alias="RENDER_START")
    """Who starts a job that a front end created: `auto` is `backend` where `BACKEND_BASE_URL` and
    `BACKEND_INTERNAL_TOKEN` are set, else `create`, which renders at once."""

    outbound: OutboundSettings = Field(default_factory=OutboundSettings)

    @field_validator("base_url", "api_token", "internal_token", "webhook_secrets", mode="before")
    @classmethod
    def _empty_is_none(cls, value: object) -> object:
        return None if isinstance(value, str) and not value.strip() else value

    @field_validator("base_url")
    @classmethod
    def _callable(cls, value: str | None) -> str | None:
        if value is None:
            return None
        parts = urlsplit(value)
        if parts.scheme not in {"http", "https"} or not parts.hostname:
            raise ValueError("must be an http or https URL")
        if parts.username or parts.password or parts.query or parts.fragment:
            raise ValueError("must be scheme, host and path only; tokens have variables of their own")
        return value.rstrip("/")

    @field_validator("internal_token")
    @classmethod
    def _not_guessable(cls, value: SecretStr | None) -> SecretStr | None:
        if value is not None and len(value.get_secret_value()) < SHORTEST_SECRET:
            raise ValueError(f"has fewer than {SHORTEST_SECRET} characters, and opens /video/job/*")
        return value

    @model_validator(mode="after")
    def _usable(self) -> Self:
        _ = self.keys
        if self.job_start is StartedBy.BACKEND and (self.base_url is None or self.internal_token is None):
            raise ValueError("RENDER_START=backend needs BACKEND_BASE_URL and BACKEND_INTERNAL_TOKEN")
        return self

    @property
    def keys(self) -> tuple[bytes, ...]:
        """The keys that callbacks are signed with."""
        return signing_keys(self.webhook_secrets.get_secret_value()) if self.webhook_secrets else ()

    @property
    def starts_jobs(self) -> bool:
        """Whether a created job waits for the backend's start."""
        if self.job_start is StartedBy.AUTO:
            return self.base_url is not None and self.internal_token is not None
        return self.job_start is StartedBy.BACKEND
