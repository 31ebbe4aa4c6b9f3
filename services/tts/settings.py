"""Settings of the speech stage, read once at the edge."""

from pathlib import Path

from pydantic import Field
from pydantic_settings import SettingsConfigDict

from services.runtime.shared_settings import HomeSettings


class TtsSettings(HomeSettings):
    """Where the voice's model lies and how much is spoken at once; which voice travels with the job."""

    model_config = SettingsConfigDict(
        extra="ignore", populate_by_name=True, hide_input_in_errors=True, env_ignore_empty=True
    )

    kokoro_ja_cache: Path | None = None
    """``KOKORO_JA_CACHE``: folder of the assembled model (92 MB); below ``lectern_home`` when not set."""

    tts_concurrency: int = Field(default=2, ge=1, le=64)
    """Scenes spoken at once, one thread each over one shared model. More than the cores: slower, and
    100 MB more each."""

    @property
    def model_folder(self) -> Path:
        """Folder of the assembled voice model."""
        return self.kokoro_ja_cache or self.lectern_home / "cache" / "kokoro"
