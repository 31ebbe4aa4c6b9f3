"""Hostile texts of any size, the same on every run: each family is what costs some kind of loop the most.

A family is a recipe, not a case: what a stage must stand is any of them at the largest size it lets in, and
twice the size must cost about twice the work (:mod:`tests.support.operations`).
"""

from collections.abc import Callable, Mapping
from itertools import count, islice


def _repeated(unit: str, *, head: str = "", tail: str = "") -> Callable[[int], str]:
    def family(size: int) -> str:
        room = max(0, size - len(head) - len(tail))
        return head + (unit * (room // max(1, len(unit)) + 1))[:room] + tail

    return family


def _numbered(unit: Callable[[int], str], *, head: str = "") -> Callable[[int], str]:
    """Repeat a unit whose text differs each time: what a cache or a set of known words does not swallow."""

    def family(size: int) -> str:
        parts, length = [head], len(head)
        for number in count(1):
            part = unit(number)
            if length + len(part) > size:
                return "".join(parts)
            parts.append(part)
            length += len(part)
        raise AssertionError

    return family


def _nested(opening: str, closing: str) -> Callable[[int], str]:
    def family(size: int) -> str:
        depth = size // (len(opening) + len(closing))
        return opening * depth + closing * depth

    return family


def _indented(mark: str, deepest: int = 5_000) -> Callable[[int], str]:
    """A list inside a list inside a list, each a little further in."""

    def family(size: int) -> str:
        lines, length = [], 0
        for depth in range(deepest):
            line = "  " * depth + f"{mark} 항목 {depth}\n"
            if length + len(line) > size:
                break
            lines.append(line)
            length += len(line)
        return "".join(lines)

    return family


def _table(columns: int | None) -> Callable[[int], str]:
    """A table of so many columns, or of one row as wide as the size lets it be."""

    def family(size: int) -> str:
        wide = columns or max(1, size // 3 // 4)
        row = "|" + "가|" * wide + "\n"
        rule = "|" + "-|" * wide + "\n"
        return (row + rule + row * (size // len(row)))[:size]

    return family


_SYLLABLES = [chr(code) for code in range(0xAC00, 0xAC00 + 11_000)]


def _word(number: int) -> str:
    """Return the ``number``-th of a hundred million different words."""
    return _SYLLABLES[number * 7919 % 11_000] + _SYLLABLES[number * 104_729 // 3 % 11_000]


FAMILIES: Mapping[str, Callable[[int], str]] = {
    # sentences
    "one-character sentences": _repeated("네. "),
    "one-letter sentences": _repeated("a. "),
    "one-digit sentences": _repeated("1. "),
    "different short sentences": _numbered(lambda n: f"{_word(n)}다. "),
    "different short sentences of two": _numbered(lambda n: f"{_word(n)} {_word(n // 2)}합니다. "),
    "different English sentences": _numbered(lambda n: f"Word{n} is a thing. "),
    "one-character lines": _repeated("네\n"),
    "paragraphs of one character": _repeated("네.\n\n"),
    "different paragraphs": _numbered(lambda n: f"{_word(n)}을 확인합니다.\n\n"),
    "questions": _repeated("왜? "),
    "ellipses": _repeated("음… "),
    "abbreviations": _repeated("e.g. Dr. A. "),
    "sentences without spaces": _repeated("했다.그랬다!"),
    # one endless sentence
    "one syllable without end": _repeated("가"),
    "one letter without end": _repeated("a"),
    "one capital without end": _repeated("A"),
    "Korean without spaces": _repeated("개인정보를수집하고보관하며"),
    "different syllables without spaces": _numbered(_word),
    "one Korean sentence": _repeated("작업자는 안전모를 착용하고 "),
    "one sentence of different words": _numbered(lambda n: f"{_word(n)}을 "),
    "one English sentence": _repeated("and the worker wears a helmet "),
    "clauses": _repeated("하고 하며 하지만 ", tail="한다."),
    "commas": _repeated("가, "),
    "connectives": _repeated("그리고 또한 따라서 "),
    "conjunctions": _repeated("and but or because "),
    "spaced letters": _repeated("a b "),
    "topics": _repeated("회사는 "),
    "objects": _repeated("것을 말하는 "),
    "definitions": _repeated("피싱이란 공격을 말합니다. "),
    "orders": _repeated("첫째, 둘째, "),
    "announcements": _repeated("다음과 같습니다: "),
    "prohibitions": _repeated("하지 마세요. "),
    "deadlines": _repeated("24시간 이내에 "),
    "contrasts": _repeated("반면 "),
    "enumerations": _repeated("사과, 배, 감을 "),
    "colons": _repeated("이름: "),
    "names and explanations": _numbered(lambda n: f"{_word(n)}, {_word(n + 1)}. "),
    # digits and units
    "digits without end": _repeated("1"),
    "zeros without end": _repeated("0"),
    "groups of thousands": _repeated("1,000,"),
    "digits and spaces": _repeated("1 "),
    "digits and points": _repeated("1."),
    "digits and dashes": _repeated("1-"),
    "digits and slashes": _repeated("1/"),
    "digits and colons": _repeated("1:"),
    "ranges": _numbered(lambda n: f"{n}~"),
    "ranges of ranges": _repeated("1~2개~"),
    "digits and units": _repeated("1kg"),
    "digits and counters": _repeated("1개"),
    "magnitudes": _repeated("1만"),
    "minus signs": _repeated("-1"),
    "figures of eighteen digits": _repeated("123456789012345678 "),
    "currencies": _repeated("$1"),
    "percentages": _repeated("1%p "),
    "telephone numbers": _repeated("010-1234-"),
    "versions": _repeated("v1.2."),
    "fractions": _repeated("1분의 "),
    "dates": _repeated("2026-1-"),
    "people": _repeated("10명 중 "),
    "full-width digits": _repeated("１２"),
    "Arabic digits": _repeated("١٢"),
    "superscripts": _repeated("m²³"),
    "circled digits": _repeated("①"),
    "companies": _repeated("㈜"),
    # signs
    "full stops": _repeated("."),
    "exclamation marks": _repeated("!"),
    "commas without end": _repeated(","),
    "ampersands": _repeated("&"),
    "at signs": _repeated("a@"),
    "arrows": _repeated("→"),
    "drawn arrows": _repeated("-->"),
    "plus signs": _repeated("+ "),
    "equals signs": _repeated("= "),
    "spaces": _repeated(" ", head="가", tail="가"),
    "tabs": _repeated("\t", head="가", tail="가"),
    "line breaks": _repeated("\n", head="가", tail="가"),
    "spaces and line breaks": _repeated(" \n", head="가", tail="가"),
    "no-break spaces": _repeated("\u00a0", head="가", tail="가"),
    "spaces before a comma": _repeated(" ", head="가", tail=",가"),
    "hyphens": _repeated("a-"),
    "middle dots": _repeated("가·"),
    "emoji": _repeated("😀"),
    "symbols": _repeated("☎※"),
    # brackets and quotes
    "opening parentheses": _repeated("("),
    "opened parentheses": _repeated("(a"),
    "closing parentheses": _repeated(")"),
    "opening brackets": _repeated("["),
    "opening braces": _repeated("{"),
    "opening angles": _repeated("<"),
    "nested parentheses": _nested("(", ")"),
    "nested brackets": _nested("[a", "]"),
    "nested quotes": _nested("“가", "”"),
    "opening quotes": _repeated("“가"),
    "straight quotes": _repeated('"가'),
    "apostrophes": _repeated("'가"),
    "quotations": _repeated("“가.”라고 "),
    "quoted sentences": _repeated("“가나. 다라.” "),
    "corner brackets": _repeated("「가"),
    # markup
    "headings only": _numbered(lambda n: f"# {_word(n)}\n"),
    "headings and sentences": _numbered(lambda n: f"## {_word(n)}\n{_word(n + 1)}을 확인합니다.\n"),
    "headings of every level": _numbered(lambda n: f"{'#' * (n % 6 + 1)} 제목\n글.\n"),
    "bullets": _repeated("- 가\n"),
    "different bullets": _numbered(lambda n: f"- {_word(n)} 확인하기\n"),
    "empty bullets": _repeated("-\n"),
    "bullets without spaces": _repeated("-"),
    "numbered items": _numbered(lambda n: f"{n}. {_word(n)} 점검\n"),
    "numbered items in a line": _numbered(lambda n: f"{n}. "),
    "ones": _repeated("1.\n"),
    "lists of one": _numbered(lambda n: f"{n}. {_word(n)}\n\n글이다.\n\n"),
    "names of lists": _repeated("준비물:\n\n- 가\n- 나\n\n"),
    "lists in lists": _indented("-"),
    "numbers in numbers": _indented("1."),
    "lists in lists in a line": _repeated("- "),
    "quotes in quotes": _repeated(">"),
    "quotes in quotes, spaced": _repeated("> ", tail="가"),
    "a quote and a list in turn": _repeated("> - ", tail="가"),
    "quoted lines": _repeated("> 가\n"),
    "a table of one column": _table(1),
    "a table of two columns": _table(2),
    "a table of one row": _table(None),
    "pipes": _repeated("|"),
    "pipes and dashes": _repeated("|-"),
    "stars": _repeated("*"),
    "opened emphasis": _repeated("*a "),
    "double stars": _repeated("**a"),
    "stars in turn": _repeated("*a_b"),
    "emphasis in emphasis": _nested("*a **b ", "** *"),
    "underscores": _repeated("_"),
    "tildes": _repeated("~~a"),
    "backticks": _repeated("`"),
    "longer and longer backticks": _numbered(lambda n: "`" * n + " "),
    "opened fences": _repeated("```\n"),
    "a fence without end": _repeated("가나다. ", head="```\n"),
    "fences of tildes": _repeated("~~~\n가\n"),
    "links": _repeated("[a](b)"),
    "opened links": _repeated("[a]("),
    "links in links": _nested("[a", "](b)"),
    "pictures in pictures": _nested("![", "](a)"),
    "link definitions": _numbered(lambda n: f"[{_word(n)}]: /a\n"),
    "one link definition and its uses": _repeated("[a] ", head="[a]: /u\n\n"),
    "a link definition without end": _repeated("\\]", head="[a"),
    "footnotes": _repeated("[^1]"),
    "footnote texts": _numbered(lambda n: f"[^{n}]: 글이다.\n\n"),
    "addresses": _repeated("https://a.com/b "),
    "an address without end": _repeated("a.", head="https://"),
    "a path without end": _repeated("/a", head="https://a.com"),
    "hosts": _repeated("a.com"),
    "hosts in parentheses": _repeated("(www.a.b"),
    "mail addresses": _repeated("a@b.co"),
    "angle addresses": _repeated("<https://a"),
    "opened tags": _repeated("<a "),
    "tags": _repeated("<b>가"),
    "divisions": _repeated("<div>\n"),
    "tags without end": _repeated("<a href='"),
    "comments without end": _repeated("<!--"),
    "a comment without end": _repeated("- ", head="<!-- "),
    "instructions without end": _repeated("<?"),
    "declarations without end": _repeated("<!A "),
    "character data without end": _repeated("<![CDATA["),
    "closing tags": _repeated("</a"),
    "scripts": _repeated("<script>"),
    "entities": _repeated("&amp;"),
    "opened entities": _repeated("&#1"),
    "an entity without end": _repeated("1", head="&#"),
    "backslashes": _repeated("\\"),
    "rules": _repeated("---\n"),
    "rules of spaces": _repeated("- - "),
    "front matter without end": _repeated("title: a\n", head="---\n"),
    "underlines": _repeated("가\n===\n"),
    "hard breaks": _repeated("가  \n"),
    "indented code": _repeated("    가\n"),
    "checkboxes": _repeated("- [ ] 가\n"),
    # scripts and what is not seen
    "combining marks": _repeated("\u0301", head="가"),
    "combining marks in turn": _repeated("\u0316\u0301", head="a"),
    "marked letters": _repeated("a\u0301\u0316"),
    "variation selectors": _repeated("\ufe0f", head="가"),
    "zero-width spaces": _repeated("\u200b가"),
    "zero-width joiners": _repeated("\u200d", head="가"),
    "joined emoji": _repeated("👨\u200d"),
    "families of emoji": _repeated("👩\u200d👩\u200d👧\u200d👦"),
    "flags": _repeated("🇰"),
    "skin tones": _repeated("👍🏽"),
    "tags of flags": _repeated("\U000e0067", head="🏴"),
    "conjoining jamo": _repeated("\u1112\u1161\u11ab"),
    "leading consonants": _repeated("\u1112"),
    "vowels": _repeated("\u1161", head="하"),
    "trailing consonants": _repeated("\u11ab", head="하"),
    "compatibility jamo": _repeated("ㅋㅎ"),
    "laughter": _repeated("ㅋ"),
    "hanja": _repeated("漢字"),
    "kana": _repeated("カナ"),
    "right to left": _repeated("مرحبا "),
    "right to left without spaces": _repeated("م"),
    "directions in turn": _repeated("aم"),
    "direction overrides": _repeated("\u202e가"),
    "isolates": _repeated("\u2067가"),
    "scripts in turn": _repeated("가aア漢1"),
    "scripts in turn, spaced": _repeated("가 a ア 漢 1 "),
    "Thai": _repeated("ก็"),
    "Devanagari": _repeated("क्ष"),
    "ligatures": _repeated("ﷺ"),
    "letters that grow in capitals": _repeated("ß"),
    "letters that grow in small": _repeated("İ"),
    "unknown characters": _repeated("\U0002fa20"),
    "accents": _repeated("é"),
    # words
    "different Korean words": _numbered(lambda n: f"{_word(n)} "),
    "different English words": _numbered(lambda n: f"word{n} "),
    "acronyms": _repeated("ABC "),
    "mixed capitals": _repeated("aB"),
    "possessives": _repeated("a's"),
    "file names": _repeated("a.b"),
    "identifiers": _repeated("a_"),
    "words and particles": _repeated("가 은 "),
    "words of one syllable": _repeated("가 "),
    "bound nouns": _repeated("할 수 "),
    "loan words": _repeated("computer"),
    "versus": _repeated("가 vs "),
}
"""By name; every recipe takes the number of characters wanted and returns at most as many."""


def mixed(size: int) -> str:
    """Return a little of every family, one after the other, and over again."""
    each = max(8, size // len(FAMILIES))
    parts = (family(each) for family in FAMILIES.values())
    return "".join(islice(parts, len(FAMILIES)))[:size]
