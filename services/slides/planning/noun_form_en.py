"""English sentences as a slide names them: You must wear → Wear."""

import re

_WHO = r"(?:you|we|everyone|employees|staff|all staff)"
_DUTIES = tuple(
    (re.compile(pattern, re.IGNORECASE), replacement)
    for pattern, replacement in (
        (rf"^{_WHO} (?:must not|may not|should not|shouldn't|can't|cannot) ", "Do not "),
        (rf"^{_WHO} (?:must|should|have to|need to|has to|will need to) ", ""),
        (r"^(?:please )?(?:make sure|be sure|remember|take care|try|aim) to ", ""),
        (r"^it is (?:important|essential|best|a good idea|your duty) to ", ""),
        (r"^we (?:ask|want|expect|encourage) you to ", ""),
        (r"^(?:always )?be careful not to ", "Do not "),
    )
)  # fmt: skip


def named(text: str) -> str:
    """Return a sentence without what only says that it is a duty."""
    for pattern, replacement in _DUTIES:
        text, changed = pattern.subn(replacement, text, count=1)
        if changed:
            break
    return text[:1].upper() + text[1:]
