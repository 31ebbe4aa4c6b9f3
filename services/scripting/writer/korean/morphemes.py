"""A Korean sentence and its morphemes, and how its last word gets another ending.

Only the last word is rewritten, through kiwipiepy's ``join``, which knows the irregular stems; everything
before it stays as the author wrote it.
"""

import functools
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from services.scripting.text import words
from services.scripting.writer.korean.analyser import LONGEST_ANALYSED
from services.scripting.writer.korean.instructions import is_state

_PLAIN_ENDINGS = frozenset({"다", "ᆫ다", "는다"})
ADVERBIAL = frozenset(
    words(
        """
        후 전 중 시 때 뒤 내 즉시 수시 매일 매주 매월 매년 직접 사전 별도 정기 상시 추후 일괄 자체
        이내 이후 이전 당일 다음 모두 각각 공동 우선 반드시 필수 이상 개별 마다
        """
    )
)
"""Nouns that say when or how: they are no object of the act behind them (확인 후 서명함)."""
_VERBAL = frozenset({"VV", "VA", "VX", "EP", "XSV", "XSA", "VCP", "VCN"})
_NOTE_ENDINGS = frozenset({"ᆷ", "음", "기"})


@dataclass(frozen=True)
class Morphemes:
    """A sentence without its closing punctuation, and its morphemes."""

    text: str
    tokens: Sequence[Any]
    kiwi: Any

    @classmethod
    def of(cls, text: str, kiwi: Any) -> "Morphemes":
        """Analyse ``text``."""
        return cls(text, tokens_of(kiwi, text), kiwi)

    def is_sentence(self) -> bool:
        """Whether the text ends in a verb's final ending."""
        if not self.tokens:
            return False
        last = self.tokens[-1]
        if last.tag == "EC" and last.form in _PLAIN_ENDINGS and len(self.tokens) > 1:
            return kind(self.tokens[-2]) in _VERBAL  # 아니 된다: the analyser expects more behind it
        return bool(last.tag == "EF" and last.form not in _NOTE_ENDINGS)

    def is_nominalised(self) -> bool:
        """Whether the text ends in 기, 음 or 것: an instruction in note form."""
        return self.note_ending() is not None

    def polite(self) -> str | None:
        """Return the text in polite declarative form, or ``None`` if it needs no change or has no verb."""
        if not self.tokens:
            return None
        last = len(self.tokens) - 1
        if self.tokens[last].tag == "EF" and self.tokens[last].form in _PLAIN_ENDINGS:
            return self.rejoined(last, "ᆸ니다") if last else None
        note = self.note_ending()
        if note is None:
            return None
        if self.tokens[note - 1].form == "말" and self.tokens[note - 1].tag in {"VX", "VV"}:
            return self.rejoined(note, "세요")
        if self.tokens[-1].form == "것" and self._is_so(note):
            must = self.until(note, [("어야", "EC"), ("하", "VX"), ("ᆸ니다", "EF")])
            return must.replace("야합니다", "야 합니다")
        said = self._with_object(note)
        return said.rejoined(note + len(said.tokens) - len(self.tokens), "ᆸ니다")

    def _is_so(self, end: int) -> bool:
        """Whether the verb says how things are to be: 가연물이 없을 것, 18% 이상일 것."""
        return is_state(
            [token.form for token in self.tokens[:end]], [kind(token) for token in self.tokens[:end]]
        )

    def note_ending(self) -> int | None:
        """Return the index of the morpheme that turned the verb into a note (기, 음, ㄹ 것), if one did."""
        tags = [token.tag for token in self.tokens]
        if len(tags) > 1 and (
            tags[-1] == "ETN" or (tags[-1] == "EF" and self.tokens[-1].form in _NOTE_ENDINGS)
        ):
            return len(tags) - 1
        if len(tags) > 2 and tags[-2:] == ["ETM", "NNB"] and self.tokens[-1].form == "것":
            return len(tags) - 2 if self.tokens[-2].form in {"ᆯ", "을"} else None
        return None

    def _with_object(self, note: int) -> "Morphemes":
        """Give a verbal noun its object particle: 네트워크 분리하기 is said 네트워크를 분리합니다."""
        verb = note - 1
        if verb < 2 or self.tokens[verb].tag != "XSV" or self.tokens[verb].form != "하":
            return self
        action, thing = self.tokens[verb - 1], self.tokens[verb - 2]
        if (
            thing.tag not in {"NNG", "NNP", "XSN", "SL"}
            or thing.form in ADVERBIAL
            or not apart(self.text, action)
        ):
            return self
        clause = max((i for i, token in enumerate(self.tokens) if token.tag == "EC"), default=-1)
        if any(token.tag in {"JKO", "JKS"} for token in self.tokens[clause + 1 :]):
            return self
        end = thing.start + thing.len
        particle = "을" if _closed(thing.form, but_rieul=False) else "를"
        with_particle = Morphemes.of(f"{self.text[:end]}{particle}{self.text[end:]}", self.kiwi)
        return with_particle if len(with_particle.tokens) == len(self.tokens) + 1 else self

    def rejoined(self, end: int, ending: str) -> str:
        """Return the text up to morpheme ``end`` with a final ending."""
        return self.until(end, [(ending, "EF")])

    def until(self, end: int, ending: Sequence[tuple[str, str]]) -> str:
        """Return the text up to morpheme ``end`` (exclusive) with ``ending`` attached to the verb."""
        if not end:
            return self.text
        stem = self.tokens[end - 1]
        surface = self.text[: stem.start + stem.len]
        if stem.tag == "EP" and len(ending) == 1 and _ends_in_double_s(surface):
            # 되었다, 막았다: the author's spelling stays, whichever of 되었 and 됐 it is.
            return surface + {"ᆸ니다": "습니다"}.get(ending[0][0], ending[0][0])
        if ending and ending[-1][0] == "ᆸ니다" and _closed(stem.form):
            ending = [*ending[:-1], ("습니다", "EF")]
        # What the stem is not fused with stays as the author spelt it: 밀폐공간, 앗아간.
        first = end - 1
        while first > 0 and _fused(self.tokens[first - 1], self.tokens[first]):
            first -= 1
        head = self.text[: self.tokens[first].start]
        word = self.kiwi.join([*((t.form, t.tag) for t in self.tokens[first:end]), *ending])
        return f"{head}{word}"


@functools.lru_cache(maxsize=2048)
def tokens_of(kiwi: Any, text: str) -> Sequence[Any]:
    """Return the morphemes, none of a text too long for a sentence; a sentence is looked at several times."""
    return tuple(kiwi.tokenize(text)) if len(text) <= LONGEST_ANALYSED else ()


def _fused(before: Any, after: Any) -> bool:
    """Whether two morphemes share a syllable: 하 + 었 in 했."""
    return bool(before.start + before.len > after.start)


def _ends_in_double_s(text: str) -> bool:
    return "가" <= text[-1:] <= "힣" and (ord(text[-1]) - ord("가")) % 28 == 20


def _closed(form: str, *, but_rieul: bool = True) -> bool:
    """Whether a word ends in a consonant, for a verb stem ㄹ excepted."""
    last = form[-1:]
    return "가" <= last <= "힣" and (ord(last) - ord("가")) % 28 not in ({0, 8} if but_rieul else {0})


def kind(token: Any) -> str:
    """Return a morpheme's tag, without the mark of irregular stems: VV for VV-I."""
    return str(token.tag).partition("-")[0]


def apart(text: str, token: Any) -> bool:
    """Whether a space stands before a morpheme."""
    return token.start > 0 and text[token.start - 1] == " "
