"""HTML tags that a text is about, as words: "<br>을 씁니다" is told, "첫 줄<br>둘째 줄" is laid out.

What only marks up goes where HTML is read (:mod:`services.scripting.reading.html_blocks`); what is named
would go with it, and leave a sentence without its object.
"""

import re
from collections import Counter
from collections.abc import Iterator, Sequence

from services.scripting.text import words

_TAG = re.compile(r"<(/?)([a-zA-Z][a-zA-Z0-9-]{0,30})((?:\s[^<>\n]{0,300})?)/?>")
_CODE = re.compile(r"(?<!`)(`{1,3})(?!`)([^`\n]{1,300})(?<!`)\1(?!`)")
_ESCAPED = re.compile(
    r"(?<!`)(?:&lt;(/?[a-zA-Z][a-zA-Z0-9-]{0,30})[^<>&`\n]{0,100}&gt;|\\<(/?[a-zA-Z][a-zA-Z0-9-]{0,30})[^<>`\n]{0,100}>)(?!`)"
)
_FENCE = re.compile(r"\s{0,3}(?:```|~~~)")
_KNOWN = frozenset(
    words(
        """
        a abbr address area article aside audio b base blockquote body br button canvas caption cite code col
        colgroup data datalist dd del details dfn dialog div dl dt em embed fieldset figcaption figure font
        footer form h1 h2 h3 h4 h5 h6 head header hr html i iframe img input ins kbd label legend li link main
        map mark menu meta meter nav noscript object ol optgroup option output p param picture pre progress q
        rp rt ruby s samp script search section select small source span strike strong style sub summary sup
        svg table tbody td template textarea tfoot th thead time title tr track tt u ul var video wbr center
        """
    )
)
_VOID = frozenset(words("area base br col embed hr img input link meta param source track wbr"))
_OPEN_ENDED = frozenset(words("p li dt dd td th tr thead tbody tfoot option optgroup colgroup rt rp"))
"""Elements whose end tag may be missing: alone, they lay out."""

_CALLED = re.compile(r" ?(?:태그|요소|엘리먼트|(?:tags?|elements?|attributes?)\b)", re.IGNORECASE)
_PARTICLE = re.compile(
    r"(?:을|를|은|는|이|가|과|와|로|으로|의|에|에는|에서|도|만|까지|부터|처럼|나|이나|라는|이라는|라고|이라고)"
    r"(?=[\s,.!?)]|$)"
)
_SURE_PARTICLE = re.compile(r"(?:을|를|과|와|로|으로|부터|까지)(?=[\s,.]|$)")
"""Particles that no word inside a marked text begins with: <b>이 문서</b> is none, <b>와 </b> is."""
_NAMES_EN = re.compile(
    r"\b(?:an?|the|every|each|no|one|use[sd]?|using|with|or|and|of|into|inside|like|called|before|after"
    r"|between|add|put|write|close|open|insert|avoid|never|than)\s$",
    re.IGNORECASE,
)
_BEFORE_ANOTHER = re.compile(r" ?[,·/] ?</?[a-zA-Z]")
_BEHIND_ANOTHER = re.compile(r">`? ?[,·/] ?$")
_APART = re.compile(r"(?=[ ,.;:)!?]|$)")
_DEFINES = re.compile(r" ?[:：–—=]|\s-\s| ?\|")
_ITEM = re.compile(r"(?:^|\n)\s{0,12}(?:[-*+]|\d{1,2}[.)]|\|)\s{0,4}$|\|\s{0,4}$")
_HANGUL = re.compile(r"[가-힣]")
_ARTICLE = re.compile(r"\b(?:an?|the|every|each|no|one|this|that|another|your|its)\s$", re.IGNORECASE)
_AGREEING = {
    "을": "를",
    "은": "는",
    "이": "가",
    "과": "와",
    "으로": "로",
    "이나": "나",
    "이라는": "라는",
    "이라고": "라고",
}
"""Particles behind a consonant, and behind the vowel of 태그."""


def named_tags(text: str) -> str:
    """Return a text in which the tags that it speaks of are words; those that lay it out stay tags.

    Args:
        text: Markdown; what stands between fences stays.
    """
    text = (
        "\n".join(line for _, lines in _escaped(_stretches(text.split("\n"))) for line in lines)
        if _ESCAPED.search(text)
        else text
    )
    if "<" not in text or not _TAG.search(text):
        return text
    stretches = list(_stretches(text.split("\n")))
    tags = Counter(
        (found[1], found[2].lower())
        for prose, lines in stretches
        if prose
        for found in _TAG.finditer(_CODE.sub(" ", "\n".join(lines)))
    )
    return "\n".join(
        _told("\n".join(lines), tags) if prose else "\n".join(lines) for prose, lines in stretches
    )


def _escaped(stretches: Iterator[tuple[bool, list[str]]]) -> Iterator[tuple[bool, list[str]]]:
    """Yield stretches whose escaped tags, which are never layout, are code: &lt;br&gt;."""
    for prose, lines in stretches:
        yield prose, [_ESCAPED.sub(r"`<\1\2>`", line) for line in lines] if prose else lines


def _stretches(lines: Sequence[str]) -> Iterator[tuple[bool, list[str]]]:
    """Yield paragraphs with True, and the lines between fences with False."""
    stretch: list[str] = []
    fenced = False
    for line in lines:
        fence = _FENCE.match(line) is not None
        if fence or (not line.strip() and not fenced):
            if stretch and not fenced:
                yield True, stretch
                stretch = []
            stretch.append(line)
            if not fence or fenced:
                yield False, stretch
                stretch = []
            fenced ^= fence
            continue
        stretch.append(line)
    if stretch:
        yield not fenced, stretch


def _told(text: str, tags: Counter[tuple[str, str]]) -> str:
    """Return a paragraph with the tags that it names as words."""
    code = list(_CODE.finditer(text))
    spans = [found.span() for found in code]
    bare = _blanked(text, spans)
    named = _named(bare, tags)
    edits = [(found.span(), _words(found, bare)) for found in named]
    edits += [(found.span(), told) for found in code if (told := _of_code(found, bare)) is not None]
    for (start, end), told in sorted(edits, reverse=True):
        text = f"{text[:start]}{told}{_agreeing(text[end:]) if told.endswith('태그') else text[end:]}"
    return text


def _blanked(text: str, spans: Sequence[tuple[int, int]]) -> str:
    """Return a text of the same length with nothing in its spans of code."""
    for start, end in spans:
        text = f"{text[:start]}{'`' * (end - start)}{text[end:]}"
    return text


def _of_code(found: re.Match[str], text: str) -> str | None:
    """Return a span of code that holds tags as words; ``None`` for other code."""
    inner = found[2]
    if not _TAG.search(inner):
        return None
    if tag := _TAG.fullmatch(inner.strip()):
        return _words(tag, text, found.span())
    korean = _HANGUL.search(text) is not None
    return " ".join(_TAG.sub(lambda tag: f" {_name(tag, korean=korean)} ", inner).split())


def _words(found: re.Match[str], text: str, at: tuple[int, int] | None = None) -> str:
    """Return how a tag is called where it stands in ``text``."""
    start, end = at or found.span()
    name = found[2]
    if name.lower() not in _KNOWN:
        return f" {name}" if text[start - 1 : start].isalnum() else name
    called = _CALLED.match(text, end) is not None
    if _HANGUL.search(text):
        whole = _name(found, korean=True)
        return whole.removesuffix(" 태그") if called else whole
    whole = _name(found, korean=False)
    if called:
        return whole.removesuffix(" tag")
    return whole if _ARTICLE.search(text[:start][-12:]) else f"the {whole}"


def _name(found: re.Match[str], *, korean: bool) -> str:
    name = found[2]
    if name.lower() not in _KNOWN:
        return name
    if korean:
        return f"{'닫는 ' if found[1] else ''}{name} 태그"
    return f"{'closing ' if found[1] else ''}{name} tag"


def _agreeing(rest: str) -> str:
    """Return what follows 태그 with the particle that belongs behind it."""
    found = _PARTICLE.match(rest)
    return f"{_AGREEING.get(found[0], found[0])}{rest[found.end() :]}" if found else rest


def _named(text: str, tags: Counter[tuple[str, str]]) -> list[re.Match[str]]:
    """Return the tags that a paragraph names."""
    found: list[re.Match[str]] = []
    waiting: dict[str, list[re.Match[str]]] = {}
    lone: list[re.Match[str]] = []
    for tag in _TAG.finditer(text):
        name = tag[2].lower()
        if tag[1] and waiting.get(name):
            opening = waiting[name].pop()
            dots = text[opening.end() : tag.start()].strip() in {"...", "…"}  # <p>...</p>
            if dots or (
                _is_named(opening, text, paired=True) and (_is_named(tag, text) or _is_called(opening, text))
            ):
                found += [opening, tag]
        elif tag[1] or name in _VOID:
            lone.append(tag)
        else:
            waiting.setdefault(name, []).append(tag)
    lone += [tag for left in waiting.values() for tag in left]
    return [*found, *(tag for tag in lone if _is_named(tag, text) or _is_lost(tag, text, tags))]


def _is_called(tag: re.Match[str], text: str) -> bool:
    return _CALLED.match(text, tag.end()) is not None


def _is_named(tag: re.Match[str], text: str, *, paired: bool = False) -> bool:
    """Whether the words around a tag speak of it."""
    before, end = text[max(0, tag.start() - 24) : tag.start()], tag.end()
    particle = (_SURE_PARTICLE if paired else _PARTICLE).match(text, end)
    apart = _APART.match(text, end) is not None
    return bool(
        _is_called(tag, text)
        or particle
        or _BEFORE_ANOTHER.match(text, end)
        or _BEHIND_ANOTHER.search(before)
        or (apart and _NAMES_EN.search(before))
        or (_ITEM.search(before) and _DEFINES.match(text, end))
    )


def _is_lost(tag: re.Match[str], text: str, tags: Counter[tuple[str, str]]) -> bool:
    """Whether a tag with no other end in the whole text stands inside a line of words."""
    name = tag[2].lower()
    if name in _VOID or name in _OPEN_ENDED or tags["" if tag[1] else "/", name]:
        return False
    line = text[text.rfind("\n", 0, tag.start()) + 1 : tag.start()]
    wordy = any(map(str.isalpha, line)) or name not in _KNOWN
    return wordy and _APART.match(text, tag.end()) is not None
