"""The text of a line of Markdown as it can be said, and what of it cannot."""

import re
from collections.abc import Callable
from urllib.parse import urlsplit

from markdown_it.tree import SyntaxTreeNode

from services.scripting.reading.wording import ends_sentence
from services.scripting.text import without_pictographs, words

_FOOTNOTE = re.compile(r"\[\^[^\]\s]{1,40}\]:?")
_ADDRESS = re.compile(r"<?\b((?:https?|ftp)://[^\s<>()\[\]가-힣\"']+)>?")
_ASIDE = re.compile(
    r"\s?\(((?:www\.)?[a-z0-9-]{1,63}(?:\.[a-z0-9-]{2,63}){0,3}\.([a-z]{2,8})(?:/[^()\s]{0,200})?)\)"
)
_DOMAINS = frozenset(
    words(
        "com org net edu gov int info biz io dev app ai me kr us uk eu de fr jp cn tw in ca au shop"
        " store site"
    )
)
"""Last labels of addresses; without the list Node.js, report.pdf and 2023.09.15 would be some."""
_STRUCK = re.compile(r"~~(?=\S)([^~\n]{1,500})(?<=\S)~~")
_ATTRIBUTES = re.compile(r"\s?\{:?[ ]?([.#\w][^{}\n]{0,200})\}")
_ATTRIBUTE = re.compile(r"^(?:[.#][\w-]+|[\w:-]+=(?:\"[^\"]*\"?|'[^']*'?|[^\s\"']*)|[^\s\"'=]*[\"'])")
_WIKI_LINK = re.compile(r"\[\[(?:[^\[\]|\n]{1,100}\|)?([^\[\]|\n]{1,100})\]\]")
_FORMULA = re.compile(r"\$([^\s$](?:[^$\n]{0,200}[^\s$])?)\$(?!\d)|\\\(([^()\n]{1,200})\\\)")
_OF_FORMULA = re.compile(r"[\\^_={}]")
_NOTE = re.compile(r"\^\[([^\[\]\n]{1,300})\]")
_HIGHLIGHT = re.compile(r"==(?=[^\s=])([^=\n]{1,300})==")
_TEMPLATE = re.compile(r"(\{%[^{}\n]{0,300}%\}|\{\{[<%][^{}\n]{0,300}[>%]\}\})")
_SMALL = re.compile(r"(?<=[A-Za-z)\]])([~^])([0-9+-]{1,4})\1")
"""A small figure above or below a letter: H~2~O, m^2^."""
_ASIDE_NOTE = re.compile(r"%%[^%\n]{1,500}%%")
"""An author's note to themselves, which no reader of the lesson sees."""
_ORNAMENT = re.compile(r"[-=_*─━═]{4,100}")
_VARIABLE = re.compile(r"\{\{ ?([^{}%<>\n]{1,100}?) ?\}\}")
_SHORTCODE = re.compile(r"(?<![\w:]):([a-z][a-z0-9_+-]{0,30}):(?![\w:])")
_SHORTCODES = {"x": "❌", "no_entry": "⛔", "no_entry_sign": "🚫", "white_check_mark": "✅", "warning": "⚠"}
_SPACE_BEFORE = re.compile(r" ([.,!?;:])(?![A-Za-z0-9_])")
_TAG_BREAK = re.compile(r"</?(?:br|p|div|li|hr|tr)\b", re.IGNORECASE)
_TAG_HIDES = re.compile(r"<(/?)(del|strike|script|style|pre|s)\b[^<>]{0,200}>", re.IGNORECASE)
_STRIKES = frozenset({"del", "s", "strike"})

Leave = Callable[[str, str], None]
"""Is told what is left unread: its kind and its text."""


def _collect(node: SyntaxTreeNode, leave: Leave, parts: list[str]) -> None:
    match node.type:
        case "softbreak" | "hardbreak":
            parts.append("\n")
        case "text" | "code_inline":
            parts.append(node.content)
        case "image":
            alternative = node.content.strip()
            if ends_sentence(alternative):
                parts.append(f"\n{alternative}\n")
            else:
                leave("image", alternative)
        case "s":
            leave("struck out", raw_inline_of(node, leave))
        case "html_inline":
            parts.append("\n" if _TAG_BREAK.match(node.content) else "")
        case _:
            _children(node, leave, parts)


def _children(node: SyntaxTreeNode, leave: Leave, parts: list[str]) -> None:
    """Collect children; what stands between <del> and </del> is struck out, what <script> holds is code."""
    hidden: list[str] | None = None
    for child in node.children:
        tag = _TAG_HIDES.match(child.content) if child.type == "html_inline" else None
        if tag and not tag[1] and hidden is None:
            hidden = []
        elif tag and tag[1] and hidden is not None:
            leave("struck out" if tag[2].lower() in _STRIKES else "code", "".join(hidden))
            hidden = None
        else:
            _collect(child, leave, parts if hidden is None else hidden)
    parts.extend(hidden or ())


def raw_inline_of(node: SyntaxTreeNode, leave: Leave) -> str:
    """Return the text of a node's children: emphasis, links and HTML tags away; rows of it as lines."""
    parts: list[str] = []
    _children(node, leave, parts)
    return "".join(parts)


def spoken_form(text: str, leave: Leave) -> str:
    """Return a line without what cannot be said: footnote marks, address paths, formulas, markup of tools."""

    def left(kind: str) -> Callable[[re.Match[str]], str]:
        def drop(found: re.Match[str]) -> str:
            leave(kind, found[1])
            return ""

        return drop

    def host(found: re.Match[str]) -> str:
        before, after = found.string[: found.start()].rstrip()[-1:], found.string[found.end() :].strip(" .")
        if not after and (not before or before in ".!?"):
            leave("link", found[1])  # a sentence of its own
            return ""
        return host_of(found[1])

    def aside(found: re.Match[str]) -> str:
        if found[2] not in _DOMAINS:
            return found[0]
        leave("link", found[1])
        return ""

    def formula(found: re.Match[str]) -> str:
        inner = found[1] or found[2] or ""
        if not _OF_FORMULA.search(inner):
            return found[0] if found[1] and inner[0].isdigit() else inner
        leave("formula", inner)
        return ""

    text = _STRUCK.sub(left("struck out"), text) if "~~" in text else text
    text = _FORMULA.sub(formula, text) if "$" in text or "\\(" in text else text
    text = _TEMPLATE.sub(left("code"), text) if "{" in text else text
    text = _ORNAMENT.sub(" ", _VARIABLE.sub(r"\1", text))
    text = _SMALL.sub(r"\2", _ASIDE_NOTE.sub("", text))
    text = _HIGHLIGHT.sub(r"\1", _NOTE.sub(r" (\1)", text))
    text = _ADDRESS.sub(host, _FOOTNOTE.sub("", text))
    text = _WIKI_LINK.sub(r"\1", _ASIDE.sub(aside, text))
    text = _ATTRIBUTES.sub(_without_attributes, text) if "{" in text else text
    text = _SHORTCODE.sub(lambda found: _SHORTCODES.get(found[1], ""), text)
    text = without_pictographs(text.replace("~~", "").replace("**", "").replace("`", ""))
    return _SPACE_BEFORE.sub(r"\1", text.replace("：", ": ").replace("．", ".")).strip()


def _without_attributes(found: re.Match[str]) -> str:
    return "" if all(map(_ATTRIBUTE.fullmatch, found[1].split())) else found[0]


def host_of(address: str) -> str:
    """Return an address's host as it is said, ``""`` for none."""
    try:
        host = urlsplit(address).hostname or ""
    except ValueError:
        return ""
    return host.removeprefix("www.")


def is_only_address(text: str) -> bool:
    """Whether a line is nothing but an address."""
    return _ADDRESS.fullmatch(text.strip(" .<>")) is not None
