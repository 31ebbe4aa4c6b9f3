"""Korean for the extractive writer, on kiwipiepy's morphemes."""

import re
from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from contracts.faithful import excepts, faithful, without_aside
from contracts.polarity import Polarity, heading_polarity
from services.scripting.writer.korean import endings, forbidding, lists, speech
from services.scripting.writer.korean.analyser import LONGEST_ANALYSED, kiwi
from services.scripting.writer.korean.headline import (
    HEADLINE_LIMIT,
    POINT_LIMIT,
    first_clause,
    nominal,
    shortened,
)
from services.scripting.writer.korean.morphemes import Morphemes
from services.scripting.writer.korean.particles import has_final, topic_particle
from services.scripting.writer.korean.speech import CLOSING_MARKS
from services.scripting.writer.korean.titles import list_title, topic
from services.scripting.writer.korean.traits import ORDER, counted, defined_term, traits_of
from services.scripting.writer.language import PLAIN, Facts, Item, Language, Trait

_SYLLABLE_SECONDS = 0.21
_SENTENCE_SECONDS = 0.45
_COMMA_SECONDS = 0.15
"""Measured with the offline Korean voice (jf_nezumi, speed 0.9): 14-79 syllables in 1-4 sentences take
2.7-17.8 s, 5.2-5.6 characters a second; the estimate is within 8 %, for one short sentence 25 % too long."""

_STOP = frozenset(
    [
        "것",
        "수",
        "등",
        "때",
        "및",
        "후",
        "전",
        "중",
        "경우",
        "이",
        "그",
        "저",
        "우리",
        "자신",
        "위",
        "내",
        "점",
        "데",
        "번",
        "개",
        "가지",
        "때문",
        "정도",
        "다음",
        "아래",
        "오늘",
        "지금",
    ]
)
_LINK = re.compile(
    r"^(?:그리고|그러나|하지만|그런데|그래서|따라서|그러므로|그러니|또한|또|즉|다만|단|반면에?|한편"
    r"|실제로|특히|예를 들어|예컨대)"
    r"(?![가-힣]),?\s+"
)
_CITED = re.compile(r"(?<=[.!?]) \([^()]{1,80}\)\.?$")
"""A source in brackets behind the sentence: (법 제22조의2)."""
_WHEN = re.compile(r"(?:때|경우|시|전|후|뒤|중|동안|이내|이후|이전|즉시)(?:에는|에|는)?$")
"""Labels that say when the rest is to be done: 눈에 들어갔을 때: 물로 씻을 것."""
_ORDINALS = ["첫째", "둘째", "셋째", "넷째", "다섯째", "여섯째", "일곱째", "여덟째", "아홉째", "열째"]

_OPENINGS = {
    "friendly": "안녕하세요. {title}에 대해 함께 알아보겠습니다.",
    "formal": "지금부터 {title}에 대해 설명드리겠습니다.",
}
_CLOSINGS = {
    "friendly": "오늘 알아본 내용을 꼭 기억하고 실천해 주세요.",
    "formal": "이상으로 설명을 마치겠습니다.",
}


def warm() -> None:
    """Load the analyser; it holds the interpreter for seconds, partly not before the first sentence."""
    kiwi().split_into_sents("안녕하세요.")


class Korean(Language):
    """See :class:`services.scripting.writer.language.Language`."""

    code = "ko"
    headline_limit = HEADLINE_LIMIT
    point_limit = POINT_LIMIT

    @override
    def sentences(self, text: str) -> list[str]:
        return speech.sentences(text)

    @override
    def terms(self, sentence: str) -> list[tuple[str, str]]:
        found: list[tuple[str, str]] = []
        run: list[Any] = []

        def close() -> None:
            found.extend(
                (token.form, token.form) for token in run if len(token.form) > 1 and token.tag != "XSN"
            )
            if len(run) > 1 and (end := run[-1].start + run[-1].len) - run[0].start <= 14:
                compound = sentence[run[0].start : end]
                found.append((compound.replace(" ", ""), compound))
            run.clear()

        for token in kiwi().tokenize(sentence):
            noun = token.tag in {"NNG", "NNP", "SL", "XPN"} and token.form not in _STOP
            if noun or (token.tag == "XSN" and run):
                run.append(token)
                continue
            if token.tag in {"XSV", "XSA"} and run:
                run.pop()  # 착용 + 하다 is a verb, not a thing the text is about
            close()
        close()
        return found

    @override
    def spoken(self, sentence: str) -> str:
        return speech.spoken(sentence)

    @override
    def facts(self, sentence: str) -> Facts | None:
        return lists.facts(sentence)

    @override
    def headline(self, sentence: str) -> str | None:
        traits = traits_of(sentence)
        if Trait.FRAMES in traits or len(sentence) > LONGEST_ANALYSED:
            return None
        if Trait.DEFINES in traits and (term := defined_term(sentence)):
            return f"{term}{'이란' if has_final(term) else '란'}?"
        text = without_aside(_CITED.sub("", sentence))
        if text.rstrip("”’\"'").endswith("?"):
            return text if len(text) <= HEADLINE_LIMIT else None
        return _named(text, HEADLINE_LIMIT)

    @override
    def point(self, sentence: str) -> str | None:
        sentence = _CITED.sub("", sentence)
        return _named(sentence, POINT_LIMIT) if len(sentence) <= LONGEST_ANALYSED else None

    @override
    def traits(self, sentence: str) -> Trait:
        traits = traits_of(sentence)
        if traits & (Trait.FRAMES | Trait.FORBIDS | Trait.DEFINES | Trait.ASKS | Trait.REASONS):
            return traits
        return traits | _acts(sentence)

    @override
    def item(self, text: str, number: int | None, last: int) -> Item | None:
        text = ORDER.sub("", text, count=1) if number is not None else text
        name, _, rest = text.partition(": ")
        labelled = bool(rest.strip()) and len(name) <= HEADLINE_LIMIT / 2
        parts = self.sentences(rest if labelled else text)
        if not parts:
            return None
        whole = [Morphemes.of(part.rstrip(CLOSING_MARKS + " "), kiwi()) for part in parts]
        note = len(parts) == 1 and whole[0].is_nominalised()
        if labelled and len(parts) == 1 and not whole[0].is_sentence() and not note:
            said = [speech.stated(f"{name}{topic_particle(name)} {rest.strip(' .')}")]
        elif labelled or whole[-1].is_sentence() or whole[-1].is_nominalised() or len(parts) > 1:
            said = [self.spoken(part) for part in parts]
            if labelled:
                said = [f"{name}, {said[0]}", *said[1:]] if _WHEN.search(name) else [f"{name}입니다.", *said]
        elif number is not None:
            said = [speech.acted(parts[0].strip(" .")) or speech.stated(parts[0].strip(" ."))]
        else:
            return None
        if number is not None and last > 1:
            ordinal = _ORDINALS[number - 1] if number <= len(_ORDINALS) else f"{number}번째"
            said[0] = f"{ordinal}, {said[0]}"
        if whole[0].is_nominalised() and not labelled and len(whole[0].text) <= HEADLINE_LIMIT:
            point = whole[0].text
        elif labelled and len(text) <= HEADLINE_LIMIT:
            point = text.strip(" .")
        else:
            named = parts[0].strip(" .") if not whole[0].is_sentence() else self.spoken(parts[0])
            point = self.point(named) or parts[0].strip(" .")
        if not labelled and any(map(excepts, parts[1:])):
            point = " ".join(map(self.spoken, parts))  # without its exception, it would not be true
        return Item(tuple(said), point, label=name if labelled else None, note=note and number is None)

    @override
    def enumeration(self, phrases: Sequence[str], subject: str | None) -> str:
        return lists.enumeration(phrases, subject)

    @override
    def alike(self, points: Sequence[str]) -> list[str]:
        return endings.alike(points, kiwi())

    @override
    def forbidden(self, text: str) -> Item | None:
        return forbidding.forbidden(text)

    @override
    def forbidden_list(self, phrases: Sequence[str], subject: str | None) -> str:
        return forbidding.listed(phrases, subject)

    @override
    def choice(self, text: str, number: int) -> str:
        return f"{number}번, {text.strip(' .')}."

    @override
    def verdict(self, polarity: Polarity, head: str) -> str:
        allowed = polarity is not Polarity.FORBIDDEN
        if heading_polarity(head) is Polarity.FORBIDDEN or "금지" in head:
            return "금지" if allowed else "금지 아님"
        if re.search(r"정답|^답$|O/X|OX", head):
            return "맞음" if allowed else "틀림"
        if re.search(r"필수|의무|필요|대상|해당|여부$", head) and "가능" not in head and "허용" not in head:
            return "해당" if allowed else "해당 없음"
        return "가능" if allowed else "불가"

    @override
    def announced(self, subject: str) -> str:
        return f"{subject}{topic_particle(subject)} 다음과 같습니다."

    @override
    def list_title(self, sentence: str) -> str | None:
        return None if Trait.FRAMES in traits_of(sentence) else list_title(sentence, kiwi())

    @override
    def row(self, header: Sequence[str], cells: Sequence[str]) -> str:
        return lists.row(header, cells)

    @override
    def row_point(self, header: Sequence[str], cells: Sequence[str]) -> str:
        return lists.row_point(header, cells)

    @override
    def table_title(self, header: Sequence[str]) -> str | None:
        return lists.table_title(header)

    @override
    def topic(self, sentence: str) -> str | None:
        return topic(ORDER.sub("", _LINK.sub("", sentence, count=1), count=1), kiwi())

    @override
    def introduction(self) -> str:
        return "들어가며"

    @override
    def sums_up(self, title: str) -> bool:
        return re.search(r"정리|요약|마무리|마치며|맺음|핵심|기억|체크\s?리스트|복습", title) is not None

    @override
    def joined(self, phrases: Sequence[str]) -> str:
        return lists.joined(phrases)

    @override
    def seconds(self, text: str) -> float:
        syllables = 0.0
        for char in text:
            if "가" <= char <= "힣":
                syllables += 1
            elif char.isdigit():
                syllables += 1.6
            elif char.isascii() and char.isalpha():
                syllables += 1.2 if char.isupper() else 0.5
            elif char in "%+=/&":
                syllables += 2
        rests = len(re.findall(r"[.?!…](?=\s|$)", text)) or 1
        return (
            syllables * _SYLLABLE_SECONDS
            + rests * _SENTENCE_SECONDS
            + len(re.findall(r"[,(]", text)) * _COMMA_SECONDS
        )

    @override
    def opening(self, style: str, title: str) -> str | None:
        line = _OPENINGS.get(style)
        if line is None or _no_subject(title):
            return None
        return line.format(title=title)

    @override
    def closing(self, style: str) -> str | None:
        return _CLOSINGS.get(style)


def _no_subject(title: str) -> bool:
    """Whether a title is no noun that one can speak about: a sentence, an act in noun form, a question."""
    morphemes = Morphemes.of(title, kiwi())
    return title.endswith(("?", "!", ".")) or morphemes.is_sentence() or morphemes.is_nominalised()


def _named(sentence: str, limit: int) -> str | None:
    """Return a sentence in noun form, without words of order, and with the figure that it is about."""
    text = _LINK.sub("", ORDER.sub("", sentence, count=1), count=1).strip(" .!…")
    named = shortened(nominal(Morphemes.of(text, kiwi()), kiwi()), kiwi(), limit)
    figure = counted(text)
    if figure and (figure not in (named or "") or len(named or "") > limit):
        clause = first_clause(Morphemes.of(text, kiwi()), figure)
        named = clause if clause and (named is None or faithful(text, clause)) else named
    return named


def _acts(sentence: str) -> Trait:
    """Return whether a polite sentence tells what to do, or what to leave."""
    morphemes = Morphemes.of(sentence.strip(" .!…"), kiwi())
    named = nominal(morphemes, kiwi()) if morphemes.is_sentence() else ""
    if named.endswith("지 않기"):
        return Trait.FORBIDS
    return Trait.INSTRUCTS if named.endswith("기") else PLAIN
