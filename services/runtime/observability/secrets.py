"""Which values are secret: those that settings hold, each alone, in every form in which a text shows them."""

import base64
import json
import re
from collections.abc import Iterable, Iterator, Mapping
from urllib.parse import quote, quote_plus, unquote

from pydantic import BaseModel, SecretStr

SHORTEST = 6
"""Characters of a value that is blanked wherever it stands. Fewer: three letters are in every second line,
and blanking them tells where they are. More: a password of six is shown. What is shorter is blanked in its
place only: in a URL, behind its name."""

_WORD_CHARACTERS = 16
"""Letters of one case that are a word, not a secret, where they are only part of a value."""

_NAME = re.compile(
    r"TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|_PWD$|API_?KEY|ACCESS_KEY|PRIVATE_KEY|SIGNING_KEY|CREDENTIAL"
    r"|COOKIE|JAAS|_HEADERS$",
    re.IGNORECASE,
)
_NO_SECRET = re.compile(r"_(?:FILE|PATH|DIR|FOLDER|URL|URI|SECONDS|PROVIDER)$", re.IGNORECASE)
_OURS = frozenset(
    {"lectern", "gateway", "postgres", "postgresql", "password", "secret", "kafka", "localhost"}
)
"""Words that logs are made of. Who has one of them as a password has none; its place in a URL is blanked."""

_URL = re.compile(r"\b[a-zA-Z][a-zA-Z0-9+.-]{0,40}://(\S+)")
_NAMED = re.compile(
    r"(?i)(?:password|passwd|secret|token|api_?key)\s{0,3}=\s{0,3}(?:'([^']*)'|\"([^\"]*)\"|([^\s&;'\"]+))"
)
_SEPARATORS = re.compile(r"[\s,;]+|\\n")
_SCHEME = re.compile(r"(?i)(?:bearer|basic|token|apikey)\s+(\S+)")
_WORD = re.compile(r"[a-z]+|[A-Z]?[a-z]+|[A-Z_]+")


def secrets_of(environment: Mapping[str, str]) -> tuple[str, ...]:
    """Return the secrets among the values of variables, longest first.

    Of a variable whose name says that it is secret, the value and each part of it: of a list, of JSON, of a
    text of several lines, behind a name or a scope. Of any other, the passwords of the URLs in it.
    """
    found: set[str] = set()
    for name, value in environment.items():
        if _NAME.search(name) and not _NO_SECRET.search(name):
            found.update(parts_of(value))
        else:
            found.update(_of_urls(value))
    return tuple(sorted(found, key=lambda each: (-len(each), each)))


def secrets_in(settings: BaseModel) -> Iterator[str]:
    """Yield the secrets of settings: of fields that are, and the passwords of URLs in others."""
    for name in type(settings).model_fields:
        match getattr(settings, name):
            case SecretStr() as field:
                yield from parts_of(field.get_secret_value())
            case BaseModel() as field:
                yield from secrets_in(field)
            case field if field is not None:
                yield from _of_urls(str(field))


def parts_of(value: str) -> Iterator[str]:
    """Yield a secret value and what in it is secret by itself."""
    yield from _kept([value.strip(), *_of_urls(value)])
    texts = _texts_of(value)
    yield from _kept(texts)
    for item in (item for text in texts for item in _SEPARATORS.split(text)):
        yield from _of_item(item)
        if "%" in item and (plain := unquote(item)) != item:
            yield from _of_item(plain)
            yield from _kept(match[1] for match in _SCHEME.finditer(plain))
    yield from _kept(match[1] for match in _SCHEME.finditer(value))


def forms_of(secret: str) -> frozenset[str]:
    """Return how a secret may stand in a text: as it is, percent-encoded, escaped, or inside of base64."""
    quoted = (quote(secret, safe=""), quote(secret), quote_plus(secret))
    forms = {
        secret,
        *quoted,
        *(re.sub(r"%[0-9A-F]{2}", lambda code: code[0].lower(), each) for each in quoted),
        json.dumps(secret)[1:-1],
        json.dumps(secret, ensure_ascii=False)[1:-1],
        repr(secret)[1:-1],
        ascii(secret)[1:-1],
        *_in_base64(secret.encode("utf-8", "surrogateescape")),
    }
    return frozenset(form for form in forms if len(form) >= SHORTEST)


def _in_base64(data: bytes) -> Iterator[str]:
    """Yield what base64 makes of data wherever it stands in what is encoded: ``user:password``, for one."""
    for before in range(3):
        start = -(-before * 4 // 3)  # characters that what stands before has a share in
        end = (before + len(data)) * 4 // 3  # behind it, what follows has one
        for encode in (base64.b64encode, base64.urlsafe_b64encode):
            form = encode(b"\0" * before + data)[start:end].decode()
            if len(form) > SHORTEST:
                yield form


def _of_item(item: str) -> Iterator[str]:
    """Yield an item of a list, and what stands behind each of the names and scopes before it."""
    if item.startswith("-----") or item.endswith("-----"):  # of a key in PEM, which says what it is
        return
    parts = [item]
    for mark in ("=", ":"):
        rest = item.partition(mark)[2]
        while rest:
            parts.append(rest)
            rest = rest.partition(mark)[2]
    yield from _kept(part for part in parts if not _is_word(part))
    for part in parts:
        if part.startswith("whsec_"):
            yield from _kept([part.removeprefix("whsec_")])


def _texts_of(value: str) -> list[str]:
    """Return the texts in a value of JSON, or the value."""
    if value.strip()[:1] not in {"[", "{", '"'}:
        return [value]
    try:
        left = [json.loads(value)]
    except (ValueError, RecursionError):
        return [value]
    texts = []
    while left:
        match left.pop():
            case str() as text:
                texts.append(text)
            case list() as items:
                left += items
            case dict() as fields:
                left += fields.values()
            case number:
                texts.append(str(number))
    return texts


def _of_urls(value: str) -> Iterator[str]:
    """Yield the passwords of the URLs in a value, and of what a database's driver takes in their place."""
    for match in _URL.finditer(value):
        yield from _of_url(match[1])
    for match in _NAMED.finditer(value):
        told = match[1] or match[2] or match[3]
        yield from _kept([told, unquote(told)] if told else [])


def _of_url(rest: str) -> Iterator[str]:
    authority = re.split(r"[/?#]", rest, maxsplit=1)[0]
    # a password that nobody encoded may hold a slash or an at sign
    userinfo, at, host = (authority if "@" in authority else rest).rpartition("@")
    if not at:
        return
    user, colon, password = userinfo.partition(":")
    if not colon:  # a token in the user's place
        yield from _kept([] if _is_word(user) else [user])
        return
    said = {unquote(user).lower(), *(part.lower() for part in re.split(r"[/:?.]", host))}
    yield from _kept(each for each in (password, unquote(password)) if each.lower() not in said)
    first = userinfo.partition("@")[0].partition(":")[2]
    if first != password:
        yield from _kept([first])


def _kept(values: Iterable[str]) -> Iterator[str]:
    return (value for value in values if len(value) >= SHORTEST and value.lower() not in _OURS)


def _is_word(part: str) -> bool:
    return len(part) < _WORD_CHARACTERS and _WORD.fullmatch(part) is not None
