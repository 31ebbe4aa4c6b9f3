"""HTML in texts that are spoken and shown: its tags are no words."""

import html
import re

_BREAKING = (
    "address article blockquote br dd div dl dt figcaption figure footer h1 h2 h3 h4 h5 h6 header hr li main "
    "nav ol option p pre section select table tbody tfoot thead tr ul"
)
_INLINE = (
    "a abbr b bdi bdo big body button canvas caption cite code col colgroup data del details dfn dialog em "
    "font form head html i iframe img input ins kbd label link mark meta object q rp rt ruby s samp script "
    "small span strike strong style sub summary sup svg td textarea th time tt u var video wbr "
    "speak break emphasis prosody say-as phoneme voice"  # SSML, which language models write into narrations
)
_TAG = re.compile(
    rf"</?({'|'.join([*_BREAKING.split(), *_INLINE.split()])})(?:\s[^<>]{{0,400}})?/?>|<!--[^<>]{{0,400}}-->",
    re.IGNORECASE,
)
_BREAKS = frozenset(_BREAKING.split())
_ENTITY = re.compile(r"&(?:#[0-9]{1,7}|#[xX][0-9a-fA-F]{1,6}|[A-Za-z][A-Za-z0-9]{1,31});")


def without_tags(text: str) -> str:
    """Return ``text`` without HTML tags; what they enclose stays, and what begins a line begins one.

    Only names of HTML's elements make a tag: ``<산업안전보건법>`` and ``List<String>`` are text.
    """
    if "<" not in text:
        return text
    return _TAG.sub(lambda tag: "\n" if (tag[1] or "").lower() in _BREAKS else "", text)


def without_entities(text: str) -> str:
    """Return ``text`` with HTML's character references as the characters that they name.

    Once for each text: ``&amp;lt;`` is how an author shows ``&lt;``.
    """
    if "&" not in text:
        return text
    return _ENTITY.sub(lambda name: html.unescape(name[0]), text)
