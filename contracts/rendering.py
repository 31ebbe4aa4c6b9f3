"""How a job is rendered: the settings that travel with it, so that one record can be re-run alone."""

from enum import StrEnum
from typing import Literal

from pydantic import Field, field_validator

from contracts.base import Model
from contracts.errors import ErrorCode, PermanentError
from contracts.timeline import SAMPLE_RATE


class VisualStyle(StrEnum):
    """``basic``: the caption on a solid background. ``animated``: a planned slide with camera motion."""

    BASIC = "basic"
    ANIMATED = "animated"


class TtsProvider(StrEnum):
    """The voices."""

    MOCK = "mock"
    KOKORO = "kokoro"


Theme = Literal[
    "auto",
    "harbor-light", "harbor-dark",
    "signal-light", "signal-dark",
    "grove-light", "grove-dark",
    "plum-light", "plum-dark",
]  # fmt: skip


class RenderSettings(Model):
    """Everything besides the spec that decides the bytes of the film."""

    visual_style: VisualStyle = VisualStyle.BASIC
    width: int = Field(default=1280, ge=160, le=3840, multiple_of=2, description="pixels")
    height: int = Field(default=720, ge=90, le=2160, multiple_of=2, description="pixels")
    fps: int = Field(default=24, ge=5, le=60, description="frames a second; must divide 48,000")
    fade_duration: float = Field(default=0.5, ge=0, le=2, description="cross-fade between scenes, seconds")
    kenburns_zoom: float = Field(default=1.1, ge=1, le=1.5, description="largest zoom of the camera")
    tts_provider: TtsProvider = TtsProvider.KOKORO
    voice: str | None = Field(
        default=None, max_length=100, pattern=r"^[^\x00]*$", description="None: the provider's default"
    )
    theme: Theme = "auto"

    @field_validator("fps")
    @classmethod
    def _whole_samples(cls, fps: int) -> int:
        if SAMPLE_RATE % fps:
            raise ValueError("must divide 48,000, so that a frame is a whole number of samples")
        return fps


def check_shape(settings: RenderSettings) -> None:
    """Refuse a film that is taller than wide: asked of what comes in, not of what is recorded already.

    Slides are laid out for 16:9; in a vertical picture they would be a stripe that nobody can read.

    Raises:
        PermanentError: ``SETTINGS_INVALID``: what was asked for, and what there is.
    """
    if settings.height > settings.width:
        raise PermanentError(
            ErrorCode.SETTINGS_INVALID,
            f"a film of {settings.width}x{settings.height} would be taller than wide, and there is no "
            "vertical layout of slides: ask for a width of at least the height, such as 1280x720 or "
            "1920x1080 (16:9 fills the picture; 1440x1080 and 1080x1080 get margins)",
        )
