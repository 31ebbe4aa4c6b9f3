"""How a job is rendered: the settings that travel with it, so that one record can be re-run alone.

Style, voice provider and theme are open names on the wire: what there is may differ from release to release,
and no schema says it. The enums here are what this release has; who needs a name looks it up and refuses what
it does not know: the gateway when it is asked for, a stage when it comes to it (decision 47).
"""

from collections.abc import Iterable
from enum import StrEnum
from typing import TypeVar

from pydantic import Field, field_validator

from contracts.base import Model, Name
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


class Theme(StrEnum):
    """The colors of slides; ``auto``: the light one of the family that fits the film's title."""

    AUTO = "auto"
    HARBOR_LIGHT = "harbor-light"
    HARBOR_DARK = "harbor-dark"
    SIGNAL_LIGHT = "signal-light"
    SIGNAL_DARK = "signal-dark"
    GROVE_LIGHT = "grove-light"
    GROVE_DARK = "grove-dark"
    PLUM_LIGHT = "plum-light"
    PLUM_DARK = "plum-dark"


class RenderSettings(Model):
    """Everything besides the spec that decides the bytes of the film."""

    visual_style: Name = Field(default=VisualStyle.BASIC.value, description="how slides look and move")
    width: int = Field(default=1280, ge=160, le=3840, multiple_of=2, description="pixels")
    height: int = Field(default=720, ge=90, le=2160, multiple_of=2, description="pixels")
    fps: int = Field(default=24, ge=5, le=60, description="frames a second; must divide 48,000")
    fade_duration: float = Field(default=0.5, ge=0, le=2, description="cross-fade between scenes, seconds")
    kenburns_zoom: float = Field(default=1.1, ge=1, le=1.5, description="largest zoom of the camera")
    tts_provider: Name = Field(default=TtsProvider.KOKORO.value, description="who speaks")
    voice: str | None = Field(
        default=None, max_length=100, pattern=r"^[^\x00]*$", description="None: the provider's default"
    )
    theme: Name = Field(default=Theme.AUTO.value, description="colors of the slides")

    @field_validator("fps")
    @classmethod
    def _whole_samples(cls, fps: int) -> int:
        if SAMPLE_RATE % fps:
            raise ValueError("must divide 48,000, so that a frame is a whole number of samples")
        return fps


_Names = TypeVar("_Names", bound=StrEnum)


def unknown_name(field: str, name: str, there_are: Iterable[str]) -> PermanentError:
    """Return the refusal of a name that nobody here knows: ``SETTINGS_INVALID``, naming what there is."""
    known = ", ".join(there_are)
    return PermanentError(
        ErrorCode.SETTINGS_INVALID,
        f"{field}: there is no {name[:100]!r} in this release of Lectern; choose one of {known}",
    )


def _known(names: type[_Names], field: str, name: str) -> _Names:
    try:
        return names(name)
    except ValueError:
        raise unknown_name(field, name, names) from None


def known_style(name: str) -> VisualStyle:
    """Return the style of this name; raises ``SETTINGS_INVALID`` where there is none."""
    return _known(VisualStyle, "visual_style", name)


def known_theme(name: str) -> Theme:
    """Return the theme of this name; raises ``SETTINGS_INVALID`` where there is none."""
    return _known(Theme, "theme", name)


def check_names(visual_style: str | None, tts_provider: str | None, theme: str | None) -> None:
    """Refuse names that this release does not know: asked of what comes in, not of what is recorded already.

    Raises:
        PermanentError: ``SETTINGS_INVALID``: what was asked for, and what there is.
    """
    if visual_style is not None:
        known_style(visual_style)
    if tts_provider is not None:
        _known(TtsProvider, "tts_provider", tts_provider)
    if theme is not None:
        known_theme(theme)


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
