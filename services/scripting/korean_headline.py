"""Korean endings: polite speech from plain writing, and noun-form headlines from sentences.

Only the last word is rewritten, through kiwipiepy's ``join``, which knows the irregular stems; everything
before it stays as the author wrote it.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import pairwise
from typing import Any

HEADLINE_LIMIT = 40
"""Longest headline, in characters with spaces: two lines of a slide's large type."""

_PLAIN_ENDINGS = frozenset({"다", "ᆫ다", "는다"})
_NOTE_ENDINGS = frozenset({"ᆷ", "음", "기"})
_IMPERATIVES = frozenset(
    {"세요", "으세요", "십시오", "으십시오", "ᆸ시오", "읍시오", "ᆸ시다", "읍시다", "시오", "어라", "어요", "자"}
)
_HAPPENINGS = frozenset(
    [
        "발생",
        "증가",
        "감소",
        "존재",
        "급증",
        "시작",
        "종료",
        "의미",
        "해당",
        "포함",
        "작동",
        "변화",
        "성장",
        "위치",
        "차지",
        "유출",
        "노출",
        "전파",
        "확산",
        "폭발",
        "붕괴",
        "사망",
        "부족",
        "속",
        "필요",
        "가능",
        "불가능",
        "중요",
        "위험",
        "안전",
    ]
)
"""Nouns whose 하다 verb tells what happens, not what to do."""

_CONNECTIVES = frozenset({"EC"})
_CONDITIONS = frozenset({"면", "으면", "니까", "으니까", "므로", "으므로"})
_NOUN_TAGS = frozenset(
    {"NNG", "NNP", "NNB", "NR", "NP", "XPN", "XSN", "SL", "SN", "SH", "JKG", "MM", "SW", "SO"}
)
_LEAST_CLAUSE = 8


@dataclass(frozen=True)
class Morphemes:
    """A sentence without its closing punctuation, and its morphemes."""

    text: str
    tokens: Sequence[Any]
    kiwi: Any

    @classmethod
    def of(cls, text: str, kiwi: Any) -> "Morphemes":
        """Analyse ``text``."""
        return cls(text, kiwi.tokenize(text), kiwi)

    def is_sentence(self) -> bool:
        """Whether the text ends in a verb's final ending."""
        return bool(self.tokens) and self.tokens[-1].tag == "EF" and self.tokens[-1].form not in _NOTE_ENDINGS

    def is_nominalised(self) -> bool:
        """Whether the text ends in 기, 음 or 것: an instruction in note form."""
        return self._note_ending() is not None

    def polite(self) -> str | None:
        """Return the text in polite declarative form, or ``None`` if it needs no change or has no verb."""
        if not self.tokens:
            return None
        last = len(self.tokens) - 1
        if self.tokens[last].tag == "EF" and self.tokens[last].form in _PLAIN_ENDINGS:
            return self.rejoined(last, "ᆸ니다") if last else None
        note = self._note_ending()
        if note is None:
            return None
        if self.tokens[note - 1].form == "말" and self.tokens[note - 1].tag in {"VX", "VV"}:
            return self.rejoined(note, "세요")
        said = self._with_object(note)
        return said.rejoined(note + len(said.tokens) - len(self.tokens), "ᆸ니다")

    def _note_ending(self) -> int | None:
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
        if thing.tag not in {"NNG", "NNP", "XSN", "SL"} or not _apart(self.text, action):
            return self
        if any(token.tag in {"JKO", "JKS"} for token in self.tokens):
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
        first = end - 1
        while first > 0 and self.tokens[first - 1].word_position == stem.word_position:
            first -= 1
        head = self.text[: self.tokens[first].start]
        word = self.kiwi.join([*((t.form, t.tag) for t in self.tokens[first:end]), *ending])
        return f"{head}{word}"


def _ends_in_double_s(text: str) -> bool:
    return "가" <= text[-1:] <= "힣" and (ord(text[-1]) - ord("가")) % 28 == 20


def _closed(form: str, *, but_rieul: bool = True) -> bool:
    """Whether a word ends in a consonant, for a verb stem ㄹ excepted."""
    last = form[-1:]
    return "가" <= last <= "힣" and (ord(last) - ord("가")) % 28 not in ({0, 8} if but_rieul else {0})


def nominal(sentence: Morphemes, kiwi: Any) -> str:
    """Return a sentence in noun form, as a slide says it: 착용해야 합니다 → 착용하기, 대상입니다 → 대상."""
    sentence = _without_lead(sentence, kiwi)
    tokens = sentence.tokens
    if not sentence.is_sentence():
        return sentence.text
    end = len(tokens) - 1
    past = False
    while end and tokens[end - 1].tag == "EP":
        past = past or tokens[end - 1].form in {"었", "았", "였", "겠"}
        end -= 1
    forms = [token.form for token in tokens[:end]]
    tags = [token.tag for token in tokens[:end]]
    if not end:
        return sentence.text
    if tags[-1] == "VCP":
        return sentence.text[: tokens[end - 1].start].rstrip() or sentence.text
    if past:
        return sentence.until(len(tokens) - 1, [("음", "ETN")])
    if (negative := _negative(sentence, end, forms, tags)) is not None:
        return negative
    if forms[-1] in {"하", "되"} and len(forms) > 2 and forms[-2] in {"어야", "아야", "여야"}:
        noun_form = sentence.until(end - 2, [("음" if tags[end - 3] == "VA" else "기", "ETN")])
        return noun_form[_agent_length(sentence) :]
    directive = tokens[-1].form in _IMPERATIVES
    if directive and tags[-1] == "VX" and forms[-1] in {"주", "보"} and end > 2:
        end -= 2  # 신고해 주세요 → 신고하기
    ending = "기" if directive or _is_instruction(forms, tags) else "음"
    return sentence.until(end, [(ending, "ETN")])


def _negative(sentence: Morphemes, end: int, forms: Sequence[str], tags: Sequence[str]) -> str | None:
    """Return the noun form of what is not to be done or is not so: 누르면 안 됩니다 → 누르지 않기."""
    if forms[-2:] == ["지", "말"]:
        return sentence.until(end - 1, [("않", "VX"), ("기", "ETN")]).replace("지않", "지 않")
    if forms[-2:] == ["지", "않"]:
        return sentence.until(end, [("기" if _is_instruction(forms[:-2], tags[:-2]) else "음", "ETN")])
    if forms[-2:] == ["안", "되"] and len(forms) > 3 and "EC" in tags[-4:-2]:
        verb = end - 3 if tags[end - 3] == "EC" else end - 4
        return sentence.until(verb, [("지", "EC"), ("않", "VX"), ("기", "ETN")])
    return None


def _agent_length(sentence: Morphemes) -> int:
    """Return the length of who has a duty, where it has an object: 작업자는 안전모를 착용해야."""
    tokens = sentence.tokens
    topic = next(
        (i for i, token in enumerate(tokens[:4]) if token.tag == "JX" and token.form in {"은", "는"}), None
    )
    if topic is None or topic + 1 >= len(tokens) or not any(token.tag == "JKO" for token in tokens[topic:]):
        return 0
    return int(tokens[topic + 1].start)


def _is_instruction(forms: Sequence[str], tags: Sequence[str]) -> bool:
    """Whether a declarative tells what to do (확인합니다) rather than what is or happens (발생합니다)."""
    if tags[-1] in {"VA", "XSA", "VCN"} or forms[-1] in {"있", "없", "되", "같", "이르", "달하"}:
        return False
    if len(forms) > 1 and tags[-1] == "XSV" and (forms[-1] != "하" or forms[-2] in _HAPPENINGS):
        return False
    # Who does it stands in the main clause: 화물이 시야를 가리면 | 후진으로 이동합니다.
    conditions = [
        i
        for i, (form, tag) in enumerate(zip(forms, tags, strict=True))
        if tag == "EC" and form in _CONDITIONS
    ]
    start = conditions[-1] + 1 if conditions else 0
    if "JKS" in tags[start:]:
        return False
    # 공격자는 사람을 노립니다: somebody does something; 주소는 끝까지 읽습니다: the topic is the object.
    topics = [
        i
        for i in range(max(start, 1), len(forms))
        if tags[i] == "JX" and forms[i] in {"은", "는"} and tags[i - 1] not in {"JKB", "ETN", "EC"}
    ]
    return not topics or ("JKO" not in tags[start:] and tags[-1] == "XSV")


def _without_lead(sentence: Morphemes, kiwi: Any) -> Morphemes:
    """Drop connectives in front: 그리고, 따라서, 먼저."""
    first = 0
    while first < len(sentence.tokens) and (
        sentence.tokens[first].tag in {"MAJ", "SP", "IC"}
        or sentence.tokens[first].form in {"먼저", "우선", "특히", "마지막", "그다음", "또"}
        or (first and sentence.tokens[first].form == "으로" and sentence.tokens[first - 1].form == "마지막")
    ):
        first += 1
    if first in {0, len(sentence.tokens)}:
        return sentence
    return Morphemes.of(sentence.text[sentence.tokens[first].start :], kiwi)


def shortened(headline: str, kiwi: Any) -> str | None:
    """Return a headline if it is short, else its main clause, else its last object and verb."""
    headline = headline.strip(" ,;:.")
    if len(headline) <= HEADLINE_LIMIT:
        return headline or None
    tokens = kiwi.tokenize(headline)
    clauses = [
        headline[after.start :]
        for before, after in pairwise(tokens)
        if (
            before.tag in _CONNECTIVES
            and after.tag != "VX"
            and before.form != "게"
            and _apart(headline, after)
        )
        or before.tag == "SP"
        or (before.tag == "JX" and before.form in {"은", "는"} and _apart(headline, after))
    ]
    for clause in clauses:  # the longest first
        if _LEAST_CLAUSE <= len(clause) <= HEADLINE_LIMIT:
            return clause.strip(" ,")
    objects = [index for index, token in enumerate(tokens) if token.tag == "JKO"]
    if not objects:
        return None
    first = objects[-1]
    while first and tokens[first - 1].tag in _NOUN_TAGS:
        first -= 1
    phrase = headline[tokens[first].start :]
    return phrase if _LEAST_CLAUSE / 2 <= len(phrase) <= HEADLINE_LIMIT else None


def _apart(text: str, token: Any) -> bool:
    return token.start > 0 and text[token.start - 1] == " "
