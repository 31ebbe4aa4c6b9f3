"""When each picture of a scene is cut in, in frames."""

from collections.abc import Sequence

from contracts.events import SentenceTime
from contracts.timeline import SAMPLE_RATE, SceneTiming

AHEAD_SECONDS = 0.3
"""The slide is there this long before the voice starts on it: time to take it in."""


def first_frames(
    pages: int, timing: SceneTiming, sentences: Sequence[SentenceTime], *, card: bool
) -> list[int | None]:
    """Return the first frame of each picture: the chapter card if there is one, then the pages.

    The first picture starts at frame 0. Pages are cut in before the sentence that starts their share of the
    speech. A picture that has no frame of its own gets ``None`` and is not shown; the last one always is,
    because the next scene fades in from it.
    """
    ahead = round(AHEAD_SECONDS * SAMPLE_RATE)
    wanted = [0] if card else []
    for page in range(pages):
        if not wanted:
            wanted.append(0)
            continue
        sample = timing.lead_in_samples + _start_of_page(page, pages, timing, sentences) - ahead
        wanted.append(max(1, sample * timing.fps // SAMPLE_RATE))
    return _strictly_rising(wanted, timing.frames)


def _start_of_page(page: int, pages: int, timing: SceneTiming, sentences: Sequence[SentenceTime]) -> int:
    if page == 0:
        return 0
    if len(sentences) >= pages:
        return sentences[page * len(sentences) // pages].start
    return page * timing.speech_samples // pages


def _strictly_rising(wanted: Sequence[int], frames: int) -> list[int | None]:
    """Clamp to the scene and drop pictures that would share a frame with a later one."""
    chosen: list[int | None] = [None] * len(wanted)
    limit = frames
    for index in range(len(wanted) - 1, -1, -1):
        frame = min(wanted[index], limit - 1)
        if frame < 0:
            break
        chosen[index] = limit = frame
    shown = [index for index, frame in enumerate(chosen) if frame is not None]
    chosen[shown[0]] = 0
    return chosen
