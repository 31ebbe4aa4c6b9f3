"""Keeps secrets out of logs, events, dead letters and error messages.

Two kinds are blanked: values that this process knows (its settings and those of its environment), in
whatever form; and what looks like a secret of somebody else's: tickets, bearers, signed URLs, cookies. Every
typed error's message is clean from its birth, so that whatever tells of it is.
"""

import base64
import binascii
import os
import re
from collections.abc import Callable, Iterable, Iterator
from functools import cache

from pydantic import BaseModel

from contracts import errors
from services.runtime.observability.secrets import SHORTEST, forms_of, secrets_in, secrets_of

__all__ = ["LONGEST", "Redactor", "learn_settings", "learn_urls", "redact", "secrets_of"]

LONGEST = 65_536
"""Characters of a text that are looked at; the rest is cut off. Fewer: the end of a long stack trace is
missing. More: one line of log takes the event loop for longer than some ten milliseconds."""

BLANK = "***"

_FEW = 64
"""Forms that are looked for one by one; of more, those that end with six characters that the text has."""

_Rule = tuple[tuple[str, ...], re.Pattern[str], str | Callable[[re.Match[str]], str]]

_QUOTE = r"\\{0,2}[\"']"
_BEHIND = rf"(?:{_QUOTE}\s{{0,9}}[,:]|\s{{0,9}}[:=])\s{{0,9}}(?:b(?=[\"']))?"
"""Between a header's name and its value: as sent, in a mapping, a list of pairs, or JSON inside of JSON."""

_IN_QUOTES = rf"(?P<quote>{_QUOTE})(?:(?!(?P=quote))[^\n])*"
_QUERY_NAMES = (
    r"x-amz-(?:signature|credential|security-token)|x-goog-(?:signature|credential)|awsaccesskeyid|signature|sig"
    r"|ticket|(?:access_|refresh_|id_)?token|api[_-]?key|password|passwd|pwd|(?:client_)?secret"
)


def _header(match: re.Match[str]) -> str:
    return f"{match[1]}{match['quote'] or ''}{BLANK}"


def _basic(match: re.Match[str]) -> str:
    """Blank what is ``user:password``; "basic knowledge" is none."""
    try:
        plain = base64.b64decode(match[2] + "==", validate=False)
    except (binascii.Error, ValueError):
        return match[0]
    return f"{match[1]}{BLANK}" if b":" in plain else match[0]


_RULES: tuple[_Rule, ...] = (
    (
        ("private key-----",),
        re.compile(r"-----BEGIN [A-Z ]{0,40}PRIVATE KEY-----[^-]*(?:-----END [A-Z ]{0,40}PRIVATE KEY-----)?"),
        BLANK,
    ),
    (("lst_",), re.compile(r"\blst_[A-Za-z0-9_-]{20,}"), f"lst_{BLANK}"),
    (("lectern.bearer.",), re.compile(r"(?i)(lectern\.bearer\.)[^\s,;\"\])]+"), rf"\1{BLANK}"),
    (
        ("authorization",),
        re.compile(
            rf"(?i)(authorization{_BEHIND})(?:{_IN_QUOTES}|(?:[\w-]+[ \t]+)?[^\s\"']+(?:(?<=,)[ \t]*\S+)*)"
        ),
        _header,
    ),
    (("cookie",), re.compile(rf"(?i)(\bcookie{_BEHIND})(?:{_IN_QUOTES}|[^\n\"']+)"), _header),
    (
        ("bearer",),
        re.compile(
            r"(?i)\b(bearer(?:\s|%20)+)(?!(?:auth\w*|credentials?|challenges?|subprotocols?)\b)"
            r"[a-z0-9._~+/=-]{8,}"
        ),
        rf"\1{BLANK}",
    ),
    (("basic",), re.compile(r"(?i)\b(basic(?:\s|%20)+)([a-z0-9_~+/-]{8,}={0,2})"), _basic),
    (
        ("=", "%3d"),
        re.compile(rf"(?i)((?:[?&;]|%3f|%26)(?:{_QUERY_NAMES})(?:=|%3d))(?!lst_\*)(?:(?!%26)[^&\s\"'<>#;])+"),
        rf"\1{BLANK}",
    ),
    (
        ("password", "passwd", "passphrase", "secret", "token", "key", "credential", "signature"),
        re.compile(
            r"(?i)((?:password|passwd|passphrase|secret|token|api[_-]?key|access[_-]?key(?:[_-]id)?"
            rf"|private[_-]?key|credentials?|signature)(?:{_QUOTE}\s{{0,3}}:\s{{0,3}}b?{_QUOTE}"
            rf"|\s{{0,3}}=\s{{0,3}}(?:b?{_QUOTE})?|\s{{0,3}}:\s{{0,3}}(?=[^\s\d]*\d)(?:b?{_QUOTE})?))"
            r"(?![a-z_][\w.]*[(\[])[^\s\"',;&)}\]\\]{6,}"
        ),
        rf"\1{BLANK}",
    ),
    (("akia", "asia"), re.compile(r"\bA(?:KI|SI)A[A-Z0-9]{16}\b"), BLANK),
    (("eyj",), re.compile(r"\beyJ[\w-]{8,}\.[\w-]{8,}(?:\.[\w-]*)?"), BLANK),
    (("whsec_",), re.compile(r"\bwhsec_[A-Za-z0-9+/=_-]{8,}"), f"whsec_{BLANK}"),
    (("sk-",), re.compile(r"\bsk-[A-Za-z0-9_-]{16,}"), BLANK),
    (("://",), re.compile(r"://[^/\s\"'<>]+@"), f"://{BLANK}@"),
)
"""What looks like a secret: words of which one must be there (cheap to look for), and what is blanked."""


class Redactor:
    """Blanks known secrets.

    Args:
        secrets: whole values, in the clear.
    """

    def __init__(self, secrets: Iterable[str]) -> None:
        forms = {form for secret in secrets if len(secret) >= SHORTEST for form in forms_of(secret)}
        self._forms = sorted(forms)
        self._reach = max(map(len, forms), default=0)
        self._by_end: dict[str, list[str]] = {}  # many begin alike, with what says whose they are
        for form in self._forms:
            self._by_end.setdefault(form[-SHORTEST:], []).append(form)

    def __call__(self, text: str) -> str:
        """Return ``text``, at most :data:`LONGEST` characters of it, with secrets blanked."""
        looked_at = text[: LONGEST + self._reach]
        end, pieces, at = min(LONGEST, len(text)), [], 0
        for start, stop in _joined(self._places(looked_at)):
            if start >= end:
                break
            pieces += [looked_at[at:start], BLANK]
            at = stop
        pieces.append(looked_at[at:end] if at < end else "")
        clean = _blank_by_look("".join(pieces))
        return clean if len(text) <= LONGEST else f"{clean}… ({len(text):,} characters)"

    def _places(self, text: str) -> list[tuple[int, int]]:
        places = []
        for form in self._candidates(text):
            at = text.find(form)
            while at >= 0:
                places.append((at, at + len(form)))
                at = text.find(form, at + 1)
        places.sort()
        return places

    def _candidates(self, text: str) -> Iterable[str]:
        if len(self._forms) <= _FEW:
            return self._forms
        ends = {text[at : at + SHORTEST] for at in range(len(text) - SHORTEST + 1)}
        return [form for end in ends & self._by_end.keys() for form in self._by_end[end]]


def learn_urls(text: str) -> None:
    """Blank the passwords of the URLs in ``text`` from now on."""
    _learned.update(secrets_of({"": text}))
    _process_redactor.cache_clear()


def learn_settings(settings: BaseModel) -> None:
    """Blank what is secret in settings, wherever they came from, from now on."""
    _learned.update(secrets_in(settings))
    _process_redactor.cache_clear()


def redact(text: str, secrets: Iterable[str] | None = None) -> str:
    """Return ``text`` without secrets, and at most :data:`LONGEST` characters of it.

    Args:
        text: what is to be told.
        secrets: those to blank; ``None`` for those of the environment and of settings that were learned.
    """
    return (_process_redactor() if secrets is None else Redactor(secrets))(text)


_learned: set[str] = set()


@cache
def _process_redactor() -> Redactor:
    return Redactor({*secrets_of(os.environ), *_learned})


def _joined(places: Iterable[tuple[int, int]]) -> Iterator[tuple[int, int]]:
    """Join places that overlap: of two secrets that share characters, neither's rest is shown."""
    start = stop = 0
    for begin, end in places:
        if begin >= stop:
            if stop:
                yield start, stop
            start = begin
        stop = max(stop, end)
    if stop:
        yield start, stop


def _blank_by_look(text: str) -> str:
    lowered = text.lower()
    for words, pattern, blank in _RULES:
        if any(word in lowered for word in words):
            text = pattern.sub(blank, text)
    return text


errors.clean_messages_with(redact)
