"""What a render spec asks for and will not get: told before the work, estimated, and after it, measured."""

from collections.abc import Iterable

from contracts.speech import estimated_seconds
from contracts.timeline import LEAD_IN_SECONDS, PAUSE_SECONDS

MOST_TIMES_AS_LONG = 2
"""A scene is lengthened to at most so many times its speech: see :func:`contracts.timeline.time_scene`."""

_UNSURE = 1.3
"""Estimate and speech differ by a third; what is nearer to a bound than that is not told beforehand."""

MOST_WARNINGS = 20
"""Scenes that are named one by one."""


_SAMPLE = 1_000
"""Characters of a narration that are estimated; the rest takes as long in proportion."""

_MOST_ESTIMATED = 20_000
"""Characters of a film that are estimated, some milliseconds: an answer over HTTP holds these warnings, and
nothing else is answered meanwhile. A film of ten minutes has 3,000 in Korean, 9,000 in English."""


def duration_warnings(scenes: Iterable[tuple[int, str, float | None]], language: str) -> tuple[str, ...]:
    """Say which scenes will not last as long as was wished, by the estimate of their speech.

    A scene is never shorter than its speech and never longer than twice it.

    Args:
        scenes: id, narration and ``duration_sec`` of each, in order.
        language: two-letter code.
    """
    found, left = [], _MOST_ESTIMATED
    for scene_id, narration, wished in scenes:
        sample = narration[:_SAMPLE]
        if not wished or not sample:
            continue
        left -= len(sample)
        if left < 0:
            break
        speech = estimated_seconds(sample, language) * len(narration) / len(sample)
        said = LEAD_IN_SECONDS + speech + PAUSE_SECONDS
        if wished > said * MOST_TIMES_AS_LONG * _UNSURE:
            found.append(capped(scene_id, wished, said * MOST_TIMES_AS_LONG, about="about "))
        elif wished * _UNSURE < said:
            found.append(stretched(scene_id, wished, said, about="about "))
    return bounded(found)


def capped(scene_id: int, wished: float, lasts: float, *, about: str = "") -> str:
    """Say that a scene is shorter than was wished."""
    return (
        f"scene {scene_id}: duration_sec is {wished:g} s, and the scene lasts {about}{lasts:.1f} s: at most "
        f"{MOST_TIMES_AS_LONG} times what it says takes; give it more to say, or wish for less"
    )


def stretched(scene_id: int, wished: float, lasts: float, *, about: str = "") -> str:
    """Say that a scene is longer than was wished."""
    return (
        f"scene {scene_id}: duration_sec is {wished:g} s, and the scene lasts {about}{lasts:.1f} s: "
        "as long as what it says takes; give it less to say, or split it"
    )


def bounded(warnings: Iterable[str], most: int = MOST_WARNINGS) -> tuple[str, ...]:
    """Return the first warnings, and how many more there are."""
    found = list(warnings)
    if len(found) <= most:
        return tuple(found)
    return (*found[:most], f"and {len(found) - most:,} more warnings of this kind")
