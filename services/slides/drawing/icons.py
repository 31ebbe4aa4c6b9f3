"""Icons by name: the characters of the Material Design Icons font."""

from functools import cache

from fonticon_mdi7 import MDI7

FALLBACK = "circle_small"


@cache
def glyph(name: str) -> str:
    """Return the character of an icon (an attribute name of ``MDI7``); unknown names give a small disc."""
    value = getattr(MDI7, name, None)
    return value[-1] if isinstance(value, str) and value else glyph(FALLBACK)


def known(name: str) -> bool:
    """Whether the icon font has an icon of that name."""
    return isinstance(getattr(MDI7, name, None), str) and not name.startswith("_")
