"""Settings of the slides stage; what decides the pictures travels with the scene."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class SlidesSettings(BaseSettings):
    """How the stage works."""

    model_config = SettingsConfigDict(
        env_prefix="SLIDES_", extra="ignore", hide_input_in_errors=True, env_ignore_empty=True
    )

    concurrency: int = Field(default=2, ge=1, le=32)
    """Scenes in hand at once. Drawing is CPU work: more than the cores gains nothing."""
