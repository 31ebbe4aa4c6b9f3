"""Korean for the extractive writer, on kiwipiepy's morphemes."""

import functools
import re
import threading
from collections.abc import Sequence
from typing import Any

from typing_extensions import override

from services.scripting.korean_headline import HEADLINE_LIMIT, first_clause, nominal, shortened
from services.scripting.korean_morphemes import Morphemes
from services.scripting.korean_titles import list_title, topic
from services.scripting.korean_traits import ORDER, counted, defined_term, traits_of
from services.scripting.language import PLAIN, Facts, Item, Language, Trait

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
    r"^(?:그리고|그러나|하지만|그런데|그래서|따라서|그러므로|그러니|또한|또|즉|다만|단|반면에?|한편|실제로|특히|예를 들어|예컨대)"
    r"(?![가-힣]),?\s+"
)
_QUOTED = re.compile(r"“[^“”\n]{1,240}”|\"[^\"\n]{1,240}\"")
_FACT = re.compile(r"^([가-힣A-Za-z0-9][가-힣A-Za-z0-9 ]{0,15}?)[은는] ([^,]{2,24})$")
_ENUMERATES = re.compile(
    r"^(?P<topic>[가-힣A-Za-z0-9 ]{2,16}?)(?P<particle>에는|에서는|은|는) (?P<items>(?:[^,]{2,16}, ){2,5}[^,]{2,16}?)[을를이가] (?P<act>[^,]{2,14})$"
)
_CLAUSE_IN_ITEM = re.compile(r"[며고면서니] |처럼|같은|[을를] (?!\S+(?:는|은|한|된|할|될) )|(?:며|고|면)$")
_IS = re.compile(r"(?:이어야 합니다|여야 합니다|입니다|이다)$")
_LEAST_FACTS = 3
_ORDINALS = ["첫째", "둘째", "셋째", "넷째", "다섯째", "여섯째", "일곱째", "여덟째", "아홉째", "열째"]
_CLOSING_MARKS = ".?!…\"'”’)"
_ACTIONS = frozenset(
    """
    가입 감사 검사 검토 격리 결재 교육 교체 구조 기록 납부 대응 대피 등록 로그인 로그아웃 반납 발급 방문 배치 백업 변경 보고 보관
    복구 분리 사용 삭제 선택 설정 설치 수거 수리 승인 신고 신청 암호화 업데이트 연락 예약 요청 응답 이동 입력 작성 작업 재부팅
    저장 전송 전화 점검 접속 접수 정리 제거 제출 조사 준비 중단 중지 차단 착용 참석 처리 청소 측정 클릭 통보 통제 통지 파기 파쇄
    폐기 해제 확인 환기 회수
    """.split()
)
"""Nouns that a list of steps uses as verbs: 비밀번호 변경 is said 비밀번호를 변경합니다."""

_QUOTE_WORD = "“말씀”"
_BEFORE_QUOTE = re.compile(rf"(?<=[.?!])\s+(?={_QUOTE_WORD})")
_TIME_HEADS = frozenset({"시점", "시기", "시간", "언제", "기한", "때"})
_LONGEST_ROW = 44

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
    point_limit = HEADLINE_LIMIT

    @override
    def sentences(self, text: str) -> list[str]:
        # A quotation is one word to the splitter, so that sentences inside it do not end the one around it.
        quotes = iter(_QUOTED.findall(text))
        parts: list[str] = []
        for stretch in _BEFORE_QUOTE.split(_QUOTED.sub(_QUOTE_WORD, text)):
            end = 0
            for index, part in enumerate(kiwi().split_into_sents(stretch)):
                if index and parts[-1].endswith(_QUOTE_WORD):
                    parts[-1] += (
                        stretch[end : part.start] + part.text
                    )  # “…” 같은 문장이 보이면 is one sentence
                else:
                    parts.append(part.text.strip())
                end = part.end
        return [_QUOTED.sub(lambda found: next(quotes, found[0]), part) for part in parts if part]

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
    def facts(self, sentence: str) -> Facts | None:
        text = sentence.rstrip(" .")
        if listed := _ENUMERATES.match(text):
            items = tuple(item.strip() for item in listed["items"].split(", "))
            torn = any(_CLAUSE_IN_ITEM.search(item) for item in items) or defined_term(sentence)
            return None if torn or len(items) < _LEAST_FACTS else Facts(_what_for(listed), items)
        found = [_FACT.match(part) for part in text.split(", ")]
        if len(found) < _LEAST_FACTS or not all(found):
            return None
        return Facts(None, tuple(f"{fact[1]}: {_IS.sub('', fact[2])}" for fact in found if fact))

    @override
    def headline(self, sentence: str) -> str | None:
        traits = traits_of(sentence)
        if Trait.FRAMES in traits:
            return None
        if Trait.DEFINES in traits and (term := defined_term(sentence)):
            return f"{term}{'이란' if has_final(term) else '란'}?"
        text = re.sub(r"\s?\([^()]*\)", "", sentence)
        if text.rstrip("”’\"'").endswith("?"):
            return text if len(text) <= HEADLINE_LIMIT else None
        return self.point(text)

    @override
    def point(self, sentence: str) -> str | None:
        text = _LINK.sub("", ORDER.sub("", sentence, count=1), count=1).strip(" .!…")
        named = shortened(nominal(Morphemes.of(text, kiwi()), kiwi()), kiwi())
        figure = counted(text)
        if figure and figure not in (named or ""):
            named = first_clause(Morphemes.of(text, kiwi()), figure) or named
        return named

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
        whole = [Morphemes.of(part.rstrip(_CLOSING_MARKS + " "), kiwi()) for part in parts]
        note = len(parts) == 1 and whole[0].is_nominalised()
        if labelled and len(parts) == 1 and not whole[0].is_sentence() and not note:
            said = [f"{name}{topic_particle(name)} {rest.strip(' .')}입니다."]
        elif labelled or whole[-1].is_sentence() or whole[-1].is_nominalised() or len(parts) > 1:
            said = [self.spoken(part) for part in parts]
            if labelled:
                said = [f"{name}입니다.", *said]
        elif number is not None:
            said = [_acted(parts[0].strip(" .")) or f"{parts[0].strip(' .')}입니다."]
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
            point = self.point(self.spoken(parts[0])) or parts[0].strip(" .")
        return Item(tuple(said), point, label=name if labelled else None, note=note and number is None)

    @override
    def enumeration(self, phrases: Sequence[str], subject: str | None) -> str:
        named = ", ".join(phrase.strip(" .,;") for phrase in phrases)
        return f"{subject}{topic_particle(subject)} {named}입니다." if subject else f"{named}입니다."

    @override
    def announced(self, subject: str) -> str:
        return f"{subject}{topic_particle(subject)} 다음과 같습니다."

    @override
    def list_title(self, sentence: str) -> str | None:
        return None if Trait.FRAMES in traits_of(sentence) else list_title(sentence, kiwi())

    @override
    def row(self, header: Sequence[str], cells: Sequence[str]) -> str:
        pairs = [(head, cell) for head, cell in zip(header[1:], cells[1:], strict=False) if head and cell]
        if not cells[0] or not pairs:
            return self.enumeration([cell for cell in cells if cell], None)
        if len(pairs) == 1 and header[0].strip() in _TIME_HEADS:
            act = pairs[0][1].strip(" .")
            return f"{cells[0]}, {_acted(act) or self.spoken(act)}"
        facts = ", ".join(f"{head}{topic_particle(head)} {cell.strip(' .')}" for head, cell in pairs)
        return self.spoken(f"{cells[0]}의 {facts}" if len(pairs) == 1 else f"{cells[0]}의 경우 {facts}")

    @override
    def row_point(self, header: Sequence[str], cells: Sequence[str]) -> str:
        pairs = [(head, cell) for head, cell in zip(header[1:], cells[1:], strict=False) if cell]
        full = ", ".join(f"{head} {cell}".strip() for head, cell in pairs)
        bare = ", ".join(cell for _, cell in pairs)
        shown = bare if len(pairs) < 2 or len(cells[0]) + 2 + len(full) > _LONGEST_ROW else full
        return f"{cells[0]}: {shown}" if cells[0] and shown else cells[0] or shown

    @override
    def table_title(self, header: Sequence[str]) -> str | None:
        heads = [head for head in header if head]
        if len(heads) != len(header) or not 2 <= len(heads) <= 3 or header[0].strip() in _TIME_HEADS:
            return None
        title = f"{heads[0]}별 {self.joined(heads[1:])}"
        return title if len(title) <= HEADLINE_LIMIT else None

    @override
    def topic(self, sentence: str) -> str | None:
        return topic(ORDER.sub("", _LINK.sub("", sentence, count=1), count=1), kiwi())

    @override
    def sums_up(self, title: str) -> bool:
        return re.search(r"정리|요약|마무리|마치며|맺음|핵심|기억|체크\s?리스트|복습", title) is not None

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
        return (
            syllables * _SYLLABLE_SECONDS
            + rests * _SENTENCE_SECONDS
            + len(re.findall(r"[,(]", text)) * _COMMA_SECONDS
        )

    @override
    def opening(self, style: str, title: str) -> str | None:
        line = _OPENINGS.get(style)
        if line is None or Morphemes.of(title, kiwi()).is_sentence() or title.endswith(("?", "!", ".")):
            return None
        return line.format(title=title)

    @override
    def closing(self, style: str) -> str | None:
        return _CLOSINGS.get(style)


def _what_for(listed: re.Match[str]) -> str | None:
    """Return what an enumeration is of: 통지에는 항목, 시점, 경위를 적습니다 → 통지에 적을 것."""
    act = Morphemes.of(listed["act"], kiwi())
    if not listed["particle"].startswith("에") or not act.is_sentence():
        return None
    return f"{listed['topic']}{listed['particle'][:-1]} {act.until(len(act.tokens) - 1, [('ᆯ', 'ETM')])} 것"


def _acts(sentence: str) -> Trait:
    """Return whether a polite sentence tells what to do, or what to leave."""
    morphemes = Morphemes.of(sentence.strip(" .!…"), kiwi())
    named = nominal(morphemes, kiwi()) if morphemes.is_sentence() else ""
    if named.endswith("지 않기"):
        return Trait.FORBIDS
    return Trait.INSTRUCTS if named.endswith("기") else PLAIN


def _acted(phrase: str) -> str | None:
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
    polite = acted.polite() if governed or (len(phrase) > 3 and tokens[-3].form in _ACTIONS) else None
    return f"{polite}." if polite else None


def has_final(word: str) -> bool:
    """Whether a word ends in a consonant as spoken; Latin letters and digits by their Korean names."""
    last = word.rstrip(" )\"'”’")[-1:]
    if "가" <= last <= "힣":
        return (ord(last) - ord("가")) % 28 != 0
    return last.lower() in "lmnr" or last in "013678"


def topic_particle(word: str) -> str:
    """Return 은 or 는, as the word's last sound asks."""
    return "은" if has_final(word) else "는"
