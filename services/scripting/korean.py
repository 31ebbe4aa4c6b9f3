"""Korean for the extractive writer, on kiwipiepy's morphemes."""

import functools
import re
import threading
from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from services.scripting.korean_headline import HEADLINE_LIMIT, Morphemes, nominal, shortened
from services.scripting.language import Item, Language

_SYLLABLE_SECONDS = 0.25
_SENTENCE_SECONDS = 0.7
_COMMA_SECONDS = 0.2
"""Measured with the offline Korean voice at its speed 0.9: sentences of 16-43 syllables take
0.25 s a syllable and 0.7-0.9 s besides, 4.4-5.3 characters a second."""

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
_LEADS = re.compile(r"다음|아래|같습니다|같다|[두세네]\s?가지|\d+\s?가지|[두세네]\s?단계|\d+\s?단계|순서")
_DEPENDS = re.compile(
    r"^(?:그리고|그러나|하지만|그런데|그래서|따라서|그러므로|그러면|또한|또|즉|다만|반면|이때|이는|이것|이런|이러한|"
    r"이를|이와|이 경우|그중|그것|그런|그러한|그 결과|예를 들어|왜냐하면|"
    r"특히|그다음|그런 다음|마지막으로)(?=[\s,은을도])"
)
_DEFINES = re.compile(
    r"^(.{2,25}?)(이?란)[\s,].*"
    r"(?:말합니다|뜻합니다|의미합니다|가리킵니다|[을를] 말한다|[을를] 뜻한다|입니다|이다)[.]?$"
)
_GREETS = re.compile(r"안녕하세요|안녕하십니까|반갑습니다|환영합니다|감사합니다|마치겠습니다|수고하셨습니다")
_ORDINALS = ["첫째", "둘째", "셋째", "넷째", "다섯째", "여섯째", "일곱째", "여덟째", "아홉째", "열째"]
_CLOSING_MARKS = ".?!…\"'”’)"

_OPENINGS = {
    "friendly": "안녕하세요. {title}에 대해 함께 알아보겠습니다.",
    "formal": "지금부터 {title}에 대해 설명드리겠습니다.",
}
_CLOSINGS = {
    "friendly": "오늘 알아본 내용을 꼭 기억하고 실천해 주세요.",
    "formal": "이상으로 설명을 마치겠습니다.",
}

_loading = threading.Lock()


@functools.cache
def _load() -> Any:
    from kiwipiepy import Kiwi  # noqa: PLC0415 - 1.4 s and 520 MB, only once somebody needs Korean morphemes

    return Kiwi(num_workers=1)


def kiwi() -> Any:
    """Return the analyser, loaded on first use, once per process; call it in a worker thread."""
    with _loading:
        return _load()


def warm() -> None:
    """Load the analyser; it holds the interpreter for seconds, partly not before the first sentence."""
    kiwi().split_into_sents("안녕하세요.")


class Korean(Language):
    """See :class:`services.scripting.language.Language`."""

    code = "ko"
    headline_limit = HEADLINE_LIMIT

    @override
    def sentences(self, text: str) -> list[str]:
        return [found.text.strip() for found in kiwi().split_into_sents(text) if found.text.strip()]

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
        text = sentence.strip()
        bare = text.rstrip(_CLOSING_MARKS + ":;, ")
        if not bare:
            return text
        morphemes = Morphemes.of(bare, kiwi())
        polite = morphemes.polite()
        if polite is not None:
            return f"{polite}."
        if morphemes.is_sentence():
            return text if text[-1] in _CLOSING_MARKS else f"{text.rstrip(':;, ')}."
        if text[-1] in ".?!…":
            return text
        return f"{bare}입니다."

    @override
    def headline(self, sentence: str) -> str | None:
        text = re.sub(r"\([^()]*\)", "", sentence)
        text = re.sub(rf"^(?:{'|'.join(_ORDINALS)}|\d+번째)(?:는|로)?,?\s+", "", text)
        if defined := _DEFINES.match(text):
            return f"{defined[1]}{defined[2]}?"
        if text.rstrip("”’\"'").endswith("?"):
            return text if len(text) <= HEADLINE_LIMIT else None
        morphemes = Morphemes.of(text.strip(" .!…"), kiwi())
        return shortened(nominal(morphemes, kiwi()), kiwi())

    @override
    def depends(self, sentence: str) -> bool:
        return bool(_DEPENDS.match(sentence))

    @override
    def defines(self, sentence: str) -> bool:
        return bool(_DEFINES.match(sentence))

    @override
    def introduces(self, sentence: str) -> bool:
        return sentence.rstrip().endswith(":") or bool(_LEADS.search(sentence))

    @override
    def item(self, text: str, number: int | None, last: int) -> Item | None:
        name, _, rest = text.partition(": ")
        labelled = bool(rest.strip()) and len(name) <= HEADLINE_LIMIT / 2
        parts = self.sentences(rest if labelled else text)
        if not parts:
            return None
        whole = [Morphemes.of(part.rstrip(_CLOSING_MARKS + " "), kiwi()) for part in parts]
        if labelled and len(parts) == 1 and not whole[0].is_sentence() and not whole[0].is_nominalised():
            said = [f"{name}{topic_particle(name)} {rest.strip(' .')}입니다."]
        elif labelled or whole[-1].is_sentence() or whole[-1].is_nominalised() or len(parts) > 1:
            said = [self.spoken(part) for part in parts]
            if labelled:
                said = [f"{name}입니다.", *said]
        elif number is not None:
            said = [f"{parts[0].strip(' .')}입니다."]
        else:
            return None
        if number is not None and last > 1:
            ordinal = _ORDINALS[number - 1] if number <= len(_ORDINALS) else f"{number}번째"
            said[0] = f"{ordinal}, {said[0]}"
        if labelled:
            point = name
        elif whole[0].is_nominalised() and len(whole[0].text) <= HEADLINE_LIMIT:
            point = whole[0].text
        else:
            point = self.headline(self.spoken(parts[0])) or parts[0]
        return Item(tuple(said), point)

    @override
    def enumeration(self, phrases: Sequence[str], subject: str | None) -> str:
        named = ", ".join(phrase.strip(" .,;") for phrase in phrases)
        return f"{subject}{topic_particle(subject)} {named}입니다." if subject else f"{named}입니다."

    @override
    def announced(self, subject: str) -> str:
        return f"{subject}{topic_particle(subject)} 다음과 같습니다."

    @override
    def row(self, header: Sequence[str], cells: Sequence[str]) -> str:
        pairs = [(head, cell) for head, cell in zip(header[1:], cells[1:], strict=False) if head and cell]
        if not cells[0] or not pairs:
            return self.enumeration([cell for cell in cells if cell], None)
        facts = ", ".join(f"{head}{topic_particle(head)} {cell.strip(' .')}" for head, cell in pairs)
        return self.spoken(f"{cells[0]}의 {facts}")

    @override
    def joined(self, phrases: Sequence[str]) -> str:
        if len(phrases) < 2:
            return "".join(phrases)
        first, second = phrases[:2]
        return f"{first}{'과' if has_final(first) else '와'} {second}"

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
        return syllables * _SYLLABLE_SECONDS + rests * _SENTENCE_SECONDS + text.count(",") * _COMMA_SECONDS

    @override
    def opening(self, style: str, title: str) -> str | None:
        line = _OPENINGS.get(style)
        if line is None or Morphemes.of(title, kiwi()).is_sentence() or title.endswith(("?", "!", ".")):
            return None
        return line.format(title=title)

    @override
    def closing(self, style: str) -> str | None:
        return _CLOSINGS.get(style)

    @override
    def greets(self, sentence: str) -> bool:
        return bool(_GREETS.search(sentence))


def has_final(word: str) -> bool:
    """Whether a word ends in a consonant as spoken; Latin letters and digits by their Korean names."""
    last = word.rstrip(" )\"'”’")[-1:]
    if "가" <= last <= "힣":
        return (ord(last) - ord("가")) % 28 != 0
    return last.lower() in "lmnr" or last in "013678"


def topic_particle(word: str) -> str:
    """Return 은 or 는, as the word's last sound asks."""
    return "은" if has_final(word) else "는"
