"""Names of the published files: their keys, addresses and content types."""

import re
from dataclasses import dataclass
from typing import Literal
from urllib.parse import quote

from contracts.errors import ErrorCode, PermanentError, TransientError
from services.runtime.published_files import unguessable_part

Kind = Literal["video", "srt", "vtt", "thumbnail", "report"]

INLINE_SCRIPT = "inline"
"""Stands in the key of a job whose spec came with the command and has no script."""

_ID = re.compile(r"[A-Za-z0-9][A-Za-z0-9._:-]{0,127}")


@dataclass(frozen=True)
class PublishedFile:
    """One of a job's files; ``kind`` is also its name in ``FilmFiles``.

    The content type is ours and not the claim's: a forged record must not make us serve HTML.
    """

    kind: Kind
    name: str
    content_type: str


PUBLISHED_FILES = (
    PublishedFile("video", "video.mp4", "video/mp4"),
    PublishedFile("srt", "subtitles.srt", "application/x-subrip"),
    PublishedFile("vtt", "subtitles.vtt", "text/vtt"),
    PublishedFile("thumbnail", "thumb.jpg", "image/jpeg"),
    PublishedFile("report", "report.json", "application/json"),
)


def folder_key(video_id: str, script_id: str | None, job_id: str, secret: bytes | None) -> str:
    """Return ``videos/{video_id}/{script_id}/{job_id}``, and below it what follows from the secret.

    The same job has the same folder wherever it is uploaded, and however often.

    Args:
        video_id: of the film.
        script_id: ``None`` for a spec that came without a script.
        job_id: chosen by anybody.
        secret: ``None`` where everybody may find the folder.

    The contract constrains ids already; they are checked again because a path is made of them.

    Raises:
        PermanentError: ``EVENT_MALFORMED``: an id that is not safe in a path.
    """
    ids = (video_id, INLINE_SCRIPT if script_id is None else script_id, job_id)
    for each in ids:
        if not _ID.fullmatch(each):
            raise PermanentError(
                ErrorCode.EVENT_MALFORMED, f"id {each[:40]!r} cannot be part of a file's key"
            )
    folder = "/".join(("videos", *ids))
    return folder if secret is None else f"{folder}/{unguessable_part(secret, folder)}"


def public_url(base_url: str, key: str) -> str:
    """Return the address of ``key`` below ``base_url``, which has no slash at its end."""
    return f"{base_url}/{quote(key, safe='/:')}"


def upload_failed(key: str, why: str) -> TransientError:
    """Return the error for a file that is not where it should be."""
    return TransientError(ErrorCode.STORAGE_UPLOAD_FAILED, f"storing {key}: {why}")
