"""The languages Lectern writes, speaks and subtitles."""

import re

from contracts.errors import ErrorCode, PermanentError

DEFAULT_LANGUAGE = "ko"
LANGUAGES = {"ko": "Korean", "en": "English"}
"""Two-letter code to name; Korean first."""

ISO_639_2 = {"ko": "kor", "en": "eng"}
"""Codes that MP4 language tags use."""


_TAG = re.compile(r"\s*[A-Za-z0-9]{1,8}(?:[-_][A-Za-z0-9]{1,8}){0,7}\s*")
"""The form of a language tag (BCP 47, RFC 5646), up to the longest with a use here: the tag is kept with the
request, and what merely begins like one could be of any length."""


def normalise_language(code: str) -> str:
    """Return the supported two-letter code for ``code`` (``ko-KR``, ``EN_us`` and the like are understood).

    Raises:
        PermanentError: ``LANGUAGE_UNSUPPORTED``.
    """
    short = code.strip().replace("_", "-").split("-")[0].lower()
    if short not in LANGUAGES or not _TAG.fullmatch(code):
        known = ", ".join(f"{k} ({v})" for k, v in LANGUAGES.items())
        raise PermanentError(
            ErrorCode.LANGUAGE_UNSUPPORTED, f"language {code[:35]!r} is not supported; choose one of {known}"
        )
    return short
