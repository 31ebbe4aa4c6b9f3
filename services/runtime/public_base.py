"""The public base URL of finished files: one that means the same to everybody who compares paths."""

import re
from urllib.parse import urlsplit

DEFAULT_BASE = "/assets"
"""Where the gateway serves finished files when nobody says otherwise."""

LONGEST_BASE = 1_024
"""Characters of the public base. More: with the longest key a URL exceeds the contract's 2,048."""

_SEGMENT = re.compile(r"[A-Za-z0-9_~-][A-Za-z0-9_~.-]*")
_HOST = re.compile(r"[A-Za-z0-9._-]+(?::[0-9]{1,5})?|\[[0-9A-Fa-f:]+\](?::[0-9]{1,5})?")


def public_base(text: str) -> str:
    """Return a public base URL without a slash at its end, if it is one that can mean one thing only.

    Whoever compares paths may do so before or after decoding, with or without dots and doubled slashes; a
    base that has none of these is the same to all of them.

    Raises:
        ValueError: it is neither a plain path nor a plain http or https URL.
    """
    if len(text) > LONGEST_BASE:
        raise ValueError(f"STORAGE_PUBLIC_BASE_URL has more than {LONGEST_BASE:,} characters")
    local = text.startswith("/")
    if not local:
        _check_authority(text)
    path = text if local else text.split("://", 1)[1].partition("/")[2]
    path = path.removeprefix("/") if local else path
    path = path.removesuffix("/")
    if local and not path:
        raise ValueError("STORAGE_PUBLIC_BASE_URL must not be the root: name a folder, such as /assets")
    if path and not all(_SEGMENT.fullmatch(segment) for segment in path.split("/")):
        raise ValueError(
            "STORAGE_PUBLIC_BASE_URL must be plain: letters, digits and ._~- between single slashes, without"
            " percent signs, dot segments, query or fragment, such as /assets or https://cdn.example/films"
        )
    return text.removesuffix("/")


def _check_authority(text: str) -> None:
    scheme, _, rest = text.partition("://")
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    if scheme.lower() not in {"http", "https"} or not _HOST.fullmatch(authority):
        raise ValueError(
            "STORAGE_PUBLIC_BASE_URL must be a path of the gateway, such as /assets, or an http or https URL"
            " of scheme, host and path only, such as https://cdn.example/films"
        )
    if "?" in rest or "#" in rest:
        raise ValueError("STORAGE_PUBLIC_BASE_URL must have no query and no fragment: a key is put behind it")


def path_of(base: str) -> str:
    """Return the path of a public base URL, empty where it is a whole host."""
    return base if base.startswith("/") else urlsplit(base).path
