"""Korean as a narrator says it: sentences, steps written as nouns; polite endings are next door."""

import re

from services.scripting.writer.korean.analyser import kiwi
from services.scripting.writer.korean.morphemes import Morphemes
from services.scripting.writer.korean.polite import ACTIONS, CLOSING_MARKS, spoken, stated

_QUOTED = re.compile(r"“[^“”\n]{1,240}”|\"[^\"\n]{1,240}\"")
_QUOTE_WORD = "“말씀”"
_WIDE_STOPS = str.maketrans("。！？", ".!?")
_WIDE_POINT = re.compile(r"．(?!\d)")
_AFTERWARDS = re.compile(r"(?<=[다요][.!?]) (?=\([^()]{1,200}\)\.?$)")
"""Where a remark in brackets follows a whole sentence: …보관합니다. (내부 규정 16조 2항)"""
_NOTE_ASIDE = re.compile(r"(?<=[할둘을일될말] 것) [-–—] (?=[가-힣])")
"""A dash behind a note, and another note: 화염으로부터 멀리할 것 - 금연."""
_PARTICLE = re.compile(
    r"[.!?]{0,3}(?:은|는|이|가|을|를|의|에|에서|로|으로|와|과|도|만|처럼|까지|부터"
    r"|라고|이라고|라는|이라는|인) "
)
_HANJA = re.compile(r"[\u3400-\u9fff\uf900-\ufaff]")
_BEFORE_QUOTE = re.compile(rf"(?<=[.?!])\s+(?={_QUOTE_WORD})")


def sentences(text: str) -> list[str]:
    """Split running text into sentences; a quotation ends none around it."""
    text = _WIDE_POINT.sub(".", text.translate(_WIDE_STOPS))
    # A quotation is one word to the splitter, so that sentences inside it do not end the one around it.
    quotes = iter(_QUOTED.findall(text))
    parts: list[str] = []
    for stretch in _BEFORE_QUOTE.split(_QUOTED.sub(_QUOTE_WORD, text)):
        end = 0
        # 甲 ends no sentence: what a Chinese character is, the splitter does not know.
        for index, part in enumerate(kiwi().split_into_sents(_HANJA.sub("갑", stretch))):
            said = stretch[part.start : part.end]
            if index and (parts[-1].endswith(_QUOTE_WORD) or _goes_on(stretch, end)):
                parts[-1] += stretch[end : part.start] + said  # “…” 같은 문장이 보이면 is one sentence
            else:
                parts.append(said.strip())
            end = part.end
    whole = (_QUOTED.sub(lambda found: next(quotes, found[0]), part) for part in parts if part)
    return [
        piece for part in whole for noted in _NOTE_ASIDE.split(part) for piece in _AFTERWARDS.split(noted)
    ]


def _goes_on(text: str, end: int) -> bool:
    """Whether what ends at a mark has a particle right behind it: 물음표?는 쓰지 않습니다."""
    return _PARTICLE.match(text, end) is not None


def acted(phrase: str) -> str | None:
    """Return a step written as a noun as it is said: 비밀번호 변경 → 비밀번호를 변경합니다."""
    acted = Morphemes.of(f"{phrase}하기", kiwi())
    tokens = acted.tokens
    if len(tokens) < 3 or tokens[-2].form != "하" or tokens[-3].tag not in {"NNG", "NNP", "XSN"}:
        return None
    before = tokens[:-3]
    if before and before[-1].tag == "JKG":
        return None
    modified = max((i for i, token in enumerate(before) if token.tag == "ETM"), default=-1)
    governed = any(token.tag in {"JKO", "JKB", "EC"} for token in before[modified + 1 :])
    polite = acted.polite() if governed or (len(phrase) > 3 and tokens[-3].form in ACTIONS) else None
    return f"{polite}." if polite else None


__all__ = ["ACTIONS", "CLOSING_MARKS", "acted", "sentences", "spoken", "stated"]
