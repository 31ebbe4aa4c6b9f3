"""Settings of the composition stage; what decides the film's bytes travels with the job instead."""

from pydantic import Field
from pydantic_settings import BaseSettings, SettingsConfigDict


class CompositionSettings(BaseSettings):
    """How much of the machine composition may use; the bytes are the same whatever stands here."""

    model_config = SettingsConfigDict(
        env_prefix="COMPOSITION_", hide_input_in_errors=True, env_ignore_empty=True
    )

    scenes_at_once: int = Field(
        default=2, ge=1, le=64, description="segments encoded at once, one thread each; 1.8x from one to two"
    )
    films_at_once: int = Field(
        default=4,
        ge=1,
        le=64,
        description="films put together at once, so that a short one waits for no long one",
    )
    film_threads: int = Field(default=2, ge=1, le=64, description="threads that encode and check a film")
