"""Whether a line of plain text reads like a title, a label, a sentence or code."""

import re
import unicodedata

SHORT_LINE = 40
"""Longest line, in characters, that may be a heading or a list item without a mark saying so."""

_WIDEST_BARE_NAME = 16
"""Columns of a title that is one though no other is numbered with it, such as 적용 범위; longer tells."""

_SENTENCE_END = re.compile(
    r"[.?!。．…]['\"”’)\]]*$|(?:[가-힣]다|[아어여해세까네에예워와]요|니까|죠)['\"”’)\]]*$"
)
_NOUN_END = re.compile(
    r"(?:였|했|었|았|있|없|됐|않|같|좋|많|높|낮|크)음$|(?:할|될|말|을|일|볼|둘|쓸|낼|갈|올|줄) 것$|바람$"
    r"|(?:야|지|을|를|은|는|이|가|도|로|에|게|후|시|안|못|즉시|반드시|절대)[ ]?[가-힣]{0,6}(?:함|됨|지 않음)$"
    r"|[이가은는] (?:\S{1,10} ){0,2}\S{1,10}임$"
)
"""Sentences as offices end them: 발생하였음, 작업할 것, 단독 작업은 금지함."""

_LABEL = re.compile(r"[^\s:：][^:：]{0,17}(?:\s?[:：](?=\s|[^\s/\d])|(?<=[가-힣])[:：](?=\d))\s?\S")
_CODE_LINE = re.compile(
    r"[;{}]\s*$|^\s*(?:[$#%>] ?\S|//|/\*|<\??[a-zA-Z!]|import |from \S+ import|def |class |function |return\b"
    r"|(?:const|let|var|sudo|npm|pip|git|docker|curl|echo|cd|apt|export) )|=>|[\w)\]] ?[-+:]?={1,3} ?\S"
    r"|\w\([^)]{0,80}\)?;?\s*$|^\s*[\w.-]+\s*[:=]\s*[\"'\[{\d/$]|^\s*[{}\[\])]"
)
_CLAUSE = re.compile(r"[은는을를면며](?:\s|$)|(?:에서|에는|으로|하고|하여|해서|에게|까지|부터|[,에])$")
"""Particles and endings that a name has none of; 이, 가 and 고 end nouns too (나이, 평가, 사고)."""
_LATIN_WORD = re.compile(r"[A-Za-z][A-Za-z'’-]*[,.;:!?]?")


def ends_sentence(text: str) -> bool:
    """Whether a line ends like a sentence, spoken or as offices write it."""
    text = text.rstrip()[-80:]
    return bool(_SENTENCE_END.search(text) or _NOUN_END.search(text))


def is_title(text: str) -> bool:
    """Whether a line reads like a heading: short, and ends like no sentence and no beginning of a list."""
    short = 0 < len(text) <= SHORT_LINE and not text.startswith("[")
    return short and not ends_sentence(text) and not text.endswith((":", ",", ";"))


def is_name(text: str) -> bool:
    """Whether a title names something, and is no beginning of a sentence that goes on in the next line."""
    return is_title(text) and _CLAUSE.search(text) is None


def is_bare_name(text: str) -> bool:
    """Whether a title that no other is numbered with names a section, rather than a fact to be told."""
    return width(text) <= _WIDEST_BARE_NAME and is_name(text) and not any(map(str.isdigit, text))


def is_labelled(text: str) -> bool:
    """Whether a line is of the form ``label: value``."""
    return _LABEL.match(text) is not None


def is_prose(text: str) -> bool:
    """Whether an indented or fenced stretch is text for people rather than code.

    Korean that is not only comments, or lines of English words of which the last ends like a sentence.
    """
    rows = [row for row in text.split("\n") if row.strip()]
    if not rows:
        return False
    code = sum(_CODE_LINE.search(row[:400]) is not None for row in rows)
    hangul = sum("가" <= char <= "힣" for char in text)
    letters = sum(char.isalpha() for char in text)
    if code * 2 >= len(rows) or not letters:
        return False
    if hangul * 3 >= letters:
        return True
    words = text.split()
    plain = sum(_LATIN_WORD.fullmatch(word) is not None for word in words)
    return len(words) > 3 and plain * 10 >= len(words) * 8 and rows[-1].rstrip().endswith((".", "!", "?"))


def width(text: str) -> int:
    """Return how many columns a line takes on paper: a Korean letter two, a Latin one one."""
    return sum(2 if unicodedata.east_asian_width(char) in "WF" else 1 for char in text)
