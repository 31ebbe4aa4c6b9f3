"""What a render spec asks for and will not get: told before the work, estimated, and after it, measured."""

from collections.abc import Iterable

from contracts.renderspec import RenderSpec
from contracts.speech import estimated_seconds
from contracts.timeline import LEAD_IN_SECONDS, PAUSE_SECONDS

MOST_TIMES_AS_LONG = 2
"""A scene is lengthened to at most so many times its speech: see :func:`contracts.timeline.time_scene`."""

_UNSURE = 1.3
"""Estimate and speech differ by a third; what is nearer to a bound than that is not told beforehand."""

MOST_WARNINGS = 20
"""Scenes that are named one by one."""


def duration_warnings(spec: RenderSpec) -> tuple[str, ...]:
    """Say which scenes will not last as long as ``duration_sec`` wishes, by the estimate of their speech.

    A scene is never shorter than its speech and never longer than twice it.
    """
    found = []
    for scene in spec.scenes:
        if not scene.duration_sec:
            continue
        said = LEAD_IN_SECONDS + estimated_seconds(scene.narration, spec.language) + PAUSE_SECONDS
        if scene.duration_sec > said * MOST_TIMES_AS_LONG * _UNSURE:
            found.append(
                capped(scene.scene_id, scene.duration_sec, said * MOST_TIMES_AS_LONG, about="about ")
            )
        elif scene.duration_sec * _UNSURE < said:
            found.append(stretched(scene.scene_id, scene.duration_sec, said, about="about "))
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
