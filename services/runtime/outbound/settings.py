"""How calls leave this machine; read once at the edge."""

from enum import StrEnum

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class Proxies(StrEnum):
    """Whether calls go through a proxy."""

    NONE = "none"
    ENVIRONMENT = "environment"
    """What ``HTTP_PROXY``, ``HTTPS_PROXY``, ``ALL_PROXY`` and ``NO_PROXY`` say."""


class OutboundSettings(BaseSettings):
    """Nothing of the environment steers a call unless it is asked to: a proxy sees every token and text."""

    model_config = SettingsConfigDict(
        extra="ignore", populate_by_name=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    proxies: Proxies = Field(default=Proxies.NONE, validation_alias="LECTERN_OUTBOUND_PROXIES")
    """`environment`: calls to the language model, backend, S3 and collector go through `HTTPS_PROXY` and its
    like, and whoever runs that proxy sees them."""
