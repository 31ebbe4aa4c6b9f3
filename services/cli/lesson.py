"""What a person wants rendered: a lesson in Markdown, or a script or render spec in JSON."""

import hashlib
import json
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

from contracts.commands import MAX_SOURCE_CHARACTERS
from contracts.errors import ErrorCode, PermanentError
from contracts.languages import normalise_language
from contracts.text_language import language_of
from services.scripting.reading.decoding import decoded

LARGEST_FILE: Final = 4 << 20
"""Bytes. A lesson has at most 20,000 characters and a spec 500 scenes; a larger file is a mistake."""


@dataclass(frozen=True)
class Lesson:
    """A lesson as read.

    Attributes:
        text: its Markdown; empty for a spec.
        spec: the render spec or script, where the file is JSON.
        language: of its narration.
        video_id: derived from the content, so that the same lesson is the same video.
    """

    text: str
    spec: dict[str, Any] | None
    language: str
    video_id: str


def read_lesson(path: Path, language: str | None) -> Lesson:
    """Read a lesson.

    Args:
        path: ``.json`` is a script or render spec, anything else text.
        language: ``None`` to tell by the text.

    Raises:
        PermanentError: ``SOURCE_TEXT_EMPTY``, ``SOURCE_TEXT_TOO_LONG``, ``RENDER_SPEC_INVALID`` or
            ``LANGUAGE_UNSUPPORTED``.
        OSError: the file cannot be read.
    """
    with path.open("rb") as file:
        data = file.read(LARGEST_FILE + 1)  # a pipe has no size that could be asked for
    if len(data) > LARGEST_FILE:
        raise PermanentError(
            ErrorCode.SOURCE_TEXT_TOO_LONG, f"{path} is larger than {LARGEST_FILE >> 20} MiB"
        )
    text = decoded(data, str(path))
    if not text.strip():
        raise PermanentError(ErrorCode.SOURCE_TEXT_EMPTY, f"{path} is empty")
    spec = _spec(path, text) if path.suffix.lower() == ".json" else None
    if spec is None and len(text) > MAX_SOURCE_CHARACTERS:
        raise PermanentError(
            ErrorCode.SOURCE_TEXT_TOO_LONG,
            f"{path} has {len(text):,} characters; at most {MAX_SOURCE_CHARACTERS:,} make one film",
        )
    told = language_of("\n".join(_said(spec)) if spec else text)
    named = language or (spec or {}).get("language") or told
    digest = hashlib.sha256(data).hexdigest()[:16]
    return Lesson("" if spec else text, spec, normalise_language(str(named)), f"lesson-{digest}")


_SAID: Final = frozenset({"title", "narration", "caption", "on_screen_text"})


def _said(value: object, depth: int = 6) -> Iterator[str]:
    """Yield what a script or render spec has said and shown; its keys are in no language."""
    if isinstance(value, dict):
        for key, inner in value.items():
            if key in _SAID and isinstance(inner, str):
                yield inner
            elif depth:
                yield from _said(inner, depth - 1)
    elif isinstance(value, list) and depth:
        for inner in value:
            yield from _said(inner, depth - 1)


def _spec(path: Path, text: str) -> dict[str, Any]:
    try:
        spec = json.loads(text)
    except (ValueError, RecursionError) as error:
        raise PermanentError(ErrorCode.RENDER_SPEC_INVALID, f"{path} is not JSON: {error}") from None
    if not isinstance(spec, dict):
        raise PermanentError(ErrorCode.RENDER_SPEC_INVALID, f"{path} is not a script or render spec")
    return spec
