"""Frame and sample arithmetic shared by every stage that times something.

A scene lasts lead-in + speech + pause, rounded up to whole frames; at 24 fps and 48 kHz a frame is exactly
2,000 samples, so every scene can be timed, encoded and subtitled alone and cumulative offsets are exact.
"""

from pydantic import Field

from contracts.base import Model

SAMPLE_RATE = 48_000
"""Samples a second of every speech artifact and of the film, mono."""

LEAD_IN_SECONDS = 0.5
"""Silence before a scene's first word: the cross-fade (0.5 s by default) is over when the voice starts."""

CHAPTER_LEAD_IN_SECONDS = 2.5
"""Lead-in of a chapter's first scene in the animated style: long enough to read the chapter card."""

PAUSE_SECONDS = 0.5
"""Silence after a scene's last word, before the next slide fades in."""


GAP_FRAMES = 2
"""Frames between two captions, at any frame rate: the blink that tells the eye there is a new text."""


def shortest_frames(fps: int) -> int:
    """Return the least frames a caption is shown: 5/6 s, 20 frames at 24 fps."""
    return -(-5 * fps // 6)


class SceneTiming(Model):
    """When a scene speaks, in samples of 48 kHz, and how long it lasts, in frames."""

    fps: int = Field(ge=1, le=60)
    lead_in_samples: int = Field(ge=0)
    speech_samples: int = Field(ge=1)
    frames: int = Field(ge=1)

    @property
    def samples(self) -> int:
        """Length of the scene in samples; a whole number of frames."""
        return self.frames * (SAMPLE_RATE // self.fps)

    @property
    def seconds(self) -> float:
        """Length of the scene in seconds."""
        return self.frames / self.fps


def time_scene(
    speech_samples: int,
    fps: int,
    *,
    lead_in_seconds: float = LEAD_IN_SECONDS,
    wished_seconds: float | None = None,
    last_sentence: int | None = None,
) -> SceneTiming:
    """Time a scene.

    Args:
        speech_samples: length of the speech, samples of 48 kHz.
        fps: frames a second; must divide 48,000.
        lead_in_seconds: silence before the first word; rounded to whole frames.
        wished_seconds: the script's ``duration_sec``; the scene is lengthened to it (up to twice the
            spoken length), never shortened.
        last_sentence: where in the speech the last sentence starts, samples. From there on the scene has
            room for a caption of the least length: a syllable takes 0.2 s to say and 0.8 s to read, and
            the fewer frames a second, the longer the least caption and the gap behind it last.
    """
    per_frame = SAMPLE_RATE // fps
    lead_in = round(lead_in_seconds * fps) * per_frame
    pause = round(PAUSE_SECONDS * SAMPLE_RATE)
    frames = -(-(lead_in + speech_samples + pause) // per_frame)
    if last_sentence is not None:
        shown = nearest_frame(lead_in + last_sentence, fps)
        frames = max(frames, shown + shortest_frames(fps) + GAP_FRAMES)
    if wished_seconds:
        frames = max(frames, min(round(wished_seconds * fps), 2 * frames))
    return SceneTiming(fps=fps, lead_in_samples=lead_in, speech_samples=speech_samples, frames=frames)


def frame_of_sample(sample: int, fps: int) -> int:
    """Return the frame on screen when ``sample`` (48 kHz) sounds."""
    return sample * fps // SAMPLE_RATE


def nearest_frame(sample: int, fps: int) -> int:
    """Return the frame that starts nearest to ``sample`` (48 kHz): within half a frame, 21 ms at 24 fps."""
    return (2 * sample * fps + SAMPLE_RATE) // (2 * SAMPLE_RATE)
