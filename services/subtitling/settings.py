"""Settings of the subtitling stage: none of its own; what decides the cues travels with the scene."""

from pydantic_settings import BaseSettings


class SubtitlingSettings(BaseSettings):
    """Nothing to set."""
